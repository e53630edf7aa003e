/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tssplicer-embed.h"

#include <gst/base/base.h>

#include <asp-splicer-input.h>

/*
 * Inside of tssplicer, over its files:
 *   gsttssplicer.c         class, properties, pads, states
 *   tssplicer-network.c    sink, src and network pads: bytes in, bytes and events out
 *   tssplicer-ads.c        ad_%u and slate pads: creatives in
 *   tssplicer-request.c    breaks asked for by signal, event and `schedule`
 *   tssplicer-channel.c    one of several renditions: the channel plans
 *   tssplicer-message.c    what is told: events downstream, messages on the bus
 *   tssplicer-keepalive.c  a break that goes on while a live input is silent
 *
 * Threads: the network's streaming thread (everything of `splicer`, under the STREAM_LOCK
 * of the sink pad), one for each ad pad, the keepalive thread (takes the STREAM_LOCK),
 * the application's.
 *
 * Locks, outermost first; none is held while pushing, posting, querying or joining:
 *   STREAM_LOCK of a sink pad
 *   request_lock   inbox, open breaks
 *   hub->lock      creatives (gst/splice)
 *   locks of AspChannel (gst/channel)
 *   OBJECT_LOCK    settings, live, and what else says so
 */
#define GST_CAT_DEFAULT gst_ts_splicer_debug
GST_DEBUG_CATEGORY_EXTERN (gst_ts_splicer_debug);

#define MUX_OFFSET_90K (3600 * ASP_SECOND_90K)  /* of GStreamer's mpegtsmux, from running time to PTS */
#define CLOCK_PICTURES 32       /* over so many the running time of a picture is found */
#define CLOCK_ENOUGH 12         /* before that it is only used when there is no time to wait */
#define ASK_EARLY_90K (ASP_SECOND_90K * 3 / 2)  /* key units are asked for at least so far ahead */
#define CREATIVE_WAIT_MS 5000   /* not live: for a creative that is on its way */
#define PROVIDED_WAIT_MS 15000  /* the same when somebody is asked for it first */
#define KEEPALIVE_TICK_MS 20
#define FINISH_SLACK_NS (10 * GST_SECOND)       /* behind the longest break, at EOS */
#define SEEN_SEQNUMS_MAX 32

typedef enum
{
  SCTE35_OUTPUT_PASS,
  SCTE35_OUTPUT_STRIP,
  SCTE35_OUTPUT_REWRITE,
} Scte35Output;

typedef struct
{
  gchar *channel;
  guint program_number;
  gchar *schedule;
  guint scte35, scte35_tier, scte35_restrictions;
  gint scte35_output;
  gboolean splice_countdown;
  gint insertion;               /* 0 splice, 1 mark */
  gint out_point, return_policy, late_policy, overlap_policy;
  guint64 splice_tolerance_ns, max_rap_wait_ns, max_break_duration_ns, default_break_duration_ns;
  gint null_packets, ad_tracks;
  guint64 input_timeout_ns;
} Settings;

typedef enum
{
  REQUEST_INSERT,
  REQUEST_CUE,
  REQUEST_CANCEL,
  REQUEST_END,
} RequestKind;

typedef struct
{
  RequestKind kind;
  AspBreak *brk;                /* INSERT */
  GBytes *cue;                  /* CUE */
  gchar *id;                    /* CANCEL, END */
} Request;

/* A break that has been accepted and is not over. */
typedef struct
{
  gchar *id;
  gboolean running;
  gboolean timed;               /* start and end are known */
  gint64 start_90k, end_90k;    /* unwrapped stream time */
} OpenBreak;

#define BREAK_RECORDS_MAX 32

/* What `stats` tells of a break. Times as in the stream, ASP_NO_TIME when there is none. */
typedef struct
{
  gchar id[ASP_BREAK_ID_SIZE];
  AspBreakState state;
  gint64 asked_out_90k, out_90k, asked_in_90k, in_90k;
  const gchar *reason;          /* static */
} BreakRecord;

struct _GstTsSplicer
{
  GstElement parent;

  GstPad *sinkpad, *srcpad;
  GstPad *networkpad;           /* request; OBJECT_LOCK */
  GstPad *slatepad;             /* request; OBJECT_LOCK */

  Settings settings;            /* OBJECT_LOCK */
  gchar *bad_schedule;          /* OBJECT_LOCK; refused, to be told when there is a bus */
  gint settings_changed;        /* atomic: looked at for every buffer */
  gint has_network;             /* atomic: networkpad is there */
  gboolean live, live_known;    /* OBJECT_LOCK */
  AspSplicerStats stats;        /* OBJECT_LOCK; copy of the splicer's */
  TsSplicerInput input;         /* OBJECT_LOCK; the same of its network */
  BreakRecord records[BREAK_RECORDS_MAX];       /* OBJECT_LOCK; the last breaks */
  guint n_records;              /* OBJECT_LOCK; in all */

  AspAdHub *hub;

  /* -- streaming thread of the network -- */
  AspSplicer *splicer;
  AspRendition *rendition;      /* NULL: we plan for ourselves */
  guint channel_seen;           /* orders up to here have been carried out */
  gboolean cue_is_new;          /* the one that is being read */
  GstFlowCombiner *combiner;
  GstSegment segment;
  gboolean have_caps;           /* on src: from upstream, or made */
  GstBuffer *current;           /* whose call this is: its timestamps go to what leaves */
  gboolean current_used;        /* its DISCONT has been given on */
  GstBuffer *pristine;          /* the same as it came, when CC are written in it and `network` is there */
  gint64 clock_offset_ns;       /* running time - DTS, G_MININT64 when not known */
  gint64 clock_before_ns, clock_newest_ns;      /* largest of CLOCK_PICTURES, and of those since; G_MININT64 */
  guint clock_pictures;         /* since */
  gint64 asked_keyunit_90k;     /* break for which RAPs have been asked upstream */
  guint keyunit_count;
  gboolean eos;

  GMutex request_lock;
  GQueue inbox;                 /* request_lock; of Request */
  gint inbox_filled;            /* atomic: looked at for every buffer */
  GQueue open;                  /* request_lock; of OpenBreak */
  guint32 seen_seqnums[SEEN_SEQNUMS_MAX];       /* request_lock */
  guint n_seen_seqnums;         /* request_lock */
  gint64 newest_pts90k;         /* request_lock; stream time of the newest picture */
  gboolean running;             /* request_lock; PAUSED or PLAYING */
  AspChannel *channel;          /* request_lock to change it; the streaming thread reads it as it is */
  AspChannel *given_channel;    /* OBJECT_LOCK; by adsplicebin */
  gchar *rendition_name;        /* OBJECT_LOCK; NULL: that of the element */

  /* keepalive; keep_lock */
  GMutex keep_lock;
  GCond keep_cond;
  GThread *keep_thread;
  gboolean keep_stop;
  gint keep_break;              /* atomic */
  gint64 last_input_us, last_step_us;
};

/* gsttssplicer.c */
void ts_splicer_config (GstTsSplicer * self, AspSplicerConfig * config);
gboolean ts_splicer_is_live (GstTsSplicer * self);
void ts_splicer_copy_stats (GstTsSplicer * self);
GstPad *ts_splicer_ref_network (GstTsSplicer * self);

/* tssplicer-network.c */
void ts_splicer_network_setup (GstTsSplicer * self);
void ts_splicer_network_start (GstTsSplicer * self);
void ts_splicer_network_stop (GstTsSplicer * self);
GstFlowReturn ts_splicer_flush_output (GstTsSplicer * self);
GstPad *ts_splicer_add_network_pad (GstTsSplicer * self, GstPadTemplate * templ);

/* tssplicer-ads.c */
GstPad *ts_splicer_add_ad_pad (GstTsSplicer * self, GstPadTemplate * templ, const gchar * name,
    guint number, gboolean slate);
void ts_splicer_remove_ad_pad (GstTsSplicer * self, GstPad * pad);
gboolean ts_splicer_wait_for_ads (gpointer user_data, guint64 generation);

/* tssplicer-request.c */
gboolean ts_splicer_parse_schedule (const gchar * text, GArray * entries, gchar ** error);
gchar *ts_splicer_insert_ad_break (GstTsSplicer * self, guint64 duration_ns, GstStructure * options);
gboolean ts_splicer_insert_cue (GstTsSplicer * self, const gchar * text);
gboolean ts_splicer_cancel_ad_break (GstTsSplicer * self, const gchar * id);
gboolean ts_splicer_end_ad_break (GstTsSplicer * self, const gchar * id);
gboolean ts_splicer_handle_insert_event (GstTsSplicer * self, GstEvent * event);
void ts_splicer_take_requests (GstTsSplicer * self);
void ts_splicer_clear_requests (GstTsSplicer * self);
void ts_splicer_note_open (GstTsSplicer * self, const AspReport * report);

typedef struct
{
  gint64 start_90k, duration_90k;
} ScheduleEntry;

/* tssplicer-channel.c */
AspChannel *ts_splicer_ref_channel (GstTsSplicer * self);
void ts_splicer_channel_join (GstTsSplicer * self, const AspPlanConfig * config);
void ts_splicer_channel_leave (GstTsSplicer * self);
void ts_splicer_take_orders (GstTsSplicer * self);
gboolean ts_splicer_cue_is_new (GstTsSplicer * self, const guint8 * data, gsize size);
gboolean ts_splicer_channel_note (GstTsSplicer * self, const AspReport * report, GstStructure * s);

/* tssplicer-message.c */
void ts_splicer_post_state (GstTsSplicer * self, const gchar * id, const gchar * state, const gchar * reason);
GstEvent *ts_splicer_event_from_mark (GstTsSplicer * self, const AspMark * mark);
void ts_splicer_report (gpointer user_data, const AspReport * report);
void ts_splicer_warn (gpointer user_data, const gchar * reason, const gchar * text);
void ts_splicer_cue (gpointer user_data, guint16 pid, gint64 pts90k, const AspScte35Section * section,
    const guint8 * data, gsize size);
void ts_splicer_ignored (gpointer user_data, const gchar * reason);
void ts_splicer_add_records (GstTsSplicer * self, GstStructure * stats);
void ts_splicer_post_refusal (GstTsSplicer * self, const gchar * id, const gchar * reason, const gchar * text);

/* tssplicer-keepalive.c */
void ts_splicer_keepalive_start (GstTsSplicer * self);
void ts_splicer_keepalive_stop (GstTsSplicer * self);
void ts_splicer_keepalive_input (GstTsSplicer * self);
