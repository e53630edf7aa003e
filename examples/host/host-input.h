/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "host-retry.h"

G_BEGIN_DECLS

/*
 * What feeds one rendition of a channel: a bin with the source pad "src", made again whenever it
 * has failed or ended. Main thread.
 *
 * When it has come to its end the bin posts the element message "host-input-ended"; no EOS leaves it.
 */
typedef struct
{
  struct _HostChannel *owner;
  const gchar *uri;             /* not owned */
  guint number;                 /* of the rendition */
  gboolean is_file;             /* has an end of its own */
  GstElement *bin;              /* in the pipeline, which owns it; NULL = not now */
  struct _HostPace *pace;
  GstPad *sink;                 /* of adsplicebin; owned */
  HostRetry retry;
  gint packets;                 /* atomic: buffers, since ever */
  gint seen;                    /* the watch's */
  guint silent_s;
} HostInput;

/* Makes the bin, puts it into @pipeline, locked in NULL, and links it. */
gboolean host_input_build (HostInput * input, GstElement * pipeline, GError ** error);
/* In a pipeline that plays. What is wrong is a message on the bus. */
void host_input_start (HostInput * input);
/* Takes it out again. */
void host_input_remove (HostInput * input, GstElement * pipeline);

G_END_DECLS
