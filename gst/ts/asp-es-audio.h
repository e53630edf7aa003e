/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ts-psi.h>

G_BEGIN_DECLS

/*
 * Frame boundaries of audio elementary streams: ADTS (ISO/IEC 14496-3 1.A.2.2), LOAS/LATM
 * AudioSyncStream (14496-3 1.7.2, 1.7.3), MPEG-1/2 audio layers 1 to 3 (11172-3 2.4.1.3,
 * 13818-3), AC-3 and E-AC-3 (ATSC A/52 5.3, E.1.2). Thread: any; pure. Since: 0.1
 */
typedef struct
{
  gsize size;                   /* bytes of the frame with its header; may exceed what was given */
  guint samples;                /* per channel at sample_rate; 0: the frame belongs to the access unit
                                   before it (E-AC-3 dependent substream or further independent one) */
  guint sample_rate;            /* Hz as presented (HE-AAC: of the core, as signalled) */
  guint channels;               /* full-range plus LFE; 0 when not known from the header */
} AspAudioFrame;

typedef enum
{
  ASP_AUDIO_OK,
  ASP_AUDIO_NEED_MORE,          /* @size is too short to read the header */
  ASP_AUDIO_NO_SYNC,            /* no frame header stands here */
} AspAudioResult;

/* LATM: sample_rate, channels come from the last StreamMuxConfig: @latm carries it from frame to frame
 * (zero it at the start). It may be NULL for the other codecs. */
typedef struct
{
  guint sample_rate;
  guint channels;
  guint frame_samples;          /* 1024 or 960; low delay profiles 512 or 480 */
  guint frames;                 /* in one AudioMuxElement: numSubFrames + 1 */
} AspLatmState;

/**
 * asp_es_audio_frame:
 * @out: filled only with ASP_AUDIO_OK
 *
 * Reads the frame header at the first byte of @data. OK and NO_SYNC are final: more bytes do not
 * change them. Free format MPEG audio is NO_SYNC: its frames do not say their size. AC-3 and E-AC-3
 * are told apart by bsid, whichever @codec says. LATM frames before the first StreamMuxConfig have
 * a size, but sample_rate and samples 0; without useSameStreamMux all of StreamMuxConfig is read.
 */
AspAudioResult asp_es_audio_frame (AspCodec codec, const guint8 * data, gsize size,
    AspLatmState * latm, AspAudioFrame * out);

/* Offset of the first header in @data (checked as far as one header can be; when the frame after it
 * lies inside @data that one's sync word is checked too), or -1. */
gssize asp_es_audio_find_sync (AspCodec codec, const guint8 * data, gsize size);

/* Some encoders announce AAC as stream_type 0x03 or 0x04: makes @codec AAC_ADTS when it is
 * MPEG_AUDIO and an ADTS header (layer 0) stands at @data. */
void asp_es_audio_check_codec (AspCodec * codec, const guint8 * data, gsize size);

/* samples at sample_rate in 90 kHz ticks, rounded to nearest */
gint64 asp_audio_samples_to_90k (guint64 samples, guint sample_rate);

G_END_DECLS
