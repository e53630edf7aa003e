/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a recording is without its files: cues as Amazon IVS has them, the JSON documents,
 * which segments lie in one file, and playlists that grow piece by piece.
 */
#include <asp-hls-files.h>
#include <asp-hls-recording.h>
#include <asp-hls-view.h>
#include <asp-json-reader.h>
#include <asp-scte35.h>
#include <string.h>

#include "hls-read.h"

#define SECOND ASP_SECOND_90K
#define NOON_US (G_GINT64_CONSTANT (1767268800) * G_USEC_PER_SEC)       /* 2026-01-01T12:00:00Z */

/* The two sections of the example in Amazon's documentation. */
#define SAMPLE_OUT "FC302000000000000000FFF00F05F8E7AEFC7FFFFE001B7740000000000000340CFD88"
#define SAMPLE_IN "FC302000000000000000FFF00F05F8E7AEFC7F7FFE001B7740000000000000C23E5851"
#define SAMPLE_EVENT_ID 0xf8e7aefcu

/* -- cues -- */

static gchar *
hex_of (GBytes * bytes)
{
  GString *hex = g_string_new (NULL);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize i = 0; i < size; i++)
    g_string_append_printf (hex, "%02X", data[i]);
  g_bytes_unref (bytes);
  return g_string_free (hex, FALSE);
}

/* A break of 20 s with the sample's event id: bit by bit the samples, both ways. */
static void
test_cue_sample (void)
{
  g_autofree gchar *built_out = hex_of (asp_scte35_build_splice_insert (SAMPLE_EVENT_ID, TRUE,
          ASP_NO_TIME, 20 * SECOND, TRUE, 0));
  g_autofree gchar *built_in = hex_of (asp_scte35_build_splice_insert (SAMPLE_EVENT_ID, FALSE,
          ASP_NO_TIME, 20 * SECOND, TRUE, 0));
  g_autofree gchar *out = asp_hls_recording_cue ("Break0000001", SAMPLE_OUT, SAMPLE_OUT,
      20 * SECOND, FALSE);
  /* whatever ended it: the date range says when */
  g_autofree gchar *in = asp_hls_recording_cue ("Break0000001", SAMPLE_OUT, "FC31", 20 * SECOND, TRUE);
  g_autofree gchar *lower = g_ascii_strdown (SAMPLE_OUT, -1);
  g_autofree gchar *in_of_lower = asp_hls_recording_cue ("Break0000001", lower, NULL, 0, TRUE);

  g_assert_cmpstr (built_out, ==, SAMPLE_OUT);
  g_assert_cmpstr (built_in, ==, SAMPLE_IN);
  g_assert_cmpstr (out, ==, SAMPLE_OUT);
  g_assert_cmpstr (in, ==, SAMPLE_IN);
  g_assert_cmpstr (in_of_lower, ==, SAMPLE_IN);
}

/* A break of our own: immediate, its length in both, one id; what the splicer announced it
 * with had a time. */
static void
test_cue_own (void)
{
  const gchar *id = "hSi2o1WIVgij";
  guint32 event_id = asp_scte35_own_event_id (id);
  g_autofree gchar *timed = hex_of (asp_scte35_build_splice_insert (event_id, TRUE, 900000,
          20 * SECOND, TRUE, 0));
  g_autofree gchar *expected_out = hex_of (asp_scte35_build_splice_insert (event_id, TRUE,
          ASP_NO_TIME, 20 * SECOND, TRUE, 0));
  g_autofree gchar *expected_in = hex_of (asp_scte35_build_splice_insert (event_id, FALSE,
          ASP_NO_TIME, 20 * SECOND, TRUE, 0));
  g_autofree gchar *out = asp_hls_recording_cue (id, timed, timed, 20 * SECOND, FALSE);
  g_autofree gchar *in = asp_hls_recording_cue (id, timed, "FC31", 20 * SECOND, TRUE);
  g_autofree gchar *without = asp_hls_recording_cue (id, NULL, NULL, 20 * SECOND, FALSE);
  g_autofree gchar *damaged = asp_hls_recording_cue (id, "FC30", "FC30", 20 * SECOND, FALSE);
  g_autofree gchar *open_ended = asp_hls_recording_cue (id, NULL, NULL, 0, FALSE);
  AspScte35Section section;

  g_assert_cmpstr (out, ==, expected_out);
  g_assert_cmpstr (in, ==, expected_in);
  g_assert_cmpstr (without, ==, expected_out);
  g_assert_cmpstr (damaged, ==, expected_out);
  g_assert_true (asp_scte35_parse_text (open_ended, &section, NULL));
  g_assert_false (section.u.splice_insert.duration_flag);
  asp_scte35_clear (&section);
}

/* A cue with a time stays as it came, and so does what ended it. */
static void
test_cue_of_stream (void)
{
  g_autofree gchar *out = hex_of (asp_scte35_build_splice_insert (4711, TRUE, 900000,
          20 * SECOND, TRUE, 7));
  g_autofree gchar *end = hex_of (asp_scte35_build_splice_insert (4711, FALSE, 2700000,
          ASP_NO_TIME, FALSE, 7));
  g_autofree gchar *kept_out = asp_hls_recording_cue ("Break0000001", out, out, 20 * SECOND, FALSE);
  g_autofree gchar *kept_end = asp_hls_recording_cue ("Break0000001", out, end, 20 * SECOND, TRUE);

  g_assert_cmpstr (kept_out, ==, out);
  g_assert_cmpstr (kept_end, ==, end);
}

/* -- documents -- */

static void
append (AspHlsTimeline * t, AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  asp_hls_timeline_append (t, &entry, &error);
  g_assert_no_error (error);
}

static AspHlsTimeline *
two_renditions (void)
{
  AspHlsTimeline *t = asp_hls_timeline_new ();

  append (t, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.name = "720p60"});
  append (t, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.rendition = 1,.name = "480p30"});
  append (t, (AspHlsEntry) {.kind = ASP_HLS_FORMAT,.codecs = "avc1.64001f",.width = 1280,.height = 720});
  append (t, (AspHlsEntry) {.kind = ASP_HLS_SEGMENT,.duration_90k = 90045,.uri = "a.ts",.bytes = 1});
  return t;
}

static void
test_events (void)
{
  g_autoptr (AspHlsTimeline) t = two_renditions ();
  AspHlsRecordingState state = {.channel = "news",.started_us = NOON_US + 999999,
    .ended_us = NOON_US + 2 * G_USEC_PER_SEC };
  g_autofree gchar *started = asp_hls_recording_event (&state, t);
  g_autofree gchar *ended = NULL, *failed = NULL;
  const gchar expected[] = "{\n"
      "  \"version\": \"v1\",\n"
      "  \"channel_arn\": \"arn:aws:ivs:local:000000000000:channel/news\",\n"
      "  \"recording_started_at\": \"2026-01-01T12:00:00Z\",\n"
      "  \"recording_ended_at\": \"2026-01-01T12:00:02Z\",\n"
      "  \"recording_status\": \"RECORDING_ENDED\",\n"
      "  \"media\": {\n"
      "    \"hls\": {\n"
      "      \"duration_ms\": 1001,\n"
      "      \"path\": \"media/hls\",\n"
      "      \"playlist\": \"master.m3u8\",\n"
      "      \"byte_range_playlist\": \"byte-range-multivariant.m3u8\",\n"
      "      \"renditions\": [\n"
      "        {\n"
      "          \"path\": \"720p60\",\n"
      "          \"playlist\": \"playlist.m3u8\",\n"
      "          \"byte_range_playlist\": \"byte-range-variant.m3u8\",\n"
      "          \"resolution_height\": 720,\n"
      "          \"resolution_width\": 1280\n"
      "        },\n"
      "        {\n"
      "          \"path\": \"480p30\",\n"
      "          \"playlist\": \"playlist.m3u8\",\n"
      "          \"byte_range_playlist\": \"byte-range-variant.m3u8\"\n"
      "        }\n"
      "      ]\n"
      "    },\n"
      "    \"latest_thumbnail\": {\n"
      "      \"path\": \"media/latest_thumbnail\",\n"
      "      \"resolution_height\": 360,\n"
      "      \"resolution_width\": 640\n" "    }\n" "  }\n" "}\n";

  g_assert_true (strstr (started, "\"RECORDING_STARTED\"") && !strstr (started, "ended_at") &&
      !strstr (started, "duration_ms") && !strstr (started, "thumbnail"));
  state.status = ASP_HLS_RECORDING_ENDED;
  state.thumbnail_width = 640;
  state.thumbnail_height = 360;
  ended = asp_hls_recording_event (&state, t);
  g_assert_cmpstr (ended, ==, expected);
  state.status = ASP_HLS_RECORDING_FAILED;
  state.message = "no \"room\"";
  failed = asp_hls_recording_event (&state, t);
  g_assert_nonnull (strstr (failed, "\"recording_status\": \"RECORDING_ENDED_WITH_FAILURE\",\n"
          "  \"recording_status_message\": \"no \\\"room\\\"\""));
  g_assert_cmpstr (asp_hls_recording_event_name (state.status), ==, "recording-failed.json");
}

static void
test_path (void)
{
  g_autofree gchar *path = asp_hls_recording_path (NOON_US + 9 * 60 * G_USEC_PER_SEC, "j8Z9O91ndcVs");

  g_assert_cmpstr (path, ==, "2026/1/1/12/9/j8Z9O91ndcVs");
}

/* Cut short anywhere it is none; no byte behind the end is looked at. */
static void
test_jpeg_size (void)
{
  static const guint8 jpeg[] = { 0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2,
    0xff, 0xc0, 0, 17, 8, 0x01, 0x68, 0x02, 0x80, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1,
    0xff, 0xda, 0, 2, 0x55, 0xff, 0xd9
  };
  guint width, height;

  g_assert_true (asp_hls_jpeg_size (jpeg, sizeof jpeg, &width, &height));
  g_assert_cmpuint (width, ==, 640);
  g_assert_cmpuint (height, ==, 360);
  for (gsize n = 0; n < sizeof jpeg; n++) {
    g_autofree guint8 *copy = g_memdup2 (jpeg, n ? n : 1);

    g_assert_false (asp_hls_jpeg_size (copy, n, &width, &height));
    if (n < 4)
      continue;
    copy[n - 2] = 0xff;
    copy[n - 1] = 0xd9;
    asp_hls_jpeg_size (copy, n, &width, &height);
  }
}

/* -- files -- */

/* Lengths of the files that segments of @durations (seconds) make. */
static void
check_files (guint target_s, const gdouble * durations, guint n, const gchar * expected)
{
  g_autoptr (GString) lengths = g_string_new (NULL);
  gint64 start_90k = 0, end_90k = 0;
  AspHlsFiles files;

  asp_hls_files_init (&files, target_s);
  for (guint i = 0; i < n; i++) {
    gint64 duration_90k = (gint64) (durations[i] * SECOND);

    if (end_90k > start_90k && asp_hls_files_ends_before (&files, start_90k, end_90k, duration_90k)) {
      g_string_append_printf (lengths, "%g ", (gdouble) (end_90k - start_90k) / SECOND);
      start_90k = end_90k;
    }
    end_90k += duration_90k;
    if (asp_hls_files_ends (&files, start_90k, end_90k)) {
      g_string_append_printf (lengths, "%g ", (gdouble) (end_90k - start_90k) / SECOND);
      start_90k = end_90k;
    }
  }
  g_string_append_printf (lengths, "(%g)", (gdouble) (end_90k - start_90k) / SECOND);
  g_assert_cmpstr (lengths->str, ==, expected);
}

static void
test_files (void)
{
  static const gdouble twos[] = { 2, 2, 2, 2, 2, 2, 2 }, fours[] = { 4, 4, 4, 4 },
      twelves[] = { 12, 12, 1 }, mixed[] = { 2, 2.5, 2.5, 2.5, 2, 1.5 };
  AspHlsFiles files;

  check_files (2, twos, G_N_ELEMENTS (twos), "10 (4)");
  check_files (4, fours, G_N_ELEMENTS (fours), "8 (8)");
  check_files (12, twelves, G_N_ELEMENTS (twelves), "12 12 (1)");
  check_files (2, mixed, G_N_ELEMENTS (mixed), "9.5 (3.5)");
  /* one that lags: where the others have changed files, and nowhere else */
  g_assert_cmpuint (asp_hls_files_init (&files, 2), ==, 10);
  asp_hls_files_cut (&files, 6 * SECOND);
  g_assert_false (asp_hls_files_ends (&files, 0, 4 * SECOND));
  g_assert_true (asp_hls_files_ends (&files, 0, 6 * SECOND + 90));
  asp_hls_files_cut (&files, 20 * SECOND);
  g_assert_false (asp_hls_files_ends (&files, 6 * SECOND, 16 * SECOND));
  g_assert_true (asp_hls_files_ends_before (&files, 6 * SECOND, 16 * SECOND, 2 * SECOND));
}

/* -- playlists that grow -- */

#define LANES 2

typedef struct
{
  GRand *rand;
  AspHlsTimeline *whole, *trimmed;
  AspHlsFiles files;
  struct
  {
    guint n_media, n_file;
    gint64 file_start_90k, end_90k;
    guint64 offset, closed_seq, since[2];
    GString *body[2];
    gchar *header[2];
    HlsPlaylist *before[2];
  } lanes[LANES];
  gboolean in_break;
  guint n_breaks;
} Walk;

static void
both (Walk * w, AspHlsEntry entry)
{
  append (w->whole, entry);
  append (w->trimmed, entry);
}

static AspHlsView
view_of (guint lane, guint k, gboolean ended)
{
  return (AspHlsView) {.rendition = lane,.type = ended ? ASP_HLS_VOD : ASP_HLS_EVENT,
    .media = k ? ASP_HLS_MEDIA_RANGES : ASP_HLS_MEDIA_FILES,.markers = 0x3f };
}

/* The first line in which they differ. */
static void
check_same (const gchar * text, const gchar * whole)
{
  g_auto (GStrv) a = g_strsplit (text, "\n", -1), b = g_strsplit (whole, "\n", -1);

  for (guint i = 0; a[i] || b[i]; i++)
    if (!a[i] || !b[i] || strcmp (a[i], b[i]))
      g_error ("line %u is\n%s\n%s", i + 1, a[i] ? a[i] : "(end)", b[i] ? b[i] : "(end)");
}

/* What has been put together so far is what the whole log gives at once. */
static void
check_growth (Walk * w, guint lane, gboolean ended)
{
  for (guint k = 0; k < 2; k++) {
    AspHlsView view = view_of (lane, k, ended), at_once = view;
    g_autofree gchar *header = NULL, *added = NULL, *text = NULL, *whole = NULL;
    g_autoptr (GError) error = NULL;
    HlsPlaylist *list;

    view.edge = ended ? 0 : w->lanes[lane].closed_seq;
    if (!asp_hls_view_grow (w->trimmed, &view, &w->lanes[lane].since[k], &header, &added))
      continue;
    g_string_append (w->lanes[lane].body[k], added);
    text = g_strconcat (header, w->lanes[lane].body[k]->str, NULL);
    at_once.edge = w->lanes[lane].since[k];
    whole = asp_hls_view_render (w->whole, &at_once);
    check_same (text, whole);
    list = hls_read (text, &error);
    g_assert_no_error (error);
    if (w->lanes[lane].before[k] && !ended && !hls_check_update (w->lanes[lane].before[k], list, &error))
      g_error ("%s", error->message);
    hls_playlist_free (w->lanes[lane].before[k]);
    w->lanes[lane].before[k] = list;
  }
}

static void
close_file (Walk * w, guint lane)
{
  if (w->lanes[lane].end_90k == w->lanes[lane].file_start_90k)
    return;
  w->lanes[lane].file_start_90k = w->lanes[lane].end_90k;
  w->lanes[lane].offset = 0;
  w->lanes[lane].n_file++;
  w->lanes[lane].closed_seq = asp_hls_timeline_entry (w->whole,
      asp_hls_timeline_n_entries (w->whole) - 1)->seq + 1;
}

static void
add_media (Walk * w, guint lane, gint64 duration_90k, gboolean gap)
{
  gint64 end_90k = w->lanes[lane].end_90k;
  g_autofree gchar *uri = NULL;

  if (gap || asp_hls_files_ends_before (&w->files, w->lanes[lane].file_start_90k, end_90k, duration_90k))
    close_file (w, lane);
  uri = g_strdup_printf ("f%u-%u.ts", lane, w->lanes[lane].n_file);
  both (w, (AspHlsEntry) {.kind = gap ? ASP_HLS_GAP : ASP_HLS_SEGMENT,.rendition = lane,
      .at_90k = end_90k,.duration_90k = duration_90k,.uri = uri,.offset = w->lanes[lane].offset,
      .bytes = 1880,.independent = TRUE});
  w->lanes[lane].offset += 1880;
  w->lanes[lane].end_90k += duration_90k;
  if (gap || asp_hls_files_ends (&w->files, w->lanes[lane].file_start_90k, w->lanes[lane].end_90k))
    close_file (w, lane);
}

static void
add_boundary (Walk * w)
{
  gint64 at_90k = asp_hls_timeline_end (w->whole);
  g_autofree gchar *id = NULL;
  g_autoptr (AspAd) ad = asp_ad_new ("asset", 4 * SECOND);

  asp_hls_files_cut (&w->files, at_90k);
  for (guint lane = 0; lane < LANES; lane++)
    if (w->lanes[lane].end_90k == at_90k)
      close_file (w, lane);
  if (!w->in_break)
    w->n_breaks++;
  id = g_strdup_printf ("break-%u", w->n_breaks);
  both (w, (AspHlsEntry) {.kind = w->in_break ? ASP_HLS_AVAIL_IN : ASP_HLS_AVAIL_OUT,
      .at_90k = at_90k,.avail_id = id,.duration_90k = w->in_break ? 0 : 8 * SECOND,
      .scte35 = SAMPLE_OUT,.pod_length = w->in_break ? 0 : 1});
  if (!w->in_break)
    both (w, (AspHlsEntry) {.kind = ASP_HLS_CREATIVE_START,.at_90k = at_90k,.avail_id = id,
        .pod_index = 1,.ad = ad});
  w->in_break = !w->in_break;
}

static void
walk_init (Walk * w, guint32 seed)
{
  memset (w, 0, sizeof *w);
  w->rand = g_rand_new_with_seed (seed);
  w->whole = asp_hls_timeline_new ();
  w->trimmed = asp_hls_timeline_new ();
  asp_hls_files_init (&w->files, 2);
  for (guint lane = 0; lane < LANES; lane++) {
    both (w, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.rendition = lane,.name = lane ? "b" : "a"});
    both (w, (AspHlsEntry) {.kind = ASP_HLS_PDT,.rendition = lane,.utc_us = NOON_US});
    for (guint k = 0; k < 2; k++)
      w->lanes[lane].body[k] = g_string_new (NULL);
  }
  both (w, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = 10 * SECOND});
}

static void
walk_clear (Walk * w)
{
  for (guint lane = 0; lane < LANES; lane++)
    for (guint k = 0; k < 2; k++) {
      g_string_free (w->lanes[lane].body[k], TRUE);
      hls_playlist_free (w->lanes[lane].before[k]);
    }
  asp_hls_timeline_free (w->whole);
  asp_hls_timeline_free (w->trimmed);
  g_rand_free (w->rand);
}

/* All lanes have the same lengths, and the second one lags by up to three of them. */
static void
walk (guint32 seed)
{
  Walk w;
  guint done = 0;
  gboolean breaks = FALSE;

  walk_init (&w, seed);
  for (guint step = 0; step < 120; step++) {
    g_autoptr (GRand) step_rand = g_rand_new_with_seed (seed * 1000 + step);
    guint lag = (guint) g_rand_int_range (w.rand, 0, 3);

    add_media (&w, 0, g_rand_int_range (step_rand, 10, 60) * 3600, g_rand_int_range (step_rand, 0, 20) == 0);
    breaks = g_rand_int_range (step_rand, 0, 12) == 0;
    if (breaks) {
      /* the boundary stands where the log has got to; both have come there */
      lag = 0;
      add_boundary (&w);
    }
    for (; done + lag <= step; done++) {
      g_autoptr (GRand) same = g_rand_new_with_seed (seed * 1000 + done);
      gint64 duration_90k = g_rand_int_range (same, 10, 60) * 3600;

      add_media (&w, 1, duration_90k, g_rand_int_range (same, 0, 20) == 0);
    }
    if (breaks && g_rand_boolean (w.rand))
      for (guint lane = 0; lane < LANES; lane++) {
        close_file (&w, lane);
        both (&w, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY,.rendition = lane,
            .at_90k = w.lanes[lane].end_90k});
      }
    for (guint lane = 0; lane < LANES; lane++)
      check_growth (&w, lane, FALSE);
    /* nobody reads what has been written any more */
    if (w.lanes[0].since[0] && w.lanes[0].since[1] && w.lanes[1].since[0] && w.lanes[1].since[1])
      asp_hls_timeline_forget (w.trimmed, MIN (w.lanes[0].file_start_90k, w.lanes[1].file_start_90k) -
          12 * SECOND);
  }
  both (&w, (AspHlsEntry) {.kind = ASP_HLS_END});
  for (guint lane = 0; lane < LANES; lane++)
    check_growth (&w, lane, TRUE);
  g_assert_true (w.lanes[0].before[0]->ended && w.lanes[1].before[1]->ended);
  g_assert_cmpuint (w.lanes[0].before[1]->segments->len, ==, 120);
  g_assert_cmpuint (w.lanes[0].before[0]->segments->len, <, 80);
  g_assert_cmpuint (asp_hls_timeline_n_entries (w.trimmed), <,
      asp_hls_timeline_n_entries (w.whole) / 2);
  walk_clear (&w);
}

static void
test_growth (void)
{
  for (guint32 seed = 1; seed <= 8; seed++)
    walk (seed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/recording/cue/sample", test_cue_sample);
  g_test_add_func ("/hls/recording/cue/own", test_cue_own);
  g_test_add_func ("/hls/recording/cue/of-stream", test_cue_of_stream);
  g_test_add_func ("/hls/recording/events", test_events);
  g_test_add_func ("/hls/recording/path", test_path);
  g_test_add_func ("/hls/recording/jpeg-size", test_jpeg_size);
  g_test_add_func ("/hls/recording/files", test_files);
  g_test_add_func ("/hls/recording/growth", test_growth);
  return g_test_run ();
}
