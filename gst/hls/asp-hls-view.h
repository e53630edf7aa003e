/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-timeline.h"

G_BEGIN_DECLS

/*
 * A media playlist as a pure function of the timeline: draft-pantos-hls-rfc8216bis.
 * Successive views of a timeline that grows make only the edits of section 6.2.1: lines
 * are appended, segments leave at the front with their tags, date ranges leave when no
 * listed segment lies in them, the two sequence numbers grow, ENDLIST is added.
 * Two tags say something about the whole playlist and must stay true: VERSION rises from
 * 3 to 6 with the first segment that needs the rounding of TARGETDURATION, and
 * INDEPENDENT-SEGMENTS goes with the first segment that is not.
 * Thread: any that holds the timeline; no clock, no file. Since: 0.1
 */
typedef enum
{
  ASP_HLS_MARKERS_NONE = 0,
  ASP_HLS_MARKERS_SCTE35 = 1 << 0,      /* EXT-X-DATERANGE with SCTE35-OUT and SCTE35-IN */
} AspHlsMarkers;

typedef struct
{
  guint playlist_length;        /* segments; 0 = all. More are listed while they last less than
                                   three target durations (6.2.2). The same for the life of a playlist */
  AspHlsMarkers markers;
} AspHlsView;

/**
 * asp_hls_view_render:
 *
 * Returns: (transfer full) (nullable): the playlist; NULL while there is no target
 *   duration or no segment
 */
gchar *asp_hls_view_render (const AspHlsTimeline * timeline, const AspHlsView * view);

/* Media time of the first segment that is listed: what lies before it may be forgotten.
 * Never goes back as the timeline grows. */
gint64 asp_hls_view_start (const AspHlsTimeline * timeline, const AspHlsView * view);

G_END_DECLS
