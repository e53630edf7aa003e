/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hooks against a server with every fault: each event at least once, in order, over restarts; a bad
 * hook holds up nobody; and secrets get into no log and no state.
 */
#include "http-faults.h"
#include "http-fetch.h"
#include "patience.h"
#include "scratch.h"

#include <asp-hook-runner.h>
#include <asp-json-reader.h>
#include <gst/gst.h>

#include <string.h>

#define SECRET "hunter2"
#define TOKEN "T0KEN-OF-A-PATH"

typedef struct
{
  HttpFaults *faults;
  AspHttpClient *client;
  AspStore *store;
  AspEventLog *log;
  AspHookRunner *runner;
  guint n_events;
} Net;

static gchar *debug_file;       /* what went to the debug log */

static void
start_runner (Net * n)
{
  n->runner = asp_hook_runner_new (n->log, n->store, n->client, "us-west-2", "123456789012");
}

static void
setup (Net * n, gconstpointer data)
{
  n->faults = http_faults_new ();
  n->client = client_new ("127.0.0.1");
  n->store = asp_store_new_memory ();
  n->log = asp_event_log_new (n->store, NULL);
  start_runner (n);
}

static void
teardown (Net * n, gconstpointer data)
{
  asp_hook_runner_free (n->runner);
  asp_http_client_free (n->client);
  asp_event_log_free (n->log);
  asp_store_free (n->store);
  http_faults_free (n->faults);
}

static void
add_of (Net * n, const gchar * channel, guint count)
{
  for (guint i = 0; i < count; i++) {
    AspEvent *e = asp_event_new (ASP_EVENT_BREAK_STARTED, channel, "hSi2o1WIVgij", g_get_real_time ());

    e->pts90k = ++n->n_events;
    g_assert_cmpuint (asp_event_log_add (n->log, e), ==, n->n_events);
  }
}

static void
add (Net * n, guint count)
{
  add_of (n, "news", count);
}

/* All that is added from now on is behind what is in the log. */
static void
settle (Net * n)
{
  gint64 end_us = g_get_monotonic_time () + PATIENCE * 10 * G_USEC_PER_SEC;

  while (asp_event_log_last (n->log) < n->n_events) {
    g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    g_usleep (500);
  }
}

static void
answer (Net * n, const gchar * path, HttpFault fault)
{
  http_faults_on (n->faults, path, &fault);
}

/* One hook at @path of the server. */
static void
set_one (Net * n, const gchar * name, const gchar * path)
{
  g_autofree gchar *url = http_faults_url (n->faults, path);
  AspHook hook = { .name = name,.url = url };

  asp_hook_runner_set (n->runner, &hook, 1);
}

static gint64
number_of (const HttpSeen * seen)
{
  gsize size;
  const gchar *text = g_bytes_get_data (seen->body, &size);
  g_autoptr (AspJson) root = asp_json_parse (text, size, NULL);
  gint64 number = 0;

  g_assert_true (asp_json_integer (asp_json_member (asp_json_member (root, "detail"), "number"), &number));
  return number;
}

/* @count requests have come to @path; less what came again they are @first and those behind it. */
static void
assert_in_order (Net * n, const gchar * path, gint64 first, guint count)
{
  g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, path);
  gint64 next = first;

  for (guint i = 0; i < seen->len; i++) {
    gint64 number = number_of (seen->pdata[i]);

    g_assert_cmpint (number, <=, next);
    g_assert_cmpint (number, >=, first);
    next = MAX (next, number + 1);
  }
  g_assert_cmpint (next, ==, first + count);
}

static void
wait_seen (Net * n, const gchar * path, guint count)
{
  g_assert_true (http_faults_wait (n->faults, path, count, PATIENCE * 20000));
}

/* Waits until @name has delivered so many. */
static void
wait_delivered (Net * n, const gchar * name, guint64 delivered)
{
  gint64 end_us = g_get_monotonic_time () + PATIENCE * 20 * G_USEC_PER_SEC;
  gboolean there = FALSE;

  while (!there) {
    g_autoptr (GPtrArray) states = asp_hook_runner_states (n->runner);

    for (guint i = 0; i < states->len; i++) {
      const AspHookState *s = states->pdata[i];

      there |= !strcmp (s->name, name) && s->delivered >= delivered;
    }
    g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    g_usleep (1000);
  }
}

/* (transfer full): the state of @name, which must be there */
static AspHookState *
state_of (Net * n, const gchar * name)
{
  g_autoptr (GPtrArray) states = asp_hook_runner_states (n->runner);

  for (guint i = 0; i < states->len; i++)
    if (!strcmp (((AspHookState *) states->pdata[i])->name, name))
      return g_ptr_array_steal_index (states, i);
  g_error ("there is no hook %s", name);
}

/* Waits until @name has failed, and said @why. */
static void
wait_failing (Net * n, const gchar * name, const gchar * why)
{
  gint64 end_us = g_get_monotonic_time () + PATIENCE * 10 * G_USEC_PER_SEC;

  for (;;) {
    AspHookState *state = state_of (n, name);
    g_autofree gchar *words = g_strdup (state->last_error);
    guint64 failed = state->failed;

    asp_hook_state_free (state);
    if (failed > 0) {
      g_test_message ("%s: %s", name, words);
      g_assert_nonnull (words);
      g_assert_nonnull (strstr (words, why));
      return;
    }
    g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    g_usleep (1000);
  }
}

static void
test_envelope (Net * n, gconstpointer data)
{
  g_autofree gchar *url = http_faults_url (n->faults, "/h?token=" TOKEN);
  const gchar *headers[] = { "Authorization: Bearer " TOKEN, "X-Own: a b", "nonsense " TOKEN, NULL };
  AspHook hook = { "own", url, headers, SECRET, NULL };
  AspHookState *state;

  answer (n, "/h", (HttpFault) { .status = 204 });
  asp_hook_runner_set (n->runner, &hook, 1);
  add (n, 100);
  wait_delivered (n, "own", 100);
  assert_in_order (n, "/h", 1, 100);
  {
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, "/h");
    const HttpSeen *first = seen->pdata[0];
    g_autofree gchar *body = g_strndup (g_bytes_get_data (first->body, NULL), g_bytes_get_size (first->body));
    g_autofree gchar *hmac = g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *) SECRET, strlen (SECRET),
        body, -1);
    g_autofree gchar *expected = g_strconcat ("sha256=", hmac, NULL);
    g_autofree gchar *signature = http_seen_header (first, "X-Adsplice-Signature");
    g_autofree gchar *type = http_seen_header (first, "Content-Type");
    g_autofree gchar *authorization = http_seen_header (first, "Authorization");
    g_autofree gchar *own = http_seen_header (first, "X-Own");

    g_assert_cmpuint (seen->len, ==, 100);
    g_assert_cmpstr (first->method, ==, "POST");
    g_assert_cmpstr (first->target, ==, "/h?token=" TOKEN);
    g_assert_cmpstr (signature, ==, expected);
    g_assert_cmpstr (type, ==, "application/json");
    g_assert_cmpstr (authorization, ==, "Bearer " TOKEN);
    g_assert_cmpstr (own, ==, "a b");
    g_assert_nonnull (strstr (body, "\"detail-type\":\"IVS Ad Break State Change\""));
    g_assert_nonnull (strstr (body, "\"resources\":[\"arn:aws:ivs:us-west-2:123456789012:channel/news\"]"));
    g_assert_nonnull (strstr (body, "\"event_name\":\"Ad Break Started\""));
  }
  state = state_of (n, "own");
  g_assert_cmpuint (state->delivered, ==, 100);
  g_assert_cmpuint (state->failed, ==, 0);
  g_assert_cmpuint (state->waiting, ==, 0);
  g_assert_cmpuint (state->last_status, ==, 204);
  g_assert_null (state->last_error);
  asp_hook_state_free (state);
}

/* Every fault, each in front of a hook of its own, and one beside them that is well. */
static void
test_faults (Net * n, gconstpointer data)
{
  static const struct
  {
    const gchar *name;
    HttpFault fault;
    const gchar *why;           /* in the words of its state */
  } bad[] = {
    { "s500", {.status = 500 }, "it answers 500" },
    { "s404", {.status = 404 }, "it answers 404" },
    { "s429", {.status = 429 }, "it answers 429" },
    { "reset", { HTTP_RESET }, "breaks off" },
    { "garbage", { HTTP_GARBAGE,.body = "hello\r\n" }, "breaks off" },
    { "head", { HTTP_ENDLESS_HEAD }, "breaks off" },
    { "inward", {.status = 307,.location = "http://10.0.0.1/latest/meta-data" }, "redirects (307)" },
    { "moved", {.status = 302,.location = "http://%s/elsewhere" }, "redirects (302)" },
    { "nowhere", {.status = 301 }, "redirects (301)" },
  };
  g_autoptr (GPtrArray) urls = g_ptr_array_new_with_free_func (g_free);
  AspHook hooks[G_N_ELEMENTS (bad) + 1] = { { "well", NULL }, };
  gint64 begin_us;

  answer (n, "/well", (HttpFault) { .status = 200,.body = "thank you" });
  answer (n, "/elsewhere", (HttpFault) { .status = 200 });
  g_ptr_array_add (urls, http_faults_url (n->faults, "/well"));
  hooks[0].url = urls->pdata[0];
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree gchar *path = g_strconcat ("/", bad[i].name, NULL);

    /* twice bad, then good for ever */
    answer (n, path, bad[i].fault);
    answer (n, path, bad[i].fault);
    answer (n, path, (HttpFault) { .status = 204 });
    g_ptr_array_add (urls, http_faults_url (n->faults, path));
    hooks[i + 1].name = bad[i].name;
    hooks[i + 1].url = urls->pdata[i + 1];
  }
  asp_hook_runner_set (n->runner, hooks, G_N_ELEMENTS (hooks));
  begin_us = g_get_monotonic_time ();
  add (n, 20);
  wait_delivered (n, "well", 20);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, <, PROMPT_US);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    wait_failing (n, bad[i].name, bad[i].why);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree gchar *path = g_strconcat ("/", bad[i].name, NULL);
    AspHookState *state;

    wait_delivered (n, bad[i].name, 20);
    assert_in_order (n, path, 1, 20);
    state = state_of (n, bad[i].name);
    g_assert_cmpuint (state->failed, ==, 2);
    g_assert_null (state->last_error);
    asp_hook_state_free (state);
  }
  /* nobody has followed */
  {
    g_autoptr (GPtrArray) followed = http_faults_seen (n->faults, "/elsewhere");

    g_assert_cmpuint (followed->len, ==, 0);
  }
  assert_in_order (n, "/well", 1, 20);
}

/* What a hook says with 2xx is taken as that, whatever comes behind. */
static void
test_odd_answers (Net * n, gconstpointer data)
{
  answer (n, "/h", (HttpFault) { HTTP_ENDLESS });
  answer (n, "/h", (HttpFault) { HTTP_TRUNCATED,.body = "0123456789" });
  answer (n, "/h", (HttpFault) { HTTP_BAD_GZIP,.body = "0123456789" });
  answer (n, "/h", (HttpFault) { .status = 299 });
  set_one (n, "h", "/h");
  add (n, 4);
  wait_delivered (n, "h", 4);
  assert_in_order (n, "/h", 1, 4);
}

/* Down, slow and silent ones beside one that is well, which gets everything at once. */
static void
test_down (Net * n, gconstpointer data)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree gchar *down = g_strdup_printf ("http://127.0.0.1:%u/", port);
  g_autofree gchar *slow = http_faults_url (n->faults, "/slow"), *silent = http_faults_url (n->faults, "/silent");
  g_autofree gchar *well = http_faults_url (n->faults, "/well");
  const AspHook hooks[] = { { "down", down }, { "slow", slow }, { "silent", silent }, { "inward", "http://10.0.0.1/" },
    { "wrong", "gopher://example.org" }, { "well", well },
    /* these two are left out */
    { "well", down }, { "no name", down }
  };
  AspHookState *state;
  gint64 begin_us;

  g_socket_listener_close (listener);
  answer (n, "/slow", (HttpFault) { .delay_ms = 300 });
  answer (n, "/silent", (HttpFault) { HTTP_SILENT });
  answer (n, "/well", (HttpFault) { .status = 204 });
  asp_hook_runner_set (n->runner, hooks, G_N_ELEMENTS (hooks));
  begin_us = g_get_monotonic_time ();
  add (n, 200);
  wait_delivered (n, "well", 200);
  g_test_message ("200 events beside five bad hooks in %.0f ms", (g_get_monotonic_time () - begin_us) / 1e3);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, <, 2 * PROMPT_US);
  assert_in_order (n, "/well", 1, 200);
  wait_delivered (n, "slow", 2);
  wait_failing (n, "inward", "not public");
  wait_failing (n, "wrong", "http or https");
  wait_failing (n, "down", "no connection");
  state = state_of (n, "inward");
  g_assert_cmpuint (state->waiting, ==, 200);
  asp_hook_state_free (state);
  {
    g_autoptr (GPtrArray) states = asp_hook_runner_states (n->runner);

    g_assert_cmpuint (states->len, ==, 6);
  }
  /* what is under way ends at once, as does what waits for its next attempt */
  begin_us = g_get_monotonic_time ();
  asp_hook_runner_free (n->runner);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, <, PROMPT_US);
  start_runner (n);
}

/* A place outlasts the runner; who is new begins with what happens from now on. */
static void
test_restart (Net * n, gconstpointer data)
{
  g_autofree gchar *old = http_faults_url (n->faults, "/old"), *new = http_faults_url (n->faults, "/new");
  const AspHook hooks[] = { { "old", old }, { "new", new } };

  answer (n, "/old", (HttpFault) { .status = 204 });
  answer (n, "/new", (HttpFault) { .status = 204 });
  add (n, 10);
  settle (n);
  asp_hook_runner_set (n->runner, hooks, 1);
  add (n, 20);
  wait_delivered (n, "old", 20);
  asp_hook_runner_free (n->runner);
  add (n, 5);
  settle (n);
  start_runner (n);
  asp_hook_runner_set (n->runner, hooks, 2);
  add (n, 5);
  wait_delivered (n, "old", 10);
  wait_delivered (n, "new", 5);
  assert_in_order (n, "/old", 11, 30);
  assert_in_order (n, "/new", 36, 5);
  {
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, "/old");

    /* a clean end leaves no repeats */
    g_assert_cmpuint (seen->len, ==, 30);
  }
}

/* Reloaded: one goes, one stays with another URL and other channels, and comes back where it was. */
static void
test_reload (Net * n, gconstpointer data)
{
  const gchar *sport[] = { "sport", NULL };
  g_autofree gchar *bad = http_faults_url (n->faults, "/bad"), *good = http_faults_url (n->faults, "/good");
  AspHook hook = { "h", bad };

  answer (n, "/bad", (HttpFault) { .status = 500 });
  answer (n, "/good", (HttpFault) { .status = 204 });
  answer (n, "/late", (HttpFault) { .status = 204,.delay_ms = 200 });
  asp_hook_runner_set (n->runner, &hook, 1);
  add_of (n, "news", 5);
  wait_seen (n, "/bad", 1);
  hook.url = good;
  asp_hook_runner_set (n->runner, &hook, 1);
  wait_delivered (n, "h", 5);
  assert_in_order (n, "/good", 1, 5);
  hook.channels = sport;
  asp_hook_runner_set (n->runner, &hook, 1);
  add_of (n, "news", 5);
  add_of (n, "sport", 2);
  wait_delivered (n, "h", 7);
  asp_hook_runner_set (n->runner, NULL, 0);
  add_of (n, "sport", 3);
  settle (n);
  hook.channels = NULL;
  asp_hook_runner_set (n->runner, &hook, 1);
  wait_delivered (n, "h", 3);
  {
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, "/good");
    static const gint64 numbers[] = { 1, 2, 3, 4, 5, 11, 12, 13, 14, 15 };

    g_assert_cmpuint (seen->len, ==, G_N_ELEMENTS (numbers));
    for (guint i = 0; i < seen->len; i++)
      g_assert_cmpint (number_of (seen->pdata[i]), ==, numbers[i]);
  }
  /* taken away while it is asked */
  set_one (n, "h", "/late");
  add (n, 1);
  wait_seen (n, "/late", 1);
  asp_hook_runner_set (n->runner, NULL, 0);
  set_one (n, "h", "/late");
  wait_delivered (n, "h", 1);
}

/* The log has not kept what it waits for: it goes on with what is there, and says so. */
static void
test_lost (Net * n, gconstpointer data)
{
  AspHookState *state;

  answer (n, "/h", (HttpFault) { .status = 204 });
  set_one (n, "h", "/h");
  add (n, 3);
  wait_delivered (n, "h", 3);
  asp_hook_runner_free (n->runner);
  add (n, 10);
  settle (n);
  asp_event_log_free (n->log);
  g_assert_true (asp_store_expire_log (n->store, ASP_EVENT_LOG_NAME, 9, NULL));
  n->log = asp_event_log_new (n->store, NULL);
  start_runner (n);
  set_one (n, "h", "/h");
  wait_delivered (n, "h", 4);
  state = state_of (n, "h");
  g_assert_cmpuint (state->lost, ==, 6);
  asp_hook_state_free (state);
  {
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, "/h");

    g_assert_cmpuint (seen->len, ==, 7);
    g_assert_cmpint (number_of (seen->pdata[3]), ==, 10);
  }
}

static void
test_rate (Net * n, gconstpointer data)
{
  gint64 begin_us;
  gdouble seconds;

  answer (n, "/h", (HttpFault) { .status = 204 });
  set_one (n, "h", "/h");
  begin_us = g_get_monotonic_time ();
  add (n, 3000);
  wait_delivered (n, "h", 3000);
  seconds = (g_get_monotonic_time () - begin_us) / 1e6;
  g_test_message ("%.0f events/s through log and hook", 3000 / seconds);
  assert_in_order (n, "/h", 1, 3000);
}

/* All that was said up to here, in which nothing may be that is nobody's business. */
static void
test_secrets (void)
{
  g_autofree gchar *said = NULL;

  g_assert_true (g_file_get_contents (debug_file, &said, NULL, NULL));
  g_assert_nonnull (strstr (said, "hook s500"));
  g_assert_nonnull (strstr (said, "hook own"));
  g_assert_null (strstr (said, SECRET));
  g_assert_null (strstr (said, TOKEN));
  g_assert_null (strstr (said, "://"));
}

#define HOOK_TEST(path, func) g_test_add ("/hooks/" path, Net, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_autofree gchar *folder = scratch_folder_new ("hooks");
  int result;

  debug_file = g_build_filename (folder, "debug", NULL);
  g_setenv ("GST_DEBUG", "asp-event:LOG", TRUE);
  g_setenv ("GST_DEBUG_NO_COLOR", "1", TRUE);
  g_setenv ("GST_DEBUG_FILE", debug_file, TRUE);
  gst_init (NULL, NULL);
  g_test_init (&argc, &argv, NULL);
  HOOK_TEST ("envelope", test_envelope);
  HOOK_TEST ("faults", test_faults);
  HOOK_TEST ("odd-answers", test_odd_answers);
  HOOK_TEST ("down", test_down);
  HOOK_TEST ("restart", test_restart);
  HOOK_TEST ("reload", test_reload);
  HOOK_TEST ("lost", test_lost);
  HOOK_TEST ("rate", test_rate);
  g_test_add_func ("/hooks-said/secrets", test_secrets);
  result = g_test_run ();
  g_free (debug_file);
  return result;
}
