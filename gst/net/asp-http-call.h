/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-http-client.h"

G_BEGIN_DECLS

/*
 * Internal to gst/net: an AspHttpCall that has been looked through and copied: what a
 * transfer asks for, with its limits. Nobody changes it any more.
 */
typedef struct
{
  AspHttpUrl url;
  gchar *method;
  gchar **headers;              /* name, value, ...; for the first origin only */
  gchar **device_headers;       /* name, value, ... */
  GBytes *body;                 /* nullable */
  gchar *body_type;
  gboolean body_is_gzip;
  AspHttpIdentity *identity;    /* nullable */
  gchar *file;                  /* nullable */
  gsize max_bytes;
  guint max_redirects;
  gint64 connect_timeout_us, idle_timeout_us, total_timeout_us;
  AspHttpRetry retry;
  guint retries;
} AspHttpOrder;

/* Never NULL; what is wrong with @call is in @error (ASP_HTTP_CLIENT_ERROR), and then only
 * asp_http_order_free() is of use. Thread: any. */
AspHttpOrder *asp_http_order_new (const AspHttpCall * call, const AspHttpAllow * allow,
    GError ** error);
void asp_http_order_free (AspHttpOrder * order);

/* ASP_HTTP_VET_ERROR as ASP_HTTP_CLIENT_ERROR; takes @error over. */
GError *asp_http_call_error (GError * error);

/* (transfer none) */
GTlsCertificate *asp_http_identity_certificate (AspHttpIdentity * identity);

G_END_DECLS
