/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ad.h"

static const gchar *const roll_names[] = {
  [ASP_AD_ROLL_MIDROLL] = "midroll",
  [ASP_AD_ROLL_PREROLL] = "preroll",
  [ASP_AD_ROLL_POSTROLL] = "postroll",
};

const gchar *
asp_ad_roll_name (AspAdRoll roll)
{
  return (guint) roll < G_N_ELEMENTS (roll_names) ? roll_names[roll] :
      roll_names[ASP_AD_ROLL_MIDROLL];
}

AspAdRoll
asp_ad_roll_from_name (const gchar * name)
{
  for (guint i = 0; name && i < G_N_ELEMENTS (roll_names); i++)
    if (!g_ascii_strcasecmp (name, roll_names[i]))
      return (AspAdRoll) i;
  return ASP_AD_ROLL_MIDROLL;
}

AspAd *
asp_ad_new (const gchar * asset_id, gint64 duration_90k)
{
  AspAd *ad = g_new0 (AspAd, 1);

  ad->creative.asset_id = g_strdup (asset_id);
  ad->creative.duration_90k = duration_90k;
  return ad;
}

AspAd *
asp_ad_copy (const AspAd * from)
{
  AspAd *ad;

  if (!from)
    return NULL;
  ad = asp_ad_new (from->creative.asset_id, from->creative.duration_90k);
  ad->ad_id = g_strdup (from->ad_id);
  ad->ad_system = g_strdup (from->ad_system);
  ad->ad_title = g_strdup (from->ad_title);
  ad->custom_data = g_strdup (from->custom_data);
  ad->creative.creative_id = g_strdup (from->creative.creative_id);
  ad->creative.universal_ad_id = g_strdup (from->creative.universal_ad_id);
  ad->creative.universal_ad_registry = g_strdup (from->creative.universal_ad_registry);
  return ad;
}

void
asp_ad_free (AspAd * ad)
{
  if (!ad)
    return;
  g_free (ad->ad_id);
  g_free (ad->ad_system);
  g_free (ad->ad_title);
  g_free (ad->custom_data);
  g_free (ad->creative.asset_id);
  g_free (ad->creative.creative_id);
  g_free (ad->creative.universal_ad_id);
  g_free (ad->creative.universal_ad_registry);
  g_free (ad);
}

void
asp_ad_pod_init (AspAdPod * pod)
{
  pod->ads = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_ad_free);
}

void
asp_ad_pod_clear (AspAdPod * pod)
{
  g_clear_pointer (&pod->ads, g_ptr_array_unref);
}

gint64
asp_ad_pod_duration_90k (const AspAdPod * pod)
{
  gint64 sum_90k = 0;

  for (guint i = 0; i < pod->ads->len; i++)
    sum_90k += ((const AspAd *) g_ptr_array_index (pod->ads, i))->creative.duration_90k;
  return sum_90k;
}

AspAdAvail *
asp_ad_avail_new (const gchar * break_id, AspAdRoll roll, gint64 duration_90k)
{
  AspAdAvail *avail = g_new0 (AspAdAvail, 1);

  avail->break_id = g_strdup (break_id);
  avail->roll = roll;
  avail->duration_90k = duration_90k;
  asp_ad_pod_init (&avail->pod);
  return avail;
}

void
asp_ad_avail_free (AspAdAvail * avail)
{
  if (!avail)
    return;
  g_free (avail->break_id);
  g_free (avail->scte35);
  asp_ad_pod_clear (&avail->pod);
  g_free (avail);
}
