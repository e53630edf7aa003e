/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One file, write-ahead log. Every write is one transaction; `IMMEDIATE` where it reads first,
 * so that another process cannot come between. The counter gives versions, which are never used
 * twice; log_end keeps a log's last number when its entries are gone.
 */
#include "asp-store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 5000
#define WAL_PAGES 1000          /* then it is written back */

typedef enum
{
  GET, GET_ALL, NEXT_VERSION, INSERT, UPDATE, DELETE, DELETE_EXPIRED, NEXT_NUMBERS, LAST, APPEND,
  READ,
  EXPIRE, EXPIRE_LOG, SWEEP, BEGIN, COMMIT, ROLLBACK, N_STATEMENTS
} Statement;

/* ?1 is mostly the name, ?9 now. */
static const gchar *const sql[N_STATEMENTS] = {
  [GET] = "SELECT version, value FROM entry WHERE key=?1 AND (expires=0 OR expires>?9)",
  [GET_ALL] = "SELECT key, version, value FROM entry WHERE key>=?1 AND key<?1||char(1114111) AND "
      "(expires=0 OR expires>?9) ORDER BY key LIMIT ?3",
  [NEXT_VERSION] = "UPDATE counter SET value=value+1 RETURNING value",
  [INSERT] = "INSERT INTO entry(key,version,expires,value) VALUES(?1,?2,?3,?4)",
  [UPDATE] = "UPDATE entry SET version=?2, expires=?3, value=?4 WHERE key=?1 AND version=?5 AND "
      "(expires=0 OR expires>?9)",
  [DELETE] = "DELETE FROM entry WHERE key=?1 AND version=?5 AND (expires=0 OR expires>?9)",
  [DELETE_EXPIRED] = "DELETE FROM entry WHERE key=?1 AND expires<>0 AND expires<=?9",
  [NEXT_NUMBERS] = "INSERT INTO log_end(name,number) VALUES(?1,?2) ON CONFLICT(name) DO UPDATE SET "
      "number=number+?2 RETURNING number",
  [LAST] = "SELECT number FROM log_end WHERE name=?1",
  [APPEND] = "INSERT INTO log(name,number,time,value) VALUES(?1,?2,?9,?4)",
  [READ] = "SELECT number, time, value FROM log WHERE name=?1 AND number>?2 ORDER BY number LIMIT ?3",
  [EXPIRE] = "UPDATE entry SET expires=?3 WHERE key=?1 AND (expires=0 OR expires>?9)",
  [EXPIRE_LOG] = "DELETE FROM log WHERE name=?1 AND number<=?2",
  [SWEEP] = "DELETE FROM entry WHERE expires<>0 AND expires<=?9",
  [BEGIN] = "BEGIN IMMEDIATE",
  [COMMIT] = "COMMIT",
  [ROLLBACK] = "ROLLBACK",
};

/* From schema i to i + 1. */
static const gchar *const migrations[ASP_STORE_SCHEMA] = {
  "CREATE TABLE entry(key TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, "
      "expires INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
      "CREATE INDEX entry_expires ON entry(expires) WHERE expires<>0;"
      "CREATE TABLE log(name TEXT NOT NULL, number INTEGER NOT NULL, time INTEGER NOT NULL, "
      "value BLOB NOT NULL, PRIMARY KEY(name, number)) WITHOUT ROWID;"
      "CREATE TABLE log_end(name TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE counter(id INTEGER PRIMARY KEY CHECK(id=1), value INTEGER NOT NULL);"
      "INSERT INTO counter VALUES(1, 0);",
};

typedef struct
{
  gchar *path;
  sqlite3 *db;
  sqlite3_stmt *statements[N_STATEMENTS];
} File;

static gboolean
fail (File * f, gint code, GError ** error)
{
  g_set_error (error, ASP_STORE_ERROR, code, "The store '%s' cannot be %s: %s", f->path,
      code == ASP_STORE_ERROR_OPEN ? "opened" : "used", f->db ? sqlite3_errmsg (f->db) :
      "out of memory");
  return FALSE;
}

static sqlite3_stmt *
begin (File * f, Statement which, const gchar * name, gint64 now_us)
{
  sqlite3_stmt *s = f->statements[which];

  if (name)
    sqlite3_bind_text (s, 1, name, -1, SQLITE_STATIC);
  /* not every statement asks for it */
  sqlite3_bind_int64 (s, 9, now_us);
  return s;
}

static void
bind_bytes (sqlite3_stmt * s, int at, GBytes * bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  sqlite3_bind_blob (s, at, size > 0 ? data : "", size, SQLITE_STATIC);
}

static GBytes *
column_bytes (sqlite3_stmt * s, int at)
{
  gconstpointer data = sqlite3_column_blob (s, at);

  return g_bytes_new (data, sqlite3_column_bytes (s, at));
}

static int
end (sqlite3_stmt * s)
{
  int result = sqlite3_reset (s);

  sqlite3_clear_bindings (s);
  return result;
}

/* A statement without rows; @changes: (out) (optional). */
static gboolean
run (File * f, sqlite3_stmt * s, int *changes, GError ** error)
{
  int result = sqlite3_step (s);

  if (changes)
    *changes = sqlite3_changes (f->db);
  if (result != SQLITE_DONE && result != SQLITE_ROW)
    fail (f, ASP_STORE_ERROR_DISK, error);
  end (s);
  return result == SQLITE_DONE || result == SQLITE_ROW;
}

/* The number in the one row that comes back. */
static gboolean
run_number (File * f, sqlite3_stmt * s, guint64 * out, GError ** error)
{
  gboolean good = sqlite3_step (s) == SQLITE_ROW;

  if (good)
    *out = sqlite3_column_int64 (s, 0);
  /* what RETURNING has changed is whole only when it has been stepped to its end */
  good = good && sqlite3_step (s) == SQLITE_DONE;
  if (!good)
    fail (f, ASP_STORE_ERROR_DISK, error);
  end (s);
  return good;
}

static gboolean
open_transaction (File * f, GError ** error)
{
  return run (f, f->statements[BEGIN], NULL, error);
}

/* Ends it as @good says, and says whether all was. */
static gboolean
close_transaction (File * f, gboolean good, GError ** error)
{
  if (good && run (f, f->statements[COMMIT], NULL, error))
    return TRUE;
  if (!sqlite3_get_autocommit (f->db))
    run (f, f->statements[ROLLBACK], NULL, NULL);
  return FALSE;
}

static gboolean
file_get (gpointer self, const gchar * key, gint64 now_us, GBytes ** value, guint64 * version,
    GError ** error)
{
  File *f = self;
  sqlite3_stmt *s = begin (f, GET, key, now_us);
  int result = sqlite3_step (s);

  if (result == SQLITE_ROW) {
    *version = sqlite3_column_int64 (s, 0);
    *value = column_bytes (s, 1);
  } else if (result == SQLITE_DONE) {
    asp_store_fail_absent (key, error);
  } else {
    fail (f, ASP_STORE_ERROR_DISK, error);
  }
  end (s);
  return result == SQLITE_ROW;
}

static gboolean
file_get_all (gpointer self, const gchar * prefix, guint max, gint64 now_us, GPtrArray * out,
    GError ** error)
{
  File *f = self;
  sqlite3_stmt *s = begin (f, GET_ALL, prefix, now_us);
  int result;

  sqlite3_bind_int64 (s, 3, max);
  while ((result = sqlite3_step (s)) == SQLITE_ROW) {
    AspStoreItem *item = g_new (AspStoreItem, 1);

    item->key = g_strdup ((const gchar *) sqlite3_column_text (s, 0));
    item->version = sqlite3_column_int64 (s, 1);
    item->value = column_bytes (s, 2);
    g_ptr_array_add (out, item);
  }
  if (result != SQLITE_DONE)
    fail (f, ASP_STORE_ERROR_DISK, error);
  end (s);
  return result == SQLITE_DONE;
}

/* In a transaction. */
static gboolean
put_new (File * f, const gchar * key, GBytes * value, gint64 expires_us, gint64 now_us,
    guint64 * version, GError ** error)
{
  g_autoptr (GBytes) there = NULL;
  guint64 old;
  sqlite3_stmt *s;

  if (file_get (f, key, now_us, &there, &old, NULL))
    return asp_store_fail_exists (key, error);
  if (!run (f, begin (f, DELETE_EXPIRED, key, now_us), NULL, error) ||
      !run_number (f, f->statements[NEXT_VERSION], version, error))
    return FALSE;
  s = begin (f, INSERT, key, now_us);
  sqlite3_bind_int64 (s, 2, *version);
  sqlite3_bind_int64 (s, 3, expires_us);
  bind_bytes (s, 4, value);
  return run (f, s, NULL, error);
}

/* In a transaction. */
static gboolean
put_over (File * f, const gchar * key, guint64 version, GBytes * value, gint64 expires_us,
    gint64 now_us, guint64 * new_version, GError ** error)
{
  sqlite3_stmt *s;
  int changes;

  if (value && !run_number (f, f->statements[NEXT_VERSION], new_version, error))
    return FALSE;
  s = begin (f, value ? UPDATE : DELETE, key, now_us);
  sqlite3_bind_int64 (s, 5, version);
  if (value) {
    sqlite3_bind_int64 (s, 2, *new_version);
    sqlite3_bind_int64 (s, 3, expires_us);
    bind_bytes (s, 4, value);
  }
  if (!run (f, s, &changes, error))
    return FALSE;
  return changes > 0 ? TRUE : asp_store_fail_version (key, error);
}

static gboolean
file_put (gpointer self, const gchar * key, guint64 version, GBytes * value, gint64 expires_us,
    gint64 now_us, guint64 * new_version, GError ** error)
{
  File *f = self;
  gboolean good;

  if (!open_transaction (f, error))
    return FALSE;
  good = version == 0 ? put_new (f, key, value, expires_us, now_us, new_version, error) :
      put_over (f, key, version, value, expires_us, now_us, new_version, error);
  return close_transaction (f, good, error);
}

/* In a transaction: the last @n numbers up to @last are theirs. */
static gboolean
append_values (File * f, const gchar * log, GBytes * const *values, guint n, guint64 last,
    gint64 now_us, GError ** error)
{
  for (guint i = 0; i < n; i++) {
    sqlite3_stmt *s = begin (f, APPEND, log, now_us);

    sqlite3_bind_int64 (s, 2, last - n + 1 + i);
    bind_bytes (s, 4, values[i]);
    if (!run (f, s, NULL, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
file_append (gpointer self, const gchar * log, GBytes * const *values, guint n, gint64 now_us,
    guint64 * first, GError ** error)
{
  File *f = self;
  sqlite3_stmt *s;
  guint64 last = 0;
  gboolean good;

  if (!open_transaction (f, error))
    return FALSE;
  s = begin (f, NEXT_NUMBERS, log, now_us);
  sqlite3_bind_int64 (s, 2, n);
  good = run_number (f, s, &last, error) && append_values (f, log, values, n, last, now_us, error);
  *first = last - n + 1;
  return close_transaction (f, good, error);
}

static gboolean
file_last (gpointer self, const gchar * log, guint64 * number, GError ** error)
{
  File *f = self;
  sqlite3_stmt *s = begin (f, LAST, log, 0);
  int result = sqlite3_step (s);

  *number = result == SQLITE_ROW ? sqlite3_column_int64 (s, 0) : 0;
  if (result != SQLITE_ROW && result != SQLITE_DONE)
    fail (f, ASP_STORE_ERROR_DISK, error);
  end (s);
  return result == SQLITE_ROW || result == SQLITE_DONE;
}

static gboolean
file_read (gpointer self, const gchar * log, guint64 after, guint max, GPtrArray * out,
    GError ** error)
{
  File *f = self;
  sqlite3_stmt *s = begin (f, READ, log, 0);
  int result;

  sqlite3_bind_int64 (s, 2, after);
  sqlite3_bind_int64 (s, 3, max);
  while ((result = sqlite3_step (s)) == SQLITE_ROW) {
    AspStoreEntry *e = g_new (AspStoreEntry, 1);

    e->number = sqlite3_column_int64 (s, 0);
    e->time_us = sqlite3_column_int64 (s, 1);
    e->value = column_bytes (s, 2);
    g_ptr_array_add (out, e);
  }
  if (result != SQLITE_DONE)
    fail (f, ASP_STORE_ERROR_DISK, error);
  end (s);
  return result == SQLITE_DONE;
}

static gboolean
file_expire (gpointer self, const gchar * key, gint64 expires_us, gint64 now_us, GError ** error)
{
  File *f = self;
  sqlite3_stmt *s = begin (f, EXPIRE, key, now_us);
  int changes;

  sqlite3_bind_int64 (s, 3, expires_us);
  if (!run (f, s, &changes, error))
    return FALSE;
  return changes > 0 ? TRUE : asp_store_fail_absent (key, error);
}

static gboolean
file_expire_log (gpointer self, const gchar * log, guint64 upto, GError ** error)
{
  File *f = self;
  sqlite3_stmt *s = begin (f, EXPIRE_LOG, log, 0);

  sqlite3_bind_int64 (s, 2, upto);
  return run (f, s, NULL, error);
}

static gboolean
file_sweep (gpointer self, gint64 now_us, GError ** error)
{
  return run (self, begin (self, SWEEP, NULL, now_us), NULL, error);
}

static void
file_free (gpointer self)
{
  File *f = self;

  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (f->statements[i]);
  sqlite3_close (f->db);
  g_free (f->path);
  g_free (f);
}

static gboolean
read_schema (File * f, int *version)
{
  sqlite3_stmt *s = NULL;
  gboolean good = sqlite3_prepare_v2 (f->db, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK &&
      sqlite3_step (s) == SQLITE_ROW;

  if (good)
    *version = sqlite3_column_int (s, 0);
  sqlite3_finalize (s);
  return good;
}

static gboolean
exec (File * f, const gchar * text)
{
  return sqlite3_exec (f->db, text, NULL, NULL, NULL) == SQLITE_OK;
}

/* Two processes may open a new file at the same time: one of them migrates. */
static gboolean
migrate (File * f, GError ** error)
{
  int schema = 0;
  gboolean good;

  if (!exec (f, "BEGIN IMMEDIATE") || !read_schema (f, &schema))
    return fail (f, ASP_STORE_ERROR_OPEN, error);
  if (schema > ASP_STORE_SCHEMA) {
    exec (f, "ROLLBACK");
    g_set_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_OPEN, "The store '%s' was written by a "
        "later adsplice (schema %d, this one knows %d); use that one, or another file", f->path,
        schema, ASP_STORE_SCHEMA);
    return FALSE;
  }
  good = TRUE;
  for (; good && schema < ASP_STORE_SCHEMA; schema++) {
    g_autofree gchar *mark = g_strdup_printf ("PRAGMA user_version=%d", schema + 1);

    good = exec (f, migrations[schema]) && exec (f, mark);
  }
  if (good && exec (f, "COMMIT"))
    return TRUE;
  fail (f, ASP_STORE_ERROR_OPEN, error);
  exec (f, "ROLLBACK");
  return FALSE;
}

static gboolean
prepare (File * f, gboolean durable, GError ** error)
{
  sqlite3_busy_timeout (f->db, BUSY_MS);
  sqlite3_extended_result_codes (f->db, 1);
  if (!exec (f, "PRAGMA journal_mode=WAL") ||
      !exec (f, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL") ||
      !exec (f, "PRAGMA wal_autocheckpoint=" G_STRINGIFY (WAL_PAGES)))
    return fail (f, ASP_STORE_ERROR_OPEN, error);
  if (!migrate (f, error))
    return FALSE;
  for (guint i = 0; i < N_STATEMENTS; i++)
    if (sqlite3_prepare_v3 (f->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &f->statements[i],
            NULL) != SQLITE_OK)
      return fail (f, ASP_STORE_ERROR_OPEN, error);
  return TRUE;
}

/* SQLite would make it readable for all; what it puts beside has the same mode. A file that
 * is there is not opened: its closing would drop the locks that this process may have on it. */
static gboolean
make_private (const gchar * path, GError ** error)
{
  g_autofree gchar *folder = g_path_get_dirname (path);
  int fd;

  if (g_mkdir_with_parents (folder, 0700) == 0) {
    fd = g_open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
      close (fd);
    if (fd >= 0 || errno == EEXIST)
      return TRUE;
  }
  g_set_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_OPEN, "The store '%s' cannot be opened: %s; "
      "it must be a file in a folder that may be written", path, g_strerror (errno));
  return FALSE;
}

AspStore *
asp_store_open (const gchar * path, gboolean durable, GError ** error)
{
  static const AspStoreBackend backend = { file_get, file_get_all, file_put, file_append, file_last,
    file_read, file_expire, file_expire_log, file_sweep, file_free
  };
  File *f;

  if (!make_private (path, error))
    return NULL;
  f = g_new0 (File, 1);
  f->path = g_strdup (path);
  if (sqlite3_open_v2 (path, &f->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
      SQLITE_OK)
    fail (f, ASP_STORE_ERROR_OPEN, error);
  else if (prepare (f, durable, error))
    return asp_store_new (&backend, f);
  file_free (f);
  return NULL;
}
