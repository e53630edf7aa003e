/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What has to outlast the process: keys with values, and logs, behind six verbs: get,
 * put-if-absent, put-if-version, append, expire, watch. There is no plain put: who writes says
 * what he has seen, so that two writers never undo each other.
 *
 * A key is a path of words ("beacon/due/17"), UTF-8 without control characters; a value is
 * bytes, by custom one line of JSON with a `version`. Each write gives its key a new version;
 * versions and the numbers of a log only grow, and none is given twice, also not after
 * something was deleted and made again.
 *
 * What a function has returned TRUE for is kept: by a file over `kill -9` and, with `durable`,
 * over a loss of power; in memory until the store is freed.
 *
 * Thread: any. All but watch wait for the disk: never in a streaming thread. Since: 0.1
 */
#define ASP_STORE_KEY_MAX 512   /* bytes */
#define ASP_STORE_VALUE_MAX (4u << 20)
#define ASP_STORE_APPEND_MAX 1024
#define ASP_STORE_SCHEMA 1

typedef enum
{
  ASP_STORE_ERROR_ABSENT,       /* there is no such key */
  ASP_STORE_ERROR_EXISTS,       /* put-if-absent: there is one */
  ASP_STORE_ERROR_VERSION,      /* put-if-version: somebody was faster */
  ASP_STORE_ERROR_VALUE,        /* a key or value that cannot be stored */
  ASP_STORE_ERROR_OPEN,         /* no such file, no store, or one of a later schema */
  ASP_STORE_ERROR_DISK,         /* cannot be read or written now */
} AspStoreError;

#define ASP_STORE_ERROR (asp_store_error_quark ())
GQuark asp_store_error_quark (void);

typedef struct _AspStore AspStore;

/* Lives as long as the process, at most. */
AspStore *asp_store_new_memory (void);

/**
 * asp_store_open:
 * @path: of an SQLite database, made when it is not there (mode 0600), with its folder (0700).
 *   Beside it stand -wal and -shm
 * @durable: each write waits until the disk has it
 *
 * Returns: NULL with ASP_STORE_ERROR_OPEN. An older schema is brought up to date
 */
AspStore *asp_store_open (const gchar * path, gboolean durable, GError ** error);

/* Nobody uses it any more. NULL is allowed. */
void asp_store_free (AspStore * store);

/* Says what time it is (UTC, microseconds) instead of the clock; for tests. */
void asp_store_set_clock (AspStore * store, gint64 (*now_us) (gpointer), gpointer user_data);

/* @value: (out) (optional) (transfer full). FALSE with ABSENT, also when it has expired. */
gboolean asp_store_get (AspStore * store, const gchar * key, GBytes ** value, guint64 * version,
    GError ** error);

typedef struct
{
  gchar *key;
  guint64 version;
  GBytes *value;
} AspStoreItem;

void asp_store_item_free (AspStoreItem * item);

/* All keys that begin with @prefix, in order of their bytes: AspStoreItem, at most @max (0 =
 * all). (transfer full): NULL with DISK */
GPtrArray *asp_store_get_all (AspStore * store, const gchar * prefix, guint max, GError ** error);

/**
 * asp_store_put_if_absent:
 * @expires_us: UTC; from then on it is not there. 0 = never
 * @version: (out) (optional): the new one
 */
gboolean asp_store_put_if_absent (AspStore * store, const gchar * key, GBytes * value,
    gint64 expires_us, guint64 * version, GError ** error);

/**
 * asp_store_put_if_version:
 * @version: what asp_store_get() or the last write said
 * @value: (nullable): NULL deletes
 * @new_version: (out) (optional)
 *
 * FALSE with VERSION when it is another one by now, or gone. The expiry is set anew.
 */
gboolean asp_store_put_if_version (AspStore * store, const gchar * key, guint64 version,
    GBytes * value, gint64 expires_us, guint64 * new_version, GError ** error);

/* @number: (out) (optional): from 1, without holes. A log comes into being by this. */
gboolean asp_store_append (AspStore * store, const gchar * log, GBytes * value, guint64 * number,
    GError ** error);

/**
 * asp_store_append_many:
 * @values: @n of them, at least one and at most ASP_STORE_APPEND_MAX
 * @first: (out) (optional): the number of the first one; the others follow it
 *
 * All of them in one write, which costs little more than one alone, or none. A watch is told once, of
 * the last one.
 */
gboolean asp_store_append_many (AspStore * store, const gchar * log, GBytes * const *values, guint n,
    guint64 * first, GError ** error);

/* @number: (out): of the last one that was appended, also when it is forgotten; 0 = none ever was. */
gboolean asp_store_last (AspStore * store, const gchar * log, guint64 * number, GError ** error);

typedef struct
{
  guint64 number;
  gint64 time_us;               /* when it was appended, UTC */
  GBytes *value;
} AspStoreEntry;

void asp_store_entry_free (AspStoreEntry * entry);

/* What stands in @log behind number @after, in order: AspStoreEntry, at most @max (0 = all).
 * Of a log that is not there: nothing. (transfer full): NULL with DISK */
GPtrArray *asp_store_read (AspStore * store, const gchar * log, guint64 after, guint max,
    GError ** error);

/* Sets when @key is no more; 0 = never. Its version stays. FALSE with ABSENT. */
gboolean asp_store_expire (AspStore * store, const gchar * key, gint64 expires_us, GError ** error);

/* Forgets the entries of @log up to number @upto. Numbers go on behind them. */
gboolean asp_store_expire_log (AspStore * store, const gchar * log, guint64 upto, GError ** error);

/* Takes from the disk what has expired by now. To be called now and then. */
gboolean asp_store_sweep (AspStore * store, GError ** error);

/**
 * AspStoreChanged:
 * @name: of the key or log
 * @number: the new version of the key (0 = deleted), or number of the entry
 */
typedef void (*AspStoreChanged) (const gchar * name, guint64 number, gpointer user_data);

/**
 * asp_store_watch:
 * @prefix: of keys and logs
 * @func: called after each write of this process, in the thread of who has written, without a
 *   lock: it may use the store. That something has expired is not told
 *
 * Returns: for asp_store_unwatch(), behind which it is not called any more, unless a call has
 * begun in another thread
 */
guint asp_store_watch (AspStore * store, const gchar * prefix, AspStoreChanged func,
    gpointer user_data);
void asp_store_unwatch (AspStore * store, guint id);

G_END_DECLS
