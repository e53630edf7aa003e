/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

#include <string.h>

/* --- looking, while everything passes --------------------------------------------- */

void
scan_cc (AspSplicer * s, gint * last, const guint8 * packet)
{
  gint cc = (gint) asp_ts_cc (packet);

  if (!asp_ts_has_payload (packet))
    return;
  if (*last >= 0 && cc != ((*last + 1) & 0x0f) && cc != *last)
    s->stats.cc_errors++;
  *last = cc;
}

/* The track's CC goes on from here when packets are taken apart. */
static void
note_cc (AspTrack * t, guint8 * packet)
{
  if (t->shift != 0)
    asp_ts_set_cc (packet, asp_ts_cc (packet) + t->shift);
  if (asp_ts_has_payload (packet)) {
    t->cc = asp_ts_cc (packet);
    t->cc_valid = TRUE;
  }
}

static gboolean
scan_video (AspSplicer * s, guint8 * packet)
{
  AspPesHeader header;
  AspAuInfo info = { 0 };
  AspTsPacket view;
  gint64 pts, dts;
  gsize es;

  if (!asp_ts_packet_parse (packet, &view))
    return TRUE;
  if (!view.pusi) {
    if (s->collect->len > 0 && view.payload_offset < ASP_TS_SIZE)
      network_collect (s, packet + view.payload_offset, ASP_TS_SIZE - view.payload_offset, FALSE);
    return TRUE;
  }
  if (!network_picture_times (s, packet, &header, &pts, &dts))
    return TRUE;
  plan_poll (s, pts);
  if (should_arm (s, pts)) {
    s->packet_mode = s->arming = TRUE;
    return FALSE;
  }
  if (s->rewrite && rewrite_wants_insert (s)) {
    s->packet_mode = TRUE;      /* cues go before this packet, then it is scanned again */
    return FALSE;
  }
  es = view.payload_offset + header.header_size;
  if (es < ASP_TS_SIZE)
    asp_es_video_scan (s->video_codec, packet + es, ASP_TS_SIZE - es, &info);
  if (!info.complete && view.random_access)
    info.kind = ASP_PICTURE_IDR;
  if (es < ASP_TS_SIZE && (asp_picture_is_rap (info.kind) || !info.complete))
    network_collect (s, packet + es, ASP_TS_SIZE - es, TRUE);
  network_picture (s, pts, dts, info.kind);
  s->left_pts90k = MAX (s->left_pts90k, pts);
  s->left_dts90k = dts;
  if (s->funcs.picture)
    s->funcs.picture (s->user_data, pts, dts);
  return TRUE;
}

void
scan_clock (AspSplicer * s, const guint8 * packet, guint pid)
{
  if (!asp_ts_has_adaptation (packet) || packet[4] < 7 || !(packet[5] & 0x10))
    return;
  if (s->pcr_any && s->pcr_pid != pid && (s->role[pid] == ROLE_VIDEO || s->role[pid] >= ROLE_AUDIO)) {
    s->pcr_pid = pid;
    s->pcr_any = FALSE;
  }
  if (pid == s->pcr_pid) {
    s->pcr_cc = asp_ts_cc (packet);
    network_clock (s, packet);
  }
}

/* One packet in passing. FALSE: it must be taken apart, and has not been counted. */
static inline gboolean
scan_packet (AspSplicer * s, guint8 * packet)
{
  guint pid = asp_ts_pid (packet);
  guint role = s->role[pid];

  if (role == ROLE_OTHER) {
    s->packet++;
    return TRUE;
  }
  if (packet[3] & 0x20)
    scan_clock (s, packet, pid);
  switch (role) {
    case ROLE_NULL:
      if (s->rewrite && rewrite_wants_null (s)) {
        s->packet_mode = s->arming = TRUE;
        return FALSE;
      }
      s->stats.null_packets++;
      s->spliced_packets++;
      if (s->config.drop_nulls) {
        s->packet_mode = TRUE;
        s->stats.null_packets--;
        return FALSE;
      }
      break;
    case ROLE_PAT:
      network_psi (s, packet, FALSE);
      break;
    case ROLE_PMT:
      if (s->rewrite) {
        s->packet_mode = s->arming = TRUE;
        return FALSE;
      }
      network_psi (s, packet, TRUE);
      break;
    case ROLE_VIDEO:
      if ((asp_ts_pusi (packet) || s->collect->len > 0) && !scan_video (s, packet))
        return FALSE;
      scan_cc (s, &s->video_cc, packet);
      s->spliced_packets++;
      s->video_packet = s->packet;
      note_cc (&s->video_track, packet);
      break;
    case ROLE_CUE:
      if (s->config.strip_cues || (s->rewrite && rewrite_moves_cue (s, packet))) {
        s->packet_mode = s->arming = TRUE;
        return FALSE;
      }
      for (guint i = 0; i < s->n_cue; i++)
        if (s->cue_pid[i] == pid)
          cue_packet (s, i, packet);
      break;
    case ROLE_OTHER_PMT:
    case ROLE_TAKEN:
      rewrite_see (s, packet);
      break;
    case ROLE_SILENT:
    case ROLE_PCR:
      break;
    default:
      if (role >= ROLE_AUDIO) {
        AudioTrack *a = &s->audio[role - ROLE_AUDIO];

        scan_cc (s, &a->last_cc, packet);
        s->spliced_packets++;
        s->sound_packets++;
        if (asp_ts_pusi (packet))
          network_audio_start (s, a, packet);
        note_cc (&a->track, packet);
      }
      break;
  }
  s->packet++;
  return TRUE;
}

/* --- bytes to packets ------------------------------------------------------------- */

static gboolean
looks_synced (const guint8 * data, gsize size)
{
  if (data[0] != ASP_TS_SYNC)
    return FALSE;
  if (size > ASP_TS_SIZE && data[ASP_TS_SIZE] != ASP_TS_SYNC)
    return FALSE;
  return size <= 2 * ASP_TS_SIZE || data[2 * ASP_TS_SIZE] == ASP_TS_SYNC;
}

static void
check_foreign_size (AspSplicer * s, const guint8 * data, gsize size)
{
  static const guint sizes[] = { 204, 192 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes) && s->foreign_size == 0; i++) {
    guint d = sizes[i];

    if (size > 4 * d && data[0] == ASP_TS_SYNC && data[d] == ASP_TS_SYNC && data[2 * d] == ASP_TS_SYNC &&
        data[3 * d] == ASP_TS_SYNC && data[4 * d] == ASP_TS_SYNC) {
      s->foreign_size = d;
      if (s->funcs.warn)
        s->funcs.warn (s->user_data, "packet-size", "the input has packets of 204 or 192 bytes; they pass, but "
            "nothing can be spliced: 188 would be right");
    }
  }
}

/* Bytes up to the next packet. */
gsize
scan_find_sync (AspSplicer * s, const guint8 * data, gsize size)
{
  gsize pos = 0;

  if (s->synced)
    s->stats.sync_losses++;
  s->synced = FALSE;
  while (pos < size) {
    const guint8 *p = memchr (data + pos, ASP_TS_SYNC, size - pos);

    if (!p) {
      pos = size;
      break;
    }
    pos = (gsize) (p - data);
    if (looks_synced (p, size - pos)) {
      s->synced = TRUE;
      break;
    }
    check_foreign_size (s, p, size - pos);
    pos++;
  }
  s->stats.garbage_bytes += pos;
  return pos;
}

/* A packet that straddles two buffers, while everything passes: its head has gone out,
 * so it can only be looked at; the CC byte is patched when it is in the second part. */
static gsize
scan_carry (AspSplicer * s, guint8 * data, gsize size)
{
  guint before = s->carried;
  gsize n = MIN (ASP_TS_SIZE - s->carried, size);

  memcpy (s->carry + s->carried, data, n);
  s->carried += n;
  if (before <= 3 && s->carried > 3 && asp_splicer_needs_patch (s)) {
    guint role = s->role[asp_ts_pid (s->carry)];
    AspTrack *t = role == ROLE_VIDEO ? &s->video_track : role >= ROLE_AUDIO ?
        &s->audio[role - ROLE_AUDIO].track : NULL;

    if (t && t->shift)
      asp_ts_set_cc (data - before, asp_ts_cc (data - before) + t->shift);
  }
  if (s->carried < ASP_TS_SIZE)
    return n;
  s->carried = 0;
  if (s->carry[0] == ASP_TS_SYNC && !scan_packet (s, s->carry))
    s->packet++;                /* it has passed; what is behind it is taken apart */
  return n;
}

static void
keep_tail (AspSplicer * s, guint8 * data, gsize size)
{
  memcpy (s->carry, data, size);
  s->carried = (guint) size;
  if (size > 3 && asp_splicer_needs_patch (s)) {
    guint role = s->role[asp_ts_pid (data)];
    AspTrack *t = role == ROLE_VIDEO ? &s->video_track : role >= ROLE_AUDIO ?
        &s->audio[role - ROLE_AUDIO].track : NULL;

    if (t && t->shift)
      asp_ts_set_cc (data, asp_ts_cc (data) + t->shift);
  }
}

gsize
asp_splicer_scan (AspSplicer * s, guint8 * data, gsize size)
{
  gsize pos = 0;

  if (s->carried > 0 && size > 0)
    pos = scan_carry (s, data, size);
  /* sound that comes before the first picture may belong to neither side yet */
  if (preroll_is_possible (s))
    s->packet_mode = TRUE;
  while (pos < size && !s->packet_mode) {
    if (G_UNLIKELY (data[pos] != ASP_TS_SYNC || !s->synced)) {
      gsize skipped = scan_find_sync (s, data + pos, size - pos);

      pos += skipped;
      if (skipped > 0 || !s->synced)
        continue;
    }
    if (size - pos < ASP_TS_SIZE) {
      /* its head must not leave before it can be looked at */
      s->packet_mode = arming_is_near (s);
      if (!rewrite_may_pass_in_part (s, data + pos, size - pos))
        s->packet_mode = s->arming = TRUE;
      if (s->packet_mode)
        break;
      keep_tail (s, data + pos, size - pos);
      pos = size;
      break;
    }
    if (!scan_packet (s, data + pos))
      break;
    pos += ASP_TS_SIZE;
  }
  s->stats.packets = s->packet;
  return pos;
}
