/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hlsadsink-vod.h"

G_BEGIN_DECLS

/*
 * What a channel records, in a thread of its own: whatever becomes of the recording's disk, the
 * channel goes on. What is queued is limited, and what has no room left is a gap in the recording.
 *
 * A process that comes within the reconnect window of one that was interrupted, or has ended,
 * goes on in its recording; later it ends that one properly and begins another.
 *
 * Threads: the channel's, for all but free; callbacks come in the recorder's own. Since: 0.1
 */
typedef struct _HlsRecording HlsRecording;

typedef struct
{
  HlsVodConfig vod;             /* names of renditions may be NULL: told by the first segment */
  gint64 reconnect_window_us;   /* 0: every start is another recording */
  gboolean thumbnails;
} HlsRecordingConfig;

#define HLS_RECORDING_QUEUE_MAX (64 * 1024 * 1024)      /* bytes */
#define HLS_RECORDING_DRAIN_MS 2000
#define HLS_RECORDING_END_MS 5000

/* @config is copied. @trouble: something could not be recorded; once until it can be again. */
HlsRecording *hls_recording_new (const HlsRecordingConfig * config, HlsChannelTrouble trouble,
    gpointer user_data);

/* Records what is queued, for HLS_RECORDING_DRAIN_MS at most and what one write takes. Without
 * hls_recording_end() the recording is left for the next process, within the reconnect window.
 * NULL is allowed. */
void hls_recording_free (HlsRecording * recording);

/**
 * hls_recording_segment:
 * @entry: SEGMENT or GAP, as the channel's timeline has it
 * @format: of its rendition
 * @bytes: (nullable): NULL = there are none, whatever @entry says
 *
 * Waits for room in the queue for a quarter of its duration at most.
 */
void hls_recording_segment (HlsRecording * recording, const AspHlsEntry * entry,
    const AspHlsRendition * format, guint target_duration_s, GBytes * bytes);

/* All other kinds; those that say nothing to a recording are left out. */
void hls_recording_entry (HlsRecording * recording, const AspHlsEntry * entry);

/* Nothing more comes. Waits until all is written, for HLS_RECORDING_END_MS at most. */
void hls_recording_end (HlsRecording * recording);

G_END_DECLS
