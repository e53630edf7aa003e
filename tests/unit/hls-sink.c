/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hls-sink.h"

#include <string.h>

static void
note_mark (HlsSink * sink, const AspHlsMark * mark, gint64 at_90k)
{
  g_ptr_array_add (sink->marks, g_strdup_printf ("%d %s %" G_GINT64_FORMAT, (gint) mark->kind,
          mark->avail_id, at_90k));
}

static void
on_segment (const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
    const AspHlsSegmentInfo * next, gpointer user_data)
{
  HlsSink *sink = user_data;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  HlsSinkSegment out = {.info = *info,.n_marks = marks ? marks->len : 0 };

  g_assert_cmpint (info->at_90k, ==, sink->at_90k);
  g_assert_cmpint (info->duration_90k, >, 0);
  sink->at_90k += info->duration_90k;
  g_checksum_update (sink->sum, data, (gssize) size);
  out.found = synth_read_segment (data, size, sink->cc);
  g_bytes_unref (bytes);
  g_array_append_val (sink->out, out);
  for (guint i = 0; i < out.n_marks; i++)
    note_mark (sink, g_ptr_array_index (marks, i), sink->at_90k);
}

static void
on_mark (const AspHlsMark * mark, gint64 at_90k, gpointer user_data)
{
  note_mark (user_data, mark, at_90k);
}

static const AspHlsSegmenterFuncs funcs = { on_segment, on_mark, NULL, NULL };

static void
out_clear (gpointer data)
{
  g_array_unref (((HlsSinkSegment *) data)->found);
}

HlsSink *
hls_sink_new (guint target_s)
{
  HlsSink *sink = g_new0 (HlsSink, 1);

  sink->segmenter = asp_hls_segmenter_new (target_s, &funcs, sink);
  sink->out = g_array_new (FALSE, TRUE, sizeof (HlsSinkSegment));
  g_array_set_clear_func (sink->out, out_clear);
  sink->marks = g_ptr_array_new_with_free_func (g_free);
  sink->sum = g_checksum_new (G_CHECKSUM_SHA256);
  for (guint i = 0; i < ASP_PID_COUNT; i++)
    sink->cc[i] = -1;
  return sink;
}

void
hls_sink_free (HlsSink * sink)
{
  asp_hls_segmenter_free (sink->segmenter);
  g_array_unref (sink->out);
  g_ptr_array_unref (sink->marks);
  g_checksum_free (sink->sum);
  g_free (sink);
}

const HlsSinkSegment *
hls_sink_segment (const HlsSink * sink, guint i)
{
  g_assert_cmpuint (i, <, sink->out->len);
  return &g_array_index (sink->out, HlsSinkSegment, i);
}

void
hls_sink_push (HlsSink * sink, const GByteArray * bytes, gsize chunk)
{
  for (gsize at = 0; at < bytes->len;) {
    gsize n = chunk ? MIN (chunk, bytes->len - at) : bytes->len;
    /* a block of its own size: reading behind it is seen */
    g_autofree guint8 *copy = g_memdup2 (bytes->data + at, n);

    g_assert_true (asp_hls_segmenter_push (sink->segmenter, copy, n, 1000));
    at += n;
  }
}

void
hls_sink_push_all (HlsSink * sink, Synth * synth, gsize chunk)
{
  g_autoptr (GByteArray) bytes = synth_write (synth);

  hls_sink_push (sink, bytes, chunk);
  asp_hls_segmenter_finish (sink->segmenter);
}

void
hls_sink_assert_run (const HlsSink * sink, guint i, guint pid, guint source, guint first, guint last)
{
  const HlsSinkSegment *out = hls_sink_segment (sink, i);
  guint next = first;

  for (guint k = 0; k < out->found->len; k++) {
    const SynthFound *f = &g_array_index (out->found, SynthFound, k);

    if (f->pid != pid)
      continue;
    if (f->source != source || f->number != next)
      g_error ("segment %u, PID %u: unit %u of source %u where %u of %u belongs", i, pid,
          f->number, f->source, next, source);
    next++;
  }
  g_assert_cmpuint (next, ==, last + 1);
}

void
hls_sink_assert_complete (const HlsSink * sink, guint pid, guint source, guint first, guint n)
{
  guint next = first;

  for (guint i = 0; i < sink->out->len; i++) {
    const HlsSinkSegment *out = hls_sink_segment (sink, i);

    for (guint k = 0; k < out->found->len; k++) {
      const SynthFound *f = &g_array_index (out->found, SynthFound, k);

      if (f->pid == pid && f->source == source)
        g_assert_cmpuint (f->number, ==, next++);
    }
  }
  g_assert_cmpuint (next, ==, n);
}

void
hls_sink_plain_stream (Synth * s, gint64 start_90k, gint64 late_90k, guint frames_per_pes)
{
  synth_init (s, 2);
  synth_add_video (s, &(SynthVideo) {.source = 1,.start_pts90k = start_90k,.frames = 250,
      .gop = 25});
  synth_add_audio (s, SYNTH_AUDIO_PID, 1, start_90k - 500, 470, frames_per_pes, late_90k);
  synth_add_audio (s, SYNTH_AUDIO_PID + 1, 1, start_90k - 100, 470, frames_per_pes, late_90k / 2);
}

guint
hls_sink_audio_at (gint64 picture_90k, gint64 audio_start_90k)
{
  gint64 d = picture_90k - audio_start_90k;

  return d <= 0 ? 0 : (guint) (d / SYNTH_AUDIO_FRAME_90K);
}
