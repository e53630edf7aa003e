/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Beacons against a server that counts them: once, in order, again where that is safe, and over
 * stops, starts and kills of the process.
 */
#include "http-faults.h"
#include "http-fetch.h"
#include "patience.h"
#include "scratch.h"

#include <asp-beacon-runner.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  HttpFaults *faults;
  AspHttpClient *client;
  AspStore *store;
  AspBeaconQueue *queue;
  GMutex lock;
  GCond cond;
  GString *told;                /* "event=outcome " */
  guint n_told;
} Net;

static void
on_report (const AspBeaconReport * report, gpointer user_data)
{
  Net *n = user_data;

  g_mutex_lock (&n->lock);
  g_string_append_printf (n->told, "%s=%s ", report->event,
      asp_beacon_outcome_name (report->outcome));
  g_assert_true ((report->why == NULL) == (report->outcome == ASP_BEACON_DELIVERED));
  g_assert_null (strstr (report->url, "secret"));
  n->n_told++;
  g_cond_signal (&n->cond);
  g_mutex_unlock (&n->lock);
}

static void
start_queue (Net * n, guint expires_s)
{
  AspBeaconQueueConfig config = { .expires_s = expires_s,.timeout_ms = 1500 * PATIENCE,.retry_ms = 100,
    .reported = on_report,.user_data = n
  };

  n->queue = asp_beacon_queue_new (n->store, n->client, &config);
}

static void
setup (Net * n, gconstpointer data)
{
  n->faults = http_faults_new ();
  n->client = client_new ("127.0.0.1");
  n->store = asp_store_new_memory ();
  n->told = g_string_new (NULL);
  g_mutex_init (&n->lock);
  g_cond_init (&n->cond);
  start_queue (n, 20);
}

static void
teardown (Net * n, gconstpointer data)
{
  asp_beacon_queue_free (n->queue, 0);
  asp_http_client_free (n->client);
  asp_store_free (n->store);
  http_faults_free (n->faults);
  g_string_free (n->told, TRUE);
  g_mutex_clear (&n->lock);
  g_cond_clear (&n->cond);
}

static void
add_for (Net * n, const gchar * asset, const gchar * event, const gchar * path)
{
  g_autofree gchar *url = http_faults_url (n->faults, path);
  AspBeaconOrder order = { "channel", "hSi2o1WIVgij", asset, event, path, url, "203.0.113.1", "TV/2" };

  asp_beacon_queue_add (n->queue, &order);
}

static void
add (Net * n, const gchar * event, const gchar * path)
{
  add_for (n, "asset", event, path);
}

static void
wait_told (Net * n, guint count)
{
  gint64 end_us = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  g_mutex_lock (&n->lock);
  while (n->n_told < count)
    if (!g_cond_wait_until (&n->cond, &n->lock, end_us))
      g_error ("only: %s", n->told->str);
  g_mutex_unlock (&n->lock);
}

static guint
n_seen (Net * n, const gchar * path)
{
  g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, path);

  return seen->len;
}

static void
answer (Net * n, const gchar * path, HttpFault fault)
{
  http_faults_on (n->faults, path, &fault);
}

static void
test_in_order_once (Net * n, gconstpointer data)
{
  static const gchar *const events[] = { "impression", "start", "firstQuartile", "midpoint",
    "thirdQuartile", "complete"
  };
  AspBeaconQueueStats stats;

  for (guint i = 0; i < 6; i++) {
    g_autofree gchar *path = g_strconcat ("/", events[i], NULL);

    answer (n, path, (HttpFault) { .status = 204, .delay_ms = i == 0 ? 100 : 0 });
  }
  for (guint twice = 0; twice < 2; twice++) {
    for (guint i = 0; i < 6; i++) {
      g_autofree gchar *path = g_strdup_printf ("/%s?secret=%u", events[i], i);

      add (n, events[i], path);
    }
  }
  wait_told (n, 6);
  /* the same again, when all is done */
  add (n, "start", "/start?secret=1");
  {
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, NULL);
    g_autofree gchar *ip = http_seen_header (seen->pdata[0], "X-Device-IP");

    g_assert_cmpuint (seen->len, ==, 6);
    for (guint i = 0; i < 6; i++)
      g_assert_true (g_str_has_prefix (((HttpSeen *) seen->pdata[i])->target + 1, events[i]));
    g_assert_cmpstr (ip, ==, "203.0.113.1");
  }
  do {
    g_usleep (1000);
    asp_beacon_queue_get_stats (n->queue, &stats);
  } while (stats.known < 7);
  g_assert_cmpuint (n_seen (n, NULL), ==, 6);
  g_assert_cmpuint (stats.outcomes[ASP_BEACON_DELIVERED], ==, 6);
  g_assert_cmpuint (stats.waiting, ==, 0);
}

static void
test_outcomes (Net * n, gconstpointer data)
{
  g_autofree gchar *private_url = g_strdup ("http://10.0.0.1/x");
  AspBeaconOrder inward = { "channel", "b", "in", "inward", "u", private_url, NULL, NULL };

  answer (n, "/gone", (HttpFault) { .status = 404 });
  answer (n, "/broken", (HttpFault) { .status = 500 });
  answer (n, "/silent", (HttpFault) { HTTP_SILENT });
  answer (n, "/reset", (HttpFault) { HTTP_RESET });
  answer (n, "/busy", (HttpFault) { .status = 503 });
  answer (n, "/busy", (HttpFault) { .status = 429 });
  answer (n, "/busy", (HttpFault) { .status = 200 });
  answer (n, "/moved", (HttpFault) { .status = 302, .location = "/there" });
  answer (n, "/there", (HttpFault) { .status = 200, .body = "GIF89a" });
  answer (n, "/endless", (HttpFault) { HTTP_ENDLESS });
  add_for (n, "1", "gone", "/gone");
  wait_told (n, 1);
  add_for (n, "2", "broken", "/broken");
  wait_told (n, 2);
  add_for (n, "3", "silent", "/silent");
  wait_told (n, 3);
  add_for (n, "4", "reset", "/reset");
  wait_told (n, 4);
  add_for (n, "5", "busy", "/busy");
  wait_told (n, 5);
  add_for (n, "6", "moved", "/moved");
  wait_told (n, 6);
  add_for (n, "7", "endless", "/endless");
  wait_told (n, 7);
  asp_beacon_queue_add (n->queue, &inward);
  wait_told (n, 8);
  g_assert_cmpstr (n->told->str, ==, "gone=refused broken=uncertain silent=uncertain "
      "reset=uncertain busy=delivered moved=delivered endless=delivered inward=refused ");
  /* nothing that may have counted was sent again */
  g_assert_cmpuint (n_seen (n, "/broken"), ==, 1);
  g_assert_cmpuint (n_seen (n, "/silent"), ==, 1);
  g_assert_cmpuint (n_seen (n, "/reset"), ==, 1);
  g_assert_cmpuint (n_seen (n, "/busy"), ==, 3);
}

/* A host that is down keeps its own beacons, in order, and nobody else's. */
static void
test_host_down (Net * n, gconstpointer data)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree gchar *first = g_strdup_printf ("http://127.0.0.1:%u/1", port);
  g_autofree gchar *second = g_strdup_printf ("http://127.0.0.1:%u/2", port);
  AspBeaconOrder a = { "channel", "b", "asset", "down1", first, first, NULL, NULL };
  AspBeaconOrder b = { "channel", "b", "asset", "down2", second, second, NULL, NULL };

  g_socket_listener_close (listener);
  asp_beacon_queue_free (n->queue, 0);
  start_queue (n, 1);
  answer (n, "/up", (HttpFault) { .status = 204 });
  asp_beacon_queue_add (n->queue, &a);
  asp_beacon_queue_add (n->queue, &b);
  add (n, "up", "/up");
  wait_told (n, 1);
  g_assert_cmpstr (n->told->str, ==, "up=delivered ");
  wait_told (n, 3);
  g_assert_cmpstr (n->told->str, ==, "up=delivered down1=expired down2=expired ");
}

/* What is due when the queue ends is fired by the next one, and only that. */
static void
test_restart (Net * n, gconstpointer data)
{
  for (guint i = 0; i < 20; i++) {
    g_autofree gchar *path = g_strdup_printf ("/%02u", i);

    answer (n, path, (HttpFault) { .status = 503 });
    answer (n, path, (HttpFault) { .status = 204 });
    add (n, path + 1, path);
  }
  /* the first is asked to wait, and all others behind it */
  g_assert_true (http_faults_wait (n->faults, "/00", 1, 10000));
  asp_beacon_queue_free (n->queue, 0);
  g_assert_cmpuint (n->n_told, ==, 0);
  g_assert_cmpuint (n_seen (n, NULL), ==, 1);
  start_queue (n, 20);
  wait_told (n, 20);
  {
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, NULL);
    gchar last[4] = "";

    for (guint i = 0; i < seen->len; i++) {
      g_assert_cmpstr (((HttpSeen *) seen->pdata[i])->target, >=, last);
      g_strlcpy (last, ((HttpSeen *) seen->pdata[i])->target, sizeof last);
    }
    g_assert_cmpuint (seen->len, ==, 40);
  }
  asp_beacon_queue_free (n->queue, 0);
  start_queue (n, 20);
  add (n, "00", "/00");
  asp_beacon_queue_free (n->queue, 1000);
  g_assert_cmpuint (n_seen (n, NULL), ==, 40);
  start_queue (n, 20);
}

/* Many audiences at once: each in its own order. */
static void
test_many (Net * n, gconstpointer data)
{
  guint next[100] = { 0, };
  gint64 begin_us = g_get_monotonic_time ();

  answer (n, "/b", (HttpFault) { .status = 204 });
  for (guint i = 0; i < 2000; i++) {
    g_autofree gchar *audience = g_strdup_printf ("viewer%u", i % 100);
    g_autofree gchar *path = g_strdup_printf ("/b?%u-%u", i % 100, i / 100);
    g_autofree gchar *url = http_faults_url (n->faults, path);
    AspBeaconOrder order = { audience, "b", "asset", "e", path, url, NULL, NULL };

    asp_beacon_queue_add (n->queue, &order);
  }
  wait_told (n, 2000);
  g_test_message ("2000 beacons of 100 audiences in %d ms",
      (int) ((g_get_monotonic_time () - begin_us) / 1000));
  {
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, NULL);

    g_assert_cmpuint (seen->len, ==, 2000);
    for (guint i = 0; i < 2000; i++) {
      guint audience, number;

      g_assert_cmpint (sscanf (((HttpSeen *) seen->pdata[i])->target, "/b?%u-%u", &audience,
              &number), ==, 2);
      g_assert_cmpuint (audience, <, 100);
      g_assert_cmpuint (number, ==, next[audience]++);
    }
  }
}

/* What is in the store and cannot be read is left alone, at every length of a note. */
static void
test_damaged (Net * n, gconstpointer data)
{
  static const gchar note[] = "{\"version\":1,\"number\":7,\"audience\":\"channel\",\"url\":"
      "\"http://127.0.0.1:1/\",\"due_us\":1,\"expires_us\":2}";

  asp_beacon_queue_free (n->queue, 0);
  for (gsize size = 0; size <= strlen (note); size++) {
    g_autofree gchar *key = g_strdup_printf ("beacon/%03u", (guint) size);
    g_autoptr (GBytes) value = g_bytes_new_static (note, size);

    g_assert_true (asp_store_put_if_absent (n->store, key, value, 0, NULL, NULL));
  }
  start_queue (n, 20);
  /* only the whole one is a beacon, and too old */
  wait_told (n, 1);
  g_assert_cmpstr (n->told->str, ==, "=expired ");
  answer (n, "/good", (HttpFault) { .status = 204 });
  add (n, "good", "/good");
  wait_told (n, 2);
}

/* A clean end waits for what is due, but not for ever. */
static void
test_drain (Net * n, gconstpointer data)
{
  gint64 begin_us;

  answer (n, "/slow", (HttpFault) { .status = 204, .delay_ms = 100 });
  answer (n, "/silent", (HttpFault) { HTTP_SILENT });
  add (n, "a", "/slow?1");
  add (n, "b", "/slow?2");
  asp_beacon_queue_free (n->queue, 10000);
  g_assert_cmpstr (n->told->str, ==, "a=delivered b=delivered ");
  start_queue (n, 20);
  add (n, "c", "/silent");
  g_assert_true (http_faults_wait (n->faults, "/silent", 1, 10000));
  begin_us = g_get_monotonic_time ();
  asp_beacon_queue_free (n->queue, 50);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, <, PROMPT_US);
  start_queue (n, 20);
}

/* A break as the splicer tells of it, to what the server has seen. */
static void
test_runner (Net * n, gconstpointer data)
{
  static const gchar *const events[] = { "impression", "start", "firstQuartile", "midpoint",
    "thirdQuartile", "complete"
  };
  g_autoptr (AspAdAvail) avail = asp_ad_avail_new ("hSi2o1WIVgij", ASP_AD_ROLL_PREROLL, 1800000);
  AspBeaconRunner *runner = asp_beacon_runner_new (n->queue, NULL);
  g_autofree gchar *base = http_faults_url (n->faults, "");
  gint64 pts90k = 8589934000;   /* over the wrap */

  for (guint i = 0; i < 6; i++) {
    g_autofree gchar *path = g_strconcat ("/", events[i], NULL);

    answer (n, path, (HttpFault) { .status = 204 });
  }
  for (guint a = 0; a < 2; a++) {
    g_autofree gchar *asset = g_strdup_printf ("asset%u", a);
    AspAd *ad = asp_ad_new (asset, 720000);

    for (guint i = 0; i < 6; i++) {
      g_autofree gchar *url = g_strdup_printf ("%s/%s?p=[PODSEQUENCE]&h=[ADPLAYHEAD]&b=[BREAKPOSITION]"
          "&cb=[CACHEBUSTING]", base, events[i]);

      asp_ad_part_list_add (i == 0 ? &ad->trackers : &ad->creative.trackers,
          asp_ad_tracker_new (events[i], url));
    }
    g_ptr_array_add (avail->pod.ads, ad);
  }
  asp_beacon_runner_passed (runner, pts90k);
  asp_beacon_runner_decided (runner, avail, NULL);
  asp_beacon_runner_break_started (runner, "unknownbreak", pts90k);
  asp_beacon_runner_break_started (runner, "hSi2o1WIVgij", pts90k);
  asp_beacon_runner_creative_started (runner, "hSi2o1WIVgij", 1, pts90k, 0);
  for (guint frame = 0; frame < 200; frame++)
    asp_beacon_runner_passed (runner, (pts90k + 3600 * frame) % 8589934592);
  asp_beacon_runner_creative_ended (runner, "hSi2o1WIVgij", 1, pts90k + 720000, TRUE);
  asp_beacon_runner_creative_started (runner, "hSi2o1WIVgij", 2, pts90k + 720000, 0);
  wait_told (n, 8);
  asp_beacon_runner_break_ended (runner, "hSi2o1WIVgij", pts90k + 1180000);
  asp_beacon_runner_passed (runner, pts90k + 9000000);
  wait_told (n, 10);
  asp_beacon_runner_free (runner);
  asp_beacon_queue_free (n->queue, 10000);
  {
    g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, NULL);

    /* the second one was cut behind its half */
    g_assert_cmpuint (seen->len, ==, 10);
    for (guint i = 0; i < 10; i++) {
      const HttpSeen *s = seen->pdata[i];
      g_autofree gchar *begin = g_strdup_printf ("/%s?p=%u&h=00%%3A00%%3A0", events[i % 6], i / 6 + 1);

      g_assert_true (g_str_has_prefix (s->target, begin));
      g_assert_nonnull (strstr (s->target, "&b=1&cb="));
    }
    g_assert_nonnull (strstr (((HttpSeen *) seen->pdata[3])->target, "h=00%3A00%3A04.000"));
  }
  start_queue (n, 20);
}

static void
fire_for_ever (const gchar * path, const gchar * base, guint round)
{
  AspHttpClient *client = client_new ("127.0.0.1");
  AspStore *store = asp_store_open (path, FALSE, NULL);
  AspBeaconQueueConfig config = { .retry_ms = 10 };
  AspBeaconQueue *queue = asp_beacon_queue_new (store, client, &config);

  for (guint i = 0;; i++) {
    g_autofree gchar *url = g_strdup_printf ("%s/b?n=%u-%u", base, round, i);
    AspBeaconOrder order = { "channel", "b", "asset", "start", url, url, NULL, NULL };

    asp_beacon_queue_add (queue, &order);
    g_usleep (500);
  }
}

/* Killed at any moment: what it had begun to keep is fired by the next one, and a beacon is
 * fired twice only where the kill came between its answer and its note. */
static void
test_kill (void)
{
  g_autofree gchar *folder = scratch_folder_new ("beacons");
  g_autofree gchar *path = g_build_filename (folder, "s.db", NULL);
  HttpFaults *faults = http_faults_new ();
  g_autofree gchar *base = http_faults_url (faults, "");
  g_autoptr (GHashTable) counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint twice = 0, fired;

  http_faults_on (faults, "/b", &(HttpFault) { .status = 204 });
  for (guint round = 0; round < 5; round++) {
    pid_t child = fork ();

    if (child == 0) {
      alarm (60);
      execl ("/proc/self/exe", "test-beacon-queue", "--fire", path, base, round == 0 ? "0" :
          round == 1 ? "1" : round == 2 ? "2" : round == 3 ? "3" : "4", NULL);
      _exit (1);
    }
    g_assert_true (http_faults_wait (faults, "/b", 1 + round * 10, 30000));
    g_usleep (g_test_rand_int_range (0, 100000));
    kill (child, SIGKILL);
    waitpid (child, NULL, 0);
  }
  {
    AspHttpClient *client = client_new ("127.0.0.1");
    AspStore *store = asp_store_open (path, FALSE, NULL);
    AspBeaconQueue *queue = asp_beacon_queue_new (store, client, NULL);

    asp_beacon_queue_free (queue, 20000);
    {
      g_autoptr (GPtrArray) kept = asp_store_get_all (store, "beacon/", 0, NULL);
      g_autoptr (GPtrArray) seen = http_faults_seen (faults, NULL);

      for (guint i = 0; i < kept->len; i++)
        g_assert_nonnull (g_strstr_len (g_bytes_get_data (((AspStoreItem *) kept->pdata[i])->value,
                    NULL), g_bytes_get_size (((AspStoreItem *) kept->pdata[i])->value), "delivered"));
      for (guint i = 0; i < seen->len; i++)
        twice += !g_hash_table_add (counts, g_strdup (((HttpSeen *) seen->pdata[i])->target));
      fired = g_hash_table_size (counts);
      g_test_message ("%u beacons kept, %u fired, %u of them twice, over 5 kills", kept->len, fired,
          twice);
      g_assert_cmpuint (fired, ==, kept->len);
      /* one lane: at most one was under way at each kill */
      g_assert_cmpuint (twice, <=, 5);
    }
    asp_store_free (store);
    asp_http_client_free (client);
  }
  http_faults_free (faults);
}

#define QUEUE_TEST(path, func) g_test_add ("/beacon-queue/" path, Net, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  if (argc > 4 && !strcmp (argv[1], "--fire"))
    fire_for_ever (argv[2], argv[3], atoi (argv[4]));
  g_test_init (&argc, &argv, NULL);
  QUEUE_TEST ("in-order-once", test_in_order_once);
  QUEUE_TEST ("outcomes", test_outcomes);
  QUEUE_TEST ("host-down", test_host_down);
  QUEUE_TEST ("restart", test_restart);
  QUEUE_TEST ("many", test_many);
  QUEUE_TEST ("damaged", test_damaged);
  QUEUE_TEST ("drain", test_drain);
  QUEUE_TEST ("runner", test_runner);
  g_test_add_func ("/beacon-queue/kill", test_kill);
  return g_test_run ();
}
