/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decisions and their time, in the client's thread. */
#include "asp-decider-private.h"

#include <string.h>

AspDecider *
asp_decider_ref (AspDecider * decider)
{
  g_atomic_int_inc (&decider->count);
  return decider;
}

void
asp_decider_unref (AspDecider * decider)
{
  if (!g_atomic_int_dec_and_test (&decider->count))
    return;
  g_hash_table_unref (decider->jobs);
  g_hash_table_unref (decider->flights);
  g_free (decider);
}

static void
job_free (Job * job)
{
  if (job->timer) {
    g_source_destroy (job->timer);
    g_source_unref (job->timer);
  }
  asp_decision_free (job->decision);
  asp_decision_request_clear (&job->request);
  g_free (job->device_ip);
  g_free (job->device_user_agent);
  asp_http_identity_unref (job->identity);
  asp_decider_unref (job->decider);
  g_free (job);
}

/* Out of the table first: who is called back may ask for the next decision. */
static void
end_job (Job * job, const AspDecisionResult * result)
{
  asp_decider_drop (job, 0);
  g_hash_table_steal (job->decider->jobs, &job->id);
  job->decided (result, job->user_data);
  job_free (job);
}

static gboolean
on_timer (gpointer user_data)
{
  Job *job = user_data;

  asp_decision_tick (job->decision, g_get_monotonic_time ());
  asp_decider_run (job);
  return G_SOURCE_REMOVE;
}

static void
arm (Job * job)
{
  gint64 deadline_us = asp_decision_deadline_us (job->decision);
  gint64 left_us = MAX (deadline_us - g_get_monotonic_time (), 0);

  if (job->timer) {
    g_source_destroy (job->timer);
    g_clear_pointer (&job->timer, g_source_unref);
  }
  if (deadline_us < 0)
    return;
  job->timer = g_timeout_source_new ((guint) ((left_us + 999) / 1000));
  g_source_set_callback (job->timer, on_timer, job, NULL);
  g_source_attach (job->timer, asp_http_client_get_context (job->decider->client));
}

void
asp_decider_run (Job * job)
{
  AspDecisionAction action;

  while (asp_decision_next_action (job->decision, &action)) {
    switch (action.kind) {
      case ASP_DECISION_FETCH:
        asp_decider_fetch (job, &action);
        break;
      case ASP_DECISION_CANCEL:
        asp_decider_drop (job, action.id);
        break;
      case ASP_DECISION_BEACON:
        asp_decider_fire (job, &action);
        break;
      case ASP_DECISION_DONE:
        end_job (job, asp_decision_result (job->decision));
        return;
    }
  }
  arm (job);
}

static gboolean
on_start (gpointer user_data)
{
  Job *job = user_data;
  AspDecider *decider = job->decider;
  AspAdMacros macros = job->config->macros;
  g_autofree gchar *url = NULL;

  if (decider->closed) {
    job->decided (NULL, job->user_data);
    job_free (job);
    return G_SOURCE_REMOVE;
  }
  macros.unix_us = g_get_real_time ();
  macros.random = job->config->seed;
  url = asp_ad_macros_fill (job->request.url, &macros);
  job->decision = asp_decision_new (job->config, url, g_get_monotonic_time (), macros.unix_us);
  g_hash_table_insert (decider->jobs, &job->id, job);
  asp_decider_run (job);
  return G_SOURCE_REMOVE;
}

static void
copy_request (AspDecisionRequest * to, const AspDecisionRequest * from)
{
  to->url = g_strdup (from->url);
  to->method = g_strdup (from->method);
  to->headers = g_strdupv (from->headers);
  to->body = g_strdup (from->body);
  to->body_type = g_strdup (from->body_type);
  to->gzip = from->gzip;
}

/* Always by way of the context, never within the call, whichever thread it comes from. */
static void
post (AspDecider * decider, GSourceFunc func, gpointer data)
{
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, asp_http_client_get_context (decider->client));
  g_source_unref (source);
}

guint64
asp_decider_decide (AspDecider * decider, const AspDeciderAsk * ask, AspDecided decided,
    gpointer user_data)
{
  Job *job = g_new0 (Job, 1);
  guint64 id = (guint64) __atomic_add_fetch (&decider->next_id, 1, __ATOMIC_RELAXED);

  job->decider = asp_decider_ref (decider);
  job->id = id;
  copy_request (&job->request, ask->request);
  job->config = ask->config;
  job->device_ip = g_strdup (ask->device_ip);
  job->device_user_agent = g_strdup (ask->device_user_agent);
  job->identity = ask->identity ? asp_http_identity_ref (ask->identity) : NULL;
  job->decided = decided;
  job->user_data = user_data;
  /* from here on the job belongs to the client's thread */
  post (decider, on_start, job);
  return id;
}

typedef struct
{
  AspDecider *decider;
  guint64 id;
  gboolean cancel;
} Order;

static gboolean
on_order (gpointer user_data)
{
  Order *order = user_data;
  Job *job = g_hash_table_lookup (order->decider->jobs, &order->id);

  if (job && order->cancel)
    end_job (job, NULL);
  else if (job) {
    asp_decision_hurry (job->decision, g_get_monotonic_time ());
    asp_decider_run (job);
  }
  asp_decider_unref (order->decider);
  g_free (order);
  return G_SOURCE_REMOVE;
}

static void
post_order (AspDecider * decider, guint64 id, gboolean cancel)
{
  Order *order = g_new0 (Order, 1);

  order->decider = asp_decider_ref (decider);
  order->id = id;
  order->cancel = cancel;
  post (decider, on_order, order);
}

void
asp_decider_hurry (AspDecider * decider, guint64 id)
{
  post_order (decider, id, FALSE);
}

void
asp_decider_cancel (AspDecider * decider, guint64 id)
{
  post_order (decider, id, TRUE);
}

AspDecider *
asp_decider_new (AspHttpClient * client, const AspDeciderConfig * config)
{
  AspDecider *decider = g_new0 (AspDecider, 1);

  decider->count = 1;
  decider->client = client;
  if (config)
    decider->config = *config;
  decider->jobs = g_hash_table_new (g_int64_hash, g_int64_equal);
  decider->flights = g_hash_table_new (g_str_hash, g_str_equal);
  return decider;
}

typedef struct
{
  AspDecider *decider;
  GMutex lock;
  GCond cond;
  gboolean done;
} Closing;

static gboolean
on_close (gpointer user_data)
{
  Closing *closing = user_data;
  GHashTableIter iter;
  gpointer job;

  closing->decider->closed = TRUE;
  for (;;) {
    g_hash_table_iter_init (&iter, closing->decider->jobs);
    if (!g_hash_table_iter_next (&iter, NULL, &job))
      break;
    end_job (job, NULL);
  }
  g_mutex_lock (&closing->lock);
  closing->done = TRUE;
  g_cond_signal (&closing->cond);
  g_mutex_unlock (&closing->lock);
  return G_SOURCE_REMOVE;
}

/* Jobs that were posted before come before: sources of one priority keep their order. */
void
asp_decider_free (AspDecider * decider)
{
  Closing closing = {.decider = decider };

  if (!decider)
    return;
  g_mutex_init (&closing.lock);
  g_cond_init (&closing.cond);
  post (decider, on_close, &closing);
  g_mutex_lock (&closing.lock);
  while (!closing.done)
    g_cond_wait (&closing.cond, &closing.lock);
  g_mutex_unlock (&closing.lock);
  g_mutex_clear (&closing.lock);
  g_cond_clear (&closing.cond);
  asp_decider_unref (decider);
}
