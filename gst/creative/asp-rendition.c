/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-rendition.h"

#include <math.h>

#define UNIT_MIN_MS 500
#define UNIT_MAX_MS 4000
#define UNIT_DEFAULT_MS 2000
#define UNIT_SLACK 1.002        /* 1001/1000, and a rounded number of seconds */
#define UNIT_FRAMES_MAX 100000  /* for what is counted in guint; encoders have limits of their own */
#define RATE_STEP 8000          /* bit/s; finer steps only make more renditions of the same */
#define RATE_MIN 64000
#define FINGERPRINT_RATE_STEP 1.15
#define FINGERPRINT_DIGITS 32
#define BITS_PER_PIXEL_PERCENT 10       /* where nothing is known: a tenth of a bit */

G_DEFINE_QUARK (asp-rendition-error-quark, asp_rendition_error)

void
asp_rendition_snap_fps (gdouble frame_90k, guint * num, guint * den)
{
  guint whole;

  *num = 25;
  *den = 1;
  if (frame_90k < 90000.0 / 300 || frame_90k > 90000.0)
    return;
  whole = (guint) (90000.0 / frame_90k + 0.5);
  /* a cadence is known to about half a tick in a frame */
  if (ABS (90000.0 / whole - frame_90k) <= frame_90k / 5000) {
    *num = whole;
    return;
  }
  whole = (guint) (90000.0 * 1.001 / frame_90k + 0.5);
  if (ABS (90000.0 * 1.001 / whole - frame_90k) <= frame_90k / 2000) {
    *num = whole * 1000;
    *den = 1001;
    return;
  }
  *num = 90000;
  *den = (guint) (frame_90k + 0.5);
}

guint
asp_rendition_reorder_frames (const AspRendition * r)
{
  gint64 frame_90k = MAX (asp_rendition_frame_time (r, 1, ASP_SECOND_90K), 1);
  guint measured = (guint) ((MAX (r->reorder_90k, 0) + frame_90k / 2) / frame_90k);

  return r->params.max_reorder >= 0 ? MIN (measured, (guint) r->params.max_reorder) : measured;
}

static guint
frames_in (const AspRendition * r, guint ms)
{
  return MAX (1, (guint) (((guint64) ms * r->fps_num + r->fps_den * 500) / (r->fps_den * 1000)));
}

guint
asp_rendition_default_unit (const AspRendition * r)
{
  if (r->gop == 0)
    return frames_in (r, UNIT_DEFAULT_MS);
  return CLAMP (r->gop, frames_in (r, UNIT_MIN_MS), frames_in (r, UNIT_MAX_MS));
}

guint
asp_rendition_unit_frames (const AspRendition * r, guint64 unit_ns)
{
  gdouble frames = (gdouble) unit_ns * r->fps_num / r->fps_den / 1e9 * UNIT_SLACK;

  if (unit_ns == 0)
    return asp_rendition_default_unit (r);
  return (guint) CLAMP (frames, 1, UNIT_FRAMES_MAX);
}

guint
asp_rendition_video_rate (const AspRendition * r, guint percent)
{
  guint64 rate = (guint64) r->tracks[r->video].bit_rate * percent / 100;

  if (rate == 0)
    rate = (guint64) r->params.width * r->params.height * r->fps_num / r->fps_den * BITS_PER_PIXEL_PERCENT / 100;
  return (guint) MAX (RATE_MIN, (rate + RATE_STEP / 2) / RATE_STEP * RATE_STEP);
}

gboolean
asp_rendition_same_audio (const AspRenditionTrack * a, const AspRenditionTrack * b)
{
  return a->codec == b->codec && a->sample_rate == b->sample_rate && a->channels == b->channels &&
      a->layer == b->layer;
}

/* What is measured differs a little each time. */
static guint
rate_class (guint rate)
{
  return rate > 0 ? (guint) (log (rate) / log (FINGERPRINT_RATE_STEP) + 0.5) : 0;
}

gchar *
asp_rendition_fingerprint (const AspRendition * r, guint unit, gdouble loudness_lufs)
{
  AspRendition plain = *r;
  g_autofree gchar *text = NULL, *all = NULL;
  gchar *sum;

  plain.gop = 0;
  plain.pat_version = plain.pmt_version = 0;
  for (guint i = 0; i < plain.n_tracks; i++)
    plain.tracks[i].bit_rate = rate_class (plain.tracks[i].bit_rate);
  text = asp_rendition_to_text (&plain);
  all = g_strdup_printf ("%s unit=%u loudness=%d", text, unit, (gint) lround (loudness_lufs * 10));
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, all, -1);
  sum[FINGERPRINT_DIGITS] = '\0';
  return sum;
}
