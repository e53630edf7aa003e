/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Transport streams made by hand: real packets, PSI, PES, parameter sets and slice
 * headers, and in place of coefficients a text that says which unit of which source it
 * is. No decoder likes them; a splicer must not tell the difference, and a test can say
 * of every access unit in the output where it came from. 25 pictures a second.
 * Thread: any; pure functions. Owner: the caller.
 */
#define MEDIA_PMT_PID 0x1000
#define MEDIA_VIDEO_PID 0x100
#define MEDIA_AUDIO_PID 0x101   /* and the ones behind it */
#define MEDIA_DATA_PID 0x120    /* private data of the programme */
#define MEDIA_CUE_PID 0x130     /* SCTE 35 */
#define MEDIA_PCR_PID 0x140
#define MEDIA_NEW_PID 0x150     /* named by the PMT behind pmt_change_90k */
#define MEDIA_EIT_PID 0x012     /* of the multiplex, not of the programme */
#define MEDIA_SECOND_PMT_PID 0x1001
#define MEDIA_SECOND_PID 0x1fef
#define MEDIA_PACKET 188
#define MEDIA_FRAME_90K 3600
#define MEDIA_TRACKS_MAX 2

typedef enum
{
  MEDIA_VIDEO_H264,
  MEDIA_VIDEO_MPEG2,
  MEDIA_VIDEO_NONE,
} MediaVideo;

typedef enum
{
  MEDIA_AUDIO_AAC,
  MEDIA_AUDIO_MPEG,             /* layer 2 */
} MediaAudio;

/* A section that comes before the picture of its time, and behind the ones before that. */
typedef struct MediaCue
{
  gint64 at_90k;                /* behind the first PTS; without B pictures */
  guint pid;
  const guint8 *data;
  gsize size;
} MediaCue;

typedef struct
{
  guint source;                 /* 1 to 15; stands in every unit */
  guint frames;
  guint gop;                    /* pictures from one RAP to the next; 0: no RAP at all */
  guint bframes;                /* between two reference pictures */
  guint picture_bytes;          /* of a P picture */
  MediaVideo video;
  MediaAudio audio;
  guint n_audio;
  gint64 audio_offset_90k;      /* first sound less first picture */
  guint units_per_pes;          /* audio */
  guint64 muxrate;              /* bits a second, with null packets; 0: variable */
  gint64 first_pts90k;          /* of the first picture; times wrap as they must */
  gint64 lead_90k;              /* DTS less PCR of pictures */
  gboolean scrambled;
  gboolean sets_once;           /* parameter sets with the first RAP only */
  guint no_rap_from, no_rap_to; /* pictures from ... up to before ... are no RAPs */
  gboolean own_pcr_pid;         /* MEDIA_PCR_PID carries the clock, 25 times a second */
  gboolean languages_swapped;   /* deu before eng */
  gint64 pmt_change_90k;        /* behind the first PTS: from there on another version; 0: never */
  guint pmt_padding;            /* bytes of a private descriptor in the PMT, 2 to 200 */
  gboolean second_programme;    /* number 2, MEDIA_SECOND_PMT_PID, with a stream on MEDIA_SECOND_PID */
  gboolean cue_pid;             /* the PMT names MEDIA_CUE_PID */
  gint64 cue_at_90k;            /* with cue_pid: when the section comes, behind the first PTS; 0: none comes */
  gint64 cue_every_90k;         /* it comes again after that time, to the end; 0: once */
  gint64 cue_spread_90k;        /* from one of its packets to the next */
  const guint8 *cue;            /* the section */
  gsize cue_size;
  const struct MediaCue *cues;  /* more of them */
  guint n_cues;
} MediaSpec;

/* 12 s of source 1: a RAP each second, two B pictures, AAC four units a PES, variable rate. */
MediaSpec media_network (void);
/* The same form, another mux delay, source @source, from 5 h on. */
MediaSpec media_creative (guint source, guint frames);

/* All of it, packets of 188 bytes. */
GByteArray *media_make (const MediaSpec * spec);
GByteArray *media_make_network (void);
GByteArray *media_make_creative (guint source, guint frames);

/* One access unit as media_make() writes it. */
GByteArray *media_picture (const MediaSpec * spec, guint number);
GByteArray *media_sound (const MediaSpec * spec, guint track, guint number);
/* In ticks of 90 kHz */
gint64 media_unit_90k (MediaAudio audio);

/* A splice_insert that leaves the network at @pts90k, with auto_return. */
GByteArray *media_splice_insert (guint32 event_id, guint64 pts90k, guint64 duration_90k);

/* --- what goes wrong on the way --- */

/* 16 bytes behind each packet, as of a Reed-Solomon code. */
GByteArray *media_to_204 (const GByteArray * ts);
/* @n bytes of something else behind packet @index. */
void media_insert_garbage (GByteArray * ts, gsize index, gsize n);
/* The first packet with payload of @pid at or behind packet @from is lost. */
void media_lose_packet (GByteArray * ts, guint pid, gsize from);

G_END_DECLS
