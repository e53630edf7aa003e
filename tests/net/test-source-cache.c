/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of creatives as they were fetched: HTTP's freshness, the limit of bytes, and what a kill
 * leaves. Started again with "child FOLDER URL" it is the process that is killed.
 */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <utime.h>

#include <asp-http-fresh.h>
#include <asp-source-cache.h>

#include "http-faults.h"
#include "http-fetch.h"
#include "http-fixture.h"
#include "scratch.h"

#define WAIT_US (20 * G_USEC_PER_SEC)

static const gchar *self;

typedef struct
{
  HttpFaults *faults;
  AspHttpClient *client;
  AspSourceCache *cache;
  AspSourceCacheConfig config;
  gchar *folder, *fetched;
  gint news;                    /* atomic */
} CacheTest;

static void
on_news (gpointer user_data)
{
  CacheTest *t = user_data;

  g_atomic_int_inc (&t->news);
}

static void
open_cache (CacheTest * t)
{
  GError *error = NULL;

  t->client = client_new ("127.0.0.1");
  t->config.client = t->client;
  t->cache = asp_source_cache_new (&t->config, &error);
  g_assert_no_error (error);
}

static void
close_cache (CacheTest * t)
{
  g_clear_pointer (&t->client, asp_http_client_free);
  g_clear_pointer (&t->cache, asp_source_cache_free);
}

static void
cache_setup (CacheTest * t, gconstpointer data)
{
  t->faults = http_faults_new ();
  t->folder = scratch_folder_new ("sources");
  t->fetched = g_build_filename (t->folder, "fetched", NULL);
  t->config.folder = t->folder;
  t->config.news = on_news;
  t->config.user_data = t;
  open_cache (t);
}

static void
cache_teardown (CacheTest * t, gconstpointer data)
{
  close_cache (t);
  http_faults_free (t->faults);
  g_free (t->folder);
  g_free (t->fetched);
}

static void
serve (CacheTest * t, const gchar * path, guint status, const gchar * body, const gchar * headers)
{
  HttpFault fault = { .status = status,.body = body,.headers = headers,.type = "video/mp4" };

  http_faults_on (t->faults, path, &fault);
}

/* What comes of it in the end. */
static AspSourceStatus
get (CacheTest * t, const gchar * path)
{
  g_autofree gchar *url = http_faults_url (t->faults, path);
  gint64 end_us = g_get_monotonic_time () + WAIT_US;
  AspSourceStatus status;

  asp_source_cache_want (t->cache, url, &status);
  while (status.state == ASP_SOURCE_FETCHING) {
    g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    asp_source_status_clear (&status);
    g_usleep (2000);
    asp_source_cache_peek (t->cache, url, &status);
  }
  return status;
}

/* (transfer full): the file, which holds @body */
static gchar *
get_file (CacheTest * t, const gchar * path, const gchar * body)
{
  AspSourceStatus status = get (t, path);
  g_autofree gchar *text = NULL;
  gchar *file = g_strdup (status.path);

  g_assert_cmpint (status.state, ==, ASP_SOURCE_READY);
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, body);
  asp_source_status_clear (&status);
  return file;
}

static guint
requests (CacheTest * t, const gchar * path)
{
  g_autoptr (GPtrArray) seen = http_faults_seen (t->faults, path);

  return seen->len;
}

static guint
files_in (const gchar * folder)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  if (dir)
    g_dir_close (dir);
  return n;
}

/* --- how long it is fresh --------------------------------------------------------------- */

#define NOW_S 1795371600        /* Sun, 22 Nov 2026 18:20:00 GMT */
#define NOW "Sun, 22 Nov 2026 18:20:00 GMT"

static void
test_fresh_s (void)
{
  static const struct
  {
    AspHttpFreshFields fields;
    gint64 want;
  } rows[] = {
    {{NULL, NULL, NULL, NULL, NULL}, ASP_HTTP_FRESH_UNKNOWN},
    {{"max-age=60", NULL, NULL, NULL, NULL}, 60},
    {{"public, Max-Age=60, s-maxage = 30", NULL, NULL, NULL, NULL}, 30},
    {{"max-age=\"60\"", NULL, NULL, NULL, NULL}, 60},
    {{"max-age=60", NULL, NULL, "45", NULL}, 15},
    {{"max-age=60", NULL, NULL, "100", NULL}, 0},
    {{"max-age=60, no-cache", NULL, NULL, NULL, NULL}, 0},
    {{"no-store, max-age=60", NULL, NULL, NULL, NULL}, 0},
    {{"no-cache=\"set-cookie, x\", max-age=60", NULL, NULL, NULL, NULL}, 60},
    {{"max-age=", NULL, NULL, NULL, NULL}, 0},
    {{"max-age=-5", NULL, NULL, NULL, NULL}, 0},
    {{"max-age=99999999999999999999999", NULL, NULL, NULL, NULL}, ASP_HTTP_FRESH_MAX_S},
    {{"max-age=10, max-age=20", NULL, NULL, NULL, NULL}, 10},
    {{",,\"", NULL, NULL, NULL, NULL}, ASP_HTTP_FRESH_UNKNOWN},
    {{"max-age=60", "Sun, 22 Nov 2026 19:20:00 GMT", NOW, NULL, NULL}, 60},
    {{NULL, "Sun, 22 Nov 2026 19:20:00 GMT", NOW, NULL, NULL}, 3600},
    {{NULL, "Sun, 22 Nov 2026 19:20:00 GMT", NULL, NULL, NULL}, 3600},
    /* by the server's clock, which may be wrong */
    {{NULL, "Sun, 22 Nov 2020 19:20:00 GMT", "Sun, 22 Nov 2020 19:10:00 GMT", NULL, NULL}, 600},
    {{NULL, "0", NOW, NULL, NULL}, 0},
    {{NULL, "Sun, 22 Nov 2026 18:00:00 GMT", NOW, NULL, NULL}, 0},
    {{NULL, NULL, NOW, NULL, "Sun, 22 Nov 2026 17:20:00 GMT"}, 360},
    {{NULL, NULL, NOW, NULL, "Sun, 22 Nov 2020 17:20:00 GMT"}, ASP_HTTP_FRESH_GUESS_MAX_S},
    {{NULL, NULL, NOW, NULL, "Sun, 22 Nov 2036 17:20:00 GMT"}, 0},
    {{NULL, NULL, NULL, NULL, "yesterday"}, ASP_HTTP_FRESH_UNKNOWN},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_test_message ("row %u", i);
    g_assert_cmpint (asp_http_fresh_s (&rows[i].fields, NOW_S), ==, rows[i].want);
  }
}

/* --- the cache ---------------------------------------------------------------------------- */

/* Asked once while it is fresh, by the next process too. */
static void
test_fresh (CacheTest * t, gconstpointer data)
{
  g_autofree gchar *first = NULL, *second = NULL, *third = NULL;

  serve (t, "/a", 200, "tea", "Cache-Control: max-age=1000\r\n");
  first = get_file (t, "/a", "tea");
  g_assert_cmpint (g_atomic_int_get (&t->news), ==, 1);
  second = get_file (t, "/a", "tea");
  close_cache (t);
  open_cache (t);
  third = get_file (t, "/a", "tea");
  g_assert_cmpstr (first, ==, third);
  g_assert_cmpuint (requests (t, "/a"), ==, 1);
}

static void
assert_asked_with (CacheTest * t, const gchar * path, guint index, const gchar * header, const gchar * value)
{
  g_autoptr (GPtrArray) seen = http_faults_seen (t->faults, path);
  g_autofree gchar *got = NULL;

  g_assert_cmpuint (index, <, seen->len);
  got = http_seen_header (g_ptr_array_index (seen, index), header);
  g_assert_cmpstr (got, ==, value);
}

/* Still the one: 304 costs no body, and says for how long. */
static void
test_revalidated (CacheTest * t, gconstpointer data)
{
  g_autofree gchar *first = NULL, *second = NULL, *third = NULL, *fourth = NULL;

  serve (t, "/a", 200, "tea", "Cache-Control: no-cache\r\nETag: \"v1\"\r\n"
      "Last-Modified: Sun, 22 Nov 2020 17:20:00 GMT\r\n");
  serve (t, "/a", 304, "", "Cache-Control: max-age=0\r\n");
  serve (t, "/a", 304, "", "Cache-Control: max-age=1000\r\n");
  first = get_file (t, "/a", "tea");
  assert_asked_with (t, "/a", 0, "If-None-Match", NULL);
  second = get_file (t, "/a", "tea");
  assert_asked_with (t, "/a", 1, "If-None-Match", "\"v1\"");
  assert_asked_with (t, "/a", 1, "If-Modified-Since", "Sun, 22 Nov 2020 17:20:00 GMT");
  close_cache (t);
  open_cache (t);
  third = get_file (t, "/a", "tea");
  assert_asked_with (t, "/a", 2, "If-None-Match", "\"v1\"");
  fourth = get_file (t, "/a", "tea");
  g_assert_cmpstr (first, ==, second);
  g_assert_cmpstr (first, ==, fourth);
  g_assert_cmpuint (requests (t, "/a"), ==, 3);
}

/* Another content has another name; the old file goes when nobody holds it. */
static void
test_changed (CacheTest * t, gconstpointer data)
{
  AspSourceStatus first;
  g_autofree gchar *second = NULL, *third = NULL, *back = NULL;

  serve (t, "/a", 200, "tea", "Cache-Control: no-cache\r\nETag: \"v1\"\r\n");
  serve (t, "/a", 200, "coffee", "Cache-Control: no-cache\r\nETag: \"v2\"\r\n");
  serve (t, "/a", 200, "tea", "Cache-Control: no-cache\r\nETag: \"v3\"\r\n");
  serve (t, "/a", 200, "milk", "Cache-Control: max-age=1000\r\n");
  first = get (t, "/a");
  second = get_file (t, "/a", "coffee");
  assert_asked_with (t, "/a", 1, "If-None-Match", "\"v1\"");
  g_assert_cmpstr (first.path, !=, second);
  g_assert_true (g_file_test (first.path, G_FILE_TEST_EXISTS));
  /* the one that is held comes back: it is the source's own again */
  back = get_file (t, "/a", "tea");
  g_assert_cmpstr (first.path, ==, back);
  g_assert_false (g_file_test (second, G_FILE_TEST_EXISTS));
  third = get_file (t, "/a", "milk");
  g_assert_true (g_file_test (first.path, G_FILE_TEST_EXISTS));
  asp_source_status_clear (&first);
  serve (t, "/b", 200, "b", NULL);
  g_free (get_file (t, "/b", "b"));
  g_assert_false (g_file_test (back, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (third, G_FILE_TEST_EXISTS));
}

/* A server that cannot be asked does not take the creative away. */
static void
test_not_reachable (CacheTest * t, gconstpointer data)
{
  static const HttpFault reset = {.kind = HTTP_RESET };
  g_autofree gchar *first = NULL, *second = NULL, *third = NULL;

  t->config.retry_s = 1;
  close_cache (t);
  open_cache (t);
  serve (t, "/a", 200, "tea", "Cache-Control: no-cache\r\nETag: \"v1\"\r\n");
  serve (t, "/a", 500, "no", NULL);
  http_faults_on (t->faults, "/a", &reset);
  first = get_file (t, "/a", "tea");
  second = get_file (t, "/a", "tea");
  g_assert_cmpuint (requests (t, "/a"), ==, 2);
  /* not asked again at once */
  g_free (get_file (t, "/a", "tea"));
  g_assert_cmpuint (requests (t, "/a"), ==, 2);
  g_usleep (1100000);
  third = get_file (t, "/a", "tea");
  g_assert_cmpuint (requests (t, "/a"), ==, 3);
  g_assert_cmpstr (first, ==, third);
}

/* What its server has taken down is not played any more. */
static void
test_taken_down (CacheTest * t, gconstpointer data)
{
  g_autofree gchar *first = NULL;
  AspSourceStatus status;

  serve (t, "/a", 200, "tea", "Cache-Control: no-cache\r\nETag: \"v1\"\r\n");
  serve (t, "/a", 410, "gone", NULL);
  first = get_file (t, "/a", "tea");
  status = get (t, "/a");
  g_assert_cmpint (status.state, ==, ASP_SOURCE_FAILED);
  g_assert_nonnull (strstr (status.text, "410"));
  asp_source_status_clear (&status);
  g_assert_false (g_file_test (first, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (files_in (t->fetched), ==, 0);
  /* one that there never was */
  status = get (t, "/none");
  g_assert_cmpint (status.state, ==, ASP_SOURCE_FAILED);
  asp_source_status_clear (&status);
}

/* --- the limit ---------------------------------------------------------------------------- */

static void
set_used (CacheTest * t, const gchar * path, guint seconds_ago)
{
  g_autofree gchar *url = http_faults_url (t->faults, path), *id = asp_source_id (url);
  g_autofree gchar *name = g_strconcat (id, ".json", NULL), *note = g_build_filename (t->fetched, name, NULL);
  struct utimbuf times = {.modtime = g_get_real_time () / G_USEC_PER_SEC - seconds_ago };

  g_assert_cmpint (utime (note, &times), ==, 0);
}

/* Of four with 1000 bytes each there is room for two: the one that nobody has used for longest goes,
 * unless it is held, or has just been asked for. */
static void
test_limit (CacheTest * t, gconstpointer data)
{
  g_autofree gchar *body = g_strnfill (1000, 'x');
  g_autofree gchar *b = NULL, *c = NULL, *d = NULL, *e = NULL;
  AspSourceStatus a;

  t->config.max_bytes = 2500;
  t->config.used_s = 100;
  close_cache (t);
  open_cache (t);
  for (const gchar * name = "abcde"; *name; name++) {
    gchar path[] = { '/', *name, '\0' };

    serve (t, path, 200, body, "Cache-Control: max-age=1000\r\n");
  }
  a = get (t, "/a");
  set_used (t, "/a", 5000);     /* the oldest, and held */
  b = get_file (t, "/b", body);
  set_used (t, "/b", 3000);
  c = get_file (t, "/c", body);
  g_assert_true (g_file_test (a.path, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (b, G_FILE_TEST_EXISTS));
  /* used a moment ago: too much for a while */
  d = get_file (t, "/d", body);
  g_assert_cmpuint (files_in (t->fetched), ==, 6);
  set_used (t, "/c", 200);
  set_used (t, "/d", 150);
  asp_source_status_clear (&a);
  e = get_file (t, "/e", body);
  g_assert_false (g_file_test (c, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (d, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (files_in (t->fetched), ==, 4);
  /* what has gone is fetched again */
  g_free (get_file (t, "/b", body));
  g_assert_cmpuint (requests (t, "/b"), ==, 2);
  /* a smaller limit, by the next process */
  close_cache (t);
  set_used (t, "/b", 200);
  set_used (t, "/e", 300);
  t->config.max_bytes = 1000;
  open_cache (t);
  g_assert_cmpuint (files_in (t->fetched), ==, 2);
  g_assert_cmpuint (requests (t, "/b"), ==, 2);
  g_free (get_file (t, "/b", body));
  g_assert_cmpuint (requests (t, "/b"), ==, 2);
}

/* --- kills and damage ---------------------------------------------------------------------- */

static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static gint
child (const gchar * folder, const gchar * url)
{
  AspSourceCacheConfig config = {.folder = folder };
  AspSourceStatus status;

  config.client = client_new ("127.0.0.1");
  asp_source_cache_want (asp_source_cache_new (&config, NULL), url, &status);
  g_usleep (WAIT_US);
  return 1;
}

/* In the middle of a file: nothing of it is left, and it is fetched whole by the next one. */
static void
test_killed (CacheTest * t, gconstpointer data)
{
  static const HttpFault drip = {.kind = HTTP_DRIP_BODY,.body = "a long drink of tea",.interval_ms = 100 };
  g_autofree gchar *url = http_faults_url (t->faults, "/a"), *tmp = g_build_filename (t->folder, "tmp", NULL);
  g_autofree gchar *expected = NULL;
  gchar *argv[] = { (gchar *) self, (gchar *) "child", t->folder, url, NULL };
  guint before;
  GPid pid;

  close_cache (t);
  http_faults_on (t->faults, "/a", &drip);
  serve (t, "/a", 200, "tea", "Cache-Control: max-age=1000\r\n");
  before = files_in (tmp);
  g_assert_true (g_spawn_async (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, die_with_parent, NULL, &pid, NULL));
  g_assert_true (http_faults_wait (t->faults, "/a", 1, 20000));
  g_usleep (300000);
  kill (pid, SIGKILL);
  waitpid (pid, NULL, 0);
  g_spawn_close_pid (pid);
  g_assert_cmpuint (files_in (tmp), >, before);
  g_assert_cmpuint (files_in (t->fetched), ==, 0);
  open_cache (t);
  g_assert_cmpuint (files_in (tmp), ==, 1);     /* its own */
  expected = get_file (t, "/a", "tea");
}

static void
put_text (const gchar * folder, const gchar * name, const gchar * text, guint seconds_ago)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  struct utimbuf times = {.modtime = g_get_real_time () / G_USEC_PER_SEC - seconds_ago };

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (utime (path, &times), ==, 0);
}

/* A kill between two names, a file that was cut, a note that cannot be read: as if they were not there. */
static void
test_damaged (CacheTest * t, gconstpointer data)
{
  g_autofree gchar *a = NULL, *again = NULL, *hex = g_strnfill (32, 'a'), *other = g_strnfill (32, 'b');
  g_autofree gchar *lone = g_strconcat (hex, "-0123456789abcdef.media", NULL);
  g_autofree gchar *young = g_strconcat (other, "-0123456789abcdef.media", NULL);
  g_autofree gchar *note = g_strconcat (hex, ".json", NULL);

  serve (t, "/a", 200, "tea", "Cache-Control: max-age=1000\r\n");
  a = get_file (t, "/a", "tea");
  close_cache (t);
  g_assert_true (g_file_set_contents (a, "t", 1, NULL));
  put_text (t->fetched, lone, "x", 5000);
  put_text (t->fetched, young, "x", 0);
  put_text (t->fetched, note, "{\"source_version\":1,\"url\":\"http://x/\",\"file\":\"../../etc/passwd\",\"bytes\":1,"
      "\"fresh_until_us\":9}", 0);
  put_text (t->fetched, "readme.txt", "of somebody else", 5000);
  open_cache (t);
  g_assert_cmpuint (files_in (t->fetched), ==, 3);      /* a, whose note was wrong; young, readme */
  again = get_file (t, "/a", "tea");
  g_assert_cmpstr (a, ==, again);
  g_assert_cmpuint (requests (t, "/a"), ==, 2);
}

/* A folder that cannot be used is told of. */
static void
test_no_folder (CacheTest * t, gconstpointer data)
{
  AspSourceCacheConfig config = {.folder = "/proc/none",.client = t->client };
  g_autoptr (GError) error = NULL;

  g_assert_null (asp_source_cache_new (&config, &error));
  g_assert_error (error, G_FILE_ERROR, error->code);
  g_assert_nonnull (strstr (error->message, "/proc/none"));
}

#define ADD(path, func) g_test_add ("/source-cache/" path, CacheTest, NULL, cache_setup, func, cache_teardown)

int
main (int argc, char **argv)
{
  self = argv[0];
  if (argc == 4 && !strcmp (argv[1], "child"))
    return child (argv[2], argv[3]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/source-cache/fresh-s", test_fresh_s);
  ADD ("fresh", test_fresh);
  ADD ("revalidated", test_revalidated);
  ADD ("changed", test_changed);
  ADD ("not-reachable", test_not_reachable);
  ADD ("taken-down", test_taken_down);
  ADD ("limit", test_limit);
  ADD ("killed", test_killed);
  ADD ("damaged", test_damaged);
  ADD ("no-folder", test_no_folder);
  return g_test_run ();
}
