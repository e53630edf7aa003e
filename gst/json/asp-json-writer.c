/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-json-private.h"

#include <math.h>
#include <string.h>

/* Written by hand: JsonGenerator of json-glib 1.6 writes 1e308 as 1e+308.0, which is no JSON. */
struct _AspJsonWriter
{
  GString *text;
  gboolean pretty;
  gboolean filled;              /* the innermost object or array has something in it */
  guint depth;
};

AspJsonWriter *
asp_json_writer_new (gboolean pretty)
{
  AspJsonWriter *w = g_new0 (AspJsonWriter, 1);

  w->text = g_string_new (NULL);
  w->pretty = pretty;
  return w;
}

void
asp_json_writer_free (AspJsonWriter * w)
{
  if (!w)
    return;
  g_string_free (w->text, TRUE);
  g_free (w);
}

static void
new_line (AspJsonWriter * w)
{
  if (!w->pretty)
    return;
  g_string_append_c (w->text, '\n');
  for (guint i = 0; i < w->depth; i++)
    g_string_append (w->text, "  ");
}

static void
append_escaped (GString * s, const gchar * value)
{
  static const gchar plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";

  g_string_append_c (s, '"');
  for (const gchar * c = value; *c; c++) {
    const gchar *found = strchr (plain, *c);

    if (found)
      g_string_append_printf (s, "\\%c", letters[found - plain]);
    else if ((guchar) *c < 0x20 || *c == 0x7f)
      g_string_append_printf (s, "\\u%04x", (guchar) *c);
    else
      g_string_append_c (s, *c);
  }
  g_string_append_c (s, '"');
}

static void
append_string (GString * s, const gchar * value)
{
  g_autofree gchar *valid = NULL;

  if (!g_utf8_validate (value, -1, NULL))
    value = valid = g_utf8_make_valid (value, -1);
  append_escaped (s, value);
}

/* What stands before any value: a comma, and its name. */
static GString *
begin_value (AspJsonWriter * w, const gchar * name)
{
  if (w->filled)
    g_string_append_c (w->text, ',');
  if (w->depth > 0)
    new_line (w);
  w->filled = TRUE;
  if (name) {
    append_string (w->text, name);
    g_string_append (w->text, w->pretty ? ": " : ":");
  }
  return w->text;
}

static void
begin (AspJsonWriter * w, const gchar * name, gchar bracket)
{
  g_string_append_c (begin_value (w, name), bracket);
  w->depth++;
  w->filled = FALSE;
}

static void
end (AspJsonWriter * w, gchar bracket)
{
  g_return_if_fail (w->depth > 0);
  w->depth--;
  if (w->filled)
    new_line (w);
  g_string_append_c (w->text, bracket);
  w->filled = TRUE;
}

void
asp_json_begin_object (AspJsonWriter * w, const gchar * name)
{
  begin (w, name, '{');
}

void
asp_json_end_object (AspJsonWriter * w)
{
  end (w, '}');
}

void
asp_json_begin_array (AspJsonWriter * w, const gchar * name)
{
  begin (w, name, '[');
}

void
asp_json_end_array (AspJsonWriter * w)
{
  end (w, ']');
}

void
asp_json_add_string (AspJsonWriter * w, const gchar * name, const gchar * value)
{
  if (value)
    append_string (begin_value (w, name), value);
  else
    asp_json_add_null (w, name);
}

void
asp_json_add_int (AspJsonWriter * w, const gchar * name, gint64 value)
{
  g_string_append_printf (begin_value (w, name), "%" G_GINT64_FORMAT, value);
}

void
asp_json_add_double (AspJsonWriter * w, const gchar * name, gdouble value)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isfinite (value)) {
    asp_json_add_null (w, name);
    return;
  }
  g_string_append (begin_value (w, name), g_ascii_dtostr (text, sizeof text, value));
  /* it stays a double for whoever reads it */
  if (!strpbrk (text, ".e"))
    g_string_append (w->text, ".0");
}

void
asp_json_add_boolean (AspJsonWriter * w, const gchar * name, gboolean value)
{
  g_string_append (begin_value (w, name), value ? "true" : "false");
}

void
asp_json_add_null (AspJsonWriter * w, const gchar * name)
{
  g_string_append (begin_value (w, name), "null");
}

void
asp_json_add_hex (AspJsonWriter * w, const gchar * name, GBytes * bytes)
{
  gsize size = 0;
  const guint8 *data = bytes ? g_bytes_get_data (bytes, &size) : NULL;
  GString *s = begin_value (w, name);

  g_string_append_c (s, '"');
  for (gsize i = 0; i < size; i++)
    g_string_append_printf (s, "%02x", data[i]);
  g_string_append_c (s, '"');
}

static void
add_member (const gchar * name, const AspJson * value, gpointer user_data)
{
  asp_json_add_value (user_data, name, value);
}

/* The depth of what was read is bounded. */
static void
add_container (AspJsonWriter * w, const gchar * name, const AspJson * value, gboolean object)
{
  begin (w, name, object ? '{' : '[');
  if (object)
    asp_json_foreach_member (value, add_member, w);
  for (guint i = 0; !object && i < asp_json_length (value); i++)
    asp_json_add_value (w, NULL, asp_json_element (value, i));
  end (w, object ? '}' : ']');
}

void
asp_json_add_value (AspJsonWriter * w, const gchar * name, const AspJson * value)
{
  gboolean yes = FALSE;
  gint64 whole = 0;
  gdouble number = 0;

  switch (asp_json_kind (value)) {
    case ASP_JSON_BOOLEAN:
      asp_json_boolean (value, &yes);
      asp_json_add_boolean (w, name, yes);
      break;
    case ASP_JSON_INTEGER:
      asp_json_integer (value, &whole);
      asp_json_add_int (w, name, whole);
      break;
    case ASP_JSON_DOUBLE:
      asp_json_number (value, &number);
      asp_json_add_double (w, name, number);
      break;
    case ASP_JSON_STRING:
      asp_json_add_string (w, name, asp_json_string (value));
      break;
    case ASP_JSON_ARRAY:
    case ASP_JSON_OBJECT:
      add_container (w, name, value, asp_json_kind (value) == ASP_JSON_OBJECT);
      break;
    case ASP_JSON_NULL:
      asp_json_add_null (w, name);
      break;
  }
}

const gchar *
asp_json_writer_text (const AspJsonWriter * w)
{
  return w->text->str;
}
