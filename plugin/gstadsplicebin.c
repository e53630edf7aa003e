/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-adsplicebin
 * @title: adsplicebin
 * @short_description: a channel with ads: splicers for its renditions, and the creatives of each break
 *
 * Each `sink_%u` has its `src_%u`, and a tssplicer between them. All of them are renditions of one
 * channel: a break of one is a break of all, they leave and return at the same PTS where all have a
 * random access point there, and one that has not takes its next one and says `not-aligned`. What
 * tssplicer has as properties and signals is here too, and holds for all of them.
 *
 * With `ads-url` a VAST ad server is asked about each break, `lead-time` ahead of it. Its creatives are
 * fetched into `creative-dir`, where they are kept for as long as HTTP says and there is room for them, and made to
 * fit the renditions by another process; transport streams are taken as
 * they are. What is ready by the out point plays, the rest plays another time and is told to the ad server (407). As the
 * pictures pass, `beacons` are fired, once for all renditions, and kept over a restart when the channel has a name.
 *
 * Without it `creative-uris` are played, local files, in order and round, whole ones only and none twice in
 * a break. Those of other formats are made to fit as soon as the renditions are known, some seconds from the start. For each break they are opened anew. `%u` in a name stands for
 * the number of the pair, where a creative has a file for each rendition.
 *
 * With `control` the channel is operated over HTTP: Amazon IVS's own SDKs call InsertAdBreak there, and `/v1` has
 * what goes beyond it. Keys, TLS, hooks and where state is kept stand in the file of `config`; what is attached to the
 * channel there (UpdateChannel) takes the place of `ads-url`, and may have a pre-roll and a post-roll.
 *
 * ## Messages
 * `ad-break-state-change` comes once a channel, with `renditions` (a list: `rendition`, `state`, `reason`,
 * `aligned`, `out-pts-90k`, `in-pts-90k`). With several of them `ad-break-rendition-state-change` tells
 * the same of each. `ad-break-decision` says what is to be played (`ads`), and what not and why (`skipped`). With
 * `control` both have the number of their event in the log (`event-number`), and `ad-control` says the `address`.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 srtsrc uri=srt://:7001 ! adsplicebin schedule=20+20 creative-uris=tea.ts,bicycle.ts ! srtsink uri=srt://:7002
 * ]|
 *
 * Since: 0.1
 */
#include "adsplicebin-control.h"

#include <string.h>

GST_DEBUG_CATEGORY (gst_ad_splice_bin_debug);

enum
{
  PROP_0,
  PROP_CHANNEL,
  PROP_CREATIVE_URIS,
  PROP_SLATE_URI,
  PROP_ADS_URL,
  PROP_CREATIVE_DIR,
  PROP_LEAD_TIME,
  PROP_BEACONS,
  PROP_DECISIONS,
  PROP_UNIT_DURATION,
  PROP_CONTROL,
  PROP_CONFIG,
  PROP_STATS,
  PROP_PROXIED,                 /* and those behind it: of tssplicer */
};

enum
{
  SIGNAL_INSERT_AD_BREAK,
  SIGNAL_INSERT_CUE,
  SIGNAL_CANCEL_AD_BREAK,
  SIGNAL_END_AD_BREAK,
  SIGNAL_RELOAD_CONFIG,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

#define TS_CAPS "video/mpegts, systemstream = (boolean) true"

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src_%u",
    GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS (TS_CAPS));
static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink_%u",
    GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (TS_CAPS));
static GstStaticPadTemplate network_template = GST_STATIC_PAD_TEMPLATE ("network_%u",
    GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS (TS_CAPS));

G_DEFINE_TYPE (GstAdSpliceBin, gst_ad_splice_bin, GST_TYPE_BIN);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (adsplicebin, "adsplicebin", GST_RANK_NONE, GST_TYPE_AD_SPLICE_BIN,
    GST_DEBUG_CATEGORY_INIT (gst_ad_splice_bin_debug, "adsplicebin", 0, "a channel with ads"));

static GType
beacons_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {AD_BEACONS_SERVER, "This element, when the pictures pass", "server"},
    {AD_BEACONS_CLIENT, "Players", "client"},
    {AD_BEACONS_NONE, "Nobody", "none"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstAdSpliceBinBeacons", values));
  return type;
}

static GType
decisions_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = {
    {AD_DECISIONS_NONE, "Nobody", "none"},
    {AD_DECISIONS_CHANNEL, "The channel: all who see it see the same", "channel"},
    {AD_DECISIONS_VIEWERS, "Each viewer (no session has decisions of its own yet)", "viewers"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("GstAdSpliceBinDecisions", values));
  return type;
}

/* --- properties of the splicers ------------------------------------------------------- */

/* Set on all of them, those to come included. */
static void
set_proxied (GstAdSpliceBin * self, const gchar * name, const GValue * value)
{
  GValue *kept = g_new0 (GValue, 1);

  g_value_init (kept, G_VALUE_TYPE (value));
  g_value_copy (value, kept);
  GST_OBJECT_LOCK (self);
  g_hash_table_replace (self->proxied, g_strdup (name), kept);
  GST_OBJECT_UNLOCK (self);
  g_mutex_lock (&self->build_lock);
  for (guint i = 0; i < self->pairs->len; i++)
    g_object_set_property (G_OBJECT (((Pair *) g_ptr_array_index (self->pairs, i))->splicer), name, value);
  g_mutex_unlock (&self->build_lock);
}

static void
get_proxied (GstAdSpliceBin * self, GParamSpec * pspec, GValue * value)
{
  const GValue *kept;

  GST_OBJECT_LOCK (self);
  kept = g_hash_table_lookup (self->proxied, pspec->name);
  if (kept)
    g_value_copy (kept, value);
  else
    g_param_value_set_default (pspec, value);
  GST_OBJECT_UNLOCK (self);
}

void
ad_splice_bin_apply (GstAdSpliceBin * self, GstElement * splicer)
{
  GHashTableIter iter;
  gpointer name, value;

  GST_OBJECT_LOCK (self);
  g_hash_table_iter_init (&iter, self->proxied);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_object_set_property (G_OBJECT (splicer), name, value);
  GST_OBJECT_UNLOCK (self);
}

static void
free_value (gpointer data)
{
  g_value_unset (data);
  g_free (data);
}

/* --- properties ------------------------------------------------------------------------- */

static void
take_string (GstAdSpliceBin * self, gchar ** field, const GValue * value)
{
  GST_OBJECT_LOCK (self);
  g_free (*field);
  *field = g_value_dup_string (value);
  GST_OBJECT_UNLOCK (self);
}

static void
set_lead_time (GstAdSpliceBin * self, guint64 ns)
{
  AspChannel *channel;

  GST_OBJECT_LOCK (self);
  self->lead_time_ns = ns;
  channel = self->channel ? asp_channel_ref (self->channel) : NULL;
  GST_OBJECT_UNLOCK (self);
  if (channel) {
    asp_channel_set_lead (channel, asp_ns_to_90k (ns));
    asp_channel_set_notice (channel, asp_ns_to_90k (MAX (ns, NOTICE_MIN_NS)));
  }
  asp_channel_unref (channel);
}

static void
gst_ad_splice_bin_set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  GstAdSpliceBin *self = GST_AD_SPLICE_BIN (object);

  switch (id) {
    case PROP_CHANNEL:
      take_string (self, &self->channel_name, value);
      break;
    case PROP_CREATIVE_URIS:
      take_string (self, &self->creative_uris, value);
      GST_OBJECT_LOCK (self);
      if (self->worker)
        ad_worker_uris_changed (self->worker);
      GST_OBJECT_UNLOCK (self);
      break;
    case PROP_SLATE_URI:
      take_string (self, &self->slate_uri, value);
      break;
    case PROP_ADS_URL:
      take_string (self, &self->ads_url, value);
      break;
    case PROP_CREATIVE_DIR:
      take_string (self, &self->creative_dir, value);
      break;
    case PROP_CONTROL:
      take_string (self, &self->control_address, value);
      break;
    case PROP_CONFIG:
      take_string (self, &self->config_path, value);
      break;
    case PROP_BEACONS:
      GST_OBJECT_LOCK (self);
      self->beacons = g_value_get_enum (value);
      GST_OBJECT_UNLOCK (self);
      break;
    case PROP_DECISIONS:
      GST_OBJECT_LOCK (self);
      self->decisions = g_value_get_flags (value);
      GST_OBJECT_UNLOCK (self);
      break;
    case PROP_UNIT_DURATION:
      GST_OBJECT_LOCK (self);
      self->unit_duration_ns = g_value_get_uint64 (value);
      GST_OBJECT_UNLOCK (self);
      break;
    case PROP_LEAD_TIME:
      set_lead_time (self, g_value_get_uint64 (value));
      break;
    default:
      if (id >= PROP_PROXIED)
        set_proxied (self, pspec->name, value);
      else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
}

static void
gst_ad_splice_bin_get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstAdSpliceBin *self = GST_AD_SPLICE_BIN (object);

  if (id == PROP_STATS) {
    g_value_take_boxed (value, ad_splice_bin_stats (self));
    return;
  }
  if (id >= PROP_PROXIED) {
    get_proxied (self, pspec, value);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_CHANNEL:
      g_value_set_string (value, self->channel_name);
      break;
    case PROP_CREATIVE_URIS:
      g_value_set_string (value, self->creative_uris);
      break;
    case PROP_SLATE_URI:
      g_value_set_string (value, self->slate_uri);
      break;
    case PROP_ADS_URL:
      g_value_set_string (value, self->ads_url);
      break;
    case PROP_CREATIVE_DIR:
      g_value_set_string (value, self->creative_dir);
      break;
    case PROP_CONTROL:
      if (self->control)
        g_value_take_string (value, asp_control_dup_address (self->control->server));
      else
        g_value_set_string (value, self->control_address);
      break;
    case PROP_CONFIG:
      g_value_set_string (value, self->config_path);
      break;
    case PROP_BEACONS:
      g_value_set_enum (value, self->beacons);
      break;
    case PROP_DECISIONS:
      g_value_set_flags (value, self->decisions);
      break;
    case PROP_UNIT_DURATION:
      g_value_set_uint64 (value, self->unit_duration_ns);
      break;
    case PROP_LEAD_TIME:
      g_value_set_uint64 (value, self->lead_time_ns);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* --- action signals: any rendition speaks for all ------------------------------------------ */

static gchar *
insert_ad_break (GstAdSpliceBin * self, guint64 duration_ns, GstStructure * options)
{
  GstElement *splicer = ad_splice_bin_first_splicer (self);
  gchar *id = NULL;

  if (!splicer) {
    GST_ELEMENT_WARNING (self, STREAM, FAILED, ("There is no stream to put a break into: link sink_0 first."), (NULL));
    return NULL;
  }
  g_signal_emit_by_name (splicer, "insert-ad-break", duration_ns, options, &id);
  gst_object_unref (splicer);
  return id;
}

static gboolean
emit_on_first (GstAdSpliceBin * self, const gchar * signal, const gchar * text)
{
  GstElement *splicer = ad_splice_bin_first_splicer (self);
  gboolean ok = FALSE;

  if (!splicer)
    return FALSE;
  g_signal_emit_by_name (splicer, signal, text, &ok);
  gst_object_unref (splicer);
  return ok;
}

static gboolean
insert_cue (GstAdSpliceBin * self, const gchar * cue)
{
  return emit_on_first (self, "insert-cue", cue);
}

static gboolean
cancel_ad_break (GstAdSpliceBin * self, const gchar * id)
{
  return emit_on_first (self, "cancel-ad-break", id);
}

static gboolean
end_ad_break (GstAdSpliceBin * self, const gchar * id)
{
  return emit_on_first (self, "end-ad-break", id);
}

/* --- control ---------------------------------------------------------------------------------- */

static gboolean
reload_config (GstAdSpliceBin * self)
{
  g_autoptr (GError) error = NULL;
  AdControl *control;
  gboolean ok = FALSE;

  GST_OBJECT_LOCK (self);
  control = self->control ? ad_control_ref (self->control) : NULL;
  GST_OBJECT_UNLOCK (self);
  if (control)
    ok = ad_control_reload (control, &error);
  ad_control_unref (control);
  if (!ok)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("The configuration stays as it is: %s.", error ? error->message :
            "there is no control server that runs; set `control`"), (NULL));
  return ok;
}

/* FALSE: what is configured cannot be had, which has been said. */
static gboolean
start_control (GstAdSpliceBin * self, AspChannel * channel)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *path = NULL;
  AdControl *control = NULL;

  GST_OBJECT_LOCK (self);
  path = g_strdup (self->config_path);
  GST_OBJECT_UNLOCK (self);
  if (path && *path)
    self->config = asp_config_load (path, &error);
  if (!error)
    control = ad_control_new (self, channel, &error);
  if (error) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s.", error->message), (NULL));
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->control = control;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static void
stop_control (GstAdSpliceBin * self)
{
  AdControl *control;

  GST_OBJECT_LOCK (self);
  control = g_steal_pointer (&self->control);
  GST_OBJECT_UNLOCK (self);
  ad_control_unref (control);
  g_clear_pointer (&self->config, asp_config_free);
}

/* --- states --------------------------------------------------------------------------------- */

static void
on_due (gpointer user_data, const AspBreak * brk)
{
  GstAdSpliceBin *self = user_data;
  gint64 ahead_90k = asp_channel_ahead (self->channel, brk);

  GST_OBJECT_LOCK (self);
  if (self->worker)
    ad_worker_prepare (self->worker, brk, ahead_90k);
  GST_OBJECT_UNLOCK (self);
}

static void
on_passed (gpointer user_data, guint64 pts90k)
{
  GstAdSpliceBin *self = user_data;

  GST_OBJECT_LOCK (self);
  if (self->worker)
    ad_worker_passed (self->worker, (gint64) pts90k);
  GST_OBJECT_UNLOCK (self);
}

static gboolean
start (GstAdSpliceBin * self)
{
  g_autofree gchar *name = NULL;
  guint64 lead_ns;
  AspChannel *channel;
  Worker *worker;

  GST_OBJECT_LOCK (self);
  name = self->channel_name && *self->channel_name ? g_strdup (self->channel_name) : NULL;
  lead_ns = self->lead_time_ns;
  GST_OBJECT_UNLOCK (self);
  channel = asp_channel_get (name);
  if (!start_control (self, channel)) {
    stop_control (self);
    asp_channel_unref (channel);
    return FALSE;
  }
  worker = ad_worker_new (self);
  GST_OBJECT_LOCK (self);
  self->channel = channel;
  self->worker = worker;
  GST_OBJECT_UNLOCK (self);
  set_lead_time (self, lead_ns);
  asp_channel_add_due (channel, on_due, on_passed, self);
  g_mutex_lock (&self->build_lock);
  self->building = TRUE;
  for (guint i = 0; i < self->pairs->len; i++)
    ad_splice_bin_join (self, g_ptr_array_index (self->pairs, i));
  g_mutex_unlock (&self->build_lock);
  if (self->control)
    ad_control_open (self->control);
  return TRUE;
}

/* Nothing streams any more. */
static void
stop (GstAdSpliceBin * self)
{
  AspChannel *channel;
  Worker *worker;

  if (self->control && self->worker)
    ad_control_close (self->control);
  GST_OBJECT_LOCK (self);
  worker = g_steal_pointer (&self->worker);
  GST_OBJECT_UNLOCK (self);
  if (!worker)
    return;
  asp_channel_remove_due (self->channel, on_due, self);
  g_mutex_lock (&self->build_lock);
  self->building = FALSE;
  g_mutex_unlock (&self->build_lock);
  ad_worker_stop (worker);      /* up to here it uses the channel */
  GST_OBJECT_LOCK (self);
  channel = g_steal_pointer (&self->channel);
  GST_OBJECT_UNLOCK (self);
  g_mutex_lock (&self->build_lock);
  ad_pods_close (self, NULL);
  for (guint i = 0; i < self->pairs->len; i++) {
    Pair *pair = g_ptr_array_index (self->pairs, i);

    ad_branch_remove_slate (self, pair);
    gst_ts_splicer_set_channel (GST_TS_SPLICER (pair->splicer), NULL, NULL);
  }
  g_mutex_unlock (&self->build_lock);
  stop_control (self);
  asp_channel_unref (channel);
}

static GstStateChangeReturn
gst_ad_splice_bin_change_state (GstElement * element, GstStateChange transition)
{
  GstAdSpliceBin *self = GST_AD_SPLICE_BIN (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  ret = GST_ELEMENT_CLASS (gst_ad_splice_bin_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && ret == GST_STATE_CHANGE_FAILURE))
    stop (self);
  return ret;
}

/* --- class ------------------------------------------------------------------------------------ */

static void
gst_ad_splice_bin_init (GstAdSpliceBin * self)
{
  self->lead_time_ns = 10 * GST_SECOND;
  self->decisions = AD_DECISIONS_CHANNEL;
  self->proxied = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_value);
  self->pairs = g_ptr_array_new ();
  g_queue_init (&self->pods);
  g_mutex_init (&self->build_lock);
  /* creatives are read inside: that makes it neither a source nor a sink */
  gst_bin_set_suppressed_flags (GST_BIN (self), GST_ELEMENT_FLAG_SOURCE | GST_ELEMENT_FLAG_SINK);
}

static void
gst_ad_splice_bin_dispose (GObject * object)
{
  GstAdSpliceBin *self = GST_AD_SPLICE_BIN (object);

  stop (self);
  ad_splice_bin_clear_pairs (self);
  G_OBJECT_CLASS (gst_ad_splice_bin_parent_class)->dispose (object);
}

static void
gst_ad_splice_bin_finalize (GObject * object)
{
  GstAdSpliceBin *self = GST_AD_SPLICE_BIN (object);

  g_free (self->channel_name);
  g_free (self->creative_uris);
  g_free (self->slate_uri);
  g_free (self->ads_url);
  g_free (self->creative_dir);
  g_free (self->control_address);
  g_free (self->config_path);
  g_hash_table_unref (self->proxied);
  g_ptr_array_unref (self->pairs);
  g_mutex_clear (&self->build_lock);
  G_OBJECT_CLASS (gst_ad_splice_bin_parent_class)->finalize (object);
}

/* The same property on the bin; NULL for a type that no splicer has. */
static GParamSpec *
copy_pspec (GParamSpec * p)
{
  const gchar *name = p->name, *nick = g_param_spec_get_nick (p), *blurb = g_param_spec_get_blurb (p);

  if (G_IS_PARAM_SPEC_ENUM (p))
    return g_param_spec_enum (name, nick, blurb, p->value_type, G_PARAM_SPEC_ENUM (p)->default_value, p->flags);
  if (G_IS_PARAM_SPEC_FLAGS (p))
    return g_param_spec_flags (name, nick, blurb, p->value_type, G_PARAM_SPEC_FLAGS (p)->default_value, p->flags);
  if (G_IS_PARAM_SPEC_BOOLEAN (p))
    return g_param_spec_boolean (name, nick, blurb, G_PARAM_SPEC_BOOLEAN (p)->default_value, p->flags);
  if (G_IS_PARAM_SPEC_INT (p))
    return g_param_spec_int (name, nick, blurb, G_PARAM_SPEC_INT (p)->minimum, G_PARAM_SPEC_INT (p)->maximum,
        G_PARAM_SPEC_INT (p)->default_value, p->flags);
  if (G_IS_PARAM_SPEC_UINT64 (p))
    return g_param_spec_uint64 (name, nick, blurb, G_PARAM_SPEC_UINT64 (p)->minimum,
        G_PARAM_SPEC_UINT64 (p)->maximum, G_PARAM_SPEC_UINT64 (p)->default_value, p->flags);
  if (G_IS_PARAM_SPEC_STRING (p))
    return g_param_spec_string (name, nick, blurb, G_PARAM_SPEC_STRING (p)->default_value, p->flags);
  return NULL;
}

/* All that tssplicer has of its own, and that is not the bin's own. */
static void
install_proxied (GObjectClass * object_class)
{
  GObjectClass *splicer = g_type_class_ref (GST_TYPE_TS_SPLICER);
  g_autofree GParamSpec **all = NULL;
  guint n, id = PROP_PROXIED;

  all = g_object_class_list_properties (splicer, &n);
  for (guint i = 0; i < n; i++) {
    GParamSpec *copy = NULL;

    if (all[i]->owner_type == GST_TYPE_TS_SPLICER && (all[i]->flags & G_PARAM_WRITABLE) &&
        !g_object_class_find_property (object_class, all[i]->name))
      copy = copy_pspec (all[i]);
    if (copy)
      g_object_class_install_property (object_class, id++, copy);
  }
  g_type_class_unref (splicer);
}

static void
install_properties (GObjectClass * object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  g_object_class_install_property (object_class, PROP_CHANNEL,
      g_param_spec_string ("channel", "Channel", "Name of the channel; it stands in messages and in the ids of "
          "breaks. Elements of the same channel in one process have their breaks together (NULL = private)", NULL,
          flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_CREATIVE_URIS,
      g_param_spec_string ("creative-uris", "Creative URIs", "Local creatives, separated by commas: paths or "
          "file:// URIs. Transport streams are taken as they are, others are made to fit; %u in a name stands for the "
          "number of the rendition", NULL, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (object_class, PROP_SLATE_URI,
      g_param_spec_string ("slate-uri", "Slate URI", "Local transport stream that fills what creatives leave of a "
          "break; %u stands for the number of the rendition (NULL = the programme fills it)", NULL,
          flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_ADS_URL,
      g_param_spec_string ("ads-url", "Ad server URL", "VAST ad decision server that is asked about each break, with "
          "MediaTailor's variables, for example [session.avail_duration_secs]; its host may have any address, "
          "what it leads to must be public, or allowed by [ads] of config (NULL = creative-uris are played)", NULL,
          flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_CREATIVE_DIR,
      g_param_spec_string ("creative-dir", "Creative folder", "Where creatives of the ad server are kept (NULL = "
          "adsplice/creatives below the user's folder for caches)", NULL, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_LEAD_TIME,
      g_param_spec_uint64 ("lead-time", "Lead time", "From a call for a break to its out point, when the call names "
          "none, and how far ahead of any break its creatives are got ready (ns)", 0, G_MAXINT64, 10 * GST_SECOND,
          flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (object_class, PROP_BEACONS,
      g_param_spec_enum ("beacons", "Beacons", "Who tells ad servers what was played: a channel with a name keeps what is "
          "due in creative-dir until it is delivered", beacons_type (), AD_BEACONS_SERVER,
          flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_DECISIONS,
      g_param_spec_flags ("decisions", "Decisions", "Who is decided for. Without `channel` no ad server is asked for the "
          "channel itself, and its breaks show the programme", decisions_type (), AD_DECISIONS_CHANNEL,
          flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_UNIT_DURATION,
      g_param_spec_uint64 ("unit-duration", "Unit duration", "Longest unit (closed GOP) of creatives that are made to fit "
          "(ns; 0 = the part duration of the hlsadsink of the same channel, else the GOP of the rendition)", 0, G_MAXINT64,
          0, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (object_class, PROP_CONTROL,
      g_param_spec_string ("control", "Control server", "HOST:PORT of the control server (Amazon IVS's API, /v1, events, metrics), "
          "shared by all channels of the process that name it; port 0 = any that is free. While it runs the real address "
          "(NULL = none)", NULL, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_CONFIG,
      g_param_spec_string ("config", "Configuration file", "Keys, TLS, rates, state, hooks of the control server, and how ad "
          "servers are reached: examples/adsplice.conf shows every key. The first channel of an address says how it runs "
          "(NULL = only callers on this machine, nothing is kept)", NULL, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "Sums over all renditions, and each one's own in `renditions`",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
install_signals (GstAdSpliceBinClass * klass)
{
  /**
   * GstAdSpliceBin::insert-ad-break:
   * @duration: in nanoseconds
   * @options: (nullable): structure with `start-pts-90k`, `id`, `roll-type` (`postroll`)
   *
   * A break in all renditions, `lead-time` from now on when @options names no time.
   *
   * Returns: (transfer full) (nullable): id of the break, or NULL; a message says why. Since: 0.1
   */
  signals[SIGNAL_INSERT_AD_BREAK] = g_signal_new_class_handler ("insert-ad-break", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (insert_ad_break), NULL, NULL, NULL,
      G_TYPE_STRING, 2, G_TYPE_UINT64, GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
  signals[SIGNAL_INSERT_CUE] = g_signal_new_class_handler ("insert-cue", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (insert_cue), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
  signals[SIGNAL_CANCEL_AD_BREAK] = g_signal_new_class_handler ("cancel-ad-break", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (cancel_ad_break), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
  signals[SIGNAL_END_AD_BREAK] = g_signal_new_class_handler ("end-ad-break", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (end_ad_break), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
  /**
   * GstAdSpliceBin::reload-config:
   *
   * The file of `config` is read again: keys, tokens, rates and hooks of the control server are those that it names now.
   *
   * Returns: FALSE when nothing was changed; a warning says why. Since: 0.1
   */
  signals[SIGNAL_RELOAD_CONFIG] = g_signal_new_class_handler ("reload-config", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (reload_config), NULL, NULL, NULL, G_TYPE_BOOLEAN, 0);
}

static void
gst_ad_splice_bin_class_init (GstAdSpliceBinClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_ad_splice_bin_set_property;
  object_class->get_property = gst_ad_splice_bin_get_property;
  object_class->dispose = gst_ad_splice_bin_dispose;
  object_class->finalize = gst_ad_splice_bin_finalize;
  element_class->request_new_pad = GST_DEBUG_FUNCPTR (ad_splice_bin_request_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (ad_splice_bin_release_pad);
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_ad_splice_bin_change_state);
  GST_BIN_CLASS (klass)->handle_message = GST_DEBUG_FUNCPTR (ad_splice_bin_handle_message);
  install_properties (object_class);
  install_proxied (object_class);
  install_signals (klass);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &network_template);
  gst_type_mark_as_plugin_api (beacons_type (), 0);
  gst_type_mark_as_plugin_api (decisions_type (), 0);
  gst_element_class_set_static_metadata (element_class, "Channel with ads", "Generic/Bin/Ads",
      "Puts the creatives of each break into all renditions of a live channel", "The adsplice authors");
}
