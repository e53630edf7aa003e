/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-control-private.h"

#include <string.h>

static const gchar *
header (gconstpointer fields, const gchar * name)
{
  return asp_http_request_header (fields, name);
}

static AspApiRequest
request_of (const AspHttpRequest * r)
{
  return (AspApiRequest) { r->method, r->path, r->query, header, r, r->body, r->body_size, r->from_loopback };
}

static void
reply_api (AspHttpReply * reply, const AspApiReply * said)
{
  g_autoptr (GBytes) bytes = said->body ? g_bytes_new (said->body, strlen (said->body)) : NULL;

  if (said->error_type)
    asp_http_reply_header (reply, "x-amzn-ErrorType", said->error_type);
  asp_http_reply_content (reply, said->status, bytes ? "application/json" : NULL, bytes);
}

/* Beyond Amazon's API. Who was let in and has waited is not asked again: a signature is good for one call. */
static void
answer_v1 (AspControl * control, const AspHttpRequest * r, const AspApiRequest * request, AspHttpReply * reply)
{
  g_autoptr (GError) fault = NULL;

  if (r->waited_us > 0 || asp_v1_is_open (r->path) ||
      asp_api_authorize (control->api, request, strcmp (r->method, "GET") != 0, g_get_real_time (), &fault))
    asp_v1_http_answer (control->v1_http, r, reply);
  else
    asp_v1_http_refuse (fault, reply);
}

/* In the server's threads, several at once. */
static void
answer (const AspHttpRequest * r, AspHttpReply * reply, gpointer user_data)
{
  AspControl *control = user_data;
  const AspApiRequest request = request_of (r);
  g_autofree gchar *id = g_uuid_string_random ();
  g_auto (AspApiReply) said = { 0 };

  if (asp_v1_has (r->path)) {
    answer_v1 (control, r, &request, reply);
    return;
  }
  asp_http_reply_header (reply, "x-amzn-RequestId", id);
  asp_api_handle (control->api, &request, g_get_real_time (), &said);
  reply_api (reply, &said);
}

void
asp_control_serve (AspControl * control)
{
  const AspHttpLimits limits = {
    .max_clients = ASP_CONTROL_CLIENTS_MAX,
    .request_timeout_s = ASP_CONTROL_REQUEST_TIMEOUT_S,
  };

  control->server = asp_http_server_new (&limits);
  asp_http_server_set_writable (control->server, ASP_CONTROL_BODY_MAX);
  asp_http_server_add_handler (control->server, "/", asp_v1_http_topic (control->v1_http), answer, control);
}
