/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Audio frames, the codec in the first byte: gst/ts/asp-es-audio. */
#include "fuzz.h"

#include <string.h>

#include <asp-es-audio.h>

static void
check_frame (AspCodec codec, const AspAudioFrame * f)
{
  g_assert_cmpuint (f->size, >, 0);
  g_assert_cmpuint (f->size, <=, 3 + 8191);
  g_assert_cmpuint (f->samples, <=, 64 * 1024);
  if (codec == ASP_CODEC_AAC_LATM)
    return;                     /* nothing is known before a StreamMuxConfig */
  g_assert_cmpuint (f->sample_rate, >=, 7350);
  g_assert_cmpuint (f->sample_rate, <=, 96000);
  if (codec == ASP_CODEC_MPEG_AUDIO || codec == ASP_CODEC_AAC_ADTS)
    g_assert_cmpuint (f->samples, >, 0);
}

/* OK and NO_SYNC are final: the same of fewer bytes, or NEED_MORE. */
static void
check_cut (AspCodec codec, const guint8 * data, gsize size, AspLatmState latm, AspAudioResult whole)
{
  for (gsize n = 0; n < MIN (size, 12); n++) {
    guint8 *cut = g_memdup2 (data, n);
    AspLatmState state = latm;
    AspAudioFrame f;
    AspAudioResult r = asp_es_audio_frame (codec, cut, n, &state, &f);

    if (r != ASP_AUDIO_NEED_MORE)
      g_assert_cmpint (r, ==, whole);
    g_free (cut);
  }
}

static void
walk (AspCodec codec, const guint8 * data, gsize size)
{
  AspLatmState latm = { 0, };

  while (size > 0) {
    AspLatmState before = latm;
    AspAudioFrame f;
    AspAudioResult r = asp_es_audio_frame (codec, data, size, &latm, &f);

    check_cut (codec, data, size, before, r);
    if (r == ASP_AUDIO_OK)
      check_frame (codec, &f);
    if (r != ASP_AUDIO_OK || f.size > size)
      break;
    data += f.size;
    size -= f.size;
  }
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  static const AspCodec codecs[] = {
    ASP_CODEC_AAC_ADTS, ASP_CODEC_AAC_LATM, ASP_CODEC_MPEG_AUDIO, ASP_CODEC_AC3, ASP_CODEC_EAC3
  };
  AspCodec codec;
  gssize sync;

  if (size == 0)
    return 0;
  codec = codecs[data[0] % G_N_ELEMENTS (codecs)];
  walk (codec, data + 1, size - 1);
  sync = asp_es_audio_find_sync (codec, data + 1, size - 1);
  g_assert_cmpint (sync, <, (gssize) size - 1 + (size == 1));
  if (sync >= 0)
    walk (codec, data + 1 + sync, size - 1 - (gsize) sync);
  return 0;
}
