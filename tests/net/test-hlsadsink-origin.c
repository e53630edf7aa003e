/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What hlsadsink serves and sends away, over real sockets: blocking reload, TLS, uploads. */
#include "http-fixture.h"
#include "put-receiver.h"
#include "scratch.h"

#include <glib/gstdio.h>
#include <string.h>

#include "../element/hls-fixture.h"

#define PLAYLIST "/live/playlist.m3u8"

/* A stream of which a test pushes as much as it wants at a time. */
typedef struct
{
  Synth synth;
  guint next;                   /* unit */
} Stream;

static void
stream_init (Stream * s, guint seconds)
{
  memset (s, 0, sizeof *s);
  synth_init (&s->synth, 1);
  synth_add_video (&s->synth, &(SynthVideo) {.source = 1,.start_pts90k = ASP_SECOND_90K,
      .frames = seconds * 25,.gop = 25});
  synth_add_audio (&s->synth, SYNTH_AUDIO_PID, 1, ASP_SECOND_90K,
      (guint) (seconds * ASP_SECOND_90K / SYNTH_AUDIO_FRAME_90K), 1, 9000);
  synth_sort (&s->synth);
}

/* Up to that second of it. */
static void
feed (HlsFixture * f, Stream * s, guint seconds)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (; s->next < s->synth.units->len; s->next++) {
    const SynthUnit *u = &g_array_index (s->synth.units, SynthUnit, s->next);

    if (u->mux_90k >= (1 + (gint64) seconds) * ASP_SECOND_90K)
      break;
    if (u->rap || s->next == 0)
      synth_write_psi (&s->synth, bytes);
    synth_write_unit (&s->synth, u, bytes);
  }
  if (bytes->len > 0)
    g_assert_cmpint (hls_push (f, bytes), ==, GST_FLOW_OK);
}

static guint16
port_of (HlsFixture * f)
{
  g_autofree gchar *address = NULL;

  g_object_get (f->element, "listen", &address, NULL);
  return (guint16) g_ascii_strtoull (strrchr (address, ':') + 1, NULL, 10);
}

static gchar *
text_of (Reply * r)
{
  return g_strndup ((const gchar *) r->body, r->body_size);
}

static gchar *
file_text (HlsFixture * f, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (f->folder, name, NULL);
  gchar *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

/* Its playlist over HTTP, when it lists @n segments. */
static gchar *
wait_served (HlsFixture * f, guint n)
{
  for (guint i = 0; i < PATIENCE * 1000; i++) {
    g_autoptr (Reply) r = ask (port_of (f), "GET", PLAYLIST, NULL);
    g_autofree gchar *text = text_of (r);
    g_auto (GStrv) pieces = g_strsplit (text, "#EXTINF", -1);

    if (r->status == 200 && g_strv_length (pieces) > n)
      return g_steal_pointer (&text);
    g_usleep (10000);
  }
  g_assert_not_reached ();
}

/* ... and all that was pushed. */
static gchar *
wait_settled (HlsFixture * f, guint n)
{
  g_autofree gchar *before = NULL;
  gchar *text = wait_served (f, n);

  do {
    g_free (before);
    before = text;
    g_usleep (300000);
    text = wait_served (f, n);
  } while (strcmp (before, text));
  return text;
}

/* MEDIA-SEQUENCE of the segment that comes next. */
static guint64
next_number (const gchar * text)
{
  g_auto (GStrv) pieces = g_strsplit (text, "#EXTINF", -1);

  return g_ascii_strtoull (strstr (text, "MEDIA-SEQUENCE:") + 15, NULL, 10) +
      g_strv_length (pieces) - 1;
}

static GSocketConnection *
request (HlsFixture * f, const gchar * target)
{
  g_autofree gchar *text = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
  GSocketConnection *c = dial (port_of (f));

  g_assert_true (send_text (c, text));
  return c;
}

static gboolean
has_answer (GSocketConnection * c)
{
  return g_socket_condition_check (g_socket_connection_get_socket (c), G_IO_IN) != 0;
}

/* -- tests -- */

/* Held until the segment is there; and the end of the stream is an answer to everybody. */
static void
test_reload (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("listen=127.0.0.1:0");
  g_autofree gchar *served = NULL, *in_folder = NULL;
  g_autoptr (GSocketConnection) next = NULL, later = NULL, ended = NULL;
  GSocketConnection *lazy[20];
  Stream s;

  stream_init (&s, 30);
  feed (f, &s, 9);
  served = wait_served (f, 3);
  g_assert_nonnull (strstr (served, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK="));
  /* who reads the folder has nobody to hold his request */
  hls_wait_segments (f, 4);
  in_folder = file_text (f, "playlist.m3u8");
  g_assert_null (strstr (in_folder, "SERVER-CONTROL"));
  /* in the way of nobody: half a request, and nothing at all */
  for (guint i = 0; i < G_N_ELEMENTS (lazy); i++) {
    lazy[i] = dial (port_of (f));
    if (i % 2)
      send_text (lazy[i], "GET " PLAYLIST);
  }
  next = request (f, PLAYLIST "?_HLS_msn=4");
  later = request (f, PLAYLIST "?_HLS_msn=5");
  g_usleep (200000);
  g_assert_false (has_answer (next));
  feed (f, &s, 11);
  {
    g_autoptr (Reply) r = read_reply (next);
    g_autofree gchar *text = text_of (r);

    g_assert_cmpuint (r->status, ==, 200);
    g_assert_nonnull (strstr (text, "\nm/v0-00000004.ts\n"));
    g_assert_true (has_header (r, "cache-control: max-age=0, s-maxage=12"));
  }
  g_assert_false (has_answer (later));
  ended = request (f, PLAYLIST "?_HLS_msn=6");
  g_assert_true (hls_finish (f));
  {
    g_autoptr (Reply) r = read_reply (ended);
    g_autofree gchar *text = text_of (r);

    g_assert_cmpuint (r->status, ==, 200);
    g_assert_true (g_str_has_suffix (text, "#EXT-X-ENDLIST\n"));
    reply_free (read_reply (later));
  }
  for (guint i = 0; i < G_N_ELEMENTS (lazy); i++)
    g_object_unref (lazy[i]);
  synth_clear (&s.synth);
}

/* A stop with requests held; the next run serves anew, and goes on where the last one was. */
static void
test_stop (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("listen=127.0.0.1:0");
  Stream s;

  stream_init (&s, 60);
  for (guint run = 0; run < 3; run++) {
    GSocketConnection *held[10];
    GstSegment segment;
    g_autofree gchar *text = NULL;
    guint64 next;
    gint64 start_us;

    feed (f, &s, 12 * (run + 1));
    text = wait_settled (f, 5);
    next = next_number (text);
    /* the one after the next: not there before this run is over */
    for (guint i = 0; i < G_N_ELEMENTS (held); i++) {
      g_autofree gchar *target = g_strdup_printf (PLAYLIST "?_HLS_msn=%" G_GUINT64_FORMAT,
          next + 1);

      held[i] = request (f, target);
    }
    g_usleep (100000);
    start_us = g_get_monotonic_time ();
    gst_element_set_state (f->element, GST_STATE_READY);
    g_assert_cmpint (g_get_monotonic_time () - start_us, <, PATIENCE * 2 * G_USEC_PER_SEC);
    for (guint i = 0; i < G_N_ELEMENTS (held); i++) {
      g_autoptr (GByteArray) rest = read_to_end (held[i]);

      g_assert_cmpuint (rest->len, ==, 0);
      g_object_unref (held[i]);
    }
    gst_element_set_state (f->element, GST_STATE_PLAYING);
    /* what was listed is there before anything comes */
    g_free (text);
    text = wait_served (f, 5);
    g_assert_nonnull (strstr (text, "CAN-BLOCK-RELOAD"));
    gst_segment_init (&segment, GST_FORMAT_BYTES);
    gst_pad_push_event (f->h->srcpad, gst_event_new_stream_start ("again"));
    gst_pad_push_event (f->h->srcpad, gst_event_new_segment (&segment));
  }
  synth_clear (&s.synth);
}

/* Parts are for who can be held: the origin has them, and the folder only where there is none. */
static void
test_parts (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("listen=127.0.0.1:0 part-duration=0.4 part-align=any");
  g_autofree gchar *served = NULL, *in_folder = NULL, *hinted = NULL, *target = NULL;
  g_autoptr (GSocketConnection) part = NULL;
  Stream s;

  stream_init (&s, 30);
  feed (f, &s, 9);
  served = wait_served (f, 3);
  g_assert_nonnull (strstr (served, "#EXT-X-PART-INF:PART-TARGET="));
  g_assert_nonnull (strstr (served, "#EXT-X-PART:DURATION="));
  hls_wait_segments (f, 4);
  in_folder = file_text (f, "playlist.m3u8");
  g_assert_null (strstr (in_folder, "PART"));
  g_free (served);
  served = wait_settled (f, 4);
  hinted = g_strdup (strstr (served, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"") +
      strlen ("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\""));
  *strchr (hinted, '"') = '\0';
  target = g_strconcat ("/live/", hinted, NULL);
  part = request (f, target);
  g_usleep (200000);
  g_assert_false (has_answer (part));
  feed (f, &s, 11);
  {
    g_autoptr (Reply) r = read_reply (part);
    g_autoptr (GBytes) bytes = hls_media (f, hinted);

    g_assert_cmpuint (r->status, ==, 200);
    g_assert_cmpmem (r->body, r->body_size, g_bytes_get_data (bytes, NULL),
        g_bytes_get_size (bytes));
  }
  synth_clear (&s.synth);
}

static void
test_base_url (void)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("listen=127.0.0.1:0 base-url=https://cdn.example.com/a");
  g_autofree gchar *served = NULL, *in_folder = NULL, *master = NULL;
  Stream s;

  stream_init (&s, 20);
  feed (f, &s, 9);
  served = wait_served (f, 3);
  g_assert_nonnull (strstr (served, "\nhttps://cdn.example.com/a/m/v0-00000002.ts\n"));
  hls_wait_segments (f, 4);
  in_folder = file_text (f, "playlist.m3u8");
  g_assert_nonnull (strstr (in_folder, "\nhttps://cdn.example.com/a/m/v0-00000002.ts\n"));
  g_assert_true (hls_finish (f));
  master = file_text (f, "master.m3u8");
  g_assert_nonnull (strstr (master, "\nplaylist.m3u8\n"));
  synth_clear (&s.synth);
}

/* (element-type gchar *): URIs of media in the playlist of the folder */
static GPtrArray *
media_names (HlsFixture * f)
{
  g_autoptr (HlsPlaylist) list = hls_playlist (f);
  GPtrArray *all = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < list->segments->len; i++)
    g_ptr_array_add (all, g_strdup (hls_segment (list, i)->uri));
  return all;
}

static void
run_of_sessions (GPtrArray ** media)
{
  g_autoptr (HlsFixture) f = hls_fixture_new ("listen=127.0.0.1:0 sessions=required");
  g_autofree gchar *target = NULL, *secret = g_build_filename (f->folder, ".live.secret", NULL);
  g_autoptr (Reply) playlist = NULL, master = NULL, segment = NULL, hidden = NULL;
  GStatBuf st;
  Stream s;

  stream_init (&s, 20);
  feed (f, &s, 9);
  hls_wait_segments (f, 4);
  playlist = ask (port_of (f), "GET", PLAYLIST, NULL);
  g_assert_cmpuint (playlist->status, ==, 404);
  master = ask (port_of (f), "GET", "/live/master.m3u8", NULL);
  g_assert_cmpuint (master->status, ==, 404);
  *media = media_names (f);
  target = g_strconcat ("/live/", g_ptr_array_index (*media, 0), NULL);
  segment = ask (port_of (f), "GET", target, NULL);
  g_assert_cmpuint (segment->status, ==, 200);
  hidden = ask (port_of (f), "GET", "/live/.live.secret", NULL);
  g_assert_cmpuint (hidden->status, ==, 404);
  g_assert_cmpint (g_stat (secret, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 0777, ==, 0600);
  g_assert_cmpint (st.st_size, ==, 32);
  synth_clear (&s.synth);
}

/* Only sessions see playlists, and no name of a medium says which one comes next. */
static void
test_sessions (void)
{
  g_autoptr (GPtrArray) media = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  run_of_sessions (&media);
  g_assert_cmpuint (media->len, >=, 4);
  for (guint i = 0; i < media->len; i++) {
    const gchar *name = g_ptr_array_index (media, i);

    g_assert_true (g_regex_match_simple ("^m/[A-Za-z0-9_-]{22}\\.ts$", name, 0, 0));
    g_assert_true (g_hash_table_add (seen, (gpointer) name));
  }
}

/* -- uploads -- */

static HlsFixture *
pushing (PutReceiver * r, const gchar * more)
{
  g_autofree gchar *properties = g_strdup_printf ("push-url=http://127.0.0.1:%u/in %s",
      put_receiver_port (r), more);

  return hls_fixture_new (properties);
}

/* Every file that is in @folder of the channel came there too, byte for byte. */
static guint
check_folder (HlsFixture * f, PutReceiver * r, const gchar * folder)
{
  g_autofree gchar *path = g_build_filename (f->folder, folder, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir))) {
    g_autofree gchar *file = g_build_filename (folder, name, NULL);
    g_autofree gchar *target = g_strconcat ("/in/", *folder ? file : name, NULL);
    g_autoptr (GBytes) bytes = NULL;
    const Received *x = put_receiver_find (r, "PUT", target);

    if (!g_str_has_suffix (name, ".ts") && !g_str_has_suffix (name, ".m3u8")) {
      g_assert_null (x);
      continue;
    }
    g_test_message ("%s", target);
    g_assert_nonnull (x);
    bytes = hls_media (f, *folder ? file : name);
    g_assert_true (g_bytes_equal (bytes, x->body));
    n++;
  }
  return n;
}

static gboolean
names (const Received * playlist, const gchar * path)
{
  gsize size;
  const gchar *text = g_bytes_get_data (playlist->body, &size);

  return g_str_has_suffix (playlist->path, "/playlist.m3u8") &&
      g_strstr_len (text, (gssize) size, path + strlen ("/in/"));
}

/* No playlist before what it names. */
static void
check_order (PutReceiver * r)
{
  for (guint i = 0; i < put_receiver_count (r); i++) {
    const Received *media = put_receiver_get (r, i);

    for (guint k = 0; k < i && g_str_has_suffix (media->path, ".ts") &&
        !strcmp (media->method, "PUT"); k++)
      g_assert_false (names (put_receiver_get (r, k), media->path));
  }
}

static void
test_push (void)
{
  PutReceiver *r = put_receiver_new (201);
  HlsFixture *f = pushing (r, "playlist-length=3");
  const Received *x;
  Stream s;

  stream_init (&s, 60);
  feed (f, &s, 60);
  g_assert_true (hls_finish (f));
  /* a stop waits for what is on its way */
  gst_element_set_state (f->element, GST_STATE_READY);
  g_assert_cmpuint (check_folder (f, r, ""), ==, 2);
  g_assert_cmpuint (check_folder (f, r, "m"), >=, 3);
  check_order (r);
  x = put_receiver_find (r, "PUT", "/in/playlist.m3u8");
  g_assert_nonnull (strstr (x->head, "\ncontent-type: application/vnd.apple.mpegurl\n"));
  g_assert_nonnull (strstr (x->head, "\ncache-control: max-age=1\n"));
  x = put_receiver_find (r, "PUT", "/in/m/v0-00000000.ts");
  g_assert_nonnull (strstr (x->head, "\ncontent-type: video/mp2t\n"));
  g_assert_nonnull (strstr (x->head, "\ncache-control: max-age=12, immutable\n"));
  /* what is gone here goes there */
  g_assert_nonnull (put_receiver_find (r, "DELETE", "/in/m/v0-00000000.ts"));
  g_assert_null (put_receiver_find (r, "DELETE", "/in/m/v0-00000029.ts"));
  synth_clear (&s.synth);
  hls_fixture_free (f);
  put_receiver_free (r);
}

/* The other origin refuses: one warning that says why, and the channel goes on here. */
static void
test_push_refused (void)
{
  PutReceiver *r = put_receiver_new (403);
  HlsFixture *f = pushing (r, "playlist-length=0");
  g_autoptr (HlsPlaylist) list = NULL;
  g_autoptr (GError) error = NULL;
  GstMessage *m;
  Stream s;

  stream_init (&s, 30);
  feed (f, &s, 30);
  m = hls_wait_message (f, GST_MESSAGE_WARNING, HLS_PATIENCE);
  g_assert_nonnull (m);
  gst_message_parse_warning (m, &error, NULL);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "403"));
  g_assert_nonnull (strstr (error->message, "user and password"));
  gst_message_unref (m);
  g_assert_true (hls_finish (f));
  gst_element_set_state (f->element, GST_STATE_READY);
  g_assert_cmpuint (hls_count_messages (f, GST_MESSAGE_WARNING), ==, 0);
  list = hls_playlist (f);
  g_assert_cmpuint (list->segments->len, ==, 15);
  synth_clear (&s.synth);
  hls_fixture_free (f);
  put_receiver_free (r);
}

/* -- TLS -- */

static gboolean
make_certificate (const gchar * certificate, const gchar * key)
{
  const gchar *argv[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
    "-subj", "/CN=localhost", NULL
  };
  int status = -1;

  return g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH |
      G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status,
      NULL) && g_spawn_check_wait_status (status, NULL);
}

static gboolean
accept_any (GTlsConnection * c, GTlsCertificate * peer, GTlsCertificateFlags errors, gpointer data)
{
  return TRUE;
}

/* Status of a playlist over TLS. */
static gboolean
serves_over_tls (guint16 port)
{
  static const gchar get[] = "GET " PLAYLIST " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  g_autoptr (GSocketConnection) plain = dial (port);
  g_autoptr (GIOStream) tls = g_tls_client_connection_new (G_IO_STREAM (plain), NULL, NULL);
  gchar piece[12] = "";
  gsize n = 0;

  g_signal_connect (tls, "accept-certificate", G_CALLBACK (accept_any), NULL);
  return g_output_stream_write_all (g_io_stream_get_output_stream (tls), get, strlen (get), NULL,
      NULL, NULL) && g_input_stream_read_all (g_io_stream_get_input_stream (tls), piece,
      sizeof piece, &n, NULL, NULL) && !memcmp (piece, "HTTP/1.1 200", 12);
}

static void
test_tls (void)
{
  g_autofree gchar *folder = scratch_folder_new ("tls");
  g_autofree gchar *certificate = g_build_filename (folder, "cert.pem", NULL);
  g_autofree gchar *key = g_build_filename (folder, "key.pem", NULL);
  Stream s;

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ())) {
    g_test_skip ("GIO has no TLS here (glib-networking)");
  } else if (!make_certificate (certificate, key)) {
    g_test_skip ("openssl is not installed");
  } else {
    g_autofree gchar *properties = g_strdup_printf ("listen=127.0.0.1:0 tls-certificate=%s "
        "tls-key=%s", certificate, key);
    g_autoptr (HlsFixture) f = hls_fixture_new (properties);
    g_autofree gchar *set = NULL;

    stream_init (&s, 20);
    feed (f, &s, 12);
    hls_wait_segments (f, 4);
    g_assert_true (serves_over_tls (port_of (f)));
    g_object_get (f->element, "tls-key", &set, NULL);
    g_assert_cmpstr (set, ==, key);
    synth_clear (&s.synth);
  }
  remove_tree (folder);
}

/* -- what cannot work is said at the start -- */

static void
check_refused (const gchar * properties, const gchar * in_message)
{
  GstElement *element = gst_object_ref_sink (gst_element_factory_make ("hlsadsink", NULL));
  g_auto (GStrv) words = g_strsplit (properties, " ", -1);
  GstBus *bus = gst_bus_new ();
  g_autoptr (GError) error = NULL;
  GstMessage *m;

  gst_element_set_bus (element, bus);
  g_object_set (element, "location", "/nowhere", NULL);
  for (guint i = 0; words[i]; i++) {
    gchar *equals = strchr (words[i], '=');

    *equals = '\0';
    gst_util_set_object_arg (G_OBJECT (element), words[i], equals + 1);
  }
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
test_refused (void)
{
  check_refused ("listen=127.0.0.1:0 tls-certificate=/nowhere/cert.pem", "/nowhere/cert.pem");
  check_refused ("listen=127.0.0.1:0 tls-key=/nowhere/key.pem", "tls-certificate");
  check_refused ("push-url=ftp://example.com/", "ftp");
  check_refused ("push-url=nonsense", "nonsense");
  check_refused ("base-url=a\"b", "base-url");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/hlsadsink/origin/reload", test_reload);
  g_test_add_func ("/hlsadsink/origin/stop", test_stop);
  g_test_add_func ("/hlsadsink/origin/parts", test_parts);
  g_test_add_func ("/hlsadsink/origin/base-url", test_base_url);
  g_test_add_func ("/hlsadsink/origin/sessions", test_sessions);
  g_test_add_func ("/hlsadsink/origin/push", test_push);
  g_test_add_func ("/hlsadsink/origin/push-refused", test_push_refused);
  g_test_add_func ("/hlsadsink/origin/tls", test_tls);
  g_test_add_func ("/hlsadsink/origin/refused", test_refused);
  return g_test_run ();
}
