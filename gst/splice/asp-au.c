/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-au.h"

#include <stdlib.h>
#include <string.h>

#define CADENCE_EVERY 16

AspAu *
asp_au_new_take (gpointer memory, gsize offset, gsize size)
{
  AspAu *au = g_new0 (AspAu, 1);

  g_atomic_ref_count_init (&au->refs);
  au->memory = memory;
  au->data = (guint8 *) memory + offset;
  au->size = size;
  return au;
}

AspAu *
asp_au_new (const guint8 * data, gsize size)
{
  AspAu *au = asp_au_new_take (g_malloc (MAX (size, 1)), 0, size);

  if (data && size > 0)
    memcpy (au->data, data, size);
  return au;
}

AspAu *
asp_au_ref (AspAu * au)
{
  g_atomic_ref_count_inc (&au->refs);
  return au;
}

void
asp_au_unref (AspAu * au)
{
  if (!au || !g_atomic_ref_count_dec (&au->refs))
    return;
  g_free (au->memory);
  g_free (au);
}

void
asp_cadence_reset (AspCadence * c)
{
  c->count = 0;
  c->frame_90k = 0;
}

static int
compare_times (const void *a, const void *b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;
  return (x > y) - (x < y);
}

/* Pictures that reordering has not yet filled in leave wide intervals at the end of
 * the window and losses leave some inside: the median is blind to both, and the mean
 * of what lies within two ticks of it has the fraction. */
static gdouble
find_frame_90k (const AspCadence * c, gdouble fallback_90k)
{
  gint64 sorted[ASP_CADENCE_WINDOW], step[ASP_CADENCE_WINDOW];
  guint n = MIN (c->count, ASP_CADENCE_WINDOW), n_steps = 0, n_near = 0;
  gint64 median, sum = 0;

  if (n < 2)
    return fallback_90k;
  memcpy (sorted, c->pts90k, n * sizeof *sorted);
  qsort (sorted, n, sizeof *sorted, compare_times);
  for (guint i = 1; i < n; i++)
    if (sorted[i] > sorted[i - 1])
      step[n_steps++] = sorted[i] - sorted[i - 1];
  if (n_steps == 0)
    return fallback_90k;
  qsort (step, n_steps, sizeof *step, compare_times);
  median = step[n_steps / 2];
  for (guint i = 0; i < n_steps; i++) {
    if (ABS (step[i] - median) <= 2) {
      sum += step[i];
      n_near++;
    }
  }
  return (gdouble) sum / n_near;
}

/* A cadence does not change from picture to picture: once it is known it is looked at
 * again every CADENCE_EVERY pictures. */
void
asp_cadence_push (AspCadence * c, gint64 pts90k)
{
  c->pts90k[c->count % ASP_CADENCE_WINDOW] = pts90k;
  c->count++;
  if (c->count < ASP_CADENCE_WINDOW || c->count % CADENCE_EVERY == 0)
    c->frame_90k = find_frame_90k (c, 0);
}

gdouble
asp_cadence_frame_90k (const AspCadence * c, gdouble fallback_90k)
{
  return c->frame_90k > 0 ? c->frame_90k : fallback_90k;
}
