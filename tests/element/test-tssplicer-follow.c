/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Breaks that follow each other: one ends where the next begins (splicing.md 2.8). What is seen
 * and heard, what the network pad shows, and what becomes of it when there is nothing for the
 * second one. The rules themselves are rows of the plan's table.
 */
#include <string.h>

#include "ts-fixture.h"

#define AT_90K(number) (10 * 90000 + (guint64) (number) * MEDIA_FRAME_90K)

/* Out at 4 s for 3 s and at 7 s for 2 s; known a second from the beginning. */
static GByteArray *
make_network (guint64 muxrate)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) first = media_splice_insert (7, AT_90K (100), 3 * 90000);
  g_autoptr (GByteArray) second = media_splice_insert (8, AT_90K (175), 2 * 90000);
  const MediaCue cues[] = { {90000, MEDIA_CUE_PID, first->data, first->len},
    {2 * 90000, MEDIA_CUE_PID, second->data, second->len}
  };

  spec.muxrate = muxrate;
  spec.cue_pid = TRUE;
  spec.cues = cues;
  spec.n_cues = G_N_ELEMENTS (cues);
  return media_make (&spec);
}

/* Every unit of sound lies where the picture of its source is, give or take half a frame of sound
 * and what the source's own sound is off; none overlaps. */
static void
check_sound (const Reading * r)
{
  const GArray *units = r->sounds[0];
  g_autofree gchar *runs = reading_runs (units);
  gint64 last = G_MININT64;

  g_test_message ("sound %s", runs);
  for (guint source = 1; source <= 3; source++)
    reading_find (units, source, 0);
  for (guint i = 0; i < units->len; i++) {
    const ReadUnit *u = &g_array_index (units, ReadUnit, i);

    if (!u->has_pts)
      continue;
    g_assert_cmpint (u->pts90k, >, last);
    last = u->pts90k;
  }
  g_assert_cmpuint (r->broken_units, ==, 0);
}

static void
check_told (Fixture * f)
{
  static const guint frames[][2] = { {100, 175}, {175, 225} };
  g_autofree gchar *states = fixture_states (f);
  g_autofree gchar *events = fixture_break_events (&f->out);

  g_assert_cmpstr (states, ==, "scheduled scheduled started creative-started creative-ended ended "
      "started creative-started creative-ended ended");
  g_assert_cmpstr (events, ==, "AdBreakScheduled AdBreakScheduled AdBreakStart AdCreativeStart AdCreativeEnd AdBreakEnd "
      "AdBreakStart AdCreativeStart AdCreativeEnd AdBreakEnd");
  for (guint i = 0; i < 2; i++) {
    g_assert_cmpuint (state_u64 (fixture_state (f, "started", i), "pts-90k"), ==, AT_90K (frames[i][0]));
    g_assert_cmpuint (state_u64 (fixture_state (f, "ended", i), "pts-90k"), ==, AT_90K (frames[i][1]));
    g_assert_cmpuint (state_u64 (fixture_state (f, "ended", i), "filled-duration"), ==,
        (frames[i][1] - frames[i][0]) * 40 * GST_MSECOND);
    g_assert_cmpuint (event_u64 (fixture_event (&f->out, "AdBreakStart", i), "pts-90k"), ==, AT_90K (frames[i][0]));
    g_assert_cmpuint (event_u64 (fixture_event (&f->out, "AdBreakEnd", i), "pts-90k"), ==, AT_90K (frames[i][1]));
  }
}

static void
check_follow (const Way * way, guint64 muxrate)
{
  g_autoptr (GByteArray) ts = make_network (muxrate);
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autoptr (Reading) r = NULL;

  fixture_add_network (f);
  fixture_add_creative (f, "ad_0", 2, 200);
  fixture_add_creative (f, "ad_1", 3, 200);
  fixture_feed (f, ts);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-74,3:0-49,1:225-299");
  reading_assert_seamless (r);
  check_sound (r);
  check_told (f);
  fixture_assert_same (&f->network, ts);
  g_assert_cmpuint (fixture_count_events (&f->network, "AdBreakStart"), ==, 2);
  g_assert_cmpuint (fixture_count_events (&f->network, "AdBreakEnd"), ==, 2);
  g_assert_cmpuint (event_u64 (fixture_event (&f->network, "AdBreakEnd", 0), "pts-90k"), ==, AT_90K (175));
  g_assert_cmpuint (event_u64 (fixture_event (&f->network, "AdBreakStart", 1), "pts-90k"), ==, AT_90K (175));
}

static void
test_follow (const Way * way)
{
  check_follow (way, 0);
}

static void
test_follow_cbr (const Way * way)
{
  check_follow (way, 900000);
}

/* The content stays: two avails, one behind the other. */
static void
test_mark (const Way * way)
{
  g_autoptr (GByteArray) ts = make_network (0);
  g_autoptr (Fixture) f = fixture_new (way, "insertion=mark");
  g_autofree gchar *states = NULL;

  fixture_feed (f, ts);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  states = fixture_states (f);
  g_assert_cmpstr (states, ==, "scheduled scheduled started ended started ended");
  g_assert_cmpuint (event_u64 (fixture_event (&f->out, "AdBreakEnd", 0), "pts-90k"), ==, AT_90K (175));
  g_assert_cmpuint (event_u64 (fixture_event (&f->out, "AdBreakStart", 1), "pts-90k"), ==, AT_90K (175));
}

/* Nothing for the second one: the programme plays in it, and a message says why. */
static void
test_only_one_creative (const Way * way)
{
  g_autoptr (GByteArray) ts = make_network (0);
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autoptr (Reading) r = NULL;

  fixture_add_creative (f, "ad_0", 2, 200);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  reading_assert_seamless (r);
  g_assert_cmpuint (fixture_count_states (f, "started"), ==, 1);
  g_assert_cmpuint (fixture_count_states (f, "skipped"), ==, 1);
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "skipped", 0), "reason"), ==, "no-creative");
}

/* The first creative is over a second early: the programme is back in between, as it is when
 * nothing follows, and the second one comes at its own time. */
static void
test_first_one_short (const Way * way)
{
  g_autoptr (GByteArray) ts = make_network (0);
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autoptr (Reading) r = NULL;

  fixture_add_creative (f, "ad_0", 2, 50);
  fixture_feed_part (f, ts, 0, reading_offset_of (ts, 1, 160));
  fixture_add_creative (f, "ad_1", 3, 200);
  fixture_feed_part (f, ts, reading_offset_of (ts, 1, 160), ts->len);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-49,1:150-174,3:0-49,1:225-299");
  reading_assert_seamless (r);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/follow/variable-rate", test_follow);
  fixture_add_test ("/follow/constant-rate/not-live", test_follow_cbr);
  fixture_add_live_test ("/follow/constant-rate/live", test_follow_cbr);
  fixture_add_test ("/follow/mark", test_mark);
  fixture_add_test ("/follow/only-one-creative", test_only_one_creative);
  fixture_add_test ("/follow/first-one-short", test_first_one_short);
  return fixture_run ();
}
