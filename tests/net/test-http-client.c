/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client against a server with every fault: what comes, what is refused and why, how
 * long it takes, and that nothing is left over.
 */
#include "http-faults.h"
#include "http-fetch.h"
#include "patience.h"
#include "scratch.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>

#define LOOPBACK "127.0.0.1"
#define BODY "<VAST version=\"4.2\"></VAST>"

typedef struct
{
  HttpFaults *faults;
  AspHttpClient *client;
} Net;

static void
net_setup (Net * n, gconstpointer data)
{
  n->faults = http_faults_new ();
  n->client = client_new (LOOPBACK);
}

static void
net_teardown (Net * n, gconstpointer data)
{
  asp_http_client_free (n->client);
  /* the client has closed what it had */
  for (guint i = 0; i < 100 && http_faults_open (n->faults) > 0; i++)
    g_usleep (10000);
  g_assert_cmpuint (http_faults_open (n->faults), ==, 0);
  http_faults_free (n->faults);
}

static Fetched *
get (Net * n, const gchar * path, AspHttpCall call)
{
  g_autofree gchar *url = http_faults_url (n->faults, path);

  call.url = url;
  return fetch (n->client, &call);
}

static void
assert_error (Fetched * f, AspHttpClientError code)
{
  if (f->error != (gint) code)
    g_error ("error %d instead of %d: %s", f->error, code, f->message);
  g_assert_null (f->body);
  g_assert_true (g_utf8_validate (f->message, -1, NULL));
}

static void
test_answers (Net * n, gconstpointer data)
{
  g_autofree gchar *text = NULL;

  http_faults_on (n->faults, "/ok", &(HttpFault) { .body = BODY, .headers = "X-Test: yes\r\n" });
  http_faults_on (n->faults, "/gzip", &(HttpFault) { .body = BODY, .gzip = TRUE });
  http_faults_on (n->faults, "/none", &(HttpFault) { .status = 204 });
  http_faults_on (n->faults, "/html", &(HttpFault) { .type = "text/html", .body = "<html>" });
  http_faults_on (n->faults, "/bad", &(HttpFault) { .status = 500, .body = "oh" });
  {
    g_autoptr (Fetched) f = get (n, "/ok?a=[X]&b=%zz|{}//c", (AspHttpCall) { 0 });
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, "/ok");
    g_autofree gchar *agent = http_seen_header (seen->pdata[0], "User-Agent");

    g_assert_cmpint (f->error, ==, -1);
    g_assert_cmpuint (f->status, ==, 200);
    g_assert_cmpstr (f->type, ==, "application/xml");
    g_assert_cmpstr (f->header, ==, "yes");
    g_assert_cmpuint (f->size, ==, strlen (BODY));
    g_assert_true (f->sent);
    g_assert_cmpuint (f->attempts, ==, 1);
    text = fetched_text (f);
    g_assert_cmpstr (text, ==, BODY);
    /* a tracker's own bytes are what it is known by */
    g_assert_cmpstr (((HttpSeen *) seen->pdata[0])->target, ==, "/ok?a=[X]&b=%zz|{}//c");
    g_assert_true (g_str_has_prefix (agent, "adsplice/"));
  }
  http_faults_on (n->faults, "/bad-gzip", &(HttpFault) { HTTP_BAD_GZIP, .body = BODY });
  {
    g_autoptr (Fetched) f = get (n, "/gzip", (AspHttpCall) { 0 });
    g_autoptr (Fetched) bad = get (n, "/bad-gzip", (AspHttpCall) { 0 });
    g_autofree gchar *inflated = fetched_text (f);
    g_autofree gchar *as_it_was = fetched_text (bad);

    g_assert_cmpstr (inflated, ==, BODY);
    /* there are servers that say gzip and do not: libsoup forgives it */
    g_assert_cmpstr (as_it_was, ==, BODY);
  }
  {
    g_autoptr (Fetched) none = get (n, "/none", (AspHttpCall) { 0 });
    g_autoptr (Fetched) html = get (n, "/html", (AspHttpCall) { 0 });
    g_autoptr (Fetched) bad = get (n, "/bad", (AspHttpCall) { 0 });
    g_autoptr (Fetched) missing = get (n, "/missing", (AspHttpCall) { 0 });

    g_assert_cmpuint (none->status, ==, 204);
    g_assert_cmpuint (none->size, ==, 0);
    g_assert_cmpint (none->error, ==, -1);
    g_assert_cmpstr (html->type, ==, "text/html");
    g_assert_cmpuint (bad->status, ==, 500);
    g_assert_cmpint (bad->error, ==, -1);
    g_assert_cmpuint (missing->status, ==, 404);
  }
  /* kept connections; libsoup gives one up behind a 204 */
  g_assert_cmpuint (http_faults_connections (n->faults), <=, 2);
}

typedef struct
{
  const gchar *name;
  HttpFault fault;
  AspHttpClientError error;
  gint64 min_ms, max_ms;
} FaultRow;

static void
test_faults (Net * n, gconstpointer data)
{
  static const FaultRow rows[] = {
    {"silent", {HTTP_SILENT}, ASP_HTTP_CLIENT_ERROR_TIMEOUT, 280, 0},
    {"late", {.delay_ms = 2000,.body = BODY}, ASP_HTTP_CLIENT_ERROR_TIMEOUT, 280, 0},
    {"reset", {HTTP_RESET}, ASP_HTTP_CLIENT_ERROR_PROTOCOL, 0, 0},
    {"reset-body", {HTTP_RESET_BODY,.body = BODY}, ASP_HTTP_CLIENT_ERROR_PROTOCOL, 0, 0},
    {"truncated", {HTTP_TRUNCATED,.body = BODY}, ASP_HTTP_CLIENT_ERROR_PROTOCOL, 0, 0},
    {"drip", {HTTP_DRIP,.body = BODY}, ASP_HTTP_CLIENT_ERROR_TIMEOUT, 280, 0},
    /* always something, never an end: the total time */
    {"drip-body", {HTTP_DRIP_BODY,.body = BODY}, ASP_HTTP_CLIENT_ERROR_TIMEOUT, 680, 0},
    {"drip-slow", {HTTP_DRIP_BODY,.body = BODY,.interval_ms = 400}, ASP_HTTP_CLIENT_ERROR_TIMEOUT,
        280, 0},
    {"huge", {HTTP_HUGE_LENGTH,.body = BODY}, ASP_HTTP_CLIENT_ERROR_SIZE, 0, 250},
    {"endless", {HTTP_ENDLESS}, ASP_HTTP_CLIENT_ERROR_SIZE, 0, 0},
    {"bomb", {HTTP_GZIP_BOMB}, ASP_HTTP_CLIENT_ERROR_SIZE, 0, 0},
    {"cut-gzip", {HTTP_CUT_GZIP,.body = BODY}, ASP_HTTP_CLIENT_ERROR_PROTOCOL, 0, 0},
    {"garbage", {HTTP_GARBAGE,.body = "I am no server\n\n"}, ASP_HTTP_CLIENT_ERROR_PROTOCOL, 0, 0},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = g_strconcat ("/", rows[i].name, NULL);
    g_autofree gchar *target = g_strconcat (path, "?secret=42", NULL);
    AspHttpCall call = { .idle_timeout_ms = 300,.total_timeout_ms = 700,.max_bytes = 1024 * 1024 };

    if (rows[i].fault.kind == HTTP_GZIP_BOMB || rows[i].fault.kind == HTTP_ENDLESS)
      call.total_timeout_ms = call.idle_timeout_ms = 20000;
    http_faults_on (n->faults, path, &rows[i].fault);
    {
      g_autoptr (Fetched) f = get (n, target, call);

      g_test_message ("%s: %s (%d ms)", rows[i].name, f->message, (int) (f->elapsed_us / 1000));
      assert_error (f, rows[i].error);
      g_assert_cmpint (f->elapsed_us / 1000, >=, rows[i].min_ms);
      if (rows[i].max_ms > 0)
        g_assert_cmpint (f->elapsed_us / 1000, <, rows[i].max_ms * PATIENCE);
      g_assert_cmpuint (f->size, <=, 1024 * 1024);
      g_assert_null (strstr (f->message, "secret"));
      g_assert_true (f->sent);
      g_assert_cmpuint (f->attempts, ==, 1);
    }
  }
}

static void
test_endless_head (Net * n, gconstpointer data)
{
  http_faults_on (n->faults, "/h", &(HttpFault) { HTTP_ENDLESS_HEAD });
  {
    g_autoptr (Fetched) f = get (n, "/h", (AspHttpCall) { .total_timeout_ms = 3000 });

    g_test_message ("%s", f->message);
    g_assert_cmpint (f->error, !=, -1);
  }
}

/* No more memory than its limit, whatever is inside. */
static void
test_bomb_memory (Net * n, gconstpointer data)
{
  struct rusage before, after;

  http_faults_on (n->faults, "/bomb", &(HttpFault) { HTTP_GZIP_BOMB });
  {
    g_autoptr (Fetched) f = get (n, "/bomb", (AspHttpCall) { .total_timeout_ms = 20000 });

    assert_error (f, ASP_HTTP_CLIENT_ERROR_SIZE);
  }
  getrusage (RUSAGE_SELF, &before);
  {
    g_autoptr (Fetched) f = get (n, "/bomb", (AspHttpCall) { .total_timeout_ms = 20000 });

    assert_error (f, ASP_HTTP_CLIENT_ERROR_SIZE);
  }
  getrusage (RUSAGE_SELF, &after);
  g_test_message ("%ld KiB more", after.ru_maxrss - before.ru_maxrss);
  if (PATIENCE == 1)
    g_assert_cmpint (after.ru_maxrss - before.ru_maxrss, <, 10 * 1024);
}

static void
test_redirects (Net * n, gconstpointer data)
{
  http_faults_on (n->faults, "/ok", &(HttpFault) { .body = BODY });
  http_faults_on (n->faults, "/rel", &(HttpFault) { .status = 302, .location = "ok?x=1" });
  http_faults_on (n->faults, "/abs", &(HttpFault) { .status = 301, .location = "http://%s/rel" });
  http_faults_on (n->faults, "/keep", &(HttpFault) { .status = 307, .location = "/ok" });
  http_faults_on (n->faults, "/see", &(HttpFault) { .status = 303, .location = "/ok" });
  http_faults_on (n->faults, "/a", &(HttpFault) { .status = 302, .location = "/b" });
  http_faults_on (n->faults, "/b", &(HttpFault) { .status = 302, .location = "/a" });
  http_faults_on (n->faults, "/self", &(HttpFault) { .status = 302, .location = "#x" });
  http_faults_on (n->faults, "/void", &(HttpFault) { .status = 302 });
  http_faults_on (n->faults, "/file", &(HttpFault) { .status = 302, .location = "file:///etc/passwd" });
  {
    g_autoptr (Fetched) f = get (n, "/abs", (AspHttpCall) { 0 });

    g_assert_cmpint (f->error, ==, -1);
    g_assert_cmpuint (f->redirects, ==, 2);
    g_assert_true (g_str_has_suffix (f->url, "/ok?x=1"));
  }
  {
    g_autoptr (Fetched) f = get (n, "/abs", (AspHttpCall) { .max_redirects = 1 });
    g_autoptr (Fetched) loop = get (n, "/a", (AspHttpCall) { 0 });
    g_autoptr (Fetched) self = get (n, "/self", (AspHttpCall) { 0 });
    g_autoptr (Fetched) nowhere = get (n, "/void", (AspHttpCall) { 0 });
    g_autoptr (Fetched) file = get (n, "/file", (AspHttpCall) { 0 });
    g_autoptr (Fetched) taken = get (n, "/a", (AspHttpCall) { .no_redirects = TRUE });

    assert_error (f, ASP_HTTP_CLIENT_ERROR_REDIRECT);
    assert_error (loop, ASP_HTTP_CLIENT_ERROR_REDIRECT);
    g_assert_cmpuint (loop->redirects, ==, 1);
    assert_error (self, ASP_HTTP_CLIENT_ERROR_REDIRECT);
    assert_error (nowhere, ASP_HTTP_CLIENT_ERROR_REDIRECT);
    assert_error (file, ASP_HTTP_CLIENT_ERROR_URL);
    g_assert_cmpint (taken->error, ==, -1);
    g_assert_cmpuint (taken->status, ==, 302);
  }
  http_faults_on (n->faults, "/ok", &(HttpFault) { .body = BODY });
  {
    g_autoptr (GBytes) body = g_bytes_new_static ("{}", 2);
    g_autoptr (Fetched) keep = get (n, "/keep", (AspHttpCall) { .body = body });
    g_autoptr (Fetched) see = get (n, "/see", (AspHttpCall) { .body = body });
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, "/ok");

    g_assert_cmpint (keep->error, ==, -1);
    g_assert_cmpint (see->error, ==, -1);
    g_assert_cmpstr (((HttpSeen *) seen->pdata[1])->method, ==, "POST");
    g_assert_cmpuint (g_bytes_get_size (((HttpSeen *) seen->pdata[1])->body), ==, 2);
    g_assert_cmpstr (((HttpSeen *) seen->pdata[2])->method, ==, "GET");
    g_assert_cmpuint (g_bytes_get_size (((HttpSeen *) seen->pdata[2])->body), ==, 0);
  }
}

static gchar *
only_header (HttpFaults * faults, const gchar * path, const gchar * name)
{
  g_autoptr (GPtrArray) seen = http_faults_seen (faults, path);

  g_assert_cmpuint (seen->len, ==, 1);
  return http_seen_header (seen->pdata[0], name);
}

static void
test_headers (Net * n, gconstpointer data)
{
  static const gchar *const headers[] = { "X-Key", "k 1", "Authorization", "Bearer t", NULL };
  static const gchar *const smuggled[] = { "X-Key", "a\r\nHost: evil", NULL };
  static const gchar *const ours[] = { "content-length", "7", NULL };
  HttpFaults *second = http_faults_new ();
  g_autofree gchar *away = http_faults_url (second, "/there");
  AspHttpCall call = { .headers = headers,.device_ip = "203.0.113.9",
    .device_user_agent = "TV\r\nX: 1 \xc3\xa9"
  };

  http_faults_on (n->faults, "/here", &(HttpFault) { .status = 302, .location = away });
  http_faults_on (second, "/there", &(HttpFault) { .body = BODY });
  {
    g_autoptr (Fetched) f = get (n, "/here", call);
    g_autofree gchar *key = only_header (n->faults, "/here", "X-Key");
    g_autofree gchar *bearer = only_header (n->faults, "/here", "Authorization");
    g_autofree gchar *ip = only_header (n->faults, "/here", "X-Device-IP");
    g_autofree gchar *forwarded = only_header (n->faults, "/here", "X-Forwarded-For");
    g_autofree gchar *device = only_header (n->faults, "/here", "X-Device-User-Agent");
    g_autofree gchar *device_there = only_header (second, "/there", "X-Device-User-Agent");

    g_assert_cmpint (f->error, ==, -1);
    g_assert_cmpstr (key, ==, "k 1");
    g_assert_cmpstr (bearer, ==, "Bearer t");
    g_assert_cmpstr (ip, ==, "203.0.113.9");
    g_assert_cmpstr (forwarded, ==, "203.0.113.9");
    g_assert_cmpstr (device, ==, "TVX: 1");
    /* what is for whom was asked is for nobody else */
    g_assert_cmpstr (device_there, ==, "TVX: 1");
    g_assert_null (only_header (second, "/there", "X-Key"));
    g_assert_null (only_header (second, "/there", "Authorization"));
  }
  {
    g_autoptr (Fetched) a = get (n, "/here", (AspHttpCall) { .headers = smuggled });
    g_autoptr (Fetched) b = get (n, "/here", (AspHttpCall) { .headers = ours });
    g_autoptr (Fetched) c = get (n, "/here", (AspHttpCall) { .device_ip = "home" });
    g_autoptr (Fetched) d = get (n, "/here", (AspHttpCall) { .method = "GET / HTTP/1.1\r\n" });

    assert_error (a, ASP_HTTP_CLIENT_ERROR_REQUEST);
    assert_error (b, ASP_HTTP_CLIENT_ERROR_REQUEST);
    assert_error (c, ASP_HTTP_CLIENT_ERROR_REQUEST);
    assert_error (d, ASP_HTTP_CLIENT_ERROR_REQUEST);
    g_assert_false (a->sent);
  }
  {
    g_autofree gchar *url = g_strdup_printf ("http://me:p%%40ss@127.0.0.1:%u/user?q",
        http_faults_port (n->faults));
    g_autoptr (Fetched) f = NULL;
    g_autofree gchar *basic = NULL;

    http_faults_on (n->faults, "/user", &(HttpFault) { HTTP_RESET });
    f = fetch (n->client, &(AspHttpCall) { .url = url });
    basic = only_header (n->faults, "/user", "Authorization");
    g_assert_cmpstr (basic, ==, "Basic bWU6cEBzcw==");
    g_assert_null (strstr (f->message, "p%40ss"));
    g_assert_null (strstr (f->message, "me:"));
  }
  {
    g_autofree gchar *home = g_strdup_printf ("http://me:x@127.0.0.1:%u/moved",
        http_faults_port (n->faults));
    g_autofree gchar *gone = g_strdup_printf ("http://me:x@127.0.0.1:%u/away",
        http_faults_port (n->faults));
    g_autoptr (Fetched) stays = NULL;
    g_autoptr (Fetched) leaves = NULL;
    g_autofree gchar *kept = NULL;

    http_faults_on (n->faults, "/moved", &(HttpFault) { .status = 302, .location = "/new" });
    http_faults_on (n->faults, "/new", &(HttpFault) { .body = BODY });
    http_faults_reset (second);
    http_faults_on (second, "/there", &(HttpFault) { .body = BODY });
    http_faults_on (n->faults, "/away", &(HttpFault) { .status = 302, .location = away });
    stays = fetch (n->client, &(AspHttpCall) { .url = home });
    leaves = fetch (n->client, &(AspHttpCall) { .url = gone });
    kept = only_header (n->faults, "/new", "Authorization");
    g_assert_cmpint (stays->error, ==, -1);
    g_assert_cmpint (leaves->error, ==, -1);
    g_assert_cmpstr (kept, ==, "Basic bWU6eA==");
    g_assert_null (only_header (second, "/there", "Authorization"));
  }
  http_faults_free (second);
}

static void
test_post (Net * n, gconstpointer data)
{
  g_autofree gchar *text = g_strnfill (5000, 'a');
  g_autoptr (GBytes) body = g_bytes_new (text, 5000);

  http_faults_on (n->faults, "/ads", &(HttpFault) { .body = BODY });
  {
    g_autoptr (Fetched) plain = get (n, "/ads", (AspHttpCall) { .body = body,
          .body_type = "application/json" });
    g_autoptr (Fetched) packed = get (n, "/ads", (AspHttpCall) { .body = body, .gzip_body = TRUE });
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, "/ads");
    g_autofree gchar *type = http_seen_header (seen->pdata[0], "Content-Type");
    g_autofree gchar *coding = http_seen_header (seen->pdata[1], "Content-Encoding");
    HttpSeen *first = seen->pdata[0], *second = seen->pdata[1];

    g_assert_cmpint (plain->error, ==, -1);
    g_assert_cmpint (packed->error, ==, -1);
    g_assert_cmpstr (first->method, ==, "POST");
    g_assert_cmpstr (type, ==, "application/json");
    g_assert_true (g_bytes_equal (first->body, body));
    g_assert_cmpstr (coding, ==, "gzip");
    g_assert_cmpuint (g_bytes_get_size (second->body), <, 200);
  }
}

static void
test_retries (Net * n, gconstpointer data)
{
  AspHttpCall safe = { .retry = ASP_HTTP_RETRY_SAFE };
  AspHttpCall unsent = { .retry = ASP_HTTP_RETRY_UNSENT };

  http_faults_on (n->faults, "/twice", &(HttpFault) { .status = 503 });
  http_faults_on (n->faults, "/twice", &(HttpFault) { HTTP_RESET });
  http_faults_on (n->faults, "/twice", &(HttpFault) { .body = BODY });
  http_faults_on (n->faults, "/always", &(HttpFault) { .status = 503, .body = "no" });
  http_faults_on (n->faults, "/later", &(HttpFault) { .status = 429, .headers = "Retry-After: 1\r\n" });
  http_faults_on (n->faults, "/later", &(HttpFault) { .body = BODY });
  http_faults_on (n->faults, "/much-later", &(HttpFault) { .status = 429,
        .headers = "Retry-After: 100\r\n" });
  http_faults_on (n->faults, "/beacon", &(HttpFault) { HTTP_RESET });
  http_faults_on (n->faults, "/beacon", &(HttpFault) { .body = BODY });
  {
    g_autoptr (Fetched) f = get (n, "/twice", safe);
    g_autoptr (Fetched) always = get (n, "/always", safe);
    g_autoptr (Fetched) later = get (n, "/later", safe);
    g_autoptr (Fetched) much = get (n, "/much-later", safe);
    g_autoptr (Fetched) beacon = get (n, "/beacon", unsent);
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, "/beacon");

    g_assert_cmpint (f->error, ==, -1);
    g_assert_cmpuint (f->status, ==, 200);
    g_assert_cmpuint (f->attempts, ==, 3);
    g_assert_cmpint (always->error, ==, -1);
    g_assert_cmpuint (always->status, ==, 503);
    g_assert_cmpuint (always->attempts, ==, 3);
    g_assert_cmpuint (later->status, ==, 200);
    g_assert_cmpint (later->elapsed_us, >=, 1000000);
    g_assert_cmpuint (much->status, ==, 429);
    g_assert_cmpuint (much->attempts, ==, 1);
    /* it may have counted: not again */
    assert_error (beacon, ASP_HTTP_CLIENT_ERROR_PROTOCOL);
    g_assert_cmpuint (seen->len, ==, 1);
  }
}

/* Nobody listens: tried again, later each time, and the server never heard of it. */
static void
test_refused (Net * n, gconstpointer data)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree gchar *url = g_strdup_printf ("http://127.0.0.1:%u/x?token=7", port);

  g_socket_listener_close (listener);
  {
    g_autoptr (Fetched) once = fetch (n->client, &(AspHttpCall) { .url = url });
    g_autoptr (Fetched) again = fetch (n->client, &(AspHttpCall) { .url = url,
          .retry = ASP_HTTP_RETRY_UNSENT, .retries = 3 });

    assert_error (once, ASP_HTTP_CLIENT_ERROR_CONNECT);
    g_test_message ("%s", once->message);
    g_assert_null (strstr (once->message, "token"));
    g_assert_cmpuint (once->attempts, ==, 1);
    g_assert_false (once->sent);
    assert_error (again, ASP_HTTP_CLIENT_ERROR_CONNECT);
    g_assert_cmpuint (again->attempts, ==, 4);
    g_assert_cmpint (again->elapsed_us, >=, 700000);
  }
}

/* What is allowed may change while it runs, to more and to less, also where it was before. */
static void
test_set_allow (Net * n, gconstpointer data)
{
  g_autofree gchar *url = http_faults_url (n->faults, "/x");
  g_autofree gchar *named = g_strdup_printf ("http://localhost:%u/x", http_faults_port (n->faults));
  const gchar *urls[] = { url, named };
  g_autoptr (AspHttpAllow) both = asp_http_allow_new ("127.0.0.1 localhost", NULL);

  http_faults_on (n->faults, "/x", &(HttpFault) { .body = "x" });
  for (guint i = 0; i < 6; i++) {
    g_autoptr (Fetched) f = NULL;

    asp_http_client_set_allow (n->client, i / 2 == 1 ? NULL : both);
    f = fetch (n->client, &(AspHttpCall) { .url = urls[i % 2] });
    if (i / 2 == 1)
      assert_error (f, ASP_HTTP_CLIENT_ERROR_ADDRESS);
    else
      g_assert_cmpuint (f->status, ==, 200);
  }
}

/* The server takes the connection and does not shake hands. */
static void
test_no_handshake (Net * n, gconstpointer data)
{
  g_autofree gchar *url = g_strdup_printf ("https://127.0.0.1:%u/", http_faults_port (n->faults));
  g_autoptr (Fetched) f = fetch (n->client, &(AspHttpCall) { .url = url,
        .connect_timeout_ms = 300 });

  assert_error (f, ASP_HTTP_CLIENT_ERROR_TIMEOUT);
  g_assert_false (f->sent);
  g_assert_cmpint (f->elapsed_us, >=, 300000);
  g_assert_cmpint (f->elapsed_us, <, 300000 + PROMPT_US);
}

static void
test_file (Net * n, gconstpointer data)
{
  g_autofree gchar *folder = scratch_folder_new ("fetch");
  g_autofree gchar *file = g_build_filename (folder, "creative", NULL);
  g_autofree gchar *big = g_strnfill (900000, 'm');
  g_autofree gchar *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, big, -1);
  AspHttpCall call = { .file = file };
  GStatBuf status;

  http_faults_on (n->faults, "/m", &(HttpFault) { .body = big });
  http_faults_on (n->faults, "/cut", &(HttpFault) { HTTP_TRUNCATED, .body = big });
  http_faults_on (n->faults, "/endless", &(HttpFault) { HTTP_ENDLESS });
  http_faults_on (n->faults, "/gone", &(HttpFault) { .status = 404, .body = "gone" });
  {
    g_autoptr (Fetched) cut = get (n, "/cut", call);
    g_autoptr (Fetched) endless = get (n, "/endless", call);
    g_autoptr (Fetched) gone = get (n, "/gone", call);

    assert_error (cut, ASP_HTTP_CLIENT_ERROR_PROTOCOL);
    assert_error (endless, ASP_HTTP_CLIENT_ERROR_SIZE);
    g_assert_cmpuint (gone->status, ==, 404);
    g_assert_null (gone->sha256);
    g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
  }
  {
    g_autoptr (Fetched) f = get (n, "/m", call);
    g_autoptr (Fetched) again = get (n, "/m", call);
    g_autofree gchar *text = NULL;

    g_assert_cmpint (f->error, ==, -1);
    g_assert_null (f->body);
    g_assert_cmpstr (f->sha256, ==, sum);
    g_assert_cmpuint (f->size, ==, 900000);
    g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
    g_assert_cmpstr (text, ==, big);
    g_assert_cmpint (g_stat (file, &status), ==, 0);
    g_assert_cmpint (status.st_mode & 0777, ==, 0600);
    /* somebody else's file is not written over, nor taken away */
    assert_error (again, ASP_HTTP_CLIENT_ERROR_FILE);
    g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
  }
  g_unlink (file);
  g_rmdir (folder);
}

/* At every moment of a transfer, and often. */
static void
test_cancel (Net * n, gconstpointer data)
{
  static const gchar *const paths[] = { "/silent", "/drip", "/endless", "/ok", "/busy" };

  http_faults_on (n->faults, "/silent", &(HttpFault) { HTTP_SILENT });
  http_faults_on (n->faults, "/drip", &(HttpFault) { HTTP_DRIP, .body = BODY, .interval_ms = 2 });
  http_faults_on (n->faults, "/endless", &(HttpFault) { HTTP_ENDLESS });
  http_faults_on (n->faults, "/ok", &(HttpFault) { .body = BODY });
  http_faults_on (n->faults, "/busy", &(HttpFault) { .status = 503 });
  for (guint i = 0; i < 100; i++) {
    g_autofree gchar *url = http_faults_url (n->faults, paths[i % 5]);
    AspHttpCall call = { .url = url,.retry = ASP_HTTP_RETRY_SAFE,.max_bytes = 1024 * 1024 * 1024 };
    guint64 id;
    g_autoptr (Fetched) f = fetch_begin (n->client, &call, &id);

    g_usleep (i / 5 * 200);
    asp_http_client_cancel (n->client, id);
    fetch_wait (f);
    if (f->error != -1)
      assert_error (f, ASP_HTTP_CLIENT_ERROR_CANCELLED);
    else
      g_assert_cmpint (i % 5, ==, 3);
    asp_http_client_cancel (n->client, id);
  }
  asp_http_client_cancel (n->client, 12345678);
}

static guint
n_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

/* Freeing waits for nothing, and all that was begun is told. */
static void
test_free_in_flight (void)
{
  guint before = 0;

  for (guint round = 0; round < 20; round++) {
    HttpFaults *faults = http_faults_new ();
    AspHttpClient *client = client_new (LOOPBACK);
    Fetched *all[20];
    gint64 begin_us;

    http_faults_on (faults, "/0", &(HttpFault) { HTTP_SILENT });
    http_faults_on (faults, "/1", &(HttpFault) { HTTP_DRIP_BODY, .body = BODY });
    http_faults_on (faults, "/2", &(HttpFault) { HTTP_ENDLESS });
    for (guint i = 0; i < 20; i++) {
      g_autofree gchar *path = g_strdup_printf ("/%u", i % 4);
      g_autofree gchar *url = http_faults_url (faults, path);

      all[i] = fetch_begin (client, &(AspHttpCall) { .url = url, .max_bytes = G_MAXSIZE }, NULL);
    }
    g_usleep (round * 500);
    begin_us = g_get_monotonic_time ();
    asp_http_client_free (client);
    g_assert_cmpint (g_get_monotonic_time () - begin_us, <, PROMPT_US);
    for (guint i = 0; i < 20; i++) {
      g_assert_cmpuint (all[i]->calls, ==, 1);
      fetched_free (all[i]);
    }
    http_faults_free (faults);
    /* GIO opens some for itself, once */
    if (round == 0)
      before = n_descriptors ();
    g_assert_cmpuint (n_descriptors (), <=, before + 2);
  }
}

/* Few at a time, the others in order, none too many. */
static void
test_places (void)
{
  HttpFaults *faults = http_faults_new ();
  g_autoptr (AspHttpAllow) allow = asp_http_allow_new (LOOPBACK, NULL);
  AspHttpClientConfig config = { .allow = allow,.max_running = 2,.max_waiting = 4 };
  AspHttpClient *client = asp_http_client_new (&config, NULL);
  g_autofree gchar *url = http_faults_url (faults, "/slow");
  Fetched *all[8];
  guint busy = 0, good = 0;

  http_faults_on (faults, "/slow", &(HttpFault) { .body = BODY, .delay_ms = 100 });
  for (guint i = 0; i < 8; i++)
    all[i] = fetch_begin (client, &(AspHttpCall) { .url = url }, NULL);
  for (guint i = 0; i < 8; i++) {
    fetch_wait (all[i]);
    busy += all[i]->error == ASP_HTTP_CLIENT_ERROR_BUSY;
    good += all[i]->error == -1;
    fetched_free (all[i]);
  }
  g_assert_cmpuint (good, ==, 6);
  g_assert_cmpuint (busy, ==, 2);
  g_assert_cmpuint (http_faults_connections (faults), ==, 2);
  {
    /* its time passes while it waits */
    g_autoptr (Fetched) a = fetch_begin (client, &(AspHttpCall) { .url = url }, NULL);
    g_autoptr (Fetched) b = fetch_begin (client, &(AspHttpCall) { .url = url }, NULL);
    g_autoptr (Fetched) c = fetch (client, &(AspHttpCall) { .url = url, .total_timeout_ms = 30 });

    assert_error (c, ASP_HTTP_CLIENT_ERROR_TIMEOUT);
    g_assert_false (c->sent);
    fetch_wait (a);
    fetch_wait (b);
  }
  asp_http_client_free (client);
  http_faults_free (faults);
}

#define NET_TEST(path, func) g_test_add ("/net/client/" path, Net, NULL, net_setup, func, net_teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* a proxy would undo what vetting is for */
  g_setenv ("http_proxy", "http://127.0.0.1:9/", TRUE);
  NET_TEST ("answers", test_answers);
  NET_TEST ("faults", test_faults);
  NET_TEST ("endless-head", test_endless_head);
  NET_TEST ("bomb-memory", test_bomb_memory);
  NET_TEST ("redirects", test_redirects);
  NET_TEST ("headers", test_headers);
  NET_TEST ("post", test_post);
  NET_TEST ("retries", test_retries);
  NET_TEST ("refused", test_refused);
  NET_TEST ("set-allow", test_set_allow);
  NET_TEST ("no-handshake", test_no_handshake);
  NET_TEST ("file", test_file);
  NET_TEST ("cancel", test_cancel);
  g_test_add_func ("/net/client/free-in-flight", test_free_in_flight);
  g_test_add_func ("/net/client/places", test_places);
  return g_test_run ();
}
