/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HEVC access units: gst/ts/asp-es-video. */
#include "fuzz.h"
#include "fuzz-video.h"

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  guint8 *copy = g_memdup2 (data, size);
  AspAuInfo before, after;

  fuzz_video (ASP_CODEC_HEVC, data, size);
  asp_es_video_scan (ASP_CODEC_HEVC, data, size, &before);
  asp_es_hevc_cra_to_bla (copy, size, size & 1);
  asp_es_video_scan (ASP_CODEC_HEVC, copy, size, &after);
  g_assert_cmpint (after.kind, ==, before.kind == ASP_PICTURE_CRA ? ASP_PICTURE_BLA : before.kind);
  g_assert_cmpuint (after.picture_offset, ==, before.picture_offset);
  g_assert_cmpuint (asp_es_hevc_cra_to_bla (copy, size, FALSE), ==, 0);
  g_free (copy);
  return 0;
}
