/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts/asp-ts-packet: the view of a packet, and packets that are written. */
#include <asp-ts-packet.h>

#include <string.h>

#include "unit-support.h"

#define PCR_EXAMPLE (G_GINT64_CONSTANT (0x1a5b3c2d1) * 300 + 299)

/* A packet from its first bytes in hex; the rest is 0x55. */
static void
packet_from (guint8 * p, const gchar * hex)
{
  g_autoptr (GByteArray) head = test_hex (hex);

  memset (p, 0x55, ASP_TS_SIZE);
  memcpy (p, head->data, head->len);
}

static void
test_view (void)
{
  guint8 p[ASP_TS_SIZE];
  AspTsPacket v;

  packet_from (p, "47 5f fe 1b");
  g_assert_true (asp_ts_packet_parse (p, &v));
  g_assert_cmphex (v.pid, ==, 0x1ffe);
  g_assert_cmphex (asp_ts_pid (p), ==, 0x1ffe);
  g_assert_cmpuint (v.cc, ==, 11);
  g_assert_true (v.pusi);
  g_assert_false (v.tei);
  g_assert_cmpuint (v.scrambling, ==, 0);
  g_assert_false (v.has_pcr);
  g_assert_cmpuint (v.payload_offset, ==, 4);

  packet_from (p, "47 81 00 f0 07 d0 d2 d9 e1 68 ff 2b");
  g_assert_true (asp_ts_packet_parse (p, &v));
  g_assert_cmphex (v.pid, ==, 0x100);
  g_assert_true (v.tei);
  g_assert_false (v.pusi);
  g_assert_cmpuint (v.scrambling, ==, 3);
  g_assert_true (v.discontinuity);
  g_assert_true (v.random_access);
  g_assert_true (v.has_pcr);
  g_assert_cmpuint (v.pcr27m, ==, PCR_EXAMPLE);
  g_assert_cmpint (asp_ts_packet_pcr (p), ==, PCR_EXAMPLE);
  g_assert_cmpuint (v.payload_offset, ==, 12);

  /* without payload: no offset into the packet */
  packet_from (p, "47 01 00 20 b7 00");
  g_assert_true (asp_ts_packet_parse (p, &v));
  g_assert_cmpuint (v.payload_offset, ==, ASP_TS_SIZE);
  packet_from (p, "47 01 00 00");
  g_assert_true (asp_ts_packet_parse (p, &v));
  g_assert_cmpuint (v.payload_offset, ==, ASP_TS_SIZE);
}

static void
test_view_refuses (void)
{
  guint8 p[ASP_TS_SIZE];
  AspTsPacket v;

  packet_from (p, "46 01 00 10");
  g_assert_false (asp_ts_packet_parse (p, &v));
  /* no room for the payload that is announced */
  packet_from (p, "47 01 00 30 b7 00");
  g_assert_false (asp_ts_packet_parse (p, &v));
  packet_from (p, "47 01 00 30 b6 00");
  g_assert_true (asp_ts_packet_parse (p, &v));
  g_assert_cmpuint (v.payload_offset, ==, ASP_TS_SIZE - 1);
  packet_from (p, "47 01 00 20 b8 10");
  g_assert_false (asp_ts_packet_parse (p, &v));
  g_assert_cmpint (asp_ts_packet_pcr (p), ==, ASP_NO_TIME);
  /* PCR_flag in a field too short for a PCR */
  packet_from (p, "47 01 00 30 06 10");
  g_assert_true (asp_ts_packet_parse (p, &v));
  g_assert_false (v.has_pcr);
  g_assert_cmpint (asp_ts_packet_pcr (p), ==, ASP_NO_TIME);
  /* an empty field has no flags: the next byte is payload */
  packet_from (p, "47 01 00 30 00 ff");
  g_assert_true (asp_ts_packet_parse (p, &v));
  g_assert_false (v.discontinuity || v.random_access || v.has_pcr);
  g_assert_cmpuint (v.payload_offset, ==, 5);
}

/* Every packet is read inside its 188 bytes, whatever stands in it. */
static void
test_view_any_bytes (void)
{
  g_autofree guint8 *p = g_malloc (ASP_TS_SIZE);

  for (guint flags = 0; flags < 256; flags++) {
    for (guint length = 0; length < 256; length++) {
      AspTsPacket v;
      gboolean ok;

      memset (p, 0xff, ASP_TS_SIZE);
      p[0] = ASP_TS_SYNC;
      p[3] = (guint8) flags;
      p[4] = (guint8) length;
      ok = asp_ts_packet_parse (p, &v);
      g_assert_cmpint (ok && v.has_pcr, ==, asp_ts_packet_pcr (p) != ASP_NO_TIME &&
          (length < 183 || !asp_ts_has_payload (p)));
      if (ok)
        g_assert_cmpuint (v.payload_offset, <=, ASP_TS_SIZE);
      asp_ts_packet_strip_pcr (p);
      g_assert_cmpint (asp_ts_packet_pcr (p), ==, ASP_NO_TIME);
      if (ok) {
        g_assert_true (asp_ts_packet_parse (p, &v));
        g_assert_false (v.has_pcr);
      }
    }
  }
}

static void
test_strip_pcr (void)
{
  guint8 p[ASP_TS_SIZE], before[ASP_TS_SIZE];
  AspTsPacket v;

  /* PCR, OPCR, splice_countdown, then stuffing: what is kept moves to the front */
  packet_from (p, "47 41 00 37 10 5c d2d9e168ff2b 112233447e55 fd ff ff");
  memcpy (before, p, sizeof p);
  asp_ts_packet_strip_pcr (p);
  g_assert_cmpmem (p, 5, before, 5);
  g_assert_cmphex (p[5], ==, 0x4c);
  g_assert_cmpmem (p + 6, 9, "\x11\x22\x33\x44\x7e\x55\xfd\xff\xff", 9);
  g_assert_cmpmem (p + 15, 6, "\xff\xff\xff\xff\xff\xff", 6);
  g_assert_cmpmem (p + 21, ASP_TS_SIZE - 21, before + 21, ASP_TS_SIZE - 21);
  g_assert_true (asp_ts_packet_parse (p, &v));
  g_assert_true (v.random_access);
  g_assert_false (v.has_pcr);
  g_assert_cmpuint (v.payload_offset, ==, 21);
  /* private data up to the last byte of the field: all of it is kept */
  packet_from (p, "47 41 00 37 0b 12 d2d9e168ff2b 03a1b2c3 77");
  asp_ts_packet_strip_pcr (p);
  g_assert_cmpmem (p + 4, 12, "\x0b\x02\x03\xa1\xb2\xc3\xff\xff\xff\xff\xff\xff", 12);
  g_assert_cmphex (p[16], ==, 0x77);
  /* nothing to take: not touched */
  memcpy (before, p, sizeof p);
  asp_ts_packet_strip_pcr (p);
  g_assert_cmpmem (p, sizeof p, before, sizeof before);
}

static void
test_write_pcr (void)
{
  static const gint64 values[] = { 0, 1, 299, 300, PCR_EXAMPLE, ASP_PCR_MODULUS - 1 };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    guint8 p[ASP_TS_SIZE];
    AspTsPacket v;

    memset (p, 0, sizeof p);
    asp_ts_packet_write_pcr (p, 0x1abc, 12, (guint64) values[i]);
    g_assert_true (asp_ts_packet_parse (p, &v));
    g_assert_cmphex (v.pid, ==, 0x1abc);
    g_assert_cmpuint (v.cc, ==, 12);
    g_assert_cmphex (p[5], ==, 0x10);   /* PCR_flag and no other */
    g_assert_false (v.pusi || v.tei || v.discontinuity || v.random_access);
    g_assert_true (v.has_pcr);
    g_assert_cmpuint (v.pcr27m, ==, (guint64) values[i]);
    g_assert_cmpuint (v.payload_offset, ==, ASP_TS_SIZE);
    g_assert_cmphex (p[10] & 0x7e, ==, 0x7e);   /* reserved bits are 1 */
    for (guint b = 12; b < ASP_TS_SIZE; b++)
      g_assert_cmphex (p[b], ==, 0xff);
  }
}

static void
test_write_null (void)
{
  guint8 p[ASP_TS_SIZE];
  AspTsPacket v;

  memset (p, 0, sizeof p);
  asp_ts_packet_write_null (p);
  g_assert_true (asp_ts_packet_parse (p, &v));
  g_assert_cmpuint (v.cc, ==, 0);
  for (guint i = 4; i < ASP_TS_SIZE; i++)
    g_assert_cmphex (p[i], ==, 0xff);
  g_assert_cmphex (v.pid, ==, ASP_PID_NULL);
  g_assert_cmpuint (v.payload_offset, ==, 4);
  g_assert_false (v.pusi);
}

/* One packet with @size bytes in hand: what comes out is what went in, the rest stuffing. */
static void
check_payload (gsize size, guint max_payload, gboolean pusi, gboolean random_access, gint64 pcr27m)
{
  guint8 p[ASP_TS_SIZE], data[400];
  guint room = ASP_TS_PAYLOAD_MAX - (pcr27m != ASP_NO_TIME ? 8 : random_access ? 2 : 0);
  AspTsPacket v;
  guint taken;

  for (guint i = 0; i < sizeof data; i++)
    data[i] = (guint8) (i * 7 + 1);
  memset (p, 0xa5, sizeof p);
  taken = asp_ts_packet_write_payload (p, 0x1234, 9, pusi, random_access, pcr27m, data, size, max_payload);
  g_assert_cmpuint (taken, ==, MIN (size, MIN (MAX (max_payload, 1), room)));
  g_assert_true (asp_ts_packet_parse (p, &v));
  g_assert_cmphex (v.pid, ==, 0x1234);
  g_assert_cmpuint (v.cc, ==, 9);
  g_assert_cmpint (v.pusi, ==, pusi);
  g_assert_false (v.discontinuity);
  g_assert_cmpint (v.has_pcr, ==, pcr27m != ASP_NO_TIME);
  if (v.has_pcr)
    g_assert_cmpint ((gint64) v.pcr27m, ==, pcr27m);
  g_assert_cmpint (v.random_access, ==, random_access);
  g_assert_cmpuint (v.payload_offset, ==, ASP_TS_SIZE - taken);
  g_assert_cmpmem (p + v.payload_offset, taken, data, taken);
  if (v.payload_offset >= 6)
    g_assert_cmphex (p[5], ==, (random_access ? 0x40 : 0) | (v.has_pcr ? 0x10 : 0));
  if (v.payload_offset >= 6)
    for (guint i = v.has_pcr ? 12 : 6; i < v.payload_offset; i++)
      g_assert_cmphex (p[i], ==, 0xff);
}

static void
test_write_payload (void)
{
  for (gsize size = 1; size <= 200; size++) {
    for (guint flags = 0; flags < 8; flags++) {
      gint64 pcr27m = flags & 4 ? PCR_EXAMPLE : ASP_NO_TIME;

      check_payload (size, G_MAXUINT, flags & 1, (flags & 2) != 0, pcr27m);
      check_payload (400, (guint) size, flags & 1, (flags & 2) != 0, pcr27m);
    }
  }
  check_payload (10, 0, TRUE, FALSE, ASP_NO_TIME);
}

/* A long run of bytes in packets, joined again. */
static void
test_write_run (void)
{
  guint8 data[5000], p[ASP_TS_SIZE];
  g_autoptr (GByteArray) joined = g_byte_array_new ();
  gsize at = 0;
  guint cc = 14, packets = 0;

  for (guint i = 0; i < sizeof data; i++)
    data[i] = (guint8) (i ^ (i >> 8));
  while (at < sizeof data) {
    AspTsPacket v;

    at += asp_ts_packet_write_payload (p, 0x100, cc++, at == 0, at == 0,
        packets % 5 == 0 ? (gint64) packets * 1000 : ASP_NO_TIME, data + at, sizeof data - at, G_MAXUINT);
    g_assert_true (asp_ts_packet_parse (p, &v));
    g_assert_cmpuint (v.cc, ==, (14 + packets) & 15);
    g_byte_array_append (joined, p + v.payload_offset, ASP_TS_SIZE - v.payload_offset);
    packets++;
  }
  g_assert_cmpmem (joined->data, joined->len, data, sizeof data);
  g_assert_cmpuint (packets, ==, 28);   /* 5000 + 6 * 8 bytes in 184 each */
}

static void
test_set_cc (void)
{
  guint8 p[ASP_TS_SIZE];

  packet_from (p, "47 01 00 d7");
  asp_ts_set_cc (p, 0x1c);
  g_assert_cmphex (p[3], ==, 0xdc);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ts/packet/view", test_view);
  g_test_add_func ("/ts/packet/view-refuses", test_view_refuses);
  g_test_add_func ("/ts/packet/view-any-bytes", test_view_any_bytes);
  g_test_add_func ("/ts/packet/strip-pcr", test_strip_pcr);
  g_test_add_func ("/ts/packet/write-pcr", test_write_pcr);
  g_test_add_func ("/ts/packet/write-null", test_write_null);
  g_test_add_func ("/ts/packet/write-payload", test_write_payload);
  g_test_add_func ("/ts/packet/write-run", test_write_run);
  g_test_add_func ("/ts/packet/set-cc", test_set_cc);
  return g_test_run ();
}
