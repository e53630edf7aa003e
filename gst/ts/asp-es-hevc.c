/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-es-codecs.h"

#include <string.h>

#include <asp-bits.h>

/* nal_unit_type: H.265 Table 7-1 */
#define NAL_RADL_N 6
#define NAL_RADL_R 7
#define NAL_RASL_N 8
#define NAL_RASL_R 9
#define NAL_BLA_W_LP 16
#define NAL_BLA_W_RADL 17
#define NAL_BLA_N_LP 18
#define NAL_IDR_W_RADL 19
#define NAL_IDR_N_LP 20
#define NAL_CRA 21
#define NAL_VPS 32
#define NAL_SPS 33
#define NAL_PPS 34
#define NAL_AUD 35
#define NAL_PREFIX_SEI 39
#define EXTENDED_SAR 255

#define LUMA_MAX 65536          /* in each direction; level 6.2 ends at 16888 */
#define RPS_MAX 64              /* num_short_term_ref_pic_sets: 7.4.3.2.1 */
#define DELTA_POCS_MAX 16       /* bounded by sps_max_dec_pic_buffering_minus1 */

AspUnitRole
asp_es_hevc_role (guint header)
{
  guint type = (header >> 1) & 0x3f;

  if (type >= NAL_VPS && type <= NAL_PPS)
    return ASP_UNIT_PARAMETER_SET;
  return type < NAL_VPS ? ASP_UNIT_SLICE : ASP_UNIT_OTHER;
}

/* Type of a NAL unit of the base layer; others are of no type here, nor are headers that are
 * cut or whose nuh_temporal_id_plus1 is 0. */
static guint
nal_type (const AspEsUnit * u)
{
  const guint8 *h = u->data + u->body;

  if (u->size - u->body < 2 || (h[0] & 0x01) || (h[1] & 0xf8) || (h[1] & 0x07) == 0)
    return G_MAXUINT;
  return (h[0] >> 1) & 0x3f;
}

/* TRAIL, TSA, STSA, RADL, RASL and the IRAPs; reserved VCL types are dropped by decoders. */
static gboolean
is_slice (guint type)
{
  return type <= NAL_RASL_R || (type >= NAL_BLA_W_LP && type <= NAL_CRA);
}

static gboolean
is_irap (guint type)
{
  return type >= NAL_BLA_W_LP && type <= NAL_CRA;
}

static AspPictureKind
picture_kind (guint type, gboolean recovery_point)
{
  switch (type) {
    case NAL_RADL_N:
    case NAL_RADL_R:
      return ASP_PICTURE_RADL;
    case NAL_RASL_N:
    case NAL_RASL_R:
      return ASP_PICTURE_RASL;
    case NAL_BLA_W_LP:
    case NAL_BLA_W_RADL:
    case NAL_BLA_N_LP:
      return ASP_PICTURE_BLA;
    case NAL_IDR_W_RADL:
      return ASP_PICTURE_IDR_W_RADL;
    case NAL_IDR_N_LP:
      return ASP_PICTURE_IDR;
    case NAL_CRA:
      return ASP_PICTURE_CRA;
    default:
      return recovery_point ? ASP_PICTURE_RECOVERY_POINT : ASP_PICTURE_TRAILING;
  }
}

/* 7.3.3; only the general part is kept */
static void
read_profile_tier_level (AspBits * b, guint max_sub_layers_minus1, AspVideoParams * out)
{
  gboolean profile[8] = { FALSE, }, level[8] = { FALSE, };

  asp_bits_skip (b, 2);         /* general_profile_space */
  out->profile_compat = asp_bits_get (b, 1);
  out->profile_idc = asp_bits_get (b, 5);
  asp_bits_skip (b, 32 + 48);   /* compatibility and constraint flags */
  out->level_idc = asp_bits_get (b, 8);
  if (max_sub_layers_minus1 == 0)
    return;
  for (guint i = 0; i < max_sub_layers_minus1; i++) {
    profile[i] = asp_bits_get (b, 1);
    level[i] = asp_bits_get (b, 1);
  }
  asp_bits_skip (b, 2 * (8 - max_sub_layers_minus1));
  for (guint i = 0; i < max_sub_layers_minus1; i++)
    asp_bits_skip (b, (profile[i] ? 88 : 0) + (level[i] ? 8 : 0));
}

/* 7.3.4 */
static void
skip_scaling_list_data (AspBits * b)
{
  for (guint size_id = 0; size_id < 4; size_id++) {
    for (guint matrix_id = 0; matrix_id < 6 && !b->error; matrix_id += size_id == 3 ? 3 : 1) {
      if (!asp_bits_get (b, 1)) {
        asp_bits_ue (b);        /* scaling_list_pred_matrix_id_delta */
        continue;
      }
      if (size_id > 1)
        asp_bits_se (b);        /* scaling_list_dc_coef_minus8 */
      for (guint i = 0; i < MIN (64u, 1u << (4 + (size_id << 1))); i++)
        asp_bits_se (b);
    }
  }
}

/* 7.3.7. @n_delta_pocs is NumDeltaPocs of the set before @idx on entry, of this one on return. */
static gboolean
skip_st_ref_pic_set (AspBits * b, guint idx, guint * n_delta_pocs)
{
  guint32 negative, positive;

  if (idx > 0 && asp_bits_get (b, 1)) {
    guint n = 0;

    asp_bits_skip (b, 1);       /* delta_rps_sign */
    asp_bits_ue (b);            /* abs_delta_rps_minus1 */
    for (guint j = 0; j <= *n_delta_pocs; j++) {
      gboolean used = asp_bits_get (b, 1);

      if (used || asp_bits_get (b, 1))
        n++;
    }
    *n_delta_pocs = n;
    return !b->error && n <= DELTA_POCS_MAX;
  }
  negative = asp_bits_ue (b);
  positive = asp_bits_ue (b);
  if (negative > DELTA_POCS_MAX || positive > DELTA_POCS_MAX - negative)
    return FALSE;
  for (guint i = 0; i < negative + positive; i++) {
    asp_bits_ue (b);            /* delta_poc_minus1 */
    asp_bits_skip (b, 1);       /* used_by_curr_pic_flag */
  }
  *n_delta_pocs = negative + positive;
  return !b->error;
}

static gboolean
skip_reference_sets (AspBits * b, guint log2_max_poc_lsb)
{
  guint32 n = asp_bits_ue (b);
  guint n_delta_pocs = 0;

  if (n > RPS_MAX)
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!skip_st_ref_pic_set (b, i, &n_delta_pocs))
      return FALSE;
  if (asp_bits_get (b, 1)) {
    n = asp_bits_ue (b);
    if (n > 32)
      return FALSE;
    asp_bits_skip (b, n * (log2_max_poc_lsb + 1));
  }
  return !b->error;
}

/* E.2.1 as far as vui_timing_info */
static void
read_vui (AspBits * b, AspVideoParams * out)
{
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
  asp_bits_skip (b, 1);         /* neutral_chroma_indication_flag */
  out->interlaced = asp_bits_get (b, 1);        /* field_seq_flag */
  asp_bits_skip (b, 1);         /* frame_field_info_present_flag */
  if (asp_bits_get (b, 1))
    for (guint i = 0; i < 4; i++)
      asp_bits_ue (b);          /* default display window */
  if (asp_bits_get (b, 1)) {
    guint64 num_units_in_tick = asp_bits_get (b, 32);
    guint64 time_scale = asp_bits_get (b, 32);

    asp_es_set_fps (out, time_scale, num_units_in_tick);
  }
}

/* From chroma_format_idc to bit_depth_chroma_minus8 */
static gboolean
read_dimensions (AspBits * b, AspVideoParams * out)
{
  guint32 window[4] = { 0, 0, 0, 0 };
  guint32 depth;
  guint chroma;

  out->chroma_format_idc = chroma = asp_bits_ue (b);
  if (chroma > 3)
    return FALSE;
  if (chroma == 3)
    out->separate_colour_plane = asp_bits_get (b, 1);
  out->width = asp_bits_ue (b);
  out->height = asp_bits_ue (b);
  if (out->width > LUMA_MAX || out->height > LUMA_MAX)
    return FALSE;
  if (asp_bits_get (b, 1))
    for (guint i = 0; i < 4; i++)
      window[i] = asp_bits_ue (b);
  depth = asp_bits_ue (b);
  asp_bits_ue (b);              /* bit_depth_chroma_minus8 */
  out->bit_depth = 8 + depth;
  return !b->error && depth <= 8 &&
      asp_es_crop (out, window, chroma == 1 || chroma == 2 ? 2 : 1, chroma == 1 ? 2 : 1);
}

static gboolean
skip_coding_tools (AspBits * b, guint log2_max_poc_lsb)
{
  for (guint i = 0; i < 6; i++)
    asp_bits_ue (b);            /* block sizes, transform depths */
  if (asp_bits_get (b, 1) && asp_bits_get (b, 1))
    skip_scaling_list_data (b);
  asp_bits_skip (b, 2);         /* amp, sample adaptive offset */
  if (asp_bits_get (b, 1)) {
    asp_bits_skip (b, 8);       /* PCM bit depths */
    asp_bits_ue (b);
    asp_bits_ue (b);
    asp_bits_skip (b, 1);
  }
  if (!skip_reference_sets (b, log2_max_poc_lsb))
    return FALSE;
  asp_bits_skip (b, 2);         /* temporal mvp, strong intra smoothing */
  return !b->error;
}

/* 7.3.2.2.1 */
gboolean
asp_es_hevc_parse_sps (const guint8 * nal, gsize size, AspVideoParams * out)
{
  guint8 rbsp[ASP_SPS_MAX];
  AspBits b;
  guint sub_layers;
  guint32 log2_max_poc_lsb, reorder = 0;

  memset (out, 0, sizeof *out);
  out->max_reorder = -1;
  asp_bits_init (&b, rbsp, asp_es_nal_unescape (nal, size, rbsp, sizeof rbsp));
  asp_bits_skip (&b, 16 + 4);   /* NAL unit header, sps_video_parameter_set_id */
  sub_layers = asp_bits_get (&b, 3);
  asp_bits_skip (&b, 1);        /* sps_temporal_id_nesting_flag */
  if (sub_layers > 6)
    return FALSE;
  read_profile_tier_level (&b, sub_layers, out);
  if (asp_bits_ue (&b) > 15 || !read_dimensions (&b, out))
    return FALSE;
  log2_max_poc_lsb = asp_bits_ue (&b);
  if (log2_max_poc_lsb > 12)
    return FALSE;
  /* the last entry is that of the highest sub-layer: of the whole stream */
  for (guint i = asp_bits_get (&b, 1) ? 0 : sub_layers; i <= sub_layers; i++) {
    asp_bits_ue (&b);           /* sps_max_dec_pic_buffering_minus1 */
    reorder = asp_bits_ue (&b);
    asp_bits_ue (&b);           /* sps_max_latency_increase_plus1 */
  }
  if (reorder > DELTA_POCS_MAX || !skip_coding_tools (&b, log2_max_poc_lsb + 4))
    return FALSE;
  out->max_reorder = (gint) reorder;
  if (asp_bits_get (&b, 1))
    read_vui (&b, out);
  return !b.error;
}

gboolean
asp_es_hevc_params (const guint8 * data, gsize size, AspVideoParams * out)
{
  AspEsUnit u;

  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u)) {
    if (nal_type (&u) != NAL_SPS)
      continue;
    asp_es_unit_close (&u, G_MAXSIZE);
    return asp_es_hevc_parse_sps (data + u.body, asp_es_unit_nal_size (&u), out);
  }
  return FALSE;
}

/* num_extra_slice_header_bits of the PPS @pps_id before the slice; 0 when it is not there */
static guint
extra_slice_header_bits (const AspEsUnit * slice, guint pps_id)
{
  AspEsUnit u;

  asp_es_unit_init (&u, slice->data, slice->start);
  while (asp_es_unit_next (&u)) {
    guint8 head[ASP_SLICE_HEADER_MAX];
    AspBits b;

    if (nal_type (&u) != NAL_PPS)
      continue;
    asp_es_unit_close (&u, sizeof head);
    asp_bits_init (&b, head, asp_es_nal_unescape (u.data + u.body, u.end - u.body, head, sizeof head));
    asp_bits_skip (&b, 16);
    if (asp_bits_ue (&b) != pps_id)
      continue;
    asp_bits_ue (&b);           /* pps_seq_parameter_set_id */
    asp_bits_skip (&b, 2);      /* dependent_slice_segments_enabled_flag, output_flag_present_flag */
    return asp_bits_get (&b, 3);
  }
  return 0;
}

/* slice_segment_header () up to slice_type: 7.3.6.1. FALSE when it goes on behind the data. */
static gboolean
read_slice (AspEsUnit * u, guint type, gboolean has_pps, AspAuInfo * out)
{
  guint8 head[ASP_SLICE_HEADER_MAX];
  AspBits b;
  guint32 pps_id, slice_type;

  asp_es_unit_close (u, sizeof head);
  asp_bits_init (&b, head, asp_es_nal_unescape (u->data + u->body, asp_es_unit_nal_size (u),
          head, sizeof head));
  asp_bits_skip (&b, 16);
  if (!asp_bits_get (&b, 1))    /* first_slice_segment_in_pic_flag */
    return !b.error || u->whole;        /* the first one was lost: no type to be had */
  if (is_irap (type))
    asp_bits_skip (&b, 1);      /* no_output_of_prior_pics_flag */
  pps_id = asp_bits_ue (&b);
  if (has_pps)
    asp_bits_skip (&b, extra_slice_header_bits (u, pps_id));
  slice_type = asp_bits_ue (&b);
  if (!b.error) {
    out->is_b = slice_type == 0;
    if (out->kind == ASP_PICTURE_TRAILING && slice_type == 2)
      out->kind = ASP_PICTURE_INTRA;
  }
  return !b.error || u->whole;
}

gboolean
asp_es_hevc_scan (const guint8 * data, gsize size, AspAuInfo * out)
{
  gboolean vps = FALSE, sps = FALSE, pps = FALSE, recovery_point = FALSE, behind_aud = FALSE;
  AspEsUnit u;

  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u)) {
    guint type = nal_type (&u);

    if (type != NAL_AUD && !behind_aud) {
      behind_aud = TRUE;
      out->parameter_set_offset = asp_es_unit_nal_start (&u);
    }
    if (is_slice (type)) {
      out->kind = picture_kind (type, recovery_point);
      /* even types below 16 are sub-layer non-reference pictures */
      out->is_reference = is_irap (type) || (type & 1);
      out->has_parameter_sets = vps && sps && pps;
      out->picture_offset = asp_es_unit_nal_start (&u);
      return read_slice (&u, type, pps, out);
    }
    vps = vps || type == NAL_VPS;
    sps = sps || type == NAL_SPS;
    pps = pps || type == NAL_PPS;
    if (type == NAL_PREFIX_SEI) {
      asp_es_unit_close (&u, G_MAXSIZE);
      if (asp_es_sei_has (data + u.body, asp_es_unit_nal_size (&u), 2, ASP_SEI_RECOVERY_POINT))
        recovery_point = TRUE;
    }
  }
  return FALSE;
}

guint
asp_es_hevc_cra_to_bla (guint8 * data, gsize size, gboolean with_radl)
{
  guint type = with_radl ? NAL_BLA_W_RADL : NAL_BLA_N_LP;
  guint changed = 0;
  AspEsUnit u;

  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u)) {
    if (nal_type (&u) != NAL_CRA)
      continue;
    data[u.body] = (guint8) ((data[u.body] & 0x81) | (type << 1));
    changed++;
  }
  return changed;
}
