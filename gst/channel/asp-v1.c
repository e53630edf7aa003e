/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-v1-private.h"

#include <stdarg.h>
#include <string.h>

#define JSON_TYPE "application/json"

AspV1 *
asp_v1_new (const AspV1Config * config)
{
  AspV1 *v1 = g_new0 (AspV1, 1);

  v1->config = *config;
  v1->metrics = asp_metrics_new (asp_event_log_last (config->log));
  asp_v1_page_init (v1);
  return v1;
}

void
asp_v1_free (AspV1 * v1)
{
  if (!v1)
    return;
  asp_v1_page_clear (v1);
  asp_metrics_free (v1->metrics);
  g_free (v1);
}

/* --- replies ---------------------------------------------------------------------------- */

void
asp_v1_reply_clear (AspV1Reply * reply)
{
  g_clear_pointer (&reply->body, g_bytes_unref);
  g_free (reply->channel);
  memset (reply, 0, sizeof *reply);
}

void
asp_v1_reply_text (AspV1Reply * reply, guint status, const gchar * type, gchar * text)
{
  g_clear_pointer (&reply->body, g_bytes_unref);
  reply->status = status;
  reply->type = type;
  reply->body = g_bytes_new_take (text, strlen (text));
}

void
asp_v1_reply_json (AspV1Reply * reply, guint status, AspJsonWriter * w)
{
  asp_v1_reply_text (reply, status, JSON_TYPE, g_strconcat (asp_json_writer_text (w), "\n", NULL));
}

gboolean
asp_v1_fail (GError ** error, AspApiError code, const gchar * format, ...)
{
  g_autofree gchar *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, ASP_API_ERROR, (gint) code, text);
  return FALSE;
}

static void
reply_error (AspV1Reply * reply, guint status, const gchar * code, const gchar * message)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_begin_object (w, "error");
  asp_json_add_string (w, "code", code);
  asp_json_add_string (w, "message", message);
  asp_json_end_object (w);
  asp_json_end_object (w);
  reply->kind = ASP_V1_ANSWER;
  asp_v1_reply_json (reply, status, w);
}

/* The names that a program looks at; the statuses are HTTP's own, not Amazon's. */
void
asp_v1_refuse (const GError * fault, AspV1Reply * reply)
{
  static const struct
  {
    guint status;
    const gchar *code;
  } known[ASP_API_N_ERRORS] = {
    [ASP_API_VALIDATION] = {400, "invalid_request"},
    [ASP_API_BAD_REQUEST] = {400, "invalid_request"},
    [ASP_API_QUOTA] = {409, "quota_exceeded"},
    [ASP_API_ACCESS_DENIED] = {401, "access_denied"},
    [ASP_API_NOT_FOUND] = {404, "not_found"},
    [ASP_API_NO_CONFIGURATION] = {404, "not_found"},
    [ASP_API_UNKNOWN_OPERATION] = {404, "no_such_route"},
    [ASP_API_NOT_BROADCASTING] = {409, "not_broadcasting"},
    [ASP_API_CONFLICT] = {409, "conflict"},
    [ASP_API_THROTTLING] = {429, "too_many_requests"},
    [ASP_API_INTERNAL] = {500, "internal"},
    [ASP_API_UNAVAILABLE] = {503, "unavailable"},
  };
  static const gchar *const challenge[] = { "WWW-Authenticate", "Bearer realm=\"adsplice\"", NULL };
  guint i = fault->domain == ASP_API_ERROR && (guint) fault->code < ASP_API_N_ERRORS ? (guint) fault->code : ASP_API_INTERNAL;

  reply_error (reply, known[i].status, known[i].code, fault->message);
  reply->fields = i == ASP_API_ACCESS_DENIED ? challenge : NULL;
}

/* --- requests --------------------------------------------------------------------------- */

static gboolean
path_is_below (const gchar * path, const gchar * name)
{
  gsize n = strlen (name);

  return !strncmp (path, name, n) && (path[n] == '\0' || path[n] == '/');
}

gboolean
asp_v1_has (const gchar * path)
{
  static const gchar *const others[] = { "session", "master", "dash", "manifest", "segment", "tracking", "i-media",
    "interstitials"
  };

  if (!strcmp (path, "/") || !strcmp (path, "/metrics") || !strcmp (path, "/healthz") || !strcmp (path, "/readyz"))
    return TRUE;
  if (!path_is_below (path, "/v1"))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (path[3] == '/' && path_is_below (path + 4, others[i]))
      return FALSE;
  return TRUE;
}

gboolean
asp_v1_is_open (const gchar * path)
{
  return !strcmp (path, "/") || !strcmp (path, "/healthz") || !strcmp (path, "/readyz");
}

static gboolean
hold_channel (AspV1 * v1, AspV1Call * call, GError ** error)
{
  call->held = v1->config.hold (call->parts[0], &call->channel, &call->channel_data, v1->config.user_data);
  return call->held || asp_v1_fail (error, ASP_API_NOT_FOUND, "There is no channel '%s' here; /v1/channels lists those "
      "that there are", call->parts[0]);
}

static gboolean
answer (AspV1 * v1, const AspV1Route * route, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  call->query = asp_v1_read_query (call->request->query, route->query, error);
  if (!call->query || !asp_v1_read_body (call->request, route->body, &call->body, error))
    return FALSE;
  if (call->parts[0] && !hold_channel (v1, call, error))
    return FALSE;
  return route->func (v1, call, reply, error);
}

static void
call_clear (AspV1 * v1, AspV1Call * call)
{
  if (call->held)
    v1->config.release (call->held, v1->config.user_data);
  for (guint i = 0; i < ASP_V1_PARTS_MAX; i++)
    g_free (call->parts[i]);
  g_clear_pointer (&call->query, g_hash_table_unref);
  asp_json_free (call->body);
}

static void
refuse_route (const AspApiRequest * request, const gchar * allow, AspV1Reply * reply)
{
  g_autofree gchar *message = NULL;

  if (*allow) {
    message = g_strdup_printf ("%s is not possible at %s; possible: %s", request->method, request->path, allow);
    reply_error (reply, 405, "method_not_allowed", message);
    return;
  }
  message = g_strdup_printf ("There is nothing at %s; examples/openapi.yaml describes what there is", request->path);
  reply_error (reply, 404, "no_such_route", message);
}

void
asp_v1_handle (AspV1 * v1, const AspApiRequest * request, gboolean expired, gint64 now_us, AspV1Reply * reply)
{
  AspV1Call call = {.request = request,.expired = expired,.now_us = now_us };
  g_autoptr (GString) allow = g_string_new (NULL);
  const AspV1Route *route = asp_v1_find_route (request->method, request->path, call.parts, allow);
  g_autoptr (GError) fault = NULL;

  memset (reply, 0, sizeof *reply);
  if (!route)
    refuse_route (request, allow->str, reply);
  else if (!answer (v1, route, &call, reply, &fault))
    asp_v1_refuse (fault, reply);
  call_clear (v1, &call);
}
