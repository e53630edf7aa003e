/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-hlsadsink
 * @title: hlsadsink
 * @short_description: publishes a transport stream as HLS, ad breaks and all
 *
 * Writes segments and a media playlist into a folder, and serves them when told to.
 * Segments are cut at random access points, and exactly where #tssplicer says that a
 * creative or the programme begins; there EXT-X-DISCONTINUITY stands, and each break is an
 * EXT-X-DATERANGE. Packets go into the segment where their PTS belongs, also where the
 * sound of one source comes behind the picture of the next. Link it straight behind the
 * splicer: a `tsparse` between them moves the events.
 *
 * `location/playlist.m3u8` is the playlist, `location/master.m3u8` the multivariant one,
 * `location/m/` holds the media. Nothing is published before there are three segments. What
 * was published is kept in `location/CHANNEL.timeline`: a process that starts in the folder of
 * one that was killed goes on with its numbers, behind one discontinuity; after an end a live
 * window goes on too, a playlist of all there is (playlist-length=0) begins anew.
 * Each pad is a rendition of the channel: the same stream in another quality. With more than one
 * the playlists are called RENDITION.m3u8 (pad property `rendition`). They have one clock and
 * one place for each PTS; one that falls behind by three target durations is given gaps and
 * leaves `master.m3u8` until it is back. Their encoders should have their key frames in the
 * same places. A pad with `audio-only` makes a rendition of the sound alone of what it is given, cut
 * where the pictures are, for listeners and the slowest networks: a `tee` feeds both.
 * EXT-X-PROGRAM-DATE-TIME is the time at which the first picture arrived, and from there on
 * the stream's own clock; behind a jump of the clock the time of arrival again. Where buffers carry a
 * #GstReferenceTimestampMeta of `timestamp/x-unix`, that is their time of arrival.
 * With `recording` everything that comes in becomes a VOD, too, in a folder of its own; behind the
 * `network` pad of #tssplicer that is the programme without ads.
 * With `part-duration` segments are published in parts as well (low-latency HLS), each in a file
 * of its own; a part is listed as soon as the picture behind it has begun, the last one of a segment
 * when the sound that belongs to the segment has come.
 * EOS is posted when the last playlist, with EXT-X-ENDLIST, is written. What cannot be written is a gap
 * in the playlist and one warning; the element goes on.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=live.ts ! tssplicer schedule=12+10 name=s ! hlsadsink location=hls playlist-length=0 filesrc location=ad.ts ! s.ad_0
 * ]|
 *
 * Since: 0.1
 */
/*
 * Threads: the application's (properties, states, pads), one streaming thread, the
 * publisher's (files), those of server and uploader. Locks, in this order: the pad's stream lock,
 * flow_lock, the publisher's, the object lock, the server's; none but the first is held
 * while posting, joining or writing. The streaming thread waits in two places, for PLAYING
 * and for room in the publisher's queue; a flush and a change to READY end both.
 */
#include "hlsadsink-private.h"

#include <string.h>

GST_DEBUG_CATEGORY (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink_%u",
    GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS ("video/mpegts, systemstream = (boolean) true"));

static void child_proxy_init (gpointer iface, gpointer data);

G_DEFINE_TYPE_WITH_CODE (GstHlsAdSink, gst_hls_ad_sink, GST_TYPE_ELEMENT,
    G_IMPLEMENT_INTERFACE (GST_TYPE_CHILD_PROXY, child_proxy_init));
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (hlsadsink, "hlsadsink", GST_RANK_NONE,
    GST_TYPE_HLS_AD_SINK,
    GST_DEBUG_CATEGORY_INIT (gst_hls_ad_sink_debug, "hlsadsink", 0, "HLS sink that knows ad breaks"));

/* -- flow -- */

gboolean
hls_ad_sink_wait_playing (GstHlsAdSink * self, GstHlsAdSinkPad * pad)
{
  gboolean ok;

  g_mutex_lock (&self->flow_lock);
  while (!self->playing && !self->flushing && !pad->flushing)
    g_cond_wait (&self->flow_cond, &self->flow_lock);
  ok = !self->flushing && !pad->flushing;
  g_mutex_unlock (&self->flow_lock);
  return ok;
}

void
hls_ad_sink_set_flushing (GstHlsAdSink * self, GstHlsAdSinkPad * pad, gboolean flushing)
{
  g_mutex_lock (&self->flow_lock);
  if (!pad) {
    self->flushing = flushing;
  } else if (pad->flushing != flushing) {
    pad->flushing = flushing;
    self->n_flushing += flushing ? 1u : -1u;
  }
  g_cond_broadcast (&self->flow_cond);
  if (self->publisher)
    hls_publisher_set_flushing (self->publisher, self->flushing || self->n_flushing > 0);
  g_mutex_unlock (&self->flow_lock);
}

static void
post_eos (GstHlsAdSink * self, guint32 seqnum)
{
  GstMessage *message = gst_message_new_eos (GST_OBJECT (self));

  if (seqnum != GST_SEQNUM_INVALID)
    gst_message_set_seqnum (message, seqnum);
  gst_element_post_message (GST_ELEMENT (self), message);
}

/* A pipeline forgets the EOS of its sinks when it pauses: it is said again then. */
static void
set_playing (GstHlsAdSink * self, gboolean playing)
{
  gboolean ended;
  guint32 seqnum;

  g_mutex_lock (&self->flow_lock);
  self->playing = playing;
  ended = self->ended;
  seqnum = self->eos_seqnum;
  g_cond_broadcast (&self->flow_cond);
  g_mutex_unlock (&self->flow_lock);
  if (playing && ended)
    post_eos (self, seqnum);
}

/* -- publisher thread -- */

static void
on_trouble (const GError * error, const gchar * path, gpointer user_data)
{
  GstHlsAdSink *self = user_data;

  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC))
    GST_ELEMENT_WARNING (self, RESOURCE, NO_SPACE_LEFT,
        ("There is no room for HLS segments in %s: the playlist has gaps until there is.", path),
        ("%s", error->message));
  else
    GST_ELEMENT_WARNING (self, RESOURCE, OPEN_WRITE,
        ("HLS files cannot be written to %s: the playlist has gaps until they can.", path),
        ("%s", error->message));
}

/* Recorder's thread. */
static void
on_recording_trouble (const GError * error, const gchar * path, gpointer user_data)
{
  GstHlsAdSink *self = user_data;

  if (!path)
    GST_ELEMENT_WARNING (self, RESOURCE, NOT_FOUND, ("%s", error->message), (NULL));
  else if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC))
    GST_ELEMENT_WARNING (self, RESOURCE, NO_SPACE_LEFT,
        ("There is no room for the recording in %s: it has gaps until there is. The channel goes on.",
            path), ("%s", error->message));
  else
    GST_ELEMENT_WARNING (self, RESOURCE, OPEN_WRITE,
        ("The recording cannot be written to %s: it has gaps until it can. The channel goes on.",
            path), ("%s", error->message));
}

static void
on_ended (gpointer user_data)
{
  GstHlsAdSink *self = user_data;
  gboolean playing;
  guint32 seqnum;

  g_mutex_lock (&self->flow_lock);
  self->ended = TRUE;
  playing = self->playing;
  seqnum = self->eos_seqnum;
  g_mutex_unlock (&self->flow_lock);
  if (playing)
    post_eos (self, seqnum);
}

/* -- uploader's thread -- */

static void
on_upload_trouble (const GError * error, gpointer user_data)
{
  GstHlsAdSink *self = user_data;

  GST_ELEMENT_WARNING (self, RESOURCE, WRITE, ("%s.", error->message), ("property push-url"));
}

static void
on_upload_recovered (gpointer user_data)
{
  GST_INFO_OBJECT (user_data, "files arrive at push-url again");
}

static const AspHttpUploaderFuncs upload_funcs = { on_upload_trouble, on_upload_recovered };

static const HlsPublisherFuncs publisher_funcs = { on_trouble, on_recording_trouble, on_ended };

/* -- start and stop -- */

static gboolean
channel_ok (const gchar * channel)
{
  return !channel || (channel[0] != '.' && strlen (channel) <= 128 &&
      strspn (channel, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
      strlen (channel));
}

/* (transfer full) */
static GList *
ref_pads (GstHlsAdSink * self)
{
  GList *pads;

  GST_OBJECT_LOCK (self);
  pads = g_list_copy (GST_ELEMENT (self)->sinkpads);
  g_list_foreach (pads, (GFunc) (void (*) (void)) gst_object_ref, NULL);
  GST_OBJECT_UNLOCK (self);
  return pads;
}

static void
unref_pads (GList * pads)
{
  g_list_free_full (pads, gst_object_unref);
}

/* May it stand in a line and in a quoted string of a playlist? */
static gboolean
base_url_ok (const gchar * url)
{
  for (; url && *url; url++)
    if (*url == '"' || *url == '#' || !g_ascii_isgraph (*url))
      return FALSE;
  return TRUE;
}

static gboolean
settings_ok (GstHlsAdSink * self, const HlsAdSinkSettings * set)
{
  if (!set->location || !*set->location) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("No folder to write HLS to: set the property location."), (NULL));
    return FALSE;
  }
  if (!channel_ok (set->channel)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("Channel name '%s' cannot stand in a URL: it must be letters, digits, '-', '_' and '.'.",
            set->channel), ("property channel"));
    return FALSE;
  }
  if (!base_url_ok (set->base_url)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("base-url '%s' cannot stand in a playlist: write blanks, '\"', '#' and what is not "
            "ASCII as %%XX.", set->base_url), ("property base-url"));
    return FALSE;
  }
  if (set->tls_key && *set->tls_key && !(set->tls_certificate && *set->tls_certificate)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("There is a tls-key and no tls-certificate: set both, or tls-certificate alone when the "
            "key is in the same file."), ("property tls-key"));
    return FALSE;
  }
  return TRUE;
}

static void
renditions_free (HlsChannelRendition * renditions, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_free ((gchar *) renditions[i].name);
    g_free ((gchar *) renditions[i].codecs);
  }
  g_free (renditions);
}

/* One for each pad; without a pad one that is still to come. */
static HlsChannelRendition *
renditions_of (GList * pads, guint * n)
{
  HlsChannelRendition *renditions = g_new0 (HlsChannelRendition, g_list_length (pads) + 1);
  guint i = 0;

  for (GList * l = pads; l; l = l->next, i++) {
    GstHlsAdSinkPad *pad = l->data;

    renditions[i].name = hls_ad_sink_pad_dup_rendition (pad);
    GST_OBJECT_LOCK (pad);
    renditions[i].bandwidth = pad->bandwidth;
    renditions[i].codecs = g_strdup (pad->codecs);
    GST_OBJECT_UNLOCK (pad);
  }
  *n = MAX (i, 1);
  return renditions;
}

static gboolean
renditions_ok (GstHlsAdSink * self, const HlsChannelRendition * renditions, guint n)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < n; i++)
    if (renditions[i].name && !g_hash_table_add (names, (gpointer) renditions[i].name)) {
      GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
          ("Two renditions are called '%s': their files would be one.", renditions[i].name),
          ("pad property rendition"));
      return FALSE;
    }
  return TRUE;
}

static gboolean
start_outlet (GstHlsAdSink * self, const HlsAdSinkSettings * set,
    const HlsChannelRendition * renditions, guint n)
{
  const HlsOutletConfig config = {
    .channel = set->channel && *set->channel ? set->channel : HLS_NO_CHANNEL,
    .location = set->location,
    .target_duration_s = set->target_duration_s,
    .delete_old = set->delete_old,
    .n_renditions = n,
    .renditions = renditions,
    .hidden = set->sessions == HLS_SESSIONS_REQUIRED,
    .listen = set->listen,
    .tls_certificate = set->tls_certificate,
    .tls_key = set->tls_key,
    .push_url = set->push_url,
  };
  g_autoptr (GError) error = NULL;
  HlsOutlet *outlet = hls_outlet_new (&config, &upload_funcs, self, &error);

  if (!outlet) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ_WRITE, ("%s.", error->message),
        ("properties listen, tls-certificate, tls-key, push-url"));
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->outlet = outlet;
  GST_OBJECT_UNLOCK (self);
  if (set->listen && *set->listen)
    /* port 0 has become a number */
    g_object_notify (G_OBJECT (self), "listen");
  return TRUE;
}

/* (transfer full) (nullable) */
static gchar *
with_slash (const gchar * url)
{
  if (!url || !*url)
    return NULL;
  return g_strconcat (url, g_str_has_suffix (url, "/") ? NULL : "/", NULL);
}

static void
start_publisher (GstHlsAdSink * self, const HlsAdSinkSettings * set,
    const HlsChannelRendition * renditions, guint n)
{
  g_autofree gchar *base_url = with_slash (set->base_url);
  const HlsChannelConfig config = {
    .location = set->location,
    .channel = set->channel && *set->channel ? set->channel : HLS_NO_CHANNEL,
    .n_renditions = n,
    .renditions = renditions,
    .playlist_length = set->playlist_length,
    .delete_old = set->delete_old,
    .low_latency = set->part_duration_s > 0,
    .plain_folder = set->listen && *set->listen,
    .secret_names = set->sessions != HLS_SESSIONS_NONE,
    .needed_only = set->needed_only,
    .recording = set->recording,
    .reconnect_window_s = set->reconnect_window_s,
    .markers = (AspHlsMarkers) set->markers,
    .cue_form = (AspHlsCueForm) set->cue_form,
    .now_us = g_get_real_time (),
    .base_url = base_url,
    .outlet = &hls_outlet_funcs,
    .outlet_data = self->outlet,
  };

  self->target_duration_s = set->target_duration_s;
  self->part_duration_90k = MIN ((gint64) (set->part_duration_s * (gdouble) ASP_SECOND_90K + 0.5),
      ASP_SECOND_90K * (gint64) set->target_duration_s);
  self->part_align = (AspHlsPartAlign) set->part_align;
  self->content = (set->timed_metadata ? ASP_HLS_CONTENT_TIMED_METADATA : 0) |
      (set->keep_scte35 ? ASP_HLS_CONTENT_SCTE35 : 0);
  self->n_renditions = n;
  self->finished = FALSE;
  GST_OBJECT_LOCK (self);
  self->frozen_target_s = 0;
  self->frozen_part_90k = 0;
  GST_OBJECT_UNLOCK (self);
  g_mutex_lock (&self->flow_lock);
  self->flushing = self->ended = FALSE;
  self->eos_seqnum = GST_SEQNUM_INVALID;
  self->publisher = hls_publisher_new (&config, &publisher_funcs, self);
  g_mutex_unlock (&self->flow_lock);
}

/* Whoever makes creatives for the channel makes them of units that fit into its parts. */
static void
tell_channel (GstHlsAdSink * self, const HlsAdSinkSettings * set)
{
  if (!set->channel || !*set->channel)
    return;
  self->channel = asp_channel_get (set->channel);
  asp_channel_set_part_duration (self->channel, self->part_duration_90k);
}

static gboolean
start (GstHlsAdSink * self)
{
  HlsAdSinkSettings set;
  GList *pads = ref_pads (self);
  guint n;
  HlsChannelRendition *renditions = renditions_of (pads, &n);
  gboolean ok;

  GST_OBJECT_LOCK (self);
  hls_settings_copy (&set, &self->settings);
  GST_OBJECT_UNLOCK (self);
  ok = settings_ok (self, &set) && renditions_ok (self, renditions, n) && start_outlet (self, &set, renditions, n);
  if (ok) {
    start_publisher (self, &set, renditions, n);
    tell_channel (self, &set);
    for (GList * l = pads; l; l = l->next)
      hls_ad_sink_pad_start (self, l->data);
  }
  renditions_free (renditions, n);
  unref_pads (pads);
  hls_settings_clear (&set);
  return ok;
}

/* No data flows any more. */
static void
stop (GstHlsAdSink * self)
{
  GList *pads = ref_pads (self);
  HlsPublisher *publisher;
  HlsOutlet *outlet;

  for (GList * l = pads; l; l = l->next)
    hls_ad_sink_pad_stop (l->data);
  unref_pads (pads);
  g_mutex_lock (&self->flow_lock);
  publisher = g_steal_pointer (&self->publisher);
  g_mutex_unlock (&self->flow_lock);
  hls_publisher_free (publisher);
  GST_OBJECT_LOCK (self);
  outlet = g_steal_pointer (&self->outlet);
  GST_OBJECT_UNLOCK (self);
  hls_outlet_free (outlet);
  asp_channel_unref (g_steal_pointer (&self->channel));
}

static GstStateChangeReturn
gst_hls_ad_sink_change_state (GstElement * element, GstStateChange transition)
{
  GstHlsAdSink *self = GST_HLS_AD_SINK (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    set_playing (self, FALSE);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    hls_ad_sink_set_flushing (self, NULL, TRUE);

  ret = GST_ELEMENT_CLASS (gst_hls_ad_sink_parent_class)->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && ret == GST_STATE_CHANGE_FAILURE))
    stop (self);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING && ret != GST_STATE_CHANGE_FAILURE)
    set_playing (self, TRUE);
  return ret;
}

/* -- pads -- */

/* A free number: 0 for the first pad. */
static guint64
next_number (GstHlsAdSink * self)
{
  guint64 number = 0;
  gboolean taken = TRUE;

  while (taken) {
    g_autofree gchar *name = g_strdup_printf ("sink_%" G_GUINT64_FORMAT, number);
    GstPad *pad = gst_element_get_static_pad (GST_ELEMENT (self), name);

    taken = pad != NULL;
    g_clear_object (&pad);
    if (taken)
      number++;
  }
  return number;
}

/* While it runs its renditions are known. */
static gboolean
may_add_pad (GstHlsAdSink * self)
{
  guint n;

  GST_OBJECT_LOCK (self);
  n = GST_ELEMENT (self)->numsinkpads;
  GST_OBJECT_UNLOCK (self);
  if (n < (self->publisher ? self->n_renditions : ASP_HLS_RENDITIONS_MAX))
    return TRUE;
  GST_ELEMENT_WARNING (self, RESOURCE, BUSY,
      ("A rendition can be added only while hlsadsink is stopped, and %d at most: add it in READY, "
          "or use a second hlsadsink with another location.", ASP_HLS_RENDITIONS_MAX),
      ("%u pads are there", n));
  return FALSE;
}

static GstPad *
gst_hls_ad_sink_request_new_pad (GstElement * element, GstPadTemplate * templ,
    const gchar * name, const GstCaps * caps)
{
  GstHlsAdSink *self = GST_HLS_AD_SINK (element);
  guint64 number = next_number (self);
  g_autofree gchar *pad_name = NULL;
  GstPad *pad;

  if (name && (!g_str_has_prefix (name, "sink_") ||
          !g_ascii_string_to_unsigned (name + 5, 10, 0, G_MAXUINT, &number, NULL))) {
    GST_ERROR_OBJECT (self, "no pad can be called %s: it is sink_0, sink_1, ...", name);
    return NULL;
  }
  if (!may_add_pad (self))
    return NULL;
  pad_name = g_strdup_printf ("sink_%" G_GUINT64_FORMAT, number);
  pad = gst_object_ref_sink (hls_ad_sink_pad_new (templ, pad_name));
  if (self->publisher && !self->finished)
    hls_ad_sink_pad_start (self, GST_HLS_AD_SINK_PAD (pad));
  gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (element, pad);
  gst_object_unref (pad);
  gst_child_proxy_child_added (GST_CHILD_PROXY (self), G_OBJECT (pad), pad_name);
  return pad;
}

/* The rendition ends here, as by EOS. */
static void
gst_hls_ad_sink_release_pad (GstElement * element, GstPad * pad)
{
  GstHlsAdSink *self = GST_HLS_AD_SINK (element);
  GstHlsAdSinkPad *own = GST_HLS_AD_SINK_PAD (pad);
  g_autofree gchar *name = gst_pad_get_name (pad);

  gst_object_ref (pad);
  /* whoever waits in the pad must leave it */
  hls_ad_sink_set_flushing (self, own, TRUE);
  gst_pad_set_active (pad, FALSE);
  hls_ad_sink_set_flushing (self, own, FALSE);
  hls_ad_sink_pad_finish (self, own);
  gst_child_proxy_child_removed (GST_CHILD_PROXY (self), G_OBJECT (pad), name);
  gst_element_remove_pad (element, pad);
  gst_object_unref (pad);
}

/* -- child proxy: the pads -- */

static guint
get_children_count (GstChildProxy * proxy)
{
  guint n;

  GST_OBJECT_LOCK (proxy);
  n = GST_ELEMENT (proxy)->numsinkpads;
  GST_OBJECT_UNLOCK (proxy);
  return n;
}

static GObject *
get_child_by_index (GstChildProxy * proxy, guint index)
{
  GObject *child;

  GST_OBJECT_LOCK (proxy);
  child = g_list_nth_data (GST_ELEMENT (proxy)->sinkpads, index);
  if (child)
    g_object_ref (child);
  GST_OBJECT_UNLOCK (proxy);
  return child;
}

static void
child_proxy_init (gpointer iface, gpointer data)
{
  GstChildProxyInterface *proxy = iface;

  proxy->get_children_count = get_children_count;
  proxy->get_child_by_index = get_child_by_index;
}

/* -- the object -- */

static void
gst_hls_ad_sink_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstHlsAdSink *self = GST_HLS_AD_SINK (object);

  GST_OBJECT_LOCK (self);
  if (!hls_settings_set (&self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_hls_ad_sink_get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstHlsAdSink *self = GST_HLS_AD_SINK (object);

  gchar *address = NULL;

  GST_OBJECT_LOCK (self);
  /* the server's own lock is a leaf */
  if (id == HLS_PROP_LISTEN && self->outlet)
    address = hls_outlet_dup_address (self->outlet);
  if (address)
    g_value_take_string (value, address);
  else if (!hls_settings_get (&self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_hls_ad_sink_finalize (GObject * object)
{
  GstHlsAdSink *self = GST_HLS_AD_SINK (object);

  hls_settings_clear (&self->settings);
  g_mutex_clear (&self->flow_lock);
  g_cond_clear (&self->flow_cond);
  G_OBJECT_CLASS (gst_hls_ad_sink_parent_class)->finalize (object);
}

static void
gst_hls_ad_sink_class_init (GstHlsAdSinkClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_hls_ad_sink_set_property;
  object_class->get_property = gst_hls_ad_sink_get_property;
  object_class->finalize = gst_hls_ad_sink_finalize;
  hls_settings_install (object_class);
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_hls_ad_sink_change_state);
  element_class->request_new_pad = GST_DEBUG_FUNCPTR (gst_hls_ad_sink_request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (gst_hls_ad_sink_release_pad);
  gst_element_class_add_static_pad_template_with_gtype (element_class, &sink_template,
      GST_TYPE_HLS_AD_SINK_PAD);
  gst_element_class_set_static_metadata (element_class, "HLS sink for ad breaks",
      "Sink/Muxer", "Publishes a transport stream with its ad breaks as HLS",
      "The adsplice authors");
  gst_type_mark_as_plugin_api (GST_TYPE_HLS_AD_SINK_PAD, 0);
}

static void
gst_hls_ad_sink_init (GstHlsAdSink * self)
{
  g_mutex_init (&self->flow_lock);
  g_cond_init (&self->flow_cond);
  hls_settings_init (&self->settings);
  self->eos_seqnum = GST_SEQNUM_INVALID;
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
}
