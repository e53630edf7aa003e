/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tsc-file.h"

G_BEGIN_DECLS

/*
 * Access units with their times: audio frames found by their own headers (ADTS: ISO/IEC
 * 14496-3 1.A.2.2; MPEG audio: 11172-3 2.4.1.3; AC-3 and E-AC-3: A/52 5.3 and E.1.2), so that a
 * PES with seventeen of them is read as seventeen; video one access unit per PES with a PTS.
 * Thread: any; pure.
 */
typedef struct
{
  gsize es_offset;              /* in TscPid.es */
  gsize es_size;
  gint64 pts90k;                /* from the PES, or counted on from the last one that had it */
  gint64 dts90k;
  gint64 gap90k;                /* audio: pts90k less the end of the access unit before it */
  guint duration90k;            /* audio: rounded; video 0 */
  gboolean own_pts;             /* it is the first that begins in its PES */
  gboolean has_dts;             /* video: the PES had a DTS field */
  gboolean timed;               /* FALSE: before the first PTS */
  gsize first_packet;
  gsize last_packet;
} TscAu;

typedef struct
{
  GArray *au;                   /* TscAu */
  gsize junk_bytes;             /* bytes between frames that are no frame */
  GArray *junk_packets;         /* gsize: where they begin */
} TscAuList;

typedef struct
{
  gsize size;
  guint samples;                /* 0: belongs to the access unit before it */
  guint sample_rate;
} TscAudioFrame;

/* FALSE: no frame header at @data */
gboolean tsc_audio_frame (TscCodec codec, const guint8 * data, gsize size, TscAudioFrame * out);

/* Of an audio or video PID; the caller frees it with tsc_au_list_free(). */
TscAuList *tsc_au_list_new (const TscPid * pid);
void tsc_au_list_free (TscAuList * list);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TscAuList, tsc_au_list_free)

G_END_DECLS
