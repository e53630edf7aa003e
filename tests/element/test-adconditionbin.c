/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adconditionbin between a muxer and a sink: what it refuses and says, being stopped at any
 * moment, being used twice. What it makes is judged in tests/pipeline/condition.sh.
 */
#include <gst/check/gstcheck.h>
#include <gst/gst.h>
#include <string.h>

#define RENDITION(fps) "{\"rendition\":1,\"transport_stream_id\":1,\"program_number\":1,\"pmt_pid\":256,\"pcr_pid\":257," \
  "\"pat_version\":0,\"pmt_version\":0,\"fps_num\":" fps ",\"fps_den\":1,\"reorder_90k\":3600,\"gop\":25," \
  "\"descriptors\":\"\",\"video\":{\"width\":160,\"height\":96,\"sar_num\":1,\"sar_den\":1,\"profile_idc\":77," \
  "\"profile_compat\":64,\"level_idc\":13,\"chroma_format_idc\":1,\"bit_depth\":8,\"colour_primaries\":1," \
  "\"transfer_characteristics\":1,\"matrix_coefficients\":1,\"max_reorder\":1,\"interlaced\":false," \
  "\"low_delay\":false,\"full_range\":false},\"tracks\":[{\"codec\":\"h264\",\"pid\":257,\"stream_type\":27," \
  "\"bit_rate\":300000,\"sample_rate\":0,\"channels\":0,\"layer\":0,\"descriptors\":\"\"},{\"codec\":\"aac-adts\"," \
  "\"pid\":258,\"stream_type\":15,\"bit_rate\":64000,\"sample_rate\":48000,\"channels\":2,\"layer\":0," \
  "\"descriptors\":\"\"}]}"

#define SOURCE "videotestsrc num-buffers=%u ! video/x-raw,format=I420,width=64,height=64,framerate=25/1 ! m. " \
  "audiotestsrc num-buffers=%u samplesperbuffer=1764 ! audio/x-raw,rate=44100,channels=1 ! m. " \
  "matroskamux name=m ! adconditionbin name=a ! fakesink name=out signal-handoffs=true"

typedef struct
{
  GstElement *pipeline, *bin;
  guint64 bytes;
  guint reports;
  guint64 frames;
} Fixture;

static void
on_handoff (GstElement * sink, GstBuffer * buffer, GstPad * pad, gpointer user_data)
{
  Fixture *f = user_data;

  f->bytes += gst_buffer_get_size (buffer);
}

static gint alive;              /* elements inside that have not been freed; atomic */

static void
on_freed (gpointer data, GObject * object)
{
  g_atomic_int_add (&alive, -1);
}

static void
on_element (GstBin * bin, GstBin * sub_bin, GstElement * element, gpointer user_data)
{
  g_atomic_int_inc (&alive);
  g_object_weak_ref (G_OBJECT (element), on_freed, NULL);
}

static void
setup (Fixture * f, const gchar * text)
{
  GError *error = NULL;
  GstElement *sink;

  f->pipeline = gst_parse_launch (text, &error);
  g_assert_no_error (error);
  g_signal_connect (f->pipeline, "deep-element-added", G_CALLBACK (on_element), NULL);
  f->bin = gst_bin_get_by_name (GST_BIN (f->pipeline), "a");
  sink = gst_bin_get_by_name (GST_BIN (f->pipeline), "out");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), f);
  gst_object_unref (sink);
  f->bytes = f->frames = 0;
  f->reports = 0;
}

static void
setup_pictures (Fixture * f, guint frames)
{
  gchar *text = g_strdup_printf (SOURCE, frames, frames);

  setup (f, text);
  g_free (text);
  g_object_set (f->bin, "rendition", RENDITION ("25"), NULL);
}

static void
teardown (Fixture * f)
{
  gst_element_set_state (f->pipeline, GST_STATE_NULL);
  gst_object_unref (f->bin);
  gst_object_unref (f->pipeline);
  /* a thread that GStreamer lends may be the last to let go */
  for (guint i = 0; i < 200 && g_atomic_int_get (&alive) > 0; i++)
    g_usleep (10000);
  g_assert_cmpint (g_atomic_int_get (&alive), ==, 0);
}

/* Until it ends. Returns: (transfer full): the text of the error, or NULL at EOS */
static gchar *
run (Fixture * f)
{
  GstBus *bus = gst_element_get_bus (f->pipeline);
  gchar *text = NULL;
  gboolean over = FALSE;

  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  while (!over) {
    GstMessage *m = gst_bus_timed_pop (bus, 30 * GST_SECOND);
    GError *error = NULL;

    g_assert_nonnull (m);
    over = GST_MESSAGE_TYPE (m) == GST_MESSAGE_EOS || GST_MESSAGE_TYPE (m) == GST_MESSAGE_ERROR;
    if (GST_MESSAGE_TYPE (m) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (m, &error, NULL);
      text = g_strdup (error->message);
      g_error_free (error);
    } else if (gst_message_has_name (m, "ad-condition-report")) {
      f->reports++;
      gst_structure_get_uint64 (gst_message_get_structure (m), "frames", &f->frames);
    }
    gst_message_unref (m);
  }
  gst_element_set_state (f->pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  return text;
}

static void
expect_error (Fixture * f, const gchar * part)
{
  gchar *text = run (f);

  g_assert_nonnull (text);
  if (!strstr (text, part))
    g_error ("\"%s\" is not in: %s", part, text);
  g_assert_cmpuint (f->reports, ==, 0);
  g_assert_cmpuint (f->bytes, ==, 0);
  g_free (text);
}

static gboolean
no_encoders (void)
{
  GstElementFactory *video = gst_element_factory_find ("x264enc"), *audio = gst_element_factory_find ("avenc_aac");
  gboolean missing = !video || !audio;

  g_clear_object (&video);
  g_clear_object (&audio);
  if (missing)
    g_test_skip ("x264enc or avenc_aac is not installed");
  return missing;
}

static void
test_works_twice (void)
{
  Fixture f;

  if (no_encoders ())
    return;
  setup_pictures (&f, 60);
  for (guint i = 1; i <= 2; i++) {
    gchar *text = run (&f);
    GstStructure *report;

    g_assert_cmpstr (text, ==, NULL);
    g_assert_cmpuint (f.reports, ==, i);
    g_assert_cmpuint (f.frames, ==, 60);
    g_object_get (f.bin, "report", &report, NULL);
    g_assert_true (gst_structure_has_field_typed (report, "loudness-before", G_TYPE_DOUBLE));
    g_assert_true (gst_structure_has_field_typed (report, "units", G_TYPE_STRING));
    gst_structure_free (report);
  }
  g_assert_cmpuint (f.bytes, >, 0);
  g_assert_cmpuint (f.bytes % 188, ==, 0);
  teardown (&f);
}

static void
test_no_rendition (void)
{
  Fixture f;

  setup_pictures (&f, 10);
  g_object_set (f.bin, "rendition", NULL, NULL);
  expect_error (&f, "set like to");
  g_object_set (f.bin, "rendition", "{}", NULL);
  expect_error (&f, "make it anew");
  g_object_set (f.bin, "rendition", NULL, "like", "/nowhere/live.ts", NULL);
  expect_error (&f, "/nowhere/live.ts");
  teardown (&f);
}

static void
test_wrong_settings (void)
{
  Fixture f;

  setup_pictures (&f, 10);
  g_object_set (f.bin, "loudness", "loud", NULL);
  expect_error (&f, "is no loudness");
  g_object_set (f.bin, "loudness", "match", NULL);
  expect_error (&f, "set like to a piece");
  g_object_set (f.bin, "loudness", "-24", "video-encoder", "no-such-encoder bitrate=1", NULL);
  expect_error (&f, "video-encoder");
  g_object_set (f.bin, "video-encoder", NULL, "audio-encoder", "no-such-encoder", NULL);
  expect_error (&f, "audio-encoder");
  teardown (&f);
}

static void
test_no_pictures (void)
{
  Fixture f;

  if (no_encoders ())
    return;
  setup (&f, "audiotestsrc num-buffers=20 ! wavenc ! adconditionbin name=a ! fakesink name=out signal-handoffs=true");
  g_object_set (f.bin, "rendition", RENDITION ("25"), NULL);
  expect_error (&f, "no pictures");
  teardown (&f);
}

static void
test_too_long (void)
{
  Fixture f;

  if (no_encoders ())
    return;
  setup_pictures (&f, 60);
  g_object_set (f.bin, "max-duration", GST_SECOND, NULL);
  expect_error (&f, "longer than 1 s");
  teardown (&f);
}

/* In all its phases: nothing hangs, nothing is left. */
static void
test_stopped (void)
{
  Fixture f;

  if (no_encoders ())
    return;
  setup_pictures (&f, 2000);
  for (guint i = 0; i < 30; i++) {
    gint64 before;

    gst_element_set_state (f.pipeline, GST_STATE_PLAYING);
    g_usleep (i * 7000);
    before = g_get_monotonic_time ();
    gst_element_set_state (f.pipeline, GST_STATE_NULL);
    g_assert_cmpint (g_get_monotonic_time () - before, <, 5 * G_USEC_PER_SEC);
  }
  teardown (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/adconditionbin/works-twice", test_works_twice);
  g_test_add_func ("/adconditionbin/no-rendition", test_no_rendition);
  g_test_add_func ("/adconditionbin/wrong-settings", test_wrong_settings);
  g_test_add_func ("/adconditionbin/no-pictures", test_no_pictures);
  g_test_add_func ("/adconditionbin/too-long", test_too_long);
  g_test_add_func ("/adconditionbin/stopped", test_stopped);
  return g_test_run ();
}
