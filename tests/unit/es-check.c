/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "es-check.h"

#include "unit-support.h"

typedef struct
{
  AspAuInfo info;
  AspVideoParams params;
  gboolean has_params;
  GByteArray *sets;
  guint n_sets;
} Reading;

static Reading
read_all (AspCodec codec, const guint8 * data, gsize size, const AspVideoParams * known)
{
  g_autofree guint8 *block = test_exact_block (data, size);
  Reading r;

  asp_es_video_scan_known (codec, block, size, known, &r.info);
  r.has_params = asp_es_video_params (codec, block, size, &r.params);
  r.sets = g_byte_array_new ();
  r.n_sets = asp_es_video_copy_parameter_sets (codec, block, size, r.sets);
  return r;
}

static void
check_reading (const Reading * part, gsize n, const Reading * whole)
{
  static const AspVideoParams no_params;
  guint length;

  if (part->info.complete) {
    g_assert_cmpmem (&part->info, sizeof part->info, &whole->info, sizeof whole->info);
    g_assert_cmpuint (part->info.picture_offset, <, n);
    g_assert_cmpuint (part->info.parameter_set_offset, <=, part->info.picture_offset);
  } else {
    g_assert_cmpint (part->info.kind, ==, ASP_PICTURE_UNKNOWN);
    g_assert_cmpuint (part->info.picture_offset, ==, n);
    g_assert_cmpuint (part->info.parameter_set_offset, ==, n);
  }
  if (part->has_params)
    g_assert_cmpmem (&part->params, sizeof part->params, &whole->params, sizeof whole->params);
  else
    g_assert_cmpmem (&part->params, sizeof part->params, &no_params, sizeof no_params);
  g_assert_cmpuint (part->n_sets, <=, whole->n_sets);
  length = MIN (part->sets->len, whole->sets->len);
  g_assert_cmpuint (part->sets->len, <=, length + 2);
  g_assert_cmpmem (part->sets->data, length, whole->sets->data, length);
}

void
check_video_prefixes (AspCodec codec, const guint8 * data, gsize size, gsize max_length,
    const AspVideoParams * known)
{
  Reading whole = read_all (codec, data, size, known);
  gboolean complete = FALSE;

  check_reading (&whole, size, &whole);
  for (gsize n = 0; n <= MIN (size, max_length); n++) {
    Reading part = read_all (codec, data, n, known);

    check_reading (&part, n, &whole);
    g_assert_true (part.info.complete || !complete);
    complete = part.info.complete;
    g_byte_array_unref (part.sets);
  }
  g_byte_array_unref (whole.sets);
}

AspAuInfo
scan_whole (AspCodec codec, const GByteArray * bytes)
{
  g_autofree guint8 *block = test_exact_block (bytes->data, bytes->len);
  AspAuInfo info;

  asp_es_video_scan (codec, block, bytes->len, &info);
  return info;
}
