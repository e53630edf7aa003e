/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "adsplicebin-control.h"

G_BEGIN_DECLS

/*
 * Inside of the worker, over its files:
 *   adsplicebin-worker.c    jobs and their thread; what it is made of
 *   adsplicebin-waiting.c   breaks whose creatives are not all there yet
 *   adsplicebin-local.c     the pod of a break out of creative-uris
 *   adsplicebin-answer.c    the pod of a break out of the ad server's answer
 *   adsplicebin-warm.c      creatives that are wanted before a break asks for them
 *   adsplicebin-build.c     what has been chosen becomes branches; files for each pair
 *
 * Thread of everything here: the worker's, unless it says otherwise.
 */
#define AD_WARM_MAX 1000        /* creatives of which something is known */

struct _Worker
{
  GstAdSpliceBin *bin;
  AdControl *control;           /* (nullable) */
  gint64 watched_us;            /* when it was looked at last */
  GMutex warm_lock;             /* innermost */
  GQueue warm;                  /* of Warm, newest first; warm_lock */
  GAsyncQueue *jobs;
  GThread *thread;
  gint stop;                    /* atomic */
  AdProbe *probe;
  guint next;                   /* creative at which the next break begins */
  AdConditioner *conditioner;   /* NULL: only what fits already is played */
  gboolean decides;             /* for the channel itself; else the programme plays */
  AdServer *server;             /* NULL: local creatives */
  gboolean own_url;             /* `ads-url` is set: what breaks are asked for that name no other */
  GPtrArray *waiting;           /* of AdWaiting */
  guint asked;
};

#define AD_TOLERANCE_90K (ASP_SECOND_90K / 2)   /* what a pod may be longer than its break */

/* --- adsplicebin-waiting.c ---------------------------------------------------------- */

typedef struct
{
  gchar *id;
  gint64 duration_90k;
  gboolean postroll;
  gboolean local;               /* of creative-uris */
  gint64 out_us;                /* when it begins, as far as is known; monotonic clock */
  gint64 deadline_us;           /* then it is carried out with what is there */
} AdWaiting;

void ad_waiting_free (gpointer waiting);
/* A break: the ad server is asked, or the local creatives are looked at. @ask: its index is set here */
void ad_waiting_add (Worker * w, AdServerAsk * ask);
/* Is everything there, or is it time all the same? Of the break @id; NULL: of all of them. */
void ad_waiting_consider (Worker * w, const gchar * id);
/* The first one; G_MAXINT64: nobody waits. */
gint64 ad_waiting_deadline_us (Worker * w);

/* --- adsplicebin-build.c ------------------------------------------------------------ */

/* (transfer full) (array length=n) */
guint *ad_build_pair_numbers (GstAdSpliceBin * bin, guint * n);
/* What is made of the file @path for each pair. TRUE when none is being made any more; then either
 * @item has a length and @paths the files, or a reason. */
gboolean ad_build_condition (Worker * w, const gchar * path, AdPodItem * item, GHashTable ** paths,
    gchar ** detail);
/* What is open gets its branches in pairs that have none of it. */
void ad_build_missing (GstAdSpliceBin * bin);
/* (element-type AdLine) (transfer full) */
GPtrArray *ad_build_lines_new (void);
AdLine *ad_build_line_new (const gchar * uri, const AspAd * ad, gint64 duration_90k, const gchar * reason,
    const gchar * detail);
/* The lines that are played become branches, and all of them a message. */
void ad_build_carry_out (Worker * w, const gchar * id, gint64 duration_90k, GPtrArray * lines,
    const gchar * outcome, const gchar * why);

/* --- adsplicebin-warm.c -------------------------------------------------------------- */

void ad_warm_init (Worker * w);
void ad_warm_clear (Worker * w);
/* Any thread. FALSE: too many wait. */
gboolean ad_warm_add (Worker * w, const gchar * uri);
void ad_warm_consider (Worker * w);
void ad_warm_note_lines (Worker * w, const GPtrArray * lines);
/* A JSON array. Any thread. (transfer full) */
gchar *ad_warm_list (Worker * w);

/* --- adsplicebin-local.c ------------------------------------------------------------ */

/* FALSE: some of it is being made, and there is time. */
gboolean ad_local_carry_out (Worker * w, const AdWaiting * waiting);
/* What may play in the first break is made now, for there is time. */
void ad_local_warm_up (Worker * w);

/* --- adsplicebin-answer.c ----------------------------------------------------------- */

/* Likewise, of what the ad server has answered. */
gboolean ad_answer_carry_out (Worker * w, const AdWaiting * waiting);

G_END_DECLS
