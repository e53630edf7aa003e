/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a pipeline to its end, then prints the `stats` of its element `s`. For scripts:
 * gst-launch-1.0 has no way to read a property.
 *
 *   splice-stats ELEMENT...       as for gst-launch-1.0
 * Exit code 0, 1 when the pipeline fails, 2 when it cannot be made.
 */
#include <gst/gst.h>

#define RUN_SECONDS_MAX 120

static gboolean
run (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  gboolean ok;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, RUN_SECONDS_MAX * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  ok = message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  if (!ok)
    gst_printerrln ("splice-stats: %s", message ? "the pipeline fails" : "the pipeline does not come to an end");
  gst_clear_message (&message);
  gst_object_unref (bus);
  return ok;
}

int
main (int argc, char **argv)
{
  GError *error = NULL;
  GstElement *pipeline, *s;
  GstStructure *stats = NULL;
  gboolean ok;

  gst_init (&argc, &argv);
  pipeline = gst_parse_launchv ((const gchar **) argv + 1, &error);
  s = pipeline && GST_IS_BIN (pipeline) ? gst_bin_get_by_name (GST_BIN (pipeline), "s") : NULL;
  if (error || !s) {
    gst_printerrln ("splice-stats: %s", error ? error->message : "there is no element named s");
    return 2;
  }
  ok = run (pipeline);
  g_object_get (s, "stats", &stats, NULL);
  gst_println ("%" GST_PTR_FORMAT, stats);
  gst_clear_structure (&stats);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (s);
  gst_object_unref (pipeline);
  return ok ? 0 : 1;
}
