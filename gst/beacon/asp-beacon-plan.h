/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ad.h>
#include <asp-ad-code.h>
#include <asp-ad-macro.h>

G_BEGIN_DECLS

/*
 * Which beacons of a break are due, and when: a pure state machine over the ads that were
 * decided and what the splicer reports. It is told what happens (`ad-break-state-change`: started,
 * creative-started, creative-ended, ended) and how far the output has come, and gives what is
 * to be fired, in the order in which it happens:
 *
 *   breakStart · of each creative: every impression, loaded, creativeView, start, then by place
 *   firstQuartile, midpoint, thirdQuartile and progress, then complete · breakEnd
 *
 * A quartile is due when the picture at its place has passed: the position is a PTS that has gone
 * out. `complete` comes with the end of a creative that was played whole. What was cut gets
 * nothing behind its cut. What was decided and never started is told to its ad server as an
 * error (206: the break was shorter), and nothing else of it. Nothing comes twice, whatever is
 * told twice. Events that only a player can see (mute, skip, ...) are left to players.
 *
 * Times are PTS of the output, 33 bits or unwrapped, as the messages have them; a creative may go
 * over the wrap. Thread: one at a time; pure: no clock, no I/O. Since: 0.1
 */
typedef struct _AspBeaconPlan AspBeaconPlan;

/* One that is due. Borrowed from the plan, until it is freed. */
typedef struct
{
  const gchar *event;           /* VAST's name */
  const gchar *url;             /* macros not filled: it is part of the key */
  const gchar *asset_id;        /* of the creative; "" for the break */
  const AspAd *ad;              /* NULL for the break */
  guint pod_index;              /* from 1; 0 for the break */
  gint64 playhead_90k;          /* in the creative; in the break for the break's own; -1 = nowhere */
  AspAdCode code;               /* of "error" */
} AspBeacon;

/**
 * asp_beacon_plan_new:
 * @avail: its pod is what is played, in order; is not kept
 * @break_trackers: (nullable): AspAdTracker "breakStart" and "breakEnd", of a VMAP
 */
AspBeaconPlan *asp_beacon_plan_new (const AspAdAvail * avail, const GPtrArray * break_trackers);
void asp_beacon_plan_free (AspBeaconPlan * plan);       /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspBeaconPlan, asp_beacon_plan_free)

void asp_beacon_plan_break_started (AspBeaconPlan * plan, gint64 pts90k);

/**
 * asp_beacon_plan_creative_started:
 * @pod_index: from 1, into the avail's pod; another one is ignored
 * @duration_90k: of what is played: 0 = the ad's own. Quartiles are parts of it
 */
void asp_beacon_plan_creative_started (AspBeaconPlan * plan, guint pod_index, gint64 pts90k,
    gint64 duration_90k);

/* @whole: its last picture has gone out; else it was left before, at @pts90k. */
void asp_beacon_plan_creative_ended (AspBeaconPlan * plan, guint pod_index, gint64 pts90k,
    gboolean whole);

/**
 * asp_beacon_plan_creative_lost:
 * @pod_index: from 1; 0: all of them
 *
 * It will not be shown any more: "error" with @code, unless it has been started.
 */
void asp_beacon_plan_creative_lost (AspBeaconPlan * plan, guint pod_index, AspAdCode code);

/* A creative that is still running ends there too: whole when its length has passed, else cut. What was
 * not started is lost, with 206. */
void asp_beacon_plan_break_ended (AspBeaconPlan * plan, gint64 pts90k);

/* The output has come to @pts90k. Earlier ones than before are ignored. */
void asp_beacon_plan_passed (AspBeaconPlan * plan, gint64 pts90k);

/* The next one that is due, or NULL: to be asked until NULL after each of the above. */
const AspBeacon *asp_beacon_plan_next (AspBeaconPlan * plan);

/* How far the output has to come from @pts90k until something is due without anything being
 * told; -1 = nothing is. For who sets a timer. */
gint64 asp_beacon_plan_wait_90k (const AspBeaconPlan * plan, gint64 pts90k);

/**
 * asp_beacon_url:
 * @macros: what the caller knows (time, random number, roll, devices ...); the ad's own fields
 *   are set from @beacon in a copy
 *
 * Returns: (transfer full) (nullable): the URL to fire; NULL for one that is not called
 */
gchar *asp_beacon_url (const AspBeacon * beacon, const AspAdMacros * macros);

G_END_DECLS
