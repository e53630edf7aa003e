/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-replay.h"

#include <string.h>

struct _AspReplay
{
  GMutex lock;
  GHashTable *until;            /* id -> gint64, in seconds */
  gint64 next_sweep_s;
};

/* So often, and whenever it is full, what is good no more is let go. */
#define SWEEP_S 60

AspReplay *
asp_replay_new (void)
{
  AspReplay *r = g_new0 (AspReplay, 1);

  g_mutex_init (&r->lock);
  r->until = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return r;
}

void
asp_replay_free (AspReplay * r)
{
  if (!r)
    return;
  g_hash_table_unref (r->until);
  g_mutex_clear (&r->lock);
  g_free (r);
}

static gboolean
is_over (gpointer id, gpointer until, gpointer now)
{
  return *(const gint64 *) until < *(const gint64 *) now;
}

static void
sweep (AspReplay * r, gint64 now_s)
{
  gboolean full = g_hash_table_size (r->until) >= ASP_REPLAY_MAX;

  /* a flood of what is still good must not sweep with each call */
  if (now_s < r->next_sweep_s && !(full && now_s > r->next_sweep_s - SWEEP_S))
    return;
  g_hash_table_foreach_remove (r->until, is_over, &now_s);
  r->next_sweep_s = now_s + SWEEP_S;
}

AspReplayAnswer
asp_replay_take (AspReplay * r, const gchar * id, gint64 valid_until_s, gint64 now_s)
{
  AspReplayAnswer answer = ASP_REPLAY_FIRST;
  const gint64 *until;

  g_return_val_if_fail (strlen (id) <= ASP_REPLAY_ID_MAX, ASP_REPLAY_AGAIN);
  g_mutex_lock (&r->lock);
  sweep (r, now_s);
  until = g_hash_table_lookup (r->until, id);
  if (until && *until >= now_s) {
    answer = ASP_REPLAY_AGAIN;
  } else if (!until && g_hash_table_size (r->until) >= ASP_REPLAY_MAX) {
    answer = ASP_REPLAY_FULL;
  } else {
    gint64 *value = g_new (gint64, 1);

    *value = valid_until_s;
    g_hash_table_replace (r->until, g_strdup (id), value);
  }
  g_mutex_unlock (&r->lock);
  return answer;
}
