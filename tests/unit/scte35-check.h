/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-scte35.h>

G_BEGIN_DECLS

/* What the tests of gst/scte35 assert again and again. */

/* Reads the section of scte35-vectors.c of that name; it must be valid. */
void scte35_parse_vector (const gchar * name, AspScte35Section * out);

/* @bytes may not be NULL. */
void scte35_assert_bytes (GBytes * bytes, const gchar * hex);

/* What was read can be written, and is the same; the line is one line of ASCII. */
void scte35_assert_survives (const AspScte35Section * section, const guint8 * data, gsize size);

void scte35_assert_zeroed (const AspScte35Section * section);

G_END_DECLS
