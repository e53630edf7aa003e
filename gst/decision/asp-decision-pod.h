/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-decision-media.h"

G_BEGIN_DECLS

/*
 * From ads that are there to the pod of one avail (VAST 4.3, 2.3.4): the ads with a sequence in
 * its order, stand-alone ads only in the place of one that cannot be played; without a
 * sequence the stand-alone ads that fill the avail best, in the order of the answer. Whole
 * ads only; no creative and no advertiser twice, no blocked category, none whose Expires will have
 * passed when its turn comes. The same input gives the same pod. Thread: one at a time; pure. Since: 0.1
 */
#define ASP_POD_SECONDS_DEFAULT 300     /* of an avail whose length nobody knows (MediaTailor) */
#define ASP_POD_SEARCH_MAX 20   /* stand-alone ads among which the best fill is searched */
#define ASP_POD_STEPS_MAX 200000        /* of that search; then the best so far is taken */
#define ASP_POD_FILL_STEP_90K 9000      /* a fill is better only by 100 ms or more */

typedef enum
{
  ASP_TRANSCODE_READY,          /* plays now, or will when its turn comes */
  ASP_TRANSCODE_NEW,
  ASP_TRANSCODE_IN_PROGRESS,
  ASP_TRANSCODE_ERROR,
} AspTranscodeState;

/**
 * AspCreativeProbe:
 * @source: what would be fetched
 * @duration_90k: (inout): of VAST; the length that it really has, when that is known
 * @code: (inout): of ASP_TRANSCODE_ERROR: 401, 402, 403, 405, 411 ...
 *
 * Asks the store for a creative. It may begin with the conditioning, but never waits.
 */
typedef AspTranscodeState (*AspCreativeProbe) (const AspAd * ad, const AspAdMedia * source,
    gint64 * duration_90k, AspAdCode * code, gpointer user_data);

/* How often the audience has seen the creative in the time that counts. */
typedef guint (*AspCreativeSeen) (const gchar * creative_key, gpointer user_data);

/* 0 and NULL: no such rule. */
typedef struct
{
  gint64 avail_90k;             /* 0 = not known */
  gint64 plays_us;              /* when the avail begins, on the clock of `expires_us` */
  gint64 tolerance_90k;         /* an ad may be so much longer than what is left */
  guint max_ads;
  gboolean ignore_sequence;     /* all ads in the order of the document (MediaTailor's default) */
  gboolean mezzanine_required;
  gboolean category_required;
  const gchar *const *blocked_categories;
  gint64 leftover_max_90k;      /* more than so much unfilled: the avail is given back */
  gboolean has_slate;
  guint frequency_cap;          /* showings that are allowed */
  AspCreativeSeen seen;
  gpointer seen_data;
  AspCreativeProbe probe;       /* NULL = every creative is ready */
  gpointer probe_data;
} AspPodRules;

typedef struct
{
  AspAd *ad;                    /* with the trackers of its wrappers */
  gint64 expires_us;            /* must have begun before; 0 = may always */
  gboolean stand_alone;
  guint group;                  /* of stand-alone ads: the document they came in */
  gboolean keep_place_empty;    /* fallbackOnNoAd is FALSE: no stand-alone ad instead */
  AspSkipReason reason;         /* is lost already: of a wrapper, or broken; has been reported */
  AspAdCode code;
  gchar *why;
} AspPodCandidate;

/* (transfer full) of @ad */
AspPodCandidate *asp_pod_candidate_new (AspAd * ad, gboolean stand_alone, guint group);
void asp_pod_candidate_free (AspPodCandidate * candidate);      /* NULL is allowed */

typedef enum
{
  ASP_POD_REST_NONE,            /* the avail is full */
  ASP_POD_REST_CONTENT,
  ASP_POD_REST_SLATE,
} AspPodRest;

typedef struct
{
  AspAdPod pod;
  GArray *expires_us;           /* gint64, of each ad of the pod: must have begun before; 0 = may always */
  GPtrArray *skipped;           /* AspSkippedAd, in the order of the answer */
  gint64 filled_90k, left_90k;
  AspPodRest rest;
} AspPodResult;

void asp_pod_result_init (AspPodResult * result);
void asp_pod_result_clear (AspPodResult * result);      /* all zero is allowed */

/**
 * asp_pod_build:
 * @candidates: (element-type AspPodCandidate): pod ads in the order in which they play, then the
 *   stand-alone ads; their ads are taken out
 * @out: initialised, empty
 */
void asp_pod_build (const AspPodRules * rules, GPtrArray * candidates, AspPodResult * out);

G_END_DECLS
