/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-text.h"

#include <string.h>

gint64
asp_hls_ms (gint64 utc_us)
{
  return (utc_us + 500) / 1000;
}

gint64
asp_hls_90k_to_ms (gint64 t_90k)
{
  return (t_90k + 45) / 90;
}

void
asp_hls_add_date (GString * out, gint64 ms)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (ms / 1000);
  g_autofree gchar *text = date ? g_date_time_format (date, "%Y-%m-%dT%H:%M:%S") : NULL;

  g_string_append_printf (out, "%s.%03dZ", text ? text : "1970-01-01T00:00:00", (gint) (ms % 1000));
}

void
asp_hls_add_us (GString * out, gint64 us)
{
  g_string_append_printf (out, "%" G_GINT64_FORMAT ".%06d", us / G_USEC_PER_SEC,
      (gint) (us % G_USEC_PER_SEC));
}

void
asp_hls_add_ms (GString * out, gint64 ms)
{
  g_string_append_printf (out, "%" G_GINT64_FORMAT ".%03d", ms / 1000, (gint) (ms % 1000));
}

void
asp_hls_add_short_ms (GString * out, gint64 ms)
{
  if (ms % 1000 == 0) {
    g_string_append_printf (out, "%" G_GINT64_FORMAT, ms / 1000);
    return;
  }
  asp_hls_add_ms (out, ms);
  while (out->str[out->len - 1] == '0')
    g_string_truncate (out, out->len - 1);
}

void
asp_hls_add_attribute (GString * out, const gchar * name, const gchar * value)
{
  if (value && *value)
    g_string_append_printf (out, ",%s=\"%s\"", name, value);
}

gchar *
asp_hls_base64_of_hex (const gchar * hex)
{
  gsize n = hex ? strlen (hex) : 0;
  g_autofree guint8 *bytes = NULL;

  if (n == 0 || n % 2 != 0)
    return NULL;
  bytes = g_malloc (n / 2);
  for (gsize i = 0; i < n; i += 2) {
    gint high = g_ascii_xdigit_value (hex[i]), low = g_ascii_xdigit_value (hex[i + 1]);

    if (high < 0 || low < 0)
      return NULL;
    bytes[i / 2] = (guint8) (high << 4 | low);
  }
  return g_base64_encode (bytes, n / 2);
}
