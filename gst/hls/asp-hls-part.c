/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of a segment: decided about with each access unit of the leading stream, carried out
 * when its first packet is placed, told as soon as the segment is the oldest one. A segment is
 * its parts one behind the other, so each part begins with PAT and PMT there too.
 *
 * Whoever begins with a part takes what comes first in it for its beginning: where that is a
 * RAP, sound that belongs to the pictures before it would put all that follows in the wrong place
 * (hls.js does). So what ends there waits for its sound; what ends elsewhere does not.
 */
#include "asp-hls-segmenter-private.h"

/* One part; from `end` on its bytes are complete. */
typedef struct
{
  gint64 duration_90k;          /* 0 while it is open */
  gboolean independent;
  gsize end;                    /* offset in the segment */
} Part;

static Part *
part_at (const Segment * segment, guint i)
{
  return &g_array_index (segment->parts, Part, i);
}

static void
add_part (Segment * segment, gboolean independent)
{
  const Part part = {.independent = independent };

  g_array_append_val (segment->parts, part);
}

/* -- decisions -- */

void
asp_hls_part_begin (AspHlsSegmenter * s, Segment * segment, gint64 dts90k, gboolean is_rap)
{
  if (segment->discard || s->part_cut.target_90k == 0)
    return;
  segment->parts = g_array_new (FALSE, FALSE, sizeof (Part));
  segment->start_dts90k = dts90k;
  add_part (segment, is_rap);
}

/* The open part has got its length. */
static void
end_part (Segment * segment, gint64 duration_90k)
{
  part_at (segment, segment->parts->len - 1)->duration_90k = duration_90k;
  segment->parts_90k += duration_90k;
}

/* How much of the time up to an access unit the open part gets; 0: it goes on. */
static gint64
cut (AspHlsSegmenter * s, const Segment * segment, gint64 dts90k, gboolean independent, gboolean rap)
{
  gint64 elapsed_90k = asp_hls_pts_diff (dts90k, segment->start_dts90k) - segment->parts_90k;

  gint64 left_90k = asp_hls_cut_expected_segment (&s->cut) - segment->parts_90k;

  return asp_hls_part_cut_at_au (&s->part_cut, elapsed_90k, independent, rap,
      asp_hls_cut_expected_gop (&s->cut), MAX (left_90k, 0), s->frame_90k);
}

/* Where nothing was sent for longer than a part lasts there are parts of nothing but PAT and
 * PMT: time goes on. */
void
asp_hls_part_take_unit (AspHlsSegmenter * s, gint64 pts90k, gint64 dts90k, gboolean is_rap)
{
  Segment *segment = asp_hls_segment_newest (s);
  gint64 duration_90k;

  if (!segment->parts)
    return;
  duration_90k = cut (s, segment, dts90k,
      part_at (segment, segment->parts->len - 1)->independent, is_rap);
  if (duration_90k == 0)
    return;
  end_part (segment, duration_90k);
  while ((duration_90k = cut (s, segment, dts90k, FALSE, FALSE)) > 0) {
    add_part (segment, FALSE);
    end_part (segment, duration_90k);
  }
  if (is_rap) {
    segment = asp_hls_segment_continue (s, pts90k);
    segment->parts = g_array_new (FALSE, FALSE, sizeof (Part));
  }
  add_part (segment, is_rap);
}

void
asp_hls_part_end (AspHlsSegmenter * s, Segment * segment, gboolean goes_on)
{
  gint64 target_90k = s->part_cut.target_90k, *duration_90k = &segment->info.duration_90k;

  if (!segment->parts)
    return;
  /* pictures that were lost at its end are not waited for */
  if (!goes_on)
    *duration_90k = MIN (*duration_90k, segment->parts_90k + target_90k);
  while (*duration_90k - segment->parts_90k > target_90k) {
    end_part (segment, target_90k);
    add_part (segment, FALSE);
  }
  /* what has been told holds: it is as long as its parts */
  *duration_90k = MAX (*duration_90k, segment->parts_90k + 1);
  part_at (segment, segment->parts->len - 1)->duration_90k = *duration_90k - segment->parts_90k;
}

guint
asp_hls_part_number (const Segment * segment)
{
  return segment->parts ? segment->parts->len - 1 : 0;
}

/* -- bytes -- */

/* @whole: the bytes of @segment when they are all there, or NULL. */
static void
tell (AspHlsSegmenter * s, Segment * segment, guint i, GBytes * whole, gboolean last)
{
  const Part *part = part_at (segment, i);
  gsize start = i > 0 ? part_at (segment, i - 1)->end : 0, size = part->end - start;
  const AspHlsPartInfo info = {
    .segment = &segment->info,.index = segment->first_part + i,.duration_90k = part->duration_90k,
    .independent = part->independent,.last = last
  };

  asp_hls_segment_complete_info (s, segment);
  s->funcs->part (&info, whole ? g_bytes_new_from_bytes (whole, start, size) :
      g_bytes_new (segment->block->data + start, size), s->user_data);
}

void
asp_hls_part_tell (AspHlsSegmenter * s)
{
  Segment *segment = g_queue_peek_head (&s->segments);

  if (!segment || !segment->parts)
    return;
  while (segment->n_told < segment->part_now)
    tell (s, segment, segment->n_told++, NULL, FALSE);
}

static void
fill_up_to (AspHlsSegmenter * s, Segment * segment, guint part)
{
  while (segment->part_now < part) {
    part_at (segment, segment->part_now++)->end = segment->size;
    asp_hls_segment_put_tables (s, segment);
  }
}

void
asp_hls_part_reach (AspHlsSegmenter * s, Segment * segment, guint part)
{
  if (!segment->parts || segment->part_now == part)
    return;
  fill_up_to (s, segment, part);
  asp_hls_part_tell (s);
}

void
asp_hls_part_leave (AspHlsSegmenter * s, const Segment * segment)
{
  for (GList * l = s->segments.head; l && l->data != segment; l = l->next) {
    Segment *older = l->data;

    if (older->parts)
      fill_up_to (s, older, older->parts->len - 1);
  }
}

void
asp_hls_part_fill (AspHlsSegmenter * s, Segment * segment)
{
  if (!segment->parts)
    return;
  fill_up_to (s, segment, segment->parts->len - 1);
  part_at (segment, segment->part_now)->end = segment->size;
}

void
asp_hls_part_close (AspHlsSegmenter * s, Segment * segment, GBytes * bytes, gboolean last)
{
  while (segment->parts && segment->n_told < segment->parts->len) {
    guint i = segment->n_told++;

    tell (s, segment, i, bytes, last && segment->n_told == segment->parts->len);
  }
}
