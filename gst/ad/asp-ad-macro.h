/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-ad.h"

G_BEGIN_DECLS

/*
 * IAB's macros in the URLs that are fired (VAST 4.3, 6): "[NAME]", "%%NAME%%", and "[NAME]"
 * percent-encoded, as URL libraries of ad servers write it. Each value is percent-encoded as
 * encodeURIComponent() does, the commas of a list stay. A macro of the standard for which
 * there is no value becomes -1, one that the operator refuses to tell -2; what the standard
 * does not know is left as it stands.
 *
 * Nothing here reads a clock or makes random numbers: both are given.
 * Thread: any; pure. Since: 0.1
 */

/* SERVERSIDE: who fires. */
typedef enum
{
  ASP_AD_SERVER_SIDE_CLIENT,    /* a player */
  ASP_AD_SERVER_SIDE_FOR_CLIENT,        /* the server, on a signal of a player */
  ASP_AD_SERVER_SIDE_ALONE,
} AspAdServerSide;

/* Zero it with ASP_AD_MACROS_INIT. Pointers are borrowed; NULL and negative = not known. */
typedef struct
{
  gint64 unix_us;               /* TIMESTAMP; UTC */
  guint32 random;               /* CACHEBUSTING: eight digits of it */
  gint error_code;              /* ERRORCODE */
  gint reason;                  /* REASON, of verificationNotExecuted */
  gint64 ad_playhead_90k;       /* ADPLAYHEAD */
  gint64 media_playhead_90k;    /* MEDIAPLAYHEAD, CONTENTPLAYHEAD */
  gint64 break_duration_90k;    /* BREAKMAXDURATION */
  AspAdRoll roll;               /* BREAKPOSITION */
  gint pod_sequence;            /* PODSEQUENCE, from 1 */
  gint ad_count;                /* ADCOUNT: ads before this in the pod and it */
  AspAdServerSide server_side;
  const AspAd *ad;              /* ADTYPE, UNIVERSALADID, ADSERVINGID, ADCATEGORIES, ... */
  const gchar *asset_uri;       /* ASSETURI */
  const gchar *transaction_id;  /* TRANSACTIONID */
  const gchar *device_ip, *device_ua;   /* DEVICEIP, DEVICEUA; CLIENTUA is the latter's too */
  const gchar *server_ua;       /* SERVERUA */
  GHashTable *more;             /* name in capitals -> value: what the operator knows or was told */
  const gchar *const *refused;  /* names that become -2, NULL-terminated */
} AspAdMacros;

#define ASP_AD_MACROS_INIT { .error_code = -1, .reason = -1, .ad_playhead_90k = -1, \
    .media_playhead_90k = -1, .break_duration_90k = -1, .pod_sequence = -1, .ad_count = -1, \
    .server_side = ASP_AD_SERVER_SIDE_ALONE }

#define ASP_AD_MACRO_URL_MAX 65536      /* bytes of a filled URL; what would be longer is cut off */

/* (transfer full) */
gchar *asp_ad_macros_fill (const gchar * url, const AspAdMacros * macros);

/* A URL that is to be called: http(s) or without scheme, never "about:blank" (VAST 4.3, 2.3.5). */
gboolean asp_ad_url_is_called (const gchar * url);

G_END_DECLS
