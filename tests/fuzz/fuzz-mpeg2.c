/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MPEG-1 and MPEG-2 pictures: gst/ts/asp-es-video. */
#include "fuzz.h"
#include "fuzz-video.h"

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  guint8 *copy = g_memdup2 (data, size);
  guint changed = 0;

  fuzz_video (ASP_CODEC_MPEG2, data, size);
  asp_es_mpeg2_set_broken_link (copy, size);
  for (gsize i = 0; i < size; i++) {
    if (copy[i] == data[i])
      continue;
    g_assert_cmphex (copy[i], ==, data[i] | 0x20);
    changed++;
  }
  g_assert_cmpuint (changed, <=, 1);
  g_free (copy);
  return 0;
}
