/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-check-findings.h"

#define FRAME_DEFAULT_90K 3600.0

/* A random access point each @seconds, in pictures. */
static guint
pictures_in (const AspCheckStream * video, gdouble seconds)
{
  gdouble frame = video->video.frame_90k > 0 ? video->video.frame_90k : FRAME_DEFAULT_90K;

  return (guint) (seconds * ASP_SECOND_90K / frame + 0.5);
}

gchar *
advice_closed_gop (const AspCheckStream * video, gdouble seconds)
{
  guint n = pictures_in (video, seconds);

  switch (video->pmt.codec) {
    case ASP_CODEC_H264:
      return g_strdup_printf ("send an IDR every %.0f s: x264 keyint=%u:min-keyint=%u:scenecut=0:open-gop=0 "
          "(ffmpeg -g %u -keyint_min %u -sc_threshold 0 -flags +cgop; "
          "x264enc key-int-max=%u option-string=scenecut=0:open-gop=0)", seconds, n, n, n, n, n);
    case ASP_CODEC_HEVC:
      return g_strdup_printf ("send a closed GOP every %.0f s: x265 keyint=%u:min-keyint=%u:scenecut=0:open-gop=0 "
          "(ffmpeg -x265-params with that; x265enc key-int-max=%u option-string=open-gop=0:scenecut=0)",
          seconds, n, n, n);
    default:
      return g_strdup_printf ("close the GOPs and send one every %.1g s: ffmpeg -g %u -flags +cgop -sc_threshold 1000000000",
          MIN (seconds, 0.6), pictures_in (video, MIN (seconds, 0.6)));
  }
}

gchar *
advice_cue_pictures (const AspCheckStream * video)
{
  return g_strdup_printf ("let the encoder put %s where the cue points: its \"SCTE-35 aligned IDR\" or \"splice "
      "conditioning\" setting, ffmpeg -force_key_frames TIME,...; an encoder in the same GStreamer pipeline is asked by "
      "tssplicer itself", video->pmt.codec == ASP_CODEC_H264 ? "an IDR" : "a closed GOP");
}

gchar *
advice_headers (AspCodec codec)
{
  if (codec == ASP_CODEC_MPEG2)
    return g_strdup ("let the encoder send a sequence header with each GOP");
  return g_strdup_printf ("let the encoder repeat its headers: %s repeat-headers=1, %s config-interval=-1",
      codec == ASP_CODEC_HEVC ? "x265" : "x264", codec == ASP_CODEC_HEVC ? "h265parse" : "h264parse");
}

gchar *
advice_pcr (void)
{
  return g_strdup ("send a PCR at least every 40 ms: ffmpeg -pcr_period 20, mpegtsmux pcr-interval=1800");
}

gchar *
advice_audio_grouping (void)
{
  return g_strdup ("put fewer frames into a PES: ffmpeg -pes_payload_size 0, on encoders \"audio frames per PES\"");
}

gchar *
advice_mux_delay (void)
{
  return g_strdup ("give the multiplexer more delay or rate: ffmpeg -muxdelay 0.7 -muxrate above the peak, a smaller VBV buffer "
      "in the encoder");
}
