/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The `ad_%u` and `slate` pads: which creative plays when, what is left of one that was
 * cut, and pads that come and go (DESIGN 4.1).
 */
#include <string.h>

#include "ts-fixture.h"

static void
feed_all (Fixture * f, const GByteArray * ts)
{
  fixture_feed (f, ts);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_eos (f);
}

/* A creative without B pictures can be cut behind any of its pictures. */
static void
add_slate (Fixture * f, guint frames)
{
  MediaSpec spec = media_creative (9, frames);
  g_autoptr (GByteArray) ts = NULL;

  spec.bframes = 0;
  ts = media_make (&spec);
  ad_play (fixture_add_ad (f, "slate"), "slate", ts);
}

static void
check_out (Fixture * f, const gchar * runs)
{
  g_autoptr (Reading) r = fixture_read (&f->out);

  reading_assert_pictures (r, runs);
  reading_assert_seamless (r);
}

/* --- order ------------------------------------------------------------------------ */

/* "in order of number", whichever was there first */
static void
test_two_pads (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");

  fixture_add_creative (f, "ad_5", 3, 50);
  fixture_add_creative (f, "ad_1", 2, 25);
  feed_all (f, ts);
  check_out (f, "1:0-99,2:0-24,3:0-49,1:175-299");
  g_assert_cmpuint (fixture_count_states (f, "creative-started"), ==, 2);
}

static void
test_eos_between (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) first = media_make_creative (2, 25);
  g_autoptr (GByteArray) second = media_make_creative (3, 50);
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *ad = fixture_add_ad (f, "ad_0");

  ad_play (ad, "first", first);
  ad_play (ad, "second", second);
  feed_all (f, ts);
  check_out (f, "1:0-99,2:0-24,3:0-49,1:175-299");
}

/* As `concat` sends them. */
static void
test_stream_start_between (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) first = media_make_creative (2, 25);
  g_autoptr (GByteArray) second = media_make_creative (3, 50);
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *ad = fixture_add_ad (f, "ad_0");

  g_assert_true (ad_begin (ad, "first"));
  g_assert_cmpint (ad_push (ad, first), ==, GST_FLOW_OK);
  g_assert_true (ad_begin (ad, "second"));
  g_assert_cmpint (ad_push (ad, second), ==, GST_FLOW_OK);
  ad_eos (ad);
  feed_all (f, ts);
  check_out (f, "1:0-99,2:0-24,3:0-49,1:175-299");
}

/* One long-lived branch serves one break after the other. */
static void
test_many_breaks (const Way * way)
{
  MediaSpec network = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=1+1,3+1,5+1,7+1,9+1");
  GstHarness *ad = fixture_add_ad (f, "ad_0");

  ts = media_make (&network);
  for (guint i = 0; i < 5; i++) {
    g_autoptr (GByteArray) creative = media_make_creative (2 + i, 25);

    ad_play (ad, "next", creative);
  }
  feed_all (f, ts);
  check_out (f, "1:0-24,2:0-24,1:50-74,3:0-24,1:100-124,4:0-24,1:150-174,5:0-24,1:200-224,6:0-24,1:250-299");
}

/* --- lengths ---------------------------------------------------------------------- */

/* "what is left of a creative that was cut gets GST_FLOW_EOS until its next STREAM_START" */
static void
test_longer (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  /* what is left has pictures to start from, too */
  g_autoptr (GByteArray) creative = media_make_creative (2, 250);
  g_autoptr (GByteArray) next = media_make_creative (3, 50);
  g_autoptr (GByteArray) head = g_byte_array_new ();
  g_autoptr (GByteArray) tail = g_byte_array_new ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=2+3,8+2");
  gsize cut = reading_offset_of (creative, 2, 130), at = reading_offset_of (ts, 1, 170);
  GstHarness *ad = fixture_add_ad (f, "ad_0");

  g_byte_array_append (head, creative->data, (guint) cut);
  g_byte_array_append (tail, creative->data + cut, (guint) (creative->len - cut));
  g_assert_true (ad_begin (ad, "long"));
  g_assert_cmpint (ad_push (ad, head), ==, GST_FLOW_OK);
  fixture_feed_part (f, ts, 0, at);
  g_assert_nonnull (fixture_state (f, "ended", 0));
  g_assert_cmpint (ad_push (ad, tail), ==, GST_FLOW_EOS);
  g_assert_cmpint (ad_push (ad, tail), ==, GST_FLOW_EOS);
  ad_play (ad, "next", next);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  check_out (f, "1:0-49,2:0-74,1:125-199,3:0-49,1:250-299");
  g_assert_null (gst_structure_get_value (fixture_state (f, "ended", 1), "skipped"));
}

/* All of it was there already: none of it plays in the next break. */
static void
test_longer_all_there (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=2+3,8+2");

  fixture_add_creative (f, "ad_0", 2, 250);
  fixture_add_creative (f, "ad_1", 3, 50);
  feed_all (f, ts);
  check_out (f, "1:0-49,2:0-74,1:125-199,3:0-49,1:250-299");
}

static void
test_shorter (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+4");

  fixture_add_creative (f, "ad_0", 2, 50);
  feed_all (f, ts);
  /* the programme has a RAP where the creative ends */
  check_out (f, "1:0-99,2:0-49,1:150-299");
  g_assert_cmpuint (state_u64 (fixture_state (f, "ended", 0), "filled-duration"), ==, 2 * GST_SECOND);
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "ended", 0), "reason"), ==, "creatives-ended");
}

/* Cut between two reference pictures: what needs the second one stays out, nothing else. */
static void
test_cut_in_gop (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+2");
  MediaSpec spec = media_creative (2, 75);
  g_autoptr (GByteArray) creative = NULL;
  g_autoptr (Reading) r = NULL;

  /* references at 0, 3 ... 36, 37, 38, 41, 44, 47, 50: 48 and 49 need 50 */
  spec.gop = 38;
  creative = media_make (&spec);
  ad_play (fixture_add_ad (f, "ad_0"), "ad", creative);
  feed_all (f, ts);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-47,1:150-299");
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->broken_units, ==, 0);
}

/* Off the grid: a gap up to the next RAP, and the message says so. */
static void
test_shorter_off_the_grid (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+4");
  g_autoptr (Reading) r = NULL;

  fixture_add_creative (f, "ad_0", 2, 40);
  feed_all (f, ts);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-39,1:150-299");
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->broken_units, ==, 0);
  g_assert_cmpuint (state_u64 (fixture_state (f, "ended", 0), "filled-duration"), ==, 1600 * GST_MSECOND);
}

/* --- slate ------------------------------------------------------------------------ */

static void
test_slate_fills (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+4");

  add_slate (f, 40);
  fixture_add_creative (f, "ad_0", 2, 25);
  feed_all (f, ts);
  /* three seconds of it: once, and once more up to the return */
  check_out (f, "1:0-99,2:0-24,9:0-39,9:0-34,1:200-299");
}

static void
test_slate_alone (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=2+2,6+3");

  add_slate (f, 30);
  feed_all (f, ts);
  check_out (f, "1:0-49,9:0-29,9:0-19,1:100-149,9:0-29,9:0-29,9:0-14,1:225-299");
}

static void
test_slate_bad (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *slate = fixture_add_ad (f, "slate");
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < 100000; i++)
    g_byte_array_append (bytes, (const guint8 *) "x", 1);
  g_assert_true (ad_begin (slate, "slate"));
  ad_push (slate, bytes);
  ad_eos (slate);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, 1);
  feed_all (f, ts);
  fixture_assert_same (&f->out, ts);
}

/* --- tracks ----------------------------------------------------------------------- */

static void
run_two_tracks (Fixture * f)
{
  MediaSpec network = media_network ();
  g_autoptr (GByteArray) ts = NULL;

  network.n_audio = 2;
  ts = media_make (&network);
  fixture_add_creative (f, "ad_0", 2, 75);
  feed_all (f, ts);
}

static void
test_tracks_repeat (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) r = NULL;

  run_two_tracks (f);
  check_out (f, "1:0-99,2:0-74,1:175-299");
  r = fixture_read (&f->out);
  g_assert_cmpuint (reading_find (r->sounds[0], 2, 0)->mark.track, ==, 0);
  g_assert_cmpuint (reading_find (r->sounds[1], 2, 0)->mark.track, ==, 0);
}

static void
test_tracks_drop (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3 ad-tracks=drop");
  g_autoptr (Reading) r = NULL;
  guint n = 0;

  run_two_tracks (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->broken_units, ==, 0);
  /* English by its language, and silence on the other one */
  for (guint i = 0; i < r->sounds[1]->len; i++)
    n += g_array_index (r->sounds[1], ReadUnit, i).mark.source == 2;
  g_assert_cmpuint (n, ==, 0);
  reading_find (r->sounds[0], 2, 10);
  reading_find (r->sounds[1], 1, 500);
}

/* --- pads come and go ------------------------------------------------------------- */

static void
test_names (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GstPad *pads[4];

  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *name = g_strdup_printf ("ad_%u", i);

    pads[i] = gst_element_request_pad_simple (f->element, "ad_%u");
    g_assert_nonnull (pads[i]);
    g_assert_cmpstr (GST_PAD_NAME (pads[i]), ==, name);
  }
  gst_element_release_request_pad (f->element, pads[1]);
  gst_object_unref (pads[1]);
  pads[1] = gst_element_request_pad_simple (f->element, "ad_%u");
  g_assert_cmpstr (GST_PAD_NAME (pads[1]), ==, "ad_1");
  pads[3] = gst_element_request_pad_simple (f->element, "ad_4711");
  g_assert_cmpstr (GST_PAD_NAME (pads[3]), ==, "ad_4711");
  for (guint i = 0; i < 4; i++) {
    gst_element_release_request_pad (f->element, pads[i]);
    gst_object_unref (pads[i]);
  }
}

static void
test_name_taken (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GstPad *pad = gst_element_request_pad_simple (f->element, "ad_0");

  g_test_expect_message ("GStreamer", G_LOG_LEVEL_CRITICAL, "*already has a pad named ad_0*");
  g_assert_null (gst_element_request_pad_simple (f->element, "ad_0"));
  g_test_assert_expected_messages ();
  gst_element_release_request_pad (f->element, pad);
  gst_object_unref (pad);
}

static void
test_release_before (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *ad = fixture_add_creative (f, "ad_0", 2, 75);

  fixture_feed_part (f, ts, 0, ts->len / 6);
  fixture_release_ad (f, ad);
  fixture_feed_part (f, ts, ts->len / 6, ts->len);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpuint (fixture_count_states (f, "skipped"), ==, 1);
}

/* On air: it ends with what has been read of it, which here is all. */
static void
test_release_in_break (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autofree gchar *runs = NULL;
  g_autoptr (Reading) r = NULL;
  GstHarness *ad = fixture_add_creative (f, "ad_0", 2, 75);
  gsize at = reading_offset_of (ts, 1, 125);

  fixture_feed_part (f, ts, 0, at);
  fixture_release_ad (f, ad);
  fixture_feed_part (f, ts, at, ts->len);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_eos (f);
  r = fixture_read (&f->out);
  runs = reading_runs (r->pictures);
  g_test_message ("%s", runs);
  g_assert_true (g_str_has_prefix (runs, "1:0-99,2:0-"));
  g_assert_true (g_str_has_suffix (runs, "-299"));
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->broken_units, ==, 0);
  g_assert_cmpuint (fixture_count_states (f, "ended"), ==, 1);
}

/* A pad that comes in PLAYING, just before the break. */
static void
test_request_late (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  gsize at = reading_offset_of (ts, 1, 92);

  fixture_feed_part (f, ts, 0, at);
  fixture_add_creative (f, "ad_%u", 2, 75);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  check_out (f, "1:0-99,2:0-74,1:175-299");
}

/* --- flushes ---------------------------------------------------------------------- */

static void
flush_ad (GstHarness * ad)
{
  g_assert_true (gst_pad_push_event (ad->srcpad, gst_event_new_flush_start ()));
  g_assert_true (gst_pad_push_event (ad->srcpad, gst_event_new_flush_stop (TRUE)));
}

static void
test_flush_before (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) other = media_make_creative (3, 75);
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *ad = fixture_add_creative (f, "ad_0", 2, 75);

  fixture_feed_part (f, ts, 0, ts->len / 6);
  flush_ad (ad);
  ad_play (ad, "other", other);
  fixture_feed_part (f, ts, ts->len / 6, ts->len);
  fixture_eos (f);
  /* no flush goes downstream: the programme's stream is the output's */
  g_assert_null (fixture_event (&f->out, "flush-start", 0));
  g_assert_null (fixture_event (&f->out, "flush-stop", 0));
  check_out (f, "1:0-99,3:0-74,1:175-299");
}

static void
test_flush_in_break (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstHarness *ad = fixture_add_creative (f, "ad_0", 2, 75);
  gsize at = reading_offset_of (ts, 1, 125);
  g_autofree gchar *runs = NULL;
  g_autoptr (Reading) r = NULL;

  fixture_feed_part (f, ts, 0, at);
  flush_ad (ad);
  ad_eos (ad);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = fixture_read (&f->out);
  runs = reading_runs (r->pictures);
  g_test_message ("%s", runs);
  g_assert_true (g_str_has_prefix (runs, "1:0-99,2:0-"));
  g_assert_true (g_str_has_suffix (runs, "-299"));
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->broken_units, ==, 0);
  g_assert_null (fixture_event (&f->out, "flush-start", 0));
}

/* --- threads ---------------------------------------------------------------------- */

typedef struct
{
  GstHarness *ad;
  GByteArray *ts;
  guint delay_ms;
  GstFlowReturn flow;
} Feeder;

static gpointer
feed_ad (gpointer user_data)
{
  Feeder *feeder = user_data;

  g_usleep (feeder->delay_ms * 1000);
  if (!ad_begin (feeder->ad, "fed"))
    return NULL;
  feeder->flow = ad_push (feeder->ad, feeder->ts);
  ad_eos (feeder->ad);
  return NULL;
}

/* More than a pad reads ahead: its thread waits, the network's goes on, neither for good. */
static void
test_large (const Way * way)
{
  MediaSpec large = media_creative (2, 75);
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  Feeder feeder = { fixture_add_ad (f, "ad_0"), NULL, 0, GST_FLOW_OK };
  GThread *thread;

  large.picture_bytes = 100000;
  feeder.ts = media_make (&large);
  g_assert_cmpuint (feeder.ts->len, >, 5 << 20);
  thread = g_thread_new ("feeder", feed_ad, &feeder);
  /* a live splicer does not wait: let it have what it reads ahead */
  while (gst_pad_get_last_flow_return (feeder.ad->srcpad) == GST_FLOW_NOT_LINKED)
    g_usleep (1000);
  g_usleep (300 * 1000);
  feed_all (f, ts);
  g_thread_join (thread);
  g_byte_array_unref (feeder.ts);
  if (!way->live)
    check_out (f, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpuint (fixture_count_states (f, "ended"), ==, 1);
}

/* Not live: a creative that is on its way is waited for. */
static void
test_waited_for (const Way * way)
{
  const Way not_live = { way->feed, FALSE };
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (&not_live, "schedule=4+3");
  Feeder feeder = { fixture_add_ad (f, "ad_0"), media_make_creative (2, 75), 200, GST_FLOW_OK };
  GThread *thread = g_thread_new ("feeder", feed_ad, &feeder);

  feed_all (f, ts);
  g_thread_join (thread);
  g_byte_array_unref (feeder.ts);
  g_assert_cmpint (feeder.flow, ==, GST_FLOW_OK);
  check_out (f, "1:0-99,2:0-74,1:175-299");
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/ads/two-pads", test_two_pads);
  fixture_add_tests ("/ads/eos-between", test_eos_between);
  fixture_add_tests ("/ads/stream-start-between", test_stream_start_between);
  fixture_add_tests ("/ads/many-breaks", test_many_breaks);
  fixture_add_tests ("/ads/longer", test_longer);
  fixture_add_tests ("/ads/longer-all-there", test_longer_all_there);
  fixture_add_tests ("/ads/cut-in-gop", test_cut_in_gop);
  fixture_add_tests ("/ads/shorter", test_shorter);
  fixture_add_tests ("/ads/shorter-off-the-grid", test_shorter_off_the_grid);
  fixture_add_tests ("/ads/slate/fills", test_slate_fills);
  fixture_add_tests ("/ads/slate/alone", test_slate_alone);
  fixture_add_test ("/ads/slate/bad", test_slate_bad);
  fixture_add_tests ("/ads/tracks/repeat", test_tracks_repeat);
  fixture_add_tests ("/ads/tracks/drop", test_tracks_drop);
  fixture_add_test ("/ads/names", test_names);
  fixture_add_test ("/ads/name-taken", test_name_taken);
  fixture_add_tests ("/ads/release-before", test_release_before);
  fixture_add_tests ("/ads/release-in-break", test_release_in_break);
  fixture_add_tests ("/ads/request-late", test_request_late);
  fixture_add_tests ("/ads/flush-before", test_flush_before);
  fixture_add_tests ("/ads/flush-in-break", test_flush_in_break);
  fixture_add_tests ("/ads/large", test_large);
  fixture_add_test ("/ads/waited-for", test_waited_for);
  return fixture_run ();
}
