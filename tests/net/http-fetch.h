/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-client.h>

G_BEGIN_DECLS

/* One call of the client, waited for, with all that its callback was told. */
typedef struct
{
  guint calls;                  /* of the callback: 1 */
  guint status;
  gint error;                   /* AspHttpClientError; -1 = none */
  gchar *message;
  gchar *url;
  GBytes *body;                 /* nullable */
  gchar *type, *sha256, *header;        /* header: "X-Test" of the answer */
  guint64 size;
  guint attempts, redirects;
  gboolean sent;
  gint64 elapsed_us;
  gboolean in_client;           /* it came in the client's context */

  GMutex lock;
  GCond cond;
  AspHttpClient *client;
} Fetched;

Fetched *fetch (AspHttpClient * client, const AspHttpCall * call);
void fetched_free (Fetched * f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fetched, fetched_free)

/* In two steps. */
Fetched *fetch_begin (AspHttpClient * client, const AspHttpCall * call, guint64 * id);
void fetch_wait (Fetched * f);

/* A client that may go to @allow. */
AspHttpClient *client_new (const gchar * allow);

/* The body as text. */
gchar *fetched_text (Fetched * f);

G_END_DECLS
