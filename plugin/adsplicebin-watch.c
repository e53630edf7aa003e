/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-control.h"

#include <string.h>

#define PACE_LOW 0.9            /* of the time that passes: data comes slower than it plays */
#define RAP_SLACK_90K 900       /* a RAP so little before the asked time serves */
#define PREROLL_AHEAD_90K (5 * ASP_SECOND_90K)
#define PACE_WEIGHT 0.25        /* of the last second */

/* --- what comes in ----------------------------------------------------------------------- */

static AspControlRendition *
describe (const Pair * pair, const TsSplicerInput * in)
{
  AspControlRendition *r = g_new0 (AspControlRendition, 1);

  r->name = g_strdup_printf ("%u", pair->number);
  r->packets = in->stats.packets;
  r->bytes = in->stats.packets * 188;
  r->cc_errors = in->stats.cc_errors;
  r->cues = in->stats.cues;
  r->pts90k = in->now.pts90k;
  r->rap_pts90k = in->now.rap_pts90k;
  r->rap_us = in->rap_us;
  r->gop_90k = in->now.gop_90k;
  r->gop_frames = in->now.gop_frames;
  r->latency_ns = (gint64) asp_90k_to_ns (in->now.held_90k);
  r->n_pids = MIN (in->n_pids, ASP_CONTROL_PIDS_MAX);
  for (guint i = 0; i < r->n_pids; i++) {
    r->pids[i].pid = in->pids[i].pid;
    r->pids[i].stream_type = in->pids[i].stream_type;
    g_strlcpy (r->pids[i].codec, in->pids[i].codec, sizeof r->pids[i].codec);
  }
  return r;
}

/* (transfer full) */
static GPtrArray *
look (AdControl * c)
{
  GPtrArray *all = asp_control_renditions_new ();

  g_mutex_lock (&c->bin->build_lock);
  for (guint i = 0; i < c->bin->pairs->len; i++) {
    const Pair *pair = g_ptr_array_index (c->bin->pairs, i);
    TsSplicerInput in;

    gst_ts_splicer_get_input (GST_TS_SPLICER (pair->splicer), &in);
    g_ptr_array_add (all, describe (pair, &in));
  }
  g_mutex_unlock (&c->bin->build_lock);
  return all;
}

static void
measure_rates (AdControl * c, GPtrArray * renditions, gint64 now_us)
{
  g_array_set_size (c->seen, renditions->len);
  for (guint i = 0; i < renditions->len; i++) {
    AspControlRendition *r = g_ptr_array_index (renditions, i);
    AdSeen *seen = &g_array_index (c->seen, AdSeen, i);

    if (seen->at_us > 0 && now_us > seen->at_us && r->packets >= seen->packets)
      r->bits_per_second = (guint64) ((gdouble) (r->packets - seen->packets) * 188 * 8 * G_USEC_PER_SEC /
          (gdouble) (now_us - seen->at_us));
    *seen = (AdSeen) { r->packets, now_us };
  }
}

/* How fast stream time goes, of the first rendition. */
static AspApiHealth
measure_pace (AdControl * c, const GPtrArray * renditions, gint64 now_us)
{
  const AspControlRendition *r = renditions->len > 0 ? g_ptr_array_index (renditions, 0) : NULL;
  gint64 step;

  if (!r || r->pts90k == ASP_NO_TIME)
    return ASP_API_HEALTH_UNKNOWN;
  if (c->pace_us > 0 && now_us - c->pace_us < AD_CONTROL_TICK_US / 2)
    return c->pace < PACE_LOW ? ASP_API_STARVING : ASP_API_HEALTHY;
  step = asp_pts_diff ((guint64) r->pts90k, (guint64) c->pace_pts90k);
  if (c->pace_us > 0 && step >= 0 && step < 60 * ASP_SECOND_90K)
    c->pace += PACE_WEIGHT * ((gdouble) step * 100 / 9 / (gdouble) (now_us - c->pace_us) - c->pace);
  c->pace = MIN (c->pace, 1.5);
  c->pace_us = now_us;
  c->pace_pts90k = r->pts90k;
  return c->pace < PACE_LOW ? ASP_API_STARVING : ASP_API_HEALTHY;
}

static void
new_stream_id (gchar out[ASP_API_STREAM_ID_SIZE + 1])
{
  static const gchar letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  memcpy (out, "st-", 3);
  for (guint i = 3; i < ASP_API_STREAM_ID_SIZE; i++)
    out[i] = letters[g_random_int_range (0, sizeof letters - 1)];
  out[ASP_API_STREAM_ID_SIZE] = '\0';
}

/* A stream begins with its first data, and is over when none has come for a while. */
static void
follow_stream (AdControl * c, const GPtrArray * renditions, gint64 now_us)
{
  gchar stream_id[ASP_API_STREAM_ID_SIZE + 1];
  gboolean began, ended, flows;
  guint64 packets = 0;

  for (guint i = 0; i < renditions->len; i++)
    packets += ((const AspControlRendition *) g_ptr_array_index (renditions, i))->packets;
  if (packets > c->packets)
    c->moved_us = now_us;
  c->packets = packets;
  flows = c->moved_us > 0 && now_us - c->moved_us < AD_CONTROL_SILENT_US;
  g_mutex_lock (&c->lock);
  began = flows && !c->live;
  ended = !flows && c->live;
  if (began) {
    new_stream_id (c->stream_id);
    c->started_us = g_get_real_time ();
  }
  c->live = flows;
  g_strlcpy (stream_id, c->stream_id, sizeof stream_id);
  g_mutex_unlock (&c->lock);
  if (began || ended)
    ad_control_tell_stream (c, began, stream_id);
}

/* --- times that were told ------------------------------------------------------------------ */

/* Where the programme will be left: at the RAP behind the time that was asked for, when they go on coming as
 * the last two did. */
static gint64
expected_pts90k (AdControl * c, const AspChannelBreak * brk)
{
  gint64 rap_90k = ASP_NO_TIME, gop_90k = 0, ahead;
  gint out_point = 0;

  g_object_get (c->bin, "out-point", &out_point, NULL);
  g_mutex_lock (&c->lock);
  if (c->renditions->len > 0) {
    const AspControlRendition *r = g_ptr_array_index (c->renditions, 0);

    rap_90k = r->rap_pts90k;
    gop_90k = r->gop_90k;
  }
  g_mutex_unlock (&c->lock);
  if (out_point != 0 || rap_90k == ASP_NO_TIME || gop_90k <= 0)
    return brk->asked_pts90k;
  ahead = asp_pts_diff ((guint64) brk->asked_pts90k, (guint64) rap_90k);
  return ahead <= 0 ? brk->asked_pts90k : (gint64) asp_pts_wrap (rap_90k + (ahead - RAP_SLACK_90K + gop_90k - 1) / gop_90k * gop_90k);
}

gint64
ad_control_target_us (AdControl * c, const AspChannelBreak * brk)
{
  return asp_channel_time_of (c->channel, (guint64) expected_pts90k (c, brk));
}

/* What was said of the break, with the time that is true now; NULL when it still is. (transfer full) */
static GstStructure *
corrected (AdControl * c, const AspChannelBreak * brk)
{
  gint64 target_us = ad_control_target_us (c, brk);
  GstStructure *s = NULL;
  AdAsked *a;

  g_mutex_lock (&c->lock);
  a = ad_control_find_locked (c, brk->id);
  if (a && a->scheduled && a->target_us && a->tellings < AD_CONTROL_TELLINGS_MAX &&
      ABS (target_us - a->target_us) > AD_CONTROL_MOVED_US) {
    g_autofree gchar *when = asp_event_time (target_us);

    s = gst_structure_copy (a->scheduled);
    gst_structure_set (s, "target-start-time", G_TYPE_STRING, when, "reason", G_TYPE_STRING, "moved", NULL);
  }
  g_mutex_unlock (&c->lock);
  return s;
}

/* The stream stood still, came faster than before, or it is known now where RAPs are: what is scheduled begins
 * at another time. */
static void
correct_targets (AdControl * c)
{
  g_autoptr (GArray) open = asp_channel_open_breaks (c->channel);

  for (guint i = 0; i < open->len; i++) {
    const AspChannelBreak *brk = &g_array_index (open, AspChannelBreak, i);
    GstStructure *s = brk->running || brk->asked_pts90k == ASP_NO_TIME ? NULL : corrected (c, brk);

    if (!s)
      continue;
    ad_control_tell_state (c, s);
    gst_element_post_message (GST_ELEMENT (c->bin), gst_message_new_element (GST_OBJECT (c->bin), s));
  }
}

void
ad_control_watch (AdControl * c)
{
  gint64 now_us = g_get_monotonic_time ();
  GPtrArray *renditions = look (c), *before;
  AspApiHealth health;
  guint64 packets = c->packets;

  measure_rates (c, renditions, now_us);
  health = measure_pace (c, renditions, now_us);
  follow_stream (c, renditions, now_us);
  g_mutex_lock (&c->lock);
  before = c->renditions;
  c->renditions = renditions;
  c->health = c->live ? health : ASP_API_HEALTH_UNKNOWN;
  g_mutex_unlock (&c->lock);
  g_ptr_array_unref (before);
  /* while it stands still nobody knows how long it will */
  if (c->packets > packets)
    correct_targets (c);
}

gint64
ad_control_tick_us (AdControl * c)
{
  gboolean live;

  g_mutex_lock (&c->lock);
  live = c->live;
  g_mutex_unlock (&c->lock);
  return live ? AD_CONTROL_TICK_US : AD_CONTROL_TICK_OFF_US;
}

/* --- what is attached ------------------------------------------------------------------------ */

/* What is to open with the first picture is decided on before it: PREROLL_AHEAD_90K at most. */
static void
prepare_first (AdControl * c, AspBreak * b)
{
  b->prepared = TRUE;
  GST_OBJECT_LOCK (c->bin);
  if (c->bin->worker)
    ad_worker_prepare (c->bin->worker, b, PREROLL_AHEAD_90K);
  GST_OBJECT_UNLOCK (c->bin);
}

static void
request_roll (AdControl * c, guint seconds, gboolean preroll)
{
  AspBreak *b = asp_break_new (ASP_ORIGIN_SIGNAL, ASP_NO_TIME, seconds * ASP_SECOND_90K);
  gchar id[ASP_BREAK_ID_SIZE];
  const gchar *reason;
  AdAsked *a;

  g_strlcpy (id, b->id, sizeof id);
  b->postroll = !preroll;
  g_mutex_lock (&c->lock);
  a = ad_control_add_locked (c, id);
  a->origin = preroll ? "pre-roll" : "post-roll";
  a->preroll = preroll;
  g_mutex_unlock (&c->lock);
  if (preroll)
    prepare_first (c, b);
  reason = preroll ? asp_channel_request_first (c->channel, b) : asp_channel_request (c->channel, NULL, b);
  if (reason) {
    GST_WARNING_OBJECT (c->bin, "the %s of the ad configuration is not taken: %s", preroll ? "pre-roll" : "post-roll", reason);
    ad_control_forget (c, id);
  } else if (!preroll) {
    g_strlcpy (c->post_roll, id, sizeof c->post_roll);
  }
}

/* One that has played, or was taken back, is not there any more. */
static void
follow_post_roll (AdControl * c, guint seconds)
{
  AspChannelBreak brk;
  gboolean open = *c->post_roll && asp_channel_find (c->channel, c->post_roll, &brk) && !brk.over;

  if (open && c->post_roll_s == seconds)
    return;
  if (open && !asp_channel_cancel (c->channel, c->post_roll))
    return;                     /* it runs */
  c->post_roll[0] = '\0';
  c->post_roll_s = seconds;
  if (seconds > 0)
    request_roll (c, seconds, FALSE);
}

void
ad_control_refresh (AdControl * c)
{
  AspApiAttachment news = { NULL }, before;
  g_autoptr (GError) error = NULL;
  guint pre_roll_s, post_roll_s;

  asp_control_get_attachment (c->server, c->name, &news, &error);
  if (error) {
    GST_WARNING_OBJECT (c->bin, "what is attached to channel '%s' cannot be read, and stays as it is: %s", c->name,
        error->message);
    return;
  }
  GST_DEBUG_OBJECT (c->bin, "channel '%s' has %s", c->name, news.arn ? news.arn : "no ad configuration");
  pre_roll_s = news.pre_roll_seconds;
  post_roll_s = news.post_roll_seconds;
  /* first, for the breaks of it are decided at once */
  g_mutex_lock (&c->lock);
  before = c->attachment;
  c->attachment = news;
  g_mutex_unlock (&c->lock);
  asp_api_attachment_clear (&before);
  if (!c->looked && pre_roll_s > 0)
    request_roll (c, pre_roll_s, TRUE);
  c->looked = TRUE;
  follow_post_roll (c, post_roll_s);
}
