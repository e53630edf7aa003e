/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-plan.h"

/*
 * Inside of the plan, over its files:
 *   asp-plan.c               breaks, their ids, their life, what is asked for
 *   asp-plan-cue.c           a section to what it says, whichever command says it
 *   asp-plan-rules.c         what that does to the breaks
 *   asp-plan-segmentation.c  segmentation types: what contains what, what ends what
 */
typedef enum
{
  PHASE_NONE,
  PHASE_ARMED,
  PHASE_OUT,
} Phase;

typedef enum
{
  CUE_OUT,
  CUE_IN,                       /* of its own event */
  CUE_CLOSE,                    /* of what is open, by its type: program end and the like */
  CUE_CANCEL,
} CueKind;

/* What one descriptor or command says. */
typedef struct
{
  CueKind kind;
  guint32 event_id;
  guint type;                   /* 0 for splice_insert; segmentation_type_id, for OUT and IN that of the start */
  guint position;
  gboolean more_segments;       /* IN: not of the last segment */
  gint64 at_90k;                /* ASP_NO_TIME = immediate */
  gint64 duration_90k;          /* 0 = not said */
} Cue;

/* With what a break came that is made of it. */
typedef struct
{
  const gchar *hex, *channel;
  gint64 now_90k, offset_90k;
} CueContext;

typedef struct
{
  guint32 event_id;
  guint type, position;
  gint64 asked_90k;
  gboolean immediate;
  gint64 seen_90k;              /* last time that it came */
} PlanDone;

typedef struct
{
  guint32 event_id;
  gint64 duration_90k;
} PlanAnnounced;

struct _AspPlan
{
  AspPlanConfig config;
  GQueue pending;               /* AspBreak by time; those without one first */
  Phase phase;
  AspBreak *current;            /* ARMED, OUT */
  gint64 armed_90k;             /* of the picture at which it was armed */
  gint64 out_90k, in_90k;       /* OUT */
  gboolean ends_now;            /* OUT: as soon as possible, since ended_90k */
  gint64 ended_90k;
  gboolean ended_by_cue;
  gboolean avail_known;         /* the last one that a cue opened: it lasts even when nothing plays */
  guint avail_type;
  gint64 avail_end_90k;         /* what begins before it and belongs inside does nothing */
  gint64 avail_over_90k;        /* what begins before it overlaps */
  PlanDone done[ASP_PLAN_DONE_MAX];
  guint n_done;
  PlanAnnounced announced[ASP_PLAN_ANNOUNCED_MAX];
  guint n_announced;
};

/* asp-plan.c */
void plan_act (GArray * actions, AspPlanActionKind kind, AspBreak * brk, gint64 at_90k, const gchar * reason);
gboolean plan_add (AspPlan * plan, AspBreak * b);
void plan_limit (const AspPlan * plan, AspBreak * b);
/* Takes @b, pending or armed, out of the plan. */
void plan_unlink (AspPlan * plan, AspBreak * b);
void plan_remember (AspPlan * plan, const AspBreak * b, gint64 now_90k);
gint64 plan_start (const AspPlan * plan, const AspBreak * b, gint64 now_90k);
gint64 plan_end (const AspPlan * plan, const AspBreak * b, gint64 now_90k);
void plan_end_now (AspPlan * plan, gint64 now_90k, gboolean by_cue);

/* asp-plan-rules.c */
void plan_out (AspPlan * plan, const Cue * cue, const CueContext * with, GArray * actions);
/* These return NULL when they have acted, or there was nothing to do, else why they have not. */
const gchar *plan_in (AspPlan * plan, const Cue * cue, gint64 now_90k, GArray * actions);
const gchar *plan_take_back (AspPlan * plan, const Cue * cue, GArray * actions);
/* TRUE when it ended something. */
gboolean plan_close (AspPlan * plan, const Cue * cue, gint64 now_90k, GArray * actions);
/* What a splice_schedule said of the event, or NULL. */
PlanAnnounced *plan_announced (AspPlan * plan, guint32 event_id);

/* asp-plan-segmentation.c */
guint segmentation_flag (guint start_type);
/* The smaller the further out; 0 for splice_insert, which is around nothing and in nothing. */
guint segmentation_rank (guint start_type);
gboolean segmentation_is_end (guint type);
/* Does a descriptor of @type end an open one of @open, of whatever event? */
gboolean segmentation_ends (guint type, guint open);
