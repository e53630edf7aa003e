/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts/asp-ts-pmt-edit: a PMT with a stream for cues, and sections into packets. */
#include <asp-ts-pmt-edit.h>

#include <string.h>

#include <asp-crc.h>
#include <asp-ts-packet.h>

#include "unit-support.h"

#define HEAD "02 b000 0007 c7 00 00 e101 "      /* programme 7, version 3, clock on 0x101 */
#define H264 "1b e101 f000"
#define AAC "0f e102 f006 0a04 656e6700"
#define NEW_STREAM "86 fff0 f003 8a0100"        /* PID 0x1ff0 with reserved bits */
#define NEW_STREAM_CUEI "86 fff0 f009 0504 43554549 8a0100"
#define NEW_PID 0x1ff0

static void
frame (GByteArray * s)
{
  guint32 crc;

  g_byte_array_append (s, (const guint8 *) "\0\0\0\0", 4);
  s->data[1] = (guint8) ((s->data[1] & 0xf0) | ((s->len - 3) >> 8));
  s->data[2] = (guint8) (s->len - 3);
  crc = asp_crc32_mpeg (s->data, s->len - 4);
  for (guint i = 0; i < 4; i++)
    s->data[s->len - 4 + i] = (guint8) (crc >> (24 - 8 * i));
}

static GByteArray *
section (const gchar * hex)
{
  GByteArray *s = test_hex (hex);

  frame (s);
  return s;
}

/* @in edited must be @out; and whatever it is cut to, nothing is read behind it. */
static void
check (const gchar * in, guint pid, guint version, const gchar * out)
{
  g_autoptr (GByteArray) before = section (in);
  g_autoptr (GByteArray) after = section (out);
  guint8 got[ASP_PMT_SECTION_MAX];
  gsize size = asp_pmt_edit (before->data, before->len, pid, version, got);

  g_assert_cmpmem (got, size, after->data, after->len);
  g_assert_true (asp_section_is_valid (got, size));
  for (gsize n = 0; n < before->len; n++) {
    g_autofree guint8 *block = test_exact_block (before->data, n);

    g_assert_cmpuint (asp_pmt_edit (block, n, pid, version, got), ==, 0);
  }
}

static void
test_added (void)
{
  check (HEAD "f000" H264 AAC, NEW_PID, 4,
      "02 b000 0007 c9 00 00 e101 f006 0504 43554549" H264 AAC NEW_STREAM);
}

static void
test_behind_other_descriptors (void)
{
  check (HEAD "f006 0504 48444d56" H264, NEW_PID, 0,
      "02 b000 0007 c1 00 00 e101 f00c 0504 48444d56 0504 43554549" H264 NEW_STREAM);
}

static void
test_cuei_is_there (void)
{
  check (HEAD "f006 0504 43554549" H264, NEW_PID, 4, "02 b000 0007 c9 00 00 e101 f006 0504 43554549" H264 NEW_STREAM);
  /* with bytes of its own behind the identifier */
  check (HEAD "f008 0506 43554549 0102" H264, NEW_PID, 4,
      "02 b000 0007 c9 00 00 e101 f008 0506 43554549 0102" H264 NEW_STREAM);
  check (HEAD "f00c 0504 43554549 0504 48444d56" H264, NEW_PID, 4,
      "02 b000 0007 c9 00 00 e101 f00c 0504 43554549 0504 48444d56" H264 NEW_STREAM);
}

/* A programme may have several registrations; each one counts. */
static void
test_cuei_is_the_first (void)
{
  g_autoptr (GByteArray) s = section (HEAD "f00c 0504 43554549 0504 48444d56" H264 "86 e103 f000");
  AspPmt pmt;

  g_assert_true (asp_pmt_parse (s->data, s->len, &pmt));
  g_assert_true (pmt.cuei);
  g_assert_cmpint (pmt.streams[1].codec, ==, ASP_CODEC_SCTE35);
}

/* "CUEI" at the programme would make cues of it */
static void
test_dts_stays_sound (void)
{
  g_autoptr (GByteArray) before = section (HEAD "f006 0504 48444d56" H264 "86 e103 f000");
  guint8 got[ASP_PMT_SECTION_MAX];
  AspPmt pmt;
  gsize size;

  check (HEAD "f006 0504 48444d56" H264 "86 e103 f000", NEW_PID, 4,
      "02 b000 0007 c9 00 00 e101 f006 0504 48444d56" H264 "86 e103 f000" NEW_STREAM_CUEI);
  size = asp_pmt_edit (before->data, before->len, NEW_PID, 4, got);
  g_assert_true (asp_pmt_parse (got, size, &pmt));
  g_assert_cmpint (pmt.streams[1].codec, ==, ASP_CODEC_OTHER_AUDIO);
  g_assert_cmpint (pmt.streams[2].codec, ==, ASP_CODEC_SCTE35);
  /* one that is registered as cues itself is none of that */
  check (HEAD "f000" "86 e103 f006 0504 43554549", NEW_PID, 4,
      "02 b000 0007 c9 00 00 e101 f006 0504 43554549" "86 e103 f006 0504 43554549" NEW_STREAM);
}

static void
test_read_back (void)
{
  g_autoptr (GByteArray) before = section (HEAD "f006 0504 48444d56" H264 AAC);
  guint8 got[ASP_PMT_SECTION_MAX];
  gsize size = asp_pmt_edit (before->data, before->len, NEW_PID, 4, got);
  AspPmt pmt;

  g_assert_true (asp_pmt_parse (got, size, &pmt));
  g_assert_true (pmt.cuei);
  g_assert_cmpuint (pmt.version, ==, 4);
  g_assert_cmpuint (pmt.program_number, ==, 7);
  g_assert_cmpuint (pmt.pcr_pid, ==, 0x101);
  g_assert_cmpuint (pmt.n_streams, ==, 3);
  g_assert_cmpuint (pmt.streams[2].pid, ==, NEW_PID);
  g_assert_cmpint (pmt.streams[2].codec, ==, ASP_CODEC_SCTE35);
  g_assert_cmpint (pmt.streams[0].codec, ==, ASP_CODEC_H264);
  g_assert_cmpstr (pmt.streams[1].language, ==, "eng");
  g_assert_cmpuint (asp_section_version (got), ==, 4);
  g_assert_false (asp_section_same_content (got, size, before->data, before->len));
}

static void
test_version_only (void)
{
  g_autoptr (GByteArray) s = section (HEAD "f000" H264 AAC);
  guint8 got[ASP_PMT_SECTION_MAX], other[ASP_PMT_SECTION_MAX];

  /* the same version: the same bytes */
  g_assert_cmpuint (asp_pmt_edit (s->data, s->len, ASP_PID_NULL, 3, got), ==, s->len);
  g_assert_cmpmem (got, s->len, s->data, s->len);
  for (guint version = 0; version < 70; version++) {
    g_assert_cmpuint (asp_pmt_edit (s->data, s->len, ASP_PID_NULL, version, other), ==, s->len);
    g_assert_cmpuint (asp_section_version (other), ==, version % 32);
    g_assert_true (asp_section_is_valid (other, s->len));
    g_assert_true (asp_section_same_content (other, s->len, s->data, s->len));
  }
  other[9] ^= 1;
  g_assert_false (asp_section_same_content (other, s->len, s->data, s->len));
}

static void
test_refused (void)
{
  static const gchar *const bad[] = {
    "00 b000 0007 c7 00 00 e101 f000" H264,     /* another table */
    "02 3000 0007 c7 00 00 e101 f000" H264,     /* short form */
    HEAD "f00f" H264,           /* descriptors go past the end */
    HEAD "f000" "1b e101 f001", /* a stream does */
    "02 b000 0007 c7 00 00 e101",
  };
  g_autoptr (GByteArray) s = section (HEAD "f000" H264);
  guint8 got[ASP_PMT_SECTION_MAX];

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GByteArray) b = section (bad[i]);

    g_assert_cmpuint (asp_pmt_edit (b->data, b->len, NEW_PID, 4, got), ==, 0);
  }
  s->data[s->len - 1] ^= 1;     /* CRC */
  g_assert_cmpuint (asp_pmt_edit (s->data, s->len, NEW_PID, 4, got), ==, 0);
}

/* What stands behind the last stream and is none stays where it is: at the end. */
static void
test_trailing_bytes (void)
{
  check (HEAD "f000" H264 "aabbcc", NEW_PID, 4, "02 b000 0007 c9 00 00 e101 f006 0504 43554549" H264 NEW_STREAM "aabbcc");
  /* so does what is no descriptor of the programme */
  check (HEAD "f009 0504 48444d56 0540 11" H264, NEW_PID, 4,
      "02 b000 0007 c9 00 00 e101 f00f 0504 48444d56 0504 43554549 0540 11" H264 NEW_STREAM);
}

static GByteArray *
section_of_size (gsize size)
{
  GByteArray *s = test_hex (HEAD "f000");

  while (s->len + 5 + 4 <= size) {
    gsize room = size - 4 - s->len, info = MIN (room - 5, 200);
    guint8 stream[5] = { 0x06, 0xe2, 0x00, 0xf0, 0 };

    if (room - 5 - info > 0 && room - 5 - info < 5)
      info -= 5;                /* room for one more */
    stream[4] = (guint8) info;
    g_byte_array_append (s, stream, 5);
    g_byte_array_set_size (s, s->len + (guint) info);
    memset (s->data + s->len - info, 0, info);
    /* one descriptor that fills it, when it can */
    if (info >= 2) {
      s->data[s->len - info] = 0x80;
      s->data[s->len - info + 1] = (guint8) (info - 2);
    }
  }
  frame (s);
  g_assert_cmpuint (s->len, ==, size);
  return s;
}

/* 2.4.4.9: section_length <= 1021 */
static void
test_full (void)
{
  guint8 got[ASP_PMT_SECTION_MAX];
  const gsize added = 14;

  for (gsize size = 900; size <= ASP_PMT_SECTION_MAX; size++) {
    g_autoptr (GByteArray) s = section_of_size (size);

    g_assert_cmpuint (asp_pmt_edit (s->data, s->len, NEW_PID, 1, got), ==,
        size + added <= ASP_PMT_SECTION_MAX ? size + added : 0);
    g_assert_cmpuint (asp_pmt_edit (s->data, s->len, ASP_PID_NULL, 1, got), ==, size);
  }
}

static void
test_pids (void)
{
  /* ECMs on 0x030 and 0x031 */
  g_autoptr (GByteArray) s = section (HEAD "f006 0904 0b00 e030" "1b e101 f000" "0f e102 f006 0904 0b00 e031");
  AspPidSet set = { {0} };
  guint n = 0;

  asp_pmt_add_pids (s->data, s->len, &set);
  for (guint pid = 0; pid < ASP_PID_COUNT; pid++)
    n += asp_pid_set_has (&set, pid);
  g_assert_cmpuint (n, ==, 4);
  g_assert_true (asp_pid_set_has (&set, 0x30) && asp_pid_set_has (&set, 0x31) &&
      asp_pid_set_has (&set, 0x101) && asp_pid_set_has (&set, 0x102));
  for (gsize size = 0; size < s->len; size++) {
    g_autofree guint8 *block = test_exact_block (s->data, size);
    AspPidSet none = { {0} }, before = { {0} };

    asp_pmt_add_pids (block, size, &none);
    g_assert_cmpmem (&none, sizeof none, &before, sizeof before);
  }
}

static void
on_section (const guint8 * data, gsize size, gpointer user_data)
{
  g_byte_array_append (user_data, data, (guint) size);
}

static void
test_packets (void)
{
  for (guint size = 16; size <= 1024; size += size < 600 ? 1 : 61) {
    g_autoptr (GByteArray) s = section_of_size (MAX (size, 21));
    g_autoptr (GByteArray) got = g_byte_array_new ();
    guint n = asp_section_n_packets (s->len);
    g_autofree guint8 *packets = g_malloc (n * ASP_TS_SIZE);
    AspSectionAssembler a;

    asp_section_write_packets (s->data, s->len, 0x1abc, packets);
    asp_section_assembler_init (&a);
    for (guint i = 0; i < n; i++) {
      guint8 *p = packets + i * ASP_TS_SIZE;

      g_assert_cmpuint (p[0], ==, 0x47);
      g_assert_cmpuint (asp_ts_pid (p), ==, 0x1abc);
      g_assert_cmpint (asp_ts_pusi (p), ==, i == 0);
      asp_ts_set_cc (p, i);
      asp_section_assembler_push (&a, p, on_section, got);
    }
    g_assert_cmpmem (got->data, got->len, s->data, s->len);
    g_assert_cmpuint ((n - 1) * 184, <, s->len + 1);
  }
}

/* -- what is delivered -- */

#define ID3_STREAM "15 ffe0 f00f 260d ffff49443320 ff49443320 000f"
#define ID3_POINTER "250f ffff49443320 ff49443320 001f 0007"

static void
check_delivered (const gchar * in, const AspPidSet * keep, guint id3_pid, const gchar * out)
{
  g_autoptr (GByteArray) before = section (in);
  g_autoptr (GByteArray) after = section (out);
  guint8 got[ASP_PMT_SECTION_MAX];
  gsize size = asp_pmt_deliver (before->data, before->len, keep, id3_pid, got);

  g_assert_cmpmem (got, size, after->data, after->len);
  g_assert_true (asp_section_is_valid (got, size));
  for (gsize n = 0; n < before->len; n++) {
    g_autofree guint8 *block = test_exact_block (before->data, n);

    g_assert_cmpuint (asp_pmt_deliver (block, n, keep, id3_pid, got), ==, 0);
  }
}

static void
test_delivered (void)
{
  AspPidSet keep = { {0} }, none = { {0} };

  asp_pid_set_add (&keep, 0x102);
  check_delivered (HEAD "f006 0504 48444d56" H264 AAC, NULL, ASP_PID_NULL, HEAD "f006 0504 48444d56" H264 AAC);
  check_delivered (HEAD "f000" H264 AAC, &keep, ASP_PID_NULL, HEAD "f000" AAC);
  check_delivered (HEAD "f000" AAC H264 "86 e103 f000", &keep, ASP_PID_NULL, HEAD "f000" AAC);
  check_delivered (HEAD "f000" H264 AAC, &none, ASP_PID_NULL, HEAD "f000");
  check_delivered (HEAD "f000" H264 AAC, NULL, 0x1fe0, HEAD "f011" ID3_POINTER H264 AAC ID3_STREAM);
  check_delivered (HEAD "f006 0504 48444d56" H264 AAC, &keep, 0x1fe0,
      HEAD "f017 0504 48444d56" ID3_POINTER AAC ID3_STREAM);
  /* what is no whole descriptor of the programme is no place to put one behind */
  check_delivered (HEAD "f003 0504 48" H264, NULL, ASP_PID_NULL, HEAD "f000" H264);
}

/* 1021 bytes are the most: with tags there is less room. */
static void
test_delivered_full (void)
{
  guint8 got[ASP_PMT_SECTION_MAX];
  guint n_fit = 0, n_fit_tagged = 0;

  for (guint n = 190; n < 210; n++) {
    g_autoptr (GByteArray) s = test_hex (HEAD "f000");

    for (guint i = 0; i < n; i++)
      g_byte_array_append (s, (const guint8 *) "\x1b\xe1\x01\xf0", 5);
    frame (s);
    n_fit = s->len <= ASP_PMT_SECTION_MAX && asp_pmt_deliver (s->data, s->len, NULL, ASP_PID_NULL, got) ? n : n_fit;
    n_fit_tagged = s->len <= ASP_PMT_SECTION_MAX && asp_pmt_deliver (s->data, s->len, NULL, 0x1fe0, got) ? n : n_fit_tagged;
  }
  g_assert_cmpuint (n_fit, ==, (ASP_PMT_SECTION_MAX - 16) / 5);
  g_assert_cmpuint (n_fit_tagged, ==, (ASP_PMT_SECTION_MAX - 16 - 17 - 20) / 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ts/pmt-edit/added", test_added);
  g_test_add_func ("/ts/pmt-edit/behind-other-descriptors", test_behind_other_descriptors);
  g_test_add_func ("/ts/pmt-edit/cuei-is-there", test_cuei_is_there);
  g_test_add_func ("/ts/pmt-edit/cuei-is-the-first", test_cuei_is_the_first);
  g_test_add_func ("/ts/pmt-edit/dts-stays-sound", test_dts_stays_sound);
  g_test_add_func ("/ts/pmt-edit/read-back", test_read_back);
  g_test_add_func ("/ts/pmt-edit/version-only", test_version_only);
  g_test_add_func ("/ts/pmt-edit/refused", test_refused);
  g_test_add_func ("/ts/pmt-edit/trailing-bytes", test_trailing_bytes);
  g_test_add_func ("/ts/pmt-edit/full", test_full);
  g_test_add_func ("/ts/pmt-edit/pids", test_pids);
  g_test_add_func ("/ts/pmt-edit/packets", test_packets);
  g_test_add_func ("/ts/pmt-edit/delivered", test_delivered);
  g_test_add_func ("/ts/pmt-edit/delivered-full", test_delivered_full);
  return g_test_run ();
}
