/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adsplicebin: pairs of pads, each with its splicer, and creatives from files, opened anew for each
 * break. Messages are the channel's, once each.
 */
#include <string.h>

#include "bin-fixture.h"

#define AT_90K(number) (10 * 90000 + (guint64) (number) * MEDIA_FRAME_90K)

/* --- breaks ------------------------------------------------------------------------- */

static void
test_schedule (const Way * way)
{
  g_auto (Bench) b;
  const GstStructure *decision;

  bench_init (&b, way, 0);
  bench_set (&b, "schedule", "2+5,9+2");
  b.f[0] = fixture_new_pair (way, b.bin, 0);
  bench_feed_all (&b, 1);
  /* both in the first break; in the second one the first of the list does not fit any more */
  bench_assert_pictures (&b, 0, "1:0-49,2:0-74,3:0-49,1:175-224,3:0-49,1:275-299");
  g_assert_cmpuint (bench_count_states (&b, "started"), ==, 2);
  g_assert_cmpuint (bench_count_states (&b, "ended"), ==, 2);
  decision = bench_find_message (&b, "ad-break-decision", NULL, 1);
  g_assert_nonnull (decision);
  g_assert_cmpuint (gst_value_list_get_size (gst_structure_get_value (decision, "ads")), ==, 1);
  g_assert_cmpstr (gst_structure_get_string (gst_value_get_structure (gst_value_list_get_value
              (gst_structure_get_value (decision, "skipped"), 0)), "reason"), ==, "too-long");
  g_assert_cmpuint (b.errors, ==, 0);
}

/* No pair at all, then one: the signal goes to it. */
static void
test_signal (const Way * way)
{
  g_auto (Bench) b;
  g_autofree gchar *none = NULL, *id = NULL, *second = NULL;
  gsize half;

  bench_init (&b, way, 0);
  g_signal_emit_by_name (b.bin, "insert-ad-break", (guint64) 3 * GST_SECOND, NULL, &none);
  g_assert_null (none);
  b.f[0] = fixture_new_pair (way, b.bin, 0);
  half = reading_offset_of (b.ts, 1, 110);
  fixture_feed_part (b.f[0], b.ts, 0, half);
  g_signal_emit_by_name (b.bin, "insert-ad-break", (guint64) 3 * GST_SECOND, NULL, &id);
  g_assert_nonnull (id);
  g_signal_emit_by_name (b.bin, "insert-ad-break", (guint64) 3 * GST_SECOND, NULL, &second);
  g_assert_null (second);
  fixture_feed_part (b.f[0], b.ts, half, b.ts->len);
  fixture_eos (b.f[0]);
  bench_assert_pictures (&b, 0, "1:0-124,2:0-74,1:200-299");
  g_assert_cmpstr (gst_structure_get_string (bench_find_message (&b, "ad-break-state-change", "skipped", 0), "reason"), ==,
      "conflict");
}

/* The out point is a lead time ahead of the call. */
static void
test_lead_time (const Way * way)
{
  g_auto (Bench) b;
  g_autofree gchar *id = NULL;
  gsize half;

  bench_init (&b, way, 1);
  bench_set (&b, "lead-time", "2400000000");
  half = reading_offset_of (b.ts, 1, 50);
  fixture_feed_part (b.f[0], b.ts, 0, half);
  g_signal_emit_by_name (b.bin, "insert-ad-break", (guint64) 3 * GST_SECOND, NULL, &id);
  g_assert_nonnull (id);
  fixture_feed_part (b.f[0], b.ts, half, b.ts->len);
  fixture_eos (b.f[0]);
  bench_assert_pictures (&b, 0, "1:0-124,2:0-74,1:200-299");
  g_assert_cmpstr (gst_structure_get_string (bench_find_message (&b, "ad-break-state-change", "started", 0), "reason"), ==,
      "");
}

static void
test_slate (const Way * way)
{
  g_auto (Bench) b;
  g_autofree gchar *slate = NULL;

  bench_init (&b, way, 0);
  slate = g_build_filename (b.folder, "slate.ts", NULL);
  g_object_set (b.bin, "slate-uri", slate, NULL);
  bench_set (&b, "schedule", "2+6");
  b.f[0] = fixture_new_pair (way, b.bin, 0);
  /* all of the slate has to be there before it can fill */
  g_usleep (50000);
  bench_feed_all (&b, 1);
  bench_assert_pictures (&b, 0, "1:0-49,2:0-74,3:0-49,4:0-24,1:200-299");
}

/* What cannot be read is left out, and is no error of the programme. */
static void
test_missing (const Way * way)
{
  g_auto (Bench) b;
  g_autofree gchar *uris = NULL, *text = NULL;

  bench_init (&b, way, 0);
  text = g_build_filename (b.folder, "text.ts", NULL);
  g_assert_true (g_file_set_contents (text, "this is no transport stream", -1, NULL));
  uris = g_strdup_printf ("%s/none.ts,%s,http://example.com/x.ts,file://%s/three.ts", b.folder, text, b.folder);
  g_object_set (b.bin, "creative-uris", uris, NULL);
  bench_set (&b, "schedule", "2+2");
  b.f[0] = fixture_new_pair (way, b.bin, 0);
  bench_feed_all (&b, 1);
  bench_assert_pictures (&b, 0, "1:0-49,3:0-49,1:100-299");
  bench_take_messages (&b);
  g_assert_cmpuint (b.errors, ==, 0);
  g_assert_cmpuint (b.warnings, ==, 3);
}

/* Nothing to play: the programme does, and one message says so. */
static void
test_nothing (const Way * way)
{
  g_auto (Bench) b;

  bench_init (&b, way, 0);
  g_object_set (b.bin, "creative-uris", NULL, NULL);
  bench_set (&b, "schedule", "2+2");
  b.f[0] = fixture_new_pair (way, b.bin, 0);
  bench_feed_all (&b, 1);
  bench_assert_pictures (&b, 0, "1:0-299");
  g_assert_cmpuint (bench_count_states (&b, "skipped"), ==, 1);
  g_assert_cmpstr (gst_structure_get_string (bench_find_message (&b, "ad-break-state-change", "skipped", 0), "reason"), ==,
      "no-creative");
}

/* Nobody is decided for: the break is told of, and shows the programme. */
static void
test_no_decision (const Way * way)
{
  g_auto (Bench) b;
  const GstStructure *s;

  bench_init (&b, way, 0);
  bench_set (&b, "decisions", "viewers");
  bench_set (&b, "schedule", "2+2");
  b.f[0] = fixture_new_pair (way, b.bin, 0);
  bench_feed_all (&b, 1);
  bench_assert_pictures (&b, 0, "1:0-299");
  s = bench_find_message (&b, "ad-break-decision", NULL, 0);
  g_assert_nonnull (s);
  g_assert_false (gst_structure_has_field (s, "ads"));
  g_assert_nonnull (strstr (gst_structure_get_string (s, "detail"), "decisions"));
  g_assert_cmpstr (gst_structure_get_string (bench_find_message (&b, "ad-break-state-change", "skipped", 0), "reason"), ==,
      "no-creative");
  g_assert_cmpuint (b.errors, ==, 0);
}

/* A cue, and what tssplicer can besides: `network`, `insertion=mark`. */
static void
test_cue_and_network (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) cue = media_splice_insert (42, AT_90K (100), 3 * 90000);
  g_auto (Bench) b;
  GstPad *pad;

  bench_init (&b, way, 1);
  spec.cue_pid = TRUE;
  spec.cue = cue->data;
  spec.cue_size = cue->len;
  spec.cue_at_90k = 90000;
  g_byte_array_unref (b.ts);
  b.ts = media_make (&spec);
  g_assert_null (gst_element_request_pad_simple (b.bin, "network_7"));
  pad = gst_element_request_pad_simple (b.bin, "network_0");
  g_assert_nonnull (pad);
  bench_feed_all (&b, 1);
  bench_assert_pictures (&b, 0, "1:0-99,2:0-74,1:175-299");
  gst_element_release_request_pad (b.bin, pad);
  gst_object_unref (pad);
  g_assert_cmpuint (bench_count_states (&b, "scheduled"), ==, 1);
  g_assert_nonnull (bench_find_message (&b, "scte35-cue", NULL, 0));
  g_assert_null (bench_find_message (&b, "scte35-cue", NULL, 1));
}

/* Several breaks, creatives opened anew for each; nothing is left of them. */
static void
test_many (const Way * way)
{
  g_auto (Bench) b;
  guint sources = 0;

  bench_init (&b, way, 0);
  bench_set (&b, "schedule", "1+2,4+2,7+2,10+2");
  g_object_set (b.bin, "creative-uris", "", NULL);
  {
    g_autofree gchar *uri = g_build_filename (b.folder, "three.ts", NULL);
    g_object_set (b.bin, "creative-uris", uri, NULL);
  }
  b.f[0] = fixture_new_pair (way, b.bin, 0);
  bench_feed_all (&b, 1);
  bench_assert_pictures (&b, 0, "1:0-24,3:0-49,1:75-99,3:0-49,1:150-174,3:0-49,1:225-249,3:0-49");
  /* the worker takes what is over away */
  for (guint i = 0; i < 200 && GST_BIN_NUMCHILDREN (b.bin) > 1; i++)
    g_usleep (10000);
  sources = (guint) GST_BIN_NUMCHILDREN (b.bin);
  g_assert_cmpuint (sources, ==, 1);
}

/* --- renditions ------------------------------------------------------------------------ */

static void
test_three (const Way * way)
{
  g_auto (Bench) b;
  GstStructure *stats = NULL;
  guint64 breaks = 0;

  bench_init (&b, way, 0);
  bench_set (&b, "schedule", "2+5");
  for (guint i = 0; i < 3; i++)
    b.f[i] = fixture_new_pair (way, b.bin, i);
  bench_feed_all (&b, 3);
  for (guint i = 0; i < 3; i++)
    bench_assert_pictures (&b, i, "1:0-49,2:0-74,3:0-49,1:175-299");
  g_assert_cmpuint (bench_count_states (&b, "scheduled"), ==, 1);
  g_assert_cmpuint (bench_count_states (&b, "started"), ==, 1);
  g_assert_cmpuint (bench_count_states (&b, "creative-started"), ==, 2);
  g_assert_cmpuint (bench_count_states (&b, "creative-ended"), ==, 2);
  g_assert_cmpuint (bench_count_states (&b, "ended"), ==, 1);
  g_object_get (b.bin, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "breaks", &breaks));
  g_assert_cmpuint (breaks, ==, 3);
  g_assert_cmpuint (gst_value_list_get_size (gst_structure_get_value (stats, "renditions")), ==, 3);
  gst_structure_free (stats);
}

/* A file for each rendition: %u. One is missing: that one shows the programme. */
static void
test_variants (const Way * way)
{
  g_auto (Bench) b;
  g_autofree gchar *zero = NULL, *two = NULL, *uri = NULL;
  const GstStructure *s;

  bench_init (&b, way, 0);
  zero = bench_write_creative (&b, "v-0.ts", 5, 75);
  two = bench_write_creative (&b, "v-2.ts", 6, 75);
  uri = g_build_filename (b.folder, "v-%u.ts", NULL);
  g_object_set (b.bin, "creative-uris", uri, NULL);
  bench_set (&b, "schedule", "2+3");
  for (guint i = 0; i < 3; i++)
    b.f[i] = fixture_new_pair (way, b.bin, i);
  bench_feed_all (&b, 3);
  bench_assert_pictures (&b, 0, "1:0-49,5:0-74,1:125-299");
  bench_assert_pictures (&b, 1, "1:0-299");
  bench_assert_pictures (&b, 2, "1:0-49,6:0-74,1:125-299");
  s = bench_find_message (&b, "ad-break-rendition-state-change", "skipped", 0);
  g_assert_nonnull (s);
  g_assert_cmpstr (gst_structure_get_string (s, "rendition"), ==, "1");
  g_assert_cmpuint (bench_count_states (&b, "skipped"), ==, 0);
}

/* One comes while the others play, one goes in a break. */
static void
test_dynamic (const Way * way)
{
  g_auto (Bench) b;
  gsize at[4];

  bench_init (&b, way, 0);
  bench_set (&b, "schedule", "2+3,8+2");
  at[0] = 0;
  at[1] = reading_offset_of (b.ts, 1, 75);
  at[2] = reading_offset_of (b.ts, 1, 150);
  at[3] = b.ts->len;
  for (guint i = 0; i < 2; i++)
    b.f[i] = fixture_new_pair (way, b.bin, i);
  for (guint i = 0; i < 2; i++)
    fixture_feed_part (b.f[i], b.ts, at[0], at[1]);
  g_clear_pointer (&b.f[1], fixture_free);
  fixture_feed_part (b.f[0], b.ts, at[1], at[2]);
  b.f[2] = fixture_new_pair (way, b.bin, 2);
  for (guint i = 0; i < 3; i += 2) {
    fixture_feed_part (b.f[i], b.ts, at[2], at[3]);
    fixture_eos (b.f[i]);
  }
  bench_assert_pictures (&b, 0, "1:0-49,2:0-74,1:125-199,3:0-49,1:250-299");
  bench_assert_pictures (&b, 2, "1:150-199,3:0-49,1:250-299");
}

/* --- states ------------------------------------------------------------------------------ */

static void
test_up_and_down (const Way * way)
{
  g_auto (Bench) b;

  bench_init (&b, way, 0);
  bench_set (&b, "schedule", "2+5");
  for (guint i = 0; i < 2; i++)
    b.f[i] = fixture_new_pair (way, b.bin, i);
  for (guint turn = 0; turn < 20; turn++) {
    for (guint i = 0; i < 2; i++)
      fixture_feed_part (b.f[i], b.ts, 0, turn % 3 == 0 ? 0 : b.ts->len * (turn % 5) / 5);
    g_assert_cmpint (gst_element_set_state (b.bin, turn & 1 ? GST_STATE_READY : GST_STATE_NULL), ==,
        GST_STATE_CHANGE_SUCCESS);
    g_assert_cmpint (GST_BIN_NUMCHILDREN (b.bin), ==, 2);
    g_assert_cmpint (gst_element_set_state (b.bin, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
  }
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests_of ("/adsplicebin/schedule", test_schedule, FALSE);
  fixture_add_test ("/adsplicebin/signal", test_signal);
  fixture_add_test ("/adsplicebin/lead-time", test_lead_time);
  fixture_add_test ("/adsplicebin/slate", test_slate);
  fixture_add_test ("/adsplicebin/missing", test_missing);
  fixture_add_test ("/adsplicebin/nothing", test_nothing);
  fixture_add_test ("/adsplicebin/no-decision", test_no_decision);
  fixture_add_test ("/adsplicebin/cue-and-network", test_cue_and_network);
  fixture_add_test ("/adsplicebin/many", test_many);
  fixture_add_tests_of ("/adsplicebin/three", test_three, FALSE);
  fixture_add_test ("/adsplicebin/variants", test_variants);
  fixture_add_test ("/adsplicebin/dynamic", test_dynamic);
  fixture_add_test ("/adsplicebin/up-and-down", test_up_and_down);
  return fixture_run ();
}
