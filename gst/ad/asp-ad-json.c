/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ad-json-private.h"

G_DEFINE_QUARK (asp-ad-error-quark, asp_ad_error)

static void
add_text (AspJsonWriter * w, const gchar * name, const gchar * value)
{
  if (value && *value)
    asp_json_add_string (w, name, value);
}

static gchar *
take_text (const AspJson * object, const gchar * name)
{
  return g_strdup (asp_json_string (asp_json_member (object, name)));
}

/* FALSE: it is there and no length. */
static gboolean
take_duration (const AspJson * object, gint64 * out, GError ** error)
{
  const AspJson *value = asp_json_member (object, "duration_90k");

  *out = 0;
  if (!value || (asp_json_integer (value, out) && *out >= 0))
    return TRUE;
  g_set_error_literal (error, ASP_AD_ERROR, ASP_AD_ERROR_VALUE,
      "duration_90k is not a number of ticks");
  return FALSE;
}

/* Anything but ids and length, which stand in the ad itself. */
static gboolean
has_body (const AspAdCreative * c)
{
  return c->kind != ASP_AD_CREATIVE_LINEAR || c->creative_ad_id || c->sequence > 0 ||
      c->api_framework || c->ad_parameters || c->click_through || c->skip_offset.at_90k >= 0 ||
      c->skip_offset.percent >= 0 || c->universal_ad_ids || c->media || c->trackers || c->displays;
}

void
asp_ad_json_add (AspJsonWriter * w, const AspAd * ad)
{
  asp_ad_json_add_fields (w, &asp_ad_type_creative_ids, &ad->creative);
  asp_ad_json_add_fields (w, &asp_ad_type_ad, ad);
  if (!has_body (&ad->creative))
    return;
  asp_json_begin_object (w, "linear");
  asp_ad_json_add_fields (w, &asp_ad_type_creative_body, &ad->creative);
  asp_json_end_object (w);
}

AspAd *
asp_ad_json_read (const AspJson * object, GError ** error)
{
  g_autoptr (AspAd) ad = asp_ad_new (NULL, 0);
  const AspJson *linear = asp_json_member (object, "linear");

  if (!asp_ad_json_read_fields (object, &asp_ad_type_creative_ids, &ad->creative, error) ||
      !asp_ad_json_read_fields (object, &asp_ad_type_ad, ad, error))
    return NULL;
  if (linear && !asp_ad_json_read_fields (linear, &asp_ad_type_creative_body, &ad->creative, error))
    return NULL;
  return g_steal_pointer (&ad);
}

gchar *
asp_ad_avail_to_json (const AspAdAvail * avail)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "version", ASP_AD_JSON_VERSION);
  add_text (w, "break_id", avail->break_id);
  asp_json_add_string (w, "roll_type", asp_ad_roll_name (avail->roll));
  if (avail->duration_90k > 0)
    asp_json_add_int (w, "duration_90k", avail->duration_90k);
  add_text (w, "scte35", avail->scte35);
  asp_json_begin_array (w, "ads");
  for (guint i = 0; i < avail->pod.ads->len; i++) {
    asp_json_begin_object (w, NULL);
    asp_ad_json_add (w, g_ptr_array_index (avail->pod.ads, i));
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

static gboolean
read_ads (const AspJson * ads, AspAdPod * pod, GError ** error)
{
  guint n = asp_json_length (ads);

  if (asp_json_kind (ads) == ASP_JSON_NULL)
    return TRUE;
  if (asp_json_kind (ads) != ASP_JSON_ARRAY || n > ASP_AD_ADS_MAX) {
    g_set_error (error, ASP_AD_ERROR, ASP_AD_ERROR_VALUE,
        "ads must be an array of at most %d ads", ASP_AD_ADS_MAX);
    return FALSE;
  }
  for (guint i = 0; i < n; i++) {
    AspAd *ad = asp_ad_json_read (asp_json_element (ads, i), error);

    if (!ad)
      return FALSE;
    g_ptr_array_add (pod->ads, ad);
  }
  return TRUE;
}

AspAdAvail *
asp_ad_avail_from_json (const gchar * text, gsize size, GError ** error)
{
  g_autoptr (AspJson) root = asp_json_parse (text, size, error);
  g_autoptr (AspAdAvail) avail = NULL;
  const gchar *break_id, *roll;
  gint64 version = 0, duration_90k;

  if (!root)
    return NULL;
  asp_json_integer (asp_json_member (root, "version"), &version);
  if (version != ASP_AD_JSON_VERSION) {
    g_set_error (error, ASP_AD_ERROR, ASP_AD_ERROR_VERSION,
        "The avail is of version %" G_GINT64_FORMAT "; only %d can be read", version,
        ASP_AD_JSON_VERSION);
    return NULL;
  }
  break_id = asp_json_string (asp_json_member (root, "break_id"));
  roll = asp_json_string (asp_json_member (root, "roll_type"));
  if (!break_id || !*break_id) {
    g_set_error_literal (error, ASP_AD_ERROR, ASP_AD_ERROR_VALUE, "The avail has no break_id");
    return NULL;
  }
  if (!take_duration (root, &duration_90k, error))
    return NULL;
  avail = asp_ad_avail_new (break_id, asp_ad_roll_from_name (roll), duration_90k);
  avail->scte35 = take_text (root, "scte35");
  if (!read_ads (asp_json_member (root, "ads"), &avail->pod, error))
    return NULL;
  return g_steal_pointer (&avail);
}
