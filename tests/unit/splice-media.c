/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "splice-media.h"

#include <string.h>

#include <asp-crc.h>
#include <asp-ts-packet.h>
#include <asp-ts-pes.h>

#define SLICE_MAGIC 0xa5

typedef struct
{
  guint16 pid;
  guint8 stream_id;
  gboolean random_access;
  gint64 pts90k, dts90k;        /* as written */
  gint64 begin_90k;             /* it may be sent from then on */
  gint64 due_90k;               /* DTS without a jump: what the multiplex goes by */
  GByteArray *es;
} Pes;

typedef struct
{
  const SpliceMediaSpec *spec;
  GPtrArray *pes;               /* of Pes, by due_90k; NULL where it has gone */
  guint next_pes;               /* none before it is left */
  GByteArray *out;
  guint packet;
  guint8 cc[ASP_PID_COUNT];
  gint64 start_pcr27m, last_pcr27m, last_psi_27m;
  guint next_section;
  /* per PID the PES that is on its way */
  guint8 *sending[ASP_PID_COUNT];
  gsize size[ASP_PID_COUNT], sent[ASP_PID_COUNT];
  gint64 due_90k[ASP_PID_COUNT];
} Mux;

void
splice_media_spec_init (SpliceMediaSpec * spec, guint source, guint frames)
{
  memset (spec, 0, sizeof *spec);
  spec->source = source;
  spec->frames = frames;
  spec->frame_90k = 3600;
  spec->gop = 25;
  spec->first_pts90k = 10 * ASP_SECOND_90K;
  spec->video_bytes = 200;
  spec->audio_tracks = 1;
  spec->audio_group = 4;
  spec->audio_bytes = 40;
  spec->lead_90k = ASP_SECOND_90K / 2;
  spec->packets_per_s = 300;
  spec->pmt_pid = 0x20;
  spec->video_pid = 0x100;
  spec->audio_pid = 0x110;
  spec->psi_ms = 200;
  spec->pcr_ms = 30;
}

/* --- units ---------------------------------------------------------------------- */

static void
put_number (GByteArray * es, guint source, guint index)
{
  guint8 bytes[5] = { SLICE_MAGIC, (guint8) (0x80 | source), (guint8) (0x80 | ((index >> 14) & 0x7f)),
    (guint8) (0x80 | ((index >> 7) & 0x7f)), (guint8) (0x80 | (index & 0x7f))
  };

  g_byte_array_append (es, bytes, sizeof bytes);
}

static gboolean
get_number (const guint8 * p, gsize size, guint * source, guint * index)
{
  if (size < 5 || p[0] != SLICE_MAGIC)
    return FALSE;
  *source = p[1] & 0x7f;
  *index = ((p[2] & 0x7fu) << 14) | ((p[3] & 0x7fu) << 7) | (p[4] & 0x7f);
  return TRUE;
}

/* H.264 Main, 16x16, pic_order_cnt_type 0: 7.3.2.1.1, 7.3.2.2 */
static const guint8 aud[] = { 0, 0, 0, 1, 0x09, 0xf0 };
static const guint8 sets[] = { 0, 0, 0, 1, 0x67, 0x4d, 0x00, 0x1e, 0xf6, 0xf2,
  0, 0, 0, 1, 0x68, 0xce, 0x38, 0x80
};

static GByteArray *
make_picture (const SpliceMediaSpec * spec, guint index, guint in_gop)
{
  /* slice_type I, P, B; the rest of the headers is never read */
  guint8 idr[] = { 0, 0, 1, 0x65, 0x88, 0x84 }, p[] = { 0, 0, 1, 0x41, 0x9b, 0x84 }, b[] = { 0, 0, 1, 0x01, 0x9e, 0x84 };
  gboolean is_b = spec->bframes > 0 && in_gop % 3 != 0;
  guint special = in_gop == 0 ? spec->idr_bytes : is_b ? spec->b_bytes : 0;
  guint bytes = special > 0 ? special : spec->video_bytes, at;
  GByteArray *es = g_byte_array_new ();

  g_byte_array_append (es, aud, sizeof aud);
  if (in_gop == 0 && (index == 0 || !spec->sets_once))
    g_byte_array_append (es, sets, sizeof sets);
  g_byte_array_append (es, in_gop == 0 ? idr : is_b ? b : p, sizeof idr);
  put_number (es, spec->source, index);
  at = es->len;
  g_byte_array_set_size (es, at + bytes);
  memset (es->data + at, 0x55, bytes);
  put_number (es, spec->source, index);
  return es;
}

static void
put_frame (GByteArray * es, const SpliceMediaSpec * spec, guint track, guint index)
{
  guint size = 7 + 5 + spec->audio_bytes + 5;
  guint8 header[7] = { 0xff, 0xf1, 0x4c, (guint8) (0x80 | (size >> 11)), (guint8) (size >> 3),
    (guint8) ((size << 5) | 0x1f), 0xfc
  };
  guint at;

  g_byte_array_append (es, header, sizeof header);
  put_number (es, spec->source + 10 * track, index);
  at = es->len;
  g_byte_array_set_size (es, at + spec->audio_bytes);
  memset (es->data + at, 0x33, spec->audio_bytes);
  put_number (es, spec->source + 10 * track, index);
}

static Pes *
add_pes (Mux * m, guint16 pid, guint8 stream_id, gint64 pts90k, gint64 dts90k, GByteArray * es)
{
  const SpliceMediaSpec *spec = m->spec;
  gint64 jump = spec->jump_at_90k != 0 && pts90k >= spec->jump_at_90k ? spec->jump_90k : 0;
  Pes *pes = g_new0 (Pes, 1);

  pes->pid = pid;
  pes->stream_id = stream_id;
  pes->pts90k = pts90k + jump;
  pes->dts90k = dts90k + jump;
  pes->due_90k = dts90k;
  pes->begin_90k = dts90k - (stream_id == 0xe0 || spec->audio_mux_90k == 0 ? spec->lead_90k : spec->audio_mux_90k);
  pes->es = es;
  g_ptr_array_add (m->pes, pes);
  return pes;
}

static gint64
round_90k (gdouble ticks)
{
  return (gint64) (ticks < 0 ? ticks - 0.5 : ticks + 0.5);
}

/* Which picture of the display order is the @n-th of the decode order: I P b b P b b. */
static guint
display_index (const SpliceMediaSpec * spec, guint n)
{
  guint gop = n / spec->gop * spec->gop, i = n - gop;

  if (spec->bframes == 0 || i == 0)
    return n;
  return gop + (i % 3 == 1 ? i + 2 : i - 1);
}

/* Belongs to the picture before it: neither access unit delimiter nor PTS. */
static void
add_second_field (Mux * m, guint index, gint64 due_90k)
{
  static const guint8 slice[] = { 0, 0, 1, 0x41, 0x9b, 0x84 };
  GByteArray *es = g_byte_array_new ();
  Pes *pes;

  g_byte_array_append (es, slice, sizeof slice);
  put_number (es, m->spec->source, index);
  put_number (es, m->spec->source, index);
  pes = add_pes (m, m->spec->video_pid, 0xe0, due_90k, due_90k, es);
  pes->pts90k = pes->dts90k = ASP_NO_TIME;
}

static void
add_video (Mux * m)
{
  const SpliceMediaSpec *spec = m->spec;
  guint delay = spec->bframes > 0 ? 1 : 0;

  for (guint n = 0; n < spec->frames; n++) {
    guint d = display_index (spec, n);
    gint64 pts = spec->first_pts90k + round_90k (spec->frame_90k * d);
    gint64 dts = spec->first_pts90k + round_90k (spec->frame_90k * ((gdouble) n - delay));
    Pes *pes;

    if (d >= spec->frames)
      continue;
    pes = add_pes (m, spec->video_pid, 0xe0, pts, dts, make_picture (spec, d, d % spec->gop));
    pes->random_access = d % spec->gop == 0;
    if (spec->fields)
      add_second_field (m, d, dts + (gint64) (spec->frame_90k / 2));
  }
}

static void
add_audio (Mux * m, guint track)
{
  const SpliceMediaSpec *spec = m->spec;
  gint64 first = spec->first_pts90k - spec->audio_lead_90k;
  gint64 end = spec->first_pts90k + (gint64) (spec->frame_90k * spec->frames) - spec->audio_end_90k;
  guint frames = (guint) MAX ((end - first) / SPLICE_AUDIO_FRAME_90K, 0);

  for (guint n = 0; n < frames; n += spec->audio_group) {
    GByteArray *es = g_byte_array_new ();
    gint64 pts = first + (gint64) n * SPLICE_AUDIO_FRAME_90K;

    for (guint i = n; i < MIN (n + spec->audio_group, frames); i++)
      put_frame (es, spec, track, i);
    add_pes (m, (guint16) (spec->audio_pid + track), 0xc0, pts, pts, es);
  }
}

/* --- tables --------------------------------------------------------------------- */

static GBytes *
finish_section (GByteArray * s)
{
  guint length = s->len + 4 - 3;
  guint8 crc[4];
  guint32 value;

  s->data[1] = (guint8) (0xb0 | (length >> 8));
  s->data[2] = (guint8) length;
  value = asp_crc32_mpeg (s->data, s->len);
  for (guint i = 0; i < 4; i++)
    crc[i] = (guint8) (value >> (24 - 8 * i));
  g_byte_array_append (s, crc, sizeof crc);
  return g_byte_array_free_to_bytes (s);
}

static GBytes *
make_pat (const SpliceMediaSpec * spec)
{
  guint8 bytes[] = { 0x00, 0, 0, 0x00, 0x01, 0xc1, 0, 0, 0x00, 0x01, (guint8) (0xe0 | (spec->pmt_pid >> 8)),
    (guint8) spec->pmt_pid
  };
  GByteArray *s = g_byte_array_new ();

  g_byte_array_append (s, bytes, sizeof bytes);
  return finish_section (s);
}

static void
put_stream (GByteArray * s, guint8 type, guint16 pid)
{
  guint8 bytes[] = { type, (guint8) (0xe0 | (pid >> 8)), (guint8) pid, 0xf0, 0 };

  g_byte_array_append (s, bytes, sizeof bytes);
}

GBytes *
splice_media_pmt (const SpliceMediaSpec * spec, guint version)
{
  guint16 pcr = spec->pcr_pid ? spec->pcr_pid : spec->video_pid;
  guint8 head[] = { 0x02, 0, 0, 0x00, 0x01, (guint8) (0xc1 | (version << 1)), 0, 0, (guint8) (0xe0 | (pcr >> 8)),
    (guint8) pcr, 0xf0, 6, 0x05, 4, 'C', 'U', 'E', 'I'
  };
  GByteArray *s = g_byte_array_new ();

  g_byte_array_append (s, head, sizeof head);
  put_stream (s, 0x1b, spec->video_pid);
  for (guint i = 0; i < spec->audio_tracks; i++)
    put_stream (s, 0x0f, (guint16) (spec->audio_pid + i));
  if (spec->cue_pid)
    put_stream (s, 0x86, spec->cue_pid);
  return finish_section (s);
}

/* --- multiplex ------------------------------------------------------------------ */

static void
pes_free (gpointer data)
{
  Pes *pes = data;

  if (!pes)
    return;
  g_byte_array_unref (pes->es);
  g_free (pes);
}

static gint64
mux_now_27m (const Mux * m)
{
  return m->start_pcr27m + (gint64) m->packet * ASP_SECOND_27M / m->spec->packets_per_s;
}

static guint8 *
new_packet (Mux * m)
{
  guint at = m->out->len;

  g_byte_array_set_size (m->out, at + ASP_TS_SIZE);
  return m->out->data + at;
}

static guint
next_cc (Mux * m, guint16 pid)
{
  return m->cc[pid]++ & 0x0f;
}

static void
write_section (Mux * m, guint16 pid, GBytes * section)
{
  gsize size, pos = 0;
  const guint8 *data = g_bytes_get_data (section, &size);
  gboolean first = TRUE;

  while (pos < size) {
    guint8 *p = new_packet (m);
    gsize room = ASP_TS_SIZE - 4 - (first ? 1 : 0), n = MIN (room, size - pos);

    memset (p, 0xff, ASP_TS_SIZE);
    p[0] = ASP_TS_SYNC;
    p[1] = (guint8) ((first ? 0x40 : 0) | (pid >> 8));
    p[2] = (guint8) pid;
    p[3] = (guint8) (0x10 | next_cc (m, pid));
    if (first)
      p[4] = 0;
    memcpy (p + (first ? 5 : 4), data + pos, n);
    pos += n;
    first = FALSE;
    m->packet++;
  }
}

static gint64
clock_jump_27m (const Mux * m, gint64 now_27m)
{
  const SpliceMediaSpec *spec = m->spec;
  gint64 delay_90k = spec->bframes > 0 ? (gint64) spec->frame_90k : 0;

  return spec->jump_at_90k != 0 && now_27m >= (spec->jump_at_90k - delay_90k - spec->lead_90k) * 300 ?
      spec->jump_90k * 300 : 0;
}

static guint16
mux_pcr_pid (const SpliceMediaSpec * spec)
{
  return spec->pcr_pid && spec->pcr_pid != ASP_PID_NULL ? spec->pcr_pid : spec->video_pid;
}

static void
write_tables (Mux * m)
{
  GBytes *pat = make_pat (m->spec), *pmt = splice_media_pmt (m->spec, 0);

  m->last_psi_27m = mux_now_27m (m);
  write_section (m, ASP_PID_PAT, pat);
  write_section (m, m->spec->pmt_pid, pmt);
  g_bytes_unref (pat);
  g_bytes_unref (pmt);
}

static void
open_pes (Mux * m, const Pes * pes)
{
  guint8 header[ASP_PES_HEADER_MAX];
  gsize n = asp_pes_write_header (header, pes->stream_id, pes->stream_id == 0xe0 ? G_MAXUINT32 : pes->es->len,
      pes->pts90k, pes->dts90k);

  m->sending[pes->pid] = g_malloc (n + pes->es->len);
  memcpy (m->sending[pes->pid], header, n);
  memcpy (m->sending[pes->pid] + n, pes->es->data, pes->es->len);
  m->size[pes->pid] = n + pes->es->len;
  m->sent[pes->pid] = 0;
  /* the lowest bit keeps what the first packet has to say */
  m->due_90k[pes->pid] = pes->due_90k * 2 + pes->random_access;
}

/* Opens PES packets whose time has come, and picks the PID whose unit is wanted first. */
static gint
pick_pid (Mux * m)
{
  const SpliceMediaSpec *spec = m->spec;
  gint64 now_90k = mux_now_27m (m) / 300;
  gint best = -1;

  for (guint i = m->next_pes; i < m->pes->len; i++) {
    Pes *pes = g_ptr_array_index (m->pes, i);

    if (pes && pes->due_90k - spec->lead_90k > now_90k)
      break;
    if (pes && pes->begin_90k > now_90k)
      continue;
    if (pes && !m->sending[pes->pid]) {
      open_pes (m, pes);
      pes_free (pes);
      g_ptr_array_index (m->pes, i) = pes = NULL;
    }
    if (!pes && i == m->next_pes)
      m->next_pes++;
  }
  for (guint i = 0; i <= spec->audio_tracks; i++) {
    gint pid = i == 0 ? spec->video_pid : (gint) (spec->audio_pid + i - 1);

    if (m->sending[pid] && (best < 0 || m->due_90k[pid] < m->due_90k[best]))
      best = pid;
  }
  return best;
}

static void
write_media (Mux * m, guint16 pid, gint64 pcr27m)
{
  gboolean first = m->sent[pid] == 0;

  m->sent[pid] += asp_ts_packet_write_payload (new_packet (m), pid, next_cc (m, pid), first,
      first && (m->due_90k[pid] & 1), pcr27m, m->sending[pid] + m->sent[pid], m->size[pid] - m->sent[pid],
      ASP_TS_PAYLOAD_MAX);
  if (m->sent[pid] == m->size[pid])
    g_clear_pointer (&m->sending[pid], g_free);
  m->packet++;
}

static gboolean
write_due_section (Mux * m)
{
  const SpliceMediaSpec *spec = m->spec;

  if (m->next_section >= spec->n_sections || spec->sections[m->next_section].packet > m->packet)
    return FALSE;
  write_section (m, spec->sections[m->next_section].pid, spec->sections[m->next_section].section);
  m->next_section++;
  return TRUE;
}

/* FALSE when all is sent. */
static gboolean
mux_step (Mux * m)
{
  const SpliceMediaSpec *spec = m->spec;
  guint16 pcr_pid = mux_pcr_pid (spec);
  gint64 now = mux_now_27m (m), since = now - m->last_pcr27m, step = (gint64) spec->pcr_ms * 27000;
  guint64 pcr = asp_pcr_wrap (now + clock_jump_27m (m, now));
  gint pid;

  if (now - m->last_psi_27m >= (gint64) spec->psi_ms * 27000) {
    write_tables (m);
    return TRUE;
  }
  if (write_due_section (m))
    return TRUE;
  pid = pick_pid (m);
  if (since >= step && pid != pcr_pid) {
    asp_ts_packet_write_pcr (new_packet (m), pcr_pid, (m->cc[pcr_pid] - 1u) & 0x0f, pcr);
    m->last_pcr27m = now;
    m->packet++;
    return TRUE;
  }
  if (pid < 0) {
    if (spec->nulls)
      asp_ts_packet_write_null (new_packet (m));
    m->packet++;
    return m->next_pes < m->pes->len;
  }
  if (pid == pcr_pid && since >= (m->sent[pid] == 0 ? step / 2 : step))
    m->last_pcr27m = now;
  else
    pcr = (guint64) ASP_NO_TIME;
  write_media (m, (guint16) pid, (gint64) pcr);
  return TRUE;
}

static gint
by_due (gconstpointer a, gconstpointer b)
{
  const Pes *x = *(Pes * const *) a, *y = *(Pes * const *) b;

  if (x->due_90k != y->due_90k)
    return x->due_90k < y->due_90k ? -1 : 1;
  return x->pid < y->pid ? -1 : x->pid > y->pid;
}

GByteArray *
splice_media_make (const SpliceMediaSpec * spec)
{
  Mux *m = g_new0 (Mux, 1);
  GByteArray *out = g_byte_array_new ();
  gint64 first;

  g_assert_true (spec->bframes == 0 || spec->gop % 3 == 1);
  g_assert_cmpuint (spec->audio_tracks, <=, SPLICE_AUDIO_MAX);
  m->spec = spec;
  m->pes = g_ptr_array_new_with_free_func (pes_free);
  m->out = out;
  add_video (m);
  for (guint i = 0; i < spec->audio_tracks; i++)
    add_audio (m, i);
  g_ptr_array_sort (m->pes, by_due);
  first = m->pes->len > 0 ? ((Pes *) g_ptr_array_index (m->pes, 0))->due_90k : spec->first_pts90k;
  m->start_pcr27m = (first - spec->lead_90k) * 300;
  m->last_psi_27m = m->last_pcr27m = m->start_pcr27m - ASP_SECOND_27M * 3600;
  while (mux_step (m));
  g_ptr_array_unref (m->pes);
  g_free (m);
  return out;
}

/* --- reading back --------------------------------------------------------------- */

typedef struct
{
  SpliceContent *content;
  GByteArray *pes[1 + SPLICE_AUDIO_MAX];
  gint64 pcr_90k[1 + SPLICE_AUDIO_MAX]; /* when the last packet of the open PES came */
  gint64 reference_90k;
  guint last_packet[1 + SPLICE_AUDIO_MAX];
  gint64 lead_90k;              /* of the PES that is being read */
} Reader;

static void
read_picture (Reader * r, const guint8 * es, gsize size, gint64 pts90k, gint64 dts90k)
{
  SpliceUnit u = { 0, 0, pts90k, dts90k, r->last_packet[0], r->lead_90k };
  guint tail_source, tail_index;

  for (gsize i = 0; i + 6 < size; i++) {
    if (es[i] != 0 || es[i + 1] != 0 || es[i + 2] != 1 || (es[i + 3] != 0x65 && es[i + 3] != 0x41 && es[i + 3] != 0x01))
      continue;
    if (!get_number (es + i + 6, size - i - 6, &u.source, &u.index) || size < 5 ||
        !get_number (es + size - 5, 5, &tail_source, &tail_index) || tail_source != u.source || tail_index != u.index)
      break;
    g_array_append_val (r->content->video, u);
    return;
  }
  r->content->broken++;
}

static void
read_frames (Reader * r, guint track, const guint8 * es, gsize size, gint64 pts90k)
{
  gsize pos = 0;

  while (pos < size) {
    SpliceUnit u = { 0, 0, pts90k, pts90k, r->last_packet[1 + track], r->lead_90k };
    guint tail_source, tail_index;
    gsize n;

    if (size - pos < 17 || es[pos] != 0xff || es[pos + 1] != 0xf1) {
      r->content->broken++;
      return;
    }
    n = ((es[pos + 3] & 3u) << 11) | (es[pos + 4] << 3) | (es[pos + 5] >> 5);
    if (n < 17 || n > size - pos || !get_number (es + pos + 7, n - 7, &u.source, &u.index) ||
        !get_number (es + pos + n - 5, 5, &tail_source, &tail_index) || tail_source != u.source ||
        tail_index != u.index) {
      r->content->broken++;
      return;
    }
    g_array_append_val (r->content->audio[track], u);
    pos += n;
    pts90k += SPLICE_AUDIO_FRAME_90K;
  }
}

static void
end_pes (Reader * r, guint index)
{
  GByteArray *pes = r->pes[index];
  AspPesHeader h;

  if (pes->len == 0)
    return;
  if (asp_pes_parse (pes->data, pes->len, &h) != ASP_PES_OK) {
    r->content->broken++;
  } else if (h.pts90k == ASP_NO_TIME && index == 0) {
    r->content->second_fields++;
  } else if (h.pts90k == ASP_NO_TIME) {
    r->content->broken++;
  } else {
    gint64 dts = asp_pts_unwrap (r->reference_90k, (guint64) h.dts90k);
    gint64 pts = asp_pts_unwrap (dts, (guint64) h.pts90k);

    r->reference_90k = dts;
    r->lead_90k = r->pcr_90k[index] == ASP_NO_TIME ? G_MAXINT64 :
        asp_pts_diff ((guint64) h.dts90k, (guint64) r->pcr_90k[index] & ASP_PTS_MASK);
    r->content->least_lead_90k = MIN (r->content->least_lead_90k, r->lead_90k);
    if (index == 0)
      read_picture (r, pes->data + h.header_size, pes->len - h.header_size, pts, dts);
    else
      read_frames (r, index - 1, pes->data + h.header_size, pes->len - h.header_size, pts);
  }
  g_byte_array_set_size (pes, 0);
}

static void
read_packet (Reader * r, const guint8 * p, guint16 video_pid, guint16 audio_pid, gint last_cc[], gint64 * last_pcr27m)
{
  SpliceContent *c = r->content;
  AspTsPacket view;
  gint index;

  c->n_packets++;
  if (!asp_ts_packet_parse (p, &view)) {
    c->broken++;
    return;
  }
  if (view.has_pcr) {
    gint64 pcr = asp_pcr_unwrap (*last_pcr27m, view.pcr27m);

    if (c->n_pcr++ > 0) {
      c->pcr_backwards += pcr <= *last_pcr27m;
      c->pcr_gap_max_27m = MAX (c->pcr_gap_max_27m, pcr - *last_pcr27m);
    }
    *last_pcr27m = pcr;
  }
  if (view.pid == ASP_PID_NULL) {
    c->n_null++;
    return;
  }
  if (last_cc[view.pid] >= 0 &&
      view.cc != ((last_cc[view.pid] + (asp_ts_has_payload (p) ? 1 : 0)) & 0x0f))
    c->cc_errors++;
  last_cc[view.pid] = view.cc;
  index = view.pid == video_pid ? 0 : (gint) view.pid - audio_pid + 1;
  if (index < 0 || index > SPLICE_AUDIO_MAX || (view.pid != video_pid && index == 0) ||
      view.payload_offset >= ASP_TS_SIZE)
    return;
  if (view.pusi)
    end_pes (r, (guint) index);
  g_byte_array_append (r->pes[index], p + view.payload_offset, ASP_TS_SIZE - view.payload_offset);
  r->last_packet[index] = c->n_packets - 1;
  r->pcr_90k[index] = *last_pcr27m == ASP_NO_TIME ? ASP_NO_TIME : *last_pcr27m / 300;
}

SpliceContent *
splice_content_read (const guint8 * data, gsize size, guint16 video_pid, guint16 audio_pid)
{
  Reader r = { g_new0 (SpliceContent, 1), {NULL}, {0}, ASP_NO_TIME, {0}, 0 };
  gint *last_cc = g_new (gint, ASP_PID_COUNT);
  gint64 last_pcr27m = ASP_NO_TIME;

  memset (last_cc, 0xff, ASP_PID_COUNT * sizeof *last_cc);
  r.content->least_lead_90k = G_MAXINT64;
  r.content->video = g_array_new (FALSE, FALSE, sizeof (SpliceUnit));
  for (guint i = 0; i < SPLICE_AUDIO_MAX; i++)
    r.content->audio[i] = g_array_new (FALSE, FALSE, sizeof (SpliceUnit));
  for (guint i = 0; i <= SPLICE_AUDIO_MAX; i++)
    r.pes[i] = g_byte_array_new ();
  for (gsize at = 0; size - at >= ASP_TS_SIZE; at += ASP_TS_SIZE)
    read_packet (&r, data + at, video_pid, audio_pid, last_cc, &last_pcr27m);
  for (guint i = 0; i <= SPLICE_AUDIO_MAX; i++) {
    end_pes (&r, i);
    g_byte_array_unref (r.pes[i]);
  }
  g_free (last_cc);
  return r.content;
}

void
splice_content_free (SpliceContent * content)
{
  if (!content)
    return;
  g_array_unref (content->video);
  for (guint i = 0; i < SPLICE_AUDIO_MAX; i++)
    g_array_unref (content->audio[i]);
  g_free (content);
}

static gint
by_pts_order (gconstpointer a, gconstpointer b)
{
  const SpliceUnit *x = a, *y = b;

  return x->pts90k < y->pts90k ? -1 : x->pts90k > y->pts90k;
}

gchar *
splice_units_runs (const GArray * units, gboolean by_pts)
{
  GString *text = g_string_new (NULL);
  SpliceUnit *u = g_memdup2 (units->data, units->len * sizeof *u);

  if (by_pts && units->len > 0)
    qsort (u, units->len, sizeof *u, by_pts_order);
  for (guint i = 0; i < units->len;) {
    guint from = i;

    while (++i < units->len && u[i].source == u[from].source && u[i].index == u[i - 1].index + 1);
    g_string_append_printf (text, "%s%u:%u-%u", text->len ? " " : "", u[from].source, u[from].index, u[i - 1].index);
  }
  g_free (u);
  return g_string_free (text, FALSE);
}
