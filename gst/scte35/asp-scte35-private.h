/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-scte35.h"

#include <asp-bits.h>

G_BEGIN_DECLS

/* Shared by the files of this folder only. */

#define ASP_SCTE35_TABLE_ID 0xfc
#define ASP_SCTE35_CRC_SIZE 4
#define ASP_SCTE35_SECTION_LENGTH_MAX 4093
/* From table_id to splice_command_length: what stands clear in an encrypted section. */
#define ASP_SCTE35_CLEAR_HEADER_SIZE 13

/* Reads @n reserved bits; the result has a bit set where the stream has not. */
static inline guint8
asp_scte35_get_reserved (AspBits * b, guint n)
{
  guint32 bits = asp_bits_get (b, n);

  return b->error ? 0 : (guint8) (~bits & ((1u << n) - 1));
}

/* All whole bytes that are left, NULL when there are none. The reader must be at a byte. */
GBytes *asp_scte35_get_rest (AspBits * b);

/* @n_bytes of them; NULL for none, and with the reader's error set when they are not there. */
GBytes *asp_scte35_get_bytes (AspBits * b, gsize n_bytes);

/* @body is what stands behind descriptor_length. Never fails: see AspScte35Descriptor. */
void asp_scte35_descriptor_read (guint8 tag, const guint8 * body, gsize size,
    AspScte35Descriptor * out);
void asp_scte35_descriptor_clear (AspScte35Descriptor * d);

/* Frees and zeroes the fields of the command; its type stays. */
void asp_scte35_command_clear (AspScte35Section * section);

/* The types that may carry sub_segment_num: 10.3.3, Table 20. */
gboolean asp_scte35_type_has_sub_segments (guint8 segmentation_type_id);

/*
 * The writing side of AspBits, with a sticky error too: the first value that is larger
 * than its field is remembered by name, and the caller asks once.
 */
typedef struct
{
  GByteArray *bytes;
  guint32 partial;              /* bits of the byte that is not complete */
  guint n_partial;
  const gchar *too_large;       /* name of the field, NULL while all is well */
} AspScte35Writer;

/* @n in 0..64. */
void asp_scte35_put (AspScte35Writer * w, guint64 value, guint n, const gchar * field);

static inline void
asp_scte35_put_flag (AspScte35Writer * w, gboolean flag)
{
  asp_scte35_put (w, flag ? 1 : 0, 1, "flag");
}

void asp_scte35_put_reserved (AspScte35Writer * w, guint n, guint8 cleared);
void asp_scte35_put_bytes (AspScte35Writer * w, GBytes * bytes);

void asp_scte35_descriptor_write (AspScte35Writer * w, const AspScte35Descriptor * d);

G_END_DECLS
