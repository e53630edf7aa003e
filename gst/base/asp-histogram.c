/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-histogram.h"

#include <math.h>
#include <string.h>

void
asp_histogram_init (AspHistogram * h, const gdouble * bounds, guint n_bounds)
{
  memset (h, 0, sizeof *h);
  h->n_bounds = MIN (n_bounds, ASP_HISTOGRAM_BOUNDS_MAX);
  memcpy (h->bounds, bounds, h->n_bounds * sizeof *bounds);
}

void
asp_histogram_add (AspHistogram * h, gdouble value)
{
  guint i = 0;

  if (!isfinite (value))
    return;
  while (i < h->n_bounds && value > h->bounds[i])
    i++;
  h->counts[i]++;
  h->n++;
  h->sum += value;
}
