/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * A reader of media playlists that refuses whatever draft-pantos-hls-rfc8216bis does not
 * allow in a playlist without low latency, and a check of two versions of one playlist.
 */
typedef struct
{
  gchar *uri;
  guint64 msn, dsn;
  gint64 duration_us;
  gint64 pdt_ms;                /* Unix time, G_MININT64 when there is none */
  gboolean discontinuity, gap;
} HlsReadSegment;

/* All tags of one ID, merged. */
typedef struct
{
  gchar *id;
  GHashTable *attributes;       /* name -> value as written */
  gint64 start_ms, end_ms;      /* end: G_MAXINT64 when not known */
} HlsReadRange;

typedef struct
{
  guint version, target_duration;
  guint64 msn, dsn;
  gboolean independent, ended;
  GPtrArray *segments;          /* HlsReadSegment */
  GPtrArray *ranges;            /* HlsReadRange, in the order of their first tags */
} HlsPlaylist;

/* NULL with @error: what is wrong, and in which line. */
HlsPlaylist *hls_read (const gchar * text, GError ** error);
void hls_playlist_free (HlsPlaylist * playlist);

const HlsReadSegment *hls_segment (const HlsPlaylist * playlist, guint i);
const HlsReadRange *hls_range (const HlsPlaylist * playlist, const gchar * id);

/* Does @after follow @before by allowed edits only (6.2.1, 6.2.2)? */
gboolean hls_check_update (const HlsPlaylist * before, const HlsPlaylist * after, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HlsPlaylist, hls_playlist_free)
