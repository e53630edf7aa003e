/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

/* What the plan decides becomes a report, a mark in the output, an end of the break; what is
 * asked for from outside goes into the plan. */

/* Where it will be left as far as can be told: at the RAP behind the time that was asked for, when they
 * go on coming as the last two did. */
static gint64
expected_90k (const AspSplicer * s, const AspBreak * b)
{
  gint64 gop = s->rap_interval_90k, ahead = b->asked_90k - s->rap_pts90k;

  if (s->config.out_point != ASP_OUT_IDR || gop <= 0 || s->rap_pts90k == ASP_NO_TIME || ahead <= 0)
    return b->asked_90k;
  return s->rap_pts90k + (ahead - (gint64) (network_frame_90k (s) / 2) + gop - 1) / gop * gop;
}

static void
report_pending (AspSplicer * s, const AspBreak * b, AspBreakState state, const gchar * reason)
{
  gint64 now = s->newest_pts90k != ASP_NO_TIME ? s->newest_pts90k : s->first_pts90k;
  AspReport r = { 0 };

  r.state = state;
  r.break_id = b->id;
  r.reason = reason;
  r.asked_pts90k = b->asked_90k == ASP_NO_TIME ? ASP_NO_TIME : b->asked_90k + s->offset_90k;
  r.pts90k = ASP_NO_TIME;
  r.lead_90k = b->asked_90k == ASP_NO_TIME || now == ASP_NO_TIME ? 0 : expected_90k (s, b) - now;
  r.duration_90k = b->duration_90k;
  if (state == ASP_STATE_SKIPPED)
    s->stats.breaks_skipped++;
  if (s->funcs.report)
    s->funcs.report (s->user_data, &r);
}

/* Downstream learns of an avail as soon as the plan knows it (DESIGN 5). */
static void
announce (AspSplicer * s, const AspBreak * b, AspMarkKind kind)
{
  AspMark *mark = asp_mark_new (kind);

  g_strlcpy (mark->break_id, b->id, sizeof mark->break_id);
  mark->roll_type = b->postroll ? ASP_ROLL_POSTROLL : ASP_ROLL_MIDROLL;
  mark->media_90k = b->asked_90k == ASP_NO_TIME ? s->newest_pts90k : b->asked_90k;
  mark->pts90k = asp_pts_wrap (mark->media_90k == ASP_NO_TIME ? 0 : mark->media_90k + s->offset_90k);
  mark->duration_90k = b->duration_90k;
  mark->spliced = !s->config.mark;
  mark->scte35_hex = b->scte35_hex ? g_strdup (b->scte35_hex) :
      cue_made_hex (s, b, TRUE, b->asked_90k, b->duration_90k);
  network_mark (s, asp_mark_copy (mark));
  asp_output_mark (&s->out, mark);
}

static void
scheduled (AspSplicer * s, AspBreak * b)
{
  if (s->rewrite)
    announce_scheduled (s, b);
  report_pending (s, b, ASP_STATE_SCHEDULED, "");
  announce (s, b, ASP_MARK_SCHEDULED);
}

void
pending_cancelled (AspSplicer * s, const AspBreak * b, const gchar * reason)
{
  if (s->rewrite)
    announce_cancelled (s, b);
  report_pending (s, b, ASP_STATE_CANCELLED, reason);
  announce (s, b, ASP_MARK_CANCELLED);
}

static void
act_one (AspSplicer * s, const AspPlanAction * action)
{
  switch (action->kind) {
    case ASP_PLAN_SCHEDULED:
    case ASP_PLAN_UPDATED:
      scheduled (s, action->brk);
      break;
    case ASP_PLAN_CANCELLED:
      if (action->brk == s->brk) {
        s->brk = NULL;
        s->phase = BREAK_NONE;
      }
      pending_cancelled (s, action->brk, action->reason);
      break;
    case ASP_PLAN_SKIPPED:
      report_pending (s, action->brk, ASP_STATE_SKIPPED, action->reason);
      break;
    case ASP_PLAN_RETURNS:
      s->in_90k = asp_plan_in_90k (s->plan);
      s->end_now |= asp_plan_ends_now (s->plan);
      if (s->rewrite && s->end_now)
        announce_end_asked (s);
      break;
    case ASP_PLAN_IGNORED:
    default:
      break;
  }
}

void
plan_carry_out (AspSplicer * s, const GArray * actions)
{
  for (guint i = 0; i < actions->len; i++)
    act_one (s, &g_array_index (actions, AspPlanAction, i));
}

/* A picture at @pts90k: the `schedule` counts from the first one, and its breaks get their
 * time with it. */
void
plan_poll (AspSplicer * s, gint64 pts90k)
{
  g_autoptr (GArray) actions = NULL;
  AspBreak *b;

  if (s->first_pts90k == ASP_NO_TIME)
    s->first_pts90k = pts90k;
  if (!g_queue_is_empty (&s->schedule)) {
    actions = asp_plan_actions_new ();
    while ((b = g_queue_pop_head (&s->schedule))) {
      b->asked_90k += s->first_pts90k;
      if (s->channel)
        channel_request (s, b);
      else
        asp_plan_request (s->plan, b, pts90k, actions);
    }
    plan_carry_out (s, actions);
  }
  channel_sync (s, pts90k);
  if (s->rewrite)
    announce_poll (s, pts90k);
}

gboolean
asp_splicer_schedule (AspSplicer * s, gint64 start_90k, gint64 duration_90k)
{
  if (s->schedule.length >= ASP_PLAN_BREAKS_MAX)
    return FALSE;
  g_queue_push_tail (&s->schedule, asp_break_new (ASP_ORIGIN_SCHEDULE, start_90k, duration_90k));
  return TRUE;
}

/* What time it is for the plan: before the first picture the clock tells. */
gint64
plan_now_90k (const AspSplicer * s)
{
  return s->newest_pts90k != ASP_NO_TIME ? s->newest_pts90k : s->pcr_90k;
}

void
asp_splicer_request (AspSplicer * s, AspBreak * b)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  if (b->asked_90k != ASP_NO_TIME)
    b->asked_90k = to_ours (s, plan_now_90k (s), (guint64) b->asked_90k);
  asp_plan_request (s->plan, b, plan_now_90k (s), actions);
  plan_carry_out (s, actions);
}

static gboolean
has_acted (const GArray * actions, AspPlanActionKind kind)
{
  return actions->len > 0 && g_array_index (actions, AspPlanAction, 0).kind == kind;
}

gboolean
asp_splicer_cancel (AspSplicer * s, const gchar * id)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  asp_plan_cancel (s->plan, id, actions);
  plan_carry_out (s, actions);
  return has_acted (actions, ASP_PLAN_CANCELLED);
}

gboolean
asp_splicer_end_break (AspSplicer * s, const gchar * id)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  asp_plan_end (s->plan, id, plan_now_90k (s), actions);
  plan_carry_out (s, actions);
  return has_acted (actions, ASP_PLAN_RETURNS);
}

/* The network's time base is about to jump. */
void
plan_discontinuity (AspSplicer * s, gint64 jump_90k)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  if (s->channel && !s->channel->jumped (s->channel_data, jump_90k))
    return;
  asp_plan_discontinuity (s->plan, actions);
  plan_carry_out (s, actions);
}

gboolean
asp_splicer_next_break (const AspSplicer * s, gint64 * start_90k, gint64 * duration_90k)
{
  const AspBreak *b = s->phase == BREAK_ARMED ? s->brk : asp_plan_peek (s->plan);

  if (!b || b->asked_90k == ASP_NO_TIME || b->postroll)
    return FALSE;
  *start_90k = b->asked_90k;
  *duration_90k = b->duration_90k;
  return TRUE;
}

gboolean
should_arm (AspSplicer * s, gint64 pts90k)
{
  return s->phase != BREAK_NONE || asp_plan_is_due (s->plan, pts90k, ARM_LEAD_90K);
}

static gboolean
schedule_begins_at_once (const AspSplicer * s)
{
  for (const GList * l = s->schedule.head; l; l = l->next)
    if (((const AspBreak *) l->data)->asked_90k <= ARM_LEAD_90K)
      return TRUE;
  return FALSE;
}

/* May the next picture, or with `drop` the next packet, have to be taken apart? */
gboolean
arming_is_near (const AspSplicer * s)
{
  const AspBreak *b = asp_plan_peek (s->plan);

  if (s->config.drop_nulls || (s->first_pts90k == ASP_NO_TIME && schedule_begins_at_once (s)))
    return TRUE;
  if (s->phase != BREAK_NONE || !b || b->postroll)
    return s->phase != BREAK_NONE;
  return b->asked_90k == ASP_NO_TIME || s->newest_pts90k == ASP_NO_TIME ||
      b->asked_90k - s->newest_pts90k <= ARM_LEAD_90K + NEXT_PICTURE_90K;
}

/* Nothing has been seen yet, and a break may begin with the first picture. */
gboolean
preroll_is_possible (const AspSplicer * s)
{
  return s->first_pts90k == ASP_NO_TIME && arming_is_near (s);
}
