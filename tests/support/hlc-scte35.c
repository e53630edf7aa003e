/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "hlc-check.h"
#include "tsc-packet.h"

static guint8 *
from_hex (const gchar * text, gsize * size)
{
  gsize n = strlen (text), i;
  guint8 *data;

  if (n % 2 != 0)
    return NULL;
  data = g_malloc (n / 2 + 1);
  for (i = 0; i < n / 2; i++) {
    gint high = g_ascii_xdigit_value (text[2 * i]), low = g_ascii_xdigit_value (text[2 * i + 1]);

    if (high < 0 || low < 0) {
      g_free (data);
      return NULL;
    }
    data[i] = (guint8) (high << 4 | low);
  }
  *size = n / 2;
  return data;
}

static gboolean
is_base64 (const gchar * text)
{
  gsize n = strlen (text);

  return n > 0 && n % 4 == 0 && strspn (text,
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") == n;
}

/* SCTE 35, 9.6: table_id, section_length, the CRC over everything. */
static gchar *
section_fault (const guint8 * data, gsize size)
{
  if (size < 15 || data[0] != 0xfc)
    return g_strdup ("no splice_info_section");
  if (3u + (((data[1] & 0x0fu) << 8) | data[2]) != size)
    return g_strdup_printf ("section_length does not say %" G_GSIZE_FORMAT " bytes", size);
  if (tsc_crc32 (data, size) != 0)
    return g_strdup ("wrong CRC");
  return NULL;
}

gchar *
hlc_scte35_fault (const gchar * text, gboolean is_hex, gchar ** section)
{
  g_autofree guint8 *data = NULL;
  gsize size = 0, i;
  GString *hex;

  if (section != NULL)
    *section = NULL;
  if (is_hex) {
    if (!g_str_has_prefix (text, "0x") && !g_str_has_prefix (text, "0X"))
      return g_strdup ("not hexadecimal with 0x in front");
    data = from_hex (text + 2, &size);
  } else if (is_base64 (text)) {
    data = g_base64_decode (text, &size);
  }
  if (data == NULL)
    return g_strdup_printf ("not %s", is_hex ? "hexadecimal" : "base64");
  if (section != NULL) {
    hex = g_string_new (NULL);
    for (i = 0; i < size; i++)
      g_string_append_printf (hex, "%02X", data[i]);
    *section = g_string_free (hex, FALSE);
  }
  return section_fault (data, size);
}
