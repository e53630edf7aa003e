/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-scte35-private.h"

/* Bytes of a peer never reach a terminal as they are. */
static void
append_safe (GString * s, const gchar * text, gsize size)
{
  for (gsize i = 0; i < size; i++)
    g_string_append_c (s, g_ascii_isprint (text[i]) ? text[i] : '.');
}

static void
append_identifier (GString * s, guint32 identifier)
{
  gchar text[4] = { (gchar) (identifier >> 24), (gchar) (identifier >> 16),
    (gchar) (identifier >> 8), (gchar) identifier
  };

  append_safe (s, text, sizeof text);
}

/* Rounded to the microsecond. */
static void
append_seconds (GString * s, guint64 t_90k)
{
  g_string_append_printf (s, "%" G_GUINT64_FORMAT ".%06u s", t_90k / ASP_SECOND_90K,
      (guint) (((t_90k % ASP_SECOND_90K) * 100 + 4) / 9));
}

static void
append_time (GString * s, const AspScte35Section * section, const AspScte35SpliceTime * t)
{
  guint64 pts90k;

  if (!t->time_specified_flag) {
    g_string_append (s, " without a time");
    return;
  }
  pts90k = (t->pts_time_pts90k + section->pts_adjustment_pts90k) & ASP_PTS_MASK;
  g_string_append_printf (s, " at %" G_GUINT64_FORMAT " (", pts90k);
  append_seconds (s, pts90k);
  g_string_append_c (s, ')');
}

static void
append_components (GString * s, const AspScte35Section * section,
    const AspScte35SpliceEvent * e, gboolean scheduled)
{
  g_string_append (s, " components");
  for (guint i = 0; i < e->n_components; i++) {
    const AspScte35Component *c = &e->components[i];

    g_string_append_printf (s, "%s %u", i ? "," : "", c->component_tag);
    if (scheduled)
      g_string_append_printf (s, " at GPS second %u", c->utc_splice_time_gps_s);
    else if (!e->splice_immediate_flag)
      append_time (s, section, &c->splice_time);
  }
}

static void
append_event (GString * s, const AspScte35Section * section, const AspScte35SpliceEvent * e,
    gboolean scheduled)
{
  g_string_append_printf (s, " event 0x%08X", e->splice_event_id);
  if (e->splice_event_cancel_indicator) {
    g_string_append (s, " cancelled");
    return;
  }
  g_string_append (s, e->out_of_network_indicator ? " out of network" : " into network");
  if (!scheduled && e->splice_immediate_flag)
    g_string_append (s, " immediately");
  if (!e->program_splice_flag)
    append_components (s, section, e, scheduled);
  else if (scheduled)
    g_string_append_printf (s, " at GPS second %u", e->utc_splice_time_gps_s);
  else if (!e->splice_immediate_flag)
    append_time (s, section, &e->splice_time);
  if (e->duration_flag) {
    g_string_append (s, ", for ");
    append_seconds (s, e->break_duration.duration_90k);
    g_string_append (s, e->break_duration.auto_return ? " with auto return" :
        " without auto return");
  }
  g_string_append_printf (s, ", program %u", e->unique_program_id);
  if (e->avails_expected)
    g_string_append_printf (s, ", avail %u of %u", e->avail_num, e->avails_expected);
}

static void
append_segmentation (GString * s, const AspScte35Segmentation * seg)
{
  gchar *upid;

  g_string_append_printf (s, "segmentation 0x%08X", seg->segmentation_event_id);
  if (seg->segmentation_event_cancel_indicator) {
    g_string_append (s, " cancelled");
    return;
  }
  g_string_append_printf (s, " %s (0x%02X)",
      asp_scte35_segmentation_type_name (seg->segmentation_type_id),
      seg->segmentation_type_id);
  if (seg->segmentation_duration_flag) {
    g_string_append (s, " for ");
    append_seconds (s, seg->segmentation_duration_90k);
  }
  if (!seg->program_segmentation_flag)
    g_string_append_printf (s, " of %u components", seg->n_components);
  if (seg->segment_num || seg->segments_expected)
    g_string_append_printf (s, ", segment %u of %u", seg->segment_num, seg->segments_expected);
  if (seg->has_sub_segments)
    g_string_append_printf (s, ", sub-segment %u of %u", seg->sub_segment_num,
        seg->sub_segments_expected);
  if (seg->segmentation_upid_type != ASP_SCTE35_UPID_NONE) {
    upid = asp_scte35_upid_to_string (seg->segmentation_upid_type, seg->segmentation_upid);
    g_string_append_printf (s, ", %s %s",
        asp_scte35_upid_type_name (seg->segmentation_upid_type), upid);
    g_free (upid);
  }
  if (!seg->delivery_not_restricted_flag)
    g_string_append_printf (s, ", restricted (web %s, blackout %s, archive %s, devices %u)",
        seg->web_delivery_allowed_flag ? "allowed" : "not allowed",
        seg->no_regional_blackout_flag ? "none" : "regional",
        seg->archive_allowed_flag ? "allowed" : "not allowed", seg->device_restrictions);
}

static void
append_audio (GString * s, const AspScte35Audio * a)
{
  g_string_append (s, "audio");
  for (guint i = 0; i < a->audio_count; i++) {
    g_string_append_printf (s, "%s %u ", i ? "," : "", a->audio[i].component_tag);
    append_safe (s, a->audio[i].iso_code, 3);
  }
}

static void
append_sound_descriptor (GString * s, const AspScte35Descriptor * d)
{
  switch (d->kind) {
    case ASP_SCTE35_DESCRIPTOR_AVAIL:
      g_string_append_printf (s, "avail 0x%08X", d->u.provider_avail_id);
      break;
    case ASP_SCTE35_DESCRIPTOR_DTMF:
      g_string_append_printf (s, "DTMF %u.%u s before ", d->u.dtmf.preroll / 10,
          d->u.dtmf.preroll % 10);
      append_safe (s, d->u.dtmf.dtmf_char, MIN (d->u.dtmf.dtmf_count, 7));
      break;
    case ASP_SCTE35_DESCRIPTOR_SEGMENTATION:
      append_segmentation (s, &d->u.segmentation);
      break;
    case ASP_SCTE35_DESCRIPTOR_TIME:
      g_string_append_printf (s, "TAI %" G_GUINT64_FORMAT ".%09u, UTC %u s behind it",
          d->u.time.tai_seconds, d->u.time.tai_ns, d->u.time.utc_offset);
      break;
    case ASP_SCTE35_DESCRIPTOR_AUDIO:
      append_audio (s, &d->u.audio);
      break;
    case ASP_SCTE35_DESCRIPTOR_OTHER:
      g_string_append_printf (s, "descriptor 0x%02X of ", d->splice_descriptor_tag);
      append_identifier (s, d->identifier);
      break;
  }
}

static void
append_command (GString * s, const AspScte35Section * section)
{
  g_string_append (s, asp_scte35_command_name (section->splice_command_type));
  switch (section->splice_command_type) {
    case ASP_SCTE35_SPLICE_INSERT:
      append_event (s, section, &section->u.splice_insert, FALSE);
      break;
    case ASP_SCTE35_SPLICE_SCHEDULE:
      for (guint i = 0; i < section->u.splice_schedule.n_events; i++) {
        g_string_append (s, i ? ";" : "");
        append_event (s, section, &section->u.splice_schedule.events[i], TRUE);
      }
      break;
    case ASP_SCTE35_TIME_SIGNAL:
      append_time (s, section, &section->u.time_signal);
      break;
    case ASP_SCTE35_PRIVATE_COMMAND:
      g_string_append (s, " of ");
      append_identifier (s, section->u.private_command.identifier);
      break;
    case ASP_SCTE35_ENCRYPTED:
      g_string_append_printf (s, ", algorithm %u, control word %u",
          section->encryption_algorithm, section->cw_index);
      break;
    default:
      break;
  }
}

gchar *
asp_scte35_to_string (const AspScte35Section * section)
{
  GString *s = g_string_new (NULL);

  append_command (s, section);
  for (guint i = 0; i < section->n_descriptors; i++) {
    const AspScte35Descriptor *d = &section->descriptors[i];

    g_string_append (s, "; ");
    if (d->malformed)
      g_string_append_printf (s, "malformed descriptor 0x%02X", d->splice_descriptor_tag);
    else
      append_sound_descriptor (s, d);
  }
  if (section->descriptor_loop_rest)
    g_string_append (s, "; malformed end of the descriptors");
  if (section->tier != ASP_SCTE35_TIER_IGNORE)
    g_string_append_printf (s, "; tier 0x%03X", section->tier);
  if (section->pts_adjustment_pts90k)
    g_string_append_printf (s, "; pts_adjustment %" G_GUINT64_FORMAT,
        section->pts_adjustment_pts90k);
  return g_string_free (s, FALSE);
}
