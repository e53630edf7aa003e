/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-names.h"

#include <string.h>

#define OPAQUE_LENGTH 22        /* 132 bits */

static gchar *
opaque (const guint8 * secret, const gchar * what)
{
  guint8 digest[32];
  gsize size = sizeof digest;
  GHmac *hmac = g_hmac_new (G_CHECKSUM_SHA256, secret, ASP_HLS_SECRET_SIZE);
  gchar *text;

  g_hmac_update (hmac, (const guchar *) what, (gssize) strlen (what));
  g_hmac_get_digest (hmac, digest, &size);
  g_hmac_unref (hmac);
  text = g_base64_encode (digest, size);
  text[OPAQUE_LENGTH] = '\0';
  /* RFC 4648 section 5 */
  for (gchar * c = text; *c; c++)
    *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
  return text;
}

gchar *
asp_hls_media_name (const guint8 * secret, AspHlsNameKind kind, const gchar * rendition,
    guint64 number, guint part)
{
  g_autofree gchar *readable = kind == ASP_HLS_NAME_PART ?
      g_strdup_printf ("%s-%08" G_GUINT64_FORMAT ".%u", rendition, number, part) :
      g_strdup_printf ("%s-%08" G_GUINT64_FORMAT, rendition, number);
  g_autofree gchar *name = secret ? opaque (secret, readable) : NULL;

  return g_strconcat (name ? name : readable, ".ts", NULL);
}

gchar *
asp_hls_playlist_name (const gchar * rendition, guint n_renditions)
{
  return n_renditions > 1 ? g_strconcat (rendition, ".m3u8", NULL) : g_strdup ("playlist.m3u8");
}
