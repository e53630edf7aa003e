/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-decision-skip.h"

G_BEGIN_DECLS

/* What of an ad is fetched, and how its creative and advertiser are told from others.
 * Thread: any; pure. Since: 0.1 */

/**
 * asp_decision_source:
 * @mezzanine_only: nothing else will do
 * @reason: (out): why there is none
 *
 * The mezzanine, else of the progressive video files without API the one with the highest
 * bitrate, then the largest (MediaTailor's choice too). Only http(s), and only containers
 * that are files: a playlist is none. Returns: (transfer none) (nullable)
 */
const AspAdMedia *asp_decision_source (const AspAd * ad, gboolean mezzanine_only,
    AspSkipReason * reason);

/* The identity of the creative: a known UniversalAdId, else the URL of its source, else the ids
 * of its ad server. (transfer full) (nullable) */
gchar *asp_decision_creative_key (const AspAd * ad);

/* (transfer full) (nullable): not said */
gchar *asp_decision_advertiser_key (const AspAd * ad);

G_END_DECLS
