/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-check.h"

/* One place where an access unit does not begin where the one before ended. */
static void
report_join (TscContext * context, const TscPid * pid, const TscAu * au, guint number, guint most)
{
  g_autofree gchar *place = tsc_context_place (context, au->first_packet, au->pts90k);
  gdouble frames = (gdouble) au->gap90k / MAX (au->duration90k, 1);
  gint64 half90k = (au->duration90k + 1) / 2;

  tsc_fact (context->report, "audio-join", "PID 0x%04x at %s: %+.2f ms (%+.2f access units)",
      pid->pid, place, (gdouble) au->gap90k / 90, frames);
  if (au->gap90k > half90k)
    tsc_violation (context->report, "audio-gap", "PID 0x%04x at %s: %+.2f ms (%+.2f access units)",
        pid->pid, place, (gdouble) au->gap90k / 90, frames);
  else if (au->gap90k < -half90k)
    tsc_violation (context->report, "audio-overlap",
        "PID 0x%04x at %s: %+.2f ms (%+.2f access units)", pid->pid, place,
        (gdouble) au->gap90k / 90, frames);
  else if (number > most)
    tsc_violation (context->report, "audio-joins",
        "PID 0x%04x at %s: join %u, there are %u cuts (%+.2f ms)", pid->pid, place, number, most,
        (gdouble) au->gap90k / 90);
}

static void
check_audio_of (TscContext * context, const TscPid * pid)
{
  const TscAuList *list = tsc_context_aus (context, pid);
  guint most = context->max_audio_joins >= 0 ? (guint) context->max_audio_joins : context->n_cuts;
  guint i, joins = 0;

  for (i = 0; i < list->au->len; i++) {
    const TscAu *au = &g_array_index (list->au, TscAu, i);

    if (au->own_pts && (au->gap90k < -1 || au->gap90k > 1))
      report_join (context, pid, au, ++joins, most);
  }
  if (list->junk_bytes > 0)
    tsc_violation (context->report, "audio-sync", "PID 0x%04x: %" G_GSIZE_FORMAT
        " bytes between frames are no frame, first at packet %" G_GSIZE_FORMAT, pid->pid,
        list->junk_bytes, g_array_index (list->junk_packets, gsize, 0));
  tsc_fact (context->report, "audio", "PID 0x%04x %s: %u access units in %u PES, %u joins",
      pid->pid, pid->language, list->au->len, pid->pes->len, joins);
}

static void
check_offset (TscContext * context)
{
  const TscPid *video = context->file->video;
  const TscAuList *pictures = tsc_context_aus (context, video);
  gint64 first90k = G_MAXINT64;
  guint i;

  for (i = 0; i < pictures->au->len; i++) {
    const TscAu *au = &g_array_index (pictures->au, TscAu, i);

    if (au->timed)
      first90k = MIN (first90k, au->pts90k);
  }
  for (i = 0; i < TSC_PID_COUNT; i++) {
    const TscPid *pid = context->file->pids[i];
    const TscAuList *list;

    if (pid == NULL || pid->kind != TSC_KIND_AUDIO)
      continue;
    list = tsc_context_aus (context, pid);
    if (list->au->len > 0)
      tsc_fact (context->report, "av-start", "PID 0x%04x: first audio less first video %+.2f ms", i,
          (gdouble) (g_array_index (list->au, TscAu, 0).pts90k - first90k) / 90);
  }
}

void
tsc_check_audio (TscContext * context)
{
  guint i;

  for (i = 0; i < TSC_PID_COUNT; i++) {
    const TscPid *pid = context->file->pids[i];

    if (pid != NULL && pid->kind == TSC_KIND_AUDIO)
      check_audio_of (context, pid);
  }
  if (context->file->video != NULL && tsc_context_aus (context, context->file->video)->au->len > 0)
    check_offset (context);
}
