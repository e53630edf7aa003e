/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* E12: the cue tags of the field. EXT-X-CUE-OUT opens, -CONT stands on every other segment of the
 * break, EXT-X-CUE-IN on the first one behind it. With EXT-X-CUE-OUT:DURATION=30 (Google's form) there
 * is no -CONT: who joins in a break does not know. */
#include <string.h>

#include "hlc-check.h"

typedef struct
{
  const gchar *tag;             /* NULL: none on this segment */
  guint line;
  gint64 elapsed_us, duration_us;       /* -1: not said */
  gchar *section;               /* hex, or NULL */
} Cue;

static void
fault (HlcContext * context, const HlcPlaylist * playlist, guint line, const gchar * text)
{
  hlc_find (context->report, "E12", playlist, line, "%s", text);
}

static void
take_section (HlcContext * context, const HlcPlaylist * playlist, Cue * cue, const gchar * text)
{
  g_autofree gchar *wrong = NULL;

  g_free (cue->section);
  wrong = hlc_scte35_fault (text, FALSE, &cue->section);
  if (wrong != NULL)
    hlc_find (context->report, "E12", playlist, cue->line, "the cue: %s", wrong);
}

/* "30.000" or "DURATION=30" */
static void
read_out (HlcContext * context, const HlcPlaylist * playlist, const gchar * value, Cue * cue)
{
  if (g_str_has_prefix (value, "DURATION="))
    value += strlen ("DURATION=");
  if (!hlc_parse_seconds (value, &cue->duration_us))
    fault (context, playlist, cue->line, "EXT-X-CUE-OUT without a duration");
}

/* "8.308/30" or "ElapsedTime=8.308,Duration=30,SCTE35=..." */
static void
read_continue (HlcContext * context, const HlcPlaylist * playlist, const gchar * value, Cue * cue)
{
  g_auto (GStrv) parts = g_strsplit (value + strspn (value, " "), strchr (value, '=') ? "," : "/", -1);
  gboolean fine = TRUE;
  guint i;

  for (i = 0; parts[i] != NULL; i++) {
    if (g_str_has_prefix (parts[i], "ElapsedTime="))
      fine &= hlc_parse_seconds (parts[i] + strlen ("ElapsedTime="), &cue->elapsed_us);
    else if (g_str_has_prefix (parts[i], "Duration="))
      fine &= hlc_parse_seconds (parts[i] + strlen ("Duration="), &cue->duration_us);
    else if (g_str_has_prefix (parts[i], "SCTE35="))
      take_section (context, playlist, cue, parts[i] + strlen ("SCTE35="));
    else if (strchr (parts[i], '=') == NULL)
      fine &= hlc_parse_seconds (parts[i], i == 0 ? &cue->elapsed_us : &cue->duration_us);
  }
  if (!fine || cue->elapsed_us < 0)
    fault (context, playlist, cue->line, "EXT-X-CUE-OUT-CONT without elapsed time and duration");
}

static Cue
read_cue (HlcContext * context, const HlcPlaylist * playlist, const HlcSegment * segment)
{
  Cue cue = { NULL, segment->line, -1, -1, NULL };
  guint i;

  for (i = segment->first_tag; i < segment->end_tag; i++) {
    const HlcTag *tag = g_ptr_array_index (playlist->tags, i);

    if (strcmp (tag->name, "EXT-OATCLS-SCTE35") == 0) {
      take_section (context, playlist, &cue, tag->value);
      continue;
    }
    if (!g_str_has_prefix (tag->name, "EXT-X-CUE-"))
      continue;
    cue.line = tag->line;
    /* a break may end and the next one begin on one segment; both dialects may say the same */
    if (cue.tag != NULL && strcmp (cue.tag, "EXT-X-CUE-IN") != 0 && strcmp (cue.tag, tag->name) != 0)
      fault (context, playlist, tag->line, "cue tags that exclude each other on one segment");
    cue.tag = tag->name;
    if (strcmp (tag->name, "EXT-X-CUE-OUT") == 0)
      read_out (context, playlist, tag->value, &cue);
    else if (strcmp (tag->name, "EXT-X-CUE-OUT-CONT") == 0)
      read_continue (context, playlist, tag->value, &cue);
  }
  return cue;
}

typedef struct
{
  gboolean without_continue;    /* the form of Google */
  gboolean known;               /* FALSE: nothing is known yet of what was before the window */
  gboolean open;
  gint64 elapsed_us;            /* at the next segment; -1: not known */
  gint64 duration_us;
  gchar *section;
} Break;

static void
check_continue (HlcContext * context, const HlcPlaylist * playlist, const Cue * cue, Break * b)
{
  if (b->known && !b->open)
    fault (context, playlist, cue->line, "EXT-X-CUE-OUT-CONT outside a break");
  if (b->open && b->elapsed_us >= 0 && cue->elapsed_us >= 0 &&
      ABS (cue->elapsed_us - b->elapsed_us) > context->frame_us)
    hlc_find (context->report, "E12", playlist, cue->line,
        "EXT-X-CUE-OUT-CONT says %.3f s of the break are over, they are %.3f",
        (gdouble) cue->elapsed_us / 1e6, (gdouble) b->elapsed_us / 1e6);
  if (b->open && b->duration_us >= 0 && cue->duration_us >= 0 &&
      ABS (cue->duration_us - b->duration_us) > 1000)
    fault (context, playlist, cue->line, "EXT-X-CUE-OUT-CONT has another duration than its break");
  if (b->open && b->section != NULL && cue->section != NULL &&
      strcmp (b->section, cue->section) != 0)
    fault (context, playlist, cue->line, "EXT-X-CUE-OUT-CONT has another cue than its break");
  b->open = TRUE;
  if (b->elapsed_us < 0)
    b->elapsed_us = cue->elapsed_us;
  if (b->duration_us < 0)
    b->duration_us = cue->duration_us;
}

static void
step (HlcContext * context, const HlcPlaylist * playlist, const Cue * cue, Break * b)
{
  if (cue->tag == NULL) {
    if (b->open && !b->without_continue)
      fault (context, playlist, cue->line, "a segment of a break without EXT-X-CUE-OUT-CONT");
  } else if (strcmp (cue->tag, "EXT-X-CUE-IN") == 0) {
    if (b->known && !b->open)
      fault (context, playlist, cue->line, "EXT-X-CUE-IN outside a break");
    b->open = FALSE;
  } else if (strcmp (cue->tag, "EXT-X-CUE-OUT") == 0) {
    if (b->open)
      fault (context, playlist, cue->line, "EXT-X-CUE-OUT in a break");
    b->open = TRUE;
    b->elapsed_us = 0;
    b->duration_us = cue->duration_us;
    g_free (b->section);
    b->section = g_strdup (cue->section);
  } else if (strcmp (cue->tag, "EXT-X-CUE-OUT-CONT") == 0) {
    check_continue (context, playlist, cue, b);
  }
  b->known |= cue->tag != NULL || !b->without_continue;
}

/* The cue is the one that the date range of that instant carries. */
static void
check_range (HlcContext * context, const HlcPlaylist * playlist, const HlcSegment * segment,
    const Cue * cue)
{
  gint64 start_us;
  guint i;

  for (i = 0; i < playlist->tags->len; i++) {
    const HlcTag *tag = g_ptr_array_index (playlist->tags, i);
    const gchar *out, *date;

    if (strcmp (tag->name, "EXT-X-DATERANGE") != 0)
      continue;
    out = hlc_attribute_value (tag->attributes, "SCTE35-OUT");
    date = hlc_attribute_value (tag->attributes, "START-DATE");
    if (out == NULL || date == NULL || !hlc_parse_date (date, FALSE, &start_us) ||
        !segment->dated || ABS (start_us - segment->date_us) > context->frame_us)
      continue;
    if (strlen (out) > 2 && g_ascii_strcasecmp (out + 2, cue->section) != 0)
      fault (context, playlist, cue->line, "the cue is not the SCTE35-OUT of its date range");
  }
}

static void
check_version (HlcContext * context, const HlcPlaylist * playlist, gboolean without_continue)
{
  Break b = { without_continue, FALSE, FALSE, -1, -1, NULL };
  guint i;

  for (i = 0; i < playlist->segments->len; i++) {
    const HlcSegment *segment = g_ptr_array_index (playlist->segments, i);
    Cue cue = read_cue (context, playlist, segment);

    if (segment->uri != NULL || cue.tag != NULL)
      step (context, playlist, &cue, &b);
    if (cue.section != NULL && g_strcmp0 (cue.tag, "EXT-X-CUE-OUT") == 0)
      check_range (context, playlist, segment, &cue);
    if (b.open && b.elapsed_us >= 0)
      b.elapsed_us += segment->duration_us;
    g_free (cue.section);
  }
  g_free (b.section);
}

void
hlc_check_cues (HlcContext * context, const HlcStream * stream)
{
  gboolean any = FALSE, without_continue = FALSE;
  guint i, j;

  for (i = 0; i < stream->versions->len; i++) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i);

    for (j = 0; j < playlist->tags->len; j++) {
      const HlcTag *tag = g_ptr_array_index (playlist->tags, j);

      any |= g_str_has_prefix (tag->name, "EXT-X-CUE-");
      without_continue |= strcmp (tag->name, "EXT-X-CUE-OUT") == 0 &&
          g_str_has_prefix (tag->value, "DURATION=");
    }
  }
  for (i = 0; any && i < stream->versions->len; i++)
    check_version (context, g_ptr_array_index (stream->versions, i), without_continue);
}
