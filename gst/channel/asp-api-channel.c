/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-private.h"

#include <string.h>

#include "asp-api-ivs-shapes.h"

#define AD_CONFIGURATION "adConfigurationArn"

void
asp_api_channel_free (AspApiChannel * c)
{
  if (!c)
    return;
  g_free (c->name);
  g_free (c->playback_url);
  g_free (c);
}

/* A channel that runs, and what is configured of it. */
typedef struct
{
  AspApiChannel *channel;
  AspApiRecord *record;         /* nullable */
  gchar *arn;
} Found;

static void
found_clear (Found * f)
{
  asp_api_channel_free (f->channel);
  asp_api_record_free (f->record);
  g_free (f->arn);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

static gboolean
load_record (AspApi * api, const gchar * name, AspApiRecord ** out, GError ** error)
{
  GError *fault = NULL;

  *out = asp_api_record_load (api, ASP_API_KEY_CHANNEL, name, &fault);
  if (fault)
    g_propagate_error (error, fault);
  return !fault;
}

/* @member: of the request, its name (ARN). */
static gboolean
find (AspApi * api, const AspApiCall * call, const gchar * member, Found * out, GError ** error)
{
  const gchar *arn = asp_json_string (asp_json_member (call->body, member));
  g_autofree gchar *name = asp_api_id_of (api, arn, "ivs", "channel");

  out->channel = name ? api->channels->get (name, api->channels_data) : NULL;
  if (!out->channel)
    return asp_api_fail (error, ASP_API_NOT_FOUND, "There is no channel '%s'", arn);
  out->arn = asp_api_arn_of (api, "ivs", "channel", name);
  return load_record (api, name, &out->record, error);
}

static const gchar *
attached_arn (const AspApiRecord * r)
{
  const gchar *arn = r ? asp_api_record_string (r, AD_CONFIGURATION) : NULL;

  return arn ? arn : "";
}

/* What a summary of it has too. */
static void
write_summary (AspApi * api, AspJsonWriter * w, const AspApiChannel * c, const AspApiRecord * r)
{
  g_autofree gchar *arn = asp_api_arn_of (api, "ivs", "channel", c->name);
  gboolean authorized = FALSE;

  if (r)
    asp_json_boolean (asp_json_member (r->resource, "authorized"), &authorized);
  asp_json_add_string (w, "arn", arn);
  asp_json_add_string (w, "name", c->name);
  asp_json_add_string (w, "latencyMode", "LOW");
  asp_json_add_string (w, "type", "STANDARD");
  asp_json_add_string (w, "recordingConfigurationArn", "");
  asp_json_add_string (w, "playbackRestrictionPolicyArn", "");
  asp_json_add_boolean (w, "authorized", authorized);
  asp_json_add_boolean (w, "insecureIngest", FALSE);
  asp_json_add_string (w, AD_CONFIGURATION, attached_arn (r));
  asp_json_begin_object (w, "tags");
  if (r)
    asp_api_copy_members (w, r->tags, NULL);
  asp_json_end_object (w);
}

static void
write_channel (AspApi * api, AspJsonWriter * w, const AspApiChannel * c, const AspApiRecord * r)
{
  asp_json_begin_object (w, "channel");
  write_summary (api, w, c, r);
  asp_json_add_string (w, "containerFormat", "TS");
  if (c->playback_url)
    asp_json_add_string (w, "playbackUrl", c->playback_url);
  asp_json_end_object (w);
}

gboolean
asp_api_op_get_channel (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_auto (Found) f = { NULL };

  if (!find (api, call, "arn", &f, error))
    return FALSE;
  write_channel (api, w, f.channel, f.record);
  return TRUE;
}

static gint
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(AspApiChannel * const *) a)->name, (*(AspApiChannel * const *) b)->name);
}

/* Those that run, in order of their names. */
static GPtrArray *
running (AspApi * api)
{
  GPtrArray *all = api->channels->list (api->channels_data);

  g_ptr_array_sort (all, by_name);
  return all;
}

/* name -> AspApiRecord, borrowed from @records. */
static GHashTable *
by_key (GPtrArray * records)
{
  GHashTable *table = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < records->len; i++) {
    AspApiRecord *r = g_ptr_array_index (records, i);

    g_hash_table_insert (table, r->key + strlen (ASP_API_KEY_CHANNEL), r);
  }
  return table;
}

/* By id: an ARN of another region may name it where none is configured. */
static gboolean
has_configuration (AspApi * api, const AspApiRecord * r, const gchar * wanted)
{
  g_autofree gchar *a = asp_api_id_of (api, wanted, "ivs", "ad-configuration");
  g_autofree gchar *b = asp_api_id_of (api, attached_arn (r), "ivs", "ad-configuration");

  return a && b && !strcmp (a, b);
}

gboolean
asp_api_op_list_channels (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  const gchar *name = asp_json_string (asp_json_member (call->body, "filterByName"));
  const gchar *arn = asp_json_string (asp_json_member (call->body, "filterByAdConfigurationArn"));
  g_autoptr (GPtrArray) records = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GHashTable) table = NULL;
  g_autofree gchar *after = NULL;
  g_autofree gchar *token = NULL;
  const gchar *last = NULL;
  AspApiPage page;
  guint n = 0;

  if (!asp_api_page_of_call (&page, call, error))
    return FALSE;
  after = page.after;
  if (!(records = asp_api_record_all (api, ASP_API_KEY_CHANNEL, error)))
    return FALSE;
  table = by_key (records);
  all = running (api);
  asp_json_begin_array (w, "channels");
  for (guint i = 0; i < all->len && !token; i++) {
    const AspApiChannel *c = g_ptr_array_index (all, i);
    const AspApiRecord *r = g_hash_table_lookup (table, c->name);

    if (strcmp (c->name, after) <= 0 || (name && *name && strcmp (name, c->name)) ||
        (arn && !has_configuration (api, r, arn)))
      continue;
    if (n++ == page.max) {
      token = asp_api_page_token (last);
      break;
    }
    last = c->name;
    asp_json_begin_object (w, NULL);
    write_summary (api, w, c, r);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
  if (token)
    asp_json_add_string (w, "nextToken", token);
  return TRUE;
}

/* "" when @arn is; NULL with NOT_FOUND. (transfer full) */
static gchar *
check_configuration (AspApi * api, const gchar * arn, GError ** error)
{
  g_autofree gchar *id = *arn ? asp_api_id_of (api, arn, "ivs", "ad-configuration") : NULL;
  GError *fault = NULL;
  g_autoptr (AspApiRecord) r = id ? asp_api_record_load (api, ASP_API_KEY_AD_CONFIGURATION, id, &fault) : NULL;

  if (!*arn)
    return g_strdup ("");
  if (r)
    return g_strdup (asp_api_record_string (r, "arn"));
  if (fault)
    g_propagate_error (error, fault);
  else
    asp_api_fail (error, ASP_API_NOT_FOUND, "There is no ad configuration '%s'", arn);
  return NULL;
}

gboolean
asp_api_op_update_channel (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_auto (Found) f = { NULL };
  const gchar *name = asp_json_string (asp_json_member (call->body, "name"));
  const gchar *wanted = asp_json_string (asp_json_member (call->body, AD_CONFIGURATION));
  g_autofree gchar *arn = NULL;
  g_autoptr (GBytes) value = NULL;
  g_autoptr (AspApiRecord) news = NULL;
  gboolean authorized = FALSE;
  AspJsonWriter *text;

  if (!find (api, call, "arn", &f, error))
    return FALSE;
  if (name && strcmp (name, f.channel->name))
    return asp_api_fail (error, ASP_API_VALIDATION, "The name of a channel is the pipeline's ('%s') and cannot be "
        "changed here", f.channel->name);
  if (!(arn = check_configuration (api, wanted ? wanted : attached_arn (f.record), error)))
    return FALSE;
  if (!asp_json_boolean (asp_json_member (call->body, "authorized"), &authorized) && f.record)
    asp_json_boolean (asp_json_member (f.record->resource, "authorized"), &authorized);
  text = asp_api_record_begin ();
  asp_json_add_string (text, AD_CONFIGURATION, arn);
  asp_json_add_boolean (text, "authorized", authorized);
  value = asp_api_record_finish (text, f.record ? f.record->tags : NULL, NULL);
  if (f.record ? !asp_api_record_replace (api, f.record, value, error) :
      !asp_api_record_add (api, ASP_API_KEY_CHANNEL, f.channel->name, value, error))
    return FALSE;
  if (!load_record (api, f.channel->name, &news, error))
    return FALSE;
  write_channel (api, w, f.channel, news);
  return TRUE;
}

/* --- streams ------------------------------------------------------------------------------ */

static const gchar *
health_name (AspApiHealth health)
{
  return health == ASP_API_HEALTHY ? "HEALTHY" : health == ASP_API_STARVING ? "STARVING" : "UNKNOWN";
}

static void
write_stream (AspApi * api, AspJsonWriter * w, const AspApiChannel * c)
{
  g_autoptr (GDateTime) started = g_date_time_new_from_unix_utc (c->started_us / G_USEC_PER_SEC);
  g_autofree gchar *time = started ? g_date_time_format (started, "%Y-%m-%dT%H:%M:%SZ") : NULL;
  g_autofree gchar *arn = asp_api_arn_of (api, "ivs", "channel", c->name);

  asp_json_add_string (w, "channelArn", arn);
  asp_json_add_string (w, "streamId", c->stream_id);
  if (time)
    asp_json_add_string (w, "startTime", time);
  asp_json_add_string (w, "state", "LIVE");
  asp_json_add_string (w, "health", health_name (c->health));
  asp_json_add_int (w, "viewerCount", c->viewers);
}

static gboolean
check_live (const Found * f, GError ** error)
{
  return f->channel->live || asp_api_fail (error, ASP_API_NOT_BROADCASTING,
      "The stream is offline for the given channel ARN: no data flows through '%s'", f->channel->name);
}

gboolean
asp_api_op_get_stream (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_auto (Found) f = { NULL };

  if (!find (api, call, "channelArn", &f, error) || !check_live (&f, error))
    return FALSE;
  asp_json_begin_object (w, "stream");
  write_stream (api, w, f.channel);
  if (f.channel->playback_url)
    asp_json_add_string (w, "playbackUrl", f.channel->playback_url);
  asp_json_end_object (w);
  return TRUE;
}

gboolean
asp_api_op_list_streams (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  const gchar *health = asp_json_string (asp_json_member (asp_json_member (call->body, "filterBy"), "health"));
  g_autoptr (GPtrArray) all = NULL;
  g_autofree gchar *after = NULL;
  g_autofree gchar *token = NULL;
  const gchar *last = NULL;
  AspApiPage page;
  guint n = 0;

  if (!asp_api_page_of_call (&page, call, error))
    return FALSE;
  after = page.after;
  all = running (api);
  asp_json_begin_array (w, "streams");
  for (guint i = 0; i < all->len; i++) {
    const AspApiChannel *c = g_ptr_array_index (all, i);

    if (!c->live || strcmp (c->name, after) <= 0 || (health && strcmp (health, health_name (c->health))))
      continue;
    if (n++ == page.max) {
      token = asp_api_page_token (last);
      break;
    }
    last = c->name;
    asp_json_begin_object (w, NULL);
    write_stream (api, w, c);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
  if (token)
    asp_json_add_string (w, "nextToken", token);
  return TRUE;
}

/* --- breaks ------------------------------------------------------------------------------- */

/* A call that is refused anyway costs nothing of the rate: one that comes too often for a channel
 * is a conflict, as the documents have it, and not a throttled one. */
gboolean
asp_api_op_insert_ad_break (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_auto (Found) f = { NULL };
  g_autofree gchar *id = NULL;
  gint64 seconds = 0;

  if (!find (api, call, "channelArn", &f, error) || !check_live (&f, error))
    return FALSE;
  if (!*attached_arn (f.record) && !f.channel->has_ads)
    return asp_api_fail (error, ASP_API_VALIDATION, "The channel '%s' has nothing to show: attach an ad configuration "
        "(UpdateChannel), or set ads-url or creative-uris", f.channel->name);
  if (f.channel->busy)
    return asp_api_fail (error, ASP_API_CONFLICT, "An ad break is scheduled or runs on channel '%s' already",
        f.channel->name);
  if (!asp_api_take_rate (api, call, error))
    return FALSE;
  asp_json_integer (asp_json_member (call->body, "durationSeconds"), &seconds);
  id = api->channels->insert (f.channel->name, (guint) seconds, api->channels_data, error);
  if (!id)
    return FALSE;
  asp_json_add_string (w, "adBreakId", id);
  return TRUE;
}

/* --- for who decides ---------------------------------------------------------------------- */

void
asp_api_attachment_clear (AspApiAttachment * a)
{
  g_free (a->arn);
  g_free (a->ads_url);
  memset (a, 0, sizeof *a);
}

static guint
roll_seconds (const AspApiRecord * r, const gchar * member)
{
  const AspJson *roll = asp_json_member (r->resource, member);
  gboolean enabled = FALSE;
  gint64 seconds = 0;

  asp_json_boolean (asp_json_member (roll, "enabled"), &enabled);
  asp_json_integer (asp_json_member (roll, "durationSeconds"), &seconds);
  return enabled ? (guint) seconds : 0;
}

static gboolean
load_ads_url (AspApi * api, const AspApiRecord * configuration, gchar ** out, GError ** error)
{
  const AspJson *list = asp_json_member (configuration->resource, "mediaTailorPlaybackConfigurations");
  const gchar *arn = asp_json_string (asp_json_member (asp_json_element (list, 0), "playbackConfigurationArn"));
  g_autofree gchar *name = asp_api_id_of (api, arn, "mediatailor", "playbackConfiguration");
  g_autofree gchar *id = name ? asp_api_playback_id (name) : NULL;
  GError *fault = NULL;
  g_autoptr (AspApiRecord) r = id ? asp_api_record_load (api, ASP_API_KEY_PLAYBACK, id, &fault) : NULL;

  if (fault)
    g_propagate_error (error, fault);
  else if (r)
    *out = g_strdup (asp_api_record_string (r, "AdDecisionServerUrl"));
  return !fault;
}

gboolean
asp_api_get_attachment (AspApi * api, const gchar * channel, AspApiAttachment * out, GError ** error)
{
  g_autoptr (AspApiRecord) c = NULL;
  g_autoptr (AspApiRecord) r = NULL;
  g_autofree gchar *id = NULL;
  GError *fault = NULL;

  memset (out, 0, sizeof *out);
  if (!load_record (api, channel, &c, error) || !*attached_arn (c))
    return FALSE;
  id = asp_api_id_of (api, attached_arn (c), "ivs", "ad-configuration");
  r = id ? asp_api_record_load (api, ASP_API_KEY_AD_CONFIGURATION, id, &fault) : NULL;
  if (!r || !load_ads_url (api, r, &out->ads_url, &fault)) {
    if (fault)
      g_propagate_error (error, fault);
    return FALSE;
  }
  out->arn = g_strdup (attached_arn (c));
  out->pre_roll_seconds = roll_seconds (r, "preRollConfiguration");
  out->post_roll_seconds = roll_seconds (r, "postRollConfiguration");
  return TRUE;
}
