/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * State changes while threads wait in the element: each wait has an end, nothing is left
 * running, nothing is left behind (style of the house: 200 cycles, a second to stop).
 */
#include "ts-fixture.h"

/* What a stop that waits for nothing takes at most where others have the processors too; the
 * shortest wait that it could fall into, the rest of a break, is 5 s. */
#define STOP_LIMIT_MS (4 * PROMPT_MS)

/* --- threads that push ------------------------------------------------------------ */

typedef struct
{
  GstPad *pad;
  const GByteArray *ts;
  GThread *thread;
  gint pushed;                  /* buffers; atomic */
  gint done;                    /* atomic */
  GstFlowReturn flow;
} Pusher;

static gpointer
push (gpointer user_data)
{
  Pusher *p = user_data;
  gsize at;

  p->flow = GST_FLOW_OK;
  for (at = 0; at < p->ts->len && p->flow == GST_FLOW_OK; at += 4096) {
    p->flow = gst_pad_push (p->pad, gst_buffer_new_memdup (p->ts->data + at, MIN (4096, p->ts->len - at)));
    g_atomic_int_inc (&p->pushed);
  }
  g_atomic_int_set (&p->done, 1);
  return NULL;
}

static void
pusher_start (Pusher * p, GstPad * pad, const GByteArray * ts)
{
  p->pad = pad;
  p->ts = ts;
  p->pushed = p->done = 0;
  p->thread = g_thread_new ("pusher", push, p);
}

/* Waits until it does not get on any more: it stands in the element. */
static void
wait_until_stuck (Pusher * p)
{
  gint64 until = now_ms () + 10000;
  gint last = -1;

  while (now_ms () < until) {
    gint now = g_atomic_int_get (&p->pushed);

    g_assert_false (g_atomic_int_get (&p->done));
    if (now == last && now > 0)
      return;
    last = now;
    g_usleep (100 * 1000);
  }
  g_assert_not_reached ();
}

static void
pusher_join (Pusher * p)
{
  g_thread_join (p->thread);
  g_assert_cmpint (p->flow, ==, GST_FLOW_FLUSHING);
}

/* One that was woken with little left may get rid of it before the pads flush. */
static void
pusher_join_network (Pusher * p)
{
  g_thread_join (p->thread);
  g_assert_true (p->flow == GST_FLOW_FLUSHING || (p->flow == GST_FLOW_OK && p->done));
}

/* 6 MiB: more than a pad reads ahead */
static GByteArray *
large_creative (void)
{
  MediaSpec spec = media_creative (2, 75);

  spec.picture_bytes = 100000;
  return media_make (&spec);
}

/* --- to NULL ---------------------------------------------------------------------- */

static void
to_null (Fixture * f)
{
  gint64 begin = now_ms ();

  g_assert_cmpint (gst_element_set_state (f->element, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (now_ms () - begin, <, STOP_LIMIT_MS);
}

static void
test_null_while_ad_waits (const Way * way)
{
  g_autoptr (GByteArray) creative = large_creative ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GstHarness *ad = fixture_add_ad (f, "ad_0");
  Pusher p;

  g_assert_true (ad_begin (ad, "large"));
  pusher_start (&p, ad->srcpad, creative);
  wait_until_stuck (&p);
  to_null (f);
  pusher_join (&p);
}

/* Not live: at the out point the network's thread waits for the creative. */
static void
test_null_while_network_waits (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  Pusher p;

  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_BYTES);
  g_assert_true (ad_begin (fixture_add_ad (f, "ad_0"), "never"));
  pusher_start (&p, f->h->srcpad, ts);
  wait_until_stuck (&p);
  to_null (f);
  pusher_join_network (&p);
}

/* In a break: it waits for the rest of a creative that has stopped coming. */
static void
test_null_while_network_starves (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) creative = media_make_creative (2, 75);
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *ad = fixture_add_ad (f, "ad_0");
  Pusher p;

  g_byte_array_set_size (creative, (guint) reading_offset_of (creative, 2, 40));
  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_BYTES);
  g_assert_true (ad_begin (ad, "half"));
  g_assert_cmpint (ad_push (ad, creative), ==, GST_FLOW_OK);
  pusher_start (&p, f->h->srcpad, ts);
  wait_until_stuck (&p);
  to_null (f);
  pusher_join_network (&p);
}

static void
test_null_while_both_wait (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) creative = large_creative ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *ad = fixture_add_ad (f, "ad_0"), *other = fixture_add_ad (f, "ad_1");
  Pusher network, one;

  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_BYTES);
  g_assert_true (ad_begin (ad, "never"));
  g_assert_true (ad_begin (other, "large"));
  pusher_start (&one, other->srcpad, creative);
  pusher_start (&network, f->h->srcpad, ts);
  wait_until_stuck (&one);
  wait_until_stuck (&network);
  to_null (f);
  pusher_join_network (&network);
  pusher_join (&one);
}

/* In a break that goes on by itself, since the input is silent. */
static void
test_null_in_silence (const Way * way)
{
  const Way live = { way->feed, TRUE };
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (&live, "schedule=4+6 input-timeout=50000000");
  guint before;

  fixture_add_creative (f, "ad_0", 2, 150);
  fixture_feed_part (f, ts, 0, reading_offset_of (ts, 1, 125));
  before = bytes_out (f);
  /* it goes on: that is where it is stopped */
  for (guint i = 0; i < PATIENCE * 200 && bytes_out (f) == before; i++)
    g_usleep (10000);
  g_assert_cmpuint (bytes_out (f), >, before);
  to_null (f);
  before = f->out.bytes->len;
  g_usleep (100 * 1000);
  /* nothing is left running */
  g_assert_cmpuint (f->out.bytes->len, ==, before);
}

static gpointer
send_eos (gpointer user_data)
{
  fixture_eos (user_data);
  return NULL;
}

/* A live EOS in a break is paced: it must not hold up a stop. */
static void
test_null_in_eos (const Way * way)
{
  const Way live = { way->feed, TRUE };
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (&live, "schedule=10+6");
  GThread *thread;

  fixture_add_creative (f, "ad_0", 2, 150);
  fixture_feed (f, ts);
  thread = g_thread_new ("eos", send_eos, f);
  g_usleep (300 * 1000);
  to_null (f);
  g_thread_join (thread);
}

/* --- flushes and releases --------------------------------------------------------- */

static void
test_flush_wakes_network (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  Pusher p;
  gint64 begin;

  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_BYTES);
  g_assert_true (ad_begin (fixture_add_ad (f, "ad_0"), "never"));
  pusher_start (&p, f->h->srcpad, ts);
  wait_until_stuck (&p);
  begin = now_ms ();
  gst_pad_push_event (f->h->srcpad, gst_event_new_flush_start ());
  pusher_join_network (&p);
  gst_pad_push_event (f->h->srcpad, gst_event_new_flush_stop (TRUE));
  g_assert_cmpint (now_ms () - begin, <, STOP_LIMIT_MS);
  /* a flush is no fault of the creative: nobody is warned of it */
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, 0);
}

static void
test_flush_wakes_ad (const Way * way)
{
  g_autoptr (GByteArray) creative = large_creative ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GstHarness *ad = fixture_add_ad (f, "ad_0");
  Pusher p;
  gint64 begin;

  g_assert_true (ad_begin (ad, "large"));
  pusher_start (&p, ad->srcpad, creative);
  wait_until_stuck (&p);
  begin = now_ms ();
  gst_pad_push_event (ad->srcpad, gst_event_new_flush_start ());
  pusher_join (&p);
  gst_pad_push_event (ad->srcpad, gst_event_new_flush_stop (TRUE));
  g_assert_cmpint (now_ms () - begin, <, STOP_LIMIT_MS);
}

/* The application takes the branch away while its thread stands in the pad. */
static void
test_release_while_ad_waits (const Way * way)
{
  g_autoptr (GByteArray) creative = large_creative ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GstPad *sink = gst_element_request_pad_simple (f->element, "ad_0");
  GstPad *src = gst_pad_new ("branch", GST_PAD_SRC);
  GstSegment segment;
  Pusher p;
  gint64 begin;

  gst_pad_set_active (src, TRUE);
  g_assert_cmpint (gst_pad_link (src, sink), ==, GST_PAD_LINK_OK);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (src, gst_event_new_stream_start ("branch"));
  gst_pad_push_event (src, gst_event_new_segment (&segment));
  pusher_start (&p, src, creative);
  wait_until_stuck (&p);
  begin = now_ms ();
  gst_element_release_request_pad (f->element, sink);
  g_assert_cmpint (now_ms () - begin, <, STOP_LIMIT_MS);
  g_thread_join (p.thread);
  g_assert_cmpint (p.flow, !=, GST_FLOW_OK);
  gst_object_unref (sink);
  gst_object_unref (src);
}

/* --- again and again -------------------------------------------------------------- */

static void
cycle (Fixture * f, GstHarness * ads[2], const GByteArray * creative, guint i)
{
  Pusher p[2];

  g_assert_cmpint (gst_element_set_state (f->element, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_SUCCESS);
  for (guint k = 0; k < 2; k++) {
    g_assert_true (ad_begin (ads[k], "cycle"));
    pusher_start (&p[k], ads[k]->srcpad, creative);
  }
  /* stopped at different moments: at once, in the middle, when they stand */
  g_usleep (i % 4 * 2000);
  to_null (f);
  for (guint k = 0; k < 2; k++)
    pusher_join (&p[k]);
}

static void
test_cycles (const Way * way)
{
  g_autoptr (GByteArray) creative = large_creative ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *ads[2] = { fixture_add_ad (f, "ad_0"), fixture_add_ad (f, "ad_1") };

  to_null (f);
  for (guint i = 0; i < 200; i++)
    cycle (f, ads, creative, i);
}

/* The same with the programme going through a break each time. */
static void
test_cycles_in_break (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) creative = media_make_creative (2, 75);
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *ad = fixture_add_ad (f, "ad_0");

  for (guint i = 0; i < 20; i++) {
    GstSegment segment;

    gst_element_set_state (f->element, GST_STATE_PLAYING);
    gst_bus_set_flushing (f->bus, FALSE);
    gst_pad_push_event (f->h->srcpad, gst_event_new_stream_start ("again"));
    gst_segment_init (&segment, GST_FORMAT_BYTES);
    gst_pad_push_event (f->h->srcpad, gst_event_new_segment (&segment));
    ad_play (ad, "cycle", creative);
    fixture_feed_part (f, ts, 0, ts->len * (i + 1) / 20);
    g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
    to_null (f);
  }
}

/* Nothing of the first life is left in the second: same input, same output. */
static void
test_second_life (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) creative = media_make_creative (2, 75);
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *ad = fixture_add_ad (f, "ad_0");
  GstSegment segment;
  guint first;
  g_autoptr (Reading) r = NULL;

  ad_play (ad, "first", creative);
  fixture_feed_part (f, ts, 0, reading_offset_of (ts, 1, 130));
  to_null (f);
  first = f->out.bytes->len;
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  gst_bus_set_flushing (f->bus, FALSE);
  gst_pad_push_event (f->h->srcpad, gst_event_new_stream_start ("second"));
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (f->h->srcpad, gst_event_new_segment (&segment));
  ad_play (ad, "second", creative);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = reading_new (f->out.bytes->data + first, f->out.bytes->len - first);
  reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  reading_assert_seamless (r);
}

/* PAUSED and back: the programme is where it was. */
static void
test_pause (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  gsize at = reading_offset_of (ts, 1, 130);
  g_autoptr (Reading) r = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  gst_element_set_state (f->element, GST_STATE_PAUSED);
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  reading_assert_seamless (r);
}

/* An application that forgets its request pads leaves nothing behind either. */
static void
test_pads_not_released (const Way * way)
{
  GstElement *element = gst_element_factory_make ("tssplicer", NULL);
  GstPad *pads[3];

  gst_object_ref_sink (element);
  pads[0] = gst_element_request_pad_simple (element, "ad_%u");
  pads[1] = gst_element_request_pad_simple (element, "slate");
  pads[2] = gst_element_request_pad_simple (element, "network");
  for (guint i = 0; i < 3; i++)
    gst_object_unref (pads[i]);
  gst_element_set_state (element, GST_STATE_PAUSED);
  gst_element_set_state (element, GST_STATE_NULL);
  for (guint i = 0; i < 3; i++)
    g_object_add_weak_pointer (G_OBJECT (pads[i]), (gpointer *) & pads[i]);
  gst_object_unref (element);
  for (guint i = 0; i < 3; i++)
    g_assert_null (pads[i]);
}

/* Requests and settings from other threads while the programme runs. */
static gpointer
pester (gpointer user_data)
{
  Fixture *f = user_data;

  for (guint i = 0; i < 300; i++) {
    gchar *id = NULL;
    gboolean done;
    GstStructure *stats = NULL;

    g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) GST_SECOND, NULL, &id);
    g_signal_emit_by_name (f->element, i % 2 ? "cancel-ad-break" : "end-ad-break", id, &done);
    g_object_set (f->element, "splice-tolerance", (guint64) (i * GST_MSECOND), NULL);
    g_object_get (f->element, "stats", &stats, NULL);
    gst_structure_free (stats);
    g_free (id);
    g_usleep (500);
  }
  return NULL;
}

static void
test_pestered (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autoptr (Reading) r = NULL;
  GThread *threads[2];
  GstStructure *stats = NULL;

  /* names become quarks under a lock of GLib that TSan does not see: let them be there */
  g_object_get (f->element, "stats", &stats, NULL);
  gst_structure_free (stats);
  for (guint i = 0; i < 8; i++) {
    g_autofree gchar *name = g_strdup_printf ("ad_%u", i);

    fixture_add_creative (f, name, 2 + i, 25);
  }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("pester", pester, f);
  for (gsize at = 0; at < ts->len; at += 7 * MEDIA_PACKET) {
    fixture_feed_part (f, ts, at, at + 7 * MEDIA_PACKET);
    g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
    g_usleep (300);
  }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  fixture_eos (f);
  r = fixture_read (&f->out);
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->broken_units, ==, 0);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_test ("/states/null-while-ad-waits", test_null_while_ad_waits);
  fixture_add_test ("/states/null-while-network-waits", test_null_while_network_waits);
  fixture_add_test ("/states/null-while-network-starves", test_null_while_network_starves);
  fixture_add_test ("/states/null-while-both-wait", test_null_while_both_wait);
  fixture_add_test ("/states/null-in-silence", test_null_in_silence);
  fixture_add_test ("/states/null-in-eos", test_null_in_eos);
  fixture_add_test ("/states/flush-wakes-network", test_flush_wakes_network);
  fixture_add_test ("/states/flush-wakes-ad", test_flush_wakes_ad);
  fixture_add_test ("/states/release-while-ad-waits", test_release_while_ad_waits);
  fixture_add_test ("/states/cycles", test_cycles);
  fixture_add_test ("/states/cycles-in-break", test_cycles_in_break);
  fixture_add_tests ("/states/second-life", test_second_life);
  fixture_add_test ("/states/pause", test_pause);
  fixture_add_test ("/states/pads-not-released", test_pads_not_released);
  fixture_add_test ("/states/pestered", test_pestered);
  return fixture_run ();
}
