/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-control.h"

#include <string.h>

/* In threads of the control server, several at once. */

/* --- status ------------------------------------------------------------------------------ */

static gboolean
is_playing (GstAdSpliceBin * bin)
{
  gboolean playing;

  GST_OBJECT_LOCK (bin);
  playing = GST_STATE (bin) == GST_STATE_PLAYING;
  GST_OBJECT_UNLOCK (bin);
  return playing;
}

static gboolean
is_live (AdControl * c)
{
  gboolean live;

  g_mutex_lock (&c->lock);
  live = c->live;
  g_mutex_unlock (&c->lock);
  return live && is_playing (c->bin);
}

static void
add_renditions_locked (AdControl * c, AspControlStatus * status)
{
  for (guint i = 0; i < c->renditions->len; i++) {
    AspControlRendition *copy = g_memdup2 (g_ptr_array_index (c->renditions, i), sizeof *copy);

    copy->name = g_strdup (copy->name);
    g_ptr_array_add (status->renditions, copy);
  }
}

static void
add_settings (AdControl * c, AspControlStatus * status)
{
  GstAdSpliceBin *bin = c->bin;

  GST_OBJECT_LOCK (bin);
  status->lead_90k = asp_ns_to_90k (bin->lead_time_ns);
  status->channel->has_ads = (bin->decisions & AD_DECISIONS_CHANNEL) &&
      ((bin->ads_url && *bin->ads_url) || (bin->creative_uris && *bin->creative_uris));
  if (bin->ads_url && *bin->ads_url && !status->ads_url)
    status->ads_url = asp_http_url_for_people (bin->ads_url);
  GST_OBJECT_UNLOCK (bin);
}

/* What the ad server and the store have counted. */
static void
add_worker (AdControl * c, AspControlStatus * status)
{
  GST_OBJECT_LOCK (c->bin);
  if (c->bin->worker)
    ad_worker_count (c->bin->worker, status);
  GST_OBJECT_UNLOCK (c->bin);
}

static AspControlStatus *
get_status (gpointer user_data)
{
  AdControl *c = user_data;
  AspControlStatus *status = asp_control_status_new ();
  AspApiChannel *channel = status->channel;
  gboolean playing = is_playing (c->bin);

  channel->name = g_strdup (c->name);
  channel->busy = asp_channel_is_busy (c->channel, ASP_SECOND_90K);
  g_mutex_lock (&c->lock);
  channel->live = c->live && playing;
  g_strlcpy (channel->stream_id, c->stream_id, sizeof channel->stream_id);
  channel->started_us = c->started_us;
  channel->health = c->health;
  if (c->attachment.ads_url)
    status->ads_url = asp_http_url_for_people (c->attachment.ads_url);
  add_renditions_locked (c, status);
  status->breaks = c->breaks;
  status->breaks_filled = c->filled;
  status->breaks_skipped = c->skipped;
  status->creatives = c->creatives;
  g_mutex_unlock (&c->lock);
  add_settings (c, status);
  add_worker (c, status);
  return status;
}

/* --- breaks ------------------------------------------------------------------------------- */

/* In 33 bits of the stream; ASP_NO_TIME: as soon as lead-time allows. FALSE with VALIDATION. */
static gboolean
read_start (AdControl * c, const AspControlBreak * brk, gint64 * out, GError ** error)
{
  gint64 now_us = g_get_real_time ();
  guint64 pts = 0;

  *out = ASP_NO_TIME;
  if (brk->start_pts90k != ASP_NO_TIME) {
    pts = asp_pts_wrap (brk->start_pts90k);
    if (asp_channel_time_of (c->channel, pts) <= now_us) {
      g_set_error (error, ASP_API_ERROR, ASP_API_VALIDATION, "The picture of PTS %" G_GUINT64_FORMAT " has passed", pts);
      return FALSE;
    }
    *out = (gint64) pts;
  } else if (brk->start_us != 0) {
    if (brk->start_us <= now_us || !asp_channel_pts_at (c->channel, brk->start_us, &pts)) {
      g_set_error_literal (error, ASP_API_ERROR, ASP_API_VALIDATION, "The time at which the break was to begin has passed");
      return FALSE;
    }
    *out = (gint64) pts;
  }
  return TRUE;
}

/* FALSE: there is something about it already, which stays. */
static gboolean
remember (AdControl * c, const gchar * id, const AspControlBreak * brk)
{
  AdAsked *a;
  gboolean first;

  g_mutex_lock (&c->lock);
  first = !ad_control_find_locked (c, id);
  a = ad_control_add_locked (c, id);
  if (first) {
    a->origin = brk->origin ? brk->origin : "v1";
    a->ads_params = brk->ads_params ? g_hash_table_ref (brk->ads_params) : NULL;
    a->ads_url = g_strdup (brk->ads_url);
  }
  g_mutex_unlock (&c->lock);
  return first;
}

static gboolean
is_known (AdControl * c, const gchar * id)
{
  AspChannelBreak brk;

  return asp_channel_find (c->channel, id, &brk);
}

/* The channel decides, under its lock: of many calls at a time one is first. */
static gchar *
request (AdControl * c, AspBreak * b, const AspControlBreak * brk, GError ** error)
{
  g_autofree gchar *id = g_strdup (b->id);
  gboolean first = remember (c, id, brk), told = FALSE;
  AspChannelBreak made;
  const gchar *reason = asp_channel_request_told (c->channel, b, &made, &told);

  if (told)
    ad_control_tell_scheduled (c, &made);
  if (!reason)
    asp_channel_tell_due (c->channel);
  if (!reason || (brk->idempotency_key && is_known (c, id)))
    return g_steal_pointer (&id);
  if (first)
    ad_control_forget (c, id);
  if (!strcmp (reason, "conflict"))
    g_set_error (error, ASP_API_ERROR, ASP_API_CONFLICT, "An ad break is scheduled or runs on channel '%s' already", c->name);
  else
    g_set_error (error, ASP_API_ERROR, ASP_API_UNAVAILABLE, "Channel '%s' takes no further break now: %s", c->name, reason);
  return NULL;
}

static gchar *
insert_break (const AspControlBreak * brk, gpointer user_data, GError ** error)
{
  AdControl *c = user_data;
  AspBreak *b;
  gint64 start;

  if (!is_live (c)) {
    g_set_error (error, ASP_API_ERROR, ASP_API_NOT_BROADCASTING, "The stream is offline for the given channel ARN: no data "
        "flows through '%s'", c->name);
    return NULL;
  }
  b = asp_break_new (ASP_ORIGIN_SIGNAL, ASP_NO_TIME, MAX (brk->duration_90k, 0));
  if (brk->idempotency_key)
    asp_break_id_for_key (b->id, c->name, brk->idempotency_key);
  if (brk->idempotency_key && is_known (c, b->id)) {
    gchar *id = g_strdup (b->id);

    asp_break_free (b);
    return id;
  }
  if (!read_start (c, brk, &start, error)) {
    asp_break_free (b);
    return NULL;
  }
  b->asked_90k = start;
  return request (c, b, brk, error);
}

static gboolean
find_open (AdControl * c, const gchar * id, AspChannelBreak * brk, GError ** error)
{
  if (asp_channel_find (c->channel, id, brk) && !brk->over)
    return TRUE;
  g_set_error (error, ASP_API_ERROR, ASP_API_NOT_FOUND, "There is no open break '%s' on channel '%s'", id, c->name);
  return FALSE;
}

static gboolean
too_late (GError ** error, const gchar * text)
{
  g_set_error_literal (error, ASP_API_ERROR, ASP_API_CONFLICT, text);
  return FALSE;
}

static gboolean
cancel_break (const gchar * id, gpointer user_data, GError ** error)
{
  AdControl *c = user_data;
  AspChannelBreak brk;

  if (!find_open (c, id, &brk, error))
    return FALSE;
  if (!asp_channel_cancel (c->channel, id))
    return too_late (error, "The break has begun: it can be ended, not cancelled");
  /* no picture has come since it was asked for: no rendition will ever know of it */
  if (asp_channel_find (c->channel, id, &brk) && !brk.given)
    ad_control_tell_over (c, id, "cancelled", "asked");
  return TRUE;
}

static gboolean
end_break (const gchar * id, gpointer user_data, GError ** error)
{
  AdControl *c = user_data;
  AspChannelBreak brk;

  if (!find_open (c, id, &brk, error))
    return FALSE;
  return asp_channel_end (c->channel, id) || too_late (error, brk.running ? "The break is over" :
      "The break has not begun: it can be cancelled, not ended");
}

static gboolean
extend_break (const gchar * id, gint64 duration_90k, gpointer user_data, GError ** error)
{
  AdControl *c = user_data;
  AspChannelBreak brk;
  const gchar *reason;

  if (!find_open (c, id, &brk, error))
    return FALSE;
  reason = asp_channel_extend (c->channel, id, duration_90k);
  return !reason || too_late (error, strcmp (reason, "conflict") ? "The break is about to end" :
      "Another break begins before it would be over");
}

/* --- creatives --------------------------------------------------------------------------- */

static gboolean
warm (const gchar * uri, gpointer user_data, GError ** error)
{
  AdControl *c = user_data;
  gboolean ok = FALSE;

  GST_OBJECT_LOCK (c->bin);
  if (c->bin->worker)
    ok = ad_worker_warm (c->bin->worker, uri);
  GST_OBJECT_UNLOCK (c->bin);
  if (!ok)
    g_set_error (error, ASP_API_ERROR, ASP_API_UNAVAILABLE, "Channel '%s' can get no further creative ready now: it decides "
        "for nobody (`decisions`), has no creative folder, or too many are waiting", c->name);
  return ok;
}

static gchar *
creatives (gpointer user_data)
{
  AdControl *c = user_data;
  gchar *text = NULL;

  GST_OBJECT_LOCK (c->bin);
  if (c->bin->worker)
    text = ad_worker_list_creatives (c->bin->worker);
  GST_OBJECT_UNLOCK (c->bin);
  return text ? text : g_strdup ("[]");
}

/* In the thread of whoever has written to the store. */
static void
changed (gpointer user_data)
{
  AdControl *c = user_data;

  GST_OBJECT_LOCK (c->bin);
  if (c->bin->worker)
    ad_worker_refresh (c->bin->worker);
  GST_OBJECT_UNLOCK (c->bin);
}

const AspControlChannel ad_control_calls = {
  .status = get_status,
  .insert = insert_break,
  .cancel = cancel_break,
  .end = end_break,
  .extend = extend_break,
  .warm = warm,
  .creatives = creatives,
  .changed = changed,
};
