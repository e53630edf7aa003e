/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

#include <string.h>

static void
refusal_free (Refusal * r)
{
  g_free (r->creative_id);
  g_free (r->detail);
  g_free (r);
}

static void
copy_config (AspSplicer * s, const AspSplicerConfig * config)
{
  gchar *channel = g_strdup (config->channel);

  g_free (s->config.channel);
  s->config = *config;
  s->config.channel = channel;
}

AspSplicer *
asp_splicer_new (const AspSplicerConfig * config, const AspSplicerFuncs * funcs,
    gpointer user_data, AspAdHub * hub)
{
  AspSplicer *s = g_new0 (AspSplicer, 1);

  copy_config (s, config);
  s->funcs = *funcs;
  s->user_data = user_data;
  s->hub = hub;
  s->lookahead = g_byte_array_new ();
  s->parameter_sets = g_byte_array_new ();
  s->collect = g_byte_array_new ();
  s->picture = g_byte_array_new ();
  s->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) source_free);
  s->refused = g_ptr_array_new_with_free_func ((GDestroyNotify) refusal_free);
  asp_output_init (&s->out);
  asp_output_init (&s->network);
  g_queue_init (&s->schedule);
  s->plan = asp_plan_new (&s->config.plan);
  asp_track_init (&s->video_track, ASP_PID_NULL);
  s->reason = "";
  network_reset (s);
  return s;
}

void
asp_splicer_free (AspSplicer * s)
{
  if (!s)
    return;
  network_reset (s);
  g_queue_clear_full (&s->schedule, (GDestroyNotify) asp_break_free);
  asp_break_free (s->brk);
  asp_plan_free (s->plan);
  g_ptr_array_unref (s->sources);
  g_ptr_array_unref (s->refused);
  asp_output_clear (&s->out);
  asp_output_clear (&s->network);
  g_byte_array_unref (s->lookahead);
  g_byte_array_unref (s->parameter_sets);
  g_byte_array_unref (s->collect);
  g_byte_array_unref (s->picture);
  g_free (s->config.channel);
  g_free (s);
}

void
asp_splicer_set_config (AspSplicer * s, const AspSplicerConfig * config)
{
  copy_config (s, config);
  asp_plan_set_config (s->plan, &config->plan);
}

static void
stop_break (AspSplicer * s)
{
  for (guint i = 0; i < s->sources->len; i++)
    sources_close (s, g_ptr_array_index (s->sources, i));
  g_ptr_array_set_size (s->sources, 0);
  if (s->phase != BREAK_NONE)
    asp_plan_done (s->plan);
  g_clear_pointer (&s->brk, asp_break_free);
  s->phase = BREAK_NONE;
  s->video_side = SIDE_NETWORK;
  s->rebuild = s->avail_open = FALSE;
  s->return_90k = ASP_NO_TIME;
  g_byte_array_set_size (s->picture, 0);
}

void
asp_splicer_flush (AspSplicer * s)
{
  AspBreak *b;
  GQueue again = G_QUEUE_INIT;

  stop_break (s);
  /* `schedule` counts from the first picture: it counts anew; what a cue or a call asked for
   * belonged to the old place in the stream. */
  while ((b = asp_plan_remove_origin (s->plan, ASP_ORIGIN_SCHEDULE))) {
    b->asked_90k -= s->first_pts90k;
    g_queue_push_tail (&again, b);
  }
  while ((b = g_queue_pop_tail (&again)))
    g_queue_push_head (&s->schedule, b);
  while ((b = asp_plan_remove_origin (s->plan, ASP_ORIGIN_CUE)))
    asp_break_free (b);
  asp_output_reset (&s->out);
  asp_output_reset (&s->network);
  g_byte_array_set_size (s->lookahead, 0);
  s->lookahead_pos = 0;
  s->carried = 0;
  s->synced = FALSE;
  s->packet_mode = s->arming = FALSE;
  s->eos = s->advancing = FALSE;
  network_reset (s);
}

gboolean
asp_splicer_wants_packets (const AspSplicer * s)
{
  return s->packet_mode;
}

gboolean
asp_splicer_needs_patch (const AspSplicer * s)
{
  if (s->video_track.shift != 0)
    return TRUE;
  for (guint i = 0; i < s->n_audio; i++)
    if (s->audio[i].track.shift != 0)
      return TRUE;
  return FALSE;
}

AspOutput *
asp_splicer_output (AspSplicer * s)
{
  return &s->out;
}

AspOutput *
asp_splicer_network_output (AspSplicer * s)
{
  return &s->network;
}

const AspSplicerStats *
asp_splicer_stats (const AspSplicer * s)
{
  return &s->stats;
}

gint64
asp_splicer_first_pts90k (const AspSplicer * s)
{
  return s->first_pts90k;
}

gboolean
asp_splicer_in_break (const AspSplicer * s)
{
  return s->phase == BREAK_OUT && s->return_90k == ASP_NO_TIME;
}

/* --- looking, while everything passes --------------------------------------------- */

static void
count_cc (AspSplicer * s, gint * last, const guint8 * packet)
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
  plan_poll (s);
  if (should_arm (s, pts)) {
    s->packet_mode = s->arming = TRUE;
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
  /* the first picture gives `schedule` its times: a break at its very beginning */
  if (s->schedule.length > 0)
    plan_poll (s);
  if (s->funcs.picture)
    s->funcs.picture (s->user_data, pts, dts);
  return TRUE;
}

static void
scan_clock (AspSplicer * s, const guint8 * packet, guint pid)
{
  if (!asp_ts_has_adaptation (packet) || packet[4] < 7 || !(packet[5] & 0x10))
    return;
  if (s->pcr_any && s->pcr_pid != pid && (s->role[pid] == ROLE_VIDEO || s->role[pid] >= ROLE_AUDIO)) {
    s->pcr_pid = pid;
    s->pcr_any = FALSE;
  }
  if (pid == s->pcr_pid)
    network_clock (s, packet);
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
      s->stats.null_packets++;
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
      network_psi (s, packet, TRUE);
      break;
    case ROLE_VIDEO:
      if ((asp_ts_pusi (packet) || s->collect->len > 0) && !scan_video (s, packet))
        return FALSE;
      count_cc (s, &s->video_cc, packet);
      note_cc (&s->video_track, packet);
      break;
    case ROLE_CUE:
      for (guint i = 0; i < s->n_cue; i++)
        if (s->cue_pid[i] == pid)
          cue_packet (s, i, packet);
      break;
    case ROLE_SILENT:
    case ROLE_PCR:
      break;
    default:
      if (role >= ROLE_AUDIO) {
        AudioTrack *a = &s->audio[role - ROLE_AUDIO];

        count_cc (s, &a->last_cc, packet);
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

    if (data[0] == ASP_TS_SYNC && size > 2 * d && data[d] == ASP_TS_SYNC && data[2 * d] == ASP_TS_SYNC) {
      s->foreign_size = d;
      if (s->funcs.warn)
        s->funcs.warn (s->user_data, "packet-size", "the input has packets of 204 or 192 bytes; they pass, but "
            "nothing can be spliced: 188 would be right");
    }
  }
}

/* Bytes up to the next packet. */
static gsize
find_sync (AspSplicer * s, const guint8 * data, gsize size)
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
  if (s->carry[0] == ASP_TS_SYNC) {
    guint role = s->role[asp_ts_pid (s->carry)];

    if (!scan_packet (s, s->carry)) {
      /* It passes all the same; the packets behind it are taken apart. */
      gboolean mode = s->packet_mode;
      AspTrack *t = role == ROLE_VIDEO ? &s->video_track : NULL;

      if (t) {
        count_cc (s, &s->video_cc, s->carry);
        note_cc (t, s->carry);
      }
      s->packet++;
      s->packet_mode = mode;
    }
  }
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

  if (s->carried > 0)
    pos = scan_carry (s, data, size);
  while (pos < size && !s->packet_mode) {
    if (G_UNLIKELY (data[pos] != ASP_TS_SYNC || !s->synced)) {
      gsize skipped = find_sync (s, data + pos, size - pos);

      pos += skipped;
      if (skipped > 0 || !s->synced)
        continue;
    }
    if (size - pos < ASP_TS_SIZE) {
      keep_tail (s, data + pos, size - pos);
      return size;
    }
    if (!scan_packet (s, data + pos))
      break;
    pos += ASP_TS_SIZE;
  }
  s->stats.packets = s->packet;
  return pos;
}

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

/* Media PIDs that are silent in a break, nulls and cues by policy, everything else as it is. */
static void
other_packet (AspSplicer * s, const guint8 * packet, guint role)
{
  gboolean ad = s->video_side == SIDE_AD;

  if (role == ROLE_NULL) {
    s->stats.null_packets++;
    if (s->config.drop_nulls)
      slot_drain (s);
    else if (slot_idle (s) && !ad)
      slot_pass (s, NULL, packet);
    else
      slot_free (s, packet);
  } else if ((role == ROLE_SILENT && ad) || (role == ROLE_CUE && s->config.strip_cues)) {
    slot_free (s, packet);
  } else {
    slot_pass (s, NULL, packet);
  }
}

static void
take_packet (AspSplicer * s, const guint8 * packet, const AspAuInfo * info)
{
  guint pid = asp_ts_pid (packet);
  guint role = s->role[pid];

  if (packet[3] & 0x20)
    scan_clock (s, packet, pid);
  if (role == ROLE_PAT || role == ROLE_PMT)
    network_psi (s, packet, role == ROLE_PMT);
  if (role == ROLE_CUE)
    for (guint i = 0; i < s->n_cue; i++)
      if (s->cue_pid[i] == pid)
        cue_packet (s, i, packet);
  if (role == ROLE_VIDEO) {
    count_cc (s, &s->video_cc, packet);
    if (info && asp_picture_is_rap (info->kind))
      keep_parameter_sets (s, packet);
    else if (!info)
      collect_more (s, packet);
    video_packet (s, packet, info);
  } else if (role >= ROLE_AUDIO) {
    count_cc (s, &s->audio[role - ROLE_AUDIO].last_cc, packet);
    audio_packet (s, &s->audio[role - ROLE_AUDIO], packet);
  } else {
    other_packet (s, packet, role);
  }
  asp_output_bytes (&s->network, packet, ASP_TS_SIZE);
  s->packet++;
}

/* Whatever of the lookahead can be decided goes on. */
static void
run (AspSplicer * s, gboolean force)
{
  const guint8 *head;

  while ((head = lookahead_head (s))) {
    guint8 packet[ASP_TS_SIZE];
    AspAuInfo info;
    gboolean start = s->role[asp_ts_pid (head)] == ROLE_VIDEO && asp_ts_pusi (head);

    if (start && !classify (s, head, &info, force))
      return;
    memcpy (packet, head, sizeof packet);
    lookahead_pop (s);
    plan_poll (s);
    take_packet (s, packet, start ? &info : NULL);
  }
}

/* Nothing of a break is left, and none is near: packets may pass again. */
static gboolean
may_scan_again (AspSplicer * s)
{
  if (s->config.drop_nulls || s->arming || s->phase != BREAK_NONE || s->rebuild || s->lookahead->len > 0 || !slot_idle (s))
    return FALSE;
  if (s->newest_pts90k != ASP_NO_TIME && should_arm (s, s->newest_pts90k))
    return FALSE;
  for (guint i = 0; i < s->n_audio; i++) {
    AudioTrack *a = &s->audio[i];

    /* a PES that is held must go out first */
    if (a->pes && !a->pes->passed)
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
  for (guint i = 0; i < s->n_audio; i++) {
    audio_track_clear (&s->audio[i]);
    s->audio[i].rest = 0;
  }
}

static void
stray_bytes (AspSplicer * s, const guint8 * data, gsize size)
{
  asp_output_bytes (&s->network, data, size);
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
    run (s, FALSE);
  }
  return n;
}

gsize
asp_splicer_process (AspSplicer * s, const guint8 * data, gsize size)
{
  gsize pos = 0;

  if (s->carried > 0)
    pos = process_carry (s, data, size);
  while (pos < size) {
    if (s->carried == 0 && may_scan_again (s)) {
      leave_packet_mode (s);
      break;
    }
    if (data[pos] != ASP_TS_SYNC || !s->synced) {
      gsize skipped = find_sync (s, data + pos, size - pos);

      stray_bytes (s, data + pos, skipped);
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
    g_byte_array_append (s->lookahead, data + pos, ASP_TS_SIZE);
    pos += ASP_TS_SIZE;
    run (s, FALSE);
  }
  s->stats.packets = s->packet;
  return pos;
}

/* --- without input ---------------------------------------------------------------- */

#define OWN_PCR_STEP_27M (ASP_SECOND_27M * 20 / 1000)   /* half of what TR 101 290 2.3a allows */

static gboolean
ads_are_over (AspSplicer * s)
{
  Source *source = source_at (s, s->video_source);
  gboolean over = FALSE;

  if (!source || source->video_done)
    return TRUE;
  if (!source_peek_video (s, source, &over) && over)
    return FALSE;               /* video_next() will see to the next one */
  return source->max_pts90k != ASP_NO_TIME &&
      source->max_pts90k + (gint64) (1.5 * network_frame_90k (s)) >= s->in_90k;
}

static void
own_clock_step (AspSplicer * s, gint64 step_27m)
{
  AspTrack *t = s->pcr_pid == s->video_track.pid ? &s->video_track : NULL;
  guint cc = t ? t->cc : 0;

  s->own_pcr27m += step_27m;
  slot_drain (s);
  if (s->pcr_pid != ASP_PID_NULL)
    asp_ts_packet_write_pcr (asp_output_packet (&s->out), s->pcr_pid, t ? t->cc : cc, asp_pcr_wrap (s->own_pcr27m));
}

gboolean
asp_splicer_advance (AspSplicer * s, gint64 step_27m)
{
  if (!asp_splicer_in_break (s))
    return FALSE;
  if (!s->advancing) {
    s->advancing = TRUE;
    s->own_pcr27m = s->pcr27m != ASP_NO_TIME ? s->pcr27m :
        (s->newest_dts90k + s->offset_90k - ASP_SECOND_90K / 2) * 300;
  }
  while (step_27m > 0) {
    gint64 step = MIN (step_27m, OWN_PCR_STEP_27M);

    own_clock_step (s, step);
    step_27m -= step;
  }
  return !ads_are_over (s);
}

static void
open_postroll (AspSplicer * s)
{
  const AspBreak *b = asp_plan_peek (s->plan);
  gint64 next = s->left_pts90k + (gint64) network_frame_90k (s);

  if (s->phase == BREAK_ARMED || s->left_pts90k == ASP_NO_TIME)
    return;
  if (!b || s->phase != BREAK_NONE)
    return;
  if (!b->postroll && (b->asked_90k == ASP_NO_TIME || b->asked_90k > next + s->config.tolerance_90k ||
          b->asked_90k < next - s->config.tolerance_90k))
    return;
  s->brk = asp_plan_take (s->plan);
  s->brk->postroll = TRUE;
  if (s->brk->asked_90k == ASP_NO_TIME)
    s->brk->asked_90k = next;
  s->reason = "";
  s->end_now = s->abandoned = FALSE;
  s->filled_90k = 0;
  s->pod_index = 0;
  s->return_90k = ASP_NO_TIME;
  g_ptr_array_set_size (s->refused, 0);
  break_begin (s, next, s->reorder_90k);
  /* what sound the network had has all gone out */
  for (guint i = 0; i < s->n_audio && s->phase == BREAK_OUT; i++) {
    s->audio[i].left = TRUE;
    s->audio[i].side = SIDE_AD;
    s->audio[i].source = 0;
  }
}

static void
flush_held (AspSplicer * s)
{
  run (s, TRUE);
  if (s->carried > 0 && s->packet_mode) {
    stray_bytes (s, s->carry, s->carried);
    s->carried = 0;
  }
}

void
asp_splicer_eos (AspSplicer * s)
{
  flush_held (s);
  s->eos = TRUE;
  open_postroll (s);
  for (guint i = 0; i < s->n_audio; i++) {
    AudioTrack *a = &s->audio[i];

    /* a boundary that never came: what was held is the network's */
    if (a->side == SIDE_NETWORK && a->pes && !a->pes->passed && !a->entering)
      for (guint at = 0; at + ASP_TS_SIZE <= a->pes->packets->len; at += ASP_TS_SIZE)
        slot_queue (s, &a->track, a->pes->packets->data + at, a->newest_pts90k);
    if (asp_splicer_in_break (s) && a->side == SIDE_NETWORK) {
      a->left = TRUE;
      a->side = SIDE_AD;
      a->source = 0;
    }
  }
  if (!asp_splicer_in_break (s))
    slot_drain (s);
}

static void
skip_pending (AspSplicer * s)
{
  const AspBreak *b;

  if (s->phase == BREAK_ARMED) {
    break_skip (s, "eos", NULL, ASP_NO_TIME);
    stop_break (s);
  }
  while ((b = asp_plan_peek (s->plan))) {
    s->brk = asp_plan_take (s->plan);
    break_skip (s, "eos", NULL, ASP_NO_TIME);
    asp_plan_done (s->plan);
    g_clear_pointer (&s->brk, asp_break_free);
  }
}

void
asp_splicer_eos_done (AspSplicer * s)
{
  if (asp_splicer_in_break (s)) {
    gint64 end = s->left_pts90k + (gint64) network_frame_90k (s);

    video_flush_until (s, MIN (end, s->in_90k), G_MAXINT64);
    break_over (s, s->left_pts90k + (gint64) network_frame_90k (s), s->reason[0] ? s->reason : "eos");
    /* sound of the ads up to the end of their pictures */
    s->own_pcr27m += ASP_SECOND_27M;
    slot_drain (s);
    while (s->video_track.chunks.length > 0) {
      gint64 none = ASP_NO_TIME;

      if (!asp_track_pop (&s->video_track, &s->out, &none)) {
        asp_track_flush_marks (&s->video_track, &s->out);
        break;
      }
    }
  }
  skip_pending (s);
}
