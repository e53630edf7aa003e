/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-event-private.h"

#include <string.h>

#define FIELD(name, form, member) { name, ASP_EVENT_##form, G_STRUCT_OFFSET (AspEvent, member) }
#define SKIP_FIELD(name, form, member) { name, ASP_EVENT_##form, G_STRUCT_OFFSET (AspEventSkip, member) }

const AspEventField asp_event_fields[ASP_EVENT_FIELDS] = {
  FIELD ("channel_name", TEXT, channel),
  FIELD ("stream_id", TEXT, stream_id),
  FIELD ("ad_break_id", TEXT, break_id),
  FIELD ("origin", TEXT, origin),
  FIELD ("roll_type", TEXT, roll_type),
  FIELD ("reason", TEXT, reason),
  FIELD ("outcome", TEXT, outcome),
  FIELD ("target_start_unix_ms", UNIX, target_start_us),
  FIELD ("asked_pts_90k", PTS, asked_pts90k),
  FIELD ("pts_90k", PTS, pts90k),
  FIELD ("error_90k", ERROR, error_90k),
  FIELD ("duration_90k", LENGTH, duration_90k),
  FIELD ("filled_90k", LENGTH, filled_90k),
  FIELD ("ads_latency_us", LATENCY, ads_latency_us),
  FIELD ("pod_index", COUNT, pod_index),
  FIELD ("pod_length", COUNT, pod_length),
  FIELD ("asset_id", TEXT, asset_id),
  FIELD ("creative_id", TEXT, creative_id),
  FIELD ("ad_id", TEXT, ad_id),
  FIELD ("universal_ad_id", TEXT, universal_ad_id),
  FIELD ("ad_system", TEXT, ad_system),
  FIELD ("ad_title", TEXT, ad_title),
};

const AspEventField asp_event_skip_fields[ASP_EVENT_SKIP_FIELDS] = {
  SKIP_FIELD ("asset_id", TEXT, asset_id),
  SKIP_FIELD ("creative_id", TEXT, creative_id),
  SKIP_FIELD ("ad_id", TEXT, ad_id),
  SKIP_FIELD ("uri", TEXT, uri),
  SKIP_FIELD ("reason", TEXT, reason),
  SKIP_FIELD ("vast_error", COUNT, vast_error),
};

static const gchar *const names[ASP_EVENT_KINDS] = {
  [ASP_EVENT_BREAK_INSERTED] = "Ad Break Inserted",
  [ASP_EVENT_BREAK_DECIDED] = "Ad Break Decided",
  [ASP_EVENT_BREAK_STARTED] = "Ad Break Started",
  [ASP_EVENT_CREATIVE_STARTED] = "Ad Creative Started",
  [ASP_EVENT_CREATIVE_ENDED] = "Ad Creative Ended",
  [ASP_EVENT_BREAK_ENDED] = "Ad Break Ended",
  [ASP_EVENT_BREAK_SKIPPED] = "Ad Break Skipped",
  [ASP_EVENT_BREAK_CANCELLED] = "Ad Break Cancelled",
  [ASP_EVENT_STREAM_START] = "Stream Start",
  [ASP_EVENT_STREAM_END] = "Stream End",
};

const gchar *
asp_event_name (AspEventKind kind)
{
  return (guint) kind < ASP_EVENT_KINDS ? names[kind] : "";
}

gboolean
asp_event_kind_of (const gchar * name, AspEventKind * kind)
{
  for (guint i = 0; name && i < ASP_EVENT_KINDS; i++) {
    if (!strcmp (name, names[i])) {
      *kind = i;
      return TRUE;
    }
  }
  return FALSE;
}

AspEvent *
asp_event_new (AspEventKind kind, const gchar * channel, const gchar * break_id, gint64 time_us)
{
  AspEvent *e = g_new0 (AspEvent, 1);

  e->kind = kind;
  e->time_us = time_us;
  asp_event_set_text (&e->channel, channel);
  asp_event_set_text (&e->break_id, break_id);
  e->asked_pts90k = e->pts90k = e->error_90k = e->duration_90k = e->filled_90k = ASP_NO_TIME;
  return e;
}

static void
skip_free (gpointer data)
{
  for (guint i = 0; i < ASP_EVENT_SKIP_FIELDS; i++)
    if (asp_event_skip_fields[i].form == ASP_EVENT_TEXT)
      g_free (*asp_event_field (data, &asp_event_skip_fields[i], gchar *));
  g_free (data);
}

AspEvent *
asp_event_copy (const AspEvent * event)
{
  AspEvent *copy = g_memdup2 (event, sizeof *event);

  for (guint i = 0; i < ASP_EVENT_FIELDS; i++) {
    gchar **at = asp_event_field (copy, &asp_event_fields[i], gchar *);

    if (asp_event_fields[i].form == ASP_EVENT_TEXT)
      *at = g_strdup (*at);
  }
  copy->skipped = NULL;
  for (guint i = 0; event->skipped && i < event->skipped->len; i++) {
    const AspEventSkip *s = g_ptr_array_index (event->skipped, i);

    asp_event_add_skip (copy, s->asset_id, s->creative_id, s->ad_id, s->uri, s->reason, s->vast_error);
  }
  return copy;
}

void
asp_event_free (AspEvent * event)
{
  if (!event)
    return;
  for (guint i = 0; i < ASP_EVENT_FIELDS; i++)
    if (asp_event_fields[i].form == ASP_EVENT_TEXT)
      g_free (*asp_event_field (event, &asp_event_fields[i], gchar *));
  g_clear_pointer (&event->skipped, g_ptr_array_unref);
  g_free (event);
}

void
asp_event_set_text (gchar ** field, const gchar * text)
{
  g_autofree gchar *valid = NULL;

  g_clear_pointer (field, g_free);
  if (!text)
    return;
  valid = g_utf8_make_valid (text, -1);
  if (strlen (valid) > ASP_EVENT_TEXT_MAX)
    *g_utf8_find_prev_char (valid, valid + ASP_EVENT_TEXT_MAX + 1) = '\0';
  *field = g_steal_pointer (&valid);
}

void
asp_event_add_skip (AspEvent * event, const gchar * asset_id, const gchar * creative_id, const gchar * ad_id,
    const gchar * uri, const gchar * reason, guint vast_error)
{
  AspEventSkip *s;

  if (!event->skipped)
    event->skipped = g_ptr_array_new_with_free_func (skip_free);
  if (event->skipped->len >= ASP_EVENT_SKIPPED_MAX)
    return;
  s = g_new0 (AspEventSkip, 1);
  asp_event_set_text (&s->asset_id, asset_id);
  asp_event_set_text (&s->creative_id, creative_id);
  asp_event_set_text (&s->ad_id, ad_id);
  asp_event_set_text (&s->uri, uri);
  asp_event_set_text (&s->reason, reason);
  s->vast_error = vast_error;
  g_ptr_array_add (event->skipped, s);
}

gchar *
asp_event_time_s (gint64 time_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (CLAMP (time_us, 0, ASP_EVENT_TIME_MAX_US) / G_USEC_PER_SEC);

  return g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ");
}

gchar *
asp_event_time_near (gint64 time_us)
{
  return asp_event_time_s (MIN (time_us, ASP_EVENT_TIME_MAX_US) + G_USEC_PER_SEC / 2);
}

gchar *
asp_event_time (gint64 time_us)
{
  g_autofree gchar *seconds = asp_event_time_s (time_us);

  seconds[strlen (seconds) - 1] = '\0';
  return g_strdup_printf ("%s.%03uZ", seconds, (guint) (CLAMP (time_us, 0, ASP_EVENT_TIME_MAX_US) / 1000 % 1000));
}
