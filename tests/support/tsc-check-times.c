/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-check.h"

#include <math.h>

static void
check_pes_of (TscContext * context, const TscPid * pid)
{
  const TscPes *before = NULL;
  guint i;

  for (i = 0; i < pid->pes->len; i++) {
    const TscPes *pes = &g_array_index (pid->pes, TscPes, i);
    g_autofree gchar *place = NULL;

    place = tsc_context_place (context, pes->first_packet, pes->dts90k);
    if (pes->bad_header)
      tsc_violation (context->report, "pes-header", "PID 0x%04x at packet %" G_GSIZE_FORMAT
          ": no readable PES header", pid->pid, pes->first_packet);
    /* the last one may be cut by the end of the recording */
    if (pes->bad_length && i + 1 < pid->pes->len)
      tsc_violation (context->report, "pes-length", "PID 0x%04x at %s: PES_packet_length is not "
          "what came (%" G_GSIZE_FORMAT " bytes)", pid->pid, place, pes->es_size);
    if (!pes->has_pts)
      continue;
    if (pes->dts90k > pes->pts90k)
      tsc_violation (context->report, "dts-above-pts", "PID 0x%04x at %s: DTS %" G_GINT64_FORMAT
          " ticks above PTS", pid->pid, place, pes->dts90k - pes->pts90k);
    if (before != NULL && pes->dts90k <= before->dts90k)
      tsc_violation (context->report, "dts-not-rising", "PID 0x%04x at %s: %" G_GINT64_FORMAT
          " ticks behind the one before", pid->pid, place, before->dts90k - pes->dts90k);
    before = pes;
  }
}

void
tsc_check_pes (TscContext * context)
{
  guint i;

  for (i = 0; i < TSC_PID_COUNT; i++) {
    if (context->file->pids[i] != NULL && context->file->pids[i]->kind != TSC_KIND_OTHER)
      check_pes_of (context, context->file->pids[i]);
  }
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

static GArray *
sorted_pts (TscContext * context, const TscPid * pid)
{
  const TscAuList *list = tsc_context_aus (context, pid);
  GArray *pts = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint i;

  for (i = 0; i < list->au->len; i++) {
    const TscAu *au = &g_array_index (list->au, TscAu, i);

    if (au->timed)
      g_array_append_val (pts, au->pts90k);
  }
  g_array_sort (pts, compare_times);
  return pts;
}

static gdouble
frame_duration (const TscContext * context, const GArray * pts)
{
  GArray *steps;
  gdouble middle;
  guint i;

  if (context->frame_rate_n > 0)
    return 90000.0 * context->frame_rate_d / context->frame_rate_n;
  if (pts->len < 2)
    return 0;
  steps = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (i = 1; i < pts->len; i++) {
    gint64 step = g_array_index (pts, gint64, i) - g_array_index (pts, gint64, i - 1);

    g_array_append_val (steps, step);
  }
  g_array_sort (steps, compare_times);
  middle = (gdouble) g_array_index (steps, gint64, steps->len / 2);
  g_array_unref (steps);
  return middle;
}

static gboolean
gap_is_expected (const TscContext * context, guint index, gint64 step90k, gdouble frame)
{
  gint frames;

  if (index >= context->expected_gaps->len)
    return FALSE;
  frames = g_array_index (context->expected_gaps, gint, index);
  return fabs ((gdouble) step90k - frames * frame) <= 1.0;
}

void
tsc_check_video_gaps (TscContext * context)
{
  const TscPid *pid = context->file->video;
  GArray *pts;
  gdouble frame;
  guint i, gaps = 0;

  if (pid == NULL)
    return;
  pts = sorted_pts (context, pid);
  frame = frame_duration (context, pts);
  for (i = 1; i < pts->len; i++) {
    gint64 at = g_array_index (pts, gint64, i);
    gint64 step = at - g_array_index (pts, gint64, i - 1);
    g_autofree gchar *place = NULL;

    if (fabs ((gdouble) step - frame) <= 1.0)
      continue;
    place = tsc_context_place (context, 0, at);
    if (gap_is_expected (context, gaps, step, frame))
      tsc_fact (context->report, "video-gap", "%.2f frames before %s, as expected",
          (gdouble) step / frame, place);
    else
      tsc_violation (context->report, step == 0 ? "pts-doubled" : "video-gap",
          "PID 0x%04x: %" G_GINT64_FORMAT " ticks (%.2f frames) before %s", pid->pid, step,
          frame > 0 ? (gdouble) step / frame : 0, place);
    gaps++;
  }
  if (gaps < context->expected_gaps->len)
    tsc_violation (context->report, "video-gap", "%u gaps, %u were expected", gaps,
        context->expected_gaps->len);
  tsc_fact (context->report, "video", "PID 0x%04x: %u pictures, frame %.3f ticks, %u gaps",
      pid->pid, pts->len, frame, gaps);
  g_array_unref (pts);
}

static const TscAu *
au_at_pts (const TscAuList * list, gdouble pts90k, gdouble tolerance)
{
  guint i;

  for (i = 0; i < list->au->len; i++) {
    const TscAu *au = &g_array_index (list->au, TscAu, i);

    if (au->timed && fabs ((gdouble) au->pts90k - pts90k) < tolerance)
      return au;
  }
  return NULL;
}

/* PTS - DTS of the first access unit on each side of the given cuts: players lose frames when
 * it changes. The network's value is that of the reference at the first cut. */
void
tsc_check_cuts (TscContext * context)
{
  const TscPid *in;
  const TscAu *network;
  GArray *pts;
  gdouble frame, first;
  guint i;

  if (context->cut_frames->len == 0 || context->file->video == NULL ||
      context->reference == NULL || context->reference->video == NULL)
    return;
  context->n_cuts = MAX (context->n_cuts, context->cut_frames->len);
  in = context->reference->video;
  pts = sorted_pts (context, in);
  frame = frame_duration (context, pts);
  first = pts->len > 0 ? (gdouble) g_array_index (pts, gint64, 0) : 0;
  g_array_unref (pts);
  network = au_at_pts (tsc_context_aus (context, in),
      first + frame * g_array_index (context->cut_frames, gint, 0), frame / 2);
  for (i = 0; i < context->cut_frames->len; i++) {
    gint number = g_array_index (context->cut_frames, gint, i);
    const TscAu *au = au_at_pts (tsc_context_aus (context, context->file->video),
        first + frame * number, frame / 2);

    if (au == NULL || network == NULL)
      tsc_violation (context->report, "reorder-delay", "no picture at cut frame %d", number);
    else if (au->pts90k - au->dts90k != network->pts90k - network->dts90k)
      tsc_violation (context->report, "reorder-delay", "cut frame %d: PTS - DTS is %"
          G_GINT64_FORMAT ", the network's %" G_GINT64_FORMAT, number, au->pts90k - au->dts90k,
          network->pts90k - network->dts90k);
  }
}
