/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz-video.h"

#include <string.h>

/* What is complete does not change with more bytes: the input once more, cut somewhere. */
static void
check_cut (AspCodec codec, const guint8 * data, gsize size, const AspVideoParams * known,
    const AspAuInfo * whole)
{
  gsize n = size > 0 ? size * data[size - 1] / 256 : 0;
  guint8 *cut = g_memdup2 (data, n);
  AspAuInfo info;

  asp_es_video_scan_known (codec, cut, n, known, &info);
  if (info.complete)
    g_assert_cmpmem (&info, sizeof info, whole, sizeof *whole);
  else
    g_assert_cmpuint (info.picture_offset, ==, n);
  g_free (cut);
}

static void
check_params (const AspVideoParams * p)
{
  g_assert_cmpuint (p->width, >, 0);
  g_assert_cmpuint (p->height, >, 0);
  g_assert_cmpuint (p->width, <=, 65536);
  g_assert_cmpuint (p->height, <=, 2 * 65536);
  g_assert_cmpint (p->fps_num == 0, ==, p->fps_den == 0);
  g_assert_cmpint (p->max_reorder, >=, -1);
  g_assert_cmpint (p->max_reorder, <=, 16);
  g_assert_cmpuint (p->bit_depth, >=, 8);
  g_assert_cmpuint (p->bit_depth, <=, 16);
  g_assert_cmpuint (p->frame_num_bits, <=, 16);
}

/* Parameter sets are read the same from the copy as from the stream. */
static void
check_copy (AspCodec codec, const guint8 * data, gsize size)
{
  GByteArray *sets = g_byte_array_new ();
  guint n = asp_es_video_copy_parameter_sets (codec, data, size, sets);

  g_assert_cmpint (n == 0, ==, sets->len == 0);
  g_assert_cmpuint (sets->len, <=, 2 * size);
  g_byte_array_unref (sets);
}

void
fuzz_video (AspCodec codec, const guint8 * data, gsize size)
{
  AspVideoParams params;
  gboolean has_params = asp_es_video_params (codec, data, size, &params);
  AspAuInfo info, known_info;

  if (has_params)
    check_params (&params);
  asp_es_video_scan (codec, data, size, &info);
  if (info.complete) {
    g_assert_cmpint (info.kind, !=, ASP_PICTURE_UNKNOWN);
    g_assert_cmpuint (info.picture_offset, <, size);
    g_assert_cmpuint (info.parameter_set_offset, <=, info.picture_offset);
  } else {
    g_assert_cmpint (info.kind, ==, ASP_PICTURE_UNKNOWN);
  }
  check_cut (codec, data, size, NULL, &info);
  asp_es_video_scan_known (codec, data, size, has_params ? &params : NULL, &known_info);
  check_cut (codec, data, size, has_params ? &params : NULL, &known_info);
  check_copy (codec, data, size);
}
