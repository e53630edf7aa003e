/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst/plan, one function at a time. The rules, one by one and in sequences, are in
 * test-plan-table.c.
 */
#include <asp-plan.h>

#include <string.h>

#define SECOND ASP_SECOND_90K
#define NOW (100 * SECOND)

static AspPlan *
plan_for (guint cue_flags)
{
  AspPlanConfig config = {.cue_flags = cue_flags,.default_duration_90k = 30 * SECOND,
    .max_duration_90k = 300 * SECOND,.tier = ASP_PLAN_TIER_ANY,.tolerance_90k = SECOND / 2,
    .max_rap_wait_90k = 5 * SECOND
  };

  return asp_plan_new (&config);
}

static AspPlan *
new_plan (void)
{
  return plan_for (ASP_CUE_ALL);
}

/* --- sections to hand in ---------------------------------------------------------- */

static AspScte35Section
insert (guint32 id, gboolean out, gint64 at_90k, gint64 duration_90k)
{
  AspScte35Section s;
  AspScte35SpliceEvent *e;

  asp_scte35_init (&s);
  s.splice_command_type = ASP_SCTE35_SPLICE_INSERT;
  e = &s.u.splice_insert;
  e->splice_event_id = id;
  e->out_of_network_indicator = out;
  e->program_splice_flag = TRUE;
  e->splice_immediate_flag = at_90k == ASP_NO_TIME;
  if (at_90k != ASP_NO_TIME) {
    e->splice_time.time_specified_flag = TRUE;
    e->splice_time.pts_time_pts90k = asp_pts_wrap (at_90k);
  }
  e->duration_flag = duration_90k > 0;
  e->break_duration.duration_90k = (guint64) duration_90k;
  return s;
}

static AspScte35Section
cancel (guint32 id)
{
  AspScte35Section s = insert (id, FALSE, ASP_NO_TIME, 0);

  s.u.splice_insert.splice_event_cancel_indicator = TRUE;
  return s;
}

/* @descriptors lives as long as the section is used. */
static AspScte35Section
signal_of (AspScte35Descriptor * descriptors, guint n, gint64 at_90k)
{
  AspScte35Section s;

  asp_scte35_init (&s);
  s.splice_command_type = ASP_SCTE35_TIME_SIGNAL;
  s.u.time_signal.time_specified_flag = at_90k != ASP_NO_TIME;
  s.u.time_signal.pts_time_pts90k = at_90k != ASP_NO_TIME ? asp_pts_wrap (at_90k) : 0;
  s.descriptors = descriptors;
  s.n_descriptors = n;
  return s;
}

static AspScte35Descriptor
segmentation (guint32 id, guint type, gint64 duration_90k)
{
  AspScte35Descriptor d;

  memset (&d, 0, sizeof d);
  d.kind = ASP_SCTE35_DESCRIPTOR_SEGMENTATION;
  d.u.segmentation.segmentation_event_id = id;
  d.u.segmentation.segmentation_type_id = (guint8) type;
  d.u.segmentation.segmentation_duration_flag = duration_90k > 0;
  d.u.segmentation.segmentation_duration_90k = (guint64) duration_90k;
  return d;
}

#define NOTHING ((AspPlanActionKind) -1)

/* The last thing that the plan has to say, NOTHING if it has none; what it hands over is the test's. */
static AspPlanAction
last_of (GArray * actions)
{
  AspPlanAction none = { NOTHING, NULL, ASP_NO_TIME, "" }, last;

  if (actions->len == 0)
    return none;
  last = g_array_index (actions, AspPlanAction, actions->len - 1);
  g_array_index (actions, AspPlanAction, actions->len - 1).brk = NULL;
  return last;
}

static AspPlanAction
cue_at (AspPlan * plan, AspScte35Section s, const gchar * channel, gint64 now_90k, gint64 offset_90k)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  asp_plan_cue (plan, &s, "fc", channel, now_90k, offset_90k, actions);
  return last_of (actions);
}

static AspPlanAction
cue (AspPlan * plan, AspScte35Section s)
{
  return cue_at (plan, s, NULL, NOW, 0);
}

static AspPlanAction
request (AspPlan * plan, AspBreak * b)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  asp_plan_request (plan, b, NOW, actions);
  return last_of (actions);
}

static AspPlanAction
call_off (AspPlan * plan, const gchar * id)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  asp_plan_cancel (plan, id, actions);
  return last_of (actions);
}

/* The next one is out. */
static void
leave (AspPlan * plan)
{
  AspBreak *b = asp_plan_arm (plan, NOW);

  g_assert_nonnull (b);
  asp_plan_leave (plan, b->asked_90k);
}

static void
assert_ignored (AspPlanAction action, const gchar * reason)
{
  g_assert_cmpint (action.kind, ==, ASP_PLAN_IGNORED);
  g_assert_cmpstr (action.reason, ==, reason);
}

/* --- out -------------------------------------------------------------------------- */

static void
test_schedules (void)
{
  AspPlan *plan = new_plan ();
  AspPlanAction a = cue (plan, insert (7, TRUE, NOW + 4 * SECOND, 20 * SECOND));

  g_assert_cmpint (a.kind, ==, ASP_PLAN_SCHEDULED);
  g_assert_true (a.brk == asp_plan_peek (plan));
  g_assert_cmpint (a.brk->origin, ==, ASP_ORIGIN_CUE);
  g_assert_cmpint (a.brk->asked_90k, ==, NOW + 4 * SECOND);
  g_assert_cmpint (a.brk->duration_90k, ==, 20 * SECOND);
  g_assert_cmpuint (a.brk->event_id, ==, 7);
  g_assert_cmpstr (a.brk->scte35_hex, ==, "fc");
  g_assert_false (a.brk->late_on_arrival);
  asp_plan_free (plan);
}

static void
test_durations (void)
{
  AspPlan *plan = new_plan ();

  g_assert_cmpint (cue (plan, insert (1, TRUE, NOW + 1000 * SECOND, 0)).brk->duration_90k, ==, 30 * SECOND);
  g_assert_cmpint (cue (plan, insert (2, TRUE, NOW + 2000 * SECOND, 301 * SECOND)).brk->duration_90k, ==, 300 * SECOND);
  g_assert_cmpint (cue (plan, insert (3, TRUE, NOW + 3000 * SECOND, 1)).brk->duration_90k, ==, 1);
  g_assert_cmpint (cue (plan, insert (4, TRUE, NOW + 4000 * SECOND, ASP_PTS_MASK)).brk->duration_90k, ==, 300 * SECOND);
  asp_plan_free (plan);
}

/* 9.9.2.1: the same message again, as encoders send it, opens nothing. */
static void
test_repetition (void)
{
  AspPlan *plan = new_plan ();

  cue (plan, insert (7, TRUE, NOW + 4 * SECOND, 20 * SECOND));
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (cue (plan, insert (7, TRUE, NOW + 4 * SECOND, 20 * SECOND)).kind, ==, NOTHING);
  leave (plan);
  g_assert_null (asp_plan_peek (plan));
  /* while it runs */
  g_assert_cmpint (cue (plan, insert (7, TRUE, NOW + 4 * SECOND, 20 * SECOND)).kind, ==, NOTHING);
  asp_plan_done (plan);
  /* and behind it */
  g_assert_cmpint (cue (plan, insert (7, TRUE, NOW + 4 * SECOND, 20 * SECOND)).kind, ==, NOTHING);
  g_assert_null (asp_plan_peek (plan));
  /* the same id with a new time is a new break then */
  g_assert_cmpint (cue (plan, insert (7, TRUE, NOW + 60 * SECOND, 20 * SECOND)).kind, ==, ASP_PLAN_SCHEDULED);
  asp_plan_free (plan);
}

static void
test_immediate (void)
{
  AspPlan *plan = new_plan ();
  AspPlanAction a = cue (plan, insert (7, TRUE, ASP_NO_TIME, 0));

  g_assert_cmpint (a.kind, ==, ASP_PLAN_SCHEDULED);
  g_assert_cmpint (a.brk->asked_90k, ==, ASP_NO_TIME);
  g_assert_false (a.brk->late_on_arrival);
  g_assert_cmpint (cue (plan, insert (7, TRUE, ASP_NO_TIME, 0)).kind, ==, NOTHING);
  leave (plan);
  g_assert_cmpint (cue (plan, insert (7, TRUE, ASP_NO_TIME, 0)).kind, ==, NOTHING);
  asp_plan_free (plan);
}

/* A splice_time() without a time is the nearest opportunity: 9.8.1. */
static void
test_time_not_specified (void)
{
  AspPlan *plan = new_plan ();
  AspScte35Section s = insert (7, TRUE, NOW, 0);

  s.u.splice_insert.splice_time.time_specified_flag = FALSE;
  g_assert_cmpint (cue (plan, s).brk->asked_90k, ==, ASP_NO_TIME);
  asp_plan_free (plan);
}

static void
test_replaces (void)
{
  AspPlan *plan = new_plan ();
  AspPlanAction a;

  cue (plan, insert (7, TRUE, NOW + 4 * SECOND, 20 * SECOND));
  a = cue (plan, insert (7, TRUE, NOW + 5 * SECOND, 10 * SECOND));
  g_assert_cmpint (a.kind, ==, ASP_PLAN_SCHEDULED);
  g_assert_cmpint (a.brk->asked_90k, ==, NOW + 5 * SECOND);
  leave (plan);
  g_assert_null (asp_plan_peek (plan));
  asp_plan_free (plan);
}

static void
test_late (void)
{
  static const gint64 offs[] = { -1, 0, 1 };

  for (guint i = 0; i < G_N_ELEMENTS (offs); i++) {
    AspPlan *plan = new_plan ();

    g_assert_cmpint (cue (plan, insert (7, TRUE, NOW + offs[i], 0)).brk->late_on_arrival, ==, offs[i] <= 0);
    asp_plan_free (plan);
  }
}

/* Before the first picture nothing is late. */
static void
test_without_now (void)
{
  AspPlan *plan = new_plan ();
  AspScte35Section s = insert (7, TRUE, 5 * SECOND, 0);
  AspPlanAction a;

  a = cue_at (plan, s, NULL, ASP_NO_TIME, 0);
  g_assert_cmpint (a.kind, ==, ASP_PLAN_SCHEDULED);
  g_assert_false (a.brk->late_on_arrival);
  g_assert_cmpuint (asp_pts_wrap (a.brk->asked_90k), ==, 5 * SECOND);
  asp_plan_free (plan);
}

static void
test_second_out_while_running (void)
{
  AspPlan *plan = new_plan ();

  cue (plan, insert (7, TRUE, NOW + 4 * SECOND, 20 * SECOND));
  leave (plan);
  assert_ignored (cue (plan, insert (8, TRUE, NOW + 6 * SECOND, 20 * SECOND)), "overlap");
  assert_ignored (cue (plan, insert (7, TRUE, NOW + 6 * SECOND, 20 * SECOND)), "overlap");
  asp_plan_done (plan);
  g_assert_cmpint (cue (plan, insert (8, TRUE, NOW + 60 * SECOND, 0)).kind, ==, ASP_PLAN_SCHEDULED);
  asp_plan_free (plan);
}

/* A break that nobody's cue opened: a cue does not meet it as its own. */
static void
test_cue_while_other_runs (void)
{
  AspPlan *plan = new_plan ();

  request (plan, asp_break_new (ASP_ORIGIN_SIGNAL, ASP_NO_TIME, SECOND));
  leave (plan);
  assert_ignored (cue (plan, insert (0, TRUE, NOW + SECOND / 2, 0)), "overlap");
  assert_ignored (cue (plan, insert (0, FALSE, NOW + SECOND, 0)), "in-without-out");
  assert_ignored (cue (plan, cancel (0)), "cancel-unknown");
  asp_plan_free (plan);
}

/* --- time ------------------------------------------------------------------------- */

/* pts_adjustment is added modulo 2^33 (9.6.1), also when it takes seconds away. */
static void
test_pts_adjustment (void)
{
  static const gint64 adjustments_s[] = { 1, -1, 3600, -3600 };

  for (guint i = 0; i < G_N_ELEMENTS (adjustments_s); i++) {
    AspPlan *plan = new_plan ();
    AspScte35Section s = insert (7, TRUE, NOW + (4 - adjustments_s[i]) * SECOND, 0);

    s.pts_adjustment_pts90k = asp_pts_wrap (adjustments_s[i] * SECOND);
    g_assert_cmpint (cue (plan, s).brk->asked_90k, ==, NOW + 4 * SECOND);
    asp_plan_free (plan);
  }
}

static void
test_wrap (void)
{
  const gint64 now = 3 * ASP_PTS_MODULUS - SECOND;
  AspPlan *plan = new_plan ();
  AspScte35Section s = insert (7, TRUE, now + 4 * SECOND, 0);
  AspPlanAction a;

  g_assert_cmpuint (s.u.splice_insert.splice_time.pts_time_pts90k, ==, 3 * SECOND);
  a = cue_at (plan, s, NULL, now, 0);
  g_assert_cmpint (a.brk->asked_90k, ==, now + 4 * SECOND);
  g_assert_false (a.brk->late_on_arrival);
  asp_plan_free (plan);
}

/* The caller's timeline is stream time less an offset. */
static void
test_offset (void)
{
  static const gint64 offsets[] = { 5000 * SECOND, -5000 * SECOND, 2 * ASP_PTS_MODULUS + 1 };

  for (guint i = 0; i < G_N_ELEMENTS (offsets); i++) {
    AspPlan *plan = new_plan ();
    AspScte35Section s = insert (7, TRUE, NOW + 4 * SECOND + offsets[i], 0);
    AspPlanAction a;

    a = cue_at (plan, s, NULL, NOW, offsets[i]);
    g_assert_cmpint (a.brk->asked_90k, ==, NOW + 4 * SECOND);
    asp_plan_free (plan);
  }
}

static void
test_component_mode (void)
{
  AspPlan *plan = new_plan ();
  AspScte35Component components[2] = { {1, {TRUE, NOW + 4 * SECOND, 0}, 0}, {2, {TRUE, NOW + 9 * SECOND, 0}, 0} };
  AspScte35Section s = insert (7, TRUE, NOW, SECOND);

  s.u.splice_insert.program_splice_flag = FALSE;
  s.u.splice_insert.components = components;
  s.u.splice_insert.n_components = 2;
  g_assert_cmpint (cue (plan, s).brk->asked_90k, ==, NOW + 4 * SECOND);
  /* the first has none of its own: the first that has one is the cue's (asp_scte35_splice_time_pts90k) */
  components[0].splice_time.time_specified_flag = FALSE;
  s.u.splice_insert.splice_event_id = 8;
  g_assert_cmpint (cue (plan, s).brk->asked_90k, ==, NOW + 9 * SECOND);
  asp_plan_free (plan);
}

/* --- in --------------------------------------------------------------------------- */

static void
test_in_returns (void)
{
  AspPlan *plan = new_plan ();
  AspPlanAction a;

  cue (plan, insert (7, TRUE, NOW + 4 * SECOND, 60 * SECOND));
  leave (plan);
  a = cue (plan, insert (7, FALSE, NOW + 20 * SECOND, 0));
  g_assert_cmpint (a.kind, ==, ASP_PLAN_RETURNS);
  g_assert_cmpint (a.at_90k, ==, NOW + 20 * SECOND);
  a = cue (plan, insert (7, FALSE, ASP_NO_TIME, 0));
  g_assert_cmpint (a.kind, ==, ASP_PLAN_RETURNS);
  g_assert_cmpint (a.at_90k, ==, ASP_NO_TIME);
  assert_ignored (cue (plan, insert (8, FALSE, NOW + 20 * SECOND, 0)), "in-without-out");
  asp_plan_free (plan);
}

/* Known before the break begins it is the duration. */
static void
test_in_before_out (void)
{
  AspPlan *plan = new_plan ();
  AspPlanAction a;

  cue (plan, insert (7, TRUE, NOW + 4 * SECOND, 0));
  a = cue (plan, insert (7, FALSE, NOW + 19 * SECOND, 0));
  g_assert_cmpint (a.kind, ==, ASP_PLAN_UPDATED);
  g_assert_cmpint (a.brk->duration_90k, ==, 15 * SECOND);
  a = cue (plan, insert (7, FALSE, NOW + 1000 * SECOND, 0));
  g_assert_cmpint (a.brk->duration_90k, ==, 300 * SECOND);
  /* an in at or before its out says nothing sensible */
  assert_ignored (cue (plan, insert (7, FALSE, NOW + 4 * SECOND, 0)), "in-before-out");
  g_assert_cmpint (asp_plan_peek (plan)->duration_90k, ==, 300 * SECOND);
  asp_plan_free (plan);
}

static void
test_in_without_out (void)
{
  AspPlan *plan = new_plan ();

  assert_ignored (cue (plan, insert (7, FALSE, NOW + SECOND, 0)), "in-without-out");
  g_assert_null (asp_plan_peek (plan));
  asp_plan_free (plan);
}

/* --- cancel ----------------------------------------------------------------------- */

static void
test_cancel_before (void)
{
  AspPlan *plan = new_plan ();
  AspPlanAction a;

  cue (plan, insert (7, TRUE, NOW + 4 * SECOND, SECOND));
  cue (plan, insert (8, TRUE, NOW + 8 * SECOND, SECOND));
  a = cue (plan, cancel (7));
  g_assert_cmpint (a.kind, ==, ASP_PLAN_CANCELLED);
  g_assert_cmpuint (a.brk->event_id, ==, 7);
  asp_break_free (a.brk);
  g_assert_cmpuint (asp_plan_peek (plan)->event_id, ==, 8);
  assert_ignored (cue (plan, cancel (7)), "cancel-unknown");
  asp_plan_free (plan);
}

static void
test_cancel_after (void)
{
  AspPlan *plan = new_plan ();

  cue (plan, insert (7, TRUE, NOW + 4 * SECOND, 0));
  leave (plan);
  assert_ignored (cue (plan, cancel (7)), "cancel-after-out");
  asp_plan_free (plan);
}

/* --- time_signal ------------------------------------------------------------------ */

static void
test_segmentation_types (void)
{
  static const struct
  {
    guint type, flag;
  } types[] = {
    {0x22, ASP_CUE_BREAK}, {0x30, ASP_CUE_PROVIDER_AD}, {0x32, ASP_CUE_DISTRIBUTOR_AD},
    {0x34, ASP_CUE_PROVIDER_PO}, {0x36, ASP_CUE_DISTRIBUTOR_PO}
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    for (guint k = 0; k < 6; k++) {
      AspPlan *plan = plan_for (1u << k);
      AspScte35Descriptor d = segmentation (7, types[i].type, 10 * SECOND);
      AspPlanAction a = cue (plan, signal_of (&d, 1, NOW + 4 * SECOND));

      if (types[i].flag == 1u << k) {
        g_assert_cmpint (a.kind, ==, ASP_PLAN_SCHEDULED);
        g_assert_cmpuint (a.brk->segmentation_type_id, ==, types[i].type);
        g_assert_cmpint (a.brk->duration_90k, ==, 10 * SECOND);
        leave (plan);
        d = segmentation (7, types[i].type + 1, 0);
        g_assert_cmpint (cue (plan, signal_of (&d, 1, NOW + 9 * SECOND)).kind, ==, ASP_PLAN_RETURNS);
      } else {
        assert_ignored (a, "cue-type");
      }
      asp_plan_free (plan);
    }
  }
}

/* Overlays, programmes, chapters and the like open nothing, whatever is asked for. */
static void
test_other_segmentation_types (void)
{
  for (guint type = 0; type < 256; type++) {
    AspPlan *plan = new_plan ();
    AspScte35Descriptor d = segmentation (7, type, 10 * SECOND);
    AspPlanAction a = cue (plan, signal_of (&d, 1, NOW + 4 * SECOND));
    gboolean ours = type == 0x22 || type == 0x30 || type == 0x32 || type == 0x34 || type == 0x36;

    g_assert_cmpint (a.kind, ==, ours ? ASP_PLAN_SCHEDULED : ASP_PLAN_IGNORED);
    asp_plan_free (plan);
  }
}

static void
test_descriptors_in_order (void)
{
  AspPlan *plan = new_plan ();
  AspScte35Descriptor d[4] = { segmentation (1, 0x10, 0), segmentation (2, 0x34, 60 * SECOND),
    segmentation (3, 0x30, 15 * SECOND), segmentation (4, 0x36, 15 * SECOND)
  };
  AspPlanAction a;

  /* a programme start before it does not hide the break, a malformed one is not acted on */
  a = cue (plan, signal_of (d, 2, NOW + 4 * SECOND));
  g_assert_cmpint (a.kind, ==, ASP_PLAN_SCHEDULED);
  g_assert_cmpuint (a.brk->event_id, ==, 2);
  d[1].malformed = TRUE;
  d[2].u.segmentation.segmentation_event_id = 33;
  a = cue (plan, signal_of (d, 3, NOW + 400 * SECOND));
  g_assert_cmpuint (a.brk->event_id, ==, 33);
  asp_plan_free (plan);
}

/* 0x34 and 0x30 at the same place: one that is not asked for must not hide the one that is. */
static void
test_descriptor_not_asked_for (void)
{
  AspPlan *plan = plan_for (ASP_CUE_PROVIDER_AD);
  AspScte35Descriptor d[2] = { segmentation (1, 0x34, 60 * SECOND), segmentation (2, 0x30, 15 * SECOND) };
  AspPlanAction a = cue (plan, signal_of (d, 2, NOW + 4 * SECOND));

  g_assert_cmpint (a.kind, ==, ASP_PLAN_SCHEDULED);
  g_assert_cmpuint (a.brk->event_id, ==, 2);
  asp_plan_free (plan);
}

/* End of one spot and start of the next in one message, as in a pod of provider ads. */
static void
test_end_and_start (void)
{
  AspPlan *plan = new_plan ();
  AspScte35Descriptor first = segmentation (1, 0x30, 15 * SECOND);
  AspScte35Descriptor both[2] = { segmentation (1, 0x31, 0), segmentation (2, 0x30, 15 * SECOND) };
  AspPlanAction a;

  cue (plan, signal_of (&first, 1, NOW + 4 * SECOND));
  leave (plan);
  a = cue (plan, signal_of (both, 2, NOW + 19 * SECOND));
  g_assert_cmpint (a.kind, ==, ASP_PLAN_SCHEDULED);
  g_assert_cmpuint (a.brk->event_id, ==, 2);
  g_assert_true (asp_plan_follower (plan) == a.brk);
  asp_plan_free (plan);
}

static void
test_segmentation_cancel (void)
{
  AspPlan *plan = new_plan ();
  AspScte35Descriptor d = segmentation (7, 0x34, 0);
  AspPlanAction a;

  cue (plan, signal_of (&d, 1, NOW + 4 * SECOND));
  d.u.segmentation.segmentation_event_cancel_indicator = TRUE;
  d.u.segmentation.segmentation_type_id = 0;    /* nothing behind the indicator is there */
  a = cue (plan, signal_of (&d, 1, ASP_NO_TIME));
  g_assert_cmpint (a.kind, ==, ASP_PLAN_CANCELLED);
  asp_break_free (a.brk);
  asp_plan_free (plan);
}

static void
test_signal_without_descriptor (void)
{
  AspPlan *plan = new_plan ();
  AspScte35Descriptor other;

  memset (&other, 0, sizeof other);
  assert_ignored (cue (plan, signal_of (NULL, 0, NOW + SECOND)), "no-segmentation-descriptor");
  assert_ignored (cue (plan, signal_of (&other, 1, NOW + SECOND)), "no-segmentation-descriptor");
  asp_plan_free (plan);
}

static void
test_other_commands (void)
{
  static const AspScte35CommandType commands[] = { ASP_SCTE35_SPLICE_NULL, ASP_SCTE35_SPLICE_SCHEDULE,
    ASP_SCTE35_BANDWIDTH_RESERVATION, ASP_SCTE35_PRIVATE_COMMAND
  };
  AspPlan *plan = new_plan ();
  AspScte35Section s;

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    asp_scte35_init (&s);
    s.splice_command_type = commands[i];
    g_assert_cmpint (cue (plan, s).kind, ==, NOTHING);
  }
  asp_scte35_init (&s);
  s.splice_command_type = ASP_SCTE35_ENCRYPTED;
  assert_ignored (cue (plan, s), "encrypted");
  asp_plan_free (plan);
}

static void
test_insert_not_asked_for (void)
{
  AspPlan *plan = plan_for (ASP_CUE_ALL & ~ASP_CUE_INSERT);

  assert_ignored (cue (plan, insert (7, TRUE, NOW + SECOND, 0)), "cue-type");
  asp_plan_free (plan);
}

/* --- the plan itself -------------------------------------------------------------- */

static void
test_order (void)
{
  static const gint64 asked_s[] = { 5, 1, 3, 2, 4 };
  AspPlan *plan = new_plan ();
  AspBreak *b;

  b = asp_break_new (ASP_ORIGIN_SIGNAL, ASP_NO_TIME, SECOND);
  b->postroll = TRUE;
  request (plan, b);
  for (guint i = 0; i < G_N_ELEMENTS (asked_s); i++)
    request (plan, asp_break_new (ASP_ORIGIN_SCHEDULE, asked_s[i] * SECOND, SECOND));
  request (plan, asp_break_new (ASP_ORIGIN_SIGNAL, ASP_NO_TIME, SECOND));
  b = asp_plan_pop (plan);
  g_assert_cmpint (b->asked_90k, ==, ASP_NO_TIME);
  g_assert_false (b->postroll);
  asp_break_free (b);
  for (gint64 s = 1; s <= 5; s++) {
    b = asp_plan_pop (plan);
    g_assert_cmpint (b->asked_90k, ==, s * SECOND);
    asp_break_free (b);
  }
  b = asp_plan_pop (plan);
  g_assert_true (b->postroll);
  asp_break_free (b);
  g_assert_null (asp_plan_pop (plan));
  asp_plan_free (plan);
}

static void
test_remove (void)
{
  AspPlan *plan = new_plan ();
  AspBreak *b = asp_break_new (ASP_ORIGIN_SIGNAL, SECOND, SECOND);
  g_autofree gchar *id = g_strdup (b->id);

  request (plan, asp_break_new (ASP_ORIGIN_SCHEDULE, 2 * SECOND, SECOND));
  request (plan, b);
  assert_ignored (call_off (plan, "nosuch"), "cancel-unknown");
  g_assert_true (call_off (plan, id).brk == b);
  asp_break_free (b);
  assert_ignored (call_off (plan, id), "cancel-unknown");
  g_assert_cmpint (asp_plan_peek (plan)->origin, ==, ASP_ORIGIN_SCHEDULE);
  asp_plan_free (plan);
}

static void
test_full (void)
{
  AspPlanAction a;
  AspPlan *plan = new_plan ();

  for (guint i = 0; i < ASP_PLAN_BREAKS_MAX; i++)
    g_assert_cmpint (request (plan, asp_break_new (ASP_ORIGIN_SCHEDULE, i, 1)).kind, ==, ASP_PLAN_SCHEDULED);
  a = request (plan, asp_break_new (ASP_ORIGIN_SCHEDULE, 0, 1));
  g_assert_cmpint (a.kind, ==, ASP_PLAN_SKIPPED);
  g_assert_cmpstr (a.reason, ==, "too-many-breaks");
  asp_break_free (a.brk);
  assert_ignored (cue (plan, insert (7, TRUE, NOW + SECOND, 0)), "too-many-breaks");
  asp_plan_free (plan);
}

/* Executed cues are remembered, but not for ever: their memory is limited. */
static void
test_done_is_limited (void)
{
  AspPlan *plan = new_plan ();
  AspPlanAction late;

  for (guint i = 0; i < ASP_PLAN_DONE_MAX + 5; i++) {
    g_assert_cmpint (cue (plan, insert (i, TRUE, NOW + (i + 1) * 40 * SECOND, 0)).kind, ==, ASP_PLAN_SCHEDULED);
    leave (plan);
    asp_plan_done (plan);
  }
  for (guint i = 5; i < ASP_PLAN_DONE_MAX + 5; i++)
    g_assert_cmpint (cue (plan, insert (i, TRUE, NOW + (i + 1) * 40 * SECOND, 0)).kind, ==, NOTHING);
  /* forgotten: it came too late, and not again */
  late = cue_at (plan, insert (0, TRUE, NOW + 40 * SECOND, 0), NULL, NOW + 90 * SECOND, 0);
  g_assert_cmpint (late.kind, ==, ASP_PLAN_SKIPPED);
  asp_break_free (late.brk);
  asp_plan_free (plan);
}

/* Behind a seek the same cue is another one. */
static void
test_forget_done (void)
{
  AspPlan *plan = new_plan ();

  cue (plan, insert (7, TRUE, NOW + SECOND, 0));
  leave (plan);
  asp_plan_done (plan);
  asp_plan_forget_done (plan);
  g_assert_cmpint (cue (plan, insert (7, TRUE, NOW + SECOND, 0)).kind, ==, ASP_PLAN_SCHEDULED);
  asp_plan_free (plan);
}

static void
test_ids (void)
{
  gchar a[ASP_BREAK_ID_SIZE], b[ASP_BREAK_ID_SIZE];

  asp_break_id_for_cue (a, "one", 7, 900000);
  asp_break_id_for_cue (b, "one", 7, 900000);
  g_assert_cmpstr (a, ==, b);
  g_assert_cmpuint (strlen (a), ==, 12);
  for (guint i = 0; a[i]; i++)
    g_assert_true (g_ascii_isalnum (a[i]));
  asp_break_id_for_cue (b, "one", 7, 900001);
  g_assert_cmpstr (a, !=, b);
  asp_break_id_for_cue (b, "one", 8, 900000);
  g_assert_cmpstr (a, !=, b);
  asp_break_id_for_cue (b, "two", 7, 900000);
  g_assert_cmpstr (a, !=, b);
  asp_break_id_random (a);
  asp_break_id_random (b);
  g_assert_cmpstr (a, !=, b);
}

/* The same cue on two machines, or on one that joined in between, names the same break: the
 * timeline of whoever calls does not matter, the stream's time does. */
static void
test_id_is_of_the_stream (void)
{
  AspPlan *one = new_plan (), *two = new_plan ();
  AspScte35Section s = insert (7, TRUE, NOW + 4 * SECOND, 0);
  AspPlanAction a, b;

  a = cue_at (one, s, "channel", NOW, 0);
  b = cue_at (two, s, "channel", NOW + ASP_PTS_MODULUS - 77, 77);
  g_assert_cmpstr (a.brk->id, ==, b.brk->id);
  asp_plan_free (one);
  asp_plan_free (two);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plan/out/schedules", test_schedules);
  g_test_add_func ("/plan/out/durations", test_durations);
  g_test_add_func ("/plan/out/repetition", test_repetition);
  g_test_add_func ("/plan/out/immediate", test_immediate);
  g_test_add_func ("/plan/out/time-not-specified", test_time_not_specified);
  g_test_add_func ("/plan/out/replaces", test_replaces);
  g_test_add_func ("/plan/out/late", test_late);
  g_test_add_func ("/plan/out/without-now", test_without_now);
  g_test_add_func ("/plan/out/second-while-running", test_second_out_while_running);
  g_test_add_func ("/plan/out/while-other-runs", test_cue_while_other_runs);
  g_test_add_func ("/plan/time/pts-adjustment", test_pts_adjustment);
  g_test_add_func ("/plan/time/wrap", test_wrap);
  g_test_add_func ("/plan/time/offset", test_offset);
  g_test_add_func ("/plan/time/component-mode", test_component_mode);
  g_test_add_func ("/plan/in/returns", test_in_returns);
  g_test_add_func ("/plan/in/before-out", test_in_before_out);
  g_test_add_func ("/plan/in/without-out", test_in_without_out);
  g_test_add_func ("/plan/cancel/before", test_cancel_before);
  g_test_add_func ("/plan/cancel/after", test_cancel_after);
  g_test_add_func ("/plan/signal/types", test_segmentation_types);
  g_test_add_func ("/plan/signal/other-types", test_other_segmentation_types);
  g_test_add_func ("/plan/signal/in-order", test_descriptors_in_order);
  g_test_add_func ("/plan/signal/not-asked-for", test_descriptor_not_asked_for);
  g_test_add_func ("/plan/signal/end-and-start", test_end_and_start);
  g_test_add_func ("/plan/signal/cancel", test_segmentation_cancel);
  g_test_add_func ("/plan/signal/without-descriptor", test_signal_without_descriptor);
  g_test_add_func ("/plan/other-commands", test_other_commands);
  g_test_add_func ("/plan/insert-not-asked-for", test_insert_not_asked_for);
  g_test_add_func ("/plan/list/order", test_order);
  g_test_add_func ("/plan/list/remove", test_remove);
  g_test_add_func ("/plan/list/full", test_full);
  g_test_add_func ("/plan/list/done-is-limited", test_done_is_limited);
  g_test_add_func ("/plan/list/forget-done", test_forget_done);
  g_test_add_func ("/plan/id/names", test_ids);
  g_test_add_func ("/plan/id/of-the-stream", test_id_is_of_the_stream);
  return g_test_run ();
}
