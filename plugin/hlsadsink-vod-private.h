/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-hls-files.h>
#include <asp-hls-recording.h>

#include "hlsadsink-log.h"
#include "hlsadsink-vod.h"

G_BEGIN_DECLS

/* Internal to a recording: hlsadsink-vod.c (its life), hlsadsink-vod-media.c (what goes into the
 * timeline and the files), hlsadsink-vod-lists.c (playlists and documents). */
typedef enum
{
  HLS_VOD_FILES,
  HLS_VOD_RANGES,
  HLS_VOD_N_LISTS,
} HlsVodListKind;

typedef struct
{
  guint64 since;                /* of asp_hls_view_grow(); 0: nothing has been written */
  gsize header_size, size;      /* of what has been written */
} HlsVodList;

typedef struct
{
  gchar *name, *folder;
  gboolean begun;               /* in this process: base_90k holds */
  gint64 base_90k;              /* its positions in the channel, less those here */
  gboolean has_anchor;
  gint64 anchor_at_90k, anchor_utc_us;

  /* the open file */
  int fd;                       /* -1: there is none */
  gchar *file;                  /* its name */
  gint64 file_start_90k;
  guint64 offset;               /* good bytes in it */

  gint64 closed_start_90k;      /* of the last file that is closed */
  guint64 closed_seq;           /* entries before it are of closed files */
  gboolean changed;             /* since its playlists were written */
  HlsVodList lists[HLS_VOD_N_LISTS];
} HlsVodLane;

struct _HlsVod
{
  HlsChannelTrouble trouble;
  gpointer user_data;
  gchar *base;                  /* RECORDING */
  gchar *path;                  /* below it */
  gchar *folder, *hls_folder;
  gchar *channel;
  AspHlsMarkers markers;
  AspHlsCueForm cue_form;

  AspHlsTimeline *timeline;
  HlsLog *log;
  AspHlsFiles files;
  guint n_lanes;
  HlsVodLane lanes[ASP_HLS_RENDITIONS_MAX];
  AspHlsVariant variants[ASP_HLS_RENDITIONS_MAX];
  gboolean begun;               /* base_90k holds */
  gint64 base_90k;
  gint64 started_us;
  gint64 not_before_us;         /* a process before has got to */
  gint64 later_us;              /* dates in this process are so much more than the channel's */

  gboolean in_trouble, lost;
  gboolean bytes_failed;        /* of the last segment */
  gchar *last_error;
  gchar *failure;               /* why something is missing, or NULL */
  gboolean presented;           /* the folder is there, and who looks for it finds it */
  gboolean started_written, failed_written, masters_written;
  guint thumbnail_width, thumbnail_height;
  gchar *key_file;              /* of the last segment with a key frame, or NULL */
  guint64 key_offset;
  gsize key_size;
};

#define HLS_VOD_LOG_SUFFIX ".timeline"
#define HLS_VOD_POINTER_SUFFIX ".recording"

/* -- hlsadsink-vod.c -- */
/* FALSE; the first time the owner is told. */
gboolean hls_vod_tell (HlsVod * vod, const GError * error, const gchar * path);
/* Something is missing from it: the first reason stays. */
void hls_vod_fail (HlsVod * vod, const gchar * reason);
/* Who looks for the recording finds it from now on. */
gboolean hls_vod_present (HlsVod * vod);
gboolean hls_vod_append (HlsVod * vod, AspHlsEntry entry);

/* -- hlsadsink-vod-media.c -- */
/* Its file has all it will have. */
void hls_vod_close_file (HlsVod * vod, HlsVodLane * lane);
/* Gaps up to @to_90k. */
void hls_vod_fill (HlsVod * vod, HlsVodLane * lane, gint64 to_90k);

/* -- hlsadsink-vod-lists.c -- */
/* Writes the log, and playlists where a file has been closed. */
void hls_vod_publish (HlsVod * vod);
/* recording-started, -ended or -failed.json */
gboolean hls_vod_write_event (HlsVod * vod, AspHlsRecordingStatus status);

G_END_DECLS
