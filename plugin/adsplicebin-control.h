/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "adsplicebin-private.h"

#include <asp-control.h>

G_BEGIN_DECLS

/*
 * The channel of an adsplicebin as the control server knows it, over its files:
 *   adsplicebin-control.c   its server, its name there; what is asked for and by whom
 *   adsplicebin-calls.c     what the server calls: status, breaks, creatives
 *   adsplicebin-event.c     messages and decisions become events of the log
 *   adsplicebin-watch.c     once a second: does data flow, how fast, are times that were told still true;
 *                           what is attached to it
 *
 * Threads: open, close and free the application's; `watch` and `refresh` the worker's; events from
 * any; calls from the server's. Lock: `lock` is innermost, but for that of the event log.
 */
#define AD_CONTROL_SILENT_US (3 * G_USEC_PER_SEC)       /* then the stream is over */
#define AD_CONTROL_TICK_US G_USEC_PER_SEC
#define AD_CONTROL_TICK_OFF_US (G_USEC_PER_SEC / 5)     /* while no data flows: it is not to be missed */
#define AD_CONTROL_ASKED_MAX 256        /* breaks of which something is remembered */
#define AD_CONTROL_MOVED_US (G_USEC_PER_SEC * 3 / 10)        /* a time that is told again has moved by more */
#define AD_CONTROL_TELLINGS_MAX 16

/* What is known of a break beyond what the channel knows. */
typedef struct
{
  gchar id[ASP_BREAK_ID_SIZE];
  const gchar *origin;          /* static; NULL: as the channel says */
  GHashTable *ads_params;       /* nullable */
  gchar *ads_url;               /* nullable */
  gboolean preroll;
  GPtrArray *ads;               /* (nullable) of AspAd: decided */
  gint64 latency_us;            /* of its decision */
  GstStructure *scheduled;      /* (nullable): the message that told of it */
  gint64 target_us;             /* what it said; UTC */
  guint tellings;               /* `scheduled`; 0: nothing has been told yet */
  gboolean started;
} AdAsked;

/* One rendition between two looks. */
typedef struct
{
  guint64 packets;
  gint64 at_us;
} AdSeen;

struct _AdControl
{
  gint refs;                    /* atomic */
  GstAdSpliceBin *bin;          /* not owned; in threads that end before it */
  AspControl *server;
  gchar *name;
  guint handle;                 /* 0: it is not there */
  AspChannel *channel;          /* own, from open on */

  GMutex lock;
  GQueue asked;                 /* of AdAsked, newest first */
  gboolean live;
  gchar stream_id[ASP_API_STREAM_ID_SIZE + 1];
  gint64 started_us;
  AspApiHealth health;
  GPtrArray *renditions;        /* of AspControlRendition: as at the last look */
  guint64 breaks, filled, skipped, creatives;
  AspApiAttachment attachment;

  /* the worker's */
  GArray *seen;                 /* of AdSeen, by place */
  guint64 packets;
  gint64 moved_us;              /* monotonic, when more came last; 0 = never */
  gint64 pace_us, pace_pts90k;  /* of the last look */
  gdouble pace;                 /* stream time over time that passes */
  gchar post_roll[ASP_BREAK_ID_SIZE];   /* "" = none */
  guint post_roll_s;
  gboolean looked;              /* at what is attached */
};

/* --- adsplicebin-control.c --- */

/* NULL without @error: no control server is wanted. */
AdControl *ad_control_new (GstAdSpliceBin * bin, AspChannel * channel, GError ** error);
AdControl *ad_control_ref (AdControl * c);
void ad_control_unref (AdControl * c);  /* NULL is allowed */
/* Calls come from here on; up to here. */
void ad_control_open (AdControl * c);
void ad_control_close (AdControl * c);
/* Under `lock`: what is known of the break; NULL: nothing. */
AdAsked *ad_control_find_locked (AdControl * c, const gchar * id);
AdAsked *ad_control_add_locked (AdControl * c, const gchar * id);
void ad_control_forget (AdControl * c, const gchar * id);
/* The HTTP client's settings of @config (nullable): see ad_server_new(). */
AdServerSettings *ad_control_server_settings (const AspConfig * config, GError ** error);
void ad_control_note_latency (AdControl * c, const gchar * id, gint64 latency_us);
/* The file of `config` is read again. FALSE: nothing was changed. */
gboolean ad_control_reload (AdControl * c, GError ** error);
/* Whom to ask about a break, and with what: both (transfer full) (nullable). */
void ad_control_choose (AdControl * c, const gchar * id, gchar ** ads_url, GHashTable ** ads_params);

/* --- adsplicebin-calls.c --- */
extern const AspControlChannel ad_control_calls;        /* of the AdControl */

/* --- adsplicebin-event.c --- */

/* `ad-break-state-change`: with the number of its event in it, then. */
void ad_control_tell_state (AdControl * c, GstStructure * s);
/* Returns: the number of the event */
guint64 ad_control_tell_decision (AdControl * c, const gchar * id, gint64 duration_90k, const GPtrArray * lines,
    const gchar * outcome);
/* That @brk is scheduled: on the bus, too. */
void ad_control_tell_scheduled (AdControl * c, const AspChannelBreak * brk);
/* Of a break of which nobody else will tell any more: on the bus, too. */
void ad_control_tell_over (AdControl * c, const gchar * id, const gchar * state, const gchar * reason);
void ad_control_tell_stream (AdControl * c, gboolean start, const gchar * stream_id);

/* --- adsplicebin-watch.c --- */
void ad_control_watch (AdControl * c);
void ad_control_refresh (AdControl * c);
/* When the first picture of the ads will pass, as far as is known: UTC. */
gint64 ad_control_target_us (AdControl * c, const AspChannelBreak * brk);
/* When to look again. */
gint64 ad_control_tick_us (AdControl * c);

G_END_DECLS
