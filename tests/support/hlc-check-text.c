/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* E1 E2 E3 E5: what stands in one file, without what it means. */
#include <string.h>

#include "hlc-check.h"

/* -- E1: RFC 8216bis 4.1 -- */

static void
check_line (HlcContext * context, const HlcPlaylist * playlist, const gchar * line, guint number)
{
  const gchar *c;
  gboolean quoted = FALSE;

  if (*line == '\0')
    return;
  if (g_ascii_isspace (line[0]) || g_ascii_isspace (line[strlen (line) - 1]))
    hlc_find (context->report, "E1", playlist, number, "white space around a line");
  for (c = line; *c != '\0'; c++) {
    quoted ^= *c == '"';
    if ((guchar) * c < 0x20 || *c == 0x7f) {
      hlc_find (context->report, "E1", playlist, number, "a control character");
      return;
    }
    /* EXTINF has a title, the cue tags of the field have their own habits */
    if (*c == ' ' && !quoted && g_str_has_prefix (line, "#EXT-X-") &&
        !g_str_has_prefix (line, "#EXT-X-CUE")) {
      hlc_find (context->report, "E1", playlist, number, "white space in an attribute list");
      return;
    }
  }
}

static void
check_file (HlcContext * context, const HlcPlaylist * playlist)
{
  const gchar *text = playlist->text;
  g_autofree gchar *normal = NULL;
  g_auto (GStrv) lines = NULL;
  guint i;

  if (playlist->size == 0 || strlen (text) != playlist->size ||
      !g_utf8_validate (text, (gssize) playlist->size, NULL)) {
    hlc_find (context->report, "E1", playlist, 0, "the file is empty or no UTF-8");
    return;
  }
  if (g_str_has_prefix (text, "\xef\xbb\xbf"))
    hlc_find (context->report, "E1", playlist, 1, "it begins with a byte order mark");
  else if (!g_str_has_prefix (text, "#EXTM3U\n") && !g_str_has_prefix (text, "#EXTM3U\r\n"))
    hlc_find (context->report, "E1", playlist, 1, "the first line is not #EXTM3U");
  if (text[playlist->size - 1] != '\n')
    hlc_find (context->report, "E1", playlist, 0, "the last line has no end");
  normal = g_utf8_normalize (text, (gssize) playlist->size, G_NORMALIZE_NFC);
  if (g_strcmp0 (normal, text) != 0)
    hlc_find (context->report, "E1", playlist, 0, "not in normalization form C");
  lines = g_strsplit (text, "\n", -1);
  for (i = 0; lines[i] != NULL; i++) {
    if (g_str_has_suffix (lines[i], "\r"))
      lines[i][strlen (lines[i]) - 1] = '\0';
    check_line (context, playlist, lines[i], i + 1);
  }
}

/* -- E2: once each, one kind of playlist, lists that can be read -- */

static const gchar *const once[] = { "EXTM3U", "EXT-X-VERSION", "EXT-X-TARGETDURATION",
  "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-ENDLIST", "EXT-X-PLAYLIST-TYPE",
  "EXT-X-I-FRAMES-ONLY", "EXT-X-PART-INF", "EXT-X-SERVER-CONTROL", "EXT-X-INDEPENDENT-SEGMENTS",
  "EXT-X-START", "EXT-X-SKIP", "EXT-X-CONTENT-STEERING", NULL
};

static const gchar *const once_a_segment[] = { "EXTINF", "EXT-X-DISCONTINUITY", "EXT-X-GAP",
  "EXT-X-PROGRAM-DATE-TIME", "EXT-X-BYTERANGE", "EXT-X-BITRATE", "EXT-X-MAP", NULL
};

static const gchar *const of_media[] = { "EXTINF", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE",
  "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-ENDLIST", "EXT-X-PLAYLIST-TYPE", "EXT-X-DISCONTINUITY",
  "EXT-X-PROGRAM-DATE-TIME", "EXT-X-PART", "EXT-X-PART-INF", "EXT-X-SERVER-CONTROL",
  "EXT-X-DATERANGE", "EXT-X-SKIP", "EXT-X-PRELOAD-HINT", "EXT-X-RENDITION-REPORT", "EXT-X-GAP", NULL
};

/* What a tag cannot do without (4.4). */
static const gchar *const required[][2] = {
  {"EXT-X-PART", "URI"}, {"EXT-X-PART", "DURATION"}, {"EXT-X-PART-INF", "PART-TARGET"},
  {"EXT-X-PRELOAD-HINT", "TYPE"}, {"EXT-X-PRELOAD-HINT", "URI"},
  {"EXT-X-RENDITION-REPORT", "URI"}, {"EXT-X-RENDITION-REPORT", "LAST-MSN"},
  {"EXT-X-SKIP", "SKIPPED-SEGMENTS"}, {"EXT-X-STREAM-INF", "BANDWIDTH"}, {"EXT-X-MEDIA", "TYPE"},
  {"EXT-X-MEDIA", "GROUP-ID"}, {"EXT-X-MEDIA", "NAME"}, {"EXT-X-MAP", "URI"},
  {"EXT-X-KEY", "METHOD"}, {"EXT-X-START", "TIME-OFFSET"}
};

static void
check_list (HlcContext * context, const HlcPlaylist * playlist, const HlcTag * tag)
{
  guint i;

  if (tag->fault != NULL)
    hlc_find (context->report, "E2", playlist, tag->line, "%s: %s", tag->name, tag->fault);
  for (i = 0; i < G_N_ELEMENTS (required); i++)
    if (strcmp (required[i][0], tag->name) == 0 &&
        hlc_attribute (tag->attributes, required[i][1]) == NULL)
      hlc_find (context->report, "E2", playlist, tag->line, "%s without %s", tag->name,
          required[i][1]);
}

static void
check_once (HlcContext * context, const HlcPlaylist * playlist)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) segment = g_hash_table_new (g_str_hash, g_str_equal);
  guint i;

  for (i = 0; i < playlist->tags->len; i++) {
    const HlcTag *tag = g_ptr_array_index (playlist->tags, i);

    if (g_strv_contains (once, tag->name) && !g_hash_table_add (seen, tag->name))
      hlc_find (context->report, "E2", playlist, tag->line, "a second %s", tag->name);
    if (g_strv_contains (once_a_segment, tag->name) && !g_hash_table_add (segment, tag->name))
      hlc_find (context->report, "E2", playlist, tag->line, "a second %s of a segment", tag->name);
    if (playlist->multivariant && g_strv_contains (of_media, tag->name))
      hlc_find (context->report, "E2", playlist, tag->line, "%s in a multivariant playlist",
          tag->name);
    if (*tag->name == '\0' && !playlist->multivariant && !g_hash_table_contains (segment, "EXTINF"))
      hlc_find (context->report, "E2", playlist, tag->line, "%s has no EXTINF", tag->value);
    if (*tag->name == '\0')
      g_hash_table_remove_all (segment);
    check_list (context, playlist, tag);
  }
}

/* -- E3: as much as is needed (section 8), and no more -- */

static gint64
version_of_tag (const HlcTag * tag, gboolean iframes_only)
{
  const gchar *name = tag->name;
  guint i;

  if (strcmp (name, "EXTINF") == 0)
    return strchr (tag->value, '.') ? 3 : 1;
  if (strcmp (name, "EXT-X-BYTERANGE") == 0 || strcmp (name, "EXT-X-I-FRAMES-ONLY") == 0)
    return 4;
  if (strcmp (name, "EXT-X-MAP") == 0)
    return iframes_only ? 5 : 6;
  if (strcmp (name, "EXT-X-KEY") == 0)
    return hlc_attribute (tag->attributes, "KEYFORMAT") ? 5 :
        hlc_attribute (tag->attributes, "IV") ? 2 : 1;
  if (strcmp (name, "EXT-X-SKIP") == 0)
    return hlc_attribute (tag->attributes, "RECENTLY-REMOVED-DATERANGES") ? 10 : 9;
  if (strcmp (name, "EXT-X-DEFINE") == 0)
    return hlc_attribute (tag->attributes, "QUERYPARAM") ? 11 : 8;
  for (i = 0; tag->attributes != NULL && i < tag->attributes->len; i++)
    if (g_str_has_prefix (((HlcAttribute *) g_ptr_array_index (tag->attributes, i))->name, "REQ-"))
      return 12;
  return 1;
}

static void
check_version (HlcContext * context, const HlcPlaylist * playlist)
{
  const HlcTag *tag = hlc_playlist_tag (playlist, "EXT-X-VERSION");
  gboolean iframes_only = hlc_playlist_tag (playlist, "EXT-X-I-FRAMES-ONLY") != NULL;
  gint64 needed = 1, version = 1;
  guint i;

  for (i = 0; i < playlist->tags->len; i++)
    needed = MAX (needed, version_of_tag (g_ptr_array_index (playlist->tags, i), iframes_only));
  /* from 6 on TARGETDURATION bounds the rounded length, before it the length itself */
  for (i = 0; i < playlist->segments->len && playlist->target_s > 0; i++) {
    const HlcSegment *segment = g_ptr_array_index (playlist->segments, i);

    if (segment->duration_us > playlist->target_s * G_USEC_PER_SEC)
      needed = MAX (needed, 6);
  }
  if (tag != NULL && !hlc_parse_integer (tag->value, &version))
    hlc_find (context->report, "E3", playlist, tag->line, "EXT-X-VERSION:%s is no number",
        tag->value);
  else if (version < needed)
    hlc_find (context->report, "E3", playlist, tag ? tag->line : 0,
        "version %" G_GINT64_FORMAT ", needed is %" G_GINT64_FORMAT, version, needed);
  else if (version > MAX (needed, 6))   /* 6 is what everybody writes */
    hlc_find (context->report, "W3", playlist, tag->line,
        "version %" G_GINT64_FORMAT ", needed is only %" G_GINT64_FORMAT, version, needed);
}

/* -- E5: the numbers stand before what they number -- */

static void
check_order (HlcContext * context, const HlcPlaylist * playlist)
{
  gboolean segment = FALSE;
  guint i;

  for (i = 0; i < playlist->tags->len; i++) {
    const HlcTag *tag = g_ptr_array_index (playlist->tags, i);
    gint64 value;

    if (strcmp (tag->name, "EXT-X-MEDIA-SEQUENCE") == 0 ||
        strcmp (tag->name, "EXT-X-DISCONTINUITY-SEQUENCE") == 0) {
      if (segment)
        hlc_find (context->report, "E5", playlist, tag->line, "%s behind the first segment",
            tag->name);
      if (!hlc_parse_integer (tag->value, &value))
        hlc_find (context->report, "E5", playlist, tag->line, "%s:%s is no number", tag->name,
            tag->value);
    }
    segment |= *tag->name == '\0' || hlc_tag_is_of_segment (tag);
  }
}

void
hlc_check_text (HlcContext * context, const HlcPlaylist * playlist)
{
  check_file (context, playlist);
  check_once (context, playlist);
  check_version (context, playlist);
  if (!playlist->multivariant)
    check_order (context, playlist);
}
