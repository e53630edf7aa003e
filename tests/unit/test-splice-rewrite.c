/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rewriting of cues where the stream does not go on as it was: its clock jumps, its PMT has no
 * room, it is flushed. What goes out is read by tests/element/cue-reading.c.
 */
#include <string.h>

#include <asp-crc.h>

#include "cue-reading.h"
#include "splice-fixture.h"

static CueReading *
read_out (const SpliceFixture * f)
{
  const guint pmt_pids[] = { f->network.pmt_pid, 0 };

  return cue_reading_new (f->run->out->data, f->run->out->len, pmt_pids, f->network.video_pid);
}

static void
setup (SpliceFixture * f, guint frames)
{
  fixture_setup (f, frames);
  f->ad[0].frames = 75;
  f->run->config.rewrite_cues = TRUE;
}

/* The break is announced at its time, and once more when that is another one in the stream. */
static void
test_jump (void)
{
  SpliceFixture f;
  g_autoptr (CueReading) r = NULL;
  guint old = 0, new = 0;
  gint64 first, asked_90k;

  setup (&f, 500);
  first = f.network.first_pts90k;
  f.network.jump_at_90k = first + 6 * ASP_SECOND_90K;
  f.network.jump_90k = 5000 * ASP_SECOND_90K;
  fixture_start (&f);
  asp_splicer_schedule (f.run->s, 12 * ASP_SECOND_90K, 3 * ASP_SECOND_90K);
  fixture_feed_part (&f, 0, f.in->len);
  fixture_finish (&f);
  g_test_message ("%s", f.run->reports->str);
  r = read_out (&f);
  asked_90k = asp_pts_wrap (first + 12 * ASP_SECOND_90K);
  for (guint i = 0; i < r->cues->len; i++) {
    const ReadCue *c = cue_reading_cue (r, i);

    if (!c->out)
      continue;
    if (c->pts90k == asked_90k) {
      g_assert_cmpuint (new, ==, 0);
      old++;
    } else {
      g_assert_cmpint (c->pts90k, ==, (gint64) asp_pts_wrap (asked_90k + f.network.jump_90k));
      g_assert_cmpint (c->lead_90k, >=, 4 * ASP_SECOND_90K);
      new++;
    }
  }
  g_assert_cmpuint (old, >=, 1);
  g_assert_cmpuint (new, ==, 4);
  g_assert_cmpuint (r->cc_errors, ==, 0);
  fixture_teardown (&f);
}

/* A PMT of 1016 bytes has no room: one warning, and the programme plays on as it is. */
static void
test_pmt_full (void)
{
  SpliceFixture f;
  guint8 big[1016] = { 0x02, 0xb3, 0xf5, 0x00, 0x01, 0xc7, 0, 0, 0xe1, 0x00, 0xf3, 0xe8 };
  SpliceSection section;
  g_autoptr (CueReading) r = NULL;
  gboolean seen = FALSE;
  guint32 crc;

  setup (&f, 300);
  for (guint at = 12; at < 12 + 1000; at += 200) {
    big[at] = 0x80;
    big[at + 1] = 198;
  }
  big[8] = (guint8) (0xe0 | f.network.video_pid >> 8);
  big[9] = (guint8) f.network.video_pid;
  big[3] = 0;
  big[4] = 1;
  crc = asp_crc32_mpeg (big, sizeof big - 4);
  for (guint i = 0; i < 4; i++)
    big[sizeof big - 4 + i] = (guint8) (crc >> (24 - 8 * i));
  section.packet = 0;
  section.pid = f.network.pmt_pid;
  section.section = g_bytes_new (big, sizeof big);
  f.network.sections = &section;
  f.network.n_sections = 1;
  fixture_start (&f);
  fixture_feed_part (&f, 0, f.in->len);
  fixture_finish (&f);
  g_assert_cmpstr (f.run->warnings->str, ==, "pmt-full");
  r = read_out (&f);
  for (guint i = 0; i < r->pmts->len; i++) {
    const ReadPmt *p = cue_reading_pmt (r, i);

    if (p->section->size == sizeof big) {
      g_assert_cmpmem (p->section->bytes, p->section->size, big, sizeof big);
      seen = TRUE;
    }
  }
  g_assert_true (seen);
  /* the next one has room again */
  g_assert_true (cue_reading_pmt (r, r->pmts->len - 1)->cuei);
  g_bytes_unref (section.section);
  fixture_teardown (&f);
}

/* A flush takes everything with it; the schedule counts anew and is announced anew. */
static void
test_flush (void)
{
  SpliceFixture f;
  g_autoptr (CueReading) r = NULL;

  setup (&f, 400);
  fixture_start (&f);
  asp_splicer_schedule (f.run->s, 10 * ASP_SECOND_90K, 3 * ASP_SECOND_90K);
  fixture_feed_part (&f, 0, f.in->len / 3);
  asp_splicer_flush (f.run->s);
  g_byte_array_set_size (f.run->out, 0);
  fixture_feed_part (&f, 0, f.in->len);
  fixture_finish (&f);
  r = read_out (&f);
  {
    g_autofree gchar *text = cue_reading_text (r);

    g_assert_cmpstr (text, ==, "out out out out in");
  }
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (cue_reading_pmt (r, 0)->version, ==, cue_reading_pmt (r, r->pmts->len - 1)->version);
  fixture_teardown (&f);
}

/* The input stops in a break and does not come back: the ads are over, and that is said. */
static void
test_input_lost (void)
{
  SpliceFixture f;
  g_autoptr (CueReading) r = NULL;
  guint steps = 0;

  setup (&f, 400);
  fixture_start (&f);
  asp_splicer_schedule (f.run->s, 6 * ASP_SECOND_90K, 3 * ASP_SECOND_90K);
  fixture_feed_part (&f, 0, f.in->len / 2);
  g_assert_true (asp_splicer_in_break (f.run->s));
  while (asp_splicer_advance (f.run->s, ASP_SECOND_27M / 50))
    g_assert_cmpuint (++steps, <, 1000);
  fixture_finish (&f);
  r = read_out (&f);
  {
    const ReadCue *last = cue_reading_cue (r, r->cues->len - 1);
    g_autofree gchar *hex = read_cue_hex (last);

    g_assert_true (!last->out && !last->cancel);
    g_assert_cmpstr (splice_run_mark (f.run->marks, ASP_MARK_BREAK_END, 0)->mark->scte35_hex, ==, hex);
  }
  g_assert_cmpuint (r->cc_errors, ==, 0);
  fixture_teardown (&f);
}

static GBytes *
make_signal (guint64 pts90k, gint64 duration_90k)
{
  AspScte35Section s;
  AspScte35Segmentation *g;
  GBytes *bytes;

  asp_scte35_init (&s);
  s.splice_command_type = ASP_SCTE35_TIME_SIGNAL;
  s.u.time_signal.time_specified_flag = TRUE;
  s.u.time_signal.pts_time_pts90k = pts90k;
  s.n_descriptors = 1;
  s.descriptors = g_new0 (AspScte35Descriptor, 1);
  s.descriptors[0].kind = ASP_SCTE35_DESCRIPTOR_SEGMENTATION;
  s.descriptors[0].splice_descriptor_tag = 2;
  s.descriptors[0].identifier = ASP_SCTE35_CUEI;
  g = &s.descriptors[0].u.segmentation;
  g->segmentation_event_id = 4711;
  g->program_segmentation_flag = g->segmentation_duration_flag = g->delivery_not_restricted_flag = TRUE;
  g->segmentation_duration_90k = (guint64) duration_90k;
  g->segmentation_upid_type = ASP_SCTE35_UPID_TI;
  g->segmentation_upid = g_bytes_new ("12345678", 8);
  g->segmentation_type_id = ASP_SCTE35_SEG_PROVIDER_PO_START;
  bytes = asp_scte35_write (&s, NULL);
  g_assert_nonnull (bytes);
  asp_scte35_clear (&s);
  return bytes;
}

/* A break that a cue of the input opened is ended early by a call: those who follow hear of
 * it in the cue's own words. */
static void
check_cue_ended (gboolean signal, CueReading ** out)
{
  SpliceFixture f;
  SpliceSection section;
  const SpliceRunMark *start, *end;
  gint64 at_90k, duration_90k = 8 * ASP_SECOND_90K;

  setup (&f, 500);
  f.ad[0].frames = 200;
  f.network.cue_pid = 0x130;
  at_90k = asp_pts_wrap (f.network.first_pts90k + 4 * ASP_SECOND_90K);
  section.packet = 20;
  section.pid = 0x130;
  section.section = signal ? make_signal ((guint64) at_90k, duration_90k) :
      asp_scte35_build_splice_insert (4711, TRUE, at_90k, duration_90k, TRUE, 0);
  f.network.sections = &section;
  f.network.n_sections = 1;
  fixture_start (&f);
  fixture_feed_part (&f, 0, f.in->len / 3);
  start = splice_run_mark (f.run->marks, ASP_MARK_BREAK_START, 0);
  g_assert_nonnull (start);
  g_assert_true (asp_splicer_end_break (f.run->s, start->mark->break_id));
  fixture_feed_part (&f, f.in->len / 3, f.in->len);
  fixture_finish (&f);
  *out = read_out (&f);
  g_assert_cmpuint ((*out)->cues->len, ==, 2);
  end = splice_run_mark (f.run->marks, ASP_MARK_BREAK_END, 0);
  {
    g_autofree gchar *hex = read_cue_hex (cue_reading_cue (*out, 1));

    g_assert_cmpstr (end->mark->scte35_hex, ==, hex);
    g_assert_cmpuint (cue_reading_cue (*out, 1)->section->offset, <, end->offset);
  }
  g_assert_cmpuint ((*out)->cc_errors, ==, 0);
  g_bytes_unref (section.section);
  fixture_teardown (&f);
}

static void
test_cue_ended (void)
{
  g_autoptr (CueReading) r = NULL;
  g_autofree gchar *text = NULL;

  check_cue_ended (FALSE, &r);
  text = cue_reading_text (r);
  g_assert_cmpstr (text, ==, "out in!");
  g_assert_cmpuint (cue_reading_cue (r, 1)->event_id, ==, 4711);
}

static void
test_signal_ended (void)
{
  g_autoptr (CueReading) r = NULL;
  const ReadSection *end;
  AspScte35Section s;
  const AspScte35Segmentation *g;

  check_cue_ended (TRUE, &r);
  end = cue_reading_cue (r, 1)->section;
  g_assert_true (asp_scte35_parse (end->bytes, end->size, &s, NULL));
  g_assert_cmpint (s.splice_command_type, ==, ASP_SCTE35_TIME_SIGNAL);
  g_assert_false (s.u.time_signal.time_specified_flag);
  g = asp_scte35_segmentation (&s, 0);
  g_assert_nonnull (g);
  g_assert_cmpuint (g->segmentation_type_id, ==, ASP_SCTE35_SEG_PROVIDER_PO_END);
  g_assert_cmpuint (g->segmentation_event_id, ==, 4711);
  g_assert_false (g->segmentation_duration_flag);
  g_assert_cmpmem (g_bytes_get_data (g->segmentation_upid, NULL), 8, "12345678", 8);
  asp_scte35_clear (&s);
}

/* Ten thousand breaks wait: none of them costs time for each picture. */
static void
test_many (void)
{
  SpliceFixture f;
  gint64 begin = g_get_monotonic_time ();

  setup (&f, 300);
  fixture_start (&f);
  for (guint i = 0; i < ASP_PLAN_BREAKS_MAX; i++)
    asp_splicer_schedule (f.run->s, (100 + 10 * (gint64) i) * ASP_SECOND_90K, 3 * ASP_SECOND_90K);
  fixture_feed_part (&f, 0, f.in->len);
  fixture_finish (&f);
  g_test_message ("%.1f s", (gdouble) (g_get_monotonic_time () - begin) / 1e6);
  fixture_teardown (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/splice/rewrite/jump", test_jump);
  g_test_add_func ("/splice/rewrite/pmt-full", test_pmt_full);
  g_test_add_func ("/splice/rewrite/flush", test_flush);
  g_test_add_func ("/splice/rewrite/input-lost", test_input_lost);
  g_test_add_func ("/splice/rewrite/cue-ended", test_cue_ended);
  g_test_add_func ("/splice/rewrite/signal-ended", test_signal_ended);
  g_test_add_func ("/splice/rewrite/many", test_many);
  return g_test_run ();
}
