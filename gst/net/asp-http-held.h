/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "asp-http-private.h"

G_BEGIN_DECLS

/*
 * Internal to gst/net: the requests that a worker holds until a topic has a generation,
 * or their time is over. A held message is paused; releasing it gives it back to the
 * worker, paused. Worker's thread.
 */
typedef struct _AspHttpHeld AspHttpHeld;

typedef void (*AspHttpReleased) (SoupServerMessage * msg, gint64 came_us, gboolean expired,
    gpointer user_data);

/* Watches the topics of all routes. */
AspHttpHeld *asp_http_held_new (GMainContext * context, AspHttpShared * shared,
    AspHttpReleased released, gpointer user_data);

/* Those that are held are forgotten, not released. */
void asp_http_held_free (AspHttpHeld * held);

/* FALSE when there are too many. Pauses @msg and keeps a reference. Both times are
 * monotonic. */
gboolean asp_http_held_add (AspHttpHeld * held, SoupServerMessage * msg, AspHttpTopic * topic,
    guint64 generation, gint64 came_us, gint64 deadline_us);

/* Forgets @msg if it is held. */
void asp_http_held_remove (AspHttpHeld * held, SoupServerMessage * msg);

G_END_DECLS
