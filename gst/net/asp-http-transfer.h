/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "asp-http-call.h"

G_BEGIN_DECLS

/*
 * Internal to gst/net: one call from its beginning to its callback: waiting for a place, one
 * request after the other (redirects, retries), the body. Client's thread only.
 */
typedef struct _AspHttpTransfer AspHttpTransfer;

/* What a transfer needs of its client. */
typedef struct
{
  /* A session for connections to the origin of @url, until it is given back. */
  SoupSession *(*acquire) (gpointer client, const AspHttpUrl * url, AspHttpIdentity * identity);
  void (*release) (gpointer client, SoupSession * session);
  /* @done has been called: the place is free. @transfer is freed by who is told. A session may be given
   * back later. */
  void (*ended) (gpointer client, AspHttpTransfer * transfer);
} AspHttpTransferFuncs;

/* Takes @order and @why over; @why: what is wrong with the order, so that nothing is begun.
 * The total time runs from @came_us. Waits for asp_http_transfer_begin(). */
AspHttpTransfer *asp_http_transfer_new (guint64 id, AspHttpOrder * order, GError * why,
    gint64 came_us, AspHttpDone done, gpointer user_data);

/* Still in the thread of who called; never begun. */
void asp_http_transfer_free (AspHttpTransfer * t);

guint64 asp_http_transfer_id (const AspHttpTransfer * t);

/* From now on the total time is kept, and @funcs->ended() is called in the end. */
void asp_http_transfer_attach (AspHttpTransfer * t, GMainContext * context, AspHttpAllow * allow,
    const AspHttpTransferFuncs * funcs, gpointer client);

/* There is a place. May end at once. */
void asp_http_transfer_begin (AspHttpTransfer * t);
gboolean asp_http_transfer_has_begun (const AspHttpTransfer * t);

/* Ends at once, whatever is under way. */
void asp_http_transfer_cancel (AspHttpTransfer * t);

G_END_DECLS
