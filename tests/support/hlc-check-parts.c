/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* E13 E14 E26: low latency (RFC 8216bis 4.4.3.7, 4.4.3.8, 4.4.4.9, 4.4.5.3, 4.4.5.4, B.1). */
#include <string.h>

#include "hlc-check.h"

#define MS_US 1000
#define PARTS_KEPT_TARGETS 3    /* a PART tag leaves when it is further from the end */
#define SHORT_PART_PERCENT 85

/* -- E13: the parts -- */

/* 85 % of the target, but for parts that begin with an IDR, gaps, what stands before a gap, and
 * the last one of a segment. */
static gboolean
may_be_short (const HlcSegment * segment, guint i)
{
  const HlcPart *part = &g_array_index (segment->parts, HlcPart, i);

  if (part->independent || part->gap || (segment->uri != NULL && i + 1 == segment->parts->len))
    return TRUE;
  return i + 1 < segment->parts->len && g_array_index (segment->parts, HlcPart, i + 1).gap;
}

static void
check_part (HlcContext * context, const HlcPlaylist * playlist, const HlcSegment * segment, guint i)
{
  const HlcPart *part = &g_array_index (segment->parts, HlcPart, i);
  /* the last part of an open segment may turn out to be its last one */
  gboolean newest = segment->uri == NULL && i + 1 == segment->parts->len;

  if (part->duration_us <= 0)
    hlc_find (context->report, "E13", playlist, part->tag->line, "a part without a duration");
  else if (part->duration_us > playlist->part_target_us)
    hlc_find (context->report, "E13", playlist, part->tag->line,
        "a part of %.3f s exceeds PART-TARGET", (gdouble) part->duration_us / 1e6);
  else if (!newest && !may_be_short (segment, i) &&
      part->duration_us * 100 < playlist->part_target_us * SHORT_PART_PERCENT)
    hlc_find (context->report, "E13", playlist, part->tag->line,
        "a part of %.3f s is shorter than %d %% of PART-TARGET",
        (gdouble) part->duration_us / 1e6, SHORT_PART_PERCENT);
  if (i == 0 && !part->independent && !part->gap &&
      hlc_playlist_tag (playlist, "EXT-X-INDEPENDENT-SEGMENTS") != NULL)
    hlc_find (context->report, "E13", playlist, part->tag->line,
        "the first part of an independent segment is not INDEPENDENT");
}

static void
check_parts_of (HlcContext * context, const HlcPlaylist * playlist, const HlcSegment * segment,
    gint64 from_end_us)
{
  gint64 sum_us = 0;
  guint i;

  for (i = 0; i < segment->parts->len; i++) {
    check_part (context, playlist, segment, i);
    sum_us += g_array_index (segment->parts, HlcPart, i).duration_us;
  }
  if (segment->parts->len == 0 || segment->uri == NULL)
    return;
  if (ABS (sum_us - segment->duration_us) > MS_US)
    hlc_find (context->report, "E13", playlist, segment->line, "the parts of segment %"
        G_GINT64_FORMAT " are %.3f s long, it is %s s", segment->msn, (gdouble) sum_us / 1e6,
        segment->extinf);
  if (from_end_us > PARTS_KEPT_TARGETS * playlist->target_s * G_USEC_PER_SEC)
    hlc_find (context->report, "E13", playlist, segment->line, "segment %" G_GINT64_FORMAT
        " still lists its parts, %.3f s from the end", segment->msn, (gdouble) from_end_us / 1e6);
}

/* -- E13: what the server offers -- */

static void
check_at_least (HlcContext * context, const HlcPlaylist * playlist, const HlcTag * control,
    const gchar * name, gint64 least_us)
{
  gint64 us = hlc_attribute_us (control->attributes, name);

  if (hlc_attribute (control->attributes, name) != NULL && us < least_us)
    hlc_find (context->report, "E13", playlist, control->line, "%s is less than %.3f s", name,
        (gdouble) least_us / 1e6);
}

static void
check_control (HlcContext * context, const HlcPlaylist * playlist, gboolean parts)
{
  const HlcTag *control = hlc_playlist_tag (playlist, "EXT-X-SERVER-CONTROL");
  gint64 target_us = playlist->target_s * G_USEC_PER_SEC;

  if (parts && playlist->part_target_us <= 0)
    hlc_find (context->report, "E13", playlist, 0, "parts without EXT-X-PART-INF");
  if (control != NULL) {
    check_at_least (context, playlist, control, "HOLD-BACK", 3 * target_us);
    check_at_least (context, playlist, control, "CAN-SKIP-UNTIL", 6 * target_us);
    check_at_least (context, playlist, control, "PART-HOLD-BACK", 3 * playlist->part_target_us);
    if (hlc_attribute (control->attributes, "CAN-SKIP-DATERANGES") &&
        !hlc_attribute (control->attributes, "CAN-SKIP-UNTIL"))
      hlc_find (context->report, "E13", playlist, control->line,
          "CAN-SKIP-DATERANGES without CAN-SKIP-UNTIL");
  }
  if (playlist->part_target_us > 0 &&
      (control == NULL || !hlc_attribute (control->attributes, "PART-HOLD-BACK")))
    hlc_find (context->report, "E13", playlist, 0, "EXT-X-PART-INF without PART-HOLD-BACK");
}

static gboolean
has_parts (const HlcPlaylist * playlist)
{
  gboolean parts = FALSE;

  for (guint i = 0; i < playlist->segments->len; i++)
    parts |= ((const HlcSegment *) g_ptr_array_index (playlist->segments, i))->parts->len > 0;
  return parts;
}

/* Nothing is hinted at behind the end, and never more than the next part. */
static void
check_hint_count (HlcContext * context, const HlcPlaylist * playlist)
{
  guint n = 0, line = 0, i;

  for (i = 0; i < playlist->tags->len; i++) {
    const HlcTag *tag = g_ptr_array_index (playlist->tags, i);

    if (strcmp (tag->name, "EXT-X-PRELOAD-HINT") != 0)
      continue;
    line = tag->line;
    if (playlist->ended)
      hlc_find (context->report, "E13", playlist, line, "EXT-X-PRELOAD-HINT with EXT-X-ENDLIST");
    if (g_strcmp0 (hlc_attribute_value (tag->attributes, "TYPE"), "PART") == 0)
      n++;
  }
  if (n > 1)
    hlc_find (context->report, "E13", playlist, line,
        "%u EXT-X-PRELOAD-HINT of TYPE=PART, not one", n);
}

void
hlc_check_parts (HlcContext * context, const HlcPlaylist * playlist)
{
  gint64 behind_us = hlc_playlist_duration_us (playlist);
  gboolean parts = has_parts (playlist);
  guint i;

  check_control (context, playlist, parts);
  check_hint_count (context, playlist);
  if (!parts || playlist->part_target_us <= 0)
    return;
  for (i = 0; i < playlist->segments->len; i++) {
    const HlcSegment *segment = g_ptr_array_index (playlist->segments, i);

    behind_us -= segment->duration_us;
    check_parts_of (context, playlist, segment, behind_us);
  }
}

/* -- E14 -- */

/* How far a playlist has come, in parts: its last media sequence number and part. */
static void
edge_of (const HlcPlaylist * playlist, gint64 * msn, gint64 * part)
{
  const HlcSegment *last = NULL;
  guint i;

  for (i = 0; i < playlist->segments->len; i++) {
    const HlcSegment *segment = g_ptr_array_index (playlist->segments, i);

    if (segment->uri != NULL || segment->parts->len > 0)
      last = segment;
  }
  *msn = last ? last->msn : -1;
  *part = last ? (gint64) last->parts->len - 1 : -1;
}

static const HlcTag *
report_of (const HlcPlaylist * playlist, const gchar * name)
{
  guint i;

  for (i = 0; i < playlist->tags->len; i++) {
    const HlcTag *tag = g_ptr_array_index (playlist->tags, i);
    const gchar *uri;
    g_autofree gchar *path = NULL;

    if (strcmp (tag->name, "EXT-X-RENDITION-REPORT") != 0)
      continue;
    uri = hlc_attribute_value (tag->attributes, "URI");
    path = uri ? hlc_resolve (playlist->name, uri) : NULL;
    if (g_strcmp0 (path, name) == 0)
      return tag;
  }
  return NULL;
}

/* The sibling as it was @slack_us earlier: renditions are written one after the other. */
static void
check_report (HlcContext * context, const HlcPlaylist * playlist, const HlcStream * sibling)
{
  const HlcTag *tag = report_of (playlist, sibling->name);
  const HlcPlaylist *there = hlc_stream_at (sibling, playlist->time_us - context->slack_us);
  gint64 msn, part, last_msn, last_part;

  if (tag == NULL) {
    hlc_find (context->report, "E14", playlist, 0, "no EXT-X-RENDITION-REPORT of %s",
        sibling->name);
    return;
  }
  if (strstr (hlc_attribute_value (tag->attributes, "URI"), "://") != NULL)
    hlc_find (context->report, "E14", playlist, tag->line, "the URI of a report is not relative");
  if (there == NULL)
    return;
  edge_of (there, &msn, &part);
  last_msn = hlc_attribute_integer (tag->attributes, "LAST-MSN");
  last_part = hlc_attribute_integer (tag->attributes, "LAST-PART");
  /* one part old: the last one of the segment before counts as that */
  if (last_msn < msn - 1 || (last_msn == msn - 1 && part > 0) ||
      (last_msn == msn && last_part >= 0 && last_part < part - 1))
    hlc_find (context->report, "E14", playlist, tag->line, "the report of %s is more than a part old",
        sibling->name);
}

void
hlc_check_reports (HlcContext * context, const HlcStream * stream)
{
  g_autoptr (GPtrArray) renditions = hlc_context_renditions (context);
  guint i, j;

  for (i = 0; i < stream->versions->len; i++) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i);

    if (playlist->part_target_us <= 0 || playlist->ended)
      continue;
    for (j = 0; j < renditions->len; j++)
      if (g_ptr_array_index (renditions, j) != stream)
        check_report (context, playlist, g_ptr_array_index (renditions, j));
  }
}

/* -- E26 -- */

static const HlcTag *
part_hint (const HlcPlaylist * playlist)
{
  const HlcTag *tag = hlc_playlist_tag (playlist, "EXT-X-PRELOAD-HINT");

  return tag && g_strcmp0 (hlc_attribute_value (tag->attributes, "TYPE"), "PART") == 0 ? tag : NULL;
}

/* The part behind (@msn, @part), whose uri is not NULL; or NULL: there is none yet. */
static const HlcPart *
part_behind (const HlcPlaylist * playlist, gint64 msn, gint64 part)
{
  const HlcSegment *same = hlc_playlist_segment (playlist, msn);
  const HlcSegment *next = hlc_playlist_segment (playlist, msn + 1);

  if (same != NULL && part + 1 < (gint64) same->parts->len)
    return &g_array_index (same->parts, HlcPart, part + 1);
  return next != NULL && next->parts->len > 0 ? &g_array_index (next->parts, HlcPart, 0) : NULL;
}

static gboolean
is_missing (const HlcContext * context, const gchar * name)
{
  guint i;

  for (i = 0; i < context->capture->events->len; i++) {
    const HlcEvent *event = g_ptr_array_index (context->capture->events, i);

    if (event->kind == HLC_EVENT_MISSING && strcmp (event->name, name) == 0)
      return TRUE;
  }
  return FALSE;
}

/* While there are parts the next one is hinted at, but where the next version says that there is
 * none. */
static void
check_hint (HlcContext * context, const HlcPlaylist * playlist, const HlcPlaylist * next)
{
  if (has_parts (playlist) && !playlist->ended && !part_hint (playlist) && !(next && next->ended))
    hlc_find (context->report, "E13", playlist, 0, "0 EXT-X-PRELOAD-HINT of TYPE=PART, not one");
}

void
hlc_check_hints (HlcContext * context, const HlcStream * stream)
{
  guint i;

  for (i = 0; i < stream->versions->len; i++)
    check_hint (context, g_ptr_array_index (stream->versions, i), i + 1 < stream->versions->len ?
        g_ptr_array_index (stream->versions, i + 1) : NULL);

  for (i = 0; i + 1 < stream->versions->len; i++) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i);
    const HlcPlaylist *next = g_ptr_array_index (stream->versions, i + 1);
    const HlcTag *hint = part_hint (playlist);
    const gchar *uri = hint ? hlc_attribute_value (hint->attributes, "URI") : NULL;
    g_autofree gchar *name = uri ? hlc_resolve (playlist->name, uri) : NULL;
    const HlcPart *part;
    gint64 msn, index;

    if (uri == NULL)
      continue;
    edge_of (playlist, &msn, &index);
    part = part_behind (next, msn, index);
    if (part != NULL && g_strcmp0 (part->uri, uri) != 0 && !is_missing (context, name))
      hlc_find (context->report, "E26", next, part->tag->line, "the part is %s, the hint was %s",
          part->uri, uri);
  }
}
