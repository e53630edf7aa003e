/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The documents as one list: pod ads in the order in which they play, then stand-alone ones. An
 * ad behind a wrapper stands where the wrapper does and has the trackers of all above it; a pod
 * behind a wrapper without place comes behind the pod that the wrapper stands beside.
 */
#include "asp-decision-private.h"

#define EXPIRES_MAX_S G_MAXINT32        /* longer is for ever */

static void collect (AspDecision * d, const Request * request, GPtrArray * pod, GPtrArray * loose);

/* What @offer says, with all that the wrappers above say. (transfer full) */
static AspAd *
merged (const Request * request, const AspAdOffer * offer)
{
  AspAd *ad = asp_ad_copy (offer->ad);

  for (const Request * r = request; r && r->wrapper; r = r->parent)
    asp_ad_merge_wrapper (ad, r->wrapper->ad, ASP_DECISION_TRACKERS_MAX);
  return ad;
}

/* Each level says it of itself, from its own arrival on: the first one to pass counts. */
static gint64
earlier (gint64 expires_us, const Request * request, const AspAd * ad)
{
  gint64 own_us = request->arrived_us + MIN (ad->expires_s, EXPIRES_MAX_S) * G_USEC_PER_SEC;

  if (ad->expires_s <= 0)
    return expires_us;
  return expires_us > 0 ? MIN (expires_us, own_us) : own_us;
}

static AspPodCandidate *
candidate (const Request * request, const AspAdOffer * offer)
{
  AspPodCandidate *c = asp_pod_candidate_new (merged (request, offer), offer->ad->sequence == 0, request->id);

  c->expires_us = earlier (0, request, offer->ad);
  for (const Request * r = request; r && r->wrapper; r = r->parent)
    c->expires_us = earlier (c->expires_us, r->parent, r->wrapper->ad);
  return c;
}

static AspPodCandidate *
lost (const Request * request, const AspAdOffer * offer, AspSkipReason reason, AspAdCode code,
    const gchar * why)
{
  AspPodCandidate *c = candidate (request, offer);

  c->reason = reason;
  c->code = code;
  c->why = g_strdup (why);
  return c;
}

/* Its ads, or one that is lost, so that a stand-alone ad may take the place. */
static void
collect_wrapper (AspDecision * d, const Request * request, const AspAdOffer * offer,
    GPtrArray * pod, GPtrArray * loose)
{
  const Request *below = asp_decision_request_of (d, request, offer);

  g_return_if_fail (below);     /* every wrapper that is allowed has one, be it lost */
  if (below->reason != ASP_SKIP_NONE)
    g_ptr_array_add (offer->ad->sequence > 0 ? pod : loose,
        lost (request, offer, below->reason, below->code, below->why));
  else
    collect (d, below, pod, loose);
}

static void
set_fallback (const AspAdOffer * wrapper, const GPtrArray * list)
{
  for (guint i = 0; i < list->len && !wrapper->fallback_on_no_ad; i++)
    ((AspPodCandidate *) g_ptr_array_index (list, i))->keep_place_empty = TRUE;
}

static void
move_all (GPtrArray * to, GPtrArray * from)
{
  while (from->len > 0)
    g_ptr_array_add (to, g_ptr_array_steal_index (from, 0));
}

/* A wrapper with a place in the pod: what comes of it stands there. */
static void
collect_place (AspDecision * d, const Request * request, const AspAdOffer * offer, GPtrArray * pod,
    GPtrArray * loose)
{
  g_autoptr (GPtrArray) its_pod = g_ptr_array_new (), its_loose = g_ptr_array_new ();

  collect_wrapper (d, request, offer, its_pod, its_loose);
  if (its_pod->len == 0 && its_loose->len > 0) {
    AspPodCandidate *first = g_ptr_array_steal_index (its_loose, 0);

    first->stand_alone = FALSE;
    g_ptr_array_add (its_pod, first);
  }
  set_fallback (offer, its_pod);
  move_all (pod, its_pod);
  move_all (loose, its_loose);
}

static gint
by_sequence (gconstpointer a, gconstpointer b)
{
  const AspAdOffer *x = *(const AspAdOffer * const *) a, *y = *(const AspAdOffer * const *) b;

  return x->ad->sequence < y->ad->sequence ? -1 : x->ad->sequence > y->ad->sequence;
}

static void
collect_one (AspDecision * d, const Request * request, const AspAdOffer * offer, GPtrArray * pod,
    GPtrArray * loose)
{
  GPtrArray *to = offer->ad->sequence > 0 ? pod : loose;

  if (offer->kind == ASP_AD_OFFER_INLINE)
    g_ptr_array_add (to, candidate (request, offer));
  else if (offer->kind == ASP_AD_OFFER_BROKEN)
    g_ptr_array_add (to, lost (request, offer, ASP_SKIP_VAST_PARSING_ERROR, offer->code, offer->why));
  else if (offer->ad->sequence > 0)
    collect_place (d, request, offer, pod, loose);
  else
    collect_wrapper (d, request, offer, pod, loose);
}

/* As deep as wrappers are followed. Stand-alone offers come second: a pod behind a wrapper without
 * place plays after the pod beside it. */
static void
collect (AspDecision * d, const Request * request, GPtrArray * pod, GPtrArray * loose)
{
  g_autoptr (GPtrArray) offers = asp_decision_allowed (request);
  gboolean as_it_stands = d->config.rules.ignore_sequence;

  if (!as_it_stands)
    g_ptr_array_sort (offers, by_sequence);     /* stable */
  for (guint pass = 0; pass < (as_it_stands ? 1 : 2); pass++) {
    for (guint i = 0; i < offers->len; i++) {
      const AspAdOffer *offer = g_ptr_array_index (offers, i);

      if ((as_it_stands || (offer->ad->sequence == 0) == (pass == 1)) &&
          pod->len + loose->len < ASP_DECISION_ADS_MAX)
        collect_one (d, request, offer, pod, loose);
    }
  }
}

GPtrArray *
asp_decision_gather (AspDecision * d)
{
  g_autoptr (GPtrArray) loose = g_ptr_array_new ();
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_pod_candidate_free);
  const Request *first = g_ptr_array_index (d->requests, 0);

  if (first->state == REQUEST_ANSWERED && first->reason == ASP_SKIP_NONE)
    collect (d, first, all, d->config.rules.ignore_sequence ? all : loose);
  move_all (all, loose);
  return all;
}
