/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-control.h"

#include <string.h>

/* --- from inside --------------------------------------------------------------------- */

static void
look_at_break (GstAdSpliceBin * self, const GstStructure * s)
{
  const gchar *id = gst_structure_get_string (s, "break-id"), *state = gst_structure_get_string (s, "state");

  if (!id || !state || (strcmp (state, "ended") && strcmp (state, "skipped") && strcmp (state, "cancelled")))
    return;
  GST_OBJECT_LOCK (self);
  if (self->worker)
    ad_worker_look (self->worker, id);
  GST_OBJECT_UNLOCK (self);
}

/* OBJECT_LOCK held: what a splicer did not take. */
static void
note_refused (GstAdSpliceBin * self, const GstStructure * s, const gchar * id)
{
  const GValue *list = gst_structure_get_value (s, "skipped");

  for (guint i = 0; list && i < gst_value_list_get_size (list); i++) {
    const GstStructure *item = gst_value_get_structure (gst_value_list_get_value (list, i));
    const gchar *asset_id = gst_structure_get_string (item, "creative-id");

    if (asset_id)
      ad_worker_refused (self->worker, id, asset_id);
  }
}

/* The channel's own news, once each: what beacons are fired by. */
static void
note_state (GstAdSpliceBin * self, const GstStructure * s)
{
  const gchar *id = gst_structure_get_string (s, "break-id"), *state = gst_structure_get_string (s, "state");
  guint64 pts = 0, duration_ns = 0;

  if (!id || !state)
    return;
  gst_structure_get_uint64 (s, "pts-90k", &pts);
  gst_structure_get_uint64 (s, "duration", &duration_ns);
  GST_OBJECT_LOCK (self);
  if (self->worker && (!strcmp (state, "ended") || !strcmp (state, "skipped")))
    note_refused (self, s, id);
  if (self->worker)
    ad_worker_state (self->worker, id, state, gst_structure_get_string (s, "creative-id"), (gint64) pts,
        asp_ns_to_90k (duration_ns));
  GST_OBJECT_UNLOCK (self);
}

/* (transfer full) (nullable) */
static AdControl *
ref_control (GstAdSpliceBin * self)
{
  AdControl *control;

  GST_OBJECT_LOCK (self);
  control = self->control ? ad_control_ref (self->control) : NULL;
  GST_OBJECT_UNLOCK (self);
  return control;
}

/* The same news as an event of the log, whose number comes into @s. */
static void
tell_control (GstAdSpliceBin * self, GstStructure * s)
{
  AdControl *control = ref_control (self);

  if (control)
    ad_control_tell_state (control, s);
  ad_control_unref (control);
}

/* A creative that cannot be read is its own trouble: the programme plays. */
static GstMessage *
soften (GstAdSpliceBin * self, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  GstMessage *warning;

  gst_message_parse_error (message, &error, &debug);
  warning = gst_message_new_warning (GST_OBJECT (self), error, debug);
  gst_message_unref (message);
  return warning;
}

void
ad_splice_bin_handle_message (GstBin * bin, GstMessage * message)
{
  GstAdSpliceBin *self = GST_AD_SPLICE_BIN (bin);
  const GstStructure *s = gst_message_get_structure (message);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR && ad_branch_is_source (GST_MESSAGE_SRC (message))) {
    message = soften (self, message);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT && GST_IS_TS_SPLICER (GST_MESSAGE_SRC (message))) {
    GstStructure *own = gst_structure_copy (s);

    look_at_break (self, s);
    if (gst_structure_has_name (s, "ad-break-state-change")) {
      note_state (self, s);
      tell_control (self, own);
    }
    gst_message_unref (message);
    message = gst_message_new_element (GST_OBJECT (self), own);
  }
  GST_BIN_CLASS (g_type_class_peek (GST_TYPE_BIN))->handle_message (bin, message);
}

/* --- what was decided ------------------------------------------------------------------ */

static void
append (GValue * list, GstStructure * s)
{
  GValue item = G_VALUE_INIT;

  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&item, s);
  gst_value_list_append_and_take_value (list, &item);
}

/* An empty list says nothing. */
static void
take_list (GstStructure * s, const gchar * field, GValue * list)
{
  if (gst_value_list_get_size (list) > 0)
    gst_structure_take_value (s, field, list);
  else
    g_value_unset (list);
}

void
ad_line_free (gpointer data)
{
  AdLine *line = data;

  g_free (line->uri);
  asp_ad_free (line->ad);
  g_free (line->detail);
  g_clear_pointer (&line->paths, g_hash_table_unref);
  asp_source_hold_unref (line->hold);
  g_free (line);
}

static void
set_text (GstStructure * s, const gchar * field, const gchar * text)
{
  if (text && *text && g_utf8_validate (text, -1, NULL))
    gst_structure_set (s, field, G_TYPE_STRING, text, NULL);
}

static GstStructure *
line_structure (const AdLine * line)
{
  GstStructure *s = gst_structure_new ("ad", "duration", G_TYPE_UINT64, asp_90k_to_ns (line->duration_90k), NULL);

  set_text (s, "uri", line->uri);
  set_text (s, "reason", line->reason);
  set_text (s, "detail", line->detail);
  if (!line->ad)
    return s;
  set_text (s, "asset-id", line->ad->creative.asset_id);
  set_text (s, "ad-id", line->ad->ad_id);
  set_text (s, "creative-id", line->ad->creative.creative_id);
  return s;
}

void
ad_splice_bin_post_decision (GstAdSpliceBin * self, const gchar * id, gint64 duration_90k,
    const GPtrArray * lines, const gchar * outcome, const gchar * why)
{
  GValue ads = G_VALUE_INIT, skipped = G_VALUE_INIT;
  AdControl *control = ref_control (self);
  GstStructure *s = gst_structure_new ("ad-break-decision", "channel", G_TYPE_STRING,
      asp_channel_name (self->channel), "break-id", G_TYPE_STRING, id,
      "duration", G_TYPE_UINT64, asp_90k_to_ns (duration_90k), NULL);

  g_value_init (&ads, GST_TYPE_LIST);
  g_value_init (&skipped, GST_TYPE_LIST);
  for (guint i = 0; i < lines->len; i++) {
    const AdLine *line = g_ptr_array_index (lines, i);

    append (line->reason ? &skipped : &ads, line_structure (line));
  }
  set_text (s, "outcome", outcome);
  set_text (s, "detail", why);
  take_list (s, "ads", &ads);
  take_list (s, "skipped", &skipped);
  if (control)
    gst_structure_set (s, "event-number", G_TYPE_UINT64, ad_control_tell_decision (control, id, duration_90k, lines,
            outcome), NULL);
  ad_control_unref (control);
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, s);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), s));
}

/* --- stats ---------------------------------------------------------------------------- */

/* Numbers that can be added up over renditions. */
static gboolean
add_up (GQuark field, const GValue * value, gpointer user_data)
{
  GstStructure *sum = user_data;
  guint64 before = 0;

  if (!G_VALUE_HOLDS_UINT64 (value))
    return TRUE;
  gst_structure_get_uint64 (sum, g_quark_to_string (field), &before);
  gst_structure_id_set (sum, field, G_TYPE_UINT64, before + g_value_get_uint64 (value), NULL);
  return TRUE;
}

/* The sums, and in `renditions` each splicer's own. Breaks are those of the first one. */
GstStructure *
ad_splice_bin_stats (GstAdSpliceBin * self)
{
  GstStructure *stats = gst_structure_new_empty ("adsplice-stats");
  GValue list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_LIST);
  g_mutex_lock (&self->build_lock);
  for (guint i = 0; i < self->pairs->len; i++) {
    Pair *pair = g_ptr_array_index (self->pairs, i);
    g_autofree gchar *rendition = g_strdup_printf ("%u", pair->number);
    GstStructure *own = NULL;

    g_object_get (pair->splicer, "stats", &own, NULL);
    gst_structure_foreach (own, add_up, stats);
    if (i == 0)
      gst_structure_set_value (stats, "break-list", gst_structure_get_value (own, "break-list"));
    gst_structure_set (own, "rendition", G_TYPE_STRING, rendition, NULL);
    append (&list, own);
  }
  g_mutex_unlock (&self->build_lock);
  gst_structure_take_value (stats, "renditions", &list);
  return stats;
}
