/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-http-body.h"

G_BEGIN_DECLS

/*
 * Internal to gst/net: files of a folder, and a cache of what has been read of them that
 * all workers and clients share. A piece is known by device, inode, size and time of the
 * file, so that a file that is replaced under its name is another one at once.
 * Thread: the cache any, a file one at a time.
 */
typedef struct _AspHttpFiles AspHttpFiles;

#define ASP_HTTP_FILES_PIECE (64 * 1024)
/* A longer playlist is sent like a media file: in pieces and as it is. */
#define ASP_HTTP_FILES_BODY_MAX (1024 * 1024)

/* @cache_bytes: of pieces and bodies in memory; what is being sent may be more. */
AspHttpFiles *asp_http_files_new (gsize cache_bytes);

/* No file may be open any more. NULL is allowed. */
void asp_http_files_free (AspHttpFiles * files);

typedef struct
{
  AspHttpFiles *files;
  int fd;
  guint64 device, inode, size;
  gint64 mtime_s;
  guint64 mtime_ns;             /* whole, for the identity */
  gchar etag[64];               /* with its quotes */
} AspHttpFile;

/* FOLDER/RELATIVE when it is a regular file that no symbolic link leads to; else NULL.
 * @relative is decoded and made of plain names, see asp_http_path_below(). */
AspHttpFile *asp_http_file_open (AspHttpFiles * files, const gchar * folder,
    const gchar * relative);

void asp_http_file_close (AspHttpFile * file);

/* The bytes from @offset on, at least one and at most a piece; (transfer full). NULL when
 * the file has become shorter than it was, or cannot be read. */
GBytes *asp_http_file_piece (AspHttpFile * file, guint64 offset);

/* The whole of FOLDER/RELATIVE with its gzip form, and the time of the file; (transfer full).
 * NULL when there is no such file or it is longer than ASP_HTTP_FILES_BODY_MAX. */
AspHttpBody *asp_http_files_body (AspHttpFiles * files, const gchar * folder,
    const gchar * relative, const gchar * content_type, gint64 * mtime_s);

G_END_DECLS
