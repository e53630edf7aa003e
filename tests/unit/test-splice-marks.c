/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice, the splicer without pads: where the marks of a break stand and what they say (DESIGN 5),
 * what `network` shows, and what of the multiplex goes on in a break. */
#include "splice-fixture.h"

#include <string.h>

#include <asp-ts-packet.h>
#include <asp-ts-pes.h>

#define OTHER_PID 0x300

/* PTS of the picture that begins in the packet at @offset, or ASP_NO_TIME. */
static gint64
picture_at (const GByteArray * ts, gsize offset, guint16 video_pid)
{
  AspTsPacket view;
  AspPesHeader header;
  const guint8 *p = ts->data + offset;

  if (offset + ASP_TS_SIZE > ts->len || !asp_ts_packet_parse (p, &view) || view.pid != video_pid || !view.pusi ||
      asp_pes_parse (p + view.payload_offset, ASP_TS_SIZE - view.payload_offset, &header) != ASP_PES_OK)
    return ASP_NO_TIME;
  return header.pts90k;
}

/* Each mark stands directly before the first packet of the picture that it speaks of. */
static void
check_places (const GArray * marks, const GByteArray * ts, guint16 video_pid, guint expected)
{
  guint n = 0;

  for (guint i = 0; i < marks->len; i++) {
    const SpliceRunMark *m = &g_array_index (marks, SpliceRunMark, i);

    if (m->mark->kind < ASP_MARK_BREAK_START)
      continue;
    n++;
    g_assert_cmpuint (m->offset % ASP_TS_SIZE, ==, 0);
    g_assert_cmpint (picture_at (ts, m->offset, video_pid), ==, (gint64) m->mark->pts90k);
  }
  g_assert_cmpuint (n, ==, expected);
}

static void
setup_break (SpliceFixture * f, guint variant)
{
  fixture_setup (f, 250);
  f->network.bframes = variant & 1 ? 2 : 0;
  f->network.nulls = variant & 2;
  f->network.audio_tracks = f->ad[0].audio_tracks = variant & 4 ? 2 : 1;
  f->run->config.want_network = TRUE;
}

static void
test_places (void)
{
  for (guint variant = 0; variant < 8; variant++) {
    SpliceFixture f;

    setup_break (&f, variant);
    fixture_splice (&f, 3, 2);
    /* break, creative, and their ends; `network` knows of the break only */
    check_places (f.run->marks, f.run->out, f.network.video_pid, 4);
    check_places (f.run->network_marks, f.run->network, f.network.video_pid, 2);
    g_assert_cmpmem (f.run->network->data, f.run->network->len, f.in->data, f.in->len);
    fixture_teardown (&f);
  }
}

/* First frame of @source on @track, or ASP_NO_TIME. */
static gint64
first_sound (const SpliceContent * c, guint track, guint source, gint64 from_90k)
{
  for (guint i = 0; i < c->audio[track]->len; i++) {
    const SpliceUnit *u = &g_array_index (c->audio[track], SpliceUnit, i);

    if (u->source == source && u->pts90k >= from_90k)
      return u->pts90k;
  }
  return ASP_NO_TIME;
}

/* What a mark says of the first sound of the entering side is what comes. */
static void
test_audio_pts (void)
{
  for (guint variant = 0; variant < 8; variant++) {
    SpliceFixture f;
    const AspMark *start, *end;

    setup_break (&f, variant);
    fixture_splice (&f, 3, 2);
    start = splice_run_mark (f.run->marks, ASP_MARK_BREAK_START, 0)->mark;
    end = splice_run_mark (f.run->marks, ASP_MARK_BREAK_END, 0)->mark;
    g_assert_cmpuint (start->n_audio, ==, f.network.audio_tracks);
    g_assert_cmpuint (end->n_audio, ==, f.network.audio_tracks);
    for (guint t = 0; t < f.network.audio_tracks; t++) {
      g_assert_cmpuint (start->audio[t].pid, ==, f.network.audio_pid + t);
      g_assert_cmpint ((gint64) start->audio[t].pts90k, ==, first_sound (f.got, t, 2 + 10 * t, 0));
      g_assert_cmpint ((gint64) end->audio[t].pts90k, ==,
          first_sound (f.got, t, 1 + 10 * t, (gint64) end->pts90k - SPLICE_AUDIO_FRAME_90K));
    }
    fixture_teardown (&f);
  }
}

static void
test_what_marks_say (void)
{
  SpliceFixture f;
  const AspMark *m;

  fixture_setup (&f, 400);
  f.n_ads = 2;
  f.run->config.want_network = TRUE;
  fixture_splice (&f, 3, 4);
  m = splice_run_mark (f.run->marks, ASP_MARK_BREAK_START, 0)->mark;
  g_assert_true (m->spliced);
  g_assert_cmpint (m->roll_type, ==, ASP_ROLL_MIDROLL);
  g_assert_cmpint (m->duration_90k, ==, 4 * ASP_SECOND_90K);
  g_assert_cmpuint (strlen (m->break_id), ==, 12);
  g_assert_false (splice_run_mark (f.run->network_marks, ASP_MARK_BREAK_START, 0)->mark->spliced);
  for (guint i = 0, pod = 1; i < f.run->marks->len; i++) {
    const AspMark *k = g_array_index (f.run->marks, SpliceRunMark, i).mark;

    g_assert_cmpstr (k->break_id, ==, m->break_id);
    if (k->kind != ASP_MARK_CREATIVE_END)
      continue;
    g_assert_cmpuint (k->pod_index, ==, pod);
    g_assert_cmpstr (k->asset_id, ==, pod == 1 ? "ad-0" : "ad-1");
    g_assert_cmpint (k->duration_90k, ==, 2 * ASP_SECOND_90K);
    pod++;
  }
  m = splice_run_mark (f.run->marks, ASP_MARK_BREAK_END, 0)->mark;
  g_assert_cmpint (m->duration_90k, ==, 4 * ASP_SECOND_90K);
  g_assert_cmpstr (m->reason, ==, "");
  fixture_teardown (&f);
}

/* The avail is marked on `network` also when nobody has a creative (4.1). */
static void
test_avail_without_creative (void)
{
  SpliceFixture f;

  fixture_setup (&f, 250);
  f.n_ads = 0;
  f.run->config.want_network = TRUE;
  fixture_splice (&f, 3, 2);
  g_assert_true (fixture_said (&f, "skipped reason=no-creative"));
  g_assert_null (splice_run_mark (f.run->marks, ASP_MARK_BREAK_START, 0));
  check_places (f.run->network_marks, f.run->network, f.network.video_pid, 2);
  fixture_check_all (&f);
  fixture_teardown (&f);
}

/* EOS in an avail that is only marked closes it. */
static void
test_avail_at_eos (void)
{
  SpliceFixture f;

  fixture_setup (&f, 90);
  f.n_ads = 0;
  f.run->config.want_network = TRUE;
  fixture_splice (&f, 3, 2);
  g_assert_nonnull (splice_run_mark (f.run->network_marks, ASP_MARK_BREAK_START, 0));
  g_assert_nonnull (splice_run_mark (f.run->network_marks, ASP_MARK_BREAK_END, 0));
  fixture_teardown (&f);
}

/* --- the rest of the multiplex ---------------------------------------------------- */

static GByteArray *
with_other_pid (const GByteArray * ts)
{
  GByteArray *out = g_byte_array_new ();
  guint n = 0;

  for (guint at = 0; at < ts->len; at += ASP_TS_SIZE) {
    guint8 p[ASP_TS_SIZE], data[ASP_TS_PAYLOAD_MAX] = { 0 };

    g_byte_array_append (out, ts->data + at, ASP_TS_SIZE);
    if (at / ASP_TS_SIZE % 5 != 0)
      continue;
    memcpy (data, &n, sizeof n);
    /* a counter of its own that is wrong now and then: it is nobody's business */
    asp_ts_packet_write_payload (p, OTHER_PID, n * 3, FALSE, FALSE, ASP_NO_TIME, data, sizeof data, sizeof data);
    g_byte_array_append (out, p, sizeof p);
    n++;
  }
  return out;
}

static GByteArray *
only_pid (const GByteArray * ts, guint pid)
{
  GByteArray *out = g_byte_array_new ();

  for (guint at = 0; at + ASP_TS_SIZE <= ts->len; at += ASP_TS_SIZE)
    if (asp_ts_pid (ts->data + at) == pid)
      g_byte_array_append (out, ts->data + at, ASP_TS_SIZE);
  return out;
}

/* Other programmes pass untouched, in and outside breaks; so do the tables. */
static void
test_other_pids (void)
{
  static const guint pids[] = { OTHER_PID, ASP_PID_PAT, 0x20 };
  SpliceFixture f;
  g_autoptr (GByteArray) plain = NULL;

  fixture_setup (&f, 250);
  plain = splice_media_make (&f.network);
  f.in = with_other_pid (plain);
  fixture_splice (&f, 3, 2);
  for (guint i = 0; i < G_N_ELEMENTS (pids); i++) {
    g_autoptr (GByteArray) before = only_pid (f.in, pids[i]), after = only_pid (f.run->out, pids[i]);

    g_assert_cmpuint (before->len, >, 0);
    g_assert_cmpmem (after->data, after->len, before->data, before->len);
  }
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  fixture_teardown (&f);
}

/* Cues go on in a break, or none comes out at all. */
static void
test_cues_in_output (void)
{
  for (guint strip = 0; strip < 2; strip++) {
    SpliceFixture f;
    SpliceSection cues[6];
    g_autoptr (GByteArray) before = NULL, after = NULL;

    fixture_setup (&f, 250);
    for (guint i = 0; i < G_N_ELEMENTS (cues); i++) {
      cues[i].packet = 100 + 300 * i;
      cues[i].pid = 0x1f4;
      cues[i].section = asp_scte35_build_splice_insert (100 + i, FALSE, ASP_NO_TIME, ASP_NO_TIME, FALSE, 1);
    }
    f.network.cue_pid = 0x1f4;
    f.network.sections = cues;
    f.network.n_sections = G_N_ELEMENTS (cues);
    f.run->config.strip_cues = strip;
    fixture_splice (&f, 3, 2);
    before = only_pid (f.in, 0x1f4);
    after = only_pid (f.run->out, 0x1f4);
    g_assert_cmpuint (before->len, ==, G_N_ELEMENTS (cues) * ASP_TS_SIZE);
    if (strip)
      g_assert_cmpuint (after->len, ==, 0);
    else
      g_assert_cmpmem (after->data, after->len, before->data, before->len);
    fixture_check_all (&f);
    for (guint i = 0; i < G_N_ELEMENTS (cues); i++)
      g_bytes_unref (cues[i].section);
    fixture_teardown (&f);
  }
}

static void
test_drop_nulls (void)
{
  SpliceFixture f;

  fixture_setup (&f, 250);
  f.network.nulls = TRUE;
  f.run->config.drop_nulls = TRUE;
  f.in = splice_media_make (&f.network);
  f.network.nulls = FALSE;
  fixture_splice (&f, 3, 2);
  g_assert_cmpuint (f.got->n_null, ==, 0);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  fixture_check_all (&f);
  fixture_teardown (&f);
}

/* --- without input, and anew ------------------------------------------------------ */

/* The input stands still in a break: the break goes on on the splicer's own clock; then the input
 * is back, @lost_s seconds further on (rule 11). */
static void
check_silence (guint lost_s)
{
  SpliceFixture f;
  gsize half, back;

  fixture_setup (&f, 500);
  f.ad[0].frames = 150;
  f.in = splice_media_make (&f.network);
  fixture_start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 6 * ASP_SECOND_90K);
  half = f.in->len * 4 / 20 / ASP_TS_SIZE * ASP_TS_SIZE;
  back = half + f.in->len * lost_s / 20 / ASP_TS_SIZE * ASP_TS_SIZE;
  fixture_feed_part (&f, 0, half);
  g_assert_true (asp_splicer_in_break (f.run->s));
  for (guint i = 0; i < 100; i++)
    asp_splicer_advance (f.run->s, ASP_SECOND_27M * 20 / 1000);
  fixture_feed_part (&f, back, f.in->len);
  fixture_finish (&f);
  g_test_message ("%u s are lost: %s", lost_s, f.video);
  g_assert_cmpuint (f.got->pcr_backwards, ==, 0);
  g_assert_cmpuint (f.got->broken, ==, 0);
  /* PAT and PMT are the input's, with what it lost */
  g_assert_cmpuint (f.got->cc_errors, <=, 2);
  for (guint i = 1; i < f.got->video->len; i++)
    g_assert_cmpint (g_array_index (f.got->video, SpliceUnit, i).dts90k, >,
        g_array_index (f.got->video, SpliceUnit, i - 1).dts90k);
  g_assert_true (g_str_has_suffix (f.video, "-499"));
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 1);
  fixture_teardown (&f);
}

static void
test_silence (void)
{
  check_silence (2);
  check_silence (0);
  check_silence (3);
}

/* A flush in a break: nothing of the old place comes out, `schedule` counts anew. */
static void
test_flush (void)
{
  SpliceFixture f;
  g_autoptr (SpliceContent) again = NULL;
  g_autofree gchar *video = NULL;
  gsize before;

  fixture_setup (&f, 250);
  f.n_ads = 2;
  fixture_start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  fixture_feed_part (&f, 0, f.in->len * 4 / 10 / ASP_TS_SIZE * ASP_TS_SIZE + 100);
  g_assert_true (asp_splicer_in_break (f.run->s));
  asp_splicer_flush (f.run->s);
  g_assert_false (asp_splicer_in_break (f.run->s));
  g_assert_false (asp_splicer_wants_packets (f.run->s));
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  before = f.run->out->len;
  fixture_feed_part (&f, 0, f.in->len);
  fixture_finish (&f);
  again = splice_content_read (f.run->out->data + before, f.run->out->len - before, f.network.video_pid,
      f.network.audio_pid);
  video = splice_units_runs (again->video, TRUE);
  g_assert_cmpstr (video, ==, "1:0-74 3:0-49 1:125-249");
  g_assert_cmpuint (again->cc_errors + again->broken, ==, 0);
  fixture_teardown (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/splice/marks/places", test_places);
  g_test_add_func ("/splice/marks/audio-pts", test_audio_pts);
  g_test_add_func ("/splice/marks/what-they-say", test_what_marks_say);
  g_test_add_func ("/splice/network/avail-without-creative", test_avail_without_creative);
  g_test_add_func ("/splice/network/avail-at-eos", test_avail_at_eos);
  g_test_add_func ("/splice/multiplex/other-pids", test_other_pids);
  g_test_add_func ("/splice/multiplex/cues", test_cues_in_output);
  g_test_add_func ("/splice/multiplex/drop-nulls", test_drop_nulls);
  g_test_add_func ("/splice/clock/silence", test_silence);
  g_test_add_func ("/splice/clock/flush", test_flush);
  return g_test_run ();
}
