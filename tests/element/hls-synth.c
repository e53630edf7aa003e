/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hls-synth.h"

#include <asp-crc.h>
#include <asp-ts-pes.h>
#include <string.h>

#define MUX_AHEAD_90K 18000     /* from PCR to DTS */
#define AUDIO_PAYLOAD 40        /* of an ADTS frame */

void
synth_init (Synth * s, guint n_audio)
{
  memset (s, 0, sizeof *s);
  s->units = g_array_new (FALSE, TRUE, sizeof (SynthUnit));
  s->n_audio = n_audio;
}

void
synth_clear (Synth * s)
{
  g_clear_pointer (&s->units, g_array_unref);
}

void
synth_add_video (Synth * s, const SynthVideo * v)
{
  gint64 frame_90k = v->frame_90k ? v->frame_90k : 3600;

  for (guint i = 0; i < v->frames; i++) {
    guint in_gop = v->gop ? i % v->gop : i;
    SynthUnit u = {.pid = SYNTH_VIDEO_PID,.source = v->source,.number = i,.count = 1 };
    guint display = i;

    /* decode I P b P b, display I b P b P; what has no pair is left as it is */
    if (v->reorder && in_gop > 0) {
      if (in_gop % 2 == 1 && i + 1 < v->frames && (v->gop == 0 || in_gop + 1 < v->gop))
        display = i + 1;
      else if (in_gop % 2 == 0)
        display = i - 1;
    }
    u.rap = in_gop == 0 && !v->no_idr;
    u.recovery = in_gop == 0 && v->no_idr;
    u.dts90k = v->start_pts90k + i * frame_90k - (v->reorder ? frame_90k : 0);
    u.pts90k = v->start_pts90k + display * frame_90k;
    u.mux_90k = u.dts90k - MUX_AHEAD_90K;
    g_array_append_val (s->units, u);
  }
}

void
synth_add_audio (Synth * s, guint pid, guint source, gint64 start_pts90k, guint frames,
    guint frames_per_pes, gint64 late_90k)
{
  for (guint i = 0; i < frames; i += frames_per_pes) {
    SynthUnit u = {.pid = pid,.source = source,.number = i,
      .count = MIN (frames_per_pes, frames - i)
    };

    u.pts90k = u.dts90k = start_pts90k + i * SYNTH_AUDIO_FRAME_90K;
    u.mux_90k = u.pts90k - MUX_AHEAD_90K + late_90k;
    g_array_append_val (s->units, u);
  }
}

static gint
compare_units (gconstpointer a, gconstpointer b)
{
  const SynthUnit *x = a, *y = b;

  return x->mux_90k < y->mux_90k ? -1 : x->mux_90k > y->mux_90k;
}

void
synth_sort (Synth * s)
{
  gint64 last_90k[ASP_PID_COUNT];

  /* a PID keeps its order: one source is finished before the next one begins */
  for (guint i = 0; i < ASP_PID_COUNT; i++)
    last_90k[i] = G_MININT64;
  for (guint i = 0; i < s->units->len; i++) {
    SynthUnit *u = &g_array_index (s->units, SynthUnit, i);

    u->mux_90k = MAX (u->mux_90k, last_90k[u->pid]);
    last_90k[u->pid] = u->mux_90k;
  }
  g_array_sort (s->units, compare_units);       /* merge sort: stable */
}

static void
put_section (Synth * s, guint pid, guint8 * section, gsize size, GByteArray * out)
{
  guint32 crc = asp_crc32_mpeg (section, size - 4);
  guint8 packet[ASP_TS_SIZE];

  g_assert_cmpuint (size, <=, ASP_TS_PAYLOAD_MAX - 1);
  for (guint i = 0; i < 4; i++)
    section[size - 4 + i] = (guint8) (crc >> (24 - 8 * i));
  memset (packet, 0xff, sizeof packet);
  packet[0] = ASP_TS_SYNC;
  packet[1] = (guint8) (0x40 | (pid >> 8));
  packet[2] = (guint8) pid;
  packet[3] = (guint8) (0x10 | (s->cc[pid]++ & 0x0f));
  packet[4] = 0;
  memcpy (packet + 5, section, size);
  g_byte_array_append (out, packet, sizeof packet);
}

void
synth_write_psi (Synth * s, GByteArray * out)
{
  guint8 pat[16] = { 0x00, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | (SYNTH_PMT_PID >> 8),
    SYNTH_PMT_PID & 0xff
  };
  guint8 pmt[160] = { 0x02, 0xb0, 0, 0, 1, 0xc1, 0, 0, 0xe0 | (SYNTH_VIDEO_PID >> 8),
    SYNTH_VIDEO_PID & 0xff, 0xf0, 0
  };
  static const guint8 cuei[6] = { 0x05, 4, 'C', 'U', 'E', 'I' };
  guint n = 12;

  pmt[5] = (guint8) (0xc1 | (s->pmt_version << 1));
  if (s->scte35) {
    pmt[11] = sizeof cuei;
    memcpy (pmt + n, cuei, sizeof cuei);
    n += sizeof cuei;
  }
  for (guint i = 0; i < s->n_audio + 1 + (s->scte35 ? 1 : 0); i++) {
    guint type = i == 0 ? 0x1b : i <= s->n_audio ? 0x0f : 0x86;
    guint pid = i <= s->n_audio ? SYNTH_VIDEO_PID + i : SYNTH_SCTE35_PID;

    pmt[n++] = (guint8) type;
    pmt[n++] = (guint8) (0xe0 | (pid >> 8));
    pmt[n++] = (guint8) pid;
    pmt[n++] = 0xf0;
    pmt[n++] = 0;
  }
  n += 4;
  pmt[2] = (guint8) (n - 3);
  put_section (s, ASP_PID_PAT, pat, sizeof pat, out);
  put_section (s, SYNTH_PMT_PID, pmt, n, out);
}

/* Bytes that hold no start code: seven bits each, the highest one set. */
static void
put_name (GByteArray * es, guint source, guint number)
{
  const guint8 name[3] = { (guint8) (0x80 | source), (guint8) (0x80 | (number >> 7)),
    (guint8) (0x80 | (number & 0x7f))
  };

  g_byte_array_append (es, name, sizeof name);
}

static void
put_picture (const Synth * s, const SynthUnit * u, GByteArray * es)
{
  static const guint8 aud[] = { 0, 0, 0, 1, 0x09, 0xf0 };
  /* baseline 320x192 and 352x224, pic_order_cnt_type 2, no VUI */
  static const guint8 sps[2][12] = {
    {0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x0d, 0xda, 0x05, 0x06, 0x64},
    {0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x0d, 0xda, 0x05, 0x87, 0x64},
  };
  static const guint8 pps[] = { 0, 0, 0, 1, 0x68, 0xce, 0x38, 0x80 };
  static const guint8 recovery[] = { 0, 0, 0, 1, 0x06, 0x06, 0x01, 0x84, 0x80 };
  const guint8 slice[] = { 0, 0, 0, 1, (guint8) (u->rap ? 0x65 : 0x41),
    (guint8) (u->rap || u->recovery ? 0x88 : 0x9a), 0xaa
  };
  guint fill = s->unit_bytes ? s->unit_bytes : 600;

  g_byte_array_append (es, aud, sizeof aud);
  if (u->rap || u->recovery) {
    g_byte_array_append (es, sps[s->sps], sizeof sps[0]);
    g_byte_array_append (es, pps, sizeof pps);
  }
  if (u->recovery)
    g_byte_array_append (es, recovery, sizeof recovery);
  g_byte_array_append (es, slice, sizeof slice);
  put_name (es, u->source, u->number);
  for (guint i = 0; i < fill; i++)
    g_byte_array_append (es, (const guint8 *) "\xa5", 1);
}

static void
put_audio (const SynthUnit * u, GByteArray * es)
{
  for (guint i = 0; i < u->count; i++) {
    guint size = 7 + 3 + AUDIO_PAYLOAD;
    /* ADTS, AAC LC, 48 kHz, stereo: 14496-3 1.A.2.2 */
    const guint8 header[7] = { 0xff, 0xf1, 0x4c, (guint8) (0x80 | (size >> 11)),
      (guint8) (size >> 3), (guint8) (((size & 7) << 5) | 0x1f), 0xfc
    };
    guint8 fill[AUDIO_PAYLOAD];

    memset (fill, 0x55, sizeof fill);
    g_byte_array_append (es, header, sizeof header);
    put_name (es, u->source, u->number + i);
    g_byte_array_append (es, fill, sizeof fill);
  }
}

void
synth_write_unit (Synth * s, const SynthUnit * u, GByteArray * out)
{
  gboolean is_video = u->pid == SYNTH_VIDEO_PID;
  g_autoptr (GByteArray) es = g_byte_array_new ();
  g_autoptr (GByteArray) pes = g_byte_array_new ();
  guint8 header[ASP_PES_HEADER_MAX];
  gsize done = 0;

  if (is_video)
    put_picture (s, u, es);
  else
    put_audio (u, es);
  g_byte_array_append (pes, header, (guint) asp_pes_write_header (header, is_video ? 0xe0 : 0xc0,
          is_video ? 0x10000 : es->len, u->pts90k, u->dts90k));
  memcpy (pes->data, header, pes->len);
  g_byte_array_append (pes, es->data, es->len);
  while (done < pes->len) {
    guint8 packet[ASP_TS_SIZE];
    gint64 pcr27m = is_video && done == 0 ?
        (gint64) asp_pcr_wrap ((u->dts90k - MUX_AHEAD_90K) * 300) : ASP_NO_TIME;

    done += asp_ts_packet_write_payload (packet, u->pid, s->cc[u->pid]++, done == 0,
        u->rap && done == 0, pcr27m, pes->data + done, pes->len - done, ASP_TS_PAYLOAD_MAX);
    g_byte_array_append (out, packet, sizeof packet);
  }
}

GByteArray *
synth_write (Synth * s)
{
  GByteArray *out = g_byte_array_new ();

  synth_sort (s);
  synth_write_psi (s, out);
  for (guint i = 0; i < s->units->len; i++) {
    const SynthUnit *u = &g_array_index (s->units, SynthUnit, i);

    if (u->rap)
      synth_write_psi (s, out);
    synth_write_unit (s, u, out);
  }
  return out;
}

/* -- reading back -- */

static void
check_counter (const guint8 * p, gint cc[ASP_PID_COUNT])
{
  guint pid = asp_ts_pid (p);
  gint now = (gint) asp_ts_cc (p);

  if (cc[pid] >= 0)
    g_assert_cmpint (now, ==, asp_ts_has_payload (p) ? (cc[pid] + 1) & 0x0f : cc[pid]);
  cc[pid] = now;
}

static void
found_video (const guint8 * es, gsize size, SynthFound * f)
{
  for (gsize i = 0; i + 8 < size; i++) {
    if (es[i] == 0 && es[i + 1] == 0 && es[i + 2] == 1 && ((es[i + 3] & 0x1f) == 1 ||
            (es[i + 3] & 0x1f) == 5)) {
      f->rap = (es[i + 3] & 0x1f) == 5;
      f->source = es[i + 6] & 0x7f;
      f->number = ((es[i + 7] & 0x7fu) << 7) | (es[i + 8] & 0x7fu);
      return;
    }
  }
  g_assert_not_reached ();
}

/* One whole PES. */
static void
found_pes (GArray * out, guint pid, const GByteArray * pes)
{
  SynthFound f = {.pid = pid };
  AspPesHeader header;
  gsize at, frame = 10 + AUDIO_PAYLOAD;

  g_assert_cmpint (asp_pes_parse (pes->data, pes->len, &header), ==, ASP_PES_OK);
  f.pts90k = header.pts90k;
  if (pid == SYNTH_VIDEO_PID) {
    found_video (pes->data + header.header_size, pes->len - header.header_size, &f);
    g_array_append_val (out, f);
    return;
  }
  g_assert_cmpuint ((pes->len - header.header_size) % frame, ==, 0);
  for (at = header.header_size; at < pes->len; at += frame) {
    const guint8 *name = pes->data + at + 7;

    f.source = name[0] & 0x7f;
    f.number = ((name[1] & 0x7fu) << 7) | (name[2] & 0x7fu);
    g_array_append_val (out, f);
    f.pts90k += SYNTH_AUDIO_FRAME_90K;
  }
}

GArray *
synth_read_segment (const guint8 * data, gsize size, gint cc[ASP_PID_COUNT])
{
  GArray *out = g_array_new (FALSE, TRUE, sizeof (SynthFound));
  GByteArray *open[ASP_PID_COUNT] = { NULL };

  g_assert_cmpuint (size % ASP_TS_SIZE, ==, 0);
  g_assert_cmpuint (size, >=, 3 * ASP_TS_SIZE);
  for (gsize i = 0; i < size; i += ASP_TS_SIZE) {
    const guint8 *p = data + i;
    AspTsPacket view;

    g_assert_true (asp_ts_packet_parse (p, &view));
    check_counter (p, cc);
    if (i < 2 * ASP_TS_SIZE) {
      g_assert_cmpuint (view.pid, ==, i == 0 ? ASP_PID_PAT : SYNTH_PMT_PID);
      g_assert_true (view.pusi);
      continue;
    }
    if (i == 2 * ASP_TS_SIZE)
      g_assert_cmpuint (view.pid, ==, SYNTH_VIDEO_PID);
    g_assert_cmpuint (view.pid, >=, SYNTH_VIDEO_PID);
    g_assert_cmpuint (view.pid, <, SYNTH_SCTE35_PID);
    if (view.pusi) {
      if (open[view.pid]) {
        found_pes (out, view.pid, open[view.pid]);
        g_byte_array_unref (open[view.pid]);
      }
      open[view.pid] = g_byte_array_new ();
    }
    g_assert_nonnull (open[view.pid]);  /* a segment begins with a PES on every PID */
    g_byte_array_append (open[view.pid], p + view.payload_offset,
        ASP_TS_SIZE - view.payload_offset);
  }
  for (guint pid = 0; pid < ASP_PID_COUNT; pid++) {
    if (open[pid]) {
      found_pes (out, pid, open[pid]);
      g_byte_array_unref (open[pid]);
    }
  }
  return out;
}
