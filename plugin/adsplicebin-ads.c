/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-ads.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include <asp-beacon-runner.h>
#include <asp-decider.h>
#include <asp-decision-report.h>

#define CREATIVE_BYTES_MAX ((gsize) 512 << 20)
#define CREATIVE_FETCH_MS 120000
#define WHOLE_SLACK_90K (ASP_SECOND_90K * 6 / 100)      /* a creative that lacks a frame has been played */
#define BEACONS_DRAIN_MS 500    /* for what is due when the channel stops; the rest is kept */
#define GONE_MAX 64             /* breaks that were over before their pods were known */
#define TIMEOUT_US (3 * G_USEC_PER_SEC)  /* no answer behind that: the ad server was too slow */
#define FAILED_AGAIN_US (60 * G_USEC_PER_SEC)   /* what could not be fetched is not tried before */

/*
 * Locks: `lock` is innermost; nothing is sent, called or written under it. What an Ask has for its decision
 * is touched by ad_server_ask() before, and by the client's thread.
 */
typedef struct
{
  AdFetchState state;
  gchar *path, *part;
  gint64 failed_us;
  gchar *detail;
  AdServer *server;
} Fetch;

typedef struct
{
  gint refs;                    /* atomic: the table, the decision that runs */
  AdServer *server;
  gchar *id;
  AspDecisionRequest request;
  AspDecisionConfig config;
  gboolean decided;             /* lock */
  const gchar *outcome;
  gchar *why;
  gint64 asked_us, latency_us;  /* latency: lock */
  GPtrArray *ads, *skipped;     /* of AdEntry; lock */
  GPtrArray *break_trackers;    /* of a VMAP's break, or NULL; lock */
} Ask;

/* A break that was over before anything was to be played in it. */
typedef struct
{
  gchar *id;
  AspAdCode code;
} Gone;

struct _AdServer
{
  gchar *url, *folder, *session;
  AdServerSettings *settings;   /* nullable */
  AdServerTold told;
  gpointer user_data;
  AspHttpClient *client;
  AspDecider *decider;
  AspStore *store;              /* these three: when beacons are fired */
  AspBeaconQueue *beacons;
  AspBeaconRunner *runner;
  GHashTable *pods;             /* id -> AspAdAvail: what plays; lock */
  GQueue gone;                  /* Gone, newest first; lock */
  GMutex lock;
  GHashTable *asks;             /* id -> Ask; lock */
  GHashTable *fetches;          /* URL -> Fetch; lock */
  guint parts;                  /* lock */
  AdServerCounts counts;        /* lock */
};

/* --- pieces ------------------------------------------------------------------------ */

static void
entry_free (gpointer data)
{
  AdEntry *e = data;

  asp_ad_free (e->ad);
  g_free (e->path);
  g_free (e->detail);
  g_free (e);
}

static AdEntry *
entry_new (const AspAd * ad, AdFetchState state, const gchar * reason, const gchar * detail)
{
  AdEntry *e = g_new0 (AdEntry, 1);

  e->ad = asp_ad_copy (ad);
  e->state = state;
  e->reason = reason;
  e->detail = g_strdup (detail);
  return e;
}

static void
ask_unref (Ask * ask)
{
  if (!g_atomic_int_dec_and_test (&ask->refs))
    return;
  asp_decision_request_clear (&ask->request);
  g_free (ask->id);
  g_free (ask->why);
  g_ptr_array_unref (ask->ads);
  g_ptr_array_unref (ask->skipped);
  g_clear_pointer (&ask->break_trackers, g_ptr_array_unref);
  g_free (ask);
}

static void
fetch_free (gpointer data)
{
  Fetch *f = data;

  g_free (f->path);
  g_free (f->part);
  g_free (f->detail);
  g_free (f);
}

/* What a creative is called here: the same URL is the same creative. */
static gchar *
asset_id_of (const gchar * url)
{
  g_autofree gchar *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, url, -1);

  return g_strndup (sum, 32);
}

static const gchar *
source_url (const AspAd * ad)
{
  AspSkipReason reason;
  const AspAdMedia *media = asp_decision_source (ad, FALSE, &reason);

  return media ? media->url : NULL;
}

/* --- creatives --------------------------------------------------------------------- */

/* All breaks: whoever waits for that creative looks for himself. */
static void
tell_all (AdServer * server)
{
  g_auto (GStrv) ids = NULL;
  GHashTableIter iter;
  gpointer id;
  guint n = 0;

  g_mutex_lock (&server->lock);
  ids = g_new0 (gchar *, g_hash_table_size (server->asks) + 1);
  g_hash_table_iter_init (&iter, server->asks);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    ids[n++] = g_strdup (id);
  g_mutex_unlock (&server->lock);
  for (guint i = 0; i < n; i++)
    server->told (server->user_data, ids[i]);
}

static void
on_fetched (const AspHttpAnswer * answer, const GError * error, gpointer user_data)
{
  Fetch *f = user_data;
  AdServer *server = f->server;
  g_autofree gchar *detail = NULL;

  if (error)
    detail = g_strdup (error->message);
  else if (answer->status != 200)
    detail = g_strdup_printf ("the server of the creative answers %u", answer->status);
  else if (g_rename (f->part, f->path) < 0)
    detail = g_strdup_printf ("%s: %s", f->path, g_strerror (errno));
  if (detail)
    g_unlink (f->part);
  g_mutex_lock (&server->lock);
  f->state = detail ? AD_FAILED : AD_FETCHED;
  f->failed_us = g_get_monotonic_time ();
  g_free (f->detail);
  f->detail = g_steal_pointer (&detail);
  g_mutex_unlock (&server->lock);
  if (!g_error_matches (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_CANCELLED))
    tell_all (server);
}

static Fetch *
fetch_new_locked (AdServer * server, const gchar * url)
{
  g_autofree gchar *asset_id = asset_id_of (url);
  Fetch *f = g_new0 (Fetch, 1);

  f->server = server;
  f->path = g_strdup_printf ("%s/%s.ts", server->folder, asset_id);
  f->part = g_strdup_printf ("%s/.%s.%d.%u.part", server->folder, asset_id, (int) getpid (), server->parts++);
  f->state = AD_FAILED;
  g_hash_table_insert (server->fetches, g_strdup (url), f);
  return f;
}

static void
begin_fetch (AdServer * server, const gchar * url, Fetch * f)
{
  AspHttpCall call = { .url = url, .file = f->part, .max_bytes = CREATIVE_BYTES_MAX,
    .total_timeout_ms = CREATIVE_FETCH_MS, .retry = ASP_HTTP_RETRY_SAFE
  };

  asp_http_client_send (server->client, &call, on_fetched, f);
}

/* In the client's thread. Begins with what is not there. */
static AdFetchState
want_creative (AdServer * server, const gchar * url)
{
  gboolean begin = FALSE;
  AdFetchState state;
  Fetch *f;

  g_mutex_lock (&server->lock);
  f = g_hash_table_lookup (server->fetches, url);
  if (!f)
    f = fetch_new_locked (server, url);
  if (f->state != AD_FETCHING && g_file_test (f->path, G_FILE_TEST_IS_REGULAR)) {
    f->state = AD_FETCHED;
  } else if (f->state == AD_FETCHED || (f->state == AD_FAILED &&
          (f->failed_us == 0 || g_get_monotonic_time () - f->failed_us > FAILED_AGAIN_US))) {
    f->state = AD_FETCHING;
    begin = TRUE;
  }
  state = f->state;
  g_mutex_unlock (&server->lock);
  if (begin)
    begin_fetch (server, url, f);
  return state;
}

/* --- decisions ----------------------------------------------------------------------- */

/* What is being fetched counts as ready: there is the lead time of the break for it. */
static AspTranscodeState
probe (const AspAd * ad, const AspAdMedia * source, gint64 * duration_90k, AspAdCode * code, gpointer user_data)
{
  if (want_creative (user_data, source->url) != AD_FAILED)
    return ASP_TRANSCODE_READY;
  *code = ASP_AD_CODE_NOT_FOUND;
  return ASP_TRANSCODE_ERROR;
}

static void
take_result (Ask * ask, const AspDecisionResult * result)
{
  AdServerCounts *counts = &ask->server->counts;

  ask->latency_us = g_get_monotonic_time () - ask->asked_us;
  counts->errors += result->outcome == ASP_DECISION_FAILED;
  counts->timeouts += result->outcome == ASP_DECISION_FAILED && ask->latency_us >= TIMEOUT_US;
  ask->decided = TRUE;
  ask->outcome = asp_decision_outcome_name (result->outcome);
  ask->why = g_strdup (result->why);
  ask->break_trackers = asp_ad_part_list_copy (result->break_trackers);
  for (guint i = 0; i < result->pod.pod.ads->len; i++) {
    AdEntry *e = entry_new (g_ptr_array_index (result->pod.pod.ads, i), AD_FETCHING, NULL, NULL);
    const gchar *url = source_url (e->ad);

    e->expires_us = g_array_index (result->pod.expires_us, gint64, i);
    g_free (e->ad->creative.asset_id);
    e->ad->creative.asset_id = url ? asset_id_of (url) : NULL;
    g_ptr_array_add (ask->ads, e);
  }
  for (guint i = 0; i < result->pod.skipped->len; i++) {
    const AspSkippedAd *skipped = g_ptr_array_index (result->pod.skipped, i);

    g_ptr_array_add (ask->skipped, entry_new (skipped->ad, AD_FAILED, asp_skip_reason_name (skipped->reason),
            skipped->why));
  }
}

static void
on_decided (const AspDecisionResult * result, gpointer user_data)
{
  Ask *ask = user_data;
  AdServer *server = ask->server;

  if (result) {
    g_mutex_lock (&server->lock);
    take_result (ask, result);
    g_mutex_unlock (&server->lock);
    server->told (server->user_data, ask->id);
  }
  ask_unref (ask);
}

static void
set_param (AspDecisionVars * vars, const gchar * name, const gchar * value)
{
  g_autofree gchar *whole = g_strconcat ("player_params.", name, NULL);

  asp_decision_vars_set (vars, whole, value);
}

/* Those of the break come before the configured ones. */
static void
set_params (AdServer * server, AspDecisionVars * vars, GHashTable * params)
{
  gchar **defaults = server->settings ? server->settings->player_params : NULL;
  GHashTableIter iter;
  gpointer name, value;

  for (guint i = 0; defaults && defaults[i]; i++) {
    g_auto (GStrv) halves = g_strsplit (defaults[i], "=", 2);

    if (halves[0] && halves[1])
      set_param (vars, g_strstrip (halves[0]), g_strstrip (halves[1]));
  }
  if (!params)
    return;
  g_hash_table_iter_init (&iter, params);
  while (g_hash_table_iter_next (&iter, &name, &value))
    set_param (vars, name, value);
}

static void
set_variables (AdServer * server, AspDecisionVars * vars, gint64 duration_90k, guint index, const gchar * scte35)
{
  g_autoptr (GBytes) bytes = scte35 ? asp_scte35_decode_text (scte35, NULL) : NULL;
  AspScte35Section section;

  asp_decision_vars_set (vars, "session.uuid", server->session);
  asp_decision_vars_set_avail (vars, duration_90k, index, (guint64) g_random_int () * 2, -1);
  if (bytes && asp_scte35_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &section, NULL)) {
    asp_decision_vars_set_scte35 (vars, &section);
    asp_scte35_clear (&section);
  }
}

static Ask *
ask_new (AdServer * server, const AdServerAsk * asked)
{
  const AspAdMacros macros = ASP_AD_MACROS_INIT;
  Ask *ask = g_new0 (Ask, 1);

  ask->refs = 1;
  ask->server = server;
  ask->id = g_strdup (asked->break_id);
  ask->asked_us = g_get_monotonic_time ();
  ask->ads = g_ptr_array_new_with_free_func (entry_free);
  ask->skipped = g_ptr_array_new_with_free_func (entry_free);
  ask->config.rules.avail_90k = asked->duration_90k;
  ask->config.rules.plays_us = asked->plays_us;
  ask->config.rules.tolerance_90k = ASP_SECOND_90K / 2;
  ask->config.rules.probe = probe;
  ask->config.rules.probe_data = server;
  ask->config.macros = macros;
  ask->config.macros.break_duration_90k = asked->duration_90k;
  ask->config.macros.roll = asked->postroll ? ASP_AD_ROLL_POSTROLL : ASP_AD_ROLL_MIDROLL;
  ask->config.seed = g_random_int ();
  return ask;
}

void
ad_server_ask (AdServer * server, const AdServerAsk * asked)
{
  const AdServerSettings *settings = server->settings;
  const AspDecisionTemplate template = {
    .url = asked->url ? asked->url : server->url ? server->url : "",
    .headers = settings ? (const gchar * const *) settings->headers : NULL,
  };
  g_autoptr (AspDecisionVars) vars = asp_decision_vars_new ();
  Ask *ask = ask_new (server, asked);
  AspDeciderAsk deciding = { &ask->request, &ask->config, NULL, NULL, settings ? settings->identity : NULL };
  const gchar *why = NULL;
  gboolean ok;

  set_variables (server, vars, asked->duration_90k, asked->index, asked->scte35);
  set_params (server, vars, asked->params);
  ok = asp_decision_request_init (&ask->request, &template, vars, &why);
  if (!ok) {
    ask->decided = TRUE;
    ask->outcome = asp_decision_outcome_name (ASP_DECISION_FAILED);
    ask->why = g_strdup (why);
  } else {
    g_atomic_int_inc (&ask->refs);
  }
  g_mutex_lock (&server->lock);
  server->counts.requests++;
  g_hash_table_replace (server->asks, ask->id, ask);
  g_mutex_unlock (&server->lock);
  if (ok)
    asp_decider_decide (server->decider, &deciding, on_decided, ask);
  else
    server->told (server->user_data, asked->break_id);
}

void
ad_server_count (AdServer * server, AdServerCounts * counts)
{
  AspBeaconQueueStats stats = { 0 };

  if (server->beacons)
    asp_beacon_queue_get_stats (server->beacons, &stats);
  g_mutex_lock (&server->lock);
  *counts = server->counts;
  g_mutex_unlock (&server->lock);
  counts->beacons_waiting = stats.waiting;
  counts->beacons_fired = stats.outcomes[ASP_BEACON_DELIVERED];
  for (guint i = ASP_BEACON_DELIVERED + 1; i <= ASP_BEACON_LOST; i++)
    counts->beacons_failed += stats.outcomes[i];
}

AdFetchState
ad_server_want (AdServer * server, const gchar * url, gchar ** path)
{
  AdFetchState state = want_creative (server, url);
  const Fetch *f;

  g_mutex_lock (&server->lock);
  f = g_hash_table_lookup (server->fetches, url);
  *path = f ? g_strdup (f->path) : NULL;
  g_mutex_unlock (&server->lock);
  return state;
}

/* --- answers ---------------------------------------------------------------------------- */

static AdEntry *
copy_entry (const AdEntry * from)
{
  AdEntry *e = entry_new (from->ad, from->state, from->reason, from->detail);

  e->path = g_strdup (from->path);
  e->expires_us = from->expires_us;
  return e;
}

static void
look_up_locked (AdServer * server, AdEntry * e)
{
  const gchar *url = source_url (e->ad);
  const Fetch *f = url ? g_hash_table_lookup (server->fetches, url) : NULL;

  e->state = f ? f->state : AD_FAILED;
  e->path = f ? g_strdup (f->path) : NULL;
  if (e->state != AD_FAILED)
    return;
  e->reason = asp_skip_reason_name (ASP_SKIP_MEDIA_FILE_UNAVAILABLE);
  e->detail = g_strdup (f ? f->detail : NULL);
}

AdAnswer *
ad_server_answer (AdServer * server, const gchar * break_id)
{
  AdAnswer *answer = NULL;
  const Ask *ask;

  g_mutex_lock (&server->lock);
  ask = g_hash_table_lookup (server->asks, break_id);
  if (ask) {
    answer = g_new0 (AdAnswer, 1);
    answer->decided = answer->complete = ask->decided;
    answer->outcome = ask->outcome;
    answer->latency_us = ask->latency_us;
    answer->why = g_strdup (ask->why);
    answer->entries = g_ptr_array_new_with_free_func (entry_free);
    answer->skipped = g_ptr_array_new_with_free_func (entry_free);
    for (guint i = 0; i < ask->ads->len; i++) {
      AdEntry *e = copy_entry (g_ptr_array_index (ask->ads, i));

      look_up_locked (server, e);
      answer->complete &= e->state != AD_FETCHING;
      g_ptr_array_add (answer->entries, e);
    }
    for (guint i = 0; i < ask->skipped->len; i++)
      g_ptr_array_add (answer->skipped, copy_entry (g_ptr_array_index (ask->skipped, i)));
  }
  g_mutex_unlock (&server->lock);
  return answer;
}

void
ad_answer_free (AdAnswer * answer)
{
  if (!answer)
    return;
  g_free (answer->why);
  g_ptr_array_unref (answer->entries);
  g_ptr_array_unref (answer->skipped);
  g_free (answer);
}

void
ad_server_forget (AdServer * server, const gchar * break_id)
{
  Ask *ask = NULL;

  g_mutex_lock (&server->lock);
  g_hash_table_steal_extended (server->asks, break_id, NULL, (gpointer *) & ask);
  g_mutex_unlock (&server->lock);
  if (ask)
    ask_unref (ask);
}

static void
on_error_told (const AspHttpAnswer * answer, const GError * error, gpointer user_data)
{
}

void
ad_server_report (AdServer * server, const AspAd * ad, AspAdCode code)
{
  AspAdMacros macros = ASP_AD_MACROS_INIT;
  GPtrArray *urls;

  macros.unix_us = g_get_real_time ();
  macros.random = g_random_int ();
  urls = asp_decision_lost_urls (ad, code, &macros);
  for (guint i = 0; i < urls->len; i++) {
    AspHttpCall call = { .url = g_ptr_array_index (urls, i), .max_bytes = 4096,
      .retry = ASP_HTTP_RETRY_UNSENT
    };

    asp_http_client_send (server->client, &call, on_error_told, NULL);
  }
  g_ptr_array_unref (urls);
}

/* --- beacons --------------------------------------------------------------------------- */

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

static GPtrArray *
copy_break_trackers (AdServer * server, const gchar * break_id)
{
  GPtrArray *trackers = NULL;
  const Ask *ask;

  g_mutex_lock (&server->lock);
  ask = g_hash_table_lookup (server->asks, break_id);
  if (ask)
    trackers = asp_ad_part_list_copy (ask->break_trackers);
  g_mutex_unlock (&server->lock);
  return trackers;
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
  trackers = copy_break_trackers (server, break_id);
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

/* --- life ------------------------------------------------------------------------------ */

/* The host of a template, whose variables need not be legal in a URL. (transfer full) (nullable) */
static gchar *
host_of (const gchar * url)
{
  const gchar *from = strstr (url, "://"), *at, *end;

  if (!from)
    return NULL;
  from += 3;
  end = from + strcspn (from, "/?#");
  at = memchr (from, '@', (gsize) (end - from));
  if (at)
    from = at + 1;
  if (*from == '[')
    return g_strndup (from + 1, strcspn (from + 1, "]"));
  return g_strndup (from, MIN ((gsize) (end - from), strcspn (from, ":")));
}

void
ad_server_settings_free (AdServerSettings * settings)
{
  if (!settings)
    return;
  g_free (settings->allow);
  g_strfreev (settings->headers);
  g_strfreev (settings->player_params);
  asp_http_identity_unref (settings->identity);
  g_free (settings);
}

/* The host of @ads_url, and what is configured. */
static AspHttpAllow *
make_allow (const gchar * ads_url, const AdServerSettings * settings, GError ** error)
{
  g_autofree gchar *host = ads_url ? host_of (ads_url) : NULL;
  const gchar *more = settings && settings->allow ? settings->allow : "";
  g_autofree gchar *all = g_strconcat (host ? host : "", host && *more ? "," : "", more, NULL);

  return asp_http_allow_new (all, error);
}

AdServer *
ad_server_new (const gchar * ads_url, AdServerSettings * settings, const gchar * folder, AdServerTold told,
    gpointer user_data, GError ** error)
{
  g_autoptr (AdServerSettings) own = settings;
  g_autoptr (AspHttpAllow) allow = make_allow (ads_url, own, error);
  AspHttpClientConfig config = { .allow = allow };
  AspHttpClient *client;
  AdServer *server;

  if (!allow)
    return NULL;
  if (g_mkdir_with_parents (folder, 0700) < 0) {
    g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (errno), "creative-dir %s cannot be made: %s; "
        "name a folder that may be written", folder, g_strerror (errno));
    return NULL;
  }
  client = asp_http_client_new (&config, error);
  if (!client)
    return NULL;
  server = g_new0 (AdServer, 1);
  server->url = g_strdup (ads_url);
  server->settings = g_steal_pointer (&own);
  server->folder = g_strdup (folder);
  server->session = g_uuid_string_random ();
  server->told = told;
  server->user_data = user_data;
  server->client = client;
  server->decider = asp_decider_new (client, NULL);
  g_mutex_init (&server->lock);
  g_queue_init (&server->gone);
  server->asks = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) ask_unref);
  server->fetches = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, fetch_free);
  return server;
}

void
ad_server_free (AdServer * server)
{
  if (!server)
    return;
  if (server->runner)
    asp_beacon_runner_lost (server->runner, NULL, ASP_AD_CODE_BREAK_SHORTENED);
  asp_beacon_runner_free (server->runner);
  asp_beacon_queue_free (server->beacons, BEACONS_DRAIN_MS);
  asp_decider_free (server->decider);
  asp_http_client_free (server->client);
  asp_store_free (server->store);
  g_hash_table_unref (server->asks);
  g_hash_table_unref (server->fetches);
  g_clear_pointer (&server->pods, g_hash_table_unref);
  g_queue_clear_full (&server->gone, gone_free);
  g_mutex_clear (&server->lock);
  g_free (server->url);
  ad_server_settings_free (server->settings);
  g_free (server->folder);
  g_free (server->session);
  g_free (server);
}
