/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "asp-http-server.h"

G_BEGIN_DECLS

/* Internal to gst/net: what is served where. Immutable once the server runs. */
typedef struct
{
  gchar *prefix;
  gchar *folder;
  AspHttpFolder options;
} AspHttpFolderRoute;

typedef struct
{
  gchar *path;
  gchar *type;
  gchar *etag;
  GBytes *bytes;
} AspHttpBytesRoute;

typedef struct
{
  GPtrArray *folders;           /* AspHttpFolderRoute */
  GPtrArray *bytes;             /* AspHttpBytesRoute */
} AspHttpRoutes;

/* Closes the connection of @msg: for an answer that cannot be finished. */
typedef void (*AspHttpAbort) (SoupServerMessage * msg, gpointer user_data);

/**
 * asp_http_answer:
 * Sets status, headers and body of @msg from its request and @routes. The body of a file
 * follows piece by piece from the signals of @msg. Server thread only.
 */
void asp_http_answer (const AspHttpRoutes * routes, SoupServerMessage * msg,
    AspHttpAbort abort_func, gpointer user_data);

/* FALSE for a request whose body is long or has no announced length. */
gboolean asp_http_body_is_welcome (SoupServerMessage * msg);

G_END_DECLS
