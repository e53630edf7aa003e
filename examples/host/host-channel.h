/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include <asp-config.h>

G_BEGIN_DECLS

/*
 * A channel of the configuration file, running: inputs, adsplicebin, outputs, each begun again when it
 * fails. Main thread.
 */
typedef struct _HostChannel HostChannel;

/* A configuration that is shared by those who run on it. */
typedef struct
{
  AspConfig *config;
} HostConfig;

HostConfig *host_config_new (AspConfig * config);       /* (transfer full) */
HostConfig *host_config_ref (HostConfig * config);
void host_config_unref (HostConfig * config);   /* NULL is allowed */

typedef struct
{
  /* It has ended by itself, or because it was stopped. @clean: with all playlists written. It may be freed now. */
  void (*ended) (HostChannel * channel, gboolean clean, gpointer user_data);
  gpointer user_data;
} HostChannelFuncs;

/* Everything about it is checked and built; nothing runs. NULL with "NAME:LINE: ...". */
HostChannel *host_channel_new (HostConfig * config, const AspConfigChannel * channel, const HostChannelFuncs * funcs,
    GError ** error);
void host_channel_free (HostChannel * channel); /* at once */

const gchar *host_channel_name (const HostChannel * channel);
/* Do they say the same, so that it may run on? */
gboolean host_channel_is_same (const HostChannel * channel, HostConfig * config, const AspConfigChannel * other);
/* It runs on, on the new file. @mine: what it says there of this one */
void host_channel_set_config (HostChannel * channel, HostConfig * config, const AspConfigChannel * mine);

void host_channel_start (HostChannel * channel);
/* A break that runs is finished, or with @cut left at the next random access point; a post-roll plays, or
 * with @cut does not; then the outputs are ended. `ended` is called when all is done. */
void host_channel_stop (HostChannel * channel, gboolean cut, guint timeout_s);

gboolean host_channel_runs (const HostChannel * channel);
/* One that runs has keys, hooks and rates read again, for all. FALSE: a message says why not. */
gboolean host_channel_reload_control (HostChannel * channel);

typedef struct
{
  guint started, ended;
} HostBreaks;

/* Breaks of all channels since the start. */
HostBreaks host_channel_breaks (void);

G_END_DECLS
