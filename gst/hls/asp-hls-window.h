/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-view.h"

G_BEGIN_DECLS

/*
 * Internal to views: what of the log one of them shows, and the numbers that follow.
 * Thread: any that holds the timeline. Since: 0.1
 */
typedef struct
{
  guint64 n_media;
  guint n_open_parts, n_last_parts;
  const gchar *name;
} AspHlsSibling;

typedef struct
{
  guint64 edge;                 /* entries with a lower seq */
  const AspHlsEntry *first;     /* media that is listed first, or NULL: nothing can be shown */
  const AspHlsEntry *last;      /* that is complete */
  const AspHlsEntry *withheld;  /* likewise, behind it, but only its parts are listed yet; or NULL */
  gint64 start_90k;             /* of first */
  gint64 segments_end_90k;      /* of last */
  gint64 end_90k;               /* of parts too */
  guint64 msn, dsn;
  guint target_duration_s;
  gint64 part_target_90k;       /* 0: no low latency */
  gboolean all_independent;
  gboolean ended;
  gint64 skip_before_90k;       /* segments that end by then may be skipped */
  const gchar *next_uri;
  gint64 next_utc_us;           /* of end_90k */
  guint n_siblings;             /* all renditions, this one too */
  AspHlsSibling siblings[ASP_HLS_RENDITIONS_MAX];
} AspHlsWindow;

void asp_hls_window_find (AspHlsWindow * window, const AspHlsTimeline * timeline,
    const AspHlsView * view);

G_END_DECLS
