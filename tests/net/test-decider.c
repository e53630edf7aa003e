/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decider around its decisions: what is sent with requests and beacons, one flight for
 * equal requests, threads, and every moment at which somebody may lose patience. */
#include "decision-run.h"

#include "patience.h"

#include <gio/gio.h>
#include <string.h>

static void
document (DecisionNet * n, const gchar * path, const gchar * words, guint delay_ms)
{
  g_autofree gchar *body = decision_net_document (n, words);

  http_faults_on (n->faults, path, &(HttpFault) {.body = body,.delay_ms = delay_ms});
}

static void
assert_header (const HttpSeen * seen, const gchar * name, const gchar * want)
{
  g_autofree gchar *value = http_seen_header (seen, name);

  g_assert_cmpstr (value, ==, want);
}

/* POST with a body in gzip to the ad server; the wrapper is a plain GET; the device's words with all. */
static void
test_what_is_sent (DecisionNet * n, gconstpointer data)
{
  gchar *headers[] = { (gchar *) "X-Key", (gchar *) "k", NULL };
  /* one that is worth compressing */
  g_autofree gchar *body = g_strnfill (4000, ' ');
  g_autofree gchar *url = g_strconcat (n->base, "/ads?cb=[CACHEBUSTING]&u=[unknown]", NULL);
  AspDecisionRequest request = {.url = url,.method = (gchar *) "POST",.headers = headers,
    .body = body,.body_type = (gchar *) "application/json",.gzip = TRUE
  };
  AspDeciderAsk ask = {.request = &request,.config = &n->config,.device_ip = "203.0.113.9",
    .device_user_agent = "TV/1"
  };
  g_autoptr (Decided) d = NULL;
  g_autoptr (GPtrArray) first = NULL, second = NULL, beacon = NULL;
  const HttpSeen *seen;

  document (n, "/ads", "w>x", 0);
  document (n, "/x", "a=10%", 0);
  n->config.seed = 77;
  d = decision_net_begin (n, &ask, NULL);
  decided_wait (d);
  first = http_faults_seen (n->faults, "/ads");
  seen = g_ptr_array_index (first, 0);
  g_assert_cmpstr (seen->method, ==, "POST");
  g_assert_cmpstr (seen->target, ==, "/ads?cb=00000077&u=[unknown]");
  assert_header (seen, "X-Key", "k");
  assert_header (seen, "Content-Type", "application/json");
  assert_header (seen, "Content-Encoding", "gzip");
  assert_header (seen, "X-Device-IP", "203.0.113.9");
  assert_header (seen, "X-Forwarded-For", "203.0.113.9");
  assert_header (seen, "X-Device-User-Agent", "TV/1");
  g_assert_cmpuint (((const guint8 *) g_bytes_get_data (seen->body, NULL))[0], ==, 0x1f);
  second = http_faults_seen (n->faults, "/x");
  seen = g_ptr_array_index (second, 0);
  g_assert_cmpstr (seen->method, ==, "GET");
  assert_header (seen, "X-Key", NULL);
  assert_header (seen, "X-Device-IP", "203.0.113.9");
  g_assert_true (http_faults_wait (n->faults, "/e/a", 1, 5000 * PATIENCE));
  beacon = http_faults_seen (n->faults, "/e/a");
  assert_header (g_ptr_array_index (beacon, 0), "X-Device-User-Agent", "TV/1");
}

static void
test_charset_of_the_transport (DecisionNet * n, gconstpointer data)
{
  static const gchar *const types[] = { "text/xml; charset=iso-8859-1", "application/xml;charset=\"ISO-8859-1\"", "text/xml" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    g_autoptr (Decided) d = NULL;

    http_faults_reset (n->faults);
    http_faults_on (n->faults, "/ads", &(HttpFault) {.type = types[i],.body = "<VAST version=\"3.0\"><Ad id=\"\xe4\"><InLine/></Ad></VAST>"});
    d = decision_net_decide (n, "/ads");
    g_assert_cmpstr (d->text, ==, "NO_AD | \xc3\xa4:NON_LINEAR_AD:201 | 0 30 content");
  }
}

/* Five documents of 1.8 MiB side by side: four are read. */
static void
test_documents_together (DecisionNet * n, gconstpointer data)
{
  g_autofree gchar *padding = g_strnfill (250000, 'x'), *ad = decision_net_document (n, "a=5");
  g_autoptr (GString) big = g_string_new (ad);
  g_autoptr (Decided) d = NULL;

  n->config.request_timeout_ms = n->config.budget_ms = 20000;
  g_string_truncate (big, big->len - strlen ("</VAST>"));
  for (guint i = 0; i < 7; i++)
    g_string_append_printf (big, "<!--%s-->", padding);
  g_string_append (big, "</VAST>");
  document (n, "/ads", "1>x#1 2>y#2 3>z#3 4>v#4 5>w#5", 0);
  http_faults_on (n->faults, "/x", &(HttpFault) {.body = big->str});
  http_faults_on (n->faults, "/y", &(HttpFault) {.body = big->str});
  http_faults_on (n->faults, "/z", &(HttpFault) {.body = big->str});
  http_faults_on (n->faults, "/v", &(HttpFault) {.body = big->str});
  http_faults_on (n->faults, "/w", &(HttpFault) {.body = big->str,.delay_ms = 500 * PATIENCE});
  d = decision_net_decide (n, "/ads");
  g_assert_nonnull (strstr (d->text, "5:INVALID_VAST_WRAPPER_AD:301"));
  g_assert_null (strstr (d->text, "1:INVALID_VAST_WRAPPER_AD"));
  g_assert_cmpuint (d->requests, ==, 6);
}

#define MANY 20

/* Twenty ask the same at once: one request, twenty decisions; the wrappers behind too. */
static void
test_single_flight (DecisionNet * n, gconstpointer data)
{
  g_autofree gchar *url = g_strconcat (n->base, "/ads", NULL);
  AspDecisionRequest request = {.url = url,.method = (gchar *) "GET" };
  AspDeciderAsk ask = {.request = &request,.config = &n->config };
  Decided *decided[MANY];
  g_autoptr (GPtrArray) first = NULL, second = NULL, after = NULL;
  g_autoptr (Decided) later = NULL;

  document (n, "/ads", "w>x", 150);
  document (n, "/x", "a=30", 150);
  for (guint i = 0; i < MANY; i++) {
    /* every other one for another device */
    ask.device_ip = i % 2 ? "203.0.113.1" : "203.0.113.2";
    decided[i] = decision_net_begin (n, &ask, NULL);
  }
  for (guint i = 0; i < MANY; i++) {
    decided_wait (decided[i]);
    g_assert_cmpstr (decided[i]->text, ==, "FILLED a | | 30 0 none");
    decided_free (decided[i]);
  }
  first = http_faults_seen (n->faults, "/ads");
  second = http_faults_seen (n->faults, "/x");
  g_assert_cmpuint (first->len, ==, 2);
  g_assert_cmpuint (second->len, ==, 2);
  /* what is over is asked for anew */
  later = decision_net_decide (n, "/ads");
  after = http_faults_seen (n->faults, "/ads");
  g_assert_cmpuint (after->len, ==, 3);
}

/* One of two who share a request goes: the other gets its answer. When both go, nothing is
 * waited for any more. */
static void
test_cancel (DecisionNet * n, gconstpointer data)
{
  g_autofree gchar *url = g_strconcat (n->base, "/ads", NULL);
  AspDecisionRequest request = {.url = url,.method = (gchar *) "GET" };
  AspDeciderAsk ask = {.request = &request,.config = &n->config };
  g_autoptr (Decided) a = NULL, b = NULL, c = NULL;
  guint64 id_a, id_c;

  document (n, "/ads", "a=30", 200);
  a = decision_net_begin (n, &ask, &id_a);
  b = decision_net_begin (n, &ask, NULL);
  g_assert_true (http_faults_wait (n->faults, "/ads", 1, 5000 * PATIENCE));
  asp_decider_cancel (n->decider, id_a);
  decided_wait (a);
  g_assert_true (a->cancelled);
  decided_wait (b);
  g_assert_cmpstr (b->text, ==, "FILLED a | | 30 0 none");
  asp_decider_cancel (n->decider, id_a);
  asp_decider_cancel (n->decider, 4711);
  http_faults_reset (n->faults);
  http_faults_on (n->faults, "/ads", &(HttpFault) {HTTP_SILENT});
  c = decision_net_begin (n, &ask, &id_c);
  g_assert_true (http_faults_wait (n->faults, "/ads", 1, 5000 * PATIENCE));
  asp_decider_cancel (n->decider, id_c);
  decided_wait (c);
  g_assert_true (c->cancelled);
  for (guint i = 0; i < 300 && http_faults_open (n->faults) > 0; i++)
    g_usleep (10000);
  g_assert_cmpuint (http_faults_open (n->faults), ==, 0);
}

static void
test_hurry (DecisionNet * n, gconstpointer data)
{
  g_autofree gchar *url = g_strconcat (n->base, "/ads", NULL);
  AspDecisionRequest request = {.url = url,.method = (gchar *) "GET" };
  AspDeciderAsk ask = {.request = &request,.config = &n->config };
  g_autoptr (Decided) d = NULL;
  guint64 id;

  n->config.request_timeout_ms = n->config.budget_ms = 20000;
  document (n, "/ads", "a=10#1 w>x#2", 0);
  http_faults_on (n->faults, "/x", &(HttpFault) {HTTP_SILENT});
  d = decision_net_begin (n, &ask, &id);
  g_assert_true (http_faults_wait (n->faults, "/x", 1, 5000 * PATIENCE));
  asp_decider_hurry (n->decider, id);
  decided_wait (d);
  g_assert_cmpstr (d->text, ==, "PARTLY_FILLED a | w:ADS_TIMEOUT:301 | 10 20 content");
  g_assert_cmpint (d->elapsed_ms, <, 5000 * PATIENCE);
}

/* Freed with decisions in every state: each is called back once, before free returns. */
static void
test_free_at_any_moment (DecisionNet * n, gconstpointer data)
{
  g_autofree gchar *url = g_strconcat (n->base, "/ads", NULL);
  AspDecisionRequest request = {.url = url,.method = (gchar *) "GET" };
  AspDeciderAsk ask = {.request = &request,.config = &n->config };

  document (n, "/ads", "w>x", 5);
  http_faults_on (n->faults, "/x", &(HttpFault) {HTTP_SILENT});
  for (guint round = 0; round < 12; round++) {
    Decided *decided[4];

    for (guint i = 0; i < G_N_ELEMENTS (decided); i++)
      decided[i] = decision_net_begin (n, &ask, NULL);
    g_usleep (round * 2000);
    asp_decider_free (n->decider);
    for (guint i = 0; i < G_N_ELEMENTS (decided); i++) {
      g_assert_cmpuint (decided[i]->calls, ==, 1);
      g_assert_true (decided[i]->cancelled);
      decided_free (decided[i]);
    }
    n->decider = asp_decider_new (n->client, NULL);
  }
}

/* Asking waits for nobody, however the ad server behaves. */
static void
test_never_blocks (DecisionNet * n, gconstpointer data)
{
  g_autofree gchar *url = g_strconcat (n->base, "/ads", NULL);
  AspDecisionRequest request = {.url = url,.method = (gchar *) "GET" };
  AspDeciderAsk ask = {.request = &request,.config = &n->config };
  Decided *decided[MANY];
  gint64 start_us = g_get_monotonic_time ();

  http_faults_on (n->faults, "/ads", &(HttpFault) {HTTP_SILENT});
  for (guint i = 0; i < MANY; i++)
    decided[i] = decision_net_begin (n, &ask, NULL);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 100 * PATIENCE * 1000);
  for (guint i = 0; i < MANY; i++) {
    decided_wait (decided[i]);
    g_assert_cmpstr (decided[i]->text, ==, "FAILED | | 0 30 content");
    g_assert_nonnull (decided[i]->why);
    decided_free (decided[i]);
  }
}

typedef struct
{
  GMutex lock;
  GString *text;
} Taken;

static void
take_beacon (const gchar * url, const gchar * event, AspAdCode code, gpointer user_data)
{
  Taken *taken = user_data;

  g_mutex_lock (&taken->lock);
  g_string_append_printf (taken->text, "%s %s %d;", strrchr (url, '/'), event, code);
  g_mutex_unlock (&taken->lock);
}

/* Somebody else keeps and fires the beacons: nothing goes out here. */
static void
test_beacons_taken_over (DecisionNet * n, gconstpointer data)
{
  Taken taken = {.text = g_string_new (NULL) };
  AspDeciderConfig config = {.beacon = take_beacon,.beacon_data = &taken };
  g_autoptr (Decided) d = NULL;
  g_autofree gchar *beacons = NULL;

  g_mutex_init (&taken.lock);
  asp_decider_free (n->decider);
  n->decider = asp_decider_new (n->client, &config);
  document (n, "/ads", "nothing=10%#1 s=10 t=5", 0);
  d = decision_net_decide (n, "/ads");
  g_assert_cmpstr (taken.text->str, ==, "/nothing?403 error 403;/t notUsed 0;");
  beacons = decision_net_beacons (n, "");
  g_assert_cmpstr (beacons, ==, "");
  g_string_free (taken.text, TRUE);
  g_mutex_clear (&taken.lock);
}

/* Several threads ask at once; under TSan this is the point of it. */
static gpointer
ask_often (gpointer data)
{
  for (guint i = 0; i < 10; i++) {
    g_autoptr (Decided) d = decision_net_decide (data, "/ads");

    g_assert_cmpstr (d->text, ==, "FILLED a | | 30 0 none");
  }
  return NULL;
}

static void
test_threads (DecisionNet * n, gconstpointer data)
{
  GThread *threads[4];

  n->config.request_timeout_ms = n->config.budget_ms = 20000;
  document (n, "/ads", "w>x", 0);
  document (n, "/x", "a=30", 0);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("ask", ask_often, n);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, DecisionNet, NULL, decision_net_setup, func, decision_net_teardown)
  ADD ("/net/decider/what-is-sent", test_what_is_sent);
  ADD ("/net/decider/charset-of-the-transport", test_charset_of_the_transport);
  ADD ("/net/decider/documents-together", test_documents_together);
  ADD ("/net/decider/single-flight", test_single_flight);
  ADD ("/net/decider/cancel", test_cancel);
  ADD ("/net/decider/hurry", test_hurry);
  ADD ("/net/decider/free-at-any-moment", test_free_at_any_moment);
  ADD ("/net/decider/never-blocks", test_never_blocks);
  ADD ("/net/decider/beacons-taken-over", test_beacons_taken_over);
  ADD ("/net/decider/threads", test_threads);
  return g_test_run ();
}
