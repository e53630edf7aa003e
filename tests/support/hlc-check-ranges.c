/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* E10 E11 E25: EXT-X-DATERANGE (RFC 8216bis 4.4.5.1) and interstitials (appendix D). */
#include <string.h>

#include "hlc-check.h"

#define INTERSTITIAL "com.apple.hls.interstitial"
#define DATE_TOLERANCE_US 1500  /* dates and durations are rounded to milliseconds each */

static const gchar *const known[] = { "ID", "CLASS", "START-DATE", "CUE", "END-DATE", "DURATION",
  "PLANNED-DURATION", "SCTE35-CMD", "SCTE35-OUT", "SCTE35-IN", "END-ON-NEXT", NULL
};

static const gchar *const strings[] = { "ID", "CLASS", "START-DATE", "CUE", "END-DATE", NULL };

/* -- one tag -- */

static void
fault_of (HlcContext * context, const HlcPlaylist * playlist, const HlcTag * tag,
    const gchar * assertion, const gchar * text)
{
  const gchar *id = hlc_attribute_value (tag->attributes, "ID");

  hlc_find (context->report, assertion, playlist, tag->line, "range '%s': %s", id ? id : "", text);
}

static void
check_attribute (HlcContext * context, const HlcPlaylist * playlist, const HlcTag * tag,
    const HlcAttribute * a)
{
  g_autofree gchar *text = NULL;
  gint64 us;

  if (g_strv_contains (strings, a->name) && !a->quoted) {
    text = g_strdup_printf ("%s is not quoted", a->name);
  } else if (g_str_has_suffix (a->name, "DURATION") && g_strv_contains (known, a->name)) {
    if (a->quoted || !hlc_parse_seconds (a->value, &us))
      text = g_strdup_printf ("%s=%s is no decimal number", a->name, a->value);
  } else if (g_str_has_suffix (a->name, "-DATE") && g_strv_contains (known, a->name)) {
    if (!hlc_parse_date (a->value, TRUE, &us))
      text = g_strdup_printf ("%s '%s' is no date with milliseconds and zone", a->name, a->value);
  } else if (g_str_has_prefix (a->name, "SCTE35-")) {
    g_autofree gchar *fault = hlc_scte35_fault (a->value, TRUE, NULL);

    if (a->quoted)
      text = g_strdup_printf ("%s is quoted", a->name);
    else if (fault != NULL)
      text = g_strdup_printf ("%s: %s", a->name, fault);
  } else if (!g_strv_contains (known, a->name) && !g_str_has_prefix (a->name, "X-")) {
    text = g_strdup_printf ("%s is no attribute of it", a->name);
  }
  if (text != NULL)
    fault_of (context, playlist, tag, "E10", text);
}

static void
check_cue (HlcContext * context, const HlcPlaylist * playlist, const HlcTag * tag)
{
  const gchar *cue = hlc_attribute_value (tag->attributes, "CUE");
  g_auto (GStrv) words = cue ? g_strsplit (cue, ",", -1) : NULL;
  static const gchar *const allowed[] = { "PRE", "POST", "ONCE", NULL };
  guint i;

  for (i = 0; words != NULL && words[i] != NULL; i++)
    if (!g_strv_contains (allowed, words[i]))
      fault_of (context, playlist, tag, "E10", "CUE is no list of PRE, POST, ONCE");
  if (words != NULL && g_strv_contains ((const gchar **) words, "PRE") &&
      g_strv_contains ((const gchar **) words, "POST"))
    fault_of (context, playlist, tag, "E10", "CUE is PRE and POST");
}

static void
check_times_of (HlcContext * context, const HlcPlaylist * playlist, const HlcTag * tag)
{
  const gchar *end = hlc_attribute_value (tag->attributes, "END-DATE");
  const gchar *start = hlc_attribute_value (tag->attributes, "START-DATE");
  const gchar *on_next = hlc_attribute_value (tag->attributes, "END-ON-NEXT");
  gint64 duration_us = hlc_attribute_us (tag->attributes, "DURATION"), start_us, end_us;

  if (start && end && hlc_parse_date (start, FALSE, &start_us) &&
      hlc_parse_date (end, FALSE, &end_us)) {
    if (end_us < start_us)
      fault_of (context, playlist, tag, "E10", "END-DATE is before START-DATE");
    else if (duration_us >= 0 && ABS (end_us - start_us - duration_us) > DATE_TOLERANCE_US)
      fault_of (context, playlist, tag, "E10", "END-DATE is not START-DATE and DURATION");
  }
  if (on_next != NULL) {
    if (strcmp (on_next, "YES") != 0)
      fault_of (context, playlist, tag, "E10", "END-ON-NEXT is not YES");
    if (!hlc_attribute (tag->attributes, "CLASS"))
      fault_of (context, playlist, tag, "E10", "END-ON-NEXT without CLASS");
    if (duration_us >= 0 || end != NULL)
      fault_of (context, playlist, tag, "E10", "END-ON-NEXT with DURATION or END-DATE");
  }
  if (hlc_attribute (tag->attributes, "SCTE35-IN") && duration_us < 0 && end == NULL)
    fault_of (context, playlist, tag, "E10", "SCTE35-IN without DURATION or END-DATE");
}

static void
check_interstitial (HlcContext * context, const HlcPlaylist * playlist, const HlcTag * tag)
{
  static const gchar *const enums[][3] = {
    {"X-RESTRICT", "SKIP", "JUMP"}, {"X-SNAP", "OUT", "IN"}, {"X-CONTENT-MAY-VARY", "YES", "NO"},
    {"X-TIMELINE-OCCUPIES", "POINT", "RANGE"}, {"X-TIMELINE-STYLE", "HIGHLIGHT", "PRIMARY"}
  };
  const gchar *uri = hlc_attribute_value (tag->attributes, "X-ASSET-URI");
  gboolean list = hlc_attribute (tag->attributes, "X-ASSET-LIST") != NULL;
  guint i, j;

  if (uri != NULL && list)
    fault_of (context, playlist, tag, "E11", "X-ASSET-URI and X-ASSET-LIST");
  /* a break whose decision is for others to make: players leave it alone */
  if (uri == NULL && !list)
    fault_of (context, playlist, tag, "W11", "neither X-ASSET-URI nor X-ASSET-LIST");
  if (uri != NULL && strstr (uri, "://") == NULL)
    fault_of (context, playlist, tag, "E11", "X-ASSET-URI is not absolute");
  for (i = 0; i < G_N_ELEMENTS (enums); i++) {
    const gchar *value = hlc_attribute_value (tag->attributes, enums[i][0]);
    g_auto (GStrv) words = value ? g_strsplit (value, ",", -1) : NULL;

    for (j = 0; words != NULL && words[j] != NULL; j++)
      if (strcmp (words[j], enums[i][1]) != 0 && strcmp (words[j], enums[i][2]) != 0)
        fault_of (context, playlist, tag, "E11", enums[i][0]);
  }
}

static void
check_tag (HlcContext * context, const HlcPlaylist * playlist, const HlcTag * tag)
{
  guint i;

  for (i = 0; i < tag->attributes->len; i++)
    check_attribute (context, playlist, tag, g_ptr_array_index (tag->attributes, i));
  check_cue (context, playlist, tag);
  check_times_of (context, playlist, tag);
  if (g_strcmp0 (hlc_attribute_value (tag->attributes, "CLASS"), INTERSTITIAL) == 0)
    check_interstitial (context, playlist, tag);
}

/* -- all tags of an ID, over the whole run -- */

typedef struct
{
  GHashTable *attributes;       /* what was said so far */
  guint version;                /* in which it stood last */
  gint64 start_us, end_us;      /* end: -1: not known */
  gboolean open;                /* ... and to be told: it is more than an instant */
} Range;

static void
range_free (gpointer p)
{
  Range *range = p;

  g_hash_table_unref (range->attributes);
  g_free (range);
}

static Range *
range_of (HlcContext * context, GHashTable * ranges, const HlcPlaylist * playlist,
    const HlcTag * tag)
{
  const gchar *id = hlc_attribute_value (tag->attributes, "ID");
  Range *range;

  if (id == NULL || *id == '\0') {
    hlc_find (context->report, "E10", playlist, tag->line, "EXT-X-DATERANGE without ID");
    return NULL;
  }
  range = g_hash_table_lookup (ranges, id);
  if (range == NULL) {
    if (hlc_attribute (tag->attributes, "START-DATE") == NULL)
      fault_of (context, playlist, tag, "E10", "its first tag has no START-DATE");
    range = g_new0 (Range, 1);
    range->attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    range->end_us = -1;
    g_hash_table_insert (ranges, g_strdup (id), range);
  }
  return range;
}

static void
merge (HlcContext * context, const HlcPlaylist * playlist, const HlcTag * tag, Range * range)
{
  gint64 duration_us = hlc_attribute_us (tag->attributes, "DURATION");
  const gchar *text;
  guint i;

  range->version = playlist->number;
  for (i = 0; i < tag->attributes->len; i++) {
    const HlcAttribute *a = g_ptr_array_index (tag->attributes, i);
    const gchar *had = g_hash_table_lookup (range->attributes, a->name);

    if (had != NULL && strcmp (had, a->value) != 0) {
      g_autofree gchar *fault = g_strdup_printf ("%s was '%s', is '%s'", a->name, had, a->value);

      fault_of (context, playlist, tag, "E10", fault);
    }
    g_hash_table_insert (range->attributes, g_strdup (a->name), g_strdup (a->value));
  }
  text = g_hash_table_lookup (range->attributes, "START-DATE");
  if (text == NULL || !hlc_parse_date (text, FALSE, &range->start_us))
    return;
  text = g_hash_table_lookup (range->attributes, "END-DATE");
  if (duration_us >= 0)
    range->end_us = range->start_us + duration_us;
  else if (text != NULL)
    hlc_parse_date (text, FALSE, &range->end_us);
  range->open = range->end_us < 0 && (hlc_attribute (tag->attributes, "SCTE35-OUT") ||
      hlc_attribute (tag->attributes, "PLANNED-DURATION") ||
      hlc_attribute (tag->attributes, "END-ON-NEXT"));
}

/* END-ON-NEXT: it ends where the next one of its class begins. */
static gint64
end_by_next (GHashTable * ranges, const Range * range)
{
  const gchar *class = g_hash_table_lookup (range->attributes, "CLASS");
  GHashTableIter iter;
  gpointer value;
  gint64 end_us = -1;

  if (!g_hash_table_contains (range->attributes, "END-ON-NEXT"))
    return range->end_us;
  g_hash_table_iter_init (&iter, ranges);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Range *other = value;

    if (g_strcmp0 (g_hash_table_lookup (other->attributes, "CLASS"), class) == 0 &&
        other->start_us > range->start_us && (end_us < 0 || other->start_us < end_us))
      end_us = other->start_us;
  }
  return end_us;
}

/* What an ID has said must not be taken back (6.2.1): all that it ever said is in this version. */
static void
check_kept (HlcContext * context, const HlcPlaylist * playlist, const gchar * id,
    const Range * range)
{
  GHashTableIter iter;
  gpointer name, value;
  guint i;

  g_hash_table_iter_init (&iter, range->attributes);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    gboolean there = FALSE;

    for (i = 0; i < playlist->tags->len && !there; i++) {
      const HlcTag *tag = g_ptr_array_index (playlist->tags, i);

      there = strcmp (tag->name, "EXT-X-DATERANGE") == 0 &&
          g_strcmp0 (hlc_attribute_value (tag->attributes, "ID"), id) == 0 &&
          hlc_attribute (tag->attributes, name) != NULL;
    }
    if (!there)
      hlc_find (context->report, "E10", playlist, 0, "range '%s' has lost its %s", id,
          (const gchar *) name);
  }
}

/* A range leaves only when none of its time is listed any more. */
static void
check_removed (HlcContext * context, const HlcPlaylist * playlist, GHashTable * ranges,
    const gchar * id, const Range * range)
{
  gint64 end_us = end_by_next (ranges, range);
  const HlcSegment *first =
      playlist->segments->len > 0 ? g_ptr_array_index (playlist->segments, 0) : NULL;
  const HlcSegment *last = hlc_playlist_last (playlist);

  if (first == NULL || last == NULL || !first->dated || range->start_us == 0)
    return;
  if (end_us < 0 && !range->open)
    end_us = range->start_us + 1;
  if (range->start_us < last->date_us + last->duration_us &&
      (end_us < 0 || end_us > first->date_us + DATE_TOLERANCE_US))
    hlc_find (context->report, "E25", playlist, 0,
        "range '%s' is gone, and part of it is still listed", id);
}

static void
check_version (HlcContext * context, const HlcPlaylist * playlist, GHashTable * ranges)
{
  GHashTableIter iter;
  gpointer id, value;
  gboolean any = FALSE;
  guint i;

  for (i = 0; i < playlist->tags->len; i++) {
    const HlcTag *tag = g_ptr_array_index (playlist->tags, i);
    Range *range;

    if (strcmp (tag->name, "EXT-X-DATERANGE") != 0)
      continue;
    any = TRUE;
    check_tag (context, playlist, tag);
    range = range_of (context, ranges, playlist, tag);
    if (range != NULL)
      merge (context, playlist, tag, range);
  }
  if (any && hlc_playlist_tag (playlist, "EXT-X-PROGRAM-DATE-TIME") == NULL)
    hlc_find (context->report, "E10", playlist, 0, "EXT-X-DATERANGE without a program date");
  g_hash_table_iter_init (&iter, ranges);
  while (g_hash_table_iter_next (&iter, &id, &value)) {
    const Range *range = value;

    if (range->version == playlist->number)
      check_kept (context, playlist, id, range);
    else if (range->version + 1 == playlist->number)
      check_removed (context, playlist, ranges, id, range);
  }
}

void
hlc_check_ranges (HlcContext * context, const HlcStream * stream)
{
  g_autoptr (GHashTable) ranges =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, range_free);
  guint i;

  for (i = 0; i < stream->versions->len; i++)
    check_version (context, g_ptr_array_index (stream->versions, i), ranges);
}
