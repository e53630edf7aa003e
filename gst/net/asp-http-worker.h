/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/socket.h>

#include "asp-http-private.h"

G_BEGIN_DECLS

/*
 * Internal to gst/net: one thread of the server with its GMainContext, its connections,
 * its held requests and a SoupServer that is handed the connections.
 */
typedef struct _AspHttpWorker AspHttpWorker;

/* Starts the thread. @shared must outlive it. @socket: (nullable): libsoup accepts there by
 * itself, for HTTP/2 over TLS. */
AspHttpWorker *asp_http_worker_new (AspHttpShared * shared, GSocket * socket);

/* Does this libsoup let go of what it has accepted itself? */
gboolean asp_http_worker_may_accept (void);

/* Hangs up on everybody and joins the thread. */
void asp_http_worker_free (AspHttpWorker * worker);

/* A connection that has been accepted and counted (n_clients); @fd is taken over,
 * non-blocking. Thread: any. */
void asp_http_worker_give (AspHttpWorker * worker, int fd, const struct sockaddr *peer,
    socklen_t peer_size);

/* Connections that it has or was given. Thread: any. */
guint asp_http_worker_load (AspHttpWorker * worker);

/* For the sources of the acceptor. */
GMainContext *asp_http_worker_context (AspHttpWorker * worker);

G_END_DECLS
