/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clients of the control server that mean no good, or are broken. What each of them is told, what
 * memory it can take, and what a good client beside them notices of it: nothing.
 */
#include "http-fixture.h"

#include <asp-control.h>
#include <asp-json-reader.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MIB (1024 * 1024)
#define FLOOD_BYTES (100 * MIB)
/* What a hundred MiB from outside may leave behind: buffers of sockets, threads' arenas, and in
 * them what 256 KiB of JSON made of nothing but brackets were, in each thread once. */
#define MEMORY_MAX (80 * MIB * PATIENCE)
/* A client that does not get on is dropped by the server's own limit (10 s) and its tick. */
#define DROPPED_S (10 + 5 * PATIENCE)
#define SILENT 100
#define GOOD_PERIOD_US 5000
#define GOOD_CALLS 20           /* at least */
#define GOOD_MEDIAN_US (20000 * PATIENCE)
#define GOOD_MAX_US (PATIENCE * 1000000)

#define ARN "arn:aws:ivs:us-east-1:000000000000:channel/a"
#define GET_CHANNEL "{\"arn\":\"" ARN "\"}"

/* --- a channel, and a good client ------------------------------------------------------- */

typedef struct
{
  AspControl *control;
  guint channel;
  guint16 port;
  GThread *good;
  gint calls, stop;             /* atomic */
  GArray *times_us;             /* gint64: of the good client's calls; its thread's */
  gsize memory;                 /* at the start */
} Hostile;

static AspControlStatus *
status (gpointer user_data)
{
  AspControlStatus *out = asp_control_status_new ();

  out->channel->name = g_strdup ("a");
  out->channel->live = out->channel->has_ads = TRUE;
  g_strlcpy (out->channel->stream_id, "st-1GI11DKd3yvJm8eWREJq6Xz", sizeof out->channel->stream_id);
  return out;
}

static gchar *
insert (const AspControlBreak * brk, gpointer user_data, GError ** error)
{
  g_set_error_literal (error, ASP_API_ERROR, ASP_API_CONFLICT, "there is one");
  return NULL;
}

static gsize
memory_now (void)
{
  g_autofree gchar *text = NULL;
  unsigned long size, resident;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%lu %lu", &size, &resident), ==, 2);
  return (gsize) resident *(gsize) sysconf (_SC_PAGESIZE);
}

/* With a body that may have NUL in it, in one write: a second one would wait for the first one's
 * acknowledgement. */
static gboolean
send_call (GSocketConnection * c, const gchar * request, const gchar * fields, gconstpointer body, gsize size)
{
  g_autoptr (GString) all = g_string_new (NULL);

  g_string_printf (all, "%s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n", request, fields,
      size);
  g_string_append_len (all, body, (gssize) size);
  return g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (c)), all->str, all->len, NULL, NULL, NULL);
}

static Reply *
call (guint16 port, const gchar * request, const gchar * fields, gconstpointer body, gsize size)
{
  g_autoptr (GSocketConnection) c = dial (port);
  g_autofree gchar *closing = g_strconcat (fields, "Connection: close\r\n", NULL);

  send_call (c, request, closing, body, size);
  return reply_new (read_to_end (c));
}

/* Calls that are right, on a connection that is kept, one after the other. */
static gpointer
good_client (gpointer data)
{
  Hostile *h = data;
  g_autoptr (GSocketConnection) c = dial (h->port);

  while (!g_atomic_int_get (&h->stop)) {
    gint64 since_us = g_get_monotonic_time (), took_us;
    g_autoptr (Reply) r = NULL;

    g_assert_true (send_call (c, "POST /GetChannel", "", GET_CHANNEL, strlen (GET_CHANNEL)));
    r = read_reply (c);
    took_us = g_get_monotonic_time () - since_us;
    g_assert_cmpuint (r->status, ==, 200);
    g_array_append_val (h->times_us, took_us);
    g_atomic_int_inc (&h->calls);
    g_usleep (GOOD_PERIOD_US);
  }
  return NULL;
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static void
setup_hostile (Hostile * h, gconstpointer data)
{
  static const AspControlChannel funcs = {.status = status,.insert = insert };
  g_autoptr (GError) error = NULL;
  g_autofree gchar *address = NULL;

  memset (h, 0, sizeof *h);
  h->control = asp_control_get ("127.0.0.1:0", NULL, NULL, &error);
  g_assert_no_error (error);
  h->channel = asp_control_add_channel (h->control, "a", &funcs, NULL, &error);
  g_assert_no_error (error);
  address = asp_control_dup_address (h->control);
  h->port = (guint16) g_ascii_strtoull (strrchr (address, ':') + 1, NULL, 10);
  h->times_us = g_array_new (FALSE, FALSE, sizeof (gint64));
  h->memory = memory_now ();
  h->good = g_thread_new ("good-client", good_client, h);
}

static void
teardown_hostile (Hostile * h, gconstpointer data)
{
  gsize grown = memory_now ();
  gint64 median_us, max_us;

  while (g_atomic_int_get (&h->calls) < GOOD_CALLS)
    g_usleep (GOOD_PERIOD_US);
  g_atomic_int_set (&h->stop, TRUE);
  g_thread_join (h->good);
  g_array_sort (h->times_us, compare_times);
  median_us = g_array_index (h->times_us, gint64, h->times_us->len / 2);
  max_us = g_array_index (h->times_us, gint64, h->times_us->len - 1);
  grown = grown > h->memory ? grown - h->memory : 0;
  g_test_message ("a good client: %u calls, median %" G_GINT64_FORMAT " us, max %" G_GINT64_FORMAT " us; memory grew by %"
      G_GSIZE_FORMAT " KiB", h->times_us->len, median_us, max_us, grown / 1024);
  g_assert_cmpint (median_us, <, GOOD_MEDIAN_US);
  g_assert_cmpint (max_us, <, GOOD_MAX_US);
  g_assert_cmpuint (grown, <, MEMORY_MAX);
  g_array_unref (h->times_us);
  asp_control_remove_channel (h->control, h->channel);
  asp_control_unref (h->control);
}

/* --- JSON that is none, or too much of it --------------------------------------------------- */

/* What Amazon's SDKs make an exception of: a status, a type, a message in JSON. */
static void
assert_refusal (Reply * r, guint wanted, const gchar * type, const gchar * member)
{
  g_autofree gchar *line = g_strdup_printf ("x-amzn-errortype: %s", type);
  AspJson *json = asp_json_parse ((const gchar *) r->body, r->body_size, NULL);
  const gchar *message = asp_json_string (asp_json_member (json, member));

  g_test_message ("%u %.*s", r->status, (int) MIN (r->body_size, 300), (const gchar *) r->body);
  g_assert_cmpuint (r->status, ==, wanted);
  g_assert_true (has_header (r, line));
  g_assert_true (has_header (r, "content-type: application/json"));
  g_assert_nonnull (message);
  g_assert_cmpuint (strlen (message), >, 10);
  g_assert_cmpuint (strlen (message), <, 2000);
  asp_json_free (json);
}

/* What /v1 says: {"error":{"code":"...","message":"..."}}. */
static void
assert_v1_refusal (Reply * r, guint wanted, const gchar * code)
{
  AspJson *json = asp_json_parse ((const gchar *) r->body, r->body_size, NULL);
  const AspJson *error = asp_json_member (json, "error");
  const gchar *message = asp_json_string (asp_json_member (error, "message"));

  g_test_message ("%u %.*s", r->status, (int) MIN (r->body_size, 300), (const gchar *) r->body);
  g_assert_cmpuint (r->status, ==, wanted);
  g_assert_true (has_header (r, "content-type: application/json"));
  g_assert_cmpstr (asp_json_string (asp_json_member (error, "code")), ==, code);
  g_assert_nonnull (message);
  g_assert_cmpuint (strlen (message), <, 2000);
  asp_json_free (json);
}

static void
assert_invalid (Hostile * h, gconstpointer body, gsize size)
{
  g_autoptr (Reply) posted = call (h->port, "POST /InsertAdBreak", "", body, size);
  g_autoptr (Reply) put = call (h->port, "PUT /playbackConfiguration", "", body, size);
  g_autoptr (Reply) v1 = call (h->port, "POST /v1/channels/a/breaks", "", body, size);

  assert_refusal (posted, 400, "validationexception", "exceptionMessage");
  assert_refusal (put, 400, "badrequestexception", "Message");
  assert_v1_refusal (v1, 400, "invalid_request");
}

/* The log of the tests is UTF-8. */
static void
say (const gchar * text, guint status)
{
  g_autofree gchar *plain = g_strescape (text, NULL);

  if (status > 0)
    g_test_message ("%s -> %u", plain, status);
  else
    g_test_message ("%s", plain);
}

#define BREAK(seconds) "{\"channelArn\":\"" ARN "\",\"durationSeconds\":" seconds "}"

static void
test_json (Hostile * h, gconstpointer data)
{
  static const gchar *const bodies[] = {
    "", " ", "nonsense", "null", "[]", "\"text\"", "12", "{", "{}", "{\"channelArn\":\"" ARN "\"", "{} {}", "{,}",
    "{\"channelArn\":}", "\xef\xbb\xbf{}", "{'channelArn':1}", BREAK ("30") "x",
    /* not UTF-8: a byte alone, an overlong one, a surrogate, beyond Unicode */
    "{\"channelArn\":\"\xff\"}", "{\"channelArn\":\"\xc0\xaf\"}", "{\"channelArn\":\"\xed\xa0\x80\"}",
    "{\"\xf4\x90\x80\x80\":1}", "{\"channelArn\":\"\\ud800\"}", "{\"channelArn\":\"\\u0000\"}",
    /* twice */
    "{\"channelArn\":\"" ARN "\",\"durationSeconds\":30,\"durationSeconds\":31}",
    "{\"channelArn\":\"a\",\"channelArn\":\"" ARN "\",\"durationSeconds\":30}",
    /* numbers */
    BREAK ("0"), BREAK ("-1"), BREAK ("301"), BREAK ("30.5"), BREAK ("1e400"), BREAK ("-1e400"), BREAK ("NaN"),
    BREAK ("Infinity"), BREAK ("99999999999999999999999999"), BREAK ("-9223372036854775809"),
    BREAK ("18446744073709551646"), BREAK ("4294967326"), BREAK ("0x1e"), BREAK ("030"), BREAK ("+30"), BREAK ("\"30\""),
    BREAK ("null"), BREAK ("true"), BREAK ("[30]"), BREAK ("{\"durationSeconds\":30}"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    say (bodies[i], 0);
    assert_invalid (h, bodies[i], strlen (bodies[i]));
  }
  assert_invalid (h, "{\0}", 3);
  assert_invalid (h, BREAK ("30\0"), sizeof BREAK ("30\0") - 1);
}

static void
repeat (GString * out, const gchar * text, guint n)
{
  for (guint i = 0; i < n; i++)
    g_string_append (out, text);
}

/* As large as a body may be (256 KiB), with nothing in it but trouble. */
static void
test_large_json (Hostile * h, gconstpointer data)
{
  static const struct
  {
    const gchar *before, *again, *after;
  } bodies[] = {
    {"", "[", ""}, {"", "{\"a\":", ""}, {"{\"a\":", "[", "}"}, {"[", "1,", "1]"}, {"[", "[],", "1]"}, {"[", "{},", "1]"},
    {"{\"channelArn\":\"", "x", "\"}"}, {"{\"channelArn\":\"", "\\u0041", "\"}"}, {"{\"a\":", "9", "}"},
    {"{\"a\":1e", "9", "}"}, {"{\"a\":0.", "1", "}"}, {"{\"channelArn\":\"", "\xf0\x9f\x98\x80", "\"}"}, {"", " ", ""},
    {"{", "\"a\":1,", "\"b\":1}"}, {"{\"", "name", "\":1}"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    g_autoptr (GString) text = g_string_new (bodies[i].before);

    repeat (text, bodies[i].again, (guint) ((256 * 1024 - 200) / strlen (bodies[i].again)));
    g_string_append (text, bodies[i].after);
    assert_invalid (h, text->str, text->len);
  }
}

/* Names that fall into one place of a simple hash table, all in one object; all are looked at, none
 * is known. */
static void
test_many_members (Hostile * h, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("{");
  gint64 since_us;

  for (guint i = 0; text->len < 250 * 1024; i++)
    g_string_append_printf (text, "\"%c%c%05x\":0,", 'a' + (gchar) (i % 7), 'z' - (gchar) (i % 11), i);
  g_string_append (text, "\"b\":1}");
  since_us = g_get_monotonic_time ();
  assert_invalid (h, text->str, text->len);
  g_assert_cmpint (g_get_monotonic_time () - since_us, <, 2 * PROMPT_US);
}

/* --- /v1: numbers, and what stands in a query -------------------------------------------------- */

static void
test_v1 (Hostile * h, gconstpointer data)
{
  static const gchar *const numbers[] = { "0", "-1", "0.0001", "1e400", "-1e400", "1e18", "NaN", "Infinity", "null", "true",
    "\"30\"", "[30]", "99999999999999999999999999", "-9223372036854775809", "030", "+30"
  };
  static const gchar *const targets[] = {
    "/v1/events?since=-1", "/v1/events?since=99999999999999999999", "/v1/events?since=1e3", "/v1/events?since=",
    "/v1/events?limit=0", "/v1/events?limit=4294967297", "/v1/events?wait=999999999", "/v1/events?wait=-1",
    "/v1/events?since=%ff", "/v1/events?nothing=1", "/v1/channels?limit=0x10", "/v1/channels/a/breaks?limit=-5",
  };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    g_autofree gchar *body = g_strdup_printf ("{\"duration_seconds\":%s}", numbers[i]);
    g_autofree gchar *ticks = g_strdup_printf ("{\"duration_90k\":%s}", numbers[i]);
    /* 0 is a PTS, and null says nothing of one */
    const gchar *pts = strcmp (numbers[i], "0") && strcmp (numbers[i], "null") ? numbers[i] : "8589934592";
    g_autofree gchar *start = g_strdup_printf ("{\"duration_seconds\":30,\"start_pts_90k\":%s}", pts);
    g_autoptr (Reply) a = call (h->port, "POST /v1/channels/a/breaks", "", body, strlen (body));
    g_autoptr (Reply) b = call (h->port, "POST /v1/channels/a/breaks", "", ticks, strlen (ticks));
    g_autoptr (Reply) c = call (h->port, "POST /v1/channels/a/breaks", "", start, strlen (start));

    assert_v1_refusal (a, 400, "invalid_request");
    assert_v1_refusal (b, 400, "invalid_request");
    assert_v1_refusal (c, 400, "invalid_request");
  }
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++) {
    g_autofree gchar *request = g_strconcat ("GET ", targets[i], NULL);
    g_autoptr (Reply) r = call (h->port, request, "", "", 0);

    g_test_message ("%s", targets[i]);
    assert_v1_refusal (r, 400, "invalid_request");
  }
}

/* --- a hundred MiB ---------------------------------------------------------------------------- */

/* For as long as the server takes it. */
static gsize
flood (GSocketConnection * c, gchar byte)
{
  g_autofree gchar *piece = g_malloc (65536);
  gsize sent = 0;

  memset (piece, byte, 65536);
  for (gboolean ok = TRUE; ok && sent < FLOOD_BYTES; sent += 65536)
    ok = g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (c)), piece, 65536, NULL, NULL, NULL);
  return sent;
}

/* The answer comes before the flood, which may end with a reset. */
static void
assert_flood (Hostile * h, const gchar * head, gchar byte, guint wanted)
{
  g_autoptr (GSocketConnection) c = dial (h->port);
  g_autoptr (GSocketConnection) patient = dial (h->port);
  g_autoptr (Reply) r = NULL;
  gsize sent;

  send_text (c, head);
  sent = flood (c, byte);
  g_test_message ("%.40s...: %" G_GSIZE_FORMAT " bytes were taken", head, sent);
  g_assert_cmpuint (memory_now (), <, h->memory + MEMORY_MAX);
  /* one that stops in time reads why */
  send_text (patient, head);
  for (guint i = 0; i < 20 * 1024 && wanted != 413 && wanted != 411; i++)
    send_text (patient, byte == 'x' ? "x" : "y");
  r = reply_new (read_to_end (patient));
  g_assert_cmpuint (r->status, ==, wanted);
}

static void
test_flood (Hostile * h, gconstpointer data)
{
  assert_flood (h, "POST /InsertAdBreak HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 104857600\r\n\r\n", 'x', 413);
  assert_flood (h, "POST /InsertAdBreak HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 'x',
      413);
  assert_flood (h, "POST /InsertAdBreak HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n", 'x', 411);
  assert_flood (h, "POST /InsertAdBreak HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ", 'x', 431);
  assert_flood (h, "POST /", 'x', 414);
  assert_flood (h, "", 'x', 414);
}

/* A header field in many, each small. */
static void
test_many_fields (Hostile * h, gconstpointer data)
{
  g_autoptr (GSocketConnection) c = dial (h->port);
  g_autoptr (GString) head = g_string_new ("POST /ListChannels HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  g_autoptr (Reply) r = NULL;

  for (guint i = 0; head->len < 20 * 1024; i++)
    g_string_append_printf (head, "X-%u: %u\r\n", i, i);
  g_string_append (head, "\r\n");
  send_text (c, head->str);
  r = reply_new (read_to_end (c));
  g_assert_cmpuint (r->status, ==, 431);
}

/* Each holds nearly a whole body and does not send the end of it. */
static void
test_unfinished (Hostile * h, gconstpointer data)
{
  enum { CLIENTS = 40, BYTES = 200 * 1024 };
  GSocketConnection *all[CLIENTS];
  g_autofree gchar *body = g_strnfill (BYTES, ' ');
  gsize before = memory_now ();

  for (guint i = 0; i < CLIENTS; i++) {
    all[i] = dial (h->port);
    send_text (all[i], "POST /ListChannels HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 262144\r\n\r\n");
    send_text (all[i], body);
  }
  g_usleep (200000);
  g_assert_cmpuint (memory_now (), <, before + 4 * (gsize) CLIENTS * BYTES + MEMORY_MAX);
  for (guint i = 0; i < CLIENTS; i++)
    g_object_unref (all[i]);
}

/* --- those that do not get on ------------------------------------------------------------------ */

static gboolean
has_hung_up (GSocketConnection * c)
{
  gchar byte;
  gssize n = recv (g_socket_get_fd (g_socket_connection_get_socket (c)), &byte, 1, MSG_DONTWAIT);

  return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

/* Nothing at all, one byte a second, a head or a body that stops: all are gone in time, and take
 * no place that another one needs. */
static void
test_slow (Hostile * h, gconstpointer data)
{
  static const gchar slow[] = "POST /ListChannels HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}";
  static const gchar *const stops[] = {
    "", "P", "POST /ListChannels HTTP/1.1\r\n", "POST /ListChannels HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20\r\n\r\n",
    "POST /ListChannels HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20\r\n\r\n{\"maxRes",
  };
  GSocketConnection *all[SILENT];
  GSocketConnection *trickle = dial (h->port);
  gint64 since_us = g_get_monotonic_time ();
  guint left = SILENT;

  for (guint i = 0; i < SILENT; i++) {
    all[i] = dial (h->port);
    send_text (all[i], stops[i % G_N_ELEMENTS (stops)]);
  }
  for (guint second = 0; second < DROPPED_S && (left > 0 || !has_hung_up (trickle)); second++) {
    const gchar byte[] = { slow[second], '\0' };

    send_text (trickle, byte);
    g_usleep (G_USEC_PER_SEC);
    left = 0;
    for (guint i = 0; i < SILENT; i++)
      left += !has_hung_up (all[i]);
  }
  g_test_message ("all are gone after %.1f s", (gdouble) (g_get_monotonic_time () - since_us) / G_USEC_PER_SEC);
  g_assert_cmpuint (left, ==, 0);
  g_assert_true (has_hung_up (trickle));
  for (guint i = 0; i < SILENT; i++)
    g_object_unref (all[i]);
  g_object_unref (trickle);
}

/* Who closes its own half waits for the answer; one that closes in the middle gets none, and
 * neither is kept. */
static void
test_half_closed (Hostile * h, gconstpointer data)
{
  for (guint cut = 0; cut <= 10; cut++) {
    g_autoptr (GSocketConnection) c = dial (h->port);
    g_autofree gchar *text = g_strdup_printf ("POST /GetChannel HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %zu\r\n\r\n"
        GET_CHANNEL, strlen (GET_CHANNEL));
    gint64 since_us = g_get_monotonic_time ();
    g_autoptr (Reply) r = NULL;

    text[strlen (text) * cut / 10] = '\0';
    send_text (c, text);
    g_socket_shutdown (g_socket_connection_get_socket (c), FALSE, TRUE, NULL);
    r = reply_new (read_to_end (c));
    if (cut == 10)
      g_assert_cmpuint (r->status, ==, 200);
    else
      g_assert_true (r->status == 0 || r->status == 400);
    g_assert_cmpint (g_get_monotonic_time () - since_us, <, PROMPT_US);
  }
}

/* --- requests that are none ---------------------------------------------------------------------- */

static void
test_pipelined (Hostile * h, gconstpointer data)
{
  g_autoptr (GSocketConnection) c = dial (h->port);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 200; i++)
    g_string_append_printf (text, "POST /%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %zu\r\n\r\n" GET_CHANNEL,
        i % 3 ? "GetChannel" : "Nothing", strlen (GET_CHANNEL));
  g_assert_true (send_text (c, text->str));
  for (guint i = 0; i < 200; i++) {
    g_autoptr (Reply) r = read_reply (c);

    g_assert_cmpuint (r->status, ==, i % 3 ? 200 : 404);
  }
}

/* Whatever stands there, the answer is one of these, or the connection is closed at once. */
static void
test_heads (Hostile * h, gconstpointer data)
{
#define POST "POST /ListChannels HTTP/1.1\r\n"
#define HOST "Host: 127.0.0.1\r\n"
  static const struct
  {
    const gchar *text;
    guint status, other;        /* 0: no answer */
  } requests[] = {
    {"\r\n\r\n", 0, 400},
    {"nonsense\r\n\r\n", 400, 0},
    {"POST\r\n\r\n", 400, 0},
    {"POST /ListChannels\r\n\r\n", 400, 0},
    {"POST /ListChannels HTTP/9.9\r\n" HOST "\r\n", 400, 505},
    {"POST ListChannels HTTP/1.1\r\n" HOST "\r\n", 400, 404},
    {"POST * HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 400, 404},
    {"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" HOST "\r\n", 400, 405},
    {"TRACE /ListChannels HTTP/1.1\r\n" HOST "\r\n", 405, 0},
    {"\x16\x03\x01\x02\x01\x01\xfc\x03\x03\r\n\r\n", 400, 0},
    {"POST /%zz HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 400, 404},
    {"POST /%00 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 400, 404},
    {"POST /ListChannels?%ff=%fe HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 400, 0},
    {POST "Host: a/b\r\nContent-Length: 2\r\n\r\n{}", 400, 0},
    {POST HOST "hOsT:x\r\n y/z\r\nContent-Length: 2\r\n\r\n{}", 400, 0},
    {POST HOST "Content-Length: 2\r\n\r\n{}" "GET /x HTTP/1.1\r\nHost: http://a/\r\n\r\n", 400, 200},
    {POST HOST "Content-Length: -1\r\n\r\n", 400, 413},
    {POST HOST "Content-Length: x\r\n\r\n", 400, 0},
    {POST HOST "Content-Length: 2x\r\n\r\n{}", 400, 0},
    {POST HOST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400, 0},
    {POST HOST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411, 400},
    {POST HOST "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 411, 0},
    {POST HOST "Transfer-Encoding: identity\r\n\r\n{}", 411, 0},
  };

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++) {
    g_autoptr (GSocketConnection) c = dial (h->port);
    g_autoptr (Reply) r = NULL;
    gint64 since_us = g_get_monotonic_time ();

    send_text (c, requests[i].text);
    g_socket_shutdown (g_socket_connection_get_socket (c), FALSE, TRUE, NULL);
    r = reply_new (read_to_end (c));
    say (requests[i].text, r->status);
    g_assert_true (r->status == requests[i].status || r->status == requests[i].other);
    g_assert_cmpint (g_get_monotonic_time () - since_us, <, PROMPT_US);
  }
}

/* libsoup 3.2 keeps the path of each request whose length it does not understand, so it is shown
 * none: in the first request, in one that came with it, in one behind a body that came by itself. */
static void
test_leak (Hostile * h, gconstpointer data)
{
  enum { ROUNDS = 3000, PATH_BYTES = 8000 };
  static const gchar *const fields[] = { "Content-Length: 2x", "Content-Length: 1 2", "content-length:\r\n 1\r\n 2",
    "Content-Length: x", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, gzip"
  };
  g_autofree gchar *path = g_strnfill (PATH_BYTES, 'x');
  gsize before = 0;

  for (guint i = 0; i < ROUNDS; i++) {
    g_autoptr (GSocketConnection) c = dial (h->port);
    g_autoptr (GByteArray) all = NULL;
    g_autoptr (GString) text = g_string_new (i % 3 == 1 ? POST HOST "Content-Length: 2\r\n\r\n{}" : "");

    if (i % 3 == 2) {
      send_text (c, POST HOST "Content-Length: 2\r\n\r\n");
      g_usleep (500);
      send_text (c, "{}");
    }
    g_string_append_printf (text, "POST /%s HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", path, fields[i % G_N_ELEMENTS (fields)]);
    send_text (c, text->str);
    all = read_to_end (c);
    g_assert_nonnull (strstr ((const gchar *) all->data, fields[i % G_N_ELEMENTS (fields)][0] == 'T' ? " 411 " : " 400 "));
    if (i == ROUNDS / 10)
      before = memory_now ();
  }
  g_assert_cmpuint (memory_now (), <, before + ROUNDS * PATH_BYTES / 4);
}

/* A body that is longer than was said is the next request, which is none; what came before is
 * answered. A page of a browser that asks across origins learns nothing. */
static void
test_wrong_length (Hostile * h, gconstpointer data)
{
  g_autoptr (GSocketConnection) c = dial (h->port);
  g_autoptr (Reply) first = NULL;
  g_autoptr (Reply) second = NULL;

  send_text (c, "POST /ListChannels HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}{\"maxResults\":1}\r\n\r\n");
  first = read_reply (c);
  g_assert_cmpuint (first->status, ==, 200);
  second = reply_new (read_to_end (c));
  g_assert_true (second->status == 400 || second->status == 0);
}

static void
test_foreign_page (Hostile * h, gconstpointer data)
{
  static const gchar *const fields[] = { "Origin: http://evil.example\r\n", "Origin: null\r\n" };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
    g_autoptr (Reply) r = call (h->port, "POST /InsertAdBreak", fields[i], BREAK ("30"), strlen (BREAK ("30")));

    assert_refusal (r, 403, "accessdeniedexception", "exceptionMessage");
    g_assert_null (header_value (r, "access-control-allow-origin"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define HOSTILE_TEST(path, func) \
  g_test_add ("/net/control/hostile/" path, Hostile, NULL, setup_hostile, func, teardown_hostile)
  HOSTILE_TEST ("json", test_json);
  HOSTILE_TEST ("large-json", test_large_json);
  HOSTILE_TEST ("many-members", test_many_members);
  HOSTILE_TEST ("v1", test_v1);
  HOSTILE_TEST ("flood", test_flood);
  HOSTILE_TEST ("many-fields", test_many_fields);
  HOSTILE_TEST ("unfinished", test_unfinished);
  HOSTILE_TEST ("slow", test_slow);
  HOSTILE_TEST ("half-closed", test_half_closed);
  HOSTILE_TEST ("pipelined", test_pipelined);
  HOSTILE_TEST ("heads", test_heads);
  HOSTILE_TEST ("leak", test_leak);
  HOSTILE_TEST ("wrong-length", test_wrong_length);
  HOSTILE_TEST ("foreign-page", test_foreign_page);
  return g_test_run ();
}
