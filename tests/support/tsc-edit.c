/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-edit.h"

#include <stdio.h>
#include <string.h>

GByteArray *
tsc_edit_copy (const TscFile * file)
{
  GByteArray *packets = g_byte_array_new ();

  g_byte_array_append (packets, file->data, (guint) (file->n_packets * TSC_SIZE));
  return packets;
}

gboolean
tsc_edit_save (const GByteArray * packets, const gchar * name)
{
  g_autoptr (GError) error = NULL;

  if (g_file_set_contents (name, (const gchar *) packets->data, packets->len, &error))
    return TRUE;
  fprintf (stderr, "%s\n", error->message);
  return FALSE;
}

void
tsc_edit_recount (GByteArray * packets, guint pid)
{
  guint cc = 15;
  gsize i;

  for (i = 0; i < packets->len / TSC_SIZE; i++) {
    guint8 *p = tsc_edit_packet (packets, i);

    if ((((p[1] & 0x1fu) << 8) | p[2]) != pid)
      continue;
    if (p[3] & 0x10)
      cc = (cc + 1) & 15;
    p[3] = (guint8) ((p[3] & 0xf0) | cc);
  }
}

static void
start_packet (guint8 * p, guint pid, gboolean pusi)
{
  memset (p, 0xff, TSC_SIZE);
  p[0] = 0x47;
  p[1] = (guint8) ((pusi ? 0x40 : 0) | (pid >> 8));
  p[2] = (guint8) pid;
}

void
tsc_edit_append_pcr (GByteArray * packets, guint pid, guint cc, gint64 pcr27m)
{
  guint8 p[TSC_SIZE];

  start_packet (p, pid, FALSE);
  p[3] = (guint8) (0x20 | cc);
  p[4] = 183;
  p[5] = 0x10;
  tsc_write_pcr (p, pcr27m);
  g_byte_array_append (packets, p, TSC_SIZE);
}

/* One packet with as much of @data as fits; returns how much. */
static gsize
append_payload (GByteArray * packets, guint pid, gboolean pusi, const guint8 * data, gsize size)
{
  guint8 p[TSC_SIZE];
  gsize n = MIN (size, TSC_SIZE - 4);

  start_packet (p, pid, pusi);
  p[3] = 0x10;
  if (n < TSC_SIZE - 4) {
    gsize field = TSC_SIZE - 4 - n;

    p[3] = 0x30;
    p[4] = (guint8) (field - 1);
    if (field > 1)
      p[5] = 0;
  }
  memcpy (p + TSC_SIZE - n, data, n);
  g_byte_array_append (packets, p, TSC_SIZE);
  return n;
}

void
tsc_edit_append_pes (GByteArray * packets, guint pid, guint stream_id, gint64 pts90k,
    gint64 dts90k, gboolean with_dts, const guint8 * es, gsize size)
{
  guint header_length = with_dts ? 10 : 5;
  gsize length = size + 3 + header_length, at = 0;
  g_autoptr (GByteArray) pes = g_byte_array_new ();
  guint8 header[19] = { 0, 0, 1, };

  header[3] = (guint8) stream_id;
  if ((stream_id & 0xf0) == 0xe0 || length > 0xffff)
    length = 0;
  header[4] = (guint8) (length >> 8);
  header[5] = (guint8) length;
  header[6] = 0x80;
  header[7] = with_dts ? 0xc0 : 0x80;
  header[8] = (guint8) header_length;
  header[9] = with_dts ? 0x30 : 0x20;
  tsc_write_pts (header + 9, pts90k);
  header[14] = 0x10;
  if (with_dts)
    tsc_write_pts (header + 14, dts90k);
  g_byte_array_append (pes, header, 9 + header_length);
  g_byte_array_append (pes, es, (guint) size);
  while (at < pes->len)
    at += append_payload (packets, pid, at == 0, pes->data + at, pes->len - at);
}

void
tsc_edit_append_section (GByteArray * packets, guint pid, const guint8 * section, gsize size)
{
  guint8 p[TSC_SIZE];

  g_return_if_fail (size <= TSC_SIZE - 5);
  start_packet (p, pid, TRUE);
  p[3] = 0x10;
  p[4] = 0;
  memcpy (p + 5, section, size);
  g_byte_array_append (packets, p, TSC_SIZE);
}

void
tsc_edit_seal_section (guint8 * section, gsize size)
{
  guint32 crc = tsc_crc32 (section, size - 4);

  section[size - 4] = (guint8) (crc >> 24);
  section[size - 3] = (guint8) (crc >> 16);
  section[size - 2] = (guint8) (crc >> 8);
  section[size - 1] = (guint8) crc;
}

gboolean
tsc_edit_move_pes (guint8 * packet, gint64 pts_by_90k, gint64 dts_by_90k)
{
  TscPacket info;
  TscPesHeader header;
  guint8 *pes;

  tsc_packet_parse (packet, &info);
  pes = packet + info.payload_offset;
  if (!info.pusi || !tsc_pes_header_parse (pes, info.payload_size, &header) || !header.has_pts)
    return FALSE;
  tsc_write_pts (pes + header.pts_offset, header.pts90k + pts_by_90k);
  if (header.has_dts)
    tsc_write_pts (pes + header.dts_offset, header.dts90k + dts_by_90k);
  return TRUE;
}
