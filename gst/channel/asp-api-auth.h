/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "asp-api-error.h"

G_BEGIN_DECLS

/*
 * Who may call: whoever signs with a configured key (AWS Signature Version 4, header or
 * query), or shows a configured bearer token; without any key whoever is on this machine, and
 * no web page of another origin that a browser here has open.
 *
 * Secrets are compared in constant time and stand in no message.
 * Thread: new, add_* and follow from one; check, ref and free from any, several at once. Since: 0.1
 */
#define ASP_API_SECRET_MIN 16   /* characters of a token or of a secret key */
#define ASP_API_SECRET_MAX 1024

/* What is asked. Everything is borrowed. */
typedef struct
{
  const gchar *method;
  const gchar *path;            /* as sent, percent-encoded, without the query */
  const gchar *query;           /* as sent, without '?'; NULL = none */
  /* The value of a header field, its name in lower case, several joined by ','; NULL = none */
  const gchar *(*header) (gconstpointer fields, const gchar * name);
  gconstpointer fields;
  gconstpointer body;
  gsize body_size;
  gboolean from_loopback;
} AspApiRequest;

typedef struct _AspApiAuth AspApiAuth;

AspApiAuth *asp_api_auth_new (void);
AspApiAuth *asp_api_auth_ref (AspApiAuth * auth);
void asp_api_auth_free (AspApiAuth * auth);     /* one reference; NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspApiAuth, asp_api_auth_free)

/* FALSE with ASP_API_VALIDATION: empty, too short, too long, or there already. */
gboolean asp_api_auth_add_key (AspApiAuth * auth, const gchar * access_key, const gchar * secret,
    GError ** error);
gboolean asp_api_auth_add_bearer (AspApiAuth * auth, const gchar * token, GError ** error);

/* @auth takes the place of @before: what that one remembers of signatures is known to @auth too,
 * so that none is good again. Before @auth is used. */
void asp_api_auth_follow (AspApiAuth * auth, AspApiAuth * before);

/**
 * asp_api_auth_check:
 * @changes: it changes something: then one signature is good for one call. As signatures know
 *   seconds, it may come again in the second in which it came first
 * @now_s: Unix time
 *
 * Returns: FALSE with ASP_API_ACCESS_DENIED, or ASP_API_UNAVAILABLE when too many signatures
 *   are remembered
 */
gboolean asp_api_auth_check (AspApiAuth * auth, const AspApiRequest * request, gboolean changes,
    gint64 now_s, GError ** error);

G_END_DECLS
