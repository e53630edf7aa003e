/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What is burnt into every test picture: 4 bits of source, 12 bits of frame number, 4 check
 * bits, as two rows of ten blocks, black or white, in the upper PATTERN_BAND_HEIGHT lines. At
 * PATTERN_WIDTH a block is 32 x 32, so that no codec at any bit rate in use hides it, and both
 * fields of an interlaced picture carry the same. Thread: any; pure.
 */
#define PATTERN_WIDTH 320
#define PATTERN_HEIGHT 192
#define PATTERN_COLUMNS 10
#define PATTERN_ROWS 2
#define PATTERN_BAND_HEIGHT 64
#define PATTERN_BITS (PATTERN_COLUMNS * PATTERN_ROWS)
#define PATTERN_MAX_FRAME 4095
#define PATTERN_MAX_SOURCE 15

/* Sound: a tone of its own for each source, and a tick in the middle of each second. */
#define PATTERN_SAMPLE_RATE 48000
#define PATTERN_TICK_HZ 3000
#define PATTERN_TICK_SAMPLES 1440       /* 30 ms */
#define PATTERN_TICK_LEVEL 0.7
#define PATTERN_TONE_LEVEL 0.12

static inline guint32
pattern_encode (guint source, guint frame)
{
  guint32 word = ((source & 15) << 12) | (frame & 4095);
  guint check = ((word >> 12) + 3 * (word >> 8) + 5 * (word >> 4) + 7 * word + 9) & 15;

  return (word << 4) | check;
}

/* FALSE: the check bits are wrong */
static inline gboolean
pattern_decode (guint32 bits, guint * source, guint * frame)
{
  *source = (bits >> 16) & 15;
  *frame = (bits >> 4) & 4095;
  return pattern_encode (*source, *frame) == (bits & 0xfffff);
}

static inline gdouble
pattern_tone_hz (guint source)
{
  return 300.0 + 170.0 * source;
}

/* A stretch of frames of one source: "1:0-299". */
typedef struct
{
  guint source;
  guint first;
  guint last;                   /* G_MAXUINT: to the end, whatever that is */
} PatternRun;

/* "1:0-299,2:0-124,1:550-": NULL and a message on stderr when it is something else */
GArray *pattern_runs_parse (const gchar * text);
gchar *pattern_runs_to_string (const GArray * runs);

G_END_DECLS
