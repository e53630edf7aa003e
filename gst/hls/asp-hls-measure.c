/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-timeline-private.h"

#include <string.h>

/* RFC 8216bis 4.1: the peak segment bit rate is the largest of any run of segments that
 * lasts between 0.5 and 1.5 target durations. A segment that is longer is a run of its own. */
void
asp_hls_lane_weigh (AspHlsLane * lane, guint64 bytes, gint64 duration_90k, gint64 target_90k)
{
  guint64 run_bytes = 0;
  gint64 run_90k = 0;

  lane->bytes += bytes;
  lane->duration_90k += duration_90k;
  if (lane->n_run == ASP_HLS_RUN_MAX) {
    lane->n_run--;
    memmove (lane->run, lane->run + 1, lane->n_run * sizeof *lane->run);
  }
  lane->run[lane->n_run++] = (AspHlsWeight) {
  bytes, duration_90k};
  for (guint i = lane->n_run; i > 0; i--) {
    run_bytes += lane->run[i - 1].bytes;
    run_90k += lane->run[i - 1].duration_90k;
    if (i < lane->n_run && 2 * run_90k > 3 * target_90k)
      break;
    if (2 * run_90k < target_90k)
      continue;
    lane->peak_bps = MAX (lane->peak_bps,
        (run_bytes * 8 * ASP_SECOND_90K + (guint64) run_90k - 1) / (guint64) run_90k);
  }
}

static gboolean
has_codec (const gchar * list, const gchar * codec)
{
  g_auto (GStrv) had = g_strsplit (list ? list : "", ",", -1);

  return g_strv_contains ((const gchar * const *) had, codec);
}

void
asp_hls_lane_add_format (AspHlsLane * lane, const AspHlsEntry * format)
{
  g_auto (GStrv) codecs = g_strsplit (format->codecs, ",", -1);

  for (guint i = 0; codecs[i]; i++) {
    g_autofree gchar *had = NULL;

    if (!*codecs[i] || has_codec (lane->codecs, codecs[i]))
      continue;
    had = g_steal_pointer (&lane->codecs);
    lane->codecs = had ? g_strconcat (had, ",", codecs[i], NULL) : g_strdup (codecs[i]);
  }
  if ((guint64) format->width * format->height > (guint64) lane->width * lane->height) {
    lane->width = format->width;
    lane->height = format->height;
  }
  if (format->fps_den > 0 && (lane->fps_den == 0 ||
          (guint64) format->fps_num * lane->fps_den > (guint64) lane->fps_num * format->fps_den)) {
    lane->fps_num = format->fps_num;
    lane->fps_den = format->fps_den;
  }
}
