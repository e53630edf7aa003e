/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-path.h>

G_BEGIN_DECLS

/*
 * A small HTTP/1.1 server: files of folders, read-only, and bytes at exact paths.
 *
 * It runs in a thread and a GMainContext of its own and never touches another context.
 * Files are read there, in pieces as the client takes them: the memory of a client is
 * bounded whatever the size of the file. Answers carry CORS, ETag, Last-Modified and
 * Cache-Control; GET, HEAD, OPTIONS and single byte ranges are answered, anything else
 * is refused.
 *
 * Thread: new, add_*, start, stop and free from one thread at a time (the owner's); the
 * getters from any. Since: 0.1
 */
typedef struct _AspHttpServer AspHttpServer;

typedef struct
{
  guint max_clients;            /* connections at once; the next one gets 503. 0 = 256 */
  guint request_timeout_s;      /* from accept, or the end of an answer, to a whole request. 0 = 15 */
  guint stall_timeout_s;        /* an answer of which the client takes nothing. 0 = 30 */
  guint answer_timeout_s;       /* a whole answer. 0 = 300 */
} AspHttpLimits;

/* @limits may be NULL: all defaults. */
AspHttpServer *asp_http_server_new (const AspHttpLimits * limits);

/* Stops it first. NULL is allowed. */
void asp_http_server_free (AspHttpServer * server);

typedef struct
{
  guint playlist_max_age_s;     /* Cache-Control of playlists; 0 = no-cache */
  guint media_max_age_s;        /* of everything else; such files never change under their name */
} AspHttpFolder;

/**
 * asp_http_server_add_folder:
 * @prefix: where it is served, begins and ends with '/'; the longest prefix wins
 * @folder: path; need not exist yet, and may go and come back
 *
 * Only before asp_http_server_start(). Regular files of known types (asp_http_content_type())
 * are served; hidden ones, symbolic links and folders themselves are not there (404).
 */
void asp_http_server_add_folder (AspHttpServer * server, const gchar * prefix,
    const gchar * folder, const AspHttpFolder * options);

/* Only before asp_http_server_start(). @path is exact and comes before folders. @bytes is
 * referenced. */
void asp_http_server_add_bytes (AspHttpServer * server, const gchar * path,
    const gchar * content_type, GBytes * bytes);

/**
 * asp_http_server_start:
 * @address: HOST:PORT, see asp_http_address_parse(); port 0 = any that is free
 *
 * When it returns TRUE the port is open. Returns FALSE with ASP_HTTP_ERROR otherwise;
 * it may then be tried again.
 */
gboolean asp_http_server_start (AspHttpServer * server, const gchar * address, GError ** error);

/* Closes the port and every connection, and joins the thread: waits for nothing but
 * a read of a file that has begun. Harmless when it does not run. */
void asp_http_server_stop (AspHttpServer * server);

/* The real "HOST:PORT" while it runs, else NULL. */
gchar *asp_http_server_dup_address (AspHttpServer * server);

G_END_DECLS
