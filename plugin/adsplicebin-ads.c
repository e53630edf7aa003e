/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-ads-private.h"

#include <errno.h>
#include <string.h>

#include <asp-decision-report.h>

#define TIMEOUT_US (3 * G_USEC_PER_SEC)  /* no answer behind that: the ad server was too slow */

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

/* --- pieces ------------------------------------------------------------------------ */

static void
entry_free (gpointer data)
{
  AdEntry *e = data;

  asp_ad_free (e->ad);
  asp_source_hold_unref (e->hold);
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
on_source (gpointer user_data)
{
  tell_all (user_data);
}

/* --- decisions ----------------------------------------------------------------------- */

/* What is being fetched counts as ready: there is the lead time of the break for it. */
static AspTranscodeState
probe (const AspAd * ad, const AspAdMedia * source, gint64 * duration_90k, AspAdCode * code, gpointer user_data)
{
  AdServer *server = user_data;
  AspSourceStatus status;
  gboolean failed;

  asp_source_cache_want (server->sources, source->url, &status);
  failed = status.state == ASP_SOURCE_FAILED;
  asp_source_status_clear (&status);
  if (!failed)
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
    e->ad->creative.asset_id = url ? asp_source_id (url) : NULL;
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

static AdFetchState
fetch_state (AspSourceState state)
{
  return state == ASP_SOURCE_READY ? AD_FETCHED : state == ASP_SOURCE_FETCHING ? AD_FETCHING : AD_FAILED;
}

AdFetchState
ad_server_want (AdServer * server, const gchar * url, gchar ** path)
{
  AspSourceStatus status;
  AdFetchState state;

  /* one that is there is only asked after when it is to be played */
  asp_source_cache_peek (server->sources, url, &status);
  if (status.state == ASP_SOURCE_FAILED) {
    asp_source_status_clear (&status);
    asp_source_cache_want (server->sources, url, &status);
  }
  state = fetch_state (status.state);
  *path = g_steal_pointer (&status.path);
  asp_source_status_clear (&status);
  return state;
}

/* --- answers ---------------------------------------------------------------------------- */

static AdEntry *
copy_entry (const AdEntry * from)
{
  AdEntry *e = entry_new (from->ad, from->state, from->reason, from->detail);

  e->expires_us = from->expires_us;
  return e;
}

/* The file stays as long as @kept, and so the break, has it. */
static void
look_up_locked (AdServer * server, AdEntry * kept, AdEntry * e)
{
  const gchar *url = source_url (e->ad);
  AspSourceStatus status = { .state = ASP_SOURCE_FAILED };

  if (url)
    asp_source_cache_peek (server->sources, url, &status);
  e->state = fetch_state (status.state);
  if (e->state == AD_FETCHED) {
    e->path = g_steal_pointer (&status.path);
    e->hold = asp_source_hold_ref (status.hold);
    asp_source_hold_unref (kept->hold);
    kept->hold = g_steal_pointer (&status.hold);
  } else if (e->state == AD_FAILED) {
    e->reason = asp_skip_reason_name (ASP_SKIP_MEDIA_FILE_UNAVAILABLE);
    e->detail = g_steal_pointer (&status.text);
  }
  asp_source_status_clear (&status);
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
      AdEntry *kept = g_ptr_array_index (ask->ads, i), *e = copy_entry (kept);

      look_up_locked (server, kept, e);
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

GPtrArray *
ad_server_copy_break_trackers (AdServer * server, const gchar * break_id)
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
  AspSourceCacheConfig sources = { .folder = folder,.news = on_source };
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
  sources.client = client;
  sources.user_data = server;
  server->sources = asp_source_cache_new (&sources, error);
  if (!server->sources)
    g_clear_pointer (&server, ad_server_free);
  return server;
}

void
ad_server_free (AdServer * server)
{
  if (!server)
    return;
  ad_server_end_beacons (server);
  asp_decider_free (server->decider);
  asp_http_client_free (server->client);
  asp_source_cache_free (server->sources);
  ad_server_clear_beacons (server);
  g_hash_table_unref (server->asks);
  g_mutex_clear (&server->lock);
  g_free (server->url);
  ad_server_settings_free (server->settings);
  g_free (server->folder);
  g_free (server->session);
  g_free (server);
}
