/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-clock.h"

#include <math.h>
#include <string.h>

static void
measure_straightness (const TscPid * pid, TscPcrStats * out)
{
  const TscPcr *first = &g_array_index (pid->pcr, TscPcr, 0);
  const TscPcr *last = &g_array_index (pid->pcr, TscPcr, pid->pcr->len - 1);
  gdouble rate;
  guint i;

  if (last->packet == first->packet)
    return;
  rate = (gdouble) (last->pcr27m - first->pcr27m) / (gdouble) (last->packet - first->packet);
  for (i = 0; i < pid->pcr->len; i++) {
    const TscPcr *pcr = &g_array_index (pid->pcr, TscPcr, i);
    gdouble line = (gdouble) first->pcr27m + rate * (gdouble) (pcr->packet - first->packet);
    gdouble d = fabs ((gdouble) pcr->pcr27m - line);

    if (d > out->worst_deviation27m) {
      out->worst_deviation27m = d;
      out->worst_packet = pcr->packet;
    }
  }
}

void
tsc_pcr_stats (const TscPid * pid, TscPcrStats * out)
{
  guint i;

  memset (out, 0, sizeof *out);
  out->count = pid->pcr->len;
  for (i = 1; i < pid->pcr->len; i++) {
    const TscPcr *a = &g_array_index (pid->pcr, TscPcr, i - 1);
    const TscPcr *b = &g_array_index (pid->pcr, TscPcr, i);
    gint64 interval = b->pcr27m - a->pcr27m;

    if (interval < 0)
      out->backwards++;
    if (interval > out->max_interval27m) {
      out->max_interval27m = interval;
      out->max_interval_packet = b->packet;
    }
  }
  if (pid->pcr->len >= 2)
    measure_straightness (pid, out);
}

/* Index of the last PCR at or before @packet, or 0. */
static guint
pcr_before (const TscPid * clock, gsize packet)
{
  guint low = 0, high = clock->pcr->len;

  while (high - low > 1) {
    guint mid = low + (high - low) / 2;

    if (g_array_index (clock->pcr, TscPcr, mid).packet <= packet)
      low = mid;
    else
      high = mid;
  }
  return low;
}

gboolean
tsc_pcr_at (const TscPid * clock, gsize packet, gint64 * pcr27m)
{
  const TscPcr *a, *b;
  guint i;

  if (clock == NULL || clock->pcr->len < 2)
    return FALSE;
  i = MIN (pcr_before (clock, packet), clock->pcr->len - 2);
  a = &g_array_index (clock->pcr, TscPcr, i);
  b = &g_array_index (clock->pcr, TscPcr, i + 1);
  *pcr27m = a->pcr27m;
  if (b->packet > a->packet)
    *pcr27m += (b->pcr27m - a->pcr27m) * ((gint64) packet - (gint64) a->packet) /
        (gint64) (b->packet - a->packet);
  return TRUE;
}

/* Bytes in the decoder's buffer just before each access unit leaves it: what arrived up to then. */
static gint64
peak_occupancy (const TscPid * clock, const TscAuList * list)
{
  gint64 buffered = 0, peak = 0;
  guint arrived = 0, i;

  for (i = 0; i < list->au->len; i++) {
    const TscAu *leaving = &g_array_index (list->au, TscAu, i);

    while (arrived < list->au->len) {
      const TscAu *next = &g_array_index (list->au, TscAu, arrived);
      gint64 pcr27m = 0;

      tsc_pcr_at (clock, next->last_packet, &pcr27m);
      if (arrived > i && pcr27m > leaving->dts90k * 300)
        break;
      buffered += (gint64) next->es_size;
      arrived++;
    }
    peak = MAX (peak, buffered);
    buffered -= (gint64) leaving->es_size;
  }
  return peak;
}

void
tsc_arrival_stats (const TscPid * clock, const TscAuList * list, TscArrivalStats * out)
{
  guint i;

  memset (out, 0, sizeof *out);
  for (i = 0; i < list->au->len; i++) {
    const TscAu *au = &g_array_index (list->au, TscAu, i);
    gint64 pcr27m, margin;

    if (!au->timed || !tsc_pcr_at (clock, au->last_packet, &pcr27m))
      continue;
    margin = au->dts90k * 300 - pcr27m;
    if (margin < 0)
      out->negative++;
    if (out->count == 0 || margin < out->min27m) {
      out->min27m = margin;
      out->min_packet = au->last_packet;
      out->min_dts90k = au->dts90k;
    }
    if (out->count == 0 || margin > out->max27m)
      out->max27m = margin;
    out->count++;
  }
  if (out->count > 0)
    out->peak_bytes = peak_occupancy (clock, list);
}
