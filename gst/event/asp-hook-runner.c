/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: the users'; the log's, which says that it has grown; the HTTP client's, which calls back;
 * and the runner's own, which owns the hooks, reads the log, writes places and begins requests. `lock`
 * guards what stands below it, and of each hook `place` and `state`, with `changed`; nothing is called
 * while it is held.
 */
#include "asp-hook-runner.h"

#include <string.h>

#include "asp-event-debug.h"
#include "asp-hook.h"

#define SAVE_SHARE 10           /* writing a place takes at most one in so many parts of the time */
#define SAVE_MAX_US G_USEC_PER_SEC      /* but is not put off for longer */
#define ANSWER_MAX (64 * 1024)  /* bytes of an answer that nobody reads */
#define REREAD_US G_USEC_PER_SEC        /* to another try of a log that cannot be read */

typedef struct
{
  AspHookRunner *runner;
  AspHookEntry *hook;
} Call;

typedef struct
{
  AspHookEntry *hook;
  guint status;
  gint error;                   /* AspHttpClientError; -1 = none */
} Answer;

struct _AspHookRunner
{
  AspEventLog *log;
  AspStore *store;
  AspHttpClient *client;
  gchar *region, *account;
  GThread *thread;
  guint watch;

  GMutex lock;
  GCond changed;
  GPtrArray *hooks;             /* AspHookEntry; only the runner's thread changes it */
  GPtrArray *wanted;            /* AspHookEntry: what is to be from now on; nullable */
  GQueue answers;               /* Answer */
  gboolean grown, stop;

  guint running;                /* the runner's: requests under way */
};

void
asp_hook_state_free (AspHookState * state)
{
  g_free (state->name);
  g_free (state->last_error);
  g_free (state);
}

/* -- other threads -- */

static void
on_grew (gpointer user_data, guint64 last)
{
  AspHookRunner *r = user_data;

  g_mutex_lock (&r->lock);
  r->grown = TRUE;
  g_cond_signal (&r->changed);
  g_mutex_unlock (&r->lock);
}

static void
on_answer (const AspHttpAnswer * answer, const GError * error, gpointer user_data)
{
  Call *call = user_data;
  AspHookRunner *r = call->runner;
  Answer *a = g_new (Answer, 1);

  a->hook = call->hook;
  a->status = answer->status;
  a->error = error ? error->code : -1;
  g_mutex_lock (&r->lock);
  g_queue_push_tail (&r->answers, a);
  g_cond_signal (&r->changed);
  g_mutex_unlock (&r->lock);
  g_free (call);
}

/* -- the runner's thread -- */

/* What @h is called with, in the array. */
static GPtrArray *
headers_of (const AspHookEntry * h, const gchar * body)
{
  GPtrArray *headers = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; h->headers[i]; i++)
    g_ptr_array_add (headers, g_strdup (h->headers[i]));
  if (h->secret) {
    g_ptr_array_add (headers, g_strdup (ASP_HOOK_SIGNATURE));
    g_ptr_array_add (headers, asp_hook_signature (h->secret, body));
  }
  g_ptr_array_add (headers, NULL);
  return headers;
}

static void
post (AspHookRunner * r, AspHookEntry * h)
{
  g_autofree gchar *body = asp_event_envelope (h->event, asp_event_log_id (r->log), r->region, r->account);
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));
  g_autoptr (GPtrArray) headers = headers_of (h, body);
  AspHttpCall call = { 0, };
  Call *c = g_new (Call, 1);

  call.url = h->url;
  call.method = "POST";
  call.headers = (const gchar * const *) headers->pdata;
  call.body = bytes;
  call.body_type = "application/json";
  call.max_bytes = ANSWER_MAX;
  call.no_redirects = TRUE;
  call.connect_timeout_ms = call.idle_timeout_ms = call.total_timeout_ms = ASP_HOOK_TIMEOUT_MS;
  call.retry = ASP_HTTP_RETRY_NEVER;
  c->runner = r;
  c->hook = h;
  r->running++;
  h->request = asp_http_client_send (r->client, &call, on_answer, c);
}

static void
note_delivered (AspHookRunner * r, AspHookEntry * h, guint status)
{
  guint64 number = h->event->number;

  if (h->failures > 0)
    GST_INFO ("hook %s takes events again", h->name);
  h->failures = 0;
  h->next_us = 0;
  g_clear_pointer (&h->event, asp_event_free);
  g_mutex_lock (&r->lock);
  h->place = number;
  h->state.delivered++;
  h->state.last_status = status;
  g_clear_pointer (&h->state.last_error, g_free);
  g_mutex_unlock (&r->lock);
}

static void
note_failed (AspHookRunner * r, AspHookEntry * h, const Answer * a)
{
  gchar *why = asp_hook_why (a->status, a->error);

  h->failures++;
  h->next_us = g_get_monotonic_time () + asp_hook_backoff_ms (h->failures, g_random_double ()) * 1000;
  if (h->failures == 1)
    GST_WARNING ("hook %s has not taken event %" G_GUINT64_FORMAT ", it is asked again: %s", h->name,
        h->event->number, why);
  g_mutex_lock (&r->lock);
  h->state.failed++;
  h->state.last_status = a->status;
  g_free (h->state.last_error);
  h->state.last_error = why;
  g_mutex_unlock (&r->lock);
}

static void
take_answer (AspHookRunner * r, Answer * a)
{
  AspHookEntry *h = a->hook;

  r->running--;
  h->request = 0;
  if (a->status >= 200 && a->status < 300)
    note_delivered (r, h, a->status);
  else if (a->error != ASP_HTTP_CLIENT_ERROR_CANCELLED)
    note_failed (r, h, a);
  if (h->removed) {
    asp_hook_entry_save (h, r->store, h->place);
    asp_hook_entry_free (h);
  }
  g_free (a);
}

/* The one of that name, taken out of @hooks; NULL: there is none. */
static AspHookEntry *
take_hook (GPtrArray * hooks, const gchar * name)
{
  for (guint i = 0; i < hooks->len; i++)
    if (!strcmp (((AspHookEntry *) hooks->pdata[i])->name, name))
      return g_ptr_array_steal_index (hooks, i);
  return NULL;
}

static void
drop_hook (AspHookRunner * r, AspHookEntry * h)
{
  if (h->request != 0) {
    h->removed = TRUE;
    asp_http_client_cancel (r->client, h->request);
    return;
  }
  asp_hook_entry_save (h, r->store, h->place);
  asp_hook_entry_free (h);
}

/* Those that stay go on, with what is configured now. */
static void
take_wanted (AspHookRunner * r, GPtrArray * wanted)
{
  g_autoptr (GPtrArray) gone = NULL;

  g_mutex_lock (&r->lock);
  gone = r->hooks;
  r->hooks = wanted;
  for (guint i = 0; i < wanted->len; i++) {
    AspHookEntry *old = take_hook (gone, ((AspHookEntry *) wanted->pdata[i])->name);

    if (!old)
      continue;
    asp_hook_entry_configure (old, wanted->pdata[i]);
    asp_hook_entry_free (wanted->pdata[i]);
    wanted->pdata[i] = old;
  }
  g_mutex_unlock (&r->lock);
  for (guint i = 0; i < gone->len; i++)
    drop_hook (r, gone->pdata[i]);
}

static void
take_all (AspHookRunner * r)
{
  GPtrArray *wanted;
  GQueue answers;
  Answer *a;

  g_mutex_lock (&r->lock);
  wanted = g_steal_pointer (&r->wanted);
  answers = r->answers;
  g_queue_init (&r->answers);
  r->grown = FALSE;
  g_mutex_unlock (&r->lock);
  while ((a = g_queue_pop_head (&answers)) != NULL)
    take_answer (r, a);
  if (wanted)
    take_wanted (r, wanted);
}

/* Gives it what is next. Returns when to look at it again, without news. */
static gint64
serve (AspHookRunner * r, AspHookEntry * h)
{
  guint64 place, lost;
  gboolean good;

  if (h->request != 0)
    return G_MAXINT64;
  good = asp_hook_entry_advance (h, r->log, &place, &lost);
  if (lost > 0)
    GST_WARNING ("hook %s: %" G_GUINT64_FORMAT " events are not in the log any more", h->name, lost);
  g_mutex_lock (&r->lock);
  h->place = place;
  h->state.lost += lost;
  g_mutex_unlock (&r->lock);
  if (!h->event)
    return good ? G_MAXINT64 : g_get_monotonic_time () + REREAD_US;
  if (h->next_us > g_get_monotonic_time ())
    return h->next_us;
  post (r, h);
  return G_MAXINT64;
}

/* Every delivery would be best, and is written where the disk is fast enough. Returns when the next one
 * is due. */
static gint64
save (AspHookRunner * r, AspHookEntry * h)
{
  gint64 begin_us = g_get_monotonic_time (), wait_us;
  gboolean good;

  if (h->place == h->saved)
    return G_MAXINT64;
  if (begin_us < h->save_us)
    return h->save_us;
  asp_hook_entry_save (h, r->store, h->place);
  good = h->place == h->saved;
  wait_us = good ? (g_get_monotonic_time () - begin_us) * SAVE_SHARE : SAVE_MAX_US;
  h->save_us = g_get_monotonic_time () + MIN (wait_us, SAVE_MAX_US);
  return good ? G_MAXINT64 : h->save_us;
}

/* FALSE: it is over. */
static gboolean
wait_for_more (AspHookRunner * r, gint64 wake_us)
{
  gboolean over;

  g_mutex_lock (&r->lock);
  while (!r->stop && !r->grown && !r->wanted && g_queue_is_empty (&r->answers) && g_get_monotonic_time () < wake_us) {
    if (wake_us == G_MAXINT64)
      g_cond_wait (&r->changed, &r->lock);
    else
      g_cond_wait_until (&r->changed, &r->lock, wake_us);
  }
  over = r->stop;
  g_mutex_unlock (&r->lock);
  return !over;
}

static void
wait_for_answers (AspHookRunner * r)
{
  while (r->running > 0) {
    g_mutex_lock (&r->lock);
    while (g_queue_is_empty (&r->answers))
      g_cond_wait (&r->changed, &r->lock);
    g_mutex_unlock (&r->lock);
    take_all (r);
  }
}

static gpointer
runner_main (gpointer data)
{
  AspHookRunner *r = data;
  gint64 wake_us;

  do {
    take_all (r);
    wake_us = G_MAXINT64;
    for (guint i = 0; i < r->hooks->len; i++) {
      wake_us = MIN (wake_us, serve (r, r->hooks->pdata[i]));
      wake_us = MIN (wake_us, save (r, r->hooks->pdata[i]));
    }
  } while (wait_for_more (r, wake_us));
  take_all (r);
  for (guint i = 0; i < r->hooks->len; i++)
    if (((AspHookEntry *) r->hooks->pdata[i])->request != 0)
      asp_http_client_cancel (r->client, ((AspHookEntry *) r->hooks->pdata[i])->request);
  wait_for_answers (r);
  for (guint i = 0; i < r->hooks->len; i++)
    drop_hook (r, r->hooks->pdata[i]);
  return NULL;
}

/* -- the users' threads -- */

AspHookRunner *
asp_hook_runner_new (AspEventLog * log, AspStore * store, AspHttpClient * client, const gchar * region,
    const gchar * account)
{
  AspHookRunner *r = g_new0 (AspHookRunner, 1);

  r->log = log;
  r->store = store;
  r->client = client;
  r->region = g_strdup (region);
  r->account = g_strdup (account);
  r->hooks = g_ptr_array_new ();
  g_queue_init (&r->answers);
  g_mutex_init (&r->lock);
  g_cond_init (&r->changed);
  r->thread = g_thread_new ("asp-hooks", runner_main, r);
  r->watch = asp_event_log_watch (log, on_grew, r);
  return r;
}

void
asp_hook_runner_free (AspHookRunner * r)
{
  if (!r)
    return;
  asp_event_log_unwatch (r->log, r->watch);
  g_mutex_lock (&r->lock);
  r->stop = TRUE;
  g_cond_signal (&r->changed);
  g_mutex_unlock (&r->lock);
  g_thread_join (r->thread);
  g_ptr_array_unref (r->hooks);
  g_mutex_clear (&r->lock);
  g_cond_clear (&r->changed);
  g_free (r->region);
  g_free (r->account);
  g_free (r);
}

static gboolean
has_name (const GPtrArray * hooks, const gchar * name)
{
  for (guint i = 0; i < hooks->len; i++)
    if (!strcmp (((AspHookEntry *) hooks->pdata[i])->name, name))
      return TRUE;
  return FALSE;
}

void
asp_hook_runner_set (AspHookRunner * r, const AspHook * hooks, guint n_hooks)
{
  GPtrArray *wanted = g_ptr_array_new (), *unseen;
  guint64 last = asp_event_log_last (r->log);

  for (guint i = 0; i < n_hooks; i++) {
    if (!asp_hook_name_is_good (hooks[i].name) || has_name (wanted, hooks[i].name))
      GST_WARNING ("hook '%s' is left out: its name is there already, or has other characters than letters, digits, "
          "- and _", hooks[i].name);
    else
      g_ptr_array_add (wanted, asp_hook_entry_new (&hooks[i], r->store, last));
  }
  g_mutex_lock (&r->lock);
  unseen = r->wanted;
  r->wanted = wanted;
  g_cond_signal (&r->changed);
  g_mutex_unlock (&r->lock);
  for (guint i = 0; unseen && i < unseen->len; i++)
    asp_hook_entry_free (unseen->pdata[i]);
  g_clear_pointer (&unseen, g_ptr_array_unref);
}

GPtrArray *
asp_hook_runner_states (AspHookRunner * r)
{
  GPtrArray *out = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_hook_state_free);
  guint64 last = asp_event_log_last (r->log);

  g_mutex_lock (&r->lock);
  for (guint i = 0; i < r->hooks->len; i++) {
    const AspHookEntry *h = r->hooks->pdata[i];
    AspHookState *state = g_memdup2 (&h->state, sizeof h->state);

    state->name = g_strdup (h->state.name);
    state->last_error = g_strdup (h->state.last_error);
    state->waiting = last > h->place ? last - h->place : 0;
    g_ptr_array_add (out, state);
  }
  g_mutex_unlock (&r->lock);
  return out;
}
