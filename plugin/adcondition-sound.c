/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adcondition-private.h"

#include <string.h>

#include <gst/audio/audio.h>

/*
 * The sound of a creative in one form. All of it is kept until it is over and the number of
 * pictures is known; then it is cut to them, measured, brought to the target by one gain, and
 * goes on to the encoder.
 *
 * One streaming thread; or, where the creative has no sound, one that GStreamer lends. `before`
 * to `limited` are read by others behind the EOS that this thread has pushed.
 */
#define TAIL_FRAMES 4           /* of silence, that bring the last sound out of the encoder */
#define CHUNK_DIVISOR 10        /* pieces of a tenth of a second go to the encoder */

struct _AdConditionSound
{
  GstElement parent;
  GstPad *sinkpad, *srcpad;
  AdConditionJob *job;
  guint sample_rate, channels;
  guint frame_samples;          /* of the codec */
  guint front;                  /* samples of silence that make the encoder's delay whole frames */
  guint delay;
  GstSegment segment;
  GByteArray *pcm;              /* F32, interleaved */
  GstClockTime first_ns;        /* running time of its first sample; NONE: none came */
  AspLoudness before, after;
  gdouble gain_db;
  gboolean limited;
};

G_DEFINE_TYPE (AdConditionSound, ad_condition_sound, GST_TYPE_ELEMENT)

#define PCM_CAPS "audio/x-raw, format=(string)" GST_AUDIO_NE (F32) ", layout=(string)interleaved"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (PCM_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (PCM_CAPS));

static guint
samples_of_frame (const AspRenditionTrack * t)
{
  switch (t->codec) {
    case ASP_CODEC_AC3:
    case ASP_CODEC_EAC3:
      return 1536;
    case ASP_CODEC_MPEG_AUDIO:
      /* layer 3 has 576 at the low rates: ISO/IEC 13818-3 2.4.2.1 */
      return t->layer == 3 && t->sample_rate < 32000 ? 576 : t->layer == 1 ? 384 : 1152;
    default:
      return 1024;
  }
}

/* --- loudness ----------------------------------------------------------------------- */

/* The samples [first, first + n) of what came, silence where nothing came; first may be negative. */
static GByteArray *
window (const AdConditionSound * s, gint64 first, guint64 n)
{
  gsize frame = s->channels * sizeof (gfloat);
  GByteArray *out = g_byte_array_new ();
  gint64 have = s->pcm->len / frame;
  gint64 from = MAX (first, 0), to = MIN (first + (gint64) n, have);

  g_byte_array_set_size (out, (guint) (n * frame));
  memset (out->data, 0, out->len);
  if (to > from)
    memcpy (out->data + (from - first) * frame, s->pcm->data + from * frame, (to - from) * frame);
  return out;
}

/* Cuts the sound to the pictures, and brings it to the target. */
static void
level (AdConditionSound * s, guint64 frames, GstClockTime video_first_ns)
{
  guint64 n = (guint64) asp_rendition_frame_time (&s->job->rendition, (gint64) frames, s->sample_rate);
  gint64 first = 0;
  GByteArray *cut;

  if (GST_CLOCK_TIME_IS_VALID (s->first_ns)) {
    gint64 ahead_ns = (gint64) video_first_ns - (gint64) s->first_ns;

    first = (ahead_ns >= 0 ? 1 : -1) * (gint64) gst_util_uint64_scale_round ((guint64) ABS (ahead_ns), s->sample_rate,
        GST_SECOND);
  }
  cut = window (s, first, n);
  g_byte_array_unref (s->pcm);
  s->pcm = cut;
  asp_loudness_measure ((const gfloat *) cut->data, n, s->sample_rate, s->channels, &s->before);
  s->gain_db = asp_loudness_gain (&s->before, s->job->loudness_lufs, &s->limited);
  s->after = asp_loudness_with_gain (&s->before, s->gain_db);
  asp_loudness_apply ((gfloat *) cut->data, n * s->channels, s->gain_db);
}

void
ad_condition_sound_report (AdConditionSound * s, GstStructure * report)
{
  gst_structure_set (report, "loudness-before", G_TYPE_DOUBLE, s->before.integrated_lufs,
      "loudness-after", G_TYPE_DOUBLE, s->after.integrated_lufs, "true-peak-before", G_TYPE_DOUBLE,
      s->before.true_peak_dbtp, "true-peak-after", G_TYPE_DOUBLE, s->after.true_peak_dbtp,
      "short-term-max-after", G_TYPE_DOUBLE, s->after.short_term_max_lufs, "gain", G_TYPE_DOUBLE, s->gain_db,
      "gain-limited", G_TYPE_BOOLEAN, s->limited, NULL);
}

/* --- output ------------------------------------------------------------------------- */

static GstFlowReturn
push_samples (AdConditionSound * s, GBytes * bytes, guint64 * at)
{
  guint64 n = g_bytes_get_size (bytes) / (s->channels * sizeof (gfloat));
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (bytes);

  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (*at, GST_SECOND, s->sample_rate);
  GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale (*at + n, GST_SECOND, s->sample_rate) - GST_BUFFER_PTS (buffer);
  *at += n;
  return gst_pad_push (s->srcpad, buffer);
}

static GstFlowReturn
push_silence (AdConditionSound * s, guint samples, guint64 * at)
{
  gsize size = samples * s->channels * sizeof (gfloat);
  g_autoptr (GBytes) bytes = size > 0 ? g_bytes_new_take (g_malloc0 (size), size) : NULL;

  return bytes ? push_samples (s, bytes, at) : GST_FLOW_OK;
}

static void
push_start (AdConditionSound * s)
{
  gchar *id = gst_pad_create_stream_id (s->srcpad, GST_ELEMENT (s), NULL);
  GstCaps *caps = gst_caps_new_simple ("audio/x-raw", "format", G_TYPE_STRING, GST_AUDIO_NE (F32),
      "layout", G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT, (gint) s->sample_rate,
      "channels", G_TYPE_INT, (gint) s->channels, NULL);
  GstSegment segment;

  if (s->channels > 1)
    gst_caps_set_simple (caps, "channel-mask", GST_TYPE_BITMASK,
        gst_audio_channel_get_fallback_mask ((gint) s->channels), NULL);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (s->srcpad, gst_event_new_stream_start (id));
  gst_pad_push_event (s->srcpad, gst_event_new_caps (caps));
  gst_pad_push_event (s->srcpad, gst_event_new_segment (&segment));
  gst_caps_unref (caps);
  g_free (id);
}

static GstFlowReturn
push_all (AdConditionSound * s)
{
  gsize chunk = s->sample_rate / CHUNK_DIVISOR * s->channels * sizeof (gfloat);
  g_autoptr (GBytes) pcm = g_byte_array_free_to_bytes (g_steal_pointer (&s->pcm));
  gsize size = g_bytes_get_size (pcm);
  guint64 at = 0;
  GstFlowReturn flow;

  s->pcm = g_byte_array_new ();
  push_start (s);
  flow = push_silence (s, s->front, &at);
  for (gsize pos = 0; pos < size && flow == GST_FLOW_OK; pos += chunk) {
    g_autoptr (GBytes) piece = g_bytes_new_from_bytes (pcm, pos, MIN (chunk, size - pos));

    flow = push_samples (s, piece, &at);
  }
  return flow == GST_FLOW_OK ? push_silence (s, TAIL_FRAMES * s->frame_samples, &at) : flow;
}

static void
finish (AdConditionSound * s)
{
  GstClockTime first_ns;
  guint64 frames;
  GstFlowReturn flow;

  if (!ad_condition_job_wait_video_over (s->job, &frames, &first_ns)) {
    /* without pictures there is no end to wait for: the collector says what is wrong */
    push_start (s);
    gst_pad_push_event (s->srcpad, gst_event_new_eos ());
    return;
  }
  level (s, frames, first_ns);
  flow = push_all (s);
  if (flow == GST_FLOW_OK)
    gst_pad_push_event (s->srcpad, gst_event_new_eos ());
  else if (flow != GST_FLOW_FLUSHING)
    GST_ELEMENT_FLOW_ERROR (s, flow);
}

static void
finish_silent (GstElement * element, gpointer user_data)
{
  finish (AD_CONDITION_SOUND (element));
}

void
ad_condition_sound_be_silent (AdConditionSound * s)
{
  gst_element_call_async (GST_ELEMENT (s), finish_silent, NULL, NULL);
}

/* --- input -------------------------------------------------------------------------- */

static GstFlowReturn
sound_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  AdConditionSound *s = AD_CONDITION_SOUND (parent);
  GstClockTime t = gst_segment_to_running_time (&s->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  GstMapInfo map;
  gboolean room;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  if (!GST_CLOCK_TIME_IS_VALID (s->first_ns))
    s->first_ns = GST_CLOCK_TIME_IS_VALID (t) ? t : 0;
  room = ad_condition_job_keep_pcm (s->job, map.size);
  if (room)
    g_byte_array_append (s->pcm, map.data, (guint) map.size);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  if (room)
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (s, STREAM, FAILED, ("The creative has more sound than is kept in memory (%u MiB); cut the file",
          AD_CONDITION_PCM_BYTES_MAX >> 20), (NULL));
  return GST_FLOW_ERROR;
}

static void
on_eos (AdConditionSound * s)
{
  GstClockTime end_ns = GST_CLOCK_TIME_NONE;

  if (GST_CLOCK_TIME_IS_VALID (s->first_ns))
    end_ns = s->first_ns + gst_util_uint64_scale (s->pcm->len / (s->channels * sizeof (gfloat)), GST_SECOND,
        s->sample_rate);
  ad_condition_job_sound_over (s->job, end_ns);
  finish (s);
}

static gboolean
sound_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  AdConditionSound *s = AD_CONDITION_SOUND (parent);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    gst_event_copy_segment (event, &s->segment);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    on_eos (s);
  gst_event_unref (event);      /* what goes on has a stream of its own */
  return TRUE;
}

/* --- life --------------------------------------------------------------------------- */

/* What comes in is kept: no event and no query passes. */
static GstIterator *
no_links (GstPad * pad, GstObject * parent)
{
  return NULL;
}

static void
ad_condition_sound_init (AdConditionSound * s)
{
  s->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (s->sinkpad, sound_chain);
  gst_pad_set_event_function (s->sinkpad, sound_event);
  gst_pad_set_iterate_internal_links_function (s->sinkpad, no_links);
  gst_element_add_pad (GST_ELEMENT (s), s->sinkpad);
  s->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_iterate_internal_links_function (s->srcpad, no_links);
  gst_element_add_pad (GST_ELEMENT (s), s->srcpad);
  gst_segment_init (&s->segment, GST_FORMAT_TIME);
  s->pcm = g_byte_array_new ();
  s->first_ns = GST_CLOCK_TIME_NONE;
}

static void
sound_finalize (GObject * object)
{
  AdConditionSound *s = AD_CONDITION_SOUND (object);

  g_byte_array_unref (s->pcm);
  ad_condition_job_unref (s->job);
  G_OBJECT_CLASS (ad_condition_sound_parent_class)->finalize (object);
}

static void
ad_condition_sound_class_init (AdConditionSoundClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = sound_finalize;
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "Ad condition sound", "Filter/Effect/Audio",
      "Brings the sound of a creative to a loudness", "adsplice");
}

GstElement *
ad_condition_sound_new (AdConditionJob * job, const AspRenditionTrack * track, guint delay)
{
  AdConditionSound *s = g_object_new (AD_TYPE_CONDITION_SOUND, NULL);

  s->job = ad_condition_job_ref (job);
  s->sample_rate = track->sample_rate;
  s->channels = track->channels;
  s->frame_samples = samples_of_frame (track);
  s->delay = delay;
  s->front = (s->frame_samples - delay % s->frame_samples) % s->frame_samples;
  return GST_ELEMENT (s);
}

guint
ad_condition_sound_frames_to_drop (AdConditionSound * s)
{
  return (s->front + s->delay) / s->frame_samples;
}
