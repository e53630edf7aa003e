/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice, the splicer without pads: sound streams of every kind, breaks at any place. What must
 * hold of each: rules 1 to 6 and 9 of DESIGN 6. Always the same cases; SPLICE_FIRST=N SPLICE_CASES=1
 * runs the N-th only, and prints it. */
#include "splice-fixture.h"

#include <stdlib.h>
#include <string.h>

#define CASES 400
#define BREAKS_MAX 3

typedef struct
{
  gdouble start_s[BREAKS_MAX], duration_s[BREAKS_MAX];
  guint n_breaks;
  gsize chunk;
  gboolean slate;
} Plan;

static guint
one_of (GRand * r, const guint * values, guint n)
{
  return values[g_rand_int_range (r, 0, (gint32) n)];
}

#define ONE_OF(r, ...) one_of (r, (const guint[]) { __VA_ARGS__ }, G_N_ELEMENTS (((const guint[]) { __VA_ARGS__ })))

static void
random_network (GRand * r, SpliceMediaSpec * spec)
{
  spec->bframes = ONE_OF (r, 0, 2);
  spec->gop = ONE_OF (r, 10, 13, 25, 40);
  spec->frames = spec->gop * (300 / spec->gop);
  spec->frame_90k = g_rand_boolean (r) ? 3600 : g_rand_boolean (r) ? 3003 : 3753.75;
  spec->nulls = g_rand_int_range (r, 0, 3) == 0;
  spec->packets_per_s = spec->nulls ? 400 : ONE_OF (r, 300, 500, 2000);
  spec->sets_once = g_rand_boolean (r);
  spec->audio_tracks = ONE_OF (r, 0, 1, 1, 2);
  spec->audio_group = ONE_OF (r, 1, 3, 8);
  spec->audio_lead_90k = (gint64) ONE_OF (r, 0, 700, 1920, 4000) - 1000;
  spec->lead_90k = ONE_OF (r, 18000, 45000, 63000);
  spec->pcr_ms = ONE_OF (r, 20, 30, 38);
  spec->pcr_pid = (guint16) ONE_OF (r, 0, 0, 0, 0x1f0, ASP_PID_NULL);
  spec->first_pts90k = g_rand_boolean (r) ? 10 * ASP_SECOND_90K :
      ASP_PTS_MODULUS - g_rand_int_range (r, 0, 13) * ASP_SECOND_90K;
  if (spec->bframes && spec->gop % 3 != 1)
    spec->bframes = 0;
}

static void
random_creative (GRand * r, SpliceMediaSpec * spec, const SpliceMediaSpec * network)
{
  spec->frame_90k = network->frame_90k;
  spec->bframes = ONE_OF (r, 0, 2);
  spec->gop = ONE_OF (r, 13, 25);
  spec->frames = spec->gop * ONE_OF (r, 1, 2, 4);
  spec->video_bytes = ONE_OF (r, 50, 150, 190);
  spec->audio_tracks = ONE_OF (r, 0, 1, 1, 2);
  spec->audio_group = ONE_OF (r, 1, 4, 7);
  spec->audio_lead_90k = ONE_OF (r, 0, 900, 1920);
  spec->lead_90k = ONE_OF (r, 9000, 45000, 63000);
}

static void
random_plan (GRand * r, Plan * plan)
{
  /* at once, or when the rate and the cadence are known */
  gdouble at = g_rand_int_range (r, 0, 4) == 0 ? 0 : g_rand_double_range (r, 1.5, 5);

  plan->n_breaks = 1 + g_rand_int_range (r, 0, BREAKS_MAX);
  for (guint i = 0; i < plan->n_breaks; i++) {
    plan->start_s[i] = at;
    plan->duration_s[i] = g_rand_double_range (r, 0.3, 3);
    at += plan->duration_s[i] + g_rand_double_range (r, 0, 3);
  }
  plan->chunk = ONE_OF (r, 0, 188, 1316, 1000, 189, 61);
  plan->slate = g_rand_boolean (r);
}

static void
random_config (GRand * r, AspSplicerConfig * c)
{
  c->return_policy = (AspReturnPolicy) g_rand_int_range (r, 0, 3);
  c->out_point = g_rand_boolean (r) ? ASP_OUT_IDR : ASP_OUT_ANCHOR;
  c->late_policy = g_rand_boolean (r) ? ASP_LATE_NEXT_RAP : ASP_LATE_SKIP;
  c->want_network = g_rand_boolean (r);
  c->repeat_tracks = g_rand_boolean (r);
  c->tolerance_90k = g_rand_boolean (r) ? ASP_SECOND_90K / 2 : 0;
}

static void
run_plan (SpliceFixture * f, const Plan * plan)
{
  fixture_start (f);
  for (guint i = 0; i < plan->n_breaks; i++)
    asp_splicer_schedule (f->run->s, (gint64) (plan->start_s[i] * 90000), (gint64) (plan->duration_s[i] * 90000));
  splice_run_feed_chunks (f->run, f->in->data, f->in->len, plan->chunk, FALSE);
  fixture_finish (f);
}

/* --- what must hold --------------------------------------------------------------- */

/* The network's pictures and sound are where they were; a creative's are in order. */
static void
check_times (const SpliceFixture * f, const GArray * units, gdouble step_90k, gint64 lead_90k, guint add)
{
  for (guint i = 0; i < units->len; i++) {
    const SpliceUnit *u = &g_array_index (units, SpliceUnit, i);
    gint64 due = f->network.first_pts90k - lead_90k + (gint64) (step_90k * u->index + 0.5);

    if (u->source == 1 + add)
      g_assert_cmpint (ABS (asp_pts_diff ((guint64) u->pts90k & ASP_PTS_MASK, asp_pts_wrap (due))), <=, 1);
    if (i > 0 && u->source == u[-1].source && add == 0 && f->network.bframes == 0 && step_90k < SPLICE_AUDIO_FRAME_90K)
      g_assert_cmpuint (u->index, ==, u[-1].index + 1);
  }
}

static gint
by_pts (gconstpointer a, gconstpointer b)
{
  const SpliceUnit *x = a, *y = b;

  return x->pts90k < y->pts90k ? -1 : x->pts90k > y->pts90k;
}

/* No picture meets another; where one is missing, a policy made the gap and the report says so. */
static void
check_pictures (const SpliceFixture * f)
{
  g_autofree SpliceUnit *u = g_memdup2 (f->got->video->data, f->got->video->len * sizeof *u);
  gint64 frame = (gint64) f->network.frame_90k;
  guint gaps = 0;

  qsort (u, f->got->video->len, sizeof *u, by_pts);
  for (guint i = 1; i < f->got->video->len; i++) {
    gint64 step = u[i].pts90k - u[i - 1].pts90k;

    g_assert_cmpint (step, >=, frame - 1);
    if (step > frame + 2)
      gaps++;
  }
  g_assert_cmpuint (gaps, <=, asp_splicer_stats (f->run->s)->breaks_ended);
}

static void
check_order (const SpliceFixture * f)
{
  const GArray *v = f->got->video;

  for (guint i = 0; i < v->len; i++) {
    const SpliceUnit *u = &g_array_index (v, SpliceUnit, i);

    g_assert_cmpint (u->dts90k, <=, u->pts90k);
    g_assert_true (i == 0 || u->dts90k > u[-1].dts90k);
  }
  for (guint t = 0; t < f->network.audio_tracks; t++)
    for (guint i = 1; i < f->got->audio[t]->len; i++) {
      const SpliceUnit *u = &g_array_index (f->got->audio[t], SpliceUnit, i);

      g_assert_cmpint (u->pts90k - u[-1].pts90k, >=, SPLICE_AUDIO_FRAME_90K / 2 - 1);
    }
}

/* Then there is more than came in. */
static gboolean
ends_in_break (const SpliceFixture * f)
{
  const GArray *v = f->got->video;

  return v->len == 0 || g_array_index (v, SpliceUnit, v->len - 1).source != f->network.source ||
      strstr (f->run->reports->str, "eos");
}

static void
check_case (SpliceFixture * f, const Plan * plan)
{
  g_autoptr (SpliceContent) in = splice_content_read (f->in->data, f->in->len, f->network.video_pid,
      f->network.audio_pid);

  g_assert_cmpuint (in->broken + in->cc_errors, ==, 0);
  g_assert_cmpuint (f->got->broken, ==, 0);
  g_assert_cmpuint (f->got->cc_errors, ==, 0);
  g_assert_cmpuint (f->got->pcr_backwards, ==, 0);
  g_assert_cmpint (f->got->pcr_gap_max_27m, <=, MAX (in->pcr_gap_max_27m, ASP_SECOND_27M * 45 / 1000));
  g_assert_cmpint (f->got->least_lead_90k, >=, 0);
  check_order (f);
  check_pictures (f);
  check_times (f, f->got->video, f->network.frame_90k, 0, 0);
  for (guint t = 0; t < f->network.audio_tracks; t++)
    check_times (f, f->got->audio[t], SPLICE_AUDIO_FRAME_90K, f->network.audio_lead_90k, 10 * t);
  if (f->run->config.want_network)
    g_assert_cmpmem (f->run->network->data, f->run->network->len, f->in->data, f->in->len);
  if (f->network.nulls && plan->start_s[0] > 1 && !ends_in_break (f))
    g_assert_cmpuint (f->got->n_packets, ==, in->n_packets);
}

/* Everything of case @number but its run. */
static void
make_case (SpliceFixture * f, Plan * plan, guint number)
{
  g_autoptr (GRand) r = g_rand_new_with_seed (number);

  fixture_setup (f, 0);
  random_network (r, &f->network);
  f->n_ads = 3;
  for (guint i = 0; i < f->n_ads; i++)
    random_creative (r, &f->ad[i], &f->network);
  random_plan (r, plan);
  random_config (r, &f->run->config);
  if (plan->slate) {
    SpliceMediaSpec spec = f->ad[0];
    g_autoptr (GByteArray) slate = NULL;

    spec.source = 9;
    spec.frames = 13;
    slate = splice_media_make (&spec);
    splice_run_set_slate (f->run, slate->data, slate->len);
  }
}

/* Cut into other buffers the same comes out, byte by byte. */
static void
check_again (const SpliceFixture * f, guint number)
{
  SpliceFixture again;
  Plan plan;

  make_case (&again, &plan, number);
  plan.chunk = plan.chunk == 0 ? 777 : 0;
  run_plan (&again, &plan);
  g_assert_cmpstr (again.run->reports->str, ==, f->run->reports->str);
  g_assert_cmpmem (again.run->out->data, again.run->out->len, f->run->out->data, f->run->out->len);
  fixture_teardown (&again);
}

static void
test_case (guint number)
{
  SpliceFixture f;
  Plan plan;

  make_case (&f, &plan, number);
  g_test_message ("case %u (SPLICE_FIRST=%u SPLICE_CASES=1): gop %u b %u frame %.2f nulls %d tracks %u group %u lead %"
      G_GINT64_FORMAT " pcr %u; policy %u out %u, chunk %" G_GSIZE_FORMAT, number, number, f.network.gop,
      f.network.bframes, f.network.frame_90k, f.network.nulls, f.network.audio_tracks, f.network.audio_group,
      f.network.lead_90k, f.network.pcr_pid, f.run->config.return_policy, f.run->config.out_point, plan.chunk);
  run_plan (&f, &plan);
  check_case (&f, &plan);
  check_again (&f, number);
  fixture_teardown (&f);
}

static guint
number_from_environment (const gchar * name, guint otherwise)
{
  const gchar *value = g_getenv (name);

  return value ? (guint) g_ascii_strtoull (value, NULL, 10) : otherwise;
}

static void
test_cases (void)
{
  guint first = number_from_environment ("SPLICE_FIRST", 0), n = number_from_environment ("SPLICE_CASES", CASES);

  for (guint i = 0; i < n; i++)
    test_case (first + i);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/splice/random", test_cases);
  return g_test_run ();
}
