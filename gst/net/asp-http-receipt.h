/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Internal to gst/net: where the body of an answer goes, piece by piece: to memory, or to a
 * file that is hashed on the way. Files are written by GIO's threads: the disk keeps no other
 * transfer waiting. Client's thread.
 */
typedef struct
{
  gsize max_bytes;
  guint64 size;                 /* so far */
  GByteArray *memory;           /* one of these two */
  GOutputStream *file;
  gchar *path;
  GChecksum *sum;
} AspHttpReceipt;

/* @path: (nullable): a file that must not exist. FALSE with ASP_HTTP_CLIENT_ERROR_FILE. */
gboolean asp_http_receipt_open (AspHttpReceipt * r, const gchar * path, gsize max_bytes,
    GError ** error);

/* Counts and hashes @bytes. FALSE with ASP_HTTP_CLIENT_ERROR_SIZE when they are too many. To
 * be followed by asp_http_receipt_write() where there is a file. */
gboolean asp_http_receipt_take (AspHttpReceipt * r, GBytes * bytes, GError ** error);
void asp_http_receipt_write (AspHttpReceipt * r, GBytes * bytes, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data);
gboolean asp_http_receipt_written (AspHttpReceipt * r, GAsyncResult * result, GError ** error);

/* The file is gone; what is being written may go on to nowhere, until it is closed. */
void asp_http_receipt_abandon (AspHttpReceipt * r);

/* Harmless when nothing is open. @keep: the file stays, unless the disk says only now that it
 * could not be written: FALSE with ASP_HTTP_CLIENT_ERROR_FILE. */
gboolean asp_http_receipt_close (AspHttpReceipt * r, gboolean keep, GError ** error);

G_END_DECLS
