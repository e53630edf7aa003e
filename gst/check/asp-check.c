/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-check-private.h"

#include <string.h>

#define SYNC_MATCHES 4          /* packets in a row that make it a transport stream */
#define SYNC_WINDOW (SYNC_MATCHES * 204 + 1)
#define SYNC_SEARCH_MAX (1u << 20)      /* without a packet in so many bytes it is none */

void
asp_check_range_add (AspCheckRange * r, gint64 value)
{
  r->min = r->count ? MIN (r->min, value) : value;
  r->max = r->count ? MAX (r->max, value) : value;
  r->sum += value;
  r->count++;
}

gint64
asp_check_range_mean (const AspCheckRange * r)
{
  return r->count ? r->sum / (gint64) r->count : 0;
}

/* --- life ----------------------------------------------------------------------- */

static void
program_free (gpointer data)
{
  Program *p = data;

  g_queue_clear_full (&p->waiting_cues, (GDestroyNotify) check_cue_free);
  asp_cue_pairs_free (p->pairs);
  g_array_unref (p->waiting);
  g_array_unref (p->samples);
  g_array_unref (p->raps);
  g_ptr_array_unref (p->streams);
  g_free (p);
}

static void
pid_free (Pid * pid)
{
  if (!pid)
    return;
  g_byte_array_unref (pid->head);
  g_byte_array_unref (pid->es);
  g_free (pid);
}

AspCheck *
asp_check_new (AspCheckCueFunc func, gpointer user_data)
{
  AspCheck *c = g_new0 (AspCheck, 1);

  c->func = func;
  c->user_data = user_data;
  c->gathered = g_byte_array_new ();
  asp_section_assembler_init (&c->pat);
  c->last_pat_27m = ASP_NO_TIME;
  memset (c->last_cc, -1, sizeof c->last_cc);
  for (guint i = 0; i < ASP_PID_COUNT; i++)
    c->program_of[i] = -1;
  c->programs = g_ptr_array_new_with_free_func (program_free);
  c->facts.programs = g_new0 (AspCheckProgram, ASP_CHECK_PROGRAMS_MAX);
  return c;
}

void
asp_check_free (AspCheck * c)
{
  if (!c)
    return;
  for (guint i = 0; i < ASP_PID_COUNT; i++)
    pid_free (c->pids[i]);
  for (guint i = 0; i < c->facts.n_programs; i++)
    g_free (c->facts.programs[i].streams);
  g_free (c->facts.programs);
  g_ptr_array_unref (c->programs);
  g_byte_array_unref (c->gathered);
  g_free (c);
}

/* --- tables --------------------------------------------------------------------- */

static Program *
program_new (AspCheck * c, guint number, guint pmt_pid)
{
  Program *p = g_new0 (Program, 1);
  AspCheckProgram *facts = &c->facts.programs[c->facts.n_programs];

  p->check = c;
  p->slot = c->facts.n_programs++;
  facts->number = number;
  facts->pmt_pid = pmt_pid;
  facts->pcr_pid = ASP_PID_NULL;
  facts->video = -1;
  facts->worst_rap_wait_90k = ASP_NO_TIME;
  asp_section_assembler_init (&p->pmt);
  p->version = -1;
  p->streams = g_ptr_array_new_with_free_func (g_free);
  p->pcr27m = ASP_NO_TIME;
  p->newest_pts90k = p->newest_dts90k = p->first_pts90k = ASP_NO_TIME;
  p->waiting = g_array_new (FALSE, FALSE, sizeof (WaitingTime));
  p->samples = g_array_new (FALSE, FALSE, sizeof (PcrSample));
  p->raps = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_queue_init (&p->waiting_cues);
  p->pairs = asp_cue_pairs_new ();
  g_ptr_array_add (c->programs, p);
  return p;
}

static void
on_pat (const guint8 * section, gsize size, gpointer user_data)
{
  AspCheck *c = user_data;
  AspPat pat;

  if (!asp_pat_parse (section, size, &pat)) {
    c->facts.damaged_tables += !asp_section_is_valid (section, size);
    return;
  }
  for (guint i = 0; i < pat.n_programs; i++) {
    guint pid = pat.programs[i].pmt_pid;

    if (c->role[pid] != ROLE_NONE || pid < 0x10 || pid == ASP_PID_NULL ||
        c->facts.n_programs == ASP_CHECK_PROGRAMS_MAX)
      continue;
    c->role[pid] = ROLE_PMT;
    c->program_of[pid] = (gint16) program_new (c, pat.programs[i].number, pid)->slot;
  }
}

static void
add_pid (Program * p, const AspPmtStream * st)
{
  Pid *pid = g_new0 (Pid, 1);
  AspCheckStream *stream = g_new0 (AspCheckStream, 1);

  stream->pmt = *st;
  stream->audio.codec = st->codec;
  stream->audio.first_pts90k = stream->audio.end_90k = ASP_NO_TIME;
  stream->video.first_pts90k = stream->video.last_pts90k = ASP_NO_TIME;
  pid->program = p;
  pid->index = p->streams->len;
  pid->head = g_byte_array_new ();
  pid->es = g_byte_array_new ();
  pid->time_pts90k = pid->last_dts90k = ASP_NO_TIME;
  pid->last_rap_pts90k = pid->last_recovery_pts90k = ASP_NO_TIME;
  pid->pes_pts90k = pid->base_pts90k = ASP_NO_TIME;
  g_ptr_array_add (p->streams, stream);
  p->check->pids[st->pid] = pid;
}

static void
add_stream (Program * p, const AspPmtStream * st)
{
  AspCheck *c = p->check;

  if (st->pid < 0x10 || st->pid >= ASP_PID_NULL || c->role[st->pid] != ROLE_NONE)
    return;
  c->program_of[st->pid] = (gint16) p->slot;
  c->role[st->pid] = ASP_CODEC_IS_VIDEO (st->codec) ? ROLE_VIDEO : ASP_CODEC_IS_AUDIO (st->codec) ?
      ROLE_AUDIO : st->codec == ASP_CODEC_SCTE35 ? ROLE_CUE : ROLE_OTHER;
  add_pid (p, st);
  if (ASP_CODEC_IS_VIDEO (st->codec) && facts_of (p)->video < 0)
    facts_of (p)->video = (gint) p->streams->len - 1;
  if (st->codec == ASP_CODEC_SCTE35)
    check_cue_add_pid (p, st->pid);
}

static void
on_pmt (const guint8 * section, gsize size, gpointer user_data)
{
  Program *p = user_data;
  AspCheckProgram *facts = facts_of (p);
  AspPmt pmt;

  if (!asp_pmt_parse (section, size, &pmt)) {
    p->check->facts.damaged_tables += !asp_section_is_valid (section, size);
    return;
  }
  if (pmt.program_number != facts->number)
    return;                     /* another programme on the same PID */
  facts->pmt_changes += facts->have_pmt && p->version != pmt.version;
  p->version = pmt.version;
  facts->have_pmt = TRUE;
  facts->cuei |= pmt.cuei;
  facts->pcr_pid_unnamed = pmt.pcr_pid == ASP_PID_NULL;
  if (!facts->pcr_pid_unnamed)
    facts->pcr_pid = pmt.pcr_pid;
  if (pmt.pcr_pid < ASP_PID_NULL && p->check->program_of[pmt.pcr_pid] < 0)
    p->check->program_of[pmt.pcr_pid] = (gint16) p->slot;
  for (guint i = 0; i < pmt.n_streams; i++)
    add_stream (p, &pmt.streams[i]);
}

static void
pmt_packet (Program * p, const guint8 * packet, const AspTsPacket * view)
{
  /* tables repeat; one that is whole in its packet and the same as before needs no reading */
  if (view->pusi && view->payload_offset == 4) {
    if (!memcmp (p->last_pmt, packet + 4, ASP_TS_PAYLOAD_MAX))
      return;
    memcpy (p->last_pmt, packet + 4, ASP_TS_PAYLOAD_MAX);
  }
  asp_section_assembler_push (&p->pmt, packet, on_pmt, p);
}

static void
pat_packet (AspCheck * c, const guint8 * packet, const AspTsPacket * view)
{
  const Program *p = c->programs->len ? g_ptr_array_index (c->programs, 0) : NULL;

  if (view->pusi && p && p->pcr27m != ASP_NO_TIME) {
    if (c->last_pat_27m != ASP_NO_TIME && p->pcr27m >= c->last_pat_27m)
      asp_check_range_add (&c->facts.pat_27m, p->pcr27m - c->last_pat_27m);
    c->last_pat_27m = p->pcr27m;
  }
  asp_section_assembler_push (&c->pat, packet, on_pat, c);
}

/* --- packets -------------------------------------------------------------------- */

static AspCheckStream *
stream_at (AspCheck * c, guint pid)
{
  return c->pids[pid] ? stream_of (c->pids[pid]) : NULL;
}

/* FALSE: sent twice (2.4.3.3), and to be left out. Sections tell that themselves. */
static gboolean
check_cc (AspCheck * c, const AspTsPacket * view)
{
  gint8 last = c->last_cc[view->pid];
  AspCheckStream *stream = stream_at (c, view->pid);

  if (view->payload_offset >= ASP_TS_SIZE)
    return TRUE;
  c->last_cc[view->pid] = (gint8) view->cc;
  if (last != view->cc)
    c->repeated[view->pid] = FALSE;
  if (last < 0 || view->discontinuity || view->cc == ((last + 1) & 0x0f))
    return TRUE;
  if (view->cc == last && !c->repeated[view->pid]) {
    c->repeated[view->pid] = TRUE;
    return !stream || stream->pmt.codec == ASP_CODEC_SCTE35;
  }
  c->facts.cc_errors++;
  if (stream)
    stream->cc_errors++;
  return TRUE;
}

static void
take_pcr (AspCheck * c, const AspTsPacket * view)
{
  for (guint i = 0; i < c->programs->len; i++) {
    Program *p = g_ptr_array_index (c->programs, i);
    guint pcr_pid = facts_of (p)->pcr_pid;

    /* a PMT that names none: the first of its PIDs that has a clock */
    if (pcr_pid == ASP_PID_NULL && c->program_of[view->pid] == (gint16) p->slot)
      pcr_pid = facts_of (p)->pcr_pid = view->pid;
    if (pcr_pid == view->pid)
      check_pcr (p, view);
  }
}

static void
media_packet (AspCheck * c, const guint8 * packet, const AspTsPacket * view)
{
  AspCheckStream *stream = stream_at (c, view->pid);

  if (stream) {
    stream->packets++;
    stream->payload_bytes += ASP_TS_SIZE - view->payload_offset;
    stream->scrambled_packets += view->scrambling != 0;
  }
  if (view->scrambling)
    return;
  switch ((PidRole) c->role[view->pid]) {
    case ROLE_PMT:
      pmt_packet (g_ptr_array_index (c->programs, (guint) c->program_of[view->pid]), packet, view);
      break;
    case ROLE_VIDEO:
      check_video_packet (c->pids[view->pid], packet, view);
      break;
    case ROLE_AUDIO:
      check_audio_packet (c->pids[view->pid], packet, view);
      break;
    case ROLE_CUE:
      check_cue_packet (c->pids[view->pid]->program, view->pid, packet);
      break;
    default:
      break;
  }
}

static void
take_packet (AspCheck * c, const guint8 * packet)
{
  AspTsPacket view;

  if (asp_ts_pid (packet) == ASP_PID_NULL) {
    c->facts.null_packets++;
  } else if (packet[1] & 0x80) {
    c->facts.transport_errors++;
  } else if (asp_ts_packet_parse (packet, &view)) {
    c->facts.scrambled_packets += view.scrambling != 0;
    if (view.has_pcr)
      take_pcr (c, &view);
    if (check_cc (c, &view) && view.payload_offset < ASP_TS_SIZE) {
      if (view.pid == ASP_PID_PAT)
        pat_packet (c, packet, &view);
      else
        media_packet (c, packet, &view);
    }
  }
  c->facts.packets++;
  c->packet++;
}

/* --- bytes ---------------------------------------------------------------------- */

/* 188, 192 or 204 when packets stand at that distance from @data on, else 0. With @last as
 * many as there is room for are enough. */
static guint
packet_distance (const guint8 * data, gsize size, gboolean last)
{
  static const guint distances[] = { ASP_TS_SIZE, 192, 204 };

  if (size < ASP_TS_SIZE || data[0] != ASP_TS_SYNC)
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (distances); i++) {
    guint d = distances[i], n = 1;

    while (n <= SYNC_MATCHES && n * d < size && data[n * d] == ASP_TS_SYNC)
      n++;
    if (n > SYNC_MATCHES || (last && n * d >= size && (n > 1 || size == ASP_TS_SIZE)))
      return d;
  }
  return 0;
}

/* Drops what is no packet. TRUE when one stands at the beginning. */
static gboolean
find_packets (AspCheck * c, gboolean last)
{
  GByteArray *b = c->gathered;
  guint at = 0, keep = last ? 0 : SYNC_WINDOW - 1;
  guint distance = 0;

  while (at + keep < b->len && !distance) {
    distance = packet_distance (b->data + at, b->len - at, last);
    if (distance && distance != ASP_TS_SIZE && c->facts.packet_size == ASP_TS_SIZE)
      distance = 0;             /* chance: its packets have been seen */
    at += !distance;
  }
  c->facts.garbage_bytes += at;
  g_byte_array_remove_range (b, 0, at);
  if (distance)
    c->facts.packet_size = distance;
  return distance == ASP_TS_SIZE;
}

static gboolean
is_given_up (const AspCheck * c)
{
  return (c->facts.packet_size != 0 && c->facts.packet_size != ASP_TS_SIZE) ||
      (c->facts.packet_size == 0 && c->facts.garbage_bytes > SYNC_SEARCH_MAX);
}

static void
take_gathered (AspCheck * c, gboolean last)
{
  GByteArray *b = c->gathered;
  guint pos = 0;

  while (!is_given_up (c)) {
    if (!c->found && !(c->found = find_packets (c, last)))
      break;
    for (pos = 0; b->len - pos >= ASP_TS_SIZE && b->data[pos] == ASP_TS_SYNC; pos += ASP_TS_SIZE)
      take_packet (c, b->data + pos);
    g_byte_array_remove_range (b, 0, pos);
    if (b->len < ASP_TS_SIZE)
      break;
    c->found = FALSE;
    c->facts.sync_losses++;
  }
  if (is_given_up (c))
    g_byte_array_set_size (b, 0);
}

void
asp_check_push (AspCheck * c, const guint8 * data, gsize size)
{
  c->facts.bytes += size;
  while (size > 0) {
    gsize n = MIN (size, 64u << 10);

    g_byte_array_append (c->gathered, data, (guint) n);
    take_gathered (c, FALSE);
    data += n;
    size -= n;
  }
}

/* The list of a programme as others read it. */
static void
publish (Program * p)
{
  AspCheckProgram *facts = facts_of (p);

  g_free (facts->streams);
  facts->n_streams = p->streams->len;
  facts->streams = g_new0 (AspCheckStream, MAX (facts->n_streams, 1));
  for (guint i = 0; i < facts->n_streams; i++)
    facts->streams[i] = *(const AspCheckStream *) g_ptr_array_index (p->streams, i);
}

void
asp_check_finish (AspCheck * c)
{
  if (c->finished)
    return;
  c->finished = TRUE;
  take_gathered (c, TRUE);
  if (c->found && c->gathered->len > 0)
    c->facts.garbage_bytes += c->gathered->len; /* less than a packet */
  for (guint i = 0; i < ASP_PID_COUNT; i++) {
    if (c->role[i] == ROLE_VIDEO)
      check_video_finish (c->pids[i]);
    else if (c->role[i] == ROLE_AUDIO)
      check_audio_finish (c->pids[i]);
  }
  for (guint i = 0; i < c->programs->len; i++) {
    Program *p = g_ptr_array_index (c->programs, i);

    check_cues_settle (p, TRUE);
    check_clock_finish (p);
  }
}

const AspCheckFacts *
asp_check_facts (const AspCheck * c)
{
  for (guint i = 0; i < c->programs->len; i++)
    publish (g_ptr_array_index (c->programs, i));
  return &c->facts;
}

const AspCheckProgram *
asp_check_program (const AspCheckFacts * facts, guint number)
{
  for (guint i = 0; i < facts->n_programs; i++)
    if (number == 0 || facts->programs[i].number == number)
      return &facts->programs[i];
  return NULL;
}
