/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "host-retry.h"

G_BEGIN_DECLS

#define HOST_ALL_RENDITIONS G_MAXUINT

/*
 * One place where a channel goes to: a bin with a sink pad "sink_N" for each rendition N that it
 * takes, made again when it has failed. What it cannot take meanwhile is lost there, and nowhere
 * else. Main thread, but for host_output_fail().
 */
typedef struct
{
  struct _HostChannel *owner;
  gchar *uri;                   /* with the rendition's number in it */
  guint rendition;              /* or HOST_ALL_RENDITIONS */
  GstElement *bin;              /* in the pipeline, which owns it; NULL = not now */
  GPtrArray *tee_pads;          /* of GstPad: while the bin is there */
  gint failed;                  /* atomic */
  HostRetry retry;
} HostOutput;

/* The outputs that the items of a configuration say, for so many renditions: (element-type HostOutput).
 * NULL with HOST_CONFIG_ERROR. */
GPtrArray *host_outputs_new (gchar ** items, guint n_renditions, GError ** error);

/* Sets properties of an hlsadsink of the channel. FALSE with an error. */
typedef gboolean (*HostOutputSetUp) (GstElement * hls, gpointer user_data, GError ** error);

/* Makes the bin and puts it into @pipeline, locked in NULL. */
gboolean host_output_build (HostOutput * output, GstElement * pipeline, guint n_renditions, const gchar * channel,
    HostOutputSetUp set_up, gpointer user_data, GError ** error);
/* Starts it and links it behind @tees, one a rendition. What is wrong is a message on the bus. */
void host_output_start (HostOutput * output, GstElement ** tees, guint n_tees);
/* Takes it out again, whatever it is doing. */
void host_output_remove (HostOutput * output, GstElement * pipeline);

/* From the streaming thread that posts the error: nothing goes there any more, so that nobody before it fails too. */
void host_output_fail (HostOutput * output);

G_END_DECLS
