/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

/* --- without input ---------------------------------------------------------------- */

#define OWN_CLOCK_OFF_27M (10 * ASP_SECOND_27M) /* no multiplexer is so far ahead of its clock */
#define OWN_PCR_STEP_27M (ASP_SECOND_27M * 20 / 1000)   /* half of what TR 101 290 2.3a allows */

/* One frame behind the last picture that left; where the break began when none did. */
static gint64
left_end_90k (const AspSplicer * s)
{
  return s->left_pts90k != ASP_NO_TIME ? s->left_pts90k + (gint64) network_frame_90k (s) :
      MAX (s->out_90k, 0);
}

static gboolean
ads_are_over (AspSplicer * s)
{
  Source *source = source_at (s, s->video_source);
  gboolean over = FALSE;
  AspAu *au;

  if (!source || source->video_done)
    return TRUE;
  au = source_peek_video (s, source, &over);
  if (au)
    return !within_limit (s, au->pts90k + source->delta_90k);
  if (over)
    return FALSE;               /* video_next() will see to the next one */
  return s->left_pts90k != ASP_NO_TIME &&
      s->left_pts90k + (gint64) (1.5 * network_frame_90k (s)) >= s->in_90k;
}

static void
own_clock_step (AspSplicer * s, gint64 step_27m)
{
  const AspTrack *t = slot_track_of_pid (s, s->pcr_pid);

  s->own_pcr27m += step_27m;
  s->moment++;
  slot_drain (s);
  if (s->pcr_pid != ASP_PID_NULL)
    asp_ts_packet_write_pcr (asp_output_packet (&s->out), s->pcr_pid, t ? t->cc : s->pcr_cc,
        asp_pcr_wrap (s->own_pcr27m));
}

/* Where the network's clock stood; a reading that has nothing to do with its pictures, or
 * none, is made up from these. */
static gint64
own_clock_begin (const AspSplicer * s)
{
  gint64 left_90k = s->left_dts90k != ASP_NO_TIME ? s->left_dts90k : s->newest_dts90k;
  gint64 by_pictures_27m = (left_90k + s->offset_90k - ASP_SECOND_90K / 2) * 300;

  if (s->pcr27m == ASP_NO_TIME || ABS (s->pcr27m - by_pictures_27m) > OWN_CLOCK_OFF_27M)
    return by_pictures_27m;
  /* the last one that left may have been made, behind the network's last */
  return network_is_cbr (s) ? network_clock_27m (s, MAX (s->pcr_out_packet, s->pcr_packet)) : s->pcr27m;
}

/* The input is there again: its clock counts. */
void
own_clock_stop (AspSplicer * s)
{
  if (!s->advancing)
    return;
  s->advancing = FALSE;
  s->pcr_floor_27m = s->own_pcr27m;
}

/* The ads are over and the network is not back: the break is, too. When there is a picture
 * to return at it need not wait for its time any more. */
static void
tell_lost (AspSplicer * s)
{
  gint64 end = left_end_90k (s);

  s->reason = "input-lost";
  video_flush_until (s, end, G_MAXINT64);
  report_break (s, ASP_STATE_ENDED, s->reason, asp_plan_asked_in_90k (s->plan), end, NULL);
  if (s->rewrite)
    announce_ended (s, end);
  break_end_marks (s, end);
  asp_track_flush_marks (&s->video_track, &s->out);
  s->ended_told = s->end_now = TRUE;
  if (s->rewrite)
    rewrite_insert (s);
}

gboolean
asp_splicer_advance (AspSplicer * s, gint64 step_27m)
{
  if (!asp_splicer_in_break (s))
    return FALSE;
  if (!s->advancing) {
    s->advancing = TRUE;
    s->own_pcr27m = own_clock_begin (s);
    slot_strip_clock (s);
  }
  while (step_27m > 0 && !s->ended_told) {
    gint64 step = MIN (step_27m, OWN_PCR_STEP_27M);

    own_clock_step (s, step);
    step_27m -= step;
  }
  if (!ads_are_over (s))
    return TRUE;
  if (!s->eos)
    tell_lost (s);
  return FALSE;
}

static void
open_postroll (AspSplicer * s)
{
  const AspBreak *b = asp_plan_peek (s->plan);
  gint64 next = left_end_90k (s);

  if (s->phase == BREAK_ARMED || s->left_pts90k == ASP_NO_TIME)
    return;
  if (!b || s->phase != BREAK_NONE)
    return;
  if (!b->postroll && (b->asked_90k == ASP_NO_TIME || b->asked_90k > next + s->config.tolerance_90k ||
          b->asked_90k < next - s->config.tolerance_90k))
    return;
  s->brk = asp_plan_arm (s->plan, next);
  s->brk->postroll = TRUE;
  s->reason = "";
  s->end_now = s->abandoned = s->ended_told = FALSE;
  s->filled_90k = 0;
  s->pod_index = 0;
  s->return_90k = ASP_NO_TIME;
  s->return_floor_90k = ASP_NO_TIME;
  s->came_back = FALSE;
  g_ptr_array_set_size (s->refused, 0);
  channel_leave (s, next, next);
  break_begin (s, next, s->reorder_90k);
  /* what sound the network had has all gone out */
  for (guint i = 0; i < s->n_audio && s->phase == BREAK_OUT; i++) {
    s->audio[i].end_90k = MAX (s->audio[i].end_90k, s->audio[i].newest_pts90k + s->audio[i].pes_90k);
    s->audio[i].left = TRUE;
    s->audio[i].side = SIDE_AD;
    s->audio[i].source = 0;
  }
}

static void
flush_held (AspSplicer * s)
{
  packets_run (s, TRUE);
  if (s->carried > 0 && s->packet_mode) {
    packets_stray (s, s->carry, s->carried);
    s->carried = 0;
  }
}

void
asp_splicer_eos (AspSplicer * s)
{
  flush_held (s);
  picture_done (s);
  s->rebuild = FALSE;
  s->eos = TRUE;
  open_postroll (s);
  if (s->phase == BREAK_ARMED) {
    break_skip (s, "eos", NULL, ASP_NO_TIME);
    break_forget (s);
  }
  audio_settle (s);
  for (guint i = 0; i < s->n_audio; i++) {
    AudioTrack *a = &s->audio[i];

    /* a boundary that never came: what was held is the network's */
    if (a->side == SIDE_NETWORK && a->pes && !a->pes->passed && !a->entering)
      for (guint at = 0; at + ASP_TS_SIZE <= a->pes->packets->len; at += ASP_TS_SIZE)
        slot_queue_late (s, &a->track, a->pes->packets->data + at, a->newest_pts90k);
    if (asp_splicer_in_break (s) && a->side == SIDE_NETWORK) {
      a->left = TRUE;
      a->side = SIDE_AD;
      a->source = 0;
    }
  }
  if (!asp_splicer_in_break (s))
    slot_finish (s);
  if (s->rewrite)
    rewrite_insert (s);
}

static void
skip_never (AspSplicer * s, AspBreak * b, const gchar * reason)
{
  s->brk = b;
  break_skip (s, reason, NULL, ASP_NO_TIME);
  s->brk = NULL;
  asp_break_free (b);
}

static void
skip_pending (AspSplicer * s)
{
  AspBreak *b;

  /* no picture has ever come, so these never had a time */
  while ((b = g_queue_pop_head (&s->schedule))) {
    b->asked_90k = ASP_NO_TIME;
    skip_never (s, b, "no-video");
  }
  while ((b = asp_plan_pop (s->plan)))
    skip_never (s, b, "eos");
}

void
asp_splicer_eos_done (AspSplicer * s)
{
  if (s->phase == BREAK_OUT && s->return_90k == ASP_NO_TIME) {
    gint64 end = left_end_90k (s);

    video_flush_until (s, end, G_MAXINT64);
    break_over (s, left_end_90k (s), s->reason[0] ? s->reason : "eos");
    /* sound of the ads up to the end of their pictures */
    s->own_pcr27m += ASP_SECOND_27M;
    s->moment++;
    slot_drain (s);
    while (s->video_track.chunks.length > 0) {
      gint64 none = ASP_NO_TIME;

      if (!asp_track_pop (&s->video_track, &s->out, &none)) {
        asp_track_flush_marks (&s->video_track, &s->out);
        break;
      }
    }
  }
  break_close (s, left_end_90k (s));
  skip_pending (s);
  if (s->rewrite)
    rewrite_insert (s);
}
