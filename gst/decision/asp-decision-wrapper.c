/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where wrappers lead, and what they let through (VAST 4.3, 3.19). */
#include "asp-decision-private.h"

#include <string.h>

Request *
asp_decision_add_request (AspDecision * d, Request * parent, const AspAdOffer * wrapper, const gchar * url)
{
  Request *r = g_new0 (Request, 1);
  guint timeout_ms = d->config.request_timeout_ms ? d->config.request_timeout_ms :
      ASP_DECISION_REQUEST_MS_DEFAULT;
  gint64 left_us = MAX (d->budget_us - d->now_us, 1000);

  r->parent = parent;
  r->wrapper = wrapper;
  /* the AdTagURI of a VMAP is no wrapper */
  r->depth = !parent ? 0 : parent->response->is_vmap ? parent->depth : parent->depth + 1;
  r->url = g_strdup (url);
  r->deadline_us = d->now_us + MIN ((gint64) timeout_ms * 1000, left_us);
  g_ptr_array_add (d->requests, r);
  r->id = d->requests->len;
  d->waiting++;
  asp_decision_queue (d, ASP_DECISION_FETCH, r->id, url, (guint) ((r->deadline_us - d->now_us) / 1000));
  return r;
}

/* One that never went out, so that its ad is lost with a reason. */
static void
add_lost (AspDecision * d, Request * parent, const AspAdOffer * wrapper, AspSkipReason reason,
    AspAdCode code, const gchar * why)
{
  Request *r = g_new0 (Request, 1);

  r->parent = parent;
  r->wrapper = wrapper;
  r->depth = parent->depth + 1;
  r->state = REQUEST_FAILED;
  r->reason = reason;
  r->code = code;
  r->why = g_strdup (why);
  g_ptr_array_add (d->requests, r);
  r->id = d->requests->len;
  asp_decision_fire_chain (d, r, code);
}

/* Was this URL asked for further up? */
static gboolean
comes_back (const Request * from, const gchar * url)
{
  for (const Request * r = from; r; r = r->parent)
    if (!strcmp (r->url, url) || !g_strcmp0 (r->base_url, url))
      return TRUE;
  return FALSE;
}

/* As written, so that a macro that differs from call to call hides no loop. */
static gboolean
tag_comes_back (const Request * from, const gchar * tag_url)
{
  for (const Request * r = from; r && r->wrapper; r = r->parent)
    if (!strcmp (r->wrapper->tag_url, tag_url))
      return TRUE;
  return FALSE;
}

/* Absolute, with its macros filled. (transfer full) */
static gchar *
request_url (AspDecision * d, const Request * parent, const AspAdOffer * wrapper)
{
  AspAdMacros macros = asp_decision_macros (d, wrapper->ad, ASP_AD_CODE_NONE);
  g_autofree gchar *filled = asp_ad_macros_fill (wrapper->tag_url, &macros);
  gchar *absolute = NULL;

  /* an absolute one stays byte for byte */
  if (parent->base_url && !strstr (filled, "://"))
    absolute = g_uri_resolve_relative (parent->base_url, filled,
        G_URI_FLAGS_PARSE_RELAXED | G_URI_FLAGS_ENCODED, NULL);
  return absolute ? absolute : g_steal_pointer (&filled);
}

static void
follow_one (AspDecision * d, Request * from, const AspAdOffer * wrapper)
{
  guint depth = d->config.wrapper_depth ? MIN (d->config.wrapper_depth, ASP_DECISION_DEPTH_MAX) :
      ASP_DECISION_DEPTH_DEFAULT;
  g_autofree gchar *url = request_url (d, from, wrapper);

  if (from->depth + 1 > depth)
    add_lost (d, from, wrapper, ASP_SKIP_INVALID_VAST_WRAPPER_AD, ASP_AD_CODE_WRAPPER_LIMIT,
        "The ad lies behind more wrappers than are followed");
  else if (comes_back (from, url) || tag_comes_back (from, wrapper->tag_url))
    add_lost (d, from, wrapper, ASP_SKIP_INVALID_VAST_WRAPPER_AD, ASP_AD_CODE_WRAPPER_LIMIT,
        "The wrappers lead back to a URL that was asked before");
  else if (d->requests->len >= ASP_DECISION_REQUESTS_MAX)
    add_lost (d, from, wrapper, ASP_SKIP_INVALID_VAST_WRAPPER_AD, ASP_AD_CODE_WRAPPER,
        "The answers name more wrappers than are followed for one break");
  else
    asp_decision_add_request (d, from, wrapper, url);
}

/* Does one of the wrappers above say that no further ones are to be followed? */
static gboolean
may_follow (const Request * r)
{
  return !r->wrapper || r->wrapper->follow_additional_wrappers;
}

GPtrArray *
asp_decision_allowed (const Request * request)
{
  GPtrArray *allowed = g_ptr_array_new ();
  gboolean several = !request->wrapper || request->wrapper->allow_multiple_ads;

  for (guint i = 0; i < request->response->offers->len; i++) {
    AspAdOffer *offer = g_ptr_array_index (request->response->offers, i);

    if (offer->kind == ASP_AD_OFFER_WRAPPER && !may_follow (request))
      continue;
    /* only the first stand-alone ad (VAST 4.3, 3.19: allowMultipleAds) */
    if (!several && (offer->ad->sequence > 0 || allowed->len > 0 || offer->kind == ASP_AD_OFFER_BROKEN))
      continue;
    g_ptr_array_add (allowed, offer);
  }
  return allowed;
}

void
asp_decision_follow (AspDecision * d, Request * request)
{
  g_autoptr (GPtrArray) allowed = asp_decision_allowed (request);

  for (guint i = 0; i < allowed->len; i++) {
    const AspAdOffer *offer = g_ptr_array_index (allowed, i);

    if (offer->kind == ASP_AD_OFFER_WRAPPER)
      follow_one (d, request, offer);
  }
}

const Request *
asp_decision_request_of (const AspDecision * d, const Request * request, const AspAdOffer * offer)
{
  for (guint i = request->id; i < d->requests->len; i++) {
    const Request *r = g_ptr_array_index (d->requests, i);

    if (r->wrapper == offer)
      return r;
  }
  return NULL;
}
