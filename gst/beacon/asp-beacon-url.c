/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-beacon-plan.h"

#include <asp-decision-media.h>

gchar *
asp_beacon_url (const AspBeacon * beacon, const AspAdMacros * macros)
{
  AspAdMacros own = *macros;
  const AspAdMedia *source;
  AspSkipReason reason;

  if (!asp_ad_url_is_called (beacon->url))
    return NULL;
  if (beacon->code)
    own.error_code = (gint) beacon->code;
  if (beacon->ad) {
    source = asp_decision_source (beacon->ad, FALSE, &reason);
    own.asset_uri = source ? source->url : own.asset_uri;
    own.ad = beacon->ad;
    own.ad_playhead_90k = beacon->playhead_90k;
    own.pod_sequence = beacon->pod_index;
    own.ad_count = beacon->pod_index;
  }
  return asp_ad_macros_fill (beacon->url, &own);
}
