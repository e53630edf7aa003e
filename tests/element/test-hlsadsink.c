/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hlsadsink in a harness: what is in the folder, while it runs and from one process to the next.
 */
#include "hls-fixture.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define SECOND ASP_SECOND_90K
#define FRAME 3600

/* Network 4 s, two creatives of 3 s, network 6 s. */
static void
break_stream (Synth * s, HlsChange changes[3])
{
  static const guint frames[] = { 100, 75, 75, 150 };
  gint64 at_90k = SECOND;

  synth_init (s, 2);
  for (guint i = 0; i < G_N_ELEMENTS (frames); i++) {
    gint64 audio_90k = at_90k + (i % 2 ? 700 : -900);
    guint n = (guint) ((frames[i] * FRAME - 2000) / SYNTH_AUDIO_FRAME_90K);

    synth_add_video (s, &(SynthVideo) {.source = i + 1,.start_pts90k = at_90k,.frames = frames[i],
        .gop = 25});
    for (guint a = 0; a < 2; a++)
      synth_add_audio (s, SYNTH_AUDIO_PID + a, i + 1, audio_90k, n, 1, i % 2 ? 9000 : 27000);
    if (i > 0)
      changes[i - 1] = (HlsChange) {.source = i + 1,.audio_90k = audio_90k,.spliced = TRUE};
    at_90k += frames[i] * FRAME;
  }
  changes[0].events = "AdBreakStart AdCreativeStart";
  changes[1].events = "AdCreativeEnd AdCreativeStart";
  changes[2].events = "AdCreativeEnd AdBreakEnd";
}

/* -- what is written -- */

static void
test_plain (gconstpointer data)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0");
  g_autoptr (HlsPlaylist) list = NULL;
  guint sources[8];
  gint64 now_ms = g_get_real_time () / 1000;
  Synth s;

  f->feed = GPOINTER_TO_UINT (data);
  hls_plain_stream (&s, 9);
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_nonnull (list);
  g_assert_true (list->ended && list->independent);
  g_assert_cmpuint (list->segments->len, ==, 5);
  g_assert_cmpuint (list->target_duration, ==, 2);
  g_assert_cmpuint (list->version, ==, 3);
  for (guint i = 0; i < 5; i++) {
    g_autofree gchar *uri = g_strdup_printf ("m/v0-%08u.ts", i);

    g_assert_cmpstr (hls_segment (list, i)->uri, ==, uri);
    g_assert_cmpint (hls_segment (list, i)->duration_us, ==, i < 4 ? 2000000 : 1000000);
    g_assert_false (hls_segment (list, i)->discontinuity);
  }
  g_assert_cmpint (ABS (hls_segment (list, 0)->pdt_ms - now_ms), <, 20000);
  hls_check_media (f, list, sources);
  g_assert_cmpuint (hls_count_files (f, "m"), ==, 5);
  /* two playlists, the timeline, the media's folder */
  g_assert_cmpuint (hls_count_files (f, "."), ==, 4);
  g_assert_cmpuint (hls_count_messages (f, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), ==, 0);
  synth_clear (&s);
}

static void
test_break (gconstpointer data)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0 markers=scte35");
  g_autoptr (HlsPlaylist) list = NULL;
  static const guint expected[] = { 1, 1, 2, 2, 3, 3, 4, 4, 4 };
  guint sources[16];
  const HlsReadRange *range;
  HlsChange changes[3];
  Synth s;

  f->feed = GPOINTER_TO_UINT (data);
  break_stream (&s, changes);
  hls_play (f, &s, changes, 3);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_cmpuint (list->segments->len, ==, G_N_ELEMENTS (expected));
  hls_check_media (f, list, sources);
  for (guint i = 0; i < list->segments->len; i++) {
    g_assert_cmpuint (sources[i], ==, expected[i]);
    g_assert_true (hls_segment (list, i)->discontinuity ==
        (i > 0 && expected[i] != expected[i - 1]));
  }
  g_assert_cmpuint (list->ranges->len, ==, 1);
  range = hls_range (list, "Break0000001");
  g_assert_nonnull (range);
  g_assert_cmpint (range->start_ms, ==, hls_segment (list, 2)->pdt_ms);
  g_assert_cmpint (range->end_ms, ==, hls_segment (list, 6)->pdt_ms);
  g_assert_cmpstr (g_hash_table_lookup (range->attributes, "SCTE35-OUT"), ==, "0xFC30");
  g_assert_cmpstr (g_hash_table_lookup (range->attributes, "SCTE35-IN"), ==, "0xFC31");
  g_assert_cmpstr (g_hash_table_lookup (range->attributes, "PLANNED-DURATION"), ==, "30.000000");
  g_assert_cmpstr (g_hash_table_lookup (range->attributes, "DURATION"), ==, "6.000000");
  synth_clear (&s);
}

/* Marked and not spliced: cut at start and end of the break only, no discontinuity. */
static void
test_marked (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0 target-duration=10 markers=scte35");
  g_autoptr (HlsPlaylist) list = NULL;
  HlsChange changes[3];
  Synth s;

  break_stream (&s, changes);
  for (guint i = 0; i < 3; i++)
    changes[i].spliced = FALSE;
  hls_play (f, &s, changes, 3);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_cmpuint (list->segments->len, ==, 3);
  for (guint i = 0; i < 3; i++) {
    g_assert_false (hls_segment (list, i)->discontinuity);
    g_assert_cmpint (hls_segment (list, i)->duration_us, ==, i == 0 ? 4000000 : 6000000);
  }
  g_assert_cmpuint (list->ranges->len, ==, 1);
  synth_clear (&s);
}

static void
test_markers_none (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0 markers=none");
  g_autoptr (HlsPlaylist) list = NULL;
  HlsChange changes[3];
  Synth s;

  break_stream (&s, changes);
  hls_play (f, &s, changes, 3);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_cmpuint (list->ranges->len, ==, 0);
  g_assert_true (hls_segment (list, 2)->discontinuity);
  synth_clear (&s);
}

/* All sources have the same parameter sets and one clock. */
static void
test_discontinuities_needed (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0 discontinuities=needed markers=scte35");
  g_autoptr (HlsPlaylist) list = NULL;
  HlsChange changes[3];
  Synth s;

  break_stream (&s, changes);
  hls_play (f, &s, changes, 3);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_cmpuint (list->segments->len, ==, 9);
  for (guint i = 0; i < 9; i++)
    g_assert_false (hls_segment (list, i)->discontinuity);
  g_assert_cmpuint (list->ranges->len, ==, 1);
  synth_clear (&s);
}

/* Scheduled, then cancelled: nothing of it is published. */
static void
test_cancelled (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0");
  g_autoptr (HlsPlaylist) list = NULL;
  Synth s;

  hls_plain_stream (&s, 5);
  hls_event (f, gst_structure_new ("AdBreakScheduled", "break-id", G_TYPE_STRING, "x", "pts-90k",
          G_TYPE_UINT64, (guint64) 4 * SECOND, "duration", G_TYPE_UINT64, GST_SECOND, NULL));
  hls_play (f, &s, NULL, 0);
  hls_event (f, gst_structure_new ("AdBreakCancelled", "break-id", G_TYPE_STRING, "x", NULL));
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_cmpuint (list->ranges->len, ==, 0);
  synth_clear (&s);
}

/* Events that say nothing, or nonsense. */
static void
test_odd_events (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0 markers=scte35");
  g_autoptr (HlsPlaylist) list = NULL;
  Synth s;

  hls_plain_stream (&s, 5);
  hls_event (f, gst_structure_new_empty ("AdBreakStart"));
  hls_event (f, gst_structure_new_empty ("AdBreakScheduled"));
  hls_event (f, gst_structure_new ("AdBreakEnd", "pts-90k", G_TYPE_INT, -5, NULL));
  hls_event (f, gst_structure_new ("AdBreakStart", "break-id", G_TYPE_STRING, "a\"b\n",
          "pts-90k", G_TYPE_UINT64, (guint64) SECOND, "scte35", G_TYPE_STRING, "zz", NULL));
  hls_event (f, gst_structure_new ("AdBreakStart", "break-id", G_TYPE_STRING, "good",
          "pts-90k", G_TYPE_INT, (gint) SECOND, "scte35", G_TYPE_STRING, "not hex",
          "audio-pts-90k", G_TYPE_STRING, "x", "duration", G_TYPE_STRING, "y", NULL));
  hls_event (f, gst_structure_new ("Other", "x", G_TYPE_INT, 1, NULL));
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_cmpuint (list->segments->len, ==, 3);
  g_assert_cmpuint (list->ranges->len, ==, 1);
  g_assert_nonnull (hls_range (list, "good"));
  synth_clear (&s);
}

/* -- a live channel -- */

/* A viewer who reloads all the time: every version follows the one before it, and every
 * segment that is listed is there. */
typedef struct
{
  HlsFixture *f;
  gint stop;
  gint reloads;
  guint versions;               /* that were compared with the one before them */
} Viewer;

/* Until the viewer has seen what is there now: a disk as fast as this one would have
 * deleted it before. */
static void
let_viewer_reload (gpointer data)
{
  Viewer *v = data;
  gint reloads = g_atomic_int_get (&v->reloads);

  while (g_atomic_int_get (&v->reloads) < reloads + 2)
    g_usleep (200);
}

static gpointer
viewer_main (gpointer data)
{
  Viewer *v = data;
  g_autoptr (HlsPlaylist) before = NULL;

  while (!g_atomic_int_get (&v->stop)) {
    g_autoptr (HlsPlaylist) list = hls_playlist (v->f);
    g_autoptr (GError) error = NULL;

    g_atomic_int_inc (&v->reloads);
    if (!list || (before && before->ended))
      continue;
    for (guint i = 0; i < list->segments->len; i++) {
      const HlsReadSegment *segment = hls_segment (list, i);
      g_autofree gchar *path = g_build_filename (v->f->folder, segment->uri, NULL);
      GStatBuf st;

      if (segment->gap)
        continue;
      g_assert_cmpint (g_stat (path, &st), ==, 0);
      g_assert_cmpint (st.st_size % ASP_TS_SIZE, ==, 0);
      g_assert_cmpint (st.st_size, >, 0);
    }
    /* on a slow machine so many versions may have been missed that nothing is in common */
    if (before && list->msn >= before->msn + before->segments->len)
      g_clear_pointer (&before, hls_playlist_free);
    if (before && !hls_check_update (before, list, &error))
      g_error ("%s", error->message);
    if (before && before->msn + before->segments->len != list->msn + list->segments->len)
      v->versions++;
    g_clear_pointer (&before, hls_playlist_free);
    before = g_steal_pointer (&list);
  }
  return NULL;
}

static void
test_live_window (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=4");
  g_autoptr (HlsPlaylist) list = NULL;
  Viewer viewer = {.f = f };
  GThread *thread = g_thread_new ("viewer", viewer_main, &viewer);
  HlsChange changes[3];
  guint64 previous = 0;

  f->pace = let_viewer_reload;
  f->pace_data = &viewer;
  /* six breaks, one behind the other, each on a new time base */
  for (guint i = 0; i < 6; i++) {
    g_autofree gchar *id = g_strdup_printf ("Break%u", i);
    Synth s;

    break_stream (&s, changes);
    for (guint k = 0; k < s.units->len; k++) {
      SynthUnit *u = &g_array_index (s.units, SynthUnit, k);

      u->pts90k += i * 1000 * SECOND;
      u->dts90k += i * 1000 * SECOND;
      u->mux_90k += i * 1000 * SECOND;
    }
    for (guint k = 0; k < 3; k++) {
      changes[k].audio_90k += i * 1000 * SECOND;
      changes[k].id = id;
    }
    hls_play (f, &s, changes, 3);
    hls_wait_segments (f, (i + 1) * 9 - 1);
    synth_clear (&s);
  }
  list = hls_playlist (f);
  previous = list->msn;
  g_assert_cmpuint (previous, >=, 45);
  g_assert_cmpuint (list->dsn, >=, 20);
  /* those that are listed, and those that somebody may still ask for */
  g_assert_cmpuint (hls_count_files (f, "m"), <, 16);
  g_assert_true (hls_finish (f));
  g_atomic_int_set (&viewer.stop, 1);
  g_thread_join (thread);
  g_assert_cmpuint (viewer.versions, >, 3);
}

/* A source that can wait: what comes fast is published together, and all of it also when
 * nothing more comes, or when it is stopped. */
static GstPadProbeReturn
answer_that_it_waits (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_PAD_PROBE_OK;
  gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);
  return GST_PAD_PROBE_HANDLED;
}

static void
test_not_live (gconstpointer stops)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0");
  g_autoptr (HlsPlaylist) list = NULL;
  Synth s;

  gst_pad_add_probe (f->h->srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM, answer_that_it_waits, NULL, NULL);
  hls_plain_stream (&s, 60);
  hls_play (f, &s, NULL, 0);
  if (stops)
    gst_element_set_state (f->element, GST_STATE_READY);
  else
    hls_wait_segments (f, 28);
  list = hls_playlist (f);
  g_assert_false (list->ended);
  g_assert_cmpuint (list->segments->len, >=, 28);
  g_assert_cmpuint (hls_count_files (f, "m"), ==, list->segments->len);
  synth_clear (&s);
}

static void
test_keep_old (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=3 delete-old=false");
  Synth s;

  hls_plain_stream (&s, 60);
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  g_assert_cmpuint (hls_count_files (f, "m"), ==, 30);
  synth_clear (&s);
}

/* What the player of Amazon IVS asks for, and titles that name what plays. */
static void
test_markers_ivs (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0");
  g_autoptr (HlsPlaylist) list = NULL;
  static const gchar *const titles[] = { "live", "live", "asset", "asset", "asset", "asset", "live" };
  const HlsReadRange *range;
  HlsChange changes[3];
  Synth s;

  break_stream (&s, changes);
  hls_play (f, &s, changes, 3);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  for (guint i = 0; i < G_N_ELEMENTS (titles); i++)
    g_assert_cmpstr (hls_segment (list, i)->title, ==, titles[i]);
  range = hls_range (list, "break-start-Break0000001");
  g_assert_cmpstr (g_hash_table_lookup (range->attributes, "X-NET-LIVE-VIDEO-POD-LENGTH"), ==, "2");
  g_assert_cmpint (range->start_ms, ==, hls_segment (list, 2)->pdt_ms);
  range = hls_range (list, "creative-start-Break0000001-2");
  g_assert_cmpstr (g_hash_table_lookup (range->attributes, "X-NET-LIVE-VIDEO-ASSET-ID"), ==,
      "\"asset\"");
  g_assert_cmpint (range->start_ms, ==, hls_segment (list, 4)->pdt_ms);
  range = hls_range (list, "break-end-Break0000001");
  g_assert_cmpint (range->start_ms, ==, hls_segment (list, 6)->pdt_ms);
  synth_clear (&s);
}

/* The stream ends in a break: nothing of it stays open. */
static void
test_ends_in_break (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0 markers=scte35");
  g_autoptr (HlsPlaylist) list = NULL;
  HlsChange changes[3];
  Synth s;

  break_stream (&s, changes);
  changes[2].events = "Nothing";
  hls_play (f, &s, changes, 3);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_cmpstr (g_hash_table_lookup (hls_range (list, "Break0000001")->attributes, "DURATION"),
      ==, "12.000000");
  synth_clear (&s);
}

static gchar *
read_file (HlsFixture * f, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (f->folder, name, NULL);
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

static void
test_multivariant (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0");
  g_autofree gchar *text = NULL;
  Synth s;

  hls_plain_stream (&s, 9);
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  text = read_file (f, "master.m3u8");
  g_test_message ("%s", text);
  g_assert_true (g_str_has_prefix (text,
          "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:BANDWIDTH="));
  g_assert_nonnull (strstr (text, ",AVERAGE-BANDWIDTH="));
  g_assert_true (g_str_has_suffix (text, "\nplaylist.m3u8\n"));
  synth_clear (&s);
}

/* -- a process after another -- */

/* What a player sees that was there before: the next version follows the last one. */
static HlsPlaylist *
run_in (const gchar * folder, const gchar * properties, guint seconds, gboolean ends,
    const HlsPlaylist * before)
{
  g_autofree gchar *all = g_strdup_printf ("location=%s %s", folder, properties);
  g_autoptr (HlsFixture) f = hls_fixture_new (all);
  g_autofree gchar *own = f->folder;
  HlsPlaylist *list;
  g_autoptr (GError) error = NULL;
  Synth s;

  f->folder = g_strdup (folder);
  hls_plain_stream (&s, seconds);
  hls_play (f, &s, NULL, 0);
  if (ends)
    g_assert_true (hls_finish (f));
  else
    gst_element_set_state (f->element, GST_STATE_READY);
  list = hls_playlist (f);
  if (before && list && !hls_check_update (before, list, &error))
    g_error ("%s", error->message);
  for (guint i = 0; list && i < list->segments->len; i++)
    g_bytes_unref (hls_media (f, hls_segment (list, i)->uri));
  hls_remove_tree (own);
  g_free (f->folder);
  f->folder = g_build_filename (g_get_tmp_dir (), "adsplice-none", "out", NULL);
  synth_clear (&s);
  return list;
}

static guint
count_discontinuities (const HlsPlaylist * list)
{
  guint n = 0;

  for (guint i = 0; i < list->segments->len; i++)
    n += hls_segment (list, i)->discontinuities;
  return n;
}

/* Broken off: the next one goes on behind one discontinuity, with the same numbers. */
static void
test_restart (gconstpointer data)
{
  const gchar *properties = data;
  g_autofree gchar *top = g_dir_make_tmp ("adsplice-hls-XXXXXX", NULL);
  g_autofree gchar *folder = g_build_filename (top, "out", NULL);
  g_autoptr (HlsPlaylist) first = NULL, second = NULL, third = NULL;

  first = run_in (folder, properties, 13, FALSE, NULL);
  g_assert_false (first->ended);
  second = run_in (folder, properties, 5, FALSE, first);
  g_assert_cmpuint (count_discontinuities (second), ==, 1);
  g_assert_cmpuint (second->msn + second->segments->len, >,
      first->msn + first->segments->len);
  third = run_in (folder, properties, 5, TRUE, second);
  g_assert_cmpuint (third->dsn + count_discontinuities (third), ==, 2);
  g_assert_true (third->ended);
  g_assert_cmpint (third->target_duration, ==, first->target_duration);
  hls_remove_tree (top);
}

/* After an end a live channel has new numbers to give, and lists nothing that is over; a
 * recording begins anew. */
static void
test_restart_ended (void)
{
  g_autofree gchar *top = g_dir_make_tmp ("adsplice-hls-XXXXXX", NULL);
  g_autofree gchar *folder = g_build_filename (top, "out", NULL);
  g_autoptr (HlsPlaylist) first = NULL, second = NULL, third = NULL, fourth = NULL;

  first = run_in (folder, "playlist-length=6", 9, TRUE, NULL);
  g_assert_cmpuint (first->segments->len, ==, 5);
  second = run_in (folder, "playlist-length=6", 3, FALSE, NULL);
  g_assert_null (second);       /* three segments first, and nothing that says it had ended */
  third = run_in (folder, "playlist-length=6", 9, FALSE, NULL);
  g_assert_cmpuint (third->msn, >=, 5);
  g_assert_false (third->ended);
  fourth = run_in (folder, "playlist-length=0", 9, TRUE, NULL);
  g_assert_cmpuint (fourth->msn, ==, 5);
  g_clear_pointer (&fourth, hls_playlist_free);
  fourth = run_in (folder, "playlist-length=0", 9, TRUE, NULL);
  g_assert_cmpuint (fourth->msn, ==, 0);
  g_assert_cmpuint (fourth->segments->len, ==, 5);
  hls_remove_tree (top);
}

/* Media have gone, or the timeline is none: it goes on all the same. */
static void
test_restart_damaged (void)
{
  g_autofree gchar *top = g_dir_make_tmp ("adsplice-hls-XXXXXX", NULL);
  g_autofree gchar *folder = g_build_filename (top, "out", NULL);
  g_autofree gchar *media = g_build_filename (folder, "m", NULL);
  g_autofree gchar *timeline = g_build_filename (folder, "live.timeline", NULL);
  g_autoptr (HlsPlaylist) list = NULL;

  list = run_in (folder, "playlist-length=6", 9, FALSE, NULL);
  hls_remove_tree (media);
  g_clear_pointer (&list, hls_playlist_free);
  list = run_in (folder, "playlist-length=6", 9, FALSE, NULL);
  g_assert_cmpuint (list->msn, ==, 4);
  g_assert_true (g_file_set_contents (timeline, "nonsense\n", -1, NULL));
  g_clear_pointer (&list, hls_playlist_free);
  list = run_in (folder, "playlist-length=6", 9, TRUE, NULL);
  g_assert_cmpuint (list->msn, ==, 0);
  hls_remove_tree (top);
}

int
main (int argc, char **argv)
{
  static const gchar *const feeds[] = { "one-buffer", "list", "datagrams", "1000-bytes", "1-byte" };

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (guint i = 0; i < HLS_N_FEEDS; i++) {
    g_autofree gchar *plain = g_strdup_printf ("/hlsadsink/plain/%s", feeds[i]);
    g_autofree gchar *in_break = g_strdup_printf ("/hlsadsink/break/%s", feeds[i]);

    g_test_add_data_func (plain, GUINT_TO_POINTER (i), test_plain);
    g_test_add_data_func (in_break, GUINT_TO_POINTER (i), test_break);
  }
  g_test_add_func ("/hlsadsink/marked", test_marked);
  g_test_add_func ("/hlsadsink/markers-none", test_markers_none);
  g_test_add_func ("/hlsadsink/markers-ivs", test_markers_ivs);
  g_test_add_func ("/hlsadsink/ends-in-break", test_ends_in_break);
  g_test_add_func ("/hlsadsink/multivariant", test_multivariant);
  g_test_add_data_func ("/hlsadsink/restart/live", "playlist-length=6", test_restart);
  g_test_add_data_func ("/hlsadsink/restart/all", "playlist-length=0", test_restart);
  g_test_add_func ("/hlsadsink/restart/ended", test_restart_ended);
  g_test_add_func ("/hlsadsink/restart/damaged", test_restart_damaged);
  g_test_add_func ("/hlsadsink/discontinuities-needed", test_discontinuities_needed);
  g_test_add_func ("/hlsadsink/cancelled", test_cancelled);
  g_test_add_func ("/hlsadsink/odd-events", test_odd_events);
  g_test_add_func ("/hlsadsink/live-window", test_live_window);
  g_test_add_func ("/hlsadsink/keep-old", test_keep_old);
  g_test_add_data_func ("/hlsadsink/not-live/goes-on", GUINT_TO_POINTER (FALSE), test_not_live);
  g_test_add_data_func ("/hlsadsink/not-live/stops", GUINT_TO_POINTER (TRUE), test_not_live);
  return g_test_run ();
}
