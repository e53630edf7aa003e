/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * insertion=mark and the `network` pad: the programme byte for byte, and events where the
 * splicer would leave and return (DESIGN 4.1, 5).
 */
#include <string.h>

#include "ts-fixture.h"

/* The packet at @e must be the first of picture @number of the network. */
static void
check_at_picture (const OutLog * log, const OutEvent * e, guint number)
{
  g_autoptr (Reading) r = fixture_read (log);
  const ReadUnit *u = reading_find (r->pictures, 1, number);

  g_assert_nonnull (e);
  g_assert_cmpuint (u->mark.number, ==, number);
  g_assert_cmpuint (e->offset, ==, u->offset);
  g_assert_cmpint ((gint64) event_u64 (e, "pts-90k"), ==, u->pts90k);
}

static gboolean
event_boolean (const OutEvent * e, const gchar * field)
{
  gboolean value = FALSE;

  if (!gst_structure_get_boolean (gst_event_get_structure (e->event), field, &value))
    g_error ("no boolean %s", field);
  return value;
}

static void
check_marked (const OutLog * log, guint out, guint in)
{
  g_autofree gchar *events = fixture_break_events (log);

  g_assert_cmpstr (events, ==, "AdBreakScheduled AdBreakStart AdBreakEnd");
  check_at_picture (log, fixture_event (log, "AdBreakStart", 0), out);
  check_at_picture (log, fixture_event (log, "AdBreakEnd", 0), in);
  g_assert_false (event_boolean (fixture_event (log, "AdBreakStart", 0), "spliced"));
  g_assert_cmpuint (event_u64 (fixture_event (log, "AdBreakEnd", 0), "duration"), ==,
      (in - out) * 40 * GST_MSECOND);
}

static void
check_mark (const Way * way, const MediaSpec * spec, const gchar * properties, guint out, guint in)
{
  g_autoptr (GByteArray) ts = media_make (spec);
  g_autoptr (Fixture) f = fixture_new (way, properties);

  fixture_feed (f, ts);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  check_marked (&f->out, out, in);
}

static void
test_mark (const Way * way)
{
  MediaSpec spec = media_network ();

  check_mark (way, &spec, "insertion=mark schedule=4+3", 100, 175);
}

static void
test_mark_off_the_grid (const Way * way)
{
  MediaSpec spec = media_network ();

  /* 3.3 s: the RAP behind it is at 4 s; 3 s later is one again */
  check_mark (way, &spec, "insertion=mark schedule=3.3+3", 100, 175);
}

static void
test_mark_constant_rate (const Way * way)
{
  MediaSpec spec = media_network ();

  spec.muxrate = 400000;
  check_mark (way, &spec, "insertion=mark schedule=4+3", 100, 175);
}

static void
test_mark_two_tracks (const Way * way)
{
  MediaSpec spec = media_network ();

  spec.n_audio = 2;
  spec.units_per_pes = 17;
  check_mark (way, &spec, "insertion=mark schedule=4+3", 100, 175);
}

/* Over the wrap of the clocks: it falls into the break. */
static void
test_mark_wrap (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "insertion=mark schedule=4+3");

  spec.first_pts90k = (G_GINT64_CONSTANT (1) << 33) - 5 * 90000;
  ts = media_make (&spec);
  fixture_feed (f, ts);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpuint (event_u64 (fixture_event (&f->out, "AdBreakStart", 0), "pts-90k"), ==,
      (guint64) (spec.first_pts90k + 4 * 90000));
  g_assert_cmpuint (event_u64 (fixture_event (&f->out, "AdBreakEnd", 0), "pts-90k"), ==, 2 * 90000);
}

/* Garbage and losses in the break do not matter either. */
static void
test_mark_damaged (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "insertion=mark schedule=4+3");
  g_autofree gchar *events = NULL;

  media_insert_garbage (ts, ts->len / MEDIA_PACKET / 2, 333);
  media_lose_packet (ts, MEDIA_VIDEO_PID, ts->len / MEDIA_PACKET / 2 - 40);
  media_lose_packet (ts, MEDIA_AUDIO_PID, ts->len / MEDIA_PACKET / 2 - 60);
  fixture_feed (f, ts);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  events = fixture_break_events (&f->out);
  g_assert_cmpstr (events, ==, "AdBreakScheduled AdBreakStart AdBreakEnd");
}

/* Creatives that are linked all the same are not looked at. */
static void
test_mark_ignores_ads (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "insertion=mark schedule=4+3");

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  check_marked (&f->out, 100, 175);
}

/* The same breaks at the same PTS, whether something is put in or not. */
static void
test_mark_as_splice (const Way * way)
{
  static const gchar *const names[] = { "AdBreakStart", "AdBreakEnd" };
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) mark = fixture_new (way, "insertion=mark schedule=2.2+2,7+3");
  g_autoptr (Fixture) splice = fixture_new (way, "schedule=2.2+2,7+3");

  fixture_add_creative (splice, "ad_0", 2, 50);
  fixture_add_creative (splice, "ad_1", 3, 75);
  fixture_feed (mark, ts);
  fixture_feed (splice, ts);
  fixture_eos (mark);
  fixture_eos (splice);
  for (guint n = 0; n < G_N_ELEMENTS (names); n++) {
    g_assert_cmpuint (fixture_count_events (&mark->out, names[n]), ==, 2);
    g_assert_cmpuint (fixture_count_events (&splice->out, names[n]), ==, 2);
    for (guint i = 0; i < 2; i++)
      g_assert_cmpuint (event_u64 (fixture_event (&mark->out, names[n], i), "pts-90k"), ==,
          event_u64 (fixture_event (&splice->out, names[n], i), "pts-90k"));
  }
}

/* Timestamps, flags: what is taken apart leaves with those of the buffer in whose call it
 * leaves, and nothing is held beyond what a boundary needs. */
static void
test_mark_holds_nothing (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "insertion=mark schedule=4+3");

  for (gsize at = 0; at < ts->len; at += 7 * MEDIA_PACKET) {
    fixture_feed_part (f, ts, at, at + 7 * MEDIA_PACKET);
    /* one picture may wait until its kind is known: here that is in its first packet */
    g_assert_cmpuint (f->out.bytes->len + 2 * MEDIA_PACKET, >=, MIN (at + 7 * MEDIA_PACKET, ts->len));
  }
}

/* --- network ---------------------------------------------------------------------- */

static void
check_network (const Way * way, const MediaSpec * spec, gboolean with_creative)
{
  g_autoptr (GByteArray) ts = media_make (spec);
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) r = NULL;

  fixture_add_network (f);
  if (with_creative)
    fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  fixture_assert_same (&f->network, ts);
  check_marked (&f->network, 100, 175);
  g_assert_cmpuint (fixture_count_events (&f->network, "eos"), ==, 1);
  r = fixture_read (&f->out);
  if (with_creative) {
    reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  } else {
    fixture_assert_same (&f->out, ts);
    g_assert_null (fixture_event (&f->out, "AdBreakStart", 0));
  }
}

static void
test_network (const Way * way)
{
  MediaSpec spec = media_network ();

  check_network (way, &spec, TRUE);
}

static void
test_network_constant_rate (const Way * way)
{
  MediaSpec spec = media_network ();

  spec.muxrate = 400000;
  check_network (way, &spec, TRUE);
}

/* With so little stuffing the CC of `src` stay moved behind the break, written into buffers that
 * the two pads would share: those of `network` are as they came. */
static void
test_network_tight_rate (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=2+2");
  guint moved = 0;
  gsize in, out;

  spec.muxrate = 200000;
  ts = media_make (&spec);
  fixture_add_network (f);
  fixture_add_creative (f, "ad_0", 2, 50);
  fixture_feed (f, ts);
  fixture_eos (f);
  fixture_assert_same (&f->network, ts);
  in = reading_offset_of (ts, 1, 275);
  out = reading_offset_of (f->out.bytes, 1, 275);
  for (guint pid = MEDIA_VIDEO_PID; pid <= MEDIA_AUDIO_PID; pid++)
    moved += reading_first_cc (ts->data, ts->len, pid, in) !=
        reading_first_cc (f->out.bytes->data, f->out.bytes->len, pid, out);
  g_assert_cmpuint (moved, >, 0);
}

/* "also when the splice is skipped for want of a creative" */
static void
test_network_without_creative (const Way * way)
{
  MediaSpec spec = media_network ();

  check_network (way, &spec, FALSE);
}

static void
test_network_event_order (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GString *types = g_string_new (NULL);

  fixture_add_network (f);
  fixture_feed (f, ts);
  fixture_eos (f);
  for (guint i = 0; i < f->network.events->len; i++)
    g_string_append_printf (types, "%s ",
        GST_EVENT_TYPE_NAME (g_array_index (f->network.events, OutEvent, i).event));
  g_assert_cmpstr (types->str, ==, "stream-start caps segment eos ");
  g_string_free (types, TRUE);
  fixture_assert_same (&f->network, ts);
}

/* Asked for in the middle: it has the sticky events, and what comes from then on. */
static void
test_network_late (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  gsize from = 100 * 4096;
  g_autoptr (GByteArray) rest = g_byte_array_new ();

  fixture_add_creative (f, "ad_0", 2, 75);
  from = MIN (from, ts->len / 5);
  fixture_feed_part (f, ts, 0, from);
  fixture_add_network (f);
  fixture_feed_part (f, ts, from, ts->len);
  fixture_eos (f);
  g_byte_array_append (rest, ts->data + from, (guint) (ts->len - from));
  fixture_assert_same (&f->network, rest);
  g_assert_nonnull (fixture_event (&f->network, "segment", 0));
  g_assert_nonnull (fixture_event (&f->network, "AdBreakStart", 0));
  g_assert_nonnull (fixture_event (&f->network, "AdBreakEnd", 0));
}

/* Released in the break: src goes on as if it had never been there. */
static void
test_network_released (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *network = gst_harness_new_with_element (f->element, NULL, "network");
  g_autoptr (Reading) r = NULL;

  gst_harness_set_drop_buffers (network, TRUE);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, ts->len / 2);
  gst_harness_teardown (network);
  fixture_feed_part (f, ts, ts->len / 2, ts->len);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  reading_assert_seamless (r);
}

/* A second one there is not. */
static void
test_network_only_one (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  fixture_add_network (f);
  /* GStreamer's own word about it */
  g_test_expect_message ("GStreamer", G_LOG_LEVEL_CRITICAL, "*already has a pad named network*");
  g_assert_null (gst_element_request_pad_simple (f->element, "network"));
  g_test_assert_expected_messages ();
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/mark/identical", test_mark);
  fixture_add_tests ("/mark/off-the-grid", test_mark_off_the_grid);
  fixture_add_tests ("/mark/constant-rate", test_mark_constant_rate);
  fixture_add_tests ("/mark/two-tracks", test_mark_two_tracks);
  fixture_add_tests ("/mark/wrap", test_mark_wrap);
  fixture_add_tests ("/mark/damaged", test_mark_damaged);
  fixture_add_test ("/mark/ignores-ads", test_mark_ignores_ads);
  fixture_add_tests ("/mark/as-splice", test_mark_as_splice);
  fixture_add_test ("/mark/holds-nothing", test_mark_holds_nothing);
  fixture_add_tests ("/network/identical", test_network);
  fixture_add_tests ("/network/constant-rate", test_network_constant_rate);
  fixture_add_tests ("/network/tight-rate", test_network_tight_rate);
  fixture_add_tests ("/network/without-creative", test_network_without_creative);
  fixture_add_test ("/network/event-order", test_network_event_order);
  fixture_add_tests ("/network/requested-late", test_network_late);
  fixture_add_tests ("/network/released-in-break", test_network_released);
  fixture_add_test ("/network/only-one", test_network_only_one);
  return fixture_run ();
}
