/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts/asp-es-video for MPEG-2 and MPEG-1 video: headers written by hand from H.262 6.2. */
#include <asp-es-video.h>

#include <string.h>

#include "bit-writer.h"
#include "es-check.h"
#include "unit-support.h"

#define MPEG2 ASP_CODEC_MPEG2

typedef struct
{
  guint width, height, aspect, rate;
  gboolean matrices;
  gboolean mpeg1;
  guint profile_level;
  gboolean progressive;
  guint chroma_format;
  gboolean low_delay;
  guint rate_n, rate_d;
} Sequence;

static const Sequence sequence_576i = {
  .width = 720,.height = 576,.aspect = 3,.rate = 3,.profile_level = 0x48,.chroma_format = 1
};

static void
put_unit (GByteArray * out, guint code, BitWriter * w)
{
  guint8 start_code[4] = { 0, 0, 1, (guint8) code };

  bits_align (w);
  g_byte_array_append (out, start_code, 4);
  g_byte_array_append (out, w->bytes->data, w->bytes->len);
  bits_clear (w);
}

static void
put_sequence (GByteArray * out, const Sequence * s)
{
  BitWriter w;

  bits_init (&w);
  bits_u (&w, 12, s->width & 0xfff);
  bits_u (&w, 12, s->height & 0xfff);
  bits_u (&w, 4, s->aspect);
  bits_u (&w, 4, s->rate);
  bits_u (&w, 18, 15000);
  bits_u (&w, 1, 1);
  bits_u (&w, 10, 112);
  bits_u (&w, 1, 0);
  for (guint m = 0; m < 2; m++) {
    bits_u (&w, 1, s->matrices);
    for (guint i = 0; s->matrices && i < 64; i++)
      bits_u (&w, 8, 8 + i);
  }
  put_unit (out, 0xb3, &w);
  if (s->mpeg1)
    return;
  bits_init (&w);
  bits_u (&w, 4, 1);
  bits_u (&w, 8, s->profile_level);
  bits_u (&w, 1, s->progressive);
  bits_u (&w, 2, s->chroma_format);
  bits_u (&w, 2, s->width >> 12);
  bits_u (&w, 2, s->height >> 12);
  bits_u (&w, 12, 0);
  bits_u (&w, 1, 1);
  bits_u (&w, 8, 0);
  bits_u (&w, 1, s->low_delay);
  bits_u (&w, 2, s->rate_n);
  bits_u (&w, 5, s->rate_d);
  put_unit (out, 0xb5, &w);
}

static void
put_display_extension (GByteArray * out)
{
  BitWriter w;

  bits_init (&w);
  bits_s (&w, "0010 101 1");
  bits_u (&w, 24, 0x050506);
  bits_u (&w, 14, 702);
  bits_u (&w, 1, 1);
  bits_u (&w, 14, 576);
  put_unit (out, 0xb5, &w);
}

static void
put_group (GByteArray * out, gboolean closed, gboolean broken)
{
  BitWriter w;

  bits_init (&w);
  bits_u (&w, 25, 0x0081080);   /* all but a few bits 0: the header ends in a zero byte */
  bits_u (&w, 1, closed);
  bits_u (&w, 1, broken);
  put_unit (out, 0xb8, &w);
}

/* @structure 0: MPEG-1, no picture coding extension */
static void
put_picture (GByteArray * out, guint type, guint temporal_reference, guint structure)
{
  BitWriter w;

  bits_init (&w);
  bits_u (&w, 10, temporal_reference);
  bits_u (&w, 3, type);
  bits_u (&w, 16, 0xffff);
  if (type == 2 || type == 3)
    bits_u (&w, type == 3 ? 8 : 4, 0x7);
  bits_u (&w, 1, 0);
  put_unit (out, 0x00, &w);
  if (structure == 0)
    return;
  bits_init (&w);
  bits_u (&w, 4, 8);
  bits_u (&w, 16, type == 1 ? 0xffff : 0x33ff);
  bits_u (&w, 2, 0);
  bits_u (&w, 2, structure);
  bits_s (&w, "1 1 0 0 0 0 0 1 0 0");
  put_unit (out, 0xb5, &w);
}

static void
put_slices (GByteArray * out)
{
  for (guint row = 1; row <= 3; row++) {
    BitWriter w;

    bits_init (&w);
    for (guint i = 0; i < 30; i++)
      bits_u (&w, 8, (i * 91 + row + 128) & 0xff);
    put_unit (out, row, &w);
  }
}

static void
test_kinds (void)
{
  static const struct
  {
    gboolean sequence;
    gint closed;                /* -1: no group_of_pictures_header () */
    guint type, structure;
    AspPictureKind kind;
    gboolean is_reference, is_b, field, bottom;
  } cases[] = {
    {TRUE, 1, 1, 3, ASP_PICTURE_IDR, TRUE, FALSE, FALSE, FALSE},
    {TRUE, 0, 1, 3, ASP_PICTURE_OPEN_I, TRUE, FALSE, FALSE, FALSE},
    {TRUE, -1, 1, 3, ASP_PICTURE_OPEN_I, TRUE, FALSE, FALSE, FALSE},
    {FALSE, 1, 1, 3, ASP_PICTURE_INTRA, TRUE, FALSE, FALSE, FALSE},
    {FALSE, 0, 1, 3, ASP_PICTURE_INTRA, TRUE, FALSE, FALSE, FALSE},
    {FALSE, -1, 1, 3, ASP_PICTURE_INTRA, TRUE, FALSE, FALSE, FALSE},
    {FALSE, -1, 2, 3, ASP_PICTURE_TRAILING, TRUE, FALSE, FALSE, FALSE},
    {FALSE, -1, 3, 3, ASP_PICTURE_TRAILING, FALSE, TRUE, FALSE, FALSE},
    {TRUE, 1, 2, 3, ASP_PICTURE_TRAILING, TRUE, FALSE, FALSE, FALSE},
    {TRUE, 1, 1, 1, ASP_PICTURE_IDR, TRUE, FALSE, TRUE, FALSE},
    {TRUE, 1, 1, 2, ASP_PICTURE_IDR, TRUE, FALSE, TRUE, TRUE},
    {FALSE, -1, 3, 2, ASP_PICTURE_TRAILING, FALSE, TRUE, TRUE, TRUE},
    /* MPEG-1 */
    {TRUE, 1, 1, 0, ASP_PICTURE_IDR, TRUE, FALSE, FALSE, FALSE},
    {FALSE, -1, 3, 0, ASP_PICTURE_TRAILING, FALSE, TRUE, FALSE, FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) au = g_byte_array_new ();
    Sequence sequence = sequence_576i;
    gsize picture_at;
    AspAuInfo info;

    g_test_message ("case %u", i);
    sequence.mpeg1 = cases[i].structure == 0;
    if (cases[i].sequence)
      put_sequence (au, &sequence);
    if (cases[i].closed >= 0)
      put_group (au, cases[i].closed, FALSE);
    picture_at = au->len;
    put_picture (au, cases[i].type, 0x2a5, cases[i].structure);
    put_slices (au);
    info = scan_whole (MPEG2, au);
    g_assert_true (info.complete);
    g_assert_cmpint (info.kind, ==, cases[i].kind);
    g_assert_cmpint (info.is_reference, ==, cases[i].is_reference);
    g_assert_cmpint (info.is_b, ==, cases[i].is_b);
    g_assert_cmpint (info.field, ==, cases[i].field);
    g_assert_cmpint (info.bottom_field, ==, cases[i].bottom);
    g_assert_cmpint (info.has_parameter_sets, ==, cases[i].sequence);
    g_assert_cmphex (info.frame_num, ==, 0x2a5);
    g_assert_cmpuint (info.picture_offset, ==, picture_at);
    g_assert_cmpuint (info.parameter_set_offset, ==, 0);
    check_video_prefixes (MPEG2, au->data, au->len, G_MAXSIZE, NULL);
  }
}

/* What ends a picture: the first and the last slice code, and what only follows lost slices. */
static void
test_ends (void)
{
  static const struct
  {
    const gchar *hex;
    gboolean complete;
  } cases[] = {
    {"000001 01", TRUE}, {"000001 02", TRUE}, {"000001 af", TRUE},
    {"000001 b7", TRUE}, {"000001 b8", TRUE}, {"000001 b3", TRUE}, {"000001 00", TRUE},
    {"000001 b0", FALSE}, {"000001 b2 8fffff40", FALSE}, {"000001 b5 8fffff40", FALSE}, {"000001", FALSE}
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) au = test_hex ("0000");
    g_autoptr (GByteArray) end = test_hex (cases[i].hex);
    AspAuInfo info;

    put_sequence (au, &sequence_576i);
    put_picture (au, 1, 3, 3);
    g_byte_array_append (au, end->data, end->len);
    info = scan_whole (MPEG2, au);
    g_test_message ("%s", cases[i].hex);
    g_assert_cmpint (info.complete, ==, cases[i].complete);
    if (info.complete) {
      g_assert_cmpint (info.kind, ==, ASP_PICTURE_OPEN_I);
      g_assert_cmpuint (info.parameter_set_offset, ==, 2);      /* stuffing stays in front */
      g_assert_cmpuint (info.picture_offset, ==, 2 + 22);
    }
    check_video_prefixes (MPEG2, au->data, au->len, G_MAXSIZE, NULL);
  }
}

/* User data between the headers is none of them, whatever it holds; nor is an extension that
 * stands before the picture a picture coding extension. */
static void
test_look_alikes (void)
{
  g_autoptr (GByteArray) au = test_hex ("000001b5 8fffff40 80 000001b2 8fffff40");
  g_autoptr (GByteArray) user_data = test_hex ("000001b2 8fffff40 80");
  AspAuInfo info;

  put_picture (au, 2, 3, 0);
  g_byte_array_append (au, user_data->data, user_data->len);
  put_slices (au);
  info = scan_whole (MPEG2, au);
  g_assert_true (info.complete);
  g_assert_cmpint (info.kind, ==, ASP_PICTURE_TRAILING);
  g_assert_false (info.field);
}

/* Cut or damaged headers; a picture whose slices were lost ends at the next one. */
static void
test_odd_pictures (void)
{
  static const gchar *const cases[] = {
    "", "000001", "000001 b3", "000001 00", "000001 00 00", "000001 00 000001 01",
    "000001 00 0000 000001 01", "000001 00 0008 0000 000001 b5 8f 000001 01 22",
    "000001 00 000fffff 000001 b5 8f ff f0 80 80 000001 b8 00",
    "000001 b8 00 000001 00 000f 000001 01", "000001 01 2222 000001 02", "000001 b7 000001 b7"
  };
  g_autoptr (GByteArray) au = g_byte_array_new ();
  AspAuInfo info;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) bytes = test_hex (cases[i]);

    check_video_prefixes (MPEG2, bytes->data, bytes->len, G_MAXSIZE, NULL);
  }
  put_picture (au, 2, 5, 3);
  put_sequence (au, &sequence_576i);
  put_group (au, TRUE, FALSE);
  put_picture (au, 1, 0, 3);
  put_slices (au);
  info = scan_whole (MPEG2, au);
  g_assert_true (info.complete);
  g_assert_cmpint (info.kind, ==, ASP_PICTURE_TRAILING);
  g_assert_cmpuint (info.frame_num, ==, 5);
  g_assert_false (info.has_parameter_sets);
}

static void
check_params (const Sequence * s, guint sar_num, guint sar_den, guint fps_num, guint fps_den)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  AspVideoParams p;

  put_sequence (bytes, s);
  put_group (bytes, TRUE, FALSE);
  g_assert_true (asp_es_video_params (MPEG2, bytes->data, bytes->len, &p));
  g_assert_cmpuint (p.width, ==, s->width);
  g_assert_cmpuint (p.height, ==, s->height);
  g_assert_cmpuint (p.sar_num, ==, sar_num);
  g_assert_cmpuint (p.sar_den, ==, sar_den);
  g_assert_cmpuint (p.fps_num, ==, fps_num);
  g_assert_cmpuint (p.fps_den, ==, fps_den);
  g_assert_cmpuint (p.bit_depth, ==, 8);
  g_assert_cmpuint (p.frame_num_bits, ==, 0);
  if (s->mpeg1) {
    g_assert_false (p.interlaced || p.low_delay);
    g_assert_cmpint (p.max_reorder, ==, -1);
  } else {
    g_assert_cmpint (p.interlaced, ==, !s->progressive);
    g_assert_cmpint (p.low_delay, ==, s->low_delay);
    g_assert_cmpuint (p.profile_idc, ==, s->profile_level >> 4);
    g_assert_cmpuint (p.level_idc, ==, s->profile_level & 15);
    g_assert_cmpuint (p.chroma_format_idc, ==, s->chroma_format);
    g_assert_cmpint (p.max_reorder, ==, s->low_delay ? 0 : 1);
  }
  check_video_prefixes (MPEG2, bytes->data, bytes->len, G_MAXSIZE, NULL);
}

static void
test_params (void)
{
  Sequence s = sequence_576i;

  check_params (&s, 64, 45, 25, 1);
  s.aspect = 2;
  s.low_delay = TRUE;
  s.matrices = TRUE;
  check_params (&s, 16, 15, 25, 1);
  s.aspect = 1;
  s.rate = 4;
  s.progressive = TRUE;
  s.chroma_format = 2;
  s.profile_level = 0x85;
  check_params (&s, 1, 1, 30000, 1001);
  s.rate = 8;
  s.rate_n = 1;
  s.rate_d = 4;
  check_params (&s, 1, 1, 24, 1);
  s.width = 4096 + 33;
  s.height = 3 * 4096 + 7;
  check_params (&s, 1, 1, 24, 1);
  s.rate = 15;
  s.aspect = 9;
  check_params (&s, 0, 0, 0, 0);
  s = sequence_576i;
  s.mpeg1 = TRUE;
  s.aspect = 8;
  check_params (&s, 10000, 9157, 25, 1);
  s.aspect = 1;
  check_params (&s, 1, 1, 25, 1);
  s.aspect = 15;
  check_params (&s, 0, 0, 25, 1);
}

static void
test_rates_and_aspects (void)
{
  static const guint rates[9][2] = {
    {0, 0}, {24000, 1001}, {24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {50, 1}, {60000, 1001}, {60, 1}
  };
  /* as MPEG-1 has them, height over width: square, 625 and 525 lines, 16:9 and 4:3 ... */
  static const gdouble mpeg1[15] = {
    0, 1.0, 0.6735, 0.7031, 0.7615, 0.8055, 0.8437, 0.8935, 0.9157, 0.9815, 1.0255, 1.0695, 1.0950, 1.1575, 1.2015
  };
  Sequence s = sequence_576i;

  for (guint code = 0; code < 16; code++) {
    s.rate = code;
    check_params (&s, 64, 45, code < 9 ? rates[code][0] : 0, code < 9 ? rates[code][1] : 0);
  }
  s.rate = 3;
  s.aspect = 4;
  check_params (&s, 221, 125, 25, 1);
  s.aspect = 5;
  check_params (&s, 0, 0, 25, 1);
  s.aspect = 0;
  check_params (&s, 0, 0, 25, 1);
  s.mpeg1 = TRUE;
  for (guint code = 0; code < 16; code++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    AspVideoParams p;

    s.aspect = code;
    put_sequence (bytes, &s);
    put_group (bytes, TRUE, FALSE);
    g_assert_true (asp_es_video_params (MPEG2, bytes->data, bytes->len, &p));
    g_assert_cmpuint (p.chroma_format_idc, ==, 1);
    if (code == 0 || code == 15)
      g_assert_cmpuint (p.sar_num, ==, 0);
    else
      g_assert_cmpfloat_with_epsilon ((gdouble) p.sar_den / p.sar_num, mpeg1[code], 1e-6);
  }
}

static void
test_params_refused (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Sequence s = sequence_576i;
  AspVideoParams p;

  s.width = 0;
  put_sequence (bytes, &s);
  put_group (bytes, FALSE, FALSE);
  g_assert_false (asp_es_video_params (MPEG2, bytes->data, bytes->len, &p));
  g_byte_array_set_size (bytes, 0);
  s = sequence_576i;
  s.height = 0;
  put_sequence (bytes, &s);
  put_group (bytes, FALSE, FALSE);
  g_assert_false (asp_es_video_params (MPEG2, bytes->data, bytes->len, &p));
  /* half of the second matrix is missing */
  g_byte_array_set_size (bytes, 0);
  s = sequence_576i;
  s.matrices = TRUE;
  s.mpeg1 = TRUE;
  put_sequence (bytes, &s);
  g_byte_array_set_size (bytes, bytes->len - 32);
  put_group (bytes, FALSE, FALSE);
  g_assert_false (asp_es_video_params (MPEG2, bytes->data, bytes->len, &p));
  /* another extension than that of the sequence right behind the header */
  g_byte_array_set_size (bytes, 0);
  s = sequence_576i;
  s.mpeg1 = TRUE;
  put_sequence (bytes, &s);
  put_display_extension (bytes);
  put_group (bytes, FALSE, FALSE);
  g_assert_false (asp_es_video_params (MPEG2, bytes->data, bytes->len, &p));
  check_video_prefixes (MPEG2, bytes->data, bytes->len, G_MAXSIZE, NULL);
}

static void
test_copy_parameter_sets (void)
{
  g_autoptr (GByteArray) au = g_byte_array_new ();
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  g_autoptr (GByteArray) got = g_byte_array_new ();
  const guint sizes[3] = { 12, 10, 12 };        /* sequence header, its extension, display extension */
  guint at = 0;

  put_sequence (au, &sequence_576i);
  put_display_extension (au);
  g_assert_cmpuint (au->len, ==, 34);
  for (guint i = 0; i < 3; i++) {
    g_byte_array_append (expected, (const guint8 *) "", 1);
    g_byte_array_append (expected, au->data + at, sizes[i]);
    at += sizes[i];
  }
  put_group (au, TRUE, FALSE);
  put_picture (au, 1, 0, 3);
  put_slices (au);
  put_sequence (au, &sequence_576i);
  g_assert_cmpuint (asp_es_video_copy_parameter_sets (MPEG2, au->data, au->len, got), ==, 3);
  g_assert_cmpmem (got->data, got->len, expected->data, expected->len);
  g_byte_array_set_size (got, 0);
  g_assert_cmpuint (asp_es_video_copy_parameter_sets (MPEG2, au->data, at, got), ==, 3);
  g_assert_cmpmem (got->data, got->len, expected->data, expected->len);
}

static void
test_broken_link (void)
{
  g_autoptr (GByteArray) au = g_byte_array_new ();
  g_autoptr (GByteArray) broken = g_byte_array_new ();

  put_sequence (au, &sequence_576i);
  put_group (au, FALSE, FALSE);
  put_picture (au, 1, 2, 3);
  put_slices (au);
  put_sequence (broken, &sequence_576i);
  put_group (broken, FALSE, TRUE);
  put_picture (broken, 1, 2, 3);
  put_slices (broken);
  for (gsize n = 0; n < au->len; n++) {
    g_autofree guint8 *block = test_exact_block (au->data, n);

    g_assert_cmpint (asp_es_mpeg2_set_broken_link (block, n), ==, n >= 22 + 8);
  }
  g_assert_true (asp_es_mpeg2_set_broken_link (au->data, au->len));
  g_assert_cmpmem (au->data, au->len, broken->data, broken->len);
  g_assert_cmpint (scan_whole (MPEG2, au).kind, ==, ASP_PICTURE_OPEN_I);

  /* one of the next picture is not meant */
  g_byte_array_set_size (au, 0);
  put_picture (au, 2, 0, 3);
  put_slices (au);
  put_group (au, FALSE, FALSE);
  g_assert_false (asp_es_mpeg2_set_broken_link (au->data, au->len));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/es/mpeg2/kinds", test_kinds);
  g_test_add_func ("/es/mpeg2/ends", test_ends);
  g_test_add_func ("/es/mpeg2/look-alikes", test_look_alikes);
  g_test_add_func ("/es/mpeg2/odd-pictures", test_odd_pictures);
  g_test_add_func ("/es/mpeg2/params", test_params);
  g_test_add_func ("/es/mpeg2/rates-and-aspects", test_rates_and_aspects);
  g_test_add_func ("/es/mpeg2/params-refused", test_params_refused);
  g_test_add_func ("/es/mpeg2/copy-parameter-sets", test_copy_parameter_sets);
  g_test_add_func ("/es/mpeg2/broken-link", test_broken_link);
  return g_test_run ();
}
