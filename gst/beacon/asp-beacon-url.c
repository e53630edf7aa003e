/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-beacon-plan.h"

gchar *
asp_beacon_url (const AspBeacon * beacon, const AspAdMacros * macros)
{
  AspAdMacros own = *macros;

  if (!asp_ad_url_is_called (beacon->url))
    return NULL;
  if (beacon->ad) {
    own.ad = beacon->ad;
    own.ad_playhead_90k = beacon->playhead_90k;
    own.pod_sequence = beacon->pod_index;
    own.ad_count = beacon->pod_index;
  }
  return asp_ad_macros_fill (beacon->url, &own);
}
