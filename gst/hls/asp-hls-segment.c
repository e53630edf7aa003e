/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-segmenter-private.h"

#include <string.h>

#define ROOM_FIRST (1024u * 1024u)      /* bytes made ready when nothing is known of their number */
#define ROOM_STEP_MIN 4096u

Segment *
asp_hls_segment_newest (AspHlsSegmenter * s)
{
  return g_queue_peek_tail (&s->segments);
}

Segment *
asp_hls_segment_next (AspHlsSegmenter * s, Segment * segment)
{
  GList *link = g_queue_find (&s->segments, segment);

  return link && link->next ? link->next->data : NULL;
}

void
asp_hls_segment_free (Segment * segment)
{
  if (!segment)
    return;
  asp_hls_boundary_free (segment->boundary);
  g_clear_pointer (&segment->pat, g_byte_array_unref);
  g_clear_pointer (&segment->pmt, g_byte_array_unref);
  asp_hls_block_release (segment->block);
  g_clear_pointer (&segment->early, g_byte_array_unref);
  g_clear_pointer (&segment->parts, g_array_unref);
  g_clear_pointer (&segment->before, g_ptr_array_unref);
  g_free (segment);
}

static guint
next_cc (AspHlsSegmenter * s, guint pid)
{
  guint cc = s->cc[pid] == CC_NONE ? 0 : s->cc[pid];

  s->cc[pid] = (guint8) ((cc + 1) & 0x0f);
  return cc;
}

/* Where the next @n packets of @segment go. */
static guint8 *
next_place (Segment * segment, guint n)
{
  gsize size = (gsize) n * ASP_TS_SIZE;

  if (segment->block->room - segment->size < size)
    asp_hls_block_grow (segment->block, MAX (2 * segment->block->room, segment->size + size));
  segment->size += size;
  return segment->block->data + segment->size - size;
}

/* A section in packets of its own: pointer_field 0, stuffing behind it (13818-1 2.4.4). */
static void
put_section (AspHlsSegmenter * s, Segment * segment, guint pid, const GByteArray * section)
{
  gsize done = 0;

  for (gboolean first = TRUE; first || done < section->len; first = FALSE) {
    guint8 *packet = next_place (segment, 1);
    guint room = first ? ASP_TS_PAYLOAD_MAX - 1 : ASP_TS_PAYLOAD_MAX;
    gsize take = MIN (section->len - done, room);

    memset (packet, 0xff, ASP_TS_SIZE);
    packet[0] = ASP_TS_SYNC;
    packet[1] = (guint8) ((first ? 0x40 : 0) | (pid >> 8));
    packet[2] = (guint8) pid;
    packet[3] = (guint8) (0x10 | next_cc (s, pid));
    if (first)
      packet[4] = 0;
    memcpy (packet + (first ? 5 : 4), section->data + done, take);
    done += take;
  }
}

void
asp_hls_segment_put_tables (AspHlsSegmenter * s, Segment * segment)
{
  put_section (s, segment, ASP_PID_PAT, segment->pat);
  put_section (s, segment, segment->pmt_pid, segment->pmt);
}

/* Length of the newest segment now that a picture at @pts90k follows it. Returns how it does:
 * a segment that would have no length has another time base after all. */
static Join
end_newest (AspHlsSegmenter * s, gint64 pts90k, Join join)
{
  Segment *segment = asp_hls_segment_newest (s);
  gint64 elapsed_90k;

  if (!segment || segment->discard)
    return join;
  elapsed_90k = asp_hls_pts_diff (pts90k, segment->start_pts90k);
  if (elapsed_90k <= 0)
    join = JOIN_NEW_BASE;
  segment->info.duration_90k = join == JOIN_GOES_ON ? elapsed_90k : MAX (segment->end_90k, 1);
  asp_hls_part_end (s, segment, join == JOIN_GOES_ON);
  if (join == JOIN_GAP)
    segment->info.gap_90k = MAX (elapsed_90k - segment->info.duration_90k, 0);
  asp_hls_cut_add_segment (&s->cut, segment->info.duration_90k);
  s->next_at_90k = segment->info.at_90k + segment->info.duration_90k;
  return join;
}

/* For a segment about as large as the last one. Room goes by steps of a half to a quarter of that,
 * so that few blocks are made anew: fresh pages cost more than what is put there. */
static gsize
likely_room (const AspHlsSegmenter * s)
{
  gsize step = MAX (((gsize) 1 << g_bit_storage (s->last_size)) / 4, ROOM_STEP_MIN);

  return s->last_size == 0 ? ROOM_FIRST : (s->last_size / 4 + s->last_size) / step * step + step;
}

static void
make_room (AspHlsSegmenter * s, Segment * segment, GByteArray * pat, GByteArray * pmt, guint16 pmt_pid,
    guint16 id3_pid)
{
  segment->block = asp_hls_blocks_take (s->blocks, likely_room (s));
  segment->early = g_byte_array_new ();
  segment->pat = g_byte_array_ref (pat);
  segment->pmt = g_byte_array_ref (pmt);
  segment->pmt_pid = pmt_pid;
  segment->id3_pid = id3_pid;
}

Segment *
asp_hls_segment_open (AspHlsSegmenter * s, gboolean discard, Join join, gint64 pts90k)
{
  Segment *segment = g_new0 (Segment, 1);
  g_autoptr (GByteArray) pmt = NULL;

  segment->new_base = end_newest (s, pts90k, join) == JOIN_NEW_BASE;
  segment->discard = discard;
  segment->start_pts90k = segment->entry_pts90k = pts90k;
  segment->opened_progress_90k = s->progress_90k;
  segment->info.at_90k = s->next_at_90k;
  segment->info.utc_us = s->now_utc_us;
  if (!discard) {
    s->n_segments++;
    pmt = asp_hls_content_pmt (s);
    make_room (s, segment, s->pat, pmt, s->pmt_pid, s->id3_pid);
  }
  g_queue_push_tail (&s->segments, segment);
  return segment;
}

Segment *
asp_hls_segment_continue (AspHlsSegmenter * s, gint64 pts90k)
{
  const Segment *last = asp_hls_segment_newest (s);
  Segment *segment = g_new0 (Segment, 1);

  segment->continues = TRUE;
  segment->info = last->info;
  segment->start_pts90k = last->start_pts90k;
  segment->end_90k = last->end_90k;
  segment->entry_pts90k = pts90k;
  segment->opened_progress_90k = s->progress_90k;
  segment->first_part = last->first_part + last->parts->len;
  segment->start_dts90k = last->start_dts90k;
  segment->parts_90k = last->parts_90k;
  segment->before_size = last->before_size + last->size;
  make_room (s, segment, last->pat, last->pmt, last->pmt_pid, last->id3_pid);
  g_queue_push_tail (&s->segments, segment);
  return segment;
}

/* A packet without payload repeats the counter of the one before it (2.4.3.3). */
static guint8
count_packets (guint8 * packets, gsize size, guint8 next)
{
  for (const guint8 * end = packets + size; packets < end; packets += ASP_TS_SIZE)
    asp_ts_set_cc (packets, asp_ts_has_payload (packets) ? next++ & 0x0fu : (next + 15u) & 0x0fu);
  return next & 0x0f;
}

/* Where nothing has been lost the counters are good as they are. */
static void
put_packets (AspHlsSegmenter * s, Segment * segment, guint pid, const guint8 * packets, guint n,
    gboolean regular)
{
  gsize size = (gsize) n * ASP_TS_SIZE;
  guint8 *copy, first = (guint8) asp_ts_cc (packets), next = s->cc[pid];

  if (segment->before_size + segment->size >= ASP_HLS_SEGMENT_MAX) {
    segment->info.truncated = TRUE;
    return;
  }
  if (next == CC_NONE)
    next = asp_ts_has_payload (packets) ? first : (first + 1u) & 0x0f;
  copy = memcpy (next_place (segment, n), packets, size);
  s->cc[pid] = regular && next == first ? (next + n) & 0x0f : count_packets (copy, size, next);
}

/* Pictures that are left out: of them the clock stays. */
static void
put_clock (AspHlsSegmenter * s, Segment * segment, guint pid, const guint8 * packets, guint n)
{
  guint8 clock[ASP_TS_SIZE];

  for (guint i = 0; i < n; i++)
    if (asp_hls_content_clock (s, packets + (gsize) i * ASP_TS_SIZE, clock))
      put_packets (s, segment, pid, clock, 1, FALSE);
}

static void
put_lead (AspHlsSegmenter * s, Segment * segment, guint pid, const guint8 * packets, guint n,
    gboolean regular)
{
  if (asp_hls_content_is_silent (s, s->lead))
    put_clock (s, segment, pid, packets, n);
  else
    put_packets (s, segment, pid, packets, n, regular);
}

/* The picture comes first, then what came before it and belongs to it. */
static void
begin_with (AspHlsSegmenter * s, Segment * segment, guint pid, const guint8 * packets, guint n,
    gboolean regular)
{
  const GByteArray *early = segment->early;

  segment->has_lead = TRUE;
  asp_hls_part_leave (s, segment);
  asp_hls_segment_put_tables (s, segment);
  s->has_clock = FALSE;
  put_lead (s, segment, pid, packets, n, regular);
  asp_hls_content_put_metadata (s, segment);
  for (guint i = 0; i + ASP_TS_SIZE <= early->len; i += ASP_TS_SIZE)
    put_packets (s, segment, asp_ts_pid (early->data + i), early->data + i, 1, FALSE);
  g_byte_array_set_size (segment->early, 0);
}

void
asp_hls_segment_put (AspHlsSegmenter * s, Segment * segment, const Stream * stream,
    const guint8 * packets, guint n, gboolean regular)
{
  guint pid = asp_ts_pid (packets);

  if (segment->discard)
    return;
  if (stream == s->lead) {
    if (segment->has_lead)
      put_lead (s, segment, pid, packets, n, regular);
    else
      begin_with (s, segment, pid, packets, n, regular);
  } else if (segment->has_lead) {
    put_packets (s, segment, pid, packets, n, regular);
  } else if (segment->early->len < ASP_HLS_PENDING_MAX) {
    g_byte_array_append (segment->early, packets, n * ASP_TS_SIZE);
  }
}

void
asp_hls_segment_put_pes (AspHlsSegmenter * s, Segment * segment, const Stream * stream, guint pid,
    guint8 stream_id, gint64 pts90k, const guint8 * es, gsize size)
{
  g_autoptr (GByteArray) pes = g_byte_array_sized_new ((guint) size + ASP_PES_HEADER_MAX);
  guint8 header[ASP_PES_HEADER_MAX], packet[ASP_TS_SIZE];
  gsize done = 0;

  if (size == 0)
    return;
  g_byte_array_append (pes, header, (guint) asp_pes_write_header (header, stream_id, size, pts90k, pts90k));
  g_byte_array_append (pes, es, (guint) size);
  while (done < pes->len) {
    done += asp_ts_packet_write_payload (packet, pid, 0, done == 0, done == 0, ASP_NO_TIME,
        pes->data + done, pes->len - done, ASP_TS_PAYLOAD_MAX);
    asp_hls_segment_put (s, segment, stream, packet, 1, FALSE);
  }
}

static void
add_codec (AspHlsSegmentInfo * info, const gchar * codec)
{
  g_auto (GStrv) had = g_strsplit (info->codecs, ",", -1);

  if (!*codec || g_strv_contains ((const gchar * const *) had, codec) ||
      strlen (info->codecs) + strlen (codec) + 2 > sizeof info->codecs)
    return;
  if (info->codecs[0])
    g_strlcat (info->codecs, ",", sizeof info->codecs);
  g_strlcat (info->codecs, codec, sizeof info->codecs);
}

void
asp_hls_segment_note_video (AspHlsSegmenter * s, Segment * segment)
{
  if (!s->lead || !ASP_CODEC_IS_VIDEO (s->lead->codec) || !s->has_params ||
      asp_hls_content_is_silent (s, s->lead))
    return;
  add_codec (&segment->info, s->lead->codec_string);
  segment->info.width = s->params.width;
  segment->info.height = s->params.height;
  segment->info.fps_num = s->params.fps_num;
  segment->info.fps_den = s->params.fps_den;
  if (s->params.fps_num == 0 && s->frame_90k > 0) {
    segment->info.fps_num = (guint) ASP_SECOND_90K;
    segment->info.fps_den = (guint) s->frame_90k;
  }
}

/* Of sound the kind is the same in all of a programme, as far as a player must know it. */
static void
note_audio_codecs (AspHlsSegmenter * s, Segment * segment)
{
  for (guint i = 0; i < s->all_streams->len; i++) {
    const Stream *stream = g_ptr_array_index (s->all_streams, i);

    if (stream->role == ROLE_AUDIO || (stream == s->lead && !ASP_CODEC_IS_VIDEO (stream->codec)))
      add_codec (&segment->info, stream->codec_string);
  }
}

void
asp_hls_segment_complete_info (AspHlsSegmenter * s, Segment * segment)
{
  segment->info.target_duration_s = s->cut.target_duration_s;
  segment->info.part_target_90k = s->part_cut.target_90k;
  segment->info.start_pts90k = segment->start_pts90k;
  note_audio_codecs (s, segment);
}

static GBytes *
take_bytes (AspHlsSegmenter * s, Segment * segment)
{
  asp_hls_part_fill (s, segment);
  s->last_size = segment->size;
  return asp_hls_block_to_bytes (g_steal_pointer (&segment->block), segment->size);
}

/* @next is of the same segment: what is known of that goes on there. */
static void
hand_on (AspHlsSegmenter * s, Segment * segment, Segment * next)
{
  GBytes *bytes = take_bytes (s, segment);

  asp_hls_part_close (s, segment, bytes, FALSE);
  next->before = segment->before ? g_steal_pointer (&segment->before) :
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (next->before, bytes);
  next->before_size = segment->before_size + segment->size;
  next->info.seamless = segment->info.seamless;
  next->info.truncated |= segment->info.truncated;
}

/* All that there is of the whole segment, which ends with @bytes. (transfer full) */
static GBytes *
whole_bytes (AspHlsSegmenter * s, const Segment * segment, GBytes * bytes)
{
  AspHlsBlock *block;
  gsize size = 0;

  if (!segment->before)
    return g_bytes_ref (bytes);
  block = asp_hls_blocks_take (s->blocks, segment->before_size + segment->size);
  for (guint i = 0; i <= segment->before->len; i++) {
    GBytes *piece = i < segment->before->len ? g_ptr_array_index (segment->before, i) : bytes;
    gsize n;
    gconstpointer data = g_bytes_get_data (piece, &n);

    memcpy (block->data + size, data, n);
    size += n;
  }
  return asp_hls_block_to_bytes (block, size);
}

static void
report (AspHlsSegmenter * s, Segment * segment, Segment * next)
{
  gboolean goes_on = next && !next->discard;
  GPtrArray *marks = next && next->boundary ? next->boundary->marks : NULL;
  g_autoptr (GBytes) own = take_bytes (s, segment);
  GBytes *bytes;

  asp_hls_part_close (s, segment, own, TRUE);
  bytes = whole_bytes (s, segment, own);
  asp_hls_segment_complete_info (s, segment);
  if (goes_on)
    asp_hls_segment_complete_info (s, next);
  s->funcs->segment (&segment->info, bytes, marks, goes_on ? &next->info : NULL, s->user_data);
}

/* Nothing more comes for the oldest segment: streams that were in it are in the next one. */
void
asp_hls_segment_close_oldest (AspHlsSegmenter * s)
{
  Segment *segment = g_queue_peek_head (&s->segments);
  Segment *next = asp_hls_segment_next (s, segment);

  for (guint i = 0; i < s->all_streams->len; i++) {
    Stream *stream = g_ptr_array_index (s->all_streams, i);

    if (stream->splitting && stream->splitting->split->from == segment)
      asp_hls_split_end (s, stream);
  }
  g_queue_pop_head (&s->segments);
  for (guint i = 0; i < s->all_streams->len; i++) {
    Stream *stream = g_ptr_array_index (s->all_streams, i);

    if (stream->segment == segment)
      stream->segment = next;
  }
  if (s->position == segment)
    s->position = next;
  if (next && next->continues)
    hand_on (s, segment, next);
  else if (!segment->discard)
    report (s, segment, next);
  else if (next && next->boundary)
    for (guint i = 0; i < next->boundary->marks->len; i++)
      s->funcs->mark (g_ptr_array_index (next->boundary->marks, i), next->info.at_90k,
          s->user_data);
  asp_hls_segment_free (segment);
  asp_hls_part_tell (s);
}
