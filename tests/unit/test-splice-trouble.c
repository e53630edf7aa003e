/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice, the splicer without pads: breaks in streams that jump, change, lose packets or end, with
 * creatives that do not fit, and by cue. The rules are those of DESIGN 6. */
#include "splice-fixture.h"

#include <string.h>

#include <asp-ts-packet.h>

/* --- what goes wrong -------------------------------------------------------------- */

static void
test_wrap (void)
{
  /* the turn of PTS lies before, at and behind each cut */
  for (gint s = 2; s <= 6; s++) {
    SpliceFixture f;

    fixture_setup (&f, 250);
    f.network.bframes = 2;
    f.network.first_pts90k = ASP_PTS_MODULUS - s * ASP_SECOND_90K;
    fixture_splice (&f, 3, 2);
    g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
    fixture_check_all (&f);
    g_assert_cmpstr (f.run->warnings->str, ==, "");
    fixture_teardown (&f);
  }
}

/* The network's clock jumps inside the break (rule 11). */
static void
test_jump_in_break (void)
{
  static const gint64 jumps_s[] = { 1000, -1000, 30, -30, 40000 };

  for (guint i = 0; i < G_N_ELEMENTS (jumps_s); i++) {
    SpliceFixture f;

    fixture_setup (&f, 250);
    f.network.first_pts90k = 50000 * ASP_SECOND_90K;
    f.network.jump_at_90k = f.network.first_pts90k + 4 * ASP_SECOND_90K;
    f.network.jump_90k = jumps_s[i] * ASP_SECOND_90K;
    fixture_splice (&f, 3, 2);
    g_assert_nonnull (strstr (f.run->warnings->str, "discontinuity"));
    g_assert_true (g_str_has_prefix (f.video, "1:0-74 2:0-49 1:") || g_str_has_suffix (f.video, "2:0-49"));
    g_assert_cmpuint (f.got->cc_errors + f.got->broken, ==, 0);
    g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 1);
    g_assert_true (fixture_said (&f, "ended reason= "));
    fixture_teardown (&f);
  }
}

/* Jumps outside a break are the network's own affair. */
static void
test_jump_before_break (void)
{
  SpliceFixture f;

  fixture_setup (&f, 250);
  f.network.jump_at_90k = f.network.first_pts90k + ASP_SECOND_90K;
  f.network.jump_90k = 500 * ASP_SECOND_90K;
  fixture_splice (&f, 3, 2);
  g_assert_cmpuint (f.got->cc_errors + f.got->broken, ==, 0);
  g_assert_cmpuint (f.got->video->len, ==, 250);
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 1);
  fixture_teardown (&f);
}

static void
overwrite_pmt (SpliceFixture * f, const SpliceMediaSpec * spec, gsize from)
{
  g_autoptr (GBytes) pmt = splice_media_pmt (spec, 1);
  gsize size;
  const guint8 *section = g_bytes_get_data (pmt, &size);

  for (gsize at = from; at < f->in->len; at += ASP_TS_SIZE) {
    guint8 *p = f->in->data + at;

    if (asp_ts_pid (p) != spec->pmt_pid || !asp_ts_pusi (p))
      continue;
    memset (p + 5, 0xff, ASP_TS_SIZE - 5);
    memcpy (p + 5, section, size);
  }
}

/* The network moves its sound to another PID inside the break: adopted at return (rule 6). */
static void
test_pmt_changes_in_break (void)
{
  SpliceFixture f;
  SpliceMediaSpec moved;
  gsize from;
  g_autoptr (SpliceContent) there = NULL;

  fixture_setup (&f, 500);
  f.n_ads = 2;
  f.in = splice_media_make (&f.network);
  moved = f.network;
  moved.audio_pid = 0x150;
  from = f.in->len * 2 / 10 / ASP_TS_SIZE * ASP_TS_SIZE;
  overwrite_pmt (&f, &moved, from);
  for (gsize at = from; at < f.in->len; at += ASP_TS_SIZE)
    if (asp_ts_pid (f.in->data + at) == 0x110)
      f.in->data[at + 2] = 0x50;
  fixture_start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  asp_splicer_schedule (f.run->s, 12 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  fixture_feed_part (&f, 0, f.in->len);
  fixture_finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-299 3:0-49 1:350-499");
  there = splice_content_read (f.run->out->data, f.run->out->len, f.network.video_pid, moved.audio_pid);
  g_free (f.audio);
  f.audio = splice_units_runs (there->audio[0], FALSE);
  g_test_message ("audio there %s", f.audio);
  /* the second break has the creative's sound on the new PID */
  g_assert_nonnull (strstr (f.audio, " 3:"));
  g_assert_false (asp_splicer_wants_packets (f.run->s));
  fixture_teardown (&f);
}

/* The network's sound ends inside the break and does not come back. */
static void
test_sound_ends_in_break (void)
{
  SpliceFixture f;

  fixture_setup (&f, 500);
  f.n_ads = 2;
  f.network.audio_end_90k = 16 * ASP_SECOND_90K;
  fixture_start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  asp_splicer_schedule (f.run->s, 12 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  fixture_feed_part (&f, 0, f.in->len);
  fixture_finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-299 3:0-49 1:350-499");
  fixture_check_stream (&f);
  fixture_teardown (&f);
}

/* A declared PID that carries nothing must not hold up anything. */
static void
test_silent_pid (void)
{
  SpliceFixture f;

  fixture_setup (&f, 500);
  f.n_ads = 2;
  f.network.audio_end_90k = 100 * ASP_SECOND_90K;
  fixture_start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  asp_splicer_schedule (f.run->s, 12 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  fixture_feed_part (&f, 0, f.in->len);
  fixture_finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-299 3:0-49 1:350-499");
  g_assert_false (asp_splicer_wants_packets (f.run->s));
  fixture_check_stream (&f);
  fixture_teardown (&f);
}

/* The creative has no sound at all. */
static void
test_silent_creative (void)
{
  SpliceFixture f;

  fixture_setup (&f, 250);
  f.ad[0].audio_tracks = 0;
  fixture_splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  fixture_check_stream (&f);
  fixture_check_sound (&f, 0, 1);
  fixture_teardown (&f);
}

/* Sound of the creative ends before its picture, or begins late: nothing is made up. */
static void
test_creative_with_little_sound (void)
{
  SpliceFixture f;

  fixture_setup (&f, 250);
  f.ad[0].audio_lead_90k = -40 * SPLICE_AUDIO_FRAME_90K;
  f.ad[0].audio_end_90k = 20 * SPLICE_AUDIO_FRAME_90K;
  fixture_splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  fixture_check_stream (&f);
  fixture_check_sound (&f, 0, 2);
  fixture_teardown (&f);
}

/* Packets of the network are lost in the break and around it. */
static void
test_losses (void)
{
  for (guint lost = 0; lost < 40; lost++) {
    SpliceFixture f;
    gsize at;
    g_autoptr (SpliceContent) in = NULL;

    fixture_setup (&f, 250);
    f.in = splice_media_make (&f.network);
    at = f.in->len * (20 + lost) / 100 / ASP_TS_SIZE * ASP_TS_SIZE;
    g_byte_array_remove_range (f.in, (guint) at, 5 * ASP_TS_SIZE);
    fixture_splice (&f, 3, 2);
    in = splice_content_read (f.in->data, f.in->len, f.network.video_pid, f.network.audio_pid);
    g_assert_cmpuint (in->cc_errors, >, 0);
    g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 1);
    /* outside the break the loss stays visible as what it is; it never becomes more */
    g_assert_cmpuint (f.got->cc_errors, <=, in->cc_errors);
    g_assert_cmpuint (f.got->broken, <=, in->broken);
    g_assert_cmpuint (f.got->pcr_backwards, ==, 0);
    fixture_teardown (&f);
  }
}

/* No RAP comes for longer than max-rap-wait: the break is skipped. */
static void
test_no_rap_at_out (void)
{
  SpliceFixture f;

  fixture_setup (&f, 500);
  f.network.gop = 500;
  fixture_splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-499");
  g_assert_true (fixture_said (&f, "skipped reason=no-rap"));
  fixture_check_all (&f);
  fixture_teardown (&f);
}

static void
test_late_skip (void)
{
  SpliceFixture f;

  fixture_setup (&f, 250);
  f.run->config.late_policy = ASP_LATE_SKIP;
  /* the next RAP is 0.8 s behind what was asked, the tolerance 0.5 s */
  fixture_splice (&f, 3.2, 2);
  g_assert_cmpstr (f.video, ==, "1:0-249");
  g_assert_true (fixture_said (&f, "skipped reason=late"));
  fixture_check_all (&f);
  fixture_teardown (&f);
}

/* Packets of a creative that are missing at its end: what is whole of it plays, then back. */
static void
test_truncated_creative (void)
{
  for (guint cut = 1; cut < 20; cut++) {
    SpliceFixture f;
    g_autoptr (GByteArray) ad = NULL;

    fixture_setup (&f, 250);
    f.n_ads = 0;
    ad = splice_media_make (&f.ad[0]);
    splice_run_add_creative (f.run, ad->data, ad->len * cut / 20 / ASP_TS_SIZE * ASP_TS_SIZE, 1000, TRUE);
    fixture_splice (&f, 3, 2);
    g_test_message ("%u/20 of the creative: %s", cut, f.video);
    /* a video PES does not say its length: the last picture may have come in part */
    g_assert_cmpuint (f.got->broken, <=, 1);
    f.got->broken = 0;
    fixture_check_stream (&f);
    g_assert_true (g_str_has_prefix (f.video, "1:0-74 ") || g_str_equal (f.video, "1:0-249"));
    g_assert_true (g_str_has_suffix (f.video, "-249"));
    fixture_teardown (&f);
  }
}

/* What does not fit is refused before the break, with its reason; the programme plays. */
static void
test_refused_creative (void)
{
  static const guint8 junk[70000] = { 1, 2, 3 };
  SpliceFixture f;

  fixture_setup (&f, 250);
  f.n_ads = 0;
  splice_run_add_creative (f.run, junk, sizeof junk, 1000, TRUE);
  splice_run_add_creative (f.run, junk, 0, 0, TRUE);
  fixture_splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-249");
  g_assert_true (fixture_said (&f, "skipped=not-ts"));
  g_assert_true (fixture_said (&f, "skipped=empty"));
  fixture_check_all (&f);
  fixture_teardown (&f);
}

/* A creative that never comes to an end, and has no more pictures: the programme is back. */
static void
test_starving_creative (void)
{
  SpliceFixture f;
  g_autoptr (GByteArray) ad = NULL;

  fixture_setup (&f, 250);
  f.n_ads = 0;
  ad = splice_media_make (&f.ad[0]);
  splice_run_add_creative (f.run, ad->data, ad->len / 2 / ASP_TS_SIZE * ASP_TS_SIZE, 0, FALSE);
  fixture_splice (&f, 3, 2);
  g_assert_true (g_str_has_suffix (f.video, "-249"));
  g_assert_true (g_str_has_prefix (f.video, "1:0-74 2:0-"));
  g_assert_true (fixture_said (&f, "ended reason=late-creative"));
  g_assert_cmpuint (f.got->cc_errors + f.got->broken, ==, 0);
  fixture_teardown (&f);
}

/* --- cues ------------------------------------------------------------------------- */

static void
splice_cues (SpliceFixture * f, const SpliceSection * sections, guint n)
{
  f->network.cue_pid = 0x1f4;
  f->network.sections = sections;
  f->network.n_sections = n;
  fixture_start (f);
  fixture_feed_part (f, 0, f->in->len);
  fixture_finish (f);
}

static SpliceSection
insert_at (guint packet, guint32 id, gboolean out, gint64 pts90k, gint64 duration_90k)
{
  SpliceSection s = { packet, 0x1f4, asp_scte35_build_splice_insert (id, out, pts90k, duration_90k,
        duration_90k != ASP_NO_TIME, 1)
  };

  return s;
}

static void
free_sections (SpliceSection * sections, guint n)
{
  for (guint i = 0; i < n; i++)
    g_bytes_unref (sections[i].section);
}

static void
test_cue (void)
{
  SpliceFixture f;
  SpliceSection cues[2];

  fixture_setup (&f, 250);
  cues[0] = insert_at (200, 7, TRUE, f.network.first_pts90k + 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  cues[1] = insert_at (300, 7, TRUE, f.network.first_pts90k + 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  splice_cues (&f, cues, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->cues, ==, 2);
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_started, ==, 1);
  fixture_check_all (&f);
  free_sections (cues, 2);
  fixture_teardown (&f);
}

/* The very first thing of a stream is its cue: no picture has been seen, the time counts all the same. */
static void
test_cue_before_first_picture (void)
{
  SpliceFixture f;
  SpliceSection cue;

  fixture_setup (&f, 250);
  cue = insert_at (3, 7, TRUE, f.network.first_pts90k + 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  splice_cues (&f, &cue, 1);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  fixture_check_all (&f);
  free_sections (&cue, 1);
  fixture_teardown (&f);
}

static void
test_cue_in (void)
{
  SpliceFixture f;
  SpliceSection cues[2];

  fixture_setup (&f, 250);
  f.ad[0].frames = 150;
  cues[0] = insert_at (200, 7, TRUE, f.network.first_pts90k + 3 * ASP_SECOND_90K, ASP_NO_TIME);
  cues[1] = insert_at (1100, 7, FALSE, f.network.first_pts90k + 6 * ASP_SECOND_90K, ASP_NO_TIME);
  splice_cues (&f, cues, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-74 1:150-249");
  fixture_check_all (&f);
  free_sections (cues, 2);
  fixture_teardown (&f);
}

static void
test_cue_immediate (void)
{
  SpliceFixture f;
  SpliceSection cues[4];

  fixture_setup (&f, 250);
  f.ad[0].frames = 150;
  /* each one twice, as encoders do */
  cues[0] = insert_at (700, 7, TRUE, ASP_NO_TIME, ASP_NO_TIME);
  cues[1] = insert_at (710, 7, TRUE, ASP_NO_TIME, ASP_NO_TIME);
  cues[2] = insert_at (1400, 7, FALSE, ASP_NO_TIME, ASP_NO_TIME);
  cues[3] = insert_at (1410, 7, FALSE, ASP_NO_TIME, ASP_NO_TIME);
  splice_cues (&f, cues, 4);
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_started, ==, 1);
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 1);
  fixture_check_all (&f);
  free_sections (cues, 4);
  fixture_teardown (&f);
}

/* A cue over the turn of PTS. */
static void
test_cue_over_wrap (void)
{
  SpliceFixture f;
  SpliceSection cue;

  fixture_setup (&f, 250);
  f.network.first_pts90k = ASP_PTS_MODULUS - 2 * ASP_SECOND_90K;
  cue = insert_at (200, 7, TRUE, ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  splice_cues (&f, &cue, 1);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  fixture_check_all (&f);
  free_sections (&cue, 1);
  fixture_teardown (&f);
}

/* A jump makes cues of the old base void (rule 11): a new one counts in the new base. */
static void
test_cue_after_jump (void)
{
  SpliceFixture f;
  SpliceSection cues[2];

  fixture_setup (&f, 300);
  f.network.jump_at_90k = f.network.first_pts90k + 3 * ASP_SECOND_90K;
  f.network.jump_90k = 5000 * ASP_SECOND_90K;
  cues[0] = insert_at (100, 7, TRUE, f.network.first_pts90k + 9 * ASP_SECOND_90K, ASP_SECOND_90K);
  cues[1] = insert_at (1200, 8, TRUE, f.network.first_pts90k + 5006 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  splice_cues (&f, cues, 2);
  g_assert_cmpstr (f.video, ==, "1:0-149 2:0-49 1:200-299");
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_started, ==, 1);
  free_sections (cues, 2);
  fixture_teardown (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/splice/trouble/wrap", test_wrap);
  g_test_add_func ("/splice/trouble/jump-in-break", test_jump_in_break);
  g_test_add_func ("/splice/trouble/jump-before-break", test_jump_before_break);
  g_test_add_func ("/splice/trouble/pmt-changes", test_pmt_changes_in_break);
  g_test_add_func ("/splice/trouble/sound-ends", test_sound_ends_in_break);
  g_test_add_func ("/splice/trouble/silent-pid", test_silent_pid);
  g_test_add_func ("/splice/trouble/silent-creative", test_silent_creative);
  g_test_add_func ("/splice/trouble/little-sound", test_creative_with_little_sound);
  g_test_add_func ("/splice/trouble/losses", test_losses);
  g_test_add_func ("/splice/trouble/no-rap", test_no_rap_at_out);
  g_test_add_func ("/splice/trouble/late-skip", test_late_skip);
  g_test_add_func ("/splice/trouble/truncated-creative", test_truncated_creative);
  g_test_add_func ("/splice/trouble/refused-creative", test_refused_creative);
  g_test_add_func ("/splice/trouble/starving-creative", test_starving_creative);
  g_test_add_func ("/splice/cue/insert", test_cue);
  g_test_add_func ("/splice/cue/before-first-picture", test_cue_before_first_picture);
  g_test_add_func ("/splice/cue/in", test_cue_in);
  g_test_add_func ("/splice/cue/immediate", test_cue_immediate);
  g_test_add_func ("/splice/cue/over-wrap", test_cue_over_wrap);
  g_test_add_func ("/splice/cue/after-jump", test_cue_after_jump);
  return g_test_run ();
}
