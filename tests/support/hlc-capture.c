/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlc-capture.h"

#include <stdio.h>
#include <string.h>

static const gchar *const kinds[] = { "playlist", "delta", "media", "gone", "missing", "in-place",
  "missed", "response", NULL
};

static void
event_free (gpointer p)
{
  HlcEvent *event = p;

  hlc_playlist_free (event->playlist);
  g_free (event->name);
  g_free (event->file);
  g_free (event);
}

static void
stream_free (gpointer p)
{
  HlcStream *stream = p;

  g_ptr_array_unref (stream->versions);
  g_free (stream->name);
  g_free (stream);
}

static gint
kind_of (const gchar * word)
{
  gint i;

  for (i = 0; kinds[i] != NULL; i++)
    if (strcmp (kinds[i], word) == 0)
      return i;
  return -1;
}

static gboolean
load_playlist (HlcCapture * capture, HlcEvent * event, const gchar * file)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  HlcStream *stream;
  gsize size;

  if (!g_file_get_contents (event->file, &text, &size, &error)) {
    fprintf (stderr, "%s\n", error->message);
    return FALSE;
  }
  event->playlist = hlc_playlist_parse (event->name, text, size);
  event->playlist->file = g_strdup (file);
  event->playlist->time_us = event->time_us;
  if (event->kind != HLC_EVENT_PLAYLIST)
    return TRUE;
  stream = hlc_capture_stream (capture, event->name);
  if (stream == NULL) {
    stream = g_new0 (HlcStream, 1);
    stream->name = g_strdup (event->name);
    stream->versions = g_ptr_array_new ();
    g_ptr_array_add (capture->streams, stream);
  }
  g_ptr_array_add (stream->versions, event->playlist);
  event->playlist->number = stream->versions->len;
  stream->multivariant |= event->playlist->multivariant;
  return TRUE;
}

static gboolean
take_line (HlcCapture * capture, const gchar * text)
{
  g_auto (GStrv) fields = g_strsplit (text, "\t", 4);
  guint n = g_strv_length (fields);
  gint kind = n >= 3 ? kind_of (fields[1]) : -1;
  HlcEvent *event;
  gint64 time_us;

  if (kind < 0 || !hlc_parse_seconds (fields[0], &time_us) ||
      (n < 4 && (kind <= HLC_EVENT_MEDIA || kind == HLC_EVENT_RESPONSE)))
    return FALSE;
  event = g_new0 (HlcEvent, 1);
  event->time_us = time_us;
  event->kind = (HlcEventKind) kind;
  event->name = g_strdup (fields[2]);
  if (kind == HLC_EVENT_RESPONSE)
    event->file = g_strdup (fields[3]);
  else if (n == 4)
    event->file = g_build_filename (capture->folder, fields[3], NULL);
  g_ptr_array_add (capture->events, event);
  if (kind == HLC_EVENT_PLAYLIST || kind == HLC_EVENT_DELTA)
    return load_playlist (capture, event, fields[3]);
  if (kind == HLC_EVENT_MEDIA)
    g_hash_table_insert (capture->media, event->name, event);
  return TRUE;
}

HlcCapture *
hlc_capture_load (const gchar * folder)
{
  g_autofree gchar *log = g_build_filename (folder, HLC_CAPTURE_LOG, NULL);
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  HlcCapture *capture;
  guint i;

  if (!g_file_get_contents (log, &text, NULL, &error)) {
    fprintf (stderr, "%s\n", error->message);
    return NULL;
  }
  capture = g_new0 (HlcCapture, 1);
  capture->folder = g_strdup (folder);
  capture->events = g_ptr_array_new_with_free_func (event_free);
  capture->streams = g_ptr_array_new_with_free_func (stream_free);
  capture->media = g_hash_table_new (g_str_hash, g_str_equal);
  lines = g_strsplit (text, "\n", -1);
  for (i = 0; lines[i] != NULL; i++) {
    if (*lines[i] != '\0' && !take_line (capture, lines[i])) {
      fprintf (stderr, "%s, line %u: '%s' is no event\n", log, i + 1, lines[i]);
      hlc_capture_free (capture);
      return NULL;
    }
  }
  return capture;
}

void
hlc_capture_free (HlcCapture * capture)
{
  if (capture == NULL)
    return;
  g_hash_table_unref (capture->media);
  g_ptr_array_unref (capture->streams);
  g_ptr_array_unref (capture->events);
  g_free (capture->folder);
  g_free (capture);
}

HlcStream *
hlc_capture_stream (const HlcCapture * capture, const gchar * name)
{
  guint i;

  for (i = 0; i < capture->streams->len; i++) {
    HlcStream *stream = g_ptr_array_index (capture->streams, i);

    if (strcmp (stream->name, name) == 0)
      return stream;
  }
  return NULL;
}

const HlcPlaylist *
hlc_stream_at (const HlcStream * stream, gint64 time_us)
{
  guint i;

  for (i = stream->versions->len; i > 0; i--) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i - 1);

    if (playlist->time_us <= time_us)
      return playlist;
  }
  return NULL;
}
