/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-event-log.h"

G_BEGIN_DECLS

/*
 * The breaks that the log tells of, each with its whole history: a fold over events, kept in memory
 * and made anew from the log at the start. Thread: any; nothing waits for the disk but new. Since: 0.1
 */
#define ASP_EVENT_HISTORY_BREAKS_MAX 1000       /* of a channel; the oldest ones are forgotten */
#define ASP_EVENT_HISTORY_EVENTS_MAX 256        /* of a break */

typedef struct _AspEventHistory AspEventHistory;

/* @log must live until asp_event_history_free(). */
AspEventHistory *asp_event_history_new (AspEventLog * log, GError ** error);
void asp_event_history_free (AspEventHistory * history);        /* NULL is allowed */

/* The state of a break: "scheduled", "running", "ended", "skipped", "cancelled". */

/* Writes breaks of @channel, newest first, as members of an array that has begun: those older than
 * @before (an id; NULL: all), at most @max. Returns: how many */
guint asp_event_history_write_breaks (AspEventHistory * history, const gchar * channel, const gchar * before, guint max,
    AspJsonWriter * w);
/* One break with all its events, as members of an object that has begun. FALSE: there is none. */
gboolean asp_event_history_write_break (AspEventHistory * history, const gchar * channel, const gchar * id,
    AspJsonWriter * w);
/* The one that is scheduled next or runs. NULL: none. (transfer full) */
gchar *asp_event_history_open_break (AspEventHistory * history, const gchar * channel);

G_END_DECLS
