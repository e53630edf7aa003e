/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-part-cut.h"

void
asp_hls_part_cut_freeze (AspHlsPartCut * cut, gint64 gop_90k, gint64 frame_90k)
{
  gint64 unit_90k = cut->align == ASP_HLS_PART_ALIGN_IDR && gop_90k > 0 ? gop_90k :
      MAX (frame_90k, 1);

  if (cut->wish_90k <= 0 || cut->target_90k > 0)
    return;
  cut->target_90k = unit_90k * MAX ((cut->wish_90k + ASP_HLS_PART_JITTER_90K) / unit_90k, 1) +
      ASP_HLS_PART_JITTER_90K;
}

static gint64
least (const AspHlsPartCut * cut)
{
  return (cut->target_90k * ASP_HLS_PART_LEAST_PERCENT + 99) / 100;
}

/* At a RAP: is it better to end here than to go on? */
static gboolean
ends_at_rap (const AspHlsPartCut * cut, gint64 elapsed_90k, gboolean independent, gint64 gop_90k)
{
  if (cut->align == ASP_HLS_PART_ALIGN_IDR && independent)
    return elapsed_90k + gop_90k > cut->target_90k;
  return elapsed_90k >= least (cut);
}

/* Has it got its share of what is left of the segment? */
static gboolean
has_share (const AspHlsPartCut * cut, gint64 elapsed_90k, gint64 left_90k, gint64 frame_90k)
{
  gint64 n = (left_90k + cut->target_90k - 1) / cut->target_90k;

  return cut->align == ASP_HLS_PART_ALIGN_ANY && left_90k > 0 && elapsed_90k >= least (cut) &&
      (elapsed_90k + frame_90k / 2) * n > left_90k;
}

gint64
asp_hls_part_cut_at_au (const AspHlsPartCut * cut, gint64 elapsed_90k, gboolean independent,
    gboolean rap, gint64 gop_90k, gint64 left_90k, gint64 frame_90k)
{
  if (elapsed_90k <= 0 || (elapsed_90k + frame_90k <= cut->target_90k &&
          !has_share (cut, elapsed_90k, left_90k, frame_90k) &&
          !(rap && ends_at_rap (cut, elapsed_90k, independent, gop_90k))))
    return 0;
  return CLAMP (elapsed_90k, independent ? 1 : least (cut), cut->target_90k);
}
