/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

#include <string.h>

/* What the plan decides becomes a report, a mark in the output, an end of the break; what is
 * asked for from outside goes into the plan. */

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
  r.lead_90k = b->asked_90k == ASP_NO_TIME || now == ASP_NO_TIME ? 0 : b->asked_90k - now;
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
pending_cancelled (AspSplicer * s, AspBreak * b, const gchar * reason)
{
  if (s->rewrite)
    announce_cancelled (s, b);
  report_pending (s, b, ASP_STATE_CANCELLED, reason);
  announce (s, b, ASP_MARK_CANCELLED);
  asp_break_free (b);
}

static void
return_at (AspSplicer * s, gint64 at_90k)
{
  if (s->phase == BREAK_NONE || s->phase == BREAK_ARMED)
    return;
  if (at_90k == ASP_NO_TIME || at_90k <= s->newest_pts90k)
    s->end_now = TRUE;
  else
    s->in_90k = at_90k;
}

void
plan_act (AspSplicer * s, const AspCueAction * action)
{
  switch (action->verdict) {
    case ASP_CUE_SCHEDULES:
    case ASP_CUE_REPLACES:
      if (action->brk->late_on_arrival && s->config.late_policy == ASP_LATE_SKIP) {
        AspBreak *b = asp_plan_remove (s->plan, action->brk->id);

        report_pending (s, b, ASP_STATE_SKIPPED, "late");
        asp_break_free (b);
      } else {
        scheduled (s, action->brk);
      }
      break;
    case ASP_CUE_CANCELS:
      pending_cancelled (s, action->brk, "cue");
      break;
    case ASP_CUE_RETURNS:
      return_at (s, action->at_90k);
      break;
    case ASP_CUE_IGNORED:
      s->stats.cues_ignored++;
      s->stats.last_cue_ignored = action->reason;
      break;
    case ASP_CUE_NOTHING:
    default:
      break;
  }
}

/* A picture at @pts90k: the `schedule` counts from the first one, and its breaks get their
 * time with it. */
void
plan_poll (AspSplicer * s, gint64 pts90k)
{
  AspBreak *b;

  if (s->first_pts90k == ASP_NO_TIME)
    s->first_pts90k = pts90k;
  while ((b = g_queue_pop_head (&s->schedule))) {
    b->asked_90k += s->first_pts90k;
    if (asp_plan_add (s->plan, b))
      scheduled (s, b);
  }
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

void
asp_splicer_request (AspSplicer * s, AspBreak * b)
{
  if (b->asked_90k != ASP_NO_TIME)
    b->asked_90k = to_ours (s, s->newest_pts90k, (guint64) b->asked_90k);
  if (asp_plan_add (s->plan, b))
    scheduled (s, b);
  else if (s->funcs.warn)
    s->funcs.warn (s->user_data, "too-many-breaks", "more breaks are pending than are kept; this one is dropped");
}

gboolean
asp_splicer_cancel (AspSplicer * s, const gchar * id)
{
  AspBreak *b = asp_plan_remove (s->plan, id);

  if (b) {
    pending_cancelled (s, b, "asked");
    return TRUE;
  }
  if (s->phase == BREAK_ARMED && !strcmp (s->brk->id, id)) {
    b = g_steal_pointer (&s->brk);
    s->phase = BREAK_NONE;
    asp_plan_done (s->plan);
    pending_cancelled (s, b, "asked");
    return TRUE;
  }
  return FALSE;
}

gboolean
asp_splicer_end_break (AspSplicer * s, const gchar * id)
{
  if ((s->phase != BREAK_OUT && s->phase != BREAK_WATCHED) || strcmp (s->brk->id, id))
    return FALSE;
  s->end_now = TRUE;
  if (s->rewrite)
    announce_end_asked (s);
  return TRUE;
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
  const AspBreak *b;

  if (s->phase != BREAK_NONE)
    return TRUE;
  b = asp_plan_peek (s->plan);
  if (!b || b->postroll)
    return FALSE;
  return b->asked_90k == ASP_NO_TIME || b->asked_90k - pts90k <= ARM_LEAD_90K;
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
