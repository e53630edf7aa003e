/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-es-audio.h>
#include <asp-es-video.h>
#include <asp-scte35.h>

#include "asp-check-pair.h"

G_BEGIN_DECLS

/*
 * A transport stream as a splicer sees it, measured: programmes, random access points,
 * reordering, multiplex delay, clock, grouping of audio, cues and their distance to random
 * access points, damage. Facts only; what they mean is asp-check-verdict.h.
 *
 * Bytes in, facts out: no clock, no thread, no I/O; time is the stream's. Memory does not
 * grow with the length of the stream. All 33-bit times are compared over their wrap.
 * Thread: one object, one thread. Since: 0.1
 */
#define ASP_CHECK_PROGRAMS_MAX 64
#define ASP_CHECK_RAPS_MAX 512  /* kept, to measure the distance of cues */
#define ASP_CHECK_WAITING_MAX 64        /* cues that wait for their random access point */
#define ASP_CHECK_RAP_WAIT_90K (20 * ASP_SECOND_90K)    /* so long behind a cue's time one is waited for */
#define ASP_CHECK_RAP_NEAR_90K (60 * ASP_SECOND_90K)    /* what is further away is not told */

typedef struct
{
  guint64 count;
  gint64 min, max, sum;         /* count 0: not to be read */
} AspCheckRange;

void asp_check_range_add (AspCheckRange * r, gint64 value);
gint64 asp_check_range_mean (const AspCheckRange * r);

typedef struct
{
  AspVideoParams params;        /* width 0: no parameter sets were seen */
  gdouble frame_90k;            /* interval between pictures, 0 = not known */
  guint64 pictures;             /* two fields are one */
  guint64 kinds[ASP_PICTURE_INTRA + 1]; /* of AspPictureKind */
  guint64 raps;                 /* asp_picture_is_rap() */
  guint64 raps_without_sets;    /* parameter sets do not stand before them */
  guint64 raps_flagged;         /* with random_access_indicator */
  guint64 open_gops;            /* RAPs that undecodable leading pictures follow */
  AspCheckRange rap_interval_90k;
  gint64 longest_without_rap_90k;       /* the ends of the stream count too */
  AspCheckRange recovery_interval_90k;  /* H.264, HEVC recovery points */
  AspCheckRange reorder_90k;    /* PTS - DTS of all pictures */
  gint64 rap_reorder_90k;       /* PTS - DTS of the last RAP */
  gint64 first_pts90k, last_pts90k;     /* in the programme's time; ASP_NO_TIME */
} AspCheckVideo;

typedef struct
{
  AspCodec codec;               /* as found: AAC is announced as MPEG audio sometimes */
  guint sample_rate, channels;  /* 0: not known */
  gint64 frame_90k;             /* of the last frame */
  guint64 frames, pes;
  AspCheckRange frames_per_pes; /* as they end in it */
  AspCheckRange pes_90k;        /* from one PTS to the next */
  guint64 unsynced_bytes;       /* that belong to no frame */
  gint64 first_pts90k, end_90k; /* in the programme's time; ASP_NO_TIME */
} AspCheckAudio;

typedef struct
{
  AspPmtStream pmt;
  guint64 packets, payload_bytes, cc_errors, scrambled_packets;
  AspCheckRange lead_90k;       /* PTS or DTS less PCR where a picture or PES begins */
  AspCheckRange margin_90k;     /* the same at its last packet: never negative */
  AspCheckVideo video;          /* by pmt.codec */
  AspCheckAudio audio;
} AspCheckStream;

typedef struct
{
  guint64 pcrs;
  AspCheckRange interval_27m;
  guint64 over_40ms, over_100ms;
  guint64 jumps;                /* back, or further than 10 s; those with discontinuity_indicator too */
  guint64 flagged_jumps;
  gboolean constant_rate;       /* the clock runs with the packets, and there are null packets */
  gint64 packet_rate_mhz;       /* packets in 1000 s, of the whole multiplex; 0 = not known */
  gint64 jitter_ns;             /* largest deviation from that rate; with constant_rate */
} AspCheckClock;

typedef struct
{
  guint number, pmt_pid, pcr_pid;
  gboolean have_pmt, cuei;
  gboolean pcr_pid_unnamed;     /* the PMT says 0x1FFF; pcr_pid is the first one with a clock */
  guint pmt_changes;            /* versions behind the first one */
  guint n_streams;
  AspCheckStream *streams;      /* of the newest PMT, and older ones that it does not name */
  gint video;                   /* index of the stream that is spliced, -1 = none */
  AspCheckClock clock;
  guint64 cues, cues_damaged, cues_encrypted;
  guint64 cues_timed, cues_on_rap, cues_late, cues_short;       /* with a splice time inside of the stream; ... past; < 4 s ahead */
  gint64 worst_rap_wait_90k;    /* of a cue's time for the next RAP; ASP_NO_TIME = no cue */
  guint64 outs, ins, unmatched_ins, cancels;
  guint64 outs_open;            /* at the end: without a return cue and without a duration */
} AspCheckProgram;

typedef struct
{
  guint64 bytes, packets, null_packets, sync_losses, garbage_bytes;
  guint64 transport_errors, cc_errors, scrambled_packets, damaged_tables;
  guint packet_size;            /* 188; 192 or 204: not looked into; 0: no transport stream */
  gint64 duration_90k;          /* by the clock of the first programme that has one */
  AspCheckRange pat_27m;        /* interval */
  guint n_programs;
  AspCheckProgram *programs;
} AspCheckFacts;

typedef struct
{
  guint64 number;               /* 1 for the first of the stream */
  guint program_number;
  guint16 pid;
  guint64 packet;               /* in which its section ended */
  gint64 arrival_pts90k;        /* highest PTS of the video so far; ASP_NO_TIME */
  GBytes *bytes;
  GError *error;                /* not NULL: it cannot be read and section is zeroed */
  AspScte35Section section;
  gint64 splice_pts90k;         /* unwrapped near arrival; of a splice without a time its arrival; else ASP_NO_TIME */
  gboolean timed;               /* the cue says a time itself */
  gint64 lead_90k;              /* from the clock at arrival to the splice; ASP_NO_TIME */
  gint64 rap_before_90k;        /* from the last RAP at or before to the splice, >= 0; ASP_NO_TIME: none */
  gint64 rap_after_90k;         /* from the splice to the first RAP at or behind it, >= 0; ASP_NO_TIME */
  guint n_pairs;
  AspCuePairing pairs[ASP_CUE_PAIRS_MAX];
} AspCheckCue;

typedef enum
{
  ASP_CHECK_CUE_ARRIVED,        /* rap_before_90k, rap_after_90k may not be known yet */
  ASP_CHECK_CUE_SETTLED,        /* all is known that will be */
} AspCheckCueMoment;

/* @cue is valid in the call only. Each cue is told twice, in this order. */
typedef void (*AspCheckCueFunc) (const AspCheckCue * cue, AspCheckCueMoment moment, gpointer user_data);

typedef struct _AspCheck AspCheck;

/* @func may be NULL. */
AspCheck *asp_check_new (AspCheckCueFunc func, gpointer user_data);
void asp_check_free (AspCheck * c);     /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspCheck, asp_check_free)

/* Any chunking. */
void asp_check_push (AspCheck * c, const guint8 * data, gsize size);
/* No more bytes come: cues that wait are settled. */
void asp_check_finish (AspCheck * c);

/* (transfer none): up to date after asp_check_finish(), nearly so before. */
const AspCheckFacts *asp_check_facts (const AspCheck * c);

/* (nullable): the programme that tssplicer splices: the first one, or that of @number. */
const AspCheckProgram *asp_check_program (const AspCheckFacts * facts, guint number);

/* In random access points "an error of nothing": half a frame, as DESIGN 6.2 says. */
gboolean asp_check_is_on_rap (const AspCheckProgram * p, const AspCheckCue * cue);

G_END_DECLS
