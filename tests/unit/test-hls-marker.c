/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every dialect of ad markers against a golden playlist (tests/unit/golden), and what the
 * references show, line by line. With ADSPLICE_UPDATE_GOLDEN set the files are written:
 * then read the diff.
 */
#include <asp-hls-view.h>
#include <string.h>

#include "hls-read.h"

#define SECOND ASP_SECOND_90K
#define START_US G_GINT64_CONSTANT (1765566293079000)   /* six seconds later: 2025-12-12T19:04:59.079Z */
#define OUT_HEX "FC302000000000000000FFF00F05F8E7AEFC7FFFFE001B7740000000000000340CFD88"
#define IN_HEX "FC302000000000000000FFF00F05F8E7AEFC7F7FFE001B7740000000000000C23E5851"
#define ALL_MARKERS 0x3f

typedef enum
{
  AS_PLANNED,                   /* two creatives fill the break */
  EARLY,                        /* the second one is cut off */
  EXTENDED,                     /* slate behind the second, two seconds longer than planned */
  MARKED,                       /* announced only: the content stays */
  OPEN,                         /* runs still */
} How;

static const gchar *const how_names[] = { "as-planned", "early", "extended", "marked", "open" };

static const struct
{
  const gchar *name;
  AspHlsMarkers markers;
  AspHlsCueForm cue_form;
} dialects[] = {
  {"scte35", ASP_HLS_MARKERS_SCTE35, ASP_HLS_CUE_ELEMENTAL},
  {"ivs", ASP_HLS_MARKERS_IVS, ASP_HLS_CUE_ELEMENTAL},
  {"cue", ASP_HLS_MARKERS_CUE, ASP_HLS_CUE_ELEMENTAL},
  {"cue-google", ASP_HLS_MARKERS_CUE, ASP_HLS_CUE_GOOGLE},
  {"oatcls", ASP_HLS_MARKERS_OATCLS, ASP_HLS_CUE_ELEMENTAL},
  {"interstitial", ASP_HLS_MARKERS_INTERSTITIAL, ASP_HLS_CUE_ELEMENTAL},
  {"creative-signaling", ASP_HLS_MARKERS_CREATIVE_SIGNALING, ASP_HLS_CUE_ELEMENTAL},
};

static void
add (AspHlsTimeline * t, AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  entry.at_90k = asp_hls_timeline_end (t);
  asp_hls_timeline_append (t, &entry, &error);
  g_assert_no_error (error);
}

static void
segments (AspHlsTimeline * t, guint n)
{
  for (guint i = 0; i < n; i++) {
    AspHlsRendition r;
    g_autofree gchar *uri = NULL;

    asp_hls_timeline_rendition (t, 0, &r);
    uri = g_strdup_printf ("m/v0-%02u.ts", (guint) r.n_media);
    add (t, (AspHlsEntry) {.kind = ASP_HLS_SEGMENT,.duration_90k = 2 * SECOND,.uri = uri,
        .independent = TRUE});
  }
}

static void
creative (AspHlsTimeline * t, guint index, const gchar * asset, gint64 seconds)
{
  g_autoptr (AspAd) ad = asp_ad_new (asset, seconds * SECOND);

  if (index == 1) {
    ad->ad_system = g_strdup ("GDFP");
    ad->ad_title = g_strdup ("Tea");
    ad->ad_id = g_strdup ("vast-ad-1");
    ad->creative.creative_id = g_strdup ("creative-1");
  }
  add (t, (AspHlsEntry) {.kind = ASP_HLS_CREATIVE_START,.avail_id = "hSi2o1WIVgij",
      .pod_index = index,.ad = ad});
}

static void
creative_end (AspHlsTimeline * t, guint index)
{
  add (t, (AspHlsEntry) {.kind = ASP_HLS_CREATIVE_END,.avail_id = "hSi2o1WIVgij",
      .pod_index = index});
}

/* The break from its first segment on; the two creatives last six and four seconds. */
static void
in_break (AspHlsTimeline * t, How how)
{
  creative (t, 1, "asset-1", 6);
  add (t, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY});
  segments (t, 3);
  creative_end (t, 1);
  creative (t, 2, "asset-2", 4);
  add (t, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY});
  segments (t, how == AS_PLANNED || how == EXTENDED ? 2 : 1);
  if (how == OPEN)
    return;
  creative_end (t, 2);
  if (how == EXTENDED) {
    add (t, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY});
    segments (t, 1);
  }
}

static AspHlsTimeline *
timeline (How how)
{
  AspHlsTimeline *t = asp_hls_timeline_new ();

  add (t, (AspHlsEntry) {.kind = ASP_HLS_PDT,.utc_us = START_US});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = 2 * SECOND});
  segments (t, 3);
  add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_OUT,.avail_id = "hSi2o1WIVgij",
      .duration_90k = 10 * SECOND,.scte35 = OUT_HEX,.pod_length = 2,.unspliced = how == MARKED});
  if (how == MARKED)
    segments (t, 5);
  else
    in_break (t, how);
  if (how == OPEN)
    return t;
  add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_IN,.avail_id = "hSi2o1WIVgij",.scte35 = IN_HEX});
  if (how != MARKED)
    add (t, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY});
  segments (t, 1);
  add (t, (AspHlsEntry) {.kind = ASP_HLS_END});
  return t;
}

static void
check_golden (const gchar * name, const gchar * text)
{
  g_autofree gchar *path = g_strdup_printf ("%s/tests/unit/golden/%s.m3u8", TEST_SOURCE_ROOT, name);
  g_autofree gchar *golden = NULL;
  g_autoptr (GError) error = NULL;

  if (g_getenv ("ADSPLICE_UPDATE_GOLDEN"))
    g_assert_true (g_file_set_contents (path, text, -1, NULL));
  if (!g_file_get_contents (path, &golden, NULL, &error))
    g_error ("%s", error->message);
  g_assert_cmpstr (text, ==, golden);
}

static gchar *
render (How how, guint dialect)
{
  AspHlsTimeline *t = timeline (how);
  AspHlsView view = {.markers = dialects[dialect].markers,.cue_form = dialects[dialect].cue_form,
    .session = "s1"
  };
  gchar *text = asp_hls_view_render (t, &view);
  g_autoptr (GError) error = NULL;
  g_autoptr (HlsPlaylist) list = hls_read (text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (list);
  asp_hls_timeline_free (t);
  return text;
}

static void
test_golden (gconstpointer data)
{
  guint dialect = GPOINTER_TO_UINT (data);

  for (How how = AS_PLANNED; how <= OPEN; how++) {
    g_autofree gchar *text = render (how, dialect);
    g_autofree gchar *name = g_strdup_printf ("%s-%s", dialects[dialect].name, how_names[how]);

    check_golden (name, text);
  }
}

/* -- what the references show -- */

/* @text without the one line that begins with @start. */
static gchar *
remove_line (const gchar * text, const gchar * start)
{
  const gchar *line = strstr (text, start);
  const gchar *end = line ? strchr (line, '\n') : NULL;

  g_assert_nonnull (end);
  return g_strdup_printf ("%.*s%s", (gint) (line - text), text, end + 1);
}

/* The four lines that IVS documents, in their order: with its time, id and length. */
static void
test_ivs_documented (void)
{
  static const gchar documented[] =
      "#EXT-X-DATERANGE:ID=\"stitched-ad-1765566299-20000000000\","
      "CLASS=\"live-video-net-stitched-ad\",START-DATE=\"2025-12-12T19:04:59.079Z\","
      "DURATION=20.000,X-NET-LIVE-VIDEO-AD-AD-BREAK-ID=\"test\"\n"
      "#EXT-X-DATERANGE:ID=\"source-1765566299\",CLASS=\"live-video-net-stream-source\","
      "START-DATE=\"2025-12-12T19:04:59.079Z\",END-ON-NEXT=YES,"
      "X-NET-LIVE-VIDEO-STREAM-SOURCE=\"0f262e65-a709-4ef1-8741-e82d936c\"\n"
      "#EXT-X-DISCONTINUITY\n"
      "#EXT-X-PROGRAM-DATE-TIME:2025-12-12T19:04:59.079Z\n"
      "#EXTINF:2.000000,0f262e65-a709-4ef1-8741-e82d936c\n";
  static const gchar more[] = "#EXT-X-DATERANGE:ID=\"creative-start-test-1\"";
  AspHlsTimeline *t = asp_hls_timeline_new ();
  g_autoptr (AspAd) ad = asp_ad_new ("0f262e65-a709-4ef1-8741-e82d936c", 20 * SECOND);
  g_autofree gchar *text = NULL;
  g_autofree gchar *without = NULL;

  add (t, (AspHlsEntry) {.kind = ASP_HLS_PDT,.utc_us = START_US});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = 2 * SECOND});
  segments (t, 3);
  add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_OUT,.avail_id = "test",.duration_90k = 20 * SECOND});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_CREATIVE_START,.avail_id = "test",.pod_index = 1,.ad = ad});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY});
  segments (t, 1);
  text = asp_hls_view_render (t, &(AspHlsView) {.markers = ASP_HLS_MARKERS_IVS});
  /* what its player wants beside them comes after the documented ranges */
  without = remove_line (text, more);
  g_assert_nonnull (strstr (without, documented));
  g_assert_nonnull (strstr (text, "#EXTINF:2.000000,live\n"));
  asp_hls_timeline_free (t);
}

/* What hls.md 1.7 has of each cue dialect. */
static void
test_cue_forms (void)
{
  g_autofree gchar *elemental = render (AS_PLANNED, 2);
  g_autofree gchar *google = render (AS_PLANNED, 3);
  g_autofree gchar *enhanced = render (AS_PLANNED, 4);

  g_assert_nonnull (strstr (elemental, "\n#EXT-X-CUE-OUT:10.000\n#EXTINF:2.000000,\nm/v0-03.ts\n"));
  g_assert_nonnull (strstr (elemental, "\n#EXT-X-CUE-OUT-CONT: 2.000/10\n"));
  g_assert_nonnull (strstr (elemental, "\n#EXT-X-CUE-IN\n#EXTINF:2.000000,\nm/v0-08.ts\n"));
  g_assert_nonnull (strstr (google, "\n#EXT-X-CUE-OUT:DURATION=10\n"));
  g_assert_null (strstr (google, "-CONT"));
  g_assert_nonnull (strstr (enhanced, "\n#EXT-OATCLS-SCTE35:/DAgAAAAAAAAAP/wDwX45678f//+ABt3QAAAAAAAADQM/Yg=\n"));
  g_assert_nonnull (strstr (enhanced, "\n#EXT-X-CUE-OUT-CONT:ElapsedTime=2.000,Duration=10,SCTE35=/DAg"));
}

/* Two sources in one second, and one that comes back in it: no two ranges of one ID. */
static void
test_same_second (void)
{
  AspHlsTimeline *t = asp_hls_timeline_new ();
  g_autofree gchar *text = NULL;
  g_autoptr (HlsPlaylist) list = NULL;
  g_autoptr (GError) error = NULL;

  add (t, (AspHlsEntry) {.kind = ASP_HLS_PDT,.utc_us = START_US});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = 2 * SECOND});
  segments (t, 3);
  add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_OUT,.avail_id = "hSi2o1WIVgij"});
  for (guint i = 1; i <= 3; i++) {
    creative (t, i, "asset", 1);
    add (t, (AspHlsEntry) {.kind = ASP_HLS_SEGMENT,.duration_90k = SECOND / 5,.uri = "a"});
  }
  add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_IN,.avail_id = "hSi2o1WIVgij"});
  segments (t, 1);
  text = asp_hls_view_render (t, &(AspHlsView) {.markers = ASP_HLS_MARKERS_IVS});
  list = hls_read (text, &error);
  g_assert_no_error (error);
  g_assert_nonnull (hls_range (list, "source-1765566299"));
  g_assert_nonnull (hls_range (list, "source-1765566299-1"));
  g_assert_nonnull (hls_range (list, "source-1765566299-2"));
  g_assert_nonnull (hls_range (list, "source-1765566299-3"));
  g_assert_nonnull (hls_range (list, "stitched-ad-1765566299-0"));
  asp_hls_timeline_free (t);
}

/* Every dialect at once: one playlist that a strict reader takes, with one CUE-OUT. */
static void
test_all (void)
{
  for (How how = AS_PLANNED; how <= OPEN; how++) {
    AspHlsTimeline *t = timeline (how);
    g_autofree gchar *text = asp_hls_view_render (t, &(AspHlsView) {.markers =
          (AspHlsMarkers) ALL_MARKERS,.asset_list = "https://example.org/list?id="});
    g_autoptr (GError) error = NULL;
    g_autoptr (HlsPlaylist) list = hls_read (text, &error);
    g_auto (GStrv) pieces = g_strsplit (text, "#EXT-X-CUE-OUT:", -1);

    g_assert_no_error (error);
    g_assert_nonnull (list);
    g_assert_cmpuint (g_strv_length (pieces), ==, 2);
    g_assert_nonnull (strstr (text, "X-ASSET-LIST=\"https://example.org/list?id=hSi2o1WIVgij\""));
    asp_hls_timeline_free (t);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (dialects); i++) {
    g_autofree gchar *path = g_strdup_printf ("/hls/marker/golden/%s", dialects[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_golden);
  }
  g_test_add_func ("/hls/marker/ivs-documented", test_ivs_documented);
  g_test_add_func ("/hls/marker/cue-forms", test_cue_forms);
  g_test_add_func ("/hls/marker/same-second", test_same_second);
  g_test_add_func ("/hls/marker/all", test_all);
  return g_test_run ();
}
