/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Where a client may go whose URLs come from others (VAST: wrappers, media, trackers,
 * redirects): a public address over http or https, or what the configuration allows. Without
 * that an ad could ask the machine's own services, its neighbours, or a cloud's metadata.
 *
 * Nothing is looked up here: a name passes, and its addresses are vetted when they are known
 * (asp-http-vetted.h connects to nothing else). Thread: any; pure functions. Since: 0.1
 */
typedef enum
{
  ASP_HTTP_VET_ERROR_URL,       /* cannot be read, or is not of a kind that may be fetched */
  ASP_HTTP_VET_ERROR_ADDRESS,   /* goes where it may not */
} AspHttpVetError;

#define ASP_HTTP_VET_ERROR (asp_http_vet_error_quark ())
GQuark asp_http_vet_error_quark (void);

#define ASP_HTTP_URL_MAX 25000  /* characters; MediaTailor's limit of an ADS URL */

/* What the configuration allows beyond public addresses. Immutable. */
typedef struct _AspHttpAllow AspHttpAllow;

/**
 * asp_http_allow_new:
 * @text: (nullable): separated by commas or spaces: addresses ("127.0.0.1", "::1"), networks
 *   ("10.1.0.0/16", "fd00::/8"), names ("ads.example"), names with all below them
 *   ("*.ads.example"). NULL or "" allows nothing more
 *
 * An allowed name may have any address; an allowed address or network may be had by any
 * name. A network of forms that hold an IPv4 address (mapped, NAT64, 6to4 ...) allows the
 * form only: what is held in it is vetted too. Returns: (transfer full): NULL with
 * ASP_HTTP_VET_ERROR_ADDRESS
 */
AspHttpAllow *asp_http_allow_new (const gchar * text, GError ** error);
AspHttpAllow *asp_http_allow_ref (AspHttpAllow * allow);        /* NULL gives NULL */
void asp_http_allow_unref (AspHttpAllow * allow);       /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspHttpAllow, asp_http_allow_unref)

/* @allow may be NULL. @host as in AspHttpUrl. */
gboolean asp_http_allow_host (const AspHttpAllow * allow, const gchar * host);

/**
 * asp_http_address_kind:
 * @bytes: in network order; @size 4 or 16
 *
 * Returns: (nullable): what the address is when it is not a public one of one machine, for
 * people: "loopback", "private" ...; static. NULL for a public one
 */
const gchar *asp_http_address_kind (const guint8 * bytes, gsize size);

/* NULL when one may connect to it, else what it is. @allow may be NULL. */
const gchar *asp_http_vet_address (const AspHttpAllow * allow, const guint8 * bytes, gsize size);

typedef struct
{
  gboolean https;
  gchar *host;                  /* ASCII, lower case, without the final dot and without brackets */
  guint16 port;
  gchar *path;                  /* as it came, begins with '/' */
  gchar *query;                 /* as it came, without '?'; NULL = none */
  gchar *user, *password;       /* decoded; NULL = none */
} AspHttpUrl;

/**
 * asp_http_url_read:
 * @out: cleared with asp_http_url_clear(); only with TRUE
 *
 * Reads an absolute URL and vets its form: scheme, host, port, and the address where the host
 * is one. Path and query stay byte for byte, but for what a request line cannot hold (space,
 * quotes, angle brackets, bytes above 0x7E), which is percent-encoded as browsers do. The
 * fragment is dropped. Refused: other spellings of an IPv4 address ("127.1", "0x7f000001",
 * "2130706433": the resolver of the C library takes them), ports below 1024 but 80 and 443
 * unless the host is allowed, control characters. FALSE with ASP_HTTP_VET_ERROR.
 */
gboolean asp_http_url_read (const gchar * text, const AspHttpAllow * allow, AspHttpUrl * out,
    GError ** error);

/* Reads @location, of a redirect, which may be relative to @base. As asp_http_url_read(). */
gboolean asp_http_url_follow (const AspHttpUrl * base, const gchar * location,
    const AspHttpAllow * allow, AspHttpUrl * out, GError ** error);

void asp_http_url_clear (AspHttpUrl * url);

/* The whole, without user and password. (transfer full) */
gchar *asp_http_url_text (const AspHttpUrl * url);

/* "https://host:port": what shares connections and credentials. (transfer full) */
gchar *asp_http_url_origin (const AspHttpUrl * url);

/* For messages and logs: without user, password, query and fragment, which hold secrets, and
 * not longer than a line. @text may be anything. (transfer full) */
gchar *asp_http_url_for_people (const gchar * text);

G_END_DECLS
