/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ts-fixture.h"

#include <string.h>

#define DATAGRAM (7 * MEDIA_PACKET)
#define LIST_LENGTH 16
#define AD_CHUNK 4096
#define TS_CAPS_188 "video/mpegts,systemstream=(boolean)true,packetsize=(int)188"

const gchar *
feed_name (Feed feed)
{
  static const gchar *const names[] = { "one-buffer", "list", "7x188", "1000", "4096" };

  return names[feed];
}

gint64
now_ms (void)
{
  return g_get_monotonic_time () / 1000;
}

guint
bytes_out (Fixture * f)
{
  guint n;

  g_mutex_lock (&f->out.lock);
  n = f->out.bytes->len;
  g_mutex_unlock (&f->out.lock);
  return n;
}

/* --- record ----------------------------------------------------------------------- */

static void
log_buffer (OutLog * log, GstBuffer * buffer, gboolean in_list)
{
  OutBuffer out = { 0 };
  GstMapInfo map;

  out.offset = log->bytes->len;
  out.size = gst_buffer_get_size (buffer);
  out.call = (guint) g_atomic_int_get (log->call);
  out.in_list = in_list;
  out.pts = GST_BUFFER_PTS (buffer);
  out.dts = GST_BUFFER_DTS (buffer);
  out.duration = GST_BUFFER_DURATION (buffer);
  out.buffer_offset = GST_BUFFER_OFFSET (buffer);
  out.buffer_offset_end = GST_BUFFER_OFFSET_END (buffer);
  out.flags = GST_BUFFER_FLAGS (buffer) & ~(guint) GST_BUFFER_FLAG_TAG_MEMORY;
  out.memory = gst_buffer_n_memory (buffer) > 0 ? gst_buffer_peek_memory (buffer, 0) : NULL;
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_byte_array_append (log->bytes, map.data, (guint) map.size);
  gst_buffer_unmap (buffer, &map);
  g_array_append_val (log->buffers, out);
}

static GstPadProbeReturn
on_data (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  OutLog *log = user_data;

  g_mutex_lock (&log->lock);
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER) {
    log_buffer (log, GST_PAD_PROBE_INFO_BUFFER (info), FALSE);
  } else if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    GstBufferList *list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);

    for (guint i = 0; i < gst_buffer_list_length (list); i++)
      log_buffer (log, gst_buffer_list_get (list, i), TRUE);
  } else {
    OutEvent e = { log->bytes->len, (guint) g_atomic_int_get (log->call), gst_event_ref (GST_PAD_PROBE_INFO_EVENT (info)) };

    g_array_append_val (log->events, e);
  }
  g_mutex_unlock (&log->lock);
  return GST_PAD_PROBE_OK;
}

static void
log_init (OutLog * log, GstPad * pad, gint * call)
{
  g_mutex_init (&log->lock);
  log->bytes = g_byte_array_new ();
  log->events = g_array_new (FALSE, FALSE, sizeof (OutEvent));
  log->buffers = g_array_new (FALSE, FALSE, sizeof (OutBuffer));
  log->call = call;
  log->pad = pad;
  log->probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH,
      on_data, log, NULL);
}

static void
log_clear (OutLog * log)
{
  if (!log->pad)
    return;
  gst_pad_remove_probe (log->pad, log->probe);
  gst_object_unref (log->pad);
  for (guint i = 0; i < log->events->len; i++)
    gst_event_unref (g_array_index (log->events, OutEvent, i).event);
  g_array_unref (log->events);
  g_array_unref (log->buffers);
  g_byte_array_unref (log->bytes);
  g_mutex_clear (&log->lock);
}

/* --- element ---------------------------------------------------------------------- */

static void
set_properties (GstElement * element, const gchar * properties)
{
  g_auto (GStrv) words = g_strsplit (properties, " ", -1);

  for (guint i = 0; words[i]; i++) {
    gchar *value = strchr (words[i], '=');

    *value++ = '\0';
    g_assert_nonnull (g_object_class_find_property (G_OBJECT_GET_CLASS (element), words[i]));
    gst_util_set_object_arg (G_OBJECT (element), words[i], value);
  }
}

Fixture *
fixture_new (const Way * way, const gchar * properties)
{
  Fixture *f = g_new0 (Fixture, 1);

  f->way = *way;
  f->element = gst_element_factory_make ("tssplicer", NULL);
  g_assert_nonnull (f->element);
  gst_object_ref_sink (f->element);
  if (properties)
    set_properties (f->element, properties);
  f->bus = gst_bus_new ();
  gst_element_set_bus (f->element, f->bus);
  f->ads = g_ptr_array_new ();
  f->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_message_unref);
  log_init (&f->out, gst_element_get_static_pad (f->element, "src"), &f->call);
  f->h = gst_harness_new_with_element (f->element, "sink", "src");
  gst_harness_set_drop_buffers (f->h, TRUE);
  gst_harness_set_live (f->h, way->live);
  gst_harness_set_upstream_latency (f->h, way->live ? 20 * GST_MSECOND : 0);
  return f;
}

Fixture *
fixture_new_pair (const Way * way, GstElement * element, guint number)
{
  Fixture *f = g_new0 (Fixture, 1);
  g_autofree gchar *sink = g_strdup_printf ("sink_%u", number), *src = g_strdup_printf ("src_%u", number);

  f->way = *way;
  f->shared = TRUE;
  f->element = gst_object_ref (element);
  f->request = gst_element_request_pad_simple (element, sink);
  g_assert_nonnull (f->request);
  f->ads = g_ptr_array_new ();
  f->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_message_unref);
  log_init (&f->out, gst_element_get_static_pad (element, src), &f->call);
  f->h = gst_harness_new_with_element (element, sink, src);
  gst_harness_set_drop_buffers (f->h, TRUE);
  gst_harness_set_live (f->h, way->live);
  gst_harness_set_upstream_latency (f->h, way->live ? 20 * GST_MSECOND : 0);
  return f;
}

static void
free_pair (Fixture * f)
{
  log_clear (&f->out);
  log_clear (&f->network);
  if (f->network_h)
    gst_harness_teardown (f->network_h);
  gst_harness_teardown (f->h);  /* gives the requested pad back, too */
  gst_object_unref (f->request);
  gst_object_unref (f->element);
  g_ptr_array_unref (f->ads);
  g_ptr_array_unref (f->messages);
  g_free (f);
}

void
fixture_free (Fixture * f)
{
  if (!f)
    return;
  if (f->shared) {
    free_pair (f);
    return;
  }
  gst_element_set_state (f->element, GST_STATE_NULL);
  log_clear (&f->out);
  log_clear (&f->network);
  while (f->ads->len > 0)
    gst_harness_teardown (g_ptr_array_steal_index (f->ads, 0));
  if (f->network_h)
    gst_harness_teardown (f->network_h);
  gst_harness_teardown (f->h);
  gst_element_set_bus (f->element, NULL);
  gst_bus_set_flushing (f->bus, TRUE);
  gst_object_unref (f->bus);
  g_ptr_array_unref (f->ads);
  g_ptr_array_unref (f->messages);
  /* a pad, a thread or a message that still holds it would be a leak */
  g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (f->element), ==, 1);
  gst_object_unref (f->element);
  g_free (f);
}

void
fixture_start (Fixture * f, const gchar * caps, GstFormat format)
{
  GstSegment segment;

  if (caps) {
    g_autoptr (GstCaps) parsed = gst_caps_from_string (caps);

    g_assert_true (gst_pad_push_event (f->h->srcpad, gst_event_new_caps (parsed)));
  }
  gst_segment_init (&segment, format);
  g_assert_true (gst_pad_push_event (f->h->srcpad, gst_event_new_segment (&segment)));
}

static void
ensure_started (Fixture * f)
{
  g_autoptr (GstEvent) segment = gst_pad_get_sticky_event (f->h->srcpad, GST_EVENT_SEGMENT, 0);

  if (!segment)
    fixture_start (f, TS_CAPS_188, GST_FORMAT_BYTES);
}

static void
feed_lists (Fixture * f, const guint8 * data, gsize size)
{
  while (size > 0 && f->flow == GST_FLOW_OK) {
    GstBufferList *list = gst_buffer_list_new_sized (LIST_LENGTH);

    for (guint i = 0; i < LIST_LENGTH && size > 0; i++) {
      gsize n = MIN (size, DATAGRAM);

      gst_buffer_list_add (list, gst_buffer_new_memdup (data, n));
      data += n;
      size -= n;
    }
    g_atomic_int_inc (&f->call);
    f->flow = gst_pad_push_list (f->h->srcpad, list);
  }
}

static void
feed_chunks (Fixture * f, const guint8 * data, gsize size, gsize chunk)
{
  while (size > 0 && f->flow == GST_FLOW_OK) {
    gsize n = MIN (size, chunk);

    g_atomic_int_inc (&f->call);
    f->flow = gst_pad_push (f->h->srcpad, gst_buffer_new_memdup (data, n));
    data += n;
    size -= n;
  }
}

void
fixture_feed_part (Fixture * f, const GByteArray * ts, gsize from, gsize to)
{
  static const gsize chunks[] = {[FEED_DATAGRAMS] = DATAGRAM,[FEED_1000] = 1000,[FEED_4096] = 4096 };
  gsize size = MIN (to, ts->len) - from;

  ensure_started (f);
  f->flow = GST_FLOW_OK;
  if (f->way.feed == FEED_LIST)
    feed_lists (f, ts->data + from, size);
  else
    feed_chunks (f, ts->data + from, size, f->way.feed == FEED_ONE_BUFFER ? size : chunks[f->way.feed]);
}

void
fixture_feed (Fixture * f, const GByteArray * ts)
{
  fixture_feed_part (f, ts, 0, ts->len);
}

void
fixture_eos (Fixture * f)
{
  g_atomic_int_inc (&f->call);
  gst_pad_push_event (f->h->srcpad, gst_event_new_eos ());
}

/* --- request pads ----------------------------------------------------------------- */

GstHarness *
fixture_add_ad (Fixture * f, const gchar * name)
{
  GstHarness *ad = gst_harness_new_with_element (f->element, name, NULL);

  g_ptr_array_add (f->ads, ad);
  return ad;
}

void
fixture_release_ad (Fixture * f, GstHarness * ad)
{
  g_assert_true (g_ptr_array_remove (f->ads, ad));
  gst_harness_teardown (ad);
}

void
fixture_add_network (Fixture * f)
{
  f->network_h = gst_harness_new_with_element (f->element, NULL, "network");
  gst_harness_set_drop_buffers (f->network_h, TRUE);
  log_init (&f->network, gst_element_get_static_pad (f->element, "network"), &f->call);
}

gboolean
ad_begin (GstHarness * ad, const gchar * stream_id)
{
  GstSegment segment;
  g_autoptr (GstCaps) caps = gst_caps_from_string (TS_CAPS_188);

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  return gst_pad_push_event (ad->srcpad, gst_event_new_stream_start (stream_id)) &&
      gst_pad_push_event (ad->srcpad, gst_event_new_caps (caps)) &&
      gst_pad_push_event (ad->srcpad, gst_event_new_segment (&segment));
}

GstFlowReturn
ad_push (GstHarness * ad, const GByteArray * ts)
{
  GstFlowReturn flow = GST_FLOW_OK;

  for (gsize at = 0; at < ts->len && flow == GST_FLOW_OK; at += AD_CHUNK)
    flow = gst_pad_push (ad->srcpad, gst_buffer_new_memdup (ts->data + at, MIN (AD_CHUNK, ts->len - at)));
  return flow;
}

void
ad_eos (GstHarness * ad)
{
  gst_pad_push_event (ad->srcpad, gst_event_new_eos ());
}

void
ad_play (GstHarness * ad, const gchar * stream_id, const GByteArray * ts)
{
  g_assert_true (ad_begin (ad, stream_id));
  g_assert_cmpint (ad_push (ad, ts), ==, GST_FLOW_OK);
  ad_eos (ad);
}

GstHarness *
fixture_add_creative (Fixture * f, const gchar * name, guint source, guint frames)
{
  g_autoptr (GByteArray) ts = media_make_creative (source, frames);
  GstHarness *ad = fixture_add_ad (f, name);

  ad_play (ad, name, ts);
  return ad;
}

/* --- what came out ---------------------------------------------------------------- */

Reading *
fixture_read (const OutLog * log)
{
  return reading_new (log->bytes->data, log->bytes->len);
}

void
fixture_assert_same (const OutLog * log, const GByteArray * ts)
{
  guint n = MIN (log->bytes->len, ts->len);

  for (guint i = 0; i < n; i++)
    if (log->bytes->data[i] != ts->data[i])
      g_error ("byte %u of %u differs: %02x, not %02x (byte %u of packet %u)", i, ts->len, log->bytes->data[i],
          ts->data[i], i % MEDIA_PACKET, i / MEDIA_PACKET);
  g_assert_cmpuint (log->bytes->len, ==, ts->len);
}

static const gchar *
event_name (GstEvent * event)
{
  const GstStructure *s = gst_event_get_structure (event);

  if ((GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_DOWNSTREAM) && s)
    return gst_structure_get_name (s);
  return GST_EVENT_TYPE_NAME (event);
}

const OutEvent *
fixture_event (const OutLog * log, const gchar * name, guint index)
{
  for (guint i = 0; i < log->events->len; i++) {
    const OutEvent *e = &g_array_index (log->events, OutEvent, i);

    if (!strcmp (event_name (e->event), name) && index-- == 0)
      return e;
  }
  return NULL;
}

guint
fixture_count_events (const OutLog * log, const gchar * name)
{
  guint n = 0;

  while (fixture_event (log, name, n))
    n++;
  return n;
}

gchar *
fixture_break_events (const OutLog * log)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < log->events->len; i++) {
    const gchar *name = event_name (g_array_index (log->events, OutEvent, i).event);

    if (g_str_has_prefix (name, "Ad"))
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", name);
  }
  return g_string_free (text, FALSE);
}

guint64
event_u64 (const OutEvent * e, const gchar * field)
{
  guint64 value = 0;

  g_assert_nonnull (e);
  if (!gst_structure_get_uint64 (gst_event_get_structure (e->event), field, &value))
    g_error ("%s has no guint64 %s", event_name (e->event), field);
  return value;
}

const gchar *
event_string (const OutEvent * e, const gchar * field)
{
  const gchar *value;

  g_assert_nonnull (e);
  value = gst_structure_get_string (gst_event_get_structure (e->event), field);
  if (!value)
    g_error ("%s has no string %s", event_name (e->event), field);
  return value;
}

/* --- messages --------------------------------------------------------------------- */

void
fixture_take_messages (Fixture * f)
{
  GstMessage *message;

  while ((message = gst_bus_pop (f->bus)))
    g_ptr_array_add (f->messages, message);
}

static const GstStructure *
state_of (GstMessage * message)
{
  const GstStructure *s = gst_message_get_structure (message);

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT || !gst_structure_has_name (s, "ad-break-state-change"))
    return NULL;
  return s;
}

const GstStructure *
fixture_state (Fixture * f, const gchar * state, guint index)
{
  fixture_take_messages (f);
  for (guint i = 0; i < f->messages->len; i++) {
    const GstStructure *s = state_of (g_ptr_array_index (f->messages, i));

    if (s && !g_strcmp0 (gst_structure_get_string (s, "state"), state) && index-- == 0)
      return s;
  }
  return NULL;
}

guint
fixture_count_states (Fixture * f, const gchar * state)
{
  guint n = 0;

  while (fixture_state (f, state, n))
    n++;
  return n;
}

gchar *
fixture_states (Fixture * f)
{
  GString *text = g_string_new (NULL);

  fixture_take_messages (f);
  for (guint i = 0; i < f->messages->len; i++) {
    const GstStructure *s = state_of (g_ptr_array_index (f->messages, i));

    if (s)
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", gst_structure_get_string (s, "state"));
  }
  return g_string_free (text, FALSE);
}

guint
fixture_count_messages (Fixture * f, GstMessageType type)
{
  guint n = 0;

  fixture_take_messages (f);
  for (guint i = 0; i < f->messages->len; i++)
    n += GST_MESSAGE_TYPE (g_ptr_array_index (f->messages, i)) == type;
  return n;
}

guint64
state_u64 (const GstStructure * s, const gchar * field)
{
  guint64 value = 0;

  g_assert_nonnull (s);
  if (!gst_structure_get_uint64 (s, field, &value))
    g_error ("the message %s has no guint64 %s", gst_structure_get_string (s, "state"), field);
  return value;
}

/* --- main ------------------------------------------------------------------------- */

typedef void (*WayFunc) (const Way * way);

typedef struct
{
  WayFunc func;
  Way way;
} Case;

static void
run_case (gconstpointer data)
{
  const Case *c = data;

  c->func (&c->way);
}

/* Kept for as long as the program runs: -p leaves most of them alone. */
static GPtrArray *cases;

static void
add_case (const gchar * path, WayFunc func, Feed feed, gboolean live)
{
  Case *c = g_new0 (Case, 1);

  c->func = func;
  c->way.feed = feed;
  c->way.live = live;
  g_ptr_array_add (cases, c);
  g_test_add_data_func (path, c, run_case);
}

void
fixture_add_tests_of (const gchar * path, WayFunc func, gboolean live)
{
  for (guint feed = 0; feed < N_FEEDS; feed++) {
    g_autofree gchar *name = g_strdup_printf ("%s/%s/%s", path, feed_name (feed), live ? "live" : "not-live");

    add_case (name, func, feed, live);
  }
}

void
fixture_add_tests (const gchar * path, WayFunc func)
{
  fixture_add_tests_of (path, func, FALSE);
  fixture_add_tests_of (path, func, TRUE);
}

void
fixture_add_test (const gchar * path, WayFunc func)
{
  add_case (path, func, FEED_DATAGRAMS, FALSE);
}

void
fixture_add_live_test (const gchar * path, WayFunc func)
{
  add_case (path, func, FEED_DATAGRAMS, TRUE);
}

/* The `leaks` tracer of GStreamer, when GST_TRACERS asks for it; else NULL. */
static GstTracer *
leaks_tracer (void)
{
  GList *tracers = gst_tracing_get_active_tracers ();
  GstTracer *found = NULL;

  for (GList * l = tracers; l && !found; l = l->next)
    if (!strcmp (G_OBJECT_TYPE_NAME (l->data), "GstLeaksTracer"))
      found = gst_object_ref (l->data);
  g_list_free_full (tracers, gst_object_unref);
  return found;
}

static void
test_leaks (void)
{
  GstTracer *tracer = leaks_tracer ();
  GstStructure *info = NULL;
  const GValue *live;
  guint n;

  if (!tracer) {
    g_test_skip ("GST_TRACERS does not name the leaks tracer");
    return;
  }
  g_signal_emit_by_name (tracer, "get-live-objects", &info);
  live = gst_structure_get_value (info, "live-objects-list");
  n = live ? gst_value_list_get_size (live) : 0;
  for (guint i = 0; i < n; i++) {
    const GstStructure *s = gst_value_get_structure (gst_value_list_get_value (live, i));
    g_autofree gchar *text = g_strdup_value_contents (gst_structure_get_value (s, "object"));

    g_test_message ("alive: %s", text);
  }
  gst_structure_free (info);
  gst_object_unref (tracer);
  g_assert_cmpuint (n, ==, 0);
}

void
fixture_init (int *argc, char ***argv)
{
  cases = g_ptr_array_new_with_free_func (g_free);
  g_test_init (argc, argv, NULL);
  gst_init (argc, argv);
  if (!gst_registry_check_feature_version (gst_registry_get (), "tssplicer", 0, 0, 0))
    g_error ("there is no element tssplicer on GST_PLUGIN_PATH_1_0");
}

int
fixture_run (void)
{
  int result;

  /* the last one: what the tests before it have left behind */
  g_test_add_func ("/leaks/none", test_leaks);
  result = g_test_run ();
  g_ptr_array_unref (cases);
  return result;
}
