/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-ads-private.h"

#include <string.h>

#define WHOLE_SLACK_90K (ASP_SECOND_90K * 6 / 100)      /* a creative that lacks a frame has been played */
#define BEACONS_DRAIN_MS 500    /* for what is due when the channel stops; the rest is kept */
#define GONE_MAX 64             /* breaks that were over before their pods were known */

/* A break that was over before anything was to be played in it. */
typedef struct
{
  gchar *id;
  AspAdCode code;
} Gone;

gboolean
ad_server_fire_beacons (AdServer * server, const gchar * file, GError ** error)
{
  gboolean kept = TRUE;

  server->store = file ? asp_store_open (file, FALSE, error) : NULL;
  kept = !file || server->store;
  if (!server->store)
    server->store = asp_store_new_memory ();
  server->beacons = asp_beacon_queue_new (server->store, server->client, NULL);
  server->runner = asp_beacon_runner_new (server->beacons, NULL);
  server->pods = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) asp_ad_avail_free);
  return kept;
}

static void
gone_free (gpointer data)
{
  g_free (((Gone *) data)->id);
  g_free (data);
}

/* lock held. (transfer full) (nullable) */
static Gone *
take_gone (AdServer * server, const gchar * break_id)
{
  for (GList * l = server->gone.head; l; l = l->next) {
    Gone *gone = l->data;

    if (strcmp (gone->id, break_id) != 0)
      continue;
    g_queue_delete_link (&server->gone, l);
    return gone;
  }
  return NULL;
}

void
ad_server_plays (AdServer * server, const gchar * break_id, gint64 duration_90k, gboolean postroll,
    const GPtrArray * ads)
{
  g_autoptr (GPtrArray) trackers = NULL;
  AspAdAvail *avail;
  Gone *gone;

  if (!server->runner || ads->len == 0)
    return;
  avail = asp_ad_avail_new (break_id, postroll ? ASP_AD_ROLL_POSTROLL : ASP_AD_ROLL_MIDROLL, duration_90k);
  for (guint i = 0; i < ads->len; i++)
    g_ptr_array_add (avail->pod.ads, asp_ad_copy (g_ptr_array_index (ads, i)));
  trackers = ad_server_copy_break_trackers (server, break_id);
  asp_beacon_runner_decided (server->runner, avail, trackers);
  g_mutex_lock (&server->lock);
  gone = take_gone (server, break_id);
  if (!gone)
    g_hash_table_replace (server->pods, avail->break_id, avail);
  g_mutex_unlock (&server->lock);
  if (!gone)
    return;
  asp_beacon_runner_lost (server->runner, break_id, gone->code);
  asp_ad_avail_free (avail);
  gone_free (gone);
}

/* Place of the creative in the pod, from 1, and its length; 0: it is not in it. */
static guint
place_in_pod (AdServer * server, const gchar * break_id, const gchar * asset_id, gint64 * length_90k)
{
  const AspAdAvail *avail;
  guint place = 0;

  g_mutex_lock (&server->lock);
  avail = g_hash_table_lookup (server->pods, break_id);
  for (guint i = 0; avail && i < avail->pod.ads->len && place == 0; i++) {
    const AspAd *ad = g_ptr_array_index (avail->pod.ads, i);

    if (g_strcmp0 (ad->creative.asset_id, asset_id))
      continue;
    place = i + 1;
    *length_90k = ad->creative.duration_90k;
  }
  g_mutex_unlock (&server->lock);
  return place;
}

/* The break is over. When its pod comes, then it is told that it is lost. */
static void
forget_pod (AdServer * server, const gchar * break_id, AspAdCode code)
{
  Gone *gone;

  g_mutex_lock (&server->lock);
  if (!g_hash_table_remove (server->pods, break_id)) {
    gone = g_new0 (Gone, 1);
    gone->id = g_strdup (break_id);
    gone->code = code;
    g_queue_push_head (&server->gone, gone);
    if (server->gone.length > GONE_MAX)
      gone_free (g_queue_pop_tail (&server->gone));
  }
  g_mutex_unlock (&server->lock);
}

void
ad_server_state (AdServer * server, const gchar * break_id, const gchar * state, const gchar * asset_id,
    gint64 pts90k, gint64 duration_90k)
{
  AspBeaconRunner *r = server->runner;
  gint64 length_90k = 0;
  AspAdCode code;
  guint place;

  if (!r)
    return;
  place = asset_id ? place_in_pod (server, break_id, asset_id, &length_90k) : 0;
  if (!strcmp (state, "started"))
    asp_beacon_runner_break_started (r, break_id, pts90k);
  else if (!strcmp (state, "creative-started"))
    asp_beacon_runner_creative_started (r, break_id, place, pts90k, length_90k);
  else if (!strcmp (state, "creative-ended"))
    asp_beacon_runner_creative_ended (r, break_id, place, pts90k, duration_90k + WHOLE_SLACK_90K >= length_90k);
  else if (!strcmp (state, "ended"))
    asp_beacon_runner_break_ended (r, break_id, pts90k);
  if (strcmp (state, "ended") && strcmp (state, "cancelled") && strcmp (state, "skipped"))
    return;
  code = strcmp (state, "skipped") ? ASP_AD_CODE_BREAK_SHORTENED : ASP_AD_CODE_NO_DISPLAY;
  asp_beacon_runner_lost (r, break_id, code);
  forget_pod (server, break_id, code);
}

void
ad_server_refused (AdServer * server, const gchar * break_id, const gchar * asset_id)
{
  gint64 length_90k;
  guint place;

  if (!server->runner)
    return;
  place = place_in_pod (server, break_id, asset_id, &length_90k);
  if (place > 0)
    asp_beacon_runner_creative_lost (server->runner, break_id, place, ASP_AD_CODE_DISPLAY);
}

void
ad_server_passed (AdServer * server, gint64 pts90k)
{
  if (server->runner)
    asp_beacon_runner_passed (server->runner, pts90k);
}

void
ad_server_end_beacons (AdServer * server)
{
  if (server->runner)
    asp_beacon_runner_lost (server->runner, NULL, ASP_AD_CODE_BREAK_SHORTENED);
  asp_beacon_runner_free (server->runner);
  asp_beacon_queue_free (server->beacons, BEACONS_DRAIN_MS);
}

void
ad_server_clear_beacons (AdServer * server)
{
  asp_store_free (server->store);
  g_clear_pointer (&server->pods, g_hash_table_unref);
  g_queue_clear_full (&server->gone, gone_free);
}
