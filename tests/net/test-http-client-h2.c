/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client against nginx over TLS, where libsoup up to 3.3 speaks HTTP/2 (newer ones are told not
 * to): the limits hold there too. Skipped without nginx with HTTP/2, or openssl.
 */
#include "http-faults.h"
#include "http-fetch.h"
#include "patience.h"
#include "scratch.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BIG_BYTES (3 * 1024 * 1024)

typedef struct
{
  gchar *folder, *base;
  GSubprocess *nginx;
  AspHttpClient *client;
} Net;

static const gchar conf[] =
    /* started as root it would work as nobody, who may not look into the folder */
    "%3$s daemon off; worker_processes 1; pid %1$s/nginx.pid; error_log %1$s/error.log;\n"
    "events { worker_connections 256; }\n"
    "http { access_log off; client_body_temp_path %1$s/t1; proxy_temp_path %1$s/t2;\n"
    " fastcgi_temp_path %1$s/t3; uwsgi_temp_path %1$s/t4; scgi_temp_path %1$s/t5;\n"
    " server { listen 127.0.0.1:%2$u ssl http2; ssl_certificate %1$s/cert.pem;\n"
    "  ssl_certificate_key %1$s/key.pem; root %1$s;\n"
    "  location = /protocol { return 200 \"$server_protocol $request_method $http_x_device_ip\"; }\n"
    "  location = /none { return 204; }\n"
    "  location = /go { return 302 /protocol; }\n"
    "  location = /circle { return 302 /circle; }\n"
    "  location = /inward { return 302 http://127.0.0.2:1/; }\n"
    "  location = /slow { limit_rate 20k; alias %1$s/big; }\n"
    "  location = /bomb { add_header Content-Encoding gzip; alias %1$s/bomb; }\n" " } }\n";

static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static guint16
free_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);

  g_socket_listener_close (listener);
  return port;
}

static void
write_file (Net * n, const gchar * name, gconstpointer data, gsize size)
{
  g_autofree gchar *path = g_build_filename (n->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, data, size, NULL));
}

static void
write_files (Net * n)
{
  g_autofree gchar *big = g_malloc (BIG_BYTES);
  g_autoptr (GZlibCompressor) z = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) out = g_converter_output_stream_new (memory, G_CONVERTER (z));

  memset (big, 0, BIG_BYTES);
  for (guint i = 0; i < 16; i++)
    g_output_stream_write_all (out, big, BIG_BYTES, NULL, NULL, NULL);
  g_output_stream_close (out, NULL, NULL);
  write_file (n, "bomb", g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (memory)),
      g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (memory)));
  memset (big, 'b', BIG_BYTES);
  write_file (n, "big", big, BIG_BYTES);
}

static Fetched *
get (Net * n, const gchar * path, AspHttpCall call)
{
  g_autofree gchar *url = g_strconcat (n->base, path, NULL);

  call.url = url;
  return fetch (n->client, &call);
}

static gboolean
start_nginx (Net * n)
{
  g_autofree gchar *path = g_find_program_in_path ("nginx");
  g_autofree gchar *file = g_build_filename (n->folder, "nginx.conf", NULL);
  g_autofree gchar *certificate = g_build_filename (n->folder, "cert.pem", NULL);
  g_autofree gchar *key = g_build_filename (n->folder, "key.pem", NULL);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  guint16 port = free_port ();
  g_autofree gchar *text = g_strdup_printf (conf, n->folder, port, geteuid () == 0 ? "user root root;" :
      "");
  g_autoptr (AspHttpAllow) allow = asp_http_allow_new ("127.0.0.1", NULL);
  AspHttpClientConfig config = { .allow = allow,.ca_file = certificate };

  if (!path && g_file_test ("/usr/sbin/nginx", G_FILE_TEST_IS_EXECUTABLE))
    path = g_strdup ("/usr/sbin/nginx");
  if (!path || !http_faults_make_certificate (certificate, key, "localhost", "IP:127.0.0.1"))
    return FALSE;
  write_file (n, "nginx.conf", text, strlen (text));
  write_files (n);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  n->nginx = g_subprocess_launcher_spawn (launcher, NULL, path, "-c", file, "-p", n->folder, NULL);
  n->base = g_strdup_printf ("https://127.0.0.1:%u", port);
  n->client = asp_http_client_new (&config, NULL);
  g_assert_nonnull (n->client);
  for (guint i = 0; i < 100; i++) {
    g_autoptr (Fetched) f = get (n, "/none", (AspHttpCall) { 0 });

    if (f->status == 204)
      return TRUE;
    g_usleep (50000);
  }
  return FALSE;
}

static void
stop_nginx (Net * n)
{
  asp_http_client_free (n->client);
  if (n->nginx) {
    g_subprocess_send_signal (n->nginx, SIGTERM);
    g_subprocess_wait (n->nginx, NULL, NULL);
    g_object_unref (n->nginx);
  }
  g_free (n->base);
  g_free (n->folder);
}

static void
check_answers (Net * n)
{
  g_autoptr (Fetched) protocol = get (n, "/protocol", (AspHttpCall) { .device_ip = "203.0.113.5" });
  g_autofree gchar *text = fetched_text (protocol);
  g_autoptr (Fetched) missing = get (n, "/missing", (AspHttpCall) { 0 });
  g_autoptr (Fetched) big = get (n, "/big", (AspHttpCall) { .max_bytes = BIG_BYTES });
  g_autoptr (Fetched) go = get (n, "/go", (AspHttpCall) { 0 });

  g_test_message ("%s", text);
  g_assert_true (g_str_has_prefix (text, "HTTP/"));
  g_assert_true (g_str_has_suffix (text, "GET 203.0.113.5"));
  g_assert_cmpuint (missing->status, ==, 404);
  g_assert_cmpint (big->error, ==, -1);
  g_assert_cmpuint (big->size, ==, BIG_BYTES);
  g_assert_cmpint (go->error, ==, -1);
  g_assert_cmpuint (go->redirects, ==, 1);
}

static void
check_limits (Net * n)
{
  g_autoptr (Fetched) announced = get (n, "/big", (AspHttpCall) { .max_bytes = BIG_BYTES - 1 });
  g_autoptr (Fetched) bomb = get (n, "/bomb", (AspHttpCall) { .max_bytes = BIG_BYTES,
        .total_timeout_ms = 20000 });
  g_autoptr (Fetched) slow = get (n, "/slow", (AspHttpCall) { .max_bytes = BIG_BYTES,
        .total_timeout_ms = 700 * PATIENCE });
  g_autoptr (Fetched) circle = get (n, "/circle", (AspHttpCall) { 0 });
  g_autoptr (Fetched) inward = get (n, "/inward", (AspHttpCall) { 0 });

  g_assert_cmpint (announced->error, ==, ASP_HTTP_CLIENT_ERROR_SIZE);
  g_assert_cmpint (bomb->error, ==, ASP_HTTP_CLIENT_ERROR_SIZE);
  g_assert_cmpint (slow->error, ==, ASP_HTTP_CLIENT_ERROR_TIMEOUT);
  g_assert_cmpint (slow->elapsed_us, <, (700 * PATIENCE + 1000) * 1000);
  g_assert_cmpint (circle->error, ==, ASP_HTTP_CLIENT_ERROR_REDIRECT);
  g_assert_cmpint (inward->error, ==, ASP_HTTP_CLIENT_ERROR_ADDRESS);
}

static void
check_file (Net * n)
{
  g_autofree gchar *file = g_build_filename (n->folder, "fetched", NULL);
  g_autoptr (Fetched) f = get (n, "/big", (AspHttpCall) { .max_bytes = BIG_BYTES, .file = file });
  g_autofree gchar *big = g_strnfill (BIG_BYTES, 'b');
  g_autofree gchar *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, big, BIG_BYTES);

  g_assert_cmpint (f->error, ==, -1);
  g_assert_cmpstr (f->sha256, ==, sum);
}

/* Many at once, each sixth one cancelled, then the client goes with the rest under way. libsoup 3.2
 * was seen, on a busy machine, to leave requests of the connection standing there, cancelled ones
 * too: who has cancelled hears of it at once all the same, and who has not at its own limit. */
static void
check_many (Net * n)
{
  Fetched *all[60];
  guint64 ids[60];
  guint good = 0, late = 0;
  gint64 cancelled_us, gone_us;
  g_autofree gchar *small = g_strconcat (n->base, "/protocol", NULL);
  g_autofree gchar *slow = g_strconcat (n->base, "/slow", NULL);

  for (guint i = 0; i < 60; i++) {
    AspHttpCall call = { .url = i % 3 ? small : slow,.max_bytes = BIG_BYTES,
      .total_timeout_ms = (i % 3 ? 5000 : 15000) * PATIENCE
    };

    all[i] = fetch_begin (n->client, &call, &ids[i]);
  }
  /* some are on their way by now */
  g_usleep (50000);
  cancelled_us = g_get_monotonic_time ();
  for (guint i = 3; i < 60; i += 6)
    asp_http_client_cancel (n->client, ids[i]);
  for (guint i = 3; i < 60; i += 6) {
    fetch_wait (all[i]);
    g_assert_cmpint (all[i]->error, ==, ASP_HTTP_CLIENT_ERROR_CANCELLED);
  }
  cancelled_us = g_get_monotonic_time () - cancelled_us;
  g_test_message ("all who cancelled heard of it within %" G_GINT64_FORMAT " us", cancelled_us);
  g_assert_cmpint (cancelled_us, <, 500 * PATIENCE * 1000);
  for (guint i = 0; i < 60; i++) {
    if (i % 3 == 0)
      continue;
    fetch_wait (all[i]);
    good += i % 3 && all[i]->error == -1;
    late += i % 3 && all[i]->error == ASP_HTTP_CLIENT_ERROR_TIMEOUT;
    g_assert_cmpint (all[i]->elapsed_us, <, (5000 * PATIENCE + 1000) * 1000);
  }
  g_test_message ("%u of 40 are answered beside slow and cancelled ones", good);
  g_assert_cmpuint (good + late, ==, 40);
  gone_us = g_get_monotonic_time ();
  g_clear_pointer (&n->client, asp_http_client_free);
  gone_us = g_get_monotonic_time () - gone_us;
  g_assert_cmpint (gone_us, <, 2000 * PATIENCE * 1000);
  for (guint i = 0; i < 60; i++) {
    g_assert_cmpuint (all[i]->calls, ==, 1);
    fetched_free (all[i]);
  }
}

static void
test_http2 (void)
{
  Net n = { scratch_folder_new ("h2"), NULL, NULL, NULL };

  if (start_nginx (&n)) {
    check_answers (&n);
    check_limits (&n);
    check_file (&n);
    check_many (&n);
  } else {
    g_test_skip ("no nginx with HTTP/2 can be started here, or openssl or GIO's TLS is missing");
  }
  stop_nginx (&n);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/client/http2", test_http2);
  return g_test_run ();
}
