/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-es-audio-codecs.h"

#define AC3_HEADER_SIZE 7       /* up to lfeon with every level field */
#define EAC3_HEADER_SIZE 6      /* up to bsid */
#define BSID_AC3_MAX 10         /* 9 and 10 are half and quarter sample rates */
#define BSID_EAC3_MAX 16
#define BLOCK_SAMPLES 256
#define FRMSIZECOD_MAX 37
#define FSCOD_RESERVED 3
#define STRMTYP_DEPENDENT 1
#define STRMTYP_RESERVED 3

static const guint rates[3] = { 48000, 44100, 32000 };

/* Full-range channels of acmod, and the one of lfeon: A/52 Table 5.8 */
static guint
channel_count (guint acmod, guint lfeon)
{
  static const guint8 full_range[8] = { 2, 1, 2, 3, 3, 4, 4, 5 };

  return full_range[acmod] + lfeon;
}

/* A/52 Table 5.18: two bytes to a word; at 44.1 kHz odd codes have one word more */
static gsize
ac3_frame_size (guint fscod, guint frmsizecod)
{
  static const guint16 kbit[19] = {
    32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640
  };
  guint rate = kbit[frmsizecod >> 1];

  if (fscod == 0)
    return rate * 2 * 2;
  if (fscod == 1)
    return (rate * 320 / 147 + (frmsizecod & 1)) * 2;
  return rate * 3 * 2;
}

/* A/52 5.3.1 and 5.3.2 */
static AspAudioResult
ac3_frame (const guint8 * data, gsize size, guint bsid, AspAudioFrame * out)
{
  guint fscod = data[4] >> 6;
  guint frmsizecod = data[4] & 0x3f;
  guint acmod, lfe_shift = 4;

  if (fscod == FSCOD_RESERVED || frmsizecod > FRMSIZECOD_MAX)
    return ASP_AUDIO_NO_SYNC;
  if (size < AC3_HEADER_SIZE)
    return ASP_AUDIO_NEED_MORE;
  acmod = data[6] >> 5;
  if ((acmod & 1) && acmod != 1)
    lfe_shift -= 2;             /* cmixlev */
  if (acmod & 4)
    lfe_shift -= 2;             /* surmixlev */
  if (acmod == 2)
    lfe_shift -= 2;             /* dsurmod */
  out->size = ac3_frame_size (fscod, frmsizecod);
  out->sample_rate = rates[fscod] >> (bsid > 8 ? bsid - 8 : 0);
  out->samples = 6 * BLOCK_SAMPLES;
  out->channels = channel_count (acmod, (data[6] >> lfe_shift) & 1);
  return ASP_AUDIO_OK;
}

/* A/52 E.1.2.1 and E.1.2.2 */
static AspAudioResult
eac3_frame (const guint8 * data, AspAudioFrame * out)
{
  static const guint8 blocks[4] = { 1, 2, 3, 6 };
  guint strmtyp = data[2] >> 6;
  guint substreamid = (data[2] >> 3) & 0x07;
  guint fscod = data[4] >> 6;
  guint code = (data[4] >> 4) & 3;      /* numblkscod, or fscod2 at half the rates */

  if (strmtyp == STRMTYP_RESERVED || (fscod == FSCOD_RESERVED && code == FSCOD_RESERVED))
    return ASP_AUDIO_NO_SYNC;
  out->size = (((data[2] & 0x07u) << 8 | data[3]) + 1) * 2;
  if (out->size < EAC3_HEADER_SIZE)
    return ASP_AUDIO_NO_SYNC;
  if (fscod == FSCOD_RESERVED) {
    out->sample_rate = rates[code] / 2;
    out->samples = 6 * BLOCK_SAMPLES;
  } else {
    out->sample_rate = rates[fscod];
    out->samples = blocks[code] * BLOCK_SAMPLES;
  }
  if (strmtyp == STRMTYP_DEPENDENT || substreamid > 0)
    out->samples = 0;
  out->channels = channel_count ((data[4] >> 1) & 7, data[4] & 1);
  return ASP_AUDIO_OK;
}

AspAudioResult
asp_es_ac3_frame (const guint8 * data, gsize size, AspAudioFrame * out)
{
  guint bsid;

  if (data[0] != 0x0b || (size >= 2 && data[1] != 0x77))
    return ASP_AUDIO_NO_SYNC;
  /* bsid stands at the same place in both */
  if (size < EAC3_HEADER_SIZE)
    return ASP_AUDIO_NEED_MORE;
  bsid = data[5] >> 3;
  if (bsid <= BSID_AC3_MAX)
    return ac3_frame (data, size, bsid, out);
  return bsid <= BSID_EAC3_MAX ? eac3_frame (data, out) : ASP_AUDIO_NO_SYNC;
}
