/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-scte35.h>

G_BEGIN_DECLS

/*
 * The plan of one programme: which breaks were asked for, by whom, and what a cue does
 * to them. Pure: no clock, no thread, no I/O; every time is a parameter.
 * Times are unwrapped 90 kHz on the timeline of whoever calls. One object, one thread.
 * Since: 0.1
 */
#define ASP_BREAK_ID_SIZE 13    /* 12 letters and digits, and the end */
#define ASP_PLAN_BREAKS_MAX 10000       /* pending at a time */
#define ASP_PLAN_DONE_MAX 32    /* executed cues that are remembered, for their repetitions */

typedef enum
{
  ASP_ORIGIN_SCHEDULE,
  ASP_ORIGIN_SIGNAL,
  ASP_ORIGIN_EVENT,
  ASP_ORIGIN_CUE,
} AspBreakOrigin;

typedef struct
{
  gchar id[ASP_BREAK_ID_SIZE];
  AspBreakOrigin origin;
  gboolean postroll;            /* opens at the end of the stream */
  gint64 asked_90k;             /* ASP_NO_TIME: as soon as possible */
  gint64 duration_90k;          /* never 0 */
  guint32 event_id;             /* CUE */
  guint segmentation_type_id;   /* CUE by time_signal, else 0 */
  gboolean late_on_arrival;     /* CUE: its time had passed when it came */
  gchar *scte35_hex;            /* CUE: the whole section */
} AspBreak;

AspBreak *asp_break_new (AspBreakOrigin origin, gint64 asked_90k, gint64 duration_90k);
void asp_break_free (AspBreak * b);     /* NULL is allowed */

/* DESIGN 5: twelve characters of base62 of SHA-256 over what names the break. */
void asp_break_id_for_cue (gchar id[ASP_BREAK_ID_SIZE], const gchar * channel, guint32 event_id,
    guint64 splice_pts90k);
void asp_break_id_random (gchar id[ASP_BREAK_ID_SIZE]);

typedef enum
{
  ASP_CUE_INSERT = 1 << 0,      /* splice_insert */
  ASP_CUE_BREAK = 1 << 1,       /* 0x22 */
  ASP_CUE_PROVIDER_AD = 1 << 2, /* 0x30 */
  ASP_CUE_DISTRIBUTOR_AD = 1 << 3,      /* 0x32 */
  ASP_CUE_PROVIDER_PO = 1 << 4, /* 0x34 */
  ASP_CUE_DISTRIBUTOR_PO = 1 << 5,      /* 0x36 */
  ASP_CUE_ALL = 0x3f,
} AspCueFlags;

typedef struct
{
  guint cue_flags;              /* AspCueFlags that open a break */
  gint64 default_duration_90k;
  gint64 max_duration_90k;
} AspPlanConfig;

typedef struct _AspPlan AspPlan;

AspPlan *asp_plan_new (const AspPlanConfig * config);
void asp_plan_free (AspPlan * plan);
void asp_plan_set_config (AspPlan * plan, const AspPlanConfig * config);

/* Takes @b, its duration brought into the limits. FALSE (and @b is freed) when the plan is full. */
gboolean asp_plan_add (AspPlan * plan, AspBreak * b);
/* The one that comes next; NULL when there is none. Owned by the plan. */
const AspBreak *asp_plan_peek (const AspPlan * plan);
/* The same, handed over: it is the running one now. */
AspBreak *asp_plan_take (AspPlan * plan);
/* A pending break by its id, handed over; NULL when there is none. */
AspBreak *asp_plan_remove (AspPlan * plan, const gchar * id);
/* The running break is over. */
void asp_plan_done (AspPlan * plan);
/* Cues that have been executed may come again: the stream has been flushed. */
void asp_plan_forget_done (AspPlan * plan);

typedef enum
{
  ASP_CUE_NOTHING,              /* repetition, heartbeat, or nothing that concerns breaks */
  ASP_CUE_SCHEDULES,            /* break: pending now, owned by the plan */
  ASP_CUE_REPLACES,             /* the same id with a new time; break: as it is now */
  ASP_CUE_CANCELS,              /* break: handed over to the caller */
  ASP_CUE_RETURNS,              /* the running break ends at at_90k, ASP_NO_TIME = at once */
  ASP_CUE_IGNORED,              /* reason says why */
} AspCueVerdict;

typedef struct
{
  AspCueVerdict verdict;
  AspBreak *brk;
  gint64 at_90k;
  const gchar *reason;          /* IGNORED; static */
} AspCueAction;

/**
 * asp_plan_cue:
 * @hex: the section, for the break that it opens
 * @now_90k: PTS of the newest picture; ASP_NO_TIME before the first one
 * @offset_90k: what stream time is ahead of the caller's timeline
 *
 * splicing.md 2.8; SCTE 35 9.7.3, 9.9.2, 10.3.3.
 */
void asp_plan_cue (AspPlan * plan, const AspScte35Section * section, const gchar * hex,
    const gchar * channel, gint64 now_90k, gint64 offset_90k, AspCueAction * action);

G_END_DECLS
