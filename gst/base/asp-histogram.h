/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * How often values of which size have come: a count for each of a few ranges, the number and the
 * sum, as Prometheus has it. A plain value: assigned, copied and left without ceremony.
 * Thread: the owner's; pure. Since: 0.1
 */
#define ASP_HISTOGRAM_BOUNDS_MAX 16

typedef struct
{
  guint n_bounds;
  gdouble bounds[ASP_HISTOGRAM_BOUNDS_MAX];     /* rising */
  guint64 counts[ASP_HISTOGRAM_BOUNDS_MAX + 1]; /* [i]: above bound i - 1, up to bound i; the last: above all */
  guint64 n;
  gdouble sum;
} AspHistogram;

/* @bounds: rising, at most ASP_HISTOGRAM_BOUNDS_MAX of them */
void asp_histogram_init (AspHistogram * histogram, const gdouble * bounds, guint n_bounds);

/* What is no number, or infinite, is not counted. */
void asp_histogram_add (AspHistogram * histogram, gdouble value);

G_END_DECLS
