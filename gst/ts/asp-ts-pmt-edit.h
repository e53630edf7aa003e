/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-ts-psi.h"

G_BEGIN_DECLS

/*
 * Writing tables: a PMT with one more stream for cues (SCTE 35, 9.6 and 9.9.1), and
 * sections into packets (ISO/IEC 13818-1, 2.4.4). Pure functions; thread: any. Since: 0.1
 */
#define ASP_PMT_SECTION_MAX 1024        /* section_length <= 1021: 2.4.4.9 */
#define ASP_STREAM_TYPE_ID3 0x15        /* metadata in PES packets */

/**
 * asp_pmt_edit:
 * @section: a PMT section
 * @cue_pid: elementary_PID of a stream for cues that is put behind the others: stream_type
 *   0x86, cue_identifier_descriptor, and the registration "CUEI" at the end of the
 *   programme's descriptors, unless it is there. ASP_PID_NULL: none
 * @version: version_number of the result
 * @out: (out caller-allocates): ASP_PMT_SECTION_MAX bytes
 *
 * All other bytes stay as they are. Where the programme has another stream of type 0x86 that
 * is not registered as cues (DTS sound), "CUEI" stands at the new stream only: at the programme
 * it would turn the sound into cues.
 *
 * Returns: bytes written; 0 when @section is not a sound PMT, or when the result would be longer
 *   than a PMT may be
 */
gsize asp_pmt_edit (const guint8 * section, gsize size, guint cue_pid, guint version, guint8 * out);

/* One bit for each PID. */
typedef struct
{
  guint8 bits[8192 / 8];
} AspPidSet;

static inline gboolean
asp_pid_set_has (const AspPidSet * set, guint pid)
{
  return (set->bits[pid / 8] >> (pid % 8)) & 1;
}

static inline void
asp_pid_set_add (AspPidSet * set, guint pid)
{
  set->bits[pid / 8] |= (guint8) (1u << (pid % 8));
}

/**
 * asp_pmt_deliver:
 * @section: a PMT section
 * @keep: the streams that stay, or NULL: all
 * @id3_pid: elementary_PID of a stream for ID3 tags that is put behind the others, as Apple's
 *   "Timed Metadata for HTTP Live Streaming" has it: stream_type 0x15, a metadata_descriptor, and
 *   the metadata_pointer_descriptor at the end of the programme's. ASP_PID_NULL: none
 * @out: (out caller-allocates): ASP_PMT_SECTION_MAX bytes
 *
 * The programme as it is in what is delivered: what is left out here must be in the stream too. All
 * other bytes stay as they are, version_number as well.
 *
 * Returns: as asp_pmt_edit()
 */
gsize asp_pmt_deliver (const guint8 * section, gsize size, const AspPidSet * keep, guint id3_pid,
    guint8 * out);

/* The version_number of a long section of at least 6 bytes. */
guint asp_section_version (const guint8 * section);

/* Do both say the same but for version_number and CRC_32? */
gboolean asp_section_same_content (const guint8 * a, gsize a_size, const guint8 * b, gsize b_size);

/* Adds every PID that a PMT names: streams, the clock, and ECMs (CA_descriptor, 2.6.16). Does
 * nothing with a section that is not a sound PMT. */
void asp_pmt_add_pids (const guint8 * section, gsize size, AspPidSet * set);

/**
 * asp_section_write_packets:
 * @packets: filled with asp_section_n_packets (@size) packets of 188 bytes
 *
 * The section begins in the first packet, pointer_field 0, and 0xFF follows it. The CC of all
 * packets is 0: whoever sends them counts.
 */
void asp_section_write_packets (const guint8 * section, gsize size, guint pid, guint8 * packets);

/* 184 bytes a packet, one of them the pointer_field. */
static inline guint
asp_section_n_packets (gsize size)
{
  return (guint) ((size + 1 + 183) / 184);
}

G_END_DECLS
