/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-decision.h"

G_BEGIN_DECLS

typedef struct _Request Request;

typedef enum
{
  REQUEST_WAITS,
  REQUEST_ANSWERED,
  REQUEST_FAILED,
} RequestState;

/* One document: that of the ad server, or what a wrapper of another document leads to. */
struct _Request
{
  guint id;                     /* from 1 */
  guint depth;                  /* wrappers above it */
  Request *parent;              /* borrowed */
  const AspAdOffer *wrapper;    /* in the parent's response; NULL for the first one */
  gchar *url;
  gint64 deadline_us;
  RequestState state;
  AspAdResponse *response;
  gint64 arrived_us;            /* REQUEST_ANSWERED */
  gchar *base_url;              /* of relative URLs in it */
  AspSkipReason reason;         /* REQUEST_FAILED */
  AspAdCode code;
  gchar *why;
};

typedef struct
{
  AspDecisionActionKind kind;
  guint id;
  gchar *url;
  guint timeout_ms;
  const gchar *event;           /* static */
  AspAdCode code;
} QueuedAction;

struct _AspDecision
{
  AspDecisionConfig config;
  GPtrArray *requests;          /* Request; the first one is the ad server's */
  guint waiting;                /* REQUEST_WAITS */
  GQueue actions;               /* QueuedAction */
  QueuedAction *current;        /* what the caller looks at */
  gint64 start_us, start_unix_us, now_us, budget_us;
  GRand *random;
  guint n_beacons;
  gboolean done;
  AspDecisionResult result;
};

/* --- asp-decision-action.c --- */
void asp_decision_queue (AspDecision * d, AspDecisionActionKind kind, guint id, const gchar * url,
    guint timeout_ms);
/* The avail's macros at this moment, with an ad and a code. */
AspAdMacros asp_decision_macros (AspDecision * d, const AspAd * ad, AspAdCode code);
/* @event of @trackers to be called with @code; @ad may be NULL. */
void asp_decision_fire (AspDecision * d, const GPtrArray * trackers, const gchar * event,
    const AspAd * ad, AspAdCode code);
/* "error" of every wrapper from @from upwards. */
void asp_decision_fire_chain (AspDecision * d, const Request * from, AspAdCode code);

/* --- asp-decision-wrapper.c --- */
/* Requests for the wrappers of what @request was answered. */
void asp_decision_follow (AspDecision * d, Request * request);
/* The request that follows @offer, a wrapper in @request's response; NULL = none was made. */
const Request *asp_decision_request_of (const AspDecision * d, const Request * request,
    const AspAdOffer * offer);
/* May the ads and wrappers of @request's response be used, by what its wrapper allows? In the
 * order of the document. (transfer container) */
GPtrArray *asp_decision_allowed (const Request * request);
Request *asp_decision_add_request (AspDecision * d, Request * parent, const AspAdOffer * wrapper,
    const gchar * url);

/* --- asp-decision-gather.c --- */
/* All ads that came of it, for asp_pod_build(). (transfer full) */
GPtrArray *asp_decision_gather (AspDecision * d);

G_END_DECLS
