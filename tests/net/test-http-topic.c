/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handlers over topics: requests that are held, released, refused, left and cut off. */
#include "http-fixture.h"

#include <string.h>
#include <sys/resource.h>

#define N_WAITERS 1000
#define HOLD_MS 8000

/* What is published: a number and its text. */
typedef struct
{
  guint64 number;
  AspHttpBody *body;
  gint *alive;                  /* atomic */
} State;

typedef struct
{
  Fixture f;
  AspHttpTopic *topic;
  gint alive;                   /* states, atomic */
  gint asked, expired;          /* calls of the handler, atomic */
} Channel;

static void
state_free (gpointer data)
{
  State *s = data;

  asp_http_body_unref (s->body);
  g_atomic_int_add (s->alive, -1);
  g_free (s);
}

static void
publish (Channel * c, guint64 number)
{
  State *s = g_new0 (State, 1);
  g_autofree gchar *text = g_strdup_printf ("number %" G_GUINT64_FORMAT, number);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  s->number = number;
  s->body = asp_http_body_new (bytes, "text/plain", NULL, TRUE);
  s->alive = &c->alive;
  g_atomic_int_inc (&c->alive);
  asp_http_topic_publish (c->topic, number, s, state_free);
}

/* ?n=N is held until N, ?pass goes on to the folder, ?bad is refused. */
static void
on_number (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  Channel *c = user_data;
  const State *state = request->state;
  guint64 wanted = 0;

  g_atomic_int_inc (&c->asked);
  if (request->expired)
    g_atomic_int_inc (&c->expired);
  if (state)
    g_assert_cmpuint (state->number, ==, request->generation);
  if (!g_strcmp0 (request->query, "pass")) {
    asp_http_reply_pass (reply);
  } else if (asp_http_query_number (request->query, "n", &wanted) == ASP_HTTP_NUMBER_BAD) {
    asp_http_reply_cache (reply, 1, FALSE);
    asp_http_reply_status (reply, 400);
  } else if (!state || wanted > state->number) {
    guint64 timeout_ms = HOLD_MS;

    asp_http_query_number (request->query, "ms", &timeout_ms);
    asp_http_reply_wait (reply, MAX (wanted, 1), (guint) timeout_ms);
  } else {
    asp_http_reply_cache (reply, 12, TRUE);
    asp_http_reply_header (reply, "X-Waited", request->waited_us > 0 ? "yes" : "no");
    asp_http_reply_body (reply, state->body);
  }
}

static void
channel_setup_with (Channel * c, const AspHttpLimits * limits)
{
  setup_with (&c->f, limits);
  asp_http_server_stop (c->f.server);
  c->topic = asp_http_topic_new ();
  asp_http_server_add_handler (c->f.server, "/number", c->topic, on_number, c);
  asp_http_server_add_handler (c->f.server, "/live/m/", c->topic, on_number, c);
  g_assert_true (asp_http_server_start (c->f.server, "127.0.0.1:0", NULL));
  c->f.port = server_port (c->f.server);
}

static void
channel_setup (Channel * c, gconstpointer data)
{
  channel_setup_with (c, data);
}

static void
channel_teardown (Channel * c, gconstpointer data)
{
  teardown (&c->f, NULL);
  asp_http_topic_unref (c->topic);
  /* nobody has kept a state */
  g_assert_cmpint (g_atomic_int_get (&c->alive), ==, 0);
}

static guint
waiting_now (Channel * c)
{
  AspHttpStats stats;

  asp_http_server_get_stats (c->f.server, &stats);
  return stats.waiting;
}

static gboolean
waiting_become (Channel * c, guint n)
{
  for (guint i = 0; i < 500; i++) {
    if (waiting_now (c) == n)
      return TRUE;
    g_usleep (10000);
  }
  return FALSE;
}

static void
ask_for (GSocketConnection * connection, guint64 number)
{
  g_autofree gchar *text = g_strdup_printf ("GET /number?n=%" G_GUINT64_FORMAT
      " HTTP/1.1\r\nHost: x\r\n\r\n", number);

  g_assert_true (send_text (connection, text));
}

static void
test_at_once (Channel * c, gconstpointer data)
{
  g_autoptr (Reply) there = NULL;
  g_autoptr (Reply) bad = NULL;
  g_autoptr (Reply) passed = NULL;
  g_autoptr (Reply) head = NULL;
  g_autofree gchar *timing = NULL;

  publish (c, 5);
  there = ask (c->f.port, "GET", "/number?n=5", NULL);
  bad = ask (c->f.port, "GET", "/number?n=x", NULL);
  passed = ask (c->f.port, "GET", "/live/m/a.ts?pass", NULL);
  head = ask (c->f.port, "HEAD", "/number", NULL);
  g_assert_cmpuint (there->status, ==, 200);
  assert_body (there, "number 5");
  g_assert_true (has_header (there, "cache-control: max-age=12, immutable"));
  g_assert_true (has_header (there, "x-waited: no"));
  timing = header_value (there, "server-timing");
  g_assert_true (g_str_has_prefix (timing, "app;dur="));
  g_assert_cmpuint (bad->status, ==, 400);
  g_assert_true (has_header (bad, "cache-control: max-age=1"));
  assert_body (passed, "0123456789");
  g_assert_cmpuint (head->status, ==, 200);
  g_assert_true (has_header (head, "content-length: 8"));
  g_assert_cmpuint (head->body_size, ==, 0);
}

static void
test_released (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) first = dial (c->f.port);
  g_autoptr (GSocketConnection) later = dial (c->f.port);
  g_autoptr (Reply) a = NULL;
  g_autoptr (Reply) b = NULL;
  g_autofree gchar *timing = NULL;
  gint64 start_us;

  /* also when nothing has been published at all */
  ask_for (first, 2);
  ask_for (later, 4);
  g_assert_true (waiting_become (c, 2));
  publish (c, 1);
  g_usleep (100000);
  g_assert_cmpuint (waiting_now (c), ==, 2);
  start_us = g_get_monotonic_time ();
  publish (c, 3);
  a = read_reply (first);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US / 2);
  assert_body (a, "number 3");
  g_assert_true (has_header (a, "x-waited: yes"));
  timing = header_value (a, "server-timing");
  g_assert_true (g_str_has_prefix (timing, "hold;dur="));
  g_assert_cmpint (g_ascii_strtoll (timing + 9, NULL, 10), >=, 90);
  g_assert_cmpuint (waiting_now (c), ==, 1);
  publish (c, 4);
  b = read_reply (later);
  assert_body (b, "number 4");
  /* the connection goes on */
  ask_for (first, 4);
  reply_free (a);
  a = read_reply (first);
  assert_body (a, "number 4");
  /* nobody was asked more often than there was something new to say to it */
  g_assert_cmpint (g_atomic_int_get (&c->asked), ==, 5);
}

/* The time of a request counts from when it came. */
static void
test_expires (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) connection = dial (c->f.port);
  gint64 start_us = g_get_monotonic_time ();
  g_autoptr (Reply) r = NULL;
  g_autoptr (Reply) next = NULL;

  publish (c, 1);
  send_text (connection, "GET /number?n=9&ms=300 HTTP/1.1\r\nHost: x\r\n\r\n");
  r = read_reply (connection);
  g_assert_cmpuint (r->status, ==, 503);
  g_assert_true (has_header (r, "retry-after: 1"));
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 290000);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 2 * PROMPT_US);
  g_assert_cmpint (g_atomic_int_get (&c->expired), ==, 1);
  send_text (connection, "GET /number HTTP/1.1\r\nHost: x\r\n\r\n");
  next = read_reply (connection);
  assert_body (next, "number 1");
}

/* A thousand at once: held without a thread each, released together, and nobody else waits. */
static void
test_thousand (Channel * c, gconstpointer data)
{
  GSocketConnection **all = g_new0 (GSocketConnection *, N_WAITERS);
  g_autoptr (Reply) other = NULL;
  gint64 start_us, last_us;

  publish (c, 1);
  for (guint i = 0; i < N_WAITERS; i++) {
    all[i] = dial (c->f.port);
    ask_for (all[i], 2);
  }
  g_assert_true (waiting_become (c, N_WAITERS));
  start_us = g_get_monotonic_time ();
  other = ask (c->f.port, "GET", "/live/m/a.ts?pass", NULL);
  g_assert_cmpuint (other->status, ==, 200);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US / 2);
  start_us = g_get_monotonic_time ();
  publish (c, 2);
  for (guint i = 0; i < N_WAITERS; i++) {
    g_autoptr (Reply) r = read_reply (all[i]);

    assert_body (r, "number 2");
  }
  last_us = g_get_monotonic_time ();
  g_test_message ("%u waiters released and read in %" G_GINT64_FORMAT " ms", N_WAITERS,
      (last_us - start_us) / 1000);
  g_assert_cmpint (last_us - start_us, <, 5 * PROMPT_US);
  g_assert_cmpuint (waiting_now (c), ==, 0);
  for (guint i = 0; i < N_WAITERS; i++)
    g_object_unref (all[i]);
  g_free (all);
}

/* Who leaves while waiting frees its place at once. */
static void
test_left (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) stays = dial (c->f.port);
  g_autoptr (Reply) r = NULL;
  AspHttpStats stats;

  publish (c, 1);
  ask_for (stays, 2);
  for (guint i = 0; i < 50; i++) {
    g_autoptr (GSocketConnection) leaves = dial (c->f.port);

    ask_for (leaves, 2);
    if (i % 2)
      g_usleep (5000);
  }
  g_assert_true (waiting_become (c, 1));
  publish (c, 2);
  r = read_reply (stays);
  assert_body (r, "number 2");
  for (guint i = 0; i < 200; i++) {
    asp_http_server_get_stats (c->f.server, &stats);
    if (stats.clients == 1)
      break;
    g_usleep (10000);
  }
  g_assert_cmpuint (stats.clients, ==, 1);
}

/* A second request that is there while the first is held is answered behind it. */
static void
test_pipelined (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) connection = dial (c->f.port);
  g_autoptr (Reply) a = NULL;
  g_autoptr (Reply) b = NULL;

  publish (c, 1);
  send_text (connection, "GET /number?n=2 HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /number?n=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  g_assert_true (waiting_become (c, 1));
  publish (c, 2);
  a = read_reply (connection);
  b = read_reply (connection);
  assert_body (a, "number 2");
  assert_body (b, "number 2");
}

static void
test_too_many (Channel * c, gconstpointer data)
{
  GSocketConnection *all[4];
  g_autoptr (Reply) refused = NULL;

  publish (c, 1);
  for (guint i = 0; i < 4; i++) {
    all[i] = dial (c->f.port);
    ask_for (all[i], 2);
    g_assert_true (waiting_become (c, MIN (i + 1, 3)));
  }
  refused = read_reply (all[3]);
  g_assert_cmpuint (refused->status, ==, 503);
  for (guint i = 0; i < 4; i++)
    g_object_unref (all[i]);
}

/* Those that wait are hung up on, and nothing is asked or freed twice. */
static void
test_stop_while_waiting (Channel * c, gconstpointer data)
{
  GSocketConnection *all[100];
  gint64 start_us;

  publish (c, 1);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    all[i] = dial (c->f.port);
    ask_for (all[i], 2);
  }
  g_assert_true (waiting_become (c, G_N_ELEMENTS (all)));
  start_us = g_get_monotonic_time ();
  asp_http_server_stop (c->f.server);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US);
  g_assert_cmpuint (waiting_now (c), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    g_autoptr (GByteArray) rest = read_to_end (all[i]);

    g_assert_cmpuint (rest->len, ==, 0);
    g_object_unref (all[i]);
  }
  /* nobody listens any more */
  publish (c, 2);
}

static gpointer
publish_often (gpointer data)
{
  Channel *c = data;

  for (guint64 n = 2; n < 500; n++) {
    publish (c, n);
    g_usleep (500);
  }
  return NULL;
}

/* Publications, requests, departures and stops in every order. */
static void
test_races (Channel * c, gconstpointer data)
{
  GThread *publisher;

  publish (c, 1);
  publisher = g_thread_new ("publisher", publish_often, c);
  for (guint round = 0; round < 10; round++) {
    for (guint i = 0; i < 20; i++) {
      g_autoptr (GSocketConnection) connection = dial (c->f.port);
      guint64 next = asp_http_topic_get_generation (c->topic) + i % 3;

      ask_for (connection, MIN (next, 499));
      if (i % 4)
        reply_free (read_reply (connection));
    }
    asp_http_server_stop (c->f.server);
    g_assert_true (asp_http_server_start (c->f.server, "127.0.0.1:0", NULL));
    c->f.port = server_port (c->f.server);
  }
  g_thread_join (publisher);
}

#define TOPIC_TEST(path, func, limits) \
    g_test_add ("/net/http-topic/" path, Channel, limits, channel_setup, func, channel_teardown)

int
main (int argc, char **argv)
{
  static const AspHttpLimits three_waiters = {.max_waiting = 3 };
  struct rlimit files;

  g_test_init (&argc, &argv, NULL);
  /* both ends of a thousand connections are in this process */
  if (getrlimit (RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 4 * N_WAITERS) {
    files.rlim_cur = MIN (files.rlim_max, 4 * N_WAITERS);
    setrlimit (RLIMIT_NOFILE, &files);
  }
  TOPIC_TEST ("at-once", test_at_once, NULL);
  TOPIC_TEST ("released", test_released, NULL);
  TOPIC_TEST ("expires", test_expires, NULL);
  TOPIC_TEST ("thousand", test_thousand, NULL);
  TOPIC_TEST ("left", test_left, NULL);
  TOPIC_TEST ("pipelined", test_pipelined, NULL);
  TOPIC_TEST ("too-many", test_too_many, &three_waiters);
  TOPIC_TEST ("stop-while-waiting", test_stop_while_waiting, NULL);
  TOPIC_TEST ("races", test_races, NULL);
  return g_test_run ();
}
