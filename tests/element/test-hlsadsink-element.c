/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hlsadsink in a harness: as an element among others, with a disk and a port that are not as
 * they should be.
 */
#include "hls-fixture.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define SECOND ASP_SECOND_90K

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

  hls_plain_stream (&s, 30);
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

  hls_plain_stream (&s, 30);
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

  hls_plain_stream (&s, 10);
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
  hls_plain_stream (&s, 4);
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
  hls_plain_stream (&s, 5);
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

  hls_plain_stream (&s, 6);
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

  hls_plain_stream (&s, 4);
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

  hls_plain_stream (&s, 5);
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

  hls_plain_stream (&s, 5);
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

  hls_plain_stream (&s, 5);
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
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
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
