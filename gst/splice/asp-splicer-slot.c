/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

/*
 * Which packet leaves when. The network's clock is the only clock (rule 5). A unit of a
 * creative may leave once the clock has come as near to its DTS as the network's own
 * units were when they began, or once the network itself has come to that DTS. With a
 * constant rate it leaves in a slot that the network left free, null packets included;
 * with a variable one it is put in as soon as it may leave.
 */

#define CAPACITY_GRACE_90K (ASP_SECOND_90K / 4) /* late for so long is a picture that sticks; less heals */
#define OWN_LEAD_90K (ASP_SECOND_90K / 2)
#define NULLS_SHARE 50          /* one null packet in so many is room for fifteen more packets soon ... */
#define REALIGN_SHARE 4         /* ... when all that waits takes no more than this part of the lead */
#define REALIGN_PACKETS 15
#define CLOCK_NULLS_MIN 3       /* so many null packets for each clock reading are room for it */
#define RUN_AHEAD_90K (3 * ASP_SECOND_90K)      /* a creative runs ahead so long before the return */
#define PCR_INTERVAL_27M (ASP_SECOND_27M * 40 / 1000)   /* TR 101 290 2.3a */
#define PCR_INTERVAL_MAX_27M (ASP_SECOND_27M / 10)      /* 13818-1 2.7.2 */

static gboolean
may_insert (const AspSplicer * s)
{
  return !network_is_cbr (s) || s->advancing || s->eos || s->config.drop_nulls;
}

gboolean
slot_may_insert (const AspSplicer * s)
{
  return may_insert (s);
}

/* The latest DTS that may leave now. */
gint64
slot_horizon_90k (const AspSplicer * s, const Margin * margin, gint64 newest_90k)
{
  gint64 now = network_now_90k (s);
  gint64 lead = margin_min_90k (margin);
  gint64 by_clock = now == ASP_NO_TIME || lead == ASP_NO_TIME ? ASP_NO_TIME : now + lead;

  /* on our own clock the network's units are no guide, and there may be no lead to go by */
  if (s->advancing)
    return by_clock != ASP_NO_TIME ? by_clock : now + OWN_LEAD_90K;
  return MAX (by_clock, newest_90k);
}

/* The same for pictures. The slots of a constant rate are the network's own again when it is
 * back, so a creative should have left by then: before a return whose place is known it goes
 * as far ahead as the network ever does, and by a quarter more, which at 80 % of its rate
 * takes no more of a decoder's buffer. */
gint64
slot_video_horizon_90k (AspSplicer * s)
{
  gint64 horizon = slot_horizon_90k (s, &s->video_margin, s->newest_dts90k);
  gint64 now = network_now_90k (s), most = margin_max_90k (&s->video_margin);

  if (may_insert (s) || s->rap_regular < 1 || now == ASP_NO_TIME || most == ASP_NO_TIME ||
      video_limit_90k (s) - now > RUN_AHEAD_90K)
    return horizon;
  return MAX (horizon, now + most + most / 4);
}

/* Fills the tracks with what may leave now. */
static void
refill (AspSplicer * s)
{
  while (asp_track_is_empty (&s->video_track) && video_next (s));
  for (guint i = 0; i < s->n_audio; i++)
    while (asp_track_is_empty (&s->audio[i].track) && audio_next (s, i));
}

/* Earliest deadline first. */
static AspTrack *
most_urgent (AspSplicer * s)
{
  AspTrack *best = NULL;
  gint64 best_dts = 0;

  for (gint i = -1; i < (gint) s->n_audio; i++) {
    AspTrack *t = i < 0 ? &s->video_track : &s->audio[i].track;
    gint64 dts;

    if (asp_track_is_empty (t))
      continue;
    dts = asp_track_head_dts90k (t);
    if (!best || dts < best_dts) {
      best = t;
      best_dts = dts;
    }
  }
  return best;
}

AspTrack *
slot_track_of_pid (AspSplicer * s, guint pid)
{
  if (s->video_track.pid == pid)
    return &s->video_track;
  for (guint i = 0; i < s->n_audio; i++)
    if (s->audio[i].track.pid == pid)
      return &s->audio[i].track;
  return NULL;
}

static gsize
waiting_bytes (const AspSplicer * s)
{
  gsize bytes = s->video_track.bytes;

  for (guint i = 0; i < s->n_audio; i++)
    bytes += s->audio[i].track.bytes;
  return bytes;
}

static gboolean
tracks_are_empty (const AspSplicer * s)
{
  return waiting_bytes (s) == 0;
}

/* A few more packets, by which the CC comes back to what the input has, find room soon:
 * always with a variable rate, in null packets else. */
static gboolean
has_room_to_realign (const AspSplicer * s)
{
  gint64 lead = margin_min_90k (&s->video_end_margin);
  gsize packets = waiting_bytes (s) / ASP_TS_PAYLOAD_MAX + REALIGN_PACKETS;

  if (may_insert (s))
    return TRUE;
  for (guint i = 0; i < s->n_audio; i++)
    if (s->audio[i].margin.count > 0)
      lead = MIN (lead, margin_min_90k (&s->audio[i].margin));
  return s->stats.null_packets * NULLS_SHARE > s->packet && lead != ASP_NO_TIME &&
      (gdouble) packets * network_packet_27m (s) / 300 < (gdouble) lead / REALIGN_SHARE;
}

/* Variable rate: everything that may leave does. */
void
slot_drain (AspSplicer * s)
{
  AspTrack *t;

  if (!may_insert (s) || (s->moment == s->drained_moment && tracks_are_empty (s)))
    return;
  if (s->moment != s->drained_moment)
    refill (s);
  s->drained_moment = s->moment;
  while ((t = most_urgent (s))) {
    t->realign = TRUE;
    asp_track_pop_whole (t, &s->out);
    s->stats.slots_filled++;
    if (asp_track_is_empty (t))
      refill (s);
  }
}

/* May a packet of the network on @track, which is empty, go out in its own slot? Not when it
 * brings back the CC of the input, and with a constant rate not before what waits on
 * another track: who is late is late on all of them, a little. */
gboolean
slot_may_pass (AspSplicer * s, AspTrack * track)
{
  track->realign = has_room_to_realign (s);
  if (track->realign && !track->shift_valid && track->cc_valid)
    return FALSE;
  if (may_insert (s))
    return TRUE;
  /* sound of a creative may have come to its time */
  if (s->phase == BREAK_OUT)
    refill (s);
  return tracks_are_empty (s);
}

gboolean
slot_idle (const AspSplicer * s)
{
  if (!asp_track_is_empty (&s->video_track) || s->video_track.chunks.length > 0)
    return FALSE;
  for (guint i = 0; i < s->n_audio; i++)
    if (!asp_track_is_empty (&s->audio[i].track) || s->audio[i].side != SIDE_NETWORK ||
        s->audio[i].entering)
      return FALSE;
  return TRUE;
}

/* A clock reading that leaves now, in a packet of @pid that was to go anyway, if there is one and
 * it can take it along, or in one of its own. */
static void
write_clock (AspSplicer * s, guint pid, guint cc, gint64 pcr27m)
{
  AspTrack *t = slot_track_of_pid (s, pid);

  s->pcr_out_packet = s->packet;
  if (t && asp_track_head_takes_pcr (t) && asp_track_pop (t, &s->out, &pcr27m))
    s->stats.slots_filled++;
  if (pcr27m == ASP_NO_TIME)
    return;
  asp_ts_packet_write_pcr (asp_output_packet (&s->out), pid, t ? t->cc : cc, (guint64) pcr27m);
}

/* The clock reading of a packet that does not go out itself. */
static void
keep_pcr (AspSplicer * s, const guint8 * packet, gint64 pcr27m)
{
  slot_drain (s);
  if (!may_insert (s))
    refill (s);
  write_clock (s, asp_ts_pid (packet), asp_ts_cc (packet), pcr27m);
}

/* How long it takes until a picture of @size bytes has left behind what waits, with the slots
 * of the network's pictures and null packets; -1: not known, or as much as one likes. */
static gint64
sending_90k (const AspSplicer * s, gsize size)
{
  gdouble share = s->free_share - s->sound_share;
  gdouble packets = (gdouble) (s->video_track.bytes + size) / ASP_TS_PAYLOAD_MAX + 1;

  if (may_insert (s) || share <= 0)
    return -1;
  return (gint64) (packets / share * network_packet_27m (s) / 300);
}

/* How late the network's own pictures may be behind a return: they are so much ahead. */
static gint64
bearable_90k (const AspSplicer * s)
{
  gint64 lead = margin_min_90k (&s->video_end_margin);

  return MAX (lead == ASP_NO_TIME ? 0 : lead * 3 / 4, (gint64) network_frame_90k (s));
}

/* A constant rate leaves only so many slots. Would a picture of a creative, if it left now, come
 * too late, or take slots that the network needs when it is back? Then so would the rest. */
gboolean
slot_exceeds_capacity (AspSplicer * s, gsize size, gint64 dts90k)
{
  gint64 now = network_now_90k (s), sending = sending_90k (s, size), before, rap;
  gint64 least = margin_min_90k (&s->video_end_margin), lead = margin_min_90k (&s->video_margin);

  if (sending < 0 || now == ASP_NO_TIME || least == ASP_NO_TIME || lead == ASP_NO_TIME)
    return FALSE;
  /* an eighth for what else takes slots: clock readings, sound in smaller pieces */
  if (now + sending + sending / 8 > dts90k - MIN (least, 0))
    return TRUE;
  return s->config.return_policy == ASP_RETURN_NEAREST && !s->end_now && predict_raps (s, s->in_90k, &before, &rap) &&
      rap > s->rap_pts90k && now + sending > rap - s->reorder_90k - lead + bearable_90k (s);
}

/* The network is back: can a picture of @size bytes that is left still go before it? */
gboolean
slot_delays_return (AspSplicer * s, gsize size)
{
  return sending_90k (s, size) > bearable_90k (s);
}

/* Whatever has been thought before: what is to be decoded by now and has not left sticks, and
 * so will the rest of that creative. */
static void
check_deadline (AspSplicer * s, const AspTrack * t)
{
  gint64 now = network_now_90k (s);

  if (t && t == &s->video_track && asp_track_head_is_pes (t) && s->video_side == SIDE_AD && now != ASP_NO_TIME &&
      asp_track_head_dts90k (t) < now - CAPACITY_GRACE_90K)
    break_abandon (s, "capacity");
}

/* A packet with a clock reading may have to wait, and the next one not yet have come. */
static gboolean
clock_is_due (const AspSplicer * s)
{
  gint64 longest = CLAMP (s->pcr_step_27m, PCR_INTERVAL_27M, PCR_INTERVAL_MAX_27M);

  if (s->pcr27m == ASP_NO_TIME || s->pcr_floor_27m != G_MININT64 || tracks_are_empty (s))
    return FALSE;
  return (gdouble) (s->packet + 1 - s->pcr_out_packet) * network_packet_27m (s) > (gdouble) longest;
}

static gboolean
pop_into_slot (AspSplicer * s, AspTrack * t)
{
  gint64 none = ASP_NO_TIME;
  guint at = s->out.bytes->len;

  if (!t)
    return FALSE;
  t->realign = has_room_to_realign (s);
  if (!asp_track_pop (t, &s->out, &none))
    return FALSE;
  s->stats.slots_filled++;
  if (t->pid == s->pcr_pid && asp_ts_packet_pcr (s->out.bytes->data + at) != ASP_NO_TIME)
    s->pcr_out_packet = s->packet;
  return TRUE;
}

/* What waits with a clock reading knows in which slot it leaves. */
static void
set_slot (AspSplicer * s)
{
  s->video_track.slot = s->packet;
  for (guint i = 0; i < s->n_audio; i++)
    s->audio[i].track.slot = s->packet;
}

/* One packet into a slot of a constant rate. */
static void
fill (AspSplicer * s)
{
  AspTrack *t, *clock = slot_track_of_pid (s, s->pcr_pid);

  set_slot (s);
  refill (s);
  t = most_urgent (s);
  check_deadline (s, t);
  if (clock && clock_is_due (s)) {
    if (asp_track_head_has_pcr (clock))
      pop_into_slot (s, clock);
    else
      write_clock (s, s->pcr_pid, clock->cc, (gint64) asp_pcr_wrap (network_clock_27m (s, s->packet)));
  } else if (!pop_into_slot (s, t) && !s->config.drop_nulls) {
    asp_ts_packet_write_null (asp_output_packet (&s->out));
  }
}

/* No slot will come any more: what waits takes those that would have been next. */
void
slot_finish (AspSplicer * s)
{
  while (network_is_cbr (s) && !s->config.drop_nulls && most_urgent (s)) {
    fill (s);
    s->packet++;
  }
  slot_drain (s);
}

/* From here on our own clock counts: no reading of the network's leaves after it. */
void
slot_strip_clock (AspSplicer * s)
{
  asp_track_strip_clock (&s->video_track);
  for (guint i = 0; i < s->n_audio; i++)
    asp_track_strip_clock (&s->audio[i].track);
}

/* The place of @packet is free: it was the network's and does not go out. */
void
slot_free (AspSplicer * s, const guint8 * packet)
{
  gint64 pcr27m = asp_ts_pid (packet) == s->pcr_pid ? asp_ts_packet_pcr (packet) : ASP_NO_TIME;

  s->stats.packets_dropped++;
  if (pcr27m != ASP_NO_TIME)
    keep_pcr (s, packet, pcr27m);
  else if (may_insert (s))
    slot_drain (s);
  else
    fill (s);
}

/* @packet goes out as it is, behind what must go before it. */
void
slot_pass (AspSplicer * s, AspTrack * track, const guint8 * packet)
{
  if (asp_ts_has_adaptation (packet) && asp_ts_packet_pcr (packet) != ASP_NO_TIME) {
    slot_drain (s);
    if (asp_ts_pid (packet) == s->pcr_pid)
      s->pcr_out_packet = s->packet;
  }
  if (track)
    asp_track_pass (track, packet, &s->out);
  else
    asp_output_bytes (&s->out, packet, ASP_TS_SIZE);
}

static void
push_stripped (AspSplicer * s, AspTrack * track, const guint8 * packet, gint64 dts90k)
{
  guint8 copy[ASP_TS_SIZE];

  memcpy (copy, packet, sizeof copy);
  asp_ts_packet_strip_pcr (copy);
  asp_track_push_packet (track, copy, dts90k, s->packet, 0);
}

/* A clock reading in a packet of its own keeps the network's cadence, but costs a slot each time. */
static gboolean
has_room_for_clock (const AspSplicer * s)
{
  return may_insert (s) || s->stats.null_packets >= CLOCK_NULLS_MIN * s->pcr_count;
}

/* @packet must wait in its track, and its slot is for what is due. Its clock reading leaves
 * in that slot; where there is no room for it, it waits with the packet and is set on when
 * that leaves, exactly. A PES of ours that leaves now takes it along all the same. */
void
slot_queue (AspSplicer * s, AspTrack * track, const guint8 * packet, gint64 dts90k)
{
  if (has_room_for_clock (s)) {
    push_stripped (s, track, packet, dts90k);
    slot_free (s, packet);
    return;
  }
  asp_track_push_packet (track, packet, dts90k, s->packet, network_packet_27m (s));
  if (asp_track_head_is_pes (track))
    slot_free (s, packet);
  else
    fill (s);
}

/* The same for a packet whose slot was given away before: it brings no new one. */
void
slot_queue_late (AspSplicer * s, AspTrack * track, const guint8 * packet, gint64 dts90k)
{
  push_stripped (s, track, packet, dts90k);
}
