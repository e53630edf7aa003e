/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "http-fetch.h"

/* Beyond any time limit that a test sets. */
#define HANGS_S 60

static void
on_done (const AspHttpAnswer * answer, const GError * error, gpointer user_data)
{
  Fetched *f = user_data;

  g_mutex_lock (&f->lock);
  f->calls++;
  f->status = answer->status;
  f->error = error ? error->code : -1;
  g_assert_true (!error || error->domain == ASP_HTTP_CLIENT_ERROR);
  f->message = g_strdup (error ? error->message : NULL);
  f->url = g_strdup (answer->url);
  f->body = answer->body ? g_bytes_ref (answer->body) : NULL;
  f->type = g_strdup (answer->content_type);
  f->sha256 = g_strdup (answer->sha256);
  f->header = g_strdup (asp_http_answer_header (answer, "X-Test"));
  f->size = answer->size;
  f->attempts = answer->attempts;
  f->redirects = answer->redirects;
  f->sent = answer->sent;
  f->elapsed_us = answer->elapsed_us;
  f->in_client = g_main_context_is_owner (asp_http_client_get_context (f->client));
  g_cond_signal (&f->cond);
  g_mutex_unlock (&f->lock);
}

Fetched *
fetch_begin (AspHttpClient * client, const AspHttpCall * call, guint64 * id)
{
  Fetched *f = g_new0 (Fetched, 1);
  guint64 sent;

  f->client = client;
  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
  sent = asp_http_client_send (client, call, on_done, f);
  g_assert_cmpuint (sent, !=, 0);
  if (id)
    *id = sent;
  return f;
}

void
fetch_wait (Fetched * f)
{
  gint64 end_us = g_get_monotonic_time () + HANGS_S * G_USEC_PER_SEC;

  g_mutex_lock (&f->lock);
  while (f->calls == 0)
    if (!g_cond_wait_until (&f->cond, &f->lock, end_us))
      g_error ("the callback does not come");
  g_mutex_unlock (&f->lock);
  g_assert_cmpuint (f->calls, ==, 1);
  g_assert_true (f->in_client);
}

Fetched *
fetch (AspHttpClient * client, const AspHttpCall * call)
{
  Fetched *f = fetch_begin (client, call, NULL);

  fetch_wait (f);
  return f;
}

void
fetched_free (Fetched * f)
{
  g_free (f->message);
  g_free (f->url);
  g_clear_pointer (&f->body, g_bytes_unref);
  g_free (f->type);
  g_free (f->sha256);
  g_free (f->header);
  g_mutex_clear (&f->lock);
  g_cond_clear (&f->cond);
  g_free (f);
}

AspHttpClient *
client_new (const gchar * allow)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AspHttpAllow) allowed = asp_http_allow_new (allow, &error);
  AspHttpClientConfig config = { 0, };
  AspHttpClient *client;

  g_assert_no_error (error);
  config.allow = allowed;
  client = asp_http_client_new (&config, &error);
  g_assert_no_error (error);
  return client;
}

gchar *
fetched_text (Fetched * f)
{
  gsize size;
  const gchar *data;

  g_assert_nonnull (f->body);
  data = g_bytes_get_data (f->body, &size);
  return size > 0 ? g_strndup (data, size) : g_strdup ("");
}
