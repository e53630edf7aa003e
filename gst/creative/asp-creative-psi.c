/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-creative-psi.h"

#include <string.h>

#include <asp-crc.h>
#include <asp-ts-pmt-edit.h>

#define SECTION_FIXED 12        /* table_id to last_section_number, and CRC_32 */

static void
put16 (guint8 * p, guint v)
{
  p[0] = (guint8) (v >> 8);
  p[1] = (guint8) v;
}

/* The first 8 bytes, once the size is known, and the CRC_32. */
static gsize
close_section (guint8 * out, guint table_id, guint id, guint version, gsize body)
{
  gsize size = SECTION_FIXED + body;
  guint32 crc;

  out[0] = (guint8) table_id;
  put16 (out + 1, 0xb000 | (guint) (size - 3));
  put16 (out + 3, id);
  out[5] = (guint8) (0xc1 | (version << 1));
  out[6] = out[7] = 0;
  crc = asp_crc32_mpeg (out, size - 4);
  put16 (out + size - 4, crc >> 16);
  put16 (out + size - 2, crc & 0xffff);
  return size;
}

gsize
asp_creative_write_pat (const AspRendition * r, guint8 * out)
{
  put16 (out + 8, r->program_number);
  put16 (out + 10, 0xe000 | r->pmt_pid);
  return close_section (out, 0x00, r->transport_stream_id, r->pat_version, 4);
}

gsize
asp_creative_write_pmt (const AspRendition * r, guint8 * out)
{
  gsize at = 12, need = SECTION_FIXED + 4 + r->descriptors.size;

  for (guint i = 0; i < r->n_tracks; i++)
    need += 5 + r->tracks[i].descriptors.size;
  if (need > ASP_PMT_SECTION_MAX)
    return 0;
  put16 (out + 8, 0xe000 | r->pcr_pid);
  put16 (out + 10, 0xf000 | r->descriptors.size);
  memcpy (out + at, r->descriptors.bytes, r->descriptors.size);
  at += r->descriptors.size;
  for (guint i = 0; i < r->n_tracks; i++) {
    const AspRenditionTrack *t = &r->tracks[i];

    out[at] = t->stream_type;
    put16 (out + at + 1, 0xe000 | t->pid);
    put16 (out + at + 3, 0xf000 | t->descriptors.size);
    memcpy (out + at + 5, t->descriptors.bytes, t->descriptors.size);
    at += 5 + t->descriptors.size;
  }
  return close_section (out, 0x02, r->program_number, r->pmt_version, at - 8);
}
