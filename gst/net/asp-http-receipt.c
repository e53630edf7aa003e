/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-receipt.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixoutputstream.h>
#include <glib/gstdio.h>
#include <string.h>

#include "asp-http-client.h"

gboolean
asp_http_receipt_open (AspHttpReceipt * r, const gchar * path, gsize max_bytes, GError ** error)
{
  int fd;

  memset (r, 0, sizeof *r);
  r->max_bytes = max_bytes;
  if (!path) {
    r->memory = g_byte_array_new ();
    return TRUE;
  }
  fd = g_open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) {
    g_set_error (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_FILE,
        "Cannot create '%s': %s; its folder must be there and writable, and the file must not "
        "exist", path, g_strerror (errno));
    return FALSE;
  }
  r->path = g_strdup (path);
  r->file = g_unix_output_stream_new (fd, TRUE);
  r->sum = g_checksum_new (G_CHECKSUM_SHA256);
  return TRUE;
}

gboolean
asp_http_receipt_take (AspHttpReceipt * r, GBytes * bytes, GError ** error)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  if (size > r->max_bytes - r->size) {
    g_set_error (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_SIZE,
        "the answer is larger than %" G_GSIZE_FORMAT " bytes", r->max_bytes);
    return FALSE;
  }
  r->size += size;
  if (r->memory)
    g_byte_array_append (r->memory, data, size);
  else
    g_checksum_update (r->sum, data, size);
  return TRUE;
}

void
asp_http_receipt_write (AspHttpReceipt * r, GBytes * bytes, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  g_output_stream_write_all_async (r->file, data, size, G_PRIORITY_DEFAULT, cancellable, callback,
      user_data);
}

gboolean
asp_http_receipt_written (AspHttpReceipt * r, GAsyncResult * result, GError ** error)
{
  g_autoptr (GError) why = NULL;

  if (g_output_stream_write_all_finish (r->file, result, NULL, &why))
    return TRUE;
  if (g_error_matches (why, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&why));
  else
    g_set_error (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_FILE,
        "Cannot write '%s': %s", r->path ? r->path : "", why->message);
  return FALSE;
}

void
asp_http_receipt_abandon (AspHttpReceipt * r)
{
  if (r->path)
    g_unlink (r->path);
  g_clear_pointer (&r->path, g_free);
}

gboolean
asp_http_receipt_close (AspHttpReceipt * r, gboolean keep, GError ** error)
{
  g_autoptr (GError) why = NULL;
  gboolean good = TRUE;

  if (r->file) {
    good = g_output_stream_close (r->file, NULL, &why) || !keep;
    if (!good)
      g_set_error (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_FILE,
          "Cannot write '%s': %s", r->path, why->message);
    if ((!keep || !good) && r->path)
      g_unlink (r->path);
  }
  g_clear_object (&r->file);
  g_clear_pointer (&r->memory, g_byte_array_unref);
  g_clear_pointer (&r->path, g_free);
  g_clear_pointer (&r->sum, g_checksum_free);
  return good;
}
