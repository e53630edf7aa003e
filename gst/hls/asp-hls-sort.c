/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-segmenter-private.h"

#include <string.h>

/* A PES whose PTS is this far from the picture belongs to another time base. */
#define SAME_BASE_90K (2 * ASP_SECOND_90K)
/* Audio begins at or before the picture of its segment; so much later is rounding. */
#define ROUNDING_90K 45
/* How much earlier than its picture the audio of a source that enters may begin. */
#define AUDIO_AHEAD_90K (ASP_SECOND_90K / 10)
#define PENDING_FIRST 256        /* packets, in the beginning */

Run *
asp_hls_run_new (AspHlsSegmenter * s, Stream * stream)
{
  Run *run = g_new0 (Run, 1);

  run->refs = 1;
  run->stream = stream;
  run->pts90k = ASP_NO_TIME;
  run->regular = TRUE;
  run->arrival_progress_90k = s->progress_90k;
  return run;
}

void
asp_hls_run_unref (Run * run)
{
  if (!run || --run->refs > 0)
    return;
  asp_hls_split_free (run->split);
  g_free (run);
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

/* Sound of this PID with a PTS not below this is at home in @segment: what the splicer has
 * said (a prediction may be a tick off, so half a frame is granted), else what sounds while
 * its first picture is shown, so that a segment can be begun with. */
static gint64
entry_pts90k (const Segment * segment, const Stream * stream, gint64 length_90k)
{
  gint64 first_pts90k;

  if (boundary_audio (segment->boundary, stream->pid, &first_pts90k))
    return first_pts90k - stream->frame_90k / 2;
  return segment->entry_pts90k - length_90k + ROUNDING_90K + 1;
}

/* Is an audio PES that could be in the segment before @segment at home in @segment already? */
static gboolean
audio_enters (const Segment * segment, const Run * run)
{
  const Stream *stream = run->stream;
  gint64 pts90k = run->pts90k;

  if (pts90k == ASP_NO_TIME || segment->entry_pts90k == ASP_NO_TIME)
    return FALSE;
  if (segment->new_base && stream->placed_pts90k != ASP_NO_TIME &&
      ABS (asp_hls_pts_diff (pts90k, segment->entry_pts90k)) >
      ABS (asp_hls_pts_diff (pts90k, stream->placed_pts90k)))
    return FALSE;
  return asp_hls_pts_diff (pts90k, entry_pts90k (segment, stream, stream->spacing_90k)) >= 0;
}

/* Nothing is waited for any longer. */
static gboolean
is_overdue (const AspHlsSegmenter * s, const Run * run)
{
  return s->finishing || s->progress_90k - run->arrival_progress_90k > ASP_HLS_LATE_MAX_90K ||
      s->n_waiting > ASP_HLS_PENDING_MAX / ASP_TS_SIZE;
}

static gboolean
is_low_latency (const AspHlsSegmenter * s)
{
  return s->part_cut.wish_90k > 0;
}

/* Is there anything of this PES to come? */
static gboolean
is_whole (const AspHlsSegmenter * s, const Run * run)
{
  return run->stream->run != run || (run->pes_size > 0 && run->received >= run->pes_size) ||
      is_overdue (s, run);
}

/* No picture that a segment may begin with comes with a PTS below this. A random access point
 * stands behind all that came before it, and so does what a splicer puts in; a segment is cut
 * elsewhere when it would become too long. Of other pictures it is known that they are not below
 * the DTS that has been reached; for low latency that does, for nothing else waits for the sound. */
static gint64
earliest_cut_pts90k (const AspHlsSegmenter * s)
{
  const Segment *newest = g_queue_peek_tail ((GQueue *) & s->segments);
  gint64 highest_90k = newest->end_90k - s->frame_90k;
  gint64 forced_90k = asp_hls_cut_limit (&s->cut) - 2 * (s->frame_90k + s->reorder_90k);

  if (is_low_latency (s) || newest->discard || !g_queue_is_empty ((GQueue *) & s->boundaries))
    return s->last_dts90k;
  return newest->start_pts90k + MAX (MIN (highest_90k, forced_90k),
      asp_hls_pts_diff (s->last_dts90k, newest->start_pts90k));
}

/* Can no cut to come lie before the end of this PES? */
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
  ahead_90k = asp_hls_pts_diff (earliest_cut_pts90k (s), run->pts90k);
  return ahead_90k >= run->stream->spacing_90k + AUDIO_AHEAD_90K;
}

/* A change of form is a change of encoding parameters. */
static void
note_form (Segment * segment, Stream * stream, const Run * run)
{
  if (run->sample_rate == 0)
    return;
  if (stream->sample_rate > 0 &&
      (stream->sample_rate != run->sample_rate || stream->channels != run->channels))
    segment->info.seamless = FALSE;
  stream->sample_rate = run->sample_rate;
  stream->channels = run->channels;
}

/* NULL: it is too early to say. A PES over which a cut falls is at home in the segment before
 * it, and begins to be split. */
static Segment *
place_audio (AspHlsSegmenter * s, Run * run)
{
  Segment *segment = run->stream->segment ? run->stream->segment : g_queue_peek_head (&s->segments);
  Segment *next;

  while ((next = asp_hls_segment_next (s, segment)) != NULL) {
    if (!audio_enters (next, run) ||
        asp_hls_split_begin (s, run, segment, next, entry_pts90k (next, run->stream, run->stream->frame_90k)))
      return segment;
    segment = next;
  }
  if (audio_is_certain (s, run))
    return segment;
  /* wherever it goes, its stream has left what lies before: that may be told */
  if (is_low_latency (s) && segment != g_queue_peek_head (&s->segments)) {
    note_form (segment, run->stream, run);
    run->stream->segment = segment;
  }
  return NULL;
}

/* Subtitles and timed metadata: by PTS as far as the segments are still open. */
static Segment *
place_other (AspHlsSegmenter * s, const Run * run)
{
  Segment *segment = g_queue_peek_head (&s->segments);

  if (run->pts90k == ASP_NO_TIME)
    return s->position;
  while (segment != s->position) {
    Segment *next = asp_hls_segment_next (s, segment);

    if (next->entry_pts90k == ASP_NO_TIME || next->new_base ||
        asp_hls_pts_diff (run->pts90k, next->entry_pts90k) < 0)
      return segment;
    segment = next;
  }
  return segment;
}

static void
note_audio (Segment * segment, Stream * stream, const Run * run)
{
  note_form (segment, stream, run);
  stream->segment = segment;
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
static Segment *
place (AspHlsSegmenter * s, Run * run)
{
  Segment *segment;

  if (!run || run->stream->role == ROLE_NONE)
    return s->position;
  if (run->stream == s->lead) {
    if (run->segment)
      s->position = run->segment;
    return run->decided ? s->position : NULL;
  }
  if (is_open (s, run))
    return NULL;
  if (run->stream->splitting != run)
    asp_hls_split_end (s, run->stream);
  if (run->stream->role == ROLE_OTHER)
    return place_other (s, run);
  segment = place_audio (s, run);
  if (segment)
    note_audio (segment, run->stream, run);
  return segment;
}

/* Has every stream of sound that is alive left the oldest segment? At the beginning each may
 * yet turn out to be. */
static gboolean
oldest_is_complete (AspHlsSegmenter * s)
{
  Segment *segment = g_queue_peek_head (&s->segments);
  Segment *next;

  if (s->position == segment || (next = asp_hls_segment_next (s, segment)) == NULL)
    return FALSE;
  if (s->progress_90k - next->opened_progress_90k > ASP_HLS_LATE_MAX_90K)
    return TRUE;
  for (guint i = 0; i < s->all_streams->len; i++) {
    const Stream *stream = g_ptr_array_index (s->all_streams, i);

    if (stream->role == ROLE_AUDIO && (!stream->segment || stream->segment == segment) &&
        (stream->seen_progress_90k >= segment->opened_progress_90k || segment->discard))
      return FALSE;
  }
  return TRUE;
}

/* -- the packets that wait -- */

static void
ring_grow (PendingRing * ring)
{
  guint size = MAX (2 * ring->size, PENDING_FIRST);
  guint to_end = MIN (ring->length, ring->size - ring->head);
  Run **runs = g_new (Run *, size);
  guint8 *packets = g_malloc ((gsize) size * ASP_TS_SIZE);

  if (ring->length > 0) {
    memcpy (runs, ring->runs + ring->head, to_end * sizeof *runs);
    memcpy (runs + to_end, ring->runs, (ring->length - to_end) * sizeof *runs);
    memcpy (packets, ring->packets + (gsize) ring->head * ASP_TS_SIZE, (gsize) to_end * ASP_TS_SIZE);
    memcpy (packets + (gsize) to_end * ASP_TS_SIZE, ring->packets,
        (gsize) (ring->length - to_end) * ASP_TS_SIZE);
  }
  g_free (ring->runs);
  g_free (ring->packets);
  ring->runs = runs;
  ring->packets = packets;
  ring->size = size;
  ring->head = 0;
}

static void
ring_push (AspHlsSegmenter * s, PendingRing * ring, Run * run, const guint8 * packets, guint n)
{
  s->n_waiting += n;
  if (run)
    run->refs += n;
  while (n > 0) {
    guint at, room;

    if (ring->length == ring->size)
      ring_grow (ring);
    at = (ring->head + ring->length) % ring->size;
    room = MIN (n, MIN (ring->size - ring->length, ring->size - at));
    for (guint i = 0; i < room; i++)
      ring->runs[at + i] = run;
    memcpy (ring->packets + (gsize) at * ASP_TS_SIZE, packets, (gsize) room * ASP_TS_SIZE);
    ring->length += room;
    packets += (gsize) room * ASP_TS_SIZE;
    n -= room;
  }
}

/* How many at the head are placed in one go: what is in one picture. */
static guint
ring_n_head (const AspHlsSegmenter * s, const PendingRing * ring)
{
  Run *const *runs = ring->runs + ring->head;
  guint max = MIN (ring->length, ring->size - ring->head), n = 1;

  if (max == 0 || !runs[0] || runs[0]->stream != s->lead)
    return MIN (max, 1);
  while (n < max && runs[n] == runs[0])
    n++;
  return n;
}

static void
ring_drop_head (AspHlsSegmenter * s, PendingRing * ring, guint n)
{
  Run *run = ring->runs[ring->head];

  s->n_waiting -= n;
  ring->head = (ring->head + n) % ring->size;
  ring->length -= n;
  for (guint i = 0; i < n; i++)
    asp_hls_run_unref (run);
}

/* FALSE: it is not known yet where they go. */
static gboolean
settle (AspHlsSegmenter * s, Run * run, const guint8 * packets, guint n)
{
  Segment *segment = run && run->split ? run->split->from : place (s, run);

  if (!segment)
    return FALSE;
  if (is_low_latency (s) && run) {
    if (run->stream == s->lead)
      asp_hls_part_reach (s, segment, run->part);
    else if (!is_whole (s, run))
      return FALSE;
  }
  if (run && run->split)
    asp_hls_split_take (s, run, packets);       /* of audio, so it is one */
  else
    asp_hls_segment_put (s, segment, run ? run->stream : NULL, packets, n, run && run->regular);
  if (run)
    run->placed = TRUE;
  return TRUE;
}

static void
close_segments (AspHlsSegmenter * s)
{
  while (oldest_is_complete (s))
    asp_hls_segment_close_oldest (s);
}

/* Low latency: the rings of all streams, one after the other. The picture comes last: what there
 * is for the part that ends before it goes there. */
static PendingRing *
next_ring (AspHlsSegmenter * s, guint * i)
{
  while (*i < s->all_streams->len) {
    Stream *stream = g_ptr_array_index (s->all_streams, (*i)++);

    if (stream != s->lead)
      return &stream->waiting;
  }
  return (*i)++ == s->all_streams->len && s->lead ? &s->lead->waiting : NULL;
}

void
asp_hls_sort_run (AspHlsSegmenter * s)
{
  guint i = 0;

  for (PendingRing * ring = &s->pending; ring; ring = is_low_latency (s) ? next_ring (s, &i) : NULL) {
    guint n;

    while ((n = ring_n_head (s, ring)) > 0 && settle (s, ring->runs[ring->head],
            ring->packets + (gsize) ring->head * ASP_TS_SIZE, n)) {
      ring_drop_head (s, ring, n);
      close_segments (s);
    }
  }
  if (is_low_latency (s))
    close_segments (s);
}

/* Low latency: which ring it may have to wait in. */
static PendingRing *
ring_of (AspHlsSegmenter * s, const Run * run)
{
  Stream *stream = run ? run->stream : s->lead;

  /* a picture begins: it is known of more sound where that goes */
  if (run && stream == s->lead && run->decided && !run->placed)
    asp_hls_sort_run (s);
  return stream ? &stream->waiting : &s->pending;
}

void
asp_hls_sort_push (AspHlsSegmenter * s, Run * run, const guint8 * packets, guint n)
{
  PendingRing *ring = is_low_latency (s) ? ring_of (s, run) : &s->pending;

  if (ring->length == 0 && settle (s, run, packets, n)) {
    close_segments (s);
    return;
  }
  ring_push (s, ring, run, packets, n);
  asp_hls_sort_run (s);
}

static void
clear_ring (AspHlsSegmenter * s, PendingRing * ring)
{
  while (ring->length > 0)
    ring_drop_head (s, ring, 1);
  g_clear_pointer (&ring->runs, g_free);
  g_clear_pointer (&ring->packets, g_free);
  ring->size = ring->head = 0;
}

void
asp_hls_sort_clear (AspHlsSegmenter * s)
{
  clear_ring (s, &s->pending);
  for (guint i = 0; i < s->all_streams->len; i++)
    clear_ring (s, &((Stream *) g_ptr_array_index (s->all_streams, i))->waiting);
}
