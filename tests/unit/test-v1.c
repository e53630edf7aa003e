/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /v1 without HTTP: every route, every refusal, streams, by hand-made time. */
#include "v1-fixture.h"

#include <asp-json-reader.h>
#include <string.h>

#include "asp-v1-private.h"

#define NOON (G_GINT64_CONSTANT (1770253200) * G_USEC_PER_SEC)  /* 2026-02-05T01:00:00Z */

typedef struct
{
  AspStore *store;
  AspEventLog *log;
  AspEventHistory *history;
  FakeLives lives;
  AspV1 *v1;
  gint64 now_us;
  const gchar *key;             /* Idempotency-Key */
  const gchar *last_event_id;
} Fixture;

typedef struct
{
  AspV1Reply reply;
  AspJson *json;
} Answer;

static void
answer_clear (Answer * a)
{
  asp_v1_reply_clear (&a->reply);
  g_clear_pointer (&a->json, asp_json_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
setup (Fixture * f, gconstpointer data)
{
  AspV1Config config = { NULL };

  memset (f, 0, sizeof *f);
  f->now_us = NOON;
  config.store = f->store = asp_store_new_memory ();
  config.log = f->log = asp_event_log_new (f->store, NULL);
  config.history = f->history = asp_event_history_new (f->log, NULL);
  fake_lives_init (&f->lives, f->log, f->now_us);
  fake_lives_configure (&f->lives, &config);
  f->v1 = asp_v1_new (&config);
}

static void
teardown (Fixture * f, gconstpointer data)
{
  asp_v1_free (f->v1);
  asp_event_history_free (f->history);
  asp_event_log_free (f->log);
  fake_lives_clear (&f->lives);
  asp_store_free (f->store);
}

/* Until readers see @n events. */
static void
wait_for_events (Fixture * f, guint64 n)
{
  for (guint i = 0; i < 1000 && asp_event_log_last (f->log) < n; i++)
    g_usleep (5000);
  g_assert_cmpuint (asp_event_log_last (f->log), ==, n);
}

static const gchar *
header (gconstpointer fields, const gchar * name)
{
  const Fixture *f = fields;

  return !strcmp (name, "idempotency-key") ? f->key : !strcmp (name, "last-event-id") ? f->last_event_id : NULL;
}

static Answer
ask_sized (Fixture * f, const gchar * method, const gchar * target, const gchar * body, gsize size, gboolean expired)
{
  const gchar *mark = strchr (target, '?');
  g_autofree gchar *path = mark ? g_strndup (target, (gsize) (mark - target)) : g_strdup (target);
  const AspApiRequest r = { method, path, mark ? mark + 1 : NULL, header, f, body, size, TRUE };
  Answer a = { {0} };
  gsize n;

  asp_v1_handle (f->v1, &r, expired, f->now_us, &a.reply);
  g_assert_cmpint (f->lives.held, ==, 0);
  if (a.reply.body && !g_strcmp0 (a.reply.type, "application/json")) {
    const gchar *text = g_bytes_get_data (a.reply.body, &n);

    a.json = asp_json_parse (text, n, NULL);
    g_assert_nonnull (a.json);
  }
  return a;
}

static Answer
ask (Fixture * f, const gchar * method, const gchar * target, const gchar * body)
{
  return ask_sized (f, method, target, body ? body : "", body ? strlen (body) : 0, FALSE);
}

static Answer
get (Fixture * f, const gchar * target)
{
  return ask (f, "GET", target, NULL);
}

/* "renditions.0.gop_90k" */
static const AspJson *
at (const Answer * a, const gchar * path)
{
  g_auto (GStrv) names = g_strsplit (path, ".", -1);
  const AspJson *value = a->json;

  for (guint i = 0; names[i]; i++)
    value = asp_json_kind (value) == ASP_JSON_ARRAY ? asp_json_element (value, (guint) g_ascii_strtoull (names[i], NULL, 10)) :
        asp_json_member (value, names[i]);
  return value;
}

static const gchar *
text (const Answer * a, const gchar * path)
{
  return asp_json_string (at (a, path));
}

static gint64
number (const Answer * a, const gchar * path)
{
  gint64 n = G_MININT64;

  asp_json_integer (at (a, path), &n);
  return n;
}

static gchar *
body_text (const Answer * a)
{
  gsize size;
  const gchar *data = g_bytes_get_data (a->reply.body, &size);

  return g_strndup (data, size);
}

/* @part: of the message */
static void
assert_refused (const Answer * a, guint status, const gchar * code, const gchar * part)
{
  g_assert_cmpuint (a->reply.status, ==, status);
  g_assert_cmpstr (text (a, "error.code"), ==, code);
  if (!strstr (text (a, "error.message"), part))
    g_error ("'%s' is not in: %s", part, text (a, "error.message"));
  g_assert_cmpuint (asp_json_length (a->json), ==, 1);
}

static void
assert_ok (const Answer * a, guint status)
{
  if (a->reply.status != status)
    g_error ("status %u: %s", a->reply.status, text (a, "error.message"));
}

/* The id of a new break. (transfer full) */
static gchar *
insert (Fixture * f, const gchar * channel, const gchar * body)
{
  g_autofree gchar *path = g_strdup_printf ("/v1/channels/%s/breaks", channel);
  g_auto (Answer) a = ask (f, "POST", path, body);

  assert_ok (&a, 201);
  return g_strdup (text (&a, "ad_break_id"));
}

/* --- routes ------------------------------------------------------------------------------ */

static void
test_paths (Fixture * f, gconstpointer data)
{
  static const gchar *const ours[] = { "/", "/metrics", "/healthz", "/readyz", "/v1", "/v1/", "/v1/channels", "/v1/sessions",
    "/v1/channels/master", "/v1/x"
  };
  static const gchar *const others[] = { "/v1/session/a/b", "/v1/master", "/v1/dash/x", "/v1/manifest/x", "/v1/segment",
    "/v1/tracking/x", "/v1/i-media/x", "/v1/interstitials/x", "/v2", "/v1x", "/InsertAdBreak", "/healthz/x", ""
  };

  for (guint i = 0; i < G_N_ELEMENTS (ours); i++)
    g_assert_true (asp_v1_has (ours[i]));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (asp_v1_has (others[i]));
  g_assert_true (asp_v1_is_open ("/"));
  g_assert_true (asp_v1_is_open ("/readyz"));
  g_assert_false (asp_v1_is_open ("/metrics"));
  g_assert_false (asp_v1_is_open ("/v1/channels"));
}

static void
test_no_route (Fixture * f, gconstpointer data)
{
  static const gchar *const paths[] = { "/v1", "/v1/", "/v1/channels/", "/v1/channels/main/", "/v1/channels/main/x",
    "/v1/channels//breaks", "/v1/channels/%/breaks", "/v1/channels/%00", "/v1/channels/%ff", "/v1/channels/main/breaks/a/b/c",
    "v1/channels", "/v1/channels/main/breaks/x/stop"
  };
  g_autofree gchar *name = g_strnfill (ASP_V1_NAME_MAX + 1, 'x');
  g_autofree gchar *path = g_strconcat ("/v1/channels/", name, NULL);
  g_auto (Answer) too_long = get (f, path);
  g_auto (Answer) method = ask (f, "PUT", "/v1/channels/main/breaks", "{}");
  g_auto (Answer) post = ask (f, "POST", "/metrics", "{}");

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_auto (Answer) a = get (f, paths[i]);

    assert_refused (&a, 404, "no_such_route", "There is nothing at");
  }
  g_assert_cmpuint (too_long.reply.status, ==, 404);
  assert_refused (&method, 405, "method_not_allowed", "possible: GET, POST");
  assert_refused (&post, 405, "method_not_allowed", "possible: GET");
}

static void
test_query (Fixture * f, gconstpointer data)
{
  static const struct
  {
    const gchar *target, *part;
  } bad[] = {
    {"/v1/channels?limt=3", "There is no parameter 'limt' here; there are: limit, after"},
    {"/v1/channels/main?x=1", "there is none"},
    {"/v1/channels?limit=3&limit=4", "is there twice"},
    {"/v1/channels?limit=0", "from 1 to 1000"},
    {"/v1/channels?limit=-1", "from 1 to 1000"},
    {"/v1/channels?limit=99999999999999999999999", "from 1 to 1000"},
    {"/v1/channels?limit=%ff", "percent-encoded"},
    {"/v1/channels?limit=%", "percent-encoded"},
    {"/v1/events?since=1&last=2", "say one of them"},
    {"/v1/events?wait=61", "from 0 to 60"},
    {"/v1/events?since=x", "whole number"},
    {"/v1/hooks?a=1&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", "There is no parameter 'a'"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_auto (Answer) a = get (f, bad[i].target);

    assert_refused (&a, 400, "invalid_request", bad[i].part);
  }
}

/* --- channels ---------------------------------------------------------------------------- */

static void
test_channels (Fixture * f, gconstpointer data)
{
  g_auto (Answer) all = get (f, "/v1/channels");
  g_auto (Answer) first = get (f, "/v1/channels?limit=3");
  g_auto (Answer) rest = get (f, "/v1/channels?after=odd");

  assert_ok (&all, 200);
  g_assert_cmpint (number (&all, "total"), ==, 4);
  g_assert_cmpuint (asp_json_length (at (&all, "channels")), ==, 4);
  g_assert_cmpstr (text (&all, "time"), ==, "2026-02-05T01:00:00.000Z");
  g_assert_cmpstr (text (&all, "channels.0.name"), ==, "main");
  g_assert_cmpint (number (&all, "channels.0.bits_per_second"), ==, 4600000);
  g_assert_cmpint (asp_json_kind (at (&all, "channels.0.open_break")), ==, ASP_JSON_NULL);
  g_assert_cmpint (asp_json_kind (at (&all, "next")), ==, ASP_JSON_NULL);
  g_assert_cmpuint (asp_json_length (at (&first, "channels")), ==, 3);
  g_assert_cmpstr (text (&first, "next"), ==, "odd");
  g_assert_cmpuint (asp_json_length (at (&rest, "channels")), ==, 1);
  g_assert_cmpstr (text (&rest, "channels.0.name"), ==, "sports");
}

static void
test_channel (Fixture * f, gconstpointer data)
{
  g_auto (Answer) a = get (f, "/v1/channels/main");
  g_auto (Answer) off = get (f, "/v1/channels/night");
  g_auto (Answer) odd = get (f, "/v1/channels/odd");
  g_auto (Answer) none = get (f, "/v1/channels/nowhere");

  assert_ok (&a, 200);
  g_assert_cmpuint (asp_json_length (at (&a, "renditions")), ==, 2);
  g_assert_cmpint (number (&a, "renditions.1.gop_90k"), ==, 180000);
  g_assert_cmpint (number (&a, "renditions.1.latency_us"), ==, 1234);
  g_assert_cmpint (number (&a, "renditions.0.pids.2.pid"), ==, 500);
  g_assert_cmpstr (text (&a, "renditions.0.pids.2.codec"), ==, "scte35");
  g_assert_cmpint (number (&a, "sums.creatives"), ==, 5);
  g_assert_cmpint (number (&a, "lead_90k"), ==, FAKE_LEAD_90K);
  g_assert_cmpint (asp_json_kind (at (&off, "renditions.0.rap_pts_90k")), ==, ASP_JSON_NULL);
  g_assert_cmpint (asp_json_kind (at (&off, "stream_id")), ==, ASP_JSON_NULL);
  g_assert_cmpstr (text (&odd, "renditions.0.name"), ==, "a \"quoted\" \\ name\nin two lines");
  assert_refused (&none, 404, "not_found", "'nowhere'");
}

static void
test_many_channels (Fixture * f, gconstpointer data)
{
  guint n = 0;
  g_autofree gchar *after = NULL;

  f->lives.n_more = 996;
  for (guint pages = 0; pages < 20; pages++) {
    g_autofree gchar *target = after ? g_strdup_printf ("/v1/channels?after=%s", after) : g_strdup ("/v1/channels");
    g_auto (Answer) a = get (f, target);

    n += asp_json_length (at (&a, "channels"));
    g_free (after);
    after = g_strdup (text (&a, "next"));
    if (!after)
      break;
  }
  g_assert_cmpuint (n, ==, 1000);
}

/* --- breaks ------------------------------------------------------------------------------ */

static void
test_bodies (Fixture * f, gconstpointer data)
{
  static const struct
  {
    const gchar *body, *part;
  } bad[] = {
    {"", "{\"duration_seconds\": 30}"},
    {"{}", "must say how long"},
    {"[]", "must be a JSON object"},
    {"3", "must be a JSON object"},
    {"{\"duration_seconds\":30", "no JSON"},
    {"{\"duration_seconds\":30,\"duration_seconds\":30}", "no JSON"},
    {"{\"duration_seconds\":1e999}", "no JSON"},
    {"{\"duration_seconds\":NaN}", "no JSON"},
    {"{\"durationSeconds\":30}", "did you mean 'duration_seconds'?"},
    {"{\"seconds\":30}", "there are: duration_seconds, duration_90k, start"},
    {"{\"duration_seconds\":30,\"duration_90k\":90000}", "say one of them"},
    {"{\"duration_seconds\":\"30\"}", "must be a number"},
    {"{\"duration_seconds\":0}", "from 0.1 to 86400"},
    {"{\"duration_seconds\":-5}", "from 0.1 to 86400"},
    {"{\"duration_seconds\":1e300}", "from 0.1 to 86400"},
    {"{\"duration_90k\":1.5}", "whole number"},
    {"{\"duration_90k\":9223372036854775807}", "whole number from 9000 to"},
    {"{\"duration_90k\":9223372036854775808}", "no JSON"},
    {"{\"duration_seconds\":30,\"start\":\"tomorrow\"}", "RFC 3339"},
    {"{\"duration_seconds\":30,\"start\":\"2026-02-05T01:00:30\"}", "RFC 3339"},
    {"{\"duration_seconds\":30,\"start\":\"2026-02-31T01:00:30Z\"}", "RFC 3339"},
    {"{\"duration_seconds\":30,\"start\":\"2026-02-05T00:59:59Z\"}", "which has passed: it is 2026-02-05T01:00:00.000Z"},
    {"{\"duration_seconds\":30,\"start\":\"2026-02-06T01:00:01Z\"}", "24 hours ahead"},
    {"{\"duration_seconds\":30,\"start\":\"2026-02-05T01:00:30Z\",\"start_pts_90k\":1}", "say one of them"},
    {"{\"duration_seconds\":30,\"start_pts_90k\":8589934592}", "from 0 to 8589934591"},
    {"{\"duration_seconds\":30,\"start_pts_90k\":-1}", "from 0 to 8589934591"},
    {"{\"duration_seconds\":30,\"idempotency_key\":\"\"}", "'idempotency_key' must be a string of 1 to 128"},
    {"{\"duration_seconds\":30,\"idempotency_key\":\"a b\"}", "without spaces"},
    {"{\"duration_seconds\":30,\"ads_params\":[]}", "'ads_params' must be an object"},
    {"{\"duration_seconds\":30,\"ads_params\":{\"a\":1}}", "'ads_params.a' must be a string"},
    {"{\"duration_seconds\":30,\"ads_params\":{\"a b\":\"1\"}}", "has a name 'a b'"},
    {"{\"duration_seconds\":30,\"ads_url\":\"ftp://x\"}", "http or https"},
    {"{\"duration_seconds\":30,\"ads_url\":\"http://x y\"}", "http or https"},
    {"{\"duration_seconds\":30,\"\\u0000\":1}", "no JSON"},
    {"{\"duration_seconds\":30,\"x\xff\":1}", "no JSON"},
  };
  g_autofree gchar *deep = g_strnfill (5000, '[');

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_auto (Answer) a = ask (f, "POST", "/v1/channels/main/breaks", bad[i].body);

    assert_refused (&a, 400, "invalid_request", bad[i].part);
  }
  for (guint i = 0; i < 2; i++) {
    g_auto (Answer) a = ask (f, "POST", "/v1/channels/main/breaks", deep);

    assert_refused (&a, 400, "invalid_request", "no JSON");
    memset (deep, '{', 5000);
  }
  g_assert_cmpuint (f->lives.n_inserted, ==, 0);
}

/* A request that ends anywhere inserts nothing and is refused in one way. */
static void
test_truncated (Fixture * f, gconstpointer data)
{
  static const gchar whole[] = "{\"duration_seconds\":30,\"start\":\"2026-02-05T01:00:30Z\",\"ads_params\":{\"genre\":\"news\"},"
      "\"ads_url\":\"https://ads.example/\",\"idempotency_key\":\"k\"}";

  for (gsize n = 1; n < sizeof whole - 1; n++) {
    g_autofree gchar *part = g_memdup2 (whole, n);
    g_auto (Answer) a = ask_sized (f, "POST", "/v1/channels/main/breaks", part, n, FALSE);

    assert_refused (&a, 400, "invalid_request", "no JSON");
  }
  g_assert_cmpuint (f->lives.n_inserted, ==, 0);
  g_free (insert (f, "main", whole));
}

static void
test_insert (Fixture * f, gconstpointer data)
{
  g_auto (Answer) a = ask (f, "POST", "/v1/channels/main/breaks", "{\"duration_seconds\":12.5,\"start\":"
      "\"2026-02-05T02:00:30.25+01:00\",\"ads_params\":{\"genre\":\"news\"},\"ads_url\":\"https://ads.example/vast\"}");
  g_auto (Answer) conflict = ask (f, "POST", "/v1/channels/main/breaks", "{\"duration_90k\":900000}");
  g_auto (Answer) off = ask (f, "POST", "/v1/channels/night/breaks", "{\"duration_90k\":900000}");
  g_auto (Answer) none = ask (f, "POST", "/v1/channels/x/breaks", "{\"duration_90k\":900000}");

  assert_ok (&a, 201);
  g_assert_cmpstr (text (&a, "ad_break_id"), ==, "break0000001");
  g_assert_cmpstr (text (&a, "href"), ==, "/v1/channels/main/breaks/break0000001");
  g_assert_cmpint (number (&a, "duration_90k"), ==, 1125000);
  g_assert_cmpint (f->lives.last_start_us, ==, NOON + 30250000);
  g_assert_cmpint (f->lives.last_start_pts90k, ==, ASP_NO_TIME);
  g_assert_cmpstr (f->lives.last_param, ==, "news");
  g_assert_cmpstr (f->lives.last_ads_url, ==, "https://ads.example/vast");
  assert_refused (&conflict, 409, "conflict", "already");
  assert_refused (&off, 409, "not_broadcasting", "night");
  assert_refused (&none, 404, "not_found", "'x'");
  g_free (insert (f, "sports", "{\"duration_90k\":900000,\"start_pts_90k\":8589934591,\"start\":null}"));
  g_assert_cmpint (f->lives.last_start_pts90k, ==, ASP_PTS_MASK);
  g_assert_cmpint (f->lives.last_start_us, ==, 0);
}

static void
test_idempotency (Fixture * f, gconstpointer data)
{
  g_autofree gchar *first = insert (f, "main", "{\"duration_seconds\":30,\"idempotency_key\":\"one\"}");
  g_autofree gchar *again = insert (f, "main", "{\"duration_seconds\":30,\"idempotency_key\":\"one\"}");
  g_autofree gchar *by_header = NULL;
  g_autofree gchar *quoted = NULL;

  g_assert_cmpstr (first, ==, again);
  f->key = "one";
  by_header = insert (f, "main", "{\"duration_seconds\":30}");
  f->key = "\"one\"";
  quoted = insert (f, "main", "{\"duration_seconds\":30,\"idempotency_key\":\"one\"}");
  g_assert_cmpstr (by_header, ==, first);
  g_assert_cmpstr (quoted, ==, first);
  g_assert_cmpuint (f->lives.n_inserted, ==, 1);
  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *name = g_strnfill (129, 'k');
    const gchar *const keys[] = { "two", "\"\"", name };
    g_auto (Answer) a = { {0} };

    f->key = keys[i];
    a = ask (f, "POST", "/v1/channels/main/breaks", i ? "{\"duration_seconds\":30}" :
        "{\"duration_seconds\":30,\"idempotency_key\":\"one\"}");
    assert_refused (&a, 400, "invalid_request", i ? "idempotency key" : "differ");
  }
}

static void
test_life (Fixture * f, gconstpointer data)
{
  g_autofree gchar *id = insert (f, "main", "{\"duration_seconds\":30}");
  g_autofree gchar *path = g_strconcat ("/v1/channels/main/breaks/", id, NULL);
  g_autofree gchar *extend = g_strconcat (path, "/extend", NULL);
  g_autofree gchar *end = g_strconcat (path, "/end", NULL);

  wait_for_events (f, 2);
  {
    g_auto (Answer) a = get (f, path);
    g_auto (Answer) list = get (f, "/v1/channels");
    g_auto (Answer) early = ask (f, "POST", end, NULL);
    g_auto (Answer) longer = ask (f, "POST", extend, "{\"duration_seconds\":60}");
    g_auto (Answer) no_length = ask (f, "POST", extend, "{}");

    assert_ok (&a, 200);
    g_assert_cmpstr (text (&a, "state"), ==, "scheduled");
    g_assert_cmpuint (asp_json_length (at (&a, "events")), ==, 2);
    g_assert_cmpstr (text (&list, "channels.0.open_break.ad_break_id"), ==, id);
    g_assert_null (at (&list, "channels.0.open_break.events"));
    assert_refused (&early, 409, "conflict", "cancel it");
    assert_ok (&longer, 200);
    g_assert_cmpint (number (&longer, "duration_90k"), ==, 5400000);
    assert_refused (&no_length, 400, "invalid_request", "must say how long");
  }
  fake_lives_advance (&f->lives, f->now_us += 11 * G_USEC_PER_SEC);
  wait_for_events (f, 5);
  {
    g_auto (Answer) a = get (f, path);
    g_auto (Answer) late = ask (f, "DELETE", path, NULL);
    g_auto (Answer) body = ask (f, "POST", end, "{\"now\":true}");
    g_auto (Answer) ended = ask (f, "POST", end, "{}");

    g_assert_cmpstr (text (&a, "state"), ==, "running");
    assert_refused (&late, 409, "conflict", "end it");
    assert_refused (&body, 400, "invalid_request", "here it has none");
    assert_ok (&ended, 200);
  }
  wait_for_events (f, 7);
  {
    g_auto (Answer) a = get (f, path);
    g_auto (Answer) gone = ask (f, "DELETE", path, NULL);

    g_assert_cmpstr (text (&a, "state"), ==, "ended");
    g_assert_cmpuint (asp_json_length (at (&a, "events")), ==, 7);
    assert_refused (&gone, 404, "not_found", "No such break");
  }
}

static void
test_break_pages (Fixture * f, gconstpointer data)
{
  g_autofree gchar *before = NULL;
  guint n = 0;

  for (guint i = 0; i < 7; i++) {
    g_autofree gchar *id = insert (f, "main", "{\"duration_seconds\":30}");
    g_autofree gchar *path = g_strconcat ("/v1/channels/main/breaks/", id, NULL);
    g_auto (Answer) cancelled = ask (f, "DELETE", path, NULL);

    assert_ok (&cancelled, 200);
    g_assert_cmpstr (text (&cancelled, "ad_break_id"), ==, id);
  }
  wait_for_events (f, 21);
  for (guint pages = 0; pages < 10; pages++) {
    g_autofree gchar *target = before ? g_strdup_printf ("/v1/channels/main/breaks?limit=3&before=%s", before) :
        g_strdup ("/v1/channels/main/breaks?limit=3");
    g_auto (Answer) a = get (f, target);

    assert_ok (&a, 200);
    for (guint i = 0; i < asp_json_length (at (&a, "breaks")); i++) {
      g_autofree gchar *expected = g_strdup_printf ("break%07u", 7 - n++);

      g_assert_cmpstr (asp_json_string (asp_json_member (asp_json_element (at (&a, "breaks"), i), "ad_break_id")), ==, expected);
    }
    g_free (before);
    before = g_strdup (text (&a, "next"));
    if (!before)
      break;
  }
  g_assert_cmpuint (n, ==, 7);
  {
    g_auto (Answer) none = get (f, "/v1/channels/main/breaks/nobody");
    g_auto (Answer) empty = get (f, "/v1/channels/sports/breaks");

    assert_refused (&none, 404, "not_found", "'nobody'");
    g_assert_cmpuint (asp_json_length (at (&empty, "breaks")), ==, 0);
    g_assert_cmpint (asp_json_kind (at (&empty, "next")), ==, ASP_JSON_NULL);
  }
}

static void
test_creatives (Fixture * f, gconstpointer data)
{
  g_auto (Answer) warm = ask (f, "POST", "/v1/channels/main/creatives", "{\"uri\":\"https://ads.example/a.mp4\"}");
  g_auto (Answer) none = ask (f, "POST", "/v1/channels/main/creatives", "{}");
  g_auto (Answer) bad = ask (f, "POST", "/v1/channels/main/creatives", "{\"uri\":\"/etc/passwd\"}");
  g_auto (Answer) list = get (f, "/v1/channels/main/creatives");

  assert_ok (&warm, 202);
  assert_refused (&none, 400, "invalid_request", "must name a creative");
  assert_refused (&bad, 400, "invalid_request", "http or https");
  g_assert_cmpstr (text (&list, "creatives.0.uri"), ==, "https://ads.example/a.mp4");
}

/* --- events ------------------------------------------------------------------------------ */

static void
test_events (Fixture * f, gconstpointer data)
{
  g_free (insert (f, "main", "{\"duration_seconds\":30}"));
  g_free (insert (f, "sports", "{\"duration_seconds\":30}"));
  wait_for_events (f, 4);
  {
    g_auto (Answer) all = get (f, "/v1/events");
    g_auto (Answer) page = get (f, "/v1/events?since=1&limit=2");
    g_auto (Answer) last = get (f, "/v1/events?last=1");
    g_auto (Answer) one = get (f, "/v1/events?channel=sports&limit=2");
    g_auto (Answer) other_log = get (f, "/v1/events?since=900");
    g_auto (Answer) nobody = get (f, "/v1/events?channel=nobody");

    g_assert_cmpuint (asp_json_length (at (&all, "events")), ==, 4);
    g_assert_cmpint (number (&all, "next"), ==, 4);
    g_assert_cmpint (number (&all, "end"), ==, 4);
    g_assert_cmpstr (text (&all, "log"), ==, asp_event_log_id (f->log));
    g_assert_cmpstr (text (&all, "events.0.event_name"), ==, "Ad Break Inserted");
    g_assert_cmpint (number (&page, "events.0.number"), ==, 2);
    g_assert_cmpint (number (&page, "next"), ==, 3);
    g_assert_cmpint (number (&last, "events.0.number"), ==, 4);
    g_assert_cmpuint (asp_json_length (at (&one, "events")), ==, 2);
    g_assert_cmpint (number (&one, "next"), ==, 4);
    g_assert_cmpuint (asp_json_length (at (&other_log, "events")), ==, 4);
    g_assert_cmpuint (asp_json_length (at (&nobody, "events")), ==, 0);
    g_assert_cmpint (number (&nobody, "next"), ==, 4);
  }
}

static void
test_wait (Fixture * f, gconstpointer data)
{
  g_auto (Answer) first = get (f, "/v1/events?wait=20&channel=main");

  g_assert_cmpint (first.reply.kind, ==, ASP_V1_WAIT);
  g_assert_cmpuint (first.reply.since, ==, 0);
  g_assert_cmpuint (first.reply.wait_ms, ==, 20000);
  g_free (insert (f, "sports", "{\"duration_seconds\":30}"));
  wait_for_events (f, 2);
  {
    g_auto (Answer) other = get (f, "/v1/events?wait=20&channel=main");
    g_auto (Answer) expired = ask_sized (f, "GET", "/v1/events?wait=20&channel=main", "", 0, TRUE);

    /* what happens elsewhere wakes, and it is waited on */
    g_assert_cmpint (other.reply.kind, ==, ASP_V1_WAIT);
    g_assert_cmpuint (other.reply.since, ==, 2);
    assert_ok (&expired, 200);
    g_assert_cmpint (number (&expired, "next"), ==, 2);
  }
  g_free (insert (f, "main", "{\"duration_seconds\":30}"));
  wait_for_events (f, 4);
  {
    g_auto (Answer) there = get (f, "/v1/events?wait=20&channel=main");

    assert_ok (&there, 200);
    g_assert_cmpuint (asp_json_length (at (&there, "events")), ==, 2);
  }
}

static guint
count (const gchar * text, const gchar * part)
{
  guint n = 0;

  for (const gchar * p = text; (p = strstr (p, part)); p += strlen (part))
    n++;
  return n;
}

static void
test_stream (Fixture * f, gconstpointer data)
{
  guint64 since;

  g_free (insert (f, "main", "{\"duration_seconds\":30}"));
  g_free (insert (f, "sports", "{\"duration_seconds\":30}"));
  wait_for_events (f, 4);
  {
    g_auto (Answer) fresh = get (f, "/v1/events/stream");
    g_auto (Answer) all = get (f, "/v1/events/stream?since=0&channel=sports");

    g_assert_cmpint (fresh.reply.kind, ==, ASP_V1_STREAM);
    g_assert_cmpstr (fresh.reply.type, ==, "text/event-stream");
    g_assert_cmpuint (fresh.reply.since, ==, 4);
    g_assert_null (fresh.reply.channel);
    g_assert_cmpuint (all.reply.since, ==, 0);
    g_assert_cmpstr (all.reply.channel, ==, "sports");
  }
  f->last_event_id = "3";
  {
    g_auto (Answer) again = get (f, "/v1/events/stream?since=0");

    g_assert_cmpuint (again.reply.since, ==, 3);
  }
  f->last_event_id = "7000";
  {
    g_auto (Answer) other_log = get (f, "/v1/events/stream");

    g_assert_cmpuint (other_log.reply.since, ==, 0);
  }
  since = 0;
  {
    g_autoptr (GBytes) piece = asp_v1_next_events (f->v1, &since, NULL);
    g_autofree gchar *said = g_strndup (g_bytes_get_data (piece, NULL), g_bytes_get_size (piece));

    g_assert_true (g_str_has_prefix (said, "id: 1\nevent: Ad Break Inserted\ndata: {\"version\":1,"));
    g_assert_true (g_str_has_suffix (said, "}\n\n"));
    g_assert_cmpuint (count (said, "\n\n"), ==, 4);
    g_assert_cmpuint (since, ==, 4);
  }
  g_assert_null (asp_v1_next_events (f->v1, &since, NULL));
  since = 2;
  g_assert_null (asp_v1_next_events (f->v1, &since, "main"));
  g_assert_cmpuint (since, ==, 4);
}

/* The largest event there can be, many times: each piece has a bound, and no event is lost. */
static void
test_large_events (Fixture * f, gconstpointer data)
{
  g_autofree gchar *line = g_strnfill (ASP_EVENT_TEXT_MAX, '\n');
  guint64 since = 0;
  guint n = 0;

  for (guint i = 0; i < 20; i++) {
    AspEvent *e = asp_event_new (ASP_EVENT_BREAK_SKIPPED, "main", "b", NOON);

    asp_event_set_text (&e->reason, line);
    for (guint k = 0; k < (i % 2 ? 5 : ASP_EVENT_SKIPPED_MAX); k++)
      asp_event_add_skip (e, line, line, line, line, "NEW_CREATIVE", 407);
    asp_event_log_add (f->log, e);
  }
  wait_for_events (f, 20);
  while (TRUE) {
    g_autoptr (GBytes) piece = asp_v1_next_events (f->v1, &since, NULL);
    g_autofree gchar *said = piece ? g_strndup (g_bytes_get_data (piece, NULL), g_bytes_get_size (piece)) : NULL;

    if (!piece)
      break;
    g_assert_cmpuint (g_bytes_get_size (piece), <=, ASP_V1_PIECE_MAX);
    n += count (said, "\nevent: Ad Break Skipped\n");
  }
  g_assert_cmpuint (n, ==, 20);
}

static void
test_hooks (Fixture * f, gconstpointer data)
{
  g_auto (Answer) a = get (f, "/v1/hooks");

  assert_ok (&a, 200);
  g_assert_cmpint (asp_json_kind (at (&a, "hooks")), ==, ASP_JSON_ARRAY);
}

/* --- the others -------------------------------------------------------------------------- */

static void
test_health (Fixture * f, gconstpointer data)
{
  g_auto (Answer) alive = get (f, "/healthz");
  g_auto (Answer) ready = get (f, "/readyz");

  g_assert_cmpstr (text (&alive, "status"), ==, "ok");
  g_assert_cmpstr (text (&ready, "status"), ==, "ready");
  g_assert_cmpuint (asp_json_length (at (&ready, "reasons")), ==, 0);
}

static void
test_page (Fixture * f, gconstpointer data)
{
  g_auto (Answer) a = get (f, "/");
  g_autofree gchar *html = body_text (&a);
  const gchar *policy = a.reply.fields[1];

  g_assert_cmpstr (a.reply.type, ==, "text/html; charset=utf-8");
  g_assert_cmpstr (a.reply.fields[0], ==, "Content-Security-Policy");
  g_assert_nonnull (strstr (policy, "default-src 'none'"));
  g_assert_nonnull (strstr (policy, "script-src 'sha256-"));
  g_assert_null (strstr (policy, "unsafe"));
  g_assert_true (g_str_has_suffix (html, "</html>\n"));
  g_assert_null (a.reply.fields[12]);
  /* nothing comes from elsewhere */
  g_assert_null (strstr (html, "src="));
  g_assert_null (strstr (html, "@import"));
  g_assert_null (strstr (html, " style="));
  g_assert_null (strstr (html, " onclick="));
}

static void
test_refuse (Fixture * f, gconstpointer data)
{
  g_autoptr (GError) denied = g_error_new_literal (ASP_API_ERROR, ASP_API_ACCESS_DENIED, "No.");
  g_autoptr (GError) strange = g_error_new_literal (G_FILE_ERROR, 3, "Disk.");
  g_auto (AspV1Reply) a = { 0 };
  g_auto (AspV1Reply) b = { 0 };

  asp_v1_refuse (denied, &a);
  asp_v1_refuse (strange, &b);
  g_assert_cmpuint (a.status, ==, 401);
  g_assert_cmpstr (a.fields[0], ==, "WWW-Authenticate");
  g_assert_cmpuint (b.status, ==, 500);
}

#define V1_TEST(path, func) g_test_add ("/v1/" path, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  V1_TEST ("paths", test_paths);
  V1_TEST ("no-route", test_no_route);
  V1_TEST ("query", test_query);
  V1_TEST ("channels", test_channels);
  V1_TEST ("channel", test_channel);
  V1_TEST ("many-channels", test_many_channels);
  V1_TEST ("bodies", test_bodies);
  V1_TEST ("truncated", test_truncated);
  V1_TEST ("insert", test_insert);
  V1_TEST ("idempotency", test_idempotency);
  V1_TEST ("life", test_life);
  V1_TEST ("break-pages", test_break_pages);
  V1_TEST ("creatives", test_creatives);
  V1_TEST ("events", test_events);
  V1_TEST ("wait", test_wait);
  V1_TEST ("stream", test_stream);
  V1_TEST ("large-events", test_large_events);
  V1_TEST ("hooks", test_hooks);
  V1_TEST ("health", test_health);
  V1_TEST ("page", test_page);
  V1_TEST ("refuse", test_refuse);
  return g_test_run ();
}
