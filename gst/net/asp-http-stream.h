/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Internal to gst/net: the stream of one connection, as libsoup gets it. Below it is a
 * socket that an epoll set of the worker watches (edge-triggered: no system call to wait),
 * or another stream (TLS). On the way it keeps the promises that libsoup does not make:
 *
 * - a request head that is too long, or whose first line is, is refused (431, 414);
 * - status line and body leave in one piece where both are at hand;
 * - a connection that ends between two requests ends inside one for libsoup, see
 *   asp_http_stream_set_end_mark().
 *
 * Thread: the worker's.
 */
#define ASP_TYPE_HTTP_STREAM (asp_http_stream_get_type ())
G_DECLARE_FINAL_TYPE (AspHttpStream, asp_http_stream, ASP, HTTP_STREAM, GIOStream)

typedef struct
{
  /* Bytes have gone either way. @read: from the client. */
  void (*progress) (gboolean read, gpointer user_data);
} AspHttpStreamFuncs;

/* @fd: taken over, non-blocking. @funcs must outlive the stream. */
AspHttpStream *asp_http_stream_new_for_socket (int fd, const AspHttpStreamFuncs * funcs,
    gpointer user_data);

/* @fd: that of the socket below @base, which owns it; for asp_http_stream_hang_up(). */
AspHttpStream *asp_http_stream_new_for_tls (GIOStream * base, int fd,
    const AspHttpStreamFuncs * funcs, gpointer user_data);

/* What epoll has said of the socket. @left: the client has closed, or half of it. */
void asp_http_stream_ready (AspHttpStream * stream, gboolean readable, gboolean writable,
    gboolean left);

gboolean asp_http_stream_has_left (AspHttpStream * stream);

/* libsoup before 3.4 (commit d20c6601) forgets a connection that ends between two requests,
 * and keeps its memory and descriptor for ever; one that ends within a request it closes. With
 * the mark such an end reads as one byte and then the end. */
void asp_http_stream_set_end_mark (AspHttpStream * stream, gboolean end_mark);

/* The answer has gone out: what comes now is another request. */
void asp_http_stream_expect_request (AspHttpStream * stream);

/* The head has been read: what comes now is a body. */
void asp_http_stream_head_done (AspHttpStream * stream);

/* The next write is a head, with a body right behind it: they leave together. */
void asp_http_stream_join_next_write (AspHttpStream * stream);

/* Says @status, with "Connection: close", past libsoup, and lets the stream end. Only while
 * no answer has begun. */
void asp_http_stream_refuse (AspHttpStream * stream, guint status);

/* libsoup sees the end of the stream and lets go of the connection. */
void asp_http_stream_hang_up (AspHttpStream * stream);

/* The whole text of such an answer; static. */
const gchar *asp_http_refusal (guint status);

G_END_DECLS
