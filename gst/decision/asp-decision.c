/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-decision-private.h"

static const gchar *const outcome_names[] = {
  [ASP_DECISION_FILLED] = "FILLED",
  [ASP_DECISION_PARTLY_FILLED] = "PARTLY_FILLED",
  [ASP_DECISION_NO_AD] = "NO_AD",
  [ASP_DECISION_EMPTY] = "EMPTY",
  [ASP_DECISION_FAILED] = "FAILED",
};

const gchar *
asp_decision_outcome_name (AspDecisionOutcome outcome)
{
  g_return_val_if_fail ((guint) outcome < G_N_ELEMENTS (outcome_names), "FAILED");
  return outcome_names[outcome];
}

static Request *
first_request (const AspDecision * d)
{
  return g_ptr_array_index (d->requests, 0);
}

/* VMAP 1.0.1 has codes of its own for what becomes of a break's document. */
static AspAdCode
vmap_code (AspAdCode code)
{
  switch (code) {
    case ASP_AD_CODE_WRAPPER_TIMEOUT:
      return ASP_AD_CODE_VMAP_RETRIEVAL;
    case ASP_AD_CODE_XML:
    case ASP_AD_CODE_SCHEMA:
    case ASP_AD_CODE_VERSION:
      return ASP_AD_CODE_VMAP_DOCUMENT;
    default:
      return ASP_AD_CODE_VMAP_RESPONSE;
  }
}

/* What happened to @r is told to all wrappers above, and to the break of a VMAP. */
static void
report (AspDecision * d, const Request * r, AspAdCode code, gboolean wrappers)
{
  const AspAdResponse *vmap = first_request (d)->response;

  if (wrappers)
    asp_decision_fire_chain (d, r, code);
  if (vmap && vmap->is_vmap && (r == first_request (d) || r->parent == first_request (d)))
    asp_decision_fire (d, vmap->break_trackers, "error", NULL, vmap_code (code));
}

static void
lose (AspDecision * d, Request * r, AspSkipReason reason, AspAdCode code, const gchar * why)
{
  r->state = REQUEST_FAILED;
  r->reason = reason;
  r->code = code;
  r->why = g_strdup (why);
  d->waiting--;
  report (d, r, code, TRUE);
}

/* No ad that may be used: to the document's own Error, and to who led there. */
static void
settle_empty (AspDecision * d, Request * r)
{
  r->reason = ASP_SKIP_INVALID_VAST_WRAPPER_AD;
  r->code = ASP_AD_CODE_WRAPPER_NO_AD;
  r->why = g_strdup ("The answer holds no ad that may be used");
  asp_decision_fire (d, r->response->errors, "error", NULL, ASP_AD_CODE_WRAPPER_NO_AD);
  report (d, r, ASP_AD_CODE_WRAPPER_NO_AD, !d->config.no_wrapper_errors_on_empty);
}

static void
report_broken (AspDecision * d, const Request * r)
{
  for (guint i = 0; i < r->response->offers->len; i++) {
    const AspAdOffer *offer = g_ptr_array_index (r->response->offers, i);

    if (offer->kind != ASP_AD_OFFER_BROKEN)
      continue;
    asp_decision_fire (d, offer->ad->trackers, "error", offer->ad, offer->code);
    asp_decision_fire_chain (d, r, offer->code);
  }
}

/* Errors to the ad and all its wrappers; and that a good one was not wanted. */
static void
report_skipped (AspDecision * d)
{
  for (guint i = 0; i < d->result.pod.skipped->len; i++) {
    AspSkippedAd *skipped = g_ptr_array_index (d->result.pod.skipped, i);

    if (skipped->reported)
      continue;
    skipped->reported = TRUE;
    if (skipped->code)
      asp_decision_fire (d, skipped->ad->trackers, "error", skipped->ad, skipped->code);
    else
      asp_decision_fire (d, skipped->ad->creative.trackers, "notUsed", skipped->ad, ASP_AD_CODE_NONE);
  }
}

static AspDecisionOutcome
outcome_of (const AspDecision * d)
{
  const Request *first = first_request (d);

  if (d->result.pod.pod.ads->len > 0)
    return d->result.pod.rest == ASP_POD_REST_NONE ? ASP_DECISION_FILLED : ASP_DECISION_PARTLY_FILLED;
  if (first->state != REQUEST_ANSWERED)
    return ASP_DECISION_FAILED;
  return first->reason != ASP_SKIP_NONE ? ASP_DECISION_EMPTY : ASP_DECISION_NO_AD;
}

static void
finish (AspDecision * d)
{
  g_autoptr (GPtrArray) candidates = asp_decision_gather (d);
  const Request *first = first_request (d);

  d->config.rules.plays_us = MAX (d->config.rules.plays_us, d->now_us);
  asp_pod_build (&d->config.rules, candidates, &d->result.pod);
  report_skipped (d);
  d->result.outcome = outcome_of (d);
  d->result.why = g_strdup (first->why);
  d->result.elapsed_us = d->now_us - d->start_us;
  if (first->response)
    d->result.break_trackers = asp_ad_part_list_copy (first->response->break_trackers);
  for (guint i = 0; i < d->requests->len; i++)
    d->result.requests += ((const Request *) g_ptr_array_index (d->requests, i))->url != NULL;
  d->done = TRUE;
  asp_decision_queue (d, ASP_DECISION_DONE, 0, NULL, 0);
}

/* (nullable): nothing waits for that id any more */
static Request *
take_waiting (AspDecision * d, guint id, gint64 now_us)
{
  Request *r = id >= 1 && id <= d->requests->len ? g_ptr_array_index (d->requests, id - 1) : NULL;

  d->now_us = MAX (d->now_us, now_us);
  return r && r->state == REQUEST_WAITS && !d->done ? r : NULL;
}

void
asp_decision_document (AspDecision * d, guint id, gint64 now_us, const gchar * url,
    AspAdResponse * response, const GError * error)
{
  Request *r = take_waiting (d, id, now_us);
  g_autoptr (GPtrArray) allowed = NULL;

  if (!r) {
    asp_ad_response_free (response);
    return;
  }
  if (!response) {
    lose (d, r, ASP_SKIP_VAST_PARSING_ERROR, error ? (AspAdCode) error->code : ASP_AD_CODE_XML,
        error ? error->message : NULL);
  } else {
    r->state = REQUEST_ANSWERED;
    r->response = response;
    r->arrived_us = d->now_us;
    r->base_url = g_strdup (url);
    d->waiting--;
    report_broken (d, r);
    allowed = asp_decision_allowed (r);
    if (allowed->len == 0)
      settle_empty (d, r);
    else
      asp_decision_follow (d, r);
  }
  if (d->waiting == 0)
    finish (d);
}

void
asp_decision_failed (AspDecision * d, guint id, gint64 now_us, AspDecisionFailure failure,
    const gchar * why)
{
  Request *r = take_waiting (d, id, now_us);

  if (!r)
    return;
  lose (d, r, failure == ASP_DECISION_TIMED_OUT ? ASP_SKIP_ADS_TIMEOUT : ASP_SKIP_INVALID_VAST_WRAPPER_AD,
      ASP_AD_CODE_WRAPPER_TIMEOUT, why);
  if (d->waiting == 0)
    finish (d);
}

gint64
asp_decision_deadline_us (const AspDecision * d)
{
  gint64 deadline_us = d->budget_us;

  if (d->done)
    return -1;
  for (guint i = 0; i < d->requests->len; i++) {
    const Request *r = g_ptr_array_index (d->requests, i);

    if (r->state == REQUEST_WAITS)
      deadline_us = MIN (deadline_us, r->deadline_us);
  }
  return deadline_us;
}

/* Gives up what has waited until @until_us. */
static void
give_up (AspDecision * d, gint64 until_us, const gchar * why)
{
  for (guint i = 0; i < d->requests->len && !d->done; i++) {
    Request *r = g_ptr_array_index (d->requests, i);

    if (r->state != REQUEST_WAITS || r->deadline_us > until_us)
      continue;
    asp_decision_queue (d, ASP_DECISION_CANCEL, r->id, NULL, 0);
    lose (d, r, ASP_SKIP_ADS_TIMEOUT, ASP_AD_CODE_WRAPPER_TIMEOUT, why);
  }
  if (d->waiting == 0 && !d->done)
    finish (d);
}

void
asp_decision_tick (AspDecision * d, gint64 now_us)
{
  d->now_us = MAX (d->now_us, now_us);
  if (d->done)
    return;
  if (d->now_us < d->budget_us) {
    give_up (d, d->now_us, "There was no answer in the time that one request has");
    return;
  }
  d->result.budget_over = TRUE;
  give_up (d, G_MAXINT64, "There was no answer in the time that the whole decision has");
}

void
asp_decision_hurry (AspDecision * d, gint64 now_us)
{
  d->now_us = MAX (d->now_us, now_us);
  if (d->done)
    return;
  d->result.budget_over = TRUE;
  give_up (d, G_MAXINT64, "There was no time to wait for the answer");
}

const AspDecisionResult *
asp_decision_result (const AspDecision * d)
{
  return d->done ? &d->result : NULL;
}
