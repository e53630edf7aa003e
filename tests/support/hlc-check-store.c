/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* E50, as far as files and answers show it: what is listed is there, and stays long enough. */
#include <string.h>

#include "hlc-check.h"

/* -- there before it is listed -- */

static void
want (HlcContext * context, GHashTable * there, const HlcPlaylist * playlist, const gchar * uri,
    guint line)
{
  g_autofree gchar *name = hlc_resolve (playlist->name, uri);

  if (!g_hash_table_contains (there, name))
    hlc_find (context->report, "E50", playlist, line, "%s is listed and not there", name);
}

static void
check_listed (HlcContext * context, GHashTable * there, const HlcPlaylist * playlist)
{
  guint i, j;

  for (i = 0; i < playlist->segments->len; i++) {
    const HlcSegment *segment = g_ptr_array_index (playlist->segments, i);

    if (segment->uri != NULL && !segment->gap)
      want (context, there, playlist, segment->uri, segment->line);
    for (j = 0; j < segment->parts->len; j++) {
      const HlcPart *part = &g_array_index (segment->parts, HlcPart, j);

      if (part->uri != NULL && !part->gap)
        want (context, there, playlist, part->uri, part->tag->line);
    }
  }
}

/* -- not gone too early: 6.2.2 -- */

/* Media time up to the end of each version: the clock of a run that may be faster than real. */
static gint64
end_of (const HlcStream * stream, guint version)
{
  gint64 end_us = 0, next = G_MININT64;
  guint i, j;

  for (i = 0; i <= version; i++) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i);

    for (j = 0; j < playlist->segments->len; j++) {
      const HlcSegment *segment = g_ptr_array_index (playlist->segments, j);

      if (segment->uri == NULL || segment->msn < next)
        continue;
      end_us += segment->duration_us;
      next = segment->msn + 1;
    }
  }
  return end_us;
}

static const HlcSegment *
segment_named (const HlcPlaylist * playlist, const gchar * name)
{
  guint i;

  for (i = 0; i < playlist->segments->len; i++) {
    const HlcSegment *segment = g_ptr_array_index (playlist->segments, i);
    g_autofree gchar *its =
        segment->uri ? hlc_resolve (playlist->name, segment->uri) : NULL;

    if (g_strcmp0 (its, name) == 0)
      return segment;
  }
  return NULL;
}

/* @n: versions that were there when it went */
static void
check_gone (HlcContext * context, const HlcStream * stream, guint n, const gchar * name)
{
  gint64 longest_us = 0, length_us = 0, stayed_us;
  guint left = 0, i;

  for (i = 0; i < n; i++) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i);
    const HlcSegment *segment = segment_named (playlist, name);

    if (segment == NULL)
      continue;
    longest_us = MAX (longest_us, hlc_playlist_duration_us (playlist));
    length_us = segment->duration_us;
    left = i + 1;
  }
  if (left == 0)
    return;
  if (left == n) {
    hlc_find (context->report, "E50", g_ptr_array_index (stream->versions, n - 1), 0,
        "%s is gone and still listed", name);
    return;
  }
  stayed_us = end_of (stream, n - 1) - end_of (stream, left);
  if (stayed_us < length_us + longest_us - context->frame_us)
    hlc_find (context->report, "E50", g_ptr_array_index (stream->versions, left), 0,
        "%s went %.3f s after it had left the playlist, not %.3f s", name,
        (gdouble) stayed_us / 1e6, (gdouble) (length_us + longest_us) / 1e6);
}

static void
check_gone_everywhere (HlcContext * context, const HlcEvent * event)
{
  guint i, n;

  for (i = 0; i < context->capture->streams->len; i++) {
    const HlcStream *stream = g_ptr_array_index (context->capture->streams, i);

    for (n = 0; n < stream->versions->len; n++)
      if (((HlcPlaylist *) g_ptr_array_index (stream->versions, n))->time_us > event->time_us)
        break;
    if (!stream->multivariant)
      check_gone (context, stream, n, event->name);
  }
}

/* -- answers -- */

static gchar *
header_of (const gchar * answer, const gchar * name)
{
  g_auto (GStrv) fields = g_strsplit (answer + strcspn (answer, " "), ";", -1);
  guint i;

  for (i = 0; fields[i] != NULL; i++) {
    gchar *colon = strchr (g_strstrip (fields[i]), ':');

    if (colon == NULL)
      continue;
    *colon = '\0';
    if (g_ascii_strcasecmp (fields[i], name) == 0)
      return g_strdup (g_strstrip (colon + 1));
  }
  return NULL;
}

static gint64
max_age_of (const gchar * control)
{
  const gchar *age = control ? strstr (control, "max-age=") : NULL;

  return age ? g_ascii_strtoll (age + strlen ("max-age="), NULL, 10) : -1;
}

/* A cache may keep a playlist as long as nothing new is due, a segment as long as it is listed. */
static void
check_response (HlcContext * context, const HlcEvent * event)
{
  const HlcStream *stream = hlc_capture_stream (context->capture, event->name);
  const HlcPlaylist *playlist = stream ? g_ptr_array_index (stream->versions, 0) : NULL;
  g_autofree gchar *type = header_of (event->file, "content-type");
  g_autofree gchar *control = header_of (event->file, "cache-control");
  gint64 age = max_age_of (control);

  if (!g_str_has_prefix (event->file, "200"))
    return;
  if (playlist != NULL && g_strcmp0 (type, "application/vnd.apple.mpegurl") != 0 &&
      g_strcmp0 (type, "audio/mpegurl") != 0)
    hlc_find_in (context->report, "E50", event->name, "Content-Type is '%s'", type ? type : "");
  if (playlist == NULL && g_strcmp0 (type, "video/mp2t") != 0)
    hlc_find_in (context->report, "E50", event->name, "Content-Type is '%s'", type ? type : "");
  if (control == NULL)
    hlc_find_in (context->report, "E50", event->name, "no Cache-Control");
  else if (playlist != NULL && !playlist->multivariant && !playlist->ended &&
      playlist->target_s > 0 && age > 6 * playlist->target_s)
    hlc_find_in (context->report, "E50", event->name, "a live playlist with Cache-Control: %s",
        control);
}

void
hlc_check_store (HlcContext * context)
{
  g_autoptr (GHashTable) there = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean with_media = g_hash_table_size (context->capture->media) > 0;
  guint i;

  for (i = 0; i < context->capture->events->len; i++) {
    const HlcEvent *event = g_ptr_array_index (context->capture->events, i);

    if (event->kind == HLC_EVENT_MEDIA) {
      g_hash_table_add (there, event->name);
    } else if (event->kind == HLC_EVENT_GONE) {
      g_hash_table_remove (there, event->name);
      check_gone_everywhere (context, event);
    } else if (event->kind == HLC_EVENT_PLAYLIST && with_media) {
      check_listed (context, there, event->playlist);
    } else if (event->kind == HLC_EVENT_IN_PLACE) {
      hlc_find_in (context->report, "E50", event->name, "is written where readers see it");
    } else if (event->kind == HLC_EVENT_MISSED) {
      hlc_find_in (context->report, "W50", event->name,
          "a version was replaced before it could be read: this capture is not complete");
    } else if (event->kind == HLC_EVENT_RESPONSE) {
      check_response (context, event);
    }
  }
}
