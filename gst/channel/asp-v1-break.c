/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-v1-private.h"

#include <math.h>
#include <string.h>

#define PAGE_MAX 100
#define PAGE_DEFAULT 20
#define DURATION_MIN_S 0.1
#define DURATION_MAX_S 86400.0
#define AHEAD_MAX_US (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)     /* less than a turn of the clock of 33 bits */
#define KEY_MAX 128

#define DURATION_FIELDS \
  {"duration_seconds", ASP_V1_NUMBER, DURATION_MIN_S, DURATION_MAX_S}, \
  {"duration_90k", ASP_V1_INTEGER, DURATION_MIN_S * ASP_SECOND_90K, DURATION_MAX_S * ASP_SECOND_90K}

const AspV1Field asp_v1_break_fields[] = {
  DURATION_FIELDS,
  {"start", ASP_V1_STRING, 1, 64},
  {"start_pts_90k", ASP_V1_INTEGER, 0, (gdouble) ASP_PTS_MASK},
  {"idempotency_key", ASP_V1_STRING, 1, KEY_MAX},
  {"ads_params", ASP_V1_STRINGS, 0, 64},
  {"ads_url", ASP_V1_STRING, 1, 2048},
  {NULL}
};

const AspV1Field asp_v1_extend_fields[] = { DURATION_FIELDS, {NULL} };
const AspV1Field asp_v1_no_fields[] = { {NULL} };

/* --- what there is ---------------------------------------------------------------------- */

/* The form of one break is the history's. */
static AspJson *
read_break (AspV1 * v1, const gchar * channel, const gchar * id)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  const gchar *text;

  asp_json_begin_object (w, NULL);
  if (!asp_event_history_write_break (v1->config.history, channel, id, w))
    return NULL;
  asp_json_end_object (w);
  text = asp_json_writer_text (w);
  return asp_json_parse (text, strlen (text), NULL);
}

static void
add_but_events (const gchar * name, const AspJson * value, gpointer w)
{
  if (strcmp (name, "events") != 0)
    asp_json_add_value (w, name, value);
}

void
asp_v1_add_open_break (AspV1 * v1, const gchar * channel, const gchar * name, AspJsonWriter * w)
{
  g_autofree gchar *id = asp_event_history_open_break (v1->config.history, channel);
  g_autoptr (AspJson) brk = id ? read_break (v1, channel, id) : NULL;

  if (!brk) {
    asp_json_add_null (w, name);
    return;
  }
  asp_json_begin_object (w, name);
  asp_json_foreach_member (brk, add_but_events, w);
  asp_json_end_object (w);
}

static gboolean
no_break (const AspV1Call * call, const gchar * id, GError ** error)
{
  return asp_v1_fail (error, ASP_API_NOT_FOUND, "Channel '%s' has no break '%s' in its history", call->parts[0], id);
}

gboolean
asp_v1_op_get_break (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  if (!asp_event_history_write_break (v1->config.history, call->parts[0], call->parts[1], w))
    return no_break (call, call->parts[1], error);
  asp_json_end_object (w);
  asp_v1_reply_json (reply, 200, w);
  return TRUE;
}

/* The id of the last one of a page that is full: what the next begins behind. */
static void
add_next (AspJsonWriter * w, const AspJson * page, guint64 limit)
{
  guint n = asp_json_length (page);
  const gchar *id = n > 0 && n >= limit ?
      asp_json_string (asp_json_member (asp_json_element (page, n - 1), "ad_break_id")) : NULL;

  if (id)
    asp_json_add_string (w, "next", id);
  else
    asp_json_add_null (w, "next");
}

gboolean
asp_v1_op_list_breaks (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  const gchar *before = g_hash_table_lookup (call->query, "before");
  g_autoptr (AspJsonWriter) page = asp_json_writer_new (FALSE);
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  g_autoptr (AspJson) breaks = NULL;
  const gchar *text;
  guint64 limit;

  if (!asp_v1_query_number (call, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &limit, error))
    return FALSE;
  asp_json_begin_array (page, NULL);
  asp_event_history_write_breaks (v1->config.history, call->parts[0], before, (guint) limit, page);
  asp_json_end_array (page);
  text = asp_json_writer_text (page);
  breaks = asp_json_parse (text, strlen (text), NULL);
  asp_json_begin_object (w, NULL);
  asp_json_add_value (w, "breaks", breaks);
  add_next (w, breaks, limit);
  asp_json_end_object (w);
  asp_v1_reply_json (reply, 200, w);
  return TRUE;
}

/* --- what is asked for ------------------------------------------------------------------ */

/* Seconds or ticks, one of them. */
static gboolean
read_duration (const AspJson * body, gint64 * duration_90k, GError ** error)
{
  gdouble seconds = 0;
  gboolean has_seconds = asp_json_number (asp_json_member (body, "duration_seconds"), &seconds);
  gboolean has_ticks = asp_json_integer (asp_json_member (body, "duration_90k"), duration_90k);

  if (has_seconds && has_ticks)
    return asp_v1_fail (error, ASP_API_VALIDATION, "'duration_seconds' and 'duration_90k' are two names of one thing: "
        "say one of them");
  if (!has_seconds && !has_ticks)
    return asp_v1_fail (error, ASP_API_VALIDATION, "The body must say how long the break is: {\"duration_seconds\": 30}, "
        "or {\"duration_90k\": 2700000}");
  if (has_seconds)
    *duration_90k = (gint64) floor (seconds * ASP_SECOND_90K + 0.5);
  return TRUE;
}

static gboolean
read_start (const AspV1Call * call, AspControlBreak * brk, GError ** error)
{
  const gchar *text = asp_json_string (asp_json_member (call->body, "start"));
  g_autofree gchar *now = asp_event_time (call->now_us);

  brk->start_pts90k = ASP_NO_TIME;
  asp_json_integer (asp_json_member (call->body, "start_pts_90k"), &brk->start_pts90k);
  if (!text)
    return TRUE;
  if (brk->start_pts90k != ASP_NO_TIME)
    return asp_v1_fail (error, ASP_API_VALIDATION, "'start' and 'start_pts_90k' are two names of one thing: say one of them");
  if (!asp_v1_read_time (text, &brk->start_us, error))
    return FALSE;
  if (brk->start_us < call->now_us)
    return asp_v1_fail (error, ASP_API_VALIDATION, "'start' is '%s', which has passed: it is %s here", text, now);
  if (brk->start_us - call->now_us > AHEAD_MAX_US)
    return asp_v1_fail (error, ASP_API_VALIDATION, "'start' is '%s'; a break can be asked for 24 hours ahead, and it is %s "
        "here", text, now);
  return TRUE;
}

/* Idempotency-Key: "8e03978e" is a string of structured fields (RFC 8941 3.3.3); who leaves out
 * the quotes is understood too. */
static gchar *
header_key (const AspApiRequest * request)
{
  const gchar *value = request->header (request->fields, "idempotency-key");
  gsize n = value ? strlen (value) : 0;

  if (n >= 2 && value[0] == '"' && value[n - 1] == '"')
    return g_strndup (value + 1, n - 2);
  return g_strdup (value);
}

static gboolean
is_printable (const gchar * text)
{
  for (; *text; text++)
    if (*text < 0x21 || *text > 0x7e)
      return FALSE;
  return TRUE;
}

/* @out: (transfer full) (nullable) */
static gboolean
read_key (const AspV1Call * call, gchar ** out, GError ** error)
{
  const gchar *said = asp_json_string (asp_json_member (call->body, "idempotency_key"));
  g_autofree gchar *key = header_key (call->request);

  if (said && key && strcmp (said, key) != 0)
    return asp_v1_fail (error, ASP_API_VALIDATION, "'idempotency_key' and the field Idempotency-Key of the head differ");
  if (!key)
    key = g_strdup (said);
  if (key && (!*key || strlen (key) > KEY_MAX || !is_printable (key)))
    return asp_v1_fail (error, ASP_API_VALIDATION, "An idempotency key is 1 to %d printable characters of ASCII without "
        "spaces: one UUID for each break, say", KEY_MAX);
  *out = g_steal_pointer (&key);
  return TRUE;
}

static gboolean
check_ads_url (const gchar * url, GError ** error)
{
  if (!url || ((g_str_has_prefix (url, "http://") || g_str_has_prefix (url, "https://")) && is_printable (url)))
    return TRUE;
  return asp_v1_fail (error, ASP_API_VALIDATION, "'ads_url' must be the URL of an ad server, http or https, without spaces");
}

static void
add_param (const gchar * name, const AspJson * value, gpointer table)
{
  g_hash_table_insert (table, g_strdup (name), g_strdup (asp_json_string (value)));
}

static void
reply_break (const AspV1Call * call, const gchar * id, gint64 duration_90k, guint status, AspV1Reply * reply)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  g_autofree gchar *part = g_uri_escape_string (id, NULL, FALSE);
  g_autofree gchar *path = g_strconcat ("/v1/channels/", call->parts[0], "/breaks/", part, NULL);

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "ad_break_id", id);
  asp_json_add_string (w, "channel_name", call->parts[0]);
  if (duration_90k > 0)
    asp_json_add_int (w, "duration_90k", duration_90k);
  asp_json_add_string (w, "href", path);
  asp_json_end_object (w);
  asp_v1_reply_json (reply, status, w);
}

gboolean
asp_v1_op_insert_break (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  const AspJson *params = asp_json_member (call->body, "ads_params");
  g_autoptr (GHashTable) table = NULL;
  g_autofree gchar *key = NULL;
  g_autofree gchar *id = NULL;
  AspControlBreak brk = {.origin = "v1",.ads_url = asp_json_string (asp_json_member (call->body, "ads_url")) };

  if (!read_duration (call->body, &brk.duration_90k, error) || !read_start (call, &brk, error) ||
      !read_key (call, &key, error) || !check_ads_url (brk.ads_url, error))
    return FALSE;
  brk.idempotency_key = key;
  if (asp_json_kind (params) == ASP_JSON_OBJECT) {
    table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    asp_json_foreach_member (params, add_param, table);
    brk.ads_params = table;
  }
  id = call->channel->insert (&brk, call->channel_data, error);
  if (!id)
    return FALSE;
  reply_break (call, id, brk.duration_90k, 201, reply);
  return TRUE;
}

/* --- what becomes of one ---------------------------------------------------------------- */

static gboolean
cannot (const AspV1Call * call, GError ** error)
{
  return asp_v1_fail (error, ASP_API_UNAVAILABLE, "Channel '%s' cannot do that", call->parts[0]);
}

gboolean
asp_v1_op_cancel_break (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  if (!call->channel->cancel)
    return cannot (call, error);
  if (!call->channel->cancel (call->parts[1], call->channel_data, error))
    return FALSE;
  reply_break (call, call->parts[1], 0, 200, reply);
  return TRUE;
}

gboolean
asp_v1_op_end_break (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  if (!call->channel->end)
    return cannot (call, error);
  if (!call->channel->end (call->parts[1], call->channel_data, error))
    return FALSE;
  reply_break (call, call->parts[1], 0, 200, reply);
  return TRUE;
}

gboolean
asp_v1_op_extend_break (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  gint64 duration_90k;

  if (!call->channel->extend)
    return cannot (call, error);
  if (!read_duration (call->body, &duration_90k, error) ||
      !call->channel->extend (call->parts[1], duration_90k, call->channel_data, error))
    return FALSE;
  reply_break (call, call->parts[1], duration_90k, 200, reply);
  return TRUE;
}
