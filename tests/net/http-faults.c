/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that accepts, and one for each connection. `lock` guards all that they share. */
#include "http-faults.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define HEAD_MAX 65536
#define BODY_MAX (1024 * 1024)
#define BACKLOG 512              /* who finds it full tries again in a second */
#define HUGE_LENGTH G_GUINT64_CONSTANT (5368709120)

struct _HttpFaults
{
  GSocketListener *listener;
  guint16 port;
  GTlsCertificate *certificate;
  GTlsDatabase *client_ca;
  GCancellable *stop;
  GThread *thread;

  GMutex lock;
  GCond changed;
  GHashTable *answers;          /* path -> GQueue of HttpFault */
  GPtrArray *seen;              /* HttpSeen */
  GPtrArray *connections;       /* GThread */
  guint n_connections, n_open;
};

typedef struct
{
  HttpFaults *f;
  GSocketConnection *plain;
  GIOStream *io;                /* over TLS or = plain */
  guint number;
} Connection;

static void
fault_free (HttpFault * fault)
{
  g_free ((gchar *) fault->type);
  g_free ((gchar *) fault->body);
  g_free ((gchar *) fault->location);
  g_free ((gchar *) fault->headers);
  g_free (fault);
}

static HttpFault *
fault_copy (const HttpFault * fault)
{
  HttpFault *copy = g_new (HttpFault, 1);

  *copy = *fault;
  copy->type = g_strdup (fault->type ? fault->type : "application/xml");
  copy->body = g_strdup (fault->body ? fault->body : "");
  copy->location = g_strdup (fault->location);
  copy->headers = g_strdup (fault->headers ? fault->headers : "");
  if (copy->status == 0)
    copy->status = 200;
  if (copy->interval_ms == 0)
    copy->interval_ms = 50;
  return copy;
}

static void
faults_free (GQueue * queue)
{
  g_queue_free_full (queue, (GDestroyNotify) fault_free);
}

static void
seen_free (HttpSeen * seen)
{
  g_free (seen->method);
  g_free (seen->target);
  g_free (seen->head);
  g_bytes_unref (seen->body);
  g_free (seen);
}

static HttpSeen *
seen_copy (const HttpSeen * seen)
{
  HttpSeen *copy = g_new (HttpSeen, 1);

  *copy = *seen;
  copy->method = g_strdup (seen->method);
  copy->target = g_strdup (seen->target);
  copy->head = g_strdup (seen->head);
  copy->body = g_bytes_ref (seen->body);
  return copy;
}

gchar *
http_seen_header (const HttpSeen * seen, const gchar * name)
{
  g_auto (GStrv) lines = g_strsplit (seen->head, "\r\n", -1);
  gsize size = strlen (name);

  for (guint i = 1; lines[0] && lines[i]; i++)
    if (!g_ascii_strncasecmp (lines[i], name, size) && lines[i][size] == ':')
      return g_strstrip (g_strdup (lines[i] + size + 1));
  return NULL;
}

/* -- what is sent -- */

static gboolean
send_bytes (Connection * c, gconstpointer data, gsize size)
{
  return g_output_stream_write_all (g_io_stream_get_output_stream (c->io), data, size, NULL,
      c->f->stop, NULL);
}

/* FALSE when the server is stopped meanwhile. */
static gboolean
wait_ms (Connection * c, guint ms)
{
  gint64 end_us = g_get_monotonic_time () + (gint64) ms * 1000;
  HttpFaults *f = c->f;

  g_mutex_lock (&f->lock);
  while (!g_cancellable_is_cancelled (f->stop) &&
      g_cond_wait_until (&f->changed, &f->lock, end_us))
    continue;
  g_mutex_unlock (&f->lock);
  return !g_cancellable_is_cancelled (f->stop);
}

/* Until the client hangs up, or the server is stopped. */
static void
wait_for_end (Connection * c)
{
  gchar byte;

  while (g_input_stream_read (g_io_stream_get_input_stream (c->io), &byte, 1, c->f->stop, NULL) > 0)
    continue;
}

static void
reset (Connection * c)
{
  struct linger linger = { 1, 0 };

  setsockopt (g_socket_get_fd (g_socket_connection_get_socket (c->plain)), SOL_SOCKET, SO_LINGER,
      &linger, sizeof linger);
  g_socket_close (g_socket_connection_get_socket (c->plain), NULL);
}

static void
drip (Connection * c, const gchar * data, gsize size, guint interval_ms)
{
  for (gsize i = 0; i < size; i++)
    if (!wait_ms (c, interval_ms) || !send_bytes (c, data + i, 1))
      return;
}

static GBytes *
gzip (gconstpointer data, gsize size, gsize times)
{
  g_autoptr (GZlibCompressor) z = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) out = g_converter_output_stream_new (memory, G_CONVERTER (z));

  for (gsize i = 0; i < times; i++)
    g_output_stream_write_all (out, data, size, NULL, NULL, NULL);
  g_output_stream_close (out, NULL, NULL);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

static GBytes *
body_of (const HttpFault * fault)
{
  if (fault->kind == HTTP_GZIP_BOMB) {
    g_autofree gchar *zeros = g_malloc0 (1024 * 1024);

    return gzip (zeros, 1024 * 1024, HTTP_BOMB_BYTES / (1024 * 1024));
  }
  if (fault->gzip || fault->kind == HTTP_CUT_GZIP) {
    return gzip (fault->body, strlen (fault->body), 1);
  }
  return g_bytes_new (fault->body, strlen (fault->body));
}

static gchar *
head_of (Connection * c, const HttpFault * fault, gsize size, gboolean keep)
{
  GString *head = g_string_new (NULL);
  gboolean coded = fault->gzip || fault->kind == HTTP_GZIP_BOMB || fault->kind == HTTP_BAD_GZIP ||
      fault->kind == HTTP_CUT_GZIP;
  gboolean chunked = fault->kind == HTTP_ENDLESS || fault->kind == HTTP_CUT_CHUNK;

  g_string_append_printf (head, "HTTP/1.1 %u Answer\r\nContent-Type: %s\r\n%s", fault->status,
      fault->type, fault->headers);
  if (fault->location) {
    g_autofree gchar *self = g_strdup_printf ("127.0.0.1:%u", c->f->port);
    g_auto (GStrv) parts = g_strsplit (fault->location, "%s", 2);
    g_autofree gchar *location = g_strjoinv (self, parts);

    g_string_append_printf (head, "Location: %s\r\n", location);
  }
  if (chunked)
    g_string_append (head, "Transfer-Encoding: chunked\r\n");
  else if (fault->status != 204 && fault->status != 304)
    g_string_append_printf (head, "Content-Length: %" G_GUINT64_FORMAT "\r\n",
        fault->kind == HTTP_HUGE_LENGTH ? HUGE_LENGTH : size);
  if (coded)
    g_string_append (head, "Content-Encoding: gzip\r\n");
  g_string_append (head, keep ? "\r\n" : "Connection: close\r\n\r\n");
  return g_string_free (head, FALSE);
}

/* TRUE when the connection may be used again. */
static gboolean
send_plain (Connection * c, const HttpFault * fault, gboolean with_body)
{
  g_autoptr (GBytes) body = body_of (fault);
  gsize size;
  const gchar *data = g_bytes_get_data (body, &size);
  g_autofree gchar *head = head_of (c, fault, size, TRUE);

  return send_bytes (c, head, strlen (head)) && (!with_body || send_bytes (c, data, size));
}

static void
send_endless (Connection * c, const HttpFault * fault)
{
  g_autofree gchar *head = head_of (c, fault, 0, FALSE);
  g_autofree gchar *piece = g_malloc0 (65536);
  gboolean good = send_bytes (c, head, fault->kind == HTTP_ENDLESS_HEAD ? strlen (head) - 2 :
      strlen (head));

  while (good && fault->kind == HTTP_ENDLESS)
    good = send_bytes (c, "10000\r\n", 7) && send_bytes (c, piece, 65536) &&
        send_bytes (c, "\r\n", 2);
  memset (piece, 'x', 1000);
  memcpy (piece, "X-More: ", 8);
  memcpy (piece + 998, "\r\n", 2);
  while (good && fault->kind == HTTP_ENDLESS_HEAD)
    good = send_bytes (c, piece, 1000);
}

static void
send_broken (Connection * c, const HttpFault * fault)
{
  g_autoptr (GBytes) body = body_of (fault);
  gsize size;
  const gchar *data = g_bytes_get_data (body, &size);
  g_autofree gchar *head = head_of (c, fault, size, FALSE);
  gsize half = fault->kind == HTTP_RESET_BODY || fault->kind == HTTP_TRUNCATED ||
      fault->kind == HTTP_CUT_GZIP ? size / 2 : size;

  switch (fault->kind) {
    case HTTP_DRIP:
      drip (c, head, strlen (head), fault->interval_ms);
      drip (c, data, size, fault->interval_ms);
      return;
    case HTTP_GARBAGE:
      send_bytes (c, data, size);
      return;
    default:
      break;
  }
  if (!send_bytes (c, head, strlen (head)))
    return;
  if (fault->kind == HTTP_DRIP_BODY)
    drip (c, data, size, fault->interval_ms);
  else if (fault->kind == HTTP_CUT_CHUNK)
    send_bytes (c, "3\r\nabc\r\n", 8);
  else
    send_bytes (c, data, half);
  if (fault->kind == HTTP_RESET_BODY) {
    /* so that the half has gone out before */
    wait_ms (c, 50);
    reset (c);
  } else if (fault->kind == HTTP_HUGE_LENGTH) {
    wait_for_end (c);
  }
}

static gboolean
answer (Connection * c, const HttpFault * fault, gboolean with_body)
{
  if (fault->delay_ms > 0 && !wait_ms (c, fault->delay_ms))
    return FALSE;
  switch (fault->kind) {
    case HTTP_ANSWER:
    case HTTP_GZIP_BOMB:
    case HTTP_BAD_GZIP:
      return send_plain (c, fault, with_body);
    case HTTP_SILENT:
      wait_for_end (c);
      return FALSE;
    case HTTP_RESET:
      reset (c);
      return FALSE;
    case HTTP_ENDLESS:
    case HTTP_ENDLESS_HEAD:
      send_endless (c, fault);
      return FALSE;
    default:
      send_broken (c, fault);
      return FALSE;
  }
}

/* -- what comes -- */

static gchar *
read_head (Connection * c)
{
  GString *head = g_string_new (NULL);
  gchar byte;

  while (head->len < HEAD_MAX && !g_str_has_suffix (head->str, "\r\n\r\n")) {
    if (g_input_stream_read (g_io_stream_get_input_stream (c->io), &byte, 1, c->f->stop, NULL) < 1) {
      g_string_free (head, TRUE);
      return NULL;
    }
    g_string_append_c (head, byte);
  }
  return g_string_free (head, FALSE);
}

static HttpSeen *
read_request (Connection * c)
{
  g_autofree gchar *head = read_head (c);
  g_auto (GStrv) words = head ? g_strsplit_set (head, " \r", 3) : NULL;
  g_autofree gchar *length = NULL;
  g_autofree gchar *data = NULL;
  HttpSeen *seen;
  gsize size = 0;

  if (!words || !words[0] || !words[1])
    return NULL;
  seen = g_new0 (HttpSeen, 1);
  seen->time_us = g_get_monotonic_time ();
  seen->connection = c->number;
  seen->method = g_strdup (words[0]);
  seen->target = g_strdup (words[1]);
  seen->head = g_steal_pointer (&head);
  length = http_seen_header (seen, "Content-Length");
  if (length)
    size = MIN (g_ascii_strtoull (length, NULL, 10), BODY_MAX);
  data = g_malloc (size + 1);
  g_input_stream_read_all (g_io_stream_get_input_stream (c->io), data, size, &size, c->f->stop,
      NULL);
  seen->body = g_bytes_new (data, size);
  return seen;
}

/* Writes @seen down, which it takes over; (transfer full) the answer to it, or NULL. */
static HttpFault *
answer_for (HttpFaults * f, HttpSeen * seen)
{
  g_autofree gchar *path = g_strndup (seen->target, strcspn (seen->target, "?"));
  HttpFault *fault = NULL;
  GQueue *queue;

  g_mutex_lock (&f->lock);
  g_ptr_array_add (f->seen, seen);
  queue = g_hash_table_lookup (f->answers, path);
  if (queue)
    fault = g_queue_get_length (queue) > 1 ? g_queue_pop_head (queue) :
        fault_copy (g_queue_peek_head (queue));
  g_cond_broadcast (&f->changed);
  g_mutex_unlock (&f->lock);
  return fault;
}

/* A server is asked about every certificate, with what its database has found. */
static gboolean
accept_good (GTlsConnection * tls, GTlsCertificate * certificate, GTlsCertificateFlags errors,
    gpointer user_data)
{
  return errors == 0;
}

static GIOStream *
over_tls (Connection * c)
{
  g_autoptr (GIOStream) tls = g_tls_server_connection_new (G_IO_STREAM (c->plain),
      c->f->certificate, NULL);

  if (c->f->client_ca) {
    g_object_set (tls, "authentication-mode", G_TLS_AUTHENTICATION_REQUIRED, NULL);
    g_tls_connection_set_database (G_TLS_CONNECTION (tls), c->f->client_ca);
    g_signal_connect (tls, "accept-certificate", G_CALLBACK (accept_good), NULL);
  }
  if (!g_tls_connection_handshake (G_TLS_CONNECTION (tls), c->f->stop, NULL))
    return NULL;
  return g_steal_pointer (&tls);
}

static gpointer
serve (gpointer data)
{
  static const HttpFault none = { HTTP_ANSWER, 404, NULL, NULL, NULL, NULL, FALSE, 0, 0 };
  Connection *c = data;
  HttpFaults *f = c->f;
  gboolean again = TRUE;

  /* head and body are two writes: the second would wait for the first one's acknowledgement */
  g_socket_set_option (g_socket_connection_get_socket (c->plain), IPPROTO_TCP, TCP_NODELAY, TRUE,
      NULL);
  c->io = f->certificate ? over_tls (c) : g_object_ref (G_IO_STREAM (c->plain));
  while (c->io && again) {
    HttpSeen *seen = read_request (c);
    HttpFault *fault;
    gboolean with_body;

    if (!seen)
      break;
    with_body = strcmp (seen->method, "HEAD") != 0;
    fault = answer_for (f, seen);
    if (!fault)
      fault = fault_copy (&none);
    again = answer (c, fault, with_body);
    fault_free (fault);
  }
  if (c->io)
    g_io_stream_close (c->io, NULL, NULL);
  g_io_stream_close (G_IO_STREAM (c->plain), NULL, NULL);
  g_mutex_lock (&f->lock);
  f->n_open--;
  g_cond_broadcast (&f->changed);
  g_mutex_unlock (&f->lock);
  g_clear_object (&c->io);
  g_object_unref (c->plain);
  g_free (c);
  return NULL;
}

static gpointer
accept_all (gpointer data)
{
  HttpFaults *f = data;
  GSocketConnection *plain;

  while ((plain = g_socket_listener_accept (f->listener, NULL, f->stop, NULL)) != NULL) {
    Connection *c = g_new0 (Connection, 1);

    c->f = f;
    c->plain = plain;
    g_mutex_lock (&f->lock);
    c->number = ++f->n_connections;
    f->n_open++;
    g_ptr_array_add (f->connections, g_thread_new ("faults", serve, c));
    g_mutex_unlock (&f->lock);
  }
  return NULL;
}

/* -- the test's side -- */

HttpFaults *
http_faults_new_tls (const gchar * certificate, const gchar * key, const gchar * client_ca)
{
  HttpFaults *f = g_new0 (HttpFaults, 1);
  g_autoptr (GError) error = NULL;

  if (certificate) {
    f->certificate = g_tls_certificate_new_from_files (certificate, key, &error);
    g_assert_no_error (error);
  }
  if (client_ca) {
    f->client_ca = g_tls_file_database_new (client_ca, &error);
    g_assert_no_error (error);
  }
  g_mutex_init (&f->lock);
  g_cond_init (&f->changed);
  f->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) faults_free);
  f->seen = g_ptr_array_new_with_free_func ((GDestroyNotify) seen_free);
  f->connections = g_ptr_array_new ();
  f->stop = g_cancellable_new ();
  f->listener = g_socket_listener_new ();
  g_socket_listener_set_backlog (f->listener, BACKLOG);
  f->port = g_socket_listener_add_any_inet_port (f->listener, NULL, &error);
  g_assert_no_error (error);
  f->thread = g_thread_new ("faults-accept", accept_all, f);
  return f;
}

HttpFaults *
http_faults_new (void)
{
  return http_faults_new_tls (NULL, NULL, NULL);
}

void
http_faults_free (HttpFaults * f)
{
  if (!f)
    return;
  g_cancellable_cancel (f->stop);
  g_mutex_lock (&f->lock);
  g_cond_broadcast (&f->changed);
  g_mutex_unlock (&f->lock);
  g_thread_join (f->thread);
  for (guint i = 0; i < f->connections->len; i++)
    g_thread_join (g_ptr_array_index (f->connections, i));
  g_socket_listener_close (f->listener);
  g_object_unref (f->listener);
  g_object_unref (f->stop);
  g_clear_object (&f->certificate);
  g_clear_object (&f->client_ca);
  g_ptr_array_unref (f->connections);
  g_ptr_array_unref (f->seen);
  g_hash_table_unref (f->answers);
  g_cond_clear (&f->changed);
  g_mutex_clear (&f->lock);
  g_free (f);
}

guint16
http_faults_port (HttpFaults * f)
{
  return f->port;
}

gchar *
http_faults_url (HttpFaults * f, const gchar * path)
{
  return g_strdup_printf ("%s://127.0.0.1:%u%s", f->certificate ? "https" : "http", f->port, path);
}

void
http_faults_on (HttpFaults * f, const gchar * path, const HttpFault * fault)
{
  GQueue *queue;

  g_mutex_lock (&f->lock);
  queue = g_hash_table_lookup (f->answers, path);
  if (!queue) {
    queue = g_queue_new ();
    g_hash_table_insert (f->answers, g_strdup (path), queue);
  }
  g_queue_push_tail (queue, fault_copy (fault));
  g_mutex_unlock (&f->lock);
}

void
http_faults_reset (HttpFaults * f)
{
  g_mutex_lock (&f->lock);
  g_hash_table_remove_all (f->answers);
  g_ptr_array_set_size (f->seen, 0);
  g_mutex_unlock (&f->lock);
}

guint
http_faults_connections (HttpFaults * f)
{
  guint n;

  g_mutex_lock (&f->lock);
  n = f->n_connections;
  g_mutex_unlock (&f->lock);
  return n;
}

guint
http_faults_open (HttpFaults * f)
{
  guint n;

  g_mutex_lock (&f->lock);
  n = f->n_open;
  g_mutex_unlock (&f->lock);
  return n;
}

static gboolean
is_at (const HttpSeen * seen, const gchar * path)
{
  gsize size = strcspn (seen->target, "?");

  return !path || (strlen (path) == size && !strncmp (path, seen->target, size));
}

GPtrArray *
http_faults_seen (HttpFaults * f, const gchar * path)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) seen_free);

  g_mutex_lock (&f->lock);
  for (guint i = 0; i < f->seen->len; i++)
    if (is_at (g_ptr_array_index (f->seen, i), path))
      g_ptr_array_add (list, seen_copy (g_ptr_array_index (f->seen, i)));
  g_mutex_unlock (&f->lock);
  return list;
}

gboolean
http_faults_wait (HttpFaults * f, const gchar * path, guint n, guint timeout_ms)
{
  gint64 end_us = g_get_monotonic_time () + (gint64) timeout_ms * 1000;
  gboolean in_time = TRUE;
  guint found = 0;

  g_mutex_lock (&f->lock);
  for (;;) {
    found = 0;
    for (guint i = 0; i < f->seen->len; i++)
      found += is_at (g_ptr_array_index (f->seen, i), path);
    if (found >= n || !in_time)
      break;
    in_time = g_cond_wait_until (&f->changed, &f->lock, end_us);
  }
  g_mutex_unlock (&f->lock);
  return found >= n;
}

gboolean
http_faults_make_certificate (const gchar * certificate, const gchar * key, const gchar * name,
    const gchar * alt)
{
  g_autofree gchar *subject = g_strconcat ("/CN=", name, NULL);
  g_autofree gchar *names = g_strconcat ("subjectAltName=", alt, NULL);
  const gchar *argv[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
    "-subj", subject, "-addext", names, NULL
  };
  int status = -1;

  return g_tls_backend_supports_tls (g_tls_backend_get_default ()) &&
      g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL |
      G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, NULL) &&
      g_spawn_check_wait_status (status, NULL);
}
