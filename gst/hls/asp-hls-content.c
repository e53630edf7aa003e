/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in segments beside pictures and sound, or is left out of them (AspHlsContent). */
#include "asp-hls-segmenter-private.h"

#include <asp-ts-pmt-edit.h>
#include <string.h>

#include "asp-hls-id3.h"

#define ID3_PID_FIRST 0x1fe0    /* and down from there, where the programme has it itself */
#define PRIVATE_STREAM_1 0xbd
/* PCR of a PID without pictures: so many are enough, no more than 100 ms apart (2.7.2) when
 * pictures are not. */
#define CLOCK_SPACING_27M (50 * 27000)

gboolean
asp_hls_content_has (const AspHlsSegmenter * s, AspHlsContent what)
{
  return (s->content & what) != 0;
}

gboolean
asp_hls_content_is_silent (const AspHlsSegmenter * s, const Stream * stream)
{
  return asp_hls_content_has (s, ASP_HLS_CONTENT_AUDIO_ONLY) && stream && stream == s->lead &&
      ASP_CODEC_IS_VIDEO (stream->codec);
}

static gboolean
has_pictures (const AspPmt * pmt)
{
  for (guint i = 0; i < pmt->n_streams; i++)
    if (ASP_CODEC_IS_VIDEO (pmt->streams[i].codec))
      return TRUE;
  return FALSE;
}

Role
asp_hls_content_role (const AspHlsSegmenter * s, const AspPmt * pmt, guint index)
{
  AspCodec codec = pmt->streams[index].codec;
  gboolean audio = ASP_CODEC_IS_AUDIO (codec) || codec == ASP_CODEC_OTHER_AUDIO;

  if (codec == ASP_CODEC_SCTE35)
    return asp_hls_content_has (s, ASP_HLS_CONTENT_SCTE35) ? ROLE_SECTIONS : ROLE_NONE;
  if (!asp_hls_content_has (s, ASP_HLS_CONTENT_AUDIO_ONLY) || !has_pictures (pmt))
    return audio ? ROLE_AUDIO : ROLE_OTHER;
  /* one, so that every player takes the same */
  for (guint i = 0; audio && i < index; i++)
    if (ASP_CODEC_IS_AUDIO (pmt->streams[i].codec))
      return ROLE_NONE;
  return ASP_CODEC_IS_AUDIO (codec) ? ROLE_AUDIO : ROLE_NONE;
}

/* -- PMT -- */

/* Where tags go: beside those that the programme has already, else on a PID that it has not. */
static guint
id3_pid (const AspHlsSegmenter * s, const AspPmt * pmt, gboolean * is_new)
{
  AspPidSet used = { {0} };
  guint pid = ID3_PID_FIRST;

  *is_new = FALSE;
  for (guint i = 0; i < pmt->n_streams; i++)
    if (pmt->streams[i].stream_type == ASP_STREAM_TYPE_ID3 &&
        !asp_hls_content_has (s, ASP_HLS_CONTENT_AUDIO_ONLY))
      return pmt->streams[i].pid;
  *is_new = TRUE;
  asp_pmt_add_pids (s->pmt->data, s->pmt->len, &used);
  while (pid == s->pmt_pid || asp_pid_set_has (&used, pid))
    pid--;
  return pid;
}

GByteArray *
asp_hls_content_pmt (AspHlsSegmenter * s)
{
  gboolean audio_only = asp_hls_content_is_silent (s, s->lead), is_new = FALSE;
  guint8 section[ASP_PMT_SECTION_MAX];
  AspPidSet keep = { {0} };
  AspPmt pmt;
  gsize size;

  s->id3_pid = ASP_PID_NULL;
  if (s->content == 0 || !asp_pmt_parse (s->pmt->data, s->pmt->len, &pmt))
    return g_byte_array_ref (s->pmt);
  if (asp_hls_content_has (s, ASP_HLS_CONTENT_TIMED_METADATA))
    s->id3_pid = (guint16) id3_pid (s, &pmt, &is_new);
  for (guint i = 0; i < pmt.n_streams; i++) {
    const Stream *stream = s->streams[pmt.streams[i].pid];

    if (stream && stream != s->lead && stream->role != ROLE_NONE)
      asp_pid_set_add (&keep, stream->pid);
  }
  size = asp_pmt_deliver (s->pmt->data, s->pmt->len, audio_only ? &keep : NULL,
      is_new ? s->id3_pid : ASP_PID_NULL, section);
  if (size == 0) {
    s->id3_pid = ASP_PID_NULL;  /* no room for one more stream */
    return g_byte_array_ref (s->pmt);
  }
  return g_byte_array_append (g_byte_array_new (), section, (guint) size);
}

/* -- packets -- */

void
asp_hls_content_put_metadata (AspHlsSegmenter * s, Segment * segment)
{
  g_autoptr (GByteArray) tag = NULL;

  if (segment->id3_pid == ASP_PID_NULL || !segment->boundary)
    return;
  tag = asp_hls_id3_tag (segment->boundary->marks);
  if (tag)
    asp_hls_segment_put_pes (s, segment, NULL, segment->id3_pid, PRIVATE_STREAM_1,
        segment->start_pts90k, tag->data, tag->len);
}

gboolean
asp_hls_content_clock (AspHlsSegmenter * s, const guint8 * packet, guint8 * out)
{
  AspTsPacket view;

  if (!asp_ts_packet_parse (packet, &view) || !view.has_pcr || view.pid != s->pcr_pid)
    return FALSE;
  if (s->has_clock && (view.pcr27m + ASP_PCR_MODULUS - s->clock27m) % ASP_PCR_MODULUS < CLOCK_SPACING_27M)
    return FALSE;
  s->has_clock = TRUE;
  s->clock27m = view.pcr27m;
  asp_ts_packet_write_pcr (out, view.pid, 0, view.pcr27m);
  return TRUE;
}
