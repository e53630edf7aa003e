/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-server.h>

#include <asp-event-history.h>
#include <asp-hook-runner.h>

#include "asp-control.h"
#include "asp-v1-http.h"

G_BEGIN_DECLS

/*
 * Inside of the control server, over its files:
 *   asp-control.c           one for each address: register, start, stop, reload
 *   asp-control-channels.c  the channels that are there, and what is attached to them
 *   asp-control-events.c    the log, the breaks that it tells of, hooks, /v1
 *   asp-control-http.c      a request of HTTP in, an answer out
 *
 * Locks, each innermost where it is taken; none is held while a channel, the store or the server is
 * called: register_lock (asp-control.c), channels_lock, attachments_lock.
 */
#define ASP_CONTROL_BODY_MAX (256 * 1024)       /* of a request: a playback configuration has the longest */
#define ASP_CONTROL_CLIENTS_MAX 1024    /* connections at once */
#define ASP_CONTROL_REQUEST_TIMEOUT_S 10
#define ASP_CONTROL_ATTACHMENTS_MAX 10000       /* kept in memory; then all are read anew */

typedef struct _AspControlEntry AspControlEntry;

struct _AspControl
{
  gint refs;                    /* register_lock */
  gboolean busy;                /* register_lock: it is being started or stopped */
  gchar *asked;                 /* address as it was asked for; of the register */
  gchar *digest;                /* register_lock: of its configuration */
  gchar *state_path;            /* of the store; NULL = memory */
  gchar *playback_prefix;       /* of what viewers see; nullable */

  AspStore *store;
  AspEventLog *log;
  AspEventHistory *history;
  AspHttpClient *hook_client;   /* what hooks are posted with */
  AspHookRunner *hooks;
  AspV1 *v1;
  AspV1Http *v1_http;
  AspApi *api;
  AspHttpServer *server;
  gchar *address;               /* the real one */

  GMutex channels_lock;
  GCond channel_released;
  GHashTable *channels;         /* name -> AspControlEntry; channels_lock */
  guint handles;                /* channels_lock */

  GMutex attachments_lock;
  GHashTable *attachments;      /* name -> Attached; attachments_lock */
  gint store_changes;           /* atomic: of what the API keeps */
  guint store_watch;
};

/* --- asp-control-channels.c --- */
void asp_control_channels_init (AspControl * control);
void asp_control_channels_clear (AspControl * control);
extern const AspApiChannels asp_control_channels;       /* their user_data: the AspControl */
/* The channel, held until it is released; NULL: there is none of that name. */
AspControlEntry *asp_control_hold (AspControl * control, const gchar * name);
void asp_control_release (AspControl * control, AspControlEntry * entry);
const AspControlChannel *asp_control_entry_funcs (const AspControlEntry * entry, gpointer * user_data);
/* Sorted. (transfer full) */
gchar **asp_control_names (AspControl * control);

/* --- asp-control-events.c --- */
gboolean asp_control_events_start (AspControl * control, const AspConfig * config, GError ** error);
void asp_control_set_hooks (AspControl * control, const AspConfig * config);
void asp_control_events_stop (AspControl * control);

/* --- asp-control-http.c --- */
void asp_control_serve (AspControl * control);

G_END_DECLS
