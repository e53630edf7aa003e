/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-es-audio.h"

#include <string.h>

#include <asp-bits.h>
#include "asp-es-audio-codecs.h"

#define ADTS_HEADER_SIZE 7
#define ADTS_CRC_SIZE 2
#define AAC_FRAME_SAMPLES 1024
#define MPEG_HEADER_SIZE 4

guint
asp_es_aac_rate (guint index)
{
  static const guint rates[] = {
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350
  };

  return index < G_N_ELEMENTS (rates) ? rates[index] : 0;
}

guint
asp_es_aac_channels (guint configuration)
{
  static const guint8 channels[16] = { 0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0 };

  return channels[configuration & 0x0f];
}

static AspAudioResult
adts_frame (const guint8 * data, gsize size, AspAudioFrame * out)
{
  guint rate, header;

  /* syncword 0xFFF, layer '00' */
  if (data[0] != 0xff || (size >= 2 && (data[1] & 0xf6) != 0xf0))
    return ASP_AUDIO_NO_SYNC;
  if (size < ADTS_HEADER_SIZE)
    return ASP_AUDIO_NEED_MORE;
  header = ADTS_HEADER_SIZE + (data[1] & 0x01 ? 0 : ADTS_CRC_SIZE);
  rate = asp_es_aac_rate ((data[2] >> 2) & 0x0f);
  out->size = ((data[3] & 0x03u) << 11) | (data[4] << 3) | (data[5] >> 5);
  if (rate == 0 || out->size < header)
    return ASP_AUDIO_NO_SYNC;
  out->sample_rate = rate;
  out->channels = asp_es_aac_channels (((data[2] & 0x01u) << 2) | (data[3] >> 6));
  /* number_of_raw_data_blocks_in_frame is one less */
  out->samples = AAC_FRAME_SAMPLES * ((data[6] & 0x03u) + 1);
  return ASP_AUDIO_OK;
}

/* Kilobits a second: ISO/IEC 11172-3 Table 3-B.2 and 13818-3 2.4.2.3. @layer 1 to 3. */
static guint
mpeg_bit_rate (gboolean lsf, guint layer, guint index)
{
  static const guint16 mpeg1[3][15] = {
    {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
  };
  static const guint16 mpeg2[2][15] = {
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
  };

  if (index > 14)
    return 0;
  return lsf ? mpeg2[layer == 1 ? 0 : 1][index] : mpeg1[layer - 1][index];
}

static guint
mpeg_samples (gboolean lsf, guint layer)
{
  if (layer == 1)
    return 384;
  return layer == 3 && lsf ? 576 : 1152;
}

static AspAudioResult
mpeg_frame (const guint8 * data, gsize size, AspAudioFrame * out)
{
  static const guint rates[3] = { 44100, 48000, 32000 };
  guint version, layer, rate_index, bit_rate, padding;
  gboolean lsf;

  if (data[0] != 0xff || (size >= 2 && (data[1] & 0xe0) != 0xe0))
    return ASP_AUDIO_NO_SYNC;
  if (size < MPEG_HEADER_SIZE)
    return ASP_AUDIO_NEED_MORE;
  version = (data[1] >> 3) & 3; /* 3: MPEG-1, 2: MPEG-2, 0: "2.5", half the rates of MPEG-2 */
  layer = 4 - ((data[1] >> 1) & 3);
  rate_index = (data[2] >> 2) & 3;
  if (version == 1 || layer == 4 || rate_index == 3)
    return ASP_AUDIO_NO_SYNC;
  lsf = version != 3;
  bit_rate = mpeg_bit_rate (lsf, layer, data[2] >> 4) * 1000;
  if (bit_rate == 0)            /* free format, or forbidden */
    return ASP_AUDIO_NO_SYNC;
  out->sample_rate = rates[rate_index] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
  out->samples = mpeg_samples (lsf, layer);
  out->channels = data[3] >> 6 == 3 ? 1 : 2;
  /* whole slots: of four bytes in layer 1, of one byte elsewhere (11172-3 2.4.3.1) */
  padding = (data[2] >> 1) & 1;
  if (layer == 1)
    out->size = (12 * bit_rate / out->sample_rate + padding) * 4;
  else
    out->size = out->samples / 8 * bit_rate / out->sample_rate + padding;
  return ASP_AUDIO_OK;
}

AspAudioResult
asp_es_audio_frame (AspCodec codec, const guint8 * data, gsize size,
    AspLatmState * latm, AspAudioFrame * out)
{
  AspAudioFrame frame = { 0, };
  AspAudioResult result;

  if (size == 0)
    return ASP_CODEC_IS_AUDIO (codec) ? ASP_AUDIO_NEED_MORE : ASP_AUDIO_NO_SYNC;
  switch (codec) {
    case ASP_CODEC_AAC_ADTS:
      result = adts_frame (data, size, &frame);
      break;
    case ASP_CODEC_AAC_LATM:
      result = asp_es_latm_frame (data, size, latm, &frame);
      break;
    case ASP_CODEC_MPEG_AUDIO:
      result = mpeg_frame (data, size, &frame);
      break;
    case ASP_CODEC_AC3:
    case ASP_CODEC_EAC3:
      result = asp_es_ac3_frame (data, size, &frame);
      break;
    default:
      return ASP_AUDIO_NO_SYNC;
  }
  if (result == ASP_AUDIO_OK)
    *out = frame;
  return result;
}

/* First byte of the sync word */
static guint8
sync_byte (AspCodec codec)
{
  if (codec == ASP_CODEC_AAC_LATM)
    return 0x56;
  return codec == ASP_CODEC_AC3 || codec == ASP_CODEC_EAC3 ? 0x0b : 0xff;
}

gssize
asp_es_audio_find_sync (AspCodec codec, const guint8 * data, gsize size)
{
  gsize pos = 0;

  if (!ASP_CODEC_IS_AUDIO (codec))
    return -1;
  while (pos < size) {
    const guint8 *at = memchr (data + pos, sync_byte (codec), size - pos);
    AspLatmState latm = { 0, };
    AspAudioFrame frame, next;

    if (!at)
      break;
    pos = at - data;
    if (asp_es_audio_frame (codec, at, size - pos, &latm, &frame) == ASP_AUDIO_OK &&
        (frame.size >= size - pos || asp_es_audio_frame (codec, at + frame.size,
                size - pos - frame.size, &latm, &next) != ASP_AUDIO_NO_SYNC))
      return (gssize) pos;
    pos++;
  }
  return -1;
}

gint64
asp_audio_samples_to_90k (guint64 samples, guint sample_rate)
{
  guint64 seconds, rest;

  if (sample_rate == 0)
    return 0;
  seconds = samples / sample_rate;
  rest = samples % sample_rate;
  return (gint64) (seconds * 90000 + (rest * 90000 + sample_rate / 2) / sample_rate);
}

void
asp_es_audio_check_codec (AspCodec * codec, const guint8 * data, gsize size)
{
  if (*codec == ASP_CODEC_MPEG_AUDIO && size >= 2 && data[0] == 0xff && (data[1] & 0xf6) == 0xf0)
    *codec = ASP_CODEC_AAC_ADTS;
}
