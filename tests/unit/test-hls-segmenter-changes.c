/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The segmenter where the source changes, or its clock does: breaks, gaps, jumps, another PMT.
 */
#include "hls-sink.h"

#define SECOND ASP_SECOND_90K
#define FRAME 3600
#define AUDIO SYNTH_AUDIO_FRAME_90K

/* -- changes of source -- */

typedef struct
{
  gint64 video_90k;             /* of the first picture that enters */
  gint64 audio_90k[2];          /* of the first sound that enters, on each PID */
  guint source;
  gboolean discontinuity;
  const gchar *mark;            /* id, or NULL */
  AspHlsEntryKind kind;
} Change;

/* Pushes the stream and, directly before the first picture of each source, its event. */
static void
push_with_changes (HlsSink * sink, Synth * s, const Change * changes, guint n)
{
  synth_sort (s);
  for (guint i = 0; i < s->units->len; i++) {
    const SynthUnit *u = &g_array_index (s->units, SynthUnit, i);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();

    for (guint k = 0; k < n; k++) {
      AspHlsBoundary *b;

      if (u->pid != SYNTH_VIDEO_PID || u->source != changes[k].source || u->number != 0)
        continue;
      b = asp_hls_boundary_new ((guint64) changes[k].video_90k & ASP_PTS_MASK,
          changes[k].discontinuity);
      /* predictions may be a tick off */
      for (guint a = 0; a < s->n_audio && changes[k].audio_90k[a] != ASP_NO_TIME; a++)
        asp_hls_boundary_add_audio (b, SYNTH_AUDIO_PID + a,
            (guint64) (changes[k].audio_90k[a] + 1) & ASP_PTS_MASK);
      if (changes[k].mark)
        g_ptr_array_add (b->marks, asp_hls_mark_new (changes[k].kind, changes[k].mark, 0, NULL));
      asp_hls_segmenter_boundary (sink->segmenter, b);
    }
    if (u->rap || i == 0)
      synth_write_psi (s, bytes);
    synth_write_unit (s, u, bytes);
    hls_sink_push (sink, bytes, 0);
  }
  asp_hls_segmenter_finish (sink->segmenter);
}

/* Network, creative, network on one clock; @late of the sound of each. */
static void
break_stream (Synth * s, Change changes[2], gint64 start_90k, gint64 network_late_90k,
    gint64 ad_late_90k, guint frames_per_pes)
{
  const gint64 out_90k = start_90k + 80 * FRAME, in_90k = out_90k + 60 * FRAME;

  synth_init (s, 2);
  synth_add_video (s, &(SynthVideo) {.source = 1,.start_pts90k = start_90k,.frames = 80,.gop = 25});
  synth_add_video (s, &(SynthVideo) {.source = 2,.start_pts90k = out_90k,.frames = 60,.gop = 25});
  synth_add_video (s, &(SynthVideo) {.source = 3,.start_pts90k = in_90k,.frames = 80,.gop = 25});
  for (guint a = 0; a < 2; a++) {
    /* half a frame off the picture, each its own way */
    gint64 offset_90k = a ? 700 : -900;
    guint before = (guint) (80 * FRAME / AUDIO), within = (guint) (60 * FRAME / AUDIO);

    synth_add_audio (s, SYNTH_AUDIO_PID + a, 1, start_90k, before, frames_per_pes,
        network_late_90k);
    synth_add_audio (s, SYNTH_AUDIO_PID + a, 2, out_90k + offset_90k, within, 1, ad_late_90k);
    synth_add_audio (s, SYNTH_AUDIO_PID + a, 3, in_90k - offset_90k, before, frames_per_pes,
        network_late_90k);
    changes[0].audio_90k[a] = out_90k + offset_90k;
    changes[1].audio_90k[a] = in_90k - offset_90k;
  }
  changes[0].video_90k = out_90k;
  changes[0].source = 2;
  changes[1].video_90k = in_90k;
  changes[1].source = 3;
  changes[0].discontinuity = changes[1].discontinuity = TRUE;
  changes[0].mark = changes[1].mark = "b";
  changes[0].kind = ASP_HLS_AVAIL_OUT;
  changes[1].kind = ASP_HLS_AVAIL_IN;
}

/* No segment holds units of two sources, nothing is lost, and the cuts are told. */
static void
check_break (gint64 start_90k, gint64 network_late_90k, gint64 ad_late_90k, guint frames_per_pes)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Change changes[2] = { {.video_90k = 0} };
  Synth s;

  break_stream (&s, changes, start_90k, network_late_90k, ad_late_90k, frames_per_pes);
  push_with_changes (sink, &s, changes, 2);
  g_assert_cmpuint (sink->out->len, ==, 6);
  for (guint i = 0; i < 6; i++) {
    const HlsSinkSegment *out = hls_sink_segment (sink, i);
    guint source = i < 2 ? 1 : i < 4 ? 2 : 3;

    for (guint k = 0; k < out->found->len; k++)
      g_assert_cmpuint (g_array_index (out->found, SynthFound, k).source, ==, source);
    g_assert_true (out->info.discontinuity == (i == 2 || i == 4));
    g_assert_false (out->info.jump);
    g_assert_true (out->info.independent);
    g_assert_true (out->n_marks == (i == 1 || i == 3 ? 1 : 0));
  }
  for (guint source = 1; source <= 3; source++) {
    hls_sink_assert_complete (sink, SYNTH_VIDEO_PID, source, 0, source == 2 ? 60 : 80);
    for (guint a = 0; a < 2; a++)
      hls_sink_assert_complete (sink, SYNTH_AUDIO_PID + a, source, 0,
          (guint) ((source == 2 ? 60 : 80) * FRAME / AUDIO));
  }
  g_assert_cmpuint (sink->marks->len, ==, 2);
  g_assert_true (g_str_has_suffix (g_ptr_array_index (sink->marks, 0), " b 288000"));
  g_assert_true (g_str_has_suffix (g_ptr_array_index (sink->marks, 1), " b 504000"));
  synth_clear (&s);
}

static void
test_break (void)
{
  check_break (10 * SECOND, 0, 0, 1);
  check_break (10 * SECOND, 27000, 9000, 1);
  check_break (10 * SECOND, 27000, 27000, 1);
  check_break (10 * SECOND, 60000, 0, 1);
  check_break (10 * SECOND, 27000, 9000, 5);
  check_break (10 * SECOND, -20000, -20000, 1);
  check_break (10 * SECOND, 27000, -20000, 1);
}

static void
test_break_over_wrap (void)
{
  for (gint64 k = 0; k < 9; k++)
    check_break (ASP_PTS_MODULUS - k * SECOND, 27000, 9000, 1);
}

/* Sound that does not come in a second is not waited for any longer. */
static void
test_break_too_late (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Change changes[2] = { {.video_90k = 0} };
  Synth s;

  break_stream (&s, changes, 10 * SECOND, 150000, 9000, 1);
  push_with_changes (sink, &s, changes, 2);
  g_assert_cmpuint (sink->out->len, ==, 6);
  hls_sink_assert_run (sink, 2, SYNTH_VIDEO_PID, 2, 0, 49);
  hls_sink_assert_complete (sink, SYNTH_AUDIO_PID, 1, 0, 150);
  synth_clear (&s);
}

/* Marked only: cut there, nothing else. */
static void
test_break_marked (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  const gint64 at_90k = 75 * FRAME;
  Change change = {.video_90k = at_90k,.source = 2,.mark = "b",.kind = ASP_HLS_AVAIL_OUT };
  Synth s;

  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.frames = 75,.gop = 25});
  synth_add_video (&s, &(SynthVideo) {.source = 2,.start_pts90k = at_90k,.frames = 75,.gop = 25});
  synth_add_audio (&s, SYNTH_AUDIO_PID, 1, 0, 290, 1, 27000);
  change.audio_90k[0] = 140 * AUDIO;
  push_with_changes (sink, &s, &change, 1);
  g_assert_cmpuint (sink->out->len, ==, 4);
  for (guint i = 0; i < 4; i++)
    g_assert_false (hls_sink_segment (sink, i)->info.discontinuity);
  g_assert_cmpint (hls_sink_segment (sink, 1)->info.duration_90k, ==, SECOND);
  g_assert_cmpuint (hls_sink_segment (sink, 1)->n_marks, ==, 1);
  hls_sink_assert_complete (sink, SYNTH_AUDIO_PID, 1, 0, 290);
  synth_clear (&s);
}

/* Start of the break and of its first creative come as two events of one place. */
static void
test_events_merge (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Change changes[4] = { {.video_90k = 0} };
  Synth s;

  break_stream (&s, changes, SECOND, 27000, 9000, 1);
  changes[2] = changes[0];
  changes[2].mark = "second";
  changes[3] = changes[1];
  changes[3].mark = NULL;
  push_with_changes (sink, &s, changes, 4);
  g_assert_cmpuint (sink->out->len, ==, 6);
  g_assert_cmpuint (hls_sink_segment (sink, 1)->n_marks, ==, 2);
  g_assert_cmpuint (sink->marks->len, ==, 3);
  synth_clear (&s);
}

/* The creative is over before the programme returns: the hole is told, and is in no length. */
static void
check_gap (gint64 gap_90k)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Change changes[3] = { {.video_90k = 0} };
  Synth s;

  break_stream (&s, changes, SECOND, 27000, 9000, 1);
  for (guint i = 0; i < s.units->len; i++) {
    SynthUnit *u = &g_array_index (s.units, SynthUnit, i);

    if (u->source == 3) {
      u->pts90k += gap_90k;
      u->dts90k += gap_90k;
      u->mux_90k += gap_90k;
    }
  }
  changes[2] = changes[1];      /* the end of the creative first, where it ended */
  changes[1].mark = NULL;
  changes[2].video_90k += gap_90k;
  changes[2].audio_90k[0] += gap_90k;
  changes[2].audio_90k[1] += gap_90k;
  push_with_changes (sink, &s, changes, 3);
  g_assert_cmpuint (sink->out->len, ==, 6);
  g_assert_cmpint (hls_sink_segment (sink, 3)->info.duration_90k, ==, 10 * FRAME);
  g_assert_cmpint (hls_sink_segment (sink, 3)->info.gap_90k, ==, gap_90k);
  g_assert_true (hls_sink_segment (sink, 4)->info.discontinuity);
  g_assert_false (hls_sink_segment (sink, 4)->info.jump);
  g_assert_false (hls_sink_segment (sink, 4)->info.seamless);
  g_assert_cmpuint (sink->marks->len, ==, 2);
  for (guint a = 0; a < 2; a++)
    hls_sink_assert_complete (sink, SYNTH_AUDIO_PID + a, 3, 0, 150);
  synth_clear (&s);
}

static void
test_gap (void)
{
  check_gap (SECOND);
  check_gap (3 * SECOND);
  check_gap (20 * SECOND);
}

/* A break that opens with the stream: its mark comes before the first segment. */
static void
test_preroll (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Change change = {.video_90k = SECOND,.source = 1,.discontinuity = TRUE,.mark = "pre",
    .kind = ASP_HLS_AVAIL_OUT,.audio_90k = {SECOND, SECOND}
  };
  Synth s;

  hls_sink_plain_stream (&s, SECOND, 27000, 1);
  push_with_changes (sink, &s, &change, 1);
  g_assert_cmpuint (sink->out->len, ==, 5);
  g_assert_false (hls_sink_segment (sink, 0)->info.discontinuity);
  g_assert_cmpuint (sink->marks->len, ==, 1);
  g_assert_true (g_str_has_suffix (g_ptr_array_index (sink->marks, 0), " pre 0"));
  synth_clear (&s);
}

/* `needed`: parameter sets and clock decide whether a player would notice. */
static void
test_seamless (void)
{
  for (guint other_sps = 0; other_sps < 2; other_sps++) {
    g_autoptr (HlsSink) sink = hls_sink_new (2);
    Change changes[2] = { {.video_90k = 0} };
    Synth s;

    break_stream (&s, changes, SECOND, 27000, 9000, 1);
    synth_sort (&s);
    for (guint i = 0; i < s.units->len; i++) {
      const SynthUnit *u = &g_array_index (s.units, SynthUnit, i);
      g_autoptr (GByteArray) bytes = g_byte_array_new ();

      if (u->pid == SYNTH_VIDEO_PID && u->number == 0 && u->source > 1)
        asp_hls_segmenter_boundary (sink->segmenter,
            asp_hls_boundary_new ((guint64) u->pts90k, TRUE));
      s.sps = u->source == 2 ? other_sps : 0;
      synth_write_psi (&s, bytes);
      synth_write_unit (&s, u, bytes);
      hls_sink_push (sink, bytes, 0);
    }
    asp_hls_segmenter_finish (sink->segmenter);
    g_assert_cmpuint (sink->out->len, ==, 6);
    g_assert_true (hls_sink_segment (sink, 2)->info.seamless == (other_sps == 0));
    g_assert_true (hls_sink_segment (sink, 4)->info.seamless == (other_sps == 0));
    synth_clear (&s);
  }
}

/* Another picture size without any event is a discontinuity all the same. */
static void
test_new_format (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Synth s;

  hls_sink_plain_stream (&s, SECOND, 27000, 1);
  synth_sort (&s);
  for (guint i = 0; i < s.units->len; i++) {
    const SynthUnit *u = &g_array_index (s.units, SynthUnit, i);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();

    if (u->pid == SYNTH_VIDEO_PID && u->number == 75)
      s.sps = 1;
    synth_write_psi (&s, bytes);
    synth_write_unit (&s, u, bytes);
    hls_sink_push (sink, bytes, 0);
  }
  asp_hls_segmenter_finish (sink->segmenter);
  g_assert_cmpuint (sink->out->len, ==, 6);
  g_assert_true (hls_sink_segment (sink, 2)->info.discontinuity);
  g_assert_false (hls_sink_segment (sink, 2)->info.seamless);
  g_assert_cmpint (hls_sink_segment (sink, 1)->info.duration_90k, ==, SECOND);
  hls_sink_assert_run (sink, 2, SYNTH_VIDEO_PID, 1, 75, 124);
  hls_sink_assert_complete (sink, SYNTH_AUDIO_PID, 1, 0, 470);
  synth_clear (&s);
}

/* -- time bases -- */

/* The source starts anew without a word: sound of both sides in the right place. */
static void
check_jump (gint64 second_90k, gint64 late_90k)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Synth s;
  gint64 shift_90k;

  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = 100 * SECOND,.frames = 80,
      .gop = 25});
  synth_add_audio (&s, SYNTH_AUDIO_PID, 1, 100 * SECOND, 150, 1, late_90k);
  shift_90k = second_90k - (100 * SECOND + 80 * FRAME);
  synth_add_video (&s, &(SynthVideo) {.source = 2,.start_pts90k = second_90k,.frames = 100,
      .gop = 25});
  synth_add_audio (&s, SYNTH_AUDIO_PID, 2, second_90k, 187, 1, late_90k);
  for (guint i = 0; i < s.units->len; i++) {
    SynthUnit *u = &g_array_index (s.units, SynthUnit, i);

    if (u->source == 2)
      u->mux_90k -= shift_90k;
  }
  hls_sink_push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, ==, 4);
  g_assert_cmpint (hls_sink_segment (sink, 1)->info.duration_90k, ==, 30 * FRAME);
  for (guint i = 0; i < 4; i++)
    g_assert_true (hls_sink_segment (sink, i)->info.jump == (i == 2));
  g_assert_true (hls_sink_segment (sink, 2)->info.discontinuity);
  hls_sink_assert_run (sink, 1, SYNTH_VIDEO_PID, 1, 50, 79);
  hls_sink_assert_run (sink, 1, SYNTH_AUDIO_PID, 1, 93, 149);
  hls_sink_assert_run (sink, 2, SYNTH_VIDEO_PID, 2, 0, 49);
  hls_sink_assert_run (sink, 2, SYNTH_AUDIO_PID, 2, 0, 92);
  synth_clear (&s);
}

static void
test_jump (void)
{
  check_jump (1000 * SECOND, 27000);
  check_jump (1000 * SECOND, 0);
  check_jump (SECOND, 27000);
  check_jump (SECOND, -9000);
  check_jump (96 * SECOND, 27000);
  check_jump (113 * SECOND, 27000);
}

/* Frames that never came: the next segment begins at a RAP, the hole is not counted. */
static void
test_hole (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Synth s;

  hls_sink_plain_stream (&s, SECOND, 27000, 1);
  synth_sort (&s);
  synth_write_psi (&s, bytes);
  for (guint i = 0; i < s.units->len; i++) {
    const SynthUnit *u = &g_array_index (s.units, SynthUnit, i);

    if (u->mux_90k < SECOND + 60 * FRAME || u->mux_90k > SECOND + 135 * FRAME)
      synth_write_unit (&s, u, bytes);
  }
  hls_sink_push (sink, bytes, 0);
  asp_hls_segmenter_finish (sink->segmenter);
  g_assert_cmpuint (sink->out->len, ==, 4);
  g_assert_true (hls_sink_segment (sink, 2)->info.jump);
  hls_sink_assert_run (sink, 2, SYNTH_VIDEO_PID, 1, 150, 199);
  g_assert_cmpint (hls_sink_segment (sink, 1)->info.duration_90k, <, SECOND);
  synth_clear (&s);
}

static void
test_interrupt (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GByteArray) again = NULL;
  Synth s;

  hls_sink_plain_stream (&s, SECOND, 27000, 1);
  bytes = synth_write (&s);
  again = g_byte_array_append (g_byte_array_new (), bytes->data, bytes->len);
  g_byte_array_set_size (bytes, bytes->len / 2 / ASP_TS_SIZE * ASP_TS_SIZE + 50);
  hls_sink_push (sink, bytes, 0);
  asp_hls_segmenter_interrupt (sink->segmenter);
  hls_sink_push (sink, again, 0);
  asp_hls_segmenter_finish (sink->segmenter);
  g_assert_cmpuint (sink->out->len, ==, 8);
  g_assert_true (hls_sink_segment (sink, 3)->info.jump);
  hls_sink_assert_run (sink, 3, SYNTH_VIDEO_PID, 1, 0, 49);
  hls_sink_assert_run (sink, 3, SYNTH_AUDIO_PID, 1, 0, hls_sink_audio_at (2 * SECOND, -500) - 1);
  synth_clear (&s);
}

/* The PMT gets a second sound: from the next RAP on, with a discontinuity, no picture lost. */
static void
test_pmt_changes (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Synth s;

  hls_sink_plain_stream (&s, SECOND, 27000, 1);
  synth_sort (&s);
  s.n_audio = 1;
  for (guint i = 0; i < s.units->len; i++) {
    const SynthUnit *u = &g_array_index (s.units, SynthUnit, i);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();

    if (u->pid == SYNTH_VIDEO_PID && u->number == 60) {
      s.n_audio = 2;
      s.pmt_version = 1;
    }
    if (u->pid == SYNTH_AUDIO_PID + 1 && s.n_audio < 2)
      continue;
    synth_write_psi (&s, bytes);
    synth_write_unit (&s, u, bytes);
    hls_sink_push (sink, bytes, 0);
  }
  asp_hls_segmenter_finish (sink->segmenter);
  g_assert_cmpuint (sink->out->len, ==, 6);
  g_assert_true (hls_sink_segment (sink, 2)->info.discontinuity);
  g_assert_false (hls_sink_segment (sink, 2)->info.jump);
  hls_sink_assert_complete (sink, SYNTH_VIDEO_PID, 1, 0, 250);
  hls_sink_assert_run (sink, 2, SYNTH_VIDEO_PID, 1, 75, 124);
  g_assert_cmpuint (hls_sink_segment (sink, 2)->found->len, >, 50 + 90 * 2);
  synth_clear (&s);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/segmenter/break", test_break);
  g_test_add_func ("/hls/segmenter/break-over-wrap", test_break_over_wrap);
  g_test_add_func ("/hls/segmenter/break-too-late", test_break_too_late);
  g_test_add_func ("/hls/segmenter/break-marked", test_break_marked);
  g_test_add_func ("/hls/segmenter/events-merge", test_events_merge);
  g_test_add_func ("/hls/segmenter/gap", test_gap);
  g_test_add_func ("/hls/segmenter/preroll", test_preroll);
  g_test_add_func ("/hls/segmenter/seamless", test_seamless);
  g_test_add_func ("/hls/segmenter/new-format", test_new_format);
  g_test_add_func ("/hls/segmenter/jump", test_jump);
  g_test_add_func ("/hls/segmenter/hole", test_hole);
  g_test_add_func ("/hls/segmenter/interrupt", test_interrupt);
  g_test_add_func ("/hls/segmenter/pmt-changes", test_pmt_changes);
  return g_test_run ();
}
