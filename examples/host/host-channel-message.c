/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the bus of a channel says. */
#include "host-channel-private.h"

#include <string.h>

#include "host-log.h"

static HostOutput *
output_of (GstObject * object)
{
  for (; object; object = GST_OBJECT_PARENT (object)) {
    HostOutput *output = g_object_get_data (G_OBJECT (object), "host-output");

    if (output)
      return output;
  }
  return NULL;
}

static HostInput *
input_of (HostChannel * channel, GstObject * object)
{
  for (guint i = 0; i < channel->n_renditions; i++) {
    GstElement *bin = channel->inputs[i].bin;

    if (bin && (object == GST_OBJECT (bin) || gst_object_has_as_ancestor (object, GST_OBJECT (bin))))
      return &channel->inputs[i];
  }
  return NULL;
}

/* In the streaming thread that posts it, before the error goes up the stream. */
static GstBusSyncReply
on_message_at_once (GstBus * bus, GstMessage * message, gpointer unused)
{
  HostOutput *output = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR ? output_of (GST_MESSAGE_SRC (message)) : NULL;

  if (output)
    host_output_fail (output);
  return GST_BUS_PASS;
}

/* With what the element has to say beyond it, if there can be no secret of a URL in that. */
static gchar *
error_text (const GError * error, const gchar * debug)
{
  const gchar *detail = debug ? strchr (debug, '\n') : NULL;

  g_autofree gchar *text = g_strdup (error->message);

  if (g_str_has_suffix (text, "."))
    text[strlen (text) - 1] = 0;
  if (!detail || !detail[1] || strstr (detail, "://"))
    return g_steal_pointer (&text);
  return g_strdup_printf ("%s (%s)", text, detail + 1);
}

static void
on_error (HostChannel * channel, GstMessage * message)
{
  GstObject *source = GST_MESSAGE_SRC (message);
  HostInput *input = input_of (channel, source);
  HostOutput *output = output_of (source);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL, *text = NULL;

  gst_message_parse_error (message, &error, &debug);
  text = error_text (error, debug);
  if (input)
    host_channel_input_failed (channel, input, text);
  else if (output && output->bin)
    host_channel_output_failed (channel, output, text);
  else if (!output && gst_object_has_as_ancestor (source, GST_OBJECT (channel->pipeline)))
    host_channel_failed (channel, text);
  /* else it is of something that was taken out meanwhile */
}

static void
on_warning (HostChannel * channel, GstMessage * message)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_warning (message, &error, NULL);
  host_log (HOST_WARNING, channel->mine->name, "%s", error->message);
}

static void
on_break_state (HostChannel * channel, const GstStructure * fields)
{
  const gchar *id = gst_structure_get_string (fields, "break-id"), *state = gst_structure_get_string (fields, "state");
  const gchar *reason = gst_structure_get_string (fields, "reason");
  gint64 error_90k = 0;

  if (!id || !state)
    return;
  gst_structure_get_int64 (fields, "error-90k", &error_90k);
  host_log (HOST_INFO, channel->mine->name, "break %s %s, %+.0f ms%s%s", id, state, (gdouble) error_90k / 90,
      reason && *reason ? ", " : "", reason ? reason : "");
  host_channel_break_changed (channel, id, state);
}

/* What plays, and what does not. */
static void
on_decision (HostChannel * channel, const GstStructure * fields)
{
  static const gchar *const lists[] = { "ads", "skipped" };
  const gchar *outcome = gst_structure_get_string (fields, "outcome"), *detail = gst_structure_get_string (fields, "detail");

  if (detail && *detail)
    host_log (HOST_WARNING, channel->mine->name, "the ad server's answer: %s: %s", outcome ? outcome : "?", detail);
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++) {
    const GValue *list = gst_structure_get_value (fields, lists[i]);

    for (guint k = 0; list && k < gst_value_list_get_size (list); k++) {
      const GstStructure *ad = gst_value_get_structure (gst_value_list_get_value (list, k));
      const gchar *id = gst_structure_get_string (ad, "ad-id"), *reason = gst_structure_get_string (ad, "reason");
      const gchar *asset = gst_structure_get_string (ad, "asset-id"), *uri = gst_structure_get_string (ad, "uri");
      guint64 duration_ns = 0;

      gst_structure_get_uint64 (ad, "duration", &duration_ns);
      host_log (HOST_INFO, channel->mine->name, "ad %s of %.1f s %s", id ? id : asset ? asset : uri ? uri : "?",
          (gdouble) duration_ns / GST_SECOND, reason ? reason : "will play");
    }
  }
}

static void
on_element (HostChannel * channel, GstMessage * message)
{
  const GstStructure *fields = gst_message_get_structure (message);

  if (gst_structure_has_name (fields, "ad-break-state-change")) {
    on_break_state (channel, fields);
  } else if (gst_structure_has_name (fields, "ad-break-decision")) {
    on_decision (channel, fields);
  } else if (gst_structure_has_name (fields, "host-input-ended")) {
    HostInput *input = input_of (channel, GST_MESSAGE_SRC (message));

    if (input)
      host_channel_input_ended (channel, input);
  }
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  HostChannel *channel = data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      on_error (channel, message);
      break;
    case GST_MESSAGE_WARNING:
      on_warning (channel, message);
      break;
    case GST_MESSAGE_ELEMENT:
      on_element (channel, message);
      break;
    case GST_MESSAGE_EOS:
      host_channel_eos (channel);
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency (GST_BIN (channel->pipeline));
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

void
host_channel_watch_bus (HostChannel * channel)
{
  GstBus *bus = gst_element_get_bus (channel->pipeline);

  gst_bus_set_sync_handler (bus, on_message_at_once, NULL, NULL);
  channel->bus_watch = gst_bus_create_watch (bus);
  g_source_set_callback (channel->bus_watch, (GSourceFunc) (void (*) (void)) on_message, channel, NULL);
  g_source_attach (channel->bus_watch, NULL);
  gst_object_unref (bus);
}

void
host_channel_unwatch_bus (HostChannel * channel)
{
  GstBus *bus;

  if (!channel->bus_watch)
    return;
  bus = gst_element_get_bus (channel->pipeline);
  g_source_destroy (channel->bus_watch);
  g_clear_pointer (&channel->bus_watch, g_source_unref);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_object_unref (bus);
}
