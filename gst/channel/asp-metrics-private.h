/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-metrics.h"

G_BEGIN_DECLS

/* Inside of the metrics: asp-metrics.c counts, asp-metrics-text.c writes. */

/* The words of the label `reason`; MediaTailor's SkippedReason, in as far as there is such a thing here.
 * The last one stands for all that are not here. */
#define ASP_METRICS_REASONS 27
extern const gchar *const asp_metrics_reasons[ASP_METRICS_REASONS];

/* "FILLED" ...; the last one again for all others. */
#define ASP_METRICS_OUTCOMES 6
extern const gchar *const asp_metrics_outcomes[ASP_METRICS_OUTCOMES];

/* Sums over events of one channel. */
typedef struct
{
  guint64 events[ASP_EVENT_KINDS];
  guint64 reasons[ASP_METRICS_REASONS];
  guint64 outcomes[ASP_METRICS_OUTCOMES];
  guint64 decision_ads, decision_90k;   /* of answers of the ad server */
  guint64 not_ready;
  guint64 avail_90k, avail_filled_90k;  /* as it was planned */
  guint64 observed_90k, observed_filled_90k;    /* as it was */
  guint64 completes;
  gdouble last_fill;            /* of the last break that ended; -1 = none */
  AspHistogram out_error_s, return_error_s, ads_latency_s;
  GQueue open;                  /* of breaks that have not ended */
} AspMetricsSums;

struct _AspMetrics
{
  GMutex lock;                  /* of all below; innermost */
  guint64 seen;
  GHashTable *channels;         /* name -> AspMetricsSums */
};

G_END_DECLS
