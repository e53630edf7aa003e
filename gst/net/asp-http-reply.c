/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-private.h"

#include <string.h>

#define STATUS_OK 200
#define STATUS_NOT_FOUND 404
#define STATUS_METHOD_NOT_ALLOWED 405
#define STATUS_UNAVAILABLE 503

static void
reply_set_kind (AspHttpReply * reply, AspHttpReplyKind kind)
{
  g_clear_pointer (&reply->body, asp_http_body_unref);
  g_clear_pointer (&reply->file, asp_http_file_close);
  g_clear_pointer (&reply->type, g_free);
  g_clear_pointer (&reply->bytes, g_bytes_unref);
  if (reply->more_destroy)
    reply->more_destroy (reply->more_data);
  reply->more_destroy = NULL;
  reply->more_data = NULL;
  reply->kind = kind;
}

void
asp_http_reply_body (AspHttpReply * reply, AspHttpBody * body)
{
  asp_http_body_ref (body);
  reply_set_kind (reply, ASP_HTTP_REPLY_BODY);
  reply->body = body;
  reply->mtime_s = -1;
}

void
asp_http_reply_content (AspHttpReply * reply, guint status, const gchar * type, GBytes * bytes)
{
  g_return_if_fail (type || !bytes);
  if (bytes)
    g_bytes_ref (bytes);
  reply_set_kind (reply, ASP_HTTP_REPLY_CONTENT);
  reply->status = status;
  reply->type = g_strdup (type);
  reply->bytes = bytes;
}

void
asp_http_reply_status (AspHttpReply * reply, guint status)
{
  reply_set_kind (reply, ASP_HTTP_REPLY_STATUS);
  reply->status = status;
}

void
asp_http_reply_wait (AspHttpReply * reply, guint64 generation, guint timeout_ms)
{
  reply_set_kind (reply, ASP_HTTP_REPLY_WAIT);
  reply->generation = generation;
  reply->timeout_ms = timeout_ms;
}

void
asp_http_reply_stream (AspHttpReply * reply, const gchar * type, AspHttpMore more, gpointer data,
    GDestroyNotify destroy)
{
  reply_set_kind (reply, ASP_HTTP_REPLY_STREAM);
  reply->status = STATUS_OK;
  reply->type = g_strdup (type);
  reply->more = more;
  reply->more_data = data;
  reply->more_destroy = destroy;
}

void
asp_http_reply_pass (AspHttpReply * reply)
{
  reply_set_kind (reply, ASP_HTTP_REPLY_PASS);
}

void
asp_http_reply_cache (AspHttpReply * reply, guint max_age_s, gboolean immutable)
{
  reply->max_age_s = max_age_s;
  reply->immutable = immutable;
}

void
asp_http_reply_share (AspHttpReply * reply, guint shared_max_age_s)
{
  reply->shared_max_age_s = shared_max_age_s;
}

void
asp_http_reply_header (AspHttpReply * reply, const gchar * name, const gchar * value)
{
  if (!reply->fields)
    reply->fields = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (reply->fields, g_strdup (name));
  g_ptr_array_add (reply->fields, g_strdup (value));
}

void
asp_http_reply_clear (AspHttpReply * reply)
{
  reply_set_kind (reply, ASP_HTTP_REPLY_NONE);
  g_clear_pointer (&reply->fields, g_ptr_array_unref);
  memset (reply, 0, sizeof *reply);
}

/* -- routes -- */

void
asp_http_route_free (AspHttpRoute * r)
{
  g_free (r->path);
  g_free (r->folder);
  asp_http_body_unref (r->body);
  asp_http_topic_unref (r->topic);
  g_free (r);
}

gint
asp_http_route_compare (gconstpointer a, gconstpointer b)
{
  const AspHttpRoute *x = *(AspHttpRoute * const *) a;
  const AspHttpRoute *y = *(AspHttpRoute * const *) b;
  gsize x_length = strlen (x->path), y_length = strlen (y->path);

  if (x->is_prefix != y->is_prefix)
    return x->is_prefix ? 1 : -1;
  if (x_length != y_length)
    return x_length > y_length ? -1 : 1;
  return (x->folder != NULL) - (y->folder != NULL);
}

static gboolean
route_matches (const AspHttpRoute * r, const gchar * path)
{
  return r->is_prefix ? g_str_has_prefix (path, r->path) : !strcmp (path, r->path);
}

/* A playlist is small and asked for all the time: it comes whole, from memory mostly. */
static gboolean
ask_playlist (const AspHttpRoute * r, AspHttpFiles * files, const gchar * relative,
    const gchar * type, AspHttpReply * reply)
{
  AspHttpBody *body = asp_http_files_body (files, r->folder, relative, type, &reply->mtime_s);

  if (!body)
    return FALSE;
  asp_http_reply_cache (reply, r->options.playlist_max_age_s, FALSE);
  reply_set_kind (reply, ASP_HTTP_REPLY_BODY);
  reply->body = body;
  return TRUE;
}

static void
ask_folder (const AspHttpRoute * r, AspHttpFiles * files, const gchar * path,
    AspHttpReply * reply)
{
  g_autofree gchar *relative = asp_http_path_below (path, r->path);
  const gchar *type = relative ? asp_http_content_type (relative) : NULL;
  gboolean playlist = type && asp_http_is_playlist (relative);
  AspHttpFile *file;

  if (playlist && ask_playlist (r, files, relative, type, reply))
    return;
  file = type ? asp_http_file_open (files, r->folder, relative) : NULL;
  if (!file) {
    /* one that is not there yet may be there in a moment */
    asp_http_reply_cache (reply, r->options.error_max_age_s, FALSE);
    asp_http_reply_status (reply, STATUS_NOT_FOUND);
    return;
  }
  if (playlist)
    asp_http_reply_cache (reply, r->options.playlist_max_age_s, FALSE);
  else
    asp_http_reply_cache (reply, r->options.media_max_age_s, r->options.immutable);
  reply_set_kind (reply, ASP_HTTP_REPLY_FILE);
  reply->file = file;
  reply->file_type = type;
}

static void
ask_handler (const AspHttpRoute * r, const AspHttpRequest * request, AspHttpReply * reply)
{
  AspHttpRequest own = *request;
  AspHttpState *state = NULL;

  if (r->topic)
    state = asp_http_topic_take (r->topic, &own.generation);
  own.state = asp_http_state_data (state);
  r->handler (&own, reply, r->user_data);
  asp_http_state_unref (state);
  if (reply->kind == ASP_HTTP_REPLY_NONE)
    asp_http_reply_pass (reply);
  if (reply->kind == ASP_HTTP_REPLY_STREAM) {
    reply->topic = r->topic;
    if (!r->topic)
      asp_http_reply_status (reply, STATUS_UNAVAILABLE);
  }
  if (reply->kind == ASP_HTTP_REPLY_WAIT) {
    reply->topic = r->topic;
    /* what is there already, or nowhere, is nothing to wait for */
    if (!r->topic || reply->generation <= own.generation || request->expired)
      asp_http_reply_status (reply, STATUS_UNAVAILABLE);
  }
}

void
asp_http_routes_ask (const GPtrArray * routes, AspHttpFiles * files,
    const AspHttpRequest * request, AspHttpReply * reply)
{
  for (guint i = 0; i < routes->len; i++) {
    const AspHttpRoute *r = g_ptr_array_index (routes, i);

    if (!route_matches (r, request->path))
      continue;
    if (r->handler)
      ask_handler (r, request, reply);
    else if (strcmp (request->method, "GET"))
      asp_http_reply_status (reply, STATUS_METHOD_NOT_ALLOWED);
    else if (r->folder)
      ask_folder (r, files, request->path, reply);
    else
      asp_http_reply_body (reply, r->body);
    if (reply->kind != ASP_HTTP_REPLY_PASS)
      return;
    asp_http_reply_clear (reply);
  }
  asp_http_reply_status (reply, STATUS_NOT_FOUND);
}
