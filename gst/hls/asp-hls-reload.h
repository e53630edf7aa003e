/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-view.h"

G_BEGIN_DECLS

/*
 * Blocking playlist reload (RFC 8216bis 6.2.5.2): whether a request can be answered with
 * the playlist as it is. All that this depends on is in an AspHlsEdge, which a server can keep
 * beside the text without the timeline. Thread: any; pure. Since: 0.1
 */
typedef struct
{
  gboolean has_msn, has_part;
  guint64 msn;                  /* _HLS_msn */
  guint64 part;                 /* _HLS_part */
  AspHlsSkip skip;              /* _HLS_skip */
} AspHlsReload;

typedef enum
{
  ASP_HLS_RELOAD_NOW,           /* answer, with the full playlist where msn is out of the window */
  ASP_HLS_RELOAD_WAIT,          /* until the timeline has grown; 503 after asp_hls_reload_patience_us() */
  ASP_HLS_RELOAD_BAD,           /* 400 */
} AspHlsReloadAnswer;

/**
 * asp_hls_reload_parse:
 * @query: what stands behind the `?`, not decoded, or NULL. Other parameters are skipped
 *
 * Returns: FALSE (400) for a delivery directive that is no number, stands twice, or a part
 *   without a segment
 */
gboolean asp_hls_reload_parse (const gchar * query, AspHlsReload * out);

/* Where a rendition has got to. */
typedef struct
{
  guint64 n_media;              /* MEDIA-SEQUENCE of the segment that is not complete */
  guint n_open_parts;           /* of that */
  guint n_last_parts;           /* of the last one that is complete */
  gint64 part_target_90k;       /* 0 = no parts */
  guint target_duration_s;
  gboolean ended;
  gboolean withheld;            /* asp_hls_view_withholds(): for the caller to fill in */
} AspHlsEdge;

/* The only function here that needs the timeline: from a thread that holds it. */
void asp_hls_edge_find (AspHlsEdge * edge, const AspHlsTimeline * timeline, guint rendition);

/* Never gets less as a rendition goes on, and more with every part and segment; above 0 when
 * there is one. */
guint64 asp_hls_edge_generation (const AspHlsEdge * edge);

/**
 * asp_hls_reload_decide:
 * @until: (out) (optional): with ASP_HLS_RELOAD_WAIT the generation to wait for, then the request
 *   is decided anew
 */
AspHlsReloadAnswer asp_hls_reload_decide (const AspHlsEdge * edge, const AspHlsReload * request,
    guint64 * until);

/* May the answer to this request be kept for long, as that of one that was held? Of one that
 * asks for what has been there for some time it must not: what it is answered with is new. */
gboolean asp_hls_reload_is_recent (const AspHlsEdge * edge, const AspHlsReload * request);

/* Three target durations. */
gint64 asp_hls_reload_patience_us (const AspHlsEdge * edge);

G_END_DECLS
