/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Sections for the tests of gst/scte35, written by hand from the tables of the standard and
 * framed by code of their own: nothing here uses the library under test.
 */
typedef struct
{
  const gchar *name;
  const gchar *header;          /* hex, table_id to splice_command_length with 0 for lengths;
                                   NULL = scte35_vector_plain_header */
  guint command_type;           /* 0x100: `command` is what an encrypted section holds */
  gboolean length_unknown;      /* splice_command_length 0xFFF */
  const gchar *command;         /* hex, NULL = empty, as the next two */
  const gchar *loop;            /* hex of the descriptors */
  const gchar *stuffing;        /* hex */
} Scte35Vector;

extern const gchar *const scte35_vector_plain_header;
extern const Scte35Vector scte35_vectors[];
extern const guint scte35_n_vectors;

/* section_length and CRC_32 of what is in @section, bit by bit. */
void scte35_reframe (guint8 * section, gsize size);

GByteArray *scte35_vector_section (const Scte35Vector * v);
const Scte35Vector *scte35_vector_find (const gchar * name);

G_END_DECLS
