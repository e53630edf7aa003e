/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adcondition-private.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#define QUEUE_PICTURES 4

static GstElement *
add (GstBin * bin, const gchar * factory, GError ** error)
{
  GstElement *e = gst_element_factory_make (factory, NULL);

  if (!e) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "The element %s is missing; check the installation of GStreamer's base, good and bad plugins", factory);
    return NULL;
  }
  gst_bin_add (bin, e);
  return e;
}

static GstElement *
add_caps (GstBin * bin, GstCaps * caps, GError ** error)
{
  GstElement *e = add (bin, "capsfilter", error);

  if (e)
    g_object_set (e, "caps", caps, NULL);
  gst_caps_unref (caps);
  return e;
}

/* Links @e in a row and starts it, the last one first. */
static gboolean
link_row (GstElement ** e, guint n, GError ** error)
{
  for (guint i = 0; i + 1 < n; i++) {
    if (gst_element_link (e[i], e[i + 1]))
      continue;
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "%s cannot be linked to %s",
        GST_OBJECT_NAME (e[i]), GST_OBJECT_NAME (e[i + 1]));
    return FALSE;
  }
  while (n-- > 0)
    gst_element_sync_state_with_parent (e[n]);
  return TRUE;
}

static gboolean
link_pad (GstPad * raw, GstElement * first, GError ** error)
{
  GstPad *sink = gst_element_get_static_pad (first, "sink");
  gboolean ok = GST_PAD_LINK_SUCCESSFUL (gst_pad_link (raw, sink));

  gst_object_unref (sink);
  if (!ok)
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "What the creative decodes to cannot be linked to what conditions it");
  return ok;
}

/* --- pictures ----------------------------------------------------------------------- */

/* As the rendition says; where it says nothing, what decoders take it to be by its size. */
static gchar *
colorimetry (const AspRendition * r)
{
  const AspVideoParams *p = &r->params;
  GstVideoColorimetry c;

  c.range = p->full_range ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235;
  c.matrix = gst_video_color_matrix_from_iso (p->matrix_coefficients);
  c.transfer = gst_video_transfer_function_from_iso (p->transfer_characteristics);
  c.primaries = gst_video_color_primaries_from_iso (p->colour_primaries);
  if (c.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN || c.matrix == GST_VIDEO_COLOR_MATRIX_RGB)
    return g_strdup (p->height >= 720 ? GST_VIDEO_COLORIMETRY_BT709 : GST_VIDEO_COLORIMETRY_BT601);
  return gst_video_colorimetry_to_string (&c);
}

static GstCaps *
scaled_caps (const AspRendition * r, const gchar * raw)
{
  GstCaps *caps = gst_caps_from_string (raw);
  gchar *colour = colorimetry (r);
  const AspVideoParams *p = &r->params;

  gst_caps_set_simple (caps, "width", G_TYPE_INT, (gint) p->width, "height", G_TYPE_INT, (gint) p->height,
      "pixel-aspect-ratio", GST_TYPE_FRACTION, p->sar_num ? (gint) p->sar_num : 1, p->sar_den ? (gint) p->sar_den : 1,
      "colorimetry", G_TYPE_STRING, colour, NULL);
  g_free (colour);
  return caps;
}

static GstElement *
add_parser (GstBin * bin, const AspRendition * r, GError ** error)
{
  GstElement *e;

  switch (r->tracks[r->video].codec) {
    case ASP_CODEC_H264:
      e = add (bin, "h264parse", error);
      break;
    case ASP_CODEC_HEVC:
      e = add (bin, "h265parse", error);
      break;
    default:
      return add (bin, "identity", error);      /* its encoders give whole pictures */
  }
  if (e)
    g_object_set (e, "config-interval", -1, NULL);
  return e;
}

static GstElement *
add_queue (GstBin * bin, GError ** error)
{
  GstElement *e = add (bin, "queue", error);

  if (e)
    g_object_set (e, "max-size-buffers", QUEUE_PICTURES, "max-size-bytes", 0, "max-size-time", (guint64) 0, NULL);
  return e;
}

static GstElement *
add_deinterlace (GstBin * bin, const AspRendition * r, gboolean fields, GError ** error)
{
  GstElement *e = add (bin, "deinterlace", error);
  gboolean all = fields || r->fps_num > 30 * r->fps_den;

  if (e)
    gst_util_set_object_arg (G_OBJECT (e), "fields", all ? "all" : "top");
  return e;
}

static GstElement *
add_interlace (GstBin * bin, GError ** error)
{
  GstElement *e = add (bin, "interlace", error);

  if (e) {
    gst_util_set_object_arg (G_OBJECT (e), "field-pattern", "1:1");
    g_object_set (e, "top-field-first", TRUE, NULL);
  }
  return e;
}

gboolean
ad_condition_chain_video (GstBin * bin, GstPad * raw, GstElement * collect, AdConditionJob * job,
    guint bit_rate, const gchar * encoder, GError ** error)
{
  const AspRendition *r = &job->rendition;
  gboolean fields = r->params.interlaced && r->tracks[r->video].codec != ASP_CODEC_HEVC;
  AdConditionEncoder enc;
  GstElement *row[12];
  guint n = 0;

  if (!ad_condition_video_encoder (r, job->unit, bit_rate, encoder, &enc, error))
    return FALSE;
  row[n++] = add_queue (bin, error);
  row[n++] = add_deinterlace (bin, r, fields, error);
  row[n] = ad_condition_frames_new (job, fields ? 2 : 1);
  gst_bin_add (bin, row[n++]);
  row[n++] = add (bin, "videoconvertscale", error);
  row[n++] = add_caps (bin, scaled_caps (r, enc.raw), error);
  if (fields)
    row[n++] = add_interlace (bin, error);
  row[n++] = add_queue (bin, error);
  gst_bin_add (bin, enc.element);
  row[n++] = enc.element;
  row[n++] = add_caps (bin, gst_caps_from_string (enc.coded), error);
  row[n++] = add_parser (bin, r, error);
  row[n++] = collect;
  g_free (enc.coded);
  for (guint i = 0; i < n; i++)
    if (!row[i])
      return FALSE;
  return link_row (row, n - 1, error) && link_pad (raw, row[0], error) &&
      gst_element_link_pads (row[n - 2], NULL, collect, "video");
}

/* Nothing is left of the encoder's way but the parser. */
gboolean
ad_condition_chain_kept_video (GstBin * bin, GstPad * coded, GstElement * collect, const AdConditionJob * job,
    GError ** error)
{
  const AspRendition *r = &job->rendition;
  AspCodec codec = r->tracks[r->video].codec;
  GstElement *row[] = { add_queue (bin, error),
    codec == ASP_CODEC_MPEG2 ? add (bin, "mpegvideoparse", error) : add_parser (bin, r, error)
  };

  return row[0] && row[1] && link_row (row, 2, error) && link_pad (coded, row[0], error) &&
      gst_element_link_pads (row[1], NULL, collect, "video");
}

/* --- sound -------------------------------------------------------------------------- */

static GstCaps *
sound_caps (const AspRenditionTrack * t)
{
  GstCaps *caps = gst_caps_new_simple ("audio/x-raw", "format", G_TYPE_STRING, GST_AUDIO_NE (F32),
      "layout", G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT, (gint) t->sample_rate,
      "channels", G_TYPE_INT, (gint) t->channels, NULL);

  if (t->channels > 1)
    gst_caps_set_simple (caps, "channel-mask", GST_TYPE_BITMASK,
        gst_audio_channel_get_fallback_mask ((gint) t->channels), NULL);
  return caps;
}

static gboolean
chain_form (GstBin * bin, GstElement * tee, GstElement * sound, GError ** error)
{
  GstElement *row[] = { tee, add (bin, "queue", error), add (bin, "audioconvert", error),
    add (bin, "audioresample", error), sound
  };

  return row[1] && row[2] && row[3] && link_row (row, G_N_ELEMENTS (row), error);
}

gboolean
ad_condition_chain_audio (GstBin * bin, GstPad * raw, GstElement ** sounds, guint n_sounds, GError ** error)
{
  GstElement *row[] = { add (bin, "queue", error), add (bin, "audioconvert", error), add (bin, "audiorate", error),
    add (bin, "tee", error)
  };

  if (!row[0] || !row[1] || !row[2] || !row[3])
    return FALSE;
  g_object_set (row[2], "skip-to-first", TRUE, NULL);
  for (guint i = 0; i < n_sounds; i++)
    if (!chain_form (bin, row[3], sounds[i], error))
      return FALSE;
  return link_row (row, G_N_ELEMENTS (row), error) && link_pad (raw, row[0], error);
}

static const gchar *
audio_parser (AspCodec codec)
{
  switch (codec) {
    case ASP_CODEC_AAC_ADTS:
      return "aacparse";
    case ASP_CODEC_AC3:
    case ASP_CODEC_EAC3:
      return "ac3parse";
    default:
      return "mpegaudioparse";
  }
}

GstElement *
ad_condition_chain_encoder (GstBin * bin, GstElement * collect, AdConditionJob * job, guint track,
    const gchar * encoder, GError ** error)
{
  const AspRenditionTrack *t = &job->rendition.tracks[track];
  AdConditionEncoder enc;
  GstElement *row[7], *sound;
  guint n = 0, form;
  gchar *es;
  gboolean ok;

  if (!ad_condition_audio_encoder (t, job->loudness_lufs, encoder, &enc, error))
    return NULL;
  row[n++] = add_caps (bin, sound_caps (t), error);
  row[n++] = sound = ad_condition_sound_new (job, t, enc.delay);
  gst_bin_add (bin, sound);
  row[n++] = add (bin, "audioconvert", error);
  gst_bin_add (bin, enc.element);
  row[n++] = enc.element;
  row[n++] = add (bin, audio_parser (t->codec), error);
  if (enc.coded)
    row[n++] = add_caps (bin, gst_caps_from_string (enc.coded), error);
  g_free (enc.coded);
  for (guint i = 0; i < n; i++)
    if (!row[i])
      return NULL;
  form = ad_condition_collect_add_form (AD_CONDITION_COLLECT (collect), AD_CONDITION_SOUND (sound), track,
      ad_condition_sound_frames_to_drop (AD_CONDITION_SOUND (sound)));
  es = g_strdup_printf ("es_%u", form);
  ok = link_row (row, n, error) && gst_element_link_pads (row[n - 1], NULL, collect, es);
  g_free (es);
  return ok ? row[0] : NULL;
}
