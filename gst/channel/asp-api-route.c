/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-private.h"

#include <string.h>

#include "asp-api-ivs-shapes.h"
#include "asp-api-mediatailor-shapes.h"

/* AWS, service quotas of IVS: transactions per second and account. */
#define BREAKS_PER_SECOND 1.0
#define CONFIGURATIONS_PER_SECOND 3.0

#define IVS(name, traits, shape, func, rate) \
    {name, "POST", "/" name, traits, shape, asp_api_op_##func, rate}

static const AspApiOperation operations[] = {
  IVS ("InsertAdBreak", ASP_API_CHANGES | ASP_API_INSERTS | ASP_API_OWN_RATE, asp_api_insert_ad_break,
      insert_ad_break, BREAKS_PER_SECOND),
  IVS ("CreateAdConfiguration", ASP_API_CHANGES, asp_api_create_ad_configuration, create_ad_configuration,
      CONFIGURATIONS_PER_SECOND),
  IVS ("GetAdConfiguration", ASP_API_READS, asp_api_get_ad_configuration, get_ad_configuration,
      CONFIGURATIONS_PER_SECOND),
  IVS ("ListAdConfigurations", ASP_API_READS, asp_api_list, list_ad_configurations, CONFIGURATIONS_PER_SECOND),
  IVS ("UpdateAdConfiguration", ASP_API_CHANGES, asp_api_update_ad_configuration, update_ad_configuration, 0),
  IVS ("DeleteAdConfiguration", ASP_API_CHANGES | ASP_API_NO_BODY, asp_api_get_ad_configuration,
      delete_ad_configuration, CONFIGURATIONS_PER_SECOND),
  IVS ("GetChannel", ASP_API_READS, asp_api_get_channel, get_channel, 0),
  IVS ("ListChannels", ASP_API_READS, asp_api_list_channels, list_channels, 0),
  IVS ("UpdateChannel", ASP_API_CHANGES, asp_api_update_channel, update_channel, 0),
  IVS ("GetStream", ASP_API_READS, asp_api_get_stream, get_stream, 0),
  IVS ("ListStreams", ASP_API_READS, asp_api_list_streams, list_streams, 0),
  IVS ("ImportPlaybackKeyPair", ASP_API_CHANGES, asp_api_import_playback_key_pair, import_key_pair, 0),
  IVS ("GetPlaybackKeyPair", ASP_API_READS, asp_api_get_playback_key_pair, get_key_pair, 0),
  IVS ("ListPlaybackKeyPairs", ASP_API_READS, asp_api_list, list_key_pairs, 0),
  IVS ("DeletePlaybackKeyPair", ASP_API_CHANGES | ASP_API_NO_BODY, asp_api_get_playback_key_pair,
      delete_key_pair, 0),
  {"ListTagsForResource", "GET", "/tags/", ASP_API_REST, NULL, asp_api_op_list_tags, 0},
  {"TagResource", "POST", "/tags/", ASP_API_REST | ASP_API_CHANGES, asp_api_tag_resource, asp_api_op_tag, 0},
  {"UntagResource", "DELETE", "/tags/", ASP_API_REST | ASP_API_CHANGES, NULL, asp_api_op_untag, 0},
  {"PutPlaybackConfiguration", "PUT", "/playbackConfiguration", ASP_API_MEDIATAILOR | ASP_API_CHANGES,
      asp_api_put_playback_configuration, asp_api_op_put_playback, 0},
  {"GetPlaybackConfiguration", "GET", "/playbackConfiguration/", ASP_API_MEDIATAILOR | ASP_API_REST, NULL,
      asp_api_op_get_playback, 0},
  {"DeletePlaybackConfiguration", "DELETE", "/playbackConfiguration/",
      ASP_API_MEDIATAILOR | ASP_API_REST | ASP_API_CHANGES | ASP_API_NO_BODY, NULL, asp_api_op_delete_playback, 0},
  {"ListPlaybackConfigurations", "GET", "/playbackConfigurations", ASP_API_MEDIATAILOR, NULL,
      asp_api_op_list_playbacks, 0},
};

G_STATIC_ASSERT (G_N_ELEMENTS (operations) <= ASP_API_OPERATIONS_MAX);

guint
asp_api_operation_number (const AspApiOperation * operation)
{
  return (guint) (operation - operations);
}

const AspApiOperation *
asp_api_operation_named (const gchar * name)
{
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    if (!strcmp (operations[i].name, name))
      return &operations[i];
  return NULL;
}

void
asp_api_init_rates (AspApi * api)
{
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    api->rates[i].per_second = operations[i].per_second;
}

static gboolean
is_path (const AspApiOperation * o, const gchar * path)
{
  gsize size = strlen (o->path);

  return o->traits & ASP_API_REST ? !strncmp (path, o->path, size) && path[size] : !strcmp (path, o->path);
}

const AspApiOperation *
asp_api_find_operation (const gchar * method, const gchar * path, gchar ** rest)
{
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++) {
    const AspApiOperation *o = &operations[i];
    g_autofree gchar *decoded = NULL;

    if (strcmp (o->method, method) || !is_path (o, path))
      continue;
    decoded = o->traits & ASP_API_REST ? g_uri_unescape_string (path + strlen (o->path), NULL) : g_strdup ("");
    if (!decoded || !g_utf8_validate (decoded, -1, NULL))
      return NULL;
    *rest = g_steal_pointer (&decoded);
    return o;
  }
  return NULL;
}
