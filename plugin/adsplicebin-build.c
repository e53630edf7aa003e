/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-worker.h"

guint *
ad_build_pair_numbers (GstAdSpliceBin * bin, guint * n)
{
  guint *numbers;

  g_mutex_lock (&bin->build_lock);
  *n = bin->pairs->len;
  numbers = g_new0 (guint, *n + 1);
  for (guint i = 0; i < *n; i++)
    numbers[i] = ((Pair *) g_ptr_array_index (bin->pairs, i))->number;
  g_mutex_unlock (&bin->build_lock);
  return numbers;
}

gboolean
ad_build_condition (Worker * w, const gchar * path, AdPodItem * item, GHashTable ** paths, gchar ** detail)
{
  g_autoptr (GHashTable) made = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_autofree guint *numbers = NULL;
  gboolean busy = FALSE;
  guint n;

  numbers = ad_build_pair_numbers (w->bin, &n);
  for (guint i = 0; i < n; i++) {
    AdCondition c;

    ad_conditioner_ask (w->conditioner, path, numbers[i], &c);
    busy |= c.state == AD_CONDITION_BUSY;
    if (c.state == AD_CONDITION_READY)
      g_hash_table_insert (made, GUINT_TO_POINTER (numbers[i]), g_steal_pointer (&c.path));
    else if (c.state == AD_CONDITION_FAILED && !*detail)
      *detail = g_steal_pointer (&c.text);
    ad_condition_clear (&c);
  }
  if (g_hash_table_size (made) > 0) {
    GHashTableIter iter;
    gpointer value;
    const gchar *reason;
    g_autofree gchar *trouble = NULL;

    g_hash_table_iter_init (&iter, made);
    g_hash_table_iter_next (&iter, NULL, &value);
    item->duration_90k = ad_probe_duration (w->probe, value, &w->stop, &reason, &trouble);
    *paths = g_steal_pointer (&made);
  }
  if (item->duration_90k == 0)
    item->reason = busy ? "TRANSCODE_IN_PROGRESS" : "TRANSCODE_ERROR";
  return !busy;
}

/* build_lock held */
static void
build_for_pair (GstAdSpliceBin * bin, OpenPod * pod, Pair * pair)
{
  for (guint k = 0; k < pod->ads->len; k++) {
    const ReadyAd *ready = g_ptr_array_index (pod->ads, k);
    const gchar *own = ready->paths ? g_hash_table_lookup (ready->paths, GUINT_TO_POINTER (pair->number)) : NULL;
    g_autofree gchar *path = ready->paths ? g_strdup (own) : ad_pod_path (ready->uri, pair->number, NULL);

    if (path && g_file_test (path, G_FILE_TEST_IS_REGULAR))
      ad_branch_add (bin, pod, pair, path, ready->ad);
  }
  gst_ts_splicer_settle (GST_TS_SPLICER (pair->splicer), pod->id);
}

static gboolean
has_branch (const OpenPod * pod, const Pair * pair)
{
  for (guint i = 0; i < pod->branches->len; i++)
    if (((const Branch *) g_ptr_array_index (pod->branches, i))->pair == pair)
      return TRUE;
  return FALSE;
}

/* What is open gets its branches in pairs that have none of it. */
void
ad_build_missing (GstAdSpliceBin * bin)
{
  g_mutex_lock (&bin->build_lock);
  for (GList * l = bin->pods.head; l && bin->building; l = l->next)
    for (guint i = 0; i < bin->pairs->len; i++) {
      Pair *pair = g_ptr_array_index (bin->pairs, i);

      if (pair->ready && !has_branch (l->data, pair))
        build_for_pair (bin, l->data, pair);
    }
  g_mutex_unlock (&bin->build_lock);
}

/* @ads: (element-type ReadyAd) (transfer full) */
static void
build_pod (GstAdSpliceBin * bin, const gchar * id, GPtrArray * ads)
{
  OpenPod *pod;

  g_mutex_lock (&bin->build_lock);
  if (bin->building && !ad_pod_find (bin, id)) {
    while (bin->pods.length >= OPEN_BREAKS_MAX)
      ad_pod_close (bin, bin->pods.head->data);
    pod = ad_pod_open (bin, id);
    g_ptr_array_extend_and_steal (pod->ads, g_steal_pointer (&ads));
    for (guint i = 0; i < bin->pairs->len; i++) {
      Pair *pair = g_ptr_array_index (bin->pairs, i);

      if (pair->ready)
        build_for_pair (bin, pod, pair);
    }
  }
  g_mutex_unlock (&bin->build_lock);
  if (ads)
    g_ptr_array_unref (ads);
}

AdLine *
ad_build_line_new (const gchar * uri, const AspAd * ad, gint64 duration_90k, const gchar * reason, const gchar * detail)
{
  AdLine *line = g_new0 (AdLine, 1);

  line->uri = g_strdup (uri);
  line->ad = asp_ad_copy (ad);
  line->duration_90k = duration_90k;
  line->reason = reason;
  line->detail = g_strdup (detail);
  return line;
}

GPtrArray *
ad_build_lines_new (void)
{
  return g_ptr_array_new_with_free_func (ad_line_free);
}

/* The lines that are played become branches, and all of them a message. */
void
ad_build_carry_out (Worker * w, const gchar * id, gint64 duration_90k, GPtrArray * lines, const gchar * outcome,
    const gchar * why)
{
  GPtrArray *ads = g_ptr_array_new_with_free_func (ad_ready_free);

  for (guint i = 0; i < lines->len; i++) {
    const AdLine *line = g_ptr_array_index (lines, i);

    ReadyAd *ready;

    if (line->reason)
      continue;
    ready = ad_ready_new (line->uri, asp_ad_copy (line->ad));
    ready->paths = line->paths ? g_hash_table_ref (line->paths) : NULL;
    ready->hold = line->hold ? asp_source_hold_ref (line->hold) : NULL;
    g_ptr_array_add (ads, ready);
  }
  /* told before it happens */
  ad_warm_note_lines (w, lines);
  ad_splice_bin_post_decision (w->bin, id, duration_90k, lines, outcome, why);
  build_pod (w->bin, id, ads);
}
