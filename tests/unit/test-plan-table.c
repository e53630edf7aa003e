/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst/plan, rule by rule: each row of plan-table.c against the plan and a splicer that is only
 * a clock: it looks at pictures, finds RAPs and does what the plan says (splicing.md 2.8).
 */
#include <asp-plan.h>

#include <math.h>
#include <string.h>

#include "plan-table.h"

#define ARM_LEAD_90K ASP_SECOND_90K
#define TOLERANCE_90K (ASP_SECOND_90K / 2)
#define HALF_90K (PLAN_FRAME_90K / 2)

typedef struct
{
  AspPlan *plan;
  AspBreak *brk;                /* armed or out */
  gboolean out, no_creative;
  gint64 first_90k, now_90k;    /* unwrapped; the newest picture */
  gdouble at_s;                 /* of what happens */
  GString *log;
} Sim;

static gdouble
seconds (const Sim * sim, gint64 t_90k)
{
  return round ((gdouble) (t_90k - sim->first_90k) / 900.0) / 100;
}

static void
say (Sim * sim, const gchar * what)
{
  g_string_append_printf (sim->log, "%s%g:%s", sim->log->len ? " " : "", sim->at_s, what);
}

/* "@4", "@now" */
static void
say_time (Sim * sim, gint64 t_90k)
{
  if (t_90k == ASP_NO_TIME)
    g_string_append (sim->log, "@now");
  else
    g_string_append_printf (sim->log, "@%g", seconds (sim, t_90k));
}

static void
say_reason (Sim * sim, const gchar * what, const gchar * reason)
{
  say (sim, what);
  g_string_append_printf (sim->log, "(%s)", reason);
}

static void
carry_out (Sim * sim, GArray * actions)
{
  for (guint i = 0; i < actions->len; i++) {
    const AspPlanAction *a = &g_array_index (actions, AspPlanAction, i);

    switch (a->kind) {
      case ASP_PLAN_SCHEDULED:
      case ASP_PLAN_UPDATED:
        say (sim, a->kind == ASP_PLAN_SCHEDULED ? "scheduled" : "updated");
        say_time (sim, a->brk->asked_90k);
        g_string_append_printf (sim->log, "+%g", (gdouble) a->brk->duration_90k / 90000);
        break;
      case ASP_PLAN_CANCELLED:
        say_reason (sim, "cancelled", a->reason);
        if (a->brk == sim->brk)
          sim->brk = NULL;
        break;
      case ASP_PLAN_SKIPPED:
        say_reason (sim, "skipped", a->reason);
        break;
      case ASP_PLAN_RETURNS:
        g_assert_true (sim->out);
        say (sim, "returns");
        say_time (sim, a->at_90k);
        break;
      case ASP_PLAN_IGNORED:
      default:
        say_reason (sim, "ignored", a->reason);
        break;
    }
  }
}

static void
ask (Sim * sim, const PlanEvent * e, GArray * actions)
{
  gint64 at = isnan (e->asked_s) ? ASP_NO_TIME : sim->first_90k + (gint64) llround (e->asked_s * 90000);

  asp_plan_request (sim->plan, asp_break_new (ASP_ORIGIN_SIGNAL, at, (gint64) (e->duration_s * 90000)), sim->now_90k,
      actions);
}

/* The break that a call means: the one that has begun, or the next. */
static const gchar *
id_of_one (const Sim * sim)
{
  return sim->brk ? sim->brk->id : asp_plan_peek (sim->plan)->id;
}

static void
happen (Sim * sim, const PlanEvent * e)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  sim->at_s = e->at_s;
  if (e->is_cue)
    asp_plan_cue (sim->plan, &e->section, "fc", "channel", sim->now_90k, 0, actions);
  else if (!strcmp (e->word, "ask"))
    ask (sim, e, actions);
  else if (!strcmp (e->word, "unask"))
    asp_plan_cancel (sim->plan, id_of_one (sim), actions);
  else if (!strcmp (e->word, "end"))
    asp_plan_end (sim->plan, id_of_one (sim), sim->now_90k, actions);
  else if (!strcmp (e->word, "jump"))
    asp_plan_discontinuity (sim->plan, actions);
  else
    sim->no_creative = TRUE;
  carry_out (sim, actions);
}

/* --- pictures --- */

static void
say_splice (Sim * sim, const gchar * what, gint64 asked_90k, gint64 pts90k, const gchar * reason)
{
  say (sim, what);
  if (asked_90k != pts90k)
    g_string_append_printf (sim->log, "<%g", seconds (sim, asked_90k));
  if (reason[0])
    g_string_append_printf (sim->log, "(%s)", reason);
}

static void
over (Sim * sim)
{
  asp_plan_done (sim->plan);
  sim->brk = NULL;
  sim->out = FALSE;
}

static void
leave (Sim * sim, gint64 pts90k)
{
  const gchar *reason;

  switch (asp_plan_consider (sim->plan, pts90k, TRUE, &reason)) {
    case ASP_PLAN_GIVE_UP:
      say_reason (sim, "gave-up", reason);
      over (sim);
      return;
    case ASP_PLAN_LEAVE:
      break;
    case ASP_PLAN_WAIT:
    default:
      g_assert_not_reached ();
  }
  asp_plan_leave (sim->plan, pts90k);
  sim->out = TRUE;
  if (sim->no_creative) {
    say_reason (sim, "gave-up", "no-creative");
    over (sim);
    return;
  }
  say_splice (sim, "out", sim->brk->asked_90k, pts90k, reason);
}

static gboolean
is_return (const Sim * sim, gint64 pts90k)
{
  gint64 in = asp_plan_in_90k (sim->plan);

  if (asp_plan_ends_now (sim->plan) || pts90k >= in - HALF_90K)
    return TRUE;
  /* return-policy=nearest */
  return in - pts90k <= TOLERANCE_90K && in - pts90k < pts90k + PLAN_GOP * PLAN_FRAME_90K - in;
}

static void
picture (Sim * sim, guint number)
{
  gint64 pts = sim->first_90k + (gint64) number * PLAN_FRAME_90K;
  gboolean rap = number % PLAN_GOP == 0;

  sim->at_s = number / 25.0;
  if (sim->out && rap && is_return (sim, pts)) {
    gboolean follows = asp_plan_follower (sim->plan) != NULL;

    say_splice (sim, "in", asp_plan_asked_in_90k (sim->plan), pts, "");
    over (sim);
    if (!follows)
      return;
  }
  if (!sim->brk && asp_plan_is_due (sim->plan, pts, ARM_LEAD_90K))
    sim->brk = asp_plan_arm (sim->plan, pts);
  if (sim->brk && !sim->out && rap && pts >= sim->brk->asked_90k - HALF_90K)
    leave (sim, pts);
}

/* --- rows --- */

static gint64
ns_property (const PlanRow * row, const gchar * name, gint64 otherwise_s)
{
  g_autofree gchar *value = plan_property (row, name, NULL);

  return value ? asp_ns_to_90k (g_ascii_strtoull (value, NULL, 10)) : otherwise_s * ASP_SECOND_90K;
}

static guint
flags_property (const PlanRow * row, const gchar * name, const gchar * const *nicks, guint otherwise)
{
  g_autofree gchar *value = plan_property (row, name, NULL);
  g_auto (GStrv) words = NULL;
  guint flags = 0;

  if (!value)
    return otherwise;
  words = g_strsplit (value, "+", -1);
  for (guint i = 0; words[i]; i++)
    for (guint k = 0; nicks[k]; k++)
      if (!strcmp (words[i], nicks[k]))
        flags |= 1u << k;
  return flags;
}

static AspPlan *
new_plan (const PlanRow * row)
{
  static const gchar *const types[] = { "insert", "break", "provider-ad", "distributor-ad", "provider-po",
    "distributor-po", NULL
  };
  static const gchar *const restrictions[] = { "any", "web-delivery", "regional-blackout", "archive", "device", NULL };
  g_autofree gchar *late = plan_property (row, "late-policy", "next-rap");
  g_autofree gchar *overlap = plan_property (row, "overlap-policy", "ignore");
  g_autofree gchar *tier = plan_property (row, "scte35-tier", "4095");
  AspPlanConfig config = { 0 };

  config.cue_flags = flags_property (row, "scte35", types, ASP_CUE_ALL);
  config.restrictions = flags_property (row, "scte35-restrictions", restrictions, 0);
  config.tier = (guint) g_ascii_strtoull (tier, NULL, 10);
  config.default_duration_90k = ns_property (row, "default-break-duration", 30);
  config.max_duration_90k = ns_property (row, "max-break-duration", 300);
  config.late_policy = strcmp (late, "skip") ? ASP_LATE_NEXT_RAP : ASP_LATE_SKIP;
  config.overlap_policy = strcmp (overlap, "extend") ? ASP_OVERLAP_IGNORE : ASP_OVERLAP_EXTEND;
  config.tolerance_90k = TOLERANCE_90K;
  config.max_rap_wait_90k = 5 * ASP_SECOND_90K;
  return asp_plan_new (&config);
}

static void
test_row (gconstpointer data)
{
  const PlanRow *row = data;
  /* one turn up, as whoever calls does with its first time */
  Sim sim = {.first_90k = plan_first_pts90k (row) + ASP_PTS_MODULUS,.now_90k = ASP_NO_TIME };
  g_autoptr (GPtrArray) events = plan_events (row, sim.first_90k);
  AspBreak *b;
  guint next = 0;

  sim.plan = new_plan (row);
  sim.log = g_string_new (NULL);
  for (guint n = 0; n < PLAN_FRAMES; n++) {
    for (; next < events->len && ((PlanEvent *) events->pdata[next])->at_s < (n + 0.5) / 25.0; next++)
      happen (&sim, events->pdata[next]);
    picture (&sim, n);
    sim.now_90k = sim.first_90k + (gint64) n *PLAN_FRAME_90K;
  }
  sim.at_s = PLAN_FRAMES / 25.0;
  while ((b = asp_plan_pop (sim.plan))) {
    say_reason (&sim, "skipped", "eos");
    asp_break_free (b);
  }
  g_assert_cmpstr (sim.log->str, ==, row->output);
  /* every break that has begun has ended */
  g_assert_null (sim.brk);
  g_string_free (sim.log, TRUE);
  asp_plan_free (sim.plan);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* a rule that is broken shall not hide the ones behind it */
  g_test_set_nonfatal_assertions ();
  for (guint i = 0; i < n_plan_rows; i++) {
    g_autofree gchar *path = g_strdup_printf ("/plan/%s", plan_rows[i].rule);

    g_test_add_data_func (path, &plan_rows[i], test_row);
  }
  return g_test_run ();
}
