/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connections that are kept: many requests, in a row and at once, and every way to end. */
#include "http-fixture.h"

#include <stdio.h>
#include <string.h>

#define GET_A "GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\n\r\n"

static guint
clients_now (Fixture * f)
{
  AspHttpStats stats;

  asp_http_server_get_stats (f->server, &stats);
  return stats.clients;
}

/* FALSE when it did not come to @n within @seconds. */
static gboolean
clients_become (Fixture * f, guint n, guint seconds)
{
  for (guint i = 0; i < seconds * 50; i++) {
    if (clients_now (f) == n)
      return TRUE;
    g_usleep (20000);
  }
  return FALSE;
}

static void
test_kept (Fixture * f, gconstpointer data)
{
  g_autoptr (GSocketConnection) c = dial (f->port);
  AspHttpStats stats;

  for (guint i = 0; i < 50; i++) {
    g_autoptr (Reply) r = NULL;

    g_assert_true (send_text (c, i % 7 == 3 ?
            "GET /live/none.ts HTTP/1.1\r\nHost: x\r\n\r\n" : GET_A));
    r = read_reply (c);
    g_assert_cmpuint (r->status, ==, i % 7 == 3 ? 404 : 200);
    if (r->status == 200)
      assert_body (r, "0123456789");
    g_assert_false (has_header (r, "connection: close"));
  }
  asp_http_server_get_stats (f->server, &stats);
  g_assert_cmpuint (stats.accepted, ==, 1);
  g_assert_cmpuint (stats.requests, ==, 50);
  g_assert_cmpuint (stats.clients, ==, 1);
}

/* Bodies and no bodies, each followed by another request on the same connection. */
static void
test_mixed (Fixture * f, gconstpointer data)
{
  static const struct
  {
    const gchar *text;
    guint status;
  } requests[] = {
    {"GET /live/playlist.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n", 200},
    {"GET /live/empty.ts HTTP/1.1\r\nHost: x\r\n\r\n", 200},
    {"OPTIONS /live/m/a.ts HTTP/1.1\r\nHost: x\r\n\r\n", 200},
    {"GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\nRange: bytes=2-3\r\n\r\n", 206},
    {"GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\nRange: bytes=20-\r\n\r\n", 416},
    {"GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n", 304},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd", 405},
    {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200},
    {"GET /live/m/big.ts HTTP/1.1\r\nHost: x\r\nRange: bytes=100-70000\r\n\r\n", 206},
    {"GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\n\r\n", 200},
  };
  g_autoptr (GSocketConnection) c = dial (f->port);

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++) {
    g_autoptr (Reply) r = NULL;

    send_text (c, requests[i].text);
    r = read_reply (c);
    g_test_message ("request %u: %u", i, r->status);
    g_assert_cmpuint (r->status, ==, requests[i].status);
    if (requests[i].status == 304 || requests[i].status == 416)
      g_assert_cmpuint (r->body_size, ==, 0);
  }
}

static void
test_head_is_followed (Fixture * f, gconstpointer data)
{
  g_autoptr (GSocketConnection) c = dial (f->port);
  g_autoptr (GByteArray) all = NULL;
  const gchar *second;

  send_text (c, "HEAD /live/m/a.ts HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  all = read_to_end (c);
  second = strstr ((gchar *) all->data, "\r\n\r\nHTTP/1.1 200");
  g_assert_nonnull (second);
  g_assert_true (g_str_has_suffix ((gchar *) all->data, "\r\n\r\n0123456789"));
}

/* Many requests in one write are answered in their order; one that comes byte by byte is one. */
static void
test_pipeline (Fixture * f, gconstpointer data)
{
  g_autoptr (GSocketConnection) c = dial (f->port);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (Reply) trickled = NULL;

  for (guint i = 0; i < 100; i++)
    g_string_append_printf (text, "GET /live/m/big.ts HTTP/1.1\r\nHost: x\r\n"
        "Range: bytes=%u-%u\r\n\r\n", i * 1000, i * 1000 + 9);
  g_assert_true (send_text (c, text->str));
  for (guint i = 0; i < 100; i++) {
    g_autoptr (Reply) r = read_reply (c);

    g_assert_cmpuint (r->status, ==, 206);
    g_assert_cmpuint (r->body_size, ==, 10);
    for (guint j = 0; j < 10; j++)
      g_assert_cmpuint (r->body[j], ==, big_byte (i * 1000 + j));
  }
  for (const gchar * byte = GET_A; *byte; byte++) {
    gchar one[2] = { *byte, '\0' };

    send_text (c, one);
    g_usleep (1000);
  }
  trickled = read_reply (c);
  g_assert_cmpuint (trickled->status, ==, 200);
}

static void
test_client_closes (Fixture * f, gconstpointer data)
{
  static const gchar *const last_words[] = {
    "", GET_A, "GET /live/m/", "GET /live/m/big.ts HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", GET_A GET_A GET_A "GET /li",
  };

  for (guint i = 0; i < 20 * G_N_ELEMENTS (last_words); i++) {
    g_autoptr (GSocketConnection) c = dial (f->port);
    const gchar *words = last_words[i % G_N_ELEMENTS (last_words)];

    /* with and without requests before; closed and half closed */
    if (i % 3 > 0) {
      send_text (c, GET_A);
      reply_free (read_reply (c));
    }
    send_text (c, words);
    if (i % 2)
      g_socket_shutdown (g_socket_connection_get_socket (c), FALSE, TRUE, NULL);
    if (i % 2 && !strcmp (words, GET_A)) {
      g_autoptr (Reply) r = read_reply (c);

      g_assert_cmpuint (r->status, ==, 200);
    }
  }
  g_assert_true (clients_become (f, 0, 5));
}

/* An end between two requests: the server lets go of it at once, memory and descriptor. */
static void
test_closed_between (Fixture * f, gconstpointer data)
{
  for (guint i = 0; i < 500; i++) {
    g_autoptr (GSocketConnection) c = dial (f->port);

    send_text (c, GET_A);
    reply_free (read_reply (c));
  }
  g_assert_true (clients_become (f, 0, 5));
}

static void
test_idle_ends (Fixture * f, gconstpointer data)
{
  g_autoptr (GSocketConnection) c = dial (f->port);
  gint64 start_us;
  g_autoptr (GByteArray) rest = NULL;
  AspHttpStats stats;

  send_text (c, GET_A);
  reply_free (read_reply (c));
  start_us = g_get_monotonic_time ();
  rest = read_to_end (c);
  g_assert_cmpuint (rest->len, ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >, G_USEC_PER_SEC * 8 / 10);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 4 * PROMPT_US);
  asp_http_server_get_stats (f->server, &stats);
  g_assert_cmpuint (stats.dropped, ==, 1);
}

/* A client that sends a byte now and then does not keep its place for ever. */
static void
test_trickled_head (Fixture * f, gconstpointer data)
{
  g_autoptr (GSocketConnection) c = dial (f->port);
  gboolean open = send_text (c, "GET /live/m/a.ts HTTP/1.1\r\n");
  gint64 start_us = g_get_monotonic_time ();

  while (open && g_get_monotonic_time () - start_us < 8 * PROMPT_US) {
    g_usleep (100000);
    open = send_text (c, "X-A: b\r\n");
  }
  g_assert_false (open);
}

static void
test_long_line (Fixture * f, gconstpointer data)
{
  g_autofree gchar *name = g_strnfill (ASP_HTTP_REQUEST_LINE_MAX, 'a');
  g_autofree gchar *line = g_strdup_printf ("GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", name);
  g_autofree gchar *field = g_strdup_printf ("GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\n"
      "X-A: %s\r\nX-B: %s\r\nX-C: %s\r\n\r\n", name, name, name);
  g_autofree gchar *allowed = g_strdup_printf ("GET /live/m/a.ts HTTP/1.1\r\nHost: x\r\n"
      "X-A: %s\r\n\r\n", name);
  g_autoptr (GSocketConnection) a = dial (f->port);
  g_autoptr (GSocketConnection) b = dial (f->port);
  g_autoptr (GSocketConnection) c = dial (f->port);
  g_autoptr (Reply) too_long = NULL;
  g_autoptr (Reply) too_large = NULL;

  for (guint i = 0; i < 3; i++) {
    g_autoptr (Reply) fits = NULL;

    /* the count begins anew with every request */
    send_text (c, allowed);
    fits = read_reply (c);
    g_assert_cmpuint (fits->status, ==, 200);
  }
  send_text (a, line);
  too_long = read_reply (a);
  g_assert_cmpuint (too_long->status, ==, 414);
  send_text (b, field);
  too_large = read_reply (b);
  g_assert_cmpuint (too_large->status, ==, 431);
}

static void
test_http_1_0 (Fixture * f, gconstpointer data)
{
  g_autoptr (GSocketConnection) c = dial (f->port);
  g_autoptr (GByteArray) all = NULL;

  send_text (c, "GET /live/m/a.ts HTTP/1.0\r\n\r\n");
  all = read_to_end (c);
  g_assert_true (g_str_has_prefix ((gchar *) all->data, "HTTP/1.0 200 "));
  g_assert_true (g_str_has_suffix ((gchar *) all->data, "\r\n\r\n0123456789"));
}

static void
say_and_close (Fixture * f, const gchar * text, gsize size, Reply ** reply)
{
  g_autoptr (GSocketConnection) c = dial (f->port);

  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (c)), text, size, NULL,
      NULL, NULL);
  g_socket_shutdown (g_socket_connection_get_socket (c), FALSE, TRUE, NULL);
  *reply = reply_new (read_to_end (c));
}

#define FULL_REQUEST "GET /live/m/a.ts?_HLS_msn=1 HTTP/1.1\r\nHost: x:80\r\n" \
    "Range: bytes=0-3\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"

/* A request that ends anywhere is answered only when it is whole. */
static void
test_truncated (Fixture * f, gconstpointer data)
{
  gsize whole = strlen (FULL_REQUEST);

  for (gsize n = 0; n <= whole; n++) {
    g_autoptr (Reply) r = NULL;

    say_and_close (f, FULL_REQUEST, n, &r);
    if (n == whole)
      assert_body (r, "0123");
    else
      g_assert_true (r->status == 0 || r->status >= 400);
  }
  g_assert_true (clients_become (f, 0, 5));
}

/* Requests with bytes that are not theirs: some answer or none, and the server goes on. */
static void
test_damaged (Fixture * f, gconstpointer data)
{
  gsize whole = strlen (FULL_REQUEST);

  for (guint i = 0; i < 1500; i++) {
    g_autofree gchar *text = g_strdup (FULL_REQUEST);
    g_autoptr (Reply) r = NULL;

    for (gint n = g_test_rand_int_range (1, 6); n > 0; n--)
      text[g_test_rand_int_range (0, (gint) whole)] = (gchar) g_test_rand_int_range (0, 256);
    say_and_close (f, text, whole, &r);
    g_assert_null (g_strstr_len ((gchar *) r->all->data, (gssize) r->all->len, "secret"));
  }
  g_assert_true (clients_become (f, 0, 5));
}

static gsize
resident_bytes (void)
{
  g_autofree gchar *text = NULL;
  gulong size = 0, resident = 0;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    sscanf (text, "%lu %lu", &size, &resident);
  return (gsize) resident * 4096;
}

#define N_READERS 100

/* A hundred clients in the middle of a long file share what is in memory of it. */
static void
test_memory (Fixture * f, gconstpointer data)
{
  GSocketConnection *all[N_READERS];
  gsize before, after;

  reply_free (ask (f->port, "GET", "/live/m/big.ts", NULL));
  before = resident_bytes ();
  for (guint i = 0; i < N_READERS; i++) {
    all[i] = dial (f->port);
    send_text (all[i], "GET /live/m/big.ts HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  for (guint i = 0; i < N_READERS; i++) {
    guint8 piece[100000];

    g_assert_true (g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (all[i])),
            piece, sizeof piece, NULL, NULL, NULL));
  }
  after = resident_bytes ();
  g_test_message ("%u clients: %" G_GSIZE_FORMAT " kB more", N_READERS,
      after > before ? (after - before) / 1024 : 0);
  /* the file once and a little for each of them, not the file for each */
  g_assert_cmpuint (after, <, before + 3 * BIG_BYTES);
  for (guint i = 0; i < N_READERS; i++)
    g_object_unref (all[i]);
  g_assert_true (clients_become (f, 0, 5));
}

#define N_KEPT 300

/* Hundreds of kept connections that take turns, on all threads. */
static void
test_many (Fixture * f, gconstpointer data)
{
  GSocketConnection *all[N_KEPT];

  for (guint i = 0; i < N_KEPT; i++)
    all[i] = dial (f->port);
  for (guint round = 0; round < 5; round++) {
    for (guint i = 0; i < N_KEPT; i++)
      send_text (all[i], GET_A);
    for (guint i = 0; i < N_KEPT; i++) {
      g_autoptr (Reply) r = read_reply (all[i]);

      g_assert_cmpuint (r->status, ==, 200);
      assert_body (r, "0123456789");
    }
  }
  g_assert_cmpuint (clients_now (f), ==, N_KEPT);
  for (guint i = 0; i < N_KEPT; i++)
    g_object_unref (all[i]);
  g_assert_true (clients_become (f, 0, 5));
}

/* gzip is made once, has a tag of its own, and is never mixed with ranges. */
static void
test_gzip (Fixture * f, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("#EXTM3U\n");
  g_autoptr (GZlibDecompressor) unzip =
      g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autofree gchar *plain_tag = NULL, *gzip_tag = NULL, *condition = NULL;
  g_autoptr (Reply) plain = NULL;
  g_autoptr (Reply) zipped = NULL;
  g_autoptr (Reply) same = NULL;
  g_autoptr (Reply) refused = NULL;
  g_autoptr (Reply) range = NULL;
  g_autoptr (Reply) media = NULL;
  gchar out[4096];
  gsize n_read = 0, n_written = 0;

  for (guint i = 0; i < 50; i++)
    g_string_append_printf (text, "#EXTINF:2.000,\nm/v-%08u.ts\n", i);
  put_file (f->folder, "long.m3u8", text->str);
  plain = ask (f->port, "GET", "/live/long.m3u8", NULL);
  zipped = ask (f->port, "GET", "/live/long.m3u8", "Accept-Encoding: deflate, gzip\r\n");
  refused = ask (f->port, "GET", "/live/long.m3u8", "Accept-Encoding: gzip;q=0\r\n");
  range = ask (f->port, "GET", "/live/long.m3u8",
      "Accept-Encoding: gzip\r\nRange: bytes=0-6\r\n");
  media = ask (f->port, "GET", "/live/m/a.ts", "Accept-Encoding: gzip\r\n");
  assert_body (plain, text->str);
  assert_body (refused, text->str);
  assert_body (range, "#EXTM3U");
  assert_body (media, "0123456789");
  g_assert_true (has_header (plain, "vary: accept-encoding"));
  g_assert_true (has_header (zipped, "vary: accept-encoding"));
  g_assert_true (has_header (zipped, "content-encoding: gzip"));
  g_assert_false (has_header (range, "content-encoding: gzip"));
  g_assert_cmpuint (zipped->body_size, <, text->len / 2);
  g_assert_cmpint (g_converter_convert (G_CONVERTER (unzip), zipped->body, zipped->body_size, out,
          sizeof out, G_CONVERTER_INPUT_AT_END, &n_read, &n_written, NULL), ==,
      G_CONVERTER_FINISHED);
  g_assert_cmpmem (out, n_written, text->str, text->len);
  plain_tag = header_value (plain, "etag");
  gzip_tag = header_value (zipped, "etag");
  g_assert_cmpstr (plain_tag, !=, gzip_tag);
  condition = g_strdup_printf ("Accept-Encoding: gzip\r\nIf-None-Match: %s\r\n", gzip_tag);
  same = ask (f->port, "GET", "/live/long.m3u8", condition);
  g_assert_cmpuint (same->status, ==, 304);
  g_assert_cmpuint (same->body_size, ==, 0);
}

static void
test_text (void)
{
  static const struct
  {
    const gchar *header;
    gboolean gzip;
  } codings[] = {
    {NULL, FALSE}, {"", FALSE}, {"gzip", TRUE}, {"GZIP", TRUE}, {"br, gzip;q=0.5", TRUE},
    {"gzip;q=0", FALSE}, {"gzip; q=0.000", FALSE}, {"gzip;q=0.001", TRUE}, {"identity", FALSE},
    {"gzipped", FALSE}, {"*", FALSE}, {"x-gzip", TRUE}, {";,;,gzip", TRUE},
  };
  static const struct
  {
    const gchar *query;
    AspHttpNumber result;
    guint64 number;
  } queries[] = {
    {NULL, ASP_HTTP_NUMBER_ABSENT, 0}, {"", ASP_HTTP_NUMBER_ABSENT, 0},
    {"n=5", ASP_HTTP_NUMBER_GOOD, 5}, {"a=1&n=0&n=7", ASP_HTTP_NUMBER_GOOD, 0},
    {"nn=5", ASP_HTTP_NUMBER_ABSENT, 0}, {"n", ASP_HTTP_NUMBER_BAD, 0},
    {"n=", ASP_HTTP_NUMBER_BAD, 0}, {"n=-1", ASP_HTTP_NUMBER_BAD, 0},
    {"n=1x", ASP_HTTP_NUMBER_BAD, 0}, {"n=%31", ASP_HTTP_NUMBER_GOOD, 1},
    {"n=18446744073709551615", ASP_HTTP_NUMBER_GOOD, G_MAXUINT64},
    {"n=18446744073709551616", ASP_HTTP_NUMBER_BAD, 0}, {"&&n=3&", ASP_HTTP_NUMBER_GOOD, 3},
  };

  static const struct
  {
    gint64 unix_s;
    const gchar *text;
  } dates[] = {
    {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"}, {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
    {951827696, "Tue, 29 Feb 2000 12:34:56 GMT"}, {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
    {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"}, {253402300800, NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (dates); i++) {
    gchar text[ASP_HTTP_DATE_SIZE];
    gboolean ok = asp_http_date (dates[i].unix_s, text);

    g_assert_cmpstr (ok ? text : NULL, ==, dates[i].text);
  }
  for (guint i = 0; i < G_N_ELEMENTS (codings); i++)
    g_assert_true (asp_http_accepts_gzip (codings[i].header) == codings[i].gzip);
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++) {
    guint64 number = 0;

    g_test_message ("%s", queries[i].query);
    g_assert_cmpint (asp_http_query_number (queries[i].query, "n", &number), ==,
        queries[i].result);
    g_assert_cmpuint (number, ==, queries[i].number);
  }
}

int
main (int argc, char **argv)
{
  static const AspHttpLimits hasty = {.request_timeout_s = 1,.idle_timeout_s = 1,
    .stall_timeout_s = 1,.answer_timeout_s = 2
  };
  static const AspHttpLimits four = {.threads = 4 };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/http-path/text", test_text);
  SERVER_TEST ("http-connections/kept", test_kept, NULL);
  SERVER_TEST ("http-connections/mixed", test_mixed, NULL);
  SERVER_TEST ("http-connections/head-is-followed", test_head_is_followed, NULL);
  SERVER_TEST ("http-connections/pipeline", test_pipeline, NULL);
  SERVER_TEST ("http-connections/client-closes", test_client_closes, NULL);
  SERVER_TEST ("http-connections/closed-between", test_closed_between, NULL);
  SERVER_TEST ("http-connections/idle-ends", test_idle_ends, &hasty);
  SERVER_TEST ("http-connections/trickled-head", test_trickled_head, &hasty);
  SERVER_TEST ("http-connections/long-line", test_long_line, NULL);
  SERVER_TEST ("http-connections/http-1-0", test_http_1_0, NULL);
  SERVER_TEST ("http-connections/truncated", test_truncated, &hasty);
  SERVER_TEST ("http-connections/damaged", test_damaged, &hasty);
  SERVER_TEST ("http-connections/many", test_many, &four);
  SERVER_TEST ("http-connections/memory", test_memory, NULL);
  SERVER_TEST ("http-connections/gzip", test_gzip, NULL);
  return g_test_run ();
}
