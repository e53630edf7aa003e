/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

G_BEGIN_DECLS

/*
 * PES packet headers (ISO/IEC 13818-1, 2.4.3.6). Thread: any; pure. Since: 0.1
 */
typedef struct
{
  guint8 stream_id;
  guint8 scrambling;            /* PES_scrambling_control */
  gboolean data_alignment;
  guint packet_length;          /* PES_packet_length as it stands; 0 = not bounded (video) */
  gsize header_size;            /* from the start code prefix to the first byte of the ES */
  gint64 pts90k;                /* 33 bit as in the stream, ASP_NO_TIME when there is none */
  gint64 dts90k;                /* the same; equals pts90k when only a PTS stands there */
  gboolean has_dts;             /* a DTS field stands there */
} AspPesHeader;

typedef enum
{
  ASP_PES_OK,
  ASP_PES_NEED_MORE,            /* the header goes on behind @size */
  ASP_PES_BAD,                  /* no start code, or a header that contradicts itself */
} AspPesResult;

/* @out is filled only with ASP_PES_OK. Streams without the optional header (padding,
 * private_stream_2, ...) are BAD: nothing here splices them. */
AspPesResult asp_pes_parse (const guint8 * data, gsize size, AspPesHeader * out);

#define ASP_PES_HEADER_MAX 19   /* with PTS and DTS, no stuffing */

/**
 * asp_pes_write_header:
 * @dst: at least ASP_PES_HEADER_MAX bytes
 * @es_size: bytes that follow; a size that does not fit 16 bits is written as 0, which
 *   2.4.3.7 allows for video only
 * @pts90k: unwrapped; ASP_NO_TIME writes neither PTS nor DTS
 * @dts90k: unwrapped; a DTS field is written when it differs from @pts90k
 *
 * Returns: bytes written
 */
gsize asp_pes_write_header (guint8 * dst, guint8 stream_id, gsize es_size,
    gint64 pts90k, gint64 dts90k);

G_END_DECLS
