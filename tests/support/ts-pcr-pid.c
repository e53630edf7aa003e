/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ts-pcr-pid: the same stream with its PCR on a PID of its own (13818-1 2.4.4.9: PCR_PID need
 * not be that of a stream): the PCR leaves the packet that had it and comes in a packet
 * without payload just before. For streams with a one-packet PMT.
 */
#include <stdio.h>
#include <string.h>

#include "tsc-edit.h"

#define PCR_PID 0x1ffe

static void
set_pmt_pcr_pid (guint8 * packet)
{
  TscPacket info;
  guint8 *section;
  gsize size;

  tsc_packet_parse (packet, &info);
  section = packet + info.payload_offset + 1 + packet[info.payload_offset];
  size = 3 + (((section[1] & 0x0fu) << 8) | section[2]);
  if (!info.pusi || section + size > packet + TSC_SIZE || size < 16)
    return;
  section[8] = (guint8) ((section[8] & 0xe0) | (PCR_PID >> 8));
  section[9] = PCR_PID & 0xff;
  tsc_edit_seal_section (section, size);
}

/* The field keeps its length, the place of the PCR becomes stuffing. */
static void
remove_pcr (guint8 * p)
{
  p[5] &= (guint8) ~ 0x10;
  memset (p + 6, 0xff, 6);
}

int
main (int argc, char **argv)
{
  g_autoptr (GByteArray) in = NULL, out = NULL;
  TscFile *file;
  gboolean ok;
  gsize i;

  if (argc != 3) {
    fprintf (stderr, "ts-pcr-pid: IN.ts OUT.ts are wanted\n");
    return 2;
  }
  file = tsc_file_load (argv[1], 0);
  if (file == NULL)
    return 2;
  in = tsc_edit_copy (file);
  out = g_byte_array_new ();
  for (i = 0; i < file->n_packets; i++) {
    guint8 *p = tsc_edit_packet (in, i);
    TscPacket info;

    tsc_packet_parse (p, &info);
    if (info.pid == file->pmt_pid)
      set_pmt_pcr_pid (p);
    if (info.has_pcr && info.pid == file->pcr_pid) {
      tsc_edit_append_pcr (out, PCR_PID, 0, info.pcr27m);
      remove_pcr (p);
      if (!info.has_payload)
        continue;
    }
    g_byte_array_append (out, p, TSC_SIZE);
  }
  ok = tsc_edit_save (out, argv[2]);
  tsc_file_free (file);
  return ok ? 0 : 1;
}
