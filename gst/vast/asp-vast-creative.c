/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Creatives: which of an ad is the linear one (VAST 4.3, 3.6). */
#include "asp-vast-private.h"

#include <string.h>

static gboolean
is_known (const gchar * word)
{
  return word && *word && g_ascii_strcasecmp (word, "unknown");
}

/* The first that tells a creative from others: VAST allows "unknown" in both places. */
static void
choose_universal_id (AspAdCreative * creative)
{
  const AspAdPair *pair;

  for (guint i = 0; (pair = asp_ad_part_list_get (creative->universal_ad_ids, i)); i++) {
    if (!is_known (pair->name) || !is_known (pair->value))
      continue;
    creative->universal_ad_id = g_strdup (pair->value);
    creative->universal_ad_registry = g_strdup (pair->name);
    return;
  }
}

void
asp_vast_read_universal_ids (AspVastReader * r, AspAdCreative * creative, const AspVastNode * parent)
{
  for (const AspVastNode * n = asp_vast_child (parent, "UniversalAdId"); n;
      n = asp_vast_next (n, "UniversalAdId")) {
    /* 4.0 had it there, and a copy or anything else in the element */
    g_autofree gchar *value = asp_vast_attribute_text (n, "idValue");

    if (!value)
      value = asp_vast_text_of (n);
    if (value)
      asp_vast_add (r, &creative->universal_ad_ids,
          asp_ad_pair_new (asp_vast_attribute (n, "idRegistry"), value), ASP_VAST_PARTS_MAX);
  }
  if (!creative->universal_ad_id)
    choose_universal_id (creative);
}

static void
read_ids (AspVastReader * r, AspAdCreative * creative, const AspVastNode * node)
{
  creative->creative_id = asp_vast_attribute_text (node, "id");
  creative->creative_ad_id = asp_vast_attribute_text (node, "adId");
  creative->sequence = (gint) asp_vast_number (node, "sequence");
  creative->api_framework = asp_vast_attribute_text (node, "apiFramework");
  asp_vast_read_universal_ids (r, creative, node);
}

/* (nullable) when it is of no kind that VAST knows */
static AspAdCreative *
read_creative (AspVastReader * r, AspAd * ad, const AspVastNode * node)
{
  const AspVastNode *linear = asp_vast_child (node, "Linear");
  const AspVastNode *companions = asp_vast_child (node, "CompanionAds");
  const AspVastNode *non_linears = asp_vast_child (node, "NonLinearAds");
  AspAdCreative *creative;

  if (!linear && !companions && !non_linears)
    return NULL;
  creative = asp_ad_creative_new (linear ? ASP_AD_CREATIVE_LINEAR :
      companions ? ASP_AD_CREATIVE_COMPANION : ASP_AD_CREATIVE_NON_LINEAR);
  read_ids (r, creative, node);
  if (linear)
    asp_vast_read_linear (r, creative, linear);
  else if (companions)
    asp_vast_read_companions (r, creative, companions);
  else
    asp_vast_read_non_linears (r, creative, non_linears);
  asp_vast_read_creative_extensions (r, ad, creative, node);
  return creative;
}

/* Is @a to be played before @b? Creatives without sequence keep their order. */
static gboolean
comes_before (const AspAdCreative * a, const AspAdCreative * b)
{
  return a->sequence > 0 && b->sequence > 0 && a->sequence < b->sequence;
}

static guint
first_linear (const GPtrArray * creatives)
{
  guint found = G_MAXUINT;

  for (guint i = 0; i < asp_ad_part_list_length (creatives); i++) {
    const AspAdCreative *c = g_ptr_array_index (creatives, i);

    if (c->kind == ASP_AD_CREATIVE_LINEAR && (found == G_MAXUINT ||
            comes_before (c, g_ptr_array_index (creatives, found))))
      found = i;
  }
  return found;
}

void
asp_vast_read_creatives (AspVastReader * r, AspAd * ad, const AspVastNode * body)
{
  guint linear;

  for (const AspVastNode * list = asp_vast_child (body, "Creatives"); list;
      list = asp_vast_next (list, "Creatives")) {
    for (const AspVastNode * n = asp_vast_child (list, "Creative"); n; n = asp_vast_next (n, "Creative")) {
      AspAdCreative *creative = read_creative (r, ad, n);

      if (creative)
        asp_vast_add (r, &ad->others, creative, ASP_VAST_PARTS_MAX);
      else
        asp_vast_drop (r, "a Creative is neither Linear, CompanionAds nor NonLinearAds");
    }
  }
  linear = first_linear (ad->others);
  if (linear == G_MAXUINT) {
    ad->creative.kind = ASP_AD_CREATIVE_NONE;
    return;
  }
  asp_ad_creative_copy_to (&ad->creative, g_ptr_array_index (ad->others, linear));
  g_ptr_array_remove_index (ad->others, linear);
  if (ad->others->len == 0)
    g_clear_pointer (&ad->others, g_ptr_array_unref);
}
