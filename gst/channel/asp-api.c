/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-private.h"

#include <stdarg.h>
#include <string.h>

#define QUERY_MAX 256           /* parameters of one */

/* --- the object ---------------------------------------------------------------------------- */

AspApi *
asp_api_new (AspStore * store, const AspApiChannels * channels, gpointer user_data, const AspApiConfig * config)
{
  AspApi *api = g_new0 (AspApi, 1);

  api->store = store;
  api->channels = channels;
  api->channels_data = user_data;
  api->region = g_strdup (config ? config->region : NULL);
  api->account = g_strdup (config ? config->account : NULL);
  api->playback_prefix = g_strdup (config ? config->playback_prefix : NULL);
  api->auth = asp_api_auth_new ();
  g_mutex_init (&api->rate_lock);
  g_mutex_init (&api->write_lock);
  asp_api_init_rates (api);
  return api;
}

void
asp_api_free (AspApi * api)
{
  if (!api)
    return;
  g_free (api->region);
  g_free (api->account);
  g_free (api->playback_prefix);
  asp_api_auth_free (api->auth);
  g_mutex_clear (&api->rate_lock);
  g_mutex_clear (&api->write_lock);
  g_free (api);
}

void
asp_api_set_auth (AspApi * api, AspApiAuth * auth)
{
  AspApiAuth *before;

  g_mutex_lock (&api->rate_lock);
  before = api->auth;
  asp_api_auth_follow (auth, before);
  api->auth = auth;
  g_mutex_unlock (&api->rate_lock);
  asp_api_auth_free (before);
}

gboolean
asp_api_authorize (AspApi * api, const AspApiRequest * request, gboolean changes, gint64 now_us, GError ** error)
{
  g_autoptr (AspApiAuth) auth = NULL;

  g_mutex_lock (&api->rate_lock);
  auth = asp_api_auth_ref (api->auth);
  g_mutex_unlock (&api->rate_lock);
  return asp_api_auth_check (auth, request, changes, now_us / G_USEC_PER_SEC, error);
}

gboolean
asp_api_set_rate (AspApi * api, const gchar * operation, gdouble per_second)
{
  const AspApiOperation *o = asp_api_operation_named (operation);

  g_mutex_lock (&api->rate_lock);
  if (o && api->rates[asp_api_operation_number (o)].per_second != per_second)
    api->rates[asp_api_operation_number (o)] = (AspApiRate) { .per_second = per_second };
  g_mutex_unlock (&api->rate_lock);
  return o != NULL;
}

void
asp_api_reset_rates (AspApi * api)
{
  g_mutex_lock (&api->rate_lock);
  asp_api_init_rates (api);
  g_mutex_unlock (&api->rate_lock);
}

gboolean
asp_api_has_operation (const gchar * operation)
{
  return asp_api_operation_named (operation) != NULL;
}

gboolean
asp_api_take_rate (AspApi * api, const AspApiCall * call, GError ** error)
{
  AspApiRate *rate = &api->rates[asp_api_operation_number (call->operation)];
  gboolean ok;

  g_mutex_lock (&api->rate_lock);
  ok = asp_api_rate_take (rate, call->now_us);
  g_mutex_unlock (&api->rate_lock);
  return ok || asp_api_fail (error, ASP_API_THROTTLING, "Rate exceeded: %s is answered %g times a second",
      call->operation->name, rate->per_second);
}

gboolean
asp_api_fail (GError ** error, AspApiError code, const gchar * format, ...)
{
  g_autofree gchar *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, ASP_API_ERROR, (gint) code, text);
  return FALSE;
}

/* --- replies ------------------------------------------------------------------------------- */

void
asp_api_reply_clear (AspApiReply * reply)
{
  g_free (reply->body);
  memset (reply, 0, sizeof *reply);
}

/* MediaTailor calls by another name what a request must not be. */
static AspApiError
error_code (const GError * fault, gboolean mediatailor)
{
  if (fault->domain != ASP_API_ERROR)
    return ASP_API_INTERNAL;
  return mediatailor && fault->code == ASP_API_VALIDATION ? ASP_API_BAD_REQUEST : (AspApiError) fault->code;
}

static void
reply_error (AspApiReply * reply, const GError * fault, gboolean mediatailor)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  AspApiError code = error_code (fault, mediatailor);

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, mediatailor ? "Message" : "exceptionMessage", fault->message);
  asp_json_end_object (w);
  reply->status = asp_api_error_status (code);
  reply->error_type = asp_api_error_name (code);
  reply->body = g_strdup (asp_json_writer_text (w));
}

void
asp_api_reply_error (AspApiReply * reply, const GError * fault)
{
  memset (reply, 0, sizeof *reply);
  reply_error (reply, fault, FALSE);
}

/* --- a call -------------------------------------------------------------------------------- */

static GHashTable *
parse_query (const gchar * query, GError ** error)
{
  g_autoptr (GHashTable) table =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  g_auto (GStrv) pieces = g_strsplit (query ? query : "", "&", QUERY_MAX + 1);

  for (guint i = 0; pieces[i]; i++) {
    gchar *equals = strchr (pieces[i], '=');
    g_autofree gchar *value = g_uri_unescape_string (equals ? equals + 1 : "", NULL);
    g_autofree gchar *name = NULL;
    GPtrArray *values;

    if (equals)
      *equals = '\0';
    name = g_uri_unescape_string (pieces[i], NULL);
    if (i == QUERY_MAX || !name || !value || !g_utf8_validate (name, -1, NULL) || !g_utf8_validate (value, -1, NULL)) {
      asp_api_fail (error, ASP_API_VALIDATION, "The query must be %d parameters at most, percent-encoded UTF-8", QUERY_MAX);
      return NULL;
    }
    values = g_hash_table_lookup (table, name);
    if (!values)
      g_hash_table_insert (table, g_steal_pointer (&name), values = g_ptr_array_new_with_free_func (g_free));
    g_ptr_array_add (values, g_steal_pointer (&value));
  }
  return g_steal_pointer (&table);
}

static gboolean
parse_body (const AspApiRequest * request, AspJson ** out, GError ** error)
{
  g_autoptr (GError) fault = NULL;

  if (request->body_size == 0)
    return TRUE;
  *out = asp_json_parse (request->body, request->body_size, &fault);
  return *out || asp_api_fail (error, ASP_API_VALIDATION, "The body of the request is no JSON that is read here: %s",
      fault->message);
}

/* An insertion waits for nobody who writes: it changes nothing that is stored. */
static gboolean
run (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  gboolean writes = (call->operation->traits & ASP_API_CHANGES) && !(call->operation->traits & ASP_API_INSERTS);
  gboolean ok;

  if (writes)
    g_mutex_lock (&api->write_lock);
  ok = call->operation->func (api, call, w, error);
  if (writes)
    g_mutex_unlock (&api->write_lock);
  return ok;
}

static gboolean
answer (AspApi * api, const AspApiRequest * request, AspApiCall * call, AspApiReply * reply, GError ** error)
{
  const AspApiOperation *o = call->operation;
  g_autoptr (GHashTable) query = NULL;
  g_autoptr (AspJson) body = NULL;
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  if (!asp_api_authorize (api, request, (o->traits & ASP_API_CHANGES) != 0, call->now_us, error))
    return FALSE;
  if (!(o->traits & ASP_API_OWN_RATE) && !asp_api_take_rate (api, call, error))
    return FALSE;
  if (!(query = parse_query (request->query, error)))
    return FALSE;
  call->query = query;
  if (o->shape && (!parse_body (request, &body, error) || !asp_api_check (o->shape, body, error)))
    return FALSE;
  call->body = body;
  asp_json_begin_object (w, NULL);
  if (!run (api, call, w, error))
    return FALSE;
  asp_json_end_object (w);
  reply->status = o->traits & ASP_API_NO_BODY ? 204 : 200;
  reply->body = o->traits & ASP_API_NO_BODY ? NULL : g_strdup (asp_json_writer_text (w));
  return TRUE;
}

/* Tags have one path for both services: the resource says whose. */
static gboolean
is_mediatailor (const AspApiOperation * o, const gchar * rest)
{
  return o->traits & ASP_API_MEDIATAILOR ||
      ((o->traits & ASP_API_REST) && g_str_has_prefix (rest, "arn:aws:mediatailor:"));
}

void
asp_api_handle (AspApi * api, const AspApiRequest * request, gint64 now_us, AspApiReply * reply)
{
  g_autofree gchar *rest = NULL;
  const AspApiOperation *o = asp_api_find_operation (request->method, request->path, &rest);
  AspApiCall call = { .operation = o, .rest = rest, .now_us = now_us };
  g_autoptr (GError) fault = NULL;

  memset (reply, 0, sizeof *reply);
  if (!o) {
    /* who may not call learns nothing of what is there */
    if (asp_api_authorize (api, request, FALSE, now_us, &fault))
      asp_api_fail (&fault, ASP_API_UNKNOWN_OPERATION, "There is no operation %s %s", request->method, request->path);
    reply_error (reply, fault, FALSE);
    return;
  }
  if (!answer (api, request, &call, reply, &fault))
    reply_error (reply, fault, is_mediatailor (o, rest));
}
