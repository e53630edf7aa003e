/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-segmenter-private.h"

#include <string.h>

/* A PES whose PTS is this far from the picture belongs to another time base. */
#define SAME_BASE_90K (2 * ASP_SECOND_90K)
/* Audio begins at or before the picture of its segment; so much later is rounding. */
#define ROUNDING_90K 45
/* How much earlier than its picture the audio of a source that enters may begin. */
#define AUDIO_AHEAD_90K (ASP_SECOND_90K / 10)

Run *
asp_hls_run_new (AspHlsSegmenter * s, Stream * stream)
{
  Run *run = g_new0 (Run, 1);

  run->refs = 1;
  run->stream = stream;
  run->pts90k = ASP_NO_TIME;
  run->arrival_progress_90k = s->progress_90k;
  return run;
}

void
asp_hls_run_unref (Run * run)
{
  if (run && --run->refs == 0)
    g_free (run);
}

void
asp_hls_sort_push (AspHlsSegmenter * s, Run * run, const guint8 * packet)
{
  Pending *p = g_new (Pending, 1);

  p->run = run;
  if (run)
    run->refs++;
  memcpy (p->data, packet, ASP_TS_SIZE);
  g_queue_push_tail (&s->pending, p);
}

static gboolean
boundary_audio (const AspHlsBoundary * b, guint pid, gint64 * pts90k)
{
  for (guint i = 0; b && i < b->n_audio; i++) {
    if (b->audio[i].pid == pid) {
      *pts90k = (gint64) b->audio[i].pts90k;
      return TRUE;
    }
  }
  return FALSE;
}

/* Is an audio PES that could be in the part before @part at home in @part already? */
static gboolean
audio_enters (const Part * part, const Run * run)
{
  const Stream *stream = run->stream;
  gint64 pts90k = run->pts90k, first_pts90k;

  if (pts90k == ASP_NO_TIME || part->start_pts90k == ASP_NO_TIME)
    return FALSE;
  if (part->new_base && stream->placed_pts90k != ASP_NO_TIME &&
      ABS (asp_hls_pts_diff (pts90k, part->start_pts90k)) >
      ABS (asp_hls_pts_diff (pts90k, stream->placed_pts90k)))
    return FALSE;
  /* said by the splicer; a prediction may be a tick off, so half a frame is granted */
  if (boundary_audio (part->boundary, stream->pid, &first_pts90k))
    return asp_hls_pts_diff (pts90k, first_pts90k) >= -stream->frame_90k / 2;
  /* whatever sounds while the first picture is shown: a segment can be begun with */
  return asp_hls_pts_diff (pts90k + stream->spacing_90k, part->start_pts90k) > ROUNDING_90K;
}

/* Nothing is waited for any longer. */
static gboolean
is_overdue (const AspHlsSegmenter * s, const Run * run)
{
  return s->finishing || s->progress_90k - run->arrival_progress_90k > ASP_HLS_LATE_MAX_90K ||
      s->pending.length > ASP_HLS_PENDING_MAX / ASP_TS_SIZE;
}

/* Can no cut to come lie before the end of this PES? The next picture's PTS is not below
 * the DTS that has been reached. */
static gboolean
audio_is_certain (const AspHlsSegmenter * s, const Run * run)
{
  gint64 ahead_90k;

  if (run->pts90k == ASP_NO_TIME || is_overdue (s, run))
    return TRUE;
  if (s->last_dts90k == ASP_NO_TIME)
    return FALSE;
  ahead_90k = asp_hls_pts_diff (s->last_dts90k, run->pts90k);
  /* another time base: the picture will follow it, so wait for that */
  if (ABS (ahead_90k) > SAME_BASE_90K)
    return FALSE;
  return ahead_90k >= run->stream->spacing_90k + AUDIO_AHEAD_90K;
}

/* NULL: it is too early to say. */
static Part *
place_audio (AspHlsSegmenter * s, const Run * run)
{
  Part *part = run->stream->part ? run->stream->part : g_queue_peek_head (&s->parts);
  Part *next;

  while ((next = asp_hls_part_next (s, part)) != NULL) {
    if (!audio_enters (next, run))
      return part;
    part = next;
  }
  return audio_is_certain (s, run) ? part : NULL;
}

/* Subtitles and timed metadata: by PTS as far as the parts are still open. */
static Part *
place_other (AspHlsSegmenter * s, const Run * run)
{
  Part *part = g_queue_peek_head (&s->parts);

  if (run->pts90k == ASP_NO_TIME)
    return s->position;
  while (part != s->position) {
    Part *next = asp_hls_part_next (s, part);

    if (next->start_pts90k == ASP_NO_TIME || next->new_base ||
        asp_hls_pts_diff (run->pts90k, next->start_pts90k) < 0)
      return part;
    part = next;
  }
  return part;
}

/* A change of form is a change of encoding parameters. */
static void
note_audio (Part * part, Stream * stream, const Run * run)
{
  if (run->sample_rate > 0) {
    if (stream->sample_rate > 0 &&
        (stream->sample_rate != run->sample_rate || stream->channels != run->channels))
      part->info.seamless = FALSE;
    stream->sample_rate = run->sample_rate;
    stream->channels = run->channels;
  }
  stream->part = part;
  if (run->pts90k != ASP_NO_TIME)
    stream->placed_pts90k = run->pts90k;
}

/* Its header may still come. */
static gboolean
is_open (const AspHlsSegmenter * s, const Run * run)
{
  return !run->decided && run->stream->run == run && !is_overdue (s, run);
}

/* Where the head of the queue goes, or NULL when that is not known yet. */
static Part *
place (AspHlsSegmenter * s, Run * run)
{
  Part *part;

  if (!run || run->stream->role == ROLE_NONE)
    return s->position;
  if (run->stream == s->lead) {
    if (run->part)
      s->position = run->part;
    return run->decided ? s->position : NULL;
  }
  if (is_open (s, run))
    return NULL;
  if (run->stream->role == ROLE_OTHER)
    return place_other (s, run);
  part = place_audio (s, run);
  if (part)
    note_audio (part, run->stream, run);
  return part;
}

/* Has every stream of sound that is alive left the oldest part? At the beginning each may
 * yet turn out to be. */
static gboolean
oldest_is_complete (AspHlsSegmenter * s)
{
  Part *part = g_queue_peek_head (&s->parts);
  Part *next = asp_hls_part_next (s, part);

  if (!next || s->position == part)
    return FALSE;
  if (s->progress_90k - next->opened_progress_90k > ASP_HLS_LATE_MAX_90K)
    return TRUE;
  for (guint i = 0; i < s->all_streams->len; i++) {
    const Stream *stream = g_ptr_array_index (s->all_streams, i);

    if (stream->role == ROLE_AUDIO && (!stream->part || stream->part == part) &&
        (stream->seen_progress_90k >= part->opened_progress_90k || part->discard))
      return FALSE;
  }
  return TRUE;
}

void
asp_hls_sort_run (AspHlsSegmenter * s)
{
  Pending *p;

  while ((p = g_queue_peek_head (&s->pending)) != NULL) {
    Part *part = place (s, p->run);

    if (!part)
      break;
    asp_hls_part_put (s, part, p->run ? p->run->stream : NULL, p->data);
    g_queue_pop_head (&s->pending);
    asp_hls_run_unref (p->run);
    g_free (p);
    while (oldest_is_complete (s))
      asp_hls_part_close_oldest (s);
  }
}
