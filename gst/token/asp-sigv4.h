/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * AWS Signature Version 4, as Amazon's SDKs, its CLI and `curl --aws-sigv4` sign: in the
 * header Authorization, or in the query (presigned). Source: AWS, "Signature Version 4
 * signing process"; service rules as all services but S3 have them (the path is normalised
 * and encoded once more).
 *
 * Time comes in as a parameter; keys come from a function. Secrets are compared and used in
 * constant time and stand in no message. Thread: any; no locks, no I/O. Since: 0.1
 */
#define ASP_SIGV4_SKEW_S 300            /* a clock may be wrong by so much, either way */
#define ASP_SIGV4_EXPIRES_MAX_S 604800  /* of a presigned query: seven days */
#define ASP_SIGV4_HEADERS_MAX 64        /* that are signed */
#define ASP_SIGV4_SIGNATURE_SIZE 64     /* hexadecimal digits */

/* What is looked at. Everything is borrowed. */
typedef struct
{
  const gchar *method;
  const gchar *path;            /* as sent, percent-encoded, without the query */
  const gchar *query;           /* as sent, without '?'; NULL = none */
  /* The value of a header field, its name in lower case, several of one name joined by ',';
   * NULL = it is not there. */
  const gchar *(*header) (gconstpointer fields, const gchar * name);
  gconstpointer fields;
  gconstpointer body;
  gsize body_size;
} AspSigV4Request;

typedef enum
{
  ASP_SIGV4_ERROR_MISSING,      /* it is not signed at all */
  ASP_SIGV4_ERROR_MALFORMED,    /* something of the signature is missing or is no value of its kind */
  ASP_SIGV4_ERROR_KEY,          /* nobody knows this access key */
  ASP_SIGV4_ERROR_TIME,         /* from too long ago, or from the future */
  ASP_SIGV4_ERROR_SIGNATURE,    /* made with another secret, or for another request */
} AspSigV4Error;

#define ASP_SIGV4_ERROR (asp_sigv4_error_quark ())
GQuark asp_sigv4_error_quark (void);

/* The secret of an access key, or NULL. (transfer none) */
typedef const gchar *(*AspSigV4Secret) (const gchar * access_key, gpointer user_data);

typedef struct
{
  gchar *access_key;
  gchar *region, *service;      /* of the credential's scope */
  gchar signature[ASP_SIGV4_SIGNATURE_SIZE + 1];
  gint64 valid_until_s;         /* Unix time: so long the same signature would be good once more */
} AspSigV4Caller;

void asp_sigv4_caller_free (AspSigV4Caller * caller);   /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspSigV4Caller, asp_sigv4_caller_free)

/**
 * asp_sigv4_verify:
 * @services: NULL-terminated: those whose scope is accepted
 * @now_s: Unix time
 *
 * Host and x-amz-date (or its twin in the query) must be signed; the body always counts.
 * That a signature came before is not known here: see asp-replay.h.
 *
 * Returns: (transfer full): who signed it; NULL with ASP_SIGV4_ERROR, a sentence for people
 */
AspSigV4Caller *asp_sigv4_verify (const AspSigV4Request * request,
    const gchar * const *services, gint64 now_s, AspSigV4Secret secret, gpointer user_data,
    GError ** error);

typedef struct
{
  const gchar *access_key, *secret, *region, *service;
} AspSigV4Key;

/**
 * asp_sigv4_authorization:
 * @request: with the header fields host and x-amz-date, and those of @signed_headers
 * @signed_headers: "host;x-amz-date", in lower case and in order
 *
 * The value of the header Authorization. (transfer full)
 */
gchar *asp_sigv4_authorization (const AspSigV4Request * request, const AspSigV4Key * key,
    const gchar * signed_headers);

G_END_DECLS
