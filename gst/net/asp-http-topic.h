/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Something that changes while it is served: a generation number and an immutable state.
 * One thread publishes; handlers of any thread take the state once for each call, and
 * requests that were told to wait are released by the publication, without a thread each.
 *
 * Thread: publish from one thread at a time, everything else from any. Publishing never
 * waits for a client: it takes a lock for a few assignments and wakes the server.
 * Since: 0.1
 */
typedef struct _AspHttpTopic AspHttpTopic;

AspHttpTopic *asp_http_topic_new (void);
AspHttpTopic *asp_http_topic_ref (AspHttpTopic * topic);

/* NULL is allowed. */
void asp_http_topic_unref (AspHttpTopic * topic);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspHttpTopic, asp_http_topic_unref)

/**
 * asp_http_topic_publish:
 * @generation: never less than the last one; requests that wait for it or for a lower one
 *   are asked for again
 * @state: (transfer full) (nullable): what handlers see from now on; nobody changes it any more
 * @destroy: (nullable): called when the last reader has let go of it, from that thread
 */
void asp_http_topic_publish (AspHttpTopic * topic, guint64 generation, gpointer state,
    GDestroyNotify destroy);

/* 0 before the first publication. */
guint64 asp_http_topic_get_generation (AspHttpTopic * topic);

G_END_DECLS
