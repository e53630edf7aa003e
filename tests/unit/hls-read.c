/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hls-read.h"

#include <math.h>
#include <string.h>

#define NO_DATE G_MININT64
#define HLS_READ_ERROR (g_quark_from_static_string ("hls-read"))
#define ROUNDING_US 2           /* ends are rounded to a microsecond each */

typedef struct
{
  HlsPlaylist *list;
  GHashTable *seen;             /* names of tags that may stand once */
  GError **error;
  guint line;
  gboolean has_dsn;
  gboolean has_duration;        /* of the next segment */
} Reader;

static gboolean G_GNUC_PRINTF (2, 3)
fail (Reader * r, const gchar * format, ...)
{
  va_list args;
  g_autofree gchar *text = NULL;

  /* the first thing that is wrong is told */
  if (r->error && *r->error)
    return FALSE;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (r->error, HLS_READ_ERROR, 0, "line %u: %s", r->line, text);
  return FALSE;
}

static void
part_free (gpointer data)
{
  g_free (((HlsReadPart *) data)->uri);
  g_free (data);
}

static HlsReadSegment *
segment_new (void)
{
  HlsReadSegment *s = g_new0 (HlsReadSegment, 1);

  s->pdt_ms = NO_DATE;
  s->parts = g_ptr_array_new_with_free_func (part_free);
  s->cues = g_ptr_array_new_with_free_func (g_free);
  return s;
}

static void
segment_free (gpointer data)
{
  HlsReadSegment *s = data;

  g_free (s->uri);
  g_free (s->title);
  g_ptr_array_unref (s->parts);
  g_ptr_array_unref (s->cues);
  g_free (s);
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
  g_ptr_array_unref (list->reports);
  g_ptr_array_unref (list->removed);
  segment_free (list->open);
  g_free (list->type);
  g_free (list->control);
  g_free (list->hint);
  g_free (list);
}

const HlsReadSegment *
hls_segment (const HlsPlaylist * list, guint i)
{
  g_assert_cmpuint (i, <, list->segments->len);
  return g_ptr_array_index (list->segments, i);
}

const HlsReadPart *
hls_part (const HlsReadSegment * segment, guint i)
{
  g_assert_cmpuint (i, <, segment->parts->len);
  return g_ptr_array_index (segment->parts, i);
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
  g_autofree gchar *start = NULL, *end = NULL;
  gint64 us = 0, end_ms;

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
  if (!g_hash_table_lookup (range->attributes, "END-DATE"))
    return TRUE;
  if (!unquote (r, range->attributes, "END-DATE", &end) || !read_date (r, end, &end_ms))
    return FALSE;
  if (end_ms < range->start_ms || (duration && ABS (end_ms - range->end_ms) > 1))
    return fail (r, "END-DATE of %s is not its start and DURATION", range->id);
  range->end_ms = end_ms;
  return TRUE;
}

/* 4.4.5.1: END-ON-NEXT needs a CLASS and no other end; ranges of the class do not overlap. */
static gboolean
check_on_next (Reader * r, const HlsReadRange * range)
{
  const gchar *next = g_hash_table_lookup (range->attributes, "END-ON-NEXT");
  const gchar *class_name = g_hash_table_lookup (range->attributes, "CLASS");

  if (!next)
    return TRUE;
  if (strcmp (next, "YES") || !class_name || range->end_ms != G_MAXINT64)
    return fail (r, "END-ON-NEXT of %s", range->id);
  for (guint i = 0; i < r->list->ranges->len; i++) {
    HlsReadRange *before = g_ptr_array_index (r->list->ranges, i);

    if (before == range || g_strcmp0 (g_hash_table_lookup (before->attributes, "CLASS"), class_name))
      continue;
    if (before->start_ms > range->start_ms)
      return fail (r, "range %s comes before %s of its class", range->id, before->id);
    before->end_ms = MIN (before->end_ms, range->start_ms);
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
  if (range)
    return merge_range (r, range, table) && range_times (r, range);
  range = g_new0 (HlsReadRange, 1);
  range->id = g_steal_pointer (&id);
  range->attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_ptr_array_add (r->list->ranges, range);
  return merge_range (r, range, table) && range_times (r, range) && check_on_next (r, range);
}

/* -- header -- */

static gboolean
once (Reader * r, const gchar * tag, gboolean before_segments)
{
  const HlsReadSegment *open = r->list->open;

  if (!g_hash_table_add (r->seen, g_strdup (tag)))
    return fail (r, "%s twice", tag);
  if (before_segments && (r->list->segments->len > 0 || r->has_duration || open->discontinuities ||
          open->parts->len > 0 || r->list->skipped > 0))
    return fail (r, "%s behind a segment or its tags", tag);
  return TRUE;
}

static gboolean
read_header_number (Reader * r, const gchar * tag, const gchar * value, guint64 * out)
{
  return once (r, tag, TRUE) && read_integer (r, value, out);
}

static gboolean
read_uint (Reader * r, const gchar * tag, const gchar * value, guint * out)
{
  guint64 number = 0;

  if (!read_header_number (r, tag, value, &number))
    return FALSE;
  *out = (guint) number;
  return TRUE;
}

/* FALSE: it is not there, or less than @least_us. */
static gboolean
control_at_least (Reader * r, GHashTable * table, const gchar * name, gint64 least_us)
{
  const gchar *value = g_hash_table_lookup (table, name);
  gint64 us;

  if (!value || !read_seconds (r, value, strlen (value), &us))
    return value ? FALSE : fail (r, "SERVER-CONTROL without %s", name);
  return us >= least_us || fail (r, "%s is too short", name);
}

/* Once TARGETDURATION and PART-INF are known. */
static gboolean
check_control (Reader * r)
{
  gint64 target_us = r->list->target_duration * G_USEC_PER_SEC;
  g_autoptr (GHashTable) table = NULL;

  if (!r->list->control)
    return r->list->part_target_us == 0 || fail (r, "PART-INF without SERVER-CONTROL");
  table = read_attributes (r, r->list->control);
  if (!table || !control_at_least (r, table, "HOLD-BACK", 3 * target_us))
    return FALSE;
  if (r->list->part_target_us > 0 &&
      (g_strcmp0 (g_hash_table_lookup (table, "CAN-BLOCK-RELOAD"), "YES") ||
          !control_at_least (r, table, "PART-HOLD-BACK", 3 * r->list->part_target_us)))
    return fail (r, "CAN-BLOCK-RELOAD and PART-HOLD-BACK of three parts go with PART-INF");
  if (r->list->part_target_us == 0 && g_hash_table_lookup (table, "PART-HOLD-BACK"))
    return fail (r, "PART-HOLD-BACK without PART-INF");
  return !g_hash_table_lookup (table, "CAN-SKIP-UNTIL") ||
      control_at_least (r, table, "CAN-SKIP-UNTIL", 6 * target_us);
}

static gboolean
read_skip (Reader * r, const gchar * value)
{
  g_autoptr (GHashTable) table = read_attributes (r, value);
  const gchar *n = table ? g_hash_table_lookup (table, "SKIPPED-SEGMENTS") : NULL;
  const gchar *removed = table ? g_hash_table_lookup (table, "RECENTLY-REMOVED-DATERANGES") : NULL;

  if (!n || !once (r, "EXT-X-SKIP", TRUE) || !read_integer (r, n, &r->list->skipped))
    return fail (r, "EXT-X-SKIP without SKIPPED-SEGMENTS");
  if (!r->has_dsn || r->list->skipped == 0)
    return fail (r, "EXT-X-SKIP before the sequence numbers, or of nothing");
  if (removed) {
    g_autofree gchar *ids = g_strndup (removed + 1, strlen (removed) - 2);
    g_auto (GStrv) each = g_strsplit (ids, "\t", -1);

    for (guint i = 0; each[i]; i++)
      g_ptr_array_add (r->list->removed, g_strdup (each[i]));
  }
  if (r->list->version < (removed ? 10u : 9u))
    return fail (r, "EXT-X-SKIP in VERSION %u", r->list->version);
  return TRUE;
}

/* TRUE with @known FALSE: none of these. */
static gboolean
read_header_tag (Reader * r, const gchar * tag, const gchar * value, gboolean * known)
{
  HlsPlaylist *list = r->list;

  *known = TRUE;
  if (!strcmp (tag, "EXT-X-VERSION"))
    return read_uint (r, tag, value, &list->version);
  if (!strcmp (tag, "EXT-X-TARGETDURATION"))
    return read_uint (r, tag, value, &list->target_duration);
  if (!strcmp (tag, "EXT-X-MEDIA-SEQUENCE"))
    return read_header_number (r, tag, value, &list->msn);
  if (!strcmp (tag, "EXT-X-DISCONTINUITY-SEQUENCE")) {
    r->has_dsn = TRUE;
    return read_header_number (r, tag, value, &list->dsn);
  }
  if (!strcmp (tag, "EXT-X-INDEPENDENT-SEGMENTS")) {
    list->independent = TRUE;
    return once (r, tag, TRUE);
  }
  if (!strcmp (tag, "EXT-X-PLAYLIST-TYPE")) {
    list->type = g_strdup (value);
    return once (r, tag, TRUE) && (!strcmp (value, "EVENT") || !strcmp (value, "VOD") ||
        fail (r, "PLAYLIST-TYPE %s", value));
  }
  if (!strcmp (tag, "EXT-X-SERVER-CONTROL")) {
    list->control = g_strdup (value);
    return once (r, tag, TRUE);
  }
  if (!strcmp (tag, "EXT-X-PART-INF")) {
    if (!g_str_has_prefix (value, "PART-TARGET="))
      return fail (r, "PART-INF without PART-TARGET");
    return once (r, tag, TRUE) && read_seconds (r, value + 12, strlen (value) - 12,
        &list->part_target_us);
  }
  if (!strcmp (tag, "EXT-X-SKIP"))
    return read_skip (r, value);
  *known = FALSE;
  return TRUE;
}

/* -- media -- */

static gboolean
read_part (Reader * r, const gchar * value)
{
  g_autoptr (GHashTable) table = read_attributes (r, value);
  const gchar *duration = table ? g_hash_table_lookup (table, "DURATION") : NULL;
  HlsReadPart *part;

  if (!duration)
    return table ? fail (r, "PART without DURATION") : FALSE;
  part = g_new0 (HlsReadPart, 1);
  g_ptr_array_add (r->list->open->parts, part);
  part->independent = g_hash_table_contains (table, "INDEPENDENT");
  part->gap = g_hash_table_contains (table, "GAP");
  if (!unquote (r, table, "URI", &part->uri) ||
      !read_seconds (r, duration, strlen (duration), &part->duration_us))
    return FALSE;
  if (r->list->part_target_us == 0 || part->duration_us > r->list->part_target_us)
    return fail (r, "PART is longer than PART-TARGET, or there is none");
  return TRUE;
}

/* 4.4.4.9: which parts may be short, and that they are all of their segment. */
static gboolean
check_parts (Reader * r, const HlsReadSegment * s, gboolean complete)
{
  gint64 sum_us = 0;

  for (guint i = 0; i < s->parts->len; i++) {
    const HlsReadPart *p = hls_part (s, i);

    sum_us += p->duration_us;
    if (!p->independent && !p->gap && i + 1 < s->parts->len &&
        p->duration_us * 100 < r->list->part_target_us * 85)
      return fail (r, "PART %s is too short", p->uri);
    if (i == 0 && r->list->independent && !p->independent)
      return fail (r, "first PART %s is not independent", p->uri);
  }
  if (complete && s->parts->len > 0 && ABS (sum_us - s->duration_us) > ROUNDING_US)
    return fail (r, "parts of %s do not last as long as it does", s->uri);
  return TRUE;
}

static gboolean
read_hint (Reader * r, const gchar * value)
{
  g_autoptr (GHashTable) table = read_attributes (r, value);

  if (!table || g_strcmp0 (g_hash_table_lookup (table, "TYPE"), "PART") || r->list->hint ||
      r->list->part_target_us == 0)
    return fail (r, "PRELOAD-HINT");
  return unquote (r, table, "URI", &r->list->hint);
}

static gboolean
read_duration (Reader * r, const gchar * value)
{
  const gchar *comma = strchr (value, ',');
  HlsReadSegment *open = r->list->open;

  if (!comma || r->has_duration)
    return fail (r, "EXTINF without a comma, or twice");
  r->has_duration = TRUE;
  open->title = g_strdup (comma + 1);
  return read_seconds (r, value, (gsize) (comma - value), &open->duration_us);
}

/* Always with its offset: n@o. */
static gboolean
read_byte_range (Reader * r, const gchar * value)
{
  g_auto (GStrv) both = g_strsplit (value, "@", -1);
  HlsReadSegment *open = r->list->open;

  if (open->bytes > 0 || g_strv_length (both) != 2 || !read_integer (r, both[0], &open->bytes) ||
      !read_integer (r, both[1], &open->offset) || open->bytes == 0)
    return fail (r, "BYTERANGE %s", value);
  return TRUE;
}

static gboolean
read_tag (Reader * r, const gchar * tag, const gchar * value, const gchar * line)
{
  HlsReadSegment *open = r->list->open;
  gboolean known;
  gboolean ok = read_header_tag (r, tag, value, &known);

  if (known)
    return ok;
  if (!strcmp (tag, "EXT-X-ENDLIST")) {
    r->list->ended = TRUE;
    return once (r, tag, FALSE);
  }
  if (!strcmp (tag, "EXT-X-DATERANGE"))
    return read_range (r, value);
  if (!strcmp (tag, "EXT-X-PROGRAM-DATE-TIME"))
    return open->pdt_ms == NO_DATE ? read_date (r, value, &open->pdt_ms) : fail (r, "two dates");
  if (!strcmp (tag, "EXT-X-DISCONTINUITY")) {
    if (!r->has_dsn || open->parts->len > 0 || open->discontinuity)
      return fail (r, "DISCONTINUITY twice, behind a part, or before DISCONTINUITY-SEQUENCE");
    open->discontinuities++;
    open->discontinuity = TRUE;
    return TRUE;
  }
  if (!strcmp (tag, "EXT-X-GAP")) {
    if (open->gap)
      return fail (r, "GAP twice");
    open->gap = TRUE;
    return TRUE;
  }
  if (!strcmp (tag, "EXT-X-BYTERANGE"))
    return read_byte_range (r, value);
  if (!strcmp (tag, "EXTINF"))
    return read_duration (r, value);
  if (!strcmp (tag, "EXT-X-PART"))
    return read_part (r, value);
  if (!strcmp (tag, "EXT-X-PRELOAD-HINT"))
    return read_hint (r, value);
  if (!strcmp (tag, "EXT-X-RENDITION-REPORT")) {
    g_ptr_array_add (r->list->reports, g_strdup (value));
    return TRUE;
  }
  if (g_str_has_prefix (tag, "EXT-X-CUE-") || !strcmp (tag, "EXT-OATCLS-SCTE35")) {
    g_ptr_array_add (open->cues, g_strdup (line));
    return TRUE;
  }
  return fail (r, "tag %s is not ours", tag);
}

static gboolean
read_uri (Reader * r, const gchar * uri)
{
  HlsPlaylist *list = r->list;
  HlsReadSegment *s = list->open;
  const HlsReadSegment *before = list->segments->len > 0 ?
      hls_segment (list, list->segments->len - 1) : NULL;

  if (!r->has_duration || s->duration_us <= 0)
    return fail (r, "segment %s without a length", uri);
  if (llround ((gdouble) s->duration_us / 1e6) > list->target_duration)
    return fail (r, "segment of %" G_GINT64_FORMAT " us exceeds the target of %u s",
        s->duration_us, list->target_duration);
  if (s->discontinuity && s->pdt_ms == NO_DATE)
    return fail (r, "DISCONTINUITY without a date");
  if (before && s->pdt_ms != NO_DATE && !s->discontinuity &&
      ABS (s->pdt_ms - before->pdt_ms - before->duration_us / 1000) > 2)
    return fail (r, "date and lengths disagree");
  s->uri = g_strdup (uri);
  s->msn = list->msn + list->skipped + list->segments->len;
  s->dsn = (before ? before->dsn : list->dsn) + s->discontinuities;
  if (!check_parts (r, s, TRUE))
    return FALSE;
  g_ptr_array_add (list->segments, s);
  list->open = segment_new ();
  r->has_duration = FALSE;
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
    if (((guchar) * c < 0x20 && (*c != '\t' || strncmp (line, "#EXT-X-SKIP:", 12))) || *c == 0x7f)
      return fail (r, "a control character");
  if (line[0] != '#')
    return strchr (line, ' ') ? fail (r, "white space in a URI") : read_uri (r, line);
  if (strncmp (line, "#EXT", 4))
    return fail (r, "a comment");
  n = strcspn (line + 1, ":");
  tag = g_strndup (line + 1, n);
  return read_tag (r, tag, line[1 + n] == ':' ? line + 2 + n : "", line);
}

/* -- the whole -- */

/* Section 8, as far as our playlists go. */
static guint
least_version (const HlsPlaylist * list)
{
  guint least = 3;

  if (list->skipped > 0)
    return list->removed->len > 0 ? 10 : 9;
  for (guint i = 0; i < list->segments->len; i++) {
    if (hls_segment (list, i)->duration_us > (gint64) list->target_duration * G_USEC_PER_SEC)
      return 6;
    if (hls_segment (list, i)->bytes > 0)
      least = 4;
  }
  return least;
}

static gboolean
check_low_latency (Reader * r)
{
  const HlsPlaylist *list = r->list;

  if (list->part_target_us > 0 && !list->hint)
    return fail (r, "PART-INF without a PRELOAD-HINT");
  if (list->ended && (list->hint || list->part_target_us > 0 || list->open->parts->len > 0))
    return fail (r, "parts behind the end");
  if (list->open->discontinuity && list->open->pdt_ms == NO_DATE)
    return fail (r, "DISCONTINUITY of a part without a date");
  return check_parts (r, list->open, FALSE);
}

static gboolean
check_whole (Reader * r)
{
  const HlsPlaylist *list = r->list;
  const HlsReadSegment *open = list->open;
  gint64 sum_us = 0;

  if ((list->segments->len == 0 && list->skipped == 0) || list->target_duration == 0 ||
      !r->has_dsn || !g_hash_table_contains (r->seen, "EXT-X-MEDIA-SEQUENCE") || list->version == 0)
    return fail (r, "segments, TARGETDURATION, VERSION, MEDIA-SEQUENCE and "
        "DISCONTINUITY-SEQUENCE must be there");
  if (list->version < least_version (list) || list->version > 10 || list->version == 7)
    return fail (r, "VERSION is %u", list->version);
  if (r->has_duration || open->gap || (list->part_target_us == 0 && (open->discontinuity ||
              open->pdt_ms != NO_DATE || open->cues->len > 0)))
    return fail (r, "tags of a segment without a segment");
  if (hls_segment (list, 0)->pdt_ms == NO_DATE)
    return fail (r, "the first segment has no date");
  for (guint i = 0; i < list->segments->len; i++)
    sum_us += hls_segment (list, i)->duration_us;
  if (!list->ended && list->msn > 0 && list->skipped == 0 &&
      sum_us < 3 * (gint64) list->target_duration * G_USEC_PER_SEC)
    return fail (r, "segments have left though less than three target durations stay");
  if (!g_strcmp0 (list->type, "VOD") && !list->ended)
    return fail (r, "VOD without an end");
  return check_control (r) && check_low_latency (r);
}

HlsPlaylist *
hls_read (const gchar * text, GError ** error)
{
  g_autoptr (HlsPlaylist) list = g_new0 (HlsPlaylist, 1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  Reader r = {.list = list,.seen = seen,.error = error,.line = 1 };
  guint n = g_strv_length (lines);

  list->segments = g_ptr_array_new_with_free_func (segment_free);
  list->ranges = g_ptr_array_new_with_free_func (range_free);
  list->reports = g_ptr_array_new_with_free_func (g_free);
  list->removed = g_ptr_array_new_with_free_func (g_free);
  list->open = segment_new ();
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
