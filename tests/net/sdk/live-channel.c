/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A channel that is live: a stream made by hand in real time through adsplicebin with a control server, for
 * Amazon's own SDKs: live-channel CONFIG. It prints the address of the server on a line, then each event as
 * "EVENT NUMBER STATE BREAK-ID MS", where MS is, of `started`, how much later than `target-start-time` the first
 * packet of the ads has left (else 0). It ends when its standard input does.
 */
#include "ts-media.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

#define FRAMES 300
#define FRAME_US 40000
#define CREATIVE_FRAMES 50

typedef struct
{
  GByteArray *ts;
  GstElement *pipeline, *source;
  GMutex lock;
  gint64 target_us, began_us;   /* lock; UTC */
  gint stop;                    /* atomic */
} Live;

static gboolean
push_frame (Live * live, guint frame)
{
  gsize step = live->ts->len / FRAMES / 188 * 188, from = step * frame;
  gsize to = frame + 1 < FRAMES ? from + step : live->ts->len;
  GstBuffer *buffer = gst_buffer_new_memdup (live->ts->data + from, to - from);
  GstFlowReturn flow;

  g_signal_emit_by_name (live->source, "push-buffer", buffer, &flow);
  gst_buffer_unref (buffer);
  return flow == GST_FLOW_OK;
}

/* Round and round: where it begins anew its clock jumps back. */
static gpointer
feed (gpointer data)
{
  Live *live = data;
  gint64 start_us = g_get_monotonic_time ();

  for (guint n = 0; !g_atomic_int_get (&live->stop); n++) {
    gint64 wait_us = start_us + (gint64) n * FRAME_US - g_get_monotonic_time ();

    if (wait_us > 0)
      g_usleep ((gulong) wait_us);
    if (!push_frame (live, n % FRAMES))
      break;
  }
  return NULL;
}

static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  const GstStructure *s = gst_event_get_structure (GST_PAD_PROBE_INFO_EVENT (info));
  Live *live = user_data;

  if (!s || !gst_structure_has_name (s, "AdBreakStart"))
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&live->lock);
  live->began_us = g_get_real_time ();
  g_mutex_unlock (&live->lock);
  return GST_PAD_PROBE_OK;
}

static void
note_target (Live * live, const gchar * text)
{
  g_autoptr (GDateTime) time = text ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  g_mutex_lock (&live->lock);
  if (time)
    live->target_us = g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
  g_mutex_unlock (&live->lock);
}

/* The message comes before the packets: their time is not known yet. */
static gint64
lateness_ms (Live * live)
{
  gint64 ms = 0;

  for (guint i = 0; i < 200 && ms == 0; i++) {
    g_usleep (5000);
    g_mutex_lock (&live->lock);
    if (live->began_us)
      ms = (live->began_us - live->target_us) / 1000;
    g_mutex_unlock (&live->lock);
  }
  return ms;
}

static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  const GstStructure *s = gst_message_get_structure (message);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GError) error = NULL;

    gst_message_parse_error (message, &error, NULL);
    g_printerr ("live-channel: %s\n", error->message);
  }
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT && gst_structure_has_name (s, "ad-break-state-change"))
    return GST_BUS_PASS;
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static gpointer
tell (gpointer data)
{
  Live *live = data;
  GstBus *bus = gst_element_get_bus (live->pipeline);

  while (!g_atomic_int_get (&live->stop)) {
    GstMessage *m = gst_bus_timed_pop (bus, 100 * GST_MSECOND);
    const GstStructure *s = m ? gst_message_get_structure (m) : NULL;
    const gchar *state = s ? gst_structure_get_string (s, "state") : NULL;
    guint64 number = 0;

    if (state) {
      note_target (live, gst_structure_get_string (s, "target-start-time"));
      gst_structure_get_uint64 (s, "event-number", &number);
      printf ("EVENT %" G_GUINT64_FORMAT " %s %s %" G_GINT64_FORMAT "\n", number, state,
          gst_structure_get_string (s, "break-id"), strcmp (state, "started") ? 0 : lateness_ms (live));
      fflush (stdout);
    }
    if (m)
      gst_message_unref (m);
  }
  gst_object_unref (bus);
  return NULL;
}

static GstElement *
make_pipeline (Live * live, const gchar * config, const gchar * creative)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch ("appsrc name=source is-live=true format=time do-timestamp=true "
      "caps=video/mpegts,systemstream=(boolean)true,packetsize=(int)188 ! adsplicebin name=bin channel=one "
      "control=127.0.0.1:0 lead-time=1000000000 ! fakesink name=sink sync=false", &error);
  g_autoptr (GstElement) bin = NULL;
  g_autoptr (GstPad) pad = NULL;
  GstBus *bus;

  if (!pipeline) {
    g_printerr ("live-channel: %s\n", error->message);
    return NULL;
  }
  live->source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  bin = gst_bin_get_by_name (GST_BIN (pipeline), "bin");
  g_object_set (bin, "config", config, "creative-uris", creative, NULL);
  pad = gst_element_get_static_pad (bin, "src_0");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, live, NULL);
  bus = gst_element_get_bus (pipeline);
  gst_bus_set_sync_handler (bus, on_message, NULL, NULL);
  gst_object_unref (bus);
  return pipeline;
}

static void
print_address (GstElement * pipeline)
{
  g_autoptr (GstElement) bin = gst_bin_get_by_name (GST_BIN (pipeline), "bin");
  g_autofree gchar *address = NULL;

  g_object_get (bin, "control", &address, NULL);
  printf ("%s\n", address);
  fflush (stdout);
}

static void
run (Live * live)
{
  GThread *feeder, *teller;
  gchar byte;

  if (gst_element_set_state (live->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    gst_element_set_state (live->pipeline, GST_STATE_NULL);
    return;
  }
  print_address (live->pipeline);
  feeder = g_thread_new ("feed", feed, live);
  teller = g_thread_new ("tell", tell, live);
  while (fread (&byte, 1, 1, stdin) == 1);
  g_atomic_int_set (&live->stop, TRUE);
  g_thread_join (feeder);
  g_thread_join (teller);
  gst_element_set_state (live->pipeline, GST_STATE_NULL);
}

int
main (int argc, char **argv)
{
  g_autofree gchar *folder = g_dir_make_tmp ("adsplice-live-XXXXXX", NULL);
  g_autofree gchar *creative = g_build_filename (folder, "creative.ts", NULL);
  g_autoptr (GByteArray) ad = NULL;
  Live live = { NULL };

  gst_init (&argc, &argv);
  if (argc < 2)
    return 2;
  ad = media_make_creative (2, CREATIVE_FRAMES);
  live.ts = media_make_network ();
  if (!g_file_set_contents (creative, (const gchar *) ad->data, (gssize) ad->len, NULL))
    return 1;
  live.pipeline = make_pipeline (&live, argv[1], creative);
  if (live.pipeline) {
    run (&live);
    gst_object_unref (live.source);
    gst_object_unref (live.pipeline);
  }
  remove (creative);
  g_rmdir (folder);
  g_byte_array_unref (live.ts);
  return live.pipeline ? 0 : 1;
}
