/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-channel-core-private.h"

#include <string.h>

#define FRAME_DEFAULT_90K 3600
#define SAME_JUMP_90K ASP_SECOND_90K    /* two jumps that differ less are the same one */

/* --- life ------------------------------------------------------------------------- */

AspChannelCore *
asp_channel_core_new (const gchar * name)
{
  AspChannelCore *core = g_new0 (AspChannelCore, 1);

  core->name = g_strdup (name);
  core->config.cue_flags = ASP_CUE_ALL;
  core->config.tier = ASP_PLAN_TIER_ANY;
  core->config.default_duration_90k = 30 * ASP_SECOND_90K;
  core->config.max_duration_90k = 300 * ASP_SECOND_90K;
  core->config.tolerance_90k = ASP_SECOND_90K / 2;
  core->config.max_rap_wait_90k = 5 * ASP_SECOND_90K;
  core->plan = asp_plan_new (&core->config);
  core->renditions = g_ptr_array_new ();
  core->newest_90k = core->next_due_90k = core->settle_90k = ASP_NO_TIME;
  g_queue_init (&core->records);
  g_queue_init (&core->schedule);
  g_queue_init (&core->cues);
  return core;
}

static void
rendition_free (AspRendition * r)
{
  g_free (r->name);
  g_free (r);
}

void
asp_channel_core_free (AspChannelCore * core)
{
  if (!core)
    return;
  for (guint i = 0; i < core->renditions->len; i++)
    rendition_free (g_ptr_array_index (core->renditions, i));
  g_ptr_array_unref (core->renditions);
  g_queue_clear_full (&core->records, (GDestroyNotify) record_free);
  g_queue_clear_full (&core->schedule, (GDestroyNotify) asp_break_free);
  cue_seen_forget (core);
  asp_plan_free (core->plan);
  g_free (core->name);
  g_free (core);
}

void
asp_channel_core_set_config (AspChannelCore * core, const AspPlanConfig * config)
{
  core->config = *config;
  asp_plan_set_config (core->plan, config);
}

void
asp_channel_core_set_lead (AspChannelCore * core, gint64 lead_90k)
{
  core->lead_90k = lead_90k;
}

void
asp_channel_core_set_notice (AspChannelCore * core, gint64 notice_90k)
{
  core->notice_90k = notice_90k;
  core->next_due_90k = ASP_NO_TIME;
}

guint
asp_channel_core_n_renditions (const AspChannelCore * core)
{
  return core->renditions->len;
}

guint64
asp_channel_core_revision (const AspChannelCore * core)
{
  return core->revision;
}

gboolean
asp_channel_core_has_time (const AspChannelCore * core)
{
  return core->newest_90k != ASP_NO_TIME;
}

AspRendition *
asp_channel_core_add (AspChannelCore * core, const gchar * name)
{
  AspRendition *r = g_new0 (AspRendition, 1);

  r->serial = ++core->serials;
  r->name = g_strdup (name);
  r->first_90k = r->position_90k = ASP_NO_TIME;
  r->offset_90k = core->offset_90k;
  g_ptr_array_add (core->renditions, r);
  return r;
}

void
asp_channel_core_remove (AspChannelCore * core, AspRendition * r, GArray * ended)
{
  g_ptr_array_remove (core->renditions, r);
  for (GList * l = core->records.head; l; l = l->next) {
    AspRecord *rec = l->data;
    AspShare *share = core_share (rec, r);
    gboolean last = rec->started_told && !rec->ended_told;

    if (share && !share_is_final (share->state))
      share->state = share->state == ASP_SHARE_STARTED ? ASP_SHARE_ENDED : ASP_SHARE_CANCELLED;
    for (guint i = 0; i < rec->shares->len; i++)
      last &= g_array_index (rec->shares, AspShare, i).state != ASP_SHARE_STARTED;
    if (!last)
      continue;
    rec->ended_told = TRUE;
    if (ended)
      g_array_append_vals (ended, rec->id, 1);
  }
  rendition_free (r);
  core_settle (core);
  if (core->renditions->len == 0)
    core_forget_all (core);
}

/* --- time ------------------------------------------------------------------------- */

/* As r->offset_90k has it, around where the rendition or the channel is. */
gint64
core_to_channel (const AspChannelCore * core, const AspRendition * r, guint64 pts90k)
{
  gint64 offset = r ? r->offset_90k : core->offset_90k;
  gint64 near_90k = r && r->position_90k != ASP_NO_TIME ? r->position_90k : core->newest_90k;

  /* one turn up, so that nothing before the first time is negative */
  if (near_90k == ASP_NO_TIME)
    return (gint64) asp_pts_wrap ((gint64) pts90k) + ASP_PTS_MODULUS - offset;
  return asp_pts_unwrap (near_90k + offset, pts90k) - offset;
}

/* The longest of all renditions. */
gint64
core_frame_90k (const AspChannelCore * core)
{
  gint64 frame = 0;

  for (guint i = 0; i < core->renditions->len; i++)
    frame = MAX (frame, ((AspRendition *) g_ptr_array_index (core->renditions, i))->frame_90k);
  return frame > 0 ? frame : FRAME_DEFAULT_90K;
}

/* As soon as possible, and @lead_90k from now on: where no rendition has been yet. ASP_NO_TIME for
 * one rendition alone, which finds its next RAP by itself. */
gint64
core_soon_90k (const AspChannelCore * core, const AspBreak * b, gint64 lead_90k)
{
  if (core->newest_90k == ASP_NO_TIME || b->postroll || (core->renditions->len < 2 && lead_90k == 0))
    return ASP_NO_TIME;
  return core->newest_90k + MAX (lead_90k, core_frame_90k (core));
}

/* The schedule counts from the first picture, after a flush anew. */
static void
begin_schedule (AspChannelCore * core)
{
  AspBreak *b;

  while ((b = g_queue_pop_head (&core->schedule))) {
    g_autoptr (GArray) actions = asp_plan_actions_new ();

    b->asked_90k += core->newest_90k;
    asp_plan_request (core->plan, b, core->newest_90k, actions);
    core_apply (core, actions, NULL);
  }
}

/* What is to be as soon as possible was asked for at the first picture behind the call. */
static void
give_times (AspChannelCore * core, gint64 at_90k)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  core->untimed = FALSE;
  for (GList * l = core->records.head; l; l = l->next) {
    AspRecord *rec = l->data;

    if (rec->brk->asked_90k != ASP_NO_TIME || rec->brk->postroll || rec->over || rec->left || rec->withdrawn)
      continue;
    rec->brk->asked_90k = at_90k;
    asp_plan_adopt (core->plan, asp_break_copy (rec->brk), actions);
  }
}

void
asp_channel_core_picture (AspChannelCore * core, AspRendition * r, guint64 pts90k, gint64 frame_90k)
{
  gint64 at = core_to_channel (core, r, pts90k);
  gboolean first = core->newest_90k == ASP_NO_TIME;

  r->frame_90k = frame_90k;
  if (r->first_90k == ASP_NO_TIME) {
    r->first_90k = at;
    r->seen = 0;
  }
  r->position_90k = r->position_90k == ASP_NO_TIME ? at : MAX (r->position_90k, at);
  core->newest_90k = MAX (core->newest_90k, r->position_90k);
  if (core->settle_90k != ASP_NO_TIME && core->newest_90k > core->settle_90k) {
    core->settle_90k = ASP_NO_TIME;
    core_settle (core);
  }
  if (core->untimed)
    give_times (core, at);
  if (!first)
    return;
  core->first_90k = core->newest_90k;
  begin_schedule (core);
}

/* The first one to jump takes the channel along, and what had a time of the old base is void; the
 * others follow it, and theirs is the same jump. */
gboolean
asp_channel_core_jumped (AspChannelCore * core, AspRendition * r, gint64 jump_90k)
{
  g_autoptr (GArray) actions = NULL;

  for (guint i = 0; i < core->renditions->len; i++) {
    const AspRendition *other = g_ptr_array_index (core->renditions, i);

    if (other != r && other->offset_90k != r->offset_90k &&
        ABS (r->offset_90k + jump_90k - other->offset_90k) < SAME_JUMP_90K) {
      r->offset_90k = other->offset_90k;
      return FALSE;
    }
  }
  r->offset_90k += jump_90k;
  core->offset_90k = r->offset_90k;
  actions = asp_plan_actions_new ();
  asp_plan_discontinuity (core->plan, actions);
  core_apply (core, actions, NULL);
  return TRUE;
}

/* The whole channel begins anew: what counts from the first picture, or is to be as soon as
 * possible, still holds; what a cue or a call gave a time belonged to the old place. */
static void
flush_all (AspChannelCore * core)
{
  GQueue kept = G_QUEUE_INIT;
  AspBreak *b;

  asp_plan_done (core->plan);
  while ((b = asp_plan_pop (core->plan))) {
    AspRecord *rec = core_find (core, b->id);

    if (b->origin == ASP_ORIGIN_SCHEDULE) {
      b->asked_90k -= core->first_90k;
      g_queue_push_tail (&core->schedule, b);
    } else if (b->immediate) {
      b->asked_90k = ASP_NO_TIME;
      g_queue_push_tail (&kept, b);
    } else {
      if (rec)
        rec->withdrawn = "flush";
      asp_break_free (b);
    }
  }
  core->newest_90k = ASP_NO_TIME;
  while ((b = g_queue_pop_head (&kept))) {
    g_autoptr (GArray) actions = asp_plan_actions_new ();

    asp_plan_request (core->plan, b, ASP_NO_TIME, actions);
    core_apply (core, actions, NULL);
  }
  for (GList * l = core->records.head; l; l = l->next)
    ((AspRecord *) l->data)->over |= ((AspRecord *) l->data)->left;
  asp_plan_forget_done (core->plan);
  cue_seen_forget (core);
}

void
asp_channel_core_flushed (AspChannelCore * core, AspRendition * r)
{
  gboolean any = FALSE;

  r->position_90k = r->first_90k = ASP_NO_TIME;
  r->seen = 0;
  for (guint i = 0; i < core->renditions->len; i++)
    any |= ((AspRendition *) g_ptr_array_index (core->renditions, i))->position_90k != ASP_NO_TIME;
  if (!any && core->newest_90k != ASP_NO_TIME)
    flush_all (core);
  for (GList * l = core->records.head; l; l = l->next) {
    AspRecord *rec = l->data;
    AspShare *share = core_share (rec, r);

    /* what is still to come comes again */
    if (share && !rec->withdrawn && !rec->over &&
        (share->state == ASP_SHARE_PENDING || share->state == ASP_SHARE_CANCELLED))
      share->state = ASP_SHARE_NONE;
  }
}

/* --- what is asked for -------------------------------------------------------------- */

/* While one runs there is no room for another that is called for, wherever it would be. */
static gboolean
is_running (const AspChannelCore * core)
{
  for (const GList * l = core->records.tail; l; l = l->prev) {
    const AspRecord *rec = l->data;

    if (rec->left && !rec->over)
      return TRUE;
  }
  return FALSE;
}

/* A call that names no time waits for none: what is scheduled or runs before it would be over is in
 * its way, and what is planned for later is not (DESIGN 6.13). */
static gboolean
is_taken (const AspChannelCore * core, gint64 at_90k, gint64 duration_90k)
{
  for (const GList * l = core->records.head; l; l = l->next) {
    const AspRecord *rec = l->data;

    if (!rec->over && !rec->withdrawn && !rec->brk->postroll &&
        (rec->left || rec->brk->asked_90k == ASP_NO_TIME || rec->brk->asked_90k < at_90k + duration_90k))
      return TRUE;
  }
  return FALSE;
}

gboolean
asp_channel_core_is_busy (const AspChannelCore * core, gint64 duration_90k)
{
  if (core->newest_90k == ASP_NO_TIME)
    return core->records.length > 0 && is_taken (core, G_MAXINT64 / 4, 0);
  return is_taken (core, core->newest_90k + core->lead_90k, duration_90k);
}

const gchar *
asp_channel_core_request (AspChannelCore * core, AspRendition * r, AspBreak * b)
{
  g_autoptr (GArray) actions = NULL;
  gboolean called = b->origin == ASP_ORIGIN_SIGNAL || b->origin == ASP_ORIGIN_EVENT;

  if (b->origin == ASP_ORIGIN_SCHEDULE) {
    if (core->schedule_owner == 0 && r)
      core->schedule_owner = r->serial;
    if (!r || core->schedule_owner != r->serial) {
      asp_break_free (b);
      return NULL;
    }
  }
  if (called && (is_running (core) || core_find (core, b->id))) {
    asp_break_free (b);
    return "conflict";
  }
  b->immediate = b->asked_90k == ASP_NO_TIME;
  if (!b->immediate)
    b->asked_90k = core_to_channel (core, r, (guint64) b->asked_90k);
  else
    b->asked_90k = core_soon_90k (core, b, core->lead_90k);
  if (called && b->immediate && !b->postroll && b->asked_90k != ASP_NO_TIME &&
      is_taken (core, b->asked_90k, b->duration_90k)) {
    asp_break_free (b);
    return "conflict";
  }
  actions = asp_plan_actions_new ();
  asp_plan_request (core->plan, b, core->newest_90k, actions);
  return core_apply (core, actions, NULL);
}

const gchar *
asp_channel_core_request_first (AspChannelCore * core, AspBreak * b)
{
  if (core->newest_90k != ASP_NO_TIME) {
    asp_break_free (b);
    return "late";
  }
  b->asked_90k = 0;
  g_queue_push_tail (&core->schedule, b);
  return NULL;
}

gboolean
asp_channel_core_cancel (AspChannelCore * core, const gchar * id)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();
  AspRecord *rec = core_find (core, id);

  if (!rec || rec->left || rec->over || rec->withdrawn)
    return FALSE;
  asp_plan_cancel (core->plan, id, actions);
  core_apply (core, actions, NULL);
  return rec->withdrawn != NULL;
}

gboolean
asp_channel_core_end (AspChannelCore * core, const gchar * id)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();
  AspRecord *rec = core_find (core, id);

  if (!rec || !rec->left || rec->over)
    return FALSE;
  asp_plan_end (core->plan, id, core->newest_90k, actions);
  core_apply (core, actions, NULL);
  return rec->end_90k != ASP_NO_TIME;
}

const gchar *
asp_channel_core_extend (AspChannelCore * core, const gchar * id, gint64 duration_90k)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();
  AspRecord *rec = core_find (core, id);

  if (!rec || rec->over || rec->withdrawn)
    return "extend-unknown";
  asp_plan_extend (core->plan, id, duration_90k, core->newest_90k, actions);
  return core_apply (core, actions, NULL);
}

gint64
asp_channel_core_newest_90k (const AspChannelCore * core)
{
  return core->newest_90k;
}

guint64
asp_channel_core_to_stream (const AspChannelCore * core, gint64 t_90k)
{
  return asp_pts_wrap (t_90k + core->offset_90k);
}

gint64
asp_channel_core_from_stream (const AspChannelCore * core, guint64 pts90k)
{
  return core_to_channel (core, NULL, pts90k);
}

gboolean
asp_channel_core_seen_before (AspChannelCore * core, guint32 seqnum)
{
  for (guint i = 0; i < MIN (core->n_seqnums, ASP_CHANNEL_SEQNUMS_MAX); i++)
    if (core->seqnums[i] == seqnum)
      return TRUE;
  core->seqnums[core->n_seqnums++ % ASP_CHANNEL_SEQNUMS_MAX] = seqnum;
  return FALSE;
}
