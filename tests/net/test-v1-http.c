/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /v1 over HTTP: what waits, what goes on, who comes again, and who is refused. */
#include "http-fixture.h"

#include <asp-v1-http.h>
#include <string.h>

#include "v1-fixture.h"

#define NOON (G_GINT64_CONSTANT (1770253200) * G_USEC_PER_SEC)
#define TOKEN "a-token-of-this-test"

typedef struct
{
  AspStore *store;
  AspEventLog *log;
  AspEventHistory *history;
  FakeLives lives;
  AspV1 *v1;
  AspV1Http *http;
  AspApiAuth *auth;
  AspHttpServer *server;
  guint16 port;
} Site;

static const gchar *
header (gconstpointer fields, const gchar * name)
{
  return asp_http_request_header (fields, name);
}

static void
answer (const AspHttpRequest * r, AspHttpReply * reply, gpointer user_data)
{
  Site *s = user_data;
  const AspApiRequest request = { r->method, r->path, r->query, header, r, r->body, r->body_size, r->from_loopback };
  g_autoptr (GError) fault = NULL;

  if (!asp_v1_is_open (r->path) && !asp_api_auth_check (s->auth, &request, FALSE, NOON / G_USEC_PER_SEC, &fault))
    asp_v1_http_refuse (fault, reply);
  else
    asp_v1_http_answer (s->http, r, reply);
}

static void
setup_site (Site * s, gconstpointer token)
{
  AspV1Config config = { NULL };

  config.store = s->store = asp_store_new_memory ();
  config.log = s->log = asp_event_log_new (s->store, NULL);
  config.history = s->history = asp_event_history_new (s->log, NULL);
  fake_lives_init (&s->lives, s->log, NOON);
  fake_lives_configure (&s->lives, &config);
  s->v1 = asp_v1_new (&config);
  s->http = asp_v1_http_new (s->v1, s->log);
  s->auth = asp_api_auth_new ();
  if (token)
    g_assert_true (asp_api_auth_add_bearer (s->auth, token, NULL));
  s->server = asp_http_server_new (NULL);
  asp_http_server_set_writable (s->server, 10000);
  asp_http_server_add_handler (s->server, "/", asp_v1_http_topic (s->http), answer, s);
  g_assert_true (asp_http_server_start (s->server, "127.0.0.1:0", NULL));
  s->port = server_port (s->server);
}

static void
teardown_site (Site * s, gconstpointer token)
{
  asp_http_server_free (s->server);
  asp_v1_http_free (s->http);
  asp_v1_free (s->v1);
  asp_event_history_free (s->history);
  asp_event_log_free (s->log);
  fake_lives_clear (&s->lives);
  asp_api_auth_free (s->auth);
  asp_store_free (s->store);
}

static Reply *
post (Site * s, const gchar * target, const gchar * body)
{
  g_autoptr (GSocketConnection) c = dial (s->port);
  g_autofree gchar *text = g_strdup_printf ("POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
      "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s", target, strlen (body), body);

  send_text (c, text);
  return reply_new (read_to_end (c));
}

static Reply *
get (Site * s, const gchar * target, const gchar * headers)
{
  g_autoptr (GSocketConnection) c = dial (s->port);
  g_autofree gchar *text = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%s\r\n", target,
      headers ? headers : "");

  send_text (c, text);
  return reply_new (read_to_end (c));
}

static gboolean
says (Reply * r, const gchar * part)
{
  return g_strstr_len ((const gchar *) r->body, (gssize) r->body_size, part) != NULL;
}

static void
wait_for_held (Site * s, guint n)
{
  AspHttpStats stats = { 0 };

  for (guint i = 0; i < PATIENCE * 500 && stats.waiting != n; i++) {
    g_usleep (5000);
    asp_http_server_get_stats (s->server, &stats);
  }
  g_assert_cmpuint (stats.waiting, ==, n);
}

static gboolean
read_until (GSocketConnection * connection, GString * all, const gchar * text)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  gchar piece[4096];

  while (!strstr (all->str, text)) {
    gssize n = g_input_stream_read (in, piece, sizeof piece, NULL, NULL);

    if (n <= 0)
      return FALSE;
    g_string_append_len (all, piece, n);
  }
  return TRUE;
}

static void
test_insert (Site * s, gconstpointer token)
{
  g_autoptr (Reply) r = post (s, "/v1/channels/main/breaks", "{\"duration_seconds\":30}");
  g_autoptr (Reply) bad = post (s, "/v1/channels/main/breaks", "{\"seconds\":30}");
  g_autoptr (Reply) page = get (s, "/", NULL);
  g_autoptr (Reply) metrics = get (s, "/metrics", NULL);
  g_autofree gchar *policy = header_value (page, "content-security-policy");

  g_assert_cmpuint (r->status, ==, 201);
  g_assert_true (says (r, "\"ad_break_id\":\"break0000001\""));
  g_assert_true (has_header (r, "content-type: application/json"));
  g_assert_cmpuint (bad->status, ==, 400);
  g_assert_true (says (bad, "\"code\":\"invalid_request\""));
  g_assert_cmpuint (page->status, ==, 200);
  g_assert_true (g_str_has_prefix (policy, "default-src 'none'"));
  g_assert_true (has_header (metrics, "content-type: text/plain; version=0.0.4; charset=utf-8"));
}

/* Who waits is told when it happens, and not before. */
static void
test_wait (Site * s, gconstpointer token)
{
  g_autoptr (GSocketConnection) waiting = dial (s->port);
  g_autoptr (Reply) inserted = NULL;
  g_autoptr (Reply) told = NULL;
  g_autoptr (Reply) nothing = NULL;
  gint64 start_us;

  send_text (waiting, "GET /v1/events?wait=30&channel=sports HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  wait_for_held (s, 1);
  inserted = post (s, "/v1/channels/main/breaks", "{\"duration_seconds\":30}");
  g_usleep (100000);
  wait_for_held (s, 1);
  reply_free (inserted);
  start_us = g_get_monotonic_time ();
  inserted = post (s, "/v1/channels/sports/breaks", "{\"duration_seconds\":30}");
  told = read_reply (waiting);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US);
  g_assert_cmpuint (told->status, ==, 200);
  g_assert_true (says (told, "\"channel_name\":\"sports\""));
  start_us = g_get_monotonic_time ();
  nothing = get (s, "/v1/events?since=1000000&wait=1&channel=nobody", NULL);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 900000);
  g_assert_cmpuint (nothing->status, ==, 200);
  g_assert_true (says (nothing, "\"events\":[]"));
}

/* Whoever was cut off says what it saw last, and misses nothing and gets nothing twice. */
static void
test_stream (Site * s, gconstpointer token)
{
  g_autoptr (GSocketConnection) first = dial (s->port);
  g_autoptr (GSocketConnection) again = dial (s->port);
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (GString) rest = g_string_new (NULL);
  gint64 start_us;

  send_text (first, "GET /v1/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  g_assert_true (read_until (first, all, "\r\n\r\n"));
  g_assert_nonnull (strstr (all->str, "Content-Type: text/event-stream\r\n"));
  start_us = g_get_monotonic_time ();
  reply_free (post (s, "/v1/channels/main/breaks", "{\"duration_seconds\":30}"));
  g_assert_true (read_until (first, all, "id: 2\nevent: Ad Break Decided\ndata: {"));
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US);
  reply_free (post (s, "/v1/channels/sports/breaks", "{\"duration_seconds\":30}"));
  send_text (again, "GET /v1/events/stream?since=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: 1\r\n\r\n");
  g_assert_true (read_until (again, rest, "id: 4\n"));
  g_assert_null (strstr (rest->str, "id: 1\n"));
  g_assert_nonnull (strstr (rest->str, "id: 2\n"));
  g_assert_nonnull (strstr (rest->str, "id: 3\n"));
}

static void
test_token (Site * s, gconstpointer token)
{
  g_autoptr (Reply) page = get (s, "/", NULL);
  g_autoptr (Reply) health = get (s, "/healthz", NULL);
  g_autoptr (Reply) refused = get (s, "/v1/channels", NULL);
  g_autoptr (Reply) wrong = get (s, "/v1/events/stream", "Authorization: Bearer another-token-of-it\r\n");
  g_autoptr (Reply) allowed = get (s, "/v1/channels", "Authorization: Bearer " TOKEN "\r\n");

  g_assert_cmpuint (page->status, ==, 200);
  g_assert_cmpuint (health->status, ==, 200);
  g_assert_cmpuint (refused->status, ==, 401);
  g_assert_true (says (refused, "\"code\":\"access_denied\""));
  g_assert_nonnull (strstr (refused->head, "\r\nwww-authenticate: bearer"));
  g_assert_cmpuint (wrong->status, ==, 401);
  g_assert_cmpuint (allowed->status, ==, 200);
}

/* Nothing is left behind by a stop with all kinds of them under way. */
static void
test_stop (Site * s, gconstpointer token)
{
  GSocketConnection *all[20];

  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    all[i] = dial (s->port);
    send_text (all[i], i % 2 ? "GET /v1/events/stream?channel=main HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" :
        "GET /v1/events?wait=30 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  }
  wait_for_held (s, G_N_ELEMENTS (all));
  asp_http_server_stop (s->server);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    g_object_unref (all[i]);
}

#define SITE_TEST(path, func, token) g_test_add ("/net/v1/" path, Site, token, setup_site, func, teardown_site)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  SITE_TEST ("insert", test_insert, NULL);
  SITE_TEST ("wait", test_wait, NULL);
  SITE_TEST ("stream", test_stream, NULL);
  SITE_TEST ("token", test_token, TOKEN);
  SITE_TEST ("stop", test_stop, NULL);
  return g_test_run ();
}
