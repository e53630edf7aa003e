/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The JSON form of cues: member by member that of `expect` in the vectors of the corpus, and
 * of hand-made sections what those do not have. Our own text is read with json-glib.
 */
#include <string.h>

#include <asp-scte35-json.h>

#include "scte35-corpus.h"
#include "scte35-vectors.h"
#include "unit-support.h"

/* Members that are there for people, beyond those of `expect`. */
static const gchar *const extras[] = {
  "segmentation_type", "upid", "error_text", NULL
};

/* What `expect` says of its making, and not of the section. */
static const gchar *const remarks[] = { "note_if_crc_ignored", NULL };

static JsonObject *
parse_object (const gchar * text)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  GError *error = NULL;

  g_assert_null (strchr (text, '\n'));
  json_parser_load_from_data (parser, text, -1, &error);
  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (json_parser_get_root (parser)));
}

static JsonObject *
object_of_text (const gchar * text)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_scte35_json_add_text (w, text);
  asp_json_end_object (w);
  return parse_object (asp_json_writer_text (w));
}

static void assert_same (JsonNode * got, JsonNode * expected, const gchar * where);

static void
assert_same_array (JsonArray * got, JsonArray * expected, const gchar * where)
{
  if (json_array_get_length (got) != json_array_get_length (expected))
    g_error ("%s: %u elements instead of %u", where, json_array_get_length (got),
        json_array_get_length (expected));
  for (guint i = 0; i < json_array_get_length (got); i++)
    assert_same (json_array_get_element (got, i), json_array_get_element (expected, i), where);
}

static void
assert_same_object (JsonObject * got, JsonObject * expected, const gchar * where)
{
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  json_object_iter_init (&iter, expected);
  while (json_object_iter_next (&iter, &name, &node)) {
    if (g_strv_contains (remarks, name) || !strcmp (name, "errors"))
      continue;
    /* the first fault is told, and what is behind it is not looked at */
    if (!strcmp (name, "quirks") && json_object_has_member (expected, "errors"))
      continue;
    if (!json_object_has_member (got, name))
      g_error ("%s: %s is missing", where, name);
    assert_same (json_object_get_member (got, name), node, name);
  }
  json_object_iter_init (&iter, got);
  while (json_object_iter_next (&iter, &name, &node)) {
    if (!json_object_has_member (expected, name) && !g_strv_contains (extras, name))
      g_error ("%s: %s should not be there", where, name);
  }
}

static void
assert_same (JsonNode * got, JsonNode * expected, const gchar * where)
{
  if (JSON_NODE_HOLDS_OBJECT (expected)) {
    g_assert_true (JSON_NODE_HOLDS_OBJECT (got));
    assert_same_object (json_node_get_object (got), json_node_get_object (expected), where);
  } else if (JSON_NODE_HOLDS_ARRAY (expected)) {
    g_assert_true (JSON_NODE_HOLDS_ARRAY (got));
    assert_same_array (json_node_get_array (got), json_node_get_array (expected), where);
  } else if (!json_node_equal (got, expected)) {
    g_error ("%s: %s instead of %s", where, json_to_string (got, FALSE),
        json_to_string (expected, FALSE));
  }
}

/* One fault is told; it is one of those that a decoder that goes on behind them found. */
static void
assert_errors (JsonObject * got, JsonObject * expected)
{
  JsonArray *all = json_object_get_array_member (expected, "errors");
  JsonArray *told = json_object_get_array_member (got, "errors");
  gboolean found = FALSE;

  g_assert_cmpuint (json_array_get_length (told), ==, 1);
  for (guint i = 0; i < json_array_get_length (all); i++)
    found |= !strcmp (json_array_get_string_element (all, i),
        json_array_get_string_element (told, 0));
  if (!found)
    g_error ("error %s is not expected", json_array_get_string_element (told, 0));
  g_assert_cmpuint (strlen (json_object_get_string_member (got, "error_text")), >, 10);
}

static void
test_vector (gconstpointer data)
{
  JsonObject *vector = (JsonObject *) data;
  JsonObject *expect = json_object_get_object_member (vector, "expect");
  JsonObject *got = object_of_text (json_object_get_string_member (vector, "base64"));

  if (json_object_has_member (expect, "errors")) {
    assert_errors (got, expect);
    json_object_remove_member (got, "errors");
  }
  assert_same_object (got, expect, json_object_get_string_member (vector, "id"));
  json_object_unref (got);
}

/* --- what the corpus does not have ------------------------------------------------- */

static JsonObject *
object_of_vector (const gchar * name)
{
  GByteArray *bytes = scte35_vector_section (scte35_vector_find (name));
  AspScte35Section section;
  GError *error = NULL;
  gchar *json;
  JsonObject *object;

  asp_scte35_parse (bytes->data, bytes->len, &section, &error);
  g_assert_no_error (error);
  json = asp_scte35_to_json (&section);
  object = parse_object (json);
  asp_scte35_clear (&section);
  g_byte_array_unref (bytes);
  g_free (json);
  return object;
}

static JsonObject *
element (JsonObject * o, const gchar * array, guint index)
{
  return json_array_get_object_element (json_object_get_array_member (o, array), index);
}

#define assert_int(o, name, value) \
    g_assert_cmpint (json_object_get_int_member (o, name), ==, value)
#define assert_string(o, name, value) \
    g_assert_cmpstr (json_object_get_string_member (o, name), ==, value)

static void
test_schedule (void)
{
  JsonObject *o = object_of_vector ("schedule");

  assert_string (o, "command", "splice_schedule");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (o, "events")), ==, 3);
  assert_int (element (o, "events", 0), "utc_splice_time_gps_s", 0x4b3d2a10);
  assert_int (element (o, "events", 0), "duration_90k", 30 * 90000);
  g_assert_true (json_object_get_boolean_member (element (o, "events", 1), "cancel"));
  g_assert_false (json_object_has_member (element (o, "events", 1), "out_of_network"));
  assert_int (element (element (o, "events", 2), "components", 1), "utc_splice_time_gps_s",
      0x4b3d2a12);
  json_object_unref (o);
}

static void
test_encrypted (void)
{
  JsonObject *o = object_of_vector ("encrypted");

  g_assert_true (json_object_get_boolean_member (o, "valid"));
  g_assert_true (json_object_get_boolean_member (o, "encrypted"));
  assert_int (o, "encryption_algorithm", 1);
  assert_int (o, "cw_index", 5);
  assert_int (o, "pts_adjustment_90k", 90000);
  g_assert_false (json_object_has_member (o, "pts_time_90k"));
  json_object_unref (o);
}

static void
test_time_and_audio (void)
{
  JsonObject *o = object_of_vector ("time-and-audio");
  JsonObject *t = element (o, "descriptors", 0), *a = element (o, "descriptors", 1);

  assert_int (t, "tai_seconds", 0x68b2a1f0);
  assert_int (t, "tai_ns", 500000000);
  assert_int (t, "utc_offset", 37);
  assert_string (element (a, "components", 0), "iso_code", "eng");
  assert_int (element (a, "components", 1), "component_tag", 2);
  g_assert_false (json_object_get_boolean_member (element (a, "components", 1),
          "full_srvc_audio"));
  json_object_unref (o);
}

static void
test_components (void)
{
  JsonObject *o = object_of_vector ("insert-components");

  g_assert_true (json_object_get_null_member (element (o, "components", 0), "pts_time_90k"));
  assert_int (element (o, "components", 2), "pts_time_90k", 0x100000001);
  g_assert_false (json_object_has_member (o, "pts_time_90k"));
  json_object_unref (o);

  o = object_of_vector ("insert-components-immediate");
  g_assert_false (json_object_has_member (element (o, "components", 0), "pts_time_90k"));
  json_object_unref (o);
}

static void
test_times (void)
{
  JsonObject *o = object_of_vector ("adjustment-wraps");

  assert_int (o, "pts_time_90k", 180000);
  assert_int (o, "pts_adjusted_90k", 90000);
  json_object_unref (o);
  o = object_of_vector ("insert-no-time");
  g_assert_true (json_object_get_null_member (o, "pts_time_90k"));
  g_assert_false (json_object_has_member (o, "pts_adjusted_90k"));
  json_object_unref (o);
  o = object_of_vector ("insert-cancel");
  g_assert_true (json_object_get_boolean_member (o, "cancel"));
  g_assert_false (json_object_has_member (o, "avail_num"));
  json_object_unref (o);
}

static void
test_sub_segments (void)
{
  JsonObject *o = object_of_vector ("seg-sub-segments");

  assert_int (element (o, "descriptors", 0), "sub_segment_num", 3);
  assert_int (element (o, "descriptors", 0), "sub_segments_expected", 4);
  assert_string (element (o, "descriptors", 0), "segmentation_type",
      "Provider Placement Opportunity Start");
  json_object_unref (o);
  o = object_of_vector ("seg-no-sub-segments");
  g_assert_false (json_object_has_member (element (o, "descriptors", 0), "sub_segment_num"));
  json_object_unref (o);
}

static gboolean
has_quirk (JsonObject * o, const gchar * quirk)
{
  JsonArray *quirks = json_object_has_member (o, "quirks") ?
      json_object_get_array_member (o, "quirks") : NULL;

  for (guint i = 0; quirks && i < json_array_get_length (quirks); i++)
    if (!strcmp (json_array_get_string_element (quirks, i), quirk))
      return TRUE;
  return FALSE;
}

static void
test_quirks (void)
{
  JsonObject *o = object_of_vector ("insert-rest");

  g_assert_true (has_quirk (o, "command_length_mismatch"));
  json_object_unref (o);
  o = object_of_vector ("loop-rest");
  g_assert_true (has_quirk (o, "descriptor_overrun"));
  g_assert_false (has_quirk (o, "descriptor_truncated"));
  json_object_unref (o);
  o = object_of_vector ("standard-14-1");
  g_assert_false (json_object_has_member (o, "quirks"));
  json_object_unref (o);
}

/* A segmentation descriptor cut everywhere: only what is there is told. */
static void
test_malformed_at_every_length (void)
{
  static const struct
  {
    const gchar *member;
    guint from;
  } members[] = {
    {"segmentation_event_id", 9}, {"cancel", 9}, {"program_segmentation", 10},
    {"delivery_not_restricted", 10}, {"duration_90k", 28}, {"upid_type", 29},
  };
  /* two components, 40-bit duration, an empty UPID */
  g_autoptr (GByteArray) body = test_hex ("43554549 00000009 7f 7f 02 01 fe 0000000a"
      "02 ff 00000001 ff00000001 00 00 30 01 01");

  for (guint n = 0; n < body->len; n++) {
    g_autofree gchar *hex = NULL;
    g_autoptr (GString) loop = g_string_new (NULL);
    Scte35Vector v = { "cut", NULL, 0x00, FALSE, NULL, NULL, NULL };
    GByteArray *section;
    AspScte35Section s;
    JsonObject *o, *d;

    g_string_append_printf (loop, "02 %02x ", n);
    for (guint i = 0; i < n; i++)
      g_string_append_printf (loop, "%02x", body->data[i]);
    v.loop = loop->str;
    section = scte35_vector_section (&v);
    g_assert_true (asp_scte35_parse (section->data, section->len, &s, NULL));
    hex = asp_scte35_to_json (&s);
    o = parse_object (hex);
    d = element (o, "descriptors", 0);
    if (n < 4)
      g_assert_false (json_object_has_member (d, "identifier"));
    else
      assert_string (d, "identifier", "CUEI");
    g_assert_true (json_object_has_member (d, "error"));
    for (guint i = 0; i < G_N_ELEMENTS (members); i++)
      g_assert_cmpint (json_object_has_member (d, members[i].member), ==, n >= members[i].from);
    json_object_unref (o);
    asp_scte35_clear (&s);
    g_byte_array_unref (section);
  }
}

/* Whatever stands there is told as an error, and the text is JSON. */
static void
test_truncated_sections (void)
{
  for (guint i = 0; i < scte35_n_vectors; i++) {
    g_autoptr (GByteArray) section = scte35_vector_section (&scte35_vectors[i]);

    for (guint n = 0; n < section->len; n++) {
      g_autofree guint8 *block = test_exact_block (section->data, n);
      g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
      JsonObject *o;

      asp_json_begin_object (w, NULL);
      asp_scte35_json_add_bytes (w, block, n);
      asp_json_end_object (w);
      o = parse_object (asp_json_writer_text (w));
      g_assert_false (json_object_get_boolean_member (o, "valid"));
      json_object_unref (o);
    }
  }
}

/* With a wrong CRC_32 the fields are told, as peers that do not look at it read them. */
static void
test_bad_crc (void)
{
  g_autoptr (GByteArray) section = scte35_vector_section (scte35_vector_find ("standard-14-2"));
  g_autoptr (GString) hex = g_string_new (NULL);
  JsonObject *o;

  section->data[section->len - 1] ^= 1;
  for (guint i = 0; i < section->len; i++)
    g_string_append_printf (hex, "%02x", section->data[i]);
  o = object_of_text (hex->str);
  g_assert_false (json_object_get_boolean_member (o, "valid"));
  assert_int (o, "event_id", 0x4800008f);
  g_assert_false (json_object_has_member (o, "crc_32"));
  json_object_unref (o);
}

static void
test_absent (void)
{
  g_test_skip ("the corpus of real cues is not there (ADSPLICE_CORPUS)");
}

int
main (int argc, char **argv)
{
  JsonArray *vectors;
  gint result;

  g_test_init (&argc, &argv, NULL);
  vectors = scte35_corpus_vectors ();
  if (json_array_get_length (vectors) == 0)
    g_test_add_func ("/scte35-json/corpus", test_absent);
  for (guint i = 0; i < json_array_get_length (vectors); i++) {
    JsonObject *v = json_array_get_object_element (vectors, i);
    g_autofree gchar *path = g_strdup_printf ("/scte35-json/corpus/%s",
        json_object_get_string_member (v, "id"));

    g_test_add_data_func (path, v, test_vector);
  }
  g_test_add_func ("/scte35-json/schedule", test_schedule);
  g_test_add_func ("/scte35-json/encrypted", test_encrypted);
  g_test_add_func ("/scte35-json/time-and-audio", test_time_and_audio);
  g_test_add_func ("/scte35-json/components", test_components);
  g_test_add_func ("/scte35-json/times", test_times);
  g_test_add_func ("/scte35-json/sub-segments", test_sub_segments);
  g_test_add_func ("/scte35-json/quirks", test_quirks);
  g_test_add_func ("/scte35-json/malformed-at-every-length", test_malformed_at_every_length);
  g_test_add_func ("/scte35-json/truncated-sections", test_truncated_sections);
  g_test_add_func ("/scte35-json/bad-crc", test_bad_crc);
  result = g_test_run ();
  json_array_unref (vectors);
  return result;
}
