/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hlsadsink-channel.h"

G_BEGIN_DECLS

/*
 * One recording on disk, laid out as asp-hls-recording.h says, in a folder of its own:
 *
 *   RECORDING/CHANNEL.recording            path of the latest one below RECORDING
 *   RECORDING/events, RECORDING/media      symbolic links to what is in it, where there can be any
 *   RECORDING/2026/11/22/18/25/ID/...      the recording; in it CHANNEL.timeline
 *
 * Segments of the channel are put one behind the other into files of ten seconds. A file that
 * is being written is hidden (.NAME.part) and is in no playlist; the timeline, a line for each
 * segment, says how much of it is good, so that a process that comes after a crash takes all of
 * that over. Playlists are of type EVENT while it grows and VOD when it has ended.
 *
 * What cannot be written is a gap. Memory does not grow with its length: what is in the
 * playlists is forgotten. Blocks. One thread at a time. Since: 0.1
 */
typedef struct _HlsVod HlsVod;

typedef struct
{
  const gchar *folder;          /* RECORDING */
  const gchar *channel;
  guint n_renditions;
  const HlsChannelRendition *renditions;        /* all with a name */
  AspHlsMarkers markers;
  AspHlsCueForm cue_form;
} HlsVodConfig;

/* Of all that is written below @folder for @channel: two at once would be in each other's way.
 * Returns: a file to close() when that is over; -1: somebody else has it; -2: it cannot be said, or
 * the folder is not there (@make: and cannot be made). */
int hls_vod_lock (const gchar * folder, const gchar * channel, gboolean make);

/* A new one. It is on disk with the first thing that comes. @utc_us: of its first picture;
 * @target_duration_s: of the segments, 0 = not known. */
HlsVod *hls_vod_new (const HlsVodConfig * config, gint64 utc_us, guint target_duration_s,
    HlsChannelTrouble trouble, gpointer user_data);

/* The latest one that is there, or NULL; renditions are those that it has. */
HlsVod *hls_vod_open (const gchar * folder, const gchar * channel, HlsChannelTrouble trouble,
    gpointer user_data);

/* Leaves it as it is, for somebody who continues it. NULL is allowed. */
void hls_vod_free (HlsVod * vod);

gboolean hls_vod_is_ended (const HlsVod * vod);
/* Unix time of the end of its last segment. */
gint64 hls_vod_last_us (const HlsVod * vod);
/* May what is recorded with @config go on in it? */
gboolean hls_vod_fits (const HlsVod * vod, const HlsVodConfig * config, guint target_duration_s);
/* After hls_vod_open(): something comes, behind a discontinuity. */
void hls_vod_continue (HlsVod * vod, const HlsVodConfig * config);

/* Its folder is gone: nothing that comes can be in it any more. */
gboolean hls_vod_is_lost (const HlsVod * vod);
/* What came last could not be written as a whole. */
gboolean hls_vod_in_trouble (const HlsVod * vod);

typedef struct
{
  guint rendition;              /* index */
  gint64 at_90k;                /* of the channel */
  gint64 duration_90k;
  gint64 utc_us;
  gboolean independent;
  gchar codecs[ASP_HLS_CODECS_MAX];     /* of all that was in the rendition, as far as it is known */
  guint width, height, fps_num, fps_den;
  const gchar *missing;         /* why there are no bytes though there were some, or NULL */
} HlsVodMedia;

/* @bytes: NULL = there are none. A segment whose place is taken already is left out. */
void hls_vod_media (HlsVod * vod, const HlsVodMedia * media, GBytes * bytes);
void hls_vod_discontinuity (HlsVod * vod, guint rendition);
void hls_vod_target_duration (HlsVod * vod, guint seconds);
/* An OUT or IN of an avail, a creative's START or END. */
void hls_vod_mark (HlsVod * vod, const AspHlsMark * mark);

/* Nothing more comes: ENDLIST and recording-ended.json (or -failed). */
void hls_vod_end (HlsVod * vod);

/* For a thumbnail: the last segment of the first rendition that begins with a RAP, as an open
 * file (the caller closes it) that stands where it begins; -1: there has been none since the last
 * call. */
int hls_vod_take_key_frame (HlsVod * vod, gsize * size);
void hls_vod_thumbnail (HlsVod * vod, GBytes * jpeg);

G_END_DECLS
