/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ts-packet.h"

#include <string.h>

#define AF_DISCONTINUITY 0x80
#define AF_RANDOM_ACCESS 0x40
#define AF_PCR 0x10

/* program_clock_reference_base (33), reserved (6), extension (9): 2.4.3.5 */
static guint64
read_pcr (const guint8 * b)
{
  guint64 base = ((guint64) b[0] << 25) | ((guint64) b[1] << 17) |
      ((guint64) b[2] << 9) | ((guint64) b[3] << 1) | (b[4] >> 7);
  guint extension = ((b[4] & 1u) << 8) | b[5];

  return (base * 300 + extension) % ASP_PCR_MODULUS;
}

static void
write_pcr (guint8 * b, guint64 pcr27m)
{
  guint64 base = pcr27m / 300;
  guint extension = (guint) (pcr27m % 300);

  b[0] = (guint8) (base >> 25);
  b[1] = (guint8) (base >> 17);
  b[2] = (guint8) (base >> 9);
  b[3] = (guint8) (base >> 1);
  b[4] = (guint8) (((base & 1) << 7) | 0x7e | (extension >> 8));
  b[5] = (guint8) extension;
}

gint64
asp_ts_packet_pcr (const guint8 * p)
{
  if (!(p[3] & 0x20) || p[4] < 7 || p[4] > 183 || !(p[5] & AF_PCR))
    return ASP_NO_TIME;
  return (gint64) read_pcr (p + 6);
}

gboolean
asp_ts_packet_parse (const guint8 * p, AspTsPacket * out)
{
  guint offset = 4;

  if (p[0] != ASP_TS_SYNC)
    return FALSE;
  memset (out, 0, sizeof *out);
  out->pid = (guint16) asp_ts_pid (p);
  out->cc = (guint8) asp_ts_cc (p);
  out->tei = (p[1] & 0x80) != 0;
  out->pusi = asp_ts_pusi (p);
  out->scrambling = p[3] >> 6;
  if (asp_ts_has_adaptation (p)) {
    guint length = p[4];

    /* 183 only without payload, 182 at the most with: 2.4.3.5 */
    if (length > (asp_ts_has_payload (p) ? 182u : 183u))
      return FALSE;
    offset = 5 + length;
    if (length > 0) {
      out->discontinuity = (p[5] & AF_DISCONTINUITY) != 0;
      out->random_access = (p[5] & AF_RANDOM_ACCESS) != 0;
      if ((p[5] & AF_PCR) && length >= 7) {
        out->has_pcr = TRUE;
        out->pcr27m = read_pcr (p + 6);
      }
    }
  }
  out->payload_offset = asp_ts_has_payload (p) ? offset : ASP_TS_SIZE;
  return TRUE;
}

void
asp_ts_packet_set_pcr (guint8 * p, guint64 pcr27m)
{
  if (asp_ts_packet_pcr (p) != ASP_NO_TIME)
    write_pcr (p + 6, pcr27m);
}

void
asp_ts_packet_strip_pcr (guint8 * p)
{
  guint end;

  if (asp_ts_packet_pcr (p) == ASP_NO_TIME)
    return;
  /* What stands behind the PCR in the field (OPCR, countdown, private data) moves
   * forward; the six bytes that fall free become stuffing at the end. */
  end = 5u + p[4];
  memmove (p + 6, p + 12, end - 12);
  memset (p + end - 6, 0xff, 6);
  p[5] &= (guint8) ~ AF_PCR;
}

void
asp_ts_packet_write_pcr (guint8 * p, guint pid, guint cc, guint64 pcr27m)
{
  p[0] = ASP_TS_SYNC;
  p[1] = (guint8) (pid >> 8);
  p[2] = (guint8) pid;
  p[3] = (guint8) (0x20 | (cc & 0x0f));
  p[4] = 183;
  p[5] = AF_PCR;
  write_pcr (p + 6, pcr27m);
  memset (p + 12, 0xff, ASP_TS_SIZE - 12);
}

void
asp_ts_packet_write_null (guint8 * p)
{
  static const guint8 header[4] = { ASP_TS_SYNC, 0x1f, 0xff, 0x10 };

  memcpy (p, header, sizeof header);
  memset (p + 4, 0xff, ASP_TS_PAYLOAD_MAX);
}

guint
asp_ts_packet_write_payload (guint8 * p, guint pid, guint cc, gboolean pusi,
    gboolean random_access, gint64 pcr27m, const guint8 * data, gsize size, guint max_payload)
{
  guint af_min = pcr27m != ASP_NO_TIME ? 8 : random_access ? 2 : 0;
  guint room = MIN (ASP_TS_PAYLOAD_MAX - af_min, MAX (max_payload, 1));
  guint take = (guint) MIN (size, room);
  guint af_size = ASP_TS_PAYLOAD_MAX - take;

  p[0] = ASP_TS_SYNC;
  p[1] = (guint8) ((pusi ? 0x40 : 0) | (pid >> 8));
  p[2] = (guint8) pid;
  p[3] = (guint8) (0x10 | (af_size > 0 ? 0x20 : 0) | (cc & 0x0f));
  if (af_size > 0) {
    guint used = 2;

    p[4] = (guint8) (af_size - 1);
    if (af_size > 1) {
      p[5] = random_access ? AF_RANDOM_ACCESS : 0;
      if (pcr27m != ASP_NO_TIME) {
        p[5] |= AF_PCR;
        write_pcr (p + 6, (guint64) pcr27m);
        used = 8;
      }
      memset (p + 4 + used, 0xff, af_size - used);
    }
  }
  memcpy (p + 4 + af_size, data, take);
  return take;
}
