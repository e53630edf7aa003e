/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-es-codec-string.h>
#include <asp-es-video.h>
#include <asp-ts-packet.h>
#include <asp-ts-pes.h>
#include <asp-ts-psi.h>

#include "asp-hls-blocks.h"
#include "asp-hls-cut.h"
#include "asp-hls-segmenter.h"

G_BEGIN_DECLS

/*
 * Internal to the segmenter. A packet goes this way:
 *
 *   asp-hls-intake.c   bytes -> packets; PSI; which PES ("run") a packet belongs to
 *   asp-hls-lead.c     each access unit of the leading stream (video): is it cut here?
 *   asp-hls-sort.c     pending packets in the order of the multiplex -> their segments
 *   asp-hls-split.c    audio PES over which a cut falls
 *   asp-hls-segment.c  open segments: counters, bytes, closing
 *   asp-hls-part.c     parts of segments, where there are any
 *   asp-hls-content.c  what is added or left out by option
 *
 * For low latency nothing waits for another PID: each has its own queue in place of the one of
 * the multiplex, and only whole PES leave it, so that none is torn by the end of a part.
 */
#define LEAD_HEAD_MAX (64 * 1024)       /* of an access unit, looked at for its kind */
#define AUDIO_HEAD_MAX 320      /* of an audio PES: the longest header and a frame header */
#define CC_NONE 0xff
#define FINGERPRINT 16          /* bytes of both ends of a packet's payload that tell it from others */
#define ENTRY_PATIENCE_90K (5 * ASP_SECOND_90K) /* then a recovery point is an entry too */

/* A segment that is being filled, or a stretch of the stream that is thrown away. */
typedef struct
{
  gboolean discard;
  gboolean new_base;            /* its time base is not that of the one before */
  AspHlsSegmentInfo info;
  gint64 start_pts90k;          /* 33 bit; ASP_NO_TIME before the first picture of all */
  gint64 entry_pts90k;          /* sound from here on is at home in it; a part's own */
  gint64 end_90k;               /* from start_pts90k: end of the latest picture */
  gint64 opened_progress_90k;
  AspHlsBoundary *boundary;     /* that it began with, or NULL */
  GByteArray *pat, *pmt;        /* sections, as they were when it was opened */
  guint16 pmt_pid;
  guint16 id3_pid;              /* ASP_PID_NULL: no timed metadata */
  AspHlsBlock *block;           /* the segment so far: `size` bytes of it */
  gsize size;
  GByteArray *early;            /* of this segment, but came before its first picture */
  gboolean has_lead;
  /* Parts: decided about are all of `parts`, the last of them open; bytes go into `part_now`.
   * A part that begins with a RAP begins a Segment of its own, which continues the one before
   * it: there sound is sorted as it is from segment to segment. What belongs to the whole
   * segment (info, start, end, lengths) goes on from one to the next. */
  gboolean continues;
  GArray *parts;                /* asp-hls-part.c; NULL: none */
  guint first_part;             /* its number in the whole segment */
  gint64 start_dts90k;          /* 33 bit */
  gint64 parts_90k;             /* of those that have got their length */
  guint part_now, n_told;
  GPtrArray *before;            /* GBytes: of the whole segment, what is not in block; or NULL */
  gsize before_size;
} Segment;

typedef enum
{
  ROLE_NONE,                    /* not in the segments */
  ROLE_LEAD,
  ROLE_AUDIO,
  ROLE_OTHER,
  ROLE_SECTIONS,                /* no PES: goes where the picture before it went */
} Role;

/* Packets that wait, and of which PES each one is (NULL: it goes where the picture before it
 * went). A ring: they come and go without an allocation. */
typedef struct
{
  struct _Run **runs;
  guint8 *packets;
  guint size, head, length;
} PendingRing;

typedef struct
{
  guint16 pid;
  Role role;
  AspCodec codec;
  gchar codec_string[ASP_CODEC_STRING_MAX];     /* as last seen, or "" */
  struct _Run *run;             /* the PES that is coming in */
  GByteArray *head;             /* its first bytes, until they have told enough */
  guint8 last[2 * FINGERPRINT]; /* of the last packet with payload, for duplicates */
  guint8 last_cc;
  gboolean has_last;
  /* audio */
  Segment *segment;                   /* where its last PES went; never goes back */
  gint64 last_pts90k;           /* as it came in */
  gint64 placed_pts90k;         /* as it went into a segment */
  gint64 spacing_90k;           /* from PES to PES */
  struct _Run *splitting;       /* PES that is being gathered because a cut falls into it */
  gint64 frame_90k;
  guint sample_rate, channels;
  gint64 seen_progress_90k;
  PendingRing waiting;          /* low latency */
} Stream;

/* How a segment follows the one before it. */
typedef enum
{
  JOIN_GOES_ON,                 /* the one before lasts until it begins */
  JOIN_GAP,                     /* the one before is over earlier */
  JOIN_NEW_BASE,                /* the times cannot be compared */
} Join;

/* An audio PES that goes into two segments. */
typedef struct
{
  Segment *from, *into;            /* neighbours; the older one stays open meanwhile */
  gint64 entry_pts90k;          /* frames from here on enter */
  GByteArray *pes;
} Split;

/* One PES, or what came of a PID before its first one. */
typedef struct _Run
{
  guint refs;
  Stream *stream;
  gboolean decided;             /* lead: segment is set; others: the header has been read */
  Segment *segment;             /* lead only */
  guint part;                   /* of it; lead only */
  gint64 pts90k;                /* 33 bit, or ASP_NO_TIME */
  guint sample_rate, channels;  /* audio: 0 when not read */
  gint64 duration_90k;          /* audio: as far as its header tells */
  gsize pes_size;               /* with its header; 0 = not bounded */
  gsize received;               /* of that */
  gboolean placed;              /* a packet of it has gone into a segment */
  gboolean regular;             /* each packet so far has payload and the counter behind the last one's */
  Split *split;                 /* audio, while it is gathered */
  gint64 arrival_progress_90k;
} Run;

struct _AspHlsSegmenter
{
  const AspHlsSegmenterFuncs *funcs;
  gpointer user_data;
  gint64 now_utc_us;
  AspHlsCut cut;
  AspHlsPartCut part_cut;       /* wish_90k > 0: low latency */
  gboolean frozen;              /* what both have frozen has been agreed on */

  /* intake */
  guint8 carry[ASP_TS_SIZE];
  guint carry_size;
  guint stride_204;             /* packets in a row that were followed by 16 more bytes */
  AspSectionAssembler pat_assembler, pmt_assembler;
  GByteArray *pat, *pmt;        /* sections as they go into segments */
  GByteArray *next_pmt;         /* other streams, from the next RAP on */
  guint16 program_number;
  guint16 pmt_pid;              /* ASP_PID_NULL while there is none */
  guint16 pcr_pid;
  Stream *streams[ASP_PID_COUNT];       /* by PID */
  GPtrArray *all_streams;       /* Stream, owned: packets that wait point to them */
  Stream *lead;
  guint64 n_packets;
  gboolean scrambled;

  /* lead */
  gint64 last_dts90k;           /* 33 bit */
  gint64 progress_90k;          /* how far the lead's DTS have come, jumps left out */
  gint64 rap_pts90k;            /* last RAP of this time base */
  gint64 rap_progress_90k;
  gint64 frame_90k;
  gint64 reorder_90k;           /* highest PTS - DTS */
  gboolean interrupted;
  gboolean recovery_entries;    /* recovery points count: there is nothing better */
  GQueue boundaries;            /* AspHlsBoundary, not reached yet */
  GByteArray *parameter_sets;   /* of the last RAP that had some */
  AspVideoParams params;
  gboolean has_params;

  /* sort */
  PendingRing pending;          /* low latency: of packets that have no stream */
  guint n_waiting;              /* in all rings */
  GQueue segments;              /* Segment, oldest first; the newest one is what the lead is in */
  Segment *position;               /* that the last lead packet went into */
  gboolean finishing;

  /* segments */
  AspHlsContent content;
  guint16 id3_pid;              /* with the PMT that was delivered last */
  gboolean has_clock;           /* audio only */
  guint64 clock27m;             /* the last PCR of the pictures that has been repeated */
  AspHlsBlocks *blocks;
  guint8 cc[ASP_PID_COUNT];     /* the next one; CC_NONE: begins as the stream does */
  gint64 next_at_90k;           /* where the next segment begins */
  guint64 n_segments;           /* opened */
  gsize last_size;              /* of the last one, as a guess for the next */
};

/* -- asp-hls-segmenter.c -- */
/* Does it end something that must not be left open, whatever becomes of its place? */
gboolean asp_hls_mark_is_end (const AspHlsMark * mark);
/* @from (transfer full) is at the position of @into and comes later: what it says holds. */
void asp_hls_boundary_merge (AspHlsBoundary * into, AspHlsBoundary * from);

/* Agrees with the other renditions on what is frozen, as soon as all of it is. */
void asp_hls_segmenter_freeze (AspHlsSegmenter * s);

/* -- asp-hls-intake.c -- */
void asp_hls_adopt_next_pmt (AspHlsSegmenter * s);
gint64 asp_hls_pts_diff (gint64 a_pts90k, gint64 b_pts90k);

/* -- asp-hls-lead.c -- */
/* The head of the lead's run is known as far as it will be. */
void asp_hls_lead_decide (AspHlsSegmenter * s, Run * run, const guint8 * head, gsize size);
/* Has @head told all there is to know? */
gboolean asp_hls_lead_head_complete (AspHlsSegmenter * s, const guint8 * head, gsize size);

/* -- asp-hls-sort.c -- */
Run *asp_hls_run_new (AspHlsSegmenter * s, Stream * stream);
void asp_hls_run_unref (Run * run);
/* Places packets, and what it is that others have waited for, or lets them wait. @n is 1, or
 * they are of the leading stream. */
void asp_hls_sort_push (AspHlsSegmenter * s, Run * run, const guint8 * packets, guint n);
/* Places what can be placed; everything when finishing. */
void asp_hls_sort_run (AspHlsSegmenter * s);
void asp_hls_sort_clear (AspHlsSegmenter * s);

/* -- asp-hls-split.c -- */
/* FALSE: @run goes whole. Its packets are taken from here on, and asp_hls_split_end() comes
 * by itself with the last of them. */
gboolean asp_hls_split_begin (AspHlsSegmenter * s, Run * run, Segment * from, Segment * into,
    gint64 entry_pts90k);
void asp_hls_split_take (AspHlsSegmenter * s, Run * run, const guint8 * packet);
/* With what has come; nothing when @stream is not splitting. */
void asp_hls_split_end (AspHlsSegmenter * s, Stream * stream);
void asp_hls_split_free (Split * split);        /* NULL is allowed */

/* -- asp-hls-segment.c -- */
Segment *asp_hls_segment_open (AspHlsSegmenter * s, gboolean discard, Join join, gint64 pts90k);
/* Packets of one PID. @regular: each has payload, and the counter behind the one before it */
void asp_hls_segment_put (AspHlsSegmenter * s, Segment * segment, const Stream * stream,
    const guint8 * packets, guint n, gboolean regular);
/* One PES with PTS. @stream: NULL when the programme has none on @pid */
void asp_hls_segment_put_pes (AspHlsSegmenter * s, Segment * segment, const Stream * stream,
    guint pid, guint8 stream_id, gint64 pts90k, const guint8 * es, gsize size);
/* The picture that @segment begins with is known. */
void asp_hls_segment_note_video (AspHlsSegmenter * s, Segment * segment);
void asp_hls_segment_close_oldest (AspHlsSegmenter * s);
void asp_hls_segment_free (Segment * segment);
Segment *asp_hls_segment_next (AspHlsSegmenter * s, Segment * segment);
Segment *asp_hls_segment_newest (AspHlsSegmenter * s);
/* PAT and PMT of @segment. */
void asp_hls_segment_put_tables (AspHlsSegmenter * s, Segment * segment);
/* The newest one goes on with a picture that sound is to be sorted by. */
Segment *asp_hls_segment_continue (AspHlsSegmenter * s, gint64 pts90k);
/* What is told of @segment and is not decided when it is opened. */
void asp_hls_segment_complete_info (AspHlsSegmenter * s, Segment * segment);

/* -- asp-hls-part.c -- */
/* @segment has been opened at an access unit. */
void asp_hls_part_begin (AspHlsSegmenter * s, Segment * segment, gint64 dts90k, gboolean is_rap);
/* Another one is in the newest segment: a part may end before it. */
void asp_hls_part_take_unit (AspHlsSegmenter * s, gint64 pts90k, gint64 dts90k, gboolean is_rap);
/* The length of @segment is known; it is made to fit what has been told. @goes_on: what
 * follows begins where it ends */
void asp_hls_part_end (AspHlsSegmenter * s, Segment * segment, gboolean goes_on);
/* The part that the last access unit is in: an index of segment->parts. */
guint asp_hls_part_number (const Segment * segment);
/* The first packet of an access unit of @part is placed now. */
void asp_hls_part_reach (AspHlsSegmenter * s, Segment * segment, guint part);
/* The pictures have come to @segment: what is open before it is in its last part. Its tables
 * are counted before those of @segment. */
void asp_hls_part_leave (AspHlsSegmenter * s, const Segment * segment);
/* Tells what is complete of the oldest segment. */
void asp_hls_part_tell (AspHlsSegmenter * s);
/* Nothing more comes for @segment, which is @bytes: tells the rest. @last: of the whole segment */
void asp_hls_part_close (AspHlsSegmenter * s, Segment * segment, GBytes * bytes, gboolean last);
/* Before @bytes are taken from it. */
void asp_hls_part_fill (AspHlsSegmenter * s, Segment * segment);

/* -- asp-hls-content.c -- */
gboolean asp_hls_content_has (const AspHlsSegmenter * s, AspHlsContent what);
/* Are these pictures that only say where it is cut? */
gboolean asp_hls_content_is_silent (const AspHlsSegmenter * s, const Stream * stream);
/* Of a stream that does not lead. */
Role asp_hls_content_role (const AspHlsSegmenter * s, const AspPmt * pmt, guint index);
/* The PMT of segments; sets id3_pid. (transfer full) */
GByteArray *asp_hls_content_pmt (AspHlsSegmenter * s);
/* What begins and ends where @segment begins. */
void asp_hls_content_put_metadata (AspHlsSegmenter * s, Segment * segment);
/* TRUE: @out is a packet with nothing but the PCR of @packet, which is left out. */
gboolean asp_hls_content_clock (AspHlsSegmenter * s, const guint8 * packet, guint8 * out);

G_END_DECLS
