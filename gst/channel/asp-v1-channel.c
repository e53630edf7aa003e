/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-v1-private.h"

#include <string.h>

#define PAGE_MAX 1000
#define PAGE_DEFAULT 100

const AspV1Field asp_v1_creative_fields[] = {
  {"uri", ASP_V1_STRING, 1, 2048},
  {NULL}
};

/* --- one channel ------------------------------------------------------------------------ */

static void
add_string_or_null (AspJsonWriter * w, const gchar * name, const gchar * text)
{
  if (text && *text)
    asp_json_add_string (w, name, text);
  else
    asp_json_add_null (w, name);
}

static void
add_time_or_null (AspJsonWriter * w, const gchar * name, gint64 us)
{
  g_autofree gchar *text = us > 0 ? asp_event_time (us) : NULL;

  add_string_or_null (w, name, text);
}

static void
add_ticks_or_null (AspJsonWriter * w, const gchar * name, gint64 ticks)
{
  if (ticks != ASP_NO_TIME)
    asp_json_add_int (w, name, ticks);
  else
    asp_json_add_null (w, name);
}

/* Members that a list has too. */
static void
add_summary (AspV1 * v1, const AspControlStatus * status, AspJsonWriter * w)
{
  static const gchar *const health[] = {
    [ASP_API_HEALTHY] = "HEALTHY",
    [ASP_API_STARVING] = "STARVING",
    [ASP_API_HEALTH_UNKNOWN] = "UNKNOWN",
  };
  const AspApiChannel *c = status->channel;
  guint64 bits_per_second = 0, cc_errors = 0;

  for (guint i = 0; i < status->renditions->len; i++) {
    const AspControlRendition *r = g_ptr_array_index (status->renditions, i);

    bits_per_second += r->bits_per_second;
    cc_errors += r->cc_errors;
  }
  asp_json_add_string (w, "name", c->name);
  asp_json_add_boolean (w, "live", c->live);
  asp_json_add_string (w, "health", health[MIN ((guint) c->health, ASP_API_HEALTH_UNKNOWN)]);
  asp_json_add_boolean (w, "busy", c->busy);
  asp_json_add_boolean (w, "has_ads", c->has_ads);
  asp_json_add_int (w, "viewers", c->viewers);
  add_time_or_null (w, "started", c->live ? c->started_us : 0);
  asp_json_add_int (w, "renditions_total", status->renditions->len);
  asp_json_add_int (w, "bits_per_second", (gint64) bits_per_second);
  asp_json_add_int (w, "cc_errors", (gint64) cc_errors);
  asp_json_add_int (w, "breaks_total", (gint64) status->breaks);
  asp_v1_add_open_break (v1, c->name, "open_break", w);
}

static void
add_pids (const AspControlRendition * r, AspJsonWriter * w)
{
  asp_json_begin_array (w, "pids");
  for (guint i = 0; i < MIN (r->n_pids, ASP_CONTROL_PIDS_MAX); i++) {
    asp_json_begin_object (w, NULL);
    asp_json_add_int (w, "pid", r->pids[i].pid);
    asp_json_add_int (w, "stream_type", r->pids[i].stream_type);
    asp_json_add_string (w, "codec", r->pids[i].codec);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
}

static void
add_rendition (const AspControlRendition * r, AspJsonWriter * w)
{
  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "name", r->name ? r->name : "");
  asp_json_add_int (w, "bits_per_second", (gint64) r->bits_per_second);
  asp_json_add_int (w, "packets", (gint64) r->packets);
  asp_json_add_int (w, "bytes", (gint64) r->bytes);
  asp_json_add_int (w, "cc_errors", (gint64) r->cc_errors);
  asp_json_add_int (w, "cues", (gint64) r->cues);
  add_ticks_or_null (w, "pts_90k", r->pts90k);
  add_ticks_or_null (w, "rap_pts_90k", r->rap_pts90k);
  add_time_or_null (w, "rap_time", r->rap_us);
  add_ticks_or_null (w, "gop_90k", r->gop_90k > 0 ? r->gop_90k : ASP_NO_TIME);
  add_ticks_or_null (w, "gop_frames", r->gop_frames > 0 ? (gint64) r->gop_frames : ASP_NO_TIME);
  asp_json_add_int (w, "latency_us", r->latency_ns / 1000);
  add_pids (r, w);
  asp_json_end_object (w);
}

static void
add_sums (const AspControlStatus * s, AspJsonWriter * w)
{
  const struct
  {
    const gchar *name;
    guint64 value;
  } sums[] = {
    {"breaks", s->breaks}, {"breaks_filled", s->breaks_filled}, {"breaks_skipped", s->breaks_skipped},
    {"creatives", s->creatives}, {"ads_requests", s->ads_requests}, {"ads_errors", s->ads_errors},
    {"ads_timeouts", s->ads_timeouts}, {"conditioned", s->conditioned}, {"conditioning_failed", s->conditioning_failed},
    {"conditioning_now", s->conditioning_now}, {"beacons_fired", s->beacons_fired},
    {"beacons_waiting", s->beacons_waiting}, {"beacons_failed", s->beacons_failed},
  };

  asp_json_begin_object (w, "sums");
  for (guint i = 0; i < G_N_ELEMENTS (sums); i++)
    asp_json_add_int (w, sums[i].name, (gint64) MIN (sums[i].value, (guint64) G_MAXINT64));
  asp_json_end_object (w);
}

static void
add_now (const AspV1Call * call, AspJsonWriter * w)
{
  g_autofree gchar *now = asp_event_time (call->now_us);

  asp_json_add_string (w, "time", now);
}

gboolean
asp_v1_op_get_channel (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  g_autoptr (AspControlStatus) status = call->channel->status (call->channel_data);
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  add_now (call, w);
  add_summary (v1, status, w);
  add_string_or_null (w, "stream_id", status->channel->live ? status->channel->stream_id : NULL);
  add_string_or_null (w, "playback_url", status->channel->playback_url);
  add_string_or_null (w, "ads_url", status->ads_url);
  asp_json_add_int (w, "lead_90k", status->lead_90k);
  asp_json_begin_array (w, "renditions");
  for (guint i = 0; i < status->renditions->len; i++)
    add_rendition (g_ptr_array_index (status->renditions, i), w);
  asp_json_end_array (w);
  add_sums (status, w);
  asp_json_end_object (w);
  asp_v1_reply_json (reply, 200, w);
  return TRUE;
}

/* --- all of them ------------------------------------------------------------------------ */

/* FALSE: it has gone meanwhile. */
static gboolean
add_channel (AspV1 * v1, const gchar * name, AspJsonWriter * w)
{
  const AspControlChannel *funcs;
  g_autoptr (AspControlStatus) status = NULL;
  gpointer data;
  gpointer held = v1->config.hold (name, &funcs, &data, v1->config.user_data);

  if (!held)
    return FALSE;
  status = funcs->status (data);
  v1->config.release (held, v1->config.user_data);
  asp_json_begin_object (w, NULL);
  add_summary (v1, status, w);
  asp_json_end_object (w);
  return TRUE;
}

gboolean
asp_v1_op_list_channels (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  const gchar *after = g_hash_table_lookup (call->query, "after");
  g_auto (GStrv) names = NULL;
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  const gchar *last = NULL;
  guint64 limit, n = 0;
  guint i = 0;

  if (!asp_v1_query_number (call, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &limit, error))
    return FALSE;
  names = v1->config.names (v1->config.user_data);
  asp_json_begin_object (w, NULL);
  add_now (call, w);
  asp_json_add_int (w, "total", g_strv_length (names));
  asp_json_begin_array (w, "channels");
  while (names[i] && after && strcmp (names[i], after) <= 0)
    i++;
  for (; names[i] && n < limit; i++) {
    if (add_channel (v1, names[i], w))
      n++;
    last = names[i];
  }
  asp_json_end_array (w);
  add_string_or_null (w, "next", names[i] ? last : NULL);
  asp_json_end_object (w);
  asp_v1_reply_json (reply, 200, w);
  return TRUE;
}

/* --- creatives -------------------------------------------------------------------------- */

gboolean
asp_v1_op_list_creatives (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  g_autofree gchar *text = call->channel->creatives ? call->channel->creatives (call->channel_data) : NULL;
  g_autoptr (AspJson) list = text ? asp_json_parse (text, strlen (text), NULL) : NULL;
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  if (asp_json_kind (list) == ASP_JSON_ARRAY) {
    asp_json_add_value (w, "creatives", list);
  } else {
    asp_json_begin_array (w, "creatives");
    asp_json_end_array (w);
  }
  asp_json_end_object (w);
  asp_v1_reply_json (reply, 200, w);
  return TRUE;
}

gboolean
asp_v1_op_warm_creative (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  const gchar *uri = asp_json_string (asp_json_member (call->body, "uri"));
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  if (!uri)
    return asp_v1_fail (error, ASP_API_VALIDATION, "The body must name a creative: {\"uri\": \"https://ads.example/spot.mp4\"}");
  if (!call->channel->warm)
    return asp_v1_fail (error, ASP_API_UNAVAILABLE, "Channel '%s' has no store of creatives", call->parts[0]);
  if (!call->channel->warm (uri, call->channel_data, error))
    return FALSE;
  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "channel_name", call->parts[0]);
  asp_json_add_string (w, "uri", uri);
  asp_json_end_object (w);
  asp_v1_reply_json (reply, 202, w);
  return TRUE;
}
