/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hlsadsink with part-duration: what is listed while it goes on, at a break, at the end and
 * after a process that was not asked.
 */
#include "hls-fixture.h"
#include "scratch.h"

#include <glib/gstdio.h>
#include <string.h>

#define SECOND ASP_SECOND_90K
#define FRAME 3600

static void
plain_stream (Synth * s, guint seconds)
{
  synth_init (s, 1);
  synth_add_video (s, &(SynthVideo) {.source = 1,.start_pts90k = SECOND,.frames = 25 * seconds,
      .gop = 25});
  synth_add_audio (s, SYNTH_AUDIO_PID, 1, SECOND - 500,
      (guint) (seconds * SECOND / SYNTH_AUDIO_FRAME_90K), 1, 9000);
}

/* Every version that is seen, each against the one before. */
typedef struct
{
  HlsFixture *f;
  HlsPlaylist *last;
  guint n_versions, n_hinted;   /* ... at a discontinuity: it is there with the hint alone */
  gchar *hint;                  /* of the last version, and where it was */
  guint64 hint_msn;
  guint hint_part;
} Watch;

/* The part that was hinted at is the one that has come. */
static void
check_hint (Watch * w, const HlsPlaylist * list)
{
  for (guint i = 0; w->hint && i <= list->segments->len; i++) {
    const HlsReadSegment *s = i < list->segments->len ? hls_segment (list, i) : list->open;

    if (!s || list->msn + i != w->hint_msn || w->hint_part >= s->parts->len)
      continue;
    g_assert_cmpstr (hls_part (s, w->hint_part)->uri, ==, w->hint);
  }
}

static void
check_version (Watch * w, HlsPlaylist * list)
{
  g_autoptr (GError) error = NULL;
  guint n_open = list->open ? list->open->parts->len : 0;

  if (w->last && !hls_check_update (w->last, list, &error))
    g_error ("%s", error->message);
  check_hint (w, list);
  g_free (w->hint);
  w->hint = g_strdup (list->hint);
  w->hint_msn = list->msn + list->segments->len;
  w->hint_part = n_open;
  if (list->open && list->open->discontinuity && n_open == 0)
    w->n_hinted++;
  g_clear_pointer (&w->last, hls_playlist_free);
  w->last = list;
  w->n_versions++;
}

/* At each RAP: what has been published meanwhile. */
static void
look (gpointer data)
{
  Watch *w = data;
  HlsPlaylist *list = hls_served (w->f);

  if (list)
    check_version (w, list);
}

/* ... after the publisher has had the time to do all there is. */
static void
look_slowly (gpointer data)
{
  g_usleep (30000);
  look (data);
}

static void
watch_init (Watch * w, HlsFixture * f, gboolean slowly)
{
  *w = (Watch) {.f = f };
  f->pace = slowly ? look_slowly : look;
  f->pace_data = w;
}

static void
watch_clear (Watch * w)
{
  g_clear_pointer (&w->last, hls_playlist_free);
  g_free (w->hint);
}

/* Waits for the first part behind segment @n: with it all is published that there is. */
static void
wait_open_part (Watch * w, guint n)
{
  for (guint i = 0; i < PATIENCE * 1000; i++) {
    look (w);
    if (w->last && w->last->msn + w->last->segments->len >= n && w->last->open &&
        w->last->open->parts->len > 0)
      return;
    g_usleep (10000);
  }
  g_error ("no part behind segment %u after %u seconds", n, PATIENCE * 10);
}

/* Is every listed segment its parts, one behind the other? Returns how many have some. */
static guint
check_joined (HlsFixture * f, const HlsPlaylist * list)
{
  guint n = 0;

  for (guint i = 0; i < list->segments->len; i++) {
    const HlsReadSegment *s = hls_segment (list, i);
    g_autoptr (GByteArray) all = g_byte_array_new ();
    g_autoptr (GBytes) whole = NULL;

    if (s->parts->len == 0 || s->gap)
      continue;
    for (guint k = 0; k < s->parts->len; k++) {
      g_autoptr (GBytes) part = hls_media (f, hls_part (s, k)->uri);
      gsize size;
      gconstpointer data = g_bytes_get_data (part, &size);

      g_byte_array_append (all, data, (guint) size);
    }
    whole = hls_media (f, s->uri);
    g_assert_cmpmem (g_bytes_get_data (whole, NULL), g_bytes_get_size (whole), all->data, all->len);
    n++;
  }
  return n;
}

static guint
count_parts (const HlsPlaylist * list)
{
  guint n = list->open ? list->open->parts->len : 0;

  for (guint i = 0; i < list->segments->len; i++)
    n += hls_segment (list, i)->parts->len;
  return n;
}

/* -- */

static void
test_live (gconstpointer data)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("listen=127.0.0.1:0 part-duration=1");
  guint n_files;
  Watch w;
  Synth s;

  f->feed = (HlsFeed) GPOINTER_TO_UINT (data);
  watch_init (&w, f, TRUE);
  plain_stream (&s, 24);
  hls_play (f, &s, NULL, 0);
  wait_open_part (&w, 11);
  g_assert_cmpint (w.last->part_target_us, >=, 1000000);
  g_assert_cmpint (w.last->part_target_us, <, 1010000);
  g_assert_nonnull (strstr (w.last->control, "CAN-BLOCK-RELOAD=YES"));
  g_assert_cmpuint (count_parts (w.last), >=, 4);
  g_assert_nonnull (w.last->hint);
  g_assert_cmpuint (check_joined (f, w.last), >=, 2);
  g_assert_true (hls_finish (f));
  /* segments of the window and of one before it, their parts at the end of it alone */
  n_files = hls_count_files (f, "m");
  g_assert_cmpuint (n_files, <, 2 * 8 + 2 * 10);
  g_clear_pointer (&w.last, hls_playlist_free);
  w.last = hls_served (f);
  g_assert_true (w.last->ended);
  g_assert_cmpuint (count_parts (w.last), ==, 0);
  g_assert_cmpint (w.last->part_target_us, ==, 0);
  g_assert_null (w.last->hint);
  g_assert_cmpuint (w.last->msn + w.last->segments->len, ==, 12);
  g_assert_cmpuint (hls_count_messages (f, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), ==, 0);
  watch_clear (&w);
  synth_clear (&s);
}

/* Network 12 s, two creatives of 3 s, network 6 s: a discontinuity stands there before the
 * first part behind it does, the last part before it may be short. */
static void
test_break (gconstpointer data)
{
  static const guint frames[] = { 310, 75, 75, 150 };
  g_autoptr (HlsFixture) f = hls_fixture_new (data);
  HlsChange changes[3];
  gint64 at_90k = SECOND;
  guint n_discontinuities = 0;
  Watch w;
  Synth s;

  synth_init (&s, 1);
  for (guint i = 0; i < G_N_ELEMENTS (frames); i++) {
    synth_add_video (&s, &(SynthVideo) {.source = i + 1,.start_pts90k = at_90k,.frames = frames[i],
        .gop = 25});
    synth_add_audio (&s, SYNTH_AUDIO_PID, i + 1, at_90k - 900,
        (guint) ((frames[i] * FRAME - 2000) / SYNTH_AUDIO_FRAME_90K), 1, 0);
    if (i > 0)
      changes[i - 1] = (HlsChange) {.source = i + 1,.audio_90k = at_90k - 900,.spliced = TRUE};
    at_90k += frames[i] * FRAME;
  }
  changes[0].events = "AdBreakStart AdCreativeStart";
  changes[1].events = "AdCreativeEnd AdCreativeStart";
  changes[2].events = "AdCreativeEnd AdBreakEnd";
  watch_init (&w, f, TRUE);
  hls_play (f, &s, changes, 3);
  g_assert_true (hls_finish (f));
  g_assert_cmpuint (w.n_versions, >, 10);
  if (strstr (data, "idr"))
    g_assert_cmpuint (w.n_hinted, >=, 3);
  look (&w);
  for (guint i = 0; i < w.last->segments->len; i++)
    n_discontinuities += hls_segment (w.last, i)->discontinuities;
  g_assert_cmpuint (n_discontinuities, ==, 3);
  g_assert_cmpuint (count_parts (w.last), ==, 0);
  watch_clear (&w);
  synth_clear (&s);
}

/* In a folder that stays. */
static HlsFixture *
fixture_in (const gchar * folder, const gchar * properties)
{
  g_autofree gchar *all = g_strdup_printf ("listen=127.0.0.1:0 location=%s %s", folder, properties);
  HlsFixture *f = hls_fixture_new (all);
  g_autofree gchar *own = g_path_get_dirname (f->folder);

  hls_remove_tree (own);
  g_free (f->folder);
  f->folder = g_strdup (folder);
  return f;
}

static void
fixture_leave (HlsFixture * f)
{
  g_autofree gchar *folder = g_steal_pointer (&f->folder);

  f->folder = g_build_filename (folder, "none", "out", NULL);
  hls_fixture_free (f);
}

/* Nobody says that it ends: the segment that was open is made of its parts. */
static void
test_restart (void)
{
  g_autofree gchar *top = scratch_folder_new ("parts");
  g_autofree gchar *folder = g_build_filename (top, "out", NULL);
  g_autoptr (HlsPlaylist) before = NULL;
  guint64 msn;

  for (guint run = 0; run < 3; run++) {
    HlsFixture *f = fixture_in (folder, "part-duration=1 playlist-length=8");
    Watch w;
    Synth s;

    watch_init (&w, f, TRUE);
    w.last = g_steal_pointer (&before);
    msn = w.last ? w.last->msn + w.last->segments->len : 0;
    plain_stream (&s, 14);
    hls_play (f, &s, NULL, 0);
    if (run < 2) {
      /* one part of the last segment, and a second for which there is no picture behind it */
      look_slowly (&w);
      g_assert_nonnull (w.last->open);
      g_assert_cmpuint (w.last->open->parts->len, ==, 1);
      before = g_steal_pointer (&w.last);
    } else {
      g_assert_true (hls_finish (f));
      look (&w);
      g_assert_true (w.last->ended);
    }
    if (run > 0) {
      const HlsPlaylist *list = before ? before : w.last;
      /* the one that had been open, half as long */
      const HlsReadSegment *broken = hls_segment (list, (guint) (msn - list->msn));

      g_assert_cmpint (broken->duration_us, ==, 1000000);
      g_assert_false (broken->gap);
      g_assert_true (hls_segment (list, (guint) (msn - list->msn) + 1)->discontinuity);
    }
    watch_clear (&w);
    synth_clear (&s);
    fixture_leave (f);
  }
  hls_remove_tree (top);
}

/* The GOP is longer than a part should be: so are parts, and somebody is told. */
static void
test_long_gop (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("listen=127.0.0.1:0 part-duration=0.3");
  g_autoptr (GError) error = NULL;
  GstMessage *m;
  Synth s;

  plain_stream (&s, 10);
  hls_play (f, &s, NULL, 0);
  m = hls_wait_message (f, GST_MESSAGE_WARNING, HLS_PATIENCE);
  g_assert_nonnull (m);
  gst_message_parse_warning (m, &error, NULL);
  g_assert_nonnull (strstr (error->message, "1.002 s"));
  g_assert_nonnull (strstr (error->message, "part-align=any"));
  gst_message_unref (m);
  g_assert_true (hls_finish (f));
  g_assert_cmpuint (hls_count_messages (f, GST_MESSAGE_WARNING), ==, 0);
  synth_clear (&s);
}

/* Nowhere to write media to: gaps, of parts too, and then it goes on. */
static void
test_media_fail (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("listen=127.0.0.1:0 part-duration=1 playlist-length=0");
  g_autofree gchar *media = g_build_filename (f->folder, "m", NULL);
  guint n_gaps = 0, n_last = 0;
  GstMessage *m;
  Watch w;
  Synth s;

  watch_init (&w, f, TRUE);
  plain_stream (&s, 9);
  hls_play (f, &s, NULL, 0);
  hls_wait_segments (f, 4);
  while (!g_file_set_contents (media, "x", 1, NULL))
    hls_remove_tree (media);
  synth_clear (&s);
  synth_init (&s, 0);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = 10 * SECOND,.frames = 25 * 6,
      .gop = 25});
  hls_play (f, &s, NULL, 0);
  m = hls_wait_message (f, GST_MESSAGE_WARNING, HLS_PATIENCE);
  g_assert_nonnull (m);
  gst_message_unref (m);
  hls_wait_segments (f, 6);
  g_remove (media);
  synth_clear (&s);
  synth_init (&s, 0);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = 16 * SECOND,.frames = 25 * 9,
      .gop = 25});
  hls_play (f, &s, NULL, 0);
  hls_wait_segments (f, 10);
  look (&w);
  for (guint i = 0; i < w.last->segments->len; i++) {
    const HlsReadSegment *segment = hls_segment (w.last, i);

    n_gaps += segment->gap ? 1 : 0;
    if (i + 2 > w.last->segments->len)
      n_last += segment->gap ? 0 : 1;
  }
  g_assert_cmpuint (n_gaps, >=, 1);
  g_assert_cmpuint (n_last, ==, 1);
  g_assert_true (hls_finish (f));
  watch_clear (&w);
  synth_clear (&s);
}

/* A log that has parts, and nobody wants any: they are not listed. */
static void
test_without_again (void)
{
  g_autofree gchar *top = scratch_folder_new ("parts");
  g_autofree gchar *folder = g_build_filename (top, "out", NULL);

  for (guint run = 0; run < 2; run++) {
    HlsFixture *f = fixture_in (folder, run == 0 ? "part-duration=1" : "part-duration=0");
    g_autoptr (HlsPlaylist) list = NULL;
    Synth s;

    plain_stream (&s, 14);
    hls_play (f, &s, NULL, 0);
    hls_wait_segments (f, run == 0 ? 6 : 12);
    list = hls_served (f);
    g_assert_true ((count_parts (list) > 0) == (run == 0));
    g_assert_true ((list->part_target_us > 0) == (run == 0));
    synth_clear (&s);
    fixture_leave (f);
  }
  hls_remove_tree (top);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (guint i = 0; i < HLS_N_FEEDS; i++) {
    g_autofree gchar *name = g_strdup_printf ("/hlsadsink/parts/live/%u", i);

    g_test_add_data_func (name, GUINT_TO_POINTER (i), test_live);
  }
  g_test_add_data_func ("/hlsadsink/parts/break/idr", "listen=127.0.0.1:0 part-duration=1 part-align=idr playlist-length=0",
      test_break);
  g_test_add_data_func ("/hlsadsink/parts/break/any", "listen=127.0.0.1:0 part-duration=0.333 part-align=any playlist-length=0",
      test_break);
  g_test_add_func ("/hlsadsink/parts/restart", test_restart);
  g_test_add_func ("/hlsadsink/parts/without-again", test_without_again);
  g_test_add_func ("/hlsadsink/parts/long-gop", test_long_gop);
  g_test_add_func ("/hlsadsink/parts/media-fail", test_media_fail);
  return g_test_run ();
}
