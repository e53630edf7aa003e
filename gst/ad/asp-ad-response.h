/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-ad-code.h"
#include "asp-ad.h"

G_BEGIN_DECLS

/*
 * What an ad server answered: one VAST document, or the first linear break of a VMAP, before
 * anything is decided. Owned by who has it; strings NULL where nothing is known.
 * Thread: one at a time. Since: 0.1
 */
typedef enum
{
  ASP_AD_OFFER_INLINE,
  ASP_AD_OFFER_WRAPPER,         /* another document holds the ad */
  ASP_AD_OFFER_BROKEN,          /* cannot be used: `code` and `why` */
} AspAdOfferKind;

/* One Ad of the document; also the AdTagURI of a VMAP, as a wrapper that adds nothing. */
typedef struct
{
  AspAdOfferKind kind;
  AspAd *ad;                    /* what this level says; never NULL */
  gchar *tag_url;               /* of a wrapper: VASTAdTagURI, as written */
  gboolean follow_additional_wrappers;  /* default TRUE */
  gboolean allow_multiple_ads;  /* default FALSE; of a VMAP's AdTagURI TRUE */
  gboolean fallback_on_no_ad;   /* default TRUE: a stand-alone ad may take the place */
  AspAdCode code;
  gchar *why;                   /* a sentence for people */
} AspAdOffer;

typedef struct
{
  gchar *version;               /* of VAST, as written */
  GPtrArray *errors;            /* AspAdTracker: Error of the VAST itself */
  GPtrArray *offers;            /* AspAdOffer, in the document's order; never NULL */
  guint dropped;                /* parts that were left out: over a limit, no URL */
  gchar *remark;                /* why the first of them was */

  gboolean is_vmap;
  guint n_breaks;               /* of the VMAP */
  gchar *break_id, *break_type, *time_offset;   /* as written */
  GPtrArray *break_trackers;    /* AspAdTracker: "breakStart", "breakEnd", "error" */
} AspAdResponse;

AspAdOffer *asp_ad_offer_new (AspAdOfferKind kind);
void asp_ad_offer_free (AspAdOffer * offer);    /* NULL is allowed */

AspAdResponse *asp_ad_response_new (void);
void asp_ad_response_free (AspAdResponse * response);   /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspAdResponse, asp_ad_response_free)

G_END_DECLS
