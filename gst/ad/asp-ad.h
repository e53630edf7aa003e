/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

#include "asp-ad-part.h"

G_BEGIN_DECLS

/*
 * What is played in a break: a pod of ads in order, each with the creative that was made to
 * fit. The three ids of a creative are different things and never stand for each other:
 * `asset_id` is ours (the conditioned creative), `creative_id` is VAST's Creative@id,
 * `universal_ad_id` is VAST's UniversalAdId, unique over ad servers.
 *
 * Lists are of asp-ad-part.h: NULL while they are empty. Strings are owned, and NULL where
 * nothing is known. Thread: any that holds the object; no locks. Since: 0.1
 */
typedef enum
{
  ASP_AD_ROLL_MIDROLL,
  ASP_AD_ROLL_PREROLL,
  ASP_AD_ROLL_POSTROLL,
} AspAdRoll;

/* "midroll" ...; static. */
const gchar *asp_ad_roll_name (AspAdRoll roll);
/* Upper or lower case; what is not known is a mid-roll. */
AspAdRoll asp_ad_roll_from_name (const gchar * name);

typedef enum
{
  ASP_AD_CREATIVE_LINEAR,
  ASP_AD_CREATIVE_COMPANION,
  ASP_AD_CREATIVE_NON_LINEAR,
  ASP_AD_CREATIVE_NONE,         /* no linear creative: nothing here can be spliced */
} AspAdCreativeKind;

typedef struct
{
  AspAdCreativeKind kind;
  gchar *asset_id;
  gchar *creative_id;           /* Creative@id */
  gchar *creative_ad_id;        /* Creative@adId */
  gchar *universal_ad_id;       /* the first that is an identity: never "unknown" */
  gchar *universal_ad_registry; /* UniversalAdId@idRegistry */
  gint64 duration_90k;          /* 0 = not known */
  gint sequence;                /* Creative@sequence, 0 = none */
  gchar *api_framework;
  gchar *ad_parameters;
  gchar *click_through;
  AspAdOffset skip_offset;
  GPtrArray *universal_ad_ids;  /* AspAdPair: all, as they were sent */
  GPtrArray *media;             /* AspAdMedia */
  GPtrArray *trackers;          /* AspAdTracker: tracking events, "clickTracking", "customClick" */
  GPtrArray *displays;          /* AspAdDisplay: icons; of other kinds companions, non-linears */
} AspAdCreative;

/* For a creative that is part of another struct; @to is all zero before, @creative need not be
 * touched behind. */
void asp_ad_creative_copy_to (AspAdCreative * to, const AspAdCreative * from);
void asp_ad_creative_clear (AspAdCreative * creative);

/* One ad of VAST (InLine, or what a Wrapper adds), with its linear creative. */
typedef struct
{
  gchar *ad_id;                 /* VAST Ad@id */
  gchar *ad_system;
  gchar *ad_title;
  gchar *custom_data;           /* what an ad server wants handed through to the player: the
                                 * content of its creative_signaling extension */
  AspAdCreative creative;       /* the first linear one */

  gchar *ad_system_version;
  gchar *ad_type;               /* "video", "audio", "hybrid" */
  gchar *ad_serving_id;
  gchar *description;
  gchar *advertiser;
  gchar *advertiser_id;
  gchar *survey;
  gchar *price, *price_model, *price_currency;
  gint sequence;                /* Ad@sequence: place in the pod; 0 = stand-alone */
  gboolean conditional;         /* conditionalAd */
  gint64 expires_s;             /* from arrival; 0 = not said */
  GPtrArray *trackers;          /* AspAdTracker: "impression", "error", "viewable", ... */
  GPtrArray *categories;        /* AspAdPair: authority, category */
  GPtrArray *blocked_categories;        /* AspAdPair: of the wrappers */
  GPtrArray *extensions;        /* AspAdPair: type, XML */
  GPtrArray *verifications;     /* AspAdVerification */
  GPtrArray *others;            /* AspAdCreative as a part: all other creatives, in their order */
} AspAd;

AspAd *asp_ad_new (const gchar * asset_id, gint64 duration_90k);
AspAd *asp_ad_copy (const AspAd * ad);  /* NULL gives NULL */
void asp_ad_free (AspAd * ad);  /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspAd, asp_ad_free)

/* For `others`: a part (asp-ad-part.h). (transfer full) */
AspAdCreative *asp_ad_creative_new (AspAdCreativeKind kind);

/**
 * asp_ad_merge_wrapper:
 * @ad: what stands nearer to the InLine
 * @wrapper: what the Wrapper above it says
 * @trackers_max: longest list of trackers
 *
 * VAST 4.3, 2.4.5: trackers, verifications, extensions, blocked categories and icons of every
 * level count; of click-through and companions the ones nearest the InLine do.
 */
void asp_ad_merge_wrapper (AspAd * ad, const AspAd * wrapper, guint trackers_max);

/* Ads in the order in which they are played. */
typedef struct
{
  GPtrArray *ads;               /* AspAd, owned */
} AspAdPod;

void asp_ad_pod_init (AspAdPod * pod);
void asp_ad_pod_clear (AspAdPod * pod);
/* Of all creatives whose length is known. */
gint64 asp_ad_pod_duration_90k (const AspAdPod * pod);

/* The whole interruption, filled or not. */
typedef struct
{
  gchar *break_id;              /* 12 letters and digits, the one that InsertAdBreak returns */
  AspAdRoll roll;
  gint64 duration_90k;          /* planned, 0 = not known */
  gchar *scte35;                /* hex of the cue that opened it or of the one made for it */
  AspAdPod pod;                 /* empty while nothing has been decided */
} AspAdAvail;

AspAdAvail *asp_ad_avail_new (const gchar * break_id, AspAdRoll roll, gint64 duration_90k);
void asp_ad_avail_free (AspAdAvail * avail);    /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspAdAvail, asp_ad_avail_free)

G_END_DECLS
