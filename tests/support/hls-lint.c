/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hls-lint: the judge of what a packager has published. Reads a capture (hlc-capture.h), prints
 * one line for each finding; exit code 0 clean (warnings allowed), 1 not clean, 2 not usable.
 */
#include <stdio.h>

#include "hlc-check.h"

static gchar *only, *skip;
static gdouble frame_ms = 42, slack_ms = 100;
static gboolean must_end;

static const GOptionEntry entries[] = {
  {"only", 0, 0, G_OPTION_ARG_STRING, &only, "Only these assertions", "E21,W4..."},
  {"skip", 0, 0, G_OPTION_ARG_STRING, &skip, "All but these", "E24,..."},
  {"frame-ms", 0, 0, G_OPTION_ARG_DOUBLE, &frame_ms, "Length of a picture (42)", "MS"},
  {"slack-ms", 0, 0, G_OPTION_ARG_DOUBLE, &slack_ms, "How late the recorder may be (100)", "MS"},
  {"ended", 0, 0, G_OPTION_ARG_NONE, &must_end, "The run is over: EXT-X-ENDLIST is wanted", NULL},
  {NULL}
};

static void
media_free (gpointer media)
{
  hlc_media_free (media);
}

const HlcMedia *
hlc_context_media (HlcContext * context, const gchar * name)
{
  HlcMedia *media = g_hash_table_lookup (context->analyses, name);

  if (media == NULL) {
    const HlcEvent *event = g_hash_table_lookup (context->capture->media, name);

    media = hlc_media_load (event ? event->file : NULL);
    g_hash_table_insert (context->analyses, g_strdup (name), media);
  }
  return media;
}

gchar *
hlc_segment_name (const HlcPlaylist * playlist, const HlcSegment * segment)
{
  return hlc_resolve (playlist->name, segment->uri);
}

static void
check_stream (HlcContext * context, const HlcStream * stream)
{
  guint i;

  for (i = 0; i < stream->versions->len; i++) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i);

    hlc_check_text (context, playlist);
    if (!stream->multivariant)
      hlc_check_parts (context, playlist);
  }
  if (stream->multivariant)
    return;
  hlc_check_times (context, stream);
  hlc_check_ranges (context, stream);
  hlc_check_cues (context, stream);
  hlc_check_reports (context, stream);
  hlc_check_pairs (context, stream);
  hlc_check_hints (context, stream);
  hlc_check_media (context, stream);
}

/* Returns how many versions there are. */
static guint
check_capture (HlcContext * context)
{
  guint i, n = 0;

  for (i = 0; i < context->capture->events->len; i++) {
    const HlcEvent *event = g_ptr_array_index (context->capture->events, i);

    if (event->kind == HLC_EVENT_DELTA)
      hlc_check_text (context, event->playlist);
  }
  for (i = 0; i < context->capture->streams->len; i++) {
    const HlcStream *stream = g_ptr_array_index (context->capture->streams, i);

    n += stream->versions->len;
    check_stream (context, stream);
  }
  hlc_check_deltas (context);
  hlc_check_renditions (context);
  hlc_check_store (context);
  return n;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("CAPTURE - judge what was published");
  g_autoptr (GError) error = NULL;
  HlcContext context = { 0, };
  int rc = 2;

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error) || argc != 2) {
    fprintf (stderr, "hls-lint: %s\n", error != NULL ? error->message : "one capture is wanted");
    return 2;
  }
  context.capture = hlc_capture_load (argv[1]);
  context.report = hlc_report_new (only, skip);
  context.analyses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, media_free);
  context.frame_us = (gint64) (frame_ms * 1000);
  context.slack_us = (gint64) (slack_ms * 1000);
  context.must_end = must_end;
  if (context.capture != NULL && context.capture->streams->len == 0) {
    fprintf (stderr, "hls-lint: there is no playlist in %s\n", argv[1]);
  } else if (context.capture != NULL) {
    guint versions = check_capture (&context);

    printf ("%s: %u version(s) of %u playlist(s), %u segment(s) and part(s): %u error(s), "
        "%u warning(s)\n", argv[1], versions, context.capture->streams->len,
        g_hash_table_size (context.capture->media), context.report->errors,
        context.report->warnings);
    rc = context.report->errors > 0 ? 1 : 0;
  }
  g_hash_table_unref (context.analyses);
  hlc_report_free (context.report);
  hlc_capture_free (context.capture);
  return rc;
}
