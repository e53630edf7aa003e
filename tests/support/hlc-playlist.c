/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlc-playlist.h"

#include <string.h>

static const gchar *const tags_with_lists[] = { "EXT-X-DATERANGE", "EXT-X-PART", "EXT-X-PART-INF",
  "EXT-X-PRELOAD-HINT", "EXT-X-SERVER-CONTROL", "EXT-X-RENDITION-REPORT", "EXT-X-SKIP",
  "EXT-X-KEY", "EXT-X-MAP", "EXT-X-START", "EXT-X-DEFINE", "EXT-X-MEDIA", "EXT-X-STREAM-INF",
  "EXT-X-I-FRAME-STREAM-INF", "EXT-X-SESSION-DATA", "EXT-X-SESSION-KEY",
  "EXT-X-CONTENT-STEERING", NULL
};

/* 4.4.4: they belong to the segment whose URI comes next. The cue tags of the field do as well. */
static const gchar *const tags_of_segments[] = { "EXTINF", "EXT-X-BYTERANGE", "EXT-X-DISCONTINUITY",
  "EXT-X-KEY", "EXT-X-MAP", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-GAP", "EXT-X-BITRATE", "EXT-X-PART",
  "EXT-X-CUE-OUT", "EXT-X-CUE-OUT-CONT", "EXT-X-CUE-IN", "EXT-X-CUE", "EXT-OATCLS-SCTE35",
  "EXT-X-ASSET", "EXT-X-SCTE35", NULL
};

gboolean
hlc_tag_is_of_segment (const HlcTag * tag)
{
  return g_strv_contains (tags_of_segments, tag->name);
}

static void
tag_free (gpointer p)
{
  HlcTag *tag = p;

  g_free (tag->name);
  g_free (tag->value);
  g_free (tag->fault);
  g_clear_pointer (&tag->attributes, g_ptr_array_unref);
  g_free (tag);
}

static void
segment_free (gpointer p)
{
  HlcSegment *segment = p;

  g_array_unref (segment->parts);
  g_free (segment);
}

static void
add_line (HlcPlaylist * playlist, const gchar * text, guint line)
{
  const gchar *colon = strchr (text, ':');
  HlcTag *tag;

  /* comments and empty lines say nothing (4.1) */
  if (*text == '\0' || (*text == '#' && !g_str_has_prefix (text, "#EXT")))
    return;
  tag = g_new0 (HlcTag, 1);
  tag->line = line;
  if (*text != '#') {
    tag->name = g_strdup ("");
    tag->value = g_strdup (text);
  } else {
    tag->name = colon ? g_strndup (text + 1, (gsize) (colon - text - 1)) : g_strdup (text + 1);
    tag->value = g_strdup (colon ? colon + 1 : "");
    if (g_strv_contains (tags_with_lists, tag->name))
      tag->attributes = hlc_attributes_parse (tag->value, &tag->fault);
  }
  g_ptr_array_add (playlist->tags, tag);
}

static void
read_lines (HlcPlaylist * playlist)
{
  g_auto (GStrv) lines = g_strsplit (playlist->text, "\n", -1);
  guint i;

  for (i = 0; lines[i] != NULL; i++) {
    gchar *line = lines[i];

    if (i == 0 && g_str_has_prefix (line, "\xef\xbb\xbf"))
      line += 3;
    if (g_str_has_suffix (line, "\r"))
      line[strlen (line) - 1] = '\0';
    add_line (playlist, g_strstrip (line), i + 1);
  }
}

static gint64
integer_of (const HlcPlaylist * playlist, const gchar * name, gint64 otherwise)
{
  const HlcTag *tag = hlc_playlist_tag (playlist, name);
  gint64 value;

  return tag != NULL && hlc_parse_integer (tag->value, &value) ? value : otherwise;
}

static void
take_extinf (HlcSegment * segment, HlcTag * tag)
{
  gchar *comma = strchr (tag->value, ',');

  /* the tag keeps number and title, one behind the other */
  if (comma != NULL)
    *comma = '\0';
  segment->extinf = tag->value;
  segment->title = comma ? comma + 1 : "";
  segment->line = tag->line;
  if (!hlc_parse_seconds (tag->value, &segment->duration_us))
    segment->duration_us = 0;
}

static void
take_part (HlcSegment * segment, const HlcTag * tag)
{
  HlcPart part = {.tag = tag };

  part.uri = hlc_attribute_value (tag->attributes, "URI");
  part.duration_us = hlc_attribute_us (tag->attributes, "DURATION");
  part.independent = g_strcmp0 (hlc_attribute_value (tag->attributes, "INDEPENDENT"), "YES") == 0;
  part.gap = g_strcmp0 (hlc_attribute_value (tag->attributes, "GAP"), "YES") == 0;
  g_array_append_val (segment->parts, part);
}

static void
take_tag (HlcSegment * segment, HlcTag * tag)
{
  if (strcmp (tag->name, "EXTINF") == 0)
    take_extinf (segment, tag);
  else if (strcmp (tag->name, "EXT-X-PART") == 0)
    take_part (segment, tag);
  else if (strcmp (tag->name, "EXT-X-BYTERANGE") == 0)
    segment->byterange = tag->value;
  else if (strcmp (tag->name, "EXT-X-DISCONTINUITY") == 0)
    segment->discontinuity = TRUE;
  else if (strcmp (tag->name, "EXT-X-GAP") == 0)
    segment->gap = TRUE;
  else if (strcmp (tag->name, "EXT-X-PROGRAM-DATE-TIME") == 0)
    segment->pdt = tag->value;
}

static HlcSegment *
segment_new (const HlcPlaylist * playlist, guint tag, gint64 skipped)
{
  HlcSegment *segment = g_new0 (HlcSegment, 1);
  const HlcTag *first = g_ptr_array_index (playlist->tags, tag);

  segment->msn = playlist->sequence + skipped + playlist->segments->len;
  segment->line = first->line;
  segment->first_tag = tag;
  segment->parts = g_array_new (FALSE, FALSE, sizeof (HlcPart));
  return segment;
}

static void
read_segments (HlcPlaylist * playlist)
{
  const HlcTag *skip = hlc_playlist_tag (playlist, "EXT-X-SKIP");
  gint64 skipped = skip ? MAX (0, hlc_attribute_integer (skip->attributes, "SKIPPED-SEGMENTS")) : 0;
  HlcSegment *open = NULL;
  guint i;

  for (i = 0; i < playlist->tags->len; i++) {
    HlcTag *tag = g_ptr_array_index (playlist->tags, i);
    gboolean is_uri = *tag->name == '\0';

    if (!is_uri && !hlc_tag_is_of_segment (tag))
      continue;
    if (open == NULL) {
      open = segment_new (playlist, i, skipped);
      g_ptr_array_add (playlist->segments, open);
    }
    take_tag (open, tag);
    open->end_tag = i + 1;
    if (is_uri) {
      open->uri = tag->value;
      open = NULL;
    }
  }
}

/* Discontinuity sequence numbers and dates, from one segment to the next. */
static void
number_segments (HlcPlaylist * playlist)
{
  gint64 dsn = playlist->discontinuity_sequence, next_us = 0;
  gboolean dated = FALSE;
  guint i;

  for (i = 0; i < playlist->segments->len; i++) {
    HlcSegment *segment = g_ptr_array_index (playlist->segments, i);

    if (segment->discontinuity && dsn >= 0)
      dsn++;
    segment->dsn = dsn;
    if (segment->pdt != NULL && hlc_parse_date (segment->pdt, FALSE, &next_us))
      dated = TRUE;
    segment->dated = dated;
    segment->date_us = next_us;
    next_us += segment->duration_us;
  }
}

HlcPlaylist *
hlc_playlist_parse (const gchar * name, const gchar * text, gsize size)
{
  HlcPlaylist *playlist = g_new0 (HlcPlaylist, 1);
  const HlcTag *part_inf;

  playlist->name = g_strdup (name);
  playlist->text = g_strndup (text, size);
  playlist->size = size;
  playlist->tags = g_ptr_array_new_with_free_func (tag_free);
  playlist->segments = g_ptr_array_new_with_free_func (segment_free);
  read_lines (playlist);
  playlist->multivariant = hlc_playlist_tag (playlist, "EXT-X-STREAM-INF") != NULL;
  playlist->ended = hlc_playlist_tag (playlist, "EXT-X-ENDLIST") != NULL;
  playlist->target_s = integer_of (playlist, "EXT-X-TARGETDURATION", -1);
  playlist->sequence = integer_of (playlist, "EXT-X-MEDIA-SEQUENCE", 0);
  playlist->discontinuity_sequence = integer_of (playlist, "EXT-X-DISCONTINUITY-SEQUENCE", -1);
  part_inf = hlc_playlist_tag (playlist, "EXT-X-PART-INF");
  playlist->part_target_us = part_inf ? hlc_attribute_us (part_inf->attributes, "PART-TARGET") : -1;
  if (!playlist->multivariant) {
    read_segments (playlist);
    number_segments (playlist);
  }
  return playlist;
}

void
hlc_playlist_free (HlcPlaylist * playlist)
{
  if (playlist == NULL)
    return;
  g_ptr_array_unref (playlist->segments);
  g_ptr_array_unref (playlist->tags);
  g_free (playlist->text);
  g_free (playlist->name);
  g_free (playlist->file);
  g_free (playlist);
}

const HlcTag *
hlc_playlist_tag (const HlcPlaylist * playlist, const gchar * name)
{
  guint i;

  for (i = 0; i < playlist->tags->len; i++) {
    const HlcTag *tag = g_ptr_array_index (playlist->tags, i);

    if (strcmp (tag->name, name) == 0)
      return tag;
  }
  return NULL;
}

const HlcSegment *
hlc_playlist_segment (const HlcPlaylist * playlist, gint64 msn)
{
  guint i;

  for (i = 0; i < playlist->segments->len; i++) {
    const HlcSegment *segment = g_ptr_array_index (playlist->segments, i);

    if (segment->msn == msn)
      return segment;
  }
  return NULL;
}

const HlcSegment *
hlc_playlist_last (const HlcPlaylist * playlist)
{
  guint i;

  for (i = playlist->segments->len; i > 0; i--) {
    const HlcSegment *segment = g_ptr_array_index (playlist->segments, i - 1);

    if (segment->uri != NULL)
      return segment;
  }
  return NULL;
}

gint64
hlc_playlist_duration_us (const HlcPlaylist * playlist)
{
  gint64 sum = 0;
  guint i;

  for (i = 0; i < playlist->segments->len; i++)
    sum += ((const HlcSegment *) g_ptr_array_index (playlist->segments, i))->duration_us;
  return sum;
}

/* Takes "." and ".." out of a path. */
static gchar *
clean_path (const gchar * path)
{
  g_auto (GStrv) steps = g_strsplit (path, "/", -1);
  g_autoptr (GPtrArray) kept = g_ptr_array_new ();
  guint i;

  for (i = 0; steps[i] != NULL; i++) {
    if (strcmp (steps[i], "..") == 0 && kept->len > 0)
      g_ptr_array_set_size (kept, (gint) kept->len - 1);
    else if (*steps[i] != '\0' && strcmp (steps[i], ".") != 0 && strcmp (steps[i], "..") != 0)
      g_ptr_array_add (kept, steps[i]);
  }
  g_ptr_array_add (kept, NULL);
  return g_strjoinv ("/", (gchar **) kept->pdata);
}

gchar *
hlc_resolve (const gchar * name, const gchar * uri)
{
  g_autofree gchar *bare = g_strndup (uri, strcspn (uri, "?#"));
  const gchar *host = strstr (bare, "://"), *slash = strrchr (name, '/');
  g_autofree gchar *path = NULL;

  if (host != NULL) {
    const gchar *behind = strchr (host + 3, '/');

    return clean_path (behind ? behind : "");
  }
  if (*bare == '/' || slash == NULL)
    return clean_path (bare);
  path = g_strdup_printf ("%.*s/%s", (int) (slash - name), name, bare);
  return clean_path (path);
}
