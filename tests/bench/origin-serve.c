/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An origin (gst/net) by itself, for measurements and for tests with other servers in
 * front of it.
 *
 *   origin-serve FOLDER [PART-MS [CERTIFICATE KEY]]
 *
 * FOLDER is served at /live/. /blocked/playlist.m3u8 is published anew every PART-MS (333);
 * with ?_HLS_msn=M&_HLS_part=N it is held until that part is there. Its lines "# next=" and
 * "# published-ns=" are for http-load. /stats says what the server has counted. Prints the
 * address, and runs until its input ends.
 */
#include <asp-http-server.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PARTS 6                 /* of a segment */
#define HOLD_MAX_MS 18000
#define PART_MAX_AGE_S 1
#define STATS_LENGTH 256

typedef struct
{
  AspHttpTopic *topic;
  AspHttpServer *server;
  guint part_ms;
  GMutex lock;
  GCond cond;
  gboolean stopping;
} Channel;

/* Long enough to be like a real one: a window of 15 segments and its parts. */
static AspHttpBody *
render (guint64 generation)
{
  GString *text = g_string_new ("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n");
  guint64 msn = generation / PARTS, next = generation + 1;
  g_autoptr (GBytes) bytes = NULL;

  g_string_append_printf (text, "#EXT-X-MEDIA-SEQUENCE:%" G_GUINT64_FORMAT "\n", msn);
  for (guint i = 0; i < 15; i++)
    g_string_append_printf (text, "#EXTINF:2.000,\nm/v-%08" G_GUINT64_FORMAT ".ts\n", msn + i);
  g_string_append_printf (text, "# next=?_HLS_msn=%" G_GUINT64_FORMAT "&_HLS_part=%"
      G_GUINT64_FORMAT "\n# published-ns=%" G_GINT64_FORMAT "\n", next / PARTS, next % PARTS,
      g_get_monotonic_time () * 1000);
  bytes = g_string_free_to_bytes (text);
  return asp_http_body_new (bytes, "application/vnd.apple.mpegurl", NULL, TRUE);
}

static void
on_blocked (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  guint64 msn = 0, part = 0;

  if (asp_http_query_number (request->query, "_HLS_msn", &msn) == ASP_HTTP_NUMBER_GOOD)
    asp_http_query_number (request->query, "_HLS_part", &part);
  if (!request->state) {
    asp_http_reply_status (reply, 503);
  } else if (msn > G_MAXUINT32 || msn * PARTS + part > request->generation + 2 * PARTS) {
    asp_http_reply_status (reply, 400);
  } else if (msn * PARTS + part > request->generation) {
    asp_http_reply_wait (reply, msn * PARTS + part, HOLD_MAX_MS);
  } else {
    asp_http_reply_cache (reply, msn > 0 ? 6 * PART_MAX_AGE_S : PART_MAX_AGE_S, FALSE);
    asp_http_reply_body (reply, request->state);
  }
}

static void
on_stats (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  Channel *channel = user_data;
  AspHttpStats stats;
  gchar text[STATS_LENGTH];
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (AspHttpBody) body = NULL;

  asp_http_server_get_stats (channel->server, &stats);
  g_snprintf (text, sizeof text, "clients=%u waiting=%u accepted=%" G_GUINT64_FORMAT
      " turned-away=%" G_GUINT64_FORMAT " requests=%" G_GUINT64_FORMAT " dropped=%"
      G_GUINT64_FORMAT "\n", stats.clients, stats.waiting, stats.accepted, stats.turned_away,
      stats.requests, stats.dropped);
  bytes = g_bytes_new (text, strlen (text));
  body = asp_http_body_new (bytes, "text/plain", NULL, FALSE);
  asp_http_reply_body (reply, body);
}

static gpointer
publish (gpointer data)
{
  Channel *channel = data;

  g_mutex_lock (&channel->lock);
  for (guint64 generation = 1; !channel->stopping; generation++) {
    gint64 until_us = g_get_monotonic_time () + channel->part_ms * 1000;

    asp_http_topic_publish (channel->topic, generation, render (generation),
        (GDestroyNotify) asp_http_body_unref);
    while (!channel->stopping && g_cond_wait_until (&channel->cond, &channel->lock, until_us))
      continue;
  }
  g_mutex_unlock (&channel->lock);
  return NULL;
}

int
main (int argc, char **argv)
{
  const AspHttpFolder options = {.playlist_max_age_s = 1,.media_max_age_s = 3600,
    .error_max_age_s = 1,.immutable = TRUE
  };
  const AspHttpLimits limits = {.max_clients = 20000 };
  Channel channel = {.part_ms = argc > 2 ? (guint) atoi (argv[2]) : 333 };
  g_autoptr (GError) error = NULL;
  g_autofree gchar *address = NULL;
  GThread *publisher;
  gchar waste[64];

  if (argc < 2 || channel.part_ms == 0) {
    fprintf (stderr, "origin-serve: needs FOLDER (see the top of origin-serve.c)\n");
    return 2;
  }
  channel.topic = asp_http_topic_new ();
  channel.server = asp_http_server_new (&limits);
  g_mutex_init (&channel.lock);
  g_cond_init (&channel.cond);
  asp_http_server_add_folder (channel.server, "/live/", argv[1], &options);
  asp_http_server_add_handler (channel.server, "/blocked/playlist.m3u8", channel.topic, on_blocked,
      NULL);
  asp_http_server_add_handler (channel.server, "/stats", NULL, on_stats, &channel);
  if ((argc > 4 && !asp_http_server_set_tls (channel.server, argv[3], argv[4], &error)) ||
      !asp_http_server_start (channel.server, "127.0.0.1:0", &error)) {
    fprintf (stderr, "origin-serve: %s\n", error->message);
    return 1;
  }
  publisher = g_thread_new ("publisher", publish, &channel);
  address = asp_http_server_dup_address (channel.server);
  printf ("%s\n", address);
  fflush (stdout);
  while (read (STDIN_FILENO, waste, sizeof waste) > 0)
    continue;
  g_mutex_lock (&channel.lock);
  channel.stopping = TRUE;
  g_cond_signal (&channel.cond);
  g_mutex_unlock (&channel.lock);
  g_thread_join (publisher);
  asp_http_server_free (channel.server);
  asp_http_topic_unref (channel.topic);
  return 0;
}
