/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store of conditioned creatives, with a process that does as the file tells it (below), and
 * with the real one: adsplice-condition is argv[1].
 */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include <asp-creative-store.h>

#include "http-fixture.h"

#define WAIT_US (20 * G_USEC_PER_SEC)
#define RENDITION_TEXT "{\"rendition\":1,\"transport_stream_id\":1,\"program_number\":1,\"pmt_pid\":256,\"pcr_pid\":257," \
  "\"pat_version\":0,\"pmt_version\":0,\"fps_num\":25,\"fps_den\":1,\"reorder_90k\":3600,\"gop\":25," \
  "\"descriptors\":\"\",\"video\":{\"width\":%u,\"height\":96,\"sar_num\":1,\"sar_den\":1,\"profile_idc\":77," \
  "\"profile_compat\":64,\"level_idc\":13,\"chroma_format_idc\":1,\"bit_depth\":8,\"colour_primaries\":1," \
  "\"transfer_characteristics\":1,\"matrix_coefficients\":1,\"max_reorder\":1,\"interlaced\":false," \
  "\"low_delay\":false,\"full_range\":false},\"tracks\":[{\"codec\":\"h264\",\"pid\":257,\"stream_type\":27," \
  "\"bit_rate\":300000,\"sample_rate\":0,\"channels\":0,\"layer\":0,\"descriptors\":\"\"}]}"

/* The first word of the file says what it does. */
static const gchar helper_text[] =
    "#!/bin/sh\n"
    "echo \"$1\" >> \"$(dirname \"$0\")/runs\"\n"
    "read -r word rest < \"$1\"\n"
    "case $word in\n"
    "ok) printf '%188s' '' > \"$2/creative.ts\"\n"
    "  echo '{\"units_version\":1,\"fps_num\":25,\"fps_den\":1,\"unit_frames\":25,\"frames\":25,\"bytes\":188,'"
    "'\"reorder_90k\":0,\"duration_90k\":90000,\"units\":[{\"offset\":0,\"bytes\":188,\"frames\":25,\"pts_90k\":9}]}'"
    " > \"$2/units.json\"\n"
    "  echo progress 50; echo done;;\n"
    "unsupported) echo 'error 403 it is a text';;\n"
    "hang) echo progress 1; sleep 1000;;\n"
    "crash) kill -11 $$;;\n"
    "lie) echo done;;\n"
    "slow) sleep 0.3; printf '%188s' '' > \"$2/creative.ts\"; echo done;;\n"
    "noise) head -c 100000 /dev/zero; echo; echo 'progress 999'; echo 'error 405 after noise';;\n"
    "esac\n";

static const gchar *real_helper;

typedef struct
{
  Fixture http;
  gchar *top, *folder, *helper, *runs;
  AspRendition rendition;
  AspHttpClient *client;
  AspCreativeStore *store;
  AspCreativeStoreConfig config;
  gint progress, ended;         /* atomic */
} StoreTest;

static void
read_rendition (AspRendition * r, guint width)
{
  g_autofree gchar *text = g_strdup_printf (RENDITION_TEXT, width);
  GError *error = NULL;

  asp_rendition_from_text (text, r, &error);
  g_assert_no_error (error);
}

static void
on_news (AspCreativeStore * store, const gchar * url, const gchar * fingerprint, const AspCreativeStatus * status,
    gpointer user_data)
{
  StoreTest *t = user_data;

  if (status->state == ASP_CONDITION_BUSY)
    g_atomic_int_inc (&t->progress);
  else
    g_atomic_int_inc (&t->ended);
}

static void
open_store (StoreTest * t)
{
  GError *error = NULL;

  t->store = asp_creative_store_new (&t->config, on_news, t, &error);
  g_assert_no_error (error);
}

static void
store_setup (StoreTest * t, gconstpointer data)
{
  AspHttpAllow *allow = asp_http_allow_new ("127.0.0.1", NULL);
  AspHttpClientConfig config = { .allow = allow };

  setup (&t->http, NULL);
  t->top = g_dir_make_tmp ("adsplice-store-XXXXXX", NULL);
  t->folder = g_build_filename (t->top, "creatives", NULL);
  t->helper = g_build_filename (t->top, "helper", NULL);
  t->runs = g_build_filename (t->top, "runs", NULL);
  g_assert_true (g_file_set_contents (t->helper, helper_text, -1, NULL));
  g_chmod (t->helper, 0700);
  t->client = asp_http_client_new (&config, NULL);
  asp_http_allow_unref (allow);
  read_rendition (&t->rendition, 160);
  t->config.folder = t->folder;
  t->config.helper = t->helper;
  t->config.client = t->client;
  t->config.retry_s = 1;
  open_store (t);
}

static void
store_teardown (StoreTest * t, gconstpointer data)
{
  asp_creative_store_free (t->store);
  asp_http_client_free (t->client);
  remove_tree (t->top);
  g_free (t->top);
  g_free (t->folder);
  g_free (t->helper);
  g_free (t->runs);
  teardown (&t->http, NULL);
}

static gchar *
put_source (StoreTest * t, const gchar * name, const gchar * text)
{
  g_autofree gchar *path = g_build_filename (t->top, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return g_filename_to_uri (path, NULL, NULL);
}

static AspConditionState
question (StoreTest * t, const gchar * url, const AspRendition * r, AspCreativeStatus * out)
{
  AspCreativeWish wish = { .url = url, .rendition = r };

  asp_creative_store_ask (t->store, &wish, out);
  return out->state;
}

/* Asks until it is there or has failed. */
static AspConditionState
await (StoreTest * t, const gchar * url, const AspRendition * r, AspCreativeStatus * out)
{
  gint64 until = g_get_monotonic_time () + WAIT_US * PATIENCE;
  AspConditionState state;

  while ((state = question (t, url, r, out)) == ASP_CONDITION_NEW || state == ASP_CONDITION_BUSY) {
    g_assert_cmpint (g_get_monotonic_time (), <, until);
    asp_creative_status_clear (out);
    g_usleep (5000);
  }
  return state;
}

static guint
runs (StoreTest * t)
{
  g_autofree gchar *text = NULL;
  guint n = 0;

  if (!g_file_get_contents (t->runs, &text, NULL, NULL))
    return 0;
  for (const gchar * p = text; *p; p++)
    n += *p == '\n';
  return n;
}

static guint
count_files (const gchar * folder)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  if (dir)
    g_dir_close (dir);
  return n;
}

/* --- tests -------------------------------------------------------------------------------- */

static void
test_ready (StoreTest * t, gconstpointer data)
{
  g_autofree gchar *url = put_source (t, "ad.mp4", "ok\n"), *asset = NULL;
  AspCreativeStatus s;

  g_assert_cmpint (question (t, url, &t->rendition, &s), ==, ASP_CONDITION_NEW);
  g_assert_cmpuint (s.code, ==, 407);
  for (guint i = 0; i < 5; i++) {
    asp_creative_status_clear (&s);
    g_assert_cmpint (question (t, url, &t->rendition, &s), !=, ASP_CONDITION_NEW);
  }
  asp_creative_status_clear (&s);
  g_assert_cmpint (await (t, url, &t->rendition, &s), ==, ASP_CONDITION_READY);
  g_assert_true (g_file_test (s.path, G_FILE_TEST_IS_REGULAR));
  g_assert_true (g_file_test (s.units_path, G_FILE_TEST_IS_REGULAR));
  asset = g_strdup (s.asset_id);
  asp_creative_status_clear (&s);
  g_assert_cmpuint (runs (t), ==, 1);
  /* started again it finds it */
  asp_creative_store_free (t->store);
  open_store (t);
  g_assert_cmpint (question (t, url, &t->rendition, &s), ==, ASP_CONDITION_READY);
  g_assert_cmpstr (s.asset_id, ==, asset);
  asp_creative_status_clear (&s);
  g_assert_cmpuint (runs (t), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&t->progress), >=, 1);
  g_assert_cmpint (g_atomic_int_get (&t->ended), ==, 1);
}

/* Other bytes in the same place, another rendition, the same bytes elsewhere. */
static void
test_keys (StoreTest * t, gconstpointer data)
{
  g_autofree gchar *url = put_source (t, "ad.mp4", "ok\n"), *copy = put_source (t, "copy.mp4", "ok\n");
  g_autofree gchar *asset = NULL;
  AspRendition other;
  AspCreativeStatus s;

  read_rendition (&other, 320);
  g_assert_cmpint (await (t, url, &t->rendition, &s), ==, ASP_CONDITION_READY);
  asset = g_strdup (s.asset_id);
  asp_creative_status_clear (&s);
  g_assert_cmpint (await (t, url, &other, &s), ==, ASP_CONDITION_READY);
  g_assert_cmpstr (s.asset_id, !=, asset);
  asp_creative_status_clear (&s);
  g_assert_cmpuint (runs (t), ==, 2);
  g_assert_cmpint (question (t, copy, &t->rendition, &s), ==, ASP_CONDITION_NEW);
  asp_creative_status_clear (&s);
  g_assert_cmpint (await (t, copy, &t->rendition, &s), ==, ASP_CONDITION_READY);
  g_assert_cmpstr (s.asset_id, ==, asset);
  asp_creative_status_clear (&s);
  g_assert_cmpuint (runs (t), ==, 2);
  g_free (put_source (t, "ad.mp4", "ok but others\n"));
  g_assert_cmpint (await (t, url, &t->rendition, &s), ==, ASP_CONDITION_READY);
  g_assert_cmpstr (s.asset_id, !=, asset);
  asp_creative_status_clear (&s);
}

/* A known UniversalAdId names the creative, whatever its URL says; "unknown" names nothing. */
static void
test_ad_id (StoreTest * t, gconstpointer data)
{
  g_autofree gchar *url = put_source (t, "a.mp4", "ok a\n"), *other = put_source (t, "b.mp4", "ok b\n");
  AspCreativeWish wish = { .registry = "ad-id.org", .universal_ad_id = "CNPA0484000H", .url = url,
    .rendition = &t->rendition
  };
  AspCreativeStatus s;
  gint64 until = g_get_monotonic_time () + WAIT_US * PATIENCE;

  do {
    asp_creative_store_ask (t->store, &wish, &s);
    g_usleep (5000);
    if (s.state == ASP_CONDITION_READY)
      break;
    asp_creative_status_clear (&s);
  } while (g_get_monotonic_time () < until);
  g_assert_cmpint (s.state, ==, ASP_CONDITION_READY);
  asp_creative_status_clear (&s);
  wish.url = other;
  asp_creative_store_ask (t->store, &wish, &s);
  g_assert_cmpint (s.state, ==, ASP_CONDITION_READY);
  asp_creative_status_clear (&s);
  wish.universal_ad_id = "unknown";
  asp_creative_store_ask (t->store, &wish, &s);
  g_assert_cmpint (s.state, ==, ASP_CONDITION_NEW);
  asp_creative_status_clear (&s);
}

static void
expect_failure (StoreTest * t, const gchar * word, guint code, const gchar * part)
{
  g_autofree gchar *name = g_strconcat (word, ".mp4", NULL), *text = g_strconcat (word, "\n", NULL);
  g_autofree gchar *url = put_source (t, name, text);
  AspCreativeStatus s;

  g_assert_cmpint (await (t, url, &t->rendition, &s), ==, ASP_CONDITION_FAILED);
  g_assert_cmpuint (s.code, ==, code);
  g_assert_cmpuint (s.retry_s, >, 0);
  g_test_message ("%s: %s", word, s.text);
  g_assert_nonnull (strstr (s.text, part));
  asp_creative_status_clear (&s);
}

static void
test_failures (StoreTest * t, gconstpointer data)
{
  expect_failure (t, "unsupported", 403, "it is a text");
  expect_failure (t, "crash", 405, "signal 11");
  expect_failure (t, "lie", 405, "not whole");
  expect_failure (t, "slow", 405, "not whole");
  expect_failure (t, "noise", 405, "after noise");
  expect_failure (t, "nothing", 405, "exit code 0");
  g_assert_cmpuint (asp_creative_store_bytes (t->store), ==, 0);
}

/* Each time later. */
static void
test_backoff (StoreTest * t, gconstpointer data)
{
  g_autofree gchar *url = put_source (t, "bad.mp4", "unsupported\n");
  AspCreativeStatus s;
  gint64 first, second;

  g_assert_cmpint (await (t, url, &t->rendition, &s), ==, ASP_CONDITION_FAILED);
  asp_creative_status_clear (&s);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpint (question (t, url, &t->rendition, &s), ==, ASP_CONDITION_FAILED);
    asp_creative_status_clear (&s);
  }
  g_assert_cmpuint (runs (t), ==, 1);
  first = g_get_monotonic_time ();
  while (question (t, url, &t->rendition, &s) == ASP_CONDITION_FAILED) {
    asp_creative_status_clear (&s);
    g_usleep (10000);
  }
  asp_creative_status_clear (&s);
  first = g_get_monotonic_time () - first;
  g_assert_cmpint (await (t, url, &t->rendition, &s), ==, ASP_CONDITION_FAILED);
  asp_creative_status_clear (&s);
  second = g_get_monotonic_time ();
  while (question (t, url, &t->rendition, &s) == ASP_CONDITION_FAILED) {
    asp_creative_status_clear (&s);
    g_usleep (10000);
  }
  asp_creative_status_clear (&s);
  second = g_get_monotonic_time () - second;
  g_assert_cmpint (second, >, first + first / 2);
}

static void
test_time_limit (StoreTest * t, gconstpointer data)
{
  asp_creative_store_free (t->store);
  t->config.job_timeout_s = 1;
  open_store (t);
  expect_failure (t, "hang", 405, "longer than it may");
}

/* The end comes at once, whatever runs, and leaves nothing. */
static void
test_stop (StoreTest * t, gconstpointer data)
{
  g_autofree gchar *url = put_source (t, "hang.mp4", "hang\n"), *tmp = g_build_filename (t->folder, "tmp", NULL);
  gint64 before, until = g_get_monotonic_time () + WAIT_US * PATIENCE;
  AspCreativeStatus s;

  question (t, url, &t->rendition, &s);
  asp_creative_status_clear (&s);
  while (g_atomic_int_get (&t->progress) == 0 && g_get_monotonic_time () < until)
    g_usleep (5000);
  g_assert_cmpint (g_atomic_int_get (&t->progress), ==, 1);
  before = g_get_monotonic_time ();
  asp_creative_store_free (t->store);
  g_assert_cmpint (g_get_monotonic_time () - before, <, 3 * G_USEC_PER_SEC * PATIENCE);
  g_assert_cmpuint (count_files (tmp), ==, 0);
  open_store (t);
}

static void
test_damaged (StoreTest * t, gconstpointer data)
{
  g_autofree gchar *url = put_source (t, "ad.mp4", "ok\n");
  AspCreativeStatus s;

  g_assert_cmpint (await (t, url, &t->rendition, &s), ==, ASP_CONDITION_READY);
  g_assert_cmpuint (asp_creative_store_bytes (t->store), >, 188);
  asp_creative_store_free (t->store);
  g_assert_true (g_file_set_contents (s.path, "short", -1, NULL));
  open_store (t);
  g_assert_false (g_file_test (s.path, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (asp_creative_store_bytes (t->store), ==, 0);
  asp_creative_status_clear (&s);
  g_assert_cmpint (await (t, url, &t->rendition, &s), ==, ASP_CONDITION_READY);
  g_assert_cmpuint (runs (t), ==, 2);
  asp_creative_status_clear (&s);
}

/* The least recently used goes, what was asked for a moment ago stays. */
static void
test_room (StoreTest * t, gconstpointer data)
{
  struct utimbuf old = { 1000, 1000 };
  gchar *paths[3], *urls[3];
  AspCreativeStatus s;

  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *name = g_strdup_printf ("%u.mp4", i), *text = g_strdup_printf ("ok %u\n", i);

    urls[i] = put_source (t, name, text);
    if (i == 2) {
      g_autofree gchar *folder = NULL;

      asp_creative_store_free (t->store);
      folder = g_path_get_dirname (paths[0]);
      utime (folder, &old);
      t->config.max_bytes = 1;
      open_store (t);
    }
    g_assert_cmpint (await (t, urls[i], &t->rendition, &s), ==, ASP_CONDITION_READY);
    paths[i] = g_strdup (s.path);
    asp_creative_status_clear (&s);
  }
  g_assert_false (g_file_test (paths[0], G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (paths[1], G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (paths[2], G_FILE_TEST_EXISTS));
  g_assert_cmpint (question (t, urls[0], &t->rendition, &s), ==, ASP_CONDITION_NEW);
  asp_creative_status_clear (&s);
  for (guint i = 0; i < 3; i++) {
    g_free (paths[i]);
    g_free (urls[i]);
  }
}

/* --- over HTTP ------------------------------------------------------------------------------ */

static gchar *
web_url (StoreTest * t, const gchar * name)
{
  return g_strdup_printf ("http://127.0.0.1:%u/live/%s", t->http.port, name);
}

/* Fetched once for all renditions: it is gone from the server when the second one is made. */
static void
test_web (StoreTest * t, gconstpointer data)
{
  g_autofree gchar *url = web_url (t, "ad.ts"), *path = g_build_filename (t->http.folder, "ad.ts", NULL);
  AspRendition others[3];
  AspCreativeStatus s;

  put_file (t->http.folder, "ad.ts", "slow\n");
  for (guint i = 0; i < 3; i++) {
    read_rendition (&others[i], 640 - i * 160);
    g_assert_cmpint (question (t, url, &others[i], &s), ==, ASP_CONDITION_NEW);
    asp_creative_status_clear (&s);
  }
  while (runs (t) == 0)
    g_usleep (2000);
  g_unlink (path);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpint (await (t, url, &others[i], &s), ==, ASP_CONDITION_FAILED);
    g_assert_cmpuint (s.code, ==, 405);         /* "slow" makes no list of units; 401 would be: not fetched */
    asp_creative_status_clear (&s);
  }
}

static void
test_web_ready (StoreTest * t, gconstpointer data)
{
  g_autofree gchar *url = web_url (t, "good.ts");
  AspCreativeStatus s;

  put_file (t->http.folder, "good.ts", "ok\n");
  g_assert_cmpint (await (t, url, &t->rendition, &s), ==, ASP_CONDITION_READY);
  asp_creative_status_clear (&s);
}

static void
test_web_faults (StoreTest * t, gconstpointer data)
{
  g_autofree gchar *none = web_url (t, "none.ts"), *big = web_url (t, "big.ts");
  AspCreativeStatus s;

  asp_creative_store_free (t->store);
  t->config.max_source_bytes = 1000;
  open_store (t);
  put_big_file (t->http.folder, "big.ts");
  g_assert_cmpint (await (t, none, &t->rendition, &s), ==, ASP_CONDITION_FAILED);
  g_assert_cmpuint (s.code, ==, 401);
  asp_creative_status_clear (&s);
  g_assert_cmpint (await (t, big, &t->rendition, &s), ==, ASP_CONDITION_FAILED);
  g_assert_cmpuint (s.code, ==, 401);
  asp_creative_status_clear (&s);
  g_assert_cmpint (await (t, "http://10.0.0.1/ad.mp4", &t->rendition, &s), ==, ASP_CONDITION_FAILED);
  g_assert_cmpuint (s.code, ==, 401);
  asp_creative_status_clear (&s);
  g_assert_cmpuint (runs (t), ==, 0);
}

/* --- the real process ----------------------------------------------------------------------- */

/* A child of @parent whose name begins with "adsplice-condi"; 0: none. */
static pid_t
find_child (pid_t parent)
{
  GDir *dir = g_dir_open ("/proc", 0, NULL);
  const gchar *name;
  pid_t found = 0;

  while (dir && !found && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename ("/proc", name, "status", NULL), *text = NULL, *line = NULL;

    if (!g_ascii_isdigit (name[0]) || !g_file_get_contents (path, &text, NULL, NULL))
      continue;
    line = g_strdup_printf ("\nPPid:\t%d\n", (int) parent);
    if (strstr (text, "Name:\tadsplice-condi") && strstr (text, line))
      found = (pid_t) atoi (name);
  }
  if (dir)
    g_dir_close (dir);
  return found;
}

static gboolean
status_has (pid_t pid, const gchar * line)
{
  g_autofree gchar *path = g_strdup_printf ("/proc/%d/status", (int) pid), *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && strstr (text, line);
}

/* In another process, which is killed: opens the store, asks, waits for ever. */
static int
be_victim (const gchar * folder, const gchar * url)
{
  AspCreativeStoreConfig config = { .folder = folder, .helper = real_helper };
  AspCreativeStore *store = asp_creative_store_new (&config, NULL, NULL, NULL);
  AspCreativeWish wish = { .url = url };
  AspRendition r;
  AspCreativeStatus s;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  read_rendition (&r, 160);
  wish.rendition = &r;
  asp_creative_store_ask (store, &wish, &s);
  for (;;)
    g_usleep (G_USEC_PER_SEC);
  return 0;
}

static gboolean
no_encoder (void)
{
  g_autofree gchar *tool = g_find_program_in_path ("gst-launch-1.0");
  g_autofree gchar *said = NULL;
  gint status = 1;

  if (tool)
    g_spawn_command_line_sync ("gst-inspect-1.0 x264enc", &said, NULL, &status, NULL);
  if (status != 0)
    g_test_skip ("gst-launch-1.0 or x264enc is not installed");
  return status != 0;
}

static gchar *
make_creative (StoreTest * t, guint frames)
{
  g_autofree gchar *path = g_build_filename (t->top, "real.mkv", NULL);
  g_autofree gchar *command = g_strdup_printf ("gst-launch-1.0 -q videotestsrc num-buffers=%u pattern=snow ! "
      "video/x-raw,width=320,height=240,framerate=25/1 ! jpegenc ! matroskamux ! filesink location=%s", frames, path);
  g_autofree gchar *said = NULL;
  gint status = 1;

  g_assert_true (g_spawn_command_line_sync (command, &said, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
  return g_filename_to_uri (path, NULL, NULL);
}

static void
test_real (StoreTest * t, gconstpointer data)
{
  g_autofree gchar *url = NULL, *text = put_source (t, "text.mp4", "no creative\n");
  AspCreativeStatus s;

  if (no_encoder ())
    return;
  url = make_creative (t, 30);
  asp_creative_store_free (t->store);
  t->config.helper = real_helper;
  open_store (t);
  g_assert_cmpint (await (t, url, &t->rendition, &s), ==, ASP_CONDITION_READY);
  asp_creative_status_clear (&s);
  g_assert_cmpint (await (t, text, &t->rendition, &s), ==, ASP_CONDITION_FAILED);
  g_assert_cmpuint (s.code, ==, 403);
  g_test_message ("%s", s.text);
  asp_creative_status_clear (&s);
}

/* kill -9 of the program: its process goes with it, and the next start finds a clean folder. */
static void
test_killed (StoreTest * t, gconstpointer data)
{
  g_autofree gchar *url = NULL, *tmp = g_build_filename (t->folder, "tmp", NULL);
  gint64 until;
  gchar *argv[6] = { NULL };
  GPid victim;
  pid_t process = 0;

  if (no_encoder ())
    return;
  url = make_creative (t, 3000);
  until = g_get_monotonic_time () + WAIT_US * PATIENCE;
  asp_creative_store_free (t->store);
  t->store = NULL;
  argv[0] = g_file_read_link ("/proc/self/exe", NULL);
  argv[1] = (gchar *) real_helper;
  argv[2] = (gchar *) "victim";
  argv[3] = t->folder;
  argv[4] = url;
  g_assert_true (g_spawn_async (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &victim, NULL));
  while (!(process && status_has (process, "Seccomp:\t2")) && g_get_monotonic_time () < until) {
    process = find_child (victim);
    g_usleep (5000);
  }
  g_assert_cmpint (process, >, 0);
  g_assert_true (status_has (process, "Seccomp:\t2"));
  g_assert_true (status_has (process, "NoNewPrivs:\t1"));
  kill (victim, SIGKILL);
  waitpid (victim, NULL, 0);
  until = g_get_monotonic_time () + WAIT_US * PATIENCE;
  while (kill (process, 0) == 0 && !status_has (process, "State:\tZ") && g_get_monotonic_time () < until)
    g_usleep (5000);
  g_assert_cmpint (g_get_monotonic_time (), <, until);
  g_assert_cmpuint (count_files (tmp), ==, 1);
  open_store (t);
  g_assert_cmpuint (count_files (tmp), ==, 1);  /* its own, new one */
  g_assert_cmpuint (asp_creative_store_bytes (t->store), ==, 0);
  g_free (argv[0]);
}

#define STORE_TEST(name, func) g_test_add ("/creative-store/" name, StoreTest, NULL, store_setup, func, store_teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  real_helper = argv[1];
  if (argc == 5 && !strcmp (argv[2], "victim"))
    return be_victim (argv[3], argv[4]);
  STORE_TEST ("ready", test_ready);
  STORE_TEST ("keys", test_keys);
  STORE_TEST ("universal-ad-id", test_ad_id);
  STORE_TEST ("failures", test_failures);
  STORE_TEST ("backoff", test_backoff);
  STORE_TEST ("time-limit", test_time_limit);
  STORE_TEST ("stop", test_stop);
  STORE_TEST ("damaged", test_damaged);
  STORE_TEST ("room", test_room);
  STORE_TEST ("web/once", test_web);
  STORE_TEST ("web/ready", test_web_ready);
  STORE_TEST ("web/faults", test_web_faults);
  STORE_TEST ("process/real", test_real);
  STORE_TEST ("process/killed", test_killed);
  return g_test_run ();
}
