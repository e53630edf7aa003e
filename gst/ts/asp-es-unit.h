/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Internal to gst/ts: start codes, and the units between them, of Annex B video
 * (ITU-T H.264 B.1, H.265 B.2, H.262 5.2.3). Offsets count from the start of the data.
 * Thread: any; pure, nothing is owned. Since: 0.1
 */
typedef struct
{
  const guint8 *data;
  gsize size;
  gsize start;                  /* of the start code prefix 00 00 01 */
  gsize body;                   /* first byte behind the prefix, always below size */
  gsize end;                    /* after asp_es_unit_close() */
  gboolean whole;               /* after asp_es_unit_close(): more data cannot change body to end */
  gsize next;                   /* where the search for the next unit begins */
} AspEsUnit;

/* Before the first unit; then while (asp_es_unit_next (&u)). */
void asp_es_unit_init (AspEsUnit * u, const guint8 * data, gsize size);
gboolean asp_es_unit_next (AspEsUnit * u);

/* Finds the end: the next start code, or @limit bytes behind body, or the end of the data. */
void asp_es_unit_close (AspEsUnit * u, gsize limit);

/* Offset where a new NAL unit can go in before this one: zero_byte of a four-byte start
 * code goes with the prefix. Not for H.262, whose headers may end in a zero byte. */
gsize asp_es_unit_nal_start (const AspEsUnit * u);

/* body to end without trailing_zero_8bits. A unit that is not whole loses the zeros at
 * its end too: a start code may be forming there. */
gsize asp_es_unit_nal_size (const AspEsUnit * u);

/**
 * asp_es_nal_unescape:
 * Copies a NAL unit without its emulation_prevention_three_bytes (H.264 7.4.1).
 * Returns: bytes written; what exceeds @dst_size is left out
 */
gsize asp_es_nal_unescape (const guint8 * nal, gsize size, guint8 * dst, gsize dst_size);

/* Does the SEI NAL unit hold a message of @payload_type (H.264 7.3.2.3.1)? @header_size
 * is that of the NAL unit header. */
gboolean asp_es_sei_has (const guint8 * nal, gsize size, gsize header_size, guint payload_type);

#define ASP_SEI_RECOVERY_POINT 6        /* the same in H.264 D.1 and H.265 D.2.1 */

G_END_DECLS
