/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of the input, its silence, and encoders upstream: what needs a clock
 * (DESIGN 6.11, 6.12, 6.14).
 */
#include <gst/video/video.h>

#include "ts-fixture.h"

/* --- end of stream ---------------------------------------------------------------- */

/* "EOS in a break: the break is finished, then EOS" */
static void
check_eos_in_break (const Way * way, const MediaSpec * spec)
{
  g_autoptr (GByteArray) ts = media_make (spec);
  g_autoptr (Fixture) f = fixture_new (way, "schedule=10+3");
  g_autoptr (Reading) r = NULL;
  g_autofree gchar *events = NULL;
  const OutEvent *end;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  g_assert_null (fixture_event (&f->out, "eos", 0));
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-249,2:0-74");
  reading_assert_seamless (r);
  events = fixture_break_events (&f->out);
  g_assert_cmpstr (events, ==, "AdBreakScheduled AdBreakStart AdCreativeStart AdCreativeEnd AdBreakEnd");
  end = fixture_event (&f->out, "AdBreakEnd", 0);
  g_assert_cmpuint (event_u64 (end, "duration"), ==, 3 * GST_SECOND);
  g_assert_cmpuint (fixture_count_events (&f->out, "eos"), ==, 1);
  g_assert_cmpuint (fixture_event (&f->out, "eos", 0)->offset, ==, f->out.bytes->len);
  g_assert_cmpuint (state_u64 (fixture_state (f, "ended", 0), "filled-duration"), ==, 3 * GST_SECOND);
}

static void
test_eos_in_break (const Way * way)
{
  MediaSpec spec = media_network ();

  check_eos_in_break (way, &spec);
}

static void
test_eos_in_break_constant_rate (const Way * way)
{
  MediaSpec spec = media_network ();

  spec.muxrate = 400000;
  check_eos_in_break (way, &spec);
}

/* The sound of the creative goes on to its end as well. */
static void
test_eos_sound (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=10+3");
  g_autoptr (Reading) r = NULL;
  const ReadUnit *last, *picture;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = fixture_read (&f->out);
  last = &g_array_index (r->sounds[0], ReadUnit, r->sounds[0]->len - 1);
  picture = reading_find (r->pictures, 2, 74);
  g_assert_cmpuint (last->mark.source, ==, 2);
  g_assert_cmpint (ABS (picture->pts90k + MEDIA_FRAME_90K - last->pts90k - 1920), <=, 960);
}

/* A break that is asked for and never reached is told of. */
static void
test_eos_before_break (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=60+3");
  g_autofree gchar *states = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  states = fixture_states (f);
  g_assert_cmpstr (states, ==, "scheduled skipped");
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "skipped", 0), "reason"), ==, "eos");
}

/* "a post-roll is a break that opens at EOS" */
static void
test_postroll (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GstStructure *options = gst_structure_new ("options", "roll-type", G_TYPE_STRING, "postroll", NULL);
  g_autoptr (Reading) r = NULL;
  g_autofree gchar *id = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, ts->len / 3);
  g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) (3 * GST_SECOND), options, &id);
  gst_structure_free (options);
  g_assert_nonnull (id);
  fixture_feed_part (f, ts, ts->len / 3, ts->len);
  g_assert_cmpuint (f->out.bytes->len, ==, ts->len);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-299,2:0-74");
  reading_assert_seamless (r);
  g_assert_cmpstr (event_string (fixture_event (&f->out, "AdBreakStart", 0), "roll-type"), ==, "postroll");
  g_assert_cmpstr (event_string (fixture_event (&f->out, "AdBreakEnd", 0), "break-id"), ==, id);
  g_assert_cmpuint (fixture_event (&f->out, "eos", 0)->offset, ==, f->out.bytes->len);
}

/* Two EOS in a row, as an application sends one and the source another. */
static void
test_eos_twice (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=10+3");
  g_autoptr (Reading) r = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  gst_pad_send_event (GST_PAD_PEER (f->h->srcpad), gst_event_new_eos ());
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-249,2:0-74");
  g_assert_cmpuint (fixture_count_states (f, "ended"), ==, 1);
}

/* --- silence ---------------------------------------------------------------------- */

static gboolean
wait_for_state (Fixture * f, const gchar * state)
{
  gint64 until = now_ms () + PATIENCE * 5000;

  while (now_ms () < until) {
    if (fixture_state (f, state, 0))
      return TRUE;
    g_usleep (10000);
  }
  return FALSE;
}

/* "after `input-timeout` the break is finished, paced by the pipeline clock" */
static void
test_silence (const Way * way)
{
  const Way live = { way->feed, TRUE };
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (&live, "schedule=4+3 input-timeout=300000000");
  gsize at = reading_offset_of (ts, 1, 125);
  g_autoptr (Reading) r = NULL;
  gint64 begin, lasted;
  guint before, came;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  begin = now_ms ();
  before = bytes_out (f);
  g_usleep (150 * 1000);
  /* not yet; a busy machine may come back too late to see that */
  came = bytes_out (f) - before;
  if (now_ms () - begin < 250)
    g_assert_cmpuint (came, ==, 0);
  g_assert_true (wait_for_state (f, "ended"));
  lasted = now_ms () - begin;
  /* 2 s of it were to come; how far it was ahead is for the mux delay to say */
  g_assert_cmpint (lasted, >=, 1500);
  g_assert_cmpint (lasted, <=, 2500 + PROMPT_MS);
  g_mutex_lock (&f->out.lock);
  r = fixture_read (&f->out);
  g_mutex_unlock (&f->out.lock);
  reading_assert_pictures (r, "1:0-99,2:0-74");
  reading_assert_seamless (r);
  /* nothing more comes: the clock alone is no programme */
  before = bytes_out (f);
  g_usleep (200 * 1000);
  g_assert_cmpuint (bytes_out (f), ==, before);
  /* the input is back: it plays, and downstream hears where */
  fixture_feed_part (f, ts, reading_offset_of (ts, 1, 200), ts->len);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_eos (f);
  g_assert_cmpuint (fixture_count_events (&f->out, "AdBreakEnd"), ==, 1);
  g_assert_cmpuint (bytes_out (f), >, before + (ts->len / 300) * 75);
}

/* The clock of the output goes on in the silence, in steps of no more than 40 ms. */
static void
test_silence_clock (const Way * way)
{
  const Way live = { way->feed, TRUE };
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (&live, "schedule=4+2 input-timeout=100000000");
  gsize at = reading_offset_of (ts, 1, 125);
  g_autoptr (Reading) r = NULL;

  fixture_add_creative (f, "ad_0", 2, 50);
  fixture_feed_part (f, ts, 0, at);
  g_assert_true (wait_for_state (f, "ended"));
  g_mutex_lock (&f->out.lock);
  r = fixture_read (&f->out);
  g_mutex_unlock (&f->out.lock);
  for (guint i = 1; i < r->pcr->len; i++) {
    gint64 step = g_array_index (r->pcr, ReadPcr, i).pcr27m - g_array_index (r->pcr, ReadPcr, i - 1).pcr27m;

    g_assert_cmpint (step, >, 0);
    g_assert_cmpint (step, <=, 27000 * 41);
  }
}

/* Not live: a source may take its time. */
static void
test_silence_not_live (const Way * way)
{
  const Way not_live = { way->feed, FALSE };
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (&not_live, "schedule=4+3 input-timeout=100000000");
  gsize at = reading_offset_of (ts, 1, 125);
  g_autoptr (Reading) r = NULL;
  guint before;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  before = bytes_out (f);
  g_usleep (500 * 1000);
  g_assert_cmpuint (bytes_out (f), ==, before);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  reading_assert_seamless (r);
}

/* Silence outside a break is nobody's business. */
static void
test_silence_outside (const Way * way)
{
  const Way live = { way->feed, TRUE };
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (&live, "schedule=4+2 input-timeout=50000000");
  gsize at = reading_offset_of (ts, 1, 200);
  g_autoptr (Reading) r = NULL;
  guint before;

  fixture_add_creative (f, "ad_0", 2, 50);
  fixture_feed_part (f, ts, 0, at);
  before = bytes_out (f);
  g_usleep (300 * 1000);
  g_assert_cmpuint (bytes_out (f), ==, before);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-49,1:150-299");
  reading_assert_seamless (r);
}

/* --- an encoder upstream ---------------------------------------------------------- */

/* Buffers of one packet whose DTS is the running time of their picture's. */
static void
feed_timed (Fixture * f, const GByteArray * ts, GstClockTime running_time_of_first_pts, gsize from, gsize to)
{
  g_autoptr (Reading) r = reading_new (ts->data, ts->len);
  gint64 first = reading_find (r->pictures, 1, 0)->pts90k;
  guint picture = 0;

  for (gsize at = from; at < to; at += MEDIA_PACKET) {
    GstBuffer *buffer = gst_buffer_new_memdup (ts->data + at, MEDIA_PACKET);
    gint64 behind;

    while (picture + 1 < r->pictures->len && g_array_index (r->pictures, ReadUnit, picture + 1).offset <= at)
      picture++;
    behind = g_array_index (r->pictures, ReadUnit, picture).dts90k - first;
    GST_BUFFER_DTS (buffer) = running_time_of_first_pts + behind * 100000 / 9;
    GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer);
    g_assert_cmpint (gst_pad_push (f->h->srcpad, buffer), ==, GST_FLOW_OK);
  }
}

static guint
take_key_unit_requests (Fixture * f, GstClockTime * times, guint max)
{
  GstEvent *event;
  guint n = 0;

  while ((event = gst_harness_try_pull_upstream_event (f->h))) {
    GstClockTime time;
    gboolean all_headers;

    if (gst_video_event_is_force_key_unit (event)) {
      g_assert_cmpuint (n, <, max);
      g_assert_true (gst_video_event_parse_upstream_force_key_unit (event, &time, &all_headers, NULL));
      g_assert_true (all_headers);
      times[n++] = time;
    }
    gst_event_unref (event);
  }
  return n;
}

static void
assert_half_a_frame_before (GstClockTime is, GstClockTime running_time)
{
  /* 25 pictures a second: 20 ms */
  g_assert_cmpuint (is, >=, running_time - 21 * GST_MSECOND);
  g_assert_cmpuint (is, <=, running_time - 19 * GST_MSECOND);
}

static void
test_force_key_unit (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4.2+3");
  GstClockTime times[4];

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_TIME);
  /* asked as soon as it is known, once */
  feed_timed (f, ts, 100 * GST_SECOND, 0, reading_offset_of (ts, 1, 20));
  g_assert_cmpuint (take_key_unit_requests (f, times, G_N_ELEMENTS (times)), ==, 2);
  assert_half_a_frame_before (times[0], 104200 * GST_MSECOND);
  assert_half_a_frame_before (times[1], 107200 * GST_MSECOND);
  feed_timed (f, ts, 100 * GST_SECOND, reading_offset_of (ts, 1, 20), reading_offset_of (ts, 1, 80));
  g_assert_cmpuint (take_key_unit_requests (f, times, G_N_ELEMENTS (times)), ==, 0);
}

/* Groups of seven packets: most begin with the rest of the picture before, and have its time. */
static void
feed_grouped (Fixture * f, const GByteArray * ts, const Reading * r, gsize from, gsize to)
{
  const gint64 first = (gint64) g_array_index (r->pictures, ReadUnit, 0).pts90k;
  guint picture = 0;

  for (gsize at = from; at < to; at += 7 * MEDIA_PACKET) {
    GstBuffer *buffer = gst_buffer_new_memdup (ts->data + at, 7 * MEDIA_PACKET);

    while (picture + 1 < r->pictures->len && g_array_index (r->pictures, ReadUnit, picture + 1).offset <= at)
      picture++;
    GST_BUFFER_PTS (buffer) = 100 * GST_SECOND +
        ((gint64) g_array_index (r->pictures, ReadUnit, picture).dts90k - first) * 100000 / 9;
    g_assert_cmpint (gst_pad_push (f->h->srcpad, buffer), ==, GST_FLOW_OK);
  }
}

/* The time is right all the same, whichever picture has come last when the break is called for. */
static void
test_force_key_unit_grouped (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Reading) r = reading_new (ts->data, ts->len);
  const gsize group = 7 * MEDIA_PACKET;
  GstClockTime times[4];

  for (guint n = 20; n < 30; n++) {
    g_autoptr (Fixture) f = fixture_new (way, NULL);
    gsize to = reading_offset_of (ts, 1, n) / group * group;
    g_autofree gchar *id = NULL;
    GstStructure *options = gst_structure_new ("options", "start-pts-90k", G_TYPE_UINT64,
        (guint64) g_array_index (r->pictures, ReadUnit, 0).pts90k + 420 * 900, NULL);

    fixture_add_creative (f, "ad_0", 2, 75);
    fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_TIME);
    feed_grouped (f, ts, r, 0, to);
    g_signal_emit_by_name (f->h->element, "insert-ad-break", (guint64) 3 * GST_SECOND, options, &id);
    g_assert_nonnull (id);
    feed_grouped (f, ts, r, to, to + 2 * group);
    g_assert_cmpuint (take_key_unit_requests (f, times, G_N_ELEMENTS (times)), ==, 2);
    assert_half_a_frame_before (times[0], 104200 * GST_MSECOND);
    assert_half_a_frame_before (times[1], 107200 * GST_MSECOND);
    gst_structure_free (options);
  }
}

/* Bytes have no running time: nothing can be asked. */
static void
test_no_force_key_unit (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  GstClockTime times[4];

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  g_assert_cmpuint (take_key_unit_requests (f, times, G_N_ELEMENTS (times)), ==, 0);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  /* live, EOS is paced by the clock: once is enough, for it takes its 1.5 s */
  fixture_add_tests_of ("/eos/in-break", test_eos_in_break, FALSE);
  fixture_add_tests_of ("/eos/in-break-constant-rate", test_eos_in_break_constant_rate, FALSE);
  fixture_add_tests_of ("/eos/sound", test_eos_sound, FALSE);
  fixture_add_tests ("/eos/before-break", test_eos_before_break);
  fixture_add_tests_of ("/eos/postroll", test_postroll, FALSE);
  fixture_add_test ("/eos/twice", test_eos_twice);
  fixture_add_live_test ("/eos/in-break-live", test_eos_in_break);
  fixture_add_live_test ("/eos/postroll-live", test_postroll);
  fixture_add_test ("/silence/in-break", test_silence);
  fixture_add_test ("/silence/clock", test_silence_clock);
  fixture_add_test ("/silence/not-live", test_silence_not_live);
  fixture_add_test ("/silence/outside", test_silence_outside);
  fixture_add_test ("/encoder/force-key-unit", test_force_key_unit);
  fixture_add_test ("/encoder/force-key-unit-grouped", test_force_key_unit_grouped);
  fixture_add_test ("/encoder/no-force-key-unit", test_no_force_key_unit);
  return fixture_run ();
}
