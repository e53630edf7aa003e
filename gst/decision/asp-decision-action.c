/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a decision wants done: fetches, beacons. */
#include "asp-decision-private.h"

#include <string.h>

void
asp_decision_queue (AspDecision * d, AspDecisionActionKind kind, guint id, const gchar * url,
    guint timeout_ms)
{
  QueuedAction *action = g_new0 (QueuedAction, 1);

  action->kind = kind;
  action->id = id;
  action->url = g_strdup (url);
  action->timeout_ms = timeout_ms;
  g_queue_push_tail (&d->actions, action);
}

AspAdMacros
asp_decision_macros (AspDecision * d, const AspAd * ad, AspAdCode code)
{
  AspAdMacros macros = d->config.macros;
  AspSkipReason reason;
  const AspAdMedia *source = ad ? asp_decision_source (ad, FALSE, &reason) : NULL;

  macros.unix_us = d->start_unix_us + (d->now_us - d->start_us);
  macros.random = g_rand_int (d->random);
  macros.error_code = code ? (gint) code : -1;
  macros.ad = ad;
  macros.asset_uri = source ? source->url : NULL;
  return macros;
}

GPtrArray *
asp_decision_urls (const GPtrArray * trackers, const gchar * event, const AspAdMacros * macros,
    guint max)
{
  GPtrArray *urls = g_ptr_array_new_with_free_func (g_free);
  const AspAdTracker *t;

  for (guint i = 0; (t = asp_ad_part_list_get (trackers, i)) && urls->len < max; i++) {
    g_autofree gchar *url = NULL;

    if (g_ascii_strcasecmp (t->event, event))
      continue;
    url = asp_ad_macros_fill (t->url, macros);
    /* of the scheme of a page that there is not */
    if (g_str_has_prefix (url, "//")) {
      gchar *absolute = g_strconcat ("https:", url, NULL);

      g_free (url);
      url = absolute;
    }
    if (asp_ad_url_is_called (url))
      g_ptr_array_add (urls, g_steal_pointer (&url));
  }
  return urls;
}

void
asp_decision_fire (AspDecision * d, const GPtrArray * trackers, const gchar * event, const AspAd * ad,
    AspAdCode code)
{
  AspAdMacros macros = asp_decision_macros (d, ad, code);
  g_autoptr (GPtrArray) urls = asp_decision_urls (trackers, event, &macros,
      ASP_DECISION_BEACONS_MAX - d->n_beacons);

  for (guint i = 0; i < urls->len; i++) {
    QueuedAction *action;

    asp_decision_queue (d, ASP_DECISION_BEACON, 0, g_ptr_array_index (urls, i), 0);
    action = g_queue_peek_tail (&d->actions);
    action->event = event;
    action->code = code;
    d->n_beacons++;
  }
}

void
asp_decision_fire_chain (AspDecision * d, const Request * from, AspAdCode code)
{
  for (const Request * r = from; r && r->wrapper; r = r->parent)
    asp_decision_fire (d, r->wrapper->ad->trackers, "error", r->wrapper->ad, code);
}

static void
queued_action_free (QueuedAction * action)
{
  if (!action)
    return;
  g_free (action->url);
  g_free (action);
}

gboolean
asp_decision_next_action (AspDecision * d, AspDecisionAction * action)
{
  queued_action_free (d->current);
  d->current = g_queue_pop_head (&d->actions);
  if (!d->current)
    return FALSE;
  action->kind = d->current->kind;
  action->id = d->current->id;
  action->url = d->current->url;
  action->timeout_ms = d->current->timeout_ms;
  action->event = d->current->event;
  action->code = d->current->code;
  return TRUE;
}

static void
request_free (Request * r)
{
  asp_ad_response_free (r->response);
  g_free (r->url);
  g_free (r->base_url);
  g_free (r->why);
  g_free (r);
}

AspDecision *
asp_decision_new (const AspDecisionConfig * config, const gchar * url, gint64 now_us, gint64 unix_us)
{
  AspDecision *d = g_new0 (AspDecision, 1);
  guint budget_ms = config->budget_ms ? config->budget_ms : ASP_DECISION_BUDGET_MS_DEFAULT;

  d->config = *config;
  d->requests = g_ptr_array_new_with_free_func ((GDestroyNotify) request_free);
  d->start_us = d->now_us = now_us;
  d->start_unix_us = unix_us;
  d->budget_us = now_us + (gint64) budget_ms * 1000;
  d->random = g_rand_new_with_seed (config->seed);
  asp_pod_result_init (&d->result.pod);
  asp_decision_add_request (d, NULL, NULL, url);
  return d;
}

void
asp_decision_free (AspDecision * d)
{
  QueuedAction *action;

  if (!d)
    return;
  queued_action_free (d->current);
  while ((action = g_queue_pop_head (&d->actions)))
    queued_action_free (action);
  g_ptr_array_unref (d->requests);
  g_rand_free (d->random);
  asp_pod_result_clear (&d->result.pod);
  g_free (d->result.why);
  g_clear_pointer (&d->result.break_trackers, g_ptr_array_unref);
  g_free (d);
}
