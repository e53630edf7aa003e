/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* H.264 access units: gst/ts/asp-es-video. */
#include "fuzz.h"
#include "fuzz-video.h"

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  /* fields, where no SPS stands in the bytes */
  AspVideoParams known = {.frame_num_bits = 9,.interlaced = TRUE,.separate_colour_plane = size & 1 };
  AspAuInfo info;

  fuzz_video (ASP_CODEC_H264, data, size);
  asp_es_video_scan_known (ASP_CODEC_H264, data, size, &known, &info);
  g_assert_true (info.field || !info.bottom_field);
  return 0;
}
