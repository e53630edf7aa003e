/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-json-writer.h>

#include "asp-decision.h"

G_BEGIN_DECLS

/*
 * What is told of a decision behind it: to ad servers about ads that were in the pod and were
 * not shown, and to people and logs. Thread: any; pure. Since: 0.1
 */

/**
 * asp_decision_lost_urls:
 * @macros: of the moment; ad and code are set here
 *
 * Error URLs of every level of @ad, filled: 206 for what a break that ended early did not come
 * to, 304 for a pod that came too late, 400 to 405 for a creative that broke. Not more than
 * ASP_DECISION_BEACONS_MAX. (transfer full) (element-type utf8)
 */
GPtrArray *asp_decision_lost_urls (const AspAd * ad, AspAdCode code, const AspAdMacros * macros);

/* A verification that nobody can run (VAST 4.3, 3.17.4). */
typedef enum
{
  ASP_AD_NOT_EXECUTED_REJECTED = 1,     /* not wanted by the publisher */
  ASP_AD_NOT_EXECUTED_UNSUPPORTED = 2,  /* no player that could: the server stitches alone */
  ASP_AD_NOT_EXECUTED_ERROR = 3,
} AspAdNotExecuted;

/* verificationNotExecuted of all verifications of @ad, with [REASON], and behind them the
 * ad's errors with 410. (transfer full) (element-type utf8) */
GPtrArray *asp_decision_verification_urls (const AspAd * ad, AspAdNotExecuted reason,
    const AspAdMacros * macros);

/*
 * Members of the object that has been begun:
 *   {"outcome":"PARTLY_FILLED","why":"...","filled_90k":900000,"left_90k":1800000,
 *    "rest":"slate","requests":2,"elapsed_ms":180,"budget_over":true,
 *    "ads":[AD...],"skipped":[{"reason":"NEW_CREATIVE","code":407,"why":"...","ad":AD}]}
 * with AD as in asp-ad-json.h.
 */
void asp_decision_json_add (AspJsonWriter * w, const AspDecisionResult * result);

G_END_DECLS
