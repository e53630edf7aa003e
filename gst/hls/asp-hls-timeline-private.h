/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-timeline.h"

G_BEGIN_DECLS

/* Internal to the timeline: asp-hls-timeline.c (the log), asp-hls-entry.c (one entry),
 * asp-hls-measure.c (bit rates), asp-hls-record.c (its file). */
#define ASP_HLS_POSITION_MAX_90K (G_GINT64_CONSTANT (1) << 51) /* 800 years */
#define ASP_HLS_NUMBER_MAX (G_GUINT64_CONSTANT (1) << 50)
#define ASP_HLS_RUN_MAX 64      /* segments in a window of bit rate */

/* The last segments, for the peak bit rate. */
typedef struct
{
  guint64 bytes;
  gint64 duration_90k;
} AspHlsWeight;

typedef struct
{
  gint64 at_90k, utc_us;
} AspHlsAnchor;

typedef struct
{
  gchar *name;
  gchar *codecs;
  gchar *next_uri;
  gint64 end_90k, segment_end_90k;
  guint64 n_media, n_forgotten;
  guint n_open_parts, n_last_parts;
  gboolean all_independent;
  gint64 longest_90k;
  guint64 bytes;
  gint64 duration_90k;
  guint64 peak_bps;
  guint width, height, fps_num, fps_den;
  AspHlsWeight run[ASP_HLS_RUN_MAX];
  guint n_run;
  GArray *anchors;              /* AspHlsAnchor, by at_90k */
  gint64 discontinuity_90k;     /* the last one, -1 before */
  guint64 n_discontinuities;    /* of the channel and this rendition */
  guint64 n_discontinuities_forgotten;
  guint64 n_discontinuities_before;     /* it came */
} AspHlsLane;

struct _AspHlsTimeline
{
  gchar *era;
  GPtrArray *entries;           /* AspHlsEntry, strings owned */
  GPtrArray *lanes;             /* AspHlsLane, one for each rendition */
  guint64 next_seq;
  guint target_duration_s;
  gint64 part_target_90k;
  gboolean ended;
  gboolean replaying;           /* from a file whose beginning was forgotten */
  gchar *open_avail;
  gint64 source_second;         /* of the last change of source, and how many it has had */
  guint n_source_second;
};

/* -- asp-hls-entry.c -- */
AspHlsEntry *asp_hls_entry_copy (const AspHlsEntry * from);
void asp_hls_entry_free (gpointer entry);
/* Can every field be written into a playlist? */
gboolean asp_hls_entry_value_ok (const AspHlsEntry * entry);
gboolean asp_hls_is_media (const AspHlsEntry * entry);  /* SEGMENT or GAP */
gboolean asp_hls_is_quotable (const gchar * text, gsize max);

/* -- asp-hls-timeline.c -- */
AspHlsLane *asp_hls_lane_new (void);
AspHlsLane *asp_hls_timeline_lane (const AspHlsTimeline * timeline, guint rendition);

/* -- asp-hls-measure.c -- */
/* One more segment: sums, and the peak bit rate over TARGETDURATION. */
void asp_hls_lane_weigh (AspHlsLane * lane, guint64 bytes, gint64 duration_90k,
    gint64 target_90k);
/* Adds what is new in @codecs, in the order in which it came. */
void asp_hls_lane_add_format (AspHlsLane * lane, const AspHlsEntry * format);

G_END_DECLS
