/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-segmenter-private.h"

#include <string.h>

#define SAME_POSITION_90K 1800  /* events of one place: half a frame at 25 fps */
#define BOUNDARIES_MAX 16       /* that wait for their picture */
#define FRAME_DEFAULT_90K 3600  /* until two access units have come */

AspHlsMark *
asp_hls_mark_new (AspHlsEntryKind kind, const gchar * avail_id, gint64 duration_90k,
    const gchar * scte35)
{
  AspHlsMark *m = g_new0 (AspHlsMark, 1);

  m->kind = kind;
  m->avail_id = g_strdup (avail_id);
  m->scte35 = g_strdup (scte35);
  m->duration_90k = duration_90k;
  return m;
}

gboolean
asp_hls_mark_is_end (const AspHlsMark * m)
{
  return m->kind == ASP_HLS_AVAIL_IN || m->kind == ASP_HLS_CREATIVE_END;
}

AspHlsMark *
asp_hls_mark_copy (const AspHlsMark * from)
{
  AspHlsMark *m = asp_hls_mark_new (from->kind, from->avail_id, from->duration_90k, from->scte35);

  m->roll = from->roll;
  m->pod_length = from->pod_length;
  m->pod_index = from->pod_index;
  m->unspliced = from->unspliced;
  m->ad = asp_ad_copy (from->ad);
  return m;
}

void
asp_hls_mark_free (AspHlsMark * m)
{
  if (!m)
    return;
  g_free (m->avail_id);
  g_free (m->scte35);
  asp_ad_free (m->ad);
  g_free (m);
}

AspHlsBoundary *
asp_hls_boundary_new (guint64 pts90k, gboolean discontinuity)
{
  AspHlsBoundary *b = g_new0 (AspHlsBoundary, 1);

  b->pts90k = pts90k & ASP_PTS_MASK;
  b->discontinuity = discontinuity;
  b->marks = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_hls_mark_free);
  return b;
}

void
asp_hls_boundary_add_audio (AspHlsBoundary * b, guint pid, guint64 pts90k)
{
  guint i;

  for (i = 0; i < b->n_audio; i++)
    if (b->audio[i].pid == pid)
      break;
  if (i == G_N_ELEMENTS (b->audio))
    return;
  b->audio[i].pid = (guint16) pid;
  b->audio[i].pts90k = pts90k & ASP_PTS_MASK;
  b->n_audio = MAX (b->n_audio, i + 1);
}

void
asp_hls_boundary_free (AspHlsBoundary * b)
{
  if (!b)
    return;
  g_ptr_array_unref (b->marks);
  g_free (b);
}

AspHlsSegmenter *
asp_hls_segmenter_new (guint target_s, const AspHlsSegmenterFuncs * funcs, gpointer user_data)
{
  AspHlsSegmenter *s = g_new0 (AspHlsSegmenter, 1);

  s->funcs = funcs;
  s->user_data = user_data;
  s->pmt_pid = s->pcr_pid = ASP_PID_NULL;
  s->last_dts90k = s->rap_pts90k = ASP_NO_TIME;
  s->frame_90k = FRAME_DEFAULT_90K;
  memset (s->cc, CC_NONE, sizeof s->cc);
  s->all_streams = g_ptr_array_new ();
  s->blocks = asp_hls_blocks_new ();
  asp_hls_cut_init (&s->cut, target_s);
  asp_section_assembler_init (&s->pat_assembler);
  asp_section_assembler_init (&s->pmt_assembler);
  g_queue_init (&s->boundaries);
  g_queue_init (&s->segments);
  /* nothing is kept before the first entry */
  s->position = asp_hls_segment_open (s, TRUE, JOIN_GOES_ON, ASP_NO_TIME);
  return s;
}

void
asp_hls_segmenter_free (AspHlsSegmenter * s)
{
  gpointer item;

  if (!s)
    return;
  asp_hls_sort_clear (s);
  while ((item = g_queue_pop_head (&s->segments)) != NULL)
    asp_hls_segment_free (item);
  asp_hls_blocks_free (s->blocks);
  while ((item = g_queue_pop_head (&s->boundaries)) != NULL)
    asp_hls_boundary_free (item);
  for (guint i = 0; i < s->all_streams->len; i++) {
    Stream *stream = g_ptr_array_index (s->all_streams, i);

    asp_hls_run_unref (stream->splitting);
    asp_hls_run_unref (stream->run);
    g_byte_array_unref (stream->head);
    g_free (stream);
  }
  g_ptr_array_unref (s->all_streams);
  g_clear_pointer (&s->pat, g_byte_array_unref);
  g_clear_pointer (&s->pmt, g_byte_array_unref);
  g_clear_pointer (&s->next_pmt, g_byte_array_unref);
  g_clear_pointer (&s->parameter_sets, g_byte_array_unref);
  g_free (s);
}

void
asp_hls_boundary_merge (AspHlsBoundary * into, AspHlsBoundary * from)
{
  into->discontinuity |= from->discontinuity;
  for (guint i = 0; i < from->n_audio; i++)
    asp_hls_boundary_add_audio (into, from->audio[i].pid, from->audio[i].pts90k);
  for (guint i = 0; i < from->marks->len && into->marks->len < ASP_HLS_MARKS_MAX; i++) {
    const AspHlsMark *m = g_ptr_array_index (from->marks, i);

    g_ptr_array_add (into->marks, asp_hls_mark_copy (m));
  }
  asp_hls_boundary_free (from);
}

void
asp_hls_segmenter_boundary (AspHlsSegmenter * s, AspHlsBoundary * boundary)
{
  AspHlsBoundary *last = g_queue_peek_tail (&s->boundaries);

  /* the access unit before it is complete, whatever its head has told */
  if (s->lead && s->lead->run && !s->lead->run->decided) {
    asp_hls_lead_decide (s, s->lead->run, s->lead->head->data, s->lead->head->len);
    last = g_queue_peek_tail (&s->boundaries);
  }
  if (last && ABS (asp_hls_pts_diff ((gint64) boundary->pts90k, (gint64) last->pts90k)) <=
      SAME_POSITION_90K)
    asp_hls_boundary_merge (last, boundary);
  else if (g_queue_get_length (&s->boundaries) >= BOUNDARIES_MAX)
    asp_hls_boundary_free (boundary);
  else
    g_queue_push_tail (&s->boundaries, boundary);
}

void
asp_hls_segmenter_mark (AspHlsSegmenter * s, const AspHlsMark * mark, guint64 pts90k)
{
  const Segment *newest = asp_hls_segment_newest (s);
  gint64 at_90k = newest->info.at_90k;

  if (newest->start_pts90k != ASP_NO_TIME)
    at_90k += asp_hls_pts_diff ((gint64) pts90k, newest->start_pts90k);
  s->funcs->mark (mark, MAX (at_90k, 0), s->user_data);
}

void
asp_hls_segmenter_realign (AspHlsSegmenter * s)
{
  s->carry_size = 0;
}

void
asp_hls_segmenter_interrupt (AspHlsSegmenter * s)
{
  s->carry_size = 0;
  s->interrupted = s->last_dts90k != ASP_NO_TIME;
  asp_section_assembler_init (&s->pat_assembler);
  asp_section_assembler_init (&s->pmt_assembler);
  for (guint i = 0; i < s->all_streams->len; i++) {
    Stream *stream = g_ptr_array_index (s->all_streams, i);

    stream->has_last = FALSE;
    if (stream->run && !stream->run->decided) {
      if (stream == s->lead)
        asp_hls_lead_decide (s, stream->run, stream->head->data, stream->head->len);
      stream->run->decided = TRUE;
    }
    /* the rest of this PES is lost: what comes without a start belongs to no PES */
    if (stream == s->lead)
      g_clear_pointer (&stream->run, asp_hls_run_unref);
  }
}

void
asp_hls_segmenter_freeze (AspHlsSegmenter * s)
{
  if (s->frozen || s->cut.target_duration_s == 0 ||
      (s->part_cut.wish_90k > 0 && s->part_cut.target_90k == 0))
    return;
  s->frozen = TRUE;
  if (s->funcs->freeze)
    s->funcs->freeze (&s->cut.target_duration_s, &s->part_cut.target_90k, s->user_data);
}

void
asp_hls_segmenter_finish (AspHlsSegmenter * s)
{
  Segment *newest;

  s->carry_size = 0;
  if (s->lead && s->lead->run && !s->lead->run->decided)
    asp_hls_lead_decide (s, s->lead->run, s->lead->head->data, s->lead->head->len);
  s->finishing = TRUE;
  asp_hls_sort_run (s);
  newest = asp_hls_segment_newest (s);
  if (!newest->discard) {
    newest->info.duration_90k = MAX (newest->end_90k, 1);
    asp_hls_part_end (s, newest, FALSE);
    s->next_at_90k = newest->info.at_90k + newest->info.duration_90k;
    asp_hls_cut_add_segment (&s->cut, newest->info.duration_90k);
  }
  asp_hls_cut_freeze (&s->cut);
  while (!g_queue_is_empty (&s->segments))
    asp_hls_segment_close_oldest (s);
  /* ended while nothing was shown any more */
  for (GList * l = s->boundaries.head; l; l = l->next) {
    const AspHlsBoundary *b = l->data;

    for (guint i = 0; i < b->marks->len; i++)
      if (asp_hls_mark_is_end (g_ptr_array_index (b->marks, i)))
        s->funcs->mark (g_ptr_array_index (b->marks, i), s->next_at_90k, s->user_data);
  }
  s->position = NULL;
}

void
asp_hls_segmenter_set_target_duration (AspHlsSegmenter * s, guint seconds)
{
  s->cut.target_duration_s = seconds;
}

void
asp_hls_segmenter_set_parts (AspHlsSegmenter * s, gint64 duration_90k, AspHlsPartAlign align,
    gint64 target_90k)
{
  s->part_cut = (AspHlsPartCut) {
  .wish_90k = duration_90k,.align = align,.target_90k = duration_90k > 0 ? target_90k : 0};
}

guint
asp_hls_segmenter_target_duration (const AspHlsSegmenter * s)
{
  return s->cut.target_duration_s;
}

const gchar *
asp_hls_segmenter_trouble (const AspHlsSegmenter * s)
{
  if (s->n_segments > 0)
    return NULL;
  if (s->n_packets == 0)
    return "no MPEG transport stream packets have come (188 bytes, sync byte 0x47)";
  if (!s->pat)
    return "no PAT (PID 0) has come";
  if (!s->pmt)
    return "no PMT has come on the PID that the PAT names";
  if (!s->lead)
    return "the programme has neither video nor audio of a known type";
  if (s->scrambled)
    return "the programme is scrambled";
  return "no picture has come that decoding could begin with (IDR)";
}

void
asp_hls_segmenter_set_content (AspHlsSegmenter * s, AspHlsContent content)
{
  s->content = content;
}
