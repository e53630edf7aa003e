/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-check-verdict.h"

G_BEGIN_DECLS

/* Shared by the files of this folder that judge. */

GPtrArray *findings_new (void);
/* Takes @text and @advice; the latter may be NULL. */
void findings_add (GPtrArray * findings, AspFindingLevel level, const gchar * code, gchar * text,
    gchar * advice);
void findings_sort (GPtrArray * findings);

/* asp-check-advice.c: how encoders are told. All (transfer full). */
gchar *advice_closed_gop (const AspCheckStream * video, gdouble seconds);
gchar *advice_cue_pictures (const AspCheckStream * video);
gchar *advice_headers (AspCodec codec);
gchar *advice_pcr (void);
gchar *advice_audio_grouping (void);
gchar *advice_mux_delay (void);

G_END_DECLS
