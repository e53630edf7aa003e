/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forms of URLs: RFC 3986, and where it leaves room what browsers do (WHATWG URL). */
#include "asp-http-vet.h"

#include <gio/gio.h>
#include <string.h>

#define HOST_MAX 253            /* RFC 1035 2.3.4 */
#define PEOPLE_MAX 160          /* bytes of a URL in a message */

#define URI_FLAGS (G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_PATH | \
    G_URI_FLAGS_ENCODED_QUERY | G_URI_FLAGS_ENCODED_FRAGMENT | G_URI_FLAGS_SCHEME_NORMALIZE)

static gboolean
refuse (GError ** error, const gchar * text, const gchar * why)
{
  g_autofree gchar *shown = asp_http_url_for_people (text);

  g_set_error (error, ASP_HTTP_VET_ERROR, ASP_HTTP_VET_ERROR_URL, "Cannot fetch '%s': %s", shown,
      why);
  return FALSE;
}

static gboolean
refuse_address (GError ** error, const gchar * host, const gchar * kind)
{
  g_set_error (error, ASP_HTTP_VET_ERROR, ASP_HTTP_VET_ERROR_ADDRESS, "%s is not fetched from: it "
      "is a %s address; allow it in the configuration if that is meant", host, kind);
  return FALSE;
}

/* What a request line cannot hold, percent-encoded; the rest as it is. */
static gchar *
escape (const gchar * text, gsize size)
{
  GString *out = g_string_sized_new (size);

  for (gsize i = 0; i < size; i++) {
    guchar c = text[i];

    if (c > 0x20 && c < 0x7f && !strchr ("\"<>\\", c))
      g_string_append_c (out, c);
    else
      g_string_append_printf (out, "%%%02X", c);
  }
  return g_string_free (out, FALSE);
}

/* WHATWG's "ends in a number": such a host is an IPv4 address or nothing. */
static gboolean
ends_in_number (const gchar * host)
{
  const gchar *dot = strrchr (host, '.');
  const gchar *last = dot ? dot + 1 : host;

  if (last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
    return last[2 + strspn (last + 2, "0123456789abcdefABCDEF")] == '\0';
  return *last && last[strspn (last, "0123456789")] == '\0';
}

static gboolean
is_name (const gchar * host)
{
  gsize label = 0;

  for (const gchar * p = host; *p; p++) {
    if (*p == '.') {
      if (label == 0)
        return FALSE;
      label = 0;
    } else if (!(g_ascii_isalnum (*p) || *p == '-' || *p == '_') || ++label > 63) {
      return FALSE;
    }
  }
  return label > 0 && strlen (host) <= HOST_MAX;
}

/* An address that is written as one. @what: for people, what it is not, when it is none. */
static gboolean
vet_literal (const gchar * text, const gchar * host, const gchar * what,
    const AspHttpAllow * allow, GError ** error)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  const gchar *kind;

  if (!address)
    return refuse (error, text, what);
  kind = asp_http_vet_address (allow, g_inet_address_to_bytes (address),
      g_inet_address_get_native_size (address));
  return kind ? refuse_address (error, host, kind) : TRUE;
}

/* The host as it is looked up and vetted, from what GUri has decoded. */
static gchar *
read_host (const gchar * text, const gchar * decoded, const AspHttpAllow * allow, GError ** error)
{
  g_autofree gchar *ascii = NULL;
  g_autofree gchar *host = NULL;
  gsize size;

  if (!decoded || !*decoded) {
    refuse (error, text, "it has no host");
    return NULL;
  }
  if (strchr (decoded, ':')) {
    /* a zone would choose the interface */
    if (strchr (decoded, '%'))
      refuse (error, text, "its host is an address with a zone");
    else if (vet_literal (text, decoded, "its host is no IPv6 address", allow, error))
      return g_ascii_strdown (decoded, -1);
    return NULL;
  }
  ascii = g_utf8_validate (decoded, -1, NULL) ? g_hostname_to_ascii (decoded) : NULL;
  host = ascii ? g_ascii_strdown (ascii, -1) : NULL;
  size = host ? strlen (host) : 0;
  if (size > 1 && host[size - 1] == '.')
    host[--size] = '\0';
  if (!host || !is_name (host)) {
    refuse (error, text, "its host is no name and no address");
    return NULL;
  }
  if (ends_in_number (host) && !vet_literal (text, host, "its host is an IPv4 address in another "
          "form than four decimal numbers", allow, error))
    return NULL;
  return g_steal_pointer (&host);
}

static gboolean
port_is_good (const AspHttpUrl * url, const AspHttpAllow * allow)
{
  g_autoptr (GInetAddress) address = NULL;

  if (url->port == 80 || url->port == 443 || url->port >= 1024)
    return TRUE;
  if (url->port == 0)
    return FALSE;
  if (asp_http_allow_host (allow, url->host))
    return TRUE;
  /* a special address has passed only because it is allowed */
  address = g_inet_address_new_from_string (url->host);
  return address && asp_http_address_kind (g_inet_address_to_bytes (address),
      g_inet_address_get_native_size (address));
}

/* Where the authority ends; NULL when @text is not "http://..." or "https://...". */
static const gchar *
authority_end (const gchar * text, gboolean * https)
{
  const gchar *p;

  *https = g_ascii_strncasecmp (text, "https://", 8) == 0;
  if (!*https && g_ascii_strncasecmp (text, "http://", 7) != 0)
    return NULL;
  p = text + (*https ? 8 : 7);
  return p + strcspn (p, "/?#");
}

static void
read_path (const gchar * rest, AspHttpUrl * out)
{
  gsize path = strcspn (rest, "?#");
  const gchar *query = rest[path] == '?' ? rest + path + 1 : NULL;

  out->path = path > 0 ? escape (rest, path) : g_strdup ("/");
  if (query)
    out->query = escape (query, strcspn (query, "#"));
}

static gboolean
has_control (const gchar * text)
{
  for (; *text; text++)
    if ((guchar) * text < 0x20 || *text == 0x7f)
      return TRUE;
  return FALSE;
}

gboolean
asp_http_url_read (const gchar * text, const AspHttpAllow * allow, AspHttpUrl * out, GError ** error)
{
  g_autofree gchar *front = NULL;
  g_autoptr (GUri) uri = NULL;
  const gchar *end;

  memset (out, 0, sizeof *out);
  if (!text || !*text)
    return refuse (error, "", "it is empty");
  if (strlen (text) > ASP_HTTP_URL_MAX)
    return refuse (error, text, "it is longer than " G_STRINGIFY (ASP_HTTP_URL_MAX) " characters");
  if (has_control (text))
    return refuse (error, text, "it holds control characters");
  end = authority_end (text, &out->https);
  if (!end)
    return refuse (error, text, "it does not begin with http:// or https://");
  front = g_strndup (text, end - text);
  if (strchr (front, '\\'))
    return refuse (error, text, "there is a backslash before its path");
  uri = g_uri_parse (front, URI_FLAGS, NULL);
  if (!uri)
    return refuse (error, text, "its host or port cannot be read");
  out->port = g_uri_get_port (uri) < 0 ? (out->https ? 443 : 80) : g_uri_get_port (uri);
  out->host = read_host (text, g_uri_get_host (uri), allow, error);
  if (!out->host)
    return FALSE;
  if (!port_is_good (out, allow)) {
    asp_http_url_clear (out);
    return refuse (error, text, "a port below 1024 must be 80 or 443, unless the host is allowed "
        "in the configuration");
  }
  out->user = g_strdup (g_uri_get_user (uri));
  out->password = g_strdup (g_uri_get_password (uri));
  read_path (end, out);
  return TRUE;
}

/* A '%' that begins no code, which GUri refuses, becomes one. */
static gchar *
repair (const gchar * text)
{
  g_autofree gchar *clean = escape (text, strlen (text));
  GString *out = g_string_new (NULL);

  for (const gchar * p = clean; *p; p++) {
    g_string_append_c (out, *p);
    if (*p == '%' && !(g_ascii_isxdigit (p[1]) && g_ascii_isxdigit (p[2])))
      g_string_append (out, "25");
  }
  return g_string_free (out, FALSE);
}

gboolean
asp_http_url_follow (const AspHttpUrl * base, const gchar * location, const AspHttpAllow * allow,
    AspHttpUrl * out, GError ** error)
{
  g_autofree gchar *base_text = asp_http_url_text (base);
  g_autofree gchar *from = repair (base_text);
  g_autofree gchar *to = NULL;
  g_autofree gchar *whole = NULL;
  gboolean https;

  memset (out, 0, sizeof *out);
  if (strlen (location) > ASP_HTTP_URL_MAX || has_control (location))
    return refuse (error, location, "it is too long, or holds control characters");
  if (authority_end (location, &https))
    return asp_http_url_read (location, allow, out, error);
  if (strpbrk (location, "\\"))
    return refuse (error, location, "there is a backslash in it");
  to = repair (location);
  whole = g_uri_resolve_relative (from, to, URI_FLAGS, NULL);
  if (!whole)
    return refuse (error, location, "it cannot be read");
  return asp_http_url_read (whole, allow, out, error);
}

void
asp_http_url_clear (AspHttpUrl * url)
{
  g_clear_pointer (&url->host, g_free);
  g_clear_pointer (&url->path, g_free);
  g_clear_pointer (&url->query, g_free);
  g_clear_pointer (&url->user, g_free);
  g_clear_pointer (&url->password, g_free);
}

gchar *
asp_http_url_origin (const AspHttpUrl * url)
{
  const gchar *scheme = url->https ? "https" : "http";

  if (strchr (url->host, ':'))
    return g_strdup_printf ("%s://[%s]:%u", scheme, url->host, url->port);
  return g_strdup_printf ("%s://%s:%u", scheme, url->host, url->port);
}

gchar *
asp_http_url_text (const AspHttpUrl * url)
{
  g_autofree gchar *origin = asp_http_url_origin (url);

  if (url->port == (url->https ? 443 : 80))
    *strrchr (origin, ':') = '\0';
  return g_strconcat (origin, url->path, url->query ? "?" : NULL, url->query, NULL);
}

gchar *
asp_http_url_for_people (const gchar * text)
{
  g_autofree gchar *valid = g_utf8_make_valid (text ? text : "", -1);
  GString *out = g_string_new (NULL);
  gchar *front = strstr (valid, "://");
  gchar *host = front ? front + 3 : valid;
  gchar *end = host + strcspn (host, "/?#");
  gchar *at = g_strrstr_len (host, end - host, "@");
  gsize path = strcspn (end, "?#");

  g_string_append_len (out, valid, host - valid);
  if (at)
    host = at + 1;
  g_string_append_len (out, host, end - host);
  g_string_append_len (out, end, path);
  if (out->len > PEOPLE_MAX) {
    const gchar *cut = g_utf8_find_prev_char (out->str, out->str + PEOPLE_MAX);

    g_string_truncate (out, cut - out->str);
    g_string_append (out, "...");
  } else if (end[path]) {
    g_string_append (out, end[path] == '?' ? "?..." : "");
  }
  for (gchar * p = out->str; *p; p++)
    if ((guchar) * p < 0x20 || *p == 0x7f)
      *p = ' ';
  return g_string_free (out, FALSE);
}
