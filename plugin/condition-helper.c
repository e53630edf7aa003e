/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adsplice-condition SOURCE FOLDER SECONDS MEMORY_MIB FILE_BYTES < SETTINGS: makes creative.ts,
 * units.json and report.json in FOLDER out of a file that comes from outside. The store of
 * creatives starts it. SETTINGS: {"rendition":"...","unit":N,"loudness":"-24.0"}.
 * Says "progress N", and at the end "done" or "error CODE TEXT", CODE as in VAST.
 * Exit code: 0, 1 (it cannot be made), 2 (it was not started as it should be).
 */
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <asp-json-reader.h>

#include "condition-sandbox.h"

#define SETTINGS_MAX (256u << 10)
#define CODE_UNSUPPORTED 403
#define CODE_TROUBLE 405

static void
say_error (guint code, const gchar * text)
{
  g_autofree gchar *line = g_strdelimit (g_strdup (text), "\r\n", ' ');

  printf ("error %u %.900s\n", code, line);
  fflush (stdout);
}

/* --- the pipeline ----------------------------------------------------------------------- */

/* In a build folder the plug-ins lie beside this program. */
static void
find_plugin (const gchar * element, const gchar * file)
{
  GstElementFactory *factory = gst_element_factory_find (element);
  g_autofree gchar *self = factory ? NULL : g_file_read_link ("/proc/self/exe", NULL);
  g_autofree gchar *folder = self ? g_path_get_dirname (self) : NULL;
  g_autofree gchar *path = folder ? g_build_filename (folder, file, NULL) : NULL;
  GstPlugin *plugin = path ? gst_plugin_load_file (path, NULL) : NULL;

  gst_clear_object (&factory);
  gst_clear_object (&plugin);
}

static GstElement *
add (GstElement * pipeline, const gchar * factory)
{
  GstElement *e = gst_element_factory_make (factory, NULL);

  if (e)
    gst_bin_add (GST_BIN (pipeline), e);
  return e;
}

static GstElement *
make_pipeline (const gchar * source, const gchar * folder, const AspJson * settings)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *in = add (pipeline, "filesrc"), *bin = add (pipeline, "adconditionbin"), *out = add (pipeline, "filesink");
  g_autofree gchar *ts = g_build_filename (folder, "creative.ts", NULL);
  g_autofree gchar *units = g_build_filename (folder, "units.json", NULL);
  const gchar *rendition = asp_json_string (asp_json_member (settings, "rendition"));
  const gchar *loudness = asp_json_string (asp_json_member (settings, "loudness"));
  gint64 unit = 0;

  asp_json_integer (asp_json_member (settings, "unit"), &unit);
  if (!in || !bin || !out || !rendition || !loudness) {
    gst_object_unref (pipeline);
    return NULL;
  }
  g_object_set (in, "location", source, NULL);
  g_object_set (bin, "rendition", rendition, "loudness", loudness, "unit", (guint) unit, "units-location", units, NULL);
  g_object_set (out, "location", ts, NULL);
  gst_element_link_many (in, bin, out, NULL);
  return pipeline;
}

/* --- the report ------------------------------------------------------------------------- */

static gboolean
add_field (GQuark id, const GValue * value, gpointer user_data)
{
  AspJsonWriter *w = user_data;
  const gchar *name = g_quark_to_string (id);

  if (G_VALUE_HOLDS_DOUBLE (value))
    asp_json_add_double (w, name, g_value_get_double (value));
  else if (G_VALUE_HOLDS_UINT64 (value))
    asp_json_add_int (w, name, (gint64) g_value_get_uint64 (value));
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    asp_json_add_boolean (w, name, g_value_get_boolean (value));
  return TRUE;
}

static gboolean
write_report (const GstStructure * report, const gchar * folder)
{
  g_autofree gchar *path = g_build_filename (folder, "report.json", NULL);
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  const GValue *changes = gst_structure_get_value (report, "changes");

  asp_json_begin_object (w, NULL);
  gst_structure_foreach (report, add_field, w);
  asp_json_begin_array (w, "changes");
  for (guint i = 0; changes && i < gst_value_array_get_size (changes); i++)
    asp_json_add_string (w, NULL, g_value_get_string (gst_value_array_get_value (changes, i)));
  asp_json_end_array (w);
  asp_json_end_object (w);
  return g_file_set_contents (path, asp_json_writer_text (w), -1, NULL);
}

/* --- running ---------------------------------------------------------------------------- */

static void
take_error (GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  gboolean unsupported;

  gst_message_parse_error (message, &error, NULL);
  unsupported = g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND) ||
      g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE) ||
      g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND);
  say_error (unsupported ? CODE_UNSUPPORTED : CODE_TROUBLE, error->message);
}

static int
run (GstElement * pipeline, const gchar * folder)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  gboolean reported = FALSE;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (;;) {
    GstMessage *message = gst_bus_timed_pop (bus, GST_CLOCK_TIME_NONE);
    const GstStructure *s = gst_message_get_structure (message);
    gint percent;

    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      take_error (message);
      return 1;
    }
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
      break;
    if (gst_message_has_name (message, "ad-condition-report"))
      reported = write_report (s, folder);
    else if (gst_message_has_name (message, "ad-condition-progress") && gst_structure_get_int (s, "percent", &percent))
      printf ("progress %d\n", percent);
    fflush (stdout);
    gst_message_unref (message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (!reported) {
    say_error (CODE_TROUBLE, "The report cannot be written");
    return 1;
  }
  puts ("done");
  return 0;
}

static AspJson *
read_settings (void)
{
  g_autofree gchar *text = g_malloc (SETTINGS_MAX);

  return asp_json_parse (text, fread (text, 1, SETTINGS_MAX, stdin), NULL);
}

int
main (int argc, char **argv)
{
  guint64 numbers[3];
  AspJson *settings;
  GstElement *pipeline;
  int code;

  condition_sandbox_settle ();
  for (guint i = 0; i < 3; i++)
    if (argc != 6 || !g_ascii_string_to_unsigned (argv[3 + i], 10, 1, G_MAXINT64, &numbers[i], NULL)) {
      say_error (CODE_TROUBLE, "usage: adsplice-condition SOURCE FOLDER SECONDS MEMORY_MIB FILE_BYTES < SETTINGS");
      return 2;
    }
  settings = read_settings ();
  condition_sandbox_limit (numbers[0], numbers[1], numbers[2]);
  gst_init (NULL, NULL);
  find_plugin ("adconditionbin", "libgstadsplice.so");
  find_plugin ("adconditionmpeg2", "libgstadsplicempeg2.so");
  pipeline = make_pipeline (argv[1], argv[2], settings);
  if (!pipeline) {
    say_error (CODE_TROUBLE, "GStreamer's plug-ins, or the settings, are not what they should be");
    return 2;
  }
  condition_sandbox_close (argv[2]);
  code = run (pipeline, argv[2]);
  fflush (stdout);
  /* decoders end with the process */
  _exit (code);
}
