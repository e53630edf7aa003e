/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-json-reader.h>

#include "asp-ad.h"

G_BEGIN_DECLS

/*
 * The JSON form of ads and avails, the same in files, stores, hooks and APIs. The outermost
 * object has `version`; members that are not known are skipped, so that a later minor
 * addition can be read. Members that say nothing are left out.
 *
 *   {"version":1,"break_id":"hSi2o1WIVgij","roll_type":"midroll","duration_90k":2700000,
 *    "scte35":"FC30...","ads":[
 *      {"asset_id":"...","creative_id":"...","universal_ad_id":"...",
 *       "universal_ad_registry":"...","duration_90k":1350000,
 *       "ad_id":"...","ad_system":"...","ad_title":"...","custom_data":"...",
 *       "trackers":[{"event":"impression","url":"..."}],
 *       "linear":{"kind":"linear","click_through":"...","media":[{"kind":"mezzanine","url":"..."}],
 *                 "trackers":[{"event":"progress","url":"...","offset_90k":900000}]}}]}
 *
 * Further members are named as the fields of asp-ad.h and asp-ad-part.h; an offset is NAME_90k
 * or NAME_percent. A member of another type is refused where it is a number, a list or an
 * object, and says nothing where it is a text.
 *
 * Thread: any; pure. Since: 0.1
 */
#define ASP_AD_JSON_VERSION 1
#define ASP_AD_ADS_MAX 256      /* of one avail */
#define ASP_AD_PARTS_MAX 4096   /* of one list of an ad */

typedef enum
{
  ASP_AD_ERROR_VERSION,         /* of a later form */
  ASP_AD_ERROR_VALUE,           /* something is missing or of the wrong type */
} AspAdError;

#define ASP_AD_ERROR (asp_ad_error_quark ())
GQuark asp_ad_error_quark (void);

/* Adds the members of @ad to the object that has been begun. */
void asp_ad_json_add (AspJsonWriter * w, const AspAd * ad);
/* NULL with ASP_AD_ERROR. (transfer full) */
AspAd *asp_ad_json_read (const AspJson * object, GError ** error);

/* One line without line end. (transfer full) */
gchar *asp_ad_avail_to_json (const AspAdAvail * avail);
/* NULL with ASP_AD_ERROR or ASP_JSON_ERROR. (transfer full) */
AspAdAvail *asp_ad_avail_from_json (const gchar * text, gsize size, GError ** error);

G_END_DECLS
