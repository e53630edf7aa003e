/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * A server in the test's own process that is as bad as one can be found, for whatever
 * fetches over HTTP: each path has its answers, in order (the last one stays), and every
 * request is written down as it came. It shares no code with gst/net. It listens on a free
 * port of all addresses of the machine, so that a connection to any form of a loopback
 * address is seen.
 *
 * Thread: any; answers may be set while it runs.
 */
typedef struct _HttpFaults HttpFaults;

typedef enum
{
  HTTP_ANSWER,                  /* nothing is wrong with it */
  HTTP_SILENT,                  /* takes the request, never answers */
  HTTP_RESET,                   /* TCP reset instead of an answer */
  HTTP_RESET_BODY,              /* TCP reset after half of the body */
  HTTP_TRUNCATED,               /* closes after half of the body, whose length it has said */
  HTTP_DRIP,                    /* head and body, a byte every `interval_ms` */
  HTTP_DRIP_BODY,               /* the body only */
  HTTP_HUGE_LENGTH,             /* says 5 GB, and sends the body */
  HTTP_ENDLESS,                 /* a body without end, chunked, as fast as it is taken */
  HTTP_ENDLESS_HEAD,            /* header after header */
  HTTP_GZIP_BOMB,               /* 64 MiB of zeros in 64 KiB of gzip */
  HTTP_BAD_GZIP,                /* says gzip, sends the body as it is */
  HTTP_CUT_GZIP,                /* HTTP_TRUNCATED with gzip */
  HTTP_CUT_CHUNK,               /* chunked, without the last, empty chunk */
  HTTP_GARBAGE,                 /* no HTTP at all: the body alone */
} HttpFaultKind;

#define HTTP_BOMB_BYTES (64 * 1024 * 1024)

typedef struct
{
  HttpFaultKind kind;
  guint status;                 /* 0 = 200 */
  const gchar *type;            /* Content-Type; NULL = "application/xml" */
  const gchar *body;            /* NULL = "" */
  const gchar *location;        /* for 3xx; "%s" in it becomes "HOST:PORT" of the server */
  const gchar *headers;         /* more of them, "Name: value\r\n..." */
  gboolean gzip;                /* the body goes as gzip */
  guint delay_ms;               /* before the answer */
  guint interval_ms;            /* of HTTP_DRIP and HTTP_DRIP_BODY; 0 = 50 */
} HttpFault;

typedef struct
{
  gint64 time_us;               /* monotonic, when its head was whole */
  guint connection;             /* from 1, in the order in which they came */
  gchar *method, *target;
  gchar *head;                  /* all of it, as it came */
  GBytes *body;                 /* as it came: what was gzip is gzip */
} HttpSeen;

/* Plain HTTP. Fails the test when it cannot. */
HttpFaults *http_faults_new (void);

/* With TLS. @client_ca: (nullable): PEM; a client certificate is demanded that it vouches for. */
HttpFaults *http_faults_new_tls (const gchar * certificate, const gchar * key,
    const gchar * client_ca);

/* Ends every connection. NULL is allowed. */
void http_faults_free (HttpFaults * f);

guint16 http_faults_port (HttpFaults * f);

/* "http://127.0.0.1:PORT" + @path. (transfer full) */
gchar *http_faults_url (HttpFaults * f, const gchar * path);

/**
 * http_faults_on:
 * @path: exact, without the query
 *
 * One more answer of this path; all strings are copied. A path without any is 404.
 */
void http_faults_on (HttpFaults * f, const gchar * path, const HttpFault * fault);

/* Forgets all answers and all requests. */
void http_faults_reset (HttpFaults * f);

/* Connections that were accepted so far. */
guint http_faults_connections (HttpFaults * f);

/* Connections that are open. */
guint http_faults_open (HttpFaults * f);

/* What has come to @path (NULL = to all), in order: HttpSeen, owned by the array. */
GPtrArray *http_faults_seen (HttpFaults * f, const gchar * path);

/* Waits until @n requests have come to @path; FALSE after @timeout_ms. */
gboolean http_faults_wait (HttpFaults * f, const gchar * path, guint n, guint timeout_ms);

/* The value of a header of a request, or NULL. (transfer full) */
gchar *http_seen_header (const HttpSeen * seen, const gchar * name);

/* A certificate with its key, made by openssl: @alt "DNS:localhost,IP:127.0.0.1". FALSE when
 * there is no openssl, or GIO has no TLS. */
gboolean http_faults_make_certificate (const gchar * certificate, const gchar * key,
    const gchar * name, const gchar * alt);

G_END_DECLS
