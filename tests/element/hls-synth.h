/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ts-packet.h>
#include <asp-ts-psi.h>

G_BEGIN_DECLS

/*
 * Transport streams by hand: small access units that say who they are, in a multiplex
 * where sound can come as late or as early as a test wants; and what segments hold of
 * them. H.264 on PID 256, AAC on 257 and up, PMT on 4096.
 */
#define SYNTH_VIDEO_PID 0x100
#define SYNTH_AUDIO_PID 0x101
#define SYNTH_SCTE35_PID 0x120
#define SYNTH_PMT_PID 0x1000
#define SYNTH_AUDIO_FRAME_90K 1920      /* 1024 samples at 48 kHz */

/* One access unit (or grouped audio) of a source. */
typedef struct
{
  guint pid;
  guint source;                 /* below 128 */
  guint number;                 /* of its first access unit in the source, below 2^14 */
  guint count;                  /* access units in the PES */
  gboolean rap;
  gboolean recovery;            /* not a RAP, but a recovery point */
  gint64 pts90k, dts90k;        /* not wrapped */
  gint64 mux_90k;               /* where it stands in the multiplex */
} SynthUnit;

typedef struct
{
  GArray *units;                /* SynthUnit, in the order of the multiplex after synth_sort() */
  guint n_audio;                /* PIDs of the PMT */
  gboolean scte35;              /* the PMT names a SCTE 35 PID */
  guint8 pmt_version;
  guint8 cc[ASP_PID_COUNT];
  guint unit_bytes;             /* of a picture; 0 = 600 */
  guint sps;                    /* which of two sets of parameters */
} Synth;

void synth_init (Synth * synth, guint n_audio);
void synth_clear (Synth * synth);

typedef struct
{
  guint source;
  gint64 start_pts90k;
  guint frames;
  gint64 frame_90k;             /* 0 = 3600 */
  guint gop;                    /* frames from RAP to RAP; 0 = only the first */
  guint reorder;                /* 0, or 1: I P b P b */
  gboolean no_idr;              /* recovery points where RAPs would be */
} SynthVideo;

void synth_add_video (Synth * synth, const SynthVideo * video);

/* @late_90k: behind the picture of the same time in the multiplex; negative: ahead of it. */
void synth_add_audio (Synth * synth, guint pid, guint source, gint64 start_pts90k, guint frames,
    guint frames_per_pes, gint64 late_90k);

/* By place in the multiplex; units of one PID stay in the order in which they were added. */
void synth_sort (Synth * synth);

/* PAT and PMT as packets, appended to @out. */
void synth_write_psi (Synth * synth, GByteArray * out);
void synth_write_unit (Synth * synth, const SynthUnit * unit, GByteArray * out);
/* Everything, PSI before every RAP. */
GByteArray *synth_write (Synth * synth);

/* What was found in a segment, access unit by access unit. */
typedef struct
{
  guint pid, source, number;
  gint64 pts90k;                /* 33 bit */
  gboolean rap;
} SynthFound;

/**
 * synth_read_segment:
 * @cc: counters from segment to segment, -1 before the first packet; fails the test when
 *   one breaks
 *
 * Fails the test unless the segment begins with PAT and PMT, holds whole packets of the
 * programme's streams only, and its first picture follows at once.
 * Returns: (element-type SynthFound): in the order of the bytes
 */
GArray *synth_read_segment (const guint8 * data, gsize size, gint cc[ASP_PID_COUNT]);

G_END_DECLS
