/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-store-private.h"

#include <string.h>

typedef struct
{
  GBytes *value;
  guint64 version;
  gint64 expires_us;
} Value;

typedef struct
{
  GQueue entries;               /* AspStoreEntry */
  guint64 last;
} Log;

typedef struct
{
  GTree *values;                /* gchar * -> Value */
  GHashTable *logs;             /* gchar * -> Log */
  guint64 last_version;
} Memory;

static void
value_free (gpointer value)
{
  g_bytes_unref (((Value *) value)->value);
  g_free (value);
}

static void
log_free (gpointer log)
{
  g_queue_clear_full (&((Log *) log)->entries, (GDestroyNotify) asp_store_entry_free);
  g_free (log);
}

static gboolean
is_there (const Value * v, gint64 now_us)
{
  return v && (v->expires_us == 0 || v->expires_us > now_us);
}

static Value *
find (Memory * m, const gchar * key, gint64 now_us)
{
  Value *v = g_tree_lookup (m->values, key);

  return is_there (v, now_us) ? v : NULL;
}

static gboolean
memory_get (gpointer self, const gchar * key, gint64 now_us, GBytes ** value, guint64 * version,
    GError ** error)
{
  Value *v = find (self, key, now_us);

  if (!v)
    return asp_store_fail_absent (key, error);
  *value = g_bytes_ref (v->value);
  *version = v->version;
  return TRUE;
}

static gboolean
memory_get_all (gpointer self, const gchar * prefix, guint max, gint64 now_us, GPtrArray * out,
    GError ** error)
{
  Memory *m = self;

  for (GTreeNode * n = g_tree_lower_bound (m->values, prefix); n && out->len < max;
      n = g_tree_node_next (n)) {
    Value *v = g_tree_node_value (n);
    AspStoreItem *item;

    if (!g_str_has_prefix (g_tree_node_key (n), prefix))
      break;
    if (!is_there (v, now_us))
      continue;
    item = g_new (AspStoreItem, 1);
    item->key = g_strdup (g_tree_node_key (n));
    item->version = v->version;
    item->value = g_bytes_ref (v->value);
    g_ptr_array_add (out, item);
  }
  return TRUE;
}

static gboolean
memory_put (gpointer self, const gchar * key, guint64 version, GBytes * value, gint64 expires_us,
    gint64 now_us, guint64 * new_version, GError ** error)
{
  Memory *m = self;
  Value *v = find (m, key, now_us);

  if (version == 0 && v)
    return asp_store_fail_exists (key, error);
  if (version != 0 && (!v || v->version != version))
    return asp_store_fail_version (key, error);
  if (!value) {
    g_tree_remove (m->values, key);
    return TRUE;
  }
  v = g_new (Value, 1);
  v->value = g_bytes_ref (value);
  v->version = *new_version = ++m->last_version;
  v->expires_us = expires_us;
  g_tree_replace (m->values, g_strdup (key), v);
  return TRUE;
}

static gboolean
memory_append (gpointer self, const gchar * log, GBytes * const *values, guint n, gint64 now_us,
    guint64 * first, GError ** error)
{
  Memory *m = self;
  Log *l = g_hash_table_lookup (m->logs, log);

  if (!l) {
    l = g_new0 (Log, 1);
    g_queue_init (&l->entries);
    g_hash_table_insert (m->logs, g_strdup (log), l);
  }
  *first = l->last + 1;
  for (guint i = 0; i < n; i++) {
    AspStoreEntry *e = g_new (AspStoreEntry, 1);

    e->number = ++l->last;
    e->time_us = now_us;
    e->value = g_bytes_ref (values[i]);
    g_queue_push_tail (&l->entries, e);
  }
  return TRUE;
}

static gboolean
memory_last (gpointer self, const gchar * log, guint64 * number, GError ** error)
{
  Log *l = g_hash_table_lookup (((Memory *) self)->logs, log);

  *number = l ? l->last : 0;
  return TRUE;
}

static gboolean
memory_read (gpointer self, const gchar * log, guint64 after, guint max, GPtrArray * out,
    GError ** error)
{
  Log *l = g_hash_table_lookup (((Memory *) self)->logs, log);
  GList *from = l ? l->entries.tail : NULL;

  /* mostly the newest are asked for */
  while (from && from->prev && ((AspStoreEntry *) from->prev->data)->number > after)
    from = from->prev;
  for (; from && out->len < max; from = from->next) {
    const AspStoreEntry *e = from->data;
    AspStoreEntry *copy;

    if (e->number <= after)
      continue;
    copy = g_new (AspStoreEntry, 1);
    *copy = *e;
    g_bytes_ref (copy->value);
    g_ptr_array_add (out, copy);
  }
  return TRUE;
}

static gboolean
memory_expire (gpointer self, const gchar * key, gint64 expires_us, gint64 now_us, GError ** error)
{
  Value *v = find (self, key, now_us);

  if (!v)
    return asp_store_fail_absent (key, error);
  v->expires_us = expires_us;
  return TRUE;
}

static gboolean
memory_expire_log (gpointer self, const gchar * log, guint64 upto, GError ** error)
{
  Log *l = g_hash_table_lookup (((Memory *) self)->logs, log);
  AspStoreEntry *e;

  while (l && (e = g_queue_peek_head (&l->entries)) != NULL && e->number <= upto)
    asp_store_entry_free (g_queue_pop_head (&l->entries));
  return TRUE;
}

static gboolean
memory_sweep (gpointer self, gint64 now_us, GError ** error)
{
  Memory *m = self;
  g_autoptr (GPtrArray) gone = g_ptr_array_new ();

  for (GTreeNode * n = g_tree_node_first (m->values); n; n = g_tree_node_next (n))
    if (!is_there (g_tree_node_value (n), now_us))
      g_ptr_array_add (gone, g_tree_node_key (n));
  for (guint i = 0; i < gone->len; i++)
    g_tree_remove (m->values, gone->pdata[i]);
  return TRUE;
}

static void
memory_free (gpointer self)
{
  Memory *m = self;

  g_tree_unref (m->values);
  g_hash_table_unref (m->logs);
  g_free (m);
}

static gint
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  return strcmp (a, b);
}

AspStore *
asp_store_new_memory (void)
{
  static const AspStoreBackend backend = { memory_get, memory_get_all, memory_put, memory_append,
    memory_last, memory_read, memory_expire, memory_expire_log, memory_sweep, memory_free
  };
  Memory *m = g_new0 (Memory, 1);

  m->values = g_tree_new_full (compare, NULL, g_free, value_free);
  m->logs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, log_free);
  return asp_store_new (&backend, m);
}
