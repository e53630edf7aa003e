/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* E4 E6 E7 E8 E9: lengths, dates and the window. */
#include <string.h>

#include "hlc-check.h"

#define SECOND_US G_USEC_PER_SEC
/* The first playlist has so many (what this project promises; a player starts three from the end) */
#define FIRST_SEGMENTS 3
#define WINDOW_SEGMENTS 6

/* -- E4 -- */

/* The longest segment of the first version bounds TARGETDURATION. One that comes later may exceed
 * it, by half a second and the access unit with which it is closed, and is told. */
static void
check_length (HlcContext * context, const HlcPlaylist * playlist, const HlcSegment * segment,
    gboolean first)
{
  gint64 target_us = playlist->target_s * SECOND_US;
  gboolean exceeds = segment->duration_us >= target_us + SECOND_US / 2;

  if (segment->duration_us <= 0) {
    hlc_find (context->report, "E4", playlist, segment->line, "segment %" G_GINT64_FORMAT
        " has no length ('%s')", segment->msn, segment->extinf ? segment->extinf : "");
    return;
  }
  if (!exceeds)
    return;
  if (first || segment->duration_us > target_us + SECOND_US / 2 + 2 * context->frame_us)
    hlc_find (context->report, "E4", playlist, segment->line, "segment %" G_GINT64_FORMAT
        " of %s s exceeds EXT-X-TARGETDURATION:%" G_GINT64_FORMAT, segment->msn, segment->extinf,
        playlist->target_s);
  else
    hlc_find (context->report, "W4", playlist, segment->line, "segment %" G_GINT64_FORMAT
        " of %s s exceeds EXT-X-TARGETDURATION:%" G_GINT64_FORMAT, segment->msn, segment->extinf,
        playlist->target_s);
}

static void
check_lengths (HlcContext * context, const HlcPlaylist * playlist, gboolean first)
{
  const HlcTag *tag = hlc_playlist_tag (playlist, "EXT-X-TARGETDURATION");
  guint i;

  if (playlist->target_s < 1) {
    hlc_find (context->report, "E4", playlist, tag ? tag->line : 0,
        "EXT-X-TARGETDURATION is missing or no integer from 1 on");
    return;
  }
  for (i = 0; i < playlist->segments->len; i++) {
    const HlcSegment *segment = g_ptr_array_index (playlist->segments, i);

    if (segment->uri != NULL)
      check_length (context, playlist, segment, first);
  }
}

/* -- E6 -- */

static void
check_discontinuity_sequence (HlcContext * context, const HlcPlaylist * playlist, gboolean * any)
{
  *any |= hlc_playlist_tag (playlist, "EXT-X-DISCONTINUITY") != NULL;
  if (*any && playlist->discontinuity_sequence < 0 &&
      hlc_playlist_tag (playlist, "EXT-X-DISCONTINUITY-SEQUENCE") == NULL &&
      hlc_playlist_tag (playlist, "EXT-X-PLAYLIST-TYPE") == NULL)
    hlc_find (context->report, "E6", playlist, 0,
        "a live playlist with discontinuities has no EXT-X-DISCONTINUITY-SEQUENCE");
}

/* -- E7 -- */

static void
check_date_step (HlcContext * context, const HlcPlaylist * playlist, const HlcSegment * before,
    const HlcSegment * segment)
{
  gint64 step_us = segment->date_us - before->date_us, off_us = step_us - before->duration_us;

  if (before->duration_us == 0)
    return;
  if (!segment->discontinuity && ABS (off_us) > context->frame_us)
    hlc_find (context->report, "E7", playlist, segment->line, "segment %" G_GINT64_FORMAT
        " is dated %.3f s behind the one before it, which is %s s long", segment->msn,
        (gdouble) step_us / 1e6, before->extinf);
  else if (off_us <= -SECOND_US)
    hlc_find (context->report, "E7", playlist, segment->line, "segment %" G_GINT64_FORMAT
        " is dated %.3f s before the end of the one before it", segment->msn,
        (gdouble) - off_us / 1e6);
}

static void
check_dates (HlcContext * context, const HlcPlaylist * playlist)
{
  const HlcSegment *before = NULL;
  gboolean any = FALSE;
  guint i;

  for (i = 0; i < playlist->segments->len; i++) {
    const HlcSegment *segment = g_ptr_array_index (playlist->segments, i);
    gint64 unix_us;

    if (segment->pdt != NULL && !hlc_parse_date (segment->pdt, TRUE, &unix_us)) {
      hlc_find (context->report, "E7", playlist, segment->line,
          "'%s' is no date with milliseconds and zone", segment->pdt);
      return;
    }
    any |= segment->pdt != NULL;
    if (segment->discontinuity && segment->pdt == NULL && (segment->uri || segment->parts->len))
      hlc_find (context->report, "E7", playlist, segment->line, "segment %" G_GINT64_FORMAT
          " has EXT-X-DISCONTINUITY and no EXT-X-PROGRAM-DATE-TIME", segment->msn);
    if (before != NULL && before->dated && segment->pdt != NULL)
      check_date_step (context, playlist, before, segment);
    before = segment;
  }
  if (!any && !playlist->ended)
    hlc_find (context->report, "E7", playlist, 0,
        "a live playlist without EXT-X-PROGRAM-DATE-TIME");
}

/* -- E8: 6.2.2 forbids to take a segment away when less would stay; before anything was taken
 * away a channel that begins has what it has -- */

static void
check_window (HlcContext * context, const HlcPlaylist * playlist, gboolean slides)
{
  gint64 sum_us = hlc_playlist_duration_us (playlist);
  guint n = 0, i;

  for (i = 0; i < playlist->segments->len; i++)
    n += ((const HlcSegment *) g_ptr_array_index (playlist->segments, i))->uri != NULL ? 1 : 0;
  if (playlist->ended)
    return;
  if (n < FIRST_SEGMENTS)
    hlc_find (context->report, "E8", playlist, 0, "published with %u segment(s), not %u", n,
        FIRST_SEGMENTS);
  else if (sum_us < 3 * playlist->target_s * SECOND_US)
    hlc_find (context->report, slides ? "E8" : "W8", playlist, 0,
        "%.3f s are less than three times EXT-X-TARGETDURATION:%" G_GINT64_FORMAT,
        (gdouble) sum_us / 1e6, playlist->target_s);
  else if (slides && n < WINDOW_SEGMENTS)
    hlc_find (context->report, "W8", playlist, 0, "a window of %u segments, not %u", n,
        WINDOW_SEGMENTS);
}

/* -- E9 -- */

static void
check_type (HlcContext * context, const HlcPlaylist * playlist, gboolean slides)
{
  const HlcTag *tag = hlc_playlist_tag (playlist, "EXT-X-PLAYLIST-TYPE");

  if (tag == NULL)
    return;
  if (strcmp (tag->value, "VOD") != 0 && strcmp (tag->value, "EVENT") != 0)
    hlc_find (context->report, "E9", playlist, tag->line, "EXT-X-PLAYLIST-TYPE:%s", tag->value);
  else if (strcmp (tag->value, "VOD") == 0 && !playlist->ended)
    hlc_find (context->report, "E9", playlist, tag->line,
        "EXT-X-PLAYLIST-TYPE:VOD without EXT-X-ENDLIST");
  else if (slides)
    hlc_find (context->report, "E9", playlist, tag->line,
        "EXT-X-PLAYLIST-TYPE in a live playlist from which segments leave");
}

void
hlc_check_times (HlcContext * context, const HlcStream * stream)
{
  const HlcPlaylist *first = g_ptr_array_index (stream->versions, 0);
  const HlcPlaylist *last = g_ptr_array_index (stream->versions, stream->versions->len - 1);
  gboolean discontinuities = FALSE;
  guint i;

  for (i = 0; i < stream->versions->len; i++) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i);
    gboolean slides = playlist->sequence > first->sequence;

    check_lengths (context, playlist, i == 0);
    check_discontinuity_sequence (context, playlist, &discontinuities);
    check_dates (context, playlist);
    check_window (context, playlist, slides);
    check_type (context, playlist, slides);
  }
  if (context->must_end && !last->ended)
    hlc_find (context->report, "E9", last, 0, "the run is over, and there is no EXT-X-ENDLIST");
}
