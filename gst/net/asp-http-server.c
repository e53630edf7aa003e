/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: the owner's (new, add, start, stop, free) and the server's, which owns
 * everything below "server thread" while it runs. `lock` guards only `address`; nothing
 * is called while it is held. start() opens the port itself, so that an error is an
 * answer and not an event.
 */
#include "asp-http-private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define DEFAULT_MAX_CLIENTS 256
#define DEFAULT_REQUEST_TIMEOUT_S 15
#define DEFAULT_STALL_TIMEOUT_S 30
#define DEFAULT_ANSWER_TIMEOUT_S 300
#define ACCEPT_RETRY_MS 200     /* after accept() failed: no descriptor left, mostly */
#define LISTEN_BACKLOG 128

struct _AspHttpServer
{
  AspHttpLimits limits;
  AspHttpRoutes routes;
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  GSocket *socket;

  GMutex lock;
  gchar *address;

  /* server thread */
  SoupServer *soup;
  GSocketListener *listener;
  GCancellable *cancellable;
  GSource *retry;
  GHashTable *clients;          /* GSocketAddress of the peer, by pointer -> Client */
  gboolean keep_alive;
};

/* One connection, for as long as libsoup holds its stream. It does not always say when it
 * lets go, so the stream itself is watched. */
typedef struct
{
  AspHttpServer *server;
  GSocketConnection *stream;    /* not owned */
  GSocketAddress *peer;         /* the object that libsoup knows too */
  gint64 deadline_us;           /* monotonic */
} Client;

static void
folder_route_free (gpointer data)
{
  AspHttpFolderRoute *r = data;

  g_free (r->prefix);
  g_free (r->folder);
  g_free (r);
}

static void
bytes_route_free (gpointer data)
{
  AspHttpBytesRoute *r = data;

  g_free (r->path);
  g_free (r->type);
  g_free (r->etag);
  g_bytes_unref (r->bytes);
  g_free (r);
}

AspHttpServer *
asp_http_server_new (const AspHttpLimits * limits)
{
  AspHttpServer *s = g_new0 (AspHttpServer, 1);

  if (limits)
    s->limits = *limits;
  if (s->limits.max_clients == 0)
    s->limits.max_clients = DEFAULT_MAX_CLIENTS;
  if (s->limits.request_timeout_s == 0)
    s->limits.request_timeout_s = DEFAULT_REQUEST_TIMEOUT_S;
  if (s->limits.stall_timeout_s == 0)
    s->limits.stall_timeout_s = DEFAULT_STALL_TIMEOUT_S;
  if (s->limits.answer_timeout_s == 0)
    s->limits.answer_timeout_s = DEFAULT_ANSWER_TIMEOUT_S;
  s->routes.folders = g_ptr_array_new_with_free_func (folder_route_free);
  s->routes.bytes = g_ptr_array_new_with_free_func (bytes_route_free);
  g_mutex_init (&s->lock);
  return s;
}

void
asp_http_server_free (AspHttpServer * s)
{
  if (!s)
    return;
  asp_http_server_stop (s);
  g_ptr_array_unref (s->routes.folders);
  g_ptr_array_unref (s->routes.bytes);
  g_mutex_clear (&s->lock);
  g_free (s);
}

void
asp_http_server_add_folder (AspHttpServer * s, const gchar * prefix, const gchar * folder,
    const AspHttpFolder * options)
{
  AspHttpFolderRoute *r;

  g_return_if_fail (s->thread == NULL);
  g_return_if_fail (g_str_has_prefix (prefix, "/") && g_str_has_suffix (prefix, "/"));
  r = g_new0 (AspHttpFolderRoute, 1);
  r->prefix = g_strdup (prefix);
  r->folder = g_strdup (folder);
  r->options = *options;
  g_ptr_array_add (s->routes.folders, r);
}

void
asp_http_server_add_bytes (AspHttpServer * s, const gchar * path, const gchar * content_type,
    GBytes * bytes)
{
  AspHttpBytesRoute *r;
  g_autofree gchar *sum = NULL;

  g_return_if_fail (s->thread == NULL);
  g_return_if_fail (g_str_has_prefix (path, "/"));
  sum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  r = g_new0 (AspHttpBytesRoute, 1);
  r->path = g_strdup (path);
  r->type = g_strdup (content_type);
  r->etag = g_strdup_printf ("\"%.16s\"", sum);
  r->bytes = g_bytes_ref (bytes);
  g_ptr_array_add (s->routes.bytes, r);
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

static void
set_address (AspHttpServer * s, gchar * address)
{
  gchar *old;

  g_mutex_lock (&s->lock);
  old = s->address;
  s->address = address;
  g_mutex_unlock (&s->lock);
  g_free (old);
}

/* -- server thread from here to server_main () -- */

static void
client_set_deadline (Client * c, guint seconds)
{
  c->deadline_us = g_get_monotonic_time () + (gint64) seconds * G_USEC_PER_SEC;
}

static void
client_free (gpointer data)
{
  Client *c = data;

  g_object_unref (c->peer);
  g_free (c);
}

static void
client_gone (gpointer data, GObject * stream)
{
  Client *c = data;

  g_hash_table_remove (c->server->clients, c->peer);
}

/* libsoup sees the end of the stream and lets go of the connection. */
static void
client_hang_up (Client * c)
{
  g_socket_shutdown (g_socket_connection_get_socket (c->stream), TRUE, TRUE, NULL);
}

static Client *
client_of (AspHttpServer * s, SoupServerMessage * msg)
{
  GSocketAddress *peer = soup_server_message_get_remote_address (msg);

  return peer ? g_hash_table_lookup (s->clients, peer) : NULL;
}

static void
on_abort (SoupServerMessage * msg, gpointer user_data)
{
  Client *c = client_of (user_data, msg);

  if (c)
    client_hang_up (c);
}

static gboolean
on_tick (gpointer user_data)
{
  AspHttpServer *s = user_data;
  gint64 now_us = g_get_monotonic_time ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, s->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Client *c = value;

    if (now_us > c->deadline_us)
      client_hang_up (c);
  }
  return G_SOURCE_CONTINUE;
}

static void
on_early (SoupServer * soup, SoupServerMessage * msg, const char *path, GHashTable * query,
    gpointer user_data)
{
  soup_message_body_set_accumulate (soup_server_message_get_request_body (msg), FALSE);
  if (!asp_http_body_is_welcome (msg))
    on_abort (msg, user_data);
}

static void
on_request (SoupServer * soup, SoupServerMessage * msg, const char *path, GHashTable * query,
    gpointer user_data)
{
  AspHttpServer *s = user_data;

  asp_http_answer (&s->routes, msg, on_abort, s);
}

static void
on_request_expected (SoupServer * soup, SoupServerMessage * msg, gpointer user_data)
{
  AspHttpServer *s = user_data;
  Client *c = client_of (s, msg);

  if (c)
    client_set_deadline (c, s->limits.request_timeout_s);
}

static void
on_request_read (SoupServer * soup, SoupServerMessage * msg, gpointer user_data)
{
  AspHttpServer *s = user_data;
  Client *c = client_of (s, msg);

  if (c)
    client_set_deadline (c, s->limits.answer_timeout_s);
  if (!s->keep_alive)
    soup_message_headers_replace (soup_server_message_get_response_headers (msg),
        "Connection", "close");
}

/* One client too many: told so, without a wait, and closed. */
static void
turn_away (GSocketConnection * stream)
{
  static const gchar text[] = "HTTP/1.1 503 Service Unavailable\r\n"
      "Retry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

  g_socket_send (g_socket_connection_get_socket (stream), text, sizeof text - 1, NULL, NULL);
}

static void
take_client (AspHttpServer * s, GSocketConnection * stream)
{
  GSocket *socket = g_socket_connection_get_socket (stream);
  g_autoptr (GSocketAddress) local = NULL;
  GSocketAddress *peer;
  Client *c;

  g_socket_set_blocking (socket, FALSE);
  if (g_hash_table_size (s->clients) >= s->limits.max_clients) {
    turn_away (stream);
    return;
  }
  peer = g_socket_connection_get_remote_address (stream, NULL);
  local = g_socket_connection_get_local_address (stream, NULL);
  if (!peer || !local) {
    g_clear_object (&peer);     /* gone already */
    return;
  }
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  g_socket_set_timeout (socket, MAX (s->limits.stall_timeout_s, s->limits.request_timeout_s));
  c = g_new0 (Client, 1);
  c->server = s;
  c->stream = stream;
  c->peer = peer;
  client_set_deadline (c, s->limits.request_timeout_s);
  g_hash_table_insert (s->clients, peer, c);
  g_object_weak_ref (G_OBJECT (stream), client_gone, c);
  soup_server_accept_iostream (s->soup, G_IO_STREAM (stream), local, peer, NULL);
}

static void accept_next (AspHttpServer * s);

static gboolean
on_retry (gpointer user_data)
{
  AspHttpServer *s = user_data;

  g_clear_pointer (&s->retry, g_source_unref);
  accept_next (s);
  return G_SOURCE_REMOVE;
}

static void
on_accepted (GObject * listener, GAsyncResult * result, gpointer user_data)
{
  AspHttpServer *s = user_data;
  g_autoptr (GSocketConnection) stream =
      g_socket_listener_accept_finish (G_SOCKET_LISTENER (listener), result, NULL, NULL);

  if (g_cancellable_is_cancelled (s->cancellable))
    return;
  if (stream) {
    take_client (s, stream);
    accept_next (s);
  } else {
    s->retry = g_timeout_source_new (ACCEPT_RETRY_MS);
    g_source_set_callback (s->retry, on_retry, s, NULL);
    g_source_attach (s->retry, s->context);
  }
}

static void
accept_next (AspHttpServer * s)
{
  g_socket_listener_accept_async (s->listener, s->cancellable, on_accepted, s);
}

/* The port is listened at here and not by libsoup: 3.2 never frees a socket that it has
 * accepted itself. */
static void
server_setup (AspHttpServer * s)
{
  s->clients = g_hash_table_new_full (NULL, NULL, NULL, client_free);
  s->cancellable = g_cancellable_new ();
  s->listener = g_socket_listener_new ();
  g_socket_listener_add_socket (s->listener, s->socket, NULL, NULL);
  /* 3.2 cannot keep a connection: one that the client closes between two requests stays
   * for ever, descriptor and all (commit d20c6601), and a stream it is given is closed
   * behind the first answer */
  s->keep_alive = soup_check_version (3, 4, 0);
  s->soup = soup_server_new ("server-header", "adsplice", "raw-paths", TRUE, NULL);
  soup_server_add_early_handler (s->soup, NULL, on_early, s, NULL);
  soup_server_add_handler (s->soup, NULL, on_request, s, NULL);
  g_signal_connect (s->soup, "request-started", G_CALLBACK (on_request_expected), s);
  g_signal_connect (s->soup, "request-read", G_CALLBACK (on_request_read), s);
  g_signal_connect (s->soup, "request-finished", G_CALLBACK (on_request_expected), s);
  accept_next (s);
}

static void
server_teardown (AspHttpServer * s)
{
  GHashTableIter iter;
  gpointer value;

  g_cancellable_cancel (s->cancellable);
  if (s->retry) {
    g_source_destroy (s->retry);
    g_clear_pointer (&s->retry, g_source_unref);
  }
  g_socket_listener_close (s->listener);
  g_hash_table_iter_init (&iter, s->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    client_hang_up (value);
  soup_server_disconnect (s->soup);
  /* operations under way report their end to this context */
  while (g_main_context_iteration (s->context, FALSE))
    continue;
  g_clear_object (&s->soup);
  while (g_main_context_iteration (s->context, FALSE))
    continue;
  g_clear_object (&s->listener);
  g_clear_object (&s->cancellable);
  g_hash_table_iter_init (&iter, s->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_object_weak_unref (G_OBJECT (((Client *) value)->stream), client_gone, value);
  g_clear_pointer (&s->clients, g_hash_table_unref);
}

static gpointer
server_main (gpointer data)
{
  AspHttpServer *s = data;
  GSource *tick = g_timeout_source_new_seconds (1);

  g_main_context_push_thread_default (s->context);
  server_setup (s);
  g_source_set_callback (tick, on_tick, s, NULL);
  g_source_attach (tick, s->context);
  g_main_loop_run (s->loop);
  g_source_destroy (tick);
  g_source_unref (tick);
  server_teardown (s);
  g_main_context_pop_thread_default (s->context);
  return NULL;
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

gboolean
asp_http_server_start (AspHttpServer * s, const gchar * address, GError ** error)
{
  g_autofree gchar *host = NULL;
  guint16 port = 0;

  g_return_val_if_fail (s->thread == NULL, FALSE);
  if (!asp_http_address_parse (address, &host, &port, error))
    return FALSE;
  s->socket = open_port (host, port, &port, error);
  if (!s->socket)
    return FALSE;
  set_address (s, g_strdup_printf (strchr (host, ':') ? "[%s]:%u" : "%s:%u", host, port));
  s->context = g_main_context_new ();
  s->loop = g_main_loop_new (s->context, FALSE);
  s->thread = g_thread_new ("asp-http", server_main, s);
  return TRUE;
}

static gboolean
on_quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

void
asp_http_server_stop (AspHttpServer * s)
{
  GSource *quit;

  if (!s->thread)
    return;
  /* as a source: a quit before the loop runs would be lost */
  quit = g_idle_source_new ();
  g_source_set_priority (quit, G_PRIORITY_HIGH);
  g_source_set_callback (quit, on_quit, s->loop, NULL);
  g_source_attach (quit, s->context);
  g_source_unref (quit);
  g_thread_join (g_steal_pointer (&s->thread));
  g_clear_pointer (&s->loop, g_main_loop_unref);
  g_clear_pointer (&s->context, g_main_context_unref);
  g_clear_object (&s->socket);
  set_address (s, NULL);
}
