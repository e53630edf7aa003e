/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-view.h"

G_BEGIN_DECLS

/*
 * Blocking playlist reload (RFC 8216bis 6.2.5.2): whether a request can be answered with
 * the playlist as it is. Thread: any that holds the timeline; pure. Since: 0.1
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

AspHlsReloadAnswer asp_hls_reload_decide (const AspHlsTimeline * timeline, guint rendition,
    const AspHlsReload * request);

/* Three target durations. */
gint64 asp_hls_reload_patience_us (const AspHlsTimeline * timeline);

G_END_DECLS
