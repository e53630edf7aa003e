/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes upstream, queries, and flushes: the splicer is not there for them, and
 * creatives never see them (DESIGN 4.1: seeks go to `sink` only).
 */
#include "ts-fixture.h"

/* --- upstream events -------------------------------------------------------------- */

/* The first event of @type that came to the source of @h; NULL when there is none. */
static GstEvent *
pull_upstream (GstHarness * h, GstEventType type)
{
  GstEvent *event;

  while ((event = gst_harness_try_pull_upstream_event (h))) {
    if (GST_EVENT_TYPE (event) == type)
      return event;
    gst_event_unref (event);
  }
  return NULL;
}

static void
check_upstream (GstEvent * event, gboolean from_network)
{
  const Way way = { FEED_DATAGRAMS, FALSE };
  g_autoptr (Fixture) f = fixture_new (&way, NULL);
  g_autoptr (GByteArray) ts = media_make_network ();
  GstHarness *ad = fixture_add_ad (f, "ad_0"), *slate = fixture_add_ad (f, "slate");
  GstEventType type = GST_EVENT_TYPE (event);
  GstEvent *got;

  fixture_add_network (f);
  g_assert_true (ad_begin (ad, "ad"));
  g_assert_true (ad_begin (slate, "slate"));
  fixture_feed (f, ts);
  gst_harness_push_upstream_event (from_network ? f->network_h : f->h, gst_event_ref (event));
  got = pull_upstream (f->h, type);
  g_assert_true (got == event);
  gst_event_unref (got);
  g_assert_null (pull_upstream (f->h, type));
  g_assert_null (pull_upstream (ad, type));
  g_assert_null (pull_upstream (slate, type));
  gst_event_unref (event);
}

static GstEvent *
new_seek (void)
{
  return gst_event_new_seek (1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, GST_SECOND,
      GST_SEEK_TYPE_NONE, 0);
}

static void
test_seek (const Way * way)
{
  check_upstream (new_seek (), FALSE);
}

static void
test_seek_from_network (const Way * way)
{
  check_upstream (new_seek (), TRUE);
}

static void
test_custom_upstream (const Way * way)
{
  check_upstream (gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM, gst_structure_new_empty ("Other")), FALSE);
}

static void
test_qos (const Way * way)
{
  check_upstream (gst_event_new_qos (GST_QOS_TYPE_OVERFLOW, 1.0, 0, 0), FALSE);
}

/* --- queries ---------------------------------------------------------------------- */

static void
check_latency (GstHarness * h, gboolean expect_live, GstClockTime expect_min)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live;
  GstClockTime min, max;

  g_assert_true (gst_pad_peer_query (h->sinkpad, query));
  gst_query_parse_latency (query, &live, &min, &max);
  gst_query_unref (query);
  g_assert_cmpint (live, ==, expect_live);
  g_assert_cmpuint (min, ==, expect_min);
  g_assert_cmpuint (max, ==, GST_CLOCK_TIME_NONE);
}

/* Nothing is delayed, so nothing is added: before, in and behind a break. */
static void
test_latency (const Way * way)
{
  GstClockTime min = way->live ? 20 * GST_MSECOND : 0;
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");

  fixture_add_network (f);
  fixture_add_creative (f, "ad_0", 2, 75);
  check_latency (f->h, way->live, min);
  for (guint i = 0; i < 4; i++) {
    fixture_feed_part (f, ts, ts->len / 4 * i, ts->len / 4 * (i + 1));
    check_latency (f->h, way->live, min);
    check_latency (f->network_h, way->live, min);
  }
}

static void
test_allocation (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/mpegts,systemstream=true,packetsize=188");
  GstAllocator *allocator = gst_allocator_find (GST_ALLOCATOR_SYSMEM), *proposed = NULL;
  GstAllocationParams params;
  GstQuery *query;

  gst_allocation_params_init (&params);
  params.align = 63;
  gst_harness_set_propose_allocator (f->h, gst_object_ref (allocator), &params);
  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_BYTES);
  query = gst_query_new_allocation (caps, TRUE);
  g_assert_true (gst_pad_peer_query (f->h->srcpad, query));
  g_assert_cmpuint (gst_query_get_n_allocation_params (query), ==, 1);
  gst_query_parse_nth_allocation_param (query, 0, &proposed, &params);
  g_assert_true (proposed == allocator);
  g_assert_cmpuint (params.align, ==, 63);
  gst_object_unref (proposed);
  gst_object_unref (allocator);
  gst_query_unref (query);
}

/* Without caps nothing can be proposed, and nothing may crash. */
static void
test_allocation_without_caps (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GstQuery *query = gst_query_new_allocation (NULL, FALSE);

  gst_pad_peer_query (f->h->srcpad, query);
  gst_query_unref (query);
}

/* An ad pad answers for itself: what the programme is has nothing to do with it. */
static void
test_ad_queries (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GstHarness *ad = fixture_add_ad (f, "ad_0");
  g_autoptr (GstCaps) caps = gst_pad_peer_query_caps (ad->srcpad, NULL);
  g_autoptr (GstCaps) right = gst_caps_from_string ("video/mpegts,systemstream=true");
  g_autoptr (GstCaps) wrong = gst_caps_from_string ("video/x-h264");
  GstQuery *query = gst_query_new_latency ();

  g_assert_true (gst_caps_is_equal (caps, right));
  g_assert_true (gst_pad_peer_query_accept_caps (ad->srcpad, right));
  g_assert_false (gst_pad_peer_query_accept_caps (ad->srcpad, wrong));
  gst_pad_peer_query (ad->srcpad, query);
  gst_query_unref (query);
}

/* --- flushes ---------------------------------------------------------------------- */

static void
flush (Fixture * f)
{
  GstSegment segment;

  gst_pad_push_event (f->h->srcpad, gst_event_new_flush_start ());
  g_assert_true (gst_pad_push_event (f->h->srcpad, gst_event_new_flush_stop (TRUE)));
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  g_assert_true (gst_pad_push_event (f->h->srcpad, gst_event_new_segment (&segment)));
}

/* What comes out behind the flush is the stream from there, no byte of the old one. */
static void
check_behind_flush (Fixture * f, const GByteArray * ts)
{
  guint before = f->out.bytes->len;

  fixture_feed (f, ts);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  g_assert_cmpuint (f->out.bytes->len - before, ==, ts->len);
  for (guint i = 0; i < ts->len; i++)
    if (f->out.bytes->data[before + i] != ts->data[i])
      g_error ("byte %u behind the flush differs", i);
}

static void
test_flush_passing (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  /* in the middle of a packet */
  fixture_feed_part (f, ts, 0, 1000 * MEDIA_PACKET + 99);
  flush (f);
  check_behind_flush (f, ts);
  g_assert_cmpuint (fixture_count_events (&f->out, "flush-start"), ==, 1);
  g_assert_cmpuint (fixture_count_events (&f->out, "flush-stop"), ==, 1);
  g_assert_cmpuint (fixture_count_events (&f->out, "segment"), ==, 2);
}

static void
test_flush_twice (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  fixture_feed_part (f, ts, 0, 500 * MEDIA_PACKET + 1);
  flush (f);
  flush (f);
  check_behind_flush (f, ts);
  /* a start that is said twice, too */
  gst_pad_push_event (f->h->srcpad, gst_event_new_flush_start ());
  flush (f);
  check_behind_flush (f, ts);
}

static void
test_flush_after_eos (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  fixture_feed (f, ts);
  fixture_eos (f);
  flush (f);
  check_behind_flush (f, ts);
  fixture_eos (f);
  g_assert_cmpuint (fixture_count_events (&f->out, "eos"), ==, 2);
}

/* Packets of a break are being made when the flush comes. */
static void
test_flush_in_break (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autofree gchar *id = NULL;
  g_autofree gchar *next = NULL;

  fixture_add_creative (f, "ad_0", 2, 200);
  g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) (8 * GST_SECOND), NULL, &id);
  g_assert_nonnull (id);
  fixture_feed_part (f, ts, 0, ts->len / 2 + 77);
  g_assert_nonnull (fixture_state (f, "started", 0));
  flush (f);
  /* the break went with its place in the stream: the programme plays, and somebody is told */
  check_behind_flush (f, ts);
  g_assert_cmpuint (fixture_count_states (f, "ended") + fixture_count_states (f, "cancelled"), ==, 1);
  /* and there is no break in the way of another one */
  g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) GST_SECOND, NULL, &next);
  g_assert_nonnull (next);
}

/* `schedule` is stream time: it counts anew from the first picture behind the flush. */
static void
test_flush_keeps_schedule (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) r = NULL;
  guint before;

  fixture_feed_part (f, ts, 0, ts->len / 5);
  flush (f);
  before = f->out.bytes->len;
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = reading_new (f->out.bytes->data + before, f->out.bytes->len - before);
  reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  reading_assert_seamless (r);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_test ("/queries/seek", test_seek);
  fixture_add_test ("/queries/seek-from-network", test_seek_from_network);
  fixture_add_test ("/queries/custom-upstream", test_custom_upstream);
  fixture_add_test ("/queries/qos", test_qos);
  fixture_add_tests ("/queries/latency", test_latency);
  fixture_add_test ("/queries/allocation", test_allocation);
  fixture_add_test ("/queries/allocation-without-caps", test_allocation_without_caps);
  fixture_add_test ("/queries/ad-queries", test_ad_queries);
  fixture_add_tests ("/flush/passing", test_flush_passing);
  fixture_add_tests ("/flush/twice", test_flush_twice);
  fixture_add_tests ("/flush/after-eos", test_flush_after_eos);
  fixture_add_tests ("/flush/in-break", test_flush_in_break);
  fixture_add_tests ("/flush/keeps-schedule", test_flush_keeps_schedule);
  return fixture_run ();
}
