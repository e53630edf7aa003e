/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-store.h>

#include "asp-event.h"

G_BEGIN_DECLS

/*
 * The log of a control server: every event of its channels once, numbered, in order. It is written
 * to the store (log "events") in a thread of its own; what was written stands over `kill -9`.
 *
 * A store that does not take events now (a full disk) is asked again for as long as it takes, while
 * they wait in memory, in their order; readers see them when it has them. When too many wait, further
 * ones are not taken: numbers stay without holes. Both are said once, in the debug log and in
 * asp_event_log_get_state().
 *
 * Thread: new and free from one, the others from any. add() never waits for the disk: streaming
 * threads may call it. Since: 0.1
 */
#define ASP_EVENT_LOG_NAME "events"     /* in the store */
#define ASP_EVENT_LOG_KEEP 100000       /* events; older ones are forgotten */
#define ASP_EVENT_LOG_WAITING_MAX 20000 /* events that the store has not taken yet */

typedef struct _AspEventLog AspEventLog;

/* @store must live until asp_event_log_free(). NULL with ASP_STORE_ERROR_DISK. */
AspEventLog *asp_event_log_new (AspStore * store, GError ** error);
/* Writes what waits, for at most a second. NULL is allowed. */
void asp_event_log_free (AspEventLog * log);

/* Made with the log, lasts with it: 22 letters, digits, - and _. */
const gchar *asp_event_log_id (const AspEventLog * log);

/* @event: (transfer full). Returns: its number, 0 when it is not taken. Two processes that write into
 * one file have one row of numbers, and this is then not always the one that readers see. */
guint64 asp_event_log_add (AspEventLog * log, AspEvent * event);

/* The number of the last one that readers see: those that are in the store. */
guint64 asp_event_log_last (AspEventLog * log);

/* Events behind number @since, in order, at most @max (from 1): (element-type AspEvent) (transfer full).
 * @channel: (nullable): only those of this one. What is older than the log keeps is not there. The
 * newest ones are in memory, older ones come from the disk: not in a streaming thread. */
GPtrArray *asp_event_log_read (AspEventLog * log, guint64 since, const gchar * channel, guint max, GError ** error);

typedef struct
{
  guint64 last;                 /* as asp_event_log_last() */
  guint64 lost;                 /* events that were not taken */
  guint waiting;                /* for the store */
  gchar *error;                 /* nullable: why the store does not take them now; for people */
} AspEventLogState;

void asp_event_log_get_state (AspEventLog * log, AspEventLogState * state);
void asp_event_log_state_clear (AspEventLogState * state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AspEventLogState, asp_event_log_state_clear)

/* Called, without a lock, in the log's thread, when readers see more than before; must not block. */
typedef void (*AspEventLogGrew) (gpointer user_data, guint64 last);
guint asp_event_log_watch (AspEventLog * log, AspEventLogGrew func, gpointer user_data);
/* It is not called any more when this returns. Not from within. */
void asp_event_log_unwatch (AspEventLog * log, guint id);

G_END_DECLS
