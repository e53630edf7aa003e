/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-creative.h"

G_BEGIN_DECLS

/*
 * Does a creative fit a programme (DESIGN 6.5, 6.7)? The one judge: the splicer asks before
 * a break, tools ask ahead of time. Thread: any; pure. Since: 0.1
 */
typedef struct
{
  AspCodec codec;
  gchar language[4];
  guint sample_rate, channels;  /* 0: not known yet */
} AspFormTrack;

/* What of a programme counts. */
typedef struct
{
  AspCodec video_codec;
  AspVideoParams params;        /* width 0: not known yet */
  guint n_audio;
  AspFormTrack audio[ASP_CREATIVE_TRACKS_MAX];
  gboolean repeat_tracks;       /* tracks that the creative lacks are filled with one of the same form */
  gdouble free_packets;         /* a second, that a constant rate leaves; 0 = no such limit */
} AspNetworkForm;

/**
 * asp_creative_misfit:
 * @map: (out): for each track of the programme that of the creative, -1 = silent
 * @detail: (out) (transfer full): for people, set when something is returned
 *
 * The creative is READY; when it stands in a hub the lock is held.
 *
 * Returns: (nullable): the reason why it must not be played, static: "truncated",
 *   "video-codec", "low-delay", "audio-codec", "capacity"
 */
const gchar *asp_creative_misfit (const AspCreative * c, const AspNetworkForm * form,
    gint map[ASP_CREATIVE_TRACKS_MAX], gchar ** detail);

/* As the one before, for who wants all reasons: @next is 0 for the first one, and is set so
 * that another call goes on behind it. */
const gchar *asp_creative_misfit_next (const AspCreative * c, const AspNetworkForm * form,
    gint map[ASP_CREATIVE_TRACKS_MAX], guint * next, gchar ** detail);

G_END_DECLS
