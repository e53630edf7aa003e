/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-packet.h"

#include <string.h>

static gint64
read_pcr (const guint8 * f)
{
  gint64 base = ((gint64) f[0] << 25) | (f[1] << 17) | (f[2] << 9) | (f[3] << 1) | (f[4] >> 7);

  return base * 300 + (((f[4] & 1) << 8) | f[5]);
}

static void
read_adaptation_field (const guint8 * p, TscPacket * out)
{
  guint length = p[4];
  guint most = out->has_payload ? 182 : 183;

  if (length > most) {
    out->malformed = TRUE;
    out->payload_size = 0;
    return;
  }
  out->payload_offset = 5 + length;
  out->payload_size = out->has_payload ? TSC_SIZE - out->payload_offset : 0;
  if (length == 0)
    return;
  out->discontinuity = (p[5] & 0x80) != 0;
  out->random_access = (p[5] & 0x40) != 0;
  if (!(p[5] & 0x10))
    return;
  if (length < 7) {
    out->malformed = TRUE;
    return;
  }
  out->has_pcr = TRUE;
  out->pcr27m = read_pcr (p + 6);
}

void
tsc_packet_parse (const guint8 * p, TscPacket * out)
{
  memset (out, 0, sizeof *out);
  out->tei = (p[1] & 0x80) != 0;
  out->pusi = (p[1] & 0x40) != 0;
  out->pid = ((p[1] & 0x1fu) << 8) | p[2];
  out->scrambling = p[3] >> 6;
  out->has_af = (p[3] & 0x20) != 0;
  out->has_payload = (p[3] & 0x10) != 0;
  out->cc = p[3] & 0x0f;
  out->payload_offset = 4;
  out->payload_size = out->has_payload ? TSC_SIZE - 4 : 0;
  if (out->has_af)
    read_adaptation_field (p, out);
}

static gint64
read_pts (const guint8 * f)
{
  return ((gint64) ((f[0] >> 1) & 7) << 30) | (f[1] << 22) | ((f[2] >> 1) << 15) | (f[3] << 7) |
      (f[4] >> 1);
}

/* Stream ids without the optional header: table 2-21 and 2.4.3.7. */
static gboolean
has_optional_header (guint stream_id)
{
  switch (stream_id) {
    case 0xbc:                 /* program_stream_map */
    case 0xbe:                 /* padding */
    case 0xbf:                 /* private_stream_2 */
    case 0xf0:                 /* ECM */
    case 0xf1:                 /* EMM */
    case 0xf2:                 /* DSMCC */
    case 0xf8:                 /* H.222.1 type E */
    case 0xff:                 /* program_stream_directory */
      return FALSE;
    default:
      return TRUE;
  }
}

gboolean
tsc_pes_header_parse (const guint8 * data, gsize size, TscPesHeader * out)
{
  guint flags, length;

  memset (out, 0, sizeof *out);
  if (size < 6 || data[0] != 0 || data[1] != 0 || data[2] != 1)
    return FALSE;
  out->stream_id = data[3];
  out->packet_length = (data[4] << 8) | data[5];
  out->header_size = 6;
  if (!has_optional_header (out->stream_id))
    return TRUE;
  if (size < 9 || (data[6] & 0xc0) != 0x80)
    return FALSE;
  flags = data[7] >> 6;
  length = data[8];
  if (size - 9 < length || (flags == 2 && length < 5) || (flags == 3 && length < 10))
    return FALSE;
  out->header_size = 9 + length;
  if (flags & 2) {
    out->has_pts = TRUE;
    out->pts_offset = 9;
    out->pts90k = out->dts90k = read_pts (data + 9);
  }
  if (flags == 3) {
    out->has_dts = TRUE;
    out->dts_offset = 14;
    out->dts90k = read_pts (data + 14);
  }
  return TRUE;
}

void
tsc_write_pts (guint8 * f, gint64 pts90k)
{
  guint64 t = (guint64) pts90k & (TSC_PTS_MODULUS - 1);

  f[0] = (f[0] & 0xf0) | ((t >> 29) & 0x0e) | 1;
  f[1] = (guint8) (t >> 22);
  f[2] = (guint8) (t >> 14) | 1;
  f[3] = (guint8) (t >> 7);
  f[4] = (guint8) (t << 1) | 1;
}

void
tsc_write_pcr (guint8 * packet, gint64 pcr27m)
{
  gint64 v = ((pcr27m % TSC_PCR_MODULUS) + TSC_PCR_MODULUS) % TSC_PCR_MODULUS;
  guint64 base = (guint64) (v / 300);
  guint ext = (guint) (v % 300);
  guint8 *f = packet + 6;

  f[0] = (guint8) (base >> 25);
  f[1] = (guint8) (base >> 17);
  f[2] = (guint8) (base >> 9);
  f[3] = (guint8) (base >> 1);
  f[4] = (guint8) (((base & 1) << 7) | 0x7e | (ext >> 8));
  f[5] = (guint8) ext;
}

guint32
tsc_crc32 (const guint8 * data, gsize size)
{
  guint32 crc = 0xffffffffu;
  gsize i;
  guint bit;

  for (i = 0; i < size; i++) {
    crc ^= (guint32) data[i] << 24;
    for (bit = 0; bit < 8; bit++)
      crc = (crc & 0x80000000u) ? (crc << 1) ^ 0x04c11db7u : crc << 1;
  }
  return crc;
}

gint64
tsc_unwrap (gint64 ref, gint64 value, gint64 modulus)
{
  gint64 d = (value - ref) % modulus;

  if (d < 0)
    d += modulus;
  if (d >= modulus / 2)
    d -= modulus;
  return ref + d;
}
