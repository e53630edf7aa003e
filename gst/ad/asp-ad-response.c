/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ad-response.h"

AspAdOffer *
asp_ad_offer_new (AspAdOfferKind kind)
{
  AspAdOffer *offer = g_new0 (AspAdOffer, 1);

  offer->kind = kind;
  offer->ad = asp_ad_new (NULL, 0);
  offer->follow_additional_wrappers = TRUE;
  offer->fallback_on_no_ad = TRUE;
  return offer;
}

void
asp_ad_offer_free (AspAdOffer * offer)
{
  if (!offer)
    return;
  asp_ad_free (offer->ad);
  g_free (offer->tag_url);
  g_free (offer->why);
  g_free (offer);
}

AspAdResponse *
asp_ad_response_new (void)
{
  AspAdResponse *response = g_new0 (AspAdResponse, 1);

  response->offers = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_ad_offer_free);
  return response;
}

void
asp_ad_response_free (AspAdResponse * response)
{
  if (!response)
    return;
  g_free (response->version);
  g_clear_pointer (&response->errors, g_ptr_array_unref);
  g_ptr_array_unref (response->offers);
  g_free (response->remark);
  g_free (response->break_id);
  g_free (response->break_type);
  g_free (response->time_offset);
  g_clear_pointer (&response->break_trackers, g_ptr_array_unref);
  g_free (response);
}
