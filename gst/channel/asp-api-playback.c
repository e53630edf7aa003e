/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-private.h"

#include <string.h>

#include "asp-api-ivs-shapes.h"
#include "asp-api-mediatailor-shapes.h"

#define TYPE "playbackConfiguration"
#define READABLE_MAX 256        /* of an id that is the name itself */
#define RESULTS_MAX 100

/* What a configuration says that is acted on; all else is a notice. */
static const gchar *const acted_on[] = { "Name", "AdDecisionServerUrl", "tags", NULL };

gchar *
asp_api_playback_id (const gchar * name)
{
  g_autofree gchar *sum = NULL;

  if (strlen (name) <= READABLE_MAX)
    return g_strdup (name);
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, name, -1);
  return g_strconcat ("sha256/", sum, NULL);
}

static AspApiRecord *
load (AspApi * api, const gchar * name, GError ** error)
{
  g_autofree gchar *id = asp_api_playback_id (name);
  GError *fault = NULL;
  AspApiRecord *r = asp_api_record_load (api, ASP_API_KEY_PLAYBACK, id, &fault);

  if (!r && fault)
    g_propagate_error (error, fault);
  else if (!r)
    asp_api_fail (error, ASP_API_NO_CONFIGURATION, "There is no playback configuration '%s'", name);
  return r;
}

gboolean
asp_api_check_playback (AspApi * api, const gchar * arn, GError ** error)
{
  g_autofree gchar *name = asp_api_id_of (api, arn, "mediatailor", TYPE);
  g_autofree gchar *id = name ? asp_api_playback_id (name) : NULL;
  GError *fault = NULL;
  g_autoptr (AspApiRecord) r = id ? asp_api_record_load (api, ASP_API_KEY_PLAYBACK, id, &fault) : NULL;
  const gchar *url;

  if (fault) {
    g_propagate_error (error, fault);
    return FALSE;
  }
  if (!r)
    return asp_api_fail (error, ASP_API_NOT_FOUND, "There is no playback configuration '%s'", arn);
  url = asp_api_record_string (r, "AdDecisionServerUrl");
  if (!url || !*url)
    return asp_api_fail (error, ASP_API_VALIDATION, "The playback configuration '%s' names no ad server: put one with "
        "AdDecisionServerUrl", arn);
  return TRUE;
}

/* --- what is shown ---------------------------------------------------------------------- */

static void
write_prefix (AspApi * api, AspJsonWriter * w, const gchar * member, const gchar * kind, const gchar * name)
{
  g_autofree gchar *url = g_strdup_printf ("%s/v1/%s/%s/%s/", api->playback_prefix, kind, ASP_API_ACCOUNT (api), name);

  asp_json_add_string (w, member, url);
}

/* Where viewers will come, as far as there is such an address. */
static void
write_addresses (AspApi * api, AspJsonWriter * w, const gchar * name)
{
  if (!api->playback_prefix)
    return;
  asp_json_add_string (w, "PlaybackEndpointPrefix", api->playback_prefix);
  write_prefix (api, w, "SessionInitializationEndpointPrefix", "session", name);
  asp_json_begin_object (w, "HlsConfiguration");
  write_prefix (api, w, "ManifestEndpointPrefix", "master", name);
  asp_json_end_object (w);
}

static void
add_notice (const gchar * name, const AspJson * value, gpointer w)
{
  if (!g_strv_contains (acted_on, name) && strcmp (name, "PlaybackConfigurationArn"))
    asp_json_add_string (w, NULL, name);
}

static void
write_configuration (AspApi * api, AspJsonWriter * w, const AspApiRecord * r)
{
  asp_api_record_write (w, r);
  write_addresses (api, w, asp_api_record_string (r, "Name"));
  asp_json_begin_array (w, "notices");
  asp_json_foreach_member (r->resource, add_notice, w);
  asp_json_end_array (w);
}

/* --- operations ------------------------------------------------------------------------- */

static GBytes *
compose (AspApi * api, const AspJson * request, const AspApiRecord * old)
{
  const gchar *name = asp_json_string (asp_json_member (request, "Name"));
  g_autofree gchar *arn = asp_api_arn_of (api, "mediatailor", TYPE, name);
  const AspJson *tags = asp_json_member (request, "tags");
  AspJsonWriter *w = asp_api_record_begin ();

  asp_json_add_string (w, "PlaybackConfigurationArn", arn);
  for (const AspApiField * f = asp_api_put_playback_configuration; f->name; f++) {
    const gchar *const member[] = { f->name, NULL };

    if (strcmp (f->name, "tags"))
      asp_api_copy_members (w, request, member);
  }
  return asp_api_record_finish (w, asp_json_kind (tags) != ASP_JSON_NULL || !old ? tags : old->tags, NULL);
}

/* An ad server's URL is one when its variables are away. */
static gboolean
check_url (const AspJson * request, GError ** error)
{
  const gchar *url = asp_json_string (asp_json_member (request, "AdDecisionServerUrl"));

  if (!url || !*url || g_str_has_prefix (url, "http://") || g_str_has_prefix (url, "https://"))
    return TRUE;
  return asp_api_fail (error, ASP_API_VALIDATION, "AdDecisionServerUrl must begin with http:// or https://");
}

gboolean
asp_api_op_put_playback (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  const gchar *name = asp_json_string (asp_json_member (call->body, "Name"));
  g_autofree gchar *id = asp_api_playback_id (name);
  g_autoptr (AspApiRecord) old = NULL;
  g_autoptr (AspApiRecord) news = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GBytes) value = NULL;
  GError *fault = NULL;

  if (!check_url (call->body, error))
    return FALSE;
  old = asp_api_record_load (api, ASP_API_KEY_PLAYBACK, id, &fault);
  if (fault) {
    g_propagate_error (error, fault);
    return FALSE;
  }
  value = compose (api, call->body, old);
  if (!old) {
    if (!(all = asp_api_record_all (api, ASP_API_KEY_PLAYBACK, error)))
      return FALSE;
    if (all->len >= ASP_API_PLAYBACK_CONFIGURATIONS)
      return asp_api_fail (error, ASP_API_VALIDATION, "There are %d playback configurations, which is the limit: "
          "delete one first", ASP_API_PLAYBACK_CONFIGURATIONS);
  }
  if (old ? !asp_api_record_replace (api, old, value, error) :
      !asp_api_record_add (api, ASP_API_KEY_PLAYBACK, id, value, error))
    return FALSE;
  if (!(news = asp_api_record_load (api, ASP_API_KEY_PLAYBACK, id, error)))
    return FALSE;
  write_configuration (api, w, news);
  return TRUE;
}

gboolean
asp_api_op_get_playback (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_autoptr (AspApiRecord) r = load (api, call->rest, error);

  if (r)
    write_configuration (api, w, r);
  return r != NULL;
}

gboolean
asp_api_op_delete_playback (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_autoptr (AspApiRecord) r = load (api, call->rest, error);

  return r && asp_api_record_delete (api, r, error);
}

static const gchar *
query_value (const AspApiCall * call, const gchar * name)
{
  GPtrArray *values = g_hash_table_lookup (call->query, name);

  return values ? g_ptr_array_index (values, 0) : NULL;
}

static gboolean
begin_page (const AspApiCall * call, AspApiPage * page, GError ** error)
{
  const gchar *max = query_value (call, "MaxResults");
  guint64 n = RESULTS_MAX;

  if (max && !g_ascii_string_to_unsigned (max, 10, 1, RESULTS_MAX, &n, NULL))
    return asp_api_fail (error, ASP_API_VALIDATION, "MaxResults must be a number from 1 to %d", RESULTS_MAX);
  return asp_api_page_begin (page, query_value (call, "NextToken"), (gint64) n, error);
}

gboolean
asp_api_op_list_playbacks (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_autoptr (GPtrArray) all = NULL;
  g_autofree gchar *after = NULL;
  g_autofree gchar *token = NULL;
  AspApiPage page;
  guint n = 0;

  if (!begin_page (call, &page, error))
    return FALSE;
  after = page.after;
  if (!(all = asp_api_record_all (api, ASP_API_KEY_PLAYBACK, error)))
    return FALSE;
  asp_json_begin_array (w, "Items");
  for (guint i = 0; i < all->len && !token; i++) {
    const AspApiRecord *r = g_ptr_array_index (all, i);
    const gchar *id = r->key + strlen (ASP_API_KEY_PLAYBACK);

    if (strcmp (id, after) <= 0)
      continue;
    asp_json_begin_object (w, NULL);
    write_configuration (api, w, r);
    asp_json_end_object (w);
    if (++n == page.max && i + 1 < all->len)
      token = asp_api_page_token (id);
  }
  asp_json_end_array (w);
  if (token)
    asp_json_add_string (w, "NextToken", token);
  return TRUE;
}
