/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-decision-report.h"

#include <asp-ad-json.h>

static void
append_all (GPtrArray * to, GPtrArray * from)
{
  while (from->len > 0)
    g_ptr_array_add (to, g_ptr_array_steal_index (from, 0));
  g_ptr_array_unref (from);
}

GPtrArray *
asp_decision_lost_urls (const AspAd * ad, AspAdCode code, const AspAdMacros * macros)
{
  AspAdMacros filled = *macros;

  filled.ad = ad;
  filled.error_code = (gint) code;
  return asp_decision_urls (ad->trackers, "error", &filled, ASP_DECISION_BEACONS_MAX);
}

GPtrArray *
asp_decision_verification_urls (const AspAd * ad, AspAdNotExecuted reason, const AspAdMacros * macros)
{
  GPtrArray *urls = g_ptr_array_new_with_free_func (g_free);
  AspAdMacros filled = *macros;
  const AspAdVerification *v;

  filled.ad = ad;
  filled.reason = (gint) reason;
  for (guint i = 0; (v = asp_ad_part_list_get (ad->verifications, i)); i++)
    append_all (urls, asp_decision_urls (v->trackers, "verificationNotExecuted", &filled,
            ASP_DECISION_BEACONS_MAX - urls->len));
  if (asp_ad_part_list_length (ad->verifications) > 0)
    append_all (urls, asp_decision_lost_urls (ad, ASP_AD_CODE_VERIFICATION, macros));
  return urls;
}

static void
add_ad (AspJsonWriter * w, const gchar * name, const AspAd * ad)
{
  asp_json_begin_object (w, name);
  asp_ad_json_add (w, ad);
  asp_json_end_object (w);
}

static void
add_skipped (AspJsonWriter * w, const AspSkippedAd * skipped)
{
  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "reason", asp_skip_reason_name (skipped->reason));
  if (skipped->code)
    asp_json_add_int (w, "code", skipped->code);
  if (skipped->why)
    asp_json_add_string (w, "why", skipped->why);
  add_ad (w, "ad", skipped->ad);
  asp_json_end_object (w);
}

void
asp_decision_json_add (AspJsonWriter * w, const AspDecisionResult * result)
{
  static const gchar *const rests[] = { "none", "content", "slate" };

  asp_json_add_string (w, "outcome", asp_decision_outcome_name (result->outcome));
  if (result->why)
    asp_json_add_string (w, "why", result->why);
  asp_json_add_int (w, "filled_90k", result->pod.filled_90k);
  asp_json_add_int (w, "left_90k", result->pod.left_90k);
  asp_json_add_string (w, "rest", rests[result->pod.rest]);
  asp_json_add_int (w, "requests", result->requests);
  asp_json_add_int (w, "elapsed_ms", result->elapsed_us / 1000);
  if (result->budget_over)
    asp_json_add_boolean (w, "budget_over", TRUE);
  asp_json_begin_array (w, "ads");
  for (guint i = 0; i < result->pod.pod.ads->len; i++)
    add_ad (w, NULL, g_ptr_array_index (result->pod.pod.ads, i));
  asp_json_end_array (w);
  asp_json_begin_array (w, "skipped");
  for (guint i = 0; i < result->pod.skipped->len; i++)
    add_skipped (w, g_ptr_array_index (result->pod.skipped, i));
  asp_json_end_array (w);
}
