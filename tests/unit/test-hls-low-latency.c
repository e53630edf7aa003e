/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts, hints, delta updates, rendition reports, blocking reload, names of files. */
#include <asp-hls-names.h>
#include <asp-hls-reload.h>
#include <string.h>

#include "hls-read.h"

#define SECOND ASP_SECOND_90K
#define NOON_US (G_GINT64_CONSTANT (1767268800) * G_USEC_PER_SEC)

static void
add (AspHlsTimeline * t, AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  asp_hls_timeline_append (t, &entry, &error);
  g_assert_no_error (error);
}

static void
add_here (AspHlsTimeline * t, AspHlsEntryKind kind)
{
  add (t, (AspHlsEntry) {.kind = kind,.at_90k = asp_hls_timeline_end (t)});
}

static AspHlsTimeline *
timeline (void)
{
  AspHlsTimeline *t = asp_hls_timeline_new ();

  add (t, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.name = "high"});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_PDT,.utc_us = NOON_US});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = SECOND});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_PART_TARGET,.duration_90k = SECOND / 2});
  return t;
}

static void
part (AspHlsTimeline * t, guint rendition, guint k, gint64 duration_90k, const gchar * next_uri)
{
  AspHlsRendition r;
  g_autofree gchar *uri = NULL;

  asp_hls_timeline_rendition (t, rendition, &r);
  uri = asp_hls_media_name (NULL, ASP_HLS_NAME_PART, rendition ? "low" : "high", r.n_media, k);
  add (t, (AspHlsEntry) {.kind = ASP_HLS_PART,.rendition = rendition,.at_90k = r.end_90k,
      .duration_90k = duration_90k,.uri = uri,.next_uri = next_uri,.independent = TRUE});
}

static void
complete (AspHlsTimeline * t, guint rendition, const gchar * next_uri)
{
  AspHlsRendition r;
  g_autofree gchar *uri = NULL;

  asp_hls_timeline_rendition (t, rendition, &r);
  uri = asp_hls_media_name (NULL, ASP_HLS_NAME_SEGMENT, rendition ? "low" : "high", r.n_media, 0);
  add (t, (AspHlsEntry) {.kind = ASP_HLS_SEGMENT,.rendition = rendition,.at_90k =
      r.segment_end_90k,.duration_90k = r.end_90k - r.segment_end_90k,.uri = uri,
      .next_uri = next_uri,.independent = TRUE});
}

/* Segments of two parts. */
static void
segments (AspHlsTimeline * t, guint rendition, guint n)
{
  for (guint i = 0; i < n; i++) {
    AspHlsRendition r;
    g_autofree gchar *second = NULL, *next = NULL;

    asp_hls_timeline_rendition (t, rendition, &r);
    second = asp_hls_media_name (NULL, ASP_HLS_NAME_PART, rendition ? "low" : "high", r.n_media, 1);
    next = asp_hls_media_name (NULL, ASP_HLS_NAME_PART, rendition ? "low" : "high", r.n_media + 1, 0);
    part (t, rendition, 0, SECOND / 2, second);
    part (t, rendition, 1, SECOND / 2, next);
    complete (t, rendition, next);
  }
}

static HlsPlaylist *
read_or_die (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  HlsPlaylist *list = hls_read (text, &error);

  if (!list)
    g_error ("%s in\n%s", error->message, text);
  return list;
}

/* -- text -- */

/* A break that cuts a segment short: the discontinuity is there with the hint. Before the end nothing is hinted
 * at, and the last segment is not the last line. */
static void
test_text (void)
{
  static const AspHlsView view = {.playlist_length = 4,.low_latency = TRUE,.can_skip = TRUE };
  static const AspHlsView last = {.playlist_length = 4,.low_latency = TRUE,.can_skip = TRUE,.ending = TRUE };
  g_autoptr (AspHlsTimeline) t = timeline ();
  g_autofree gchar *hinted = NULL, *begun = NULL, *ending = NULL, *ended = NULL;

  segments (t, 0, 5);
  part (t, 0, 0, SECOND / 2, "high-00000005.1.ts");
  part (t, 0, 1, SECOND / 10, "high-00000006.0.ts");
  complete (t, 0, "high-00000006.0.ts");
  add_here (t, ASP_HLS_DISCONTINUITY);
  hinted = asp_hls_view_render (t, &view);
  g_assert_cmpstr (hinted, ==,
      "#EXTM3U\n"
      "#EXT-X-VERSION:3\n"
      "#EXT-X-TARGETDURATION:1\n"
      "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6.000000,"
      "CAN-SKIP-DATERANGES=YES,HOLD-BACK=3.000000,PART-HOLD-BACK=1.500000\n"
      "#EXT-X-PART-INF:PART-TARGET=0.500000\n"
      "#EXT-X-MEDIA-SEQUENCE:2\n"
      "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
      "#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:02.000Z\n"
      "#EXTINF:1.000000,\n"
      "high-00000002.ts\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:03.000Z\n"
      "#EXT-X-PART:DURATION=0.500000,URI=\"high-00000003.0.ts\",INDEPENDENT=YES\n"
      "#EXT-X-PART:DURATION=0.500000,URI=\"high-00000003.1.ts\",INDEPENDENT=YES\n"
      "#EXTINF:1.000000,\n"
      "high-00000003.ts\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:04.000Z\n"
      "#EXT-X-PART:DURATION=0.500000,URI=\"high-00000004.0.ts\",INDEPENDENT=YES\n"
      "#EXT-X-PART:DURATION=0.500000,URI=\"high-00000004.1.ts\",INDEPENDENT=YES\n"
      "#EXTINF:1.000000,\n"
      "high-00000004.ts\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:05.000Z\n"
      "#EXT-X-PART:DURATION=0.500000,URI=\"high-00000005.0.ts\",INDEPENDENT=YES\n"
      "#EXT-X-PART:DURATION=0.100000,URI=\"high-00000005.1.ts\",INDEPENDENT=YES\n"
      "#EXTINF:0.600000,\n"
      "high-00000005.ts\n"
      "#EXT-X-DISCONTINUITY\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:05.600Z\n"
      "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"high-00000006.0.ts\"\n");
  part (t, 0, 0, SECOND / 2, "high-00000006.1.ts");
  begun = asp_hls_view_render (t, &view);
  g_assert_true (g_str_has_suffix (begun,
          "#EXT-X-DISCONTINUITY\n"
          "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:05.600Z\n"
          "#EXT-X-PART:DURATION=0.500000,URI=\"high-00000006.0.ts\",INDEPENDENT=YES\n"
          "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"high-00000006.1.ts\"\n"));
  complete (t, 0, "high-00000007.0.ts");
  ending = asp_hls_view_render (t, &last);
  g_assert_null (strstr (ending, "HINT"));
  g_assert_true (g_str_has_suffix (ending, "high-00000006.ts\n# no part is announced\n"));
  add_here (t, ASP_HLS_END);
  ended = asp_hls_view_render (t, &view);
  g_assert_null (strstr (ended, "PART"));
  g_assert_null (strstr (ended, "HINT"));
  g_assert_null (strstr (ended, "SERVER-CONTROL"));
  g_assert_true (g_str_has_suffix (ended, "high-00000006.ts\n#EXT-X-ENDLIST\n"));
}

/* The last segment is its parts alone until the next one has a part; not at a discontinuity, not before the
 * end, and not where its last part is short. */
static void
test_withheld (void)
{
  static const AspHlsView view = {.playlist_length = 4,.low_latency = TRUE };
  static const AspHlsView last = {.playlist_length = 4,.low_latency = TRUE,.ending = TRUE };
  g_autoptr (AspHlsTimeline) t = timeline ();
  g_autofree gchar *withheld = NULL, *ending = NULL, *listed = NULL, *cut = NULL, *brief = NULL;

  segments (t, 0, 5);
  g_assert_true (asp_hls_view_withholds (t, &view));
  withheld = asp_hls_view_render (t, &view);
  g_assert_true (g_str_has_suffix (withheld,
          "#EXTINF:1.000000,\n"
          "high-00000003.ts\n"
          "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:04.000Z\n"
          "#EXT-X-PART:DURATION=0.500000,URI=\"high-00000004.0.ts\",INDEPENDENT=YES\n"
          "#EXT-X-PART:DURATION=0.500000,URI=\"high-00000004.1.ts\",INDEPENDENT=YES\n"
          "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"high-00000005.0.ts\"\n"));
  g_assert_nonnull (strstr (withheld, "#EXT-X-MEDIA-SEQUENCE:0\n"));
  g_assert_false (asp_hls_view_withholds (t, &last));
  ending = asp_hls_view_render (t, &last);
  g_assert_nonnull (strstr (ending, "\nhigh-00000004.ts\n"));
  part (t, 0, 0, SECOND / 2, "high-00000005.1.ts");
  g_assert_false (asp_hls_view_withholds (t, &view));
  listed = asp_hls_view_render (t, &view);
  g_assert_nonnull (strstr (listed, "\nhigh-00000004.ts\n"));
  g_assert_nonnull (strstr (listed, "#EXT-X-MEDIA-SEQUENCE:1\n"));
  part (t, 0, 1, SECOND / 2, "high-00000006.0.ts");
  complete (t, 0, "high-00000006.0.ts");
  g_assert_true (asp_hls_view_withholds (t, &view));
  add_here (t, ASP_HLS_DISCONTINUITY);
  g_assert_false (asp_hls_view_withholds (t, &view));
  cut = asp_hls_view_render (t, &view);
  g_assert_nonnull (strstr (cut, "\nhigh-00000005.ts\n"));
  part (t, 0, 0, SECOND / 2, "high-00000006.1.ts");
  part (t, 0, 1, SECOND / 5, "high-00000007.0.ts");
  complete (t, 0, "high-00000007.0.ts");
  g_assert_false (asp_hls_view_withholds (t, &view));
  brief = asp_hls_view_render (t, &view);
  g_assert_nonnull (strstr (brief, "\nhigh-00000006.ts\n"));
}

/* What the reader must not let through. */
static void
test_reader (void)
{
  static const gchar *const edits[][2] = {
    {"PART-HOLD-BACK=1.500000", "PART-HOLD-BACK=1.400000"}, {"HOLD-BACK=3.0", "HOLD-BACK=2.9"},
    {"CAN-SKIP-UNTIL=6.0", "CAN-SKIP-UNTIL=5.9"}, {"CAN-BLOCK-RELOAD=YES,", ""},
    {"PART-TARGET=0.500000", "PART-TARGET=0.499999"}, {"#EXT-X-PART-INF:PART-TARGET=0.500000\n", ""},
    {",PART-HOLD-BACK=1.500000", ""}, {"DURATION=0.100000", "DURATION=0.110000"},
    {"DURATION=0.500000,URI=\"high-00000004.0.ts\",INDEPENDENT=YES",
        "DURATION=0.400000,URI=\"high-00000004.0.ts\""},
    {"high-00000004.0.ts\",INDEPENDENT=YES", "high-00000004.0.ts\""},
    {"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"high-00000006.0.ts\"\n", ""},
    {"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"high-00000006.0.ts\"\n", "#EXT-X-ENDLIST\n"},
    {"TYPE=PART,URI=\"high-00000006.0.ts\"\n", "TYPE=PART,URI=\"h\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"h\"\n"},
    {"DURATION=0.100000,", ""}, {"URI=\"high-00000005.1.ts\"", "URI=\"\""},
    {"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:05.600Z\n", ""},
    {"#EXT-X-INDEPENDENT-SEGMENTS\n", "#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n"},
  };
  static const AspHlsView view = {.playlist_length = 4,.low_latency = TRUE,.can_skip = TRUE };
  g_autoptr (AspHlsTimeline) t = timeline ();
  g_autofree gchar *good = NULL;
  g_autoptr (HlsPlaylist) list = NULL;

  segments (t, 0, 5);
  part (t, 0, 0, SECOND / 2, "high-00000005.1.ts");
  part (t, 0, 1, SECOND / 10, "high-00000006.0.ts");
  complete (t, 0, "high-00000006.0.ts");
  add_here (t, ASP_HLS_DISCONTINUITY);
  good = asp_hls_view_render (t, &view);
  list = read_or_die (good);
  for (guint i = 0; i < G_N_ELEMENTS (edits); i++) {
    g_autoptr (GString) bad = g_string_new (good);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", edits[i][0]);
    g_assert_cmpuint (g_string_replace (bad, edits[i][0], edits[i][1], 1), ==, 1);
    g_assert_null (hls_read (bad->str, &error));
    g_assert_nonnull (error);
  }
}

static void
test_reports (void)
{
  g_autoptr (AspHlsTimeline) t = timeline ();
  g_autofree gchar *high = NULL, *low = NULL;

  add (t, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.rendition = 1,.name = "low"});
  segments (t, 0, 4);
  segments (t, 1, 3);
  part (t, 1, 0, SECOND / 2, "low-00000003.1.ts");
  high = asp_hls_view_render (t, &(AspHlsView) {.low_latency = TRUE});
  low = asp_hls_view_render (t, &(AspHlsView) {.rendition = 1,.low_latency = TRUE});
  g_assert_true (g_str_has_suffix (high,
          "#EXT-X-RENDITION-REPORT:URI=\"low.m3u8\",LAST-MSN=3,LAST-PART=0\n"));
  g_assert_true (g_str_has_suffix (low,
          "#EXT-X-RENDITION-REPORT:URI=\"high.m3u8\",LAST-MSN=3,LAST-PART=1\n"));
}

/* A gap that had to be made of a rendition that stands still. */
static void
test_gap_rendition (void)
{
  g_autoptr (AspHlsTimeline) t = timeline ();
  g_autofree gchar *text = NULL;
  g_autoptr (HlsPlaylist) list = NULL;

  add (t, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.rendition = 1,.name = "low"});
  segments (t, 0, 4);
  segments (t, 1, 2);
  add_here (t, ASP_HLS_DISCONTINUITY);
  segments (t, 0, 1);
  for (guint i = 2; i < 5; i++) {
    if (i == 4)
      add (t, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY,.rendition = 1,.at_90k = i * SECOND});
    add (t, (AspHlsEntry) {.kind = ASP_HLS_GAP,.rendition = 1,.at_90k = i * SECOND,
        .duration_90k = SECOND,.uri = "gap.ts",.independent = TRUE});
  }
  text = asp_hls_view_render (t, &(AspHlsView) {.rendition = 1});
  list = read_or_die (text);
  g_assert_cmpuint (list->segments->len, ==, 5);
  for (guint i = 0; i < 5; i++) {
    g_assert_true (hls_segment (list, i)->gap == (i >= 2));
    g_assert_cmpuint (hls_segment (list, i)->dsn, ==, i == 4 ? 1 : 0);
  }
}

/* One that comes later counts the discontinuities that it has not seen, and goes by the clock
 * of the first. */
static void
test_late_rendition (void)
{
  g_autoptr (AspHlsTimeline) t = timeline ();
  g_autofree gchar *text = NULL;
  g_autoptr (HlsPlaylist) list = NULL;

  add (t, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.rendition = 1,.name = "low"});
  for (guint i = 0; i < 8; i++) {
    segments (t, 0, 1);
    if (i % 2 == 0)
      add_here (t, ASP_HLS_DISCONTINUITY);
  }
  for (guint i = 5; i < 8; i++) {
    if (i == 7)
      add (t, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY,.rendition = 1,.at_90k = i * SECOND});
    add (t, (AspHlsEntry) {.kind = ASP_HLS_SEGMENT,.rendition = 1,.at_90k = i * SECOND,
        .duration_90k = SECOND,.uri = "low.ts",.independent = TRUE});
  }
  text = asp_hls_view_render (t, &(AspHlsView) {.rendition = 1});
  list = read_or_die (text);
  g_assert_cmpuint (list->msn, ==, 0);
  g_assert_cmpuint (list->dsn, ==, 3);
  g_assert_cmpuint (hls_segment (list, 2)->dsn, ==, 4);
  g_assert_cmpint (hls_segment (list, 0)->pdt_ms, ==, NOON_US / 1000 + 5000);
}

static void
test_delta (void)
{
  AspHlsView view = {.can_skip = TRUE,.markers = ASP_HLS_MARKERS_SCTE35 };
  g_autoptr (AspHlsTimeline) t = timeline ();
  g_autofree gchar *yes = NULL, *v2 = NULL, *full = NULL, *late = NULL;
  g_autoptr (HlsPlaylist) list = NULL;

  for (guint i = 0; i < 10; i++) {
    if (i == 1 || i == 8)
      add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_OUT,.avail_id = i == 1 ? "old" : "new",
          .at_90k = i * SECOND,.duration_90k = SECOND});
    segments (t, 0, 1);
    if (i == 1)
      add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_IN,.avail_id = "old",.at_90k = 2 * SECOND});
  }
  full = asp_hls_view_render (t, &view);
  view.skip = ASP_HLS_SKIP_YES;
  yes = asp_hls_view_render (t, &view);
  g_assert_nonnull (strstr (yes, "#EXT-X-VERSION:9\n"));
  g_assert_nonnull (strstr (yes, "#EXT-X-SKIP:SKIPPED-SEGMENTS=4\n"));
  g_assert_nonnull (strstr (yes, "ID=\"old\""));
  view.skip = ASP_HLS_SKIP_V2;
  v2 = asp_hls_view_render (t, &view);
  g_assert_nonnull (strstr (v2, "#EXT-X-VERSION:10\n"));
  g_assert_nonnull (strstr (v2,
          "#EXT-X-SKIP:SKIPPED-SEGMENTS=4,RECENTLY-REMOVED-DATERANGES=\"\"\n"));
  g_assert_null (strstr (v2, "ID=\"old\""));
  g_assert_nonnull (strstr (v2, "ID=\"new\""));
  list = read_or_die (v2);
  g_assert_cmpuint (list->skipped, ==, 4);
  /* a window that the old one has just left */
  view.playlist_length = 7;
  late = asp_hls_view_render (t, &view);
  g_assert_nonnull (strstr (late, "RECENTLY-REMOVED-DATERANGES=\"old\"\n"));
  /* who does not offer it, and who has ended, gives all */
  view = (AspHlsView) {.markers = ASP_HLS_MARKERS_SCTE35,.skip = ASP_HLS_SKIP_V2 };
  g_free (v2);
  v2 = asp_hls_view_render (t, &view);
  g_assert_null (strstr (v2, "SKIP"));
  add_here (t, ASP_HLS_END);
  view.can_skip = TRUE;
  g_free (v2);
  v2 = asp_hls_view_render (t, &view);
  g_assert_null (strstr (v2, "EXT-X-SKIP:"));
}

static void
test_types (void)
{
  g_autoptr (AspHlsTimeline) t = timeline ();
  g_autofree gchar *event = NULL, *early = NULL, *vod = NULL;

  segments (t, 0, 20);
  event = asp_hls_view_render (t, &(AspHlsView) {.type = ASP_HLS_EVENT,.playlist_length = 3});
  g_assert_nonnull (strstr (event, "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQUENCE:0\n"));
  early = asp_hls_view_render (t, &(AspHlsView) {.type = ASP_HLS_VOD});
  g_assert_null (early);
  add_here (t, ASP_HLS_END);
  vod = asp_hls_view_render (t, &(AspHlsView) {.type = ASP_HLS_VOD});
  g_assert_nonnull (strstr (vod, "#EXT-X-PLAYLIST-TYPE:VOD\n"));
}

/* -- blocking reload: hls.md 1.8, row by row -- */

static void
check_reload (const AspHlsTimeline * t, const gchar * query, AspHlsReloadAnswer expected)
{
  AspHlsReload q;
  AspHlsEdge edge;
  guint64 until = 0;

  g_test_message ("%s", query);
  asp_hls_edge_find (&edge, t, 0);
  g_assert_true (asp_hls_reload_parse (query, &q));
  g_assert_cmpint (asp_hls_reload_decide (&edge, &q, &until), ==, expected);
  /* a server does not wait for what is there */
  if (expected == ASP_HLS_RELOAD_WAIT)
    g_assert_cmpuint (until, >, asp_hls_edge_generation (&edge));
}

static void
test_reload (void)
{
  static const struct
  {
    const gchar *query;
    AspHlsReloadAnswer answer;
  } rows[] = {
    {"", ASP_HLS_RELOAD_NOW},
    {"_HLS_msn=4", ASP_HLS_RELOAD_NOW},
    {"_HLS_msn=5", ASP_HLS_RELOAD_WAIT},
    {"_HLS_msn=6", ASP_HLS_RELOAD_WAIT},
    {"_HLS_msn=7", ASP_HLS_RELOAD_BAD},
    {"_HLS_msn=0", ASP_HLS_RELOAD_NOW},
    {"_HLS_msn=0&_HLS_part=99", ASP_HLS_RELOAD_NOW},
    {"_HLS_msn=4&_HLS_part=1", ASP_HLS_RELOAD_NOW},
    {"_HLS_msn=5&_HLS_part=0", ASP_HLS_RELOAD_NOW},
    {"_HLS_msn=5&_HLS_part=1", ASP_HLS_RELOAD_WAIT},
    {"_HLS_msn=5&_HLS_part=6", ASP_HLS_RELOAD_WAIT},    /* the last part is 0, the limit 6 */
    {"_HLS_msn=5&_HLS_part=7", ASP_HLS_RELOAD_BAD},
    {"_HLS_msn=4&_HLS_part=2", ASP_HLS_RELOAD_NOW},     /* is part 0 of 5 */
    {"_HLS_msn=6&_HLS_part=0", ASP_HLS_RELOAD_WAIT},
    {"_HLS_msn=7&_HLS_part=0", ASP_HLS_RELOAD_BAD},
    {"_HLS_msn=5&_HLS_part=1&_HLS_skip=v2", ASP_HLS_RELOAD_WAIT},
    {"token=a%20b&_HLS_msn=4", ASP_HLS_RELOAD_NOW},
  };
  static const gchar *const bad[] = { "_HLS_part=1", "_HLS_msn=", "_HLS_msn", "_HLS_msn=-1",
    "_HLS_msn=1x", "_HLS_msn=99999999999999999999", "_HLS_msn=1&_HLS_msn=1", "_HLS_skip=no",
    "_HLS_msn=1&_HLS_part=a",
  };
  g_autoptr (AspHlsTimeline) t = timeline ();
  AspHlsReload q;
  AspHlsEdge edge;

  segments (t, 0, 5);
  part (t, 0, 0, SECOND / 2, "n.ts");
  asp_hls_edge_find (&edge, t, 0);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    check_reload (t, rows[i].query, rows[i].answer);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_test_message ("%s", bad[i]);
    g_assert_false (asp_hls_reload_parse (bad[i], &q));
  }
  g_assert_true (asp_hls_reload_parse ("_HLS_skip=YES", &q) && q.skip == ASP_HLS_SKIP_YES);
  g_assert_true (asp_hls_reload_parse (NULL, &q));
  g_assert_cmpint (asp_hls_reload_patience_us (&edge), ==, 3 * G_USEC_PER_SEC);
  complete (t, 0, NULL);
  check_reload (t, "_HLS_msn=5&_HLS_part=1", ASP_HLS_RELOAD_WAIT);      /* part 0 of 6 */
  add_here (t, ASP_HLS_END);
  check_reload (t, "_HLS_msn=99&_HLS_part=7", ASP_HLS_RELOAD_NOW);
}

/* Who is held is asked for again with the first part or segment that answers it, and not
 * before; whatever happens to be asked for. */
static void
test_reload_until (void)
{
  static const gchar *const queries[] = { "_HLS_msn=4&_HLS_part=2", "_HLS_msn=4&_HLS_part=3",
    "_HLS_msn=4", "_HLS_msn=5&_HLS_part=0", "_HLS_msn=5", "_HLS_msn=3&_HLS_part=9",
    "_HLS_msn=5&_HLS_part=4000000000",
  };
  static const guint parts_of[] = { 3, 1, 2, 3 };       /* of segments 4, 5, ... */
  AspHlsEdge e = {.n_media = 4,.n_last_parts = 2,.part_target_90k = SECOND / 2,
    .target_duration_s = 1
  };
  guint64 until[G_N_ELEMENTS (queries)] = { 0 }, before = 0;

  for (guint step = 0; e.n_media < 8; step++) {
    guint64 now = asp_hls_edge_generation (&e);

    g_assert_cmpuint (now, >, before);
    before = now;
    for (guint i = 0; i < G_N_ELEMENTS (queries); i++) {
      guint64 next = 0;
      AspHlsReload q;
      AspHlsReloadAnswer answer;

      g_assert_true (asp_hls_reload_parse (queries[i], &q));
      answer = asp_hls_reload_decide (&e, &q, &next);
      /* held, and not asked for again yet: it could not have been answered */
      if (until[i] > now)
        g_assert_cmpint (answer, !=, ASP_HLS_RELOAD_NOW);
      else
        until[i] = answer == ASP_HLS_RELOAD_WAIT ? next : 0;
      g_assert_true (answer != ASP_HLS_RELOAD_WAIT || next > now);
    }
    if (e.n_open_parts < parts_of[e.n_media - 4]) {
      e.n_open_parts++;
    } else {
      e.n_last_parts = e.n_open_parts;
      e.n_open_parts = 0;
      e.n_media++;
    }
    /* in some of them */
    e.withheld = e.n_open_parts == 0 && e.n_media != 6;
  }
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    g_assert_cmpuint (until[i], ==, 0);
  e.ended = TRUE;
  g_assert_cmpuint (asp_hls_edge_generation (&e), >, before);
}

static void
test_reload_recent (void)
{
  const AspHlsEdge e = {.n_media = 10,.target_duration_s = 2 };

  g_assert_true (asp_hls_reload_is_recent (&e, &(AspHlsReload) {.has_msn = TRUE,.msn = 10}));
  g_assert_true (asp_hls_reload_is_recent (&e, &(AspHlsReload) {.has_msn = TRUE,.msn = 8}));
  g_assert_false (asp_hls_reload_is_recent (&e, &(AspHlsReload) {.has_msn = TRUE,.msn = 7}));
  g_assert_false (asp_hls_reload_is_recent (&e, &(AspHlsReload) {.msn = 0}));
}

/* -- names -- */

static void
test_names (void)
{
  static const guint8 secret[ASP_HLS_SECRET_SIZE] = "0123456789abcdef0123456789abcde";
  g_autofree gchar *segment = asp_hls_media_name (NULL, ASP_HLS_NAME_SEGMENT, "v0", 7, 0);
  g_autofree gchar *part_name = asp_hls_media_name (NULL, ASP_HLS_NAME_PART, "v0", 7, 3);
  g_autofree gchar *one = asp_hls_playlist_name ("v0", 1);
  g_autofree gchar *two = asp_hls_playlist_name ("v0", 2);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_assert_cmpstr (segment, ==, "v0-00000007.ts");
  g_assert_cmpstr (part_name, ==, "v0-00000007.3.ts");
  g_assert_cmpstr (one, ==, "playlist.m3u8");
  g_assert_cmpstr (two, ==, "v0.m3u8");
  for (guint i = 0; i < 2000; i++) {
    gchar *name = asp_hls_media_name (secret, i % 2 ? ASP_HLS_NAME_PART : ASP_HLS_NAME_SEGMENT,
        i % 3 ? "v0" : "v1", i / 2, i % 5);
    g_autofree gchar *again = asp_hls_media_name (secret,
        i % 2 ? ASP_HLS_NAME_PART : ASP_HLS_NAME_SEGMENT, i % 3 ? "v0" : "v1", i / 2, i % 5);

    g_assert_cmpstr (name, ==, again);
    g_assert_cmpuint (strlen (name), ==, 25);
    g_assert_cmpuint (strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        ==, 22);
    g_assert_true (g_hash_table_add (seen, name));
  }
}

/* HMAC-SHA-256 as others compute it. */
static void
test_name_known (void)
{
  static const guint8 secret[ASP_HLS_SECRET_SIZE] = { 0 };
  g_autofree gchar *name = asp_hls_media_name (secret, ASP_HLS_NAME_SEGMENT, "v0", 1, 0);

  g_assert_cmpstr (name, ==, "NmHq1vlHUqiRRjbUg6ynBJ.ts");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/low-latency/text", test_text);
  g_test_add_func ("/hls/low-latency/withheld", test_withheld);
  g_test_add_func ("/hls/low-latency/reader", test_reader);
  g_test_add_func ("/hls/low-latency/reports", test_reports);
  g_test_add_func ("/hls/low-latency/delta", test_delta);
  g_test_add_func ("/hls/low-latency/reload", test_reload);
  g_test_add_func ("/hls/low-latency/reload-until", test_reload_until);
  g_test_add_func ("/hls/low-latency/reload-recent", test_reload_recent);
  g_test_add_func ("/hls/view/types", test_types);
  g_test_add_func ("/hls/view/gap-rendition", test_gap_rendition);
  g_test_add_func ("/hls/view/late-rendition", test_late_rendition);
  g_test_add_func ("/hls/names", test_names);
  g_test_add_func ("/hls/names/known", test_name_known);
  return g_test_run ();
}
