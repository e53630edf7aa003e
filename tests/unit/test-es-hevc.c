/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts/asp-es-video for HEVC: bitstreams written by hand from 7.3 of H.265. */
#include <asp-es-video.h>

#include <string.h>

#include "bit-writer.h"
#include "es-check.h"
#include "unit-support.h"

#define HEVC ASP_CODEC_HEVC

typedef struct
{
  guint profile, tier, level;
  guint sub_layers;             /* sps_max_sub_layers_minus1 */
  gboolean ordering_info;       /* sps_sub_layer_ordering_info_present_flag */
  guint chroma_format;
  guint width, height;
  guint window[4];
  guint bit_depth;
  guint reorder;                /* of the highest sub-layer */
  gboolean scaling_lists, pcm;
  guint long_term;              /* num_long_term_ref_pics_sps, 0: flag not set */
  guint rps;                    /* num_short_term_ref_pic_sets */
  guint negative, positive;     /* pictures of the first set; 0, 0: 2 and 1 */
  guint id, log2_poc_lsb;       /* of the SPS; 0: 8 */
  gboolean vui, field_seq;
  guint sar_idc;
  guint32 num_units, time_scale;
} Sps;

static const Sps sps_plain = {
  .profile = 1,.level = 93,.chroma_format = 1,.width = 1280,.height = 720,.bit_depth = 8,.reorder = 2,
  .ordering_info = TRUE,.vui = TRUE,.sar_idc = 1,.num_units = 1,.time_scale = 50
};

static void
put_header (BitWriter * w, guint type, guint layer)
{
  bits_u (w, 1, 0);
  bits_u (w, 6, type);
  bits_u (w, 6, layer);
  bits_u (w, 3, 1);
}

static void
put_profile_tier_level (BitWriter * w, const Sps * s)
{
  bits_u (w, 2, 0);
  bits_u (w, 1, s->tier);
  bits_u (w, 5, s->profile);
  bits_u (w, 32, 1u << (31 - s->profile));
  bits_u (w, 48, 0x900000000000);
  bits_u (w, 8, s->level);
  if (s->sub_layers == 0)
    return;
  /* the first one has a profile and a level, the others only a level */
  for (guint i = 0; i < 8; i++)
    bits_u (w, 2, i >= s->sub_layers ? 0 : i == 0 ? 3 : 1);
  for (guint i = 0; i < s->sub_layers; i++) {
    for (guint j = 0; i == 0 && j < 11; j++)
      bits_u (w, 8, 0xe0 + j);
    bits_u (w, 8, 30 + i);
  }
}

static void
put_scaling_lists (BitWriter * w)
{
  for (guint size_id = 0; size_id < 4; size_id++) {
    for (guint matrix = 0; matrix < 6; matrix += size_id == 3 ? 3 : 1) {
      guint coefs = size_id == 0 ? 16 : 64;

      bits_u (w, 1, matrix == 0);
      if (matrix != 0) {
        bits_ue (w, size_id == 3 ? 1 : matrix);
        continue;
      }
      if (size_id > 1)
        bits_se (w, 8);
      for (guint i = 0; i < coefs; i++)
        bits_se (w, (gint) (i % 5) - 2);
    }
  }
}

/* The first set is written out, the others are predicted from the one before. */
static void
put_ref_pic_sets (BitWriter * w, const Sps * s)
{
  guint n = s->rps;
  guint negative = s->negative + s->positive ? s->negative : 2;
  guint positive = s->negative + s->positive ? s->positive : 1;
  guint pocs = negative + positive;

  bits_ue (w, n);
  for (guint i = 0; i < n; i++) {
    if (i > 0)
      bits_u (w, 1, 1);
    if (i == 0) {
      bits_ue (w, negative);
      bits_ue (w, positive);
      for (guint j = 0; j < pocs; j++) {
        bits_ue (w, j);
        bits_u (w, 1, j != 1);
      }
      continue;
    }
    bits_u (w, 1, i & 1);
    bits_ue (w, 3);
    /* one is not used at all, one only kept: the count stays as it was */
    for (guint j = 0; j <= pocs; j++)
      bits_s (w, j == 0 ? "01" : j == 1 ? "00" : "1");
  }
}

static void
put_vui (BitWriter * w, const Sps * s)
{
  bits_u (w, 1, s->sar_idc > 0);
  if (s->sar_idc > 0)
    bits_u (w, 8, s->sar_idc);
  if (s->sar_idc == 255)
    bits_u (w, 32, 8 << 16 | 7);
  bits_s (w, "1 0");
  bits_s (w, "1 101 1 1");
  bits_u (w, 24, 0x090e09);
  bits_u (w, 1, 1);
  bits_ue (w, 2);
  bits_ue (w, 2);
  bits_u (w, 1, 0);
  bits_u (w, 1, s->field_seq);
  bits_u (w, 1, s->field_seq);
  bits_u (w, 1, 1);
  for (guint i = 0; i < 4; i++)
    bits_ue (w, i);
  bits_u (w, 1, s->time_scale > 0);
  if (s->time_scale > 0) {
    bits_u (w, 32, s->num_units);
    bits_u (w, 32, s->time_scale);
    bits_s (w, "1 1 0");        /* a tick a picture, no HRD */
  }
  bits_u (w, 1, 0);
}

static void
put_dimensions (BitWriter * w, const Sps * s)
{
  bits_ue (w, s->chroma_format);
  if (s->chroma_format == 3)
    bits_u (w, 1, 0);
  bits_ue (w, s->width);
  bits_ue (w, s->height);
  bits_u (w, 1, 1);
  for (guint i = 0; i < 4; i++)
    bits_ue (w, s->window[i]);
  bits_ue (w, s->bit_depth - 8);
  bits_ue (w, s->bit_depth - 8);
}

static void
put_sps (GByteArray * out, const Sps * s)
{
  BitWriter w;

  bits_init (&w);
  put_header (&w, 33, 0);
  bits_u (&w, 4, 0);
  bits_u (&w, 3, s->sub_layers);
  bits_u (&w, 1, 1);
  put_profile_tier_level (&w, s);
  bits_ue (&w, s->id);
  put_dimensions (&w, s);
  bits_ue (&w, (s->log2_poc_lsb ? s->log2_poc_lsb : 8) - 4);
  bits_u (&w, 1, s->ordering_info);
  for (guint i = s->ordering_info ? 0 : s->sub_layers; i <= s->sub_layers; i++) {
    bits_ue (&w, 4);
    bits_ue (&w, i == s->sub_layers ? s->reorder : 0);
    bits_ue (&w, 5);
  }
  for (guint i = 0; i < 6; i++)
    bits_ue (&w, i % 3);
  bits_u (&w, 1, s->scaling_lists);
  bits_u (&w, s->scaling_lists ? 1 : 0, s->scaling_lists);
  if (s->scaling_lists)
    put_scaling_lists (&w);
  bits_s (&w, "1 1");
  bits_u (&w, 1, s->pcm);
  if (s->pcm) {
    bits_u (&w, 8, 0x77);
    bits_ue (&w, 0);
    bits_ue (&w, 2);
    bits_u (&w, 1, 1);
  }
  put_ref_pic_sets (&w, s);
  bits_u (&w, 1, s->long_term > 0);
  if (s->long_term)
    bits_ue (&w, s->long_term);
  for (guint i = 0; i < s->long_term; i++)
    bits_u (&w, (s->log2_poc_lsb ? s->log2_poc_lsb : 8) + 1, 0x15);
  bits_s (&w, "1 0");
  bits_u (&w, 1, s->vui);
  if (s->vui)
    put_vui (&w, s);
  bits_u (&w, 1, 0);
  bits_nal (&w, out, 4);
  bits_clear (&w);
}

static void
put_vps (GByteArray * out)
{
  BitWriter w;

  bits_init (&w);
  put_header (&w, 32, 0);
  bits_u (&w, 32, 0x0c01ffff);
  bits_nal (&w, out, 4);
  bits_clear (&w);
}

static void
put_pps (GByteArray * out, guint id, guint extra_bits)
{
  BitWriter w;

  bits_init (&w);
  put_header (&w, 34, 0);
  bits_ue (&w, id);
  bits_ue (&w, 0);
  bits_s (&w, "0 1");
  bits_u (&w, 3, extra_bits);
  bits_s (&w, "1 1 1 1 0110");
  bits_nal (&w, out, 4);
  bits_clear (&w);
}

/* @slice_type 0 = B, 1 = P, 2 = I; -1: not the first segment of the picture */
static void
put_slice (GByteArray * out, guint type, gint slice_type, guint pps_id, guint extra_bits)
{
  BitWriter w;

  bits_init (&w);
  put_header (&w, type, 0);
  bits_u (&w, 1, slice_type >= 0);
  if (type >= 16 && type <= 23)
    bits_u (&w, 1, 0);
  bits_ue (&w, pps_id);
  for (guint i = 0; i < extra_bits; i++)
    bits_u (&w, 1, 1);
  bits_ue (&w, (guint32) MAX (slice_type, 0));
  for (guint i = 0; i < 90; i++)
    bits_u (&w, 8, (i * 53 + 200) & 0xff);
  bits_nal (&w, out, 3);
  bits_clear (&w);
}

#define AUD "00000001 46 01 50"
#define SEI_HASH "00000001 4e 01 05 04 00000300 01 80"
#define SEI_RECOVERY "000001 4e 01 06 01 c4 80"
#define SUFFIX_RECOVERY "000001 50 01 06 01 c4 80"

static void
test_kinds (void)
{
  static const struct
  {
    const gchar *before;
    guint type;
    gint slice_type;
    AspPictureKind kind;
    gboolean is_reference, is_b;
  } cases[] = {
    {AUD, 0, 1, ASP_PICTURE_TRAILING, FALSE, FALSE},
    {AUD, 1, 1, ASP_PICTURE_TRAILING, TRUE, FALSE},
    {AUD, 1, 0, ASP_PICTURE_TRAILING, TRUE, TRUE},
    {AUD, 1, 2, ASP_PICTURE_INTRA, TRUE, FALSE},
    {AUD, 1, -1, ASP_PICTURE_TRAILING, TRUE, FALSE},
    {"", 2, 0, ASP_PICTURE_TRAILING, FALSE, TRUE},
    {AUD, 3, 0, ASP_PICTURE_TRAILING, TRUE, TRUE},
    {AUD, 4, 0, ASP_PICTURE_TRAILING, FALSE, TRUE},
    {AUD, 5, 0, ASP_PICTURE_TRAILING, TRUE, TRUE},
    {AUD, 6, 0, ASP_PICTURE_RADL, FALSE, TRUE},
    {AUD, 7, 1, ASP_PICTURE_RADL, TRUE, FALSE},
    {AUD, 8, 0, ASP_PICTURE_RASL, FALSE, TRUE},
    {AUD, 9, 0, ASP_PICTURE_RASL, TRUE, TRUE},
    {AUD, 9, 2, ASP_PICTURE_RASL, TRUE, FALSE},
    {AUD, 16, 2, ASP_PICTURE_BLA, TRUE, FALSE},
    {AUD, 17, 2, ASP_PICTURE_BLA, TRUE, FALSE},
    {AUD, 18, 2, ASP_PICTURE_BLA, TRUE, FALSE},
    {AUD, 19, 2, ASP_PICTURE_IDR_W_RADL, TRUE, FALSE},
    {AUD, 20, 2, ASP_PICTURE_IDR, TRUE, FALSE},
    {"", 20, 2, ASP_PICTURE_IDR, TRUE, FALSE},
    {AUD, 21, 2, ASP_PICTURE_CRA, TRUE, FALSE},
    {AUD SEI_RECOVERY, 21, 2, ASP_PICTURE_CRA, TRUE, FALSE},
    {AUD SEI_RECOVERY, 1, 2, ASP_PICTURE_RECOVERY_POINT, TRUE, FALSE},
    {AUD SEI_HASH SEI_RECOVERY, 1, 0, ASP_PICTURE_RECOVERY_POINT, TRUE, TRUE},
    {AUD SEI_HASH, 1, 1, ASP_PICTURE_TRAILING, TRUE, FALSE},
    /* a suffix SEI message of that number is none */
    {AUD SUFFIX_RECOVERY, 1, 1, ASP_PICTURE_TRAILING, TRUE, FALSE},
    /* slices of another layer (nuh_layer_id 1 and 32) and of reserved types are dropped by decoders */
    {AUD "000001 28 09 af80 000001 29 01 af80 000001 2c 01 af80 000001 16 01 80", 1, 1,
        ASP_PICTURE_TRAILING, TRUE, FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) au = test_hex (cases[i].before);
    gsize slice_at = au->len;
    AspAuInfo info;

    g_test_message ("case %u", i);
    put_slice (au, cases[i].type, cases[i].slice_type, 0, 0);
    info = scan_whole (HEVC, au);
    g_assert_true (info.complete);
    g_assert_cmpint (info.kind, ==, cases[i].kind);
    g_assert_cmpint (info.is_reference, ==, cases[i].is_reference);
    g_assert_cmpint (info.is_b, ==, cases[i].is_b);
    g_assert_false (info.field || info.has_parameter_sets);
    g_assert_cmpuint (info.picture_offset, ==, slice_at);
    g_assert_cmpuint (info.parameter_set_offset, ==, g_str_has_prefix (cases[i].before, AUD) ? 7 : 0);
    check_video_prefixes (HEVC, au->data, au->len, G_MAXSIZE, NULL);
  }
}

static void
test_parameter_sets (void)
{
  for (guint missing = 0; missing < 4; missing++) {
    g_autoptr (GByteArray) au = test_hex (AUD);
    g_autoptr (GByteArray) sets = g_byte_array_new ();
    g_autoptr (GByteArray) got = g_byte_array_new ();
    AspAuInfo info;

    if (missing != 0)
      put_vps (sets);
    if (missing != 1)
      put_sps (sets, &sps_plain);
    if (missing != 2)
      put_pps (sets, 0, 0);
    g_byte_array_append (au, sets->data, sets->len);
    put_slice (au, 19, 2, 0, 0);
    put_pps (au, 1, 0);
    info = scan_whole (HEVC, au);
    g_assert_cmpint (info.has_parameter_sets, ==, missing == 3);
    g_assert_cmpuint (info.parameter_set_offset, ==, 7);
    g_assert_cmpuint (info.picture_offset, ==, 7 + sets->len);
    check_video_prefixes (HEVC, au->data, au->len, G_MAXSIZE, NULL);
    g_assert_cmpuint (asp_es_video_copy_parameter_sets (HEVC, au->data, au->len, got), ==,
        missing == 3 ? 3 : 2);
    g_assert_cmpmem (got->data, got->len, sets->data, sets->len);
  }
}

/* slice_type stands behind bits whose number the PPS says. */
static void
test_extra_slice_header_bits (void)
{
  g_autoptr (GByteArray) au = g_byte_array_new ();
  gsize before;

  put_pps (au, 0, 0);
  put_pps (au, 4, 2);
  before = au->len;
  put_slice (au, 1, 2, 4, 2);
  g_assert_cmpint (scan_whole (HEVC, au).kind, ==, ASP_PICTURE_INTRA);
  check_video_prefixes (HEVC, au->data, au->len, G_MAXSIZE, NULL);
  g_byte_array_set_size (au, (guint) before);
  put_slice (au, 1, 0, 0, 0);
  g_assert_true (scan_whole (HEVC, au).is_b);
  /* a PPS that is not there: as if it said none */
  g_byte_array_set_size (au, (guint) before);
  put_slice (au, 1, 2, 9, 0);
  g_assert_cmpint (scan_whole (HEVC, au).kind, ==, ASP_PICTURE_INTRA);
}

static void
test_no_picture (void)
{
  static const gchar *const cases[] = {
    "", "00000001", "00000001 46", "00000001 46 01 50", "000001 02", "000001 02 01",
    AUD SEI_HASH SEI_RECOVERY, "000001 02 02", "000001 28 000001 02 000001 0201"
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = test_hex (cases[i]);

    check_video_prefixes (HEVC, bytes->data, bytes->len, G_MAXSIZE, NULL);
    g_assert_false (scan_whole (HEVC, bytes).complete);
  }
}

/* Slice headers that end with the data, or inside it */
static void
test_short_slices (void)
{
  static const struct
  {
    const gchar *hex;
    gboolean complete;
    AspPictureKind kind;
  } cases[] = {
    {"000001 02 01 d0", TRUE, ASP_PICTURE_TRAILING},
    {"000001 02 01 d0 00", TRUE, ASP_PICTURE_TRAILING},
    {"000001 02 01 c0", FALSE, ASP_PICTURE_UNKNOWN},    /* slice_type has begun */
    {"000001 02 01 c0 000001 46", TRUE, ASP_PICTURE_TRAILING},  /* no more will come */
    {"000001 02 01 7f", TRUE, ASP_PICTURE_TRAILING},    /* not the first segment */
    {"000001 28 01 ac", TRUE, ASP_PICTURE_IDR},
    {"000001 28 01", FALSE, ASP_PICTURE_UNKNOWN},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = test_hex (cases[i].hex);
    AspAuInfo info = scan_whole (HEVC, bytes);

    g_test_message ("%s", cases[i].hex);
    g_assert_cmpint (info.complete, ==, cases[i].complete);
    g_assert_cmpint (info.kind, ==, cases[i].kind);
    check_video_prefixes (HEVC, bytes->data, bytes->len, G_MAXSIZE, NULL);
  }
}

static void
check_params (const Sps * s, guint width, guint height, guint fps_num, guint fps_den)
{
  g_autoptr (GByteArray) bytes = test_hex (AUD);
  AspVideoParams p;

  put_vps (bytes);
  put_sps (bytes, s);
  put_pps (bytes, 0, 0);
  g_assert_true (asp_es_video_params (HEVC, bytes->data, bytes->len, &p));
  g_assert_cmpuint (p.width, ==, width);
  g_assert_cmpuint (p.height, ==, height);
  g_assert_cmpuint (p.fps_num, ==, fps_num);
  g_assert_cmpuint (p.fps_den, ==, fps_den);
  g_assert_cmpuint (p.profile_idc, ==, s->profile);
  g_assert_cmpuint (p.profile_compat, ==, s->tier);
  g_assert_cmpuint (p.level_idc, ==, s->level);
  g_assert_cmpuint (p.chroma_format_idc, ==, s->chroma_format);
  g_assert_cmpuint (p.bit_depth, ==, s->bit_depth);
  g_assert_cmpint (p.interlaced, ==, s->vui && s->field_seq);
  g_assert_cmpint (p.max_reorder, ==, (gint) s->reorder);
  if (s->vui && s->sar_idc == 255) {
    g_assert_cmpuint (p.sar_num, ==, 8);
    g_assert_cmpuint (p.sar_den, ==, 7);
  }
  check_video_prefixes (HEVC, bytes->data, bytes->len, G_MAXSIZE, NULL);
}

static void
test_params (void)
{
  Sps s = sps_plain;

  check_params (&s, 1280, 720, 50, 1);
  s.sub_layers = 2;
  s.tier = 1;
  check_params (&s, 1280, 720, 50, 1);
  s.ordering_info = FALSE;
  s.sub_layers = 6;
  check_params (&s, 1280, 720, 50, 1);
  s.scaling_lists = s.pcm = TRUE;
  s.long_term = 2;
  s.rps = 5;
  check_params (&s, 1280, 720, 50, 1);
  s.rps = 64;
  s.height = 1088;
  s.width = 1920;
  s.window[3] = 4;
  s.window[0] = 1;
  s.field_seq = TRUE;
  s.sar_idc = 255;
  s.num_units = 1001;
  s.time_scale = 60000;
  check_params (&s, 1918, 1080, 60000, 1001);
  s.chroma_format = 2;
  s.profile = 4;
  s.bit_depth = 10;
  check_params (&s, 1918, 1084, 60000, 1001);
  s.chroma_format = 3;
  check_params (&s, 1919, 1084, 60000, 1001);
  s.chroma_format = 0;
  s.time_scale = 0;
  check_params (&s, 1919, 1084, 0, 0);
  s.vui = FALSE;
  check_params (&s, 1919, 1084, 0, 0);
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
    {G_STRUCT_OFFSET (Sps, sub_layers), 6, 7},
    {G_STRUCT_OFFSET (Sps, id), 15, 16},
    {G_STRUCT_OFFSET (Sps, chroma_format), 3, 4},
    {G_STRUCT_OFFSET (Sps, width), 65536, 65537},
    {G_STRUCT_OFFSET (Sps, height), 65536, 65537},
    {G_STRUCT_OFFSET (Sps, window), 639, 640},  /* of 1280, in units of two */
    {G_STRUCT_OFFSET (Sps, bit_depth), 16, 17},
    {G_STRUCT_OFFSET (Sps, log2_poc_lsb), 16, 17},
    {G_STRUCT_OFFSET (Sps, reorder), 16, 17},
    {G_STRUCT_OFFSET (Sps, rps), 64, 65},
    {G_STRUCT_OFFSET (Sps, negative), 16, 17},
    {G_STRUCT_OFFSET (Sps, positive), 16, 17},
    {G_STRUCT_OFFSET (Sps, long_term), 32, 33},
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (limits); i++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    gboolean good = i % 2 == 0;
    Sps s = sps_plain;
    AspVideoParams p;

    s.rps = 2;
    s.long_term = 3;
    G_STRUCT_MEMBER (guint, &s, limits[i / 2].field) = good ? limits[i / 2].good : limits[i / 2].bad;
    put_sps (bytes, &s);
    g_test_message ("limit %u, %s", i / 2, good ? "good" : "bad");
    g_assert_cmpint (asp_es_video_params (HEVC, bytes->data, bytes->len, &p), ==, good);
    if (good)
      g_assert_cmpuint (p.fps_num, ==, 50);
    check_video_prefixes (HEVC, bytes->data, bytes->len, 300, NULL);
  }
}

/* 9 and 8 pictures: each number is small enough, together they are too many. */
static void
test_too_many_references (void)
{
  for (guint positive = 7; positive <= 8; positive++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    Sps s = sps_plain;
    AspVideoParams p;

    s.rps = 1;
    s.negative = 9;
    s.positive = positive;
    put_sps (bytes, &s);
    g_assert_cmpint (asp_es_video_params (HEVC, bytes->data, bytes->len, &p), ==, positive == 7);
  }
}

/* All slices of the picture change, nothing else does. */
static void
test_cra_to_bla (void)
{
  for (guint with_radl = 0; with_radl < 2; with_radl++) {
    g_autoptr (GByteArray) au = test_hex (AUD SEI_HASH);
    g_autoptr (GByteArray) before = g_byte_array_new ();
    guint slices[3], changed = 0;

    for (guint i = 0; i < 3; i++) {
      slices[i] = au->len + 3;
      put_slice (au, 21, 2, 0, 0);
    }
    put_slice (au, 9, 0, 0, 0);
    g_byte_array_append (before, au->data, au->len);
    g_assert_cmpuint (asp_es_hevc_cra_to_bla (au->data, au->len, with_radl), ==, 3);
    for (guint i = 0; i < au->len; i++) {
      if (changed < 3 && i == slices[changed]) {
        g_assert_cmphex (au->data[i], ==, (with_radl ? 17 : 18) << 1);
        changed++;
      } else {
        g_assert_cmphex (au->data[i], ==, before->data[i]);
      }
    }
    g_assert_cmpint (scan_whole (HEVC, au).kind, ==, ASP_PICTURE_BLA);
    g_assert_cmpuint (asp_es_hevc_cra_to_bla (au->data, au->len, with_radl), ==, 0);
    for (gsize n = 0; n < before->len; n++) {
      g_autofree guint8 *block = test_exact_block (before->data, n);

      g_assert_cmpuint (asp_es_hevc_cra_to_bla (block, n, FALSE), <=, 3);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/es/hevc/kinds", test_kinds);
  g_test_add_func ("/es/hevc/parameter-sets", test_parameter_sets);
  g_test_add_func ("/es/hevc/extra-slice-header-bits", test_extra_slice_header_bits);
  g_test_add_func ("/es/hevc/no-picture", test_no_picture);
  g_test_add_func ("/es/hevc/short-slices", test_short_slices);
  g_test_add_func ("/es/hevc/params", test_params);
  g_test_add_func ("/es/hevc/sps-limits", test_sps_limits);
  g_test_add_func ("/es/hevc/too-many-references", test_too_many_references);
  g_test_add_func ("/es/hevc/cra-to-bla", test_cra_to_bla);
  return g_test_run ();
}
