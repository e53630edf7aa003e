/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-private.h"

#include <string.h>

#include "asp-api-ivs-shapes.h"

#define RESERVED "aws:"         /* prefix of tags that nobody sets */
#define TAG_NAME_MAX 128

/* --- which resource ------------------------------------------------------------------------ */

static const struct
{
  const gchar *service, *type, *folder;
} kinds[] = {
  {"ivs", "ad-configuration", ASP_API_KEY_AD_CONFIGURATION},
  {"ivs", "playback-key", ASP_API_KEY_KEY_PAIR},
  {"ivs", "channel", ASP_API_KEY_CHANNEL},
  {"mediatailor", "playbackConfiguration", ASP_API_KEY_PLAYBACK},
};

typedef struct
{
  const gchar *folder;
  gchar *id;
  AspApiRecord *record;         /* NULL: a channel of which nothing is stored */
} Target;

static void
target_clear (Target * t)
{
  g_free (t->id);
  asp_api_record_free (t->record);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Target, target_clear)

/* NULL: it runs not. */
static gboolean
runs (AspApi * api, const gchar * name)
{
  g_autoptr (AspApiChannel) c = api->channels->get (name, api->channels_data);

  return c != NULL;
}

static gboolean
find (AspApi * api, const AspApiCall * call, Target * out, GError ** error)
{
  GError *fault = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (kinds) && !out->id; i++) {
    g_autofree gchar *id = asp_api_id_of (api, call->rest, kinds[i].service, kinds[i].type);

    if (!id)
      continue;
    out->folder = kinds[i].folder;
    out->id = !strcmp (out->folder, ASP_API_KEY_PLAYBACK) ? asp_api_playback_id (id) : g_steal_pointer (&id);
  }
  if (out->id)
    out->record = asp_api_record_load (api, out->folder, out->id, &fault);
  if (fault) {
    g_propagate_error (error, fault);
    return FALSE;
  }
  return out->record || (out->id && !strcmp (out->folder, ASP_API_KEY_CHANNEL) && runs (api, out->id)) ||
      asp_api_fail (error, ASP_API_NOT_FOUND, "There is no resource '%s'", call->rest);
}

/* --- what is kept -------------------------------------------------------------------------- */

/* name -> value, both copied, in no order. */
static GHashTable *
table_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
add_tag (const gchar * name, const AspJson * value, gpointer table)
{
  g_hash_table_replace (table, g_strdup (name), g_strdup (asp_json_string (value)));
}

static AspJson *
tags_json (GHashTable * table)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (table), (GCompareFunc) strcmp);
  const gchar *text;

  asp_json_begin_object (w, NULL);
  for (GList * l = names; l; l = l->next)
    asp_json_add_string (w, l->data, g_hash_table_lookup (table, l->data));
  asp_json_end_object (w);
  text = asp_json_writer_text (w);
  return asp_json_parse (text, strlen (text), NULL);
}

static gboolean
save (AspApi * api, const Target * t, GHashTable * table, GError ** error)
{
  g_autoptr (AspJson) tags = tags_json (table);
  AspJsonWriter *w = asp_api_record_begin ();
  g_autoptr (GBytes) value = NULL;

  if (t->record)
    asp_api_copy_members (w, t->record->resource, NULL);
  value = asp_api_record_finish (w, tags, t->record ?
      asp_json_string (asp_json_member (t->record->json, "key")) : NULL);
  return t->record ? asp_api_record_replace (api, t->record, value, error) :
      asp_api_record_add (api, t->folder, t->id, value, error);
}

static GHashTable *
tags_of (const Target * t)
{
  GHashTable *table = table_new ();

  if (t->record)
    asp_json_foreach_member (t->record->tags, add_tag, table);
  return table;
}

/* --- operations ---------------------------------------------------------------------------- */

gboolean
asp_api_op_list_tags (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_auto (Target) t = { NULL };

  if (!find (api, call, &t, error))
    return FALSE;
  asp_json_begin_object (w, "tags");
  if (t.record)
    asp_api_copy_members (w, t.record->tags, NULL);
  asp_json_end_object (w);
  return TRUE;
}

static void
find_reserved (const gchar * name, const AspJson * value, gpointer found)
{
  if (!g_ascii_strncasecmp (name, RESERVED, strlen (RESERVED)))
    *(gboolean *) found = TRUE;
}

gboolean
asp_api_op_tag (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  const AspJson *tags = asp_json_member (call->body, "tags");
  g_auto (Target) t = { NULL };
  g_autoptr (GHashTable) table = NULL;
  gboolean reserved = FALSE;

  asp_json_foreach_member (tags, find_reserved, &reserved);
  if (reserved)
    return asp_api_fail (error, ASP_API_VALIDATION, "Names of tags that begin with '%s' are reserved", RESERVED);
  if (!find (api, call, &t, error))
    return FALSE;
  table = tags_of (&t);
  asp_json_foreach_member (tags, add_tag, table);
  if (g_hash_table_size (table) > ASP_API_TAGS_MAX)
    return asp_api_fail (error, ASP_API_VALIDATION, "The resource would have %u tags, %d is the limit",
        g_hash_table_size (table), ASP_API_TAGS_MAX);
  return save (api, &t, table, error);
}

gboolean
asp_api_op_untag (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  GPtrArray *names = g_hash_table_lookup (call->query, "tagKeys");
  g_auto (Target) t = { NULL };
  g_autoptr (GHashTable) table = NULL;

  if (!names)
    return asp_api_fail (error, ASP_API_VALIDATION, "1 validation error detected: Value null at 'tagKeys' failed to "
        "satisfy constraint: Member must not be null");
  if (names->len > ASP_API_TAGS_MAX)
    return asp_api_fail (error, ASP_API_VALIDATION, "tagKeys has %u names, %d is the limit", names->len, ASP_API_TAGS_MAX);
  if (!find (api, call, &t, error))
    return FALSE;
  table = tags_of (&t);
  for (guint i = 0; i < names->len; i++) {
    const gchar *name = g_ptr_array_index (names, i);

    if (!*name || g_utf8_strlen (name, -1) > TAG_NAME_MAX)
      return asp_api_fail (error, ASP_API_VALIDATION, "A name in tagKeys must have 1 to %d characters", TAG_NAME_MAX);
    g_hash_table_remove (table, name);
  }
  return save (api, &t, table, error);
}
