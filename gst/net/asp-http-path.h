/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What a request line and a Range field ask for, as text: no file is touched here.
 * Thread: any; pure functions. Since: 0.1
 */
#define ASP_HTTP_PATH_MAX 1024  /* bytes of a request path, as sent */
#define ASP_HTTP_DEPTH_MAX 8    /* folders below a served folder */

/**
 * asp_http_path_below:
 * @raw_path: path of the request target, percent-encoded as sent
 * @prefix: begins and ends with '/'
 *
 * Returns: (transfer full) (nullable): the decoded path below @prefix, one or more names
 * with '/' between them. NULL when @raw_path is not below @prefix or holds anything that
 * is not a plain name: "", "." and "..", a name that begins with a dot (hidden and
 * temporary files), '\', control characters, an encoded '/', text that is not UTF-8
 */
gchar *asp_http_path_below (const gchar * raw_path, const gchar * prefix);

/* The media type for a file name, or NULL: a file of a type that is not known is not
 * served. Static. */
const gchar *asp_http_content_type (const gchar * name);

/* A playlist changes under its name; everything else in a folder of ours does not. */
gboolean asp_http_is_playlist (const gchar * name);

typedef struct
{
  guint64 first;
  guint64 last;                 /* the last byte itself */
} AspHttpRange;

typedef enum
{
  ASP_HTTP_RANGE_WHOLE,         /* no range, or one that may be ignored (RFC 9110 14.2): several
                                   ranges, another unit, bad syntax */
  ASP_HTTP_RANGE_PART,
  ASP_HTTP_RANGE_UNSATISFIABLE, /* 416 */
} AspHttpRangeResult;

/* @header may be NULL; @size is that of the whole. RFC 9110 14.1.2. */
AspHttpRangeResult asp_http_range_parse (const gchar * header, guint64 size, AspHttpRange * out);

/* Does an If-None-Match or If-Match list (RFC 9110 13.1.2, weak comparison) name @etag?
 * @etag is with its quotes. */
gboolean asp_http_etag_listed (const gchar * header, const gchar * etag);

#define ASP_HTTP_DATE_SIZE 30

/* An HTTP date (RFC 9110 5.6.7), "Sun, 06 Nov 1994 08:49:37 GMT", with its NUL into @out;
 * whatever the process's locale is. FALSE for a time out of the years 1 to 9999. */
gboolean asp_http_date (gint64 unix_s, gchar out[ASP_HTTP_DATE_SIZE]);

/* May the answer be gzip? @header is Accept-Encoding, may be NULL (RFC 9110 12.5.3). */
gboolean asp_http_accepts_gzip (const gchar * header);

/**
 * asp_http_query_value:
 * @query: (nullable): as sent, without '?'
 *
 * Returns: (transfer full) (nullable): the decoded value of the first parameter @name, ""
 * where it has none; NULL when there is no such parameter or it cannot be decoded
 */
gchar *asp_http_query_value (const gchar * query, const gchar * name);

typedef enum
{
  ASP_HTTP_NUMBER_ABSENT,
  ASP_HTTP_NUMBER_GOOD,
  ASP_HTTP_NUMBER_BAD,          /* there, and no decimal number of 64 bits */
} AspHttpNumber;

/* A parameter that must be a decimal number; @out is set only for GOOD. */
AspHttpNumber asp_http_query_number (const gchar * query, const gchar * name, guint64 * out);

/**
 * asp_http_address_parse:
 * @address: "HOST:PORT"; HOST is an IPv4 address, an IPv6 address in brackets,
 *   "localhost", or empty or "*" for all addresses
 * @host: (out) (transfer full): a literal address
 *
 * Names are not looked up: a start must not wait for a resolver.
 */
gboolean asp_http_address_parse (const gchar * address, gchar ** host, guint16 * port,
    GError ** error);

typedef enum
{
  ASP_HTTP_ERROR_ADDRESS,       /* HOST:PORT cannot be read */
  ASP_HTTP_ERROR_LISTEN,        /* nobody can listen there: taken, not ours, not allowed */
  ASP_HTTP_ERROR_TLS,           /* no certificate and key in these files, or no TLS here */
  ASP_HTTP_ERROR_URL,           /* no URL to upload to */
  ASP_HTTP_ERROR_REFUSED,       /* an upload has been given up */
} AspHttpError;

#define ASP_HTTP_ERROR (asp_http_error_quark ())
GQuark asp_http_error_quark (void);

G_END_DECLS
