/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* E30: what the renditions of a channel share (RFC 8216bis 6.2.4), and what the multivariant
 * playlist says of them. */
#include <stdlib.h>
#include <string.h>

#include "hlc-check.h"

#define BANDWIDTH_HIGH_PERCENT 125

/* -- who belongs together -- */

static void
add_rendition (HlcContext * context, GPtrArray * list, const gchar * name, const gchar * uri)
{
  g_autofree gchar *path = hlc_resolve (name, uri);
  HlcStream *stream = hlc_capture_stream (context->capture, path);

  if (stream != NULL && !stream->multivariant && !g_ptr_array_find (list, stream, NULL))
    g_ptr_array_add (list, stream);
}

GPtrArray *
hlc_context_renditions (HlcContext * context)
{
  GPtrArray *list = g_ptr_array_new ();
  guint i, j;

  for (i = 0; i < context->capture->streams->len; i++) {
    const HlcStream *stream = g_ptr_array_index (context->capture->streams, i);
    const HlcPlaylist *playlist =
        g_ptr_array_index (stream->versions, stream->versions->len - 1);

    for (j = 0; stream->multivariant && j < playlist->tags->len; j++) {
      const HlcTag *tag = g_ptr_array_index (playlist->tags, j);
      const gchar *uri = strcmp (tag->name, "EXT-X-MEDIA") == 0 ?
          hlc_attribute_value (tag->attributes, "URI") : *tag->name == '\0' ? tag->value : NULL;

      if (uri != NULL)
        add_rendition (context, list, stream->name, uri);
    }
  }
  return list;
}

/* -- two media playlists -- */

/* Every segment of a rendition, once. Owner: the caller. */
static GPtrArray *
all_segments (const HlcStream * stream)
{
  GPtrArray *all = g_ptr_array_new ();
  gint64 next = G_MININT64;
  guint i, j;

  for (i = 0; i < stream->versions->len; i++) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i);

    for (j = 0; j < playlist->segments->len; j++) {
      HlcSegment *segment = g_ptr_array_index (playlist->segments, j);

      if (segment->uri == NULL || segment->msn < next)
        continue;
      g_ptr_array_add (all, segment);
      next = segment->msn + 1;
    }
  }
  return all;
}

static const HlcSegment *
segment_dated (HlcContext * context, GPtrArray * all, gint64 date_us)
{
  guint i;

  for (i = 0; i < all->len; i++) {
    const HlcSegment *segment = g_ptr_array_index (all, i);

    if (segment->dated && ABS (segment->date_us - date_us) <= context->frame_us)
      return segment;
  }
  return NULL;
}

static gboolean
covers (GPtrArray * all, gint64 date_us)
{
  const HlcSegment *first = all->len > 0 ? g_ptr_array_index (all, 0) : NULL;
  const HlcSegment *last = all->len > 0 ? g_ptr_array_index (all, all->len - 1) : NULL;

  return first != NULL && first->dated && last->dated && date_us > first->date_us &&
      date_us < last->date_us;
}

/* The same instant is the same time stamp. */
static void
check_mapping (HlcContext * context, const HlcPlaylist * a, const HlcPlaylist * b,
    const HlcSegment * x, const HlcSegment * y)
{
  g_autofree gchar *one = hlc_segment_name (a, x), *other = hlc_segment_name (b, y);
  const HlcTrack *v = hlc_media_track (hlc_context_media (context, one), TSC_KIND_VIDEO);
  const HlcTrack *w = hlc_media_track (hlc_context_media (context, other), TSC_KIND_VIDEO);
  gint64 by_date90k, by_pts90k;

  if (v == NULL || w == NULL || !v->has_times || !w->has_times)
    return;
  by_date90k = (y->date_us - x->date_us) * 9 / 100;
  by_pts90k = tsc_unwrap (v->first_pts90k, w->first_pts90k, TSC_PTS_MODULUS) - v->first_pts90k;
  if (ABS (by_pts90k - by_date90k) > context->frame_us * 9 / 100)
    hlc_find (context->report, "E30", b, y->line,
        "the date %s is another time stamp than in %s (by %.3f s)", y->pdt ? y->pdt : "", a->name,
        (gdouble) (by_pts90k - by_date90k) / 90000);
}

static void
check_instants (HlcContext * context, const HlcStream * a, const HlcStream * b)
{
  g_autoptr (GPtrArray) here = all_segments (a), there = all_segments (b);
  const HlcPlaylist *first = g_ptr_array_index (a->versions, 0);
  const HlcPlaylist *other = g_ptr_array_index (b->versions, 0);
  guint i;

  for (i = 0; i < there->len; i++) {
    const HlcSegment *y = g_ptr_array_index (there, i);
    const HlcSegment *x = y->dated ? segment_dated (context, here, y->date_us) : NULL;

    if (!y->dated || !covers (here, y->date_us))
      continue;
    if (y->discontinuity && (x == NULL || !x->discontinuity))
      hlc_find (context->report, "E30", other, y->line,
          "%s has a discontinuity where %s has none", y->uri, a->name);
    else if (x != NULL && x->dsn != y->dsn && x->dsn >= 0 && y->dsn >= 0)
      hlc_find (context->report, "E30", other, y->line, "%s is in discontinuity %" G_GINT64_FORMAT
          ", in %s it is %" G_GINT64_FORMAT, y->uri, y->dsn, a->name, x->dsn);
    if (x != NULL)
      check_mapping (context, first, other, x, y);
  }
}

/* Everything that was ever said of ranges, one line each, sorted. */
static gchar *
range_set (const HlcStream * stream)
{
  g_autoptr (GHashTable) set = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GList) lines = NULL;
  GString *text = g_string_new (NULL);
  guint i, j;

  for (i = 0; i < stream->versions->len; i++) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i);

    for (j = 0; j < playlist->tags->len; j++) {
      const HlcTag *tag = g_ptr_array_index (playlist->tags, j);

      if (strcmp (tag->name, "EXT-X-DATERANGE") == 0)
        g_hash_table_add (set, tag->value);
    }
  }
  lines = g_list_sort (g_hash_table_get_keys (set), (GCompareFunc) strcmp);
  for (GList * l = lines; l != NULL; l = l->next)
    g_string_append_printf (text, "%s\n", (const gchar *) l->data);
  return g_string_free (text, FALSE);
}

static void
check_ranges (HlcContext * context, const HlcStream * a, const HlcStream * b)
{
  g_autofree gchar *one = range_set (a), *other = range_set (b);

  /* a playable combination needs them only once: one may have none at all */
  if (*one != '\0' && *other != '\0' && strcmp (one, other) != 0)
    hlc_find (context->report, "E30", g_ptr_array_index (b->versions, b->versions->len - 1), 0,
        "other date ranges than %s", a->name);
}

static void
check_same_value (HlcContext * context, const HlcPlaylist * a, const HlcPlaylist * b,
    const gchar * name)
{
  const HlcTag *x = hlc_playlist_tag (a, name), *y = hlc_playlist_tag (b, name);

  if (g_strcmp0 (x ? x->value : NULL, y ? y->value : NULL) != 0)
    hlc_find (context->report, "E30", b, y ? y->line : 0, "%s is '%s', in %s it is '%s'", name,
        y ? y->value : "", a->name, x ? x->value : "");
}

/* When each was as far as @msn's end, by date. */
static void
check_skew (HlcContext * context, const HlcStream * a, const HlcStream * b)
{
  guint i, j;

  for (i = 0; i < a->versions->len; i++) {
    const HlcPlaylist *x = g_ptr_array_index (a->versions, i);
    const HlcSegment *edge = hlc_playlist_last (x);
    gint64 limit_us = x->part_target_us > 0 ? x->part_target_us : x->target_s * G_USEC_PER_SEC;

    for (j = 0; edge != NULL && edge->dated && j < b->versions->len; j++) {
      const HlcPlaylist *y = g_ptr_array_index (b->versions, j);
      const HlcSegment *there = hlc_playlist_last (y);

      if (there == NULL || there->date_us + context->frame_us < edge->date_us)
        continue;
      if (j > 0 && y->time_us > x->time_us + limit_us + context->slack_us)
        hlc_find (context->report, "E30", y, 0, "updated %.3f s behind %s",
            (gdouble) (y->time_us - x->time_us) / 1e6, a->name);
      break;
    }
  }
}

static void
check_two (HlcContext * context, const HlcStream * a, const HlcStream * b)
{
  const HlcPlaylist *x = g_ptr_array_index (a->versions, 0);
  const HlcPlaylist *y = g_ptr_array_index (b->versions, 0);

  check_same_value (context, x, y, "EXT-X-TARGETDURATION");
  check_same_value (context, x, y, "EXT-X-SERVER-CONTROL");
  check_instants (context, a, b);
  check_instants (context, b, a);
  check_ranges (context, a, b);
  check_skew (context, a, b);
  check_skew (context, b, a);
}

/* -- what is said of a variant -- */

/* avc1: the same profile at no lower level; else the words are the same. */
static gboolean
is_covered (gchar ** listed, const gchar * codec)
{
  guint i;

  for (i = 0; listed[i] != NULL; i++) {
    if (g_ascii_strcasecmp (listed[i], codec) == 0 ||
        (strcmp (codec, "hvc1") == 0 && g_str_has_prefix (listed[i], "hvc1.")))
      return TRUE;
    if (g_str_has_prefix (codec, "avc1.") && g_ascii_strncasecmp (listed[i], codec, 7) == 0 &&
        strlen (listed[i]) == 11 && strtoul (listed[i] + 9, NULL, 16) >= strtoul (codec + 9, NULL, 16))
      return TRUE;
  }
  return FALSE;
}

static void
check_codecs (HlcContext * context, const HlcPlaylist * playlist, const HlcTag * tag,
    const HlcStream * variant)
{
  const gchar *codecs = hlc_attribute_value (tag->attributes, "CODECS");
  g_auto (GStrv) listed = g_strsplit (codecs ? codecs : "", ",", -1);
  g_autoptr (GPtrArray) all = all_segments (variant);
  guint i, j;

  if (codecs == NULL) {
    hlc_find (context->report, "W30", playlist, tag->line, "EXT-X-STREAM-INF without CODECS");
    return;
  }
  for (i = 0; i < all->len; i++) {
    g_autofree gchar *name =
        hlc_segment_name (g_ptr_array_index (variant->versions, 0), g_ptr_array_index (all, i));
    const HlcMedia *media = hlc_context_media (context, name);
    g_auto (GStrv) found = g_strsplit (media->codecs ? media->codecs : "", ",", -1);

    for (j = 0; media->read && found[j] != NULL; j++)
      if (*found[j] != '\0' && !is_covered (listed, found[j]))
        hlc_find (context->report, "E30", playlist, tag->line, "CODECS \"%s\" has no %s", codecs,
            found[j]);
  }
}

static gint64
bytes_of (const HlcSegment * segment, const HlcMedia * media)
{
  return segment->byterange ? g_ascii_strtoll (segment->byterange, NULL, 10) : (gint64) media->size;
}

/* 4.1: the highest rate of any run of segments that is 0.5 to 1.5 target durations long. */
static gint64
peak_rate (HlcContext * context, const HlcStream * variant)
{
  const HlcPlaylist *playlist = g_ptr_array_index (variant->versions, 0);
  g_autoptr (GPtrArray) all = all_segments (variant);
  gint64 target_us = playlist->target_s * G_USEC_PER_SEC, peak = 0;
  guint i, j;

  for (i = 0; i < all->len; i++) {
    gint64 bits = 0, us = 0;

    for (j = i; j < all->len && us <= target_us * 3 / 2; j++) {
      const HlcSegment *segment = g_ptr_array_index (all, j);
      g_autofree gchar *name = hlc_segment_name (playlist, segment);
      const HlcMedia *media = hlc_context_media (context, name);

      if (!media->read)
        break;
      bits += bytes_of (segment, media) * 8;
      us += segment->duration_us;
      if (us >= target_us / 2 && us <= target_us * 3 / 2)
        peak = MAX (peak, bits * G_USEC_PER_SEC / us);
    }
  }
  return peak;
}

static void
check_variant (HlcContext * context, const HlcPlaylist * playlist, const HlcTag * tag,
    const gchar * uri)
{
  g_autofree gchar *name = hlc_resolve (playlist->name, uri);
  const HlcStream *variant = hlc_capture_stream (context->capture, name);
  gint64 bandwidth = hlc_attribute_integer (tag->attributes, "BANDWIDTH"), peak;

  if (variant == NULL) {
    hlc_find (context->report, "E30", playlist, tag->line, "%s was never published", uri);
    return;
  }
  check_codecs (context, playlist, tag, variant);
  peak = peak_rate (context, variant);
  if (bandwidth < peak)
    hlc_find (context->report, "E30", playlist, tag->line, "BANDWIDTH=%" G_GINT64_FORMAT
        ", measured are %" G_GINT64_FORMAT, bandwidth, peak);
  else if (peak > 0 && bandwidth * 100 > peak * BANDWIDTH_HIGH_PERCENT)
    hlc_find (context->report, "W30", playlist, tag->line, "BANDWIDTH=%" G_GINT64_FORMAT
        ", measured are only %" G_GINT64_FORMAT, bandwidth, peak);
}

static void
check_multivariant (HlcContext * context, const HlcStream * stream)
{
  const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, stream->versions->len - 1);
  const HlcTag *open = NULL;
  guint i;

  for (i = 0; i < playlist->tags->len; i++) {
    const HlcTag *tag = g_ptr_array_index (playlist->tags, i);

    if (strcmp (tag->name, "EXT-X-STREAM-INF") == 0)
      open = tag;
    if (*tag->name != '\0')
      continue;
    if (open == NULL)
      hlc_find (context->report, "E30", playlist, tag->line, "%s without EXT-X-STREAM-INF",
          tag->value);
    else
      check_variant (context, playlist, open, tag->value);
    open = NULL;
  }
}

void
hlc_check_renditions (HlcContext * context)
{
  g_autoptr (GPtrArray) renditions = hlc_context_renditions (context);
  guint i;

  for (i = 0; i < context->capture->streams->len; i++) {
    const HlcStream *stream = g_ptr_array_index (context->capture->streams, i);

    if (stream->multivariant)
      check_multivariant (context, stream);
  }
  for (i = 1; i < renditions->len; i++)
    check_two (context, g_ptr_array_index (renditions, 0), g_ptr_array_index (renditions, i));
}
