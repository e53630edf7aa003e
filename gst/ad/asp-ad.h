/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

G_BEGIN_DECLS

/*
 * What is played in a break: a pod of ads in order, each with the creative that was made to
 * fit. The three ids of a creative are different things and never stand for each other:
 * `asset_id` is ours (the conditioned creative), `creative_id` is VAST's Creative@id (or
 * adId), `universal_ad_id` is VAST's UniversalAdId, unique over ad servers.
 *
 * Strings are owned, and NULL where nothing is known. Thread: any that holds the object; no
 * locks. Since: 0.1
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

typedef struct
{
  gchar *asset_id;
  gchar *creative_id;
  gchar *universal_ad_id;
  gchar *universal_ad_registry; /* UniversalAdId@idRegistry */
  gint64 duration_90k;          /* 0 = not known */
} AspAdCreative;

/* One ad of VAST (InLine), with its linear creative. */
typedef struct
{
  gchar *ad_id;                 /* VAST Ad@id */
  gchar *ad_system;
  gchar *ad_title;
  gchar *custom_data;           /* what an ad server wants handed through to the player */
  AspAdCreative creative;
} AspAd;

AspAd *asp_ad_new (const gchar * asset_id, gint64 duration_90k);
AspAd *asp_ad_copy (const AspAd * ad);  /* NULL gives NULL */
void asp_ad_free (AspAd * ad);  /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspAd, asp_ad_free)

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
