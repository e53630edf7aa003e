/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a player draws beside or over the picture: icons, companions, non-linear ads (VAST 4.3,
 * 3.13 to 3.16). The stitcher hands it through. */
#include "asp-vast-private.h"

static void
add_resource (AspVastReader * r, AspAdDisplay * display, const AspVastNode * node,
    AspAdResourceKind kind)
{
  g_autofree gchar *content = kind == ASP_AD_RESOURCE_HTML ? asp_vast_text_of (node) :
      asp_vast_url (r, node);
  AspAdResource *resource;

  if (!content)
    return;
  resource = asp_ad_resource_new (kind, content);
  resource->type = asp_vast_attribute_text (node, "creativeType");
  asp_vast_add (r, &display->resources, resource, ASP_VAST_PARTS_MAX);
}

static void
add_resources (AspVastReader * r, AspAdDisplay * display, const AspVastNode * node)
{
  static const struct
  {
    const gchar *name;
    AspAdResourceKind kind;
  } kinds[] = {
    {"StaticResource", ASP_AD_RESOURCE_STATIC},
    {"IFrameResource", ASP_AD_RESOURCE_IFRAME},
    {"HTMLResource", ASP_AD_RESOURCE_HTML},
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    for (const AspVastNode * n = asp_vast_child (node, kinds[i].name); n;
        n = asp_vast_next (n, kinds[i].name))
      add_resource (r, display, n, kinds[i].kind);
}

static AspAdDisplay *
read_display (AspVastReader * r, const AspVastNode * node, AspAdDisplayKind kind)
{
  AspAdDisplay *display = asp_ad_display_new (kind);

  for (const AspVastAttribute * a = node->attributes; a; a = a->next)
    asp_vast_add (r, &display->attributes, asp_ad_pair_new (a->name, a->value), ASP_VAST_PARTS_MAX);
  add_resources (r, display, node);
  display->alt_text = asp_vast_child_text (node, "AltText");
  display->ad_parameters = asp_vast_child_text (node, "AdParameters");
  asp_vast_add_tracking (r, &display->trackers, node);
  return display;
}

static void
add_fallback_images (AspVastReader * r, AspAdDisplay * icon, const AspVastNode * images)
{
  for (const AspVastNode * n = asp_vast_child (images, "IconClickFallbackImage"); n;
      n = asp_vast_next (n, "IconClickFallbackImage")) {
    g_autofree gchar *url = asp_vast_child_url (r, n, "StaticResource");
    AspAdResource *image;

    if (!url)
      continue;
    image = asp_ad_resource_new (ASP_AD_RESOURCE_FALLBACK, url);
    image->alt_text = asp_vast_child_text (n, "AltText");
    image->type = asp_vast_attribute_text (asp_vast_child (n, "StaticResource"), "creativeType");
    asp_vast_add (r, &icon->resources, image, ASP_VAST_PARTS_MAX);
  }
}

static AspAdDisplay *
read_icon (AspVastReader * r, const AspVastNode * node)
{
  AspAdDisplay *icon = read_display (r, node, ASP_AD_DISPLAY_ICON);
  const AspVastNode *clicks = asp_vast_child (node, "IconClicks");

  icon->click_through = asp_vast_child_url (r, clicks, "IconClickThrough");
  asp_vast_add_trackers (r, &icon->trackers, clicks, "IconClickTracking", "clickTracking");
  asp_vast_add_trackers (r, &icon->trackers, node, "IconViewTracking", "iconView");
  add_fallback_images (r, icon, asp_vast_child (clicks, "IconClickFallbackImages"));
  return icon;
}

void
asp_vast_read_icons (AspVastReader * r, AspAdCreative * creative, const AspVastNode * parent)
{
  for (const AspVastNode * icons = asp_vast_child (parent, "Icons"); icons;
      icons = asp_vast_next (icons, "Icons"))
    for (const AspVastNode * n = asp_vast_child (icons, "Icon"); n; n = asp_vast_next (n, "Icon"))
      asp_vast_add (r, &creative->displays, read_icon (r, n), ASP_VAST_PARTS_MAX);
}

void
asp_vast_read_companions (AspVastReader * r, AspAdCreative * creative,
    const AspVastNode * companions)
{
  for (const AspVastNode * n = asp_vast_child (companions, "Companion"); n;
      n = asp_vast_next (n, "Companion")) {
    AspAdDisplay *companion = read_display (r, n, ASP_AD_DISPLAY_COMPANION);

    companion->click_through = asp_vast_child_url (r, n, "CompanionClickThrough");
    asp_vast_add_trackers (r, &companion->trackers, n, "CompanionClickTracking", "clickTracking");
    asp_vast_add (r, &creative->displays, companion, ASP_VAST_PARTS_MAX);
  }
}

void
asp_vast_read_non_linears (AspVastReader * r, AspAdCreative * creative,
    const AspVastNode * non_linears)
{
  asp_vast_add_tracking (r, &creative->trackers, non_linears);
  for (const AspVastNode * n = asp_vast_child (non_linears, "NonLinear"); n;
      n = asp_vast_next (n, "NonLinear")) {
    AspAdDisplay *display = read_display (r, n, ASP_AD_DISPLAY_NON_LINEAR);

    display->click_through = asp_vast_child_url (r, n, "NonLinearClickThrough");
    asp_vast_add_trackers (r, &display->trackers, n, "NonLinearClickTracking", "clickTracking");
    asp_vast_add (r, &creative->displays, display, ASP_VAST_PARTS_MAX);
  }
}
