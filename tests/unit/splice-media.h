/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

G_BEGIN_DECLS

/*
 * Small transport streams for tests of the splice: H.264 pictures of a few bytes that a parser
 * takes for pictures, and ADTS frames. Each carries the number of its source and its own, so
 * that a splice can be read back picture by picture and frame by frame, without a decoder.
 * The same spec gives the same bytes everywhere. Thread: any; nothing is kept.
 */
#define SPLICE_AUDIO_MAX 2
#define SPLICE_AUDIO_FRAME_90K 1920     /* AAC, 48 kHz */

typedef struct
{
  guint packet;                 /* not before this packet of the stream */
  guint16 pid;
  GBytes *section;              /* owned by whoever made the spec */
} SpliceSection;

typedef struct
{
  guint source;                 /* 1 to 127 */
  guint frames;
  gdouble frame_90k;
  guint gop;                    /* pictures; with bframes 3 n + 1, and frames whole GOPs */
  guint bframes;                /* 0 or 2; GOPs are closed */
  gint64 first_pts90k;          /* unwrapped */
  guint video_bytes;            /* of a picture's slice */
  guint idr_bytes, b_bytes;     /* the same of an IDR and of a B picture; 0: video_bytes */
  gboolean fields;              /* every picture is two PES, the second one without PTS */
  gboolean sets_once;           /* parameter sets stand before the first IDR only */
  guint audio_tracks;
  guint audio_group;            /* frames in a PES */
  guint audio_bytes;            /* of a frame */
  gint64 audio_lead_90k;        /* what the first frame is ahead of the first picture */
  gint64 audio_end_90k;         /* sound ends so long before the last picture does */
  gint64 lead_90k;              /* DTS - PCR at the first byte of a unit, at most */
  gint64 audio_mux_90k;         /* the same for sound; 0: lead_90k */
  guint packets_per_s;          /* of the multiplex at its constant rate */
  gboolean nulls;               /* FALSE: without its null packets, so the rate varies */
  guint16 pmt_pid, video_pid, audio_pid;        /* audio_pid: of the first track, then + 1 */
  guint16 pcr_pid;              /* 0: the video's; ASP_PID_NULL: PMT names none, video has it */
  guint16 cue_pid;              /* 0: none */
  guint psi_ms;                 /* from PAT to PAT */
  guint pcr_ms;                 /* from PCR to PCR, in media packets where one comes at the time */
  gint64 jump_at_90k, jump_90k; /* from this PTS on (0: never) all clocks are so much ahead */
  const SpliceSection *sections;
  guint n_sections;
} SpliceMediaSpec;

/* 25 Hz, GOPs of a second, an audio track, 300 packets a second without nulls: as a start. */
void splice_media_spec_init (SpliceMediaSpec * spec, guint source, guint frames);

GByteArray *splice_media_make (const SpliceMediaSpec * spec);

/* One section of a PMT as splice_media_make() writes it; @version 0 to 31. */
GBytes *splice_media_pmt (const SpliceMediaSpec * spec, guint version);

typedef struct
{
  guint source, index;
  gint64 pts90k, dts90k;        /* unwrapped along the stream */
  guint last_packet;            /* number of the packet in which it, or its PES, ends */
  gint64 lead_90k;              /* DTS of its PES less the PCR last seen there */
} SpliceUnit;

/* What a stream holds, read back. */
typedef struct
{
  GArray *video;                /* of SpliceUnit, decode order; second fields are counted only */
  GArray *audio[SPLICE_AUDIO_MAX];
  guint broken;                 /* pictures and frames that are not whole, or not ours */
  guint second_fields;
  guint cc_errors;
  guint pcr_backwards, n_pcr, n_null, n_packets;
  gint64 pcr_gap_max_27m;
  gint64 least_lead_90k;        /* DTS less the PCR last seen, at the last packet of any unit */
} SpliceContent;

/* @video_pid, @audio_pid: as in the spec of the network. */
SpliceContent *splice_content_read (const guint8 * data, gsize size, guint16 video_pid, guint16 audio_pid);
void splice_content_free (SpliceContent * content);

/* "1:0-49 2:0-24 1:75-99": runs of a source in the order of @units' PTS; sound in stream order. */
gchar *splice_units_runs (const GArray * units, gboolean by_pts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpliceContent, splice_content_free)

G_END_DECLS
