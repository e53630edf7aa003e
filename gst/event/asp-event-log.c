/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: the users', and the log's own, which writes. `lock` guards what stands below it, with
 * `changed` (there is something to write, or it is over) and `called` (a watch has returned). It is
 * held for some assignments: not while the store is used, nor while a watch is called.
 *
 * What has been given a number waits in `waiting`; the thread takes it out in batches, each of which
 * is one write of the store, and puts it into `tail`, from which most readers are served.
 */
#include "asp-event-log.h"

#include <string.h>

#include "asp-event-debug.h"

GST_DEBUG_CATEGORY (asp_event_debug);

#define TAIL_MAX 2048           /* events in memory */
#define BATCH_MAX 256           /* events of one write */
#define PAGE 256                /* entries that are read from the store at once */
#define RETRY_MIN_US (100 * 1000)
#define RETRY_MAX_US (5 * G_USEC_PER_SEC)
#define END_US G_USEC_PER_SEC   /* what waits is written for so long at the end */
#define EXPIRE_STEP 1000        /* events between two looks at what is too old */
#define ID_KEY "event/log"
#define ID_BYTES 16

typedef struct
{
  guint id;
  AspEventLogGrew func;
  gpointer user_data;
} Watch;

/* An event that readers take with them; it is not changed any more. */
typedef struct
{
  AspEvent *event;
} Kept;

struct _AspEventLog
{
  AspStore *store;
  gchar *id;
  GThread *thread;
  guint64 expired;              /* the thread's: forgotten up to here */

  GMutex lock;
  GCond changed, called;
  GQueue waiting;               /* AspEvent */
  guint64 next;                 /* number of the next one */
  guint64 last;                 /* of those in the store */
  guint64 lost;
  gchar *error;
  GQueue tail;                  /* Kept, without holes up to `last` */
  GArray *watches;              /* Watch */
  guint last_watch, calling;    /* calling: id; 0 = none */
  gint64 stop_us;               /* monotonic; 0 = not to stop */
};

static void
kept_clear (gpointer kept)
{
  asp_event_free (((Kept *) kept)->event);
}

static void
kept_unref (gpointer kept)
{
  g_atomic_rc_box_release_full (kept, kept_clear);
}

/* -- the log's thread -- */

/* Until there is something to write; NULL when it is over. (element-type AspEvent) (transfer full) */
static GPtrArray *
take_batch (AspEventLog * log)
{
  GPtrArray *batch = NULL;

  g_mutex_lock (&log->lock);
  while (g_queue_is_empty (&log->waiting) && log->stop_us == 0)
    g_cond_wait (&log->changed, &log->lock);
  if (!g_queue_is_empty (&log->waiting) && (log->stop_us == 0 || g_get_monotonic_time () < log->stop_us)) {
    batch = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_event_free);
    while (batch->len < BATCH_MAX && !g_queue_is_empty (&log->waiting))
      g_ptr_array_add (batch, g_queue_pop_head (&log->waiting));
  }
  g_mutex_unlock (&log->lock);
  return batch;
}

static void
note_failure (AspEventLog * log, const gchar * why)
{
  gboolean first;

  g_mutex_lock (&log->lock);
  first = log->error == NULL;
  g_free (log->error);
  log->error = g_strdup (why);
  g_mutex_unlock (&log->lock);
  if (first)
    GST_WARNING ("Events are not written, they wait in memory: %s", why);
}

/* FALSE: it is over. */
static gboolean
wait_to_retry (AspEventLog * log, gint64 wait_us)
{
  gint64 until_us = g_get_monotonic_time () + wait_us, now_us;
  gboolean over;

  g_mutex_lock (&log->lock);
  for (;;) {
    now_us = g_get_monotonic_time ();
    over = log->stop_us > 0 && now_us >= log->stop_us;
    if (over || now_us >= until_us)
      break;
    g_cond_wait_until (&log->changed, &log->lock, log->stop_us > 0 ? MIN (log->stop_us, until_us) : until_us);
  }
  g_mutex_unlock (&log->lock);
  return !over;
}

/* Writes @batch, however long that takes. FALSE: it is over and was not written. */
static gboolean
write_batch (AspEventLog * log, GPtrArray * batch, guint64 * first)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gint64 wait_us = RETRY_MIN_US;

  for (guint i = 0; i < batch->len; i++)
    g_ptr_array_add (values, asp_event_to_bytes (batch->pdata[i]));
  for (;;) {
    g_autoptr (GError) error = NULL;

    if (asp_store_append_many (log->store, ASP_EVENT_LOG_NAME, (GBytes **) values->pdata, values->len, first, &error))
      return TRUE;
    note_failure (log, error->message);
    if (!wait_to_retry (log, wait_us))
      return FALSE;
    wait_us = MIN (wait_us * 2, RETRY_MAX_US);
  }
}

/* Somebody else has written into the same log: what waits goes behind that. Holds the lock. */
static void
renumber (AspEventLog * log, GPtrArray * batch, guint64 first)
{
  GST_WARNING ("Another process writes into the same store: numbers of events go on at %" G_GUINT64_FORMAT, first);
  for (guint i = 0; i < batch->len; i++)
    ((AspEvent *) batch->pdata[i])->number = first + i;
  log->next = first + batch->len;
  for (GList * l = log->waiting.head; l; l = l->next)
    ((AspEvent *) l->data)->number = log->next++;
  g_queue_clear_full (&log->tail, kept_unref);
}

/* @batch is in the store: readers see it, and own what is in it. */
static guint64
publish (AspEventLog * log, GPtrArray * batch, guint64 first)
{
  guint64 last = first + batch->len - 1;

  g_mutex_lock (&log->lock);
  if (((AspEvent *) batch->pdata[0])->number != first)
    renumber (log, batch, first);
  for (guint i = 0; i < batch->len; i++) {
    Kept *kept = g_atomic_rc_box_new (Kept);

    kept->event = batch->pdata[i];
    g_queue_push_tail (&log->tail, kept);
  }
  while (g_queue_get_length (&log->tail) > TAIL_MAX)
    kept_unref (g_queue_pop_head (&log->tail));
  log->last = last;
  if (log->error)
    GST_INFO ("events are written again");
  g_clear_pointer (&log->error, g_free);
  g_mutex_unlock (&log->lock);
  g_ptr_array_set_free_func (batch, NULL);
  return last;
}

static gboolean
begin_call (AspEventLog * log, guint behind, Watch * watch)
{
  gboolean found = FALSE;

  g_mutex_lock (&log->lock);
  for (guint i = 0; i < log->watches->len && !found; i++) {
    *watch = g_array_index (log->watches, Watch, i);
    found = watch->id > behind;
  }
  log->calling = found ? watch->id : 0;
  g_cond_broadcast (&log->called);
  g_mutex_unlock (&log->lock);
  return found;
}

static void
tell (AspEventLog * log, guint64 last)
{
  Watch watch = { 0, };

  while (begin_call (log, watch.id, &watch))
    watch.func (watch.user_data, last);
}

/* What cannot be forgotten now is forgotten later. */
static void
expire (AspEventLog * log, guint64 last)
{
  guint64 upto = last > ASP_EVENT_LOG_KEEP ? last - ASP_EVENT_LOG_KEEP : 0;

  if (upto >= log->expired + EXPIRE_STEP && asp_store_expire_log (log->store, ASP_EVENT_LOG_NAME, upto, NULL))
    log->expired = upto;
}

static gpointer
log_main (gpointer data)
{
  AspEventLog *log = data;
  gboolean written = TRUE;

  while (written) {
    g_autoptr (GPtrArray) batch = take_batch (log);
    guint64 first = 0, last;

    if (!batch)
      break;
    written = write_batch (log, batch, &first);
    if (!written)
      break;
    last = publish (log, batch, first);
    tell (log, last);
    expire (log, last);
  }
  return NULL;
}

/* -- the users' threads -- */

static void
init_debug (void)
{
  static gsize done = 0;

  if (g_once_init_enter (&done)) {
    GST_DEBUG_CATEGORY_INIT (asp_event_debug, "asp-event", 0, "event log and hooks");
    g_once_init_leave (&done, 1);
  }
}

static gchar *
new_id (void)
{
  guint32 bytes[ID_BYTES / 4];
  g_autofree gchar *text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bytes); i++)
    bytes[i] = g_random_int ();
  text = g_base64_encode ((const guchar *) bytes, sizeof bytes);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  return g_strndup (text, strcspn (text, "="));
}

/* The first one who asks makes it. */
static gchar *
read_id (AspStore * store, GError ** error)
{
  g_autofree gchar *id = new_id ();
  g_autoptr (GBytes) made = g_bytes_new (id, strlen (id));
  g_autoptr (GBytes) found = NULL;
  g_autoptr (GError) why = NULL;
  gsize size;

  if (asp_store_put_if_absent (store, ID_KEY, made, 0, NULL, &why))
    return g_steal_pointer (&id);
  if (!g_error_matches (why, ASP_STORE_ERROR, ASP_STORE_ERROR_EXISTS)) {
    g_propagate_error (error, g_steal_pointer (&why));
    return NULL;
  }
  if (!asp_store_get (store, ID_KEY, &found, NULL, error))
    return NULL;
  g_free (id);
  id = g_strndup (g_bytes_get_data (found, &size), g_bytes_get_size (found));
  return g_utf8_make_valid (id, -1);
}

AspEventLog *
asp_event_log_new (AspStore * store, GError ** error)
{
  g_autofree gchar *id = read_id (store, error);
  guint64 last;
  AspEventLog *log;

  init_debug ();
  if (!id || !asp_store_last (store, ASP_EVENT_LOG_NAME, &last, error))
    return NULL;
  log = g_new0 (AspEventLog, 1);
  log->store = store;
  log->id = g_steal_pointer (&id);
  log->last = last;
  log->next = last + 1;
  log->watches = g_array_new (FALSE, FALSE, sizeof (Watch));
  g_queue_init (&log->waiting);
  g_queue_init (&log->tail);
  g_mutex_init (&log->lock);
  g_cond_init (&log->changed);
  g_cond_init (&log->called);
  log->thread = g_thread_new ("asp-events", log_main, log);
  return log;
}

void
asp_event_log_free (AspEventLog * log)
{
  if (!log)
    return;
  g_mutex_lock (&log->lock);
  log->stop_us = g_get_monotonic_time () + END_US;
  g_cond_signal (&log->changed);
  g_mutex_unlock (&log->lock);
  g_thread_join (log->thread);
  if (log->next - 1 > log->last)
    GST_WARNING ("%" G_GUINT64_FORMAT " events are lost: the store has not taken them up to the end",
        log->next - 1 - log->last);
  g_queue_clear_full (&log->waiting, (GDestroyNotify) asp_event_free);
  g_queue_clear_full (&log->tail, kept_unref);
  g_array_unref (log->watches);
  g_mutex_clear (&log->lock);
  g_cond_clear (&log->changed);
  g_cond_clear (&log->called);
  g_free (log->error);
  g_free (log->id);
  g_free (log);
}

const gchar *
asp_event_log_id (const AspEventLog * log)
{
  return log->id;
}

guint64
asp_event_log_add (AspEventLog * log, AspEvent * event)
{
  guint64 number = 0;
  gboolean first_lost = FALSE;

  g_mutex_lock (&log->lock);
  if (g_queue_get_length (&log->waiting) < ASP_EVENT_LOG_WAITING_MAX) {
    event->number = number = log->next++;
    g_queue_push_tail (&log->waiting, event);
    g_cond_signal (&log->changed);
  } else {
    first_lost = log->lost++ == 0;
  }
  g_mutex_unlock (&log->lock);
  if (number > 0)
    return number;
  if (first_lost)
    GST_ERROR ("Events are lost: %u wait already for a store that does not take them", ASP_EVENT_LOG_WAITING_MAX);
  asp_event_free (event);
  return 0;
}

guint64
asp_event_log_last (AspEventLog * log)
{
  guint64 last;

  g_mutex_lock (&log->lock);
  last = log->last;
  g_mutex_unlock (&log->lock);
  return last;
}

void
asp_event_log_get_state (AspEventLog * log, AspEventLogState * state)
{
  g_mutex_lock (&log->lock);
  state->last = log->last;
  state->lost = log->lost;
  state->waiting = (guint) (log->next - 1 - log->last);
  state->error = g_strdup (log->error);
  g_mutex_unlock (&log->lock);
}

void
asp_event_log_state_clear (AspEventLogState * state)
{
  g_clear_pointer (&state->error, g_free);
}

static gboolean
is_of (const AspEvent * event, const gchar * channel)
{
  return !channel || !g_strcmp0 (event->channel, channel);
}

/* What stands in memory behind @since, as Kept. Returns FALSE when older ones are wanted first, which
 * are those up to @upto. */
static gboolean
read_tail (AspEventLog * log, guint64 since, const gchar * channel, guint max, GPtrArray * kept, guint64 * upto)
{
  GList *from;
  gboolean whole;

  g_mutex_lock (&log->lock);
  *upto = log->last - g_queue_get_length (&log->tail);
  whole = since >= *upto;
  from = whole ? log->tail.tail : NULL;
  while (from && from->prev && ((Kept *) from->prev->data)->event->number > since)
    from = from->prev;
  for (; from && kept->len < max; from = from->next) {
    Kept *k = from->data;

    if (k->event->number > since && is_of (k->event, channel))
      g_ptr_array_add (kept, g_atomic_rc_box_acquire (k));
  }
  g_mutex_unlock (&log->lock);
  return whole;
}

/* Reading it costs more than looking whether the name is there at all. */
static gboolean
may_be_of (GBytes * value, const gchar * channel)
{
  gsize size;
  const gchar *text = g_bytes_get_data (value, &size);

  return !channel || g_strstr_len (text, (gssize) size, channel) != NULL;
}

/* One page from the store, of what is not newer than @upto. @since: (inout): how far it was looked */
static gboolean
read_page (AspEventLog * log, guint64 * since, guint64 upto, const gchar * channel, guint max, GPtrArray * out,
    GError ** error)
{
  g_autoptr (GPtrArray) page = asp_store_read (log->store, ASP_EVENT_LOG_NAME, *since, PAGE, error);

  if (!page)
    return FALSE;
  for (guint i = 0; i < page->len && out->len < max && *since < upto; i++) {
    const AspStoreEntry *entry = page->pdata[i];
    g_autoptr (AspEvent) event = NULL;
    g_autoptr (GError) why = NULL;

    *since = MIN (entry->number, upto);
    if (entry->number > upto || !may_be_of (entry->value, channel))
      continue;
    event = asp_event_parse (g_bytes_get_data (entry->value, NULL), g_bytes_get_size (entry->value), &why);
    if (!event) {
      GST_WARNING ("event %" G_GUINT64_FORMAT " of the log cannot be read: %s", entry->number, why->message);
      continue;
    }
    event->number = entry->number;
    if (is_of (event, channel))
      g_ptr_array_add (out, g_steal_pointer (&event));
  }
  if (page->len == 0)
    *since = upto;
  return TRUE;
}

GPtrArray *
asp_event_log_read (AspEventLog * log, guint64 since, const gchar * channel, guint max, GError ** error)
{
  g_autoptr (GPtrArray) out = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_event_free);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (kept_unref);
  guint64 upto;

  while (out->len < max && !read_tail (log, since, channel, max - out->len, kept, &upto))
    while (since < upto && out->len < max)
      if (!read_page (log, &since, upto, channel, max, out, error))
        return NULL;
  for (guint i = 0; i < kept->len; i++)
    g_ptr_array_add (out, asp_event_copy (((Kept *) kept->pdata[i])->event));
  return g_steal_pointer (&out);
}

guint
asp_event_log_watch (AspEventLog * log, AspEventLogGrew func, gpointer user_data)
{
  Watch watch = { 0, func, user_data };

  g_mutex_lock (&log->lock);
  watch.id = ++log->last_watch;
  g_array_append_val (log->watches, watch);
  g_mutex_unlock (&log->lock);
  return watch.id;
}

void
asp_event_log_unwatch (AspEventLog * log, guint id)
{
  g_return_if_fail (g_thread_self () != log->thread);
  g_mutex_lock (&log->lock);
  for (guint i = 0; i < log->watches->len; i++) {
    if (g_array_index (log->watches, Watch, i).id == id) {
      g_array_remove_index (log->watches, i);
      break;
    }
  }
  while (log->calling == id)
    g_cond_wait (&log->called, &log->lock);
  g_mutex_unlock (&log->lock);
}
