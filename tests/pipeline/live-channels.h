/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * Live channels in this process: one network (tests/unit/splice-media, source 1, 25 pictures a
 * second) fed in real time by live sources into an adsplicebin each, with a creative of source 2.
 * What comes out is read picture by picture, with the wall clock beside it. Thread: the caller's,
 * but for what it is told.
 */
#define LIVE_NETWORK 1          /* sources */
#define LIVE_AD 2
#define LIVE_FRAME_90K 3600

typedef struct _LiveChannels LiveChannels;

/* In a streaming thread: the first packet of a picture has come out of channel @number. */
typedef void (*LiveSeen) (guint number, guint source, gint64 pts90k, gint64 real_us, gpointer user_data);
/* In the thread of live_channels_take_messages(). */
typedef void (*LiveMessage) (guint number, const GstStructure * message, gpointer user_data);

typedef struct
{
  guint channels;               /* they are called live-0000 and so on */
  guint seconds;                /* of the network, at most */
  guint gop;                    /* pictures */
  guint ad_frames;
  const gchar *properties;      /* of each adsplicebin: "lead-time=2000000000" */
  LiveSeen seen;                /* nullable */
  LiveMessage message;          /* nullable */
  gpointer user_data;
} LiveSpec;

/* NULL: an element is not there. Nothing flows yet. */
LiveChannels *live_channels_new (const LiveSpec * spec);
/* FALSE: a pipeline does not start; why is printed. */
gboolean live_channels_start (LiveChannels * channels);
/* Nothing goes in any more; what is on its way still comes out. */
void live_channels_end (LiveChannels * channels);
void live_channels_free (LiveChannels * channels);

/* The adsplicebin; not owned by the caller. */
GstElement *live_channels_bin (LiveChannels * channels, guint number);
/* Pipelines' messages of breaks, to `message`; errors are printed. FALSE: there was an error. */
gboolean live_channels_take_messages (LiveChannels * channels);

typedef struct
{
  guint64 packets_in, packets_out;
  guint64 cc_errors;            /* of the output */
  gboolean same;                /* so far the output is the input, byte for byte */
} LiveStats;

void live_channels_stats (LiveChannels * channels, guint number, LiveStats * stats);

G_END_DECLS
