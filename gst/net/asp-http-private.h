/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "asp-http-files.h"
#include "asp-http-server.h"
#include "asp-http-topic-private.h"

G_BEGIN_DECLS

/* Internal to gst/net: what is served where, and the answer that was chosen. libsoup is
 * not known here. */

typedef struct
{
  gchar *path;
  gboolean is_prefix;
  AspHttpBody *body;            /* one of the three: bytes, a folder, a handler */
  gchar *folder;
  AspHttpFolder options;
  AspHttpHandler handler;
  AspHttpTopic *topic;
  gpointer user_data;
} AspHttpRoute;

void asp_http_route_free (AspHttpRoute * route);

/* For g_ptr_array_sort(): in the order in which they are asked. */
gint asp_http_route_compare (gconstpointer a, gconstpointer b);

typedef enum
{
  ASP_HTTP_REPLY_NONE,
  ASP_HTTP_REPLY_BODY,
  ASP_HTTP_REPLY_FILE,
  ASP_HTTP_REPLY_STATUS,
  ASP_HTTP_REPLY_CONTENT,
  ASP_HTTP_REPLY_WAIT,
  ASP_HTTP_REPLY_STREAM,
  ASP_HTTP_REPLY_PASS,
} AspHttpReplyKind;

struct _AspHttpReply
{
  AspHttpReplyKind kind;
  AspHttpBody *body;            /* own */
  gint64 mtime_s;               /* of a body that is a file; -1 = none */
  AspHttpFile *file;            /* own */
  const gchar *file_type;       /* static */
  guint status;                 /* STATUS and CONTENT */
  gchar *type;                  /* CONTENT, STREAM: own; NULL = no body */
  GBytes *bytes;                /* CONTENT: own */
  AspHttpTopic *topic;          /* WAIT, STREAM: of the route, not owned */
  guint64 generation;
  guint timeout_ms;
  AspHttpMore more;             /* STREAM */
  gpointer more_data;           /* own */
  GDestroyNotify more_destroy;
  guint max_age_s;
  guint shared_max_age_s;       /* 0 = the same */
  gboolean immutable;
  GPtrArray *fields;            /* name, value, name, value ...; NULL = none */
};

/* Leaves an empty one. */
void asp_http_reply_clear (AspHttpReply * reply);

/* Asks the routes in their order. @request comes without state and generation. @reply is
 * empty before and has an answer behind it. */
void asp_http_routes_ask (const GPtrArray * routes, AspHttpFiles * files,
    const AspHttpRequest * request, AspHttpReply * reply);

/* What all workers of a server share. Only the counters change while it runs. */
typedef struct
{
  AspHttpLimits limits;         /* without zeros */
  GPtrArray *routes;            /* AspHttpRoute, sorted */
  AspHttpFiles *files;
  GTlsCertificate *certificate; /* NULL = no TLS */
  gsize body_max;               /* of a request; 0 = read-only: bodies are thrown away */
  GSocketAddress *address;      /* where it listens */
  gint n_clients, n_waiting;    /* atomic */
  gsize n_accepted, n_turned_away, n_requests, n_dropped;       /* atomic, as pointers */
} AspHttpShared;

#define ASP_HTTP_COUNT(counter) ((void) g_atomic_pointer_add (&(counter), 1))

G_END_DECLS
