/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-pod.h"

#include <gio/gio.h>
#include <string.h>

guint
ad_pod_choose (AdPodItem * items, guint n, guint * first, gint64 avail_90k, gint64 tolerance_90k, guint * chosen)
{
  gint64 left_90k = avail_90k;
  guint count = 0, start = n > 0 ? *first % n : 0;

  for (guint k = 0; k < n; k++) {
    guint i = (start + k) % n;

    if (items[i].reason)
      continue;
    if (left_90k <= tolerance_90k) {
      items[i].reason = "not-needed";
    } else if (items[i].duration_90k > left_90k + tolerance_90k) {
      items[i].reason = "too-long";
    } else {
      left_90k -= items[i].duration_90k;
      chosen[count++] = i;
      *first = (i + 1) % n;
    }
  }
  return count;
}

gchar **
ad_pod_split (const gchar * list)
{
  g_auto (GStrv) parts = g_strsplit (list ? list : "", ",", -1);
  GPtrArray *kept = g_ptr_array_new ();

  for (guint i = 0; parts[i]; i++)
    if (*g_strstrip (parts[i]))
      g_ptr_array_add (kept, g_strdup (parts[i]));
  g_ptr_array_add (kept, NULL);
  return (gchar **) g_ptr_array_free (kept, FALSE);
}

gchar *
ad_pod_path (const gchar * uri, guint number, GError ** error)
{
  g_auto (GStrv) pieces = g_strsplit (uri, "%u", -1);
  g_autofree gchar *digits = g_strdup_printf ("%u", number);
  g_autofree gchar *whole = g_strjoinv (digits, pieces);
  g_autofree gchar *scheme = g_uri_parse_scheme (whole);

  if (!scheme)
    return g_steal_pointer (&whole);
  if (strcmp (scheme, "file")) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "\"%s\" is no local file; give a path or a file:// URI",
        whole);
    return NULL;
  }
  return g_filename_from_uri (whole, NULL, error);
}
