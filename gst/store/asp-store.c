/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys, values and watches, the same for every back-end. Locks: `lock` around each call of the
 * back-end (it waits for the disk); `watch_lock` guards `watches` for a few assignments. They are
 * never held together, and none while a watch is called.
 */
#include "asp-store-private.h"

#include <string.h>

G_DEFINE_QUARK (asp-store-error-quark, asp_store_error)

typedef struct
{
  guint id;
  gchar *prefix;
  AspStoreChanged func;
  gpointer user_data;
} Watch;

struct _AspStore
{
  const AspStoreBackend *backend;
  gpointer self;
  gint64 (*now_us) (gpointer);
  gpointer now_data;
  GMutex lock;

  GMutex watch_lock;
  GArray *watches;              /* Watch */
  guint last_watch;
};

gboolean
asp_store_fail_absent (const gchar * key, GError ** error)
{
  g_set_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_ABSENT, "There is no '%s' in the store", key);
  return FALSE;
}

gboolean
asp_store_fail_exists (const gchar * key, GError ** error)
{
  g_set_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_EXISTS, "There is a '%s' in the store "
      "already", key);
  return FALSE;
}

gboolean
asp_store_fail_version (const gchar * key, GError ** error)
{
  g_set_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_VERSION, "'%s' has been changed by somebody "
      "else meanwhile; read it again", key);
  return FALSE;
}

static gint64
wall_clock (gpointer user_data)
{
  return g_get_real_time ();
}

static void
watch_clear (gpointer watch)
{
  g_free (((Watch *) watch)->prefix);
}

AspStore *
asp_store_new (const AspStoreBackend * backend, gpointer self)
{
  AspStore *s = g_new0 (AspStore, 1);

  s->backend = backend;
  s->self = self;
  s->now_us = wall_clock;
  g_mutex_init (&s->lock);
  g_mutex_init (&s->watch_lock);
  s->watches = g_array_new (FALSE, FALSE, sizeof (Watch));
  g_array_set_clear_func (s->watches, watch_clear);
  return s;
}

void
asp_store_free (AspStore * s)
{
  if (!s)
    return;
  s->backend->free (s->self);
  g_array_unref (s->watches);
  g_mutex_clear (&s->watch_lock);
  g_mutex_clear (&s->lock);
  g_free (s);
}

void
asp_store_set_clock (AspStore * s, gint64 (*now_us) (gpointer), gpointer user_data)
{
  s->now_us = now_us;
  s->now_data = user_data;
}

void
asp_store_item_free (AspStoreItem * item)
{
  g_free (item->key);
  g_bytes_unref (item->value);
  g_free (item);
}

void
asp_store_entry_free (AspStoreEntry * entry)
{
  g_bytes_unref (entry->value);
  g_free (entry);
}

static gint64
now (AspStore * s)
{
  return s->now_us (s->now_data);
}

static gboolean
check_name (const gchar * name, GError ** error)
{
  gsize size = strlen (name);

  if (size > 0 && size <= ASP_STORE_KEY_MAX && g_utf8_validate (name, size, NULL)) {
    const gchar *p = name;

    while (*p && (guchar) * p >= 0x20 && *p != 0x7f)
      p++;
    if (!*p)
      return TRUE;
  }
  g_set_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_VALUE, "A key of the store must be UTF-8 "
      "without control characters, of 1 to %d bytes", ASP_STORE_KEY_MAX);
  return FALSE;
}

static gboolean
check_value (const gchar * name, GBytes * value, GError ** error)
{
  if (g_bytes_get_size (value) <= ASP_STORE_VALUE_MAX)
    return TRUE;
  g_set_error (error, ASP_STORE_ERROR, ASP_STORE_ERROR_VALUE, "The value of '%s' has %"
      G_GSIZE_FORMAT " bytes; the store takes %u", name, g_bytes_get_size (value),
      ASP_STORE_VALUE_MAX);
  return FALSE;
}

/* Those who want to know, by a copy: a watch may watch and unwatch. */
static void
tell (AspStore * s, const gchar * name, guint64 number)
{
  g_autoptr (GArray) due = NULL;

  g_mutex_lock (&s->watch_lock);
  for (guint i = 0; i < s->watches->len; i++) {
    Watch *w = &g_array_index (s->watches, Watch, i);

    if (!g_str_has_prefix (name, w->prefix))
      continue;
    if (!due)
      due = g_array_new (FALSE, FALSE, sizeof (Watch));
    g_array_append_val (due, *w);
  }
  g_mutex_unlock (&s->watch_lock);
  for (guint i = 0; due && i < due->len; i++) {
    Watch *w = &g_array_index (due, Watch, i);

    w->func (name, number, w->user_data);
  }
}

gboolean
asp_store_get (AspStore * s, const gchar * key, GBytes ** value, guint64 * version, GError ** error)
{
  g_autoptr (GBytes) bytes = NULL;
  guint64 found = 0;
  gboolean good;

  if (!check_name (key, error))
    return FALSE;
  g_mutex_lock (&s->lock);
  good = s->backend->get (s->self, key, now (s), &bytes, &found, error);
  g_mutex_unlock (&s->lock);
  if (good && value)
    *value = g_steal_pointer (&bytes);
  if (good && version)
    *version = found;
  return good;
}

GPtrArray *
asp_store_get_all (AspStore * s, const gchar * prefix, guint max, GError ** error)
{
  GPtrArray *out = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_store_item_free);
  gboolean good;

  g_mutex_lock (&s->lock);
  good = s->backend->get_all (s->self, prefix, max ? max : G_MAXINT32, now (s), out, error);
  g_mutex_unlock (&s->lock);
  if (!good)
    g_clear_pointer (&out, g_ptr_array_unref);
  return out;
}

static gboolean
put (AspStore * s, const gchar * key, guint64 version, GBytes * value, gint64 expires_us,
    guint64 * new_version, GError ** error)
{
  guint64 made = 0;
  gboolean good;

  if (!check_name (key, error) || (value && !check_value (key, value, error)))
    return FALSE;
  g_mutex_lock (&s->lock);
  good = s->backend->put (s->self, key, version, value, expires_us, now (s), &made, error);
  g_mutex_unlock (&s->lock);
  if (good && new_version)
    *new_version = made;
  if (good)
    tell (s, key, made);
  return good;
}

gboolean
asp_store_put_if_absent (AspStore * s, const gchar * key, GBytes * value, gint64 expires_us,
    guint64 * version, GError ** error)
{
  g_return_val_if_fail (value != NULL, FALSE);
  return put (s, key, 0, value, expires_us, version, error);
}

gboolean
asp_store_put_if_version (AspStore * s, const gchar * key, guint64 version, GBytes * value,
    gint64 expires_us, guint64 * new_version, GError ** error)
{
  if (version == 0)
    return asp_store_fail_version (key, error);
  return put (s, key, version, value, expires_us, new_version, error);
}

gboolean
asp_store_append (AspStore * s, const gchar * log, GBytes * value, guint64 * number, GError ** error)
{
  return asp_store_append_many (s, log, &value, 1, number, error);
}

gboolean
asp_store_append_many (AspStore * s, const gchar * log, GBytes * const *values, guint n,
    guint64 * first, GError ** error)
{
  guint64 made = 0;
  gboolean good;

  g_return_val_if_fail (n > 0 && n <= ASP_STORE_APPEND_MAX, FALSE);
  if (!check_name (log, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!check_value (log, values[i], error))
      return FALSE;
  g_mutex_lock (&s->lock);
  good = s->backend->append (s->self, log, values, n, now (s), &made, error);
  g_mutex_unlock (&s->lock);
  if (good && first)
    *first = made;
  if (good)
    tell (s, log, made + n - 1);
  return good;
}

gboolean
asp_store_last (AspStore * s, const gchar * log, guint64 * number, GError ** error)
{
  gboolean good;

  if (!check_name (log, error))
    return FALSE;
  g_mutex_lock (&s->lock);
  good = s->backend->last (s->self, log, number, error);
  g_mutex_unlock (&s->lock);
  return good;
}

GPtrArray *
asp_store_read (AspStore * s, const gchar * log, guint64 after, guint max, GError ** error)
{
  GPtrArray *out = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_store_entry_free);
  gboolean good = check_name (log, error);

  if (good) {
    g_mutex_lock (&s->lock);
    good = s->backend->read (s->self, log, MIN (after, G_MAXINT64), max ? max : G_MAXINT32, out,
        error);
    g_mutex_unlock (&s->lock);
  }
  if (!good)
    g_clear_pointer (&out, g_ptr_array_unref);
  return out;
}

gboolean
asp_store_expire (AspStore * s, const gchar * key, gint64 expires_us, GError ** error)
{
  gboolean good;

  if (!check_name (key, error))
    return FALSE;
  g_mutex_lock (&s->lock);
  good = s->backend->expire (s->self, key, expires_us, now (s), error);
  g_mutex_unlock (&s->lock);
  return good;
}

gboolean
asp_store_expire_log (AspStore * s, const gchar * log, guint64 upto, GError ** error)
{
  gboolean good;

  if (!check_name (log, error))
    return FALSE;
  g_mutex_lock (&s->lock);
  good = s->backend->expire_log (s->self, log, MIN (upto, G_MAXINT64), error);
  g_mutex_unlock (&s->lock);
  return good;
}

gboolean
asp_store_sweep (AspStore * s, GError ** error)
{
  gboolean good;

  g_mutex_lock (&s->lock);
  good = s->backend->sweep (s->self, now (s), error);
  g_mutex_unlock (&s->lock);
  return good;
}

guint
asp_store_watch (AspStore * s, const gchar * prefix, AspStoreChanged func, gpointer user_data)
{
  Watch watch = { 0, g_strdup (prefix), func, user_data };

  g_mutex_lock (&s->watch_lock);
  watch.id = ++s->last_watch;
  g_array_append_val (s->watches, watch);
  g_mutex_unlock (&s->watch_lock);
  return watch.id;
}

void
asp_store_unwatch (AspStore * s, guint id)
{
  g_mutex_lock (&s->watch_lock);
  for (guint i = 0; i < s->watches->len; i++) {
    if (g_array_index (s->watches, Watch, i).id == id) {
      g_array_remove_index (s->watches, i);
      break;
    }
  }
  g_mutex_unlock (&s->watch_lock);
}
