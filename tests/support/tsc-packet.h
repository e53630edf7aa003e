/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The judge's own reading of transport packets, sections and PES headers (ISO/IEC 13818-1,
 * 2.4.3). It shares nothing with gst/ on purpose: a misreading there must not excuse itself
 * here. Thread: any; pure functions.
 */
#define TSC_SIZE 188
#define TSC_PID_COUNT 8192
#define TSC_PID_NULL 0x1fff
#define TSC_PTS_MODULUS (G_GINT64_CONSTANT (1) << 33)
#define TSC_PCR_MODULUS (TSC_PTS_MODULUS * 300)

typedef struct
{
  guint pid;
  gboolean tei;
  gboolean pusi;
  guint scrambling;
  guint cc;
  gboolean has_af;
  gboolean has_payload;
  gboolean malformed;           /* an adaptation field that leaves the packet */
  gboolean discontinuity;       /* discontinuity_indicator */
  gboolean random_access;
  gboolean has_pcr;
  gint64 pcr27m;                /* as it stands in the packet */
  guint payload_offset;
  guint payload_size;
} TscPacket;

/* @p: 188 bytes beginning with the sync byte */
void tsc_packet_parse (const guint8 * p, TscPacket * out);

typedef struct
{
  guint stream_id;
  guint packet_length;          /* PES_packet_length, 0: unbounded */
  gboolean has_pts;
  gboolean has_dts;
  gint64 pts90k;
  gint64 dts90k;
  guint header_size;            /* bytes up to the first byte of elementary stream */
  guint pts_offset;             /* of the 5 byte field; 0: none */
  guint dts_offset;
} TscPesHeader;

/* FALSE: no start code or the header is longer than @size */
gboolean tsc_pes_header_parse (const guint8 * data, gsize size, TscPesHeader * out);

/* Writers for the tools that make test streams; the value is taken modulo 2^33 (2^33 * 300). */
void tsc_write_pts (guint8 * field, gint64 pts90k);
void tsc_write_pcr (guint8 * packet, gint64 pcr27m);

guint32 tsc_crc32 (const guint8 * data, gsize size);

/* The value nearest to @ref that is congruent to @value modulo @modulus. */
gint64 tsc_unwrap (gint64 ref, gint64 value, gint64 modulus);

G_END_DECLS
