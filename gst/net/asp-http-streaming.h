/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "asp-http-private.h"

G_BEGIN_DECLS

/*
 * Internal to gst/net: the answers of a worker that go on (asp_http_reply_stream()). What comes
 * next is asked for when the piece before it has gone out, so that one piece is all that waits
 * for a client; libsoup pauses a message whose body has no next piece. Worker's thread.
 */
typedef struct _AspHttpStreamings AspHttpStreamings;

/* @begins: TRUE: bytes wait for the client from now on; FALSE: all have gone out. */
typedef void (*AspHttpStreamBusy) (SoupServerMessage * msg, gboolean busy, gpointer user_data);
/* There is something to write: the message is to be unpaused. */
typedef void (*AspHttpStreamReady) (SoupServerMessage * msg, gpointer user_data);

/* Watches the topics of all routes. */
AspHttpStreamings *asp_http_streamings_new (GMainContext * context, AspHttpShared * shared,
    AspHttpStreamBusy busy, AspHttpStreamReady ready, gpointer user_data);

/* They are forgotten where they are. */
void asp_http_streamings_free (AspHttpStreamings * streamings);

/* FALSE when there are too many. Takes over more_data of @reply, and begins the body of @msg,
 * whose head is set already. */
gboolean asp_http_streamings_add (AspHttpStreamings * streamings, SoupServerMessage * msg,
    AspHttpReply * reply);

/* Forgets @msg if it is one. */
void asp_http_streamings_remove (AspHttpStreamings * streamings, SoupServerMessage * msg);

/* Once a second or so: keeps alive what says nothing. */
void asp_http_streamings_tick (AspHttpStreamings * streamings, gint64 now_us);

G_END_DECLS
