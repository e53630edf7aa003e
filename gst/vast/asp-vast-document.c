/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root: VAST, or VMAP with a break in it (VMAP 1.0.1, 2.3). */
#include "asp-vast-private.h"

#include <string.h>

G_DEFINE_QUARK (asp-vast-error-quark, asp_vast_error)

/* 2, 3 and 4 are read, whatever stands behind the point: 4.x adds and takes nothing away. */
static gboolean
version_ok (const gchar * version, GError ** error)
{
  g_autofree gchar *quoted = version ? asp_vast_quote (version) : NULL;

  if (!version)
    g_set_error_literal (error, ASP_VAST_ERROR, ASP_AD_CODE_VERSION,
        "The VAST has no version; 2.0 to 4.3 are read");
  else if (*version < '2' || *version > '4' || (version[1] && version[1] != '.'))
    g_set_error (error, ASP_VAST_ERROR, ASP_AD_CODE_VERSION,
        "The VAST is of version %s; 2.0 to 4.3 are read", quoted);
  else
    return TRUE;
  return FALSE;
}

static gboolean
read_vast (AspVastReader * r, const AspVastNode * vast, GError ** error)
{
  r->response->version = asp_vast_attribute_text (vast, "version");
  if (!version_ok (r->response->version, error))
    return FALSE;
  asp_vast_add_trackers (r, &r->response->errors, vast, "Error", "error");
  asp_vast_read_ads (r, vast);
  return TRUE;
}

/* breakType is a list; one that is not said is taken for what we can use. */
static gboolean
is_linear (const AspVastNode * ad_break)
{
  const gchar *type = asp_vast_attribute (ad_break, "breakType");
  g_auto (GStrv) types = type ? g_strsplit_set (type, ", ", -1) : NULL;

  for (guint i = 0; types && types[i]; i++)
    if (!g_ascii_strcasecmp (types[i], "linear"))
      return TRUE;
  return !types;
}

static const AspVastNode *
first_break (const AspVastNode * vmap, guint * n)
{
  const AspVastNode *found = NULL;

  *n = 0;
  for (const AspVastNode * b = asp_vast_child (vmap, "AdBreak"); b; b = asp_vast_next (b, "AdBreak")) {
    ++*n;
    if (!found && is_linear (b))
      found = b;
  }
  return found;
}

/* AdTagURI: the VAST is elsewhere, as behind a wrapper, but nothing is added to it. */
static void
read_tag (AspVastReader * r, const AspVastNode * source)
{
  gchar *url = asp_vast_child_url (r, source, "AdTagURI");
  AspAdOffer *offer;

  if (!url)
    return;
  offer = asp_ad_offer_new (ASP_AD_OFFER_WRAPPER);
  offer->tag_url = url;
  offer->allow_multiple_ads = asp_vast_flag (source, "allowMultipleAds", TRUE);
  offer->follow_additional_wrappers = asp_vast_flag (source, "followRedirects", TRUE);
  g_ptr_array_add (r->response->offers, offer);
}

static const AspVastNode *
inner_vast (const AspVastNode * source)
{
  const AspVastNode *data = asp_vast_child (source, "VASTAdData");

  if (!data)
    data = asp_vast_child (source, "VASTData");
  return data ? asp_vast_child (data, "VAST") : NULL;
}

static gboolean
read_vmap (AspVastReader * r, const AspVastNode * vmap, GError ** error)
{
  const AspVastNode *ad_break = first_break (vmap, &r->response->n_breaks);
  const AspVastNode *source = asp_vast_child (ad_break, "AdSource"), *vast;

  r->response->is_vmap = TRUE;
  r->response->version = asp_vast_attribute_text (vmap, "version");
  if (!ad_break)
    return TRUE;
  r->response->break_id = asp_vast_attribute_text (ad_break, "breakId");
  r->response->break_type = asp_vast_attribute_text (ad_break, "breakType");
  r->response->time_offset = asp_vast_attribute_text (ad_break, "timeOffset");
  asp_vast_add_tracking (r, &r->response->break_trackers, ad_break);
  vast = inner_vast (source);
  if (!vast) {
    read_tag (r, source);
    return TRUE;
  }
  g_clear_pointer (&r->response->version, g_free);
  return read_vast (r, vast, error);
}

AspAdResponse *
asp_vast_read_document (const AspVastNode * root, GError ** error)
{
  g_autoptr (AspAdResponse) response = asp_ad_response_new ();
  AspVastReader r = {.response = response };
  gboolean ok;

  if (asp_vast_is (root, "VAST") || asp_vast_is (root, "DAAST"))
    ok = read_vast (&r, root, error);
  else if (asp_vast_is (root, "VMAP"))
    ok = read_vmap (&r, root, error);
  else {
    gboolean first = asp_vast_is (root, "VideoAdServingTemplate");
    g_autofree gchar *name = asp_vast_quote (root->name);

    ok = FALSE;
    g_set_error (error, ASP_VAST_ERROR, first ? ASP_AD_CODE_VERSION : ASP_AD_CODE_SCHEMA,
        first ? "The VAST is of version 1 (<%s>); 2.0 to 4.3 are read" :
        "The document is neither VAST nor VMAP, but <%s>", name);
  }
  return ok ? g_steal_pointer (&response) : NULL;
}

AspAdResponse *
asp_vast_parse (const gchar * data, gsize size, const gchar * charset, GError ** error)
{
  AspVastText text;
  g_autoptr (AspVastTree) tree = NULL;

  if (!asp_vast_text_open (&text, data, size, charset, error))
    return NULL;
  if (asp_vast_scan (&text, error))
    tree = asp_vast_tree_parse (&text, error);
  asp_vast_text_clear (&text);
  return tree ? asp_vast_read_document (asp_vast_tree_root (tree), error) : NULL;
}
