/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hook-plan.h"

G_BEGIN_DECLS

/*
 * Internal to gst/event: one hook, its place in the log and what it is given next. Reads log and
 * store. It belongs to the runner's thread; what is below `state` is looked at by others too, and
 * written with the runner's lock held.
 */
typedef struct
{
  gchar *name, *url, *secret;
  gchar **headers, **channels;  /* headers: name, value, ...; channels: NULL = all */

  guint64 saved;                /* place in the store, with the version of its key; 0 = none */
  guint64 version;
  gint64 save_us;               /* monotonic: not written again before that */

  GPtrArray *page;              /* AspEvent that were read ahead; nullable */
  guint next_of_page;
  guint64 looked;               /* number of the last event that was read */
  AspEvent *event;              /* that it is given now, or again; NULL: it has all that it wants */

  guint64 request;              /* id of the client; 0 = none is under way */
  guint failures;               /* in a row */
  gint64 next_us;               /* monotonic: not asked again before that */
  gboolean removed;             /* while a request was under way */

  guint64 place;                /* all up to this number is done with */
  AspHookState state;
} AspHookEntry;

/* @since: where a new one begins. Reads the store. */
AspHookEntry *asp_hook_entry_new (const AspHook * hook, AspStore * store, guint64 since);
void asp_hook_entry_free (AspHookEntry * entry);

/* Takes over what is configured; @from gets the old. */
void asp_hook_entry_configure (AspHookEntry * entry, AspHookEntry * from);

/* Looks for the next event that it wants. @place: (out): how far all is done with. @lost: (out):
 * events that are gone. FALSE: the log cannot be read now. */
gboolean asp_hook_entry_advance (AspHookEntry * entry, AspEventLog * log, guint64 * place, guint64 * lost);

/* Writes @place, when the store does not have it. */
void asp_hook_entry_save (AspHookEntry * entry, AspStore * store, guint64 place);

G_END_DECLS
