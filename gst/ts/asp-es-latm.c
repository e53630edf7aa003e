/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-es-audio-codecs.h"

#include <string.h>

#include <asp-bits.h>

#define SYNC_HEADER_SIZE 3      /* syncword (11), audioMuxLengthBytes (13) */
#define ESCAPE_RATE 15

/* Audio object types: ISO/IEC 14496-3 Table 1.17 */
#define AOT_SBR 5
#define AOT_ESCAPE 31
#define AOT_ER_BSAC 22
#define AOT_ER_AAC_LD 23
#define AOT_PS 29
#define AOT_ER_AAC_ELD 39

static guint
read_object_type (AspBits * b)
{
  guint type = asp_bits_get (b, 5);

  return type == AOT_ESCAPE ? 32 + asp_bits_get (b, 6) : type;
}

static guint
read_rate (AspBits * b)
{
  guint index = asp_bits_get (b, 4);

  return index == ESCAPE_RATE ? asp_bits_get (b, 24) : asp_es_aac_rate (index);
}

/* AudioSpecificConfig () up to frameLengthFlag: 1.6.2.1. The rate is that of the core, also
 * where SBR is signalled (AOT 5 and 29 name the core's type behind the doubled rate). */
static gboolean
read_specific_config (AspBits * b, AspLatmState * latm)
{
  guint type = read_object_type (b);
  gboolean short_frames;

  latm->sample_rate = read_rate (b);
  latm->channels = asp_es_aac_channels (asp_bits_get (b, 4));
  if (type == AOT_SBR || type == AOT_PS) {
    read_rate (b);              /* extensionSamplingFrequency */
    type = read_object_type (b);
    if (type == AOT_ER_BSAC)
      asp_bits_skip (b, 4);     /* extensionChannelConfiguration */
  }
  short_frames = asp_bits_get (b, 1);   /* frameLengthFlag: the first bit of GA and ELD alike */
  if (type == AOT_ER_AAC_LD || type == AOT_ER_AAC_ELD)
    latm->frame_samples = short_frames ? 480 : 512;
  else
    latm->frame_samples = short_frames ? 960 : 1024;
  return !b->error && latm->sample_rate > 0;
}

/* LatmGetValue (): one to four bytes */
static void
skip_value (AspBits * b)
{
  guint bytes = asp_bits_get (b, 2) + 1;

  asp_bits_skip (b, 8 * bytes);
}

/* StreamMuxConfig () up to the first AudioSpecificConfig: 1.7.3.1. That of the first layer
 * of the first programme is the one that a decoder of one programme plays. */
static gboolean
read_mux_config (AspBits * b, AspLatmState * latm)
{
  gboolean version = asp_bits_get (b, 1);

  if (version && asp_bits_get (b, 1))
    return FALSE;               /* audioMuxVersionA 1 is reserved */
  if (version)
    skip_value (b);             /* taraBufferFullness */
  asp_bits_skip (b, 1);         /* allStreamsSameTimeFraming */
  latm->frames = asp_bits_get (b, 6) + 1;
  asp_bits_skip (b, 4 + 3);     /* numProgram, numLayer */
  if (version)
    skip_value (b);             /* ascLen */
  return read_specific_config (b, latm);
}

/* AudioSyncStream () with AudioMuxElement (1): 1.7.2.1 */
AspAudioResult
asp_es_latm_frame (const guint8 * data, gsize size, AspLatmState * latm, AspAudioFrame * out)
{
  AspLatmState config = { 0, };
  gboolean same;
  gsize length;
  AspBits b;

  /* syncword 0x2B7 */
  if (data[0] != 0x56 || (size >= 2 && (data[1] & 0xe0) != 0xe0))
    return ASP_AUDIO_NO_SYNC;
  if (size < SYNC_HEADER_SIZE)
    return ASP_AUDIO_NEED_MORE;
  length = ((data[1] & 0x1fu) << 8) | data[2];
  if (length == 0)
    return ASP_AUDIO_NO_SYNC;
  asp_bits_init (&b, data + SYNC_HEADER_SIZE, MIN (length, size - SYNC_HEADER_SIZE));
  if (latm)
    config = *latm;
  same = asp_bits_get (&b, 1);  /* useSameStreamMux */
  if (b.error)
    return ASP_AUDIO_NEED_MORE;
  if (!same && !read_mux_config (&b, &config))
    return b.error && size - SYNC_HEADER_SIZE < length ? ASP_AUDIO_NEED_MORE : ASP_AUDIO_NO_SYNC;
  if (latm)
    *latm = config;
  out->size = SYNC_HEADER_SIZE + length;
  out->sample_rate = config.sample_rate;
  out->channels = config.channels;
  out->samples = config.frame_samples * config.frames;
  return ASP_AUDIO_OK;
}
