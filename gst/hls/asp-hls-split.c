/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A PES of several audio frames over which a cut falls: what ends before the cut stays, and
 * the rest goes with a header of its own into the segment behind it, so that the sound of
 * a segment begins with its picture.
 */
#include "asp-hls-segmenter-private.h"

#include <asp-es-audio.h>
#include <string.h>

/* A PES of one frame goes whole where the frame belongs. The clock's PID is left alone. */
gboolean
asp_hls_split_begin (AspHlsSegmenter * s, Run * run, Segment * from, Segment * into, gint64 entry_pts90k)
{
  Stream *stream = run->stream;

  if (run->placed || run->sample_rate == 0 || run->pes_size == 0 || into->new_base ||
      stream->pid == s->pcr_pid || asp_hls_pts_diff (run->pts90k, entry_pts90k) >= 0 ||
      run->duration_90k < 2 * stream->frame_90k)
    return FALSE;
  run->split = g_new0 (Split, 1);
  run->split->from = from;
  run->split->into = into;
  run->split->entry_pts90k = entry_pts90k;
  run->split->pes = g_byte_array_sized_new (run->pes_size);
  run->refs++;
  stream->splitting = run;
  return TRUE;
}

void
asp_hls_split_free (Split * split)
{
  if (!split)
    return;
  g_byte_array_unref (split->pes);
  g_free (split);
}

/* Offset of the first frame that enters, in bytes of the ES; its PTS to @pts90k. */
static gsize
find_entry (const Run * run, const guint8 * es, gsize size, gint64 * pts90k)
{
  gssize sync = size > 0 ? asp_es_audio_find_sync (run->stream->codec, es, size) : -1;
  gsize pos = sync < 0 ? size : (gsize) sync;
  guint64 samples = 0;

  while (pos < size) {
    AspAudioFrame frame;

    if (asp_es_audio_frame (run->stream->codec, es + pos, size - pos, NULL, &frame) != ASP_AUDIO_OK ||
        frame.size == 0)
      return size;
    *pts90k = run->pts90k + asp_audio_samples_to_90k (samples, run->sample_rate);
    /* samples 0: belongs to the frame before it */
    if (frame.samples > 0 && asp_hls_pts_diff (*pts90k, run->split->entry_pts90k) >= 0)
      return pos;
    samples += frame.samples;
    pos += MIN (frame.size, size - pos);
  }
  return size;
}

void
asp_hls_split_end (AspHlsSegmenter * s, Stream * stream)
{
  Run *run = g_steal_pointer (&stream->splitting);
  g_autoptr (GByteArray) pes = NULL;
  AspPesHeader header;
  const guint8 *es;
  gsize size, entry;
  gint64 pts90k = ASP_NO_TIME;

  if (!run)
    return;
  pes = g_byte_array_ref (run->split->pes);
  if (asp_pes_parse (pes->data, pes->len, &header) == ASP_PES_OK) {
    es = pes->data + header.header_size;
    size = pes->len - header.header_size;
    entry = find_entry (run, es, size, &pts90k);
    asp_hls_segment_put_pes (s, run->split->from, stream, stream->pid, header.stream_id, run->pts90k, es,
        entry);
    if (entry < size) {
      asp_hls_segment_put_pes (s, run->split->into, stream, stream->pid, header.stream_id, pts90k,
          es + entry, size - entry);
      stream->segment = run->split->into;
    }
  }
  g_clear_pointer (&run->split, asp_hls_split_free);
  asp_hls_run_unref (run);
}

void
asp_hls_split_take (AspHlsSegmenter * s, Run * run, const guint8 * packet)
{
  AspTsPacket view;

  if (asp_ts_packet_parse (packet, &view) && view.payload_offset < ASP_TS_SIZE)
    g_byte_array_append (run->split->pes, packet + view.payload_offset, ASP_TS_SIZE - view.payload_offset);
  if (run->split->pes->len >= run->pes_size)
    asp_hls_split_end (s, run->stream);
}
