/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ts-psi.h"

#include <string.h>

#include <asp-crc.h>
#include "asp-ts-packet.h"

#define TABLE_ID_PAT 0x00
#define TABLE_ID_PMT 0x02

void
asp_section_assembler_init (AspSectionAssembler * a)
{
  a->have = a->need = 0;
  a->last_cc = -1;
  a->open = FALSE;
}

/* Takes bytes for the open section; returns how many. */
static gsize
section_take (AspSectionAssembler * a, const guint8 * data, gsize size)
{
  gsize taken = 0;

  while (taken < size && (a->need == 0 || a->have < a->need)) {
    gsize want = a->need == 0 ? 3 - a->have : a->need - a->have;
    gsize n = MIN (want, size - taken);

    memcpy (a->data + a->have, data + taken, n);
    a->have += n;
    taken += n;
    if (a->need == 0 && a->have == 3)
      a->need = 3u + (((a->data[1] & 0x0fu) << 8) | a->data[2]);
    if (a->need > ASP_SECTION_MAX) {
      a->open = FALSE;          /* section_length <= 4093: 2.4.4.1 */
      return size;
    }
  }
  return taken;
}

static void
section_start (AspSectionAssembler * a)
{
  a->have = a->need = 0;
  a->open = TRUE;
}

static void
section_emit_if_complete (AspSectionAssembler * a, AspSectionFunc func, gpointer user_data)
{
  if (!a->open || a->need == 0 || a->have < a->need)
    return;
  a->open = FALSE;
  func (a->data, a->need, user_data);
}

static gboolean
section_cc_accept (AspSectionAssembler * a, const guint8 * packet)
{
  gint cc = (gint) asp_ts_cc (packet);

  /* Only the same bytes are the same packet once more (2.4.3.3); injectors that do not
   * count send others with the same CC. */
  if (a->last_cc == cc && !memcmp (a->last, packet + 4, sizeof a->last))
    return FALSE;
  memcpy (a->last, packet + 4, sizeof a->last);
  if (a->last_cc >= 0 && cc != ((a->last_cc + 1) & 0x0f))
    a->open = FALSE;
  a->last_cc = cc;
  return TRUE;
}

gboolean
asp_section_assembler_push (AspSectionAssembler * a, const guint8 * packet,
    AspSectionFunc func, gpointer user_data)
{
  AspTsPacket view;
  const guint8 *data;
  gsize size, pointer = 0;
  gboolean begun = a->open && a->have > 0, sound;

  if (!asp_ts_packet_parse (packet, &view) || view.scrambling || view.tei ||
      view.payload_offset >= ASP_TS_SIZE || !section_cc_accept (a, packet))
    return TRUE;
  sound = !begun || a->open;
  data = packet + view.payload_offset;
  size = ASP_TS_SIZE - view.payload_offset;
  if (view.pusi) {
    pointer = data[0];
    data++;
    size--;
    if (pointer > size) {
      a->open = FALSE;
      return FALSE;
    }
  }
  if (a->open) {
    section_take (a, data, view.pusi ? pointer : size);
    section_emit_if_complete (a, func, user_data);
  }
  if (!view.pusi)
    return sound;
  /* what is not whole where the next one begins never will be */
  sound &= !a->open;
  data += pointer;
  size -= pointer;
  /* 0xFF behind a section is stuffing up to the end of the packet: 2.4.4 */
  while (size > 0 && data[0] != 0xff) {
    gsize taken;

    section_start (a);
    taken = section_take (a, data, size);
    sound &= a->open;
    section_emit_if_complete (a, func, user_data);
    data += taken;
    size -= taken;
  }
  return sound;
}

gboolean
asp_section_is_valid (const guint8 * section, gsize size)
{
  return size >= 7 && size <= ASP_SECTION_MAX &&
      size == 3u + (((section[1] & 0x0fu) << 8) | section[2]) &&
      asp_crc32_mpeg (section, size) == 0;
}

/* Long form, current, of the table: returns the bytes between the fixed header and
 * the CRC_32, or NULL. */
static const guint8 *
table_body (const guint8 * section, gsize size, guint table_id, gsize * body_size)
{
  if (size < 12 || section[0] != table_id || !(section[1] & 0x80) ||
      !(section[5] & 0x01) || !asp_section_is_valid (section, size))
    return NULL;
  *body_size = size - 12;
  return section + 8;
}

gboolean
asp_pat_parse (const guint8 * section, gsize size, AspPat * out)
{
  gsize left;
  const guint8 *body = table_body (section, size, TABLE_ID_PAT, &left);

  memset (out, 0, sizeof *out);
  if (!body)
    return FALSE;
  out->transport_stream_id = (guint16) ((section[3] << 8) | section[4]);
  out->version = (section[5] >> 1) & 0x1f;
  for (; left >= 4; body += 4, left -= 4) {
    guint number = (body[0] << 8) | body[1];

    if (number == 0 || out->n_programs == ASP_PAT_PROGRAMS_MAX)
      continue;
    out->programs[out->n_programs].number = (guint16) number;
    out->programs[out->n_programs].pmt_pid = (guint16) (((body[2] & 0x1f) << 8) | body[3]);
    out->n_programs++;
  }
  return TRUE;
}

/* What descriptors say of a stream whose type alone does not tell. */
typedef struct
{
  gboolean ac3, eac3, subtitle;
  gboolean cuei;                /* one of its registrations, not only the last */
  gchar registration[5];
  gchar language[4];
} StreamDescriptors;

static void
descriptors_read (const guint8 * data, gsize size, StreamDescriptors * out)
{
  memset (out, 0, sizeof *out);
  while (size >= 2 && data[1] <= size - 2) {
    guint length = data[1];
    const guint8 *body = data + 2;

    switch (data[0]) {
      case 0x05:               /* registration: 2.6.8 */
        if (length >= 4) {
          memcpy (out->registration, body, 4);
          out->cuei |= !memcmp (body, "CUEI", 4);
        }
        break;
      case 0x0a:               /* ISO_639_language: 2.6.18 */
        if (length >= 3)
          memcpy (out->language, body, 3);
        break;
      case 0x6a:               /* AC-3: EN 300 468 D.3 */
        out->ac3 = TRUE;
        break;
      case 0x7a:               /* enhanced AC-3: EN 300 468 D.5 */
        out->eac3 = TRUE;
        break;
      case 0x56:               /* teletext, VBI teletext, subtitling */
      case 0x46:
      case 0x59:
        out->subtitle = TRUE;
        break;
      default:
        break;
    }
    data += 2 + length;
    size -= 2 + length;
  }
}

static AspCodec
private_codec (const StreamDescriptors * d)
{
  if (d->subtitle)
    return ASP_CODEC_SUBTITLE;
  if (d->eac3 || !strcmp (d->registration, "EAC3"))
    return ASP_CODEC_EAC3;
  if (d->ac3 || !strcmp (d->registration, "AC-3"))
    return ASP_CODEC_AC3;
  if (!strcmp (d->registration, "HEVC"))
    return ASP_CODEC_HEVC;
  if (!strcmp (d->registration, "Opus"))
    return ASP_CODEC_OTHER_AUDIO;
  return ASP_CODEC_NONE;
}

static AspCodec
stream_codec (guint stream_type, gboolean cuei, const StreamDescriptors * d)
{
  switch (stream_type) {
    case 0x01:
    case 0x02:
      return ASP_CODEC_MPEG2;
    case 0x03:
    case 0x04:
      return ASP_CODEC_MPEG_AUDIO;
    case 0x06:
      return private_codec (d);
    case 0x0f:
      return ASP_CODEC_AAC_ADTS;
    case 0x11:
      return ASP_CODEC_AAC_LATM;
    case 0x1b:
      return ASP_CODEC_H264;
    case 0x24:
      return ASP_CODEC_HEVC;
    case 0x10:                 /* MPEG-4 part 2, VVC, AVS, VC-1 */
    case 0x33:
    case 0x42:
    case 0xd1:
    case 0xea:
      return ASP_CODEC_OTHER_VIDEO;
    case 0x81:
      return ASP_CODEC_AC3;
    case 0x87:
      return ASP_CODEC_EAC3;
    case 0x86:
      /* 0x86 is DTS audio too: only "CUEI" makes it cues (SCTE 35 9.6) */
      return cuei || d->cuei ? ASP_CODEC_SCTE35 : ASP_CODEC_OTHER_AUDIO;
    case 0x82:
    case 0x83:
    case 0x85:
    case 0x8a:
      return ASP_CODEC_OTHER_AUDIO;
    default:
      return ASP_CODEC_NONE;
  }
}

gboolean
asp_pmt_parse (const guint8 * section, gsize size, AspPmt * out)
{
  gsize left, info_length;
  const guint8 *body = table_body (section, size, TABLE_ID_PMT, &left);
  StreamDescriptors d;

  memset (out, 0, sizeof *out);
  if (!body || left < 4)
    return FALSE;
  out->program_number = (guint16) ((section[3] << 8) | section[4]);
  out->version = (section[5] >> 1) & 0x1f;
  out->pcr_pid = (guint16) (((body[0] & 0x1f) << 8) | body[1]);
  info_length = ((body[2] & 0x0fu) << 8) | body[3];
  if (info_length > left - 4)
    return FALSE;
  descriptors_read (body + 4, info_length, &d);
  out->cuei = d.cuei;
  body += 4 + info_length;
  left -= 4 + info_length;
  while (left >= 5) {
    gsize es_length = ((body[3] & 0x0fu) << 8) | body[4];

    if (es_length > left - 5)
      return FALSE;
    if (out->n_streams < ASP_PMT_STREAMS_MAX) {
      AspPmtStream *s = &out->streams[out->n_streams++];

      descriptors_read (body + 5, es_length, &d);
      s->stream_type = body[0];
      s->pid = (guint16) (((body[1] & 0x1f) << 8) | body[2]);
      s->codec = stream_codec (s->stream_type, out->cuei, &d);
      memcpy (s->language, d.language, sizeof s->language);
    }
    body += 5 + es_length;
    left -= 5 + es_length;
  }
  return TRUE;
}

const gchar *
asp_codec_name (AspCodec codec)
{
  static const gchar *const names[] = {
    [ASP_CODEC_NONE] = "data",
    [ASP_CODEC_H264] = "H.264",
    [ASP_CODEC_HEVC] = "HEVC",
    [ASP_CODEC_MPEG2] = "MPEG-2 video",
    [ASP_CODEC_AAC_ADTS] = "AAC (ADTS)",
    [ASP_CODEC_AAC_LATM] = "AAC (LATM)",
    [ASP_CODEC_MPEG_AUDIO] = "MPEG audio",
    [ASP_CODEC_AC3] = "AC-3",
    [ASP_CODEC_EAC3] = "E-AC-3",
    [ASP_CODEC_SCTE35] = "SCTE 35",
    [ASP_CODEC_SUBTITLE] = "subtitles",
    [ASP_CODEC_OTHER_VIDEO] = "a video codec that cannot be spliced",
    [ASP_CODEC_OTHER_AUDIO] = "an audio codec that cannot be spliced",
  };

  return (guint) codec < G_N_ELEMENTS (names) ? names[codec] : "unknown";
}
