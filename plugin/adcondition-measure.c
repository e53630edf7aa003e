/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adcondition-private.h"

#include <gst/audio/audio.h>

/*
 * Loudness of the programme, by a pipeline of its own over the file that `like` names. It runs
 * in the state change that reads the file: a piece of ten seconds takes less than one.
 */
#define MEASURE_TIMEOUT (30 * GST_SECOND)
#define SAMPLES_BYTES_MAX (64u << 20)   /* almost three minutes of stereo; more says no more */
#define MEASURE_RATE 48000
#define MEASURE_CHANNELS 2

typedef struct
{
  GstElement *pipeline, *convert;
  GByteArray *samples;
} Measure;

static void
on_pad_added (GstElement * decode, GstPad * pad, Measure * m)
{
  GstCaps *caps = gst_pad_query_caps (pad, NULL);
  GstPad *sink = gst_element_get_static_pad (m->convert, "sink");

  if (!gst_caps_is_any (caps) && !gst_caps_is_empty (caps) && !gst_pad_is_linked (sink) &&
      gst_structure_has_name (gst_caps_get_structure (caps, 0), "audio/x-raw"))
    gst_pad_link (pad, sink);
  gst_object_unref (sink);
  gst_caps_unref (caps);
}

/* In one streaming thread, which is gone when the samples are looked at. */
static void
on_handoff (GstElement * sink, GstBuffer * buffer, GstPad * pad, Measure * m)
{
  GstMapInfo map;

  if (m->samples->len >= SAMPLES_BYTES_MAX || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  g_byte_array_append (m->samples, map.data, (guint) map.size);
  gst_buffer_unmap (buffer, &map);
}

static gboolean
build (Measure * m, const gchar * path)
{
  GstElement *source = gst_element_factory_make ("filesrc", NULL), *decode = gst_element_factory_make ("decodebin", NULL);
  GstElement *resample = gst_element_factory_make ("audioresample", NULL);
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL), *sink = gst_element_factory_make ("fakesink", NULL);
  GstCaps *caps = gst_caps_new_simple ("audio/x-raw", "format", G_TYPE_STRING, GST_AUDIO_NE (F32), "layout",
      G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT, MEASURE_RATE, "channels", G_TYPE_INT, MEASURE_CHANNELS, NULL);
  GstElement *all[] = { source, decode, m->convert, resample, filter, sink };
  gboolean ok = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    ok &= all[i] != NULL;
    if (all[i])
      gst_bin_add (GST_BIN (m->pipeline), all[i]);
  }
  if (ok) {
    g_object_set (source, "location", path, NULL);
    g_object_set (filter, "caps", caps, NULL);
    g_object_set (sink, "signal-handoffs", TRUE, "sync", FALSE, NULL);
    g_signal_connect (decode, "pad-added", G_CALLBACK (on_pad_added), m);
    g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), m);
    ok = gst_element_link (source, decode) && gst_element_link_many (m->convert, resample, filter, sink, NULL);
  }
  gst_caps_unref (caps);
  return ok;
}

gboolean
ad_condition_measure_programme (const gchar * path, gdouble * lufs)
{
  Measure m = { gst_pipeline_new (NULL), gst_element_factory_make ("audioconvert", NULL), g_byte_array_new () };
  AspLoudness l = { ASP_LOUDNESS_SILENCE_LUFS, 0, 0 };
  gsize frame = MEASURE_CHANNELS * sizeof (gfloat);
  gboolean ok = m.convert && build (&m, path);

  if (ok) {
    GstBus *bus = gst_element_get_bus (m.pipeline);
    GstMessage *message;

    gst_element_set_state (m.pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered (bus, MEASURE_TIMEOUT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    gst_element_set_state (m.pipeline, GST_STATE_NULL);
    gst_clear_message (&message);
    gst_object_unref (bus);
    /* an error behind the last sound, as of a stream that is cut off, says nothing of what was heard */
    asp_loudness_measure ((const gfloat *) m.samples->data, m.samples->len / frame, MEASURE_RATE, MEASURE_CHANNELS, &l);
  }
  gst_object_unref (m.pipeline);
  g_byte_array_unref (m.samples);
  *lufs = l.integrated_lufs;
  return l.integrated_lufs > ASP_LOUDNESS_SILENCE_LUFS;
}
