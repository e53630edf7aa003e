/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-check.h"

#include <asp-au.h>
#include <asp-ts-packet.h>
#include <asp-ts-pes.h>

G_BEGIN_DECLS

/*
 * Inside of the check, over its files:
 *   asp-check.c         life, bytes to packets, tables
 *   asp-check-clock.c   PCR; DTS against it
 *   asp-check-video.c   pictures and random access points
 *   asp-check-audio.c   frames in their PES
 *   asp-check-cue.c     cues and their distances
 * Times of a programme are unwrapped around its video; a jump begins a new count.
 */
#define HEAD_BYTES_MAX (64u << 10)      /* of a picture, until its kind is known */
#define PES_BYTES_MAX (256u << 10)      /* of audio */
#define WAITING_TIMES_MAX 1024  /* of packets between two PCRs */
#define PCR_SAMPLES_MAX 65536   /* for the deviation from a constant rate */
#define PCR_RECENT_MAX 256      /* for packets that are known to be the last of a PES later */
#define JUMP_90K ASP_SECOND_90K
#define JUMP_AHEAD_90K (10 * ASP_SECOND_90K)
#define CUE_PIDS_MAX 8

typedef struct _Program Program;

/* What one PID needs while it is read; the facts stand in the programme's list. */
typedef struct
{
  Program *program;
  guint index;                  /* of its AspCheckStream */
  GByteArray *head;             /* video: from the PES header on, until the kind is known */
  gboolean open;                /* a PES has begun */
  gboolean scanned;             /* its kind is known, or given up */
  gboolean random_access;
  AspPesHeader header;
  gboolean have_header;
  guint64 last_packet;          /* of the PES */
  gint64 time_pts90k;           /* DTS or PTS of the PES as in the stream; ASP_NO_TIME */
  /* video */
  gboolean field_open;          /* the last picture was a first field */
  guint field_frame;
  gboolean field_bottom;
  gint64 last_dts90k;           /* unwrapped; ASP_NO_TIME */
  gint64 last_rap_pts90k, last_recovery_pts90k;
  AspPictureKind rap_kind;
  gboolean rap_has_leading;
  AspCadence cadence;
  /* audio */
  GByteArray *es;
  AspLatmState latm;
  gint64 pes_pts90k, base_pts90k;
  guint64 samples;
} Pid;

/* A DTS that waits for the PCR behind it. */
typedef struct
{
  guint64 packet;
  gint64 time_90k;              /* 33 bit */
  AspCheckRange *into;
} WaitingTime;

typedef struct
{
  guint64 packet;
  gint64 pcr27m;                /* unwrapped */
} PcrSample;

struct _Program
{
  AspCheck *check;
  guint slot;                   /* in facts.programs */
  AspSectionAssembler pmt;
  gint version;
  GPtrArray *streams;           /* AspCheckStream, owned; facts copy them */
  guint8 last_pmt[ASP_TS_PAYLOAD_MAX];
  /* clock */
  gint64 pcr27m;                /* unwrapped; ASP_NO_TIME */
  gint64 elapsed_27m;           /* over jumps */
  GArray *waiting;              /* of WaitingTime */
  GArray *samples;              /* of PcrSample, of the run without a jump */
  PcrSample recent[PCR_RECENT_MAX];     /* a ring */
  guint n_recent;               /* in all */
  /* video */
  gint64 newest_pts90k, newest_dts90k, first_pts90k;    /* unwrapped */
  GArray *raps;                 /* of gint64, ascending as they came */
  /* cues */
  guint16 cue_pid[CUE_PIDS_MAX];
  AspSectionAssembler cue[CUE_PIDS_MAX];
  guint n_cue, cue_now;
  GQueue waiting_cues;          /* of AspCheckCue, owned */
  AspCuePairs *pairs;
};

typedef enum
{
  ROLE_NONE,
  ROLE_PMT,
  ROLE_VIDEO,
  ROLE_AUDIO,
  ROLE_CUE,
  ROLE_OTHER,                   /* of a programme, not looked into */
} PidRole;

struct _AspCheck
{
  AspCheckCueFunc func;
  gpointer user_data;
  AspCheckFacts facts;
  GByteArray *gathered;         /* bytes that are not a packet yet */
  gboolean found;               /* packets have been found */
  AspSectionAssembler pat;
  gint64 last_pat_27m;
  gint8 last_cc[ASP_PID_COUNT];
  guint8 repeated[ASP_PID_COUNT];       /* the last packet was sent twice */
  guint8 role[ASP_PID_COUNT];
  Pid *pids[ASP_PID_COUNT];     /* of ROLE_VIDEO and ROLE_AUDIO */
  gint16 program_of[ASP_PID_COUNT];     /* PMT, PCR and stream PIDs; -1 */
  GPtrArray *programs;          /* of Program */
  guint64 packet;               /* number of the current one, from 0 */
  guint64 cue_number;
  gboolean finished;
};

static inline AspCheckProgram *
facts_of (const Program * p)
{
  return &p->check->facts.programs[p->slot];
}

static inline AspCheckStream *
stream_of (const Pid * pid)
{
  return g_ptr_array_index (pid->program->streams, pid->index);
}

/* asp-check-clock.c */
void check_pcr (Program * p, const AspTsPacket * view);
void check_time (Program * p, guint64 packet, gint64 time_90k, AspCheckRange * into);
void check_clock_finish (Program * p);
gint64 check_now_90k (const Program * p);
gint64 check_unwrap_90k (const Program * p, gint64 reference_90k, gint64 time_90k);

/* asp-check-video.c */
void check_video_packet (Pid * pid, const guint8 * packet, const AspTsPacket * view);
void check_video_finish (Pid * pid);

/* asp-check-audio.c */
void check_audio_packet (Pid * pid, const guint8 * packet, const AspTsPacket * view);
void check_audio_finish (Pid * pid);

/* asp-check-cue.c */
void check_cue_packet (Program * p, guint16 pid, const guint8 * packet);
void check_cues_settle (Program * p, gboolean all);
void check_cue_add_pid (Program * p, guint16 pid);
void check_cue_free (AspCheckCue * cue);

G_END_DECLS
