/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A transport stream, or text, into gst/creative. What is read of a rendition can be written
 * and read again; a list of units that is accepted does not contradict itself.
 */
#include "fuzz.h"

#include <string.h>

#include <asp-rendition.h>
#include <asp-units.h>

static void
check_rendition (const AspRendition * r)
{
  gchar *text = asp_rendition_to_text (r), *same;
  AspRendition again;

  g_assert_cmpint (r->video, <, (gint) r->n_tracks);
  g_assert_cmpuint (asp_rendition_default_unit (r), >, 0);
  g_assert_cmpuint (asp_rendition_video_rate (r, 80), >, 0);
  /* a stream may be odder than what is taken back, never otherwise */
  if (asp_rendition_from_text (text, &again, NULL)) {
    same = asp_rendition_to_text (&again);
    g_assert_cmpstr (text, ==, same);
    g_free (same);
  }
  g_free (text);
}

static void
try_text (const guint8 * data, gsize size)
{
  gchar *text = g_strndup ((const gchar *) data, size);
  AspUnits *units = asp_units_from_text (text, strlen (text), NULL);
  AspRendition r;

  if (units)
    g_assert_cmpuint (units->units->len, >, 0);
  asp_units_free (units);
  if (asp_rendition_from_text (text, &r, NULL))
    check_rendition (&r);
  g_free (text);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  AspRenditionReader *reader;
  AspRendition r;

  if (size > 0 && data[0] == '{') {
    try_text (data, size);
    return 0;
  }
  reader = asp_rendition_reader_new (0);
  for (gsize at = 0; at < size; at += 333)
    asp_rendition_reader_push (reader, data + at, MIN (333, size - at));
  if (asp_rendition_reader_finish (reader, &r, NULL))
    check_rendition (&r);
  asp_rendition_reader_free (reader);
  return 0;
}
