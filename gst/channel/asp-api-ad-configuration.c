/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-private.h"

#include <string.h>

#include "asp-api-ivs-shapes.h"

#define TYPE "ad-configuration"

static const gchar *const pre_roll[] = { "preRollConfiguration", NULL };

static AspApiRecord *
load (AspApi * api, const AspApiCall * call, GError ** error)
{
  const gchar *arn = asp_json_string (asp_json_member (call->body, "arn"));
  g_autofree gchar *id = asp_api_id_of (api, arn, "ivs", TYPE);
  GError *fault = NULL;
  AspApiRecord *r = id ? asp_api_record_load (api, ASP_API_KEY_AD_CONFIGURATION, id, &fault) : NULL;

  if (!r && fault)
    g_propagate_error (error, fault);
  else if (!r)
    asp_api_fail (error, ASP_API_NOT_FOUND, "There is no ad configuration '%s'", arn);
  return r;
}

static gboolean
check_playbacks (AspApi * api, const AspJson * list, GError ** error)
{
  for (guint i = 0; i < asp_json_length (list); i++)
    if (!asp_api_check_playback (api, asp_json_string (asp_json_member (asp_json_element (list, i),
                    "playbackConfigurationArn")), error))
      return FALSE;
  return TRUE;
}

static gboolean
is_given (const AspJson * value)
{
  return asp_json_kind (value) != ASP_JSON_NULL;
}

/* Member @name of @news, else of @old (nullable). */
static const AspJson *
newer (const AspJson * news, const AspJson * old, const gchar * name)
{
  const AspJson *value = asp_json_member (news, name);

  return is_given (value) ? value : asp_json_member (old, name);
}

static void
write_playbacks (AspJsonWriter * w, const AspJson * list)
{
  asp_json_begin_array (w, "mediaTailorPlaybackConfigurations");
  for (guint i = 0; i < asp_json_length (list); i++) {
    asp_json_begin_object (w, NULL);
    asp_json_add_string (w, "playbackConfigurationArn",
        asp_json_string (asp_json_member (asp_json_element (list, i), "playbackConfigurationArn")));
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
}

static void
write_roll (AspJsonWriter * w, const gchar * name, const AspJson * roll)
{
  gint64 seconds = ASP_API_POST_ROLL_SECONDS;
  gboolean enabled = FALSE;

  asp_json_integer (asp_json_member (roll, "durationSeconds"), &seconds);
  asp_json_boolean (asp_json_member (roll, "enabled"), &enabled);
  asp_json_begin_object (w, name);
  asp_json_add_boolean (w, "enabled", enabled);
  asp_json_add_int (w, "durationSeconds", seconds);
  asp_json_end_object (w);
}

/* What is stored: @request over @old (nullable). */
static GBytes *
compose (const gchar * arn, const AspJson * request, const AspApiRecord * old)
{
  const AspJson *before = old ? old->resource : NULL;
  const gchar *name = asp_json_string (newer (request, before, "name"));
  const AspJson *pre = newer (request, before, pre_roll[0]);
  AspJsonWriter *w = asp_api_record_begin ();

  asp_json_add_string (w, "arn", arn);
  asp_json_add_string (w, "name", name ? name : "");
  write_playbacks (w, newer (request, before, "mediaTailorPlaybackConfigurations"));
  write_roll (w, "postRollConfiguration", newer (request, before, "postRollConfiguration"));
  if (is_given (pre))
    write_roll (w, pre_roll[0], pre);
  return asp_api_record_finish (w, old ? old->tags : asp_json_member (request, "tags"), NULL);
}

static gboolean
answer (AspApi * api, const gchar * id, AspJsonWriter * w, GError ** error)
{
  g_autoptr (AspApiRecord) r = asp_api_record_load (api, ASP_API_KEY_AD_CONFIGURATION, id, error);

  if (!r)
    return FALSE;
  asp_json_begin_object (w, "adConfiguration");
  asp_api_record_write (w, r);
  asp_json_end_object (w);
  return TRUE;
}

gboolean
asp_api_op_create_ad_configuration (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_autofree gchar *id = asp_api_new_id ();
  g_autofree gchar *arn = asp_api_arn_of (api, "ivs", TYPE, id);
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GBytes) value = NULL;

  if (!check_playbacks (api, asp_json_member (call->body, "mediaTailorPlaybackConfigurations"), error) ||
      !(all = asp_api_record_all (api, ASP_API_KEY_AD_CONFIGURATION, error)))
    return FALSE;
  if (all->len >= ASP_API_AD_CONFIGURATIONS)
    return asp_api_fail (error, ASP_API_QUOTA, "There are %d ad configurations, which is the limit: delete one first",
        ASP_API_AD_CONFIGURATIONS);
  value = compose (arn, call->body, NULL);
  return asp_api_record_add (api, ASP_API_KEY_AD_CONFIGURATION, id, value, error) && answer (api, id, w, error);
}

gboolean
asp_api_op_get_ad_configuration (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_autoptr (AspApiRecord) r = load (api, call, error);

  if (!r)
    return FALSE;
  asp_json_begin_object (w, "adConfiguration");
  asp_api_record_write (w, r);
  asp_json_end_object (w);
  return TRUE;
}

gboolean
asp_api_op_list_ad_configurations (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  return asp_api_list_folder (api, call, w, ASP_API_KEY_AD_CONFIGURATION, "adConfigurations", error);
}

gboolean
asp_api_op_update_ad_configuration (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_autoptr (AspApiRecord) r = load (api, call, error);
  g_autoptr (GBytes) value = NULL;

  if (!r || !check_playbacks (api, asp_json_member (call->body, "mediaTailorPlaybackConfigurations"), error))
    return FALSE;
  value = compose (asp_api_record_string (r, "arn"), call->body, r);
  return asp_api_record_replace (api, r, value, error) &&
      answer (api, r->key + strlen (ASP_API_KEY_AD_CONFIGURATION), w, error);
}

/* FALSE with CONFLICT when a channel has it. */
static gboolean
check_unattached (AspApi * api, const gchar * arn, GError ** error)
{
  g_autoptr (GPtrArray) channels = asp_api_record_all (api, ASP_API_KEY_CHANNEL, error);

  if (!channels)
    return FALSE;
  for (guint i = 0; i < channels->len; i++) {
    const AspApiRecord *c = g_ptr_array_index (channels, i);

    if (!g_strcmp0 (asp_api_record_string (c, "adConfigurationArn"), arn))
      return asp_api_fail (error, ASP_API_CONFLICT, "The ad configuration is attached to channel '%s': detach it there "
          "(UpdateChannel with an empty adConfigurationArn) first", c->key + strlen (ASP_API_KEY_CHANNEL));
  }
  return TRUE;
}

gboolean
asp_api_op_delete_ad_configuration (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_autoptr (AspApiRecord) r = load (api, call, error);

  return r && check_unattached (api, asp_api_record_string (r, "arn"), error) &&
      asp_api_record_delete (api, r, error);
}
