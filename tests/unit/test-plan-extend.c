/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A break is made longer or shorter: one rule a row. Times in seconds. */
#include <asp-plan.h>

#include <string.h>

#define SECOND ASP_SECOND_90K
#define LONGEST_S 60

typedef enum
{
  PENDING,
  ARMED,
  RUNNING,
  ENDING,                       /* told to end */
} Phase;

typedef struct
{
  const gchar *rule;
  Phase phase;
  gint start_s, duration_s;     /* of the break; start -1: as soon as possible */
  gint next_s;                  /* start of another one that is pending; 0: there is none */
  gint now_s, asked_s;          /* what is asked for */
  AspPlanActionKind kind;
  const gchar *reason;          /* IGNORED */
  gint at_s;                    /* RETURNS; -1: at once */
  gint lasts_s;                 /* then */
} Row;

static const Row rows[] = {
  {"pending/longer", PENDING, 10, 20, 0, 1, 30, ASP_PLAN_UPDATED, NULL, 0, 30},
  {"pending/shorter", PENDING, 10, 20, 0, 1, 5, ASP_PLAN_UPDATED, NULL, 0, 5},
  {"pending/the-longest-holds", PENDING, 10, 20, 0, 1, 90, ASP_PLAN_UPDATED, NULL, 0, LONGEST_S},
  {"pending/up-to-the-next", PENDING, 10, 20, 40, 1, 30, ASP_PLAN_UPDATED, NULL, 0, 30},
  {"pending/into-the-next", PENDING, 10, 20, 40, 1, 31, ASP_PLAN_IGNORED, "conflict", 0, 20},
  {"pending/without-a-time", PENDING, -1, 20, 0, 1, 30, ASP_PLAN_UPDATED, NULL, 0, 30},
  {"armed/longer", ARMED, 10, 20, 0, 9, 30, ASP_PLAN_UPDATED, NULL, 0, 30},
  {"running/longer", RUNNING, 10, 20, 0, 15, 30, ASP_PLAN_RETURNS, NULL, 40, 30},
  {"running/shorter", RUNNING, 10, 20, 0, 15, 8, ASP_PLAN_RETURNS, NULL, 18, 8},
  {"running/so-short-that-it-is-over", RUNNING, 10, 20, 0, 15, 5, ASP_PLAN_RETURNS, NULL, -1, 20},
  {"running/the-longest-holds", RUNNING, 10, 20, 0, 15, 90, ASP_PLAN_RETURNS, NULL, 70, LONGEST_S},
  {"running/into-the-next", RUNNING, 10, 20, 35, 15, 30, ASP_PLAN_IGNORED, "conflict", 0, 20},
  {"running/shorter-with-a-next", RUNNING, 10, 20, 35, 15, 10, ASP_PLAN_RETURNS, NULL, 20, 10},
  {"running/told-to-end", ENDING, 10, 20, 0, 15, 30, ASP_PLAN_IGNORED, "ends-already", 0, 20},
};

static AspPlan *
plan_of (const Row * row, AspBreak * b)
{
  const AspPlanConfig config = {.cue_flags = ASP_CUE_ALL,.default_duration_90k = 30 * SECOND,
    .max_duration_90k = LONGEST_S * SECOND,.tier = ASP_PLAN_TIER_ANY,.tolerance_90k = SECOND / 2,
    .max_rap_wait_90k = 5 * SECOND
  };
  AspPlan *plan = asp_plan_new (&config);
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  asp_plan_request (plan, b, 0, actions);
  if (row->next_s)
    asp_plan_request (plan, asp_break_new (ASP_ORIGIN_SIGNAL, row->next_s * SECOND, 5 * SECOND), 0, actions);
  if (row->phase >= ARMED)
    asp_plan_arm (plan, (row->start_s - 1) * SECOND);
  if (row->phase >= RUNNING)
    asp_plan_leave (plan, row->start_s * SECOND);
  if (row->phase == ENDING)
    asp_plan_end (plan, b->id, 12 * SECOND, actions);
  return plan;
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  AspBreak *b = asp_break_new (ASP_ORIGIN_SIGNAL, row->start_s < 0 ? ASP_NO_TIME : row->start_s * SECOND,
      row->duration_s * SECOND);
  AspPlan *plan = plan_of (row, b);
  g_autoptr (GArray) actions = asp_plan_actions_new ();
  const AspPlanAction *a;

  asp_plan_extend (plan, b->id, row->asked_s * SECOND, row->now_s * SECOND, actions);
  g_assert_cmpuint (actions->len, ==, 1);
  a = &g_array_index (actions, AspPlanAction, 0);
  g_assert_cmpint (a->kind, ==, row->kind);
  if (row->reason)
    g_assert_cmpstr (a->reason, ==, row->reason);
  else
    g_assert_true (a->brk == b);
  if (row->kind == ASP_PLAN_RETURNS && row->at_s < 0) {
    g_assert_true (a->at_90k == ASP_NO_TIME);
    g_assert_true (asp_plan_ends_now (plan));
  } else if (row->kind == ASP_PLAN_RETURNS) {
    g_assert_cmpint (a->at_90k, ==, row->at_s * SECOND);
    g_assert_cmpint (asp_plan_in_90k (plan), ==, row->at_s * SECOND);
  }
  g_assert_cmpint (b->duration_90k, ==, row->lasts_s * SECOND);
  asp_plan_free (plan);
}

static void
test_unknown (void)
{
  const Row row = { "unknown", PENDING, 10, 20, 0, 0, 0, ASP_PLAN_IGNORED, NULL, 0, 0 };
  AspPlan *plan = plan_of (&row, asp_break_new (ASP_ORIGIN_SIGNAL, 10 * SECOND, SECOND));
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  asp_plan_extend (plan, "nosuchbreak1", 30 * SECOND, 0, actions);
  g_assert_cmpstr (g_array_index (actions, AspPlanAction, 0).reason, ==, "extend-unknown");
  asp_plan_free (plan);
}

/* The same key of the same channel is the same break; another one, and a cue, never are. */
static void
test_keys (void)
{
  gchar a[ASP_BREAK_ID_SIZE], b[ASP_BREAK_ID_SIZE];

  asp_break_id_for_key (a, "one", "7");
  asp_break_id_for_key (b, "one", "7");
  g_assert_cmpstr (a, ==, b);
  g_assert_cmpuint (strlen (a), ==, 12);
  asp_break_id_for_key (b, "one", "8");
  g_assert_cmpstr (a, !=, b);
  asp_break_id_for_key (b, "two", "7");
  g_assert_cmpstr (a, !=, b);
  asp_break_id_for_cue (b, "one", 0, 7);
  g_assert_cmpstr (a, !=, b);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_set_nonfatal_assertions ();
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = g_strdup_printf ("/plan/extend/%s", rows[i].rule);

    g_test_add_data_func (path, &rows[i], test_row);
  }
  g_test_add_func ("/plan/extend/unknown", test_unknown);
  g_test_add_func ("/plan/id/keys", test_keys);
  return g_test_run ();
}
