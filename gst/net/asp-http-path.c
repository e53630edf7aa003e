/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-path.h"

#include <gio/gio.h>
#include <string.h>
#include <time.h>

G_DEFINE_QUARK (asp-http-error-quark, asp_http_error)

/* One decoded path segment: may it be a name in a served folder? */
static gboolean
name_is_plain (const gchar * name)
{
  if (name[0] == '\0' || name[0] == '.' || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const gchar * c = name; *c; c++)
    if ((guchar) * c < 0x20 || *c == 0x7f || *c == '\\' || *c == '/')
      return FALSE;
  return TRUE;
}

gchar *
asp_http_path_below (const gchar * raw_path, const gchar * prefix)
{
  g_auto (GStrv) parts = NULL;
  guint n;

  if (!raw_path || strlen (raw_path) > ASP_HTTP_PATH_MAX || !g_str_has_prefix (raw_path, prefix))
    return NULL;
  parts = g_strsplit (raw_path + strlen (prefix), "/", ASP_HTTP_DEPTH_MAX + 2);
  n = g_strv_length (parts);
  if (n == 0 || n > ASP_HTTP_DEPTH_MAX + 1)
    return NULL;
  for (guint i = 0; i < n; i++) {
    /* split first, then decode: an encoded slash stays inside its name and is refused */
    gchar *decoded = g_uri_unescape_string (parts[i], "/");

    if (!decoded || !name_is_plain (decoded)) {
      g_free (decoded);
      return NULL;
    }
    g_free (parts[i]);
    parts[i] = decoded;
  }
  return g_strjoinv ("/", parts);
}

static const struct
{
  const gchar *extension;
  const gchar *type;
} types[] = {
  {"m3u8", "application/vnd.apple.mpegurl"},
  {"ts", "video/mp2t"},
  {"mp4", "video/mp4"},
  {"m4s", "video/iso.segment"},
  {"vtt", "text/vtt"},
  {"html", "text/html; charset=utf-8"},
  {"js", "text/javascript; charset=utf-8"},
  {"css", "text/css; charset=utf-8"},
};

const gchar *
asp_http_content_type (const gchar * name)
{
  const gchar *dot = strrchr (name, '.');

  for (guint i = 0; dot && i < G_N_ELEMENTS (types); i++)
    if (!strcmp (dot + 1, types[i].extension))
      return types[i].type;
  return NULL;
}

gboolean
asp_http_is_playlist (const gchar * name)
{
  return g_str_has_suffix (name, ".m3u8");
}

/* Digits only; g_ascii_string_to_unsigned() would take a sign and spaces. */
static gboolean
read_number (const gchar ** text, guint64 * out)
{
  guint64 v = 0;
  const gchar *c = *text;

  if (!g_ascii_isdigit (*c))
    return FALSE;
  for (; g_ascii_isdigit (*c); c++)
    if (!g_uint64_checked_mul (&v, v, 10) || !g_uint64_checked_add (&v, v, (guint64) (*c - '0')))
      return FALSE;
  *text = c;
  *out = v;
  return TRUE;
}

AspHttpRangeResult
asp_http_range_parse (const gchar * header, guint64 size, AspHttpRange * out)
{
  const gchar *c = header;
  guint64 first = 0, last = 0;
  gboolean has_first, has_last;

  if (!c || g_ascii_strncasecmp (c, "bytes=", 6) != 0)
    return ASP_HTTP_RANGE_WHOLE;
  c += 6;
  has_first = read_number (&c, &first);
  if (*c++ != '-')
    return ASP_HTTP_RANGE_WHOLE;
  has_last = read_number (&c, &last);
  if (*c != '\0' || (!has_first && !has_last) || (has_first && has_last && last < first))
    return ASP_HTTP_RANGE_WHOLE;
  if (!has_first) {
    /* the last so many bytes */
    if (last == 0 || size == 0)
      return ASP_HTTP_RANGE_UNSATISFIABLE;
    out->first = last >= size ? 0 : size - last;
    out->last = size - 1;
    return ASP_HTTP_RANGE_PART;
  }
  if (first >= size)
    return ASP_HTTP_RANGE_UNSATISFIABLE;
  out->first = first;
  out->last = has_last ? MIN (last, size - 1) : size - 1;
  return ASP_HTTP_RANGE_PART;
}

gboolean
asp_http_etag_listed (const gchar * header, const gchar * etag)
{
  g_auto (GStrv) tags = NULL;

  if (!header)
    return FALSE;
  /* our own tags hold no comma, so a list may be cut at every one */
  tags = g_strsplit (header, ",", 64);
  for (guint i = 0; tags[i]; i++) {
    const gchar *tag = g_strstrip (tags[i]);

    if (!strcmp (tag, "*"))
      return TRUE;
    if (g_str_has_prefix (tag, "W/"))
      tag += 2;
    if (!strcmp (tag, etag))
      return TRUE;
  }
  return FALSE;
}

gboolean
asp_http_date (gint64 unix_s, gchar out[ASP_HTTP_DATE_SIZE])
{
  static const gchar days[] = "SunMonTueWedThuFriSat";
  static const gchar months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  time_t seconds = (time_t) unix_s;
  struct tm t;

  if (!gmtime_r (&seconds, &t) || t.tm_year < -1899 || t.tm_year > 8099)
    return FALSE;
  g_snprintf (out, ASP_HTTP_DATE_SIZE, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
      days + 3 * t.tm_wday, t.tm_mday, months + 3 * t.tm_mon, t.tm_year + 1900, t.tm_hour,
      t.tm_min, t.tm_sec);
  return TRUE;
}

/* Is a coding of an Accept-Encoding list ("gzip;q=0.5") gzip, and wanted? */
static gboolean
coding_is_gzip (gchar * coding, gboolean * wanted)
{
  gchar *weight = strchr (coding, ';');

  if (weight)
    *weight++ = '\0';
  g_strstrip (coding);
  if (g_ascii_strcasecmp (coding, "gzip") && g_ascii_strcasecmp (coding, "x-gzip"))
    return FALSE;
  *wanted = TRUE;
  if (weight) {
    g_strstrip (weight);
    /* a weight of nothing but zeros means "not this one" */
    if (g_ascii_strncasecmp (weight, "q=", 2) == 0)
      *wanted = strspn (weight + 2, "0.") != strlen (weight + 2);
  }
  return TRUE;
}

gboolean
asp_http_accepts_gzip (const gchar * header)
{
  g_auto (GStrv) codings = NULL;
  gboolean wanted = FALSE;

  if (!header)
    return FALSE;
  codings = g_strsplit (header, ",", 16);
  for (guint i = 0; codings[i]; i++)
    if (coding_is_gzip (codings[i], &wanted))
      return wanted;
  return FALSE;
}

gchar *
asp_http_query_value (const gchar * query, const gchar * name)
{
  gsize n = strlen (name);

  for (const gchar * c = query; c && *c; c += *c == '&') {
    gsize length = strcspn (c, "&");

    if (length >= n && !strncmp (c, name, n) && (length == n || c[n] == '=')) {
      gsize skip = MIN (n + 1, length);

      return g_uri_unescape_segment (c + skip, c + length, NULL);
    }
    c += length;
  }
  return NULL;
}

AspHttpNumber
asp_http_query_number (const gchar * query, const gchar * name, guint64 * out)
{
  g_autofree gchar *value = NULL;
  const gchar *c;
  guint64 number;

  if (!query)
    return ASP_HTTP_NUMBER_ABSENT;
  value = asp_http_query_value (query, name);
  if (!value)
    return ASP_HTTP_NUMBER_ABSENT;
  c = value;
  if (!read_number (&c, &number) || *c != '\0')
    return ASP_HTTP_NUMBER_BAD;
  *out = number;
  return ASP_HTTP_NUMBER_GOOD;
}

/* The literal for what stands before the colon, or NULL. */
static gchar *
host_literal (const gchar * host)
{
  g_autoptr (GInetAddress) address = NULL;
  gsize n = strlen (host);

  if (n == 0 || !strcmp (host, "*"))
    return g_strdup ("0.0.0.0");
  if (!strcmp (host, "localhost"))
    return g_strdup ("127.0.0.1");
  if (host[0] == '[' && host[n - 1] == ']') {
    g_autofree gchar *inner = g_strndup (host + 1, n - 2);

    address = g_inet_address_new_from_string (inner);
    return address ? g_steal_pointer (&inner) : NULL;
  }
  address = g_inet_address_new_from_string (host);
  return address && g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4 ?
      g_strdup (host) : NULL;
}

gboolean
asp_http_address_parse (const gchar * address, gchar ** host, guint16 * port, GError ** error)
{
  const gchar *colon = address ? strrchr (address, ':') : NULL;
  g_autofree gchar *before = colon ? g_strndup (address, (gsize) (colon - address)) : NULL;
  g_autofree gchar *literal = before ? host_literal (before) : NULL;
  const gchar *rest = colon ? colon + 1 : NULL;
  guint64 number = 0;

  if (!literal || !read_number (&rest, &number) || *rest != '\0' || number > G_MAXUINT16) {
    g_set_error (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_ADDRESS,
        "'%s' is no address to listen at: it must be HOST:PORT, for example 127.0.0.1:8080, "
        "[::1]:8080 or *:8080 (a name other than localhost is not looked up)",
        address ? address : "");
    return FALSE;
  }
  *host = g_steal_pointer (&literal);
  *port = (guint16) number;
  return TRUE;
}
