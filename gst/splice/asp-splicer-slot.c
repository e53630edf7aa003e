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
#define CATCH_UP_90K (2 * ASP_SECOND_90K)
#define OWN_LEAD_90K (ASP_SECOND_90K / 2)
#define NULLS_SHARE 50          /* one null packet in so many is room for fifteen more packets soon */

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

static gboolean
may_insert (const AspSplicer * s)
{
  return !network_is_cbr (s) || s->advancing || s->eos || s->config.drop_nulls;
}

static gboolean
tracks_are_empty (const AspSplicer * s)
{
  gsize bytes = s->video_track.bytes;

  for (guint i = 0; i < s->n_audio; i++)
    bytes += s->audio[i].track.bytes;
  return bytes == 0;
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
    asp_track_pop_whole (t, &s->out);
    s->stats.slots_filled++;
    if (asp_track_is_empty (t))
      refill (s);
  }
}

/* The next packet of the network on @track can bring the CC back to what the input has,
 * if a few more packets find room: always with a variable rate, in null packets else. */
gboolean
slot_wants_realign (AspSplicer * s, AspTrack * track)
{
  track->realign = may_insert (s) || s->stats.null_packets * NULLS_SHARE > s->packet;
  return track->realign && !track->shift_valid && track->cc_valid;
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

/* The clock reading of a packet that does not go out itself. */
static void
keep_pcr (AspSplicer * s, const guint8 * packet, gint64 pcr27m)
{
  guint pid = asp_ts_pid (packet);
  AspTrack *t = slot_track_of_pid (s, pid);

  slot_drain (s);
  if (!may_insert (s))
    refill (s);
  /* the next packet of the PID takes it along, if there is one and it can */
  if (t && asp_track_head_is_pes (t) && asp_track_pop (t, &s->out, &pcr27m))
    s->stats.slots_filled++;
  if (pcr27m == ASP_NO_TIME)
    return;
  asp_ts_packet_write_pcr (asp_output_packet (&s->out), pid, t ? t->cc : asp_ts_cc (packet), (guint64) pcr27m);
}

/* A constant rate leaves only so many slots: what is to be decoded by now and has not
 * left comes too late, and so will the rest of that creative. */
static void
check_deadline (AspSplicer * s, const AspTrack * t)
{
  gint64 now = network_now_90k (s);

  if (t && t == &s->video_track && asp_track_head_is_pes (t) && s->video_side == SIDE_AD && now != ASP_NO_TIME &&
      asp_track_head_dts90k (t) < now - CAPACITY_GRACE_90K)
    break_abandon (s, "capacity");
}

/* The network's own packets that wait behind a creative must not wait for ever: what is
 * due leaves even if that is one packet too many. */
static void
pop_overdue (AspSplicer * s)
{
  gint64 now = network_now_90k (s), none = ASP_NO_TIME;
  AspTrack *t;

  if (s->video_side == SIDE_AD || now == ASP_NO_TIME)
    return;
  while ((t = most_urgent (s)) && asp_track_head_dts90k (t) < now && asp_track_pop (t, &s->out, &none))
    s->stats.slots_filled++;
}

/* One packet into a slot of a constant rate. */
static void
fill (AspSplicer * s)
{
  gint64 none = ASP_NO_TIME;
  AspTrack *t;

  s->video_track.slot = s->packet;
  for (guint i = 0; i < s->n_audio; i++)
    s->audio[i].track.slot = s->packet;
  refill (s);
  t = most_urgent (s);
  check_deadline (s, t);
  if (t && asp_track_pop (t, &s->out, &none)) {
    s->stats.slots_filled++;
    pop_overdue (s);
  } else if (!s->config.drop_nulls) {
    asp_ts_packet_write_null (asp_output_packet (&s->out));
  }
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
  if (asp_ts_has_adaptation (packet) && asp_ts_packet_pcr (packet) != ASP_NO_TIME)
    slot_drain (s);
  if (track)
    asp_track_pass (track, packet, &s->out);
  else
    asp_output_bytes (&s->out, packet, ASP_TS_SIZE);
}

/* Behind a return the network waits behind what the creative left. A clock reading in a
 * packet of its own costs a slot each time: with little stuffing the track would never
 * catch up. */
static gboolean
lags (const AspSplicer * s)
{
  if (may_insert (s) || s->video_side == SIDE_AD || s->return_90k == ASP_NO_TIME)
    return FALSE;
  return s->stats.null_packets < 3 * s->pcr_count || s->newest_pts90k - s->return_90k > CATCH_UP_90K;
}

/* @packet must wait in its track, and its slot is for what is due. Its clock reading does
 * not wait, unless the track lags: with a constant rate it can be set on when it leaves,
 * exactly. */
void
slot_queue (AspSplicer * s, AspTrack * track, const guint8 * packet, gint64 dts90k)
{
  guint8 copy[ASP_TS_SIZE];

  if (lags (s)) {
    asp_track_push_packet (track, packet, dts90k, s->packet, network_packet_27m (s));
    /* until the first reading that goes this way has left, the other way goes on */
    if (track->clock_carried)
      fill (s);
    else
      slot_free (s, packet);
    return;
  }
  memcpy (copy, packet, sizeof copy);
  asp_ts_packet_strip_pcr (copy);
  asp_track_push_packet (track, copy, dts90k, s->packet, 0);
  slot_free (s, packet);
}

/* The same for a packet whose slot was given away before: it brings no new one. */
void
slot_queue_late (AspSplicer * s, AspTrack * track, const guint8 * packet, gint64 dts90k)
{
  guint8 copy[ASP_TS_SIZE];

  memcpy (copy, packet, sizeof copy);
  asp_ts_packet_strip_pcr (copy);
  asp_track_push_packet (track, copy, dts90k, s->packet, 0);
}
