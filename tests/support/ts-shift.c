/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ts-shift: moves every PTS, DTS and PCR of a stream by one constant, modulo their wraps.
 * --wrap-at S: so that the clock reads 0 S seconds behind the first picture (--clock pts) or
 * behind the first PCR (--clock pcr). --by TICKS: by so many of 90 kHz.
 */
#include <stdio.h>
#include <string.h>

#include "tsc-edit.h"

static gdouble wrap_at;
static gint64 by90k;
static gchar *clock_name;

static const GOptionEntry entries[] = {
  {"wrap-at", 0, 0, G_OPTION_ARG_DOUBLE, &wrap_at, "Seconds behind the start", "S"},
  {"clock", 0, 0, G_OPTION_ARG_STRING, &clock_name, "pts (default) or pcr", "CLOCK"},
  {"by", 0, 0, G_OPTION_ARG_INT64, &by90k, "Ticks of 90 kHz", "TICKS"},
  {NULL}
};

static gint64
shift_for_wrap (const TscFile * file)
{
  gint64 start90k = G_MAXINT64;
  guint i;

  if (g_strcmp0 (clock_name, "pcr") == 0) {
    const TscPid *pid = file->pids[file->pcr_pid];

    start90k = pid != NULL && pid->pcr->len > 0 ?
        g_array_index (pid->pcr, TscPcr, 0).pcr27m / 300 : 0;
  } else if (file->video != NULL) {
    for (i = 0; i < file->video->pes->len; i++)
      start90k = MIN (start90k, g_array_index (file->video->pes, TscPes, i).pts90k);
  }
  return -start90k - (gint64) (wrap_at * 90000 + 0.5);
}

static void
shift (const TscFile * file, GByteArray * packets, gint64 ticks)
{
  gsize i;

  for (i = 0; i < packets->len / TSC_SIZE; i++) {
    guint8 *p = tsc_edit_packet (packets, i);
    TscPacket info;

    tsc_packet_parse (p, &info);
    if (info.has_pcr)
      tsc_write_pcr (p, info.pcr27m + ticks * 300);
    if (file->pids[info.pid] != NULL && file->pids[info.pid]->kind != TSC_KIND_OTHER)
      tsc_edit_move_pes (p, ticks, ticks);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("IN.ts OUT.ts - move the clocks");
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) packets = NULL;
  TscFile *file;
  gboolean ok;

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error) || argc != 3) {
    fprintf (stderr, "ts-shift: %s\n", error != NULL ? error->message : "IN.ts OUT.ts are wanted");
    return 2;
  }
  file = tsc_file_load (argv[1], 0);
  if (file == NULL)
    return 2;
  packets = tsc_edit_copy (file);
  shift (file, packets, by90k != 0 ? by90k : shift_for_wrap (file));
  ok = tsc_edit_save (packets, argv[2]);
  tsc_file_free (file);
  return ok ? 0 : 1;
}
