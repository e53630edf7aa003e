/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cue-reading.h"
#include "ts-fixture.h"

G_BEGIN_DECLS

/*
 * What tests of cues in the output have in common: a network that is long enough for a break to be
 * known 8 s ahead, and what must hold of the cues and of everything else. Thread: that of the test.
 */
#define SECOND 90000
#define FIRST_PTS (10 * SECOND)
#define NEW_PID 0x1fef          /* the highest that nobody else may want */
#define BREAK_AT (FIRST_PTS + 10 * SECOND)

/* Eighteen seconds. */
MediaSpec long_network (void);
/* Of MEDIA_PMT_PID and MEDIA_VIDEO_PID. */
CueReading *read_bytes (const GByteArray * bytes);

void assert_text (const CueReading * r, const gchar * expected);
/* @n cues that open a break: one section, each @lead_90k ahead. */
void assert_announced (const CueReading * r, guint from, guint n, gint64 pts90k, gint64 duration_90k, gint64 lead_90k);
/* The one that closes it, four seconds ahead. */
void assert_closed (const CueReading * r, guint index, gint64 pts90k);
/* The PMT names a PID for cues from its first packet on, and all cues are there. */
void assert_new_pid (const CueReading * r, guint pid, guint version);
/* Whatever is neither PMT nor cue nor null packet is as it was. */
void assert_rest_same (const CueReading * r, const GByteArray * ts);
/* The `scte35` of @e is @cue. */
void assert_hex (const OutEvent * e, const ReadCue * cue);
/* Of the events of a break: they carry the first cue and the last one. */
void check_announced_events (const OutLog * log, const CueReading * r);

G_END_DECLS
