/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-scte35-private.h"

#include <string.h>

#include <asp-crc.h>

GBytes *
asp_scte35_get_bytes (AspBits * b, gsize n_bytes)
{
  const guint8 *at = b->data + (b->pos_bits >> 3);

  asp_bits_skip (b, n_bytes * 8);
  return b->error || n_bytes == 0 ? NULL : g_bytes_new (at, n_bytes);
}

GBytes *
asp_scte35_get_rest (AspBits * b)
{
  return asp_scte35_get_bytes (b, asp_bits_left (b) / 8);
}

static void
splice_time_read (AspBits * b, AspScte35SpliceTime * t)
{
  t->time_specified_flag = asp_bits_get (b, 1);
  if (t->time_specified_flag) {
    t->reserved_cleared = asp_scte35_get_reserved (b, 6);
    t->pts_time_pts90k = asp_bits_get64 (b, 33);
  } else {
    t->reserved_cleared = asp_scte35_get_reserved (b, 7);
  }
}

static void
break_duration_read (AspBits * b, AspScte35BreakDuration * d)
{
  d->auto_return = asp_bits_get (b, 1);
  d->reserved_cleared = asp_scte35_get_reserved (b, 6);
  d->duration_90k = asp_bits_get64 (b, 33);
}

static void
components_read (AspBits * b, AspScte35SpliceEvent * e, gboolean scheduled)
{
  guint count = asp_bits_get (b, 8);

  if (count == 0)
    return;
  e->components = g_new0 (AspScte35Component, count);
  e->n_components = count;
  for (guint i = 0; i < count && !b->error; i++) {
    AspScte35Component *c = &e->components[i];

    c->component_tag = (guint8) asp_bits_get (b, 8);
    if (scheduled)
      c->utc_splice_time_gps_s = asp_bits_get (b, 32);
    else if (!e->splice_immediate_flag)
      splice_time_read (b, &c->splice_time);
  }
}

static void
event_tail_read (AspBits * b, AspScte35SpliceEvent * e)
{
  if (e->duration_flag)
    break_duration_read (b, &e->break_duration);
  e->unique_program_id = (guint16) asp_bits_get (b, 16);
  e->avail_num = (guint8) asp_bits_get (b, 8);
  e->avails_expected = (guint8) asp_bits_get (b, 8);
}

/* 9.7.3, Table 10 */
static void
splice_insert_read (AspBits * b, AspScte35SpliceEvent * e)
{
  e->splice_event_id = asp_bits_get (b, 32);
  e->splice_event_cancel_indicator = asp_bits_get (b, 1);
  e->reserved_cleared[0] = asp_scte35_get_reserved (b, 7);
  if (e->splice_event_cancel_indicator)
    return;
  e->out_of_network_indicator = asp_bits_get (b, 1);
  e->program_splice_flag = asp_bits_get (b, 1);
  e->duration_flag = asp_bits_get (b, 1);
  e->splice_immediate_flag = asp_bits_get (b, 1);
  e->event_id_compliance_flag = asp_bits_get (b, 1);
  e->reserved_cleared[1] = asp_scte35_get_reserved (b, 3);
  if (!e->program_splice_flag)
    components_read (b, e, FALSE);
  else if (!e->splice_immediate_flag)
    splice_time_read (b, &e->splice_time);
  event_tail_read (b, e);
}

/* 9.7.2, Table 9: one turn of the loop. The compliance flag stands elsewhere than in
 * splice_insert(). */
static void
scheduled_event_read (AspBits * b, AspScte35SpliceEvent * e)
{
  e->splice_event_id = asp_bits_get (b, 32);
  e->splice_event_cancel_indicator = asp_bits_get (b, 1);
  e->event_id_compliance_flag = asp_bits_get (b, 1);
  e->reserved_cleared[0] = asp_scte35_get_reserved (b, 6);
  if (e->splice_event_cancel_indicator)
    return;
  e->out_of_network_indicator = asp_bits_get (b, 1);
  e->program_splice_flag = asp_bits_get (b, 1);
  e->duration_flag = asp_bits_get (b, 1);
  e->reserved_cleared[1] = asp_scte35_get_reserved (b, 5);
  if (!e->program_splice_flag)
    components_read (b, e, TRUE);
  else
    e->utc_splice_time_gps_s = asp_bits_get (b, 32);
  event_tail_read (b, e);
}

static void
splice_schedule_read (AspBits * b, AspScte35Section * out)
{
  guint count = asp_bits_get (b, 8);

  if (count == 0)
    return;
  out->u.splice_schedule.events = g_new0 (AspScte35SpliceEvent, count);
  out->u.splice_schedule.n_events = count;
  for (guint i = 0; i < count && !b->error; i++)
    scheduled_event_read (b, &out->u.splice_schedule.events[i]);
}

static gboolean
command_is_known (guint type)
{
  switch (type) {
    case ASP_SCTE35_SPLICE_NULL:
    case ASP_SCTE35_SPLICE_SCHEDULE:
    case ASP_SCTE35_SPLICE_INSERT:
    case ASP_SCTE35_TIME_SIGNAL:
    case ASP_SCTE35_BANDWIDTH_RESERVATION:
    case ASP_SCTE35_PRIVATE_COMMAND:
      return TRUE;
    default:
      return FALSE;
  }
}

/* A private_command takes all that is left: only splice_command_length ends it. */
static void
command_fields_read (AspBits * b, AspScte35Section * out)
{
  switch (out->splice_command_type) {
    case ASP_SCTE35_SPLICE_SCHEDULE:
      splice_schedule_read (b, out);
      break;
    case ASP_SCTE35_SPLICE_INSERT:
      splice_insert_read (b, &out->u.splice_insert);
      break;
    case ASP_SCTE35_TIME_SIGNAL:
      splice_time_read (b, &out->u.time_signal);
      break;
    case ASP_SCTE35_PRIVATE_COMMAND:
      out->u.private_command.identifier = asp_bits_get (b, 32);
      out->u.private_command.private_bytes = asp_scte35_get_rest (b);
      break;
    default:
      break;
  }
}

/* Reads the command from the next @limit bytes; says how many it took. */
static gboolean
command_try (const AspBits * b, gsize limit, AspScte35Section * out, gsize * used)
{
  AspBits command;

  asp_bits_init (&command, b->data + (b->pos_bits >> 3), limit);
  command_fields_read (&command, out);
  *used = command.pos_bits / 8;
  if (command.error)
    asp_scte35_command_clear (out);
  return !command.error;
}

/* How many bytes would be stuffing if the command had @command_size bytes; -1 when the
 * descriptor loop does not fit then. */
static gssize
stuffing_behind (const AspBits * b, gsize command_size)
{
  gsize left = asp_bits_left (b) / 8;
  const guint8 *loop = b->data + (b->pos_bits >> 3) + command_size;
  gsize length;

  if (command_size > left || left - command_size < 2)
    return -1;
  length = (gsize) ((loop[0] << 8) | loop[1]);
  left -= command_size + 2;
  return length > left ? -1 : (gssize) (left - length);
}

/* The way of the standard: splice_command_length says where the command ends. */
static gboolean
command_read_by_length (AspBits * b, AspScte35Section * out)
{
  const guint length = out->splice_command_length;
  gsize used;

  if (length > asp_bits_left (b) / 8 || !command_try (b, length, out, &used))
    return FALSE;
  if (used < length && stuffing_behind (b, length) < 0) {
    asp_scte35_command_clear (out);
    return FALSE;
  }
  asp_bits_skip (b, used * 8);
  out->command_rest = asp_scte35_get_bytes (b, length - used);
  return TRUE;
}

/* Encoders get splice_command_length wrong; one that is wrong is forgiven when all that
 * follows then fits to the byte. 0xFFF says itself that it counts nothing. */
static gboolean
command_read_by_syntax (AspBits * b, AspScte35Section * out)
{
  gsize used;

  if (out->splice_command_type == ASP_SCTE35_PRIVATE_COMMAND ||
      !command_try (b, asp_bits_left (b) / 8, out, &used))
    return FALSE;
  if (out->splice_command_length != ASP_SCTE35_LENGTH_UNKNOWN) {
    if (stuffing_behind (b, used) != 0) {
      asp_scte35_command_clear (out);
      return FALSE;
    }
    out->splice_command_length_wrong = TRUE;
  }
  asp_bits_skip (b, used * 8);
  return TRUE;
}

static gboolean
command_read (AspBits * b, AspScte35Section * out, GError ** error)
{
  if (out->splice_command_length != ASP_SCTE35_LENGTH_UNKNOWN
      && command_read_by_length (b, out))
    return TRUE;
  if (command_read_by_syntax (b, out))
    return TRUE;
  g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_COMMAND,
      "SCTE 35 %s fits neither its splice_command_length of %u nor the %" G_GSIZE_FORMAT
      " bytes that the section has for it", asp_scte35_command_name (out->splice_command_type),
      out->splice_command_length, asp_bits_left (b) / 8);
  return FALSE;
}

static void
descriptors_read (const guint8 * data, gsize size, AspScte35Section * out)
{
  GArray *list = g_array_new (FALSE, TRUE, sizeof (AspScte35Descriptor));

  while (size >= 2 && data[1] <= size - 2) {
    gsize length = data[1];
    AspScte35Descriptor d;

    asp_scte35_descriptor_read (data[0], data + 2, length, &d);
    g_array_append_val (list, d);
    data += 2 + length;
    size -= 2 + length;
  }
  if (size > 0)
    out->descriptor_loop_rest = g_bytes_new (data, size);
  out->n_descriptors = list->len;
  out->descriptors = (AspScte35Descriptor *) (gpointer) g_array_free (list, list->len == 0);
}

static gboolean
descriptor_loop_read (AspBits * b, AspScte35Section * out, GError ** error)
{
  gsize length = asp_bits_get (b, 16);
  const guint8 *loop = b->data + (b->pos_bits >> 3);

  if (b->error) {
    g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_SECTION_LENGTH,
        "SCTE 35 section of %u bytes ends before its descriptor_loop_length",
        out->section_length + 3);
    return FALSE;
  }
  if (length > asp_bits_left (b) / 8) {
    g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_DESCRIPTOR_LOOP,
        "SCTE 35 descriptor_loop_length is %" G_GSIZE_FORMAT ", but the section has only %"
        G_GSIZE_FORMAT " bytes left", length, asp_bits_left (b) / 8);
    return FALSE;
  }
  asp_bits_skip (b, length * 8);
  descriptors_read (loop, length, out);
  out->stuffing = asp_scte35_get_rest (b);
  return TRUE;
}

/* 9.6, Table 5: up to splice_command_length. */
static void
header_read (AspBits * b, AspScte35Section * out)
{
  asp_bits_skip (b, 8);         /* table_id: checked */
  out->section_syntax_indicator = asp_bits_get (b, 1);
  out->private_indicator = asp_bits_get (b, 1);
  out->sap_type = (guint8) asp_bits_get (b, 2);
  out->section_length = asp_bits_get (b, 12);
  out->protocol_version = (guint8) asp_bits_get (b, 8);
  out->encrypted_packet = asp_bits_get (b, 1);
  out->encryption_algorithm = (guint8) asp_bits_get (b, 6);
  out->pts_adjustment_pts90k = asp_bits_get64 (b, 33);
  out->cw_index = (guint8) asp_bits_get (b, 8);
  out->tier = (guint16) asp_bits_get (b, 12);
  out->splice_command_length = (guint16) asp_bits_get (b, 12);
}

/* The frame of the section: is it one, is it all there, is it undamaged. Sets @size to the
 * section's own. */
static gboolean
frame_check (const guint8 * data, gsize * size, GError ** error)
{
  guint length;
  guint32 crc;

  if (*size >= 1 && data[0] != ASP_SCTE35_TABLE_ID) {
    g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_TABLE_ID,
        "Not an SCTE 35 section: table_id is 0x%02X, not 0xFC", data[0]);
    return FALSE;
  }
  if (*size < 3) {
    g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_TRUNCATED,
        "SCTE 35 section is cut off in its first three bytes");
    return FALSE;
  }
  length = ((data[1] & 0x0fu) << 8) | data[2];
  if (length > ASP_SCTE35_SECTION_LENGTH_MAX ||
      length + 3 < ASP_SCTE35_CLEAR_HEADER_SIZE + ASP_SCTE35_CRC_SIZE) {
    g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_SECTION_LENGTH,
        "SCTE 35 section_length %u is impossible (14 to 4093)", length);
    return FALSE;
  }
  if (length + 3 > *size) {
    g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_TRUNCATED,
        "SCTE 35 section is cut off: %" G_GSIZE_FORMAT " of %u bytes are there", *size,
        length + 3);
    return FALSE;
  }
  *size = length + 3;
  crc = asp_crc32_mpeg (data, *size);
  if (crc != 0) {
    g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_CRC,
        "SCTE 35 section is damaged: CRC_32 should be 0x%08X",
        asp_crc32_mpeg (data, *size - ASP_SCTE35_CRC_SIZE));
    return FALSE;
  }
  return TRUE;
}

static gboolean
clear_section_read (AspBits * b, AspScte35Section * out, GError ** error)
{
  guint type = asp_bits_get (b, 8);

  if (b->error) {
    g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_SECTION_LENGTH,
        "SCTE 35 section of %u bytes ends before its splice_command_type",
        out->section_length + 3);
    return FALSE;
  }
  if (!command_is_known (type)) {
    g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_UNKNOWN_COMMAND,
        "SCTE 35 splice_command_type 0x%02X is reserved; the section is to be skipped", type);
    return FALSE;
  }
  out->splice_command_type = (AspScte35CommandType) type;
  return command_read (b, out, error) && descriptor_loop_read (b, out, error);
}

gboolean
asp_scte35_parse (const guint8 * data, gsize size, AspScte35Section * out, GError ** error)
{
  AspBits b;

  memset (out, 0, sizeof *out);
  if (!frame_check (data, &size, error))
    return FALSE;
  asp_bits_init (&b, data + size - ASP_SCTE35_CRC_SIZE, ASP_SCTE35_CRC_SIZE);
  out->crc_32 = asp_bits_get (&b, 32);
  asp_bits_init (&b, data, size - ASP_SCTE35_CRC_SIZE);
  header_read (&b, out);
  if (out->protocol_version != 0) {
    g_set_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_PROTOCOL_VERSION,
        "SCTE 35 protocol_version %u is not known; the section is to be skipped",
        out->protocol_version);
    goto failed;
  }
  if (out->encrypted_packet) {
    out->splice_command_type = ASP_SCTE35_ENCRYPTED;
    out->encrypted_bytes = asp_scte35_get_rest (&b);
  } else if (!clear_section_read (&b, out, error)) {
    goto failed;
  }
  return TRUE;

failed:
  asp_scte35_clear (out);
  return FALSE;
}

gboolean
asp_scte35_parse_text (const gchar * text, AspScte35Section * out, GError ** error)
{
  GBytes *bytes = asp_scte35_decode_text (text, error);
  gconstpointer data;
  gsize size;
  gboolean ok;

  memset (out, 0, sizeof *out);
  if (!bytes)
    return FALSE;
  data = g_bytes_get_data (bytes, &size);
  ok = asp_scte35_parse (data, size, out, error);
  g_bytes_unref (bytes);
  return ok;
}
