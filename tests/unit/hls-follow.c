/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two versions of one playlist: RFC 8216bis 6.2.1, 6.2.2 and 6.2.5.1. */
#include "hls-read.h"

#include <string.h>

#define HLS_READ_ERROR (g_quark_from_static_string ("hls-read"))

static gboolean G_GNUC_PRINTF (2, 3)
refuse (GError ** error, const gchar * format, ...)
{
  va_list args;
  g_autofree gchar *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, HLS_READ_ERROR, 1, "update: %s", text);
  return FALSE;
}

static gboolean
same_part (const HlsReadPart * a, const HlsReadPart * b)
{
  return !strcmp (a->uri, b->uri) && a->duration_us == b->duration_us && a->gap == b->gap &&
      a->independent == b->independent;
}

/* Parts that both have, the first @n of them, are the same. */
static gboolean
same_parts (const HlsReadSegment * a, const HlsReadSegment * b, guint n)
{
  for (guint i = 0; i < n; i++)
    if (!same_part (hls_part (a, i), hls_part (b, i)))
      return FALSE;
  return TRUE;
}

static gboolean
same_cues (const HlsReadSegment * a, const HlsReadSegment * b)
{
  if (a->cues->len != b->cues->len)
    return FALSE;
  for (guint i = 0; i < a->cues->len; i++)
    if (strcmp (g_ptr_array_index (a->cues, i), g_ptr_array_index (b->cues, i)))
      return FALSE;
  return TRUE;
}

static gboolean
same_segment (const HlsReadSegment * a, const HlsReadSegment * b)
{
  /* parts leave all at once */
  if (b->parts->len > 0 && (a->parts->len != b->parts->len || !same_parts (a, b, a->parts->len)))
    return FALSE;
  return a->msn == b->msn && a->dsn == b->dsn && a->duration_us == b->duration_us &&
      a->pdt_ms == b->pdt_ms && a->gap == b->gap && !strcmp (a->uri, b->uri) &&
      a->offset == b->offset && a->bytes == b->bytes &&
      a->discontinuities == b->discontinuities && !strcmp (a->title, b->title) &&
      same_cues (a, b);
}

static gboolean
check_segments (const HlsPlaylist * a, const HlsPlaylist * b, GError ** error)
{
  guint gone;
  guint64 discontinuities = 0;

  if (b->msn < a->msn || b->msn > a->msn + a->segments->len)
    return refuse (error, "MEDIA-SEQUENCE goes from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
        a->msn, b->msn);
  gone = (guint) (b->msn - a->msn);
  for (guint i = 0; i < gone; i++)
    discontinuities += hls_segment (a, i)->discontinuities;
  if (b->dsn != a->dsn + discontinuities)
    return refuse (error, "DISCONTINUITY-SEQUENCE goes from %" G_GUINT64_FORMAT " to %"
        G_GUINT64_FORMAT " while %" G_GUINT64_FORMAT " tags have left", a->dsn, b->dsn,
        discontinuities);
  for (guint i = gone; i < a->segments->len; i++) {
    if (i - gone >= b->segments->len)
      return refuse (error, "segments have left at the end");
    if (!same_segment (hls_segment (a, i), hls_segment (b, i - gone)))
      return refuse (error, "segment %s is not the same any more", hls_segment (a, i)->uri);
  }
  return TRUE;
}

/* What was open goes on or is complete, and the first new part is the one that was hinted. */
static gboolean
check_open (const HlsPlaylist * a, const HlsPlaylist * b, GError ** error)
{
  guint64 next = a->msn + a->segments->len - b->msn;
  const HlsReadSegment *was = a->open;
  const HlsReadSegment *is = next < b->segments->len ? hls_segment (b, (guint) next) : b->open;
  const HlsReadPart *new_part = NULL;

  /* what was only hinted never came */
  if (a->part_target_us == 0 || (b->ended && is == b->open && was->parts->len == 0))
    return TRUE;
  if ((was->discontinuities && was->discontinuities != is->discontinuities) ||
      (was->pdt_ms != G_MININT64 && was->pdt_ms != is->pdt_ms))
    return refuse (error, "the tags of the open segment have changed");
  if (is->parts->len == 0 && (is == b->open ? was->parts->len > 0 : b->part_target_us > 0))
    return refuse (error, "parts of the open segment have gone");
  if (is->parts->len == 0)
    return TRUE;
  if (is->parts->len < was->parts->len || !same_parts (was, is, was->parts->len))
    return refuse (error, "parts of the open segment have changed");
  if (is->parts->len > was->parts->len)
    new_part = hls_part (is, was->parts->len);
  else if (next + 1 < b->segments->len && hls_segment (b, (guint) next + 1)->parts->len > 0)
    new_part = hls_part (hls_segment (b, (guint) next + 1), 0);
  if (new_part && a->hint && strcmp (new_part->uri, a->hint))
    return refuse (error, "%s was hinted and %s has come", a->hint, new_part->uri);
  return TRUE;
}

/* Where the range of the same class that follows @range begins. */
static gint64
on_next (const HlsPlaylist * list, const HlsReadRange * range)
{
  const gchar *class_name = g_hash_table_lookup (range->attributes, "CLASS");

  for (guint i = 0; i < list->ranges->len; i++) {
    const HlsReadRange *r = g_ptr_array_index (list->ranges, i);

    if (r->start_ms >= range->start_ms && strcmp (r->id, range->id) &&
        g_hash_table_contains (range->attributes, "END-ON-NEXT") &&
        !g_strcmp0 (g_hash_table_lookup (r->attributes, "CLASS"), class_name))
      return r->start_ms;
  }
  return G_MAXINT64;
}

static gboolean
check_ranges (const HlsPlaylist * a, const HlsPlaylist * b, GError ** error)
{
  gint64 first_ms = hls_segment (b, 0)->pdt_ms;

  for (guint i = 0; i < a->ranges->len; i++) {
    const HlsReadRange *was = g_ptr_array_index (a->ranges, i);
    const HlsReadRange *is = hls_range (b, was->id);
    GHashTableIter iter;
    gpointer name, value;

    if (!is) {
      const gchar *class_name = g_hash_table_lookup (was->attributes, "CLASS");
      gint64 end_ms = was->end_ms;

      /* a moment that has no length */
      if (end_ms == G_MAXINT64 && class_name && strstr (class_name, "-break-end"))
        end_ms = was->start_ms;
      /* it may have ended in the same step */
      if (end_ms == G_MAXINT64)
        end_ms = on_next (b, was);
      if (end_ms >= first_ms)
        return refuse (error, "range %s has left too early", was->id);
      continue;
    }
    g_hash_table_iter_init (&iter, was->attributes);
    while (g_hash_table_iter_next (&iter, &name, &value))
      if (g_strcmp0 (g_hash_table_lookup (is->attributes, name), value))
        return refuse (error, "range %s has lost or changed %s", was->id, (gchar *) name);
  }
  return TRUE;
}

/* 4.4.3.8: no value of it changes; those of parts go with the parts. */
static gboolean
check_control (const HlsPlaylist * a, const HlsPlaylist * b, GError ** error)
{
  /* who asks for PART-HOLD-BACK wherever there is a SERVER-CONTROL finds neither */
  if (b->ended && a->part_target_us > 0 && b->part_target_us == 0 && !b->control)
    return TRUE;
  if (a->part_target_us != b->part_target_us || !a->control != !b->control)
    return refuse (error, "PART-INF or SERVER-CONTROL comes or goes");
  if (!b->control || !strcmp (a->control, b->control))
    return TRUE;
  return refuse (error, "SERVER-CONTROL goes from %s to %s", a->control, b->control);
}

gboolean
hls_check_update (const HlsPlaylist * a, const HlsPlaylist * b, GError ** error)
{
  if (a->ended)
    return refuse (error, "changed behind ENDLIST");
  if (a->target_duration != b->target_duration || g_strcmp0 (a->type, b->type))
    return refuse (error, "TARGETDURATION goes from %u to %u, or the type has changed",
        a->target_duration, b->target_duration);
  if (b->version < a->version || (b->independent && !a->independent))
    return refuse (error, "VERSION or INDEPENDENT-SEGMENTS");
  return check_control (a, b, error) && check_segments (a, b, error) &&
      check_open (a, b, error) && check_ranges (a, b, error);
}

/* -- delta updates -- */

static gboolean
check_delta_ranges (const HlsPlaylist * before, const HlsPlaylist * delta,
    const HlsPlaylist * full, GError ** error)
{
  for (guint i = 0; i < full->ranges->len; i++) {
    const HlsReadRange *wanted = g_ptr_array_index (full->ranges, i);
    const HlsReadRange *is = hls_range (delta, wanted->id), *was = hls_range (before, wanted->id);
    GHashTableIter iter;
    gpointer name, value;

    g_hash_table_iter_init (&iter, wanted->attributes);
    while (g_hash_table_iter_next (&iter, &name, &value))
      if ((!is || g_strcmp0 (g_hash_table_lookup (is->attributes, name), value)) &&
          (!was || g_strcmp0 (g_hash_table_lookup (was->attributes, name), value)))
        return refuse (error, "%s of range %s is lost", (gchar *) name, wanted->id);
  }
  for (guint i = 0; i < before->ranges->len; i++) {
    const HlsReadRange *was = g_ptr_array_index (before->ranges, i);

    if (!hls_range (full, was->id) && !g_ptr_array_find_with_equal_func (delta->removed, was->id,
            g_str_equal, NULL) && delta->removed->len + delta->version >= 10)
      return refuse (error, "range %s has gone and is not said to be", was->id);
  }
  return TRUE;
}

gboolean
hls_check_delta (const HlsPlaylist * before, const HlsPlaylist * delta, const HlsPlaylist * full,
    GError ** error)
{
  if (delta->msn != full->msn || delta->dsn != full->dsn || delta->ended != full->ended ||
      g_strcmp0 (delta->hint, full->hint) || g_strcmp0 (delta->control, full->control) ||
      delta->skipped + delta->segments->len != full->segments->len ||
      delta->open->parts->len != full->open->parts->len)
    return refuse (error, "delta and full playlist differ in their numbers");
  if (delta->msn + delta->skipped > before->msn + before->segments->len)
    return refuse (error, "more is skipped than the reader has");
  for (guint i = 0; i < full->segments->len; i++) {
    const HlsReadSegment *wanted = hls_segment (full, i);

    if (i >= delta->skipped) {
      HlsReadSegment is = *hls_segment (delta, i - (guint) delta->skipped);

      /* discontinuities that were skipped are not counted in it */
      is.dsn = wanted->dsn;
      if (!same_segment (wanted, &is))
        return refuse (error, "segment %s of the delta differs", wanted->uri);
    } else if (wanted->msn >= before->msn &&
        !same_segment (hls_segment (before, (guint) (wanted->msn - before->msn)), wanted)) {
      return refuse (error, "segment %s that is skipped was another one", wanted->uri);
    }
  }
  return check_delta_ranges (before, delta, full, error);
}
