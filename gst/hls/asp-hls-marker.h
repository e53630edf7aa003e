/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-avail.h"

G_BEGIN_DECLS

/*
 * How avails are shown in a playlist, in the dialects that are in use. Two kinds of lines:
 * date ranges, which stand where the log has got to and are never changed later, and cue
 * lines, which belong to a segment. Both are pure functions of the log.
 * Thread: any that holds the timeline. Since: 0.1
 */
typedef enum
{
  ASP_HLS_MARKERS_NONE = 0,
  ASP_HLS_MARKERS_SCTE35 = 1 << 0,      /* EXT-X-DATERANGE with SCTE35-OUT and SCTE35-IN */
  ASP_HLS_MARKERS_IVS = 1 << 1, /* what Amazon IVS writes and its player reads */
  ASP_HLS_MARKERS_CUE = 1 << 2, /* EXT-X-CUE-OUT, -CONT, -IN */
  ASP_HLS_MARKERS_OATCLS = 1 << 3,      /* the same with EXT-OATCLS-SCTE35: "SCTE-35 enhanced" */
  ASP_HLS_MARKERS_INTERSTITIAL = 1 << 4,        /* com.apple.hls.interstitial */
  ASP_HLS_MARKERS_CREATIVE_SIGNALING = 1 << 5,  /* urn:sva:advertising-wg:ad-id-signaling */
} AspHlsMarkers;

typedef enum
{
  ASP_HLS_CUE_ELEMENTAL,        /* EXT-X-CUE-OUT:30.000, and a -CONT on each further segment */
  ASP_HLS_CUE_GOOGLE,           /* EXT-X-CUE-OUT:DURATION=30, no -CONT */
} AspHlsCueForm;

typedef struct
{
  AspHlsMarkers markers;
  AspHlsCueForm cue_form;
  const gchar *session;         /* of the audience, or NULL */
  const gchar *asset_list;      /* URI that the id of an avail is put behind, or NULL: interstitials
                                   then name no assets */
  gint64 early_ms;              /* dates of ranges are so much before what they are dates of */
} AspHlsMarking;

/* One EXT-X-DATERANGE line. */
typedef struct
{
  gchar *id;
  gchar *line;                  /* with its line end */
  gint64 end_90k;               /* no listed segment behind this is in it */
} AspHlsRange;

/* (element-type AspHlsRange) what @entry, which belongs to @avail, has to say. (transfer full) */
GPtrArray *asp_hls_marker_ranges (const AspHlsMarking * marking, const AspHlsAvail * avail,
    const AspHlsEntry * entry);

/* Adds the cue lines of a segment that begins at @at_90k. */
void asp_hls_marker_cues (GString * out, const AspHlsMarking * marking, const GPtrArray * avails,
    gint64 at_90k);

/* Behind EXTINF: "live", or the asset that plays; "" without the IVS markers. Borrowed. */
const gchar *asp_hls_marker_title (const AspHlsMarking * marking, const GPtrArray * avails,
    gint64 at_90k);

/* -- internal: one file for each dialect -- */
void asp_hls_range_add (GPtrArray * out, const gchar * id, GString * line, gint64 end_90k);
/* `#EXT-X-DATERANGE:ID="..."[,CLASS="..."],START-DATE="..."` */
GString *asp_hls_range_begin (const AspHlsMarking * m, const gchar * id, const gchar * class_name,
    gint64 utc_us);
void asp_hls_scte35_ranges (GPtrArray * out, const AspHlsMarking * m, const AspHlsAvail * a,
    const AspHlsEntry * e);
void asp_hls_ivs_ranges (GPtrArray * out, const AspHlsMarking * m, const AspHlsAvail * a,
    const AspHlsEntry * e);
void asp_hls_interstitial_ranges (GPtrArray * out, const AspHlsMarking * m, const AspHlsAvail * a,
    const AspHlsEntry * e);
void asp_hls_creative_ranges (GPtrArray * out, const AspHlsMarking * m, const AspHlsAvail * a,
    const AspHlsEntry * e);

G_END_DECLS
