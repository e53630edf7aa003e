/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Well-formed documents into gst/vast: the input is a string of choices from VAST's own
 * elements, attributes and values, so that what is tried lies behind the XML parser. It must
 * never be found not well-formed.
 */
#include "fuzz-vast-check.h"
#include "fuzz.h"

#include <string.h>

#define DEPTH_MAX 14
#define SIZE_LIMIT 60000

typedef struct
{
  const guint8 *at, *end;
  GString *xml;
} Choices;

/* What stands in what; an element that has no line here holds text. */
static const struct
{
  const gchar *name, *children;
} grammar[] = {
  {"VAST", "Ad Ad Ad Error"},
  {"VMAP", "AdBreak AdBreak Extensions"},
  {"AdBreak", "AdSource TrackingEvents"},
  {"AdSource", "VASTAdData AdTagURI CustomAdData"},
  {"VASTAdData", "VAST"},
  {"Ad", "InLine InLine Wrapper"},
  {"InLine", "AdSystem AdTitle Impression Error Creatives Extensions AdVerifications Category Pricing "
      "Advertiser Expires ViewableImpression AdServingId Description Survey"},
  {"Wrapper", "AdSystem VASTAdTagURI VASTAdTagURL Impression Error Creatives Extensions "
      "BlockedAdCategories AdVerifications"},
  {"Creatives", "Creative Creative"},
  {"Creative", "Linear Linear CompanionAds NonLinearAds UniversalAdId CreativeExtensions"},
  {"Linear", "Duration MediaFiles TrackingEvents VideoClicks Icons AdParameters InteractiveCreativeFile"},
  {"MediaFiles", "MediaFile MediaFile Mezzanine InteractiveCreativeFile ClosedCaptionFiles"},
  {"ClosedCaptionFiles", "ClosedCaptionFile"},
  {"TrackingEvents", "Tracking Tracking Tracking"},
  {"VideoClicks", "ClickThrough ClickTracking CustomClick"},
  {"Icons", "Icon"},
  {"Icon", "StaticResource IconClicks IconViewTracking"},
  {"IconClicks", "IconClickThrough IconClickTracking IconClickFallbackImages"},
  {"IconClickFallbackImages", "IconClickFallbackImage"},
  {"IconClickFallbackImage", "AltText StaticResource"},
  {"CompanionAds", "Companion"},
  {"Companion", "StaticResource IFrameResource HTMLResource AltText CompanionClickThrough "
      "CompanionClickTracking TrackingEvents"},
  {"NonLinearAds", "NonLinear TrackingEvents"},
  {"NonLinear", "StaticResource NonLinearClickThrough NonLinearClickTracking"},
  {"AdVerifications", "Verification"},
  {"Verification", "JavaScriptResource ExecutableResource VerificationParameters TrackingEvents"},
  {"ViewableImpression", "Viewable NotViewable ViewUndetermined"},
  {"Extensions", "Extension"},
  {"CreativeExtensions", "CreativeExtension"},
  {"Extension", "AdVerifications Mezzanine UniversalAdId Icons MediaFile InteractiveCreativeFile URL"},
  {"CreativeExtension", "UniversalAdId Mezzanine Icons Advertiser"},
  {"Impression", "URL"},
};

static const gchar *const attributes[] = {
  "id", "version", "sequence", "event", "offset", "idRegistry", "idValue", "type", "delivery", "width",
  "height", "bitrate", "fileSize", "adId", "AdID", "apiFramework", "skipoffset", "allowMultipleAds",
  "followAdditionalWrappers", "fallbackOnNoAd", "breakType", "timeOffset", "authority", "vendor",
  "browserOptional", "conditionalAd", "xml:lang", "creativeType", "model", "currency",
};

static const gchar *const values[] = {
  "2.0", "3.0", "4.3", "1", "0", "true", "false", "", " ", "http://a.example/x?y=[CACHEBUSTING]", "about:blank",
  "00:00:15", "00:00:15.500", "30", "50%", "100%", "progress", "start", "complete", "madeUp", "error",
  "linear,nonlinear", "unknown", "Ad-ID", "creative_signaling", "99999999999999999999", "-1", "\xc3\xa4",
  "&amp;&#60;&#x10FFFF;", "&lt;VAST/&gt;", "//host/path", "\n  http://b.example/\n  long  \n", "video/mp4",
};

static guint
choose (Choices * c, guint n)
{
  return c->at < c->end ? *c->at++ % n : 0;
}

static void
put_value (Choices * c)
{
  g_string_append (c->xml, values[choose (c, G_N_ELEMENTS (values))]);
}

/* No attribute stands twice in a tag: the first choice goes on from there. */
static void
put_attributes (Choices * c)
{
  guint n = choose (c, 5), first = choose (c, G_N_ELEMENTS (attributes));

  for (guint i = 0; i < n; i++) {
    g_string_append_printf (c->xml, " %s=\"", attributes[(first + i * 7) % G_N_ELEMENTS (attributes)]);
    put_value (c);
    g_string_append_c (c->xml, '"');
  }
}

static void
put_text (Choices * c)
{
  switch (choose (c, 6)) {
    case 0:
      g_string_append (c->xml, "<![CDATA[ ");
      put_value (c);
      g_string_append (c->xml, "&]]>");
      break;
    case 1:
      g_string_append (c->xml, "<!-- <VAST> &nothing; -->");
      break;
    case 2:
      g_string_append (c->xml, "<?php <Ad> ?>");
      break;
    default:
      put_value (c);
      break;
  }
}

static const gchar *
children_of (const gchar * name)
{
  for (guint i = 0; i < G_N_ELEMENTS (grammar); i++)
    if (!strcmp (grammar[i].name, name))
      return grammar[i].children;
  return NULL;
}

static void put_element (Choices * c, const gchar * name, guint depth);

static void
put_child (Choices * c, const gchar * children, guint depth)
{
  g_auto (GStrv) names = g_strsplit (children, " ", -1);
  /* now and then something that does not belong here */
  const gchar *name = choose (c, 16) == 15 ? grammar[choose (c, G_N_ELEMENTS (grammar))].name :
      names[choose (c, g_strv_length (names))];

  put_element (c, name, depth);
}

static void
put_element (Choices * c, const gchar * name, guint depth)
{
  static const gchar *const prefixes[] = { "", "", "", "vmap:", "no:" };
  const gchar *children = children_of (name), *prefix = prefixes[choose (c, G_N_ELEMENTS (prefixes))];
  /* the outer ones go on while there are choices: what is long should say much */
  guint n = depth < 3 ? 100 : choose (c, 8);

  g_string_append_printf (c->xml, "<%s%s", prefix, name);
  if (!strcmp (name, "VAST") && choose (c, 8))
    g_string_append (c->xml, " version=\"4.2\"");
  else
    put_attributes (c);
  g_string_append_c (c->xml, '>');
  for (guint i = 0; i < n && depth < DEPTH_MAX && c->at < c->end && c->xml->len < SIZE_LIMIT; i++) {
    if (children && choose (c, 8))
      put_child (c, children, depth + 1);
    else
      put_text (c);
  }
  g_string_append_printf (c->xml, "</%s%s>", prefix, name);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autoptr (GString) xml = g_string_new (NULL);
  Choices c = {.at = data,.end = data + size,.xml = xml };
  g_autoptr (AspAdResponse) response = NULL;
  g_autoptr (GError) error = NULL;

  put_element (&c, choose (&c, 4) ? "VAST" : "VMAP", 0);
  response = asp_vast_parse (xml->str, xml->len, NULL, &error);
  if (response)
    fuzz_vast_check (response);
  else if (error->code == ASP_AD_CODE_XML)
    g_error ("found not well-formed: %s\n%s", error->message, xml->str);
  return 0;
}
