/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tssplicer-private.h"

/* What belongs to one pad; lives as long as the pad. */
typedef struct
{
  GstTsSplicer *self;
  AspAdQueue *queue;            /* NULL for slate; hub->lock */
  gboolean slate;
  AspCreative *creative;        /* the one being read; streaming thread of the pad */
  AspCreativeReader *reader;
  gchar *title;                 /* of the last TAG or STREAM_START; for the asset id */
  AspAd *assigned;              /* what is known of its creative; or NULL */
} AdPad;

static AdPad *
ad_pad_of (GstPad * pad)
{
  return gst_pad_get_element_private (pad);
}

static void
ad_pad_free (gpointer data)
{
  AdPad *ad = data;

  asp_creative_reader_free (ad->reader);
  asp_creative_unref (ad->creative);
  asp_ad_queue_free (ad->queue);
  g_free (ad->title);
  asp_ad_free (ad->assigned);
  g_free (ad);
}

/* --- one creative --------------------------------------------------------------- */

static void
post_slate_state (GstTsSplicer * self, AspCreative * c)
{
  if (c->state == ASP_CREATIVE_REFUSED)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT, ("The slate is not used: %s.", c->reason),
        ("%s", c->detail ? c->detail : ""));
}

/* Ends the creative that is being read; what it had is delivered. */
static void
end_creative (AdPad * ad)
{
  AspAdHub *hub = ad->self->hub;

  if (!ad->reader)
    return;
  asp_creative_reader_finish (ad->reader);
  g_mutex_lock (&hub->lock);
  asp_creative_reader_deliver_locked (ad->reader);
  if (ad->slate) {
    asp_creative_unref (hub->slate);
    hub->slate = asp_creative_ref (ad->creative);
    hub->slate_coming = FALSE;
  }
  asp_ad_hub_changed_locked (hub);
  g_mutex_unlock (&hub->lock);
  if (ad->slate)
    post_slate_state (ad->self, ad->creative);
  g_clear_pointer (&ad->reader, asp_creative_reader_free);
  g_clear_pointer (&ad->creative, asp_creative_unref);
}

static void
begin_creative (AdPad * ad)
{
  AspAdHub *hub = ad->self->hub;

  if (ad->reader)
    return;
  ad->creative = asp_creative_new ();
  if (ad->title || ad->assigned) {
    g_free (ad->creative->asset_id);
    ad->creative->asset_id = g_strdup (ad->assigned ? ad->assigned->creative.asset_id : ad->title);
  }
  ad->creative->ad = asp_ad_copy (ad->assigned);
  ad->reader = asp_creative_reader_new (ad->creative);
  if (!ad->queue)
    return;
  g_mutex_lock (&hub->lock);
  g_queue_push_tail (&ad->queue->creatives, asp_creative_ref (ad->creative));
  asp_ad_hub_changed_locked (hub);
  g_mutex_unlock (&hub->lock);
}

/* A pad reads ahead up to its limit, then it waits until the splicer has taken some. */
static GstFlowReturn
wait_for_room (AdPad * ad)
{
  AspAdHub *hub = ad->self->hub;
  GstFlowReturn ret = GST_FLOW_OK;

  g_mutex_lock (&hub->lock);
  while (!ad->queue->flushing && !ad->queue->discard &&
      asp_ad_queue_bytes_locked (ad->queue) >= ASP_QUEUE_BYTES_MAX)
    asp_ad_hub_wait_for_room_locked (hub);
  if (ad->queue->flushing)
    ret = GST_FLOW_FLUSHING;
  else if (ad->queue->discard)
    ret = GST_FLOW_EOS;
  g_mutex_unlock (&hub->lock);
  return ret;
}

static GstFlowReturn
deliver (AdPad * ad)
{
  AspAdHub *hub = ad->self->hub;
  gsize bytes;

  g_mutex_lock (&hub->lock);
  asp_creative_reader_deliver_locked (ad->reader);
  bytes = ad->creative->bytes;
  asp_ad_hub_changed_locked (hub);
  g_mutex_unlock (&hub->lock);
  if (!ad->slate || bytes <= ASP_SLATE_BYTES_MAX)
    return GST_FLOW_OK;
  GST_ELEMENT_WARNING (ad->self, RESOURCE, NO_SPACE_LEFT,
      ("The slate is longer than 64 MiB; what has been read of it is used."), (NULL));
  end_creative (ad);
  return GST_FLOW_EOS;
}

/* --- pad functions -------------------------------------------------------------- */

static gboolean
is_discarding (AdPad * ad)
{
  gboolean discard;

  if (!ad->queue)
    return FALSE;
  g_mutex_lock (&ad->self->hub->lock);
  discard = ad->queue->discard;
  g_mutex_unlock (&ad->self->hub->lock);
  return discard;
}

static GstFlowReturn
ad_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  AdPad *ad = ad_pad_of (pad);
  GstFlowReturn ret = GST_FLOW_OK;
  GstMapInfo map;

  if (is_discarding (ad)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_EOS;
  }
  begin_creative (ad);
  if (gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    asp_creative_reader_push (ad->reader, map.data, map.size);
    gst_buffer_unmap (buffer, &map);
    ret = deliver (ad);
  }
  gst_buffer_unref (buffer);
  if (ret == GST_FLOW_OK && !ad->slate)
    ret = wait_for_room (ad);
  return ret;
}

static void
set_title (AdPad * ad, const GstTagList * tags)
{
  gchar *title = NULL;

  if (gst_tag_list_get_string (tags, GST_TAG_TITLE, &title)) {
    g_free (ad->title);
    ad->title = title;
  }
}

static void
set_expecting (AdPad * ad, gboolean expecting)
{
  if (!ad->queue)
    return;
  g_mutex_lock (&ad->self->hub->lock);
  ad->queue->expecting = expecting;
  if (expecting)
    ad->queue->discard = FALSE;
  asp_ad_hub_changed_locked (ad->self->hub);
  g_mutex_unlock (&ad->self->hub->lock);
}

static void
set_flushing (AdPad * ad, gboolean flushing)
{
  if (!ad->queue)
    return;
  g_mutex_lock (&ad->self->hub->lock);
  ad->queue->flushing = flushing;
  asp_ad_hub_changed_locked (ad->self->hub);
  g_mutex_unlock (&ad->self->hub->lock);
}

/* Drops what was read and not yet played; a creative on air ends with what it has. */
static void
drop_all (AdPad * ad)
{
  AspAdHub *hub = ad->self->hub;

  g_clear_pointer (&ad->reader, asp_creative_reader_free);
  g_mutex_lock (&hub->lock);
  if (ad->creative) {
    ad->creative->eos = TRUE;
    ad->creative->broken = TRUE;
  }
  if (ad->queue)
    asp_ad_queue_clear_locked (ad->queue);
  asp_ad_hub_changed_locked (hub);
  g_mutex_unlock (&hub->lock);
  g_clear_pointer (&ad->creative, asp_creative_unref);
}

/* An EOS without a byte before it is a creative too, an empty one: the break must hear why. */
static void
on_eos (AdPad * ad)
{
  gboolean expecting = FALSE;

  if (ad->queue) {
    g_mutex_lock (&ad->self->hub->lock);
    expecting = ad->queue->expecting && !ad->queue->discard && g_queue_is_empty (&ad->queue->creatives);
    g_mutex_unlock (&ad->self->hub->lock);
  }
  if (expecting && !ad->reader)
    begin_creative (ad);
  end_creative (ad);
  set_expecting (ad, FALSE);
}

/* It is there, or there was nothing in it. */
static void
no_slate_comes (AdPad * ad)
{
  if (!ad->slate)
    return;
  g_mutex_lock (&ad->self->hub->lock);
  ad->self->hub->slate_coming = FALSE;
  asp_ad_hub_changed_locked (ad->self->hub);
  g_mutex_unlock (&ad->self->hub->lock);
}

static gboolean
ad_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  AdPad *ad = ad_pad_of (pad);
  GstTagList *tags;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      end_creative (ad);
      g_clear_pointer (&ad->title, g_free);
      set_expecting (ad, TRUE);
      break;
    case GST_EVENT_TAG:
      gst_event_parse_tag (event, &tags);
      set_title (ad, tags);
      break;
    case GST_EVENT_EOS:
      on_eos (ad);
      no_slate_comes (ad);
      break;
    case GST_EVENT_FLUSH_START:
      set_flushing (ad, TRUE);
      break;
    case GST_EVENT_FLUSH_STOP:
      drop_all (ad);
      set_flushing (ad, FALSE);
      set_expecting (ad, TRUE);
      break;
    default:
      break;
  }
  /* Nothing of a creative's stream goes downstream: the network's events are the output's. */
  gst_event_unref (event);
  return TRUE;
}

static gboolean
ad_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
    case GST_QUERY_ACCEPT_CAPS:
      return gst_pad_query_default (pad, parent, query);
    default:
      return FALSE;             /* creatives have no latency and no position of the output */
  }
}

static gboolean
ad_activate (GstPad * pad, GstObject * parent, GstPadMode mode, gboolean active)
{
  AdPad *ad = ad_pad_of (pad);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  set_flushing (ad, !active);
  if (!active) {
    /* wait until the streaming thread is out, then forget */
    GST_PAD_STREAM_LOCK (pad);
    drop_all (ad);
    GST_PAD_STREAM_UNLOCK (pad);
  }
  /* something is linked: a creative is to be expected, even before its STREAM_START */
  set_expecting (ad, active && gst_pad_is_linked (pad));
  return TRUE;
}

static GstIterator *
ad_links (GstPad * pad, GstObject * parent)
{
  return NULL;
}

static GstPadLinkReturn
ad_link (GstPad * pad, GstObject * parent, GstPad * peer)
{
  set_expecting (ad_pad_of (pad), TRUE);
  return GST_PAD_LINK_OK;
}

static void
ad_unlink (GstPad * pad, GstObject * parent)
{
  set_expecting (ad_pad_of (pad), FALSE);
}

/* --- life ----------------------------------------------------------------------- */

static gint
compare_queues (gconstpointer a, gconstpointer b)
{
  const AspAdQueue *x = *(AspAdQueue * const *) a, *y = *(AspAdQueue * const *) b;

  return x->number < y->number ? -1 : x->number > y->number;
}

GstPad *
ts_splicer_add_ad_pad (GstTsSplicer * self, GstPadTemplate * templ, const gchar * name,
    guint number, gboolean slate)
{
  GstPad *pad = gst_pad_new_from_template (templ, name);
  AdPad *ad = g_new0 (AdPad, 1);

  ad->self = self;
  ad->slate = slate;
  gst_pad_set_element_private (pad, ad);
  /* a change of state may have the pad in hand while it is being released */
  g_object_set_data_full (G_OBJECT (pad), "adsplice-ad", ad, ad_pad_free);
  if (!slate) {
    ad->queue = asp_ad_queue_new (number);
    g_mutex_lock (&self->hub->lock);
    g_ptr_array_add (self->hub->queues, ad->queue);
    g_ptr_array_sort (self->hub->queues, compare_queues);
    g_mutex_unlock (&self->hub->lock);
  }
  gst_pad_set_chain_function (pad, GST_DEBUG_FUNCPTR (ad_chain));
  gst_pad_set_event_function (pad, GST_DEBUG_FUNCPTR (ad_event));
  gst_pad_set_query_function (pad, GST_DEBUG_FUNCPTR (ad_query));
  gst_pad_set_activatemode_function (pad, GST_DEBUG_FUNCPTR (ad_activate));
  gst_pad_set_iterate_internal_links_function (pad, GST_DEBUG_FUNCPTR (ad_links));
  gst_pad_set_link_function (pad, GST_DEBUG_FUNCPTR (ad_link));
  gst_pad_set_unlink_function (pad, GST_DEBUG_FUNCPTR (ad_unlink));
  if (GST_STATE (self) >= GST_STATE_PAUSED || GST_STATE_NEXT (self) >= GST_STATE_PAUSED)
    gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

void
ts_splicer_remove_ad_pad (GstTsSplicer * self, GstPad * pad)
{
  AdPad *ad = ad_pad_of (pad);
  GstPad *peer = gst_pad_get_peer (pad);

  gst_object_ref (pad);
  gst_pad_set_active (pad, FALSE);
  if (peer) {
    gst_pad_unlink (peer, pad);
    gst_object_unref (peer);
  }
  g_mutex_lock (&self->hub->lock);
  if (ad->queue)
    g_ptr_array_remove (self->hub->queues, ad->queue);
  if (ad->slate) {
    g_clear_pointer (&self->hub->slate, asp_creative_unref);
    self->hub->slate_coming = FALSE;
  }
  asp_ad_hub_changed_locked (self->hub);
  g_mutex_unlock (&self->hub->lock);
  gst_element_remove_pad (GST_ELEMENT (self), pad);
  gst_object_unref (pad);
}

/* --- creatives for one break each ------------------------------------------------ */

void
gst_ts_splicer_assign_pad (GstTsSplicer * self, GstPad * pad, const gchar * break_id, const AspAd * what)
{
  AdPad *ad = ad_pad_of (pad);

  asp_ad_free (ad->assigned);
  ad->assigned = asp_ad_copy (what);
  g_mutex_lock (&self->hub->lock);
  if (ad->queue)
    g_strlcpy (ad->queue->break_id, break_id, sizeof ad->queue->break_id);
  else
    self->hub->slate_coming = TRUE;
  g_mutex_unlock (&self->hub->lock);
}

void
gst_ts_splicer_set_provided (GstTsSplicer * self, gboolean provided)
{
  g_mutex_lock (&self->hub->lock);
  asp_ad_hub_set_provided_locked (self->hub, provided);
  g_mutex_unlock (&self->hub->lock);
}

void
gst_ts_splicer_settle (GstTsSplicer * self, const gchar * break_id)
{
  g_mutex_lock (&self->hub->lock);
  asp_ad_hub_settle_locked (self->hub, break_id);
  g_mutex_unlock (&self->hub->lock);
}

void
gst_ts_splicer_forget (GstTsSplicer * self, const gchar * break_id)
{
  g_mutex_lock (&self->hub->lock);
  asp_ad_hub_forget_locked (self->hub, break_id);
  g_mutex_unlock (&self->hub->lock);
}

gboolean
gst_ts_splicer_is_live (GstTsSplicer * self)
{
  return ts_splicer_is_live (self);
}

/* Called by the splicer in the network's thread: waits for creatives that are on their
 * way, unless the input is live: then the programme goes on at once. */
gboolean
ts_splicer_wait_for_ads (gpointer user_data, guint64 generation)
{
  GstTsSplicer *self = user_data;
  AspAdHub *hub = self->hub;
  gint64 until = g_get_monotonic_time ();
  gboolean changed;

  if (ts_splicer_is_live (self))
    return FALSE;
  g_mutex_lock (&hub->lock);
  until += (hub->settled ? PROVIDED_WAIT_MS : CREATIVE_WAIT_MS) * G_TIME_SPAN_MILLISECOND;
  changed = asp_ad_hub_wait_locked (hub, generation, until);
  g_mutex_unlock (&hub->lock);
  return changed;
}
