/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-event.h>
#include <asp-hook-runner.h>

#include "asp-control-channel.h"

G_BEGIN_DECLS

/*
 * What can be counted of the channels, for Prometheus (text format 0.0.4): a fold over events, and
 * what the channels say of themselves. Where MediaTailor has a metric of the same meaning, the help
 * text names it.
 *
 * Labels are names that this machine has chosen: channels and renditions that run, hooks that are
 * configured, and words of a fixed list. Sums of events begin with the process and go with their
 * channel.
 *
 * Thread: new and free from one, the others from any. Nothing waits. Since: 0.1
 */
#define ASP_METRICS_CHANNELS_MAX 2000
#define ASP_METRICS_BREAKS_MAX 64       /* of a channel, that have not ended */

typedef struct _AspMetrics AspMetrics;

/* @seen: the number of the last event that is not counted any more */
AspMetrics *asp_metrics_new (guint64 seen);
void asp_metrics_free (AspMetrics * metrics);   /* NULL is allowed */

/* The number of the last event that was counted. */
guint64 asp_metrics_seen (AspMetrics * metrics);

/**
 * asp_metrics_fold:
 * @events: (element-type AspEvent): in order; those that were seen are passed over
 * @upto: there are no others up to this number; 0 = not known
 */
void asp_metrics_fold (AspMetrics * metrics, const GPtrArray * events, guint64 upto);

typedef struct
{
  guint64 last, lost;
  guint waiting;
  gboolean written;             /* the store takes events */
} AspMetricsLog;

/**
 * asp_metrics_write:
 * @statuses: (element-type AspControlStatus): the channels that there are; what was counted of others is
 *   forgotten
 * @hooks: (element-type AspHookState) (nullable)
 *
 * (transfer full)
 */
gchar *asp_metrics_write (AspMetrics * metrics, const GPtrArray * statuses, const GPtrArray * hooks,
    const AspMetricsLog * log);

G_END_DECLS
