/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-handler.h>
#include <asp-http-path.h>

G_BEGIN_DECLS

/*
 * An HTTP origin: files of folders, bytes at exact paths, and handlers over topics, whose
 * requests may be held until something is published. Read-only (GET, HEAD and OPTIONS, from
 * every web page), or, for a control server, writable (and from no other web page).
 *
 * It runs in a few threads with a GMainContext each and never touches another context; a
 * connection belongs to one of them. HTTP/1.1 with kept connections, over TLS when a
 * certificate is set; HTTP/2 where libsoup may, see asp_http_server_set_http2().
 * Files are read in pieces that all clients share: memory is bounded whatever the size of
 * the files and the number of clients. Answers carry CORS, ETag, Cache-Control, Vary and
 * Server-Timing; playlists are sent as gzip to who takes it, compressed once for each
 * version.
 *
 * Thread: new, set_*, add_*, start, stop and free from one thread at a time (the owner's);
 * the getters from any. Since: 0.1
 */
typedef struct _AspHttpServer AspHttpServer;

typedef struct
{
  guint max_clients;            /* connections at once; the next one gets 503. 0 = 4096. Never
                                   more than the process may have descriptors, less 128 */
  guint max_waiting;            /* requests held at once; the next one gets 503. 0 = max_clients */
  guint request_timeout_s;      /* from accept, or a request's first byte, to its last. 0 = 15 */
  guint idle_timeout_s;         /* a kept connection without a request. 0 = 60 */
  guint stall_timeout_s;        /* an answer of which the client takes nothing. 0 = 30 */
  guint answer_timeout_s;       /* a whole answer, from its first byte. 0 = 300 */
  guint keep_alive_s;           /* a stream of events that says nothing else says that it lives. 0 = 15 */
  guint threads;                /* 0 = as many as the machine has cores, at most 4 */
  gsize cache_bytes;            /* of files, shared by all clients. 0 = 32 MiB */
} AspHttpLimits;

/* Fixed limits: a request line (else 414), a request head (else 431), a request body,
 * which is thrown away (else 413). */
#define ASP_HTTP_REQUEST_LINE_MAX 8192
#define ASP_HTTP_REQUEST_HEAD_MAX (16 * 1024)
#define ASP_HTTP_REQUEST_BODY_MAX (64 * 1024)
#define ASP_HTTP_WRITABLE_BODY_MAX (1024 * 1024)        /* at most, where it is kept */

/* @limits may be NULL: all defaults. */
AspHttpServer *asp_http_server_new (const AspHttpLimits * limits);

/* Stops it first. NULL is allowed. */
void asp_http_server_free (AspHttpServer * server);

typedef struct
{
  guint playlist_max_age_s;     /* Cache-Control of playlists; 0 = no-cache */
  guint media_max_age_s;        /* of everything else */
  guint error_max_age_s;        /* of a 404; 0 = no-cache */
  gboolean immutable;           /* media never change under their name: say so */
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
 * asp_http_server_add_handler:
 * @path: exact, or a prefix when it ends with '/'. An exact path comes first, then the
 *   longest prefix; a handler comes before a folder of the same prefix
 * @topic: (nullable): is referenced; without one nothing can be waited for
 * @user_data: must live until the server is stopped, and is used by several threads
 *
 * Only before asp_http_server_start().
 */
void asp_http_server_add_handler (AspHttpServer * server, const gchar * path,
    AspHttpTopic * topic, AspHttpHandler handler, gpointer user_data);

/**
 * asp_http_server_set_writable:
 * @body_max: bytes of a request's body; a longer one gets 413, one without a length 411.
 *   At most ASP_HTTP_WRITABLE_BODY_MAX
 *
 * From the next start on handlers are asked about POST, PUT, PATCH and DELETE too and are given
 * the body, and answers carry no CORS fields: no page of another origin may read them.
 */
void asp_http_server_set_writable (AspHttpServer * server, gsize body_max);

/**
 * asp_http_server_set_tls:
 * @certificate_file: PEM, with the chain
 * @key_file: (nullable): PEM; NULL = the key is in @certificate_file
 *
 * From the next start on the port speaks TLS and nothing else. FALSE with
 * ASP_HTTP_ERROR_TLS when the files cannot be used. Reads files: not in a streaming thread.
 */
gboolean asp_http_server_set_tls (AspHttpServer * server, const gchar * certificate_file,
    const gchar * key_file, GError ** error);

/**
 * asp_http_server_set_http2:
 * @http2: over TLS, and only where the variable SOUP_SERVER_HTTP2 is set: without it libsoup
 *   speaks HTTP/1.1
 *
 * Without this call: where libsoup is 3.4 or newer; older ones keep the memory and the
 * descriptor of every connection that they have accepted themselves until the stop. With
 * HTTP/2 libsoup accepts, in one thread, and the limits of number, idleness and speed are
 * its own; elsewhere nginx in front does HTTP/2 better (examples/nginx.conf).
 */
void asp_http_server_set_http2 (AspHttpServer * server, gboolean http2);

/**
 * asp_http_server_start:
 * @address: HOST:PORT, see asp_http_address_parse(); port 0 = any that is free
 *
 * When it returns TRUE the port is open. Returns FALSE with ASP_HTTP_ERROR otherwise;
 * it may then be tried again.
 */
gboolean asp_http_server_start (AspHttpServer * server, const gchar * address, GError ** error);

/* Closes the port and every connection, held requests too, and joins the threads: waits for
 * nothing but a read of a file or a handler that has begun. Harmless when it does not run. */
void asp_http_server_stop (AspHttpServer * server);

/* The real "HOST:PORT" while it runs, else NULL. */
gchar *asp_http_server_dup_address (AspHttpServer * server);

typedef struct
{
  guint clients;                /* connections now */
  guint max_clients;            /* of limits and descriptors the lower */
  guint waiting;                /* held requests now */
  guint64 accepted;             /* connections since the start */
  guint64 turned_away;          /* for want of a place */
  guint64 requests;             /* answers begun */
  guint64 dropped;              /* connections that a time limit has ended */
} AspHttpStats;

/* All zero while it does not run. Thread: any. */
void asp_http_server_get_stats (AspHttpServer * server, AspHttpStats * stats);

G_END_DECLS
