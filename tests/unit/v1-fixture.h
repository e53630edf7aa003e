/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-v1.h>

G_BEGIN_DECLS

/*
 * Channels that do not run, for /v1: "main" and "sports" are live, "night" is not, "odd" has names that
 * nobody would choose. A break lasts by the clock that fake_lives_advance() is told, and what happens
 * goes into the log.
 */
#define FAKE_LIVES 4
#define FAKE_LEAD_90K (10 * 90000)

typedef struct
{
  gchar *id;                    /* of the break that is open; NULL = none */
  gint64 start_us, duration_90k;
  gboolean running;
} FakeLive;

typedef struct
{
  GMutex lock;
  AspEventLog *log;
  gint64 now_us;                /* UTC */
  gint64 lead_90k;              /* FAKE_LEAD_90K */
  guint n_inserted;
  gint held;                    /* atomic: how many are held */
  FakeLive all[FAKE_LIVES];
  GHashTable *keys;             /* "channel key" -> id */
  GPtrArray *warmed;            /* gchar *: URIs */
  guint n_more;                 /* channels "more-0001" and so on */
  /* Of the last insertion. */
  gint64 last_start_pts90k, last_start_us;
  gchar *last_ads_url, *last_param; /* last_param: [player_params.genre] */
} FakeLives;

void fake_lives_init (FakeLives * f, AspEventLog * log, gint64 now_us);
void fake_lives_clear (FakeLives * f);
/* Breaks begin and end. */
void fake_lives_advance (FakeLives * f, gint64 now_us);
/* For AspV1Config; user_data is @f. */
void fake_lives_configure (FakeLives * f, AspV1Config * config);

G_END_DECLS
