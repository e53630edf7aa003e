/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hlc-capture.h"

G_BEGIN_DECLS

/*
 * A capture as a faultless packager would leave it, made of nothing, to sow defects into: 14
 * segments of 2 s (25 pictures a second, AAC), a break of two creatives in the sixth to eighth,
 * a window of six, ENDLIST. Thread: any.
 */
typedef enum
{
  HLC_SYNTH_PLAIN = 0,
  HLC_SYNTH_LOW_LATENCY = 1 << 0,       /* four parts a segment, delta updates */
  HLC_SYNTH_RENDITIONS = 1 << 1,        /* hi, lo and a multivariant playlist */
  HLC_SYNTH_CUES = 1 << 2,      /* cue tags beside the date ranges */
  HLC_SYNTH_LONG_SEGMENT = 1 << 3,      /* the eleventh has 64 pictures */
  HLC_SYNTH_LONGER_SEGMENT = 1 << 4,    /* ... 75 */
  HLC_SYNTH_GOOGLE = 1 << 6,    /* cue tags without EXT-X-CUE-OUT-CONT */
  HLC_SYNTH_NARROW = 1 << 5,    /* a window of three */
} HlcSynthFlags;

typedef struct
{
  gint64 time_us;
  HlcEventKind kind;
  gchar *name;
  gchar *text;                  /* of a playlist, delta or response; else NULL */
  GByteArray *media;            /* of media; else NULL */
} HlcSynthEvent;

/* HlcSynthEvent in their order. Owner: the caller. */
GPtrArray *hlc_synth_new (HlcSynthFlags flags);
HlcSynthEvent *hlc_synth_event_new (gint64 time_us, HlcEventKind kind, const gchar * name);

void hlc_synth_write (GPtrArray * events, const gchar * folder);

G_END_DECLS
