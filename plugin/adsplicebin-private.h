/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gstadsplicebin.h"
#include "adsplicebin-ads.h"
#include "adsplicebin-condition.h"
#include "adsplicebin-pod.h"
#include "tssplicer-embed.h"

#include <asp-config.h>
#include <asp-control-channel.h>

/*
 * Inside of adsplicebin, over its files:
 *   gstadsplicebin.c        class, properties, signals, states
 *   adsplicebin-pads.c      pairs of pads, each with a splicer
 *   adsplicebin-message.c   what comes from inside: messages, stats
 *   adsplicebin-worker.c    the thread in which creatives are decided on and looked at; it goes on in
 *                           adsplicebin-waiting.c, -local.c, -answer.c and -build.c (see adsplicebin-worker.h)
 *   adsplicebin-ads.c       the ad server: decisions and creatives over HTTP, in a thread of its own
 *   adsplicebin-beacons.c   ... and what ad servers are told of what plays
 *   adsplicebin-condition.c creatives of other formats: the store that makes them fit
 *   adsplicebin-sample.c    the first seconds of a rendition, for that
 *   adsplicebin-branch.c    filesrc ! splicer.ad_%u, for one creative of one break each
 *   adsplicebin-control.c   the channel as the control server knows it (see adsplicebin-control.h)
 *   adsplicebin-probe.c     how long a creative is, by reading it
 *   adsplicebin-pod.c       which creatives of a list play; pure
 *
 * Threads: the network's (one a pair; they only hand jobs to the worker), the worker's, the
 * application's.
 *
 * Locks, outermost first; none is held while posting, emitting or joining:
 *   build_lock     elements come and go: pairs, branches, with the states of the sources in branches.
 *                  Never taken in a streaming thread, nor in anything that one of them waits for
 *   locks of AspChannel, and those of tssplicer
 *   OBJECT_LOCK    settings; `worker`, which is told what to do under it
 *   lock of AdServer, those of gst/beacon
 */
#define GST_CAT_DEFAULT gst_ad_splice_bin_debug
GST_DEBUG_CATEGORY_EXTERN (gst_ad_splice_bin_debug);

#define NOTICE_MIN_NS (5 * GST_SECOND)  /* creatives are got ready at least this long before a break */
#define OPEN_BREAKS_MAX 16      /* with branches; the oldest ones go when there are more */

typedef enum
{
  AD_BEACONS_SERVER,
  AD_BEACONS_CLIENT,
  AD_BEACONS_NONE,
} AdBeacons;

typedef enum
{
  AD_DECISIONS_NONE = 0,
  AD_DECISIONS_CHANNEL = 1 << 0,
  AD_DECISIONS_VIEWERS = 1 << 1,
} AdDecisions;

/* sink_%u, src_%u, and what is between them. */
typedef struct
{
  guint number;
  GstElement *splicer;          /* owned by the bin */
  GstPad *sink, *src, *network; /* ghost pads, owned by the bin; network may be NULL */
  GstElement *slate;            /* filesrc, or NULL */
  GstPad *slate_pad;
  gulong sample_probe;          /* on the splicer's sink pad; it may be gone */
  guint ad_serial;              /* number of the next ad pad */
  gboolean ready;               /* its splicer has the state of the bin: build_lock */
} Pair;

/* One creative on its way into one splicer. */
typedef struct
{
  Pair *pair;
  GstElement *source;
  GstPad *pad;                  /* of the splicer */
} Branch;

/* A creative that can be read, with what is known of it. */
typedef struct
{
  gchar *uri;                   /* of a file; %u stands for the number of the pair */
  GHashTable *paths;            /* (nullable): number of the pair -> its own file instead */
  AspSourceHold *hold;          /* (nullable): so long the file of `uri` stays */
  AspAd *ad;
} ReadyAd;

ReadyAd *ad_ready_new (const gchar * uri, AspAd * ad);
void ad_ready_free (gpointer ready);

/* What is ready for one break. */
typedef struct
{
  gchar *id;
  GPtrArray *ads;               /* of ReadyAd: what plays, in order */
  GPtrArray *branches;          /* of Branch */
} OpenPod;

typedef struct _Worker Worker;
typedef struct _AdControl AdControl;

struct _GstAdSpliceBin
{
  GstBin parent;

  /* settings; OBJECT_LOCK */
  gchar *channel_name, *creative_uris, *slate_uri, *ads_url, *creative_dir;
  gchar *control_address, *config_path;
  guint64 lead_time_ns, unit_duration_ns;
  AdDecisions decisions;
  AdBeacons beacons;
  GHashTable *proxied;          /* name -> GValue: set on every splicer */

  GMutex build_lock;
  GPtrArray *pairs;             /* of Pair, by number; build_lock */
  GQueue pods;                  /* of OpenPod, oldest first; build_lock */
  gboolean building;            /* build_lock; branches may be added */

  AspChannel *channel;          /* from READY to PAUSED on, OBJECT_LOCK to change it */
  Worker *worker;               /* PAUSED and PLAYING */
  AspConfig *config;            /* the same; NULL: none */
  AdControl *control;           /* the same; NULL: not wanted. OBJECT_LOCK to change it */
};

/* gstadsplicebin.c */
void ad_splice_bin_apply (GstAdSpliceBin * self, GstElement * splicer);

/* adsplicebin-pads.c */
GstPad *ad_splice_bin_request_pad (GstElement * element, GstPadTemplate * templ, const gchar * name,
    const GstCaps * caps);
void ad_splice_bin_release_pad (GstElement * element, GstPad * pad);
/* The splicer of the first pair, or NULL. (transfer full) */
GstElement *ad_splice_bin_first_splicer (GstAdSpliceBin * self);
void ad_splice_bin_join (GstAdSpliceBin * self, Pair * pair);
void ad_splice_bin_clear_pairs (GstAdSpliceBin * self);

/* adsplicebin-message.c */
void ad_splice_bin_handle_message (GstBin * bin, GstMessage * message);
GstStructure *ad_splice_bin_stats (GstAdSpliceBin * self);
/* One creative of a decision, played or not. */
typedef struct
{
  gchar *uri;                   /* or NULL */
  AspAd *ad;                    /* or NULL */
  gint64 duration_90k;          /* 0: not known */
  const gchar *reason;          /* static: why it is not played; NULL: it is */
  gchar *detail;                /* for people, or NULL */
  GHashTable *paths;            /* as in ReadyAd, or NULL */
  AspSourceHold *hold;          /* likewise */
} AdLine;

void ad_line_free (gpointer line);
/* @lines: (element-type AdLine). @outcome: of the ad server; NULL: none was asked */
void ad_splice_bin_post_decision (GstAdSpliceBin * self, const gchar * id, gint64 duration_90k,
    const GPtrArray * lines, const gchar * outcome, const gchar * why);

/* adsplicebin-worker.c */
Worker *ad_worker_new (GstAdSpliceBin * self);
/* Waits for it. */
void ad_worker_stop (Worker * w);
/* A break is to be got ready, that far ahead of it (ASP_NO_TIME: nobody knows); a share of it may be over. Any thread; does not block. */
void ad_worker_prepare (Worker * w, const AspBreak * brk, gint64 ahead_90k);
void ad_worker_look (Worker * w, const gchar * id);
/* The first seconds of a rendition: (element-type GstBuffer) (transfer full) */
void ad_worker_sample (Worker * w, guint number, GPtrArray * pieces);
gboolean ad_worker_wants_samples (Worker * w);
/* creative-uris are others. */
void ad_worker_uris_changed (Worker * w);
/* There is another pair: what is open needs its creatives there, too. */
void ad_worker_join (Worker * w);
/* See ad_server_state(), ad_server_refused() and ad_server_passed(). Any thread; these do not block. */
void ad_worker_state (Worker * w, const gchar * id, const gchar * state, const gchar * asset_id, gint64 pts90k,
    gint64 duration_90k);
void ad_worker_refused (Worker * w, const gchar * id, const gchar * asset_id);
void ad_worker_passed (Worker * w, gint64 pts90k);
/* FALSE: it cannot be. */
gboolean ad_worker_warm (Worker * w, const gchar * uri);
/* What is attached to the channel may be another. */
void ad_worker_refresh (Worker * w);
/* A JSON array. (transfer full) */
gchar *ad_worker_list_creatives (Worker * w);
void ad_worker_count (Worker * w, AspControlStatus * status);

/* adsplicebin-branch.c; build_lock held */
gboolean ad_branch_add (GstAdSpliceBin * self, OpenPod * pod, Pair * pair, const gchar * path, const AspAd * ad);
/* It is not started: that comes with the state of the bin, or by gst_element_sync_state_with_parent(). */
void ad_branch_add_slate (GstAdSpliceBin * self, Pair * pair, const gchar * path);
void ad_branch_remove_slate (GstAdSpliceBin * self, Pair * pair);
OpenPod *ad_pod_open (GstAdSpliceBin * self, const gchar * id);
OpenPod *ad_pod_find (GstAdSpliceBin * self, const gchar * id);
void ad_pod_close (GstAdSpliceBin * self, OpenPod * pod);
/* Those of @pair, or with NULL all of them. */
void ad_pods_close (GstAdSpliceBin * self, Pair * pair);
/* adsplicebin-sample.c. Once for a pair, while it runs. */
void ad_sample_begin (GstAdSpliceBin * self, Pair * pair);
#define SAMPLE_NS (5 * GST_SECOND)
#define SAMPLE_BYTES_MAX (16u << 20)
#define SAMPLE_BYTES_FILE (2u << 20)

/* Is that message of a branch, whose trouble is no trouble of the programme? */
gboolean ad_branch_is_source (GstObject * source);

/* adsplicebin-probe.c; thread: that of the worker */
typedef struct _AdProbe AdProbe;
AdProbe *ad_probe_new (void);
void ad_probe_free (AdProbe * p);
/* Length of the creative in @path; 0 with @reason (static) and @detail (transfer full) when it is
 * none. What has been read once is remembered as long as the file stays as it is. Ends early when
 * @stop is set. */
gint64 ad_probe_duration (AdProbe * p, const gchar * path, gint * stop, const gchar ** reason, gchar ** detail);
