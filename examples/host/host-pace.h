/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * Gives what comes out of @pad the running time of the pipeline in which it is by now, whenever it
 * was begun, and holds it back to the pace of its own time stamps where it has come without one.
 * One that jumps goes on from where it is.
 */
typedef enum
{
  HOST_PACE_NONE,               /* the source has done it */
  HOST_PACE_ARRIVAL,            /* it comes in real time */
  HOST_PACE_STAMPS,             /* it comes as fast as it is taken */
} HostPaceKind;

typedef struct _HostPace HostPace;

/* @pad: (transfer none): a source pad. Main thread. */
HostPace *host_pace_new (GstPad * pad, GstElement * pipeline, HostPaceKind kind);
/* Nothing is held back any more: before the state goes down. */
void host_pace_stop (HostPace * pace);
/* After it. NULL is allowed. */
void host_pace_free (HostPace * pace);

G_END_DECLS
