/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts/asp-ts-pes: PES headers read and written. */
#include <asp-ts-pes.h>

#include <string.h>

#include "unit-support.h"

static AspPesResult
parse_hex (const gchar * hex, AspPesHeader * out)
{
  g_autoptr (GByteArray) bytes = test_hex (hex);
  g_autofree guint8 *block = test_exact_block (bytes->data, bytes->len);

  return asp_pes_parse (block, bytes->len, out);
}

static void
test_read (void)
{
  AspPesHeader h;

  /* PTS 0x1ffffffff, DTS 0x155555555, two bytes of stuffing */
  g_assert_cmpint (parse_hex ("000001 e0 0000 94 c0 0c 3fffffffff 1b5555aaab ffff 77", &h), ==, ASP_PES_OK);
  g_assert_cmphex (h.stream_id, ==, 0xe0);
  g_assert_cmpuint (h.packet_length, ==, 0);
  g_assert_cmpuint (h.scrambling, ==, 1);
  g_assert_true (h.data_alignment);
  g_assert_cmpuint (h.header_size, ==, 21);
  g_assert_true (h.has_dts);
  g_assert_cmpint (h.pts90k, ==, ASP_PTS_MASK);
  g_assert_cmphex ((guint64) h.dts90k, ==, 0x155555555);

  g_assert_cmpint (parse_hex ("000001 c0 1234 80 80 05 2100010001", &h), ==, ASP_PES_OK);
  g_assert_cmphex (h.packet_length, ==, 0x1234);
  g_assert_false (h.has_dts);
  g_assert_false (h.data_alignment);
  g_assert_cmpint (h.pts90k, ==, 0);
  g_assert_cmpint (h.dts90k, ==, 0);

  g_assert_cmpint (parse_hex ("000001 bd 0003 83 00 00", &h), ==, ASP_PES_OK);
  g_assert_false (h.data_alignment);
  g_assert_cmpint (h.pts90k, ==, ASP_NO_TIME);
  g_assert_cmpint (h.dts90k, ==, ASP_NO_TIME);
  g_assert_cmpuint (h.header_size, ==, 9);
}

static void
test_refuses (void)
{
  static const gchar *const bad[] = {
    "01", "0001", "000002",
    "000001 be", "000001 bf", "000001 bc", "000001 f0", "000001 f1", "000001 f2", "000001 f8", "000001 ff", "000001 b8",
    "000001 e0 0000 40 00 00",  /* not '10' */
    "000001 e0 0000 80 40 00",  /* PTS_DTS_flags '01' is forbidden */
    "000001 e0 0000 80 80 04 2100010001",       /* a PTS does not fit */
    "000001 e0 0000 80 c0 09 3100010001 11000100",      /* PTS fits, DTS does not */
  };
  AspPesHeader h;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_cmpint (parse_hex (bad[i], &h), ==, ASP_PES_BAD);
}

static void
test_truncation (void)
{
  g_autoptr (GByteArray) whole = test_hex ("000001 e0 0000 84 c0 0c 3100010001 1100010001 ffff 00");

  for (gsize n = 0; n <= whole->len; n++) {
    g_autofree guint8 *block = test_exact_block (whole->data, n);
    AspPesHeader h, untouched;

    memset (&h, 0x5a, sizeof h);
    memset (&untouched, 0x5a, sizeof untouched);
    g_assert_cmpint (asp_pes_parse (block, n, &h), ==, n < 21 ? ASP_PES_NEED_MORE : ASP_PES_OK);
    if (n < 21)
      g_assert_cmpmem (&h, sizeof h, &untouched, sizeof untouched);
  }
}

static void
check_round_trip (guint stream_id, gsize es_size, gint64 pts90k, gint64 dts90k)
{
  guint8 bytes[ASP_PES_HEADER_MAX];
  gboolean with_pts = pts90k != ASP_NO_TIME;
  gboolean with_dts = with_pts && dts90k != ASP_NO_TIME && dts90k != pts90k;
  AspPesHeader h;
  gsize size;

  memset (bytes, 0xa5, sizeof bytes);
  size = asp_pes_write_header (bytes, (guint8) stream_id, es_size, pts90k, dts90k);
  g_assert_cmpuint (size, ==, with_dts ? 19 : with_pts ? 14 : 9);
  g_assert_cmphex (bytes[6], ==, 0x84);
  g_assert_cmphex (bytes[7], ==, with_dts ? 0xc0 : with_pts ? 0x80 : 0);
  g_assert_cmpint (asp_pes_parse (bytes, size, &h), ==, ASP_PES_OK);
  g_assert_cmphex (h.stream_id, ==, stream_id);
  g_assert_cmpuint (h.header_size, ==, size);
  g_assert_cmpuint (h.packet_length, ==, size - 6 + es_size > 0xffff ? 0 : size - 6 + es_size);
  g_assert_cmpint (h.has_dts, ==, with_dts);
  if (!with_pts) {
    g_assert_cmpint (h.pts90k, ==, ASP_NO_TIME);
    return;
  }
  g_assert_cmpint (h.pts90k, ==, (gint64) asp_pts_wrap (pts90k));
  g_assert_cmpint (h.dts90k, ==, (gint64) asp_pts_wrap (with_dts ? dts90k : pts90k));
  /* prefix and marker bits */
  g_assert_cmphex (bytes[9] & 0xf1, ==, with_dts ? 0x31 : 0x21);
  g_assert_cmphex (bytes[11] & bytes[13] & 1, ==, 1);
  if (with_dts)
    g_assert_cmphex (bytes[14] & 0xf1, ==, 0x11);
}

static void
test_write (void)
{
  static const gint64 times[] = {
    0, 1, 0x7fff, 0x8000, 0x3fffffff, 0x40000000, ASP_PTS_MASK, ASP_PTS_MODULUS + 5, -1, 0x155555555
  };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    check_round_trip (0xe0, 1000, times[i], ASP_NO_TIME);
    check_round_trip (0xe0, 1000, times[i], times[i]);
    check_round_trip (0xc0, 0, times[i], times[i] - 3600);
  }
  /* the largest that PES_packet_length can say, and one more */
  check_round_trip (0xc0, 0xffff - 8, 0, ASP_NO_TIME);
  check_round_trip (0xc0, 0xffff - 7, 0, ASP_NO_TIME);
  check_round_trip (0xe0, G_MAXUINT32, 0, -1);
  check_round_trip (0xc0, 100, ASP_NO_TIME, ASP_NO_TIME);
  check_round_trip (0xc0, 100, ASP_NO_TIME, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ts/pes/read", test_read);
  g_test_add_func ("/ts/pes/refuses", test_refuses);
  g_test_add_func ("/ts/pes/truncation", test_truncation);
  g_test_add_func ("/ts/pes/write", test_write);
  return g_test_run ();
}
