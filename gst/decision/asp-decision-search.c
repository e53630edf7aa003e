/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The best fill of an avail by whole ads: a search with a bound, because of ads that do not bear each
 * other; the usual sum of subsets has none. */
#include "asp-decision-pod-private.h"

#include <string.h>

typedef struct
{
  AspPodEntry *const *entries;  /* those that can be placed */
  guint n, max_ads;
  gint64 room_90k;
  gint64 after_90k[ASP_POD_SEARCH_MAX + 1];     /* sum of all from this one on */
  gboolean taken[ASP_POD_SEARCH_MAX], best[ASP_POD_SEARCH_MAX];
  gint64 best_90k;
  guint steps;
} Search;

static gboolean
bears_the_others (const Search * s, guint index)
{
  for (guint i = 0; i < index; i++)
    if (s->taken[i] && asp_pod_conflict (s->entries[i], s->entries[index]))
      return FALSE;
  return TRUE;
}

/* An ad is first tried in, then out: of equal fills the one of earlier ads is met first. As
 * deep as there are entries. */
static void
descend (Search * s, guint index, gint64 sum_90k, guint n_taken)
{
  const AspPodEntry *e;

  if (sum_90k >= s->best_90k + ASP_POD_FILL_STEP_90K) {
    s->best_90k = sum_90k;
    memcpy (s->best, s->taken, sizeof s->best);
  }
  if (index == s->n || n_taken == s->max_ads || ++s->steps > ASP_POD_STEPS_MAX ||
      MIN (sum_90k + s->after_90k[index], s->room_90k) < s->best_90k + ASP_POD_FILL_STEP_90K)
    return;
  e = s->entries[index];
  if (e->duration_90k <= s->room_90k - sum_90k && bears_the_others (s, index)) {
    s->taken[index] = TRUE;
    descend (s, index + 1, sum_90k + e->duration_90k, n_taken + 1);
    s->taken[index] = FALSE;
  }
  descend (s, index + 1, sum_90k, n_taken);
}

void
asp_pod_search (AspPodEntry * const *entries, guint n, gint64 room_90k, guint max_ads,
    gboolean * chosen)
{
  AspPodEntry *placeable[ASP_POD_SEARCH_MAX];
  guint index[ASP_POD_SEARCH_MAX];
  Search s = {.entries = placeable,.room_90k = room_90k,.max_ads = max_ads };

  memset (chosen, 0, n * sizeof *chosen);
  for (guint i = 0; i < n && s.n < ASP_POD_SEARCH_MAX; i++) {
    if (entries[i]->reason != ASP_SKIP_NONE || entries[i]->duration_90k > room_90k)
      continue;
    index[s.n] = i;
    placeable[s.n++] = entries[i];
  }
  for (guint i = s.n; i-- > 0;)
    s.after_90k[i] = s.after_90k[i + 1] + placeable[i]->duration_90k;
  descend (&s, 0, 0, 0);
  for (guint i = 0; i < s.n; i++)
    chosen[index[i]] = s.best[i];
}
