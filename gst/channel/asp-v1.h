/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-event-history.h>
#include <asp-event-log.h>
#include <asp-hook-runner.h>

#include "asp-control-channel.h"

G_BEGIN_DECLS

/*
 * What the control server has beyond Amazon's API, as functions of a request and what is there:
 * /v1 (examples/openapi.yaml), /metrics, /healthz, /readyz and the page at /. No HTTP, no clock.
 *
 * Thread: new, set_* and free from one at a time, before and after all else; handle from any, several at
 * once; never a streaming thread. Since: 0.1
 */
typedef struct
{
  /* Borrowed; all live as long as the AspV1. */
  AspEventLog *log;
  AspEventHistory *history;
  AspHookRunner *hooks;         /* nullable */
  AspStore *store;
  /* Names of the channels, sorted. (transfer full) */
  gchar **(*names) (gpointer user_data);
  /* The channel, held until release; NULL: there is none. */
  gpointer (*hold) (const gchar * name, const AspControlChannel ** funcs, gpointer * data, gpointer user_data);
  void (*release) (gpointer held, gpointer user_data);
  gpointer user_data;
} AspV1Config;

typedef struct _AspV1 AspV1;

AspV1 *asp_v1_new (const AspV1Config * config);
void asp_v1_free (AspV1 * v1);  /* NULL is allowed */

typedef enum
{
  ASP_V1_ANSWER,                /* as it stands */
  ASP_V1_WAIT,                  /* ask again when the log has grown beyond `since`, or when `expired` */
  ASP_V1_STREAM,                /* Server-Sent Events from behind `since` on, of `channel` */
} AspV1Kind;

typedef struct
{
  AspV1Kind kind;
  guint status;
  const gchar *type;            /* of the body; static */
  GBytes *body;                 /* nullable */
  const gchar *const *fields;   /* (nullable) of the head: name, value, name, value, NULL; of the AspV1 */
  guint64 since;                /* WAIT, STREAM: number of an event */
  guint wait_ms;                /* WAIT: from when the request came */
  gchar *channel;               /* STREAM; nullable: all */
} AspV1Reply;

void asp_v1_reply_clear (AspV1Reply * reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AspV1Reply, asp_v1_reply_clear)

/* Is that path ours? Not so what MediaTailor has below /v1 (session, master, manifest ...). */
gboolean asp_v1_has (const gchar * path);

/* Is that to be answered without authentication: the page's own text, /healthz, /readyz. */
gboolean asp_v1_is_open (const gchar * path);

/* @expired: the time of an ASP_V1_WAIT is over. */
void asp_v1_handle (AspV1 * v1, const AspApiRequest * request, gboolean expired, gint64 now_us, AspV1Reply * reply);

/* What asp_api_auth_check() has said of a request, in the form of our own errors. */
void asp_v1_refuse (const GError * fault, AspV1Reply * reply);

#define ASP_V1_PIECE_MAX (128 * 1024)

/* The next piece of a stream: some of the events behind @since as `id:`, `event:` and `data:`
 * lines, not more than ASP_V1_PIECE_MAX bytes; NULL: there are none. @since is set to the last one
 * that was looked at. (transfer full) */
GBytes *asp_v1_next_events (AspV1 * v1, guint64 * since, const gchar * channel);

G_END_DECLS
