/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A transfer always waits for exactly one thing: a place, an attempt, in which an asynchronous call of
 * libsoup or GIO is `busy`, or the time of its next attempt. Its one timer stands at the earlier of two ends:
 * that of the whole, and that of the phase. What ends it from outside, a time or a cancellation, is told
 * at once: the attempt is cancelled and left behind. It ends by itself when the call under way comes
 * back, which libsoup 3.2 may put off for long on HTTP/2, so that nothing is freed under it.
 */
#include "asp-http-transfer.h"

#include <string.h>

#include "asp-http-receipt.h"
#include "asp-http-topic-private.h"

#define PIECE (64 * 1024)
/* What is read of an answer that nobody wants, to keep its connection. */
#define UNWANTED_MAX (16 * 1024)
#define BACKOFF_FIRST_US (200 * 1000)
#define BACKOFF_MAX_US (5 * G_USEC_PER_SEC)

typedef enum
{
  PHASE_WAITING,                /* for a place */
  PHASE_CONNECTING,
  PHASE_TALKING,
  PHASE_BACKING_OFF,
} Phase;

/* One request to one server, up to the end of libsoup's last word of it. */
typedef struct
{
  AspHttpTransfer *t;           /* NULL: it has been left behind */
  const AspHttpTransferFuncs *funcs;
  gpointer client;
  gboolean busy, sent;
  gboolean whole;               /* its body has come */
  SoupSession *session;
  SoupMessage *msg;
  GInputStream *in;
  GCancellable *cancellable;
  GBytes *piece;
  AspHttpReceipt receipt;
} Attempt;

struct _AspHttpTransfer
{
  guint64 id;
  AspHttpOrder *order;
  AspHttpDone done;
  gpointer user_data;
  gint64 came_us, total_end_us, phase_end_us;
  GError *verdict, *failure;

  AspHttpAllow *allow;
  const AspHttpTransferFuncs *funcs;
  gpointer client;
  GSource *timer;

  Phase phase;
  guint attempts, redirects, retries;
  gboolean sent;                /* of the whole */
  AspHttpUrl url;               /* of this hop */
  gchar *first_origin;
  GPtrArray *visited;           /* URLs */
  const gchar *method;
  gboolean with_body;

  Attempt *a;                   /* NULL: waits for its place, or for its next attempt */
};

static void attempt (AspHttpTransfer * t);
static void read_more (AspHttpTransfer * t);

static void
set_timer (AspHttpTransfer * t)
{
  g_source_set_ready_time (t->timer, MIN (t->total_end_us, t->phase_end_us));
}

static void
set_phase (AspHttpTransfer * t, Phase phase, gint64 after_us)
{
  t->phase = phase;
  t->phase_end_us = g_get_monotonic_time () + after_us;
  set_timer (t);
}

/* Something has moved. */
static void
touch (AspHttpTransfer * t)
{
  if (t->phase == PHASE_TALKING)
    set_phase (t, PHASE_TALKING, t->order->idle_timeout_us);
}

static void
attempt_free (Attempt * a)
{
  asp_http_receipt_close (&a->receipt, FALSE, NULL);
  g_clear_pointer (&a->piece, g_bytes_unref);
  g_clear_object (&a->in);
  if (a->msg)
    g_signal_handlers_disconnect_by_data (a->msg, a);
  g_clear_object (&a->msg);
  a->funcs->release (a->client, a->session);
  g_clear_object (&a->cancellable);
  g_free (a);
}

static void
end_attempt (AspHttpTransfer * t)
{
  g_clear_pointer (&t->a, attempt_free);
}

static void
on_left_closed (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  g_input_stream_close_finish (G_INPUT_STREAM (stream), result, NULL);
  attempt_free (user_data);
}

/* Of a call that has come back: whom it is for; NULL: nobody waits for it any more. */
static AspHttpTransfer *
come_back (Attempt * a)
{
  a->busy = FALSE;
  if (a->t)
    return a->t;
  if (a->in && !g_input_stream_is_closed (a->in))
    g_input_stream_close_async (a->in, G_PRIORITY_DEFAULT, NULL, on_left_closed, a);
  else
    attempt_free (a);
  return NULL;
}

/* What is under way is not waited for. */
static void
leave_attempt (AspHttpTransfer * t)
{
  Attempt *a = g_steal_pointer (&t->a);
  g_autoptr (GCancellable) cancellable = g_object_ref (a->cancellable);

  a->t = NULL;
  asp_http_receipt_abandon (&a->receipt);
  g_signal_handlers_disconnect_by_data (a->msg, a);
  if (!a->busy)
    attempt_free (a);
  else
    /* it may come back, and be freed, in here */
    g_cancellable_cancel (cancellable);
}

/* The end of it all. @error: taken over, nullable. The whole body is in the receipt. */
static void
finish (AspHttpTransfer * t, GError * error)
{
  g_autofree gchar *url = t->url.host ? asp_http_url_text (&t->url) : g_strdup ("");
  AspHttpReceipt *receipt = t->a ? &t->a->receipt : NULL;
  g_autofree gchar *sum = NULL;
  AspHttpAnswer answer = { 0, };

  answer.url = url;
  answer.attempts = t->attempts;
  answer.redirects = t->redirects;
  answer.sent = t->sent;
  answer.elapsed_us = g_get_monotonic_time () - t->came_us;
  if (t->a) {
    answer.size = receipt->size;
    answer.status = soup_message_get_status (t->a->msg);
    answer.fields = soup_message_get_response_headers (t->a->msg);
    answer.content_type = asp_http_answer_header (&answer, "Content-Type");
  }
  if (!error && receipt && receipt->memory)
    answer.body = g_byte_array_free_to_bytes (g_steal_pointer (&receipt->memory));
  if (!error && receipt && receipt->file) {
    sum = g_strdup (g_checksum_get_string (receipt->sum));
    answer.sha256 = asp_http_receipt_close (receipt, TRUE, &error) ? sum : NULL;
  } else if (receipt) {
    asp_http_receipt_abandon (receipt);
  }
  t->done (&answer, error, t->user_data);
  g_clear_error (&error);
  g_clear_pointer (&answer.body, g_bytes_unref);
  if (t->a)
    leave_attempt (t);
  t->funcs->ended (t->client, t);
}

static gboolean
says_unsent (AspHttpTransfer * t, const GError * error)
{
  return !t->a->sent && (error->code == ASP_HTTP_CLIENT_ERROR_RESOLVE ||
      error->code == ASP_HTTP_CLIENT_ERROR_CONNECT ||
      error->code == ASP_HTTP_CLIENT_ERROR_TIMEOUT);
}

/* May this be tried again, and when? -1 = no. */
static gint64
backoff_us (AspHttpTransfer * t, const GError * error, gint64 asked_us)
{
  gint64 wait_us = MIN (BACKOFF_FIRST_US << MIN (t->retries, 8), BACKOFF_MAX_US);
  gboolean safe = t->order->retry == ASP_HTTP_RETRY_SAFE;

  if (t->retries >= t->order->retries)
    return -1;
  if (error && !says_unsent (t, error) && !(safe &&
          (error->code == ASP_HTTP_CLIENT_ERROR_PROTOCOL ||
              error->code == ASP_HTTP_CLIENT_ERROR_TIMEOUT)))
    return -1;
  if (!error && !safe)
    return -1;
  /* many clients that failed together do not come back together */
  wait_us = wait_us / 2 + g_random_int_range (0, (gint32) (wait_us / 2) + 1);
  wait_us = MAX (wait_us, asked_us);
  return g_get_monotonic_time () + wait_us < t->total_end_us ? wait_us : -1;
}

static void
back_off (AspHttpTransfer * t, gint64 wait_us)
{
  t->retries++;
  set_phase (t, PHASE_BACKING_OFF, wait_us);
}

static GError *
explain (AspHttpTransfer * t, gint code, const gchar * why)
{
  g_autofree gchar *url = t->url.host ? asp_http_url_text (&t->url) : g_strdup ("the URL");
  g_autofree gchar *shown = asp_http_url_for_people (url);

  return g_error_new (ASP_HTTP_CLIENT_ERROR, code, "Cannot fetch %s: %s", shown, why);
}

/* What has gone wrong, in our words; takes @error over. */
static GError *
translate (AspHttpTransfer * t, GError * error)
{
  g_autoptr (GError) own = error;
  gint code = t->a->sent ? ASP_HTTP_CLIENT_ERROR_PROTOCOL : ASP_HTTP_CLIENT_ERROR_CONNECT;

  if (error->domain == ASP_HTTP_VET_ERROR)
    return asp_http_call_error (g_steal_pointer (&own));
  if (error->domain == ASP_HTTP_CLIENT_ERROR && g_str_has_prefix (error->message, "Cannot"))
    return g_steal_pointer (&own);
  if (error->domain == ASP_HTTP_CLIENT_ERROR)
    code = error->code;
  else if (error->domain == G_RESOLVER_ERROR)
    code = ASP_HTTP_CLIENT_ERROR_RESOLVE;
  else if (error->domain == G_TLS_ERROR)
    code = ASP_HTTP_CLIENT_ERROR_TLS;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    code = ASP_HTTP_CLIENT_ERROR_TIMEOUT;
  return explain (t, code, error->message);
}

/* Ends, or tries again. @error: taken over */
static void
give_up (AspHttpTransfer * t, GError * error)
{
  gint64 wait_us = error->code == ASP_HTTP_CLIENT_ERROR_CANCELLED ? -1 : backoff_us (t, error, 0);

  if (wait_us < 0) {
    finish (t, error);
    return;
  }
  g_error_free (error);
  leave_attempt (t);
  back_off (t, wait_us);
}

static void
on_failed_closed (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  AspHttpTransfer *t;

  g_input_stream_close_finish (G_INPUT_STREAM (stream), result, NULL);
  t = come_back (user_data);
  if (t)
    give_up (t, g_steal_pointer (&t->failure));
}

/* @error: taken over. A body that is not read to its end is closed, which closes its connection, and
 * never by what has been cancelled. */
static void
fail (AspHttpTransfer * t, GError * error)
{
  t->failure = translate (t, error);
  if (t->a->in) {
    t->a->busy = TRUE;
    g_input_stream_close_async (t->a->in, G_PRIORITY_DEFAULT, NULL, on_failed_closed, t->a);
  } else {
    give_up (t, g_steal_pointer (&t->failure));
  }
}

/* Ends what is under way for @code; a body that is whole already is not too late. */
static void
condemn (AspHttpTransfer * t, gint code, const gchar * why)
{
  /* what had gone wrong before says more than the time that its end takes */
  GError *error = t->failure && code == ASP_HTTP_CLIENT_ERROR_TIMEOUT ? g_steal_pointer (&t->failure) :
      explain (t, code, why);

  g_clear_error (&t->failure);
  g_source_set_ready_time (t->timer, -1);
  if (t->a && t->a->whole && code == ASP_HTTP_CLIENT_ERROR_TIMEOUT)
    g_clear_error (&error);
  if (t->a && error)
    give_up (t, error);
  else
    finish (t, error);
}

static gboolean
on_timer (gpointer user_data)
{
  AspHttpTransfer *t = user_data;
  gint64 now_us = g_get_monotonic_time ();

  g_source_set_ready_time (t->timer, -1);
  if (now_us >= t->total_end_us)
    condemn (t, ASP_HTTP_CLIENT_ERROR_TIMEOUT, t->phase == PHASE_WAITING ?
        "there was no place for it in time; too many transfers are under way" :
        "it takes longer than it may altogether");
  else if (now_us < t->phase_end_us)
    set_timer (t);
  else if (t->phase == PHASE_BACKING_OFF)
    attempt (t);
  else if (t->phase == PHASE_CONNECTING)
    condemn (t, ASP_HTTP_CLIENT_ERROR_TIMEOUT, "there is no connection in time");
  else if (t->phase == PHASE_TALKING)
    condemn (t, ASP_HTTP_CLIENT_ERROR_TIMEOUT, "the server has fallen silent");
  return G_SOURCE_CONTINUE;
}

/* -- the answer -- */

static gboolean
worth_another_try (guint status)
{
  static const guint list[] = { 408, 425, 429, 500, 502, 503, 504 };

  for (guint i = 0; i < G_N_ELEMENTS (list); i++)
    if (status == list[i])
      return TRUE;
  return FALSE;
}

static gint64
retry_after_us (AspHttpTransfer * t)
{
  const gchar *text = soup_message_headers_get_one (soup_message_get_response_headers (t->a->msg),
      "Retry-After");
  guint64 seconds = 0;

  if (!text || !g_ascii_string_to_unsigned (text, 10, 0, 3600, &seconds, NULL))
    return 0;
  return (gint64) seconds * G_USEC_PER_SEC;
}

static gboolean
is_redirect (AspHttpTransfer * t, guint status)
{
  return t->order->max_redirects > 0 && (status == 301 || status == 302 || status == 303 ||
      status == 307 || status == 308);
}

static GError *
redirect_error (AspHttpTransfer * t, const gchar * why)
{
  return explain (t, ASP_HTTP_CLIENT_ERROR_REDIRECT, why);
}

static gboolean
is_visited (AspHttpTransfer * t, const gchar * text)
{
  for (guint i = 0; i < t->visited->len; i++)
    if (!strcmp (g_ptr_array_index (t->visited, i), text))
      return TRUE;
  return FALSE;
}

/* Who may ask an origin may ask it at another place too, and nobody else. */
static void
keep_credentials (const AspHttpUrl * from, AspHttpUrl * to)
{
  g_autofree gchar *there = asp_http_url_origin (to);
  g_autofree gchar *here = asp_http_url_origin (from);

  if (to->user || strcmp (here, there) != 0)
    return;
  to->user = g_strdup (from->user);
  to->password = g_strdup (from->password);
}

/* RFC 9110 15.4: the method stays with 307 and 308, else it becomes GET. */
static void
follow (AspHttpTransfer * t)
{
  guint status = soup_message_get_status (t->a->msg);
  const gchar *location = soup_message_headers_get_one (soup_message_get_response_headers (t->a->msg),
      "Location");
  GError *error = NULL;
  AspHttpUrl next;
  g_autofree gchar *text = NULL;

  if (!location) {
    finish (t, redirect_error (t, "it redirects to nowhere"));
    return;
  }
  if (t->redirects >= t->order->max_redirects) {
    finish (t, redirect_error (t, "it redirects too often"));
    return;
  }
  if (!asp_http_url_follow (&t->url, location, t->allow, &next, &error)) {
    finish (t, asp_http_call_error (error));
    return;
  }
  text = asp_http_url_text (&next);
  if (status != 307 && status != 308 && strcmp (t->method, "HEAD") != 0) {
    t->method = "GET";
    t->with_body = FALSE;
  }
  if (is_visited (t, text)) {
    asp_http_url_clear (&next);
    finish (t, redirect_error (t, "it redirects in a circle"));
    return;
  }
  g_ptr_array_add (t->visited, g_steal_pointer (&text));
  end_attempt (t);
  keep_credentials (&t->url, &next);
  asp_http_url_clear (&t->url);
  t->url = next;
  t->redirects++;
  attempt (t);
}

/* The answer is thrown away; its end is the beginning of what comes next. */
static void
on_unwanted_closed (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  AspHttpTransfer *t;
  gint64 wait_us;

  g_input_stream_close_finish (G_INPUT_STREAM (stream), result, NULL);
  t = come_back (user_data);
  if (!t)
    return;
  if (is_redirect (t, soup_message_get_status (t->a->msg))) {
    follow (t);
    return;
  }
  wait_us = backoff_us (t, NULL, retry_after_us (t));
  end_attempt (t);
  back_off (t, MAX (wait_us, 0));
}

static void
on_unwanted_read (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  AspHttpTransfer *t;

  g_input_stream_skip_finish (G_INPUT_STREAM (stream), result, NULL);
  t = come_back (user_data);
  if (!t)
    return;
  t->a->busy = TRUE;
  g_input_stream_close_async (t->a->in, G_PRIORITY_DEFAULT, NULL, on_unwanted_closed, t->a);
}

static void
on_closed (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  AspHttpTransfer *t;

  g_input_stream_close_finish (G_INPUT_STREAM (stream), result, NULL);
  t = come_back (user_data);
  if (t)
    finish (t, NULL);
}

static void
on_written (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  Attempt *a = user_data;
  g_autoptr (GError) error = NULL;
  gboolean good = asp_http_receipt_written (&a->receipt, result, &error);
  AspHttpTransfer *t;

  g_clear_pointer (&a->piece, g_bytes_unref);
  t = come_back (a);
  if (t && !good)
    fail (t, g_steal_pointer (&error));
  else if (t)
    read_more (t);
}

/* libsoup takes a connection that ends too early for the end of the body. */
static gboolean
is_cut_short (AspHttpTransfer * t)
{
  SoupMessageHeaders *h = soup_message_get_response_headers (t->a->msg);
  SoupMessageMetrics *metrics = soup_message_get_metrics (t->a->msg);

  return soup_message_headers_get_encoding (h) == SOUP_ENCODING_CONTENT_LENGTH &&
      strcmp (t->method, "HEAD") != 0 && metrics &&
      soup_message_metrics_get_response_body_bytes_received (metrics) <
      (guint64) soup_message_headers_get_content_length (h);
}

static void
on_read (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  Attempt *a = user_data;
  GError *error = NULL;
  AspHttpTransfer *t;

  a->piece = g_input_stream_read_bytes_finish (a->in, result, &error);
  t = come_back (a);
  if (!t) {
    g_clear_error (&error);
    return;
  }
  if (!a->piece) {
    fail (t, error);
    return;
  }
  touch (t);
  if (g_bytes_get_size (t->a->piece) == 0 && is_cut_short (t)) {
    fail (t, explain (t, ASP_HTTP_CLIENT_ERROR_PROTOCOL, "the answer breaks off in the middle"));
  } else if (g_bytes_get_size (t->a->piece) == 0) {
    t->a->busy = t->a->whole = TRUE;
    g_input_stream_close_async (t->a->in, G_PRIORITY_DEFAULT, NULL, on_closed, t->a);
  } else if (!asp_http_receipt_take (&t->a->receipt, t->a->piece, &error)) {
    fail (t, error);
  } else if (t->a->receipt.file) {
    t->a->busy = TRUE;
    asp_http_receipt_write (&t->a->receipt, t->a->piece, t->a->cancellable, on_written, t->a);
  } else {
    g_clear_pointer (&t->a->piece, g_bytes_unref);
    read_more (t);
  }
}

static void
read_more (AspHttpTransfer * t)
{
  t->a->busy = TRUE;
  g_input_stream_read_bytes_async (t->a->in, PIECE, G_PRIORITY_DEFAULT, t->a->cancellable, on_read, t->a);
}

/* A length that is announced need not be read to be refused. */
static gboolean
open_receipt (AspHttpTransfer * t, guint status, GError ** error)
{
  SoupMessageHeaders *h = soup_message_get_response_headers (t->a->msg);
  goffset length = soup_message_headers_get_content_length (h);

  if (strcmp (t->method, "HEAD") != 0 && length > 0 && (guint64) length > t->order->max_bytes) {
    g_set_error (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_SIZE,
        "the answer says it has %" G_GOFFSET_FORMAT " bytes, and may have %" G_GSIZE_FORMAT, length,
        t->order->max_bytes);
    return FALSE;
  }
  return asp_http_receipt_open (&t->a->receipt, status == 200 ? t->order->file : NULL,
      t->order->max_bytes, error);
}

static void
on_answer (GObject * session, GAsyncResult * result, gpointer user_data)
{
  Attempt *a = user_data;
  GError *error = NULL;
  AspHttpTransfer *t;
  guint status;

  a->in = soup_session_send_finish (SOUP_SESSION (session), result, &error);
  t = come_back (a);
  if (!t) {
    g_clear_error (&error);
    return;
  }
  if (!a->in) {
    fail (t, error);
    return;
  }
  touch (t);
  status = soup_message_get_status (t->a->msg);
  if (is_redirect (t, status) || (worth_another_try (status) &&
          backoff_us (t, NULL, retry_after_us (t)) >= 0)) {
    t->a->busy = TRUE;
    g_input_stream_skip_async (t->a->in, UNWANTED_MAX, G_PRIORITY_DEFAULT, t->a->cancellable,
        on_unwanted_read, t->a);
  } else if (open_receipt (t, status, &error)) {
    read_more (t);
  } else {
    fail (t, error);
  }
}

const gchar *
asp_http_answer_header (const AspHttpAnswer * answer, const gchar * name)
{
  return answer->fields ?
      soup_message_headers_get_list ((SoupMessageHeaders *) answer->fields, name) : NULL;
}

/* -- the request -- */

/* There is a connection, and the request goes out on it. */
static void
on_starting (SoupMessage * msg, Attempt * a)
{
  a->t->sent = a->sent = TRUE;
  set_phase (a->t, PHASE_TALKING, a->t->order->idle_timeout_us);
}

/* libsoup would send once more what a kept connection has broken off under. It may have been
 * counted already: whether that is done, and when, is for backoff_us() to say. */
static void
on_restarted (SoupMessage * msg, Attempt * a)
{
  condemn (a->t, ASP_HTTP_CLIENT_ERROR_PROTOCOL, "the connection was closed instead of an answer");
}

static void
on_body_data (SoupMessage * msg, guint size, Attempt * a)
{
  touch (a->t);
}

static void
add_headers (SoupMessageHeaders * h, gchar ** list)
{
  for (guint i = 0; list && list[i]; i += 2)
    soup_message_headers_replace (h, list[i], list[i + 1]);
}

static void
authorize (SoupMessageHeaders * h, const AspHttpUrl * url)
{
  g_autofree gchar *both = NULL;
  g_autofree gchar *code = NULL;
  g_autofree gchar *value = NULL;

  if (!url->user)
    return;
  both = g_strdup_printf ("%s:%s", url->user, url->password ? url->password : "");
  code = g_base64_encode ((const guchar *) both, strlen (both));
  value = g_strconcat ("Basic ", code, NULL);
  soup_message_headers_replace (h, "Authorization", value);
}

static SoupMessage *
make_message (AspHttpTransfer * t, gboolean at_home)
{
  /* not parsed again: path and query go out as they came */
  g_autoptr (GUri) uri = g_uri_build (SOUP_HTTP_URI_FLAGS, t->url.https ? "https" : "http", NULL,
      t->url.host, t->url.port, t->url.path, t->url.query, NULL);
  SoupMessage *msg = soup_message_new_from_uri (t->method, uri);
  SoupMessageHeaders *h = soup_message_get_request_headers (msg);

  soup_message_add_flags (msg, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_COLLECT_METRICS);
  soup_message_disable_feature (msg, SOUP_TYPE_AUTH_MANAGER);
#if SOUP_CHECK_VERSION (3, 4, 0)
  soup_message_set_force_http1 (msg, TRUE);
#endif
  add_headers (h, t->order->device_headers);
  if (at_home)
    add_headers (h, t->order->headers);
  authorize (h, &t->url);
  if (at_home && t->order->identity)
    soup_message_set_tls_client_certificate (msg,
        asp_http_identity_certificate (t->order->identity));
  if (t->with_body) {
    soup_message_set_request_body_from_bytes (msg, t->order->body_type, t->order->body);
    if (t->order->body_is_gzip)
      soup_message_headers_replace (h, "Content-Encoding", "gzip");
  }
  g_signal_connect (msg, "starting", G_CALLBACK (on_starting), t->a);
  g_signal_connect (msg, "restarted", G_CALLBACK (on_restarted), t->a);
  g_signal_connect (msg, "wrote-body-data", G_CALLBACK (on_body_data), t->a);
  return msg;
}

static void
attempt (AspHttpTransfer * t)
{
  g_autofree gchar *origin = asp_http_url_origin (&t->url);
  gboolean at_home = !strcmp (origin, t->first_origin);

  t->attempts = t->retries + 1;
  t->a = g_new0 (Attempt, 1);
  t->a->t = t;
  t->a->funcs = t->funcs;
  t->a->client = t->client;
  t->a->cancellable = g_cancellable_new ();
  t->a->session = t->funcs->acquire (t->client, &t->url, at_home ? t->order->identity : NULL);
  t->a->msg = make_message (t, at_home);
  set_phase (t, PHASE_CONNECTING, t->order->connect_timeout_us);
  t->a->busy = TRUE;
  soup_session_send_async (t->a->session, t->a->msg, G_PRIORITY_DEFAULT, t->a->cancellable, on_answer, t->a);
}

/* -- from outside -- */

AspHttpTransfer *
asp_http_transfer_new (guint64 id, AspHttpOrder * order, GError * why, gint64 came_us,
    AspHttpDone done, gpointer user_data)
{
  AspHttpTransfer *t = g_new0 (AspHttpTransfer, 1);

  t->id = id;
  t->order = order;
  t->verdict = why;
  t->came_us = came_us;
  t->total_end_us = came_us + order->total_timeout_us;
  t->phase_end_us = G_MAXINT64;
  t->done = done;
  t->user_data = user_data;
  t->method = order->method;
  t->with_body = order->body != NULL;
  t->visited = g_ptr_array_new_with_free_func (g_free);
  return t;
}

void
asp_http_transfer_free (AspHttpTransfer * t)
{
  if (t->timer) {
    g_source_destroy (t->timer);
    g_source_unref (t->timer);
  }
  g_clear_error (&t->verdict);
  g_clear_error (&t->failure);
  asp_http_order_free (t->order);
  asp_http_url_clear (&t->url);
  asp_http_allow_unref (t->allow);
  g_ptr_array_unref (t->visited);
  g_free (t->first_origin);
  g_free (t);
}

guint64
asp_http_transfer_id (const AspHttpTransfer * t)
{
  return t->id;
}

gboolean
asp_http_transfer_has_begun (const AspHttpTransfer * t)
{
  return t->phase != PHASE_WAITING;
}

void
asp_http_transfer_attach (AspHttpTransfer * t, GMainContext * context, AspHttpAllow * allow,
    const AspHttpTransferFuncs * funcs, gpointer client)
{
  t->allow = asp_http_allow_ref (allow);
  t->funcs = funcs;
  t->client = client;
  t->timer = asp_http_ready_source_new (context, on_timer, t);
  set_timer (t);
  if (t->order->url.host) {
    /* the order keeps an empty one */
    t->url = t->order->url;
    memset (&t->order->url, 0, sizeof t->order->url);
    t->first_origin = asp_http_url_origin (&t->url);
    g_ptr_array_add (t->visited, asp_http_url_text (&t->url));
  }
}

void
asp_http_transfer_begin (AspHttpTransfer * t)
{
  if (t->verdict)
    finish (t, g_steal_pointer (&t->verdict));
  else
    attempt (t);
}

void
asp_http_transfer_cancel (AspHttpTransfer * t)
{
  g_clear_error (&t->verdict);
  condemn (t, ASP_HTTP_CLIENT_ERROR_CANCELLED, "it was cancelled");
}
