/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit-support.h"

#include <string.h>

#include <asp-ts-packet.h>

guint8 *
test_exact_block (const guint8 * data, gsize size)
{
  /* an empty block cannot be had from g_malloc(): one byte that no parser may touch is next best */
  guint8 *block = g_malloc (MAX (size, 1));

  if (size > 0)
    memcpy (block, data, size);
  return block;
}

GByteArray *
test_hex (const gchar * hex)
{
  GByteArray *bytes = g_byte_array_new ();

  while (*hex) {
    guint8 byte;

    if (g_ascii_isspace (*hex)) {
      hex++;
      continue;
    }
    g_assert_true (g_ascii_isxdigit (hex[0]) && g_ascii_isxdigit (hex[1]));
    byte = (guint8) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));
    g_byte_array_append (bytes, &byte, 1);
    hex += 2;
  }
  return bytes;
}

gchar *
test_corpus_dir (const gchar * name)
{
  const gchar *corpus = g_getenv ("ADSPLICE_CORPUS");
  gchar *dir = corpus ? g_build_filename (corpus, name, NULL) :
      g_build_filename (TEST_SOURCE_ROOT, "..", "shared", "corpus", name, NULL);

  if (!g_file_test (dir, G_FILE_TEST_IS_DIR))
    g_clear_pointer (&dir, g_free);
  return dir;
}

typedef struct
{
  AspSectionAssembler *tables;  /* of PID, NULL or allocated */
  AspPmtStream stream;
  GByteArray *pes;
} TestPid;

typedef struct
{
  TestPid pids[ASP_PID_COUNT];
  guint n_streams;
  TestPesFunc func;
  gpointer user_data;
} TestTs;

static void
open_tables (TestTs * ts, guint pid)
{
  if (ts->pids[pid].tables)
    return;
  ts->pids[pid].tables = g_new (AspSectionAssembler, 1);
  asp_section_assembler_init (ts->pids[pid].tables);
}

static void
on_section (const guint8 * section, gsize size, gpointer user_data)
{
  TestTs *ts = user_data;
  AspPat pat;
  AspPmt pmt;

  if (asp_pat_parse (section, size, &pat))
    for (guint i = 0; i < pat.n_programs; i++)
      open_tables (ts, pat.programs[i].pmt_pid);
  if (!asp_pmt_parse (section, size, &pmt))
    return;
  for (guint i = 0; i < pmt.n_streams; i++) {
    TestPid *pid = &ts->pids[pmt.streams[i].pid];

    if (!pid->pes) {
      pid->pes = g_byte_array_new ();
      ts->n_streams++;
    }
    pid->stream = pmt.streams[i];
  }
}

static void
end_pes (TestTs * ts, TestPid * pid)
{
  AspPesHeader header;

  if (asp_pes_parse (pid->pes->data, pid->pes->len, &header) == ASP_PES_OK)
    ts->func (&pid->stream, &header, pid->pes->data + header.header_size,
        pid->pes->len - header.header_size, ts->user_data);
  g_byte_array_set_size (pid->pes, 0);
}

static void
take_packet (TestTs * ts, const guint8 * p)
{
  AspTsPacket view;
  TestPid *pid;

  if (!asp_ts_packet_parse (p, &view) || view.scrambling || view.payload_offset >= ASP_TS_SIZE)
    return;
  pid = &ts->pids[view.pid];
  if (!pid->pes)
    return;
  if (view.pusi)
    end_pes (ts, pid);
  else if (pid->pes->len == 0)
    return;
  g_byte_array_append (pid->pes, p + view.payload_offset, ASP_TS_SIZE - view.payload_offset);
}

guint
test_ts_for_each_pes (const guint8 * data, gsize size, TestPesFunc func, gpointer user_data)
{
  TestTs *ts = g_new0 (TestTs, 1);
  guint n_streams;

  ts->func = func;
  ts->user_data = user_data;
  open_tables (ts, ASP_PID_PAT);
  /* tables first: a PMT behind the first PES, or one that says later what a PID is */
  for (gsize at = 0; at + ASP_TS_SIZE <= size; at += ASP_TS_SIZE) {
    AspSectionAssembler *tables = ts->pids[asp_ts_pid (data + at)].tables;

    if (tables)
      asp_section_assembler_push (tables, data + at, on_section, ts);
  }
  for (gsize at = 0; at + ASP_TS_SIZE <= size; at += ASP_TS_SIZE)
    take_packet (ts, data + at);
  n_streams = ts->n_streams;
  for (guint i = 0; i < ASP_PID_COUNT; i++) {
    if (ts->pids[i].pes) {
      end_pes (ts, &ts->pids[i]);
      g_byte_array_unref (ts->pids[i].pes);
    }
    g_free (ts->pids[i].tables);
  }
  g_free (ts);
  return n_streams;
}
