/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-held.h"

/* A publication may release thousands; between so many of them other clients are served. Not
 * fewer: they ask again at once, and who was not answered yet would wait for that too. */
#define RELEASED_AT_ONCE 1024

typedef struct
{
  SoupServerMessage *msg;
  AspHttpTopic *topic;          /* of a route: outlives this */
  guint64 generation;
  gint64 came_us, deadline_us;
  GList link;
} Entry;

struct _AspHttpHeld
{
  AspHttpShared *shared;
  AspHttpReleased released;
  gpointer user_data;
  GQueue entries;               /* Entry, as they came */
  GHashTable *by_msg;           /* SoupServerMessage -> Entry */
  GSource *published;           /* made ready by the topics */
  GSource *deadline;
};

static void
entry_free (AspHttpHeld * h, Entry * e)
{
  g_queue_unlink (&h->entries, &e->link);
  g_hash_table_remove (h->by_msg, e->msg);
  g_atomic_int_add (&h->shared->n_waiting, -1);
  g_object_unref (e->msg);
  g_free (e);
}

static void
release (AspHttpHeld * h, Entry * e, gboolean expired)
{
  g_autoptr (SoupServerMessage) msg = g_object_ref (e->msg);
  gint64 came_us = e->came_us;

  entry_free (h, e);
  h->released (msg, came_us, expired, h->user_data);
}

static gboolean
on_published (gpointer user_data)
{
  AspHttpHeld *h = user_data;
  GList *next;
  guint n = 0;

  g_source_set_ready_time (h->published, -1);
  /* one that is held again is behind the end that is seen here, or waits for more */
  for (GList * l = h->entries.head; l; l = next) {
    Entry *e = l->data;

    next = l->next;
    if (asp_http_topic_get_generation (e->topic) < e->generation)
      continue;
    if (n++ == RELEASED_AT_ONCE) {
      g_source_set_ready_time (h->published, 0);
      break;
    }
    release (h, e, FALSE);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_deadline (gpointer user_data)
{
  AspHttpHeld *h = user_data;
  gint64 now_us = g_get_monotonic_time ();
  gint64 earliest_us = G_MAXINT64;
  GList *next;

  for (GList * l = h->entries.head; l; l = next) {
    Entry *e = l->data;

    next = l->next;
    if (now_us >= e->deadline_us)
      release (h, e, TRUE);
    else
      earliest_us = MIN (earliest_us, e->deadline_us);
  }
  g_source_set_ready_time (h->deadline, earliest_us == G_MAXINT64 ? -1 : earliest_us);
  return G_SOURCE_CONTINUE;
}

AspHttpHeld *
asp_http_held_new (GMainContext * context, AspHttpShared * shared, AspHttpReleased released,
    gpointer user_data)
{
  AspHttpHeld *h = g_new0 (AspHttpHeld, 1);

  h->shared = shared;
  h->released = released;
  h->user_data = user_data;
  g_queue_init (&h->entries);
  h->by_msg = g_hash_table_new (NULL, NULL);
  h->published = asp_http_ready_source_new (context, on_published, h);
  h->deadline = asp_http_ready_source_new (context, on_deadline, h);
  for (guint i = 0; i < shared->routes->len; i++) {
    const AspHttpRoute *r = g_ptr_array_index (shared->routes, i);

    if (r->topic)
      asp_http_topic_watch (r->topic, h->published);
  }
  return h;
}

void
asp_http_held_free (AspHttpHeld * h)
{
  for (guint i = 0; i < h->shared->routes->len; i++) {
    const AspHttpRoute *r = g_ptr_array_index (h->shared->routes, i);

    if (r->topic)
      asp_http_topic_unwatch (r->topic, h->published);
  }
  while (h->entries.head)
    entry_free (h, h->entries.head->data);
  g_source_destroy (h->published);
  g_source_unref (h->published);
  g_source_destroy (h->deadline);
  g_source_unref (h->deadline);
  g_hash_table_unref (h->by_msg);
  g_free (h);
}

gboolean
asp_http_held_add (AspHttpHeld * h, SoupServerMessage * msg, AspHttpTopic * topic,
    guint64 generation, gint64 came_us, gint64 deadline_us)
{
  Entry *e;
  gint64 ready_us = g_source_get_ready_time (h->deadline);

  if (g_atomic_int_add (&h->shared->n_waiting, 1) >= (gint) h->shared->limits.max_waiting) {
    g_atomic_int_add (&h->shared->n_waiting, -1);
    return FALSE;
  }
  e = g_new0 (Entry, 1);
  e->msg = g_object_ref (msg);
  e->topic = topic;
  e->generation = generation;
  e->came_us = came_us;
  e->deadline_us = deadline_us;
  e->link.data = e;
  g_queue_push_tail_link (&h->entries, &e->link);
  g_hash_table_insert (h->by_msg, msg, e);
  if (ready_us < 0 || deadline_us < ready_us)
    g_source_set_ready_time (h->deadline, deadline_us);
  soup_server_message_pause (msg);
  return TRUE;
}

void
asp_http_held_remove (AspHttpHeld * h, SoupServerMessage * msg)
{
  Entry *e = h ? g_hash_table_lookup (h->by_msg, msg) : NULL;

  if (e)
    entry_free (h, e);
}
