/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-channel-core-private.h"

#include <string.h>

/* --- records ------------------------------------------------------------------------ */

static void
clear_share (gpointer data)
{
  g_free (((AspShare *) data)->rendition);
}

static AspRecord *
record_new (const AspBreak * b)
{
  AspRecord *rec = g_new0 (AspRecord, 1);

  g_strlcpy (rec->id, b->id, sizeof rec->id);
  rec->out_90k = rec->in_90k = rec->end_90k = rec->back_90k = ASP_NO_TIME;
  rec->asked_told_90k = ASP_NO_TIME;
  rec->due_told = b->prepared;
  rec->shares = g_array_new (FALSE, TRUE, sizeof (AspShare));
  g_array_set_clear_func (rec->shares, clear_share);
  return rec;
}

void
record_free (AspRecord * rec)
{
  asp_break_free (rec->brk);
  g_array_unref (rec->shares);
  g_free (rec);
}

/* The newest first: that is the one that is asked for. */
AspRecord *
core_find (const AspChannelCore * core, const gchar * id)
{
  for (GList * l = core->records.tail; l; l = l->prev)
    if (!strcmp (((AspRecord *) l->data)->id, id))
      return l->data;
  return NULL;
}

const AspRecord *
asp_channel_core_find (const AspChannelCore * core, const gchar * id)
{
  return core_find (core, id);
}

const GList *
asp_channel_core_records (const AspChannelCore * core)
{
  return core->records.head;
}

/* NULL: it has none, of that break. */
AspShare *
core_share (AspRecord * rec, const AspRendition * r)
{
  for (guint i = 0; i < rec->shares->len; i++) {
    AspShare *share = &g_array_index (rec->shares, AspShare, i);

    if (share->serial == r->serial)
      return share;
  }
  return NULL;
}

gboolean
share_is_final (AspShareState state)
{
  return state == ASP_SHARE_ENDED || state == ASP_SHARE_SKIPPED || state == ASP_SHARE_CANCELLED;
}

void
core_touch (AspChannelCore * core, AspRecord * rec)
{
  rec->revision = ++core->revision;
  core->next_due_90k = ASP_NO_TIME;
}

/* Where it ends for those who have not been there yet. */
static gint64
end_90k (const AspRecord * rec)
{
  if (!rec->left)
    return rec->brk->asked_90k;
  return rec->back_90k != ASP_NO_TIME ? MIN (rec->back_90k, rec->in_90k) : rec->in_90k;
}

/* Have all renditions done with it, those that come last included? @to_come: those too of which
 * nothing has been seen yet. */
static gboolean
all_are_through (const AspChannelCore * core, AspRecord * rec, gboolean to_come)
{
  for (guint i = 0; i < core->renditions->len; i++) {
    const AspRendition *r = g_ptr_array_index (core->renditions, i);
    const AspShare *share = core_share (rec, r);

    if (share && share->state != ASP_SHARE_NONE ? !share_is_final (share->state) :
        r->position_90k == ASP_NO_TIME ? to_come : r->position_90k < end_90k (rec))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_history (const AspChannelCore * core, AspRecord * rec)
{
  return (rec->over || rec->withdrawn) && all_are_through (core, rec, FALSE);
}

gboolean
asp_channel_core_is_over (const AspChannelCore * core, const gchar * id)
{
  AspRecord *rec = core_find (core, id);

  return !rec || all_are_through (core, rec, !rec->withdrawn);
}

/* The oldest of those that are over are forgotten. */
static void
forget_some (AspChannelCore * core)
{
  guint history = 0;

  for (GList * l = core->records.tail, *next; l; l = next) {
    next = l->prev;
    if (is_history (core, l->data) && ++history > ASP_CHANNEL_RECORDS_MAX) {
      record_free (l->data);
      g_queue_delete_link (&core->records, l);
    }
  }
}

void
core_forget_all (AspChannelCore * core)
{
  asp_plan_free (core->plan);
  core->plan = asp_plan_new (&core->config);
  g_queue_clear_full (&core->records, (GDestroyNotify) record_free);
  g_queue_clear_full (&core->schedule, (GDestroyNotify) asp_break_free);
  cue_seen_forget (core);
  core->newest_90k = core->next_due_90k = ASP_NO_TIME;
  core->offset_90k = 0;
  core->schedule_owner = core->n_seqnums = 0;
}

/* --- what the plan does ---------------------------------------------------------------- */

static void
scheduled (AspChannelCore * core, AspBreak * b)
{
  AspRecord *rec = core_find (core, b->id);

  if (!rec || rec->over || rec->withdrawn) {
    rec = record_new (b);
    g_queue_push_tail (&core->records, rec);
    forget_some (core);
  }
  if (b->asked_90k == ASP_NO_TIME) {
    b->asked_90k = core_soon_90k (core, b, 0);
    b->immediate = TRUE;
    core->untimed |= b->asked_90k == ASP_NO_TIME;
  }
  asp_break_free (rec->brk);
  rec->brk = asp_break_copy (b);
  core_touch (core, rec);
}

/* All shall be back behind where the furthest is. */
static void
returns (AspChannelCore * core, AspBreak * b, gint64 at_90k)
{
  AspRecord *rec = core_find (core, b->id);

  if (!rec)
    return;
  if (at_90k == ASP_NO_TIME)
    rec->end_90k = core->newest_90k + (core->renditions->len > 1 ? core_frame_90k (core) : 0);
  else
    rec->in_90k = at_90k;
  rec->brk->duration_90k = b->duration_90k;
  core_touch (core, rec);
}

static void
skipped_unscheduled (const AspBreak * b, GArray * skipped)
{
  AspChannelSkip skip = { .asked_pts90k = b->asked_90k, .duration_90k = b->duration_90k };

  if (!skipped)
    return;
  g_strlcpy (skip.id, b->id, sizeof skip.id);
  g_array_append_val (skipped, skip);
}

const gchar *
core_apply (AspChannelCore * core, const GArray * actions, GArray * skipped)
{
  const gchar *reason = NULL;

  for (guint i = 0; i < actions->len; i++) {
    const AspPlanAction *a = &g_array_index (actions, AspPlanAction, i);
    AspRecord *rec = a->brk ? core_find (core, a->brk->id) : NULL;

    switch (a->kind) {
      case ASP_PLAN_SCHEDULED:
      case ASP_PLAN_UPDATED:
        scheduled (core, a->brk);
        break;
      case ASP_PLAN_CANCELLED:
        if (rec) {
          rec->withdrawn = a->reason;
          core_touch (core, rec);
        }
        break;
      case ASP_PLAN_RETURNS:
        returns (core, a->brk, a->at_90k);
        break;
      case ASP_PLAN_SKIPPED:
        reason = a->reason;
        skipped_unscheduled (a->brk, skipped);
        break;
      default:
        reason = a->reason;
        break;
    }
  }
  return reason;
}

/* Over for the plan: where all have come back, or each in its own way; or where it is long past. */
static gboolean
is_settled (const AspChannelCore * core, AspRecord * rec)
{
  guint finals = 0;

  if (rec->back_90k != ASP_NO_TIME)
    return TRUE;
  for (guint i = 0; i < rec->shares->len; i++)
    finals += share_is_final (g_array_index (rec->shares, AspShare, i).state);
  if (finals > 0 && all_are_through (core, rec, FALSE))
    return TRUE;
  return rec->left && rec->in_90k != ASP_NO_TIME && core->newest_90k != ASP_NO_TIME &&
      core->newest_90k > rec->in_90k + core->config.max_rap_wait_90k;
}

void
core_settle (AspChannelCore * core)
{
  for (GList * l = core->records.head; l; l = l->next) {
    AspRecord *rec = l->data;

    if (rec->over || rec->withdrawn || !is_settled (core, rec))
      continue;
    rec->over = TRUE;
    /* where nobody left the plan has it still: it must know that it has been */
    if (rec->left || asp_plan_begin (core->plan, rec->id, rec->brk->asked_90k))
      asp_plan_done_id (core->plan, rec->id);
  }
}

/* --- orders ------------------------------------------------------------------------------ */

static gint64
to_stream (const AspRendition * r, gint64 t_90k)
{
  return t_90k == ASP_NO_TIME ? ASP_NO_TIME : (gint64) asp_pts_wrap (t_90k + r->offset_90k);
}

/* It had begun before this one came, or is over where it stands. */
static gboolean
came_too_late (const AspRecord * rec, const AspRendition * r)
{
  if (!rec->left || rec->brk->postroll)
    return rec->over;
  /* before its first picture nobody knows */
  return r->position_90k == ASP_NO_TIME || r->position_90k >= end_90k (rec) ||
      r->first_90k > rec->out_90k + r->frame_90k;
}

static gboolean
has_order (AspRecord * rec, const AspRendition * r)
{
  const AspShare *share = core_share (rec, r);
  AspShareState state = share ? share->state : ASP_SHARE_NONE;

  if (rec->revision <= r->seen || share_is_final (state))
    return FALSE;
  if (state == ASP_SHARE_NONE)
    return !rec->withdrawn && !came_too_late (rec, r);
  return state == ASP_SHARE_STARTED || !rec->over || rec->left || rec->withdrawn;
}

static void
begin_share (AspRecord * rec, const AspRendition * r)
{
  AspShare *known = core_share (rec, r);
  AspShare share = { .serial = r->serial, .state = ASP_SHARE_PENDING, .aligned = TRUE, .reason = "",
    .out_pts90k = ASP_NO_TIME, .in_pts90k = ASP_NO_TIME
  };

  if (known) {
    if (known->state == ASP_SHARE_NONE)
      known->state = ASP_SHARE_PENDING;
    return;
  }
  share.rendition = g_strdup (r->name);
  g_array_append_val (rec->shares, share);
}

/* The records come in the order of their last change, as far as this rendition is concerned. */
gboolean
asp_channel_core_next_order (AspChannelCore * core, AspRendition * r, AspSplicerOrder * order)
{
  AspRecord *next = NULL;

  if (r->seen >= core->revision)
    return FALSE;
  for (GList * l = core->records.head; l; l = l->next) {
    AspRecord *rec = l->data;

    if (has_order (rec, r) && (!next || rec->revision < next->revision))
      next = rec;
  }
  if (!next) {
    r->seen = core->revision;
    return FALSE;
  }
  r->seen = next->revision;
  if (!next->withdrawn)
    begin_share (next, r);
  order->brk = asp_break_copy (next->brk);
  order->brk->asked_90k = to_stream (r, next->brk->asked_90k);
  order->brk->not_before_90k = to_stream (r, next->left ? next->out_90k : ASP_NO_TIME);
  order->withdrawn = next->withdrawn;
  order->in_pts90k = to_stream (r, next->left ? next->in_90k : ASP_NO_TIME);
  order->end_pts90k = to_stream (r, next->end_90k);
  order->back_pts90k = to_stream (r, next->back_90k);
  return TRUE;
}
