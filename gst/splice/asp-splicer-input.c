/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-input.h"

#include <asp-es-codec-string.h>

#include "asp-splicer-private.h"

static gint64
stream_time (const AspSplicer * s, gint64 t_90k)
{
  return t_90k == ASP_NO_TIME ? ASP_NO_TIME : (gint64) asp_pts_wrap (t_90k + s->offset_90k);
}

void
asp_splicer_input (const AspSplicer * s, AspSplicerInput * out)
{
  out->pts90k = stream_time (s, s->newest_pts90k);
  out->rap_pts90k = stream_time (s, s->rap_pts90k);
  out->gop_90k = s->rap_interval_90k;
  out->gop_frames = s->gop_pictures;
  out->held_90k = s->phase == BREAK_NONE && s->left_pts90k != ASP_NO_TIME ? MAX (s->newest_pts90k - s->left_pts90k, 0) : 0;
  out->tables = s->tables;
}

/* As RFC 6381 has it, where the stream says more: of sound the common form. */
static void
name_codec (const AspSplicer * s, const AspPmtStream * st, gchar * out, gsize size)
{
  static const gchar *const names[] = {
    [ASP_CODEC_NONE] = "data",
    [ASP_CODEC_H264] = "avc1",
    [ASP_CODEC_HEVC] = "hvc1",
    [ASP_CODEC_MPEG2] = "mp4v.61",
    [ASP_CODEC_AAC_ADTS] = "mp4a.40.2",
    [ASP_CODEC_AAC_LATM] = "mp4a.40.2",
    [ASP_CODEC_MPEG_AUDIO] = "mp4a.40.33",
    [ASP_CODEC_AC3] = "ac-3",
    [ASP_CODEC_EAC3] = "ec-3",
    [ASP_CODEC_SCTE35] = "scte35",
    [ASP_CODEC_SUBTITLE] = "subtitle",
    [ASP_CODEC_OTHER_VIDEO] = "video",
    [ASP_CODEC_OTHER_AUDIO] = "audio",
  };
  gchar whole[ASP_CODEC_STRING_MAX];

  if (ASP_CODEC_IS_VIDEO (st->codec) && st->pid == s->video_pid &&
      asp_es_video_codec_string (st->codec, s->parameter_sets->data, s->parameter_sets->len, whole))
    g_strlcpy (out, whole, size);
  else
    g_strlcpy (out, names[st->codec], size);
}

guint
asp_splicer_pids (const AspSplicer * s, AspSplicerPid * out, guint max)
{
  gboolean clock = s->have_pmt && !s->pcr_any && s->pcr_pid < ASP_PID_NULL;
  guint n = 0;

  for (guint i = 0; i < s->streams->len && n < max; i++) {
    const AspPmtStream *st = &g_array_index (s->streams, AspPmtStream, i);

    out[n] = (AspSplicerPid) { .pid = st->pid, .stream_type = st->stream_type };
    name_codec (s, st, out[n].codec, sizeof out[n].codec);
    clock &= st->pid != s->pcr_pid;
    n++;
  }
  if (clock && n < max) {
    out[n] = (AspSplicerPid) { .pid = (guint16) s->pcr_pid };
    g_strlcpy (out[n++].codec, "pcr", sizeof out[0].codec);
  }
  return n;
}
