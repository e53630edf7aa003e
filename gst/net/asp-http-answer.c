/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-answer.h"

#include <string.h>

#define ALLOWED_METHODS "GET, HEAD, OPTIONS"
#define WRITING_METHODS "POST, PUT, PATCH, DELETE"

/* One file on its way to one client. */
typedef struct
{
  AspHttpFile *file;
  guint64 position;
  guint64 left;
  AspHttpAbort abort_func;
  gpointer user_data;
} Transfer;

/* What of a body or a file is sent, and how it is called. */
typedef struct
{
  const gchar *type;
  const gchar *etag;
  gint64 mtime_s;               /* -1 = none */
  guint64 size;
  AspHttpRange range;
} Selection;

static void
transfer_free (gpointer data)
{
  Transfer *t = data;

  asp_http_file_close (t->file);
  g_free (t);
}

static const gchar *
request_field (SoupServerMessage * msg, const gchar * name)
{
  return soup_message_headers_get_one (soup_server_message_get_request_headers (msg), name);
}

const gchar *
asp_http_request_header (const AspHttpRequest * request, const gchar * name)
{
  return request->fields ?
      soup_message_headers_get_list ((SoupMessageHeaders *) request->fields, name) : NULL;
}

guint
asp_http_answer_refuse_body (SoupServerMessage * msg, gsize body_max)
{
  SoupMessageHeaders *h = soup_server_message_get_request_headers (msg);
  const gchar *length = soup_message_headers_get_list (h, "Content-Length");

  if (soup_message_headers_get_one (h, "Transfer-Encoding"))
    return 411;
  /* of two lengths libsoup takes one, a proxy in front may take the other (RFC 9112 6.3) */
  if (length && strchr (length, ','))
    return 400;
  if (body_max == 0)
    body_max = ASP_HTTP_REQUEST_BODY_MAX;
  return (guint64) soup_message_headers_get_content_length (h) > body_max ? 413 : 0;
}

/* -- the request -- */

static void
add_cors (SoupMessageHeaders * h)
{
  soup_message_headers_append (h, "Access-Control-Allow-Origin", "*");
  soup_message_headers_append (h, "Access-Control-Expose-Headers",
      "Age, Content-Length, Content-Range, Date, ETag, Server-Timing");
  /* so that a page sees how long it was held, beside how long it took */
  soup_message_headers_append (h, "Timing-Allow-Origin", "*");
}

static void
answer_options (SoupServerMessage * msg, SoupMessageHeaders * h)
{
  soup_message_headers_append (h, "Allow", ALLOWED_METHODS);
  soup_message_headers_append (h, "Access-Control-Allow-Methods", ALLOWED_METHODS);
  soup_message_headers_append (h, "Access-Control-Allow-Headers", "If-None-Match, Range");
  soup_message_headers_append (h, "Access-Control-Max-Age", "86400");
  /* not 204: libsoup closes the connection behind an answer without a length */
  soup_message_headers_set_content_length (h, 0);
  soup_server_message_set_status (msg, SOUP_STATUS_OK, NULL);
}

gboolean
asp_http_answer_method (SoupServerMessage * msg, gboolean writable)
{
  static const gchar *const writing[] = { "POST", "PUT", "PATCH", "DELETE", NULL };
  const gchar *method = soup_server_message_get_method (msg);
  SoupMessageHeaders *h;

  if (!strcmp (method, "GET") || !strcmp (method, "HEAD") ||
      (writable && g_strv_contains (writing, method)))
    return FALSE;
  h = soup_server_message_get_response_headers (msg);
  if (writable) {
    /* a page of another origin that asks whether it may gets no word of permission */
    soup_message_headers_append (h, "Allow", ALLOWED_METHODS ", " WRITING_METHODS);
    soup_message_headers_set_content_length (h, 0);
    soup_server_message_set_status (msg, strcmp (method, "OPTIONS") ? SOUP_STATUS_METHOD_NOT_ALLOWED :
        SOUP_STATUS_OK, NULL);
    return TRUE;
  }
  add_cors (h);
  if (!strcmp (method, "OPTIONS")) {
    answer_options (msg, h);
    return TRUE;
  }
  soup_message_headers_append (h, "Cache-Control", "no-cache");
  soup_message_headers_append (h, "Allow", ALLOWED_METHODS);
  soup_message_headers_set_content_length (h, 0);
  soup_server_message_set_status (msg, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
  return TRUE;
}

void
asp_http_answer_read_request (SoupServerMessage * msg, AspHttpRequest * request)
{
  GUri *uri = soup_server_message_get_uri (msg);
  GSocketAddress *peer = soup_server_message_get_remote_address (msg);
  SoupMessageBody *body = soup_server_message_get_request_body (msg);
  const gchar *method = soup_server_message_get_method (msg);

  memset (request, 0, sizeof *request);
  /* makes `data` of what has come in pieces */
  if (soup_message_body_get_accumulate (body))
    g_bytes_unref (soup_message_body_flatten (body));
  request->method = strcmp (method, "HEAD") ? method : "GET";
  request->body = body->data ? body->data : "";
  request->body_size = body->data ? (gsize) body->length : 0;
  request->from_loopback = G_IS_INET_SOCKET_ADDRESS (peer) &&
      g_inet_address_get_is_loopback (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (peer)));
  request->path = g_uri_get_path (uri);
  request->query = g_uri_get_query (uri);
  request->fields = soup_server_message_get_request_headers (msg);
}

/* -- the answer -- */

static void
add_cache_control (SoupMessageHeaders * h, const AspHttpReply * reply)
{
  gchar text[64];

  if (reply->shared_max_age_s > 0 && g_snprintf (text, sizeof text, "max-age=%u, s-maxage=%u",
          reply->max_age_s, reply->shared_max_age_s) > 0)
    soup_message_headers_append (h, "Cache-Control", text);
  else if (reply->max_age_s == 0)
    soup_message_headers_append (h, "Cache-Control", "no-cache");
  else if (g_snprintf (text, sizeof text, "max-age=%u%s", reply->max_age_s,
          reply->immutable ? ", immutable" : "") > 0)
    soup_message_headers_append (h, "Cache-Control", text);
}

/* Whole microseconds, written by hand: a comma of the process's locale has no place here. */
static void
add_server_timing (SoupMessageHeaders * h, const AspHttpTimes * times)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 begin_us = times->released_us ? times->released_us : times->came_us;
  gint64 app_us = MAX (now_us - begin_us, 0);
  gint64 hold_us = MAX (begin_us - times->came_us, 0);
  gchar text[96];

  if (times->released_us)
    g_snprintf (text, sizeof text, "hold;dur=%d.%03d, app;dur=%d.%03d", (int) (hold_us / 1000),
        (int) (hold_us % 1000), (int) (app_us / 1000), (int) (app_us % 1000));
  else
    g_snprintf (text, sizeof text, "app;dur=%d.%03d", (int) (app_us / 1000),
        (int) (app_us % 1000));
  soup_message_headers_append (h, "Server-Timing", text);
}

static void
set_status_only (SoupServerMessage * msg, guint status)
{
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);

  if (status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    soup_message_headers_append (h, "Retry-After", "1");
  soup_message_headers_set_content_length (h, 0);
  soup_server_message_set_status (msg, status, NULL);
}

/* RFC 9110 13.2.2: the tag decides, the date only where no tag was sent. */
static gboolean
client_has_it (SoupServerMessage * msg, const Selection * what)
{
  const gchar *tags = soup_message_headers_get_list (soup_server_message_get_request_headers
      (msg), "If-None-Match");
  const gchar *date;
  g_autoptr (GDateTime) since = NULL;

  if (tags)
    return asp_http_etag_listed (tags, what->etag);
  if (what->mtime_s < 0)
    return FALSE;
  date = request_field (msg, "If-Modified-Since");
  since = date ? soup_date_time_new_from_http_string (date) : NULL;
  return since && g_date_time_to_unix (since) >= what->mtime_s;
}

/* RFC 9110 13.1.5: a range of what has changed since is the whole of it. */
static gboolean
range_still_holds (SoupServerMessage * msg, const gchar * etag)
{
  const gchar *condition = request_field (msg, "If-Range");

  return !condition || !strcmp (condition, etag);
}

/* Status and range headers; returns FALSE when there is no body to send. */
static gboolean
answer_range (SoupServerMessage * msg, Selection * what)
{
  SoupMessageHeaders *request = soup_server_message_get_request_headers (msg);
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);
  g_autofree gchar *wanted = g_strdup (soup_message_headers_get_one (request, "Range"));
  AspHttpRangeResult result = ASP_HTTP_RANGE_WHOLE;
  gboolean get = !strcmp (soup_server_message_get_method (msg), "GET");
  guint64 length = what->size;

  what->range.first = 0;
  if (wanted) {
    /* libsoup would cut the range out of what it has of the body so far */
    soup_message_headers_remove (request, "Range");
    if (get && range_still_holds (msg, what->etag))
      result = asp_http_range_parse (wanted, what->size, &what->range);
  }
  soup_message_headers_append (h, "Accept-Ranges", "bytes");
  if (result == ASP_HTTP_RANGE_UNSATISFIABLE) {
    g_autofree gchar *all = g_strdup_printf ("bytes */%" G_GUINT64_FORMAT, what->size);

    soup_message_headers_replace (h, "Content-Range", all);
    soup_message_headers_replace (h, "Cache-Control", "no-cache");
    set_status_only (msg, SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE);
    return FALSE;
  }
  if (result == ASP_HTTP_RANGE_PART) {
    length = what->range.last - what->range.first + 1;
    soup_message_headers_set_content_range (h, (goffset) what->range.first,
        (goffset) what->range.last, (goffset) what->size);
  }
  what->range.last = what->range.first + length - 1;
  soup_message_headers_set_content_length (h, (goffset) length);
  soup_server_message_set_status (msg,
      result == ASP_HTTP_RANGE_PART ? SOUP_STATUS_PARTIAL_CONTENT : SOUP_STATUS_OK, NULL);
  return get && length > 0;
}

/* Headers and status; FALSE when there is no body to send. */
static gboolean
answer_selection (SoupServerMessage * msg, Selection * what)
{
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);

  soup_message_headers_append (h, "ETag", what->etag);
  if (client_has_it (msg, what)) {
    soup_server_message_set_status (msg, SOUP_STATUS_NOT_MODIFIED, NULL);
    return FALSE;
  }
  soup_message_headers_append (h, "Content-Type", what->type);
  if (what->mtime_s >= 0) {
    gchar text[ASP_HTTP_DATE_SIZE];

    if (asp_http_date (what->mtime_s, text))
      soup_message_headers_append (h, "Last-Modified", text);
  }
  return answer_range (msg, what);
}

/* -- bodies -- */

static void
answer_body (SoupServerMessage * msg, AspHttpBody * body, gint64 mtime_s, AspHttpStream * stream)
{
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);
  GBytes *bytes = asp_http_body_get_bytes (body);
  Selection what = {.type = asp_http_body_get_type (body),.etag = asp_http_body_get_etag (body),
    .mtime_s = mtime_s
  };
  SoupMessageBody *out;

  if (asp_http_body_get_gzip (body)) {
    const gchar *accepted = soup_message_headers_get_list (soup_server_message_get_request_headers
        (msg), "Accept-Encoding");

    soup_message_headers_append (h, "Vary", "Accept-Encoding");
    /* a range is one of the text itself */
    if (asp_http_accepts_gzip (accepted) && !request_field (msg, "Range")) {
      bytes = asp_http_body_get_gzip (body);
      what.etag = asp_http_body_get_gzip_etag (body);
      soup_message_headers_append (h, "Content-Encoding", "gzip");
    }
  }
  what.size = g_bytes_get_size (bytes);
  if (!answer_selection (msg, &what)) {
    if (soup_server_message_get_status (msg) == SOUP_STATUS_NOT_MODIFIED)
      soup_message_headers_remove (h, "Content-Encoding");
    return;
  }
  out = soup_server_message_get_response_body (msg);
  if (what.range.first == 0 && what.range.last + 1 == what.size) {
    soup_message_body_append_bytes (out, bytes);
  } else {
    g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, (gsize) what.range.first,
        (gsize) (what.range.last - what.range.first + 1));

    soup_message_body_append_bytes (out, part);
  }
  soup_message_body_complete (out);
  if (stream)
    asp_http_stream_join_next_write (stream);
}

/* Puts the next piece into the body; the one after it follows when this one has gone
 * out ("wrote-chunk"). */
static void
send_piece (SoupServerMessage * msg, gpointer data)
{
  Transfer *t = data;
  SoupMessageBody *body = soup_server_message_get_response_body (msg);
  g_autoptr (GBytes) piece = NULL;
  gsize size;

  if (t->left == 0)
    return;
  piece = asp_http_file_piece (t->file, t->position);
  if (!piece) {
    /* shorter than it was: the length has been promised, only closing tells the truth */
    t->left = 0;
    t->abort_func (msg, t->user_data);
    return;
  }
  size = g_bytes_get_size (piece);
  if (size > t->left) {
    g_autoptr (GBytes) last = g_bytes_new_from_bytes (piece, 0, (gsize) t->left);

    soup_message_body_append_bytes (body, last);
    size = (gsize) t->left;
  } else {
    soup_message_body_append_bytes (body, piece);
  }
  t->position += size;
  t->left -= size;
  if (t->left == 0)
    soup_message_body_complete (body);
}

static void
answer_file (SoupServerMessage * msg, AspHttpReply * reply, AspHttpStream * stream,
    AspHttpAbort abort_func, gpointer user_data)
{
  Selection what = {.type = reply->file_type,.etag = reply->file->etag,
    .mtime_s = reply->file->mtime_s,.size = reply->file->size
  };
  Transfer *t;

  if (!answer_selection (msg, &what))
    return;
  t = g_new0 (Transfer, 1);
  t->file = g_steal_pointer (&reply->file);
  t->position = what.range.first;
  t->left = what.range.last - what.range.first + 1;
  t->abort_func = abort_func;
  t->user_data = user_data;
  soup_message_body_set_accumulate (soup_server_message_get_response_body (msg), FALSE);
  g_object_set_data_full (G_OBJECT (msg), "asp-transfer", t, transfer_free);
  g_signal_connect (msg, "wrote-chunk", G_CALLBACK (send_piece), t);
  if (stream)
    asp_http_stream_join_next_write (stream);
  send_piece (msg, t);
}

/* Made for this request alone. */
static void
answer_content (SoupServerMessage * msg, AspHttpReply * reply, AspHttpStream * stream)
{
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);
  gsize size = reply->bytes ? g_bytes_get_size (reply->bytes) : 0;

  /* libsoup would cut the range out of it */
  soup_message_headers_remove (soup_server_message_get_request_headers (msg), "Range");
  if (reply->type)
    soup_message_headers_append (h, "Content-Type", reply->type);
  /* a 204 has no length (RFC 9110 8.6), and libsoup closes the connection behind an answer without
   * one: unless that is said, the client's next request is lost */
  if (reply->status == SOUP_STATUS_NO_CONTENT)
    soup_message_headers_replace (h, "Connection", "close");
  else
    soup_message_headers_set_content_length (h, (goffset) size);
  soup_server_message_set_status (msg, reply->status, NULL);
  if (size > 0 && strcmp (soup_server_message_get_method (msg), "HEAD")) {
    SoupMessageBody *out = soup_server_message_get_response_body (msg);

    soup_message_body_append_bytes (out, reply->bytes);
    soup_message_body_complete (out);
    if (stream)
      asp_http_stream_join_next_write (stream);
  }
}

/* The head of an answer that goes on: where it passes a proxy, that is not to collect it. */
static void
answer_stream (SoupServerMessage * msg, AspHttpReply * reply)
{
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);

  soup_message_headers_remove (soup_server_message_get_request_headers (msg), "Range");
  soup_message_headers_append (h, "Content-Type", reply->type);
  soup_message_headers_append (h, "X-Accel-Buffering", "no");
  if (soup_server_message_get_http_version (msg) != SOUP_HTTP_2_0)
    soup_message_headers_replace (h, "Connection", "close");
  soup_server_message_set_status (msg, reply->status, NULL);
}

void
asp_http_answer_apply (SoupServerMessage * msg, AspHttpReply * reply, const AspHttpTimes * times,
    gboolean writable, AspHttpStream * stream, AspHttpAbort abort_func, gpointer user_data)
{
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);

  if (!writable)
    add_cors (h);
  add_cache_control (h, reply);
  for (guint i = 0; reply->fields && i + 1 < reply->fields->len; i += 2)
    soup_message_headers_append (h, g_ptr_array_index (reply->fields, i),
        g_ptr_array_index (reply->fields, i + 1));
  if (reply->kind == ASP_HTTP_REPLY_BODY)
    answer_body (msg, reply->body, reply->mtime_s, stream);
  else if (reply->kind == ASP_HTTP_REPLY_FILE)
    answer_file (msg, reply, stream, abort_func, user_data);
  else if (reply->kind == ASP_HTTP_REPLY_CONTENT)
    answer_content (msg, reply, stream);
  else if (reply->kind == ASP_HTTP_REPLY_STREAM)
    answer_stream (msg, reply);
  else
    set_status_only (msg, reply->status);
  add_server_timing (h, times);
  asp_http_reply_clear (reply);
}
