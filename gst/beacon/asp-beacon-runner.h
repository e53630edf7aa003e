/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-beacon-plan.h"
#include "asp-beacon-queue.h"

G_BEGIN_DECLS

/*
 * The plans of one audience's breaks, in front of the queue: told what is decided, what
 * the splicer reports and how far its output has come, it fires what is due.
 *
 *   asp_beacon_runner_decided (r, avail, break_trackers)     the pod of a break is fixed
 *   asp_beacon_runner_break_started (r, id, pts)             state `started`
 *   asp_beacon_runner_creative_started (r, id, index, ...)   `creative-started`
 *   asp_beacon_runner_passed (r, pts)                        a picture has gone out: a pad probe
 *   asp_beacon_runner_creative_ended (r, id, index, ...)     `creative-ended`
 *   asp_beacon_runner_break_ended (r, id, pts)               `ended`
 *   asp_beacon_runner_creative_lost (r, id, index, code)     a splicer has refused it
 *   asp_beacon_runner_lost (r, id, code)                     `cancelled`, `skipped`; the end of it all
 *
 * With several renditions one of them tells. A break that was not decided, or has been
 * forgotten, is ignored.
 *
 * Thread: any, a streaming thread too: nothing here waits for disk or network. A position
 * outside breaks costs one comparison, in a break a lock and some. Since: 0.1
 */
typedef struct _AspBeaconRunner AspBeaconRunner;

#define ASP_BEACON_BREAKS_MAX 32        /* decided and not over; the oldest is forgotten */

typedef struct
{
  const gchar *audience;        /* NULL = "channel" */
  const gchar *device_ip, *device_user_agent;   /* NULL = none, as for a channel */
  const gchar *server_user_agent;       /* SERVERUA */
  GHashTable *more;             /* (nullable): macros, name in capitals -> value; is referenced */
} AspBeaconRunnerConfig;

/* @queue is borrowed; @config, which may be NULL, is copied. */
AspBeaconRunner *asp_beacon_runner_new (AspBeaconQueue * queue,
    const AspBeaconRunnerConfig * config);
void asp_beacon_runner_free (AspBeaconRunner * runner); /* NULL is allowed */

/* As asp_beacon_plan_new(). A break that is known already keeps its first pod. */
void asp_beacon_runner_decided (AspBeaconRunner * runner, const AspAdAvail * avail,
    const GPtrArray * break_trackers);

void asp_beacon_runner_break_started (AspBeaconRunner * runner, const gchar * break_id,
    gint64 pts90k);
void asp_beacon_runner_creative_started (AspBeaconRunner * runner, const gchar * break_id,
    guint pod_index, gint64 pts90k, gint64 duration_90k);
void asp_beacon_runner_creative_ended (AspBeaconRunner * runner, const gchar * break_id,
    guint pod_index, gint64 pts90k, gboolean whole);
void asp_beacon_runner_break_ended (AspBeaconRunner * runner, const gchar * break_id,
    gint64 pts90k);
/* Will not be shown: "error" with @code, unless it has been started. */
void asp_beacon_runner_creative_lost (AspBeaconRunner * runner, const gchar * break_id, guint pod_index,
    AspAdCode code);
/* The break is over without its end: so is every creative of it. @break_id: (nullable): all breaks */
void asp_beacon_runner_lost (AspBeaconRunner * runner, const gchar * break_id, AspAdCode code);
void asp_beacon_runner_passed (AspBeaconRunner * runner, gint64 pts90k);

G_END_DECLS
