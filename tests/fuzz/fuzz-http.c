/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the origin reads of a request, as text: path, query, ranges, conditions, codings; and
 * an address to listen at. Every line of the input is given to all of them.
 */
#include "fuzz.h"

#include <asp-http-path.h>

#include <string.h>

/* A decoded path names something below the folder, whatever was sent. */
static void
check_path (const gchar * text)
{
  g_autofree gchar *path = g_strconcat ("/live/", text, NULL);
  g_autofree gchar *below = asp_http_path_below (path, "/live/");
  g_auto (GStrv) names = below ? g_strsplit (below, "/", -1) : NULL;

  for (guint i = 0; names && names[i]; i++) {
    g_assert_true (names[i][0] != '\0' && names[i][0] != '.');
    g_assert_null (strpbrk (names[i], "\\\n\r"));
    g_assert_true (g_utf8_validate (names[i], -1, NULL));
  }
  if (below)
    g_assert_true (asp_http_content_type (below) || !asp_http_is_playlist (below));
}

static void
check_range (const gchar * text)
{
  static const guint64 sizes[] = { 0, 1, 10, G_MAXUINT32, G_MAXINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    AspHttpRange range = { 1, 0 };

    if (asp_http_range_parse (text, sizes[i], &range) != ASP_HTTP_RANGE_PART)
      continue;
    g_assert_cmpuint (range.first, <=, range.last);
    g_assert_cmpuint (range.last, <, sizes[i]);
  }
}

static void
check_query (const gchar * text)
{
  g_autofree gchar *value = asp_http_query_value (text, "_HLS_msn");
  guint64 number = 1;

  if (asp_http_query_number (text, "_HLS_msn", &number) != ASP_HTTP_NUMBER_GOOD)
    g_assert_cmpuint (number, ==, 1);
  else
    g_assert_true (value && g_ascii_isdigit (value[0]));
}

static void
check_address (const gchar * text)
{
  g_autofree gchar *host = NULL;
  guint16 port = 0;

  g_assert_true (asp_http_address_parse (text, &host, &port, NULL) == (host != NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 8);

  for (guint i = 0; lines[i]; i++) {
    check_path (lines[i]);
    check_range (lines[i]);
    check_query (lines[i]);
    check_address (lines[i]);
    asp_http_accepts_gzip (lines[i]);
    g_assert_true (asp_http_etag_listed ("*", lines[i]));
    asp_http_etag_listed (lines[i], "\"a\"");
  }
  return 0;
}
