/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts/asp-es-audio: frame headers written by hand from the standards. */
#include <asp-es-audio.h>

#include <string.h>

#include "bit-writer.h"
#include "unit-support.h"

/* Reads @bytes at every length in a block of exactly that size: the answer comes once and
 * stays, and until then it is NEED_MORE and nothing is written. Returns that of the whole. */
static AspAudioResult
read_frame (AspCodec codec, const guint8 * bytes, gsize size, AspLatmState * latm, AspAudioFrame * out)
{
  AspLatmState before = { 0, };
  AspAudioResult whole;

  if (latm)
    before = *latm;
  whole = asp_es_audio_frame (codec, bytes, size, latm, out);
  for (gsize n = 0; n <= size; n++) {
    g_autofree guint8 *block = test_exact_block (bytes, n);
    AspLatmState state = before;
    AspAudioFrame frame, untouched;
    AspAudioResult result;

    memset (&frame, 0x5a, sizeof frame);
    memset (&untouched, 0x5a, sizeof untouched);
    result = asp_es_audio_frame (codec, block, n, latm ? &state : NULL, &frame);
    if (result == ASP_AUDIO_NEED_MORE)
      g_assert_cmpuint (n, <, size);
    else
      g_assert_cmpint (result, ==, whole);
    if (result == ASP_AUDIO_OK)
      g_assert_cmpmem (&frame, sizeof frame, out, sizeof *out);
    else
      g_assert_cmpmem (&frame, sizeof frame, &untouched, sizeof untouched);
    if (latm && result != ASP_AUDIO_OK)
      g_assert_cmpmem (&state, sizeof state, &before, sizeof before);
  }
  return whole;
}

static void
expect_hex (AspCodec codec, const gchar * hex, gsize size, guint samples, guint rate, guint channels)
{
  g_autoptr (GByteArray) bytes = test_hex (hex);
  AspAudioFrame f;

  g_test_message ("%s", hex);
  g_assert_cmpint (read_frame (codec, bytes->data, bytes->len, NULL, &f), ==, ASP_AUDIO_OK);
  g_assert_cmpuint (f.size, ==, size);
  g_assert_cmpuint (f.samples, ==, samples);
  g_assert_cmpuint (f.sample_rate, ==, rate);
  g_assert_cmpuint (f.channels, ==, channels);
}

static void
expect_no_sync (AspCodec codec, const gchar * hex)
{
  g_autoptr (GByteArray) bytes = test_hex (hex);
  AspAudioFrame f;

  g_test_message ("%s", hex);
  g_assert_cmpint (read_frame (codec, bytes->data, bytes->len, NULL, &f), ==, ASP_AUDIO_NO_SYNC);
}

static void
test_mpeg (void)
{
  const AspCodec c = ASP_CODEC_MPEG_AUDIO;

  /* MPEG-1 layer 2: 192 kbit/s at 48, 44.1 (padded or not) and 32 kHz */
  expect_hex (c, "fffda404", 576, 1152, 48000, 2);
  expect_hex (c, "fffda004", 626, 1152, 44100, 2);
  expect_hex (c, "fffca204", 627, 1152, 44100, 2);
  expect_hex (c, "fffda8c4", 864, 1152, 32000, 1);
  expect_hex (c, "fffde404", 1152, 1152, 48000, 2);     /* 384 kbit/s, the largest */
  /* layer 3: 128 kbit/s, the best known sizes of all */
  expect_hex (c, "fffb9064", 417, 1152, 44100, 2);
  expect_hex (c, "fffb9264", 418, 1152, 44100, 2);
  expect_hex (c, "fffa94c4", 384, 1152, 48000, 1);
  expect_hex (c, "fffbe064", 1044, 1152, 44100, 2);     /* 320 kbit/s */
  /* layer 1: slots of four bytes */
  expect_hex (c, "ffffc404", 384, 384, 48000, 2);
  expect_hex (c, "ffffc004", 416, 384, 44100, 2);
  expect_hex (c, "ffffc204", 420, 384, 44100, 2);
  /* MPEG-2, half the rates: layer 3 has half the samples, layer 2 has not */
  expect_hex (c, "fff38064", 208, 576, 22050, 2);
  expect_hex (c, "fff38264", 209, 576, 22050, 2);
  expect_hex (c, "fff5e4c4", 960, 1152, 24000, 1);
  expect_hex (c, "fff7e404", 512, 384, 24000, 2);
  /* "MPEG-2.5": a quarter */
  expect_hex (c, "ffe318c4", 72, 576, 8000, 1);
  expect_hex (c, "ffe380c4", 417, 576, 11025, 1);

  expect_no_sync (c, "fffd0404");       /* free format */
  expect_no_sync (c, "fffdf404");       /* forbidden bit rate */
  expect_no_sync (c, "fffdac04");       /* reserved rate */
  expect_no_sync (c, "fff9a404");       /* layer 4: ADTS */
  expect_no_sync (c, "ffeda404");       /* reserved version */
  expect_no_sync (c, "00");
  expect_no_sync (c, "ff1f");
}

/* Every bit rate of every version and layer at the rate where a frame is a round number of
 * slots: kbit/s of ISO/IEC 11172-3 Table 3-B.2 and 13818-3 2.4.2.3. */
static void
test_mpeg_bit_rates (void)
{
  static const struct
  {
    guint version, layer;       /* the bits of the header */
    guint rate_bits, rate, samples;
    guint kbit[14];
  } tables[] = {
    {3, 3, 1, 48000, 384, {32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448}},
    {3, 2, 1, 48000, 1152, {32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384}},
    {3, 1, 1, 48000, 1152, {32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}},
    {2, 3, 1, 24000, 384, {32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256}},
    {2, 2, 1, 24000, 1152, {8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}},
    {2, 1, 1, 24000, 576, {8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}},
    {0, 1, 1, 12000, 576, {8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}},
  };

  for (guint t = 0; t < G_N_ELEMENTS (tables); t++) {
    for (guint i = 0; i < 14; i++) {
      guint bytes = tables[t].kbit[i] * 1000 / 8 * tables[t].samples / tables[t].rate;
      guint slot = tables[t].layer == 3 ? 4 : 1;

      for (guint padding = 0; padding < 2; padding++) {
        g_autofree gchar *hex = g_strdup_printf ("ff %02x %02x 04", 0xe1 | tables[t].version << 3 |
            tables[t].layer << 1, (i + 1) << 4 | tables[t].rate_bits << 2 | padding << 1);

        expect_hex (ASP_CODEC_MPEG_AUDIO, hex, bytes / slot * slot + padding * slot, tables[t].samples,
            tables[t].rate, 2);
      }
    }
  }
}

static void
test_adts (void)
{
  const AspCodec c = ASP_CODEC_AAC_ADTS;

  /* LC, 48 kHz, stereo, 371 bytes; 44.1 kHz mono; 5.1 with CRC; 7.1 */
  expect_hex (c, "fff14c802e7ffc", 371, 1024, 48000, 2);
  expect_hex (c, "fff950400f1ffc", 120, 1024, 44100, 1);
  expect_hex (c, "fff04d80fffffc", 2047, 1024, 48000, 6);
  expect_hex (c, "fff14dc7fffffc", 8191, 1024, 48000, 8);
  /* channel_configuration 0: a program_config_element says */
  expect_hex (c, "fff14c002e7ffc", 371, 1024, 48000, 0);
  /* several raw_data_block() */
  expect_hex (c, "fff14c802e7ffd", 371, 2048, 48000, 2);
  expect_hex (c, "fff14c802e7fff", 371, 4096, 48000, 2);
  /* the lowest rate */
  expect_hex (c, "fff170802e7ffc", 371, 1024, 7350, 2);
  /* nothing but the header, with and without CRC */
  expect_hex (c, "fff14c8000fffc", 7, 1024, 48000, 2);
  expect_hex (c, "fff04c80013ffc", 9, 1024, 48000, 2);

  expect_no_sync (c, "fff14c8000dffc"); /* 6 bytes: less than the header */
  expect_no_sync (c, "fff04c80011ffc"); /* 8 with CRC */
  expect_no_sync (c, "fff174802e7ffc"); /* reserved rate */
  expect_no_sync (c, "fff17c802e7ffc"); /* escape value */
  expect_no_sync (c, "fff3");   /* layer: MPEG audio */
  expect_no_sync (c, "feff");
}

static void
test_ac3_sizes (void)
{
  /* A/52 Table 5.18: words at 32, 44.1 (even frmsizecod; the odd one has one more), 48 kHz */
  static const guint16 words[19][3] = {
    {96, 69, 64}, {120, 87, 80}, {144, 104, 96}, {168, 121, 112}, {192, 139, 128}, {240, 174, 160},
    {288, 208, 192}, {336, 243, 224}, {384, 278, 256}, {480, 348, 320}, {576, 417, 384}, {672, 487, 448},
    {768, 557, 512}, {960, 696, 640}, {1152, 835, 768}, {1344, 975, 896}, {1536, 1114, 1024},
    {1728, 1253, 1152}, {1920, 1393, 1280}
  };
  static const guint rates[3] = { 48000, 44100, 32000 };

  for (guint code = 0; code < 64; code++) {
    for (guint fscod = 0; fscod < 4; fscod++) {
      g_autofree gchar *hex = g_strdup_printf ("0b77 1234 %02x 40 43", fscod << 6 | code);

      if (fscod == 3 || code > 37)
        expect_no_sync (ASP_CODEC_AC3, hex);
      else
        expect_hex (ASP_CODEC_AC3, hex, 2 * (words[code / 2][2 - fscod] + (fscod == 1 ? code & 1 : 0)),
            1536, rates[fscod], 2);
    }
  }
}

static void
test_ac3_channels (void)
{
  static const struct
  {
    guint acmod, skip;          /* bits between acmod and lfeon: 5.3.2 */
    guint channels;
  } cases[] = {
    {0, 0, 2}, {1, 0, 1}, {2, 2, 2}, {3, 2, 3}, {4, 2, 3}, {5, 4, 4}, {6, 2, 4}, {7, 4, 5}
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    for (guint lfe = 0; lfe < 2; lfe++) {
      guint lfe_bit = 4 - cases[i].skip;
      /* every other bit is the contrary of lfeon */
      guint byte = cases[i].acmod << 5 | (lfe ? 1u << lfe_bit : 0x1fu & ~(1u << lfe_bit));
      g_autofree gchar *hex = g_strdup_printf ("0b77 0000 1c 40 %02x", byte);

      expect_hex (ASP_CODEC_AC3, hex, 1536, 1536, 48000, cases[i].channels + lfe);
    }
  }
  /* bsid 9 and 10: half and quarter rates */
  expect_hex (ASP_CODEC_AC3, "0b77 0000 1c 48 43", 1536, 1536, 24000, 2);
  expect_hex (ASP_CODEC_AC3, "0b77 0000 1c 50 43", 1536, 1536, 12000, 2);
  expect_no_sync (ASP_CODEC_AC3, "0b77 0000 1c 88 43 00");      /* bsid 17 */
  expect_no_sync (ASP_CODEC_AC3, "0b78");
  expect_no_sync (ASP_CODEC_AC3, "770b");
}

static void
expect_eac3 (guint strmtyp, guint substreamid, guint frmsiz, guint fscod, guint code, guint acmod,
    guint lfeon, guint samples, guint rate, guint channels)
{
  BitWriter w;
  AspAudioFrame f;

  bits_init (&w);
  bits_u (&w, 16, 0x0b77);
  bits_u (&w, 2, strmtyp);
  bits_u (&w, 3, substreamid);
  bits_u (&w, 11, frmsiz);
  bits_u (&w, 2, fscod);
  bits_u (&w, 2, code);
  bits_u (&w, 3, acmod);
  bits_u (&w, 1, lfeon);
  bits_u (&w, 5, 16);
  bits_u (&w, 11, 0x3ff);
  g_assert_cmpint (read_frame (ASP_CODEC_EAC3, w.bytes->data, w.bytes->len, NULL, &f), ==, ASP_AUDIO_OK);
  g_assert_cmpuint (f.size, ==, (frmsiz + 1) * 2);
  g_assert_cmpuint (f.samples, ==, samples);
  g_assert_cmpuint (f.sample_rate, ==, rate);
  g_assert_cmpuint (f.channels, ==, channels);
  bits_clear (&w);
}

static void
test_eac3 (void)
{
  expect_eac3 (0, 0, 767, 0, 3, 7, 1, 1536, 48000, 6);
  expect_eac3 (0, 0, 2047, 1, 3, 2, 0, 1536, 44100, 2);
  /* 1, 2 and 3 blocks */
  expect_eac3 (0, 0, 127, 0, 0, 2, 0, 256, 48000, 2);
  expect_eac3 (0, 0, 127, 0, 1, 2, 0, 512, 48000, 2);
  expect_eac3 (0, 0, 127, 2, 2, 2, 0, 768, 32000, 2);
  /* fscod2: half the rates, always six blocks */
  expect_eac3 (0, 0, 127, 3, 0, 1, 0, 1536, 24000, 1);
  expect_eac3 (0, 0, 127, 3, 1, 1, 0, 1536, 22050, 1);
  expect_eac3 (0, 0, 127, 3, 2, 1, 0, 1536, 16000, 1);
  /* transcoded from AC-3; dependent; further independent ones */
  expect_eac3 (2, 0, 127, 0, 3, 2, 0, 1536, 48000, 2);
  expect_eac3 (1, 0, 127, 0, 3, 6, 0, 0, 48000, 4);
  expect_eac3 (0, 1, 127, 0, 3, 2, 0, 0, 48000, 2);
  expect_eac3 (0, 7, 2, 0, 3, 2, 0, 0, 48000, 2);

  /* bsid 11 is E-AC-3 already */
  expect_hex (ASP_CODEC_EAC3, "0b77 007f 35 5f", 256, 1536, 48000, 3);

  expect_no_sync (ASP_CODEC_EAC3, "0b77 c07f 34 87");   /* strmtyp 3 */
  expect_no_sync (ASP_CODEC_EAC3, "0b77 007f f4 87");   /* fscod2 3 */
  expect_no_sync (ASP_CODEC_EAC3, "0b77 0001 34 87");   /* four bytes: less than its header */
  expect_no_sync (ASP_CODEC_EAC3, "0b77 007f 34 8f");   /* bsid 17 */
  /* an AC-3 core in an E-AC-3 stream */
  expect_hex (ASP_CODEC_EAC3, "0b77 0000 1c 40 43", 1536, 1536, 48000, 2);
}

typedef struct
{
  gboolean version, version_a;
  guint sub_frames, programs, layers;
  guint object_type, rate_index, rate, configuration;
  guint sbr_type;               /* 5 or 29 in front, 0 for none */
  gboolean short_frames;
} MuxConfig;

static const MuxConfig latm_plain = {.object_type = 2,.rate_index = 3,.configuration = 2 };

static void
put_object_type (BitWriter * w, guint type)
{
  bits_u (w, 5, MIN (type, 31));
  if (type > 31)
    bits_u (w, 6, type - 32);
}

static void
put_mux_config (BitWriter * w, const MuxConfig * m)
{
  bits_u (w, 1, m->version);
  if (m->version) {
    bits_u (w, 1, m->version_a);
    bits_u (w, 2, 2);           /* taraBufferFullness of three bytes */
    bits_u (w, 24, 0xabcdef);
  }
  bits_u (w, 1, 1);
  bits_u (w, 6, m->sub_frames);
  bits_u (w, 4, m->programs);
  bits_u (w, 3, m->layers);
  if (m->version)
    bits_u (w, 10, 40);         /* ascLen of one byte */
  put_object_type (w, m->sbr_type ? m->sbr_type : m->object_type);
  bits_u (w, 4, m->rate_index);
  if (m->rate_index == 15)
    bits_u (w, 24, m->rate);
  bits_u (w, 4, m->configuration);
  if (m->sbr_type) {
    bits_u (w, 4, m->rate_index - 3);
    put_object_type (w, m->object_type);
    if (m->object_type == 22)
      bits_u (w, 4, 1);
  }
  bits_u (w, 1, m->short_frames);
}

/* AudioSyncStream; NULL: useSameStreamMux. */
static GByteArray *
latm_frame (const MuxConfig * m, guint payload)
{
  BitWriter w;
  guint length;

  bits_init (&w);
  bits_u (&w, 24, 0x2b7 << 13);
  bits_u (&w, 1, m == NULL);
  if (m)
    put_mux_config (&w, m);
  for (guint i = 0; i < payload; i++)
    bits_u (&w, 8, (i * 3 + 0xc1) & 0xff);
  length = w.bytes->len - 3;
  w.bytes->data[1] |= (guint8) (length >> 8);
  w.bytes->data[2] = (guint8) length;
  return w.bytes;
}

static void
expect_latm (const MuxConfig * m, AspLatmState * state, guint samples, guint rate, guint channels)
{
  g_autoptr (GByteArray) bytes = latm_frame (m, 300);
  AspAudioFrame f;

  g_assert_cmpint (read_frame (ASP_CODEC_AAC_LATM, bytes->data, bytes->len, state, &f), ==, ASP_AUDIO_OK);
  g_assert_cmpuint (f.size, ==, bytes->len);
  g_assert_cmpuint (f.samples, ==, samples);
  g_assert_cmpuint (f.sample_rate, ==, rate);
  g_assert_cmpuint (f.channels, ==, channels);
}

static void
test_latm (void)
{
  AspLatmState state = { 0, };
  MuxConfig m = latm_plain;

  /* before the first StreamMuxConfig only the size is known */
  expect_latm (NULL, &state, 0, 0, 0);
  expect_latm (&m, &state, 1024, 48000, 2);
  expect_latm (NULL, &state, 1024, 48000, 2);
  m.version = TRUE;
  m.rate_index = 4;
  m.configuration = 7;
  expect_latm (&m, &state, 1024, 44100, 8);
  m.sub_frames = 3;
  expect_latm (&m, &state, 4096, 44100, 8);
  expect_latm (NULL, &state, 4096, 44100, 8);
  m = latm_plain;
  m.short_frames = TRUE;
  expect_latm (&m, &state, 960, 48000, 2);
  /* HE-AAC and HE-AAC v2 signalled: the core's rate */
  m = latm_plain;
  m.sbr_type = 5;
  m.rate_index = 6;
  expect_latm (&m, &state, 1024, 24000, 2);
  m.short_frames = TRUE;
  expect_latm (&m, &state, 960, 24000, 2);
  m.short_frames = FALSE;
  m.sbr_type = 29;
  m.configuration = 1;
  expect_latm (&m, &state, 1024, 24000, 1);
  m.object_type = 22;
  m.short_frames = TRUE;
  expect_latm (&m, &state, 960, 24000, 1);
  m.short_frames = FALSE;
  expect_latm (&m, &state, 1024, 24000, 1);
  /* escapes: a rate in full, an object type above 31; low delay has frames of its own */
  m = latm_plain;
  m.rate_index = 15;
  m.rate = 37800;
  m.object_type = 39;
  expect_latm (&m, &state, 512, 37800, 2);
  m.object_type = 23;
  m.short_frames = TRUE;
  expect_latm (&m, &state, 480, 37800, 2);
  /* no state: each frame for itself */
  expect_latm (&m, NULL, 480, 37800, 2);
  expect_latm (NULL, NULL, 0, 0, 0);
}

/* samplingFrequencyIndex and channel_configuration: ISO/IEC 14496-3 Tables 1.18 and 1.19 */
static void
test_aac_tables (void)
{
  static const guint rates[16] = {
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350, 0, 0, 0
  };
  static const guint channels[16] = { 0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0 };

  for (guint i = 0; i < 16; i++) {
    g_autofree gchar *hex = g_strdup_printf ("fff1 %02x 80 2e 7f fc", 0x40 | i << 2);

    if (rates[i])
      expect_hex (ASP_CODEC_AAC_ADTS, hex, 371, 1024, rates[i], 2);
    else
      expect_no_sync (ASP_CODEC_AAC_ADTS, hex);
  }
  for (guint i = 0; i < 16; i++) {
    MuxConfig m = latm_plain;
    AspLatmState state = { 0, };

    m.configuration = i;
    expect_latm (&m, &state, 1024, 48000, channels[i]);
  }
}

static void
expect_latm_refused (const MuxConfig * m, guint cut)
{
  g_autoptr (GByteArray) bytes = latm_frame (m, 20);
  AspLatmState state = {.sample_rate = 1,.channels = 2,.frame_samples = 3,.frames = 4 };
  AspLatmState before = state;
  AspAudioFrame f;

  if (cut) {
    /* a length that ends inside StreamMuxConfig, and bytes behind it */
    bytes->data[1] &= 0xe0;
    bytes->data[2] = (guint8) cut;
    g_assert_cmpint (asp_es_audio_frame (ASP_CODEC_AAC_LATM, bytes->data, 3 + cut, &state, &f), ==,
        ASP_AUDIO_NO_SYNC);
  }
  g_assert_cmpint (read_frame (ASP_CODEC_AAC_LATM, bytes->data, bytes->len, &state, &f), ==,
      ASP_AUDIO_NO_SYNC);
  g_assert_cmpmem (&state, sizeof state, &before, sizeof before);
}

static void
test_latm_refused (void)
{
  MuxConfig m = latm_plain;

  expect_latm_refused (&m, 2);
  expect_latm_refused (&m, 3);
  m.version = m.version_a = TRUE;
  expect_latm_refused (&m, 0);
  m = latm_plain;
  m.rate_index = 13;
  expect_latm_refused (&m, 0);
  m.rate_index = 15;            /* 0 Hz in full */
  expect_latm_refused (&m, 0);
  expect_no_sync (ASP_CODEC_AAC_LATM, "56e000");        /* nothing in it */
  expect_no_sync (ASP_CODEC_AAC_LATM, "56c0");
  expect_no_sync (ASP_CODEC_AAC_LATM, "57");
}

static void
test_find_sync (void)
{
  /* a header in the junk whose next frame is none: not the first sync */
  g_autoptr (GByteArray) bytes = test_hex ("00ff 12 fff14c80015ffc aabbcc ff 0b77 56c1");
  const guint8 zero = 0;
  gsize first = bytes->len;

  for (guint n = 0; n < 2; n++) {
    g_autoptr (GByteArray) header = test_hex ("fff14c80027ffc");

    g_byte_array_append (bytes, header->data, header->len);
    for (guint i = 0; i < 19 - 7; i++)
      g_byte_array_append (bytes, &zero, 1);
  }
  g_assert_cmpint (asp_es_audio_find_sync (ASP_CODEC_AAC_ADTS, bytes->data, bytes->len), ==, (gssize) first);
  g_assert_cmpint (asp_es_audio_find_sync (ASP_CODEC_MPEG_AUDIO, bytes->data, bytes->len), ==, -1);
  g_assert_cmpint (asp_es_audio_find_sync (ASP_CODEC_AAC_LATM, bytes->data, bytes->len), ==, -1);
  g_assert_cmpint (asp_es_audio_find_sync (ASP_CODEC_H264, bytes->data, bytes->len), ==, -1);
  g_assert_cmpint (asp_es_audio_find_sync (ASP_CODEC_AAC_ADTS, NULL, 0), ==, -1);
  /* cut everywhere: never past the end, and the same frame as soon as its header is there */
  for (gsize n = 0; n < bytes->len; n++) {
    g_autofree guint8 *block = test_exact_block (bytes->data, n);

    /* the false header stands until the bytes behind its frame are there */
    g_assert_cmpint (asp_es_audio_find_sync (ASP_CODEC_AAC_ADTS, block, n), ==,
        n < 3 + 7 ? -1 : n < 3 + 10 + 2 ? 3 : n < first + 7 ? -1 : (gssize) first);
    for (guint codec = ASP_CODEC_NONE; codec <= ASP_CODEC_OTHER_AUDIO; codec++)
      g_assert_cmpint (asp_es_audio_find_sync (codec, block, n), <, (gssize) MAX (n, 1));
  }
  /* at the very start */
  g_assert_cmpint (asp_es_audio_find_sync (ASP_CODEC_AAC_ADTS, bytes->data + first, bytes->len - first), ==, 0);
  /* the frame behind begins with something else */
  bytes->data[first + 19] = 0;
  g_assert_cmpint (asp_es_audio_find_sync (ASP_CODEC_AAC_ADTS, bytes->data, bytes->len), ==, -1);
}

static void
test_find_sync_latm (void)
{
  g_autoptr (GByteArray) bytes = test_hex ("5600 56e0 00 56 56");
  g_autoptr (GByteArray) a = latm_frame (&latm_plain, 30);
  g_autoptr (GByteArray) b = latm_frame (NULL, 10);
  gsize first = bytes->len;

  g_byte_array_append (bytes, a->data, a->len);
  g_byte_array_append (bytes, b->data, b->len);
  g_assert_cmpint (asp_es_audio_find_sync (ASP_CODEC_AAC_LATM, bytes->data, bytes->len), ==, (gssize) first);
}

static void
test_not_audio (void)
{
  AspAudioFrame f;

  g_assert_cmpint (asp_es_audio_frame (ASP_CODEC_H264, (const guint8 *) "\xff", 1, NULL, &f), ==,
      ASP_AUDIO_NO_SYNC);
  g_assert_cmpint (asp_es_audio_frame (ASP_CODEC_NONE, NULL, 0, NULL, &f), ==, ASP_AUDIO_NO_SYNC);
  g_assert_cmpint (asp_es_audio_frame (ASP_CODEC_AC3, NULL, 0, NULL, &f), ==, ASP_AUDIO_NEED_MORE);
}

static void
test_samples_to_90k (void)
{
  g_assert_cmpint (asp_audio_samples_to_90k (1024, 48000), ==, 1920);
  g_assert_cmpint (asp_audio_samples_to_90k (1024, 44100), ==, 2090);   /* 2089.796 */
  g_assert_cmpint (asp_audio_samples_to_90k (1152, 44100), ==, 2351);   /* 2351.02 */
  g_assert_cmpint (asp_audio_samples_to_90k (1, 60000), ==, 2); /* 1.5: half up */
  g_assert_cmpint (asp_audio_samples_to_90k (1, 200000), ==, 0);        /* 0.45 */
  g_assert_cmpint (asp_audio_samples_to_90k (0, 48000), ==, 0);
  g_assert_cmpint (asp_audio_samples_to_90k (1024, 0), ==, 0);
  /* a thousand years of samples: the product does not fit 64 bits */
  g_assert_cmpint (asp_audio_samples_to_90k (G_GUINT64_CONSTANT (31557600000) * 44100 + 1024, 44100), ==,
      G_GINT64_CONSTANT (31557600000) * 90000 + 2090);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/es/audio/mpeg", test_mpeg);
  g_test_add_func ("/es/audio/mpeg-bit-rates", test_mpeg_bit_rates);
  g_test_add_func ("/es/audio/adts", test_adts);
  g_test_add_func ("/es/audio/aac-tables", test_aac_tables);
  g_test_add_func ("/es/audio/ac3-sizes", test_ac3_sizes);
  g_test_add_func ("/es/audio/ac3-channels", test_ac3_channels);
  g_test_add_func ("/es/audio/eac3", test_eac3);
  g_test_add_func ("/es/audio/latm", test_latm);
  g_test_add_func ("/es/audio/latm-refused", test_latm_refused);
  g_test_add_func ("/es/audio/find-sync", test_find_sync);
  g_test_add_func ("/es/audio/find-sync-latm", test_find_sync_latm);
  g_test_add_func ("/es/audio/not-audio", test_not_audio);
  g_test_add_func ("/es/audio/samples-to-90k", test_samples_to_90k);
  return g_test_run ();
}
