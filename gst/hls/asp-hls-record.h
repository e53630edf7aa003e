/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-timeline.h"

G_BEGIN_DECLS

/*
 * A timeline as text, one JSON object a line (`CHANNEL.timeline`): what a process that was
 * killed goes on from, and what other machines may follow. The first line has the version
 * of the form, the era, and what is known of media that the file does not list any more:
 *
 *   {"format":1,"era":"...","channel":"news",
 *    "renditions":[{"media":120,"end_90k":21600000,"discontinuities":3,...}]}
 *   {"kind":"segment","rendition":0,"at_90k":21600000,"duration_90k":180000,...}
 *
 * Members that say nothing (0, FALSE, NULL) are left out; members and kinds that are not
 * known are skipped. Thread: any that holds the timeline; no file. Since: 0.1
 */
#define ASP_HLS_RECORD_FORMAT 1

/* The first line. (transfer full): with its line end, like the other two */
gchar *asp_hls_record_header (const AspHlsTimeline * timeline, const gchar * channel);
/* @entry as the log has it: what it filled in is written too. */
gchar *asp_hls_record_line (const AspHlsEntry * entry);
/* All that is remembered. */
gchar *asp_hls_record_all (const AspHlsTimeline * timeline, const gchar * channel);

/**
 * asp_hls_record_read:
 * @used: (out): bytes up to the first line that cannot be used; @size when all could. What
 *   a crash has torn is the last line: then the rest is that
 *
 * Returns: (transfer full): NULL with ASP_HLS_ERROR_FORMAT or ASP_JSON_ERROR when the first
 *   line is none of ours
 */
AspHlsTimeline *asp_hls_record_read (const gchar * text, gsize size, gsize * used,
    GError ** error);

G_END_DECLS
