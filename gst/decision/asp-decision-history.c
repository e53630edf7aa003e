/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-decision-history.h"

#include <string.h>

typedef struct
{
  gint64 at_s;
  gchar *key;
} Showing;

struct _AspDecisionHistory
{
  GQueue showings;              /* Showing, the oldest first */
  gint64 window_s;
};

static void
forget_oldest (AspDecisionHistory * history)
{
  Showing *oldest = g_queue_pop_head (&history->showings);

  g_free (oldest->key);
  g_free (oldest);
}

static void
forget (AspDecisionHistory * history, gint64 now_s)
{
  const Showing *oldest;

  while ((oldest = g_queue_peek_head (&history->showings)) && now_s - oldest->at_s >= history->window_s)
    forget_oldest (history);
}

AspDecisionHistory *
asp_decision_history_new (gint64 window_s)
{
  AspDecisionHistory *history = g_new0 (AspDecisionHistory, 1);

  history->window_s = window_s;
  return history;
}

void
asp_decision_history_free (AspDecisionHistory * history)
{
  if (!history)
    return;
  while (history->showings.length > 0)
    forget_oldest (history);
  g_free (history);
}

void
asp_decision_history_add (AspDecisionHistory * history, const gchar * key, gint64 now_s)
{
  Showing *showing;

  if (!key)
    return;
  forget (history, now_s);
  if (history->showings.length == ASP_DECISION_HISTORY_MAX)
    forget_oldest (history);
  showing = g_new (Showing, 1);
  showing->at_s = now_s;
  showing->key = g_strdup (key);
  g_queue_push_tail (&history->showings, showing);
}

guint
asp_decision_history_count (AspDecisionHistory * history, const gchar * key, gint64 now_s)
{
  guint n = 0;

  forget (history, now_s);
  for (const GList * l = history->showings.head; l && key; l = l->next)
    n += !strcmp (((const Showing *) l->data)->key, key);
  return n;
}
