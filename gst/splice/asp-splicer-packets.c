/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

#include <string.h>

/* --- taking packets apart --------------------------------------------------------- */

static const guint8 *
lookahead_head (const AspSplicer * s)
{
  return s->lookahead_pos < s->lookahead->len ? s->lookahead->data + s->lookahead_pos : NULL;
}

static void
lookahead_pop (AspSplicer * s)
{
  s->lookahead_pos += ASP_TS_SIZE;
  if (s->lookahead_pos == s->lookahead->len) {
    g_byte_array_set_size (s->lookahead, 0);
    s->lookahead_pos = 0;
  } else if (s->lookahead_pos > LOOKAHEAD_BYTES_MAX) {
    g_byte_array_remove_range (s->lookahead, 0, (guint) s->lookahead_pos);
    s->lookahead_pos = 0;
  }
}

/* What picture begins in the head packet, with the help of the packets behind it.
 * FALSE: it takes more of them to tell. */
static gboolean
classify (AspSplicer * s, const guint8 * head, AspAuInfo * info, gboolean force)
{
  AspTsPacket view;
  AspPesHeader header;
  g_autoptr (GByteArray) es = NULL;
  gsize from;

  memset (info, 0, sizeof *info);
  if (!asp_ts_packet_parse (head, &view) || view.payload_offset >= ASP_TS_SIZE || view.scrambling ||
      asp_pes_parse (head + view.payload_offset, ASP_TS_SIZE - view.payload_offset, &header) != ASP_PES_OK)
    return TRUE;
  from = view.payload_offset + header.header_size;
  if (from < ASP_TS_SIZE) {
    asp_es_video_scan (s->video_codec, head + from, ASP_TS_SIZE - from, info);
    if (info->complete)
      return TRUE;
  }
  es = g_byte_array_new ();
  if (from < ASP_TS_SIZE)
    g_byte_array_append (es, head + from, (guint) (ASP_TS_SIZE - from));
  for (gsize at = s->lookahead_pos + ASP_TS_SIZE; at < s->lookahead->len; at += ASP_TS_SIZE) {
    const guint8 *p = s->lookahead->data + at;

    if (asp_ts_pid (p) != s->video_pid || !asp_ts_packet_parse (p, &view) || view.payload_offset >= ASP_TS_SIZE)
      continue;
    if (view.pusi) {
      force = TRUE;
      break;
    }
    g_byte_array_append (es, p + view.payload_offset, ASP_TS_SIZE - view.payload_offset);
  }
  asp_es_video_scan (s->video_codec, es->data, es->len, info);
  return info->complete || force || s->lookahead->len - s->lookahead_pos > LOOKAHEAD_BYTES_MAX;
}

static void
keep_parameter_sets (AspSplicer * s, const guint8 * head)
{
  AspTsPacket view;
  AspPesHeader header;

  if (!asp_ts_packet_parse (head, &view) ||
      asp_pes_parse (head + view.payload_offset, ASP_TS_SIZE - view.payload_offset, &header) != ASP_PES_OK ||
      view.payload_offset + header.header_size >= ASP_TS_SIZE)
    return;
  network_collect (s, head + view.payload_offset + header.header_size,
      ASP_TS_SIZE - view.payload_offset - header.header_size, TRUE);
}

static void
collect_more (AspSplicer * s, const guint8 * packet)
{
  AspTsPacket view;

  if (s->collect->len > 0 && asp_ts_packet_parse (packet, &view) && view.payload_offset < ASP_TS_SIZE)
    network_collect (s, packet + view.payload_offset, ASP_TS_SIZE - view.payload_offset, FALSE);
}

/* In a break the PMT that belongs to it goes on (rule 6); one that changed has its time
 * when the break should be over, if no picture of the old programme came until then. */
static void
pmt_packet (AspSplicer * s, const guint8 * packet)
{
  gint64 now = network_now_90k (s);
  guint8 old[ASP_TS_SIZE];

  if (s->pmt_waits && now != ASP_NO_TIME && s->phase == BREAK_OUT && now >= s->in_90k) {
    break_end_unseen (s);
    network_psi (s, packet, TRUE);
  }
  if (s->rewrite && !s->config.mark) {
    rewrite_pmt (s, packet);
    return;
  }
  if (!s->pmt_waits) {
    slot_pass (s, NULL, packet);
    return;
  }
  memcpy (old, s->pmt_packet, sizeof old);
  asp_ts_set_cc (old, asp_ts_cc (packet));
  slot_pass (s, NULL, old);
}

/* Media PIDs that are silent in a break, nulls and cues by policy, everything else as it is. */
static void
other_packet (AspSplicer * s, const guint8 * packet, guint role)
{
  gboolean ad = s->video_side == SIDE_AD;

  if (role == ROLE_PMT) {
    pmt_packet (s, packet);
  } else if (role == ROLE_NULL) {
    s->stats.null_packets++;
    if (s->rewrite && rewrite_null (s))
      return;
    if (s->config.drop_nulls)
      slot_drain (s);
    else if (slot_idle (s) && !ad)
      slot_pass (s, NULL, packet);
    else
      slot_free (s, packet);
  } else if ((role == ROLE_SILENT && ad) || (role == ROLE_CUE && s->config.strip_cues)) {
    slot_free (s, packet);
  } else if (role == ROLE_CUE && s->rewrite && !s->config.mark) {
    rewrite_cue (s, packet);
  } else {
    slot_pass (s, NULL, packet);
  }
}

/* After a silence that our own clock has bridged the network may be behind it: until it
 * has caught up its readings do not go out, a clock never goes back. */
static gboolean
is_behind_floor (AspSplicer * s, const guint8 * packet, guint pid)
{
  if (s->pcr_floor_27m == G_MININT64 || pid != s->pcr_pid || asp_ts_packet_pcr (packet) == ASP_NO_TIME)
    return FALSE;
  if (s->pcr27m <= s->pcr_floor_27m)
    return TRUE;
  s->pcr_floor_27m = G_MININT64;
  return FALSE;
}

static void
media_packet (AspSplicer * s, const guint8 * packet, const AspAuInfo * info)
{
  guint role = s->role[asp_ts_pid (packet)];

  s->spliced_packets += role == ROLE_VIDEO || role >= ROLE_AUDIO || role == ROLE_NULL;
  s->sound_packets += role >= ROLE_AUDIO;
  if (role == ROLE_VIDEO) {
    scan_cc (s, &s->video_cc, packet);
    if (info && asp_picture_is_rap (info->kind))
      keep_parameter_sets (s, packet);
    else if (!info)
      collect_more (s, packet);
    video_packet (s, packet, info);
    s->video_packet = s->packet;
  } else if (role >= ROLE_AUDIO) {
    scan_cc (s, &s->audio[role - ROLE_AUDIO].last_cc, packet);
    audio_packet (s, &s->audio[role - ROLE_AUDIO], packet);
  } else {
    other_packet (s, packet, role);
  }
}

static void
take_packet (AspSplicer * s, const guint8 * packet, const AspAuInfo * info)
{
  guint pid = asp_ts_pid (packet);
  guint role = s->role[pid];
  guint8 stripped[ASP_TS_SIZE];

  s->arming = FALSE;
  if (s->rewrite && !s->config.mark)
    rewrite_insert (s);
  if (packet[3] & 0x20)
    scan_clock (s, packet, pid);
  if (role == ROLE_PAT || role == ROLE_PMT)
    network_psi (s, packet, role == ROLE_PMT);
  if (role == ROLE_CUE)
    for (guint i = 0; i < s->n_cue; i++)
      if (s->cue_pid[i] == pid)
        cue_packet (s, i, packet);
  if (s->phase == BREAK_ARMED)
    audio_check_due (s);
  if (role == ROLE_OTHER_PMT || role == ROLE_TAKEN)
    rewrite_see (s, packet);
  if (is_behind_floor (s, packet, pid)) {
    memcpy (stripped, packet, sizeof stripped);
    asp_ts_packet_strip_pcr (stripped);
    media_packet (s, stripped, info);
  } else {
    media_packet (s, packet, info);
  }
  if (s->config.want_network || s->config.mark)
    asp_output_bytes (&s->network, packet, ASP_TS_SIZE);
  if (asp_splicer_has_marked_output (s))
    rewrite_marked (s, packet);
  s->packet++;
}

/* Whatever of the lookahead can be decided goes on. */
void
packets_run (AspSplicer * s, gboolean force)
{
  const guint8 *head;

  while ((head = lookahead_head (s))) {
    AspAuInfo info;
    gboolean start = s->role[asp_ts_pid (head)] == ROLE_VIDEO && asp_ts_pusi (head);

    if (start && !classify (s, head, &info, force))
      return;
    take_packet (s, head, start ? &info : NULL);
    lookahead_pop (s);
  }
}

/* A packet that can be decided by itself, with none waiting before it, goes on without a copy. */
static gboolean
take_at_once (AspSplicer * s, const guint8 * packet)
{
  gboolean start = s->role[asp_ts_pid (packet)] == ROLE_VIDEO && asp_ts_pusi (packet);
  AspAuInfo info;

  if (s->lookahead->len > 0 || (start && !classify (s, packet, &info, FALSE)))
    return FALSE;
  take_packet (s, packet, start ? &info : NULL);
  return TRUE;
}

/* Nothing of a break is left, and none is near: packets may pass again. */
static gboolean
may_scan_again (AspSplicer * s)
{
  if (s->arming || s->phase != BREAK_NONE || s->rebuild || s->lookahead->len > 0 || !slot_idle (s))
    return FALSE;
  if (arming_is_near (s))
    return FALSE;
  for (guint i = 0; i < s->n_audio; i++) {
    AudioTrack *a = &s->audio[i];

    /* a PES that is held must go out first */
    if ((a->pes && !a->pes->passed) || a->held.length > 0)
      return FALSE;
    if (!a->track.shift_valid && a->track.cc_valid)
      return FALSE;
  }
  return s->video_track.shift_valid || !s->video_track.cc_valid;
}

static void
leave_packet_mode (AspSplicer * s)
{
  s->packet_mode = FALSE;
  asp_track_forget_splice (&s->video_track);
  for (guint i = 0; i < s->n_audio; i++) {
    audio_track_clear (&s->audio[i]);
    s->audio[i].rest = 0;
  }
}

void
packets_stray (AspSplicer * s, const guint8 * data, gsize size)
{
  if (size > 0 && s->lookahead->len > 0)
    packets_run (s, TRUE);      /* what came before goes before */
  if (s->config.want_network || s->config.mark)
    asp_output_bytes (&s->network, data, size);
  if (asp_splicer_has_marked_output (s))
    asp_output_bytes (&s->marked, data, size);
  if (s->video_side == SIDE_NETWORK)
    asp_output_bytes (&s->out, data, size);
}

static gsize
process_carry (AspSplicer * s, const guint8 * data, gsize size)
{
  gsize n = MIN (ASP_TS_SIZE - s->carried, size);

  memcpy (s->carry + s->carried, data, n);
  s->carried += n;
  if (s->carried == ASP_TS_SIZE) {
    s->carried = 0;
    g_byte_array_append (s->lookahead, s->carry, ASP_TS_SIZE);
    packets_run (s, FALSE);
  }
  return n;
}

gsize
asp_splicer_process (AspSplicer * s, const guint8 * data, gsize size)
{
  gsize pos = 0;

  own_clock_stop (s);
  if (s->carried > 0)
    pos = process_carry (s, data, size);
  while (pos < size) {
    if (s->rewrite && s->lookahead->len == 0)
      rewrite_insert (s);
    if (s->carried == 0 && may_scan_again (s)) {
      leave_packet_mode (s);
      break;
    }
    if (data[pos] != ASP_TS_SYNC || !s->synced) {
      gsize skipped = scan_find_sync (s, data + pos, size - pos);

      packets_stray (s, data + pos, skipped);
      pos += skipped;
      if (skipped > 0 || !s->synced)
        continue;
    }
    if (size - pos < ASP_TS_SIZE) {
      memcpy (s->carry, data + pos, size - pos);
      s->carried = (guint) (size - pos);
      pos = size;
      break;
    }
    if (!take_at_once (s, data + pos)) {
      g_byte_array_append (s->lookahead, data + pos, ASP_TS_SIZE);
      packets_run (s, FALSE);
    }
    pos += ASP_TS_SIZE;
  }
  s->stats.packets = s->packet;
  return pos;
}
