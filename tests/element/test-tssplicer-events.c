/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DESIGN 5: which events go downstream around a break, in which order, where and with what
 * in them; and which messages go to the bus.
 */
#include <string.h>

#include <tsc-packet.h>

#include "ts-fixture.h"

#define AT_90K(number) (10 * 90000 + (guint64) (number) * MEDIA_FRAME_90K)

/* One break of two creatives, 4 s to 7 s, in a stream of two tracks. */
static Fixture *
run_break (const Way * way, const gchar * properties, guint n_audio)
{
  MediaSpec network = media_network (), ad = media_creative (2, 25);
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (GByteArray) first = NULL;
  g_autoptr (GByteArray) second = NULL;
  Fixture *f = fixture_new (way, properties);

  network.n_audio = ad.n_audio = n_audio;
  ts = media_make (&network);
  first = media_make (&ad);
  ad.source = 3;
  ad.frames = 50;
  second = media_make (&ad);
  ad_play (fixture_add_ad (f, "ad_0"), "first", first);
  ad_play (fixture_add_ad (f, "ad_1"), "second", second);
  fixture_feed (f, ts);
  fixture_eos (f);
  return f;
}

/* --- order ------------------------------------------------------------------------ */

static void
test_order (const Way * way)
{
  g_autoptr (Fixture) f = run_break (way, "schedule=4+3", 1);
  g_autofree gchar *events = fixture_break_events (&f->out);

  g_assert_cmpstr (events, ==, "AdBreakScheduled AdBreakStart AdCreativeStart AdCreativeEnd AdCreativeStart "
      "AdCreativeEnd AdBreakEnd");
  for (guint i = 0; i < f->out.events->len; i++) {
    GstEvent *event = g_array_index (f->out.events, OutEvent, i).event;
    const GstStructure *s = gst_event_get_structure (event);

    if (s && g_str_has_prefix (gst_structure_get_name (s), "Ad")) {
      g_assert_cmpint (GST_EVENT_TYPE (event), ==, GST_EVENT_CUSTOM_DOWNSTREAM);
      g_assert_true (GST_EVENT_IS_SERIALIZED (event));
    }
  }
}

/* --- place ------------------------------------------------------------------------ */

/* The packet behind @e is the first of the picture: "directly before the first video packet". */
static void
check_place (const OutLog * log, const OutEvent * e, guint source, guint number)
{
  g_autoptr (Reading) r = fixture_read (log);
  const ReadUnit *u = reading_find (r->pictures, source, number);
  TscPacket p;

  g_assert_nonnull (e);
  g_assert_cmpuint (u->mark.number, ==, number);
  g_assert_cmpuint (e->offset, ==, u->offset);
  tsc_packet_parse (log->bytes->data + e->offset, &p);
  g_assert_cmpuint (p.pid, ==, MEDIA_VIDEO_PID);
  g_assert_true (p.pusi);
  g_assert_cmpint ((gint64) event_u64 (e, "pts-90k"), ==, u->pts90k);
}

static void
test_place (const Way * way)
{
  g_autoptr (Fixture) f = run_break (way, "schedule=4+3", 1);

  check_place (&f->out, fixture_event (&f->out, "AdBreakStart", 0), 2, 0);
  check_place (&f->out, fixture_event (&f->out, "AdCreativeStart", 0), 2, 0);
  check_place (&f->out, fixture_event (&f->out, "AdCreativeEnd", 0), 3, 0);
  check_place (&f->out, fixture_event (&f->out, "AdCreativeStart", 1), 3, 0);
  check_place (&f->out, fixture_event (&f->out, "AdCreativeEnd", 1), 1, 175);
  check_place (&f->out, fixture_event (&f->out, "AdBreakEnd", 0), 1, 175);
}

static void
test_place_constant_rate (const Way * way)
{
  MediaSpec network = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");

  network.muxrate = 400000;
  ts = media_make (&network);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  check_place (&f->out, fixture_event (&f->out, "AdBreakStart", 0), 2, 0);
  check_place (&f->out, fixture_event (&f->out, "AdCreativeStart", 0), 2, 0);
  check_place (&f->out, fixture_event (&f->out, "AdCreativeEnd", 0), 1, 175);
  check_place (&f->out, fixture_event (&f->out, "AdBreakEnd", 0), 1, 175);
}

/* Downstream hears of the break before any packet of it, as soon as the plan knows. */
static void
test_scheduled_at_once (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  gsize at = reading_offset_of (ts, 1, 30);
  const OutEvent *e;
  GstStructure *options = gst_structure_new ("o", "start-pts-90k", G_TYPE_UINT64, AT_90K (100), NULL);
  gchar *id = NULL;
  guint call;

  fixture_add_network (f);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) (3 * GST_SECOND), options, &id);
  gst_structure_free (options);
  call = (guint) f->call;
  fixture_feed_part (f, ts, at, ts->len);
  e = fixture_event (&f->out, "AdBreakScheduled", 0);
  g_assert_nonnull (e);
  g_assert_cmpuint (e->call, ==, call + 1);
  g_assert_cmpuint (e->offset, ==, at);
  g_assert_cmpuint (event_u64 (e, "pts-90k"), ==, AT_90K (100));
  g_assert_cmpuint (event_u64 (e, "duration"), ==, 3 * GST_SECOND);
  g_assert_cmpstr (event_string (e, "break-id"), ==, id);
  g_assert_cmpstr (event_string (e, "roll-type"), ==, "midroll");
  g_assert_nonnull (fixture_event (&f->network, "AdBreakScheduled", 0));
  g_free (id);
}

/* --- content ---------------------------------------------------------------------- */

static void
test_break_start (const Way * way)
{
  g_autoptr (Fixture) f = run_break (way, "schedule=4+3", 1);
  const OutEvent *e = fixture_event (&f->out, "AdBreakStart", 0);
  const GstStructure *s;
  gboolean spliced = FALSE;

  g_assert_nonnull (e);
  s = gst_event_get_structure (e->event);
  g_assert_cmpuint (strlen (event_string (e, "break-id")), ==, 12);
  g_assert_cmpstr (event_string (e, "roll-type"), ==, "midroll");
  g_assert_cmpuint (event_u64 (e, "pts-90k"), ==, AT_90K (100));
  /* bytes without times: what has passed since the first picture */
  g_assert_cmpuint (event_u64 (e, "running-time"), ==, 4 * GST_SECOND);
  g_assert_cmpuint (event_u64 (e, "duration"), ==, 3 * GST_SECOND);
  g_assert_true (gst_structure_get_boolean (s, "spliced", &spliced));
  g_assert_true (spliced);
}

/* How many creatives are there to come: both are. */
static void
test_pod_length (const Way * way)
{
  g_autoptr (Fixture) f = run_break (way, "schedule=4+3", 1);
  const OutEvent *e = fixture_event (&f->out, "AdBreakStart", 0);
  guint length = 0;

  g_assert_nonnull (e);
  g_assert_true (gst_structure_get_uint (gst_event_get_structure (e->event), "pod-length", &length));
  g_assert_cmpuint (length, ==, 2);
}

/* "hex of the cue that opened it or of the one made for it" */
static void
test_scte35_made (const Way * way)
{
  g_autoptr (Fixture) f = run_break (way, "schedule=4+3", 1);
  const gchar *hex = event_string (fixture_event (&f->out, "AdBreakStart", 0), "scte35");

  g_assert_true (g_str_has_prefix (hex, "fc"));
  g_assert_cmpuint (strlen (hex) % 2, ==, 0);
  g_assert_cmpstr (event_string (fixture_event (&f->out, "AdBreakEnd", 0), "scte35"), !=, "");
}

static void
check_creative (const OutLog * log, guint index, const gchar * id, guint first, guint last)
{
  const OutEvent *start = fixture_event (log, "AdCreativeStart", index);
  const OutEvent *end = fixture_event (log, "AdCreativeEnd", index);
  guint pod_index = 0;

  g_assert_cmpstr (event_string (start, "break-id"), ==, id);
  g_assert_cmpstr (event_string (end, "break-id"), ==, id);
  g_assert_cmpstr (event_string (start, "asset-id"), !=, "");
  g_assert_cmpstr (event_string (start, "asset-id"), ==, event_string (end, "asset-id"));
  g_assert_true (gst_structure_get_uint (gst_event_get_structure (start->event), "pod-index", &pod_index));
  g_assert_cmpuint (pod_index, ==, index + 1);
  g_assert_true (gst_structure_get_uint (gst_event_get_structure (end->event), "pod-index", &pod_index));
  g_assert_cmpuint (pod_index, ==, index + 1);
  g_assert_cmpuint (event_u64 (start, "pts-90k"), ==, AT_90K (first));
  g_assert_cmpuint (event_u64 (end, "pts-90k"), ==, AT_90K (last + 1));
  g_assert_cmpuint (event_u64 (start, "duration"), ==, (last + 1 - first) * 40 * GST_MSECOND);
  g_assert_cmpuint (event_u64 (end, "duration"), ==, (last + 1 - first) * 40 * GST_MSECOND);
}

static void
test_creatives (const Way * way)
{
  g_autoptr (Fixture) f = run_break (way, "schedule=4+3", 1);
  g_autofree gchar *id = g_strdup (event_string (fixture_event (&f->out, "AdBreakStart", 0), "break-id"));

  check_creative (&f->out, 0, id, 100, 124);
  check_creative (&f->out, 1, id, 125, 174);
  g_assert_cmpstr (event_string (fixture_event (&f->out, "AdCreativeStart", 0), "asset-id"), !=,
      event_string (fixture_event (&f->out, "AdCreativeStart", 1), "asset-id"));
}

static void
test_break_end (const Way * way)
{
  g_autoptr (Fixture) f = run_break (way, "schedule=4+3", 1);
  const OutEvent *e = fixture_event (&f->out, "AdBreakEnd", 0);

  g_assert_cmpuint (event_u64 (e, "pts-90k"), ==, AT_90K (175));
  g_assert_cmpuint (event_u64 (e, "duration"), ==, 3 * GST_SECOND);
  g_assert_cmpstr (event_string (e, "reason"), ==, "");
  g_assert_cmpstr (event_string (e, "break-id"), ==,
      event_string (fixture_event (&f->out, "AdBreakStart", 0), "break-id"));
}

/* --- sound ------------------------------------------------------------------------ */

/* The first unit of @source from sample @from_pts on that stands on that PID. */
static gint64
first_sound (const Reading * r, guint track, guint source, gint64 from_90k)
{
  for (guint i = 0; i < r->sounds[track]->len; i++) {
    const ReadUnit *u = &g_array_index (r->sounds[track], ReadUnit, i);

    if (u->mark.source == source && u->pts90k >= from_90k)
      return u->pts90k;
  }
  g_error ("no sound of %u", source);
  return 0;
}

static void
check_audio (const OutEvent * e, const Reading * r, guint n_audio, guint source)
{
  const GValue *value = gst_structure_get_value (gst_event_get_structure (e->event), "audio-pts-90k");
  gint64 pts = (gint64) event_u64 (e, "pts-90k");
  const GstStructure *audio;

  g_assert_nonnull (value);
  audio = gst_value_get_structure (value);
  g_assert_cmpint (gst_structure_n_fields (audio), ==, n_audio);
  for (guint i = 0; i < n_audio; i++) {
    g_autofree gchar *name = g_strdup_printf ("pid-%u", MEDIA_AUDIO_PID + i);
    gint64 is, should = first_sound (r, i, source, pts - 45000);
    guint64 field = 0;

    g_assert_true (gst_structure_get_uint64 (audio, name, &field));
    is = (gint64) field;
    if (ABS (is - should) > 3)
      g_error ("PID %u: the event says %" G_GINT64_FORMAT ", its sound begins at %" G_GINT64_FORMAT,
          MEDIA_AUDIO_PID + i, is, should);
  }
}

static void
check_all_audio (const Way * way, guint n_audio)
{
  g_autoptr (Fixture) f = run_break (way, "schedule=4+3", n_audio);
  g_autoptr (Reading) r = fixture_read (&f->out);

  check_audio (fixture_event (&f->out, "AdBreakStart", 0), r, n_audio, 2);
  check_audio (fixture_event (&f->out, "AdCreativeStart", 0), r, n_audio, 2);
  check_audio (fixture_event (&f->out, "AdCreativeStart", 1), r, n_audio, 3);
  check_audio (fixture_event (&f->out, "AdBreakEnd", 0), r, n_audio, 1);
}

static void
test_audio (const Way * way)
{
  check_all_audio (way, 1);
}

static void
test_audio_two_tracks (const Way * way)
{
  check_all_audio (way, 2);
}

/* On `network` the sound is the network's own at both ends. */
static void
test_audio_network (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  static const gchar *const names[] = { "AdBreakStart", "AdBreakEnd" };
  g_autoptr (Reading) r = NULL;

  fixture_add_network (f);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = fixture_read (&f->network);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const OutEvent *e = fixture_event (&f->network, names[i], 0);
    gint64 floor = (gint64) event_u64 (e, "pts-90k") - media_unit_90k (MEDIA_AUDIO_AAC) / 2;
    guint64 is = 0;

    gst_structure_get_uint64 (gst_value_get_structure (gst_structure_get_value (gst_event_get_structure (e->event),
                "audio-pts-90k")), "pid-257", &is);
    g_assert_cmpint (ABS ((gint64) is - first_sound (r, 0, 1, floor)), <=, 3);
  }
}

/* --- segments --------------------------------------------------------------------- */

static GstBuffer *
timed (const GByteArray * ts, gsize at, gsize size, GstClockTime when)
{
  GstBuffer *buffer = gst_buffer_new_memdup (ts->data + at, size);

  GST_BUFFER_DTS (buffer) = when;
  GST_BUFFER_PTS (buffer) = when;
  return buffer;
}

/* DESIGN 6.11: "buffers of a break carry the timestamps of the input buffer in whose call
 * they leave; the segment is the input's". */
static void
test_timestamps (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  const GstSegment *segment;
  guint last_call = 0;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_TIME);
  for (gsize at = 0; at < ts->len; at += 7 * MEDIA_PACKET) {
    GstBuffer *buffer = timed (ts, at, MIN (7 * MEDIA_PACKET, ts->len - at), (f->call + 1) * GST_MSECOND);

    f->call++;
    if (f->call % 50 == 0)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    g_assert_cmpint (gst_pad_push (f->h->srcpad, buffer), ==, GST_FLOW_OK);
  }
  for (guint i = 0; i < f->out.buffers->len; i++) {
    const OutBuffer *out = &g_array_index (f->out.buffers, OutBuffer, i);
    gboolean first = out->call != last_call;

    g_assert_cmpuint (out->dts, ==, out->call * GST_MSECOND);
    g_assert_cmpuint (out->pts, ==, out->call * GST_MSECOND);
    /* a discontinuity is told once */
    g_assert_cmpint ((out->flags & GST_BUFFER_FLAG_DISCONT) != 0, ==, first && out->call % 50 == 0);
    last_call = out->call;
  }
  g_assert_cmpuint (fixture_count_events (&f->out, "segment"), ==, 1);
  gst_event_parse_segment (fixture_event (&f->out, "segment", 0)->event, &segment);
  g_assert_cmpint (segment->format, ==, GST_FORMAT_TIME);
}

/* With times in the input running-time is the pipeline's. */
static void
test_running_time (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) r = reading_new (ts->data, ts->len);
  guint picture = 0;
  guint64 start;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_TIME);
  /* 100 s of running time at the first picture; each buffer that of its DTS */
  for (gsize at = 0; at < ts->len; at += MEDIA_PACKET) {
    const ReadUnit *u;

    while (picture + 1 < r->pictures->len && g_array_index (r->pictures, ReadUnit, picture + 1).offset <= at)
      picture++;
    u = &g_array_index (r->pictures, ReadUnit, picture);
    gst_pad_push (f->h->srcpad, timed (ts, at, MEDIA_PACKET,
            100 * GST_SECOND + (GstClockTime) (u->dts90k - (gint64) AT_90K (0) + 3600) * 100000 / 9));
  }
  start = event_u64 (fixture_event (&f->out, "AdBreakStart", 0), "running-time");
  /* first DTS is a frame before the first PTS: picture 100 plays at 104.04 s */
  g_assert_cmpuint (start, >=, 104 * GST_SECOND + 39 * GST_MSECOND);
  g_assert_cmpuint (start, <=, 104 * GST_SECOND + 41 * GST_MSECOND);
}

/* --- messages --------------------------------------------------------------------- */

static void
test_messages_order (const Way * way)
{
  g_autoptr (Fixture) f = run_break (way, "schedule=4+3 channel=one", 1);
  g_autofree gchar *states = fixture_states (f);

  g_assert_cmpstr (states, ==, "scheduled started creative-started creative-ended creative-started "
      "creative-ended ended");
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, 0);
}

static void
test_messages_content (const Way * way)
{
  g_autoptr (Fixture) f = run_break (way, "schedule=3.9+3 channel=one", 1);
  static const gchar *const all[] = { "scheduled", "started", "creative-started", "creative-ended", "ended" };
  const gchar *id = gst_structure_get_string (fixture_state (f, "scheduled", 0), "break-id");
  const GstStructure *s;
  gint64 error = -1;

  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    s = fixture_state (f, all[i], 0);
    g_assert_cmpstr (gst_structure_get_string (s, "channel"), ==, "one");
    g_assert_cmpstr (gst_structure_get_string (s, "break-id"), ==, id);
    g_assert_nonnull (gst_structure_get_string (s, "reason"));
    g_assert_true (gst_structure_has_field_typed (s, "duration", G_TYPE_UINT64));
    g_assert_true (gst_structure_has_field_typed (s, "filled-duration", G_TYPE_UINT64));
  }
  s = fixture_state (f, "started", 0);
  g_assert_cmpuint (state_u64 (s, "asked-pts-90k"), ==, AT_90K (100) - 9000);
  g_assert_cmpuint (state_u64 (s, "pts-90k"), ==, AT_90K (100));
  g_assert_true (gst_structure_get_int64 (s, "error-90k", &error));
  g_assert_cmpint (error, ==, 9000);
  g_assert_cmpuint (state_u64 (s, "duration"), ==, 3 * GST_SECOND);
  s = fixture_state (f, "creative-started", 1);
  g_assert_cmpuint (state_u64 (s, "pts-90k"), ==, AT_90K (125));
  g_assert_cmpstr (gst_structure_get_string (s, "creative-id"), !=,
      gst_structure_get_string (fixture_state (f, "creative-started", 0), "creative-id"));
  s = fixture_state (f, "creative-ended", 0);
  g_assert_cmpuint (state_u64 (s, "duration"), ==, GST_SECOND);
  s = fixture_state (f, "ended", 0);
  g_assert_cmpuint (state_u64 (s, "pts-90k"), ==, AT_90K (175));
  g_assert_cmpuint (state_u64 (s, "filled-duration"), ==, 3 * GST_SECOND);
  g_assert_true (gst_structure_get_int64 (s, "error-90k", &error));
  g_assert_cmpint (error, ==, 0);
}

/* RFC 3339, and about as far ahead as the break. */
static void
test_target_start_time (const Way * way)
{
  g_autoptr (GDateTime) before = g_date_time_new_now_utc ();
  g_autoptr (Fixture) f = run_break (way, "schedule=4+3", 1);
  const gchar *text = gst_structure_get_string (fixture_state (f, "scheduled", 0), "target-start-time");
  g_autoptr (GDateTime) then = NULL;
  gdouble ahead;

  g_assert_nonnull (text);
  then = g_date_time_new_from_iso8601 (text, NULL);
  g_assert_nonnull (then);
  g_assert_true (g_str_has_suffix (text, "Z"));
  ahead = (gdouble) g_date_time_difference (then, before) / G_USEC_PER_SEC;
  g_assert_cmpfloat (ahead, >=, 3.9);
  g_assert_cmpfloat (ahead, <=, 9.0);
}

static void
test_stats (const Way * way)
{
  g_autoptr (Fixture) f = run_break (way, "schedule=4+3", 1);
  GstStructure *s = NULL;
  guint64 value = 0;

  g_object_get (f->element, "stats", &s, NULL);
  g_assert_nonnull (s);
  g_assert_true (gst_structure_get_uint64 (s, "packets", &value));
  g_assert_cmpuint (value, >, 1000);
  g_assert_true (gst_structure_get_uint64 (s, "breaks", &value));
  g_assert_cmpuint (value, ==, 1);
  g_assert_true (gst_structure_get_uint64 (s, "breaks-ended", &value));
  g_assert_cmpuint (value, ==, 1);
  g_assert_true (gst_structure_get_uint64 (s, "creatives", &value));
  g_assert_cmpuint (value, ==, 2);
  g_assert_true (gst_structure_get_uint64 (s, "cc-errors", &value));
  g_assert_cmpuint (value, ==, 0);
  gst_structure_free (s);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/events/order", test_order);
  fixture_add_tests ("/events/place", test_place);
  fixture_add_tests ("/events/place-constant-rate", test_place_constant_rate);
  fixture_add_test ("/events/scheduled-at-once", test_scheduled_at_once);
  fixture_add_tests ("/events/break-start", test_break_start);
  fixture_add_tests ("/events/creatives", test_creatives);
  fixture_add_tests ("/events/break-end", test_break_end);
  fixture_add_tests ("/events/audio", test_audio);
  fixture_add_tests ("/events/audio-two-tracks", test_audio_two_tracks);
  fixture_add_tests ("/events/audio-network", test_audio_network);
  fixture_add_test ("/events/timestamps", test_timestamps);
  fixture_add_test ("/events/running-time", test_running_time);
  fixture_add_tests ("/messages/order", test_messages_order);
  fixture_add_tests ("/messages/content", test_messages_content);
  fixture_add_test ("/messages/target-start-time", test_target_start_time);
  fixture_add_test ("/messages/stats", test_stats);
  fixture_add_test ("/events/pod-length", test_pod_length);
  fixture_add_test ("/events/scte35-made", test_scte35_made);
  return fixture_run ();
}
