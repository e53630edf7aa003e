/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adsplicebin and its control server, over real HTTP: test-adsplicebin-control PATH-TO-ADS-SERVER. What is asked for
 * there comes out as pictures, and what happens comes back as events.
 */
#include "control-fixture.h"

#include <string.h>

static const gchar *program;

/* --- breaks --------------------------------------------------------------------------------- */

static void
test_insert (const Way * way)
{
  g_auto (Control) c;
  g_autofree gchar *id = NULL, *listed = NULL;
  const GstStructure *s;
  gsize at = 0;

  control_init (&c, way, NULL);
  control_feed_to (&c, &at, 60);
  control_wait_for_stream (&c, 200);
  g_assert_cmpuint (control_call (&c, "POST", "/ListChannels", "{}", &listed), ==, 200);
  g_assert_nonnull (strstr (listed, "\"name\":\"one\""));
  g_assert_cmpuint (control_insert (&c, 3, &id), ==, 200);
  g_assert_cmpuint (strlen (id), ==, 12);
  g_assert_cmpuint (control_insert (&c, 3, NULL), ==, 409);
  control_feed_to (&c, &at, 150);
  g_assert_cmpuint (control_insert (&c, 3, NULL), ==, 409);
  control_feed_rest (&c, at);
  bench_assert_pictures (&c.bench, 0, "1:0-124,2:0-74,1:200-299");
  g_assert_cmpuint (bench_count_states (&c.bench, "started"), ==, 1);
  s = bench_find_message (&c.bench, "ad-break-state-change", "scheduled", 0);
  g_assert_cmpstr (gst_structure_get_string (s, "break-id"), ==, id);
  g_assert_nonnull (gst_structure_get_string (s, "target-start-time"));
  g_assert_cmpuint (state_u64 (s, "event-number"), <, state_u64 (bench_find_message (&c.bench, "ad-break-decision", NULL, 0),
          "event-number"));
  control_assert_numbered (&c, 5);
}

/* Before the first data, and after the last. */
static void
test_not_broadcasting (const Way * way)
{
  g_auto (Control) c;
  g_autofree gchar *text = NULL;
  gsize at = 0;

  control_init (&c, way, NULL);
  g_assert_cmpuint (control_insert (&c, 3, NULL), ==, 404);
  g_assert_cmpuint (control_call (&c, "POST", "/GetStream", "{\"channelArn\":\"" ARN "one\"}", &text), ==, 404);
  g_assert_nonnull (strstr (text, "offline"));
  control_feed_to (&c, &at, 60);
  control_wait_for_stream (&c, 200);
  /* silence */
  control_wait_for_stream (&c, 404);
  g_assert_cmpuint (control_insert (&c, 3, NULL), ==, 404);
  control_feed_to (&c, &at, 100);
  control_wait_for_stream (&c, 200);
  g_assert_cmpuint (control_insert (&c, 3, NULL), ==, 200);
  control_feed_rest (&c, at);
}

#define STORM_THREADS 8
#define STORM_CALLS 25

typedef struct
{
  Control *c;
  gint done, refused, over;     /* atomic */
} Storm;

static gpointer
storm (gpointer data)
{
  Storm *s = data;

  for (guint i = 0; i < STORM_CALLS; i++) {
    guint status = control_insert (s->c, 3, NULL);

    g_assert_true (status == 200 || status == 409);
    g_atomic_int_inc (status == 200 ? &s->done : &s->refused);
  }
  g_atomic_int_inc (&s->over);
  return NULL;
}

/* A stream that is fed slowly has its target told again, as `moved`. */
static guint
count_inserted (Control * c)
{
  const GstStructure *s;
  guint n = 0;

  for (guint i = 0; (s = bench_find_message (&c->bench, "ad-break-state-change", "scheduled", i)); i++)
    n += strcmp (gst_structure_get_string (s, "reason"), "moved") != 0;
  return n;
}

static void
test_storm (const Way * way)
{
  g_auto (Control) c;
  GThread *threads[STORM_THREADS];
  Storm s = { &c };
  gsize at = 0;

  control_init (&c, way, "[control]\nrates=InsertAdBreak:0\n[state]\npath=memory\n");
  control_feed_to (&c, &at, 60);
  control_wait_for_stream (&c, 200);
  for (guint i = 0; i < STORM_THREADS; i++)
    threads[i] = g_thread_new ("storm", storm, &s);
  /* the stream goes on meanwhile */
  for (guint frame = 61; g_atomic_int_get (&s.over) < STORM_THREADS; frame = MIN (frame + 1, 105)) {
    control_feed_to (&c, &at, frame);
    g_usleep (200000);
  }
  for (guint i = 0; i < STORM_THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (s.done, ==, 1);
  g_assert_cmpint (s.refused, ==, STORM_THREADS * STORM_CALLS - 1);
  control_feed_rest (&c, at);
  bench_assert_pictures (&c.bench, 0, "1:0-124,2:0-74,1:200-299");
  g_assert_cmpuint (count_inserted (&c), ==, 1);
  g_assert_cmpuint (bench_count_states (&c.bench, "started"), ==, 1);
}

/* --- what is attached ------------------------------------------------------------------------ */

/* An ad configuration whose ads come from @query, attached. */
static void
attach (Control * c, const AdServerRun * a, const gchar * query, const gchar * rolls)
{
  g_autofree gchar *put = g_strdup_printf ("{\"Name\":\"main\",\"AdDecisionServerUrl\":\"%s%s\"}", a->base, query);
  g_autofree gchar *create = g_strdup_printf ("{\"mediaTailorPlaybackConfigurations\":[{\"playbackConfigurationArn\":"
      "\"arn:aws:mediatailor:us-east-1:000000000000:playbackConfiguration/main\"}]%s}", rolls);
  g_autofree gchar *text = NULL, *arn = NULL, *update = NULL;

  g_assert_cmpuint (control_call (c, "PUT", "/playbackConfiguration", put, NULL), ==, 200);
  g_assert_cmpuint (control_call (c, "POST", "/CreateAdConfiguration", create, &text), ==, 200);
  arn = g_strdup (strstr (text, "arn:aws:ivs:"));
  *strchr (arn, '"') = '\0';
  update = g_strdup_printf ("{\"arn\":\"" ARN "one\",\"adConfigurationArn\":\"%s\"}", arn);
  g_assert_cmpuint (control_call (c, "POST", "/UpdateChannel", update, NULL), ==, 200);
}

static void
detach (Control * c)
{
  g_assert_cmpuint (control_call (c, "POST", "/UpdateChannel", "{\"arn\":\"" ARN "one\",\"adConfigurationArn\":\"\"}", NULL), ==, 200);
}

static void
test_attached (const Way * way)
{
  g_auto (AdServerRun) a = { NULL };
  g_auto (Control) c;
  g_autofree gchar *config = g_strdup_printf (ADS_CONFIG, "memory"), *requests = NULL;
  gsize at = 0;

  ad_server_start (&a, program);
  control_init (&c, way, config);
  attach (&c, &a, "/vast?ads=2&dur=3,2&device=[player_params.device]&seconds=[session.avail_duration_secs]", "");
  control_feed_to (&c, &at, 60);
  control_wait_for_stream (&c, 200);
  g_assert_cmpuint (control_insert (&c, 3, NULL), ==, 200);
  /* it has two seconds */
  while (!bench_find_message (&c.bench, "ad-break-decision", NULL, 0))
    g_usleep (10000);
  detach (&c);
  control_feed_to (&c, &at, 210);
  while (bench_count_states (&c.bench, "ended") == 0)
    g_usleep (10000);
  /* now its own creatives again */
  g_assert_cmpuint (control_insert (&c, 2, NULL), ==, 200);
  control_feed_rest (&c, at);
  bench_assert_pictures (&c.bench, 0, "1:0-124,7:0-74,1:200-274,3:0-49");
  requests = ad_server_seen (&c, &a);
  g_assert_nonnull (strstr (requests, "device=tv"));
  g_assert_nonnull (strstr (requests, "seconds=3"));
  g_assert_null (strstr (requests, "\"n\":2"));
}

/* A break at the first picture and one at the last: as long as the state lasts, over a restart. */
static void
test_rolls (const Way * way)
{
  g_auto (AdServerRun) a = { NULL };
  g_auto (Control) c;
  g_autofree gchar *folder = scratch_folder_new ("state"), *state = g_build_filename (folder, "state.db", NULL);
  g_autofree gchar *config = g_strdup_printf (ADS_CONFIG, state), *path = NULL;
  const GstStructure *s;

  ad_server_start (&a, program);
  control_init (&c, way, config);
  attach (&c, &a, "/vast?ads=1&dur=[session.avail_duration_secs]", ",\"preRollConfiguration\":{\"enabled\":true,"
      "\"durationSeconds\":3},\"postRollConfiguration\":{\"enabled\":true,\"durationSeconds\":3}");
  control_clear (&c);
  /* what is attached is there before the first picture */
  bench_init (&c.bench, way, 0);
  c.client = client_new ("127.0.0.1");
  path = control_write_config (c.bench.folder, config);
  g_object_set (c.bench.bin, "channel", "one", "control", "127.0.0.1:0", "config", path, "creative-dir", a.store, NULL);
  c.bench.f[0] = fixture_new_pair (way, c.bench.bin, 0);
  c.base = control_base (c.bench.bin, "http");
  control_feed_rest (&c, 0);
  bench_assert_pictures (&c.bench, 0, "7:0-74,1:75-299,7:0-74");
  s = bench_find_message (&c.bench, "ad-break-state-change", "scheduled", 0);
  g_assert_nonnull (s);
  control_assert_numbered (&c, 8);
}

/* Each with its own name, one server: that of the first. */
static void
test_two_channels (const Way * way)
{
  g_auto (Control) c;
  g_auto (Bench) other;
  g_autofree gchar *address = NULL, *listed = NULL, *path = NULL, *again = NULL;
  g_autofree gchar *body = g_strdup ("{\"channelArn\":\"" ARN "two\",\"durationSeconds\":3}");

  control_init (&c, way, NULL);
  address = g_strdup (c.base + strlen ("http://"));
  gst_element_set_state (c.bench.bin, GST_STATE_READY);
  g_object_set (c.bench.bin, "control", address, NULL);
  gst_element_set_state (c.bench.bin, GST_STATE_PLAYING);
  bench_init (&other, way, 0);
  path = control_write_config (other.folder, "[control]\nbearer-tokens=0123456789abcdef\n[state]\npath=memory\n");
  g_object_set (other.bin, "channel", "two", "control", address, "config", path, NULL);
  other.f[0] = fixture_new_pair (way, other.bin, 0);
  bench_take_messages (&other);
  g_assert_cmpuint (other.warnings, ==, 1);     /* the configuration of the first one holds */
  g_assert_cmpuint (control_call (&c, "POST", "/ListChannels", "{}", &listed), ==, 200);
  g_assert_nonnull (strstr (listed, "\"name\":\"one\""));
  g_assert_nonnull (strstr (listed, "\"name\":\"two\""));
  g_assert_cmpuint (control_call (&c, "POST", "/InsertAdBreak", body, NULL), ==, 404);
  /* the first one goes, the server stays */
  gst_element_set_state (c.bench.bin, GST_STATE_NULL);
  g_assert_cmpuint (control_call (&c, "POST", "/ListChannels", "{}", &again), ==, 200);
  g_assert_null (strstr (again, "\"name\":\"one\""));
  g_assert_nonnull (strstr (again, "\"name\":\"two\""));
}

/* A name that is taken, an address that is taken, a file that is wrong. */
static void
test_refused (const Way * way)
{
  g_auto (Control) c;
  g_auto (Bench) other;
  g_autofree gchar *address = NULL, *path = NULL;
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);

  control_init (&c, way, NULL);
  bench_init (&other, way, 0);
  other.f[0] = fixture_new_pair (way, other.bin, 0);
  gst_element_set_state (other.bin, GST_STATE_NULL);
  address = g_strdup_printf ("127.0.0.1:%u", port);
  g_object_set (other.bin, "control", address, NULL);
  g_assert_cmpint (gst_element_set_state (other.bin, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_FAILURE);
  bench_take_messages (&other);
  g_assert_cmpuint (other.errors, ==, 1);
  gst_element_set_state (other.bin, GST_STATE_NULL);
  path = control_write_config (other.folder, "[control]\nlisten=\n[nothing]\n");
  g_object_set (other.bin, "control", "127.0.0.1:0", "config", path, NULL);
  g_assert_cmpint (gst_element_set_state (other.bin, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_FAILURE);
  bench_take_messages (&other);
  g_assert_cmpuint (other.errors, ==, 2);
  gst_element_set_state (other.bin, GST_STATE_NULL);
  g_object_set (other.bin, "control", NULL, "config", NULL, NULL);
  g_assert_cmpint (gst_element_set_state (other.bin, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
}

static void
test_reload (const Way * way)
{
  g_auto (Control) c;
  g_autofree gchar *path = NULL;
  gboolean ok = TRUE;

  control_init (&c, way, "[state]\npath=memory\n");
  g_assert_cmpuint (control_call (&c, "POST", "/ListChannels", "{}", NULL), ==, 200);
  path = control_write_config (c.bench.folder, "[state]\npath=memory\n[control]\nbearer-tokens=0123456789abcdef\n");
  g_signal_emit_by_name (c.bench.bin, "reload-config", &ok);
  g_assert_true (ok);
  g_assert_cmpuint (control_call (&c, "POST", "/ListChannels", "{}", NULL), ==, 403);
  g_free (path);
  path = control_write_config (c.bench.folder, "[nothing]\n");
  g_signal_emit_by_name (c.bench.bin, "reload-config", &ok);
  g_assert_false (ok);
  bench_take_messages (&c.bench);
  g_assert_cmpuint (c.bench.warnings, ==, 1);
  g_assert_cmpuint (control_call (&c, "POST", "/ListChannels", "{}", NULL), ==, 403);
}

static gboolean
make_certificate (const gchar * folder)
{
  g_autofree gchar *key = g_build_filename (folder, "key.pem", NULL);
  g_autofree gchar *certificate = g_build_filename (folder, "cert.pem", NULL);
  const gchar *argv[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
    "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
    "subjectAltName=DNS:localhost,IP:127.0.0.1", NULL
  };
  gint status = -1;

  return g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
      NULL, &status, NULL) && g_spawn_check_wait_status (status, NULL);
}

static void
test_tls (const Way * way)
{
  g_auto (Control) c;
  g_autofree gchar *folder = scratch_folder_new ("tls");
  g_autofree gchar *ca = g_build_filename (folder, "cert.pem", NULL);
  g_autofree gchar *config = g_strdup_printf ("[control]\ncertificate=%s\nprivate-key=%s/key.pem\n[state]\npath=memory\n",
      ca, folder);
  g_autoptr (AspHttpAllow) allow = asp_http_allow_new ("127.0.0.1", NULL);
  AspHttpClientConfig trusting = { .allow = allow, .ca_file = ca };

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()) || !make_certificate (folder)) {
    g_test_skip ("GIO has no TLS here (glib-networking), or openssl is not installed");
    memset (&c, 0, sizeof c);
    bench_init (&c.bench, way, 0);
    return;
  }
  control_init (&c, way, config);
  asp_http_client_free (c.client);
  c.client = asp_http_client_new (&trusting, NULL);
  g_assert_nonnull (c.client);
  g_free (c.base);
  c.base = control_base (c.bench.bin, "https");
  g_assert_cmpuint (control_call (&c, "POST", "/ListChannels", "{}", NULL), ==, 200);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  program = argv[1];
  fixture_add_test ("/adsplicebin/control/insert", test_insert);
  fixture_add_test ("/adsplicebin/control/not-broadcasting", test_not_broadcasting);
  fixture_add_test ("/adsplicebin/control/storm", test_storm);
  fixture_add_test ("/adsplicebin/control/two-channels", test_two_channels);
  fixture_add_test ("/adsplicebin/control/refused", test_refused);
  fixture_add_test ("/adsplicebin/control/reload", test_reload);
  fixture_add_test ("/adsplicebin/control/tls", test_tls);
  if (program)
    fixture_add_test ("/adsplicebin/control/rolls", test_rolls);
  if (program)
    fixture_add_test ("/adsplicebin/control/attached", test_attached);
  return fixture_run ();
}
