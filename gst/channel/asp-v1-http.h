/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-handler.h>

#include "asp-v1.h"

G_BEGIN_DECLS

/*
 * /v1 behind an HTTP server: requests to it and answers back, those that wait and those that go on
 * included. Who may ask has been found out before.
 *
 * Thread: new and free from one, before the server starts and after it has stopped; the others from
 * the server's. Since: 0.1
 */
typedef struct _AspV1Http AspV1Http;

/* Both must live until asp_v1_http_free(). */
AspV1Http *asp_v1_http_new (AspV1 * v1, AspEventLog * log);
void asp_v1_http_free (AspV1Http * http);       /* NULL is allowed */

/* Of the route that calls asp_v1_http_answer(): its generation is the number of the log's last
 * event, or less before there is a new one. (transfer none) */
AspHttpTopic *asp_v1_http_topic (AspV1Http * http);

/* Of a path that asp_v1_has(). */
void asp_v1_http_answer (AspV1Http * http, const AspHttpRequest * request, AspHttpReply * reply);
/* See asp_v1_refuse(). */
void asp_v1_http_refuse (const GError * fault, AspHttpReply * reply);

G_END_DECLS
