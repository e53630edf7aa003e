/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The breaks that a log tells of: states, what a break is written with (golden file), order and limits,
 * and that a restart makes the same of the log, with an end for what a kill has left open.
 */
#include "patience.h"
#include "scratch.h"

#include <asp-event-history.h>
#include <asp-json-reader.h>

#include <string.h>

#define BEGIN_US G_GINT64_CONSTANT (1770253388000000)

typedef struct
{
  gchar *path;                  /* NULL: memory */
  AspStore *store;
  AspEventLog *log;
  AspEventHistory *history;
} Fixture;

static void
open_all (Fixture * f)
{
  if (f->path)
    f->store = asp_store_open (f->path, FALSE, NULL);
  else if (!f->store)
    f->store = asp_store_new_memory ();
  f->log = asp_event_log_new (f->store, NULL);
  f->history = asp_event_history_new (f->log, NULL);
  g_assert_nonnull (f->history);
}

static void
close_all (Fixture * f)
{
  asp_event_history_free (f->history);
  asp_event_log_free (f->log);
  if (f->path)
    g_clear_pointer (&f->store, asp_store_free);
}

static void
reopen (Fixture * f)
{
  close_all (f);
  open_all (f);
}

static void
setup (Fixture * f, gconstpointer data)
{
  if (data) {
    g_autofree gchar *folder = scratch_folder_new ("event-history");

    f->path = g_build_filename (folder, "s.db", NULL);
  }
  open_all (f);
}

static void
teardown (Fixture * f, gconstpointer data)
{
  close_all (f);
  asp_store_free (f->store);
  g_free (f->path);
}

static AspEvent *
event (AspEventKind kind, const gchar * id, guint second)
{
  AspEvent *e = asp_event_new (kind, "news", id, BEGIN_US + second * G_USEC_PER_SEC);

  asp_event_set_text (&e->stream_id, "st-1GI11DKd3yvJm8eWREJq6Xz");
  return e;
}

static void
add (Fixture * f, AspEventKind kind, const gchar * id, guint second)
{
  asp_event_log_add (f->log, event (kind, id, second));
}

/* Until the history has all. */
static void
settle (Fixture * f)
{
  gint64 end_us = g_get_monotonic_time () + PATIENCE * 20 * G_USEC_PER_SEC;
  g_autofree gchar *mark = NULL;
  guint64 number = asp_event_log_add (f->log, asp_event_new (ASP_EVENT_BREAK_SKIPPED, "settle", "mark", 0));
  gboolean there = FALSE;

  mark = g_strdup_printf ("\"number\":%" G_GUINT64_FORMAT ",", number);
  while (!there) {
    g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

    asp_json_begin_object (w, NULL);
    asp_event_history_write_break (f->history, "settle", "mark", w);
    asp_json_end_object (w);
    there = strstr (asp_json_writer_text (w), mark) != NULL;
    g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    g_usleep (500);
  }
}

static gchar *
break_text (Fixture * f, const gchar * id, gboolean pretty)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (pretty);

  asp_json_begin_object (w, NULL);
  if (!asp_event_history_write_break (f->history, "news", id, w))
    return NULL;
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

static gchar *
state_of (Fixture * f, const gchar * id)
{
  g_autofree gchar *text = break_text (f, id, FALSE);
  g_autoptr (AspJson) root = text ? asp_json_parse (text, strlen (text), NULL) : NULL;

  return g_strdup (asp_json_string (asp_json_member (root, "state")));
}

static void
assert_state (Fixture * f, const gchar * id, const gchar * state)
{
  g_autofree gchar *found = state_of (f, id);

  g_assert_cmpstr (found, ==, state);
}

static void
assert_open (Fixture * f, const gchar * id)
{
  g_autofree gchar *found = asp_event_history_open_break (f->history, "news");

  g_assert_cmpstr (found, ==, id);
}

/* Ids of the list, with a space behind each. */
static void
assert_list (Fixture * f, const gchar * before, guint max, const gchar * expected)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  g_autoptr (AspJson) root = NULL;
  GString *ids = g_string_new (NULL);
  guint n;

  asp_json_begin_array (w, NULL);
  n = asp_event_history_write_breaks (f->history, "news", before, max, w);
  asp_json_end_array (w);
  root = asp_json_parse (asp_json_writer_text (w), strlen (asp_json_writer_text (w)), NULL);
  g_assert_cmpuint (asp_json_length (root), ==, n);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (ids, "%s ", asp_json_string (asp_json_member (asp_json_element (root, i), "ad_break_id")));
  g_assert_cmpstr (ids->str, ==, expected);
  g_string_free (ids, TRUE);
}

static void
test_states (Fixture * f, gconstpointer data)
{
  add (f, ASP_EVENT_BREAK_INSERTED, "a", 0);
  settle (f);
  assert_state (f, "a", "scheduled");
  assert_open (f, "a");
  add (f, ASP_EVENT_BREAK_DECIDED, "a", 1);
  add (f, ASP_EVENT_BREAK_INSERTED, "a", 2);
  settle (f);
  assert_state (f, "a", "scheduled");
  add (f, ASP_EVENT_BREAK_STARTED, "a", 3);
  settle (f);
  assert_state (f, "a", "running");
  assert_open (f, "a");
  /* its length has changed */
  add (f, ASP_EVENT_BREAK_INSERTED, "a", 4);
  add (f, ASP_EVENT_CREATIVE_STARTED, "a", 5);
  settle (f);
  assert_state (f, "a", "running");
  add (f, ASP_EVENT_BREAK_ENDED, "a", 6);
  add (f, ASP_EVENT_BREAK_SKIPPED, "b", 7);
  add (f, ASP_EVENT_BREAK_INSERTED, "c", 8);
  add (f, ASP_EVENT_BREAK_CANCELLED, "c", 9);
  add (f, ASP_EVENT_STREAM_START, NULL, 10);
  settle (f);
  assert_state (f, "a", "ended");
  assert_state (f, "b", "skipped");
  assert_state (f, "c", "cancelled");
  assert_state (f, "d", NULL);
  assert_open (f, NULL);
  assert_list (f, NULL, 10, "c b a ");
  assert_list (f, NULL, 2, "c b ");
  assert_list (f, "b", 10, "a ");
  assert_list (f, "a", 10, "");
  assert_list (f, "unknown", 10, "");
  reopen (f);
  assert_list (f, NULL, 10, "c b a ");
  assert_state (f, "a", "ended");
}

/* What runs comes first, then what starts first; and one id twice is two breaks. */
static void
test_open (Fixture * f, gconstpointer data)
{
  AspEvent *late = event (ASP_EVENT_BREAK_INSERTED, "late", 0), *soon = event (ASP_EVENT_BREAK_INSERTED, "soon", 1);

  late->target_start_us = BEGIN_US + 100 * G_USEC_PER_SEC;
  soon->target_start_us = BEGIN_US + 50 * G_USEC_PER_SEC;
  asp_event_log_add (f->log, late);
  asp_event_log_add (f->log, soon);
  settle (f);
  assert_open (f, "soon");
  add (f, ASP_EVENT_BREAK_STARTED, "late", 2);
  settle (f);
  assert_open (f, "late");
  add (f, ASP_EVENT_BREAK_ENDED, "late", 3);
  add (f, ASP_EVENT_BREAK_CANCELLED, "soon", 3);
  settle (f);
  assert_open (f, NULL);
  add (f, ASP_EVENT_BREAK_INSERTED, "late", 4);
  settle (f);
  assert_open (f, "late");
  assert_list (f, NULL, 10, "late soon ");
  assert_list (f, "late", 10, "soon ");
}

static gchar *
reason_of (Fixture * f, const gchar * id)
{
  g_autofree gchar *text = break_text (f, id, FALSE);
  g_autoptr (AspJson) root = asp_json_parse (text, strlen (text), NULL);

  return g_strdup (asp_json_string (asp_json_member (root, "reason")));
}

/* Why a break was told anew is not why it ended. */
static void
test_reason (Fixture * f, gconstpointer data)
{
  AspEvent *moved = event (ASP_EVENT_BREAK_INSERTED, "a", 0), *ended = event (ASP_EVENT_BREAK_ENDED, "a", 1);
  g_autofree gchar *first = NULL, *last = NULL;

  asp_event_set_text (&moved->reason, "moved");
  asp_event_log_add (f->log, moved);
  settle (f);
  first = reason_of (f, "a");
  g_assert_null (first);
  asp_event_set_text (&ended->reason, "api");
  asp_event_log_add (f->log, ended);
  settle (f);
  last = reason_of (f, "a");
  g_assert_cmpstr (last, ==, "api");
}

static void
pod (AspEvent * e, guint index, const gchar * creative, gint64 pts90k)
{
  e->pod_index = index;
  e->pod_length = 2;
  asp_event_set_text (&e->creative_id, creative);
  asp_event_set_text (&e->asset_id, "asset");
  e->asked_pts90k = pts90k;
  e->pts90k = pts90k + 1;
  e->error_90k = 1;
  e->duration_90k = 900000;
}

static void
play (Fixture * f, guint index, const gchar * creative, guint second)
{
  AspEvent *begin = event (ASP_EVENT_CREATIVE_STARTED, "hSi2o1WIVgij", second);
  AspEvent *end = event (ASP_EVENT_CREATIVE_ENDED, "hSi2o1WIVgij", second + 10);

  pod (begin, index, creative, second * 90000);
  pod (end, index, creative, (second + 10) * 90000);
  asp_event_set_text (&end->reason, "complete");
  asp_event_log_add (f->log, begin);
  asp_event_log_add (f->log, end);
}

/* A break as it should be, from the call to the return. */
static void
test_golden (Fixture * f, gconstpointer data)
{
  const gchar *path = TEST_SOURCE_ROOT "/tests/unit/golden/event-break.json";
  AspEvent *e = event (ASP_EVENT_BREAK_INSERTED, "hSi2o1WIVgij", 0);
  g_autofree gchar *text = NULL, *line = NULL, *golden = NULL;

  asp_event_set_text (&e->origin, "api");
  asp_event_set_text (&e->roll_type, "midroll");
  e->target_start_us = BEGIN_US + 10 * G_USEC_PER_SEC + 40000;
  e->asked_pts90k = 900000;
  e->duration_90k = 1800000;
  asp_event_log_add (f->log, e);
  e = event (ASP_EVENT_BREAK_DECIDED, "hSi2o1WIVgij", 1);
  asp_event_set_text (&e->outcome, "PARTIALLY_FILLED");
  e->ads_latency_us = 83000;
  e->filled_90k = 1350000;
  asp_event_add_skip (e, NULL, "c3", "a3", NULL, "NO_VARIANT_MATCH", 403);
  asp_event_log_add (f->log, e);
  e = event (ASP_EVENT_BREAK_STARTED, "hSi2o1WIVgij", 10);
  e->asked_pts90k = 900000;
  e->pts90k = 903600;
  e->error_90k = 3600;
  asp_event_log_add (f->log, e);
  play (f, 1, "c1", 10);
  play (f, 2, "c2", 20);
  e = event (ASP_EVENT_BREAK_ENDED, "hSi2o1WIVgij", 30);
  e->asked_pts90k = 2703600;
  e->pts90k = 2703600;
  e->error_90k = 0;
  e->duration_90k = 1800000;
  e->filled_90k = 1350000;
  asp_event_log_add (f->log, e);
  settle (f);
  text = break_text (f, "hSi2o1WIVgij", TRUE);
  line = g_strconcat (text, "\n", NULL);
  if (g_getenv ("ADSPLICE_UPDATE_GOLDEN"))
    g_assert_true (g_file_set_contents (path, line, -1, NULL));
  g_assert_true (g_file_get_contents (path, &golden, NULL, NULL));
  g_assert_cmpstr (line, ==, golden);
  g_free (line);
  reopen (f);
  g_free (text);
  text = break_text (f, "hSi2o1WIVgij", TRUE);
  line = g_strconcat (text, "\n", NULL);
  g_assert_cmpstr (line, ==, golden);
}

/* Killed in a break: the next process says that it is over, once. */
static void
test_interrupted (Fixture * f, gconstpointer data)
{
  g_autoptr (GPtrArray) said = NULL;

  add (f, ASP_EVENT_STREAM_START, NULL, 0);
  add (f, ASP_EVENT_BREAK_STARTED, "running", 1);
  add (f, ASP_EVENT_BREAK_INSERTED, "scheduled", 2);
  add (f, ASP_EVENT_BREAK_SKIPPED, "skipped", 3);
  reopen (f);
  assert_open (f, "running");
  g_assert_cmpuint (asp_event_history_end_open (f->history, BEGIN_US), ==, 3);
  settle (f);
  assert_open (f, NULL);
  assert_state (f, "running", "ended");
  assert_state (f, "scheduled", "cancelled");
  said = asp_event_log_read (f->log, 4, "news", 10, NULL);
  g_assert_cmpuint (said->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpstr (((AspEvent *) said->pdata[i])->reason, ==, "interrupted");
  g_assert_cmpuint (((AspEvent *) said->pdata[2])->kind, ==, ASP_EVENT_STREAM_END);
  g_assert_cmpstr (((AspEvent *) said->pdata[2])->stream_id, ==, "st-1GI11DKd3yvJm8eWREJq6Xz");
  g_assert_cmpuint (asp_event_history_end_open (f->history, BEGIN_US), ==, 0);
  reopen (f);
  g_assert_cmpuint (asp_event_history_end_open (f->history, BEGIN_US), ==, 0);
}

static void
test_limits (Fixture * f, gconstpointer data)
{
  g_autofree gchar *text = NULL;
  g_autoptr (AspJson) root = NULL;
  const AspJson *events;
  gint64 number;

  for (guint i = 0; i < ASP_EVENT_HISTORY_BREAKS_MAX + 1; i++) {
    g_autofree gchar *id = g_strdup_printf ("%04u", i);

    add (f, ASP_EVENT_BREAK_SKIPPED, id, i);
  }
  settle (f);
  assert_state (f, "0000", NULL);
  assert_state (f, "0001", "skipped");
  assert_list (f, "0003", 10, "0002 0001 ");
  for (guint i = 0; i < ASP_EVENT_HISTORY_EVENTS_MAX + 10; i++)
    add (f, ASP_EVENT_BREAK_INSERTED, "many", i);
  settle (f);
  text = break_text (f, "many", FALSE);
  root = asp_json_parse (text, strlen (text), NULL);
  events = asp_json_member (root, "events");
  g_assert_cmpuint (asp_json_length (events), ==, ASP_EVENT_HISTORY_EVENTS_MAX);
  g_assert_true (asp_json_integer (asp_json_member (asp_json_element (events, 1), "number"), &number));
  g_assert_cmpint (number, ==, ASP_EVENT_HISTORY_BREAKS_MAX + 1 + 1 + 1 + 10 + 1);
}

/* As much as the log keeps: what that costs at the start, and that no more of it stays. */
static void
test_long (Fixture * f, gconstpointer data)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gint64 begin_us;

  close_all (f);
  if (f->path)
    f->store = asp_store_open (f->path, FALSE, NULL);
  for (guint i = 0; i < ASP_EVENT_LOG_KEEP + 2000; i++) {
    g_autofree gchar *id = g_strdup_printf ("%u", i / 8);
    g_autofree gchar *channel = g_strdup_printf ("channel%u", i / 8 % 200);
    g_autoptr (AspEvent) e = asp_event_new (i % 8 == 0 ? ASP_EVENT_BREAK_STARTED : i % 8 == 7 ? ASP_EVENT_BREAK_ENDED
        : i % 2 ? ASP_EVENT_CREATIVE_STARTED : ASP_EVENT_CREATIVE_ENDED, channel, id, BEGIN_US);

    e->pts90k = i;
    asp_event_set_text (&e->creative_id, "creative");
    g_ptr_array_add (values, asp_event_to_bytes (e));
    if (values->len == 1000) {
      g_assert_true (asp_store_append_many (f->store, ASP_EVENT_LOG_NAME, (GBytes **) values->pdata, 1000, NULL, NULL));
      g_ptr_array_set_size (values, 0);
    }
  }
  if (f->path)
    asp_store_free (f->store);
  begin_us = g_get_monotonic_time ();
  open_all (f);
  g_test_message ("%u events are folded in %.0f ms", ASP_EVENT_LOG_KEEP + 2000,
      (g_get_monotonic_time () - begin_us) / 1e3);
  {
    g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

    asp_json_begin_object (w, NULL);
    g_assert_false (asp_event_history_write_break (f->history, "channel0", "0", w));
    g_assert_false (asp_event_history_write_break (f->history, "channel49", "249", w));
    g_assert_true (asp_event_history_write_break (f->history, "channel50", "250", w));
  }
}

static void
add_both (const gchar * name, void (*func) (Fixture *, gconstpointer))
{
  g_autofree gchar *memory = g_strconcat ("/event-history/memory/", name, NULL);
  g_autofree gchar *file = g_strconcat ("/event-history/file/", name, NULL);

  g_test_add (memory, Fixture, NULL, setup, func, teardown);
  g_test_add (file, Fixture, "file", setup, func, teardown);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_both ("states", test_states);
  add_both ("open", test_open);
  add_both ("golden", test_golden);
  add_both ("interrupted", test_interrupted);
  add_both ("reason", test_reason);
  g_test_add ("/event-history/limits", Fixture, NULL, setup, test_limits, teardown);
  g_test_add ("/event-history/long", Fixture, "file", setup, test_long, teardown);
  return g_test_run ();
}
