/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-segmenter-private.h"

#include <string.h>

#define SEGMENT_FIRST (1024u * 1024u)   /* bytes made ready when nothing is known of their number */

Part *
asp_hls_part_newest (AspHlsSegmenter * s)
{
  return g_queue_peek_tail (&s->parts);
}

Part *
asp_hls_part_next (AspHlsSegmenter * s, Part * part)
{
  GList *link = g_queue_find (&s->parts, part);

  return link && link->next ? link->next->data : NULL;
}

void
asp_hls_part_free (Part * part)
{
  if (!part)
    return;
  asp_hls_boundary_free (part->boundary);
  g_clear_pointer (&part->pat, g_byte_array_unref);
  g_clear_pointer (&part->pmt, g_byte_array_unref);
  g_free (part->bytes);
  g_clear_pointer (&part->early, g_byte_array_unref);
  g_free (part);
}

static guint
next_cc (AspHlsSegmenter * s, guint pid)
{
  guint cc = s->cc[pid];

  s->cc[pid] = (guint8) ((cc + 1) & 0x0f);
  return cc;
}

/* Where the next packet of @part goes. */
static guint8 *
next_place (Part * part)
{
  if (part->room - part->size < ASP_TS_SIZE) {
    part->room = 2 * part->room;
    part->bytes = g_realloc (part->bytes, part->room);
  }
  part->size += ASP_TS_SIZE;
  return part->bytes + part->size - ASP_TS_SIZE;
}

/* A section in packets of its own: pointer_field 0, stuffing behind it (13818-1 2.4.4). */
static void
put_section (AspHlsSegmenter * s, Part * part, guint pid, const GByteArray * section)
{
  gsize done = 0;

  for (gboolean first = TRUE; first || done < section->len; first = FALSE) {
    guint8 *packet = next_place (part);
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

/* Length of the newest part now that a picture at @pts90k follows it. Returns how it does:
 * a part that would have no length has another time base after all. */
static Join
end_newest (AspHlsSegmenter * s, gint64 pts90k, Join join)
{
  Part *part = asp_hls_part_newest (s);
  gint64 elapsed_90k;

  if (!part || part->discard)
    return join;
  elapsed_90k = asp_hls_pts_diff (pts90k, part->start_pts90k);
  if (elapsed_90k <= 0)
    join = JOIN_NEW_BASE;
  part->info.duration_90k = join == JOIN_GOES_ON ? elapsed_90k : MAX (part->end_90k, 1);
  if (join == JOIN_GAP)
    part->info.gap_90k = MAX (elapsed_90k - part->info.duration_90k, 0);
  asp_hls_cut_add_segment (&s->cut, part->info.duration_90k);
  s->next_at_90k = part->info.at_90k + part->info.duration_90k;
  return join;
}

Part *
asp_hls_part_open (AspHlsSegmenter * s, gboolean discard, Join join, gint64 pts90k)
{
  Part *part = g_new0 (Part, 1);

  part->new_base = end_newest (s, pts90k, join) == JOIN_NEW_BASE;
  part->discard = discard;
  part->start_pts90k = pts90k;
  part->opened_progress_90k = s->progress_90k;
  part->info.at_90k = s->next_at_90k;
  part->info.utc_us = s->now_utc_us;
  if (!discard) {
    s->n_segments++;
    part->room = MAX (s->last_size + s->last_size / 4, SEGMENT_FIRST);
    part->bytes = g_malloc (part->room);
    part->early = g_byte_array_new ();
    part->pat = g_byte_array_ref (s->pat);
    part->pmt = g_byte_array_ref (s->pmt);
    part->pmt_pid = s->pmt_pid;
  }
  g_queue_push_tail (&s->parts, part);
  return part;
}

static void
put_packet (AspHlsSegmenter * s, Part * part, guint pid, const guint8 * packet)
{
  guint8 *copy;

  if (part->size >= ASP_HLS_SEGMENT_MAX) {
    part->info.truncated = TRUE;
    return;
  }
  copy = memcpy (next_place (part), packet, ASP_TS_SIZE);
  /* a packet without payload repeats the counter of the one before it (2.4.3.3) */
  asp_ts_set_cc (copy, asp_ts_has_payload (copy) ? next_cc (s, pid) : (s->cc[pid] + 15u) & 0x0f);
}

void
asp_hls_part_put (AspHlsSegmenter * s, Part * part, const Stream * stream, const guint8 * packet)
{
  guint pid = asp_ts_pid (packet);

  if (part->discard)
    return;
  if (!part->has_lead && stream != s->lead) {
    /* its audio may lead the picture in the multiplex; the picture comes first here */
    if (part->early->len < ASP_HLS_PENDING_MAX)
      g_byte_array_append (part->early, packet, ASP_TS_SIZE);
    return;
  }
  if (!part->has_lead) {
    part->has_lead = TRUE;
    put_section (s, part, ASP_PID_PAT, part->pat);
    put_section (s, part, part->pmt_pid, part->pmt);
    put_packet (s, part, pid, packet);
    for (guint i = 0; i + ASP_TS_SIZE <= part->early->len; i += ASP_TS_SIZE)
      put_packet (s, part, asp_ts_pid (part->early->data + i), part->early->data + i);
    g_byte_array_set_size (part->early, 0);
    return;
  }
  put_packet (s, part, pid, packet);
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
asp_hls_part_note_video (AspHlsSegmenter * s, Part * part)
{
  if (!s->lead || !ASP_CODEC_IS_VIDEO (s->lead->codec) || !s->has_params)
    return;
  add_codec (&part->info, s->lead->codec_string);
  part->info.width = s->params.width;
  part->info.height = s->params.height;
  part->info.fps_num = s->params.fps_num;
  part->info.fps_den = s->params.fps_den;
  if (s->params.fps_num == 0 && s->frame_90k > 0) {
    part->info.fps_num = (guint) ASP_SECOND_90K;
    part->info.fps_den = (guint) s->frame_90k;
  }
}

/* Of sound the kind is the same in all of a programme, as far as a player must know it. */
static void
note_audio_codecs (AspHlsSegmenter * s, Part * part)
{
  for (guint i = 0; i < s->all_streams->len; i++) {
    const Stream *stream = g_ptr_array_index (s->all_streams, i);

    if (stream->role == ROLE_AUDIO || (stream == s->lead && !ASP_CODEC_IS_VIDEO (stream->codec)))
      add_codec (&part->info, stream->codec_string);
  }
}

static void
report (AspHlsSegmenter * s, Part * part, Part * next)
{
  GBytes *bytes = g_bytes_new_take (g_steal_pointer (&part->bytes), part->size);
  GPtrArray *marks = next && next->boundary ? next->boundary->marks : NULL;

  s->last_size = part->size;
  part->info.target_duration_s = s->cut.target_duration_s;
  part->info.start_pts90k = part->start_pts90k;
  note_audio_codecs (s, part);
  s->funcs->segment (&part->info, bytes, marks, s->user_data);
}

/* Nothing more comes for the oldest part: streams that were in it are in the next one. */
void
asp_hls_part_close_oldest (AspHlsSegmenter * s)
{
  Part *part = g_queue_peek_head (&s->parts);
  Part *next = asp_hls_part_next (s, part);

  for (guint i = 0; i < s->all_streams->len; i++) {
    Stream *stream = g_ptr_array_index (s->all_streams, i);

    if (stream->splitting && stream->splitting->split->from == part)
      asp_hls_split_end (s, stream);
  }
  g_queue_pop_head (&s->parts);
  for (guint i = 0; i < s->all_streams->len; i++) {
    Stream *stream = g_ptr_array_index (s->all_streams, i);

    if (stream->part == part)
      stream->part = next;
  }
  if (s->position == part)
    s->position = next;
  if (!part->discard)
    report (s, part, next);
  else if (next && next->boundary)
    for (guint i = 0; i < next->boundary->marks->len; i++)
      s->funcs->mark (g_ptr_array_index (next->boundary->marks, i), next->info.at_90k,
          s->user_data);
  asp_hls_part_free (part);
}
