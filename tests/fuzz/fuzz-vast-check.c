/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz-vast-check.h"

#include <asp-ad-json.h>
#include <string.h>

static gchar *
to_json (const AspAd * ad)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_ad_json_add (w, ad);
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

static void
check_trackers (const GPtrArray * trackers, guint max)
{
  g_assert_cmpuint (asp_ad_part_list_length (trackers), <=, max);
  for (guint i = 0; i < asp_ad_part_list_length (trackers); i++) {
    const AspAdTracker *t = g_ptr_array_index (trackers, i);

    g_assert_true (t->event && *t->event && t->url && *t->url);
    g_assert_cmpuint (strlen (t->url), <=, ASP_VAST_URL_MAX);
    g_assert_null (strpbrk (t->url, "\r\n\t"));
    g_assert_true (g_utf8_validate (t->url, -1, NULL));
    g_assert_true (t->offset.at_90k >= -1 && t->offset.percent <= 100);
  }
}

static void
check_creative (const AspAdCreative * c)
{
  check_trackers (c->trackers, ASP_VAST_TRACKERS_MAX);
  g_assert_cmpint (c->duration_90k, >=, 0);
  g_assert_cmpuint (asp_ad_part_list_length (c->media), <=, ASP_VAST_PARTS_MAX);
  g_assert_cmpuint (asp_ad_part_list_length (c->displays), <=, ASP_VAST_PARTS_MAX);
  g_assert_true (!c->universal_ad_id || g_ascii_strcasecmp (c->universal_ad_id, "unknown"));
}

static void
check_json (const AspAd * ad)
{
  g_autofree gchar *text = to_json (ad), *again = NULL, *copied = NULL;
  g_autoptr (AspJson) json = NULL;
  g_autoptr (AspAd) read = NULL, copy = asp_ad_copy (ad);
  g_autoptr (GError) error = NULL;

  copied = to_json (copy);
  g_assert_cmpstr (text, ==, copied);
  if (strlen (text) > ASP_JSON_SIZE_MAX)
    return;
  json = asp_json_parse (text, strlen (text), &error);
  g_assert_no_error (error);
  read = asp_ad_json_read (json, &error);
  g_assert_no_error (error);
  again = to_json (read);
  g_assert_cmpstr (text, ==, again);
}

static void
check_offer (const AspAdOffer * offer)
{
  g_autoptr (AspAd) merged = asp_ad_copy (offer->ad);

  g_assert_true ((offer->kind == ASP_AD_OFFER_BROKEN) == (offer->why != NULL));
  g_assert_true (offer->kind != ASP_AD_OFFER_WRAPPER || offer->tag_url);
  check_trackers (offer->ad->trackers, ASP_VAST_TRACKERS_MAX);
  check_creative (&offer->ad->creative);
  for (guint i = 0; i < asp_ad_part_list_length (offer->ad->others); i++)
    check_creative (g_ptr_array_index (offer->ad->others, i));
  check_json (offer->ad);
  asp_ad_merge_wrapper (merged, offer->ad, 700);
  check_trackers (merged->trackers, 700);
}

void
fuzz_vast_check (const AspAdResponse * response)
{
  g_assert_cmpuint (response->offers->len, <=, ASP_VAST_ADS_MAX);
  g_assert_true ((response->dropped > 0) == (response->remark != NULL));
  check_trackers (response->errors, 2 * ASP_VAST_TRACKERS_MAX);
  check_trackers (response->break_trackers, ASP_VAST_TRACKERS_MAX);
  for (guint i = 0; i < response->offers->len; i++)
    check_offer (g_ptr_array_index (response->offers, i));
}
