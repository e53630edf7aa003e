/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-plan-private.h"

#include <string.h>

/* What one cue says, whichever command said it. */
typedef struct
{
  guint32 event_id;
  guint segmentation_type_id;   /* of the start; 0 for splice_insert */
  gboolean out, cancel;
  gint64 at_90k;                /* ASP_NO_TIME = immediate */
  gint64 duration_90k;          /* 0 = not said */
} Cue;

static guint
flag_of_type (guint start_type)
{
  switch (start_type) {
    case ASP_SCTE35_SEG_BREAK_START:
      return ASP_CUE_BREAK;
    case ASP_SCTE35_SEG_PROVIDER_AD_START:
      return ASP_CUE_PROVIDER_AD;
    case ASP_SCTE35_SEG_DISTRIBUTOR_AD_START:
      return ASP_CUE_DISTRIBUTOR_AD;
    case ASP_SCTE35_SEG_PROVIDER_PO_START:
      return ASP_CUE_PROVIDER_PO;
    case ASP_SCTE35_SEG_DISTRIBUTOR_PO_START:
      return ASP_CUE_DISTRIBUTOR_PO;
    default:
      return 0;
  }
}

static gint64
unwrap (guint64 pts90k, gint64 now_90k, gint64 offset_90k)
{
  /* as the caller does with its first time: one turn up */
  if (now_90k == ASP_NO_TIME)
    return (gint64) pts90k + ASP_PTS_MODULUS - offset_90k;
  return asp_pts_unwrap (now_90k + offset_90k, pts90k) - offset_90k;
}

/* (pts_time + pts_adjustment) mod 2^33: SCTE 35 9.6.1 */
static gint64
time_of (const AspScte35Section * s, const AspScte35SpliceTime * t, gint64 now_90k, gint64 offset_90k)
{
  if (!t->time_specified_flag)
    return ASP_NO_TIME;
  return unwrap ((t->pts_time_pts90k + s->pts_adjustment_pts90k) & ASP_PTS_MASK, now_90k, offset_90k);
}

static void
read_insert (const AspScte35Section * s, gint64 now_90k, gint64 offset_90k, Cue * cue)
{
  const AspScte35SpliceEvent *e = &s->u.splice_insert;

  memset (cue, 0, sizeof *cue);
  cue->event_id = e->splice_event_id;
  cue->cancel = e->splice_event_cancel_indicator;
  cue->out = e->out_of_network_indicator;
  cue->at_90k = ASP_NO_TIME;
  if (cue->cancel)
    return;
  if (!e->splice_immediate_flag && e->program_splice_flag)
    cue->at_90k = time_of (s, &e->splice_time, now_90k, offset_90k);
  for (guint i = 0; !e->splice_immediate_flag && !e->program_splice_flag && i < e->n_components &&
      cue->at_90k == ASP_NO_TIME; i++)
    cue->at_90k = time_of (s, &e->components[i].splice_time, now_90k, offset_90k);
  if (e->duration_flag)
    cue->duration_90k = (gint64) e->break_duration.duration_90k;
}

/* The first segmentation descriptor of a type that opens breaks here; others may stand
 * beside it. FALSE when there is none. */
static gboolean
read_signal (const AspScte35Section * s, guint flags, gint64 now_90k, gint64 offset_90k, Cue * cue,
    gboolean * any)
{
  for (guint i = 0; i < s->n_descriptors; i++) {
    const AspScte35Descriptor *d = &s->descriptors[i];
    const AspScte35Segmentation *g = &d->u.segmentation;
    guint type;

    if (d->kind != ASP_SCTE35_DESCRIPTOR_SEGMENTATION || d->malformed)
      continue;
    *any = TRUE;
    type = g->segmentation_type_id;
    memset (cue, 0, sizeof *cue);
    cue->event_id = g->segmentation_event_id;
    cue->at_90k = time_of (s, &s->u.time_signal, now_90k, offset_90k);
    if (g->segmentation_event_cancel_indicator) {
      cue->cancel = TRUE;
      return TRUE;
    }
    if ((flag_of_type (type & ~1u) & flags) == 0)
      continue;
    cue->out = !(type & 1);
    cue->segmentation_type_id = type & ~1u;
    if (g->segmentation_duration_flag)
      cue->duration_90k = (gint64) g->segmentation_duration_90k;
    return TRUE;
  }
  return FALSE;
}

static GList *
find_pending (AspPlan * plan, guint32 event_id)
{
  for (GList * l = plan->pending.head; l; l = l->next) {
    const AspBreak *b = l->data;

    if (b->origin == ASP_ORIGIN_CUE && b->event_id == event_id)
      return l;
  }
  return NULL;
}

static gboolean
is_done (const AspPlan * plan, const Cue * cue)
{
  for (guint i = 0; i < MIN (plan->n_done, ASP_PLAN_DONE_MAX); i++)
    if (plan->done[i].event_id == cue->event_id && plan->done[i].asked_90k == cue->at_90k)
      return TRUE;
  return FALSE;
}

static void
ignore (AspCueAction * action, const gchar * reason)
{
  action->verdict = ASP_CUE_IGNORED;
  action->reason = reason;
}

static void
cancel_cue (AspPlan * plan, const Cue * cue, AspCueAction * action)
{
  GList *l = find_pending (plan, cue->event_id);

  if (l) {
    action->verdict = ASP_CUE_CANCELS;
    action->brk = l->data;
    g_queue_delete_link (&plan->pending, l);
  } else {
    ignore (action, plan->running ? "cancel-after-out" : "cancel-unknown");
  }
}

static void
in_cue (AspPlan * plan, const Cue * cue, AspCueAction * action)
{
  GList *l = find_pending (plan, cue->event_id);

  if (plan->running && plan->running_is_cue && plan->running_cue.event_id == cue->event_id) {
    action->verdict = ASP_CUE_RETURNS;
    action->at_90k = cue->at_90k;
  } else if (l && cue->at_90k != ASP_NO_TIME && ((AspBreak *) l->data)->asked_90k != ASP_NO_TIME &&
      cue->at_90k > ((AspBreak *) l->data)->asked_90k) {
    AspBreak *b = l->data;

    /* known before the break begins: it is the duration */
    b->duration_90k = MIN (cue->at_90k - b->asked_90k, plan->config.max_duration_90k);
    action->verdict = ASP_CUE_REPLACES;
    action->brk = b;
  } else {
    ignore (action, "in-without-out");
  }
}

static void
out_cue (AspPlan * plan, const Cue * cue, const gchar * hex, const gchar * channel,
    gint64 now_90k, gint64 offset_90k, AspCueAction * action)
{
  GList *l = find_pending (plan, cue->event_id);
  AspBreak *b;

  if (plan->running) {
    if (!plan->running_is_cue || plan->running_cue.event_id != cue->event_id ||
        plan->running_cue.asked_90k != cue->at_90k)
      ignore (action, "break-running");
    return;
  }
  if (cue->at_90k != ASP_NO_TIME && is_done (plan, cue))
    return;
  if (l && ((AspBreak *) l->data)->asked_90k == cue->at_90k)
    return;                     /* repetition */
  action->verdict = l ? ASP_CUE_REPLACES : ASP_CUE_SCHEDULES;
  if (l) {
    asp_break_free (l->data);
    g_queue_delete_link (&plan->pending, l);
  }
  b = asp_break_new (ASP_ORIGIN_CUE, cue->at_90k, cue->duration_90k);
  b->event_id = cue->event_id;
  b->segmentation_type_id = cue->segmentation_type_id;
  b->scte35_hex = g_strdup (hex);
  b->late_on_arrival = cue->at_90k != ASP_NO_TIME && now_90k != ASP_NO_TIME && cue->at_90k <= now_90k;
  asp_break_id_for_cue (b->id, channel, b->event_id,
      asp_pts_wrap (cue->at_90k == ASP_NO_TIME ? now_90k + offset_90k : cue->at_90k + offset_90k));
  if (asp_plan_add (plan, b))
    action->brk = b;
  else
    ignore (action, "too-many-breaks");
}

void
asp_plan_cue (AspPlan * plan, const AspScte35Section * section, const gchar * hex,
    const gchar * channel, gint64 now_90k, gint64 offset_90k, AspCueAction * action)
{
  Cue cue;
  gboolean any = FALSE;

  memset (action, 0, sizeof *action);
  action->at_90k = ASP_NO_TIME;
  switch (section->splice_command_type) {
    case ASP_SCTE35_SPLICE_INSERT:
      if (!(plan->config.cue_flags & ASP_CUE_INSERT)) {
        ignore (action, "cue-type");
        return;
      }
      read_insert (section, now_90k, offset_90k, &cue);
      break;
    case ASP_SCTE35_TIME_SIGNAL:
      if (!read_signal (section, plan->config.cue_flags, now_90k, offset_90k, &cue, &any)) {
        ignore (action, any ? "cue-type" : "no-segmentation-descriptor");
        return;
      }
      break;
    case ASP_SCTE35_ENCRYPTED:
      ignore (action, "encrypted");
      return;
    default:
      return;
  }
  if (cue.cancel)
    cancel_cue (plan, &cue, action);
  else if (cue.out)
    out_cue (plan, &cue, hex, channel, now_90k, offset_90k, action);
  else
    in_cue (plan, &cue, action);
}
