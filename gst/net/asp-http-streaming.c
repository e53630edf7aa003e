/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-streaming.h"

#include <string.h>

/* A publication has news for thousands; between so many of them other clients are served. */
#define FED_AT_ONCE 256

typedef struct
{
  AspHttpStreamings *owner;
  SoupServerMessage *msg;
  AspHttpTopic *topic;          /* of a route: outlives this */
  AspHttpMore more;
  gpointer more_data;
  GDestroyNotify more_destroy;
  guint64 generation;           /* of the topic, before it was said that there is no more */
  gint64 wrote_us;              /* monotonic, when the last piece went */
  gulong wrote_chunk;
  gboolean keep_alive;
  gboolean busy;                /* a piece is on its way */
  gboolean over;
  GList link;
} Entry;

struct _AspHttpStreamings
{
  AspHttpShared *shared;
  AspHttpStreamBusy busy;
  AspHttpStreamReady ready;
  gpointer user_data;
  GQueue entries;               /* Entry; who was fed last is at the end */
  GHashTable *by_msg;           /* SoupServerMessage -> Entry */
  GSource *published;           /* made ready by the topics */
};

static void
entry_free (Entry * e)
{
  AspHttpStreamings *s = e->owner;

  g_queue_unlink (&s->entries, &e->link);
  g_hash_table_remove (s->by_msg, e->msg);
  g_atomic_int_add (&s->shared->n_waiting, -1);
  g_signal_handler_disconnect (e->msg, e->wrote_chunk);
  if (e->more_destroy)
    e->more_destroy (e->more_data);
  g_object_unref (e->msg);
  g_free (e);
}

static void
set_busy (Entry * e, gboolean busy)
{
  e->busy = busy;
  e->wrote_us = g_get_monotonic_time ();
  e->owner->busy (e->msg, busy, e->owner->user_data);
}

/* Puts what comes next into the body. FALSE: there is nothing yet. */
static gboolean
feed (Entry * e)
{
  SoupMessageBody *body = soup_server_message_get_response_body (e->msg);
  guint64 generation = asp_http_topic_get_generation (e->topic);
  gboolean end = FALSE;
  g_autoptr (GBytes) piece = e->more (e->more_data, &end);
  gsize size = piece ? g_bytes_get_size (piece) : 0;

  if (size > ASP_HTTP_STREAM_PIECE_MAX) {
    end = TRUE;
    size = 0;
  }
  e->generation = generation;
  if (size > 0)
    soup_message_body_append_bytes (body, piece);
  if (end)
    soup_message_body_complete (body);
  e->over = end;
  if (size == 0 && !end)
    return FALSE;
  set_busy (e, TRUE);
  return TRUE;
}

static void
on_wrote_chunk (SoupServerMessage * msg, gpointer data)
{
  Entry *e = data;

  if (e->over)
    return;
  set_busy (e, FALSE);
  feed (e);
}

static gboolean
on_published (gpointer user_data)
{
  AspHttpStreamings *s = user_data;
  guint n = g_queue_get_length (&s->entries), fed = 0;

  g_source_set_ready_time (s->published, -1);
  /* once around */
  while (n-- > 0) {
    Entry *e = g_queue_peek_head (&s->entries);

    g_queue_unlink (&s->entries, &e->link);
    g_queue_push_tail_link (&s->entries, &e->link);
    /* who is busy asks by itself */
    if (e->busy || e->over || asp_http_topic_get_generation (e->topic) <= e->generation)
      continue;
    if (feed (e))
      s->ready (e->msg, s->user_data);
    if (++fed == FED_AT_ONCE && n > 0) {
      g_source_set_ready_time (s->published, 0);
      break;
    }
  }
  return G_SOURCE_CONTINUE;
}

AspHttpStreamings *
asp_http_streamings_new (GMainContext * context, AspHttpShared * shared, AspHttpStreamBusy busy,
    AspHttpStreamReady ready, gpointer user_data)
{
  AspHttpStreamings *s = g_new0 (AspHttpStreamings, 1);

  s->shared = shared;
  s->busy = busy;
  s->ready = ready;
  s->user_data = user_data;
  g_queue_init (&s->entries);
  s->by_msg = g_hash_table_new (NULL, NULL);
  s->published = asp_http_ready_source_new (context, on_published, s);
  for (guint i = 0; i < shared->routes->len; i++) {
    const AspHttpRoute *r = g_ptr_array_index (shared->routes, i);

    if (r->topic)
      asp_http_topic_watch (r->topic, s->published);
  }
  return s;
}

void
asp_http_streamings_free (AspHttpStreamings * s)
{
  for (guint i = 0; i < s->shared->routes->len; i++) {
    const AspHttpRoute *r = g_ptr_array_index (s->shared->routes, i);

    if (r->topic)
      asp_http_topic_unwatch (r->topic, s->published);
  }
  while (s->entries.head)
    entry_free (s->entries.head->data);
  g_source_destroy (s->published);
  g_source_unref (s->published);
  g_hash_table_unref (s->by_msg);
  g_free (s);
}

/* Not chunked: libsoup ends such a body in a thread of GIO's, which would write to the stream
 * while this one does. So it ends with the connection (RFC 9112 6.3). */
static void
begin_body (SoupServerMessage * msg)
{
  soup_message_headers_set_encoding (soup_server_message_get_response_headers (msg), SOUP_ENCODING_EOF);
  /* what has gone out is not kept */
  soup_message_body_set_accumulate (soup_server_message_get_response_body (msg), FALSE);
}

gboolean
asp_http_streamings_add (AspHttpStreamings * s, SoupServerMessage * msg, AspHttpReply * reply)
{
  Entry *e;

  if (g_atomic_int_add (&s->shared->n_waiting, 1) >= (gint) s->shared->limits.max_waiting) {
    g_atomic_int_add (&s->shared->n_waiting, -1);
    return FALSE;
  }
  e = g_new0 (Entry, 1);
  e->owner = s;
  e->msg = g_object_ref (msg);
  e->topic = reply->topic;
  e->more = reply->more;
  e->more_data = g_steal_pointer (&reply->more_data);
  e->more_destroy = reply->more_destroy;
  reply->more_destroy = NULL;
  e->keep_alive = g_str_has_prefix (reply->type, "text/event-stream");
  e->link.data = e;
  g_queue_push_tail_link (&s->entries, &e->link);
  g_hash_table_insert (s->by_msg, msg, e);
  e->wrote_chunk = g_signal_connect (msg, "wrote-chunk", G_CALLBACK (on_wrote_chunk), e);
  begin_body (msg);
  if (!feed (e))
    set_busy (e, FALSE);
  return TRUE;
}

void
asp_http_streamings_remove (AspHttpStreamings * s, SoupServerMessage * msg)
{
  Entry *e = s ? g_hash_table_lookup (s->by_msg, msg) : NULL;

  if (e)
    entry_free (e);
}

void
asp_http_streamings_tick (AspHttpStreamings * s, gint64 now_us)
{
  static const gchar comment[] = ": \n\n";

  for (GList * l = s->entries.head; l; l = l->next) {
    Entry *e = l->data;

    if (!e->keep_alive || e->busy || e->over ||
        now_us - e->wrote_us < (gint64) s->shared->limits.keep_alive_s * G_USEC_PER_SEC)
      continue;
    soup_message_body_append (soup_server_message_get_response_body (e->msg), SOUP_MEMORY_STATIC,
        comment, sizeof comment - 1);
    set_busy (e, TRUE);
    s->ready (e->msg, s->user_data);
  }
}
