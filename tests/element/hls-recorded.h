/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../unit/hls-read.h"

G_BEGIN_DECLS

/*
 * What is in the folder of a recording; what must not be there fails the test. Thread: any.
 */

/* NULL when it is not there. (transfer full) */
gchar *hls_recorded_read (const gchar * folder, const gchar * name, gsize * size);
gboolean hls_recorded_has (const gchar * folder, const gchar * name);

/* A playlist of media/hls/RENDITION, or NULL; it must be legal. */
HlsPlaylist *hls_recorded_list (const gchar * folder, const gchar * rendition, const gchar * name);
/* All media of a list, one behind the other; byte ranges lie in their files without a hole. */
GByteArray *hls_recorded_media (const gchar * folder, const gchar * rendition, const HlsPlaylist * list);
gint64 hls_recorded_length_us (const HlsPlaylist * list);
guint hls_recorded_discontinuities (const HlsPlaylist * list);

/* Both kinds of list say the same, last @us, and no file is hidden or listed nowhere. @type: of them */
void hls_recorded_check_lists (const gchar * folder, const gchar * rendition, const gchar * type,
    gint64 us);
/* events/NAME has this status and length. */
void hls_recorded_check_event (const gchar * folder, const gchar * name, const gchar * status,
    gint64 duration_ms);

G_END_DECLS
