/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-segmenter-private.h"

#include <string.h>

/* A step of DTS beyond these is another time base, or a hole to be told. */
#define JUMP_BACK_90K ASP_SECOND_90K
#define JUMP_FORWARD_90K (5 * ASP_SECOND_90K)
#define FRAME_MAX_90K ASP_SECOND_90K
#define REORDER_MAX_90K ASP_SECOND_90K
/* A picture behind the boundary that is no RAP: so long one is waited for. */
#define BOUNDARY_PATIENCE_90K ASP_SECOND_90K

/* One access unit of the leading stream. */
typedef struct
{
  gint64 pts90k, dts90k;        /* 33 bit */
  AspPictureKind kind;
  gboolean is_rap;
  const guint8 *es;
  gsize es_size;
} Unit;

static gboolean
is_video (const AspHlsSegmenter * s)
{
  return ASP_CODEC_IS_VIDEO (s->lead->codec);
}

gboolean
asp_hls_lead_head_complete (AspHlsSegmenter * s, const guint8 * head, gsize size)
{
  AspPesHeader pes;
  AspAuInfo au;
  AspPesResult result = asp_pes_parse (head, size, &pes);

  if (result != ASP_PES_OK)
    return result == ASP_PES_BAD;
  if (!is_video (s))
    return TRUE;
  asp_es_video_scan (s->lead->codec, head + pes.header_size, size - pes.header_size, &au);
  return au.complete;
}

/* FALSE: no time, nothing to decide by. */
static gboolean
unit_read (AspHlsSegmenter * s, const guint8 * head, gsize size, Unit * u)
{
  AspPesHeader pes;
  AspAuInfo au;

  memset (u, 0, sizeof *u);
  if (asp_pes_parse (head, size, &pes) != ASP_PES_OK || pes.pts90k == ASP_NO_TIME)
    return FALSE;
  u->pts90k = pes.pts90k;
  u->dts90k = pes.dts90k;
  u->es = head + pes.header_size;
  u->es_size = size - pes.header_size;
  if (is_video (s)) {
    asp_es_video_scan (s->lead->codec, u->es, u->es_size, &au);
    u->kind = au.kind;
    u->is_rap = asp_picture_is_rap (au.kind);
  } else {
    u->is_rap = TRUE;
    if (s->lead->codec_string[0] == '\0')
      asp_es_audio_codec_string (s->lead->codec, u->es, u->es_size, s->lead->codec_string);
  }
  return TRUE;
}

/* -- time -- */

/* Is this the picture that an event has announced? Then a hole before it is no surprise. */
static gboolean
is_announced (const AspHlsSegmenter * s, const Unit * u)
{
  for (const GList * l = s->boundaries.head; l; l = l->next)
    if (ABS (asp_hls_pts_diff (u->pts90k, (gint64) ((AspHlsBoundary *) l->data)->pts90k)) <=
        s->frame_90k / 2)
      return TRUE;
  return FALSE;
}

static gboolean
is_jump (const AspHlsSegmenter * s, const Unit * u)
{
  const Segment *segment = g_queue_peek_tail ((GQueue *) & s->segments);
  gint64 step_90k, elapsed_90k;

  if (s->interrupted)
    return TRUE;
  if (s->last_dts90k == ASP_NO_TIME)
    return FALSE;
  step_90k = asp_hls_pts_diff (u->dts90k, s->last_dts90k);
  if (step_90k >= 0 && is_announced (s, u))
    return FALSE;
  if (step_90k < -JUMP_BACK_90K || step_90k > JUMP_FORWARD_90K)
    return TRUE;
  if (segment->discard)
    return FALSE;
  /* the cut would have come before this length: what is missing was never sent */
  elapsed_90k = asp_hls_pts_diff (u->pts90k, segment->start_pts90k);
  return elapsed_90k < -JUMP_BACK_90K || elapsed_90k >= asp_hls_cut_limit (&s->cut);
}

static void
advance (AspHlsSegmenter * s, const Unit * u, gboolean jump)
{
  gint64 step_90k = s->last_dts90k == ASP_NO_TIME || jump ? 0 :
      asp_hls_pts_diff (u->dts90k, s->last_dts90k);
  gint64 reorder_90k = asp_hls_pts_diff (u->pts90k, u->dts90k);

  if (step_90k > 0) {
    s->progress_90k += step_90k;
    if (step_90k <= FRAME_MAX_90K)
      s->frame_90k = step_90k;
  } else if (jump) {
    s->progress_90k += s->frame_90k;
    s->rap_pts90k = ASP_NO_TIME;
  }
  if (step_90k >= 0 || jump)
    s->last_dts90k = u->dts90k;
  if (s->last_dts90k == ASP_NO_TIME)
    s->last_dts90k = u->dts90k;
  if (reorder_90k > 0 && reorder_90k <= REORDER_MAX_90K)
    s->reorder_90k = MAX (s->reorder_90k, reorder_90k);
}

/* -- parameters -- */

/* What a decoder is told anew; frame rate: Apple's authoring rules 8.14. */
static gboolean
params_differ (const AspVideoParams * a, const AspVideoParams * b)
{
  return a->width != b->width || a->height != b->height || a->profile_idc != b->profile_idc ||
      a->chroma_format_idc != b->chroma_format_idc || a->bit_depth != b->bit_depth ||
      (guint64) a->fps_num * b->fps_den != (guint64) b->fps_num * a->fps_den;
}

/* Of a RAP against the one before it. @equal: byte for byte; @changed: another format. */
static void
take_parameters (AspHlsSegmenter * s, const Unit * u, gboolean * equal, gboolean * changed)
{
  g_autoptr (GByteArray) sets = NULL;
  AspVideoParams params;

  *equal = TRUE;
  *changed = FALSE;
  if (!is_video (s))
    return;
  sets = g_byte_array_new ();
  if (asp_es_video_copy_parameter_sets (s->lead->codec, u->es, u->es_size, sets) == 0)
    return;
  if (s->parameter_sets)
    *equal = sets->len == s->parameter_sets->len &&
        !memcmp (sets->data, s->parameter_sets->data, sets->len);
  g_clear_pointer (&s->parameter_sets, g_byte_array_unref);
  s->parameter_sets = g_steal_pointer (&sets);
  if (!asp_es_video_params (s->lead->codec, u->es, u->es_size, &params))
    return;
  *changed = s->has_params && params_differ (&params, &s->params);
  s->params = params;
  s->has_params = TRUE;
  asp_es_video_codec_string (s->lead->codec, s->parameter_sets->data, s->parameter_sets->len,
      s->lead->codec_string);
}

/* -- entries and boundaries -- */

/* Something a segment may begin with. Where no RAP comes for long, less will do. */
static gboolean
is_entry (AspHlsSegmenter * s, const Unit * u)
{
  if (u->is_rap) {
    s->rap_progress_90k = s->progress_90k;
    s->recovery_entries = FALSE;
    return TRUE;
  }
  if (s->progress_90k - s->rap_progress_90k >= ENTRY_PATIENCE_90K)
    s->recovery_entries = TRUE;
  return s->recovery_entries &&
      (u->kind == ASP_PICTURE_RECOVERY_POINT || u->kind == ASP_PICTURE_INTRA);
}

/* The boundary that this picture stands at or behind, or NULL. (transfer full) */
static AspHlsBoundary *
take_boundary (AspHlsSegmenter * s, const Unit * u, gboolean entry)
{
  AspHlsBoundary *b = g_queue_peek_head (&s->boundaries), *next;
  gint64 behind_90k;

  if (!b || (asp_hls_segment_newest (s)->discard && !entry))
    return NULL;
  behind_90k = asp_hls_pts_diff (u->pts90k, (gint64) b->pts90k);
  if (behind_90k < -s->frame_90k / 2 ||
      (behind_90k > s->frame_90k / 2 && !entry && behind_90k < BOUNDARY_PATIENCE_90K))
    return NULL;
  g_queue_pop_head (&s->boundaries);
  /* where a source ended in a gap, its end and what follows come to one picture */
  while ((next = g_queue_peek_head (&s->boundaries)) != NULL &&
      asp_hls_pts_diff (u->pts90k, (gint64) next->pts90k) >= -s->frame_90k / 2)
    asp_hls_boundary_merge (b, g_queue_pop_head (&s->boundaries));
  return b;
}

/* After a jump the positions that were announced mean nothing (DESIGN 6.11); what ended
 * has ended all the same. (transfer full) */
static AspHlsBoundary *
void_boundaries (AspHlsSegmenter * s, const Unit * u)
{
  AspHlsBoundary *rest = NULL, *b;

  while ((b = g_queue_pop_head (&s->boundaries)) != NULL) {
    for (guint i = 0; i < b->marks->len; i++) {
      const AspHlsMark *m = g_ptr_array_index (b->marks, i);

      if (!asp_hls_mark_is_end (m))
        continue;
      if (!rest)
        rest = asp_hls_boundary_new ((guint64) u->pts90k, TRUE);
      g_ptr_array_add (rest->marks, asp_hls_mark_copy (m));
    }
    asp_hls_boundary_free (b);
  }
  return rest;
}

/* -- the decision -- */

typedef enum
{
  GO_ON,
  CUT,                          /* a new segment */
  DROP,                         /* what comes is thrown away until an entry */
} Verdict;

static gboolean
policy_cuts (AspHlsSegmenter * s, const Unit * u, gboolean entry, gboolean boundary)
{
  const Segment *segment = asp_hls_segment_newest (s);
  gint64 elapsed_90k = asp_hls_pts_diff (u->pts90k, segment->start_pts90k);
  gint64 gop_90k = 0;
  gboolean cuts;

  if (!entry) {
    cuts = asp_hls_cut_at_au (&s->cut, elapsed_90k, s->frame_90k + s->reorder_90k);
    if (cuts && s->cut.target_duration_s == 0) {
      asp_hls_cut_add_segment (&s->cut, elapsed_90k);
      asp_hls_cut_freeze (&s->cut);
    }
    if (cuts)
      asp_hls_part_cut_freeze (&s->part_cut, s->cut.longest_gop_90k, s->frame_90k);
    asp_hls_segmenter_freeze (s);
    return cuts;
  }
  /* where a source was left its last GOP says nothing about GOPs */
  if (s->rap_pts90k != ASP_NO_TIME && !boundary)
    gop_90k = asp_hls_pts_diff (u->pts90k, s->rap_pts90k);
  cuts = asp_hls_cut_at_rap (&s->cut, elapsed_90k, gop_90k, s->frame_90k);
  if (s->cut.n_gops == 2)
    asp_hls_part_cut_freeze (&s->part_cut, s->cut.longest_gop_90k, s->frame_90k);
  asp_hls_segmenter_freeze (s);
  return cuts;
}

/* How the picture that begins a segment follows what came before. @exactly: one interval
 * behind the last picture. */
static Join
join_of (const AspHlsSegmenter * s, const Unit * u, gboolean jump, const AspHlsBoundary * boundary,
    gboolean * exactly)
{
  const Segment *before = g_queue_peek_tail ((GQueue *) & s->segments);
  gint64 gap_90k;

  *exactly = FALSE;
  if (jump)
    return JOIN_NEW_BASE;
  if (before->discard)
    return JOIN_GOES_ON;
  gap_90k = asp_hls_pts_diff (u->pts90k, before->start_pts90k) - before->end_90k;
  *exactly = ABS (gap_90k) <= s->frame_90k;
  return boundary && boundary->discontinuity && gap_90k > s->frame_90k ? JOIN_GAP : JOIN_GOES_ON;
}

static void
open_segment (AspHlsSegmenter * s, const Unit * u, Verdict verdict, gboolean jump,
    AspHlsBoundary * boundary, gboolean equal)
{
  gboolean resumes = asp_hls_segment_newest (s)->discard && s->n_segments > 0;
  gboolean changes = s->next_pmt != NULL;
  gboolean exactly;
  Join join = join_of (s, u, jump, boundary, &exactly);
  Segment *segment;

  if (verdict == CUT)
    asp_hls_adopt_next_pmt (s);
  segment = asp_hls_segment_open (s, verdict == DROP, join, u->pts90k);
  segment->boundary = boundary;
  asp_hls_segment_note_video (s, segment);
  asp_hls_part_begin (s, segment, u->dts90k, u->is_rap);
  segment->info.independent = u->is_rap;
  segment->info.jump = s->n_segments > 1 && (resumes || jump);
  segment->info.discontinuity = segment->info.jump || (s->n_segments > 1 &&
      (changes || (boundary && boundary->discontinuity)));
  segment->info.seamless = exactly && equal && !changes;
}

/* Decides what becomes of @u; the newest segment is where it goes. */
static void
take_unit (AspHlsSegmenter * s, const Unit * u)
{
  gboolean jump = is_jump (s, u);
  gboolean entry, equal = TRUE, changed = FALSE;
  AspHlsBoundary *boundary;
  Verdict verdict = GO_ON;

  s->interrupted = FALSE;
  advance (s, u, jump);
  entry = is_entry (s, u);
  if (u->is_rap)
    take_parameters (s, u, &equal, &changed);
  boundary = jump ? void_boundaries (s, u) : take_boundary (s, u, entry);
  if (asp_hls_segment_newest (s)->discard)
    verdict = entry ? CUT : GO_ON;
  else if (jump)
    verdict = entry ? CUT : DROP;
  else if (boundary || (entry && (s->next_pmt || changed)))
    verdict = CUT;
  /* asked in any case: GOPs are counted there */
  if (!asp_hls_segment_newest (s)->discard && !jump && policy_cuts (s, u, entry, boundary != NULL))
    verdict = CUT;
  if (entry)
    s->rap_pts90k = u->pts90k;
  if (verdict != GO_ON) {
    open_segment (s, u, verdict, jump, boundary, equal);
    if (changed && verdict == CUT)
      asp_hls_segment_newest (s)->info.discontinuity = s->n_segments > 1;
  } else {
    asp_hls_part_take_unit (s, u->pts90k, u->dts90k, u->is_rap);
    /* what ended while nothing is shown is told where something begins again */
    if (boundary)
      g_queue_push_head (&s->boundaries, boundary);
  }
}

void
asp_hls_lead_decide (AspHlsSegmenter * s, Run * run, const guint8 * head, gsize size)
{
  Segment *segment;
  Unit u;
  gboolean has_time = unit_read (s, head, size, &u);

  if (has_time)
    take_unit (s, &u);
  segment = asp_hls_segment_newest (s);
  if (has_time && !segment->discard)
    segment->end_90k = MAX (segment->end_90k,
        asp_hls_pts_diff (u.pts90k, segment->start_pts90k) + s->frame_90k);
  run->pts90k = has_time ? u.pts90k : ASP_NO_TIME;
  run->segment = segment;
  run->part = asp_hls_part_number (segment);
  run->decided = TRUE;
}
