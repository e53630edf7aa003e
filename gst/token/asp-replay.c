/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-replay.h"

#include <string.h>

struct _AspReplay
{
  GMutex lock;
  GHashTable *uses;             /* id -> Use */
  gint64 next_sweep_s;
};

typedef struct
{
  gint64 until_s, first_s;
} Use;

/* So often, and whenever it is full, what is good no more is let go. */
#define SWEEP_S 60

AspReplay *
asp_replay_new (void)
{
  AspReplay *r = g_new0 (AspReplay, 1);

  g_mutex_init (&r->lock);
  r->uses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return r;
}

void
asp_replay_free (AspReplay * r)
{
  if (!r)
    return;
  g_hash_table_unref (r->uses);
  g_mutex_clear (&r->lock);
  g_free (r);
}

static gboolean
is_over (gpointer id, gpointer use, gpointer now)
{
  return ((const Use *) use)->until_s < *(const gint64 *) now;
}

static void
sweep (AspReplay * r, gint64 now_s)
{
  gboolean full = g_hash_table_size (r->uses) >= ASP_REPLAY_MAX;

  /* a flood of what is still good must not sweep with each call */
  if (now_s < r->next_sweep_s && !(full && now_s > r->next_sweep_s - SWEEP_S))
    return;
  g_hash_table_foreach_remove (r->uses, is_over, &now_s);
  r->next_sweep_s = now_s + SWEEP_S;
}

AspReplayAnswer
asp_replay_take (AspReplay * r, const gchar * id, gint64 valid_until_s, gint64 now_s, gint64 * first_s)
{
  AspReplayAnswer answer = ASP_REPLAY_FIRST;
  const Use *use;

  g_return_val_if_fail (strlen (id) <= ASP_REPLAY_ID_MAX, ASP_REPLAY_AGAIN);
  g_mutex_lock (&r->lock);
  sweep (r, now_s);
  use = g_hash_table_lookup (r->uses, id);
  if (first_s)
    *first_s = use && use->until_s >= now_s ? use->first_s : now_s;
  if (use && use->until_s >= now_s) {
    answer = ASP_REPLAY_AGAIN;
  } else if (!use && g_hash_table_size (r->uses) >= ASP_REPLAY_MAX) {
    answer = ASP_REPLAY_FULL;
  } else {
    Use *news = g_new (Use, 1);

    *news = (Use) { valid_until_s, now_s };
    g_hash_table_replace (r->uses, g_strdup (id), news);
  }
  g_mutex_unlock (&r->lock);
  return answer;
}
