/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-worker.h"

#include <string.h>

#define DEADLINE_EARLY_US (G_USEC_PER_SEC)      /* before the out point, for what is there to be read */
#define DEADLINE_MIN_US (G_USEC_PER_SEC / 2)

void
ad_waiting_free (gpointer data)
{
  g_free (((AdWaiting *) data)->id);
  g_free (data);
}

/* Can @entry be played, or could it be soon? TRUE: nothing more will come of waiting. */
static gboolean
look_at (Worker * w, const AdEntry * entry, AdPodItem * item, GHashTable ** paths, gchar ** detail)
{
  const gchar *reason = NULL;

  if (entry->state == AD_FETCHING) {
    item->reason = "TRANSCODE_IN_PROGRESS";
    return FALSE;
  }
  if (entry->state == AD_FAILED) {
    item->reason = entry->reason;
    *detail = g_strdup (entry->detail);
    return TRUE;
  }
  item->duration_90k = ad_probe_duration (w->probe, entry->path, &w->stop, &reason, detail);
  if (item->duration_90k > 0)
    return TRUE;
  item->reason = "TRANSCODE_ERROR";
  if (!w->conditioner)
    return TRUE;
  g_clear_pointer (detail, g_free);
  item->reason = NULL;
  return ad_build_condition (w, entry->path, item, paths, detail);
}

/* It is not played: its ad server hears why. */
static void
report_unplayed (Worker * w, const AdEntry * entry, const AdPodItem * item)
{
  ad_server_report (w->server, entry->ad, !g_strcmp0 (item->reason, "TRANSCODE_IN_PROGRESS") ? AD_TROUBLE_LATE :
      entry->state == AD_FAILED ? AD_TROUBLE_FETCH : AD_TROUBLE_UNFIT);
}

/* FALSE: some of it is being made, and there is time. */
static gboolean
carry_out_answer (Worker * w, const AdWaiting * waiting, const AdAnswer * answer)
{
  guint n = answer->entries->len, first = 0, n_chosen;
  g_autoptr (GPtrArray) lines = ad_build_lines_new ();
  g_autofree AdPodItem *items = g_new0 (AdPodItem, n + 1);
  g_autofree guint *chosen = g_new0 (guint, n + 1);
  g_autoptr (GPtrArray) played = NULL;
  g_autofree GHashTable **paths = NULL;
  gboolean through = TRUE;

  paths = g_new0 (GHashTable *, n + 1);
  for (guint i = 0; i < n; i++) {
    const AdEntry *e = g_ptr_array_index (answer->entries, i);
    g_autofree gchar *detail = NULL;

    through &= look_at (w, e, &items[i], &paths[i], &detail);
    if (items[i].duration_90k == 0)
      g_ptr_array_add (lines, ad_build_line_new (e->path, e->ad, 0, items[i].reason, detail));
  }
  if (g_atomic_int_get (&w->stop) || (!through && g_get_monotonic_time () < waiting->deadline_us)) {
    for (guint i = 0; i < n; i++)
      g_clear_pointer (&paths[i], g_hash_table_unref);
    return g_atomic_int_get (&w->stop);
  }
  for (guint i = 0; i < n; i++)
    if (items[i].duration_90k == 0)
      report_unplayed (w, g_ptr_array_index (answer->entries, i), &items[i]);
  /* they are as long as they are, whatever the ad server said */
  n_chosen = ad_pod_choose (items, n, &first, waiting->duration_90k, ASP_SECOND_90K / 2, chosen);
  played = g_ptr_array_new ();
  for (guint k = 0; k < n_chosen; k++) {
    const AdEntry *e = g_ptr_array_index (answer->entries, chosen[k]);

    AdLine *line = ad_build_line_new (e->path, e->ad, items[chosen[k]].duration_90k, NULL, NULL);

    line->paths = g_steal_pointer (&paths[chosen[k]]);
    line->ad->creative.duration_90k = e->ad->creative.duration_90k = items[chosen[k]].duration_90k;
    g_ptr_array_add (played, e->ad);
    g_ptr_array_add (lines, line);
  }
  for (guint i = 0; i < n; i++) {
    const AdEntry *e = g_ptr_array_index (answer->entries, i);

    if (items[i].duration_90k > 0 && items[i].reason)
      g_ptr_array_add (lines, ad_build_line_new (e->path, e->ad, items[i].duration_90k, "AVAIL_DURATION_EXCEEDED", NULL));
  }
  for (guint i = 0; i < answer->skipped->len; i++) {
    const AdEntry *e = g_ptr_array_index (answer->skipped, i);

    g_ptr_array_add (lines, ad_build_line_new (NULL, e->ad, e->ad->creative.duration_90k, e->reason, e->detail));
  }
  ad_server_plays (w->server, waiting->id, waiting->duration_90k, waiting->postroll, played);
  ad_build_carry_out (w, waiting->id, waiting->duration_90k, lines, answer->decided ? answer->outcome : "FAILED",
      answer->decided ? answer->why : "the ad server has not answered in time");
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&paths[i], g_hash_table_unref);
  return TRUE;
}

static AdWaiting *
find_waiting (Worker * w, const gchar * id)
{
  for (guint i = 0; i < w->waiting->len; i++)
    if (!strcmp (((AdWaiting *) g_ptr_array_index (w->waiting, i))->id, id))
      return g_ptr_array_index (w->waiting, i);
  return NULL;
}

static void
consider (Worker * w, AdWaiting * waiting)
{
  g_autoptr (AdAnswer) answer = ad_server_answer (w->server, waiting->id);

  if (answer && !answer->complete && g_get_monotonic_time () < waiting->deadline_us)
    return;
  if (answer && !carry_out_answer (w, waiting, answer))
    return;
  ad_server_forget (w->server, waiting->id);
  g_ptr_array_remove (w->waiting, waiting);
}

void
ad_answer_consider (Worker * w, const gchar * id)
{
  AdWaiting *waiting = id ? find_waiting (w, id) : NULL;

  if (waiting)
    consider (w, waiting);
  for (guint i = id ? 0 : w->waiting->len; i > 0 && !g_atomic_int_get (&w->stop); i--)
    consider (w, g_ptr_array_index (w->waiting, i - 1));
}

void
ad_answer_ask (Worker * w, const gchar * id, gint64 duration_90k, gboolean postroll, const gchar * scte35)
{
  AdWaiting *waiting = g_new0 (AdWaiting, 1);

  waiting->id = g_strdup (id);
  waiting->duration_90k = duration_90k;
  waiting->postroll = postroll;
  waiting->deadline_us = g_get_monotonic_time () + MAX (w->lead_us - DEADLINE_EARLY_US, DEADLINE_MIN_US);
  g_ptr_array_add (w->waiting, waiting);
  ad_server_ask (w->server, id, duration_90k, w->asked++, postroll, scte35);
}
