/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hlc-playlist.h"

G_BEGIN_DECLS

/*
 * Findings of hls-lint, by the number of the assertion: errors (E21) and warnings (W4). Each
 * thing is told once for each playlist, of the first version in which it stands. Thread: one.
 */
typedef struct
{
  gchar **only;                 /* assertions, "E21"; NULL: all */
  gchar **skip;                 /* or NULL */
  GHashTable *told;             /* set of texts */
  guint errors, warnings;
} HlcReport;

HlcReport *hlc_report_new (const gchar * only, const gchar * skip);
void hlc_report_free (HlcReport * report);

/* @assertion: "E21" or "W4"; @playlist: or NULL; @line: 0: none */
void hlc_find (HlcReport * report, const gchar * assertion, const HlcPlaylist * playlist,
    guint line, const gchar * format, ...) G_GNUC_PRINTF (5, 6);

/* ... of a file that is no playlist */
void hlc_find_in (HlcReport * report, const gchar * assertion, const gchar * name,
    const gchar * format, ...) G_GNUC_PRINTF (4, 5);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HlcReport, hlc_report_free)

G_END_DECLS
