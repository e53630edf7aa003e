/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ad-macro.h>

#include "asp-decision-pod.h"

G_BEGIN_DECLS

/*
 * One decision: from the first request to the ad server, over the wrappers it leads to, to the
 * pod of one avail, with the error beacons that are due. A state machine without clock,
 * network and randomness: what happens is told to it with the time at which it happens, and
 * what it wants done is taken from it with asp_decision_next_action() after each of these
 * calls.
 *
 * Wrappers (VAST 4.3, 2.4.5 and 3.19) are followed to the configured depth, all of one document
 * at once, within one budget for the whole; a chain that comes back to a URL ends as one that is
 * too deep. What cannot be had costs its own ads only: the pod is built of the others.
 *
 * Errors: 100 to 102 when a document cannot be read, 301 when it cannot be had in time or at
 * all, 302 when the chain is too long, 303 when it leads to no ad, to the Error of every wrapper
 * above (and to the root Error of a document without ads); later ones to those of the ad and
 * of all its wrappers. Thread: one at a time; pure. Since: 0.1
 */
#define ASP_DECISION_DEPTH_DEFAULT 5    /* wrappers over each other */
#define ASP_DECISION_DEPTH_MAX 10
#define ASP_DECISION_REQUEST_MS_DEFAULT 3000
#define ASP_DECISION_BUDGET_MS_DEFAULT 10000
#define ASP_DECISION_REQUESTS_MAX 32    /* of one decision */
#define ASP_DECISION_ADS_MAX 256        /* of all its documents */
#define ASP_DECISION_TRACKERS_MAX 2048  /* of one list of an ad, with its wrappers' */
#define ASP_DECISION_BEACONS_MAX 4096   /* that one decision fires */

/* 0 = the default. Pointers are borrowed for the life of the decision. */
typedef struct
{
  guint wrapper_depth;
  guint request_timeout_ms;
  guint budget_ms;
  gboolean no_wrapper_errors_on_empty;  /* 303 to the empty document's own Error only, as the
                                         * letter of VAST has it */
  AspPodRules rules;
  AspAdMacros macros;           /* of the avail; time, code, ad and random are set here */
  guint32 seed;                 /* of CACHEBUSTING */
} AspDecisionConfig;

typedef struct _AspDecision AspDecision;

typedef enum
{
  ASP_DECISION_FETCH,           /* GET `url`, answer within `timeout_ms` */
  ASP_DECISION_CANCEL,          /* the answer to `id` is not wanted any more */
  ASP_DECISION_BEACON,          /* call `url` once */
  ASP_DECISION_DONE,            /* the result is there; the last action */
} AspDecisionActionKind;

/* Borrowed from the decision until the next call. */
typedef struct
{
  AspDecisionActionKind kind;
  guint id;                     /* of a fetch, from 1; 1 is the request to the ad server itself */
  const gchar *url;
  guint timeout_ms;
  const gchar *event;           /* of a beacon: "error", "notUsed" */
  AspAdCode code;               /* of an error beacon */
} AspDecisionAction;

typedef enum
{
  ASP_DECISION_TIMED_OUT,
  ASP_DECISION_UNREACHABLE,     /* no connection, a status that is no 2xx, too many bytes */
  ASP_DECISION_REFUSED,         /* goes where it may not */
} AspDecisionFailure;

typedef enum
{
  ASP_DECISION_FILLED,          /* nothing of the avail is left */
  ASP_DECISION_PARTLY_FILLED,
  ASP_DECISION_NO_AD,           /* the ad server answered, and nothing could be played */
  ASP_DECISION_EMPTY,           /* the ad server has no ad */
  ASP_DECISION_FAILED,          /* no answer that can be read */
} AspDecisionOutcome;

typedef struct
{
  AspDecisionOutcome outcome;
  AspPodResult pod;
  gchar *why;                   /* of EMPTY and FAILED, for people */
  guint requests;
  gint64 elapsed_us;
  gboolean budget_over;         /* something was not waited for */
  GPtrArray *break_trackers;    /* AspAdTracker of a VMAP's break, or NULL */
} AspDecisionResult;

/**
 * asp_decision_new:
 * @url: of the ad server, with its variables and macros filled
 * @now_us: a clock that only grows; all later times are of it
 * @unix_us: the same moment, of the calendar
 *
 * (transfer full). Its first action is a fetch.
 */
AspDecision *asp_decision_new (const AspDecisionConfig * config, const gchar * url, gint64 now_us,
    gint64 unix_us);
void asp_decision_free (AspDecision * d);       /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspDecision, asp_decision_free)

/**
 * asp_decision_document:
 * @url: (nullable): where it came from, behind redirects: relative URLs are of it
 * @response: (transfer full) (nullable): NULL = it could not be read
 * @error: (nullable): then why: the code is VAST's
 *
 * An @id that is not waited for is ignored, as in asp_decision_failed().
 */
void asp_decision_document (AspDecision * d, guint id, gint64 now_us, const gchar * url,
    AspAdResponse * response, const GError * error);
void asp_decision_failed (AspDecision * d, guint id, gint64 now_us, AspDecisionFailure failure,
    const gchar * why);

/* When asp_decision_tick() must come at the latest; -1 = never. */
gint64 asp_decision_deadline_us (const AspDecision * d);
void asp_decision_tick (AspDecision * d, gint64 now_us);
/* Nothing is waited for any more; what is there is used. */
void asp_decision_hurry (AspDecision * d, gint64 now_us);

/* FALSE: nothing to do until something happens. */
gboolean asp_decision_next_action (AspDecision * d, AspDecisionAction * action);

/* NULL before ASP_DECISION_DONE. (transfer none) */
const AspDecisionResult *asp_decision_result (const AspDecision * d);

/* "FILLED" ...; static. */
const gchar *asp_decision_outcome_name (AspDecisionOutcome outcome);

/* The URLs of @event in @trackers that are to be called, macros filled, in order; not more than
 * @max. For the ads that a break that ended early never showed, and for beacons.
 * (transfer full) (element-type utf8) */
GPtrArray *asp_decision_urls (const GPtrArray * trackers, const gchar * event,
    const AspAdMacros * macros, guint max);

G_END_DECLS
