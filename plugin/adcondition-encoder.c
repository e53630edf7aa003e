/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adcondition-private.h"

#include <string.h>

#define VBV_MS 500              /* a burst fills half a second of the rate, no more */
#define BFRAMES_DEFAULT 3
#define MPEG2_BFRAMES 2

typedef struct
{
  const AspRendition *r;
  guint unit, bit_rate, bframes;
  gboolean pyramid;             /* two pictures may be reordered */
} VideoWish;

/* Properties differ from encoder to encoder and from version to version: one that is not there
 * is left out, the checks of the multiplex say when it was needed. */
static void
set (GstElement * e, const gchar * name, const gchar * format, ...)
{
  va_list args;
  gchar *value;

  if (!g_object_class_find_property (G_OBJECT_GET_CLASS (e), name))
    return;
  va_start (args, format);
  value = g_strdup_vprintf (format, args);
  va_end (args);
  gst_util_set_object_arg (G_OBJECT (e), name, value);
  g_free (value);
}

/* --- video -------------------------------------------------------------------------- */

static void
set_x264 (GstElement * e, const VideoWish * w)
{
  const AspVideoParams *p = &w->r->params;
  GString *options = g_string_new ("scenecut=0:open-gop=0");

  if (p->level_idc > 0)
    g_string_append_printf (options, ":level=%u", p->level_idc);
  set (e, "speed-preset", "veryfast");
  set (e, "bitrate", "%u", w->bit_rate / 1000);
  set (e, "vbv-buf-capacity", "%u", VBV_MS);
  set (e, "key-int-max", "%u", w->unit);
  set (e, "bframes", "%u", w->bframes);
  set (e, "b-pyramid", w->pyramid ? "true" : "false");
  set (e, "byte-stream", "true");
  set (e, "aud", "true");
  set (e, "interlaced", p->interlaced ? "true" : "false");
  set (e, "option-string", "%s", options->str);
  g_string_free (options, TRUE);
}

static void
set_x265 (GstElement * e, const VideoWish * w)
{
  guint idc = w->r->params.level_idc;   /* 30 times the level: H.265 A.4 */
  gchar *level = idc > 0 ? g_strdup_printf (":level-idc=%u", idc / 3) : g_strdup ("");

  set (e, "speed-preset", "superfast");
  set (e, "bitrate", "%u", w->bit_rate / 1000);
  set (e, "key-int-max", "%u", w->unit);
  set (e, "option-string", "scenecut=0:open-gop=0:min-keyint=%u:keyint=%u:bframes=%u:b-pyramid=%u:repeat-headers=1:"
      "vbv-maxrate=%u:vbv-bufsize=%u:info=0%s", w->unit, w->unit, w->bframes, w->pyramid, w->bit_rate / 1000,
      w->bit_rate / 1000 * VBV_MS / 1000, level);
  g_free (level);
}

/* Hardware encoders and openh264: what they have in common. */
static void
set_kbit (GstElement * e, const VideoWish * w)
{
  set (e, "bitrate", "%u", w->bit_rate / 1000);
  set (e, "key-int-max", "%u", w->unit);
  set (e, "gop-size", "%u", w->unit);
  set (e, "b-frames", "%u", w->bframes);
  set (e, "bframes", "%u", w->bframes);
  set (e, "aud", "true");
}

static void
set_bit (GstElement * e, const VideoWish * w)
{
  set (e, "bitrate", "%u", w->bit_rate);
  set (e, "gop-size", "%u", w->unit);
  set (e, "scene-change-detection", "false");
  set (e, "complexity", "low");
}

/* A plugin of our own. */
static void
set_mpeg2 (GstElement * e, const VideoWish * w)
{
  set (e, "bitrate", "%u", w->bit_rate);
  set (e, "gop-size", "%u", w->unit);
  set (e, "bframes", "%u", w->bframes > 0 ? MPEG2_BFRAMES : 0);
  set (e, "low-delay", "%s", w->r->params.low_delay ? "true" : "false");
}

typedef struct
{
  AspCodec codec;
  const gchar *name;
  void (*set) (GstElement * e, const VideoWish * w);
} VideoEncoder;

static const VideoEncoder video_encoders[] = {
  {ASP_CODEC_H264, "x264enc", set_x264},
  {ASP_CODEC_H264, "openh264enc", set_bit},
  {ASP_CODEC_H264, "vah264enc", set_kbit},
  {ASP_CODEC_H264, "v4l2h264enc", set_bit},
  {ASP_CODEC_HEVC, "x265enc", set_x265},
  {ASP_CODEC_HEVC, "vah265enc", set_kbit},
  {ASP_CODEC_HEVC, "v4l2h265enc", set_bit},
  {ASP_CODEC_MPEG2, "adconditionmpeg2", set_mpeg2},
};

/* H.264 Table A.2 names, as caps have them */
static const gchar *
h264_profile (const AspVideoParams * p)
{
  switch (p->profile_idc) {
    case 66:
      return "constrained-baseline";
    case 100:
      return "high";
    case 110:
      return "high-10";
    case 122:
      return "high-4:2:2";
    case 244:
      return "high-4:4:4";
    default:
      return "main";
  }
}

static gchar *
coded_caps (const AspRendition * r)
{
  const AspVideoParams *p = &r->params;

  switch (r->tracks[r->video].codec) {
    case ASP_CODEC_H264:
      return g_strdup_printf ("video/x-h264,profile=%s", h264_profile (p));
    case ASP_CODEC_HEVC:
      return g_strdup_printf ("video/x-h265,profile=%s", p->bit_depth > 8 ? "main-10" : "main");
    default:
      return g_strdup ("video/mpeg,mpegversion=2,systemstream=false");
  }
}

static const gchar *
raw_format (const AspVideoParams * p)
{
  gboolean deep = p->bit_depth > 8;

  switch (p->chroma_format_idc) {
    case 2:
      return deep ? "video/x-raw,format=I422_10LE" : "video/x-raw,format=Y42B";
    case 3:
      return deep ? "video/x-raw,format=Y444_10LE" : "video/x-raw,format=Y444";
    default:
      return deep ? "video/x-raw,format=I420_10LE" : "video/x-raw,format={I420,NV12}";
  }
}

/* --- the one that was asked for ------------------------------------------------------- */

static gboolean
missing (GError ** error, const gchar * what, const gchar * property, const gchar * try)
{
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
      "There is no element that encodes %s; install one of %s, or name one (%s)", what, try, property);
  return FALSE;
}

static gboolean
bad_wish (GError ** error, const gchar * property, const gchar * text)
{
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
      "%s=\"%s\" names no element that is installed here; it should be \"ELEMENT PROPERTY=VALUE ...\"", property, text);
  return FALSE;
}

/* "NAME PROPERTY=VALUE ...": what is said there wins over what is set here. */
static gboolean
split_wish (const gchar * wanted, gchar *** words)
{
  return g_shell_parse_argv (wanted, NULL, words, NULL) && (*words)[0];
}

static void
set_words (GstElement * e, gchar ** words)
{
  for (guint i = 1; words[i]; i++) {
    gchar *value = strchr (words[i], '=');

    if (!value)
      continue;
    *value = '\0';
    set (e, words[i], "%s", value + 1);
  }
}

static const VideoEncoder *
known_video (const gchar * name)
{
  for (guint i = 0; i < G_N_ELEMENTS (video_encoders); i++)
    if (!strcmp (video_encoders[i].name, name))
      return &video_encoders[i];
  return NULL;
}

static GstElement *
first_video (const VideoWish * w)
{
  AspCodec codec = w->r->tracks[w->r->video].codec;

  for (guint i = 0; i < G_N_ELEMENTS (video_encoders); i++) {
    GstElement *e = video_encoders[i].codec == codec ? gst_element_factory_make (video_encoders[i].name, NULL) : NULL;

    if (e) {
      video_encoders[i].set (e, w);
      return e;
    }
  }
  return NULL;
}

static GstElement *
wanted_video (const VideoWish * w, const gchar * wanted)
{
  g_auto (GStrv) words = NULL;
  const VideoEncoder *known;
  GstElement *e;

  if (!split_wish (wanted, &words))
    return NULL;
  e = gst_element_factory_make (words[0], NULL);
  if (!e)
    return NULL;
  known = known_video (words[0]);
  (known ? known->set : set_kbit) (e, w);
  set_words (e, words);
  return e;
}

gboolean
ad_condition_video_encoder (const AspRendition * r, guint unit, guint bit_rate, const gchar * wanted,
    AdConditionEncoder * out, GError ** error)
{
  guint reorder = asp_rendition_reorder_frames (r);
  VideoWish w = { r, unit, bit_rate, reorder > 0 ? BFRAMES_DEFAULT : 0, reorder > 1 };

  memset (out, 0, sizeof *out);
  if (r->tracks[r->video].codec == ASP_CODEC_H264 && r->params.profile_idc == 66)
    w.bframes = 0;
  out->element = wanted ? wanted_video (&w, wanted) : first_video (&w);
  if (!out->element && wanted)
    return bad_wish (error, "video-encoder", wanted);
  if (!out->element)
    return missing (error, asp_codec_name (r->tracks[r->video].codec), "video-encoder",
        "x264enc, openh264enc (H.264), x265enc (HEVC); for MPEG-2 build with libavcodec");
  out->raw = raw_format (&r->params);
  out->coded = coded_caps (r);
  return TRUE;
}

/* --- audio -------------------------------------------------------------------------- */

typedef struct
{
  AspCodec codec;
  guint layer;
  const gchar *name;
  gboolean kbit;                /* its bitrate counts 1000 bit/s */
  guint delay;                  /* samples in front of the first one */
} AudioEncoder;

static const AudioEncoder audio_encoders[] = {
  {ASP_CODEC_AAC_ADTS, 0, "fdkaacenc", FALSE, 2048},
  {ASP_CODEC_AAC_ADTS, 0, "avenc_aac", FALSE, 1024},
  {ASP_CODEC_AAC_ADTS, 0, "voaacenc", FALSE, 1600},
  {ASP_CODEC_MPEG_AUDIO, 2, "avenc_mp2", FALSE, 481},
  {ASP_CODEC_MPEG_AUDIO, 2, "twolamemp2enc", TRUE, 481},
  {ASP_CODEC_MPEG_AUDIO, 3, "lamemp3enc", TRUE, 1105},
  {ASP_CODEC_AC3, 0, "avenc_ac3", FALSE, 256},
  {ASP_CODEC_EAC3, 0, "avenc_eac3", FALSE, 256},
};

/* Rates that frames can have; what is measured lies beside them a little. */
static const guint mpeg_audio_kbit[] = { 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384 };
static const guint mpeg_audio_low_kbit[] = { 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 };
static const guint layer3_kbit[] = { 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 };
static const guint ac3_kbit[] = { 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640 };

static guint
nearest (const guint * kbit, guint n, guint rate)
{
  guint best = kbit[0] * 1000;

  for (guint i = 1; i < n; i++)
    if (ABS ((gint) (kbit[i] * 1000) - (gint) rate) < ABS ((gint) best - (gint) rate))
      best = kbit[i] * 1000;
  return best;
}

static guint
audio_rate (const AspRenditionTrack * t)
{
  guint rate = t->bit_rate ? t->bit_rate : 64000 * MIN (t->channels, 6);

  switch (t->codec) {
    case ASP_CODEC_AC3:
    case ASP_CODEC_EAC3:
      return nearest (ac3_kbit, G_N_ELEMENTS (ac3_kbit), rate);
    case ASP_CODEC_MPEG_AUDIO:
      if (t->sample_rate < 32000)
        return nearest (mpeg_audio_low_kbit, G_N_ELEMENTS (mpeg_audio_low_kbit), rate);
      /* layer 2 has no more than 192 for one channel: ISO/IEC 11172-3 2.4.2.3 */
      return t->layer == 3 ? nearest (layer3_kbit, G_N_ELEMENTS (layer3_kbit), rate) :
          MIN (nearest (mpeg_audio_kbit, G_N_ELEMENTS (mpeg_audio_kbit), rate), t->channels * 192000);
    default:
      return CLAMP ((rate + 4000) / 8000 * 8000, 24000 * t->channels, 160000 * t->channels);
  }
}

static void
set_audio (GstElement * e, const AudioEncoder * known, const AspRenditionTrack * t, gdouble loudness_lufs)
{
  guint rate = audio_rate (t);

  set (e, "target", "bitrate");
  set (e, "cbr", "true");
  set (e, "bitrate", "%u", known->kbit ? rate / 1000 : rate);
  /* decoders turn what they play down to -31; who says nothing is not turned down: A/52 5.4.2.8 */
  set (e, "dialnorm", "%d", (gint) CLAMP (loudness_lufs - 0.5, -31, -1));
}

static const AudioEncoder *
known_audio (const AspRenditionTrack * t, const gchar * name)
{
  for (guint i = 0; i < G_N_ELEMENTS (audio_encoders); i++)
    if (audio_encoders[i].codec == t->codec && (!audio_encoders[i].layer || audio_encoders[i].layer == t->layer) &&
        (!name || !strcmp (name, audio_encoders[i].name)))
      return &audio_encoders[i];
  return NULL;
}

static gboolean
take_audio (AdConditionEncoder * out, const AudioEncoder * known, const gchar * name, const AspRenditionTrack * t,
    gdouble loudness_lufs)
{
  static const AudioEncoder other = { ASP_CODEC_NONE, 0, NULL, FALSE, 0 };

  out->element = gst_element_factory_make (name, NULL);
  if (!out->element)
    return FALSE;
  set_audio (out->element, known ? known : &other, t, loudness_lufs);
  out->delay = known ? known->delay : 0;
  return TRUE;
}

gboolean
ad_condition_audio_encoder (const AspRenditionTrack * t, gdouble loudness_lufs, const gchar * wanted,
    AdConditionEncoder * out, GError ** error)
{
  g_auto (GStrv) words = NULL;

  memset (out, 0, sizeof *out);
  if (wanted) {
    if (!split_wish (wanted, &words) || !take_audio (out, known_audio (t, words[0]), words[0], t, loudness_lufs))
      return bad_wish (error, "audio-encoder", wanted);
    set_words (out->element, words);
  }
  for (guint i = 0; i < G_N_ELEMENTS (audio_encoders) && !out->element; i++) {
    const AudioEncoder *known = &audio_encoders[i];

    if (known->codec == t->codec && (!known->layer || known->layer == t->layer))
      take_audio (out, known, known->name, t, loudness_lufs);
  }
  if (!out->element)
    return missing (error, asp_codec_name (t->codec), "audio-encoder",
        "avenc_aac (AAC), avenc_mp2, lamemp3enc (MPEG audio), avenc_ac3, avenc_eac3");
  out->coded = g_strdup (t->codec == ASP_CODEC_AAC_ADTS ? "audio/mpeg,mpegversion=4,stream-format=adts" : NULL);
  return TRUE;
}
