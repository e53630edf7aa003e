/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-histogram.h>
#include <asp-plan.h>

#include "asp-api.h"

G_BEGIN_DECLS

/*
 * A running channel as the control server sees and steers it: what adsplicebin gives to
 * asp_control_add_channel(), and what the routes of /v1, the page and the API look at.
 *
 * Thread: the server's, several at once, without a lock of theirs. None may wait for a streaming
 * thread, for a disk or for a network. Since: 0.1
 */
#define ASP_CONTROL_PIDS_MAX 64

typedef struct
{
  guint16 pid;
  guint8 stream_type;
  gchar codec[16];              /* as in CODECS, or a word: "scte35", "pcr", "data" */
} AspControlPid;

/* One rendition, since the channel began unless it says otherwise. */
typedef struct
{
  gchar *name;
  guint64 packets, bytes, cc_errors, cues;
  guint64 bits_per_second;      /* of the input, over the last second */
  gint64 pts90k;                /* of the newest picture, 33 bits; ASP_NO_TIME */
  gint64 rap_pts90k;            /* of the last random access point; ASP_NO_TIME */
  gint64 rap_us;                /* UTC, when it came; 0 = none */
  gint64 gop_90k;               /* from RAP to RAP; 0 = not known */
  guint gop_frames;
  gint64 latency_ns;            /* from in to out */
  guint n_pids;
  AspControlPid pids[ASP_CONTROL_PIDS_MAX];
} AspControlRendition;

typedef struct
{
  AspApiChannel *channel;       /* what the API says of it */
  GPtrArray *renditions;        /* of AspControlRendition */
  gchar *ads_url;               /* without secrets; nullable */
  gint64 lead_90k;
  /* Sums since the channel began. */
  guint64 breaks, breaks_filled, breaks_skipped, creatives;
  guint64 ads_requests, ads_errors, ads_timeouts;
  guint64 conditioned, conditioning_failed, conditioning_now;
  AspHistogram conditioning_s;  /* seconds that each of `conditioned` took; begun by status_new */
  guint64 beacons_fired, beacons_waiting, beacons_failed;
} AspControlStatus;

/* For AspControlRendition: g_new0(), @name owned. (transfer full) */
GPtrArray *asp_control_renditions_new (void);
/* With an empty channel and no rendition. */
AspControlStatus *asp_control_status_new (void);
/* A rendition's own is freed with it: g_new0(), @name owned. */
void asp_control_status_free (AspControlStatus * status);       /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspControlStatus, asp_control_status_free)

/* A break that somebody asks for. Borrowed. */
typedef struct
{
  gint64 duration_90k;
  /* When: at a picture's PTS (33 bits), or at a moment (UTC), or, with neither, lead_90k ahead. */
  gint64 start_pts90k;          /* ASP_NO_TIME */
  gint64 start_us;              /* 0 */
  const gchar *idempotency_key; /* nullable: asked again it is the same break, and its id is said again */
  GHashTable *ads_params;       /* (nullable) gchar* -> gchar*: [player_params.NAME] of the request to the ADS */
  const gchar *ads_url;         /* nullable: instead of the channel's own, of the ad configuration */
  const gchar *origin;          /* of its events: "api", "v1"; NULL = "v1"; static */
} AspControlBreak;

typedef struct
{
  /* (transfer full), never NULL. */
  AspControlStatus *(*status) (gpointer user_data);
  /* The id (transfer full), or NULL with ASP_API_ERROR: CONFLICT, NOT_BROADCASTING, VALIDATION or
   * UNAVAILABLE. */
  gchar *(*insert) (const AspControlBreak * brk, gpointer user_data, GError ** error);
  /* FALSE with ASP_API_ERROR: NOT_FOUND when there is none that is open, CONFLICT when it is too late. */
  gboolean (*cancel) (const gchar * id, gpointer user_data, GError ** error);
  gboolean (*end) (const gchar * id, gpointer user_data, GError ** error);
  /* The whole break lasts @duration_90k now. */
  gboolean (*extend) (const gchar * id, gint64 duration_90k, gpointer user_data, GError ** error);
  /* Begins to fetch and condition a creative. */
  gboolean (*warm) (const gchar * uri, gpointer user_data, GError ** error);
  /* What the store has, as a JSON array of objects (uri, state, bytes, rendition, loudness, reason). (transfer full) */
  gchar *(*creatives) (gpointer user_data);
  /* What is attached to it may be another by now: asp_control_get_attachment() says, but not in here.
   * NULL: it does not care. */
  void (*changed) (gpointer user_data);
} AspControlChannel;

G_END_DECLS
