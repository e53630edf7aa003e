/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-client.h>

#include "asp-decision-request.h"
#include "asp-decision.h"

G_BEGIN_DECLS

/*
 * Decisions over HTTP: fetches what an AspDecision asks for, reads it, fires its beacons. All
 * work is done in the thread of the client that is given. Requests that are equal, also of
 * several decisions at once, are made once while one of them runs (same method, URL, headers,
 * body and device); a request with a random number in it never is.
 *
 * Thread: new, decide, hurry and cancel from any; they return at once. Callbacks come in the
 * client's thread. Since: 0.1
 */
#define ASP_DECIDER_BODY_MAX (2u << 20) /* bytes of a document, inflated */
#define ASP_DECIDER_BODIES_MAX (8u << 20)       /* of all documents of one decision */
#define ASP_DECIDER_BEACON_MS 3000
#define ASP_DECIDER_BEACON_BODY_MAX 4096

typedef struct _AspDecider AspDecider;

/**
 * AspDeciderBeacon:
 *
 * Takes a beacon over: to keep it until it is delivered. Without it beacons are fired here,
 * once, again only when the server cannot have had it.
 */
typedef void (*AspDeciderBeacon) (const gchar * url, const gchar * event, AspAdCode code,
    gpointer user_data);

/* NULL and 0 have defaults. */
typedef struct
{
  AspDeciderBeacon beacon;
  gpointer beacon_data;
} AspDeciderConfig;

/* @client outlives it. @config may be NULL. */
AspDecider *asp_decider_new (AspHttpClient * client, const AspDeciderConfig * config);

/* Ends all decisions: their callbacks come, without result, before this returns. Not from a
 * callback. NULL is allowed. */
void asp_decider_free (AspDecider * decider);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspDecider, asp_decider_free)

/* Copied, but for what stands in `config`: that stays until the decision is made. */
typedef struct
{
  const AspDecisionRequest *request;
  const AspDecisionConfig *config;      /* its macros are filled in the URL too */
  const gchar *device_ip;       /* for whom: sent with every request and beacon */
  const gchar *device_user_agent;
  AspHttpIdentity *identity;    /* shown to the ad server only; is referenced */
} AspDeciderAsk;

/* @result: NULL = the decision was cancelled. Valid during the callback. Called once. */
typedef void (*AspDecided) (const AspDecisionResult * result, gpointer user_data);

/* Returns: an id, never 0 */
guint64 asp_decider_decide (AspDecider * decider, const AspDeciderAsk * ask, AspDecided decided,
    gpointer user_data);
/* The time is over: decides with what is there. An id that has ended is welcome. */
void asp_decider_hurry (AspDecider * decider, guint64 id);
void asp_decider_cancel (AspDecider * decider, guint64 id);

G_END_DECLS
