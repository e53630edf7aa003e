/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decisions over real HTTP against a server with every fault. Each row says what the ad server
 * and what lies behind its wrappers answers, and asserts the pod, what is skipped with its
 * reason and code, the error beacons that arrived, and the time that was spent.
 */
#include "decision-run.h"

#include "patience.h"

#include <string.h>

typedef struct
{
  const gchar *path;
  const gchar *words;           /* of a document (decision-docs.h), NULL = the fault's own body */
  HttpFault fault;
} Page;

typedef struct
{
  const gchar *name;
  Page pages[9];
  const gchar *want;            /* outcome, pod, skipped, fill */
  const gchar *beacons;         /* sorted */
  gint64 min_ms;                /* 0 = at once */
} Row;

#define LAUGHS "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"lollollol\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;\">" \
    "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>" \
    "<VAST version=\"3.0\"><Error>&d;</Error></VAST>"
#define XXE "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>" \
    "<VAST version=\"3.0\"><Error>&f;</Error></VAST>"
#define HTML "<!-- <VAST> --><html><body>Sorry</body></html>"

#define NOTHING "| | 0 30 content"
#define LOST_PLACE(reason, code) "PARTLY_FILLED s | w:" reason ":" code " | 20 10 content"

/* The fault @f at the ad server itself; and behind a wrapper that has a place in the pod, where a
 * stand-alone ad takes the place and the wrapper hears the code. */
static const struct
{
  const gchar *name;
  HttpFault fault;
  const gchar *alone;           /* outcome */
  const gchar *reason, *code;   /* behind the wrapper */
  gint64 min_ms;
} faults[] = {
  {"204", {.status = 204}, "EMPTY", "INVALID_VAST_WRAPPER_AD", "303", 0},
  {"no body", {.status = 200}, "EMPTY", "INVALID_VAST_WRAPPER_AD", "303", 0},
  {"empty VAST", {.body = "<VAST version=\"4.0\"/>"}, "EMPTY", "INVALID_VAST_WRAPPER_AD", "303", 0},
  {"HTML", {.type = "text/html",.body = HTML}, "FAILED", "VAST_PARSING_ERROR", "101", 0},
  {"no XML", {.type = "application/json",.body = "{\"ads\":[]}"}, "FAILED", "VAST_PARSING_ERROR", "100", 0},
  {"VAST 1", {.body = "<VideoAdServingTemplate/>"}, "FAILED", "VAST_PARSING_ERROR", "102", 0},
  {"404", {.status = 404,.body = "<VAST version=\"4.0\"/>"}, "FAILED", "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"500", {.status = 500,.body = "oh"}, "FAILED", "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"503", {.status = 503}, "FAILED", "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"redirect loop", {.status = 302,.location = "/fault"}, "FAILED", "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"redirect to metadata", {.status = 302,.location = "http://169.254.169.254/latest/"}, "FAILED",
      "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"redirect to a file", {.status = 302,.location = "file:///etc/passwd"}, "FAILED",
      "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"silent", {HTTP_SILENT}, "FAILED", "ADS_TIMEOUT", "301", 780},
  {"late", {.delay_ms = 1200,.body = "<VAST version=\"4.0\"/>"}, "FAILED", "ADS_TIMEOUT", "301", 780},
  {"slow drip", {HTTP_DRIP,.body = "<VAST version=\"4.0\"/>"}, "FAILED", "ADS_TIMEOUT", "301", 780},
  {"slow body", {HTTP_DRIP_BODY,.body = "<VAST version=\"4.0\">                        </VAST>"}, "FAILED",
      "ADS_TIMEOUT", "301", 780},
  {"reset", {HTTP_RESET}, "FAILED", "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"truncated", {HTTP_TRUNCATED,.body = "<VAST version=\"4.0\"/>"}, "FAILED", "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"garbage", {HTTP_GARBAGE,.body = "<VAST version=\"4.0\"/>"}, "FAILED", "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"5 GB", {HTTP_HUGE_LENGTH,.body = "<VAST version=\"4.0\"/>"}, "FAILED", "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"endless", {HTTP_ENDLESS}, "FAILED", "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"gzip bomb", {HTTP_GZIP_BOMB}, "FAILED", "INVALID_VAST_WRAPPER_AD", "301", 0},
  {"DTD bomb", {.body = LAUGHS}, "FAILED", "VAST_PARSING_ERROR", "100", 0},
  {"XXE", {.body = XXE}, "FAILED", "VAST_PARSING_ERROR", "100", 0},
};

static const Row rows[] = {
  {"one ad", {{"/ads", "a=30"}}, "FILLED a | | 30 0 none", "", 0},
  {"in gzip", {{"/ads", "a=30", {.gzip = TRUE}}}, "FILLED a | | 30 0 none", "", 0},
  {"behind a redirect", {{"/ads", NULL, {.status = 302,.location = "/x"}}, {"/x", "a=30"}}, "FILLED a | | 30 0 none", "", 0},
  {"relative to where a redirect led", {{"/ads", NULL, {.status = 307,.location = "/d/e/x"}},
      {"/d/e/x", NULL, {.body = "<VAST version=\"3.0\"><Ad id=\"w\"><Wrapper><VASTAdTagURI>../y</VASTAdTagURI></Wrapper></Ad></VAST>"}},
      {"/d/y", "a=30"}}, "FILLED a | | 30 0 none", "", 0},
  {"a loop", {{"/ads", "1>x"}, {"/x", "2>y"}, {"/y", "3>x"}}, "NO_AD | 3:INVALID_VAST_WRAPPER_AD:302 | 0 30 content",
      "/e/1?302 /e/2?302 /e/3?302", 0},
  {"a wrapper of itself", {{"/ads", "w>ads"}}, "NO_AD | w:INVALID_VAST_WRAPPER_AD:302 | 0 30 content", "/e/w?302", 0},
  {"the empty document's own Error", {{"/ads", "w>x"}, {"/x", "!"}},
      "NO_AD | w:INVALID_VAST_WRAPPER_AD:303 | 0 30 content", "/e/root?303 /e/w?303", 0},
  {"a wrapper into the private network", {{"/ads", "w>http://10.0.0.1/x a=30"}},
      "FILLED a | w:INVALID_VAST_WRAPPER_AD:301 | 30 0 none", "/e/w?301", 0},
  {"a wrapper to metadata as a number", {{"/ads", "w>http://2852039166/x a=30"}},
      "FILLED a | w:INVALID_VAST_WRAPPER_AD:301 | 30 0 none", "/e/w?301", 0},
  {"a wrapper to a file", {{"/ads", "w>file:///etc/passwd a=30"}},
      "FILLED a | w:INVALID_VAST_WRAPPER_AD:301 | 30 0 none", "/e/w?301", 0},
  {"a wrapper to a closed port", {{"/ads", "w>http://127.0.0.1:1/x a=30"}},
      "FILLED a | w:INVALID_VAST_WRAPPER_AD:301 | 30 0 none", "/e/w?301", 0},
  {"side by side", {{"/ads", "1>x#1 2>y#2 3>z#3"}, {"/x", "a=10", {.delay_ms = 250}}, {"/y", "b=10", {.delay_ms = 250}},
      {"/z", "c=10", {.delay_ms = 250}}}, "FILLED a b c | | 30 0 none", "", 240},
  {"the budget of the whole", {{"/ads", "1>x", {.delay_ms = 400}}, {"/x", "2>y", {.delay_ms = 400}},
      {"/y", "3>z", {.delay_ms = 400}}, {"/z", NULL, {HTTP_SILENT}}},
      "NO_AD | 3:ADS_TIMEOUT:301 | 0 30 content", "/e/1?301 /e/2?301 /e/3?301", 1780},
  {"one of two is silent", {{"/ads", "1>x#1 2>y#2"}, {"/x", NULL, {HTTP_SILENT}}, {"/y", "b=10"}},
      "PARTLY_FILLED b | 1:ADS_TIMEOUT:301 | 10 20 content", "/e/1?301", 780},
  {"misfits in a pod", {{"/ads", "a=10#1 long=40#2 b=15#3 c=10#4 nothing=10%#5 d=5#6"}},
      "FILLED a b d | long:AVAIL_DURATION_EXCEEDED:202 c:AVAIL_DURATION_EXCEEDED:206 nothing:MEDIA_FILE_UNAVAILABLE:403"
      " | 30 0 none", "/e/c?206 /e/long?202 /e/nothing?403", 0},
  {"misfits and substitutes", {{"/ads", "nothing=10%#1 b=15#2 s=10 t=20"}},
      "PARTLY_FILLED s b | nothing:MEDIA_FILE_UNAVAILABLE:403 t:STANDALONE_AD_NOT_NEEDED:0 | 25 5 content",
      "/e/nothing?403 /n/t", 0},
  {"missing media behind wrappers", {{"/ads", "1>x"}, {"/x", "2>y"}, {"/y", "a=10%"}},
      "NO_AD | a:MEDIA_FILE_UNAVAILABLE:403 | 0 30 content", "/e/1?403 /e/2?403 /e/a?403", 0},
  {"duplicates", {{"/ads", "a=10#1 a=10#2 w>x#3"}, {"/x", "a=10"}},
      "PARTLY_FILLED a | a:REJECTED_REPLICA_VAST:200 a:REJECTED_REPLICA_VAST:200 | 10 20 content",
      "/e/a?200 /e/a?200 /e/w?200", 0},
  {"the best fill", {{"/ads", "a=20 b=15 c=15"}}, "FILLED b c | a:STANDALONE_AD_NOT_NEEDED:0 | 30 0 none", "/n/a", 0},
  {"one ad only", {{"/ads", "w>x"}, {"/x", "p=10#1 a=10 b=20"}}, "PARTLY_FILLED a | | 10 20 content", "", 0},
  {"several", {{"/ads", "w>x~m"}, {"/x", "q=10#2 p=10#1"}}, "PARTLY_FILLED p q | | 20 10 content", "", 0},
  {"no further wrappers", {{"/ads", "w>x~f"}, {"/x", "v>y"}}, "NO_AD | w:INVALID_VAST_WRAPPER_AD:303 | 0 30 content",
      "/e/w?303", 0},
  {"no fallback", {{"/ads", "a=10#1 w>x#2~b s=10"}, {"/x", ""}},
      "PARTLY_FILLED a | w:INVALID_VAST_WRAPPER_AD:303 s:STANDALONE_AD_NOT_NEEDED:0 | 10 20 content", "/e/w?303 /n/s", 0},
};

static void
answer (DecisionNet * n, const Page * page)
{
  HttpFault fault = page->fault;
  g_autofree gchar *body = page->words ? decision_net_document (n, page->words) : NULL;

  if (body)
    fault.body = body;
  fault.delay_ms *= PATIENCE;
  fault.interval_ms = 50 * PATIENCE;
  http_faults_on (n->faults, page->path, &fault);
}

static void
check_time (const Decided * d, gint64 min_ms)
{
  g_assert_cmpint (d->elapsed_ms, >=, min_ms * PATIENCE);
  /* what needs no waiting is soon over; what does ends with its limit */
  g_assert_cmpint (d->elapsed_ms, <, min_ms * PATIENCE + PROMPT_MS);
}

static void
run_row (DecisionNet * n, const Row * row)
{
  g_autoptr (Decided) d = NULL;
  g_autofree gchar *beacons = NULL;

  g_test_message ("%s", row->name);
  http_faults_reset (n->faults);
  for (guint i = 0; i < G_N_ELEMENTS (row->pages) && row->pages[i].path; i++)
    answer (n, &row->pages[i]);
  d = decision_net_decide (n, "/ads");
  g_assert_cmpstr (d->text, ==, row->want);
  beacons = decision_net_beacons (n, row->beacons);
  g_assert_cmpstr (beacons, ==, row->beacons);
  check_time (d, row->min_ms);
  g_test_message ("  %" G_GINT64_FORMAT " ms, %s", d->elapsed_ms, d->why ? d->why : "-");
}

static void
test_rows (DecisionNet * n, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    run_row (n, &rows[i]);
}

static void
test_faults_alone (DecisionNet * n, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autofree gchar *want = g_strdup_printf ("%s " NOTHING, faults[i].alone);
    Row row = {.name = faults[i].name,.want = want,.beacons = "",.min_ms = faults[i].min_ms };

    row.pages[0] = (Page) {"/ads", NULL, faults[i].fault};
    row.pages[1] = (Page) {"/fault", NULL, faults[i].fault};
    run_row (n, &row);
  }
}

static void
test_faults_behind_a_wrapper (DecisionNet * n, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autofree gchar *want = g_strdup_printf ("PARTLY_FILLED a s | w:%s:%s | 20 10 content", faults[i].reason, faults[i].code);
    g_autofree gchar *beacon = g_strconcat ("/e/w?", faults[i].code, NULL);
    Row row = {.name = faults[i].name,.want = want,.beacons = beacon,.min_ms = faults[i].min_ms };

    row.pages[0] = (Page) {"/ads", "a=10#1 w>fault#2 s=10", {0}};
    row.pages[1] = (Page) {"/fault", NULL, faults[i].fault};
    run_row (n, &row);
  }
}

/* Wrappers over each other, 0 to 6, at the default limit of five. */
static void
test_depths (DecisionNet * n, gconstpointer data)
{
  for (guint depth = 0; depth <= 6; depth++) {
    g_autoptr (Decided) d = NULL;
    g_autofree gchar *beacons = NULL;
    const gchar *want = depth <= 5 ? "" : "/e/w1?302 /e/w2?302 /e/w3?302 /e/w4?302 /e/w5?302 /e/w6?302";

    http_faults_reset (n->faults);
    for (guint i = 0; i <= depth; i++) {
      g_autofree gchar *path = i == 0 ? g_strdup ("/ads") : g_strdup_printf ("/x%u", i);
      g_autofree gchar *words = i == depth ? g_strdup ("a=30") : g_strdup_printf ("w%u>x%u", i + 1, i + 1);
      Page page = {.path = path,.words = words };

      answer (n, &page);
    }
    d = decision_net_decide (n, "/ads");
    g_assert_cmpstr (d->text, ==, depth <= 5 ? "FILLED a | | 30 0 none" :
        "NO_AD | w6:INVALID_VAST_WRAPPER_AD:302 | 0 30 content");
    g_assert_cmpuint (d->requests, ==, MIN (depth, 5) + 1);
    beacons = decision_net_beacons (n, want);
    g_assert_cmpstr (beacons, ==, want);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, DecisionNet, NULL, decision_net_setup, func, decision_net_teardown)
  ADD ("/net/decision/rows", test_rows);
  ADD ("/net/decision/faults-alone", test_faults_alone);
  ADD ("/net/decision/faults-behind-a-wrapper", test_faults_behind_a_wrapper);
  ADD ("/net/decision/depths", test_depths);
  return g_test_run ();
}
