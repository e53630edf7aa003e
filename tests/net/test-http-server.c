/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The HTTP server over real sockets on the loopback address, with a client that can
 * misbehave: requests are written as bytes.
 */
#include "http-fixture.h"
#include "scratch.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- text -- */

static void
test_path (void)
{
  static const struct
  {
    const gchar *raw, *expected;
  } cases[] = {
    {"/live/playlist.m3u8", "playlist.m3u8"},
    {"/live/m/a.ts", "m/a.ts"},
    {"/live/m/a%20b.ts", "m/a b.ts"},
    {"/live/%C3%A9.ts", "\xc3\xa9.ts"},
    {"/live/", NULL},
    {"/live", NULL},
    {"/livex/a.ts", NULL},
    {"/other/a.ts", NULL},
    {"/live/../secret.ts", NULL},
    {"/live/m/../../secret.ts", NULL},
    {"/live/%2e%2e/secret.ts", NULL},
    {"/live/%2E%2e%2fsecret.ts", NULL},
    {"/live/..%2fsecret.ts", NULL},
    {"/live/m%2fa.ts", NULL},
    {"/live/m%5ca.ts", NULL},
    {"/live/m\\a.ts", NULL},
    {"/live/./a.ts", NULL},
    {"/live//a.ts", NULL},
    {"/live/m//a.ts", NULL},
    {"/live/m/", NULL},
    {"/live/.hidden.ts", NULL},
    {"/live/m/.a.ts.part", NULL},
    {"/live/%2ehidden.ts", NULL},
    {"/live/a%00.ts", NULL},
    {"/live/a%0a.ts", NULL},
    {"/live/a%.ts", NULL},
    {"/live/a%f.ts", NULL},
    {"/live/%ff.ts", NULL},
    {"/live/1/2/3/4/5/6/7/8/9.ts", "1/2/3/4/5/6/7/8/9.ts"},
    {"/live/1/2/3/4/5/6/7/8/9/a.ts", NULL},
    {NULL, NULL},
  };
  g_autofree gchar *long_name = g_strnfill (ASP_HTTP_PATH_MAX, 'a');
  g_autofree gchar *long_path = g_strdup_printf ("/live/%s", long_name);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *got = asp_http_path_below (cases[i].raw, "/live/");

    g_assert_cmpstr (got, ==, cases[i].expected);
  }
  g_assert_null (asp_http_path_below (long_path, "/live/"));
}

static void
test_range_header (void)
{
  static const struct
  {
    const gchar *header;
    guint64 size;
    AspHttpRangeResult result;
    guint64 first, last;
  } cases[] = {
    {NULL, 10, ASP_HTTP_RANGE_WHOLE, 0, 0},
    {"", 10, ASP_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=0-0", 10, ASP_HTTP_RANGE_PART, 0, 0},
    {"bytes=2-", 10, ASP_HTTP_RANGE_PART, 2, 9},
    {"Bytes=2-100", 10, ASP_HTTP_RANGE_PART, 2, 9},
    {"bytes=-3", 10, ASP_HTTP_RANGE_PART, 7, 9},
    {"bytes=-30", 10, ASP_HTTP_RANGE_PART, 0, 9},
    {"bytes=-0", 10, ASP_HTTP_RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=10-", 10, ASP_HTTP_RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=0-", 0, ASP_HTTP_RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=-1", 0, ASP_HTTP_RANGE_UNSATISFIABLE, 0, 0},
    {"bytes=5-2", 10, ASP_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=-", 10, ASP_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=", 10, ASP_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=1-2,4-5", 10, ASP_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=+1-2", 10, ASP_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=1 -2", 10, ASP_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=99999999999999999999-", 10, ASP_HTTP_RANGE_WHOLE, 0, 0},
    {"lines=0-1", 10, ASP_HTTP_RANGE_WHOLE, 0, 0},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    AspHttpRange range = { 0, 0 };

    g_assert_cmpint (asp_http_range_parse (cases[i].header, cases[i].size, &range), ==,
        cases[i].result);
    g_assert_cmpuint (range.first, ==, cases[i].first);
    g_assert_cmpuint (range.last, ==, cases[i].last);
  }
}

static void
test_address (void)
{
  static const struct
  {
    const gchar *text, *host;
    guint16 port;
  } cases[] = {
    {"127.0.0.1:8080", "127.0.0.1", 8080},
    {"localhost:0", "127.0.0.1", 0},
    {"[::1]:1", "::1", 1},
    {"*:65535", "0.0.0.0", 65535},
    {":80", "0.0.0.0", 80},
    {NULL, NULL, 0},
    {"", NULL, 0},
    {"8080", NULL, 0},
    {"127.0.0.1", NULL, 0},
    {"127.0.0.1:", NULL, 0},
    {"127.0.0.1:x", NULL, 0},
    {"127.0.0.1:65536", NULL, 0},
    {"127.0.0.1:-1", NULL, 0},
    {"127.0.0.1:80 ", NULL, 0},
    {"::1:80", NULL, 0},
    {"[::1:80", NULL, 0},
    {"example.org:80", NULL, 0},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *host = NULL;
    g_autoptr (GError) error = NULL;
    guint16 port = 0;
    gboolean ok = asp_http_address_parse (cases[i].text, &host, &port, &error);

    g_assert_cmpstr (host, ==, cases[i].host);
    g_assert_cmpuint (port, ==, cases[i].port);
    g_assert_true (ok == (cases[i].host != NULL));
    if (!ok)
      g_assert_error (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_ADDRESS);
  }
}

/* -- answers -- */

static void
test_get (Fixture * f, gconstpointer data)
{
  g_autoptr (Reply) segment = ask (f->port, "GET", "/live/m/a.ts", NULL);
  g_autoptr (Reply) playlist = ask (f->port, "GET", "/live/playlist.m3u8?x=1", NULL);
  g_autoptr (Reply) page = ask (f->port, "GET", "/", NULL);
  g_autoptr (Reply) empty = ask (f->port, "GET", "/live/empty.ts", NULL);
  g_autoptr (Reply) none = ask (f->port, "GET", "/live/none.ts", NULL);
  g_autofree gchar *modified = NULL;

  g_assert_cmpuint (segment->status, ==, 200);
  assert_body (segment, "0123456789");
  g_assert_true (has_header (segment, "content-type: video/mp2t"));
  g_assert_true (has_header (segment, "content-length: 10"));
  g_assert_true (has_header (segment, "cache-control: max-age=3600"));
  g_assert_true (has_header (segment, "access-control-allow-origin: *"));
  g_assert_true (has_header (segment, "accept-ranges: bytes"));
  modified = header_value (segment, "last-modified");
  g_assert_nonnull (modified);
  g_assert_cmpuint (playlist->status, ==, 200);
  assert_body (playlist, "#EXTM3U\n");
  g_assert_true (has_header (playlist, "content-type: application/vnd.apple.mpegurl"));
  g_assert_true (has_header (playlist, "cache-control: max-age=1"));
  g_assert_cmpuint (page->status, ==, 200);
  assert_body (page, "<p>page</p>");
  g_assert_true (has_header (page, "content-type: text/html; charset=utf-8"));
  g_assert_cmpuint (empty->status, ==, 200);
  g_assert_cmpuint (empty->body_size, ==, 0);
  g_assert_cmpuint (none->status, ==, 404);
  g_assert_true (has_header (none, "cache-control: no-cache"));
}

static void
test_head (Fixture * f, gconstpointer data)
{
  g_autoptr (Reply) r = ask (f->port, "HEAD", "/live/m/big.ts", "Range: bytes=0-1\r\n");
  g_autoptr (Reply) page = ask (f->port, "HEAD", "/", NULL);
  g_autofree gchar *length = header_value (r, "content-length");

  g_assert_cmpuint (r->status, ==, 200);
  g_assert_cmpuint (g_ascii_strtoull (length, NULL, 10), ==, BIG_BYTES);
  g_assert_cmpuint (r->body_size, ==, 0);
  g_assert_cmpuint (page->status, ==, 200);
  g_assert_true (has_header (page, "content-length: 11"));
  g_assert_cmpuint (page->body_size, ==, 0);
}

static void
test_range (Fixture * f, gconstpointer data)
{
  static const struct
  {
    const gchar *header;
    guint status;
    const gchar *body, *content_range;
  } cases[] = {
    {"Range: bytes=0-0\r\n", 206, "0", "content-range: bytes 0-0/10"},
    {"Range: bytes=4-\r\n", 206, "456789", "content-range: bytes 4-9/10"},
    {"Range: bytes=-2\r\n", 206, "89", "content-range: bytes 8-9/10"},
    {"Range: bytes=0-1,3-4\r\n", 200, "0123456789", NULL},
    {"Range: bytes=2-1\r\n", 200, "0123456789", NULL},
    {"Range: bytes=10-\r\n", 416, "", "content-range: bytes */10"},
    {"Range: bytes=0-0\r\nIf-Range: \"other\"\r\n", 200, "0123456789", NULL},
  };
  g_autoptr (Reply) page = ask (f->port, "GET", "/", "Range: bytes=3-6\r\n");
  g_autoptr (Reply) big =
      ask (f->port, "GET", "/live/m/big.ts", "Range: bytes=1000000-1199999\r\n");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Reply) r = ask (f->port, "GET", "/live/m/a.ts", cases[i].header);

    g_assert_cmpuint (r->status, ==, cases[i].status);
    assert_body (r, cases[i].body);
    if (cases[i].content_range)
      g_assert_true (has_header (r, cases[i].content_range));
    else
      g_assert_null (strstr (r->head, "\r\ncontent-range"));
  }
  g_assert_cmpuint (page->status, ==, 206);
  assert_body (page, "page");
  g_assert_cmpuint (big->status, ==, 206);
  g_assert_cmpuint (big->body_size, ==, 200000);
  for (gsize i = 0; i < big->body_size; i++)
    g_assert_cmpuint (big->body[i], ==, big_byte (1000000 + i));
}

static void
test_conditions (Fixture * f, gconstpointer data)
{
  g_autoptr (Reply) first = ask (f->port, "GET", "/live/m/a.ts", NULL);
  g_autofree gchar *etag = header_value (first, "etag");
  g_autofree gchar *same = g_strdup_printf ("If-None-Match: \"x\", W/%s\r\n", etag);
  g_autofree gchar *other = g_strdup ("If-None-Match: \"x\"\r\n");
  g_autofree gchar *range = g_strdup_printf ("If-Range: %s\r\nRange: bytes=1-2\r\n", etag);
  g_autoptr (Reply) a = ask (f->port, "GET", "/live/m/a.ts", same);
  g_autoptr (Reply) b = ask (f->port, "GET", "/live/m/a.ts", other);
  g_autoptr (Reply) c = ask (f->port, "GET", "/live/m/a.ts", range);
  g_autoptr (Reply) future = ask (f->port, "GET", "/live/m/a.ts",
      "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n");
  g_autoptr (Reply) past = ask (f->port, "GET", "/live/m/a.ts",
      "If-Modified-Since: Thu, 01 Jan 1998 00:00:00 GMT\r\n");

  g_assert_cmpuint (a->status, ==, 304);
  g_assert_cmpuint (a->body_size, ==, 0);
  g_assert_cmpuint (b->status, ==, 200);
  g_assert_cmpuint (c->status, ==, 206);
  assert_body (c, "12");
  g_assert_cmpuint (future->status, ==, 304);
  g_assert_cmpuint (past->status, ==, 200);
  /* another file under the same name has another tag, even of the same size */
  put_file (f->folder, "m/a.ts", "abcdefghij");
  {
    g_autoptr (Reply) changed = ask (f->port, "GET", "/live/m/a.ts", same);

    g_assert_cmpuint (changed->status, ==, 200);
    assert_body (changed, "abcdefghij");
  }
}

/* Nothing outside the folder, hidden, of no known type, or not a file is ever sent. */
static void
test_refused (Fixture * f, gconstpointer data)
{
  static const gchar *const targets[] = {
    "/live/.hidden.ts", "/live/%2ehidden.ts", "/live/m/.a.ts.part", "/live/notes.timeline",
    "/live/", "/live", "/live/m", "/live/m/", "/live/link.ts", "/live/linked/secret.ts",
    "/live/pipe.ts", "/live/folder.ts", "/live/../secret.ts", "/live/m/../../secret.ts",
    "/live/%2e%2e/secret.ts", "/live/..%2fsecret.ts", "/live/m/%2e%2e%2f%2e%2e%2fsecret.ts",
    "//live/m/a.ts", "/live//m/a.ts", "/live/m/a.ts/", "/live/m/a.ts%00.m3u8", "/etc/passwd",
    "/live//etc/passwd", "/live/%2fetc/passwd", "/page", "/x",
  };
  g_autofree gchar *outside = scratch_folder_new ("outside");
  g_autofree gchar *secret = g_build_filename (outside, "secret.ts", NULL);
  g_autofree gchar *link_file = g_build_filename (f->folder, "link.ts", NULL);
  g_autofree gchar *link_folder = g_build_filename (f->folder, "linked", NULL);
  g_autofree gchar *pipe_path = g_build_filename (f->folder, "pipe.ts", NULL);
  g_autofree gchar *folder_ts = g_build_filename (f->folder, "folder.ts", NULL);

  put_file (outside, "secret.ts", "secret");
  g_assert_cmpint (symlink (secret, link_file), ==, 0);
  g_assert_cmpint (symlink (outside, link_folder), ==, 0);
  g_assert_cmpint (mkfifo (pipe_path, 0600), ==, 0);
  g_assert_cmpint (g_mkdir (folder_ts, 0755), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++) {
    g_autoptr (Reply) r = ask (f->port, "GET", targets[i], NULL);

    g_test_message ("%s: %u", targets[i], r->status);
    g_assert_true (r->status == 404 || r->status == 400);
    g_assert_null (g_strstr_len ((gchar *) r->all->data, r->all->len, "secret"));
    g_assert_null (g_strstr_len ((gchar *) r->all->data, r->all->len, "root:"));
  }
  remove_tree (outside);
}

static void
test_methods (Fixture * f, gconstpointer data)
{
  static const gchar *const methods[] = { "POST", "PUT", "DELETE", "TRACE", "PATCH" };
  g_autoptr (Reply) options = ask (f->port, "OPTIONS", "/live/m/a.ts",
      "Origin: http://x\r\nAccess-Control-Request-Method: GET\r\n");
  g_autofree gchar *path = g_build_filename (f->folder, "m", "a.ts", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++) {
    g_autoptr (Reply) r = ask (f->port, methods[i], "/live/m/a.ts", "Content-Length: 0\r\n");

    g_assert_cmpuint (r->status, ==, 405);
    g_assert_true (has_header (r, "allow: get, head, options"));
  }
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (options->status, ==, 200);
  g_assert_cmpuint (options->body_size, ==, 0);
  g_assert_true (has_header (options, "access-control-allow-headers: if-none-match, range"));
}

/* A small body is swallowed; a long one, or one without a length, is refused before it has
 * come. */
static void
test_upload (Fixture * f, gconstpointer data)
{
  static const struct
  {
    const gchar *text;
    guint status;
  } long_ones[] = {
    {"POST /live/m/a.ts HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n", 413},
    {"POST /live/m/a.ts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 411},
    {"GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
          "Content-Length: 3\r\n\r\n0\r\n\r\nGET /live/m/a.ts HTTP/1.1\r\nHost: x\r\n\r\n", 411},
  };
  g_autoptr (GSocketConnection) small = dial (f->port);
  g_autoptr (Reply) r = NULL;

  send_text (small, "POST /live/m/a.ts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
      "Content-Length: 3\r\n\r\nabc");
  r = reply_new (read_to_end (small));
  g_assert_cmpuint (r->status, ==, 405);
  for (guint i = 0; i < G_N_ELEMENTS (long_ones); i++) {
    g_autoptr (GSocketConnection) c = dial (f->port);
    g_autoptr (Reply) refused = NULL;

    send_text (c, long_ones[i].text);
    refused = reply_new (read_to_end (c));
    g_assert_cmpuint (refused->status, ==, long_ones[i].status);
    g_assert_true (has_header (refused, "connection: close"));
    /* one answer, and nothing behind it */
    g_assert_cmpuint (refused->body_size, ==, 0);
  }
}

static void
test_huge_header (Fixture * f, gconstpointer data)
{
  g_autoptr (GSocketConnection) c = dial (f->port);
  g_autofree gchar *line = g_strnfill (1024, 'a');
  gboolean open = send_text (c, "GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\n");
  g_autoptr (GByteArray) all = NULL;

  /* 16 MiB of header fields: the server must have had enough long before */
  for (guint i = 0; i < 16384 && open; i++)
    open = send_text (c, "X-A: ") && send_text (c, line) && send_text (c, "\r\n");
  g_assert_false (open);
  all = read_to_end (c);
  g_assert_null (g_strstr_len ((gchar *) all->data, all->len, "0123456789"));
}

static void
test_garbage (Fixture * f, gconstpointer data)
{
  static const gchar *const requests[] = {
    "\r\n\r\n\r\n", "GET\r\n\r\n", "GET /live/m/a.ts\r\n\r\n", "\x16\x03\x01\x02",
    "GET /live/m/a.ts HTTP/9.9\r\n\r\n", "GET http:// HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET * HTTP/1.1\r\nHost: x\r\n\r\n", ": : :\r\n\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++) {
    g_autoptr (GSocketConnection) c = dial (f->port);
    g_autoptr (Reply) after = NULL;

    g_test_message ("request %u", i);
    send_text (c, requests[i]);
    g_socket_shutdown (g_socket_connection_get_socket (c), FALSE, TRUE, NULL);
    g_byte_array_unref (read_to_end (c));
    after = ask (f->port, "GET", "/live/m/a.ts", NULL);
    g_assert_cmpuint (after->status, ==, 200);
  }
}

/* Connections that end in every way leave no descriptor behind. */
static guint
open_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

/* Ends @n connections in every way. */
static void
end_connections (Fixture * f, guint n)
{
  static const gchar *const requests[] = {
    "", "GET /live/m/a", "GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET * HTTP/1.1\r\nHost: x\r\n\r\n", "GET /live/none.ts HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /live/m/big.ts HTTP/1.1\r\nHost: x\r\n\r\n", "\x01\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab",
  };

  for (guint i = 0; i < n; i++) {
    g_autoptr (GSocketConnection) c = dial (f->port);
    guint8 byte;

    send_text (c, requests[i % G_N_ELEMENTS (requests)]);
    if (i % G_N_ELEMENTS (requests) >= 2 && i % G_N_ELEMENTS (requests) <= 5)
      g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (c)), &byte, 1, NULL, NULL);
  }
}

static void
test_descriptors (Fixture * f, gconstpointer data)
{
  guint before, after = G_MAXUINT;

  /* the server keeps a few of its own, whose number does not grow with the connections */
  end_connections (f, 16);
  g_usleep (3 * G_USEC_PER_SEC);
  before = open_descriptors ();
  end_connections (f, 160);
  /* hung up on at the latest when the time for a request is over */
  for (guint i = 0; i < 60 && after > before; i++) {
    g_usleep (100000);
    after = open_descriptors ();
  }
  g_assert_cmpuint (after, <=, before + 2);
}

static void
test_folder_comes_and_goes (Fixture * f, gconstpointer data)
{
  g_autofree gchar *away = g_strconcat (f->folder, "-away", NULL);
  g_autoptr (Reply) gone = NULL;
  g_autoptr (Reply) back = NULL;

  g_assert_cmpint (g_rename (f->folder, away), ==, 0);
  gone = ask (f->port, "GET", "/live/m/a.ts", NULL);
  g_assert_cmpint (g_rename (away, f->folder), ==, 0);
  back = ask (f->port, "GET", "/live/m/a.ts", NULL);
  g_assert_cmpuint (gone->status, ==, 404);
  g_assert_cmpuint (back->status, ==, 200);
}

/* -- load and limits -- */

static gpointer
fetch_big (gpointer data)
{
  Fixture *f = data;
  g_autoptr (Reply) r = ask (f->port, "GET", "/live/m/big.ts", NULL);

  if (r->status != 200 || r->body_size != BIG_BYTES)
    return GINT_TO_POINTER (1);
  for (gsize i = 0; i < BIG_BYTES; i++)
    if (r->body[i] != big_byte (i))
      return GINT_TO_POINTER (2);
  return NULL;
}

static void
test_concurrent (Fixture * f, gconstpointer data)
{
  GThread *threads[12];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("client", fetch_big, f);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_null (g_thread_join (threads[i]));
}

static void
ask_for_big (GSocketConnection * c)
{
  send_text (c, "GET /live/m/big.ts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

/* A client that takes nothing: the others are served meanwhile, and it is let go. */
static void
test_slow_client (Fixture * f, gconstpointer data)
{
  g_autoptr (GSocketConnection) slow = dial (f->port);
  gint64 start_us = g_get_monotonic_time ();
  g_autoptr (Reply) other = NULL;
  g_autoptr (GByteArray) got = NULL;

  ask_for_big (slow);
  other = ask (f->port, "GET", "/live/m/a.ts", NULL);
  g_assert_cmpuint (other->status, ==, 200);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US);
  g_usleep (4 * G_USEC_PER_SEC);
  got = read_to_end (slow);
  g_assert_cmpuint (got->len, >, 0);
  g_assert_cmpuint (got->len, <, BIG_BYTES);
}

static void
test_silent_client (Fixture * f, gconstpointer data)
{
  g_autoptr (GSocketConnection) silent = dial (f->port);
  g_autoptr (GSocketConnection) half = dial (f->port);
  gint64 start_us = g_get_monotonic_time ();
  g_autoptr (GByteArray) a = NULL;
  g_autoptr (GByteArray) b = NULL;

  send_text (half, "GET /live/m/a.ts HTTP/1.1\r\nHo");
  a = read_to_end (silent);
  b = read_to_end (half);
  g_assert_cmpuint (a->len, ==, 0);
  g_assert_null (g_strstr_len ((gchar *) b->data, b->len, "0123456789"));
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 5 * PROMPT_US);
}

static void
test_max_clients (Fixture * f, gconstpointer data)
{
  g_autoptr (GSocketConnection) one = dial (f->port);
  g_autoptr (GSocketConnection) two = dial (f->port);
  g_autoptr (GSocketConnection) three = NULL;
  g_autoptr (Reply) refused = NULL;
  AspHttpStats stats;
  guint status = 0;

  asp_http_server_get_stats (f->server, &stats);
  g_assert_cmpuint (stats.max_clients, ==, 2);
  g_assert_nonnull (two);
  g_usleep (100000);
  three = dial (f->port);
  refused = reply_new (read_to_end (three));
  g_assert_cmpuint (refused->status, ==, 503);
  g_clear_object (&one);
  /* the server hears of the free place in its own time */
  for (guint i = 0; i < 100 && status != 200; i++) {
    g_autoptr (Reply) r = ask (f->port, "GET", "/live/m/a.ts", NULL);

    status = r->status;
    g_usleep (20000);
  }
  g_assert_cmpuint (status, ==, 200);
}

/* The file loses its end while it is sent: the length was promised, so the connection
 * must close. */
static void
test_file_shrinks (Fixture * f, gconstpointer data)
{
  g_autofree gchar *path = g_build_filename (f->folder, "m", "big.ts", NULL);
  g_autoptr (GSocketConnection) c = dial (f->port);
  g_autoptr (GByteArray) got = NULL;

  ask_for_big (c);
  g_usleep (200000);
  g_assert_cmpint (truncate (path, 1000), ==, 0);
  got = read_to_end (c);
  g_assert_cmpuint (got->len, <, BIG_BYTES);
}

static void
test_stop_while_serving (Fixture * f, gconstpointer data)
{
  g_autoptr (GSocketConnection) busy = dial (f->port);
  g_autoptr (GSocketConnection) idle = dial (f->port);
  g_autofree gchar *address = asp_http_server_dup_address (f->server);
  g_autoptr (GByteArray) got = NULL;
  g_autoptr (GByteArray) nothing = NULL;
  g_autoptr (Reply) again = NULL;
  gint64 start_us;

  ask_for_big (busy);
  g_usleep (100000);
  start_us = g_get_monotonic_time ();
  asp_http_server_stop (f->server);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PROMPT_US);
  g_assert_null (asp_http_server_dup_address (f->server));
  got = read_to_end (busy);
  nothing = read_to_end (idle);
  g_assert_cmpuint (got->len, <, BIG_BYTES);
  g_assert_cmpuint (nothing->len, ==, 0);
  asp_http_server_stop (f->server);
  /* the same port at once, the same routes */
  g_assert_true (asp_http_server_start (f->server, address, NULL));
  again = ask (f->port, "GET", "/live/m/a.ts", NULL);
  g_assert_cmpuint (again->status, ==, 200);
}

static void
test_start_stop_often (Fixture * f, gconstpointer data)
{
  for (guint i = 0; i < 100; i++) {
    asp_http_server_stop (f->server);
    g_assert_true (asp_http_server_start (f->server, "127.0.0.1:0", NULL));
    if (i % 3 == 0) {
      g_autoptr (GSocketConnection) c = dial (server_port (f->server));

      ask_for_big (c);
    }
  }
}

static void
test_port_taken (Fixture * f, gconstpointer data)
{
  AspHttpServer *second = asp_http_server_new (NULL);
  g_autofree gchar *address = asp_http_server_dup_address (f->server);
  g_autoptr (GError) error = NULL;

  g_assert_false (asp_http_server_start (second, address, &error));
  g_assert_error (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_LISTEN);
  g_assert_nonnull (strstr (error->message, "127.0.0.1"));
  g_clear_error (&error);
  g_assert_false (asp_http_server_start (second, "nowhere", &error));
  g_assert_error (error, ASP_HTTP_ERROR, ASP_HTTP_ERROR_ADDRESS);
  g_assert_true (asp_http_server_start (second, "127.0.0.1:0", NULL));
  asp_http_server_free (second);
}

int
main (int argc, char **argv)
{
  static const AspHttpLimits hasty = {.request_timeout_s = 1,.idle_timeout_s = 1,
    .stall_timeout_s = 1,.answer_timeout_s = 2
  };
  static const AspHttpLimits two = {.max_clients = 2 };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/http-path/below", test_path);
  g_test_add_func ("/net/http-path/range", test_range_header);
  g_test_add_func ("/net/http-path/address", test_address);
  SERVER_TEST ("http-server/get", test_get, NULL);
  SERVER_TEST ("http-server/head", test_head, NULL);
  SERVER_TEST ("http-server/range", test_range, NULL);
  SERVER_TEST ("http-server/conditions", test_conditions, NULL);
  SERVER_TEST ("http-server/refused", test_refused, NULL);
  SERVER_TEST ("http-server/methods", test_methods, NULL);
  SERVER_TEST ("http-server/upload", test_upload, NULL);
  SERVER_TEST ("http-server/huge-header", test_huge_header, NULL);
  SERVER_TEST ("http-server/garbage", test_garbage, &hasty);
  SERVER_TEST ("http-server/descriptors", test_descriptors, &hasty);
  SERVER_TEST ("http-server/folder-comes-and-goes", test_folder_comes_and_goes, NULL);
  SERVER_TEST ("http-server/concurrent", test_concurrent, NULL);
  SERVER_TEST ("http-server/slow-client", test_slow_client, &hasty);
  SERVER_TEST ("http-server/silent-client", test_silent_client, &hasty);
  SERVER_TEST ("http-server/max-clients", test_max_clients, &two);
  SERVER_TEST ("http-server/file-shrinks", test_file_shrinks, NULL);
  SERVER_TEST ("http-server/stop-while-serving", test_stop_while_serving, NULL);
  SERVER_TEST ("http-server/start-stop-often", test_start_stop_often, NULL);
  SERVER_TEST ("http-server/port-taken", test_port_taken, NULL);
  return g_test_run ();
}
