/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-v1-private.h"

#include <string.h>

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define FOLD_PAGE 1000          /* events that are read at once */
#define READY_KEY "v1/ready"

/* --- is it there, can it work ------------------------------------------------------------ */

gboolean
asp_v1_op_health (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  asp_v1_reply_text (reply, 200, "application/json", g_strdup ("{\"status\":\"ok\"}\n"));
  return TRUE;
}

/* NULL: the store can be read. (transfer full) */
static gchar *
store_trouble (AspV1 * v1)
{
  g_autoptr (GError) fault = NULL;

  asp_store_get (v1->config.store, READY_KEY, NULL, NULL, &fault);
  if (!fault || g_error_matches (fault, ASP_STORE_ERROR, ASP_STORE_ERROR_ABSENT))
    return NULL;
  return g_strdup_printf ("The store cannot be read: %s", fault->message);
}

/* The same for what is written. */
static gchar *
log_trouble (AspV1 * v1)
{
  g_auto (AspEventLogState) state = { 0 };

  asp_event_log_get_state (v1->config.log, &state);
  return state.error ? g_strdup_printf ("Events are not written, %u wait: %s", state.waiting, state.error) : NULL;
}

gboolean
asp_v1_op_ready (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  g_autofree gchar *store = store_trouble (v1);
  g_autofree gchar *log = log_trouble (v1);
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  gboolean ready = !store && !log;

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "status", ready ? "ready" : "not ready");
  asp_json_begin_array (w, "reasons");
  if (store)
    asp_json_add_string (w, NULL, store);
  if (log)
    asp_json_add_string (w, NULL, log);
  asp_json_end_array (w);
  asp_json_end_object (w);
  asp_v1_reply_json (reply, ready ? 200 : 503, w);
  return TRUE;
}

/* --- metrics ----------------------------------------------------------------------------- */

/* What has happened since the last time. FALSE: what is missing comes next time. */
static gboolean
catch_up (AspV1 * v1)
{
  guint64 end = asp_event_log_last (v1->config.log);
  guint64 since;

  while ((since = asp_metrics_seen (v1->metrics)) < end) {
    g_autoptr (GPtrArray) events = asp_event_log_read (v1->config.log, since, NULL, FOLD_PAGE, NULL);

    if (!events)
      return FALSE;
    asp_metrics_fold (v1->metrics, events, events->len < FOLD_PAGE ? end : 0);
  }
  return TRUE;
}

static AspMetricsLog
log_metrics (AspV1 * v1)
{
  g_auto (AspEventLogState) state = { 0 };

  asp_event_log_get_state (v1->config.log, &state);
  return (AspMetricsLog) { state.last, state.lost, state.waiting, state.error == NULL };
}

/* (element-type AspControlStatus) of all channels, in order */
static GPtrArray *
all_statuses (AspV1 * v1)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_control_status_free);
  g_auto (GStrv) names = v1->config.names (v1->config.user_data);

  for (guint i = 0; names[i] && i < ASP_METRICS_CHANNELS_MAX; i++) {
    const AspControlChannel *funcs;
    gpointer data;
    gpointer held = v1->config.hold (names[i], &funcs, &data, v1->config.user_data);

    if (!held)
      continue;
    g_ptr_array_add (all, funcs->status (data));
    v1->config.release (held, v1->config.user_data);
  }
  return all;
}

gboolean
asp_v1_op_metrics (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  g_autoptr (GPtrArray) statuses = all_statuses (v1);
  g_autoptr (GPtrArray) hooks = v1->config.hooks ? asp_hook_runner_states (v1->config.hooks) : NULL;
  AspMetricsLog log = log_metrics (v1);

  catch_up (v1);
  asp_v1_reply_text (reply, 200, METRICS_TYPE, asp_metrics_write (v1->metrics, statuses, hooks, &log));
  return TRUE;
}
