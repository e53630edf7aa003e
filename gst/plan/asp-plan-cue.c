/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-plan-private.h"

#include <string.h>

/* --- times ------------------------------------------------------------------------ */

static gint64
unwrap (guint64 pts90k, const CueContext * with)
{
  /* as the caller does with its first time: one turn up */
  if (with->now_90k == ASP_NO_TIME)
    return (gint64) pts90k + ASP_PTS_MODULUS - with->offset_90k;
  return asp_pts_unwrap (with->now_90k + with->offset_90k, pts90k) - with->offset_90k;
}

/* (pts_time + pts_adjustment) mod 2^33: 9.6.1. Without a time the nearest opportunity: 9.8.1. */
static gint64
time_of (const AspScte35Section * s, const AspScte35SpliceTime * t, guint64 extra_90k, const CueContext * with)
{
  if (!t->time_specified_flag)
    return ASP_NO_TIME;
  return unwrap ((t->pts_time_pts90k + s->pts_adjustment_pts90k + extra_90k) & ASP_PTS_MASK, with);
}

/* --- splice_insert ------------------------------------------------------------------ */

/* Component mode: the first component that has a time of its own. */
static gint64
insert_time (const AspScte35Section * s, const AspScte35SpliceEvent * e, const CueContext * with)
{
  gint64 at = ASP_NO_TIME;

  if (e->splice_immediate_flag)
    return ASP_NO_TIME;
  if (e->program_splice_flag)
    return time_of (s, &e->splice_time, 0, with);
  for (guint i = 0; i < e->n_components && at == ASP_NO_TIME; i++)
    at = time_of (s, &e->components[i].splice_time, 0, with);
  return at;
}

static void
ignore (GArray * actions, const gchar * reason)
{
  if (reason)
    plan_act (actions, ASP_PLAN_IGNORED, NULL, ASP_NO_TIME, reason);
}

static void
insert_cue (AspPlan * plan, const AspScte35Section * s, const CueContext * with, GArray * actions)
{
  const AspScte35SpliceEvent *e = &s->u.splice_insert;
  Cue cue = { CUE_CANCEL, e->splice_event_id, 0, 0, FALSE, ASP_NO_TIME, 0 };

  if (!(plan->config.cue_flags & ASP_CUE_INSERT)) {
    ignore (actions, "cue-type");
    return;
  }
  if (e->splice_event_cancel_indicator) {
    ignore (actions, plan_take_back (plan, &cue, actions));
    return;
  }
  if (!e->program_splice_flag && e->n_components == 0) {
    ignore (actions, "no-component");
    return;
  }
  cue.at_90k = insert_time (s, e, with);
  if (e->duration_flag)
    cue.duration_90k = (gint64) e->break_duration.duration_90k;
  cue.kind = e->out_of_network_indicator ? CUE_OUT : CUE_IN;
  if (cue.kind == CUE_OUT)
    plan_out (plan, &cue, with, actions);
  else
    ignore (actions, plan_in (plan, &cue, with->now_90k, actions));
}

/* --- splice_schedule ---------------------------------------------------------------- */

/* Its times are seconds of a wall clock, so that neither the PTS of the splice nor the id of its
 * break is known: it opens nothing. What it says of an event's duration counts when the
 * splice_insert of that event says none. */
static void
announce (AspPlan * plan, const AspScte35SpliceEvent * e, GArray * actions)
{
  PlanAnnounced *a = plan_announced (plan, e->splice_event_id);
  Cue cue = { CUE_CANCEL, e->splice_event_id, 0, 0, FALSE, ASP_NO_TIME, 0 };

  if (e->splice_event_cancel_indicator) {
    const gchar *reason = plan_take_back (plan, &cue, actions);

    if (a)
      a->duration_90k = 0;
    else
      ignore (actions, reason);
    return;
  }
  if (!e->out_of_network_indicator || !e->duration_flag)
    return;
  if (!a)
    a = &plan->announced[plan->n_announced++ % ASP_PLAN_ANNOUNCED_MAX];
  a->event_id = e->splice_event_id;
  a->duration_90k = (gint64) e->break_duration.duration_90k;
}

/* --- time_signal -------------------------------------------------------------------- */

static gboolean
is_restricted (const AspPlan * plan, const AspScte35Segmentation * g)
{
  guint r = plan->config.restrictions;

  if (g->delivery_not_restricted_flag)
    return FALSE;
  return (r & ASP_RESTRICTION_ANY) || ((r & ASP_RESTRICTION_WEB) && !g->web_delivery_allowed_flag) ||
      ((r & ASP_RESTRICTION_BLACKOUT) && !g->no_regional_blackout_flag) ||
      ((r & ASP_RESTRICTION_ARCHIVE) && !g->archive_allowed_flag) ||
      ((r & ASP_RESTRICTION_DEVICE) && g->device_restrictions != 3);
}

/* By component: the earliest one. */
static guint64
component_offset (const AspScte35Segmentation * g)
{
  guint64 least = g->n_components > 0 ? G_MAXUINT64 : 0;

  for (guint i = 0; i < g->n_components; i++)
    least = MIN (least, g->components[i].pts_offset_90k);
  return least;
}

static void
read_segmentation (const AspScte35Section * s, const AspScte35Segmentation * g, const CueContext * with, Cue * cue)
{
  gboolean end = segmentation_is_end (g->segmentation_type_id);

  memset (cue, 0, sizeof *cue);
  cue->event_id = g->segmentation_event_id;
  cue->at_90k = time_of (s, &s->u.time_signal, component_offset (g), with);
  if (g->segmentation_event_cancel_indicator) {
    cue->kind = CUE_CANCEL;
    cue->type = G_MAXUINT;      /* nothing behind the indicator is there: whatever it was */
    return;
  }
  cue->kind = end ? CUE_IN : segmentation_flag (g->segmentation_type_id) ? CUE_OUT : CUE_CLOSE;
  cue->type = end ? g->segmentation_type_id & ~1u : g->segmentation_type_id;
  cue->position = g->segment_num << 8 | (g->has_sub_segments ? g->sub_segment_num : 0);
  cue->more_segments = end && g->segments_expected > 0 && g->segment_num < g->segments_expected;
  if (g->segmentation_duration_flag)
    cue->duration_90k = (gint64) g->segmentation_duration_90k;
}

static const AspScte35Segmentation *
segmentation_at (const AspScte35Section * s, guint i)
{
  const AspScte35Descriptor *d = &s->descriptors[i];

  return d->kind == ASP_SCTE35_DESCRIPTOR_SEGMENTATION && !d->malformed ? &d->u.segmentation : NULL;
}

static void
end_cue (AspPlan * plan, const AspScte35Segmentation * g, Cue * cue, const CueContext * with, GArray * actions)
{
  const gchar *reason = NULL;
  gboolean closed;

  if (cue->kind == CUE_IN)
    reason = plan_in (plan, cue, with->now_90k, actions);
  cue->type = g->segmentation_type_id;
  closed = plan_close (plan, cue, with->now_90k, actions);
  if (!closed)
    ignore (actions, reason);
}

/* All that ends something, before anything begins. Returns how many descriptors there are. */
static guint
signal_ends (AspPlan * plan, const AspScte35Section * s, const CueContext * with, GArray * actions)
{
  guint n = 0;

  for (guint i = 0; i < s->n_descriptors; i++) {
    const AspScte35Segmentation *g = segmentation_at (s, i);
    Cue cue;

    if (!g)
      continue;
    n++;
    read_segmentation (s, g, with, &cue);
    if (cue.kind == CUE_CANCEL)
      ignore (actions, plan_take_back (plan, &cue, actions));
    else if (cue.kind != CUE_OUT)
      end_cue (plan, g, &cue, with, actions);
  }
  return n;
}

/* Of those that begin here the outermost; the others are inside of it. */
static void
signal_starts (AspPlan * plan, const AspScte35Section * s, const CueContext * with, GArray * actions,
    guint before)
{
  Cue cue, best = { .kind = CUE_CANCEL };
  guint inside = 0, others = 0;

  for (guint i = 0; i < s->n_descriptors; i++) {
    const AspScte35Segmentation *g = segmentation_at (s, i);

    if (!g)
      continue;
    read_segmentation (s, g, with, &cue);
    others += cue.kind == CUE_CLOSE;
    if (cue.kind != CUE_OUT)
      continue;
    if (!(segmentation_flag (cue.type) & plan->config.cue_flags)) {
      ignore (actions, "cue-type");
    } else if (is_restricted (plan, g)) {
      ignore (actions, "restricted");
    } else {
      inside += best.kind == CUE_OUT;
      if (best.kind != CUE_OUT || segmentation_rank (cue.type) < segmentation_rank (best.type))
        best = cue;
    }
  }
  if (best.kind == CUE_OUT)
    plan_out (plan, &best, with, actions);
  for (guint i = 0; i < inside; i++)
    ignore (actions, "nested");
  if (others > 0 && actions->len == before)
    ignore (actions, "cue-type");       /* overlays, programmes, chapters and the like */
}

/* --- all of them -------------------------------------------------------------------- */

void
asp_plan_cue (AspPlan * plan, const AspScte35Section * section, const gchar * hex,
    const gchar * channel, gint64 now_90k, gint64 offset_90k, GArray * actions)
{
  const CueContext with = { hex, channel, now_90k, offset_90k };
  guint before = actions->len;

  if (section->tier != ASP_SCTE35_TIER_IGNORE && plan->config.tier != ASP_PLAN_TIER_ANY &&
      section->tier != plan->config.tier) {
    ignore (actions, "tier");
    return;
  }
  switch (section->splice_command_type) {
    case ASP_SCTE35_SPLICE_INSERT:
      insert_cue (plan, section, &with, actions);
      break;
    case ASP_SCTE35_SPLICE_SCHEDULE:
      for (guint i = 0; i < section->u.splice_schedule.n_events; i++)
        announce (plan, &section->u.splice_schedule.events[i], actions);
      break;
    case ASP_SCTE35_TIME_SIGNAL:
      if (signal_ends (plan, section, &with, actions) == 0)
        ignore (actions, "no-segmentation-descriptor");
      else
        signal_starts (plan, section, &with, actions, before);
      break;
    case ASP_SCTE35_ENCRYPTED:
      ignore (actions, "encrypted");
      break;
    default:
      break;
  }
}
