/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ts-reading.h"

#include <string.h>

#include <tsc-packet.h>

typedef struct
{
  Reading *reading;
  gint cc[TSC_PID_COUNT];
  struct
  {
    GByteArray *bytes;
    gsize offset, end;
  } pes[1 + MEDIA_TRACKS_MAX];  /* 0: video */
  gint64 reference_90k;         /* for unwrapping; -1 before the first time */
  gint64 reference_27m;
} Reader;

static gint64
unwrap_90k (Reader * r, gint64 pts90k)
{
  if (r->reference_90k < 0)
    r->reference_90k = pts90k;
  return tsc_unwrap (r->reference_90k, pts90k, TSC_PTS_MODULUS);
}

/* --- units ------------------------------------------------------------------------ */

static void
add_unit (Reader * r, GArray * to, const guint8 * data, gsize size, MediaMarkKind kind,
    const ReadUnit * times)
{
  ReadUnit unit = *times;

  if (!media_mark_read (data, size, &unit.mark) || unit.mark.kind != kind) {
    g_test_message ("%c at byte %" G_GSIZE_FORMAT ": no mark", kind, unit.offset);
    r->reading->broken_units++;
    return;
  }
  if (!unit.mark.intact) {
    g_test_message ("%c%u:%u is damaged", kind, unit.mark.source, unit.mark.number);
    r->reading->broken_units++;
  }
  g_array_append_val (to, unit);
}

/* Size and duration of the frame at @es: ADTS and MPEG layer 2 as ts-media.c makes them. */
static gboolean
sound_frame (const guint8 * es, gsize size, gsize * frame, gint64 * duration_90k)
{
  if (size < 7 || es[0] != 0xff)
    return FALSE;
  if ((es[1] & 0xf6) == 0xf0) {
    *frame = (gsize) ((es[3] & 3) << 11 | es[4] << 3 | es[5] >> 5);
    *duration_90k = media_unit_90k (MEDIA_AUDIO_AAC);
  } else {
    *frame = 384;
    *duration_90k = media_unit_90k (MEDIA_AUDIO_MPEG);
  }
  return *frame >= 7 && *frame <= size;
}

static void
read_sounds (Reader * r, guint track, const guint8 * es, gsize size, const ReadUnit * times)
{
  ReadUnit unit = *times;
  gsize frame;
  gint64 duration;

  while (sound_frame (es, size, &frame, &duration)) {
    add_unit (r, r->reading->sounds[track], es, frame, MEDIA_MARK_SOUND, &unit);
    unit.pts90k += duration;
    unit.dts90k = unit.pts90k;
    unit.has_pts = FALSE;
    es += frame;
    size -= frame;
  }
  if (size > 0)
    r->reading->broken_units++;
}

static void
end_pes (Reader * r, guint index)
{
  GByteArray *bytes = r->pes[index].bytes;
  ReadUnit times = { 0 };
  TscPesHeader h;

  if (bytes->len == 0)
    return;
  if (!tsc_pes_header_parse (bytes->data, bytes->len, &h) || !h.has_pts ||
      (h.packet_length != 0 && h.packet_length + 6 != bytes->len)) {
    g_test_message ("a PES header at byte %" G_GSIZE_FORMAT " is not right", r->pes[index].offset);
    r->reading->broken_units++;
    g_byte_array_set_size (bytes, 0);
    return;
  }
  times.pts90k = unwrap_90k (r, h.pts90k);
  times.dts90k = h.has_dts ? unwrap_90k (r, h.dts90k) : times.pts90k;
  times.has_pts = TRUE;
  times.offset = r->pes[index].offset;
  times.end = r->pes[index].end;
  r->reference_90k = times.dts90k;
  if (index == 0)
    add_unit (r, r->reading->pictures, bytes->data + h.header_size, bytes->len - h.header_size,
        MEDIA_MARK_PICTURE, &times);
  else
    read_sounds (r, index - 1, bytes->data + h.header_size, bytes->len - h.header_size, &times);
  g_byte_array_set_size (bytes, 0);
}

/* --- packets ---------------------------------------------------------------------- */

static void
read_cc (Reader * r, const TscPacket * p)
{
  gint *last = &r->cc[p->pid];

  if (p->pid == TSC_PID_NULL)
    return;
  /* 2.4.3.3: one on with payload, the same without */
  if (*last >= 0 && p->cc != (guint) ((*last + (p->has_payload ? 1 : 0)) & 15))
    r->reading->cc_errors++;
  *last = (gint) p->cc;
}

static void
read_pcr (Reader * r, const TscPacket * p, gsize offset)
{
  ReadPcr pcr = { 0, offset };

  if (!p->has_pcr)
    return;
  if (r->reference_27m < 0)
    r->reference_27m = p->pcr27m;
  pcr.pcr27m = r->reference_27m = tsc_unwrap (r->reference_27m, p->pcr27m, TSC_PCR_MODULUS);
  if (r->reference_90k < 0)
    r->reference_90k = pcr.pcr27m / 300;
  g_array_append_val (r->reading->pcr, pcr);
}

static void
read_packet (Reader * r, const guint8 * data, gsize offset)
{
  Reading *reading = r->reading;
  TscPacket p;
  guint index;

  tsc_packet_parse (data, &p);
  reading->n_packets++;
  reading->n_null += p.pid == TSC_PID_NULL;
  read_cc (r, &p);
  read_pcr (r, &p, offset);
  if (p.pid == 0 || p.pid == MEDIA_PMT_PID)
    g_byte_array_append (reading->tables, data + 4, MEDIA_PACKET - 4);
  if (p.pid == MEDIA_DATA_PID || p.pid == MEDIA_EIT_PID || p.pid == MEDIA_CUE_PID)
    g_byte_array_append (reading->others, data, MEDIA_PACKET);
  if (p.pid < MEDIA_VIDEO_PID || p.pid > MEDIA_VIDEO_PID + MEDIA_TRACKS_MAX || !p.has_payload)
    return;
  index = p.pid - MEDIA_VIDEO_PID;
  if (p.pusi) {
    end_pes (r, index);
    r->pes[index].offset = offset;
  } else if (r->pes[index].bytes->len == 0) {
    return;
  }
  r->pes[index].end = offset;
  g_byte_array_append (r->pes[index].bytes, data + p.payload_offset, p.payload_size);
}

/* Behind a packet one byte is enough; behind anything else the next packet must confirm it. */
static gboolean
is_packet (const guint8 * data, gsize size, gboolean synced)
{
  if (data[0] != 0x47 || size < MEDIA_PACKET)
    return FALSE;
  return synced || size == MEDIA_PACKET || data[MEDIA_PACKET] == 0x47;
}

Reading *
reading_new (const guint8 * data, gsize size)
{
  Reading *reading = g_new0 (Reading, 1);
  Reader *r = g_new0 (Reader, 1);
  gboolean synced = FALSE;
  gsize at = 0;

  r->reading = reading;
  r->reference_90k = r->reference_27m = -1;
  for (guint i = 0; i < TSC_PID_COUNT; i++)
    r->cc[i] = -1;
  for (guint i = 0; i <= MEDIA_TRACKS_MAX; i++)
    r->pes[i].bytes = g_byte_array_new ();
  reading->size = size;
  reading->pictures = g_array_new (FALSE, FALSE, sizeof (ReadUnit));
  for (guint i = 0; i < MEDIA_TRACKS_MAX; i++)
    reading->sounds[i] = g_array_new (FALSE, FALSE, sizeof (ReadUnit));
  reading->pcr = g_array_new (FALSE, FALSE, sizeof (ReadPcr));
  reading->tables = g_byte_array_new ();
  reading->others = g_byte_array_new ();
  while (at < size) {
    synced = is_packet (data + at, size - at, synced);
    if (!synced) {
      reading->stray_bytes++;
      at++;
      continue;
    }
    read_packet (r, data + at, at);
    at += MEDIA_PACKET;
  }
  for (guint i = 0; i <= MEDIA_TRACKS_MAX; i++) {
    end_pes (r, i);
    g_byte_array_unref (r->pes[i].bytes);
  }
  g_free (r);
  return reading;
}

void
reading_free (Reading * r)
{
  if (!r)
    return;
  g_array_unref (r->pictures);
  for (guint i = 0; i < MEDIA_TRACKS_MAX; i++)
    g_array_unref (r->sounds[i]);
  g_array_unref (r->pcr);
  g_byte_array_unref (r->tables);
  g_byte_array_unref (r->others);
  g_free (r);
}

gsize
reading_offset_of (const GByteArray * ts, guint source, guint number)
{
  g_autoptr (Reading) r = reading_new (ts->data, ts->len);

  return reading_find (r->pictures, source, number)->offset;
}

gint
reading_first_cc (const guint8 * data, gsize size, guint pid, gsize offset)
{
  for (gsize at = offset; at + MEDIA_PACKET <= size; at += MEDIA_PACKET) {
    TscPacket p;

    tsc_packet_parse (data + at, &p);
    if (p.pid == pid && p.has_payload)
      return (gint) p.cc;
  }
  return -1;
}

/* --- judging ---------------------------------------------------------------------- */

static gint
compare_pts (gconstpointer a, gconstpointer b)
{
  const ReadUnit *x = a, *y = b;

  return x->pts90k < y->pts90k ? -1 : x->pts90k > y->pts90k;
}

static GArray *
in_order_of_pts (const GArray * units)
{
  GArray *sorted = g_array_sized_new (FALSE, FALSE, sizeof (ReadUnit), units->len);

  g_array_append_vals (sorted, units->data, units->len);
  g_array_sort (sorted, compare_pts);
  return sorted;
}

gchar *
reading_runs (const GArray * units)
{
  g_autoptr (GArray) sorted = in_order_of_pts (units);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < sorted->len;) {
    const MediaMark *first = &g_array_index (sorted, ReadUnit, i).mark;
    guint n = 1;

    while (i + n < sorted->len) {
      const MediaMark *m = &g_array_index (sorted, ReadUnit, i + n).mark;

      if (m->source != first->source || m->number != first->number + n)
        break;
      n++;
    }
    g_string_append_printf (text, "%s%u:%u-%u", i > 0 ? "," : "", first->source, first->number,
        first->number + n - 1);
    i += n;
  }
  return g_string_free (text, FALSE);
}

const ReadUnit *
reading_find (const GArray * units, guint source, guint from)
{
  for (guint i = 0; i < units->len; i++) {
    const ReadUnit *u = &g_array_index (units, ReadUnit, i);

    if (u->mark.source == source && u->mark.number >= from)
      return u;
  }
  g_error ("no unit of source %u from %u on", source, from);
  return NULL;
}

static void
assert_pictures_regular (const Reading * r)
{
  g_autoptr (GArray) sorted = in_order_of_pts (r->pictures);

  for (guint i = 1; i < sorted->len; i++) {
    const ReadUnit *before = &g_array_index (sorted, ReadUnit, i - 1), *u = &g_array_index (sorted, ReadUnit, i);
    gint64 step = u->pts90k - before->pts90k;

    /* DESIGN 6.2: one frame interval, plus or minus a tick */
    if (step < MEDIA_FRAME_90K - 1 || step > MEDIA_FRAME_90K + 1)
      g_error ("%" G_GINT64_FORMAT " ticks between picture %u:%u and %u:%u", step, before->mark.source,
          before->mark.number, u->mark.source, u->mark.number);
  }
}

static void
assert_dts (const GArray * units)
{
  for (guint i = 0; i < units->len; i++) {
    const ReadUnit *u = &g_array_index (units, ReadUnit, i);

    if (u->dts90k > u->pts90k)
      g_error ("unit %u:%u has its DTS behind its PTS", u->mark.source, u->mark.number);
    if (i > 0 && u->dts90k <= g_array_index (units, ReadUnit, i - 1).dts90k)
      g_error ("the DTS of %u:%u does not rise", u->mark.source, u->mark.number);
  }
}

/* At a cut the sounds meet within half a unit (DESIGN 6.3); inside a source there is none. */
static void
assert_sounds_meet (const GArray * sounds)
{
  for (guint i = 1; i < sounds->len; i++) {
    const ReadUnit *before = &g_array_index (sounds, ReadUnit, i - 1), *u = &g_array_index (sounds, ReadUnit, i);
    gint64 gap = u->pts90k - before->pts90k - media_unit_90k (MEDIA_AUDIO_AAC);
    gint64 most = u->mark.source == before->mark.source && u->mark.number == before->mark.number + 1 ? 0 :
        media_unit_90k (MEDIA_AUDIO_AAC) / 2 + 1;

    if (ABS (gap) > most)
      g_error ("%" G_GINT64_FORMAT " ticks between sound %u:%u and %u:%u", gap, before->mark.source,
          before->mark.number, u->mark.source, u->mark.number);
  }
}

static void
assert_clock (const Reading * r)
{
  guint next = 0;

  for (guint i = 1; i < r->pcr->len; i++)
    g_assert_cmpint (g_array_index (r->pcr, ReadPcr, i).pcr27m, >, g_array_index (r->pcr, ReadPcr, i - 1).pcr27m);
  /* DESIGN 6.5: every picture is there when it is to be decoded */
  for (guint i = 0; i < r->pictures->len; i++) {
    const ReadUnit *u = &g_array_index (r->pictures, ReadUnit, i);

    while (next < r->pcr->len && g_array_index (r->pcr, ReadPcr, next).offset <= u->end)
      next++;
    if (next > 0 && g_array_index (r->pcr, ReadPcr, next - 1).pcr27m / 300 > u->dts90k)
      g_error ("picture %u:%u ends behind its DTS", u->mark.source, u->mark.number);
  }
}

void
reading_assert_seamless (const Reading * r)
{
  g_assert_cmpuint (r->stray_bytes, ==, 0);
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->broken_units, ==, 0);
  assert_pictures_regular (r);
  assert_dts (r->pictures);
  for (guint i = 0; i < MEDIA_TRACKS_MAX; i++) {
    assert_dts (r->sounds[i]);
    assert_sounds_meet (r->sounds[i]);
  }
  assert_clock (r);
}
