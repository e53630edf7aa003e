/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-control.h"

#include <string.h>

/* --- pieces ---------------------------------------------------------------------------- */

static gboolean
kind_of_state (const gchar * state, AspEventKind * kind)
{
  static const struct
  {
    const gchar *state;
    AspEventKind kind;
  } kinds[] = {
    {"scheduled", ASP_EVENT_BREAK_INSERTED},
    {"started", ASP_EVENT_BREAK_STARTED},
    {"creative-started", ASP_EVENT_CREATIVE_STARTED},
    {"creative-ended", ASP_EVENT_CREATIVE_ENDED},
    {"ended", ASP_EVENT_BREAK_ENDED},
    {"skipped", ASP_EVENT_BREAK_SKIPPED},
    {"cancelled", ASP_EVENT_BREAK_CANCELLED},
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (!strcmp (kinds[i].state, state)) {
      *kind = kinds[i].kind;
      return TRUE;
    }
  return FALSE;
}

static const gchar *
origin_name (AspBreakOrigin origin)
{
  static const gchar *const names[] = {
    [ASP_ORIGIN_SCHEDULE] = "schedule",
    [ASP_ORIGIN_SIGNAL] = "signal",
    [ASP_ORIGIN_EVENT] = "event",
    [ASP_ORIGIN_CUE] = "cue",
  };

  return names[origin];
}

static gint64
pts_of (const GstStructure * s, const gchar * field)
{
  guint64 pts;

  return gst_structure_get_uint64 (s, field, &pts) ? (gint64) pts : ASP_NO_TIME;
}

static gint64
length_of (const GstStructure * s, const gchar * field)
{
  guint64 ns;

  return gst_structure_get_uint64 (s, field, &ns) ? asp_ns_to_90k (ns) : ASP_NO_TIME;
}

static gint64
time_of (const gchar * text)
{
  g_autoptr (GDateTime) time = text ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  return time ? g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time) : 0;
}

/* Whose it is, and of which stream. */
static void
add_break (AdControl * c, AspEvent * event)
{
  AspChannelBreak brk;
  gboolean known = asp_channel_find (c->channel, event->break_id, &brk);
  const AdAsked *a;

  g_mutex_lock (&c->lock);
  a = ad_control_find_locked (c, event->break_id);
  asp_event_set_text (&event->stream_id, c->live ? c->stream_id : NULL);
  if (a && a->origin)
    asp_event_set_text (&event->origin, a->origin);
  else if (known)
    asp_event_set_text (&event->origin, origin_name (brk.origin));
  asp_event_set_text (&event->roll_type, a && a->preroll ? "preroll" : known && brk.postroll ? "postroll" : "midroll");
  g_mutex_unlock (&c->lock);
}

/* What its ad server has said of the creative. */
static void
add_creative (AdControl * c, AspEvent * event)
{
  const AdAsked *a;

  g_mutex_lock (&c->lock);
  a = ad_control_find_locked (c, event->break_id);
  for (guint i = 0; a && a->ads && i < a->ads->len; i++) {
    const AspAd *ad = g_ptr_array_index (a->ads, i);

    if (g_strcmp0 (ad->creative.asset_id, event->asset_id))
      continue;
    asp_event_set_text (&event->creative_id, ad->creative.creative_id);
    asp_event_set_text (&event->universal_ad_id, ad->creative.universal_ad_id);
    asp_event_set_text (&event->ad_id, ad->ad_id);
    asp_event_set_text (&event->ad_system, ad->ad_system);
    asp_event_set_text (&event->ad_title, ad->ad_title);
    break;
  }
  if (a && a->ads)
    event->pod_length = a->ads->len;
  g_mutex_unlock (&c->lock);
}

static void
add_skipped (AspEvent * event, const GstStructure * s)
{
  const GValue *list = gst_structure_get_value (s, "skipped");

  for (guint i = 0; list && i < gst_value_list_get_size (list); i++) {
    const GstStructure *one = g_value_get_boxed (gst_value_list_get_value (list, i));

    asp_event_add_skip (event, gst_structure_get_string (one, "creative-id"), NULL, NULL, NULL,
        gst_structure_get_string (one, "reason"), 0);
  }
}

/* --- states ------------------------------------------------------------------------------ */

static AspEvent *
event_of (AdControl * c, AspEventKind kind, const GstStructure * s)
{
  AspEvent *event = asp_event_new (kind, c->name, gst_structure_get_string (s, "break-id"), g_get_real_time ());
  const gchar *reason = gst_structure_get_string (s, "reason");
  gint64 error_90k;

  asp_event_set_text (&event->reason, reason && *reason ? reason : NULL);
  event->asked_pts90k = pts_of (s, "asked-pts-90k");
  event->pts90k = pts_of (s, "pts-90k");
  if (gst_structure_get_int64 (s, "error-90k", &error_90k))
    event->error_90k = error_90k;
  event->duration_90k = length_of (s, "duration");
  event->filled_90k = kind == ASP_EVENT_BREAK_ENDED ? length_of (s, "filled-duration") : ASP_NO_TIME;
  event->target_start_us = time_of (gst_structure_get_string (s, "target-start-time"));
  gst_structure_get_uint (s, "pod-index", &event->pod_index);
  add_break (c, event);
  asp_event_set_text (&event->asset_id, gst_structure_get_string (s, "creative-id"));
  if (event->asset_id)
    add_creative (c, event);
  add_skipped (event, s);
  return event;
}

/* What was said of its time, to say it again when it is no longer true. */
static void
keep_target (AdControl * c, const AspEvent * event, const GstStructure * s)
{
  AdAsked *a;

  g_mutex_lock (&c->lock);
  a = ad_control_add_locked (c, event->break_id);
  g_clear_pointer (&a->scheduled, gst_structure_free);
  a->scheduled = event->asked_pts90k != ASP_NO_TIME ? gst_structure_copy (s) : NULL;
  a->target_us = event->target_start_us;
  a->tellings++;
  g_mutex_unlock (&c->lock);
}

static void
count (AdControl * c, const AspEvent * event)
{
  AdAsked *a;

  g_mutex_lock (&c->lock);
  a = event->kind == ASP_EVENT_BREAK_STARTED ? ad_control_find_locked (c, event->break_id) : NULL;
  if (a)
    a->started = TRUE;
  c->breaks += event->kind == ASP_EVENT_BREAK_STARTED;
  c->skipped += event->kind == ASP_EVENT_BREAK_SKIPPED;
  c->creatives += event->kind == ASP_EVENT_CREATIVE_STARTED;
  c->filled += event->kind == ASP_EVENT_BREAK_ENDED && event->filled_90k > 0;
  g_mutex_unlock (&c->lock);
}

/* A post-roll comes when the stream ends: nobody knows when. */
static void
drop_target (AspEvent * event, GstStructure * s)
{
  if (g_strcmp0 (event->roll_type, "postroll"))
    return;
  event->target_start_us = 0;
  gst_structure_remove_field (s, "target-start-time");
}

void
ad_control_tell_state (AdControl * c, GstStructure * s)
{
  const gchar *state = gst_structure_get_string (s, "state"), *id = gst_structure_get_string (s, "break-id");
  g_autofree gchar *kept = g_strdup (id);
  AspEventKind kind;
  AspEvent *event;

  if (!state || !id || !kind_of_state (state, &kind))
    return;
  event = event_of (c, kind, s);
  if (kind == ASP_EVENT_BREAK_INSERTED) {
    drop_target (event, s);
    keep_target (c, event, s);
  }
  count (c, event);
  gst_structure_set (s, "event-number", G_TYPE_UINT64, asp_control_add_event (c->server, event), NULL);
  if (kind == ASP_EVENT_BREAK_ENDED || kind == ASP_EVENT_BREAK_SKIPPED || kind == ASP_EVENT_BREAK_CANCELLED)
    ad_control_forget (c, kept);
}

void
ad_control_tell_scheduled (AdControl * c, const AspChannelBreak * brk)
{
  g_autofree gchar *when = asp_event_time (ad_control_target_us (c, brk));
  GstStructure *s = gst_structure_new ("ad-break-state-change", "channel", G_TYPE_STRING, asp_channel_name (c->channel),
      "break-id", G_TYPE_STRING, brk->id, "state", G_TYPE_STRING, "scheduled", "reason", G_TYPE_STRING, "",
      "asked-pts-90k", G_TYPE_UINT64, (guint64) brk->asked_pts90k, "duration", G_TYPE_UINT64,
      asp_90k_to_ns (brk->duration_90k), "filled-duration", G_TYPE_UINT64, (guint64) 0, "target-start-time", G_TYPE_STRING,
      when, NULL);

  ad_control_tell_state (c, s);
  gst_element_post_message (GST_ELEMENT (c->bin), gst_message_new_element (GST_OBJECT (c->bin), s));
}

void
ad_control_tell_over (AdControl * c, const gchar * id, const gchar * state, const gchar * reason)
{
  GstStructure *s = gst_structure_new ("ad-break-state-change", "channel", G_TYPE_STRING, asp_channel_name (c->channel),
      "break-id", G_TYPE_STRING, id, "state", G_TYPE_STRING, state, "reason", G_TYPE_STRING, reason, NULL);

  ad_control_tell_state (c, s);
  gst_element_post_message (GST_ELEMENT (c->bin), gst_message_new_element (GST_OBJECT (c->bin), s));
}

/* --- decisions and streams ------------------------------------------------------------------ */

/* Returns: how long the ad server has taken */
static gint64
keep_ads (AdControl * c, const gchar * id, const GPtrArray * lines)
{
  GPtrArray *ads = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_ad_free);
  gint64 latency_us;
  AdAsked *a;

  for (guint i = 0; i < lines->len; i++) {
    const AdLine *line = g_ptr_array_index (lines, i);

    if (!line->reason && line->ad)
      g_ptr_array_add (ads, asp_ad_copy (line->ad));
  }
  g_mutex_lock (&c->lock);
  a = ad_control_add_locked (c, id);
  g_clear_pointer (&a->ads, g_ptr_array_unref);
  a->ads = ads;
  latency_us = a->latency_us;
  g_mutex_unlock (&c->lock);
  return latency_us;
}

guint64
ad_control_tell_decision (AdControl * c, const gchar * id, gint64 duration_90k, const GPtrArray * lines,
    const gchar * outcome)
{
  AspEvent *event = asp_event_new (ASP_EVENT_BREAK_DECIDED, c->name, id, g_get_real_time ());
  gint64 filled = 0;

  event->ads_latency_us = keep_ads (c, id, lines);
  add_break (c, event);
  asp_event_set_text (&event->outcome, outcome);
  event->duration_90k = duration_90k;
  for (guint i = 0; i < lines->len; i++) {
    const AdLine *line = g_ptr_array_index (lines, i);
    const AspAd *ad = line->ad;

    if (line->reason) {
      asp_event_add_skip (event, ad ? ad->creative.asset_id : NULL, ad ? ad->creative.creative_id : NULL,
          ad ? ad->ad_id : NULL, line->uri, line->reason, 0);
      continue;
    }
    filled += line->duration_90k;
    event->pod_length++;
  }
  event->filled_90k = filled;
  return asp_control_add_event (c->server, event);
}

void
ad_control_tell_stream (AdControl * c, gboolean start, const gchar * stream_id)
{
  AspEvent *event = asp_event_new (start ? ASP_EVENT_STREAM_START : ASP_EVENT_STREAM_END, c->name, NULL,
      g_get_real_time ());

  asp_event_set_text (&event->stream_id, stream_id);
  asp_control_add_event (c->server, event);
}
