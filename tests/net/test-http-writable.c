/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server that takes requests with a body: what handlers get, what they may answer, and what
 * is refused before they are asked. */
#include "http-fixture.h"

#include <string.h>

#define BODY_MAX 1000

static gint n_asked;            /* atomic */

/* Says what it was asked, with the status that the query names. */
static void
echo (const AspHttpRequest * r, AspHttpReply * reply, gpointer user_data)
{
  guint status = r->query ? (guint) g_ascii_strtoull (r->query, NULL, 10) : 200;
  g_autofree gchar *text = g_strdup_printf ("%s %s %" G_GSIZE_FORMAT " %.*s%s", r->method, r->path,
      r->body_size, (int) r->body_size, (const gchar *) r->body, r->from_loopback ? " here" : "");
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  g_atomic_int_inc (&n_asked);
  asp_http_reply_header (reply, "x-amzn-ErrorType", "None");
  asp_http_reply_content (reply, status, status == 204 ? NULL : "application/json",
      status == 204 ? NULL : bytes);
}

static void
setup_writable (Fixture * f, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("page", 4);

  n_asked = 0;
  f->server = asp_http_server_new (NULL);
  asp_http_server_set_writable (f->server, BODY_MAX);
  asp_http_server_add_handler (f->server, "/v1/", NULL, echo, NULL);
  asp_http_server_add_bytes (f->server, "/page", "text/html", bytes);
  g_assert_true (asp_http_server_start (f->server, "127.0.0.1:0", NULL));
  f->port = server_port (f->server);
}

static void
teardown_writable (Fixture * f, gconstpointer data)
{
  asp_http_server_free (f->server);
}

static Reply *
post (Fixture * f, const gchar * method, const gchar * target, const gchar * body)
{
  GSocketConnection *c = dial (f->port);
  g_autofree gchar *text = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
      "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s", method, target, strlen (body), body);
  Reply *r;

  send_text (c, text);
  r = reply_new (read_to_end (c));
  g_object_unref (c);
  return r;
}

static void
test_methods (Fixture * f, gconstpointer data)
{
  static const gchar *const methods[] = { "POST", "PUT", "PATCH", "DELETE", "GET" };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++) {
    g_autoptr (Reply) r = post (f, methods[i], "/v1/a", "{\"a\":1}");
    g_autofree gchar *expected = g_strdup_printf ("%s /v1/a 7 {\"a\":1} here", methods[i]);

    g_assert_cmpuint (r->status, ==, 200);
    assert_body (r, expected);
    g_assert_true (has_header (r, "content-type: application/json"));
    g_assert_true (has_header (r, "x-amzn-errortype: none"));
    g_assert_null (header_value (r, "access-control-allow-origin"));
    g_assert_null (header_value (r, "etag"));
  }
}

static void
test_statuses (Fixture * f, gconstpointer data)
{
  static const guint statuses[] = { 200, 400, 402, 403, 404, 409, 429, 500, 503 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++) {
    g_autofree gchar *target = g_strdup_printf ("/v1/a?%u", statuses[i]);
    g_autoptr (Reply) r = post (f, "POST", target, "x");

    g_assert_cmpuint (r->status, ==, statuses[i]);
    assert_body (r, "POST /v1/a 1 x here");
  }
}

static void
test_no_content (Fixture * f, gconstpointer data)
{
  g_autoptr (Reply) r = post (f, "DELETE", "/v1/a?204", "");

  g_assert_cmpuint (r->status, ==, 204);
  g_assert_cmpuint (r->body_size, ==, 0);
}

/* Who would keep the connection is told that there is no next request on it. */
static void
test_no_content_closes (Fixture * f, gconstpointer data)
{
  GSocketConnection *c = dial (f->port);
  g_autoptr (Reply) r = NULL;

  g_assert_true (send_text (c, "DELETE /v1/a?204 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"));
  r = reply_new (read_to_end (c));
  g_assert_cmpuint (r->status, ==, 204);
  g_assert_true (has_header (r, "connection: close"));
  g_assert_null (header_value (r, "content-length"));
  g_object_unref (c);
}

/* A body in single bytes is one body; the next request of the connection is another. */
static void
test_pieces (Fixture * f, gconstpointer data)
{
  GSocketConnection *c = dial (f->port);

  for (guint i = 0; i < 3; i++) {
    static const gchar request[] = "POST /v1/b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    g_autoptr (Reply) r = NULL;

    for (const gchar * p = request; *p; p++) {
      const gchar one[] = { *p, 0 };

      g_assert_true (send_text (c, one));
    }
    r = read_reply (c);
    assert_body (r, "POST /v1/b 5 hello here");
  }
  g_object_unref (c);
}

static void
test_too_long (Fixture * f, gconstpointer data)
{
  g_autofree gchar *most = g_strnfill (BODY_MAX, 'x');
  g_autofree gchar *more = g_strnfill (BODY_MAX + 1, 'x');
  g_autoptr (Reply) fits = post (f, "POST", "/v1/a", most);
  g_autoptr (Reply) refused = post (f, "POST", "/v1/a", more);

  g_assert_cmpuint (fits->status, ==, 200);
  g_assert_cmpuint (refused->status, ==, 413);
  g_assert_cmpint (g_atomic_int_get (&n_asked), ==, 1);
}

static void
test_refused (Fixture * f, gconstpointer data)
{
  g_autoptr (Reply) page = post (f, "POST", "/page", "x");
  g_autoptr (Reply) got = ask (f->port, "GET", "/page", NULL);
  g_autoptr (Reply) trace = post (f, "TRACE", "/v1/a", "");
  g_autoptr (Reply) options = ask (f->port, "OPTIONS", "/v1/a", "Origin: http://evil.example\r\n"
      "Access-Control-Request-Method: POST\r\n");
  g_autoptr (Reply) chunked = ask (f->port, "POST", "/v1/a", "Transfer-Encoding: chunked\r\n");

  g_assert_cmpuint (page->status, ==, 405);
  g_assert_cmpuint (got->status, ==, 200);
  g_assert_cmpuint (trace->status, ==, 405);
  g_assert_cmpuint (options->status, ==, 200);
  g_assert_null (header_value (options, "access-control-allow-origin"));
  g_assert_null (header_value (options, "access-control-allow-methods"));
  g_assert_cmpuint (chunked->status, ==, 411);
  g_assert_cmpint (g_atomic_int_get (&n_asked), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define WRITABLE_TEST(path, func) \
  g_test_add ("/net/writable/" path, Fixture, NULL, setup_writable, func, teardown_writable)
  WRITABLE_TEST ("methods", test_methods);
  WRITABLE_TEST ("statuses", test_statuses);
  WRITABLE_TEST ("no-content", test_no_content);
  WRITABLE_TEST ("no-content-closes", test_no_content_closes);
  WRITABLE_TEST ("pieces", test_pieces);
  WRITABLE_TEST ("too-long", test_too_long);
  WRITABLE_TEST ("refused", test_refused);
  return g_test_run ();
}
