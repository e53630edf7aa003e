/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The origin over TLS, with a certificate that openssl makes here; HTTP/2 with curl as the
 * client. Skipped where these are missing.
 */
#include "http-fixture.h"
#include "scratch.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  gchar *folder, *certificate, *key;
} Files;

static gboolean
run (const gchar * const *argv, gchar ** out)
{
  int status = -1;

  return g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH |
      G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, out, NULL, &status, NULL) &&
      g_spawn_check_wait_status (status, NULL);
}

static gboolean
files_make (Files * files)
{
  const gchar *argv[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", NULL, "-out", NULL, "-days", "2",
    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", NULL
  };
  g_autofree gchar *out = NULL;

  files->folder = scratch_folder_new ("tls");
  files->certificate = g_build_filename (files->folder, "cert.pem", NULL);
  files->key = g_build_filename (files->folder, "key.pem", NULL);
  argv[9] = files->key;
  argv[11] = files->certificate;
  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ())) {
    g_test_skip ("GIO has no TLS here (glib-networking)");
    return FALSE;
  }
  if (!run (argv, &out)) {
    g_test_skip ("openssl is not installed");
    return FALSE;
  }
  return TRUE;
}

static void
files_clear (Files * files)
{
  remove_tree (files->folder);
  g_free (files->folder);
  g_free (files->certificate);
  g_free (files->key);
}

static void
restart_with_tls (Fixture * f, const Files * files, gboolean http2)
{
  asp_http_server_stop (f->server);
  asp_http_server_set_http2 (f->server, http2);
  g_assert_true (asp_http_server_set_tls (f->server, files->certificate, files->key, NULL));
  g_assert_true (asp_http_server_start (f->server, "127.0.0.1:0", NULL));
  f->port = server_port (f->server);
}

static gboolean
accept_any (GTlsConnection * connection, GTlsCertificate * certificate,
    GTlsCertificateFlags errors, gpointer user_data)
{
  return TRUE;
}

static GIOStream *
dial_tls (guint16 port)
{
  g_autoptr (GSocketConnection) plain = dial (port);
  GIOStream *tls = g_tls_client_connection_new (G_IO_STREAM (plain), NULL, NULL);

  g_signal_connect (tls, "accept-certificate", G_CALLBACK (accept_any), NULL);
  return tls;
}

/* What comes until it ends with @until, or to the end. */
static gchar *
talk (GIOStream * tls, const gchar * text, const gchar * until)
{
  GString *all = g_string_new (NULL);
  gchar piece[16384];
  gssize n = 1;

  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (tls), text,
          strlen (text), NULL, NULL, NULL));
  while (n > 0 && !(until && g_str_has_suffix (all->str, until))) {
    n = g_input_stream_read (g_io_stream_get_input_stream (tls), piece, sizeof piece, NULL, NULL);
    if (n > 0)
      g_string_append_len (all, piece, n);
  }
  return g_string_free (all, FALSE);
}

static void
test_tls (Fixture * f, gconstpointer data)
{
  Files files;

  if (files_make (&files)) {
    g_autoptr (GSocketConnection) plain = NULL;
    g_autoptr (GByteArray) nothing = NULL;

    restart_with_tls (f, &files, FALSE);
    for (guint i = 0; i < 3; i++) {
      g_autoptr (GIOStream) tls = dial_tls (f->port);

      /* kept */
      for (guint j = 0; j < 5; j++) {
        g_autofree gchar *text = talk (tls, "GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\n\r\n",
            "\r\n\r\n0123456789");

        g_assert_true (g_str_has_prefix (text, "HTTP/1.1 200 OK\r\n"));
        g_assert_true (g_str_has_suffix (text, "\r\n\r\n0123456789"));
      }
    }
    /* who does not speak TLS gets nothing */
    plain = dial (f->port);
    send_text (plain, "GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\n\r\n");
    nothing = read_to_end (plain);
    g_assert_null (g_strstr_len ((gchar *) nothing->data, nothing->len, "0123456789"));
  }
  files_clear (&files);
}

static void
test_big (Fixture * f, gconstpointer data)
{
  Files files;

  if (files_make (&files)) {
    g_autoptr (GIOStream) tls = NULL;
    g_autofree gchar *text = NULL;
    const gchar *body;

    restart_with_tls (f, &files, FALSE);
    tls = dial_tls (f->port);
    text = talk (tls, "GET /live/m/big.ts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        NULL);
    body = strstr (text, "\r\n\r\n") + 4;
    for (gsize i = 0; i < BIG_BYTES; i++)
      if ((guint8) body[i] != big_byte (i))
        g_error ("byte %" G_GSIZE_FORMAT " is another one", i);
  }
  files_clear (&files);
}

/* In the middle of a handshake, before one, and after: it stops at once. */
static void
test_stop (Fixture * f, gconstpointer data)
{
  Files files;

  if (files_make (&files)) {
    g_autoptr (GSocketConnection) silent = NULL;
    g_autoptr (GSocketConnection) half = NULL;
    g_autoptr (GIOStream) tls = NULL;
    g_autofree gchar *text = NULL;
    gint64 start_us;

    restart_with_tls (f, &files, FALSE);
    silent = dial (f->port);
    half = dial (f->port);
    send_text (half, "\x16\x03\x01\x02");
    tls = dial_tls (f->port);
    text = talk (tls, "GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\n\r\n",
            "\r\n\r\n0123456789");
    start_us = g_get_monotonic_time ();
    asp_http_server_stop (f->server);
    g_assert_cmpint (g_get_monotonic_time () - start_us, <, 2 * PROMPT_US);
  }
  files_clear (&files);
}

static void
test_silent (Fixture * f, gconstpointer data)
{
  Files files;

  if (files_make (&files)) {
    g_autoptr (GSocketConnection) silent = NULL;
    g_autoptr (GByteArray) nothing = NULL;
    gint64 start_us = g_get_monotonic_time ();

    restart_with_tls (f, &files, FALSE);
    silent = dial (f->port);
    nothing = read_to_end (silent);
    g_assert_cmpint (g_get_monotonic_time () - start_us, <, 6 * PROMPT_US);
  }
  files_clear (&files);
}

static void
test_bad_files (void)
{
  AspHttpServer *server = asp_http_server_new (NULL);
  Files files;

  if (files_make (&files)) {
    g_autoptr (GError) error = NULL;

    g_assert_false (asp_http_server_set_tls (server, "/nowhere/cert.pem", NULL, &error));
    g_assert_error (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_TLS);
    g_assert_nonnull (strstr (error->message, "/nowhere/cert.pem"));
    g_clear_error (&error);
    /* no key in it */
    g_assert_false (asp_http_server_set_tls (server, files.certificate, NULL, &error));
    g_assert_error (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_TLS);
  }
  files_clear (&files);
  asp_http_server_free (server);
}

/* A topic that is published a little later. */
static void
on_later (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  if (request->generation < 2)
    asp_http_reply_wait (reply, 2, 10000);
  else
    asp_http_reply_body (reply, request->state);
}

static gpointer
publish_later (gpointer topic)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("later", 5);

  g_usleep (300000);
  asp_http_topic_publish (topic, 2, asp_http_body_new (bytes, "text/plain", NULL, FALSE),
      (GDestroyNotify) asp_http_body_unref);
  return NULL;
}

static void
test_http2 (Fixture * f, gconstpointer data)
{
  const gchar *version[] = { "curl", "--version", NULL };
  g_autoptr (AspHttpTopic) topic = asp_http_topic_new ();
  g_autofree gchar *about = NULL;
  Files files;

  if (!run (version, &about) || !strstr (about, "HTTP2")) {
    g_test_skip ("no curl with HTTP/2 here");
    return;
  }
  if (files_make (&files)) {
    g_autofree gchar *url = NULL, *held = NULL, *big = NULL, *out = NULL;
    const gchar *argv[] = { "curl", "-s", "--http2", "--cacert", files.certificate, "-w",
      " %{http_version} %{http_code} %{size_download}\n", "-o", "-", NULL, "-o", "-", NULL, "-o",
      "/dev/null", NULL, NULL
    };
    GThread *thread;

    asp_http_server_stop (f->server);
    asp_http_server_add_handler (f->server, "/later", topic, on_later, NULL);
    /* TRUE also for a libsoup that loses some memory by it */
    restart_with_tls (f, &files, TRUE);
    argv[9] = url = g_strdup_printf ("https://localhost:%u/live/m/a.ts", f->port);
    argv[12] = held = g_strdup_printf ("https://localhost:%u/later", f->port);
    argv[15] = big = g_strdup_printf ("https://localhost:%u/live/m/big.ts", f->port);
    thread = g_thread_new ("publisher", publish_later, topic);
    g_assert_true (run (argv, &out));
    g_thread_join (thread);
    g_assert_cmpstr (out, ==, "0123456789 2 200 10\nlater 2 200 5\n 2 200 8388608\n");
  }
  files_clear (&files);
}

/* LeakSanitizer falls over GIO's threads, in which TLS has shaken hands, while they end. */
static void
end_idle_threads (void)
{
  g_thread_pool_set_max_unused_threads (0);
  g_thread_pool_stop_unused_threads ();
  for (guint i = 0; i < 100 && g_thread_pool_get_num_unused_threads () > 0; i++)
    g_usleep (20000);
  g_usleep (500000);
}

int
main (int argc, char **argv)
{
  static const AspHttpLimits hasty = {.request_timeout_s = 1,.idle_timeout_s = 1 };
  int status;

  /* read by libsoup, when a server is made */
  g_setenv ("SOUP_SERVER_HTTP2", "1", TRUE);
  g_test_init (&argc, &argv, NULL);
  SERVER_TEST ("http-tls/http-1-1", test_tls, NULL);
  SERVER_TEST ("http-tls/big", test_big, NULL);
  SERVER_TEST ("http-tls/stop", test_stop, NULL);
  SERVER_TEST ("http-tls/silent", test_silent, &hasty);
  g_test_add_func ("/net/http-tls/bad-files", test_bad_files);
  SERVER_TEST ("http-tls/http-2", test_http2, NULL);
  status = g_test_run ();
  end_idle_threads ();
  return status;
}
