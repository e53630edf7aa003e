/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verifications and extensions. Before 4.0, and in CTV's addendum of 2024, what later versions
 * have a place for stands in Extension (2.x) and CreativeExtension (3.x): it is looked for
 * there as well.
 */
#include "asp-vast-private.h"

/* an element in an element in an Extension: no deeper does any of them hide */
#define SEARCH_DEPTH 3

static void
read_verification_resources (AspVastReader * r, AspAdVerification * verification,
    const AspVastNode * node, const gchar * name, AspAdResourceKind kind)
{
  for (const AspVastNode * n = asp_vast_child (node, name); n; n = asp_vast_next (n, name)) {
    g_autofree gchar *url = asp_vast_url (r, n);
    AspAdResource *resource;

    if (!url)
      continue;
    resource = asp_ad_resource_new (kind, url);
    resource->api_framework = asp_vast_attribute_text (n, "apiFramework");
    resource->type = asp_vast_attribute_text (n, "type");
    resource->browser_optional = asp_vast_flag (n, "browserOptional", FALSE);
    asp_vast_add (r, &verification->resources, resource, ASP_VAST_PARTS_MAX);
  }
}

static void
read_verification (AspVastReader * r, AspAd * ad, const AspVastNode * node)
{
  g_autofree gchar *vendor = asp_vast_attribute_text (node, "vendor");
  AspAdVerification *verification = asp_ad_verification_new (vendor);

  read_verification_resources (r, verification, node, "JavaScriptResource",
      ASP_AD_RESOURCE_JAVASCRIPT);
  read_verification_resources (r, verification, node, "ExecutableResource",
      ASP_AD_RESOURCE_EXECUTABLE);
  verification->parameters = asp_vast_child_text (node, "VerificationParameters");
  asp_vast_add_tracking (r, &verification->trackers, node);
  asp_vast_add (r, &ad->verifications, verification, ASP_VAST_PARTS_MAX);
}

void
asp_vast_read_verifications (AspVastReader * r, AspAd * ad, const AspVastNode * parent)
{
  for (const AspVastNode * list = asp_vast_child (parent, "AdVerifications"); list;
      list = asp_vast_next (list, "AdVerifications"))
    for (const AspVastNode * n = asp_vast_child (list, "Verification"); n;
        n = asp_vast_next (n, "Verification"))
      read_verification (r, ad, n);
}

/* What had no place before 4.0. @creative NULL: there is no linear one to hang it to. */
static void
search (AspVastReader * r, AspAd * ad, AspAdCreative * creative, const AspVastNode * node,
    guint depth)
{
  asp_vast_read_verifications (r, ad, node);
  if (!ad->ad_serving_id)
    ad->ad_serving_id = asp_vast_child_text (node, "AdServingId");
  if (!ad->advertiser)
    ad->advertiser = asp_vast_child_text (node, "Advertiser");
  if (creative) {
    asp_vast_read_universal_ids (r, creative, node);
    asp_vast_read_side_media (r, creative, node);
    asp_vast_read_icons (r, creative, node);
  }
  for (const AspVastNode * n = asp_vast_child (node, NULL); n && depth > 0; n = asp_vast_next (n, NULL))
    search (r, ad, creative, n, depth - 1);
}

static void
keep (AspVastReader * r, AspAd * ad, const AspVastNode * node)
{
  g_autofree gchar *type = asp_vast_attribute_text (node, "type");
  g_autofree gchar *xml = asp_vast_inner_xml (node);

  if (!xml) {
    if (node->children)
      asp_vast_drop (r, "an extension is longer than 32 KiB");
    return;
  }
  if (!ad->custom_data && type && !g_ascii_strcasecmp (type, "creative_signaling"))
    ad->custom_data = asp_vast_text_of (asp_vast_child (node, NULL) ? asp_vast_child (node, NULL) : node);
  asp_vast_add (r, &ad->extensions, asp_ad_pair_new (type, xml), ASP_VAST_PARTS_MAX);
}

static void
read_list (AspVastReader * r, AspAd * ad, AspAdCreative * creative, const AspVastNode * parent,
    const gchar * list_name, const gchar * name)
{
  for (const AspVastNode * list = asp_vast_child (parent, list_name); list;
      list = asp_vast_next (list, list_name)) {
    for (const AspVastNode * n = asp_vast_child (list, name); n; n = asp_vast_next (n, name)) {
      keep (r, ad, n);
      search (r, ad, creative, n, SEARCH_DEPTH);
    }
  }
}

void
asp_vast_read_extensions (AspVastReader * r, AspAd * ad, const AspVastNode * body)
{
  read_list (r, ad, ad->creative.kind == ASP_AD_CREATIVE_LINEAR ? &ad->creative : NULL, body,
      "Extensions", "Extension");
}

void
asp_vast_read_creative_extensions (AspVastReader * r, AspAd * ad, AspAdCreative * creative,
    const AspVastNode * creative_node)
{
  read_list (r, ad, creative->kind == ASP_AD_CREATIVE_LINEAR ? creative : NULL, creative_node,
      "CreativeExtensions", "CreativeExtension");
}
