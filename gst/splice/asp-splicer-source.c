/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-creative-fit.h"
#include "asp-splicer-private.h"

#include <math.h>
#include <string.h>

/* --- choosing ------------------------------------------------------------------- */

static void
note_refusal (AspSplicer * s, const AspCreative * c, const gchar * reason, const gchar * detail)
{
  Refusal *r;

  if (s->refused->len >= ASP_REPORT_SKIPPED_MAX)
    return;
  r = g_new0 (Refusal, 1);
  r->creative_id = g_strdup (c->asset_id);
  r->reason = reason;
  r->detail = g_strdup (detail);
  g_ptr_array_add (s->refused, r);
}

G_STATIC_ASSERT (AUDIO_MAX <= ASP_CREATIVE_TRACKS_MAX);

static const gchar *
misfit (AspSplicer * s, const AspCreative * c, gint map[AUDIO_MAX], gchar ** detail)
{
  AspNetworkForm form = { s->video_codec, s->params, s->n_audio };

  for (guint i = 0; i < s->n_audio; i++) {
    const AudioTrack *a = &s->audio[i];

    form.audio[i].codec = a->codec;
    memcpy (form.audio[i].language, a->language, sizeof a->language);
    form.audio[i].sample_rate = a->sample_rate;
    form.audio[i].channels = a->channels;
  }
  form.repeat_tracks = s->config.repeat_tracks;
  if (network_is_cbr (s))
    form.free_packets = 27e6 / network_packet_27m (s) * s->free_share;
  return asp_creative_misfit (c, &form, map, detail);
}

typedef enum
{
  FOUND_NONE,
  FOUND_WAIT,
  FOUND_ONE,
} Found;

/* The break that is to be filled; "" when there is none. */
static const gchar *
break_to_fill (const AspSplicer * s)
{
  return s->choose_for ? s->choose_for : s->brk ? s->brk->id : "";
}

/* The first creative in order of pads that may be played; what was refused is taken out. */
static Found
find_locked (AspSplicer * s, AspCreative ** creative, AspAdQueue ** queue)
{
  const gchar *id = break_to_fill (s);
  Found found = FOUND_NONE;

  for (guint i = 0; i < s->hub->queues->len; i++) {
    AspAdQueue *q = g_ptr_array_index (s->hub->queues, i);
    GList *l = q->creatives.head;

    if (q->break_id[0] != '\0' && strcmp (q->break_id, id))
      continue;

    while (l) {
      AspCreative *c = l->data;
      GList *next = l->next;

      if (c->state == ASP_CREATIVE_REFUSED) {
        note_refusal (s, c, c->reason, c->detail);
        g_queue_delete_link (&q->creatives, l);
        q->discard = !c->eos;
        asp_creative_unref (c);
      } else if (!c->taken) {
        if (c->state == ASP_CREATIVE_PROBING) {
          found = FOUND_WAIT;
          break;
        }
        *creative = asp_creative_ref (c);
        *queue = q;
        return FOUND_ONE;
      }
      l = next;
    }
    if (found == FOUND_WAIT)
      break;
    if (!l && q->expecting && g_queue_is_empty (&q->creatives) && !q->discard)
      found = FOUND_WAIT;
    if (found == FOUND_WAIT)
      break;
  }
  if (found == FOUND_NONE && (s->hub->slate_coming || asp_ad_hub_is_expecting_locked (s->hub, id)))
    found = FOUND_WAIT;
  return found;
}

gboolean
hub_wait (AspSplicer * s, guint64 generation)
{
  return s->funcs.wait && s->funcs.wait (s->user_data, generation);
}

gboolean
hub_is_flushing (AspSplicer * s)
{
  gboolean flushing;

  g_mutex_lock (&s->hub->lock);
  flushing = s->hub->flushing;
  g_mutex_unlock (&s->hub->lock);
  return flushing;
}

static void
drop_creative (AspSplicer * s, AspAdQueue * queue, AspCreative * c)
{
  g_mutex_lock (&s->hub->lock);
  for (guint i = 0; i < s->hub->queues->len; i++) {
    AspAdQueue *q = g_ptr_array_index (s->hub->queues, i);

    /* the pad may have been released in the meantime */
    if (q == queue && g_queue_remove (&q->creatives, c)) {
      if (!c->eos)
        q->discard = TRUE;
      asp_creative_unref (c);
    }
  }
  asp_ad_hub_changed_locked (s->hub);
  g_mutex_unlock (&s->hub->lock);
}

static Source *
source_new (AspSplicer * s, AspCreative * c, AspAdQueue * queue, gint64 start_90k, const gint * map)
{
  Source *source = g_new0 (Source, 1);
  gint64 reorder = c->first_pts90k - c->first_dts90k;

  source->creative = c;
  source->queue = queue;
  source->start_90k = start_90k;
  source->end_90k = ASP_NO_TIME;
  source->delta_90k = start_90k - c->first_pts90k;
  source->max_pts90k = ASP_NO_TIME;
  source->frame_90k = network_frame_90k (s);
  if (reorder <= s->out_reorder_90k) {
    source->dts_shift_90k = s->out_reorder_90k - reorder;
  } else if (reorder - s->out_reorder_90k > 1) {
    gint64 squeezed = (gint64) ceil ((gdouble) (reorder - s->out_reorder_90k) / source->frame_90k);

    source->mismatch = TRUE;
    source->squeeze_90k = MAX ((gint64) (source->frame_90k / (gdouble) (squeezed + 1)), 1);
  }
  memcpy (source->map, map, sizeof source->map);
  for (guint i = 0; i < AUDIO_MAX; i++)
    g_queue_init (&source->audio[i]);
  return source;
}

void
source_free (Source * source)
{
  if (!source)
    return;
  for (guint i = 0; i < AUDIO_MAX; i++)
    g_queue_clear_full (&source->audio[i], (GDestroyNotify) asp_au_unref);
  asp_creative_unref (source->creative);
  g_free (source);
}

/* One run of the slate: the same units once more. */
static AspCreative *
slate_run_locked (AspAdHub * hub)
{
  AspCreative *from = hub->slate, *c;

  if (!from || !from->eos || from->state != ASP_CREATIVE_READY || !from->video.units.head)
    return NULL;
  c = asp_creative_new ();
  c->state = ASP_CREATIVE_READY;
  c->eos = TRUE;
  c->first_pts90k = from->first_pts90k;
  c->first_dts90k = from->first_dts90k;
  c->max_pts90k = from->max_pts90k;
  c->cadence = from->cadence;
  c->params = from->params;
  c->n_audio = from->n_audio;
  g_free (c->asset_id);
  c->asset_id = g_strdup ("slate");
  c->video = from->video;
  g_queue_init (&c->video.units);
  for (GList * l = from->video.units.head; l; l = l->next)
    g_queue_push_tail (&c->video.units, asp_au_ref (l->data));
  for (guint k = 0; k < from->n_audio; k++) {
    c->audio[k] = from->audio[k];
    g_queue_init (&c->audio[k].units);
    for (GList * l = from->audio[k].units.head; l; l = l->next)
      g_queue_push_tail (&c->audio[k].units, asp_au_ref (l->data));
  }
  return c;
}

static Source *
choose_slate (AspSplicer * s, gint64 start_90k)
{
  AspCreative *c;
  gint map[AUDIO_MAX];
  gchar *detail = NULL;
  const gchar *reason;
  Source *source;

  g_mutex_lock (&s->hub->lock);
  c = slate_run_locked (s->hub);
  g_mutex_unlock (&s->hub->lock);
  if (!c)
    return NULL;
  reason = misfit (s, c, map, &detail);
  if (reason) {
    note_refusal (s, c, reason, detail);
    g_free (detail);
    asp_creative_unref (c);
    return NULL;
  }
  source = source_new (s, c, NULL, start_90k, map);
  source->slate = TRUE;
  return source;
}

/**
 * source_choose:
 * The next thing to play from @start_90k on: a creative that fits, else slate. NULL with
 * @reason when there is none. The hub's lock is not held.
 */
Source *
source_choose (AspSplicer * s, gint64 start_90k, const gchar ** reason, gchar ** detail)
{
  gboolean waited = TRUE;
  Source *slate;

  *reason = "no-creative";
  for (;;) {
    AspCreative *c = NULL;
    AspAdQueue *q = NULL;
    gint map[AUDIO_MAX];
    guint64 generation;
    Found found;
    gchar *why = NULL;
    const gchar *wrong;

    g_mutex_lock (&s->hub->lock);
    generation = s->hub->generation;
    found = find_locked (s, &c, &q);
    g_mutex_unlock (&s->hub->lock);
    if (found == FOUND_WAIT && waited) {
      waited = hub_wait (s, generation);
      if (!waited)
        *reason = "late-creative";
      continue;
    }
    if (found != FOUND_ONE)
      break;
    g_mutex_lock (&s->hub->lock);
    wrong = misfit (s, c, map, &why);
    if (!wrong)
      c->taken = TRUE;
    g_mutex_unlock (&s->hub->lock);
    if (!wrong)
      return source_new (s, c, q, start_90k, map);
    note_refusal (s, c, wrong, why);
    drop_creative (s, q, c);
    asp_creative_unref (c);
    g_free (why);
  }
  slate = choose_slate (s, start_90k);
  if (!slate && s->refused->len > 0) {
    Refusal *r = g_ptr_array_index (s->refused, s->refused->len - 1);

    *reason = r->reason;
    if (detail)
      *detail = g_strdup (r->detail);
  }
  return slate;
}

/* The splicer is through with @source: its creative leaves the queue, and what of it is
 * still to come is refused at the pad. */
void
sources_close (AspSplicer * s, Source * source)
{
  if (source->queue)
    drop_creative (s, source->queue, source->creative);
  source->queue = NULL;
}

Source *
source_at (AspSplicer * s, guint index)
{
  return index < s->sources->len ? g_ptr_array_index (s->sources, index) : NULL;
}

/* --- units ---------------------------------------------------------------------- */

/* The next picture; NULL when there is none now, with @over when there never will be. */
AspAu *
source_peek_video (AspSplicer * s, Source * source, gboolean * over)
{
  for (;;) {
    AspAu *au;
    guint64 generation;

    g_mutex_lock (&s->hub->lock);
    au = g_queue_peek_head (&source->creative->video.units);
    *over = !au && source->creative->eos;
    generation = s->hub->generation;
    g_mutex_unlock (&s->hub->lock);
    if (au || *over || !hub_wait (s, generation))
      return au;
  }
}

AspAu *
source_pop_video (AspSplicer * s, Source * source)
{
  AspAu *au;

  g_mutex_lock (&s->hub->lock);
  au = g_queue_pop_head (&source->creative->video.units);
  source->creative->bytes -= au->size;
  source->frame_90k = asp_cadence_frame_90k (&source->creative->cadence, source->frame_90k);
  asp_ad_hub_taken_locked (s->hub, au->size);
  g_mutex_unlock (&s->hub->lock);
  return au;
}

/* Moves one unit of the creative's track @k to every network track that plays it. */
static gboolean
distribute_locked (AspSplicer * s, Source * source, guint k)
{
  AspAu *au = g_queue_pop_head (&source->creative->audio[k].units);

  if (!au)
    return FALSE;
  source->creative->bytes -= au->size;
  asp_ad_hub_taken_locked (s->hub, au->size);
  for (guint i = 0; i < s->n_audio; i++)
    if (source->map[i] == (gint) k)
      g_queue_push_tail (&source->audio[i], asp_au_ref (au));
  asp_au_unref (au);
  return TRUE;
}

/* Sound that the reader has not come to yet is worth waiting for only while the pad
 * may still read: its limit counts pictures too. */
static gboolean
worth_waiting_locked (const Source * source)
{
  return !source->creative->eos && source->creative->bytes < ASP_QUEUE_BYTES_MAX;
}

AspAu *
source_peek_audio (AspSplicer * s, Source * source, guint track, gboolean * over)
{
  gint k = source->map[track];

  *over = k < 0;
  while (k >= 0 && g_queue_is_empty (&source->audio[track])) {
    guint64 generation;
    gboolean got, wait = FALSE;

    g_mutex_lock (&s->hub->lock);
    got = distribute_locked (s, source, (guint) k);
    *over = !got && source->creative->eos;
    wait = !got && worth_waiting_locked (source);
    generation = s->hub->generation;
    g_mutex_unlock (&s->hub->lock);
    if (!got && (*over || !wait || !hub_wait (s, generation)))
      return NULL;
  }
  return k < 0 ? NULL : g_queue_peek_head (&source->audio[track]);
}

/* The next sound as far as it has been read, without a wait. */
AspAu *
source_next_audio (AspSplicer * s, Source * source, guint track)
{
  gint k = source->map[track];

  if (k >= 0 && g_queue_is_empty (&source->audio[track])) {
    g_mutex_lock (&s->hub->lock);
    distribute_locked (s, source, (guint) k);
    g_mutex_unlock (&s->hub->lock);
  }
  return g_queue_peek_head (&source->audio[track]);
}

AspAu *
source_pop_audio (AspSplicer * s, Source * source, guint track)
{
  return g_queue_pop_head (&source->audio[track]);
}

/* --- pictures into the track ---------------------------------------------------- */

static gint64
half_frame_90k (const AspSplicer * s)
{
  return (gint64) (network_frame_90k (s) / 2);
}

/* How long @source will play: all of it when its end is known, no longer than the break. */
static gint64
planned_90k (AspSplicer * s, const Source * source)
{
  gint64 left = s->in_90k - source->start_90k, length = left;

  g_mutex_lock (&s->hub->lock);
  if (source->creative->eos)
    length = source->creative->max_pts90k - source->creative->first_pts90k +
        (gint64) llround (asp_cadence_frame_90k (&source->creative->cadence, source->frame_90k));
  else if (source->creative->ad && source->creative->ad->creative.duration_90k > 0)
    length = source->creative->ad->creative.duration_90k;       /* measured by who brought it */
  g_mutex_unlock (&s->hub->lock);
  return MAX (MIN (left, length), 0);
}

/* How many creatives this break will have, as far as they are known by now. */
static guint
pod_length (AspSplicer * s, const Source * first)
{
  gint64 left = s->brk->duration_90k;
  guint n = 0;

  g_mutex_lock (&s->hub->lock);
  for (guint i = 0; i < s->hub->queues->len; i++) {
    const AspAdQueue *q = g_ptr_array_index (s->hub->queues, i);

    if (q->break_id[0] != '\0' && strcmp (q->break_id, break_to_fill (s)))
      continue;
    for (const GList * l = q->creatives.head; l && left > half_frame_90k (s); l = l->next) {
      const AspCreative *c = l->data;

      if (c->state == ASP_CREATIVE_REFUSED || (c->taken && c != first->creative))
        continue;
      n++;
      left -= c->eos && c->max_pts90k != ASP_NO_TIME ? c->max_pts90k - c->first_pts90k : 0;
    }
  }
  g_mutex_unlock (&s->hub->lock);
  return MAX (n, 1);
}

static void
start_marks (AspSplicer * s, Source * source)
{
  AspMark *mark;

  if (source->started)
    return;
  source->started = TRUE;
  source->pod_index = ++s->pod_index;
  if (source->pod_index == 1) {
    mark = make_mark (s, ASP_MARK_BREAK_START, source->start_90k);
    mark_add_audio (s, mark, source, source->start_90k);
    mark->pod_length = pod_length (s, source);
    asp_track_push_mark (&s->video_track, mark);
  }
  mark = make_mark (s, ASP_MARK_CREATIVE_START, source->start_90k);
  mark->pod_index = source->pod_index;
  mark->asset_id = g_strdup (source->creative->asset_id);
  mark->ad = asp_ad_copy (source->creative->ad);
  source->media_90k = planned_90k (s, source);
  mark->duration_90k = source->media_90k;
  mark_add_audio (s, mark, source, source->start_90k);
  asp_track_push_mark (&s->video_track, mark);
  report_break (s, ASP_STATE_CREATIVE_STARTED, source->mismatch ? "reorder-mismatch" : "",
      ASP_NO_TIME, source->start_90k, source);
}

static void
end_marks (AspSplicer * s, Source * source, gint64 end_90k)
{
  AspMark *mark;

  if (!source->started || source->ended)
    return;
  source->ended = TRUE;
  source->media_90k = end_90k - source->start_90k;
  s->filled_90k += source->media_90k;
  s->stats.creatives_played++;
  mark = make_mark (s, ASP_MARK_CREATIVE_END, end_90k);
  mark->pod_index = source->pod_index;
  mark->duration_90k = source->media_90k;
  mark->asset_id = g_strdup (source->creative->asset_id);
  mark->ad = asp_ad_copy (source->creative->ad);
  asp_track_push_mark (&s->video_track, mark);
  report_break (s, ASP_STATE_CREATIVE_ENDED, s->abandoned ? s->reason : "", ASP_NO_TIME, end_90k, source);
}

/* DTS of @au on our timeline: rule 1. */
static gint64
map_dts (AspSplicer * s, Source * source, const AspAu * au)
{
  gint64 dts = au->dts90k + source->delta_90k - source->dts_shift_90k;

  if (s->left_dts90k != ASP_NO_TIME) {
    if (dts <= s->left_dts90k)
      dts = s->left_dts90k + MAX (source->squeeze_90k, 1);
    else if (source->squeeze_90k > 0 && dts < s->left_dts90k + source->squeeze_90k)
      dts = s->left_dts90k + source->squeeze_90k;
  }
  return MIN (dts, au->pts90k + source->delta_90k);
}

static void
push_picture (AspSplicer * s, Source * source, AspAu * au, gint64 dts90k)
{
  gint64 pts = au->pts90k + source->delta_90k;
  guint8 header[ASP_PES_HEADER_MAX];
  gsize size;

  start_marks (s, source);
  /* video PES are not bounded: 2.4.3.7 */
  size = asp_pes_write_header (header, au->stream_id, G_MAXUINT32, pts + s->offset_90k, dts90k + s->offset_90k);
  asp_track_push_unit (&s->video_track, header, size, au, dts90k);
  source->max_pts90k = MAX (source->max_pts90k, pts);
  s->left_pts90k = MAX (s->left_pts90k, pts);
  s->left_dts90k = dts90k;
}

static gint64
source_end_90k (const Source * source)
{
  if (source->max_pts90k == ASP_NO_TIME)
    return source->start_90k;
  return source->max_pts90k + (gint64) llround (source->frame_90k);
}

/* @source has no more pictures: the next one begins a frame behind its last. */
static gboolean
next_source (AspSplicer * s, Source * source)
{
  gint64 start = source_end_90k (source);
  const gchar *reason;
  Source *next;

  source->video_done = TRUE;
  asp_track_splice (&s->video_track);
  /* the pad may be flushed, or go away, just now */
  g_mutex_lock (&s->hub->lock);
  if (source->creative->broken)
    s->reason = "broken-creative";
  g_mutex_unlock (&s->hub->lock);
  sources_close (s, source);
  if (s->abandoned || s->end_now || start > s->in_90k - half_frame_90k (s)) {
    next = s->config.return_policy == ASP_RETURN_FILL && !s->abandoned && !s->end_now ?
        choose_slate (s, start) : NULL;
  } else {
    next = source_choose (s, start, &reason, NULL);
  }
  /* With nothing behind it the sound of the network may follow at once: the picture
   * has to wait for a RAP, the sound has not. */
  source->end_90k = start;
  if (!next)
    return FALSE;
  end_marks (s, source, start);
  g_ptr_array_add (s->sources, next);
  s->video_source++;
  return TRUE;
}

static void
starved (AspSplicer * s, Source * source)
{
  gint64 now = network_now_90k (s);

  /* live: what has not come by the time it should be decoded will not come in time */
  if (now != ASP_NO_TIME && s->left_dts90k != ASP_NO_TIME && s->left_dts90k < now)
    break_abandon (s, "late-creative");
}

/* May a picture at @pts90k leave before it is known where the network returns? */
gboolean
within_limit (AspSplicer * s, gint64 pts90k)
{
  if (pts90k < video_limit_90k (s) - half_frame_90k (s))
    return TRUE;
  /* Behind the planned return there may be none as late as the network's own newest
   * picture: the RAP that comes next has a higher PTS than that. */
  return s->return_90k == ASP_NO_TIME && s->config.return_policy != ASP_RETURN_HOLD &&
      pts90k <= s->newest_pts90k && !s->ended_told && pts90k >= s->in_90k - half_frame_90k (s);
}

/* The creative has more than the break: what is behind the planned return is slate or
 * stillness, by policy; with `nearest` it may yet go on to the RAP. */
static gboolean
cut_at_limit (AspSplicer * s, Source * source, gint64 pts90k)
{
  if (s->config.return_policy == ASP_RETURN_NEAREST || source->slate || s->return_90k != ASP_NO_TIME ||
      pts90k < s->in_90k - half_frame_90k (s))
    return FALSE;
  return next_source (s, source);
}

/* Is it known already that nothing follows the picture that was taken? */
static gboolean
was_last_picture (AspSplicer * s, const Source * source)
{
  gboolean last;

  g_mutex_lock (&s->hub->lock);
  last = source->creative->eos && g_queue_is_empty (&source->creative->video.units);
  g_mutex_unlock (&s->hub->lock);
  return last && !source->slate;
}

/**
 * video_next:
 * Puts the next picture of the ads into the video track when its time has come.
 * Returns: TRUE when something changed and it is worth asking again
 */
gboolean
video_next (AspSplicer * s)
{
  Source *source = s->video_side == SIDE_AD ? source_at (s, s->video_source) : NULL;
  gboolean over;
  gint64 dts;
  AspAu *au;

  if (!source || source->video_done || s->return_90k != ASP_NO_TIME)
    return FALSE;
  au = source_peek_video (s, source, &over);
  if (!au) {
    if (over)
      return next_source (s, source);
    starved (s, source);
    return FALSE;
  }
  if (!within_limit (s, au->pts90k + source->delta_90k))
    return cut_at_limit (s, source, au->pts90k + source->delta_90k);
  dts = map_dts (s, source, au);
  if (dts > slot_video_horizon_90k (s))
    return FALSE;
  if (slot_exceeds_capacity (s, au->size, dts)) {
    break_abandon (s, "capacity");
    return FALSE;
  }
  au = source_pop_video (s, source);
  push_picture (s, source, au, dts);
  asp_au_unref (au);
  if (s->config.splice_countdown && was_last_picture (s, source))
    asp_track_splice (&s->video_track);
  return TRUE;
}

/* The network is back at @pts90k: what the creative still has before it leaves now,
 * the rest not at all. */
void
video_flush_until (AspSplicer * s, gint64 pts90k, gint64 dts90k)
{
  Source *source = source_at (s, s->video_source);
  gint64 last = pts90k;
  AspAu *au;

  if (!source)
    return;
  /* by policy a creative ends with the break, whatever comes between it and the network */
  if (s->config.return_policy == ASP_RETURN_HOLD ||
      (s->config.return_policy == ASP_RETURN_FILL && !source->slate))
    last = MIN (last, s->in_90k);
  while (!source->video_done) {
    gint64 dts;

    g_mutex_lock (&s->hub->lock);
    au = g_queue_peek_head (&source->creative->video.units);
    g_mutex_unlock (&s->hub->lock);
    if (!au || au->pts90k + source->delta_90k >= last - half_frame_90k (s))
      break;
    dts = map_dts (s, source, au);
    if (dts >= dts90k)
      break;
    if (slot_delays_return (s, au->size)) {
      s->reason = "capacity";
      break;
    }
    au = source_pop_video (s, source);
    push_picture (s, source, au, dts);
    asp_au_unref (au);
  }
  if (source->end_90k == ASP_NO_TIME)
    source->end_90k = pts90k;
  source->video_done = TRUE;
  end_marks (s, source, MIN (pts90k, source_end_90k (source)));
  /* Sound of it that lies before the return is still needed: the creative is closed
   * when the break is (break_over). */
}

/* Where the pictures of the ads end, once nothing more will follow. */
gint64
ads_end_90k (AspSplicer * s)
{
  Source *source = source_at (s, s->video_source);

  return source && source->video_done ? source_end_90k (source) : ASP_NO_TIME;
}
