/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that writes events and gives them to a hook is killed at random moments, again and again:
 * what it said was written is there, no number is missing or there twice, and the hook gets every
 * event of the log at least once, in order, and nothing that is not in it.
 *
 *   test-event-kill [KILLS]     12 of them when it is not said
 */
#include "http-faults.h"
#include "http-fetch.h"
#include "patience.h"
#include "scratch.h"

#include <asp-event-history.h>
#include <asp-hook-runner.h>
#include <asp-json-reader.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REGION "us-west-2"
#define ACCOUNT "123456789012"
#define MOMENT_MAX_US (PATIENCE * 200000)
#define CHILD_MAX_S 120         /* when nobody kills it */

static guint n_kills = 12;

/* -- the one that is killed -- */

static void
say_written (gpointer user_data, guint64 last)
{
  if (write (GPOINTER_TO_INT (user_data), &last, sizeof last) != sizeof last)
    _exit (1);
}

static void
add (AspEventLog * log, AspEventKind kind, guint channel, guint id, gint64 pts90k)
{
  g_autofree gchar *name = g_strdup_printf ("channel-%u", channel), *break_id = g_strdup_printf ("break%u", id);
  AspEvent *e = asp_event_new (kind, name, break_id, g_get_real_time ());

  e->pts90k = pts90k;
  asp_event_log_add (log, e);
}

static void
write_for_ever (const gchar * path, const gchar * url, int out)
{
  AspHttpClient *client = client_new ("127.0.0.1");
  AspStore *store = asp_store_open (path, FALSE, NULL);
  AspEventLog *log = store ? asp_event_log_new (store, NULL) : NULL;
  AspEventHistory *history = log ? asp_event_history_new (log, NULL) : NULL;
  AspHookRunner *runner;
  const AspHook hook = { "hook", url };

  if (!history)
    _exit (1);
  alarm (CHILD_MAX_S);
  asp_event_log_watch (log, say_written, GINT_TO_POINTER (out));
  runner = asp_hook_runner_new (log, store, client, REGION, ACCOUNT);
  asp_hook_runner_set (runner, &hook, 1);
  asp_event_history_end_open (history, g_get_real_time ());
  for (guint i = 0;; i++) {
    add (log, ASP_EVENT_BREAK_INSERTED + i % ASP_EVENT_STREAM_START, i % 4, i / 32, i);
    g_usleep (400);
  }
}

/* -- the one that kills -- */

static pid_t
start_child (const gchar * path, const gchar * url, int *from)
{
  int pipes[2];
  pid_t child;

  g_assert_cmpint (pipe (pipes), ==, 0);
  child = fork ();
  if (child == 0) {
    g_autofree gchar *out = g_strdup_printf ("%d", pipes[1]);

    close (pipes[0]);
    execl ("/proc/self/exe", "test-event-kill", "--write", path, url, out, NULL);
    _exit (1);
  }
  close (pipes[1]);
  *from = pipes[0];
  return child;
}

/* Returns: the last number that it has said was written; 0 = none */
static guint64
run_and_kill (const gchar * path, const gchar * url)
{
  int from, status;
  pid_t child = start_child (path, url, &from);
  guint64 said = 0, number;

  g_usleep (g_test_rand_int_range (0, MOMENT_MAX_US));
  kill (child, SIGKILL);
  while (read (from, &number, sizeof number) == sizeof number)
    said = number;
  close (from);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  /* it was not gone before */
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  return said;
}

/* All events that stand in the store, whose numbers are looked at. (transfer full) */
static GPtrArray *
check_log (AspStore * store, guint64 said)
{
  g_autoptr (GPtrArray) entries = asp_store_read (store, ASP_EVENT_LOG_NAME, 0, 0, NULL);
  GPtrArray *events = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_event_free);

  g_assert_cmpuint (entries->len, >=, said);
  for (guint i = 0; i < entries->len; i++) {
    const AspStoreEntry *entry = entries->pdata[i];
    g_autoptr (GError) error = NULL;
    AspEvent *event = asp_event_parse (g_bytes_get_data (entry->value, NULL), g_bytes_get_size (entry->value), &error);

    g_assert_no_error (error);
    g_assert_cmpuint (entry->number, ==, i + 1);
    g_assert_cmpuint (event->number, ==, i + 1);
    g_ptr_array_add (events, event);
  }
  return events;
}

static gint64
number_of (const gchar * body)
{
  g_autoptr (AspJson) root = asp_json_parse (body, strlen (body), NULL);
  gint64 number = 0;

  g_assert_true (asp_json_integer (asp_json_member (asp_json_member (root, "detail"), "number"), &number));
  return number;
}

/* The body of a request; NULL: the kill came before its end. (transfer full) */
static gchar *
body_of (const HttpSeen * seen)
{
  g_autofree gchar *length = http_seen_header (seen, "Content-Length");
  gsize size;
  const gchar *data = g_bytes_get_data (seen->body, &size);

  g_assert_nonnull (length);
  return size == g_ascii_strtoull (length, NULL, 10) ? g_strndup (data, size) : NULL;
}

/* Every event of the log once at least, in order; each as the log has it. */
static void
check_hook (HttpFaults * faults, const GPtrArray * events, const gchar * log_id)
{
  g_autoptr (GPtrArray) seen = http_faults_seen (faults, "/hook");
  guint64 next = 1;
  guint whole = 0;

  for (guint i = 0; i < seen->len; i++) {
    g_autofree gchar *body = body_of (seen->pdata[i]), *expected = NULL;
    guint64 number;

    if (!body)
      continue;
    whole++;
    number = number_of (body);
    g_assert_cmpuint (number, <=, next);
    g_assert_cmpuint (number, >, 0);
    next = MAX (next, number + 1);
    expected = asp_event_envelope (events->pdata[number - 1], log_id, REGION, ACCOUNT);
    g_assert_cmpstr (body, ==, expected);
  }
  g_assert_cmpuint (next, ==, events->len + 1);
  g_test_message ("%u events, %u of them more than once at the hook, over %u kills", events->len,
      whole - events->len, n_kills);
}

/* The last process, which is not killed: it gives the hook what is left. */
static gchar *
drain (AspStore * store, const gchar * url)
{
  AspHttpClient *client = client_new ("127.0.0.1");
  AspEventLog *log = asp_event_log_new (store, NULL);
  AspHookRunner *runner = asp_hook_runner_new (log, store, client, REGION, ACCOUNT);
  const AspHook hook = { "hook", url };
  gchar *log_id = g_strdup (asp_event_log_id (log));
  gint64 end_us = g_get_monotonic_time () + PATIENCE * 200 * G_USEC_PER_SEC;
  gboolean done = FALSE;

  asp_hook_runner_set (runner, &hook, 1);
  while (!done) {
    g_autoptr (GPtrArray) states = asp_hook_runner_states (runner);

    done = states->len == 1 && ((AspHookState *) states->pdata[0])->waiting == 0;
    g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    g_usleep (5000);
  }
  asp_hook_runner_free (runner);
  asp_event_log_free (log);
  asp_http_client_free (client);
  return log_id;
}

static void
test_kill (void)
{
  g_autofree gchar *folder = scratch_folder_new ("event-kill");
  g_autofree gchar *path = g_build_filename (folder, "s.db", NULL), *url = NULL, *log_id = NULL;
  HttpFaults *faults = http_faults_new ();
  g_autoptr (GPtrArray) events = NULL;
  guint64 said = 0;
  AspStore *store;

  http_faults_on (faults, "/hook", &(HttpFault) { .status = 500 });
  http_faults_on (faults, "/hook", &(HttpFault) { HTTP_RESET });
  http_faults_on (faults, "/hook", &(HttpFault) { .status = 204 });
  url = http_faults_url (faults, "/hook");
  for (guint i = 0; i < n_kills; i++) {
    said = MAX (said, run_and_kill (path, url));
    store = asp_store_open (path, FALSE, NULL);
    g_assert_nonnull (store);
    g_ptr_array_unref (check_log (store, said));
    asp_store_free (store);
  }
  /* and one that surely comes to write */
  while (said == 0)
    said = run_and_kill (path, url);
  store = asp_store_open (path, FALSE, NULL);
  events = check_log (store, said);
  log_id = drain (store, url);
  check_hook (faults, events, log_id);
  asp_store_free (store);
  http_faults_free (faults);
}

int
main (int argc, char **argv)
{
  if (argc == 5 && !strcmp (argv[1], "--write"))
    write_for_ever (argv[2], argv[3], atoi (argv[4]));
  g_test_init (&argc, &argv, NULL);
  if (argc > 1)
    n_kills = MAX (atoi (argv[1]), 1);
  g_test_add_func ("/event-kill", test_kill);
  return g_test_run ();
}
