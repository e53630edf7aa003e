/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ts-input.h"

#include <gst/gst.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE (188 * 700)
#define BUS_POLL_NS (100 * GST_MSECOND)
#define UDP_BUFFER_BYTES 2000000        /* of the socket: a burst must not be lost */

static volatile sig_atomic_t interrupted;

static void
on_signal (int number)
{
  interrupted = 1;
}

/* Without SA_RESTART, so that a read that waits comes back. */
static void
catch_signals (struct sigaction old[2])
{
  struct sigaction action;

  memset (&action, 0, sizeof action);
  action.sa_handler = on_signal;
  interrupted = 0;
  sigaction (SIGINT, &action, &old[0]);
  sigaction (SIGTERM, &action, &old[1]);
}

static void
release_signals (struct sigaction old[2])
{
  sigaction (SIGINT, &old[0], NULL);
  sigaction (SIGTERM, &old[1], NULL);
}

gboolean
ts_input_is_uri (const gchar * place)
{
  return gst_uri_is_valid (place) && strstr (place, "://");
}

/* --- files ---------------------------------------------------------------------- */

static TsInputResult
file_error (const gchar * place, int number, GError ** error)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot read %s: %s",
      !strcmp (place, "-") ? "standard input" : place, g_strerror (number));
  return TS_INPUT_ERROR;
}

static TsInputResult
read_all (int fd, const gchar * place, TsInputFunc func, gpointer user_data, GError ** error)
{
  g_autofree guint8 *block = g_malloc (BLOCK_SIZE);

  while (!interrupted) {
    gssize n = read (fd, block, BLOCK_SIZE);

    if (n == 0)
      return TS_INPUT_END;
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return file_error (place, errno, error);
    if (!func (block, (gsize) n, user_data))
      return TS_INPUT_END;
  }
  return TS_INPUT_INTERRUPTED;
}

static TsInputResult
run_file (const gchar * place, TsInputFunc func, gpointer user_data, GError ** error)
{
  int fd = !strcmp (place, "-") ? dup (STDIN_FILENO) : open (place, O_RDONLY | O_CLOEXEC);
  TsInputResult result;

  if (fd < 0)
    return interrupted ? TS_INPUT_INTERRUPTED : file_error (place, errno, error);
  result = read_all (fd, place, func, user_data, error);
  close (fd);
  return result;
}

/* --- URIs ----------------------------------------------------------------------- */

typedef struct
{
  TsInputFunc func;
  gpointer user_data;
  gint enough;                  /* atomic */
} Handoff;

/* In the streaming thread of the source. */
static void
on_handoff (GstElement * sink, GstBuffer * buffer, GstPad * pad, gpointer data)
{
  Handoff *h = data;
  GstMapInfo map;

  if (g_atomic_int_get (&h->enough) || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  if (!h->func (map.data, map.size, h->user_data))
    g_atomic_int_set (&h->enough, TRUE);
  gst_buffer_unmap (buffer, &map);
}

static GstElement *
make_pipeline (const gchar * uri, Handoff * h, GError ** error)
{
  GstElement *source = gst_element_make_from_uri (GST_URI_SRC, uri, NULL, error);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL), *pipeline;

  if (!source || !sink) {
    if (source)
      g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN, "no element fakesink");
    gst_clear_object (&source);
    gst_clear_object (&sink);
    return NULL;
  }
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (source), "buffer-size") &&
      g_str_has_prefix (uri, "udp"))
    g_object_set (source, "buffer-size", UDP_BUFFER_BYTES, NULL);
  g_object_set (sink, "signal-handoffs", TRUE, "sync", FALSE, "async", FALSE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), h);
  pipeline = gst_pipeline_new (NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  if (!gst_element_link (source, sink)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "%s gives no bytes", uri);
    gst_clear_object (&pipeline);
  }
  return pipeline;
}

static TsInputResult
take_message (GstMessage * message, const gchar * uri, GError ** error)
{
  g_autoptr (GError) why = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return TS_INPUT_END;
  gst_message_parse_error (message, &why, NULL);
  g_set_error (error, why->domain, why->code, "cannot read %s: %s", uri, why->message);
  return TS_INPUT_ERROR;
}

static TsInputResult
wait_for_end (GstElement * pipeline, const gchar * uri, guint seconds, Handoff * h, GError ** error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gint64 end_us = seconds ? g_get_monotonic_time () + seconds * G_TIME_SPAN_SECOND : G_MAXINT64;

  while (!interrupted) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, BUS_POLL_NS,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

    if (message)
      return take_message (message, uri, error);
    if (g_atomic_int_get (&h->enough) || g_get_monotonic_time () >= end_us)
      return TS_INPUT_END;
  }
  return TS_INPUT_INTERRUPTED;
}

static TsInputResult
run_uri (const gchar * uri, guint seconds, TsInputFunc func, gpointer user_data, GError ** error)
{
  Handoff h = { func, user_data, FALSE };
  GstElement *pipeline = make_pipeline (uri, &h, error);
  TsInputResult result;

  if (!pipeline) {
    g_prefix_error (error, "cannot read %s: ", uri);
    return TS_INPUT_ERROR;
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  result = wait_for_end (pipeline, uri, seconds, &h, error);
  gst_element_set_state (pipeline, GST_STATE_NULL);     /* nobody calls @func any more */
  gst_object_unref (pipeline);
  return result;
}

TsInputResult
ts_input_run (const gchar * place, guint seconds, TsInputFunc func, gpointer user_data, GError ** error)
{
  struct sigaction old[2];
  TsInputResult result;

  catch_signals (old);
  result = ts_input_is_uri (place) ? run_uri (place, seconds, func, user_data, error) :
      run_file (place, func, user_data, error);
  release_signals (old);
  return result;
}
