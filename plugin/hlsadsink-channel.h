/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-hls-multivariant.h>
#include <asp-hls-segmenter.h>
#include <asp-hls-view.h>

G_BEGIN_DECLS

/*
 * A channel on disk: the timeline with its file, media, playlists of all renditions. What
 * cannot be written is a gap and is tried anew with what comes next.
 *
 * Renditions have their places by PTS: one that begins later stands where its PTS says. One
 * that falls behind, or ends before the others, is given gaps and leaves the multivariant
 * playlist until it is back.
 *
 * The folder of a channel that was there before goes on (RFC 8216bis 6.2.2: no number is
 * used twice): after a crash with what was listed, after an end without. Other renditions
 * are another channel, and a recording of all there is (playlist_length 0) that has ended
 * begins anew.
 * Blocks: not for a streaming thread. One thread at a time. Since: 0.1
 */
typedef struct _HlsChannel HlsChannel;

typedef struct
{
  const gchar *name;            /* in the names of files; NULL only where there is one: by its first segment */
  guint64 bandwidth;            /* 0 = measured */
  const gchar *codecs;          /* NULL = found out */
} HlsChannelRendition;

/* -- what goes out, besides into the folder -- */

typedef struct
{
  const AspHlsView *view;       /* of the playlist in the folder */
  gboolean changed;             /* since the edition before */
} HlsEditionRendition;

/* All that is true of the channel now. Every medium that it names is in the folder. */
typedef struct
{
  const AspHlsTimeline *timeline;
  const gchar *multivariant;    /* NULL = none (yet) */
  guint n_renditions;
  const HlsEditionRendition *renditions;
} HlsEdition;

/* In the thread of the channel; what is handed over is borrowed. */
typedef struct
{
  void (*edition) (const HlsEdition * edition, gpointer user_data);
  /* A playlist or a segment is in the folder, under this name. */
  void (*written) (const gchar * name, GBytes * bytes, gpointer user_data);
  void (*removed) (const gchar * name, gpointer user_data);
} HlsChannelOutlet;

/* Something could not be written (@error: G_FILE_ERROR); once until writing works again. */
typedef void (*HlsChannelTrouble) (const GError * error, const gchar * path, gpointer user_data);

typedef struct
{
  const gchar *location;        /* folder; made when it is not there */
  const gchar *channel;         /* in the name of the timeline's file */
  guint n_renditions;           /* one at least */
  const HlsChannelRendition *renditions;
  guint playlist_length;
  gboolean delete_old;
  gboolean low_latency;         /* parts, as they come, are listed too */
  gboolean plain_folder;        /* ... but not in the playlists of the folder: whoever serves that
                                   holds no requests */
  gboolean secret_names;        /* of media: they say nothing */
  gboolean needed_only;         /* no EXT-X-DISCONTINUITY where a player would not notice */
  AspHlsMarkers markers;
  AspHlsCueForm cue_form;
  gint64 now_us;                /* Unix time: how long ago the last process was */
  const gchar *recording;       /* folder of recordings (hlsadsink-recording.h), or NULL */
  guint reconnect_window_s;
  HlsChannelTrouble recording_trouble;  /* of the recording, in its thread; @path NULL: thumbnails */
  const gchar *base_url;        /* before the URIs of media, or NULL */
  const HlsChannelOutlet *outlet;       /* static, or NULL */
  gpointer outlet_data;
} HlsChannelConfig;

/* @config is copied. Reads the timeline that may be there, and hands out what it lists. */
HlsChannel *hls_channel_new (const HlsChannelConfig * config, HlsChannelTrouble trouble,
    gpointer user_data);
void hls_channel_free (HlsChannel * channel);

/* Media time at which this process begins. */
gint64 hls_channel_end_90k (const HlsChannel * channel);

/* TARGETDURATION that playlists have already, or 0. */
guint hls_channel_target_duration (const HlsChannel * channel);

/* PART-TARGET, likewise. */
gint64 hls_channel_part_target_90k (const HlsChannel * channel);

/* @marks: (nullable) (element-type AspHlsMark): at its end; @next: (nullable): what has begun
 * behind it; @more: something comes soon behind it, and is published with it, or
 * hls_channel_update() */
void hls_channel_segment (HlsChannel * channel, const gchar * rendition,
    const AspHlsSegmentInfo * info, GBytes * bytes, const GPtrArray * marks,
    const AspHlsSegmentInfo * next, gboolean more);
/* All of its segment are told before that; the last one is published with it. */
void hls_channel_part (HlsChannel * channel, const gchar * rendition, const AspHlsPartInfo * info,
    GBytes * bytes, gboolean more);
/* What comes of @rendition from now on are its last segments. */
void hls_channel_ending (HlsChannel * channel, const gchar * rendition);
/* Between segments, or of something to come: then at_90k is ahead. */
void hls_channel_mark (HlsChannel * channel, const AspHlsMark * mark, gint64 at_90k);

/* Publishes what came with @more. */
void hls_channel_update (HlsChannel * channel);

/* A rendition has ended; with the last one the recording has, too. Returns: whether that was the
 * last one, and all is published. */
gboolean hls_channel_end (HlsChannel * channel, const gchar * rendition, guint target_duration_s);

G_END_DECLS
