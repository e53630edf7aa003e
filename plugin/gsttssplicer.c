/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-tssplicer
 * @title: tssplicer
 * @short_description: puts creatives into a live MPEG transport stream
 *
 * Leaves the programme before a random access point, plays creatives that come in as
 * transport streams on the `ad_%u` pads, and returns at a random access point, without
 * decoding anything. Outside breaks a buffer goes out as it came in, in the same call.
 *
 * Breaks are asked for by the `schedule` property, the signal `insert-ad-break`, an
 * `InsertAdBreak` event or SCTE-35 cues in the stream or by the signal `insert-cue`. Around each break the events
 * `AdBreakStart`, `AdCreativeStart`, `AdCreativeEnd` and `AdBreakEnd` go downstream, and
 * element messages `ad-break-state-change` to the bus. When in doubt the programme plays.
 *
 * Every SCTE-35 cue of the programme is an element message `scte35-cue`: `pid` (guint),
 * `pts-90k` (guint64: the PTS on air when it came; missing before the first one), `text` (one
 * line for people), `json` (an object, see gst/scte35/asp-scte35-json.h), `base64` (the section).
 *
 * With `scte35-output=rewrite` a break that did not come from a cue is announced by one for those
 * who follow: a splice_insert with its duration, 8 s ahead and then three times more (at once, when it is known
 * later than that; without a time, when it was asked for without one), and a second one that
 * closes it, 5 s ahead or, where the return comes otherwise, at once. A break that is taken back is
 * cancelled by a cue; one that nothing could be put into stays announced, for others to fill. Cues of
 * the input pass byte for byte. They share the programme's PID for cues; a programme without one
 * gets the highest PID below 0x1ff0 that no table names and no packet has used, registered as "CUEI" in its
 * PMT from the first one on, with version_number + 1. With a constant rate cues take the place of
 * null packets. PAT, other programmes and the `network` pad stay as they are; with `insertion=mark`
 * the cues are in the output of `src` too, which is otherwise the input's.
 *
 * With `splice-countdown` up to eight packets on each side of a splice say how far it is
 * (splice_countdown, ISO/IEC 13818-1 2.4.3.5), in the video PID only, and where that is known when they
 * leave, for nothing is delayed for it: the first packets of each creative; the last ones of its last
 * picture, when its end has been delivered by then or they wait for their slots as the programme comes
 * back; the first ones of the programme behind a return as far as they are made anew or have
 * stuffing in their adaptation field. What leaves the programme at the out point has left when the random access
 * point shows, so nothing counts down to that one. No packet is added.
 *
 * ## Cues
 * A cue opens a break when `scte35` has its kind, its tier is ours or everybody's
 * (`scte35-tier`), and none of its delivery restrictions is in `scte35-restrictions`; by default
 * all do. Of breaks that contain each other (a placement opportunity and the ads in it) the
 * outermost one counts. What begins in a break and ends behind it does nothing, or makes it
 * longer (`overlap-policy`). A cue ends only what its own event opened; the end of what is
 * around a break (programme, network, an outer placement opportunity) ends it too.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 tssplicer name=s schedule=12+10 ! filesink location=out.ts filesrc location=live.ts ! s.sink filesrc location=ad.ts ! s.ad_0
 * ]|
 *
 * Since: 0.1
 */
#include "tssplicer-private.h"

#include <string.h>

GST_DEBUG_CATEGORY (gst_ts_splicer_debug);

enum
{
  PROP_0,
  PROP_CHANNEL,
  PROP_PROGRAM_NUMBER,
  PROP_SCHEDULE,
  PROP_SCTE35,
  PROP_SCTE35_OUTPUT,
  PROP_SPLICE_COUNTDOWN,
  PROP_SCTE35_TIER,
  PROP_SCTE35_RESTRICTIONS,
  PROP_OVERLAP_POLICY,
  PROP_INSERTION,
  PROP_OUT_POINT,
  PROP_RETURN_POLICY,
  PROP_LATE_POLICY,
  PROP_SPLICE_TOLERANCE,
  PROP_MAX_RAP_WAIT,
  PROP_MAX_BREAK_DURATION,
  PROP_DEFAULT_BREAK_DURATION,
  PROP_NULL_PACKETS,
  PROP_AD_TRACKS,
  PROP_INPUT_TIMEOUT,
  PROP_STATS,
};

enum
{
  SIGNAL_INSERT_AD_BREAK,
  SIGNAL_INSERT_CUE,
  SIGNAL_CANCEL_AD_BREAK,
  SIGNAL_END_AD_BREAK,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

#define TS_CAPS "video/mpegts, systemstream = (boolean) true"

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (TS_CAPS));
static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (TS_CAPS));
static GstStaticPadTemplate ad_template = GST_STATIC_PAD_TEMPLATE ("ad_%u",
    GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (TS_CAPS));
static GstStaticPadTemplate slate_template = GST_STATIC_PAD_TEMPLATE ("slate",
    GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (TS_CAPS));
static GstStaticPadTemplate network_template = GST_STATIC_PAD_TEMPLATE ("network",
    GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS (TS_CAPS));

G_DEFINE_TYPE (GstTsSplicer, gst_ts_splicer, GST_TYPE_ELEMENT);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (tssplicer, "tssplicer", GST_RANK_NONE, GST_TYPE_TS_SPLICER,
    GST_DEBUG_CATEGORY_INIT (gst_ts_splicer_debug, "tssplicer", 0, "ad splicer for transport streams"));

/* --- enums and flags ------------------------------------------------------------ */

#define DEFINE_ENUM(function, type_name, ...) \
static GType function (void) \
{ \
  static gsize type = 0; \
  static const GEnumValue values[] = { __VA_ARGS__, { 0, NULL, NULL } }; \
  if (g_once_init_enter (&type)) \
    g_once_init_leave (&type, g_enum_register_static (type_name, values)); \
  return type; \
}

DEFINE_ENUM (scte35_output_type, "GstTsSplicerScte35Output",
    {SCTE35_OUTPUT_PASS, "Cues pass as they came", "pass"},
    {SCTE35_OUTPUT_STRIP, "No cue goes out", "strip"},
    {SCTE35_OUTPUT_REWRITE, "Cues pass, and a break that did not come from one is announced by one", "rewrite"})
DEFINE_ENUM (insertion_type, "GstTsSplicerInsertion",
    {0, "Put creatives into the stream", "splice"},
    {1, "Leave the content in place and only announce the break", "mark"})
DEFINE_ENUM (out_point_type, "GstTsSplicerOutPoint",
    {ASP_OUT_IDR, "Leave before a random access point", "idr"},
    {ASP_OUT_ANCHOR, "Leave at the picture that was asked for", "anchor"})
DEFINE_ENUM (return_policy_type, "GstTsSplicerReturnPolicy",
    {ASP_RETURN_NEAREST, "Return at the nearest random access point", "nearest"},
    {ASP_RETURN_FILL, "Fill with slate up to the next random access point", "fill"},
    {ASP_RETURN_HOLD, "Hold the last picture up to the next random access point", "hold"})
DEFINE_ENUM (late_policy_type, "GstTsSplicerLatePolicy",
    {ASP_LATE_NEXT_RAP, "Leave at the next random access point all the same", "next-rap"},
    {ASP_LATE_SKIP, "Skip the break", "skip"})
DEFINE_ENUM (overlap_policy_type, "GstTsSplicerOverlapPolicy",
    {ASP_OVERLAP_IGNORE, "The break that began first stays as it is", "ignore"},
    {ASP_OVERLAP_EXTEND, "The break that began first lasts to the end of the other one", "extend"})
DEFINE_ENUM (null_packets_type, "GstTsSplicerNullPackets",
    {0, "As many packets go out as come in, where the rate is constant", "keep"},
    {1, "Null packets are dropped", "drop"})
DEFINE_ENUM (ad_tracks_type, "GstTsSplicerAdTracks",
    {0, "Repeat a track of the creative of the same codec, rate and layout", "repeat"},
    {1, "Silence", "drop"})

static GType
scte35_flags_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = {
    {0, "No cue opens a break", "none"},
    {ASP_CUE_INSERT, "splice_insert", "insert"},
    {ASP_CUE_BREAK, "Break (0x22)", "break"},
    {ASP_CUE_PROVIDER_AD, "Provider advertisement (0x30)", "provider-ad"},
    {ASP_CUE_DISTRIBUTOR_AD, "Distributor advertisement (0x32)", "distributor-ad"},
    {ASP_CUE_PROVIDER_PO, "Provider placement opportunity (0x34)", "provider-po"},
    {ASP_CUE_DISTRIBUTOR_PO, "Distributor placement opportunity (0x36)", "distributor-po"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("GstTsSplicerScte35", values));
  return type;
}

static GType
restrictions_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = {
    {0, "Restrictions do not matter", "none"},
    {ASP_RESTRICTION_ANY, "Delivery is restricted in any way", "any"},
    {ASP_RESTRICTION_WEB, "Web delivery is not allowed", "web-delivery"},
    {ASP_RESTRICTION_BLACKOUT, "There are regional blackouts", "regional-blackout"},
    {ASP_RESTRICTION_ARCHIVE, "Archiving is not allowed", "archive"},
    {ASP_RESTRICTION_DEVICE, "A group of devices is excluded", "device"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("GstTsSplicerScte35Restrictions", values));
  return type;
}

/* --- settings ------------------------------------------------------------------- */

/* The settings as the splicer takes them; config->channel is the caller's to free. */
void
ts_splicer_config (GstTsSplicer * self, AspSplicerConfig * config)
{
  const Settings *set = &self->settings;

  memset (config, 0, sizeof *config);
  GST_OBJECT_LOCK (self);
  config->program_number = set->program_number;
  config->plan.cue_flags = set->scte35;
  config->plan.tier = set->scte35_tier;
  config->plan.restrictions = set->scte35_restrictions;
  config->plan.overlap_policy = (AspOverlapPolicy) set->overlap_policy;
  config->plan.default_duration_90k = asp_ns_to_90k (set->default_break_duration_ns);
  config->plan.max_duration_90k = asp_ns_to_90k (set->max_break_duration_ns);
  config->out_point = (AspOutPoint) set->out_point;
  config->return_policy = (AspReturnPolicy) set->return_policy;
  config->late_policy = config->plan.late_policy = (AspLatePolicy) set->late_policy;
  config->tolerance_90k = config->plan.tolerance_90k = asp_ns_to_90k (set->splice_tolerance_ns);
  config->max_rap_wait_90k = config->plan.max_rap_wait_90k = asp_ns_to_90k (set->max_rap_wait_ns);
  config->drop_nulls = set->null_packets == 1;
  config->repeat_tracks = set->ad_tracks == 0;
  config->strip_cues = set->scte35_output == SCTE35_OUTPUT_STRIP;
  config->rewrite_cues = set->scte35_output == SCTE35_OUTPUT_REWRITE;
  config->splice_countdown = set->splice_countdown;
  config->mark = set->insertion == 1;
  config->want_network = self->networkpad != NULL;
  config->channel = g_strdup (set->channel);
  GST_OBJECT_UNLOCK (self);
}

gboolean
ts_splicer_is_live (GstTsSplicer * self)
{
  gboolean known, live;
  GstQuery *query;

  GST_OBJECT_LOCK (self);
  known = self->live_known;
  live = self->live;
  GST_OBJECT_UNLOCK (self);
  if (known)
    return live;
  query = gst_query_new_latency ();
  live = FALSE;
  if (gst_pad_peer_query (self->sinkpad, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);
  GST_OBJECT_LOCK (self);
  self->live = live;
  self->live_known = TRUE;
  GST_OBJECT_UNLOCK (self);
  return live;
}

GstPad *
ts_splicer_ref_network (GstTsSplicer * self)
{
  GstPad *pad;

  if (!g_atomic_int_get (&self->has_network))
    return NULL;
  GST_OBJECT_LOCK (self);
  pad = self->networkpad ? gst_object_ref (self->networkpad) : NULL;
  GST_OBJECT_UNLOCK (self);
  return pad;
}

static void
set_schedule (GstTsSplicer * self, const gchar * text)
{
  gchar *error = NULL;
  gboolean ok = ts_splicer_parse_schedule (text, NULL, &error);

  GST_OBJECT_LOCK (self);
  if (ok) {
    g_free (self->settings.schedule);
    self->settings.schedule = g_strdup (text ? text : "");
  }
  g_free (self->bad_schedule);
  self->bad_schedule = error;
  GST_OBJECT_UNLOCK (self);
  if (!ok)
    GST_WARNING_OBJECT (self, "%s", self->bad_schedule);
}

static void
gst_ts_splicer_set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  GstTsSplicer *self = GST_TS_SPLICER (object);
  Settings *set = &self->settings;

  if (id == PROP_SCHEDULE) {
    set_schedule (self, g_value_get_string (value));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_CHANNEL:
      g_free (set->channel);
      set->channel = g_value_dup_string (value);
      break;
    case PROP_PROGRAM_NUMBER:
      set->program_number = (guint) g_value_get_int (value);
      break;
    case PROP_SCTE35:
      set->scte35 = g_value_get_flags (value);
      break;
    case PROP_SCTE35_OUTPUT:
      set->scte35_output = g_value_get_enum (value);
      break;
    case PROP_SPLICE_COUNTDOWN:
      set->splice_countdown = g_value_get_boolean (value);
      break;
    case PROP_SCTE35_TIER:
      set->scte35_tier = (guint) g_value_get_int (value);
      break;
    case PROP_SCTE35_RESTRICTIONS:
      set->scte35_restrictions = g_value_get_flags (value);
      break;
    case PROP_OVERLAP_POLICY:
      set->overlap_policy = g_value_get_enum (value);
      break;
    case PROP_INSERTION:
      set->insertion = g_value_get_enum (value);
      break;
    case PROP_OUT_POINT:
      set->out_point = g_value_get_enum (value);
      break;
    case PROP_RETURN_POLICY:
      set->return_policy = g_value_get_enum (value);
      break;
    case PROP_LATE_POLICY:
      set->late_policy = g_value_get_enum (value);
      break;
    case PROP_SPLICE_TOLERANCE:
      set->splice_tolerance_ns = g_value_get_uint64 (value);
      break;
    case PROP_MAX_RAP_WAIT:
      set->max_rap_wait_ns = g_value_get_uint64 (value);
      break;
    case PROP_MAX_BREAK_DURATION:
      set->max_break_duration_ns = g_value_get_uint64 (value);
      break;
    case PROP_DEFAULT_BREAK_DURATION:
      set->default_break_duration_ns = g_value_get_uint64 (value);
      break;
    case PROP_NULL_PACKETS:
      set->null_packets = g_value_get_enum (value);
      break;
    case PROP_AD_TRACKS:
      set->ad_tracks = g_value_get_enum (value);
      break;
    case PROP_INPUT_TIMEOUT:
      set->input_timeout_ns = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
  g_atomic_int_set (&self->settings_changed, TRUE);
}

/* Streaming thread: what `stats` shows. */
void
ts_splicer_copy_stats (GstTsSplicer * self)
{
  AspSplicerInput now;

  asp_splicer_input (self->splicer, &now);
  GST_OBJECT_LOCK (self);
  self->stats = *asp_splicer_stats (self->splicer);
  if (now.rap_pts90k != self->input.now.rap_pts90k)
    self->input.rap_us = now.rap_pts90k == ASP_NO_TIME ? 0 : g_get_real_time ();
  if (now.tables != self->input.now.tables)
    self->input.n_pids = asp_splicer_pids (self->splicer, self->input.pids, ASP_SPLICER_PIDS_MAX);
  self->input.now = now;
  GST_OBJECT_UNLOCK (self);
}

void
gst_ts_splicer_get_input (GstTsSplicer * self, TsSplicerInput * out)
{
  GST_OBJECT_LOCK (self);
  *out = self->input;
  out->stats = self->stats;
  GST_OBJECT_UNLOCK (self);
}

static GstStructure *
stats_structure (GstTsSplicer * self)
{
  GstStructure *s;
  AspSplicerStats st;

  GST_OBJECT_LOCK (self);
  st = self->stats;
  GST_OBJECT_UNLOCK (self);
  s = gst_structure_new ("adsplice-stats",
      "packets", G_TYPE_UINT64, st.packets, "null-packets", G_TYPE_UINT64, st.null_packets,
      "sync-losses", G_TYPE_UINT64, st.sync_losses, "garbage-bytes", G_TYPE_UINT64, st.garbage_bytes,
      "cc-errors", G_TYPE_UINT64, st.cc_errors, "cues", G_TYPE_UINT64, st.cues,
      "cues-ignored", G_TYPE_UINT64, st.cues_ignored, "cues-damaged", G_TYPE_UINT64, st.cues_damaged,
      "last-cue-ignored", G_TYPE_STRING, st.last_cue_ignored ? st.last_cue_ignored : "",
      "breaks", G_TYPE_UINT64, st.breaks_started, "breaks-ended", G_TYPE_UINT64, st.breaks_ended,
      "breaks-skipped", G_TYPE_UINT64, st.breaks_skipped,
      "creatives", G_TYPE_UINT64, st.creatives_played,
      "packets-dropped", G_TYPE_UINT64, st.packets_dropped, NULL);
  ts_splicer_add_records (self, s);
  return s;
}

static void
gst_ts_splicer_get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstTsSplicer *self = GST_TS_SPLICER (object);
  const Settings *set = &self->settings;

  if (id == PROP_STATS) {
    g_value_take_boxed (value, stats_structure (self));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_CHANNEL:
      g_value_set_string (value, set->channel);
      break;
    case PROP_PROGRAM_NUMBER:
      g_value_set_int (value, (gint) set->program_number);
      break;
    case PROP_SCHEDULE:
      g_value_set_string (value, set->schedule);
      break;
    case PROP_SCTE35:
      g_value_set_flags (value, set->scte35);
      break;
    case PROP_SCTE35_OUTPUT:
      g_value_set_enum (value, set->scte35_output);
      break;
    case PROP_SPLICE_COUNTDOWN:
      g_value_set_boolean (value, set->splice_countdown);
      break;
    case PROP_SCTE35_TIER:
      g_value_set_int (value, (gint) set->scte35_tier);
      break;
    case PROP_SCTE35_RESTRICTIONS:
      g_value_set_flags (value, set->scte35_restrictions);
      break;
    case PROP_OVERLAP_POLICY:
      g_value_set_enum (value, set->overlap_policy);
      break;
    case PROP_INSERTION:
      g_value_set_enum (value, set->insertion);
      break;
    case PROP_OUT_POINT:
      g_value_set_enum (value, set->out_point);
      break;
    case PROP_RETURN_POLICY:
      g_value_set_enum (value, set->return_policy);
      break;
    case PROP_LATE_POLICY:
      g_value_set_enum (value, set->late_policy);
      break;
    case PROP_SPLICE_TOLERANCE:
      g_value_set_uint64 (value, set->splice_tolerance_ns);
      break;
    case PROP_MAX_RAP_WAIT:
      g_value_set_uint64 (value, set->max_rap_wait_ns);
      break;
    case PROP_MAX_BREAK_DURATION:
      g_value_set_uint64 (value, set->max_break_duration_ns);
      break;
    case PROP_DEFAULT_BREAK_DURATION:
      g_value_set_uint64 (value, set->default_break_duration_ns);
      break;
    case PROP_NULL_PACKETS:
      g_value_set_enum (value, set->null_packets);
      break;
    case PROP_AD_TRACKS:
      g_value_set_enum (value, set->ad_tracks);
      break;
    case PROP_INPUT_TIMEOUT:
      g_value_set_uint64 (value, set->input_timeout_ns);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* --- pads ----------------------------------------------------------------------- */

static gboolean
parse_ad_name (const gchar * name, guint * number)
{
  guint64 n;

  if (!name || !g_str_has_prefix (name, "ad_") || !g_ascii_string_to_unsigned (name + 3, 10, 0, G_MAXINT, &n, NULL))
    return FALSE;
  *number = (guint) n;
  return TRUE;
}

static guint
free_ad_number (GstTsSplicer * self)
{
  guint number = 0;

  g_mutex_lock (&self->hub->lock);
  for (guint i = 0; i < self->hub->queues->len; i++) {
    const AspAdQueue *q = g_ptr_array_index (self->hub->queues, i);

    if (q->number == number)
      number++;
  }
  g_mutex_unlock (&self->hub->lock);
  return number;
}

static GstPad *
gst_ts_splicer_request_new_pad (GstElement * element, GstPadTemplate * templ, const gchar * name, const GstCaps * caps)
{
  GstTsSplicer *self = GST_TS_SPLICER (element);
  const gchar *kind = GST_PAD_TEMPLATE_NAME_TEMPLATE (templ);
  g_autofree gchar *made = NULL;
  GstPad *pad;
  guint number;

  if (!strcmp (kind, "network")) {
    pad = ts_splicer_ref_network (self);
    if (!pad)
      return ts_splicer_add_network_pad (self, templ);
    gst_object_unref (pad);
    return NULL;
  }
  if (!strcmp (kind, "slate")) {
    if (self->slatepad)
      return NULL;
    self->slatepad = ts_splicer_add_ad_pad (self, templ, "slate", 0, TRUE);
    return self->slatepad;
  }
  if (!parse_ad_name (name, &number))
    number = free_ad_number (self);
  made = g_strdup_printf ("ad_%u", number);
  pad = gst_element_get_static_pad (element, made);
  if (pad) {
    GST_WARNING_OBJECT (self, "pad %s is there already", made);
    gst_object_unref (pad);
    return NULL;
  }
  return ts_splicer_add_ad_pad (self, templ, made, number, FALSE);
}

static void
gst_ts_splicer_release_pad (GstElement * element, GstPad * pad)
{
  GstTsSplicer *self = GST_TS_SPLICER (element);
  gboolean network;

  GST_OBJECT_LOCK (self);
  network = pad == self->networkpad;
  if (network)
    self->networkpad = NULL;
  GST_OBJECT_UNLOCK (self);
  if (network) {
    g_atomic_int_set (&self->has_network, FALSE);
    g_atomic_int_set (&self->settings_changed, TRUE);
  }
  if (!network) {
    if (pad == self->slatepad)
      self->slatepad = NULL;
    ts_splicer_remove_ad_pad (self, pad);
    return;
  }
  gst_object_ref (pad);
  gst_pad_set_active (pad, FALSE);
  GST_PAD_STREAM_LOCK (self->sinkpad);
  gst_flow_combiner_remove_pad (self->combiner, pad);
  GST_PAD_STREAM_UNLOCK (self->sinkpad);
  gst_element_remove_pad (element, pad);
  gst_object_unref (pad);
}

/* --- states --------------------------------------------------------------------- */

static void
set_running (GstTsSplicer * self, gboolean running)
{
  g_mutex_lock (&self->request_lock);
  self->running = running;
  g_mutex_unlock (&self->request_lock);
}

static void
tell_bad_schedule (GstTsSplicer * self)
{
  g_autofree gchar *text = NULL;

  GST_OBJECT_LOCK (self);
  text = g_strdup (self->bad_schedule);
  GST_OBJECT_UNLOCK (self);
  if (!text)
    return;
  ts_splicer_post_refusal (self, "", "bad-schedule", text);
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s.", text), (NULL));
}

static void
stop_ads (GstTsSplicer * self)
{
  g_mutex_lock (&self->hub->lock);
  self->hub->flushing = TRUE;
  asp_ad_hub_changed_locked (self->hub);
  g_mutex_unlock (&self->hub->lock);
}

static GstStateChangeReturn
gst_ts_splicer_change_state (GstElement * element, GstStateChange transition)
{
  GstTsSplicer *self = GST_TS_SPLICER (element);
  GstStateChangeReturn ret;

  switch (transition) {
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      GST_OBJECT_LOCK (self);
      self->live_known = FALSE;
      GST_OBJECT_UNLOCK (self);
      ts_splicer_network_start (self);
      ts_splicer_keepalive_start (self);
      set_running (self, TRUE);
      tell_bad_schedule (self);
      break;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      set_running (self, FALSE);
      stop_ads (self);
      break;
    default:
      break;
  }
  ret = GST_ELEMENT_CLASS (gst_ts_splicer_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    ts_splicer_keepalive_stop (self);
    ts_splicer_clear_requests (self);
    ts_splicer_network_stop (self);
  }
  return ret;
}

/* --- class ---------------------------------------------------------------------- */

static void
gst_ts_splicer_init (GstTsSplicer * self)
{
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);
  Settings *set = &self->settings;

  set->schedule = g_strdup ("");
  set->scte35 = ASP_CUE_ALL;
  set->scte35_tier = ASP_PLAN_TIER_ANY;
  set->splice_tolerance_ns = 500 * GST_MSECOND;
  set->max_rap_wait_ns = 5 * GST_SECOND;
  set->max_break_duration_ns = 300 * GST_SECOND;
  set->default_break_duration_ns = 30 * GST_SECOND;
  set->input_timeout_ns = GST_SECOND;
  g_mutex_init (&self->request_lock);
  g_mutex_init (&self->keep_lock);
  g_cond_init (&self->keep_cond);
  g_queue_init (&self->inbox);
  g_queue_init (&self->open);
  self->newest_pts90k = ASP_NO_TIME;
  self->clock_offset_ns = self->asked_keyunit_90k = G_MININT64;
  self->hub = asp_ad_hub_new ();
  self->srcpad = gst_pad_new_from_template (gst_element_class_get_pad_template (klass, "src"), "src");
  self->sinkpad = gst_pad_new_from_template (gst_element_class_get_pad_template (klass, "sink"), "sink");
  ts_splicer_network_setup (self);
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
}

static void
gst_ts_splicer_dispose (GObject * object)
{
  GList *pads, *l;

  /* request pads that the application left */
  GST_OBJECT_LOCK (object);
  pads = g_list_copy (GST_ELEMENT (object)->pads);
  for (l = pads; l; l = l->next)
    gst_object_ref (l->data);
  GST_OBJECT_UNLOCK (object);
  for (l = pads; l; l = l->next) {
    GstPadTemplate *templ = GST_PAD_PAD_TEMPLATE (l->data);

    if (templ && GST_PAD_TEMPLATE_PRESENCE (templ) == GST_PAD_REQUEST)
      gst_element_release_request_pad (GST_ELEMENT (object), l->data);
  }
  g_list_free_full (pads, gst_object_unref);
  G_OBJECT_CLASS (gst_ts_splicer_parent_class)->dispose (object);
}

static void
gst_ts_splicer_finalize (GObject * object)
{
  GstTsSplicer *self = GST_TS_SPLICER (object);

  asp_splicer_free (self->splicer);
  ts_splicer_clear_requests (self);
  asp_ad_hub_free (self->hub);
  gst_flow_combiner_free (self->combiner);
  asp_channel_unref (self->given_channel);
  g_free (self->rendition_name);
  g_free (self->settings.channel);
  g_free (self->settings.schedule);
  g_free (self->bad_schedule);
  g_mutex_clear (&self->request_lock);
  g_mutex_clear (&self->keep_lock);
  g_cond_clear (&self->keep_cond);
  G_OBJECT_CLASS (gst_ts_splicer_parent_class)->finalize (object);
}

#define READY_ONLY (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define NEXT_BREAK (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

static void
install_selection (GObjectClass * object_class)
{
  g_object_class_install_property (object_class, PROP_CHANNEL,
      g_param_spec_string ("channel", "Channel", "Name of the channel that this stream belongs to; it stands in "
          "messages and in the ids of breaks. All splicers of that name in this process are renditions of one "
          "channel: a break of one is a break of all, and they leave and return at the same PTS where all have "
          "a random access point there (NULL = private)", NULL, READY_ONLY));
  g_object_class_install_property (object_class, PROP_PROGRAM_NUMBER,
      g_param_spec_int ("program-number", "Programme number", "The programme that is spliced; all others of the "
          "multiplex pass untouched (0 = the first one)", 0, 65535, 0, READY_ONLY));
  g_object_class_install_property (object_class, PROP_SCHEDULE,
      g_param_spec_string ("schedule", "Schedule", "Breaks by stream time, in seconds from the first video PTS: "
          "START+DURATION[,START+DURATION...], for example 12+10,60+30", "", READY_ONLY));
  g_object_class_install_property (object_class, PROP_SCTE35,
      g_param_spec_flags ("scte35", "SCTE-35", "Which cues in the stream open a break", scte35_flags_type (),
          ASP_CUE_ALL, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_SCTE35_OUTPUT,
      g_param_spec_enum ("scte35-output", "SCTE-35 output", "What happens to cues in the output; once set to "
          "rewrite, the stream keeps its PID for cues to its end",
          scte35_output_type (), SCTE35_OUTPUT_PASS, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_SPLICE_COUNTDOWN,
      g_param_spec_boolean ("splice-countdown", "Splice countdown", "Write splice_countdown into the video's packets "
          "around each splice, where it is known without delay, for splicers that follow", FALSE, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_SCTE35_TIER,
      g_param_spec_int ("scte35-tier", "SCTE-35 tier", "The authorization tier of this splicer: cues of another tier do "
          "nothing, cues for everybody (tier 4095) always act (4095 = cues of every tier act)", 0, ASP_PLAN_TIER_ANY,
          ASP_PLAN_TIER_ANY, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_SCTE35_RESTRICTIONS,
      g_param_spec_flags ("scte35-restrictions", "SCTE-35 restrictions", "Delivery restrictions in a segmentation "
          "descriptor that keep it from opening a break (none = all open one)", restrictions_type (), 0, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_INSERTION,
      g_param_spec_enum ("insertion", "Insertion", "Splice creatives in, or leave the content in place and only "
          "mark the break", insertion_type (), 0, READY_ONLY));
}

static void
install_policies (GObjectClass * object_class)
{
  g_object_class_install_property (object_class, PROP_OUT_POINT,
      g_param_spec_enum ("out-point", "Out point", "Where the programme is left", out_point_type (), ASP_OUT_IDR,
          NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_RETURN_POLICY,
      g_param_spec_enum ("return-policy", "Return policy", "What to do when there is no random access point where "
          "the return should be", return_policy_type (), ASP_RETURN_NEAREST, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_LATE_POLICY,
      g_param_spec_enum ("late-policy", "Late policy", "What to do with a cue whose time has passed when it arrives, "
          "or whose random access point comes later than splice-tolerance", late_policy_type (), ASP_LATE_NEXT_RAP,
          NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_OVERLAP_POLICY,
      g_param_spec_enum ("overlap-policy", "Overlap policy", "What to do with a cue for a break that begins before "
          "another one is over and ends behind it", overlap_policy_type (), ASP_OVERLAP_IGNORE, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_NULL_PACKETS,
      g_param_spec_enum ("null-packets", "Null packets", "Null packets of the input", null_packets_type (), 0,
          NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_AD_TRACKS,
      g_param_spec_enum ("ad-tracks", "Ad tracks", "Audio tracks of the programme that a creative lacks",
          ad_tracks_type (), 0, NEXT_BREAK));
}

static void
install_times (GObjectClass * object_class)
{
  g_object_class_install_property (object_class, PROP_SPLICE_TOLERANCE,
      g_param_spec_uint64 ("splice-tolerance", "Splice tolerance", "How far after the asked time a random access "
          "point is not yet late, and how much of the last creative an early return may cut (ns)", 0, G_MAXINT64,
          500 * GST_MSECOND, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_MAX_RAP_WAIT,
      g_param_spec_uint64 ("max-rap-wait", "Longest wait for a RAP", "After that time without a random access point "
          "a break is skipped, or the programme entered at a recovery point or any picture (ns)", 0, G_MAXINT64,
          5 * GST_SECOND, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_MAX_BREAK_DURATION,
      g_param_spec_uint64 ("max-break-duration", "Longest break", "Longer breaks are cut to this (ns)", GST_SECOND,
          G_MAXINT64, 300 * GST_SECOND, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_DEFAULT_BREAK_DURATION,
      g_param_spec_uint64 ("default-break-duration", "Default duration", "Duration of a break when a cue or call "
          "gives none (ns)", GST_SECOND, G_MAXINT64, 30 * GST_SECOND, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_INPUT_TIMEOUT,
      g_param_spec_uint64 ("input-timeout", "Input timeout", "Live only: after that silence of the input a running "
          "break goes on without it (ns)", 0, G_MAXINT64, GST_SECOND, NEXT_BREAK));
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "What the splicer has counted since it went to PAUSED",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
install_signals (GstTsSplicerClass * klass)
{
  /**
   * GstTsSplicer::insert-ad-break:
   * @duration: in nanoseconds
   * @options: (nullable): structure with `start-pts-90k`, `id`, `roll-type` (`postroll`)
   *
   * Returns: (transfer full) (nullable): id of the break, or NULL; a message says why. Since: 0.1
   */
  signals[SIGNAL_INSERT_AD_BREAK] = g_signal_new_class_handler ("insert-ad-break", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (ts_splicer_insert_ad_break), NULL, NULL, NULL,
      G_TYPE_STRING, 2, G_TYPE_UINT64, GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
  /**
   * GstTsSplicer::insert-cue:
   * @cue: a splice_info_section as base64 or hexadecimal text
   *
   * The cue is treated as if it had come in the stream at this moment: its times are those of
   * the stream, pts_adjustment is added, a repetition does nothing, `scte35` says what opens a
   * break. It does not go out in the stream.
   *
   * Returns: FALSE when @cue cannot be read or the element does not run; a warning message
   *   says what is wrong. Since: 0.1
   */
  signals[SIGNAL_INSERT_CUE] = g_signal_new_class_handler ("insert-cue", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (ts_splicer_insert_cue), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
  signals[SIGNAL_CANCEL_AD_BREAK] = g_signal_new_class_handler ("cancel-ad-break", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (ts_splicer_cancel_ad_break), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
  signals[SIGNAL_END_AD_BREAK] = g_signal_new_class_handler ("end-ad-break", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (ts_splicer_end_ad_break), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
}

static void
gst_ts_splicer_class_init (GstTsSplicerClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_ts_splicer_set_property;
  object_class->get_property = gst_ts_splicer_get_property;
  object_class->dispose = gst_ts_splicer_dispose;
  object_class->finalize = gst_ts_splicer_finalize;
  element_class->request_new_pad = GST_DEBUG_FUNCPTR (gst_ts_splicer_request_new_pad);
  element_class->release_pad = GST_DEBUG_FUNCPTR (gst_ts_splicer_release_pad);
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_ts_splicer_change_state);
  install_selection (object_class);
  install_policies (object_class);
  install_times (object_class);
  install_signals (klass);
  /* src comes first, so that `name=s ! b` never picks another pad */
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &ad_template);
  gst_element_class_add_static_pad_template (element_class, &slate_template);
  gst_element_class_add_static_pad_template (element_class, &network_template);
  gst_element_class_set_static_metadata (element_class, "Transport stream ad splicer", "Generic/Switch/Ads",
      "Puts creatives into the breaks of a live MPEG transport stream without decoding it",
      "The adsplice authors");
  gst_type_mark_as_plugin_api (scte35_flags_type (), 0);
  gst_type_mark_as_plugin_api (scte35_output_type (), 0);
  gst_type_mark_as_plugin_api (insertion_type (), 0);
  gst_type_mark_as_plugin_api (out_point_type (), 0);
  gst_type_mark_as_plugin_api (return_policy_type (), 0);
  gst_type_mark_as_plugin_api (late_policy_type (), 0);
  gst_type_mark_as_plugin_api (overlap_policy_type (), 0);
  gst_type_mark_as_plugin_api (restrictions_type (), 0);
  gst_type_mark_as_plugin_api (null_packets_type (), 0);
  gst_type_mark_as_plugin_api (ad_tracks_type (), 0);
}
