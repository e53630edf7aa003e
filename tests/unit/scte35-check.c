/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scte35-check.h"

#include "scte35-vectors.h"
#include "unit-support.h"

void
scte35_parse_vector (const gchar * name, AspScte35Section * out)
{
  GByteArray *bytes = scte35_vector_section (scte35_vector_find (name));
  GError *error = NULL;
  gboolean ok = asp_scte35_parse (bytes->data, bytes->len, out, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
  g_assert_cmpuint (out->section_length, ==, bytes->len - 3);
  g_byte_array_unref (bytes);
}

void
scte35_assert_bytes (GBytes * bytes, const gchar * hex)
{
  GByteArray *expected = test_hex (hex);

  g_assert_nonnull (bytes);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected->data,
      expected->len);
  g_byte_array_unref (expected);
}

/* What was read can be written, and is the same; the line is one line of ASCII. */
void
scte35_assert_survives (const AspScte35Section * section, const guint8 * data, gsize size)
{
  GError *error = NULL;
  GBytes *written = asp_scte35_write (section, &error);
  gchar *line;

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (written, NULL), g_bytes_get_size (written), data, size);
  g_bytes_unref (written);
  line = asp_scte35_to_string (section);
  for (const gchar * p = line; *p; p++)
    g_assert_true (g_ascii_isprint (*p));
  g_free (line);
}

void
scte35_assert_zeroed (const AspScte35Section * section)
{
  static const AspScte35Section zero;

  g_assert_cmpmem (section, sizeof *section, &zero, sizeof zero);
}
