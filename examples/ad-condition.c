/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ad-condition: makes a creative fit a live transport stream, so that tssplicer can play it in
 * there, and says what was changed.
 *
 *   ad-condition --like live.ts ad.mp4 ad.ts
 *
 * Beside ad.ts stands ad.ts.units.json. The output appears when it is whole. Exit code: 0, 1 (it
 * cannot be made), 2 (bad usage).
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "condition-report.h"

static gchar *like, *loudness, *video_encoder, *audio_encoder;
static gint unit, bit_rate;
static gboolean quiet;
static gchar **files;

static const GOptionEntry entries[] = {
  {"like", 'l', 0, G_OPTION_ARG_FILENAME, &like, "The stream that it shall fit: 10 s of it are enough", "LIVE"},
  {"loudness", 0, 0, G_OPTION_ARG_STRING, &loudness, "LUFS (-24), or match: that of LIVE", "LUFS"},
  {"unit", 0, 0, G_OPTION_ARG_INT, &unit, "Frames of a unit (as the GOPs of LIVE)", "N"},
  {"bit-rate", 0, 0, G_OPTION_ARG_INT, &bit_rate, "Of the video (80 % of that of LIVE)", "BIT/S"},
  {"video-encoder", 0, 0, G_OPTION_ARG_STRING, &video_encoder, "Element and its properties", "\"NAME KEY=VALUE\""},
  {"audio-encoder", 0, 0, G_OPTION_ARG_STRING, &audio_encoder, "Element and its properties", "\"NAME KEY=VALUE\""},
  {"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "No progress, no report", NULL},
  {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, "AD OUTPUT"},
  {NULL}
};

static GstElement *
make (GstElement * pipeline, const gchar * factory, const gchar * property, const gchar * value)
{
  GstElement *e = gst_element_factory_make (factory, NULL);

  if (!e) {
    fprintf (stderr, "The element %s is missing; is GST_PLUGIN_PATH set?\n", factory);
    return NULL;
  }
  if (property)
    g_object_set (e, property, value, NULL);
  gst_bin_add (GST_BIN (pipeline), e);
  return e;
}

static GstElement *
make_pipeline (const gchar * in, const gchar * out, const gchar * units)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *source = make (pipeline, "filesrc", "location", in);
  GstElement *bin = make (pipeline, "adconditionbin", "like", like);
  GstElement *sink = make (pipeline, "filesink", "location", out);

  if (!source || !bin || !sink) {
    gst_object_unref (pipeline);
    return NULL;
  }
  g_object_set (bin, "units-location", units, "unit", (guint) unit, "bit-rate", (guint) bit_rate, NULL);
  if (loudness)
    g_object_set (bin, "loudness", loudness, NULL);
  if (video_encoder)
    g_object_set (bin, "video-encoder", video_encoder, NULL);
  if (audio_encoder)
    g_object_set (bin, "audio-encoder", audio_encoder, NULL);
  gst_element_link_many (source, bin, sink, NULL);
  return pipeline;
}

static void
print_error (GstMessage * message)
{
  GError *error = NULL;

  gst_message_parse_error (message, &error, NULL);
  if (!quiet && isatty (STDERR_FILENO))
    fputc ('\n', stderr);
  fprintf (stderr, "%s\n", error->message);
  g_error_free (error);
}

/* TRUE: it is over, and @ok says how. */
static gboolean
take_message (GstMessage * message, gboolean * ok, GstStructure ** report)
{
  gint percent;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_EOS:
      *ok = TRUE;
      return TRUE;
    case GST_MESSAGE_ERROR:
      print_error (message);
      return TRUE;
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, "ad-condition-report"))
        *report = gst_structure_copy (gst_message_get_structure (message));
      else if (!quiet && gst_message_has_name (message, "ad-condition-progress") &&
          gst_structure_get_int (gst_message_get_structure (message), "percent", &percent))
        condition_progress (percent);
      return FALSE;
    default:
      return FALSE;
  }
}

static gboolean
run (GstElement * pipeline, GstStructure ** report)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  gboolean over = FALSE, ok = FALSE;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!over) {
    GstMessage *message = gst_bus_timed_pop (bus, GST_CLOCK_TIME_NONE);

    over = take_message (message, &ok, report);
    gst_message_unref (message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  return ok && *report;
}

/* Both files under other names until they are whole. */
static int
condition (const gchar * in, const gchar * out)
{
  g_autofree gchar *units = g_strconcat (out, ".units.json", NULL);
  g_autofree gchar *part = g_strconcat (out, ".part", NULL);
  g_autofree gchar *units_part = g_strconcat (units, ".part", NULL);
  GstStructure *report = NULL;
  GstElement *pipeline = make_pipeline (in, part, units_part);
  gboolean ok = pipeline && run (pipeline, &report);

  if (pipeline)
    gst_object_unref (pipeline);
  if (ok && (g_rename (units_part, units) != 0 || g_rename (part, out) != 0)) {
    fprintf (stderr, "%s cannot be written: %s\n", out, g_strerror (errno));
    ok = FALSE;
  }
  if (ok && !quiet)
    condition_report_print (report, out);
  if (!ok) {
    g_unlink (part);
    g_unlink (units_part);
  }
  if (report)
    gst_structure_free (report);
  return ok ? 0 : 1;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- makes a creative fit a live stream");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    fprintf (stderr, "%s\n", error->message);
    return 2;
  }
  if (!like || !files || g_strv_length (files) != 2 || unit < 0 || bit_rate < 0) {
    fprintf (stderr, "usage: ad-condition --like LIVE.ts AD OUTPUT.ts (--help says more)\n");
    return 2;
  }
  return condition (files[0], files[1]);
}
