/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every cue on the bus: element message `scte35-cue`, one for each section that came.
 */
#include <string.h>

#include <json-glib/json-glib.h>

#include "ts-fixture.h"

#define AT_90K(number) (10 * 90000 + (guint64) (number) * MEDIA_FRAME_90K)

static const GstStructure *
cue_message (Fixture * f, guint index)
{
  fixture_take_messages (f);
  for (guint i = 0; i < f->messages->len; i++) {
    GstMessage *m = g_ptr_array_index (f->messages, i);

    if (gst_message_has_name (m, "scte35-cue") && index-- == 0)
      return gst_message_get_structure (m);
  }
  return NULL;
}

static guint
count_cues (Fixture * f)
{
  guint n = 0;

  while (cue_message (f, n))
    n++;
  return n;
}

static GByteArray *
make_stream (const GByteArray * cue)
{
  MediaSpec spec = media_network ();

  spec.cue_pid = TRUE;
  spec.cue = cue->data;
  spec.cue_size = cue->len;
  spec.cue_at_90k = 2 * 90000;
  return media_make (&spec);
}

static JsonObject *
json_of (const GstStructure * s)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  GError *error = NULL;

  json_parser_load_from_data (parser, gst_structure_get_string (s, "json"), -1, &error);
  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (json_parser_get_root (parser)));
}

static void
test_fields (const Way * way)
{
  g_autoptr (GByteArray) cue = media_splice_insert (42, AT_90K (150), 3 * 90000);
  g_autoptr (GByteArray) ts = make_stream (cue);
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autofree gchar *base64 = g_base64_encode (cue->data, cue->len);
  const GstStructure *s;
  JsonObject *json;
  guint pid = 0;

  fixture_feed (f, ts);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpuint (count_cues (f), ==, 1);
  s = cue_message (f, 0);
  g_assert_true (gst_structure_get_uint (s, "pid", &pid));
  g_assert_cmpuint (pid, ==, MEDIA_CUE_PID);
  /* sent two seconds behind the first picture, which is ahead of the clock by the mux delay
   * and the reordering */
  g_assert_cmpuint (state_u64 (s, "pts-90k"), >=, AT_90K (50));
  g_assert_cmpuint (state_u64 (s, "pts-90k"), <, AT_90K (100));
  g_assert_cmpstr (gst_structure_get_string (s, "base64"), ==, base64);
  g_assert_true (g_str_has_prefix (gst_structure_get_string (s, "text"),
          "splice_insert event 0x0000002A out of network at "));
  g_assert_cmpint (gst_structure_n_fields (s), ==, 5);
  json = json_of (s);
  g_assert_cmpint (json_object_get_int_member (json, "event_id"), ==, 42);
  g_assert_cmpint (json_object_get_int_member (json, "pts_adjusted_90k"), ==, AT_90K (150));
  g_assert_cmpint (json_object_get_int_member (json, "duration_90k"), ==, 3 * 90000);
  json_object_unref (json);
}

/* Also one that no break follows from: nothing on `scte35`, a heartbeat, one that is stripped. */
static void
test_not_wanted (const Way * way)
{
  g_autoptr (GByteArray) cue = media_splice_insert (42, AT_90K (150), 3 * 90000);
  g_autoptr (GByteArray) ts = make_stream (cue);
  g_autoptr (Fixture) f = fixture_new (way, "scte35=none scte35-output=strip");

  fixture_feed (f, ts);
  g_assert_cmpuint (count_cues (f), ==, 1);
  g_assert_cmpuint (fixture_count_states (f, "scheduled"), ==, 0);
}

static void
test_heartbeat (const Way * way)
{
  /* section_length 17, tier 0xFFF, splice_command_length 0, splice_null, CRC_32 */
  static guint8 section[] = {
    0xfc, 0x30, 0x11, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xf0, 0x00, 0x00, 0x00, 0x00,
    0x7a, 0x4f, 0xbf, 0xff
  };
  GByteArray cue = { section, sizeof section };
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  ts = make_stream (&cue);
  fixture_feed (f, ts);
  g_assert_cmpuint (count_cues (f), ==, 1);
  g_assert_cmpstr (gst_structure_get_string (cue_message (f, 0), "text"), ==, "splice_null");
}

/* Also where packets are taken apart, each once; and in front of what follows from it. */
static void
test_in_a_break (const Way * way)
{
  g_autoptr (GByteArray) cue = media_splice_insert (42, AT_90K (150), 3 * 90000);
  g_autoptr (GByteArray) ts = make_stream (cue);
  g_autoptr (Fixture) f = fixture_new (way, "schedule=1+3 scte35=insert");
  gboolean told = FALSE;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  g_assert_cmpuint (fixture_count_states (f, "ended"), >=, 1);
  g_assert_cmpuint (count_cues (f), ==, 1);
  for (guint i = 0; i < f->messages->len; i++) {
    const GstStructure *s = gst_message_get_structure (g_ptr_array_index (f->messages, i));

    if (s && gst_structure_has_name (s, "scte35-cue"))
      told = TRUE;
    else if (s && gst_structure_has_field (s, "asked-pts-90k") &&
        state_u64 (s, "asked-pts-90k") == AT_90K (150))
      g_assert_true (told);
  }
}

/* What cannot be read is a warning, and no cue. */
static void
test_damaged (const Way * way)
{
  g_autoptr (GByteArray) cue = media_splice_insert (42, AT_90K (150), 3 * 90000);
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  cue->data[cue->len - 1] ^= 1;
  ts = make_stream (cue);
  fixture_feed (f, ts);
  g_assert_cmpuint (count_cues (f), ==, 0);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, 1);
}

static void
test_none (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  fixture_feed (f, ts);
  g_assert_cmpuint (count_cues (f), ==, 0);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/cue/fields", test_fields);
  fixture_add_test ("/cue/not-wanted", test_not_wanted);
  fixture_add_test ("/cue/heartbeat", test_heartbeat);
  fixture_add_tests ("/cue/in-a-break", test_in_a_break);
  fixture_add_test ("/cue/damaged", test_damaged);
  fixture_add_test ("/cue/none", test_none);
  return fixture_run ();
}
