/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-plan-private.h"

#include <string.h>

AspBreak *
asp_break_new (AspBreakOrigin origin, gint64 asked_90k, gint64 duration_90k)
{
  AspBreak *b = g_new0 (AspBreak, 1);

  b->origin = origin;
  b->asked_90k = asked_90k;
  b->duration_90k = duration_90k;
  asp_break_id_random (b->id);
  return b;
}

void
asp_break_free (AspBreak * b)
{
  if (!b)
    return;
  g_free (b->scte35_hex);
  g_free (b);
}

static void
base62 (gchar id[ASP_BREAK_ID_SIZE], const guint8 * bytes)
{
  static const gchar digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  guint64 high = 0, low = 0;

  /* 12 characters of base62 are 71.5 bits: two numbers of six characters each */
  for (guint i = 0; i < 8; i++) {
    high = (high << 8) | bytes[i];
    low = (low << 8) | bytes[8 + i];
  }
  for (guint i = 0; i < 6; i++, high /= 62, low /= 62) {
    id[i] = digits[high % 62];
    id[6 + i] = digits[low % 62];
  }
  id[12] = '\0';
}

void
asp_break_id_for_cue (gchar id[ASP_BREAK_ID_SIZE], const gchar * channel, guint32 event_id,
    guint64 splice_pts90k)
{
  g_autofree gchar *name = g_strdup_printf ("%s\n%u\n%" G_GUINT64_FORMAT,
      channel ? channel : "", event_id, splice_pts90k);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize size = sizeof digest;

  g_checksum_update (sum, (const guchar *) name, -1);
  g_checksum_get_digest (sum, digest, &size);
  base62 (id, digest);
}

void
asp_break_id_random (gchar id[ASP_BREAK_ID_SIZE])
{
  guint8 bytes[16];

  for (guint i = 0; i < 4; i++) {
    guint32 r = g_random_int ();
    memcpy (bytes + 4 * i, &r, 4);
  }
  base62 (id, bytes);
}

AspPlan *
asp_plan_new (const AspPlanConfig * config)
{
  AspPlan *plan = g_new0 (AspPlan, 1);

  plan->config = *config;
  g_queue_init (&plan->pending);
  return plan;
}

void
asp_plan_free (AspPlan * plan)
{
  if (!plan)
    return;
  g_queue_clear_full (&plan->pending, (GDestroyNotify) asp_break_free);
  g_free (plan);
}

void
asp_plan_set_config (AspPlan * plan, const AspPlanConfig * config)
{
  plan->config = *config;
}

static gint
compare_breaks (gconstpointer a, gconstpointer b, gpointer unused)
{
  const AspBreak *x = a, *y = b;

  if (x->postroll != y->postroll)
    return x->postroll ? 1 : -1;
  return x->asked_90k < y->asked_90k ? -1 : x->asked_90k > y->asked_90k ? 1 : 0;
}

gboolean
asp_plan_add (AspPlan * plan, AspBreak * b)
{
  if (plan->pending.length >= ASP_PLAN_BREAKS_MAX) {
    asp_break_free (b);
    return FALSE;
  }
  if (b->duration_90k <= 0)
    b->duration_90k = plan->config.default_duration_90k;
  b->duration_90k = MIN (b->duration_90k, plan->config.max_duration_90k);
  g_queue_insert_sorted (&plan->pending, b, compare_breaks, NULL);
  return TRUE;
}

const AspBreak *
asp_plan_peek (const AspPlan * plan)
{
  return plan->pending.head ? plan->pending.head->data : NULL;
}

AspBreak *
asp_plan_take (AspPlan * plan)
{
  AspBreak *b = g_queue_pop_head (&plan->pending);

  if (b) {
    plan->running = TRUE;
    plan->running_is_cue = b->origin == ASP_ORIGIN_CUE;
    plan->running_cue.event_id = b->event_id;
    plan->running_cue.asked_90k = b->asked_90k;
  }
  return b;
}

static AspBreak *
unlink_break (AspPlan * plan, GList * link)
{
  AspBreak *b = link->data;

  g_queue_delete_link (&plan->pending, link);
  return b;
}

AspBreak *
asp_plan_remove (AspPlan * plan, const gchar * id)
{
  for (GList * l = plan->pending.head; l; l = l->next)
    if (!strcmp (((AspBreak *) l->data)->id, id))
      return unlink_break (plan, l);
  return NULL;
}

void
asp_plan_done (AspPlan * plan)
{
  if (plan->running && plan->running_is_cue) {
    plan->done[plan->n_done % ASP_PLAN_DONE_MAX] = plan->running_cue;
    plan->n_done++;
  }
  plan->running = FALSE;
}

void
asp_plan_forget_done (AspPlan * plan)
{
  plan->n_done = 0;
}
