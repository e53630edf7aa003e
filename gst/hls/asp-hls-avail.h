/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-timeline.h"

G_BEGIN_DECLS

/*
 * Avails of a timeline, put together from their entries. All pointers belong to the timeline
 * and hold until it is appended to or forgets. Thread: any that holds the timeline.
 * Since: 0.1
 */
typedef struct
{
  const AspHlsEntry *start;
  const AspHlsEntry *closed;    /* its CREATIVE_END, the next START or the IN; NULL while it plays */
  gint64 end_90k;               /* next creative or end of the avail; G_MAXINT64 while it plays */
} AspHlsPlayed;

typedef struct
{
  const AspHlsEntry *out;
  const AspHlsEntry *in;        /* NULL while it runs */
  gint64 end_90k;               /* its IN, without one the next OUT, without that G_MAXINT64 */
  gint64 next_source_90k;       /* of the next avail's first creative, or G_MAXINT64 */
  GArray *played;               /* AspHlsPlayed */
} AspHlsAvail;

/* (element-type AspHlsAvail) of all entries with a seq below @edge, in order. (transfer full) */
GPtrArray *asp_hls_avails_new (const AspHlsTimeline * timeline, guint64 edge);
/* Of its OUT entry's id, or NULL. */
const AspHlsAvail *asp_hls_avails_find (const GPtrArray * avails, const gchar * id);

/* Up to where anything that is said of the avail can reach, what was planned included. */
gint64 asp_hls_avail_horizon (const AspHlsAvail * avail);

G_END_DECLS
