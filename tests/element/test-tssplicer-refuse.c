/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DESIGN 6.10: when in doubt, the programme plays, and one message says why. A creative
 * that cannot be played leaves the output as it came in, byte for byte.
 */
#include <string.h>

#include "ts-fixture.h"

#define BREAK "schedule=4+3"

/* --- the verdict ------------------------------------------------------------------ */

static void
check_warning (Fixture * f, const gchar * reason)
{
  GError *error = NULL;
  g_autofree gchar *debug = NULL;
  guint n = 0;

  fixture_take_messages (f);
  for (guint i = 0; i < f->messages->len; i++) {
    GstMessage *m = g_ptr_array_index (f->messages, i);

    g_assert_cmpint (GST_MESSAGE_TYPE (m), !=, GST_MESSAGE_ERROR);
    if (GST_MESSAGE_TYPE (m) != GST_MESSAGE_WARNING)
      continue;
    n++;
    if (n == 1)
      gst_message_parse_warning (m, &error, &debug);
  }
  g_assert_cmpuint (n, ==, 1);
  if (reason && !strstr (error->message, reason) && !strstr (debug, reason))
    g_error ("the warning \"%s\" (%s) does not say %s", error->message, debug, reason);
  g_clear_error (&error);
}

static void
check_skipped (Fixture * f, const gchar * reason, gboolean listed)
{
  const GstStructure *s = fixture_state (f, "skipped", 0);
  g_autofree gchar *states = fixture_states (f);
  const GValue *list;

  g_assert_cmpstr (states, ==, "scheduled skipped");
  g_assert_cmpstr (gst_structure_get_string (s, "reason"), ==, reason);
  g_assert_cmpuint (strlen (gst_structure_get_string (s, "break-id")), ==, 12);
  list = gst_structure_get_value (s, "skipped");
  g_assert_cmpint (listed, ==, list != NULL);
  if (listed) {
    const GstStructure *item;

    g_assert_true (GST_VALUE_HOLDS_LIST (list));
    g_assert_cmpuint (gst_value_list_get_size (list), ==, 1);
    item = gst_value_get_structure (gst_value_list_get_value (list, 0));
    g_assert_cmpstr (gst_structure_get_string (item, "reason"), ==, reason);
    g_assert_nonnull (gst_structure_get_string (item, "creative-id"));
  }
}

/* @creative: what comes on ad_0; NULL: nothing but EOS */
static void
check_refused (const Way * way, const GByteArray * creative, const gchar * reason)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, BREAK);
  GstHarness *ad = fixture_add_ad (f, "ad_0");

  g_assert_true (ad_begin (ad, "bad"));
  if (creative)
    ad_push (ad, creative);
  ad_eos (ad);
  fixture_feed (f, ts);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_eos (f);
  check_skipped (f, reason, TRUE);
  check_warning (f, reason);
  g_assert_null (fixture_event (&f->out, "AdBreakStart", 0));
  g_assert_null (fixture_event (&f->out, "AdCreativeStart", 0));
  fixture_assert_same (&f->out, ts);
}

/* --- no creative ------------------------------------------------------------------ */

static void
test_none (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, BREAK);

  fixture_feed (f, ts);
  fixture_eos (f);
  check_skipped (f, "no-creative", FALSE);
  check_warning (f, "no-creative");
  fixture_assert_same (&f->out, ts);
}

static void
test_none_constant_rate (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, BREAK);

  spec.muxrate = 400000;
  spec.n_audio = 2;
  ts = media_make (&spec);
  fixture_feed (f, ts);
  fixture_eos (f);
  check_skipped (f, "no-creative", FALSE);
  fixture_assert_same (&f->out, ts);
}

/* A pad on which no stream has begun is no creative either, and not waited for. */
static void
test_idle_pad (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, BREAK);
  GstPad *pad = gst_element_request_pad_simple (f->element, "ad_0");
  gint64 begin = now_ms ();

  fixture_feed (f, ts);
  g_assert_cmpint (now_ms () - begin, <, PROMPT_MS);
  gst_element_release_request_pad (f->element, pad);
  gst_object_unref (pad);
  fixture_eos (f);
  check_skipped (f, "no-creative", FALSE);
  fixture_assert_same (&f->out, ts);
}

/* Live: what has not come is late, and nobody waits. */
static void
test_late (const Way * way)
{
  const Way live = { way->feed, TRUE };
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (&live, BREAK);
  gint64 begin = now_ms ();

  g_assert_true (ad_begin (fixture_add_ad (f, "ad_0"), "late"));
  fixture_feed (f, ts);
  fixture_eos (f);
  g_assert_cmpint (now_ms () - begin, <, PROMPT_MS);
  check_skipped (f, "late-creative", FALSE);
  check_warning (f, "late-creative");
  fixture_assert_same (&f->out, ts);
}

/* --- a bad one -------------------------------------------------------------------- */

static void
test_empty (const Way * way)
{
  check_refused (way, NULL, "empty");
}

static void
test_not_ts (const Way * way)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < 200000; i++) {
    guint8 byte = (guint8) (i * 131 >> 3);

    g_byte_array_append (bytes, &byte, 1);
  }
  check_refused (way, bytes, "not-ts");
}

static void
test_204 (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_creative (2, 75);
  g_autoptr (GByteArray) long_ts = media_to_204 (ts);

  check_refused (way, long_ts, "packet-size");
}

/* It ends in a packet, before its first picture is whole. */
static void
test_cut_at_once (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_creative (2, 75);

  g_byte_array_set_size (ts, 8 * MEDIA_PACKET + 100);
  check_refused (way, ts, "no-idr");
}

/* All of it is there, and its end is known to be missing. */
static void
test_truncated (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_creative (2, 75);

  g_byte_array_set_size (ts, ts->len / 2 / MEDIA_PACKET * MEDIA_PACKET + 60);
  check_refused (way, ts, "truncated");
}

static void
test_no_idr (const Way * way)
{
  MediaSpec spec = media_creative (2, 75);
  g_autoptr (GByteArray) ts = NULL;

  spec.gop = 0;
  /* the very first picture is not one to start from, and none follows */
  g_assert_false (media_is_rap (&spec, 0));
  ts = media_make (&spec);
  check_refused (way, ts, "no-idr");
}

static void
test_video_codec (const Way * way)
{
  MediaSpec spec = media_creative (2, 75);
  g_autoptr (GByteArray) ts = NULL;

  spec.video = MEDIA_VIDEO_MPEG2;
  spec.bframes = 0;
  ts = media_make (&spec);
  check_refused (way, ts, "video-codec");
}

static void
test_audio_codec (const Way * way)
{
  MediaSpec spec = media_creative (2, 75);
  g_autoptr (GByteArray) ts = NULL;

  spec.audio = MEDIA_AUDIO_MPEG;
  ts = media_make (&spec);
  check_refused (way, ts, "audio-codec");
}

static void
test_scrambled (const Way * way)
{
  MediaSpec spec = media_creative (2, 75);
  g_autoptr (GByteArray) ts = NULL;

  spec.scrambled = TRUE;
  ts = media_make (&spec);
  check_refused (way, ts, "scrambled");
}

static void
test_audio_only (const Way * way)
{
  MediaSpec spec = media_creative (2, 75);
  g_autoptr (GByteArray) ts = NULL;

  spec.video = MEDIA_VIDEO_NONE;
  ts = media_make (&spec);
  check_refused (way, ts, "audio-only");
}

/* --- a bad one among good ones ---------------------------------------------------- */

/* The next pad's turn: the break is filled, and the message lists what was left out. */
static void
test_next_pad (const Way * way)
{
  MediaSpec bad = media_creative (3, 75);
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) wrong = NULL;
  g_autoptr (Fixture) f = fixture_new (way, BREAK);
  g_autoptr (Reading) r = NULL;
  const GValue *list;

  bad.audio = MEDIA_AUDIO_MPEG;
  wrong = media_make (&bad);
  ad_play (fixture_add_ad (f, "ad_0"), "wrong", wrong);
  fixture_add_creative (f, "ad_1", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  reading_assert_seamless (r);
  g_assert_nonnull (fixture_state (f, "started", 0));
  list = gst_structure_get_value (fixture_state (f, "ended", 0), "skipped");
  g_assert_nonnull (list);
  g_assert_cmpuint (gst_value_list_get_size (list), ==, 1);
}

/* DESIGN 6.10: one that breaks off on air is left at the next RAP. */
static void
test_cut_on_air (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) creative = media_make_creative (2, 75);
  g_autoptr (Fixture) f = fixture_new (way, BREAK);
  g_autoptr (Reading) r = NULL;
  GstHarness *ad = fixture_add_ad (f, "ad_0");
  gsize middle = reading_offset_of (ts, 1, 112);
  g_autofree gchar *runs = NULL;

  /* 1.4 s and a half packet of it; the end comes when half a second has been on air */
  g_byte_array_set_size (creative, (guint) reading_offset_of (creative, 2, 35) + 60);
  g_assert_true (ad_begin (ad, "cut"));
  g_assert_cmpint (ad_push (ad, creative), ==, GST_FLOW_OK);
  fixture_feed_part (f, ts, 0, middle);
  g_assert_nonnull (fixture_state (f, "started", 0));
  ad_eos (ad);
  fixture_feed_part (f, ts, middle, ts->len);
  fixture_eos (f);
  r = fixture_read (&f->out);
  runs = reading_runs (r->pictures);
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->broken_units, ==, 0);
  g_assert_true (g_str_has_prefix (runs, "1:0-99,2:0-3"));
  g_assert_true (g_str_has_suffix (runs, ",1:150-299"));
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "ended", 0), "reason"), ==, "broken-creative");
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_ERROR), ==, 0);
}

/* --- a schedule ------------------------------------------------------------------- */

static void
check_bad_schedule (const gchar * schedule)
{
  const Way way = { FEED_DATAGRAMS, FALSE };
  g_autofree gchar *properties = g_strdup_printf ("schedule=%s", schedule);
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (&way, properties);
  const GstStructure *s;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpuint (fixture_count_states (f, "skipped"), ==, 1);
  s = fixture_state (f, "skipped", 0);
  g_assert_cmpstr (gst_structure_get_string (s, "reason"), ==, "bad-schedule");
  check_warning (f, "START+DURATION");
}

static void
test_bad_schedule (const Way * way)
{
  static const gchar *const bad[] = { "4", "4+", "+3", "4+3,", "4+3,5", "x", "4+-3", "-4+3", "4+0", "4+3;9+1",
    "nan+3", "4+inf", "1e300+1", "4++3", "4+3,,9+1"
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    check_bad_schedule (bad[i]);
}

/* What was right before it stays in force. */
static void
test_bad_schedule_keeps_old (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, BREAK);
  g_autofree gchar *schedule = NULL;

  g_object_set (f->element, "schedule", "nonsense", NULL);
  g_object_get (f->element, "schedule", &schedule, NULL);
  g_assert_cmpstr (schedule, ==, "4+3");
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/refuse/none", test_none);
  fixture_add_tests ("/refuse/none-constant-rate", test_none_constant_rate);
  fixture_add_tests ("/refuse/idle-pad", test_idle_pad);
  fixture_add_tests ("/refuse/late", test_late);
  fixture_add_tests ("/refuse/empty", test_empty);
  fixture_add_tests ("/refuse/not-ts", test_not_ts);
  fixture_add_tests ("/refuse/packets-of-204", test_204);
  fixture_add_tests ("/refuse/cut-at-once", test_cut_at_once);
  fixture_add_tests ("/refuse/truncated", test_truncated);
  fixture_add_tests ("/refuse/no-idr", test_no_idr);
  fixture_add_tests ("/refuse/video-codec", test_video_codec);
  fixture_add_tests ("/refuse/audio-codec", test_audio_codec);
  fixture_add_tests ("/refuse/scrambled", test_scrambled);
  fixture_add_tests ("/refuse/audio-only", test_audio_only);
  fixture_add_tests ("/refuse/next-pad", test_next_pad);
  fixture_add_tests ("/refuse/cut-on-air", test_cut_on_air);
  fixture_add_test ("/refuse/bad-schedule", test_bad_schedule);
  fixture_add_test ("/refuse/bad-schedule-keeps-old", test_bad_schedule_keeps_old);
  return fixture_run ();
}
