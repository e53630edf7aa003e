/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of a segment: decided about with each access unit of the leading stream, carried out
 * when its first packet is placed, told as soon as the segment is the oldest one. A segment is
 * its parts one behind the other, so each part begins with PAT and PMT there too.
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

/* The open part has got its length; another one follows. */
static void
end_part (Segment * segment, gint64 duration_90k, gboolean next_independent)
{
  part_at (segment, segment->parts->len - 1)->duration_90k = duration_90k;
  segment->parts_90k += duration_90k;
  add_part (segment, next_independent);
}

/* Where nothing was sent for longer than a part lasts there are parts of nothing but PAT and
 * PMT: time goes on. */
void
asp_hls_part_take_unit (AspHlsSegmenter * s, Segment * segment, gint64 dts90k, gboolean is_rap)
{
  gint64 gop_90k = asp_hls_cut_expected_gop (&s->cut);
  gboolean rap = is_rap, first = TRUE;

  while (segment->parts) {
    gint64 elapsed_90k = asp_hls_pts_diff (dts90k, segment->start_dts90k) - segment->parts_90k;
    gboolean independent = part_at (segment, segment->parts->len - 1)->independent;
    gint64 duration_90k = asp_hls_part_cut_at_au (&s->part_cut, elapsed_90k, first && independent,
        rap, gop_90k, s->frame_90k);

    if (duration_90k == 0)
      break;
    end_part (segment, duration_90k, is_rap);
    if (!first)
      part_at (segment, segment->parts->len - 2)->independent = FALSE;
    first = rap = FALSE;
  }
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
  while (*duration_90k - segment->parts_90k > target_90k)
    end_part (segment, target_90k, FALSE);
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

static void
tell (AspHlsSegmenter * s, Segment * segment, guint i, gboolean last)
{
  const Part *part = part_at (segment, i);
  gsize start = i > 0 ? part_at (segment, i - 1)->end : 0;
  const AspHlsPartInfo info = {
    .segment = &segment->info,.index = i,.duration_90k = part->duration_90k,
    .independent = part->independent,.last = last
  };

  asp_hls_segment_complete_info (s, segment);
  s->funcs->part (&info, g_bytes_new (segment->block->data + start, part->end - start), s->user_data);
}

void
asp_hls_part_tell (AspHlsSegmenter * s)
{
  Segment *segment = g_queue_peek_head (&s->segments);

  if (!segment || !segment->parts)
    return;
  while (segment->n_told < segment->part_now)
    tell (s, segment, segment->n_told++, FALSE);
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
asp_hls_part_close (AspHlsSegmenter * s, Segment * segment)
{
  guint last;

  if (!segment->parts)
    return;
  last = segment->parts->len - 1;
  fill_up_to (s, segment, last);
  part_at (segment, last)->end = segment->size;
  while (segment->n_told < last)
    tell (s, segment, segment->n_told++, FALSE);
  tell (s, segment, last, TRUE);
}
