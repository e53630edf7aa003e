/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst/scte35 against another reader: the sections of scte35-vectors.c, and those of the corpus
 * when it is there, are put into a transport stream, tshark takes it apart, and every field it
 * shows is compared. Where tshark 4.0 is known to stop or to guess, the vector is left out by
 * a rule below that says why.
 */
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>

#include <asp-scte35.h>
#include <asp-ts-packet.h>

#include "scratch.h"
#include "scte35-corpus.h"
#include "scte35-vectors.h"
#include "unit-support.h"

#define PMT_PID 0x100
#define CUE_PID 0x1f0

/* ---- a transport stream of one PAT, one PMT and the sections ---- */

static void
append_section (GByteArray * ts, guint pid, guint8 * cc, const guint8 * section, gsize size)
{
  for (gsize at = 0; at < size;) {
    guint8 packet[ASP_TS_SIZE];
    gsize head = at == 0 ? 5 : 4;
    gsize n = MIN (size - at, sizeof packet - head);

    memset (packet, 0xff, sizeof packet);
    packet[0] = 0x47;
    packet[1] = (guint8) ((at == 0 ? 0x40 : 0) | (pid >> 8));
    packet[2] = (guint8) pid;
    packet[3] = (guint8) (0x10 | (*cc)++ % 16);
    if (at == 0)
      packet[4] = 0;            /* pointer_field */
    memcpy (packet + head, section + at, n);
    g_byte_array_append (ts, packet, sizeof packet);
    at += n;
  }
}

static void
append_table (GByteArray * ts, guint pid, const gchar * hex)
{
  GByteArray *section = test_hex (hex);
  guint8 cc = 0;

  g_byte_array_set_size (section, section->len + 4);
  scte35_reframe (section->data, section->len);
  append_section (ts, pid, &cc, section->data, section->len);
  g_byte_array_unref (section);
}

static GByteArray *
make_stream (GPtrArray * sections)
{
  GByteArray *ts = g_byte_array_new ();
  guint8 cc = 0;

  append_table (ts, 0, "00 b000 0001 c1 00 00  0001 e100");
  append_table (ts, PMT_PID, "02 b000 0001 c1 00 00 ffff f006 05 04 43554549  86 e1f0 f000");
  for (guint i = 0; i < sections->len; i++) {
    GByteArray *s = g_ptr_array_index (sections, i);

    append_section (ts, CUE_PID, &cc, s->data, s->len);
  }
  return ts;
}

/* ---- what tshark 4.0 cannot ---- */

static gboolean
descriptor_defeats_tshark (const AspScte35Descriptor * d)
{
  /* it reads every tag as a standard one, whoever's identifier it has, and up to its own idea
   * of the length */
  if (d->kind == ASP_SCTE35_DESCRIPTOR_OTHER || d->malformed || d->private_bytes)
    return TRUE;
  /* no dissector for 0x03 and 0x04; sub-segments come out "Malformed Packet" */
  return d->kind == ASP_SCTE35_DESCRIPTOR_TIME || d->kind == ASP_SCTE35_DESCRIPTOR_AUDIO ||
      (d->kind == ASP_SCTE35_DESCRIPTOR_SEGMENTATION && d->u.segmentation.has_sub_segments);
}

static gboolean
defeats_tshark (const AspScte35Section * s)
{
  /* 0xFFF is taken as a length, stuffing as CRC_32, command_rest as descriptor_loop_length */
  if (s->splice_command_length == ASP_SCTE35_LENGTH_UNKNOWN || s->command_rest ||
      s->descriptor_loop_rest || s->stuffing || s->splice_command_type == ASP_SCTE35_ENCRYPTED)
    return TRUE;
  /* behind a cancelled event of a schedule it reads fields that are not there */
  if (s->splice_command_type == ASP_SCTE35_SPLICE_SCHEDULE) {
    for (guint i = 0; i < s->u.splice_schedule.n_events; i++) {
      if (s->u.splice_schedule.events[i].splice_event_cancel_indicator)
        return TRUE;
    }
  }
  for (guint i = 0; i < s->n_descriptors; i++) {
    if (descriptor_defeats_tshark (&s->descriptors[i]))
      return TRUE;
  }
  return FALSE;
}

/* ---- our fields under tshark's names ---- */

typedef struct
{
  GHashTable *values;           /* name -> GString: numbers in decimal, one comma each */
} Fields;

static void
field_add (Fields * f, const gchar * name, guint64 value)
{
  GString *s = g_hash_table_lookup (f->values, name);

  if (!s) {
    s = g_string_new (NULL);
    g_hash_table_insert (f->values, g_strdup (name), s);
  }
  g_string_append_printf (s, "%s%" G_GUINT64_FORMAT, s->len ? "," : "", value);
}

static void
add_break (Fields * f, const gchar * prefix, const AspScte35SpliceEvent * e)
{
  gchar *auto_return = g_strconcat (prefix, ".auto_return", NULL);
  gchar *duration = g_strconcat (prefix, ".duration", NULL);

  if (e->duration_flag) {
    field_add (f, auto_return, e->break_duration.auto_return);
    field_add (f, duration, e->break_duration.duration_90k);
  }
  g_free (auto_return);
  g_free (duration);
}

static void
add_insert (Fields * f, const AspScte35SpliceEvent * e)
{
  field_add (f, "scte35_si.event_id", e->splice_event_id);
  field_add (f, "scte35_si.cancelled", e->splice_event_cancel_indicator);
  if (e->splice_event_cancel_indicator)
    return;
  field_add (f, "scte35_si.out_of_net", e->out_of_network_indicator);
  field_add (f, "scte35_si.psf", e->program_splice_flag);
  field_add (f, "scte35_si.duration_flag", e->duration_flag);
  field_add (f, "scte35_si.splice_immediate", e->splice_immediate_flag);
  if (!e->program_splice_flag)
    field_add (f, "scte35_si.component_count", e->n_components);
  for (guint i = 0; i < e->n_components; i++) {
    field_add (f, "scte35_si.component.tag", e->components[i].component_tag);
    if (e->components[i].splice_time.time_specified_flag)
      field_add (f, "scte35_si.component.pts", e->components[i].splice_time.pts_time_pts90k);
  }
  if (e->splice_time.time_specified_flag)
    field_add (f, "scte35_si.splice_time.pts", e->splice_time.pts_time_pts90k);
  add_break (f, "scte35_si.break", e);
  field_add (f, "scte35_si.upid", e->unique_program_id);
  field_add (f, "scte35_si.avail", e->avail_num);
  field_add (f, "scte35_si.avails_expected", e->avails_expected);
}

#define SCHEDULED "scte35_splice_schedule.splice"

static void
add_scheduled (Fields * f, const AspScte35SpliceEvent * e)
{
  field_add (f, SCHEDULED ".event_id", e->splice_event_id);
  field_add (f, SCHEDULED ".event_cancel_indicator", e->splice_event_cancel_indicator);
  if (e->splice_event_cancel_indicator)
    return;
  field_add (f, SCHEDULED ".out_of_network_indicator", e->out_of_network_indicator);
  field_add (f, SCHEDULED ".program_splice_flag", e->program_splice_flag);
  field_add (f, SCHEDULED ".duration_flag", e->duration_flag);
  if (e->program_splice_flag)
    field_add (f, SCHEDULED ".utc_splice_time", e->utc_splice_time_gps_s);
  for (guint i = 0; i < e->n_components; i++) {
    field_add (f, SCHEDULED ".component.tag", e->components[i].component_tag);
    field_add (f, SCHEDULED ".component.utc_splice_time",
        e->components[i].utc_splice_time_gps_s);
  }
  add_break (f, SCHEDULED ".break_duration", e);
  field_add (f, SCHEDULED ".unique_program_id", e->unique_program_id);
  field_add (f, SCHEDULED ".avail_num", e->avail_num);
  field_add (f, SCHEDULED ".avails_expected", e->avails_expected);
}

#define DESCRIPTOR "scte35.splice_descriptor"

static void
add_segmentation (Fields * f, const AspScte35Segmentation * s)
{
  field_add (f, DESCRIPTOR ".event_id", s->segmentation_event_id);
  field_add (f, DESCRIPTOR ".cancel_indicator", s->segmentation_event_cancel_indicator);
  if (s->segmentation_event_cancel_indicator)
    return;
  field_add (f, DESCRIPTOR ".psf", s->program_segmentation_flag);
  field_add (f, DESCRIPTOR ".sdf", s->segmentation_duration_flag);
  field_add (f, DESCRIPTOR ".dnr", s->delivery_not_restricted_flag);
  if (!s->delivery_not_restricted_flag) {
    field_add (f, DESCRIPTOR ".web_delivery_allowed", s->web_delivery_allowed_flag);
    field_add (f, DESCRIPTOR ".no_regional_blackout", s->no_regional_blackout_flag);
    field_add (f, DESCRIPTOR ".archive_allowed", s->archive_allowed_flag);
    field_add (f, DESCRIPTOR ".device_restrictions", s->device_restrictions);
  }
  for (guint i = 0; i < s->n_components; i++) {
    field_add (f, DESCRIPTOR ".component.tag", s->components[i].component_tag);
    field_add (f, DESCRIPTOR ".component.pts_offset", s->components[i].pts_offset_90k);
  }
  if (s->segmentation_duration_flag)
    field_add (f, DESCRIPTOR ".segmentation_duration", s->segmentation_duration_90k);
  field_add (f, DESCRIPTOR ".upid_type", s->segmentation_upid_type);
  field_add (f, DESCRIPTOR ".upid_length",
      s->segmentation_upid ? g_bytes_get_size (s->segmentation_upid) : 0);
  field_add (f, DESCRIPTOR ".segmentation_type_id", s->segmentation_type_id);
  field_add (f, DESCRIPTOR ".segment_num", s->segment_num);
  field_add (f, DESCRIPTOR ".segments_expected", s->segments_expected);
}

static void
add_descriptor (Fields * f, const AspScte35Descriptor * d)
{
  field_add (f, DESCRIPTOR ".tag", d->splice_descriptor_tag);
  field_add (f, DESCRIPTOR ".identifier", d->identifier);
  if (d->kind == ASP_SCTE35_DESCRIPTOR_AVAIL) {
    field_add (f, DESCRIPTOR ".provider_avail_id", d->u.provider_avail_id);
  } else if (d->kind == ASP_SCTE35_DESCRIPTOR_DTMF) {
    field_add (f, DESCRIPTOR ".preroll", d->u.dtmf.preroll);
    field_add (f, DESCRIPTOR ".dtmf_count", d->u.dtmf.dtmf_count);
  } else if (d->kind == ASP_SCTE35_DESCRIPTOR_SEGMENTATION) {
    add_segmentation (f, &d->u.segmentation);
  }
}

static void
add_command (Fields * f, const AspScte35Section * s)
{
  switch (s->splice_command_type) {
    case ASP_SCTE35_SPLICE_INSERT:
      add_insert (f, &s->u.splice_insert);
      break;
    case ASP_SCTE35_SPLICE_SCHEDULE:
      field_add (f, "scte35_splice_schedule.splice_count", s->u.splice_schedule.n_events);
      for (guint i = 0; i < s->u.splice_schedule.n_events; i++)
        add_scheduled (f, &s->u.splice_schedule.events[i]);
      break;
    case ASP_SCTE35_TIME_SIGNAL:
      field_add (f, "scte35_time.splice.time_specified", s->u.time_signal.time_specified_flag);
      if (s->u.time_signal.time_specified_flag)
        field_add (f, "scte35_time.splice.pts", s->u.time_signal.pts_time_pts90k);
      break;
    case ASP_SCTE35_PRIVATE_COMMAND:
      field_add (f, "scte35_private_command.identifier", s->u.private_command.identifier);
      break;
    default:
      break;
  }
}

static void
string_free (gpointer s)
{
  g_string_free (s, TRUE);
}

static void
fields_of (const AspScte35Section * s, Fields * f)
{
  f->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, string_free);
  field_add (f, "scte35.len", s->section_length);
  field_add (f, "scte35.encrypted_packet", s->encrypted_packet);
  field_add (f, "scte35.pts_adjustment", s->pts_adjustment_pts90k);
  field_add (f, "scte35.cw_index", s->cw_index);
  field_add (f, "scte35.tier", s->tier);
  field_add (f, "scte35.splice_command_length", s->splice_command_length);
  field_add (f, "scte35.splice_command_type", s->splice_command_type);
  field_add (f, "scte35.crc", s->crc_32);
  add_command (f, s);
  for (guint i = 0; i < s->n_descriptors; i++)
    add_descriptor (f, &s->descriptors[i]);
}

/* ---- tshark's fields ---- */

static const gchar *const names[] = {
  "scte35.len", "scte35.encrypted_packet", "scte35.pts_adjustment", "scte35.cw_index",
  "scte35.tier", "scte35.splice_command_length", "scte35.splice_command_type", "scte35.crc",
  "scte35_si.event_id", "scte35_si.cancelled", "scte35_si.out_of_net", "scte35_si.psf",
  "scte35_si.duration_flag", "scte35_si.splice_immediate", "scte35_si.component_count",
  "scte35_si.component.tag", "scte35_si.component.pts", "scte35_si.splice_time.pts",
  "scte35_si.break.auto_return", "scte35_si.break.duration", "scte35_si.upid",
  "scte35_si.avail", "scte35_si.avails_expected",
  "scte35_splice_schedule.splice_count", SCHEDULED ".event_id",
  SCHEDULED ".event_cancel_indicator", SCHEDULED ".out_of_network_indicator",
  SCHEDULED ".program_splice_flag", SCHEDULED ".duration_flag", SCHEDULED ".utc_splice_time",
  SCHEDULED ".component.tag", SCHEDULED ".component.utc_splice_time",
  SCHEDULED ".break_duration.auto_return", SCHEDULED ".break_duration.duration",
  SCHEDULED ".unique_program_id", SCHEDULED ".avail_num", SCHEDULED ".avails_expected",
  "scte35_time.splice.time_specified", "scte35_time.splice.pts",
  "scte35_private_command.identifier",
  DESCRIPTOR ".tag", DESCRIPTOR ".identifier", DESCRIPTOR ".provider_avail_id",
  DESCRIPTOR ".preroll", DESCRIPTOR ".dtmf_count", DESCRIPTOR ".event_id",
  DESCRIPTOR ".cancel_indicator", DESCRIPTOR ".psf", DESCRIPTOR ".sdf", DESCRIPTOR ".dnr",
  DESCRIPTOR ".web_delivery_allowed", DESCRIPTOR ".no_regional_blackout",
  DESCRIPTOR ".archive_allowed", DESCRIPTOR ".device_restrictions",
  DESCRIPTOR ".component.tag", DESCRIPTOR ".component.pts_offset",
  DESCRIPTOR ".segmentation_duration", DESCRIPTOR ".upid_type", DESCRIPTOR ".upid_length",
  DESCRIPTOR ".segmentation_type_id", DESCRIPTOR ".segment_num",
  DESCRIPTOR ".segments_expected",
};

static gchar *
run_tshark (const gchar * file)
{
  GPtrArray *argv = g_ptr_array_new ();
  const gchar *fixed[] = { "tshark", "-r", file, "-Y", "scte35", "-T", "fields",
    "-E", "separator=;", "-E", "occurrence=a", "-E", "aggregator=,"
  };
  GError *error = NULL;
  gchar *out = NULL;
  gint status;

  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++)
    g_ptr_array_add (argv, (gpointer) fixed[i]);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_ptr_array_add (argv, (gpointer) "-e");
    g_ptr_array_add (argv, (gpointer) names[i]);
  }
  g_ptr_array_add (argv, NULL);
  g_spawn_sync (NULL, (gchar **) argv->pdata, NULL,
      G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL, &status, &error);
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);
  g_ptr_array_unref (argv);
  return out;
}

/* "0x2a,0x01" and "True,False" as "42,1" and "1,0". */
static gchar *
in_decimal (const gchar * text)
{
  gchar **parts = g_strsplit (text, ",", -1);
  GString *s = g_string_new (NULL);

  for (guint i = 0; parts[i]; i++) {
    guint64 value = !strcmp (parts[i], "True") ? 1 : !strcmp (parts[i], "False") ? 0 :
        g_ascii_strtoull (parts[i], NULL, 0);

    g_string_append_printf (s, "%s%" G_GUINT64_FORMAT, i ? "," : "", value);
  }
  g_strfreev (parts);
  return g_string_free (s, FALSE);
}

/* Returns how many fields both have. */
static guint
compare_line (const gchar * line, const Fields * ours, guint at)
{
  gchar **theirs = g_strsplit (line, ";", -1);
  guint n = 0;

  g_assert_cmpuint (g_strv_length (theirs), ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    GString *our = g_hash_table_lookup (ours->values, names[i]);
    gchar *their = in_decimal (theirs[i]);

    if (our || *their) {
      if (g_strcmp0 (our ? our->str : "", their))
        g_error ("section %u, %s: %s, tshark says %s", at, names[i],
            our ? our->str : "nothing", their);
      n++;
    }
    g_free (their);
  }
  g_strfreev (theirs);
  return n;
}

static void
compare_sections (GPtrArray * sections)
{
  GByteArray *ts = make_stream (sections);
  GError *error = NULL;
  g_autofree gchar *folder = scratch_folder_new ("scte35");
  gchar *file = g_build_filename (folder, "sections.ts", NULL);
  gchar *out, **lines;
  guint n_fields = 0;

  g_file_set_contents (file, (const gchar *) ts->data, ts->len, &error);
  g_assert_no_error (error);
  out = run_tshark (file);
  lines = g_strsplit (g_strchomp (out), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, sections->len);
  for (guint i = 0; i < sections->len; i++) {
    GByteArray *section = g_ptr_array_index (sections, i);
    AspScte35Section s;
    Fields ours;

    g_assert_true (asp_scte35_parse (section->data, section->len, &s, NULL));
    fields_of (&s, &ours);
    n_fields += compare_line (lines[i], &ours, i);
    g_hash_table_unref (ours.values);
    asp_scte35_clear (&s);
  }
  g_test_message ("%u fields of %u sections agree", n_fields, sections->len);
  g_assert_cmpuint (n_fields, >, 8 * sections->len);
  g_strfreev (lines);
  g_free (out);
  g_remove (file);
  g_free (file);
  g_byte_array_unref (ts);
}

/* Takes @section. */
static void
add_section (GPtrArray * sections, GByteArray * section, guint * left_out)
{
  AspScte35Section s;

  if (asp_scte35_parse (section->data, section->len, &s, NULL) && !defeats_tshark (&s)) {
    g_byte_array_set_size (section, s.section_length + 3);
    g_ptr_array_add (sections, section);
  } else {
    (*left_out)++;
    g_byte_array_unref (section);
  }
  asp_scte35_clear (&s);
}

static gboolean
tshark_is_there (void)
{
  gchar *path = g_find_program_in_path ("tshark");
  gboolean there = path != NULL;

  g_free (path);
  if (!there)
    g_test_skip ("tshark is not installed");
  return there;
}

static void
test_own_vectors (void)
{
  GPtrArray *sections =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  guint left_out = 0;

  if (tshark_is_there ()) {
    for (guint i = 0; i < scte35_n_vectors; i++)
      add_section (sections, scte35_vector_section (&scte35_vectors[i]), &left_out);
    g_assert_cmpuint (sections->len, >=, 20);
    compare_sections (sections);
  }
  g_ptr_array_unref (sections);
}

static void
test_corpus_vectors (void)
{
  GPtrArray *sections =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  JsonArray *vectors = scte35_corpus_vectors ();
  guint left_out = 0;

  if (json_array_get_length (vectors) == 0) {
    g_test_skip ("the corpus of real cues is not there (ADSPLICE_CORPUS)");
  } else if (tshark_is_there ()) {
    for (guint i = 0; i < json_array_get_length (vectors); i++) {
      JsonObject *v = json_array_get_object_element (vectors, i);

      if (json_object_has_member (v, "hex"))
        add_section (sections, test_hex (json_object_get_string_member (v, "hex")), &left_out);
    }
    g_test_message ("%u sections that tshark cannot read or that are invalid left out",
        left_out);
    compare_sections (sections);
  }
  json_array_unref (vectors);
  g_ptr_array_unref (sections);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scte35/tshark/own-vectors", test_own_vectors);
  g_test_add_func ("/scte35/tshark/corpus-vectors", test_corpus_vectors);
  return g_test_run ();
}
