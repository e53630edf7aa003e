/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is told of a decision behind it. */
#include <asp-decision-report.h>
#include <string.h>

#include "decision-ads.h"

static void
test_lost (void)
{
  g_autoptr (AspAd) ad = test_ad ("a", 10), wrapper = asp_ad_new (NULL, 0);
  AspAdMacros macros = ASP_AD_MACROS_INIT;
  g_autoptr (GPtrArray) urls = NULL;

  asp_ad_part_list_add (&wrapper->trackers, asp_ad_tracker_new ("Error", "http://w/?[ERRORCODE]&%%ERRORCODE%%"));
  asp_ad_part_list_add (&wrapper->trackers, asp_ad_tracker_new ("error", "about:blank"));
  asp_ad_part_list_add (&wrapper->trackers, asp_ad_tracker_new ("error", "//w/x"));
  asp_ad_part_list_add (&wrapper->trackers, asp_ad_tracker_new ("impression", "http://w/i"));
  asp_ad_merge_wrapper (ad, wrapper, 100);
  urls = asp_decision_lost_urls (ad, ASP_AD_CODE_NO_DISPLAY, &macros);
  g_assert_cmpuint (urls->len, ==, 3);
  g_assert_cmpstr (g_ptr_array_index (urls, 2), ==, "https://w/x");
  g_assert_cmpstr (g_ptr_array_index (urls, 0), ==, "http://e/a?304");
  g_assert_cmpstr (g_ptr_array_index (urls, 1), ==, "http://w/?304&304");
}

static void
test_verification (void)
{
  g_autoptr (AspAd) ad = test_ad ("a", 10);
  AspAdMacros macros = ASP_AD_MACROS_INIT;
  AspAdVerification *v = asp_ad_verification_new ("v");
  g_autoptr (GPtrArray) none = asp_decision_verification_urls (ad, ASP_AD_NOT_EXECUTED_UNSUPPORTED, &macros), urls = NULL;

  g_assert_cmpuint (none->len, ==, 0);
  asp_ad_part_list_add (&v->trackers, asp_ad_tracker_new ("verificationNotExecuted", "http://v/?r=[REASON]"));
  asp_ad_part_list_add (&ad->verifications, v);
  urls = asp_decision_verification_urls (ad, ASP_AD_NOT_EXECUTED_UNSUPPORTED, &macros);
  g_assert_cmpuint (urls->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (urls, 0), ==, "http://v/?r=2");
  g_assert_cmpstr (g_ptr_array_index (urls, 1), ==, "http://e/a?410");
}

static void
test_json (void)
{
  g_autoptr (GPtrArray) candidates = test_candidates ("a=10# b=10#% c=30#?");
  AspDecisionResult result = {.outcome = ASP_DECISION_PARTLY_FILLED,.requests = 2,.elapsed_us = 180500,.budget_over = TRUE };
  AspPodRules rules = {.avail_90k = 30 * 90000,.has_slate = TRUE };
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  const gchar *text;

  asp_pod_result_init (&result.pod);
  asp_pod_build (&rules, candidates, &result.pod);
  asp_json_begin_object (w, NULL);
  asp_decision_json_add (w, &result);
  asp_json_end_object (w);
  text = asp_json_writer_text (w);
  g_assert_true (g_str_has_prefix (text, "{\"outcome\":\"PARTLY_FILLED\",\"filled_90k\":900000,\"left_90k\":1800000,"
          "\"rest\":\"slate\",\"requests\":2,\"elapsed_ms\":180,\"budget_over\":true,\"ads\":[{\"duration_90k\":900000,"
          "\"ad_id\":\"a\","));
  g_assert_nonnull (strstr (text, "\"skipped\":[{\"reason\":\"MEDIA_FILE_UNAVAILABLE\",\"code\":403,\"ad\":{"));
  g_assert_nonnull (strstr (text, "{\"reason\":\"INVALID_VAST_WRAPPER_AD\",\"code\":303,\"ad\":{"));
  asp_pod_result_clear (&result.pod);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decision/report/lost", test_lost);
  g_test_add_func ("/decision/report/verification", test_verification);
  g_test_add_func ("/decision/report/json", test_json);
  return g_test_run ();
}
