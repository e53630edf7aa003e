/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hlc-attributes.h"

G_BEGIN_DECLS

/*
 * One version of an HLS playlist, as lines, tags and segments. Reads whatever is there: what is
 * wrong with it is for the checks to say. Owner: the caller, hlc_playlist_free(). Thread: any.
 */
typedef struct
{
  guint line;                   /* from 1 */
  gchar *name;                  /* "EXT-X-PART"; "" for a URI */
  gchar *value;                 /* what is behind the colon, or the URI; "" when there is none */
  GPtrArray *attributes;        /* HlcAttribute, for tags that have a list; else NULL */
  gchar *fault;                 /* of the list, or NULL */
} HlcTag;

typedef struct
{
  const HlcTag *tag;
  const gchar *uri;
  gint64 duration_us;
  gboolean independent, gap;
} HlcPart;

typedef struct
{
  gint64 msn;
  gint64 dsn;                   /* -1: there is no EXT-X-DISCONTINUITY-SEQUENCE */
  guint line;
  const gchar *uri;             /* NULL: only parts of it are there yet */
  const gchar *extinf;          /* the number as it stands, or NULL */
  const gchar *title;
  const gchar *byterange, *pdt; /* or NULL */
  gint64 duration_us;           /* of EXTINF; 0: none */
  gint64 date_us;               /* own or counted on from the last one */
  gboolean dated;
  gboolean discontinuity, gap;
  guint first_tag, end_tag;     /* of HlcPlaylist.tags */
  GArray *parts;                /* HlcPart */
} HlcSegment;

typedef struct
{
  gchar *name;                  /* path in the capture, "hi/playlist.m3u8" */
  gchar *file;
  gint64 time_us;               /* when it came to be */
  guint number;                 /* in the playlist's versions, from 1 */
  gchar *text;
  gsize size;
  GPtrArray *tags;              /* HlcTag */
  GPtrArray *segments;          /* HlcSegment */
  gboolean multivariant;
  gboolean ended;
  gint64 target_s;              /* -1: none */
  gint64 sequence;              /* 0 when the tag is not there */
  gint64 discontinuity_sequence;        /* -1: the tag is not there */
  gint64 part_target_us;        /* -1: no EXT-X-PART-INF */
} HlcPlaylist;

/* @text: @size bytes, may hold anything; is copied. */
HlcPlaylist *hlc_playlist_parse (const gchar * name, const gchar * text, gsize size);
void hlc_playlist_free (HlcPlaylist * playlist);

/* The first tag of that name, or NULL. */
const HlcTag *hlc_playlist_tag (const HlcPlaylist * playlist, const gchar * name);

/* NULL: it is not listed */
const HlcSegment *hlc_playlist_segment (const HlcPlaylist * playlist, gint64 msn);

/* The last segment that is complete, or NULL; and how long all complete ones are. */
const HlcSegment *hlc_playlist_last (const HlcPlaylist * playlist);
gint64 hlc_playlist_duration_us (const HlcPlaylist * playlist);

/* EXT-X-DATERANGE and so on are no part of the segment behind them. */
gboolean hlc_tag_is_of_segment (const HlcTag * tag);

/* @uri as it stands in the playlist @name, as a path in the capture. Owner: the caller. */
gchar *hlc_resolve (const gchar * name, const gchar * uri);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HlcPlaylist, hlc_playlist_free)

G_END_DECLS
