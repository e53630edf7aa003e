/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A test ad decision server: it answers every ad request with what the request asks for,
 * bad answers too, and remembers every beacon. For demos and tests; never for an open network.
 *
 *   ads-server [--listen 127.0.0.1:8090] [--media FOLDER] [--post]
 *
 * Creatives are the .mp4, .ts and .m4s files of FOLDER, in order of name, served below /media/. A
 * name like soap-15s.mp4 says how long the creative is. With --post ad requests may be made by POST
 * too, with a body that is remembered; then pages of other origins may not read the answers.
 *
 *   GET /vast            a VAST document. Parameters:
 *     ads=N              ads, 0 = no fill (1)
 *     dur=15,30          their lengths in seconds, the last one again and again (from the name, else 15)
 *     media=A,B          file names or URLs of their creatives (the folder's in turn)
 *     mezzanine=URL      one more, as Mezzanine (VAST 4)
 *     pod=0|1            with sequence (1 when there are several)
 *     wrap=N             behind N wrappers, each with trackers of its own (`level` in their URLs)
 *     loop=1             a wrapper that leads back to itself
 *     followAdditionalWrappers= allowMultipleAds= fallbackOnNoAd=true|false    of the wrappers
 *     v=2.0 ... 4.3      (4.2)
 *     id=TEXT            begins the ids of the ads (ad): ad-1, ad-2 ...
 *     uid=TEXT           UniversalAdId of all of them ("unknown" as well)
 *     category=TEXT advertiser=A,B
 *     expires=N,M        seconds, the last one again and again; 0 = not said (VAST 4)
 *     sid=TEXT           the session that the beacons are counted for (default)
 *     delay=MS           the answer comes later
 *     status=N           an HTTP status instead of an answer: 204, 404, 500 ...
 *     redirect=URL       302 to there
 *     fault=             html, empty, cut (half a document), dtd, xxe, bom, latin1, no-media, bomb (64 MiB,
 *                        as gzip 64 KiB), redirect-loop
 *     at=LEVEL           delay, status, redirect and fault come at this wrapper (0 is the first
 *                        document) instead of at the ads
 *   GET /vmap            a VMAP document with one break of these
 *   GET /beacon/EVENT    is remembered and answered 204; status=N and delay=MS as above
 *   GET /beacons?sid=    what was fired, in order, as JSON: number, time, event, ad, query, headers
 *   GET /requests?sid=   the ad requests, the same way
 *   GET /reset?sid=      forgets them
 *
 * Without sid the last three speak of all sessions.
 */
#include <asp-http-path.h>
#include <asp-http-server.h>

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ads-log.h"
#include "ads-script.h"

typedef struct
{
  GPtrArray *media;             /* AdsMedia */
  AdsLog *log;
} Server;

/* TRUE when the answer is still to wait. */
static gboolean
hold (const AspHttpRequest * request, AspHttpReply * reply, guint delay_ms)
{
  if (delay_ms == 0 || request->expired || request->waited_us >= (guint64) delay_ms * 1000)
    return FALSE;
  /* nothing is ever published: the time alone ends it */
  asp_http_reply_wait (reply, request->generation + 1, delay_ms);
  return TRUE;
}

static void
reply_text (AspHttpReply * reply, GBytes * text, const gchar * type, gboolean compress)
{
  g_autoptr (AspHttpBody) body = asp_http_body_new (text, type, NULL, compress);

  asp_http_reply_body (reply, body);
}

static void
on_ads (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  Server *s = user_data;
  const gchar *host = asp_http_request_header (request, "Host");
  g_autofree gchar *base = g_strconcat ("http://", host ? host : "localhost", NULL);
  AdsAnswer answer;

  ads_answer (base, request->path, request->query, s->media, &answer);
  if (request->waited_us == 0)
    ads_log_add (s->log, "request", request->path, request);
  if (hold (request, reply, answer.delay_ms)) {
    ads_answer_clear (&answer);
    return;
  }
  if (answer.location)
    asp_http_reply_header (reply, "Location", answer.location);
  if (answer.kind == ADS_VAST && strcmp (request->method, "GET") != 0)
    asp_http_reply_content (reply, 200, answer.type, answer.text);
  else if (answer.kind == ADS_VAST)
    reply_text (reply, answer.text, answer.type, g_bytes_get_size (answer.text) > 1000);
  else
    asp_http_reply_status (reply, answer.status);
  ads_answer_clear (&answer);
}

static void
on_beacon (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  Server *s = user_data;
  guint64 status = 204, delay_ms = 0;

  asp_http_query_number (request->query, "status", &status);
  asp_http_query_number (request->query, "delay", &delay_ms);
  if (request->waited_us == 0)
    ads_log_add (s->log, "beacon", request->path + strlen ("/beacon/"), request);
  if (!hold (request, reply, MIN (delay_ms, 60000)))
    asp_http_reply_status (reply, CLAMP (status, 200, 599));
}

static void
on_log (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  Server *s = user_data;
  g_autofree gchar *sid = asp_http_query_value (request->query, "sid");
  gchar *text = ads_log_to_json (s->log, strcmp (request->path, "/requests") ? "beacon" : "request",
      sid);
  g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));

  reply_text (reply, bytes, "application/json", FALSE);
}

static void
on_reset (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  Server *s = user_data;
  g_autofree gchar *sid = asp_http_query_value (request->query, "sid");

  ads_log_reset (s->log, sid);
  asp_http_reply_status (reply, 204);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(AdsMedia * const *) a)->name, (*(AdsMedia * const *) b)->name);
}

static GPtrArray *
list_media (const gchar * folder)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) ads_media_free);
  g_autoptr (GDir) dir = folder ? g_dir_open (folder, 0, NULL) : NULL;
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)) != NULL)
    if (asp_http_content_type (name) && !asp_http_is_playlist (name) && name[0] != '.')
      g_ptr_array_add (list, ads_media_new (name));
  g_ptr_array_sort (list, compare_names);
  return list;
}

static AspHttpServer *
make_server (Server * s, AspHttpTopic * topic, const gchar * media_folder, gboolean post)
{
  AspHttpLimits limits = { .max_clients = 512,.threads = 2 };
  AspHttpFolder folder = { .media_max_age_s = 60 };
  AspHttpServer *server = asp_http_server_new (&limits);

  asp_http_server_add_handler (server, "/vast", topic, on_ads, s);
  asp_http_server_add_handler (server, "/vmap", topic, on_ads, s);
  asp_http_server_add_handler (server, "/beacon/", topic, on_beacon, s);
  asp_http_server_add_handler (server, "/beacons", NULL, on_log, s);
  asp_http_server_add_handler (server, "/requests", NULL, on_log, s);
  asp_http_server_add_handler (server, "/reset", NULL, on_reset, s);
  if (post)
    asp_http_server_set_writable (server, 64 * 1024);
  if (media_folder)
    asp_http_server_add_folder (server, "/media/", media_folder, &folder);
  return server;
}

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static int
run (const gchar * listen, const gchar * media_folder, gboolean post)
{
  Server s = { list_media (media_folder), ads_log_new () };
  AspHttpTopic *topic = asp_http_topic_new ();
  AspHttpServer *server = make_server (&s, topic, media_folder, post);
  g_autoptr (GError) error = NULL;
  int status = EXIT_FAILURE;

  if (asp_http_server_start (server, listen, &error)) {
    g_autofree gchar *address = asp_http_server_dup_address (server);
    g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

    g_print ("ads at http://%s/vast?ads=2, beacons at http://%s/beacons, %u creatives\n", address,
        address, s.media->len);
    /* who reads this from a pipe wants to know the port now */
    fflush (stdout);
    g_unix_signal_add (SIGINT, on_signal, loop);
    g_unix_signal_add (SIGTERM, on_signal, loop);
    g_main_loop_run (loop);
    status = EXIT_SUCCESS;
  } else {
    g_printerr ("ads-server: %s\n", error->message);
  }
  asp_http_server_free (server);
  asp_http_topic_unref (topic);
  g_ptr_array_unref (s.media);
  ads_log_free (s.log);
  return status;
}

int
main (int argc, char **argv)
{
  g_autofree gchar *listen = NULL;
  g_autofree gchar *media = NULL;
  gboolean post = FALSE;
  const GOptionEntry entries[] = {
    {"listen", 'l', 0, G_OPTION_ARG_STRING, &listen, "HOST:PORT (127.0.0.1:8090); port 0 takes any",
        "ADDRESS"},
    {"media", 'm', 0, G_OPTION_ARG_FILENAME, &media, "folder with creatives", "FOLDER"},
    {"post", 'p', 0, G_OPTION_ARG_NONE, &post, "ad requests may be made by POST too", NULL},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- a test ad decision server");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("ads-server: %s\n", error->message);
    return EXIT_FAILURE;
  }
  return run (listen ? listen : "127.0.0.1:8090", media, post);
}
