/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The recording of an hlsadsink: what is in its folder while it grows, at its end, after a
 * restart, and when it cannot be written.
 */
#include "hls-fixture.h"
#include "hls-recorded.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#define SECOND ASP_SECOND_90K
#define FRAME 3600

/* The example in Amazon's documentation. */
#define SAMPLE_OUT "FC302000000000000000FFF00F05F8E7AEFC7FFFFE001B7740000000000000340CFD88"
#define SAMPLE_IN "FC302000000000000000FFF00F05F8E7AEFC7F7FFE001B7740000000000000C23E5851"

static void
stream (Synth * s, guint seconds)
{
  synth_init (s, 1);
  synth_add_video (s, &(SynthVideo) {.source = 1,.start_pts90k = SECOND,.frames = seconds * 25,
      .gop = 25});
  synth_add_audio (s, SYNTH_AUDIO_PID, 1, SECOND - 500, (guint) (seconds * SECOND / SYNTH_AUDIO_FRAME_90K),
      1, 27000);
}

/* Network 14 s, one creative of 6 s, network 12 s; @spliced or only marked. */
static void
break_stream (Synth * s, HlsChange changes[2], gboolean spliced)
{
  static const guint seconds[] = { 14, 6, 12 };
  gint64 at_90k = SECOND;

  synth_init (s, 1);
  for (guint i = 0; i < G_N_ELEMENTS (seconds); i++) {
    synth_add_video (s, &(SynthVideo) {.source = i + 1,.start_pts90k = at_90k,
        .frames = seconds[i] * 25,.gop = 25});
    synth_add_audio (s, SYNTH_AUDIO_PID, i + 1, at_90k,
        (guint) (seconds[i] * SECOND / SYNTH_AUDIO_FRAME_90K), 1, 9000);
    if (i > 0)
      changes[i - 1] = (HlsChange) {.source = i + 1,.audio_90k = at_90k,.spliced = spliced};
    at_90k += seconds[i] * SECOND;
  }
  changes[0].events = spliced ? "AdBreakStart AdCreativeStart" : "AdBreakStart";
  changes[1].events = spliced ? "AdCreativeEnd AdBreakEnd" : "AdBreakEnd";
}

/* -- what is in the folder -- */

static gchar *
recording_folder (HlsFixture * f)
{
  g_autofree gchar *top = g_path_get_dirname (f->folder);

  return g_build_filename (top, "rec", NULL);
}

static HlsFixture *
recorder_new (const gchar * properties)
{
  HlsFixture *f = hls_fixture_new (properties);
  g_autofree gchar *folder = recording_folder (f);

  gst_element_set_state (f->element, GST_STATE_READY);
  g_object_set (f->element, "recording", folder, NULL);
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  return f;
}

static const gchar *
attribute (const HlsPlaylist * list, const gchar * id, const gchar * name)
{
  const HlsReadRange *range = hls_range (list, id);

  g_assert_nonnull (range);
  return g_hash_table_lookup (range->attributes, name);
}

static void
expect_no_trouble (HlsFixture * f)
{
  g_assert_cmpuint (hls_count_messages (f, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), ==, 0);
}

/* -- what is recorded -- */

/* What was on air: the same bytes as the channel's segments, ads, discontinuities and all. */
static void
test_on_air (void)
{
  g_autoptr (HlsFixture) f = recorder_new ("playlist-length=0");
  g_autofree gchar *folder = recording_folder (f);
  g_autoptr (HlsPlaylist) live = NULL, ranges = NULL, files = NULL;
  g_autoptr (GByteArray) recorded = NULL, sent = g_byte_array_new ();
  g_autofree gchar *master = NULL, *range_master = NULL;
  HlsChange changes[2];
  Synth s;

  break_stream (&s, changes, TRUE);
  hls_play (f, &s, changes, 2);
  g_assert_true (hls_finish (f));
  live = hls_playlist (f);
  ranges = hls_recorded_list (folder, "v0", "byte-range-variant.m3u8");
  files = hls_recorded_list (folder, "v0", "playlist.m3u8");
  hls_recorded_check_lists (folder, "v0", "VOD", 32 * G_USEC_PER_SEC);
  g_assert_cmpuint (ranges->segments->len, ==, live->segments->len);
  for (guint i = 0; i < live->segments->len; i++) {
    const HlsReadSegment *a = hls_segment (live, i), *b = hls_segment (ranges, i);
    g_autoptr (GBytes) bytes = hls_media (f, a->uri);

    g_assert_cmpint (a->duration_us, ==, b->duration_us);
    g_assert_cmpint (a->pdt_ms, ==, b->pdt_ms);
    g_assert_true (a->discontinuity == b->discontinuity);
    g_byte_array_append (sent, g_bytes_get_data (bytes, NULL), (guint) g_bytes_get_size (bytes));
  }
  recorded = hls_recorded_media (folder, "v0", ranges);
  g_assert_cmpmem (recorded->data, recorded->len, sent->data, sent->len);
  g_assert_cmpuint (hls_recorded_discontinuities (files), ==, 2);
  /* files of ten seconds, and none goes over a source's end */
  g_assert_cmpuint (files->segments->len, ==, 5);
  g_assert_cmpuint (files->target_duration, ==, 10);
  g_assert_nonnull (attribute (files, "Break0000001", "SCTE35-OUT"));
  g_assert_nonnull (attribute (files, "Break0000001", "SCTE35-IN"));
  hls_recorded_check_event (folder, "recording-started.json", "RECORDING_STARTED", -1);
  hls_recorded_check_event (folder, "recording-ended.json", "RECORDING_ENDED", 32000);
  g_assert_false (hls_recorded_has (folder, "events/recording-failed.json"));
  master = hls_recorded_read (folder, "media/hls/master.m3u8", NULL);
  range_master = hls_recorded_read (folder, "media/hls/byte-range-multivariant.m3u8", NULL);
  g_assert_true (g_str_has_suffix (master, "\nv0/playlist.m3u8\n"));
  g_assert_true (g_str_has_suffix (range_master, "\nv0/byte-range-variant.m3u8\n"));
  expect_no_trouble (f);
  synth_clear (&s);
}

/* The programme as it was: no discontinuity, one range with the sections of Amazon's sample. */
static void
test_network (void)
{
  g_autoptr (HlsFixture) f = recorder_new ("playlist-length=6");
  g_autofree gchar *folder = recording_folder (f);
  g_autoptr (HlsPlaylist) files = NULL;
  HlsChange changes[2];
  Synth s;

  break_stream (&s, changes, FALSE);
  changes[0].scte35 = SAMPLE_OUT;
  hls_play (f, &s, changes, 2);
  g_assert_true (hls_finish (f));
  hls_recorded_check_lists (folder, "v0", "VOD", 32 * G_USEC_PER_SEC);
  files = hls_recorded_list (folder, "v0", "playlist.m3u8");
  g_assert_cmpuint (hls_recorded_discontinuities (files), ==, 0);
  g_assert_cmpstr (attribute (files, "Break0000001", "SCTE35-OUT"), ==, "0x" SAMPLE_OUT);
  g_assert_cmpstr (attribute (files, "Break0000001", "SCTE35-IN"), ==, "0x" SAMPLE_IN);
  g_assert_cmpstr (attribute (files, "Break0000001", "PLANNED-DURATION"), ==, "30.000000");
  g_assert_cmpstr (attribute (files, "Break0000001", "DURATION"), ==, "6.000000");
  /* a segment begins where the break does, and one where it ends */
  g_assert_cmpint (hls_range (files, "Break0000001")->start_ms, ==, hls_segment (files, 2)->pdt_ms);
  g_assert_cmpint (hls_range (files, "Break0000001")->end_ms, ==, hls_segment (files, 3)->pdt_ms);
  expect_no_trouble (f);
  synth_clear (&s);
}

/* A second rendition beside that of the harness. */
typedef struct
{
  GstPad *src, *sink;
} Second;

static void
second_link (Second * second, HlsFixture * f)
{
  gst_element_set_state (f->element, GST_STATE_READY);
  second->src = gst_pad_new ("src", GST_PAD_SRC);
  second->sink = gst_element_request_pad_simple (f->element, "sink_1");
  gst_util_set_object_arg (G_OBJECT (second->sink), "rendition", "low");
  g_assert_cmpint (gst_pad_link (second->src, second->sink), ==, GST_PAD_LINK_OK);
  gst_pad_set_active (second->src, TRUE);
}

static void
second_begin (const Second * second)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/mpegts, systemstream=true, packetsize=188");
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (second->src, gst_event_new_stream_start ("low"));
  gst_pad_push_event (second->src, gst_event_new_caps (caps));
  gst_pad_push_event (second->src, gst_event_new_segment (&segment));
}

static void
second_unlink (const Second * second, HlsFixture * f)
{
  gst_element_set_state (f->element, GST_STATE_NULL);
  gst_pad_unlink (second->src, second->sink);
  gst_element_release_request_pad (f->element, second->sink);
  gst_object_unref (second->sink);
  gst_object_unref (second->src);
}

/* Both get the same, in turn; the second one loses what comes in the last @lag_s seconds. */
static void
play_both (HlsFixture * f, const Second * second, guint seconds, guint lag_s)
{
  g_autoptr (GByteArray) bytes = NULL;
  const guint piece = 188 * 50;
  guint lag;
  Synth s;

  stream (&s, seconds);
  bytes = synth_write (&s);
  lag = bytes->len / seconds * lag_s;
  for (guint at = 0; at < bytes->len; at += piece) {
    guint n = MIN (bytes->len - at, piece);

    g_assert_cmpint (gst_pad_push (f->h->srcpad, gst_buffer_new_memdup (bytes->data + at, n)), ==, GST_FLOW_OK);
    if (at + n <= bytes->len - lag)
      g_assert_cmpint (gst_pad_push (second->src, gst_buffer_new_memdup (bytes->data + at, n)), ==, GST_FLOW_OK);
  }
  synth_clear (&s);
}

/* Two renditions change files in the same places. */
static void
test_renditions (void)
{
  g_autoptr (HlsFixture) f = recorder_new (NULL);
  g_autofree gchar *folder = recording_folder (f);
  g_autoptr (HlsPlaylist) a = NULL, b = NULL;
  g_autofree gchar *master = NULL;
  Second second;

  second_link (&second, f);
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  second_begin (&second);
  play_both (f, &second, 25, 0);
  gst_pad_push_event (second.src, gst_event_new_eos ());
  g_assert_true (hls_finish (f));
  hls_recorded_check_lists (folder, "v0", "VOD", 25 * G_USEC_PER_SEC);
  hls_recorded_check_lists (folder, "low", "VOD", 25 * G_USEC_PER_SEC);
  a = hls_recorded_list (folder, "v0", "playlist.m3u8");
  b = hls_recorded_list (folder, "low", "playlist.m3u8");
  g_assert_cmpuint (a->segments->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (hls_segment (a, i)->pdt_ms, ==, hls_segment (b, i)->pdt_ms);
  master = hls_recorded_read (folder, "media/hls/master.m3u8", NULL);
  g_assert_true (strstr (master, "\nv0/playlist.m3u8\n") && strstr (master, "\nlow/playlist.m3u8\n"));
  expect_no_trouble (f);
  second_unlink (&second, f);
}

/* Interrupted while one lags: it is given gaps, and both go on in one place, behind one discontinuity. */
static void
test_renditions_restart (void)
{
  g_autoptr (HlsFixture) f = recorder_new (NULL);
  g_autofree gchar *folder = recording_folder (f);
  g_autoptr (HlsPlaylist) a = NULL, b = NULL;
  gint64 at_ms[2] = { 0, 0 };
  guint gaps = 0;
  Second second;

  second_link (&second, f);
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  second_begin (&second);
  play_both (f, &second, 23, 4);
  second_unlink (&second, f);
  second_link (&second, f);
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  gst_harness_push_event (f->h, gst_event_new_stream_start ("again"));
  gst_harness_set_src_caps_str (f->h, "video/mpegts, systemstream=true, packetsize=188");
  second_begin (&second);
  play_both (f, &second, 12, 0);
  gst_pad_push_event (second.src, gst_event_new_eos ());
  g_assert_true (hls_finish (f));
  hls_recorded_check_lists (folder, "v0", "VOD", 34 * G_USEC_PER_SEC);
  hls_recorded_check_lists (folder, "low", "VOD", 34 * G_USEC_PER_SEC);
  a = hls_recorded_list (folder, "v0", "byte-range-variant.m3u8");
  b = hls_recorded_list (folder, "low", "byte-range-variant.m3u8");
  g_assert_cmpuint (hls_recorded_discontinuities (a), ==, 1);
  g_assert_cmpuint (hls_recorded_discontinuities (b), ==, 1);
  for (guint i = 0; i < a->segments->len; i++)
    if (hls_segment (a, i)->discontinuity)
      at_ms[0] = hls_segment (a, i)->pdt_ms;
  for (guint i = 0; i < b->segments->len; i++) {
    if (hls_segment (b, i)->discontinuity)
      at_ms[1] = hls_segment (b, i)->pdt_ms;
    gaps += hls_segment (b, i)->gap ? 1 : 0;
  }
  g_assert_cmpint (at_ms[0], ==, at_ms[1]);
  g_assert_cmpuint (gaps, >=, 1);
  expect_no_trouble (f);
  second_unlink (&second, f);
}

/* -- a process after another -- */

/* @folder is the recording's, @live the channel's. Returns where the latest recording lies. */
static gchar *
run_in (const gchar * live, const gchar * folder, const gchar * properties, guint seconds, gboolean ends)
{
  g_autofree gchar *all = g_strdup_printf ("location=%s recording=%s %s", live, folder, properties);
  g_autoptr (HlsFixture) f = hls_fixture_new (all);
  gchar *path;
  Synth s;

  stream (&s, seconds);
  hls_play (f, &s, NULL, 0);
  if (ends)
    g_assert_true (hls_finish (f));
  gst_element_set_state (f->element, GST_STATE_READY);
  expect_no_trouble (f);
  path = hls_recorded_read (folder, "live.recording", NULL);
  g_assert_nonnull (path);
  synth_clear (&s);
  return path;
}

/* What its playlists had before stands there still, and more behind it. */
static void
check_followed (const HlsPlaylist * before, const gchar * folder)
{
  g_autoptr (HlsPlaylist) now = hls_recorded_list (folder, "v0", "byte-range-variant.m3u8");
  g_autoptr (GError) error = NULL;

  if (!hls_check_update (before, now, &error))
    g_error ("%s", error->message);
}

/* Interrupted, and soon there again: the same recording, one discontinuity each time; also after an
 * end. */
static void
test_restart (void)
{
  g_autofree gchar *top = g_dir_make_tmp ("adsplice-rec-XXXXXX", NULL);
  g_autofree gchar *live = g_build_filename (top, "live", NULL), *folder = g_build_filename (top, "rec", NULL);
  g_autofree gchar *first = NULL, *second = NULL, *third = NULL, *fourth = NULL;
  g_autoptr (HlsPlaylist) before = NULL, ranges = NULL;

  first = run_in (live, folder, "", 33, FALSE);
  before = hls_recorded_list (folder, "v0", "byte-range-variant.m3u8");
  g_assert_cmpstr (before->type, ==, "EVENT");
  /* the last segment was open */
  hls_recorded_check_lists (folder, "v0", "EVENT", 32 * G_USEC_PER_SEC);
  g_assert_true (hls_recorded_has (folder, "events/recording-started.json"));
  g_assert_false (hls_recorded_has (folder, "events/recording-ended.json"));
  second = run_in (live, folder, "", 12, TRUE);
  g_assert_cmpstr (second, ==, first);
  hls_recorded_check_lists (folder, "v0", "VOD", 44 * G_USEC_PER_SEC);
  hls_recorded_check_event (folder, "recording-ended.json", "RECORDING_ENDED", 44000);
  third = run_in (live, folder, "", 12, TRUE);
  g_assert_cmpstr (third, ==, first);
  hls_recorded_check_lists (folder, "v0", "VOD", 56 * G_USEC_PER_SEC);
  hls_recorded_check_event (folder, "recording-ended.json", "RECORDING_ENDED", 56000);
  ranges = hls_recorded_list (folder, "v0", "byte-range-variant.m3u8");
  g_assert_cmpuint (hls_recorded_discontinuities (ranges), ==, 2);
  /* another channel's folder does not matter: it is the recording that goes on */
  hls_remove_tree (live);
  fourth = run_in (live, folder, "", 12, FALSE);
  g_assert_cmpstr (fourth, ==, first);
  g_assert_false (hls_recorded_has (folder, "events/recording-ended.json"));
  hls_recorded_check_lists (folder, "v0", "EVENT", 66 * G_USEC_PER_SEC);
  hls_remove_tree (top);
}

/* The versions before and after a restart differ as a player may see it. */
static void
test_restart_grows (void)
{
  g_autofree gchar *top = g_dir_make_tmp ("adsplice-rec-XXXXXX", NULL);
  g_autofree gchar *live = g_build_filename (top, "live", NULL), *folder = g_build_filename (top, "rec", NULL);
  g_autofree gchar *first = run_in (live, folder, "", 33, FALSE);
  g_autoptr (HlsPlaylist) before = hls_recorded_list (folder, "v0", "byte-range-variant.m3u8");
  g_autofree gchar *second = run_in (live, folder, "", 33, FALSE);

  g_assert_cmpstr (second, ==, first);
  check_followed (before, folder);
  hls_remove_tree (top);
}

static gboolean
an_hour_earlier (const GMatchInfo * match, GString * out, gpointer user_data)
{
  g_autofree gchar *number = g_match_info_fetch (match, 1);

  g_string_append_printf (out, "\"utc_us\":%" G_GINT64_FORMAT, g_ascii_strtoll (number, NULL, 10) -
      G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC);
  return FALSE;
}

/* Too late for it: it is ended as it should have been, and another one begins. */
static void
test_window_over (void)
{
  g_autofree gchar *top = g_dir_make_tmp ("adsplice-rec-XXXXXX", NULL);
  g_autofree gchar *live = g_build_filename (top, "live", NULL), *folder = g_build_filename (top, "rec", NULL);
  g_autofree gchar *first = run_in (live, folder, "", 13, FALSE);
  g_autofree gchar *old = g_build_filename (folder, g_strchomp (first), NULL);
  g_autofree gchar *log = g_build_filename (old, "live.timeline", NULL);
  g_autofree gchar *text = hls_recorded_read (old, "live.timeline", NULL), *earlier = NULL, *second = NULL;
  g_autoptr (GRegex) date = g_regex_new ("\"utc_us\":([0-9]+)", 0, 0, NULL);

  earlier = g_regex_replace_eval (date, text, -1, 0, 0, an_hour_earlier, NULL, NULL);
  g_assert_true (g_file_set_contents (log, earlier, -1, NULL));
  g_assert_false (hls_recorded_has (old, "media/hls/v0/playlist.m3u8"));        /* too little for one */
  second = run_in (live, folder, "", 12, TRUE);
  g_assert_cmpstr (g_strchomp (second), !=, first);
  hls_recorded_check_lists (old, "v0", "VOD", 12 * G_USEC_PER_SEC);
  hls_recorded_check_event (old, "recording-ended.json", "RECORDING_ENDED", 12000);
  hls_recorded_check_lists (folder, "v0", "VOD", 12 * G_USEC_PER_SEC);
  hls_remove_tree (top);
}

/* Without a window every run is a recording, and its stop is its end. */
static void
test_no_window (void)
{
  g_autofree gchar *top = g_dir_make_tmp ("adsplice-rec-XXXXXX", NULL);
  g_autofree gchar *live = g_build_filename (top, "live", NULL), *folder = g_build_filename (top, "rec", NULL);
  g_autofree gchar *first = run_in (live, folder, "recording-reconnect-window=0", 13, FALSE);
  g_autofree gchar *second = NULL, *old = NULL;

  hls_recorded_check_lists (folder, "v0", "VOD", 12 * G_USEC_PER_SEC);
  hls_recorded_check_event (folder, "recording-ended.json", "RECORDING_ENDED", 12000);
  second = run_in (live, folder, "recording-reconnect-window=0", 13, FALSE);
  g_assert_cmpstr (second, !=, first);
  old = g_build_filename (folder, g_strchomp (first), NULL);
  hls_recorded_check_lists (old, "v0", "VOD", 12 * G_USEC_PER_SEC);
  hls_remove_tree (top);
}

/* Longer segments than the playlists allow are another recording. */
static void
test_does_not_fit (void)
{
  g_autofree gchar *top = g_dir_make_tmp ("adsplice-rec-XXXXXX", NULL);
  g_autofree gchar *live = g_build_filename (top, "live", NULL), *folder = g_build_filename (top, "rec", NULL);
  g_autofree gchar *first = run_in (live, folder, "", 13, FALSE);
  g_autofree gchar *old = g_build_filename (folder, g_strchomp (first), NULL);
  g_autofree gchar *second = NULL;

  hls_remove_tree (live);
  second = run_in (live, folder, "target-duration=15", 30, TRUE);
  g_assert_cmpstr (g_strchomp (second), !=, first);
  hls_recorded_check_lists (old, "v0", "VOD", 12 * G_USEC_PER_SEC);
  hls_recorded_check_event (old, "recording-ended.json", "RECORDING_ENDED", 12000);
  hls_recorded_check_lists (folder, "v0", "VOD", 30 * G_USEC_PER_SEC);
  hls_remove_tree (top);
}

/* What kill -9 leaves: half a line, and a file with more than the log knows, still hidden or @closed. */
static void
test_torn (gconstpointer closed)
{
  g_autofree gchar *top = g_dir_make_tmp ("adsplice-rec-XXXXXX", NULL);
  g_autofree gchar *live = g_build_filename (top, "live", NULL), *folder = g_build_filename (top, "rec", NULL);
  g_autofree gchar *first = run_in (live, folder, "", 35, FALSE), *second = NULL;
  g_autofree gchar *log = g_build_filename (folder, g_strchomp (first), "live.timeline", NULL);
  g_autofree gchar *text = NULL, *torn = NULL, *file = NULL, *part = NULL, *bytes = NULL, *more = NULL;
  gsize size;

  /* the last file, of four segments, as it was before it was closed */
  file = g_build_filename (folder, "media/hls/v0/v0-00000015.ts", NULL);
  part = g_build_filename (folder, "media/hls/v0", closed ? "v0-00000015.ts" : ".v0-00000015.ts.part", NULL);
  g_assert_true (g_file_get_contents (file, &bytes, &size, NULL));
  more = g_malloc0 (size + 1000);
  memcpy (more, bytes, size);
  g_remove (file);
  g_assert_true (g_file_set_contents (part, more, (gssize) size + 1000, NULL));
  g_assert_true (g_file_get_contents (log, &text, NULL, NULL));
  torn = g_strconcat (text, "{\"kind\":\"segm", NULL);
  g_assert_true (g_file_set_contents (log, torn, -1, NULL));
  second = run_in (live, folder, "", 12, TRUE);
  g_assert_cmpstr (g_strchomp (second), ==, first);
  hls_recorded_check_lists (folder, "v0", "VOD", 46 * G_USEC_PER_SEC);
  hls_recorded_check_event (folder, "recording-ended.json", "RECORDING_ENDED", 46000);
  hls_remove_tree (top);
}

/* -- when it cannot be written -- */

static void
expect_warnings (HlsFixture * f, guint n)
{
  for (guint i = 0; i < n; i++) {
    GstMessage *m = hls_wait_message (f, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR, HLS_PATIENCE);

    g_assert_nonnull (m);
    g_assert_cmpint (GST_MESSAGE_TYPE (m), ==, GST_MESSAGE_WARNING);
    gst_message_unref (m);
  }
  expect_no_trouble (f);
}

/* The channel is as it would be without: every segment is there. */
static void
check_live (HlsFixture * f, guint n)
{
  g_autoptr (HlsPlaylist) list = hls_playlist (f);

  g_assert_true (list->ended);
  g_assert_cmpuint (list->segments->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_false (hls_segment (list, i)->gap);
  hls_check_media (f, list, NULL);
}

static void
test_never_writable (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0 recording=/dev/null/x");
  Synth s;

  stream (&s, 20);
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  check_live (f, 10);
  expect_warnings (f, 1);
  synth_clear (&s);
}

/* Two sinks of one name in one folder: the second one says so, and records nothing. */
static void
test_occupied (void)
{
  g_autoptr (HlsFixture) f = recorder_new ("playlist-length=0"), g = hls_fixture_new ("playlist-length=0");
  g_autofree gchar *folder = recording_folder (f);
  g_autoptr (GDir) dir = NULL;
  const gchar *name;
  guint years = 0;
  Synth s, same;

  stream (&s, 20);
  stream (&same, 20);
  hls_play (f, &s, NULL, 0);
  gst_element_set_state (g->element, GST_STATE_READY);
  g_object_set (g->element, "recording", folder, NULL);
  gst_element_set_state (g->element, GST_STATE_PLAYING);
  hls_play (g, &same, NULL, 0);
  g_assert_true (hls_finish (g));
  g_assert_true (hls_finish (f));
  check_live (g, 10);
  expect_warnings (g, 1);
  hls_recorded_check_lists (folder, "v0", "VOD", 20 * G_USEC_PER_SEC);
  dir = g_dir_open (folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    years += name[0] == '2';
  g_assert_cmpuint (years, ==, 1);
  expect_no_trouble (f);
  synth_clear (&s);
  synth_clear (&same);
}

static void
play_part (HlsFixture * f, Synth * s, guint from_s, guint to_s)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < s->units->len; i++) {
    const SynthUnit *u = &g_array_index (s->units, SynthUnit, i);
    gint64 t = u->mux_90k / SECOND;

    if (t < from_s || t >= to_s)
      continue;
    if (u->rap)
      synth_write_psi (s, bytes);
    synth_write_unit (s, u, bytes);
  }
  g_assert_cmpint (hls_push (f, bytes), ==, GST_FLOW_OK);
}

static void
wait_recorded (const gchar * folder, guint n)
{
  for (guint i = 0; i < PATIENCE * 1000; i++) {
    g_autofree gchar *pointer = hls_recorded_read (folder, "live.recording", NULL);
    g_autofree gchar *below = pointer ? g_build_filename (g_strchomp (pointer), "live.timeline", NULL) : NULL;
    g_autofree gchar *text = below ? hls_recorded_read (folder, below, NULL) : NULL;
    g_auto (GStrv) lines = g_strsplit (text ? text : "", "\"kind\":\"segment\"", -1);

    if (g_strv_length (lines) > n)
      return;
    g_usleep (10000);
  }
  g_error ("no %u segments are recorded", n);
}

/* Its folder is taken away: one warning, and another recording of what comes then. */
static void
test_folder_gone (void)
{
  g_autoptr (HlsFixture) f = recorder_new ("playlist-length=0");
  g_autofree gchar *folder = recording_folder (f);
  g_autoptr (HlsPlaylist) list = NULL;
  Synth s;

  stream (&s, 40);
  synth_sort (&s);
  play_part (f, &s, 0, 20);
  wait_recorded (folder, 8);
  hls_remove_tree (folder);
  play_part (f, &s, 20, 100);
  g_assert_true (hls_finish (f));
  check_live (f, 20);
  list = hls_recorded_list (folder, "v0", "playlist.m3u8");
  g_assert_true (list && list->ended);
  g_assert_cmpint (hls_recorded_length_us (list), >=, 14 * G_USEC_PER_SEC);
  expect_warnings (f, 1);
  synth_clear (&s);
}

/* No room for files of more than four segments: gaps, one warning, and it goes on when there is. */
static void
test_no_room (void)
{
  g_autoptr (HlsFixture) f = recorder_new ("playlist-length=0");
  g_autofree gchar *folder = recording_folder (f);
  g_autoptr (HlsPlaylist) list = NULL;
  struct rlimit limit, before;
  guint gaps = 0;
  gsize size;
  g_autofree gchar *segment = NULL;
  Synth s;

  signal (SIGXFSZ, SIG_IGN);
  stream (&s, 60);
  s.unit_bytes = 20000;
  synth_sort (&s);
  play_part (f, &s, 0, 12);
  wait_recorded (folder, 5);
  segment = hls_recorded_read (f->folder, "m/v0-00000001.ts", &size);
  getrlimit (RLIMIT_FSIZE, &before);
  limit = before;
  limit.rlim_cur = size * 9 / 2;
  setrlimit (RLIMIT_FSIZE, &limit);
  play_part (f, &s, 12, 42);
  wait_recorded (folder, 15);
  setrlimit (RLIMIT_FSIZE, &before);
  play_part (f, &s, 42, 100);
  g_assert_true (hls_finish (f));
  check_live (f, 30);
  hls_recorded_check_lists (folder, "v0", "VOD", 60 * G_USEC_PER_SEC);
  list = hls_recorded_list (folder, "v0", "byte-range-variant.m3u8");
  g_assert_cmpuint (list->segments->len, ==, 30);
  for (guint i = 0; i < 30; i++)
    gaps += hls_segment (list, i)->gap ? 1 : 0;
  g_assert_cmpuint (gaps, >=, 2);
  g_assert_cmpuint (gaps, <=, 4);
  hls_recorded_check_event (folder, "recording-failed.json", "RECORDING_ENDED_WITH_FAILURE", 60000);
  g_assert_false (hls_recorded_has (folder, "events/recording-ended.json"));
  /* one each time that it begins anew: between them it could be written */
  g_assert_cmpuint (hls_count_messages (f, GST_MESSAGE_WARNING), ==, gaps);
  synth_clear (&s);
}

/* Whoever takes the recording's warning holds up the recorder as a hanging disk would. */
typedef struct
{
  GMutex lock;
  GCond cond;
  gint held;                    /* atomic */
  gboolean release;
} Holder;

static GstBusSyncReply
hold_warning (GstBus * bus, GstMessage * message, gpointer data)
{
  Holder *holder = data;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_WARNING)
    return GST_BUS_PASS;
  g_atomic_int_set (&holder->held, 1);
  g_mutex_lock (&holder->lock);
  while (!holder->release)
    g_cond_wait (&holder->cond, &holder->lock);
  g_mutex_unlock (&holder->lock);
  return GST_BUS_PASS;
}

/* Its disk hangs: the channel gets all of its segments, and its end. */
static void
test_disk_hangs (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0 recording=/dev/null/x");
  Holder holder = {.held = 0 };
  Synth s;

  gst_bus_set_sync_handler (f->bus, hold_warning, &holder, NULL);
  stream (&s, 60);
  s.unit_bytes = 100000;        /* 150 MB, more than twice what may be queued */
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  g_assert_cmpint (g_atomic_int_get (&holder.held), ==, 1);
  check_live (f, 30);
  g_mutex_lock (&holder.lock);
  holder.release = TRUE;
  g_cond_broadcast (&holder.cond);
  g_mutex_unlock (&holder.lock);
  gst_element_set_state (f->element, GST_STATE_READY);
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
  expect_warnings (f, 1);
  synth_clear (&s);
}

/* Somebody deletes a playlist: it is written anew, with all that was in it. */
static void
test_playlist_gone (void)
{
  g_autoptr (HlsFixture) f = recorder_new (NULL);
  g_autofree gchar *folder = recording_folder (f);
  g_autofree gchar *path = g_build_filename (folder, "media/hls/v0/playlist.m3u8", NULL);
  Synth s;

  stream (&s, 90);
  synth_sort (&s);
  play_part (f, &s, 0, 60);
  wait_recorded (folder, 29);
  g_assert_cmpint (g_remove (path), ==, 0);
  play_part (f, &s, 60, 100);
  g_assert_true (hls_finish (f));
  hls_recorded_check_lists (folder, "v0", "VOD", 90 * G_USEC_PER_SEC);
  expect_no_trouble (f);
  synth_clear (&s);
}

/* Who makes thumbnails is not there, has not got what it needs, or crashes: one warning at most, and a
 * recording without. */
static void
test_no_thumbnails (gconstpointer script)
{
  g_autofree gchar *had = g_strdup (g_getenv ("ADSPLICE_THUMBNAILER"));
  g_autoptr (HlsFixture) f = recorder_new (NULL);
  g_autofree gchar *folder = recording_folder (f), *program = g_strconcat (folder, "-thumbnail", NULL);
  GstMessage *m;
  Synth s;

  if (script) {
    g_assert_true (g_file_set_contents (program, script, -1, NULL));
    g_assert_cmpint (g_chmod (program, 0755), ==, 0);
  }
  g_setenv ("ADSPLICE_THUMBNAILER", program, TRUE);
  stream (&s, 20);
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  hls_recorded_check_lists (folder, "v0", "VOD", 20 * G_USEC_PER_SEC);
  g_assert_true (hls_recorded_has (folder, "events/recording-ended.json"));
  if (!script || strstr (script, "exit 2")) {
    g_autoptr (GError) error = NULL;

    m = hls_wait_message (f, GST_MESSAGE_WARNING, HLS_PATIENCE);
    g_assert_nonnull (m);
    gst_message_parse_warning (m, &error, NULL);
    g_assert_nonnull (strstr (error->message, "no thumbnails"));
    g_assert_true (!script || strstr (error->message, "jpegenc"));
    gst_message_unref (m);
  }
  expect_no_trouble (f);
  g_setenv ("ADSPLICE_THUMBNAILER", had, TRUE);
  synth_clear (&s);
}

/* What it makes lies in the folder, and the documents say how large it is. */
static void
test_thumbnail (void)
{
  g_autofree gchar *had = g_strdup (g_getenv ("ADSPLICE_THUMBNAILER"));
  g_autoptr (HlsFixture) f = recorder_new (NULL);
  g_autofree gchar *folder = recording_folder (f), *program = g_strconcat (folder, "-thumbnail", NULL);
  g_autofree gchar *ended = NULL, *jpeg = NULL;
  gsize size;
  Synth s;

  g_assert_true (g_file_set_contents (program, "#!/bin/sh\n"
          "printf '\\377\\330\\377\\300\\000\\013\\010\\001\\150\\002\\200\\001\\001\\021\\000\\377\\331'\n", -1, NULL));
  g_assert_cmpint (g_chmod (program, 0755), ==, 0);
  g_setenv ("ADSPLICE_THUMBNAILER", program, TRUE);
  stream (&s, 20);
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  jpeg = hls_recorded_read (folder, "media/latest_thumbnail/thumb.jpg", &size);
  g_assert_nonnull (jpeg);
  g_assert_cmpuint (size, ==, 17);
  ended = hls_recorded_read (folder, "events/recording-ended.json", NULL);
  g_assert_nonnull (strstr (ended, "\"resolution_height\": 360,\n      \"resolution_width\": 640\n"));
  expect_no_trouble (f);
  g_setenv ("ADSPLICE_THUMBNAILER", had, TRUE);
  synth_clear (&s);
}

/* Nothing came: nothing is there. */
static void
test_empty (void)
{
  g_autoptr (HlsFixture) f = recorder_new (NULL);
  g_autofree gchar *folder = recording_folder (f);

  g_assert_true (hls_finish (f));
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
  expect_no_trouble (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/hlsadsink/recording/on-air", test_on_air);
  g_test_add_func ("/hlsadsink/recording/network", test_network);
  g_test_add_func ("/hlsadsink/recording/renditions", test_renditions);
  g_test_add_func ("/hlsadsink/recording/renditions-restart", test_renditions_restart);
  g_test_add_func ("/hlsadsink/recording/restart", test_restart);
  g_test_add_func ("/hlsadsink/recording/restart-grows", test_restart_grows);
  g_test_add_func ("/hlsadsink/recording/window-over", test_window_over);
  g_test_add_func ("/hlsadsink/recording/no-window", test_no_window);
  g_test_add_func ("/hlsadsink/recording/does-not-fit", test_does_not_fit);
  g_test_add_data_func ("/hlsadsink/recording/torn/hidden", NULL, test_torn);
  g_test_add_data_func ("/hlsadsink/recording/torn/closed", "", test_torn);
  g_test_add_func ("/hlsadsink/recording/occupied", test_occupied);
  g_test_add_func ("/hlsadsink/recording/never-writable", test_never_writable);
  g_test_add_func ("/hlsadsink/recording/folder-gone", test_folder_gone);
  g_test_add_func ("/hlsadsink/recording/no-room", test_no_room);
  g_test_add_func ("/hlsadsink/recording/disk-hangs", test_disk_hangs);
  g_test_add_func ("/hlsadsink/recording/playlist-gone", test_playlist_gone);
  g_test_add_func ("/hlsadsink/recording/thumbnail", test_thumbnail);
  g_test_add_data_func ("/hlsadsink/recording/no-thumbnails/no-program", NULL, test_no_thumbnails);
  g_test_add_data_func ("/hlsadsink/recording/no-thumbnails/no-element",
      "#!/bin/sh\necho 'no element \"jpegenc\"' >&2\nexit 2\n", test_no_thumbnails);
  g_test_add_data_func ("/hlsadsink/recording/no-thumbnails/crash", "#!/bin/sh\nkill -SEGV $$\n",
      test_no_thumbnails);
  g_test_add_func ("/hlsadsink/recording/empty", test_empty);
  return g_test_run ();
}
