/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-body.h"

#include <gio/gio.h>
#include <string.h>

/* Fastest: playlists are text that repeats itself, the higher levels save little. */
#define GZIP_LEVEL 1

struct _AspHttpBody
{
  gint ref_count;               /* atomic */
  GBytes *bytes, *gzip;
  gchar *type, *etag, *gzip_etag;
};

static GBytes *
make_gzip (GBytes * bytes)
{
  g_autoptr (GZlibCompressor) compressor =
      g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, GZIP_LEVEL);
  gsize size, done = 0, filled = 0;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autofree guint8 *out = g_malloc (MAX (size, 1));
  GConverterResult result = G_CONVERTER_CONVERTED;

  /* as large as the text itself: what does not fit is not worth having */
  while (result == G_CONVERTER_CONVERTED && filled < size) {
    gsize read = 0, written = 0;

    result = g_converter_convert (G_CONVERTER (compressor), data + done, size - done,
        out + filled, size - filled, G_CONVERTER_INPUT_AT_END, &read, &written, NULL);
    if (result == G_CONVERTER_ERROR)
      break;
    done += read;
    filled += written;
  }
  if (result != G_CONVERTER_FINISHED || filled >= size)
    return NULL;
  return g_bytes_new (out, filled);
}

AspHttpBody *
asp_http_body_new (GBytes * bytes, const gchar * content_type, const gchar * etag,
    gboolean compress)
{
  AspHttpBody *b = g_new0 (AspHttpBody, 1);

  b->ref_count = 1;
  b->bytes = g_bytes_ref (bytes);
  b->type = g_strdup (content_type);
  if (etag) {
    b->etag = g_strdup (etag);
  } else {
    g_autofree gchar *sum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);

    b->etag = g_strdup_printf ("\"%.16s\"", sum);
  }
  if (compress)
    b->gzip = make_gzip (bytes);
  if (b->gzip)
    b->gzip_etag = g_strdup_printf ("%.*s-gzip\"", (int) strlen (b->etag) - 1, b->etag);
  return b;
}

AspHttpBody *
asp_http_body_ref (AspHttpBody * b)
{
  g_atomic_int_inc (&b->ref_count);
  return b;
}

void
asp_http_body_unref (AspHttpBody * b)
{
  if (!b || !g_atomic_int_dec_and_test (&b->ref_count))
    return;
  g_bytes_unref (b->bytes);
  g_clear_pointer (&b->gzip, g_bytes_unref);
  g_free (b->type);
  g_free (b->etag);
  g_free (b->gzip_etag);
  g_free (b);
}

GBytes *
asp_http_body_get_bytes (const AspHttpBody * b)
{
  return b->bytes;
}

const gchar *
asp_http_body_get_type (const AspHttpBody * b)
{
  return b->type;
}

const gchar *
asp_http_body_get_etag (const AspHttpBody * b)
{
  return b->etag;
}

GBytes *
asp_http_body_get_gzip (const AspHttpBody * b)
{
  return b->gzip;
}

const gchar *
asp_http_body_get_gzip_etag (const AspHttpBody * b)
{
  return b->gzip_etag;
}
