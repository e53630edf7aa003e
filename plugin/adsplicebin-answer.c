/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-worker.h"

#include <asp-decision-skip.h>

/* An answer's creatives as they are found now. */
typedef struct
{
  const GPtrArray *entries;     /* of AdEntry, borrowed */
  guint n;
  AdPodItem *items;
  GHashTable **paths;
  gchar **details;
  guint *chosen;
  guint n_chosen;
} Look;

static void
look_clear (Look * l)
{
  for (guint i = 0; i < l->n; i++) {
    g_clear_pointer (&l->paths[i], g_hash_table_unref);
    g_free (l->details[i]);
  }
  g_free (l->items);
  g_free (l->paths);
  g_free (l->details);
  g_free (l->chosen);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Look, look_clear)

static const gchar *
expired_name (void)
{
  return asp_skip_reason_name (ASP_SKIP_EXPIRED);
}

/* Can @entry be played, or could it be soon? TRUE: nothing more will come of waiting. */
static gboolean
look_at (Worker * w, const AdWaiting * waiting, const AdEntry * entry, AdPodItem * item, GHashTable ** paths,
    gchar ** detail)
{
  const gchar *reason = NULL;

  /* also for what would be fetched or made for nothing */
  if (entry->expires_us > 0 && entry->expires_us <= MAX (waiting->out_us, g_get_monotonic_time ())) {
    item->reason = expired_name ();
    return TRUE;
  }
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

/* TRUE: nothing more will come of waiting. */
static gboolean
look_at_all (Worker * w, const AdWaiting * waiting, const AdAnswer * answer, Look * l)
{
  gboolean through = TRUE;

  l->entries = answer->entries;
  l->n = answer->entries->len;
  l->items = g_new0 (AdPodItem, l->n + 1);
  l->paths = g_new0 (GHashTable *, l->n + 1);
  l->details = g_new0 (gchar *, l->n + 1);
  l->chosen = g_new0 (guint, l->n + 1);
  for (guint i = 0; i < l->n; i++)
    through &= look_at (w, waiting, g_ptr_array_index (l->entries, i), &l->items[i], &l->paths[i], &l->details[i]);
  return through;
}

/* Marks the first of those that are chosen whose turn would come too late. */
static gboolean
mark_expired (const AdWaiting * waiting, Look * l)
{
  gint64 at_us = MAX (waiting->out_us, g_get_monotonic_time ());

  for (guint k = 0; k < l->n_chosen; k++) {
    const AdEntry *e = g_ptr_array_index (l->entries, l->chosen[k]);
    AdPodItem *item = &l->items[l->chosen[k]];

    if (e->expires_us > 0 && e->expires_us <= at_us) {
      item->reason = expired_name ();
      return TRUE;
    }
    at_us += item->duration_90k * 100 / 9;
  }
  return FALSE;
}

/* They are as long as they are, whatever the ad server said. */
static void
choose (const AdWaiting * waiting, Look * l)
{
  guint first;

  do {
    first = 0;
    for (guint i = 0; i < l->n; i++)
      if (l->items[i].duration_90k > 0 && g_strcmp0 (l->items[i].reason, expired_name ()))
        l->items[i].reason = NULL;
    l->n_chosen = ad_pod_choose (l->items, l->n, &first, waiting->duration_90k, AD_TOLERANCE_90K, l->chosen);
  } while (mark_expired (waiting, l));
}

/* What its ad server hears of one that is not played, and @reason, how it is told here. */
static AspAdCode
trouble_of (const AdWaiting * waiting, const AdEntry * entry, const AdPodItem * item, const gchar ** reason)
{
  *reason = item->reason;
  if (item->reason == expired_name ())
    return ASP_AD_CODE_UNDEFINED;
  if (item->duration_90k > 0) {
    *reason = asp_skip_reason_name (ASP_SKIP_AVAIL_DURATION_EXCEEDED);
    return item->duration_90k > waiting->duration_90k + AD_TOLERANCE_90K ? ASP_AD_CODE_DURATION :
        ASP_AD_CODE_BREAK_SHORTENED;
  }
  if (!g_strcmp0 (item->reason, "TRANSCODE_IN_PROGRESS"))
    return ASP_AD_CODE_MEZZANINE_BUSY;
  return entry->state == AD_FAILED ? ASP_AD_CODE_NOT_FOUND : ASP_AD_CODE_DISPLAY;
}

static void
add_unplayed (Worker * w, const AdWaiting * waiting, const AdAnswer * answer, const Look * l, GPtrArray * lines)
{
  for (guint i = 0; i < l->n; i++) {
    const AdEntry *e = g_ptr_array_index (l->entries, i);
    const gchar *reason;

    if (!l->items[i].reason)
      continue;
    ad_server_report (w->server, e->ad, trouble_of (waiting, e, &l->items[i], &reason));
    g_ptr_array_add (lines, ad_build_line_new (e->path, e->ad, l->items[i].duration_90k, reason, l->details[i]));
  }
  for (guint i = 0; i < answer->skipped->len; i++) {
    const AdEntry *e = g_ptr_array_index (answer->skipped, i);

    g_ptr_array_add (lines, ad_build_line_new (NULL, e->ad, e->ad->creative.duration_90k, e->reason, e->detail));
  }
}

/* Returns: (transfer container) (element-type AspAd): those that are played */
static GPtrArray *
add_played (Look * l, GPtrArray * lines)
{
  GPtrArray *played = g_ptr_array_new ();

  for (guint k = 0; k < l->n_chosen; k++) {
    guint i = l->chosen[k];
    const AdEntry *e = g_ptr_array_index (l->entries, i);
    AdLine *line;

    e->ad->creative.duration_90k = l->items[i].duration_90k;
    line = ad_build_line_new (e->path, e->ad, l->items[i].duration_90k, NULL, NULL);
    line->paths = g_steal_pointer (&l->paths[i]);
    line->hold = e->hold ? asp_source_hold_ref (e->hold) : NULL;
    g_ptr_array_add (played, e->ad);
    g_ptr_array_add (lines, line);
  }
  return played;
}

/* FALSE: some of it is being made, and there is time. */
static gboolean
carry_out_answer (Worker * w, const AdWaiting * waiting, const AdAnswer * answer)
{
  g_auto (Look) look = { 0, };
  g_autoptr (GPtrArray) lines = ad_build_lines_new (), played = NULL;
  gboolean through = look_at_all (w, waiting, answer, &look);

  if (g_atomic_int_get (&w->stop))
    return TRUE;
  if (!through && g_get_monotonic_time () < waiting->deadline_us)
    return FALSE;
  choose (waiting, &look);
  played = add_played (&look, lines);
  add_unplayed (w, waiting, answer, &look, lines);
  ad_server_plays (w->server, waiting->id, waiting->duration_90k, waiting->postroll, played);
  if (w->control)
    ad_control_note_latency (w->control, waiting->id, answer->latency_us);
  ad_build_carry_out (w, waiting->id, waiting->duration_90k, lines, answer->decided ? answer->outcome : "FAILED",
      answer->decided ? answer->why : "the ad server has not answered in time");
  return TRUE;
}

gboolean
ad_answer_carry_out (Worker * w, const AdWaiting * waiting)
{
  g_autoptr (AdAnswer) answer = ad_server_answer (w->server, waiting->id);

  if (answer && !answer->complete && g_get_monotonic_time () < waiting->deadline_us)
    return FALSE;
  if (answer && !carry_out_answer (w, waiting, answer))
    return FALSE;
  ad_server_forget (w->server, waiting->id);
  return TRUE;
}
