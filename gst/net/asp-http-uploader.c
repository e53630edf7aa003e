/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: the users' (put, remove, stats, free) and the uploader's, which owns everything
 * below "uploader's thread". `lock` guards `incoming` and `stats`; nothing is called while it
 * is held but g_source_set_ready_time().
 */
#include "asp-http-uploader.h"

#include <libsoup/soup.h>
#include <string.h>

#include "asp-http-topic-private.h"
#include "asp-http-upload-queue.h"

#define DEFAULT_QUEUE_BYTES (64 * 1024 * 1024)
#define DEFAULT_PARALLEL 4
#define DEFAULT_SILENCE_TIMEOUT_S 10
#define DEFAULT_GIVE_UP_S 30
/* What is read of an answer to keep its connection. */
#define ANSWER_MAX (16 * 1024)

struct _AspHttpUploader
{
  const AspHttpUploaderFuncs *funcs;
  gpointer user_data;
  GUri *base;                   /* without user and password; its path ends with '/' */
  gchar *authorization;         /* nullable */
  GTlsDatabase *trusted;        /* nullable */
  guint silence_timeout_s;
  gboolean remove_old;
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  GSource *wake;

  GMutex lock;
  GQueue incoming;              /* AspHttpUpload */
  AspHttpUploaderStats stats;
  gint64 stop_us;               /* 0 = not to stop */

  /* uploader's thread */
  SoupSession *session;
  AspHttpUploadQueue queue;
  GCancellable *cancellable;
  guint n_running;
  gboolean in_trouble;
};

typedef struct
{
  AspHttpUploader *uploader;
  AspHttpUpload *upload;
  SoupMessage *msg;
} Transfer;

/* -- uploader's thread from here to uploader_main () -- */

static void
give_up (AspHttpUploader * u, guint n, GError * error)
{
  g_mutex_lock (&u->lock);
  u->stats.given_up += n;
  g_mutex_unlock (&u->lock);
  if (!u->in_trouble && u->funcs && u->funcs->trouble)
    u->funcs->trouble (error, u->user_data);
  u->in_trouble = TRUE;
}

static void
count_success (AspHttpUploader * u, const AspHttpUpload * upload)
{
  g_mutex_lock (&u->lock);
  if (upload->kind == ASP_HTTP_UPLOAD_REMOVE) {
    u->stats.removed++;
  } else {
    u->stats.sent++;
    u->stats.sent_bytes += g_bytes_get_size (upload->bytes);
  }
  g_mutex_unlock (&u->lock);
  if (u->in_trouble && upload->kind != ASP_HTTP_UPLOAD_REMOVE) {
    u->in_trouble = FALSE;
    if (u->funcs && u->funcs->recovered)
      u->funcs->recovered (u->user_data);
  }
}

static gboolean
worth_another_try (guint status)
{
  return status == 0 || status == SOUP_STATUS_REQUEST_TIMEOUT || status == 425 || status == 429 ||
      (status >= 500 && status != SOUP_STATUS_NOT_IMPLEMENTED);
}

/* What is gone already, or cannot be removed there, is no trouble. */
static gboolean
is_success (const AspHttpUpload * upload, guint status)
{
  return SOUP_STATUS_IS_SUCCESSFUL (status) || (upload->kind == ASP_HTTP_UPLOAD_REMOVE &&
      (status == SOUP_STATUS_NOT_FOUND || status == SOUP_STATUS_GONE));
}

static GError *
failure (AspHttpUploader * u, const AspHttpUpload * upload, guint status, const GError * why)
{
  g_autofree gchar *url = g_uri_to_string (u->base);
  const gchar *verb = upload->kind == ASP_HTTP_UPLOAD_REMOVE ? "remove" : "upload";

  if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN)
    return g_error_new (ASP_HTTP_ERROR, ASP_HTTP_ERROR_REFUSED, "Cannot %s %s at %s: it answers "
        "%u; put a user and password that may do it into the URL", verb, upload->name, url, status);
  if (status != 0)
    return g_error_new (ASP_HTTP_ERROR, ASP_HTTP_ERROR_REFUSED, "Cannot %s %s at %s: it answers "
        "%u; it must take PUT%s there", verb, upload->name, url, status,
        upload->kind == ASP_HTTP_UPLOAD_REMOVE ? " and DELETE" : "");
  return g_error_new (ASP_HTTP_ERROR, ASP_HTTP_ERROR_REFUSED, "Cannot %s %s at %s: %s; it is "
      "tried again with the next file", verb, upload->name, url, why ? why->message : "no answer");
}

static void pump (AspHttpUploader * u);

static void
transfer_end (Transfer * t, const GError * why)
{
  AspHttpUploader *u = t->uploader;
  AspHttpUpload *upload = t->upload;
  guint status = why ? 0 : soup_message_get_status (t->msg);

  u->n_running--;
  if (!why && is_success (upload, status)) {
    count_success (u, upload);
    asp_http_upload_queue_finish (&u->queue, upload);
  } else {
    g_mutex_lock (&u->lock);
    u->stats.failures++;
    g_mutex_unlock (&u->lock);
    if (!worth_another_try (status) || !asp_http_upload_queue_retry (&u->queue, upload,
            g_get_monotonic_time (), g_random_int ())) {
      g_autoptr (GError) error = failure (u, upload, status, why);

      give_up (u, 1, error);
      asp_http_upload_queue_finish (&u->queue, upload);
    }
  }
  g_object_unref (t->msg);
  g_free (t);
  pump (u);
}

static void
on_answer_closed (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  g_input_stream_close_finish (G_INPUT_STREAM (stream), result, NULL);
  transfer_end (user_data, NULL);
}

/* Its text is of no interest: the status has said it. */
static void
on_answer_read (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  Transfer *t = user_data;

  g_input_stream_skip_finish (G_INPUT_STREAM (stream), result, NULL);
  g_input_stream_close_async (G_INPUT_STREAM (stream), G_PRIORITY_DEFAULT,
      t->uploader->cancellable, on_answer_closed, t);
}

static void
on_answer (GObject * session, GAsyncResult * result, gpointer user_data)
{
  Transfer *t = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream =
      soup_session_send_finish (SOUP_SESSION (session), result, &error);

  if (stream)
    g_input_stream_skip_async (stream, ANSWER_MAX, G_PRIORITY_DEFAULT, t->uploader->cancellable,
        on_answer_read, t);
  else
    transfer_end (t, error);
}

static SoupMessage *
make_message (AspHttpUploader * u, const AspHttpUpload * upload)
{
  g_autofree gchar *name = g_uri_escape_string (upload->name, "/", FALSE);
  g_autofree gchar *path = g_strconcat (g_uri_get_path (u->base), name, NULL);
  g_autoptr (GUri) uri = soup_uri_copy (u->base, SOUP_URI_PATH, path, SOUP_URI_NONE);
  SoupMessage *msg = soup_message_new_from_uri (upload->bytes ? "PUT" : "DELETE", uri);
  SoupMessageHeaders *h = soup_message_get_request_headers (msg);

  /* a PUT that is sent elsewhere is no PUT there */
  soup_message_add_flags (msg, SOUP_MESSAGE_NO_REDIRECT);
  if (u->authorization)
    soup_message_headers_append (h, "Authorization", u->authorization);
  if (upload->cache_control)
    soup_message_headers_append (h, "Cache-Control", upload->cache_control);
  if (upload->bytes) {
    const gchar *type = asp_http_content_type (upload->name);

    soup_message_set_request_body_from_bytes (msg, type ? type : "application/octet-stream",
        upload->bytes);
  }
  return msg;
}

/* The queue as the stats see it. */
static void
count_queue (AspHttpUploader * u)
{
  g_mutex_lock (&u->lock);
  u->stats.queued = g_queue_get_length (&u->queue.uploads);
  u->stats.queued_bytes = u->queue.bytes;
  g_mutex_unlock (&u->lock);
}

/* Into the queue with what the users' threads have given. */
static void
take_incoming (AspHttpUploader * u)
{
  GQueue fresh;
  AspHttpUpload *upload;

  g_mutex_lock (&u->lock);
  fresh = u->incoming;
  g_queue_init (&u->incoming);
  g_mutex_unlock (&u->lock);
  while ((upload = g_queue_pop_head (&fresh)) != NULL) {
    g_autofree gchar *name = g_strdup (upload->name);
    guint n = asp_http_upload_queue_add (&u->queue, upload);

    if (n > 0) {
      g_autofree gchar *url = g_uri_to_string (u->base);
      g_autoptr (GError) error = g_error_new (ASP_HTTP_ERROR, ASP_HTTP_ERROR_REFUSED,
          "Cannot upload as fast as files come to %s: %u given up before %s; the way there must "
          "be faster, or the bit rate lower", url, n, name);

      give_up (u, n, error);
    }
  }
}

/* When to look again: never behind something that has come in since take_incoming(). */
static void
wait_until (AspHttpUploader * u, gint64 wake_us)
{
  gboolean more, over;

  g_mutex_lock (&u->lock);
  more = !g_queue_is_empty (&u->incoming);
  over = u->stop_us > 0 && (g_get_monotonic_time () >= u->stop_us ||
      (!more && g_queue_is_empty (&u->queue.uploads)));
  if (u->stop_us > 0)
    wake_us = MIN (wake_us, u->stop_us);
  g_source_set_ready_time (u->wake, more ? 0 : wake_us == G_MAXINT64 ? -1 : wake_us);
  g_mutex_unlock (&u->lock);
  if (over)
    g_main_loop_quit (u->loop);
}

/* Begins what may begin, and sees to it that it is asked again in time. */
static void
pump (AspHttpUploader * u)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 wake_us = G_MAXINT64;
  AspHttpUpload *upload;

  take_incoming (u);
  while (!g_cancellable_is_cancelled (u->cancellable) &&
      (upload = asp_http_upload_queue_next (&u->queue, now_us, &wake_us)) != NULL) {
    Transfer *t = g_new0 (Transfer, 1);

    t->uploader = u;
    t->upload = upload;
    t->msg = make_message (u, upload);
    u->n_running++;
    soup_session_send_async (u->session, t->msg, G_PRIORITY_DEFAULT, u->cancellable, on_answer, t);
  }
  count_queue (u);
  wait_until (u, wake_us);
}

static gboolean
on_wake (gpointer user_data)
{
  pump (user_data);
  return G_SOURCE_CONTINUE;
}

static gpointer
uploader_main (gpointer data)
{
  AspHttpUploader *u = data;

  g_main_context_push_thread_default (u->context);
  u->session = soup_session_new_with_options ("max-conns", u->queue.parallel + 1,
      "max-conns-per-host", u->queue.parallel + 1, "timeout", u->silence_timeout_s,
      "idle-timeout", 60, "user-agent", "adsplice/" ADSPLICE_VERSION, NULL);
  if (u->trusted)
    soup_session_set_tls_database (u->session, u->trusted);
  g_main_loop_run (u->loop);
  g_source_destroy (u->wake);
  g_cancellable_cancel (u->cancellable);
  while (u->n_running > 0)
    g_main_context_iteration (u->context, TRUE);
  soup_session_abort (u->session);
  while (g_main_context_iteration (u->context, FALSE))
    continue;
  g_clear_object (&u->session);
  g_main_context_pop_thread_default (u->context);
  return NULL;
}

/* -- the users' threads -- */

static gboolean
read_url (AspHttpUploader * u, const gchar * url, GError ** error)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (GUri) uri = g_uri_parse (url ? url : "", SOUP_HTTP_URI_FLAGS, &why);
  const gchar *scheme = uri ? g_uri_get_scheme (uri) : NULL;
  g_autofree gchar *path = NULL;

  if (!uri || (strcmp (scheme, "http") && strcmp (scheme, "https")) || !g_uri_get_host (uri) ||
      !*g_uri_get_host (uri) || g_uri_get_query (uri) || g_uri_get_fragment (uri)) {
    g_set_error (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_URL, "'%s' is no URL to upload to%s%s: it "
        "must be http://HOST/PATH/ or https://HOST/PATH/, without a query", url ? url : "",
        why ? ": " : "", why ? why->message : "");
    return FALSE;
  }
  if (g_uri_get_user (uri)) {
    g_autofree gchar *user = g_uri_unescape_string (g_uri_get_user (uri), NULL);
    g_autofree gchar *password =
        g_uri_unescape_string (g_uri_get_password (uri) ? g_uri_get_password (uri) : "", NULL);
    g_autofree gchar *both = g_strdup_printf ("%s:%s", user, password);
    g_autofree gchar *text = g_base64_encode ((guint8 *) both, strlen (both));

    u->authorization = g_strconcat ("Basic ", text, NULL);
  }
  path = g_strconcat (g_uri_get_path (uri), g_str_has_suffix (g_uri_get_path (uri), "/") ? "" : "/",
      NULL);
  u->base = soup_uri_copy (uri, SOUP_URI_USER, NULL, SOUP_URI_PASSWORD, NULL, SOUP_URI_PATH, path,
      SOUP_URI_NONE);
  return TRUE;
}

static gboolean
read_trusted (AspHttpUploader * u, const gchar * ca_file, GError ** error)
{
  g_autoptr (GError) why = NULL;

  if (!ca_file || !*ca_file)
    return TRUE;
  u->trusted = g_tls_file_database_new (ca_file, &why);
  if (u->trusted)
    return TRUE;
  g_set_error (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_TLS, "Cannot use the certificates to trust in "
      "'%s': %s; it must be a PEM file", ca_file, why->message);
  return FALSE;
}

/* What has no thread (any more). */
static void
uploader_destroy (AspHttpUploader * u)
{
  if (u->wake) {
    g_source_destroy (u->wake);
    g_source_unref (u->wake);
    asp_http_upload_queue_clear (&u->queue);
    g_main_loop_unref (u->loop);
    g_main_context_unref (u->context);
    g_object_unref (u->cancellable);
  }
  g_queue_clear_full (&u->incoming, (GDestroyNotify) asp_http_upload_free);
  g_clear_pointer (&u->base, g_uri_unref);
  g_clear_object (&u->trusted);
  g_free (u->authorization);
  g_mutex_clear (&u->lock);
  g_free (u);
}

AspHttpUploader *
asp_http_uploader_new (const AspHttpUploaderConfig * config, const AspHttpUploaderFuncs * funcs,
    gpointer user_data, GError ** error)
{
  AspHttpUploader *u = g_new0 (AspHttpUploader, 1);
  guint give_up_s = config->give_up_s ? config->give_up_s : DEFAULT_GIVE_UP_S;

  u->funcs = funcs;
  u->user_data = user_data;
  u->remove_old = config->remove_old;
  u->silence_timeout_s = config->silence_timeout_s ? config->silence_timeout_s :
      DEFAULT_SILENCE_TIMEOUT_S;
  g_mutex_init (&u->lock);
  g_queue_init (&u->incoming);
  if (!read_url (u, config->base_url, error) || !read_trusted (u, config->ca_file, error)) {
    uploader_destroy (u);
    return NULL;
  }
  asp_http_upload_queue_init (&u->queue,
      config->queue_bytes ? config->queue_bytes : DEFAULT_QUEUE_BYTES,
      config->parallel ? config->parallel : DEFAULT_PARALLEL, (gint64) give_up_s * G_USEC_PER_SEC);
  u->cancellable = g_cancellable_new ();
  u->context = g_main_context_new ();
  u->loop = g_main_loop_new (u->context, FALSE);
  u->wake = asp_http_ready_source_new (u->context, on_wake, u);
  u->thread = g_thread_new ("asp-upload", uploader_main, u);
  return u;
}

void
asp_http_uploader_free (AspHttpUploader * u, guint drain_ms)
{
  if (!u)
    return;
  g_mutex_lock (&u->lock);
  u->stop_us = g_get_monotonic_time () + (gint64) drain_ms * 1000;
  g_source_set_ready_time (u->wake, 0);
  g_mutex_unlock (&u->lock);
  g_thread_join (u->thread);
  uploader_destroy (u);
}

static void
push (AspHttpUploader * u, AspHttpUpload * upload)
{
  g_mutex_lock (&u->lock);
  g_queue_push_tail (&u->incoming, upload);
  g_source_set_ready_time (u->wake, 0);
  g_mutex_unlock (&u->lock);
}

void
asp_http_uploader_put (AspHttpUploader * u, const gchar * name, const gchar * cache_control,
    GBytes * bytes)
{
  push (u, asp_http_upload_new (asp_http_is_playlist (name) ? ASP_HTTP_UPLOAD_PLAYLIST :
          ASP_HTTP_UPLOAD_MEDIA, name, cache_control, bytes));
}

void
asp_http_uploader_remove (AspHttpUploader * u, const gchar * name)
{
  if (u->remove_old)
    push (u, asp_http_upload_new (ASP_HTTP_UPLOAD_REMOVE, name, NULL, NULL));
}

void
asp_http_uploader_get_stats (AspHttpUploader * u, AspHttpUploaderStats * stats)
{
  g_mutex_lock (&u->lock);
  *stats = u->stats;
  stats->queued += g_queue_get_length (&u->incoming);
  g_mutex_unlock (&u->lock);
}
