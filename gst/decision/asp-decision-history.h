/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What an audience has seen, for the frequency cap: how often a creative
 * (asp_decision_creative_key()) was shown within the last so many seconds. Bounded: the oldest
 * showing goes first. Time comes in. Thread: one at a time; pure. Since: 0.1
 */
#define ASP_DECISION_HISTORY_MAX 4096   /* showings */

typedef struct _AspDecisionHistory AspDecisionHistory;

AspDecisionHistory *asp_decision_history_new (gint64 window_s);
void asp_decision_history_free (AspDecisionHistory * history);  /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspDecisionHistory, asp_decision_history_free)

/* @now_s never goes back; what is older than the window is forgotten. NULL as key is ignored. */
void asp_decision_history_add (AspDecisionHistory * history, const gchar * key, gint64 now_s);
guint asp_decision_history_count (AspDecisionHistory * history, const gchar * key, gint64 now_s);

G_END_DECLS
