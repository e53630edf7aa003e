/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/video/gstvideoencoder.h>
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <string.h>

/*
 * MPEG-2 video by libavcodec. gst-libav's avenc_mpeg2video would do, but that of GStreamer 1.22
 * gives libavcodec a time base which it refuses for this codec, and mpeg2enc is slower than the
 * pictures. One streaming thread.
 *
 * A plugin of its own: libavcodec brings a hundred libraries along, and who splices or segments
 * needs none of them.
 */
#define VBV_MAIN_BITS 1835008   /* H.262 Table 8-14, main level */
#define SCENE_CUT_NEVER "1000000000"

enum
{
  PROP_0,
  PROP_BITRATE,
  PROP_GOP_SIZE,
  PROP_BFRAMES,
  PROP_LOW_DELAY,
};

#define AD_TYPE_CONDITION_MPEG2 (ad_condition_mpeg2_get_type ())
G_DECLARE_FINAL_TYPE (AdConditionMpeg2, ad_condition_mpeg2, AD, CONDITION_MPEG2, GstVideoEncoder)

/* The wishes are properties that are set before it starts. */
struct _AdConditionMpeg2
{
  GstVideoEncoder parent;
  guint bit_rate, gop_size, bframes;
  gboolean low_delay;
  GstVideoCodecState *input;
  AVCodecContext *codec;
  AVPacket *packet;
};

G_DEFINE_TYPE (AdConditionMpeg2, ad_condition_mpeg2, GST_TYPE_VIDEO_ENCODER)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-raw, format=(string){ I420, Y42B }"));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/mpeg, mpegversion=(int)2, systemstream=(boolean)false, parsed=(boolean)true"));

static void
close_codec (AdConditionMpeg2 * m)
{
  avcodec_free_context (&m->codec);
  av_packet_free (&m->packet);
  g_clear_pointer (&m->input, gst_video_codec_state_unref);
}

static void
set_form (AdConditionMpeg2 * m, const GstVideoInfo * info)
{
  AVCodecContext *c = m->codec;

  c->width = GST_VIDEO_INFO_WIDTH (info);
  c->height = GST_VIDEO_INFO_HEIGHT (info);
  c->pix_fmt = GST_VIDEO_INFO_FORMAT (info) == GST_VIDEO_FORMAT_Y42B ? AV_PIX_FMT_YUV422P : AV_PIX_FMT_YUV420P;
  c->framerate = (AVRational) { GST_VIDEO_INFO_FPS_N (info), GST_VIDEO_INFO_FPS_D (info) };
  c->time_base = av_inv_q (c->framerate);
  c->sample_aspect_ratio = (AVRational) { GST_VIDEO_INFO_PAR_N (info), GST_VIDEO_INFO_PAR_D (info) };
  c->color_primaries = (enum AVColorPrimaries) gst_video_color_primaries_to_iso (info->colorimetry.primaries);
  c->color_trc = (enum AVColorTransferCharacteristic) gst_video_transfer_function_to_iso (info->colorimetry.transfer);
  c->colorspace = (enum AVColorSpace) gst_video_color_matrix_to_iso (info->colorimetry.matrix);
  if (GST_VIDEO_INFO_IS_INTERLACED (info)) {
    c->flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
    c->field_order = AV_FIELD_TT;
  }
}

static void
set_wish (AdConditionMpeg2 * m)
{
  AVCodecContext *c = m->codec;

  c->bit_rate = c->rc_max_rate = m->bit_rate;
  c->rc_buffer_size = (int) (m->bit_rate / 2);
  if (c->height <= 576)
    c->rc_buffer_size = MIN (c->rc_buffer_size, VBV_MAIN_BITS);
  c->gop_size = (int) m->gop_size;
  c->max_b_frames = (int) m->bframes;
  c->flags |= AV_CODEC_FLAG_CLOSED_GOP;
  if (m->low_delay)
    c->flags |= AV_CODEC_FLAG_LOW_DELAY;
  /* frame rates that have no code of their own are made of another one: H.262 6.3.3 */
  c->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
  av_opt_set (c->priv_data, "sc_threshold", SCENE_CUT_NEVER, 0);
  /* without it a GOP ends early, so that its last pictures need no B */
  av_opt_set (c->priv_data, "mpv_flags", "+strict_gop", 0);
}

static gboolean
set_format (GstVideoEncoder * encoder, GstVideoCodecState * state)
{
  AdConditionMpeg2 *m = (AdConditionMpeg2 *) encoder;
  const AVCodec *codec = avcodec_find_encoder (AV_CODEC_ID_MPEG2VIDEO);
  GstVideoCodecState *output;

  close_codec (m);
  m->codec = codec ? avcodec_alloc_context3 (codec) : NULL;
  m->packet = av_packet_alloc ();
  if (!m->codec || !m->packet)
    return FALSE;
  m->input = gst_video_codec_state_ref (state);
  set_form (m, &state->info);
  set_wish (m);
  if (avcodec_open2 (m->codec, codec, NULL) < 0) {
    GST_ELEMENT_ERROR (m, LIBRARY, SETTINGS, ("MPEG-2 video of %dx%d with %d/%d frames a second cannot be encoded",
            m->codec->width, m->codec->height, m->codec->framerate.num, m->codec->framerate.den), (NULL));
    return FALSE;
  }
  output = gst_video_encoder_set_output_state (encoder, gst_static_pad_template_get_caps (&src_template), state);
  gst_video_codec_state_unref (output);
  return TRUE;
}

/* All that is coded so far. The picture's number travels as its time. */
static GstFlowReturn
take_packets (AdConditionMpeg2 * m)
{
  GstVideoEncoder *encoder = GST_VIDEO_ENCODER (m);
  GstFlowReturn flow = GST_FLOW_OK;

  while (flow == GST_FLOW_OK && avcodec_receive_packet (m->codec, m->packet) == 0) {
    GstVideoCodecFrame *frame = gst_video_encoder_get_frame (encoder, (int) m->packet->pts);

    if (frame) {
      frame->output_buffer = gst_buffer_new_memdup (m->packet->data, (gsize) m->packet->size);
      if (m->packet->flags & AV_PKT_FLAG_KEY)
        GST_VIDEO_CODEC_FRAME_SET_SYNC_POINT (frame);
      flow = gst_video_encoder_finish_frame (encoder, frame);
    }
    av_packet_unref (m->packet);
  }
  return flow;
}

/* Copies: libavcodec keeps pictures for as long as it likes. */
static AVFrame *
make_picture (AdConditionMpeg2 * m, GstVideoCodecFrame * frame)
{
  AVFrame *picture = av_frame_alloc ();
  GstVideoFrame map;

  picture->format = m->codec->pix_fmt;
  picture->width = m->codec->width;
  picture->height = m->codec->height;
  picture->pts = frame->system_frame_number;
  if (av_frame_get_buffer (picture, 0) < 0 ||
      !gst_video_frame_map (&map, &m->input->info, frame->input_buffer, GST_MAP_READ)) {
    av_frame_free (&picture);
    return NULL;
  }
  for (guint i = 0; i < 3; i++) {
    const guint8 *from = GST_VIDEO_FRAME_COMP_DATA (&map, i);

    for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&map, i); y++)
      memcpy (picture->data[i] + y * picture->linesize[i], from + y * GST_VIDEO_FRAME_COMP_STRIDE (&map, i),
          (gsize) GST_VIDEO_FRAME_COMP_WIDTH (&map, i));
  }
  gst_video_frame_unmap (&map);
  if (GST_VIDEO_CODEC_FRAME_IS_FORCE_KEYFRAME (frame))
    picture->pict_type = AV_PICTURE_TYPE_I;
  if (GST_VIDEO_INFO_IS_INTERLACED (&m->input->info))
    picture->interlaced_frame = picture->top_field_first = 1;
  return picture;
}

static GstFlowReturn
handle_frame (GstVideoEncoder * encoder, GstVideoCodecFrame * frame)
{
  AdConditionMpeg2 *m = (AdConditionMpeg2 *) encoder;
  AVFrame *picture = make_picture (m, frame);
  int result = picture ? avcodec_send_frame (m->codec, picture) : -1;

  av_frame_free (&picture);
  gst_video_codec_frame_unref (frame);
  if (result >= 0)
    return take_packets (m);
  GST_ELEMENT_ERROR (m, STREAM, ENCODE, ("A picture cannot be encoded as MPEG-2 video"), (NULL));
  return GST_FLOW_ERROR;
}

static GstFlowReturn
drain (GstVideoEncoder * encoder)
{
  AdConditionMpeg2 *m = (AdConditionMpeg2 *) encoder;

  if (!m->codec || avcodec_send_frame (m->codec, NULL) < 0)
    return GST_FLOW_OK;
  return take_packets (m);
}

static gboolean
stop (GstVideoEncoder * encoder)
{
  close_codec ((AdConditionMpeg2 *) encoder);
  return TRUE;
}

static void
ad_condition_mpeg2_set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  AdConditionMpeg2 *m = AD_CONDITION_MPEG2 (object);

  if (id == PROP_BITRATE)
    m->bit_rate = g_value_get_uint (value);
  else if (id == PROP_GOP_SIZE)
    m->gop_size = g_value_get_uint (value);
  else if (id == PROP_BFRAMES)
    m->bframes = g_value_get_uint (value);
  else if (id == PROP_LOW_DELAY)
    m->low_delay = g_value_get_boolean (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ad_condition_mpeg2_get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  AdConditionMpeg2 *m = AD_CONDITION_MPEG2 (object);

  if (id == PROP_BITRATE)
    g_value_set_uint (value, m->bit_rate);
  else if (id == PROP_GOP_SIZE)
    g_value_set_uint (value, m->gop_size);
  else if (id == PROP_BFRAMES)
    g_value_set_uint (value, m->bframes);
  else if (id == PROP_LOW_DELAY)
    g_value_set_boolean (value, m->low_delay);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ad_condition_mpeg2_init (AdConditionMpeg2 * m)
{
}

static void
install_properties (GObjectClass * klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, PROP_BITRATE,
      g_param_spec_uint ("bitrate", "Bit rate", "Bit rate in bit/s, which is also the peak", 1000, G_MAXINT, 2000000, flags));
  g_object_class_install_property (klass, PROP_GOP_SIZE,
      g_param_spec_uint ("gop-size", "GOP size", "Length of each GOP in frames", 1, 600, 12, flags));
  g_object_class_install_property (klass, PROP_BFRAMES,
      g_param_spec_uint ("bframes", "B-frames", "Most B-pictures in a row", 0, 4, 2, flags));
  g_object_class_install_property (klass, PROP_LOW_DELAY,
      g_param_spec_boolean ("low-delay", "Low delay", "Set low_delay in the sequence (H.262 6.3.5)", FALSE, flags));
}

static void
ad_condition_mpeg2_class_init (AdConditionMpeg2Class * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstVideoEncoderClass *encoder_class = GST_VIDEO_ENCODER_CLASS (klass);

  G_OBJECT_CLASS (klass)->set_property = ad_condition_mpeg2_set_property;
  G_OBJECT_CLASS (klass)->get_property = ad_condition_mpeg2_get_property;
  install_properties (G_OBJECT_CLASS (klass));
  encoder_class->set_format = set_format;
  encoder_class->handle_frame = handle_frame;
  encoder_class->finish = drain;
  encoder_class->stop = stop;
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "Ad condition MPEG-2", "Codec/Encoder/Video",
      "MPEG-2 video with closed GOPs of equal length", "adsplice");
}

/* No rank: it is for who asks for it by name. */
static gboolean
plugin_init (GstPlugin * plugin)
{
  return gst_element_register (plugin, "adconditionmpeg2", GST_RANK_NONE, AD_TYPE_CONDITION_MPEG2);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, adsplicempeg2,
    "MPEG-2 video for creatives", plugin_init, ADSPLICE_VERSION, "LGPL", "adsplice", "https://adsplice.example/")
