/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-audio.h"

static gboolean
adts_frame (const guint8 * d, gsize size, TscAudioFrame * out)
{
  static const guint rates[] = { 96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000,
    12000, 11025, 8000, 7350
  };
  guint index;

  if (size < 7 || d[0] != 0xff || (d[1] & 0xf6) != 0xf0)
    return FALSE;
  index = (d[2] >> 2) & 15;
  out->size = ((d[3] & 3u) << 11) | (d[4] << 3) | (d[5] >> 5);
  if (index >= G_N_ELEMENTS (rates) || out->size < 7)
    return FALSE;
  out->sample_rate = rates[index];
  out->samples = 1024 * ((d[6] & 3) + 1);
  return TRUE;
}

static gboolean
mpeg_audio_frame (const guint8 * d, gsize size, TscAudioFrame * out)
{
  static const guint16 kbps[2][3][15] = {
    {{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
          {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
        {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}},
    {{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
          {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
        {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}},
  };
  static const guint rates[] = { 44100, 48000, 32000 };
  guint version, layer, bit_rate, rate_index, padding;

  if (size < 4 || d[0] != 0xff || (d[1] & 0xe0) != 0xe0)
    return FALSE;
  version = (d[1] >> 3) & 3;    /* 3: MPEG-1, 2: MPEG-2, 0: 2.5 */
  layer = 4 - ((d[1] >> 1) & 3);
  rate_index = (d[2] >> 2) & 3;
  padding = (d[2] >> 1) & 1;
  if (version == 1 || layer == 4 || rate_index == 3 || (d[2] >> 4) == 0 || (d[2] >> 4) == 15)
    return FALSE;
  bit_rate = kbps[version == 3 ? 0 : 1][layer - 1][d[2] >> 4] * 1000;
  out->sample_rate = rates[rate_index] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
  if (layer == 1) {
    out->samples = 384;
    out->size = (12 * bit_rate / out->sample_rate + padding) * 4;
  } else {
    out->samples = layer == 3 && version != 3 ? 576 : 1152;
    out->size = out->samples / 8 * bit_rate / out->sample_rate + padding;
  }
  return out->size >= 4;
}

static gboolean
ac3_frame (const guint8 * d, gsize size, TscAudioFrame * out)
{
  static const guint16 kbps[] = { 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    384, 448, 512, 576, 640
  };
  static const guint rates[] = { 48000, 44100, 32000 };
  static const guint blocks[] = { 1, 2, 3, 6 };
  guint bsid, fscod;

  if (size < 6 || d[0] != 0x0b || d[1] != 0x77)
    return FALSE;
  bsid = d[5] >> 3;
  fscod = d[4] >> 6;
  if (bsid <= 10) {
    guint code = d[4] & 63, rate;

    if (fscod == 3 || code / 2 >= G_N_ELEMENTS (kbps))
      return FALSE;
    rate = kbps[code / 2];
    out->sample_rate = rates[fscod];
    out->samples = 1536;
    out->size = fscod == 0 ? rate * 4 : fscod == 2 ? rate * 6 :
        2 * (rate * 1000 * 96 / 44100 + (code & 1));
    return TRUE;
  }
  if (bsid > 16 || fscod == 3)
    return FALSE;
  out->size = 2 * ((((d[2] & 7u) << 8) | d[3]) + 1);
  out->sample_rate = rates[fscod];
  out->samples = 256 * blocks[(d[4] >> 4) & 3];
  if ((d[2] >> 6) == 1 || ((d[2] >> 3) & 7) != 0)
    out->samples = 0;           /* a dependent or a further independent substream */
  return TRUE;
}

gboolean
tsc_audio_frame (TscCodec codec, const guint8 * data, gsize size, TscAudioFrame * out)
{
  switch (codec) {
    case TSC_CODEC_ADTS:
      return adts_frame (data, size, out);
    case TSC_CODEC_MPEG_AUDIO:
      return mpeg_audio_frame (data, size, out);
    case TSC_CODEC_AC3:
      return ac3_frame (data, size, out);
    default:
      return FALSE;
  }
}

/* Time counted on in samples from the last PTS, so that nothing is rounded twice. */
typedef struct
{
  gboolean started;
  gint64 base90k;
  guint64 samples;
  guint sample_rate;
} SampleClock;

static gint64
sample_clock_now (const SampleClock * clock)
{
  if (clock->sample_rate == 0)
    return clock->base90k;
  return clock->base90k +
      (gint64) ((clock->samples * 90000 + clock->sample_rate / 2) / clock->sample_rate);
}

/* The PES in which byte @es_offset lies; @hint: an index not behind it. */
static guint
pes_at (const TscPid * pid, gsize es_offset, guint hint)
{
  while (hint + 1 < pid->pes->len &&
      g_array_index (pid->pes, TscPes, hint + 1).es_offset <= es_offset)
    hint++;
  return hint;
}

static void
time_audio_au (const TscPid * pid, guint pes_index, guint * used_pes, SampleClock * clock,
    const TscAudioFrame * frame, TscAu * au)
{
  const TscPes *pes = &g_array_index (pid->pes, TscPes, pes_index);
  gint64 expected90k = sample_clock_now (clock);

  au->timed = clock->started;
  au->pts90k = expected90k;
  if (*used_pes != pes_index + 1 && pes->has_pts) {
    /* the PTS belongs to the first access unit that begins in the PES */
    au->own_pts = TRUE;
    au->pts90k = pes->pts90k;
    au->gap90k = clock->started ? pes->pts90k - expected90k : 0;
    /* the tick that rounding may make is no gap and must not add up */
    if (!clock->started || au->gap90k < -1 || au->gap90k > 1 ||
        clock->sample_rate != frame->sample_rate) {
      clock->base90k = pes->pts90k;
      clock->samples = 0;
    }
    clock->started = TRUE;
    au->timed = TRUE;
  }
  *used_pes = pes_index + 1;
  clock->sample_rate = frame->sample_rate;
  clock->samples += frame->samples;
  au->duration90k = frame->samples * 90000 / frame->sample_rate;
  au->dts90k = au->pts90k;
}

static gsize
skip_junk (const TscPid * pid, TscAuList * list, gsize at)
{
  TscAudioFrame frame;
  gsize start = at, packet = tsc_pid_packet_at (pid, at);

  while (at < pid->es->len &&
      !tsc_audio_frame (pid->codec, pid->es->data + at, pid->es->len - at, &frame))
    at++;
  /* the first bytes of a stream may be the end of a frame that began before it */
  if (list->au->len > 0) {
    list->junk_bytes += at - start;
    g_array_append_val (list->junk_packets, packet);
  }
  return at;
}

static void
list_audio (const TscPid * pid, TscAuList * list)
{
  SampleClock clock = { 0, };
  guint pes_index = 0, used_pes = 0;
  gsize at = 0;

  while (at < pid->es->len) {
    TscAudioFrame frame;
    TscAu au = { 0, };

    if (!tsc_audio_frame (pid->codec, pid->es->data + at, pid->es->len - at, &frame)) {
      at = skip_junk (pid, list, at);
      continue;
    }
    if (frame.size > pid->es->len - at)
      break;                    /* the file ends inside it */
    au.es_offset = at;
    au.es_size = frame.size;
    au.first_packet = tsc_pid_packet_at (pid, at);
    au.last_packet = tsc_pid_packet_at (pid, at + frame.size - 1);
    if (frame.samples == 0 && list->au->len > 0) {
      TscAu *before = &g_array_index (list->au, TscAu, list->au->len - 1);

      before->es_size += frame.size;
      before->last_packet = au.last_packet;
    } else {
      pes_index = pes_at (pid, at, pes_index);
      time_audio_au (pid, pes_index, &used_pes, &clock, &frame, &au);
      g_array_append_val (list->au, au);
    }
    at += frame.size;
  }
}

static void
list_video (const TscPid * pid, TscAuList * list)
{
  guint i;

  for (i = 0; i < pid->pes->len; i++) {
    const TscPes *pes = &g_array_index (pid->pes, TscPes, i);
    TscAu au = { 0, };

    if (!pes->has_pts && list->au->len > 0) {
      TscAu *before = &g_array_index (list->au, TscAu, list->au->len - 1);

      before->es_size += pes->es_size;  /* the second field of a frame */
      before->last_packet = pes->last_packet;
      continue;
    }
    au.es_offset = pes->es_offset;
    au.es_size = pes->es_size;
    au.pts90k = pes->pts90k;
    au.dts90k = pes->dts90k;
    au.has_dts = pes->has_dts;
    au.own_pts = au.timed = pes->has_pts;
    au.first_packet = pes->first_packet;
    au.last_packet = pes->last_packet;
    g_array_append_val (list->au, au);
  }
}

TscAuList *
tsc_au_list_new (const TscPid * pid)
{
  TscAuList *list = g_new0 (TscAuList, 1);

  list->au = g_array_new (FALSE, TRUE, sizeof (TscAu));
  list->junk_packets = g_array_new (FALSE, FALSE, sizeof (gsize));
  if (pid->kind == TSC_KIND_AUDIO)
    list_audio (pid, list);
  else
    list_video (pid, list);
  return list;
}

void
tsc_au_list_free (TscAuList * list)
{
  if (list == NULL)
    return;
  g_array_unref (list->au);
  g_array_unref (list->junk_packets);
  g_free (list);
}
