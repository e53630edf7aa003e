/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A rendition's pad: bytes and events into the segmenter, all in the streaming thread,
 * under the pad's stream lock. What the segmenter says goes straight to the publisher.
 */
#include "hlsadsink-private.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

/* So long nothing at all may come out before somebody is told why. */
#define SILENCE_US (5 * G_USEC_PER_SEC)
/* Parts that are so much longer than they were asked for are worth a word. */
#define LONG_PART_NUM 5
#define LONG_PART_DEN 4

enum
{
  PROP_0,
  PROP_RENDITION,
  PROP_BANDWIDTH,
  PROP_CODECS,
  PROP_AUDIO_ONLY,
};

G_DEFINE_TYPE (GstHlsAdSinkPad, gst_hls_ad_sink_pad, GST_TYPE_PAD);

static GstHlsAdSink *
sink_of (GstHlsAdSinkPad * pad)
{
  return GST_HLS_AD_SINK (GST_OBJECT_PARENT (pad));
}

/* -- what the segmenter says -- */

static void
on_segment (const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
    const AspHlsSegmentInfo * next, gpointer user_data)
{
  GstHlsAdSinkPad *pad = user_data;

  GST_DEBUG_OBJECT (pad, "segment at %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT " ticks, %"
      G_GSIZE_FORMAT " bytes%s%s%s", info->at_90k, info->duration_90k, g_bytes_get_size (bytes),
      info->independent ? "" : ", not independent", info->discontinuity ? ", discontinuity" : "",
      info->jump ? " (jump)" : "");
  if (info->truncated)
    GST_ELEMENT_WARNING (sink_of (pad), STREAM, FORMAT,
        ("A segment is longer than %d MiB and has lost its end.", ASP_HLS_SEGMENT_MAX >> 20),
        ("bit rate too high for target-duration and GOP"));
  hls_publisher_segment (sink_of (pad)->publisher, pad->file_rendition, info, bytes, marks, next);
}

/* Once: parts are longer than somebody wants them. */
static void
complain_about_parts (GstHlsAdSinkPad * pad, gint64 part_target_90k)
{
  GstHlsAdSink *self = sink_of (pad);

  if (pad->has_parts)
    return;
  pad->has_parts = TRUE;
  if (part_target_90k * LONG_PART_DEN > self->part_duration_90k * LONG_PART_NUM)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("Parts last %.3f s, not the %.3f s of part-duration: the GOP is that long. Let the encoder "
            "make shorter ones, or set part-align=any.",
            (gdouble) part_target_90k / (gdouble) ASP_SECOND_90K,
            (gdouble) self->part_duration_90k / (gdouble) ASP_SECOND_90K),
        ("with part-align=idr each part begins with a random access point"));
}

static void
on_part (const AspHlsPartInfo * info, GBytes * bytes, gpointer user_data)
{
  GstHlsAdSinkPad *pad = user_data;

  GST_LOG_OBJECT (pad, "part %u of the segment at %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
      " ticks, %" G_GSIZE_FORMAT " bytes%s", info->index, info->segment->at_90k, info->duration_90k,
      g_bytes_get_size (bytes), info->independent ? "" : ", not independent");
  complain_about_parts (pad, info->segment->part_target_90k);
  hls_publisher_part (sink_of (pad)->publisher, pad->file_rendition, info, bytes);
}

static void
on_mark (const AspHlsMark * mark, gint64 at_90k, gpointer user_data)
{
  hls_publisher_mark (sink_of (user_data)->publisher, mark, at_90k);
}

/* The rendition that knows it first decides for all. */
static void
on_freeze (guint * target_duration_s, gint64 * part_target_90k, gpointer user_data)
{
  GstHlsAdSink *self = sink_of (user_data);

  GST_OBJECT_LOCK (self);
  if (self->frozen_target_s == 0) {
    self->frozen_target_s = *target_duration_s;
    self->frozen_part_90k = *part_target_90k;
  }
  *target_duration_s = self->frozen_target_s;
  *part_target_90k = self->frozen_part_90k;
  GST_OBJECT_UNLOCK (self);
}

static const AspHlsSegmenterFuncs segmenter_funcs = { on_segment, on_mark, on_part, on_freeze };

/* -- data -- */

/* Once, and only when nothing at all has come out of what came in. */
static void
complain (GstHlsAdSinkPad * pad)
{
  const gchar *trouble = asp_hls_segmenter_trouble (pad->segmenter);

  if (pad->complained || pad->first_utc_us == 0)
    return;
  pad->complained = TRUE;
  if (trouble)
    GST_ELEMENT_WARNING (sink_of (pad), STREAM, FORMAT,
        ("No HLS segment can be begun: %s.", trouble), (NULL));
}

static void
complain_when_silent (GstHlsAdSinkPad * pad, gint64 now_us)
{
  if (pad->first_utc_us == 0)
    pad->first_utc_us = now_us;
  if (now_us - pad->first_utc_us >= SILENCE_US)
    complain (pad);
}

/* Unix time of a buffer: what a source upstream has measured, or now. */
static gint64
arrival_utc_us (GstHlsAdSinkPad * pad, GstBuffer * buffer)
{
  const GstReferenceTimestampMeta *measured =
      gst_buffer_get_reference_timestamp_meta (buffer, pad->unix_caps);

  return measured ? (gint64) (measured->timestamp / GST_USECOND) : g_get_real_time ();
}

/* Who does not answer does not wait, as far as anybody knows. */
static gboolean
upstream_waits (GstHlsAdSinkPad * pad)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  gboolean live;

  if (!gst_pad_peer_query (GST_PAD (pad), query))
    return FALSE;
  gst_query_parse_latency (query, &live, NULL, NULL);
  return !live;
}

static void
tell_publisher (GstHlsAdSinkPad * pad)
{
  if (!upstream_waits (pad))
    hls_publisher_set_live (sink_of (pad)->publisher);
}

static GstFlowReturn
push_buffer (GstHlsAdSinkPad * pad, GstBuffer * buffer)
{
  gint64 now_us = arrival_utc_us (pad, buffer);
  GstMapInfo map;
  gboolean ok;

  if (pad->first_utc_us == 0)
    tell_publisher (pad);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (sink_of (pad), RESOURCE, READ, (NULL), ("a buffer cannot be mapped"));
    return GST_FLOW_ERROR;
  }
  if (GST_BUFFER_IS_DISCONT (buffer))
    asp_hls_segmenter_realign (pad->segmenter);
  ok = asp_hls_segmenter_push (pad->segmenter, map.data, map.size, now_us);
  gst_buffer_unmap (buffer, &map);
  if (!ok) {
    pad->refused = TRUE;
    GST_ELEMENT_ERROR (sink_of (pad), STREAM, FORMAT,
        ("The transport stream has packets of 204 bytes; only 188 can be used."),
        ("take the 16 bytes of parity off each packet before this element"));
    return GST_FLOW_ERROR;
  }
  complain_when_silent (pad, now_us);
  return GST_FLOW_OK;
}

/* What stands between a buffer and the segmenter: pause, flush, the end. */
static GstFlowReturn
may_flow (GstHlsAdSinkPad * pad)
{
  if (pad->refused)
    return GST_FLOW_ERROR;
  if (!hls_ad_sink_wait_playing (sink_of (pad), pad))
    return GST_FLOW_FLUSHING;
  return pad->segmenter ? GST_FLOW_OK : GST_FLOW_EOS;
}

static GstFlowReturn
pad_chain (GstPad * gstpad, GstObject * parent, GstBuffer * buffer)
{
  GstHlsAdSinkPad *pad = GST_HLS_AD_SINK_PAD (gstpad);
  GstFlowReturn ret = may_flow (pad);

  if (ret == GST_FLOW_OK)
    ret = push_buffer (pad, buffer);
  gst_buffer_unref (buffer);
  return ret;
}

static GstFlowReturn
pad_chain_list (GstPad * gstpad, GstObject * parent, GstBufferList * list)
{
  GstHlsAdSinkPad *pad = GST_HLS_AD_SINK_PAD (gstpad);
  GstFlowReturn ret = may_flow (pad);
  guint n = gst_buffer_list_length (list);

  for (guint i = 0; i < n && ret == GST_FLOW_OK; i++)
    ret = push_buffer (pad, gst_buffer_list_get (list, i));
  gst_buffer_list_unref (list);
  return ret;
}

/* -- events -- */

static gboolean
take_caps (GstHlsAdSinkPad * pad, GstCaps * caps)
{
  gint size = 188;

  gst_structure_get_int (gst_caps_get_structure (caps, 0), "packetsize", &size);
  if (size == 188)
    return TRUE;
  if (pad->refused)
    return FALSE;               /* the event comes again with each buffer */
  pad->refused = TRUE;
  GST_ELEMENT_ERROR (sink_of (pad), STREAM, FORMAT,
      ("The transport stream has packets of %d bytes; only 188 can be used.", size),
      ("caps %" GST_PTR_FORMAT, caps));
  return FALSE;
}

void
hls_ad_sink_pad_finish (GstHlsAdSink * self, GstHlsAdSinkPad * pad)
{
  guint target_duration_s;

  if (!pad->segmenter)
    return;
  complain (pad);
  hls_publisher_ending (self->publisher, pad->file_rendition,
      self->n_renditions == 1 && !pad->has_parts);
  asp_hls_segmenter_finish (pad->segmenter);
  target_duration_s = asp_hls_segmenter_target_duration (pad->segmenter);
  g_clear_pointer (&pad->segmenter, asp_hls_segmenter_free);
  self->finished = TRUE;
  hls_publisher_end (self->publisher, pad->file_rendition, target_duration_s);
}

static void
take_eos (GstHlsAdSinkPad * pad, GstEvent * event)
{
  GstHlsAdSink *self = sink_of (pad);

  if (!hls_ad_sink_wait_playing (self, pad))
    return;
  g_mutex_lock (&self->flow_lock);
  self->eos_seqnum = gst_event_get_seqnum (event);
  g_mutex_unlock (&self->flow_lock);
  hls_ad_sink_pad_finish (self, pad);
}

static gboolean
pad_event (GstPad * gstpad, GstObject * parent, GstEvent * event)
{
  GstHlsAdSinkPad *pad = GST_HLS_AD_SINK_PAD (gstpad);
  GstHlsAdSink *self = GST_HLS_AD_SINK (parent);
  gboolean ok = TRUE;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      ok = take_caps (pad, caps);
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      if (pad->segmenter && gst_event_get_structure (event))
        hls_ad_sink_take_event (pad, gst_event_get_structure (event));
      break;
    case GST_EVENT_FLUSH_START:
      hls_ad_sink_set_flushing (self, pad, TRUE);
      break;
    case GST_EVENT_FLUSH_STOP:
      hls_ad_sink_set_flushing (self, pad, FALSE);
      if (pad->segmenter)
        asp_hls_segmenter_interrupt (pad->segmenter);
      break;
    case GST_EVENT_EOS:
      take_eos (pad, event);
      break;
    default:
      return gst_pad_event_default (gstpad, parent, event);
  }
  gst_event_unref (event);
  return ok;
}

/* -- the object -- */

gchar *
hls_ad_sink_pad_dup_rendition (GstHlsAdSinkPad * pad)
{
  gchar *name;

  GST_OBJECT_LOCK (pad);
  name = pad->rendition ? g_strdup (pad->rendition) :
      g_strdup_printf ("v%s", strchr (GST_PAD_NAME (pad), '_') + 1);
  GST_OBJECT_UNLOCK (pad);
  return name;
}

static gboolean
is_audio_only (GstHlsAdSinkPad * pad)
{
  gboolean audio_only;

  GST_OBJECT_LOCK (pad);
  audio_only = pad->audio_only;
  GST_OBJECT_UNLOCK (pad);
  return audio_only;
}

void
hls_ad_sink_pad_start (GstHlsAdSink * self, GstHlsAdSinkPad * pad)
{
  hls_ad_sink_pad_stop (pad);
  hls_ad_sink_set_flushing (self, pad, FALSE);
  pad->file_rendition = hls_ad_sink_pad_dup_rendition (pad);
  pad->segmenter = asp_hls_segmenter_new (self->target_duration_s, &segmenter_funcs, pad);
  if (hls_publisher_target_duration (self->publisher) > 0)
    asp_hls_segmenter_set_target_duration (pad->segmenter,
        hls_publisher_target_duration (self->publisher));
  asp_hls_segmenter_set_content (pad->segmenter, self->content |
      (is_audio_only (pad) ? ASP_HLS_CONTENT_AUDIO_ONLY : 0));
  asp_hls_segmenter_set_parts (pad->segmenter, self->part_duration_90k, self->part_align,
      hls_publisher_part_target_90k (self->publisher));
  pad->has_parts = FALSE;
  pad->in_break = pad->spliced = pad->refused = pad->complained = FALSE;
  pad->first_utc_us = 0;
}

void
hls_ad_sink_pad_stop (GstHlsAdSinkPad * pad)
{
  g_clear_pointer (&pad->segmenter, asp_hls_segmenter_free);
  g_clear_pointer (&pad->file_rendition, g_free);
}

/* It becomes part of file names and of URIs as it is. */
static gboolean
is_file_name (const gchar * text)
{
  gsize n = strlen (text);

  return n > 0 && n <= 64 && text[0] != '.' &&
      strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n;
}

static void
set_rendition (GstHlsAdSinkPad * pad, const gchar * text)
{
  if (text && !is_file_name (text)) {
    g_warning ("%s: rendition '%s' is not taken: it must be 1 to 64 letters, digits, '-', '_' "
        "and '.', and not begin with a dot, for files are named after it",
        GST_PAD_NAME (pad), text);
    return;
  }
  GST_OBJECT_LOCK (pad);
  g_free (pad->rendition);
  pad->rendition = g_strdup (text);
  GST_OBJECT_UNLOCK (pad);
}

static void
gst_hls_ad_sink_pad_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstHlsAdSinkPad *pad = GST_HLS_AD_SINK_PAD (object);

  if (id == PROP_RENDITION) {
    set_rendition (pad, g_value_get_string (value));
    return;
  }
  GST_OBJECT_LOCK (pad);
  if (id == PROP_BANDWIDTH) {
    pad->bandwidth = g_value_get_uint64 (value);
  } else if (id == PROP_CODECS) {
    g_free (pad->codecs);
    pad->codecs = g_value_dup_string (value);
  } else if (id == PROP_AUDIO_ONLY) {
    pad->audio_only = g_value_get_boolean (value);
  } else {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (pad);
}

static void
gst_hls_ad_sink_pad_get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstHlsAdSinkPad *pad = GST_HLS_AD_SINK_PAD (object);

  GST_OBJECT_LOCK (pad);
  if (id == PROP_RENDITION)
    g_value_set_string (value, pad->rendition);
  else if (id == PROP_BANDWIDTH)
    g_value_set_uint64 (value, pad->bandwidth);
  else if (id == PROP_CODECS)
    g_value_set_string (value, pad->codecs);
  else if (id == PROP_AUDIO_ONLY)
    g_value_set_boolean (value, pad->audio_only);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (pad);
}

static void
gst_hls_ad_sink_pad_finalize (GObject * object)
{
  GstHlsAdSinkPad *pad = GST_HLS_AD_SINK_PAD (object);

  hls_ad_sink_pad_stop (pad);
  gst_caps_unref (pad->unix_caps);
  g_free (pad->rendition);
  g_free (pad->codecs);
  G_OBJECT_CLASS (gst_hls_ad_sink_pad_parent_class)->finalize (object);
}

static void
gst_hls_ad_sink_pad_class_init (GstHlsAdSinkPadClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = gst_hls_ad_sink_pad_set_property;
  object_class->get_property = gst_hls_ad_sink_pad_get_property;
  object_class->finalize = gst_hls_ad_sink_pad_finalize;
  /**
   * GstHlsAdSinkPad:rendition:
   *
   * Name of the rendition, in the names of its files. NULL: `v` and the number of the pad.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_RENDITION,
      g_param_spec_string ("rendition", "Rendition",
          "Name of the rendition, as it stands in file names: letters, digits, '-', '_' and '.'",
          NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  /**
   * GstHlsAdSinkPad:bandwidth:
   *
   * BANDWIDTH in the multivariant playlist. 0: the peak that is measured.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_BANDWIDTH,
      g_param_spec_uint64 ("bandwidth", "Bandwidth",
          "Peak bit rate in bit/s for the multivariant playlist (0 = measured)", 0, G_MAXINT64, 0,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  /**
   * GstHlsAdSinkPad:codecs:
   *
   * CODECS in the multivariant playlist. NULL: what parameter sets and frame headers say.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_CODECS,
      g_param_spec_string ("codecs", "Codecs",
          "Codecs for the multivariant playlist, as in RFC 6381 (NULL = found out)", NULL,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  /**
   * GstHlsAdSinkPad:audio-only:
   *
   * A rendition of the first sound alone, cut where the pictures of the same stream are.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_AUDIO_ONLY,
      g_param_spec_boolean ("audio-only", "Audio only",
          "Leave the pictures out: a rendition of the first sound, cut where the pictures are", FALSE,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
}

static void
gst_hls_ad_sink_pad_init (GstHlsAdSinkPad * pad)
{
  pad->unix_caps = gst_caps_new_empty_simple ("timestamp/x-unix");
}

GstPad *
hls_ad_sink_pad_new (GstPadTemplate * templ, const gchar * name)
{
  GstPad *pad = g_object_new (GST_TYPE_HLS_AD_SINK_PAD, "name", name,
      "direction", GST_PAD_SINK, "template", templ, NULL);

  gst_pad_set_chain_function (pad, GST_DEBUG_FUNCPTR (pad_chain));
  gst_pad_set_chain_list_function (pad, GST_DEBUG_FUNCPTR (pad_chain_list));
  gst_pad_set_event_function (pad, GST_DEBUG_FUNCPTR (pad_event));
  return pad;
}
