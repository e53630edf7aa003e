/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: the users' (add, new, free, stats); the HTTP client's, which calls back; and the
 * queue's, which owns everything below "queue's thread", uses the store and begins requests.
 * `lock` guards `incoming`, `answers`, `stats` and `stop_us`, with `changed`; nothing is called
 * while it is held. The queue's thread waits for `changed`, or for the next time when something
 * is due.
 */
#include "asp-beacon-queue.h"

#include <string.h>

#include "asp-beacon-note.h"

#define DEFAULT_EXPIRES_S 600
#define DEFAULT_TIMEOUT_MS 3000
#define DEFAULT_RETRY_MS 1000
#define DEFAULT_PARALLEL 16
#define RETRY_MAX_US (60 * G_USEC_PER_SEC)
/* How long a key that is done stays known. */
#define KNOWN_US (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)
#define ANSWER_MAX (64 * 1024)
#define SWEEP_US (600 * G_USEC_PER_SEC)

/* What the client has said of one. */
typedef struct
{
  AspBeaconNote *note;
  guint status;
  gboolean sent, cancelled;     /* sent: the server may have had it */
  gint error;                   /* AspHttpClientError; -1 = none */
  gchar *why;                   /* nullable */
} Answer;

struct _AspBeaconQueue
{
  AspStore *store;
  AspHttpClient *client;
  AspBeaconQueueConfig config;
  GThread *thread;

  GMutex lock;
  GCond changed;
  GQueue incoming;              /* AspBeaconNote, without a number */
  GQueue answers;               /* Answer */
  AspBeaconQueueStats stats;
  gint64 stop_us;               /* monotonic; 0 = not to stop */

  /* queue's thread */
  GHashTable *lanes;            /* name -> Lane, none of them empty */
  GSequence *idle;              /* Lane, of which nothing is under way, the next one first */
  GHashTable *running;          /* AspBeaconNote -> guint64 * id of the client */
  guint n_notes;                /* in all lanes */
  gint64 last_number;
  gint64 sweep_us;
};

typedef struct
{
  AspBeaconQueue *queue;
  AspBeaconNote *note;
} Call;

/* Beacons that wait for each other: the first one is under way, or the lane is idle. */
typedef struct
{
  gchar *name;
  GQueue notes;                 /* AspBeaconNote, oldest first */
  gint64 next_us;               /* of the first one's next attempt; monotonic, as is wake_us */
  gint64 wake_us;               /* that, or its expiry if it is sooner */
  GSequenceIter *at;            /* in `idle`, or NULL */
} Lane;

const gchar *
asp_beacon_outcome_name (AspBeaconOutcome outcome)
{
  static const gchar *const names[] = { "delivered", "refused", "uncertain", "expired", "lost" };

  return outcome < G_N_ELEMENTS (names) ? names[outcome] : "";
}

/* -- client's thread -- */

static void
on_answer (const AspHttpAnswer * answer, const GError * error, gpointer user_data)
{
  Call *call = user_data;
  AspBeaconQueue *q = call->queue;
  Answer *a = g_new0 (Answer, 1);

  a->note = call->note;
  a->status = answer->status;
  a->sent = answer->sent;
  a->error = error ? error->code : -1;
  a->cancelled = a->error == ASP_HTTP_CLIENT_ERROR_CANCELLED;
  a->why = g_strdup (error ? error->message : NULL);
  g_mutex_lock (&q->lock);
  g_queue_push_tail (&q->answers, a);
  g_cond_signal (&q->changed);
  g_mutex_unlock (&q->lock);
  g_free (call);
}

/* -- queue's thread -- */

static void
report (AspBeaconQueue * q, const AspBeaconNote * n, AspBeaconOutcome outcome, guint status,
    const gchar * why)
{
  g_autofree gchar *url = asp_http_url_for_people (n->url);
  AspBeaconReport r = { 0, };

  g_mutex_lock (&q->lock);
  q->stats.outcomes[outcome]++;
  g_mutex_unlock (&q->lock);
  if (!q->config.reported)
    return;
  r.outcome = outcome;
  r.audience = n->audience;
  r.break_id = n->break_id;
  r.asset_id = n->asset_id;
  r.event = n->event;
  r.url = url;
  r.status = status;
  r.attempts = n->attempts;
  r.waited_us = g_get_real_time () - n->due_us;
  r.why = why;
  q->config.reported (&r, q->config.user_data);
}

static void
lane_free (Lane * lane)
{
  g_queue_clear_full (&lane->notes, (GDestroyNotify) asp_beacon_note_free);
  g_free (lane->name);
  g_free (lane);
}

static gint
compare_lanes (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Lane *x = a, *y = b;
  const AspBeaconNote *m = g_queue_peek_head ((GQueue *) & x->notes);
  const AspBeaconNote *n = g_queue_peek_head ((GQueue *) & y->notes);

  if (x->wake_us != y->wake_us)
    return x->wake_us < y->wake_us ? -1 : 1;
  return m->number < n->number ? -1 : m->number > n->number;
}

/* Its first note waits until @next_us; an empty one is gone. */
static void
set_idle (AspBeaconQueue * q, Lane * lane, gint64 next_us)
{
  AspBeaconNote *first = g_queue_peek_head (&lane->notes);

  if (!first) {
    g_hash_table_remove (q->lanes, lane->name);
    return;
  }
  lane->next_us = next_us;
  lane->wake_us = MIN (next_us, MAX (g_get_monotonic_time () + first->expires_us -
          g_get_real_time (), 0));
  lane->at = g_sequence_insert_sorted (q->idle, lane, compare_lanes, NULL);
}

static void
set_busy (Lane * lane)
{
  g_sequence_remove (lane->at);
  lane->at = NULL;
}

static void
push_note (AspBeaconQueue * q, AspBeaconNote * n)
{
  Lane *lane = g_hash_table_lookup (q->lanes, n->lane);

  q->n_notes++;
  if (lane) {
    g_queue_push_tail (&lane->notes, n);
    return;
  }
  lane = g_new0 (Lane, 1);
  lane->name = g_strdup (n->lane);
  g_queue_init (&lane->notes);
  g_queue_push_tail (&lane->notes, n);
  g_hash_table_insert (q->lanes, lane->name, lane);
  set_idle (q, lane, 0);
}

/* Takes @n, the first of @lane, which is busy, out, and leaves its key behind as done. */
static void
settle (AspBeaconQueue * q, Lane * lane, AspBeaconOutcome outcome, guint status,
    const gchar * why)
{
  AspBeaconNote *n = g_queue_pop_head (&lane->notes);
  g_autoptr (GBytes) done = asp_beacon_note_done (asp_beacon_outcome_name (outcome));

  /* a disk that fails now costs a second firing behind the next start, and nothing here */
  asp_store_put_if_version (q->store, n->key, n->version, done, n->expires_us + KNOWN_US, NULL,
      NULL);
  report (q, n, outcome, status, why);
  asp_beacon_note_free (n);
  q->n_notes--;
  set_idle (q, lane, 0);
}

static gboolean
is_not_taken (guint status)
{
  return status == 408 || status == 425 || status == 429 || status == 503;
}

static void
try_later (AspBeaconQueue * q, Lane * lane)
{
  const AspBeaconNote *n = g_queue_peek_head (&lane->notes);
  gint64 wait_us = (gint64) q->config.retry_ms * 1000 << MIN (n->attempts - 1, 10);

  wait_us = MIN (wait_us, RETRY_MAX_US);
  set_idle (q, lane, g_get_monotonic_time () + wait_us * 3 / 4 +
      g_random_int_range (0, (gint32) (wait_us / 2) + 1));
}

static void
take_answer (AspBeaconQueue * q, Answer * a)
{
  AspBeaconNote *n = a->note;
  Lane *lane = g_hash_table_lookup (q->lanes, n->lane);
  gboolean good = a->status >= 200 && a->status < 300;

  g_hash_table_remove (q->running, n);
  if (good)                     /* whatever became of a body that nobody reads */
    settle (q, lane, ASP_BEACON_DELIVERED, a->status, NULL);
  else if (a->cancelled)        /* only by the end of the queue: the next one fires it */
    set_idle (q, lane, 0);
  else if (is_not_taken (a->status) || (a->status == 0 && !a->sent && a->error !=
          ASP_HTTP_CLIENT_ERROR_URL && a->error != ASP_HTTP_CLIENT_ERROR_ADDRESS &&
          a->error != ASP_HTTP_CLIENT_ERROR_REQUEST))
    try_later (q, lane);
  else if (a->status == 0 && a->sent)
    settle (q, lane, ASP_BEACON_UNCERTAIN, 0, a->why);
  else
    settle (q, lane, a->status >= 500 ? ASP_BEACON_UNCERTAIN : ASP_BEACON_REFUSED, a->status,
        a->why ? a->why : "the server does not want it");
  g_free (a->why);
  g_free (a);
}

/* Into the store, and into the order; or it is known. */
static void
take_note (AspBeaconQueue * q, AspBeaconNote * n)
{
  g_autoptr (GBytes) value = NULL;
  g_autoptr (GError) error = NULL;

  n->number = ++q->last_number;
  value = asp_beacon_note_write (n);
  if (q->n_notes < ASP_BEACON_WAITING_MAX &&
      asp_store_put_if_absent (q->store, n->key, value, n->expires_us + KNOWN_US, &n->version,
          &error)) {
    push_note (q, n);
    return;
  }
  if (g_error_matches (error, ASP_STORE_ERROR, ASP_STORE_ERROR_EXISTS)) {
    g_mutex_lock (&q->lock);
    q->stats.known++;
    g_mutex_unlock (&q->lock);
  } else {
    report (q, n, ASP_BEACON_LOST, 0, error ? error->message : "too many beacons wait already");
  }
  asp_beacon_note_free (n);
}

static void
fire (AspBeaconQueue * q, Lane * lane)
{
  AspBeaconNote *n = g_queue_peek_head (&lane->notes);
  AspHttpCall call = { 0, };
  Call *c = g_new (Call, 1);
  guint64 *id = g_new (guint64, 1);

  call.url = n->url;
  call.device_ip = n->device_ip;
  call.device_user_agent = n->device_user_agent;
  call.max_bytes = ANSWER_MAX;
  call.connect_timeout_ms = call.idle_timeout_ms = call.total_timeout_ms = q->config.timeout_ms;
  call.retry = ASP_HTTP_RETRY_NEVER;
  c->queue = q;
  c->note = n;
  n->attempts++;
  *id = asp_http_client_send (q->client, &call, on_answer, c);
  g_hash_table_insert (q->running, n, id);
}

/* Begins what may begin; returns when to look again. */
static gint64
begin_due (AspBeaconQueue * q)
{
  GSequenceIter *first;

  while (!g_sequence_iter_is_end (first = g_sequence_get_begin_iter (q->idle))) {
    Lane *lane = g_sequence_get (first);
    const AspBeaconNote *n = g_queue_peek_head (&lane->notes);
    gint64 now_us = g_get_monotonic_time ();
    gint64 next_us = lane->next_us;

    if (lane->wake_us > now_us)
      return lane->wake_us;
    if (g_get_real_time () >= n->expires_us) {
      set_busy (lane);
      settle (q, lane, ASP_BEACON_EXPIRED, 0, "it is too old to be fired");
    } else if (next_us > now_us) {
      /* the wall clock was set: its expiry is another time now */
      set_busy (lane);
      set_idle (q, lane, next_us);
    } else if (g_hash_table_size (q->running) < q->config.parallel) {
      set_busy (lane);
      fire (q, lane);
    } else {
      break;
    }
  }
  return G_MAXINT64;
}

static void
take_all (AspBeaconQueue * q)
{
  GQueue incoming, answers;
  gpointer item;

  g_mutex_lock (&q->lock);
  incoming = q->incoming;
  answers = q->answers;
  g_queue_init (&q->incoming);
  g_queue_init (&q->answers);
  g_mutex_unlock (&q->lock);
  while ((item = g_queue_pop_head (&answers)) != NULL)
    take_answer (q, item);
  while ((item = g_queue_pop_head (&incoming)) != NULL)
    take_note (q, item);
}

static void
sweep (AspBeaconQueue * q)
{
  gint64 now_us = g_get_monotonic_time ();

  if (now_us < q->sweep_us)
    return;
  asp_store_sweep (q->store, NULL);
  q->sweep_us = now_us + SWEEP_US;
}

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  const AspBeaconNote *x = *(AspBeaconNote * const *) a, *y = *(AspBeaconNote * const *) b;

  return x->number < y->number ? -1 : x->number > y->number;
}

/* What the last queue has left. */
static void
recover (AspBeaconQueue * q)
{
  g_autoptr (GPtrArray) items = asp_store_get_all (q->store, ASP_BEACON_PREFIX, 0, NULL);
  g_autoptr (GPtrArray) notes = g_ptr_array_new ();

  for (guint i = 0; items && i < items->len; i++) {
    AspStoreItem *item = g_ptr_array_index (items, i);
    AspBeaconNote *n = asp_beacon_note_read (item->key, item->version, item->value);

    if (!n)
      continue;
    q->last_number = MAX (q->last_number, n->number);
    g_ptr_array_add (notes, n);
  }
  g_ptr_array_sort (notes, compare_numbers);
  for (guint i = 0; i < notes->len; i++)
    push_note (q, g_ptr_array_index (notes, i));
}

/* Until there is something to take, or @wake_us. FALSE when it is over. */
static gboolean
wait_for_more (AspBeaconQueue * q, gint64 wake_us)
{
  gboolean over;

  g_mutex_lock (&q->lock);
  q->stats.waiting = q->n_notes;
  for (;;) {
    gboolean nothing = g_queue_is_empty (&q->incoming) && g_queue_is_empty (&q->answers);
    gint64 now_us = g_get_monotonic_time ();

    over = q->stop_us > 0 && (now_us >= q->stop_us || (nothing && q->n_notes == 0));
    if (over || !nothing || now_us >= wake_us)
      break;
    if (q->stop_us > 0)
      wake_us = MIN (wake_us, q->stop_us);
    if (wake_us == G_MAXINT64)
      g_cond_wait (&q->changed, &q->lock);
    else
      g_cond_wait_until (&q->changed, &q->lock, wake_us);
  }
  g_mutex_unlock (&q->lock);
  return !over;
}

/* Cancels what runs, and waits for its callbacks, which hold the notes: they come soon, the
 * client has said so. What came in last goes into the store. */
static void
end_running (AspBeaconQueue * q)
{
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, q->running);
  while (g_hash_table_iter_next (&iter, NULL, &id))
    asp_http_client_cancel (q->client, *(guint64 *) id);
  take_all (q);
  while (g_hash_table_size (q->running) > 0) {
    g_mutex_lock (&q->lock);
    while (g_queue_is_empty (&q->answers))
      g_cond_wait (&q->changed, &q->lock);
    g_mutex_unlock (&q->lock);
    take_all (q);
  }
}

static gpointer
queue_main (gpointer data)
{
  AspBeaconQueue *q = data;
  gint64 wake_us;

  recover (q);
  do {
    take_all (q);
    wake_us = begin_due (q);
    sweep (q);
  } while (wait_for_more (q, MIN (wake_us, q->sweep_us)));
  end_running (q);
  return NULL;
}

/* -- the users' threads -- */

AspBeaconQueue *
asp_beacon_queue_new (AspStore * store, AspHttpClient * client,
    const AspBeaconQueueConfig * config)
{
  AspBeaconQueue *q = g_new0 (AspBeaconQueue, 1);

  q->store = store;
  q->client = client;
  if (config)
    q->config = *config;
  if (q->config.expires_s == 0)
    q->config.expires_s = DEFAULT_EXPIRES_S;
  if (q->config.timeout_ms == 0)
    q->config.timeout_ms = DEFAULT_TIMEOUT_MS;
  if (q->config.retry_ms == 0)
    q->config.retry_ms = DEFAULT_RETRY_MS;
  if (q->config.parallel == 0)
    q->config.parallel = DEFAULT_PARALLEL;
  g_mutex_init (&q->lock);
  g_queue_init (&q->incoming);
  g_queue_init (&q->answers);
  q->lanes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) lane_free);
  q->idle = g_sequence_new (NULL);
  q->running = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_cond_init (&q->changed);
  q->thread = g_thread_new ("asp-beacons", queue_main, q);
  return q;
}

void
asp_beacon_queue_free (AspBeaconQueue * q, guint drain_ms)
{
  if (!q)
    return;
  g_mutex_lock (&q->lock);
  q->stop_us = g_get_monotonic_time () + (gint64) drain_ms * 1000;
  g_cond_signal (&q->changed);
  g_mutex_unlock (&q->lock);
  g_thread_join (q->thread);
  g_sequence_free (q->idle);
  g_hash_table_unref (q->lanes);
  g_hash_table_unref (q->running);
  g_cond_clear (&q->changed);
  g_mutex_clear (&q->lock);
  g_free (q);
}

void
asp_beacon_queue_add (AspBeaconQueue * q, const AspBeaconOrder * order)
{
  gint64 now_us = g_get_real_time ();
  AspBeaconNote *n = asp_beacon_note_new (order, 0, now_us,
      now_us + (gint64) q->config.expires_s * G_USEC_PER_SEC);

  g_mutex_lock (&q->lock);
  g_queue_push_tail (&q->incoming, n);
  g_cond_signal (&q->changed);
  g_mutex_unlock (&q->lock);
}

void
asp_beacon_queue_get_stats (AspBeaconQueue * q, AspBeaconQueueStats * stats)
{
  g_mutex_lock (&q->lock);
  *stats = q->stats;
  stats->waiting += g_queue_get_length (&q->incoming);
  g_mutex_unlock (&q->lock);
}
