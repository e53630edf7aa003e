/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-au.h"
#include <asp-ad.h>
#include <asp-es-video.h>
#include <asp-plan.h>

G_BEGIN_DECLS

/*
 * Creatives on their way to the splicer. A reader turns the TS of one ad pad into
 * access units, a queue holds them creative by creative, a hub holds the queues.
 *
 * Threads: a reader belongs to the streaming thread of its pad. What stands in a hub,
 * its queues and their creatives is protected by hub->lock. hub->cond is signalled when
 * there is more to take, or less to hope for; hub->room when units have been taken, in
 * steps of ASP_ROOM_STEP, because a wake-up costs more than a unit. The lock is innermost:
 * nothing is called under it.
 * Since: 0.1
 */
#define ASP_CREATIVE_TRACKS_MAX 16
#define ASP_CREATIVE_PROBE_90K (2 * ASP_SECOND_90K)     /* DESIGN 4.1: read ahead 2 s ... */
#define ASP_CREATIVE_PROBE_BYTES (4u << 20)     /* ... or 4 MiB */
#define ASP_QUEUE_BYTES_MAX (4u << 20)  /* read ahead of one pad */
#define ASP_ROOM_STEP (256u << 10)      /* what is taken before a pad that waits reads on */
#define ASP_SLATE_BYTES_MAX (64u << 20)

typedef enum
{
  ASP_CREATIVE_PROBING,
  ASP_CREATIVE_READY,           /* first RAP and first audio seen */
  ASP_CREATIVE_REFUSED,         /* reason says why; no unit will come */
} AspCreativeState;

typedef struct
{
  AspCodec codec;
  guint16 pid;
  gchar language[4];
  guint sample_rate, channels;  /* audio, from its first frame */
  GQueue units;                 /* of AspAu, owned */
  gint64 last_pts90k;           /* of the last unit queued; ASP_NO_TIME before it */
} AspCreativeTrack;

typedef struct
{
  gint refs;                    /* atomic */
  guint64 serial;               /* counts creatives in the process: names the one without an id */
  AspCreativeState state;
  const gchar *reason;          /* REFUSED: "not-ts", "scrambled", ...; static */
  gchar *detail;                /* for people, or NULL */
  gboolean eos;                 /* nothing more will be queued */
  gboolean broken;              /* ended because the bytes broke, not because it was over */
  gboolean taken;               /* the splicer plays it */
  AspCreativeTrack video;
  AspCreativeTrack audio[ASP_CREATIVE_TRACKS_MAX];
  guint n_audio;
  /* these three do not change once it is READY: no lock is needed then */
  AspVideoParams params;        /* width 0 when unknown */
  gint64 first_pts90k;          /* of the first picture; ASP_NO_TIME while PROBING */
  gint64 first_dts90k;
  AspCadence cadence;
  gint64 max_pts90k;            /* highest PTS queued */
  gsize bytes;                  /* queued and not taken */
  gsize bytes_total;            /* read in all */
  gchar *asset_id;              /* from the stream's tags or TAG events; never NULL */
  AspAd *ad;                    /* what its ad server says of it, or NULL; not changed any more */
} AspCreative;

AspCreative *asp_creative_new (void);
AspCreative *asp_creative_ref (AspCreative * c);
void asp_creative_unref (AspCreative * c);      /* NULL is allowed */

/* One pad's creatives in the order in which they came. */
typedef struct
{
  guint number;                 /* of ad_%u */
  GQueue creatives;             /* AspCreative, owned */
  gboolean expecting;           /* linked, and no EOS since the last STREAM_START */
  gboolean discard;             /* rest of a creative that was cut: refused until STREAM_START */
  gboolean flushing;
  gchar break_id[ASP_BREAK_ID_SIZE];    /* only for that break; "": for any */
} AspAdQueue;

typedef struct
{
  GMutex lock;
  GCond cond;                   /* the splicer waits here, as many as `takers` */
  GCond room;                   /* pads that have read ahead wait here, as many as `readers` */
  guint takers, readers;
  gsize freed;                  /* bytes taken since the pads were woken last */
  GPtrArray *queues;            /* AspAdQueue, by number; not owned */
  GHashTable *settled;          /* ids of breaks that have all their creatives; NULL: nobody provides them,
                                 * and a break takes what there is */
  gboolean slate_coming;        /* it is being read, and somebody counts on it */
  AspCreative *slate;           /* all of it in memory, never emptied; or NULL */
  gboolean flushing;            /* of the network: waits end */
  guint64 generation;           /* +1 with every change */
} AspAdHub;

AspAdHub *asp_ad_hub_new (void);
void asp_ad_hub_free (AspAdHub * hub);
/* Creatives of each break are provided by somebody who says asp_ad_hub_settle_locked() when all of
 * them are there; up to then more is to be expected. */
void asp_ad_hub_set_provided_locked (AspAdHub * hub, gboolean provided);
void asp_ad_hub_settle_locked (AspAdHub * hub, const gchar * break_id);
/* It is over. */
void asp_ad_hub_forget_locked (AspAdHub * hub, const gchar * break_id);
/* Is somebody still at it? */
gboolean asp_ad_hub_is_expecting_locked (const AspAdHub * hub, const gchar * break_id);
/* Something came, ended or was dropped: whoever waits looks again. */
void asp_ad_hub_changed_locked (AspAdHub * hub);
/* @size bytes of units have been taken. */
void asp_ad_hub_taken_locked (AspAdHub * hub, gsize size);
/* Waits for what differs from @generation, until @until_us of the monotonic clock.
 * Returns: FALSE when the time is over or the network is flushing */
gboolean asp_ad_hub_wait_locked (AspAdHub * hub, guint64 generation, gint64 until_us);
/* Waits until units have been taken, or anything else has changed. */
void asp_ad_hub_wait_for_room_locked (AspAdHub * hub);

/* Bytes read ahead: what the pad's limit counts. */
gsize asp_ad_queue_bytes_locked (const AspAdQueue * q);

AspAdQueue *asp_ad_queue_new (guint number);
/* Drops all that is queued. */
void asp_ad_queue_clear_locked (AspAdQueue * q);
void asp_ad_queue_free (AspAdQueue * q);

/* What the reader found, handed over in one step under the lock. */
typedef struct _AspCreativeReader AspCreativeReader;

/**
 * asp_creative_reader_new:
 * Reads one creative from its first byte. @creative is shared: the reader fills it in
 * asp_creative_reader_deliver_locked() only.
 */
AspCreativeReader *asp_creative_reader_new (AspCreative * creative);
void asp_creative_reader_free (AspCreativeReader * r);

/* Parses; no lock is needed, what is found stays in the reader. Any chunking. */
void asp_creative_reader_push (AspCreativeReader * r, const guint8 * data, gsize size);
/* No more bytes will come: finishes the open units and the probing. */
void asp_creative_reader_finish (AspCreativeReader * r);
/* Moves what was found into the creative. The lock is that of the hub. */
void asp_creative_reader_deliver_locked (AspCreativeReader * r);

G_END_DECLS
