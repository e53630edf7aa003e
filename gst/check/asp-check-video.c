/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-check-private.h"

/* --- times ---------------------------------------------------------------------- */

static void
note_gap (AspCheckVideo * v, gint64 gap_90k)
{
  v->longest_without_rap_90k = MAX (v->longest_without_rap_90k, gap_90k);
}

/* The first or another time base: distances are not measured across. */
static void
begin_time_base (Pid * pid)
{
  Program *p = pid->program;
  AspCheckVideo *v = &stream_of (pid)->video;

  if (pid->last_rap_pts90k != ASP_NO_TIME && v->last_pts90k != ASP_NO_TIME)
    note_gap (v, v->last_pts90k - pid->last_rap_pts90k);
  pid->last_rap_pts90k = pid->last_recovery_pts90k = ASP_NO_TIME;
  v->first_pts90k = v->last_pts90k = ASP_NO_TIME;
  asp_cadence_reset (&pid->cadence);
  if (facts_of (p)->video != (gint) pid->index)
    return;
  check_cues_settle (p, TRUE);
  g_array_set_size (p->raps, 0);
  p->newest_pts90k = p->newest_dts90k = p->first_pts90k = ASP_NO_TIME;
}

/* DTS of the picture on the programme's time, which is that of its first video. */
static gint64
unwrap_dts (Pid * pid, gint64 dts90k)
{
  gint64 reference = pid->last_dts90k, dts;

  if (reference == ASP_NO_TIME)
    reference = pid->program->newest_dts90k;
  dts = check_unwrap_90k (pid->program, reference, dts90k);
  if (pid->last_dts90k != ASP_NO_TIME &&
      (dts < reference - JUMP_90K || dts > reference + JUMP_AHEAD_90K))
    begin_time_base (pid);
  return dts;
}

/* --- pictures ------------------------------------------------------------------- */

static void
keep_rap (Program * p, gint64 pts90k)
{
  if (p->raps->len == ASP_CHECK_RAPS_MAX)
    g_array_remove_index (p->raps, 0);
  g_array_append_val (p->raps, pts90k);
}

static void
note_rap (Pid * pid, const AspAuInfo * info, gint64 pts90k, gint64 dts90k)
{
  AspCheckVideo *v = &stream_of (pid)->video;

  v->raps++;
  v->raps_without_sets += !info->has_parameter_sets;
  v->raps_flagged += pid->random_access;
  v->rap_reorder_90k = pts90k - dts90k;
  if (pid->last_rap_pts90k != ASP_NO_TIME) {
    asp_check_range_add (&v->rap_interval_90k, pts90k - pid->last_rap_pts90k);
    note_gap (v, pts90k - pid->last_rap_pts90k);
  } else if (v->first_pts90k != ASP_NO_TIME) {
    note_gap (v, pts90k - v->first_pts90k);
  }
  pid->last_rap_pts90k = pts90k;
  pid->rap_kind = info->kind;
  pid->rap_has_leading = FALSE;
  if (facts_of (pid->program)->video == (gint) pid->index)
    keep_rap (pid->program, pts90k);
}

/* A picture that is shown before the RAP and comes behind it. */
static void
note_leading (Pid * pid, AspPictureKind kind)
{
  if (pid->rap_has_leading || kind == ASP_PICTURE_RADL ||
      !asp_picture_may_have_skipped_leading (pid->rap_kind))
    return;
  pid->rap_has_leading = TRUE;
  stream_of (pid)->video.open_gops++;
}

/* Is this the second field of the frame whose first one came before it? */
static gboolean
is_second_field (Pid * pid, const AspAuInfo * info)
{
  gboolean second = info->field && pid->field_open && pid->field_frame == info->frame_num &&
      pid->field_bottom != info->bottom_field;

  pid->field_open = info->field && !second;
  pid->field_frame = info->frame_num;
  pid->field_bottom = info->bottom_field;
  return second;
}

static void
note_newest (Pid * pid, gint64 pts90k, gint64 dts90k)
{
  Program *p = pid->program;

  pid->last_dts90k = dts90k;
  if (facts_of (p)->video != (gint) pid->index)
    return;
  if (p->first_pts90k == ASP_NO_TIME)
    p->first_pts90k = pts90k;
  p->newest_dts90k = dts90k;
  p->newest_pts90k = MAX (p->newest_pts90k, pts90k);
}

static void
note_picture (Pid * pid, const AspAuInfo * info)
{
  AspCheckVideo *v = &stream_of (pid)->video;
  gint64 dts90k, pts90k;

  v->kinds[info->kind]++;
  if (is_second_field (pid, info) || pid->header.pts90k == ASP_NO_TIME)
    return;
  dts90k = unwrap_dts (pid, pid->header.dts90k);
  pts90k = asp_pts_unwrap (dts90k, (guint64) pid->header.pts90k);
  v->pictures++;
  asp_check_range_add (&v->reorder_90k, pts90k - dts90k);
  asp_cadence_push (&pid->cadence, pts90k);
  v->frame_90k = asp_cadence_frame_90k (&pid->cadence, v->frame_90k);
  if (v->first_pts90k == ASP_NO_TIME || pts90k < v->first_pts90k)
    v->first_pts90k = pts90k;
  v->last_pts90k = MAX (v->last_pts90k, pts90k);
  note_newest (pid, pts90k, dts90k);
  if (asp_picture_is_rap (info->kind))
    note_rap (pid, info, pts90k, dts90k);
  else if (pid->last_rap_pts90k != ASP_NO_TIME && pts90k < pid->last_rap_pts90k)
    note_leading (pid, info->kind);
  if (info->kind == ASP_PICTURE_RECOVERY_POINT) {
    if (pid->last_recovery_pts90k != ASP_NO_TIME)
      asp_check_range_add (&v->recovery_interval_90k, pts90k - pid->last_recovery_pts90k);
    pid->last_recovery_pts90k = pts90k;
  }
  check_cues_settle (pid->program, FALSE);
}

/* --- packets -------------------------------------------------------------------- */

/* The head of the picture, as far as it has come. @last: nothing more will. */
static void
scan (Pid * pid, gboolean last)
{
  AspCheckStream *stream = stream_of (pid);
  AspCheckVideo *v = &stream->video;
  AspAuInfo info;
  const guint8 *es;
  gsize size;

  if (!pid->have_header)
    return;
  es = pid->head->data + pid->header.header_size;
  size = pid->head->len - pid->header.header_size;
  asp_es_video_scan_known (stream->pmt.codec, es, size, v->params.width ? &v->params : NULL, &info);
  if (!info.complete && !last && pid->head->len < HEAD_BYTES_MAX)
    return;
  pid->scanned = TRUE;
  if (info.has_parameter_sets) {
    AspVideoParams params;

    if (asp_es_video_params (stream->pmt.codec, es, size, &params))
      v->params = params;
  }
  if (info.kind != ASP_PICTURE_UNKNOWN)
    note_picture (pid, &info);
}

static void
close_pes (Pid * pid)
{
  AspCheckStream *stream = stream_of (pid);

  if (!pid->open)
    return;
  if (!pid->scanned)
    scan (pid, TRUE);
  check_time (pid->program, pid->last_packet, pid->time_pts90k, &stream->margin_90k);
  pid->open = FALSE;
}

static void
read_header (Pid * pid)
{
  switch (asp_pes_parse (pid->head->data, pid->head->len, &pid->header)) {
    case ASP_PES_OK:
      pid->have_header = TRUE;
      pid->time_pts90k = pid->header.dts90k;
      check_time (pid->program, pid->program->check->packet, pid->time_pts90k,
          &stream_of (pid)->lead_90k);
      if (pid->header.scrambling) {
        stream_of (pid)->scrambled_packets++;
        pid->scanned = TRUE;
      }
      break;
    case ASP_PES_NEED_MORE:
      break;
    case ASP_PES_BAD:
      pid->scanned = TRUE;
      break;
  }
}

void
check_video_packet (Pid * pid, const guint8 * packet, const AspTsPacket * view)
{
  if (view->pusi) {
    close_pes (pid);
    pid->open = TRUE;
    pid->scanned = pid->have_header = FALSE;
    pid->random_access = view->random_access;
    pid->time_pts90k = ASP_NO_TIME;
    g_byte_array_set_size (pid->head, 0);
  }
  if (!pid->open)
    return;
  pid->last_packet = pid->program->check->packet;
  if (pid->scanned)
    return;
  g_byte_array_append (pid->head, packet + view->payload_offset, ASP_TS_SIZE - view->payload_offset);
  if (!pid->have_header)
    read_header (pid);
  if (!pid->scanned)
    scan (pid, FALSE);
}

void
check_video_finish (Pid * pid)
{
  AspCheckVideo *v = &stream_of (pid)->video;

  close_pes (pid);
  if (v->last_pts90k == ASP_NO_TIME)
    return;
  if (pid->last_rap_pts90k != ASP_NO_TIME)
    note_gap (v, v->last_pts90k - pid->last_rap_pts90k);
  else
    note_gap (v, v->last_pts90k - v->first_pts90k);
}
