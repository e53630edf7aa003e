/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets, sections out of packets, PAT and PMT, a PMT written anew: gst/ts/asp-ts-packet,
 * gst/ts/asp-ts-psi, gst/ts/asp-ts-pmt-edit. */
#include "fuzz.h"

#include <string.h>

#include <asp-crc.h>
#include <asp-ts-packet.h>
#include <asp-ts-pmt-edit.h>
#include <asp-ts-psi.h>

/* Whatever is edited is the same PMT with one stream for cues more. */
static void
edit_pmt (const guint8 * section, gsize size)
{
  guint8 out[ASP_PMT_SECTION_MAX], plain[ASP_PMT_SECTION_MAX];
  gsize added = asp_pmt_edit (section, size, 0x1abc, 9, out);
  gsize same = asp_pmt_edit (section, size, ASP_PID_NULL, 9, plain);
  AspPidSet pids = { {0} };
  AspPmt before, after;

  asp_pmt_add_pids (section, size, &pids);
  if (same > 0) {
    g_assert_cmpuint (same, ==, size);
    g_assert_true (asp_section_same_content (plain, same, section, size));
  }
  if (added == 0)
    return;
  g_assert_cmpuint (added, <=, sizeof out);
  g_assert_cmpuint (same, >, 0);
  g_assert_true (asp_section_is_valid (out, added));
  if (!asp_pmt_parse (section, size, &before))
    return;                     /* not current */
  g_assert_true (asp_pmt_parse (out, added, &after));
  g_assert_cmpuint (after.version, ==, 9);
  g_assert_cmpuint (after.n_streams, ==, MIN (before.n_streams + 1, ASP_PMT_STREAMS_MAX));
  for (guint i = 0; i < before.n_streams; i++) {
    g_assert_cmpint (after.streams[i].codec, ==, before.streams[i].codec);
    g_assert_true (asp_pid_set_has (&pids, after.streams[i].pid));
  }
  if (before.n_streams < ASP_PMT_STREAMS_MAX) {
    g_assert_cmpint (after.streams[before.n_streams].codec, ==, ASP_CODEC_SCTE35);
    g_assert_cmpuint (after.streams[before.n_streams].pid, ==, 0x1abc);
  }
}

static void
read_tables (const guint8 * section, gsize size)
{
  AspPat pat;
  AspPmt pmt;

  if (asp_pat_parse (section, size, &pat))
    g_assert_cmpuint (pat.n_programs, <=, ASP_PAT_PROGRAMS_MAX);
  edit_pmt (section, size);
  if (asp_pmt_parse (section, size, &pmt)) {
    g_assert_cmpuint (pmt.n_streams, <=, ASP_PMT_STREAMS_MAX);
    for (guint i = 0; i < pmt.n_streams; i++) {
      g_assert_cmpuint (pmt.streams[i].pid, <, ASP_PID_COUNT);
      g_assert_cmpuint (strnlen (pmt.streams[i].language, 4), <, 4);
      g_assert_nonnull (asp_codec_name (pmt.streams[i].codec));
    }
  }
}

/* A mutation hardly ever guesses a CRC_32: the same bytes once more with length and CRC good. */
static void
read_tables_made_good (const guint8 * section, gsize size)
{
  guint8 *copy;
  guint32 crc;

  if (size < 12 || size > ASP_SECTION_MAX)
    return;
  copy = g_memdup2 (section, size);
  copy[1] = (guint8) ((copy[1] & 0xf0) | ((size - 3) >> 8));
  copy[2] = (guint8) (size - 3);
  crc = asp_crc32_mpeg (copy, size - 4);
  for (guint i = 0; i < 4; i++)
    copy[size - 4 + i] = (guint8) (crc >> (24 - 8 * i));
  g_assert_true (asp_section_is_valid (copy, size));
  read_tables (copy, size);
  g_free (copy);
}

static void
on_section (const guint8 * section, gsize size, gpointer user_data)
{
  g_assert_cmpuint (size, >=, 3);
  g_assert_cmpuint (size, <=, ASP_SECTION_MAX);
  g_assert_cmpuint (size, ==, 3u + (((section[1] & 0x0fu) << 8) | section[2]));
  read_tables (section, size);
  read_tables_made_good (section, size);
}

static void
read_packet (const guint8 * bytes)
{
  guint8 *p = g_memdup2 (bytes, ASP_TS_SIZE);
  AspTsPacket before, after;

  if (asp_ts_packet_parse (p, &before)) {
    g_assert_cmpuint (before.payload_offset, >=, 4);
    g_assert_cmpuint (before.payload_offset, <=, ASP_TS_SIZE);
    if (before.has_pcr)
      g_assert_cmpint (asp_ts_packet_pcr (p), ==, (gint64) before.pcr27m);
    asp_ts_packet_strip_pcr (p);
    g_assert_true (asp_ts_packet_parse (p, &after));
    g_assert_false (after.has_pcr);
    g_assert_cmpuint (after.payload_offset, ==, before.payload_offset);
    g_assert_cmpmem (p + after.payload_offset, ASP_TS_SIZE - after.payload_offset,
        bytes + before.payload_offset, ASP_TS_SIZE - before.payload_offset);
  } else {
    asp_ts_packet_strip_pcr (p);
  }
  g_assert_cmpint (asp_ts_packet_pcr (p), ==, ASP_NO_TIME);
  g_free (p);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  AspSectionAssembler assembler;

  asp_section_assembler_init (&assembler);
  for (gsize at = 0; size - at >= ASP_TS_SIZE; at += ASP_TS_SIZE) {
    read_packet (data + at);
    asp_section_assembler_push (&assembler, data + at, on_section, NULL);
  }
  asp_section_is_valid (data, size);
  read_tables (data, size);
  read_tables_made_good (data, size);
  return 0;
}
