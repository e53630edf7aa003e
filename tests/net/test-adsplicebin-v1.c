/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What /v1 has beyond Amazon's API, of a channel that runs: test-adsplicebin-v1 PATH-TO-ADS-SERVER.
 */
#include "control-fixture.h"

#include <string.h>

#define CHANNEL "/v1/channels/one"
#define CONFIG "[control]\nrates=InsertAdBreak:0\n[state]\npath=memory\n"

static const gchar *program;

/* The string member @name of a flat answer. (transfer full) */
static gchar *
member (const gchar * text, const gchar * name)
{
  g_autofree gchar *start = g_strdup_printf ("\"%s\":\"", name);
  const gchar *at = strstr (text, start);

  g_assert_nonnull (at);
  at += strlen (start);
  return g_strndup (at, strcspn (at, "\""));
}

/* (transfer full): its id */
static gchar *
insert_break (Control * c, const gchar * body)
{
  g_autofree gchar *text = NULL;
  guint status = control_call (c, "POST", CHANNEL "/breaks", body, &text);

  if (status / 100 != 2)
    g_error ("%u: %s", status, text);
  return member (text, "ad_break_id");
}

static void
test_key (const Way * way)
{
  g_auto (Control) c;
  g_autofree gchar *first = NULL, *same = NULL;
  gsize at = 0;

  control_init (&c, way, CONFIG);
  control_feed_to (&c, &at, 60);
  control_wait_for_stream (&c, 200);
  first = insert_break (&c, "{\"duration_seconds\":3,\"idempotency_key\":\"k\"}");
  same = insert_break (&c, "{\"duration_seconds\":3,\"idempotency_key\":\"k\"}");
  g_assert_cmpstr (first, ==, same);
  g_assert_cmpuint (control_call (&c, "POST", CHANNEL "/breaks", "{\"duration_seconds\":3,\"idempotency_key\":\"l\"}", NULL),
      ==, 409);
  control_feed_rest (&c, at);
  g_assert_cmpuint (bench_count_states (&c.bench, "started"), ==, 1);
  /* also when it is over */
  bench_assert_pictures (&c.bench, 0, "1:0-124,2:0-74,1:200-299");
}

/* At a PTS: the stream begins at 10 s. */
static void
test_scheduled (const Way * way)
{
  g_auto (Control) c;
  g_autofree gchar *first = NULL, *second = NULL, *text = NULL, *target = NULL;
  gsize at = 0;

  control_init (&c, way, CONFIG);
  control_feed_to (&c, &at, 60);
  control_wait_for_stream (&c, 200);
  first = insert_break (&c, "{\"duration_seconds\":3,\"start_pts_90k\":1350000}");
  second = insert_break (&c, "{\"duration_seconds\":2,\"start_pts_90k\":1800000}");
  g_assert_cmpuint (control_call (&c, "POST", CHANNEL "/breaks", "{\"duration_seconds\":3,\"start_pts_90k\":1440000}", NULL),
      ==, 409);
  g_assert_cmpuint (control_call (&c, "POST", CHANNEL "/breaks", "{\"duration_seconds\":3,\"start_pts_90k\":900000}", NULL),
      ==, 400);
  control_feed_rest (&c, at);
  bench_assert_pictures (&c.bench, 0, "1:0-124,2:0-74,1:200-249,3:0-49");
  target = g_strdup_printf (CHANNEL "/breaks/%s", first);
  g_assert_cmpuint (control_call (&c, "GET", target, NULL, &text), ==, 200);
  g_assert_nonnull (strstr (text, "Ad Break Inserted"));
  g_assert_nonnull (strstr (text, "Ad Break Ended"));
  g_assert_nonnull (strstr (text, "\"origin\":\"v1\""));
}

/* At a moment: 3 s from now on, as the stream goes. */
static void
test_moment (const Way * way)
{
  g_auto (Control) c;
  g_autoptr (GDateTime) now = NULL, then = NULL;
  g_autofree gchar *id = NULL, *body = NULL, *when = NULL;
  const GstStructure *s;
  gsize at = 0;

  control_init (&c, way, CONFIG);
  control_feed_to (&c, &at, 55);
  control_wait_for_stream (&c, 200);
  control_feed_to (&c, &at, 60);
  now = g_date_time_new_now_utc ();
  then = g_date_time_add (now, 2 * G_USEC_PER_SEC + G_USEC_PER_SEC / 5);
  when = g_date_time_format (then, "%Y-%m-%dT%H:%M:%SZ");
  body = g_strdup_printf ("{\"duration_seconds\":3,\"start\":\"%s\"}", when);
  id = insert_break (&c, body);
  control_feed_rest (&c, at);
  s = bench_find_message (&c.bench, "ad-break-state-change", "started", 0);
  g_assert_nonnull (s);
  /* whole seconds, and what the machine took: at one of two RAPs */
  g_assert_cmpuint (state_u64 (s, "pts-90k"), >=, 1170000);
  g_assert_cmpuint (state_u64 (s, "pts-90k"), <=, 1350000);
}

static void
test_steered (const Way * way)
{
  g_auto (Control) c;
  g_autofree gchar *first = NULL, *second = NULL, *target = NULL, *again = NULL, *extend = NULL, *end = NULL;
  gsize at = 0;

  control_init (&c, way, CONFIG);
  control_feed_to (&c, &at, 60);
  control_wait_for_stream (&c, 200);
  first = insert_break (&c, "{\"duration_seconds\":3}");
  target = g_strdup_printf (CHANNEL "/breaks/%s", first);
  g_assert_cmpuint (control_call (&c, "DELETE", target, NULL, NULL) / 100, ==, 2);
  g_assert_cmpuint (control_call (&c, "DELETE", target, NULL, NULL), ==, 404);
  second = insert_break (&c, "{\"duration_seconds\":5}");
  control_feed_to (&c, &at, 65);
  again = g_strdup_printf (CHANNEL "/breaks/%s", second);
  extend = g_strconcat (again, "/extend", NULL);
  end = g_strconcat (again, "/end", NULL);
  g_assert_cmpuint (control_call (&c, "POST", end, "", NULL), ==, 409);
  g_assert_cmpuint (control_call (&c, "POST", extend, "{\"duration_seconds\":3}", NULL) / 100, ==, 2);
  control_feed_to (&c, &at, 160);
  g_assert_cmpuint (control_call (&c, "DELETE", again, NULL, NULL), ==, 409);
  g_assert_cmpuint (control_call (&c, "POST", end, "", NULL) / 100, ==, 2);
  control_feed_rest (&c, at);
  bench_assert_pictures (&c.bench, 0, "1:0-124,3:0-49,1:175-299");
  g_assert_cmpuint (bench_count_states (&c.bench, "cancelled"), ==, 1);
  g_assert_cmpuint (bench_count_states (&c.bench, "started"), ==, 1);
  g_assert_cmpuint (bench_count_states (&c.bench, "ended"), ==, 1);
  /* told again with its new length */
  g_assert_cmpuint (bench_count_states (&c.bench, "scheduled"), >=, 3);
}

/* What a break brings along for its ad server comes before what is configured. */
static void
test_params (const Way * way)
{
  g_auto (AdServerRun) a = { NULL };
  g_auto (Control) c;
  g_autofree gchar *config = g_strdup_printf (ADS_CONFIG, "memory"), *body = NULL, *id = NULL, *seen = NULL, *text = NULL;
  gsize at = 0;

  ad_server_start (&a, program);
  control_init (&c, way, config);
  control_feed_to (&c, &at, 60);
  control_wait_for_stream (&c, 200);
  body = g_strdup_printf ("{\"duration_seconds\":3,\"ads_url\":\"%s/vast?ads=1&dur=3&device=[player_params.device]"
      "&game=[player_params.game]\",\"ads_params\":{\"game\":\"final\"}}", a.base);
  id = insert_break (&c, body);
  while (!bench_find_message (&c.bench, "ad-break-decision", NULL, 0))
    g_usleep (10000);
  control_feed_rest (&c, at);
  bench_assert_pictures (&c.bench, 0, "1:0-124,7:0-74,1:200-299");
  seen = ad_server_seen (&c, &a);
  g_assert_nonnull (strstr (seen, "device=tv"));
  g_assert_nonnull (strstr (seen, "game=final"));
  g_assert_cmpuint (control_call (&c, "GET", CHANNEL "/creatives", NULL, &text), ==, 200);
  g_assert_nonnull (strstr (text, "\"state\":\"ready\""));
}

static void
test_status (const Way * way)
{
  g_auto (Control) c;
  g_autofree gchar *text = NULL, *metrics = NULL, *events = NULL, *warm = NULL, *creatives = NULL, *body = NULL;
  gsize at = 0;

  control_init (&c, way, CONFIG);
  control_feed_to (&c, &at, 100);
  control_wait_for_stream (&c, 200);
  /* it is looked at once a second */
  for (guint i = 0; i < 200 && !(text && strstr (text, "avc1.")); i++) {
    g_clear_pointer (&text, g_free);
    g_usleep (20000);
    g_assert_cmpuint (control_call (&c, "GET", CHANNEL, NULL, &text), ==, 200);
  }
  g_assert_nonnull (strstr (text, "avc1."));
  g_assert_nonnull (strstr (text, "mp4a.40.2"));
  g_assert_nonnull (strstr (text, "\"gop_90k\":90000"));
  g_assert_nonnull (strstr (text, "\"gop_frames\":25"));
  g_assert_cmpuint (control_call (&c, "GET", "/healthz", NULL, NULL), ==, 200);
  g_assert_cmpuint (control_call (&c, "GET", "/", NULL, NULL), ==, 200);
  g_assert_cmpuint (control_call (&c, "GET", "/metrics", NULL, &metrics), ==, 200);
  g_assert_nonnull (strstr (metrics, "one"));
  warm = bench_write_creative (&c.bench, "warm.ts", 5, 25);
  body = g_strdup_printf ("{\"uri\":\"%s\"}", warm);
  g_assert_cmpuint (control_call (&c, "POST", CHANNEL "/creatives", body, NULL) / 100, ==, 2);
  for (guint i = 0; i < 200 && !(creatives && strstr (creatives, "\"ready\"")); i++) {
    g_clear_pointer (&creatives, g_free);
    g_usleep (20000);
    g_assert_cmpuint (control_call (&c, "GET", CHANNEL "/creatives", NULL, &creatives), ==, 200);
  }
  g_assert_nonnull (strstr (creatives, "\"ready\""));
  g_assert_cmpuint (control_insert (&c, 3, NULL), ==, 200);
  control_feed_rest (&c, at);
  /* it is there when the disk has it: waits for that */
  g_assert_cmpuint (control_call (&c, "GET", "/v1/events?since=1&wait=5", NULL, &events), ==, 200);
  g_assert_nonnull (strstr (events, "Ad Break Inserted"));
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  program = argv[1];
  fixture_add_test ("/adsplicebin/v1/key", test_key);
  fixture_add_test ("/adsplicebin/v1/scheduled", test_scheduled);
  fixture_add_test ("/adsplicebin/v1/moment", test_moment);
  fixture_add_test ("/adsplicebin/v1/steered", test_steered);
  fixture_add_test ("/adsplicebin/v1/status", test_status);
  if (program)
    fixture_add_test ("/adsplicebin/v1/params", test_params);
  return fixture_run ();
}
