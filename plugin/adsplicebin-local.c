/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-worker.h"

/* Of a local creative: as it is, or with what the store has made of it. FALSE: that is being made. */
static gboolean
find_local (Worker * w, const gchar * uri, AdPodItem * item, GHashTable ** paths, gchar ** text)
{
  g_autofree gchar *detail = NULL, *source = NULL;
  g_autofree guint *numbers = NULL;
  const gchar *reason = "no-rendition";
  gboolean through = TRUE;
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
    return TRUE;
  if (source && w->conditioner) {
    g_clear_pointer (&detail, g_free);
    through = ad_build_condition (w, source, item, paths, &detail);
    if (item->duration_90k > 0)
      return through;
    reason = item->reason;
  }
  item->reason = reason ? reason : "unreadable";
  *text = g_strdup (detail ? detail : item->reason);
  return through;
}

/* All of creative-uris, as they are found now. */
typedef struct
{
  guint n;
  gchar **uris;
  AdPodItem *items;
  GHashTable **paths;
  gchar **texts;                /* why not, for people; NULL where it can be used */
  gboolean through;             /* nothing more will come of waiting */
} Look;

static void
look_clear (Look * l)
{
  for (guint i = 0; i < l->n; i++) {
    g_clear_pointer (&l->paths[i], g_hash_table_unref);
    g_free (l->texts[i]);
  }
  g_strfreev (l->uris);
  g_free (l->items);
  g_free (l->paths);
  g_free (l->texts);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Look, look_clear)

static void
look_at_all (Worker * w, Look * l)
{
  GST_OBJECT_LOCK (w->bin);
  l->uris = ad_pod_split (w->bin->creative_uris);
  GST_OBJECT_UNLOCK (w->bin);
  l->n = g_strv_length (l->uris);
  l->items = g_new0 (AdPodItem, l->n + 1);
  l->paths = g_new0 (GHashTable *, l->n + 1);
  l->texts = g_new0 (gchar *, l->n + 1);
  l->through = TRUE;
  for (guint i = 0; i < l->n && !g_atomic_int_get (&w->stop); i++)
    l->through &= find_local (w, l->uris[i], &l->items[i], &l->paths[i], &l->texts[i]);
}

static void
warn (Worker * w, const Look * l)
{
  for (guint i = 0; i < l->n; i++)
    if (l->texts[i])
      GST_ELEMENT_WARNING (w->bin, RESOURCE, OPEN_READ, ("The creative %s is not used: %s.", l->uris[i], l->texts[i]),
          (NULL));
}

gboolean
ad_local_carry_out (Worker * w, const AdWaiting * waiting)
{
  g_autoptr (GPtrArray) lines = ad_build_lines_new ();
  g_autofree guint *chosen = NULL;
  g_auto (Look) look = { 0, };
  guint n_chosen;

  look_at_all (w, &look);
  if (g_atomic_int_get (&w->stop))
    return TRUE;
  if (!look.through && g_get_monotonic_time () < waiting->deadline_us)
    return FALSE;
  warn (w, &look);
  chosen = g_new0 (guint, look.n + 1);
  n_chosen = ad_pod_choose (look.items, look.n, &w->next, waiting->duration_90k, AD_TOLERANCE_90K, chosen);
  for (guint k = 0; k < n_chosen; k++) {
    const gchar *uri = look.uris[chosen[k]];
    gint64 duration_90k = look.items[chosen[k]].duration_90k;
    g_autofree gchar *asset_id = g_path_get_basename (uri);
    g_autoptr (AspAd) ad = asp_ad_new (asset_id, duration_90k);
    AdLine *line = ad_build_line_new (uri, ad, duration_90k, NULL, NULL);

    line->paths = g_steal_pointer (&look.paths[chosen[k]]);
    g_ptr_array_add (lines, line);
  }
  for (guint i = 0; i < look.n; i++)
    if (look.items[i].reason)
      g_ptr_array_add (lines, ad_build_line_new (look.uris[i], NULL, look.items[i].duration_90k, look.items[i].reason,
              NULL));
  ad_build_carry_out (w, waiting->id, waiting->duration_90k, lines, NULL, NULL);
  return TRUE;
}

void
ad_local_warm_up (Worker * w)
{
  g_auto (Look) look = { 0, };

  if (!w->own_url && w->conditioner)
    look_at_all (w, &look);
}
