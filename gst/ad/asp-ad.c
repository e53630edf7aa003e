/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ad-fields.h"

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

void
asp_ad_creative_copy_to (AspAdCreative * to, const AspAdCreative * from)
{
  to->kind = from->kind;
  asp_ad_fields_copy (&asp_ad_type_creative, to, from);
}

void
asp_ad_creative_clear (AspAdCreative * creative)
{
  asp_ad_fields_clear (&asp_ad_type_creative, creative);
}

AspAd *
asp_ad_new (const gchar * asset_id, gint64 duration_90k)
{
  AspAd *ad = g_new0 (AspAd, 1);

  asp_ad_fields_init (&asp_ad_type_creative, &ad->creative);
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
  ad = g_new0 (AspAd, 1);
  asp_ad_fields_copy (&asp_ad_type_ad, ad, from);
  asp_ad_creative_copy_to (&ad->creative, &from->creative);
  return ad;
}

void
asp_ad_free (AspAd * ad)
{
  if (!ad)
    return;
  asp_ad_fields_clear (&asp_ad_type_ad, ad);
  asp_ad_creative_clear (&ad->creative);
  g_free (ad);
}

/* The trackers of a wrapper's creatives of @kind go to the ad's own creative of that kind. */
static void
merge_creative (AspAdCreative * to, const AspAdCreative * from, guint trackers_max)
{
  asp_ad_part_list_append (&to->trackers, from->trackers, trackers_max);
  asp_ad_part_list_append (&to->displays, from->displays, trackers_max);
  if (!to->click_through)
    to->click_through = g_strdup (from->click_through);
  for (guint i = 0; i < asp_ad_part_list_length (from->media); i++) {
    AspAdMedia *media = g_ptr_array_index (from->media, i);

    /* a wrapper has nothing to play (VAST 4.3, 2.4.5.2) */
    if (media->kind == ASP_AD_MEDIA_INTERACTIVE && asp_ad_part_list_length (to->media) < trackers_max)
      asp_ad_part_list_add (&to->media, asp_ad_part_ref (media));
  }
}

static gboolean
has_other (const AspAd * ad, AspAdCreativeKind kind)
{
  for (guint i = 0; i < asp_ad_part_list_length (ad->others); i++)
    if (((const AspAdCreative *) g_ptr_array_index (ad->others, i))->kind == kind)
      return TRUE;
  return FALSE;
}

static void
merge_others (AspAd * ad, const AspAd * wrapper, guint trackers_max)
{
  /* asked before anything is added: several creatives of a wrapper count together */
  gboolean own_companions = has_other (ad, ASP_AD_CREATIVE_COMPANION);

  for (guint i = 0; i < asp_ad_part_list_length (wrapper->others); i++) {
    AspAdCreative *other = g_ptr_array_index (wrapper->others, i);

    if (other->kind == ASP_AD_CREATIVE_LINEAR)
      merge_creative (&ad->creative, other, trackers_max);
    else if (other->kind != ASP_AD_CREATIVE_COMPANION || !own_companions)
      asp_ad_part_list_add (&ad->others, asp_ad_part_ref (other));
  }
}

void
asp_ad_merge_wrapper (AspAd * ad, const AspAd * wrapper, guint trackers_max)
{
  asp_ad_part_list_append (&ad->trackers, wrapper->trackers, trackers_max);
  asp_ad_part_list_append (&ad->verifications, wrapper->verifications, trackers_max);
  asp_ad_part_list_append (&ad->extensions, wrapper->extensions, trackers_max);
  asp_ad_part_list_append (&ad->blocked_categories, wrapper->blocked_categories, trackers_max);
  merge_creative (&ad->creative, &wrapper->creative, trackers_max);
  merge_others (ad, wrapper, trackers_max);
  if (!ad->custom_data)
    ad->custom_data = g_strdup (wrapper->custom_data);
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
