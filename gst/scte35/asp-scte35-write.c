/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-scte35-private.h"

#include <asp-crc.h>

/* Where section_length and splice_command_length stand: 9.6, Table 5. */
#define SECTION_LENGTH_AT 1
#define COMMAND_LENGTH_AT 11
#define COMMAND_AT 14

void
asp_scte35_put (AspScte35Writer * w, guint64 value, guint n, const gchar * field)
{
  if (n < 64 && value >> n != 0 && !w->too_large)
    w->too_large = field;
  while (n > 0) {
    guint take = MIN (8 - w->n_partial, n);

    w->partial = (w->partial << take) | ((value >> (n - take)) & ((1u << take) - 1));
    w->n_partial += take;
    n -= take;
    if (w->n_partial == 8) {
      guint8 byte = (guint8) w->partial;

      g_byte_array_append (w->bytes, &byte, 1);
      w->partial = w->n_partial = 0;
    }
  }
}

void
asp_scte35_put_reserved (AspScte35Writer * w, guint n, guint8 cleared)
{
  guint32 mask = (1u << n) - 1;

  asp_scte35_put (w, ~(guint32) cleared & mask, n, "reserved");
}

void
asp_scte35_put_bytes (AspScte35Writer * w, GBytes * bytes)
{
  gsize size = 0;
  gconstpointer data = bytes ? g_bytes_get_data (bytes, &size) : NULL;

  if (size > ASP_SCTE35_SECTION_MAX) {
    if (!w->too_large)
      w->too_large = "opaque bytes";
    return;
  }
  if (size > 0)
    g_byte_array_append (w->bytes, data, (guint) size);
}

static void
splice_time_write (AspScte35Writer * w, const AspScte35SpliceTime * t)
{
  asp_scte35_put_flag (w, t->time_specified_flag);
  if (t->time_specified_flag) {
    asp_scte35_put_reserved (w, 6, t->reserved_cleared);
    asp_scte35_put (w, t->pts_time_pts90k, 33, "pts_time");
  } else {
    asp_scte35_put_reserved (w, 7, t->reserved_cleared);
  }
}

static void
components_write (AspScte35Writer * w, const AspScte35SpliceEvent * e, gboolean scheduled)
{
  asp_scte35_put (w, e->n_components, 8, "component_count");
  for (guint i = 0; i < e->n_components; i++) {
    const AspScte35Component *c = &e->components[i];

    asp_scte35_put (w, c->component_tag, 8, "component_tag");
    if (scheduled)
      asp_scte35_put (w, c->utc_splice_time_gps_s, 32, "utc_splice_time");
    else if (!e->splice_immediate_flag)
      splice_time_write (w, &c->splice_time);
  }
}

static void
event_tail_write (AspScte35Writer * w, const AspScte35SpliceEvent * e)
{
  if (e->duration_flag) {
    asp_scte35_put_flag (w, e->break_duration.auto_return);
    asp_scte35_put_reserved (w, 6, e->break_duration.reserved_cleared);
    asp_scte35_put (w, e->break_duration.duration_90k, 33, "break_duration");
  }
  asp_scte35_put (w, e->unique_program_id, 16, "unique_program_id");
  asp_scte35_put (w, e->avail_num, 8, "avail_num");
  asp_scte35_put (w, e->avails_expected, 8, "avails_expected");
}

static void
splice_insert_write (AspScte35Writer * w, const AspScte35SpliceEvent * e)
{
  asp_scte35_put (w, e->splice_event_id, 32, "splice_event_id");
  asp_scte35_put_flag (w, e->splice_event_cancel_indicator);
  asp_scte35_put_reserved (w, 7, e->reserved_cleared[0]);
  if (e->splice_event_cancel_indicator)
    return;
  asp_scte35_put_flag (w, e->out_of_network_indicator);
  asp_scte35_put_flag (w, e->program_splice_flag);
  asp_scte35_put_flag (w, e->duration_flag);
  asp_scte35_put_flag (w, e->splice_immediate_flag);
  asp_scte35_put_flag (w, e->event_id_compliance_flag);
  asp_scte35_put_reserved (w, 3, e->reserved_cleared[1]);
  if (!e->program_splice_flag)
    components_write (w, e, FALSE);
  else if (!e->splice_immediate_flag)
    splice_time_write (w, &e->splice_time);
  event_tail_write (w, e);
}

static void
scheduled_event_write (AspScte35Writer * w, const AspScte35SpliceEvent * e)
{
  asp_scte35_put (w, e->splice_event_id, 32, "splice_event_id");
  asp_scte35_put_flag (w, e->splice_event_cancel_indicator);
  asp_scte35_put_flag (w, e->event_id_compliance_flag);
  asp_scte35_put_reserved (w, 6, e->reserved_cleared[0]);
  if (e->splice_event_cancel_indicator)
    return;
  asp_scte35_put_flag (w, e->out_of_network_indicator);
  asp_scte35_put_flag (w, e->program_splice_flag);
  asp_scte35_put_flag (w, e->duration_flag);
  asp_scte35_put_reserved (w, 5, e->reserved_cleared[1]);
  if (!e->program_splice_flag)
    components_write (w, e, TRUE);
  else
    asp_scte35_put (w, e->utc_splice_time_gps_s, 32, "utc_splice_time");
  event_tail_write (w, e);
}

static void
command_write (AspScte35Writer * w, const AspScte35Section * section)
{
  switch (section->splice_command_type) {
    case ASP_SCTE35_SPLICE_SCHEDULE:
      asp_scte35_put (w, section->u.splice_schedule.n_events, 8, "splice_count");
      for (guint i = 0; i < section->u.splice_schedule.n_events; i++)
        scheduled_event_write (w, &section->u.splice_schedule.events[i]);
      break;
    case ASP_SCTE35_SPLICE_INSERT:
      splice_insert_write (w, &section->u.splice_insert);
      break;
    case ASP_SCTE35_TIME_SIGNAL:
      splice_time_write (w, &section->u.time_signal);
      break;
    case ASP_SCTE35_PRIVATE_COMMAND:
      asp_scte35_put (w, section->u.private_command.identifier, 32, "identifier");
      asp_scte35_put_bytes (w, section->u.private_command.private_bytes);
      break;
    default:
      break;
  }
  asp_scte35_put_bytes (w, section->command_rest);
}

/* A length that is known only behind what it counts; the bits in front of it in the same
 * byte stay. */
static void
patch_length (AspScte35Writer * w, guint at, gsize length, gsize max, const gchar * field)
{
  guint8 *p = w->bytes->data + at;

  if (length > max) {
    if (!w->too_large)
      w->too_large = field;
    return;
  }
  p[0] |= (guint8) (length >> 8);
  p[1] = (guint8) length;
}

/* 0xFFF and what was read wrong stay where a reader can do without: in front of a command
 * that ends by itself. */
static gboolean
keep_length (const AspScte35Section * section)
{
  return (section->splice_command_length == ASP_SCTE35_LENGTH_UNKNOWN ||
      section->splice_command_length_wrong) &&
      section->splice_command_type != ASP_SCTE35_PRIVATE_COMMAND && !section->command_rest;
}

static void
header_write (AspScte35Writer * w, const AspScte35Section * section, guint command_length)
{
  asp_scte35_put (w, ASP_SCTE35_TABLE_ID, 8, "table_id");
  asp_scte35_put_flag (w, section->section_syntax_indicator);
  asp_scte35_put_flag (w, section->private_indicator);
  asp_scte35_put (w, section->sap_type, 2, "sap_type");
  asp_scte35_put (w, 0, 12, "section_length");
  asp_scte35_put (w, section->protocol_version, 8, "protocol_version");
  asp_scte35_put_flag (w, section->splice_command_type == ASP_SCTE35_ENCRYPTED);
  asp_scte35_put (w, section->encryption_algorithm, 6, "encryption_algorithm");
  asp_scte35_put (w, section->pts_adjustment_pts90k, 33, "pts_adjustment");
  asp_scte35_put (w, section->cw_index, 8, "cw_index");
  asp_scte35_put (w, section->tier, 12, "tier");
  asp_scte35_put (w, command_length, 12, "splice_command_length");
}

static void
clear_section_write (AspScte35Writer * w, const AspScte35Section * section)
{
  guint loop_at;

  header_write (w, section, keep_length (section) ? section->splice_command_length : 0);
  asp_scte35_put (w, section->splice_command_type, 8, "splice_command_type");
  command_write (w, section);
  if (!keep_length (section))
    patch_length (w, COMMAND_LENGTH_AT, w->bytes->len - COMMAND_AT,
        ASP_SCTE35_LENGTH_UNKNOWN - 1, "splice_command_length");
  loop_at = w->bytes->len;
  asp_scte35_put (w, 0, 16, "descriptor_loop_length");
  for (guint i = 0; i < section->n_descriptors; i++)
    asp_scte35_descriptor_write (w, &section->descriptors[i]);
  asp_scte35_put_bytes (w, section->descriptor_loop_rest);
  patch_length (w, loop_at, w->bytes->len - loop_at - 2, G_MAXUINT16,
      "descriptor_loop_length");
  asp_scte35_put_bytes (w, section->stuffing);
}

GBytes *
asp_scte35_write (const AspScte35Section * section, GError ** error)
{
  AspScte35Writer w = { g_byte_array_new (), 0, 0, NULL };

  if (section->splice_command_type == ASP_SCTE35_ENCRYPTED) {
    header_write (&w, section, section->splice_command_length);
    asp_scte35_put_bytes (&w, section->encrypted_bytes);
  } else {
    clear_section_write (&w, section);
  }
  patch_length (&w, SECTION_LENGTH_AT, w.bytes->len + ASP_SCTE35_CRC_SIZE - 3,
      ASP_SCTE35_SECTION_LENGTH_MAX, "section_length");
  asp_scte35_put (&w, asp_crc32_mpeg (w.bytes->data, w.bytes->len), 32, "CRC_32");
  if (w.too_large) {
    g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_VALUE,
        "SCTE 35 section cannot be written: %s is larger than its field", w.too_large);
    g_byte_array_unref (w.bytes);
    return NULL;
  }
  return g_byte_array_free_to_bytes (w.bytes);
}
