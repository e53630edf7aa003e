/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-body.h>
#include <asp-http-topic.h>

G_BEGIN_DECLS

/*
 * A handler is a function of a request and a state that was taken once: it looks at
 * nothing else that changes, waits for nothing and takes no lock of another thread. It may
 * run in several threads at the same time. What it can say is in the asp_http_reply_*()
 * functions; exactly one of body, content, status, wait, stream and pass is called, the last one counts.
 *
 * Ranges, conditions (If-None-Match, If-Range), HEAD, OPTIONS, CORS, gzip and Server-Timing
 * are the server's business and not a handler's. A server that was told so
 * (asp_http_server_set_writable()) asks its handlers about requests with a body too.
 * Since: 0.1
 */
typedef struct _AspHttpReply AspHttpReply;

typedef struct
{
  const gchar *method;          /* "GET" also for HEAD */
  const gchar *path;            /* as sent, percent-encoded, without the query */
  const gchar *query;           /* as sent, without '?'; NULL = none. asp_http_query_*() read it */
  gpointer state;               /* of the route's topic, immutable; NULL = none published (yet) */
  guint64 generation;           /* of that state */
  guint64 waited_us;            /* since the request came; 0 at the first call */
  gboolean expired;             /* its time is over: another wait is answered with 503 */
  gconstpointer body;           /* of the request; "" without one */
  gsize body_size;
  gboolean from_loopback;       /* the client is on this machine */
  gconstpointer fields;         /* the server's: asp_http_request_header() reads it */
} AspHttpRequest;

/* The value of a header field of the request, or NULL. Valid during the call. */
const gchar *asp_http_request_header (const AspHttpRequest * request, const gchar * name);

typedef void (*AspHttpHandler) (const AspHttpRequest * request, AspHttpReply * reply,
    gpointer user_data);

/* 200 (or 206, 304, 416) with this body, which is referenced. */
void asp_http_reply_body (AspHttpReply * reply, AspHttpBody * body);

/**
 * asp_http_reply_content:
 * @status: any
 * @type: (nullable): NULL = there is no body
 * @bytes: (nullable): referenced
 *
 * What was made for this request alone: no entity tag, no range, no gzip.
 */
void asp_http_reply_content (AspHttpReply * reply, guint status, const gchar * type,
    GBytes * bytes);

/* No body. For 4xx and 5xx mostly. */
void asp_http_reply_status (AspHttpReply * reply, guint status);

/**
 * asp_http_reply_wait:
 * @generation: of the topic of the route, above the one of the request
 * @timeout_ms: from when the request came; counted anew by no later call
 *
 * The request is held, without a thread, until the topic has this generation or a later
 * one; then the handler is asked again with the new state. When the time is over before
 * that it is asked with `expired` set. The server may refuse to hold (its limit: 503).
 */
void asp_http_reply_wait (AspHttpReply * reply, guint64 generation, guint timeout_ms);

/* Bytes that one piece of a stream may have; one that has more ends the stream. */
#define ASP_HTTP_STREAM_PIECE_MAX (256 * 1024)

/**
 * AspHttpMore:
 * @end: (out): set it to TRUE and the answer is over, behind what is returned
 *
 * Waits for nothing. Thread: one of the server's, never two at once for one stream.
 *
 * Returns: (transfer full) (nullable): the next piece, not empty, at most
 *   ASP_HTTP_STREAM_PIECE_MAX; NULL: there is none yet
 */
typedef GBytes *(*AspHttpMore) (gpointer data, gboolean * end);

/**
 * asp_http_reply_stream:
 * @type: of the body; with "text/event-stream" comments keep the connection alive
 * @data: (transfer full): handed to @more
 * @destroy: (nullable): called when the client has gone, or the server stops
 *
 * 200, and a body that goes on: @more is asked at once, again when a piece has gone out, and
 * after a NULL when the topic of the route has been published. So one piece waits for a client
 * that reads slowly, not more; who takes nothing of it for the server's stall_timeout_s is
 * dropped. The end of the body is the end of the connection. No thread is held. It counts as a held request, and the same limit refuses it (503).
 * Needs a topic.
 */
void asp_http_reply_stream (AspHttpReply * reply, const gchar * type, AspHttpMore more,
    gpointer data, GDestroyNotify destroy);

/* As if this route were not there: the next shorter prefix answers, mostly a folder. */
void asp_http_reply_pass (AspHttpReply * reply);

/* Cache-Control; without this call it is "no-cache". @immutable: it never changes under
 * this name. Errors are cached too where a time is set. */
void asp_http_reply_cache (AspHttpReply * reply, guint max_age_s, gboolean immutable);

/* Beside the time of asp_http_reply_cache(), or of none: shared caches (a CDN) may keep it that
 * long, the client itself not (RFC 9111 5.2.2.10). */
void asp_http_reply_share (AspHttpReply * reply, guint shared_max_age_s);

/* One more field of the answer; both are copied. */
void asp_http_reply_header (AspHttpReply * reply, const gchar * name, const gchar * value);

G_END_DECLS
