/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tsc-audio.h"

G_BEGIN_DECLS

/*
 * The clock of a stream by packet position, and how long before its decoding each access
 * unit is there. Thread: any; pure.
 */
typedef struct
{
  gsize count;
  gsize backwards;
  gint64 max_interval27m;
  gsize max_interval_packet;    /* where the longest interval ends */
  gdouble worst_deviation27m;   /* CBR: from the straight line through first and last */
  gsize worst_packet;
} TscPcrStats;

void tsc_pcr_stats (const TscPid * pid, TscPcrStats * out);

/* PCR at packet index @packet, interpolated between its neighbours, beyond the ends at the
 * rate of the nearest interval. FALSE with fewer than two PCRs. */
gboolean tsc_pcr_at (const TscPid * clock, gsize packet, gint64 * pcr27m);

typedef struct
{
  gsize count;
  gint64 min27m;                /* DTS - PCR at the last packet of an access unit */
  gint64 max27m;
  gsize min_packet;
  gint64 min_dts90k;
  gsize negative;
  gint64 peak_bytes;            /* of the elementary stream between its arrival and its DTS */
} TscArrivalStats;

void tsc_arrival_stats (const TscPid * clock, const TscAuList * list, TscArrivalStats * out);

G_END_DECLS
