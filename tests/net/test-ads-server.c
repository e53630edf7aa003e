/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * examples/ads-server as a program: test-ads-server PATH-TO-IT. What each parameter does, and
 * that every beacon is remembered.
 */
#include "http-fetch.h"
#include "scratch.h"

#include <asp-json-reader.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

static const gchar *program;

/* A test that fails leaves no server behind. */
static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

typedef struct
{
  GSubprocess *process;
  AspHttpClient *client;
  gchar *folder, *base;
} Ads;

static void
ads_setup (Ads * a, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree gchar *line = NULL;
  g_autofree gchar *first = NULL;
  g_autofree gchar *second = NULL;

  a->folder = scratch_folder_new ("ads");
  first = g_build_filename (a->folder, "bread-20s.mp4", NULL);
  second = g_build_filename (a->folder, "soap-5s.mp4", NULL);
  g_assert_true (g_file_set_contents (first, "bread", -1, NULL));
  g_assert_true (g_file_set_contents (second, "soap", -1, NULL));
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  a->process = g_subprocess_launcher_spawn (launcher, &error, program, "--listen", "127.0.0.1:0",
      "--media", a->folder, data, NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (a->process));
  line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
  g_assert_nonnull (line);
  g_assert_nonnull (strstr (line, "2 creatives"));
  g_assert_true (g_str_has_prefix (line, "ads at http://"));
  *strstr (line, "/vast") = '\0';
  a->base = g_strdup (line + strlen ("ads at "));
  a->client = client_new ("127.0.0.1");
}

static void
ads_teardown (Ads * a, gconstpointer data)
{
  g_autofree gchar *first = g_build_filename (a->folder, "bread-20s.mp4", NULL);
  g_autofree gchar *second = g_build_filename (a->folder, "soap-5s.mp4", NULL);

  asp_http_client_free (a->client);
  g_subprocess_send_signal (a->process, SIGTERM);
  g_assert_true (g_subprocess_wait_check (a->process, NULL, NULL));
  g_object_unref (a->process);
  g_unlink (first);
  g_unlink (second);
  g_rmdir (a->folder);
  g_free (a->folder);
  g_free (a->base);
}

static Fetched *
get_url (Ads * a, const gchar * url)
{
  static const gchar *const headers[] = { "Referer", "http://page.example/", NULL };
  AspHttpCall call = { .url = url,.device_ip = "198.51.100.4",.device_user_agent = "TV/1",
    .headers = headers
  };

  return fetch (a->client, &call);
}

static Fetched *
get (Ads * a, const gchar * target)
{
  g_autofree gchar *url = g_strconcat (a->base, target, NULL);

  return get_url (a, url);
}

static gchar *
get_text (Ads * a, const gchar * target)
{
  g_autoptr (Fetched) f = get (a, target);

  g_assert_cmpint (f->error, ==, -1);
  g_assert_cmpuint (f->status, ==, 200);
  return fetched_text (f);
}

static guint
count (const gchar * text, const gchar * what)
{
  guint n = 0;

  for (const gchar * p = strstr (text, what); p; p = strstr (p + 1, what))
    n++;
  return n;
}

/* The text between the first @open and @close behind it. */
static gchar *
between (const gchar * text, const gchar * open, const gchar * close)
{
  const gchar *from = strstr (text, open), *to;

  g_assert_nonnull (from);
  from += strlen (open);
  to = strstr (from, close);
  g_assert_nonnull (to);
  return g_strndup (from, to - from);
}

static void
test_pod (Ads * a, gconstpointer data)
{
  g_autofree gchar *one = get_text (a, "/vast");
  g_autofree gchar *pod = get_text (a, "/vast?ads=3&id=x&uid=A%26B&category=IAB1&advertiser=p,q");
  g_autofree gchar *buffet = get_text (a, "/vast?ads=2&pod=0&dur=15,30&media=http://cdn.example/a.mp4");
  g_autofree gchar *none = get_text (a, "/vast?ads=0");
  g_autofree gchar *old = get_text (a, "/vast?v=2.0");
  g_autofree gchar *vmap = get_text (a, "/vmap?ads=2");
  g_autofree gchar *media = between (one, "bitrate=\"3000\"><![CDATA[", "]]>");
  g_autoptr (Fetched) creative = get_url (a, media);

  g_assert_cmpuint (count (one, "<Ad "), ==, 1);
  g_assert_null (strstr (one, "sequence="));
  g_assert_nonnull (strstr (one, "<Duration>00:00:20</Duration>"));
  g_assert_nonnull (strstr (one, "version=\"4.2\""));
  g_assert_cmpuint (creative->status, ==, 200);
  g_assert_cmpuint (creative->size, ==, 5);
  g_assert_cmpuint (count (pod, "<Ad "), ==, 3);
  g_assert_nonnull (strstr (pod, "<Ad id=\"x-3\" sequence=\"3\">"));
  g_assert_nonnull (strstr (pod, "soap-5s.mp4"));
  g_assert_nonnull (strstr (pod, ">A&amp;B</UniversalAdId>"));
  g_assert_cmpuint (count (pod, "<Advertiser>q</Advertiser>"), ==, 2);
  g_assert_cmpuint (count (buffet, "sequence="), ==, 0);
  g_assert_nonnull (strstr (buffet, "00:00:30"));
  g_assert_cmpuint (count (buffet, "<![CDATA[http://cdn.example/a.mp4]]>"), ==, 2);
  g_assert_cmpuint (count (none, "<Ad "), ==, 0);
  g_assert_cmpuint (count (none, "<Error>"), ==, 1);
  g_assert_cmpuint (count (old, "UniversalAdId"), ==, 0);
  g_assert_cmpuint (count (old, "event=\"progress"), ==, 0);
  g_assert_nonnull (strstr (vmap, "/vast?ads=2]]></vmap:AdTagURI>"));
}

static void
test_wrappers (Ads * a, gconstpointer data)
{
  g_autofree gchar *url = g_strconcat (a->base, "/vast?wrap=3&ads=2&allowMultipleAds=false", NULL);
  g_autofree gchar *loop = get_text (a, "/vast?loop=1&x=y");
  g_autofree gchar *again = between (loop, "<VASTAdTagURI><![CDATA[", "]]>");

  for (guint level = 0; level < 3; level++) {
    g_autoptr (Fetched) f = get_url (a, url);
    g_autofree gchar *text = fetched_text (f);
    g_autofree gchar *own = g_strdup_printf ("level=%u&", level);

    g_assert_cmpuint (count (text, "<Wrapper"), ==, 1);
    g_assert_nonnull (strstr (text, "allowMultipleAds=\"false\""));
    g_assert_nonnull (strstr (text, own));
    g_free (url);
    url = between (text, "<VASTAdTagURI><![CDATA[", "]]>");
  }
  {
    g_autoptr (Fetched) f = get_url (a, url);
    g_autofree gchar *text = fetched_text (f);

    g_assert_cmpuint (count (text, "<InLine>"), ==, 2);
    g_assert_nonnull (strstr (text, "level=3&"));
  }
  g_assert_true (g_str_has_suffix (again, "/vast?loop=1&x=y"));
}

static void
test_faults (Ads * a, gconstpointer data)
{
  g_autofree gchar *html = get_text (a, "/vast?fault=html");
  g_autofree gchar *empty = get_text (a, "/vast?fault=empty");
  g_autofree gchar *cut = get_text (a, "/vast?fault=cut");
  g_autofree gchar *dtd = get_text (a, "/vast?fault=dtd");
  g_autofree gchar *xxe = get_text (a, "/vast?fault=xxe");
  g_autofree gchar *bom = get_text (a, "/vast?fault=bom");
  g_autofree gchar *latin = get_text (a, "/vast?fault=latin1");
  g_autofree gchar *bare = get_text (a, "/vast?fault=no-media");
  g_autofree gchar *above = get_text (a, "/vast?wrap=1&status=500");
  g_autoptr (Fetched) status = get (a, "/vast?status=500");
  g_autoptr (Fetched) at = get (a, "/vast?wrap=2&status=404&at=0");
  g_autoptr (Fetched) none = get (a, "/vast?status=204");
  g_autoptr (Fetched) late = get (a, "/vast?delay=400");
  g_autoptr (Fetched) circle = get (a, "/vast?fault=redirect-loop");
  g_autoptr (Fetched) away = get (a, "/vast?redirect=http%3A%2F%2F10.0.0.1%2F");
  g_autoptr (Fetched) bomb = get (a, "/vast?fault=bomb");

  g_assert_nonnull (strstr (html, "<html>"));
  g_assert_cmpstr (empty, ==, "");
  g_assert_null (strstr (cut, "</VAST>"));
  g_assert_nonnull (strstr (dtd, "<!DOCTYPE"));
  g_assert_nonnull (strstr (xxe, "file:///etc/passwd"));
  g_assert_true (g_str_has_prefix (bom, "\xef\xbb\xbf<?xml"));
  g_assert_nonnull (strstr (latin, "ISO-8859-1"));
  g_assert_null (strstr (bare, "<MediaFile "));
  g_assert_nonnull (strstr (above, "<Wrapper"));
  g_assert_cmpuint (status->status, ==, 500);
  g_assert_cmpuint (at->status, ==, 404);
  g_assert_cmpuint (none->status, ==, 204);
  g_assert_cmpuint (late->status, ==, 200);
  g_assert_cmpint (late->elapsed_us, >=, 400000);
  g_assert_cmpint (circle->error, ==, ASP_HTTP_CLIENT_ERROR_REDIRECT);
  g_assert_cmpint (away->error, ==, ASP_HTTP_CLIENT_ERROR_ADDRESS);
  g_assert_cmpint (bomb->error, ==, ASP_HTTP_CLIENT_ERROR_SIZE);
}

static const gchar *
member (const AspJson * object, const gchar * name)
{
  return asp_json_string (asp_json_member (object, name));
}

static void
test_beacons (Ads * a, gconstpointer data)
{
  static const gchar *const events[] = { "impression", "start", "midpoint", "complete" };
  g_autofree gchar *vast = get_text (a, "/vast?sid=s1");
  g_autoptr (AspJson) root = NULL;
  gint64 last_n = 0, last_us = 0;

  for (guint i = 0; i < G_N_ELEMENTS (events); i++) {
    g_autofree gchar *open = g_strdup_printf ("<![CDATA[%s/beacon/%s?", a->base, events[i]);
    g_autofree gchar *query = between (vast, open, "]]>");
    g_autofree gchar *target = g_strdup_printf ("/beacon/%s?%s", events[i], query);
    g_autoptr (Fetched) f = get (a, target);

    g_assert_cmpuint (f->status, ==, 204);
  }
  {
    g_autoptr (Fetched) other = get (a, "/beacon/start?sid=s2&status=503&delay=100");
    g_autofree gchar *mine = get_text (a, "/beacons?sid=s1");
    g_autofree gchar *all = get_text (a, "/beacons");
    g_autofree gchar *asked = get_text (a, "/requests?sid=s1");

    g_assert_cmpuint (other->status, ==, 503);
    g_assert_cmpint (other->elapsed_us, >=, 100000);
    g_assert_cmpuint (count (all, "\"event\""), ==, 5);
    g_assert_cmpuint (count (asked, "\"event\":\"/vast\""), ==, 1);
    root = asp_json_parse (mine, strlen (mine), NULL);
  }
  g_assert_cmpuint (asp_json_length (asp_json_member (root, "beacons")), ==, 4);
  for (guint i = 0; i < 4; i++) {
    const AspJson *b = asp_json_element (asp_json_member (root, "beacons"), i);
    const AspJson *headers = asp_json_member (b, "headers");
    gint64 n, time_us;

    g_assert_cmpstr (member (b, "event"), ==, events[i]);
    g_assert_cmpstr (member (b, "ad"), ==, "ad-1");
    g_assert_cmpstr (member (headers, "X-Device-IP"), ==, "198.51.100.4");
    g_assert_cmpstr (member (headers, "X-Device-User-Agent"), ==, "TV/1");
    g_assert_cmpstr (member (headers, "Referer"), ==, "http://page.example/");
    g_assert_true (asp_json_integer (asp_json_member (b, "n"), &n) && n > last_n);
    g_assert_true (asp_json_integer (asp_json_member (b, "time_us"), &time_us));
    g_assert_cmpint (time_us, >=, last_us);
    last_n = n;
    last_us = time_us;
  }
  {
    g_autoptr (Fetched) gone = get (a, "/reset?sid=s1");
    g_autofree gchar *left = get_text (a, "/beacons");

    g_assert_cmpuint (gone->status, ==, 204);
    g_assert_cmpuint (count (left, "\"event\""), ==, 1);
  }
}

static void
test_post (Ads * a, gconstpointer data)
{
  g_autofree gchar *url = g_strconcat (a->base, "/vast?ads=2", NULL);
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"imp\":[1]}", 11);
  g_autoptr (Fetched) f = fetch (a->client, &(AspHttpCall) { .url = url, .body = body,
        .body_type = "application/json" });
  g_autofree gchar *vast = fetched_text (f);
  g_autofree gchar *asked = get_text (a, "/requests");
  g_autofree gchar *still = get_text (a, "/vast");

  g_assert_cmpuint (f->status, ==, 200);
  g_assert_cmpuint (count (vast, "<InLine>"), ==, 2);
  g_assert_nonnull (strstr (asked, "\"method\":\"POST\""));
  g_assert_nonnull (strstr (asked, "\"body\":\"{\\\"imp\\\":[1]}\""));
  g_assert_nonnull (strstr (asked, "\"Content-Type\":\"application/json\""));
  g_assert_cmpuint (count (still, "<InLine>"), ==, 1);
}

#define ADS_TEST(path, func) g_test_add ("/ads-server/" path, Ads, NULL, ads_setup, func, ads_teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, >, 1);
  program = argv[1];
  ADS_TEST ("pod", test_pod);
  ADS_TEST ("wrappers", test_wrappers);
  ADS_TEST ("faults", test_faults);
  ADS_TEST ("beacons", test_beacons);
  g_test_add ("/ads-server/post", Ads, "--post", ads_setup, test_post, ads_teardown);
  return g_test_run ();
}
