/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CODECS strings out of parameter sets and frame headers, and out of every part of them. */
#include <asp-es-codec-string.h>
#include <string.h>

#include "unit-support.h"

static GByteArray *
bytes_of (const gchar * hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *hex; hex++) {
    guint8 byte;

    if (*hex == ' ')
      continue;
    byte = (guint8) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));
    g_byte_array_append (bytes, &byte, 1);
    hex++;
  }
  return bytes;
}

static const struct
{
  AspCodec codec;
  const gchar *hex;
  const gchar *string;
} video[] = {
  {ASP_CODEC_H264, "00000001 6764001facd9405005bb01100000030010000003 03c0f1831960 0000000168ebe3cb22c0",
      "avc1.64001f"},
  {ASP_CODEC_H264, "000001 6742c01eda0280bfe5c0440000030004000003 00c83c58ba80", "avc1.42c01e"},
  {ASP_CODEC_H264, "00000001 67f4001e919b281405ff1380880000030008000003019078b16cb0"
      "00000001 68ebe3c44844", "avc1.f4001e"},
  {ASP_CODEC_HEVC, "00000001 40010c01ffff0408000003009e0800000300003f95980900000001"
      "42010104080000 03009e0800000300003f9000a0402d2cb2b349265780b7020200040000030004000003006420"
      "00000001 4401c172860c4624", "hvc1.4.10.L63.9E.8"},
  {ASP_CODEC_HEVC, "00000001 420101 016000000300900000030000 03005da00280802d165959a4932bc05a02",
      "hvc1.1.6.L93.90"},
  {ASP_CODEC_HEVC, "000001 420101 222000000300b00000030000 030099a001e020021c4d94d6ed3bb2d0",
      "hvc1.2.4.H153.B0"},
  {ASP_CODEC_MPEG2, "000001b3 280168 33 ffffe018 000001b5 148a00010000 000001b8 00080040 00000100 000ffff8",
      "mp4v.61"},
  {ASP_CODEC_MPEG2, "000001b3 280168 33 ffffe018 000001b5 158a00010000 000001b8 00080040 00000100 000ffff8",
      "mp4v.60"},
}, audio[] = {
  {ASP_CODEC_AAC_ADTS, "fff15080 01bffc", "mp4a.40.2"},
  {ASP_CODEC_AAC_ADTS, "fff11080 01bffc", "mp4a.40.1"},
  {ASP_CODEC_AAC_LATM, "56e0d0", "mp4a.40.2"},
  {ASP_CODEC_MPEG_AUDIO, "fffd8404", "mp4a.40.33"},
  {ASP_CODEC_MPEG_AUDIO, "fffb9064", "mp4a.40.34"},
  {ASP_CODEC_MPEG_AUDIO, "ffff9064", "mp4a.40.32"},
  {ASP_CODEC_AC3, "0b77 1234 14 40 43e1", "ac-3"},
  {ASP_CODEC_EAC3, "0b77 01ff 3f 86 ff00", "ec-3"},
  {ASP_CODEC_AC3, "0b77 01ff 3f 86 ff00", "ec-3"},
};

static void
test_video (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (video); i++) {
    g_autoptr (GByteArray) bytes = bytes_of (video[i].hex);
    gchar out[ASP_CODEC_STRING_MAX];

    g_test_message ("%s", video[i].hex);
    g_assert_true (asp_es_video_codec_string (video[i].codec, bytes->data, bytes->len, out));
    g_assert_cmpstr (out, ==, video[i].string);
    /* cut anywhere: the same, or nothing */
    for (guint n = 0; n < bytes->len; n++) {
      g_autofree guint8 *exact = g_memdup2 (bytes->data, n);

      if (asp_es_video_codec_string (video[i].codec, exact, n, out))
        g_assert_cmpstr (out, ==, video[i].string);
      else
        g_assert_cmpstr (out, ==, "");
    }
  }
}

static void
test_audio (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (audio); i++) {
    g_autoptr (GByteArray) bytes = bytes_of (audio[i].hex);
    gchar out[ASP_CODEC_STRING_MAX];

    g_assert_true (asp_es_audio_codec_string (audio[i].codec, bytes->data, bytes->len, out));
    g_assert_cmpstr (out, ==, audio[i].string);
    for (guint n = 0; n < bytes->len; n++) {
      g_autofree guint8 *exact = g_memdup2 (bytes->data, n);

      if (asp_es_audio_codec_string (audio[i].codec, exact, n, out))
        g_assert_cmpstr (out, ==, audio[i].string);
    }
  }
}

static void
test_refuses (void)
{
  static const guint8 junk[64] = { 0xff, 0xf0, 1, 2, 3 };
  gchar out[ASP_CODEC_STRING_MAX];

  for (AspCodec codec = ASP_CODEC_NONE; codec <= ASP_CODEC_OTHER_AUDIO; codec++) {
    g_assert_false (asp_es_video_codec_string (codec, junk, sizeof junk, out));
    g_assert_cmpstr (out, ==, "");
  }
  g_assert_false (asp_es_audio_codec_string (ASP_CODEC_SCTE35, junk, sizeof junk, out));
  g_assert_false (asp_es_audio_codec_string (ASP_CODEC_AC3, junk, sizeof junk, out));
  /* layer 0 is ADTS, not MPEG audio */
  g_assert_false (asp_es_audio_codec_string (ASP_CODEC_MPEG_AUDIO, junk, sizeof junk, out));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/es-codec-string/video", test_video);
  g_test_add_func ("/es-codec-string/audio", test_audio);
  g_test_add_func ("/es-codec-string/refuses", test_refuses);
  return g_test_run ();
}
