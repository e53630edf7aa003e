/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-http-topic.h"

G_BEGIN_DECLS

/* Internal to gst/net: the reader's side of a topic. */
typedef struct _AspHttpState AspHttpState;

/* What is published now; release with asp_http_state_unref(). NULL before the first one. */
AspHttpState *asp_http_topic_take (AspHttpTopic * topic, guint64 * generation);

void asp_http_state_unref (AspHttpState * state);

gpointer asp_http_state_data (const AspHttpState * state);

/* A source that does nothing until somebody makes it ready (g_source_set_ready_time());
 * @func sets that back to -1. Attached; (transfer full). */
GSource *asp_http_ready_source_new (GMainContext * context, GSourceFunc func, gpointer user_data);

/* Every publication makes @source ready at once (g_source_set_ready_time()). The topic
 * holds a reference until asp_http_topic_unwatch(). */
void asp_http_topic_watch (AspHttpTopic * topic, GSource * source);
void asp_http_topic_unwatch (AspHttpTopic * topic, GSource * source);

G_END_DECLS
