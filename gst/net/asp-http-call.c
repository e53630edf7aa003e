/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-call.h"

#include <string.h>

#include "asp-http-body.h"

#define DEFAULT_MAX_BYTES (2 * 1024 * 1024)
#define DEFAULT_MAX_REDIRECTS 5
#define DEFAULT_CONNECT_TIMEOUT_MS 3000
#define DEFAULT_IDLE_TIMEOUT_MS 3000
#define DEFAULT_TOTAL_TIMEOUT_MS 10000
#define DEFAULT_RETRIES 2
#define HEADERS_MAX 64
#define HEADER_VALUE_MAX 8192

G_DEFINE_QUARK (asp-http-client-error-quark, asp_http_client_error)

struct _AspHttpIdentity
{
  gatomicrefcount refs;
  GTlsCertificate *certificate;
};

AspHttpIdentity *
asp_http_identity_new (const gchar * certificate_file, const gchar * key_file, GError ** error)
{
  const gchar *key = key_file && *key_file ? key_file : certificate_file;
  g_autoptr (GError) why = NULL;
  GTlsCertificate *certificate = g_tls_certificate_new_from_files (certificate_file, key, &why);
  AspHttpIdentity *identity;

  if (!certificate) {
    g_set_error (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_TLS,
        "Cannot use the client certificate '%s' with the key '%s': %s; both must be PEM files that "
        "belong together", certificate_file, key, why->message);
    return NULL;
  }
  identity = g_new0 (AspHttpIdentity, 1);
  g_atomic_ref_count_init (&identity->refs);
  identity->certificate = certificate;
  return identity;
}

AspHttpIdentity *
asp_http_identity_ref (AspHttpIdentity * identity)
{
  g_atomic_ref_count_inc (&identity->refs);
  return identity;
}

void
asp_http_identity_unref (AspHttpIdentity * identity)
{
  if (!identity || !g_atomic_ref_count_dec (&identity->refs))
    return;
  g_object_unref (identity->certificate);
  g_free (identity);
}

GTlsCertificate *
asp_http_identity_certificate (AspHttpIdentity * identity)
{
  return identity->certificate;
}

GError *
asp_http_call_error (GError * error)
{
  if (error->domain == ASP_HTTP_VET_ERROR) {
    error->code = error->code == ASP_HTTP_VET_ERROR_ADDRESS ? ASP_HTTP_CLIENT_ERROR_ADDRESS :
        ASP_HTTP_CLIENT_ERROR_URL;
    error->domain = ASP_HTTP_CLIENT_ERROR;
  }
  return error;
}

static gboolean
refuse (GError ** error, const gchar * what, const gchar * why)
{
  g_set_error (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_REQUEST,
      "Cannot send the %s: %s", what, why);
  return FALSE;
}

/* RFC 9110 5.6.2 */
static gboolean
is_token (const gchar * text)
{
  for (const gchar * p = text; *p; p++)
    if (!g_ascii_isalnum (*p) && !strchr ("!#$%&'*+-.^_`|~", *p))
      return FALSE;
  return *text != '\0';
}

static gboolean
is_value (const gchar * text)
{
  for (const gchar * p = text; *p; p++)
    if (((guchar) * p < 0x20 && *p != '\t') || *p == 0x7f)
      return FALSE;
  return strlen (text) <= HEADER_VALUE_MAX;
}

/* What frames a message, or belongs to the connection, is the client's own. */
static gboolean
is_ours (const gchar * name)
{
  static const gchar *const ours[] = { "host", "content-length", "transfer-encoding", "connection",
    "content-encoding", "content-type", "accept-encoding", "te", "trailer", "upgrade", "expect",
    "keep-alive", NULL
  };
  g_autofree gchar *lower = g_ascii_strdown (name, -1);

  return g_strv_contains (ours, lower) || g_str_has_prefix (lower, "proxy-");
}

static gboolean
read_headers (AspHttpOrder * order, const gchar * const *headers, GError ** error)
{
  for (guint i = 0; headers && headers[i]; i += 2) {
    if (i >= 2 * HEADERS_MAX || !headers[i + 1])
      return refuse (error, "headers", "there are too many, or one has no value");
    if (!is_token (headers[i]) || !is_value (headers[i + 1]))
      return refuse (error, "headers", "a name or value holds what a header cannot hold");
    if (is_ours (headers[i]))
      return refuse (error, headers[i], "this header is set by the client itself");
  }
  order->headers = g_strdupv ((gchar **) headers);
  return TRUE;
}

/* A device says what it likes: what a header cannot hold is left out. */
static gchar *
clean_value (const gchar * text)
{
  GString *out = g_string_new (NULL);

  for (const gchar * p = text; *p && out->len < HEADER_VALUE_MAX; p++)
    if (*p >= 0x20 && *p < 0x7f)
      g_string_append_c (out, *p);
  return g_string_free (out, FALSE);
}

static gboolean
read_device (AspHttpOrder * order, const AspHttpCall * call, GError ** error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new ();

  if (call->device_ip && *call->device_ip) {
    if (!g_hostname_is_ip_address (call->device_ip))
      return refuse (error, "device's address", "it is no IP address");
    g_ptr_array_add (list, g_strdup ("X-Device-IP"));
    g_ptr_array_add (list, g_strdup (call->device_ip));
    g_ptr_array_add (list, g_strdup ("X-Forwarded-For"));
    g_ptr_array_add (list, g_strdup (call->device_ip));
  }
  if (call->device_user_agent && *call->device_user_agent) {
    g_ptr_array_add (list, g_strdup ("X-Device-User-Agent"));
    g_ptr_array_add (list, clean_value (call->device_user_agent));
  }
  g_ptr_array_add (list, NULL);
  order->device_headers = (gchar **) g_ptr_array_steal (list, NULL);
  return TRUE;
}

static void
read_body (AspHttpOrder * order, const AspHttpCall * call)
{
  const gchar *type = call->body_type ? call->body_type : "application/octet-stream";

  order->body_type = clean_value (type);
  if (call->body && call->gzip_body) {
    g_autoptr (AspHttpBody) body = asp_http_body_new (call->body, type, "\"\"", TRUE);

    order->body_is_gzip = asp_http_body_get_gzip (body) != NULL;
    if (order->body_is_gzip)
      order->body = g_bytes_ref (asp_http_body_get_gzip (body));
  }
  if (call->body && !order->body)
    order->body = g_bytes_ref (call->body);
}

static gint64
timeout_us (guint ms, guint fallback_ms)
{
  return (gint64) (ms ? ms : fallback_ms) * 1000;
}

AspHttpOrder *
asp_http_order_new (const AspHttpCall * call, const AspHttpAllow * allow, GError ** error)
{
  AspHttpOrder *order = g_new0 (AspHttpOrder, 1);
  GError *why = NULL;

  order->method = g_strdup (call->method ? call->method : call->body ? "POST" : "GET");
  order->file = g_strdup (call->file);
  order->max_bytes = call->max_bytes ? call->max_bytes : DEFAULT_MAX_BYTES;
  order->max_redirects = call->no_redirects ? 0 : call->max_redirects ? call->max_redirects :
      DEFAULT_MAX_REDIRECTS;
  order->connect_timeout_us = timeout_us (call->connect_timeout_ms, DEFAULT_CONNECT_TIMEOUT_MS);
  order->idle_timeout_us = timeout_us (call->idle_timeout_ms, DEFAULT_IDLE_TIMEOUT_MS);
  order->total_timeout_us = timeout_us (call->total_timeout_ms, DEFAULT_TOTAL_TIMEOUT_MS);
  order->retry = call->retry;
  order->retries = call->retry == ASP_HTTP_RETRY_NEVER ? 0 : call->retries ? call->retries :
      DEFAULT_RETRIES;
  if (call->identity)
    order->identity = asp_http_identity_ref (call->identity);
  read_body (order, call);
  if (!is_token (order->method))
    refuse (&why, "request", "its method is no word");
  else if (read_headers (order, call->headers, &why) && read_device (order, call, &why))
    asp_http_url_read (call->url, allow, &order->url, &why);
  if (why)
    g_propagate_error (error, asp_http_call_error (why));
  return order;
}

void
asp_http_order_free (AspHttpOrder * order)
{
  asp_http_url_clear (&order->url);
  g_strfreev (order->headers);
  g_strfreev (order->device_headers);
  g_clear_pointer (&order->body, g_bytes_unref);
  asp_http_identity_unref (order->identity);
  g_free (order->method);
  g_free (order->body_type);
  g_free (order->file);
  g_free (order);
}
