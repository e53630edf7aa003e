/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-rewrite.h"

#include <string.h>

/*
 * The way out of cues and of the edited PMT. With a constant rate they take the places of null
 * packets, with a variable one they are put in. Where it is not known yet which of the two it
 * is, or where no null packet came for too long, they are put in and as many null packets
 * are left out later: in the long run as many packets go out as came in.
 */

/* --- life ----------------------------------------------------------------------- */

void
rewrite_reset (AspSplicer * s)
{
  Rewrite *r = s->rewrite;

  if (!r)
    return;
  pmt_reset (r);
  asp_track_init (&r->cue_track, ASP_PID_NULL);
  g_byte_array_set_size (r->pmt, 0);
  g_byte_array_set_size (r->cues, 0);
  r->waits_since_90k = ASP_NO_TIME;
  r->debt = 0;
  announce_reset (s);
}

/* From here on to the end of the stream: once the PMT has named a PID, it goes on doing so. */
void
rewrite_configure (AspSplicer * s)
{
  Rewrite *r;

  if (!s->config.rewrite_cues || s->rewrite)
    return;
  r = s->rewrite = g_new0 (Rewrite, 1);
  r->others = pmt_others_new ();
  r->pmt = g_byte_array_new ();
  r->cues = g_byte_array_new ();
  announce_init (r);
  rewrite_reset (s);
  /* tables that were read already are read again */
  network_adopt_pmt (s);
}

void
rewrite_free (AspSplicer * s)
{
  Rewrite *r = g_steal_pointer (&s->rewrite);

  if (!r)
    return;
  announce_clear (r);
  g_ptr_array_unref (r->others);
  g_byte_array_unref (r->pmt);
  g_byte_array_unref (r->cues);
  g_free (r);
}

/* --- what waits ------------------------------------------------------------------- */

/* What `src` gets: with `mark` the programme stays in place and only cues are added. */
AspOutput *
rewrite_output (AspSplicer * s)
{
  return s->config.mark ? &s->marked : &s->out;
}

static void
append_packets (AspSplicer * s, GByteArray * queue, guint packets_max, const guint8 * section, gsize size, guint pid)
{
  guint n = asp_section_n_packets (size), at = queue->len;

  if (at / ASP_TS_SIZE + n > packets_max)
    return;                     /* sections leave whole or not at all */
  g_byte_array_set_size (queue, at + n * ASP_TS_SIZE);
  asp_section_write_packets (section, size, pid, queue->data + at);
  if (s->rewrite->waits_since_90k == ASP_NO_TIME)
    s->rewrite->waits_since_90k = network_now_90k (s);
}

void
rewrite_queue_cue (AspSplicer * s, GBytes * section)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (section, &size);

  append_packets (s, s->rewrite->cues, REWRITE_CUE_PACKETS_MAX, data, size, 0);
}

void
rewrite_queue_pmt (AspSplicer * s, const guint8 * section, gsize size)
{
  append_packets (s, s->rewrite->pmt, REWRITE_PMT_PACKETS_MAX, section, size, s->rewrite->pmt_pid);
}

static gboolean
is_overdue (const AspSplicer * s)
{
  gint64 now = network_now_90k (s), since = s->rewrite->waits_since_90k;

  return since != ASP_NO_TIME && now != ASP_NO_TIME && ABS (now - since) > REWRITE_SLOT_WAIT_90K;
}

/* A section of the input on the PID of the cues must not be torn; one that never ends is. */
static gboolean
cue_may_go (const AspSplicer * s)
{
  const Rewrite *r = s->rewrite;

  if (r->cues->len == 0 || r->cue_pid == ASP_PID_NULL)
    return FALSE;
  for (guint i = 0; i < s->n_cue; i++)
    if (s->cue_pid[i] == r->cue_pid && s->cue[i].open)
      return is_overdue (s);
  return TRUE;
}

static gboolean
is_waiting (const AspSplicer * s)
{
  return s->rewrite->pmt->len > 0 || cue_may_go (s);
}

static void
write_cue (Rewrite * r, AspOutput * o)
{
  guint8 *p = asp_output_packet (o);
  AspTrack *t = &r->cue_track;

  memcpy (p, r->cues->data, ASP_TS_SIZE);
  p[1] = (guint8) ((p[1] & 0xe0) | (r->cue_pid >> 8));
  p[2] = (guint8) r->cue_pid;
  t->cc = t->cc_valid ? (t->cc + 1) & 0x0f : 0;
  t->cc_valid = TRUE;
  t->shift_valid = FALSE;       /* the next one of the input goes on from here */
  asp_ts_set_cc (p, t->cc);
  g_byte_array_remove_range (r->cues, 0, ASP_TS_SIZE);
}

static void
write_pmt (Rewrite * r, AspOutput * o, guint first_cc)
{
  guint8 *p = asp_output_packet (o);

  memcpy (p, r->pmt->data, ASP_TS_SIZE);
  r->pmt_cc = r->pmt_cc < 0 ? (gint) first_cc : (r->pmt_cc + 1) & 0x0f;
  asp_ts_set_cc (p, (guint) r->pmt_cc);
  g_byte_array_remove_range (r->pmt, 0, ASP_TS_SIZE);
}

/* The next one that waits. FALSE: none does. */
static gboolean
write_next (AspSplicer * s)
{
  Rewrite *r = s->rewrite;

  if (r->pmt->len > 0)
    write_pmt (r, rewrite_output (s), 0);
  else if (cue_may_go (s))
    write_cue (r, rewrite_output (s));
  else
    return FALSE;
  if (r->pmt->len == 0 && r->cues->len == 0)
    r->waits_since_90k = ASP_NO_TIME;
  return TRUE;
}

/* --- slots ------------------------------------------------------------------------ */

gboolean
rewrite_wants_insert (AspSplicer * s)
{
  return is_waiting (s) && (s->rewrite->debt < 0 || slot_may_insert (s) || is_overdue (s));
}

/* Between two packets: what waits is put in where that may be. */
void
rewrite_insert (AspSplicer * s)
{
  gboolean counted = (s->config.mark || !s->config.drop_nulls) && !s->eos && !s->advancing;

  while (rewrite_wants_insert (s) && write_next (s))
    if (counted && s->rewrite->debt < REWRITE_DEBT_MAX)
      s->rewrite->debt++;
}

gboolean
rewrite_wants_null (const AspSplicer * s)
{
  return s->rewrite->debt > 0 || is_waiting (s);
}

/* The place of a null packet. FALSE: nothing was done with it. */
static gboolean
take_null (AspSplicer * s)
{
  if (is_waiting (s))
    return write_next (s);
  if (s->rewrite->debt <= 0)
    return FALSE;
  s->rewrite->debt--;
  return TRUE;
}

gboolean
rewrite_null (AspSplicer * s)
{
  /* in a break the creative needs its slots more than the count does */
  if (s->config.mark || s->config.drop_nulls || (!is_waiting (s) && s->video_side == SIDE_AD))
    return FALSE;
  return take_null (s);
}

/* --- packets of the input ---------------------------------------------------------- */

/* Is the rate known to vary, so that a packet less does no harm? */
static gboolean
may_leave_out (const AspSplicer * s)
{
  return s->config.drop_nulls || s->stats.null_packets == 0;
}

/* A packet on the PMT's PID: its place is that of the next one of ours. */
static void
pmt_slot (AspSplicer * s, const guint8 * packet)
{
  Rewrite *r = s->rewrite;
  AspOutput *o = rewrite_output (s);
  AspTsPacket view;

  if (!asp_ts_packet_parse (packet, &view) || view.payload_offset >= ASP_TS_SIZE) {
    asp_output_bytes (o, packet, ASP_TS_SIZE);
    return;
  }
  pmt_take (s, packet);
  if (r->pmt->len > 0)
    write_pmt (r, o, view.cc);
  else if (!may_leave_out (s))
    asp_ts_packet_write_null (asp_output_packet (o));
  else if (r->debt > -REWRITE_DEBT_MAX)
    r->debt--;                  /* made up for when the section is whole */
  if (r->pmt->len == 0 && r->cues->len == 0)
    r->waits_since_90k = ASP_NO_TIME;
  rewrite_insert (s);
}

void
rewrite_pmt (AspSplicer * s, const guint8 * packet)
{
  pmt_slot (s, packet);
}

/* Does a cue of the input need another CC than it came with? */
gboolean
rewrite_moves_cue (AspSplicer * s, guint8 * packet)
{
  AspTrack *t = &s->rewrite->cue_track;

  if (asp_ts_pid (packet) != s->rewrite->cue_pid)
    return FALSE;
  if (t->shift != 0 || (!t->shift_valid && t->cc_valid))
    return TRUE;
  if (asp_ts_has_payload (packet)) {
    t->cc = asp_ts_cc (packet);
    t->cc_valid = TRUE;
  }
  return FALSE;
}

void
rewrite_cue (AspSplicer * s, const guint8 * packet)
{
  Rewrite *r = s->rewrite;

  if (asp_ts_pid (packet) == r->cue_pid)
    asp_track_pass (&r->cue_track, packet, rewrite_output (s));
  else
    asp_output_bytes (rewrite_output (s), packet, ASP_TS_SIZE);
}

/* --- mark: the programme as it came, with cues --------------------------------------- */

gboolean
asp_splicer_has_marked_output (const AspSplicer * s)
{
  return s->config.mark && (s->rewrite || s->config.strip_cues);
}

AspOutput *
asp_splicer_marked_output (AspSplicer * s)
{
  return &s->marked;
}

/* One packet of the input for `src`. */
void
rewrite_marked (AspSplicer * s, const guint8 * packet)
{
  guint role = s->role[asp_ts_pid (packet)];

  if (s->rewrite)
    rewrite_insert (s);
  if (role == ROLE_CUE && s->config.strip_cues) {
    if (!may_leave_out (s))
      asp_ts_packet_write_null (asp_output_packet (&s->marked));
  } else if (s->rewrite && role == ROLE_PMT) {
    pmt_slot (s, packet);
  } else if (s->rewrite && role == ROLE_CUE) {
    rewrite_cue (s, packet);
  } else if (role == ROLE_NULL && s->rewrite && take_null (s)) {
    return;
  } else {
    asp_output_bytes (&s->marked, packet, ASP_TS_SIZE);
  }
}

/* May the head of a packet leave before the rest has come? Not when all of it may have to
 * be another one. */
gboolean
rewrite_may_pass_in_part (const AspSplicer * s, const guint8 * head, gsize size)
{
  guint role;

  if (!s->rewrite && !s->config.strip_cues)
    return TRUE;
  if (size < 3)
    return FALSE;
  role = s->role[asp_ts_pid (head)];
  return role != ROLE_CUE && (!s->rewrite || role != ROLE_PMT);
}
