/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-channel-core-private.h"

/*
 * Each rendition carries the same cues at the same places of the content. Of the copies the first
 * one counts; what comes a second time in the same rendition is a repetition and goes to the plan,
 * which knows what to do with it.
 */
typedef struct
{
  guint serial, count;
} CueCount;

typedef struct
{
  GBytes *section;
  guint count;                  /* how often it has been news */
  GArray *counts;               /* of CueCount */
} CueSeen;

static void
cue_seen_free (CueSeen * seen)
{
  g_bytes_unref (seen->section);
  g_array_unref (seen->counts);
  g_free (seen);
}

void
cue_seen_forget (AspChannelCore * core)
{
  g_queue_clear_full (&core->cues, (GDestroyNotify) cue_seen_free);
}

static CueSeen *
find_seen (AspChannelCore * core, GBytes * section)
{
  CueSeen *seen;

  for (GList * l = core->cues.head; l; l = l->next) {
    seen = l->data;
    if (g_bytes_equal (seen->section, section)) {
      g_queue_unlink (&core->cues, l);
      g_queue_push_head_link (&core->cues, l);
      return seen;
    }
  }
  seen = g_new0 (CueSeen, 1);
  seen->section = g_bytes_ref (section);
  seen->counts = g_array_new (FALSE, TRUE, sizeof (CueCount));
  g_queue_push_head (&core->cues, seen);
  if (core->cues.length > ASP_CHANNEL_CUES_MAX)
    cue_seen_free (g_queue_pop_tail (&core->cues));
  return seen;
}

static CueCount *
count_of (CueSeen * seen, guint serial)
{
  CueCount first = { serial, 0 };

  for (guint i = 0; i < seen->counts->len; i++)
    if (g_array_index (seen->counts, CueCount, i).serial == serial)
      return &g_array_index (seen->counts, CueCount, i);
  g_array_append_val (seen->counts, first);
  return &g_array_index (seen->counts, CueCount, seen->counts->len - 1);
}

gboolean
asp_channel_core_cue_is_new (AspChannelCore * core, AspRendition * r, const guint8 * data, gsize size)
{
  g_autoptr (GBytes) section = NULL;
  CueSeen *seen;
  CueCount *count;

  if (core->renditions->len < 2)
    return TRUE;
  section = g_bytes_new (data, size);
  seen = find_seen (core, section);
  count = count_of (seen, r->serial);
  count->count++;
  if (count->count <= seen->count)
    return FALSE;
  seen->count = count->count;
  return TRUE;
}

const gchar *
asp_channel_core_cue (AspChannelCore * core, AspRendition * r, const AspScte35Section * section,
    const gchar * hex, gint64 now_pts90k, GArray * skipped)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();
  gint64 now = core->newest_90k;

  /* before the first picture the clock of the one that has got the cue tells the time */
  if (now == ASP_NO_TIME && now_pts90k != ASP_NO_TIME)
    now = core_to_channel (core, r, asp_pts_wrap (now_pts90k));
  asp_plan_cue (core->plan, section, hex, core->name, now, r->offset_90k, actions);
  return core_apply (core, actions, skipped);
}
