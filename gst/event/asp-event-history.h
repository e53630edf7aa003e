/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-event-log.h"

G_BEGIN_DECLS

/*
 * The breaks that the log tells of, each with its whole history: a fold over events, kept in memory
 * and made anew from the log at the start. A break is forgotten with the last of its events.
 * Thread: any; nothing waits for the disk but new. Since: 0.1
 */
#define ASP_EVENT_HISTORY_BREAKS_MAX 1000       /* of a channel; the oldest ones are forgotten */
#define ASP_EVENT_HISTORY_EVENTS_MAX 256        /* of a break; the oldest behind the first one are forgotten */

typedef struct _AspEventHistory AspEventHistory;

/* @log must live until asp_event_history_free(). */
AspEventHistory *asp_event_history_new (AspEventLog * log, GError ** error);
void asp_event_history_free (AspEventHistory * history);        /* NULL is allowed */

/**
 * asp_event_history_end_open:
 *
 * Breaks and streams that the log leaves open belong to a process that was killed: says in the log
 * that they are over, with the reason "interrupted", so that whoever has heard of their begin hears of
 * their end. Once, at the start, before a channel adds an event.
 * Returns: how many events were added
 */
guint asp_event_history_end_open (AspEventHistory * history, gint64 now_us);

/*
 * A break is written with: `ad_break_id`, `channel_name`, `state` ("scheduled", "running", "ended",
 * "skipped", "cancelled"), `origin`, `roll_type`, `reason`, `outcome`; `asked_time`, `decided_time`,
 * `started_time`, `ended_time` (RFC 3339); `target_start_time` and `target_start_unix_ms`;
 * `duration_seconds`, `duration_90k`, `filled_90k`, `fill_rate` (percent); `ads_latency_us`; of the
 * splices out and in what was asked, what it became and the difference: `asked_pts_90k`, `pts_90k`,
 * `error_90k`, `asked_in_pts_90k`, `in_pts_90k`, `in_error_90k`; `creatives` (what has played: the
 * members of its event, with `started_time`, `ended_time`, `end_reason`) and `skipped`. What is not
 * known is left out.
 */

/* Writes breaks of @channel, newest first, as members of an array that has begun: those older than
 * @before (an id; NULL: all), at most @max. Returns: how many */
guint asp_event_history_write_breaks (AspEventHistory * history, const gchar * channel, const gchar * before, guint max,
    AspJsonWriter * w);
/* One break, with all its `events`, as members of an object that has begun. FALSE: there is none. */
gboolean asp_event_history_write_break (AspEventHistory * history, const gchar * channel, const gchar * id,
    AspJsonWriter * w);
/* The one that runs, or is scheduled next. NULL: none. (transfer full) */
gchar *asp_event_history_open_break (AspEventHistory * history, const gchar * channel);

G_END_DECLS
