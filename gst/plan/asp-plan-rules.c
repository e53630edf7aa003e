/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-plan-private.h"

/* --- who is meant ------------------------------------------------------------------- */

static gboolean
is_out (const AspPlan * plan, const AspBreak * b)
{
  return b == plan->current && plan->phase == PHASE_OUT;
}

/* Ids of splice_insert and of segmentation are two sets; a cancel does not say which type it
 * means (10.3.3.1). */
static gboolean
is_event (const AspBreak * b, const Cue * cue)
{
  if (b->origin != ASP_ORIGIN_CUE || b->event_id != cue->event_id)
    return FALSE;
  return cue->type == G_MAXUINT ? b->segmentation_type_id != 0 : b->segmentation_type_id == cue->type;
}

/* The end of @b, or of what made it longer. */
static gboolean
is_end_of (const AspBreak * b, const Cue * cue)
{
  return b->origin == ASP_ORIGIN_CUE && b->end_event_id == cue->event_id && b->segmentation_type_id == cue->type;
}

typedef gboolean (*Match) (const AspBreak * b, const Cue * cue);

/* What is out, or armed, comes before what is pending. */
static AspBreak *
find (const AspPlan * plan, Match match, const Cue * cue)
{
  if (plan->current && match (plan->current, cue))
    return plan->current;
  for (const GList * l = plan->pending.head; l; l = l->next)
    if (match (l->data, cue))
      return l->data;
  return NULL;
}

static gboolean
same_time (gint64 a_90k, gint64 b_90k)
{
  if (a_90k == ASP_NO_TIME || b_90k == ASP_NO_TIME)
    return a_90k == b_90k;
  return ABS (a_90k - b_90k) <= ASP_PLAN_SAME_90K;
}

static gboolean
says_same (const AspBreak * b, const Cue * cue)
{
  return b->immediate || cue->at_90k == ASP_NO_TIME ? b->immediate && cue->at_90k == ASP_NO_TIME :
      same_time (b->asked_90k, cue->at_90k);
}

static PlanDone *
find_done (AspPlan * plan, const Cue * cue)
{
  for (guint i = 0; i < MIN (plan->n_done, ASP_PLAN_DONE_MAX); i++)
    if (plan->done[i].event_id == cue->event_id && (plan->done[i].type == cue->type ||
            (cue->type == G_MAXUINT && plan->done[i].type != 0)))
      return &plan->done[i];
  return NULL;
}

PlanAnnounced *
plan_announced (AspPlan * plan, guint32 event_id)
{
  for (guint i = 0; i < MIN (plan->n_announced, ASP_PLAN_ANNOUNCED_MAX); i++)
    if (plan->announced[i].event_id == event_id)
      return &plan->announced[i];
  return NULL;
}

/* --- ends --------------------------------------------------------------------------- */

/* @b ends at @end_90k, which may be later than it was, as far as the longest break goes; at once
 * when that has passed. */
static void
set_end (AspPlan * plan, AspBreak * b, gint64 end_90k, gint64 now_90k, GArray * actions)
{
  gint64 longest = plan->config.max_duration_90k;

  if (is_out (plan, b)) {
    end_90k = MIN (end_90k, MIN (b->asked_90k, plan->out_90k) + longest);
    if (end_90k == plan->in_90k || plan->ends_now)
      return;
    if (end_90k <= MAX (now_90k, plan->out_90k)) {
      plan_end_now (plan, now_90k, TRUE);
      plan_act (actions, ASP_PLAN_RETURNS, b, ASP_NO_TIME, "");
      return;
    }
    plan->in_90k = end_90k;
    plan_act (actions, ASP_PLAN_RETURNS, b, end_90k, "");
    return;
  }
  end_90k = MIN (end_90k - b->asked_90k, longest);
  if (end_90k == b->duration_90k)
    return;
  b->duration_90k = end_90k;
  plan_act (actions, ASP_PLAN_UPDATED, b, ASP_NO_TIME, "");
}

/* It is over at @at_90k: at once when that has passed. NULL, or why not. */
static const gchar *
end_at (AspPlan * plan, AspBreak * b, gint64 at_90k, gint64 now_90k, GArray * actions)
{
  if (is_out (plan, b)) {
    b->end_said = TRUE;
    set_end (plan, b, at_90k != ASP_NO_TIME ? at_90k : now_90k, now_90k, actions);
    return NULL;
  }
  /* not begun: to take it back is what a cancel is for */
  if (at_90k == ASP_NO_TIME || b->asked_90k == ASP_NO_TIME || at_90k <= b->asked_90k)
    return "in-before-out";
  b->duration_said = b->end_said = TRUE;
  set_end (plan, b, at_90k, now_90k, actions);
  return NULL;
}

const gchar *
plan_in (AspPlan * plan, const Cue * cue, gint64 now_90k, GArray * actions)
{
  AspBreak *b = find (plan, is_end_of, cue);
  guint flag = segmentation_flag (cue->type);

  if (b) {
    if (cue->more_segments || cue->position < b->last_position)
      return "more-segments";
    return end_at (plan, b, cue->at_90k, now_90k, actions);
  }
  if (find (plan, is_event, cue))
    return "overlap";           /* it was made longer by another one, whose end counts */
  if (find_done (plan, cue))
    return NULL;                /* repetition, or it comes too late to matter */
  return flag && !(flag & plan->config.cue_flags) ? "cue-type" : "in-without-out";
}

/* Is there something to end at @at_90k, behind its beginning and before its end? */
static gboolean
lasts_at (const AspPlan * plan, const AspBreak * b, gint64 at_90k, gint64 now_90k)
{
  if (is_out (plan, b) && plan->ends_now)
    return FALSE;
  if (at_90k == ASP_NO_TIME)
    return is_out (plan, b);
  return b->asked_90k != ASP_NO_TIME && at_90k > b->asked_90k + ASP_PLAN_SAME_90K &&
      at_90k < plan_end (plan, b, now_90k);
}

gboolean
plan_close (AspPlan * plan, const Cue * cue, gint64 now_90k, GArray * actions)
{
  gboolean any = FALSE;

  for (GList * l = plan->pending.head; l; l = l->next)
    if (segmentation_ends (cue->type, ((AspBreak *) l->data)->segmentation_type_id) &&
        lasts_at (plan, l->data, cue->at_90k, now_90k))
      any |= !end_at (plan, l->data, cue->at_90k, now_90k, actions);
  if (plan->current && segmentation_ends (cue->type, plan->current->segmentation_type_id) &&
      lasts_at (plan, plan->current, cue->at_90k, now_90k))
    any |= !end_at (plan, plan->current, cue->at_90k, now_90k, actions);
  return any;
}

/* --- cancels ------------------------------------------------------------------------ */

const gchar *
plan_take_back (AspPlan * plan, const Cue * cue, GArray * actions)
{
  AspBreak *b = plan->current && plan->phase == PHASE_ARMED && is_event (plan->current, cue) ? plan->current : NULL;
  gboolean any = FALSE;

  for (GList * l = plan->pending.head, *next; b || l; l = next) {
    next = b ? l : l->next;
    if (!b && is_event (l->data, cue))
      b = l->data;
    if (b) {
      plan_unlink (plan, b);
      plan_act (actions, ASP_PLAN_CANCELLED, g_steal_pointer (&b), ASP_NO_TIME, "cue");
      any = TRUE;
    }
  }
  if (any)
    return NULL;
  if ((plan->current && is_event (plan->current, cue)) || find_done (plan, cue))
    return "cancel-after-out";
  return "cancel-unknown";
}

/* --- outs --------------------------------------------------------------------------- */

static AspBreak *
make_break (AspPlan * plan, const Cue * cue, const CueContext * with)
{
  AspBreak *b = asp_break_new (ASP_ORIGIN_CUE, cue->at_90k, cue->duration_90k);
  gint64 splice_90k = cue->at_90k != ASP_NO_TIME ? cue->at_90k : with->now_90k;

  b->event_id = b->end_event_id = cue->event_id;
  b->segmentation_type_id = cue->type;
  b->first_position = b->last_position = cue->position;
  b->scte35_hex = g_strdup (with->hex);
  b->late_on_arrival = cue->at_90k != ASP_NO_TIME && with->now_90k != ASP_NO_TIME && cue->at_90k <= with->now_90k;
  asp_break_id_for_cue (b->id, with->channel, b->event_id,
      splice_90k == ASP_NO_TIME ? 0 : asp_pts_wrap (splice_90k + with->offset_90k));
  plan_limit (plan, b);
  return b;
}

static gboolean
may_replace (const AspPlan * plan, const AspBreak * b)
{
  return b->origin == ASP_ORIGIN_CUE && !is_out (plan, b);
}

static void
take_away (AspPlan * plan, AspBreak * b, const gchar * reason, GArray * actions)
{
  plan_unlink (plan, b);
  plan_act (actions, ASP_PLAN_CANCELLED, b, ASP_NO_TIME, reason);
}

/* A segment of @b as it came before. */
static gboolean
is_said (const AspBreak * b, const Cue * cue)
{
  if (!is_event (b, cue) || cue->position < b->first_position || cue->position > b->last_position)
    return FALSE;
  return cue->position > b->first_position || says_same (b, cue);
}

/* The event is known: TRUE when that is all there is to say of the cue. */
static gboolean
repeats (AspPlan * plan, const Cue * cue, gint64 now_90k, GArray * actions)
{
  AspBreak *b = find (plan, is_said, cue);

  if (b) {
    /* what its end has said counts more than what its beginning said */
    if (cue->duration_90k > 0 && b->asked_90k != ASP_NO_TIME && b->last_position == b->first_position && !b->end_said)
      set_end (plan, b, b->asked_90k + cue->duration_90k, now_90k, actions);
    return TRUE;
  }
  b = find (plan, is_event, cue);
  if (b && is_out (plan, b) && cue->at_90k == ASP_NO_TIME)
    return TRUE;                /* it is out already */
  for (GList * l = plan->pending.head; l && (!b || is_out (plan, b)); l = l->next)
    if (is_event (l->data, cue))
      b = l->data;
  if (b && !is_out (plan, b) && cue->position == b->first_position)
    take_away (plan, b, "replaced", actions);
  return FALSE;
}

static gboolean
repeats_done (AspPlan * plan, const Cue * cue, gint64 now_90k)
{
  for (guint i = 0; i < MIN (plan->n_done, ASP_PLAN_DONE_MAX); i++) {
    PlanDone *d = &plan->done[i];

    if (d->event_id != cue->event_id || d->type != cue->type || d->position != cue->position)
      continue;
    if (cue->at_90k != ASP_NO_TIME && !d->immediate && same_time (d->asked_90k, cue->at_90k))
      return TRUE;
    if (cue->at_90k == ASP_NO_TIME && d->immediate && now_90k - d->seen_90k < ASP_PLAN_REPEAT_90K) {
      d->seen_90k = MAX (d->seen_90k, now_90k);
      return TRUE;
    }
  }
  return FALSE;
}

/* The next segment of the same event, where the one before it ends: one break. */
static gboolean
goes_on (AspPlan * plan, const Cue * cue, const CueContext * with, GArray * actions)
{
  AspBreak *b = find (plan, is_event, cue);
  gint64 duration = cue->duration_90k > 0 ? cue->duration_90k : plan->config.default_duration_90k;

  if (!b || cue->position <= b->last_position || cue->at_90k == ASP_NO_TIME || b->asked_90k == ASP_NO_TIME ||
      cue->at_90k <= b->asked_90k || cue->at_90k > plan_end (plan, b, with->now_90k) + ASP_PLAN_SAME_90K)
    return FALSE;
  b->last_position = cue->position;
  set_end (plan, b, MAX (cue->at_90k + duration, plan_end (plan, b, with->now_90k)), with->now_90k, actions);
  return TRUE;
}

static gboolean
is_inside (guint type, guint of)
{
  return segmentation_rank (of) > 0 && segmentation_rank (type) > segmentation_rank (of);
}

typedef struct
{
  const Cue *cue;
  gint64 start_90k, end_90k, now_90k;
} Wanted;

/* @w begins while @b lasts. NULL when @b has made room, else why @w does nothing. */
static const gchar *
begins_in (AspPlan * plan, const Wanted * w, AspBreak * b, GArray * actions)
{
  guint type = w->cue->type, other = b->segmentation_type_id;
  gint64 start = plan_start (plan, b, w->now_90k);
  gboolean cues = b->origin == ASP_ORIGIN_CUE;

  if (w->start_90k <= start + ASP_PLAN_SAME_90K && may_replace (plan, b) && is_inside (other, type)) {
    take_away (plan, b, "nested", actions);
    return NULL;
  }
  /* nobody said how long it is: it is over where the next one of its kind begins */
  if (cues && !b->duration_said && (w->cue->position & 0xff) <= 1 && segmentation_ends (type, other) &&
      lasts_at (plan, b, w->start_90k, w->now_90k)) {
    end_at (plan, b, w->start_90k, w->now_90k, actions);
    return NULL;
  }
  if (is_inside (type, other) || (other == type && (w->cue->position & 0xff) > 1))
    return "nested";
  if (cues && plan->config.overlap_policy == ASP_OVERLAP_EXTEND && w->end_90k > plan_end (plan, b, w->now_90k) &&
      b->asked_90k != ASP_NO_TIME && !(is_out (plan, b) && plan->ends_now)) {
    set_end (plan, b, w->end_90k, w->now_90k, actions);
    if (other == type)
      b->end_event_id = w->cue->event_id;
    return "extended";
  }
  return "overlap";
}

/* Room for @w among what there is. NULL, or why there is none. */
static const gchar *
make_room (AspPlan * plan, const Wanted * w, GArray * actions)
{
  const gchar *reason = NULL;

  if (plan->avail_known && w->start_90k < plan->avail_end_90k && is_inside (w->cue->type, plan->avail_type))
    return "nested";
  if (plan->avail_known && w->start_90k < plan->avail_over_90k && !is_inside (plan->avail_type, w->cue->type))
    return "overlap";
  if (plan->current && w->start_90k < plan_end (plan, plan->current, w->now_90k) &&
      w->end_90k > plan_start (plan, plan->current, w->now_90k))
    reason = begins_in (plan, w, plan->current, actions);
  for (GList * l = plan->pending.head, *next; l && !reason; l = next) {
    AspBreak *b = l->data;
    gint64 start = plan_start (plan, b, w->now_90k);

    next = l->next;
    if (b->postroll || start == ASP_NO_TIME || w->start_90k >= plan_end (plan, b, w->now_90k) || w->end_90k <= start)
      continue;
    if (w->start_90k >= start - ASP_PLAN_SAME_90K || b->origin != ASP_ORIGIN_CUE)
      reason = begins_in (plan, w, b, actions);
    else
      take_away (plan, b, is_inside (b->segmentation_type_id, w->cue->type) ? "nested" : "overlap", actions);
  }
  return reason;
}

void
plan_out (AspPlan * plan, const Cue * given, const CueContext * with, GArray * actions)
{
  Cue cue = *given;
  const PlanAnnounced *announced = cue.type == 0 ? plan_announced (plan, cue.event_id) : NULL;
  Wanted w = { &cue, ASP_NO_TIME, ASP_NO_TIME, with->now_90k };
  const gchar *reason = NULL;
  AspBreak *b;

  if (cue.duration_90k == 0 && announced)
    cue.duration_90k = announced->duration_90k;
  if (repeats (plan, &cue, with->now_90k, actions) || repeats_done (plan, &cue, with->now_90k) ||
      goes_on (plan, &cue, with, actions))
    return;
  b = make_break (plan, &cue, with);
  w.start_90k = cue.at_90k != ASP_NO_TIME ? cue.at_90k : with->now_90k;
  w.end_90k = w.start_90k != ASP_NO_TIME ? w.start_90k + b->duration_90k : ASP_NO_TIME;
  if (b->late_on_arrival && (plan->config.late_policy == ASP_LATE_SKIP || w.end_90k <= with->now_90k)) {
    plan_remember (plan, b, with->now_90k);
    plan_act (actions, ASP_PLAN_SKIPPED, b, ASP_NO_TIME, "late");
    return;
  }
  if (w.start_90k != ASP_NO_TIME)
    reason = make_room (plan, &w, actions);
  if (!reason && !plan_add (plan, b))
    reason = "too-many-breaks";
  if (!reason) {
    plan_act (actions, ASP_PLAN_SCHEDULED, b, ASP_NO_TIME, "");
    return;
  }
  plan_act (actions, ASP_PLAN_IGNORED, NULL, ASP_NO_TIME, reason);
  asp_break_free (b);
}
