/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: the owner's (new, set, add, start, stop, free), and the first worker's, which
 * accepts connections and hands them round. `lock` guards `address` and `running`; nothing is
 * called while it is held but reads of counters. start() opens the port itself, so that an
 * error is an answer and not an event.
 */
#define _GNU_SOURCE             /* accept4() */

#include "asp-http-server.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asp-http-private.h"
#include "asp-http-stream.h"
#include "asp-http-worker.h"

#define DEFAULT_MAX_CLIENTS 4096
#define DEFAULT_REQUEST_TIMEOUT_S 15
#define DEFAULT_IDLE_TIMEOUT_S 60
#define DEFAULT_STALL_TIMEOUT_S 30
#define DEFAULT_ANSWER_TIMEOUT_S 300
#define DEFAULT_KEEP_ALIVE_S 15
#define DEFAULT_CACHE_BYTES (32 * 1024 * 1024)
#define THREADS_MAX 4
/* What the rest of the process may need of its descriptors. */
#define DESCRIPTORS_LEFT 128
#define ACCEPT_RETRY_MS 200     /* after accept() failed: no descriptor left, mostly */
#define ACCEPT_AT_ONCE 64
#define LISTEN_BACKLOG 1024

struct _AspHttpServer
{
  AspHttpLimits limits;
  GPtrArray *routes;            /* AspHttpRoute */
  GTlsCertificate *certificate;
  gsize body_max;               /* 0 = read-only */
  gboolean http2;               /* if the environment allows it */
  GSocket *socket;
  AspHttpShared *shared;        /* while it runs */
  GPtrArray *workers;           /* AspHttpWorker, while it runs */
  GSource *accept_source, *retry_source;        /* first worker's thread, while it runs */

  GMutex lock;
  gchar *address;
  AspHttpShared *running;       /* = shared, for readers */
};

static void
set_default (guint * value, guint fallback)
{
  if (*value == 0)
    *value = fallback;
}

AspHttpServer *
asp_http_server_new (const AspHttpLimits * limits)
{
  AspHttpServer *s = g_new0 (AspHttpServer, 1);

  if (limits)
    s->limits = *limits;
  set_default (&s->limits.max_clients, DEFAULT_MAX_CLIENTS);
  set_default (&s->limits.max_waiting, s->limits.max_clients);
  set_default (&s->limits.request_timeout_s, DEFAULT_REQUEST_TIMEOUT_S);
  set_default (&s->limits.idle_timeout_s, DEFAULT_IDLE_TIMEOUT_S);
  set_default (&s->limits.stall_timeout_s, DEFAULT_STALL_TIMEOUT_S);
  set_default (&s->limits.answer_timeout_s, DEFAULT_ANSWER_TIMEOUT_S);
  set_default (&s->limits.keep_alive_s, DEFAULT_KEEP_ALIVE_S);
  set_default (&s->limits.threads, MIN (g_get_num_processors (), THREADS_MAX));
  if (s->limits.cache_bytes == 0)
    s->limits.cache_bytes = DEFAULT_CACHE_BYTES;
  s->routes = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_http_route_free);
  s->http2 = asp_http_worker_may_accept ();
  g_mutex_init (&s->lock);
  return s;
}

void
asp_http_server_free (AspHttpServer * s)
{
  if (!s)
    return;
  asp_http_server_stop (s);
  g_ptr_array_unref (s->routes);
  g_clear_object (&s->certificate);
  g_mutex_clear (&s->lock);
  g_free (s);
}

static AspHttpRoute *
add_route (AspHttpServer * s, const gchar * path)
{
  AspHttpRoute *r = g_new0 (AspHttpRoute, 1);

  r->path = g_strdup (path);
  g_ptr_array_add (s->routes, r);
  return r;
}

void
asp_http_server_add_folder (AspHttpServer * s, const gchar * prefix, const gchar * folder,
    const AspHttpFolder * options)
{
  AspHttpRoute *r;

  g_return_if_fail (s->workers == NULL);
  g_return_if_fail (g_str_has_prefix (prefix, "/") && g_str_has_suffix (prefix, "/"));
  r = add_route (s, prefix);
  r->is_prefix = TRUE;
  r->folder = g_strdup (folder);
  r->options = *options;
}

void
asp_http_server_add_bytes (AspHttpServer * s, const gchar * path, const gchar * content_type,
    GBytes * bytes)
{
  g_return_if_fail (s->workers == NULL);
  g_return_if_fail (g_str_has_prefix (path, "/"));
  add_route (s, path)->body = asp_http_body_new (bytes, content_type, NULL, TRUE);
}

void
asp_http_server_add_handler (AspHttpServer * s, const gchar * path, AspHttpTopic * topic,
    AspHttpHandler handler, gpointer user_data)
{
  AspHttpRoute *r;

  g_return_if_fail (s->workers == NULL);
  g_return_if_fail (g_str_has_prefix (path, "/") && handler);
  r = add_route (s, path);
  r->is_prefix = g_str_has_suffix (path, "/");
  r->topic = topic ? asp_http_topic_ref (topic) : NULL;
  r->handler = handler;
  r->user_data = user_data;
}

void
asp_http_server_set_writable (AspHttpServer * s, gsize body_max)
{
  g_return_if_fail (s->workers == NULL);
  g_return_if_fail (body_max > 0 && body_max <= ASP_HTTP_WRITABLE_BODY_MAX);
  s->body_max = body_max;
}

gboolean
asp_http_server_set_tls (AspHttpServer * s, const gchar * certificate_file,
    const gchar * key_file, GError ** error)
{
  g_autoptr (GError) why = NULL;
  GTlsCertificate *certificate = NULL;

  g_return_val_if_fail (s->workers == NULL, FALSE);
  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ())) {
    g_set_error_literal (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_TLS,
        "There is no TLS for GIO on this machine; install glib-networking");
    return FALSE;
  }
  certificate = g_tls_certificate_new_from_files (certificate_file,
      key_file && *key_file ? key_file : certificate_file, &why);
  if (!certificate) {
    g_set_error (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_TLS,
        "Cannot use the certificate '%s' with the key '%s': %s; both must be PEM files that "
        "belong together", certificate_file, key_file && *key_file ? key_file : certificate_file,
        why->message);
    return FALSE;
  }
  g_clear_object (&s->certificate);
  s->certificate = certificate;
  return TRUE;
}

void
asp_http_server_set_http2 (AspHttpServer * s, gboolean http2)
{
  g_return_if_fail (s->workers == NULL);
  s->http2 = http2;
}

gchar *
asp_http_server_dup_address (AspHttpServer * s)
{
  gchar *copy;

  g_mutex_lock (&s->lock);
  copy = g_strdup (s->address);
  g_mutex_unlock (&s->lock);
  return copy;
}

static guint64
counter_value (gsize * counter)
{
  return (guint64) (gsize) g_atomic_pointer_get (counter);
}

void
asp_http_server_get_stats (AspHttpServer * s, AspHttpStats * stats)
{
  memset (stats, 0, sizeof *stats);
  g_mutex_lock (&s->lock);
  if (s->running) {
    stats->clients = (guint) g_atomic_int_get (&s->running->n_clients);
    stats->max_clients = s->running->limits.max_clients;
    stats->waiting = (guint) g_atomic_int_get (&s->running->n_waiting);
    stats->accepted = counter_value (&s->running->n_accepted);
    stats->turned_away = counter_value (&s->running->n_turned_away);
    stats->requests = counter_value (&s->running->n_requests);
    stats->dropped = counter_value (&s->running->n_dropped);
  }
  g_mutex_unlock (&s->lock);
}

static void
set_running (AspHttpServer * s, gchar * address, AspHttpShared * shared)
{
  gchar *old;

  g_mutex_lock (&s->lock);
  old = s->address;
  s->address = address;
  s->running = shared;
  g_mutex_unlock (&s->lock);
  g_free (old);
}

/* -- first worker's thread from here to on_retry () -- */

/* One client too many: told so, without a wait, and closed. */
static void
turn_away (int fd)
{
  const gchar *text = asp_http_refusal (503);

  send (fd, text, strlen (text), MSG_DONTWAIT | MSG_NOSIGNAL);
  close (fd);
}

static AspHttpWorker *
least_loaded (AspHttpServer * s)
{
  AspHttpWorker *best = g_ptr_array_index (s->workers, 0);

  for (guint i = 1; i < s->workers->len; i++) {
    AspHttpWorker *w = g_ptr_array_index (s->workers, i);

    if (asp_http_worker_load (w) < asp_http_worker_load (best))
      best = w;
  }
  return best;
}

static gboolean on_connection (GSocket * socket, GIOCondition condition, gpointer user_data);

static void
start_accepting (AspHttpServer * s)
{
  GMainContext *context = asp_http_worker_context (g_ptr_array_index (s->workers, 0));

  s->accept_source = g_socket_create_source (s->socket, G_IO_IN, NULL);
  g_source_set_callback (s->accept_source, G_SOURCE_FUNC (on_connection), s, NULL);
  g_source_attach (s->accept_source, context);
}

static void
drop_source (GSource ** source)
{
  if (*source) {
    g_source_destroy (*source);
    g_clear_pointer (source, g_source_unref);
  }
}

static gboolean
on_retry (gpointer user_data)
{
  AspHttpServer *s = user_data;

  g_clear_pointer (&s->retry_source, g_source_unref);
  start_accepting (s);
  return G_SOURCE_REMOVE;
}

static void
retry_later (AspHttpServer * s)
{
  drop_source (&s->accept_source);
  s->retry_source = g_timeout_source_new (ACCEPT_RETRY_MS);
  g_source_set_callback (s->retry_source, on_retry, s, NULL);
  g_source_attach (s->retry_source, asp_http_worker_context (g_ptr_array_index (s->workers, 0)));
}

/* FALSE when there is nobody left to accept. */
static gboolean
accept_one (AspHttpServer * s)
{
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  int fd = accept4 (g_socket_get_fd (s->socket), (struct sockaddr *) &peer, &size,
      SOCK_CLOEXEC | SOCK_NONBLOCK);

  if (fd < 0) {
    if (errno == EINTR || errno == ECONNABORTED)
      return TRUE;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
      retry_later (s);
    return FALSE;
  }
  if (g_atomic_int_add (&s->shared->n_clients, 1) >= (gint) s->shared->limits.max_clients) {
    g_atomic_int_add (&s->shared->n_clients, -1);
    ASP_HTTP_COUNT (s->shared->n_turned_away);
    turn_away (fd);
    return TRUE;
  }
  ASP_HTTP_COUNT (s->shared->n_accepted);
  asp_http_worker_give (least_loaded (s), fd, (struct sockaddr *) &peer, size);
  return TRUE;
}

static gboolean
on_connection (GSocket * socket, GIOCondition condition, gpointer user_data)
{
  AspHttpServer *s = user_data;

  for (guint i = 0; i < ACCEPT_AT_ONCE; i++)
    if (!accept_one (s))
      break;
  /* retry_later() may have taken the source away */
  return s->accept_source ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* -- owner's thread -- */

static GSocket *
open_port (const gchar * host, guint16 port, guint16 * real_port, GError ** error)
{
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new_from_string (host, port);
  g_autoptr (GSocketAddress) real = NULL;
  g_autoptr (GError) why = NULL;
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (wanted),
      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &why);

  if (socket) {
    g_socket_set_blocking (socket, FALSE);
    g_socket_set_listen_backlog (socket, LISTEN_BACKLOG);
    if (g_socket_bind (socket, wanted, TRUE, &why) && g_socket_listen (socket, &why))
      real = g_socket_get_local_address (socket, &why);
  }
  if (!real) {
    g_set_error (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_LISTEN,
        "Cannot listen at %s port %u: %s; choose another address or port (port 0 takes any)",
        host, port, why->message);
    return NULL;
  }
  *real_port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (real));
  return g_steal_pointer (&socket);
}

static guint
descriptors_allow (guint wanted)
{
  struct rlimit limit;
  rlim_t most;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return wanted;
  most = limit.rlim_cur > 2 * DESCRIPTORS_LEFT ? limit.rlim_cur - DESCRIPTORS_LEFT :
      limit.rlim_cur / 2;
  return MAX ((guint) MIN ((rlim_t) wanted, most), 1);
}

static AspHttpShared *
shared_new (AspHttpServer * s)
{
  AspHttpShared *shared = g_new0 (AspHttpShared, 1);

  shared->limits = s->limits;
  shared->limits.max_clients = descriptors_allow (s->limits.max_clients);
  shared->routes = g_ptr_array_ref (s->routes);
  g_ptr_array_sort (shared->routes, asp_http_route_compare);
  shared->files = asp_http_files_new (s->limits.cache_bytes);
  shared->body_max = s->body_max;
  shared->certificate = s->certificate ? g_object_ref (s->certificate) : NULL;
  shared->address = g_socket_get_local_address (s->socket, NULL);
  return shared;
}

static void
shared_free (AspHttpShared * shared)
{
  g_ptr_array_unref (shared->routes);
  asp_http_files_free (shared->files);
  g_clear_object (&shared->certificate);
  g_clear_object (&shared->address);
  g_free (shared);
}

gboolean
asp_http_server_start (AspHttpServer * s, const gchar * address, GError ** error)
{
  g_autofree gchar *host = NULL;
  gboolean soup_accepts;
  guint16 port = 0;

  g_return_val_if_fail (s->workers == NULL, FALSE);
  if (!asp_http_address_parse (address, &host, &port, error))
    return FALSE;
  s->socket = open_port (host, port, &port, error);
  if (!s->socket)
    return FALSE;
  s->shared = shared_new (s);
  s->workers = g_ptr_array_new ();
  soup_accepts = s->http2 && s->certificate && g_getenv ("SOUP_SERVER_HTTP2");
  for (guint i = 0; i < (soup_accepts ? 1 : s->limits.threads); i++)
    g_ptr_array_add (s->workers, asp_http_worker_new (s->shared, soup_accepts ? s->socket : NULL));
  set_running (s, g_strdup_printf (strchr (host, ':') ? "[%s]:%u" : "%s:%u", host, port),
      s->shared);
  if (!soup_accepts)
    start_accepting (s);
  return TRUE;
}

void
asp_http_server_stop (AspHttpServer * s)
{
  if (!s->workers)
    return;
  set_running (s, NULL, NULL);
  /* the first one accepts: behind its end the others are given nothing more */
  for (guint i = 0; i < s->workers->len; i++)
    asp_http_worker_free (g_ptr_array_index (s->workers, i));
  drop_source (&s->accept_source);
  drop_source (&s->retry_source);
  g_clear_pointer (&s->workers, g_ptr_array_unref);
  g_clear_pointer (&s->shared, shared_free);
  g_clear_object (&s->socket);
}
