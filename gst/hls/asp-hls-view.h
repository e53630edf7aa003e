/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-marker.h"

G_BEGIN_DECLS

/*
 * A media playlist as a pure function of the timeline: draft-pantos-hls-rfc8216bis.
 * Successive views of a timeline that grows make only the edits of section 6.2.1: lines
 * are appended, segments leave at the front with their tags, date ranges leave when no
 * listed segment lies in them, parts leave away from the end, the two sequence numbers grow,
 * ENDLIST is added. TARGETDURATION, PART-TARGET and all of SERVER-CONTROL stay as they are,
 * except that nothing of parts is left when the stream has ended.
 * Two tags say something about the whole playlist and must stay true: VERSION rises from
 * 3 to 6 with the first segment that needs the rounding of TARGETDURATION, and
 * INDEPENDENT-SEGMENTS goes with the first segment that is not.
 * Thread: any that holds the timeline; no clock, no file. Since: 0.1
 */
typedef enum
{
  ASP_HLS_LIVE,                 /* a window, or all, without PLAYLIST-TYPE */
  ASP_HLS_EVENT,                /* all; PLAYLIST-TYPE:EVENT */
  ASP_HLS_VOD,                  /* all, and only when it has ended; PLAYLIST-TYPE:VOD */
} AspHlsType;

typedef enum
{
  ASP_HLS_SKIP_NO,
  ASP_HLS_SKIP_YES,             /* _HLS_skip=YES */
  ASP_HLS_SKIP_V2,              /* _HLS_skip=v2: date ranges too */
} AspHlsSkip;

/* What is a segment of the playlist. */
typedef enum
{
  ASP_HLS_MEDIA_EACH,           /* of the log, in a file of its own */
  ASP_HLS_MEDIA_RANGES,         /* of the log, several in one file: EXT-X-BYTERANGE */
  ASP_HLS_MEDIA_FILES,          /* all of the log that follow each other in one file */
} AspHlsMedia;

/* All but skip and edge: the same for the life of a playlist's URL. */
typedef struct
{
  guint rendition;
  AspHlsType type;
  AspHlsMedia media;
  guint playlist_length;        /* segments; 0 = all. More are listed while they last less than
                                   three target durations (6.2.2) */
  AspHlsMarkers markers;
  AspHlsCueForm cue_form;
  const gchar *session;         /* of this audience; NULL = the era of the channel */
  const gchar *asset_list;      /* see AspHlsMarking */
  const gchar *base_url;        /* before the URI of every medium, NULL = none. No '"', no space */
  gboolean low_latency;         /* parts and blocking reload, when the timeline has a PART_TARGET */
  gboolean ending;              /* no part is to come, and soon the stream has ended: no hint */
  gboolean can_skip;            /* delta updates are offered */
  AspHlsSkip skip;              /* ... and asked for: ignored where they are not, or nothing is skipped */
  guint64 edge;                 /* the view as it was when the log had so many entries; 0 = now */
  gboolean grows;               /* asp_hls_view_grow() only: what came first may be forgotten */
} AspHlsView;

/* Nothing is published before there are so many segments, and three target durations of
 * them, unless that is all. */
#define ASP_HLS_SEGMENTS_FIRST 3

/**
 * asp_hls_view_render:
 *
 * Returns: (transfer full) (nullable): the playlist; NULL while there is no target
 *   duration or too little media
 */
gchar *asp_hls_view_render (const AspHlsTimeline * timeline, const AspHlsView * view);

/**
 * asp_hls_view_grow:
 * @view: EVENT or VOD, without parts
 * @since: (inout): 0 at first; then what the last call has left there
 * @header: (out) (transfer full): what stands before all lines of the body
 * @added: (out) (transfer full): lines to put behind those that the body has already
 *
 * A playlist that only grows, in time that does not depend on its length: headers may differ
 * from call to call, what was added to the body never does. The view's edge (0 = now) is what
 * may be listed of media; of what follows up to the next medium date ranges are told too, for
 * they are due before it. The log may forget what was there before @since.
 *
 * Returns: FALSE while there is too little for a playlist
 */
gboolean asp_hls_view_grow (const AspHlsTimeline * timeline, const AspHlsView * view,
    guint64 * since, gchar ** header, gchar ** added);

/* Is the last segment that is complete not listed as one yet, but as its parts alone? It is with the first part of
 * the next segment. hls.js 1.7.4 that has come from another rendition in the middle of a segment, and reads of the
 * segment's end with its last part, loads nothing more for seconds. It is listed at once where a discontinuity has to
 * be announced, and where the last part is shorter than one that others follow may be. */
gboolean asp_hls_view_withholds (const AspHlsTimeline * timeline, const AspHlsView * view);

/* Media time of the first segment that is listed: what lies before it may be forgotten.
 * Never goes back as the timeline grows. */
gint64 asp_hls_view_start (const AspHlsTimeline * timeline, const AspHlsView * view);

G_END_DECLS
