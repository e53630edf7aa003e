/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks: `fold_lock`, held while the log is read and its events are added, so that they are in their
 * order; below it `lock`, which guards everything else, for what is done in memory. Readers take
 * `lock` only.
 */
#include "asp-event-history.h"

#include <string.h>

#include "asp-event-break.h"
#include "asp-event-debug.h"

#define PAGE 1000               /* events that are read from the log at once */

typedef struct
{
  gchar *name;
  gchar *stream_id;             /* nullable: of the one that began and has not ended */
  gboolean streams;
  GQueue breaks;                /* Known, oldest first */
  GHashTable *by_id;            /* gchar * -> Known */
} Channel;

typedef struct
{
  AspEventBreak *brk;
  Channel *channel;
  gchar *id;
  guint64 last;                 /* number of its last event */
  GList of_channel, of_all;     /* its links */
} Known;

struct _AspEventHistory
{
  AspEventLog *log;
  guint watch;

  GMutex fold_lock;
  guint64 folded;               /* number of the last event */

  GMutex lock;
  GHashTable *channels;         /* gchar * -> Channel */
  GQueue all;                   /* Known, the one that was longest without an event first */
};

static void
known_free (Known * k)
{
  asp_event_break_free (k->brk);
  g_free (k->id);
  g_free (k);
}

static void
channel_free (gpointer channel)
{
  Channel *c = channel;

  for (GList * l = c->breaks.head, *next; l; l = next) {
    next = l->next;
    known_free (l->data);
  }
  g_hash_table_unref (c->by_id);
  g_free (c->stream_id);
  g_free (c->name);
  g_free (c);
}

/* -- adding; these hold `lock` -- */

static Channel *
get_channel (AspEventHistory * h, const gchar * name)
{
  Channel *c = g_hash_table_lookup (h->channels, name);

  if (c)
    return c;
  c = g_new0 (Channel, 1);
  c->name = g_strdup (name);
  g_queue_init (&c->breaks);
  c->by_id = g_hash_table_new (g_str_hash, g_str_equal);
  g_hash_table_insert (h->channels, c->name, c);
  return c;
}

/* A channel of which nothing is left goes too. */
static void
forget (AspEventHistory * h, Known * k)
{
  Channel *c = k->channel;

  g_queue_unlink (&c->breaks, &k->of_channel);
  g_queue_unlink (&h->all, &k->of_all);
  g_hash_table_remove (c->by_id, k->id);
  known_free (k);
  if (g_queue_is_empty (&c->breaks) && !c->streams)
    g_hash_table_remove (h->channels, c->name);
}

static Known *
new_break (AspEventHistory * h, Channel * c, const gchar * id)
{
  Known *k = g_new0 (Known, 1);

  k->brk = asp_event_break_new ();
  k->channel = c;
  k->id = g_strdup (id);
  k->of_channel.data = k->of_all.data = k;
  g_queue_push_tail_link (&c->breaks, &k->of_channel);
  g_queue_push_tail_link (&h->all, &k->of_all);
  g_hash_table_insert (c->by_id, k->id, k);
  if (g_queue_get_length (&c->breaks) > ASP_EVENT_HISTORY_BREAKS_MAX)
    forget (h, g_queue_peek_head (&c->breaks));
  return k;
}

/* @event: (transfer full). An id that comes again behind its end is another break, as of a recording
 * that is played again with the same cues; the newest one has the id. */
static void
add_to_break (AspEventHistory * h, const gchar * channel, AspEvent * event)
{
  Channel *c = get_channel (h, channel);
  Known *k = g_hash_table_lookup (c->by_id, event->break_id);

  if (k && !asp_event_break_is_open (k->brk) && asp_event_break_begins (event->kind)) {
    forget (h, k);
    c = get_channel (h, channel);
    k = NULL;
  }
  if (!k)
    k = new_break (h, c, event->break_id);
  k->last = event->number;
  asp_event_break_add (k->brk, event);
  g_queue_unlink (&h->all, &k->of_all);
  g_queue_push_tail_link (&h->all, &k->of_all);
}

static void
note_stream (Channel * c, const AspEvent * event)
{
  c->streams = event->kind == ASP_EVENT_STREAM_START;
  g_free (c->stream_id);
  c->stream_id = c->streams ? g_strdup (event->stream_id) : NULL;
}

/* @event: (transfer full) */
static void
add_event (AspEventHistory * h, AspEvent * event)
{
  guint64 gone = event->number > ASP_EVENT_LOG_KEEP ? event->number - ASP_EVENT_LOG_KEEP : 0;
  Known *oldest;

  if (event->channel && (event->kind == ASP_EVENT_STREAM_START || event->kind == ASP_EVENT_STREAM_END)) {
    note_stream (get_channel (h, event->channel), event);
    asp_event_free (event);
  } else if (event->channel && event->break_id) {
    add_to_break (h, event->channel, event);
  } else {
    asp_event_free (event);
  }
  while ((oldest = g_queue_peek_head (&h->all)) != NULL && oldest->last <= gone)
    forget (h, oldest);
}

/* -- reading the log -- */

/* Up to its end. */
static gboolean
fold (AspEventHistory * h, GError ** error)
{
  guint n = PAGE;
  gboolean good = TRUE;

  g_mutex_lock (&h->fold_lock);
  while (good && n == PAGE) {
    g_autoptr (GPtrArray) events = asp_event_log_read (h->log, h->folded, NULL, PAGE, error);

    good = events != NULL;
    n = good ? events->len : 0;
    g_mutex_lock (&h->lock);
    for (guint i = 0; i < n; i++) {
      h->folded = ((AspEvent *) events->pdata[i])->number;
      add_event (h, g_steal_pointer (&events->pdata[i]));
    }
    g_mutex_unlock (&h->lock);
  }
  g_mutex_unlock (&h->fold_lock);
  return good;
}

static void
on_grew (gpointer user_data, guint64 last)
{
  g_autoptr (GError) error = NULL;

  /* what cannot be read now is read when the next one comes */
  if (!fold (user_data, &error))
    GST_WARNING ("The history of breaks stands still: %s", error->message);
}

AspEventHistory *
asp_event_history_new (AspEventLog * log, GError ** error)
{
  AspEventHistory *h = g_new0 (AspEventHistory, 1);

  h->log = log;
  g_mutex_init (&h->fold_lock);
  g_mutex_init (&h->lock);
  h->channels = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, channel_free);
  g_queue_init (&h->all);
  h->watch = asp_event_log_watch (log, on_grew, h);
  if (fold (h, error))
    return h;
  asp_event_history_free (h);
  return NULL;
}

void
asp_event_history_free (AspEventHistory * h)
{
  if (!h)
    return;
  asp_event_log_unwatch (h->log, h->watch);
  g_hash_table_unref (h->channels);
  g_mutex_clear (&h->fold_lock);
  g_mutex_clear (&h->lock);
  g_free (h);
}

/* -- the users -- */

static AspEvent *
interrupted (AspEventKind kind, const Channel * c, const gchar * id, const gchar * stream_id, gint64 now_us)
{
  AspEvent *e = asp_event_new (kind, c->name, id, now_us);

  asp_event_set_text (&e->stream_id, stream_id);
  asp_event_set_text (&e->reason, "interrupted");
  return e;
}

static void
gather_open (const Channel * c, gint64 now_us, GPtrArray * out)
{
  for (GList * l = c->breaks.head; l; l = l->next) {
    const Known *k = l->data;
    const AspEvent *first = k->brk->events->pdata[0];

    if (asp_event_break_is_open (k->brk))
      g_ptr_array_add (out, interrupted (k->brk->state == ASP_EVENT_BREAK_RUNNING ? ASP_EVENT_BREAK_ENDED :
              ASP_EVENT_BREAK_CANCELLED, c, k->id, first->stream_id, now_us));
  }
  if (c->streams)
    g_ptr_array_add (out, interrupted (ASP_EVENT_STREAM_END, c, NULL, c->stream_id, now_us));
}

guint
asp_event_history_end_open (AspEventHistory * h, gint64 now_us)
{
  g_autoptr (GPtrArray) events = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer channel;

  g_mutex_lock (&h->lock);
  g_hash_table_iter_init (&iter, h->channels);
  while (g_hash_table_iter_next (&iter, NULL, &channel))
    gather_open (channel, now_us, events);
  g_mutex_unlock (&h->lock);
  for (guint i = 0; i < events->len; i++)
    asp_event_log_add (h->log, events->pdata[i]);
  return events->len;
}

guint
asp_event_history_write_breaks (AspEventHistory * h, const gchar * channel, const gchar * before, guint max,
    AspJsonWriter * w)
{
  Channel *c;
  GList *from = NULL;
  guint n = 0;

  g_mutex_lock (&h->lock);
  c = g_hash_table_lookup (h->channels, channel);
  if (c && before) {
    Known *k = g_hash_table_lookup (c->by_id, before);

    from = k ? k->of_channel.prev : NULL;
  } else if (c) {
    from = c->breaks.tail;
  }
  for (; from && n < max; from = from->prev, n++) {
    asp_json_begin_object (w, NULL);
    asp_event_break_write (((Known *) from->data)->brk, w);
    asp_json_end_object (w);
  }
  g_mutex_unlock (&h->lock);
  return n;
}

gboolean
asp_event_history_write_break (AspEventHistory * h, const gchar * channel, const gchar * id, AspJsonWriter * w)
{
  Channel *c;
  Known *k;

  g_mutex_lock (&h->lock);
  c = g_hash_table_lookup (h->channels, channel);
  k = c ? g_hash_table_lookup (c->by_id, id) : NULL;
  if (k) {
    asp_event_break_write (k->brk, w);
    asp_event_break_write_events (k->brk, w);
  }
  g_mutex_unlock (&h->lock);
  return k != NULL;
}

/* Does @k come before @best, which may be NULL? What runs comes first, then what starts first. */
static gboolean
comes_before (const Known * k, const Known * best)
{
  gint64 target_us = asp_event_break_target_us (k->brk), best_us;

  if (!best || k->brk->state != best->brk->state)
    return !best || k->brk->state == ASP_EVENT_BREAK_RUNNING;
  best_us = asp_event_break_target_us (best->brk);
  return target_us > 0 && (best_us == 0 || target_us < best_us);
}

gchar *
asp_event_history_open_break (AspEventHistory * h, const gchar * channel)
{
  const Known *best = NULL;
  gchar *id;
  Channel *c;

  g_mutex_lock (&h->lock);
  c = g_hash_table_lookup (h->channels, channel);
  for (GList * l = c ? c->breaks.head : NULL; l; l = l->next)
    if (asp_event_break_is_open (((Known *) l->data)->brk) && comes_before (l->data, best))
      best = l->data;
  id = best ? g_strdup (best->id) : NULL;
  g_mutex_unlock (&h->lock);
  return id;
}
