/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * A reader of media playlists that refuses whatever draft-pantos-hls-rfc8216bis does not
 * allow, and checks of two versions of one playlist (hls-follow.c).
 */
typedef struct
{
  gchar *uri;
  gint64 duration_us;
  gboolean independent, gap;
} HlsReadPart;

/* Also what is open at the end: without uri and duration. */
typedef struct
{
  gchar *uri, *title;
  guint64 msn, dsn;
  guint64 offset, bytes;        /* BYTERANGE; 0 bytes: all of it */
  gint64 duration_us;
  gint64 pdt_ms;                /* Unix time, G_MININT64 when there is none */
  guint discontinuities;        /* tags before it */
  gboolean discontinuity, gap;
  GPtrArray *parts;             /* HlsReadPart */
  GPtrArray *cues;              /* lines of the CUE and OATCLS family, as written */
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
  gchar *type;                  /* PLAYLIST-TYPE or NULL */
  gchar *control;               /* SERVER-CONTROL as written, or NULL */
  gint64 part_target_us;        /* 0: no PART-INF */
  gchar *hint;                  /* URI of the PRELOAD-HINT or NULL */
  guint64 skipped;              /* of a delta update */
  GPtrArray *removed;           /* gchar: RECENTLY-REMOVED-DATERANGES */
  GPtrArray *segments;          /* HlsReadSegment */
  HlsReadSegment *open;         /* parts and tags behind the last segment */
  GPtrArray *ranges;            /* HlsReadRange, in the order of their first tags */
  GPtrArray *reports;           /* gchar: attribute lists of RENDITION-REPORT */
} HlsPlaylist;

/* NULL with @error: what is wrong, and in which line. */
HlsPlaylist *hls_read (const gchar * text, GError ** error);
void hls_playlist_free (HlsPlaylist * playlist);

const HlsReadSegment *hls_segment (const HlsPlaylist * playlist, guint i);
const HlsReadPart *hls_part (const HlsReadSegment * segment, guint i);
const HlsReadRange *hls_range (const HlsPlaylist * playlist, const gchar * id);

/* Does @after follow @before by allowed edits only (6.2.1, 6.2.2)? */
gboolean hls_check_update (const HlsPlaylist * before, const HlsPlaylist * after, GError ** error);
/* Does @delta with what @before has give @full? */
gboolean hls_check_delta (const HlsPlaylist * before, const HlsPlaylist * delta,
    const HlsPlaylist * full, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HlsPlaylist, hls_playlist_free)
