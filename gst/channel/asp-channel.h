/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-channel-core.h"

G_BEGIN_DECLS

/*
 * A channel that is shared between threads, and the register of all channels of the process by
 * name. Everything of asp-channel-core.h under one lock, which is innermost: nothing is called
 * under it but the core. Functions may be called from any thread. Since: 0.1
 */
typedef struct _AspChannel AspChannel;

/* The channel of that name, made when it is not there; NULL: one of its own. (transfer full) */
AspChannel *asp_channel_get (const gchar * name);
AspChannel *asp_channel_ref (AspChannel * channel);
void asp_channel_unref (AspChannel * channel);  /* NULL is allowed */
/* "" for one of its own. */
const gchar *asp_channel_name (const AspChannel * channel);

void asp_channel_set_config (AspChannel * channel, const AspPlanConfig * config);
void asp_channel_set_lead (AspChannel * channel, gint64 lead_90k);

/* Called when a break is less than @notice_90k ahead, once for each: from the streaming thread of a
 * rendition or whoever called for the break, without a lock; it must not block. */
typedef void (*AspChannelDue) (gpointer user_data, const AspBreak * brk);
/* A picture of @pts90k (33 bits) is next in some rendition: called for each, as AspChannelDue is. */
typedef void (*AspChannelPassed) (gpointer user_data, guint64 pts90k);
/* @passed may be NULL. */
void asp_channel_add_due (AspChannel * channel, AspChannelDue func, AspChannelPassed passed, gpointer user_data);
/* It is not called any more when this returns. Not from within. */
void asp_channel_remove_due (AspChannel * channel, AspChannelDue func, gpointer user_data);
/* Of a break that is due: see asp_channel_core_ahead(). */
gint64 asp_channel_ahead (AspChannel * channel, const AspBreak * brk);
/* How far ahead of its out point a break is due. */
void asp_channel_set_notice (AspChannel * channel, gint64 notice_90k);

/* How long the parts are in which the channel's HLS sink publishes it, and so the units of its creatives:
 * said by the sink when it starts. 0: no parts, or no sink. */
void asp_channel_set_part_duration (AspChannel * channel, gint64 part_90k);
gint64 asp_channel_part_duration (AspChannel * channel);

AspRendition *asp_channel_join (AspChannel * channel, const gchar * name);
/* Ids (gchar[ASP_BREAK_ID_SIZE]) of breaks that end for the channel with it. (transfer full) */
GArray *asp_channel_leave (AspChannel * channel, AspRendition * r);
guint asp_channel_n_renditions (AspChannel * channel);

/* --- for a splicer: see AspSplicerChannel --- */
/* Is there anything that @seen does not know? Without a lock. */
gboolean asp_channel_has_orders (AspChannel * channel, guint seen);
/* (transfer full) (element-type AspSplicerOrder): free with asp_channel_orders_free(); NULL: none.
 * With @pts90k G_MAXUINT64 no picture is told. @seen is set. */
GArray *asp_channel_picture (AspChannel * channel, AspRendition * r, guint64 pts90k, gint64 frame_90k,
    guint * seen);
void asp_channel_orders_free (GArray * orders);
AspAlign asp_channel_out (AspChannel * channel, AspRendition * r, const gchar * id, guint64 pts90k,
    guint64 start_pts90k, gint64 half_90k, guint64 * in_pts90k);
AspAlign asp_channel_back (AspChannel * channel, AspRendition * r, const gchar * id, guint64 pts90k,
    gint64 half_90k, gboolean planned);
gboolean asp_channel_jumped (AspChannel * channel, AspRendition * r, gint64 jump_90k);
void asp_channel_flushed (AspChannel * channel, AspRendition * r);
gboolean asp_channel_cue_is_new (AspChannel * channel, AspRendition * r, const guint8 * data, gsize size);
const gchar *asp_channel_cue (AspChannel * channel, AspRendition * r, const AspScte35Section * section,
    const gchar * hex, gint64 now_pts90k, GArray * skipped);
/* With the shares of the break as they are now, copied: @shares (out) (optional), or NULL */
gboolean asp_channel_note (AspChannel * channel, AspRendition * r, const AspReport * report, GArray ** shares);

/* --- for whoever asks --- */
const gchar *asp_channel_request (AspChannel * channel, AspRendition * r, AspBreak * b);
/* Takes @b: a break that opens with the first picture of the channel. NULL, or `late`: there has been one. */
const gchar *asp_channel_request_first (AspChannel * channel, AspBreak * b);
gboolean asp_channel_cancel (AspChannel * channel, const gchar * id);
gboolean asp_channel_end (AspChannel * channel, const gchar * id);
/* NULL, or why not: as asp_plan_extend() has it. */
const gchar *asp_channel_extend (AspChannel * channel, const gchar * id, gint64 duration_90k);
/* Would a break that is called for now be refused, because one is scheduled or runs? */
gboolean asp_channel_is_busy (AspChannel * channel, gint64 duration_90k);

/* A break as it is known at a moment; times as in the stream. */
typedef struct
{
  gchar id[ASP_BREAK_ID_SIZE];
  AspBreakOrigin origin;
  gboolean postroll;
  gboolean running;             /* somebody has left */
  gboolean over;                /* or withdrawn */
  gboolean given;               /* some rendition knows of it, and tells what becomes of it */
  gint64 asked_pts90k;          /* 33 bits; ASP_NO_TIME */
  gint64 duration_90k;
} AspChannelBreak;

/**
 * asp_channel_request_told:
 * @b: (transfer full)
 * @out: as it is now
 * @told: (out): the caller has to tell that it is scheduled: no rendition will. FALSE: it has no time yet
 *
 * As asp_channel_request(), but that whoever gets creatives ready hears of it only with
 * asp_channel_tell_due(): so that what is told comes first.
 */
const gchar *asp_channel_request_told (AspChannel * channel, AspBreak * b, AspChannelBreak * out, gboolean * told);
void asp_channel_tell_due (AspChannel * channel);
/* FALSE: it is not known (any more). */
gboolean asp_channel_find (AspChannel * channel, const gchar * id, AspChannelBreak * out);
/* Those that are not over, oldest first: (element-type AspChannelBreak) (transfer full). */
GArray *asp_channel_open_breaks (AspChannel * channel);

/* --- stream and wall clock: as if pictures went on as they came last --- */
/* FALSE: no picture has come. */
gboolean asp_channel_pts_at (AspChannel * channel, gint64 utc_us, guint64 * pts90k);
/* UTC; 0: no picture has come. */
gint64 asp_channel_time_of (AspChannel * channel, guint64 pts90k);
gboolean asp_channel_seen_before (AspChannel * channel, guint32 seqnum);
gboolean asp_channel_is_over (AspChannel * channel, const gchar * id);
/* Shares of a break, NULL when it is not known. (transfer full) */
GArray *asp_channel_shares (AspChannel * channel, const gchar * id);

G_END_DECLS
