/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "adsplicebin-ads.h"

#include <asp-beacon-runner.h>
#include <asp-decider.h>

G_BEGIN_DECLS

/*
 * Inside of AdServer:
 *   adsplicebin-ads.c       decisions, and the creatives that they lead to
 *   adsplicebin-beacons.c   what is told to ad servers of what plays, and of what does not
 *
 * Locks: behind `lock` there is only that of AspSourceCache; nothing is sent, called or written under it. What an Ask has for its decision
 * is touched by ad_server_ask() before, and by the client's thread.
 */
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
  AspSourceCache *sources;
  AdServerCounts counts;        /* lock */
};

/* Of a VMAP's break. (transfer full) (nullable) */
GPtrArray *ad_server_copy_break_trackers (AdServer * server, const gchar * break_id);
/* What is open is told as lost; what is due has some time, or is kept. Before the client is freed. */
void ad_server_end_beacons (AdServer * server);
void ad_server_clear_beacons (AdServer * server);

G_END_DECLS
