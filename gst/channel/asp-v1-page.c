/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-v1-private.h"

#include <string.h>

/* page/index.html, by build-aux/embed-file.py. */
extern const guint8 asp_v1_page_html[];
extern const gsize asp_v1_page_html_size;

/* "'sha256-...'" of what stands between @begin and @end (CSP 3, 8.2). */
static gchar *
source_hash (const gchar * html, const gchar * begin, const gchar * end)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  const gchar *from = strstr (html, begin);
  const gchar *to = from ? strstr (from, end) : NULL;
  g_autofree gchar *base64 = NULL;
  guint8 digest[32];
  gsize size = sizeof digest;

  g_return_val_if_fail (to != NULL, g_strdup ("'none'"));
  from += strlen (begin);
  g_checksum_update (sum, (const guchar *) from, to - from);
  g_checksum_get_digest (sum, digest, &size);
  base64 = g_base64_encode (digest, size);
  return g_strdup_printf ("'sha256-%s'", base64);
}

/* Nothing but what is in the page runs, and it speaks with this server alone. */
void
asp_v1_page_init (AspV1 * v1)
{
  g_autofree gchar *html = g_strndup ((const gchar *) asp_v1_page_html, asp_v1_page_html_size);
  g_autofree gchar *script = source_hash (html, "<script>", "</script>");
  g_autofree gchar *style = source_hash (html, "<style>", "</style>");
  const gchar *fields[] = {
    "Content-Security-Policy", NULL, "X-Content-Type-Options", "nosniff", "X-Frame-Options", "DENY",
    "Referrer-Policy", "no-referrer", "Cross-Origin-Opener-Policy", "same-origin",
    "Cross-Origin-Resource-Policy", "same-origin", NULL
  };

  v1->page = g_bytes_new_static (asp_v1_page_html, asp_v1_page_html_size);
  v1->page_policy = g_strdup_printf ("default-src 'none'; script-src %s; style-src %s; connect-src 'self'; img-src data:; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'", script, style);
  fields[1] = v1->page_policy;
  G_STATIC_ASSERT (sizeof fields == sizeof v1->page_fields);
  memcpy (v1->page_fields, fields, sizeof fields);
}

void
asp_v1_page_clear (AspV1 * v1)
{
  g_bytes_unref (v1->page);
  g_free (v1->page_policy);
}

gboolean
asp_v1_op_page (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  reply->status = 200;
  reply->type = "text/html; charset=utf-8";
  reply->body = g_bytes_ref (v1->page);
  reply->fields = v1->page_fields;
  return TRUE;
}
