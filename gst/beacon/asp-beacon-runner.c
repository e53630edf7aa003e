/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `lock` guards `breaks`; asp_beacon_queue_add(), which takes the queue's lock for a moment, is
 * called while it is held, so that beacons get into the queue in their order. `watching` is read
 * without it: while it is 0 no position is of interest.
 */
#include "asp-beacon-runner.h"

#include <asp-time.h>
#include <string.h>

typedef struct
{
  gchar *id;
  AspBeaconPlan *plan;
  AspAdRoll roll;
  gint64 duration_90k;
  gint64 next_90k;              /* PTS at which something is due; ASP_NO_TIME = nowhere */
} Break;

struct _AspBeaconRunner
{
  AspBeaconQueue *queue;
  gchar *audience, *device_ip, *device_user_agent, *server_user_agent;
  GHashTable *more;
  gint watching;                /* breaks with a next_90k */

  GMutex lock;
  GQueue breaks;                /* Break, oldest first */
};

static void
break_free (Break * b)
{
  asp_beacon_plan_free (b->plan);
  g_free (b->id);
  g_free (b);
}

AspBeaconRunner *
asp_beacon_runner_new (AspBeaconQueue * queue, const AspBeaconRunnerConfig * config)
{
  static const AspBeaconRunnerConfig none = { 0, };
  AspBeaconRunner *r = g_new0 (AspBeaconRunner, 1);

  if (!config)
    config = &none;
  r->queue = queue;
  r->audience = g_strdup (config->audience ? config->audience : "channel");
  r->device_ip = g_strdup (config->device_ip);
  r->device_user_agent = g_strdup (config->device_user_agent);
  r->server_user_agent = g_strdup (config->server_user_agent);
  r->more = config->more ? g_hash_table_ref (config->more) : NULL;
  g_mutex_init (&r->lock);
  g_queue_init (&r->breaks);
  return r;
}

void
asp_beacon_runner_free (AspBeaconRunner * r)
{
  if (!r)
    return;
  g_queue_clear_full (&r->breaks, (GDestroyNotify) break_free);
  g_clear_pointer (&r->more, g_hash_table_unref);
  g_free (r->audience);
  g_free (r->device_ip);
  g_free (r->device_user_agent);
  g_free (r->server_user_agent);
  g_mutex_clear (&r->lock);
  g_free (r);
}

/* -- all below hold the lock -- */

static Break *
find (AspBeaconRunner * r, const gchar * id)
{
  for (GList * l = r->breaks.tail; l; l = l->prev)
    if (!strcmp (((Break *) l->data)->id, id))
      return l->data;
  return NULL;
}

static void
set_next (AspBeaconRunner * r, Break * b, gint64 next_90k)
{
  if ((b->next_90k == ASP_NO_TIME) != (next_90k == ASP_NO_TIME))
    g_atomic_int_add (&r->watching, next_90k == ASP_NO_TIME ? -1 : 1);
  b->next_90k = next_90k;
}

static void
drop (AspBeaconRunner * r, Break * b)
{
  set_next (r, b, ASP_NO_TIME);
  g_queue_remove (&r->breaks, b);
  break_free (b);
}

static void
fire (AspBeaconRunner * r, const Break * b, const AspBeacon * beacon)
{
  AspAdMacros macros = ASP_AD_MACROS_INIT;
  AspBeaconOrder order = { 0, };
  g_autofree gchar *url = NULL;

  macros.unix_us = g_get_real_time ();
  macros.random = g_random_int ();
  macros.break_duration_90k = b->duration_90k > 0 ? b->duration_90k : -1;
  macros.roll = b->roll;
  macros.device_ip = r->device_ip;
  macros.device_ua = r->device_user_agent;
  macros.server_ua = r->server_user_agent;
  macros.more = r->more;
  url = asp_beacon_url (beacon, &macros);
  if (!url)
    return;
  order.audience = r->audience;
  order.break_id = b->id;
  order.asset_id = beacon->asset_id;
  order.event = beacon->event;
  order.key_url = beacon->url;
  order.url = url;
  order.device_ip = r->device_ip;
  order.device_user_agent = r->device_user_agent;
  asp_beacon_queue_add (r->queue, &order);
}

/* Fires what is due, and looks where the next one is. */
static void
pump (AspBeaconRunner * r, Break * b, gint64 pts90k)
{
  const AspBeacon *beacon;
  gint64 wait_90k;

  while ((beacon = asp_beacon_plan_next (b->plan)) != NULL)
    fire (r, b, beacon);
  wait_90k = asp_beacon_plan_wait_90k (b->plan, pts90k);
  set_next (r, b, wait_90k < 0 ? ASP_NO_TIME : (gint64) asp_pts_wrap (pts90k + wait_90k));
}

/* -- what is told -- */

void
asp_beacon_runner_decided (AspBeaconRunner * r, const AspAdAvail * avail,
    const GPtrArray * break_trackers)
{
  Break *b;

  g_return_if_fail (avail->break_id != NULL);
  g_mutex_lock (&r->lock);
  if (!find (r, avail->break_id)) {
    if (g_queue_get_length (&r->breaks) >= ASP_BEACON_BREAKS_MAX)
      drop (r, g_queue_peek_head (&r->breaks));
    b = g_new0 (Break, 1);
    b->id = g_strdup (avail->break_id);
    b->plan = asp_beacon_plan_new (avail, break_trackers);
    b->roll = avail->roll;
    b->duration_90k = avail->duration_90k;
    b->next_90k = ASP_NO_TIME;
    g_queue_push_tail (&r->breaks, b);
  }
  g_mutex_unlock (&r->lock);
}

void
asp_beacon_runner_break_started (AspBeaconRunner * r, const gchar * break_id, gint64 pts90k)
{
  Break *b;

  g_mutex_lock (&r->lock);
  b = find (r, break_id);
  if (b) {
    asp_beacon_plan_break_started (b->plan, pts90k);
    pump (r, b, pts90k);
  }
  g_mutex_unlock (&r->lock);
}

void
asp_beacon_runner_creative_started (AspBeaconRunner * r, const gchar * break_id, guint pod_index,
    gint64 pts90k, gint64 duration_90k)
{
  Break *b;

  g_mutex_lock (&r->lock);
  b = find (r, break_id);
  if (b) {
    asp_beacon_plan_creative_started (b->plan, pod_index, pts90k, duration_90k);
    pump (r, b, pts90k);
  }
  g_mutex_unlock (&r->lock);
}

void
asp_beacon_runner_creative_ended (AspBeaconRunner * r, const gchar * break_id, guint pod_index,
    gint64 pts90k, gboolean whole)
{
  Break *b;

  g_mutex_lock (&r->lock);
  b = find (r, break_id);
  if (b) {
    asp_beacon_plan_creative_ended (b->plan, pod_index, pts90k, whole);
    pump (r, b, pts90k);
  }
  g_mutex_unlock (&r->lock);
}

void
asp_beacon_runner_break_ended (AspBeaconRunner * r, const gchar * break_id, gint64 pts90k)
{
  Break *b;

  g_mutex_lock (&r->lock);
  b = find (r, break_id);
  if (b) {
    asp_beacon_plan_break_ended (b->plan, pts90k);
    /* of one that nothing has been told of before */
    asp_beacon_plan_creative_lost (b->plan, 0, ASP_AD_CODE_BREAK_SHORTENED);
    pump (r, b, pts90k);
    drop (r, b);
  }
  g_mutex_unlock (&r->lock);
}

void
asp_beacon_runner_creative_lost (AspBeaconRunner * r, const gchar * break_id, guint pod_index, AspAdCode code)
{
  const AspBeacon *beacon;
  Break *b;

  g_mutex_lock (&r->lock);
  b = find (r, break_id);
  if (b) {
    asp_beacon_plan_creative_lost (b->plan, pod_index, code);
    while ((beacon = asp_beacon_plan_next (b->plan)) != NULL)
      fire (r, b, beacon);
  }
  g_mutex_unlock (&r->lock);
}

void
asp_beacon_runner_lost (AspBeaconRunner * r, const gchar * break_id, AspAdCode code)
{
  const AspBeacon *beacon;

  g_mutex_lock (&r->lock);
  for (GList * l = r->breaks.head, *next; l; l = next) {
    Break *b = l->data;

    next = l->next;
    if (break_id && strcmp (b->id, break_id) != 0)
      continue;
    asp_beacon_plan_creative_lost (b->plan, 0, code);
    while ((beacon = asp_beacon_plan_next (b->plan)) != NULL)
      fire (r, b, beacon);
    drop (r, b);
  }
  g_mutex_unlock (&r->lock);
}

void
asp_beacon_runner_passed (AspBeaconRunner * r, gint64 pts90k)
{
  if (g_atomic_int_get (&r->watching) == 0)
    return;
  g_mutex_lock (&r->lock);
  for (GList * l = r->breaks.head; l; l = l->next) {
    Break *b = l->data;

    if (b->next_90k == ASP_NO_TIME || asp_pts_diff (pts90k, b->next_90k) < 0)
      continue;
    asp_beacon_plan_passed (b->plan, pts90k);
    pump (r, b, pts90k);
  }
  g_mutex_unlock (&r->lock);
}
