/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ts-pes.h"

/* '0010' or '0011' or '0001', 33 bits in three parts, marker bits: Table 2-21 */
static gint64
read_timestamp (const guint8 * b)
{
  return ((gint64) (b[0] & 0x0e) << 29) | ((gint64) b[1] << 22) |
      ((gint64) (b[2] & 0xfe) << 14) | ((gint64) b[3] << 7) | (b[4] >> 1);
}

static void
write_timestamp (guint8 * b, guint prefix, gint64 pts90k)
{
  guint64 t = asp_pts_wrap (pts90k);

  b[0] = (guint8) ((prefix << 4) | ((t >> 29) & 0x0e) | 1);
  b[1] = (guint8) (t >> 22);
  b[2] = (guint8) (((t >> 14) & 0xfe) | 1);
  b[3] = (guint8) (t >> 7);
  b[4] = (guint8) (((t << 1) & 0xfe) | 1);
}

static gboolean
has_optional_header (guint stream_id)
{
  switch (stream_id) {
    case 0xbc:                 /* program_stream_map */
    case 0xbe:                 /* padding_stream */
    case 0xbf:                 /* private_stream_2 */
    case 0xf0:                 /* ECM */
    case 0xf1:                 /* EMM */
    case 0xf2:                 /* DSMCC */
    case 0xf8:                 /* H.222.1 type E */
    case 0xff:                 /* program_stream_directory */
      return FALSE;
    default:
      return stream_id >= 0xbd;
  }
}

AspPesResult
asp_pes_parse (const guint8 * data, gsize size, AspPesHeader * out)
{
  static const guint8 prefix[3] = { 0, 0, 1 };
  guint flags, length;

  for (gsize i = 0; i < MIN (size, 3); i++)
    if (data[i] != prefix[i])
      return ASP_PES_BAD;
  if (size >= 4 && !has_optional_header (data[3]))
    return ASP_PES_BAD;
  if (size < 9)
    return ASP_PES_NEED_MORE;
  if ((data[6] & 0xc0) != 0x80)
    return ASP_PES_BAD;
  flags = data[7] >> 6;
  length = data[8];
  if (flags == 1 || (flags >= 2 && length < 5) || (flags == 3 && length < 10))
    return ASP_PES_BAD;
  if (size < 9u + length)
    return ASP_PES_NEED_MORE;
  out->stream_id = data[3];
  out->packet_length = (data[4] << 8) | data[5];
  out->scrambling = (data[6] >> 4) & 3;
  out->data_alignment = (data[6] & 0x04) != 0;
  out->header_size = 9u + length;
  out->has_dts = flags == 3;
  out->pts90k = flags >= 2 ? read_timestamp (data + 9) : ASP_NO_TIME;
  out->dts90k = flags == 3 ? read_timestamp (data + 14) : out->pts90k;
  return ASP_PES_OK;
}

gsize
asp_pes_write_header (guint8 * dst, guint8 stream_id, gsize es_size,
    gint64 pts90k, gint64 dts90k)
{
  gboolean with_dts = pts90k != ASP_NO_TIME && dts90k != ASP_NO_TIME && dts90k != pts90k;
  gboolean with_pts = pts90k != ASP_NO_TIME;
  guint optional = with_dts ? 10 : with_pts ? 5 : 0;
  gsize packet_length = 3 + optional + es_size;

  if (packet_length > 0xffff)
    packet_length = 0;
  dst[0] = 0;
  dst[1] = 0;
  dst[2] = 1;
  dst[3] = stream_id;
  dst[4] = (guint8) (packet_length >> 8);
  dst[5] = (guint8) packet_length;
  dst[6] = 0x84;                /* data_alignment: the payload begins with an access unit */
  dst[7] = with_dts ? 0xc0 : with_pts ? 0x80 : 0;
  dst[8] = (guint8) optional;
  if (with_pts)
    write_timestamp (dst + 9, with_dts ? 3 : 2, pts90k);
  if (with_dts)
    write_timestamp (dst + 14, 1, dts90k);
  return 9u + optional;
}
