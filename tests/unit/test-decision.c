/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decisions over wrappers, by a clock of our own: each row is what a set of documents makes of a
 * break of 30 s: the pod, what is skipped and why, which errors are fired, how many requests
 * there were and how long it took.
 */
#include <asp-decision.h>
#include <asp-vast.h>
#include <string.h>

#include "decision-ads.h"
#include "decision-docs.h"
#include "unit-support.h"

#define BASE "http://t"
#define DOCUMENTS_MAX 10

/* What is behind a URL: words of a document, or "TIMEOUT", "STATUS", "REFUSED", "XML <...>". */
typedef struct
{
  const gchar *url;
  const gchar *words;
  guint ms;                     /* until it comes; 0 = 100 */
} Document;

typedef struct
{
  gint64 at_us;
  guint id;
  gchar *url;
} Fetch;

typedef struct
{
  const Document *documents;
  AspDecision *d;
  GArray *fetches;
  GString *beacons;
  gint64 now_us;
  guint cancels;
} Run;

#define START_US 5000000

static void
free_fetch (gpointer data)
{
  g_free (((Fetch *) data)->url);
}

static const Document *
find_document (const Run * run, const gchar * url)
{
  for (const Document * doc = run->documents; doc->url; doc++) {
    g_autofree gchar *full = strstr (doc->url, "://") ? g_strdup (doc->url) : g_strconcat (BASE "/", doc->url, NULL);

    if (!strcmp (full, url))
      return doc;
  }
  g_test_message ("nobody answers to %s", url);
  g_assert_not_reached ();
}

static void
take_actions (Run * run)
{
  AspDecisionAction action;

  while (asp_decision_next_action (run->d, &action)) {
    if (action.kind == ASP_DECISION_FETCH) {
      const Document *doc = find_document (run, action.url);
      gboolean never = !strcmp (doc->words, "TIMEOUT");
      Fetch fetch = { never ? G_MAXINT64 : run->now_us + (doc->ms ? doc->ms : 100) * 1000, action.id,
        g_strdup (action.url)
      };

      g_assert_cmpuint (action.timeout_ms, >, 0);
      g_array_append_val (run->fetches, fetch);
    } else if (action.kind == ASP_DECISION_BEACON) {
      g_assert_true (g_str_has_prefix (action.url, BASE "/"));
      g_string_append_printf (run->beacons, "%s ", action.url + strlen (BASE "/"));
      g_assert_true ((action.code != 0) == !strcmp (action.event, "error"));
    } else if (action.kind == ASP_DECISION_CANCEL)
      run->cancels++;
  }
}

static void
answer (Run * run, const Fetch * fetch)
{
  const Document *doc = find_document (run, fetch->url);
  g_autofree gchar *xml = NULL;
  g_autoptr (GError) error = NULL;
  AspAdResponse *response;

  if (!strcmp (doc->words, "STATUS") || !strcmp (doc->words, "REFUSED")) {
    asp_decision_failed (run->d, fetch->id, run->now_us, *doc->words == 'S' ? ASP_DECISION_UNREACHABLE :
        ASP_DECISION_REFUSED, "status 500");
    return;
  }
  if (!strcmp (doc->words, "NOTHING")) {
    asp_decision_document (run->d, fetch->id, run->now_us, fetch->url, asp_ad_response_new (), NULL);
    return;
  }
  xml = g_str_has_prefix (doc->words, "XML ") ? g_strdup (doc->words + 4) : test_vast (BASE, doc->words);
  response = asp_vast_parse (xml, strlen (xml), NULL, &error);
  asp_decision_document (run->d, fetch->id, run->now_us, fetch->url, response, error);
}

/* The next thing that happens: an answer or the end of a time. */
static void
step (Run * run)
{
  gint64 deadline_us = asp_decision_deadline_us (run->d);
  guint next = G_MAXUINT;

  g_assert_cmpint (deadline_us, >, 0);
  for (guint i = 0; i < run->fetches->len; i++)
    if (next == G_MAXUINT || g_array_index (run->fetches, Fetch, i).at_us < g_array_index (run->fetches, Fetch, next).at_us)
      next = i;
  if (next != G_MAXUINT && g_array_index (run->fetches, Fetch, next).at_us < deadline_us) {
    Fetch fetch = g_array_index (run->fetches, Fetch, next);

    run->now_us = fetch.at_us;
    fetch.url = g_strdup (fetch.url);
    g_array_remove_index_fast (run->fetches, next);
    answer (run, &fetch);
    g_free (fetch.url);
  } else {
    run->now_us = deadline_us;
    asp_decision_tick (run->d, run->now_us);
  }
  take_actions (run);
}

static gchar *
decide (const Document * documents, const AspDecisionConfig * config)
{
  const gint64 start_us = START_US;
  Run run = {.documents = documents,.now_us = start_us };
  const AspDecisionResult *result;
  g_autofree gchar *pod = NULL;
  gchar *text;

  run.beacons = g_string_new (NULL);
  run.fetches = g_array_new (FALSE, FALSE, sizeof (Fetch));
  g_array_set_clear_func (run.fetches, free_fetch);
  run.d = asp_decision_new (config, BASE "/ads", start_us, 1795371600000000);
  take_actions (&run);
  while (!asp_decision_result (run.d))
    step (&run);
  result = asp_decision_result (run.d);
  pod = test_pod_text (&result->pod);
  text = g_strdup_printf ("%s %s| %s| %u %" G_GINT64_FORMAT, asp_decision_outcome_name (result->outcome), pod,
      run.beacons->str, result->requests, result->elapsed_us / 1000);
  g_assert_cmpint (asp_decision_deadline_us (run.d), ==, -1);
  asp_decision_free (run.d);
  g_array_unref (run.fetches);
  g_string_free (run.beacons, TRUE);
  return text;
}

typedef struct
{
  const gchar *name;
  Document documents[DOCUMENTS_MAX];
  const gchar *want;
} Row;

static const Row rows[] = {
  {"one ad", {{"ads", "a=30"}}, "FILLED a | | 30 0 none| | 1 100"},
  {"a pod", {{"ads", "b=10#2 a=20#1"}}, "FILLED a b | | 30 0 none| | 1 100"},
  {"no ad", {{"ads", "!"}}, "EMPTY | | 0 30 content| e/root?303 | 1 100"},
  {"no content", {{"ads", "NOTHING"}}, "EMPTY | | 0 30 content| | 1 100"},
  {"not reachable", {{"ads", "STATUS"}}, "FAILED | | 0 30 content| | 1 100"},
  {"no answer", {{"ads", "TIMEOUT"}}, "FAILED | | 0 30 content| | 1 3000"},
  {"no XML", {{"ads", "XML {}"}}, "FAILED | | 0 30 content| | 1 100"},
  {"one wrapper", {{"ads", "w>x"}, {"x", "a=30"}}, "FILLED a | | 30 0 none| | 2 200"},
  {"five wrappers", {{"ads", "1>x1"}, {"x1", "2>x2"}, {"x2", "3>x3"}, {"x3", "4>x4"}, {"x4", "5>x5"}, {"x5", "a=30"}},
      "FILLED a | | 30 0 none| | 6 600"},
  {"six wrappers", {{"ads", "1>x1"}, {"x1", "2>x2"}, {"x2", "3>x3"}, {"x3", "4>x4"}, {"x4", "5>x5"}, {"x5", "6>x6"}},
      "NO_AD | 6:INVALID_VAST_WRAPPER_AD:302 | 0 30 content| e/6?302 e/5?302 e/4?302 e/3?302 e/2?302 e/1?302 | 6 600"},
  {"a wrapper of itself", {{"ads", "w>ads"}}, "NO_AD | w:INVALID_VAST_WRAPPER_AD:302 | 0 30 content| e/w?302 | 1 100"},
  {"a loop of two", {{"ads", "1>x"}, {"x", "2>y"}, {"y", "3>x"}},
      "NO_AD | 3:INVALID_VAST_WRAPPER_AD:302 | 0 30 content| e/3?302 e/2?302 e/1?302 | 3 300"},
  {"a wrapper to nothing", {{"ads", "w>x"}, {"x", "!"}},
      "NO_AD | w:INVALID_VAST_WRAPPER_AD:303 | 0 30 content| e/root?303 e/w?303 | 2 200"},
  {"a wrapper to no answer", {{"ads", "1>x"}, {"x", "2>y"}, {"y", "TIMEOUT"}},
      "NO_AD | 2:ADS_TIMEOUT:301 | 0 30 content| e/2?301 e/1?301 | 3 3200"},
  {"a wrapper to a wrong place", {{"ads", "w>http://10.0.0.1/x"}, {"http://10.0.0.1/x", "REFUSED"}},
      "NO_AD | w:INVALID_VAST_WRAPPER_AD:301 | 0 30 content| e/w?301 | 2 200"},
  {"a wrapper to HTML", {{"ads", "w>x"}, {"x", "XML <html></html>"}},
      "NO_AD | w:VAST_PARSING_ERROR:101 | 0 30 content| e/w?101 | 2 200"},
  {"a wrapper to VAST 1", {{"ads", "w>x"}, {"x", "XML <VAST version=\"1.0\"/>"}},
      "NO_AD | w:VAST_PARSING_ERROR:102 | 0 30 content| e/w?102 | 2 200"},
  {"a broken ad", {{"ads", "broken a=30"}},
      "FILLED a | broken:VAST_PARSING_ERROR:101 | 30 0 none| | 1 100"},
  /* of a document behind a wrapper the first stand-alone ad and no other */
  {"one ad only", {{"ads", "w>x"}, {"x", "p=10#1 a=10 b=20"}}, "PARTLY_FILLED a | | 10 20 content| | 2 200"},
  {"one ad only and there is none", {{"ads", "w>x"}, {"x", "p=10#1 q=10#2"}},
      "NO_AD | w:INVALID_VAST_WRAPPER_AD:303 | 0 30 content| e/w?303 | 2 200"},
  {"several ads", {{"ads", "w>x~m"}, {"x", "q=10#2 p=10#1 a=10"}},
      "PARTLY_FILLED p q | a:STANDALONE_AD_NOT_NEEDED:0 | 20 10 content| n/a | 2 200"},
  {"no further wrappers", {{"ads", "w>x~f~m"}, {"x", "v>y a=10"}}, "PARTLY_FILLED a | | 10 20 content| | 2 200"},
  {"no further wrappers and nothing else", {{"ads", "w>x~f"}, {"x", "v>y"}},
      "NO_AD | w:INVALID_VAST_WRAPPER_AD:303 | 0 30 content| e/w?303 | 2 200"},
  /* places in a pod */
  {"a wrapper in a pod", {{"ads", "a=10#1 w>x#2 b=10#3"}, {"x", "c=10"}}, "FILLED a c b | | 30 0 none| | 2 200"},
  {"a pod in a pod", {{"ads", "a=10#1 w>x#2~m b=5#3"}, {"x", "d=5#2 c=10#1"}}, "FILLED a c d b | | 30 0 none| | 2 200"},
  {"a pod beside a pod", {{"ads", "w>x~m a=10#1"}, {"x", "d=10#2 c=10#1"}}, "FILLED a c d | | 30 0 none| | 2 200"},
  {"a place that is lost", {{"ads", "a=10#1 w>x#2 s=10"}, {"x", ""}},
      "PARTLY_FILLED a s | w:INVALID_VAST_WRAPPER_AD:303 | 20 10 content| e/w?303 | 2 200"},
  {"a place that stays empty", {{"ads", "a=10#1 w>x#2~b s=10"}, {"x", ""}},
      "PARTLY_FILLED a | w:INVALID_VAST_WRAPPER_AD:303 s:STANDALONE_AD_NOT_NEEDED:0 | 10 20 content| e/w?303 n/s | 2 200"},
  /* what an ad behind wrappers costs, all of them hear */
  {"no media behind wrappers", {{"ads", "1>x"}, {"x", "2>y"}, {"y", "a=10%"}},
      "NO_AD | a:MEDIA_FILE_UNAVAILABLE:403 | 0 30 content| e/a?403 e/2?403 e/1?403 | 3 300"},
  {"too long behind a wrapper", {{"ads", "w>x"}, {"x", "a=31"}},
      "NO_AD | a:AVAIL_DURATION_EXCEEDED:202 | 0 30 content| e/a?202 e/w?202 | 2 200"},
  {"no time left", {{"ads", "a=20#1 b=20#2"}},
      "PARTLY_FILLED a | b:AVAIL_DURATION_EXCEEDED:206 | 20 10 content| e/b?206 | 1 100"},
  {"the same twice", {{"ads", "a=10#1 a=10#2"}},
      "PARTLY_FILLED a | a:REJECTED_REPLICA_VAST:200 | 10 20 content| e/a?200 | 1 100"},
  /* several at once: as slow as the slowest; what is there in time plays */
  {"side by side", {{"ads", "1>x#1 2>y#2 3>z#3"}, {"x", "a=10", 900}, {"y", "b=10", 500}, {"z", "c=10", 50}},
      "FILLED a b c | | 30 0 none| | 4 1000"},
  {"one is late", {{"ads", "1>x#1 2>y#2"}, {"x", "TIMEOUT"}, {"y", "b=10"}},
      "PARTLY_FILLED b | 1:ADS_TIMEOUT:301 | 10 20 content| e/1?301 | 3 3100"},
  {"the budget", {{"ads", "1>x1", 2900}, {"x1", "2>x2", 2900}, {"x2", "3>x3", 2900}, {"x3", "4>x4", 2900}},
      "NO_AD | 3:ADS_TIMEOUT:301 | 0 30 content| e/3?301 e/2?301 e/1?301 | 4 10000"},
  {"the budget, and what is there", {{"ads", "1>x1 s=30", 2900}, {"x1", "2>x2", 2900}, {"x2", "3>x3", 2900}, {"x3", "a=30", 2900}},
      "FILLED s | 3:ADS_TIMEOUT:301 | 30 0 none| e/3?301 e/2?301 e/1?301 | 4 10000"},
  {"a relative URL", {{"ads", "XML <VAST version=\"3.0\"><Ad id=\"w\"><Wrapper><VASTAdTagURI>d/x?y=1</VASTAdTagURI>"
      "</Wrapper></Ad></VAST>"}, {"d/x?y=1", "a=30"}}, "FILLED a | | 30 0 none| | 2 200"},
  {"macros in a wrapper", {{"ads", "XML <VAST version=\"3.0\"><Ad id=\"w\"><Wrapper><VASTAdTagURI>"
      "http://t/x?d=[BREAKMAXDURATION]&amp;p=[BREAKPOSITION]&amp;u=[unknown]</VASTAdTagURI></Wrapper></Ad></VAST>"},
      {"x?d=30&p=2&u=[unknown]", "a=30"}}, "FILLED a | | 30 0 none| | 2 200"},
  {"a loop behind a macro", {{"ads", "XML <VAST version=\"3.0\"><Ad id=\"w\"><Wrapper><VASTAdTagURI>"
      "http://t/x?[TIMESTAMP]</VASTAdTagURI></Wrapper></Ad></VAST>"},
      {"x?2026-11-22T18%3A20%3A00.100Z", "XML <VAST version=\"3.0\"><Ad id=\"v\"><Wrapper><VASTAdTagURI>"
      "http://t/x?[TIMESTAMP]</VASTAdTagURI></Wrapper></Ad></VAST>"}},
      "NO_AD | v:INVALID_VAST_WRAPPER_AD:302 | 0 30 content| | 2 200"},
  {"a VMAP with VAST", {{"ads", "XML <VMAP version=\"1.0\"><AdBreak timeOffset=\"start\" breakType=\"linear\"><AdSource>"
      "<VASTAdData><VAST version=\"3.0\"><Ad id=\"w\"><Wrapper><VASTAdTagURI>x</VASTAdTagURI></Wrapper></Ad></VAST>"
      "</VASTAdData></AdSource></AdBreak></VMAP>"}, {"x", "a=30"}}, "FILLED a | | 30 0 none| | 2 200"},
  {"a VMAP with a tag", {{"ads", "XML <VMAP version=\"1.0\"><AdBreak><AdSource><AdTagURI>x</AdTagURI></AdSource>"
      "<TrackingEvents><Tracking event=\"error\">http://t/e/vmap?[ERRORCODE]</Tracking></TrackingEvents></AdBreak></VMAP>"},
      {"x", "p=10#1 q=10#2"}}, "PARTLY_FILLED p q | | 20 10 content| | 2 200"},
  {"a VMAP with a dead tag", {{"ads", "XML <VMAP version=\"1.0\"><AdBreak><AdSource><AdTagURI>x</AdTagURI></AdSource>"
      "<TrackingEvents><Tracking event=\"error\">http://t/e/vmap?[ERRORCODE]</Tracking></TrackingEvents></AdBreak></VMAP>"},
      {"x", "STATUS"}}, "NO_AD | -:INVALID_VAST_WRAPPER_AD:301 | 0 30 content| e/vmap?1008 | 2 200"},
  /* Expires counts from the answer on, to the moment at which everything is known */
  {"expired while waiting", {{"ads", "a=10$2 1>x"}, {"x", "b=30", 2500}},
      "FILLED b | a:EXPIRED:900 | 30 0 none| e/a?900 | 2 2600"},
  {"not expired yet", {{"ads", "a=10$3 1>x"}, {"x", "b=20", 2500}}, "FILLED a b | | 30 0 none| | 2 2600"},
  {"a wrapper that expires", {{"ads", "1>x$2 2>y$9"}, {"x", "a=10"}, {"y", "b=10$9", 2500}},
      "PARTLY_FILLED b | a:EXPIRED:900 | 10 20 content| e/a?900 e/1?900 | 3 2600"},
  {"a VMAP without break", {{"ads", "XML <VMAP version=\"1.0\"/>"}}, "EMPTY | | 0 30 content| | 1 100"},
};

static AspDecisionConfig
config_of_30_s (void)
{
  AspDecisionConfig config = {.rules = {.avail_90k = 30 * 90000 },.macros = ASP_AD_MACROS_INIT };

  config.macros.break_duration_90k = 30 * 90000;
  return config;
}

static void
test_rows (void)
{
  AspDecisionConfig config = config_of_30_s ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *got = NULL;

    g_test_message ("%s", rows[i].name);
    got = decide (rows[i].documents, &config);
    g_assert_cmpstr (got, ==, rows[i].want);
  }
}

/* Of an avail that begins 10 s after the decision: what will have expired by then, or by its turn. */
static void
test_expires_ahead (void)
{
  static const Row ahead[] = {
    {"", {{"ads", "a=10$9 b=10$11 c=10$21"}}, "PARTLY_FILLED b c | a:EXPIRED:900 | 20 10 content| e/a?900 | 1 100"},
    {"", {{"ads", "a=10#1 b=10#2$19 c=10#3$25"}},
        "PARTLY_FILLED a c | b:EXPIRED:900 | 20 10 content| e/b?900 | 1 100"},
  };
  AspDecisionConfig config = config_of_30_s ();

  config.rules.plays_us = START_US + 10 * G_USEC_PER_SEC;
  for (guint i = 0; i < G_N_ELEMENTS (ahead); i++) {
    g_autofree gchar *got = decide (ahead[i].documents, &config);

    g_assert_cmpstr (got, ==, ahead[i].want);
  }
}

/* Depth 0 to 6 against a limit of 0 (which is 5) to 6: who is asked, and who hears 302. */
static void
test_depths (void)
{
  for (guint limit = 1; limit <= 6; limit++) {
    for (guint depth = 0; depth <= 6; depth++) {
      AspDecisionConfig config = config_of_30_s ();
      Document documents[DOCUMENTS_MAX] = { {0} };
      gchar *names[DOCUMENTS_MAX], *words[DOCUMENTS_MAX];
      g_autoptr (GString) want = g_string_new (NULL);
      g_autofree gchar *got = NULL;

      config.wrapper_depth = limit;
      for (guint i = 0; i <= depth; i++) {
        names[i] = i == 0 ? g_strdup ("ads") : g_strdup_printf ("x%u", i);
        words[i] = i == depth ? g_strdup ("a=30") : g_strdup_printf ("w%u>x%u", i + 1, i + 1);
        documents[i] = (Document) {names[i], words[i], 0};
      }
      if (depth <= limit)
        g_string_printf (want, "FILLED a | | 30 0 none| | %u %u", depth + 1, (depth + 1) * 100);
      else {
        g_string_printf (want, "NO_AD | w%u:INVALID_VAST_WRAPPER_AD:302 | 0 30 content| ", limit + 1);
        for (guint i = limit + 1; i > 0; i--)
          g_string_append_printf (want, "e/w%u?302 ", i);
        g_string_append_printf (want, "| %u %u", limit + 1, (limit + 1) * 100);
      }
      got = decide (documents, &config);
      g_assert_cmpstr (got, ==, want->str);
      for (guint i = 0; i <= depth; i++) {
        g_free (names[i]);
        g_free (words[i]);
      }
    }
  }
}

/* All trackers of all levels, nearest first; impressions too. */
static void
test_trackers_of_all_levels (void)
{
  const Document documents[] = { {"ads", "1>x", 0}, {"x", "2>y", 0}, {"y", "a=30", 0}, {0} };
  AspDecisionConfig config = config_of_30_s ();
  Run run = {.documents = documents };
  AspAdMacros macros = ASP_AD_MACROS_INIT;
  g_autoptr (GPtrArray) urls = NULL, none = NULL;
  const AspAd *ad;

  run.beacons = g_string_new (NULL);
  run.fetches = g_array_new (FALSE, FALSE, sizeof (Fetch));
  g_array_set_clear_func (run.fetches, free_fetch);
  run.d = asp_decision_new (&config, BASE "/ads", 0, 0);
  take_actions (&run);
  while (!asp_decision_result (run.d))
    step (&run);
  ad = g_ptr_array_index (asp_decision_result (run.d)->pod.pod.ads, 0);
  urls = asp_decision_urls (ad->trackers, "impression", &macros, 10);
  g_assert_cmpuint (urls->len, ==, 3);
  g_assert_cmpstr (g_ptr_array_index (urls, 0), ==, BASE "/i/a");
  g_assert_cmpstr (g_ptr_array_index (urls, 2), ==, BASE "/i/1");
  none = asp_decision_urls (ad->trackers, "impression", &macros, 2);
  g_assert_cmpuint (none->len, ==, 2);
  asp_decision_free (run.d);
  g_array_unref (run.fetches);
  g_string_free (run.beacons, TRUE);
}

/* The letter of VAST: an empty document's own Error and no other. */
static void
test_wrapper_errors_on_empty (void)
{
  const Document documents[] = { {"ads", "w>x", 0}, {"x", "!", 0}, {0} };
  AspDecisionConfig config = config_of_30_s ();
  g_autofree gchar *got = NULL;

  config.no_wrapper_errors_on_empty = TRUE;
  got = decide (documents, &config);
  g_assert_cmpstr (got, ==, "NO_AD | w:INVALID_VAST_WRAPPER_AD:303 | 0 30 content| e/root?303 | 2 200");
}

/* A document that names more wrappers than one break is worth. */
static void
test_many_wrappers (void)
{
  const Document documents[] = { {"ads", "", 0}, {"x", "a=10", 0}, {0} };
  AspDecisionConfig config = config_of_30_s ();
  AspDecision *d = asp_decision_new (&config, BASE "/ads", 0, 0);
  g_autoptr (GString) words = g_string_new (NULL);
  g_autofree gchar *xml = NULL;
  AspDecisionAction action;
  guint fetches = 0, beacons = 0;

  for (guint i = 0; i < 64; i++)
    g_string_append_printf (words, "%sw%u>x%u", i > 0 ? " " : "", i, i);
  xml = test_vast (BASE, words->str);
  g_assert_true (asp_decision_next_action (d, &action));
  asp_decision_document (d, 1, 1, BASE "/ads", asp_vast_parse (xml, strlen (xml), NULL, NULL), NULL);
  while (asp_decision_next_action (d, &action)) {
    fetches += action.kind == ASP_DECISION_FETCH;
    beacons += action.kind == ASP_DECISION_BEACON;
  }
  g_assert_cmpuint (fetches, ==, ASP_DECISION_REQUESTS_MAX - 1);
  g_assert_cmpuint (beacons, ==, 64 - fetches);
  g_assert_cmpstr (documents[1].url, ==, "x");
  asp_decision_free (d);
}

/* Whatever is told twice, late or of nothing changes nothing. */
static void
test_told_twice (void)
{
  AspDecisionConfig config = config_of_30_s ();
  AspDecision *d = asp_decision_new (&config, BASE "/ads", 0, 0);
  g_autofree gchar *xml = test_vast (BASE, "a=30");
  AspDecisionAction action;

  asp_decision_failed (d, 0, 5, ASP_DECISION_TIMED_OUT, "x");
  asp_decision_failed (d, 7, 5, ASP_DECISION_TIMED_OUT, "x");
  g_assert_null (asp_decision_result (d));
  asp_decision_document (d, 1, 10, NULL, asp_vast_parse (xml, strlen (xml), NULL, NULL), NULL);
  g_assert_cmpint (asp_decision_result (d)->outcome, ==, ASP_DECISION_FILLED);
  asp_decision_document (d, 1, 11, NULL, asp_ad_response_new (), NULL);
  asp_decision_failed (d, 1, 12, ASP_DECISION_UNREACHABLE, "x");
  asp_decision_tick (d, G_USEC_PER_SEC * 60);
  asp_decision_hurry (d, G_USEC_PER_SEC * 60);
  g_assert_cmpint (asp_decision_result (d)->outcome, ==, ASP_DECISION_FILLED);
  g_assert_cmpint (asp_decision_result (d)->elapsed_us, ==, 10);
  while (asp_decision_next_action (d, &action))
    g_assert_true (action.kind == ASP_DECISION_FETCH || action.kind == ASP_DECISION_DONE);
  asp_decision_free (d);
}

static void
test_hurry (void)
{
  AspDecisionConfig config = config_of_30_s ();
  AspDecision *d = asp_decision_new (&config, BASE "/ads", 0, 0);
  g_autofree gchar *xml = test_vast (BASE, "a=10#1 w>x#2");
  AspDecisionAction action;
  guint cancelled = 0;

  asp_decision_document (d, 1, 10, NULL, asp_vast_parse (xml, strlen (xml), NULL, NULL), NULL);
  asp_decision_hurry (d, 500000);
  g_assert_cmpint (asp_decision_result (d)->outcome, ==, ASP_DECISION_PARTLY_FILLED);
  g_assert_true (asp_decision_result (d)->budget_over);
  while (asp_decision_next_action (d, &action))
    if (action.kind == ASP_DECISION_CANCEL)
      cancelled = action.id;
  g_assert_cmpuint (cancelled, ==, 2);
  asp_decision_free (d);
}

/* Words of a document out of chance: ads, wrappers to one of a few URLs, flags. */
static gchar *
random_words (GRand * random)
{
  GString *words = g_string_new (NULL);
  guint n = (guint) g_rand_int_range (random, 0, 6);

  for (guint i = 0; i < n; i++) {
    if (words->len > 0)
      g_string_append_c (words, ' ');
    switch (g_rand_int_range (random, 0, 6)) {
      case 0:
        g_string_append (words, "broken");
        continue;
      case 1:
        g_string_append (words, "!");
        continue;
      case 2:
      case 3:
        g_string_append_printf (words, "w%u>x%d", i, g_rand_int_range (random, 0, 5));
        break;
      default:
        g_string_append_printf (words, "a%d=%d", g_rand_int_range (random, 0, 9), g_rand_int_range (random, 0, 25));
        break;
    }
    if (g_rand_boolean (random))
      g_string_append_printf (words, "#%d", g_rand_int_range (random, 1, 4));
    if (g_rand_boolean (random) && strchr (strrchr (words->str, ' ') ? strrchr (words->str, ' ') : words->str, '>'))
      g_string_append_printf (words, "~%c", "mfb"[g_rand_int_range (random, 0, 3)]);
  }
  return g_string_free (words, FALSE);
}

static void
check_result (const AspDecisionResult * result)
{
  GHashTable *creatives = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_assert_cmpint (result->pod.filled_90k, <=, 30 * 90000);
  g_assert_cmpint (result->pod.filled_90k, ==, asp_ad_pod_duration_90k (&result->pod.pod));
  g_assert_cmpint (result->pod.filled_90k + result->pod.left_90k, ==, 30 * 90000);
  g_assert_true ((result->pod.pod.ads->len > 0) == (result->outcome <= ASP_DECISION_PARTLY_FILLED));
  for (guint i = 0; i < result->pod.pod.ads->len; i++)
    g_assert_true (g_hash_table_add (creatives, asp_decision_creative_key (g_ptr_array_index (result->pod.pod.ads, i))));
  for (guint i = 0; i < result->pod.skipped->len; i++) {
    const AspSkippedAd *s = g_ptr_array_index (result->pod.skipped, i);

    g_assert_true (s->reason != ASP_SKIP_NONE && s->ad && s->reported);
  }
  g_hash_table_unref (creatives);
}

/* Answers out of chance, at times out of chance, in any order, some of them twice: it always
 * ends, with a pod that keeps the rules, and asks nobody twice along a chain. */
static void
test_random (void)
{
  for (guint seed = 0; seed < 3000; seed++) {
    GRand *random = g_rand_new_with_seed (seed);
    AspDecisionConfig config = config_of_30_s ();
    AspDecision *d;
    g_autoptr (GArray) open = g_array_new (FALSE, FALSE, sizeof (guint));
    gint64 now_us = 0;
    guint done = 0, fetches = 0;
    AspDecisionAction action;

    config.rules.ignore_sequence = seed % 5 == 0;
    config.wrapper_depth = seed % 8;
    d = asp_decision_new (&config, BASE "/ads", 0, 0);
    while (!done) {
      while (asp_decision_next_action (d, &action)) {
        g_assert_cmpuint (done, ==, 0);
        done += action.kind == ASP_DECISION_DONE;
        if (action.kind == ASP_DECISION_FETCH) {
          g_array_append_val (open, action.id);
          fetches++;
        }
      }
      if (done)
        break;
      now_us += g_rand_int_range (random, 0, 400000);
      if (open->len == 0 || g_rand_int_range (random, 0, 10) == 0)
        asp_decision_tick (d, now_us);
      else {
        guint index = (guint) g_rand_int_range (random, 0, (gint) open->len), id = g_array_index (open, guint, index);
        g_autofree gchar *words = random_words (random), *xml = test_vast (BASE, words);

        if (g_rand_boolean (random))
          g_array_remove_index_fast (open, index);
        if (g_rand_int_range (random, 0, 6) == 0)
          asp_decision_failed (d, id, now_us, ASP_DECISION_UNREACHABLE, "no");
        else
          asp_decision_document (d, id, now_us, BASE "/y", asp_vast_parse (xml, strlen (xml), NULL, NULL), NULL);
      }
    }
    g_assert_cmpuint (fetches, <=, ASP_DECISION_REQUESTS_MAX);
    g_assert_cmpuint (fetches, ==, asp_decision_result (d)->requests);
    check_result (asp_decision_result (d));
    asp_decision_free (d);
    g_rand_free (random);
  }
}

/* Chains of the corpus, resolved by vast-client-js inside its folder. */
static void
test_corpus_chains (void)
{
  static const struct
  {
    const gchar *first, *ads, *impressions;
  } chains[] = {
    {"wrapper-b.xml", "ad_id_0002", "http://example.com/impression1 http://example.com/wrapperB-impression1 "
        "http://example.com/wrapperB-impression2 "},
    {"wrapper-legacy.xml", "20001", "http://example.com/track/impression http://example.com/wrapper-impression "},
    {"wrapper-empty.xml", NULL, "http://example.com/empty-no-ad http://example.com/wrapper-empty_wrapper-error "},
  };
  g_autofree gchar *dir = test_corpus_dir ("vast");

  if (!dir) {
    g_test_skip ("the corpus of real VAST documents is not there (ADSPLICE_CORPUS)");
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (chains); i++) {
    AspDecisionConfig config = config_of_30_s ();
    g_autofree gchar *start = g_strconcat ("http://c/", chains[i].first, NULL);
    AspDecision *d = asp_decision_new (&config, start, 0, 0);
    g_autoptr (GString) fired = g_string_new (NULL);
    AspDecisionAction action;
    const AspDecisionResult *result;
    const AspAd *ad;

    while (asp_decision_next_action (d, &action)) {
      if (action.kind == ASP_DECISION_FETCH) {
        g_autofree gchar *name = g_path_get_basename (action.url), *url = g_strdup (action.url), *bytes = NULL;
        g_autofree gchar *path = g_build_filename (dir, "dailymotion", name, NULL);
        gsize size;

        g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
        asp_decision_document (d, action.id, 1, url, asp_vast_parse (bytes, size, NULL, NULL), NULL);
      } else if (action.kind == ASP_DECISION_BEACON)
        g_string_append_printf (fired, "%s ", action.url);
    }
    result = asp_decision_result (d);
    if (!chains[i].ads) {
      g_assert_cmpstr (fired->str, ==, chains[i].impressions);
      g_assert_cmpuint (result->pod.pod.ads->len, ==, 0);
      asp_decision_free (d);
      continue;
    }
    ad = result->pod.pod.ads->len > 0 ? g_ptr_array_index (result->pod.pod.ads, 0) :
        ((const AspSkippedAd *) g_ptr_array_index (result->pod.skipped, 0))->ad;
    g_string_truncate (fired, 0);
    for (guint k = 0; k < ad->trackers->len; k++) {
      const AspAdTracker *t = g_ptr_array_index (ad->trackers, k);

      if (!strcmp (t->event, "impression"))
        g_string_append_printf (fired, "%s ", t->url);
    }
    g_assert_cmpstr (ad->ad_id, ==, chains[i].ads);
    g_assert_cmpstr (fired->str, ==, chains[i].impressions);
    asp_decision_free (d);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decision/rows", test_rows);
  g_test_add_func ("/decision/expires-ahead", test_expires_ahead);
  g_test_add_func ("/decision/depths", test_depths);
  g_test_add_func ("/decision/trackers-of-all-levels", test_trackers_of_all_levels);
  g_test_add_func ("/decision/wrapper-errors-on-empty", test_wrapper_errors_on_empty);
  g_test_add_func ("/decision/many-wrappers", test_many_wrappers);
  g_test_add_func ("/decision/told-twice", test_told_twice);
  g_test_add_func ("/decision/hurry", test_hurry);
  g_test_add_func ("/decision/random", test_random);
  g_test_add_func ("/decision/corpus-chains", test_corpus_chains);
  return g_test_run ();
}
