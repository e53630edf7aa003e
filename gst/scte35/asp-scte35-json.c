/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-scte35-json.h"

#include "asp-scte35-private.h"

#include <asp-crc.h>
#include <string.h>

#define SMALLEST_SECTION (ASP_SCTE35_CLEAR_HEADER_SIZE + ASP_SCTE35_CRC_SIZE)

/* --- command -------------------------------------------------------------------- */

static void
add_splice_time (AspJsonWriter * w, const AspScte35Section * section, const AspScte35SpliceTime * t)
{
  if (!t->time_specified_flag) {
    asp_json_add_null (w, "pts_time_90k");
    return;
  }
  asp_json_add_int (w, "pts_time_90k", (gint64) t->pts_time_pts90k);
  asp_json_add_int (w, "pts_adjusted_90k",
      (gint64) ((t->pts_time_pts90k + section->pts_adjustment_pts90k) & ASP_PTS_MASK));
}

static void
add_components (AspJsonWriter * w, const AspScte35SpliceEvent * e, gboolean scheduled)
{
  asp_json_begin_array (w, "components");
  for (guint i = 0; i < e->n_components; i++) {
    const AspScte35Component *c = &e->components[i];

    asp_json_begin_object (w, NULL);
    asp_json_add_int (w, "component_tag", c->component_tag);
    if (scheduled)
      asp_json_add_int (w, "utc_splice_time_gps_s", c->utc_splice_time_gps_s);
    else if (c->splice_time.time_specified_flag)
      asp_json_add_int (w, "pts_time_90k", (gint64) c->splice_time.pts_time_pts90k);
    else if (!e->splice_immediate_flag)
      asp_json_add_null (w, "pts_time_90k");
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
}

static void
add_event (AspJsonWriter * w, const AspScte35Section * section, const AspScte35SpliceEvent * e,
    gboolean scheduled)
{
  asp_json_add_int (w, "event_id", e->splice_event_id);
  asp_json_add_boolean (w, "cancel", e->splice_event_cancel_indicator);
  if (e->splice_event_cancel_indicator)
    return;
  asp_json_add_boolean (w, "out_of_network", e->out_of_network_indicator);
  asp_json_add_boolean (w, "program_splice", e->program_splice_flag);
  if (!scheduled)
    asp_json_add_boolean (w, "splice_immediate", e->splice_immediate_flag);
  if (!e->program_splice_flag)
    add_components (w, e, scheduled);
  else if (scheduled)
    asp_json_add_int (w, "utc_splice_time_gps_s", e->utc_splice_time_gps_s);
  else if (!e->splice_immediate_flag)
    add_splice_time (w, section, &e->splice_time);
  if (e->duration_flag) {
    asp_json_add_int (w, "duration_90k", (gint64) e->break_duration.duration_90k);
    asp_json_add_boolean (w, "auto_return", e->break_duration.auto_return);
  }
  asp_json_add_int (w, "unique_program_id", e->unique_program_id);
  asp_json_add_int (w, "avail_num", e->avail_num);
  asp_json_add_int (w, "avails_expected", e->avails_expected);
}

static void
add_schedule (AspJsonWriter * w, const AspScte35Section * section)
{
  asp_json_begin_array (w, "events");
  for (guint i = 0; i < section->u.splice_schedule.n_events; i++) {
    asp_json_begin_object (w, NULL);
    add_event (w, section, &section->u.splice_schedule.events[i], TRUE);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
}

static void
add_word (AspJsonWriter * w, const gchar * name, guint32 value)
{
  gchar text[16];

  g_snprintf (text, sizeof text, "0x%08x", value);
  asp_json_add_string (w, name, text);
}

static void
add_command (AspJsonWriter * w, const AspScte35Section * section)
{
  asp_json_add_string (w, "command", asp_scte35_command_name (section->splice_command_type));
  asp_json_add_int (w, "pts_adjustment_90k", (gint64) section->pts_adjustment_pts90k);
  switch (section->splice_command_type) {
    case ASP_SCTE35_SPLICE_INSERT:
      add_event (w, section, &section->u.splice_insert, FALSE);
      break;
    case ASP_SCTE35_SPLICE_SCHEDULE:
      add_schedule (w, section);
      break;
    case ASP_SCTE35_TIME_SIGNAL:
      add_splice_time (w, section, &section->u.time_signal);
      break;
    case ASP_SCTE35_PRIVATE_COMMAND:
      add_word (w, "private_identifier", section->u.private_command.identifier);
      asp_json_add_hex (w, "private_hex", section->u.private_command.private_bytes);
      break;
    default:
      break;
  }
}

/* --- descriptors ---------------------------------------------------------------- */

static void
add_segmentation_components (AspJsonWriter * w, const AspScte35Segmentation * s)
{
  asp_json_begin_array (w, "components");
  for (guint i = 0; i < s->n_components; i++) {
    asp_json_begin_object (w, NULL);
    asp_json_add_int (w, "component_tag", s->components[i].component_tag);
    asp_json_add_int (w, "pts_offset_90k", (gint64) s->components[i].pts_offset_90k);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
}

static void
add_restrictions (AspJsonWriter * w, const AspScte35Segmentation * s)
{
  asp_json_add_boolean (w, "delivery_not_restricted", s->delivery_not_restricted_flag);
  if (s->delivery_not_restricted_flag)
    return;
  asp_json_add_boolean (w, "web_delivery_allowed", s->web_delivery_allowed_flag);
  asp_json_add_boolean (w, "no_regional_blackout", s->no_regional_blackout_flag);
  asp_json_add_boolean (w, "archive_allowed", s->archive_allowed_flag);
  asp_json_add_int (w, "device_restrictions", s->device_restrictions);
}

static void
add_upid (AspJsonWriter * w, const AspScte35Segmentation * s)
{
  g_autofree gchar *spelled = asp_scte35_upid_to_string (s->segmentation_upid_type,
      s->segmentation_upid);

  asp_json_add_int (w, "upid_type", s->segmentation_upid_type);
  asp_json_add_hex (w, "upid_hex", s->segmentation_upid);
  asp_json_add_string (w, "upid", spelled);
}

static void
add_segmentation (AspJsonWriter * w, const AspScte35Segmentation * s)
{
  asp_json_add_int (w, "segmentation_event_id", s->segmentation_event_id);
  asp_json_add_boolean (w, "cancel", s->segmentation_event_cancel_indicator);
  if (s->segmentation_event_cancel_indicator)
    return;
  asp_json_add_int (w, "segmentation_type_id", s->segmentation_type_id);
  asp_json_add_string (w, "segmentation_type",
      asp_scte35_segmentation_type_name (s->segmentation_type_id));
  if (s->segmentation_duration_flag)
    asp_json_add_int (w, "duration_90k", (gint64) s->segmentation_duration_90k);
  else
    asp_json_add_null (w, "duration_90k");
  add_upid (w, s);
  asp_json_add_int (w, "segment_num", s->segment_num);
  asp_json_add_int (w, "segments_expected", s->segments_expected);
  if (s->has_sub_segments) {
    asp_json_add_int (w, "sub_segment_num", s->sub_segment_num);
    asp_json_add_int (w, "sub_segments_expected", s->sub_segments_expected);
  }
  asp_json_add_boolean (w, "program_segmentation", s->program_segmentation_flag);
  if (!s->program_segmentation_flag)
    add_segmentation_components (w, s);
  add_restrictions (w, s);
}

/* Only what stood in the @size bytes behind descriptor_length: 10.3.3, Table 20. */
static void
add_segmentation_part (AspJsonWriter * w, const AspScte35Segmentation * s, gsize size)
{
  gsize at = 4 + 4 + 1;         /* identifier, segmentation_event_id, cancel indicator */

  if (size < at)
    return;
  asp_json_add_int (w, "segmentation_event_id", s->segmentation_event_id);
  asp_json_add_boolean (w, "cancel", s->segmentation_event_cancel_indicator);
  if (size < ++at || s->segmentation_event_cancel_indicator)
    return;
  asp_json_add_boolean (w, "program_segmentation", s->program_segmentation_flag);
  add_restrictions (w, s);
  if (!s->program_segmentation_flag)
    at += 1 + 6 * s->n_components;
  if (s->segmentation_duration_flag)
    at += 5;
  if (size < at)
    return;
  if (s->segmentation_duration_flag)
    asp_json_add_int (w, "duration_90k", (gint64) s->segmentation_duration_90k);
  else
    asp_json_add_null (w, "duration_90k");
  if (size < at + 1)
    return;
  asp_json_add_int (w, "upid_type", s->segmentation_upid_type);
}

static void
add_audio (AspJsonWriter * w, const AspScte35Audio * a)
{
  asp_json_begin_array (w, "components");
  for (guint i = 0; i < a->audio_count; i++) {
    const AspScte35AudioComponent *c = &a->audio[i];

    asp_json_begin_object (w, NULL);
    asp_json_add_int (w, "component_tag", c->component_tag);
    asp_json_add_string (w, "iso_code", c->iso_code);
    asp_json_add_int (w, "bit_stream_mode", c->bit_stream_mode);
    asp_json_add_int (w, "num_channels", c->num_channels);
    asp_json_add_boolean (w, "full_srvc_audio", c->full_srvc_audio);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
}

static void
add_content (AspJsonWriter * w, const AspScte35Descriptor * d)
{
  switch (d->kind) {
    case ASP_SCTE35_DESCRIPTOR_AVAIL:
      asp_json_add_int (w, "provider_avail_id", d->u.provider_avail_id);
      break;
    case ASP_SCTE35_DESCRIPTOR_DTMF:
      asp_json_add_int (w, "preroll", d->u.dtmf.preroll);
      asp_json_add_string (w, "dtmf", d->u.dtmf.dtmf_char);
      break;
    case ASP_SCTE35_DESCRIPTOR_SEGMENTATION:
      add_segmentation (w, &d->u.segmentation);
      break;
    case ASP_SCTE35_DESCRIPTOR_TIME:
      asp_json_add_int (w, "tai_seconds", (gint64) d->u.time.tai_seconds);
      asp_json_add_int (w, "tai_ns", d->u.time.tai_ns);
      asp_json_add_int (w, "utc_offset", d->u.time.utc_offset);
      break;
    case ASP_SCTE35_DESCRIPTOR_AUDIO:
      add_audio (w, &d->u.audio);
      break;
    case ASP_SCTE35_DESCRIPTOR_OTHER:
      asp_json_add_hex (w, "private_hex", d->private_bytes);
      break;
  }
}

static void
add_identifier (AspJsonWriter * w, guint32 identifier)
{
  gchar text[5] = { 0 };

  for (guint i = 0; i < 4; i++) {
    text[i] = (gchar) (identifier >> (24 - 8 * i));
    if (!g_ascii_isprint (text[i])) {
      add_word (w, "identifier", identifier);
      return;
    }
  }
  asp_json_add_string (w, "identifier", text);
}

static void
add_descriptor (AspJsonWriter * w, const AspScte35Descriptor * d)
{
  gsize size = d->malformed && d->malformed_bytes ? g_bytes_get_size (d->malformed_bytes) : 0;

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "tag", d->splice_descriptor_tag);
  if (!d->malformed || size >= 4)
    add_identifier (w, d->identifier);
  if (!d->malformed)
    add_content (w, d);
  else if (d->kind == ASP_SCTE35_DESCRIPTOR_SEGMENTATION)
    add_segmentation_part (w, &d->u.segmentation, size);
  if (d->malformed)
    asp_json_add_string (w, "error", "truncated");
  asp_json_end_object (w);
}

/* --- section -------------------------------------------------------------------- */

static void
add_quirks (AspJsonWriter * w, const AspScte35Section * section, gboolean trailing)
{
  gboolean truncated = FALSE;

  for (guint i = 0; i < section->n_descriptors; i++)
    truncated |= section->descriptors[i].malformed;
  if (!trailing && !truncated && !section->descriptor_loop_rest && !section->command_rest &&
      !section->splice_command_length_wrong)
    return;
  asp_json_begin_array (w, "quirks");
  if (trailing)
    asp_json_add_string (w, NULL, "trailing_bytes");
  if (section->splice_command_length_wrong || section->command_rest)
    asp_json_add_string (w, NULL, "command_length_mismatch");
  if (truncated)
    asp_json_add_string (w, NULL, "descriptor_truncated");
  if (section->descriptor_loop_rest)
    asp_json_add_string (w, NULL, "descriptor_overrun");
  asp_json_end_array (w);
}

static void
add_fields (AspJsonWriter * w, const AspScte35Section * section, gboolean crc_ok)
{
  add_command (w, section);
  asp_json_add_boolean (w, "encrypted", section->encrypted_packet);
  asp_json_add_int (w, "encryption_algorithm", section->encryption_algorithm);
  asp_json_add_int (w, "sap_type", section->sap_type);
  asp_json_add_int (w, "cw_index", section->cw_index);
  asp_json_add_int (w, "tier", section->tier);
  asp_json_add_int (w, "splice_command_length", section->splice_command_length);
  asp_json_add_int (w, "section_length", section->section_length);
  if (crc_ok)
    add_word (w, "crc_32", section->crc_32);
  if (section->stuffing)
    asp_json_add_int (w, "alignment_stuffing", (gint64) g_bytes_get_size (section->stuffing));
  asp_json_begin_array (w, "descriptors");
  for (guint i = 0; i < section->n_descriptors; i++)
    add_descriptor (w, &section->descriptors[i]);
  asp_json_end_array (w);
}

void
asp_scte35_json_add_section (AspJsonWriter * w, const AspScte35Section * section)
{
  asp_json_add_boolean (w, "valid", TRUE);
  add_quirks (w, section, FALSE);
  add_fields (w, section, TRUE);
}

/* An impossible section_length is told as what it looks like from outside: the end is missing. */
static gboolean
is_cut (const guint8 * data, gsize size)
{
  return size >= 3 && size < 3u + (((data[1] & 0x0fu) << 8) | data[2]);
}

static const gchar *
error_name (const GError * error, const guint8 * data, gsize size)
{
  switch (error->code) {
    case ASP_SCTE35_ERROR_TABLE_ID:
      return size < SMALLEST_SECTION ? "too_short" : "bad_table_id";
    case ASP_SCTE35_ERROR_TRUNCATED:
      return size < SMALLEST_SECTION ? "too_short" : "truncated";
    case ASP_SCTE35_ERROR_SECTION_LENGTH:
      return is_cut (data, size) ? "truncated" : "bad_section_length";
    case ASP_SCTE35_ERROR_CRC:
      return "bad_crc";
    case ASP_SCTE35_ERROR_PROTOCOL_VERSION:
      return "protocol_version";
    case ASP_SCTE35_ERROR_UNKNOWN_COMMAND:
      return "unknown_command";
    case ASP_SCTE35_ERROR_TEXT:
      return "not_base64";
    default:
      return "parse_overrun";
  }
}

static void
add_error (AspJsonWriter * w, const GError * error, const guint8 * data, gsize size)
{
  asp_json_add_boolean (w, "valid", FALSE);
  asp_json_begin_array (w, "errors");
  asp_json_add_string (w, NULL, error_name (error, data, size));
  asp_json_end_array (w);
  asp_json_add_string (w, "error_text", error->message);
}

/* A section whose CRC_32 alone is wrong: what would it say? */
static gboolean
parse_without_crc (const guint8 * data, AspScte35Section * section)
{
  gsize size = 3u + (((data[1] & 0x0fu) << 8) | data[2]);
  g_autofree guint8 *copy = g_memdup2 (data, size);
  guint32 crc = GUINT32_TO_BE (asp_crc32_mpeg (copy, size - ASP_SCTE35_CRC_SIZE));

  memcpy (copy + size - ASP_SCTE35_CRC_SIZE, &crc, sizeof crc);
  return asp_scte35_parse (copy, size, section, NULL);
}

void
asp_scte35_json_add_bytes (AspJsonWriter * w, const guint8 * data, gsize size)
{
  g_autoptr (GError) error = NULL;
  AspScte35Section section;

  if (asp_scte35_parse (data, size, &section, &error)) {
    asp_json_add_boolean (w, "valid", TRUE);
    add_quirks (w, &section, size > section.section_length + 3u);
    add_fields (w, &section, TRUE);
  } else {
    add_error (w, error, data, size);
    if (error->code == ASP_SCTE35_ERROR_CRC && parse_without_crc (data, &section))
      add_fields (w, &section, FALSE);
  }
  asp_scte35_clear (&section);
}

void
asp_scte35_json_add_text (AspJsonWriter * w, const gchar * text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = asp_scte35_decode_text (text, &error);
  gconstpointer data;
  gsize size;

  if (!bytes) {
    add_error (w, error, NULL, 0);
    return;
  }
  data = g_bytes_get_data (bytes, &size);
  asp_scte35_json_add_bytes (w, data, size);
}

gchar *
asp_scte35_to_json (const AspScte35Section * section)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_scte35_json_add_section (w, section);
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}
