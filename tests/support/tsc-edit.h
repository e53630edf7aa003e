/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tsc-file.h"

G_BEGIN_DECLS

/*
 * Writing of packets for the tools that make and spoil test streams. Thread: any.
 */

/* Packets of @file (n * 188 bytes) as an array that may be changed. Owner: the caller. */
GByteArray *tsc_edit_copy (const TscFile * file);
gboolean tsc_edit_save (const GByteArray * packets, const gchar * name);

static inline guint8 *
tsc_edit_packet (GByteArray * packets, gsize index)
{
  return packets->data + index * TSC_SIZE;
}

/* Continuity counters of @pid from the start, as a multiplexer would count. Duplicates become
 * packets of their own. */
void tsc_edit_recount (GByteArray * packets, guint pid);

/* Appends a packet without payload that carries a PCR; @cc: of the PID's last packet. */
void tsc_edit_append_pcr (GByteArray * packets, guint pid, guint cc, gint64 pcr27m);

/* Appends a PES in packets of @pid, stuffed in the last one; counters 0, see recount. */
void tsc_edit_append_pes (GByteArray * packets, guint pid, guint stream_id, gint64 pts90k,
    gint64 dts90k, gboolean with_dts, const guint8 * es, gsize size);

/* Appends one packet with one section of at most 183 bytes. */
void tsc_edit_append_section (GByteArray * packets, guint pid, const guint8 * section, gsize size);

/* Puts the CRC into the last four bytes. */
void tsc_edit_seal_section (guint8 * section, gsize size);

/* Moves PTS, DTS of a packet that begins a PES. FALSE: it does not, or has none. */
gboolean tsc_edit_move_pes (guint8 * packet, gint64 pts_by_90k, gint64 dts_by_90k);

G_END_DECLS
