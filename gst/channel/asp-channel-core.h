/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-splicer-channel.h>

G_BEGIN_DECLS

/*
 * What the renditions of one channel have in common: one plan of breaks, the points at which they
 * leave and come back, and what has been told of it. Pure: no lock, no thread, no clock; time comes
 * in with the pictures of the renditions. Whoever shares it between threads holds a lock around
 * every call (asp-channel.h).
 *
 * Renditions run through the same content with some skew. The one that is furthest ahead gives the
 * time: what is to be as soon as possible is put ahead of it. The first one to reach a point
 * decides where it is, the others go there when they have a RAP there, and take their next one when
 * not. Nobody waits for another. Inside, times are unwrapped on a timeline of the channel, which
 * goes on where the time base of the stream jumps; a rendition has its offset to it.
 * Since: 0.1
 */
#define ASP_CHANNEL_RECORDS_MAX 64      /* breaks that are over and still remembered */
#define ASP_CHANNEL_CUES_MAX 64         /* sections that are remembered, to know copies */
#define ASP_CHANNEL_SEQNUMS_MAX 32

typedef struct _AspChannelCore AspChannelCore;
typedef struct _AspRendition AspRendition;

/* What a rendition has of a break. */
typedef enum
{
  ASP_SHARE_NONE,
  ASP_SHARE_PENDING,
  ASP_SHARE_STARTED,
  ASP_SHARE_ENDED,
  ASP_SHARE_SKIPPED,
  ASP_SHARE_CANCELLED,
} AspShareState;

typedef struct
{
  guint serial;                 /* of the rendition */
  gchar *rendition;             /* its name */
  AspShareState state;
  gboolean aligned;             /* it left where the first one left */
  const gchar *reason;          /* static */
  gint64 out_pts90k, in_pts90k; /* achieved, 33 bits; ASP_NO_TIME */
} AspShare;

typedef struct
{
  gchar id[ASP_BREAK_ID_SIZE];
  AspBreak *brk;                /* channel timeline */
  guint64 revision;             /* of the channel, when it changed last */
  const gchar *withdrawn;       /* static reason, or NULL */
  gboolean left;                /* somebody has */
  gint64 out_90k;               /* RAP before which */
  gint64 in_90k, end_90k, back_90k;
  gboolean over;                /* for the plan */
  gboolean due_told;
  gboolean started_told, ended_told, gone_told;
  gboolean asked_told;
  gint64 asked_told_90k, duration_told_90k;
  guint pod_started, pod_ended; /* highest that have been told */
  GArray *shares;               /* of AspShare */
} AspRecord;

AspChannelCore *asp_channel_core_new (const gchar * name);
void asp_channel_core_free (AspChannelCore * core);
void asp_channel_core_set_config (AspChannelCore * core, const AspPlanConfig * config);
/* From a call to its out point, when it names none. */
void asp_channel_core_set_lead (AspChannelCore * core, gint64 lead_90k);
/* How far ahead of its out point a break is due: asp_channel_core_next_due(). */
void asp_channel_core_set_notice (AspChannelCore * core, gint64 notice_90k);

/* @name is copied. Owned by the core. */
AspRendition *asp_channel_core_add (AspChannelCore * core, const gchar * name);
/* Its shares end. Ids of breaks that are over with it are appended to @ended (guint8[ASP_BREAK_ID_SIZE]). */
void asp_channel_core_remove (AspChannelCore * core, AspRendition * r, GArray * ended);

/* --- a rendition at work: see AspSplicerChannel --- */
void asp_channel_core_picture (AspChannelCore * core, AspRendition * r, guint64 pts90k, gint64 frame_90k);
/* The next order for @r; FALSE when there is none. order->brk is a copy for the caller. */
gboolean asp_channel_core_next_order (AspChannelCore * core, AspRendition * r, AspSplicerOrder * order);
AspAlign asp_channel_core_leave (AspChannelCore * core, AspRendition * r, const gchar * id, guint64 pts90k,
    guint64 start_pts90k, gint64 half_90k, guint64 * in_pts90k);
AspAlign asp_channel_core_come_back (AspChannelCore * core, AspRendition * r, const gchar * id, guint64 pts90k,
    gint64 half_90k, gboolean planned);
/* TRUE when it is the first one to jump */
gboolean asp_channel_core_jumped (AspChannelCore * core, AspRendition * r, gint64 jump_90k);
void asp_channel_core_flushed (AspChannelCore * core, AspRendition * r);
/* Is the section @r has got now news, or what another one has had? */
gboolean asp_channel_core_cue_is_new (AspChannelCore * core, AspRendition * r, const guint8 * data, gsize size);

typedef struct
{
  gchar id[ASP_BREAK_ID_SIZE];
  gint64 asked_pts90k, duration_90k;
} AspChannelSkip;

/* Returns: why it does nothing, or NULL. @skipped: (element-type AspChannelSkip): breaks that came
 * too late even to be scheduled, with that reason */
const gchar *asp_channel_core_cue (AspChannelCore * core, AspRendition * r, const AspScte35Section * section,
    const gchar * hex, gint64 now_pts90k, GArray * skipped);

/* --- what is asked for --- */

/* Takes @b; asked_90k in 33 bits of the stream of @r, or of the furthest rendition when @r is NULL.
 * Returns: NULL, or why not: `conflict`, `too-many-breaks`. A schedule counts only once. */
const gchar *asp_channel_core_request (AspChannelCore * core, AspRendition * r, AspBreak * b);
/* Takes @b, which opens with the first picture. NULL, or `late`: there has been one. */
const gchar *asp_channel_core_request_first (AspChannelCore * core, AspBreak * b);
/* Whoever asked tells of it, and of the times that it has now: no rendition needs to. FALSE: it has no time yet. */
gboolean asp_channel_core_mark_told (AspChannelCore * core, const gchar * id);
gboolean asp_channel_core_cancel (AspChannelCore * core, const gchar * id);
gboolean asp_channel_core_end (AspChannelCore * core, const gchar * id);
/* The whole break lasts @duration_90k. NULL, or why not: as asp_plan_extend() has it. */
const gchar *asp_channel_core_extend (AspChannelCore * core, const gchar * id, gint64 duration_90k);
/* Would a break that is called for now be refused, because one is scheduled or runs? */
gboolean asp_channel_core_is_busy (const AspChannelCore * core, gint64 duration_90k);
/* The same event may come through several renditions. */
gboolean asp_channel_core_seen_before (AspChannelCore * core, guint32 seqnum);

/* --- what is told --- */

/* @r reports. TRUE: that is news of the channel. */
gboolean asp_channel_core_note (AspChannelCore * core, AspRendition * r, const AspReport * report);
/* The next break that is due and has not been told, NULL when there is none. Its times are of the
 * channel's timeline. (transfer full) */
AspBreak *asp_channel_core_next_due (AspChannelCore * core);
/* From the newest picture to the out point of @brk, whose times are of the channel's timeline; 0: it has
 * come, ASP_NO_TIME: nobody knows (a post-roll). */
gint64 asp_channel_core_ahead (const AspChannelCore * core, const AspBreak * brk);
/* May asp_channel_core_next_due() find one? */
gboolean asp_channel_core_is_due (const AspChannelCore * core);
const AspRecord *asp_channel_core_find (const AspChannelCore * core, const gchar * id);
/* Has nobody anything to do with it any more? */
gboolean asp_channel_core_is_over (const AspChannelCore * core, const gchar * id);
/* Oldest first: GList of AspRecord. */
const GList *asp_channel_core_records (const AspChannelCore * core);
guint asp_channel_core_n_renditions (const AspChannelCore * core);
/* +1 with everything that may be an order for somebody. */
guint64 asp_channel_core_revision (const AspChannelCore * core);
/* Times of the channel's timeline, and as in the stream (33 bits) where it jumped last. */
gint64 asp_channel_core_newest_90k (const AspChannelCore * core);
guint64 asp_channel_core_to_stream (const AspChannelCore * core, gint64 t_90k);
gint64 asp_channel_core_from_stream (const AspChannelCore * core, guint64 pts90k);
/* Has the channel a picture? */
gboolean asp_channel_core_has_time (const AspChannelCore * core);

G_END_DECLS
