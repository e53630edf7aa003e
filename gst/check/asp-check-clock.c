/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-check-private.h"

#define STEADY_27M 13500        /* 0.5 ms: what is off by less runs at a constant rate */
#define LEAD_LIMIT_90K (10 * ASP_SECOND_90K)    /* 2.4.2.3: bytes wait no longer; more is damage */

/* Clock where a packet stood, between the PCR before and the one behind it. */
static gint64
interpolate_27m (const PcrSample * a, const PcrSample * b, guint64 packet)
{
  if (b->packet <= a->packet)
    return b->pcr27m;
  return a->pcr27m + (gint64) ((gdouble) (b->pcr27m - a->pcr27m) *
      (gdouble) (packet - a->packet) / (gdouble) (b->packet - a->packet));
}

static void
add_lead (gint64 time_90k, gint64 now_27m, AspCheckRange * into)
{
  gint64 lead_90k = asp_pts_diff ((guint64) time_90k, asp_pts_wrap (now_27m / 300));

  if (lead_90k > -LEAD_LIMIT_90K && lead_90k < LEAD_LIMIT_90K)
    asp_check_range_add (into, lead_90k);
}

static const PcrSample *
recent (const Program * p, guint back)
{
  return &p->recent[(p->n_recent - 1 - back) % PCR_RECENT_MAX];
}

static void
settle_times (Program * p)
{
  for (guint i = 0; i < p->waiting->len; i++) {
    const WaitingTime *w = &g_array_index (p->waiting, WaitingTime, i);

    add_lead (w->time_90k, interpolate_27m (recent (p, 1), recent (p, 0), w->packet), w->into);
  }
  g_array_set_size (p->waiting, 0);
}

/* @time_90k as in the stream belongs to @packet: its lead over the clock goes to @into, at
 * once or as soon as the PCR behind it has come. */
void
check_time (Program * p, guint64 packet, gint64 time_90k, AspCheckRange * into)
{
  WaitingTime w = { packet, time_90k, into };
  guint n = MIN (p->n_recent, PCR_RECENT_MAX);

  if (time_90k == ASP_NO_TIME || n == 0)
    return;
  if (packet >= recent (p, 0)->packet) {
    if (p->waiting->len < WAITING_TIMES_MAX)
      g_array_append_val (p->waiting, w);
    return;
  }
  for (guint back = 1; back < n; back++) {
    if (recent (p, back)->packet <= packet) {
      add_lead (time_90k, interpolate_27m (recent (p, back), recent (p, back - 1), packet), into);
      return;
    }
  }
}

/* @time_90k as in the stream on the programme's own count, near @reference_90k; with none
 * near the clock. One turn up, so that nothing is negative. */
gint64
check_unwrap_90k (const Program * p, gint64 reference_90k, gint64 time_90k)
{
  gint64 now_90k = check_now_90k (p);

  if (reference_90k == ASP_NO_TIME && now_90k != ASP_NO_TIME)
    reference_90k = now_90k + ASP_PTS_MODULUS;
  return reference_90k == ASP_NO_TIME ? time_90k + ASP_PTS_MODULUS :
      asp_pts_unwrap (reference_90k, (guint64) time_90k);
}

gint64
check_now_90k (const Program * p)
{
  return p->pcr27m == ASP_NO_TIME ? ASP_NO_TIME : p->pcr27m / 300;
}

static void
jump (Program * p, gboolean flagged)
{
  AspCheckClock *clock = &facts_of (p)->clock;

  clock->jumps++;
  clock->flagged_jumps += flagged;
  g_array_set_size (p->waiting, 0);
  g_array_set_size (p->samples, 0);
  p->n_recent = 0;
}

static void
note_interval (Program * p, gint64 step_27m)
{
  AspCheckClock *clock = &facts_of (p)->clock;

  asp_check_range_add (&clock->interval_27m, step_27m);
  clock->over_40ms += step_27m > ASP_SECOND_27M * 40 / 1000;
  clock->over_100ms += step_27m > ASP_SECOND_27M / 10;
  p->elapsed_27m += step_27m;
}

void
check_pcr (Program * p, const AspTsPacket * view)
{
  PcrSample sample = { p->check->packet, asp_pcr_unwrap (p->pcr27m, view->pcr27m) };
  gint64 step_27m = 0;

  facts_of (p)->clock.pcrs++;
  if (p->pcr27m != ASP_NO_TIME) {
    step_27m = sample.pcr27m - p->pcr27m;
    if (step_27m < 0 || step_27m > JUMP_AHEAD_90K * 300 || (view->discontinuity && step_27m > JUMP_90K * 300)) {
      jump (p, view->discontinuity);
      step_27m = 0;
    }
  }
  p->pcr27m = sample.pcr27m;
  p->recent[p->n_recent++ % PCR_RECENT_MAX] = sample;
  if (step_27m > 0)
    note_interval (p, step_27m);
  if (p->n_recent > 1)
    settle_times (p);
  if (p->samples->len < PCR_SAMPLES_MAX)
    g_array_append_val (p->samples, sample);
}

/* Largest distance of a PCR from the straight line between the first and the last one. */
static gint64
deviation_27m (const GArray * samples, gdouble * rate)
{
  const PcrSample *first = &g_array_index (samples, PcrSample, 0);
  const PcrSample *last = &g_array_index (samples, PcrSample, samples->len - 1);
  gdouble worst = 0;

  *rate = 0;
  if (last->packet == first->packet)
    return G_MAXINT64;
  *rate = (gdouble) (last->pcr27m - first->pcr27m) / (gdouble) (last->packet - first->packet);
  for (guint i = 0; i < samples->len; i++) {
    const PcrSample *s = &g_array_index (samples, PcrSample, i);
    gdouble off = (gdouble) (s->pcr27m - first->pcr27m) - *rate * (gdouble) (s->packet - first->packet);

    worst = MAX (worst, ABS (off));
  }
  return (gint64) worst;
}

void
check_clock_finish (Program * p)
{
  AspCheckClock *clock = &facts_of (p)->clock;
  gint64 off;
  gdouble rate;

  if (p->check->facts.duration_90k == 0)
    p->check->facts.duration_90k = p->elapsed_27m / 300;
  if (p->samples->len < 2)
    return;
  off = deviation_27m (p->samples, &rate);
  if (rate > 0)
    clock->packet_rate_mhz = (gint64) (27e9 / rate);
  clock->constant_rate = off <= STEADY_27M && p->check->facts.null_packets > 0;
  if (clock->constant_rate)
    clock->jitter_ns = off * 1000 / 27;
}
