/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ts-media-es.h"

#include <stdio.h>
#include <string.h>

/* "[P1.0.00042.0000512]": kind, source, track, number, bytes of filler behind it */
#define MARK_SIZE 20
#define MARK_FORMAT "[%c%X.%X.%05u.%07u]"
#define ADTS_HEADER 7
#define AAC_BYTES 120
#define LAYER2_BYTES 384        /* 128 kbit/s at 48 kHz */

/* x264's, main profile, 320x192, 25 pictures a second, num_reorder_frames 2 */
static const guint8 h264_sets[] = {
  0, 0, 0, 1, 0x67, 0x4d, 0x40, 0x0c, 0xe8, 0x80, 0xa0, 0xcd, 0x80, 0x88, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00,
  0x00, 0x03, 0x01, 0x90, 0x78, 0xa1, 0x48, 0x90,
  0, 0, 0, 1, 0x68, 0xeb, 0xe3, 0xcb, 0x20
};
static const guint8 h264_aud[] = { 0, 0, 0, 1, 0x09, 0xf0 };
static const guint8 h264_idr[] = { 0, 0, 0, 1, 0x65, 0x88, 0x84, 0x40 };
static const guint8 h264_p[] = { 0, 0, 0, 1, 0x41, 0x9a, 0x26, 0x40 };
static const guint8 h264_b[] = { 0, 0, 0, 1, 0x01, 0x9e, 0x42, 0x40 };

/* ffmpeg's: sequence header and extension of 320x192, GOP header with closed_gop */
static const guint8 mpeg2_sequence[] = {
  0, 0, 1, 0xb3, 0x14, 0x00, 0xc0, 0x13, 0xff, 0xff, 0xe0, 0x18,
  0, 0, 1, 0xb5, 0x14, 0x8a, 0x00, 0x01, 0x00, 0x00,
  0, 0, 1, 0xb8, 0x00, 0x08, 0x00, 0x40
};
static const guint8 mpeg2_i[] = {
  0, 0, 1, 0x00, 0x00, 0x0f, 0xff, 0xf8, 0, 0, 1, 0xb5, 0x8f, 0xff, 0xf3, 0x41, 0x80, 0, 0, 1, 0x01
};
static const guint8 mpeg2_p[] = {
  0, 0, 1, 0x00, 0x00, 0x17, 0xff, 0xfb, 0x80, 0, 0, 1, 0xb5, 0x81, 0x1f, 0xf3, 0x41, 0x80, 0, 0, 1, 0x01
};

gint64
media_unit_90k (MediaAudio audio)
{
  return audio == MEDIA_AUDIO_AAC ? 1024 * 90000 / 48000 : 1152 * 90000 / 48000;
}

gboolean
media_is_rap (const MediaSpec * spec, guint number)
{
  if (number >= spec->no_rap_from && number < spec->no_rap_to)
    return FALSE;
  return spec->gop > 0 && number % spec->gop == 0;
}

static guint
picture_in_gop (const MediaSpec * spec, guint number)
{
  return spec->gop > 0 ? number % spec->gop : number;
}

/* Closed GOPs: the anchor that B pictures need comes before them, and none is left over. */
guint
media_display_of_decode (const MediaSpec * spec, guint decode)
{
  guint at = picture_in_gop (spec, decode), first = decode - at, step = spec->bframes + 1;
  guint last = (spec->gop > 0 ? MIN (first + spec->gop, spec->frames) : spec->frames) - 1 - first;
  guint run, anchor;

  if (at == 0 || spec->bframes == 0)
    return decode;
  run = (at - 1) / step;        /* each begins with its anchor */
  anchor = MIN ((run + 1) * step, last);
  return first + ((at - 1) % step == 0 ? anchor : run * step + (at - 1) % step);
}

static gboolean
is_b (const MediaSpec * spec, guint number)
{
  guint at = picture_in_gop (spec, number), step = spec->bframes + 1;
  guint first = number - at;
  guint last = (spec->gop > 0 ? MIN (first + spec->gop, spec->frames) : spec->frames) - 1 - first;

  return spec->bframes > 0 && at % step != 0 && at != last;
}

/* --- marks ------------------------------------------------------------------------ */

/* No byte of it can be part of a start code or a sync word. */
static guint8
filler (guint source, guint track, guint number, gsize at)
{
  guint32 x = (guint32) (source * 7919 + track * 104729 + number * 31 + at * 2654435761u);

  return (guint8) (0x30 + (x >> 13) % 64);
}

static void
append_mark (GByteArray * out, MediaMarkKind kind, guint source, guint track, guint number, gsize size)
{
  gchar mark[MARK_SIZE + 1];
  gsize n = size - MARK_SIZE;

  g_assert_cmpuint (size, >, MARK_SIZE);
  g_snprintf (mark, sizeof mark, MARK_FORMAT, kind, source, track, number, (guint) n);
  g_byte_array_append (out, (const guint8 *) mark, MARK_SIZE);
  for (gsize i = 0; i < n; i++) {
    guint8 byte = filler (source, track, number, i);

    g_byte_array_append (out, &byte, 1);
  }
}

gboolean
media_mark_read (const guint8 * unit, gsize size, MediaMark * mark)
{
  const guint8 *begin = memchr (unit, '[', size);
  gchar text[MARK_SIZE + 1] = { 0 };
  guint n;
  gchar kind;

  memset (mark, 0, sizeof *mark);
  if (!begin || size - (gsize) (begin - unit) < MARK_SIZE)
    return FALSE;
  memcpy (text, begin, MARK_SIZE);
  if (sscanf (text, MARK_FORMAT, &kind, &mark->source, &mark->track, &mark->number, &n) != 5)
    return FALSE;
  mark->kind = (MediaMarkKind) kind;
  mark->intact = size - (gsize) (begin - unit) == MARK_SIZE + n;
  for (gsize i = 0; i < n && mark->intact; i++)
    mark->intact = begin[MARK_SIZE + i] == filler (mark->source, mark->track, mark->number, i);
  return TRUE;
}

/* --- units ------------------------------------------------------------------------ */

static void
append_h264 (const MediaSpec * spec, guint number, GByteArray * out)
{
  gboolean rap = media_is_rap (spec, number);

  g_byte_array_append (out, h264_aud, sizeof h264_aud);
  if (rap) {
    if (!spec->sets_once || number == 0)
      g_byte_array_append (out, h264_sets, sizeof h264_sets);
    g_byte_array_append (out, h264_idr, sizeof h264_idr);
  } else if (is_b (spec, number)) {
    g_byte_array_append (out, h264_b, sizeof h264_b);
  } else {
    g_byte_array_append (out, h264_p, sizeof h264_p);
  }
}

static void
append_mpeg2 (const MediaSpec * spec, guint number, GByteArray * out)
{
  if (media_is_rap (spec, number)) {
    g_byte_array_append (out, mpeg2_sequence, sizeof mpeg2_sequence);
    g_byte_array_append (out, mpeg2_i, sizeof mpeg2_i);
  } else {
    g_byte_array_append (out, mpeg2_p, sizeof mpeg2_p);
  }
}

GByteArray *
media_picture (const MediaSpec * spec, guint number)
{
  GByteArray *out = g_byte_array_new ();
  gsize size = spec->picture_bytes;

  if (media_is_rap (spec, number))
    size *= 5;
  else if (is_b (spec, number))
    size = MAX (size / 3, MARK_SIZE + 1);
  if (spec->video == MEDIA_VIDEO_H264)
    append_h264 (spec, number, out);
  else
    append_mpeg2 (spec, number, out);
  append_mark (out, MEDIA_MARK_PICTURE, spec->source, 0, number, size);
  return out;
}

GByteArray *
media_sound (const MediaSpec * spec, guint track, guint number)
{
  GByteArray *out = g_byte_array_new ();

  if (spec->audio == MEDIA_AUDIO_AAC) {
    /* ADTS: AAC LC, 48 kHz, stereo, no CRC */
    const guint8 header[ADTS_HEADER] = { 0xff, 0xf1, 0x4c, 0x80 | AAC_BYTES >> 11, (AAC_BYTES >> 3) & 0xff,
      (AAC_BYTES & 7) << 5 | 0x1f, 0xfc
    };

    g_byte_array_append (out, header, sizeof header);
    append_mark (out, MEDIA_MARK_SOUND, spec->source, track, number, AAC_BYTES - ADTS_HEADER);
  } else {
    static const guint8 header[] = { 0xff, 0xfd, 0x84, 0x00 };

    g_byte_array_append (out, header, sizeof header);
    append_mark (out, MEDIA_MARK_SOUND, spec->source, track, number, LAYER2_BYTES - sizeof header);
  }
  return out;
}

GByteArray *
media_pes_of_data (const MediaSpec * spec, gint64 at_90k)
{
  g_autofree gchar *text = g_strdup_printf ("data %u at %" G_GINT64_FORMAT, spec->source, at_90k);
  gsize size = strlen (text);
  const guint8 header[] = { 0, 0, 1, 0xbd, 0, (guint8) (size + 3), 0x80, 0, 0 };
  GByteArray *out = g_byte_array_new ();

  g_byte_array_append (out, header, sizeof header);
  g_byte_array_append (out, (const guint8 *) text, (guint) size);
  return out;
}
