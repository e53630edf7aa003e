/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-timeline.h"

G_BEGIN_DECLS

/*
 * A recording as Amazon IVS lays one out ("auto-record to S3"), without its files: their
 * names, the JSON documents, and the cues that a break has in it.
 *
 *   events/recording-started.json      while it runs and afterwards
 *   events/recording-ended.json        when all went well, or
 *   events/recording-failed.json       something is missing from it
 *   media/hls/master.m3u8              multivariant, of the two kinds of playlists below
 *   media/hls/byte-range-multivariant.m3u8
 *   media/hls/RENDITION/playlist.m3u8              files of ten seconds, whole
 *   media/hls/RENDITION/byte-range-variant.m3u8    the same files, segment by segment
 *   media/hls/RENDITION/RENDITION-00000000.ts ...  by the number of their first segment
 *   media/latest_thumbnail/thumb.jpg
 *
 * Thread: any; pure. Since: 0.1
 */
#define ASP_HLS_RECORDING_EVENTS "events"
#define ASP_HLS_RECORDING_HLS "media/hls"
#define ASP_HLS_RECORDING_MASTER "master.m3u8"
#define ASP_HLS_RECORDING_RANGE_MASTER "byte-range-multivariant.m3u8"
#define ASP_HLS_RECORDING_PLAYLIST "playlist.m3u8"
#define ASP_HLS_RECORDING_RANGE_PLAYLIST "byte-range-variant.m3u8"
#define ASP_HLS_RECORDING_THUMBNAIL "media/latest_thumbnail"
#define ASP_HLS_RECORDING_THUMBNAIL_NAME "thumb.jpg"

typedef enum
{
  ASP_HLS_RECORDING_STARTED,
  ASP_HLS_RECORDING_ENDED,
  ASP_HLS_RECORDING_FAILED,     /* ended, and something is missing */
} AspHlsRecordingStatus;

typedef struct
{
  AspHlsRecordingStatus status;
  const gchar *channel;         /* its name, the last part of the ARN */
  gint64 started_us;            /* Unix time */
  gint64 ended_us;              /* when it has ended */
  const gchar *message;         /* why it has failed, or NULL */
  guint thumbnail_width, thumbnail_height;      /* 0: there is none */
} AspHlsRecordingState;

/* "recording-started.json" ... */
const gchar *asp_hls_recording_event_name (AspHlsRecordingStatus status);

/* The document: renditions and length are those of the timeline. (transfer full) */
gchar *asp_hls_recording_event (const AspHlsRecordingState * state, const AspHlsTimeline * timeline);

/* "2026/11/22/18/5/AbCdEf012345": the folder below the one of all recordings; @id: 12 letters
 * and digits. (transfer full) */
gchar *asp_hls_recording_path (gint64 started_us, const gchar * id);

/**
 * asp_hls_recording_cue:
 * @avail_id: of the break
 * @out: the section that opened it, in hex, or NULL
 * @given: the section that this mark came with, in hex, or NULL
 * @duration_90k: planned, 0 = not known
 * @is_in: the one that ends it
 *
 * SCTE35-OUT and SCTE35-IN as Amazon IVS writes them into recordings: a splice_insert that is
 * immediate, since the date range says when, with the break's duration in both. That is what a
 * break of our own gets, and one without a cue. A break that a cue opened keeps that cue; where
 * it is immediate too, the end is the same section with out_of_network_indicator 0, else the
 * end is @given.
 *
 * Returns: (transfer full): in hex
 */
gchar *asp_hls_recording_cue (const gchar * avail_id, const gchar * out, const gchar * given,
    gint64 duration_90k, gboolean is_in);

/* Of a JPEG: width and height as its frame header has them. FALSE: it is none, or not whole. */
gboolean asp_hls_jpeg_size (const guint8 * data, gsize size, guint * width, guint * height);

G_END_DECLS
