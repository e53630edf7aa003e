/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts/asp-ts-psi: sections out of packets, PAT and PMT out of sections. */
#include <asp-ts-psi.h>

#include <string.h>

#include <asp-crc.h>
#include <asp-ts-packet.h>

#include "unit-support.h"

#define PID 0x123

/* section_length and CRC_32 of a section whose last four bytes are to be the CRC_32 */
static void
frame_section (GByteArray * s)
{
  guint32 crc;

  s->data[1] = (guint8) ((s->data[1] & 0xf0) | ((s->len - 3) >> 8));
  s->data[2] = (guint8) (s->len - 3);
  crc = asp_crc32_mpeg (s->data, s->len - 4);
  for (guint i = 0; i < 4; i++)
    s->data[s->len - 4 + i] = (guint8) (crc >> (24 - 8 * i));
}

static GByteArray *
section_from (const gchar * head, const gchar * body)
{
  g_autoptr (GByteArray) tail = test_hex (body);
  GByteArray *s = test_hex (head);

  g_byte_array_append (s, tail->data, tail->len);
  g_byte_array_append (s, (const guint8 *) "\0\0\0\0", 4);
  frame_section (s);
  return s;
}

/* A private section (table_id 0x80) of @size bytes, filled so that each one differs. */
static GByteArray *
numbered_section (guint size, guint number)
{
  GByteArray *s = g_byte_array_new ();

  g_byte_array_set_size (s, size);
  for (guint i = 0; i < size; i++)
    s->data[i] = (guint8) (i * 13 + number);
  s->data[0] = 0x80;
  s->data[1] = 0x30;
  frame_section (s);
  return s;
}

typedef struct
{
  AspSectionAssembler assembler;
  GPtrArray *got;               /* GByteArray */
  guint cc;
} Rig;

static void
rig_init (Rig * rig)
{
  memset (&rig->assembler, 0x5a, sizeof rig->assembler);
  asp_section_assembler_init (&rig->assembler);
  rig->got = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  rig->cc = 5;
}

static void
rig_clear (Rig * rig)
{
  g_ptr_array_unref (rig->got);
}

static void
on_section (const guint8 * section, gsize size, gpointer user_data)
{
  Rig *rig = user_data;
  GByteArray *copy = g_byte_array_new ();

  g_byte_array_append (copy, section, (guint) size);
  g_ptr_array_add (rig->got, copy);
}

static void
rig_push_packet (Rig * rig, const guint8 * packet)
{
  g_autofree guint8 *block = test_exact_block (packet, ASP_TS_SIZE);

  asp_section_assembler_push (&rig->assembler, block, on_section, rig);
}

/* One packet with exactly @size bytes of payload. */
static void
rig_push (Rig * rig, gboolean pusi, const guint8 * data, gsize size)
{
  guint8 p[ASP_TS_SIZE];

  g_assert_cmpuint (asp_ts_packet_write_payload (p, PID, rig->cc++, pusi, FALSE, ASP_NO_TIME,
          data, size, G_MAXUINT), ==, size);
  rig_push_packet (rig, p);
}

/* pointer_field, the end of the section before, the start of one. */
static void
rig_push_start (Rig * rig, const guint8 * tail, guint tail_size, const guint8 * data, gsize size)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  guint8 pointer = (guint8) tail_size;

  g_byte_array_append (payload, &pointer, 1);
  if (tail_size > 0)
    g_byte_array_append (payload, tail, tail_size);
  if (size > 0)
    g_byte_array_append (payload, data, (guint) size);
  rig_push (rig, TRUE, payload->data, payload->len);
}

static void
rig_expect (Rig * rig, guint index, const GByteArray * section)
{
  const GByteArray *got;

  g_assert_cmpuint (rig->got->len, >, index);
  got = g_ptr_array_index (rig->got, index);
  g_assert_cmpmem (got->data, got->len, section->data, section->len);
}

/* Three packets, cut at every pair of positions. */
static void
test_split_everywhere (void)
{
  g_autoptr (GByteArray) s = numbered_section (40, 1);

  for (guint i = 1; i < s->len; i++) {
    for (guint j = i; j <= s->len; j++) {
      Rig rig;

      rig_init (&rig);
      rig_push_start (&rig, NULL, 0, s->data, i);
      g_assert_cmpuint (rig.got->len, ==, 0);
      if (j > i)
        rig_push (&rig, FALSE, s->data + i, j - i);
      g_assert_cmpuint (rig.got->len, ==, j == s->len ? 1 : 0);
      if (j < s->len)
        rig_push (&rig, FALSE, s->data + j, s->len - j);
      g_assert_cmpuint (rig.got->len, ==, 1);
      rig_expect (&rig, 0, s);
      rig_clear (&rig);
    }
  }
}

/* The end of one and the start of the next share a packet, at every pointer_field. */
static void
test_pointer_everywhere (void)
{
  g_autoptr (GByteArray) a = numbered_section (100, 1);
  g_autoptr (GByteArray) b = numbered_section (60, 2);

  for (guint i = 1; i < a->len; i++) {
    Rig rig;

    rig_init (&rig);
    rig_push_start (&rig, NULL, 0, a->data, i);
    rig_push_start (&rig, a->data + i, a->len - i, b->data, b->len);
    g_assert_cmpuint (rig.got->len, ==, 2);
    rig_expect (&rig, 0, a);
    rig_expect (&rig, 1, b);
    rig_clear (&rig);
  }
}

static void
test_several_in_a_packet (void)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  GByteArray *sections[6];
  static const guint8 stuffing[9] = { 255, 255, 255, 255, 255, 255, 255, 255, 255 };
  Rig rig;

  rig_init (&rig);
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++) {
    sections[i] = numbered_section (12 + 4 * i, i);
    g_byte_array_append (all, sections[i]->data, sections[i]->len);
  }
  g_byte_array_append (all, stuffing, sizeof stuffing);
  rig_push_start (&rig, NULL, 0, all->data, all->len);
  g_assert_cmpuint (rig.got->len, ==, G_N_ELEMENTS (sections));
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++) {
    rig_expect (&rig, i, sections[i]);
    g_byte_array_unref (sections[i]);
  }
  /* what follows without a start is stuffing */
  rig_push (&rig, FALSE, stuffing, sizeof stuffing);
  g_assert_cmpuint (rig.got->len, ==, G_N_ELEMENTS (sections));
  rig_clear (&rig);
}

/* The longest section there can be, in full packets; one byte longer is dropped. */
static void
test_longest (void)
{
  g_autoptr (GByteArray) s = numbered_section (ASP_SECTION_MAX, 3);
  g_autoptr (GByteArray) small = numbered_section (20, 4);

  for (guint excess = 0; excess < 2; excess++) {
    Rig rig;
    gsize at = 183;

    rig_init (&rig);
    s->data[2] = (guint8) (0xfd + excess);
    rig_push_start (&rig, NULL, 0, s->data, 183);
    for (; at < s->len; at += MIN (184, s->len - at))
      rig_push (&rig, FALSE, s->data + at, MIN (184, s->len - at));
    if (excess)
      for (guint i = 0; i < 3; i++)
        rig_push (&rig, FALSE, s->data, 184);
    g_assert_cmpuint (rig.got->len, ==, excess ? 0 : 1);
    if (!excess)
      rig_expect (&rig, 0, s);
    rig_push_start (&rig, NULL, 0, small->data, small->len);
    rig_expect (&rig, excess ? 0 : 1, small);
    rig_clear (&rig);
  }
}

/* Tuned in the middle: what comes before the first start is nobody's, whatever it looks like. */
static void
test_no_start (void)
{
  g_autoptr (GByteArray) s = numbered_section (60, 1);
  Rig rig;

  rig_init (&rig);
  rig_push (&rig, FALSE, s->data, s->len);
  rig_push (&rig, FALSE, s->data, s->len);
  g_assert_cmpuint (rig.got->len, ==, 0);
  /* nor is the end of a section whose start was not seen */
  rig_push_start (&rig, s->data, s->len, s->data, s->len);
  g_assert_cmpuint (rig.got->len, ==, 1);
  rig_expect (&rig, 0, s);
  rig_clear (&rig);
}

static void
test_lost_packet (void)
{
  g_autoptr (GByteArray) s = numbered_section (600, 1);
  Rig rig;

  rig_init (&rig);
  rig_push_start (&rig, NULL, 0, s->data, 183);
  rig_push (&rig, FALSE, s->data + 183, 184);
  rig.cc++;                     /* this one was lost */
  rig_push (&rig, FALSE, s->data + 551, 49);
  g_assert_cmpuint (rig.got->len, ==, 0);
  /* the packets behind do not bring the half section back */
  for (guint i = 0; i < 4; i++)
    rig_push (&rig, FALSE, s->data, 184);
  g_assert_cmpuint (rig.got->len, ==, 0);
  rig_push_start (&rig, NULL, 0, s->data, 183);
  rig_push (&rig, FALSE, s->data + 183, 184);
  rig_push (&rig, FALSE, s->data + 367, 184);
  rig_push (&rig, FALSE, s->data + 551, 49);
  g_assert_cmpuint (rig.got->len, ==, 1);
  rig_expect (&rig, 0, s);
  rig_clear (&rig);
}

/* The counter goes around: 15 and 0 follow each other, 0 and 2 do not. */
static void
test_counter_wrap (void)
{
  g_autoptr (GByteArray) s = numbered_section (300, 1);
  Rig rig;

  rig_init (&rig);
  rig.cc = 15;
  rig_push_start (&rig, NULL, 0, s->data, 183);
  rig_push (&rig, FALSE, s->data + 183, 117);
  g_assert_cmpuint (rig.got->len, ==, 1);
  rig_clear (&rig);
  rig_init (&rig);
  rig.cc = 0;
  rig_push_start (&rig, NULL, 0, s->data, 183);
  rig.cc = 2;
  rig_push (&rig, FALSE, s->data + 183, 117);
  g_assert_cmpuint (rig.got->len, ==, 0);
  rig_clear (&rig);
}

/* A section that ends with the packet in which the next one is announced but does not begin. */
static void
test_pointer_to_the_end (void)
{
  g_autoptr (GByteArray) a = numbered_section (183 + 183, 1);
  Rig rig;

  rig_init (&rig);
  rig_push_start (&rig, NULL, 0, a->data, 183);
  rig_push_start (&rig, a->data + 183, 183, NULL, 0);
  g_assert_cmpuint (rig.got->len, ==, 1);
  rig_expect (&rig, 0, a);
  rig_clear (&rig);
}

/* The end was lost, the next one starts: only that one comes. */
static void
test_lost_end (void)
{
  g_autoptr (GByteArray) a = numbered_section (300, 1);
  g_autoptr (GByteArray) b = numbered_section (100, 2);
  Rig rig;

  rig_init (&rig);
  rig_push_start (&rig, NULL, 0, a->data, 183);
  rig.cc++;
  rig_push_start (&rig, a->data + 200, 50, b->data, b->len);
  g_assert_cmpuint (rig.got->len, ==, 1);
  rig_expect (&rig, 0, b);
  /* nothing lost, but the start comes before the section is complete */
  rig_push_start (&rig, NULL, 0, a->data, 183);
  rig_push_start (&rig, a->data + 183, 20, b->data, b->len);
  g_assert_cmpuint (rig.got->len, ==, 2);
  rig_expect (&rig, 1, b);
  rig_clear (&rig);
}

static void
test_duplicates (void)
{
  g_autoptr (GByteArray) s = numbered_section (500, 1);
  Rig rig;
  gsize at = 183;

  rig_init (&rig);
  rig_push_start (&rig, NULL, 0, s->data, 183);
  rig.cc--;
  rig_push_start (&rig, NULL, 0, s->data, 183);
  while (at < s->len) {
    gsize n = MIN (184, s->len - at);

    rig_push (&rig, FALSE, s->data + at, n);
    rig.cc--;
    rig_push (&rig, FALSE, s->data + at, n);
    at += n;
  }
  g_assert_cmpuint (rig.got->len, ==, 1);
  rig_expect (&rig, 0, s);
  rig_clear (&rig);
}

static void
test_packets_that_do_not_count (void)
{
  g_autoptr (GByteArray) s = numbered_section (300, 1);
  guint8 p[ASP_TS_SIZE];
  Rig rig;

  rig_init (&rig);
  rig_push_start (&rig, NULL, 0, s->data, 183);
  /* only an adaptation field: CC is that of the packet before (2.4.3.3) */
  asp_ts_packet_write_pcr (p, PID, rig.cc - 1, 1234);
  rig_push_packet (&rig, p);
  /* damaged, scrambled, no packet: neither bytes nor CC of it are believed */
  asp_ts_packet_write_payload (p, PID, 1, FALSE, FALSE, ASP_NO_TIME, s->data, 184, 184);
  p[1] |= 0x80;
  rig_push_packet (&rig, p);
  p[1] &= 0x7f;
  p[3] |= 0x80;
  rig_push_packet (&rig, p);
  p[3] &= 0x3f;
  p[0] = 0x48;
  rig_push_packet (&rig, p);
  rig_push (&rig, FALSE, s->data + 183, 117);
  g_assert_cmpuint (rig.got->len, ==, 1);
  rig_expect (&rig, 0, s);
  /* pointer_field beyond the packet */
  rig_push_start (&rig, NULL, 0, s->data, 183);
  rig_push (&rig, TRUE, (const guint8 *) "\xff\x80\x30", 3);
  rig_push (&rig, FALSE, s->data + 183, 117);
  g_assert_cmpuint (rig.got->len, ==, 1);
  rig_clear (&rig);
}

static void
test_validity (void)
{
  g_autoptr (GByteArray) s = numbered_section (50, 1);
  g_autoptr (GByteArray) longest = numbered_section (ASP_SECTION_MAX, 1);

  g_assert_true (asp_section_is_valid (longest->data, longest->len));
  g_assert_true (asp_section_is_valid (s->data, s->len));
  for (gsize n = 0; n < s->len; n++) {
    g_autofree guint8 *block = test_exact_block (s->data, n);

    g_assert_false (asp_section_is_valid (block, n));
  }
  for (guint bit = 0; bit < s->len * 8; bit++) {
    s->data[bit / 8] ^= (guint8) (1 << (bit % 8));
    g_assert_false (asp_section_is_valid (s->data, s->len));
    s->data[bit / 8] ^= (guint8) (1 << (bit % 8));
  }
}

static void
test_pat (void)
{
  g_autoptr (GByteArray) s = section_from ("00 b000 cafe c7 00 00", "0000e010 0001e100 fffffffe 12345678");
  AspPat pat;

  g_assert_true (asp_pat_parse (s->data, s->len, &pat));
  g_assert_cmphex (pat.transport_stream_id, ==, 0xcafe);
  g_assert_cmpuint (pat.version, ==, 3);
  g_assert_cmpuint (pat.n_programs, ==, 3);
  g_assert_cmphex (pat.programs[0].number, ==, 1);
  g_assert_cmphex (pat.programs[0].pmt_pid, ==, 0x100);
  g_assert_cmphex (pat.programs[1].number, ==, 0xffff);
  g_assert_cmphex (pat.programs[1].pmt_pid, ==, 0x1ffe);
  g_assert_cmphex (pat.programs[2].pmt_pid, ==, 0x1678);

  s->data[5] &= 0xfe;           /* not yet in force */
  frame_section (s);
  g_assert_false (asp_pat_parse (s->data, s->len, &pat));
  s->data[5] |= 1;
  s->data[0] = 0x02;
  frame_section (s);
  g_assert_false (asp_pat_parse (s->data, s->len, &pat));
  s->data[0] = 0x00;
  s->data[1] &= 0x7f;           /* section_syntax_indicator */
  frame_section (s);
  g_assert_false (asp_pat_parse (s->data, s->len, &pat));
  s->data[1] |= 0x80;
  frame_section (s);
  g_assert_true (asp_pat_parse (s->data, s->len, &pat));
  s->data[12] ^= 1;
  g_assert_false (asp_pat_parse (s->data, s->len, &pat));
}

static void
test_pat_full (void)
{
  g_autoptr (GByteArray) s = section_from ("00 b000 0001 c1 00 00", "");
  AspPat pat;

  g_byte_array_set_size (s, 8);
  for (guint i = 1; i <= ASP_PAT_PROGRAMS_MAX + 2; i++) {
    guint8 entry[4] = { (guint8) (i >> 8), (guint8) i, 0xe1, (guint8) i };

    g_byte_array_append (s, entry, 4);
  }
  g_byte_array_append (s, (const guint8 *) "\0\0\0\0", 4);
  frame_section (s);
  g_assert_true (asp_pat_parse (s->data, s->len, &pat));
  g_assert_cmpuint (pat.n_programs, ==, ASP_PAT_PROGRAMS_MAX);
  g_assert_cmpuint (pat.programs[ASP_PAT_PROGRAMS_MAX - 1].number, ==, ASP_PAT_PROGRAMS_MAX);
}

/* A PMT with one stream: stream_type, descriptors */
static AspPmtStream
stream_of (const gchar * program_info, const gchar * type, const gchar * descriptors)
{
  g_autoptr (GByteArray) program_bytes = test_hex (program_info);
  g_autoptr (GByteArray) es_bytes = test_hex (descriptors);
  g_autofree gchar *body = g_strdup_printf ("e100 f0%02x %s %s e123 f0%02x %s",
      program_bytes->len, program_info, type, es_bytes->len, descriptors);
  g_autoptr (GByteArray) s = section_from ("02 b000 0001 c1 00 00", body);
  AspPmt pmt;

  g_assert_true (asp_pmt_parse (s->data, s->len, &pmt));
  g_assert_cmpuint (pmt.n_streams, ==, 1);
  g_assert_cmphex (pmt.streams[0].pid, ==, 0x123);
  return pmt.streams[0];
}

static void
test_pmt (void)
{
  g_autoptr (GByteArray) s = section_from ("02 b000 1234 db 00 00",
      "fa01 f006 050443554549"
      "1b e101 f000"
      "0f e102 f006 0a0464657500"
      "81 e103 f00c 050441432d33 0a04656e6701"
      "86 e1f4 f003 8a0101"
      "06 e105 f008 0a0466726100 6a00");
  AspPmt pmt;

  g_assert_true (asp_pmt_parse (s->data, s->len, &pmt));
  g_assert_cmphex (pmt.program_number, ==, 0x1234);
  g_assert_cmphex (pmt.pcr_pid, ==, 0x1a01);
  g_assert_cmpuint (pmt.version, ==, 13);
  g_assert_true (pmt.cuei);
  g_assert_cmpuint (pmt.n_streams, ==, 5);
  g_assert_cmpint (pmt.streams[0].codec, ==, ASP_CODEC_H264);
  g_assert_cmpstr (pmt.streams[0].language, ==, "");
  g_assert_cmpint (pmt.streams[1].codec, ==, ASP_CODEC_AAC_ADTS);
  g_assert_cmpstr (pmt.streams[1].language, ==, "deu");
  g_assert_cmpint (pmt.streams[2].codec, ==, ASP_CODEC_AC3);
  g_assert_cmpstr (pmt.streams[2].language, ==, "eng");
  g_assert_cmphex (pmt.streams[2].stream_type, ==, 0x81);
  g_assert_cmpint (pmt.streams[3].codec, ==, ASP_CODEC_SCTE35);
  g_assert_cmphex (pmt.streams[3].pid, ==, 0x1f4);
  g_assert_cmpint (pmt.streams[4].codec, ==, ASP_CODEC_AC3);
  g_assert_cmpstr (pmt.streams[4].language, ==, "fra");
}

static void
test_pmt_codecs (void)
{
  static const struct
  {
    const gchar *program_info, *type, *descriptors;
    AspCodec codec;
  } cases[] = {
    {"", "01", "", ASP_CODEC_MPEG2},
    {"", "02", "", ASP_CODEC_MPEG2},
    {"", "03", "", ASP_CODEC_MPEG_AUDIO},
    {"", "04", "", ASP_CODEC_MPEG_AUDIO},
    {"", "0f", "", ASP_CODEC_AAC_ADTS},
    {"", "11", "", ASP_CODEC_AAC_LATM},
    {"", "1b", "", ASP_CODEC_H264},
    {"", "24", "", ASP_CODEC_HEVC},
    {"", "81", "", ASP_CODEC_AC3},
    {"", "87", "", ASP_CODEC_EAC3},
    {"", "06", "", ASP_CODEC_NONE},
    {"", "06", "6a01 00", ASP_CODEC_AC3},
    {"", "06", "7a01 00", ASP_CODEC_EAC3},
    {"", "06", "0504 41432d33", ASP_CODEC_AC3},
    {"", "06", "0504 45414333", ASP_CODEC_EAC3},
    {"", "06", "0504 48455643", ASP_CODEC_HEVC},
    {"", "06", "0504 4f707573", ASP_CODEC_OTHER_AUDIO},
    {"", "06", "5608 6465750101000102", ASP_CODEC_SUBTITLE},
    {"", "06", "5908 6465751000010001", ASP_CODEC_SUBTITLE},
    {"", "06", "4605 6465750900", ASP_CODEC_SUBTITLE},
    {"", "10", "", ASP_CODEC_OTHER_VIDEO},
    {"", "33", "", ASP_CODEC_OTHER_VIDEO},
    {"", "42", "", ASP_CODEC_OTHER_VIDEO},
    {"", "d1", "", ASP_CODEC_OTHER_VIDEO},
    {"", "ea", "", ASP_CODEC_OTHER_VIDEO},
    {"", "82", "", ASP_CODEC_OTHER_AUDIO},
    {"", "83", "", ASP_CODEC_OTHER_AUDIO},
    {"", "85", "", ASP_CODEC_OTHER_AUDIO},
    {"", "8a", "", ASP_CODEC_OTHER_AUDIO},
    /* a descriptor that says more than there is ends the loop */
    {"", "06", "6a05 00", ASP_CODEC_NONE},
    {"", "06", "0503 41432d", ASP_CODEC_NONE},
    /* 0x86 without CUEI is DTS audio */
    {"", "86", "", ASP_CODEC_OTHER_AUDIO},
    {"", "86", "0504 43554549", ASP_CODEC_SCTE35},
    {"0504 43554549", "86", "", ASP_CODEC_SCTE35},
    {"", "05", "", ASP_CODEC_NONE},
    {"", "ff", "", ASP_CODEC_NONE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    AspPmtStream s = stream_of (cases[i].program_info, cases[i].type, cases[i].descriptors);

    g_test_message ("stream_type %s, descriptors %s", cases[i].type, cases[i].descriptors);
    g_assert_cmpint (s.codec, ==, cases[i].codec);
  }
}

/* Loops of more than 255 bytes: their length has twelve bits. */
static void
test_pmt_long_loops (void)
{
  g_autoptr (GString) body = g_string_new ("e100 f12c");
  g_autoptr (GByteArray) s = NULL;
  AspPmt pmt;

  for (guint i = 0; i < 2; i++) {
    g_string_append (body, "8094");     /* private, 148 bytes */
    for (guint j = 0; j < 148; j++)
      g_string_append (body, "0a");
  }
  g_string_append (body, "0f e101 f131 0a03 646575");   /* three bytes of a language, no audio_type */
  for (guint i = 0; i < 2; i++) {
    g_string_append (body, "8194");
    for (guint j = 0; j < 148; j++)
      g_string_append (body, "05");
  }
  g_string_append (body, "1b e102 f000");
  s = section_from ("02 b000 0001 c1 00 00", body->str);
  g_assert_true (asp_pmt_parse (s->data, s->len, &pmt));
  g_assert_false (pmt.cuei);
  g_assert_cmpuint (pmt.n_streams, ==, 2);
  g_assert_cmpstr (pmt.streams[0].language, ==, "deu");
  g_assert_cmphex (pmt.streams[1].pid, ==, 0x102);
}

/* A programme without streams, with and without descriptors of its own. */
static void
test_pmt_empty (void)
{
  g_autoptr (GByteArray) bare = section_from ("02 b000 0001 c1 00 00", "ffff f000");
  g_autoptr (GByteArray) cuei = section_from ("02 b000 0001 c1 00 00", "ffff f006 050443554549");
  AspPmt pmt;

  g_assert_true (asp_pmt_parse (bare->data, bare->len, &pmt));
  g_assert_cmpuint (pmt.n_streams, ==, 0);
  g_assert_cmphex (pmt.pcr_pid, ==, 0x1fff);
  g_assert_false (pmt.cuei);
  g_assert_true (asp_pmt_parse (cuei->data, cuei->len, &pmt));
  g_assert_true (pmt.cuei);
}

static void
test_pmt_refuses (void)
{
  static const gchar *const bodies[] = {
    "e100 f0",                  /* no program_info_length */
    "e100 f001",                /* the programme loop does not fit */
    "e100 f000 1b e101 f001",   /* the descriptors of the stream do not fit */
    "e100 f000 1b e101 f000 0f e102 f005 0a04 64 65",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (GByteArray) s = section_from ("02 b000 0001 c1 00 00", bodies[i]);
    AspPmt pmt;

    g_assert_true (asp_section_is_valid (s->data, s->len));
    g_assert_false (asp_pmt_parse (s->data, s->len, &pmt));
  }
}

/* More streams than fit: the rest is left out, nothing is written behind the array. */
static void
test_pmt_full (void)
{
  g_autoptr (GByteArray) s = section_from ("02 b000 0001 c1 00 00", "e100 f000");
  AspPmt pmt;

  g_byte_array_set_size (s, s->len - 4);
  for (guint i = 0; i < 200; i++) {
    guint8 entry[5] = { 0x0f, 0xe2, (guint8) i, 0xf0, 0x00 };

    g_byte_array_append (s, entry, 5);
  }
  g_byte_array_append (s, (const guint8 *) "\0\0\0\0", 4);
  frame_section (s);
  g_assert_true (asp_pmt_parse (s->data, s->len, &pmt));
  g_assert_cmpuint (pmt.n_streams, ==, ASP_PMT_STREAMS_MAX);
  g_assert_cmphex (pmt.streams[ASP_PMT_STREAMS_MAX - 1].pid, ==, 0x200 + ASP_PMT_STREAMS_MAX - 1);
}

/* PAT and PMT cut at every length, as they come and with length and CRC_32 made good. */
static void
test_truncation (void)
{
  static const gchar *const heads[] = { "00 b000 0001 c1 00 00", "02 b000 0001 c1 00 00" };
  static const gchar *const bodies[] = {
    "0000e010 0001e100 0002e200",
    "e101 f008 0504435545498a00 1b e101 f002 2800 06 e102 f00a 0a0464657500 6a00 5600 86 e1f4 f003 8a0101",
  };

  for (guint k = 0; k < G_N_ELEMENTS (heads); k++) {
    g_autoptr (GByteArray) s = section_from (heads[k], bodies[k]);
    AspPat pat;
    AspPmt pmt;

    for (guint n = 0; n < s->len; n++) {
      g_autofree guint8 *block = test_exact_block (s->data, n);

      g_assert_false (asp_pat_parse (block, n, &pat));
      g_assert_false (asp_pmt_parse (block, n, &pmt));
    }
    for (guint n = s->len; n >= 7; n--) {
      g_autoptr (GByteArray) cut = g_byte_array_new ();
      g_autofree guint8 *block = NULL;

      g_byte_array_append (cut, s->data, n);
      frame_section (cut);
      block = test_exact_block (cut->data, n);
      g_assert_true (asp_section_is_valid (block, n));
      g_assert_false ((k == 0 ? asp_pmt_parse (block, n, &pmt) : asp_pat_parse (block, n, &pat)));
      if (k == 0)
        g_assert_cmpint (asp_pat_parse (block, n, &pat), ==, n >= 12);
      else if (asp_pmt_parse (block, n, &pmt))
        g_assert_cmpuint (n, >=, 16);
    }
  }
}

static void
test_codec_names (void)
{
  for (guint c = ASP_CODEC_NONE; c <= ASP_CODEC_OTHER_AUDIO; c++) {
    g_assert_nonnull (asp_codec_name (c));
    for (guint other = 0; other < c; other++)
      g_assert_cmpstr (asp_codec_name (c), !=, asp_codec_name (other));
  }
  g_assert_cmpstr (asp_codec_name (ASP_CODEC_H264), ==, "H.264");
  g_assert_cmpstr (asp_codec_name (ASP_CODEC_MPEG2), ==, "MPEG-2 video");
  g_assert_cmpstr (asp_codec_name (ASP_CODEC_AC3), ==, "AC-3");
  g_assert_cmpstr (asp_codec_name (ASP_CODEC_EAC3), ==, "E-AC-3");
  g_assert_cmpstr (asp_codec_name ((AspCodec) 1000), ==, "unknown");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ts/section/split-everywhere", test_split_everywhere);
  g_test_add_func ("/ts/section/pointer-everywhere", test_pointer_everywhere);
  g_test_add_func ("/ts/section/several-in-a-packet", test_several_in_a_packet);
  g_test_add_func ("/ts/section/longest", test_longest);
  g_test_add_func ("/ts/section/no-start", test_no_start);
  g_test_add_func ("/ts/section/lost-packet", test_lost_packet);
  g_test_add_func ("/ts/section/counter-wrap", test_counter_wrap);
  g_test_add_func ("/ts/section/pointer-to-the-end", test_pointer_to_the_end);
  g_test_add_func ("/ts/section/lost-end", test_lost_end);
  g_test_add_func ("/ts/section/duplicates", test_duplicates);
  g_test_add_func ("/ts/section/packets-that-do-not-count", test_packets_that_do_not_count);
  g_test_add_func ("/ts/section/validity", test_validity);
  g_test_add_func ("/ts/pat/read", test_pat);
  g_test_add_func ("/ts/pat/full", test_pat_full);
  g_test_add_func ("/ts/pmt/read", test_pmt);
  g_test_add_func ("/ts/pmt/codecs", test_pmt_codecs);
  g_test_add_func ("/ts/pmt/long-loops", test_pmt_long_loops);
  g_test_add_func ("/ts/pmt/empty", test_pmt_empty);
  g_test_add_func ("/ts/pmt/refuses", test_pmt_refuses);
  g_test_add_func ("/ts/pmt/full", test_pmt_full);
  g_test_add_func ("/ts/psi/truncation", test_truncation);
  g_test_add_func ("/ts/psi/codec-names", test_codec_names);
  return g_test_run ();
}
