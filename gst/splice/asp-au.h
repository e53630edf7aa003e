/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ts-psi.h>

G_BEGIN_DECLS

/*
 * One access unit of a creative: a coded picture, or an audio frame with what belongs
 * to it. Immutable once made, counted, so that slate can be looped without a copy.
 * Times are the creative's own, unwrapped. Thread: any. Since: 0.1
 */
typedef struct
{
  gatomicrefcount refs;
  gint64 pts90k;
  gint64 dts90k;                /* equals pts90k when the stream has none */
  gint64 duration_90k;          /* audio; 0 for video */
  guint64 pes_serial;           /* audio: which PES of the source the unit began in */
  gboolean random_access;
  guint8 stream_id;             /* of its PES */
  gsize size;
  guint8 *data;                 /* inside @memory */
  gpointer memory;
} AspAu;

/* Copies @data; with NULL the bytes are the caller's to fill. */
AspAu *asp_au_new (const guint8 * data, gsize size);
/* Takes @memory (g_malloc), of which @size bytes from @offset on are the unit. */
AspAu *asp_au_new_take (gpointer memory, gsize offset, gsize size);
AspAu *asp_au_ref (AspAu * au);
void asp_au_unref (AspAu * au); /* NULL is allowed */

/*
 * The cadence of a video stream, found from its PTS in any order.
 */
#define ASP_CADENCE_WINDOW 48

typedef struct
{
  gint64 pts90k[ASP_CADENCE_WINDOW];
  guint count;                  /* pictures seen, all in all */
  gdouble frame_90k;            /* found last; 0 = not yet */
} AspCadence;

void asp_cadence_reset (AspCadence * c);
void asp_cadence_push (AspCadence * c, gint64 pts90k);

/* The interval between pictures in ticks of 90 kHz, with its fraction (3753.75 at
 * 23.976 Hz); @fallback_90k while fewer than two pictures were seen. */
gdouble asp_cadence_frame_90k (const AspCadence * c, gdouble fallback_90k);

G_END_DECLS
