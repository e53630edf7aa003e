/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst/scte35 over the cues of the corpus: those that other projects test with, and those of
 * its streams. Every expectation of a vector is looked at; one that is not known here fails.
 */
#include <string.h>

#include <asp-scte35.h>

#include "scte35-corpus.h"
#include "scte35-vectors.h"
#include "unit-support.h"

static void
assert_bytes_hex (GBytes * bytes, const gchar * hex)
{
  GByteArray *expected = test_hex (hex);
  gsize size = 0;
  gconstpointer data = bytes ? g_bytes_get_data (bytes, &size) : NULL;

  g_assert_cmpmem (data, size, expected->data, expected->len);
  g_byte_array_unref (expected);
}

static gint64
hex_number (JsonNode * node)
{
  return (gint64) g_ascii_strtoull (json_node_get_string (node), NULL, 16);
}

/* ---- commands ---- */

static void
check_components (const AspScte35SpliceEvent * e, JsonArray * expected)
{
  g_assert_cmpuint (e->n_components, ==, json_array_get_length (expected));
  for (guint i = 0; i < e->n_components; i++) {
    JsonObject *c = json_array_get_object_element (expected, i);

    g_assert_cmpint (e->components[i].component_tag, ==,
        json_object_get_int_member (c, "component_tag"));
    g_assert_cmpint ((gint64) e->components[i].splice_time.pts_time_pts90k, ==,
        json_object_get_int_member (c, "pts_time_90k"));
  }
}

static const AspScte35SpliceTime *
time_of (const AspScte35Section * s)
{
  return s->splice_command_type == ASP_SCTE35_TIME_SIGNAL ? &s->u.time_signal :
      &s->u.splice_insert.splice_time;
}

/* Members that any section has. */
static gboolean
check_header_member (const AspScte35Section * s, const gchar * name, JsonNode * v)
{
  if (!strcmp (name, "command"))
    g_assert_cmpstr (asp_scte35_command_name (s->splice_command_type), ==,
        json_node_get_string (v));
  else if (!strcmp (name, "pts_adjustment_90k"))
    g_assert_cmpint ((gint64) s->pts_adjustment_pts90k, ==, json_node_get_int (v));
  else if (!strcmp (name, "encrypted"))
    g_assert_cmpint (s->encrypted_packet, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "encryption_algorithm"))
    g_assert_cmpint (s->encryption_algorithm, ==, json_node_get_int (v));
  else if (!strcmp (name, "sap_type"))
    g_assert_cmpint (s->sap_type, ==, json_node_get_int (v));
  else if (!strcmp (name, "cw_index"))
    g_assert_cmpint (s->cw_index, ==, json_node_get_int (v));
  else if (!strcmp (name, "tier"))
    g_assert_cmpint (s->tier, ==, json_node_get_int (v));
  else if (!strcmp (name, "splice_command_length"))
    g_assert_cmpint (s->splice_command_length, ==, json_node_get_int (v));
  else if (!strcmp (name, "section_length"))
    g_assert_cmpint (s->section_length, ==, json_node_get_int (v));
  else if (!strcmp (name, "crc_32"))
    g_assert_cmphex (s->crc_32, ==, (guint32) hex_number (v));
  else if (!strcmp (name, "alignment_stuffing"))
    g_assert_cmpint ((gint64) g_bytes_get_size (s->stuffing), ==, json_node_get_int (v));
  else
    return FALSE;
  return TRUE;
}

static gboolean
check_event_member (const AspScte35SpliceEvent * e, const gchar * name, JsonNode * v)
{
  if (!strcmp (name, "event_id"))
    g_assert_cmpint (e->splice_event_id, ==, json_node_get_int (v));
  else if (!strcmp (name, "cancel"))
    g_assert_cmpint (e->splice_event_cancel_indicator, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "out_of_network"))
    g_assert_cmpint (e->out_of_network_indicator, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "program_splice"))
    g_assert_cmpint (e->program_splice_flag, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "splice_immediate"))
    g_assert_cmpint (e->splice_immediate_flag, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "duration_90k"))
    g_assert_cmpint ((gint64) e->break_duration.duration_90k, ==, json_node_get_int (v));
  else if (!strcmp (name, "auto_return"))
    g_assert_cmpint (e->break_duration.auto_return, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "components"))
    check_components (e, json_node_get_array (v));
  else if (!strcmp (name, "unique_program_id"))
    g_assert_cmpint (e->unique_program_id, ==, json_node_get_int (v));
  else if (!strcmp (name, "avail_num"))
    g_assert_cmpint (e->avail_num, ==, json_node_get_int (v));
  else if (!strcmp (name, "avails_expected"))
    g_assert_cmpint (e->avails_expected, ==, json_node_get_int (v));
  else
    return FALSE;
  return TRUE;
}

static gboolean
check_command_member (const AspScte35Section * s, const gchar * name, JsonNode * v)
{
  if (!strcmp (name, "pts_time_90k") && JSON_NODE_HOLDS_NULL (v))
    g_assert_false (time_of (s)->time_specified_flag);
  else if (!strcmp (name, "pts_time_90k"))
    g_assert_cmpint ((gint64) time_of (s)->pts_time_pts90k, ==, json_node_get_int (v));
  else if (!strcmp (name, "pts_adjusted_90k"))
    g_assert_cmpint (asp_scte35_splice_time_pts90k (s), ==,
        JSON_NODE_HOLDS_NULL (v) ? ASP_NO_TIME : json_node_get_int (v));
  else if (!strcmp (name, "private_identifier"))
    g_assert_cmpint (s->u.private_command.identifier, ==, hex_number (v));
  else if (!strcmp (name, "private_hex"))
    assert_bytes_hex (s->u.private_command.private_bytes, json_node_get_string (v));
  else
    return s->splice_command_type == ASP_SCTE35_SPLICE_INSERT &&
        check_event_member (&s->u.splice_insert, name, v);
  return TRUE;
}

/* ---- descriptors ---- */

static void
check_segmentation_components (const AspScte35Segmentation * seg, JsonArray * expected)
{
  g_assert_cmpuint (seg->n_components, ==, json_array_get_length (expected));
  for (guint i = 0; i < seg->n_components; i++) {
    JsonObject *c = json_array_get_object_element (expected, i);

    g_assert_cmpint (seg->components[i].component_tag, ==,
        json_object_get_int_member (c, "component_tag"));
    g_assert_cmpint ((gint64) seg->components[i].pts_offset_90k, ==,
        json_object_get_int_member (c, "pts_offset_90k"));
  }
}

static gboolean
check_restriction_member (const AspScte35Segmentation * seg, const gchar * name, JsonNode * v)
{
  if (!strcmp (name, "delivery_not_restricted"))
    g_assert_cmpint (seg->delivery_not_restricted_flag, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "web_delivery_allowed"))
    g_assert_cmpint (seg->web_delivery_allowed_flag, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "no_regional_blackout"))
    g_assert_cmpint (seg->no_regional_blackout_flag, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "archive_allowed"))
    g_assert_cmpint (seg->archive_allowed_flag, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "device_restrictions"))
    g_assert_cmpint (seg->device_restrictions, ==, json_node_get_int (v));
  else
    return FALSE;
  return TRUE;
}

static gboolean
check_segmentation_member (const AspScte35Segmentation * seg, const gchar * name, JsonNode * v)
{
  if (!strcmp (name, "segmentation_event_id"))
    g_assert_cmpint (seg->segmentation_event_id, ==, json_node_get_int (v));
  else if (!strcmp (name, "cancel"))
    g_assert_cmpint (seg->segmentation_event_cancel_indicator, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "program_segmentation"))
    g_assert_cmpint (seg->program_segmentation_flag, ==, json_node_get_boolean (v));
  else if (!strcmp (name, "duration_90k") && JSON_NODE_HOLDS_NULL (v))
    g_assert_false (seg->segmentation_duration_flag);
  else if (!strcmp (name, "duration_90k"))
    g_assert_cmpint ((gint64) seg->segmentation_duration_90k, ==, json_node_get_int (v));
  else if (!strcmp (name, "components"))
    check_segmentation_components (seg, json_node_get_array (v));
  else if (!strcmp (name, "upid_type"))
    g_assert_cmpint (seg->segmentation_upid_type, ==, json_node_get_int (v));
  else if (!strcmp (name, "upid_hex"))
    assert_bytes_hex (seg->segmentation_upid, json_node_get_string (v));
  else if (!strcmp (name, "segmentation_type_id"))
    g_assert_cmpint (seg->segmentation_type_id, ==, json_node_get_int (v));
  else if (!strcmp (name, "segment_num"))
    g_assert_cmpint (seg->segment_num, ==, json_node_get_int (v));
  else if (!strcmp (name, "segments_expected"))
    g_assert_cmpint (seg->segments_expected, ==, json_node_get_int (v));
  else if (!strcmp (name, "sub_segment_num"))
    g_assert_cmpint (seg->has_sub_segments ? seg->sub_segment_num : -1, ==,
        json_node_get_int (v));
  else if (!strcmp (name, "sub_segments_expected"))
    g_assert_cmpint (seg->sub_segments_expected, ==, json_node_get_int (v));
  else
    return check_restriction_member (seg, name, v);
  return TRUE;
}

static gboolean
check_descriptor_member (const AspScte35Descriptor * d, const gchar * name, JsonNode * v)
{
  guint32 identifier = GUINT32_TO_BE (d->identifier);

  if (!strcmp (name, "tag"))
    g_assert_cmpint (d->splice_descriptor_tag, ==, json_node_get_int (v));
  else if (!strcmp (name, "identifier"))
    g_assert_cmpmem (&identifier, 4, json_node_get_string (v),
        strlen (json_node_get_string (v)));
  else if (!strcmp (name, "error"))
    g_assert_true (d->malformed);
  else if (!strcmp (name, "private_hex"))
    assert_bytes_hex (d->private_bytes, json_node_get_string (v));
  else if (!strcmp (name, "provider_avail_id"))
    g_assert_cmpint (d->kind == ASP_SCTE35_DESCRIPTOR_AVAIL ?
        (gint64) d->u.provider_avail_id : -1, ==, json_node_get_int (v));
  else if (!strcmp (name, "preroll"))
    g_assert_cmpint (d->kind == ASP_SCTE35_DESCRIPTOR_DTMF ? d->u.dtmf.preroll : -1, ==,
        json_node_get_int (v));
  else if (!strcmp (name, "dtmf"))
    g_assert_cmpstr (d->u.dtmf.dtmf_char, ==, json_node_get_string (v));
  else
    return d->kind == ASP_SCTE35_DESCRIPTOR_SEGMENTATION &&
        check_segmentation_member (&d->u.segmentation, name, v);
  return TRUE;
}

static void
check_descriptors (const AspScte35Section * s, JsonArray * expected)
{
  g_assert_cmpuint (s->n_descriptors, ==, json_array_get_length (expected));
  for (guint i = 0; i < s->n_descriptors; i++) {
    JsonObject *o = json_array_get_object_element (expected, i);
    JsonObjectIter iter;
    const gchar *name;
    JsonNode *v;

    g_assert_cmpint (s->descriptors[i].malformed, ==, json_object_has_member (o, "error"));
    json_object_iter_init (&iter, o);
    while (json_object_iter_next (&iter, &name, &v)) {
      if (!check_descriptor_member (&s->descriptors[i], name, v))
        g_error ("descriptor expectation \"%s\" is not known to this test", name);
    }
  }
}

/* ---- vectors ---- */

static void
check_expectations (const AspScte35Section * s, JsonObject * expect)
{
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *v;

  json_object_iter_init (&iter, expect);
  while (json_object_iter_next (&iter, &name, &v)) {
    if (!strcmp (name, "valid") || !strcmp (name, "errors") || !strcmp (name, "quirks") ||
        !strcmp (name, "note_if_crc_ignored"))
      continue;
    if (!strcmp (name, "descriptors"))
      check_descriptors (s, json_node_get_array (v));
    else if (!check_header_member (s, name, v) && !check_command_member (s, name, v))
      g_error ("expectation \"%s\" is not known to this test", name);
  }
}

static gboolean
error_matches (const gchar * expected, gint code)
{
  if (!strcmp (expected, "bad_crc"))
    return code == ASP_SCTE35_ERROR_CRC;
  if (!strcmp (expected, "bad_table_id"))
    return code == ASP_SCTE35_ERROR_TABLE_ID;
  if (!strcmp (expected, "protocol_version"))
    return code == ASP_SCTE35_ERROR_PROTOCOL_VERSION;
  if (!strcmp (expected, "not_base64"))
    return code == ASP_SCTE35_ERROR_TEXT;
  /* of too few bytes the first fault that is seen is told */
  if (!strcmp (expected, "truncated") || !strcmp (expected, "too_short"))
    return code == ASP_SCTE35_ERROR_TRUNCATED || code == ASP_SCTE35_ERROR_SECTION_LENGTH ||
        code == ASP_SCTE35_ERROR_TABLE_ID;
  if (!strcmp (expected, "parse_overrun"))
    return code == ASP_SCTE35_ERROR_COMMAND || code == ASP_SCTE35_ERROR_DESCRIPTOR_LOOP;
  return FALSE;
}

static void
assert_error_expected (const GError * error, JsonObject * expect)
{
  JsonArray *errors = json_object_get_array_member (expect, "errors");
  gboolean matches = FALSE;

  g_assert_cmpint ((gint) error->domain, ==, (gint) ASP_SCTE35_ERROR);
  for (guint i = 0; i < json_array_get_length (errors); i++)
    matches |= error_matches (json_array_get_string_element (errors, i), error->code);
  if (!matches)
    g_error ("refused for another reason than expected: %s", error->message);
}

static void
assert_written_same (const AspScte35Section * s, const guint8 * data)
{
  GError *error = NULL;
  GBytes *written = asp_scte35_write (s, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (written, NULL), g_bytes_get_size (written), data,
      s->section_length + 3);
  g_bytes_unref (written);
}

/* base64 and hexadecimal of a vector are the same bytes. */
static GBytes *
vector_bytes (JsonObject * vector)
{
  GError *error = NULL;
  GBytes *bytes =
      asp_scte35_decode_text (json_object_get_string_member (vector, "base64"), &error);

  g_assert_no_error (error);
  if (json_object_has_member (vector, "hex")) {
    GBytes *same = asp_scte35_decode_text (json_object_get_string_member (vector, "hex"), &error);

    g_assert_no_error (error);
    g_assert_true (g_bytes_equal (bytes, same));
    g_bytes_unref (same);
  }
  return bytes;
}

static void
test_valid_vector (gconstpointer data)
{
  JsonObject *vector = (JsonObject *) data;
  GBytes *bytes = vector_bytes (vector);
  gsize size;
  const guint8 *section = g_bytes_get_data (bytes, &size);
  guint8 *block = test_exact_block (section, size);
  AspScte35Section s;
  GError *error = NULL;

  asp_scte35_parse (block, size, &s, &error);
  g_assert_no_error (error);
  check_expectations (&s, json_object_get_object_member (vector, "expect"));
  assert_written_same (&s, section);
  asp_scte35_clear (&s);
  g_free (block);
  g_bytes_unref (bytes);
}

/* What peers that do not look at CRC_32 read must come out once it is right. */
static void
check_with_good_crc (JsonObject * vector, JsonObject * expect)
{
  GBytes *bytes = vector_bytes (vector);
  gsize size;
  const guint8 *section = g_bytes_get_data (bytes, &size);
  guint8 *block = test_exact_block (section, size);
  AspScte35Section s;
  GError *error = NULL;

  scte35_reframe (block, size);
  asp_scte35_parse (block, size, &s, &error);
  g_assert_no_error (error);
  check_expectations (&s, expect);
  assert_written_same (&s, block);
  asp_scte35_clear (&s);
  g_free (block);
  g_bytes_unref (bytes);
}

static void
test_invalid_vector (gconstpointer data)
{
  JsonObject *vector = (JsonObject *) data;
  JsonObject *expect = json_object_get_object_member (vector, "expect");
  AspScte35Section s;
  GError *error = NULL;

  g_assert_false (asp_scte35_parse_text (json_object_get_string_member (vector, "base64"), &s,
          &error));
  assert_error_expected (error, expect);
  g_clear_error (&error);
  if (json_object_has_member (expect, "note_if_crc_ignored"))
    check_with_good_crc (vector, expect);
}

/* ---- streams ---- */

static void
check_stream_section (JsonObject * fact)
{
  const gchar *hex = json_object_get_string_member (fact, "hex");
  JsonArray *tags = json_object_get_array_member (fact, "descriptor_tags");
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *v;
  AspScte35Section s;
  GError *error = NULL;

  asp_scte35_parse_text (hex, &s, &error);
  g_assert_no_error (error);
  json_object_iter_init (&iter, fact);
  while (json_object_iter_next (&iter, &name, &v)) {
    /* the facts name no time in component mode */
    if (!strcmp (name, "pts_adjusted_90k") && JSON_NODE_HOLDS_NULL (v))
      continue;
    if (strcmp (name, "packet") && strcmp (name, "crc_ok") && strcmp (name, "hex") &&
        strcmp (name, "descriptor_tags") && !JSON_NODE_HOLDS_NULL (v) &&
        !check_header_member (&s, name, v) && !check_command_member (&s, name, v))
      g_error ("fact \"%s\" is not known to this test", name);
  }
  g_assert_cmpuint (s.n_descriptors, ==, json_array_get_length (tags));
  for (guint i = 0; i < s.n_descriptors; i++)
    g_assert_cmpint (s.descriptors[i].splice_descriptor_tag, ==,
        json_array_get_int_element (tags, i));
  asp_scte35_clear (&s);
}

static void
test_stream_sections (gconstpointer data)
{
  JsonArray *pids = json_object_get_array_member ((JsonObject *) data, "scte35");

  for (guint i = 0; i < json_array_get_length (pids); i++) {
    JsonArray *sections =
        json_object_get_array_member (json_array_get_object_element (pids, i), "sections");

    for (guint k = 0; k < json_array_get_length (sections); k++)
      check_stream_section (json_array_get_object_element (sections, k));
  }
}

static void
test_absent (void)
{
  g_test_skip ("the corpus of real cues and streams is not there (ADSPLICE_CORPUS)");
}

static void
add_vectors (JsonArray * vectors)
{
  for (guint i = 0; i < json_array_get_length (vectors); i++) {
    JsonObject *v = json_array_get_object_element (vectors, i);
    JsonObject *expect = json_object_get_object_member (v, "expect");
    gboolean valid = json_object_get_boolean_member (expect, "valid");
    gchar *path = g_strdup_printf ("/scte35/corpus/%s", json_object_get_string_member (v, "id"));

    g_test_add_data_func (path, v, valid ? test_valid_vector : test_invalid_vector);
    g_free (path);
  }
}

static void
add_streams (JsonObject * facts)
{
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  json_object_iter_init (&iter, facts);
  while (json_object_iter_next (&iter, &name, &node)) {
    JsonObject *o = json_node_get_object (node);
    gchar *path = g_strdup_printf ("/scte35/streams/%s", name);

    if (json_object_has_member (o, "scte35"))
      g_test_add_data_func (path, o, test_stream_sections);
    g_free (path);
  }
}

int
main (int argc, char **argv)
{
  JsonArray *vectors;
  JsonObject *facts;
  gint result;

  g_test_init (&argc, &argv, NULL);
  vectors = scte35_corpus_vectors ();
  facts = scte35_corpus_ts_facts ();
  if (json_array_get_length (vectors) == 0)
    g_test_add_func ("/scte35/corpus", test_absent);
  add_vectors (vectors);
  add_streams (facts);
  result = g_test_run ();
  json_array_unref (vectors);
  json_object_unref (facts);
  return result;
}
