/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hlc-playlist.h"

G_BEGIN_DECLS

/*
 * What a run has published, version by version: a folder with the file "capture.tsv", one event
 * a line, in the order in which they happened; fields separated by tabs:
 *
 *   SECONDS  KIND  NAME  [FILE]
 *
 * SECONDS is a clock with up to six decimals, NAME the path below the channel's folder, FILE
 * what was there, below the capture.
 *
 *   playlist  a version of a playlist is there (FILE)
 *   delta     a delta update of it, as a client was given it (FILE)
 *   media     a segment or part is there (FILE), complete
 *   gone      ... it is no longer there
 *   missing   ... it was asked for and will never be there (404)
 *   in-place  the file was written to where readers could see it
 *   missed    a version was replaced before the recorder could read it
 *   response  an HTTP answer; FILE is "STATUS name: value; name: value"
 *
 * Owner: the caller. Thread: any.
 */
#define HLC_CAPTURE_LOG "capture.tsv"

typedef enum
{
  HLC_EVENT_PLAYLIST,
  HLC_EVENT_DELTA,
  HLC_EVENT_MEDIA,
  HLC_EVENT_GONE,
  HLC_EVENT_MISSING,
  HLC_EVENT_IN_PLACE,
  HLC_EVENT_MISSED,
  HLC_EVENT_RESPONSE,
} HlcEventKind;

typedef struct
{
  gint64 time_us;
  HlcEventKind kind;
  gchar *name;
  gchar *file;                  /* or NULL; with the folder in front, except of a response */
  HlcPlaylist *playlist;        /* of playlist and delta */
} HlcEvent;

typedef struct
{
  gchar *name;
  gboolean multivariant;
  GPtrArray *versions;          /* HlcPlaylist, of the events; oldest first */
} HlcStream;

typedef struct
{
  gchar *folder;
  GPtrArray *events;            /* HlcEvent */
  GPtrArray *streams;           /* HlcStream: playlists in order of appearance */
  GHashTable *media;            /* name to HlcEvent: where it was there last */
} HlcCapture;

/* NULL and a message on stderr: it cannot be read. */
HlcCapture *hlc_capture_load (const gchar * folder);
void hlc_capture_free (HlcCapture * capture);

HlcStream *hlc_capture_stream (const HlcCapture * capture, const gchar * name);

/* The newest version that was there at @time_us, or NULL. */
const HlcPlaylist *hlc_stream_at (const HlcStream * stream, gint64 time_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HlcCapture, hlc_capture_free)

G_END_DECLS
