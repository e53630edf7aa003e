/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts/asp-es-video for H.264: bitstreams written by hand from 7.3 of the standard. */
#include <asp-es-video.h>

#include <string.h>

#include "bit-writer.h"
#include "es-check.h"
#include "unit-support.h"

#define H264 ASP_CODEC_H264

typedef struct
{
  guint profile, compat, level, id;
  guint chroma_format;          /* high profiles only */
  gboolean separate_planes, scaling_lists;
  gint delta_scale;             /* one that is written into the first list, 0 for none */
  guint bit_depth;
  guint log2_frame_num;
  guint poc_type, poc_cycle;    /* num_ref_frames_in_pic_order_cnt_cycle */
  guint width_mbs, height_units;
  gboolean frame_mbs_only;
  guint crop[4];
  gboolean vui, hrd;
  guint cpb_cnt;                /* cpb_cnt_minus1 */
  guint sar_idc;
  guint32 num_units, time_scale;
  gint reorder;                 /* -1: no bitstream_restriction */
} Sps;

static const Sps sps_progressive = {
  .profile = 77,.compat = 0x40,.level = 31,.chroma_format = 1,.bit_depth = 8,.log2_frame_num = 4,
  .width_mbs = 80,.height_units = 45,.frame_mbs_only = TRUE,.num_units = 1,.time_scale = 100,
  .vui = TRUE,.sar_idc = 1,.reorder = 2
};

static const Sps sps_interlaced = {
  .profile = 77,.level = 40,.chroma_format = 1,.bit_depth = 8,.log2_frame_num = 9,
  .width_mbs = 120,.height_units = 34,.crop = {0, 0, 0, 2},.num_units = 1,.time_scale = 50,
  .vui = TRUE,.sar_idc = 1,.reorder = -1
};

/* List 0 runs to its end, list 1 stops at a zero scale, the others are not there. */
static void
put_scaling_lists (BitWriter * w, guint n, gint delta_scale)
{
  bits_u (w, 1, 1);
  for (guint i = 0; i < 16; i++)
    bits_se (w, i == 5 && delta_scale ? delta_scale : i % 2 ? 3 : -2);
  bits_u (w, 1, 1);
  bits_se (w, -8);              /* nextScale 0: no more deltas are coded */
  for (guint i = 2; i < n; i++)
    bits_u (w, 1, 0);
}

static void
put_hrd (BitWriter * w, guint cpb_cnt)
{
  bits_ue (w, cpb_cnt);
  bits_u (w, 8, 0x34);
  for (guint i = 0; i <= cpb_cnt; i++) {
    bits_ue (w, 78124 + i);
    bits_ue (w, 999999);
    bits_u (w, 1, i & 1);
  }
  bits_u (w, 20, 0xbdef7);
}

static void
put_vui (BitWriter * w, const Sps * s)
{
  bits_u (w, 1, s->sar_idc > 0);
  if (s->sar_idc > 0)
    bits_u (w, 8, s->sar_idc);
  if (s->sar_idc == 255)
    bits_u (w, 32, 59 << 16 | 54);
  bits_s (w, "1 1");            /* overscan */
  bits_s (w, "1 101 0 1");      /* video_signal_type with colours */
  bits_u (w, 24, 0x010101);
  bits_u (w, 1, 1);
  bits_ue (w, 0);
  bits_ue (w, 5);
  bits_u (w, 1, s->time_scale > 0);
  if (s->time_scale > 0) {
    bits_u (w, 32, s->num_units);
    bits_u (w, 32, s->time_scale);
    bits_u (w, 1, 1);
  }
  bits_u (w, 1, s->hrd);
  if (s->hrd)
    put_hrd (w, s->cpb_cnt);
  bits_u (w, 1, s->hrd);
  if (s->hrd) {
    put_hrd (w, s->cpb_cnt);
    bits_u (w, 1, 0);
  }
  bits_u (w, 1, 1);
  bits_u (w, 1, s->reorder >= 0);
  if (s->reorder >= 0) {
    bits_u (w, 1, 1);
    for (guint i = 0; i < 4; i++)
      bits_ue (w, 16 - 5 * i);
    bits_ue (w, (guint32) s->reorder);
    bits_ue (w, 4);
  }
}

/* 7.3.2.1.1 */
static gboolean
has_high_fields (guint profile)
{
  switch (profile) {
    case 100:
    case 110:
    case 122:
    case 244:
    case 44:
    case 83:
    case 86:
    case 118:
    case 128:
    case 138:
    case 139:
    case 134:
    case 135:
      return TRUE;
    default:
      return FALSE;
  }
}

static void
put_sps (GByteArray * out, const Sps * s)
{
  BitWriter w;

  bits_init (&w);
  bits_u (&w, 32, 0x67u << 24 | s->profile << 16 | s->compat << 8 | s->level);
  bits_ue (&w, s->id);
  if (has_high_fields (s->profile)) {
    bits_ue (&w, s->chroma_format);
    if (s->chroma_format == 3)
      bits_u (&w, 1, s->separate_planes);
    bits_ue (&w, s->bit_depth - 8);
    bits_ue (&w, s->bit_depth - 8);
    bits_u (&w, 1, 0);
    bits_u (&w, 1, s->scaling_lists);
    if (s->scaling_lists)
      put_scaling_lists (&w, s->chroma_format == 3 ? 12 : 8, s->delta_scale);
  }
  bits_ue (&w, s->log2_frame_num - 4);
  bits_ue (&w, s->poc_type);
  if (s->poc_type == 0) {
    bits_ue (&w, 2);
  } else if (s->poc_type == 1) {
    bits_u (&w, 1, 0);
    bits_se (&w, -3);
    bits_se (&w, 1);
    bits_ue (&w, s->poc_cycle);
    for (guint i = 0; i < s->poc_cycle; i++)
      bits_se (&w, (gint) i - 1);
  }
  bits_ue (&w, 4);
  bits_u (&w, 1, 0);
  bits_ue (&w, s->width_mbs - 1);
  bits_ue (&w, s->height_units - 1);
  bits_u (&w, 1, s->frame_mbs_only);
  if (!s->frame_mbs_only)
    bits_u (&w, 1, 1);
  bits_u (&w, 1, 1);
  if (s->crop[0] | s->crop[1] | s->crop[2] | s->crop[3]) {
    bits_u (&w, 1, 1);
    for (guint i = 0; i < 4; i++)
      bits_ue (&w, s->crop[i]);
  } else {
    bits_u (&w, 1, 0);
  }
  bits_u (&w, 1, s->vui);
  if (s->vui)
    put_vui (&w, s);
  bits_nal (&w, out, 4);
  bits_clear (&w);
}

static void
put_pps (GByteArray * out, guint id, guint sps_id)
{
  BitWriter w;

  bits_init (&w);
  bits_u (&w, 8, 0x68);
  bits_ue (&w, id);
  bits_ue (&w, sps_id);
  bits_s (&w, "1 0 1 1 1");
  bits_nal (&w, out, 4);
  bits_clear (&w);
}

/* @structure: -1 no field_pic_flag in the syntax, 0 frame, 1 top field, 2 bottom field */
static void
put_slice (GByteArray * out, guint header, guint slice_type, guint pps_id, guint frame_num_bits,
    guint frame_num, gint structure)
{
  BitWriter w;

  bits_init (&w);
  bits_u (&w, 8, header);
  bits_ue (&w, 0);
  bits_ue (&w, slice_type);
  bits_ue (&w, pps_id);
  bits_u (&w, frame_num_bits, frame_num);
  if (structure >= 0)
    bits_u (&w, 1, structure > 0);
  if (structure > 0)
    bits_u (&w, 1, structure == 2);
  for (guint i = 0; i < 90; i++)
    bits_u (&w, 8, (i * 37 + 129) & 0xff);
  bits_nal (&w, out, 3);
  bits_clear (&w);
}

static void
put_hex (GByteArray * out, const gchar * hex)
{
  g_autoptr (GByteArray) bytes = test_hex (hex);

  g_byte_array_append (out, bytes->data, bytes->len);
}

#define AUD "00000001 09 f0"
#define SEI_CAPTIONS "00000001 06 04 08 b5003147413934 03 80"
#define SEI_RECOVERY "000001 06 06 01 c4 80"
#define TRAILING_FILLER "000001 0c ffffff80"

static void
test_kinds (void)
{
  static const struct
  {
    const gchar *before;
    gboolean sets;
    guint header, slice_type;
    AspPictureKind kind;
    gboolean is_reference, is_b;
  } cases[] = {
    {AUD, TRUE, 0x65, 7, ASP_PICTURE_IDR, TRUE, FALSE},
    {"", TRUE, 0x65, 2, ASP_PICTURE_IDR, TRUE, FALSE},
    {AUD, FALSE, 0x25, 7, ASP_PICTURE_IDR, TRUE, FALSE},
    {AUD, FALSE, 0x41, 5, ASP_PICTURE_TRAILING, TRUE, FALSE},
    {AUD, FALSE, 0x41, 0, ASP_PICTURE_TRAILING, TRUE, FALSE},
    {AUD, FALSE, 0x41, 8, ASP_PICTURE_TRAILING, TRUE, FALSE},   /* SP */
    {AUD, FALSE, 0x01, 6, ASP_PICTURE_TRAILING, FALSE, TRUE},
    {AUD, FALSE, 0x01, 1, ASP_PICTURE_TRAILING, FALSE, TRUE},
    {AUD, FALSE, 0x61, 6, ASP_PICTURE_TRAILING, TRUE, TRUE},
    {AUD, FALSE, 0x61, 7, ASP_PICTURE_INTRA, TRUE, FALSE},
    {AUD, TRUE, 0x61, 2, ASP_PICTURE_INTRA, TRUE, FALSE},
    {AUD, FALSE, 0x61, 9, ASP_PICTURE_INTRA, TRUE, FALSE},      /* SI */
    {AUD, FALSE, 0x42, 7, ASP_PICTURE_INTRA, TRUE, FALSE},      /* partition A */
    {AUD SEI_RECOVERY, TRUE, 0x41, 7, ASP_PICTURE_RECOVERY_POINT, TRUE, FALSE},
    {AUD SEI_CAPTIONS SEI_RECOVERY, FALSE, 0x41, 5, ASP_PICTURE_RECOVERY_POINT, TRUE, FALSE},
    {AUD SEI_RECOVERY, TRUE, 0x65, 7, ASP_PICTURE_IDR, TRUE, FALSE},
    {AUD SEI_CAPTIONS, FALSE, 0x41, 5, ASP_PICTURE_TRAILING, TRUE, FALSE},
    /* slices of an enhancement layer and of an auxiliary picture are none of ours */
    {AUD "00000001 6e 40 80 0000000174 40 80 0000000173 88 80", FALSE, 0x41, 5, ASP_PICTURE_TRAILING, TRUE, FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) au = test_hex (cases[i].before);
    gsize slice_at;
    AspAuInfo info;

    g_test_message ("case %u", i);
    if (cases[i].sets) {
      put_sps (au, &sps_progressive);
      put_pps (au, 0, 0);
    }
    slice_at = au->len;
    put_slice (au, cases[i].header, cases[i].slice_type, 0, 4, 11, -1);
    put_hex (au, TRAILING_FILLER);
    info = scan_whole (H264, au);
    g_assert_true (info.complete);
    g_assert_cmpint (info.kind, ==, cases[i].kind);
    g_assert_cmpint (info.is_reference, ==, cases[i].is_reference);
    g_assert_cmpint (info.is_b, ==, cases[i].is_b);
    g_assert_false (info.field);
    g_assert_cmpint (info.has_parameter_sets, ==, cases[i].sets);
    g_assert_cmpuint (info.frame_num, ==, cases[i].sets ? 11 : 0);
    g_assert_cmpuint (info.picture_offset, ==, slice_at);
    g_assert_cmpuint (info.parameter_set_offset, ==, g_str_has_prefix (cases[i].before, AUD) ? 6 : 0);
    check_video_prefixes (H264, au->data, au->len, G_MAXSIZE, NULL);
  }
}

static void
test_no_picture (void)
{
  static const gchar *const cases[] = {
    "", "00", "000001", "00000001", "00000001 09 f0", "ffffff", "00000001 06 05 01 00 80",
    SEI_CAPTIONS SEI_RECOVERY TRAILING_FILLER, "000000 000000 000000", "000001 000001 000001 09"
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = test_hex (cases[i]);
    AspAuInfo info = scan_whole (H264, bytes);

    g_assert_false (info.complete);
    g_assert_cmpint (info.kind, ==, ASP_PICTURE_UNKNOWN);
    check_video_prefixes (H264, bytes->data, bytes->len, G_MAXSIZE, NULL);
  }
}

/* The header of a slice may end in the bytes that a start code begins with. */
static void
test_complete_is_final (void)
{
  static const gchar *const cases[] = {
    /* slice_type comes behind an emulation prevention byte: first_mb_in_slice is long */
    "000001 41 000003 00 8000 000300 3f ffff",
    "000001 65 88 80 000000 000001 09 10",
    "000001 41 9a",
    "000001 41 9a 000001 09 10",
    "000001 41 000001 09 10",
    "000001 41 00000001 41 9a 00",
    "000001 01 00 0000 0000 0000 0000 0000 0001 09",
    "000001 01 01 0000 0300 0003 0000 0301 0000 0300 0003 0000 0301 ffffff",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = test_hex (cases[i]);
    AspVideoParams known = {.frame_num_bits = 4,.interlaced = TRUE };

    check_video_prefixes (H264, bytes->data, bytes->len, G_MAXSIZE, NULL);
    check_video_prefixes (H264, bytes->data, bytes->len, G_MAXSIZE, &known);
  }
}

static void
test_fields (void)
{
  for (gint structure = 0; structure <= 2; structure++) {
    g_autoptr (GByteArray) with_sps = test_hex (AUD);
    g_autoptr (GByteArray) alone = test_hex (AUD);
    AspVideoParams known;
    AspAuInfo info;

    put_sps (with_sps, &sps_interlaced);
    put_pps (with_sps, 0, 0);
    put_slice (with_sps, 0x65, 7, 0, 9, 0x155, structure);
    info = scan_whole (H264, with_sps);
    g_assert_true (info.complete);
    g_assert_cmpint (info.field, ==, structure > 0);
    g_assert_cmpint (info.bottom_field, ==, structure == 2);
    g_assert_cmphex (info.frame_num, ==, 0x155);
    check_video_prefixes (H264, with_sps->data, with_sps->len, G_MAXSIZE, NULL);

    /* the next one, without an SPS of its own */
    put_slice (alone, 0x41, 5, 0, 9, 0x0aa, structure);
    info = scan_whole (H264, alone);
    g_assert_true (info.complete);
    g_assert_false (info.field);
    g_assert_true (asp_es_video_params (H264, with_sps->data, with_sps->len, &known));
    asp_es_video_scan_known (H264, alone->data, alone->len, &known, &info);
    g_assert_true (info.complete);
    g_assert_cmpint (info.field, ==, structure > 0);
    g_assert_cmpint (info.bottom_field, ==, structure == 2);
    g_assert_cmphex (info.frame_num, ==, 0x0aa);
    check_video_prefixes (H264, alone->data, alone->len, G_MAXSIZE, &known);
  }
}

/* colour_plane_id stands before frame_num */
static void
test_separate_planes (void)
{
  Sps sps = sps_interlaced;
  g_autoptr (GByteArray) au = g_byte_array_new ();
  AspVideoParams params;
  AspAuInfo info;
  BitWriter w;

  sps.profile = 244;
  sps.chroma_format = 3;
  sps.separate_planes = TRUE;
  sps.crop[3] = 4;              /* like luma, in frame lines */
  put_sps (au, &sps);
  put_pps (au, 0, 0);
  bits_init (&w);
  bits_u (&w, 8, 0x65);
  bits_ue (&w, 0);
  bits_ue (&w, 7);
  bits_ue (&w, 0);
  bits_u (&w, 2, 1);            /* colour_plane_id */
  bits_u (&w, 9, 0x1f3);
  bits_s (&w, "1 1");
  bits_u (&w, 32, 0x12345678);
  bits_nal (&w, au, 3);
  bits_clear (&w);
  info = scan_whole (H264, au);
  g_assert_true (info.complete && info.field && info.bottom_field);
  g_assert_cmphex (info.frame_num, ==, 0x1f3);
  g_assert_true (asp_es_video_params (H264, au->data, au->len, &params));
  g_assert_true (params.separate_colour_plane);
  g_assert_cmpuint (params.height, ==, 34 * 32 - 4 * 2);
}

/* The slice says which PPS, that one says which SPS. */
static void
test_several_sps (void)
{
  g_autoptr (GByteArray) au = g_byte_array_new ();
  Sps second = sps_interlaced;
  AspAuInfo info;
  gsize before;

  second.id = 3;
  put_sps (au, &sps_progressive);
  put_sps (au, &second);
  put_pps (au, 0, 0);
  put_pps (au, 7, 3);
  before = au->len;
  put_slice (au, 0x65, 7, 7, 9, 0x101, 1);
  info = scan_whole (H264, au);
  g_assert_true (info.field);
  g_assert_cmphex (info.frame_num, ==, 0x101);
  check_video_prefixes (H264, au->data, au->len, G_MAXSIZE, NULL);

  g_byte_array_set_size (au, (guint) before);
  put_slice (au, 0x65, 7, 0, 4, 0x9, -1);
  info = scan_whole (H264, au);
  g_assert_false (info.field);
  g_assert_cmphex (info.frame_num, ==, 0x9);

  /* number 0 is not the first one */
  g_byte_array_set_size (au, 0);
  put_sps (au, &second);
  put_sps (au, &sps_progressive);
  put_pps (au, 0, 0);
  before = au->len;
  put_slice (au, 0x65, 7, 0, 4, 0x9, -1);
  info = scan_whole (H264, au);
  g_assert_false (info.field);
  g_assert_cmphex (info.frame_num, ==, 0x9);
  /* without that PPS: the first one */
  g_byte_array_set_size (au, (guint) before);
  put_slice (au, 0x65, 7, 5, 9, 0x111, 2);
  info = scan_whole (H264, au);
  g_assert_true (info.bottom_field);
  g_assert_cmphex (info.frame_num, ==, 0x111);
  /* an SPS that is not there: no fields can be read */
  g_byte_array_set_size (au, (guint) before);
  put_pps (au, 5, 9);
  put_slice (au, 0x65, 7, 5, 9, 0x111, 2);
  info = scan_whole (H264, au);
  g_assert_cmpint (info.kind, ==, ASP_PICTURE_IDR);
  g_assert_false (info.field);
  g_assert_cmpuint (info.frame_num, ==, 0);
}

static void
test_half_parameter_sets (void)
{
  g_autoptr (GByteArray) sps = g_byte_array_new ();
  g_autoptr (GByteArray) pps = g_byte_array_new ();

  put_sps (sps, &sps_progressive);
  put_slice (sps, 0x65, 7, 0, 4, 1, -1);
  g_assert_false (scan_whole (H264, sps).has_parameter_sets);
  put_pps (pps, 0, 0);
  put_slice (pps, 0x65, 7, 0, 4, 1, -1);
  g_assert_false (scan_whole (H264, pps).has_parameter_sets);
}

static void
check_params (const Sps * s, guint width, guint height, guint fps_num, guint fps_den)
{
  g_autoptr (GByteArray) bytes = test_hex (AUD);
  AspVideoParams p;

  put_sps (bytes, s);
  put_pps (bytes, 0, 0);
  g_assert_true (asp_es_video_params (H264, bytes->data, bytes->len, &p));
  g_assert_cmpuint (p.width, ==, width);
  g_assert_cmpuint (p.height, ==, height);
  g_assert_cmpuint (p.fps_num, ==, fps_num);
  g_assert_cmpuint (p.fps_den, ==, fps_den);
  g_assert_cmpuint (p.profile_idc, ==, s->profile);
  g_assert_cmphex (p.profile_compat, ==, s->compat);
  g_assert_cmpuint (p.level_idc, ==, s->level);
  g_assert_cmpuint (p.chroma_format_idc, ==, s->chroma_format);
  g_assert_cmpuint (p.bit_depth, ==, s->bit_depth);
  g_assert_cmpint (p.interlaced, ==, !s->frame_mbs_only);
  g_assert_cmpuint (p.frame_num_bits, ==, s->log2_frame_num);
  g_assert_cmpint (p.max_reorder, ==, s->poc_type == 2 ? 0 : s->vui ? s->reorder : -1);
  g_assert_false (p.low_delay);
  check_video_prefixes (H264, bytes->data, bytes->len, G_MAXSIZE, NULL);
}

static void
test_params (void)
{
  Sps s = sps_progressive;

  check_params (&s, 1280, 720, 50, 1);
  check_params (&sps_interlaced, 1920, 1080, 25, 1);

  s.poc_type = 1;
  s.poc_cycle = 3;
  s.hrd = TRUE;
  s.cpb_cnt = 1;
  s.num_units = 1001;
  s.time_scale = 60000;
  check_params (&s, 1280, 720, 30000, 1001);
  s.time_scale = 0;
  check_params (&s, 1280, 720, 0, 0);
  s.vui = FALSE;
  check_params (&s, 1280, 720, 0, 0);
  s.poc_type = 2;
  check_params (&s, 1280, 720, 0, 0);

  s = sps_progressive;
  s.profile = 100;
  s.scaling_lists = TRUE;
  s.crop[0] = 3;
  s.crop[1] = 1;
  s.crop[2] = 2;
  s.crop[3] = 5;
  check_params (&s, 1280 - 8, 720 - 14, 50, 1);
  s.profile = 122;
  s.chroma_format = 2;
  s.bit_depth = 10;
  check_params (&s, 1280 - 8, 720 - 7, 50, 1);
  s.profile = 244;
  s.chroma_format = 3;
  s.bit_depth = 14;
  s.frame_mbs_only = FALSE;
  check_params (&s, 1280 - 4, 1440 - 14, 50, 1);
  s.chroma_format = 0;
  check_params (&s, 1280 - 4, 1440 - 14, 50, 1);
}

static void
test_sar (void)
{
  /* Table E-1 */
  static const guint cases[][3] = {
    {0, 0, 0}, {1, 1, 1}, {2, 12, 11}, {3, 10, 11}, {4, 16, 11}, {5, 40, 33}, {6, 24, 11}, {7, 20, 11},
    {8, 32, 11}, {9, 80, 33}, {10, 18, 11}, {11, 15, 11}, {12, 64, 33}, {13, 160, 99}, {14, 4, 3},
    {15, 3, 2}, {16, 2, 1}, {17, 0, 0}, {254, 0, 0}, {255, 59, 54}
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    Sps s = sps_progressive;
    AspVideoParams p;

    s.sar_idc = cases[i][0];
    put_sps (bytes, &s);
    g_assert_true (asp_es_video_params (H264, bytes->data, bytes->len, &p));
    g_assert_cmpuint (p.sar_num, ==, cases[i][1]);
    g_assert_cmpuint (p.sar_den, ==, cases[i][2]);
    g_assert_cmpuint (p.fps_num, ==, 50);
  }
}

/* A rate is in lowest terms, or none. */
static void
test_frame_rates (void)
{
  static const guint32 cases[][4] = {
    {1, 50, 25, 1}, {1001, 48000, 24000, 1001}, {1000, 60000, 30, 1}, {540000, 27000000, 25, 1},
    {0, 50, 0, 0}, {1, 0xfffffffe, 0x7fffffff, 1}, {1, 0xffffffff, 0, 0}, {0x3fffffff, 1, 1, 0x7ffffffe},
    {0x40000000, 1, 0, 0},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Sps s = sps_progressive;

    s.num_units = cases[i][0];
    s.time_scale = cases[i][1];
    check_params (&s, 1280, 720, cases[i][2], cases[i][3]);
  }
}

/* The timing of sps_progressive cannot be written without emulation prevention. */
static void
test_emulation_prevention (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Sps s = sps_progressive;
  gboolean found = FALSE;

  put_sps (bytes, &s);
  for (guint i = 5; i + 2 < bytes->len; i++)
    if (!memcmp (bytes->data + i, "\0\0\3", 3))
      found = TRUE;
  g_assert_true (found);
}

/* The largest value that is read, and the next one. */
static void
test_sps_limits (void)
{
  static const struct
  {
    gsize field;
    guint good, bad;
  } limits[] = {
    {G_STRUCT_OFFSET (Sps, id), 31, 32},
    {G_STRUCT_OFFSET (Sps, chroma_format), 3, 4},
    {G_STRUCT_OFFSET (Sps, bit_depth), 14, 15},
    {G_STRUCT_OFFSET (Sps, log2_frame_num), 16, 17},
    {G_STRUCT_OFFSET (Sps, poc_type), 2, 3},
    {G_STRUCT_OFFSET (Sps, poc_cycle), 255, 256},
    {G_STRUCT_OFFSET (Sps, width_mbs), 4096, 4097},
    {G_STRUCT_OFFSET (Sps, height_units), 4096, 4097},
    {G_STRUCT_OFFSET (Sps, crop), 639, 640},    /* of 1280, in units of two */
    {G_STRUCT_OFFSET (Sps, crop[2]), 359, 360}, /* of 720 */
    {G_STRUCT_OFFSET (Sps, cpb_cnt), 31, 32},
    {G_STRUCT_OFFSET (Sps, delta_scale), 127, 128},
    {G_STRUCT_OFFSET (Sps, delta_scale), (guint) - 128, (guint) - 129},
    {G_STRUCT_OFFSET (Sps, delta_scale), 127, G_MAXINT32},
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (limits); i++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    Sps s = sps_progressive;
    gboolean good = i % 2 == 0;
    AspVideoParams p;

    s.profile = 100;
    s.scaling_lists = TRUE;
    s.poc_type = 1;
    s.hrd = TRUE;
    G_STRUCT_MEMBER (guint, &s, limits[i / 2].field) = good ? limits[i / 2].good : limits[i / 2].bad;
    put_sps (bytes, &s);
    g_test_message ("limit %u, %s", i / 2, good ? "good" : "bad");
    g_assert_cmpint (asp_es_video_params (H264, bytes->data, bytes->len, &p), ==, good);
    if (good) {
      g_assert_cmpuint (p.fps_num, ==, 50);
      g_assert_cmpint (p.max_reorder, ==, s.poc_type == 2 ? 0 : 2);
    }
    check_video_prefixes (H264, bytes->data, bytes->len, 400, NULL);
  }
}

/* A depth that cannot be is none, and no damage of what stands before it. */
static void
test_reorder_limit (void)
{
  for (guint reorder = 15; reorder <= 17; reorder++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    Sps s = sps_progressive;
    AspVideoParams p;

    s.reorder = (gint) reorder;
    put_sps (bytes, &s);
    g_assert_true (asp_es_video_params (H264, bytes->data, bytes->len, &p));
    g_assert_cmpint (p.max_reorder, ==, reorder == 17 ? -1 : (gint) reorder);
  }
}

/* Every profile_idc that has the fields of high profiles, and neighbours that have not. */
static void
test_high_profiles (void)
{
  static const guint8 high[] = { 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135 };
  static const guint8 others[] = { 66, 77, 88, 43, 45, 99, 101, 119, 136, 245 };

  for (guint i = 0; i < sizeof high; i++) {
    Sps s = sps_progressive;

    s.profile = high[i];
    s.chroma_format = 2;
    check_params (&s, 1280, 720, 50, 1);
  }
  for (guint i = 0; i < sizeof others; i++) {
    Sps s = sps_progressive;

    s.profile = others[i];
    check_params (&s, 1280, 720, 50, 1);
  }
}

static void
test_copy_parameter_sets (void)
{
  g_autoptr (GByteArray) au = test_hex (AUD);
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  g_autoptr (GByteArray) got = test_hex ("aabb");

  put_sps (expected, &sps_progressive);
  put_pps (expected, 0, 0);
  /* SPS extension and subset SPS belong to the SPS */
  put_hex (expected, "00000001 6d 80aabb80 00000001 6f 6400ccdd80");
  put_pps (expected, 1, 0);
  g_byte_array_append (au, expected->data, expected->len);
  put_hex (au, "0000" SEI_CAPTIONS);    /* trailing_zero_8bits behind the PPS */
  put_slice (au, 0x41, 7, 0, 4, 0, -1);
  put_pps (au, 2, 0);           /* behind the first slice: of the next access unit */
  put_hex (au, "000001 09 f0");
  g_assert_cmpuint (asp_es_video_copy_parameter_sets (H264, au->data, au->len, got), ==, 5);
  g_assert_cmpmem (got->data + 2, got->len - 2, expected->data, expected->len);
  g_assert_cmpmem (got->data, 2, "\xaa\xbb", 2);

  /* up to the slice and no further: the last one is whole */
  g_byte_array_set_size (got, 0);
  g_assert_cmpuint (asp_es_video_copy_parameter_sets (H264, expected->data, expected->len, got), ==, 5);
  g_assert_cmpmem (got->data, got->len, expected->data, expected->len);
  g_byte_array_set_size (got, 0);
  g_assert_cmpuint (asp_es_video_copy_parameter_sets (ASP_CODEC_AC3, au->data, au->len, got), ==, 0);
  g_assert_cmpuint (got->len, ==, 0);
}

/* A picture is found behind any number of bytes, and what is behind its header is not read. */
static void
test_long_runs (void)
{
  g_autoptr (GByteArray) au = test_hex (AUD "00000001 06 05 ff ff ff 10");
  AspAuInfo info;
  guint8 byte = 0x01;

  /* user data without end, all of it 01: the worst for a search of 01 */
  for (guint i = 0; i < 100000; i++)
    g_byte_array_append (au, &byte, 1);
  put_slice (au, 0x65, 7, 0, 4, 0, -1);
  info = scan_whole (H264, au);
  g_assert_cmpint (info.kind, ==, ASP_PICTURE_IDR);
  g_assert_cmpuint (info.picture_offset, ==, 16 + 100000);
}

static void
test_kind_sets (void)
{
  for (guint k = ASP_PICTURE_UNKNOWN; k <= ASP_PICTURE_INTRA; k++) {
    g_assert_cmpint (asp_picture_is_rap (k), ==, k == ASP_PICTURE_IDR || k == ASP_PICTURE_IDR_W_RADL ||
        k == ASP_PICTURE_CRA || k == ASP_PICTURE_BLA || k == ASP_PICTURE_OPEN_I);
    g_assert_cmpint (asp_picture_may_have_skipped_leading (k), ==, k == ASP_PICTURE_CRA ||
        k == ASP_PICTURE_BLA || k == ASP_PICTURE_OPEN_I);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/es/h264/kinds", test_kinds);
  g_test_add_func ("/es/h264/no-picture", test_no_picture);
  g_test_add_func ("/es/h264/complete-is-final", test_complete_is_final);
  g_test_add_func ("/es/h264/fields", test_fields);
  g_test_add_func ("/es/h264/separate-planes", test_separate_planes);
  g_test_add_func ("/es/h264/several-sps", test_several_sps);
  g_test_add_func ("/es/h264/half-parameter-sets", test_half_parameter_sets);
  g_test_add_func ("/es/h264/params", test_params);
  g_test_add_func ("/es/h264/sar", test_sar);
  g_test_add_func ("/es/h264/frame-rates", test_frame_rates);
  g_test_add_func ("/es/h264/emulation-prevention", test_emulation_prevention);
  g_test_add_func ("/es/h264/sps-limits", test_sps_limits);
  g_test_add_func ("/es/h264/reorder-limit", test_reorder_limit);
  g_test_add_func ("/es/h264/high-profiles", test_high_profiles);
  g_test_add_func ("/es/h264/copy-parameter-sets", test_copy_parameter_sets);
  g_test_add_func ("/es/h264/long-runs", test_long_runs);
  g_test_add_func ("/es/kind-sets", test_kind_sets);
  return g_test_run ();
}
