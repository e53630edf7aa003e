/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hlsadsink-channel.h"

G_BEGIN_DECLS

/*
 * A channel on disk (hlsadsink-channel.h) with a thread of its own and a queue before it:
 * disk never holds a stream up, as long as there is room. No pads here.
 *
 * Threads: new, end, set_flushing and free from the owner's, set_live, segment, part,
 * mark and end of a rendition from its streaming thread; the callbacks come in the publisher's own thread. Since: 0.1
 */
typedef struct _HlsPublisher HlsPublisher;

typedef struct
{
  /* Something could not be written (@error: G_FILE_ERROR); once until writing works again. */
  void (*trouble) (const GError * error, const gchar * path, gpointer user_data);
  /* The same of the recording, in its own thread. @path NULL: of its thumbnails. */
  void (*recording_trouble) (const GError * error, const gchar * path, gpointer user_data);
  /* The last playlist has been written, or given up. */
  void (*ended) (gpointer user_data);
} HlsPublisherFuncs;

/* @config is copied; @funcs must outlive the publisher. Reads what a process before has left,
 * so it may block. */
HlsPublisher *hls_publisher_new (const HlsChannelConfig * config,
    const HlsPublisherFuncs * funcs, gpointer user_data);

/* TARGETDURATION that was published before this run, or 0. */
guint hls_publisher_target_duration (HlsPublisher * publisher);

/* PART-TARGET, likewise. */
gint64 hls_publisher_part_target_90k (HlsPublisher * publisher);

/* What comes does not wait: up to HLS_PUBLISHER_QUEUE_MAX bytes are queued for a disk that is
 * slow for a while, and each segment is published for itself. From a source that can wait it is
 * HLS_PUBLISHER_QUEUE_SHORT: what has just been filled is written while a processor still has it at
 * hand; and what waits is published together. */
#define HLS_PUBLISHER_QUEUE_MAX (64 * 1024 * 1024)
#define HLS_PUBLISHER_QUEUE_SHORT (4 * 1024 * 1024)
void hls_publisher_set_live (HlsPublisher * publisher);

/* Finishes what is queued, for HLS_PUBLISHER_DRAIN_MS at most and what one write takes,
 * and joins the thread. NULL is allowed. */
#define HLS_PUBLISHER_DRAIN_MS 2000
void hls_publisher_free (HlsPublisher * publisher);

/**
 * hls_publisher_segment:
 * @rendition: its name
 * @bytes: (transfer full)
 * @marks: (nullable) (element-type AspHlsMark): at its end
 * @next: (nullable): what has begun behind it
 *
 * Waits while more bytes are queued than may be, until there is room or the publisher is
 * flushing; it is queued in any case.
 */
void hls_publisher_segment (HlsPublisher * publisher, const gchar * rendition,
    const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
    const AspHlsSegmentInfo * next);

/* @bytes: (transfer full). Waits as hls_publisher_segment() does. */
void hls_publisher_part (HlsPublisher * publisher, const gchar * rendition,
    const AspHlsPartInfo * info, GBytes * bytes);

void hls_publisher_mark (HlsPublisher * publisher, const AspHlsMark * mark, gint64 at_90k);

/* What comes of @rendition until hls_publisher_end() is its last. @together: it is published with
 * the end, one version, not one a moment after the other; only where there is one rendition. */
void hls_publisher_ending (HlsPublisher * publisher, const gchar * rendition, gboolean together);

/* Nothing more comes of @rendition; when that was the last one: ENDLIST, then ended(). Where there
 * are parts that is a hold-back after the last of them. */
void hls_publisher_end (HlsPublisher * publisher, const gchar * rendition,
    guint target_duration_s);

/* Nobody waits while it is flushing. */
void hls_publisher_set_flushing (HlsPublisher * publisher, gboolean flushing);

G_END_DECLS
