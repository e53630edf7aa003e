/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: everything below "worker's thread" runs there. The others only push to
 * `incoming` (guarded by `lock`, under which nothing is called but
 * g_source_set_ready_time()), read `load` and quit the loop.
 *
 * A connection is three things: our Client, the AspHttpStream, and what libsoup makes of
 * it. The stream lives for as long as libsoup or the Client's handshake hold it, and the
 * Client goes with the stream. libsoup knows the Client by the address of its peer, an
 * object of its own for each connection.
 */
#include "asp-http-worker.h"

#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "asp-http-answer.h"
#include "asp-http-held.h"
#include "asp-http-shard.h"
#include "asp-http-streaming.h"

#define EVENTS_AT_ONCE 512
#define TICK_S 1

struct _AspHttpWorker
{
  AspHttpShared *shared;
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  gint load;                    /* atomic */
  GSource *incoming_source;     /* made before the thread starts */

  GMutex lock;
  GQueue incoming;              /* Incoming */

  /* worker's thread */
  int epoll_fd;
  SoupServer *soup;
  GSocket *listening_end, *silent_end;  /* see make_silent_pair() */
  GQueue clients;               /* Client */
  AspHttpHeld *held;
  AspHttpStreamings *streamings;
  AspHttpShards *shards;
  GCancellable *cancellable;    /* of TLS handshakes */
  guint n_handshakes;
  gboolean soup_accepts;        /* set before the thread starts */
  gboolean stopping;
};

typedef struct
{
  int fd;
  GSocketAddress *peer;
} Incoming;

typedef enum
{
  PHASE_IDLE,                   /* between requests, or before the first */
  PHASE_READING,
  PHASE_WAITING,                /* held */
  PHASE_ANSWERING,
  PHASE_STREAMING,              /* an answer that goes on, and has nothing to say now */
  PHASE_FEEDING,                /* ... and a piece of it is on its way */
} Phase;

typedef struct
{
  AspHttpWorker *worker;
  AspHttpStream *stream;        /* not owned; NULL until TLS has shaken hands */
  AspHttpShard *shard;          /* where its sources are; NULL = the worker's context (TLS) */
  int fd;                       /* not owned */
  GSocketAddress *peer;
  Phase phase;
  gint64 deadline_us;           /* monotonic */
  gint64 answer_deadline_us;
  SoupServerMessage *waiting;   /* not owned: the request that is held */
  SoupServerMessage *streaming; /* not owned: the answer that goes on */
  GList link;
} Client;

static G_DEFINE_QUARK (asp-http-client, client);

/* -- worker's thread from here to worker_main () -- */

static gint64
deadline_in (guint seconds)
{
  return g_get_monotonic_time () + (gint64) seconds * G_USEC_PER_SEC;
}

static Client *
client_new (AspHttpWorker * w, int fd, GSocketAddress * peer)
{
  Client *c = g_new0 (Client, 1);

  c->worker = w;
  c->fd = fd;
  c->peer = g_object_ref (peer);
  c->link.data = c;
  c->deadline_us = deadline_in (w->shared->limits.request_timeout_s);
  g_object_set_qdata (G_OBJECT (peer), client_quark (), c);
  g_queue_push_tail_link (&w->clients, &c->link);
  return c;
}

static void
client_free (Client * c)
{
  if (c->shard)
    asp_http_shard_leave (c->shard);
  g_object_set_qdata (G_OBJECT (c->peer), client_quark (), NULL);
  g_queue_unlink (&c->worker->clients, &c->link);
  g_atomic_int_add (&c->worker->load, -1);
  g_atomic_int_add (&c->worker->shared->n_clients, -1);
  g_object_unref (c->peer);
  g_free (c);
}

static void
client_gone (gpointer data, GObject * stream)
{
  client_free (data);
}

/* Something of libsoup's is ready to go on. */
static void
client_wake (Client * c)
{
  if (c->shard)
    asp_http_shard_wake (c->shard);
}

/* What libsoup makes between the two lives where the connection does. NULL is allowed. */
static void
client_enter (Client * c)
{
  if (c && c->shard)
    asp_http_shard_enter (c->shard);
}

static void
client_exit (Client * c)
{
  if (c && c->shard)
    asp_http_shard_exit (c->shard);
}

static void
client_hang_up (Client * c)
{
  if (c->stream)
    asp_http_stream_hang_up (c->stream);
  else
    shutdown (c->fd, SHUT_RDWR);
  client_wake (c);
}

static Client *
client_of (SoupServerMessage * msg)
{
  GSocketAddress *peer = soup_server_message_get_remote_address (msg);

  return peer ? g_object_get_qdata (G_OBJECT (peer), client_quark ()) : NULL;
}

static void
on_progress (gboolean read, gpointer user_data)
{
  Client *c = user_data;
  const AspHttpLimits *limits = &c->worker->shared->limits;

  if (!read) {
    if (c->phase == PHASE_ANSWERING)
      c->deadline_us = MIN (deadline_in (limits->stall_timeout_s), c->answer_deadline_us);
    else if (c->phase == PHASE_FEEDING)
      c->deadline_us = deadline_in (limits->stall_timeout_s);
  } else if (c->phase == PHASE_IDLE) {
    c->phase = PHASE_READING;
    c->deadline_us = deadline_in (limits->request_timeout_s);
  }
}

static const AspHttpStreamFuncs stream_funcs = { on_progress };

static void
on_abort (SoupServerMessage * msg, gpointer user_data)
{
  Client *c = client_of (msg);
  GSocket *socket = c ? NULL : soup_server_message_get_socket (msg);

  if (c)
    client_hang_up (c);
  else if (socket)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

/* -- requests -- */

static void
answer (AspHttpWorker * w, SoupServerMessage * msg, AspHttpReply * reply,
    const AspHttpTimes * times)
{
  Client *c = client_of (msg);

  if (c && !c->streaming) {
    c->phase = PHASE_ANSWERING;
    c->answer_deadline_us = deadline_in (w->shared->limits.answer_timeout_s);
    c->deadline_us = MIN (deadline_in (w->shared->limits.stall_timeout_s), c->answer_deadline_us);
  }
  ASP_HTTP_COUNT (w->shared->n_requests);
  asp_http_answer_apply (msg, reply, times, w->shared->body_max > 0, c ? c->stream : NULL, on_abort, w);
}

static void
unpause (SoupServerMessage * msg)
{
  Client *c = client_of (msg);

  client_enter (c);
  soup_server_message_unpause (msg);
  client_exit (c);
  if (c)
    client_wake (c);
}

/* The client has left while its request was held: libsoup only finds out by writing. */
static void
drop_waiting (Client * c)
{
  SoupServerMessage *msg = g_steal_pointer (&c->waiting);

  asp_http_held_remove (c->worker->held, msg);
  client_hang_up (c);
  soup_server_message_set_status (msg, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL);
  unpause (msg);
}

/* FALSE when there is no place for it. */
static gboolean
hold (AspHttpWorker * w, SoupServerMessage * msg, const AspHttpReply * reply, gint64 came_us)
{
  Client *c = client_of (msg);

  if (!asp_http_held_add (w->held, msg, reply->topic, reply->generation, came_us,
          came_us + (gint64) reply->timeout_ms * 1000))
    return FALSE;
  if (!c)
    return TRUE;
  c->phase = PHASE_WAITING;
  c->deadline_us = G_MAXINT64;
  c->waiting = msg;
  /* what epoll had to say of that came before */
  if (c->stream && asp_http_stream_has_left (c->stream))
    drop_waiting (c);
  return TRUE;
}

/* The same, while an answer goes on, maybe in the middle of a piece. */
static void
drop_streaming (Client * c)
{
  SoupServerMessage *msg = g_steal_pointer (&c->streaming);

  asp_http_streamings_remove (c->worker->streamings, msg);
  client_hang_up (c);
  soup_message_body_append (soup_server_message_get_response_body (msg), SOUP_MEMORY_STATIC, "\n", 1);
  unpause (msg);
}

static void
on_stream_busy (SoupServerMessage * msg, gboolean busy, gpointer user_data)
{
  AspHttpWorker *w = user_data;
  Client *c = client_of (msg);

  if (!c)
    return;
  c->phase = busy ? PHASE_FEEDING : PHASE_STREAMING;
  c->deadline_us = busy ? deadline_in (w->shared->limits.stall_timeout_s) : G_MAXINT64;
}

static void
on_stream_ready (SoupServerMessage * msg, gpointer user_data)
{
  unpause (msg);
}

/* FALSE when there is no place for it. */
static gboolean
begin_stream (AspHttpWorker * w, SoupServerMessage * msg, AspHttpReply * reply)
{
  Client *c = client_of (msg);

  if (!strcmp (soup_server_message_get_method (msg), "HEAD"))
    return TRUE;
  if (!asp_http_streamings_add (w->streamings, msg, reply))
    return FALSE;
  if (!c)
    return TRUE;
  c->streaming = msg;
  /* what epoll had to say of that came before; the head will not go out any more */
  if (c->stream && asp_http_stream_has_left (c->stream))
    client_hang_up (c);
  return TRUE;
}

/* Asks the routes and answers, or holds the request (again). */
static void
ask (AspHttpWorker * w, SoupServerMessage * msg, gint64 came_us, gboolean expired,
    gboolean was_held)
{
  AspHttpTimes times = {.came_us = came_us };
  AspHttpRequest request;
  AspHttpReply reply = { 0 };

  if (was_held)
    times.released_us = g_get_monotonic_time ();
  asp_http_answer_read_request (msg, &request);
  request.expired = expired;
  request.waited_us = was_held ? (guint64) (times.released_us - came_us) : 0;
  asp_http_routes_ask (w->shared->routes, w->shared->files, &request, &reply);
  if (reply.kind == ASP_HTTP_REPLY_WAIT) {
    if (hold (w, msg, &reply, came_us)) {
      asp_http_reply_clear (&reply);
      return;
    }
    asp_http_reply_status (&reply, SOUP_STATUS_SERVICE_UNAVAILABLE);
  }
  if (reply.kind == ASP_HTTP_REPLY_STREAM && !begin_stream (w, msg, &reply))
    asp_http_reply_status (&reply, SOUP_STATUS_SERVICE_UNAVAILABLE);
  answer (w, msg, &reply, &times);
  if (was_held)
    unpause (msg);
}

static void
on_released (SoupServerMessage * msg, gint64 came_us, gboolean expired, gpointer user_data)
{
  Client *c = client_of (msg);

  if (c)
    c->waiting = NULL;
  ask (user_data, msg, came_us, expired, TRUE);
}

static void
on_early (SoupServer * soup, SoupServerMessage * msg, const char *path, GHashTable * query,
    gpointer user_data)
{
  AspHttpWorker *w = user_data;
  guint refusal = asp_http_answer_refuse_body (msg, w->shared->body_max);
  Client *c = client_of (msg);

  soup_message_body_set_accumulate (soup_server_message_get_request_body (msg),
      w->shared->body_max > 0 && !refusal);
  if (c && c->stream)
    asp_http_stream_head_done (c->stream);
  if (refusal && c && c->stream)
    asp_http_stream_refuse (c->stream, refusal);
  else if (refusal)
    soup_server_message_set_status (msg, refusal, NULL);
}

static void
on_request (SoupServer * soup, SoupServerMessage * msg, const char *path, GHashTable * query,
    gpointer user_data)
{
  AspHttpWorker *w = user_data;
  guint refusal = asp_http_answer_refuse_body (msg, w->shared->body_max);

  if (refusal) {
    /* libsoup asks all the same; the answer has gone past it */
    soup_server_message_set_status (msg, refusal, NULL);
    return;
  }
  if (asp_http_answer_method (msg, w->shared->body_max > 0))
    return;
  ask (w, msg, g_get_monotonic_time (), FALSE, FALSE);
}

static void
on_request_finished (SoupServer * soup, SoupServerMessage * msg, gpointer user_data)
{
  AspHttpWorker *w = user_data;
  Client *c = client_of (msg);

  asp_http_streamings_remove (w->streamings, msg);
  if (!c)
    return;
  c->streaming = NULL;
  c->phase = PHASE_IDLE;
  c->deadline_us = deadline_in (w->shared->limits.idle_timeout_s);
  if (c->stream)
    asp_http_stream_expect_request (c->stream);
}

static void
on_request_aborted (SoupServer * soup, SoupServerMessage * msg, gpointer user_data)
{
  AspHttpWorker *w = user_data;
  Client *c = client_of (msg);

  if (c && c->waiting == msg)
    c->waiting = NULL;
  if (c && c->streaming == msg)
    c->streaming = NULL;
  asp_http_held_remove (w->held, msg);
  asp_http_streamings_remove (w->streamings, msg);
}

/* -- connections -- */

static void
watch_client (Client * c, guint32 events)
{
  struct epoll_event e = {.events = events | EPOLLRDHUP | EPOLLET,.data.ptr = c };

  epoll_ctl (c->worker->epoll_fd, EPOLL_CTL_ADD, c->fd, &e);
}

/* From here on the stream decides how long the client lives. */
static void
hand_to_soup (Client * c, AspHttpStream * stream)
{
  AspHttpWorker *w = c->worker;

  c->stream = stream;
  asp_http_stream_set_end_mark (stream, !soup_check_version (3, 4, 0));
  g_object_weak_ref (G_OBJECT (stream), client_gone, c);
  client_enter (c);
  soup_server_accept_iostream (w->soup, G_IO_STREAM (stream), w->shared->address, c->peer, NULL);
  client_exit (c);
  client_wake (c);
  g_object_unref (stream);
}

/* For the handshake, which waits in a thread of GIO's. From then on the deadlines of the
 * client count: a source with a timeout of its own would end a kept connection. */
static void
set_socket_timeout (GTlsConnection * tls, guint seconds)
{
  g_autoptr (GIOStream) base = NULL;

  g_object_get (tls, "base-io-stream", &base, NULL);
  g_socket_set_timeout (g_socket_connection_get_socket (G_SOCKET_CONNECTION (base)), seconds);
}

static void
on_handshake (GObject * tls, GAsyncResult * result, gpointer user_data)
{
  Client *c = user_data;
  AspHttpWorker *w = c->worker;

  w->n_handshakes--;
  if (g_tls_connection_handshake_finish (G_TLS_CONNECTION (tls), result, NULL) && !w->stopping) {
    set_socket_timeout (G_TLS_CONNECTION (tls), 0);
    /* only to hear that it has left: what can be read is for TLS to know */
    watch_client (c, 0);
    hand_to_soup (c, asp_http_stream_new_for_tls (G_IO_STREAM (tls), c->fd, &stream_funcs, c));
  } else {
    client_free (c);
  }
}

/* FALSE when there is no TLS for it; @fd is closed then. */
static gboolean
start_tls (AspHttpWorker * w, int fd, GSocketAddress * peer)
{
  static const gchar *const protocols[] = { "http/1.1", NULL };
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, NULL);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GIOStream) tls = NULL;
  Client *c;

  if (!socket) {
    close (fd);
    return FALSE;
  }
  connection = g_socket_connection_factory_create_connection (socket);
  tls = g_tls_server_connection_new (G_IO_STREAM (connection), w->shared->certificate, NULL);
  if (!tls)
    return FALSE;
  set_socket_timeout (G_TLS_CONNECTION (tls), w->shared->limits.request_timeout_s);
  g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (tls), protocols);
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  c = client_new (w, fd, peer);
  w->n_handshakes++;
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, w->cancellable,
      on_handshake, c);
  return TRUE;
}

static void
start_plain (AspHttpWorker * w, int fd, GSocketAddress * peer)
{
  Client *c = client_new (w, fd, peer);

  c->shard = asp_http_shards_join (w->shards);
  watch_client (c, EPOLLIN | EPOLLOUT);
  hand_to_soup (c, asp_http_stream_new_for_socket (fd, &stream_funcs, c));
}

static void
uncount_client (AspHttpWorker * w)
{
  g_atomic_int_add (&w->load, -1);
  g_atomic_int_add (&w->shared->n_clients, -1);
}

static void
take_incoming (AspHttpWorker * w)
{
  GQueue mine = G_QUEUE_INIT;
  Incoming *in;

  g_mutex_lock (&w->lock);
  mine = w->incoming;
  g_queue_init (&w->incoming);
  g_mutex_unlock (&w->lock);
  while ((in = g_queue_pop_head (&mine)) != NULL) {
    int one = 1;

    setsockopt (in->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (w->stopping) {
      close (in->fd);
      uncount_client (w);
    } else if (!w->shared->certificate) {
      start_plain (w, in->fd, in->peer);
    } else if (!start_tls (w, in->fd, in->peer)) {
      uncount_client (w);
    }
    g_object_unref (in->peer);
    g_free (in);
  }
}

static gboolean
on_incoming (gpointer user_data)
{
  AspHttpWorker *w = user_data;

  g_source_set_ready_time (w->incoming_source, -1);
  take_incoming (w);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_tick (gpointer user_data)
{
  AspHttpWorker *w = user_data;
  gint64 now_us = g_get_monotonic_time ();

  for (GList * l = w->clients.head; l; l = l->next) {
    Client *c = l->data;

    if (now_us > c->deadline_us) {
      ASP_HTTP_COUNT (w->shared->n_dropped);
      c->deadline_us = G_MAXINT64;
      client_hang_up (c);
    }
  }
  asp_http_streamings_tick (w->streamings, now_us);
  asp_http_shards_run_all (w->shards);
  return G_SOURCE_CONTINUE;
}

/* No client is freed before all events have been seen: that happens in the shards. */
static gboolean
on_epoll (int fd, GIOCondition condition, gpointer user_data)
{
  AspHttpWorker *w = user_data;
  struct epoll_event events[EVENTS_AT_ONCE];
  int n = epoll_wait (w->epoll_fd, events, EVENTS_AT_ONCE, 0);

  for (int i = 0; i < n; i++) {
    Client *c = events[i].data.ptr;
    guint32 e = events[i].events;
    gboolean left = (e & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;

    if (c->stream)
      asp_http_stream_ready (c->stream, (e & EPOLLIN) != 0, (e & EPOLLOUT) != 0, left);
    if (left && c->waiting)
      drop_waiting (c);
    if (left && c->streaming)
      drop_streaming (c);
    client_wake (c);
  }
  asp_http_shards_run (w->shards);
  return G_SOURCE_CONTINUE;
}

/* -- the thread -- */

static void
add_source (AspHttpWorker * w, GSource * source, GSourceFunc func)
{
  g_source_set_callback (source, func, w, NULL);
  g_source_attach (source, w->context);
  g_source_unref (source);
}

static void
setup (AspHttpWorker * w)
{
  GSource *epoll_source = g_unix_fd_source_new (w->epoll_fd, G_IO_IN);

  w->cancellable = g_cancellable_new ();
  w->shards = asp_http_shards_new (w->context);
  w->soup = soup_server_new ("server-header", "adsplice", "raw-paths", TRUE, NULL);
  if (w->soup_accepts)
    soup_server_set_tls_certificate (w->soup, w->shared->certificate);
  if (w->listening_end)
    soup_server_listen_socket (w->soup, w->listening_end,
        w->soup_accepts ? SOUP_SERVER_LISTEN_HTTPS : 0, NULL);
  soup_server_add_early_handler (w->soup, NULL, on_early, w, NULL);
  soup_server_add_handler (w->soup, NULL, on_request, w, NULL);
  g_signal_connect (w->soup, "request-finished", G_CALLBACK (on_request_finished), w);
  g_signal_connect (w->soup, "request-aborted", G_CALLBACK (on_request_aborted), w);
  w->held = asp_http_held_new (w->context, w->shared, on_released, w);
  w->streamings = asp_http_streamings_new (w->context, w->shared, on_stream_busy, on_stream_ready, w);
  add_source (w, epoll_source, G_SOURCE_FUNC (on_epoll));
  add_source (w, g_timeout_source_new_seconds (TICK_S), on_tick);
  take_incoming (w);
}

/* Operations under way report their end to these contexts. */
static void
finish_operations (AspHttpWorker * w)
{
  do
    asp_http_shards_run_all (w->shards);
  while (g_main_context_iteration (w->context, FALSE));
}

static void
teardown (AspHttpWorker * w)
{
  w->stopping = TRUE;
  take_incoming (w);
  g_cancellable_cancel (w->cancellable);
  asp_http_held_free (g_steal_pointer (&w->held));
  asp_http_streamings_free (g_steal_pointer (&w->streamings));
  for (GList * l = w->clients.head; l; l = l->next) {
    ((Client *) l->data)->waiting = NULL;
    ((Client *) l->data)->streaming = NULL;
    client_hang_up (l->data);
  }
  soup_server_disconnect (w->soup);
  while (w->n_handshakes > 0)
    g_main_context_iteration (w->context, TRUE);
  finish_operations (w);
  g_clear_object (&w->soup);
  finish_operations (w);
  while (w->clients.head) {
    Client *c = w->clients.head->data;

    if (c->stream)
      g_object_weak_unref (G_OBJECT (c->stream), client_gone, c);
    client_free (c);
  }
  asp_http_shards_free (w->shards);
  g_clear_object (&w->cancellable);
}

static gpointer
worker_main (gpointer data)
{
  AspHttpWorker *w = data;

  g_main_context_push_thread_default (w->context);
  setup (w);
  g_main_loop_run (w->loop);
  teardown (w);
  g_main_context_pop_thread_default (w->context);
  return NULL;
}

/* -- the others -- */

/* 3.2 keeps a connection that it is handed only while it listens itself. It listens at one
 * end of a pair of sockets whose other end says nothing. */
static void
make_silent_pair (AspHttpWorker * w)
{
  int ends[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return;
  w->listening_end = g_socket_new_from_fd (ends[0], NULL);
  w->silent_end = g_socket_new_from_fd (ends[1], NULL);
}

AspHttpWorker *
asp_http_worker_new (AspHttpShared * shared, GSocket * socket)
{
  AspHttpWorker *w = g_new0 (AspHttpWorker, 1);

  w->shared = shared;
  w->context = g_main_context_new ();
  w->loop = g_main_loop_new (w->context, FALSE);
  w->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (socket)
    w->listening_end = g_object_ref (socket);
  else
    make_silent_pair (w);
  w->soup_accepts = socket != NULL;
  g_mutex_init (&w->lock);
  g_queue_init (&w->incoming);
  g_queue_init (&w->clients);
  w->incoming_source = asp_http_ready_source_new (w->context, on_incoming, w);
  w->thread = g_thread_new ("asp-http", worker_main, w);
  return w;
}

static gboolean
on_quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

void
asp_http_worker_free (AspHttpWorker * w)
{
  /* as a source: a quit before the loop runs would be lost */
  GSource *quit = g_idle_source_new ();

  g_source_set_priority (quit, G_PRIORITY_HIGH);
  g_source_set_callback (quit, on_quit, w->loop, NULL);
  g_source_attach (quit, w->context);
  g_source_unref (quit);
  g_thread_join (w->thread);
  g_source_destroy (w->incoming_source);
  g_source_unref (w->incoming_source);
  g_clear_object (&w->listening_end);
  g_clear_object (&w->silent_end);
  close (w->epoll_fd);
  g_main_loop_unref (w->loop);
  g_main_context_unref (w->context);
  g_mutex_clear (&w->lock);
  g_free (w);
}

void
asp_http_worker_give (AspHttpWorker * w, int fd, const struct sockaddr *peer, socklen_t peer_size)
{
  Incoming *in = g_new0 (Incoming, 1);

  in->fd = fd;
  in->peer = g_socket_address_new_from_native ((gpointer) peer, peer_size);
  g_atomic_int_inc (&w->load);
  g_mutex_lock (&w->lock);
  g_queue_push_tail (&w->incoming, in);
  g_source_set_ready_time (w->incoming_source, 0);
  g_mutex_unlock (&w->lock);
}

gboolean
asp_http_worker_may_accept (void)
{
  return soup_check_version (3, 4, 0);
}

guint
asp_http_worker_load (AspHttpWorker * w)
{
  return (guint) g_atomic_int_get (&w->load);
}

GMainContext *
asp_http_worker_context (AspHttpWorker * w)
{
  return w->context;
}
