/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-hls-timeline.h>

G_BEGIN_DECLS

/*
 * The file of a timeline: written line by line before the playlists that follow from it, and
 * anew, as a whole, when most of it has been forgotten, or when it is gone.
 * Blocks: not for a streaming thread. One thread at a time. Since: 0.1
 */
typedef struct _HlsLog HlsLog;

/* @name: of the file in @folder; @channel: for its first line. All are copied. */
HlsLog *hls_log_new (const gchar * folder, const gchar * name, const gchar * channel);
void hls_log_free (HlsLog * log);       /* NULL is allowed */

/* Whatever the timeline forgets, all that was ever written stays in the file: it is never
 * written anew. When it cannot be written, or is gone, the next call tries the same lines again.
 * Before read and write. */
void hls_log_keep (HlsLog * log);

/* What is there, or NULL: @error is then set when there is a file that cannot be used. */
AspHlsTimeline *hls_log_read (HlsLog * log, GError ** error);

/* Writes what has been appended since the last call. FALSE with G_FILE_ERROR: then the next
 * call writes all. */
gboolean hls_log_write (HlsLog * log, const AspHlsTimeline * timeline, GError ** error);

G_END_DECLS
