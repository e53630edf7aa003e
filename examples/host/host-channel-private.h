/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host-channel.h"
#include "host-input.h"
#include "host-output.h"

G_BEGIN_DECLS

typedef enum
{
  CHANNEL_NEW,
  CHANNEL_RUNS,
  CHANNEL_WAITS,                /* has failed as a whole, and is begun again */
  CHANNEL_ENDS_BREAK,           /* is stopped as soon as its break is over */
  CHANNEL_ENDS,                 /* its end is on its way */
  CHANNEL_ENDED,
} HostChannelState;

struct _HostChannel
{
  HostConfig *config;
  const AspConfigChannel *mine; /* in config */
  HostChannelFuncs funcs;
  HostChannelState state;
  GstElement *pipeline, *splicer;
  GstElement **tees;            /* owned by the pipeline */
  HostInput *inputs;
  guint n_renditions;
  GPtrArray *outputs;           /* of HostOutput */
  GSource *bus_watch;
  guint stop_timer, watch_timer, ended_idle;
  gboolean clean;               /* how it has ended */
  HostRetry retry;              /* of the whole */
  gboolean start_failed;        /* a message says why, or none does */
  gchar *break_id;              /* scheduled or running; NULL */
  gboolean in_break;
  gboolean cut;                 /* what is to be done with breaks now that it is stopped */
};

/* host-channel-build.c: pipeline with everything in it, in NULL. */
gboolean host_channel_build (HostChannel * channel, GError ** error);
void host_channel_tear_down (HostChannel * channel);
gboolean host_channel_build_output (HostChannel * channel, HostOutput * output, GError ** error);

/* host-channel-message.c */
void host_channel_watch_bus (HostChannel * channel);
void host_channel_unwatch_bus (HostChannel * channel);

/* host-channel.c: what messages tell. */
void host_channel_input_failed (HostChannel * channel, HostInput * input, const gchar * why);
void host_channel_input_ended (HostChannel * channel, HostInput * input);
void host_channel_output_failed (HostChannel * channel, HostOutput * output, const gchar * why);
void host_channel_failed (HostChannel * channel, const gchar * why);
void host_channel_break_changed (HostChannel * channel, const gchar * id, const gchar * state);
void host_channel_eos (HostChannel * channel);

G_END_DECLS
