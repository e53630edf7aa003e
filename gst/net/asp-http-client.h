/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <asp-http-vet.h>

G_BEGIN_DECLS

/*
 * Fetches what others name: VAST, creatives, beacons, in a thread and a GMainContext of its
 * own. Nothing that a server or a DNS answer says can make it
 *   - connect to an address that is not public or allowed (asp-http-vet.h): names are resolved
 *     here, every address of the answer is vetted, and exactly those are connected to; the same
 *     for each redirect,
 *   - take more bytes than were asked for, counted after gzip and the like,
 *   - take longer than was asked for: to connect, in silence, altogether.
 * Cookies and proxies of the environment are not used, 401 is an answer like another. What
 * libsoup forgives is forgiven: a body that is said to be gzip and is not, a chunked one without
 * its last chunk; who reads the body must bear with one that ends early.
 *
 * Thread: new and free from one; send, cancel and get_context from any; none of these waits for
 * the network. Callbacks come in the client's thread, and may send and cancel, but never
 * free. What they do delays every other transfer. Since: 0.1
 */
typedef struct _AspHttpClient AspHttpClient;

typedef enum
{
  ASP_HTTP_CLIENT_ERROR_URL,    /* cannot be read, or not http(s) */
  ASP_HTTP_CLIENT_ERROR_ADDRESS,        /* a URL, redirect or DNS answer goes where it may not */
  ASP_HTTP_CLIENT_ERROR_REQUEST,        /* a header or the like that cannot be sent */
  ASP_HTTP_CLIENT_ERROR_RESOLVE,        /* the name has no address */
  ASP_HTTP_CLIENT_ERROR_CONNECT,        /* refused, unreachable */
  ASP_HTTP_CLIENT_ERROR_TLS,    /* not trusted, or a client certificate is wanted */
  ASP_HTTP_CLIENT_ERROR_TIMEOUT,
  ASP_HTTP_CLIENT_ERROR_SIZE,   /* more than max_bytes */
  ASP_HTTP_CLIENT_ERROR_REDIRECT,       /* too many, a loop, or to nowhere */
  ASP_HTTP_CLIENT_ERROR_PROTOCOL,       /* no HTTP, or broken off in the middle */
  ASP_HTTP_CLIENT_ERROR_FILE,   /* cannot be written */
  ASP_HTTP_CLIENT_ERROR_BUSY,   /* too many wait already */
  ASP_HTTP_CLIENT_ERROR_CANCELLED,
} AspHttpClientError;

#define ASP_HTTP_CLIENT_ERROR (asp_http_client_error_quark ())
GQuark asp_http_client_error_quark (void);

/* A certificate and key to show to servers that ask for one (mTLS): immutable, for several
 * requests and clients. Shown only to the host of the first URL, never behind a redirect to
 * another one. */
typedef struct _AspHttpIdentity AspHttpIdentity;

/* @key_file: (nullable): NULL = the key is in @certificate_file. PEM. Reads files. NULL with
 * ASP_HTTP_CLIENT_ERROR_TLS */
AspHttpIdentity *asp_http_identity_new (const gchar * certificate_file, const gchar * key_file,
    GError ** error);
AspHttpIdentity *asp_http_identity_ref (AspHttpIdentity * identity);
void asp_http_identity_unref (AspHttpIdentity * identity);      /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspHttpIdentity, asp_http_identity_unref)

typedef struct
{
  AspHttpAllow *allow;          /* beyond public addresses; NULL = nothing. Is referenced */
  const gchar *ca_file;         /* PEM; NULL = what the system trusts */
  const gchar *user_agent;      /* NULL = "adsplice/VERSION" */
  guint max_running;            /* transfers at once, the others wait in order. 0 = 64 */
  guint max_waiting;            /* the next one fails with BUSY. 0 = 10000 */
} AspHttpClientConfig;

/* @config may be NULL. NULL with ASP_HTTP_CLIENT_ERROR_TLS. */
AspHttpClient *asp_http_client_new (const AspHttpClientConfig * config, GError ** error);

/* Cancels what has not ended: its callbacks come before this returns. NULL is allowed. */
void asp_http_client_free (AspHttpClient * client);

/* What is allowed beyond public addresses from now on, for calls that begin, and for what begun ones
 * connect to; NULL = nothing. Is referenced. Thread: any. */
void asp_http_client_set_allow (AspHttpClient * client, AspHttpAllow * allow);

/* Of the client's thread: sources of the client's users may be attached, and are to be
 * destroyed before asp_http_client_free(). (transfer none) */
GMainContext *asp_http_client_get_context (AspHttpClient * client);

typedef enum
{
  ASP_HTTP_RETRY_NEVER,
  ASP_HTTP_RETRY_UNSENT,        /* only when the server cannot have had the request: a beacon */
  ASP_HTTP_RETRY_SAFE,          /* also broken connections, silence, 408, 425, 429, 500, 502, 503,
                                   504: a request that may be made twice */
} AspHttpRetry;

/* All is copied. What is 0 or NULL has the default that is named. */
typedef struct
{
  const gchar *url;
  const gchar *method;          /* NULL = GET, with a body POST */
  const gchar *const *headers;  /* name, value, name, value, ... NULL; not behind a redirect to
                                   another origin. NULL = none */
  GBytes *body;                 /* is referenced */
  const gchar *body_type;       /* NULL = "application/octet-stream" */
  gboolean gzip_body;           /* sent with Content-Encoding: gzip */

  const gchar *device_ip;       /* X-Device-IP and X-Forwarded-For; for whom this is done */
  const gchar *device_user_agent;       /* X-Device-User-Agent */

  AspHttpIdentity *identity;    /* is referenced */
  const gchar *file;            /* the body goes here instead of memory: is created, mode 0600, and
                                   must not exist; after an error, or a status that is not 200, it
                                   is gone again */

  gsize max_bytes;              /* of the body, inflated. 0 = 2 MiB */
  guint max_redirects;          /* 0 = 5 */
  gboolean no_redirects;        /* 3xx is the answer */
  guint connect_timeout_ms;     /* name, connection and TLS, of each hop. 0 = 3000 */
  guint idle_timeout_ms;        /* from the request to the whole head of the answer, and from one
                                   piece of its body to the next. 0 = 3000 */
  guint total_timeout_ms;       /* from asp_http_client_send() to the last byte, with waiting,
                                   redirects and retries. 0 = 10000 */
  AspHttpRetry retry;
  guint retries;                /* 0 = 2; of the whole, each later than the one before */
} AspHttpCall;

/* Borrowed from the client, for the time of the callback. */
typedef struct
{
  guint status;                 /* 0 = there is no answer */
  const gchar *url;             /* where the answer came from, behind redirects */
  GBytes *body;                 /* whole, inflated; NULL with an error or `file` */
  const gchar *content_type;    /* as sent; NULL = not said */
  guint64 size;                 /* of the body, inflated, as far as it came */
  const gchar *sha256;          /* of a whole body in hex: with `file` only */
  guint attempts, redirects;    /* attempts = requests begun less redirects followed */
  gboolean sent;                /* some server may have had the request */
  gint64 elapsed_us;            /* since asp_http_client_send() */
  gconstpointer fields;         /* the client's: asp_http_answer_header() reads it */
} AspHttpAnswer;

/* A header field of the answer, or NULL. Valid during the callback. */
const gchar *asp_http_answer_header (const AspHttpAnswer * answer, const gchar * name);

/**
 * AspHttpDone:
 * @answer: never NULL
 * @error: (nullable): NULL = an answer with its whole body has come, whatever its status is.
 *   The text names URLs only as asp_http_url_for_people() does
 *
 * Called exactly once for each asp_http_client_send(), in the client's thread.
 */
typedef void (*AspHttpDone) (const AspHttpAnswer * answer, const GError * error,
    gpointer user_data);

/* Returns: an id for asp_http_client_cancel(), never 0. What is wrong with the call is told
 * to @done. */
guint64 asp_http_client_send (AspHttpClient * client, const AspHttpCall * call, AspHttpDone done,
    gpointer user_data);

/* @done is called with CANCELLED as soon as the client's thread comes to it, whatever the server and
 * libsoup do; never from within this. An id that has ended is
 * welcome. */
void asp_http_client_cancel (AspHttpClient * client, guint64 id);

G_END_DECLS
