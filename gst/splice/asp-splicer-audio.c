/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

#include <string.h>

/*
 * Sound changes sides by access unit (rule 3). The unit that straddles a boundary stays
 * with the side that has the larger part of it, so that the end e of the leaving side is
 * within half a unit of the boundary; the entering side begins with the first unit that
 * starts at or after e less half a unit. Every source keeps its own distance between
 * sound and picture, so nothing accumulates.
 */

/* --- network PES ---------------------------------------------------------------- */

static AudioPes *
audio_pes_new (void)
{
  AudioPes *p = g_new0 (AudioPes, 1);

  p->packets = g_byte_array_new ();
  p->es = g_byte_array_new ();
  p->pts90k = ASP_NO_TIME;
  return p;
}

static void
audio_pes_free (AudioPes * p)
{
  if (!p)
    return;
  g_byte_array_unref (p->packets);
  g_byte_array_unref (p->es);
  g_free (p);
}

void
audio_track_init (AudioTrack * a, const AspPmtStream * stream)
{
  memset (a, 0, sizeof *a);
  a->pid = stream->pid;
  a->codec = stream->codec;
  memcpy (a->language, stream->language, sizeof a->language);
  asp_track_init (&a->track, stream->pid);
  a->last_cc = -1;
  a->end_90k = a->newest_pts90k = a->entry_90k = ASP_NO_TIME;
  g_queue_init (&a->held);
  g_queue_init (&a->history);
}

void
audio_track_clear (AudioTrack * a)
{
  asp_track_clear (&a->track);
  audio_pes_free (a->pes);
  a->pes = NULL;
  g_queue_clear_full (&a->held, (GDestroyNotify) audio_pes_free);
  g_queue_clear_full (&a->history, (GDestroyNotify) audio_pes_free);
}

/* Frames of @p with their times; a frame may have begun in the PES before and may end in
 * the one behind. */
static void
split_units (AudioTrack * a, AudioPes * p)
{
  gsize pos = MIN (a->rest, p->es->len);
  gint64 base = p->pts90k;
  guint64 samples = 0;

  a->rest -= pos;
  if (base == ASP_NO_TIME)
    base = a->newest_pts90k;
  while (pos < p->es->len && p->n_units < G_N_ELEMENTS (p->units)) {
    AspAudioFrame frame;
    AspAudioResult result = asp_es_audio_frame (a->codec, p->es->data + pos, p->es->len - pos, &a->latm, &frame);

    if (result == ASP_AUDIO_NEED_MORE)
      break;
    if (result == ASP_AUDIO_NO_SYNC || frame.sample_rate == 0) {
      gssize next = asp_es_audio_find_sync (a->codec, p->es->data + pos + 1, p->es->len - pos - 1);

      if (next < 0)
        break;
      pos += 1 + (gsize) next;
      continue;
    }
    if (frame.samples == 0 && p->n_units > 0) {
      p->units[p->n_units - 1].size += frame.size;
    } else {
      gint64 at = asp_audio_samples_to_90k (samples, frame.sample_rate);

      p->units[p->n_units].offset = pos;
      p->units[p->n_units].size = frame.size;
      p->units[p->n_units].pts90k = base + at;
      p->units[p->n_units].duration_90k = asp_audio_samples_to_90k (samples + frame.samples, frame.sample_rate) - at;
      p->n_units++;
      samples += frame.samples;
    }
    a->sample_rate = frame.sample_rate;
    a->channels = frame.channels;
    if (frame.size > p->es->len - pos) {
      a->rest = frame.size - (p->es->len - pos);
      break;
    }
    pos += frame.size;
  }
  if (p->n_units > 0) {
    a->unit_90k = p->units[0].duration_90k;
    a->pes_90k = asp_audio_samples_to_90k (samples, a->sample_rate);
  }
}

static gint64
unit_end (const AudioPes * p, guint i)
{
  return p->units[i].pts90k + p->units[i].duration_90k;
}

/* What of @p lies in [from, to) of its ES, as a PES of its own. */
static void
push_part (AspSplicer * s, AudioTrack * a, const AudioPes * p, gsize from, gsize to, gint64 pts90k)
{
  guint8 header[ASP_PES_HEADER_MAX];
  gint64 order = pts90k != ASP_NO_TIME ? pts90k : p->pts90k != ASP_NO_TIME ? p->pts90k : a->newest_pts90k;
  gsize size;

  if (to <= from)
    return;
  size = asp_pes_write_header (header, p->header.stream_id, to - from,
      pts90k == ASP_NO_TIME ? ASP_NO_TIME : pts90k + s->offset_90k, ASP_NO_TIME);
  asp_track_push_pes (&a->track, header, size, p->es->data + from, to - from, FALSE, order);
}

static void
push_whole (AspSplicer * s, AudioTrack * a, const AudioPes * p)
{
  gint64 order = p->pts90k != ASP_NO_TIME ? p->pts90k : a->newest_pts90k;

  for (guint at = 0; at + ASP_TS_SIZE <= p->packets->len; at += ASP_TS_SIZE)
    if (asp_ts_has_payload (p->packets->data + at))
      slot_queue_late (s, &a->track, p->packets->data + at, order);
}

/* --- leaving the network -------------------------------------------------------- */

static gint64
out_boundary_90k (const AspSplicer * s, const AudioTrack * a)
{
  const Source *first;

  if (s->phase != BREAK_OUT || a->left || s->sources->len == 0)
    return ASP_NO_TIME;
  first = g_ptr_array_index (s->sources, 0);
  return first->start_90k;
}

static void
leave (AspSplicer * s, AudioTrack * a)
{
  a->left = TRUE;
  a->entry_90k = ASP_NO_TIME;
  a->side = SIDE_AD;
  a->source = 0;
}

/* A whole PES of the leaving side. */
static void
leaving_pes (AspSplicer * s, AudioTrack * a, AudioPes * p)
{
  gint64 boundary = out_boundary_90k (s, a);
  guint cut = p->n_units;

  if (boundary != ASP_NO_TIME)
    for (cut = 0; cut < p->n_units; cut++)
      if (p->units[cut].pts90k + p->units[cut].duration_90k / 2 > boundary)
        break;
  if (p->n_units == 0 && boundary != ASP_NO_TIME && p->pts90k >= boundary && !p->passed) {
    leave (s, a);               /* no frame in it can be read: the PES itself is the unit */
    return;
  }
  if (cut == p->n_units || p->passed) {
    if (!p->passed)
      push_whole (s, a, p);
    if (p->n_units > 0)
      a->end_90k = unit_end (p, p->n_units - 1);
  } else {
    gint64 pts = cut > 0 ? p->units[0].pts90k : ASP_NO_TIME;

    push_part (s, a, p, 0, p->units[cut].offset, pts);
    if (cut > 0)
      a->end_90k = unit_end (p, cut - 1);
  }
  if (cut < p->n_units)
    leave (s, a);
}

/* --- entering the network ------------------------------------------------------- */

/* The entering side begins at the first unit at or after this. */
static gint64
entry_floor_90k (const AudioTrack * a, gint64 boundary_90k, gint64 unit_90k)
{
  /* no sound near the boundary: there is nothing to join, the boundary itself counts */
  if (a->end_90k == ASP_NO_TIME || a->end_90k < boundary_90k - unit_90k / 2 - 1)
    return boundary_90k - unit_90k / 2;
  return a->end_90k - unit_90k / 2;
}

/* TRUE when the network's sound goes on from @p. */
static gboolean
enter_at (AspSplicer * s, AudioTrack * a, const AudioPes * p)
{
  const Source *last = g_ptr_array_index (s->sources, s->sources->len - 1);
  gint64 floor = entry_floor_90k (a, last->end_90k, a->unit_90k);

  for (guint i = 0; i < p->n_units; i++) {
    if (p->units[i].pts90k < floor)
      continue;
    if (i == 0 && p->units[0].offset == 0)
      push_whole (s, a, p);
    else
      push_part (s, a, p, p->units[i].offset, p->es->len, p->units[i].pts90k);
    a->end_90k = unit_end (p, p->n_units - 1);
    a->entry_90k = p->units[i].pts90k;
    a->entering = FALSE;
    return TRUE;
  }
  return FALSE;
}

/* The ads' sound is over: what the network had in the meantime is looked through. */
static void
begin_entering (AspSplicer * s, AudioTrack * a)
{
  AudioPes *p;

  a->side = SIDE_NETWORK;
  /* the network's CC has gone on, even if a silent creative has sent nothing */
  a->track.shift_valid = FALSE;
  a->entering = TRUE;
  while ((p = g_queue_pop_head (&a->history))) {
    if (!a->entering) {
      push_whole (s, a, p);
      if (p->n_units > 0)
        a->end_90k = unit_end (p, p->n_units - 1);
    } else {
      enter_at (s, a, p);
    }
    audio_pes_free (p);
  }
}

static void
keep_history (AudioTrack * a, AudioPes * p)
{
  const AudioPes *oldest;

  g_queue_push_tail (&a->history, p);
  while ((oldest = g_queue_peek_head (&a->history)) != p &&
      (oldest->pts90k == ASP_NO_TIME || a->newest_pts90k - oldest->pts90k > AUDIO_HISTORY_90K))
    audio_pes_free (g_queue_pop_head (&a->history));
}

/* --- packets -------------------------------------------------------------------- */

/* Sound that ends behind this may yet have the out point in it. The RAP at which it will be is
 * known ahead where they are regular; leading pictures may take it back by the reordering. */
static gint64
undecided_from_90k (const AspSplicer * s)
{
  gint64 frame = (gint64) network_frame_90k (s), before, rap;
  gint64 from = MAX (s->left_pts90k, s->brk->asked_90k - frame);

  if (s->config.out_point == ASP_OUT_IDR && predict_raps (s, s->brk->asked_90k, &before, &rap))
    from = MAX (from, rap - MAX (s->reorder_90k, 0) - frame);
  return from;
}

/* Sound that would come too late if it waited any longer goes: at half of what the network is
 * ahead with it. Should the out point fall into it the creative's sound begins behind it. */
static gboolean
is_due (const AspSplicer * s, const AudioTrack * a, const AudioPes * p)
{
  gint64 now = network_now_90k (s), lead = margin_min_90k (&a->margin), least;

  if (now == ASP_NO_TIME || lead == ASP_NO_TIME || p->pts90k == ASP_NO_TIME)
    return FALSE;
  least = MAX (lead / 2, MIN (s->pcr_step_27m / 300, lead));
  if (network_is_cbr (s))       /* each of its packets takes a slot */
    least += (gint64) (2.0 * p->packets->len / ASP_TS_SIZE * network_packet_27m (s) / 300);
  return p->pts90k - now <= least;
}

/* Is it still open whether @p belongs to the network, because the picture that decides
 * has not come? */
static gboolean
is_undecided (const AspSplicer * s, const AudioTrack * a, const AudioPes * p)
{
  if (a->held.length > HELD_PES_MAX)
    return FALSE;
  if (preroll_is_possible (s))
    return !s->eos;
  if (s->phase != BREAK_ARMED || p->passed || p->n_units == 0)
    return FALSE;
  return unit_end (p, p->n_units - 1) > undecided_from_90k (s) && !is_due (s, a, p);
}

/* What is held goes where it belongs, as far as that is known. */
static void
settle (AspSplicer * s, AudioTrack * a)
{
  AudioPes *p;

  while ((p = g_queue_peek_head (&a->held)) && !is_undecided (s, a, p)) {
    g_queue_pop_head (&a->held);
    if (a->side == SIDE_AD) {
      keep_history (a, p);
      continue;
    }
    leaving_pes (s, a, p);
    audio_pes_free (p);
  }
}

/* A picture has come, or the break has gone: see what that decides. */
void
audio_settle (AspSplicer * s)
{
  for (guint i = 0; i < s->n_audio; i++)
    settle (s, &s->audio[i]);
}

/* While a break is armed, before each packet: nothing of the network's sound waits too long. */
void
audio_check_due (AspSplicer * s)
{
  for (guint i = 0; i < s->n_audio; i++) {
    AudioTrack *a = &s->audio[i];

    settle (s, a);
    if (!a->pes || a->pes->passed || a->held.length > 0 || a->side == SIDE_AD || a->entering ||
        preroll_is_possible (s) || !is_due (s, a, a->pes))
      continue;
    push_whole (s, a, a->pes);
    a->pes->passed = TRUE;
  }
  slot_drain (s);
}

static void
pes_done (AspSplicer * s, AudioTrack * a)
{
  AudioPes *p = g_steal_pointer (&a->pes);

  if (!p)
    return;
  split_units (a, p);
  if (a->side == SIDE_AD) {
    keep_history (a, p);
    return;
  }
  if (a->entering) {
    enter_at (s, a, p);
    audio_pes_free (p);
    return;
  }
  g_queue_push_tail (&a->held, p);
  settle (s, a);
}

/* Could a boundary fall into the PES that begins now, so that it must wait until it is whole? */
static gboolean
must_hold (const AspSplicer * s, const AudioTrack * a, gint64 pts90k)
{
  gint64 boundary = out_boundary_90k (s, a);
  gint64 length = MAX (a->pes_90k, a->unit_90k) + a->unit_90k;
  gint64 end = pts90k + (length > 0 ? length : UNKNOWN_PES_90K);

  if (a->side == SIDE_AD || a->entering || a->held.length > 0 || preroll_is_possible (s))
    return TRUE;
  if (boundary != ASP_NO_TIME)
    return end > boundary;
  return s->phase == BREAK_ARMED && end > undecided_from_90k (s);
}

static void
pes_start (AspSplicer * s, AudioTrack * a, const guint8 * packet, const AspTsPacket * view)
{
  AudioPes *p = audio_pes_new ();

  p->parsed = asp_pes_parse (packet + view->payload_offset, ASP_TS_SIZE - view->payload_offset,
      &p->header) == ASP_PES_OK;
  network_audio_start (s, a, packet);
  if (p->parsed && p->header.pts90k != ASP_NO_TIME)
    p->pts90k = a->newest_pts90k;
  p->passed = !must_hold (s, a, a->newest_pts90k);
  a->pes = p;
}

static void
pes_append (AudioTrack * a, const guint8 * packet, const AspTsPacket * view)
{
  AudioPes *p = a->pes;
  gsize skip = p->packets->len == 0 && p->parsed ? p->header.header_size : 0;
  gsize from = MIN (view->payload_offset + skip, ASP_TS_SIZE);

  if (p->packets->len < (1u << 20)) {
    g_byte_array_append (p->packets, packet, ASP_TS_SIZE);
    g_byte_array_append (p->es, packet + from, (guint) (ASP_TS_SIZE - from));
  }
}

static gboolean
pes_is_whole (const AudioPes * p)
{
  return p->parsed && p->header.packet_length > 0 &&
      p->es->len + p->header.header_size >= p->header.packet_length + 6u;
}

/* One packet of a network audio PID, near or in a break. */
void
audio_packet (AspSplicer * s, AudioTrack * a, const guint8 * packet)
{
  AspTsPacket view;
  gboolean pass, parsed = asp_ts_packet_parse (packet, &view) && view.payload_offset < ASP_TS_SIZE;

  /* a clock reading on its own must not overtake what is held with a CC from behind it */
  if (!parsed && (a->held.length > 0 || (a->pes && !a->pes->passed) || !asp_track_is_empty (&a->track))) {
    slot_free (s, packet);
    return;
  }
  if (parsed && view.pusi) {
    pes_done (s, a);
    pes_start (s, a, packet, &view);
  }
  /* the end of a PES whose beginning was seen before packets were taken apart */
  pass = a->side == SIDE_NETWORK && !a->entering && (!a->pes || a->pes->passed);
  if (parsed && a->pes)
    pes_append (a, packet, &view);
  if (pass && asp_track_is_empty (&a->track) && slot_may_pass (s, &a->track)) {
    slot_pass (s, &a->track, packet);
  } else {
    if (a->pes && pes_is_whole (a->pes))
      pes_done (s, a);
    if (pass && parsed)
      slot_queue (s, &a->track, packet, a->newest_pts90k);
    else
      slot_free (s, packet);
    return;
  }
  if (a->pes && pes_is_whole (a->pes))
    pes_done (s, a);
}

/* --- the ads' sound ------------------------------------------------------------- */

/* Up to where @source's sound may leave: to the next source, or as far as it is known
 * that the picture goes. */
static gint64
bound_90k (AspSplicer * s, const Source * source)
{
  if (source->end_90k != ASP_NO_TIME)
    return source->end_90k;
  if (s->return_90k != ASP_NO_TIME)
    return MIN (video_limit_90k (s), s->return_90k);
  /* as far as the picture has gone the sound may go */
  return MAX (video_limit_90k (s), s->left_pts90k + (gint64) network_frame_90k (s));
}

/* The track has played all of @source that it may. TRUE when there is something behind it. */
static gboolean
advance_source (AspSplicer * s, AudioTrack * a, const Source * source)
{
  if (source->end_90k == ASP_NO_TIME)
    return FALSE;
  if (a->source + 1 < s->sources->len) {
    a->source++;
    return TRUE;
  }
  if (!s->eos && !s->advancing)
    begin_entering (s, a);
  return FALSE;
}

/* Units of one PES of the creative go out together, as long as they may; and as many as the
 * network puts into one of its own, for each PES costs the better part of a packet. */
static void
push_units (AspSplicer * s, guint index, Source * source, gint64 bound)
{
  AudioTrack *a = &s->audio[index];
  g_autoptr (GByteArray) es = g_byte_array_new ();
  guint8 header[ASP_PES_HEADER_MAX];
  gint64 first = ASP_NO_TIME;
  guint64 serial = 0;
  guint8 stream_id = 0;
  gsize size;
  AspAu *au;

  while ((au = source_next_audio (s, source, index))) {
    gint64 start = au->pts90k + source->delta_90k;

    if (first != ASP_NO_TIME && (es->len + au->size > AUDIO_PES_BYTES_MAX ||
            (au->pes_serial != serial && start + au->duration_90k > first + a->pes_90k)))
      break;
    if (start + au->duration_90k / 2 > bound)
      break;
    au = source_pop_audio (s, source, index);
    if (first == ASP_NO_TIME) {
      first = start;
      serial = au->pes_serial;
      stream_id = au->stream_id;
    }
    g_byte_array_append (es, au->data, (guint) au->size);
    a->end_90k = start + au->duration_90k;
    asp_au_unref (au);
  }
  if (first == ASP_NO_TIME)
    return;
  size = asp_pes_write_header (header, stream_id, es->len, first + s->offset_90k, ASP_NO_TIME);
  asp_track_push_pes (&a->track, header, size, es->data, es->len, TRUE, first);
}

/**
 * audio_next:
 * Puts the next sound of the ads into network track @index when its time has come.
 * Returns: TRUE when something changed and it is worth asking again
 */
gboolean
audio_next (AspSplicer * s, guint index)
{
  AudioTrack *a = &s->audio[index];
  Source *source = a->side == SIDE_AD ? source_at (s, a->source) : NULL;
  gint64 start, bound;
  gboolean over;
  AspAu *au;

  if (!source)
    return FALSE;
  bound = bound_90k (s, source);
  au = source_peek_audio (s, source, index, &over);
  if (!au)
    return over || source->end_90k != ASP_NO_TIME ? advance_source (s, a, source) : FALSE;
  start = au->pts90k + source->delta_90k;
  if (start < entry_floor_90k (a, source->start_90k, au->duration_90k)) {
    asp_au_unref (source_pop_audio (s, source, index));
    return TRUE;
  }
  if (start + au->duration_90k / 2 > bound)
    return advance_source (s, a, source);
  if (start > slot_horizon_90k (s, &a->margin, a->newest_pts90k))
    return FALSE;
  push_units (s, index, source, bound);
  return TRUE;
}

/* The network's picture is back: tracks that never left, or have nothing left to play,
 * follow now. */
void
audio_release (AspSplicer * s)
{
  for (guint i = 0; i < s->n_audio; i++) {
    AudioTrack *a = &s->audio[i];

    if (a->side == SIDE_NETWORK && !a->left)
      a->left = TRUE;
  }
}

/* The network's unit that begins nearest to @boundary_90k: for the events, before the sound
 * itself has been seen. */
gint64
audio_predict_90k (const AudioTrack * a, gint64 boundary_90k)
{
  gint64 n;

  if (a->newest_pts90k == ASP_NO_TIME || a->unit_90k <= 0)
    return boundary_90k;
  n = boundary_90k - a->newest_pts90k + a->unit_90k / 2;
  n = n >= 0 ? n / a->unit_90k : -((-n + a->unit_90k - 1) / a->unit_90k);
  return a->newest_pts90k + n * a->unit_90k;
}
