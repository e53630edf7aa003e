/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tssplicer-private.h"

/*
 * One rendition of a channel (`channel`, or what adsplicebin gives): the channel plans, the
 * splicer asks it at each picture. All of it in the streaming thread of the network but joining
 * and leaving.
 */

/* Takes the orders there are; with @pts90k G_MAXUINT64 no picture is due. */
static void
take_orders (GstTsSplicer * self, guint64 pts90k, gint64 frame_90k)
{
  GArray *orders = asp_channel_picture (self->channel, self->rendition, pts90k, frame_90k, &self->channel_seen);

  if (!orders)
    return;
  for (guint i = 0; i < orders->len; i++)
    asp_splicer_order (self->splicer, &g_array_index (orders, AspSplicerOrder, i));
  asp_channel_orders_free (orders);
}

static void
channel_sync (gpointer user_data, guint64 pts90k, gint64 frame_90k)
{
  take_orders (user_data, pts90k, frame_90k);
}

static void
channel_request (gpointer user_data, AspBreak * b)
{
  GstTsSplicer *self = user_data;

  asp_channel_request (self->channel, self->rendition, b);
}

/* A cue that came too late for anything. */
static void
report_late (GstTsSplicer * self, const AspChannelSkip * skip, const gchar * reason)
{
  AspReport report = { .state = ASP_STATE_SKIPPED, .break_id = skip->id, .reason = reason,
    .asked_pts90k = skip->asked_pts90k, .pts90k = ASP_NO_TIME, .duration_90k = skip->duration_90k
  };

  ts_splicer_report (self, &report);
}

static const gchar *
channel_cue (gpointer user_data, const AspScte35Section * section, const gchar * hex, gint64 now_pts90k)
{
  GstTsSplicer *self = user_data;
  g_autoptr (GArray) skipped = NULL;
  const gchar *reason;

  if (!self->cue_is_new)
    return NULL;
  skipped = g_array_new (FALSE, FALSE, sizeof (AspChannelSkip));
  reason = asp_channel_cue (self->channel, self->rendition, section, hex, now_pts90k, skipped);
  for (guint i = 0; i < skipped->len; i++)
    report_late (self, &g_array_index (skipped, AspChannelSkip, i), reason);
  return skipped->len > 0 ? NULL : reason;
}

static AspAlign
channel_leave (gpointer user_data, const gchar * id, guint64 pts90k, guint64 start_pts90k, gint64 half_90k,
    guint64 * in_pts90k)
{
  GstTsSplicer *self = user_data;

  return asp_channel_out (self->channel, self->rendition, id, pts90k, start_pts90k, half_90k, in_pts90k);
}

static AspAlign
channel_come_back (gpointer user_data, const gchar * id, guint64 pts90k, gint64 half_90k, gboolean planned)
{
  GstTsSplicer *self = user_data;

  return asp_channel_back (self->channel, self->rendition, id, pts90k, half_90k, planned);
}

static gboolean
channel_jumped (gpointer user_data, gint64 jump_90k)
{
  GstTsSplicer *self = user_data;

  return asp_channel_jumped (self->channel, self->rendition, jump_90k);
}

static void
channel_flushed (gpointer user_data)
{
  GstTsSplicer *self = user_data;

  asp_channel_flushed (self->channel, self->rendition);
}

static const AspSplicerChannel functions = {
  channel_sync, channel_request, channel_cue, channel_leave, channel_come_back, channel_jumped, channel_flushed
};

/* --- from outside ----------------------------------------------------------------- */

/* Before READY to PAUSED; for adsplicebin. @rendition stands in messages. */
void
gst_ts_splicer_set_channel (GstTsSplicer * self, AspChannel * channel, const gchar * rendition)
{
  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->given_channel, asp_channel_unref);
  self->given_channel = channel ? asp_channel_ref (channel) : NULL;
  g_free (self->rendition_name);
  self->rendition_name = g_strdup (rendition);
  GST_OBJECT_UNLOCK (self);
}

/* NULL when there is none, or the element does not run. (transfer full) */
AspChannel *
ts_splicer_ref_channel (GstTsSplicer * self)
{
  AspChannel *channel;

  g_mutex_lock (&self->request_lock);
  channel = self->running && self->channel ? asp_channel_ref (self->channel) : NULL;
  g_mutex_unlock (&self->request_lock);
  return channel;
}

/* READY to PAUSED, before the first byte. */
void
ts_splicer_channel_join (GstTsSplicer * self, const AspPlanConfig * config)
{
  g_autofree gchar *name = NULL, *rendition = NULL;
  AspChannel *channel;

  GST_OBJECT_LOCK (self);
  channel = self->given_channel ? asp_channel_ref (self->given_channel) : NULL;
  name = g_strdup (self->settings.channel);
  rendition = g_strdup (self->rendition_name ? self->rendition_name : GST_OBJECT_NAME (self));
  GST_OBJECT_UNLOCK (self);
  if (!channel && name && *name)
    channel = asp_channel_get (name);
  if (!channel)
    return;
  asp_channel_set_config (channel, config);
  self->rendition = asp_channel_join (channel, rendition);
  self->channel_seen = G_MAXUINT;
  g_mutex_lock (&self->request_lock);
  self->channel = channel;
  g_mutex_unlock (&self->request_lock);
  asp_splicer_set_channel (self->splicer, &functions, self);
}

/* PAUSED to READY, when nothing streams any more. */
void
ts_splicer_channel_leave (GstTsSplicer * self)
{
  AspChannel *channel;
  GArray *ended;

  g_mutex_lock (&self->request_lock);
  channel = g_steal_pointer (&self->channel);
  g_mutex_unlock (&self->request_lock);
  if (!channel)
    return;
  ended = asp_channel_leave (channel, g_steal_pointer (&self->rendition));
  for (guint i = 0; i < ended->len && asp_channel_n_renditions (channel) > 0; i++) {
    const gchar *id = ended->data + i * ASP_BREAK_ID_SIZE;

    ts_splicer_post_state (self, id, "ended", "rendition-removed");
  }
  g_array_unref (ended);
  asp_channel_unref (channel);
}

/* Streaming thread: what has been ordered since the last picture. Without a lock when nothing has. */
void
ts_splicer_take_orders (GstTsSplicer * self)
{
  if (self->rendition && asp_channel_has_orders (self->channel, self->channel_seen))
    take_orders (self, G_MAXUINT64, 0);
}

/* A cue that another rendition has had is no news. */
gboolean
ts_splicer_cue_is_new (GstTsSplicer * self, const guint8 * data, gsize size)
{
  self->cue_is_new = !self->rendition || asp_channel_cue_is_new (self->channel, self->rendition, data, size);
  return self->cue_is_new;
}

/* --- messages ------------------------------------------------------------------------ */

static const gchar *
share_state_name (AspShareState state)
{
  static const gchar *const names[] = {
    [ASP_SHARE_NONE] = "none",
    [ASP_SHARE_PENDING] = "scheduled",
    [ASP_SHARE_STARTED] = "started",
    [ASP_SHARE_ENDED] = "ended",
    [ASP_SHARE_SKIPPED] = "skipped",
    [ASP_SHARE_CANCELLED] = "cancelled",
  };

  return names[state];
}

static void
set_pts (GstStructure * s, const gchar * field, gint64 pts90k)
{
  if (pts90k != ASP_NO_TIME)
    gst_structure_set (s, field, G_TYPE_UINT64, asp_pts_wrap (pts90k), NULL);
}

static GstStructure *
share_structure (const AspShare * share)
{
  GstStructure *s = gst_structure_new ("rendition", "rendition", G_TYPE_STRING, share->rendition,
      "state", G_TYPE_STRING, share_state_name (share->state), "reason", G_TYPE_STRING, share->reason,
      "aligned", G_TYPE_BOOLEAN, share->aligned, NULL);

  set_pts (s, "out-pts-90k", share->out_pts90k);
  set_pts (s, "in-pts-90k", share->in_pts90k);
  return s;
}

static void
add_shares (GstStructure * s, const GArray * shares)
{
  GValue list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_LIST);
  for (guint i = 0; i < shares->len; i++) {
    GValue item = G_VALUE_INIT;

    g_value_init (&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&item, share_structure (&g_array_index (shares, AspShare, i)));
    gst_value_list_append_and_take_value (&list, &item);
  }
  gst_structure_take_value (s, "renditions", &list);
}

/* What this rendition alone has to say, where there are others. */
static void
post_rendition_state (GstTsSplicer * self, const GstStructure * s)
{
  GstStructure *own = gst_structure_copy (s);
  g_autofree gchar *rendition = NULL;

  GST_OBJECT_LOCK (self);
  rendition = g_strdup (self->rendition_name ? self->rendition_name : GST_OBJECT_NAME (self));
  GST_OBJECT_UNLOCK (self);
  gst_structure_set_name (own, "ad-break-rendition-state-change");
  gst_structure_set (own, "rendition", G_TYPE_STRING, rendition, NULL);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), own));
}

/* Is @s, of @report, news of the channel? With the shares of all renditions in it, then. */
gboolean
ts_splicer_channel_note (GstTsSplicer * self, const AspReport * report, GstStructure * s)
{
  GArray *shares = NULL;
  gboolean news;

  if (!self->rendition)
    return TRUE;
  news = asp_channel_note (self->channel, self->rendition, report, &shares);
  if (asp_channel_n_renditions (self->channel) > 1)
    post_rendition_state (self, s);
  if (shares && news)
    add_shares (s, shares);
  if (shares)
    g_array_unref (shares);
  return news;
}
