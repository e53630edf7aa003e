/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-channel.h>
#include <asp-hls-segmenter.h>

#include "gsthlsadsink.h"
#include "hlsadsink-outlet.h"
#include "hlsadsink-publisher.h"
#include "hlsadsink-settings.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);

#define GST_TYPE_HLS_AD_SINK_PAD (gst_hls_ad_sink_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstHlsAdSinkPad, gst_hls_ad_sink_pad, GST, HLS_AD_SINK_PAD, GstPad)

struct _GstHlsAdSinkPad
{
  GstPad parent;

  gchar *rendition;             /* object lock; NULL = by its number */
  guint64 bandwidth;            /* object lock; 0 = measured */
  gchar *codecs;                /* object lock; NULL = found out */
  gboolean audio_only;          /* object lock */
  gboolean flushing;            /* flow_lock of the element */

  GstCaps *unix_caps;           /* of a GstReferenceTimestampMeta that is Unix time */

  /* streaming thread */
  gchar *file_rendition;        /* rendition as it is in the names of this run's files */
  AspHlsSegmenter *segmenter;
  gboolean spliced;             /* of the break that is running: another source */
  gboolean in_break;
  gboolean refused;             /* what comes in can never be used: one message was enough */
  gboolean has_parts;           /* the first one has come */
  gint64 first_utc_us;          /* of the first bytes, 0 before */
  gboolean complained;          /* that nothing comes out */
};

struct _GstHlsAdSink
{
  GstElement parent;

  HlsAdSinkSettings settings;
  HlsOutlet *outlet;            /* object lock; from READY to PAUSED and back */
  guint target_duration_s;      /* of this run, set before data flows */
  gint64 part_duration_90k;     /* likewise; 0 = no low latency */
  AspHlsPartAlign part_align;   /* likewise */
  AspHlsContent content;        /* likewise; of all pads */
  guint n_renditions;           /* of this run, likewise */
  AspChannel *channel;          /* of that name, or NULL; from READY to PAUSED and back */
  guint frozen_target_s;        /* object lock: TARGETDURATION and PART-TARGET of this run, 0 before */
  gint64 frozen_part_90k;
  gboolean finished;            /* a rendition has ended in this run */

  /* Whether data may flow; guarded by flow_lock. */
  GMutex flow_lock;
  GCond flow_cond;
  HlsPublisher *publisher;      /* from READY to PAUSED and back: stays while data can flow */
  gboolean playing;
  gboolean flushing;
  guint n_flushing;             /* pads */
  gboolean ended;               /* the last playlist is written */
  guint32 eos_seqnum;
};

/* -- hlsadsink-pad.c -- */
GstPad *hls_ad_sink_pad_new (GstPadTemplate * templ, const gchar * name);
/* Name of its rendition. (transfer full) */
gchar *hls_ad_sink_pad_dup_rendition (GstHlsAdSinkPad * pad);
/* Before the first data of a run, and after the last. Not while data flows. */
void hls_ad_sink_pad_start (GstHlsAdSink * self, GstHlsAdSinkPad * pad);
void hls_ad_sink_pad_stop (GstHlsAdSinkPad * pad);
/* The stream of this pad is over. Streaming thread. */
void hls_ad_sink_pad_finish (GstHlsAdSink * self, GstHlsAdSinkPad * pad);

/* -- hlsadsink-events.c -- */
/* Is this one of the events of a break? It has been taken then. Streaming thread. */
gboolean hls_ad_sink_take_event (GstHlsAdSinkPad * pad, const GstStructure * structure);

/* -- gsthlsadsink.c -- */
/* Waits until the element plays. FALSE: it is flushing, or @pad is. */
gboolean hls_ad_sink_wait_playing (GstHlsAdSink * self, GstHlsAdSinkPad * pad);
/* @pad: NULL = the element */
void hls_ad_sink_set_flushing (GstHlsAdSink * self, GstHlsAdSinkPad * pad, gboolean flushing);

G_END_DECLS
