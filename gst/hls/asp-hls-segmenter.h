/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ts-psi.h>

#include "asp-hls-part-cut.h"
#include "asp-hls-timeline.h"

G_BEGIN_DECLS

/*
 * Cuts a transport stream of one programme into HLS segments (RFC 8216bis 3.1.1).
 *
 * Every segment begins with PAT and PMT as the stream has them, then a picture, an IDR
 * wherever there is one. Packets of the programme's streams follow in the order of the
 * multiplex, except that those of audio go where their PTS belongs: around every cut the
 * segment that is left stays open until each audio PID has gone over, at most for
 * ASP_HLS_LATE_MAX_90K. Null packets, SI, SCTE 35 and other programmes are left out;
 * asp_hls_segmenter_set_content() changes that.
 * Continuity counters are written anew and never break.
 *
 * For low latency a segment is told in parts as well: each begins with PAT and PMT, holds
 * whole PES, and is told as soon as the picture behind it begins; the segment is nothing but its
 * parts. Sound that comes later than that stands in the part that is open then: only the
 * last part of a segment waits for it.
 *
 * Memory: at most two or three segments and ASP_HLS_PENDING_MAX bytes of packets that are
 * not yet decided about. Thread: one object, one thread. No clock, no file. Since: 0.1
 */
#define ASP_HLS_LATE_MAX_90K ASP_SECOND_90K
#define ASP_HLS_PENDING_MAX (4 * 1024 * 1024)
#define ASP_HLS_SEGMENT_MAX (128 * 1024 * 1024) /* of one segment; what comes then is dropped */
#define ASP_HLS_CODECS_MAX 256
#define ASP_HLS_MARKS_MAX 32    /* at one position */

/* Something to tell at a cut, or at once: the ASP_HLS_AVAIL_ and ASP_HLS_CREATIVE_ kinds of
 * asp-hls-timeline.h. */
typedef struct
{
  AspHlsEntryKind kind;
  gchar *avail_id;
  gchar *scte35;                /* hex, or NULL */
  gint64 duration_90k;          /* planned, 0 = not known */
  AspAdRoll roll;
  guint pod_length, pod_index;  /* 0 = not known */
  gboolean unspliced;
  AspAd *ad;                    /* of a creative, or NULL */
} AspHlsMark;

AspHlsMark *asp_hls_mark_new (AspHlsEntryKind kind, const gchar * avail_id,
    gint64 duration_90k, const gchar * scte35);
AspHlsMark *asp_hls_mark_copy (const AspHlsMark * mark);
void asp_hls_mark_free (AspHlsMark * mark);     /* NULL is allowed */

/* Where one source ends and another begins: it is cut there, RAP or not. */
typedef struct
{
  guint64 pts90k;               /* of the entering source's first picture, 33 bits as in the stream */
  gboolean discontinuity;       /* another source: FALSE where the content goes on */
  guint n_audio;
  struct
  {
    guint16 pid;
    guint64 pts90k;             /* of its first access unit in the entering source */
  } audio[ASP_PMT_STREAMS_MAX];
  GPtrArray *marks;             /* AspHlsMark, told at this position */
} AspHlsBoundary;

AspHlsBoundary *asp_hls_boundary_new (guint64 pts90k, gboolean discontinuity);
void asp_hls_boundary_add_audio (AspHlsBoundary * boundary, guint pid, guint64 pts90k);
void asp_hls_boundary_free (AspHlsBoundary * boundary); /* NULL is allowed */

typedef struct
{
  gint64 at_90k;
  gint64 start_pts90k;          /* of its first picture, 33 bits as in the stream */
  gint64 duration_90k;
  gint64 gap_90k;               /* behind it, on the stream's clock: time in which nothing was sent,
                                   before another source began. Not in any duration */
  gint64 utc_us;                /* when its first picture was pushed */
  guint target_duration_s;      /* frozen value, 0 while it is not known */
  gint64 part_target_90k;       /* likewise; 0 without parts */
  gboolean independent;         /* begins with a RAP */
  gboolean discontinuity;       /* another source or time base than the segment before */
  gboolean jump;                /* of those: a time base that nobody announced; wall clock time may
                                   have passed that the stream does not show */
  gboolean seamless;            /* a discontinuity that a player would not notice: the clock goes on,
                                   the parameter sets are byte-equal, the audio is of the same form */
  gboolean truncated;           /* longer than ASP_HLS_SEGMENT_MAX */
  /* what is in it, for the multivariant playlist */
  gchar codecs[ASP_HLS_CODECS_MAX];     /* "avc1.64001f,mp4a.40.2"; "" while not known */
  guint width, height, fps_num, fps_den;        /* 0 without video */
} AspHlsSegmentInfo;

typedef struct
{
  const AspHlsSegmentInfo *segment;     /* that it is of; duration_90k is not known before the last part */
  guint index;                  /* in it, from 0 */
  gint64 duration_90k;
  gboolean independent;         /* begins with a RAP */
  gboolean last;                /* its segment comes directly behind it */
} AspHlsPartInfo;

/* Called inside push, boundary and finish, in the order in which the timeline has to be
 * written: the parts of a segment, the segment, then what is told at its end. */
typedef struct
{
  /* @bytes (transfer full). @marks (nullable) (element-type AspHlsMark): at the end of the
   * segment, borrowed. @next (nullable): of the one that has begun behind it, as far as known */
  void (*segment) (const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
      const AspHlsSegmentInfo * next, gpointer user_data);
  /* marks without a segment: before the first one, or a schedule (then at_90k is ahead) */
  void (*mark) (const AspHlsMark * mark, gint64 at_90k, gpointer user_data);
  /* @bytes (transfer full). Only after asp_hls_segmenter_set_parts() */
  void (*part) (const AspHlsPartInfo * info, GBytes * bytes, gpointer user_data);
  /* May be NULL. Once, when this segmenter freezes TARGETDURATION and PART-TARGET (0: no parts):
   * all renditions of a channel have one of each, so who is not the first puts theirs there */
  void (*freeze) (guint * target_duration_s, gint64 * part_target_90k, gpointer user_data);
} AspHlsSegmenterFuncs;

typedef struct _AspHlsSegmenter AspHlsSegmenter;

/* @target_s: seconds; @funcs must outlive the segmenter. */
AspHlsSegmenter *asp_hls_segmenter_new (guint target_s, const AspHlsSegmenterFuncs * funcs,
    gpointer user_data);
void asp_hls_segmenter_free (AspHlsSegmenter * segmenter);      /* NULL is allowed */

/**
 * asp_hls_segmenter_push:
 * @data: a piece of the stream of any length; packets may straddle pieces
 * @utc_us: Unix time of its arrival
 *
 * Returns: FALSE when the packets are 204 bytes long; nothing can be made of them
 */
gboolean asp_hls_segmenter_push (AspHlsSegmenter * segmenter, const guint8 * data, gsize size,
    gint64 utc_us);

/**
 * asp_hls_segmenter_boundary:
 * @boundary: (transfer full): comes directly before the first video packet of the
 *   entering source. Several at one PTS are one
 */
void asp_hls_segmenter_boundary (AspHlsSegmenter * segmenter, AspHlsBoundary * boundary);

/* Tells @mark (transfer none) at once; @pts90k, 33 bits as in the stream, is where it lies. */
void asp_hls_segmenter_mark (AspHlsSegmenter * segmenter, const AspHlsMark * mark, guint64 pts90k);

/* Bytes have been lost: the next piece begins with a packet, or is searched for one. */
void asp_hls_segmenter_realign (AspHlsSegmenter * segmenter);

/* The stream has been interrupted: what comes next is not its continuation. */
void asp_hls_segmenter_interrupt (AspHlsSegmenter * segmenter);

/* The stream is over: closes everything. Nothing may be pushed after it. */
void asp_hls_segmenter_finish (AspHlsSegmenter * segmenter);

/* TARGETDURATION as a playlist has it already: another process has frozen it. Before the
 * first push. */
void asp_hls_segmenter_set_target_duration (AspHlsSegmenter * segmenter, guint seconds);

/**
 * asp_hls_segmenter_set_parts:
 * @duration_90k: of a part, as far as GOPs or pictures allow
 * @target_90k: PART-TARGET as a playlist has it already, or 0: frozen after two GOPs
 *
 * Segments have parts from the first one on that begins when PART-TARGET is known. Before the
 * first push.
 */
void asp_hls_segmenter_set_parts (AspHlsSegmenter * segmenter, gint64 duration_90k,
    AspHlsPartAlign align, gint64 target_90k);

typedef enum
{
  ASP_HLS_CONTENT_SCTE35 = 1 << 0,      /* the programme's PIDs of cues stay in */
  ASP_HLS_CONTENT_TIMED_METADATA = 1 << 1,      /* marks are ID3 tags as well: asp-hls-id3.h */
  ASP_HLS_CONTENT_AUDIO_ONLY = 1 << 2,  /* the first sound, cut where the pictures are, without them */
} AspHlsContent;

/* Before the first push. Audio only does nothing where there are no pictures. */
void asp_hls_segmenter_set_content (AspHlsSegmenter * segmenter, AspHlsContent content);

/* The target duration with what is known; after finish always a number. */
guint asp_hls_segmenter_target_duration (const AspHlsSegmenter * segmenter);

/* Why nothing has come out yet, as a sentence for people, or NULL when something has
 * begun. Static. */
const gchar *asp_hls_segmenter_trouble (const AspHlsSegmenter * segmenter);

G_END_DECLS
