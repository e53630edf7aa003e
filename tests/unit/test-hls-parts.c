/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of segments, on streams made by hand: a segment is its parts, their lengths are legal,
 * each can be read alone, and none leaves later than it must.
 */
#include <asp-hls-segmenter.h>
#include <string.h>

#include "../element/hls-synth.h"

#define SECOND ASP_SECOND_90K
#define FRAME 3600
#define AUDIO SYNTH_AUDIO_FRAME_90K

typedef struct
{
  guint segment, index;
  gint64 duration_90k;
  gboolean independent, last;
  gsize pushed;                 /* bytes of the stream that had been pushed when it came */
  guint n_video, n_audio;
  guint first_video;            /* number of its first picture */
  gint64 ahead_90k;             /* so much earlier than that its first sound begins */
} Out;

typedef struct
{
  AspHlsSegmenter *segmenter;
  GArray *parts;                /* Out */
  GByteArray *open;             /* parts of the segment that is open */
  gint64 open_90k;
  guint n_open, n_segments, n_without;
  gint64 at_90k, target_90k;
  gint cc[ASP_PID_COUNT];
  guint n_audio;                /* access units of the first audio PID, of all parts and segments */
  gsize pushed;
  GChecksum *sum;
  gboolean holes;               /* parts without pictures are no surprise */
  guint n_announced;            /* segments that end with a discontinuity behind them */
} Sink;

static void
count_units (Sink * sink, Out * out, GArray * found)
{
  gint64 video_pts90k = 0;

  out->first_video = G_MAXUINT;
  for (guint i = 0; i < found->len; i++) {
    const SynthFound *f = &g_array_index (found, SynthFound, i);

    if (f->pid == SYNTH_VIDEO_PID && out->n_video++ == 0) {
      out->first_video = f->number;
      video_pts90k = f->pts90k;
    }
    if (f->pid == SYNTH_VIDEO_PID && f->number == out->first_video)
      g_assert_true (f->rap == out->independent);
    if (f->pid == SYNTH_AUDIO_PID) {
      if (out->n_audio == 0)
        out->ahead_90k = asp_pts_diff ((guint64) video_pts90k, (guint64) f->pts90k);
      out->n_audio++;
      /* in order, none missing: over all parts */
      g_assert_cmpuint (f->number, ==, sink->n_audio++);
    }
  }
}

/* Tables only: nothing was sent for so long. */
static gboolean
is_empty (Sink * sink, const guint8 * data, gsize size)
{
  if (size != 2 * ASP_TS_SIZE)
    return FALSE;
  g_assert_true (sink->holes);
  for (guint i = 0; i < 2; i++)
    sink->cc[i ? SYNTH_PMT_PID : ASP_PID_PAT] = (gint) asp_ts_cc (data + i * ASP_TS_SIZE);
  return TRUE;
}

static void
on_part (const AspHlsPartInfo * info, GBytes * bytes, gpointer user_data)
{
  Sink *sink = user_data;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  Out out = {.segment = sink->n_segments,.index = info->index,.duration_90k = info->duration_90k,
    .independent = info->independent,.last = info->last,.pushed = sink->pushed
  };

  g_assert_cmpint (info->segment->at_90k, ==, sink->at_90k);
  g_assert_cmpint (info->segment->part_target_90k, >, 0);
  if (sink->target_90k > 0)
    g_assert_cmpint (info->segment->part_target_90k, ==, sink->target_90k);
  sink->target_90k = info->segment->part_target_90k;
  g_assert_cmpuint (info->segment->target_duration_s, >, 0);
  g_assert_cmpuint (info->index, ==, sink->n_open++);
  if (info->index == 0)
    g_assert_true (info->independent == info->segment->independent);
  g_assert_cmpint (info->duration_90k, >, 0);
  g_assert_cmpint (info->duration_90k, <=, sink->target_90k);
  if (!info->independent && !info->last)
    g_assert_cmpint (100 * info->duration_90k, >=, 85 * sink->target_90k);
  if (!is_empty (sink, data, size)) {
    g_autoptr (GArray) found = synth_read_segment (data, size, sink->cc);

    count_units (sink, &out, found);
    g_assert_cmpuint (out.n_video, >, 0);
  }
  sink->open_90k += info->duration_90k;
  g_byte_array_append (sink->open, data, (guint) size);
  g_array_append_val (sink->parts, out);
  g_bytes_unref (bytes);
}

static void
on_segment (const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
    const AspHlsSegmentInfo * next, gpointer user_data)
{
  Sink *sink = user_data;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_assert_cmpint (info->at_90k, ==, sink->at_90k);
  if (sink->n_open > 0) {
    g_assert_cmpint (info->duration_90k, ==, sink->open_90k);
    g_assert_cmpmem (data, size, sink->open->data, sink->open->len);
    g_assert_true (g_array_index (sink->parts, Out, sink->parts->len - 1).last);
  } else {
    g_autoptr (GArray) found = synth_read_segment (data, size, sink->cc);
    Out out = {.independent = info->independent };

    g_assert_cmpuint (sink->parts->len, ==, 0); /* once there are parts, all segments have some */
    count_units (sink, &out, found);
    sink->n_without++;
  }
  if (next) {
    g_assert_cmpint (next->at_90k, ==, info->at_90k + info->duration_90k);
    sink->n_announced += next->discontinuity;
  }
  g_checksum_update (sink->sum, data, (gssize) size);
  sink->at_90k += info->duration_90k;
  sink->n_segments++;
  sink->n_open = 0;
  sink->open_90k = 0;
  g_byte_array_set_size (sink->open, 0);
  g_bytes_unref (bytes);
}

static void
on_mark (const AspHlsMark * mark, gint64 at_90k, gpointer user_data)
{
}

static const AspHlsSegmenterFuncs funcs = { on_segment, on_mark, on_part, NULL };

static Sink *
sink_new (gint64 wish_90k, AspHlsPartAlign align)
{
  Sink *sink = g_new0 (Sink, 1);

  sink->segmenter = asp_hls_segmenter_new (2, &funcs, sink);
  asp_hls_segmenter_set_parts (sink->segmenter, wish_90k, align, 0);
  sink->parts = g_array_new (FALSE, FALSE, sizeof (Out));
  sink->open = g_byte_array_new ();
  sink->sum = g_checksum_new (G_CHECKSUM_SHA256);
  for (guint i = 0; i < ASP_PID_COUNT; i++)
    sink->cc[i] = -1;
  return sink;
}

static void
sink_free (Sink * sink)
{
  asp_hls_segmenter_free (sink->segmenter);
  g_array_unref (sink->parts);
  g_byte_array_unref (sink->open);
  g_checksum_free (sink->sum);
  g_free (sink);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sink, sink_free)

static const Out *
out_at (const Sink * sink, guint i)
{
  g_assert_cmpuint (i, <, sink->parts->len);
  return &g_array_index (sink->parts, Out, i);
}

static void
push (Sink * sink, const guint8 * data, gsize size, gsize chunk)
{
  for (gsize at = 0; at < size;) {
    gsize n = chunk ? MIN (chunk, size - at) : size;
    g_autofree guint8 *copy = g_memdup2 (data + at, n);

    sink->pushed += n;
    g_assert_true (asp_hls_segmenter_push (sink->segmenter, copy, n, 1000));
    at += n;
  }
}

static void
push_all (Sink * sink, Synth * synth, gsize chunk)
{
  g_autoptr (GByteArray) bytes = synth_write (synth);

  push (sink, bytes->data, bytes->len, chunk);
  asp_hls_segmenter_finish (sink->segmenter);
}

typedef struct
{
  guint gop, reorder, frames_per_pes;
  gint64 frame_90k, late_90k, start_90k;
} Stream;

#define STREAM_FRAMES 300
#define STREAM_AUDIO 562        /* 12 s */

static void
stream_init (Synth * s, const Stream * stream)
{
  synth_init (s, 2);
  synth_add_video (s, &(SynthVideo) {.source = 1,.start_pts90k = stream->start_90k,
      .frames = STREAM_FRAMES,.gop = stream->gop,.reorder = stream->reorder,
      .frame_90k = stream->frame_90k});
  synth_add_audio (s, SYNTH_AUDIO_PID, 1, stream->start_90k - 500, STREAM_AUDIO,
      MAX (stream->frames_per_pes, 1), stream->late_90k);
  synth_add_audio (s, SYNTH_AUDIO_PID + 1, 1, stream->start_90k - 100, STREAM_AUDIO,
      MAX (stream->frames_per_pes, 1), stream->late_90k / 2);
}

/* All parts but the last of each segment are this long, or up to @less_90k shorter; all sound is
 * there, and begins with the picture where that is a RAP. */
static void
check_lengths (const Sink * sink, gint64 part_90k, gint64 less_90k)
{
  for (guint i = 0; i < sink->parts->len; i++) {
    g_assert_cmpint (out_at (sink, i)->duration_90k, <=, part_90k);
    if (!out_at (sink, i)->last)
      g_assert_cmpint (out_at (sink, i)->duration_90k, >=, part_90k - less_90k);
  }
  for (guint i = 0; i < sink->parts->len; i++) {
    const Out *out = out_at (sink, i);

    if (out->independent && out->n_audio > 0) {
      g_assert_cmpint (out->ahead_90k, >=, -100);
      g_assert_cmpint (out->ahead_90k, <=, AUDIO);
    }
  }
  g_assert_cmpuint (sink->n_audio, ==, STREAM_AUDIO);
  g_assert_cmpuint (sink->n_open, ==, 0);
}

/* -- lengths -- */

static void
check_idr (gint64 wish_90k, guint gop, guint gops_a_part)
{
  static const gint64 late[] = { 0, 27000, -27000, 45000 };

  for (guint i = 0; i < G_N_ELEMENTS (late) * 4; i++) {
    g_autoptr (Sink) sink = sink_new (wish_90k, ASP_HLS_PART_ALIGN_IDR);
    Synth s;

    stream_init (&s, &(Stream) {.gop = gop,.late_90k = late[i / 4],.frames_per_pes = i & 1 ? 5 : 1,
        .reorder = i & 2 ? 1 : 0,.start_90k = ASP_PTS_MODULUS - 6 * SECOND});
    push_all (sink, &s, 188);
    check_lengths (sink, gops_a_part * gop * FRAME, 0);
    g_assert_cmpint (sink->target_90k, ==, gops_a_part * gop * FRAME + ASP_HLS_PART_JITTER_90K);
    g_assert_cmpuint (sink->n_without, ==, 1);
    for (guint k = 0; k < sink->parts->len; k++)
      g_assert_true (out_at (sink, k)->independent);
    synth_clear (&s);
  }
}

static void
test_idr (void)
{
  check_idr (SECOND, 25, 1);
  check_idr (SECOND, 12, 2);
  check_idr (SECOND / 2, 25, 1);        /* no shorter than a GOP */
  check_idr (SECOND / 3, 4, 2);
}

static void
test_any (void)
{
  static const struct
  {
    gint64 wish_90k, frame_90k, part_90k;
  } rows[] = {
    {SECOND / 3, 3600, 8 * 3600}, {SECOND / 5, 3600, 5 * 3600}, {SECOND / 5, 1500, 12 * 1500},
    {SECOND / 3, 3003, 10 * 3003}, {SECOND / 100, 3600, 3600}, {SECOND, 3600, 25 * 3600},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows) * 2; i++) {
    g_autoptr (Sink) sink = sink_new (rows[i / 2].wish_90k, ASP_HLS_PART_ALIGN_ANY);
    gint64 length_90k = rows[i / 2].frame_90k * STREAM_FRAMES;
    Synth s;

    synth_init (&s, 1);
    synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = SECOND,.frames = STREAM_FRAMES,
        .gop = 30,.frame_90k = rows[i / 2].frame_90k,.reorder = i & 1});
    synth_add_audio (&s, SYNTH_AUDIO_PID, 1, SECOND, (guint) (length_90k / AUDIO), 1, 9000);
    push_all (sink, &s, 188);
    for (guint k = 0; k < sink->parts->len; k++) {
      g_assert_cmpint (out_at (sink, k)->duration_90k, <=, rows[i / 2].part_90k);
      /* the last one of a segment is no crumb: players pass over it (but at the end of the stream) */
      if (k + 1 < sink->parts->len)
        g_assert_cmpint (out_at (sink, k)->duration_90k * 100, >=,
            rows[i / 2].part_90k * (out_at (sink, k)->last ? 50 : 85));
    }
    g_assert_cmpuint (sink->parts->len, >, 10);
    synth_clear (&s);
  }
}

/* GOPs of all lengths: short ones, and ones that are longer than what is frozen. */
static void
test_uneven (void)
{
  static const guint gops[] = { 25, 25, 10, 25, 3, 60, 25, 24, 26, 1, 1, 50, 25, 100, 7, 25 };
  static const gint64 wishes_90k[] = { SECOND, SECOND / 3, 2 * SECOND };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (wishes_90k); i++) {
    g_autoptr (Sink) sink = sink_new (wishes_90k[i / 2], (AspHlsPartAlign) (i & 1));
    gint64 at_90k = SECOND;
    guint first = 0, next = 0, gop = 0;
    Synth s;

    synth_init (&s, 0);
    synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = SECOND,.frames = 500});
    synth_sort (&s);
    for (guint k = 0; k < s.units->len; k++) {
      SynthUnit *u = &g_array_index (s.units, SynthUnit, k);

      u->rap = k == next;
      if (u->rap)
        next = k + gops[gop++ % G_N_ELEMENTS (gops)];
    }
    push_all (sink, &s, 0);
    g_assert_cmpuint (sink->parts->len, >, 5);
    for (guint k = 0; k < sink->parts->len; k++) {
      if (k == 0)
        first = out_at (sink, k)->first_video;
      at_90k += out_at (sink, k)->duration_90k;
    }
    g_assert_cmpint (at_90k - SECOND + first * FRAME, ==, 500 * FRAME);
    synth_clear (&s);
  }
}

/* Pictures are missing, one or a second of them; frames that last longer than a part. */
static void
test_holes (void)
{
  static const guint holes[] = { 1, 3, 12, 40, 90 };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (holes); i++) {
    g_autoptr (Sink) sink = sink_new (SECOND / 3, (AspHlsPartAlign) (i & 1));
    Synth s;

    synth_init (&s, 0);
    synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = SECOND,.frames = 400,.gop = 8});
    g_array_remove_range (s.units, 120, holes[i / 2]);
    g_array_remove_range (s.units, 212, holes[i / 2]);
    sink->holes = TRUE;
    push_all (sink, &s, 0);
    /* a long one is another time base */
    if (holes[i / 2] <= 12)
      g_assert_cmpint (ABS (sink->at_90k - 400 * FRAME), <=, sink->target_90k);
    synth_clear (&s);
  }
}

/* -- bytes -- */

static void
test_chunks (void)
{
  static const gsize chunks[] = { 0, 1, 7, 187, 188, 189, 1316, 65536 };
  g_autofree gchar *expected = NULL;
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (chunks); i++) {
    g_autoptr (Sink) sink = sink_new (SECOND / 3, ASP_HLS_PART_ALIGN_ANY);
    Synth s;

    stream_init (&s, &(Stream) {.gop = 25,.late_90k = 27000,.frames_per_pes = 3,.start_90k = SECOND,
        .reorder = 1});
    push_all (sink, &s, chunks[i]);
    if (!expected) {
      expected = g_strdup (g_checksum_get_string (sink->sum));
      n = sink->parts->len;
    }
    g_assert_cmpstr (g_checksum_get_string (sink->sum), ==, expected);
    g_assert_cmpuint (sink->parts->len, ==, n);
    synth_clear (&s);
  }
}

/* Packets of sound stand between those of the pictures that come later: a PES is under way
 * where parts end. */
static GByteArray *
tear (const GByteArray * bytes, guint spread)
{
  GByteArray *out = g_byte_array_new ();
  GQueue held = G_QUEUE_INIT;
  guint n = 0;

  for (guint at = 0; at < bytes->len; at += ASP_TS_SIZE) {
    const guint8 *p = bytes->data + at;

    if (asp_ts_pid (p) >= SYNTH_AUDIO_PID && asp_ts_pid (p) < SYNTH_SCTE35_PID) {
      g_queue_push_tail (&held, (gpointer) p);
      continue;
    }
    g_byte_array_append (out, p, ASP_TS_SIZE);
    if (++n % spread == 0 && !g_queue_is_empty (&held))
      g_byte_array_append (out, g_queue_pop_head (&held), ASP_TS_SIZE);
  }
  while (!g_queue_is_empty (&held))
    g_byte_array_append (out, g_queue_pop_head (&held), ASP_TS_SIZE);
  return out;
}

static void
test_torn (void)
{
  for (guint i = 0; i < 6; i++) {
    g_autoptr (Sink) sink = sink_new (i & 1 ? SECOND / 3 : SECOND, (AspHlsPartAlign) (i & 1));
    g_autoptr (GByteArray) bytes = NULL, torn = NULL;
    Synth s;

    stream_init (&s, &(Stream) {.gop = 25,.late_90k = i < 2 ? 0 : i < 4 ? 18000 : -18000,
        .frames_per_pes = 20,.start_90k = SECOND});
    bytes = synth_write (&s);
    torn = tear (bytes, 1 + i / 2);
    push (sink, torn->data, torn->len, 188);
    asp_hls_segmenter_finish (sink->segmenter);
    check_lengths (sink, i & 1 ? 8 * FRAME : SECOND, i & 1 ? FRAME : 0);
    synth_clear (&s);
  }
}

/* Ended anywhere: what has come is told, legally. */
static void
test_truncated (void)
{
  g_autoptr (GByteArray) bytes = NULL;
  Synth s;

  stream_init (&s, &(Stream) {.gop = 12,.late_90k = 9000,.frames_per_pes = 2,.start_90k = SECOND});
  bytes = synth_write (&s);
  for (gsize size = 0; size < bytes->len; size += ASP_TS_SIZE * 7) {
    g_autoptr (Sink) sink = sink_new (SECOND / 3, (AspHlsPartAlign) (size / ASP_TS_SIZE % 2));

    push (sink, bytes->data, size / 2 + 40000, 0);
    asp_hls_segmenter_finish (sink->segmenter);
    g_assert_cmpuint (sink->n_open, ==, 0);
    if (size / 2 + 40000 + 1000 > bytes->len)
      break;
  }
  synth_clear (&s);
}

/* -- time -- */

/* Where picture @number begins in the stream, and its first packet ends. */
static gsize
picture_at (const GByteArray * bytes, guint number)
{
  guint n = 0;

  for (guint at = 0; at < bytes->len; at += ASP_TS_SIZE)
    if (asp_ts_pid (bytes->data + at) == SYNTH_VIDEO_PID &&
        (bytes->data[at + 1] & 0x40) && n++ == number)
      return at + ASP_TS_SIZE;
  g_assert_not_reached ();
}

/* A part leaves with the first packet behind it, wherever the sound is; before a RAP, which
 * somebody may begin with, when the sound that belongs to it has come. */
static void
test_latency (void)
{
  static const gint64 late[] = { 0, 27000, -27000, 80000 };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (late); i++) {
    g_autoptr (Sink) sink = sink_new (i & 1 ? SECOND / 5 : SECOND, (AspHlsPartAlign) (i & 1));
    g_autoptr (GByteArray) bytes = NULL;
    guint n_inside = 0;
    Synth s;

    stream_init (&s, &(Stream) {.gop = 25,.late_90k = late[i / 2],.start_90k = SECOND});
    bytes = synth_write (&s);
    push (sink, bytes->data, bytes->len, ASP_TS_SIZE);
    for (guint k = 0; k + 1 < sink->parts->len; k++) {
      const Out *part = out_at (sink, k), *next = out_at (sink, k + 1);
      gsize begins = picture_at (bytes, next->first_video);
      /* its first frames of sound are not there before the audio of its time is, and four
       * packets make the picture known: nothing more is waited for */
      gint64 over_90k = MAX (late[i / 2], 0) + 2 * AUDIO;
      gsize until = picture_at (bytes, MIN (next->first_video + (guint) (over_90k / FRAME) + 1,
              STREAM_FRAMES - 1));

      if (!next->independent && late[i / 2] <= 0) {
        n_inside++;
        g_assert_cmpuint (part->pushed, ==, begins);
      } else if (next->independent && next->first_video + 40 < STREAM_FRAMES) {
        g_assert_cmpuint (part->pushed, <=, until);
      }
    }
    g_assert_true (n_inside > 3 || late[i / 2] > 0 || !(i & 1));
    synth_clear (&s);
  }
}

/* -- breaks -- */

static void
test_break (void)
{
  for (guint i = 0; i < 4; i++) {
    g_autoptr (Sink) sink = sink_new (i & 1 ? SECOND / 3 : SECOND, (AspHlsPartAlign) (i & 1));
    gint64 starts_90k[] = { SECOND, SECOND + 133 * FRAME, SECOND + 200 * FRAME };
    guint frames[] = { 133, 67, 150 };
    AspHlsBoundary *b = NULL;
    g_autoptr (GByteArray) waiting = g_byte_array_new ();
    Synth s;

    synth_init (&s, 0);
    for (guint k = 0; k < 3; k++)
      synth_add_video (&s, &(SynthVideo) {.source = k + 1,.start_pts90k = starts_90k[k],
          .frames = frames[k],.gop = 25,.reorder = i & 2 ? 1 : 0});
    synth_sort (&s);
    synth_write_psi (&s, waiting);
    for (guint k = 0; k < s.units->len; k++) {
      const SynthUnit *u = &g_array_index (s.units, SynthUnit, k);

      if (u->source > 1 && u->number == 0) {
        push (sink, waiting->data, waiting->len, 0);
        g_byte_array_set_size (waiting, 0);
        b = asp_hls_boundary_new ((guint64) u->pts90k, TRUE);
        asp_hls_segmenter_boundary (sink->segmenter, b);
      }
      synth_write_unit (&s, u, waiting);
    }
    push (sink, waiting->data, waiting->len, 0);
    asp_hls_segmenter_finish (sink->segmenter);
    /* with the last of a source it is known that there is another one behind it */
    g_assert_cmpuint (sink->n_announced, ==, 2);
    g_assert_cmpint (sink->at_90k, ==, 350 * FRAME);
    synth_clear (&s);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/parts/idr", test_idr);
  g_test_add_func ("/hls/parts/any", test_any);
  g_test_add_func ("/hls/parts/uneven", test_uneven);
  g_test_add_func ("/hls/parts/holes", test_holes);
  g_test_add_func ("/hls/parts/chunks", test_chunks);
  g_test_add_func ("/hls/parts/torn", test_torn);
  g_test_add_func ("/hls/parts/truncated", test_truncated);
  g_test_add_func ("/hls/parts/latency", test_latency);
  g_test_add_func ("/hls/parts/break", test_break);
  return g_test_run ();
}
