/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ts-media.h"

#include <string.h>

#include <asp-crc.h>
#include <asp-ts-packet.h>
#include <asp-ts-pes.h>

#include "ts-media-es.h"

#define PSI_INTERVAL_90K 9000
#define DATA_INTERVAL_90K 18000
#define EIT_INTERVAL_90K 45000
#define AUDIO_LEAD_90K 18000
#define SPREAD_27M (MEDIA_FRAME_90K * 300)      /* the packets of a picture take its time */

typedef struct
{
  gint64 at_27m;                /* when it should leave */
  guint order;                  /* among those of the same time */
  guint8 data[ASP_TS_SIZE];
} Packet;

typedef struct
{
  const MediaSpec *spec;
  GArray *packets;
  guint8 cc[ASP_PID_COUNT];
} Mux;

MediaSpec
media_network (void)
{
  MediaSpec spec = { 0 };

  spec.source = 1;
  spec.frames = 300;
  spec.gop = 25;
  spec.bframes = 2;
  spec.picture_bytes = 500;
  spec.n_audio = 1;
  /* sound begins before the picture and on no multiple of anything */
  spec.audio_offset_90k = -1100;
  spec.units_per_pes = 4;
  spec.first_pts90k = 10 * ASP_SECOND_90K;
  spec.lead_90k = 45000;
  return spec;
}

MediaSpec
media_creative (guint source, guint frames)
{
  MediaSpec spec = media_network ();

  spec.source = source;
  spec.frames = frames;
  spec.picture_bytes = 350;
  spec.audio_offset_90k = -1920;
  spec.units_per_pes = 3;
  spec.first_pts90k = 18000 * ASP_SECOND_90K;
  spec.lead_90k = 20000;
  return spec;
}

/* --- packets ---------------------------------------------------------------------- */

static Packet *
add_packet (Mux * m, gint64 at_27m)
{
  Packet p = { at_27m, m->packets->len, {0} };

  g_array_append_val (m->packets, p);
  return &g_array_index (m->packets, Packet, m->packets->len - 1);
}

/* One PES (or what goes like one), evenly over @span_27m. */
static void
add_payload (Mux * m, guint pid, const GByteArray * bytes, gint64 at_27m, gint64 span_27m,
    gboolean random_access, gboolean with_pcr)
{
  guint n = bytes->len / ASP_TS_PAYLOAD_MAX + 1, i = 0;

  for (gsize pos = 0; pos < bytes->len; i++) {
    Packet *p = add_packet (m, at_27m + span_27m * MIN (i, n - 1) / n);
    /* the value is written when the packet has its place */
    gint64 pcr = pos == 0 && with_pcr ? 0 : ASP_NO_TIME;

    pos += asp_ts_packet_write_payload (p->data, pid, m->cc[pid], pos == 0, pos == 0 && random_access, pcr,
        bytes->data + pos, bytes->len - pos, ASP_TS_PAYLOAD_MAX);
    m->cc[pid] = (m->cc[pid] + 1) & 0x0f;
    if (m->spec->scrambled && pid >= MEDIA_VIDEO_PID && pid < MEDIA_DATA_PID)
      p->data[3] |= 0x80;
  }
}

static void
add_spread_section (Mux * m, guint pid, const GByteArray * section, gint64 at_27m, gint64 spread_27m)
{
  for (gsize pos = 0; pos < section->len;) {
    Packet *p = add_packet (m, at_27m);
    guint head = pos == 0 ? 5 : 4;
    gsize n = MIN (section->len - pos, ASP_TS_SIZE - head);

    memset (p->data, 0xff, sizeof p->data);
    p->data[0] = ASP_TS_SYNC;
    p->data[1] = (guint8) ((pos == 0 ? 0x40 : 0) | pid >> 8);
    p->data[2] = (guint8) pid;
    p->data[3] = 0x10 | m->cc[pid];
    if (pos == 0)
      p->data[4] = 0;           /* pointer_field */
    memcpy (p->data + head, section->data + pos, n);
    m->cc[pid] = (m->cc[pid] + 1) & 0x0f;
    pos += n;
    at_27m += spread_27m;
  }
}

static void
add_section (Mux * m, guint pid, const GByteArray * section, gint64 at_27m)
{
  add_spread_section (m, pid, section, at_27m, 0);
}

/* --- tables ----------------------------------------------------------------------- */

/* section_length and CRC_32 of what was begun. */
static void
close_section (GByteArray * s)
{
  guint length = s->len - 3 + 4;
  guint32 crc;

  s->data[1] = (guint8) ((s->data[1] & 0xf0) | length >> 8);
  s->data[2] = (guint8) length;
  crc = GUINT32_TO_BE (asp_crc32_mpeg (s->data, s->len));
  g_byte_array_append (s, (const guint8 *) &crc, sizeof crc);
}

static GByteArray *
make_pat (const MediaSpec * spec)
{
  static const guint8 second[] = { 0x00, 0x02, 0xe0 | MEDIA_SECOND_PMT_PID >> 8, MEDIA_SECOND_PMT_PID & 0xff };
  static const guint8 pat[] = { 0x00, 0xb0, 0, 0x00, 0x01, 0xc1, 0, 0, 0x00, 0x01,
    0xe0 | MEDIA_PMT_PID >> 8, MEDIA_PMT_PID & 0xff
  };
  GByteArray *s = g_byte_array_new ();

  g_byte_array_append (s, pat, sizeof pat);
  if (spec->second_programme)
    g_byte_array_append (s, second, sizeof second);
  close_section (s);
  return s;
}

static void
add_stream (GByteArray * s, guint stream_type, guint pid, const gchar * language)
{
  guint8 entry[11] = { (guint8) stream_type, (guint8) (0xe0 | pid >> 8), (guint8) pid, 0xf0, 0 };
  guint n = 5;

  if (language) {
    entry[4] = 6;
    entry[5] = 0x0a;            /* ISO_639_language_descriptor */
    entry[6] = 4;
    memcpy (entry + 7, language, 3);
    entry[10] = 0;
    n = 11;
  }
  g_byte_array_append (s, entry, n);
}

static guint
pcr_pid_of (const MediaSpec * spec)
{
  if (spec->own_pcr_pid)
    return MEDIA_PCR_PID;
  return spec->video == MEDIA_VIDEO_NONE ? MEDIA_AUDIO_PID : MEDIA_VIDEO_PID;
}

static void
add_padding (GByteArray * s, guint size)
{
  guint at = s->len;

  g_byte_array_set_size (s, at + size);
  memset (s->data + at, 0x55, size);
  s->data[at] = 0x80;
  s->data[at + 1] = (guint8) (size - 2);
}

static GByteArray *
make_second_pmt (void)
{
  static const guint8 head[] = { 0x02, 0xb0, 0, 0x00, 0x02, 0xc1, 0, 0,
    0xe0 | MEDIA_SECOND_PID >> 8, MEDIA_SECOND_PID & 0xff, 0xf0, 0
  };
  GByteArray *s = g_byte_array_new ();

  g_byte_array_append (s, head, sizeof head);
  add_stream (s, 0x06, MEDIA_SECOND_PID, NULL);
  close_section (s);
  return s;
}

static GByteArray *
make_pmt (const MediaSpec * spec, gboolean changed)
{
  static const gchar *const languages[MEDIA_TRACKS_MAX] = { "eng", "deu" };
  static const guint8 cuei[] = { 0x05, 4, 'C', 'U', 'E', 'I' };
  guint pcr_pid = pcr_pid_of (spec);
  guint8 head[] = { 0x02, 0xb0, 0, 0x00, 0x01, changed ? 0xc3 : 0xc1, 0, 0,
    (guint8) (0xe0 | pcr_pid >> 8), (guint8) pcr_pid,
    0xf0, (guint8) ((spec->cue_pid ? sizeof cuei : 0) + spec->pmt_padding)
  };
  GByteArray *s = g_byte_array_new ();

  g_byte_array_append (s, head, sizeof head);
  if (spec->cue_pid)
    g_byte_array_append (s, cuei, sizeof cuei);
  if (spec->pmt_padding > 0)
    add_padding (s, spec->pmt_padding);
  if (spec->video != MEDIA_VIDEO_NONE)
    add_stream (s, spec->video == MEDIA_VIDEO_H264 ? 0x1b : 0x02, MEDIA_VIDEO_PID, NULL);
  for (guint i = 0; i < spec->n_audio; i++)
    add_stream (s, spec->audio == MEDIA_AUDIO_AAC ? 0x0f : 0x03, MEDIA_AUDIO_PID + i,
        languages[spec->languages_swapped ? MEDIA_TRACKS_MAX - 1 - i : i]);
  add_stream (s, 0x06, MEDIA_DATA_PID, NULL);
  if (changed)
    add_stream (s, 0x06, MEDIA_NEW_PID, NULL);
  if (spec->cue_pid)
    add_stream (s, 0x86, MEDIA_CUE_PID, NULL);
  close_section (s);
  return s;
}

static gint64
first_time_90k (const MediaSpec * spec)
{
  return spec->first_pts90k - spec->lead_90k - 2 * MEDIA_FRAME_90K;
}

static gint64
last_time_90k (const MediaSpec * spec)
{
  return spec->first_pts90k - spec->lead_90k + (gint64) spec->frames * MEDIA_FRAME_90K;
}

static void
add_tables (Mux * m)
{
  g_autoptr (GByteArray) pat = make_pat (m->spec);
  g_autoptr (GByteArray) pmt = make_pmt (m->spec, FALSE);
  g_autoptr (GByteArray) other = make_pmt (m->spec, TRUE);
  g_autoptr (GByteArray) second = make_second_pmt ();
  gint64 change = m->spec->pmt_change_90k > 0 ? m->spec->first_pts90k + m->spec->pmt_change_90k : G_MAXINT64;

  for (gint64 t = first_time_90k (m->spec); t < last_time_90k (m->spec); t += PSI_INTERVAL_90K) {
    add_section (m, ASP_PID_PAT, pat, t * 300);
    add_section (m, MEDIA_PMT_PID, t < change ? pmt : other, t * 300);
    if (m->spec->second_programme)
      add_section (m, MEDIA_SECOND_PMT_PID, second, t * 300);
  }
}

/* What a break must not touch: data of the programme, and of the multiplex. */
static void
add_others (Mux * m)
{
  for (gint64 t = first_time_90k (m->spec); t < last_time_90k (m->spec); t += DATA_INTERVAL_90K) {
    g_autoptr (GByteArray) data = media_pes_of_data (m->spec, t);

    add_payload (m, MEDIA_DATA_PID, data, t * 300 + 5000, 0, FALSE, FALSE);
  }
  for (gint64 t = first_time_90k (m->spec); t < last_time_90k (m->spec); t += EIT_INTERVAL_90K) {
    g_autoptr (GByteArray) data = media_pes_of_data (m->spec, t);

    add_payload (m, MEDIA_EIT_PID, data, t * 300 + 7000, 0, FALSE, FALSE);
  }
}

/* --- media ------------------------------------------------------------------------ */

static GByteArray *
make_pes (guint8 stream_id, gboolean bounded, gint64 pts90k, gint64 dts90k, const GByteArray * es)
{
  GByteArray *pes = g_byte_array_sized_new (es->len + ASP_PES_HEADER_MAX);
  guint8 header[ASP_PES_HEADER_MAX];
  gsize size = asp_pes_write_header (header, stream_id, bounded ? es->len : G_MAXUINT32, pts90k, dts90k);

  g_byte_array_append (pes, header, (guint) size);
  g_byte_array_append (pes, es->data, es->len);
  return pes;
}

static void
add_video (Mux * m)
{
  const MediaSpec *spec = m->spec;
  gint64 reorder = spec->bframes > 0 ? MEDIA_FRAME_90K : 0;

  for (guint d = 0; d < spec->frames; d++) {
    guint number = media_display_of_decode (spec, d);
    gint64 pts = spec->first_pts90k + (gint64) number * MEDIA_FRAME_90K;
    gint64 dts = spec->first_pts90k - reorder + (gint64) d * MEDIA_FRAME_90K;
    g_autoptr (GByteArray) es = media_picture (spec, number);
    g_autoptr (GByteArray) pes = make_pes (0xe0, FALSE, pts, dts, es);

    if (spec->own_pcr_pid)
      asp_ts_packet_write_pcr (add_packet (m, (dts - spec->lead_90k) * 300 - 1)->data, MEDIA_PCR_PID, 0, 0);
    add_payload (m, MEDIA_VIDEO_PID, pes, (dts - spec->lead_90k) * 300, SPREAD_27M,
        media_is_rap (spec, number), !spec->own_pcr_pid);
  }
}

static void
add_audio (Mux * m, guint track)
{
  const MediaSpec *spec = m->spec;
  gint64 unit = media_unit_90k (spec->audio);
  /* up to the end of the pictures, as an encoder does that is given both */
  gint64 span = (gint64) spec->frames * MEDIA_FRAME_90K - spec->audio_offset_90k;
  guint units = (guint) ((span + unit - 1) / unit), number = 0;

  while (number < units) {
    gint64 pts = spec->first_pts90k + spec->audio_offset_90k + (gint64) number * unit;
    g_autoptr (GByteArray) es = g_byte_array_new ();
    g_autoptr (GByteArray) pes = NULL;

    for (guint i = 0; i < spec->units_per_pes && number < units; i++) {
      g_autoptr (GByteArray) au = media_sound (spec, track, number++);

      g_byte_array_append (es, au->data, au->len);
    }
    pes = make_pes ((guint8) (0xc0 + track), TRUE, pts, ASP_NO_TIME, es);
    add_payload (m, MEDIA_AUDIO_PID + track, pes, (pts - AUDIO_LEAD_90K) * 300 + 1000 * track,
        unit * 300 * spec->units_per_pes / 2, TRUE, spec->video == MEDIA_VIDEO_NONE);
  }
}

static void
add_cues (Mux * m)
{
  const MediaSpec *spec = m->spec;

  for (guint i = 0; i < spec->n_cues; i++) {
    g_autoptr (GByteArray) section = g_byte_array_new ();

    g_byte_array_append (section, spec->cues[i].data, (guint) spec->cues[i].size);
    add_spread_section (m, spec->cues[i].pid, section,
        (spec->first_pts90k + spec->cues[i].at_90k - spec->lead_90k) * 300 - 1, 0);
  }
}

static void
add_cue (Mux * m)
{
  g_autoptr (GByteArray) section = g_byte_array_new ();

  if (!m->spec->cue)
    return;
  g_byte_array_append (section, m->spec->cue, (guint) m->spec->cue_size);
  for (gint64 t = m->spec->first_pts90k + m->spec->cue_at_90k; t < last_time_90k (m->spec);
      t += m->spec->cue_every_90k) {
    add_spread_section (m, MEDIA_CUE_PID, section, t * 300, m->spec->cue_spread_90k * 300);
    if (m->spec->cue_every_90k == 0)
      break;
  }
}

/* --- multiplex -------------------------------------------------------------------- */

static gint
compare_packets (gconstpointer a, gconstpointer b)
{
  const Packet *x = a, *y = b;

  if (x->at_27m != y->at_27m)
    return x->at_27m < y->at_27m ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

static void
append_packet (GByteArray * out, Packet * p, gint64 now_27m)
{
  if (asp_ts_packet_pcr (p->data) != ASP_NO_TIME) {
    guint64 pcr = asp_pcr_wrap (now_27m), base = pcr / 300, extension = pcr % 300;

    p->data[6] = (guint8) (base >> 25);
    p->data[7] = (guint8) (base >> 17);
    p->data[8] = (guint8) (base >> 9);
    p->data[9] = (guint8) (base >> 1);
    p->data[10] = (guint8) (base << 7 | 0x7e | extension >> 8);
    p->data[11] = (guint8) extension;
  }
  g_byte_array_append (out, p->data, sizeof p->data);
}

/* Each packet in the first slot of its time, null packets where there is none. */
static void
write_constant (const Mux * m, GByteArray * out)
{
  gdouble slot_27m = 27e6 * ASP_TS_SIZE * 8 / (gdouble) m->spec->muxrate;
  gint64 begin = g_array_index (m->packets, Packet, 0).at_27m;
  guint next = 0;

  for (guint64 slot = 0; next < m->packets->len; slot++) {
    Packet *p = &g_array_index (m->packets, Packet, next);
    gint64 now = begin + (gint64) ((gdouble) slot * slot_27m);
    guint8 null[ASP_TS_SIZE];

    if (p->at_27m <= now) {
      append_packet (out, p, now);
      next++;
    } else {
      asp_ts_packet_write_null (null);
      g_byte_array_append (out, null, sizeof null);
    }
  }
}

GByteArray *
media_make (const MediaSpec * spec)
{
  GByteArray *out = g_byte_array_new ();
  Mux *m = g_new0 (Mux, 1);

  m->spec = spec;
  m->packets = g_array_new (FALSE, FALSE, sizeof (Packet));
  add_tables (m);
  add_others (m);
  add_cue (m);
  add_cues (m);
  if (spec->video != MEDIA_VIDEO_NONE)
    add_video (m);
  for (guint i = 0; i < spec->n_audio; i++)
    add_audio (m, i);
  g_array_sort (m->packets, compare_packets);
  if (spec->muxrate > 0) {
    write_constant (m, out);
  } else {
    for (guint i = 0; i < m->packets->len; i++) {
      Packet *p = &g_array_index (m->packets, Packet, i);

      append_packet (out, p, p->at_27m);
    }
  }
  g_array_unref (m->packets);
  g_free (m);
  return out;
}

GByteArray *
media_make_network (void)
{
  MediaSpec spec = media_network ();

  return media_make (&spec);
}

GByteArray *
media_make_creative (guint source, guint frames)
{
  MediaSpec spec = media_creative (source, frames);

  return media_make (&spec);
}

/* SCTE 35, 9.7.3: out of the network, all components, with a duration. */
GByteArray *
media_splice_insert (guint32 event_id, guint64 pts90k, guint64 duration_90k)
{
  guint64 pts = pts90k & ASP_PTS_MASK, duration = duration_90k & ASP_PTS_MASK;
  const guint8 bytes[] = { 0xfc, 0x30, 0, 0x00, 0, 0, 0, 0, 0, 0x00, 0xff, 0xf0, 0x14, 0x05,
    (guint8) (event_id >> 24), (guint8) (event_id >> 16), (guint8) (event_id >> 8), (guint8) event_id, 0x7f,
    0xef,                       /* out of network, whole programme, duration, not immediate */
    (guint8) (0xfe | pts >> 32), (guint8) (pts >> 24), (guint8) (pts >> 16), (guint8) (pts >> 8), (guint8) pts,
    (guint8) (0xfe | duration >> 32), (guint8) (duration >> 24), (guint8) (duration >> 16),
    (guint8) (duration >> 8), (guint8) duration, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00
  };
  GByteArray *s = g_byte_array_new ();

  g_byte_array_append (s, bytes, sizeof bytes);
  close_section (s);
  return s;
}

/* --- what goes wrong on the way --------------------------------------------------- */

GByteArray *
media_to_204 (const GByteArray * ts)
{
  GByteArray *out = g_byte_array_new ();
  guint8 parity[16];

  memset (parity, 0xa5, sizeof parity);
  for (guint at = 0; at + ASP_TS_SIZE <= ts->len; at += ASP_TS_SIZE) {
    g_byte_array_append (out, ts->data + at, ASP_TS_SIZE);
    g_byte_array_append (out, parity, sizeof parity);
  }
  return out;
}

void
media_insert_garbage (GByteArray * ts, gsize index, gsize n)
{
  g_autofree guint8 *tail = NULL;
  gsize at = (index + 1) * ASP_TS_SIZE, size = ts->len - at;
  g_autofree guint8 *garbage = g_malloc (n);

  g_assert_cmpuint (at, <=, ts->len);
  tail = g_memdup2 (ts->data + at, size);
  /* sync bytes among it, so that who looks for packets must look twice */
  for (gsize i = 0; i < n; i++)
    garbage[i] = i % 37 == 5 ? ASP_TS_SYNC : (guint8) (0x80 + i % 100);
  g_byte_array_set_size (ts, (guint) at);
  g_byte_array_append (ts, garbage, (guint) n);
  g_byte_array_append (ts, tail, (guint) size);
}

void
media_lose_packet (GByteArray * ts, guint pid, gsize from)
{
  for (gsize at = from * ASP_TS_SIZE; at + ASP_TS_SIZE <= ts->len; at += ASP_TS_SIZE) {
    if (asp_ts_pid (ts->data + at) != pid || !asp_ts_has_payload (ts->data + at) || asp_ts_pusi (ts->data + at))
      continue;
    g_byte_array_remove_range (ts, (guint) at, ASP_TS_SIZE);
    return;
  }
  g_assert_not_reached ();
}
