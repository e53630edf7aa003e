/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * URLs as ads hold them. Whatever the bytes are: what is accepted has a host that is a plain
 * name or a public address, can be read again to the same, and shows no secret. The first
 * line is a URL, the second a redirect, the third what is allowed; the last 16 bytes are an
 * address.
 */
#include "fuzz.h"

#include <asp-http-vet.h>

#include <gio/gio.h>
#include <string.h>

static void
check_url (const AspHttpUrl * url, const AspHttpAllow * allow)
{
  g_autofree gchar *text = asp_http_url_text (url);
  g_autofree gchar *again = NULL;
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (url->host);
  AspHttpUrl second;

  for (const gchar * p = text; *p; p++)
    g_assert_true (*p > 0x20 && *p < 0x7f);
  g_assert_true (url->path[0] == '/' && url->port > 0);
  g_assert_null (strpbrk (url->host, "/?#@\\%[] "));
  if (address)
    g_assert_null (asp_http_vet_address (allow, g_inet_address_to_bytes (address),
            g_inet_address_get_native_size (address)));
  else
    g_assert_false (g_ascii_isdigit (url->host[strlen (url->host) - 1]) &&
        strspn (url->host, "0123456789.") == strlen (url->host));
  if (strlen (text) > ASP_HTTP_URL_MAX)
    return;
  g_assert_true (asp_http_url_read (text, allow, &second, NULL));
  again = asp_http_url_text (&second);
  g_assert_cmpstr (again, ==, text);
  asp_http_url_clear (&second);
}

static void
check_address (const guint8 * data, gsize size)
{
  g_autoptr (AspHttpAllow) forms = asp_http_allow_new ("::/0", NULL);

  if (size < 16)
    return;
  data += size - 16;
  g_assert_true (asp_http_vet_address (NULL, data, 16) == asp_http_address_kind (data, 16));
  g_assert_true (asp_http_vet_address (NULL, data, 4) == asp_http_address_kind (data, 4));
  /* a mapped address is never better than the one that it holds */
  if (memcmp (data, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0 && asp_http_address_kind (data + 12, 4))
    g_assert_nonnull (asp_http_vet_address (forms, data, 16));
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 4);
  guint n = g_strv_length (lines);
  g_autoptr (AspHttpAllow) allow = asp_http_allow_new (n > 2 ? lines[2] : NULL, NULL);
  AspHttpUrl url, next;

  check_address (data, size);
  for (guint i = 0; i < n; i++) {
    g_autofree gchar *shown = asp_http_url_for_people (lines[i]);

    g_assert_true (g_utf8_validate (shown, -1, NULL));
  }
  if (n == 0 || !asp_http_url_read (lines[0], allow, &url, NULL))
    return 0;
  check_url (&url, allow);
  if (n > 1 && asp_http_url_follow (&url, lines[1], allow, &next, NULL)) {
    check_url (&next, allow);
    asp_http_url_clear (&next);
  }
  asp_http_url_clear (&url);
  return 0;
}
