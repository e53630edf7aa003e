/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-beacon-plan.h"

#include <asp-time.h>
#include <string.h>

/* One tracker, waiting for its place. */
typedef struct
{
  AspBeacon beacon;
  AspAdTracker *tracker;        /* referenced */
  gint64 at_90k;                /* from the creative's start */
  guint rank;                   /* among those of the same place */
} Step;

typedef enum
{
  NOT_YET,
  RUNNING,
  OVER,
} Phase;

typedef struct
{
  AspAd *ad;
  Phase phase;
  gint64 start_90k;             /* PTS */
  gint64 duration_90k;          /* 0 = not known */
  gint64 passed_90k;            /* of it, as far as is known */
  GArray *steps;                /* Step, in order of place; while it runs */
  guint next;                   /* of the steps */
} Creative;

struct _AspBeaconPlan
{
  GPtrArray *creatives;         /* Creative */
  GPtrArray *break_trackers;    /* AspAdTracker, nullable */
  Phase phase;
  gint64 start_90k;
  GQueue due;                   /* AspBeacon, owned */
  GPtrArray *given;             /* AspBeacon, owned: borrowed by the caller */
  GPtrArray *trackers;          /* AspAdTracker that beacons point into */
};

/* Two sources that follow each other may be a picture apart: one of 24 a second. */
#define PICTURE_90K (ASP_SECOND_90K / 24)

/* What happens with the first picture, in this order. */
static const gchar *const at_start[] = { "impression", "loaded", "creativeView", "start" };

static void
creative_free (Creative * c)
{
  asp_ad_free (c->ad);
  g_clear_pointer (&c->steps, g_array_unref);
  g_free (c);
}

AspBeaconPlan *
asp_beacon_plan_new (const AspAdAvail * avail, const GPtrArray * break_trackers)
{
  AspBeaconPlan *p = g_new0 (AspBeaconPlan, 1);

  p->creatives = g_ptr_array_new_with_free_func ((GDestroyNotify) creative_free);
  p->break_trackers = asp_ad_part_list_copy (break_trackers);
  p->given = g_ptr_array_new_with_free_func (g_free);
  p->trackers = g_ptr_array_new_with_free_func (asp_ad_part_unref);
  g_queue_init (&p->due);
  for (guint i = 0; avail->pod.ads && i < avail->pod.ads->len; i++) {
    Creative *c = g_new0 (Creative, 1);

    c->ad = asp_ad_copy (g_ptr_array_index (avail->pod.ads, i));
    g_ptr_array_add (p->creatives, c);
  }
  return p;
}

void
asp_beacon_plan_free (AspBeaconPlan * p)
{
  if (!p)
    return;
  g_ptr_array_unref (p->creatives);
  g_clear_pointer (&p->break_trackers, g_ptr_array_unref);
  g_queue_clear_full (&p->due, g_free);
  g_ptr_array_unref (p->given);
  g_ptr_array_unref (p->trackers);
  g_free (p);
}

static void
add_due (AspBeaconPlan * p, const AspBeacon * beacon)
{
  g_queue_push_tail (&p->due, g_memdup2 (beacon, sizeof *beacon));
}

/* Those of @list with this name, now. */
static void
add_coded (AspBeaconPlan * p, const GPtrArray * list, const gchar * event, const Creative * c,
    guint pod_index, gint64 playhead_90k, AspAdCode code)
{
  AspAdTracker *t;

  for (guint i = 0; (t = asp_ad_part_list_get (list, i)) != NULL; i++) {
    AspBeacon beacon = { 0, };

    if (!t->event || strcmp (t->event, event) != 0 || !t->url)
      continue;
    g_ptr_array_add (p->trackers, asp_ad_part_ref (t));
    beacon.event = t->event;
    beacon.url = t->url;
    beacon.asset_id = c && c->ad->creative.asset_id ? c->ad->creative.asset_id : "";
    beacon.ad = c ? c->ad : NULL;
    beacon.pod_index = pod_index;
    beacon.playhead_90k = playhead_90k;
    beacon.code = code;
    add_due (p, &beacon);
  }
}

static void
add_named (AspBeaconPlan * p, const GPtrArray * list, const gchar * event, const Creative * c,
    guint pod_index, gint64 playhead_90k)
{
  add_coded (p, list, event, c, pod_index, playhead_90k, ASP_AD_CODE_NONE);
}

/* -- places in a creative -- */

static gint
compare_steps (gconstpointer a, gconstpointer b)
{
  const Step *x = a, *y = b;

  if (x->at_90k != y->at_90k)
    return x->at_90k < y->at_90k ? -1 : 1;
  return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Where in a creative of this length a tracker is due; -1 = not by its place. */
static gint64
place_of (const AspAdTracker * t, gint64 duration_90k)
{
  if (!strcmp (t->event, "firstQuartile"))
    return duration_90k / 4;
  if (!strcmp (t->event, "midpoint"))
    return duration_90k / 2;
  if (!strcmp (t->event, "thirdQuartile"))
    return duration_90k * 3 / 4;
  if (strcmp (t->event, "progress") != 0)
    return -1;
  if (t->offset.at_90k >= 0)
    return t->offset.at_90k;
  if (t->offset.percent >= 0 && t->offset.percent <= 100)
    return (gint64) (duration_90k * t->offset.percent / 100);
  return -1;
}

static GArray *
steps_new (const Creative * c, guint pod_index, gint64 duration_90k)
{
  GArray *steps = g_array_new (FALSE, FALSE, sizeof (Step));
  AspAdTracker *t;

  for (guint i = 0; (t = asp_ad_part_list_get (c->ad->creative.trackers, i)) != NULL; i++) {
    Step step = { {0,}, t, 0, i };

    step.at_90k = t->event && t->url ? place_of (t, duration_90k) : -1;
    /* a quartile of an unknown length has no place, a progress beyond the end never comes */
    if (step.at_90k < 0 || duration_90k <= 0 || step.at_90k > duration_90k)
      continue;
    step.beacon.event = t->event;
    step.beacon.url = t->url;
    step.beacon.asset_id = c->ad->creative.asset_id ? c->ad->creative.asset_id : "";
    step.beacon.ad = c->ad;
    step.beacon.pod_index = pod_index;
    step.beacon.playhead_90k = step.at_90k;
    g_array_append_val (steps, step);
  }
  g_array_sort (steps, compare_steps);
  return steps;
}

/* Those up to @passed_90k of the creative. */
static void
take_steps (AspBeaconPlan * p, Creative * c, gint64 passed_90k)
{
  while (c->next < c->steps->len) {
    Step *step = &g_array_index (c->steps, Step, c->next);

    if (step->at_90k > passed_90k)
      break;
    add_due (p, &step->beacon);
    c->next++;
  }
}

static Creative *
creative_of (const AspBeaconPlan * p, guint pod_index)
{
  return pod_index >= 1 && pod_index <= p->creatives->len ?
      g_ptr_array_index (p->creatives, pod_index - 1) : NULL;
}

/* -- what is told -- */

void
asp_beacon_plan_break_started (AspBeaconPlan * p, gint64 pts90k)
{
  if (p->phase != NOT_YET)
    return;
  p->phase = RUNNING;
  p->start_90k = pts90k;
  add_named (p, p->break_trackers, "breakStart", NULL, 0, 0);
}

void
asp_beacon_plan_creative_ended (AspBeaconPlan * p, guint pod_index, gint64 pts90k, gboolean whole)
{
  Creative *c = creative_of (p, pod_index);

  if (!c || c->phase != RUNNING)
    return;
  take_steps (p, c, whole ? G_MAXINT64 : asp_pts_diff (pts90k, c->start_90k) - 1);
  if (whole)
    add_named (p, c->ad->creative.trackers, "complete", c, pod_index, c->duration_90k > 0 ?
        c->duration_90k : MAX (asp_pts_diff (pts90k, c->start_90k), 0));
  c->phase = OVER;
}

/* Whoever still runs at @pts90k ends there: whole when there was time enough for it. */
static void
end_running (AspBeaconPlan * p, gint64 pts90k)
{
  for (guint i = 1; i <= p->creatives->len; i++) {
    const Creative *c = creative_of (p, i);

    if (c->phase == RUNNING)
      asp_beacon_plan_creative_ended (p, i, pts90k, c->duration_90k > 0 &&
          asp_pts_diff (pts90k, c->start_90k) >= c->duration_90k - PICTURE_90K);
  }
}

void
asp_beacon_plan_creative_started (AspBeaconPlan * p, guint pod_index, gint64 pts90k,
    gint64 duration_90k)
{
  Creative *c = creative_of (p, pod_index);

  if (!c || c->phase != NOT_YET || p->phase == OVER)
    return;
  asp_beacon_plan_break_started (p, pts90k);
  end_running (p, pts90k);
  c->phase = RUNNING;
  c->start_90k = pts90k;
  c->duration_90k = duration_90k > 0 ? duration_90k : c->ad->creative.duration_90k;
  c->steps = steps_new (c, pod_index, c->duration_90k);
  for (guint i = 0; i < G_N_ELEMENTS (at_start); i++) {
    add_named (p, c->ad->trackers, at_start[i], c, pod_index, 0);
    add_named (p, c->ad->creative.trackers, at_start[i], c, pod_index, 0);
  }
}

void
asp_beacon_plan_creative_lost (AspBeaconPlan * p, guint pod_index, AspAdCode code)
{
  for (guint i = 1; i <= p->creatives->len; i++) {
    Creative *c = creative_of (p, i);

    if ((pod_index != 0 && pod_index != i) || c->phase != NOT_YET)
      continue;
    c->phase = OVER;
    add_coded (p, c->ad->trackers, "error", c, i, -1, code);
  }
}

void
asp_beacon_plan_break_ended (AspBeaconPlan * p, gint64 pts90k)
{
  if (p->phase != RUNNING)
    return;
  end_running (p, pts90k);
  asp_beacon_plan_creative_lost (p, 0, ASP_AD_CODE_BREAK_SHORTENED);
  p->phase = OVER;
  add_named (p, p->break_trackers, "breakEnd", NULL, 0,
      MAX (asp_pts_diff (pts90k, p->start_90k), 0));
}

void
asp_beacon_plan_passed (AspBeaconPlan * p, gint64 pts90k)
{
  for (guint i = 0; i < p->creatives->len; i++) {
    Creative *c = g_ptr_array_index (p->creatives, i);

    if (c->phase != RUNNING)
      continue;
    c->passed_90k = MAX (c->passed_90k, asp_pts_diff (pts90k, c->start_90k));
    take_steps (p, c, c->passed_90k);
  }
}

const AspBeacon *
asp_beacon_plan_next (AspBeaconPlan * p)
{
  AspBeacon *beacon = g_queue_pop_head (&p->due);

  if (beacon)
    g_ptr_array_add (p->given, beacon);
  return beacon;
}

gint64
asp_beacon_plan_wait_90k (const AspBeaconPlan * p, gint64 pts90k)
{
  gint64 wait_90k = -1;

  if (!g_queue_is_empty ((GQueue *) & p->due))
    return 0;
  for (guint i = 0; i < p->creatives->len; i++) {
    const Creative *c = g_ptr_array_index (p->creatives, i);
    gint64 left_90k;

    if (c->phase != RUNNING || c->next >= c->steps->len)
      continue;
    left_90k = g_array_index (c->steps, Step, c->next).at_90k -
        asp_pts_diff (pts90k, c->start_90k);
    left_90k = MAX (left_90k, 0);
    wait_90k = wait_90k < 0 ? left_90k : MIN (wait_90k, left_90k);
  }
  return wait_90k;
}
