/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Which pictures of a creative stand on the frames of a rendition: nothing is interpolated, a
 * picture is shown once, several times or never. The first one stands on frame 0. Times are
 * running times in ns. Thread: one object, one thread; pure. Since: 0.1
 */
typedef struct
{
  guint fps_num, fps_den;
  guint64 first_ns, last_ns;    /* of the first picture; of the one that is held */
  guint64 frames;               /* filled so far */
  gboolean started;
} AspFramePick;

void asp_frame_pick_init (AspFramePick * p, guint fps_num, guint fps_den);

/**
 * asp_frame_pick_push:
 * A picture of @time_ns comes; one that is not later than the last one replaces it.
 * Returns: how many frames the picture before it fills
 */
guint64 asp_frame_pick_push (AspFramePick * p, guint64 time_ns);

/**
 * asp_frame_pick_finish:
 * @end_ns: where the last picture ends
 * Returns: how many frames the last picture fills; all in all there is at least one
 */
guint64 asp_frame_pick_finish (AspFramePick * p, guint64 end_ns);

/* Start of frame @n, from the first one on. */
guint64 asp_frame_pick_time (const AspFramePick * p, guint64 n);

G_END_DECLS
