/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hls-read.h"

#include <math.h>
#include <string.h>

#define NO_DATE G_MININT64
#define HLS_READ_ERROR (g_quark_from_static_string ("hls-read"))

typedef struct
{
  HlsPlaylist *list;
  GHashTable *seen;             /* names of tags that may stand once */
  GError **error;
  guint line;
  gboolean has_dsn;
  /* of the next segment */
  gboolean discontinuity, gap, has_duration;
  gint64 duration_us, pdt_ms;
} Reader;

static gboolean G_GNUC_PRINTF (2, 3)
fail (Reader * r, const gchar * format, ...)
{
  va_list args;
  g_autofree gchar *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (r->error, HLS_READ_ERROR, 0, "line %u: %s", r->line, text);
  return FALSE;
}

static void
segment_free (gpointer data)
{
  g_free (((HlsReadSegment *) data)->uri);
  g_free (data);
}

static void
range_free (gpointer data)
{
  HlsReadRange *range = data;

  g_free (range->id);
  g_hash_table_unref (range->attributes);
  g_free (range);
}

void
hls_playlist_free (HlsPlaylist * list)
{
  if (!list)
    return;
  g_ptr_array_unref (list->segments);
  g_ptr_array_unref (list->ranges);
  g_free (list);
}

const HlsReadSegment *
hls_segment (const HlsPlaylist * list, guint i)
{
  g_assert_cmpuint (i, <, list->segments->len);
  return g_ptr_array_index (list->segments, i);
}

const HlsReadRange *
hls_range (const HlsPlaylist * list, const gchar * id)
{
  for (guint i = 0; i < list->ranges->len; i++) {
    const HlsReadRange *range = g_ptr_array_index (list->ranges, i);

    if (!strcmp (range->id, id))
      return range;
  }
  return NULL;
}

/* decimal-integer of section 4.2 */
static gboolean
read_integer (Reader * r, const gchar * text, guint64 * out)
{
  gsize n = strspn (text, "0123456789");

  if (n == 0 || n > 20 || text[n] != '\0')
    return fail (r, "'%s' is no decimal integer", text);
  *out = g_ascii_strtoull (text, NULL, 10);
  return TRUE;
}

/* decimal-floating-point, not signed, as microseconds */
static gboolean
read_seconds (Reader * r, const gchar * text, gsize size, gint64 * out)
{
  g_autofree gchar *copy = g_strndup (text, size);

  if (size == 0 || strspn (copy, "0123456789.") != size || g_strrstr (copy, ".") != strchr (copy, '.'))
    return fail (r, "'%s' is no decimal number", copy);
  *out = (gint64) llround (g_ascii_strtod (copy, NULL) * 1e6);
  return TRUE;
}

/* YYYY-MM-DDTHH:MM:SS.mmm and a zone: milliseconds and zone SHOULD be there, so they must. */
static gboolean
read_date (Reader * r, const gchar * text, gint64 * out)
{
  static const gchar pattern[] = "dddd-dd-ddTdd:dd:dd.dddZ";
  g_autoptr (GDateTime) date = NULL;

  for (guint i = 0; i < sizeof pattern; i++)
    if (pattern[i] == 'd' ? !g_ascii_isdigit (text[i]) : text[i] != pattern[i])
      return fail (r, "'%s' is no date with milliseconds and zone", text);
  date = g_date_time_new_from_iso8601 (text, NULL);
  if (!date)
    return fail (r, "'%s' is no date", text);
  *out = g_date_time_to_unix (date) * 1000 + g_date_time_get_microsecond (date) / 1000;
  return TRUE;
}

/* attribute-list of section 4.2 */
static GHashTable *
read_attributes (Reader * r, const gchar * text)
{
  g_autoptr (GHashTable) table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (;;) {
    gsize n = strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    g_autofree gchar *name = g_strndup (text, n);
    gsize v;

    if (n == 0 || text[n] != '=') {
      fail (r, "an attribute without a name before '%.20s'", text);
      return NULL;
    }
    text += n + 1;
    if (text[0] == '"') {
      const gchar *end = strchr (text + 1, '"');

      v = end ? (gsize) (end - text) + 1 : 0;
    } else {
      v = strcspn (text, ",\" ");
    }
    if (v == 0 || (text[v] != ',' && text[v] != '\0')) {
      fail (r, "value of %s cannot be read", name);
      return NULL;
    }
    if (!g_hash_table_insert (table, g_strdup (name), g_strndup (text, v))) {
      fail (r, "%s twice", name);
      return NULL;
    }
    if (text[v] == '\0')
      return g_steal_pointer (&table);
    text += v + 1;
  }
}

static gboolean
unquote (Reader * r, GHashTable * table, const gchar * name, gchar ** out)
{
  const gchar *value = g_hash_table_lookup (table, name);

  if (!value || value[0] != '"' || value[1] == '"')
    return fail (r, "%s must be there, quoted and not empty", name);
  *out = g_strndup (value + 1, strlen (value) - 2);
  return TRUE;
}

static gboolean
check_scte35 (Reader * r, GHashTable * table, const gchar * name)
{
  const gchar *value = g_hash_table_lookup (table, name);
  gsize n;

  if (!value)
    return TRUE;
  n = strlen (value);
  if (strncmp (value, "0x", 2) || n < 4 || n % 2 || strspn (value + 2, "0123456789ABCDEF") != n - 2)
    return fail (r, "%s is no 0x sequence in capitals: %s", name, value);
  return TRUE;
}

/* 4.4.5.1: later tags add attributes; those that are in both are equal. */
static gboolean
merge_range (Reader * r, HlsReadRange * range, GHashTable * more)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, more);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    const gchar *had = g_hash_table_lookup (range->attributes, name);

    if (had && strcmp (had, value))
      return fail (r, "%s of range %s was %s and is %s", (gchar *) name, range->id, had,
          (gchar *) value);
    if (!had)
      g_hash_table_insert (range->attributes, g_strdup (name), g_strdup (value));
  }
  return TRUE;
}

static gboolean
range_times (Reader * r, HlsReadRange * range)
{
  const gchar *duration = g_hash_table_lookup (range->attributes, "DURATION");
  const gchar *planned = g_hash_table_lookup (range->attributes, "PLANNED-DURATION");
  g_autofree gchar *start = NULL;
  gint64 us = 0;

  if (!unquote (r, range->attributes, "START-DATE", &start) ||
      !read_date (r, start, &range->start_ms) ||
      (planned && !read_seconds (r, planned, strlen (planned), &us)))
    return FALSE;
  range->end_ms = G_MAXINT64;
  if (duration) {
    if (!read_seconds (r, duration, strlen (duration), &us))
      return FALSE;
    range->end_ms = range->start_ms + us / 1000;
  }
  return TRUE;
}

static gboolean
read_range (Reader * r, const gchar * text)
{
  g_autoptr (GHashTable) table = read_attributes (r, text);
  g_autofree gchar *id = NULL;
  HlsReadRange *range;

  if (!table || !unquote (r, table, "ID", &id) || !check_scte35 (r, table, "SCTE35-OUT") ||
      !check_scte35 (r, table, "SCTE35-IN"))
    return FALSE;
  if (g_hash_table_lookup (table, "SCTE35-IN") && !g_hash_table_lookup (table, "DURATION"))
    return fail (r, "SCTE35-IN without a DURATION");
  range = (HlsReadRange *) hls_range (r->list, id);
  if (!range) {
    range = g_new0 (HlsReadRange, 1);
    range->id = g_steal_pointer (&id);
    range->attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    g_ptr_array_add (r->list->ranges, range);
  }
  return merge_range (r, range, table) && range_times (r, range);
}

static gboolean
once (Reader * r, const gchar * tag, gboolean before_segments)
{
  if (!g_hash_table_add (r->seen, g_strdup (tag)))
    return fail (r, "%s twice", tag);
  if (before_segments && (r->list->segments->len > 0 || r->has_duration || r->discontinuity))
    return fail (r, "%s behind a segment or its tags", tag);
  return TRUE;
}

static gboolean
read_header_number (Reader * r, const gchar * tag, const gchar * value, guint64 * out)
{
  return once (r, tag, TRUE) && read_integer (r, value, out);
}

static gboolean
read_tag (Reader * r, const gchar * tag, const gchar * value)
{
  guint64 number = 0;

  if (!strcmp (tag, "EXT-X-VERSION")) {
    if (!read_header_number (r, tag, value, &number))
      return FALSE;
    r->list->version = (guint) number;
  } else if (!strcmp (tag, "EXT-X-TARGETDURATION")) {
    if (!read_header_number (r, tag, value, &number))
      return FALSE;
    r->list->target_duration = (guint) number;
  } else if (!strcmp (tag, "EXT-X-MEDIA-SEQUENCE")) {
    return read_header_number (r, tag, value, &r->list->msn);
  } else if (!strcmp (tag, "EXT-X-DISCONTINUITY-SEQUENCE")) {
    r->has_dsn = TRUE;
    return read_header_number (r, tag, value, &r->list->dsn);
  } else if (!strcmp (tag, "EXT-X-INDEPENDENT-SEGMENTS")) {
    r->list->independent = TRUE;
    return once (r, tag, TRUE);
  } else if (!strcmp (tag, "EXT-X-ENDLIST")) {
    r->list->ended = TRUE;
    return once (r, tag, FALSE);
  } else if (!strcmp (tag, "EXT-X-DATERANGE")) {
    return read_range (r, value);
  } else if (!strcmp (tag, "EXT-X-PROGRAM-DATE-TIME")) {
    return r->pdt_ms == NO_DATE ? read_date (r, value, &r->pdt_ms) : fail (r, "two dates");
  } else if (!strcmp (tag, "EXT-X-DISCONTINUITY")) {
    if (!r->has_dsn || r->discontinuity)
      return fail (r, "DISCONTINUITY twice, or before DISCONTINUITY-SEQUENCE");
    r->discontinuity = TRUE;
  } else if (!strcmp (tag, "EXT-X-GAP")) {
    if (r->gap)
      return fail (r, "GAP twice");
    r->gap = TRUE;
  } else if (!strcmp (tag, "EXTINF")) {
    const gchar *comma = strchr (value, ',');

    if (!comma || r->has_duration)
      return fail (r, "EXTINF without a comma, or twice");
    r->has_duration = TRUE;
    return read_seconds (r, value, (gsize) (comma - value), &r->duration_us);
  } else {
    return fail (r, "tag %s is not ours", tag);
  }
  return TRUE;
}

static gboolean
read_uri (Reader * r, const gchar * uri)
{
  HlsPlaylist *list = r->list;
  HlsReadSegment *s;
  const HlsReadSegment *before = list->segments->len > 0 ?
      hls_segment (list, list->segments->len - 1) : NULL;

  if (!r->has_duration || r->duration_us <= 0)
    return fail (r, "segment %s without a length", uri);
  if (llround ((gdouble) r->duration_us / 1e6) > list->target_duration)
    return fail (r, "segment of %" G_GINT64_FORMAT " us exceeds the target of %u s",
        r->duration_us, list->target_duration);
  if (r->discontinuity && r->pdt_ms == NO_DATE)
    return fail (r, "DISCONTINUITY without a date");
  if (before && r->pdt_ms != NO_DATE && !r->discontinuity &&
      ABS (r->pdt_ms - before->pdt_ms - before->duration_us / 1000) > 2)
    return fail (r, "date and lengths disagree");
  s = g_new0 (HlsReadSegment, 1);
  s->uri = g_strdup (uri);
  s->msn = list->msn + list->segments->len;
  s->dsn = (before ? before->dsn : list->dsn) + (r->discontinuity ? 1 : 0);
  s->duration_us = r->duration_us;
  s->pdt_ms = r->pdt_ms;
  s->discontinuity = r->discontinuity;
  s->gap = r->gap;
  g_ptr_array_add (list->segments, s);
  r->discontinuity = r->gap = r->has_duration = FALSE;
  r->pdt_ms = NO_DATE;
  return TRUE;
}

static gboolean
read_line (Reader * r, const gchar * line)
{
  g_autofree gchar *tag = NULL;
  gsize n;

  if (r->list->ended)
    return fail (r, "something behind ENDLIST");
  if (line[0] == '\0')
    return fail (r, "an empty line");
  for (const gchar * c = line; *c; c++)
    if ((guchar) * c < 0x20 || *c == 0x7f)
      return fail (r, "a control character");
  if (line[0] != '#')
    return strchr (line, ' ') ? fail (r, "white space in a URI") : read_uri (r, line);
  if (strncmp (line, "#EXT", 4))
    return fail (r, "a comment");
  n = strcspn (line + 1, ":");
  tag = g_strndup (line + 1, n);
  return read_tag (r, tag, line[1 + n] == ':' ? line + 2 + n : "");
}

/* Section 8, as far as our playlists go. */
static guint
least_version (const HlsPlaylist * list)
{
  for (guint i = 0; i < list->segments->len; i++)
    if (hls_segment (list, i)->duration_us > (gint64) list->target_duration * G_USEC_PER_SEC)
      return 6;
  return 3;
}

static gboolean
check_whole (Reader * r)
{
  const HlsPlaylist *list = r->list;
  gint64 sum_us = 0;

  if (list->segments->len == 0 || list->target_duration == 0 || !r->has_dsn ||
      !g_hash_table_contains (r->seen, "EXT-X-MEDIA-SEQUENCE") || list->version == 0)
    return fail (r, "segments, TARGETDURATION, VERSION, MEDIA-SEQUENCE and "
        "DISCONTINUITY-SEQUENCE must be there");
  if (list->version < least_version (list) || (list->version != 3 && list->version != 6))
    return fail (r, "VERSION is %u", list->version);
  if (r->has_duration || r->discontinuity || r->gap || r->pdt_ms != NO_DATE)
    return fail (r, "tags of a segment without a segment");
  if (hls_segment (list, 0)->pdt_ms == NO_DATE)
    return fail (r, "the first segment has no date");
  for (guint i = 0; i < list->segments->len; i++)
    sum_us += hls_segment (list, i)->duration_us;
  if (!list->ended && list->msn > 0 && sum_us < 3 * (gint64) list->target_duration * G_USEC_PER_SEC)
    return fail (r, "segments have left though less than three target durations stay");
  return TRUE;
}

HlsPlaylist *
hls_read (const gchar * text, GError ** error)
{
  g_autoptr (HlsPlaylist) list = g_new0 (HlsPlaylist, 1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  Reader r = {.list = list,.seen = seen,.error = error,.pdt_ms = NO_DATE,.line = 1 };
  guint n = g_strv_length (lines);

  list->segments = g_ptr_array_new_with_free_func (segment_free);
  list->ranges = g_ptr_array_new_with_free_func (range_free);
  if (n < 2 || strcmp (lines[0], "#EXTM3U") || lines[n - 1][0] != '\0' ||
      !g_utf8_validate (text, -1, NULL)) {
    fail (&r, "it must be UTF-8, begin with #EXTM3U and end with a line end");
    return NULL;
  }
  for (guint i = 1; i + 1 < n; i++) {
    r.line = i + 1;
    if (!read_line (&r, lines[i]))
      return NULL;
  }
  return check_whole (&r) ? g_steal_pointer (&list) : NULL;
}

/* -- two versions -- */

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
same_segment (const HlsReadSegment * a, const HlsReadSegment * b)
{
  return a->msn == b->msn && a->dsn == b->dsn && a->duration_us == b->duration_us &&
      a->pdt_ms == b->pdt_ms && a->gap == b->gap && !strcmp (a->uri, b->uri) &&
      a->discontinuity == b->discontinuity;
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
    discontinuities += hls_segment (a, i)->discontinuity ? 1 : 0;
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
      if (was->end_ms >= first_ms)
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

gboolean
hls_check_update (const HlsPlaylist * a, const HlsPlaylist * b, GError ** error)
{
  if (a->ended)
    return refuse (error, "changed behind ENDLIST");
  if (a->target_duration != b->target_duration)
    return refuse (error, "TARGETDURATION goes from %u to %u", a->target_duration,
        b->target_duration);
  if (b->version < a->version || (b->independent && !a->independent))
    return refuse (error, "VERSION or INDEPENDENT-SEGMENTS");
  return check_segments (a, b, error) && check_ranges (a, b, error);
}
