/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-check-private.h"

#define SHORT_NOTICE_90K (4 * ASP_SECOND_90K)   /* SCTE 35 9.9.2.1: at least so far ahead */

void
check_cue_free (AspCheckCue * cue)
{
  asp_scte35_clear (&cue->section);
  g_clear_pointer (&cue->bytes, g_bytes_unref);
  g_clear_error (&cue->error);
  g_free (cue);
}

void
check_cue_add_pid (Program * p, guint16 pid)
{
  if (p->n_cue == CUE_PIDS_MAX)
    return;
  p->cue_pid[p->n_cue] = pid;
  asp_section_assembler_init (&p->cue[p->n_cue++]);
}

static gboolean
is_within_half (gdouble frame_90k, const AspCheckCue * cue)
{
  gint64 half = frame_90k > 0 ? (gint64) (frame_90k / 2) : 1800;

  return (cue->rap_before_90k != ASP_NO_TIME && cue->rap_before_90k <= half) ||
      (cue->rap_after_90k != ASP_NO_TIME && cue->rap_after_90k <= half);
}

gboolean
asp_check_is_on_rap (const AspCheckProgram * p, const AspCheckCue * cue)
{
  return is_within_half (p->video >= 0 ? p->streams[p->video].video.frame_90k : 0, cue);
}

/* --- distances ------------------------------------------------------------------ */

static void
measure (Program * p, AspCheckCue * cue)
{
  if (cue->splice_pts90k == ASP_NO_TIME)
    return;
  for (guint i = 0; i < p->raps->len; i++) {
    gint64 off = g_array_index (p->raps, gint64, i) - cue->splice_pts90k;

    if (ABS (off) > ASP_CHECK_RAP_NEAR_90K)
      continue;
    if (off <= 0)
      cue->rap_before_90k = cue->rap_before_90k == ASP_NO_TIME ? -off : MIN (cue->rap_before_90k, -off);
    if (off >= 0)
      cue->rap_after_90k = cue->rap_after_90k == ASP_NO_TIME ? off : MIN (cue->rap_after_90k, off);
  }
}

static gboolean
is_known (const Program * p, const AspCheckCue * cue)
{
  if (cue->splice_pts90k == ASP_NO_TIME || cue->error)
    return TRUE;
  if (p->newest_pts90k == ASP_NO_TIME || p->newest_pts90k < cue->splice_pts90k)
    return FALSE;
  return cue->rap_after_90k != ASP_NO_TIME ||
      p->newest_pts90k > cue->splice_pts90k + ASP_CHECK_RAP_WAIT_90K;
}

/* Only what lies within the stream can have missed a RAP. */
static void
count_distance (Program * p, const AspCheckCue * cue)
{
  AspCheckProgram *f = facts_of (p);
  const AspCheckStream *video;

  if (!cue->timed || f->video < 0 || p->first_pts90k == ASP_NO_TIME ||
      cue->splice_pts90k < p->first_pts90k || cue->splice_pts90k > p->newest_pts90k)
    return;
  video = g_ptr_array_index (p->streams, (guint) f->video);
  f->cues_timed++;
  if (is_within_half (video->video.frame_90k, cue)) {
    f->cues_on_rap++;
    f->worst_rap_wait_90k = MAX (f->worst_rap_wait_90k, 0);
  } else if (cue->rap_after_90k != ASP_NO_TIME) {
    f->worst_rap_wait_90k = MAX (f->worst_rap_wait_90k, cue->rap_after_90k);
  }
}

static void
settle (Program * p, AspCheckCue * cue)
{
  count_distance (p, cue);
  if (p->check->func)
    p->check->func (cue, ASP_CHECK_CUE_SETTLED, p->check->user_data);
  check_cue_free (cue);
}

void
check_cues_settle (Program * p, gboolean all)
{
  GList *l = p->waiting_cues.head;

  while (l) {
    GList *next = l->next;
    AspCheckCue *cue = l->data;

    cue->rap_before_90k = cue->rap_after_90k = ASP_NO_TIME;
    measure (p, cue);
    if (all || is_known (p, cue)) {
      g_queue_delete_link (&p->waiting_cues, l);
      settle (p, cue);
    }
    l = next;
  }
}

/* --- arrival -------------------------------------------------------------------- */

/* A splice without a time takes effect where it comes; heartbeats and the like take none. */
static gboolean
is_splice (const AspScte35Section * s)
{
  return s->splice_command_type == ASP_SCTE35_TIME_SIGNAL ||
      (s->splice_command_type == ASP_SCTE35_SPLICE_INSERT &&
      !s->u.splice_insert.splice_event_cancel_indicator);
}

static void
set_time (Program * p, AspCheckCue * cue)
{
  gint64 pts = asp_scte35_splice_time_pts90k (&cue->section);
  gint64 now = check_now_90k (p);

  cue->timed = pts != ASP_NO_TIME;
  if (cue->timed)
    cue->splice_pts90k = check_unwrap_90k (p, cue->arrival_pts90k, pts);
  else if (is_splice (&cue->section))
    cue->splice_pts90k = cue->arrival_pts90k;
  if (cue->timed && now != ASP_NO_TIME)
    cue->lead_90k = asp_pts_diff ((guint64) pts, asp_pts_wrap (now));
}

static gboolean
is_out (const AspCheckCue * cue)
{
  for (guint i = 0; i < cue->n_pairs; i++)
    if (cue->pairs[i].pair == ASP_CUE_PAIR_OPENS)
      return TRUE;
  return FALSE;
}

static void
count (Program * p, const AspCheckCue * cue)
{
  AspCheckProgram *f = facts_of (p);
  AspCuePairStats stats = asp_cue_pairs_stats (p->pairs);

  f->cues_encrypted += cue->section.encrypted_packet;
  f->outs = stats.outs;
  f->ins = stats.ins;
  f->unmatched_ins = stats.unmatched;
  f->cancels = stats.cancels;
  f->outs_open = asp_cue_pairs_endless (p->pairs);
  if (cue->lead_90k == ASP_NO_TIME || !is_out (cue))
    return;
  if (cue->lead_90k < 0)
    f->cues_late++;
  else if (cue->lead_90k < SHORT_NOTICE_90K)
    f->cues_short++;
}

static AspCheckCue *
cue_new (Program * p, const guint8 * data, gsize size)
{
  AspCheckCue *cue = g_new0 (AspCheckCue, 1);

  cue->number = ++p->check->cue_number;
  cue->program_number = facts_of (p)->number;
  cue->pid = p->cue_pid[p->cue_now];
  cue->packet = p->check->packet;
  cue->arrival_pts90k = p->newest_pts90k;
  cue->bytes = g_bytes_new (data, size);
  cue->splice_pts90k = cue->lead_90k = cue->rap_before_90k = cue->rap_after_90k = ASP_NO_TIME;
  return cue;
}

static void
on_cue (const guint8 * data, gsize size, gpointer user_data)
{
  Program *p = user_data;
  AspCheckCue *cue;

  if (size == 0 || data[0] != 0xfc)
    return;
  cue = cue_new (p, data, size);
  facts_of (p)->cues++;
  if (asp_scte35_parse (data, size, &cue->section, &cue->error)) {
    set_time (p, cue);
    cue->n_pairs = asp_cue_pairs_push (p->pairs, &cue->section, cue->number,
        cue->splice_pts90k == ASP_NO_TIME ? 0 : cue->splice_pts90k, cue->pairs);
    count (p, cue);
    measure (p, cue);
  } else {
    facts_of (p)->cues_damaged++;
  }
  if (p->check->func)
    p->check->func (cue, ASP_CHECK_CUE_ARRIVED, p->check->user_data);
  if (p->waiting_cues.length == ASP_CHECK_WAITING_MAX)
    settle (p, g_queue_pop_head (&p->waiting_cues));
  g_queue_push_tail (&p->waiting_cues, cue);
  check_cues_settle (p, FALSE);
}

void
check_cue_packet (Program * p, guint16 pid, const guint8 * packet)
{
  for (guint i = 0; i < p->n_cue; i++) {
    if (p->cue_pid[i] == pid) {
      p->cue_now = i;
      asp_section_assembler_push (&p->cue[i], packet, on_cue, p);
      return;
    }
  }
}
