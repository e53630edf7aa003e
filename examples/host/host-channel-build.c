/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pipeline of a channel. */
#include "host-channel-private.h"

#include <string.h>

#include "host-property.h"

/* "NAME:LINE: " in front of what is wrong with a key of ours. */
static void
prefix_key (HostChannel * channel, const gchar * key, GError ** error)
{
  g_autofree gchar *group = g_strdup_printf ("channel %s", channel->mine->name);
  g_autofree gchar *where = asp_config_where (channel->config->config, group, key);

  g_prefix_error (error, "%s: ", where);
}

/* Properties with @prefix, or all that have none. */
static gboolean
set_properties (HostChannel * channel, GstElement * element, const gchar * prefix, GError ** error)
{
  const GPtrArray *all = channel->mine->properties;

  for (guint i = 0; i < all->len; i++) {
    const AspConfigProperty *p = g_ptr_array_index (all, i);
    gboolean of_hls = g_str_has_prefix (p->name, "hls.");
    const gchar *name = p->name + (of_hls ? strlen ("hls.") : 0);

    if (of_hls != (*prefix != 0))
      continue;
    if (!strcmp (name, "channel") || !strcmp (name, "location") || !strcmp (name, "control") || !strcmp (name, "config")) {
      g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE, "%s is not set here; the host knows it from the "
          "group's name, from output= and from [control]", p->name);
      prefix_key (channel, p->name, error);
      return FALSE;
    }
    if (!host_property_set (element, prefix, name, p->value, error)) {
      prefix_key (channel, p->name, error);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
set_up_hls (GstElement * hls, gpointer data, GError ** error)
{
  return set_properties (data, hls, "hls.", error);
}

static gboolean
build_splicer (HostChannel * channel, GError ** error)
{
  const AspConfig *config = channel->config->config;

  channel->splicer = gst_element_factory_make ("adsplicebin", NULL);
  if (!channel->splicer) {
    g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE,
        "there is no element adsplicebin; set GST_PLUGIN_PATH to the folder of libgstadsplice.so");
    return FALSE;
  }
  gst_bin_add (GST_BIN (channel->pipeline), channel->splicer);
  g_object_set (channel->splicer, "channel", channel->mine->name, "config", config->name, "control", config->listen, NULL);
  return set_properties (channel, channel->splicer, "", error);
}

static void
build_rendition (HostChannel * channel, guint i)
{
  g_autofree gchar *sink = g_strdup_printf ("sink_%u", i), *src = g_strdup_printf ("src_%u", i);
  HostInput *input = &channel->inputs[i];

  input->uri = channel->mine->inputs[i];
  input->number = i;
  input->sink = gst_element_request_pad_simple (channel->splicer, sink);
  channel->tees[i] = gst_element_factory_make ("tee", NULL);
  /* an output that is gone for a while is none that fails */
  g_object_set (channel->tees[i], "allow-not-linked", TRUE, NULL);
  gst_bin_add (GST_BIN (channel->pipeline), channel->tees[i]);
  gst_element_link_pads (channel->splicer, src, channel->tees[i], "sink");
}

gboolean
host_channel_build_output (HostChannel * channel, HostOutput * output, GError ** error)
{
  return host_output_build (output, channel->pipeline, channel->n_renditions, channel->mine->name, set_up_hls, channel,
      error);
}

static gboolean
build_outputs (HostChannel * channel, GError ** error)
{
  channel->outputs = host_outputs_new (channel->mine->outputs, channel->n_renditions, error);
  if (!channel->outputs) {
    prefix_key (channel, "output", error);
    return FALSE;
  }
  for (guint i = 0; i < channel->outputs->len; i++) {
    if (!host_channel_build_output (channel, g_ptr_array_index (channel->outputs, i), error)) {
      /* that of a property has its line already */
      if (error && strstr ((*error)->message, channel->config->config->name) == NULL)
        prefix_key (channel, "output", error);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
build_inputs (HostChannel * channel, GError ** error)
{
  for (guint i = 0; i < channel->n_renditions; i++) {
    if (!host_input_build (&channel->inputs[i], channel->pipeline, error)) {
      prefix_key (channel, "input", error);
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
host_channel_build (HostChannel * channel, GError ** error)
{
  GstClock *clock = gst_system_clock_obtain ();

  channel->pipeline = gst_object_ref_sink (gst_pipeline_new (channel->mine->name));
  /* inputs come and go: none of them is the clock */
  gst_pipeline_use_clock (GST_PIPELINE (channel->pipeline), clock);
  gst_object_unref (clock);
  channel->n_renditions = g_strv_length (channel->mine->inputs);
  channel->inputs = g_new0 (HostInput, channel->n_renditions);
  channel->tees = g_new0 (GstElement *, channel->n_renditions);
  if (!build_splicer (channel, error))
    return FALSE;
  for (guint i = 0; i < channel->n_renditions; i++)
    build_rendition (channel, i);
  return build_outputs (channel, error) && build_inputs (channel, error);
}

void
host_channel_tear_down (HostChannel * channel)
{
  if (!channel->pipeline)
    return;
  host_channel_unwatch_bus (channel);
  for (guint i = 0; channel->inputs && i < channel->n_renditions; i++) {
    host_retry_stop (&channel->inputs[i].retry);
    host_input_remove (&channel->inputs[i], channel->pipeline);
  }
  gst_element_set_state (channel->pipeline, GST_STATE_NULL);
  for (guint i = 0; channel->outputs && i < channel->outputs->len; i++)
    host_output_remove (g_ptr_array_index (channel->outputs, i), channel->pipeline);
  for (guint i = 0; channel->inputs && i < channel->n_renditions; i++)
    gst_clear_object (&channel->inputs[i].sink);
  g_clear_pointer (&channel->outputs, g_ptr_array_unref);
  g_clear_pointer (&channel->inputs, g_free);
  g_clear_pointer (&channel->tees, g_free);
  gst_clear_object (&channel->pipeline);
  channel->splicer = NULL;
  g_clear_pointer (&channel->break_id, g_free);
  channel->in_break = FALSE;
}
