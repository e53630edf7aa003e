/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-check.h"

#include <math.h>

/* TR 101 290 2.4: 500 ns; what is below has no meaning at one packet's resolution. */
#define PCR_ACCURACY_27M 13.5

static void
check_pcr_steps (TscContext * context, const TscPid * pid, gint64 limit27m)
{
  guint i;

  for (i = 1; i < pid->pcr->len; i++) {
    const TscPcr *a = &g_array_index (pid->pcr, TscPcr, i - 1);
    const TscPcr *b = &g_array_index (pid->pcr, TscPcr, i);
    gint64 interval = b->pcr27m - a->pcr27m;

    if (interval < 0)
      tsc_violation (context->report, "pcr-backwards",
          "PID 0x%04x at packet %" G_GSIZE_FORMAT ": by %.3f ms", pid->pid, b->packet,
          (gdouble) - interval / 27000);
    else if (interval > limit27m)
      tsc_violation (context->report, "pcr-interval",
          "PID 0x%04x at packet %" G_GSIZE_FORMAT ": %.3f ms, at most %.3f ms allowed", pid->pid,
          b->packet, (gdouble) interval / 27000, (gdouble) limit27m / 27000);
  }
}

static void
check_pcr_accuracy (TscContext * context, const TscPid * pid, const TscPcrStats * in,
    const TscPcrStats * out)
{
  gdouble limit = MAX (in->worst_deviation27m, 0) + PCR_ACCURACY_27M;

  tsc_fact (context->report, "pcr-accuracy", "PID 0x%04x: %.0f ns, input %.0f ns", pid->pid,
      out->worst_deviation27m / 0.027, in->worst_deviation27m / 0.027);
  if (out->worst_deviation27m > limit)
    tsc_violation (context->report, "pcr-accuracy",
        "PID 0x%04x: %.0f ns off the line at packet %" G_GSIZE_FORMAT ", the input %.0f ns",
        pid->pid, out->worst_deviation27m / 0.027, out->worst_packet,
        in->worst_deviation27m / 0.027);
}

static void
check_pcr_pid (TscContext * context, const TscPid * pid)
{
  const TscPid *before = context->reference != NULL ? context->reference->pids[pid->pid] : NULL;
  gint64 limit27m = 2700000;    /* 13818-1 2.7.2: 100 ms */
  TscPcrStats out, in = { 0, };

  tsc_pcr_stats (pid, &out);
  if (before != NULL && before->pcr->len > 0) {
    tsc_pcr_stats (before, &in);
    limit27m = in.max_interval27m;
  }
  if (context->max_pcr_interval27m > 0)
    limit27m = context->max_pcr_interval27m;
  tsc_fact (context->report, "pcr", "PID 0x%04x: %" G_GSIZE_FORMAT " PCRs, longest interval %.3f ms"
      " (input %.3f ms), backwards %" G_GSIZE_FORMAT, pid->pid, out.count,
      (gdouble) out.max_interval27m / 27000, (gdouble) in.max_interval27m / 27000, out.backwards);
  check_pcr_steps (context, pid, limit27m);
  if (context->cbr && in.count > 0)
    check_pcr_accuracy (context, pid, &in, &out);
}

/* The clock of a network that goes on ends where the input's ends: a slip stays a slip. */
static void
check_pcr_end (TscContext * context)
{
  const TscPid *out = context->file->pids[context->file->pcr_pid];
  const TscPid *in = context->reference->pids[context->reference->pcr_pid];
  const TscPcr *last_out, *last_in;

  if (out == NULL || in == NULL || out->pcr->len == 0 || in->pcr->len == 0)
    return;
  last_out = &g_array_index (out->pcr, TscPcr, out->pcr->len - 1);
  last_in = &g_array_index (in->pcr, TscPcr, in->pcr->len - 1);
  if (last_out->pcr27m != last_in->pcr27m)
    tsc_violation (context->report, "pcr-moved", "the last PCR is %.3f ms off the input's",
        (gdouble) (last_out->pcr27m - last_in->pcr27m) / 27000);
}

void
tsc_check_pcr (TscContext * context)
{
  guint i, n = 0;

  for (i = 0; i < TSC_PID_COUNT; i++) {
    const TscPid *pid = context->file->pids[i];

    if (pid == NULL || pid->pcr->len == 0)
      continue;
    check_pcr_pid (context, pid);
    n += i == context->file->pcr_pid ? 1 : 0;
  }
  if (n == 0)
    tsc_violation (context->report, "pcr-missing", "no PCR on the PCR PID 0x%04x",
        context->file->pcr_pid);
  if (context->reference != NULL)
    check_pcr_end (context);
}

static gint64
arrival_limit (TscContext * context, const TscArrivalStats * in)
{
  const TscPid *clock = context->reference->pids[context->reference->pcr_pid];
  TscPcrStats pcr;

  if (context->cbr)
    return in->min27m / 2;
  tsc_pcr_stats (clock, &pcr);
  return in->min27m - pcr.max_interval27m;
}

static void
check_arrival_of (TscContext * context, const TscPid * pid)
{
  const TscFile *file = context->file, *reference = context->reference;
  const TscPid *before = reference != NULL ? reference->pids[pid->pid] : NULL;
  TscArrivalStats out, in = { 0, };
  gint64 limit27m = context->min_arrival27m;
  g_autofree gchar *place = NULL;

  tsc_arrival_stats (file->pids[file->pcr_pid], tsc_context_aus (context, pid), &out);
  if (out.count == 0)
    return;
  if (before != NULL && before->kind == pid->kind && before->pes->len > 0) {
    tsc_arrival_stats (reference->pids[reference->pcr_pid], tsc_context_aus (context, before), &in);
    if (in.count > 0)
      limit27m = MAX (arrival_limit (context, &in), MIN (in.min27m, 0));
  }
  place = tsc_context_place (context, out.min_packet, out.min_dts90k);
  tsc_fact (context->report, "dts-pcr",
      "PID 0x%04x: least %.1f ms (input %.1f) at %s, most %.1f ms (input %.1f), buffer peak %"
      G_GINT64_FORMAT " bytes (input %" G_GINT64_FORMAT ")", pid->pid,
      (gdouble) out.min27m / 27000, (gdouble) in.min27m / 27000, place,
      (gdouble) out.max27m / 27000, (gdouble) in.max27m / 27000, out.peak_bytes, in.peak_bytes);
  if (out.negative > in.negative)
    tsc_violation (context->report, "late-au",
        "PID 0x%04x: %" G_GSIZE_FORMAT " access units end behind their DTS, worst %.1f ms at %s",
        pid->pid, out.negative, (gdouble) - out.min27m / 27000, place);
  else if (out.min27m < limit27m)
    tsc_violation (context->report, "dts-pcr",
        "PID 0x%04x: least %.1f ms at %s, at least %.1f ms wanted", pid->pid,
        (gdouble) out.min27m / 27000, place, (gdouble) limit27m / 27000);
}

void
tsc_check_arrival (TscContext * context)
{
  guint i;

  if (context->file->pids[context->file->pcr_pid] == NULL)
    return;
  for (i = 0; i < TSC_PID_COUNT; i++) {
    const TscPid *pid = context->file->pids[i];

    if (pid != NULL && (pid->kind == TSC_KIND_VIDEO || pid->kind == TSC_KIND_AUDIO))
      check_arrival_of (context, pid);
  }
}
