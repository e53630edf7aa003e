/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-scte35.h>

G_BEGIN_DECLS

/*
 * The plan of one programme: which breaks were asked for, by whom, and what a cue, a call and
 * time do to them. Pure: no clock, no thread, no I/O; every time is a parameter, unwrapped
 * 90 kHz on the timeline of whoever calls. One object, one thread. Since: 0.1
 *
 * A break is pending, then armed (its out point is looked for), then out, then done; one at a
 * time is armed or out. What the caller has to do about it comes back as actions. The rules are
 * those of SCTE 35 2023r1 9.7.3, 9.9.2 and 10.3.3, and of `splicing.md` 2.8:
 *   - a message repeats its event: the same id at the same time is the same break;
 *   - before its out point the same id with another time replaces it, with another duration
 *     updates it, and a cancel takes it back; behind it a cancel does nothing and an
 *     in point ends it, early or late, up to the longest break (9.9.2.1);
 *   - without a word of its end a break lasts its duration, without a duration the default;
 *   - of breaks that contain each other the outermost one is opened, inner ones do nothing, and
 *     their ends neither; an end of what is around a break ends it too;
 *   - segments of one placement opportunity that follow each other are one break;
 *   - overlapping ones: the one that begins first stays, by policy as long as both.
 */
#define ASP_BREAK_ID_SIZE 13    /* 12 letters and digits, and the end */
#define ASP_PLAN_BREAKS_MAX 10000       /* pending at a time */
#define ASP_PLAN_DONE_MAX 32    /* executed cues that are remembered, for their repetitions */
#define ASP_PLAN_ANNOUNCED_MAX 32       /* events of splice_schedule that are remembered */
#define ASP_PLAN_SAME_90K (ASP_SECOND_90K / 100)        /* two times of one event that differ less are one */
#define ASP_PLAN_REPEAT_90K (10 * ASP_SECOND_90K)       /* an immediate cue that comes again sooner is a repetition */
#define ASP_PLAN_TIER_ANY ASP_SCTE35_TIER_IGNORE

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
  gint64 not_before_90k;        /* where others of the channel have left; ASP_NO_TIME: nobody has */
  gboolean immediate;           /* asked_90k was ASP_NO_TIME; it is where it was armed, then */
  gint64 duration_90k;          /* never 0 */
  gboolean duration_said;       /* by whoever asked; else it is the default */
  gboolean end_said;            /* CUE: by an in point, which counts more */
  guint32 event_id;             /* CUE */
  guint segmentation_type_id;   /* CUE by time_signal, else 0 */
  guint first_position, last_position;  /* CUE: first and last of its segments, see asp_plan_cue() */
  guint32 end_event_id;         /* CUE: the event whose end is its end */
  gboolean late_on_arrival;     /* CUE: its time had passed when it came */
  gchar *scte35_hex;            /* CUE: the whole section */
  gboolean prepared;            /* its creatives are being got ready: it is not due any more */
} AspBreak;

AspBreak *asp_break_new (AspBreakOrigin origin, gint64 asked_90k, gint64 duration_90k);
AspBreak *asp_break_copy (const AspBreak * b);
void asp_break_free (AspBreak * b);     /* NULL is allowed */

/* DESIGN 5: twelve characters of base62 of SHA-256 over what names the break. */
void asp_break_id_for_cue (gchar id[ASP_BREAK_ID_SIZE], const gchar * channel, guint32 event_id,
    guint64 splice_pts90k);
/* The same call of the same channel is the same break. */
void asp_break_id_for_key (gchar id[ASP_BREAK_ID_SIZE], const gchar * channel, const gchar * key);
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

/* Restrictions of a segmentation_descriptor that keep it from opening a break (10.3.3). */
typedef enum
{
  ASP_RESTRICTION_ANY = 1 << 0, /* delivery_not_restricted_flag is 0 */
  ASP_RESTRICTION_WEB = 1 << 1, /* web_delivery_allowed_flag is 0 */
  ASP_RESTRICTION_BLACKOUT = 1 << 2,    /* no_regional_blackout_flag is 0 */
  ASP_RESTRICTION_ARCHIVE = 1 << 3,     /* archive_allowed_flag is 0 */
  ASP_RESTRICTION_DEVICE = 1 << 4,      /* device_restrictions is not 3 */
} AspRestrictions;

typedef enum
{
  ASP_LATE_NEXT_RAP,
  ASP_LATE_SKIP,
} AspLatePolicy;

typedef enum
{
  ASP_OVERLAP_IGNORE,           /* what begins while another break lasts does nothing */
  ASP_OVERLAP_EXTEND,           /* the first one lasts to the end of the second */
} AspOverlapPolicy;

typedef struct
{
  guint cue_flags;              /* AspCueFlags that open a break */
  gint64 default_duration_90k;
  gint64 max_duration_90k;
  guint tier;                   /* cues of another one do nothing; ASP_PLAN_TIER_ANY: all act */
  guint restrictions;           /* AspRestrictions */
  AspOverlapPolicy overlap_policy;
  AspLatePolicy late_policy;
  gint64 tolerance_90k;         /* a RAP so far behind the asked time is not late */
  gint64 max_rap_wait_90k;      /* then it is skipped */
} AspPlanConfig;

typedef enum
{
  ASP_PLAN_SCHEDULED,           /* brk is pending now */
  ASP_PLAN_UPDATED,             /* brk is pending or armed still, and lasts differently */
  ASP_PLAN_CANCELLED,           /* brk will not be; the action owns it */
  ASP_PLAN_SKIPPED,             /* brk was never pending; the action owns it */
  ASP_PLAN_RETURNS,             /* the break that is out ends at at_90k, ASP_NO_TIME = at once */
  ASP_PLAN_IGNORED,             /* somebody wanted something that is not done; brk is NULL */
} AspPlanActionKind;

typedef struct
{
  AspPlanActionKind kind;
  AspBreak *brk;
  gint64 at_90k;
  const gchar *reason;          /* CANCELLED, SKIPPED, IGNORED; static, else "" */
} AspPlanAction;

/* (element-type AspPlanAction) (transfer full): empty, to be handed to the functions below, which
 * append. g_array_unref() frees the breaks that its actions own. */
GArray *asp_plan_actions_new (void);

typedef struct _AspPlan AspPlan;

AspPlan *asp_plan_new (const AspPlanConfig * config);
void asp_plan_free (AspPlan * plan);
void asp_plan_set_config (AspPlan * plan, const AspPlanConfig * config);

/* --- what is asked for --- */

/* Takes @b, its duration brought into the limits. SKIPPED: `conflict` with a break that is pending
 * or runs (not for ASP_ORIGIN_SCHEDULE), `too-many-breaks`. */
void asp_plan_request (AspPlan * plan, AspBreak * b, gint64 now_90k, GArray * actions);
/* Only before the out point. */
void asp_plan_cancel (AspPlan * plan, const gchar * id, GArray * actions);
/* Only behind it: back as soon as possible. */
void asp_plan_end (AspPlan * plan, const gchar * id, gint64 now_90k, GArray * actions);

/* The whole break lasts @duration_90k: UPDATED before its out point, RETURNS behind it, at once when
 * that has passed. IGNORED: `extend-unknown`, `ends-already`, `conflict` with one that is pending. */
void asp_plan_extend (AspPlan * plan, const gchar * id, gint64 duration_90k, gint64 now_90k, GArray * actions);

/**
 * asp_plan_cue:
 * @hex: the section, for the break that it opens
 * @now_90k: PTS of the newest picture; ASP_NO_TIME before the first one
 * @offset_90k: what stream time is ahead of the caller's timeline
 *
 * Which segment of its event a segmentation is, is its position: segment_num * 256 +
 * sub_segment_num. A repetition, a heartbeat and what does not concern breaks make no action.
 */
void asp_plan_cue (AspPlan * plan, const AspScte35Section * section, const gchar * hex,
    const gchar * channel, gint64 now_90k, gint64 offset_90k, GArray * actions);

/* The time base of the stream jumped: what was given a time of the old one is void. What is out
 * goes on, and so does what counts from the first picture or is to be as soon as possible. */
void asp_plan_discontinuity (AspPlan * plan, GArray * actions);

/* --- a plan that only carries out what another one has decided --- */

/* Takes @b as it is; one of that id that has not begun gets its times. SCHEDULED, UPDATED when they
 * differ, or nothing. */
void asp_plan_adopt (AspPlan * plan, AspBreak * b, GArray * actions);
/* Only before the out point. CANCELLED with @reason, which is static, or nothing. */
void asp_plan_drop (AspPlan * plan, const gchar * id, const gchar * reason, GArray * actions);
/* What is out shall be back at @in_90k. */
void asp_plan_return_at (AspPlan * plan, gint64 in_90k);

/* --- what time does --- */

/* The one that comes next; NULL when there is none. Owned by the plan. */
const AspBreak *asp_plan_peek (const AspPlan * plan);
/* The same, handed over: the plan knows nothing of it any more. */
AspBreak *asp_plan_pop (AspPlan * plan);
/* Is the next one @lead_90k or less ahead of @pts90k? Never while one is armed or out. */
gboolean asp_plan_is_due (const AspPlan * plan, gint64 pts90k, gint64 lead_90k);
/* The next one is armed at a picture of @pts90k. Owned by the plan up to asp_plan_done(). */
AspBreak *asp_plan_arm (AspPlan * plan, gint64 pts90k);

typedef enum
{
  ASP_PLAN_WAIT,
  ASP_PLAN_LEAVE,
  ASP_PLAN_GIVE_UP,
} AspPlanVerdict;

/* The armed one, at a picture of @pts90k at which the programme can be left, or cannot. */
AspPlanVerdict asp_plan_consider (const AspPlan * plan, gint64 pts90k, gboolean out_point, const gchar ** reason);
/* It is out, filled or not; asp_plan_in_90k() is known from here on: cue's time and duration for a
 * cue, out point and duration for others (DESIGN 6.2). */
void asp_plan_leave (AspPlan * plan, gint64 out_90k);
/* The same for the break of @id, whichever place it has; what was armed or out is done. FALSE when
 * it is not known. */
gboolean asp_plan_begin (AspPlan * plan, const gchar * id, gint64 out_90k);
gint64 asp_plan_in_90k (const AspPlan * plan);
/* What was asked for: the same, or the moment at which it was told to end. */
gint64 asp_plan_asked_in_90k (const AspPlan * plan);
/* It shall end as soon as possible. */
gboolean asp_plan_ends_now (const AspPlan * plan);
/* Pending one that begins where the one that is out ends: they follow each other without programme
 * between them. NULL when there is none. */
const AspBreak *asp_plan_follower (const AspPlan * plan);
/* The armed one, or the one that is out, is over and freed. */
void asp_plan_done (AspPlan * plan);
/* The same, when it is that one. */
void asp_plan_done_id (AspPlan * plan, const gchar * id);
/* Cues that have been executed may come again: the stream has been flushed. */
void asp_plan_forget_done (AspPlan * plan);

G_END_DECLS
