/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlc-attributes.h"

#include <string.h>

static void
attribute_free (gpointer p)
{
  HlcAttribute *a = p;

  g_free (a->name);
  g_free (a->value);
  g_free (a);
}

static void
complain (gchar ** fault, const gchar * format, ...) G_GNUC_PRINTF (2, 3);

/* Only the first fault is kept. */
static void
complain (gchar ** fault, const gchar * format, ...)
{
  va_list args;

  if (*fault != NULL)
    return;
  va_start (args, format);
  *fault = g_strdup_vprintf (format, args);
  va_end (args);
}

static gboolean
is_name (const gchar * text)
{
  return *text != '\0' && strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen (text);
}

/* One attribute beginning at @text; returns where the next one begins, or NULL at the end. */
static const gchar *
parse_one (GPtrArray * list, const gchar * text, gchar ** fault)
{
  const gchar *equal, *end;
  HlcAttribute *a;

  /* E1 has told of it */
  text += strspn (text, " ");
  equal = strchr (text, '=');
  if (equal == NULL) {
    complain (fault, "'%s' has no '='", text);
    return NULL;
  }
  a = g_new0 (HlcAttribute, 1);
  a->name = g_strndup (text, (gsize) (equal - text));
  if (!is_name (a->name))
    complain (fault, "'%s' is no attribute name", a->name);
  if (hlc_attribute (list, a->name) != NULL)
    complain (fault, "%s is there twice", a->name);
  if (equal[1] == '"') {
    end = strchr (equal + 2, '"');
    a->quoted = TRUE;
    a->value = end ? g_strndup (equal + 2, (gsize) (end - equal - 2)) : g_strdup (equal + 2);
    if (end == NULL)
      complain (fault, "%s: the quote is not closed", a->name);
    end = end ? end + 1 : equal + strlen (equal);
    if (*end != ',' && *end != '\0')
      complain (fault, "%s: '%s' behind the quote", a->name, end);
    end = strchr (end, ',');
  } else {
    end = strchr (equal, ',');
    a->value = end ? g_strndup (equal + 1, (gsize) (end - equal - 1)) : g_strdup (equal + 1);
    if (*a->value == '\0' || strpbrk (a->value, " \t\"") != NULL)
      complain (fault, "%s: '%s' is no unquoted value", a->name, a->value);
  }
  g_ptr_array_add (list, a);
  return end ? end + 1 : NULL;
}

GPtrArray *
hlc_attributes_parse (const gchar * text, gchar ** fault)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (attribute_free);

  *fault = NULL;
  while (text != NULL)
    text = parse_one (list, text, fault);
  return list;
}

const HlcAttribute *
hlc_attribute (const GPtrArray * list, const gchar * name)
{
  guint i;

  for (i = 0; list != NULL && i < list->len; i++) {
    const HlcAttribute *a = g_ptr_array_index (list, i);

    if (strcmp (a->name, name) == 0)
      return a;
  }
  return NULL;
}

const gchar *
hlc_attribute_value (const GPtrArray * list, const gchar * name)
{
  const HlcAttribute *a = hlc_attribute (list, name);

  return a != NULL ? a->value : NULL;
}

gint64
hlc_attribute_us (const GPtrArray * list, const gchar * name)
{
  const gchar *value = hlc_attribute_value (list, name);
  gint64 us;

  return value != NULL && hlc_parse_seconds (value, &us) ? us : -1;
}

gint64
hlc_attribute_integer (const GPtrArray * list, const gchar * name)
{
  const gchar *value = hlc_attribute_value (list, name);
  gint64 n;

  return value != NULL && hlc_parse_integer (value, &n) ? n : -1;
}

gboolean
hlc_parse_integer (const gchar * text, gint64 * value)
{
  gsize length = strlen (text);

  if (length == 0 || length > 18 || strspn (text, "0123456789") != length)
    return FALSE;
  *value = g_ascii_strtoll (text, NULL, 10);
  return TRUE;
}

gboolean
hlc_parse_seconds (const gchar * text, gint64 * us)
{
  gsize length = strlen (text);
  const gchar *point = strchr (text, '.');

  if (length == 0 || length > 24 || strspn (text, "0123456789.") != length ||
      !g_ascii_isdigit (text[0]) || !g_ascii_isdigit (text[length - 1]) ||
      (point != NULL && strchr (point + 1, '.') != NULL))
    return FALSE;
  *us = (gint64) (g_ascii_strtod (text, NULL) * 1e6 + 0.5);
  return TRUE;
}

gboolean
hlc_parse_date (const gchar * text, gboolean strict, gint64 * unix_us)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_iso8601 (text, NULL);
  const gchar *point = strchr (text, '.');

  /* "2026-01-01T00:00:00.000Z": GLib takes the basic form and dates without seconds too */
  if (date == NULL || strlen (text) < 20 || text[4] != '-' || text[10] != 'T' || text[13] != ':')
    return FALSE;
  if (strict && (point == NULL || strspn (point + 1, "0123456789") < 3))
    return FALSE;
  *unix_us = g_date_time_to_unix (date) * G_USEC_PER_SEC + g_date_time_get_microsecond (date);
  return TRUE;
}
