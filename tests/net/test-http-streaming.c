/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers that go on: what is published comes through, and who is slow, leaves or is one too many
 * harms nobody. */
#include "http-fixture.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define N_CLIENTS 500
#define N_NUMBERS 20

/* The numbers 1 to generation, each as one event. */
typedef struct
{
  AspHttpServer *server;
  guint16 port;
  AspHttpTopic *topic;
  gint streams;                 /* that live, atomic */
  gint pieces;                  /* atomic */
} Channel;

typedef struct
{
  Channel *c;
  guint64 said;
  gsize filler;                 /* bytes in each event */
  guint64 end;                  /* the last one; 0 = none */
} Stream;

static GBytes *
next_number (gpointer data, gboolean * end)
{
  Stream *s = data;
  guint64 last = asp_http_topic_get_generation (s->c->topic);
  GString *text;

  if (s->end && s->said >= s->end)
    *end = TRUE;
  if (s->said >= last || *end)
    return NULL;
  g_atomic_int_inc (&s->c->pieces);
  s->said++;
  text = g_string_new (NULL);
  g_string_append_printf (text, "id: %" G_GUINT64_FORMAT "\ndata: ", s->said);
  for (gsize i = 0; i < s->filler; i++)
    g_string_append_c (text, 'x');
  g_string_append (text, "\n\n");
  return g_string_free_to_bytes (text);
}

static void
stream_free (gpointer data)
{
  Stream *s = data;

  g_atomic_int_add (&s->c->streams, -1);
  g_free (s);
}

static void
on_stream (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  Stream *s = g_new0 (Stream, 1);
  guint64 filler = 0;

  s->c = user_data;
  g_atomic_int_inc (&s->c->streams);
  asp_http_query_number (request->query, "since", &s->said);
  asp_http_query_number (request->query, "end", &s->end);
  if (asp_http_query_number (request->query, "filler", &filler) == ASP_HTTP_NUMBER_GOOD)
    s->filler = (gsize) filler;
  asp_http_reply_stream (reply, "text/event-stream", next_number, s, stream_free);
}

static void
on_other (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  asp_http_reply_status (reply, 204);
}

static void
setup_stream (Channel * c, gconstpointer limits)
{
  c->topic = asp_http_topic_new ();
  c->server = asp_http_server_new (limits);
  asp_http_server_set_writable (c->server, 1000);
  asp_http_server_add_handler (c->server, "/stream", c->topic, on_stream, c);
  asp_http_server_add_handler (c->server, "/no-topic", NULL, on_stream, c);
  asp_http_server_add_handler (c->server, "/other", NULL, on_other, c);
  g_assert_true (asp_http_server_start (c->server, "127.0.0.1:0", NULL));
  c->port = server_port (c->server);
}

static void
teardown_stream (Channel * c, gconstpointer limits)
{
  asp_http_server_free (c->server);
  asp_http_topic_unref (c->topic);
  g_assert_cmpint (g_atomic_int_get (&c->streams), ==, 0);
}

static void
publish (Channel * c, guint64 number)
{
  asp_http_topic_publish (c->topic, number, NULL, NULL);
}

static GSocketConnection *
open_stream (Channel * c, const gchar * target)
{
  GSocketConnection *connection = dial (c->port);
  g_autofree gchar *text = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);

  g_assert_true (send_text (connection, text));
  return connection;
}

/* Reads until @text has come; FALSE when the server closes before. */
static gboolean
read_until (GSocketConnection * connection, GString * all, const gchar * text)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  gchar piece[65536];

  while (!strstr (all->str, text)) {
    g_autoptr (GError) error = NULL;
    gssize n = g_input_stream_read (in, piece, sizeof piece, NULL, &error);

    g_assert_false (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
    if (n <= 0)
      return FALSE;
    g_string_append_len (all, piece, n);
  }
  return TRUE;
}

static gboolean
becomes (gint * value, gint wanted)
{
  for (guint i = 0; i < PATIENCE * 500; i++) {
    if (g_atomic_int_get (value) == wanted)
      return TRUE;
    g_usleep (10000);
  }
  return FALSE;
}

static void
get_stats (Channel * c, AspHttpStats * stats)
{
  asp_http_server_get_stats (c->server, stats);
}

/* -- the tests -- */

static void
test_order (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GString) all = g_string_new (NULL);
  AspHttpStats stats;
  const gchar *at;

  publish (c, 3);
  connection = open_stream (c, "/stream?since=1");
  g_assert_true (read_until (connection, all, "id: 3\n"));
  g_assert_nonnull (strstr (all->str, "HTTP/1.1 200"));
  g_assert_nonnull (strstr (all->str, "Content-Type: text/event-stream\r\n"));
  g_assert_nonnull (strstr (all->str, "Connection: close\r\n"));
  g_assert_nonnull (strstr (all->str, "Cache-Control: no-cache\r\n"));
  g_assert_null (strstr (all->str, "Access-Control"));
  g_assert_null (strstr (all->str, "id: 1\n"));
  get_stats (c, &stats);
  g_assert_cmpuint (stats.waiting, ==, 1);
  for (guint64 n = 4; n <= 60; n++) {
    g_autofree gchar *text = g_strdup_printf ("id: %" G_GUINT64_FORMAT "\n", n);
    gint64 start_us = g_get_monotonic_time ();

    publish (c, n);
    if (n % 10 && n != 60)
      continue;
    g_assert_true (read_until (connection, all, text));
    g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US / 2);
  }
  at = all->str;
  for (guint64 n = 2; n <= 60; n++) {
    g_autofree gchar *text = g_strdup_printf ("id: %" G_GUINT64_FORMAT "\n", n);

    at = strstr (at, text);
    g_assert_nonnull (at);
  }
}

/* The head comes before there is anything to say, and a comment when there is nothing for long. */
static void
test_keep_alive (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) connection = open_stream (c, "/stream");
  g_autoptr (GString) all = g_string_new (NULL);
  gint64 start_us = g_get_monotonic_time ();

  g_assert_true (read_until (connection, all, "\r\n\r\n"));
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US / 2);
  g_assert_true (read_until (connection, all, ": \n\n"));
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, G_USEC_PER_SEC);
  g_string_truncate (all, 0);
  g_assert_true (read_until (connection, all, ": \n\n"));
  publish (c, 1);
  g_assert_true (read_until (connection, all, "id: 1\n"));
}

static void
test_end (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (Reply) all = NULL;
  g_autoptr (Reply) head = NULL;

  publish (c, 2);
  connection = open_stream (c, "/stream?end=2");
  all = reply_new (read_to_end (connection));
  g_assert_cmpuint (all->status, ==, 200);
  assert_body (all, "id: 1\ndata: \n\nid: 2\ndata: \n\n");
  head = ask (c->port, "HEAD", "/stream", NULL);
  g_assert_cmpuint (head->status, ==, 200);
  g_assert_true (has_header (head, "content-type: text/event-stream"));
  g_assert_cmpuint (head->body_size, ==, 0);
  g_assert_true (becomes (&c->streams, 0));
}

static void
test_http_1_0 (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) connection = dial (c->port);
  g_autoptr (GByteArray) all = NULL;

  publish (c, 2);
  send_text (connection, "GET /stream?end=2 HTTP/1.0\r\nHost: x\r\n\r\n");
  all = read_to_end (connection);
  g_assert_nonnull (strstr ((gchar *) all->data, "\r\n\r\nid: 1\ndata: \n\nid: 2\ndata: \n\n"));
}

static void
test_refused (Channel * c, gconstpointer data)
{
  g_autoptr (Reply) no_topic = ask (c->port, "GET", "/no-topic", NULL);
  GSocketConnection *all[3];
  g_autoptr (Reply) too_many = NULL;

  g_assert_cmpuint (no_topic->status, ==, 503);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    all[i] = open_stream (c, "/stream");
    g_assert_true (becomes (&c->streams, (gint) i + 1));
  }
  too_many = ask (c->port, "GET", "/stream", NULL);
  g_assert_cmpuint (too_many->status, ==, 503);
  g_assert_true (has_header (too_many, "retry-after: 1"));
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    g_object_unref (all[i]);
  g_assert_true (becomes (&c->streams, 0));
}

/* Each of many gets each number, while others are served. */
static void
test_many (Channel * c, gconstpointer data)
{
  GSocketConnection **all = g_new0 (GSocketConnection *, N_CLIENTS);
  g_autoptr (Reply) other = NULL;
  gint64 start_us;

  for (guint i = 0; i < N_CLIENTS; i++)
    all[i] = open_stream (c, "/stream");
  g_assert_true (becomes (&c->streams, N_CLIENTS));
  start_us = g_get_monotonic_time ();
  for (guint64 n = 1; n <= N_NUMBERS; n++)
    publish (c, n);
  other = ask (c->port, "GET", "/other", NULL);
  g_assert_cmpuint (other->status, ==, 204);
  for (guint i = 0; i < N_CLIENTS; i++) {
    g_autoptr (GString) text = g_string_new (NULL);

    g_assert_true (read_until (all[i], text, "id: 20\n"));
    g_object_unref (all[i]);
  }
  g_test_message ("%u numbers to %u clients in %" G_GINT64_FORMAT " ms", N_NUMBERS, N_CLIENTS,
      (g_get_monotonic_time () - start_us) / 1000);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 5 * PROMPT_US);
  g_assert_true (becomes (&c->streams, 0));
  g_assert_cmpint (g_atomic_int_get (&c->pieces), ==, N_NUMBERS * N_CLIENTS);
  g_free (all);
}

/* Who takes nothing is dropped, and no more than a piece was made for it beside what the
 * sockets hold; who takes a little now and then is not. */
static void
test_slow (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) dead = open_stream (c, "/stream?filler=204800");
  g_autoptr (GSocketConnection) lively = open_stream (c, "/stream");
  g_autoptr (GString) text = g_string_new (NULL);
  AspHttpStats stats;
  int small = 4096;

  setsockopt (g_socket_get_fd (g_socket_connection_get_socket (dead)), SOL_SOCKET, SO_RCVBUF, &small,
      sizeof small);
  g_assert_true (becomes (&c->streams, 2));
  for (guint64 n = 1; n <= 1000; n++)
    publish (c, n);
  g_assert_true (read_until (lively, text, "id: 1000\n"));
  g_assert_true (becomes (&c->streams, 1));
  /* the lively one had 1000 */
  g_assert_cmpint (g_atomic_int_get (&c->pieces), <, 1000 + 60);
  get_stats (c, &stats);
  g_assert_cmpuint (stats.dropped, ==, 1);
  publish (c, 1001);
  g_assert_true (read_until (lively, text, "id: 1001\n"));
}

/* A piece that is longer than it may be ends the stream, and nothing of it is sent. */
static void
test_too_long (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) connection = open_stream (c, "/stream?filler=262144");
  g_autoptr (Reply) all = NULL;

  publish (c, 1);
  all = reply_new (read_to_end (connection));
  g_assert_cmpuint (all->status, ==, 200);
  g_assert_cmpuint (all->body_size, ==, 0);
}

static void
test_left (Channel * c, gconstpointer data)
{
  for (guint i = 0; i < 50; i++) {
    g_autoptr (GSocketConnection) leaves = open_stream (c, i % 3 ? "/stream" : "/stream?filler=204800");

    if (i % 2)
      g_usleep (5000);
    publish (c, i + 1);
  }
  g_assert_true (becomes (&c->streams, 0));
  for (guint i = 0; i < PATIENCE * 200; i++) {
    AspHttpStats stats;

    get_stats (c, &stats);
    if (stats.clients == 0 && stats.waiting == 0)
      return;
    g_usleep (10000);
  }
  g_assert_not_reached ();
}

static void
test_stop (Channel * c, gconstpointer data)
{
  GSocketConnection *all[100];
  gint64 start_us;

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    all[i] = open_stream (c, i % 2 ? "/stream" : "/stream?filler=204800");
  g_assert_true (becomes (&c->streams, G_N_ELEMENTS (all)));
  publish (c, 100);
  start_us = g_get_monotonic_time ();
  asp_http_server_stop (c->server);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US);
  g_assert_cmpint (g_atomic_int_get (&c->streams), ==, 0);
  publish (c, 101);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    g_byte_array_unref (read_to_end (all[i]));
    g_object_unref (all[i]);
  }
}

static gpointer
publish_often (gpointer data)
{
  Channel *c = data;

  for (guint64 n = 1; n < 500; n++) {
    publish (c, n);
    g_usleep (500);
  }
  return NULL;
}

/* Publications, clients, departures and stops in every order. */
static void
test_races (Channel * c, gconstpointer data)
{
  GThread *publisher = g_thread_new ("publisher", publish_often, c);

  for (guint round = 0; round < 10; round++) {
    for (guint i = 0; i < 20; i++) {
      g_autoptr (GSocketConnection) connection = open_stream (c, i % 3 ? "/stream" : "/stream?end=7");
      g_autoptr (GString) text = g_string_new (NULL);

      if (i % 4)
        read_until (connection, text, "id: 5\n");
    }
    asp_http_server_stop (c->server);
    g_assert_true (asp_http_server_start (c->server, "127.0.0.1:0", NULL));
    c->port = server_port (c->server);
  }
  g_thread_join (publisher);
}

#define STREAM_TEST(path, func, limits) \
    g_test_add ("/net/http-streaming/" path, Channel, limits, setup_stream, func, teardown_stream)

int
main (int argc, char **argv)
{
  static const AspHttpLimits three = {.max_waiting = 3 };
  static const AspHttpLimits lively = {.keep_alive_s = 1 };
  static const AspHttpLimits impatient = {.stall_timeout_s = 2 };
  struct rlimit files;

  g_test_init (&argc, &argv, NULL);
  /* both ends of many connections are in this process */
  if (getrlimit (RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 4 * N_CLIENTS) {
    files.rlim_cur = MIN (files.rlim_max, 4 * N_CLIENTS);
    setrlimit (RLIMIT_NOFILE, &files);
  }
  STREAM_TEST ("order", test_order, NULL);
  STREAM_TEST ("keep-alive", test_keep_alive, &lively);
  STREAM_TEST ("end", test_end, NULL);
  STREAM_TEST ("http-1.0", test_http_1_0, NULL);
  STREAM_TEST ("refused", test_refused, &three);
  STREAM_TEST ("many", test_many, NULL);
  STREAM_TEST ("slow", test_slow, &impatient);
  STREAM_TEST ("too-long", test_too_long, NULL);
  STREAM_TEST ("left", test_left, NULL);
  STREAM_TEST ("stop", test_stop, NULL);
  STREAM_TEST ("races", test_races, NULL);
  return g_test_run ();
}
