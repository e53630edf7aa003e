/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-check-pair.h"

#include <string.h>

#define SPLICE_INSERT (-1)

typedef struct
{
  guint32 event_id;
  gint type;                    /* SPLICE_INSERT, or segmentation_type_id of the start */
  guint64 number;
  gint64 splice_pts90k;
  gint64 duration_90k;          /* 0 = none */
} OpenEvent;

struct _AspCuePairs
{
  GArray *open;                 /* of OpenEvent, oldest first */
  AspCuePairStats stats;
};

AspCuePairs *
asp_cue_pairs_new (void)
{
  AspCuePairs *p = g_new0 (AspCuePairs, 1);

  p->open = g_array_new (FALSE, FALSE, sizeof (OpenEvent));
  return p;
}

void
asp_cue_pairs_free (AspCuePairs * p)
{
  if (!p)
    return;
  g_array_unref (p->open);
  g_free (p);
}

/* -1 when @event_id is not open; with @type SPLICE_INSERT - 1 any of its segments. */
#define ANY_SEGMENT (SPLICE_INSERT - 1)

static gint
find (const AspCuePairs * p, guint32 event_id, gint type)
{
  for (guint i = 0; i < p->open->len; i++) {
    const OpenEvent *e = &g_array_index (p->open, OpenEvent, i);

    if (e->event_id == event_id && (e->type == type || (type == ANY_SEGMENT && e->type >= 0)))
      return (gint) i;
  }
  return -1;
}

/* It ended by its duration: the id is free for another. */
static gboolean
is_over (const OpenEvent * e, gint64 pts90k)
{
  return e->duration_90k > 0 && pts90k >= e->splice_pts90k + e->duration_90k;
}

static void
open_event (AspCuePairs * p, const OpenEvent * event, AspCuePairing * out)
{
  gint i = find (p, event->event_id, event->type);

  if (i >= 0 && is_over (&g_array_index (p->open, OpenEvent, i), event->splice_pts90k)) {
    g_array_remove_index (p->open, (guint) i);
    i = -1;
  }
  if (i >= 0) {
    OpenEvent *known = &g_array_index (p->open, OpenEvent, i);

    out->other = known->number;
    out->distance_90k = event->splice_pts90k - known->splice_pts90k;
    out->pair = out->distance_90k == 0 ? ASP_CUE_PAIR_REPEATS : ASP_CUE_PAIR_MOVES;
    known->splice_pts90k = event->splice_pts90k;
    known->duration_90k = event->duration_90k;
    return;
  }
  out->pair = ASP_CUE_PAIR_OPENS;
  p->stats.outs++;
  if (p->open->len == ASP_CUE_OPEN_MAX)
    g_array_remove_index (p->open, 0);
  g_array_append_val (p->open, *event);
}

static void
close_event (AspCuePairs * p, gint index, gint64 splice_pts90k, AspCuePairing * out)
{
  p->stats.ins++;
  if (index < 0) {
    out->pair = ASP_CUE_PAIR_UNMATCHED;
    p->stats.unmatched++;
    return;
  }
  out->pair = ASP_CUE_PAIR_CLOSES;
  out->other = g_array_index (p->open, OpenEvent, index).number;
  out->distance_90k = splice_pts90k - g_array_index (p->open, OpenEvent, index).splice_pts90k;
  g_array_remove_index (p->open, (guint) index);
}

static void
cancel_event (AspCuePairs * p, gint index, AspCuePairing * out)
{
  p->stats.cancels++;
  if (index < 0) {
    out->pair = ASP_CUE_PAIR_UNMATCHED;
    return;
  }
  out->pair = ASP_CUE_PAIR_CANCELS;
  out->segmentation_type_id = g_array_index (p->open, OpenEvent, index).type;
  out->other = g_array_index (p->open, OpenEvent, index).number;
  g_array_remove_index (p->open, (guint) index);
}

static void
push_insert (AspCuePairs * p, const AspScte35SpliceEvent * e, guint64 number, gint64 splice_pts90k,
    AspCuePairing * out)
{
  OpenEvent event = { e->splice_event_id, SPLICE_INSERT, number, splice_pts90k, 0 };

  if (e->duration_flag)
    event.duration_90k = (gint64) e->break_duration.duration_90k;
  out->event_id = e->splice_event_id;
  out->segmentation_type_id = SPLICE_INSERT;
  if (e->splice_event_cancel_indicator)
    cancel_event (p, find (p, e->splice_event_id, SPLICE_INSERT), out);
  else if (e->out_of_network_indicator)
    open_event (p, &event, out);
  else
    close_event (p, find (p, e->splice_event_id, SPLICE_INSERT), splice_pts90k, out);
}

/* 10.3.3.1, Table 23: what has an end of its own. 0x12 ends a programme early. */
static gint
start_of_end (guint8 type)
{
  if (type == ASP_SCTE35_SEG_PROGRAM_END || type == ASP_SCTE35_SEG_PROGRAM_EARLY_TERMINATION)
    return ASP_SCTE35_SEG_PROGRAM_START;
  if (type == ASP_SCTE35_SEG_NETWORK_END || (type & 1 && type >= ASP_SCTE35_SEG_CHAPTER_END &&
          type <= ASP_SCTE35_SEG_DISTRIBUTOR_AD_BLOCK_END))
    return type - 1;
  return -1;
}

static gboolean
is_start (guint8 type)
{
  return type == ASP_SCTE35_SEG_PROGRAM_START || start_of_end (type + 1) == type;
}

/* FALSE: a kind that neither opens nor closes anything. */
static gboolean
push_segment (AspCuePairs * p, const AspScte35Segmentation * s, guint64 number, gint64 splice_pts90k,
    AspCuePairing * out)
{
  OpenEvent event = { s->segmentation_event_id, s->segmentation_type_id, number, splice_pts90k, 0 };
  gint start = start_of_end (s->segmentation_type_id);

  if (s->segmentation_duration_flag)
    event.duration_90k = (gint64) s->segmentation_duration_90k;
  out->event_id = s->segmentation_event_id;
  out->segmentation_type_id = start >= 0 ? start : s->segmentation_type_id;
  if (s->segmentation_event_cancel_indicator)
    cancel_event (p, find (p, s->segmentation_event_id, ANY_SEGMENT), out);
  else if (start >= 0)
    close_event (p, find (p, s->segmentation_event_id, start), splice_pts90k, out);
  else if (is_start (s->segmentation_type_id))
    open_event (p, &event, out);
  else
    return FALSE;
  return TRUE;
}

guint
asp_cue_pairs_push (AspCuePairs * p, const AspScte35Section * section, guint64 number,
    gint64 splice_pts90k, AspCuePairing * out)
{
  guint n = 0;

  memset (out, 0, ASP_CUE_PAIRS_MAX * sizeof *out);
  if (section->splice_command_type == ASP_SCTE35_SPLICE_INSERT)
    push_insert (p, &section->u.splice_insert, number, splice_pts90k, &out[n++]);
  if (section->splice_command_type != ASP_SCTE35_TIME_SIGNAL)
    return n;
  for (guint i = 0; i < section->n_descriptors && n < ASP_CUE_PAIRS_MAX; i++) {
    const AspScte35Segmentation *s = asp_scte35_segmentation (section, i);

    if (s && push_segment (p, s, number, splice_pts90k, &out[n]))
      n++;
  }
  return n;
}

AspCuePairStats
asp_cue_pairs_stats (const AspCuePairs * p)
{
  return p->stats;
}

guint
asp_cue_pairs_endless (const AspCuePairs * p)
{
  guint n = 0;

  for (guint i = 0; i < p->open->len; i++)
    n += g_array_index (p->open, OpenEvent, i).duration_90k == 0;
  return n;
}

const gchar *
asp_cue_pair_name (AspCuePair pair)
{
  static const gchar *const names[] = {
    [ASP_CUE_PAIR_OPENS] = "opens",
    [ASP_CUE_PAIR_REPEATS] = "repeats",
    [ASP_CUE_PAIR_MOVES] = "moves",
    [ASP_CUE_PAIR_CLOSES] = "closes",
    [ASP_CUE_PAIR_CANCELS] = "cancels",
    [ASP_CUE_PAIR_UNMATCHED] = "unmatched",
  };

  return names[pair];
}
