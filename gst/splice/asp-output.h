/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ts-packet.h>

#include "asp-au.h"
#include "asp-report.h"

G_BEGIN_DECLS

/*
 * What leaves the splice: bytes, and marks that stand between two bytes. A track is the
 * queue in front of one PID: each PID changes sides at its own place in the multiplex,
 * and what has entered a track leaves it in order. Thread: that of the network. Since: 0.1
 */


typedef struct
{
  gsize offset;                 /* bytes before it */
  AspMark *mark;
} AspOutputMark;

typedef struct
{
  GByteArray *bytes;
  GArray *marks;                /* of AspOutputMark, offsets rising */
} AspOutput;

void asp_output_init (AspOutput * o);
void asp_output_clear (AspOutput * o);
void asp_output_reset (AspOutput * o);  /* empty again */
/* (transfer full) (nullable): all bytes, when no mark stands among them. */
guint8 *asp_output_steal (AspOutput * o, gsize * size);
/* Room for one more packet, to be filled at once. */
guint8 *asp_output_packet (AspOutput * o);
void asp_output_bytes (AspOutput * o, const guint8 * data, gsize size);
void asp_output_mark (AspOutput * o, AspMark * mark);   /* takes @mark */

typedef struct
{
  guint pid;
  guint cc;                     /* of the last packet with payload that left */
  gboolean cc_valid;
  guint shift;                  /* CC out - CC in of packets that pass as they are */
  gboolean shift_valid;         /* FALSE behind a PES of ours: the next packet sets it anew */
  GQueue chunks;
  gsize bytes;                  /* of ES and PES, not of packets */
  gpointer open;                /* the PES that is not whole yet, at the end of chunks */
  guint64 slot;                 /* number of the slot that is being filled */
  gboolean countdown;           /* splice_countdown is written around splicing points */
  gboolean splice_next;         /* the next thing that comes stands behind one */
  guint since_splice;           /* packets with payload behind the last one, as far as they count */
  gboolean realign;             /* there is room for packets that bring the shift back to 0 */
} AspTrack;

void asp_track_init (AspTrack * t, guint pid);
void asp_track_clear (AspTrack * t);

/* A PES of @header and the ES of @au, which is referenced. @dts90k orders tracks. */
void asp_track_push_unit (AspTrack * t, const guint8 * header, gsize header_size, AspAu * au,
    gint64 dts90k);
/* A PES of @header and the ES at @data, copied. */
void asp_track_push_pes (AspTrack * t, const guint8 * header, gsize header_size,
    const guint8 * data, gsize size, gboolean random_access, gint64 dts90k);
/* A PES that comes piece by piece: full packets of it may leave before it is whole. Until it is
 * closed nothing else may be pushed. Without an open one the other two do nothing. */
void asp_track_open_pes (AspTrack * t, const guint8 * header, gsize header_size, gboolean random_access,
    gint64 dts90k);
void asp_track_append (AspTrack * t, const guint8 * data, gsize size);
void asp_track_close_pes (AspTrack * t);
/* One packet as it stands; its CC is written when it leaves, and a PCR in it goes on by
 * @slot_27m for every slot that it leaves later than slot number @slot. */
void asp_track_push_packet (AspTrack * t, const guint8 * packet, gint64 dts90k, guint64 slot,
    gdouble slot_27m);
/* @packet passes now, with the track's shift in its CC: losses of the input stay visible. */
void asp_track_pass (AspTrack * t, const guint8 * packet, AspOutput * o);
/* @mark leaves before the next thing that is pushed. Takes @mark. */
void asp_track_push_mark (AspTrack * t, AspMark * mark);

gboolean asp_track_is_empty (const AspTrack * t);
gint64 asp_track_head_dts90k (const AspTrack * t);      /* ASP_NO_TIME when empty */

/**
 * asp_track_pop:
 * @pcr27m: in: a PCR that must leave now, or ASP_NO_TIME. out: ASP_NO_TIME when it left
 *   inside the packet, unchanged when the packet had no room for it
 *
 * Writes the next packet (marks first) to @o. Nothing when the track is empty.
 * Returns: FALSE when there was nothing
 */
gboolean asp_track_pop (AspTrack * t, AspOutput * o, gint64 * pcr27m);

/* The same for the whole of the next thing: all packets of a PES. */
gboolean asp_track_pop_whole (AspTrack * t, AspOutput * o);

/* Marks at the end of the queue, with nothing behind them, leave too. */
void asp_track_flush_marks (AspTrack * t, AspOutput * o);
/**
 * asp_track_splice:
 *
 * With countdown: what has been pushed last ends before a splicing point, what comes next begins
 * behind it. Said more than once before something comes it is the same point.
 */
void asp_track_splice (AspTrack * t);
/* What passes from here on is far from the last splicing point. */
void asp_track_forget_splice (AspTrack * t);
/* Is the next thing a PES of ours? */
gboolean asp_track_head_is_pes (const AspTrack * t);
/* Is it, and can its next packet carry a PCR? */
gboolean asp_track_head_takes_pcr (const AspTrack * t);
/* Takes the PCR out of every packet that waits. */
void asp_track_strip_clock (AspTrack * t);
/* Is the next thing a packet with a PCR? */
gboolean asp_track_head_has_pcr (const AspTrack * t);

G_END_DECLS
