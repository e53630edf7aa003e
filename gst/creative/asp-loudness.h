/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Loudness of a creative (ITU-R BS.1770-4, EBU R 128): measured, and the one gain that brings it
 * to a target. Linear: no compressor, no limiter; where the true peak would exceed its limit
 * the gain is smaller, and the creative stays below the target. libebur128 measures.
 * Thread: any; pure. Since: 0.1
 */
#define ASP_LOUDNESS_DEFAULT_LUFS (-24.0)       /* ATSC A/85 */
#define ASP_TRUE_PEAK_MAX_DBTP (-1.0)   /* EBU R 128 s1 */
#define ASP_LOUDNESS_CODEC_HEADROOM_DB 0.5      /* what a lossy codec may put on top of a peak */
#define ASP_LOUDNESS_SILENCE_LUFS (-70.0)       /* the absolute gate: below it there is nothing to measure */

typedef struct
{
  gdouble integrated_lufs;      /* ASP_LOUDNESS_SILENCE_LUFS or less: silence */
  gdouble true_peak_dbtp;
  gdouble short_term_max_lufs;
} AspLoudness;

/* @samples: interleaved, @frames of each channel. FALSE when rate or channels cannot be measured. */
gboolean asp_loudness_measure (const gfloat * samples, gsize frames, guint sample_rate, guint channels,
    AspLoudness * out);

/* In dB. @limited: the true peak kept it from reaching the target. 0 for silence. */
gdouble asp_loudness_gain (const AspLoudness * measured, gdouble target_lufs, gboolean * limited);

/* What it is with @gain_db. */
AspLoudness asp_loudness_with_gain (const AspLoudness * measured, gdouble gain_db);

/* In place. */
void asp_loudness_apply (gfloat * samples, gsize n, gdouble gain_db);

G_END_DECLS
