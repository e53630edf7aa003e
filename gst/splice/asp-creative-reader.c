/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-creative.h"

#include <string.h>

#include <asp-es-audio.h>
#include <asp-ts-packet.h>
#include <asp-ts-pes.h>

#define PES_BYTES_MAX (8u << 20)        /* an access unit that is larger is not one */
#define SYNC_SEARCH_MAX (64u << 10)     /* bytes without a packet after which it is no TS */
#define SYNC_MATCHES 4
#define SYNC_WINDOW (SYNC_MATCHES * 204 + 1)     /* bytes that it takes to be sure */
#define STREAM_NONE 0xff

typedef struct
{
  AspCodec codec;
  gint last_cc;
  GByteArray *pes;              /* the open PES with its header; empty = none open */
  gboolean pes_random_access;
  GByteArray *es;               /* audio: an unfinished frame */
  AspLatmState latm;
  gint64 base_pts90k;           /* audio: PTS of the PES that set the clock, and samples since */
  guint64 samples;
  guint64 pes_serial;
  gint64 last_pts90k;
  AspAu *open;                  /* video: may yet get a second field without PTS */
  GQueue fresh;
} Stream;

struct _AspCreativeReader
{
  AspCreative *creative;
  guint8 carry[ASP_TS_SIZE];
  guint carried;
  gsize bytes, unsynced;
  gboolean synced;
  GByteArray *gathered;         /* bytes in which no packet has been found yet */
  AspSectionAssembler psi[2];   /* PAT, PMT */
  gint pmt_pid;
  gboolean have_pmt;
  guint8 stream_of_pid[ASP_PID_COUNT];
  Stream streams[1 + ASP_CREATIVE_TRACKS_MAX];  /* 0 = video */
  guint n_streams;
  gint64 reference_90k;         /* for unwrapping */
  gboolean other_video;         /* a video stream is there, of a codec that is not spliced */
  guint scrambled_packets;

  /* the entry: RAP and the leading pictures that go with it */
  gboolean entered, entry_open;
  AspPictureKind entry_kind;
  gint64 entry_pts90k, first_pts90k, first_dts90k, last_parsed_pts90k, probe_start_90k;
  GQueue entry_units;
  guint leading_kept;

  AspCreativeState state;
  const gchar *reason;
  gchar *detail;
  gboolean eos, broken;
  AspVideoParams params;
  AspCreativeTrack facts[1 + ASP_CREATIVE_TRACKS_MAX];
};

static void
refuse (AspCreativeReader * r, const gchar * reason, gchar * detail)
{
  if (r->state != ASP_CREATIVE_PROBING) {
    g_free (detail);
    return;
  }
  r->state = ASP_CREATIVE_REFUSED;
  r->reason = reason;
  r->detail = detail;
}

AspCreativeReader *
asp_creative_reader_new (AspCreative * creative)
{
  AspCreativeReader *r = g_new0 (AspCreativeReader, 1);

  r->creative = asp_creative_ref (creative);
  r->gathered = g_byte_array_new ();
  asp_section_assembler_init (&r->psi[0]);
  asp_section_assembler_init (&r->psi[1]);
  r->pmt_pid = -1;
  memset (r->stream_of_pid, STREAM_NONE, sizeof r->stream_of_pid);
  r->reference_90k = r->last_parsed_pts90k = r->probe_start_90k = ASP_NO_TIME;
  r->first_pts90k = r->first_dts90k = ASP_NO_TIME;
  g_queue_init (&r->entry_units);
  return r;
}

void
asp_creative_reader_free (AspCreativeReader * r)
{
  if (!r)
    return;
  for (guint i = 0; i < r->n_streams; i++) {
    Stream *s = &r->streams[i];

    g_byte_array_unref (s->pes);
    g_byte_array_unref (s->es);
    asp_au_unref (s->open);
    g_queue_clear_full (&s->fresh, (GDestroyNotify) asp_au_unref);
  }
  g_queue_clear_full (&r->entry_units, (GDestroyNotify) asp_au_unref);
  g_byte_array_unref (r->gathered);
  asp_creative_unref (r->creative);
  g_free (r->detail);
  g_free (r);
}

/* --- programme ------------------------------------------------------------------ */

static void
on_pat (const guint8 * section, gsize size, gpointer user_data)
{
  AspCreativeReader *r = user_data;
  AspPat pat;

  if (r->pmt_pid < 0 && asp_pat_parse (section, size, &pat) && pat.n_programs > 0)
    r->pmt_pid = pat.programs[0].pmt_pid;
}

static void
add_stream (AspCreativeReader * r, guint index, const AspPmtStream * from)
{
  Stream *s = &r->streams[index];

  memset (s, 0, sizeof *s);
  s->codec = from->codec;
  s->last_cc = -1;
  s->pes = g_byte_array_new ();
  s->es = g_byte_array_new ();
  s->base_pts90k = s->last_pts90k = ASP_NO_TIME;
  g_queue_init (&s->fresh);
  r->facts[index].codec = from->codec;
  r->facts[index].pid = from->pid;
  memcpy (r->facts[index].language, from->language, sizeof from->language);
  if (from->pid < ASP_PID_COUNT)
    r->stream_of_pid[from->pid] = (guint8) index;
}

static void
on_pmt (const guint8 * section, gsize size, gpointer user_data)
{
  AspCreativeReader *r = user_data;
  AspPmt pmt;
  const AspPmtStream *video = NULL;
  guint n = 1;

  if (r->have_pmt || !asp_pmt_parse (section, size, &pmt))
    return;
  for (guint i = 0; i < pmt.n_streams && !video; i++) {
    if (ASP_CODEC_IS_VIDEO (pmt.streams[i].codec))
      video = &pmt.streams[i];
    r->other_video |= pmt.streams[i].codec == ASP_CODEC_OTHER_VIDEO;
  }
  r->have_pmt = TRUE;
  if (!video) {
    if (r->other_video)
      refuse (r, "video-codec", g_strdup ("its video is of a codec that cannot be spliced; "
              "H.264, HEVC or MPEG-2 would be right"));
    else
      refuse (r, "audio-only", g_strdup ("it has no video stream"));
    return;
  }
  add_stream (r, 0, video);
  for (guint i = 0; i < pmt.n_streams && n <= ASP_CREATIVE_TRACKS_MAX; i++)
    if (ASP_CODEC_IS_AUDIO (pmt.streams[i].codec) &&
        r->stream_of_pid[pmt.streams[i].pid] == STREAM_NONE)
      add_stream (r, n++, &pmt.streams[i]);
  r->n_streams = n;
}

/* --- units ---------------------------------------------------------------------- */

static gint64
unwrap (AspCreativeReader * r, gint64 pts90k)
{
  gint64 t;

  if (pts90k == ASP_NO_TIME)
    return ASP_NO_TIME;
  /* one turn up, so that audio before the first video stays above zero */
  t = asp_pts_unwrap (r->reference_90k == ASP_NO_TIME ? (pts90k | ASP_PTS_MODULUS) : r->reference_90k,
      (guint64) pts90k);
  if (r->reference_90k == ASP_NO_TIME)
    r->reference_90k = t;
  return t;
}

static gboolean
all_audio_seen (const AspCreativeReader * r)
{
  for (guint i = 1; i < r->n_streams; i++)
    if (r->streams[i].last_pts90k == ASP_NO_TIME)
      return FALSE;
  return TRUE;
}

static void
check_ready (AspCreativeReader * r, gboolean limit)
{
  if (r->state == ASP_CREATIVE_PROBING && r->entered && !r->entry_open &&
      (limit || all_audio_seen (r)))
    r->state = ASP_CREATIVE_READY;
}

/* The leading pictures are complete: those that can be decoded stay, and the smallest
 * PTS among them is where the creative begins (DESIGN 6.8). */
static void
close_entry (AspCreativeReader * r)
{
  AspAu *rap = g_queue_peek_head (&r->entry_units);

  r->entry_open = FALSE;
  if (r->streams[0].codec == ASP_CODEC_HEVC && r->entry_kind == ASP_PICTURE_CRA)
    asp_es_hevc_cra_to_bla (rap->data, rap->size, r->leading_kept > 0);
  while (!g_queue_is_empty (&r->entry_units))
    g_queue_push_tail (&r->streams[0].fresh, g_queue_pop_head (&r->entry_units));
}

static void
enter (AspCreativeReader * r, AspAu * au, AspPictureKind kind)
{
  r->entered = TRUE;
  r->entry_kind = kind;
  r->entry_pts90k = r->first_pts90k = au->pts90k;
  r->first_dts90k = au->dts90k;
  r->entry_open = r->streams[0].codec != ASP_CODEC_H264;
  asp_es_video_params (r->streams[0].codec, au->data, au->size, &r->params);
  g_queue_push_tail (&r->entry_units, au);
  if (!r->entry_open)
    close_entry (r);
}

/* TRUE when @au was one of the leading pictures and has been dealt with. */
static gboolean
take_leading (AspCreativeReader * r, AspAu * au, AspPictureKind kind)
{
  if (au->pts90k >= r->entry_pts90k) {
    close_entry (r);
    return FALSE;
  }
  if (kind == ASP_PICTURE_RASL ||
      (r->streams[0].codec == ASP_CODEC_MPEG2 && r->entry_kind == ASP_PICTURE_OPEN_I)) {
    asp_au_unref (au);
    return TRUE;
  }
  r->first_pts90k = MIN (r->first_pts90k, au->pts90k);
  r->leading_kept++;
  g_queue_push_tail (&r->entry_units, au);
  return TRUE;
}

static void
video_unit (AspCreativeReader * r, AspAu * au)
{
  AspAuInfo info;

  asp_es_video_scan (r->streams[0].codec, au->data, au->size, &info);
  au->random_access = asp_picture_is_rap (info.kind);
  r->streams[0].last_pts90k = au->pts90k;
  if (!r->entered) {
    if (au->random_access)
      enter (r, au, info.kind);
    else
      asp_au_unref (au);
  } else if (!r->entry_open || !take_leading (r, au, info.kind)) {
    g_queue_push_tail (&r->streams[0].fresh, au);
  }
}

static void
flush_open_video (AspCreativeReader * r)
{
  AspAu *au = r->streams[0].open;

  r->streams[0].open = NULL;
  if (au)
    video_unit (r, au);
}

/* A second field, or the rest of a picture: it belongs to the one before. */
static void
join_open_video (Stream * s, const guint8 * es, gsize size)
{
  AspAu *joined;

  if (!s->open)
    return;
  joined = asp_au_new (NULL, s->open->size + size);
  memcpy (joined->data, s->open->data, s->open->size);
  memcpy (joined->data + s->open->size, es, size);
  joined->pts90k = s->open->pts90k;
  joined->dts90k = s->open->dts90k;
  joined->stream_id = s->open->stream_id;
  asp_au_unref (s->open);
  s->open = joined;
}

/* The picture takes the memory in which its PES was gathered. */
static void
video_pes (AspCreativeReader * r, const AspPesHeader * h, gsize size)
{
  Stream *s = &r->streams[0];
  gsize room = s->pes->len + s->pes->len / 4;
  AspAu *au;

  if (h->pts90k == ASP_NO_TIME) {
    join_open_video (s, s->pes->data + h->header_size, size);
    return;
  }
  flush_open_video (r);
  au = asp_au_new_take (g_byte_array_steal (s->pes, NULL), h->header_size, size);
  g_byte_array_set_size (s->pes, (guint) room);
  g_byte_array_set_size (s->pes, 0);
  au->dts90k = unwrap (r, h->dts90k);
  r->reference_90k = au->dts90k;
  au->pts90k = asp_pts_unwrap (au->dts90k, (guint64) h->pts90k);
  au->stream_id = h->stream_id;
  s->open = au;
}

static void
audio_unit (Stream * s, AspCreativeTrack * facts, const guint8 * data, gsize size,
    const AspAudioFrame * frame, guint8 stream_id)
{
  AspAu *au = asp_au_new (data, size);

  if (facts->sample_rate == 0) {
    facts->sample_rate = frame->sample_rate;
    facts->channels = frame->channels;
  }
  au->pts90k = au->dts90k = s->base_pts90k + asp_audio_samples_to_90k (s->samples, frame->sample_rate);
  au->duration_90k = asp_audio_samples_to_90k (s->samples + frame->samples, frame->sample_rate) -
      asp_audio_samples_to_90k (s->samples, frame->sample_rate);
  au->pes_serial = s->pes_serial;
  au->random_access = TRUE;
  au->stream_id = stream_id;
  s->samples += frame->samples;
  s->last_pts90k = au->pts90k;
  g_queue_push_tail (&s->fresh, au);
}

/* Bytes of the unit at @pos with the frames that belong to it (E-AC-3 dependent
 * substreams); 0 when it is not complete. */
static gsize
unit_size (Stream * s, const guint8 * data, gsize left, gsize size, gboolean last)
{
  AspAudioFrame next;
  AspLatmState latm = s->latm;

  while (s->codec == ASP_CODEC_EAC3) {
    AspAudioResult result = size < left ?
        asp_es_audio_frame (s->codec, data + size, left - size, &latm, &next) : ASP_AUDIO_NEED_MORE;

    if (result == ASP_AUDIO_NEED_MORE)
      return last && size <= left ? size : 0;
    if (result != ASP_AUDIO_OK || next.samples > 0)
      break;
    size += next.size;
  }
  return size <= left ? size : 0;
}

/* Takes whole units off s->es. Frames that start at or after @old bytes start in the
 * PES whose PTS is @pts90k. */
static void
audio_split (Stream * s, AspCreativeTrack * facts, gsize old, gint64 pts90k, guint8 stream_id, gboolean last)
{
  gsize pos = 0;

  while (pos < s->es->len) {
    AspAudioFrame frame;
    const guint8 *data = s->es->data + pos;
    gsize left = s->es->len - pos, size;
    AspAudioResult result = asp_es_audio_frame (s->codec, data, left, &s->latm, &frame);

    if (result == ASP_AUDIO_NEED_MORE)
      break;
    if (result == ASP_AUDIO_NO_SYNC) {
      gssize next = left > 1 ? asp_es_audio_find_sync (s->codec, data + 1, left - 1) : -1;

      pos = next < 0 ? s->es->len : pos + 1 + (gsize) next;
      continue;
    }
    size = unit_size (s, data, left, frame.size, last);
    if (size == 0)
      break;
    if (pos >= old && pts90k != ASP_NO_TIME) {
      s->base_pts90k = pts90k;
      s->samples = 0;
      pts90k = ASP_NO_TIME;
    }
    if (s->base_pts90k != ASP_NO_TIME && frame.samples > 0 && frame.sample_rate > 0)
      audio_unit (s, facts, data, size, &frame, stream_id);
    pos += size;
  }
  g_byte_array_remove_range (s->es, 0, (guint) pos);
}

static void
audio_pes (AspCreativeReader * r, guint index, const AspPesHeader * h, const guint8 * es, gsize size)
{
  Stream *s = &r->streams[index];
  gsize old = s->es->len;

  if (old == 0) {
    asp_es_audio_check_codec (&s->codec, es, size);
    r->facts[index].codec = s->codec;
  }
  g_byte_array_append (s->es, es, (guint) size);
  s->pes_serial++;
  audio_split (s, &r->facts[index], old, unwrap (r, h->pts90k), h->stream_id, FALSE);
}

static void
close_pes (AspCreativeReader * r, guint index)
{
  Stream *s = &r->streams[index];
  AspPesHeader h;

  if (s->pes->len == 0)
    return;
  if (asp_pes_parse (s->pes->data, s->pes->len, &h) == ASP_PES_OK) {
    gsize size = s->pes->len - h.header_size;

    if (h.packet_length > 0 && h.packet_length + 6u >= h.header_size)
      size = MIN (size, h.packet_length + 6u - h.header_size);
    if (h.scrambling)
      r->scrambled_packets += 100;
    else if (index == 0)
      video_pes (r, &h, size);
    else
      audio_pes (r, index, &h, s->pes->data + h.header_size, size);
  }
  g_byte_array_set_size (s->pes, 0);
}

/* TRUE when a bounded PES has all its bytes: it need not wait for the next one. */
static gboolean
pes_is_complete (const GByteArray * pes)
{
  guint length;

  if (pes->len < 6)
    return FALSE;
  length = (pes->data[4] << 8) | pes->data[5];
  return length > 0 && pes->len >= length + 6u;
}

/* --- packets -------------------------------------------------------------------- */

static void
stream_packet (AspCreativeReader * r, guint index, const guint8 * packet)
{
  Stream *s = &r->streams[index];
  AspTsPacket view;

  /* most packets are the middle of a PES: payload from end to end, in order */
  if ((packet[1] & 0x40) == 0 && (packet[3] & 0xf0) == 0x10 && index == 0 && s->pes->len > 0 &&
      s->pes->len < PES_BYTES_MAX && s->last_cc == ((packet[3] - 1) & 0x0f)) {
    s->last_cc = packet[3] & 0x0f;
    g_byte_array_append (s->pes, packet + 4, ASP_TS_PAYLOAD_MAX);
    return;
  }
  if (!asp_ts_packet_parse (packet, &view) || view.payload_offset >= ASP_TS_SIZE)
    return;
  if (view.scrambling) {
    r->scrambled_packets++;
    return;
  }
  if (s->last_cc == view.cc)
    return;                     /* sent twice: 2.4.3.3 */
  if (s->last_cc >= 0 && view.cc != ((s->last_cc + 1) & 0x0f) && !view.discontinuity)
    g_byte_array_set_size (s->pes, 0);  /* a unit with a hole is worse than none */
  s->last_cc = view.cc;
  if (view.pusi) {
    close_pes (r, index);
    s->pes_random_access = view.random_access;
  } else if (s->pes->len == 0) {
    return;
  }
  if (s->pes->len < PES_BYTES_MAX)
    g_byte_array_append (s->pes, packet + view.payload_offset, ASP_TS_SIZE - view.payload_offset);
  if (pes_is_complete (s->pes))
    close_pes (r, index);
}

static void
check_limits (AspCreativeReader * r)
{
  gint64 latest = r->reference_90k;
  gboolean over;

  if (r->state != ASP_CREATIVE_PROBING)
    return;
  if (r->scrambled_packets > 50) {
    refuse (r, "scrambled", g_strdup ("its packets are scrambled; it must be in the clear"));
    return;
  }
  if (r->probe_start_90k == ASP_NO_TIME)
    r->probe_start_90k = latest;
  over = r->bytes > ASP_CREATIVE_PROBE_BYTES ||
      (latest != ASP_NO_TIME && latest - r->probe_start_90k > ASP_CREATIVE_PROBE_90K);
  check_ready (r, over);
  if (over && !r->have_pmt)
    refuse (r, "no-programme", g_strdup ("it has no PAT and PMT in its first 2 s or 4 MiB"));
  else if (over && !r->entered)
    refuse (r, "no-idr", g_strdup ("it has no picture to start from (IDR with parameter sets) in its first 2 s"));
}

static void
packet (AspCreativeReader * r, const guint8 * p)
{
  guint pid = asp_ts_pid (p);

  if (p[1] & 0x80)
    return;
  if (pid == ASP_PID_PAT)
    asp_section_assembler_push (&r->psi[0], p, on_pat, r);
  else if ((gint) pid == r->pmt_pid)
    asp_section_assembler_push (&r->psi[1], p, on_pmt, r);
  else if (r->stream_of_pid[pid] != STREAM_NONE)
    stream_packet (r, r->stream_of_pid[pid], p);
  else if (!r->have_pmt && (p[3] & 0xc0))
    r->scrambled_packets++;
  check_limits (r);
}

/* 188 when packets follow each other at that distance from @data on, 204 or 192 for the other
 * two sizes of the field, 0 when nothing like a packet stands here. In noise a sync byte
 * stands everywhere: it takes SYNC_MATCHES of them, or with @last as many as there is room for. */
static guint
packet_distance (const guint8 * data, gsize size, gboolean last)
{
  static const guint distances[] = { ASP_TS_SIZE, 204, 192 };

  for (guint i = 0; i < G_N_ELEMENTS (distances); i++) {
    guint d = distances[i], n = 1;

    while (n <= SYNC_MATCHES && n * d < size && data[n * d] == ASP_TS_SYNC)
      n++;
    if (n > SYNC_MATCHES || (last && n > 1 && n * d >= size))
      return d;
  }
  return 0;
}

/* Looks for packets in what has gathered. FALSE: there are none yet; what cannot be the
 * beginning of one has been dropped. */
static gboolean
resync (AspCreativeReader * r, gboolean last)
{
  GByteArray *bytes = r->gathered;
  gsize at = 0, keep = last ? 0 : SYNC_WINDOW - 1;

  while (at + keep < bytes->len && !r->synced) {
    switch (packet_distance (bytes->data + at, bytes->data[at] == ASP_TS_SYNC ? bytes->len - at : 0, last)) {
      case ASP_TS_SIZE:
        r->synced = TRUE;
        break;
      case 0:
        at++;
        break;
      default:
        if (r->have_pmt) {
          at++;                 /* chance: its packets have been seen */
          break;
        }
        refuse (r, "packet-size", g_strdup ("its packets have 204 or 192 bytes; 188 would be right"));
        at = bytes->len;
        break;
    }
  }
  r->unsynced += at;
  g_byte_array_remove_range (bytes, 0, (guint) at);
  if (!r->synced && !r->have_pmt && r->unsynced > SYNC_SEARCH_MAX)
    refuse (r, "not-ts", g_strdup ("it is no MPEG transport stream"));
  return r->synced;
}

static gsize
take_carry (AspCreativeReader * r, const guint8 * data, gsize size)
{
  gsize n = MIN (ASP_TS_SIZE - r->carried, size);

  memcpy (r->carry + r->carried, data, n);
  r->carried += n;
  if (r->carried == ASP_TS_SIZE) {
    r->carried = 0;
    packet (r, r->carry);
  }
  return n;
}

/* Packets, as long as one follows the other. Returns: bytes taken */
static gsize
take_packets (AspCreativeReader * r, const guint8 * data, gsize size)
{
  gsize pos = 0;

  if (r->carried > 0)
    pos = take_carry (r, data, size);
  while (pos < size && r->state != ASP_CREATIVE_REFUSED) {
    if (data[pos] != ASP_TS_SYNC) {
      r->synced = FALSE;
      break;
    }
    if (size - pos < ASP_TS_SIZE) {
      memcpy (r->carry, data + pos, size - pos);
      r->carried = (guint) (size - pos);
      return size;
    }
    packet (r, data + pos);
    pos += ASP_TS_SIZE;
  }
  return pos;
}

static void
take_gathered (AspCreativeReader * r, gboolean last)
{
  while (r->gathered->len > 0 && r->state != ASP_CREATIVE_REFUSED && (r->synced || resync (r, last)))
    g_byte_array_remove_range (r->gathered, 0,
        (guint) take_packets (r, r->gathered->data, r->gathered->len));
}

void
asp_creative_reader_push (AspCreativeReader * r, const guint8 * data, gsize size)
{
  gsize taken = 0;

  r->bytes += size;
  if (r->state == ASP_CREATIVE_REFUSED)
    return;
  if (r->synced)
    taken = take_packets (r, data, size);
  if (taken == size || r->state == ASP_CREATIVE_REFUSED)
    return;
  g_byte_array_append (r->gathered, data + taken, (guint) (size - taken));
  take_gathered (r, FALSE);
}

static void
finish_refusals (AspCreativeReader * r)
{
  if (r->bytes == 0)
    refuse (r, "empty", g_strdup ("it ended before its first byte"));
  else if (!r->synced && !r->have_pmt)
    refuse (r, "not-ts", g_strdup ("it is no MPEG transport stream"));
  else if (!r->have_pmt && r->scrambled_packets > 0)
    refuse (r, "scrambled", g_strdup ("its packets are scrambled; it must be in the clear"));
  else if (!r->have_pmt)
    refuse (r, "no-programme", g_strdup ("it has no PAT and PMT"));
  else if (r->scrambled_packets > 0 && !r->entered)
    refuse (r, "scrambled", g_strdup ("its packets are scrambled; it must be in the clear"));
  else if (!r->entered)
    refuse (r, "no-idr", g_strdup ("it has no picture to start from (IDR with parameter sets)"));
}

void
asp_creative_reader_finish (AspCreativeReader * r)
{
  if (r->eos)
    return;
  take_gathered (r, TRUE);
  r->eos = TRUE;
  for (guint i = 0; i < r->n_streams; i++) {
    /* a PES whose last bytes never came is dropped: half a picture shows as damage */
    guint length = r->streams[i].pes->len >= 6 ?
        (r->streams[i].pes->data[4] << 8) | r->streams[i].pes->data[5] : 0;

    if (r->carried > 0 || (length > 0 && r->streams[i].pes->len < length + 6u)) {
      r->broken = TRUE;
      if (r->streams[i].pes->len > 0)
        g_byte_array_set_size (r->streams[i].pes, 0);
    }
    close_pes (r, i);
    if (i > 0)
      audio_split (&r->streams[i], &r->facts[i], r->streams[i].es->len, ASP_NO_TIME, 0xc0, TRUE);
  }
  if (r->n_streams > 0)
    flush_open_video (r);
  if (r->entry_open)
    close_entry (r);
  check_ready (r, TRUE);
  finish_refusals (r);
}

static void
deliver_track (AspCreativeReader * r, guint index, AspCreativeTrack * to)
{
  AspAu *au;

  to->codec = r->facts[index].codec;
  to->pid = r->facts[index].pid;
  to->sample_rate = r->facts[index].sample_rate;
  to->channels = r->facts[index].channels;
  memcpy (to->language, r->facts[index].language, sizeof to->language);
  while ((au = g_queue_pop_head (&r->streams[index].fresh))) {
    AspCreative *c = r->creative;

    to->last_pts90k = au->pts90k;
    c->bytes += au->size;
    if (index == 0) {
      asp_cadence_push (&c->cadence, au->pts90k);
      c->max_pts90k = MAX (c->max_pts90k, au->pts90k);
    }
    g_queue_push_tail (&to->units, au);
  }
}

void
asp_creative_reader_deliver_locked (AspCreativeReader * r)
{
  AspCreative *c = r->creative;

  c->bytes_total = r->bytes;
  if (r->n_streams > 0 && r->state != ASP_CREATIVE_REFUSED) {
    deliver_track (r, 0, &c->video);
    for (guint i = 1; i < r->n_streams; i++)
      deliver_track (r, i, &c->audio[i - 1]);
    c->n_audio = r->n_streams - 1;
  }
  /* from then on they stay as they are: the splicer reads them without the lock */
  if (c->state == ASP_CREATIVE_PROBING && r->n_streams > 0) {
    c->first_pts90k = r->first_pts90k;
    c->first_dts90k = r->first_dts90k;
    c->params = r->params;
  }
  if (c->state == ASP_CREATIVE_PROBING && r->state != ASP_CREATIVE_PROBING) {
    c->state = r->state;
    c->reason = r->reason;
    c->detail = g_steal_pointer (&r->detail);
  }
  c->eos |= r->eos;
  c->broken |= r->broken;
}
