/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tssplicer-private.h"

#include <string.h>

#include <gst/video/video.h>

/* --- out ------------------------------------------------------------------------ */

/* What is made in a call carries the timestamps of the buffer whose call it is. */
static void
stamp (GstTsSplicer * self, GstBuffer * buffer)
{
  if (!self->current)
    return;
  GST_BUFFER_PTS (buffer) = GST_BUFFER_PTS (self->current);
  GST_BUFFER_DTS (buffer) = GST_BUFFER_DTS (self->current);
  if (!self->current_used && GST_BUFFER_IS_DISCONT (self->current))
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->current_used = TRUE;
}

static GstFlowReturn
push_on (GstTsSplicer * self, GstPad * pad, GstBuffer * buffer)
{
  GstFlowReturn ret = gst_pad_push (pad, buffer);

  return gst_flow_combiner_update_pad_flow (self->combiner, pad, ret);
}

static GstFlowReturn
push_bytes (GstTsSplicer * self, GstPad * pad, const guint8 * data, gsize size)
{
  GstBuffer *buffer;

  if (size == 0)
    return GST_FLOW_OK;
  buffer = gst_buffer_new_memdup (data, size);
  stamp (self, buffer);
  return push_on (self, pad, buffer);
}

/* Bytes and events of @o in their order; bytes alone leave without a copy. */
static GstFlowReturn
push_output (GstTsSplicer * self, GstPad * pad, AspOutput * o)
{
  GstFlowReturn ret = GST_FLOW_OK;
  gsize at = 0, size;
  guint8 *whole = asp_output_steal (o, &size);

  if (whole) {
    GstBuffer *buffer = gst_buffer_new_wrapped (whole, size);

    stamp (self, buffer);
    return push_on (self, pad, buffer);
  }
  for (guint i = 0; i < o->marks->len && ret == GST_FLOW_OK; i++) {
    const AspOutputMark *m = &g_array_index (o->marks, AspOutputMark, i);

    ret = push_bytes (self, pad, o->bytes->data + at, m->offset - at);
    at = m->offset;
    gst_pad_push_event (pad, ts_splicer_event_from_mark (self, m->mark));
  }
  if (ret == GST_FLOW_OK)
    ret = push_bytes (self, pad, o->bytes->data + at, o->bytes->len - at);
  return ret;
}

/* The same for the first of two pads: @o stays as it is. */
static GstFlowReturn
push_copy (GstTsSplicer * self, GstPad * pad, const AspOutput * o)
{
  AspOutput copy;
  GstFlowReturn ret;

  asp_output_init (&copy);
  g_byte_array_append (copy.bytes, o->bytes->data, o->bytes->len);
  for (guint i = 0; i < o->marks->len; i++) {
    AspOutputMark m = g_array_index (o->marks, AspOutputMark, i);

    m.mark = asp_mark_copy (m.mark);
    g_array_append_val (copy.marks, m);
  }
  ret = push_output (self, pad, &copy);
  asp_output_clear (&copy);
  return ret;
}

static gboolean
is_marking (GstTsSplicer * self)
{
  gboolean mark;

  GST_OBJECT_LOCK (self);
  mark = self->settings.insertion == 1;
  GST_OBJECT_UNLOCK (self);
  return mark;
}

/* What `src` gets of all that the splicer makes. */
static AspOutput *
src_output (GstTsSplicer * self)
{
  if (asp_splicer_has_marked_output (self->splicer))
    return asp_splicer_marked_output (self->splicer);
  return is_marking (self) ? asp_splicer_network_output (self->splicer) : asp_splicer_output (self->splicer);
}

/* Everything that the splicer has made so far. */
GstFlowReturn
ts_splicer_flush_output (GstTsSplicer * self)
{
  AspOutput *out = asp_splicer_output (self->splicer);
  AspOutput *network = asp_splicer_network_output (self->splicer);
  AspOutput *src = src_output (self);
  GstPad *networkpad = ts_splicer_ref_network (self);
  GstFlowReturn ret;

  if (src == network && networkpad)
    ret = push_copy (self, self->srcpad, src);
  else
    ret = push_output (self, self->srcpad, src);
  if (networkpad) {
    self->current_used = FALSE;
    if (ret == GST_FLOW_OK)
      ret = push_output (self, networkpad, network);
    gst_object_unref (networkpad);
  }
  asp_output_reset (out);
  asp_output_reset (network);
  asp_output_reset (asp_splicer_marked_output (self->splicer));
  ts_splicer_copy_stats (self);
  return ret;
}

static GstBuffer *
region_of (GstTsSplicer * self, GstBuffer * buffer, gsize offset, gsize size)
{
  GstBuffer *part = gst_buffer_copy_region (buffer, GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_FLAGS, offset, size);

  GST_BUFFER_FLAG_UNSET (part, GST_BUFFER_FLAG_DISCONT);
  stamp (self, part);
  return part;
}

/* @buffer, or a part of one, of which at most CC were written; with @original as it came in,
 * for `network`; NULL: nothing was written. Takes both. */
static GstFlowReturn
pass_on (GstTsSplicer * self, GstBuffer * buffer, GstBuffer * original)
{
  GstPad *networkpad = ts_splicer_ref_network (self);
  GstFlowReturn ret = GST_FLOW_OK;

  if (networkpad) {
    ret = push_on (self, networkpad, original ? g_steal_pointer (&original) : gst_buffer_ref (buffer));
    gst_object_unref (networkpad);
  }
  gst_clear_buffer (&original);
  if (ret != GST_FLOW_OK) {
    gst_buffer_unref (buffer);
    return ret;
  }
  return push_on (self, self->srcpad, buffer);
}

/* The bytes of @from, all else as in @part. */
static GstBuffer *
original_of (GstBuffer * from, GstBuffer * part, gsize offset, gsize size)
{
  GstBuffer *original = gst_buffer_copy_region (from, GST_BUFFER_COPY_MEMORY, offset, size);

  gst_buffer_copy_into (original, part, GST_BUFFER_COPY_METADATA, 0, -1);
  return original;
}

static GstFlowReturn
pass_region (GstTsSplicer * self, gsize offset, gsize size)
{
  GstBuffer *part = region_of (self, self->current, offset, size);

  return pass_on (self, part, self->pristine ? original_of (self->pristine, part, offset, size) : NULL);
}

/* --- in ------------------------------------------------------------------------- */

static gboolean
has_output (GstTsSplicer * self)
{
  AspOutput *out = asp_splicer_output (self->splicer);
  AspOutput *network = asp_splicer_network_output (self->splicer);
  AspOutput *marked = asp_splicer_marked_output (self->splicer);

  return out->bytes->len > 0 || out->marks->len > 0 || network->bytes->len > 0 || network->marks->len > 0 ||
      marked->bytes->len > 0 || marked->marks->len > 0;
}

/* The part of self->current from @offset on, in pieces: some pass, some are made anew. */
static GstFlowReturn
take_apart (GstTsSplicer * self, guint8 * data, gsize size, gsize offset, gboolean writable)
{
  GstFlowReturn ret = GST_FLOW_OK;

  while (offset < size && ret == GST_FLOW_OK) {
    gsize n;

    if (asp_splicer_wants_packets (self->splicer)) {
      n = asp_splicer_process (self->splicer, data + offset, size - offset);
      ret = ts_splicer_flush_output (self);
    } else if (asp_splicer_needs_patch (self->splicer) && !writable) {
      /* a break ended inside this buffer and left another CC behind */
      g_autofree guint8 *copy = g_memdup2 (data + offset, size - offset);

      n = asp_splicer_scan (self->splicer, copy, size - offset);
      if (has_output (self))
        ret = ts_splicer_flush_output (self);
      if (ret == GST_FLOW_OK && n > 0) {
        GstBuffer *part = gst_buffer_new_memdup (copy, n);

        stamp (self, part);
        ret = pass_on (self, part, original_of (self->current, part, offset, n));
      }
    } else {
      n = asp_splicer_scan (self->splicer, data + offset, size - offset);
      if (has_output (self))
        ret = ts_splicer_flush_output (self);
      if (ret == GST_FLOW_OK && n > 0)
        ret = pass_region (self, offset, n);
    }
    offset += n;
  }
  return ret;
}

/* What stands in @map of self->current, in this call. @patch: it may be written. TRUE: all of
 * it passes and has yet to be pushed. */
static gboolean
handle_bytes (GstTsSplicer * self, const GstMapInfo * map, gboolean patch, GstFlowReturn * ret)
{
  gsize passed = 0;

  if (!asp_splicer_wants_packets (self->splicer))
    passed = asp_splicer_scan (self->splicer, map->data, map->size);
  if (has_output (self))
    *ret = ts_splicer_flush_output (self);
  if (*ret == GST_FLOW_OK && passed == map->size)
    return TRUE;
  if (*ret == GST_FLOW_OK && passed > 0)
    *ret = pass_region (self, 0, passed);
  if (*ret == GST_FLOW_OK)
    *ret = take_apart (self, map->data, map->size, passed, patch);
  return FALSE;
}

/* Looks at @buffer; when all of it may pass it passes as it is, in this call. Takes it. */
static GstFlowReturn
handle_buffer (GstTsSplicer * self, GstBuffer * buffer)
{
  gboolean patch = asp_splicer_needs_patch (self->splicer), whole;
  GstFlowReturn ret = GST_FLOW_OK;
  GstMapInfo map;

  if (patch) {
    /* a second reference: what is written is then a copy */
    self->pristine = g_atomic_int_get (&self->has_network) ? gst_buffer_ref (buffer) : NULL;
    buffer = gst_buffer_make_writable (buffer);
  }
  if (!gst_buffer_map (buffer, &map, patch ? GST_MAP_READWRITE : GST_MAP_READ)) {
    gst_clear_buffer (&self->pristine);
    gst_buffer_unref (buffer);
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("A buffer of the input cannot be read."), (NULL));
    return GST_FLOW_ERROR;
  }
  self->current = buffer;
  self->current_used = FALSE;
  whole = handle_bytes (self, &map, patch, &ret);
  gst_buffer_unmap (buffer, &map);
  self->current = NULL;
  if (whole)
    return pass_on (self, buffer, g_steal_pointer (&self->pristine));
  gst_clear_buffer (&self->pristine);
  gst_buffer_unref (buffer);
  return ret;
}

/* Takes @event. Caps are not forwarded by gst_pad_event_default(). */
static gboolean
push_caps (GstTsSplicer * self, GstEvent * event)
{
  GstPad *networkpad = ts_splicer_ref_network (self);

  if (networkpad) {
    gst_pad_push_event (networkpad, gst_event_ref (event));
    gst_object_unref (networkpad);
  }
  return gst_pad_push_event (self->srcpad, event);
}

static void
ensure_caps (GstTsSplicer * self)
{
  GstCaps *caps;

  if (self->have_caps)
    return;
  self->have_caps = TRUE;
  caps = gst_caps_new_simple ("video/mpegts", "systemstream", G_TYPE_BOOLEAN, TRUE,
      "packetsize", G_TYPE_INT, 188, NULL);
  push_caps (self, gst_event_new_caps (caps));
  gst_caps_unref (caps);
}

static void
apply_settings (GstTsSplicer * self)
{
  AspSplicerConfig config;

  if (!g_atomic_int_compare_and_exchange (&self->settings_changed, TRUE, FALSE))
    return;
  ts_splicer_config (self, &config);
  asp_splicer_set_config (self->splicer, &config);
  if (self->rendition)
    asp_channel_set_config (self->channel, &config.plan);
  g_free (config.channel);
}

/* With an encoder upstream: RAPs at both ends of the next break, at the running time
 * less half a frame (DESIGN 6.14). Asked once for each break. */
static void
ask_for_key_units (GstTsSplicer * self)
{
  gint64 start, duration;

  if (self->clock_offset_ns == G_MININT64 || !asp_splicer_next_break (self->splicer, &start, &duration) ||
      start == self->asked_keyunit_90k)
    return;
  if (self->clock_before_ns == G_MININT64 && self->clock_pictures < CLOCK_ENOUGH &&
      start - (self->newest_pts90k - asp_splicer_offset_90k (self->splicer)) > ASK_EARLY_90K)
    return;
  self->asked_keyunit_90k = start;
  for (guint i = 0; i < 2; i++) {
    gint64 at = start + (i ? duration : 0) - asp_splicer_frame_90k (self->splicer) / 2;
    gint64 running_time = (gint64) asp_90k_to_ns (at) + self->clock_offset_ns;

    if (running_time > 0)
      gst_pad_push_event (self->sinkpad,
          gst_video_event_new_upstream_force_key_unit ((GstClockTime) running_time, TRUE, self->keyunit_count++));
  }
}

/* mpegtsmux (1.22) counts the time of its buffers from its first PCR on, so that they come some frames before
 * their running time; what it writes into the stream is the running time and an hour. */
static gint64
correct_for_mux (GstTsSplicer * self, gint64 running_time_90k, gint64 dts90k)
{
  guint64 stream = asp_pts_wrap (dts90k + asp_splicer_offset_90k (self->splicer));
  gint64 behind_90k = asp_pts_diff (stream, asp_pts_wrap (running_time_90k + MUX_OFFSET_90K));

  return ABS (behind_90k) < ASP_SECOND_90K ? behind_90k : 0;
}

/* A buffer may begin with packets of the picture before, or with sound, and has their time: what is found is too
 * early, never too late. The latest of some pictures counts. */
static void
learn_clock (GstTsSplicer * self, gint64 offset_ns)
{
  gint64 known_ns = self->clock_offset_ns;

  if (known_ns == G_MININT64 || ABS (known_ns - offset_ns) > (gint64) GST_SECOND) {
    self->clock_offset_ns = self->clock_newest_ns = offset_ns;
    self->clock_before_ns = G_MININT64;
    self->clock_pictures = 1;
    return;
  }
  if (self->clock_pictures >= CLOCK_PICTURES) {
    self->clock_before_ns = self->clock_newest_ns;
    self->clock_newest_ns = G_MININT64;
    self->clock_pictures = 0;
  }
  self->clock_pictures++;
  self->clock_newest_ns = MAX (self->clock_newest_ns, offset_ns);
  self->clock_offset_ns = MAX (self->clock_before_ns, self->clock_newest_ns);
}

static void
on_picture (gpointer user_data, gint64 pts90k, gint64 dts90k)
{
  GstTsSplicer *self = user_data;
  GstClockTime ts;

  g_mutex_lock (&self->request_lock);
  self->newest_pts90k = pts90k + asp_splicer_offset_90k (self->splicer);
  g_mutex_unlock (&self->request_lock);
  ts_splicer_copy_stats (self);
  if (!self->current || self->segment.format != GST_FORMAT_TIME)
    return;
  ts = GST_BUFFER_DTS_OR_PTS (self->current);
  if (GST_CLOCK_TIME_IS_VALID (ts)) {
    guint64 rt = gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME, ts);

    if (GST_CLOCK_TIME_IS_VALID (rt))
      learn_clock (self, (gint64) rt - (gint64) asp_90k_to_ns (dts90k - correct_for_mux (self, asp_ns_to_90k (rt), dts90k)));
  }
}

static void
before_input (GstTsSplicer * self)
{
  ensure_caps (self);
  apply_settings (self);
  ts_splicer_take_requests (self);
  ts_splicer_take_orders (self);
  ts_splicer_keepalive_input (self);
}

static GstFlowReturn
sink_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstTsSplicer *self = GST_TS_SPLICER (parent);
  GstFlowReturn ret;

  before_input (self);
  ret = handle_buffer (self, buffer);
  ask_for_key_units (self);
  return ret;
}

/* Buffers of @list from @from on, one by one. */
static GstFlowReturn
handle_rest (GstTsSplicer * self, GstBufferList * list, guint from)
{
  GstFlowReturn ret = GST_FLOW_OK;

  for (guint i = from; i < gst_buffer_list_length (list) && ret == GST_FLOW_OK; i++)
    ret = handle_buffer (self, gst_buffer_ref (gst_buffer_list_get (list, i)));
  return ret;
}

static GstFlowReturn
pass_list (GstTsSplicer * self, GstBufferList * list)
{
  GstPad *networkpad = ts_splicer_ref_network (self);
  GstFlowReturn ret = GST_FLOW_OK;

  if (networkpad) {
    ret = gst_pad_push_list (networkpad, gst_buffer_list_ref (list));
    ret = gst_flow_combiner_update_pad_flow (self->combiner, networkpad, ret);
    gst_object_unref (networkpad);
  }
  if (ret != GST_FLOW_OK) {
    gst_buffer_list_unref (list);
    return ret;
  }
  ret = gst_pad_push_list (self->srcpad, list);
  return gst_flow_combiner_update_pad_flow (self->combiner, self->srcpad, ret);
}

/* How many buffers from the first on pass whole. With @begun the one behind them has been
 * looked at, and @passed bytes of it pass. */
static guint
scan_list (GstTsSplicer * self, GstBufferList * list, gboolean * begun, gsize * passed)
{
  guint n = gst_buffer_list_length (list), i;

  *begun = FALSE;
  *passed = 0;
  for (i = 0; i < n && !asp_splicer_wants_packets (self->splicer) && !asp_splicer_needs_patch (self->splicer); i++) {
    GstBuffer *buffer = gst_buffer_list_get (list, i);
    GstMapInfo map;
    gboolean whole;

    if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
      break;
    self->current = buffer;
    *passed = asp_splicer_scan (self->splicer, map.data, map.size);
    whole = *passed == map.size;
    gst_buffer_unmap (buffer, &map);
    self->current = NULL;
    if (!whole) {
      *begun = TRUE;
      break;
    }
  }
  return i;
}

static GstFlowReturn
finish_buffer (GstTsSplicer * self, GstBuffer * buffer, gsize passed)
{
  GstFlowReturn ret = GST_FLOW_OK;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_FLOW_ERROR;
  self->current = buffer;
  self->current_used = FALSE;
  if (passed > 0)
    ret = pass_region (self, 0, passed);
  if (ret == GST_FLOW_OK)
    ret = take_apart (self, map.data, map.size, passed, FALSE);
  gst_buffer_unmap (buffer, &map);
  self->current = NULL;
  return ret;
}

/* A list in which everything passes goes on as the same list; else what passes at its
 * head goes first, and the rest buffer by buffer. */
static GstFlowReturn
sink_chain_list (GstPad * pad, GstObject * parent, GstBufferList * list)
{
  GstTsSplicer *self = GST_TS_SPLICER (parent);
  guint n = gst_buffer_list_length (list), whole;
  GstFlowReturn ret = GST_FLOW_OK;
  gboolean begun;
  gsize passed;

  before_input (self);
  whole = scan_list (self, list, &begun, &passed);
  if (has_output (self))
    ret = ts_splicer_flush_output (self);
  if (ret == GST_FLOW_OK && whole == n)
    return pass_list (self, list);
  for (guint i = 0; i < whole && ret == GST_FLOW_OK; i++)
    ret = pass_on (self, gst_buffer_ref (gst_buffer_list_get (list, i)), NULL);
  if (ret == GST_FLOW_OK && begun)
    ret = finish_buffer (self, gst_buffer_list_get (list, whole++), passed);
  if (ret == GST_FLOW_OK)
    ret = handle_rest (self, list, whole);
  gst_buffer_list_unref (list);
  ask_for_key_units (self);
  return ret;
}

/* --- events --------------------------------------------------------------------- */

static void
finish_stream (GstTsSplicer * self)
{
  gboolean live = ts_splicer_is_live (self);
  guint64 limit_ns, went_ns = 0;

  GST_OBJECT_LOCK (self);
  limit_ns = self->settings.max_break_duration_ns + FINISH_SLACK_NS;
  GST_OBJECT_UNLOCK (self);
  ensure_caps (self);
  apply_settings (self);
  ts_splicer_take_requests (self);
  ts_splicer_take_orders (self);
  asp_splicer_eos (self->splicer);
  while (ts_splicer_flush_output (self) == GST_FLOW_OK && asp_splicer_in_break (self->splicer) &&
      went_ns < limit_ns) {
    went_ns += KEEPALIVE_TICK_MS * GST_MSECOND;
    ts_splicer_take_orders (self);
    if (live)
      g_usleep (KEEPALIVE_TICK_MS * 1000);
    if (GST_PAD_IS_FLUSHING (self->sinkpad) ||
        !asp_splicer_advance (self->splicer, ASP_SECOND_27M * KEEPALIVE_TICK_MS / 1000))
      break;
  }
  asp_splicer_eos_done (self->splicer);
  ts_splicer_flush_output (self);
  ts_splicer_copy_stats (self);
}

static gboolean
caps_are_right (GstTsSplicer * self, GstEvent * event)
{
  GstCaps *caps;
  gint size = 188;

  gst_event_parse_caps (event, &caps);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "packetsize", &size);
  if (size == 188)
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT,
      ("The input has packets of %d bytes; tssplicer takes packets of 188 bytes.", size),
      ("Put a tsparse or another element in front that takes the %d extra bytes off.", size - 188));
  return FALSE;
}

static void
forget_stream (GstTsSplicer * self)
{
  asp_splicer_flush (self->splicer);
  gst_flow_combiner_reset (self->combiner);
  self->clock_offset_ns = G_MININT64;
  self->asked_keyunit_90k = G_MININT64;
  self->eos = FALSE;
}

static void
set_hub_flushing (GstTsSplicer * self, gboolean flushing)
{
  g_mutex_lock (&self->hub->lock);
  self->hub->flushing = flushing;
  asp_ad_hub_changed_locked (self->hub);
  g_mutex_unlock (&self->hub->lock);
}

static gboolean
sink_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstTsSplicer *self = GST_TS_SPLICER (parent);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      if (!caps_are_right (self, event)) {
        gst_event_unref (event);
        return FALSE;
      }
      self->have_caps = TRUE;
      return push_caps (self, event);
    case GST_EVENT_STREAM_START:
      GST_OBJECT_LOCK (self);
      self->live_known = FALSE;
      GST_OBJECT_UNLOCK (self);
      self->have_caps = FALSE;
      self->eos = FALSE;
      break;
    case GST_EVENT_SEGMENT:
      ensure_caps (self);
      gst_event_copy_segment (event, &self->segment);
      break;
    case GST_EVENT_EOS:
      if (!self->eos)
        finish_stream (self);
      self->eos = TRUE;
      break;
    case GST_EVENT_FLUSH_START:
      set_hub_flushing (self, TRUE);
      break;
    case GST_EVENT_FLUSH_STOP:
      set_hub_flushing (self, FALSE);
      forget_stream (self);
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM:
    case GST_EVENT_CUSTOM_DOWNSTREAM_OOB:
    case GST_EVENT_CUSTOM_BOTH:
    case GST_EVENT_CUSTOM_BOTH_OOB:
      if (ts_splicer_handle_insert_event (self, event)) {
        gst_event_unref (event);
        return TRUE;
      }
      break;
    default:
      break;
  }
  return gst_pad_event_default (pad, parent, event);
}

/* Upstream: seeks and everything else go to the network only, never to the creatives. */
static gboolean
src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstTsSplicer *self = GST_TS_SPLICER (parent);

  if (ts_splicer_handle_insert_event (self, event)) {
    gst_event_unref (event);
    return TRUE;
  }
  return gst_pad_push_event (self->sinkpad, event);
}

static gboolean
src_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstTsSplicer *self = GST_TS_SPLICER (parent);

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
    case GST_QUERY_ACCEPT_CAPS:
      return gst_pad_query_default (pad, parent, query);
    default:
      return gst_pad_peer_query (self->sinkpad, query);
  }
}

static GstIterator *
sink_links (GstPad * pad, GstObject * parent)
{
  GstTsSplicer *self = GST_TS_SPLICER (parent);
  GstPad *networkpad = ts_splicer_ref_network (self);
  GValue value = G_VALUE_INIT;
  GstIterator *it;

  if (networkpad) {
    gst_object_unref (networkpad);
    return gst_element_iterate_src_pads (GST_ELEMENT (self));
  }
  g_value_init (&value, GST_TYPE_PAD);
  g_value_set_object (&value, self->srcpad);
  it = gst_iterator_new_single (GST_TYPE_PAD, &value);
  g_value_unset (&value);
  return it;
}

static GstIterator *
src_links (GstPad * pad, GstObject * parent)
{
  GstTsSplicer *self = GST_TS_SPLICER (parent);
  GValue value = G_VALUE_INIT;
  GstIterator *it;

  g_value_init (&value, GST_TYPE_PAD);
  g_value_set_object (&value, self->sinkpad);
  it = gst_iterator_new_single (GST_TYPE_PAD, &value);
  g_value_unset (&value);
  return it;
}

/* --- life ----------------------------------------------------------------------- */

static void
setup_src (GstPad * pad)
{
  gst_pad_set_event_function (pad, GST_DEBUG_FUNCPTR (src_event));
  gst_pad_set_query_function (pad, GST_DEBUG_FUNCPTR (src_query));
  gst_pad_set_iterate_internal_links_function (pad, GST_DEBUG_FUNCPTR (src_links));
}

void
ts_splicer_network_setup (GstTsSplicer * self)
{
  gst_pad_set_chain_function (self->sinkpad, GST_DEBUG_FUNCPTR (sink_chain));
  gst_pad_set_chain_list_function (self->sinkpad, GST_DEBUG_FUNCPTR (sink_chain_list));
  gst_pad_set_event_function (self->sinkpad, GST_DEBUG_FUNCPTR (sink_event));
  gst_pad_set_iterate_internal_links_function (self->sinkpad, GST_DEBUG_FUNCPTR (sink_links));
  GST_PAD_SET_PROXY_ALLOCATION (self->sinkpad);
  setup_src (self->srcpad);
  self->combiner = gst_flow_combiner_new ();
  gst_flow_combiner_add_pad (self->combiner, self->srcpad);
}

static gboolean
copy_sticky (GstPad * pad, GstEvent ** event, gpointer user_data)
{
  if (GST_EVENT_TYPE (*event) != GST_EVENT_EOS)
    gst_pad_store_sticky_event (GST_PAD (user_data), *event);
  return TRUE;
}

GstPad *
ts_splicer_add_network_pad (GstTsSplicer * self, GstPadTemplate * templ)
{
  GstPad *pad = gst_pad_new_from_template (templ, "network");

  setup_src (pad);
  gst_pad_set_active (pad, TRUE);
  gst_pad_sticky_events_foreach (self->srcpad, copy_sticky, pad);
  GST_OBJECT_LOCK (self);
  self->networkpad = pad;
  GST_OBJECT_UNLOCK (self);
  g_atomic_int_set (&self->has_network, TRUE);
  g_atomic_int_set (&self->settings_changed, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  GST_PAD_STREAM_LOCK (self->sinkpad);
  gst_flow_combiner_add_pad (self->combiner, pad);
  GST_PAD_STREAM_UNLOCK (self->sinkpad);
  return pad;
}

void
ts_splicer_network_start (GstTsSplicer * self)
{
  AspSplicerFuncs funcs = { ts_splicer_wait_for_ads, ts_splicer_report, ts_splicer_warn, on_picture,
    ts_splicer_cue, ts_splicer_ignored
  };
  AspSplicerConfig config;
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (ScheduleEntry));
  g_autofree gchar *schedule = NULL;

  ts_splicer_config (self, &config);
  self->splicer = asp_splicer_new (&config, &funcs, self, self->hub);
  ts_splicer_channel_join (self, &config.plan);
  g_free (config.channel);
  GST_OBJECT_LOCK (self);
  self->input = (TsSplicerInput) { .now = {.pts90k = ASP_NO_TIME,.rap_pts90k = ASP_NO_TIME} };
  schedule = g_strdup (self->settings.schedule);
  GST_OBJECT_UNLOCK (self);
  g_atomic_int_set (&self->settings_changed, FALSE);
  if (ts_splicer_parse_schedule (schedule, entries, NULL))
    for (guint i = 0; i < entries->len; i++) {
      const ScheduleEntry *e = &g_array_index (entries, ScheduleEntry, i);

      asp_splicer_schedule (self->splicer, e->start_90k, e->duration_90k);
    }
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->have_caps = FALSE;
  forget_stream (self);
  set_hub_flushing (self, FALSE);
}

void
ts_splicer_network_stop (GstTsSplicer * self)
{
  ts_splicer_copy_stats (self);
  ts_splicer_channel_leave (self);
  g_clear_pointer (&self->splicer, asp_splicer_free);
}
