/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-rendition.h"

#include <string.h>

#include <asp-json-reader.h>
#include <asp-ts-packet.h>

#define SIZE_MAX_PIXELS 16384

/* Numbers that the text and the struct share, with what they may be. */
typedef struct
{
  const gchar *name;
  gsize offset;
  guint size;                   /* of the member: 1, 2, 4 or 8 bytes; all but 8 unsigned */
  gint64 min, max;
} Number;

#define NUMBER(type, member, name, min, max) \
    { name, G_STRUCT_OFFSET (type, member), sizeof (((type *) NULL)->member), min, max }

static const Number rendition_numbers[] = {
  NUMBER (AspRendition, transport_stream_id, "transport_stream_id", 0, 0xffff),
  NUMBER (AspRendition, program_number, "program_number", 1, 0xffff),
  NUMBER (AspRendition, pmt_pid, "pmt_pid", 0x10, 0x1ffe),
  NUMBER (AspRendition, pcr_pid, "pcr_pid", 0x10, 0x1ffe),
  NUMBER (AspRendition, pat_version, "pat_version", 0, 31),
  NUMBER (AspRendition, pmt_version, "pmt_version", 0, 31),
  NUMBER (AspRendition, fps_num, "fps_num", 1, 300000),
  NUMBER (AspRendition, fps_den, "fps_den", 1, 90000),
  NUMBER (AspRendition, reorder_90k, "reorder_90k", 0, ASP_SECOND_90K),
  NUMBER (AspRendition, gop, "gop", 0, 100000),
};

static const Number video_numbers[] = {
  NUMBER (AspVideoParams, width, "width", 16, SIZE_MAX_PIXELS),
  NUMBER (AspVideoParams, height, "height", 16, SIZE_MAX_PIXELS),
  NUMBER (AspVideoParams, sar_num, "sar_num", 0, 0xffff),
  NUMBER (AspVideoParams, sar_den, "sar_den", 0, 0xffff),
  NUMBER (AspVideoParams, profile_idc, "profile_idc", 0, 255),
  NUMBER (AspVideoParams, profile_compat, "profile_compat", 0, 255),
  NUMBER (AspVideoParams, level_idc, "level_idc", 0, 255),
  NUMBER (AspVideoParams, chroma_format_idc, "chroma_format_idc", 0, 3),
  NUMBER (AspVideoParams, bit_depth, "bit_depth", 8, 16),
  NUMBER (AspVideoParams, colour_primaries, "colour_primaries", 0, 255),
  NUMBER (AspVideoParams, transfer_characteristics, "transfer_characteristics", 0, 255),
  NUMBER (AspVideoParams, matrix_coefficients, "matrix_coefficients", 0, 255),
};

static const Number track_numbers[] = {
  NUMBER (AspRenditionTrack, pid, "pid", 0x10, 0x1ffe),
  NUMBER (AspRenditionTrack, stream_type, "stream_type", 0, 255),
  NUMBER (AspRenditionTrack, bit_rate, "bit_rate", 0, G_MAXINT32),
  NUMBER (AspRenditionTrack, sample_rate, "sample_rate", 0, 192000),
  NUMBER (AspRenditionTrack, channels, "channels", 0, 64),
  NUMBER (AspRenditionTrack, layer, "layer", 0, 3),
};

static const struct
{
  AspCodec codec;
  const gchar *name;
} codecs[] = {
  {ASP_CODEC_H264, "h264"}, {ASP_CODEC_HEVC, "hevc"}, {ASP_CODEC_MPEG2, "mpeg2"},
  {ASP_CODEC_AAC_ADTS, "aac-adts"}, {ASP_CODEC_AAC_LATM, "aac-latm"}, {ASP_CODEC_MPEG_AUDIO, "mpeg-audio"},
  {ASP_CODEC_AC3, "ac-3"}, {ASP_CODEC_EAC3, "e-ac-3"},
};

/* --- writing -------------------------------------------------------------------- */

static void
add_numbers (AspJsonWriter * w, const Number * numbers, guint n, const void *from)
{
  for (guint i = 0; i < n; i++) {
    const guint8 *at = (const guint8 *) from + numbers[i].offset;
    gint64 value = 0;

    switch (numbers[i].size) {
      case 1:
        value = *at;
        break;
      case 2:
        value = *(const guint16 *) at;
        break;
      case 4:
        value = *(const guint32 *) at;
        break;
      default:
        value = *(const gint64 *) at;
        break;
    }
    asp_json_add_int (w, numbers[i].name, value);
  }
}

static void
add_descriptors (AspJsonWriter * w, const AspDescriptors * d)
{
  g_autoptr (GBytes) bytes = g_bytes_new (d->bytes, d->size);

  asp_json_add_hex (w, "descriptors", bytes);
}

static const gchar *
codec_to_name (AspCodec codec)
{
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++)
    if (codecs[i].codec == codec)
      return codecs[i].name;
  return NULL;
}

gchar *
asp_rendition_to_text (const AspRendition * r)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "rendition", ASP_RENDITION_FORMAT);
  add_numbers (w, rendition_numbers, G_N_ELEMENTS (rendition_numbers), r);
  add_descriptors (w, &r->descriptors);
  asp_json_begin_object (w, "video");
  add_numbers (w, video_numbers, G_N_ELEMENTS (video_numbers), &r->params);
  asp_json_add_int (w, "max_reorder", r->params.max_reorder);
  asp_json_add_boolean (w, "interlaced", r->params.interlaced);
  asp_json_add_boolean (w, "low_delay", r->params.low_delay);
  asp_json_add_boolean (w, "full_range", r->params.full_range);
  asp_json_end_object (w);
  asp_json_begin_array (w, "tracks");
  for (guint i = 0; i < r->n_tracks; i++) {
    asp_json_begin_object (w, NULL);
    asp_json_add_string (w, "codec", codec_to_name (r->tracks[i].codec));
    add_numbers (w, track_numbers, G_N_ELEMENTS (track_numbers), &r->tracks[i]);
    add_descriptors (w, &r->tracks[i].descriptors);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

/* --- reading -------------------------------------------------------------------- */

static gboolean
fail (GError ** error, const gchar * name)
{
  g_set_error (error, ASP_RENDITION_ERROR, ASP_RENDITION_ERROR_TEXT,
      "The description of the rendition is damaged or of another version, at \"%s\"; make it anew from the stream", name);
  return FALSE;
}

static gboolean
get_numbers (const AspJson * from, const Number * numbers, guint n, void *to, GError ** error)
{
  for (guint i = 0; i < n; i++) {
    guint8 *at = (guint8 *) to + numbers[i].offset;
    gint64 value;

    if (!asp_json_integer (asp_json_member (from, numbers[i].name), &value) || value < numbers[i].min ||
        value > numbers[i].max)
      return fail (error, numbers[i].name);
    switch (numbers[i].size) {
      case 1:
        *at = (guint8) value;
        break;
      case 2:
        *(guint16 *) at = (guint16) value;
        break;
      case 4:
        *(guint32 *) at = (guint32) value;
        break;
      default:
        *(gint64 *) at = value;
        break;
    }
  }
  return TRUE;
}

/* Hexadecimal of whole descriptors */
static gboolean
get_descriptors (const AspJson * from, AspDescriptors * to, GError ** error)
{
  const gchar *hex = asp_json_string (asp_json_member (from, "descriptors"));
  gsize n = hex ? strlen (hex) : 1, at = 0;

  if (n % 2 != 0 || n / 2 > sizeof to->bytes)
    return fail (error, "descriptors");
  to->size = (guint) (n / 2);
  for (guint i = 0; i < to->size; i++) {
    gint high = g_ascii_xdigit_value (hex[2 * i]), low = g_ascii_xdigit_value (hex[2 * i + 1]);

    if (high < 0 || low < 0)
      return fail (error, "descriptors");
    to->bytes[i] = (guint8) (high << 4 | low);
  }
  while (at < to->size) {
    if (to->size - at < 2 || to->bytes[at + 1] > to->size - at - 2)
      return fail (error, "descriptors");
    at += 2u + to->bytes[at + 1];
  }
  return TRUE;
}

static gboolean
get_video (const AspJson * from, AspVideoParams * p, GError ** error)
{
  gint64 reorder;

  if (!get_numbers (from, video_numbers, G_N_ELEMENTS (video_numbers), p, error))
    return FALSE;
  if (!asp_json_integer (asp_json_member (from, "max_reorder"), &reorder) || reorder < -1 || reorder > 16)
    return fail (error, "max_reorder");
  p->max_reorder = (gint) reorder;
  if (!asp_json_boolean (asp_json_member (from, "interlaced"), &p->interlaced) ||
      !asp_json_boolean (asp_json_member (from, "low_delay"), &p->low_delay) ||
      !asp_json_boolean (asp_json_member (from, "full_range"), &p->full_range))
    return fail (error, "video");
  return TRUE;
}

static gboolean
get_track (const AspJson * from, AspRenditionTrack * t, GError ** error)
{
  const gchar *name = asp_json_string (asp_json_member (from, "codec"));

  for (guint i = 0; name && i < G_N_ELEMENTS (codecs); i++)
    if (!strcmp (codecs[i].name, name))
      t->codec = codecs[i].codec;
  if (t->codec == ASP_CODEC_NONE)
    return fail (error, "codec");
  return get_numbers (from, track_numbers, G_N_ELEMENTS (track_numbers), t, error) &&
      get_descriptors (from, &t->descriptors, error);
}

static gboolean
get_tracks (const AspJson * from, AspRendition * r, GError ** error)
{
  r->n_tracks = asp_json_length (from);
  r->video = -1;
  if (r->n_tracks == 0 || r->n_tracks > ASP_RENDITION_TRACKS_MAX)
    return fail (error, "tracks");
  for (guint i = 0; i < r->n_tracks; i++) {
    if (!get_track (asp_json_element (from, i), &r->tracks[i], error))
      return FALSE;
    for (guint k = 0; k < i; k++)
      if (r->tracks[k].pid == r->tracks[i].pid)
        return fail (error, "pid");
    if (r->tracks[i].pid == r->pmt_pid)
      return fail (error, "pid");
    if (!ASP_CODEC_IS_VIDEO (r->tracks[i].codec))
      continue;
    if (r->video >= 0)
      return fail (error, "tracks");
    r->video = (gint) i;
  }
  return r->video >= 0 || fail (error, "tracks");
}

gboolean
asp_rendition_from_text (const gchar * text, AspRendition * out, GError ** error)
{
  g_autoptr (AspJson) root = asp_json_parse (text, strlen (text), NULL);
  gint64 format;

  memset (out, 0, sizeof *out);
  if (!asp_json_integer (asp_json_member (root, "rendition"), &format) || format != ASP_RENDITION_FORMAT)
    return fail (error, "rendition");
  return get_numbers (root, rendition_numbers, G_N_ELEMENTS (rendition_numbers), out, error) &&
      get_descriptors (root, &out->descriptors, error) &&
      get_video (asp_json_member (root, "video"), &out->params, error) &&
      get_tracks (asp_json_member (root, "tracks"), out, error);
}
