/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

#include <math.h>
#include <string.h>

#define ANCHOR_PICTURES_MIN 8
#define START_CODE_BYTES 6      /* 00 00 00 01 and a NAL unit header of HEVC */

static gint64
half_frame_90k (const AspSplicer * s)
{
  return (gint64) (network_frame_90k (s) / 2);
}

/* --- telling -------------------------------------------------------------------- */

void
report_break (AspSplicer * s, AspBreakState state, const gchar * reason, gint64 asked_90k,
    gint64 pts90k, const Source * source)
{
  AspReport r = { 0 };

  if (!s->funcs.report || !s->brk)
    return;
  r.state = state;
  r.break_id = s->brk->id;
  r.reason = reason;
  r.asked_pts90k = asked_90k == ASP_NO_TIME ? ASP_NO_TIME : asked_90k + s->offset_90k;
  r.pts90k = pts90k == ASP_NO_TIME ? ASP_NO_TIME : pts90k + s->offset_90k;
  r.duration_90k = s->brk->duration_90k;
  r.filled_90k = s->filled_90k;
  if (state == ASP_STATE_ENDED && pts90k != ASP_NO_TIME && s->left_pts90k != ASP_NO_TIME)
    r.gap_90k = MAX (pts90k - s->left_pts90k - (gint64) llround (network_frame_90k (s)), 0);
  if (source) {
    r.creative_id = source->creative->asset_id;
    r.pod_index = source->pod_index;
    r.reorder_mismatch = source->mismatch;
    r.duration_90k = source->media_90k;
  }
  for (guint i = 0; i < s->refused->len && i < ASP_REPORT_SKIPPED_MAX; i++) {
    const Refusal *refusal = g_ptr_array_index (s->refused, i);

    r.skipped[r.n_skipped].creative_id = refusal->creative_id;
    r.skipped[r.n_skipped].reason = refusal->reason;
    r.skipped[r.n_skipped].detail = refusal->detail;
    r.n_skipped++;
    if (!r.detail)
      r.detail = refusal->detail;
  }
  s->funcs.report (s->user_data, &r);
}

/* A mark for those who see the programme in its place: on `network`, and with `mark` on `src`. */
void
network_mark (AspSplicer * s, AspMark * mark)
{
  if (asp_splicer_has_marked_output (s))
    asp_output_mark (&s->marked, asp_mark_copy (mark));
  asp_output_mark (&s->network, mark);
}

/* The cue that closed the running break, where one is on the wire; else the one that would. */
static gchar *
cue_end_hex (AspSplicer * s, gint64 pts90k)
{
  gchar *hex = s->rewrite ? announce_in_hex (s) : NULL;

  return hex ? hex : cue_made_hex (s, s->brk, FALSE, pts90k, ASP_NO_TIME);
}

AspMark *
make_mark (AspSplicer * s, AspMarkKind kind, gint64 pts90k)
{
  AspMark *mark = asp_mark_new (kind);

  g_strlcpy (mark->break_id, s->brk->id, sizeof mark->break_id);
  mark->roll_type = s->brk->postroll ? ASP_ROLL_POSTROLL :
      s->out_90k <= s->first_pts90k ? ASP_ROLL_PREROLL : ASP_ROLL_MIDROLL;
  mark->media_90k = pts90k;
  mark->pts90k = asp_pts_wrap (pts90k + s->offset_90k);
  mark->duration_90k = s->brk->duration_90k;
  mark->spliced = s->phase == BREAK_OUT;
  mark->reason = s->reason;
  if (kind == ASP_MARK_BREAK_END)
    mark->scte35_hex = cue_end_hex (s, pts90k);
  else if (kind == ASP_MARK_BREAK_START)
    mark->scte35_hex = s->brk->scte35_hex ? g_strdup (s->brk->scte35_hex) :
        cue_made_hex (s, s->brk, TRUE, pts90k, s->brk->duration_90k);
  return mark;
}

/* End of the last unit of the ads' sound that belongs before @boundary_90k (rule 3), as far
 * as the units are known. */
static gint64
ads_sound_end_90k (AspSplicer * s, guint track, gint64 boundary_90k)
{
  AudioTrack *a = &s->audio[track];
  Source *source = a->side == SIDE_AD ? source_at (s, a->source) : NULL;
  gint64 end = a->end_90k;

  if (source && source->map[track] >= 0) {
    g_mutex_lock (&s->hub->lock);
    for (guint pass = 0; pass < 2; pass++) {
      const GQueue *units = pass == 0 ? &source->audio[track] : &source->creative->audio[source->map[track]].units;

      for (const GList * l = units->head; l; l = l->next) {
        const AspAu *au = l->data;
        gint64 start = au->pts90k + source->delta_90k;

        if (start + au->duration_90k / 2 <= boundary_90k)
          end = MAX (end, start + au->duration_90k);
      }
    }
    g_mutex_unlock (&s->hub->lock);
  }
  return end == ASP_NO_TIME || end < boundary_90k - a->unit_90k ? boundary_90k : end;
}

/* Up to where the network's sound has gone out and cannot be taken back. */
static gint64
network_sound_end_90k (const AudioTrack * a)
{
  if (a->side == SIDE_AD)
    return ASP_NO_TIME;
  return a->pes && a->pes->passed ? MAX (a->end_90k, a->newest_pts90k + a->pes_90k) : a->end_90k;
}

/* The first sound of the entering side for each PID: @source, or the network (NULL). */
void
mark_add_audio (AspSplicer * s, AspMark * mark, const Source * source, gint64 boundary_90k)
{
  for (guint i = 0; i < s->n_audio; i++) {
    gint64 from = source ? MAX (boundary_90k, network_sound_end_90k (&s->audio[i])) :
        ads_sound_end_90k (s, i, boundary_90k);
    gint64 pts = audio_predict_90k (&s->audio[i], from);

    if (!source && s->audio[i].left && s->audio[i].entry_90k != ASP_NO_TIME)
      pts = s->audio[i].entry_90k;      /* it is back already */
    if (source && source->map[i] < 0)
      continue;
    if (source) {
      gint64 floor = pts - s->audio[i].unit_90k / 2;

      g_mutex_lock (&s->hub->lock);
      for (GList * l = source->creative->audio[source->map[i]].units.head; l; l = l->next) {
        pts = ((AspAu *) l->data)->pts90k + source->delta_90k;
        if (pts >= floor)
          break;
      }
      g_mutex_unlock (&s->hub->lock);
    }
    mark->audio[mark->n_audio].pid = s->audio[i].pid;
    mark->audio[mark->n_audio].pts90k = asp_pts_wrap (pts + s->offset_90k);
    mark->n_audio++;
  }
}

/* --- leaving -------------------------------------------------------------------- */

static void
finish (AspSplicer * s)
{
  s->phase = BREAK_NONE;
  asp_plan_done (s->plan);
  s->brk = NULL;
}

void
break_skip (AspSplicer * s, const gchar * reason, gchar * detail, gint64 pts90k)
{
  s->stats.breaks_skipped++;
  if (s->rewrite)
    announce_skipped (s, s->brk);
  report_break (s, ASP_STATE_SKIPPED, reason, s->brk->asked_90k, pts90k, NULL);
  g_free (detail);
}

static void
take_next (AspSplicer * s, gint64 pts90k)
{
  s->brk = asp_plan_arm (s->plan, pts90k);
  s->out_90k = s->return_90k = s->return_floor_90k = ASP_NO_TIME;
  s->end_now = s->abandoned = s->ended_told = s->came_back = FALSE;
  s->reason = "";
  s->filled_90k = 0;
  s->pod_index = 0;
  s->avail_open = FALSE;
}

static void
arm (AspSplicer * s, gint64 pts90k)
{
  take_next (s, pts90k);
  s->phase = BREAK_ARMED;
  for (guint i = 0; i < s->n_audio; i++)
    s->audio[i].left = FALSE;
  g_ptr_array_set_size (s->refused, 0);
}

/* Is every picture below the highest one there, so that a cut here loses none? */
static gboolean
no_hole (const AspSplicer * s)
{
  gdouble span;

  /* in the first pictures the distance of two may be that of I and P, with B between them */
  if (s->rap_pts90k == ASP_NO_TIME || s->cadence.count < ANCHOR_PICTURES_MIN)
    return FALSE;
  span = (gdouble) (s->newest_pts90k - s->rap_pts90k) / network_frame_90k (s);
  return s->pictures_since_rap == (guint) llround (span);
}

static gboolean
is_out_point (const AspSplicer * s, gint64 pts90k, const AspAuInfo * info)
{
  gint64 from = MAX (s->brk->asked_90k, s->brk->not_before_90k) - half_frame_90k (s);

  if (asp_picture_is_rap (info->kind))
    return pts90k >= from;
  return s->config.out_point == ASP_OUT_ANCHOR && no_hole (s) &&
      s->newest_pts90k + (gint64) network_frame_90k (s) >= from;
}

/* Where the first picture of the entering side belongs: one frame behind the highest that left. */
static gint64
entry_pts90k (const AspSplicer * s, gint64 pts90k)
{
  gdouble frame = network_frame_90k (s);

  if (s->left_pts90k == ASP_NO_TIME)
    return pts90k;
  /* The picture that does not leave any more stands there itself, unless leading pictures
   * or a loss lie between; its own time is exact, a frame is an estimate (fields!). */
  if (pts90k > s->left_pts90k && (gdouble) (pts90k - s->left_pts90k) < 1.5 * frame)
    return pts90k;
  return s->left_pts90k + (gint64) llround (frame);
}

/* Opens the avail for those who watch the network, spliced or not. */
static void
open_avail (AspSplicer * s)
{
  AspMark *mark = make_mark (s, ASP_MARK_BREAK_START, s->out_90k);

  mark->spliced = FALSE;
  mark_add_audio (s, mark, NULL, s->out_90k);
  network_mark (s, mark);
  s->avail_open = TRUE;
}

static void
start_sources (AspSplicer * s, Source * source)
{
  g_ptr_array_set_size (s->sources, 0);
  g_ptr_array_add (s->sources, source);
  s->video_source = 0;
  s->video_side = SIDE_AD;
  s->rebuild = FALSE;
  for (guint i = 0; i < s->n_audio; i++)
    s->audio[i].left = FALSE;
  s->stats.breaks_started++;
  s->video_track.countdown = s->config.splice_countdown;
  asp_track_splice (&s->video_track);
}

/* The break is out; where it ends is the channel's to say, when there is one. */
static void
plan_leave_at (AspSplicer * s, gint64 start_90k)
{
  asp_plan_leave (s->plan, start_90k);
  if (s->channel_in_90k != ASP_NO_TIME)
    asp_plan_return_at (s->plan, s->channel_in_90k);
  s->channel_in_90k = ASP_NO_TIME;
  s->in_90k = asp_plan_in_90k (s->plan);
}

/**
 * break_begin:
 * @start_90k: PTS of the first picture that does not leave any more
 * @reorder_90k: PTS - DTS there
 *
 * A creative is on air from here on; without one the programme plays and only the
 * avail is marked.
 */
void
break_begin (AspSplicer * s, gint64 start_90k, gint64 reorder_90k)
{
  const gchar *reason = "";
  gchar *detail = NULL;
  Source *source = NULL;

  s->out_90k = start_90k;
  s->out_reorder_90k = MAX (reorder_90k, 0);
  plan_leave_at (s, start_90k);
  if (s->rewrite)
    announce_began (s);
  if (!s->config.mark)
    source = source_choose (s, start_90k, &reason, &detail);
  if (!source && hub_is_flushing (s)) {
    /* the wait for a creative was ended from outside: no fault to tell of */
    report_break (s, ASP_STATE_CANCELLED, "flush", s->brk->asked_90k, ASP_NO_TIME, NULL);
    g_free (detail);
    finish (s);
    return;
  }
  s->phase = source ? BREAK_OUT : BREAK_WATCHED;
  if (source) {
    start_sources (s, source);
    report_break (s, ASP_STATE_STARTED, s->reason, s->brk->asked_90k, start_90k, NULL);
  } else if (s->config.mark) {
    s->stats.breaks_started++;
    report_break (s, ASP_STATE_STARTED, s->reason, s->brk->asked_90k, start_90k, NULL);
  } else {
    break_skip (s, reason, detail, ASP_NO_TIME);
  }
  if (s->config.want_network || s->config.mark)
    open_avail (s);
  else if (!source)
    finish (s);
}

static void
leave_network (AspSplicer * s, gint64 pts90k, gint64 dts90k)
{
  gint64 start = entry_pts90k (s, pts90k);

  switch (channel_leave (s, pts90k, start)) {
    case ASP_ALIGN_WAIT:
      s->reason = "";
      break;
    case ASP_ALIGN_OVER:
      break_skip (s, "late", NULL, ASP_NO_TIME);
      finish (s);
      break;
    default:
      break_begin (s, start, start - dts90k);
      break;
  }
}

static void
consider_out (AspSplicer * s, gint64 pts90k, gint64 dts90k, const AspAuInfo * info)
{

  switch (asp_plan_consider (s->plan, pts90k, is_out_point (s, pts90k, info), &s->reason)) {
    case ASP_PLAN_WAIT:
      s->reason = "";
      break;
    case ASP_PLAN_GIVE_UP:
      break_skip (s, s->reason, NULL, ASP_NO_TIME);
      finish (s);
      break;
    case ASP_PLAN_LEAVE:
    default:
      leave_network (s, pts90k, dts90k);
      break;
  }
}

/* --- returning ------------------------------------------------------------------ */

/* Where the RAPs of a regular stream will be. FALSE when it is not regular. */
gboolean
predict_raps (const AspSplicer * s, gint64 at_90k, gint64 * before, gint64 * after)
{
  gint64 n;

  if (s->rap_regular < 1 || s->rap_interval_90k <= 0 || s->rap_pts90k == ASP_NO_TIME)
    return FALSE;
  n = (at_90k - half_frame_90k (s) - s->rap_pts90k + s->rap_interval_90k - 1) / s->rap_interval_90k;
  n = MAX (n, 1);
  *after = s->rap_pts90k + n * s->rap_interval_90k;
  *before = *after - s->rap_interval_90k;
  return TRUE;
}

/* Nobody returns before it; the least number when that is not said. */
static gint64
floor_90k (const AspSplicer * s)
{
  return s->return_floor_90k == ASP_NO_TIME ? ASP_NO_TIME : s->return_floor_90k - half_frame_90k (s);
}

static gboolean
early_is_nearer (const AspSplicer * s, gint64 before, gint64 after)
{
  return s->config.return_policy == ASP_RETURN_NEAREST && before < s->in_90k - half_frame_90k (s) &&
      before >= floor_90k (s) &&
      s->in_90k - before <= s->config.tolerance_90k && s->in_90k - before < after - s->in_90k;
}

/* No picture of an ad at or behind this PTS may leave yet: the network may be back there. */
gint64
video_limit_90k (AspSplicer * s)
{
  gint64 before, after, in = s->end_now ?
      MIN (s->in_90k, MAX (s->newest_pts90k, s->return_floor_90k)) : s->in_90k;
  const Source *source = source_at (s, s->video_source);
  gboolean to_rap = s->config.return_policy == ASP_RETURN_NEAREST || (source && source->slate);

  if (s->return_90k != ASP_NO_TIME)
    return s->return_90k;
  /* with an early end any RAP will do, and the next one is behind the network's newest picture */
  if (!predict_raps (s, in, &before, &after))
    return s->end_now ? MIN (s->in_90k, MAX (s->newest_pts90k + (gint64) network_frame_90k (s),
            s->return_floor_90k)) : s->in_90k;
  if (s->end_now)
    return to_rap ? after : MIN (after, s->in_90k);
  if (early_is_nearer (s, before, after) && before > s->rap_pts90k)
    return before;
  return to_rap ? MAX (after, s->in_90k) : s->in_90k;
}

/* Is it time to return at a RAP of @pts90k? */
static gboolean
is_time_to_return (const AspSplicer * s, gint64 pts90k)
{
  return pts90k >= floor_90k (s) &&
      (pts90k >= s->in_90k - half_frame_90k (s) || s->end_now || s->came_back);
}

/* It is, or the next one would be further off. */
static gboolean
return_is_planned (const AspSplicer * s, gint64 pts90k)
{
  return is_time_to_return (s, pts90k) || early_is_nearer (s, pts90k, pts90k + s->rap_interval_90k);
}

/* Is this picture one at which the network may come back, and is it time? */
static gboolean
is_return_point (AspSplicer * s, gint64 pts90k, const AspAuInfo * info)
{
  gint64 half = half_frame_90k (s), ends = ads_end_90k (s);
  Source *source = source_at (s, s->video_source);
  gint64 waited = pts90k - s->in_90k;

  /* a picture of the ad that has left already must not meet one of the network */
  if (source && source->max_pts90k != ASP_NO_TIME && source->max_pts90k > pts90k - half)
    return FALSE;
  if (!asp_picture_is_rap (info->kind)) {
    if (waited <= s->config.max_rap_wait_90k)
      return FALSE;
    s->reason = "no-rap";
    return info->kind == ASP_PICTURE_RECOVERY_POINT || info->kind == ASP_PICTURE_INTRA ||
        waited > 2 * s->config.max_rap_wait_90k;
  }
  if (s->abandoned || is_time_to_return (s, pts90k))
    return TRUE;
  if (ends != ASP_NO_TIME && pts90k >= ends - half) {
    if (s->reason[0] == '\0')
      s->reason = "creatives-ended";
    return TRUE;
  }
  return early_is_nearer (s, pts90k, pts90k + s->rap_interval_90k);
}

/* It may; do the other renditions agree? */
static gboolean
may_return (AspSplicer * s, gint64 pts90k, const AspAuInfo * info)
{
  return channel_come_back (s, pts90k, asp_picture_is_rap (info->kind) && !s->abandoned &&
      return_is_planned (s, pts90k));
}

/* Pictures of the network have to be looked at one by one when the entry has leading
 * pictures that cannot be decoded, or comes without its parameter sets. */
static gboolean
needs_rebuild (const AspSplicer * s, const AspAuInfo * info)
{
  return s->video_codec != ASP_CODEC_H264 || !info->has_parameter_sets;
}

void
break_end_marks (AspSplicer * s, gint64 pts90k)
{
  AspMark *mark = make_mark (s, ASP_MARK_BREAK_END, pts90k);

  mark->duration_90k = pts90k - s->out_90k;
  mark_add_audio (s, mark, NULL, pts90k);
  asp_track_push_mark (&s->video_track, mark);
}

/* The ads are over at @pts90k, whether the network follows or nothing. */
void
break_over (AspSplicer * s, gint64 pts90k, const gchar * reason)
{
  if (reason)
    s->reason = reason;
  s->return_90k = pts90k;
  s->moment++;
  if (s->rewrite)
    announce_ended (s, pts90k);
  if (!s->ended_told)
    break_end_marks (s, pts90k);
  s->video_side = SIDE_NETWORK;
  asp_track_splice (&s->video_track);
  s->video_track.shift_valid = FALSE;
  s->stats.breaks_ended++;
  if (!s->ended_told)
    report_break (s, ASP_STATE_ENDED, s->reason, asp_plan_asked_in_90k (s->plan), pts90k, NULL);
}

static void
return_to_network (AspSplicer * s, gint64 pts90k, gint64 dts90k, const AspAuInfo * info)
{
  video_flush_until (s, pts90k, dts90k);
  s->floor_pts90k = s->left_pts90k + half_frame_90k (s);
  s->entry_pts90k = pts90k;
  s->entry_kind = info->kind;
  s->rebuild = needs_rebuild (s, info);
  s->had_radl = FALSE;
  break_over (s, pts90k, NULL);
  audio_release (s);
  network_adopt_pmt (s);
}

static void
close_avail (AspSplicer * s, gint64 pts90k)
{
  AspMark *mark;

  if (!s->avail_open)
    return;
  if (s->rewrite && s->phase == BREAK_WATCHED)
    announce_ended (s, pts90k);
  mark = make_mark (s, ASP_MARK_BREAK_END, pts90k);
  mark->spliced = FALSE;
  mark->duration_90k = pts90k - s->out_90k;
  mark_add_audio (s, mark, NULL, pts90k);
  network_mark (s, mark);
  s->avail_open = FALSE;
}

/* The stream ends at @pts90k: what of a break is open still, is closed there. */
void
break_close (AspSplicer * s, gint64 pts90k)
{
  if (s->phase == BREAK_NONE)
    return;
  if (s->reason[0] == '\0')
    s->reason = "eos";
  if (s->phase == BREAK_WATCHED && s->config.mark)
    report_break (s, ASP_STATE_ENDED, s->reason, asp_plan_asked_in_90k (s->plan), pts90k, NULL);
  close_avail (s, pts90k);
  break_forget (s);
}

/* The avail on the network's side ends with the first RAP at or behind its time, or
 * where the splice itself came back at about that time. */
static void
consider_avail_end (AspSplicer * s, gint64 pts90k, const AspAuInfo * info)
{
  gboolean with_splice = s->return_90k == pts90k && s->return_90k >= s->in_90k - s->config.tolerance_90k;

  if (!s->avail_open)
    return;
  if ((asp_picture_is_rap (info->kind) && return_is_planned (s, pts90k) &&
          (s->phase != BREAK_WATCHED || channel_come_back (s, pts90k, TRUE))) ||
      with_splice || pts90k - s->in_90k > s->config.max_rap_wait_90k) {
    close_avail (s, pts90k);
    if (s->phase == BREAK_WATCHED && s->config.mark)
      report_break (s, ASP_STATE_ENDED, s->reason, asp_plan_asked_in_90k (s->plan), pts90k, NULL);
  }
}

void
break_abandon (AspSplicer * s, const gchar * reason)
{
  Source *source = source_at (s, s->video_source);

  if (s->abandoned || s->phase != BREAK_OUT)
    return;
  s->abandoned = TRUE;
  s->reason = reason;
  if (source) {
    source->video_done = TRUE;
    source->end_90k = MAX (source->max_pts90k + (gint64) source->frame_90k, source->start_90k);
  }
  if (s->funcs.warn)
    s->funcs.warn (s->user_data, reason, "a creative broke off; the programme is back at its next random access point");
}

/* --- entering: pictures taken apart ----------------------------------------------- */

static gboolean
is_shown_again (const AspSplicer * s, AspPictureKind kind, gint64 pts90k, const AspAuInfo * info)
{
  if (pts90k >= s->entry_pts90k)
    return TRUE;
  if (kind == ASP_PICTURE_RASL)
    return FALSE;
  if (s->video_codec == ASP_CODEC_MPEG2 && s->entry_kind == ASP_PICTURE_OPEN_I)
    return FALSE;
  return pts90k >= s->floor_pts90k;
}

/* The open picture goes out, as far as it has come: what follows is appended. */
static void
open_picture (AspSplicer * s)
{
  guint8 header[ASP_PES_HEADER_MAX];
  gsize size;

  /* Where an open GOP is entered, its first picture is decoded as much earlier as it has
   * leading pictures; these are gone, and a creative may have used that time. */
  if (s->left_dts90k != ASP_NO_TIME && s->picture_dts90k <= s->left_dts90k)
    s->picture_dts90k = MIN (s->picture_pts90k, s->left_dts90k + (gint64) network_frame_90k (s));
  size = asp_pes_write_header (header, s->picture_header.stream_id, G_MAXUINT32,
      s->picture_pts90k + s->offset_90k, s->picture_dts90k + s->offset_90k);
  asp_track_open_pes (&s->video_track, header, size, s->picture_random_access, s->picture_dts90k);
  s->picture_opened = TRUE;
  s->picture_sent = 0;
  s->left_pts90k = MAX (s->left_pts90k, s->picture_pts90k);
  s->left_dts90k = s->picture_dts90k;
}

/* All of the open picture but its last @keep bytes, in which a start code may be forming. */
static void
append_to_track (AspSplicer * s, gsize keep)
{
  gsize from = s->picture_sent, end = s->picture->len - MIN (keep, s->picture->len);
  gsize scan = from - MIN (from, START_CODE_BYTES);

  if (end <= from)
    return;
  if (s->entry_kind == ASP_PICTURE_CRA && s->picture_pts90k == s->entry_pts90k)
    asp_es_hevc_cra_to_bla (s->picture->data + scan, s->picture->len - scan, FALSE);
  asp_track_append (&s->video_track, s->picture->data + from, end - from);
  s->picture_sent = end;
}

static void
insert_parameter_sets (AspSplicer * s, const AspAuInfo * info)
{
  g_autoptr (GByteArray) whole = NULL;

  if (info->has_parameter_sets || s->parameter_sets->len == 0 || !info->complete)
    return;
  whole = g_byte_array_sized_new (s->picture->len + s->parameter_sets->len);
  g_byte_array_append (whole, s->picture->data, (guint) info->parameter_set_offset);
  g_byte_array_append (whole, s->parameter_sets->data, s->parameter_sets->len);
  g_byte_array_append (whole, s->picture->data + info->parameter_set_offset,
      s->picture->len - (guint) info->parameter_set_offset);
  g_byte_array_set_size (s->picture, 0);
  g_byte_array_append (s->picture, whole->data, whole->len);
}

/* Once it is known what the open picture is, it is opened as it must be at an entry, or not at
 * all. @whole: no more of it will come. */
static void
begin_picture (AspSplicer * s, gboolean whole)
{
  AspAuInfo info;

  asp_es_video_scan (s->video_codec, s->picture->data, s->picture->len, &info);
  if ((!info.complete && !whole) || !is_shown_again (s, info.kind, s->picture_pts90k, &info))
    return;
  if (s->picture_pts90k == s->entry_pts90k)
    insert_parameter_sets (s, &info);
  open_picture (s);
}

/* Part of the open picture has come. With a constant rate it goes as it comes: the slots that
 * go by until it is whole would be lost, and all behind it would be late. */
static void
grow_picture (AspSplicer * s)
{
  if (slot_may_insert (s) || s->picture->len <= START_CODE_BYTES)
    return;
  if (!s->picture_opened)
    begin_picture (s, FALSE);
  if (s->picture_opened)
    append_to_track (s, START_CODE_BYTES);
}

/* The open picture is whole. */
void
picture_done (AspSplicer * s)
{
  if (s->picture->len > 0 && !s->picture_opened)
    begin_picture (s, TRUE);
  if (s->picture_opened)
    append_to_track (s, 0);
  asp_track_close_pes (&s->video_track);
  s->picture_opened = FALSE;
  g_byte_array_set_size (s->picture, 0);
}

static void
append_picture (AspSplicer * s, const guint8 * packet, gsize skip)
{
  AspTsPacket view;

  if (!asp_ts_packet_parse (packet, &view) || view.payload_offset + skip >= ASP_TS_SIZE)
    return;
  if (s->picture->len < (16u << 20))
    g_byte_array_append (s->picture, packet + view.payload_offset + skip,
        (guint) (ASP_TS_SIZE - view.payload_offset - skip));
}

static gsize
pes_header_size (const guint8 * packet)
{
  AspTsPacket view;
  AspPesHeader header;

  if (!asp_ts_pusi (packet) || !asp_ts_packet_parse (packet, &view) || view.payload_offset >= ASP_TS_SIZE ||
      asp_pes_parse (packet + view.payload_offset, ASP_TS_SIZE - view.payload_offset, &header) != ASP_PES_OK)
    return 0;
  return header.header_size;
}

/* A packet while pictures are rebuilt. The first one that is neither the entry nor
 * leading ends that: from it on packets go as they are. */
static gboolean
rebuild_packet (AspSplicer * s, const guint8 * packet, const AspAuInfo * info, gint64 pts90k, gint64 dts90k,
    const AspPesHeader * header)
{
  if (info) {
    if (pts90k > s->entry_pts90k) {
      s->rebuild = FALSE;
      return FALSE;
    }
    s->picture_header = *header;
    s->picture_pts90k = pts90k;
    s->picture_dts90k = dts90k;
    s->picture_random_access = asp_picture_is_rap (info->kind);
    append_picture (s, packet, header->header_size);
  } else {
    /* a second field without PTS has a PES header of its own */
    append_picture (s, packet, pes_header_size (packet));
  }
  grow_picture (s);
  slot_free (s, packet);
  return TRUE;
}

/* --- packets -------------------------------------------------------------------- */

static void
send_packet (AspSplicer * s, const guint8 * packet, gint64 dts90k)
{
  if (s->video_side == SIDE_AD) {
    slot_free (s, packet);
  } else if (s->video_track.chunks.length == 0 && slot_may_pass (s, &s->video_track)) {
    slot_pass (s, &s->video_track, packet);
  } else if (asp_ts_has_payload (packet)) {
    slot_queue (s, &s->video_track, packet, dts90k);
  } else {
    slot_free (s, packet);
  }
}

/* The break ends here and the next one begins here: its creatives come behind the ones of this
 * one as if they were of one pod. FALSE when there is no such break, or nothing to put in. */
static gboolean
follow (AspSplicer * s, gint64 pts90k, gint64 dts90k)
{
  const AspBreak *next = asp_plan_follower (s->plan);
  GPtrArray *refused = s->refused;
  const gchar *reason;
  Source *source;

  if (!next || s->end_now || s->abandoned || s->ended_told || pts90k < next->asked_90k - half_frame_90k (s) ||
      pts90k - next->asked_90k > s->config.tolerance_90k)
    return FALSE;
  /* refusals from here on are the next one's */
  s->refused = g_ptr_array_new_with_free_func ((GDestroyNotify) refusal_free);
  s->choose_for = next->id;
  source = source_choose (s, pts90k, &reason, NULL);
  s->choose_for = NULL;
  if (!source) {
    g_ptr_array_unref (s->refused);
    s->refused = refused;
    return FALSE;
  }
  video_flush_until (s, pts90k, dts90k);
  if (s->rewrite)
    announce_ended (s, pts90k);
  break_end_marks (s, pts90k);
  close_avail (s, pts90k);
  s->stats.breaks_ended++;
  report_break (s, ASP_STATE_ENDED, s->reason, asp_plan_asked_in_90k (s->plan), pts90k, NULL);
  g_ptr_array_unref (refused);
  asp_plan_done (s->plan);
  take_next (s, pts90k);
  channel_leave (s, pts90k, pts90k);
  plan_leave_at (s, pts90k);
  s->out_90k = pts90k;
  if (s->rewrite)
    announce_began (s);
  g_ptr_array_add (s->sources, source);
  s->video_source++;
  s->stats.breaks_started++;
  report_break (s, ASP_STATE_STARTED, "", s->brk->asked_90k, pts90k, NULL);
  if (s->config.want_network)
    open_avail (s);
  return TRUE;
}

static void
picture_start (AspSplicer * s, const AspAuInfo * info, gint64 pts90k, gint64 dts90k)
{
  if (s->phase == BREAK_NONE && should_arm (s, pts90k))
    arm (s, pts90k);
  if (s->phase == BREAK_ARMED)
    consider_out (s, pts90k, dts90k, info);
  else if (s->phase == BREAK_OUT && s->return_90k == ASP_NO_TIME && is_return_point (s, pts90k, info) &&
      may_return (s, pts90k, info) && !follow (s, pts90k, dts90k))
    return_to_network (s, pts90k, dts90k, info);
  if (s->phase == BREAK_OUT || s->phase == BREAK_WATCHED)
    consider_avail_end (s, pts90k, info);
  if (s->phase == BREAK_WATCHED && !s->avail_open) {
    finish (s);
    /* the next one may begin where this one ends */
    if (should_arm (s, pts90k)) {
      arm (s, pts90k);
      consider_out (s, pts90k, dts90k, info);
    }
  }
  audio_settle (s);
}

static void
break_cleanup (AspSplicer * s)
{
  if (s->phase != BREAK_OUT || s->return_90k == ASP_NO_TIME || s->avail_open)
    return;
  for (guint i = 0; i < s->n_audio; i++) {
    AudioTrack *a = &s->audio[i];

    if (a->side == SIDE_NETWORK && !a->entering)
      continue;
    if (s->newest_pts90k - s->return_90k < ENTER_WAIT_90K)
      return;
    /* the network has no more sound on this PID; should it come, it passes */
    a->side = SIDE_NETWORK;
    a->entering = FALSE;
  }
  for (guint i = 0; i < s->sources->len; i++)
    sources_close (s, g_ptr_array_index (s->sources, i));
  g_ptr_array_set_size (s->sources, 0);
  finish (s);
}

/* The programme that comes back is another one: there is no picture of the old one to
 * return at, the break ends where it should. */
void
break_end_unseen (AspSplicer * s)
{
  video_flush_until (s, s->in_90k, G_MAXINT64);
  break_over (s, s->in_90k, "programme-changed");
  s->avail_open = FALSE;
  for (guint i = 0; i < s->n_audio; i++) {
    s->audio[i].side = SIDE_NETWORK;
    s->audio[i].entering = FALSE;
  }
  slot_drain (s);
  break_cleanup (s);
  network_adopt_pmt (s);
}

/**
 * video_packet:
 * @info: of the picture that begins in this packet; NULL when none does
 */
void
video_packet (AspSplicer * s, const guint8 * packet, const AspAuInfo * info)
{
  AspPesHeader header;
  gint64 pts = ASP_NO_TIME, dts = s->newest_dts90k;
  gboolean start = info && network_picture_times (s, packet, &header, &pts, &dts);

  if (start) {
    if (s->rebuild)
      picture_done (s);
    plan_poll (s, pts);
    picture_start (s, info, pts, dts);
    network_picture (s, pts, dts, info->kind);
    if (s->video_side == SIDE_NETWORK && !s->rebuild) {
      s->left_pts90k = MAX (s->left_pts90k, pts);
      s->left_dts90k = dts;
    }
  }
  if (s->rebuild && s->video_side == SIDE_NETWORK &&
      rebuild_packet (s, packet, start ? info : NULL, pts, dts, &header))
    return;
  if (start && !s->rebuild && s->video_side == SIDE_NETWORK) {
    s->left_pts90k = MAX (s->left_pts90k, pts);
    s->left_dts90k = dts;
  }
  send_packet (s, packet, dts);
  break_cleanup (s);
}
