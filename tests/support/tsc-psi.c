/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-psi.h"

#include <string.h>

void
tsc_section_free (gpointer p)
{
  TscSection *section = p;

  g_free (section->data);
  g_free (section);
}

typedef void (*SectionFunc) (TscFile * file, const guint8 * data, gsize size, gsize packet);

/* All sections that are complete in @pending; what is left stays there. */
static void
drain_sections (TscFile * file, GByteArray * pending, gsize packet, SectionFunc func)
{
  while (pending->len >= 3 && pending->data[0] != 0xff) {
    gsize size = 3 + (((pending->data[1] & 0x0fu) << 8) | pending->data[2]);

    if (pending->len < size)
      return;
    func (file, pending->data, size, packet);
    g_byte_array_remove_range (pending, 0, (guint) size);
  }
  if (pending->len > 0 && pending->data[0] == 0xff)
    g_byte_array_set_size (pending, 0);
}

static void
read_sections (TscFile * file, guint pid, SectionFunc func)
{
  GByteArray *pending = g_byte_array_new ();
  gboolean synced = FALSE;
  gsize i;

  for (i = 0; i < file->n_packets; i++) {
    const guint8 *p = file->data + i * TSC_SIZE;
    const guint8 *payload;
    TscPacket packet;

    tsc_packet_parse (p, &packet);
    if (packet.pid != pid || packet.payload_size == 0)
      continue;
    payload = p + packet.payload_offset;
    if (packet.pusi) {
      guint pointer = payload[0];

      if (1 + pointer > packet.payload_size)
        continue;
      if (synced) {
        g_byte_array_append (pending, payload + 1, pointer);
        drain_sections (file, pending, i, func);
      }
      g_byte_array_set_size (pending, 0);
      g_byte_array_append (pending, payload + 1 + pointer, packet.payload_size - 1 - pointer);
      synced = TRUE;
    } else if (synced) {
      g_byte_array_append (pending, payload, packet.payload_size);
    }
    drain_sections (file, pending, i, func);
  }
  g_byte_array_unref (pending);
}

/* Sections that differ from the one before: what a receiver would have to look at again. */
static void
remember_section (GPtrArray * list, const guint8 * data, gsize size, gsize packet)
{
  TscSection *section;

  if (list->len > 0) {
    section = g_ptr_array_index (list, list->len - 1);
    if (section->size == size && memcmp (section->data, data, size) == 0)
      return;
  }
  section = g_new0 (TscSection, 1);
  section->data = g_memdup2 (data, size);
  section->size = size;
  section->packet = packet;
  g_ptr_array_add (list, section);
}

static gboolean
section_is_sound (TscFile * file, const guint8 * data, gsize size)
{
  if (size >= 12 && tsc_crc32 (data, size) == 0)
    return TRUE;
  file->bad_sections++;
  return FALSE;
}

static void
on_pat (TscFile * file, const guint8 * data, gsize size, gsize packet)
{
  gsize at;

  if (data[0] != 0x00 || !section_is_sound (file, data, size))
    return;
  remember_section (file->pat, data, size, packet);
  for (at = 8; at + 4 <= size - 4; at += 4) {
    guint number = (data[at] << 8) | data[at + 1];
    guint pid = ((data[at + 2] & 0x1fu) << 8) | data[at + 3];

    if (number == 0 || file->pmt_pid != 0)
      continue;
    if (file->program == 0 || file->program == number) {
      file->program = number;
      file->pmt_pid = pid;
    }
  }
}

static TscCodec
codec_of_private_stream (const guint8 * desc, gsize size)
{
  gsize at = 0;

  while (size - at >= 2 && size - at - 2 >= desc[at + 1]) {
    guint tag = desc[at], length = desc[at + 1];

    if (tag == 0x6a || tag == 0x7a)
      return TSC_CODEC_AC3;
    if (tag == 0x05 && length >= 4 && (memcmp (desc + at + 2, "AC-3", 4) == 0 ||
            memcmp (desc + at + 2, "EAC3", 4) == 0))
      return TSC_CODEC_AC3;
    at += 2 + length;
  }
  return TSC_CODEC_UNKNOWN;
}

static void
set_kind (TscPid * pid, guint stream_type, const guint8 * desc, gsize size)
{
  static const struct
  {
    guint stream_type;
    TscKind kind;
    TscCodec codec;
  } table[] = {
    {0x01, TSC_KIND_VIDEO, TSC_CODEC_MPEG2}, {0x02, TSC_KIND_VIDEO, TSC_CODEC_MPEG2},
    {0x1b, TSC_KIND_VIDEO, TSC_CODEC_H264}, {0x24, TSC_KIND_VIDEO, TSC_CODEC_HEVC},
    {0x03, TSC_KIND_AUDIO, TSC_CODEC_MPEG_AUDIO}, {0x04, TSC_KIND_AUDIO, TSC_CODEC_MPEG_AUDIO},
    {0x0f, TSC_KIND_AUDIO, TSC_CODEC_ADTS}, {0x81, TSC_KIND_AUDIO, TSC_CODEC_AC3},
    {0x87, TSC_KIND_AUDIO, TSC_CODEC_AC3},
  };
  gsize i, at = 0;

  pid->in_pmt = TRUE;
  pid->stream_type = stream_type;
  for (i = 0; i < G_N_ELEMENTS (table); i++) {
    if (table[i].stream_type == stream_type) {
      pid->kind = table[i].kind;
      pid->codec = table[i].codec;
    }
  }
  if (stream_type == 0x06) {
    pid->codec = codec_of_private_stream (desc, size);
    pid->kind = pid->codec == TSC_CODEC_AC3 ? TSC_KIND_AUDIO : TSC_KIND_OTHER;
  }
  while (size - at >= 2 && size - at - 2 >= desc[at + 1]) {
    if (desc[at] == 0x0a && desc[at + 1] >= 3)
      memcpy (pid->language, desc + at + 2, 3);
    at += 2 + desc[at + 1];
  }
}

static void
on_pmt (TscFile * file, const guint8 * data, gsize size, gsize packet)
{
  gsize at, end = size - 4;

  if (data[0] != 0x02 || size < 16 || !section_is_sound (file, data, size))
    return;
  if ((guint) ((data[3] << 8) | data[4]) != file->program)
    return;
  remember_section (file->pmt, data, size, packet);
  file->pcr_pid = ((data[8] & 0x1fu) << 8) | data[9];
  at = 12 + (((data[10] & 0x0fu) << 8) | data[11]);
  while (at < end && end - at >= 5) {
    guint pid = ((data[at + 1] & 0x1fu) << 8) | data[at + 2];
    gsize length = ((data[at + 3] & 0x0fu) << 8) | data[at + 4];

    if (end - at - 5 < length)
      break;
    if (file->pids[pid] != NULL) {
      set_kind (file->pids[pid], data[at], data + at + 5, length);
      if (file->video == NULL && file->pids[pid]->kind == TSC_KIND_VIDEO)
        file->video = file->pids[pid];
    }
    at += 5 + length;
  }
}

void
tsc_psi_read (TscFile * file, guint program)
{
  file->program = program;
  read_sections (file, 0, on_pat);
  if (file->pmt_pid != 0)
    read_sections (file, file->pmt_pid, on_pmt);
}
