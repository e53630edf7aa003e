/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hlsadsink with several pads: one place for what has one PTS, one that stands still or ends,
 * one that is back, and what another process finds.
 */
#include "hls-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define SECOND ASP_SECOND_90K
#define PADS 2

typedef struct
{
  gchar *top, *folder;
  GstElement *element;
  GstBus *bus;
  GstPad *src[PADS];
  Synth stream;
} Two;

static GstPad *
feed_new (GstElement * element, const gchar * name)
{
  GstPad *src = gst_pad_new ("src", GST_PAD_SRC);
  GstPad *sink = gst_element_request_pad_simple (element, name);

  g_assert_cmpint (gst_pad_link (src, sink), ==, GST_PAD_LINK_OK);
  gst_object_unref (sink);
  gst_pad_set_active (src, TRUE);
  return src;
}

static void
feed_begin (GstPad * src)
{
  GstSegment segment;
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/mpegts, systemstream=true, packetsize=188");

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (src, gst_event_new_stream_start ("s"));
  gst_pad_push_event (src, gst_event_new_caps (caps));
  gst_pad_push_event (src, gst_event_new_segment (&segment));
}

/* Of what two_start() makes: every test is there with and without. */
static gdouble part_duration_s;

/* @folder: NULL = a new one */
static void
two_start (Two * t, const gchar * folder, guint playlist_length)
{
  memset (t, 0, sizeof *t);
  t->top = folder ? NULL : g_dir_make_tmp ("adsplice-hls-XXXXXX", NULL);
  t->folder = folder ? g_strdup (folder) : g_build_filename (t->top, "out", NULL);
  t->element = gst_object_ref_sink (gst_element_factory_make ("hlsadsink", NULL));
  t->bus = gst_bus_new ();
  gst_element_set_bus (t->element, t->bus);
  g_object_set (t->element, "location", t->folder, "playlist-length", playlist_length,
      "part-duration", part_duration_s,
      "listen", "127.0.0.1:0", NULL);
  for (guint i = 0; i < PADS; i++) {
    g_autofree gchar *name = g_strdup_printf ("sink_%u", i);

    t->src[i] = feed_new (t->element, name);
  }
  g_assert_cmpint (gst_element_set_state (t->element, GST_STATE_PLAYING), !=,
      GST_STATE_CHANGE_FAILURE);
  for (guint i = 0; i < PADS; i++)
    feed_begin (t->src[i]);
  synth_init (&t->stream, 1);
  synth_add_video (&t->stream, &(SynthVideo) {.source = 1,.start_pts90k = SECOND,.frames = 60 * 25,
      .gop = 25});
  synth_add_audio (&t->stream, SYNTH_AUDIO_PID, 1, SECOND - 500,
      (guint) (60 * SECOND / SYNTH_AUDIO_FRAME_90K), 1, 9000);
  synth_sort (&t->stream);
}

/* To NULL, without an end; the folder stays. */
static void
two_stop (Two * t)
{
  gst_element_set_state (t->element, GST_STATE_NULL);
  for (guint i = 0; i < PADS; i++)
    gst_object_unref (t->src[i]);
  gst_element_set_bus (t->element, NULL);
  gst_object_unref (t->bus);
  gst_object_unref (t->element);
  synth_clear (&t->stream);
}

static void
two_clear (Two * t)
{
  if (t->top)
    hls_remove_tree (t->top);
  g_free (t->top);
  g_free (t->folder);
}

/* What a pad gets of the stream: by its clock in the multiplex. */
static void
push (Two * t, guint pad, guint from_s, guint to_s)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < t->stream.units->len; i++) {
    const SynthUnit *u = &g_array_index (t->stream.units, SynthUnit, i);

    if (u->mux_90k < (gint64) from_s * SECOND || u->mux_90k >= (gint64) to_s * SECOND)
      continue;
    if (u->rap)
      synth_write_psi (&t->stream, bytes);
    synth_write_unit (&t->stream, u, bytes);
  }
  g_assert_cmpint (gst_pad_push (t->src[pad], gst_buffer_new_memdup (bytes->data, bytes->len)), ==,
      GST_FLOW_OK);
}

static gchar *
read_file (const Two * t, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (t->folder, name, NULL);
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

/* As its origin gives it: with parts. */
static gchar *
get_served (const Two * t, const gchar * name)
{
  g_autofree gchar *path = g_strconcat ("/live/", name, NULL);
  g_autofree gchar *address = NULL, *reply = NULL;
  const gchar *body;

  g_object_get (t->element, "listen", &address, NULL);
  reply = hls_http_get (address, path);
  body = reply && g_str_has_prefix (reply, "HTTP/1.1 200") ? strstr (reply, "\r\n\r\n") : NULL;
  return body ? g_strdup (body + 4) : NULL;
}

/* NULL when there is none. */
static HlsPlaylist *
list_of (const Two * t, guint pad)
{
  g_autofree gchar *name = g_strdup_printf ("v%u.m3u8", pad);
  g_autofree gchar *text = part_duration_s > 0 ? get_served (t, name) : read_file (t, name);
  g_autoptr (GError) error = NULL;
  HlsPlaylist *list = text ? hls_read (text, &error) : NULL;

  if (error)
    g_error ("%s in\n%s", error->message, text);
  return list;
}

static void
wait_for (const Two * t, guint pad, guint n)
{
  for (guint i = 0; i < 1000; i++) {
    g_autoptr (HlsPlaylist) list = list_of (t, pad);

    if (list && list->msn + list->segments->len >= n)
      return;
    g_usleep (10000);
  }
  g_error ("no %u segments of rendition %u after ten seconds", n, pad);
}

static void
finish (Two * t)
{
  GstMessage *m;

  /* one may have had it */
  for (guint i = 0; i < PADS; i++)
    gst_pad_push_event (t->src[i], gst_event_new_eos ());
  m = gst_bus_timed_pop_filtered (t->bus, 10 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_true (m && GST_MESSAGE_TYPE (m) == GST_MESSAGE_EOS);
  gst_message_unref (m);
}

static guint
count_gaps (const HlsPlaylist * list)
{
  guint n = 0;

  for (guint i = 0; i < list->segments->len; i++)
    n += hls_segment (list, i)->gap ? 1 : 0;
  return n;
}

static gint64
end_ms (const HlsPlaylist * list)
{
  const HlsReadSegment *last = hls_segment (list, list->segments->len - 1);

  return last->pdt_ms + last->duration_us / 1000;
}

/* Segment by segment at one date, and with the same number of discontinuities. */
static void
check_same_places (const HlsPlaylist * a, const HlsPlaylist * b)
{
  for (guint i = 0, k = 0; i < a->segments->len && k < b->segments->len;) {
    const HlsReadSegment *s = hls_segment (a, i), *o = hls_segment (b, k);

    if (ABS (s->pdt_ms - o->pdt_ms) <= 40) {
      g_assert_cmpuint (s->dsn, ==, o->dsn);
      i++;
      k++;
    } else if (s->pdt_ms < o->pdt_ms) {
      i++;
    } else {
      k++;
    }
  }
}

static void
test_two (gconstpointer data)
{
  g_autoptr (HlsPlaylist) first = NULL, second = NULL;
  g_autofree gchar *multivariant = NULL;
  Two t;

  part_duration_s = GPOINTER_TO_UINT (data);
  two_start (&t, NULL, 0);
  push (&t, 0, 0, 6);
  push (&t, 1, 0, 12);
  push (&t, 0, 6, 12);
  finish (&t);
  first = list_of (&t, 0);
  second = list_of (&t, 1);
  g_assert_true (first->ended && second->ended);
  g_assert_cmpuint (first->segments->len, ==, second->segments->len);
  g_assert_cmpuint (count_gaps (first) + count_gaps (second), ==, 0);
  check_same_places (first, second);
  g_assert_cmpstr (hls_segment (second, 1)->uri, ==, "m/v1-00000001.ts");
  multivariant = read_file (&t, "master.m3u8");
  g_assert_nonnull (strstr (multivariant, "\nv0.m3u8\n#EXT-X-STREAM-INF:"));
  g_assert_true (g_str_has_suffix (multivariant, "\nv1.m3u8\n"));
  two_stop (&t);
  two_clear (&t);
}

/* The second one begins four seconds later in the stream: its place is where its PTS says. */
static void
test_late (gconstpointer data)
{
  g_autoptr (HlsPlaylist) first = NULL, second = NULL;
  Two t;

  part_duration_s = GPOINTER_TO_UINT (data);
  two_start (&t, NULL, 0);
  push (&t, 0, 0, 12);
  wait_for (&t, 0, 5);
  push (&t, 1, 4, 14);
  push (&t, 0, 12, 14);
  finish (&t);
  first = list_of (&t, 0);
  second = list_of (&t, 1);
  g_assert_cmpint (hls_segment (second, 0)->pdt_ms - hls_segment (first, 0)->pdt_ms, ==, 4000);
  check_same_places (first, second);
  two_stop (&t);
  two_clear (&t);
}

/* The multivariant playlist comes behind those that it names. */
static gchar *
wait_until_left_out (Two * t, const gchar * playlist)
{
  for (guint i = 0; i < PATIENCE * 1000; i++) {
    g_autofree gchar *text = read_file (t, "master.m3u8");

    if (!strstr (text, playlist))
      return g_steal_pointer (&text);
    g_usleep (10000);
  }
  g_error ("%s is still there after %u seconds", playlist, PATIENCE * 10);
}

/* It stands still: gaps, and out of the multivariant playlist; then it is back. */
static void
test_stalls (gconstpointer data)
{
  g_autoptr (HlsPlaylist) first = NULL, second = NULL, before = NULL;
  g_autofree gchar *without = NULL, *with = NULL;
  g_autoptr (GError) error = NULL;
  guint n_short = 0;
  Two t;

  part_duration_s = GPOINTER_TO_UINT (data);
  two_start (&t, NULL, 0);
  push (&t, 0, 0, 10);
  push (&t, 1, 0, 10);
  wait_for (&t, 1, 4);
  before = list_of (&t, 1);
  push (&t, 0, 10, 30);
  wait_for (&t, 0, 13);
  without = wait_until_left_out (&t, "v1.m3u8");
  g_assert_nonnull (strstr (without, "v0.m3u8"));
  for (guint at_s = 30; at_s < 40; at_s++) {
    push (&t, 1, at_s, at_s + 1);
    push (&t, 0, at_s, at_s + 1);
  }
  finish (&t);
  first = list_of (&t, 0);
  second = list_of (&t, 1);
  with = read_file (&t, "master.m3u8");
  g_assert_nonnull (strstr (with, "v1.m3u8"));
  if (!hls_check_update (before, second, &error))
    g_error ("%s", error->message);
  g_assert_cmpuint (count_gaps (first), ==, 0);
  g_assert_cmpuint (count_gaps (second), >=, 8);
  g_assert_false (hls_segment (second, second->segments->len - 2)->gap);
  for (guint i = 0; i < second->segments->len; i++) {
    const HlsReadSegment *segment = hls_segment (second, i);

    g_assert_false (segment->discontinuity);
    /* what has been told of the segment in which it stopped is one */
    n_short += !segment->gap && segment->duration_us < 1900000 && i + 1 < second->segments->len ? 1 : 0;
  }
  g_assert_cmpuint (n_short, ==, part_duration_s > 0 ? 1 : 0);
  check_same_places (first, second);
  two_stop (&t);
  two_clear (&t);
}

/* One ends, the other goes on: the end of both is the end of the last. */
static void
test_one_ends (gconstpointer data)
{
  g_autoptr (HlsPlaylist) first = NULL, second = NULL;
  Two t;

  part_duration_s = GPOINTER_TO_UINT (data);
  two_start (&t, NULL, 0);
  push (&t, 0, 0, 9);
  push (&t, 1, 0, 9);
  g_assert_true (gst_pad_push_event (t.src[1], gst_event_new_eos ()));
  push (&t, 0, 9, 30);
  wait_for (&t, 0, 13);
  first = list_of (&t, 0);
  g_assert_false (first->ended);
  g_assert_null (gst_bus_pop_filtered (t.bus, GST_MESSAGE_EOS));
  g_clear_pointer (&first, hls_playlist_free);
  finish (&t);
  first = list_of (&t, 0);
  second = list_of (&t, 1);
  g_assert_true (first->ended && second->ended);
  g_assert_cmpuint (count_gaps (second), >, 8);
  g_assert_cmpint (ABS (end_ms (first) - end_ms (second)), <=, 40);
  check_same_places (first, second);
  two_stop (&t);
  two_clear (&t);
}

/* Broken off and started again: both go on in one place. */
static void
test_restart (gconstpointer data)
{
  g_autoptr (HlsPlaylist) first = NULL, second = NULL;
  HlsPlaylist *before[PADS];
  g_autoptr (GError) error = NULL;
  Two t, again;

  part_duration_s = GPOINTER_TO_UINT (data);
  two_start (&t, NULL, 0);
  push (&t, 0, 0, 14);
  push (&t, 1, 0, 11);
  wait_for (&t, 0, 6);
  wait_for (&t, 1, 4);
  for (guint i = 0; i < PADS; i++)
    before[i] = list_of (&t, i);
  two_stop (&t);
  two_start (&again, t.folder, 0);
  push (&again, 0, 0, 9);
  push (&again, 1, 0, 9);
  finish (&again);
  first = list_of (&again, 0);
  second = list_of (&again, 1);
  if (!hls_check_update (before[0], first, &error) || !hls_check_update (before[1], second, &error))
    g_error ("%s", error->message);
  g_assert_cmpuint (hls_segment (first, first->segments->len - 1)->dsn, ==, 1);
  g_assert_cmpuint (hls_segment (second, second->segments->len - 1)->dsn, ==, 1);
  check_same_places (first, second);
  hls_playlist_free (before[0]);
  hls_playlist_free (before[1]);
  two_stop (&again);
  two_clear (&again);
  two_clear (&t);
}

/* Two of one name would write one file. */
static void
test_same_name (void)
{
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("hlsadsink", NULL));
  GstBus *bus = gst_bus_new ();
  GstMessage *m;

  gst_element_set_bus (element, bus);
  g_object_set (element, "location", "/nowhere", NULL);
  for (guint i = 0; i < PADS; i++) {
    GstPad *pad = gst_element_request_pad_simple (element, "sink_%u");

    g_object_set (pad, "rendition", "same", NULL);
    gst_object_unref (pad);
  }
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_FAILURE);
  m = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (m);
  gst_message_unref (m);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

static const struct
{
  const gchar *name;
  GTestDataFunc test;
} tests[] = {
  {"two", test_two}, {"late", test_late}, {"stalls", test_stalls}, {"one-ends", test_one_ends},
  {"restart", test_restart},
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree gchar *plain = g_strconcat ("/hlsadsink/renditions/", tests[i].name, NULL);
    g_autofree gchar *parts = g_strconcat ("/hlsadsink/renditions/parts/", tests[i].name, NULL);

    g_test_add_data_func (plain, GUINT_TO_POINTER (0), tests[i].test);
    g_test_add_data_func (parts, GUINT_TO_POINTER (1), tests[i].test);
  }
  g_test_add_func ("/hlsadsink/renditions/same-name", test_same_name);
  return g_test_run ();
}
