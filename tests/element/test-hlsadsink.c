/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hlsadsink in a harness: what is in the folder, on the bus and at the port.
 */
#include "hls-fixture.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define SECOND ASP_SECOND_90K
#define FRAME 3600

/* @seconds of source 1, two sounds 300 ms and 150 ms behind the picture. */
static void
plain_stream (Synth * s, guint seconds)
{
  synth_init (s, 2);
  synth_add_video (s, &(SynthVideo) {.source = 1,.start_pts90k = SECOND,.frames = seconds * 25,
      .gop = 25});
  for (guint a = 0; a < 2; a++)
    synth_add_audio (s, SYNTH_AUDIO_PID + a, 1, SECOND - 500,
        (guint) (seconds * SECOND / SYNTH_AUDIO_FRAME_90K), 1, 27000 / (a + 1));
}

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
  plain_stream (&s, 9);
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

  plain_stream (&s, 5);
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

  plain_stream (&s, 5);
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

static void
test_keep_old (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=3 delete-old=false");
  Synth s;

  plain_stream (&s, 60);
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

  plain_stream (&s, 9);
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
  plain_stream (&s, seconds);
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

/* -- when writing fails -- */

static void
replace_by_file (HlsFixture * f, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (f->folder, name, NULL);

  /* the publisher may be putting a file into it meanwhile */
  while (!g_file_set_contents (path, "x", 1, NULL))
    hls_remove_tree (path);
}

/* Waits for so many warnings more, and for no other. */
static void
expect_warnings (HlsFixture * f, guint n)
{
  for (guint i = 0; i < n; i++) {
    GstMessage *m = hls_wait_message (f, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR,
        HLS_PATIENCE);

    g_assert_nonnull (m);
    g_assert_cmpint (GST_MESSAGE_TYPE (m), ==, GST_MESSAGE_WARNING);
    gst_message_unref (m);
  }
  g_assert_null (hls_wait_message (f, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR, 0));
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

/* Media cannot be written for a while: one warning, gaps, and then it goes on. */
static void
test_media_fails (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0");
  g_autoptr (HlsPlaylist) list = NULL;
  g_autofree gchar *media = g_build_filename (f->folder, "m", NULL);
  guint gaps = 0;
  Synth s;

  plain_stream (&s, 30);
  synth_sort (&s);
  play_part (f, &s, 0, 8);
  hls_wait_segments (f, 3);
  replace_by_file (f, "m");
  play_part (f, &s, 8, 16);
  hls_wait_segments (f, 6);
  expect_warnings (f, 1);
  g_remove (media);
  play_part (f, &s, 16, 24);
  hls_wait_segments (f, 10);
  replace_by_file (f, "m");
  play_part (f, &s, 24, 100);
  expect_warnings (f, 1);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_cmpuint (list->segments->len, ==, 15);
  for (guint i = 0; i < 15; i++)
    gaps += hls_segment (list, i)->gap ? 1 : 0;
  g_assert_cmpuint (gaps, >=, 6);
  g_assert_cmpuint (gaps, <, 12);
  expect_warnings (f, 0);
  synth_clear (&s);
}

/* The folder is taken away: made again. */
static void
test_folder_gone (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=3");
  g_autoptr (HlsPlaylist) list = NULL;
  Synth s;

  plain_stream (&s, 30);
  synth_sort (&s);
  play_part (f, &s, 0, 8);
  hls_wait_segments (f, 3);
  hls_remove_tree (f->folder);
  play_part (f, &s, 8, 100);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_true (list->ended);
  hls_check_media (f, list, NULL);
  expect_warnings (f, 0);
  synth_clear (&s);
}

/* Nothing can be written at all: warnings, no error, and EOS all the same. */
static void
test_never_writable (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("location=/dev/null/x");
  Synth s;

  plain_stream (&s, 10);
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  expect_warnings (f, 1);
  synth_clear (&s);
}

typedef struct
{
  HlsFixture *f;
  const GByteArray *bytes;
  gint buffers;
  GstFlowReturn ret;
} Pusher;

static gpointer
pusher_main (gpointer data)
{
  Pusher *p = data;

  for (guint i = 0; i < 12 && p->ret == GST_FLOW_OK; i++) {
    p->ret = gst_pad_push (p->f->h->srcpad, gst_buffer_new_memdup (p->bytes->data,
            p->bytes->len));
    g_atomic_int_inc (&p->buffers);
  }
  return NULL;
}

/* Whoever takes the warning holds up the publisher as a hanging disk would. */
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

/* The stream waits once the queue is full, and a flush ends that. */
static void
test_disk_hangs (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("location=/dev/null/x");
  g_autoptr (GByteArray) bytes = NULL;
  Pusher pusher = {.f = f };
  Holder holder = {.held = 0 };
  GThread *thread;
  gint before = -1;
  Synth s;

  gst_bus_set_sync_handler (f->bus, hold_warning, &holder, NULL);
  plain_stream (&s, 4);
  s.unit_bytes = 200000;        /* 20 MB in 4 s; pushed again and again: 240 MB */
  bytes = synth_write (&s);
  pusher.bytes = bytes;
  thread = g_thread_new ("pusher", pusher_main, &pusher);
  while (!g_atomic_int_get (&holder.held) || g_atomic_int_get (&pusher.buffers) != before) {
    before = g_atomic_int_get (&pusher.buffers);
    g_usleep (500000);
  }
  g_assert_cmpint (before, <, 12);
  g_assert_true (gst_pad_push_event (f->h->srcpad, gst_event_new_flush_start ()));
  g_thread_join (thread);
  g_assert_cmpint (pusher.ret, ==, GST_FLOW_FLUSHING);
  g_mutex_lock (&holder.lock);
  holder.release = TRUE;
  g_cond_broadcast (&holder.cond);
  g_mutex_unlock (&holder.lock);
  gst_element_set_state (f->element, GST_STATE_NULL);
  gst_bus_set_sync_handler (f->bus, NULL, NULL, NULL);
  synth_clear (&s);
}

/* -- the element -- */

static void
test_second_pad (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new (NULL);
  GstMessage *m;
  g_autoptr (GError) error = NULL;

  g_assert_null (gst_element_request_pad_simple (f->element, "sink_%u"));
  m = hls_wait_message (f, GST_MESSAGE_WARNING, 0);
  g_assert_nonnull (m);
  gst_message_parse_warning (m, &error, NULL);
  g_assert_nonnull (strstr (error->message, "READY"));
  gst_message_unref (m);
}

static void
check_refused_start (const gchar * property, const gchar * value, const gchar * in_message)
{
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("hlsadsink", NULL));
  GstBus *bus = gst_bus_new ();
  g_autoptr (GError) error = NULL;
  GstMessage *m;

  gst_element_set_bus (element, bus);
  if (strcmp (property, "location"))
    g_object_set (element, "location", "/nowhere", NULL);
  g_object_set (element, property, value, NULL);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PLAYING), ==,
      GST_STATE_CHANGE_FAILURE);
  m = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (m);
  gst_message_parse_error (m, &error, NULL);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, in_message));
  gst_message_unref (m);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

static void
test_settings (void)
{
  check_refused_start ("location", NULL, "location");
  check_refused_start ("location", "", "location");
  check_refused_start ("channel", "a/b", "a/b");
  check_refused_start ("channel", "..", "..");
  check_refused_start ("listen", "nowhere", "HOST:PORT");
  check_refused_start ("listen", "192.0.2.1:80", "192.0.2.1");
}

static void
test_rendition (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0");
  g_autoptr (HlsPlaylist) list = NULL;
  g_autofree gchar *name = NULL;
  Synth s;

  gst_element_set_state (f->element, GST_STATE_READY);
  gst_child_proxy_set (GST_CHILD_PROXY (f->element), "sink_0::rendition", "720p", NULL);
  g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*../x*");
  gst_child_proxy_set (GST_CHILD_PROXY (f->element), "sink_0::rendition", "../x", NULL);
  g_test_assert_expected_messages ();
  gst_child_proxy_get (GST_CHILD_PROXY (f->element), "sink_0::rendition", &name, NULL);
  g_assert_cmpstr (name, ==, "720p");
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  plain_stream (&s, 5);
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_cmpstr (hls_segment (list, 0)->uri, ==, "m/720p-00000000.ts");
  synth_clear (&s);
}

static void
test_empty (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new (NULL);

  g_assert_true (hls_finish (f));
  g_assert_null (hls_playlist (f));
  g_assert_cmpint (gst_pad_push (f->h->srcpad, gst_buffer_new ()), ==, GST_FLOW_EOS);
}

static void
test_eos_again (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new (NULL);
  GstMessage *m;

  g_assert_true (hls_finish (f));
  gst_element_set_state (f->element, GST_STATE_PAUSED);
  g_assert_null (hls_wait_message (f, GST_MESSAGE_EOS, 0));
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  m = hls_wait_message (f, GST_MESSAGE_EOS, 0);
  g_assert_nonnull (m);
  gst_message_unref (m);
}

static void
test_flush (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0");
  g_autoptr (HlsPlaylist) list = NULL;
  GstSegment segment;
  guint n = 0;
  Synth s;

  plain_stream (&s, 6);
  hls_play (f, &s, NULL, 0);
  g_assert_true (gst_pad_push_event (f->h->srcpad, gst_event_new_flush_start ()));
  g_assert_true (gst_pad_push_event (f->h->srcpad, gst_event_new_flush_stop (TRUE)));
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  g_assert_true (gst_pad_push_event (f->h->srcpad, gst_event_new_segment (&segment)));
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  list = hls_playlist (f);
  g_assert_cmpuint (list->segments->len, ==, 6);
  for (guint i = 0; i < 6; i++)
    n += hls_segment (list, i)->discontinuity ? 1 : 0;
  g_assert_cmpuint (n, ==, 1);
  g_assert_true (hls_segment (list, 3)->discontinuity);
  synth_clear (&s);
}

static void
test_packet_sizes (void)
{
  static const gchar *const caps[] = { "video/mpegts, systemstream=true, packetsize=204",
    "video/mpegts, systemstream=true, packetsize=192"
  };

  for (guint i = 0; i < G_N_ELEMENTS (caps); i++) {
    g_autoptr (HlsFixture) f = hls_fixture_new (NULL);
    g_autoptr (GstCaps) parsed = gst_caps_from_string (caps[i]);
    GstMessage *m;

    gst_pad_push_event (f->h->srcpad, gst_event_new_caps (parsed));
    m = hls_wait_message (f, GST_MESSAGE_ERROR, 0);
    g_assert_nonnull (m);
    gst_message_unref (m);
    g_assert_cmpint (gst_pad_push (f->h->srcpad, gst_buffer_new_and_alloc (188)), ==,
        GST_FLOW_NOT_NEGOTIATED);
    g_assert_cmpuint (hls_count_messages (f, GST_MESSAGE_ERROR), ==, 0);
  }
}

/* Paused: data waits at the pad, and a change to READY lets it go. */
static void
test_pause (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new (NULL);
  g_autoptr (GByteArray) bytes = NULL;
  Pusher pusher = {.f = f };
  GThread *thread;
  Synth s;

  plain_stream (&s, 4);
  bytes = synth_write (&s);
  pusher.bytes = bytes;
  gst_element_set_state (f->element, GST_STATE_PAUSED);
  thread = g_thread_new ("pusher", pusher_main, &pusher);
  g_usleep (200000);
  g_assert_cmpint (g_atomic_int_get (&pusher.buffers), ==, 0);
  gst_element_set_state (f->element, GST_STATE_READY);
  g_thread_join (thread);
  g_assert_cmpint (pusher.ret, ==, GST_FLOW_FLUSHING);
  g_assert_null (hls_playlist (f));
  synth_clear (&s);
}

static void
test_many_starts (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("listen=127.0.0.1:0");
  g_autoptr (GByteArray) bytes = NULL;
  Synth s;

  plain_stream (&s, 5);
  bytes = synth_write (&s);
  for (guint i = 0; i < 100; i++) {
    GstSegment segment;

    gst_element_set_state (f->element, i % 2 ? GST_STATE_NULL : GST_STATE_READY);
    gst_element_set_state (f->element, GST_STATE_PLAYING);
    gst_segment_init (&segment, GST_FORMAT_BYTES);
    gst_pad_push_event (f->h->srcpad, gst_event_new_stream_start ("again"));
    gst_pad_push_event (f->h->srcpad, gst_event_new_segment (&segment));
    g_assert_cmpint (gst_pad_push (f->h->srcpad, gst_buffer_new_memdup (bytes->data,
                i % 3 ? bytes->len : bytes->len / 3)), ==, GST_FLOW_OK);
    if (i % 5 == 0)
      g_assert_true (hls_finish (f));
  }
  synth_clear (&s);
}

static void
test_release_pad (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("playlist-length=0");
  g_autoptr (HlsPlaylist) list = NULL;
  GstPad *pad;
  GstMessage *m;
  Synth s;

  plain_stream (&s, 5);
  hls_play (f, &s, NULL, 0);
  pad = gst_element_get_static_pad (f->element, "sink_0");
  gst_pad_unlink (f->h->srcpad, pad);
  gst_element_release_request_pad (f->element, pad);
  gst_object_unref (pad);
  m = hls_wait_message (f, GST_MESSAGE_EOS, HLS_PATIENCE);
  g_assert_nonnull (m);
  gst_message_unref (m);
  list = hls_playlist (f);
  g_assert_true (list->ended);
  g_assert_cmpuint (list->segments->len, ==, 3);
  synth_clear (&s);
}

/* Ended before anything could begin: why is on the bus. */
static void
test_ends_empty (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  GstMessage *m;
  Synth s;

  synth_init (&s, 1);
  synth_write_psi (&s, bytes);
  g_assert_cmpint (hls_push (f, bytes), ==, GST_FLOW_OK);
  g_assert_true (hls_finish (f));
  m = hls_wait_message (f, GST_MESSAGE_WARNING, 0);
  g_assert_nonnull (m);
  gst_message_parse_warning (m, &error, NULL);
  g_assert_nonnull (strstr (error->message, "IDR"));
  gst_message_unref (m);
  synth_clear (&s);
}

/* Neither PAT nor picture: somebody is told, once. */
static void
test_nothing_comes_out (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 packet[ASP_TS_SIZE];

  asp_ts_packet_write_null (packet);
  g_byte_array_append (bytes, packet, sizeof packet);
  /* longer than five seconds, of which the first buffer is the beginning */
  for (guint i = 0; i < 12; i++) {
    g_assert_cmpint (hls_push (f, bytes), ==, GST_FLOW_OK);
    g_usleep (500000);
  }
  expect_warnings (f, 1);
}

/* -- the origin -- */

static void
check_origin (const gchar * channel, const gchar * prefix)
{
  g_autofree gchar *properties = g_strdup_printf ("listen=127.0.0.1:0 %s%s", channel ?
      "channel=" : "", channel ? channel : "");
  g_autoptr (HlsFixture) f = hls_fixture_new (properties);
  g_autofree gchar *playlist_path = g_strdup_printf ("/%s/playlist.m3u8", prefix);
  g_autofree gchar *media_path = g_strdup_printf ("/%s/m/v0-00000000.ts", prefix);
  g_autofree gchar *address = NULL, *playlist = NULL, *media = NULL, *other = NULL, *gone = NULL;
  Synth s;

  plain_stream (&s, 5);
  hls_play (f, &s, NULL, 0);
  g_assert_true (hls_finish (f));
  g_object_get (f->element, "listen", &address, NULL);
  g_assert_true (g_str_has_prefix (address, "127.0.0.1:"));
  g_assert_cmpstr (address, !=, "127.0.0.1:0");
  playlist = hls_http_get (address, playlist_path);
  g_assert_true (g_str_has_prefix (playlist, "HTTP/1.1 200"));
  g_assert_nonnull (strstr (playlist, "\r\n\r\n#EXTM3U\n"));
  g_assert_nonnull (strstr (playlist, "application/vnd.apple.mpegurl"));
  media = hls_http_get (address, media_path);
  g_assert_true (g_str_has_prefix (media, "HTTP/1.1 200"));
  other = hls_http_get (address, "/other/playlist.m3u8");
  g_assert_true (g_str_has_prefix (other, "HTTP/1.1 404"));
  gst_element_set_state (f->element, GST_STATE_READY);
  gone = hls_http_get (address, playlist_path);
  g_assert_null (gone);
  synth_clear (&s);
}

static void
test_origin (void)
{
  check_origin (NULL, "live");
  check_origin ("news-1", "news-1");
}

static void
test_port_taken (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("listen=127.0.0.1:0");
  g_autofree gchar *address = NULL;

  g_object_get (f->element, "listen", &address, NULL);
  check_refused_start ("listen", address, strrchr (address, ':') + 1);
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
  g_test_add_func ("/hlsadsink/media-fails", test_media_fails);
  g_test_add_func ("/hlsadsink/folder-gone", test_folder_gone);
  g_test_add_func ("/hlsadsink/never-writable", test_never_writable);
  g_test_add_func ("/hlsadsink/disk-hangs", test_disk_hangs);
  g_test_add_func ("/hlsadsink/second-pad", test_second_pad);
  g_test_add_func ("/hlsadsink/settings", test_settings);
  g_test_add_func ("/hlsadsink/rendition", test_rendition);
  g_test_add_func ("/hlsadsink/empty", test_empty);
  g_test_add_func ("/hlsadsink/eos-again", test_eos_again);
  g_test_add_func ("/hlsadsink/flush", test_flush);
  g_test_add_func ("/hlsadsink/packet-sizes", test_packet_sizes);
  g_test_add_func ("/hlsadsink/pause", test_pause);
  g_test_add_func ("/hlsadsink/many-starts", test_many_starts);
  g_test_add_func ("/hlsadsink/release-pad", test_release_pad);
  g_test_add_func ("/hlsadsink/ends-empty", test_ends_empty);
  g_test_add_func ("/hlsadsink/nothing-comes-out", test_nothing_comes_out);
  g_test_add_func ("/hlsadsink/origin", test_origin);
  g_test_add_func ("/hlsadsink/port-taken", test_port_taken);
  return g_test_run ();
}
