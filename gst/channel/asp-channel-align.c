/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-channel-core-private.h"

#include <string.h>

/* --- leaving ------------------------------------------------------------------------ */

/* The first one to leave: the plan's break is out. */
static void
lead_out (AspChannelCore * core, AspRecord * rec, gint64 at_90k, gint64 start_90k)
{
  AspRecord *running;

  /* what came before it lasted to here at the most */
  for (GList * l = core->records.head; l; l = l->next) {
    running = l->data;
    if (running != rec && running->left && !running->over)
      running->over = TRUE;
  }
  rec->left = TRUE;
  rec->out_90k = at_90k;
  rec->in_90k = start_90k + rec->brk->duration_90k;
  if (asp_plan_begin (core->plan, rec->id, start_90k))
    rec->in_90k = asp_plan_in_90k (core->plan);
  core->settle_90k = rec->in_90k + core->config.max_rap_wait_90k;
  core_touch (core, rec);
}

AspAlign
asp_channel_core_leave (AspChannelCore * core, AspRendition * r, const gchar * id, guint64 pts90k,
    guint64 start_pts90k, gint64 half_90k, guint64 * in_pts90k)
{
  AspRecord *rec = core_find (core, id);
  AspShare *share = rec ? core_share (rec, r) : NULL;
  gint64 at = core_to_channel (core, r, pts90k), start = core_to_channel (core, r, start_pts90k), in;
  AspAlign align = ASP_ALIGN_HERE;

  if (!rec || !share)
    return ASP_ALIGN_HERE;
  if (rec->withdrawn)
    return ASP_ALIGN_WAIT;      /* the order to forget it is on its way */
  if (!rec->left)
    lead_out (core, rec, at, start);
  else if (rec->brk->postroll)
    return ASP_ALIGN_HERE;      /* each at its own end */
  else if (at < rec->out_90k - half_90k)
    return ASP_ALIGN_WAIT;
  else if (at > rec->out_90k + half_90k)
    align = ASP_ALIGN_ALONE;
  in = rec->back_90k != ASP_NO_TIME ? MIN (rec->back_90k, rec->in_90k) : rec->in_90k;
  if (align == ASP_ALIGN_ALONE && at >= in - half_90k)
    return ASP_ALIGN_OVER;
  share->aligned = align == ASP_ALIGN_HERE;
  share->out_pts90k = (gint64) pts90k;
  *in_pts90k = asp_pts_wrap (in + r->offset_90k);
  /* what else is known of its end is ordered again, now that it runs */
  r->seen = MIN (r->seen, rec->revision - 1);
  return align;
}

/* --- coming back ---------------------------------------------------------------------- */

AspAlign
asp_channel_core_come_back (AspChannelCore * core, AspRendition * r, const gchar * id, guint64 pts90k,
    gint64 half_90k, gboolean planned)
{
  AspRecord *rec = core_find (core, id);
  AspShare *share = rec ? core_share (rec, r) : NULL;
  gint64 at = core_to_channel (core, r, pts90k);
  AspAlign align = ASP_ALIGN_HERE;

  if (!rec || !share)
    return ASP_ALIGN_HERE;
  if (planned && rec->end_90k != ASP_NO_TIME && at < rec->end_90k - half_90k && at < rec->in_90k - half_90k)
    return ASP_ALIGN_WAIT;
  if (planned && rec->back_90k != ASP_NO_TIME && at < rec->back_90k - half_90k)
    return ASP_ALIGN_WAIT;
  if (rec->back_90k != ASP_NO_TIME) {
    align = ABS (at - rec->back_90k) <= half_90k ? ASP_ALIGN_HERE : ASP_ALIGN_ALONE;
  } else if (planned && !rec->brk->postroll) {
    rec->back_90k = at;
    core_touch (core, rec);
    core_settle (core);
  }
  share->in_pts90k = (gint64) pts90k;
  return align;
}

/* --- telling -------------------------------------------------------------------------- */

static guint
count_shares (const AspRecord * rec, guint states)
{
  guint n = 0;

  for (guint i = 0; i < rec->shares->len; i++)
    n += (states >> g_array_index (rec->shares, AspShare, i).state) & 1;
  return n;
}

#define BIT(state) (1u << (state))

/* Scheduled, or scheduled anew with other times. */
static gboolean
note_scheduled (AspRecord * rec)
{
  if (rec->asked_told && rec->asked_told_90k == rec->brk->asked_90k && rec->duration_told_90k == rec->brk->duration_90k)
    return FALSE;
  rec->asked_told = TRUE;
  rec->asked_told_90k = rec->brk->asked_90k;
  rec->duration_told_90k = rec->brk->duration_90k;
  return TRUE;
}

gboolean
asp_channel_core_mark_told (AspChannelCore * core, const gchar * id)
{
  AspRecord *rec = core_find (core, id);

  return rec && !rec->brk->postroll && rec->brk->asked_90k != ASP_NO_TIME && note_scheduled (rec);
}

static gboolean
tell_once (gboolean * told)
{
  gboolean first = !*told;

  *told = TRUE;
  return first;
}

/* A rendition that plays and has not heard of the break yet may still have its part in it. */
static gboolean
somebody_may_start (const AspChannelCore * core, AspRecord * rec)
{
  if (count_shares (rec, BIT (ASP_SHARE_PENDING)) > 0)
    return TRUE;
  for (guint i = 0; i < core->renditions->len && !rec->withdrawn; i++) {
    const AspRendition *r = g_ptr_array_index (core->renditions, i);

    if (r->position_90k != ASP_NO_TIME && !core_share (rec, r) && r->first_90k <= rec->brk->asked_90k)
      return TRUE;
  }
  return FALSE;
}

static gboolean
note_final (AspChannelCore * core, AspRecord * rec)
{
  gboolean news = FALSE;

  if (rec->started_told)
    news = count_shares (rec, BIT (ASP_SHARE_STARTED)) == 0 && tell_once (&rec->ended_told);
  else if (!somebody_may_start (core, rec))
    news = tell_once (&rec->gone_told);
  core_settle (core);
  return news;
}

gboolean
asp_channel_core_note (AspChannelCore * core, AspRendition * r, const AspReport * report)
{
  AspRecord *rec = core_find (core, report->break_id);
  AspShare *share = rec ? core_share (rec, r) : NULL;

  if (!share)
    return TRUE;
  if (report->reason)
    share->reason = report->reason;
  switch (report->state) {
    case ASP_STATE_SCHEDULED:
      return note_scheduled (rec);
    case ASP_STATE_STARTED:
      share->state = ASP_SHARE_STARTED;
      return tell_once (&rec->started_told);
    case ASP_STATE_CREATIVE_STARTED:
      if (report->pod_index <= rec->pod_started)
        return FALSE;
      rec->pod_started = report->pod_index;
      return TRUE;
    case ASP_STATE_CREATIVE_ENDED:
      if (report->pod_index <= rec->pod_ended)
        return FALSE;
      rec->pod_ended = report->pod_index;
      return TRUE;
    case ASP_STATE_ENDED:
      share->state = ASP_SHARE_ENDED;
      return note_final (core, rec);
    case ASP_STATE_SKIPPED:
      share->state = ASP_SHARE_SKIPPED;
      return note_final (core, rec);
    case ASP_STATE_CANCELLED:
    default:
      share->state = ASP_SHARE_CANCELLED;
      return note_final (core, rec);
  }
}

/* --- what is due ------------------------------------------------------------------------ */

static gboolean
may_be_due (const AspRecord * rec)
{
  return !rec->due_told && !rec->over && !rec->withdrawn && !rec->left;
}

/* A post-roll has no time: it is due at once, its creatives wait. */
static gint64
due_90k (const AspChannelCore * core, const AspRecord * rec)
{
  if (rec->brk->postroll || rec->brk->asked_90k == ASP_NO_TIME)
    return ASP_NO_TIME;
  return rec->brk->asked_90k - core->notice_90k;
}

AspBreak *
asp_channel_core_next_due (AspChannelCore * core)
{
  gint64 next = G_MAXINT64;

  if (core->next_due_90k != ASP_NO_TIME && core->newest_90k < core->next_due_90k)
    return NULL;
  for (GList * l = core->records.head; l; l = l->next) {
    AspRecord *rec = l->data;
    gint64 due;

    if (!may_be_due (rec))
      continue;
    due = due_90k (core, rec);
    if (due <= core->newest_90k) {
      rec->due_told = TRUE;
      return asp_break_copy (rec->brk);
    }
    next = MIN (next, due);
  }
  core->next_due_90k = next;
  return NULL;
}

gint64
asp_channel_core_ahead (const AspChannelCore * core, const AspBreak * brk)
{
  if (brk->postroll || core->newest_90k == ASP_NO_TIME)
    return ASP_NO_TIME;
  return brk->asked_90k == ASP_NO_TIME ? 0 : MAX (brk->asked_90k - core->newest_90k, 0);
}

gboolean
asp_channel_core_is_due (const AspChannelCore * core)
{
  return core->next_due_90k == ASP_NO_TIME || core->newest_90k >= core->next_due_90k;
}
