/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-output.h"

#include <string.h>

#include "host-property.h"

/* A place that is slow loses what is old; it never holds up the channel. */
#define LEAKY "queue leaky=downstream max-size-buffers=0 max-size-bytes=33554432 max-size-time=2000000000"
/* What fits into a datagram. */
#define SPLIT " ! tsparse alignment=7 ! "

typedef struct
{
  const gchar *begins;
  const gchar *description;
} Kind;

static const Kind kinds[] = {
  {"udp://", LEAKY SPLIT "udpsink name=sink sync=false async=false buffer-size=2000000"},
  {"srt://", LEAKY SPLIT "srtsink name=sink auto-reconnect=false sync=false async=false wait-for-connection=false"},
  {"file:", "queue max-size-buffers=0 max-size-bytes=33554432 max-size-time=0"
        " ! filesink name=sink sync=false async=false append=true"},
};

static void
output_free (gpointer data)
{
  HostOutput *output = data;

  host_retry_stop (&output->retry);
  g_free (output->uri);
  g_ptr_array_unref (output->tee_pads);
  g_free (output);
}

static gboolean
is_hls (const gchar * uri)
{
  return g_str_has_prefix (uri, "hls:");
}

static const Kind *
kind_of (const gchar * uri)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_has_prefix (uri, kinds[i].begins) && uri[strlen (kinds[i].begins)])
      return &kinds[i];
  return NULL;
}

static void
add_output (GPtrArray * outputs, const gchar * uri, guint rendition)
{
  HostOutput *output = g_new0 (HostOutput, 1);
  g_auto (GStrv) pieces = g_strsplit (uri, "%u", -1);
  g_autofree gchar *number = g_strdup_printf ("%u", rendition);

  output->uri = rendition == HOST_ALL_RENDITIONS ? g_strdup (uri) : g_strjoinv (number, pieces);
  output->rendition = rendition;
  output->tee_pads = g_ptr_array_new ();
  g_ptr_array_add (outputs, output);
}

/* "N=URI": N, and where the URI begins. */
static const gchar *
split_number (const gchar * item, guint64 * number)
{
  gsize digits = strspn (item, "0123456789");

  if (!digits || item[digits] != '=')
    return item;
  *number = g_ascii_strtoull (item, NULL, 10);
  return item + digits + 1;
}

static gboolean
add_item (GPtrArray * outputs, const gchar * item, guint n_renditions, GError ** error)
{
  guint64 number = G_MAXUINT64;
  const gchar *uri = split_number (item, &number);

  if (is_hls (uri) ? !uri[4] : !kind_of (uri)) {
    g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE, "output \"%s\" is none; there are hls:FOLDER, "
        "udp://HOST:PORT, srt://HOST:PORT and file:PATH", item);
    return FALSE;
  }
  if (number != G_MAXUINT64 && (number >= n_renditions || is_hls (uri))) {
    g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE, is_hls (uri) ? "output \"%s\": hls: takes all "
        "renditions; leave the number out" : "output \"%s\": there is no such rendition; the first input is 0", item);
    return FALSE;
  }
  if (is_hls (uri))
    add_output (outputs, uri, HOST_ALL_RENDITIONS);
  else if (number != G_MAXUINT64 || !strstr (uri, "%u"))
    add_output (outputs, uri, number == G_MAXUINT64 ? 0 : (guint) number);
  else
    for (guint i = 0; i < n_renditions; i++)
      add_output (outputs, uri, i);
  return TRUE;
}

GPtrArray *
host_outputs_new (gchar ** items, guint n_renditions, GError ** error)
{
  GPtrArray *outputs = g_ptr_array_new_with_free_func (output_free);

  for (guint i = 0; items[i]; i++) {
    if (!add_item (outputs, items[i], n_renditions, error)) {
      g_ptr_array_unref (outputs);
      return NULL;
    }
  }
  return outputs;
}

/* --- building ---------------------------------------------------------------------------------- */

/* FALSE with an error: the place cannot be one. */
static gboolean
set_place (GstElement * sink, const gchar * uri, GError ** error)
{
  g_autoptr (GUri) parsed = NULL;
  g_autofree gchar *path = NULL;

  if (g_str_has_prefix (uri, "srt://")) {
    g_object_set (sink, "uri", uri, NULL);
    return TRUE;
  }
  if (g_str_has_prefix (uri, "file:")) {
    path = g_str_has_prefix (uri, "file://") ? g_filename_from_uri (uri, NULL, error) : g_strdup (uri + 5);
    if (path)
      g_object_set (sink, "location", path, NULL);
    return path != NULL;
  }
  parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, error);
  if (parsed && g_uri_get_host (parsed) && *g_uri_get_host (parsed) && g_uri_get_port (parsed) > 0) {
    g_object_set (sink, "host", g_uri_get_host (parsed), "port", g_uri_get_port (parsed), NULL);
    return TRUE;
  }
  if (parsed)
    g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE, "right is udp://HOST:PORT");
  return FALSE;
}

static void
add_ghost (GstElement * bin, GstPad * target, guint rendition)
{
  g_autofree gchar *name = g_strdup_printf ("sink_%u", rendition);
  GstPad *ghost = gst_ghost_pad_new (name, target);

  gst_element_add_pad (bin, ghost);
}

static GstElement *
build_simple (HostOutput * output, GError ** error)
{
  GstElement *bin = gst_parse_bin_from_description_full (kind_of (output->uri)->description, FALSE, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, error);
  GstElement *sink = bin ? gst_bin_get_by_name (GST_BIN (bin), "sink") : NULL;
  GstPad *target = bin ? gst_bin_find_unlinked_pad (GST_BIN (bin), GST_PAD_SINK) : NULL;
  gboolean ok = sink && target && set_place (sink, output->uri, error);

  if (ok)
    add_ghost (bin, target, output->rendition);
  gst_clear_object (&target);
  gst_clear_object (&sink);
  if (!ok)
    gst_clear_object (&bin);
  return bin;
}

static GstElement *
build_hls (HostOutput * output, guint n, const gchar * channel, HostOutputSetUp set_up, gpointer user_data,
    GError ** error)
{
  GstElement *bin = gst_bin_new (NULL), *hls = gst_element_factory_make ("hlsadsink", NULL);
  g_autofree gchar *folder = g_build_filename (output->uri + strlen ("hls:"), channel, NULL);

  if (!hls) {
    gst_object_unref (bin);
    g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE,
        "there is no element hlsadsink; set GST_PLUGIN_PATH to the folder of libgstadsplice.so");
    return NULL;
  }
  gst_bin_add (GST_BIN (bin), hls);
  g_object_set (hls, "location", folder, "channel", channel, NULL);
  for (guint i = 0; i < n; i++) {
    GstElement *queue = gst_element_factory_make ("queue", NULL);
    g_autofree gchar *name = g_strdup_printf ("sink_%u", i);
    GstPad *pad = gst_element_request_pad_simple (hls, name), *src, *sink;

    g_object_set (queue, "max-size-buffers", 0, "max-size-bytes", 32 << 20, "max-size-time", G_GUINT64_CONSTANT (0), NULL);
    gst_bin_add (GST_BIN (bin), queue);
    src = gst_element_get_static_pad (queue, "src");
    sink = gst_element_get_static_pad (queue, "sink");
    gst_pad_link (src, pad);
    add_ghost (bin, sink, i);
    gst_object_unref (src);
    gst_object_unref (sink);
    gst_object_unref (pad);
  }
  if (set_up (hls, user_data, error))
    return bin;
  gst_object_unref (bin);
  return NULL;
}

/* Whoever pushes into a place that has failed shall not hear of it. */
static GstPadProbeReturn
drop_when_failed (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  HostOutput *output = data;

  return g_atomic_int_get (&output->failed) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static void
link_rendition (HostOutput * output, GstElement * tee, guint rendition)
{
  g_autofree gchar *name = g_strdup_printf ("sink_%u", rendition);
  GstPad *from = gst_element_request_pad_simple (tee, "src_%u");
  GstPad *into = gst_element_get_static_pad (output->bin, name);

  gst_pad_add_probe (from, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop_when_failed, output, NULL);
  gst_pad_link (from, into);
  gst_object_unref (into);
  g_ptr_array_add (output->tee_pads, from);
}

gboolean
host_output_build (HostOutput * output, GstElement * pipeline, guint n_renditions, const gchar * channel,
    HostOutputSetUp set_up, gpointer user_data, GError ** error)
{
  output->bin = output->rendition == HOST_ALL_RENDITIONS ?
      build_hls (output, n_renditions, channel, set_up, user_data, error) : build_simple (output, error);
  if (!output->bin) {
    g_prefix_error (error, "output \"%s\": ", output->uri);
    return FALSE;
  }
  g_object_set_data (G_OBJECT (output->bin), "host-output", output);
  gst_element_set_locked_state (output->bin, TRUE);
  gst_bin_add (GST_BIN (pipeline), output->bin);
  return TRUE;
}

void
host_output_start (HostOutput * output, GstElement ** tees, guint n_tees)
{
  g_atomic_int_set (&output->failed, FALSE);
  /* it was locked when its pipeline set the time for all */
  gst_element_set_base_time (output->bin, gst_element_get_base_time (GST_ELEMENT (GST_OBJECT_PARENT (output->bin))));
  gst_element_set_locked_state (output->bin, FALSE);
  /* linked only when it takes what comes: a pad that does not would stop the input */
  if (!gst_element_sync_state_with_parent (output->bin))
    return;
  for (guint i = 0; i < n_tees; i++)
    if (output->rendition == HOST_ALL_RENDITIONS || i == output->rendition)
      link_rendition (output, tees[i], i);
}

/* In the streaming thread, or at once: nothing is on its way through the pad. */
static GstPadProbeReturn
unlink_idle (GstPad * pad, GstPadProbeInfo * info, gpointer unused)
{
  GstPad *peer = gst_pad_get_peer (pad);

  if (peer) {
    gst_pad_unlink (pad, peer);
    gst_object_unref (peer);
  }
  return GST_PAD_PROBE_REMOVE;
}

void
host_output_remove (HostOutput * output, GstElement * pipeline)
{
  if (!output->bin)
    return;
  host_output_fail (output);
  for (guint i = 0; i < output->tee_pads->len; i++)
    gst_pad_add_probe (g_ptr_array_index (output->tee_pads, i), GST_PAD_PROBE_TYPE_IDLE, unlink_idle, NULL, NULL);
  gst_element_set_locked_state (output->bin, TRUE);
  gst_element_set_state (output->bin, GST_STATE_NULL);
  for (guint i = 0; i < output->tee_pads->len; i++) {
    GstPad *pad = g_ptr_array_index (output->tee_pads, i);
    GstElement *tee = gst_pad_get_parent_element (pad);

    if (tee) {
      gst_element_release_request_pad (tee, pad);
      gst_object_unref (tee);
    }
    gst_object_unref (pad);
  }
  g_ptr_array_set_size (output->tee_pads, 0);
  gst_bin_remove (GST_BIN (pipeline), output->bin);
  output->bin = NULL;
}

void
host_output_fail (HostOutput * output)
{
  g_atomic_int_set (&output->failed, TRUE);
}
