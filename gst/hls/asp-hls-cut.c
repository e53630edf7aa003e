/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-cut.h"

void
asp_hls_cut_init (AspHlsCut * cut, guint target_s)
{
  *cut = (AspHlsCut) {
    .target_90k = ASP_SECOND_90K * (gint64) MAX (target_s, 1)
  };
}

static guint
seconds_up (gint64 t_90k)
{
  return (guint) ((t_90k + ASP_SECOND_90K - 1) / ASP_SECOND_90K);
}

static guint
seconds_rounded (gint64 t_90k)
{
  return (guint) ((t_90k + ASP_SECOND_90K / 2) / ASP_SECOND_90K);
}

/* TARGETDURATION as it is, or as it would be by what is known. */
static guint
target_duration (const AspHlsCut * cut)
{
  guint s;

  if (cut->target_duration_s > 0)
    return cut->target_duration_s;
  s = MAX (seconds_up (cut->target_90k), seconds_up (cut->longest_gop_90k));
  return MAX (s, seconds_rounded (cut->longest_segment_90k));
}

void
asp_hls_cut_freeze (AspHlsCut * cut)
{
  cut->target_duration_s = target_duration (cut);
}

static void
add_gop (AspHlsCut * cut, gint64 length_90k)
{
  if (length_90k <= 0)
    return;
  cut->recent_gops_90k[cut->next_gop++ % ASP_HLS_RECENT_GOPS] = length_90k;
  if (cut->n_gops == 2)
    return;
  cut->longest_gop_90k = MAX (cut->longest_gop_90k, length_90k);
  if (++cut->n_gops == 2)
    asp_hls_cut_freeze (cut);
}

void
asp_hls_cut_add_segment (AspHlsCut * cut, gint64 length_90k)
{
  cut->longest_segment_90k = MAX (cut->longest_segment_90k, length_90k);
}

gint64
asp_hls_cut_limit (const AspHlsCut * cut)
{
  gint64 longest_90k = cut->target_duration_s > 0 ?
      ASP_SECOND_90K * (gint64) cut->target_duration_s :
      MAX (ASP_HLS_GOP_MAX_90K, cut->target_90k);

  return longest_90k + ASP_HLS_EXCESS_90K;
}

gint64
asp_hls_cut_expected_gop (const AspHlsCut * cut)
{
  gint64 longest_90k = 0;

  for (guint i = 0; i < ASP_HLS_RECENT_GOPS; i++)
    longest_90k = MAX (longest_90k, cut->recent_gops_90k[i]);
  return longest_90k;
}

gint64
asp_hls_cut_expected_segment (const AspHlsCut * cut)
{
  gint64 gop_90k = asp_hls_cut_expected_gop (cut);
  gint64 limit_90k = ASP_SECOND_90K * (gint64) target_duration (cut) + ASP_HLS_EXCESS_90K;

  if (gop_90k <= 0)
    return 0;
  /* as asp_hls_cut_at_rap() ends it: with the GOP that reaches the target, or before the one
   * that would be too much; time stamps made from milliseconds are a little off */
  return gop_90k * MAX (MIN ((cut->target_90k + gop_90k - 1 - gop_90k / 16) / gop_90k,
          (limit_90k - 1) / gop_90k), 1);
}

gboolean
asp_hls_cut_at_au (const AspHlsCut * cut, gint64 elapsed_90k, gint64 frame_90k)
{
  return elapsed_90k > 0 && elapsed_90k + frame_90k >= asp_hls_cut_limit (cut);
}

gboolean
asp_hls_cut_at_rap (AspHlsCut * cut, gint64 elapsed_90k, gint64 gop_90k, gint64 frame_90k)
{
  gboolean reached = elapsed_90k + frame_90k / 2 >= cut->target_90k;

  /* it ends in any case, so what is frozen now must hold it */
  if (reached)
    asp_hls_cut_add_segment (cut, elapsed_90k);
  add_gop (cut, gop_90k);
  if (elapsed_90k <= 0)
    return FALSE;
  return reached || elapsed_90k + asp_hls_cut_expected_gop (cut) >=
      ASP_SECOND_90K * (gint64) target_duration (cut) + ASP_HLS_EXCESS_90K;
}
