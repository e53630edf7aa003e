/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-es-video.h"

#include <string.h>

#include "asp-es-codecs.h"

void
asp_es_video_scan_known (AspCodec codec, const guint8 * data, gsize size,
    const AspVideoParams * known, AspAuInfo * out)
{
  memset (out, 0, sizeof *out);
  if (codec == ASP_CODEC_H264)
    out->complete = asp_es_h264_scan (data, size, known, out);
  else if (codec == ASP_CODEC_HEVC)
    out->complete = asp_es_hevc_scan (data, size, out);
  else if (codec == ASP_CODEC_MPEG2)
    out->complete = asp_es_mpeg2_scan (data, size, out);
  if (!out->complete) {
    memset (out, 0, sizeof *out);
    out->picture_offset = out->parameter_set_offset = size;
  }
}

void
asp_es_video_scan (AspCodec codec, const guint8 * data, gsize size, AspAuInfo * out)
{
  asp_es_video_scan_known (codec, data, size, NULL, out);
}

gboolean
asp_picture_is_rap (AspPictureKind kind)
{
  return kind == ASP_PICTURE_IDR || kind == ASP_PICTURE_IDR_W_RADL || kind == ASP_PICTURE_CRA ||
      kind == ASP_PICTURE_BLA || kind == ASP_PICTURE_OPEN_I;
}

gboolean
asp_picture_may_have_skipped_leading (AspPictureKind kind)
{
  return kind == ASP_PICTURE_CRA || kind == ASP_PICTURE_BLA || kind == ASP_PICTURE_OPEN_I;
}

void
asp_es_read_colour (AspBits * b, AspVideoParams * p)
{
  p->colour_primaries = asp_bits_get (b, 8);
  p->transfer_characteristics = asp_bits_get (b, 8);
  p->matrix_coefficients = asp_bits_get (b, 8);
}

gboolean
asp_es_video_params (AspCodec codec, const guint8 * data, gsize size, AspVideoParams * out)
{
  gboolean found = FALSE;

  if (codec == ASP_CODEC_H264)
    found = asp_es_h264_params (data, size, out);
  else if (codec == ASP_CODEC_HEVC)
    found = asp_es_hevc_params (data, size, out);
  else if (codec == ASP_CODEC_MPEG2)
    found = asp_es_mpeg2_params (data, size, out);
  if (!found)
    memset (out, 0, sizeof *out);
  return found;
}

guint
asp_es_video_copy_parameter_sets (AspCodec codec, const guint8 * data, gsize size, GByteArray * out)
{
  static const guint8 start_code[4] = { 0, 0, 0, 1 };
  gboolean in_sequence = FALSE;
  guint copied = 0;
  AspEsUnit u;

  if (!ASP_CODEC_IS_VIDEO (codec))
    return 0;
  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u)) {
    guint head = data[u.body];
    AspUnitRole role = codec == ASP_CODEC_H264 ? asp_es_h264_role (head) :
        codec == ASP_CODEC_HEVC ? asp_es_hevc_role (head) : asp_es_mpeg2_role (head, &in_sequence);
    gsize length;

    if (role == ASP_UNIT_SLICE)
      break;
    if (role != ASP_UNIT_PARAMETER_SET)
      continue;
    asp_es_unit_close (&u, G_MAXSIZE);
    length = codec == ASP_CODEC_MPEG2 ? u.end - u.body : asp_es_unit_nal_size (&u);
    g_byte_array_append (out, start_code, sizeof start_code);
    g_byte_array_append (out, data + u.body, (guint) length);
    copied++;
  }
  return copied;
}

void
asp_es_sar_from_idc (guint idc, guint * num, guint * den)
{
  static const guint8 table[17][2] = {
    {0, 0}, {1, 1}, {12, 11}, {10, 11}, {16, 11}, {40, 33}, {24, 11}, {20, 11}, {32, 11},
    {80, 33}, {18, 11}, {15, 11}, {64, 33}, {160, 99}, {4, 3}, {3, 2}, {2, 1}
  };

  *num = idc < G_N_ELEMENTS (table) ? table[idc][0] : 0;
  *den = idc < G_N_ELEMENTS (table) ? table[idc][1] : 0;
}

void
asp_es_reduce (guint64 num, guint64 den, guint * num_out, guint * den_out)
{
  guint64 a = num, b = den;

  *num_out = *den_out = 0;
  if (num == 0 || den == 0)
    return;
  while (b != 0) {
    guint64 rest = a % b;

    a = b;
    b = rest;
  }
  if (num / a > G_MAXINT || den / a > G_MAXINT)
    return;
  *num_out = (guint) (num / a);
  *den_out = (guint) (den / a);
}

void
asp_es_set_fps (AspVideoParams * p, guint64 num, guint64 den)
{
  asp_es_reduce (num, den, &p->fps_num, &p->fps_den);
}

gboolean
asp_es_crop (AspVideoParams * p, const guint32 window[4], guint unit_x, guint unit_y)
{
  guint64 x = ((guint64) window[0] + window[1]) * unit_x;
  guint64 y = ((guint64) window[2] + window[3]) * unit_y;

  if (x >= p->width || y >= p->height)
    return FALSE;
  p->width -= (guint) x;
  p->height -= (guint) y;
  return TRUE;
}
