/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan of breaks: gst/plan. The first four bytes choose settings and where on the circle of
 * 2^33 time begins; the rest is a list of commands, eight bytes each: cues of all kinds, calls,
 * jumps of the time base, and steps of time in which pictures come, RAPs among them.
 *
 * One break at a time is armed or out; it ends behind its beginning, no later than the longest break
 * allows; what was announced is told of once more, when it begins or is taken back, and nothing
 * else is; nothing is lost or left.
 */
#include "fuzz.h"

#include <string.h>

#include <asp-plan.h>

#define SECOND ASP_SECOND_90K
#define FRAME_90K 3600
#define LONGEST_90K (60 * SECOND)
#define COMMAND 8
#define COMMANDS_MAX 200

typedef struct
{
  AspPlan *plan;
  GHashTable *pending;          /* of AspBreak, as the actions tell */
  AspBreak *brk;
  gboolean out;
  gint64 now_90k, offset_90k, out_90k;
  guint pictures, gop;
  gboolean jumped;
} World;

static void
carry_out (World * w, GArray * actions)
{
  const AspPlanAction *last = NULL;

  for (guint i = 0; i < actions->len; i++) {
    const AspPlanAction *a = &g_array_index (actions, AspPlanAction, i);

    g_assert_nonnull (a->reason);
    switch (a->kind) {
      case ASP_PLAN_SCHEDULED:
        g_assert_true (g_hash_table_add (w->pending, a->brk));
        g_assert_cmpint (a->brk->duration_90k, >, 0);
        g_assert_cmpuint (strlen (a->brk->id), ==, ASP_BREAK_ID_SIZE - 1);
        break;
      case ASP_PLAN_UPDATED:
        g_assert_true (a->brk == w->brk || g_hash_table_contains (w->pending, a->brk));
        g_assert_false (w->out && a->brk == w->brk);
        g_assert_cmpint (a->brk->duration_90k, >, 0);
        g_assert_cmpint (a->brk->duration_90k, <=, LONGEST_90K);
        break;
      case ASP_PLAN_CANCELLED:
        if (a->brk == w->brk) {
          g_assert_false (w->out);
          w->brk = NULL;
        } else {
          g_assert_true (g_hash_table_remove (w->pending, a->brk));
        }
        break;
      case ASP_PLAN_SKIPPED:
        g_assert_false (g_hash_table_contains (w->pending, a->brk));
        break;
      case ASP_PLAN_RETURNS:
        g_assert_true (w->out && a->brk == w->brk);
        last = a;
        break;
      case ASP_PLAN_IGNORED:
      default:
        g_assert_null (a->brk);
        break;
    }
  }
  /* one message may say two ends: the last one holds */
  if (last)
    g_assert_true (asp_plan_ends_now (w->plan) || last->at_90k == asp_plan_in_90k (w->plan));
}

/* --- time --- */

static void
over (World * w)
{
  asp_plan_done (w->plan);
  w->brk = NULL;
  w->out = FALSE;
}

static void
leave (World * w, gint64 pts90k, gboolean rap)
{
  const gchar *reason = NULL;

  switch (asp_plan_consider (w->plan, pts90k, rap && pts90k >= w->brk->asked_90k - FRAME_90K / 2, &reason)) {
    case ASP_PLAN_GIVE_UP:
      g_assert_cmpstr (reason, !=, "");
      over (w);
      break;
    case ASP_PLAN_LEAVE:
      asp_plan_leave (w->plan, pts90k);
      w->out = TRUE;
      w->out_90k = pts90k;
      break;
    case ASP_PLAN_WAIT:
    default:
      break;
  }
}

static void
picture (World * w, gint64 step_90k)
{
  gboolean rap = w->pictures++ % w->gop == 0;

  w->now_90k += step_90k;
  if (w->out) {
    g_assert_cmpint (asp_plan_in_90k (w->plan), >, w->out_90k - FRAME_90K);
    g_assert_cmpint (asp_plan_in_90k (w->plan), <=, MAX (w->brk->asked_90k, w->out_90k) + LONGEST_90K);
    if (rap && (asp_plan_ends_now (w->plan) || w->now_90k >= asp_plan_in_90k (w->plan) - FRAME_90K / 2))
      over (w);
  }
  if (!w->brk && asp_plan_is_due (w->plan, w->now_90k, SECOND)) {
    w->brk = asp_plan_arm (w->plan, w->now_90k);
    g_assert_true (g_hash_table_remove (w->pending, w->brk));
  }
  if (w->brk && !w->out)
    leave (w, w->now_90k, rap);
}

/* --- what comes --- */

/* A time of the stream, most often near. */
static guint64
stream_time (const World * w, const guint8 * c)
{
  gint64 off = ((gint8) c[3]) * (c[4] & 0x80 ? 1000 * SECOND : SECOND / 4) + c[4] % 3;

  return asp_pts_wrap (MAX (w->now_90k, 0) + w->offset_90k + off);
}

static void
fill_insert (AspScte35Section * s, const World * w, const guint8 * c)
{
  AspScte35SpliceEvent *e = &s->u.splice_insert;

  s->splice_command_type = ASP_SCTE35_SPLICE_INSERT;
  e->splice_event_id = c[1] % 8;
  e->splice_event_cancel_indicator = (c[2] & 0x0f) == 0;
  e->out_of_network_indicator = c[2] & 0x10;
  e->program_splice_flag = (c[2] & 0x60) != 0;
  e->splice_immediate_flag = (c[2] & 0x0f) == 1;
  e->splice_time.time_specified_flag = (c[2] & 0x0f) != 2;
  e->splice_time.pts_time_pts90k = stream_time (w, c);
  e->duration_flag = c[5] > 0;
  e->break_duration.auto_return = c[2] & 0x80;
  e->break_duration.duration_90k = (guint64) c[5] * SECOND / 4;
}

static void
fill_segmentation (AspScte35Descriptor * d, const guint8 * c)
{
  static const guint8 types[] = { 0x34, 0x35, 0x30, 0x31, 0x36, 0x37, 0x22, 0x23, 0x32, 0x33, 0x10, 0x11, 0x13, 0x14, 0x38,
    0x50
  };
  AspScte35Segmentation *g = &d->u.segmentation;

  memset (d, 0, sizeof *d);
  d->kind = ASP_SCTE35_DESCRIPTOR_SEGMENTATION;
  g->segmentation_event_id = c[0] % 6;
  g->segmentation_event_cancel_indicator = (c[0] & 0xf0) == 0xf0;
  g->segmentation_type_id = types[c[1] % G_N_ELEMENTS (types)];
  g->segment_num = c[1] >> 6;
  g->segments_expected = (c[0] >> 4) & 3;
  g->has_sub_segments = c[1] & 0x20;
  g->sub_segment_num = c[2] & 3;
  g->delivery_not_restricted_flag = c[2] & 0x80;
  g->device_restrictions = c[2] & 3;
  g->segmentation_duration_flag = c[2] & 0x40;
  g->segmentation_duration_90k = (guint64) (c[2] & 0x3f) * SECOND;
}

static void
cue (World * w, const guint8 * c)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();
  AspScte35Descriptor descriptors[2];
  AspScte35SpliceEvent event;
  AspScte35Section s;

  asp_scte35_init (&s);
  s.tier = c[6] == 0xff ? 5 : ASP_SCTE35_TIER_IGNORE;
  switch (c[0] & 7) {
    case 0:
      s.splice_command_type = (AspScte35CommandType) (c[1] & 1 ? ASP_SCTE35_ENCRYPTED : c[2]);
      if (s.splice_command_type == ASP_SCTE35_SPLICE_SCHEDULE)
        s.splice_command_type = ASP_SCTE35_SPLICE_NULL;
      break;
    case 1:
      fill_insert (&s, w, c);
      event = s.u.splice_insert;
      s.splice_command_type = ASP_SCTE35_SPLICE_SCHEDULE;
      s.u.splice_schedule.n_events = 1;
      s.u.splice_schedule.events = &event;
      break;
    case 2:
    case 3:
    case 4:
      fill_insert (&s, w, c);
      break;
    default:
      s.splice_command_type = ASP_SCTE35_TIME_SIGNAL;
      s.u.time_signal.time_specified_flag = c[2] & 0x0f;
      s.u.time_signal.pts_time_pts90k = stream_time (w, c);
      fill_segmentation (&descriptors[0], c + 1);
      fill_segmentation (&descriptors[1], c + 5);
      s.descriptors = descriptors;
      s.n_descriptors = 1 + (c[0] >> 7);
      break;
  }
  asp_plan_cue (w->plan, &s, "fc", c[6] & 1 ? "channel" : NULL, w->now_90k, w->offset_90k, actions);
  carry_out (w, actions);
}

static void
call (World * w, const guint8 * c)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();
  const AspBreak *next = w->brk ? w->brk : asp_plan_peek (w->plan);
  AspBreak *b;

  if (c[1] & 3) {
    b = asp_break_new ((AspBreakOrigin) (c[1] % 3), c[2] & 1 ? ASP_NO_TIME : w->now_90k + (gint8) c[3] * SECOND / 4,
        c[5] * SECOND / 4);
    asp_plan_request (w->plan, b, w->now_90k, actions);
  } else if (next && (c[2] & 1)) {
    asp_plan_cancel (w->plan, next->id, actions);
  } else {
    asp_plan_end (w->plan, next ? next->id : "none", w->now_90k, actions);
  }
  carry_out (w, actions);
}

static void
jump (World * w, const guint8 * c)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  asp_plan_discontinuity (w->plan, actions);
  carry_out (w, actions);
  w->offset_90k += (gint64) (gint8) c[1] * 1000 * SECOND;
}

static void
command (World * w, const guint8 * c)
{
  switch (c[0] >> 3 & 7) {
    case 0:
      call (w, c);
      break;
    case 1:
      if (c[7] > 200)
        jump (w, c);
      break;
    case 2:
    case 3:
      for (guint i = 0; i < c[1]; i++)
        picture (w, c[2] == 0xff ? SECOND : FRAME_90K);
      break;
    default:
      cue (w, c);
      break;
  }
}

/* Time goes on until all that has a time near enough has come and gone. */
static void
finish (World * w)
{
  AspBreak *b;

  w->gop = 1;
  for (guint i = 0; i < 500; i++)
    picture (w, SECOND);
  if (w->brk) {
    /* at most the one that came last is still on its way */
    g_assert_cmpint (w->now_90k, <=, MAX (w->brk->asked_90k, w->out ? w->out_90k : 0) + LONGEST_90K + 10 * SECOND);
    over (w);
  }
  while ((b = asp_plan_pop (w->plan))) {
    g_assert_true (g_hash_table_remove (w->pending, b));
    asp_break_free (b);
  }
  g_assert_cmpuint (g_hash_table_size (w->pending), ==, 0);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  World w = { 0 };
  AspPlanConfig config = {.cue_flags = ASP_CUE_ALL,.default_duration_90k = 30 * SECOND,.max_duration_90k = LONGEST_90K,
    .tier = ASP_PLAN_TIER_ANY,.tolerance_90k = SECOND / 2,.max_rap_wait_90k = 5 * SECOND
  };

  if (size < 4)
    return 0;
  config.overlap_policy = data[0] & 1 ? ASP_OVERLAP_EXTEND : ASP_OVERLAP_IGNORE;
  config.late_policy = data[0] & 2 ? ASP_LATE_SKIP : ASP_LATE_NEXT_RAP;
  config.tier = data[0] & 4 ? 7 : ASP_PLAN_TIER_ANY;
  config.restrictions = data[0] & 8 ? data[1] & 0x1f : 0;
  config.cue_flags = data[0] & 16 ? data[2] & ASP_CUE_ALL : ASP_CUE_ALL;
  w.plan = asp_plan_new (&config);
  w.pending = g_hash_table_new (NULL, NULL);
  w.gop = data[3] & 1 ? 25 : 200;
  w.now_90k = data[3] & 2 ? ASP_PTS_MODULUS - 20 * SECOND : ASP_PTS_MODULUS + 10 * SECOND;
  w.offset_90k = data[3] & 4 ? (gint64) data[2] * 12345678 : 0;
  for (gsize at = 4; at + COMMAND <= size && at < 4 + COMMAND * COMMANDS_MAX; at += COMMAND)
    command (&w, data + at);
  finish (&w);
  g_hash_table_unref (w.pending);
  asp_plan_free (w.plan);
  return 0;
}
