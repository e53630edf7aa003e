/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-client.h>
#include <asp-store.h>

G_BEGIN_DECLS

/*
 * Fires beacons: once for each key (audience, break-id, asset-id, event, URL with its macros),
 * in order, kept in a store until they are delivered or too old.
 *
 * Once: a key that has been seen is not fired again, also after a restart, for as long as a
 * beacon lives and a day more. What a server may have counted is not sent again: only when there
 * was no connection, or the server said that it has not taken it (408, 425, 429, 503), there is
 * another attempt, later each time, until the beacon's time is over. Only where the process ends
 * while an answer is awaited, or is killed between an answer and its note, the beacon is fired a
 * second time by the next one: better than none.
 *
 * In order: beacons of one audience, break and host wait for each other; a host that is down
 * keeps only its own waiting.
 *
 * Thread: all functions from any thread, new and free from one; add waits for nothing: the
 * disk and the network belong to the queue's own thread. Since: 0.1
 */
typedef struct _AspBeaconQueue AspBeaconQueue;

#define ASP_BEACON_WAITING_MAX 20000   /* more are refused, and told as lost */

/* All is copied. */
typedef struct
{
  const gchar *audience;        /* "channel", or a session */
  const gchar *break_id;
  const gchar *asset_id;        /* "" for the break's own */
  const gchar *event;
  const gchar *key_url;         /* as the ad server wrote it */
  const gchar *url;             /* to be fired: macros are filled */
  const gchar *device_ip, *device_user_agent;   /* NULL = none */
} AspBeaconOrder;

typedef enum
{
  ASP_BEACON_DELIVERED,         /* 2xx, behind redirects */
  ASP_BEACON_REFUSED,           /* another status, or a URL that may not be called */
  ASP_BEACON_UNCERTAIN,         /* it was sent, and there is no good answer: may have counted */
  ASP_BEACON_EXPIRED,           /* never got there in time */
  ASP_BEACON_LOST,              /* the queue is full, or the store does not take it */
} AspBeaconOutcome;

/* "delivered" ...; static. */
const gchar *asp_beacon_outcome_name (AspBeaconOutcome outcome);

typedef struct
{
  AspBeaconOutcome outcome;
  const gchar *audience, *break_id, *asset_id, *event;
  const gchar *url;             /* for people: without query */
  guint status;                 /* 0 = no answer */
  guint attempts;
  gint64 waited_us;             /* since it was due */
  const gchar *why;             /* NULL when delivered */
} AspBeaconReport;

/* In the queue's thread, which it must not free; once for each beacon that was new. */
typedef void (*AspBeaconReported) (const AspBeaconReport * report, gpointer user_data);

typedef struct
{
  guint expires_s;              /* a beacon lives so long. 0 = 600 */
  guint timeout_ms;             /* of one attempt. 0 = 3000 */
  guint retry_ms;               /* to the second attempt, then twice as long each time, at most a
                                   minute. 0 = 1000 */
  guint parallel;               /* hosts at a time. 0 = 16 */
  AspBeaconReported reported;   /* nullable */
  gpointer user_data;
} AspBeaconQueueConfig;

/**
 * asp_beacon_queue_new:
 * @store: is borrowed, and may be used by others: keys begin with "beacon/"
 * @client: is borrowed
 *
 * What was due when the last queue of this store ended is fired now. @config may be NULL.
 */
AspBeaconQueue *asp_beacon_queue_new (AspStore * store, AspHttpClient * client,
    const AspBeaconQueueConfig * config);

/* Waits at most @drain_ms for what is due, and always until all of it is in the store, from which
 * the next queue goes on. NULL is allowed. */
void asp_beacon_queue_free (AspBeaconQueue * queue, guint drain_ms);

/* Something is due, now. Of a key that is known nothing happens. */
void asp_beacon_queue_add (AspBeaconQueue * queue, const AspBeaconOrder * order);

typedef struct
{
  guint waiting;                /* now, with those under way */
  guint64 known;                /* keys that came again */
  guint64 outcomes[ASP_BEACON_LOST + 1];
} AspBeaconQueueStats;

void asp_beacon_queue_get_stats (AspBeaconQueue * queue, AspBeaconQueueStats * stats);

G_END_DECLS
