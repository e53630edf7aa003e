/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-scte35.h>

G_BEGIN_DECLS

/*
 * Which cue belongs to which: out and in of a splice event (SCTE 35 9.9.3), start and end of
 * a segment (10.3.3), what repeats, moves or cancels an earlier one. For people who look at
 * a stream; what a splicer makes of cues is gst/plan. Thread: one object, one thread; pure.
 * Since: 0.1
 */
#define ASP_CUE_PAIRS_MAX 16    /* of one message; further descriptors are left out */
#define ASP_CUE_OPEN_MAX 64     /* events that are followed at a time; the oldest goes */

typedef enum
{
  ASP_CUE_PAIR_OPENS,
  ASP_CUE_PAIR_REPEATS,         /* the same event, the same time */
  ASP_CUE_PAIR_MOVES,           /* the same event, another time */
  ASP_CUE_PAIR_CLOSES,
  ASP_CUE_PAIR_CANCELS,
  ASP_CUE_PAIR_UNMATCHED,       /* an end, or a cancellation, of what was not seen */
} AspCuePair;

typedef struct
{
  AspCuePair pair;
  guint32 event_id;
  gint segmentation_type_id;    /* of the one that opens; -1: splice_insert */
  guint64 other;                /* number of the cue that opened; 0 = none */
  gint64 distance_90k;          /* CLOSES: from there to here; MOVES: by how much; else 0 */
} AspCuePairing;

typedef struct
{
  guint64 outs, ins, unmatched, cancels;
} AspCuePairStats;

typedef struct _AspCuePairs AspCuePairs;

AspCuePairs *asp_cue_pairs_new (void);
void asp_cue_pairs_free (AspCuePairs * p);      /* NULL is allowed */

/**
 * asp_cue_pairs_push:
 * @number: of the cue, as it shall be told later
 * @splice_pts90k: unwrapped; when it takes effect
 * @out: (array length=ASP_CUE_PAIRS_MAX): filled with what the cue is to earlier ones
 * Returns: how many
 */
guint asp_cue_pairs_push (AspCuePairs * p, const AspScte35Section * section, guint64 number,
    gint64 splice_pts90k, AspCuePairing * out);

AspCuePairStats asp_cue_pairs_stats (const AspCuePairs * p);
/* Open events that end neither by a cue that has come nor by a duration. */
guint asp_cue_pairs_endless (const AspCuePairs * p);

/* "opens", "repeats" ...; static. */
const gchar *asp_cue_pair_name (AspCuePair pair);

G_END_DECLS
