/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/base: time on the 33-bit circle, CRC_32, the bit reader. */
#include <asp-bits.h>
#include <asp-crc.h>
#include <asp-histogram.h>
#include <asp-time.h>

#include <string.h>

#include "bit-writer.h"
#include "unit-support.h"

#define TOP ASP_PTS_MODULUS

static void
test_pts_diff (void)
{
  g_assert_cmpint (asp_pts_diff (10, 3), ==, 7);
  g_assert_cmpint (asp_pts_diff (3, 10), ==, -7);
  g_assert_cmpint (asp_pts_diff (0, TOP - 1), ==, 1);
  g_assert_cmpint (asp_pts_diff (TOP - 1, 0), ==, -1);
  /* half of the circle is behind, as in two's complement */
  g_assert_cmpint (asp_pts_diff (TOP / 2, 0), ==, -(TOP / 2));
  g_assert_cmpint (asp_pts_diff (TOP / 2 - 1, 0), ==, TOP / 2 - 1);
  g_assert_cmpint (asp_pts_diff (0, TOP / 2 + 1), ==, TOP / 2 - 1);
  /* bits above the 33rd do not matter */
  g_assert_cmpint (asp_pts_diff (5 + TOP, 3 + 8 * TOP), ==, 2);
}

static void
test_pts_unwrap (void)
{
  gint64 t = TOP - 3600 * 2;

  g_assert_cmpint (asp_pts_unwrap (ASP_NO_TIME, TOP + 17), ==, 17);
  g_assert_cmpint (asp_pts_unwrap (TOP - 10, 20), ==, TOP + 20);
  g_assert_cmpint (asp_pts_unwrap (TOP + 20, TOP - 10), ==, TOP - 10);
  g_assert_cmpint (asp_pts_unwrap (3, TOP - 5), ==, -5);
  g_assert_cmpint (asp_pts_unwrap (-5, 3), ==, 3);
  g_assert_cmpint (asp_pts_unwrap (7 * TOP + 100, 50), ==, 7 * TOP + 50);
  /* three times around in steps of an hour and a bit, never a step of another length */
  for (guint i = 0; i < 80; i++) {
    gint64 next = t + 3601 * ASP_SECOND_90K;

    g_assert_cmpint (asp_pts_unwrap (t, asp_pts_wrap (next)), ==, next);
    t = next;
  }
  g_assert_cmpuint (asp_pts_wrap (-1), ==, (guint64) TOP - 1);
  g_assert_cmpuint (asp_pts_wrap (TOP), ==, 0);
}

static void
test_pcr_unwrap (void)
{
  const gint64 top = ASP_PCR_MODULUS;
  gint64 t = -2 * top - 12345;

  g_assert_cmpint (asp_pcr_unwrap (ASP_NO_TIME, 99), ==, 99);
  g_assert_cmpint (asp_pcr_unwrap (top - 1, 0), ==, top);
  g_assert_cmpint (asp_pcr_unwrap (top, (guint64) top - 1), ==, top - 1);
  g_assert_cmpint (asp_pcr_unwrap (0, (guint64) top - 1), ==, -1);
  g_assert_cmpint (asp_pcr_unwrap (-1, 0), ==, 0);
  g_assert_cmpint (asp_pcr_unwrap (5 * top + 7, (guint64) top - 2), ==, 5 * top - 2);
  for (guint i = 0; i < 200; i++) {
    gint64 next = t + 3599 * ASP_SECOND_27M + 299;

    g_assert_cmpuint (asp_pcr_wrap (next), <, (guint64) top);
    g_assert_cmpint (asp_pcr_unwrap (t, asp_pcr_wrap (next)), ==, next);
    g_assert_cmpint (asp_pcr_unwrap (next, asp_pcr_wrap (t)), ==, t);
    t = next;
  }
  g_assert_cmpuint (asp_pcr_wrap (-1), ==, (guint64) top - 1);
}

static void
test_ns (void)
{
  g_assert_cmpint (asp_ns_to_90k (1000000000), ==, 90000);
  g_assert_cmpint (asp_ns_to_90k (11111), ==, 0);
  g_assert_cmpint (asp_ns_to_90k (11112), ==, 1);
  /* a year: the product would not fit 64 bits */
  g_assert_cmpint (asp_ns_to_90k (G_GUINT64_CONSTANT (31536000) * 1000000000), ==,
      G_GINT64_CONSTANT (31536000) * 90000);
  g_assert_cmpuint (asp_90k_to_ns (90000), ==, 1000000000);
  g_assert_cmpuint (asp_90k_to_ns (1), ==, 11111);
  g_assert_cmpuint (asp_90k_to_ns (-1), ==, 0);
  for (gint64 t = 0; t < 100000; t += 7)
    g_assert_cmpint (asp_ns_to_90k (asp_90k_to_ns (t) + 1), ==, t);
}

static guint32
crc_bit_by_bit (const guint8 * data, gsize size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size * 8; i++) {
    guint32 bit = (data[i / 8] >> (7 - i % 8)) & 1;

    crc = (crc << 1) ^ ((crc >> 31) ^ bit ? 0x04c11db7 : 0);
  }
  return crc;
}

static void
test_crc (void)
{
  guint8 data[256 + 4];

  g_assert_cmphex (asp_crc32_mpeg (NULL, 0), ==, 0xffffffff);
  g_assert_cmphex (asp_crc32_mpeg ((const guint8 *) "123456789", 9), ==, 0x0376e6e7);
  for (guint i = 0; i < 256; i++)
    data[i] = (guint8) (i * 167 + 13);
  for (gsize n = 0; n <= 256; n++) {
    guint8 section[sizeof data];
    guint32 crc = asp_crc32_mpeg (data, n);

    g_assert_cmphex (crc, ==, crc_bit_by_bit (data, n));
    memcpy (section, data, n);
    section[n] = (guint8) (crc >> 24);
    section[n + 1] = (guint8) (crc >> 16);
    section[n + 2] = (guint8) (crc >> 8);
    section[n + 3] = (guint8) crc;
    g_assert_cmphex (asp_crc32_mpeg (section, n + 4), ==, 0);
    section[n / 2] ^= 0x10;
    g_assert_cmphex (asp_crc32_mpeg (section, n + 4), !=, 0);
  }
}

static void
test_bits_widths (void)
{
  static const guint8 data[] = { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x0f };

  /* every start and width against a shift of the whole */
  for (guint start = 0; start < 8; start++) {
    for (guint n = 0; n <= 64; n++) {
      guint64 whole = G_GUINT64_CONSTANT (0x123456789abcdef0), expected;
      AspBits b;

      expected = start == 0 ? whole : (whole << start) | (0x0fu >> (8 - start));
      expected = n == 0 ? 0 : expected >> (64 - n);
      asp_bits_init (&b, data, sizeof data);
      asp_bits_skip (&b, start);
      g_assert_cmphex (asp_bits_get64 (&b, n), ==, expected);
      g_assert_cmpuint (asp_bits_left (&b), ==, sizeof data * 8 - start - n);
      if (n <= 32) {
        asp_bits_init (&b, data, sizeof data);
        asp_bits_skip (&b, start);
        g_assert_cmphex (asp_bits_get (&b, n), ==, expected);
      }
      g_assert_false (b.error);
    }
  }
}

static void
test_bits_sticky_error (void)
{
  g_autofree guint8 *block = test_exact_block ((const guint8 *) "\xff\xff\xff", 3);
  AspBits b;

  asp_bits_init (&b, block, 3);
  g_assert_cmphex (asp_bits_get (&b, 24), ==, 0xffffff);
  g_assert_cmphex (asp_bits_get (&b, 0), ==, 0);
  g_assert_false (b.error);
  g_assert_cmphex (asp_bits_get (&b, 1), ==, 0);
  g_assert_true (b.error);
  g_assert_cmpuint (asp_bits_left (&b), ==, 0);

  asp_bits_init (&b, block, 3);
  asp_bits_skip (&b, 20);
  g_assert_cmphex (asp_bits_get (&b, 5), ==, 0);
  g_assert_true (b.error);
  /* the four bits that are there are not given out any more */
  g_assert_cmphex (asp_bits_get (&b, 1), ==, 0);

  asp_bits_init (&b, block, 3);
  asp_bits_skip (&b, G_MAXSIZE);
  g_assert_true (b.error);
  asp_bits_init (&b, NULL, 0);
  g_assert_cmphex (asp_bits_get64 (&b, 64), ==, 0);
  g_assert_true (b.error);
}

static void
test_bits_exp_golomb (void)
{
  static const guint32 values[] = { 0, 1, 2, 3, 7, 8, 254, 255, 65535, 65536, 0x7fffffff, 0xfffffffe };
  static const gint32 signed_values[] = { 0, 1, -1, 2, -2, 100, -100, G_MAXINT32, -G_MAXINT32 };
  BitWriter w;
  AspBits b;

  bits_init (&w);
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    bits_ue (&w, values[i]);
  for (guint i = 0; i < G_N_ELEMENTS (signed_values); i++)
    bits_se (&w, signed_values[i]);
  asp_bits_init (&b, w.bytes->data, w.bytes->len);
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    g_assert_cmpuint (asp_bits_ue (&b), ==, values[i]);
  for (guint i = 0; i < G_N_ELEMENTS (signed_values); i++)
    g_assert_cmpint (asp_bits_se (&b), ==, signed_values[i]);
  g_assert_false (b.error);
  bits_clear (&w);

  /* 32 leading zeros are no ue(v) of 32 bits */
  asp_bits_init (&b, (const guint8 *) "\0\0\0\0\xff\xff\xff\xff\xff", 9);
  asp_bits_ue (&b);
  g_assert_true (b.error);
  /* zeros to the end */
  asp_bits_init (&b, (const guint8 *) "\0\0", 2);
  asp_bits_ue (&b);
  g_assert_true (b.error);
}

static void
test_histogram (void)
{
  static const gdouble bounds[] = { 1, 2.5 };
  static const gdouble values[] = { 0, 1, 1.1, 2.5, 3, -1, G_MAXDOUBLE * 10, 0.0 / 0.0 };
  AspHistogram h;

  asp_histogram_init (&h, bounds, G_N_ELEMENTS (bounds));
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    asp_histogram_add (&h, values[i]);
  g_assert_cmpuint (h.counts[0], ==, 3);
  g_assert_cmpuint (h.counts[1], ==, 2);
  g_assert_cmpuint (h.counts[2], ==, 1);
  g_assert_cmpuint (h.n, ==, 6);
  g_assert_cmpfloat_with_epsilon (h.sum, 6.6, 1e-9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/time/pts-diff", test_pts_diff);
  g_test_add_func ("/base/time/pts-unwrap", test_pts_unwrap);
  g_test_add_func ("/base/time/pcr-unwrap", test_pcr_unwrap);
  g_test_add_func ("/base/time/ns", test_ns);
  g_test_add_func ("/base/crc", test_crc);
  g_test_add_func ("/base/bits/widths", test_bits_widths);
  g_test_add_func ("/base/bits/sticky-error", test_bits_sticky_error);
  g_test_add_func ("/base/bits/exp-golomb", test_bits_exp_golomb);
  g_test_add_func ("/base/histogram", test_histogram);
  return g_test_run ();
}
