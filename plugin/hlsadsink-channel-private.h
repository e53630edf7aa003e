/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hlsadsink-channel.h"
#include "hlsadsink-log.h"
#include "hlsadsink-recording.h"

G_BEGIN_DECLS

/* Internal to the channel: hlsadsink-channel.c (what goes into the timeline),
 * hlsadsink-channel-parts.c (parts of segments) and hlsadsink-channel-files.c (what is written
 * and removed). */
#define HLS_MEDIA_FOLDER "m"

typedef struct
{
  gchar *name;                  /* NULL until the first segment, where there is one rendition */
  gchar *playlist_name;
  guint index;                  /* in the timeline */
  AspHlsView view;
  gboolean changed;             /* its playlist is to be written */
  gint64 at_90k;                /* where the segment that has begun stands */
  gboolean announced;           /* what stands before it was told with the one before */
  gboolean orphan;              /* of the segment that comes in nothing more is wanted */
  guint64 written_media;        /* segments when it was written last: parts are not in it */
  gboolean has_place;           /* in this run: what comes follows what came */
  gboolean ended;
  gchar *alias, *alias_of;      /* its splicer's name for a break, and the channel's */
  gint64 anchor_at_90k, anchor_utc_us;
  gboolean has_anchor;
} HlsLane;

struct _HlsChannel
{
  HlsChannelTrouble trouble;
  gpointer user_data;
  gchar *location, *media_folder;
  gboolean delete_old, needed_only, low_latency;
  guint n_lanes;
  HlsLane lanes[ASP_HLS_RENDITIONS_MAX];
  AspHlsVariant variants[ASP_HLS_RENDITIONS_MAX];
  gchar *multivariant;          /* text, NULL = none yet */
  gboolean multivariant_good;   /* nothing has changed since it was rendered */
  gboolean multivariant_written;
  gchar *base_url;
  guint8 *secret;               /* for the names of media; NULL = they are readable */
  const HlsChannelOutlet *outlet;       /* never NULL */
  gpointer outlet_data;

  AspHlsTimeline *timeline;
  HlsLog *log;
  HlsRecording *recording;      /* or NULL */

  gboolean resumes;             /* the next thing that comes is the first one of this process */
  gboolean fresh;               /* ... and what was there is not listed any more */
  gint64 not_before_us;         /* the wall clock of the last process had got to */
  /* the segment that came last, of any rendition: others find their place by it */
  gboolean has_ref;
  gint64 ref_pts90k, ref_at_90k, ref_utc_us;
  gint64 last_out_90k;          /* position of the last OUT that has been told */
  gint64 longest_window_90k;
  gboolean in_trouble;
  gboolean written;             /* the last segment or part */
};

/* -- hlsadsink-channel.c -- */
HlsLane *hls_channel_find_lane (HlsChannel * channel, const gchar * rendition);
/* FALSE: it does not follow what is there, and nobody minds. */
gboolean hls_channel_append (HlsChannel * channel, const AspHlsEntry entry);
gint64 hls_channel_lane_end (const HlsChannel * channel, const HlsLane * lane);
/* What stands before the segment, and its place: lane->at_90k. FALSE: it has none. */
gboolean hls_channel_begin_media (HlsChannel * channel, HlsLane * lane,
    const AspHlsSegmentInfo * info);
/* The last entry is the beginning of a segment: others find their place by it. */
void hls_channel_keep_ref (HlsChannel * channel, const AspHlsSegmentInfo * info);

/* -- hlsadsink-channel-parts.c -- */
/* Of part @part of segment @number; NULL without low latency. (transfer full) */
gchar *hls_channel_part_uri (const HlsChannel * channel, const HlsLane * lane, guint64 number,
    guint part);
/* Is a segment open? */
gboolean hls_channel_has_parts (const HlsChannel * channel, const HlsLane * lane);
/* Makes a segment of the open parts; nothing when there are none. What else comes of it is too
 * late. */
void hls_channel_complete_segment (HlsChannel * channel, HlsLane * lane);
/* Removes parts that nobody can ask for. */
void hls_channel_remove_parts (HlsChannel * channel, const HlsLane * lane);

/* -- hlsadsink-channel-files.c -- */
/* FALSE; the first time the owner is told. */
gboolean hls_channel_tell (HlsChannel * channel, const GError * error, const gchar * path);
gboolean hls_channel_write_file (HlsChannel * channel, const gchar * folder, const gchar * name,
    gconstpointer data, gsize size);
/* Writes what has changed, the timeline first; forgets and removes what nobody can want. FALSE
 * when something could not be written. */
gboolean hls_channel_publish (HlsChannel * channel);
/* ... later when @more. @written: the segment or part that has come. */
void hls_channel_publish_media (HlsChannel * channel, gboolean written, gboolean more);
/* To the outlet: a file that playlists of the folder name, or a playlist. */
void hls_channel_tell_written (HlsChannel * channel, const gchar * name, GBytes * bytes);
/* @tell: the outlet has it */
void hls_channel_remove_media (HlsChannel * channel, const gchar * uri, gboolean tell);
/* To the outlet: what is listed now. */
void hls_channel_hand_out (HlsChannel * channel);
/* ... and what a process before has left. */
void hls_channel_resume_playlists (HlsChannel * channel);
/* Playlists that are not true any more. */
void hls_channel_remove_playlists (HlsChannel * channel);

G_END_DECLS
