/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "tsc-file.h"

G_BEGIN_DECLS

/*
 * A media segment or part (a transport stream), as far as the checks of hls-lint want it; the
 * packets themselves are not kept. Times are as in the stream, not unwrapped beyond the file.
 * Owner: the caller, hlc_media_free(). Thread: any.
 */
typedef struct
{
  guint pid;
  guint first_cc, last_cc;      /* of packets with payload */
  gboolean has_cc;
  gboolean flagged;             /* discontinuity_indicator in its first packet */
} HlcPid;

typedef struct
{
  guint pid, stream_type;
  TscKind kind;
  gint64 first_pts90k, end_pts90k;      /* with has_times */
  gint64 first_dts90k, last_dts90k;
  gint64 frame90k;              /* of one access unit */
  gboolean has_times;
} HlcTrack;

typedef struct
{
  gboolean read;                /* FALSE: not there, or no packet in it */
  gsize size;
  gboolean psi_first;           /* PAT, then PMT */
  guint programs;
  guint pcr_pid, pmt_pid;
  gchar *pmt;                   /* the last PMT, in hex */
  guint pmt_versions;           /* different PMTs in it */
  GArray *pids;                 /* HlcPid */
  GArray *tracks;               /* HlcTrack, as the PMT has them */
  gsize cc_errors, damaged;     /* inside; packets out of sync, scrambled, malformed */
  gboolean random_access;       /* the first picture is an IDR (IRAP, I) with its parameter sets */
  guint n_pcr;
  gint64 first_pcr27m, last_pcr27m;
  guint pcr_steps;              /* inside: backwards or by more than a second */
  guint idle_flags;             /* discontinuity_indicator inside where no clock changes */
  gchar *codecs;                /* "avc1.42c00b,mp4a.40.2", as CODECS would have it */
  GArray *aus;                  /* guint64: each access unit's PID, time and bytes, digested */
} HlcMedia;

HlcMedia *hlc_media_load (const gchar * file);
void hlc_media_free (HlcMedia * media);

const HlcTrack *hlc_media_track (const HlcMedia * media, TscKind kind);
const HlcPid *hlc_media_pid (const HlcMedia * media, guint pid);

G_END_DECLS
