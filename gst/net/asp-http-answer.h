/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "asp-http-private.h"
#include "asp-http-stream.h"

G_BEGIN_DECLS

/* Internal to gst/net: requests and answers as libsoup has them. Worker's thread only. */

/* Closes the connection of @msg: for an answer that cannot be finished. */
typedef void (*AspHttpAbort) (SoupServerMessage * msg, gpointer user_data);

/* TRUE when the method alone decided: 405, or OPTIONS. @msg then has its answer. */
gboolean asp_http_answer_method (SoupServerMessage * msg, gboolean writable);

/* What the routes are asked with; borrows from @msg, whose body is there. */
void asp_http_answer_read_request (SoupServerMessage * msg, AspHttpRequest * request);

typedef struct
{
  gint64 came_us;               /* when the request was there, monotonic */
  gint64 released_us;           /* 0 = it was not held */
} AspHttpTimes;

/**
 * asp_http_answer_apply:
 * Sets status, headers and body of @msg from @reply, which is cleared. The rest of a long
 * file follows from the signals of @msg.
 * @writable: no other origin may read it
 * @stream: (nullable): where it goes, to have head and body leave together
 */
void asp_http_answer_apply (SoupServerMessage * msg, AspHttpReply * reply,
    const AspHttpTimes * times, gboolean writable, AspHttpStream * stream, AspHttpAbort abort_func,
    gpointer user_data);

/* 0, or the status with which a request with such a body is refused: 411, 413. @body_max: 0
 * where it is thrown away. */
guint asp_http_answer_refuse_body (SoupServerMessage * msg, gsize body_max);

G_END_DECLS
