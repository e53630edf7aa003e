/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tsc-clock.h"
#include "tsc-report.h"

G_BEGIN_DECLS

/*
 * The checks of ts-check, one file each. They read the context and write the report, nothing
 * else. Violations have fixed names; tests/support/README.md lists them. Thread: one.
 */
typedef struct
{
  const gchar *name;
  TscFile *file;
  gboolean is_network;          /* the reference: its times must come out unchanged */
  GArray *shifts90k;            /* gint64, filled by the video pass: how its video was moved */
} TscSource;

typedef struct
{
  TscFile *file;
  TscFile *reference;           /* or NULL */
  GPtrArray *sources;           /* TscSource, the reference first; empty: not asked */
  GHashTable *au_lists;         /* TscPid to TscAuList */
  TscReport *report;

  gboolean cbr;
  gboolean open_gop;            /* leading pictures behind an entered RAP may be missing */
  gboolean whole_creatives;     /* every access unit of a creative's video must be there */
  gboolean allow_discontinuity;
  gint frame_rate_n;            /* 0: the middle of the intervals found */
  gint frame_rate_d;
  GArray *cut_frames;           /* gint, counted from the first picture */
  GArray *expected_gaps;        /* gint, frame intervals */
  gint max_audio_joins;         /* -1: one for each cut */
  gint64 max_pcr_interval27m;   /* 0: the reference's, without one 100 ms (2.7.2) */
  gint64 min_arrival27m;        /* DTS - PCR that is asked for without reference */
  guint n_cuts;                 /* filled by the source and the cut pass */
} TscContext;

TscAuList *tsc_context_aus (TscContext * context, const TscPid * pid);

/* A place for people: packet, and the time behind the first picture. */
gchar *tsc_context_place (const TscContext * context, gsize packet, gint64 pts90k);

void tsc_check_packets (TscContext * context);
void tsc_check_psi (TscContext * context);
void tsc_check_pcr (TscContext * context);
void tsc_check_arrival (TscContext * context);
void tsc_check_pes (TscContext * context);
void tsc_check_video_gaps (TscContext * context);
void tsc_check_cuts (TscContext * context);
void tsc_check_sources (TscContext * context);
void tsc_check_audio (TscContext * context);

G_END_DECLS
