/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The uploader against a server on the loopback address that takes files, fails in every
 * way, and writes down what came in which order; and the order of the queue by itself.
 */
#include "patience.h"

#include <asp-http-upload-queue.h>
#include <asp-http-uploader.h>

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND G_USEC_PER_SEC
#define HEAD_MAX 8192

/* -- the queue -- */

static AspHttpUpload *
add (AspHttpUploadQueue * q, const gchar * name, gsize size)
{
  g_autofree gchar *data = g_malloc0 (size + 1);
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  gboolean playlist = g_str_has_suffix (name, ".m3u8");
  AspHttpUpload *u = asp_http_upload_new (name[0] == '-' ? ASP_HTTP_UPLOAD_REMOVE :
      playlist ? ASP_HTTP_UPLOAD_PLAYLIST : ASP_HTTP_UPLOAD_MEDIA, name, NULL,
      name[0] == '-' ? NULL : bytes);

  g_assert_cmpuint (asp_http_upload_queue_add (q, u), ==, 0);
  return u;
}

/* The name of the next one to begin, or "" with the time to wait. */
static const gchar *
begin (AspHttpUploadQueue * q, gint64 now_us, AspHttpUpload ** out, gint64 * wake_us)
{
  gint64 unused;
  AspHttpUpload *u = asp_http_upload_queue_next (q, now_us, wake_us ? wake_us : &unused);

  if (out)
    *out = u;
  return u ? u->name : "";
}

static void
test_order (void)
{
  AspHttpUploadQueue q;
  AspHttpUpload *a, *b, *list, *next;

  asp_http_upload_queue_init (&q, G_MAXSIZE, 2, 10 * SECOND);
  add (&q, "a.ts", 1);
  add (&q, "b.ts", 1);
  add (&q, "p.m3u8", 1);
  add (&q, "-old.ts", 0);
  add (&q, "c.ts", 1);
  g_assert_cmpstr (begin (&q, 1, &a, NULL), ==, "a.ts");
  g_assert_cmpstr (begin (&q, 1, &b, NULL), ==, "b.ts");
  /* two at a time, and the playlist behind both */
  g_assert_cmpstr (begin (&q, 1, NULL, NULL), ==, "");
  asp_http_upload_queue_finish (&q, b);
  g_assert_cmpstr (begin (&q, 1, &b, NULL), ==, "c.ts");
  g_assert_cmpstr (begin (&q, 1, NULL, NULL), ==, "");
  asp_http_upload_queue_finish (&q, a);
  g_assert_cmpstr (begin (&q, 1, &list, NULL), ==, "p.m3u8");
  /* what is removed is still in the playlist before */
  g_assert_cmpstr (begin (&q, 1, NULL, NULL), ==, "");
  add (&q, "p.m3u8", 2);
  asp_http_upload_queue_finish (&q, list);
  g_assert_cmpstr (begin (&q, 1, &next, NULL), ==, "-old.ts");
  asp_http_upload_queue_finish (&q, next);
  /* the second version waits for c */
  g_assert_cmpstr (begin (&q, 1, NULL, NULL), ==, "");
  asp_http_upload_queue_finish (&q, b);
  g_assert_cmpstr (begin (&q, 1, &list, NULL), ==, "p.m3u8");
  asp_http_upload_queue_clear (&q);
  g_assert_cmpuint (q.bytes, ==, 0);
}

static void
test_versions (void)
{
  AspHttpUploadQueue q;
  AspHttpUpload *u;

  asp_http_upload_queue_init (&q, G_MAXSIZE, 4, 10 * SECOND);
  for (guint i = 1; i <= 10; i++)
    add (&q, "p.m3u8", i);
  add (&q, "q.m3u8", 99);
  g_assert_cmpuint (q.uploads.length, ==, 3);
  begin (&q, 1, &u, NULL);
  g_assert_cmpuint (g_bytes_get_size (u->bytes), ==, 1);
  /* another playlist does not wait; the same one does */
  g_assert_cmpstr (begin (&q, 1, NULL, NULL), ==, "q.m3u8");
  g_assert_cmpstr (begin (&q, 1, NULL, NULL), ==, "");
  asp_http_upload_queue_finish (&q, u);
  begin (&q, 1, &u, NULL);
  g_assert_cmpuint (g_bytes_get_size (u->bytes), ==, 10);
  asp_http_upload_queue_clear (&q);
}

static void
test_retry (void)
{
  AspHttpUploadQueue q;
  AspHttpUpload *a;
  gint64 now_us = 1, wake_us, last_pause_us = 0;
  guint attempts = 0;

  asp_http_upload_queue_init (&q, G_MAXSIZE, 4, 20 * SECOND);
  add (&q, "a.ts", 1);
  add (&q, "p.m3u8", 1);
  g_assert_cmpstr (begin (&q, now_us, &a, NULL), ==, "a.ts");
  while (asp_http_upload_queue_retry (&q, a, now_us, 512)) {
    attempts++;
    /* the playlist does not overtake it */
    g_assert_cmpstr (begin (&q, now_us, NULL, &wake_us), ==, "");
    g_assert_cmpint (wake_us, >, now_us);
    g_assert_cmpint (wake_us - now_us, >=, last_pause_us);
    g_assert_cmpint (wake_us - now_us, <=, 5 * SECOND);
    last_pause_us = wake_us - now_us;
    now_us = wake_us;
    g_assert_cmpstr (begin (&q, now_us, NULL, NULL), ==, "a.ts");
  }
  g_assert_cmpuint (attempts, >=, 6);
  g_assert_cmpint (now_us, <=, 20 * SECOND);
  asp_http_upload_queue_finish (&q, a);
  g_assert_cmpstr (begin (&q, now_us, NULL, NULL), ==, "p.m3u8");
  asp_http_upload_queue_clear (&q);
}

static void
test_full (void)
{
  AspHttpUploadQueue q;
  AspHttpUpload *running;
  g_autofree gchar *data = g_malloc0 (40000);
  g_autoptr (GBytes) bytes = g_bytes_new (data, 40000);
  g_autoptr (GBytes) huge = g_bytes_new_take (g_malloc0 (200000), 200000);

  asp_http_upload_queue_init (&q, 100000, 1, SECOND);
  add (&q, "a.ts", 40000);
  begin (&q, 1, &running, NULL);
  add (&q, "p.m3u8", 100);
  add (&q, "b.ts", 40000);
  /* the one that runs stays, the oldest that waits goes */
  g_assert_cmpuint (asp_http_upload_queue_add (&q, asp_http_upload_new (ASP_HTTP_UPLOAD_MEDIA,
              "c.ts", NULL, bytes)), ==, 1);
  g_assert_cmpuint (q.uploads.length, ==, 3);
  g_assert_cmpstr (((AspHttpUpload *) q.uploads.tail->data)->name, ==, "c.ts");
  g_assert_cmpuint (q.bytes, <=, 100000);
  /* what does not fit at all is given up itself */
  g_assert_cmpuint (asp_http_upload_queue_add (&q, asp_http_upload_new (ASP_HTTP_UPLOAD_MEDIA,
              "d.ts", NULL, huge)), >=, 1);
  g_assert_cmpuint (q.uploads.length, ==, 1);
  asp_http_upload_queue_clear (&q);
}

/* -- the other origin -- */

typedef enum
{
  FAULT_NONE,
  FAULT_BUSY,                   /* 503 */
  FAULT_FORBIDDEN,
  FAULT_MOVED,
  FAULT_CLOSE,                  /* in the middle of the body */
  FAULT_STALL,                  /* takes it and never answers */
  FAULT_GARBAGE,
} Fault;

typedef struct
{
  GSocketService *service;
  GCancellable *stop;
  guint16 port;
  GMutex lock;
  GCond cond;
  GString *log;                 /* "PUT name size;" of what has been taken */
  guint n_connections;          /* accepted and not done with */
  Fault fault;
  gint n_faults;                /* so many requests meet it; -1 = all */
  const gchar *only;            /* nullable: of that name */
  gchar *last_head;
} Other;

static Fault
fault_for (Other * o, const gchar * name)
{
  Fault fault = FAULT_NONE;

  g_mutex_lock (&o->lock);
  if (o->n_faults != 0 && (!o->only || strstr (name, o->only))) {
    fault = o->fault;
    if (o->n_faults > 0)
      o->n_faults--;
  }
  g_mutex_unlock (&o->lock);
  return fault;
}

static void
write_text (GSocketConnection * c, const gchar * text)
{
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (c)), text, strlen (text),
      NULL, NULL, NULL);
}

/* The head with its empty line, or NULL at the end. */
static gchar *
read_head (Other * o, GDataInputStream * in)
{
  GString *head = g_string_new (NULL);
  gchar *line;

  while ((line = g_data_input_stream_read_line (in, NULL, o->stop, NULL)) != NULL) {
    g_string_append_printf (head, "%s\n", line);
    if (*line == '\0' || *line == '\r') {
      g_free (line);
      return g_string_free (head, FALSE);
    }
    g_free (line);
  }
  g_string_free (head, TRUE);
  return NULL;
}

/* FALSE when the connection is over. */
static gboolean
serve_one (Other * o, GSocketConnection * c, GDataInputStream * in)
{
  g_autofree gchar *head = read_head (o, in);
  g_autofree gchar *lower = head ? g_ascii_strdown (head, -1) : NULL;
  const gchar *length = lower ? strstr (lower, "\ncontent-length: ") : NULL;
  gsize size = length ? (gsize) atol (length + 17) : 0, got = 0;
  g_autofree guint8 *body = g_malloc (size + 1);
  g_auto (GStrv) words = NULL;
  Fault fault;

  if (!head)
    return FALSE;
  words = g_strsplit (head, " ", 3);
  fault = fault_for (o, words[1]);
  if (fault == FAULT_CLOSE)
    size = size / 2;
  if (!g_input_stream_read_all (G_INPUT_STREAM (in), body, size, &got, o->stop, NULL) || got < size)
    return FALSE;
  if (fault == FAULT_STALL) {
    /* until the other side has had enough */
    g_input_stream_read_all (G_INPUT_STREAM (in), body, 1, &got, o->stop, NULL);
    return FALSE;
  }
  if (fault == FAULT_CLOSE)
    return FALSE;
  g_mutex_lock (&o->lock);
  g_free (o->last_head);
  o->last_head = g_steal_pointer (&lower);
  if (fault == FAULT_NONE)
    g_string_append_printf (o->log, "%s %s %" G_GSIZE_FORMAT ";", words[0], words[1], size);
  g_cond_broadcast (&o->cond);
  g_mutex_unlock (&o->lock);
  if (fault == FAULT_NONE)
    write_text (c, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
  else if (fault == FAULT_BUSY)
    write_text (c, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  else if (fault == FAULT_FORBIDDEN)
    write_text (c, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
  else if (fault == FAULT_MOVED)
    write_text (c, "HTTP/1.1 302 There\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
  else
    write_text (c, "\x01\x02\x03 what?\r\n\r\n");
  return fault != FAULT_GARBAGE;
}

static gboolean
on_incoming (GSocketService * service, GSocketConnection * c, GObject * source, gpointer data)
{
  Other *o = data;

  g_mutex_lock (&o->lock);
  o->n_connections++;
  g_mutex_unlock (&o->lock);
  return FALSE;                 /* on_run() has it next, in a thread of its own */
}

static gboolean
on_run (GThreadedSocketService * service, GSocketConnection * c, GObject * source, gpointer data)
{
  GDataInputStream *in = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (c)));
  Other *o = data;

  while (serve_one (o, c, in))
    continue;
  g_object_unref (in);
  g_mutex_lock (&o->lock);
  o->n_connections--;
  g_cond_broadcast (&o->cond);
  g_mutex_unlock (&o->lock);
  return TRUE;
}

static gpointer
run_loop (gpointer loop)
{
  g_main_loop_run (loop);
  return NULL;
}

static GMainLoop *loop;
static GThread *loop_thread;

static void
other_setup (Other * o, gconstpointer data)
{
  o->stop = g_cancellable_new ();
  o->log = g_string_new (NULL);
  g_mutex_init (&o->lock);
  g_cond_init (&o->cond);
  o->service = g_threaded_socket_service_new (32);
  o->port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (o->service), NULL, NULL);
  g_assert_cmpuint (o->port, !=, 0);
  g_signal_connect (o->service, "incoming", G_CALLBACK (on_incoming), o);
  g_signal_connect (o->service, "run", G_CALLBACK (on_run), o);
  loop = g_main_loop_new (NULL, FALSE);
  loop_thread = g_thread_new ("other", run_loop, loop);
}

static void
other_teardown (Other * o, gconstpointer data)
{
  g_cancellable_cancel (o->stop);
  g_socket_service_stop (o->service);
  g_socket_listener_close (G_SOCKET_LISTENER (o->service));
  g_main_loop_quit (loop);
  g_thread_join (loop_thread);
  g_main_loop_unref (loop);
  g_mutex_lock (&o->lock);
  while (o->n_connections > 0)
    g_cond_wait (&o->cond, &o->lock);
  g_mutex_unlock (&o->lock);
  g_object_unref (o->service);
  g_object_unref (o->stop);
  g_string_free (o->log, TRUE);
  g_free (o->last_head);
  g_mutex_clear (&o->lock);
  g_cond_clear (&o->cond);
}

typedef struct
{
  gint trouble, recovered;      /* atomic */
  gchar *text;                  /* of the first trouble */
} Told;

static void
on_trouble (const GError * error, gpointer user_data)
{
  Told *told = user_data;

  g_assert_nonnull (error);
  if (!told->text)
    told->text = g_strdup (error->message);
  g_atomic_int_inc (&told->trouble);
}

static void
on_recovered (gpointer user_data)
{
  g_atomic_int_inc (&((Told *) user_data)->recovered);
}

static const AspHttpUploaderFuncs told_funcs = { on_trouble, on_recovered };

static AspHttpUploader *
uploader_for (Other * o, const AspHttpUploaderConfig * config, Told * told)
{
  AspHttpUploaderConfig own = *config;
  g_autofree gchar *url = g_strdup_printf ("http://us%%40er:pa%%3Ass@127.0.0.1:%u/in", o->port);
  AspHttpUploader *u;
  g_autoptr (GError) error = NULL;

  own.base_url = url;
  u = asp_http_uploader_new (&own, &told_funcs, told, &error);
  g_assert_no_error (error);
  return u;
}

static void
put (AspHttpUploader * u, const gchar * name, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (size + 1), size);

  asp_http_uploader_put (u, name, "max-age=5", bytes);
}

static void
test_sent (Other * o, gconstpointer data)
{
  const AspHttpUploaderConfig config = {.parallel = 1,.remove_old = TRUE };
  Told told = { 0 };
  AspHttpUploader *u = uploader_for (o, &config, &told);
  AspHttpUploaderStats stats;

  put (u, "m/a b.ts", 100000);
  put (u, "playlist.m3u8", 10);
  asp_http_uploader_remove (u, "m/old.ts");
  put (u, "m/empty.ts", 0);
  asp_http_uploader_free (u, 5000);
  g_assert_cmpstr (o->log->str, ==, "PUT /in/m/a%20b.ts 100000;PUT /in/playlist.m3u8 10;"
      "DELETE /in/m/old.ts 0;PUT /in/m/empty.ts 0;");
  g_assert_nonnull (strstr (o->last_head, "authorization: basic dxnaz"));
  g_assert_cmpint (told.trouble, ==, 0);
  u = uploader_for (o, &config, &told);
  put (u, "x.m3u8", 3);
  for (guint i = 0; i < 100; i++) {
    asp_http_uploader_get_stats (u, &stats);
    if (stats.sent)
      break;
    g_usleep (20000);
  }
  g_assert_cmpuint (stats.sent, ==, 1);
  g_assert_cmpuint (stats.sent_bytes, ==, 3);
  g_assert_nonnull (strstr (o->last_head, "content-type: application/vnd.apple.mpegurl"));
  g_assert_nonnull (strstr (o->last_head, "cache-control: max-age=5"));
  asp_http_uploader_free (u, 0);
}

/* What comes in while the answer to the last one is dealt with is not forgotten: neither when
 * the uploader is to end then, nor when it goes on and nothing more comes. */
static void
test_at_the_answer (Other * o, gconstpointer data)
{
  const AspHttpUploaderConfig config = {.parallel = 1 };
  Told told = { 0 };

  for (guint i = 0; i < 200; i++) {
    AspHttpUploader *u = uploader_for (o, &config, &told);

    g_mutex_lock (&o->lock);
    g_string_truncate (o->log, 0);
    g_mutex_unlock (&o->lock);
    put (u, "a.ts", 1);
    g_mutex_lock (&o->lock);
    while (!strstr (o->log->str, "a.ts"))
      g_cond_wait (&o->cond, &o->lock);
    g_mutex_unlock (&o->lock);
    g_usleep (i / 2 % 25 * 20);
    put (u, "b.ts", 2);
    g_mutex_lock (&o->lock);
    while (i % 2 && !strstr (o->log->str, "b.ts"))
      g_cond_wait (&o->cond, &o->lock);
    g_mutex_unlock (&o->lock);
    asp_http_uploader_free (u, 5000);
    g_assert_cmpstr (o->log->str, ==, "PUT /in/a.ts 1;PUT /in/b.ts 2;");
  }
  g_assert_cmpint (told.trouble, ==, 0);
}

/* Whatever happens to a file, the playlist behind it comes after it. */
static void
test_faults (Other * o, gconstpointer data)
{
  static const Fault faults[] = { FAULT_BUSY, FAULT_CLOSE, FAULT_GARBAGE, FAULT_STALL };
  const AspHttpUploaderConfig config = {.silence_timeout_s = 1 };

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    Told told = { 0 };
    AspHttpUploader *u = uploader_for (o, &config, &told);
    AspHttpUploaderStats stats = { 0 };

    g_string_truncate (o->log, 0);
    o->fault = faults[i];
    o->n_faults = 2;
    put (u, "a.ts", 200000);
    put (u, "playlist.m3u8", 10);
    for (guint j = 0; j < 400 && stats.sent < 2; j++) {
      g_usleep (20000);
      asp_http_uploader_get_stats (u, &stats);
    }
    asp_http_uploader_free (u, 1000);
    g_test_message ("fault %u: %s", faults[i], o->log->str);
    g_assert_cmpstr (o->log->str, ==, "PUT /in/a.ts 200000;PUT /in/playlist.m3u8 10;");
    g_assert_cmpuint (stats.failures, >=, 2);
    g_assert_cmpuint (stats.given_up, ==, 0);
    g_assert_cmpint (told.trouble, ==, 0);
  }
}

/* What is refused for good, or for too long, is given up and told once; then it goes on. */
static void
test_given_up (Other * o, gconstpointer data)
{
  static const struct
  {
    Fault fault;
    const gchar *text;
  } cases[] = { {FAULT_FORBIDDEN, "403"}, {FAULT_MOVED, "302"}, {FAULT_BUSY, "503"} };
  const AspHttpUploaderConfig config = {.give_up_s = 1 };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Told told = { 0 };
    AspHttpUploader *u = uploader_for (o, &config, &told);
    AspHttpUploaderStats stats = { 0 };

    g_string_truncate (o->log, 0);
    o->fault = cases[i].fault;
    o->only = ".ts";
    o->n_faults = -1;
    put (u, "a.ts", 10);
    put (u, "b.ts", 10);
    put (u, "playlist.m3u8", 10);
    for (guint j = 0; j < 1000 && stats.sent < 1; j++) {
      g_usleep (20000);
      asp_http_uploader_get_stats (u, &stats);
    }
    g_test_message ("case %u: sent %" G_GUINT64_FORMAT ", given up %" G_GUINT64_FORMAT
        ", failures %" G_GUINT64_FORMAT ", queued %u; %s", i, stats.sent, stats.given_up,
        stats.failures, stats.queued, told.text);
    g_assert_cmpuint (stats.given_up, ==, 2);
    asp_http_uploader_free (u, 1000);
    g_assert_cmpstr (o->log->str, ==, "PUT /in/playlist.m3u8 10;");
    g_assert_cmpint (told.trouble, ==, 1);
    g_assert_cmpint (told.recovered, ==, 1);
    g_assert_nonnull (strstr (told.text, cases[i].text));
    /* no password in a message */
    g_assert_null (strstr (told.text, "er:pa"));
    g_assert_null (strstr (told.text, "us%40er"));
    g_free (told.text);
  }
}

/* Nobody there: it says so, holds no more than it may, and ends at once. */
static void
test_nobody (Other * o, gconstpointer data)
{
  const AspHttpUploaderConfig config = {.queue_bytes = 300000,.give_up_s = 1 };
  Told told = { 0 };
  AspHttpUploader *u;
  AspHttpUploaderStats stats = { 0 };
  gint64 start_us;

  g_socket_service_stop (o->service);
  g_socket_listener_close (G_SOCKET_LISTENER (o->service));
  u = uploader_for (o, &config, &told);
  for (guint i = 0; i < 200; i++) {
    g_autofree gchar *name = g_strdup_printf ("%u.ts", i);

    put (u, name, 10000);
  }
  for (guint i = 0; i < 300 && stats.given_up < 200; i++) {
    g_usleep (20000);
    asp_http_uploader_get_stats (u, &stats);
    g_assert_cmpuint (stats.queued_bytes, <=, 300000);
  }
  g_assert_cmpuint (stats.given_up, ==, 200);
  put (u, "last.ts", 10);
  start_us = g_get_monotonic_time ();
  asp_http_uploader_free (u, 100);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US);
  g_assert_cmpint (told.trouble, ==, 1);
  g_free (told.text);
}

/* In the middle of a transfer that never ends. */
static void
test_stop_while_sending (Other * o, gconstpointer data)
{
  const AspHttpUploaderConfig config = { 0 };
  Told told = { 0 };
  AspHttpUploader *u = uploader_for (o, &config, &told);
  gint64 start_us;

  o->fault = FAULT_STALL;
  o->n_faults = -1;
  for (guint i = 0; i < 10; i++)
    put (u, "a.ts", 1000000);
  g_usleep (200000);
  start_us = g_get_monotonic_time ();
  asp_http_uploader_free (u, 200);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US);
}

static void
test_url (void)
{
  static const gchar *const bad[] = { NULL, "", "nothing", "ftp://x/", "http://", "http:///a",
    "http://x/?q", "http://x/#f", "/a/b", "http://[::1/"
  };
  AspHttpUploaderConfig config = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    config.base_url = bad[i];
    g_assert_null (asp_http_uploader_new (&config, NULL, NULL, &error));
    g_assert_error (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_URL);
  }
  config.base_url = "https://example.org";
  config.ca_file = "/nowhere.pem";
  g_assert_null (asp_http_uploader_new (&config, NULL, NULL, NULL));
  config.ca_file = NULL;
  asp_http_uploader_free (asp_http_uploader_new (&config, NULL, NULL, NULL), 0);
  asp_http_uploader_free (NULL, 0);
}

#define OTHER_TEST(path, func) \
    g_test_add ("/net/http-uploader/" path, Other, NULL, other_setup, func, other_teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/http-upload-queue/order", test_order);
  g_test_add_func ("/net/http-upload-queue/versions", test_versions);
  g_test_add_func ("/net/http-upload-queue/retry", test_retry);
  g_test_add_func ("/net/http-upload-queue/full", test_full);
  g_test_add_func ("/net/http-uploader/url", test_url);
  OTHER_TEST ("sent", test_sent);
  OTHER_TEST ("at-the-answer", test_at_the_answer);
  OTHER_TEST ("faults", test_faults);
  OTHER_TEST ("given-up", test_given_up);
  OTHER_TEST ("nobody", test_nobody);
  OTHER_TEST ("stop-while-sending", test_stop_while_sending);
  return g_test_run ();
}
