/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-decider.h"

G_BEGIN_DECLS

/*
 * Internal. Everything below is touched in the client's thread only; `next_id` alone is
 * atomic. No lock is held anywhere.
 */
struct _AspDecider
{
  gint count;                   /* atomic: its owner, jobs on their way here, flights */
  AspHttpClient *client;
  AspDeciderConfig config;
  gint64 next_id;
  GHashTable *jobs;             /* id -> Job */
  GHashTable *flights;          /* key -> Flight */
  gboolean closed;
};

/* One decision. */
typedef struct
{
  AspDecider *decider;
  guint64 id;
  AspDecision *decision;
  AspDecisionRequest request;
  const AspDecisionConfig *config;
  gchar *device_ip, *device_user_agent;
  AspHttpIdentity *identity;
  AspDecided decided;
  gpointer user_data;
  GSource *timer;
  gsize bytes;                  /* of the documents so far */
} Job;

AspDecider *asp_decider_ref (AspDecider * decider);
void asp_decider_unref (AspDecider * decider);

/* --- asp-decider-flight.c --- */
/* Makes the request, or joins one that runs. */
void asp_decider_fetch (Job * job, const AspDecisionAction * action);
/* The job wants the answer to its request @id (0 = any) no more. */
void asp_decider_drop (Job * job, guint id);
void asp_decider_fire (Job * job, const AspDecisionAction * action);

/* --- asp-decider.c --- */
/* Does what the job's decision wants; the job may be gone behind it. */
void asp_decider_run (Job * job);

G_END_DECLS
