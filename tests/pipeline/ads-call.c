/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a pipeline to its end and calls for breaks on the way, as an operator would. For scripts:
 * gst-launch-1.0 emits no signals.
 *
 *   ads-call AT+DURATION,... ELEMENT...      seconds after the pipeline plays; as for gst-launch-1.0
 *
 * The element `s` is called; what the bus says of breaks is printed, a line each.
 * Exit code 0, 1 when the pipeline fails, 2 when it cannot be made.
 */
#include <gst/gst.h>

#define RUN_SECONDS_MAX 300

typedef struct
{
  GstElement *s;
  guint64 seconds;
} Call;

static gboolean
on_time (gpointer user_data)
{
  const Call *call = user_data;
  gchar *id = NULL;

  g_signal_emit_by_name (call->s, "insert-ad-break", call->seconds * GST_SECOND, NULL, &id);
  gst_println ("called %s", id ? id : "(refused)");
  g_free (id);
  return G_SOURCE_REMOVE;
}

/* FALSE when @text is no list of calls. */
static gboolean
plan (const gchar * text, GstElement * s)
{
  g_auto (GStrv) list = g_strsplit (text, ",", -1);

  for (guint i = 0; list[i]; i++) {
    g_auto (GStrv) parts = g_strsplit (list[i], "+", 2);
    Call *call = g_new0 (Call, 1);
    guint64 at_s;

    call->s = s;
    if (g_strv_length (parts) != 2 || !g_ascii_string_to_unsigned (parts[0], 10, 0, RUN_SECONDS_MAX, &at_s, NULL) ||
        !g_ascii_string_to_unsigned (parts[1], 10, 1, RUN_SECONDS_MAX, &call->seconds, NULL)) {
      g_free (call);
      return FALSE;
    }
    g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, (guint) at_s, on_time, call, g_free);
  }
  return TRUE;
}

typedef struct
{
  GMainLoop *loop;
  gboolean ok;
} Run;

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Run *run = user_data;
  const GstStructure *s = gst_message_get_structure (message);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT && s && g_str_has_prefix (gst_structure_get_name (s), "ad-"))
    gst_println ("%" GST_PTR_FORMAT, s);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_printerrln ("ads-call: %" GST_PTR_FORMAT, s);
  run->ok = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  if (run->ok || GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    g_main_loop_quit (run->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_too_long (gpointer loop)
{
  gst_printerrln ("ads-call: the pipeline does not come to an end");
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

int
main (int argc, char **argv)
{
  GError *error = NULL;
  GstElement *pipeline, *s;
  GstBus *bus;
  Run run = { NULL, FALSE };

  gst_init (&argc, &argv);
  pipeline = argc > 2 ? gst_parse_launchv ((const gchar **) argv + 2, &error) : NULL;
  s = pipeline && GST_IS_BIN (pipeline) ? gst_bin_get_by_name (GST_BIN (pipeline), "s") : NULL;
  if (error || !s || !plan (argv[1], s)) {
    gst_printerrln ("ads-call: %s", error ? error->message : "calls, or an element named s, are missing");
    return 2;
  }
  run.loop = g_main_loop_new (NULL, FALSE);
  g_timeout_add_seconds (RUN_SECONDS_MAX, on_too_long, run.loop);
  bus = gst_element_get_bus (pipeline);
  gst_bus_add_watch (bus, on_message, &run);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_main_loop_run (run.loop);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  gst_object_unref (s);
  gst_object_unref (pipeline);
  g_main_loop_unref (run.loop);
  return run.ok ? 0 : 1;
}
