/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The event log, over a store in memory and one in a file: numbers without holes nor doubles from
 * any threads and over restarts, readers and watches, and a store that fails for a while.
 */
#include "patience.h"
#include "scratch.h"

#include <asp-event-log.h>
#include <asp-store-private.h>

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  gchar *path;                  /* NULL: memory */
  AspStore *store;
  AspEventLog *log;
} Fixture;

static void
open_log (Fixture * f)
{
  g_autoptr (GError) error = NULL;

  if (f->path)
    f->store = asp_store_open (f->path, FALSE, &error);
  else if (!f->store)
    f->store = asp_store_new_memory ();
  g_assert_no_error (error);
  f->log = asp_event_log_new (f->store, &error);
  g_assert_no_error (error);
}

static void
close_log (Fixture * f)
{
  asp_event_log_free (f->log);
  if (f->path)
    g_clear_pointer (&f->store, asp_store_free);
}

static void
setup (Fixture * f, gconstpointer data)
{
  if (data) {
    g_autofree gchar *folder = scratch_folder_new ("event-log");

    f->path = g_build_filename (folder, "s.db", NULL);
  }
  open_log (f);
}

static void
teardown (Fixture * f, gconstpointer data)
{
  close_log (f);
  asp_store_free (f->store);
  g_free (f->path);
}

static guint64
add_at (AspEventLog * log, const gchar * channel, gint64 pts90k)
{
  AspEvent *e = asp_event_new (ASP_EVENT_BREAK_STARTED, channel, "hSi2o1WIVgij", g_get_real_time ());

  e->pts90k = pts90k;
  return asp_event_log_add (log, e);
}

static void
wait_for (AspEventLog * log, guint64 last)
{
  gint64 end_us = g_get_monotonic_time () + PATIENCE * 20 * G_USEC_PER_SEC;

  while (asp_event_log_last (log) < last) {
    g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    g_usleep (500);
  }
}

/* Events @first to @last, of which the position is what was written, and no other. */
static void
assert_events (AspEventLog * log, guint64 since, const gchar * channel, guint max, guint64 first, guint64 last)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) found = asp_event_log_read (log, since, channel, max, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (found->len, ==, last + 1 - first);
  for (guint i = 0; i < found->len; i++) {
    const AspEvent *e = found->pdata[i];

    g_assert_cmpuint (e->number, ==, first + i);
    g_assert_cmpint (e->pts90k, ==, first + i);
  }
}

static void
test_read (Fixture * f, gconstpointer data)
{
  AspEventLogState state;
  g_autofree gchar *id = g_strdup (asp_event_log_id (f->log));

  g_assert_cmpuint (strlen (id), ==, 22);
  g_assert_cmpuint (strspn (id, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_"), ==, 22);
  g_assert_cmpuint (asp_event_log_last (f->log), ==, 0);
  assert_events (f->log, 0, NULL, 10, 1, 0);
  for (guint i = 1; i <= 100; i++)
    g_assert_cmpuint (add_at (f->log, "a", i), ==, i);
  wait_for (f->log, 100);
  assert_events (f->log, 0, NULL, 1000, 1, 100);
  assert_events (f->log, 40, NULL, 10, 41, 50);
  assert_events (f->log, 100, NULL, 10, 1, 0);
  assert_events (f->log, G_MAXUINT64, NULL, 10, 1, 0);
  close_log (f);
  open_log (f);
  /* none of them is in memory now */
  g_assert_cmpstr (asp_event_log_id (f->log), ==, id);
  g_assert_cmpuint (asp_event_log_last (f->log), ==, 100);
  assert_events (f->log, 0, NULL, 1000, 1, 100);
  assert_events (f->log, 40, NULL, 10, 41, 50);
  assert_events (f->log, 100, NULL, 10, 1, 0);
  g_assert_cmpuint (add_at (f->log, "a", 101), ==, 101);
  wait_for (f->log, 101);
  assert_events (f->log, 99, NULL, 10, 100, 101);
  asp_event_log_get_state (f->log, &state);
  g_assert_cmpuint (state.last, ==, 101);
  g_assert_cmpuint (state.waiting, ==, 0);
  g_assert_cmpuint (state.lost, ==, 0);
  g_assert_null (state.error);
}

/* Half of what is asked for stands in memory, half does not; and it is of two channels. */
static void
test_channels (Fixture * f, gconstpointer data)
{
  for (guint i = 1; i <= 3000; i++)
    add_at (f->log, i % 2 ? "odd" : "even", i);
  wait_for (f->log, 3000);
  for (guint pass = 0; pass < 2; pass++) {
    g_autoptr (GPtrArray) odd = asp_event_log_read (f->log, 0, "odd", 10000, NULL);
    g_autoptr (GPtrArray) some = asp_event_log_read (f->log, 500, "even", 700, NULL);
    g_autoptr (GPtrArray) none = asp_event_log_read (f->log, 0, "eve", 10000, NULL);

    g_assert_cmpuint (odd->len, ==, 1500);
    g_assert_cmpuint (some->len, ==, 700);
    g_assert_cmpuint (none->len, ==, 0);
    for (guint i = 0; i < odd->len; i++)
      g_assert_cmpuint (((AspEvent *) odd->pdata[i])->number, ==, 2 * i + 1);
    for (guint i = 0; i < some->len; i++)
      g_assert_cmpuint (((AspEvent *) some->pdata[i])->number, ==, 502 + 2 * i);
    assert_events (f->log, 0, NULL, 10000, 1, 3000);
    assert_events (f->log, 900, NULL, 100, 901, 1000);
    close_log (f);
    open_log (f);
  }
}

#define THREADS 4
#define EACH 2000

typedef struct
{
  AspEventLog *log;
  guint64 numbers[EACH];
} Adder;

static gpointer
add_many (gpointer data)
{
  Adder *a = data;

  for (guint i = 0; i < EACH; i++) {
    a->numbers[i] = add_at (a->log, "c", i);
    if (i % 500 == 0)
      g_usleep (1000);
  }
  return NULL;
}

typedef struct
{
  GMutex lock;
  GCond cond;
  guint64 last;
  guint calls;
} Seen;

static void
on_grew (gpointer user_data, guint64 last)
{
  Seen *seen = user_data;

  g_mutex_lock (&seen->lock);
  g_assert_cmpuint (last, >, seen->last);
  seen->last = last;
  seen->calls++;
  g_cond_signal (&seen->cond);
  g_mutex_unlock (&seen->lock);
}

static void
wait_seen (Seen * seen, guint64 last)
{
  gint64 end_us = g_get_monotonic_time () + PATIENCE * 20 * G_USEC_PER_SEC;

  g_mutex_lock (&seen->lock);
  while (seen->last < last)
    g_assert_true (g_cond_wait_until (&seen->cond, &seen->lock, end_us));
  g_mutex_unlock (&seen->lock);
}

/* From several threads at once: every number once, each thread's own ones rising. */
static void
test_threads (Fixture * f, gconstpointer data)
{
  g_autofree Adder *adders = g_new0 (Adder, THREADS);
  g_autofree guint8 *given = g_new0 (guint8, THREADS * EACH + 1);
  GThread *threads[THREADS];
  Seen seen = { 0, };
  guint id = asp_event_log_watch (f->log, on_grew, &seen);
  gint64 begin_us = g_get_monotonic_time ();

  for (guint t = 0; t < THREADS; t++) {
    adders[t].log = f->log;
    threads[t] = g_thread_new ("adder", add_many, &adders[t]);
  }
  for (guint t = 0; t < THREADS; t++)
    g_thread_join (threads[t]);
  wait_seen (&seen, THREADS * EACH);
  g_test_message ("%.0f events/s, %u writes", THREADS * EACH * 1e6 / (g_get_monotonic_time () - begin_us), seen.calls);
  for (guint t = 0; t < THREADS; t++) {
    for (guint i = 0; i < EACH; i++) {
      guint64 number = adders[t].numbers[i];

      g_assert_cmpuint (number, >, i ? adders[t].numbers[i - 1] : 0);
      g_assert_cmpuint (number, <=, THREADS * EACH);
      g_assert_cmpuint (given[number]++, ==, 0);
    }
  }
  asp_event_log_unwatch (f->log, id);
  {
    g_autoptr (GPtrArray) all = asp_event_log_read (f->log, 0, NULL, G_MAXUINT, NULL);
    g_autoptr (GPtrArray) stored = asp_store_read (f->store, ASP_EVENT_LOG_NAME, 0, 0, NULL);

    g_assert_cmpuint (all->len, ==, THREADS * EACH);
    for (guint i = 0; i < all->len; i++)
      g_assert_cmpuint (((AspEvent *) all->pdata[i])->number, ==, i + 1);
    /* and what stands in the store says the same number of itself */
    for (guint i = 0; i < stored->len; i++) {
      AspStoreEntry *entry = stored->pdata[i];
      g_autoptr (AspEvent) e = asp_event_parse (g_bytes_get_data (entry->value, NULL),
          g_bytes_get_size (entry->value), NULL);

      g_assert_cmpuint (e->number, ==, entry->number);
    }
  }
}

/* Behind unwatch nothing is called, whatever goes on meanwhile. */
static void
test_watch (Fixture * f, gconstpointer data)
{
  for (guint round = 0; round < 200; round++) {
    Seen *seen = g_new0 (Seen, 1), *other = g_new0 (Seen, 1);
    guint id = asp_event_log_watch (f->log, on_grew, seen);
    guint other_id = asp_event_log_watch (f->log, on_grew, other);

    for (guint i = 0; i < 3; i++)
      add_at (f->log, "c", i);
    if (round % 2)
      g_usleep (g_test_rand_int_range (0, 300));
    else
      wait_seen (seen, 3 * round + 3);
    asp_event_log_unwatch (f->log, id);
    g_free (seen);
    asp_event_log_unwatch (f->log, other_id);
    g_free (other);
  }
}

/* What is older than the log keeps is gone, and readers go on where it begins. */
static void
test_keep (Fixture * f, gconstpointer data)
{
  g_autoptr (GBytes) value = NULL;
  g_autoptr (GPtrArray) values = g_ptr_array_new ();
  g_autoptr (AspEvent) old = asp_event_new (ASP_EVENT_BREAK_ENDED, "old", NULL, 0);
  g_autoptr (GPtrArray) left = NULL, first = NULL;
  guint64 last;

  close_log (f);
  if (f->path)
    f->store = asp_store_open (f->path, FALSE, NULL);
  value = asp_event_to_bytes (old);
  for (guint i = 0; i < 1000; i++)
    g_ptr_array_add (values, value);
  for (guint i = 0; i < ASP_EVENT_LOG_KEEP / 1000 + 2; i++)
    g_assert_true (asp_store_append_many (f->store, ASP_EVENT_LOG_NAME, (GBytes **) values->pdata, 1000, NULL, NULL));
  if (f->path)
    asp_store_free (f->store);
  open_log (f);
  last = add_at (f->log, "new", 1);
  wait_for (f->log, last);
  close_log (f);
  open_log (f);
  left = asp_store_read (f->store, ASP_EVENT_LOG_NAME, 0, 0, NULL);
  g_assert_cmpuint (left->len, ==, ASP_EVENT_LOG_KEEP);
  first = asp_event_log_read (f->log, 5, NULL, 1, NULL);
  g_assert_cmpuint (((AspEvent *) first->pdata[0])->number, ==, last + 1 - ASP_EVENT_LOG_KEEP);
  g_ptr_array_unref (first);
  first = asp_event_log_read (f->log, 5, "new", 10, NULL);
  g_assert_cmpuint (first->len, ==, 1);
  g_assert_cmpuint (((AspEvent *) first->pdata[0])->number, ==, last);
}

/* A damaged entry is passed over, its number stays its own. */
static void
test_damaged (Fixture * f, gconstpointer data)
{
  static const gchar *const damage[] = { "", "{", "\xff", "{\"version\":9}" };
  g_autoptr (GPtrArray) found = NULL;

  add_at (f->log, "c", 1);
  close_log (f);
  if (f->path)
    f->store = asp_store_open (f->path, FALSE, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (damage); i++) {
    g_autoptr (GBytes) bytes = g_bytes_new_static (damage[i], strlen (damage[i]));

    g_assert_true (asp_store_append (f->store, ASP_EVENT_LOG_NAME, bytes, NULL, NULL));
  }
  if (f->path)
    asp_store_free (f->store);
  open_log (f);
  g_assert_cmpuint (add_at (f->log, "c", 6), ==, 6);
  wait_for (f->log, 6);
  found = asp_event_log_read (f->log, 0, NULL, 100, NULL);
  g_assert_cmpuint (found->len, ==, 2);
  g_assert_cmpuint (((AspEvent *) found->pdata[1])->number, ==, 6);
}

/* Somebody else writes into the same log: still no number is there twice. */
static void
test_foreign (Fixture * f, gconstpointer data)
{
  g_autoptr (AspEvent) foreign = asp_event_new (ASP_EVENT_BREAK_ENDED, "foreign", NULL, 0);
  g_autoptr (GBytes) value = NULL;
  g_autoptr (GPtrArray) found = NULL;

  value = asp_event_to_bytes (foreign);
  add_at (f->log, "c", 1);
  wait_for (f->log, 1);
  g_assert_true (asp_store_append (f->store, ASP_EVENT_LOG_NAME, value, NULL, NULL));
  add_at (f->log, "c", 3);
  wait_for (f->log, 3);
  g_assert_cmpuint (add_at (f->log, "c", 4), ==, 4);
  wait_for (f->log, 4);
  found = asp_event_log_read (f->log, 0, NULL, 100, NULL);
  g_assert_cmpuint (found->len, ==, 4);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (((AspEvent *) found->pdata[i])->number, ==, i + 1);
  g_assert_cmpstr (((AspEvent *) found->pdata[1])->channel, ==, "foreign");
  assert_events (f->log, 2, NULL, 100, 3, 4);
}

/* -- a store that fails -- */

typedef struct
{
  AspStore *inner;
  gint broken;                  /* atomic */
  gint tries;                   /* atomic: of appends that failed */
} Bad;

static gboolean
bad_get (gpointer self, const gchar * key, gint64 now_us, GBytes ** value, guint64 * version, GError ** error)
{
  return asp_store_get (((Bad *) self)->inner, key, value, version, error);
}

static gboolean
bad_put (gpointer self, const gchar * key, guint64 version, GBytes * value, gint64 expires_us, gint64 now_us,
    guint64 * new_version, GError ** error)
{
  return version ? asp_store_put_if_version (((Bad *) self)->inner, key, version, value, expires_us, new_version, error)
      : asp_store_put_if_absent (((Bad *) self)->inner, key, value, expires_us, new_version, error);
}

static gboolean
bad_append (gpointer self, const gchar * log, GBytes * const *values, guint n, gint64 now_us, guint64 * first,
    GError ** error)
{
  Bad *bad = self;

  if (!g_atomic_int_get (&bad->broken))
    return asp_store_append_many (bad->inner, log, values, n, first, error);
  g_atomic_int_inc (&bad->tries);
  g_set_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_DISK, "The store cannot be used: disk full");
  return FALSE;
}

static gboolean
bad_last (gpointer self, const gchar * log, guint64 * number, GError ** error)
{
  return asp_store_last (((Bad *) self)->inner, log, number, error);
}

static gboolean
bad_read (gpointer self, const gchar * log, guint64 after, guint max, GPtrArray * out, GError ** error)
{
  g_autoptr (GPtrArray) found = asp_store_read (((Bad *) self)->inner, log, after, max, error);

  for (guint i = 0; found && i < found->len; i++)
    g_ptr_array_add (out, g_steal_pointer (&found->pdata[i]));
  g_ptr_array_set_free_func (found, NULL);
  return TRUE;
}

static gboolean
bad_expire_log (gpointer self, const gchar * log, guint64 upto, GError ** error)
{
  return asp_store_expire_log (((Bad *) self)->inner, log, upto, error);
}

static void
bad_free (gpointer self)
{
  asp_store_free (((Bad *) self)->inner);
}

static AspStore *
bad_store (Bad * bad)
{
  static const AspStoreBackend backend = {.get = bad_get,.put = bad_put,.append = bad_append,.last = bad_last,
    .read = bad_read,.expire_log = bad_expire_log,.free = bad_free
  };

  bad->inner = asp_store_new_memory ();
  return asp_store_new (&backend, bad);
}

/* It is asked again until it works; nobody sees what is not in it, and nothing is lost or moved. */
static void
test_disk_full (void)
{
  Bad bad = { 0, };
  AspStore *store = bad_store (&bad);
  AspEventLog *log = asp_event_log_new (store, NULL);
  AspEventLogState state;
  gint64 begin_us;

  add_at (log, "c", 1);
  wait_for (log, 1);
  g_atomic_int_set (&bad.broken, 1);
  begin_us = g_get_monotonic_time ();
  for (guint i = 2; i <= 500; i++)
    g_assert_cmpuint (add_at (log, "c", i), ==, i);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, <, PROMPT_US);
  while (g_atomic_int_get (&bad.tries) < 2)
    g_usleep (1000);
  asp_event_log_get_state (log, &state);
  g_assert_cmpuint (state.last, ==, 1);
  g_assert_cmpuint (state.waiting, ==, 499);
  g_assert_nonnull (strstr (state.error, "disk full"));
  asp_event_log_state_clear (&state);
  assert_events (log, 0, NULL, 1000, 1, 1);
  g_atomic_int_set (&bad.broken, 0);
  wait_for (log, 500);
  asp_event_log_get_state (log, &state);
  g_assert_null (state.error);
  g_assert_cmpuint (state.lost, ==, 0);
  assert_events (log, 0, NULL, 1000, 1, 500);
  asp_event_log_free (log);
  asp_store_free (store);
}

/* It never comes back: memory is bounded, numbers stay whole, and the end is not waited for long. */
static void
test_disk_dead (void)
{
  Bad bad = { 0, };
  AspStore *store = bad_store (&bad);
  AspEventLog *log = asp_event_log_new (store, NULL);
  AspEventLogState state;
  guint64 taken = 0, number;
  gint64 begin_us;

  g_atomic_int_set (&bad.broken, 1);
  while ((number = add_at (log, "c", taken + 1)) != 0)
    g_assert_cmpuint (number, ==, ++taken);
  g_assert_cmpuint (taken, >=, ASP_EVENT_LOG_WAITING_MAX);
  g_assert_cmpuint (taken, <=, ASP_EVENT_LOG_WAITING_MAX + 1000);
  add_at (log, "c", 0);
  asp_event_log_get_state (log, &state);
  g_assert_cmpuint (state.lost, ==, 2);
  g_assert_cmpuint (state.waiting, ==, taken);
  asp_event_log_state_clear (&state);
  g_atomic_int_set (&bad.broken, 0);
  wait_for (log, taken);
  number = add_at (log, "c", taken + 1);
  g_assert_cmpuint (number, ==, taken + 1);
  wait_for (log, number);
  assert_events (log, 0, NULL, G_MAXUINT, 1, number);
  g_atomic_int_set (&bad.broken, 1);
  add_at (log, "c", number + 1);
  begin_us = g_get_monotonic_time ();
  asp_event_log_free (log);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, <, 1000000 + PROMPT_US);
  asp_store_free (store);
}

/* Also where each write waits for the disk: what comes meanwhile is written at once. */
static void
test_rate (gconstpointer data)
{
  gboolean durable = data != NULL;
  g_autofree gchar *folder = scratch_folder_new ("event-log");
  g_autofree gchar *path = g_build_filename (folder, "s.db", NULL);
  AspStore *store = asp_store_open (path, durable, NULL);
  AspEventLog *log = asp_event_log_new (store, NULL);
  gint64 begin_us = g_get_monotonic_time ();
  gdouble seconds;

  for (guint i = 1; i <= 10000; i++)
    add_at (log, "c", i);
  wait_for (log, 10000);
  seconds = (g_get_monotonic_time () - begin_us) / 1e6;
  g_test_message ("%.0f events/s%s", 10000 / seconds, durable ? ", durable" : "");
  g_assert_cmpfloat (10000 / seconds, >, 500. / PATIENCE);
  asp_event_log_free (log);
  asp_store_free (store);
}

static void
add_both (const gchar * name, void (*func) (Fixture *, gconstpointer))
{
  g_autofree gchar *memory = g_strconcat ("/event-log/memory/", name, NULL);
  g_autofree gchar *file = g_strconcat ("/event-log/file/", name, NULL);

  g_test_add (memory, Fixture, NULL, setup, func, teardown);
  g_test_add (file, Fixture, "file", setup, func, teardown);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_both ("read", test_read);
  add_both ("channels", test_channels);
  add_both ("threads", test_threads);
  add_both ("watch", test_watch);
  add_both ("keep", test_keep);
  add_both ("damaged", test_damaged);
  add_both ("foreign", test_foreign);
  g_test_add_data_func ("/event-log/file/rate", NULL, test_rate);
  g_test_add_data_func ("/event-log/file/rate-durable", "durable", test_rate);
  g_test_add_func ("/event-log/disk-full", test_disk_full);
  g_test_add_func ("/event-log/disk-dead", test_disk_dead);
  return g_test_run ();
}
