/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text of a peer into gst/json. What is read and written again reads the same.
 */
#include "fuzz.h"

#include <string.h>

#include <asp-json-reader.h>

static void
look_at_everything (const AspJson * value)
{
  gint64 i;
  gdouble d;

  for (guint k = 0; k < asp_json_length (value); k++)
    if (asp_json_element (value, k))
      look_at_everything (asp_json_element (value, k));
  asp_json_integer (value, &i);
  asp_json_number (value, &d);
  if (asp_json_string (value))
    g_assert_true (g_utf8_validate (asp_json_string (value), -1, NULL));
}

static gchar *
write (const AspJson * root)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_add_value (w, NULL, root);
  return g_strdup (asp_json_writer_text (w));
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  GError *error = NULL;
  AspJson *root = asp_json_parse ((const gchar *) data, size, &error), *again;
  gchar *text, *same;

  if (!root) {
    g_assert_true (error && error->domain == ASP_JSON_ERROR);
    g_error_free (error);
    return 0;
  }
  look_at_everything (root);
  text = write (root);
  again = asp_json_parse (text, strlen (text), &error);
  g_assert_no_error (error);
  same = write (again);
  g_assert_cmpstr (text, ==, same);
  g_free (text);
  g_free (same);
  asp_json_free (root);
  asp_json_free (again);
  return 0;
}
