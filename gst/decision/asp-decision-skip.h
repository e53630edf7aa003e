/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ad-response.h>

G_BEGIN_DECLS

/*
 * Why an ad is not in the pod. Names are MediaTailor's (skippedReason) where it has one; the
 * others are ours, in its style. Thread: any; pure. Since: 0.1
 */
typedef enum
{
  ASP_SKIP_NONE,
  ASP_SKIP_NEW_CREATIVE,        /* first seen: conditioning begins, plays next time (407) */
  ASP_SKIP_TRANSCODE_IN_PROGRESS,       /* (407) */
  ASP_SKIP_TRANSCODE_ERROR,     /* (400, or what the store says) */
  ASP_SKIP_MEDIA_FILE_UNAVAILABLE,      /* no media of a kind that can be used (403), or it
                                         * cannot be fetched (401, 402) */
  ASP_SKIP_NO_VARIANT_MATCH,    /* conditioned, but for no rendition of this channel */
  ASP_SKIP_MEZZANINE_MISSING,   /* ours: required and not there (406) */
  ASP_SKIP_VPAID_AD,            /* only a VPAID unit (901) */
  ASP_SKIP_CONDITIONAL_AD,      /* ours: decides while it plays whether it does (408) */
  ASP_SKIP_NON_LINEAR_AD,       /* ours: no linear creative (201) */
  ASP_SKIP_AVAIL_DURATION_EXCEEDED,     /* longer than the avail (202), or no time was left (206) */
  ASP_SKIP_UNKNOWN_DURATION,    /* ours: neither VAST nor the store says it (202) */
  ASP_SKIP_LEFTOVER_AVAIL_EXCEEDED_THRESHOLD,   /* the avail was given back (206) */
  ASP_SKIP_REJECTED_REPLICA_VAST,       /* the same creative again (200) */
  ASP_SKIP_COMPETITIVE_SEPARATION,      /* ours: the same advertiser again (200) */
  ASP_SKIP_FREQUENCY_CAP,       /* ours (200) */
  ASP_SKIP_CATEGORY_MISSING,    /* ours (204) */
  ASP_SKIP_CATEGORY_BLOCKED,    /* ours (205) */
  ASP_SKIP_AD_LIMIT,            /* ours: the break takes no more ads (206) */
  ASP_SKIP_EXPIRED,             /* ours: Expires has passed (900) */
  ASP_SKIP_STANDALONE_AD_NOT_NEEDED,    /* nothing is wrong with it: notUsed, no error */
  ASP_SKIP_VAST_PARSING_ERROR,  /* the document or this ad cannot be read (100..102) */
  ASP_SKIP_INVALID_VAST_WRAPPER_AD,     /* the wrapper leads to no ad (300, 302, 303) */
  ASP_SKIP_ADS_TIMEOUT,         /* (301) */
  ASP_SKIP_EARLY_CUE_IN,        /* the break ended before its turn came (206) */
  ASP_SKIP_INTERNAL_ERROR,      /* (900) */
} AspSkipReason;

/* "NEW_CREATIVE"; static. ASP_SKIP_NONE: "NONE". */
const gchar *asp_skip_reason_name (AspSkipReason reason);
/* What is reported unless something better is known; ASP_AD_CODE_NONE: nothing. */
AspAdCode asp_skip_reason_code (AspSkipReason reason);

typedef struct
{
  AspAd *ad;                    /* with the trackers of its wrappers; never NULL */
  AspSkipReason reason;
  AspAdCode code;
  gchar *why;                   /* a sentence for people; NULL = the reason says it all */
  gboolean reported;            /* the code has been fired: as soon as it was known */
} AspSkippedAd;

/* (transfer full) of @ad */
AspSkippedAd *asp_skipped_ad_new (AspAd * ad, AspSkipReason reason, AspAdCode code,
    const gchar * why);
void asp_skipped_ad_free (AspSkippedAd * skipped);      /* NULL is allowed */

G_END_DECLS
