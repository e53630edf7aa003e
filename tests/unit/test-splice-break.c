/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice, the splicer without pads: what a break leaves of the stream, picture by picture and
 * frame by frame. The rules are those of DESIGN 6. */
#include "splice-fixture.h"

#include <stdio.h>
#include <string.h>

#include <asp-ts-packet.h>

/* --- breaks as they should be ----------------------------------------------------- */

typedef struct
{
  const gchar *name;
  guint network_b, ad_b;
  gboolean nulls, sets_once;
  guint group, ad_group, tracks, ad_tracks;
  gint64 lead_90k, ad_lead_90k, audio_lead_90k, ad_audio_lead_90k;
  guint pcr_pid;
} Plain;

static const Plain plain[] = {
  {"vbr", 0, 0, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"cbr", 0, 0, TRUE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"b-frames", 2, 2, FALSE, FALSE, 4, 1, 1, 1, 45000, 45000, 0, 0, 0},
  {"b-frames-cbr", 2, 2, TRUE, FALSE, 8, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"ad-reorders-less", 2, 0, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"ad-reorders-more", 0, 2, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"long-pes", 0, 0, FALSE, FALSE, 16, 16, 1, 1, 63000, 63000, 1920, 1920, 0},
  {"short-lead", 2, 2, FALSE, FALSE, 1, 1, 1, 1, 9000, 63000, 0, 1920, 0},
  {"long-lead", 2, 2, TRUE, FALSE, 1, 1, 1, 1, 63000, 9000, 0, 1920, 0},
  {"sets-once", 2, 2, FALSE, TRUE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"two-tracks", 0, 0, FALSE, FALSE, 4, 4, 2, 2, 45000, 45000, 0, 0, 0},
  {"two-of-one", 0, 0, TRUE, FALSE, 4, 4, 2, 1, 45000, 45000, 0, 0, 0},
  {"one-of-two", 0, 0, FALSE, FALSE, 4, 4, 1, 2, 45000, 45000, 0, 0, 0},
  {"pcr-pid", 0, 0, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0x1f0},
  {"pcr-on-audio", 0, 0, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0x110},
  {"pcr-unnamed", 0, 0, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, ASP_PID_NULL},
  {"no-sound", 0, 0, FALSE, FALSE, 4, 4, 0, 0, 45000, 45000, 0, 0, 0},
};

static void
plain_specs (SpliceFixture * f, const Plain * p)
{
  f->network.bframes = p->network_b;
  f->network.nulls = p->nulls;
  f->network.sets_once = p->sets_once;
  f->network.audio_group = p->group;
  f->network.audio_tracks = p->tracks;
  f->network.lead_90k = p->lead_90k;
  f->network.audio_lead_90k = p->audio_lead_90k;
  f->network.pcr_pid = (guint16) p->pcr_pid;
  f->ad[0].bframes = p->ad_b;
  f->ad[0].audio_group = p->ad_group;
  f->ad[0].audio_tracks = p->ad_tracks;
  f->ad[0].lead_90k = p->ad_lead_90k;
  f->ad[0].audio_lead_90k = p->ad_audio_lead_90k;
}

static void
test_plain (gconstpointer data)
{
  const Plain *p = data;
  SpliceFixture f;

  fixture_setup (&f, 250);
  plain_specs (&f, p);
  fixture_splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  fixture_check_all (&f);
  if (p->ad_b <= p->network_b)
    g_assert_false (fixture_said (&f, "mismatch"));
  else
    g_assert_true (fixture_said (&f, "reorder-mismatch"));
  g_assert_cmpstr (f.run->warnings->str, ==, "");
  fixture_teardown (&f);
}

/* A constant rate with little stuffing: what a return holds up must be made good again. */
static void
test_tight_rate (void)
{
  static const guint packets_per_s[] = { 620, 625, 640, 680 };

  for (guint i = 0; i < G_N_ELEMENTS (packets_per_s); i++) {
    SpliceFixture f;
    g_autoptr (SpliceContent) in = NULL;

    fixture_setup (&f, 400);
    f.network.nulls = TRUE;
    f.network.video_bytes = 4000;
    f.network.packets_per_s = packets_per_s[i];
    f.network.pcr_ms = 20;
    f.ad[0].video_bytes = 2500;
    f.ad[0].packets_per_s = 900;
    fixture_splice (&f, 3, 2);
    in = splice_content_read (f.in->data, f.in->len, f.network.video_pid, f.network.audio_pid);
    g_test_message ("%u packets/s, %u of %u are null, least lead %" G_GINT64_FORMAT " (input %" G_GINT64_FORMAT ")",
        packets_per_s[i], in->n_null, in->n_packets, f.got->least_lead_90k, in->least_lead_90k);
    g_assert_cmpuint (in->n_null * 100, >, in->n_packets);
    g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-399");
    fixture_check_all (&f);
    g_assert_false (asp_splicer_wants_packets (f.run->s));
    g_assert_cmpint (f.got->least_lead_90k, >=, in->least_lead_90k / 2);
    fixture_teardown (&f);
  }
}

static void
test_two_creatives (void)
{
  SpliceFixture f;

  fixture_setup (&f, 300);
  f.n_ads = 2;
  fixture_splice (&f, 3, 4);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 3:0-49 1:175-299");
  fixture_check_all (&f);
  fixture_teardown (&f);
}

/* The creative is longer than the break: the network wins. */
static void
test_longer_creative (void)
{
  SpliceFixture f;

  fixture_setup (&f, 250);
  f.ad[0].frames = 125;
  fixture_splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  fixture_check_all (&f);
  fixture_teardown (&f);
}

/* It is shorter: back at the next RAP, a gap that is reported. */
static void
test_shorter_creative (void)
{
  SpliceFixture f;

  fixture_setup (&f, 250);
  f.ad[0].frames = 30;
  fixture_splice (&f, 3, 3);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-29 1:125-249");
  g_assert_true (fixture_said (&f, "ended reason=creatives-ended"));
  fixture_check_stream (&f);
  fixture_check_cadence (&f, 1);
  fixture_teardown (&f);
}

static void
test_fill_with_slate (void)
{
  SpliceFixture f;
  SpliceMediaSpec slate;
  g_autoptr (GByteArray) bytes = NULL;

  fixture_setup (&f, 300);
  splice_media_spec_init (&slate, 9, 10);
  bytes = splice_media_make (&slate);
  splice_run_set_slate (f.run, bytes->data, bytes->len);
  f.ad[0].frames = 30;
  fixture_splice (&f, 3, 3);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-29 9:0-9 9:0-9 9:0-9 9:0-9 9:0-4 1:150-299");
  fixture_check_stream (&f);
  fixture_check_cadence (&f, 0);
  fixture_teardown (&f);
}

static void
test_early_end (void)
{
  SpliceFixture f;
  const SpliceRunMark *m;

  fixture_setup (&f, 250);
  f.ad[0].frames = 125;
  fixture_start (&f);
  asp_splicer_schedule (f.run->s, 2 * ASP_SECOND_90K, 5 * ASP_SECOND_90K);
  fixture_feed_part (&f, 0, f.in->len * 4 / 10 / ASP_TS_SIZE * ASP_TS_SIZE);
  m = splice_run_mark (f.run->marks, ASP_MARK_BREAK_START, 0);
  g_assert_nonnull (m);
  g_assert_false (asp_splicer_end_break (f.run->s, "nosuch"));
  g_assert_true (asp_splicer_end_break (f.run->s, m->mark->break_id));
  fixture_feed_part (&f, f.in->len * 4 / 10 / ASP_TS_SIZE * ASP_TS_SIZE, f.in->len);
  fixture_finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-49 2:0-49 1:100-249");
  fixture_check_all (&f);
  fixture_teardown (&f);
}

/* The RAP that would do comes long after the break would have ended anyway: until then the creative
 * goes on, in time. */
static void
test_early_end_long_gop (void)
{
  for (guint variant = 0; variant < 4; variant++) {
    SpliceFixture f;
    const SpliceRunMark *m;
    gsize half;

    fixture_setup (&f, 750);
    f.network.gop = variant & 1 ? 125 : 250;    /* the next RAP is known, or not */
    f.network.nulls = (variant & 2) != 0;
    f.ad[0].frames = 300;
    fixture_start (&f);
    half = f.in->len * 4 / 10 / ASP_TS_SIZE * ASP_TS_SIZE;
    asp_splicer_schedule (f.run->s, 10 * ASP_SECOND_90K, 3 * ASP_SECOND_90K);
    fixture_feed_part (&f, 0, half);
    m = splice_run_mark (f.run->marks, ASP_MARK_BREAK_START, 0);
    g_assert_nonnull (m);
    g_assert_true (asp_splicer_end_break (f.run->s, m->mark->break_id));
    fixture_feed_part (&f, half, f.in->len);
    fixture_finish (&f);
    g_assert_cmpstr (f.video, ==, variant & 1 ? "1:0-249 2:0-124 1:375-749" : "1:0-249 2:0-249 1:500-749");
    fixture_check_all (&f);
    fixture_teardown (&f);
  }
}

static void
test_cancel (void)
{
  SpliceFixture f;
  const SpliceRunMark *m;

  fixture_setup (&f, 250);
  fixture_start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  /* to where it is armed, and not yet out */
  fixture_feed_part (&f, 0, f.in->len * 26 / 100 / ASP_TS_SIZE * ASP_TS_SIZE);
  m = splice_run_mark (f.run->marks, ASP_MARK_SCHEDULED, 0);
  g_assert_nonnull (m);
  g_assert_true (asp_splicer_wants_packets (f.run->s));
  g_assert_true (asp_splicer_cancel (f.run->s, m->mark->break_id));
  g_assert_false (asp_splicer_cancel (f.run->s, m->mark->break_id));
  fixture_feed_part (&f, f.in->len * 26 / 100 / ASP_TS_SIZE * ASP_TS_SIZE, f.in->len);
  fixture_finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-249");
  g_assert_true (fixture_said (&f, "cancelled reason=asked"));
  g_assert_nonnull (splice_run_mark (f.run->marks, ASP_MARK_CANCELLED, 0));
  fixture_check_all (&f);
  fixture_teardown (&f);
}

/* Interlaced as fields on both sides (rule 7). */
static void
test_fields (void)
{
  for (guint who = 1; who < 4; who++) {
    SpliceFixture f;

    fixture_setup (&f, 250);
    f.network.fields = who & 1;
    f.ad[0].fields = who & 2;
    f.network.bframes = f.ad[0].bframes = 2;
    fixture_splice (&f, 3, 2);
    g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
    /* those of a creative are joined with their first fields; none of the network's is lost */
    g_assert_cmpuint (f.got->second_fields, ==, who & 1 ? 200 : 0);
    fixture_check_all (&f);
    fixture_teardown (&f);
  }
}

static void
test_many_breaks (void)
{
  SpliceFixture f;

  fixture_setup (&f, 750);
  f.n_ads = 3;
  f.network.bframes = 2;
  fixture_start (&f);
  for (guint i = 0; i < 3; i++)
    asp_splicer_schedule (f.run->s, (3 + 9 * (gint64) i) * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  fixture_feed_part (&f, 0, f.in->len);
  fixture_finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-299 3:0-49 1:350-524 4:0-49 1:575-749");
  fixture_check_all (&f);
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 3);
  fixture_teardown (&f);
}

/* One break ends where the next begins. */
static void
test_adjacent_breaks (void)
{
  SpliceFixture f;

  fixture_setup (&f, 300);
  f.n_ads = 2;
  fixture_start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  asp_splicer_schedule (f.run->s, 5 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  fixture_feed_part (&f, 0, f.in->len);
  fixture_finish (&f);
  fixture_check_stream (&f);
  g_assert_cmpstr (f.run->warnings->str, ==, "");
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 2);
  fixture_teardown (&f);
}

static void
test_postroll (void)
{
  SpliceFixture f;
  AspBreak *b;

  fixture_setup (&f, 100);
  fixture_start (&f);
  b = asp_break_new (ASP_ORIGIN_SIGNAL, ASP_NO_TIME, 2 * ASP_SECOND_90K);
  b->postroll = TRUE;
  asp_splicer_request (f.run->s, b);
  fixture_feed_part (&f, 0, f.in->len);
  fixture_finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-99 2:0-49");
  fixture_check_all (&f);
  g_assert_cmpint (splice_run_mark (f.run->marks, ASP_MARK_BREAK_START, 0)->mark->roll_type, ==, ASP_ROLL_POSTROLL);
  fixture_teardown (&f);
}

/* DESIGN 6.12: a break that is on when the input ends is finished. */
static void
test_eos_in_break (void)
{
  SpliceFixture f;

  fixture_setup (&f, 100);
  fixture_splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49");
  fixture_check_all (&f);
  fixture_teardown (&f);
}

static void
test_preroll (void)
{
  SpliceFixture f;

  fixture_setup (&f, 150);
  fixture_splice (&f, 0, 2);
  g_assert_cmpstr (f.video, ==, "2:0-49 1:50-149");
  fixture_check_stream (&f);
  fixture_check_cadence (&f, 0);
  g_assert_cmpint (splice_run_mark (f.run->marks, ASP_MARK_BREAK_START, 0)->mark->roll_type, ==, ASP_ROLL_PREROLL);
  fixture_teardown (&f);
}

static void
test_anchor (void)
{
  SpliceFixture f;

  fixture_setup (&f, 250);
  f.network.bframes = 2;
  f.run->config.out_point = ASP_OUT_ANCHOR;
  /* picture 79 is one behind which no lower PTS comes: I P b b */
  fixture_splice (&f, 79.0 / 25, 1.84);
  g_assert_cmpstr (f.video, ==, "1:0-78 2:0-45 1:125-249");
  fixture_check_all (&f);
  fixture_teardown (&f);
}

/* In the first frames the distance of I and P is all that is known of the cadence: that B pictures
 * lie between them must not be overlooked. */
static void
test_early_anchor (void)
{
  for (guint frame = 1; frame <= 14; frame++) {
    SpliceFixture f;
    guint first_of_ad;

    fixture_setup (&f, 250);
    f.network.bframes = 2;
    f.run->config.out_point = ASP_OUT_ANCHOR;
    fixture_splice (&f, frame / 25.0, 1.84);
    g_assert_cmpint (sscanf (f.video, "1:0-%u 2:0-", &first_of_ad), ==, 1);
    g_assert_cmpuint (first_of_ad + 1, >=, frame);
    /* eight pictures, and the ones that belong to them */
    g_assert_cmpuint (first_of_ad, <, MAX (frame, 8) + 3);
    fixture_check_all (&f);
    fixture_teardown (&f);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (plain); i++) {
    g_autofree gchar *path = g_strconcat ("/splice/plain/", plain[i].name, NULL);

    g_test_add_data_func (path, &plain[i], test_plain);
  }
  g_test_add_func ("/splice/break/tight-rate", test_tight_rate);
  g_test_add_func ("/splice/break/two-creatives", test_two_creatives);
  g_test_add_func ("/splice/break/longer-creative", test_longer_creative);
  g_test_add_func ("/splice/break/shorter-creative", test_shorter_creative);
  g_test_add_func ("/splice/break/fill-with-slate", test_fill_with_slate);
  g_test_add_func ("/splice/break/early-end", test_early_end);
  g_test_add_func ("/splice/break/early-end-long-gop", test_early_end_long_gop);
  g_test_add_func ("/splice/break/cancel", test_cancel);
  g_test_add_func ("/splice/break/fields", test_fields);
  g_test_add_func ("/splice/break/many", test_many_breaks);
  g_test_add_func ("/splice/break/adjacent", test_adjacent_breaks);
  g_test_add_func ("/splice/break/postroll", test_postroll);
  g_test_add_func ("/splice/break/eos", test_eos_in_break);
  g_test_add_func ("/splice/break/preroll", test_preroll);
  g_test_add_func ("/splice/break/anchor", test_anchor);
  g_test_add_func ("/splice/break/early-anchor", test_early_anchor);
  return g_test_run ();
}
