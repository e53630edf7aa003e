/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tssplicer-private.h"

#include <asp-scte35-json.h>

static const gchar *
roll_type_name (AspRollType type)
{
  return type == ASP_ROLL_PREROLL ? "preroll" : type == ASP_ROLL_POSTROLL ? "postroll" : "midroll";
}

static const gchar *
event_name (AspMarkKind kind)
{
  static const gchar *const names[] = {
    [ASP_MARK_SCHEDULED] = "AdBreakScheduled",
    [ASP_MARK_CANCELLED] = "AdBreakCancelled",
    [ASP_MARK_BREAK_START] = "AdBreakStart",
    [ASP_MARK_CREATIVE_START] = "AdCreativeStart",
    [ASP_MARK_CREATIVE_END] = "AdCreativeEnd",
    [ASP_MARK_BREAK_END] = "AdBreakEnd",
  };

  return names[kind];
}

static guint64
running_time_of (GstTsSplicer * self, const AspMark * mark)
{
  if (self->clock_offset_ns != G_MININT64 && mark->media_90k != ASP_NO_TIME) {
    gint64 rt = (gint64) asp_90k_to_ns (mark->media_90k) + self->clock_offset_ns;
    return rt > 0 ? (guint64) rt : 0;
  }
  if (mark->media_90k != ASP_NO_TIME && asp_splicer_first_pts90k (self->splicer) != ASP_NO_TIME)
    return asp_90k_to_ns (mark->media_90k - asp_splicer_first_pts90k (self->splicer));
  return GST_CLOCK_TIME_NONE;
}

static void
add_audio (GstStructure * s, const AspMark * mark)
{
  GstStructure *audio = gst_structure_new_empty ("audio-pts-90k");

  for (guint i = 0; i < mark->n_audio; i++) {
    gchar name[16];

    g_snprintf (name, sizeof name, "pid-%u", mark->audio[i].pid);
    gst_structure_set (audio, name, G_TYPE_UINT64, mark->audio[i].pts90k, NULL);
  }
  gst_structure_set (s, "audio-pts-90k", GST_TYPE_STRUCTURE, audio, NULL);
  gst_structure_free (audio);
}

static void
set_text (GstStructure * s, const gchar * field, const gchar * text)
{
  if (text && g_utf8_validate (text, -1, NULL))
    gst_structure_set (s, field, G_TYPE_STRING, text, NULL);
}

/* What the ad server says of a creative. */
static void
add_ad (GstStructure * s, const AspAd * ad)
{
  set_text (s, "ad-id", ad->ad_id);
  set_text (s, "ad-system", ad->ad_system);
  set_text (s, "ad-title", ad->ad_title);
  set_text (s, "creative-id", ad->creative.creative_id);
  set_text (s, "universal-ad-id", ad->creative.universal_ad_id);
}

/* DESIGN 5: custom, serialized, downstream. */
GstEvent *
ts_splicer_event_from_mark (GstTsSplicer * self, const AspMark * mark)
{
  GstStructure *s = gst_structure_new (event_name (mark->kind),
      "break-id", G_TYPE_STRING, mark->break_id,
      "pts-90k", G_TYPE_UINT64, mark->pts90k,
      "running-time", G_TYPE_UINT64, running_time_of (self, mark),
      "duration", G_TYPE_UINT64, asp_90k_to_ns (mark->duration_90k), NULL);
  gboolean creative = mark->kind == ASP_MARK_CREATIVE_START || mark->kind == ASP_MARK_CREATIVE_END;

  if (creative)
    gst_structure_set (s, "asset-id", G_TYPE_STRING, mark->asset_id ? mark->asset_id : "",
        "pod-index", G_TYPE_UINT, mark->pod_index, NULL);
  if (creative && mark->ad)
    add_ad (s, mark->ad);
  else
    gst_structure_set (s, "roll-type", G_TYPE_STRING, roll_type_name (mark->roll_type), NULL);
  if (mark->kind == ASP_MARK_BREAK_START)
    gst_structure_set (s, "pod-length", G_TYPE_UINT, mark->pod_length,
        "spliced", G_TYPE_BOOLEAN, mark->spliced, NULL);
  if (mark->kind == ASP_MARK_BREAK_END)
    gst_structure_set (s, "reason", G_TYPE_STRING, mark->reason ? mark->reason : "",
        "spliced", G_TYPE_BOOLEAN, mark->spliced, NULL);
  if (!creative && mark->scte35_hex)
    gst_structure_set (s, "scte35", G_TYPE_STRING, mark->scte35_hex, NULL);
  if (mark->kind >= ASP_MARK_BREAK_START)
    add_audio (s, mark);
  return gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, s);
}

static void
add_skipped (GstStructure * s, const AspReport * report)
{
  GValue list = G_VALUE_INIT;

  if (report->n_skipped == 0)
    return;
  g_value_init (&list, GST_TYPE_LIST);
  for (guint i = 0; i < report->n_skipped; i++) {
    GValue item = G_VALUE_INIT;

    g_value_init (&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&item, gst_structure_new ("skipped-creative",
            "creative-id", G_TYPE_STRING, report->skipped[i].creative_id,
            "reason", G_TYPE_STRING, report->skipped[i].reason,
            "detail", G_TYPE_STRING, report->skipped[i].detail, NULL));
    gst_value_list_append_and_take_value (&list, &item);
  }
  gst_structure_take_value (s, "skipped", &list);
}

/* When a splice that is so far ahead will be on air: stream time goes on as the wall
 * clock does, from the newest picture on. */
static gchar *
target_start_time (const AspReport * report)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) then = g_date_time_add (now, MAX (report->lead_90k, 0) * 100 / 9);
  g_autofree gchar *seconds = g_date_time_format (then, "%Y-%m-%dT%H:%M:%S");

  return g_strdup_printf ("%s.%03dZ", seconds, g_date_time_get_microsecond (then) / 1000);
}

static gchar *
dup_channel (GstTsSplicer * self)
{
  gchar *channel;

  GST_OBJECT_LOCK (self);
  channel = g_strdup (self->given_channel ? asp_channel_name (self->given_channel) :
      self->settings.channel ? self->settings.channel : "");
  GST_OBJECT_UNLOCK (self);
  return channel;
}

static GstStructure *
state_structure (GstTsSplicer * self, const gchar * id, const gchar * state, const gchar * reason)
{
  g_autofree gchar *channel = dup_channel (self);

  return gst_structure_new ("ad-break-state-change",
      "channel", G_TYPE_STRING, channel,
      "break-id", G_TYPE_STRING, id,
      "state", G_TYPE_STRING, state, "reason", G_TYPE_STRING, reason ? reason : "", NULL);
}

static void
add_times (GstStructure * s, const AspReport * report)
{
  if (report->asked_pts90k != ASP_NO_TIME)
    gst_structure_set (s, "asked-pts-90k", G_TYPE_UINT64, asp_pts_wrap (report->asked_pts90k), NULL);
  if (report->pts90k != ASP_NO_TIME)
    gst_structure_set (s, "pts-90k", G_TYPE_UINT64, asp_pts_wrap (report->pts90k), NULL);
  if (report->asked_pts90k != ASP_NO_TIME && report->pts90k != ASP_NO_TIME)
    gst_structure_set (s, "error-90k", G_TYPE_INT64, report->pts90k - report->asked_pts90k, NULL);
}

/* --- records -------------------------------------------------------------------- */

static BreakRecord *
record_of (GstTsSplicer * self, const gchar * id)
{
  BreakRecord *r;

  for (guint i = 0; i < MIN (self->n_records, BREAK_RECORDS_MAX); i++)
    if (!g_strcmp0 (self->records[i].id, id))
      return &self->records[i];
  r = &self->records[self->n_records++ % BREAK_RECORDS_MAX];
  g_strlcpy (r->id, id, sizeof r->id);
  r->asked_out_90k = r->out_90k = r->asked_in_90k = r->in_90k = ASP_NO_TIME;
  return r;
}

static void
note_record (GstTsSplicer * self, const AspReport * report)
{
  BreakRecord *r;

  if (report->state == ASP_STATE_CREATIVE_STARTED || report->state == ASP_STATE_CREATIVE_ENDED)
    return;
  GST_OBJECT_LOCK (self);
  r = record_of (self, report->break_id);
  r->state = report->state;
  r->reason = report->reason;
  if (report->state == ASP_STATE_ENDED) {
    r->asked_in_90k = report->asked_pts90k;
    r->in_90k = report->pts90k;
  } else {
    r->asked_out_90k = report->asked_pts90k;
    r->out_90k = report->pts90k;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
set_pts (GstStructure * s, const gchar * field, gint64 pts90k)
{
  if (pts90k != ASP_NO_TIME)
    gst_structure_set (s, field, G_TYPE_UINT64, asp_pts_wrap (pts90k), NULL);
}

/* The last breaks, oldest first, as list `break-list` of @stats. */
void
ts_splicer_add_records (GstTsSplicer * self, GstStructure * stats)
{
  GValue list = G_VALUE_INIT;
  guint n, first;

  g_value_init (&list, GST_TYPE_LIST);
  GST_OBJECT_LOCK (self);
  n = MIN (self->n_records, BREAK_RECORDS_MAX);
  first = self->n_records - n;
  for (guint i = 0; i < n; i++) {
    const BreakRecord *r = &self->records[(first + i) % BREAK_RECORDS_MAX];
    GstStructure *s = gst_structure_new ("break", "break-id", G_TYPE_STRING, r->id,
        "state", G_TYPE_STRING, asp_break_state_name (r->state), "reason", G_TYPE_STRING, r->reason, NULL);
    GValue item = G_VALUE_INIT;

    set_pts (s, "asked-out-pts-90k", r->asked_out_90k);
    set_pts (s, "out-pts-90k", r->out_90k);
    set_pts (s, "asked-in-pts-90k", r->asked_in_90k);
    set_pts (s, "in-pts-90k", r->in_90k);
    g_value_init (&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&item, s);
    gst_value_list_append_and_take_value (&list, &item);
  }
  GST_OBJECT_UNLOCK (self);
  gst_structure_take_value (stats, "break-list", &list);
}

void
ts_splicer_report (gpointer user_data, const AspReport * report)
{
  GstTsSplicer *self = user_data;
  GstStructure *s = state_structure (self, report->break_id, asp_break_state_name (report->state),
      report->reason);
  gboolean news;

  add_times (s, report);
  gst_structure_set (s, "duration", G_TYPE_UINT64, asp_90k_to_ns (report->duration_90k),
      "filled-duration", G_TYPE_UINT64, asp_90k_to_ns (report->filled_90k), NULL);
  if (report->creative_id)
    gst_structure_set (s, "creative-id", G_TYPE_STRING, report->creative_id,
        "pod-index", G_TYPE_UINT, report->pod_index, NULL);
  if (report->gap_90k > 2)
    gst_structure_set (s, "gap", G_TYPE_UINT64, asp_90k_to_ns (report->gap_90k), NULL);
  if (report->reorder_mismatch)
    gst_structure_set (s, "reorder-mismatch", G_TYPE_BOOLEAN, TRUE, NULL);
  if (report->detail)
    gst_structure_set (s, "detail", G_TYPE_STRING, report->detail, NULL);
  if (report->state == ASP_STATE_SCHEDULED) {
    g_autofree gchar *when = target_start_time (report);

    gst_structure_set (s, "target-start-time", G_TYPE_STRING, when, NULL);
  }
  add_skipped (s, report);
  ts_splicer_note_open (self, report);
  note_record (self, report);
  news = ts_splicer_channel_note (self, report, s);
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, s);
  if (news)
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), s));
  else
    gst_structure_free (s);
  if (report->state == ASP_STATE_SKIPPED)
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("Ad break %s is skipped, the programme plays: %s.", report->break_id, report->reason),
        ("%s", report->detail ? report->detail : "no further detail"));
}

void
ts_splicer_warn (gpointer user_data, const gchar * reason, const gchar * text)
{
  GstTsSplicer *self = user_data;

  GST_ELEMENT_WARNING (self, STREAM, FORMAT, ("%s: %s.", reason, text), ("%s", reason));
}

/* Every cue, whether something follows from it or not. */
void
ts_splicer_cue (gpointer user_data, guint16 pid, gint64 pts90k, const AspScte35Section * section,
    const guint8 * data, gsize size)
{
  GstTsSplicer *self = user_data;
  g_autofree gchar *text = NULL, *json = NULL, *base64 = NULL;
  GstStructure *s;

  if (!ts_splicer_cue_is_new (self, data, size))
    return;
  text = asp_scte35_to_string (section);
  json = asp_scte35_to_json (section);
  base64 = g_base64_encode (data, size);
  s = gst_structure_new ("scte35-cue", "pid", G_TYPE_UINT, (guint) pid, NULL);
  set_pts (s, "pts-90k", pts90k);
  gst_structure_set (s, "text", G_TYPE_STRING, text, "json", G_TYPE_STRING, json,
      "base64", G_TYPE_STRING, base64, NULL);
  GST_DEBUG_OBJECT (self, "%" GST_PTR_FORMAT, s);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), s));
}

void
ts_splicer_ignored (gpointer user_data, const gchar * reason)
{
  GST_INFO_OBJECT (user_data, "a cue does nothing: %s", reason);
}

/* Of a break of which nothing else is known here. */
void
ts_splicer_post_state (GstTsSplicer * self, const gchar * id, const gchar * state, const gchar * reason)
{
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self),
          state_structure (self, id, state, reason)));
}

/* A break that was not even accepted. */
void
ts_splicer_post_refusal (GstTsSplicer * self, const gchar * id, const gchar * reason, const gchar * text)
{
  GstStructure *s = state_structure (self, id, "skipped", reason);

  gst_structure_set (s, "detail", G_TYPE_STRING, text, NULL);
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, s);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), s));
}
