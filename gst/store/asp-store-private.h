/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-store.h"

G_BEGIN_DECLS

/*
 * Internal to gst/store: what a back-end does. Keys and values have been looked at, time is
 * given, calls come one at a time.
 */
typedef struct
{
  gboolean (*get) (gpointer self, const gchar * key, gint64 now_us, GBytes ** value,
      guint64 * version, GError ** error);
  gboolean (*get_all) (gpointer self, const gchar * prefix, guint max, gint64 now_us,
      GPtrArray * out, GError ** error);
  /* @version 0: if absent */
  gboolean (*put) (gpointer self, const gchar * key, guint64 version, GBytes * value,
      gint64 expires_us, gint64 now_us, guint64 * new_version, GError ** error);
  gboolean (*append) (gpointer self, const gchar * log, GBytes * const *values, guint n,
      gint64 now_us, guint64 * first, GError ** error);
  gboolean (*last) (gpointer self, const gchar * log, guint64 * number, GError ** error);
  gboolean (*read) (gpointer self, const gchar * log, guint64 after, guint max, GPtrArray * out,
      GError ** error);
  gboolean (*expire) (gpointer self, const gchar * key, gint64 expires_us, gint64 now_us,
      GError ** error);
  gboolean (*expire_log) (gpointer self, const gchar * log, guint64 upto, GError ** error);
  gboolean (*sweep) (gpointer self, gint64 now_us, GError ** error);
  void (*free) (gpointer self);
} AspStoreBackend;

/* Takes @self over. */
AspStore *asp_store_new (const AspStoreBackend * backend, gpointer self);

/* FALSE, for `return`. */
gboolean asp_store_fail_absent (const gchar * key, GError ** error);
gboolean asp_store_fail_exists (const gchar * key, GError ** error);
gboolean asp_store_fail_version (const gchar * key, GError ** error);

G_END_DECLS
