/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ts-media-es.h"

G_BEGIN_DECLS

/*
 * What stands in a stream that was made of ts-media.h's: every access unit with its
 * origin, every clock reading, every CC. Packets are read by tests/support, which shares
 * nothing with gst/. Thread: any. Owner: the caller, reading_free().
 */
typedef struct
{
  MediaMark mark;
  gint64 pts90k, dts90k;        /* unwrapped around the first PCR */
  gboolean has_pts;             /* of its own: audio units of one PES share its PTS */
  gsize offset;                 /* of the packet in which its PES begins */
  gsize end;                    /* of the packet in which it ends */
} ReadUnit;

typedef struct
{
  gint64 pcr27m;                /* unwrapped */
  gsize offset;
} ReadPcr;

typedef struct
{
  gsize size;
  gsize stray_bytes;            /* outside packets */
  guint n_packets, n_null;
  guint cc_errors;              /* on any PID but null packets */
  GArray *pictures;             /* of ReadUnit, as they come */
  GArray *sounds[MEDIA_TRACKS_MAX];
  GArray *pcr;                  /* of ReadPcr */
  GByteArray *tables;           /* payloads of PAT and PMT, one behind the other */
  GByteArray *others;           /* packets of the data, EIT and cue PIDs */
  guint broken_units;           /* PES without a mark, or with bytes that are not as they were */
} Reading;

Reading *reading_new (const guint8 * data, gsize size);
void reading_free (Reading * r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reading, reading_free)

/* "1:0-99,2:0-74,1:175-299": the units of @units in order of PTS. g_free() it. */
gchar *reading_runs (const GArray * units);

/* The first unit of @source at or behind @from; fails when there is none. */
const ReadUnit *reading_find (const GArray * units, guint source, guint from);

/* Where picture @number of @source begins in @ts. */
gsize reading_offset_of (const GByteArray * ts, guint source, guint number);

/* CC of the first packet with payload on @pid at or behind @offset; -1: none. */
gint reading_first_cc (const guint8 * data, gsize size, guint pid, gsize offset);

/* Fails unless the stream is one that nobody can see a splice in: CC, whole units, DTS
 * rising, DTS not behind PTS, one picture a frame, PCR rising, in time for every picture. */
void reading_assert_seamless (const Reading * r);

/* Fails unless the runs of the pictures are @runs. */
#define reading_assert_pictures(r, runs) \
  G_STMT_START { \
    g_autofree gchar *is_ = reading_runs ((r)->pictures); \
    g_assert_cmpstr (is_, ==, runs); \
  } G_STMT_END

G_END_DECLS
