/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-event-break.h"

#include "asp-event-history.h"
#include "asp-event-private.h"

static const gchar *const state_names[] = { "scheduled", "running", "ended", "skipped", "cancelled" };

AspEventBreak *
asp_event_break_new (void)
{
  AspEventBreak *b = g_new0 (AspEventBreak, 1);

  b->events = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_event_free);
  return b;
}

void
asp_event_break_free (AspEventBreak * b)
{
  g_ptr_array_unref (b->events);
  g_free (b);
}

gboolean
asp_event_break_is_open (const AspEventBreak * b)
{
  return b->state <= ASP_EVENT_BREAK_RUNNING;
}

gboolean
asp_event_break_begins (AspEventKind kind)
{
  return kind == ASP_EVENT_BREAK_INSERTED || kind == ASP_EVENT_BREAK_DECIDED || kind == ASP_EVENT_BREAK_STARTED;
}

/* A break that runs may be said to be scheduled again: its length has changed. */
static AspEventBreakState
next_state (AspEventBreakState state, AspEventKind kind)
{
  if (state > ASP_EVENT_BREAK_RUNNING)
    return state;
  switch (kind) {
    case ASP_EVENT_BREAK_STARTED:
    case ASP_EVENT_CREATIVE_STARTED:
    case ASP_EVENT_CREATIVE_ENDED:
      return ASP_EVENT_BREAK_RUNNING;
    case ASP_EVENT_BREAK_ENDED:
      return ASP_EVENT_BREAK_IS_ENDED;
    case ASP_EVENT_BREAK_SKIPPED:
      return ASP_EVENT_BREAK_IS_SKIPPED;
    case ASP_EVENT_BREAK_CANCELLED:
      return ASP_EVENT_BREAK_IS_CANCELLED;
    default:
      return state;
  }
}

void
asp_event_break_add (AspEventBreak * b, AspEvent * event)
{
  b->state = next_state (b->state, event->kind);
  if (b->events->len >= ASP_EVENT_HISTORY_EVENTS_MAX)
    g_ptr_array_remove_index (b->events, 1);
  g_ptr_array_add (b->events, event);
}

/* -- what is known of it: the newest event that says it -- */

static gboolean
is_of_creative (const AspEvent * e)
{
  return e->kind == ASP_EVENT_CREATIVE_STARTED || e->kind == ASP_EVENT_CREATIVE_ENDED;
}

/* The newest one of @kind, or NULL. */
static const AspEvent *
newest (const AspEventBreak * b, AspEventKind kind)
{
  for (guint i = b->events->len; i > 0; i--) {
    const AspEvent *e = b->events->pdata[i - 1];

    if (e->kind == kind)
      return e;
  }
  return NULL;
}

static const gchar *
text_of (const AspEventBreak * b, gsize offset)
{
  for (guint i = b->events->len; i > 0; i--) {
    const AspEvent *e = b->events->pdata[i - 1];
    const gchar *text = G_STRUCT_MEMBER (gchar *, e, offset);

    if (text && !is_of_creative (e))
      return text;
  }
  return NULL;
}

/* Why it was told once more is no reason of what became of it. */
static const gchar *
reason_of (const AspEventBreak * b)
{
  for (guint i = b->events->len; i > 0; i--) {
    const AspEvent *e = b->events->pdata[i - 1];

    if (e->reason && !is_of_creative (e) && e->kind != ASP_EVENT_BREAK_INSERTED)
      return e->reason;
  }
  return NULL;
}

static gint64
number_of (const AspEventBreak * b, gsize offset, gint64 unknown)
{
  for (guint i = b->events->len; i > 0; i--) {
    const AspEvent *e = b->events->pdata[i - 1];
    gint64 number = G_STRUCT_MEMBER (gint64, e, offset);

    if (number != unknown && !is_of_creative (e))
      return number;
  }
  return unknown;
}

gint64
asp_event_break_target_us (const AspEventBreak * b)
{
  return number_of (b, G_STRUCT_OFFSET (AspEvent, target_start_us), 0);
}

/* -- writing -- */

static void
add_text (AspJsonWriter * w, const gchar * name, const gchar * text)
{
  if (text)
    asp_json_add_string (w, name, text);
}

static void
add_90k (AspJsonWriter * w, const gchar * name, gint64 t_90k)
{
  if (t_90k != ASP_NO_TIME)
    asp_json_add_int (w, name, t_90k);
}

static void
add_time (AspJsonWriter * w, const gchar * name, const AspEvent * event)
{
  g_autofree gchar *time = event ? asp_event_time (event->time_us) : NULL;

  add_text (w, name, time);
}

/* The end of it, of whichever kind. */
static const AspEvent *
end_of (const AspEventBreak * b)
{
  static const AspEventKind kinds[] = {
    [ASP_EVENT_BREAK_IS_ENDED] = ASP_EVENT_BREAK_ENDED,
    [ASP_EVENT_BREAK_IS_SKIPPED] = ASP_EVENT_BREAK_SKIPPED,
    [ASP_EVENT_BREAK_IS_CANCELLED] = ASP_EVENT_BREAK_CANCELLED,
  };

  return asp_event_break_is_open (b) ? NULL : newest (b, kinds[b->state]);
}

static void
write_who (const AspEventBreak * b, AspJsonWriter * w)
{
  add_text (w, "ad_break_id", text_of (b, G_STRUCT_OFFSET (AspEvent, break_id)));
  add_text (w, "channel_name", text_of (b, G_STRUCT_OFFSET (AspEvent, channel)));
  add_text (w, "stream_id", text_of (b, G_STRUCT_OFFSET (AspEvent, stream_id)));
  asp_json_add_string (w, "state", state_names[b->state]);
  add_text (w, "origin", text_of (b, G_STRUCT_OFFSET (AspEvent, origin)));
  add_text (w, "roll_type", text_of (b, G_STRUCT_OFFSET (AspEvent, roll_type)));
  add_text (w, "reason", reason_of (b));
  add_text (w, "outcome", text_of (b, G_STRUCT_OFFSET (AspEvent, outcome)));
}

static void
write_lengths (const AspEventBreak * b, AspJsonWriter * w)
{
  gint64 duration_90k = number_of (b, G_STRUCT_OFFSET (AspEvent, duration_90k), ASP_NO_TIME);
  gint64 filled_90k = number_of (b, G_STRUCT_OFFSET (AspEvent, filled_90k), ASP_NO_TIME);
  gint64 latency_us = number_of (b, G_STRUCT_OFFSET (AspEvent, ads_latency_us), 0);

  if (duration_90k != ASP_NO_TIME)
    asp_json_add_int (w, "duration_seconds", (duration_90k + ASP_SECOND_90K / 2) / ASP_SECOND_90K);
  add_90k (w, "duration_90k", duration_90k);
  add_90k (w, "filled_90k", filled_90k);
  if (duration_90k > 0 && filled_90k != ASP_NO_TIME)
    asp_json_add_double (w, "fill_rate", MIN (filled_90k * 100. / duration_90k, 100.));
  if (latency_us > 0)
    asp_json_add_int (w, "ads_latency_us", latency_us);
}

/* Where it left the network and came back: the first is known from the events up to its start. */
static void
write_splices (const AspEventBreak * b, AspJsonWriter * w)
{
  const AspEvent *out = newest (b, ASP_EVENT_BREAK_STARTED), *in = newest (b, ASP_EVENT_BREAK_ENDED);

  if (!out)
    out = newest (b, ASP_EVENT_BREAK_INSERTED);
  if (out) {
    add_90k (w, "asked_pts_90k", out->asked_pts90k);
    add_90k (w, "pts_90k", out->pts90k);
    add_90k (w, "error_90k", out->error_90k);
  }
  if (in) {
    add_90k (w, "asked_in_pts_90k", in->asked_pts90k);
    add_90k (w, "in_pts_90k", in->pts90k);
    add_90k (w, "in_error_90k", in->error_90k);
  }
}

static void
write_times (const AspEventBreak * b, AspJsonWriter * w)
{
  gint64 target_us = asp_event_break_target_us (b);

  add_time (w, "asked_time", b->events->pdata[0]);
  add_time (w, "decided_time", newest (b, ASP_EVENT_BREAK_DECIDED));
  if (target_us > 0) {
    g_autofree gchar *target = asp_event_time_near (target_us);

    asp_json_add_string (w, "target_start_time", target);
    asp_json_add_int (w, "target_start_unix_ms", target_us / 1000);
  }
  add_time (w, "started_time", newest (b, ASP_EVENT_BREAK_STARTED));
  add_time (w, "ended_time", end_of (b));
}

/* The end of the creative that @start began; NULL: it plays, or nobody said so. */
static const AspEvent *
end_of_creative (const AspEventBreak * b, guint start)
{
  const AspEvent *begun = b->events->pdata[start];

  for (guint i = start + 1; i < b->events->len; i++) {
    const AspEvent *e = b->events->pdata[i];

    if (e->kind == ASP_EVENT_CREATIVE_STARTED)
      return NULL;
    if (e->kind == ASP_EVENT_CREATIVE_ENDED && e->pod_index == begun->pod_index)
      return e;
  }
  return NULL;
}

static void
write_creative (const AspEventBreak * b, guint start, AspJsonWriter * w)
{
  const AspEvent *e = b->events->pdata[start], *end = end_of_creative (b, start);

  asp_json_begin_object (w, NULL);
  if (e->pod_index > 0)
    asp_json_add_int (w, "pod_index", e->pod_index);
  add_text (w, "asset_id", e->asset_id);
  add_text (w, "creative_id", e->creative_id);
  add_text (w, "ad_id", e->ad_id);
  add_text (w, "universal_ad_id", e->universal_ad_id);
  add_text (w, "ad_system", e->ad_system);
  add_text (w, "ad_title", e->ad_title);
  add_90k (w, "asked_pts_90k", e->asked_pts90k);
  add_90k (w, "pts_90k", e->pts90k);
  add_90k (w, "error_90k", e->error_90k);
  add_90k (w, "duration_90k", end && end->duration_90k != ASP_NO_TIME ? end->duration_90k : e->duration_90k);
  add_time (w, "started_time", e);
  add_time (w, "ended_time", end);
  add_text (w, "end_reason", end ? end->reason : NULL);
  asp_json_end_object (w);
}

static void
write_creatives (const AspEventBreak * b, AspJsonWriter * w)
{
  if (!newest (b, ASP_EVENT_CREATIVE_STARTED))
    return;
  asp_json_begin_array (w, "creatives");
  for (guint i = 0; i < b->events->len; i++)
    if (((AspEvent *) b->events->pdata[i])->kind == ASP_EVENT_CREATIVE_STARTED)
      write_creative (b, i, w);
  asp_json_end_array (w);
}

/* Of the newest event that has some: it repeats what was known before. */
static void
write_skipped (const AspEventBreak * b, AspJsonWriter * w)
{
  for (guint i = b->events->len; i > 0; i--) {
    const AspEvent *e = b->events->pdata[i - 1];

    if (!e->skipped || e->skipped->len == 0)
      continue;
    asp_event_write_skipped (e, w);
    return;
  }
}

void
asp_event_break_write (const AspEventBreak * b, AspJsonWriter * w)
{
  write_who (b, w);
  write_times (b, w);
  write_lengths (b, w);
  write_splices (b, w);
  write_creatives (b, w);
  write_skipped (b, w);
}

void
asp_event_break_write_events (const AspEventBreak * b, AspJsonWriter * w)
{
  asp_json_begin_array (w, "events");
  for (guint i = 0; i < b->events->len; i++) {
    asp_json_begin_object (w, NULL);
    asp_event_write (b->events->pdata[i], w);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
}
