/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ad.h>
#include <asp-ad-code.h>
#include <asp-http-client.h>
#include <asp-source-cache.h>

G_BEGIN_DECLS

/*
 * The ad decision server of a channel, and the creatives that its answers lead to: asks, fetches what
 * is new into a folder, and remembers what is there. Everything over HTTP is done in a thread of its own;
 * none of these functions waits for it. Thread: new and free from one, the others from any.
 * Since: 0.1
 */
typedef struct _AdServer AdServer;

/* There is something new about that break. In the thread of the HTTP client; must not block. */
typedef void (*AdServerTold) (gpointer user_data, const gchar * break_id);

/* How it is reached, as configured. */
typedef struct
{
  gchar *allow;                 /* (nullable) hosts, addresses, networks beyond public ones: asp_http_allow_new() */
  gchar **headers;              /* (nullable) name, value, ..., NULL: of the requests to it */
  gchar **player_params;        /* (nullable) "name=value": where a break names none */
  AspHttpIdentity *identity;    /* nullable */
} AdServerSettings;

void ad_server_settings_free (AdServerSettings * settings);     /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AdServerSettings, ad_server_settings_free)

/* @ads_url: (nullable): with MediaTailor's variables; its host is allowed whatever its address is, everything
 *   else has to be public, or in @settings. NULL: each break names its own
 * @settings: (nullable) (transfer full)
 * @folder: of the creatives; made when it is not there
 * NULL with an error that says what to do. */
AdServer *ad_server_new (const gchar * ads_url, AdServerSettings * settings, const gchar * folder, AdServerTold told, gpointer user_data,
    GError ** error);

/**
 * ad_server_fire_beacons:
 * @file: (nullable): keeps what is due until it is delivered; NULL: the memory of this process does
 *
 * From here on the beacons of what plays are fired. Before the first ad_server_ask(). FALSE with an error that
 * says what to do: then the memory keeps them.
 */
gboolean ad_server_fire_beacons (AdServer * server, const gchar * file, GError ** error);

/* What is played of the answer, in order: (element-type AspAd), with their real lengths. What is not
 * shown of it after all is told to its ad server: 206 behind a break that was shorter or cancelled, 304 when
 * it was skipped, 405 what did not fit. */
void ad_server_plays (AdServer * server, const gchar * break_id, gint64 duration_90k, gboolean postroll,
    const GPtrArray * ads);
/* The break is in @state, as in ad-break-state-change. @asset_id: (nullable): of the creative.
 * @pts90k: there, 33 bits. @duration_90k: how long the creative was on, in `creative-ended` */
void ad_server_state (AdServer * server, const gchar * break_id, const gchar * state, const gchar * asset_id,
    gint64 pts90k, gint64 duration_90k);
/* A splicer of the break has refused the creative: unless another one shows it, nobody does. */
void ad_server_refused (AdServer * server, const gchar * break_id, const gchar * asset_id);
/* The output has come to @pts90k. */
void ad_server_passed (AdServer * server, gint64 pts90k);
/* Ends what is on its way; nobody is told any more when this returns. NULL is allowed. */
void ad_server_free (AdServer * server);

typedef struct
{
  const gchar *break_id;
  gint64 duration_90k;
  guint index;
  gboolean postroll;
  const gchar *scte35;          /* (nullable) hex of the cue that opened it */
  gint64 plays_us;              /* when it begins, on the monotonic clock */
  const gchar *url;             /* nullable: instead of the server's own */
  GHashTable *params;           /* (nullable) gchar* -> gchar*: [player_params.NAME] */
} AdServerAsk;

/* Begins with the decision for a break. */
void ad_server_ask (AdServer * server, const AdServerAsk * ask);

typedef struct
{
  guint64 requests, errors, timeouts;   /* decisions that were asked for, and had no answer; late ones of these */
  guint64 beacons_fired, beacons_waiting, beacons_failed;
} AdServerCounts;

/* Any thread. */
void ad_server_count (AdServer * server, AdServerCounts * counts);

typedef enum
{
  AD_FETCHING,
  AD_FETCHED,
  AD_FAILED,
} AdFetchState;

/* Begins to fetch a creative that is not there. @path: (out): where it is, when it is FETCHED. (transfer full) */
AdFetchState ad_server_want (AdServer * server, const gchar * url, gchar ** path);

typedef struct
{
  AspAd *ad;                    /* its asset_id is ours */
  AdFetchState state;
  gchar *path;                  /* FETCHED: where its creative is */
  AspSourceHold *hold;          /* ... and stays */
  gint64 expires_us;            /* it must have begun before (monotonic clock); 0 = may always */
  const gchar *reason;          /* FAILED; static, as in the decision */
  gchar *detail;                /* for people, or NULL */
} AdEntry;

typedef struct
{
  gboolean decided;
  gboolean complete;            /* decided, and nothing of it is being fetched */
  const gchar *outcome;         /* "FILLED" ...; static */
  gint64 latency_us;            /* from the question to the decision */
  gchar *why;                   /* when it has no ad; or NULL */
  GPtrArray *entries;           /* of AdEntry, in the order in which they play */
  GPtrArray *skipped;           /* of AdEntry, FAILED */
} AdAnswer;

/* As it is now; NULL when nobody has asked for that break. (transfer full) */
AdAnswer *ad_server_answer (AdServer * server, const gchar * break_id);
void ad_answer_free (AdAnswer * answer);        /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AdAnswer, ad_answer_free)

/* Nothing of the break is wanted any more. */
void ad_server_forget (AdServer * server, const gchar * break_id);

/* Tells the ad server, and all whose wrappers led to @ad, that it was not played, and why. */
void ad_server_report (AdServer * server, const AspAd * ad, AspAdCode code);

G_END_DECLS
