/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-es-codec-string.h"

#include "asp-es-unit.h"
#include "asp-es-video.h"

#define HEVC_NAL_SPS 33
#define HEVC_SPS_HEAD 15        /* NAL header to general_level_idc: H.265 7.3.2.2.1, 7.3.3 */
#define HEVC_SPS_ESCAPED 24     /* the same with emulation prevention */

static gboolean
h264_string (const guint8 * data, gsize size, gchar * out)
{
  AspVideoParams p;

  if (!asp_es_video_params (ASP_CODEC_H264, data, size, &p))
    return FALSE;
  g_snprintf (out, ASP_CODEC_STRING_MAX, "avc1.%02x%02x%02x", p.profile_idc & 0xff,
      p.profile_compat & 0xff, p.level_idc & 0xff);
  return TRUE;
}

/* Bit 0 first: general_profile_compatibility_flag[0] is the lowest of the number. */
static guint32
reversed (const guint8 * bytes)
{
  guint32 v = 0;

  for (guint i = 0; i < 32; i++)
    if (bytes[i / 8] & (0x80 >> (i % 8)))
      v |= 1u << i;
  return v;
}

static void
hevc_print (const guint8 * sps, gchar * out)
{
  static const gchar *const spaces[] = { "", "A", "B", "C" };
  guint profile = sps[3], n_constraints = 6;
  gsize used;

  used = (gsize) g_snprintf (out, ASP_CODEC_STRING_MAX, "hvc1.%s%u.%x.%c%u",
      spaces[profile >> 6], profile & 0x1f, reversed (sps + 4), profile & 0x20 ? 'H' : 'L', sps[14]);
  while (n_constraints > 0 && sps[8 + n_constraints - 1] == 0)
    n_constraints--;
  for (guint i = 0; i < n_constraints; i++)
    used += (gsize) g_snprintf (out + used, ASP_CODEC_STRING_MAX - used, ".%X", sps[8 + i]);
}

static gboolean
hevc_string (const guint8 * data, gsize size, gchar * out)
{
  AspEsUnit u;

  asp_es_unit_init (&u, data, size);
  while (asp_es_unit_next (&u)) {
    guint8 sps[HEVC_SPS_HEAD];

    if (((data[u.body] >> 1) & 0x3f) != HEVC_NAL_SPS)
      continue;
    asp_es_unit_close (&u, HEVC_SPS_ESCAPED);
    if (asp_es_nal_unescape (data + u.body, u.end - u.body, sps, sizeof sps) < sizeof sps)
      return FALSE;
    hevc_print (sps, out);
    return TRUE;
  }
  return FALSE;
}

/* Object type indications of ISO/IEC 13818-2 profiles: ISO/IEC 14496-1 Table 5. */
static gboolean
mpeg2_string (const guint8 * data, gsize size, gchar * out)
{
  static const guint types[] = { 0x65, 0x64, 0x63, 0x62, 0x61, 0x60 };
  AspVideoParams p;

  if (!asp_es_video_params (ASP_CODEC_MPEG2, data, size, &p))
    return FALSE;
  g_snprintf (out, ASP_CODEC_STRING_MAX, "mp4v.%x",
      p.profile_idc < G_N_ELEMENTS (types) ? types[p.profile_idc] : 0x65);
  return TRUE;
}

gboolean
asp_es_video_codec_string (AspCodec codec, const guint8 * data, gsize size, gchar * out)
{
  out[0] = '\0';
  switch (codec) {
    case ASP_CODEC_H264:
      return h264_string (data, size, out);
    case ASP_CODEC_HEVC:
      return hevc_string (data, size, out);
    case ASP_CODEC_MPEG2:
      return mpeg2_string (data, size, out);
    default:
      return FALSE;
  }
}

static gboolean
audio_object_type (guint type, gchar * out)
{
  g_snprintf (out, ASP_CODEC_STRING_MAX, "mp4a.40.%u", type);
  return TRUE;
}

gboolean
asp_es_audio_codec_string (AspCodec codec, const guint8 * data, gsize size, gchar * out)
{
  out[0] = '\0';
  switch (codec) {
    case ASP_CODEC_AAC_ADTS:
      /* profile_ObjectType is the audio object type less one */
      return size >= 3 && data[0] == 0xff && (data[1] & 0xf6) == 0xf0 &&
          audio_object_type ((data[2] >> 6) + 1u, out);
    case ASP_CODEC_AAC_LATM:
      return size >= 2 && data[0] == 0x56 && (data[1] & 0xe0) == 0xe0 && audio_object_type (2, out);
    case ASP_CODEC_MPEG_AUDIO:
      /* layer 1, 2, 3 is coded 3, 2, 1 */
      return size >= 2 && data[0] == 0xff && (data[1] & 0xe0) == 0xe0 && (data[1] & 0x06) != 0 &&
          audio_object_type (35u - ((data[1] >> 1) & 3), out);
    case ASP_CODEC_AC3:
    case ASP_CODEC_EAC3:
      if (size < 6 || data[0] != 0x0b || data[1] != 0x77)
        return FALSE;
      /* by bsid, whatever the PMT says: A/52 E.2.3.1.6 */
      g_strlcpy (out, data[5] >> 3 > 10 ? "ec-3" : "ac-3", ASP_CODEC_STRING_MAX);
      return TRUE;
    default:
      return FALSE;
  }
}
