/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-worker.h"

/* Of a local creative: as it is, or with what the store has made of it. */
static void
find_local (Worker * w, const gchar * uri, AdPodItem * item, GHashTable ** paths, gboolean tell)
{
  g_autofree gchar *detail = NULL, *source = NULL;
  g_autofree guint *numbers = NULL;
  const gchar *reason = "no-rendition";
  guint n;

  numbers = ad_build_pair_numbers (w->bin, &n);
  for (guint i = 0; i < n && item->duration_90k == 0; i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *path = ad_pod_path (uri, numbers[i], &error);

    g_clear_pointer (&detail, g_free);
    if (path)
      item->duration_90k = ad_probe_duration (w->probe, path, &w->stop, &reason, &detail);
    else
      detail = g_strdup (error->message);
    if (path && reason && g_file_test (path, G_FILE_TEST_IS_REGULAR) && !source)
      source = g_steal_pointer (&path);
  }
  if (item->duration_90k > 0)
    return;
  if (source && w->conditioner) {
    g_clear_pointer (&detail, g_free);
    ad_build_condition (w, source, item, paths, &detail);
    if (item->duration_90k > 0)
      return;
    reason = item->reason;
  }
  item->reason = reason ? reason : "unreadable";
  if (tell)
    GST_ELEMENT_WARNING (w->bin, RESOURCE, OPEN_READ, ("The creative %s is not used: %s.", uri,
            detail ? detail : item->reason), (NULL));
}

void
ad_local_prepare (Worker * w, const gchar * id, gint64 duration_90k)
{
  GstAdSpliceBin *bin = w->bin;
  g_autoptr (GPtrArray) lines = ad_build_lines_new ();
  g_auto (GStrv) uris = NULL;
  g_autofree AdPodItem *items = NULL;
  g_autofree guint *chosen = NULL;
  g_autofree GHashTable **paths = NULL;
  guint n, n_chosen;

  GST_OBJECT_LOCK (bin);
  uris = ad_pod_split (bin->creative_uris);
  GST_OBJECT_UNLOCK (bin);
  n = g_strv_length (uris);
  items = g_new0 (AdPodItem, n + 1);
  chosen = g_new0 (guint, n + 1);
  paths = g_new0 (GHashTable *, n + 1);
  for (guint i = 0; i < n && !g_atomic_int_get (&w->stop); i++)
    find_local (w, uris[i], &items[i], &paths[i], TRUE);
  n_chosen = ad_pod_choose (items, n, &w->next, duration_90k, ASP_SECOND_90K / 2, chosen);
  for (guint k = 0; k < n_chosen; k++) {
    g_autofree gchar *asset_id = g_path_get_basename (uris[chosen[k]]);
    g_autoptr (AspAd) ad = asp_ad_new (asset_id, items[chosen[k]].duration_90k);
    AdLine *line = ad_build_line_new (uris[chosen[k]], ad, items[chosen[k]].duration_90k, NULL, NULL);

    line->paths = g_steal_pointer (&paths[chosen[k]]);
    g_ptr_array_add (lines, line);
  }
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&paths[i], g_hash_table_unref);
  if (g_atomic_int_get (&w->stop))
    return;
  for (guint i = 0; i < n; i++)
    if (items[i].reason)
      g_ptr_array_add (lines, ad_build_line_new (uris[i], NULL, items[i].duration_90k, items[i].reason, NULL));
  ad_build_carry_out (w, id, duration_90k, lines, NULL, NULL);
}

void
ad_local_warm_up (Worker * w)
{
  GstAdSpliceBin *bin = w->bin;
  g_auto (GStrv) uris = NULL;

  if (w->server)
    return;
  GST_OBJECT_LOCK (bin);
  uris = ad_pod_split (bin->creative_uris);
  GST_OBJECT_UNLOCK (bin);
  for (guint i = 0; uris[i] && !g_atomic_int_get (&w->stop); i++) {
    g_autofree AdPodItem *item = g_new0 (AdPodItem, 1);
    GHashTable *paths = NULL;

    find_local (w, uris[i], item, &paths, FALSE);
    g_clear_pointer (&paths, g_hash_table_unref);
  }
}
