/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Timeline and playlist views: exact text, the numbers of RFC 8216bis, and random
 * timelines whose successive views may differ by allowed edits only.
 */
#include <asp-hls-view.h>

#include "hls-read.h"

#include <math.h>
#include <string.h>

#define SECOND ASP_SECOND_90K
#define NOON_US (G_GINT64_CONSTANT (1767268800) * G_USEC_PER_SEC)       /* 2026-01-01T12:00:00Z */

static void
add (AspHlsTimeline * t, const AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  if (!asp_hls_timeline_append (t, &entry, &error))
    g_error ("%s", error->message);
}

static void
add_segment (AspHlsTimeline * t, const gchar * uri, gint64 duration_90k)
{
  add (t, (AspHlsEntry) {.kind = ASP_HLS_SEGMENT,.at_90k = asp_hls_timeline_end (t),
      .duration_90k = duration_90k,.uri = uri,.independent = TRUE});
}

static void
add_kind (AspHlsTimeline * t, AspHlsEntryKind kind)
{
  add (t, (AspHlsEntry) {.kind = kind,.at_90k = asp_hls_timeline_end (t)});
}

static void
add_avail (AspHlsTimeline * t, AspHlsEntryKind kind, const gchar * id, gint64 duration_90k,
    const gchar * scte35)
{
  add (t, (AspHlsEntry) {.kind = kind,.at_90k = asp_hls_timeline_end (t),.avail_id = id,
      .duration_90k = duration_90k,.scte35 = scte35});
}

static AspHlsTimeline *
timeline_at_noon (guint target_s)
{
  AspHlsTimeline *t = asp_hls_timeline_new ();

  add (t, (AspHlsEntry) {.kind = ASP_HLS_PDT,.utc_us = NOON_US});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = target_s * SECOND});
  return t;
}

static HlsPlaylist *
read_or_die (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  HlsPlaylist *list;

  g_assert_nonnull (text);
  list = hls_read (text, &error);
  if (!list)
    g_error ("%s in\n%s", error->message, text);
  return list;
}

/* -- exact text -- */

/* A break from announcement to end, as a viewer's reloads see it. */
static void
test_text (void)
{
  static const AspHlsView all = {.playlist_length = 0,.markers = ASP_HLS_MARKERS_SCTE35 };
  AspHlsTimeline *t = timeline_at_noon (2);
  g_autofree gchar *announced = NULL, *ended = NULL, *plain = NULL;

  add_segment (t, "m/a-0.ts", SECOND);
  add_segment (t, "m/a-00.ts", 2 * SECOND);
  add_segment (t, "m/a-1.ts", 2 * SECOND);
  g_assert_null (asp_hls_view_render (t, &all));
  add_segment (t, "m/a-2.ts", 123456);
  add_kind (t, ASP_HLS_DISCONTINUITY);
  add_avail (t, ASP_HLS_AVAIL_OUT, "Break1", 10 * SECOND, "fc30aB");
  announced = asp_hls_view_render (t, &all);
  g_assert_cmpstr (announced, ==,
      "#EXTM3U\n"
      "#EXT-X-VERSION:3\n"
      "#EXT-X-TARGETDURATION:2\n"
      "#EXT-X-MEDIA-SEQUENCE:0\n"
      "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
      "#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:00.000Z\n"
      "#EXTINF:1.000000,\n"
      "m/a-0.ts\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:01.000Z\n"
      "#EXTINF:2.000000,\n"
      "m/a-00.ts\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:03.000Z\n"
      "#EXTINF:2.000000,\n"
      "m/a-1.ts\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:05.000Z\n"
      "#EXTINF:1.371733,\n"
      "m/a-2.ts\n"
      "#EXT-X-DATERANGE:ID=\"Break1\",START-DATE=\"2026-01-01T12:00:06.372Z\","
      "PLANNED-DURATION=10.000000,SCTE35-OUT=0xFC30AB\n");
  add_segment (t, "m/a-3.ts", 2 * SECOND);
  add (t, (AspHlsEntry) {.kind = ASP_HLS_GAP,.at_90k = asp_hls_timeline_end (t),
      .duration_90k = SECOND,.uri = "m/a-4.ts",.independent = TRUE});
  add_kind (t, ASP_HLS_DISCONTINUITY);
  add_avail (t, ASP_HLS_AVAIL_IN, "Break1", 0, "fc31");
  add_segment (t, "m/a-5.ts", 2 * SECOND + 100);
  add_kind (t, ASP_HLS_END);
  ended = asp_hls_view_render (t, &all);
  g_assert_true (g_str_has_prefix (ended, "#EXTM3U\n#EXT-X-VERSION:6\n"));
  g_assert_cmpstr (ended + strlen (announced), ==,
      "#EXT-X-DISCONTINUITY\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:06.372Z\n"
      "#EXTINF:2.000000,\n"
      "m/a-3.ts\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:08.372Z\n"
      "#EXT-X-GAP\n"
      "#EXTINF:1.000000,\n"
      "m/a-4.ts\n"
      "#EXT-X-DATERANGE:ID=\"Break1\",START-DATE=\"2026-01-01T12:00:06.372Z\","
      "PLANNED-DURATION=10.000000,SCTE35-OUT=0xFC30AB,DURATION=3.000000,SCTE35-IN=0xFC31\n"
      "#EXT-X-DISCONTINUITY\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:09.372Z\n"
      "#EXTINF:2.001111,\n"
      "m/a-5.ts\n"
      "#EXT-X-ENDLIST\n");
  plain = asp_hls_view_render (t, &(AspHlsView) {.playlist_length = 0});
  g_assert_null (strstr (plain, "DATERANGE"));
  asp_hls_timeline_free (t);
}

static void
test_nothing_yet (void)
{
  static const AspHlsView view = {.playlist_length = 3 };
  AspHlsTimeline *t = asp_hls_timeline_new ();

  g_assert_null (asp_hls_view_render (t, &view));
  g_assert_cmpint (asp_hls_view_start (t, &view), ==, 0);
  add_segment (t, "a.ts", SECOND);
  g_assert_null (asp_hls_view_render (t, &view));
  asp_hls_timeline_free (t);
  t = timeline_at_noon (1);
  g_assert_null (asp_hls_view_render (t, &view));
  asp_hls_timeline_free (t);
}

/* The number grows when the tag has left and not while it is still listed (hls.js ends
 * playback otherwise). */
static void
test_discontinuity_sequence (void)
{
  static const AspHlsView view = {.playlist_length = 3 };
  static const struct
  {
    gboolean discontinuity;
    guint64 msn, dsn, first_dsn;
  } steps[] = {
    {FALSE, 0, 0, 0}, {FALSE, 0, 0, 0}, {TRUE, 0, 0, 0}, {FALSE, 1, 0, 0}, {TRUE, 2, 0, 1},
    {FALSE, 3, 1, 1}, {FALSE, 4, 1, 2}, {FALSE, 5, 2, 2},
  };
  AspHlsTimeline *t = timeline_at_noon (1);

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autoptr (HlsPlaylist) list = NULL;
    g_autofree gchar *text = NULL;

    if (steps[i].discontinuity)
      add_kind (t, ASP_HLS_DISCONTINUITY);
    add_segment (t, "a.ts", SECOND);
    text = asp_hls_view_render (t, &view);
    g_assert_true ((text == NULL) == (i < 2));
    if (!text)
      continue;
    list = read_or_die (text);
    g_assert_cmpuint (list->msn, ==, steps[i].msn);
    g_assert_cmpuint (list->dsn, ==, steps[i].dsn);
    g_assert_cmpuint (hls_segment (list, 0)->dsn, ==, steps[i].first_dsn);
  }
  asp_hls_timeline_free (t);
}

/* Short segments: more of them stay than were asked for. */
static void
test_window (void)
{
  static const AspHlsView view = {.playlist_length = 3 };
  AspHlsTimeline *t = timeline_at_noon (4);
  g_autoptr (HlsPlaylist) list = NULL;
  g_autofree gchar *text = NULL;

  for (guint i = 0; i < 30; i++)
    add_segment (t, "a.ts", SECOND);
  text = asp_hls_view_render (t, &view);
  list = read_or_die (text);
  g_assert_cmpuint (list->segments->len, ==, 12);
  g_assert_cmpuint (list->msn, ==, 18);
  g_assert_cmpint (asp_hls_view_start (t, &view), ==, 18 * SECOND);
  asp_hls_timeline_free (t);
}

/* A date range stays until nothing of it is listed, and one that never ends until the
 * next one begins. */
static void
test_range_leaves (void)
{
  static const AspHlsView view = {.playlist_length = 3,.markers = ASP_HLS_MARKERS_SCTE35 };
  AspHlsTimeline *t = timeline_at_noon (1);
  g_autofree gchar *text = NULL;

  add_segment (t, "a.ts", SECOND);
  add_avail (t, ASP_HLS_AVAIL_OUT, "open", 0, NULL);
  for (guint i = 0; i < 10; i++)
    add_segment (t, "a.ts", SECOND);
  text = asp_hls_view_render (t, &view);
  g_assert_nonnull (strstr (text, "ID=\"open\""));
  g_assert_null (strstr (text, "PLANNED-DURATION"));
  add_avail (t, ASP_HLS_AVAIL_OUT, "next", SECOND, NULL);
  for (guint i = 0; i < 3; i++)
    add_segment (t, "a.ts", SECOND);
  g_free (text);
  text = asp_hls_view_render (t, &view);
  g_assert_nonnull (strstr (text, "ID=\"open\""));
  add_segment (t, "a.ts", SECOND);
  g_free (text);
  text = asp_hls_view_render (t, &view);
  g_assert_null (strstr (text, "ID=\"open\""));
  g_assert_nonnull (strstr (text, "ID=\"next\""));
  asp_hls_timeline_free (t);
}

/* A second anchor moves what comes after it and nothing before. */
static void
test_second_anchor (void)
{
  static const AspHlsView view = {.playlist_length = 0 };
  AspHlsTimeline *t = timeline_at_noon (1);
  g_autoptr (HlsPlaylist) list = NULL;
  g_autofree gchar *text = NULL;

  add_segment (t, "a.ts", SECOND);
  add_kind (t, ASP_HLS_DISCONTINUITY);
  add (t, (AspHlsEntry) {.kind = ASP_HLS_PDT,.at_90k = SECOND,.utc_us = NOON_US + 60000000});
  add_segment (t, "a.ts", SECOND);
  add_segment (t, "a.ts", SECOND);
  text = asp_hls_view_render (t, &view);
  list = read_or_die (text);
  g_assert_cmpint (hls_segment (list, 0)->pdt_ms, ==, NOON_US / 1000);
  g_assert_cmpint (hls_segment (list, 1)->pdt_ms, ==, NOON_US / 1000 + 60000);
  g_assert_cmpint (hls_segment (list, 2)->pdt_ms, ==, NOON_US / 1000 + 61000);
  asp_hls_timeline_free (t);
}

/* Lengths that no number of decimals holds: their sum after a day is off by no more than
 * one unit of the last place. */
static void
test_no_drift (void)
{
  gint64 sum_us = 0, at_90k = 0;
  const gint64 step_90k = 180180 + 1;

  for (guint i = 0; i < 43200; i++) {
    sum_us += asp_hls_90k_to_us (at_90k + step_90k) - asp_hls_90k_to_us (at_90k);
    at_90k += step_90k;
  }
  g_assert_cmpint (ABS (sum_us - (gint64) llroundl ((long double) at_90k * 100 / 9)), <=, 1);
}

static void
test_append_refuses (void)
{
  AspHlsTimeline *t = timeline_at_noon (2);
  const AspHlsEntry bad[] = {
    {.kind = ASP_HLS_SEGMENT,.at_90k = 0,.duration_90k = 0,.uri = "a"},
    {.kind = ASP_HLS_SEGMENT,.at_90k = 1,.duration_90k = 1,.uri = "a"},
    {.kind = ASP_HLS_SEGMENT,.at_90k = 0,.duration_90k = 1},
    {.kind = ASP_HLS_SEGMENT,.at_90k = 0,.duration_90k = 1,.uri = "a\nb"},
    {.kind = ASP_HLS_SEGMENT,.at_90k = 0,.duration_90k = 1,.uri = "#a"},
    {.kind = ASP_HLS_SEGMENT,.at_90k = 0,.duration_90k = 1,.uri = "a b"},
    {.kind = ASP_HLS_DISCONTINUITY},
    {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = SECOND},
    {.kind = ASP_HLS_PDT,.at_90k = 5},
    {.kind = ASP_HLS_AVAIL_OUT},
    {.kind = ASP_HLS_AVAIL_OUT,.avail_id = ""},
    {.kind = ASP_HLS_AVAIL_OUT,.avail_id = "a\"b"},
    {.kind = ASP_HLS_AVAIL_OUT,.avail_id = "a\nb"},
    {.kind = ASP_HLS_AVAIL_OUT,.avail_id = "\xff"},
    {.kind = ASP_HLS_AVAIL_OUT,.avail_id = "a",.scte35 = "abc"},
    {.kind = ASP_HLS_AVAIL_OUT,.avail_id = "a",.scte35 = "zz"},
    {.kind = ASP_HLS_AVAIL_OUT,.avail_id = "a",.scte35 = ""},
    {.kind = ASP_HLS_AVAIL_IN,.avail_id = "a"},
    {.kind = ASP_HLS_AVAIL_CANCELLED,.avail_id = "a"},
  };
  guint n = asp_hls_timeline_n_entries (t);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (asp_hls_timeline_append (t, &bad[i], &error));
    g_assert_true (error->domain == ASP_HLS_ERROR);
    g_assert_cmpuint (asp_hls_timeline_n_entries (t), ==, n);
  }
  add_avail (t, ASP_HLS_AVAIL_SCHEDULED, "a", 0, NULL);
  add_avail (t, ASP_HLS_AVAIL_OUT, "a", 0, NULL);
  g_assert_false (asp_hls_timeline_append (t, &(AspHlsEntry) {.kind = ASP_HLS_AVAIL_OUT,
              .avail_id = "a"}, NULL));
  g_assert_false (asp_hls_timeline_append (t, &(AspHlsEntry) {.kind = ASP_HLS_AVAIL_CANCELLED,
              .avail_id = "a"}, NULL));
  add_segment (t, "a.ts", SECOND);
  add_kind (t, ASP_HLS_DISCONTINUITY);
  g_assert_false (asp_hls_timeline_append (t, &(AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY,
              .at_90k = SECOND}, NULL));
  add_kind (t, ASP_HLS_END);
  g_assert_false (asp_hls_timeline_append (t, &(AspHlsEntry) {.kind = ASP_HLS_SEGMENT,
              .at_90k = SECOND,.duration_90k = 1,.uri = "a"}, NULL));
  asp_hls_timeline_free (t);
}

static void
test_cancelled (void)
{
  static const AspHlsView view = {.markers = ASP_HLS_MARKERS_SCTE35 };
  AspHlsTimeline *t = timeline_at_noon (2);
  g_autofree gchar *text = NULL;

  add_avail (t, ASP_HLS_AVAIL_SCHEDULED, "a", SECOND, NULL);
  for (guint i = 0; i < 6; i++)
    add_segment (t, "a.ts", SECOND);
  add_avail (t, ASP_HLS_AVAIL_CANCELLED, "a", 0, NULL);
  text = asp_hls_view_render (t, &view);
  g_assert_null (strstr (text, "DATERANGE"));
  asp_hls_timeline_free (t);
}

/* -- the reader itself: what it must not let through -- */

static void
test_reader (void)
{
  static const gchar good[] = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
      "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:00.000Z\n#EXTINF:2.0,\na.ts\n"
      "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:02.000Z\n"
      "#EXTINF:1.5,\nb.ts\n";
  static const gchar *const edits[][2] = {
    {"#EXTM3U\n", "\n"}, {"VERSION:3", "VERSION:7"}, {"TARGETDURATION:2", "TARGETDURATION:1"},
    {"TARGETDURATION:2", "TARGETDURATION:x"}, {"#EXT-X-MEDIA-SEQUENCE:0\n", ""},
    {"#EXT-X-DISCONTINUITY-SEQUENCE:0\n", ""}, {"EXTINF:2.0,", "EXTINF:2.0"},
    {"EXTINF:2.0,", "EXTINF:2.4,"}, {"EXTINF:2.0,", "EXTINF:-2.0,"}, {"a.ts", "a b.ts"},
    {"a.ts\n", "a.ts\n\n"}, {"00.000Z\n#EXTINF:2", "00Z\n#EXTINF:2"}, {"12:00:02.000", "12:00:02.00"},
    {"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:02.000Z\n", ""},
    {"#EXT-X-DISCONTINUITY\n", "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY\n"},
    {"b.ts\n", ""}, {"b.ts\n", "b.ts"}, {"b.ts\n", "b.ts\n#EXT-X-ENDLIST\nc.ts\n"},
    {"b.ts\n", "b.ts\n#EXT-X-MEDIA-SEQUENCE:0\n"}, {"b.ts\n", "b.ts\n#comment\n"},
    {"MEDIA-SEQUENCE:0\n#EXT-X-D", "MEDIA-SEQUENCE:3\n#EXT-X-D"},
  };
  g_autoptr (HlsPlaylist) list = read_or_die (good);

  g_assert_cmpuint (hls_segment (list, 1)->dsn, ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (edits); i++) {
    g_autoptr (GString) bad = g_string_new (good);
    g_autoptr (GError) error = NULL;

    g_assert_cmpuint (g_string_replace (bad, edits[i][0], edits[i][1], 1), ==, 1);
    g_assert_null (hls_read (bad->str, &error));
    g_assert_nonnull (error);
  }
  for (gsize n = 0; n + 1 < sizeof good; n++) {
    g_autofree gchar *cut = g_strndup (good, n);
    g_autoptr (HlsPlaylist) part = hls_read (cut, NULL);

    g_assert_true (part == NULL || part->segments->len == 1);
  }
}

static void
test_reader_update (void)
{
  static const gchar *const head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:%u\n"
      "#EXT-X-MEDIA-SEQUENCE:%u\n#EXT-X-DISCONTINUITY-SEQUENCE:%u\n";
  static const gchar *const lines[] = {
    "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:00.000Z\n#EXTINF:9,\na.ts\n",
    "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:09.000Z\n#EXTINF:9,\nb.ts\n",
    "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:18.000Z\n#EXTINF:9,\nc.ts\n",
    "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:27.000Z\n#EXTINF:9,\nd.ts\n",
    "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:18.000Z\n#EXTINF:9,\nx.ts\n",
  };
  static const struct
  {
    guint target, msn, dsn, first, last, other;
    gboolean ok;
  } cases[] = {
    {9, 0, 0, 0, 3, 0, TRUE}, {9, 1, 0, 1, 3, 0, TRUE}, {9, 1, 1, 1, 3, 0, FALSE},
    {9, 0, 0, 1, 3, 0, FALSE}, {8, 0, 0, 0, 3, 0, FALSE}, {10, 0, 0, 0, 3, 0, FALSE},
    {9, 0, 0, 0, 1, 0, FALSE}, {9, 0, 0, 0, 2, 4, FALSE}, {9, 0, 1, 0, 3, 0, FALSE},
  };
  g_autoptr (GString) old_text = g_string_new (NULL);
  g_autoptr (HlsPlaylist) before = NULL;

  g_string_printf (old_text, head, 9u, 0u, 0u);
  for (guint i = 0; i < 3; i++)
    g_string_append (old_text, lines[i]);
  before = read_or_die (old_text->str);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (HlsPlaylist) after = NULL;

    g_string_printf (text, head, cases[i].target, cases[i].msn, cases[i].dsn);
    for (guint k = cases[i].first; k <= cases[i].last; k++)
      g_string_append (text, lines[k == 2 && cases[i].other ? cases[i].other : k]);
    after = hls_read (text->str, NULL);
    g_assert_cmpint (after && hls_check_update (before, after, NULL), ==, cases[i].ok);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/view/text", test_text);
  g_test_add_func ("/hls/view/nothing-yet", test_nothing_yet);
  g_test_add_func ("/hls/view/discontinuity-sequence", test_discontinuity_sequence);
  g_test_add_func ("/hls/view/window", test_window);
  g_test_add_func ("/hls/view/range-leaves", test_range_leaves);
  g_test_add_func ("/hls/view/second-anchor", test_second_anchor);
  g_test_add_func ("/hls/view/no-drift", test_no_drift);
  g_test_add_func ("/hls/view/cancelled", test_cancelled);
  g_test_add_func ("/hls/timeline/refuses", test_append_refuses);
  g_test_add_func ("/hls/reader/refuses", test_reader);
  g_test_add_func ("/hls/reader/update", test_reader_update);
  return g_test_run ();
}
