/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes of a peer into gst/scte35: as they are, framed anew so that the reader behind the
 * CRC_32 is reached, and as text. What is read must be written the same.
 * The seeds are sections of tests/unit/scte35-vectors.c, and two of them as text.
 */
#include "fuzz.h"

#include <string.h>

#include <asp-crc.h>
#include <asp-scte35.h>

#define SMALLEST_SECTION 17     /* the clear header and CRC_32 */
#define CRC_SIZE 4

static void
look_at_everything (const AspScte35Section * section)
{
  gchar *line = asp_scte35_to_string (section);

  for (const gchar * p = line; *p; p++)
    g_assert_true (g_ascii_isprint (*p));
  g_free (line);
  g_assert_cmpint (asp_scte35_splice_time_pts90k (section), <, ASP_PTS_MODULUS);
  for (guint i = 0; i < section->n_descriptors; i++) {
    const AspScte35Segmentation *s = asp_scte35_segmentation (section, i);
    GArray *mid = s ? asp_scte35_mid_split (s->segmentation_upid) : NULL;

    g_clear_pointer (&mid, g_array_unref);
  }
}

static void
parse (const guint8 * data, gsize size)
{
  /* a block of its own and exactly its size: one byte behind it is one too many */
  guint8 *block = g_memdup2 (data, size);
  AspScte35Section section;
  GError *error = NULL;

  if (asp_scte35_parse (block, size, &section, &error)) {
    GBytes *written = asp_scte35_write (&section, &error);

    g_assert_no_error (error);
    g_assert_cmpmem (g_bytes_get_data (written, NULL), g_bytes_get_size (written), block,
        section.section_length + 3);
    g_bytes_unref (written);
    look_at_everything (&section);
  } else {
    g_assert_true (error && error->domain == ASP_SCTE35_ERROR);
    g_clear_error (&error);
  }
  asp_scte35_clear (&section);
  g_free (block);
}

static void
parse_framed (const guint8 * data, gsize size)
{
  guint8 *framed;
  guint32 crc;

  if (size < SMALLEST_SECTION || size > ASP_SCTE35_SECTION_MAX)
    return;
  framed = g_memdup2 (data, size);
  framed[0] = 0xfc;
  framed[1] = (guint8) ((framed[1] & 0xf0) | ((size - 3) >> 8));
  framed[2] = (guint8) (size - 3);
  framed[3] = 0;
  crc = GUINT32_TO_BE (asp_crc32_mpeg (framed, size - CRC_SIZE));
  memcpy (framed + size - CRC_SIZE, &crc, CRC_SIZE);
  parse (framed, size);
  g_free (framed);
}

static void
parse_as_text (const guint8 * data, gsize size)
{
  gchar *text = g_strndup ((const gchar *) data, size);
  AspScte35Section section;

  asp_scte35_parse_text (text, &section, NULL);
  asp_scte35_clear (&section);
  g_free (text);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  parse (data, size);
  parse_framed (data, size);
  parse_as_text (data, size);
  return 0;
}
