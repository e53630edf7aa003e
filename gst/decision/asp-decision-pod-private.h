/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-decision-pod.h"

G_BEGIN_DECLS

/* Internal: one candidate while its pod is being built. */
typedef struct
{
  AspPodCandidate *candidate;   /* borrowed */
  gchar *creative_key, *advertiser_key; /* NULL = not known, equal to none */
  gint64 duration_90k;
  AspSkipReason reason;         /* why it cannot be placed, wherever; or is not */
  AspAdCode code;
  gint place;                   /* in the pod; -1 = not placed */
} AspPodEntry;

/* Do both in one break tell of the same thing? */
AspSkipReason asp_pod_conflict (const AspPodEntry * a, const AspPodEntry * b);

/**
 * asp_pod_search:
 * @entries: stand-alone ads, in the order of the answer
 * @chosen: (array length=n) (out): TRUE for those that fill @room_90k best
 *
 * Exact among the first ASP_POD_SEARCH_MAX that can be placed; the earlier ones when several
 * sets fill as well.
 */
void asp_pod_search (AspPodEntry * const *entries, guint n, gint64 room_90k, guint max_ads,
    gboolean * chosen);

G_END_DECLS
