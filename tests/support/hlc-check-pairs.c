/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* E20 to E24, E27: from one version to the next (RFC 8216bis 6.2.1, 6.2.2). */
#include <string.h>

#include "hlc-check.h"

/* -- E20 -- */

static const gchar *
value_of (const HlcPlaylist * playlist, const gchar * name)
{
  const HlcTag *tag = hlc_playlist_tag (playlist, name);

  return tag != NULL ? tag->value : NULL;
}

/* With EXT-X-ENDLIST what is said of parts may go. */
static void
check_numbers (HlcContext * context, const HlcPlaylist * before, const HlcPlaylist * playlist)
{
  static const gchar *const fixed[] = { "EXT-X-TARGETDURATION", "EXT-X-PART-INF",
    "EXT-X-SERVER-CONTROL", NULL
  };
  guint i;

  for (i = 0; fixed[i] != NULL; i++) {
    const gchar *a = value_of (before, fixed[i]), *b = value_of (playlist, fixed[i]);

    if (g_strcmp0 (a, b) != 0 && !(playlist->ended && i > 0))
      hlc_find (context->report, "E20", playlist, 0, "%s was '%s', is '%s'", fixed[i],
          a ? a : "not there", b ? b : "not there");
  }
  if (playlist->sequence < before->sequence)
    hlc_find (context->report, "E20", playlist, 0, "EXT-X-MEDIA-SEQUENCE %" G_GINT64_FORMAT
        " was %" G_GINT64_FORMAT, playlist->sequence, before->sequence);
  if (playlist->discontinuity_sequence >= 0 &&
      playlist->discontinuity_sequence < before->discontinuity_sequence)
    hlc_find (context->report, "E20", playlist, 0, "EXT-X-DISCONTINUITY-SEQUENCE %" G_GINT64_FORMAT
        " was %" G_GINT64_FORMAT, playlist->discontinuity_sequence, before->discontinuity_sequence);
}

/* -- E23 -- */

/* FALSE: nothing can be said of the numbers of segments. */
static gboolean
check_discontinuities (HlcContext * context, const HlcPlaylist * before,
    const HlcPlaylist * playlist)
{
  const HlcSegment *first =
      playlist->segments->len > 0 ? g_ptr_array_index (playlist->segments, 0) : NULL;
  gint64 removed = 0, delta = playlist->discontinuity_sequence - before->discontinuity_sequence;
  gboolean met = FALSE;
  guint i;

  if (before->discontinuity_sequence < 0 || playlist->discontinuity_sequence < 0 || first == NULL ||
      delta < 0 || playlist->sequence < before->sequence)
    return FALSE;
  for (i = 0; i < before->segments->len; i++) {
    const HlcSegment *segment = g_ptr_array_index (before->segments, i);

    if (segment->msn < first->msn)
      removed += segment->discontinuity ? 1 : 0;
    /* the tag of the segment that is first now may stay or be counted */
    if (segment->msn == first->msn) {
      removed += segment->discontinuity && !first->discontinuity ? 1 : 0;
      met = TRUE;
    }
  }
  if (met ? delta == removed : delta >= removed)
    return TRUE;
  hlc_find (context->report, "E23", playlist, 0, "%" G_GINT64_FORMAT " EXT-X-DISCONTINUITY have "
      "left, EXT-X-DISCONTINUITY-SEQUENCE went up by %" G_GINT64_FORMAT, removed, delta);
  return FALSE;
}

/* -- E21 -- */

static void
differs (HlcContext * context, const HlcPlaylist * playlist, const HlcSegment * segment,
    const gchar * what, const gchar * a, const gchar * b)
{
  if (g_strcmp0 (a, b) != 0)
    hlc_find (context->report, "E21", playlist, segment->line, "%s of segment %" G_GINT64_FORMAT
        " was '%s', is '%s'", what, segment->msn, a ? a : "", b ? b : "");
}

static void
check_same (HlcContext * context, const HlcPlaylist * playlist, const HlcSegment * a,
    const HlcSegment * b, gboolean counted)
{
  if (a->uri != NULL || b->uri == NULL) {
    differs (context, playlist, b, "the URI", a->uri, b->uri);
    differs (context, playlist, b, "EXTINF", a->extinf, b->extinf);
    differs (context, playlist, b, "the title", a->title, b->title);
    differs (context, playlist, b, "the byte range", a->byterange, b->byterange);
  }
  if (a->pdt != NULL && b->pdt != NULL)
    differs (context, playlist, b, "the date", a->pdt, b->pdt);
  if (counted && a->dsn != b->dsn)
    hlc_find (context->report, "E21", playlist, b->line, "segment %" G_GINT64_FORMAT
        " was in discontinuity %" G_GINT64_FORMAT ", is in %" G_GINT64_FORMAT, b->msn, a->dsn,
        b->dsn);
}

/* -- E22: prefix removal and append -- */

/* All that is said of a segment, but what others judge: E21, E23, E10, and its parts. */
static gchar *
rest_of (const HlcPlaylist * playlist, const HlcSegment * segment)
{
  static const gchar *const others[] = { "", "EXTINF", "EXT-X-BYTERANGE", "EXT-X-DISCONTINUITY",
    "EXT-X-PROGRAM-DATE-TIME", "EXT-X-PART", NULL
  };
  GString *text = g_string_new (NULL);
  guint i;

  for (i = segment->first_tag; i < segment->end_tag; i++) {
    const HlcTag *tag = g_ptr_array_index (playlist->tags, i);

    if (hlc_tag_is_of_segment (tag) && !g_strv_contains (others, tag->name))
      g_string_append_printf (text, "%s:%s ", tag->name, tag->value);
  }
  return g_string_free (text, FALSE);
}

static void
check_parts_kept (HlcContext * context, const HlcPlaylist * playlist, const HlcSegment * a,
    const HlcSegment * b)
{
  guint i;

  /* they may all go, once the segment is complete */
  if (b->parts->len == 0 && b->uri != NULL)
    return;
  if (b->parts->len < a->parts->len)
    hlc_find (context->report, "E22", playlist, b->line, "parts of segment %" G_GINT64_FORMAT
        " are gone", b->msn);
  for (i = 0; i < MIN (a->parts->len, b->parts->len); i++) {
    const HlcPart *x = &g_array_index (a->parts, HlcPart, i);
    const HlcPart *y = &g_array_index (b->parts, HlcPart, i);

    if (strcmp (x->tag->value, y->tag->value) != 0)
      hlc_find (context->report, "E22", playlist, y->tag->line, "the part was '%s', is '%s'",
          x->tag->value, y->tag->value);
  }
}

static void
check_edit (HlcContext * context, const HlcPlaylist * before, const HlcPlaylist * playlist,
    const HlcSegment * a, const HlcSegment * b)
{
  if (a->uri != NULL || b->uri == NULL) {
    g_autofree gchar *x = rest_of (before, a), *y = rest_of (playlist, b);

    if (strcmp (x, y) != 0)
      hlc_find (context->report, "E22", playlist, b->line, "segment %" G_GINT64_FORMAT
          " was marked '%s', is '%s'", b->msn, x, y);
  }
  check_parts_kept (context, playlist, a, b);
}

/* Everything that was listed is there, but for a beginning. */
static void
check_edits (HlcContext * context, const HlcPlaylist * before, const HlcPlaylist * playlist)
{
  gboolean counted = check_discontinuities (context, before, playlist);
  const HlcSegment *last = hlc_playlist_last (before);
  guint i;

  if (before->ended)
    hlc_find (context->report, "E22", playlist, 0, "it goes on behind EXT-X-ENDLIST");
  if (last != NULL && playlist->sequence <= last->msn &&
      hlc_playlist_segment (playlist, last->msn) == NULL)
    hlc_find (context->report, "E22", playlist, 0, "segment %" G_GINT64_FORMAT
        " was the last one and is gone", last->msn);
  for (i = 0; i < before->segments->len; i++) {
    const HlcSegment *a = g_ptr_array_index (before->segments, i);
    const HlcSegment *b = hlc_playlist_segment (playlist, a->msn);

    if (b == NULL)
      continue;
    check_same (context, playlist, a, b, counted);
    check_edit (context, before, playlist, a, b);
  }
}

/* -- E24 -- */

static guint
n_parts (const HlcPlaylist * playlist)
{
  const HlcSegment *last = playlist->segments->len > 0 ?
      g_ptr_array_index (playlist->segments, playlist->segments->len - 1) : NULL;

  return last != NULL && last->uri == NULL ? last->parts->len : 0;
}

static gint64
last_msn (const HlcPlaylist * playlist)
{
  const HlcSegment *last = hlc_playlist_last (playlist);

  return last != NULL ? last->msn : -1;
}

/* @news_us: when there was something new the last time */
static void
check_interval (HlcContext * context, const HlcPlaylist * before, const HlcPlaylist * playlist,
    gint64 * news_us)
{
  gint64 limit_us = playlist->part_target_us > 0 ? playlist->part_target_us :
      playlist->target_s * G_USEC_PER_SEC * 3 / 2;
  gint64 passed_us = playlist->time_us - *news_us;

  if (last_msn (playlist) == last_msn (before) && n_parts (playlist) == n_parts (before) &&
      !playlist->ended)
    return;
  if (!playlist->ended && limit_us > 0 && passed_us > limit_us + context->slack_us)
    hlc_find (context->report, "E24", playlist, 0, "%.3f s without an update, not %.3f s",
        (gdouble) passed_us / 1e6, (gdouble) limit_us / 1e6);
  *news_us = playlist->time_us;
}

void
hlc_check_pairs (HlcContext * context, const HlcStream * stream)
{
  const HlcPlaylist *before = g_ptr_array_index (stream->versions, 0);
  gint64 news_us = before->time_us;
  guint i;

  for (i = 1; i < stream->versions->len; i++) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i);

    check_numbers (context, before, playlist);
    check_edits (context, before, playlist);
    check_interval (context, before, playlist, &news_us);
    before = playlist;
  }
}

/* -- E27 -- */

static gboolean
is_removed_range (const HlcTag * skip, const HlcTag * tag)
{
  const gchar *list = hlc_attribute_value (skip->attributes, "RECENTLY-REMOVED-DATERANGES");
  const gchar *id = hlc_attribute_value (tag->attributes, "ID");
  g_auto (GStrv) ids = list ? g_strsplit (list, "\t", -1) : NULL;

  return ids != NULL && id != NULL && g_strv_contains ((const gchar **) ids, id);
}

static void
put_tag (GString * body, GPtrArray * ranges, const HlcTag * tag)
{
  g_autofree gchar *line = g_strdup_printf ("%s:%s%s%s", tag->name, tag->value,
      strcmp (tag->name, "EXTINF") == 0 ? "," : "", "\n");

  if (strcmp (tag->name, "EXT-X-DATERANGE") == 0)
    g_ptr_array_add (ranges, g_steal_pointer (&line));
  else if (strcmp (tag->name, "EXT-X-VERSION") != 0)
    g_string_append (body, line);
}

/* The segments that the update leaves out, as the client has them. Their parts are long gone. */
static gboolean
put_skipped (GString * body, const HlcPlaylist * had, const HlcPlaylist * delta, gint64 skipped)
{
  gint64 msn;

  for (msn = delta->sequence; msn < delta->sequence + skipped; msn++) {
    const HlcSegment *segment = hlc_playlist_segment (had, msn);
    guint i;

    if (segment == NULL || segment->uri == NULL)
      return FALSE;
    for (i = segment->first_tag; i < segment->end_tag; i++) {
      const HlcTag *tag = g_ptr_array_index (had->tags, i);

      if ((hlc_tag_is_of_segment (tag) && strcmp (tag->name, "EXT-X-PART") != 0) ||
          *tag->name == '\0')
        put_tag (body, NULL, tag);
    }
  }
  return TRUE;
}

static gint
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(gchar * const *) a, *(gchar * const *) b);
}

/* Lines in their order; date ranges, which may move, sorted behind them. */
static gchar *
flatten (GString * body, GPtrArray * ranges)
{
  guint i;

  g_ptr_array_sort (ranges, compare_lines);
  for (i = 0; i < ranges->len; i++)
    g_string_append (body, g_ptr_array_index (ranges, i));
  return g_string_free (body, FALSE);
}

static gchar *
merge_delta (const HlcPlaylist * had, const HlcPlaylist * delta, const HlcTag * skip)
{
  g_autoptr (GPtrArray) ranges = g_ptr_array_new_with_free_func (g_free);
  GString *body = g_string_new (NULL);
  gint64 skipped = MAX (0, hlc_attribute_integer (skip->attributes, "SKIPPED-SEGMENTS"));
  gboolean v2 = hlc_attribute (skip->attributes, "RECENTLY-REMOVED-DATERANGES") != NULL;
  guint i;

  for (i = 0; i < delta->tags->len; i++) {
    const HlcTag *tag = g_ptr_array_index (delta->tags, i);

    if (tag != skip) {
      put_tag (body, ranges, tag);
    } else if (!put_skipped (body, had, delta, skipped)) {
      g_string_free (body, TRUE);
      return NULL;
    }
  }
  for (i = 0; v2 && i < had->tags->len; i++) {
    const HlcTag *tag = g_ptr_array_index (had->tags, i);

    if (strcmp (tag->name, "EXT-X-DATERANGE") == 0 && !is_removed_range (skip, tag) &&
        strstr (delta->text, tag->value) == NULL)
      put_tag (body, ranges, tag);
  }
  return flatten (body, ranges);
}

static gchar *
full_text (const HlcPlaylist * playlist)
{
  g_autoptr (GPtrArray) ranges = g_ptr_array_new_with_free_func (g_free);
  GString *body = g_string_new (NULL);
  guint i;

  for (i = 0; i < playlist->tags->len; i++)
    put_tag (body, ranges, g_ptr_array_index (playlist->tags, i));
  return flatten (body, ranges);
}

static void
check_delta (HlcContext * context, const HlcPlaylist * delta)
{
  const HlcStream *stream = hlc_capture_stream (context->capture, delta->name);
  const HlcTag *skip = hlc_playlist_tag (delta, "EXT-X-SKIP");
  const HlcPlaylist *had = NULL, *same = NULL;
  g_autofree gchar *merged = NULL, *full = NULL;
  guint i;

  if (stream == NULL || skip == NULL)
    return;
  for (i = 0; i < stream->versions->len && same == NULL; i++) {
    const HlcPlaylist *p = g_ptr_array_index (stream->versions, i);

    if (last_msn (p) == last_msn (delta) && n_parts (p) == n_parts (delta) &&
        p->ended == delta->ended)
      same = p;
    else
      had = p;
  }
  if (same == NULL || had == NULL)
    return;
  merged = merge_delta (had, delta, skip);
  full = full_text (same);
  if (g_strcmp0 (merged, full) != 0)
    hlc_find (context->report, "E27", same, 0, "the delta update %s does not give this version",
        delta->file);
}

void
hlc_check_deltas (HlcContext * context)
{
  guint i;

  for (i = 0; i < context->capture->events->len; i++) {
    const HlcEvent *event = g_ptr_array_index (context->capture->events, i);

    if (event->kind == HLC_EVENT_DELTA)
      check_delta (context, event->playlist);
  }
}
