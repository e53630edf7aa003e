/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ts-pmt-edit.h"

#include <string.h>

#include <asp-crc.h>
#include "asp-ts-packet.h"

#define TABLE_ID_PMT 0x02
#define PMT_HEADER_SIZE 12      /* up to program_info_length */
#define CRC_SIZE 4
#define STREAM_TYPE_CUES 0x86
#define TAG_REGISTRATION 0x05
#define TAG_CA 0x09

static const guint8 cuei[] = { TAG_REGISTRATION, 4, 'C', 'U', 'E', 'I' };
/* cue_stream_type 0: splice_insert, splice_null, splice_schedule (SCTE 35, 8.2) */
static const guint8 cue_identifier[] = { 0x8a, 1, 0x00 };

/* Both descriptors say: application and format "ID3 ", metadata_service_id 0 (2.6.58, 2.6.60). */
#define ID3_METADATA 0xff, 0xff, 'I', 'D', '3', ' ', 0xff, 'I', 'D', '3', ' ', 0
static const guint8 metadata_pointer[] = { 0x25, 15, ID3_METADATA, 0x1f };      /* the programme follows */
static const guint8 metadata_descriptor[] = { 0x26, 13, ID3_METADATA, 0x0f };

/* Where the parts of a PMT are; all of them have been checked to lie in the section. */
typedef struct
{
  gsize info_size;
  gsize info_end;               /* behind the last whole descriptor of the programme */
  gsize streams_end;            /* behind the last whole stream */
  gsize end;                    /* where CRC_32 begins */
} PmtLayout;

static guint
read_12 (const guint8 * p)
{
  return ((p[0] & 0x0fu) << 8) | p[1];
}

static void
write_12 (guint8 * p, gsize value)
{
  p[0] = (guint8) ((p[0] & 0xf0) | (value >> 8));
  p[1] = (guint8) value;
}

static gsize
whole_descriptors (const guint8 * data, gsize size)
{
  gsize at = 0;

  while (size - at >= 2 && data[at + 1] <= size - at - 2)
    at += 2u + data[at + 1];
  return at;
}

static gboolean
layout_read (const guint8 * section, gsize size, PmtLayout * out)
{
  gsize left;

  if (size < PMT_HEADER_SIZE + CRC_SIZE || section[0] != TABLE_ID_PMT || !(section[1] & 0x80) ||
      !asp_section_is_valid (section, size))
    return FALSE;
  out->end = size - CRC_SIZE;
  out->info_size = read_12 (section + 10);
  left = out->end - PMT_HEADER_SIZE;
  if (out->info_size > left)
    return FALSE;
  out->info_end = PMT_HEADER_SIZE + whole_descriptors (section + PMT_HEADER_SIZE, out->info_size);
  left -= out->info_size;
  out->streams_end = out->end - left;
  while (left >= 5) {
    gsize stream_size = 5 + read_12 (section + out->streams_end + 3);

    if (stream_size > left)
      return FALSE;
    out->streams_end += stream_size;
    left -= stream_size;
  }
  return TRUE;
}

static gboolean
has_cuei (const guint8 * data, gsize size)
{
  while (size >= 2 && data[1] <= size - 2) {
    gsize whole = 2u + data[1];

    if (data[0] == TAG_REGISTRATION && data[1] >= 4 && !memcmp (data + 2, cuei + 2, 4))
      return TRUE;
    data += whole;
    size -= whole;
  }
  return FALSE;
}

/* A stream of type 0x86 that only a "CUEI" at the programme would make one of cues. */
static gboolean
has_other_86 (const guint8 * section, const PmtLayout * l)
{
  for (gsize at = PMT_HEADER_SIZE + l->info_size; at < l->streams_end;) {
    gsize info_size = read_12 (section + at + 3);

    if (section[at] == STREAM_TYPE_CUES && !has_cuei (section + at + 5, info_size))
      return TRUE;
    at += 5 + info_size;
  }
  return FALSE;
}

guint
asp_section_version (const guint8 * section)
{
  return (section[5] >> 1) & 0x1f;
}

gboolean
asp_section_same_content (const guint8 * a, gsize a_size, const guint8 * b, gsize b_size)
{
  return a_size == b_size && a_size >= 6 + CRC_SIZE && !memcmp (a, b, 5) && !((a[5] ^ b[5]) & ~0x3eu) &&
      !memcmp (a + 6, b + 6, a_size - 6 - CRC_SIZE);
}

static gsize
append (guint8 * out, gsize at, const guint8 * data, gsize size)
{
  memcpy (out + at, data, size);
  return at + size;
}

static gsize
append_stream (guint8 * out, gsize at, guint pid, gboolean with_cuei)
{
  guint8 head[5] = { STREAM_TYPE_CUES, (guint8) (0xe0 | (pid >> 8)), (guint8) pid, 0xf0, 0 };

  head[4] = (guint8) (sizeof cue_identifier + (with_cuei ? sizeof cuei : 0));
  at = append (out, at, head, sizeof head);
  if (with_cuei)
    at = append (out, at, cuei, sizeof cuei);
  return append (out, at, cue_identifier, sizeof cue_identifier);
}

static gsize
finish (guint8 * out, gsize at, guint version)
{
  guint32 crc;

  write_12 (out + 1, at + CRC_SIZE - 3);
  out[5] = (guint8) ((out[5] & ~0x3eu) | ((version & 0x1f) << 1));
  crc = asp_crc32_mpeg (out, at);
  for (guint i = 0; i < CRC_SIZE; i++)
    out[at + i] = (guint8) (crc >> (24 - 8 * i));
  return at + CRC_SIZE;
}

gsize
asp_pmt_edit (const guint8 * section, gsize size, guint cue_pid, guint version, guint8 * out)
{
  gboolean add = cue_pid < ASP_PID_NULL, missing, at_stream, at_programme;
  PmtLayout l;
  gsize at;

  if (!layout_read (section, size, &l))
    return 0;
  missing = add && !has_cuei (section + PMT_HEADER_SIZE, l.info_size);
  at_stream = missing && has_other_86 (section, &l);
  at_programme = missing && !at_stream;
  if (size + (add ? 5 + sizeof cue_identifier : 0) + (missing ? sizeof cuei : 0) > ASP_PMT_SECTION_MAX)
    return 0;
  at = append (out, 0, section, l.info_end);
  if (at_programme) {
    at = append (out, at, cuei, sizeof cuei);
    write_12 (out + 10, l.info_size + sizeof cuei);
  }
  at = append (out, at, section + l.info_end, l.streams_end - l.info_end);
  if (add)
    at = append_stream (out, at, cue_pid, at_stream);
  at = append (out, at, section + l.streams_end, l.end - l.streams_end);
  return finish (out, at, version);
}

static void
add_ca_pids (const guint8 * data, gsize size, AspPidSet * set)
{
  while (size >= 2 && data[1] <= size - 2) {
    gsize whole = 2u + data[1];

    if (data[0] == TAG_CA && data[1] >= 4)
      asp_pid_set_add (set, ((data[4] & 0x1fu) << 8) | data[5]);
    data += whole;
    size -= whole;
  }
}

void
asp_pmt_add_pids (const guint8 * section, gsize size, AspPidSet * set)
{
  PmtLayout l;

  if (!layout_read (section, size, &l))
    return;
  asp_pid_set_add (set, ((section[8] & 0x1fu) << 8) | section[9]);
  add_ca_pids (section + PMT_HEADER_SIZE, l.info_size, set);
  for (gsize at = PMT_HEADER_SIZE + l.info_size; at < l.streams_end;) {
    gsize info_size = read_12 (section + at + 3);

    asp_pid_set_add (set, ((section[at + 1] & 0x1fu) << 8) | section[at + 2]);
    add_ca_pids (section + at + 5, info_size, set);
    at += 5 + info_size;
  }
}

void
asp_section_write_packets (const guint8 * section, gsize size, guint pid, guint8 * packets)
{
  gboolean first = TRUE;

  for (guint8 * p = packets; size > 0; p += ASP_TS_SIZE, first = FALSE) {
    guint head = first ? 5 : 4;
    gsize n = MIN (size, ASP_TS_SIZE - head);

    memset (p, 0xff, ASP_TS_SIZE);
    p[0] = ASP_TS_SYNC;
    p[1] = (guint8) ((first ? 0x40 : 0) | (pid >> 8));
    p[2] = (guint8) pid;
    p[3] = 0x10;
    if (first)
      p[4] = 0;                 /* pointer_field */
    memcpy (p + head, section, n);
    section += n;
    size -= n;
  }
}

/* -- what is delivered -- */

static gsize
append_kept_streams (guint8 * out, gsize at, const guint8 * section, const PmtLayout * l,
    const AspPidSet * keep)
{
  for (gsize from = PMT_HEADER_SIZE + l->info_size; from < l->streams_end;) {
    gsize size = 5 + read_12 (section + from + 3);
    guint pid = (section[from + 1] & 0x1fu) << 8 | section[from + 2];

    if (!keep || asp_pid_set_has (keep, pid))
      at = append (out, at, section + from, size);
    from += size;
  }
  return at;
}

gsize
asp_pmt_deliver (const guint8 * section, gsize size, const AspPidSet * keep, guint id3_pid, guint8 * out)
{
  const guint8 stream[5] = { ASP_STREAM_TYPE_ID3, (guint8) (0xe0 | (id3_pid >> 8)), (guint8) id3_pid,
    0xf0, sizeof metadata_descriptor
  };
  gboolean with_id3 = id3_pid < ASP_PID_NULL;
  PmtLayout l;
  gsize at;

  if (!layout_read (section, size, &l) || size + (with_id3 ? sizeof metadata_pointer + 2 +
          sizeof stream + sizeof metadata_descriptor : 0) > ASP_PMT_SECTION_MAX)
    return 0;
  at = append (out, 0, section, l.info_end);
  if (with_id3) {
    at = append (out, at, metadata_pointer, sizeof metadata_pointer);
    at = append (out, at, section + 3, 2);      /* program_number */
  }
  write_12 (out + 10, at - PMT_HEADER_SIZE);
  at = append_kept_streams (out, at, section, &l, keep);
  if (with_id3) {
    at = append (out, at, stream, sizeof stream);
    at = append (out, at, metadata_descriptor, sizeof metadata_descriptor);
  }
  return finish (out, at, asp_section_version (section));
}
