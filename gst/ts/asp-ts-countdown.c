/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ts-countdown.h"

#include <string.h>

#include "asp-ts-packet.h"

#define AF_PCR 0x10
#define AF_OPCR 0x08
#define AF_SPLICING_POINT 0x04
#define AF_PRIVATE_DATA 0x02
#define AF_EXTENSION 0x01
#define CLOCK_SIZE 6

/* Bytes of fields from @at on up to their end, or 0 when one goes past @end. */
static guint
fields_end (const guint8 * p, guint at, guint end)
{
  for (guint flag = AF_PRIVATE_DATA; flag >= AF_EXTENSION; flag >>= 1) {
    if (!(p[5] & flag))
      continue;
    if (at >= end || p[at] > end - at - 1)
      return 0;
    at += 1u + p[at];
  }
  return at;
}

gboolean
asp_ts_packet_set_countdown (guint8 * p, gint countdown)
{
  guint end, at = 6, used;

  if (!asp_ts_has_adaptation (p) || p[4] < 2 || p[4] > (asp_ts_has_payload (p) ? 182 : 183) || (p[5] & AF_SPLICING_POINT))
    return FALSE;
  end = 5u + p[4];
  at += (p[5] & AF_PCR ? CLOCK_SIZE : 0) + (p[5] & AF_OPCR ? CLOCK_SIZE : 0);
  if (at >= end)
    return FALSE;
  used = fields_end (p, at, end);
  if (used == 0 || used >= end)
    return FALSE;
  memmove (p + at + 1, p + at, used - at);
  p[at] = (guint8) countdown;
  p[5] |= AF_SPLICING_POINT;
  return TRUE;
}
