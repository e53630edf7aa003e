/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-segmenter-private.h"

#include <asp-crc.h>
#include <asp-es-audio.h>
#include <string.h>

#define STRIDE_204_SURE 8       /* that many packets with 16 bytes of parity behind them */
#define FRAME_DEFAULT_90K 1920  /* an AAC frame at 48 kHz, until one has been read */
#define SPACING_MAX_90K ASP_SECOND_90K
#define MIDDLE_MAX 256          /* packets in one go: what waits stays bounded */

gint64
asp_hls_pts_diff (gint64 a_pts90k, gint64 b_pts90k)
{
  return asp_pts_diff ((guint64) a_pts90k & ASP_PTS_MASK, (guint64) b_pts90k & ASP_PTS_MASK);
}

static void look_at_head (AspHlsSegmenter * s, Stream * stream, gboolean is_last);

/* -- PSI -- */

/* A programme of several: a PAT with only this one, for a segment holds one (3.1.1). */
static GByteArray *
single_pat (const AspPat * pat, guint number, guint pmt_pid)
{
  guint8 section[16] = { 0x00, 0xb0, 13, 0, 0, 0xc1, 0, 0 };
  guint32 crc;

  section[3] = (guint8) (pat->transport_stream_id >> 8);
  section[4] = (guint8) pat->transport_stream_id;
  section[5] = (guint8) (0xc1 | (pat->version << 1));
  section[8] = (guint8) (number >> 8);
  section[9] = (guint8) number;
  section[10] = (guint8) (0xe0 | (pmt_pid >> 8));
  section[11] = (guint8) pmt_pid;
  crc = asp_crc32_mpeg (section, 12);
  for (guint i = 0; i < 4; i++)
    section[12 + i] = (guint8) (crc >> (24 - 8 * i));
  return g_byte_array_append (g_byte_array_new (), section, sizeof section);
}

static void
replace_section (GByteArray ** where, const guint8 * section, gsize size)
{
  g_clear_pointer (where, g_byte_array_unref);
  *where = g_byte_array_append (g_byte_array_new (), section, (guint) size);
}

static void
on_pat (const guint8 * section, gsize size, gpointer user_data)
{
  AspHlsSegmenter *s = user_data;
  AspPat pat;
  guint i;

  if (!asp_pat_parse (section, size, &pat) || pat.n_programs == 0)
    return;
  for (i = 0; i < pat.n_programs; i++)
    if (s->pat && pat.programs[i].number == s->program_number)
      break;
  if (i == pat.n_programs)
    i = 0;                      /* the first one, also when ours has gone */
  s->program_number = pat.programs[i].number;
  if (s->pmt_pid != pat.programs[i].pmt_pid) {
    s->pmt_pid = pat.programs[i].pmt_pid;
    asp_section_assembler_init (&s->pmt_assembler);
  }
  if (pat.n_programs == 1) {
    replace_section (&s->pat, section, size);
  } else {
    g_clear_pointer (&s->pat, g_byte_array_unref);
    s->pat = single_pat (&pat, s->program_number, s->pmt_pid);
  }
}

static void
stream_set (AspHlsSegmenter * s, const AspPmtStream * from, Role role)
{
  Stream *stream = s->streams[from->pid];

  if (!stream) {
    stream = g_new0 (Stream, 1);
    stream->pid = from->pid;
    stream->head = g_byte_array_new ();
    stream->last_pts90k = stream->placed_pts90k = ASP_NO_TIME;
    stream->seen_progress_90k = G_MININT64;
    stream->frame_90k = stream->spacing_90k = FRAME_DEFAULT_90K;
    s->streams[from->pid] = stream;
    g_ptr_array_add (s->all_streams, stream);
  }
  stream->role = role;
  if (stream->codec != from->codec)
    stream->codec_string[0] = '\0';
  stream->codec = from->codec;
  if (role == ROLE_LEAD)
    s->lead = stream;
}

/* Video leads; where there is none, the first sound. */
static guint
lead_index (const AspPmt * pmt)
{
  guint audio = ASP_PMT_STREAMS_MAX;

  for (guint i = 0; i < pmt->n_streams; i++) {
    if (ASP_CODEC_IS_VIDEO (pmt->streams[i].codec))
      return i;
    if (audio == ASP_PMT_STREAMS_MAX && ASP_CODEC_IS_AUDIO (pmt->streams[i].codec))
      audio = i;
  }
  return audio;
}

/* Packets that wait know their segment by their stream's role: none may when it changes. */
static void
place_all (AspHlsSegmenter * s)
{
  gboolean finishing = s->finishing;

  if (s->lead)
    look_at_head (s, s->lead, TRUE);
  s->finishing = TRUE;
  asp_hls_sort_run (s);
  s->finishing = finishing;
}

static void
adopt (AspHlsSegmenter * s, const AspPmt * pmt, const guint8 * section, gsize size)
{
  guint lead = lead_index (pmt);
  gboolean lead_stays = s->lead && lead < pmt->n_streams && pmt->streams[lead].pid == s->lead->pid;

  if (!lead_stays)
    place_all (s);
  replace_section (&s->pmt, section, size);
  g_clear_pointer (&s->next_pmt, g_byte_array_unref);
  s->pcr_pid = pmt->pcr_pid;
  s->lead = NULL;
  for (guint i = 0; i < s->all_streams->len; i++) {
    Stream *stream = g_ptr_array_index (s->all_streams, i);

    stream->role = ROLE_NONE;
    if (!lead_stays)
      g_clear_pointer (&stream->run, asp_hls_run_unref);
  }
  for (guint i = 0; i < pmt->n_streams; i++)
    stream_set (s, &pmt->streams[i], i == lead ? ROLE_LEAD : asp_hls_content_role (s, pmt, i));
}

void
asp_hls_adopt_next_pmt (AspHlsSegmenter * s)
{
  g_autoptr (GByteArray) section = g_steal_pointer (&s->next_pmt);
  AspPmt pmt;

  if (section && asp_pmt_parse (section->data, section->len, &pmt))
    adopt (s, &pmt, section->data, section->len);
}

static gboolean
same_streams (const AspPmt * a, const AspPmt * b)
{
  if (a->n_streams != b->n_streams || a->pcr_pid != b->pcr_pid)
    return FALSE;
  for (guint i = 0; i < a->n_streams; i++)
    if (a->streams[i].pid != b->streams[i].pid || a->streams[i].codec != b->streams[i].codec ||
        a->streams[i].stream_type != b->streams[i].stream_type)
      return FALSE;
  return TRUE;
}

/* The leading stream itself goes on: the change waits for its next RAP, and no picture
 * is lost. Otherwise what was there is over. */
static void
change_streams (AspHlsSegmenter * s, const AspPmt * pmt, const guint8 * section, gsize size)
{
  guint lead = lead_index (pmt);

  if (s->lead && lead < pmt->n_streams && pmt->streams[lead].pid == s->lead->pid &&
      pmt->streams[lead].codec == s->lead->codec && !asp_hls_segment_newest (s)->discard) {
    replace_section (&s->next_pmt, section, size);
    return;
  }
  adopt (s, pmt, section, size);
  s->interrupted = TRUE;
}

static void
on_pmt (const guint8 * section, gsize size, gpointer user_data)
{
  AspHlsSegmenter *s = user_data;
  AspPmt pmt, now;

  if (s->pmt && s->pmt->len == size && !memcmp (s->pmt->data, section, size)) {
    g_clear_pointer (&s->next_pmt, g_byte_array_unref);
    return;
  }
  if (!asp_pmt_parse (section, size, &pmt) || pmt.program_number != s->program_number)
    return;
  if (!s->pmt || !asp_pmt_parse (s->pmt->data, s->pmt->len, &now))
    adopt (s, &pmt, section, size);
  else if (same_streams (&pmt, &now))
    replace_section (&s->pmt, section, size);
  else
    change_streams (s, &pmt, section, size);
}

/* -- PES -- */

/* How long the sound of a PES lasts, by its length and the size of its first frame: good
 * enough until a second PES has come. */
static gint64
pes_duration (const AspPesHeader * pes, const AspAudioFrame * frame, gint64 frame_90k)
{
  gsize size = 6 + (gsize) pes->packet_length;

  if (size <= pes->header_size || frame->size == 0)
    return frame_90k;
  size -= pes->header_size;
  return frame_90k * (gint64) MAX ((size + frame->size / 2) / frame->size, 1);
}

static void
audio_header (AspHlsSegmenter * s, Stream * stream, Run * run, const AspPesHeader * pes)
{
  const GByteArray *head = stream->head;
  AspAudioFrame frame;
  gint64 duration_90k = stream->frame_90k, spacing_90k;

  if (stream->role == ROLE_AUDIO && head->len > pes->header_size &&
      asp_es_audio_frame (stream->codec, head->data + pes->header_size,
          head->len - pes->header_size, NULL, &frame) == ASP_AUDIO_OK &&
      frame.samples > 0 && frame.sample_rate > 0) {
    if (stream->codec_string[0] == '\0')
      asp_es_audio_codec_string (stream->codec, head->data + pes->header_size,
          head->len - pes->header_size, stream->codec_string);
    run->sample_rate = frame.sample_rate;
    run->channels = frame.channels;
    stream->frame_90k = asp_audio_samples_to_90k (frame.samples, frame.sample_rate);
    duration_90k = pes_duration (pes, &frame, stream->frame_90k);
    run->duration_90k = duration_90k;
  }
  run->pes_size = pes->packet_length > 0 && !pes->scrambling ? 6 + (gsize) pes->packet_length : 0;
  run->pts90k = pes->pts90k;
  if (pes->pts90k == ASP_NO_TIME)
    return;
  spacing_90k = stream->last_pts90k == ASP_NO_TIME ? 0 :
      asp_hls_pts_diff (pes->pts90k, stream->last_pts90k);
  stream->spacing_90k = spacing_90k > 0 && spacing_90k <= SPACING_MAX_90K ?
      spacing_90k : MIN (duration_90k, SPACING_MAX_90K);
  stream->last_pts90k = pes->pts90k;
}

/* The head of a run has grown, or will not grow any more (@is_last). */
static void
look_at_head (AspHlsSegmenter * s, Stream * stream, gboolean is_last)
{
  Run *run = stream->run;
  GByteArray *head = stream->head;
  AspPesHeader pes;
  AspPesResult result;

  if (!run || run->decided)
    return;
  if (stream == s->lead) {
    if (is_last || head->len >= LEAD_HEAD_MAX ||
        asp_hls_lead_head_complete (s, head->data, head->len))
      asp_hls_lead_decide (s, run, head->data, head->len);
    return;
  }
  result = asp_pes_parse (head->data, head->len, &pes);
  if (result == ASP_PES_NEED_MORE && !is_last && head->len < AUDIO_HEAD_MAX)
    return;
  if (result == ASP_PES_OK)
    audio_header (s, stream, run, &pes);
  run->decided = TRUE;
}

/* For the next packet, should it be the same. Its two ends tell; a whole one need not be
 * kept for that. */
static void
note_last (Stream * stream, const guint8 * packet, guint payload_offset)
{
  guint size = MIN (ASP_TS_SIZE - payload_offset, FINGERPRINT);

  memset (stream->last, 0, sizeof stream->last);
  memcpy (stream->last, packet + payload_offset, size);
  memcpy (stream->last + FINGERPRINT, packet + ASP_TS_SIZE - size, size);
  stream->last_cc = (guint8) asp_ts_cc (packet);
  stream->has_last = TRUE;
}

/* The same counter and the same payload. */
static gboolean
is_duplicate (Stream * stream, const guint8 * packet, guint payload_offset)
{
  guint8 before[2 * FINGERPRINT], cc = stream->last_cc;
  gboolean had = stream->has_last, same;

  memcpy (before, stream->last, sizeof before);
  note_last (stream, packet, payload_offset);
  same = had && cc == stream->last_cc && !memcmp (stream->last, before, sizeof before);
  stream->has_last = !same;     /* sent twice, not more often: 2.4.3.3 */
  return same;
}

static void
stream_packet (AspHlsSegmenter * s, Stream * stream, const guint8 * packet,
    const AspTsPacket * view)
{
  gboolean has_payload = view->payload_offset < ASP_TS_SIZE;
  gboolean regular = has_payload && view->cc == ((stream->last_cc + 1) & 0x0f);

  if (has_payload && is_duplicate (stream, packet, view->payload_offset))
    return;
  if (stream->role == ROLE_SECTIONS) {
    asp_hls_sort_push (s, NULL, packet, 1);
    return;
  }
  stream->seen_progress_90k = s->progress_90k;
  if (view->scrambling) {
    s->scrambled = TRUE;
    has_payload = FALSE;        /* cannot be read; it goes where the packets before it went */
  }
  if (has_payload && view->pusi) {
    look_at_head (s, stream, TRUE);
    asp_hls_run_unref (stream->run);
    stream->run = asp_hls_run_new (s, stream);
    g_byte_array_set_size (stream->head, 0);
  }
  if (stream->run && !(has_payload && view->pusi))
    stream->run->regular &= regular;
  if (!stream->run && stream == s->lead)
    return;                     /* the end of an access unit whose beginning nobody saw */
  if (has_payload && stream->run)
    stream->run->received += ASP_TS_SIZE - view->payload_offset;
  if (has_payload && stream->run && !stream->run->decided) {
    g_byte_array_append (stream->head, packet + view->payload_offset,
        ASP_TS_SIZE - view->payload_offset);
    look_at_head (s, stream, FALSE);
  }
  asp_hls_sort_push (s, stream->run, packet, 1);
}

/* More waits than may: what is known of the picture has to do. */
static void
relieve (AspHlsSegmenter * s)
{
  if (s->n_waiting <= ASP_HLS_PENDING_MAX / ASP_TS_SIZE || !s->lead)
    return;
  look_at_head (s, s->lead, TRUE);
  asp_hls_sort_run (s);
}

/* Does a packet begin with these four bytes? The transport_priority may be any. */
static gboolean
has_header (const guint8 * packet, guint32 header)
{
  guint32 word;

  memcpy (&word, packet, sizeof word);
  return (GUINT32_FROM_BE (word) & 0xffdfffffu) == header;
}

/* Most packets are from the middle of a picture that has been decided about: payload from
 * end to end, one counter after the other, so none is sent twice. How many bytes of them @data
 * begins with; they have been taken. */
static gsize
take_middle (AspHlsSegmenter * s, const guint8 * data, gsize size)
{
  Stream *lead = s->lead;
  gsize max = MIN (size, (gsize) MIDDLE_MAX * ASP_TS_SIZE), taken = 0;
  guint cc;

  if (!lead || !lead->has_last || !lead->run || !lead->run->decided)
    return 0;
  for (cc = lead->last_cc + 1; max - taken >= ASP_TS_SIZE && has_header (data + taken,
          (guint32) ASP_TS_SYNC << 24 | (guint32) lead->pid << 8 | 0x10 | (cc & 0x0f)); cc++)
    taken += ASP_TS_SIZE;
  if (taken == 0)
    return 0;
  s->n_packets += taken / ASP_TS_SIZE;
  note_last (lead, data + taken - ASP_TS_SIZE, 4);
  lead->seen_progress_90k = s->progress_90k;
  asp_hls_sort_push (s, lead->run, data, (guint) (taken / ASP_TS_SIZE));
  relieve (s);
  return taken;
}

static void
take_packet (AspHlsSegmenter * s, const guint8 * packet)
{
  AspTsPacket view;

  if (!asp_ts_packet_parse (packet, &view) || view.tei)
    return;
  s->n_packets++;
  if (view.pid == ASP_PID_PAT) {
    asp_section_assembler_push (&s->pat_assembler, packet, on_pat, s);
  } else if (view.pid == s->pmt_pid && view.pid != ASP_PID_NULL) {
    asp_section_assembler_push (&s->pmt_assembler, packet, on_pmt, s);
  } else if (s->streams[view.pid] && s->streams[view.pid]->role != ROLE_NONE) {
    stream_packet (s, s->streams[view.pid], packet, &view);
  } else if (view.pid == s->pcr_pid && view.has_pcr && s->pmt) {
    asp_hls_sort_push (s, NULL, packet, 1);        /* a PID of its own for the clock */
  } else {
    return;
  }
  relieve (s);
}

/* -- bytes -- */

/* How many bytes to leave out so that a packet may begin. */
static gsize
to_next_sync (const guint8 * data, gsize size)
{
  const guint8 *sync = memchr (data, ASP_TS_SYNC, size);

  return sync ? (gsize) (sync - data) : size;
}

/* Where packets are 204 bytes long every one of them is followed by sixteen others. */
static void
count_strides (AspHlsSegmenter * s, const guint8 * data, gsize size)
{
  if (size > 16 && data[16] == ASP_TS_SYNC)
    s->stride_204++;
}

gboolean
asp_hls_segmenter_push (AspHlsSegmenter * s, const guint8 * data, gsize size, gint64 utc_us)
{
  s->now_utc_us = utc_us;
  while (size > 0) {
    gsize used;

    if (s->carry_size == 0 && data[0] == ASP_TS_SYNC) {
      s->stride_204 = 0;
    } else if (s->carry_size == 0) {
      used = to_next_sync (data, size);
      count_strides (s, data, size);
      data += used;
      size -= used;
    }
    if (s->carry_size == 0 && (used = take_middle (s, data, size)) > 0) {
      /* done */
    } else if (s->carry_size == 0 && size >= ASP_TS_SIZE) {
      take_packet (s, data);
      used = ASP_TS_SIZE;
    } else {
      used = MIN (size, ASP_TS_SIZE - s->carry_size);
      memcpy (s->carry + s->carry_size, data, used);
      s->carry_size += (guint) used;
      if (s->carry_size == ASP_TS_SIZE) {
        s->carry_size = 0;
        take_packet (s, s->carry);
      }
    }
    data += used;
    size -= used;
  }
  return s->stride_204 < STRIDE_204_SURE;
}
