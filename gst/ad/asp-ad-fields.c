/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ad-fields.h"

#define FIELD(type, member, kind) { #member, ASP_AD_FIELD_##kind, G_STRUCT_OFFSET (type, member), NULL }
#define LIST(type, member, of) { #member, ASP_AD_FIELD_LIST, G_STRUCT_OFFSET (type, member), of }
#define TYPE(type, table) .size = sizeof (type), .n_fields = G_N_ELEMENTS (table), .fields = table
#define KINDS(names) .kinds = names, .n_kinds = G_N_ELEMENTS (names)

static const AspAdField tracker_fields[] = {
  FIELD (AspAdTracker, event, TEXT), FIELD (AspAdTracker, url, TEXT), FIELD (AspAdTracker, id, TEXT),
  FIELD (AspAdTracker, offset, OFFSET),
};
static const AspAdType type_tracker = { TYPE (AspAdTracker, tracker_fields) };

static const AspAdField pair_fields[] = {
  FIELD (AspAdPair, name, TEXT), FIELD (AspAdPair, value, TEXT),
};
static const AspAdType type_pair = { TYPE (AspAdPair, pair_fields) };

static const AspAdField media_fields[] = {
  FIELD (AspAdMedia, url, TEXT), FIELD (AspAdMedia, id, TEXT), FIELD (AspAdMedia, delivery, TEXT),
  FIELD (AspAdMedia, type, TEXT), FIELD (AspAdMedia, codec, TEXT), FIELD (AspAdMedia, api_framework, TEXT),
  FIELD (AspAdMedia, media_type, TEXT), FIELD (AspAdMedia, language, TEXT),
  FIELD (AspAdMedia, width, INT), FIELD (AspAdMedia, height, INT),
  FIELD (AspAdMedia, bitrate_kbps, INT), FIELD (AspAdMedia, min_bitrate_kbps, INT),
  FIELD (AspAdMedia, max_bitrate_kbps, INT), FIELD (AspAdMedia, file_size, INT64),
  FIELD (AspAdMedia, scalable, BOOLEAN), FIELD (AspAdMedia, maintain_aspect_ratio, BOOLEAN),
  FIELD (AspAdMedia, variable_duration, BOOLEAN),
};
static const gchar *const media_kinds[] = { "media_file", "mezzanine", "interactive", "captions" };
static const AspAdType type_media = { TYPE (AspAdMedia, media_fields), KINDS (media_kinds) };

static const AspAdField resource_fields[] = {
  FIELD (AspAdResource, content, TEXT), FIELD (AspAdResource, type, TEXT),
  FIELD (AspAdResource, api_framework, TEXT), FIELD (AspAdResource, alt_text, TEXT),
  FIELD (AspAdResource, browser_optional, BOOLEAN),
};
static const gchar *const resource_kinds[] =
    { "static", "iframe", "html", "javascript", "executable", "fallback" };
static const AspAdType type_resource = { TYPE (AspAdResource, resource_fields), KINDS (resource_kinds) };

static const AspAdField verification_fields[] = {
  FIELD (AspAdVerification, vendor, TEXT), FIELD (AspAdVerification, parameters, TEXT),
  LIST (AspAdVerification, resources, &type_resource), LIST (AspAdVerification, trackers, &type_tracker),
};
static const AspAdType type_verification = { TYPE (AspAdVerification, verification_fields) };

static const AspAdField display_fields[] = {
  LIST (AspAdDisplay, attributes, &type_pair), LIST (AspAdDisplay, resources, &type_resource),
  FIELD (AspAdDisplay, click_through, TEXT), FIELD (AspAdDisplay, alt_text, TEXT),
  FIELD (AspAdDisplay, ad_parameters, TEXT), LIST (AspAdDisplay, trackers, &type_tracker),
};
static const gchar *const display_kinds[] = { "companion", "icon", "non_linear" };
static const AspAdType type_display = { TYPE (AspAdDisplay, display_fields), KINDS (display_kinds) };

#define CREATIVE_IDS \
  FIELD (AspAdCreative, asset_id, TEXT), FIELD (AspAdCreative, creative_id, TEXT), \
  FIELD (AspAdCreative, universal_ad_id, TEXT), FIELD (AspAdCreative, universal_ad_registry, TEXT), \
  FIELD (AspAdCreative, duration_90k, INT64)
#define CREATIVE_BODY \
  FIELD (AspAdCreative, creative_ad_id, TEXT), FIELD (AspAdCreative, sequence, INT), \
  FIELD (AspAdCreative, api_framework, TEXT), FIELD (AspAdCreative, ad_parameters, TEXT), \
  FIELD (AspAdCreative, click_through, TEXT), FIELD (AspAdCreative, skip_offset, OFFSET), \
  LIST (AspAdCreative, universal_ad_ids, &type_pair), LIST (AspAdCreative, media, &type_media), \
  LIST (AspAdCreative, trackers, &type_tracker), LIST (AspAdCreative, displays, &type_display)

static const AspAdField creative_ids_fields[] = { CREATIVE_IDS };
static const AspAdField creative_body_fields[] = { CREATIVE_BODY };
static const AspAdField creative_fields[] = { CREATIVE_IDS, CREATIVE_BODY };
static const gchar *const creative_kinds[] = { "linear", "companion", "non_linear", "none" };
const AspAdType asp_ad_type_creative_ids = { TYPE (AspAdCreative, creative_ids_fields) };
const AspAdType asp_ad_type_creative_body =
    { TYPE (AspAdCreative, creative_body_fields), KINDS (creative_kinds) };
const AspAdType asp_ad_type_creative = { TYPE (AspAdCreative, creative_fields), KINDS (creative_kinds) };

static const AspAdField ad_fields[] = {
  FIELD (AspAd, ad_id, TEXT), FIELD (AspAd, ad_system, TEXT), FIELD (AspAd, ad_title, TEXT),
  FIELD (AspAd, custom_data, TEXT), FIELD (AspAd, ad_system_version, TEXT), FIELD (AspAd, ad_type, TEXT),
  FIELD (AspAd, ad_serving_id, TEXT), FIELD (AspAd, description, TEXT), FIELD (AspAd, advertiser, TEXT),
  FIELD (AspAd, advertiser_id, TEXT), FIELD (AspAd, survey, TEXT), FIELD (AspAd, price, TEXT),
  FIELD (AspAd, price_model, TEXT), FIELD (AspAd, price_currency, TEXT), FIELD (AspAd, sequence, INT),
  FIELD (AspAd, conditional, BOOLEAN), FIELD (AspAd, expires_s, INT64),
  LIST (AspAd, trackers, &type_tracker), LIST (AspAd, categories, &type_pair),
  LIST (AspAd, blocked_categories, &type_pair), LIST (AspAd, extensions, &type_pair),
  LIST (AspAd, verifications, &type_verification), LIST (AspAd, others, &asp_ad_type_creative),
};
const AspAdType asp_ad_type_ad = { TYPE (AspAd, ad_fields) };

void
asp_ad_fields_init (const AspAdType * type, gpointer object)
{
  static const AspAdOffset none = ASP_AD_OFFSET_NONE;

  for (guint i = 0; i < type->n_fields; i++)
    if (type->fields[i].kind == ASP_AD_FIELD_OFFSET)
      *(AspAdOffset *) asp_ad_field (object, &type->fields[i]) = none;
}

void
asp_ad_fields_copy (const AspAdType * type, gpointer to, gconstpointer from)
{
  for (guint i = 0; i < type->n_fields; i++) {
    gpointer a = asp_ad_field (to, &type->fields[i]), b = asp_ad_field (from, &type->fields[i]);

    switch (type->fields[i].kind) {
      case ASP_AD_FIELD_TEXT:
        *(gchar **) a = g_strdup (*(gchar **) b);
        break;
      case ASP_AD_FIELD_INT:
      case ASP_AD_FIELD_BOOLEAN:
        *(gint *) a = *(gint *) b;
        break;
      case ASP_AD_FIELD_INT64:
        *(gint64 *) a = *(gint64 *) b;
        break;
      case ASP_AD_FIELD_LIST:
        *(GPtrArray **) a = asp_ad_part_list_copy (*(GPtrArray **) b);
        break;
      case ASP_AD_FIELD_OFFSET:
        *(AspAdOffset *) a = *(AspAdOffset *) b;
        break;
    }
  }
}

void
asp_ad_fields_clear (const AspAdType * type, gpointer object)
{
  for (guint i = 0; i < type->n_fields; i++) {
    gpointer at = asp_ad_field (object, &type->fields[i]);

    if (type->fields[i].kind == ASP_AD_FIELD_TEXT)
      g_clear_pointer ((gchar **) at, g_free);
    else if (type->fields[i].kind == ASP_AD_FIELD_LIST)
      g_clear_pointer ((GPtrArray **) at, g_ptr_array_unref);
  }
}

/* In front of each part, so that one function frees them all. */
typedef struct
{
  gint count;                   /* atomic, in line: a sanitizer of threads sees it */
  const AspAdType *type;
} PartHeader;

/* a part holds 64-bit numbers and pointers */
G_STATIC_ASSERT (sizeof (PartHeader) % sizeof (gint64) == 0);

gpointer
asp_ad_part_new (const AspAdType * type)
{
  PartHeader *header = g_malloc0 (sizeof (PartHeader) + type->size);

  header->count = 1;
  header->type = type;
  asp_ad_fields_init (type, header + 1);
  return header + 1;
}

gpointer
asp_ad_part_ref (gpointer part)
{
  g_atomic_int_inc (&((PartHeader *) part - 1)->count);
  return part;
}

void
asp_ad_part_unref (gpointer part)
{
  PartHeader *header = (PartHeader *) part - 1;

  if (!part || !g_atomic_int_dec_and_test (&header->count))
    return;
  asp_ad_fields_clear (header->type, part);
  g_free (header);
}

AspAdTracker *
asp_ad_tracker_new (const gchar * event, const gchar * url)
{
  AspAdTracker *tracker = asp_ad_part_new (&type_tracker);

  tracker->event = g_strdup (event);
  tracker->url = g_strdup (url);
  return tracker;
}

AspAdPair *
asp_ad_pair_new (const gchar * name, const gchar * value)
{
  AspAdPair *pair = asp_ad_part_new (&type_pair);

  pair->name = g_strdup (name);
  pair->value = g_strdup (value);
  return pair;
}

AspAdMedia *
asp_ad_media_new (AspAdMediaKind kind, const gchar * url)
{
  AspAdMedia *media = asp_ad_part_new (&type_media);

  media->kind = kind;
  media->url = g_strdup (url);
  return media;
}

AspAdResource *
asp_ad_resource_new (AspAdResourceKind kind, const gchar * content)
{
  AspAdResource *resource = asp_ad_part_new (&type_resource);

  resource->kind = kind;
  resource->content = g_strdup (content);
  return resource;
}

AspAdVerification *
asp_ad_verification_new (const gchar * vendor)
{
  AspAdVerification *verification = asp_ad_part_new (&type_verification);

  verification->vendor = g_strdup (vendor);
  return verification;
}

AspAdDisplay *
asp_ad_display_new (AspAdDisplayKind kind)
{
  AspAdDisplay *display = asp_ad_part_new (&type_display);

  display->kind = kind;
  return display;
}

AspAdCreative *
asp_ad_creative_new (AspAdCreativeKind kind)
{
  AspAdCreative *creative = asp_ad_part_new (&asp_ad_type_creative);

  creative->kind = kind;
  return creative;
}
