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
  b->duration_said = duration_90k > 0;
  b->not_before_90k = ASP_NO_TIME;
  asp_break_id_random (b->id);
  return b;
}

AspBreak *
asp_break_copy (const AspBreak * b)
{
  AspBreak *copy = g_new (AspBreak, 1);

  *copy = *b;
  copy->scte35_hex = g_strdup (b->scte35_hex);
  return copy;
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

static void
base62_of_name (gchar id[ASP_BREAK_ID_SIZE], const gchar * name)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize size = sizeof digest;

  g_checksum_update (sum, (const guchar *) name, -1);
  g_checksum_get_digest (sum, digest, &size);
  base62 (id, digest);
}

void
asp_break_id_for_cue (gchar id[ASP_BREAK_ID_SIZE], const gchar * channel, guint32 event_id,
    guint64 splice_pts90k)
{
  g_autofree gchar *name = g_strdup_printf ("%s\n%u\n%" G_GUINT64_FORMAT,
      channel ? channel : "", event_id, splice_pts90k);

  base62_of_name (id, name);
}

/* No event id of a cue looks like "key". */
void
asp_break_id_for_key (gchar id[ASP_BREAK_ID_SIZE], const gchar * channel, const gchar * key)
{
  g_autofree gchar *name = g_strdup_printf ("%s\nkey\n%s", channel ? channel : "", key);

  base62_of_name (id, name);
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

/* --- the object ------------------------------------------------------------------ */

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
  asp_break_free (plan->current);
  g_free (plan);
}

void
asp_plan_set_config (AspPlan * plan, const AspPlanConfig * config)
{
  plan->config = *config;
}

static void
clear_action (gpointer data)
{
  AspPlanAction *action = data;

  if (action->kind == ASP_PLAN_CANCELLED || action->kind == ASP_PLAN_SKIPPED)
    asp_break_free (action->brk);
}

GArray *
asp_plan_actions_new (void)
{
  GArray *actions = g_array_new (FALSE, FALSE, sizeof (AspPlanAction));

  g_array_set_clear_func (actions, clear_action);
  return actions;
}

void
plan_act (GArray * actions, AspPlanActionKind kind, AspBreak * brk, gint64 at_90k, const gchar * reason)
{
  AspPlanAction action = { kind, brk, at_90k, reason };

  g_array_append_val (actions, action);
}

/* --- the list --------------------------------------------------------------------- */

static gint
compare_breaks (gconstpointer a, gconstpointer b, gpointer unused)
{
  const AspBreak *x = a, *y = b;

  if (x->postroll != y->postroll)
    return x->postroll ? 1 : -1;
  return x->asked_90k < y->asked_90k ? -1 : x->asked_90k > y->asked_90k ? 1 : 0;
}

void
plan_limit (const AspPlan * plan, AspBreak * b)
{
  if (b->duration_90k <= 0)
    b->duration_90k = plan->config.default_duration_90k;
  b->duration_90k = MIN (b->duration_90k, plan->config.max_duration_90k);
}

/* Takes @b. */
gboolean
plan_add (AspPlan * plan, AspBreak * b)
{
  if (plan->pending.length >= ASP_PLAN_BREAKS_MAX)
    return FALSE;
  plan_limit (plan, b);
  b->immediate |= b->asked_90k == ASP_NO_TIME;
  g_queue_insert_sorted (&plan->pending, b, compare_breaks, NULL);
  return TRUE;
}

void
plan_unlink (AspPlan * plan, AspBreak * b)
{
  if (b == plan->current) {
    plan->current = NULL;
    plan->phase = PHASE_NONE;
  } else {
    g_queue_remove (&plan->pending, b);
  }
}

/* Where @b begins, and where it ends as far as is known now. */
gint64
plan_start (const AspPlan * plan, const AspBreak * b, gint64 now_90k)
{
  if (b == plan->current && plan->phase == PHASE_OUT)
    return MIN (b->asked_90k, plan->out_90k);
  return b->asked_90k != ASP_NO_TIME ? b->asked_90k : now_90k;
}

gint64
plan_end (const AspPlan * plan, const AspBreak * b, gint64 now_90k)
{
  if (b == plan->current && plan->phase == PHASE_OUT)
    return asp_plan_asked_in_90k (plan);
  return plan_start (plan, b, now_90k) + b->duration_90k;
}

/* --- what is asked for -------------------------------------------------------------- */

static gboolean
meets (const AspPlan * plan, const AspBreak * b, const AspBreak * other, gint64 now_90k)
{
  gint64 start, other_start;

  if (b->postroll || other->postroll)
    return b->postroll && other->postroll;
  start = plan_start (plan, b, now_90k);
  other_start = plan_start (plan, other, now_90k);
  if (start == ASP_NO_TIME || other_start == ASP_NO_TIME)
    return start == other_start;
  return start < plan_end (plan, other, now_90k) && other_start < plan_end (plan, b, now_90k);
}

/* One break at a time, and who comes later has to wait (DESIGN 6.13). */
static gboolean
conflicts (const AspPlan * plan, const AspBreak * b, gint64 now_90k)
{
  if (b->origin == ASP_ORIGIN_SCHEDULE)
    return FALSE;
  if (plan->current && meets (plan, b, plan->current, now_90k))
    return TRUE;
  for (const GList * l = plan->pending.head; l; l = l->next)
    if (meets (plan, b, l->data, now_90k))
      return TRUE;
  return FALSE;
}

void
asp_plan_request (AspPlan * plan, AspBreak * b, gint64 now_90k, GArray * actions)
{
  plan_limit (plan, b);
  if (conflicts (plan, b, now_90k))
    plan_act (actions, ASP_PLAN_SKIPPED, b, ASP_NO_TIME, "conflict");
  else if (plan_add (plan, b))
    plan_act (actions, ASP_PLAN_SCHEDULED, b, ASP_NO_TIME, "");
  else
    plan_act (actions, ASP_PLAN_SKIPPED, b, ASP_NO_TIME, "too-many-breaks");
}

static AspBreak *
find_id (const AspPlan * plan, const gchar * id)
{
  if (plan->current && !strcmp (plan->current->id, id))
    return plan->current;
  for (const GList * l = plan->pending.head; l; l = l->next)
    if (!strcmp (((AspBreak *) l->data)->id, id))
      return l->data;
  return NULL;
}

void
asp_plan_cancel (AspPlan * plan, const gchar * id, GArray * actions)
{
  AspBreak *b = find_id (plan, id);

  if (!b) {
    plan_act (actions, ASP_PLAN_IGNORED, NULL, ASP_NO_TIME, "cancel-unknown");
  } else if (b == plan->current && plan->phase == PHASE_OUT) {
    plan_act (actions, ASP_PLAN_IGNORED, NULL, ASP_NO_TIME, "cancel-after-out");
  } else {
    plan_unlink (plan, b);
    plan_act (actions, ASP_PLAN_CANCELLED, b, ASP_NO_TIME, "asked");
  }
}

void
plan_end_now (AspPlan * plan, gint64 now_90k, gboolean by_cue)
{
  if (!plan->ends_now)
    plan->ended_90k = MAX (now_90k, plan->out_90k);
  plan->ends_now = TRUE;
  plan->ended_by_cue |= by_cue;
}

void
asp_plan_end (AspPlan * plan, const gchar * id, gint64 now_90k, GArray * actions)
{
  if (plan->phase != PHASE_OUT || strcmp (plan->current->id, id)) {
    plan_act (actions, ASP_PLAN_IGNORED, NULL, ASP_NO_TIME, "not-running");
    return;
  }
  plan_end_now (plan, now_90k, FALSE);
  plan_act (actions, ASP_PLAN_RETURNS, plan->current, ASP_NO_TIME, "");
}

/* Does another one begin before @end_90k that this one, up to @until_90k so far, did not meet? */
static gboolean
is_in_the_way (const AspPlan * plan, const AspBreak * b, gint64 until_90k, gint64 end_90k)
{
  for (const GList * l = plan->pending.head; l; l = l->next) {
    const AspBreak *other = l->data;

    if (other != b && !other->postroll && other->asked_90k != ASP_NO_TIME && other->asked_90k >= until_90k &&
        other->asked_90k < end_90k)
      return TRUE;
  }
  return FALSE;
}

static void
extend_running (AspPlan * plan, AspBreak * b, gint64 duration_90k, gint64 now_90k, GArray * actions)
{
  gint64 in = plan->in_90k - b->duration_90k + duration_90k;

  if (plan->ends_now) {
    plan_act (actions, ASP_PLAN_IGNORED, NULL, ASP_NO_TIME, "ends-already");
    return;
  }
  if (now_90k != ASP_NO_TIME && in <= now_90k) {
    plan_end_now (plan, now_90k, FALSE);
    plan_act (actions, ASP_PLAN_RETURNS, b, ASP_NO_TIME, "");
    return;
  }
  plan->in_90k = in;
  b->duration_90k = duration_90k;
  b->duration_said = TRUE;
  plan_act (actions, ASP_PLAN_RETURNS, b, in, "");
}

void
asp_plan_extend (AspPlan * plan, const gchar * id, gint64 duration_90k, gint64 now_90k, GArray * actions)
{
  AspBreak *b = find_id (plan, id);
  gboolean out = b && b == plan->current && plan->phase == PHASE_OUT;
  gint64 duration = MIN (duration_90k > 0 ? duration_90k : plan->config.default_duration_90k,
      plan->config.max_duration_90k);
  gint64 end;

  if (!b) {
    plan_act (actions, ASP_PLAN_IGNORED, NULL, ASP_NO_TIME, "extend-unknown");
    return;
  }
  end = out ? plan->in_90k : b->asked_90k == ASP_NO_TIME ? ASP_NO_TIME : b->asked_90k + b->duration_90k;
  if (end != ASP_NO_TIME && !b->postroll && is_in_the_way (plan, b, end, end - b->duration_90k + duration)) {
    plan_act (actions, ASP_PLAN_IGNORED, NULL, ASP_NO_TIME, "conflict");
  } else if (out) {
    extend_running (plan, b, duration, now_90k, actions);
  } else {
    b->duration_90k = duration;
    b->duration_said = TRUE;
    plan_act (actions, ASP_PLAN_UPDATED, b, ASP_NO_TIME, "");
  }
}

static gboolean
is_void (const AspBreak * b)
{
  return b->origin != ASP_ORIGIN_SCHEDULE && !b->immediate && !b->postroll;
}

void
asp_plan_discontinuity (AspPlan * plan, GArray * actions)
{
  AspBreak *armed = plan->phase == PHASE_ARMED ? plan->current : NULL;

  if (armed && is_void (armed)) {
    plan_unlink (plan, armed);
    plan_act (actions, ASP_PLAN_CANCELLED, armed, ASP_NO_TIME, "discontinuity");
  }
  for (GList * l = plan->pending.head, *next; l; l = next) {
    AspBreak *b = l->data;

    next = l->next;
    if (!is_void (b))
      continue;
    g_queue_delete_link (&plan->pending, l);
    plan_act (actions, ASP_PLAN_CANCELLED, b, ASP_NO_TIME, "discontinuity");
  }
}

/* --- carrying out what another plan has decided ---------------------------------------- */

/* The same break with other times: @known stays the object that whoever runs it holds. */
static void
take_times (AspPlan * plan, AspBreak * known, const AspBreak * b, GArray * actions)
{
  gboolean moved = known->asked_90k == ASP_NO_TIME ? b->asked_90k != ASP_NO_TIME :
      b->asked_90k != ASP_NO_TIME && ABS (known->asked_90k - b->asked_90k) > ASP_PLAN_SAME_90K;
  gboolean resized = ABS (known->duration_90k - b->duration_90k) > 1;

  known->not_before_90k = b->not_before_90k;
  if (moved)
    known->asked_90k = b->asked_90k;
  known->duration_90k = b->duration_90k;
  if (moved && known != plan->current) {
    g_queue_remove (&plan->pending, known);
    g_queue_insert_sorted (&plan->pending, known, compare_breaks, NULL);
  }
  if (moved || resized)
    plan_act (actions, ASP_PLAN_UPDATED, known, ASP_NO_TIME, "");
}

void
asp_plan_adopt (AspPlan * plan, AspBreak * b, GArray * actions)
{
  AspBreak *known = find_id (plan, b->id);

  if (!known) {
    g_queue_insert_sorted (&plan->pending, b, compare_breaks, NULL);
    plan_act (actions, ASP_PLAN_SCHEDULED, b, ASP_NO_TIME, "");
    return;
  }
  if (known != plan->current || plan->phase != PHASE_OUT)
    take_times (plan, known, b, actions);
  asp_break_free (b);
}

void
asp_plan_drop (AspPlan * plan, const gchar * id, const gchar * reason, GArray * actions)
{
  AspBreak *b = find_id (plan, id);

  if (!b || (b == plan->current && plan->phase == PHASE_OUT))
    return;
  plan_unlink (plan, b);
  plan_act (actions, ASP_PLAN_CANCELLED, b, ASP_NO_TIME, reason);
}

void
asp_plan_return_at (AspPlan * plan, gint64 in_90k)
{
  if (plan->phase == PHASE_OUT)
    plan->in_90k = in_90k;
}

/* --- what time does ----------------------------------------------------------------- */

const AspBreak *
asp_plan_peek (const AspPlan * plan)
{
  return plan->pending.head ? plan->pending.head->data : NULL;
}

AspBreak *
asp_plan_pop (AspPlan * plan)
{
  return g_queue_pop_head (&plan->pending);
}

gboolean
asp_plan_is_due (const AspPlan * plan, gint64 pts90k, gint64 lead_90k)
{
  const AspBreak *b = asp_plan_peek (plan);

  if (plan->phase != PHASE_NONE || !b || b->postroll)
    return FALSE;
  return b->asked_90k == ASP_NO_TIME || b->asked_90k - pts90k <= lead_90k;
}

AspBreak *
asp_plan_arm (AspPlan * plan, gint64 pts90k)
{
  g_return_val_if_fail (plan->phase == PHASE_NONE, NULL);
  plan->current = asp_plan_pop (plan);
  if (!plan->current)
    return NULL;
  plan->phase = PHASE_ARMED;
  plan->armed_90k = pts90k;
  if (plan->current->asked_90k == ASP_NO_TIME)
    plan->current->asked_90k = pts90k;
  return plan->current;
}

AspPlanVerdict
asp_plan_consider (const AspPlan * plan, gint64 pts90k, gboolean out_point, const gchar ** reason)
{
  const AspBreak *b = plan->current;
  gboolean late;

  *reason = "";
  g_return_val_if_fail (plan->phase == PHASE_ARMED, ASP_PLAN_GIVE_UP);
  if (!out_point) {
    *reason = "no-rap";
    return pts90k - MAX (b->asked_90k, plan->armed_90k) > plan->config.max_rap_wait_90k ? ASP_PLAN_GIVE_UP :
        ASP_PLAN_WAIT;
  }
  /* a cue says where it ends: there is nothing left of it */
  if (b->origin == ASP_ORIGIN_CUE && pts90k >= b->asked_90k + b->duration_90k) {
    *reason = "late";
    return ASP_PLAN_GIVE_UP;
  }
  late = b->late_on_arrival || pts90k - b->asked_90k > plan->config.tolerance_90k;
  /* what is to be as soon as possible cannot be late, unless the next picture is too late */
  if (!late || (b->immediate && plan->config.late_policy == ASP_LATE_NEXT_RAP))
    return ASP_PLAN_LEAVE;
  *reason = "late";
  return plan->config.late_policy == ASP_LATE_SKIP ? ASP_PLAN_GIVE_UP : ASP_PLAN_LEAVE;
}

void
asp_plan_leave (AspPlan * plan, gint64 out_90k)
{
  AspBreak *b = plan->current;

  g_return_if_fail (plan->phase == PHASE_ARMED);
  plan->phase = PHASE_OUT;
  plan->ends_now = plan->ended_by_cue = FALSE;
  plan->out_90k = out_90k;
  plan->in_90k = (b->origin == ASP_ORIGIN_CUE ? b->asked_90k : out_90k) + b->duration_90k;
}

gboolean
asp_plan_begin (AspPlan * plan, const gchar * id, gint64 out_90k)
{
  AspBreak *b = find_id (plan, id);

  if (!b)
    return FALSE;
  if (b != plan->current) {
    asp_plan_done (plan);
    g_queue_remove (&plan->pending, b);
    plan->current = b;
  } else if (plan->phase == PHASE_OUT) {
    return TRUE;
  }
  plan->phase = PHASE_ARMED;
  plan->armed_90k = out_90k;
  if (b->asked_90k == ASP_NO_TIME)
    b->asked_90k = out_90k;
  asp_plan_leave (plan, out_90k);
  return TRUE;
}

gint64
asp_plan_in_90k (const AspPlan * plan)
{
  return plan->in_90k;
}

gint64
asp_plan_asked_in_90k (const AspPlan * plan)
{
  return asp_plan_ends_now (plan) ? MIN (plan->in_90k, plan->ended_90k) : plan->in_90k;
}

gboolean
asp_plan_ends_now (const AspPlan * plan)
{
  return plan->phase == PHASE_OUT && plan->ends_now;
}

const AspBreak *
asp_plan_follower (const AspPlan * plan)
{
  const AspBreak *b = asp_plan_peek (plan);

  if (plan->phase != PHASE_OUT || !b || b->postroll || b->asked_90k == ASP_NO_TIME ||
      ABS (b->asked_90k - plan->in_90k) > ASP_PLAN_SAME_90K)
    return NULL;
  return b;
}

void
plan_remember (AspPlan * plan, const AspBreak * b, gint64 now_90k)
{
  PlanDone *done = &plan->done[plan->n_done++ % ASP_PLAN_DONE_MAX];

  done->event_id = b->event_id;
  done->type = b->segmentation_type_id;
  done->position = b->first_position;
  done->asked_90k = b->asked_90k;
  done->immediate = b->immediate;
  done->seen_90k = now_90k;
}

/* What a cue opened lasts as long as the cue says, played or not: DESIGN 5, avail. */
static void
keep_avail (AspPlan * plan, const AspBreak * b)
{
  gboolean out = plan->phase == PHASE_OUT;
  gint64 end = out ? plan->in_90k : b->asked_90k + b->duration_90k;

  plan->avail_known = TRUE;
  plan->avail_type = b->segmentation_type_id;
  plan->avail_over_90k = out && plan->ends_now ? MIN (end, plan->ended_90k) : end;
  plan->avail_end_90k = out && plan->ended_by_cue ? plan->avail_over_90k : end;
}

void
asp_plan_done (AspPlan * plan)
{
  AspBreak *b = plan->current;

  if (!b)
    return;
  if (b->origin == ASP_ORIGIN_CUE) {
    keep_avail (plan, b);
    plan_remember (plan, b, plan->avail_over_90k);
  }
  plan->phase = PHASE_NONE;
  g_clear_pointer (&plan->current, asp_break_free);
}

void
asp_plan_done_id (AspPlan * plan, const gchar * id)
{
  if (plan->current && !strcmp (plan->current->id, id))
    asp_plan_done (plan);
}

void
asp_plan_forget_done (AspPlan * plan)
{
  plan->n_done = plan->n_announced = 0;
  plan->avail_known = FALSE;
}
