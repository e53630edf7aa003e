/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-es-codecs.h"

#include <string.h>

#include <asp-bits.h>

/* nal_unit_type: Table 7-1 */
#define NAL_SLICE 1
#define NAL_PARTITION_A 2
#define NAL_IDR 5
#define NAL_SEI 6
#define NAL_SPS 7
#define NAL_PPS 8
#define NAL_AUD 9
#define NAL_SPS_EXTENSION 13
#define NAL_SUBSET_SPS 15
#define EXTENDED_SAR 255

#define REORDER_MAX 16          /* MaxDpbFrames: A.3.1 */
#define MBS_MAX 4096            /* in each direction; level 6.2 ends at 1055 */

AspUnitRole
asp_es_h264_role (guint header)
{
  guint type = header & 0x1f;

  if (type == NAL_SPS || type == NAL_PPS || type == NAL_SPS_EXTENSION || type == NAL_SUBSET_SPS)
    return ASP_UNIT_PARAMETER_SET;
  return type >= NAL_SLICE && type <= NAL_IDR ? ASP_UNIT_SLICE : ASP_UNIT_OTHER;
}

static guint
nal_type (const AspEsUnit * u)
{
  return u->data[u->body] & 0x1f;
}

/* 7.3.2.1.1.1: deltas are coded up to the first one that leads to a scale of 0 */
static void
skip_scaling_list (AspBits * b, guint size)
{
  gint last = 8, next = 8;

  for (guint i = 0; i < size && next != 0 && !b->error; i++) {
    gint32 delta_scale = asp_bits_se (b);

    if (delta_scale < -128 || delta_scale > 127) {
      b->error = TRUE;
      return;
    }
    next = (last + delta_scale) & 0xff;
    last = next;
  }
}

/* The part of seq_parameter_set_data () that only high profiles have: 7.3.2.1.1 */
static gboolean
read_high_profile (AspBits * b, AspVideoParams * out)
{
  guint32 depth;

  out->chroma_format_idc = asp_bits_ue (b);
  if (out->chroma_format_idc > 3)
    return FALSE;
  if (out->chroma_format_idc == 3)
    out->separate_colour_plane = asp_bits_get (b, 1);
  depth = asp_bits_ue (b);
  if (depth > 6)
    return FALSE;
  out->bit_depth = 8 + depth;
  asp_bits_ue (b);              /* bit_depth_chroma_minus8 */
  asp_bits_skip (b, 1);         /* qpprime_y_zero_transform_bypass_flag */
  if (asp_bits_get (b, 1))
    for (guint i = 0; i < (out->chroma_format_idc == 3 ? 12 : 8); i++)
      if (asp_bits_get (b, 1))
        skip_scaling_list (b, i < 6 ? 16 : 64);
  return !b->error;
}

static gboolean
has_high_fields (guint profile_idc)
{
  static const guint8 profiles[] = { 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135 };

  return memchr (profiles, (int) profile_idc, sizeof profiles) != NULL;
}

static gboolean
read_pic_order_cnt (AspBits * b, AspVideoParams * out)
{
  guint32 type = asp_bits_ue (b);

  if (type == 0) {
    asp_bits_ue (b);            /* log2_max_pic_order_cnt_lsb_minus4 */
  } else if (type == 1) {
    guint32 n;

    asp_bits_skip (b, 1);       /* delta_pic_order_always_zero_flag */
    asp_bits_se (b);            /* offset_for_non_ref_pic */
    asp_bits_se (b);            /* offset_for_top_to_bottom_field */
    n = asp_bits_ue (b);
    if (n > 255)
      return FALSE;
    while (n-- > 0)
      asp_bits_se (b);
  } else if (type == 2) {
    out->max_reorder = 0;       /* output order is decoding order: 7.4.2.1.1 */
  } else {
    return FALSE;
  }
  return !b->error;
}

/* E.1.2 */
static gboolean
skip_hrd (AspBits * b)
{
  guint32 cpb_cnt = asp_bits_ue (b);

  if (cpb_cnt > 31)
    return FALSE;
  asp_bits_skip (b, 8);         /* bit_rate_scale, cpb_size_scale */
  for (guint i = 0; i <= cpb_cnt; i++) {
    asp_bits_ue (b);
    asp_bits_ue (b);
    asp_bits_skip (b, 1);
  }
  asp_bits_skip (b, 20);        /* lengths of delays and time_offset_length */
  return !b->error;
}

static void
read_bitstream_restriction (AspBits * b, AspVideoParams * out)
{
  guint32 reorder;

  asp_bits_skip (b, 1);         /* motion_vectors_over_pic_boundaries_flag */
  for (guint i = 0; i < 4; i++)
    asp_bits_ue (b);            /* bytes, bits, vector lengths */
  reorder = asp_bits_ue (b);
  if (!b->error && reorder <= REORDER_MAX && out->max_reorder < 0)
    out->max_reorder = (gint) reorder;
  asp_bits_ue (b);              /* max_dec_frame_buffering */
}

/* E.1.1 */
static gboolean
read_vui (AspBits * b, AspVideoParams * out)
{
  gboolean nal_hrd, vcl_hrd;

  if (asp_bits_get (b, 1)) {
    guint idc = asp_bits_get (b, 8);

    asp_es_sar_from_idc (idc, &out->sar_num, &out->sar_den);
    if (idc == EXTENDED_SAR) {
      out->sar_num = asp_bits_get (b, 16);
      out->sar_den = asp_bits_get (b, 16);
    }
  }
  if (asp_bits_get (b, 1))
    asp_bits_skip (b, 1);       /* overscan_appropriate_flag */
  if (asp_bits_get (b, 1)) {
    asp_bits_skip (b, 3);       /* video_format */
    out->full_range = asp_bits_get (b, 1);
    if (asp_bits_get (b, 1))
      asp_es_read_colour (b, out);
  }
  if (asp_bits_get (b, 1)) {
    asp_bits_ue (b);            /* chroma sample locations */
    asp_bits_ue (b);
  }
  if (asp_bits_get (b, 1)) {
    guint64 num_units_in_tick = asp_bits_get (b, 32);
    guint64 time_scale = asp_bits_get (b, 32);

    /* a tick is a field: D.2.2 */
    asp_es_set_fps (out, time_scale, 2 * num_units_in_tick);
    asp_bits_skip (b, 1);       /* fixed_frame_rate_flag */
  }
  nal_hrd = asp_bits_get (b, 1);
  if (nal_hrd && !skip_hrd (b))
    return FALSE;
  vcl_hrd = asp_bits_get (b, 1);
  if (vcl_hrd && !skip_hrd (b))
    return FALSE;
  if (nal_hrd || vcl_hrd)
    asp_bits_skip (b, 1);       /* low_delay_hrd_flag */
  asp_bits_skip (b, 1);         /* pic_struct_present_flag */
  if (asp_bits_get (b, 1))
    read_bitstream_restriction (b, out);
  return !b->error;
}

/* Size, frame_mbs_only_flag and cropping */
static gboolean
read_dimensions (AspBits * b, AspVideoParams * out)
{
  guint32 width_mbs = asp_bits_ue (b);
  guint32 height_units = asp_bits_ue (b);
  guint32 window[4] = { 0, 0, 0, 0 };
  /* ChromaArrayType: planes coded apart are cropped like luma: 7.4.2.1.1 */
  guint chroma = out->separate_colour_plane ? 0 : out->chroma_format_idc;

  if (width_mbs >= MBS_MAX || height_units >= MBS_MAX)
    return FALSE;
  out->interlaced = !asp_bits_get (b, 1);
  if (out->interlaced)
    asp_bits_skip (b, 1);       /* mb_adaptive_frame_field_flag */
  asp_bits_skip (b, 1);         /* direct_8x8_inference_flag */
  out->width = (width_mbs + 1) * 16;
  out->height = (height_units + 1) * 16 * (out->interlaced ? 2 : 1);
  if (asp_bits_get (b, 1))
    for (guint i = 0; i < 4; i++)
      window[i] = asp_bits_ue (b);
  return !b->error && asp_es_crop (out, window, chroma == 1 || chroma == 2 ? 2 : 1,
      (chroma == 1 ? 2 : 1) * (out->interlaced ? 2 : 1));
}

gboolean
asp_es_h264_parse_sps (const guint8 * nal, gsize size, AspVideoParams * out, guint * id)
{
  guint8 rbsp[ASP_SPS_MAX];
  AspBits b;
  guint32 log2_frame_num;

  memset (out, 0, sizeof *out);
  out->max_reorder = -1;
  asp_bits_init (&b, rbsp, asp_es_nal_unescape (nal, size, rbsp, sizeof rbsp));
  asp_bits_skip (&b, 8);        /* NAL unit header */
  out->profile_idc = asp_bits_get (&b, 8);
  out->profile_compat = asp_bits_get (&b, 8);
  out->level_idc = asp_bits_get (&b, 8);
  out->chroma_format_idc = 1;
  out->bit_depth = 8;
  *id = asp_bits_ue (&b);
  if (has_high_fields (out->profile_idc) && !read_high_profile (&b, out))
    return FALSE;
  log2_frame_num = asp_bits_ue (&b);
  if (*id > 31 || log2_frame_num > 12 || !read_pic_order_cnt (&b, out))
    return FALSE;
  out->frame_num_bits = 4 + log2_frame_num;
  asp_bits_ue (&b);             /* max_num_ref_frames */
  asp_bits_skip (&b, 1);        /* gaps_in_frame_num_value_allowed_flag */
  if (!read_dimensions (&b, out))
    return FALSE;
  if (asp_bits_get (&b, 1) && !read_vui (&b, out))
    return FALSE;
  return !b.error;
}

gboolean
asp_es_h264_params (const guint8 * data, gsize size, AspVideoParams * out)
{
  AspEsUnit u;
  guint id;

  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u)) {
    if (nal_type (&u) != NAL_SPS)
      continue;
    asp_es_unit_close (&u, G_MAXSIZE);
    return asp_es_h264_parse_sps (data + u.body, asp_es_unit_nal_size (&u), out, &id);
  }
  return FALSE;
}

/* seq_parameter_set_id of the PPS @pps_id in @data, or -1 */
static gint
find_sps_id (const guint8 * data, gsize size, guint pps_id)
{
  AspEsUnit u;

  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u)) {
    guint8 head[ASP_SLICE_HEADER_MAX];
    AspBits b;
    guint32 sps_id;

    if (nal_type (&u) != NAL_PPS)
      continue;
    asp_es_unit_close (&u, sizeof head);
    asp_bits_init (&b, head, asp_es_nal_unescape (data + u.body, u.end - u.body, head, sizeof head));
    asp_bits_skip (&b, 8);
    if (asp_bits_ue (&b) != pps_id)
      continue;
    sps_id = asp_bits_ue (&b);
    return b.error || sps_id > 31 ? -1 : (gint) sps_id;
  }
  return -1;
}

/* The SPS in @data that slices with @pps_id refer to; where no PPS says so, the first. */
static gboolean
find_sps (const guint8 * data, gsize size, guint pps_id, AspVideoParams * out)
{
  gint wanted = find_sps_id (data, size, pps_id);
  AspEsUnit u;
  guint id;

  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u)) {
    if (nal_type (&u) != NAL_SPS)
      continue;
    asp_es_unit_close (&u, G_MAXSIZE);
    if (asp_es_h264_parse_sps (data + u.body, asp_es_unit_nal_size (&u), out, &id) &&
        (wanted < 0 || (gint) id == wanted))
      return TRUE;
  }
  return FALSE;
}

/* slice_header () up to bottom_field_flag: 7.3.3. FALSE when it goes on behind the data. */
static gboolean
read_slice (AspEsUnit * u, const AspVideoParams * known, gboolean has_sps, AspAuInfo * out)
{
  guint8 head[ASP_SLICE_HEADER_MAX];
  AspVideoParams in_band;
  AspBits b;
  guint32 slice_type, pps_id;

  asp_es_unit_close (u, sizeof head);
  asp_bits_init (&b, head, asp_es_nal_unescape (u->data + u->body, asp_es_unit_nal_size (u),
          head, sizeof head));
  asp_bits_skip (&b, 8);
  asp_bits_ue (&b);             /* first_mb_in_slice */
  slice_type = asp_bits_ue (&b);
  pps_id = asp_bits_ue (&b);
  if (!b.error) {
    out->is_b = slice_type % 5 == 1;
    if (out->kind == ASP_PICTURE_TRAILING && (slice_type % 5 == 2 || slice_type % 5 == 4))
      out->kind = ASP_PICTURE_INTRA;
  }
  if (has_sps)
    known = find_sps (u->data, u->start, pps_id, &in_band) ? &in_band : NULL;
  if (known && known->frame_num_bits > 0) {
    if (known->separate_colour_plane)
      asp_bits_skip (&b, 2);
    out->frame_num = asp_bits_get (&b, known->frame_num_bits);
    if (known->interlaced && asp_bits_get (&b, 1)) {
      out->field = TRUE;
      out->bottom_field = asp_bits_get (&b, 1);
    }
  }
  return !b.error || u->whole;
}

gboolean
asp_es_h264_scan (const guint8 * data, gsize size, const AspVideoParams * known, AspAuInfo * out)
{
  gboolean sps = FALSE, pps = FALSE, recovery_point = FALSE, behind_aud = FALSE;
  AspEsUnit u;

  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u)) {
    guint type = nal_type (&u);

    if (type != NAL_AUD && !behind_aud) {
      behind_aud = TRUE;
      out->parameter_set_offset = asp_es_unit_nal_start (&u);
    }
    switch (type) {
      case NAL_SPS:
        sps = TRUE;
        break;
      case NAL_PPS:
        pps = TRUE;
        break;
      case NAL_SEI:
        asp_es_unit_close (&u, G_MAXSIZE);
        if (asp_es_sei_has (data + u.body, asp_es_unit_nal_size (&u), 1, ASP_SEI_RECOVERY_POINT))
          recovery_point = TRUE;
        break;
      case NAL_SLICE:
      case NAL_PARTITION_A:
      case NAL_IDR:
        out->kind = type == NAL_IDR ? ASP_PICTURE_IDR :
            recovery_point ? ASP_PICTURE_RECOVERY_POINT : ASP_PICTURE_TRAILING;
        out->is_reference = (data[u.body] & 0x60) != 0;
        out->has_parameter_sets = sps && pps;
        out->picture_offset = asp_es_unit_nal_start (&u);
        return read_slice (&u, known, sps, out);
      default:
        break;
    }
  }
  return FALSE;
}
