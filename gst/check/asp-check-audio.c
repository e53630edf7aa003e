/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-check-private.h"

/* On the programme's time, which is that of its video. */
static gint64
unwrap (Pid * pid, gint64 pts90k)
{
  gint64 reference = pid->program->newest_dts90k;

  if (reference == ASP_NO_TIME)
    reference = pid->pes_pts90k;
  return check_unwrap_90k (pid->program, reference, pts90k);
}

static void
note_pts (Pid * pid)
{
  AspCheckAudio *a = &stream_of (pid)->audio;
  gint64 pts90k;

  if (pid->header.pts90k == ASP_NO_TIME)
    return;
  pts90k = unwrap (pid, pid->header.pts90k);
  if (pid->pes_pts90k != ASP_NO_TIME && pts90k > pid->pes_pts90k && pts90k - pid->pes_pts90k < JUMP_90K)
    asp_check_range_add (&a->pes_90k, pts90k - pid->pes_pts90k);
  pid->pes_pts90k = pts90k;
}

static void
note_frame (Pid * pid, const AspAudioFrame * frame, gint64 pts90k)
{
  AspCheckAudio *a = &stream_of (pid)->audio;

  if (frame->samples == 0 || frame->sample_rate == 0)
    return;
  if (pts90k != ASP_NO_TIME) {
    pid->base_pts90k = pts90k;
    pid->samples = 0;
  }
  a->frames++;
  a->sample_rate = frame->sample_rate;
  a->channels = frame->channels;
  a->frame_90k = asp_audio_samples_to_90k (frame->samples, frame->sample_rate);
  if (pid->base_pts90k == ASP_NO_TIME)
    return;
  if (a->first_pts90k == ASP_NO_TIME)
    a->first_pts90k = pid->base_pts90k;
  pid->samples += frame->samples;
  a->end_90k = pid->base_pts90k + asp_audio_samples_to_90k (pid->samples, frame->sample_rate);
}

/* Whole frames off what has come; the first that begins at or behind @old has the PTS of
 * the PES. Returns: how many */
static guint
take_frames (Pid * pid, gsize old, gint64 pts90k)
{
  AspCheckAudio *a = &stream_of (pid)->audio;
  gsize pos = 0;
  guint n = 0;

  while (pos < pid->es->len) {
    const guint8 *data = pid->es->data + pos;
    gsize left = pid->es->len - pos;
    AspAudioFrame frame;
    AspAudioResult result = asp_es_audio_frame (a->codec, data, left, &pid->latm, &frame);

    if (result == ASP_AUDIO_NO_SYNC) {
      gssize next = left > 1 ? asp_es_audio_find_sync (a->codec, data + 1, left - 1) : -1;
      gsize skip = next < 0 ? left : 1 + (gsize) next;

      a->unsynced_bytes += skip;
      pos += skip;
      continue;
    }
    if (result == ASP_AUDIO_NEED_MORE || frame.size > left)
      break;
    note_frame (pid, &frame, pos >= old ? pts90k : ASP_NO_TIME);
    if (pos >= old)
      pts90k = ASP_NO_TIME;
    n += frame.samples > 0;
    pos += frame.size;
  }
  g_byte_array_remove_range (pid->es, 0, (guint) pos);
  return n;
}

static void
close_pes (Pid * pid)
{
  AspCheckStream *stream = stream_of (pid);
  AspCheckAudio *a = &stream->audio;
  gsize old = pid->es->len, size;

  if (!pid->open)
    return;
  pid->open = FALSE;
  check_time (pid->program, pid->last_packet, pid->time_pts90k, &stream->margin_90k);
  if (asp_pes_parse (pid->head->data, pid->head->len, &pid->header) != ASP_PES_OK)
    return;
  if (pid->header.scrambling) {
    stream->scrambled_packets++;
    return;
  }
  size = pid->head->len - pid->header.header_size;
  if (old == 0)
    asp_es_audio_check_codec (&a->codec, pid->head->data + pid->header.header_size, size);
  g_byte_array_append (pid->es, pid->head->data + pid->header.header_size, (guint) size);
  note_pts (pid);
  a->pes++;
  asp_check_range_add (&a->frames_per_pes,
      take_frames (pid, old, pid->header.pts90k == ASP_NO_TIME ? ASP_NO_TIME : pid->pes_pts90k));
  if (pid->es->len > PES_BYTES_MAX)
    g_byte_array_set_size (pid->es, 0);
}

void
check_audio_packet (Pid * pid, const guint8 * packet, const AspTsPacket * view)
{
  if (view->pusi) {
    close_pes (pid);
    pid->open = TRUE;
    pid->time_pts90k = ASP_NO_TIME;
    g_byte_array_set_size (pid->head, 0);
  }
  if (!pid->open || pid->head->len > PES_BYTES_MAX)
    return;
  pid->last_packet = pid->program->check->packet;
  g_byte_array_append (pid->head, packet + view->payload_offset, ASP_TS_SIZE - view->payload_offset);
  if (pid->time_pts90k == ASP_NO_TIME &&
      asp_pes_parse (pid->head->data, pid->head->len, &pid->header) == ASP_PES_OK) {
    pid->time_pts90k = pid->header.pts90k;
    check_time (pid->program, pid->last_packet, pid->time_pts90k, &stream_of (pid)->lead_90k);
  }
}

void
check_audio_finish (Pid * pid)
{
  close_pes (pid);
}
