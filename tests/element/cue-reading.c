/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cue-reading.h"

#include <string.h>

#include <tsc-packet.h>

typedef struct
{
  CueReading *out;
  const guint *pmt_pids;
  guint video_pid;
  gint cc[TSC_PID_COUNT];
  ReadSection *open[TSC_PID_COUNT];
  gboolean is_cue_pid[TSC_PID_COUNT];
  gint64 newest_pts90k;         /* -1 before the first picture */
} Reader;

static guint64
bits (const guint8 * p, guint n)
{
  guint64 value = 0;

  while (n-- > 0)
    value = (value << 8) | *p++;
  return value;
}

static gboolean
is_pmt_pid (const Reader * r, guint pid)
{
  for (const guint *p = r->pmt_pids; *p; p++)
    if (*p == pid)
      return TRUE;
  return FALSE;
}

/* --- PMT ------------------------------------------------------------------------ */

static gboolean
says_cuei (const guint8 * d, gsize size)
{
  gboolean found = FALSE;

  while (size >= 2 && d[1] + 2u <= size) {
    found |= d[0] == 0x05 && d[1] >= 4 && !memcmp (d + 2, "CUEI", 4);
    size -= d[1] + 2u;
    d += d[1] + 2u;
  }
  return found;
}

static void
read_pmt (Reader * r, const ReadSection * s)
{
  const guint8 *p = s->bytes;
  gsize info = bits (p + 10, 2) & 0xfff, at = 12 + info, end = s->size - 4;
  ReadPmt pmt = { s, (guint) bits (p + 3, 2), (p[5] >> 1) & 31, says_cuei (p + 12, info), 0, 0 };

  while (at + 5 <= end) {
    guint pid = (guint) bits (p + at + 1, 2) & 0x1fff;

    if (p[at] == 0x86) {
      pmt.cue_pid = pid;
      r->is_cue_pid[pid] = TRUE;
    }
    pmt.n_streams++;
    at += 5 + (bits (p + at + 3, 2) & 0xfff);
  }
  g_assert_cmpuint (at, ==, end);
  g_array_append_val (r->out->pmts, pmt);
}

/* --- cues (SCTE 35, 9.6, 9.7.3) ------------------------------------------------------ */

static const guint8 *
read_splice_time (const guint8 * p, guint64 adjustment, gint64 * pts90k)
{
  if (!(p[0] & 0x80))
    return p + 1;
  *pts90k = (gint64) (((bits (p, 5) & 0x1ffffffffu) + adjustment) & 0x1ffffffffu);
  return p + 5;
}

static void
read_insert (ReadCue * c, const guint8 * p, guint64 adjustment)
{
  guint flags;

  c->event_id = (guint32) bits (p, 4);
  c->cancel = p[4] >> 7;
  if (c->cancel)
    return;
  flags = p[5];
  c->out = flags >> 7;
  g_assert_true (flags & 0x40); /* whole programme: all that is sent here */
  c->has_duration = (flags >> 5) & 1;
  c->immediate = (flags >> 4) & 1;
  p += 6;
  if (!c->immediate)
    p = read_splice_time (p, adjustment, &c->pts90k);
  if (c->has_duration) {
    c->auto_return = p[0] >> 7;
    c->duration_90k = (gint64) (bits (p, 5) & 0x1ffffffffu);
  }
}

static void
read_cue (Reader * r, const ReadSection * s)
{
  const guint8 *p = s->bytes;
  guint64 adjustment = bits (p + 4, 5) & 0x1ffffffffu;
  ReadCue c = { s, p[13], 0 };

  c.pts90k = -1;
  if (p[4] & 0x80)
    c.command = 0x100;          /* encrypted */
  else if (c.command == 5)
    read_insert (&c, p + 14, adjustment);
  else if (c.command == 6)
    read_splice_time (p + 14, adjustment, &c.pts90k);
  if (c.pts90k >= 0)
    c.lead_90k = r->newest_pts90k < 0 ? G_MAXINT64 : tsc_unwrap (r->newest_pts90k, c.pts90k, TSC_PTS_MODULUS) - r->newest_pts90k;
  g_array_append_val (r->out->cues, c);
}

/* --- packets ---------------------------------------------------------------------- */

static void
end_section (Reader * r, guint pid)
{
  ReadSection *s = r->open[pid];
  gsize need = s->size >= 3 ? 3 + (bits (s->bytes + 1, 2) & 0xfff) : G_MAXSIZE;

  if (s->size < need)
    return;
  r->open[pid] = NULL;
  s->size = need;
  s->crc_good = tsc_crc32 (s->bytes, need) == 0;
  g_ptr_array_add (r->out->sections, s);
  if (is_pmt_pid (r, pid) && s->bytes[0] == 0x02 && s->crc_good)
    read_pmt (r, s);
  else if (r->is_cue_pid[pid] && s->crc_good)
    read_cue (r, s);
}

/* Only what begins right behind a pointer_field of 0, as this project and its tests write it. */
static void
section_packet (Reader * r, const TscPacket * p, const guint8 * data, gsize offset)
{
  const guint8 *payload = data + p->payload_offset;
  gsize size = p->payload_size;
  ReadSection *s;

  if (!p->has_payload)
    return;
  if (p->pusi) {
    g_assert_cmpuint (payload[0], ==, 0);
    payload++;
    size--;
    g_assert_null (r->open[p->pid]);    /* one before it was torn */
    r->open[p->pid] = g_new0 (ReadSection, 1);
    r->open[p->pid]->pid = p->pid;
    r->open[p->pid]->offset = offset;
  }
  s = r->open[p->pid];
  if (!s)
    return;
  size = MIN (size, sizeof s->bytes - s->size);
  memcpy (s->bytes + s->size, payload, size);
  s->size += size;
  end_section (r, p->pid);
}

static void
read_packet (Reader * r, const guint8 * data, gsize offset)
{
  TscPacket p;
  TscPesHeader h;
  gint *last;

  tsc_packet_parse (data, &p);
  if (p.pid == TSC_PID_NULL)
    return;
  last = &r->cc[p.pid];
  if (*last >= 0 && p.cc != (guint) ((*last + (p.has_payload ? 1 : 0)) & 15))
    r->out->cc_errors++;
  *last = (gint) p.cc;
  if (p.pid == r->video_pid && p.pusi && tsc_pes_header_parse (data + p.payload_offset, p.payload_size, &h) && h.has_pts)
    r->newest_pts90k = r->newest_pts90k < 0 ? h.pts90k :
        MAX (r->newest_pts90k, tsc_unwrap (r->newest_pts90k, h.pts90k, TSC_PTS_MODULUS));
  if (is_pmt_pid (r, p.pid) || r->is_cue_pid[p.pid])
    section_packet (r, &p, data, offset);
  else
    g_byte_array_append (r->out->rest, data, TSC_SIZE);
}

CueReading *
cue_reading_new (const guint8 * data, gsize size, const guint * pmt_pids, guint video_pid)
{
  Reader *r = g_new0 (Reader, 1);
  CueReading *out = g_new0 (CueReading, 1);

  out->sections = g_ptr_array_new_with_free_func (g_free);
  out->cues = g_array_new (FALSE, FALSE, sizeof (ReadCue));
  out->pmts = g_array_new (FALSE, FALSE, sizeof (ReadPmt));
  out->rest = g_byte_array_new ();
  r->out = out;
  r->pmt_pids = pmt_pids;
  r->video_pid = video_pid;
  r->newest_pts90k = -1;
  memset (r->cc, 0xff, sizeof r->cc);
  for (gsize at = 0; at + TSC_SIZE <= size; at += TSC_SIZE) {
    g_assert_cmphex (data[at], ==, 0x47);
    read_packet (r, data + at, at);
  }
  for (guint pid = 0; pid < TSC_PID_COUNT; pid++)
    g_free (r->open[pid]);
  g_free (r);
  return out;
}

void
cue_reading_free (CueReading * r)
{
  if (!r)
    return;
  g_ptr_array_unref (r->sections);
  g_array_unref (r->cues);
  g_array_unref (r->pmts);
  g_byte_array_unref (r->rest);
  g_free (r);
}

const ReadCue *
cue_reading_cue (const CueReading * r, guint index)
{
  g_assert_cmpuint (index, <, r->cues->len);
  return &g_array_index (r->cues, ReadCue, index);
}

const ReadPmt *
cue_reading_pmt (const CueReading * r, guint index)
{
  g_assert_cmpuint (index, <, r->pmts->len);
  return &g_array_index (r->pmts, ReadPmt, index);
}

gchar *
cue_reading_text (const CueReading * r)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < r->cues->len; i++) {
    const ReadCue *c = cue_reading_cue (r, i);

    if (i > 0)
      g_string_append_c (text, ' ');
    if (c->command == 5)
      g_string_append_printf (text, "%s%s", c->cancel ? "cancel" : c->out ? "out" : "in", c->immediate ? "!" : "");
    else
      g_string_append (text, c->command == 0 ? "null" : c->command == 6 ? "signal" : "other");
  }
  return g_string_free (text, FALSE);
}

gchar *
read_cue_hex (const ReadCue * cue)
{
  GString *hex = g_string_new (NULL);

  for (gsize i = 0; i < cue->section->size; i++)
    g_string_append_printf (hex, "%02x", cue->section->bytes[i]);
  return g_string_free (hex, FALSE);
}
