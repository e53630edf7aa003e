/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Live channels with a control server, for control.sh:
 *
 *   control-live CHANNELS CONFIG
 *
 * Channels live-0000, live-0001 and so on. It prints its port on a line and, when its standard
 * input ends, a line for each channel: packets in and out, errors of continuity counters, breaks
 * that have begun, and whether the output was the input byte for byte. Exit code 1 when it does not
 * start, 77 without the element.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pipeline/live-channels.h"

#define SECONDS_MAX 120
#define POLL_MS 20
#define DRAIN_US 300000

typedef struct
{
  LiveChannels *live;
  guint *breaks;                /* of each channel that have begun */
  GMainLoop *loop;
} Server;

static void
on_message (guint number, const GstStructure * message, gpointer user_data)
{
  if (gst_structure_has_name (message, "ad-break-state-change") &&
      !g_strcmp0 (gst_structure_get_string (message, "state"), "started"))
    ((Server *) user_data)->breaks[number]++;
}

static gboolean
on_poll (gpointer user_data)
{
  live_channels_take_messages (((Server *) user_data)->live);
  return G_SOURCE_CONTINUE;
}

static gpointer
wait_for_end (gpointer user_data)
{
  Server *s = user_data;
  gchar byte;

  while (fread (&byte, 1, 1, stdin) == 1);
  g_main_loop_quit (s->loop);
  return NULL;
}

/* One that nobody has now. */
static guint16
free_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) real = NULL;

  g_socket_listener_add_address (listener, any, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &real, NULL);
  return real ? g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (real)) : 0;
}

static void
serve (Server * s, guint16 port, guint n_channels)
{
  GThread *thread;
  guint poll;

  /* a GOP has passed when somebody calls */
  g_usleep (2 * G_USEC_PER_SEC);
  printf ("%u\n", port);
  fflush (stdout);
  poll = g_timeout_add (POLL_MS, on_poll, s);
  thread = g_thread_new ("stdin", wait_for_end, s);
  g_main_loop_run (s->loop);
  g_thread_join (thread);
  g_source_remove (poll);
  live_channels_end (s->live);
  g_usleep (DRAIN_US);
  live_channels_take_messages (s->live);
  for (guint i = 0; i < n_channels; i++) {
    LiveStats stats;

    live_channels_stats (s->live, i, &stats);
    printf ("channel=live-%04u packets-in=%" G_GUINT64_FORMAT " packets-out=%" G_GUINT64_FORMAT " cc-errors=%"
        G_GUINT64_FORMAT " breaks=%u same=%d\n", i, stats.packets_in, stats.packets_out, stats.cc_errors, s->breaks[i],
        stats.same);
  }
}

int
main (int argc, char **argv)
{
  Server s = { NULL };
  guint n_channels = argc > 1 ? (guint) strtoul (argv[1], NULL, 10) : 0;
  guint16 port = free_port ();
  g_autofree gchar *properties = g_strdup_printf ("control=127.0.0.1:%u config=%s lead-time=500000000", port,
      argc > 2 ? argv[2] : "");
  const LiveSpec spec = {.channels = n_channels,.seconds = SECONDS_MAX,.gop = 25,.ad_frames = 25,
    .properties = properties,.message = on_message,.user_data = &s
  };
  int status = 1;

  gst_init (&argc, &argv);
  if (argc != 3 || n_channels == 0) {
    g_printerr ("control-live: needs CHANNELS and CONFIG\n");
    return 2;
  }
  s.live = live_channels_new (&spec);
  if (!s.live)
    return 77;
  s.breaks = g_new0 (guint, n_channels);
  s.loop = g_main_loop_new (NULL, FALSE);
  if (live_channels_start (s.live)) {
    serve (&s, port, n_channels);
    status = 0;
  }
  live_channels_free (s.live);
  g_main_loop_unref (s.loop);
  g_free (s.breaks);
  return status;
}
