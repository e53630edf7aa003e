/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which ads of an answer play in an avail. */
#include <asp-decision-category.h>
#include <asp-decision-history.h>
#include <asp-decision-pod.h>
#include <string.h>

#include "decision-ads.h"

#define SECOND 90000

static gchar *
build (const gchar * words, const AspPodRules * rules)
{
  g_autoptr (GPtrArray) candidates = test_candidates (words);
  AspPodResult result;
  gchar *text;

  asp_pod_result_init (&result);
  asp_pod_build (rules, candidates, &result);
  text = test_pod_text (&result);
  asp_pod_result_clear (&result);
  return text;
}

static void
expect (const gchar * words, const AspPodRules * rules, const gchar * want)
{
  g_autofree gchar *got = build (words, rules);
  g_autofree gchar *again = build (words, rules);

  g_test_message ("%s", words);
  g_assert_cmpstr (got, ==, want);
  g_assert_cmpstr (again, ==, want);
}

static void
test_sequence (void)
{
  static const struct
  {
    const gchar *words, *want;
  } cases[] = {
    {"a=10# b=10# c=10#", "a b c | | 30 0 none"},
    {"a=10# b=10#", "a b | | 20 10 content"},
    /* never cut: what does not fit is left out, what follows may fit */
    {"a=20# b=15# c=10#", "a c | b:AVAIL_DURATION_EXCEEDED:206 | 30 0 none"},
    /* longer than the whole avail is another error than no time left */
    {"a=40# b=30#", "b | a:AVAIL_DURATION_EXCEEDED:202 | 30 0 none"},
    {"a=40#", "| a:AVAIL_DURATION_EXCEEDED:202 | 0 30 content"},
    /* stand-alone ads are not wanted while the pod is whole, even if there is time */
    {"a=10# s=10", "a | s:STANDALONE_AD_NOT_NEEDED:0 | 10 20 content"},
    /* one for each that is lost, in its place */
    {"a=10#% b=10# s=10", "s b | a:MEDIA_FILE_UNAVAILABLE:403 | 20 10 content"},
    {"a=10# b=10#? s=8 t=9", "a t | b:INVALID_VAST_WRAPPER_AD:303 s:STANDALONE_AD_NOT_NEEDED:0 | 19 11 content"},
    /* of its own document first, then of another */
    {"a=10#?+2 s=15 t=5+2", "t | a:INVALID_VAST_WRAPPER_AD:303 s:STANDALONE_AD_NOT_NEEDED:0 | 5 25 content"},
    {"a=10#?+2 s=15", "s | a:INVALID_VAST_WRAPPER_AD:303 | 15 15 content"},
    /* a substitute takes no time from the pod ads behind it */
    {"a=10#% b=20# s=15 t=10", "t b | a:MEDIA_FILE_UNAVAILABLE:403 s:STANDALONE_AD_NOT_NEEDED:0 | 30 0 none"},
    {"a=10#%^ s=10", "| a:MEDIA_FILE_UNAVAILABLE:403 s:STANDALONE_AD_NOT_NEEDED:0 | 0 30 content"},
    {"a=20# b=20# s=10", "a s | b:AVAIL_DURATION_EXCEEDED:206 | 30 0 none"},
    {"a=10#* b=10#", "b | a:CONDITIONAL_AD:408 | 10 20 content"},
    {"a=0#", "| a:UNKNOWN_DURATION:202 | 0 30 content"},
    {"", "| | 0 30 content"},
  };
  AspPodRules rules = {.avail_90k = 30 * SECOND };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    expect (cases[i].words, &rules, cases[i].want);
}

static void
test_best_fill (void)
{
  static const struct
  {
    const gchar *words, *want;
  } cases[] = {
    {"a=20 b=15 c=15", "b c | a:STANDALONE_AD_NOT_NEEDED:0 | 30 0 none"},
    /* two fill as well: the earlier ones */
    {"a=10 b=10 c=10 d=30", "a b c | d:STANDALONE_AD_NOT_NEEDED:0 | 30 0 none"},
    {"d=30 a=10 b=10 c=10", "d | a:STANDALONE_AD_NOT_NEEDED:0 b:STANDALONE_AD_NOT_NEEDED:0 "
        "c:STANDALONE_AD_NOT_NEEDED:0 | 30 0 none"},
    /* MediaTailor's: a break of 30 and 40 s ads: nothing */
    {"a=40 b=45", "| a:AVAIL_DURATION_EXCEEDED:202 b:AVAIL_DURATION_EXCEEDED:202 | 0 30 content"},
    {"a=40 b=25", "b | a:AVAIL_DURATION_EXCEEDED:202 | 25 5 content"},
    {"a=7 b=11 c=13 d=17 e=19", "b e | a:STANDALONE_AD_NOT_NEEDED:0 c:STANDALONE_AD_NOT_NEEDED:0 "
        "d:STANDALONE_AD_NOT_NEEDED:0 | 30 0 none"},
    {"a=10% b=10 c=0", "b | a:MEDIA_FILE_UNAVAILABLE:403 c:UNKNOWN_DURATION:202 | 10 20 content"},
  };
  AspPodRules rules = {.avail_90k = 30 * SECOND };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    expect (cases[i].words, &rules, cases[i].want);
}

/* Against every subset. */
static gint64
brute_force (const gint64 * durations_90k, const gchar * advertisers, guint n, gint64 avail_90k)
{
  gint64 best = 0;

  for (guint set = 0; set < 1u << n; set++) {
    gint64 sum = 0;
    guint seen = 0;
    gboolean ok = TRUE;

    for (guint i = 0; i < n; i++) {
      if (!(set >> i & 1))
        continue;
      sum += durations_90k[i];
      ok = ok && !(seen >> (advertisers[i] - 'a') & 1);
      seen |= 1u << (advertisers[i] - 'a');
    }
    if (ok && sum <= avail_90k && sum > best)
      best = sum;
  }
  return best;
}

static void
test_search_is_exact (void)
{
  GRand *random = g_rand_new_with_seed (7);

  for (guint round = 0; round < 400; round++) {
    guint n = (guint) g_rand_int_range (random, 1, 12);
    gint64 durations_90k[12], avail_90k = g_rand_int_range (random, 20, 90) * SECOND;
    gchar advertisers[12];
    g_autoptr (GString) words = g_string_new (NULL);
    g_autoptr (GPtrArray) candidates = NULL;
    AspPodRules rules = {.avail_90k = avail_90k };
    AspPodResult result;

    for (guint i = 0; i < n; i++) {
      guint seconds = (guint) g_rand_int_range (random, 5, 45);

      durations_90k[i] = seconds * SECOND;
      advertisers[i] = (gchar) ('a' + g_rand_int_range (random, 0, 8));
      g_string_append_printf (words, "%sad%u=%u@%c", i > 0 ? " " : "", i, seconds, advertisers[i]);
    }
    candidates = test_candidates (words->str);
    asp_pod_result_init (&result);
    asp_pod_build (&rules, candidates, &result);
    g_assert_cmpint (result.filled_90k, ==, brute_force (durations_90k, advertisers, n, avail_90k));
    g_assert_cmpint (asp_ad_pod_duration_90k (&result.pod), ==, result.filled_90k);
    g_assert_cmpuint (result.pod.ads->len + result.skipped->len, ==, n);
    asp_pod_result_clear (&result);
  }
  g_rand_free (random);
}

/* As many as one answer may hold, none of which fits another: it ends, and soon. */
static void
test_search_ends (void)
{
  g_autoptr (GString) words = g_string_new (NULL);
  AspPodRules rules = {.avail_90k = 300 * SECOND };
  gint64 start_us;
  g_autofree gchar *text = NULL;

  for (guint i = 0; i < 64; i++)
    g_string_append_printf (words, "%sad%u=%.3f", i > 0 ? " " : "", i, 13.37 + i * 0.731);
  start_us = g_get_monotonic_time ();
  text = build (words->str, &rules);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 2 * G_USEC_PER_SEC);
  g_assert_nonnull (strstr (text, "ad0 "));
}

static void
test_nothing_twice (void)
{
  AspPodRules rules = {.avail_90k = 60 * SECOND };

  expect ("a=10#!k b=10#!k c=10#", &rules, "a c | b:REJECTED_REPLICA_VAST:200 | 20 40 content");
  expect ("a=10#@x b=10#@x s=5@x t=5@y", &rules,
      "a t | b:COMPETITIVE_SEPARATION:200 s:COMPETITIVE_SEPARATION:0 | 15 45 content");
  /* of stand-alone ads that could not stand together no error is told */
  expect ("a=10@x b=20@x c=5", &rules, "b c | a:COMPETITIVE_SEPARATION:0 | 25 35 content");
  expect ("a=10!k b=10!k", &rules, "a | b:REJECTED_REPLICA_VAST:0 | 10 50 content");
}

static void
test_limits_and_rest (void)
{
  AspPodRules rules = {.avail_90k = 30 * SECOND,.max_ads = 1,.has_slate = TRUE };

  expect ("a=10# b=10#", &rules, "a | b:AD_LIMIT:206 | 10 20 slate");
  expect ("a=10 b=15", &rules, "b | a:STANDALONE_AD_NOT_NEEDED:0 | 15 15 slate");
  /* without any ad the programme plays */
  expect ("a=10%", &rules, "| a:MEDIA_FILE_UNAVAILABLE:403 | 0 30 content");
  rules.max_ads = 0;
  rules.leftover_max_90k = 10 * SECOND;
  expect ("a=10# b=10#", &rules, "a b | | 20 10 slate");
  expect ("a=10# b=9#", &rules,
      "| a:LEFTOVER_AVAIL_EXCEEDED_THRESHOLD:206 b:LEFTOVER_AVAIL_EXCEEDED_THRESHOLD:206 | 0 30 content");
  rules = (AspPodRules) {.avail_90k = 30 * SECOND,.tolerance_90k = 1800 };
  expect ("a=15# b=15.02#", &rules, "a b | | 30.02 0 none");
  expect ("a=15# b=14.99#", &rules, "a b | | 29.99 0.01 none");
  expect ("a=15# b=15.03#", &rules, "a | b:AVAIL_DURATION_EXCEEDED:206 | 15 15 content");
  /* nobody knows how long: five minutes */
  rules.avail_90k = 0;
  expect ("a=299# b=2#", &rules, "a | b:AVAIL_DURATION_EXCEEDED:206 | 299 1 content");
  rules = (AspPodRules) {.avail_90k = 30 * SECOND,.ignore_sequence = TRUE };
  expect ("a=10 b=10# c=5", &rules, "a b c | | 25 5 content");
}

/* The clock stands at 0 when the avail begins: "~2" is an ad that must have begun before 20 s. */
static void
test_expires (void)
{
  static const struct
  {
    const gchar *words, *want;
  } cases[] = {
    {"a=10#~9 b=10#~2", "a b | | 20 10 content"},
    /* not on its own, but behind another */
    {"a=10# b=10#~1", "a | b:EXPIRED:900 | 10 20 content"},
    {"a=9.9# b=10#~1", "a b | | 19.9 10.1 content"},
    {"a=10# b=10#~1 s=10", "a s | b:EXPIRED:900 | 20 10 content"},
    /* a substitute has no longer than that either */
    {"a=10# b=10#~1 s=10~1 t=5~2", "a t | b:EXPIRED:900 s:STANDALONE_AD_NOT_NEEDED:0 | 15 15 content"},
    {"a=20 b=10~1", "a | b:EXPIRED:900 | 20 10 content"},
    {"b=10~1 a=20", "b a | | 30 0 none"},
    {"a=10 b=10~1 c=10~2 d=10~3", "a c d | b:EXPIRED:900 | 30 0 none"},
  };
  AspPodRules rules = {.avail_90k = 30 * SECOND,.tolerance_90k = SECOND / 2 };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    expect (cases[i].words, &rules, cases[i].want);
  /* of an avail that begins at 10 s */
  rules.plays_us = 10 * G_USEC_PER_SEC;
  expect ("a=10#~1 b=10#~2 c=10#~3", &rules, "b c | a:EXPIRED:900 | 20 10 content");
}

static AspTranscodeState
probe_by_name (const AspAd * ad, const AspAdMedia * source, gint64 * duration_90k, AspAdCode * code,
    gpointer user_data)
{
  guint *asked = user_data;

  ++*asked;
  g_assert_nonnull (source);
  switch (ad->ad_id[0]) {
    case 'n':
      return ASP_TRANSCODE_NEW;
    case 'b':
      return ASP_TRANSCODE_IN_PROGRESS;
    case 'f':
      *code = ASP_AD_CODE_NOT_FOUND;
      return ASP_TRANSCODE_ERROR;
    case 'g':
      return ASP_TRANSCODE_ERROR;
    case 'l':
      *duration_90k = 12 * SECOND;
      return ASP_TRANSCODE_READY;
    case 'x':
      *duration_90k = 31 * SECOND;
      return ASP_TRANSCODE_READY;
    default:
      return ASP_TRANSCODE_READY;
  }
}

static void
test_store (void)
{
  guint asked = 0;
  AspPodRules rules = {.avail_90k = 30 * SECOND,.probe = probe_by_name,.probe_data = &asked };

  expect ("n=10# b=10# f=10# g=10# a=5#", &rules, "a | n:NEW_CREATIVE:407 b:TRANSCODE_IN_PROGRESS:407 "
      "f:MEDIA_FILE_UNAVAILABLE:401 g:TRANSCODE_ERROR:400 | 5 25 content");
  /* the store knows better how long it is */
  expect ("l=15# x=20# l2=0#", &rules, "l l2 | x:AVAIL_DURATION_EXCEEDED:202 | 24 6 content");
  /* what cannot be placed anyway is not asked for */
  asked = 0;
  expect ("a=40# c=10#%", &rules, "| a:AVAIL_DURATION_EXCEEDED:202 c:MEDIA_FILE_UNAVAILABLE:403 | 0 30 content");
  g_assert_cmpuint (asked, ==, 0);
}

static guint
seen_twice (const gchar * key, gpointer user_data)
{
  return g_str_has_suffix (key, "old.mp4") ? 2 : 0;
}

static void
test_frequency_cap (void)
{
  AspPodRules rules = {.avail_90k = 30 * SECOND,.frequency_cap = 2,.seen = seen_twice };

  expect ("old=10# new=10#", &rules, "new | old:FREQUENCY_CAP:200 | 10 20 content");
  rules.frequency_cap = 3;
  expect ("old=10# new=10#", &rules, "old new | | 20 10 content");
}

static void
test_history (void)
{
  g_autoptr (AspDecisionHistory) history = asp_decision_history_new (60);

  asp_decision_history_add (history, "a", 0);
  asp_decision_history_add (history, "b", 10);
  asp_decision_history_add (history, "a", 30);
  asp_decision_history_add (history, NULL, 30);
  g_assert_cmpuint (asp_decision_history_count (history, "a", 59), ==, 2);
  g_assert_cmpuint (asp_decision_history_count (history, "a", 60), ==, 1);
  g_assert_cmpuint (asp_decision_history_count (history, "b", 60), ==, 1);
  g_assert_cmpuint (asp_decision_history_count (history, "a", 90), ==, 0);
  g_assert_cmpuint (asp_decision_history_count (history, NULL, 90), ==, 0);
  for (guint i = 0; i < ASP_DECISION_HISTORY_MAX + 5; i++)
    asp_decision_history_add (history, i < 10 ? "old" : "new", 100);
  g_assert_cmpuint (asp_decision_history_count (history, "old", 100), ==, 5);
  g_assert_cmpuint (asp_decision_history_count (history, "new", 100), ==, ASP_DECISION_HISTORY_MAX - 5);
}

static AspSkipReason
check_category (const gchar * category, const gchar * blocked, const gchar * const *operator_blocked, gboolean required)
{
  g_autoptr (AspAd) ad = test_ad ("a", 10);

  if (category)
    asp_ad_part_list_add (&ad->categories, asp_ad_pair_new ("iab", category));
  if (blocked)
    asp_ad_part_list_add (&ad->blocked_categories, asp_ad_pair_new ("IAB", blocked));
  return asp_decision_check_categories (ad, operator_blocked, required);
}

static void
test_categories (void)
{
  static const gchar *const blocked[] = { "IAB7", "other:X", NULL };

  g_assert_cmpint (check_category (NULL, NULL, NULL, FALSE), ==, ASP_SKIP_NONE);
  g_assert_cmpint (check_category (NULL, NULL, NULL, TRUE), ==, ASP_SKIP_CATEGORY_MISSING);
  g_assert_cmpint (check_category (NULL, "IAB7", NULL, FALSE), ==, ASP_SKIP_CATEGORY_MISSING);
  g_assert_cmpint (check_category ("IAB7-39", "IAB3, IAB7", NULL, FALSE), ==, ASP_SKIP_CATEGORY_BLOCKED);
  g_assert_cmpint (check_category ("IAB2,IAB7", "IAB7", NULL, FALSE), ==, ASP_SKIP_CATEGORY_BLOCKED);
  g_assert_cmpint (check_category ("IAB70", "IAB7", NULL, FALSE), ==, ASP_SKIP_NONE);
  g_assert_cmpint (check_category ("iab7", NULL, blocked, FALSE), ==, ASP_SKIP_CATEGORY_BLOCKED);
  g_assert_cmpint (check_category ("X", NULL, blocked, FALSE), ==, ASP_SKIP_NONE);
  g_assert_cmpint (check_category ("IAB1", "", NULL, TRUE), ==, ASP_SKIP_NONE);
}

static const gchar *
source_of (const gchar * const *media, gboolean mezzanine_only, AspSkipReason * reason)
{
  static gchar url[64];
  g_autoptr (AspAd) ad = asp_ad_new (NULL, SECOND);
  const AspAdMedia *source;

  for (guint i = 0; media[i]; i++) {
    g_auto (GStrv) p = g_strsplit (media[i], " ", -1);
    AspAdMedia *m = asp_ad_media_new (!strcmp (p[0], "mez") ? ASP_AD_MEDIA_MEZZANINE : ASP_AD_MEDIA_FILE, p[1]);

    m->type = strcmp (p[2], "-") ? g_strdup (p[2]) : NULL;
    m->bitrate_kbps = (guint) g_ascii_strtoull (p[3], NULL, 10);
    m->api_framework = p[4] ? g_strdup (p[4]) : NULL;
    asp_ad_part_list_add (&ad->creative.media, m);
  }
  source = asp_decision_source (ad, mezzanine_only, reason);
  if (source)
    g_strlcpy (url, source->url, sizeof url);
  return source ? url : NULL;
}

static void
test_source (void)
{
  const gchar *const some[] = { "file http://m/1.mp4 video/mp4 500", "file http://m/2.mp4 video/mp4 900",
    "file http://m/3.m3u8 application/x-mpegURL 9000", "file http://m/4.js application/javascript 1 VPAID",
    "file ftp://m/5.mp4 video/mp4 9999", NULL
  };
  const gchar *const mezzanine[] = { "file http://m/1.mp4 video/mp4 500", "mez http://m/z.mov - 0", NULL };
  const gchar *const rtsp[] = { "mez rtsp://m/z - 0", "file http://m/1?x=1.mp4 video/webm 5", NULL };
  const gchar *const vpaid[] = { "file http://m/4.js application/javascript 1 VPAID", NULL };
  const gchar *const untyped[] = { "file http://m/a.MP4?q=1 - 1", NULL };
  const gchar *const with_codecs[] = { "file http://m/c video/mp4;codecs=avc1 1", "file http://m/d video/mp4x 9", NULL };
  const gchar *const nothing[] = { NULL };
  AspSkipReason reason;

  g_assert_cmpstr (source_of (some, FALSE, &reason), ==, "http://m/2.mp4");
  g_assert_null (source_of (some, TRUE, &reason));
  g_assert_cmpint (reason, ==, ASP_SKIP_MEZZANINE_MISSING);
  g_assert_cmpstr (source_of (mezzanine, TRUE, &reason), ==, "http://m/z.mov");
  g_assert_cmpstr (source_of (mezzanine, FALSE, &reason), ==, "http://m/z.mov");
  g_assert_cmpstr (source_of (rtsp, FALSE, &reason), ==, "http://m/1?x=1.mp4");
  g_assert_cmpstr (source_of (with_codecs, FALSE, &reason), ==, "http://m/c");
  g_assert_cmpstr (source_of (untyped, FALSE, &reason), ==, "http://m/a.MP4?q=1");
  g_assert_null (source_of (vpaid, FALSE, &reason));
  g_assert_cmpint (reason, ==, ASP_SKIP_VPAID_AD);
  g_assert_null (source_of (nothing, FALSE, &reason));
  g_assert_cmpint (reason, ==, ASP_SKIP_MEDIA_FILE_UNAVAILABLE);
}

static void
test_reasons (void)
{
  for (guint i = 0; i <= ASP_SKIP_INTERNAL_ERROR; i++) {
    g_assert_nonnull (asp_skip_reason_name ((AspSkipReason) i));
    for (guint k = 0; k < i; k++)
      g_assert_cmpstr (asp_skip_reason_name ((AspSkipReason) i), !=, asp_skip_reason_name ((AspSkipReason) k));
  }
  g_assert_cmpint (asp_skip_reason_code (ASP_SKIP_NEW_CREATIVE), ==, 407);
  g_assert_cmpint (asp_skip_reason_code (ASP_SKIP_MEZZANINE_MISSING), ==, 406);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decision/pod/sequence", test_sequence);
  g_test_add_func ("/decision/pod/best-fill", test_best_fill);
  g_test_add_func ("/decision/pod/search-is-exact", test_search_is_exact);
  g_test_add_func ("/decision/pod/search-ends", test_search_ends);
  g_test_add_func ("/decision/pod/nothing-twice", test_nothing_twice);
  g_test_add_func ("/decision/pod/limits-and-rest", test_limits_and_rest);
  g_test_add_func ("/decision/pod/expires", test_expires);
  g_test_add_func ("/decision/pod/store", test_store);
  g_test_add_func ("/decision/pod/frequency-cap", test_frequency_cap);
  g_test_add_func ("/decision/pod/history", test_history);
  g_test_add_func ("/decision/pod/categories", test_categories);
  g_test_add_func ("/decision/pod/source", test_source);
  g_test_add_func ("/decision/pod/reasons", test_reasons);
  return g_test_run ();
}
