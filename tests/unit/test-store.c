/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One suite for every back-end of the store; and what only a file can be asked: that it is
 * there after a kill at any moment, and who may open it.
 */
#include "scratch.h"

#include <asp-store.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  gchar *folder, *path;         /* NULL: memory */
  AspStore *store;
  gint64 now_us;
} Fixture;

static gint64
hand_set (gpointer user_data)
{
  return ((Fixture *) user_data)->now_us;
}

static AspStore *
open_good (const gchar * path)
{
  g_autoptr (GError) error = NULL;
  AspStore *store = asp_store_open (path, FALSE, &error);

  g_assert_no_error (error);
  return store;
}

static void
setup (Fixture * f, gconstpointer data)
{
  if (data) {
    f->folder = scratch_folder_new ("store");
    f->path = g_build_filename (f->folder, "state", "adsplice.db", NULL);
  }
  f->store = f->path ? open_good (f->path) : asp_store_new_memory ();
  f->now_us = 1000;
  asp_store_set_clock (f->store, hand_set, f);
}

static void
teardown (Fixture * f, gconstpointer data)
{
  asp_store_free (f->store);
  if (f->folder) {
    g_autofree gchar *state = g_path_get_dirname (f->path);
    g_autofree gchar *wal = g_strconcat (f->path, "-wal", NULL);
    g_autofree gchar *shm = g_strconcat (f->path, "-shm", NULL);

    g_unlink (f->path);
    g_unlink (wal);
    g_unlink (shm);
    g_assert_cmpint (g_rmdir (state), ==, 0);
    g_rmdir (f->folder);
  }
  g_free (f->folder);
  g_free (f->path);
}

static GBytes *
text (const gchar * value)
{
  return g_bytes_new (value, strlen (value));
}

static guint64
put_new (Fixture * f, const gchar * key, const gchar * value, gint64 expires_us)
{
  g_autoptr (GBytes) bytes = text (value);
  g_autoptr (GError) error = NULL;
  guint64 version = 0;

  asp_store_put_if_absent (f->store, key, bytes, expires_us, &version, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (version, >, 0);
  return version;
}

static void
assert_value (Fixture * f, const gchar * key, const gchar * value, guint64 version)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) expected = text (value);
  guint64 found;

  g_assert_true (asp_store_get (f->store, key, &bytes, &found, NULL));
  g_assert_true (g_bytes_equal (bytes, expected));
  g_assert_cmpuint (found, ==, version);
}

static void
assert_absent (Fixture * f, const gchar * key)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (asp_store_get (f->store, key, NULL, NULL, &error));
  g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_ABSENT);
}

static void
test_keys (Fixture * f, gconstpointer data)
{
  g_autoptr (GBytes) other = text ("two");
  g_autoptr (GError) error = NULL;
  guint64 first, second, third;

  assert_absent (f, "a/b");
  first = put_new (f, "a/b", "one", 0);
  assert_value (f, "a/b", "one", first);
  g_assert_false (asp_store_put_if_absent (f->store, "a/b", other, 0, NULL, &error));
  g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_true (asp_store_put_if_version (f->store, "a/b", first, other, 0, &second, NULL));
  g_assert_cmpuint (second, >, first);
  assert_value (f, "a/b", "two", second);
  g_assert_false (asp_store_put_if_version (f->store, "a/b", first, other, 0, NULL, &error));
  g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_VERSION);
  g_clear_error (&error);
  g_assert_false (asp_store_put_if_version (f->store, "a/c", first, other, 0, NULL, &error));
  g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_VERSION);
  g_clear_error (&error);
  g_assert_false (asp_store_put_if_version (f->store, "a/c", 0, other, 0, NULL, &error));
  g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_VERSION);
  g_assert_true (asp_store_put_if_version (f->store, "a/b", second, NULL, 0, NULL, NULL));
  assert_absent (f, "a/b");
  /* what is made again is not what was */
  third = put_new (f, "a/b", "three", 0);
  g_assert_cmpuint (third, >, second);
}

static void
test_values (Fixture * f, gconstpointer data)
{
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr (GBytes) binary = g_bytes_new ("\0\xff\0", 3);
  g_autofree gchar *large_text = g_malloc0 (ASP_STORE_VALUE_MAX + 1);
  g_autoptr (GBytes) largest = g_bytes_new_static (large_text, ASP_STORE_VALUE_MAX);
  g_autoptr (GBytes) larger = g_bytes_new_static (large_text, ASP_STORE_VALUE_MAX + 1);
  g_autofree gchar *long_key = g_strnfill (ASP_STORE_KEY_MAX, 'k');
  g_autofree gchar *longer_key = g_strnfill (ASP_STORE_KEY_MAX + 1, 'k');
  const gchar *bad[] = { "", longer_key, "a\nb", "\xff" };
  g_autoptr (GBytes) found = NULL;

  g_assert_true (asp_store_put_if_absent (f->store, "empty", empty, 0, NULL, NULL));
  g_assert_true (asp_store_put_if_absent (f->store, "bin\xc3\xa4r", binary, 0, NULL, NULL));
  g_assert_true (asp_store_put_if_absent (f->store, long_key, largest, 0, NULL, NULL));
  g_assert_true (asp_store_get (f->store, "bin\xc3\xa4r", &found, NULL, NULL));
  g_assert_true (g_bytes_equal (found, binary));
  g_clear_pointer (&found, g_bytes_unref);
  g_assert_true (asp_store_get (f->store, "empty", &found, NULL, NULL));
  g_assert_cmpuint (g_bytes_get_size (found), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (bad) + 1; i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (asp_store_put_if_absent (f->store, i < G_N_ELEMENTS (bad) ? bad[i] : "large",
            i < G_N_ELEMENTS (bad) ? empty : larger, 0, NULL, &error));
    g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_VALUE);
  }
}

static void
test_prefixes (Fixture * f, gconstpointer data)
{
  static const gchar *const keys[] = { "b", "a/2", "a/1", "a", "a/10", "A/1", "a0", "a/%_" };
  static const gchar *const expected[] = { "a/%_", "a/1", "a/10", "a/2" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    put_new (f, keys[i], keys[i], i == 2 ? 5000 : 0);
  {
    g_autoptr (GPtrArray) below = asp_store_get_all (f->store, "a/", 0, NULL);
    g_autoptr (GPtrArray) all = asp_store_get_all (f->store, "", 0, NULL);
    g_autoptr (GPtrArray) two = asp_store_get_all (f->store, "a/", 2, NULL);
    g_autoptr (GPtrArray) none = asp_store_get_all (f->store, "c", 0, NULL);

    g_assert_cmpuint (below->len, ==, 4);
    for (guint i = 0; i < 4; i++)
      g_assert_cmpstr (((AspStoreItem *) below->pdata[i])->key, ==, expected[i]);
    g_assert_cmpuint (all->len, ==, 8);
    g_assert_cmpuint (two->len, ==, 2);
    g_assert_cmpuint (none->len, ==, 0);
  }
  f->now_us = 5000;
  {
    g_autoptr (GPtrArray) below = asp_store_get_all (f->store, "a/", 0, NULL);

    g_assert_cmpuint (below->len, ==, 3);
  }
}

static void
test_expiry (Fixture * f, gconstpointer data)
{
  g_autoptr (GBytes) value = text ("new");
  guint64 version = put_new (f, "k", "v", 2000), again;
  g_autoptr (GError) error = NULL;

  f->now_us = 1999;
  assert_value (f, "k", "v", version);
  f->now_us = 2000;
  assert_absent (f, "k");
  g_assert_false (asp_store_put_if_version (f->store, "k", version, value, 0, NULL, &error));
  g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_VERSION);
  g_clear_error (&error);
  g_assert_false (asp_store_expire (f->store, "k", 0, &error));
  g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_ABSENT);
  again = put_new (f, "k", "w", 0);
  g_assert_cmpuint (again, >, version);
  g_assert_true (asp_store_expire (f->store, "k", 3000, NULL));
  assert_value (f, "k", "w", again);
  g_assert_true (asp_store_sweep (f->store, NULL));
  assert_value (f, "k", "w", again);
  f->now_us = 3000;
  g_assert_true (asp_store_sweep (f->store, NULL));
  f->now_us = 1000;
  assert_absent (f, "k");
}

static guint64
append (Fixture * f, const gchar * log, const gchar * value)
{
  g_autoptr (GBytes) bytes = text (value);
  guint64 number = 0;

  g_assert_true (asp_store_append (f->store, log, bytes, &number, NULL));
  return number;
}

static void
test_logs (Fixture * f, gconstpointer data)
{
  for (guint i = 1; i <= 10; i++) {
    g_autofree gchar *value = g_strdup_printf ("%u", i);

    f->now_us = 100 * i;
    g_assert_cmpuint (append (f, "events", value), ==, i);
  }
  g_assert_cmpuint (append (f, "other", "x"), ==, 1);
  {
    g_autoptr (GPtrArray) all = asp_store_read (f->store, "events", 0, 0, NULL);
    g_autoptr (GPtrArray) some = asp_store_read (f->store, "events", 7, 2, NULL);
    g_autoptr (GPtrArray) none = asp_store_read (f->store, "events", 10, 0, NULL);
    g_autoptr (GPtrArray) unknown = asp_store_read (f->store, "unknown", 0, 0, NULL);
    AspStoreEntry *e = some->pdata[0];

    g_assert_cmpuint (all->len, ==, 10);
    g_assert_cmpuint (some->len, ==, 2);
    g_assert_cmpuint (e->number, ==, 8);
    g_assert_cmpint (e->time_us, ==, 800);
    g_assert_cmpint (((gchar *) g_bytes_get_data (e->value, NULL))[0], ==, '8');
    g_assert_cmpuint (none->len, ==, 0);
    g_assert_cmpuint (unknown->len, ==, 0);
  }
  g_assert_true (asp_store_expire_log (f->store, "events", 8, NULL));
  {
    g_autoptr (GPtrArray) left = asp_store_read (f->store, "events", 0, 0, NULL);

    g_assert_cmpuint (left->len, ==, 2);
    g_assert_cmpuint (((AspStoreEntry *) left->pdata[0])->number, ==, 9);
  }
  /* also of an empty log the numbers go on */
  g_assert_true (asp_store_expire_log (f->store, "events", G_MAXUINT64, NULL));
  g_assert_cmpuint (append (f, "events", "11"), ==, 11);
}

static guint64
last_of (Fixture * f, const gchar * log)
{
  guint64 number = 99;

  g_assert_true (asp_store_last (f->store, log, &number, NULL));
  return number;
}

/* Several at once: numbers in a row, all of them or none. */
static void
test_append_many (Fixture * f, gconstpointer data)
{
  g_autofree gchar *zeros = g_malloc0 (ASP_STORE_VALUE_MAX + 1);
  g_autoptr (GBytes) large = g_bytes_new_static (zeros, ASP_STORE_VALUE_MAX + 1);
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GError) error = NULL;
  guint64 first = 0;

  g_assert_cmpuint (last_of (f, "events"), ==, 0);
  g_assert_cmpuint (append (f, "events", "0"), ==, 1);
  for (guint i = 0; i < ASP_STORE_APPEND_MAX; i++) {
    g_autofree gchar *value = g_strdup_printf ("%u", i);

    g_ptr_array_add (values, text (value));
  }
  g_assert_true (asp_store_append_many (f->store, "events", (GBytes **) values->pdata, values->len,
          &first, NULL));
  g_assert_cmpuint (first, ==, 2);
  g_assert_cmpuint (last_of (f, "events"), ==, 1 + ASP_STORE_APPEND_MAX);
  {
    g_autoptr (GPtrArray) all = asp_store_read (f->store, "events", 1, 0, NULL);

    g_assert_cmpuint (all->len, ==, values->len);
    for (guint i = 0; i < all->len; i++) {
      g_assert_cmpuint (((AspStoreEntry *) all->pdata[i])->number, ==, i + 2);
      g_assert_true (g_bytes_equal (((AspStoreEntry *) all->pdata[i])->value, values->pdata[i]));
    }
  }
  g_bytes_unref (values->pdata[2]);
  values->pdata[2] = g_bytes_ref (large);
  g_assert_false (asp_store_append_many (f->store, "events", (GBytes **) values->pdata, 3, NULL,
          &error));
  g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_VALUE);
  g_assert_cmpuint (last_of (f, "events"), ==, 1 + ASP_STORE_APPEND_MAX);
  g_assert_true (asp_store_expire_log (f->store, "events", G_MAXUINT64, NULL));
  g_assert_cmpuint (last_of (f, "events"), ==, 1 + ASP_STORE_APPEND_MAX);
  g_assert_cmpuint (last_of (f, "other"), ==, 0);
}

typedef struct
{
  Fixture *f;
  GString *told;
  guint id;
} Watcher;

static void
on_changed (const gchar * name, guint64 number, gpointer user_data)
{
  Watcher *w = user_data;

  g_string_append_printf (w->told, "%s%s ", name, number ? "" : "-");
  /* the store may be used from here, and the watch be ended */
  asp_store_get (w->f->store, name, NULL, NULL, NULL);
  if (!strcmp (name, "w/last"))
    asp_store_unwatch (w->f->store, w->id);
}

static void
test_watch (Fixture * f, gconstpointer data)
{
  Watcher w = { f, g_string_new (NULL), 0 };
  guint64 version;

  w.id = asp_store_watch (f->store, "w/", on_changed, &w);
  version = put_new (f, "w/1", "x", 0);
  put_new (f, "v/1", "x", 0);
  append (f, "w/log", "x");
  g_assert_false (asp_store_put_if_version (f->store, "w/1", version + 99, NULL, 0, NULL, NULL));
  g_assert_true (asp_store_put_if_version (f->store, "w/1", version, NULL, 0, NULL, NULL));
  put_new (f, "w/last", "x", 0);
  put_new (f, "w/2", "x", 0);
  asp_store_unwatch (f->store, w.id);
  g_assert_cmpstr (w.told->str, ==, "w/1 w/log w/1- w/last ");
  g_string_free (w.told, TRUE);
}

#define WRITERS 4
#define WRITES 50

/* Adds one to a number, until it is what it was not changed by others. */
static gpointer
count_up (gpointer data)
{
  Fixture *f = data;

  for (guint i = 0; i < WRITES;) {
    g_autoptr (GBytes) old = NULL;
    g_autoptr (GBytes) next = NULL;
    g_autofree gchar *value = NULL;
    guint64 version;

    g_assert_true (asp_store_get (f->store, "n", &old, &version, NULL));
    value = g_strdup_printf ("%08d", atoi (g_bytes_get_data (old, NULL)) + 1);
    next = g_bytes_new (value, 9);
    if (asp_store_put_if_version (f->store, "n", version, next, 0, NULL, NULL))
      i++;
  }
  return NULL;
}

static void
test_writers (Fixture * f, gconstpointer data)
{
  g_autoptr (GBytes) zero = g_bytes_new ("00000000", 9);
  g_autoptr (GBytes) found = NULL;
  GThread *threads[WRITERS];

  g_assert_true (asp_store_put_if_absent (f->store, "n", zero, 0, NULL, NULL));
  for (guint i = 0; i < WRITERS; i++)
    threads[i] = g_thread_new ("writer", count_up, f);
  for (guint i = 0; i < WRITERS; i++)
    g_thread_join (threads[i]);
  g_assert_true (asp_store_get (f->store, "n", &found, NULL, NULL));
  g_assert_cmpint (atoi (g_bytes_get_data (found, NULL)), ==, WRITERS * WRITES);
}

/* -- files only -- */

static void
test_reopen (Fixture * f, gconstpointer data)
{
  guint64 version = put_new (f, "k", "v", 0);
  AspStore *second = open_good (f->path);
  g_autoptr (GBytes) value = text ("w");
  guint64 later;
  GStatBuf status;

  append (f, "log", "1");
  /* another process would see the same */
  g_assert_true (asp_store_put_if_version (second, "k", version, value, 0, &later, NULL));
  assert_value (f, "k", "w", later);
  asp_store_free (second);
  asp_store_free (f->store);
  f->store = open_good (f->path);
  asp_store_set_clock (f->store, hand_set, f);
  assert_value (f, "k", "w", later);
  g_assert_cmpuint (append (f, "log", "2"), ==, 2);
  g_assert_cmpuint (put_new (f, "new", "v", 0), >, later);
  g_assert_cmpint (g_stat (f->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
}

static void
test_not_ours (Fixture * f, gconstpointer data)
{
  g_autofree gchar *other = g_build_filename (f->folder, "other", NULL);
  g_autofree gchar *below = g_build_filename (other, "x.db", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (other, "this is no database, and never was one", -1, NULL));
  g_assert_null (asp_store_open (other, TRUE, &error));
  g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_OPEN);
  g_test_message ("%s", error->message);
  g_clear_error (&error);
  g_assert_null (asp_store_open (below, TRUE, &error));
  g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_OPEN);
  g_test_message ("%s", error->message);
  g_unlink (other);
}

/* Bytes 60 to 63 of an SQLite file are its user_version, our schema. */
static void
test_later_schema (Fixture * f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *file = NULL;
  gsize size;

  put_new (f, "k", "v", 0);
  asp_store_free (f->store);
  g_assert_true (g_file_get_contents (f->path, &file, &size, NULL));
  g_assert_cmpint (file[63], ==, ASP_STORE_SCHEMA);
  file[63]++;
  g_assert_true (g_file_set_contents (f->path, file, size, NULL));
  g_assert_null (asp_store_open (f->path, TRUE, &error));
  g_assert_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_OPEN);
  g_assert_nonnull (strstr (error->message, "later"));
  file[63]--;
  g_assert_true (g_file_set_contents (f->path, file, size, NULL));
  f->store = open_good (f->path);
  asp_store_set_clock (f->store, hand_set, f);
  g_assert_true (asp_store_get (f->store, "k", NULL, NULL, NULL));
}

/* Says each number that was acknowledged, until it is killed. */
static void
write_for_ever (const gchar * path, int out)
{
  AspStore *store = asp_store_open (path, FALSE, NULL);
  guint64 number;

  for (;;) {
    g_autoptr (GBytes) value = g_bytes_new_static ("event", 5);

    if (!store || !asp_store_append (store, "log", value, &number, NULL) ||
        write (out, &number, sizeof number) != sizeof number)
      _exit (1);
  }
}

static void
test_kill (Fixture * f, gconstpointer data)
{
  guint64 acknowledged = 0;

  asp_store_free (f->store);
  for (guint round = 0; round < 20; round++) {
    int pipes[2], status;
    guint64 number;
    pid_t child;

    g_assert_cmpint (pipe (pipes), ==, 0);
    child = fork ();
    if (child == 0) {
      close (pipes[0]);
      write_for_ever (f->path, pipes[1]);
    }
    close (pipes[1]);
    /* once it has begun, at whatever moment */
    g_assert_cmpint (read (pipes[0], &number, sizeof number), ==, sizeof number);
    g_usleep (g_test_rand_int_range (0, 5000));
    kill (child, SIGKILL);
    do
      acknowledged = number;
    while (read (pipes[0], &number, sizeof number) == sizeof number);
    close (pipes[0]);
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    {
      AspStore *store = open_good (f->path);
      g_autoptr (GPtrArray) all = asp_store_read (store, "log", 0, 0, NULL);

      /* all that was said, at most one more, none missing, none twice */
      g_assert_cmpuint (all->len, >=, acknowledged);
      g_assert_cmpuint (all->len, <=, acknowledged + 1);
      for (guint i = 0; i < all->len; i++)
        g_assert_cmpuint (((AspStoreEntry *) all->pdata[i])->number, ==, i + 1);
      asp_store_free (store);
    }
  }
  g_test_message ("%" G_GUINT64_FORMAT " writes over 20 kills", acknowledged);
  f->store = open_good (f->path);
}

static void
add_both (const gchar * name, void (*func) (Fixture *, gconstpointer))
{
  g_autofree gchar *memory = g_strconcat ("/store/memory/", name, NULL);
  g_autofree gchar *file = g_strconcat ("/store/file/", name, NULL);

  g_test_add (memory, Fixture, NULL, setup, func, teardown);
  g_test_add (file, Fixture, "file", setup, func, teardown);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_both ("keys", test_keys);
  add_both ("values", test_values);
  add_both ("prefixes", test_prefixes);
  add_both ("expiry", test_expiry);
  add_both ("logs", test_logs);
  add_both ("append-many", test_append_many);
  add_both ("watch", test_watch);
  add_both ("writers", test_writers);
  g_test_add ("/store/file/reopen", Fixture, "file", setup, test_reopen, teardown);
  g_test_add ("/store/file/not-ours", Fixture, "file", setup, test_not_ours, teardown);
  g_test_add ("/store/file/later-schema", Fixture, "file", setup, test_later_schema, teardown);
  g_test_add ("/store/file/kill", Fixture, "file", setup, test_kill, teardown);
  return g_test_run ();
}
