/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The segmenter on streams made by hand, where every access unit says who it is: each
 * must come out once, in the segment where it belongs.
 */
#include <asp-hls-segmenter.h>
#include <string.h>

#include "../element/hls-synth.h"

#define SECOND ASP_SECOND_90K
#define FRAME 3600
#define AUDIO SYNTH_AUDIO_FRAME_90K

/* What came out. */
typedef struct
{
  AspHlsSegmentInfo info;
  GArray *found;                /* SynthFound */
  guint n_marks;
} Out;

typedef struct
{
  AspHlsSegmenter *segmenter;
  GArray *out;                  /* Out */
  GPtrArray *marks;             /* gchar: "kind id at" of all, in order */
  gint cc[ASP_PID_COUNT];
  gint64 at_90k;
  GChecksum *sum;               /* over all bytes of all segments */
} Sink;

static void
note_mark (Sink * sink, const AspHlsMark * mark, gint64 at_90k)
{
  g_ptr_array_add (sink->marks, g_strdup_printf ("%d %s %" G_GINT64_FORMAT, (gint) mark->kind,
          mark->avail_id, at_90k));
}

static void
on_segment (const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
    const AspHlsSegmentInfo * next, gpointer user_data)
{
  Sink *sink = user_data;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  Out out = {.info = *info,.n_marks = marks ? marks->len : 0 };

  g_assert_cmpint (info->at_90k, ==, sink->at_90k);
  g_assert_cmpint (info->duration_90k, >, 0);
  sink->at_90k += info->duration_90k;
  g_checksum_update (sink->sum, data, (gssize) size);
  out.found = synth_read_segment (data, size, sink->cc);
  g_bytes_unref (bytes);
  g_array_append_val (sink->out, out);
  for (guint i = 0; i < out.n_marks; i++)
    note_mark (sink, g_ptr_array_index (marks, i), sink->at_90k);
}

static void
on_mark (const AspHlsMark * mark, gint64 at_90k, gpointer user_data)
{
  note_mark (user_data, mark, at_90k);
}

static const AspHlsSegmenterFuncs funcs = { on_segment, on_mark, NULL, NULL };

static void
out_clear (gpointer data)
{
  g_array_unref (((Out *) data)->found);
}

static Sink *
sink_new (guint target_s)
{
  Sink *sink = g_new0 (Sink, 1);

  sink->segmenter = asp_hls_segmenter_new (target_s, &funcs, sink);
  sink->out = g_array_new (FALSE, TRUE, sizeof (Out));
  g_array_set_clear_func (sink->out, out_clear);
  sink->marks = g_ptr_array_new_with_free_func (g_free);
  sink->sum = g_checksum_new (G_CHECKSUM_SHA256);
  for (guint i = 0; i < ASP_PID_COUNT; i++)
    sink->cc[i] = -1;
  return sink;
}

static void
sink_free (Sink * sink)
{
  asp_hls_segmenter_free (sink->segmenter);
  g_array_unref (sink->out);
  g_ptr_array_unref (sink->marks);
  g_checksum_free (sink->sum);
  g_free (sink);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sink, sink_free)

static const Out *
out_at (const Sink * sink, guint i)
{
  g_assert_cmpuint (i, <, sink->out->len);
  return &g_array_index (sink->out, Out, i);
}

/* Everything in pieces of @chunk bytes (0 = in one). */
static void
push_bytes (Sink * sink, const GByteArray * bytes, gsize chunk)
{
  for (gsize at = 0; at < bytes->len;) {
    gsize n = chunk ? MIN (chunk, bytes->len - at) : bytes->len;
    /* a block of its own size: reading behind it is seen */
    g_autofree guint8 *copy = g_memdup2 (bytes->data + at, n);

    g_assert_true (asp_hls_segmenter_push (sink->segmenter, copy, n, 1000));
    at += n;
  }
}

static void
push_all (Sink * sink, Synth * synth, gsize chunk)
{
  g_autoptr (GByteArray) bytes = synth_write (synth);

  push_bytes (sink, bytes, chunk);
  asp_hls_segmenter_finish (sink->segmenter);
}

/* The access units of a PID in a segment are @first to @last of @source, in order. */
static void
assert_run (const Sink * sink, guint i, guint pid, guint source, guint first, guint last)
{
  const Out *out = out_at (sink, i);
  guint next = first;

  for (guint k = 0; k < out->found->len; k++) {
    const SynthFound *f = &g_array_index (out->found, SynthFound, k);

    if (f->pid != pid)
      continue;
    if (f->source != source || f->number != next)
      g_error ("segment %u, PID %u: unit %u of source %u where %u of %u belongs", i, pid,
          f->number, f->source, next, source);
    next++;
  }
  g_assert_cmpuint (next, ==, last + 1);
}

/* Every unit of the PID that the stream has from @first on is there once, in order. */
static void
assert_complete (const Sink * sink, guint pid, guint source, guint first, guint n)
{
  guint next = first;

  for (guint i = 0; i < sink->out->len; i++) {
    const Out *out = out_at (sink, i);

    for (guint k = 0; k < out->found->len; k++) {
      const SynthFound *f = &g_array_index (out->found, SynthFound, k);

      if (f->pid == pid && f->source == source)
        g_assert_cmpuint (f->number, ==, next++);
    }
  }
  g_assert_cmpuint (next, ==, n);
}

/* -- one source -- */

static void
plain_stream (Synth * s, gint64 start_90k, gint64 late_90k, guint frames_per_pes)
{
  synth_init (s, 2);
  synth_add_video (s, &(SynthVideo) {.source = 1,.start_pts90k = start_90k,.frames = 250,
      .gop = 25});
  synth_add_audio (s, SYNTH_AUDIO_PID, 1, start_90k - 500, 470, frames_per_pes, late_90k);
  synth_add_audio (s, SYNTH_AUDIO_PID + 1, 1, start_90k - 100, 470, frames_per_pes, late_90k / 2);
}

/* First audio unit of a segment: sounds while its first picture is shown. */
static guint
audio_at (gint64 picture_90k, gint64 audio_start_90k)
{
  gint64 d = picture_90k - audio_start_90k;

  return d <= 0 ? 0 : (guint) (d / AUDIO);
}

static void
check_grouped (gint64 start_90k, gint64 late_90k, gsize chunk, guint frames_per_pes)
{
  g_autoptr (Sink) sink = sink_new (2);
  Synth s;

  plain_stream (&s, start_90k, late_90k, frames_per_pes);
  push_all (sink, &s, chunk);
  g_assert_cmpuint (sink->out->len, ==, 5);
  for (guint i = 0; i < 5; i++) {
    const Out *out = out_at (sink, i);
    guint first = audio_at (i * 2 * SECOND, -500);
    guint last = i == 4 ? 469 : audio_at ((i + 1) * 2 * SECOND, -500) - 1;

    g_assert_cmpint (out->info.duration_90k, ==, 2 * SECOND);
    g_assert_true (out->info.independent);
    g_assert_false (out->info.discontinuity);
    g_assert_cmpuint (out->info.target_duration_s, ==, 2);
    assert_run (sink, i, SYNTH_VIDEO_PID, 1, i * 50, i * 50 + 49);
    assert_run (sink, i, SYNTH_AUDIO_PID, 1, first, last);
  }
  assert_complete (sink, SYNTH_AUDIO_PID + 1, 1, 0, 470);
  synth_clear (&s);
}

static void
check_plain (gint64 start_90k, gint64 late_90k, gsize chunk)
{
  check_grouped (start_90k, late_90k, chunk, 1);
}

static void
test_plain (void)
{
  check_plain (10 * SECOND, 0, 0);
}

static void
test_late_audio (void)
{
  check_plain (10 * SECOND, 27000, 0);
  check_plain (10 * SECOND, 60000, 1316);
}

static void
test_early_audio (void)
{
  check_plain (10 * SECOND, -27000, 0);
  check_plain (10 * SECOND, -60000, 0);
}

static void
test_wrap (void)
{
  for (gint64 k = 0; k < 11; k++)
    check_plain (ASP_PTS_MODULUS - k * SECOND, 27000, 0);
}

static void
test_chunks (void)
{
  static const gsize chunks[] = { 1, 7, 100, 187, 188, 189, 564, 1316, 65536 };
  g_autofree gchar *expected = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (chunks) + 1; i++) {
    g_autoptr (Sink) sink = sink_new (2);
    Synth s;

    plain_stream (&s, SECOND, 27000, 3);
    push_all (sink, &s, i == 0 ? 0 : chunks[i - 1]);
    if (!expected)
      expected = g_strdup (g_checksum_get_string (sink->sum));
    g_assert_cmpstr (g_checksum_get_string (sink->sum), ==, expected);
    g_assert_cmpuint (sink->out->len, ==, 5);
    synth_clear (&s);
  }
}

/* A PES of several frames over which a cut falls is split: the sound of each segment is what
 * it would be with a PES for each frame. */
static void
test_grouped_audio (void)
{
  static const guint groups[] = { 2, 3, 8, 17 };

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++) {
    check_grouped (SECOND, 27000, 0, groups[i]);
    check_grouped (SECOND, -27000, 188, groups[i]);
    check_grouped (ASP_PTS_MODULUS - 2 * SECOND, 9000, 1316, groups[i]);
  }
}

static void
test_reorder (void)
{
  g_autoptr (Sink) sink = sink_new (2);
  Synth s;

  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = SECOND,.frames = 251,
      .gop = 25,.reorder = 1});
  synth_add_audio (&s, SYNTH_AUDIO_PID, 1, SECOND, 470, 1, 9000);
  push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, ==, 6);
  g_assert_cmpint (out_at (sink, 0)->info.duration_90k, ==, 2 * SECOND);
  g_assert_cmpint (out_at (sink, 5)->info.duration_90k, ==, FRAME);
  assert_run (sink, 0, SYNTH_VIDEO_PID, 1, 0, 49);
  assert_run (sink, 5, SYNTH_VIDEO_PID, 1, 250, 250);
  synth_clear (&s);
}

/* A PID that the PMT names but nobody sends, and one that falls silent, hold up nothing. */
static void
test_silent_audio (void)
{
  g_autoptr (Sink) sink = sink_new (2);
  Synth s;

  synth_init (&s, 3);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = SECOND,.frames = 250,.gop = 25});
  synth_add_audio (&s, SYNTH_AUDIO_PID, 1, SECOND, 470, 1, 9000);
  synth_add_audio (&s, SYNTH_AUDIO_PID + 1, 1, SECOND, 100, 1, 9000);
  push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, ==, 5);
  assert_complete (sink, SYNTH_AUDIO_PID, 1, 0, 470);
  assert_complete (sink, SYNTH_AUDIO_PID + 1, 1, 0, 100);
  synth_clear (&s);
}

static void
test_starts_at_rap (void)
{
  g_autoptr (Sink) sink = sink_new (2);
  g_autoptr (GByteArray) bytes = NULL;
  Synth s;

  plain_stream (&s, 10 * SECOND, 27000, 1);
  bytes = synth_write (&s);
  /* tuned in somewhere, not even at a packet */
  g_byte_array_remove_range (bytes, 0, 40001);
  push_bytes (sink, bytes, 0);
  asp_hls_segmenter_finish (sink->segmenter);
  assert_run (sink, 0, SYNTH_VIDEO_PID, 1, 50, 99);
  assert_run (sink, 0, SYNTH_AUDIO_PID, 1, audio_at (2 * SECOND, -500),
      audio_at (4 * SECOND, -500) - 1);
  synth_clear (&s);
}

/* -- left out -- */

static void
put_packet (GByteArray * out, guint pid, guint cc)
{
  guint8 packet[ASP_TS_SIZE];
  guint8 payload[ASP_TS_PAYLOAD_MAX] = { 0 };

  asp_ts_packet_write_payload (packet, pid, cc, FALSE, FALSE, ASP_NO_TIME, payload,
      sizeof payload, ASP_TS_PAYLOAD_MAX);
  g_byte_array_append (out, packet, sizeof packet);
}

static void
test_foreign_packets (void)
{
  g_autoptr (Sink) plain = sink_new (2);
  g_autoptr (Sink) mixed = sink_new (2);
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GByteArray) more = g_byte_array_new ();
  Synth s;

  plain_stream (&s, SECOND, 27000, 1);
  s.scte35 = TRUE;
  bytes = synth_write (&s);
  for (gsize i = 0; i < bytes->len; i += ASP_TS_SIZE) {
    const guint8 *p = bytes->data + i;

    g_byte_array_append (more, p, ASP_TS_SIZE);
    put_packet (more, ASP_PID_NULL, 0);
    put_packet (more, SYNTH_SCTE35_PID, (guint) i);
    put_packet (more, 0x11, (guint) i);
    put_packet (more, 0x999, (guint) i);
    if (asp_ts_pid (p) >= SYNTH_VIDEO_PID && i % 5 == 0)
      g_byte_array_append (more, p, ASP_TS_SIZE);       /* sent twice */
    if (i % 7 == 0)
      g_byte_array_append (more, (const guint8 *) "garbage", 7);
  }
  push_bytes (plain, bytes, 0);
  push_bytes (mixed, more, 1000);
  asp_hls_segmenter_finish (plain->segmenter);
  asp_hls_segmenter_finish (mixed->segmenter);
  g_assert_cmpuint (mixed->out->len, ==, 5);
  g_assert_cmpstr (g_checksum_get_string (mixed->sum), ==, g_checksum_get_string (plain->sum));
  synth_clear (&s);
}

static void
test_204 (void)
{
  AspHlsSegmenter *segmenter = asp_hls_segmenter_new (2, &funcs, NULL);
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GByteArray) wide = g_byte_array_new ();
  const guint8 parity[16] = { 1 };
  Synth s;

  plain_stream (&s, SECOND, 0, 1);
  bytes = synth_write (&s);
  for (gsize i = 0; i < 20 * ASP_TS_SIZE; i += ASP_TS_SIZE) {
    g_byte_array_append (wide, bytes->data + i, ASP_TS_SIZE);
    g_byte_array_append (wide, parity, sizeof parity);
  }
  g_assert_false (asp_hls_segmenter_push (segmenter, wide->data, wide->len, 0));
  asp_hls_segmenter_free (segmenter);
  synth_clear (&s);
}

/* -- lengths -- */

static void
test_long_gop (void)
{
  g_autoptr (Sink) sink = sink_new (2);
  Synth s;

  /* two GOPs of a second, then one of eight: 2.5 s must not be reached */
  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = 0,.frames = 50,.gop = 25});
  synth_add_video (&s, &(SynthVideo) {.source = 2,.start_pts90k = 2 * SECOND,.frames = 200});
  synth_add_audio (&s, SYNTH_AUDIO_PID, 1, 0, 470, 1, 9000);
  push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, ==, 5);
  for (guint i = 0; i < 5; i++) {
    const AspHlsSegmentInfo *info = &out_at (sink, i)->info;

    g_assert_cmpuint (info->target_duration_s, ==, 2);
    g_assert_cmpint (info->duration_90k, <, 2 * SECOND + SECOND / 2);
    g_assert_true (info->independent == (i < 2));
    g_assert_false (info->discontinuity);
  }
  g_assert_cmpint (out_at (sink, 1)->info.duration_90k, ==, 62 * FRAME);
  assert_complete (sink, SYNTH_VIDEO_PID, 2, 0, 200);
  synth_clear (&s);
}

/* Never a second RAP: TARGETDURATION is given up waiting for. */
static void
test_one_rap (void)
{
  g_autoptr (Sink) sink = sink_new (2);
  Synth s;

  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = 0,.frames = 800});
  push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, ==, 4);
  g_assert_cmpuint (out_at (sink, 0)->info.target_duration_s, ==, 10);
  g_assert_true (out_at (sink, 0)->info.independent);
  g_assert_false (out_at (sink, 1)->info.independent);
  assert_complete (sink, SYNTH_VIDEO_PID, 1, 0, 800);
  synth_clear (&s);
}

/* Open GOPs without an IDR: begun at a recovery point after a while. */
static void
test_no_idr (void)
{
  g_autoptr (Sink) sink = sink_new (2);
  Synth s;

  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = 0,.frames = 500,.gop = 50,
      .no_idr = TRUE});
  push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, >=, 6);
  /* one GOP does not make a TARGETDURATION, two do */
  g_assert_cmpuint (out_at (sink, 0)->info.target_duration_s, ==, 0);
  g_assert_cmpuint (out_at (sink, 1)->info.target_duration_s, ==, 2);
  for (guint i = 0; i < sink->out->len; i++)
    g_assert_false (out_at (sink, i)->info.independent);
  g_assert_cmpuint (g_array_index (out_at (sink, 1)->found, SynthFound, 0).number % 50, ==, 0);
  synth_clear (&s);
}

static void
test_empty (void)
{
  g_autoptr (Sink) sink = sink_new (2);

  g_assert_nonnull (asp_hls_segmenter_trouble (sink->segmenter));
  asp_hls_segmenter_finish (sink->segmenter);
  g_assert_cmpuint (sink->out->len, ==, 0);
}

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
push_with_changes (Sink * sink, Synth * s, const Change * changes, guint n)
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
    push_bytes (sink, bytes, 0);
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
  g_autoptr (Sink) sink = sink_new (2);
  Change changes[2] = { {.video_90k = 0} };
  Synth s;

  break_stream (&s, changes, start_90k, network_late_90k, ad_late_90k, frames_per_pes);
  push_with_changes (sink, &s, changes, 2);
  g_assert_cmpuint (sink->out->len, ==, 6);
  for (guint i = 0; i < 6; i++) {
    const Out *out = out_at (sink, i);
    guint source = i < 2 ? 1 : i < 4 ? 2 : 3;

    for (guint k = 0; k < out->found->len; k++)
      g_assert_cmpuint (g_array_index (out->found, SynthFound, k).source, ==, source);
    g_assert_true (out->info.discontinuity == (i == 2 || i == 4));
    g_assert_false (out->info.jump);
    g_assert_true (out->info.independent);
    g_assert_true (out->n_marks == (i == 1 || i == 3 ? 1 : 0));
  }
  for (guint source = 1; source <= 3; source++) {
    assert_complete (sink, SYNTH_VIDEO_PID, source, 0, source == 2 ? 60 : 80);
    for (guint a = 0; a < 2; a++)
      assert_complete (sink, SYNTH_AUDIO_PID + a, source, 0,
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
  g_autoptr (Sink) sink = sink_new (2);
  Change changes[2] = { {.video_90k = 0} };
  Synth s;

  break_stream (&s, changes, 10 * SECOND, 150000, 9000, 1);
  push_with_changes (sink, &s, changes, 2);
  g_assert_cmpuint (sink->out->len, ==, 6);
  assert_run (sink, 2, SYNTH_VIDEO_PID, 2, 0, 49);
  assert_complete (sink, SYNTH_AUDIO_PID, 1, 0, 150);
  synth_clear (&s);
}

/* Marked only: cut there, nothing else. */
static void
test_break_marked (void)
{
  g_autoptr (Sink) sink = sink_new (2);
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
    g_assert_false (out_at (sink, i)->info.discontinuity);
  g_assert_cmpint (out_at (sink, 1)->info.duration_90k, ==, SECOND);
  g_assert_cmpuint (out_at (sink, 1)->n_marks, ==, 1);
  assert_complete (sink, SYNTH_AUDIO_PID, 1, 0, 290);
  synth_clear (&s);
}

/* Start of the break and of its first creative come as two events of one place. */
static void
test_events_merge (void)
{
  g_autoptr (Sink) sink = sink_new (2);
  Change changes[4] = { {.video_90k = 0} };
  Synth s;

  break_stream (&s, changes, SECOND, 27000, 9000, 1);
  changes[2] = changes[0];
  changes[2].mark = "second";
  changes[3] = changes[1];
  changes[3].mark = NULL;
  push_with_changes (sink, &s, changes, 4);
  g_assert_cmpuint (sink->out->len, ==, 6);
  g_assert_cmpuint (out_at (sink, 1)->n_marks, ==, 2);
  g_assert_cmpuint (sink->marks->len, ==, 3);
  synth_clear (&s);
}

/* The creative is over before the programme returns: the hole is told, and is in no length. */
static void
check_gap (gint64 gap_90k)
{
  g_autoptr (Sink) sink = sink_new (2);
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
  g_assert_cmpint (out_at (sink, 3)->info.duration_90k, ==, 10 * FRAME);
  g_assert_cmpint (out_at (sink, 3)->info.gap_90k, ==, gap_90k);
  g_assert_true (out_at (sink, 4)->info.discontinuity);
  g_assert_false (out_at (sink, 4)->info.jump);
  g_assert_false (out_at (sink, 4)->info.seamless);
  g_assert_cmpuint (sink->marks->len, ==, 2);
  for (guint a = 0; a < 2; a++)
    assert_complete (sink, SYNTH_AUDIO_PID + a, 3, 0, 150);
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
  g_autoptr (Sink) sink = sink_new (2);
  Change change = {.video_90k = SECOND,.source = 1,.discontinuity = TRUE,.mark = "pre",
    .kind = ASP_HLS_AVAIL_OUT,.audio_90k = {SECOND, SECOND}
  };
  Synth s;

  plain_stream (&s, SECOND, 27000, 1);
  push_with_changes (sink, &s, &change, 1);
  g_assert_cmpuint (sink->out->len, ==, 5);
  g_assert_false (out_at (sink, 0)->info.discontinuity);
  g_assert_cmpuint (sink->marks->len, ==, 1);
  g_assert_true (g_str_has_suffix (g_ptr_array_index (sink->marks, 0), " pre 0"));
  synth_clear (&s);
}

/* `needed`: parameter sets and clock decide whether a player would notice. */
static void
test_seamless (void)
{
  for (guint other_sps = 0; other_sps < 2; other_sps++) {
    g_autoptr (Sink) sink = sink_new (2);
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
      push_bytes (sink, bytes, 0);
    }
    asp_hls_segmenter_finish (sink->segmenter);
    g_assert_cmpuint (sink->out->len, ==, 6);
    g_assert_true (out_at (sink, 2)->info.seamless == (other_sps == 0));
    g_assert_true (out_at (sink, 4)->info.seamless == (other_sps == 0));
    synth_clear (&s);
  }
}

/* Another picture size without any event is a discontinuity all the same. */
static void
test_new_format (void)
{
  g_autoptr (Sink) sink = sink_new (2);
  Synth s;

  plain_stream (&s, SECOND, 27000, 1);
  synth_sort (&s);
  for (guint i = 0; i < s.units->len; i++) {
    const SynthUnit *u = &g_array_index (s.units, SynthUnit, i);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();

    if (u->pid == SYNTH_VIDEO_PID && u->number == 75)
      s.sps = 1;
    synth_write_psi (&s, bytes);
    synth_write_unit (&s, u, bytes);
    push_bytes (sink, bytes, 0);
  }
  asp_hls_segmenter_finish (sink->segmenter);
  g_assert_cmpuint (sink->out->len, ==, 6);
  g_assert_true (out_at (sink, 2)->info.discontinuity);
  g_assert_false (out_at (sink, 2)->info.seamless);
  g_assert_cmpint (out_at (sink, 1)->info.duration_90k, ==, SECOND);
  assert_run (sink, 2, SYNTH_VIDEO_PID, 1, 75, 124);
  assert_complete (sink, SYNTH_AUDIO_PID, 1, 0, 470);
  synth_clear (&s);
}

/* -- time bases -- */

/* The source starts anew without a word: sound of both sides in the right place. */
static void
check_jump (gint64 second_90k, gint64 late_90k)
{
  g_autoptr (Sink) sink = sink_new (2);
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
  push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, ==, 4);
  g_assert_cmpint (out_at (sink, 1)->info.duration_90k, ==, 30 * FRAME);
  for (guint i = 0; i < 4; i++)
    g_assert_true (out_at (sink, i)->info.jump == (i == 2));
  g_assert_true (out_at (sink, 2)->info.discontinuity);
  assert_run (sink, 1, SYNTH_VIDEO_PID, 1, 50, 79);
  assert_run (sink, 1, SYNTH_AUDIO_PID, 1, 93, 149);
  assert_run (sink, 2, SYNTH_VIDEO_PID, 2, 0, 49);
  assert_run (sink, 2, SYNTH_AUDIO_PID, 2, 0, 92);
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
  g_autoptr (Sink) sink = sink_new (2);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Synth s;

  plain_stream (&s, SECOND, 27000, 1);
  synth_sort (&s);
  synth_write_psi (&s, bytes);
  for (guint i = 0; i < s.units->len; i++) {
    const SynthUnit *u = &g_array_index (s.units, SynthUnit, i);

    if (u->mux_90k < SECOND + 60 * FRAME || u->mux_90k > SECOND + 135 * FRAME)
      synth_write_unit (&s, u, bytes);
  }
  push_bytes (sink, bytes, 0);
  asp_hls_segmenter_finish (sink->segmenter);
  g_assert_cmpuint (sink->out->len, ==, 4);
  g_assert_true (out_at (sink, 2)->info.jump);
  assert_run (sink, 2, SYNTH_VIDEO_PID, 1, 150, 199);
  g_assert_cmpint (out_at (sink, 1)->info.duration_90k, <, SECOND);
  synth_clear (&s);
}

static void
test_interrupt (void)
{
  g_autoptr (Sink) sink = sink_new (2);
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GByteArray) again = NULL;
  Synth s;

  plain_stream (&s, SECOND, 27000, 1);
  bytes = synth_write (&s);
  again = g_byte_array_append (g_byte_array_new (), bytes->data, bytes->len);
  g_byte_array_set_size (bytes, bytes->len / 2 / ASP_TS_SIZE * ASP_TS_SIZE + 50);
  push_bytes (sink, bytes, 0);
  asp_hls_segmenter_interrupt (sink->segmenter);
  push_bytes (sink, again, 0);
  asp_hls_segmenter_finish (sink->segmenter);
  g_assert_cmpuint (sink->out->len, ==, 8);
  g_assert_true (out_at (sink, 3)->info.jump);
  assert_run (sink, 3, SYNTH_VIDEO_PID, 1, 0, 49);
  assert_run (sink, 3, SYNTH_AUDIO_PID, 1, 0, audio_at (2 * SECOND, -500) - 1);
  synth_clear (&s);
}

/* The PMT gets a second sound: from the next RAP on, with a discontinuity, no picture lost. */
static void
test_pmt_changes (void)
{
  g_autoptr (Sink) sink = sink_new (2);
  Synth s;

  plain_stream (&s, SECOND, 27000, 1);
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
    push_bytes (sink, bytes, 0);
  }
  asp_hls_segmenter_finish (sink->segmenter);
  g_assert_cmpuint (sink->out->len, ==, 6);
  g_assert_true (out_at (sink, 2)->info.discontinuity);
  g_assert_false (out_at (sink, 2)->info.jump);
  assert_complete (sink, SYNTH_VIDEO_PID, 1, 0, 250);
  assert_run (sink, 2, SYNTH_VIDEO_PID, 1, 75, 124);
  g_assert_cmpuint (out_at (sink, 2)->found->len, >, 50 + 90 * 2);
  synth_clear (&s);
}

/* -- anything -- */

static void
ignore_segment (const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
    const AspHlsSegmentInfo * next, gpointer user_data)
{
  gint64 *at_90k = user_data;

  g_assert_cmpint (info->at_90k, ==, *at_90k);
  g_assert_cmpint (info->duration_90k, >, 0);
  *at_90k += info->duration_90k;
  g_bytes_unref (bytes);
}

static void
ignore_mark (const AspHlsMark * mark, gint64 at_90k, gpointer user_data)
{
}

/* Damage of every kind: positions still add up and nothing is read that is not there. */
static void
test_damage (void)
{
  static const AspHlsSegmenterFuncs ignore = { ignore_segment, ignore_mark, NULL, NULL };
  g_autoptr (GByteArray) good = NULL;
  Synth s;

  plain_stream (&s, ASP_PTS_MODULUS - 3 * SECOND, 27000, 3);
  s.unit_bytes = 100;
  good = synth_write (&s);
  for (guint seed = 0; seed < 200; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    g_autofree guint8 *bytes = g_memdup2 (good->data, good->len);
    gint64 at_90k = 0;
    AspHlsSegmenter *segmenter = asp_hls_segmenter_new (2, &ignore, &at_90k);
    gsize at = 0;

    for (guint i = 0; i < seed * 10; i++)
      bytes[g_rand_int_range (rand, 0, (gint) good->len)] = (guint8) g_rand_int (rand);
    while (at < good->len) {
      gsize wanted = (gsize) g_rand_int_range (rand, 1, 20000);
      gsize n = MIN (good->len - at, wanted);
      g_autofree guint8 *copy = g_memdup2 (bytes + at, n);

      asp_hls_segmenter_push (segmenter, copy, n, 0);
      at += n + (seed % 3 == 0 ? (gsize) g_rand_int_range (rand, 0, 500) : 0);
      if (g_rand_int_range (rand, 0, 30) == 0)
        asp_hls_segmenter_interrupt (segmenter);
      if (g_rand_int_range (rand, 0, 10) == 0)
        asp_hls_segmenter_boundary (segmenter, asp_hls_boundary_new (g_rand_int (rand) % 8 ?
                (guint64) (g_rand_int_range (rand, -4, 8) * SECOND) & ASP_PTS_MASK :
                g_rand_int (rand), TRUE));
    }
    asp_hls_segmenter_finish (segmenter);
    asp_hls_segmenter_free (segmenter);
  }
  synth_clear (&s);
}

/* -- packets in one go and one by one -- */

/* Adds to @out what a real channel does to @packet: it is lost, sent twice or three times, has
 * another priority, comes between packets of nobody. */
static void
mangle (GByteArray * out, GRand * rand, const guint8 * packet)
{
  static const guint8 null_packet[ASP_TS_SIZE] = { ASP_TS_SYNC, 0x1f, 0xff, 0x10 };
  guint8 copy[ASP_TS_SIZE];
  guint kind = (guint) g_rand_int_range (rand, 0, 60);

  memcpy (copy, packet, sizeof copy);
  if (kind == 0)
    return;
  if (kind == 1)
    copy[1] |= 0x20;
  if (kind == 2)
    g_byte_array_append (out, null_packet, sizeof null_packet);
  if (kind == 3)
    copy[3] = (guint8) ((copy[3] & 0xf0) | g_rand_int_range (rand, 0, 16));
  g_byte_array_append (out, copy, sizeof copy);
  if (kind == 4 || kind == 5)
    g_byte_array_append (out, copy, sizeof copy);
  if (kind == 5)
    g_byte_array_append (out, copy, sizeof copy);
}

static void
sum_segment (const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
    const AspHlsSegmentInfo * next, gpointer user_data)
{
  g_autofree gchar *text = g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d\n",
      info->at_90k, info->duration_90k, info->discontinuity);

  g_checksum_update (user_data, (const guchar *) text, -1);
  g_checksum_update (user_data, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
  g_bytes_unref (bytes);
}

/* In pieces of less than a packet each one is put together and looked at for itself. */
static gchar *
sum_of (const GByteArray * bytes, gsize chunk)
{
  static const AspHlsSegmenterFuncs sum_funcs = { sum_segment, ignore_mark, NULL };
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  AspHlsSegmenter *segmenter = asp_hls_segmenter_new (2, &sum_funcs, sum);

  for (gsize at = 0; at < bytes->len; at += chunk)
    asp_hls_segmenter_push (segmenter, bytes->data + at, MIN (chunk, bytes->len - at), 0);
  asp_hls_segmenter_finish (segmenter);
  asp_hls_segmenter_free (segmenter);
  return g_strdup (g_checksum_get_string (sum));
}

static void
test_in_one_go (void)
{
  g_autoptr (GByteArray) good = NULL;
  g_autofree gchar *unharmed = NULL;
  Synth s;

  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.start_pts90k = SECOND,.frames = 80,.gop = 25});
  synth_add_audio (&s, SYNTH_AUDIO_PID, 0, SECOND, 80 * FRAME / AUDIO, 3, 9000);
  s.unit_bytes = 50000;         /* more packets than are taken in one go */
  good = synth_write (&s);
  unharmed = sum_of (good, 100);
  for (guint seed = 0; seed < 8; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autofree gchar *one_by_one = NULL;

    for (gsize at = 0; at < good->len; at += ASP_TS_SIZE)
      mangle (bytes, rand, good->data + at);
    one_by_one = sum_of (bytes, 100);
    g_assert_cmpstr (one_by_one, !=, unharmed);
    for (gsize chunk = ASP_TS_SIZE; chunk <= good->len * 2; chunk *= 7) {
      g_autofree gchar *in_one_go = sum_of (bytes, chunk);

      g_assert_cmpstr (in_one_go, ==, one_by_one);
    }
  }
  synth_clear (&s);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/segmenter/plain", test_plain);
  g_test_add_func ("/hls/segmenter/late-audio", test_late_audio);
  g_test_add_func ("/hls/segmenter/early-audio", test_early_audio);
  g_test_add_func ("/hls/segmenter/wrap", test_wrap);
  g_test_add_func ("/hls/segmenter/chunks", test_chunks);
  g_test_add_func ("/hls/segmenter/grouped-audio", test_grouped_audio);
  g_test_add_func ("/hls/segmenter/reorder", test_reorder);
  g_test_add_func ("/hls/segmenter/silent-audio", test_silent_audio);
  g_test_add_func ("/hls/segmenter/starts-at-rap", test_starts_at_rap);
  g_test_add_func ("/hls/segmenter/foreign-packets", test_foreign_packets);
  g_test_add_func ("/hls/segmenter/204", test_204);
  g_test_add_func ("/hls/segmenter/long-gop", test_long_gop);
  g_test_add_func ("/hls/segmenter/one-rap", test_one_rap);
  g_test_add_func ("/hls/segmenter/no-idr", test_no_idr);
  g_test_add_func ("/hls/segmenter/empty", test_empty);
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
  g_test_add_func ("/hls/segmenter/damage", test_damage);
  g_test_add_func ("/hls/segmenter/in-one-go", test_in_one_go);
  return g_test_run ();
}
