/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-loudness.h"

#include <ebur128.h>
#include <math.h>

#define GAIN_MAX_DB 40.0        /* more would only bring noise up */

/* Silence is minus infinity to the library; a number can be written down. */
static gdouble
bounded (gdouble level)
{
  return level > -200 ? level : -200;
}

static gboolean
feed (ebur128_state * st, const gfloat * samples, gsize frames, guint sample_rate, guint channels, AspLoudness * out)
{
  gsize step = sample_rate / 10;        /* the short-term level is looked at as often as R 128 asks */

  for (gsize at = 0; at < frames; at += step) {
    gdouble level;

    if (ebur128_add_frames_float (st, samples + at * channels, MIN (step, frames - at)) != EBUR128_SUCCESS)
      return FALSE;
    if (at >= 3 * (gsize) sample_rate && ebur128_loudness_shortterm (st, &level) == EBUR128_SUCCESS)
      out->short_term_max_lufs = MAX (out->short_term_max_lufs, bounded (level));
  }
  return TRUE;
}

static gboolean
read_levels (ebur128_state * st, guint channels, AspLoudness * out)
{
  gdouble level, peak = 0;

  if (ebur128_loudness_global (st, &level) != EBUR128_SUCCESS)
    return FALSE;
  out->integrated_lufs = bounded (level);
  for (guint i = 0; i < channels; i++) {
    if (ebur128_true_peak (st, i, &level) != EBUR128_SUCCESS)
      return FALSE;
    peak = MAX (peak, level);
  }
  out->true_peak_dbtp = bounded (20 * log10 (peak));
  return TRUE;
}

gboolean
asp_loudness_measure (const gfloat * samples, gsize frames, guint sample_rate, guint channels, AspLoudness * out)
{
  ebur128_state *st;
  gboolean ok;

  out->integrated_lufs = out->true_peak_dbtp = out->short_term_max_lufs = -200;
  if (sample_rate < 8000 || sample_rate > 192000 || channels == 0 || channels > 8)
    return FALSE;
  st = ebur128_init (channels, sample_rate, EBUR128_MODE_I | EBUR128_MODE_S | EBUR128_MODE_TRUE_PEAK);
  if (!st)
    return FALSE;
  ok = feed (st, samples, frames, sample_rate, channels, out) && read_levels (st, channels, out);
  ebur128_destroy (&st);
  return ok;
}

gdouble
asp_loudness_gain (const AspLoudness * measured, gdouble target_lufs, gboolean * limited)
{
  gdouble room_db = ASP_TRUE_PEAK_MAX_DBTP - ASP_LOUDNESS_CODEC_HEADROOM_DB - measured->true_peak_dbtp;
  gdouble gain_db = target_lufs - measured->integrated_lufs;

  *limited = FALSE;
  if (measured->integrated_lufs <= ASP_LOUDNESS_SILENCE_LUFS)
    return MIN (room_db, 0);
  gain_db = MIN (gain_db, GAIN_MAX_DB);
  if (gain_db <= room_db)
    return gain_db;
  *limited = TRUE;
  return room_db;
}

AspLoudness
asp_loudness_with_gain (const AspLoudness * measured, gdouble gain_db)
{
  AspLoudness l = *measured;

  l.integrated_lufs += gain_db;
  l.true_peak_dbtp += gain_db;
  l.short_term_max_lufs += gain_db;
  return l;
}

void
asp_loudness_apply (gfloat * samples, gsize n, gdouble gain_db)
{
  gfloat factor = (gfloat) pow (10, gain_db / 20);

  if (gain_db == 0)
    return;
  for (gsize i = 0; i < n; i++)
    samples[i] *= factor;
}
