/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One Ad: InLine or Wrapper, without its creatives (VAST 4.3, 3.3 to 3.5 and 3.19). */
#include "asp-vast-private.h"

#include <string.h>

static void
read_words (AspAd * ad, const AspVastNode * body)
{
  const AspVastNode *system = asp_vast_child (body, "AdSystem");
  const AspVastNode *pricing = asp_vast_child (body, "Pricing");
  const AspVastNode *advertiser = asp_vast_child (body, "Advertiser");
  g_autofree gchar *expires = asp_vast_child_text (body, "Expires");

  ad->ad_system = asp_vast_text_of (system);
  ad->ad_system_version = asp_vast_attribute_text (system, "version");
  ad->ad_title = asp_vast_child_text (body, "AdTitle");
  ad->ad_serving_id = asp_vast_child_text (body, "AdServingId");
  ad->description = asp_vast_child_text (body, "Description");
  ad->advertiser = asp_vast_text_of (advertiser);
  ad->advertiser_id = asp_vast_attribute_text (advertiser, "id");
  ad->survey = asp_vast_child_text (body, "Survey");
  ad->price = asp_vast_text_of (pricing);
  ad->price_model = asp_vast_attribute_text (pricing, "model");
  ad->price_currency = asp_vast_attribute_text (pricing, "currency");
  if (expires)
    ad->expires_s = MAX (asp_vast_time_90k (expires) / 90000, 0);
}

static void
read_categories (AspVastReader * r, GPtrArray ** list, const AspVastNode * body, const gchar * name)
{
  for (const AspVastNode * n = asp_vast_child (body, name); n; n = asp_vast_next (n, name)) {
    g_autofree gchar *value = asp_vast_text_of (n);

    if (value)
      asp_vast_add (r, list, asp_ad_pair_new (asp_vast_attribute (n, "authority"), value),
          ASP_VAST_PARTS_MAX);
  }
}

static void
read_trackers (AspVastReader * r, AspAd * ad, const AspVastNode * body)
{
  const AspVastNode *view = asp_vast_child (body, "ViewableImpression");

  asp_vast_add_trackers (r, &ad->trackers, body, "Impression", "impression");
  asp_vast_add_trackers (r, &ad->trackers, body, "Error", "error");
  asp_vast_add_trackers (r, &ad->trackers, view, "Viewable", "viewable");
  asp_vast_add_trackers (r, &ad->trackers, view, "NotViewable", "notViewable");
  asp_vast_add_trackers (r, &ad->trackers, view, "ViewUndetermined", "viewUndetermined");
}

static void
set_broken (AspAdOffer * offer, AspAdCode code, const gchar * why)
{
  offer->kind = ASP_AD_OFFER_BROKEN;
  offer->code = code;
  g_free (offer->why);
  offer->why = g_strdup (why);
}

static void
read_wrapper (AspVastReader * r, AspAdOffer * offer, const AspVastNode * wrapper)
{
  static const gchar *const names[] = { "VASTAdTagURI", "VASTAdTagURL", "AdTagURI" };
  const AspVastNode *tag = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names) && !tag; i++)
    tag = asp_vast_child (wrapper, names[i]);
  /* VASTAdTagURL of the first drafts of 2.0 holds a URL element */
  if (asp_vast_child (tag, "URL"))
    tag = asp_vast_child (tag, "URL");
  offer->kind = ASP_AD_OFFER_WRAPPER;
  offer->tag_url = tag ? asp_vast_url (r, tag) : NULL;
  offer->follow_additional_wrappers = asp_vast_flag (wrapper, "followAdditionalWrappers", TRUE);
  offer->allow_multiple_ads = asp_vast_flag (wrapper, "allowMultipleAds", FALSE);
  offer->fallback_on_no_ad = asp_vast_flag (wrapper, "fallbackOnNoAd", TRUE);
  if (!offer->tag_url)
    set_broken (offer, ASP_AD_CODE_WRAPPER, "The wrapper has no VASTAdTagURI");
}

static void
read_body (AspVastReader * r, AspAd * ad, const AspVastNode * body)
{
  read_words (ad, body);
  read_trackers (r, ad, body);
  read_categories (r, &ad->categories, body, "Category");
  read_categories (r, &ad->blocked_categories, body, "BlockedAdCategories");
  asp_vast_read_verifications (r, ad, body);
  asp_vast_read_creatives (r, ad, body);
  /* last: what has been found in its proper place is not taken from an extension */
  asp_vast_read_extensions (r, ad, body);
}

static AspAdOffer *
read_ad (AspVastReader * r, const AspVastNode * node)
{
  AspAdOffer *offer = asp_ad_offer_new (ASP_AD_OFFER_INLINE);
  const AspVastNode *body = asp_vast_child (node, "InLine");
  const AspVastNode *wrapper = body ? NULL : asp_vast_child (node, "Wrapper");
  AspAd *ad = offer->ad;

  ad->ad_id = asp_vast_attribute_text (node, "id");
  ad->sequence = (gint) asp_vast_number (node, "sequence");
  ad->conditional = asp_vast_flag (node, "conditionalAd", FALSE);
  ad->ad_type = asp_vast_attribute_text (node, "adType");
  if (!body && !wrapper) {
    set_broken (offer, ASP_AD_CODE_SCHEMA, "The ad has neither InLine nor Wrapper");
    return offer;
  }
  read_body (r, ad, body ? body : wrapper);
  if (wrapper)
    read_wrapper (r, offer, wrapper);
  return offer;
}

void
asp_vast_read_ads (AspVastReader * r, const AspVastNode * vast)
{
  for (const AspVastNode * n = asp_vast_child (vast, "Ad"); n; n = asp_vast_next (n, "Ad")) {
    if (r->response->offers->len < ASP_VAST_ADS_MAX)
      g_ptr_array_add (r->response->offers, read_ad (r, n));
    else
      asp_vast_drop (r, "there are more than 64 ads");
  }
}
