/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-scte35-private.h"

#include <string.h>

static gboolean
text_error (GError ** error, const gchar * what)
{
  g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_TEXT,
      "Not a SCTE 35 section in base64 or hexadecimal: %s", what);
  return FALSE;
}

/* Without white space. */
static gchar *
text_squeeze (const gchar * text, GError ** error)
{
  gsize length = strnlen (text, ASP_SCTE35_TEXT_MAX + 1);
  GString *s;

  if (length > ASP_SCTE35_TEXT_MAX) {
    text_error (error, "the text is longer than any section");
    return NULL;
  }
  s = g_string_sized_new (length);
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isspace (text[i]))
      g_string_append_c (s, text[i]);
  }
  if (s->len == 0) {
    text_error (error, "the text is empty");
    g_string_free (s, TRUE);
    return NULL;
  }
  return g_string_free (s, FALSE);
}

static gboolean
is_hex (const gchar * text)
{
  gsize n = strspn (text, "0123456789abcdefABCDEF");

  return n > 0 && n % 2 == 0 && text[n] == '\0';
}

static GBytes *
hex_decode (const gchar * text)
{
  gsize size = strlen (text) / 2;
  guint8 *data = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (g_ascii_xdigit_value (text[2 * i]) << 4 |
        g_ascii_xdigit_value (text[2 * i + 1]));
  return g_bytes_new_take (data, size);
}

/* g_base64_decode() skips what it does not know, so all is looked at before. Takes @text. */
static GBytes *
base64_take (gchar * text, GError ** error)
{
  gsize digits = strspn (text,
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_");
  gsize padding = strspn (text + digits, "=");
  static const gchar *const missing[4] = { "", "", "==", "=" };
  GBytes *bytes = NULL;
  gchar *padded;
  guchar *data;
  gsize size;

  if (text[digits + padding] != '\0')
    text_error (error, "it has a character that neither of them knows");
  else if (digits % 4 == 1 || padding > 2 || (padding > 0 && (digits + padding) % 4 != 0))
    text_error (error, "its length fits neither of them");
  else {
    g_strdelimit (text, "-", '+');
    g_strdelimit (text, "_", '/');
    text[digits] = '\0';
    padded = g_strconcat (text, missing[digits % 4], NULL);
    data = g_base64_decode (padded, &size);
    bytes = g_bytes_new_take (data, size);
    g_free (padded);
  }
  g_free (text);
  return bytes;
}

GBytes *
asp_scte35_decode_text (const gchar * text, GError ** error)
{
  gchar *squeezed = text_squeeze (text, error);
  const gchar *digits;
  GBytes *bytes;

  if (!squeezed)
    return NULL;
  digits = squeezed;
  if (g_str_has_prefix (digits, "0x") || g_str_has_prefix (digits, "0X"))
    digits += 2;
  if (is_hex (digits)) {
    bytes = hex_decode (digits);
    g_free (squeezed);
    return bytes;
  }
  if (digits != squeezed) {
    text_error (error, "behind 0x come other than pairs of hexadecimal digits");
    g_free (squeezed);
    return NULL;
  }
  return base64_take (squeezed, error);
}
