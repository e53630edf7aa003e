/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

#include <string.h>

#define STEADY_MIN 8            /* intervals between PCRs that agree */
#define PCR_JITTER_27M 54       /* 2 us: four times what 13818-1 allows a PCR to be off */

/* --- times ---------------------------------------------------------------------- */

gint64
to_ours (AspSplicer * s, gint64 reference_90k, guint64 pts90k)
{
  /* The first time is put one turn up, so that nothing before it is negative. */
  if (reference_90k == ASP_NO_TIME)
    return (gint64) pts90k + ASP_PTS_MODULUS - s->offset_90k;
  return asp_pts_unwrap (reference_90k + s->offset_90k, pts90k) - s->offset_90k;
}

static gint64
any_reference_90k (const AspSplicer * s)
{
  return s->newest_dts90k != ASP_NO_TIME ? s->newest_dts90k : s->pcr_90k;
}

gdouble
network_frame_90k (const AspSplicer * s)
{
  return s->frame_90k > 0 ? s->frame_90k : 3600.0;
}

/* The clock where we stand. Between two PCRs it is only known when the rate is
 * constant; else the last PCR counts, which is the safe side for what must not be early. */
gint64
network_now_90k (const AspSplicer * s)
{
  if (s->advancing)
    return s->own_pcr27m / 300 - s->offset_90k;
  if (s->pcr_90k == ASP_NO_TIME)
    return ASP_NO_TIME;
  if (!network_is_cbr (s))
    return s->pcr_90k;
  return s->pcr_90k + (gint64) ((gdouble) (s->packet - s->pcr_packet) * network_packet_27m (s) / 300);
}

/* With a constant rate, what a clock reading of packet number @packet, which is not before
 * that of the last reading, would be; unwrapped. */
gint64
network_clock_27m (const AspSplicer * s, guint64 packet)
{
  return s->pcr27m + (gint64) ((gdouble) (packet - s->pcr_packet) * network_packet_27m (s));
}

/* A constant rate is known by its clock, which is exact, and by its stuffing. What only
 * looks like one is treated as variable, which does no harm. */
gboolean
network_is_cbr (const AspSplicer * s)
{
  return s->steady >= STEADY_MIN && s->stats.null_packets > 0;
}

/* The time that a packet takes, with a constant rate. */
gdouble
network_packet_27m (const AspSplicer * s)
{
  return s->run_packets > 0 ? (gdouble) s->run_step_27m / (gdouble) s->run_packets : 0;
}

gint64
margin_min_90k (const Margin * m)
{
  gint64 least = ASP_NO_TIME;

  for (guint i = 0; i < MIN (m->count, MARGIN_WINDOW); i++)
    if (least == ASP_NO_TIME || m->lead_90k[i] < least)
      least = m->lead_90k[i];
  return least;
}

gint64
margin_max_90k (const Margin * m)
{
  gint64 most = ASP_NO_TIME;

  for (guint i = 0; i < MIN (m->count, MARGIN_WINDOW); i++)
    most = MAX (most, m->lead_90k[i]);
  return most;
}

void
margin_push (Margin * m, gint64 lead_90k)
{
  /* damage, or the two sides of a jump: no multiplex is so late or so far ahead */
  if (lead_90k < -ASP_SECOND_90K || lead_90k > 10 * ASP_SECOND_90K)
    return;
  m->lead_90k[m->count % MARGIN_WINDOW] = lead_90k;
  m->count++;
}

/* --- programme ------------------------------------------------------------------ */

static void
clear_tracks (AspSplicer * s)
{
  asp_track_clear (&s->video_track);
  for (guint i = 0; i < s->n_audio; i++)
    audio_track_clear (&s->audio[i]);
  s->n_audio = 0;
}

void
network_reset (AspSplicer * s)
{
  clear_tracks (s);
  memset (s->role, ROLE_OTHER, sizeof s->role);
  s->role[ASP_PID_PAT] = ROLE_PAT;
  s->role[ASP_PID_NULL] = ROLE_NULL;
  asp_section_assembler_init (&s->pat);
  asp_section_assembler_init (&s->pmt);
  network_adopt_pmt (s);
  s->n_cue = 0;
  s->pmt_pid = -1;
  s->have_pmt = FALSE;
  g_array_set_size (s->streams, 0);
  s->tables++;
  s->pcr_pid = ASP_PID_NULL;
  s->pcr_any = FALSE;
  s->video_codec = ASP_CODEC_NONE;
  s->video_pid = ASP_PID_NULL;
  s->video_cc = -1;
  s->offset_90k = 0;
  s->offset_is_rough = FALSE;
  s->pcr27m = s->pcr_90k = ASP_NO_TIME;
  s->steady = 0;
  s->run_step_27m = s->run_packets = 0;
  s->rap_packet = s->packet;
  s->rap_spliced = s->spliced_packets;
  s->rap_sound = s->sound_packets;
  s->free_share = s->sound_share = 0;
  s->pcr_floor_27m = G_MININT64;
  s->first_pts90k = s->newest_pts90k = s->newest_dts90k = ASP_NO_TIME;
  s->left_pts90k = s->left_dts90k = ASP_NO_TIME;
  asp_cadence_reset (&s->cadence);
  s->frame_90k = 0;
  s->rap_pts90k = s->rap_dts90k = ASP_NO_TIME;
  s->rap_interval_90k = 0;
  s->rap_regular = 0;
  s->gop_pictures = 0;
  s->reorder_90k = 0;
  s->video_margin.count = s->video_end_margin.count = 0;
  s->gop_end_90k = ASP_NO_TIME;
  s->pcr_step_27m = 0;
  g_byte_array_set_size (s->parameter_sets, 0);
  g_byte_array_set_size (s->collect, 0);
  rewrite_reset (s);
}

static void
on_pat (const guint8 * section, gsize size, gpointer user_data)
{
  AspSplicer *s = user_data;
  AspPat pat;
  gint pid = -1;

  if (!asp_pat_parse (section, size, &pat))
    return;
  for (guint i = 0; i < pat.n_programs && pid < 0; i++)
    if (s->config.program_number == 0 || pat.programs[i].number == s->config.program_number)
      pid = pat.programs[i].pmt_pid;
  if (pid >= 0 && pid != s->pmt_pid) {
    if (s->pmt_pid >= 0)
      s->role[s->pmt_pid] = ROLE_OTHER;
    s->pmt_pid = pid;
    s->role[pid] = ROLE_PMT;
    asp_section_assembler_init (&s->pmt);
  }
  if (s->rewrite)
    rewrite_pat (s, &pat);
}

static gboolean
same_streams (const AspSplicer * s, const AspPmt * pmt)
{
  guint n = 0;

  for (guint i = 0; i < pmt->n_streams; i++) {
    const AspPmtStream *st = &pmt->streams[i];

    if (ASP_CODEC_IS_VIDEO (st->codec) && s->video_codec != ASP_CODEC_NONE && st->pid == s->video_pid &&
        st->codec != s->video_codec)
      return FALSE;
    if (ASP_CODEC_IS_AUDIO (st->codec)) {
      if (s->role[st->pid] < ROLE_AUDIO || s->audio[s->role[st->pid] - ROLE_AUDIO].codec != st->codec)
        return FALSE;
      n++;
    }
  }
  return n == s->n_audio && s->role[s->video_pid] == ROLE_VIDEO;
}

static void
add_cue_pid (AspSplicer * s, guint16 pid)
{
  if (s->n_cue == G_N_ELEMENTS (s->cue_pid))
    return;
  s->cue_pid[s->n_cue] = pid;
  asp_section_assembler_init (&s->cue[s->n_cue]);
  s->n_cue++;
  s->role[pid] = ROLE_CUE;
}

static void
set_roles (AspSplicer * s, const AspPmt * pmt)
{
  for (guint pid = 0; pid < ASP_PID_COUNT; pid++)
    if (s->role[pid] >= ROLE_VIDEO)
      s->role[pid] = ROLE_OTHER;
  s->n_cue = 0;
  for (guint i = 0; i < pmt->n_streams; i++) {
    const AspPmtStream *st = &pmt->streams[i];

    if (st->pid < 0x10 || st->pid >= ASP_PID_NULL || s->role[st->pid] != ROLE_OTHER)
      continue;
    if (ASP_CODEC_IS_VIDEO (st->codec) && s->video_codec == ASP_CODEC_NONE) {
      s->video_codec = st->codec;
      s->video_pid = st->pid;
      s->role[st->pid] = ROLE_VIDEO;
      asp_track_init (&s->video_track, st->pid);
    } else if (ASP_CODEC_IS_AUDIO (st->codec) && s->n_audio < AUDIO_MAX) {
      audio_track_init (&s->audio[s->n_audio], st);
      s->role[st->pid] = (guint8) (ROLE_AUDIO + s->n_audio++);
    } else if (st->codec == ASP_CODEC_SUBTITLE) {
      s->role[st->pid] = ROLE_SILENT;
    } else if (st->codec == ASP_CODEC_SCTE35) {
      add_cue_pid (s, st->pid);
    }
  }
}

/* Cue PIDs may come and go without the media being touched. */
static void
update_cues (AspSplicer * s, const AspPmt * pmt)
{
  for (guint i = 0; i < pmt->n_streams; i++)
    if (pmt->streams[i].codec == ASP_CODEC_SCTE35 &&
        (s->role[pmt->streams[i].pid] == ROLE_OTHER || s->role[pmt->streams[i].pid] == ROLE_TAKEN))
      add_cue_pid (s, pmt->streams[i].pid);
}

static void
set_pcr (AspSplicer * s, const AspPmt * pmt)
{
  s->pcr_any = pmt->pcr_pid == ASP_PID_NULL;
  if (!s->pcr_any)
    s->pcr_pid = pmt->pcr_pid;
  if (s->pcr_pid < ASP_PID_NULL && s->role[s->pcr_pid] == ROLE_OTHER)
    s->role[s->pcr_pid] = ROLE_PCR;
}

static void
keep_streams (AspSplicer * s, const AspPmt * pmt)
{
  g_array_set_size (s->streams, 0);
  g_array_append_vals (s->streams, pmt->streams, pmt->n_streams);
  s->tables++;
}

static void
on_pmt (const guint8 * section, gsize size, gpointer user_data)
{
  AspSplicer *s = user_data;
  AspPmt pmt;

  if (!asp_pmt_parse (section, size, &pmt))
    return;
  if (s->config.program_number != 0 && pmt.program_number != s->config.program_number)
    return;
  s->program_number = pmt.program_number;
  if (s->have_pmt && same_streams (s, &pmt)) {
    keep_streams (s, &pmt);
    update_cues (s, &pmt);
    set_pcr (s, &pmt);
    return;
  }
  /* A change in a break is adopted when the network is back (rule 6): the creative on
   * air belongs to the old programme. */
  if (s->phase == BREAK_OUT && s->return_90k == ASP_NO_TIME) {
    s->pmt_waits = TRUE;
    return;
  }
  s->pmt_waits = FALSE;
  keep_streams (s, &pmt);
  s->video_codec = ASP_CODEC_NONE;
  clear_tracks (s);
  set_roles (s, &pmt);
  set_pcr (s, &pmt);
  s->have_pmt = TRUE;
}

void
network_psi (AspSplicer * s, const guint8 * packet, gboolean pmt)
{
  AspTsPacket view;
  guint8 *last = s->last_psi[pmt];

  if (!asp_ts_packet_parse (packet, &view) || view.payload_offset >= ASP_TS_SIZE)
    return;
  /* The tables repeat ten times a second; one that is complete in its packet and the
   * same as before needs no reading. */
  if (view.payload_offset == 4 && view.pusi) {
    if (!memcmp (last, packet + 4, ASP_TS_PAYLOAD_MAX) && (!pmt || s->phase == BREAK_NONE || s->have_pmt))
      return;
    memcpy (last, packet + 4, ASP_TS_PAYLOAD_MAX);
  }
  asp_section_assembler_push (pmt ? &s->pmt : &s->pat, packet, pmt ? on_pmt : on_pat, s);
  if (pmt && !s->pmt_waits)
    memcpy (s->pmt_packet, packet, ASP_TS_SIZE);
}

/* The next PMT is read again, whatever it is. */
void
network_adopt_pmt (AspSplicer * s)
{
  memset (s->last_psi, 0, sizeof s->last_psi);
  s->pmt_waits = FALSE;
}

/* --- clock ---------------------------------------------------------------------- */

static void
restart_rate (AspSplicer * s, gint64 step_27m, gint64 packets)
{
  s->steady = 0;
  s->run_step_27m = step_27m;
  s->run_packets = packets;
}

static void
measure_rate (AspSplicer * s, gint64 step_27m)
{
  gint64 packets = (gint64) (s->packet - s->pcr_packet);
  gint64 off;

  if (packets <= 0 || step_27m <= 0)
    return;
  off = ABS (step_27m * s->run_packets - s->run_step_27m * packets);
  if (s->run_packets == 0 || off > (step_27m / 10000 + PCR_JITTER_27M) * s->run_packets) {
    restart_rate (s, step_27m, packets);
    return;
  }
  s->steady++;
  s->run_step_27m += step_27m;
  s->run_packets += packets;
  if (s->run_step_27m > 60 * ASP_SECOND_27M) {
    /* the last minute counts, so that a slow drift is followed */
    s->run_step_27m /= 2;
    s->run_packets /= 2;
  }
}

/* The network's time base moved by @jump_90k against what was to be expected: what is
 * ours stays, only the offset to the stream changes. */
static void
time_base_jump (AspSplicer * s, gint64 jump_90k)
{
  plan_discontinuity (s, jump_90k);
  s->offset_90k += jump_90k;
  s->offset_is_rough = TRUE;
  s->video_margin.count = s->video_end_margin.count = 0;
  s->gop_end_90k = ASP_NO_TIME;
  for (guint i = 0; i < s->n_audio; i++)
    s->audio[i].margin.count = 0;
  restart_rate (s, 0, 0);
  if (s->funcs.warn)
    s->funcs.warn (s->user_data, "discontinuity", "the network's clock jumped");
}

void
network_clock (AspSplicer * s, const guint8 * packet)
{
  gint64 pcr27m = asp_ts_packet_pcr (packet);
  gint64 unwrapped, step_27m;

  if (pcr27m == ASP_NO_TIME)
    return;
  s->pcr_count++;
  if (s->pcr27m == ASP_NO_TIME) {
    gint64 reference = any_reference_90k (s);

    s->pcr_90k = to_ours (s, reference, (guint64) (pcr27m / 300));
    s->pcr27m = (s->pcr_90k + s->offset_90k) * 300 + pcr27m % 300;
    s->pcr_packet = s->packet;
    return;
  }
  unwrapped = asp_pcr_unwrap (s->pcr27m, (guint64) pcr27m);
  step_27m = unwrapped - s->pcr27m;
  if (step_27m < 0 || step_27m > JUMP_90K * 300) {
    gboolean flagged = asp_ts_has_adaptation (packet) && (packet[5] & 0x80);
    gint64 expected_27m = (gint64) (network_packet_27m (s) * (gdouble) (s->packet - s->pcr_packet));

    /* sparse PCRs are no jump: only one that goes back, or far, or says so */
    if (flagged || step_27m < -JUMP_90K * 300 || step_27m > 10 * JUMP_90K * 300)
      time_base_jump (s, (step_27m - MIN (expected_27m, JUMP_90K * 30)) / 300);
    restart_rate (s, 0, 0);
  } else {
    measure_rate (s, step_27m);
    s->pcr_step_27m = MAX (s->pcr_step_27m, step_27m);
  }
  if (!s->packet_mode)
    s->pcr_out_packet = s->packet;
  s->pcr27m = unwrapped;
  /* a reading a little behind the last one is a bad multiplexer, not another time */
  s->pcr_90k = MAX (unwrapped / 300 - s->offset_90k, step_27m < 0 && step_27m >= -JUMP_90K * 300 ? s->pcr_90k : G_MININT64);
  s->pcr_packet = s->packet;
  s->moment++;
}

/* --- pictures ------------------------------------------------------------------- */

/* A jump of the PTS without one of the PCR before it (none is sent, or it comes later). */
static void
check_picture_jump (AspSplicer * s, guint64 stream_dts90k)
{
  gint64 expected, step;

  if (s->newest_dts90k == ASP_NO_TIME)
    return;
  expected = s->newest_dts90k + s->offset_90k;
  step = asp_pts_diff (stream_dts90k, asp_pts_wrap (expected));
  if (step > -JUMP_90K && step < 10 * JUMP_90K)
    return;
  /* The clock has moved already: then the offset is right and the step is the same jump. */
  if (s->pcr_90k != ASP_NO_TIME) {
    gint64 lead = asp_pts_diff (stream_dts90k, asp_pts_wrap (s->pcr_90k + s->offset_90k));

    if (lead > -JUMP_90K && lead < 10 * JUMP_90K)
      return;
  }
  time_base_jump (s, step - (gint64) network_frame_90k (s));
}

/* Behind a jump of the clock, which tells only roughly how far it went: a picture follows
 * the one before it by one frame. */
static gint64
settle_offset (AspSplicer * s, gint64 dts90k)
{
  gint64 off;

  s->offset_is_rough = FALSE;
  if (s->newest_dts90k == ASP_NO_TIME)
    return dts90k;
  off = dts90k - (s->newest_dts90k + (gint64) network_frame_90k (s));
  if (ABS (off) >= JUMP_90K)
    return dts90k;
  s->offset_90k += off;
  if (s->pcr_90k != ASP_NO_TIME)
    s->pcr_90k -= off;
  return dts90k - off;
}

gboolean
network_picture_times (AspSplicer * s, const guint8 * packet, AspPesHeader * header,
    gint64 * pts90k, gint64 * dts90k)
{
  AspTsPacket view;

  if (!asp_ts_packet_parse (packet, &view) || view.payload_offset >= ASP_TS_SIZE || view.scrambling ||
      asp_pes_parse (packet + view.payload_offset, ASP_TS_SIZE - view.payload_offset, header) != ASP_PES_OK ||
      header->pts90k == ASP_NO_TIME)
    return FALSE;
  check_picture_jump (s, (guint64) header->dts90k);
  *dts90k = to_ours (s, any_reference_90k (s), (guint64) header->dts90k);
  if (s->offset_is_rough)
    *dts90k = settle_offset (s, *dts90k);
  *pts90k = to_ours (s, *dts90k, (guint64) header->pts90k);
  return TRUE;
}

static void
note_rap (AspSplicer * s, gint64 pts90k, gint64 dts90k)
{
  gint64 interval = s->rap_pts90k == ASP_NO_TIME ? 0 : pts90k - s->rap_pts90k;

  if (interval > 0) {
    s->rap_regular = ABS (interval - s->rap_interval_90k) <= 2 ? s->rap_regular + 1 : 0;
    s->rap_interval_90k = interval;
    s->gop_pictures = s->pictures_since_rap + 1;
  }
  /* before the first one there may be as little as a table */
  if (s->rap_pts90k != ASP_NO_TIME && s->packet > s->rap_packet) {
    gdouble packets = (gdouble) (s->packet - s->rap_packet);

    s->free_share = (gdouble) (s->spliced_packets - s->rap_spliced) / packets;
    s->sound_share = (gdouble) (s->sound_packets - s->rap_sound) / packets;
  }
  s->rap_packet = s->packet;
  s->rap_spliced = s->spliced_packets;
  s->rap_sound = s->sound_packets;
  s->rap_pts90k = pts90k;
  s->rap_dts90k = dts90k;
  s->reorder_90k = pts90k - dts90k;
  s->pictures_since_rap = 0;
}

/* Another picture begins, so the last one has ended: with a constant rate it is known when. */
static void
note_picture_end (AspSplicer * s)
{
  gint64 end;

  if (!network_is_cbr (s) || s->advancing || s->newest_dts90k == ASP_NO_TIME || s->pcr_90k == ASP_NO_TIME)
    return;
  end = s->pcr_90k + (gint64) (((gdouble) s->video_packet - (gdouble) s->pcr_packet) * network_packet_27m (s) / 300);
  s->gop_end_90k = s->gop_end_90k == ASP_NO_TIME ? s->newest_dts90k - end : MIN (s->gop_end_90k, s->newest_dts90k - end);
}

/* @kind as far as it is known: in passing only the first packet has been read. */
void
network_picture (AspSplicer * s, gint64 pts90k, gint64 dts90k, AspPictureKind kind)
{
  gint64 now = network_now_90k (s);

  note_picture_end (s);
  if (asp_picture_is_rap (kind)) {
    if (s->gop_end_90k != ASP_NO_TIME)
      margin_push (&s->video_end_margin, s->gop_end_90k);
    s->gop_end_90k = ASP_NO_TIME;
    note_rap (s, pts90k, dts90k);
    if (now != ASP_NO_TIME)
      margin_push (&s->video_margin, dts90k - now);
  } else {
    s->pictures_since_rap++;
    if (now != ASP_NO_TIME && s->video_margin.count == 0)
      margin_push (&s->video_margin, dts90k - now);
  }
  asp_cadence_push (&s->cadence, pts90k);
  s->frame_90k = asp_cadence_frame_90k (&s->cadence, 3600.0);
  s->moment++;
  s->newest_dts90k = dts90k;
  s->newest_pts90k = MAX (s->newest_pts90k, pts90k);
}

static void
keep_sets (AspSplicer * s, gsize picture_offset)
{
  g_autoptr (GByteArray) sets = g_byte_array_new ();

  asp_es_video_copy_parameter_sets (s->video_codec, s->collect->data, picture_offset, sets);
  if (sets->len == s->parameter_sets->len && !memcmp (sets->data, s->parameter_sets->data, sets->len))
    return;
  g_byte_array_set_size (s->parameter_sets, 0);
  g_byte_array_append (s->parameter_sets, sets->data, sets->len);
  asp_es_video_params (s->video_codec, sets->data, sets->len, &s->params);
  s->tables++;
}

/* Gathers the beginning of a RAP picture over its packets, until its parameter sets are
 * whole: they may be needed when the network returns without them (rule 8). */
void
network_collect (AspSplicer * s, const guint8 * es, gsize size, gboolean start)
{
  AspAuInfo info;

  if (start)
    g_byte_array_set_size (s->collect, 0);
  else if (s->collect->len == 0)
    return;
  g_byte_array_append (s->collect, es, (guint) size);
  asp_es_video_scan (s->video_codec, s->collect->data, s->collect->len, &info);
  if (!info.complete && s->collect->len < COLLECT_BYTES_MAX)
    return;
  if (info.complete && info.has_parameter_sets && info.picture_offset <= PARAMETER_SETS_MAX * 4)
    keep_sets (s, info.picture_offset);
  g_byte_array_set_size (s->collect, 0);
}

void
network_audio_start (AspSplicer * s, AudioTrack * a, const guint8 * packet)
{
  AspTsPacket view;
  AspPesHeader header;
  gint64 now = network_now_90k (s), pts;

  if (!asp_ts_packet_parse (packet, &view) || view.payload_offset >= ASP_TS_SIZE ||
      asp_pes_parse (packet + view.payload_offset, ASP_TS_SIZE - view.payload_offset, &header) != ASP_PES_OK ||
      header.pts90k == ASP_NO_TIME)
    return;
  asp_es_audio_check_codec (&a->codec, packet + view.payload_offset + header.header_size,
      ASP_TS_SIZE - MIN (ASP_TS_SIZE, view.payload_offset + header.header_size));
  pts = to_ours (s, any_reference_90k (s), (guint64) header.pts90k);
  if (a->newest_pts90k != ASP_NO_TIME && pts > a->newest_pts90k && pts - a->newest_pts90k < JUMP_90K)
    a->pes_90k = pts - a->newest_pts90k;
  a->newest_pts90k = pts;
  s->moment++;
  if (now != ASP_NO_TIME)
    margin_push (&a->margin, pts - now);
}
