/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A live channel without an encoder: an hlsadsink that is fed with a stream made by hand, in
 * real time, for as long as one wants. For measurements of the origin as it is used, and for
 * tests with other servers in front of it.
 *
 *   hls-live FOLDER [PROPERTY=VALUE...]
 *
 * 25 pictures a second of 6 kB, a key frame each second, one sound; a break of ten seconds, with its
 * events, each minute. Prints the address (`listen`), and runs until its input ends.
 */
#include "../element/hls-synth.h"

#include <gst/gst.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FRAME_90K 3600
#define GOP 25
#define PICTURE_BYTES 6000
#define BREAK_EVERY 60          /* GOPs, which are seconds */
#define BREAK_LENGTH 10
#define NUMBERS 16384           /* of access units; then they begin anew */

typedef struct
{
  Synth synth;
  GstPad *pad;
  GByteArray *bytes;
  guint64 frame;
  guint64 audio_frame;
  gint stopping;                /* atomic */
} Live;

static void
push_bytes (Live * live)
{
  if (live->bytes->len > 0 && gst_pad_push (live->pad, gst_buffer_new_memdup (live->bytes->data,
              live->bytes->len)) != GST_FLOW_OK)
    g_atomic_int_set (&live->stopping, TRUE);
  g_byte_array_set_size (live->bytes, 0);
}

static void
push_event (Live * live, const gchar * name, gint64 pts90k, guint64 second)
{
  g_autofree gchar *id = g_strdup_printf ("Break%07u", (guint) (second / BREAK_EVERY));
  GstStructure *audio = gst_structure_new ("audio-pts-90k", "pid-257", G_TYPE_UINT64,
      (guint64) pts90k & ASP_PTS_MASK, NULL);
  GstStructure *s = gst_structure_new (name, "break-id", G_TYPE_STRING, id, "pts-90k",
      G_TYPE_UINT64, (guint64) pts90k & ASP_PTS_MASK, "duration", G_TYPE_UINT64,
      BREAK_LENGTH * GST_SECOND, "roll-type", G_TYPE_STRING, "midroll", "pod-length", G_TYPE_UINT,
      1, "pod-index", G_TYPE_UINT, 1, "asset-id", G_TYPE_STRING, "asset", "spliced",
      G_TYPE_BOOLEAN, TRUE, "audio-pts-90k", GST_TYPE_STRUCTURE, audio, NULL);

  gst_structure_free (audio);
  gst_pad_push_event (live->pad, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, s));
}

/* The events of a break stand before the first picture of what enters. */
static void
begin_gop (Live * live, gint64 pts90k)
{
  guint64 second = live->frame / GOP;

  push_bytes (live);
  if (second % BREAK_EVERY == BREAK_EVERY / 2) {
    push_event (live, "AdBreakStart", pts90k, second);
    push_event (live, "AdCreativeStart", pts90k, second);
  } else if (second >= BREAK_EVERY / 2 + BREAK_LENGTH &&
      second % BREAK_EVERY == BREAK_EVERY / 2 + BREAK_LENGTH) {
    push_event (live, "AdCreativeEnd", pts90k, second);
    push_event (live, "AdBreakEnd", pts90k, second);
  }
  synth_write_psi (&live->synth, live->bytes);
}

/* A picture and the sound of its time. */
static void
push_frame (Live * live)
{
  gint64 pts90k = ASP_SECOND_90K + (gint64) live->frame * FRAME_90K;
  guint gop_number = (guint) (live->frame % GOP);
  SynthUnit picture = {.pid = SYNTH_VIDEO_PID,.source = 1,.count = 1,.rap = gop_number == 0,
    .number = (guint) (live->frame % NUMBERS),.pts90k = pts90k,.dts90k = pts90k,
    .mux_90k = pts90k - 18000
  };

  if (gop_number == 0)
    begin_gop (live, pts90k);
  synth_write_unit (&live->synth, &picture, live->bytes);
  for (;; live->audio_frame++) {
    gint64 at_90k = ASP_SECOND_90K + (gint64) live->audio_frame * SYNTH_AUDIO_FRAME_90K;
    SynthUnit sound = {.pid = SYNTH_AUDIO_PID,.source = 1,.count = 1,
      .number = (guint) (live->audio_frame % NUMBERS),.pts90k = at_90k,.dts90k = at_90k,
      .mux_90k = at_90k - 18000
    };

    if (at_90k >= pts90k + FRAME_90K)
      break;
    synth_write_unit (&live->synth, &sound, live->bytes);
  }
  push_bytes (live);
  live->frame++;
}

static gpointer
live_main (gpointer data)
{
  Live *live = data;
  gint64 start_us = g_get_monotonic_time ();

  while (!g_atomic_int_get (&live->stopping)) {
    gint64 due_us = start_us + (gint64) live->frame * (G_USEC_PER_SEC / 25);
    gint64 left_us = due_us - g_get_monotonic_time ();

    if (left_us > 0)
      g_usleep ((gulong) left_us);
    push_frame (live);
  }
  return NULL;
}

static GstElement *
make_sink (int argc, char **argv)
{
  GstElement *sink = gst_element_factory_make ("hlsadsink", NULL);

  if (!sink)
    return NULL;
  g_object_set (sink, "location", argv[1], "listen", "127.0.0.1:0", NULL);
  for (int i = 2; i < argc; i++) {
    gchar *equals = strchr (argv[i], '=');

    if (!equals)
      continue;
    *equals = '\0';
    gst_util_set_object_arg (G_OBJECT (sink), argv[i], equals + 1);
  }
  return sink;
}

static GstPad *
make_source (GstElement * sink)
{
  GstPad *pad = gst_pad_new ("live", GST_PAD_SRC);
  GstPad *peer = gst_element_request_pad_simple (sink, "sink_%u");
  GstCaps *caps = gst_caps_from_string ("video/mpegts, systemstream=true, packetsize=188");
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_set_active (pad, TRUE);
  gst_pad_link (pad, peer);
  gst_object_unref (peer);
  gst_pad_push_event (pad, gst_event_new_stream_start ("live"));
  gst_pad_push_event (pad, gst_event_new_caps (caps));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
  gst_caps_unref (caps);
  return pad;
}

int
main (int argc, char **argv)
{
  Live live = { 0 };
  GstElement *sink;
  g_autofree gchar *address = NULL;
  GThread *thread;
  gchar waste[64];

  gst_init (&argc, &argv);
  sink = argc > 1 ? make_sink (argc, argv) : NULL;
  if (!sink) {
    fprintf (stderr, "hls-live: needs FOLDER, and hlsadsink in GST_PLUGIN_PATH (see the top of hls-live.c)\n");
    return 2;
  }
  synth_init (&live.synth, 1);
  live.synth.unit_bytes = PICTURE_BYTES;
  live.bytes = g_byte_array_new ();
  if (gst_element_set_state (sink, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    fprintf (stderr, "hls-live: hlsadsink does not start: GST_DEBUG=hlsadsink:3 says why\n");
    return 1;
  }
  live.pad = make_source (sink);
  g_object_get (sink, "listen", &address, NULL);
  thread = g_thread_new ("live", live_main, &live);
  printf ("%s\n", address);
  fflush (stdout);
  while (read (STDIN_FILENO, waste, sizeof waste) > 0)
    continue;
  g_atomic_int_set (&live.stopping, TRUE);
  g_thread_join (thread);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_object_unref (live.pad);
  gst_object_unref (sink);
  g_byte_array_unref (live.bytes);
  synth_clear (&live.synth);
  return 0;
}
