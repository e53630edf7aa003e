/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hlc-capture.h"
#include "hlc-media.h"
#include "hlc-report.h"

G_BEGIN_DECLS

/*
 * The assertions of hls-lint, one file for each kind. They read the capture and write the report,
 * nothing else; tests/support/README.md lists them by number. Thread: one.
 */
typedef struct
{
  HlcCapture *capture;
  HlcReport *report;
  gint64 frame_us;              /* tolerance of one picture */
  gint64 slack_us;              /* of the recorder's clock */
  gboolean must_end;            /* the run is over: the last version has EXT-X-ENDLIST */
  GHashTable *analyses;         /* name of a media file to HlcMedia */
} HlcContext;

/* Read once, and kept. Never NULL. */
const HlcMedia *hlc_context_media (HlcContext * context, const gchar * name);

/* A segment of several renditions and versions is the same by its path. Owner: the caller. */
gchar *hlc_segment_name (const HlcPlaylist * playlist, const HlcSegment * segment);

void hlc_check_text (HlcContext * context, const HlcPlaylist * playlist);       /* E1 E2 E3 E5 */
void hlc_check_times (HlcContext * context, const HlcStream * stream);  /* E4 E6 E7 E8 E9 */
void hlc_check_ranges (HlcContext * context, const HlcStream * stream); /* E10 E11 E25 */
void hlc_check_cues (HlcContext * context, const HlcStream * stream);   /* E12 */
void hlc_check_parts (HlcContext * context, const HlcPlaylist * playlist);      /* E13 */
void hlc_check_reports (HlcContext * context, const HlcStream * stream);        /* E14 */
void hlc_check_pairs (HlcContext * context, const HlcStream * stream);  /* E20 to E24 */
void hlc_check_hints (HlcContext * context, const HlcStream * stream);  /* E26 */
void hlc_check_deltas (HlcContext * context);   /* E27 */
void hlc_check_renditions (HlcContext * context);       /* E30 */
void hlc_check_media (HlcContext * context, const HlcStream * stream);  /* E40 */
void hlc_check_store (HlcContext * context);    /* E50 */

/* Playlists that the multivariant playlists name, and that were captured. Owner: the caller. */
GPtrArray *hlc_context_renditions (HlcContext * context);

/* "0xFC30..." or base64: NULL when it is a whole splice_info_section with the right CRC, else what
 * is wrong with it. @section: its bytes in hex, upper case, when it could be decoded. */
gchar *hlc_scte35_fault (const gchar * text, gboolean is_hex, gchar ** section);

G_END_DECLS
