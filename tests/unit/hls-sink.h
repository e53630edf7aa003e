/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-hls-segmenter.h>

#include "../element/hls-synth.h"

G_BEGIN_DECLS

/*
 * A segmenter and what came out of it: positions must add up and counters must not break, or the
 * test fails at once. Thread: the test's.
 */
typedef struct
{
  AspHlsSegmentInfo info;
  GArray *found;                /* SynthFound */
  guint n_marks;
} HlsSinkSegment;

typedef struct
{
  AspHlsSegmenter *segmenter;
  GArray *out;                  /* HlsSinkSegment */
  GPtrArray *marks;             /* gchar: "kind id at" of all, in order */
  gint cc[ASP_PID_COUNT];
  gint64 at_90k;
  GChecksum *sum;               /* over all bytes of all segments */
} HlsSink;

HlsSink *hls_sink_new (guint target_s);
void hls_sink_free (HlsSink * sink);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HlsSink, hls_sink_free)

/* Segment @i, which must be there. */
const HlsSinkSegment *hls_sink_segment (const HlsSink * sink, guint i);
/* Everything in pieces of @chunk bytes (0 = in one). */
void hls_sink_push (HlsSink * sink, const GByteArray * bytes, gsize chunk);
/* ... the whole stream, and its end. */
void hls_sink_push_all (HlsSink * sink, Synth * synth, gsize chunk);
/* The access units of a PID in a segment are @first to @last of @source, in order. */
void hls_sink_assert_run (const HlsSink * sink, guint i, guint pid, guint source, guint first,
    guint last);
/* Every unit of the PID that the stream has from @first on is there once, in order. */
void hls_sink_assert_complete (const HlsSink * sink, guint pid, guint source, guint first,
    guint n);

/* Ten seconds of source 1 with two sounds; @late_90k: how far behind the picture the first one comes */
void hls_sink_plain_stream (Synth * synth, gint64 start_90k, gint64 late_90k, guint frames_per_pes);
/* First audio unit of a segment: sounds while its first picture is shown. */
guint hls_sink_audio_at (gint64 picture_90k, gint64 audio_start_90k);

G_END_DECLS
