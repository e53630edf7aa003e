/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What a stream says of cues: its PMTs and its SCTE 35 sections, read with the judge's own
 * reading of packets, which shares nothing with gst/. Only what a test compares is read.
 * Thread: any. Owner: the caller, cue_reading_free().
 */
typedef struct
{
  guint pid;
  gsize offset;                 /* of the packet in which it begins */
  guint8 bytes[1100];
  gsize size;
  gboolean crc_good;
} ReadSection;

typedef struct
{
  const ReadSection *section;
  guint command;                /* splice_command_type */
  guint32 event_id;             /* splice_insert */
  gboolean cancel, out, immediate, has_duration, auto_return;
  gint64 pts90k;                /* with pts_adjustment; -1: none */
  gint64 duration_90k;
  gint64 lead_90k;              /* pts90k less the highest PTS of a picture before it; G_MAXINT64: none */
} ReadCue;

typedef struct
{
  const ReadSection *section;
  guint program, version;
  gboolean cuei;                /* registration at the programme */
  guint cue_pid;                /* of a stream of type 0x86; 0: none */
  guint n_streams;
} ReadPmt;

typedef struct
{
  GPtrArray *sections;          /* of ReadSection, in order */
  GArray *cues;                 /* of ReadCue */
  GArray *pmts;                 /* of ReadPmt */
  GByteArray *rest;             /* packets that are neither PMT nor cue nor null */
  guint cc_errors;              /* on any PID but that of null packets */
} CueReading;

/* PMTs are taken from @pmt_pids (0 at the end), cues from the PIDs that they name as 0x86. */
CueReading *cue_reading_new (const guint8 * data, gsize size, const guint * pmt_pids, guint video_pid);
void cue_reading_free (CueReading * r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CueReading, cue_reading_free)

const ReadCue *cue_reading_cue (const CueReading * r, guint index);
const ReadPmt *cue_reading_pmt (const CueReading * r, guint index);
/* "out out in cancel null": all cues in their order; immediate ones have a "!". g_free() it. */
gchar *cue_reading_text (const CueReading * r);
gchar *read_cue_hex (const ReadCue * cue);

G_END_DECLS
