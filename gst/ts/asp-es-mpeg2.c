/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-es-codecs.h"

#include <string.h>

#include <asp-bits.h>

/* start_code_value: H.262 Table 6-1 */
#define START_PICTURE 0x00
#define START_SLICE_FIRST 0x01
#define START_SLICE_LAST 0xaf
#define START_SEQUENCE 0xb3
#define START_EXTENSION 0xb5
#define START_SEQUENCE_END 0xb7
#define START_GROUP 0xb8

/* extension_start_code_identifier: Table 6-2 */
#define EXTENSION_SEQUENCE 1
#define EXTENSION_PICTURE_CODING 8

#define PICTURE_TYPE_I 1
#define PICTURE_TYPE_B 3
#define STRUCTURE_BOTTOM 2
#define STRUCTURE_FRAME 3

/* sequence_header () with two matrices; the other headers are shorter */
#define HEADER_MAX 160

static gboolean
is_slice (guint code)
{
  return code >= START_SLICE_FIRST && code <= START_SLICE_LAST;
}

AspUnitRole
asp_es_mpeg2_role (guint code, gboolean * in_sequence)
{
  if (code == START_SEQUENCE)
    *in_sequence = TRUE;
  else if (code == START_GROUP || code == START_PICTURE)
    *in_sequence = FALSE;
  if (code == START_SEQUENCE || (code == START_EXTENSION && *in_sequence))
    return ASP_UNIT_PARAMETER_SET;
  return is_slice (code) ? ASP_UNIT_SLICE : ASP_UNIT_OTHER;
}

/* Bits of the header of @u behind its start code value; zeros at its end are data here. */
static void
header_bits (AspEsUnit * u, AspBits * b)
{
  asp_es_unit_close (u, HEADER_MAX);
  asp_bits_init (b, u->data + u->body + 1, u->end - u->body - 1);
}

/* What stands before the first slice of a picture */
typedef struct
{
  gboolean sequence, group, closed_gop, picture;
  guint picture_type, structure;
} PictureHeaders;

static void
read_header (AspEsUnit * u, PictureHeaders * h, AspAuInfo * out)
{
  guint code = u->data[u->body];
  AspBits b;

  header_bits (u, &b);
  if (code == START_SEQUENCE) {
    h->sequence = TRUE;
  } else if (code == START_GROUP) {
    h->group = TRUE;
    asp_bits_skip (&b, 25);     /* time_code */
    h->closed_gop = asp_bits_get (&b, 1);
  } else if (code == START_PICTURE) {
    h->picture = TRUE;
    out->picture_offset = u->start;
    out->frame_num = asp_bits_get (&b, 10);     /* temporal_reference */
    h->picture_type = asp_bits_get (&b, 3);
  } else if (code == START_EXTENSION && h->picture) {
    guint structure;

    if (asp_bits_get (&b, 4) != EXTENSION_PICTURE_CODING)
      return;
    asp_bits_skip (&b, 16 + 2); /* f_code, intra_dc_precision */
    structure = asp_bits_get (&b, 2);
    if (structure != 0)         /* reserved */
      h->structure = structure;
  }
}

static void
judge (const PictureHeaders * h, AspAuInfo * out)
{
  if (h->picture_type != PICTURE_TYPE_I)
    out->kind = ASP_PICTURE_TRAILING;
  else if (!h->sequence)
    out->kind = ASP_PICTURE_INTRA;
  else
    out->kind = h->group && h->closed_gop ? ASP_PICTURE_IDR : ASP_PICTURE_OPEN_I;
  out->is_b = h->picture_type == PICTURE_TYPE_B;
  out->is_reference = !out->is_b;
  out->field = h->structure != STRUCTURE_FRAME;
  out->bottom_field = h->structure == STRUCTURE_BOTTOM;
  out->has_parameter_sets = h->sequence;
}

gboolean
asp_es_mpeg2_scan (const guint8 * data, gsize size, AspAuInfo * out)
{
  PictureHeaders h = {.structure = STRUCTURE_FRAME };
  gboolean first = TRUE;
  AspEsUnit u;

  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u)) {
    guint code = data[u.body];

    if (first)
      out->parameter_set_offset = u.start;
    first = FALSE;
    /* a picture ends at its first slice; at another picture when its slices were lost */
    if (h.picture && (is_slice (code) || code == START_PICTURE || code == START_GROUP ||
            code == START_SEQUENCE || code == START_SEQUENCE_END)) {
      judge (&h, out);
      return TRUE;
    }
    read_header (&u, &h, out);
  }
  return FALSE;
}

/* frame_rate_code: Table 6-4 */
static void
read_frame_rate (guint code, guint extension_n, guint extension_d, AspVideoParams * out)
{
  static const guint rates[9][2] = {
    {0, 0}, {24000, 1001}, {24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {50, 1}, {60000, 1001}, {60, 1}
  };

  if (code < G_N_ELEMENTS (rates))
    asp_es_set_fps (out, (guint64) rates[code][0] * (extension_n + 1),
        (guint64) rates[code][1] * (extension_d + 1));
}

/* aspect_ratio_information: Table 6-3. Display aspect over the coded size; a
 * sequence_display_extension, which only says where pan-scan begins, is left aside. */
static void
mpeg2_aspect (guint code, AspVideoParams * out)
{
  static const guint display[5][2] = { {0, 0}, {0, 0}, {4, 3}, {16, 9}, {221, 100} };
  guint64 num, den;

  if (code == 1) {
    out->sar_num = out->sar_den = 1;
  } else if (code >= 2 && code <= 4 && out->width > 0 && out->height > 0) {
    num = (guint64) display[code][0] * out->height;
    den = (guint64) display[code][1] * out->width;
    asp_es_reduce (num, den, &out->sar_num, &out->sar_den);
  }
}

/* MPEG-1 says height over width of a sample, in ten-thousandths: ISO/IEC 11172-2 2.4.3.2 */
static void
mpeg1_aspect (guint code, AspVideoParams * out)
{
  static const guint height_over_width[15] = {
    0, 10000, 6735, 7031, 7615, 8055, 8437, 8935, 9157, 9815, 10255, 10695, 10950, 11575, 12015
  };

  if (code < G_N_ELEMENTS (height_over_width) && code > 0)
    asp_es_reduce (10000, height_over_width[code], &out->sar_num, &out->sar_den);
}

/* 6.2.2.3; @b stands behind extension_start_code_identifier */
static void
read_sequence_extension (AspBits * b, guint * rate_n, guint * rate_d, AspVideoParams * out)
{
  guint profile_and_level = asp_bits_get (b, 8);

  out->profile_idc = profile_and_level >> 4;
  out->level_idc = profile_and_level & 0x0f;
  out->interlaced = !asp_bits_get (b, 1);
  out->chroma_format_idc = asp_bits_get (b, 2);
  out->width |= asp_bits_get (b, 2) << 12;
  out->height |= asp_bits_get (b, 2) << 12;
  asp_bits_skip (b, 12 + 1 + 8);        /* bit rate, marker, vbv_buffer_size */
  out->low_delay = asp_bits_get (b, 1);
  *rate_n = asp_bits_get (b, 2);
  *rate_d = asp_bits_get (b, 5);
  /* without low_delay a reference is output one frame after it was decoded: 6.1.1.11 */
  out->max_reorder = out->low_delay ? 0 : 1;
}

static gboolean
read_sequence (AspEsUnit * u, AspVideoParams * out)
{
  guint aspect, rate, rate_n = 0, rate_d = 0;
  gboolean mpeg2;
  AspBits b;

  memset (out, 0, sizeof *out);
  out->max_reorder = -1;
  out->chroma_format_idc = 1;
  out->bit_depth = 8;
  header_bits (u, &b);
  out->width = asp_bits_get (&b, 12);
  out->height = asp_bits_get (&b, 12);
  aspect = asp_bits_get (&b, 4);
  rate = asp_bits_get (&b, 4);
  asp_bits_skip (&b, 18 + 1 + 10 + 1);  /* bit rate, marker, vbv_buffer_size, constrained */
  for (guint i = 0; i < 2; i++)
    if (asp_bits_get (&b, 1))
      asp_bits_skip (&b, 64 * 8);       /* quantiser matrix */
  /* What stands behind it says whether this is MPEG-1 (6.1.1.6) */
  if (b.error || !asp_es_unit_next (u))
    return FALSE;
  mpeg2 = u->data[u->body] == START_EXTENSION;
  if (mpeg2) {
    header_bits (u, &b);
    if (asp_bits_get (&b, 4) != EXTENSION_SEQUENCE)
      return FALSE;
    read_sequence_extension (&b, &rate_n, &rate_d, out);
  }
  if (b.error || out->width == 0 || out->height == 0)
    return FALSE;
  read_frame_rate (rate, rate_n, rate_d, out);
  (mpeg2 ? mpeg2_aspect : mpeg1_aspect) (aspect, out);
  return TRUE;
}

gboolean
asp_es_mpeg2_params (const guint8 * data, gsize size, AspVideoParams * out)
{
  AspEsUnit u;

  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u))
    if (data[u.body] == START_SEQUENCE)
      return read_sequence (&u, out);
  return FALSE;
}

gboolean
asp_es_mpeg2_set_broken_link (guint8 * data, gsize size)
{
  AspEsUnit u;

  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u) && !is_slice (data[u.body])) {
    if (data[u.body] != START_GROUP)
      continue;
    asp_es_unit_close (&u, HEADER_MAX);
    if (u.end - u.body < 5)
      return FALSE;
    data[u.body + 4] |= 0x20;   /* time_code (25), closed_gop, broken_link: 6.2.2.6 */
    return TRUE;
  }
  return FALSE;
}
