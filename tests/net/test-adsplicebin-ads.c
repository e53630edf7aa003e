/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adsplicebin and an ad server: test-adsplicebin-ads PATH-TO-ADS-SERVER. From an empty folder to
 * creatives on air in the first break; and the programme when anything goes wrong.
 */
#include "bin-fixture.h"
#include "http-fetch.h"
#include "scratch.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

static const gchar *program;

typedef struct
{
  Bench bench;
  GSubprocess *process;
  AspHttpClient *client;
  gchar *media, *store, *base;
} Ads;

/* A test that fails leaves no server behind. */
static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static void
write_media (Ads * a, const gchar * name, guint source, guint frames)
{
  g_autoptr (GByteArray) ts = media_make_creative (source, frames);
  g_autofree gchar *path = g_build_filename (a->media, name, NULL);

  g_assert_true (g_file_set_contents (path, (const gchar *) ts->data, (gssize) ts->len, NULL));
}

static void
start_server (Ads * a)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree gchar *line = NULL;

  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  a->process = g_subprocess_launcher_spawn (launcher, &error, program, "--listen", "127.0.0.1:0",
      "--media", a->media, NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (a->process));
  line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
  g_assert_nonnull (line);
  g_assert_true (g_str_has_prefix (line, "ads at http://"));
  *strstr (line, "/vast") = '\0';
  a->base = g_strdup (line + strlen ("ads at "));
  a->client = client_new ("127.0.0.1");
}

/* Three seconds of source 7 and two of source 8; a break of five at 2 s. */
static void
ads_init (Ads * a, const Way * way, const gchar * query)
{
  g_autofree gchar *url = NULL;

  memset (a, 0, sizeof *a);
  a->media = scratch_folder_new ("media");
  a->store = scratch_folder_new ("store");
  write_media (a, "rice-3s.ts", 7, 75);
  write_media (a, "salt-2s.ts", 8, 50);
  start_server (a);
  bench_init (&a->bench, way, 0);
  url = g_strconcat (a->base, query, NULL);
  g_object_set (a->bench.bin, "ads-url", url, "creative-dir", a->store, "lead-time", (guint64) 3 * GST_SECOND,
      NULL);
  bench_set (&a->bench, "schedule", "2+5");
}

static void
ads_clear (Ads * a)
{
  bench_clear (&a->bench);
  asp_http_client_free (a->client);
  g_subprocess_send_signal (a->process, SIGTERM);
  g_assert_true (g_subprocess_wait_check (a->process, NULL, NULL));
  g_object_unref (a->process);
  g_free (a->media);
  g_free (a->store);
  g_free (a->base);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ads, ads_clear)

static void
run (Ads * a, const Way * way, guint pairs)
{
  for (guint i = 0; i < pairs; i++)
    a->bench.f[i] = fixture_new_pair (way, a->bench.bin, i);
  bench_feed_all (&a->bench, pairs);
}

static gchar *
ask (Ads * a, const gchar * target)
{
  g_autofree gchar *url = g_strconcat (a->base, target, NULL);
  AspHttpCall call = { .url = url };
  g_autoptr (Fetched) f = fetch (a->client, &call);

  g_assert_cmpuint (f->status, ==, 200);
  return fetched_text (f);
}

static const GstStructure *
decision (Ads * a)
{
  const GstStructure *s = bench_find_message (&a->bench, "ad-break-decision", NULL, 0);

  g_assert_nonnull (s);
  return s;
}

static const GstStructure *
skipped (Ads * a, guint index)
{
  const GValue *list = gst_structure_get_value (decision (a), "skipped");

  g_assert_nonnull (list);
  g_assert_cmpuint (index, <, gst_value_list_get_size (list));
  return gst_value_get_structure (gst_value_list_get_value (list, index));
}

/* Waits for the error beacon of @code: it is fired on its own way. */
static void
assert_error_beacon (Ads * a, guint code)
{
  g_autofree gchar *wanted = g_strdup_printf ("code=%u", code);

  for (guint i = 0; i < 100; i++) {
    g_autofree gchar *beacons = ask (a, "/beacons");

    if (strstr (beacons, wanted))
      return;
    g_usleep (20000);
  }
  g_error ("no error beacon with %s", wanted);
}

/* --- when all is well ------------------------------------------------------------------ */

static void
test_first_break (const Way * way)
{
  g_auto (Ads) a;
  g_autofree gchar *requests = NULL;
  const OutEvent *event;

  ads_init (&a, way, "/vast?ads=2&dur=3,2&seconds=[session.avail_duration_secs]");
  run (&a, way, 1);
  bench_assert_pictures (&a.bench, 0, "1:0-49,7:0-74,8:0-49,1:175-299");
  g_assert_cmpuint (bench_count_states (&a.bench, "ended"), ==, 1);
  g_assert_cmpstr (gst_structure_get_string (decision (&a), "outcome"), ==, "FILLED");
  requests = ask (&a, "/requests");
  g_assert_nonnull (strstr (requests, "seconds=5"));
  event = fixture_event (&a.bench.f[0]->out, "AdCreativeStart", 1);
  g_assert_cmpstr (event_string (event, "ad-id"), ==, "ad-2");
  g_assert_nonnull (event_string (event, "ad-system"));
  g_assert_cmpuint (strlen (event_string (event, "asset-id")), ==, 32);
}

/* Three renditions, one decision. */
static void
test_three (const Way * way)
{
  g_auto (Ads) a;
  g_autofree gchar *requests = NULL;

  ads_init (&a, way, "/vast?ads=2&dur=3,2");
  run (&a, way, 3);
  for (guint i = 0; i < 3; i++)
    bench_assert_pictures (&a.bench, i, "1:0-49,7:0-74,8:0-49,1:175-299");
  requests = ask (&a, "/requests");
  g_assert_nonnull (strstr (requests, "\"n\":1"));
  g_assert_null (strstr (requests, "\"n\":2"));
}

/* What has been fetched once is there: also for another process. */
static void
test_kept (const Way * way)
{
  g_auto (Ads) a;
  g_autofree gchar *first = NULL;

  ads_init (&a, way, "/vast?ads=2&dur=3,2");
  run (&a, way, 1);
  first = ask (&a, "/requests");
  gst_element_set_state (a.bench.bin, GST_STATE_NULL);
  g_clear_pointer (&a.bench.f[0], fixture_free);
  {
    /* the media are gone: only the folder can have them */
    g_autofree gchar *rice = g_build_filename (a.media, "rice-3s.ts", NULL);

    g_assert_true (g_file_set_contents (rice, "gone", -1, NULL));
  }
  run (&a, way, 1);
  bench_assert_pictures (&a.bench, 0, "1:0-49,7:0-74,8:0-49,1:175-299");
}

/* The events of @ad in the order in which they came: "impression start ...". */
static gchar *
beacons_of (Ads * a, const gchar * ad)
{
  g_autofree gchar *text = ask (a, "/beacons");
  g_autoptr (GRegex) regex = g_regex_new ("\"event\":\"([A-Za-z]+)\"[^}]*\"ad\":\"([a-z0-9-]*)\"", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  GString *events = g_string_new (NULL);

  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL)) {
    g_autofree gchar *event = g_match_info_fetch (match, 1), *of = g_match_info_fetch (match, 2);

    if (!strcmp (of, ad))
      g_string_append_printf (events, "%s%s", events->len ? " " : "", event);
  }
  return g_string_free (events, FALSE);
}

static void
assert_beacons (Ads * a, const gchar * ad, const gchar * expected)
{
  g_autofree gchar *got = NULL;

  for (guint i = 0; i < 150; i++) {
    g_free (got);
    got = beacons_of (a, ad);
    if (!strcmp (got, expected))
      return;
    g_usleep (20000);
  }
  g_assert_cmpstr (got, ==, expected);
}

/* With progress at 40 % and at 3 s. */
#define EVENTS_OF_3_S "impression loaded start firstQuartile progress midpoint thirdQuartile progress complete"
#define EVENTS_OF_2_S "impression loaded start firstQuartile progress midpoint thirdQuartile complete"

/* Each once, in order, from three renditions too. */
static void
test_beacons (const Way * way)
{
  g_auto (Ads) a;

  ads_init (&a, way, "/vast?ads=2&dur=3,2");
  run (&a, way, 3);
  assert_beacons (&a, "ad-1", EVENTS_OF_3_S);
  assert_beacons (&a, "ad-2", EVENTS_OF_2_S);
}

/* Errors with @code, 0 = any. */
static guint
count_errors (Ads * a, guint code)
{
  g_autofree gchar *text = ask (a, "/beacons"), *wanted = g_strdup_printf ("code=%u", code);
  guint n = 0;

  for (const gchar * at = text; (at = strstr (at, code ? wanted : "code=")) != NULL; at++)
    n++;
  return n;
}

static void
end_break (Ads * a)
{
  g_autofree gchar *id = NULL;
  gboolean ok = FALSE;

  id = g_strdup (gst_structure_get_string (bench_find_message (&a->bench, "ad-break-state-change", "started", 0),
          "break-id"));
  g_signal_emit_by_name (a->bench.bin, "end-ad-break", id, &ok);
  g_assert_true (ok);
}

/* A creative that was cut is not complete; what stood behind it has not been shown. */
static void
test_beacons_of_a_cut (const Way * way)
{
  g_auto (Ads) a;
  gsize half;

  ads_init (&a, way, "/vast?ads=2&dur=3,2");
  a.bench.f[0] = fixture_new_pair (way, a.bench.bin, 0);
  half = reading_offset_of (a.bench.ts, 1, 95);
  fixture_feed_part (a.bench.f[0], a.bench.ts, 0, half);
  end_break (&a);
  fixture_feed_part (a.bench.f[0], a.bench.ts, half, a.bench.ts->len);
  fixture_eos (a.bench.f[0]);
  bench_assert_pictures (&a.bench, 0, "1:0-49,7:0-49,1:100-299");
  assert_beacons (&a, "ad-1", "impression loaded start firstQuartile progress midpoint");
  assert_beacons (&a, "ad-2", "error");
  g_assert_cmpuint (count_errors (&a, 206), ==, 1);
  g_assert_cmpuint (count_errors (&a, 0), ==, 1);
}

/* Three renditions leave a pod of three early: what they did not come to is told once, to all levels. */
static void
test_shortened (const Way * way)
{
  g_auto (Ads) a;
  gsize half;

  ads_init (&a, way, "/vast?ads=3&dur=3,1,1&wrap=1&media=rice-3s.ts,salt-2s.ts,salt-2s.ts%3Fagain");
  bench_set (&a.bench, "schedule", "2+8");
  for (guint i = 0; i < 3; i++)
    a.bench.f[i] = fixture_new_pair (way, a.bench.bin, i);
  half = reading_offset_of (a.bench.ts, 1, 95);
  for (guint i = 0; i < 3; i++)
    fixture_feed_part (a.bench.f[i], a.bench.ts, 0, half);
  end_break (&a);
  for (guint i = 0; i < 3; i++) {
    fixture_feed_part (a.bench.f[i], a.bench.ts, half, a.bench.ts->len);
    fixture_eos (a.bench.f[i]);
  }
  assert_beacons (&a, "ad-1", "impression loaded start firstQuartile progress midpoint");
  assert_beacons (&a, "ad-2", "error");
  assert_beacons (&a, "ad-3", "error");
  /* of the wrapper: those of ad-1, and one for each that was not shown */
  assert_beacons (&a, "ad-w0", "impression loaded start firstQuartile progress midpoint error error");
  g_assert_cmpuint (count_errors (&a, 206), ==, 4);
  g_assert_cmpuint (count_errors (&a, 0), ==, 4);
}

/* A break that is taken back when its creatives are there already. */
static void
test_cancelled (const Way * way)
{
  g_auto (Ads) a;
  g_autofree gchar *id = NULL;
  gboolean ok = FALSE;
  gsize at;

  ads_init (&a, way, "/vast?ads=2&dur=3,2");
  a.bench.f[0] = fixture_new_pair (way, a.bench.bin, 0);
  at = reading_offset_of (a.bench.ts, 1, 25);
  fixture_feed_part (a.bench.f[0], a.bench.ts, 0, at);
  for (guint i = 0; i < 500 && !bench_find_message (&a.bench, "ad-break-decision", NULL, 0); i++)
    g_usleep (10000);
  id = g_strdup (gst_structure_get_string (decision (&a), "break-id"));
  g_signal_emit_by_name (a.bench.bin, "cancel-ad-break", id, &ok);
  g_assert_true (ok);
  fixture_feed_part (a.bench.f[0], a.bench.ts, at, a.bench.ts->len);
  fixture_eos (a.bench.f[0]);
  bench_assert_pictures (&a.bench, 0, "1:0-299");
  assert_beacons (&a, "ad-1", "error");
  assert_beacons (&a, "ad-2", "error");
  g_assert_cmpuint (count_errors (&a, 206), ==, 2);
}

/* Stopped before the break: that it is not shown is told on the way out. */
static void
test_stopped_before (const Way * way)
{
  g_auto (Ads) a;

  ads_init (&a, way, "/vast?ads=1&dur=3");
  a.bench.f[0] = fixture_new_pair (way, a.bench.bin, 0);
  fixture_feed_part (a.bench.f[0], a.bench.ts, 0, reading_offset_of (a.bench.ts, 1, 25));
  for (guint i = 0; i < 500 && !bench_find_message (&a.bench, "ad-break-decision", NULL, 0); i++)
    g_usleep (10000);
  decision (&a);
  gst_element_set_state (a.bench.bin, GST_STATE_NULL);
  assert_beacons (&a, "ad-1", "error");
  g_assert_cmpuint (count_errors (&a, 206), ==, 1);
}

static void
test_no_beacons (const Way * way)
{
  g_auto (Ads) a;

  ads_init (&a, way, "/vast?ads=2&dur=3,2");
  bench_set (&a.bench, "beacons", "none");
  run (&a, way, 1);
  g_usleep (300000);
  assert_beacons (&a, "ad-1", "");
}

/* --- when it is not ---------------------------------------------------------------------- */

static void
check_content (const Way * way, const gchar * query, const gchar * outcome)
{
  g_auto (Ads) a;

  ads_init (&a, way, query);
  run (&a, way, 1);
  bench_assert_pictures (&a.bench, 0, "1:0-299");
  g_assert_cmpstr (gst_structure_get_string (decision (&a), "outcome"), ==, outcome);
  g_assert_cmpuint (bench_count_states (&a.bench, "skipped"), ==, 1);
  bench_take_messages (&a.bench);
  g_assert_cmpuint (a.bench.errors, ==, 0);
}

static void
test_no_ad (const Way * way)
{
  check_content (way, "/vast?ads=0", "EMPTY");
  check_content (way, "/vast?status=500", "FAILED");
  check_content (way, "/vast?fault=html", "FAILED");
}

/* Nobody is decided for: nobody is asked. */
static void
test_not_asked (const Way * way)
{
  g_auto (Ads) a;
  g_autofree gchar *requests = NULL;

  ads_init (&a, way, "/vast?ads=2&dur=3,2");
  bench_set (&a.bench, "decisions", "none");
  run (&a, way, 1);
  bench_assert_pictures (&a.bench, 0, "1:0-299");
  requests = ask (&a, "/requests");
  g_assert_null (strstr (requests, "/vast"));
}

/* It has 3 s, and answers behind that: what is not known then is not waited for. */
static void
test_slow (const Way * way)
{
  check_content (way, "/vast?ads=2&delay=2800", "FAILED");
}

/* @query: two ads of 3 s and 2 s, of which number @lost has expired by its turn. */
static void
check_expired (const Way * way, const gchar * query, guint lost, const gchar * runs)
{
  g_autofree gchar *id = g_strdup_printf ("ad-%u", lost);
  g_auto (Ads) a;

  ads_init (&a, way, query);
  run (&a, way, 1);
  bench_assert_pictures (&a.bench, 0, runs);
  g_assert_cmpstr (gst_structure_get_string (skipped (&a, 0), "reason"), ==, "EXPIRED");
  g_assert_cmpstr (gst_structure_get_string (skipped (&a, 0), "ad-id"), ==, id);
  assert_error_beacon (&a, 900);
}

/* It is 3 s to the break. */
static void
test_expired (const Way * way)
{
  check_expired (way, "/vast?ads=2&dur=3,2&expires=2,60", 1, "1:0-49,8:0-49,1:100-299");
  check_expired (way, "/vast?ads=2&dur=3,2&expires=60,4", 2, "1:0-49,7:0-74,1:125-299");
  /* by what the ad server says of its length it would be in time */
  check_expired (way, "/vast?ads=2&dur=1,2&expires=60,5", 2, "1:0-49,7:0-74,1:125-299");
}

/* Another format than the programme's: it is to be conditioned, which is not done by the out point. */
static void
test_unfit (const Way * way)
{
  g_auto (Ads) a;
  g_autofree gchar *path = NULL;

  ads_init (&a, way, "/vast?ads=2&dur=3,2&media=text-3s.mp4,salt-2s.ts");
  path = g_build_filename (a.media, "text-3s.mp4", NULL);
  g_assert_true (g_file_set_contents (path, "no film at all", -1, NULL));
  run (&a, way, 1);
  bench_assert_pictures (&a.bench, 0, "1:0-49,8:0-49,1:100-299");
  g_assert_cmpstr (gst_structure_get_string (skipped (&a, 0), "reason"), ==, "TRANSCODE_IN_PROGRESS");
  assert_error_beacon (&a, 407);
}

/* A creative that is not there, and one that may not be had. */
static void
test_not_fetched (const Way * way)
{
  g_auto (Ads) a;

  ads_init (&a, way, "/vast?ads=3&dur=1&media=none-2s.ts,http://192.168.7.7/x.ts,salt-2s.ts");
  run (&a, way, 1);
  bench_assert_pictures (&a.bench, 0, "1:0-49,8:0-49,1:100-299");
  g_assert_cmpstr (gst_structure_get_string (skipped (&a, 0), "reason"), ==, "MEDIA_FILE_UNAVAILABLE");
  g_assert_cmpstr (gst_structure_get_string (skipped (&a, 1), "reason"), ==, "MEDIA_FILE_UNAVAILABLE");
  assert_error_beacon (&a, 401);
}

/* Stopped at any moment of it. */
static void
test_stop (const Way * way)
{
  for (guint i = 0; i < 8; i++) {
    g_auto (Ads) a;

    ads_init (&a, way, i & 1 ? "/vast?ads=2&dur=3,2&delay=300" : "/vast?ads=2&dur=3,2");
    a.bench.f[0] = fixture_new_pair (way, a.bench.bin, 0);
    fixture_feed_part (a.bench.f[0], a.bench.ts, 0, a.bench.ts->len / 12);
    g_usleep (i * 3000);
  }
}

/* GLib's lock of its quarks is unknown to TSan: what two threads name is named before they begin. */
static void
name_fields (void)
{
  static const gchar *const names[] = { "ad-break-decision", "channel", "break-id", "duration", "ads", "skipped",
    "ad", "uri", "reason", "detail", "asset-id", "ad-id", "creative-id", "outcome", "ad-break-state-change",
    "ad-break-rendition-state-change", "state", "rendition", "renditions", "aligned", "out-pts-90k", "in-pts-90k",
    "asked-pts-90k", "pts-90k", "error-90k", "filled-duration", "target-start-time", "pod-index", "gap"
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_quark_from_static_string (names[i]);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  name_fields ();
  g_assert_cmpint (argc, >=, 2);
  program = argv[1];
  fixture_add_test ("/adsplicebin-ads/first-break", test_first_break);
  fixture_add_test ("/adsplicebin-ads/three", test_three);
  fixture_add_test ("/adsplicebin-ads/kept", test_kept);
  fixture_add_test ("/adsplicebin-ads/beacons", test_beacons);
  fixture_add_test ("/adsplicebin-ads/beacons-of-a-cut", test_beacons_of_a_cut);
  fixture_add_test ("/adsplicebin-ads/shortened", test_shortened);
  fixture_add_test ("/adsplicebin-ads/cancelled", test_cancelled);
  fixture_add_test ("/adsplicebin-ads/stopped-before", test_stopped_before);
  fixture_add_test ("/adsplicebin-ads/no-beacons", test_no_beacons);
  fixture_add_test ("/adsplicebin-ads/no-ad", test_no_ad);
  fixture_add_test ("/adsplicebin-ads/not-asked", test_not_asked);
  fixture_add_test ("/adsplicebin-ads/slow", test_slow);
  fixture_add_test ("/adsplicebin-ads/expired", test_expired);
  fixture_add_test ("/adsplicebin-ads/unfit", test_unfit);
  fixture_add_test ("/adsplicebin-ads/not-fetched", test_not_fetched);
  fixture_add_test ("/adsplicebin-ads/stop", test_stop);
  return fixture_run ();
}
