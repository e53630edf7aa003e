/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-frame-pick.h"

#define SECOND_NS G_GUINT64_CONSTANT (1000000000)

void
asp_frame_pick_init (AspFramePick * p, guint fps_num, guint fps_den)
{
  p->fps_num = fps_num;
  p->fps_den = fps_den;
  p->first_ns = p->last_ns = p->frames = 0;
  p->started = FALSE;
}

guint64
asp_frame_pick_time (const AspFramePick * p, guint64 n)
{
  return (guint64) (((unsigned __int128) n * SECOND_NS * p->fps_den + p->fps_num / 2) / p->fps_num);
}

/* Frames that begin before @time_ns less the tolerance: half of the shorter interval, so that
 * times that are rounded or jitter neither drop nor repeat a picture. */
static guint64
frames_before (const AspFramePick * p, guint64 time_ns, guint64 interval_ns)
{
  guint64 frame_ns = asp_frame_pick_time (p, 1);
  guint64 tolerance_ns = MIN (frame_ns, interval_ns) / 2;
  guint64 since_ns = time_ns - p->first_ns;
  unsigned __int128 at;

  if (since_ns <= tolerance_ns)
    return 0;
  at = (unsigned __int128) (since_ns - tolerance_ns) * p->fps_num;
  return (guint64) ((at + (unsigned __int128) SECOND_NS * p->fps_den - 1) / ((unsigned __int128) SECOND_NS * p->fps_den));
}

guint64
asp_frame_pick_push (AspFramePick * p, guint64 time_ns)
{
  guint64 until, n;

  if (!p->started) {
    p->started = TRUE;
    p->first_ns = p->last_ns = time_ns;
    return 0;
  }
  if (time_ns <= p->last_ns)
    return 0;
  until = frames_before (p, time_ns, time_ns - p->last_ns);
  p->last_ns = time_ns;
  n = until > p->frames ? until - p->frames : 0;
  p->frames += n;
  return n;
}

guint64
asp_frame_pick_finish (AspFramePick * p, guint64 end_ns)
{
  guint64 since_ns = end_ns > p->first_ns ? end_ns - p->first_ns : 0;
  guint64 until = (guint64) (((unsigned __int128) since_ns * p->fps_num + SECOND_NS * p->fps_den / 2) /
      ((unsigned __int128) SECOND_NS * p->fps_den));
  guint64 n;

  if (!p->started)
    return 0;
  until = MAX (until, 1);
  n = until > p->frames ? until - p->frames : 0;
  p->frames += n;
  return n;
}
