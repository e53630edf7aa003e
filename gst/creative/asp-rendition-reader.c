/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-rendition.h"

#include <string.h>

#include <asp-check.h>
#include <asp-ts-packet.h>

#define DESCRIPTOR_REGISTRATION 0x05
#define DESCRIPTOR_CA 0x09
#define DESCRIPTOR_CUE_IDENTIFIER 0x8a  /* SCTE 35, 8.2 */
#define FPS_TOLERANCE 0.02
#define PES_OVERHEAD 14         /* header with a PTS */

/* The check measures the stream; what it does not keep is read here: the bytes of the tables,
 * and the layer of MPEG audio. */
struct _AspRenditionReader
{
  AspCheck *check;
  guint program_number;
  guint8 carry[ASP_TS_SIZE];
  guint carried;
  AspSectionAssembler pat, pmt;
  gint pmt_pid;                 /* -1: not known yet */
  AspRendition r;
  gboolean have_pmt;
  guint8 layer[ASP_PID_COUNT];
};

AspRenditionReader *
asp_rendition_reader_new (guint program_number)
{
  AspRenditionReader *r = g_new0 (AspRenditionReader, 1);

  r->check = asp_check_new (NULL, NULL);
  r->program_number = program_number;
  asp_section_assembler_init (&r->pat);
  asp_section_assembler_init (&r->pmt);
  r->pmt_pid = -1;
  return r;
}

void
asp_rendition_reader_free (AspRenditionReader * r)
{
  if (!r)
    return;
  asp_check_free (r->check);
  g_free (r);
}

/* --- tables --------------------------------------------------------------------- */

/* A creative is in the clear and carries no cues: what says otherwise stays out. */
static gboolean
is_kept (const guint8 * d)
{
  if (d[0] == DESCRIPTOR_CA || d[0] == DESCRIPTOR_CUE_IDENTIFIER)
    return FALSE;
  return !(d[0] == DESCRIPTOR_REGISTRATION && d[1] >= 4 && !memcmp (d + 2, "CUEI", 4));
}

static void
copy_descriptors (AspDescriptors * out, const guint8 * data, gsize size)
{
  out->size = 0;
  while (size >= 2 && data[1] <= size - 2) {
    guint n = 2u + data[1];

    if (is_kept (data) && n <= sizeof out->bytes - out->size) {
      memcpy (out->bytes + out->size, data, n);
      out->size += n;
    }
    data += n;
    size -= n;
  }
}

static void
on_pat (const guint8 * section, gsize size, gpointer user_data)
{
  AspRenditionReader *r = user_data;
  AspPat pat;

  if (r->pmt_pid >= 0 || !asp_pat_parse (section, size, &pat))
    return;
  for (guint i = 0; i < pat.n_programs; i++) {
    if (r->program_number != 0 && pat.programs[i].number != r->program_number)
      continue;
    r->pmt_pid = pat.programs[i].pmt_pid;
    r->r.transport_stream_id = pat.transport_stream_id;
    r->r.pat_version = pat.version;
    r->r.pmt_pid = pat.programs[i].pmt_pid;
    r->r.program_number = pat.programs[i].number;
    return;
  }
}

/* The tables agree with asp_pmt_parse(), which has checked every length. */
static void
copy_track_descriptors (AspRendition * r, const guint8 * section, gsize size)
{
  gsize info = ((section[10] & 0x0fu) << 8) | section[11];
  const guint8 *body = section + 12 + info;
  gsize left = size - 12 - info - 4;

  copy_descriptors (&r->descriptors, section + 12, info);
  while (left >= 5) {
    gsize n = ((body[3] & 0x0fu) << 8) | body[4];
    guint pid = ((body[1] & 0x1fu) << 8) | body[2];

    for (guint i = 0; i < r->n_tracks; i++)
      if (r->tracks[i].pid == pid)
        copy_descriptors (&r->tracks[i].descriptors, body + 5, n);
    body += 5 + n;
    left -= 5 + n;
  }
}

/* A PMT that names a PID twice: the first one counts, as for the splicer. */
static gboolean
has_pid (const AspRendition * r, guint pid)
{
  for (guint i = 0; i < r->n_tracks; i++)
    if (r->tracks[i].pid == pid)
      return TRUE;
  return FALSE;
}

static void
on_pmt (const guint8 * section, gsize size, gpointer user_data)
{
  AspRenditionReader *r = user_data;
  AspPmt pmt;

  if (!asp_pmt_parse (section, size, &pmt) || pmt.program_number != r->r.program_number)
    return;
  r->have_pmt = TRUE;
  r->r.pmt_version = pmt.version;
  r->r.pcr_pid = pmt.pcr_pid;
  r->r.n_tracks = 0;
  r->r.video = -1;
  for (guint i = 0; i < pmt.n_streams; i++) {
    const AspPmtStream *s = &pmt.streams[i];
    gboolean is_video = ASP_CODEC_IS_VIDEO (s->codec) && r->r.video < 0;
    AspRenditionTrack *t = &r->r.tracks[r->r.n_tracks];

    if ((!is_video && !ASP_CODEC_IS_AUDIO (s->codec)) || has_pid (&r->r, s->pid) ||
        r->r.n_tracks == ASP_RENDITION_TRACKS_MAX)
      continue;
    memset (t, 0, sizeof *t);
    t->codec = s->codec;
    t->pid = s->pid;
    t->stream_type = s->stream_type;
    if (is_video)
      r->r.video = (gint) r->r.n_tracks;
    r->r.n_tracks++;
  }
  copy_track_descriptors (&r->r, section, size);
}

/* --- packets -------------------------------------------------------------------- */

/* The frame header behind the PES header, where it begins with one: ISO/IEC 11172-3 2.4.2.3 */
static void
look_for_layer (AspRenditionReader * r, const guint8 * packet, const AspTsPacket * view)
{
  const guint8 *p = packet + view->payload_offset;
  gsize left = ASP_TS_SIZE - view->payload_offset;

  if (left < 9 || p[0] != 0 || p[1] != 0 || p[2] != 1 || (p[3] & 0xe0) != 0xc0)
    return;
  if (p[8] > left - 9 || left - 9 - p[8] < 2)
    return;
  p += 9 + p[8];
  if (p[0] == 0xff && (p[1] & 0xe0) == 0xe0)
    r->layer[view->pid] = (guint8) (4 - ((p[1] >> 1) & 3)) & 3;
}

static void
take_packet (AspRenditionReader * r, const guint8 * packet)
{
  AspTsPacket view;

  if (!asp_ts_packet_parse (packet, &view) || view.tei || view.scrambling || view.payload_offset >= ASP_TS_SIZE)
    return;
  if (view.pid == ASP_PID_PAT)
    asp_section_assembler_push (&r->pat, packet, on_pat, r);
  else if ((gint) view.pid == r->pmt_pid)
    asp_section_assembler_push (&r->pmt, packet, on_pmt, r);
  else if (view.pusi && r->layer[view.pid] == 0)
    look_for_layer (r, packet, &view);
}

/* Packets from the first sync byte on; the check says whether it was one. */
static void
take_bytes (AspRenditionReader * r, const guint8 * data, gsize size)
{
  while (size > 0) {
    gsize n = MIN (ASP_TS_SIZE - r->carried, size);

    if (r->carried == 0 && data[0] != ASP_TS_SYNC) {
      data++;
      size--;
      continue;
    }
    memcpy (r->carry + r->carried, data, n);
    r->carried += (guint) n;
    data += n;
    size -= n;
    if (r->carried == ASP_TS_SIZE) {
      r->carried = 0;
      take_packet (r, r->carry);
    }
  }
}

void
asp_rendition_reader_push (AspRenditionReader * r, const guint8 * data, gsize size)
{
  asp_check_push (r->check, data, size);
  take_bytes (r, data, size);
}

/* --- what it comes to ------------------------------------------------------------- */

static const AspCheckStream *
stream_of_pid (const AspCheckProgram * p, guint pid)
{
  for (guint i = 0; i < p->n_streams; i++)
    if (p->streams[i].pmt.pid == pid)
      return &p->streams[i];
  return NULL;
}

/* The cadence is what counts; what the stream says of itself is more precise where both mean the
 * same, as times in ms do not. */
static void
finish_fps (AspRendition * r, const AspCheckVideo * v)
{
  const AspVideoParams *p = &v->params;
  gdouble said_90k = p->fps_num > 0 ? 90000.0 * p->fps_den / p->fps_num : 0;

  if (v->frame_90k <= 0 || (said_90k > 0 && ABS (said_90k - v->frame_90k) < said_90k * FPS_TOLERANCE)) {
    r->fps_num = said_90k > 0 ? p->fps_num : 25;
    r->fps_den = said_90k > 0 ? p->fps_den : 1;
  } else {
    asp_rendition_snap_fps (v->frame_90k, &r->fps_num, &r->fps_den);
  }
}

static void
finish_video (AspRendition * r, const AspCheckStream * s)
{
  const AspCheckVideo *v = &s->video;
  gint64 span_90k = v->last_pts90k != ASP_NO_TIME ? v->last_pts90k - v->first_pts90k : 0;
  guint64 payload = s->payload_bytes - MIN (s->payload_bytes, v->pictures * (PES_OVERHEAD + 5));

  r->params = v->params;
  span_90k += (gint64) v->frame_90k;
  finish_fps (r, v);
  r->reorder_90k = v->raps > 0 ? v->rap_reorder_90k :
      v->reorder_90k.count > 0 ? asp_check_range_mean (&v->reorder_90k) : 0;
  r->reorder_90k = CLAMP (r->reorder_90k, 0, ASP_SECOND_90K);
  if (v->rap_interval_90k.count > 0)
    r->gop = (guint) ((asp_check_range_mean (&v->rap_interval_90k) * r->fps_num + 45000 * r->fps_den) /
        ((gint64) r->fps_den * ASP_SECOND_90K));
  if (span_90k > 0)
    r->tracks[r->video].bit_rate = (guint) (payload * 8 * ASP_SECOND_90K / (guint64) span_90k);
}

static void
finish_audio (AspRenditionTrack * t, const AspCheckStream * s, guint layer)
{
  const AspCheckAudio *a = &s->audio;
  guint64 payload = s->payload_bytes - MIN (s->payload_bytes, a->pes * PES_OVERHEAD);

  t->codec = a->codec;
  /* where no frame was seen, what nearly all have */
  t->sample_rate = a->sample_rate ? a->sample_rate : 48000;
  t->channels = a->channels ? a->channels : 2;
  if (t->codec == ASP_CODEC_MPEG_AUDIO)
    t->layer = layer ? layer : 2;
  if (a->frames > 0 && a->frame_90k > 0)
    t->bit_rate = (guint) (payload * 8 * ASP_SECOND_90K / (a->frames * (guint64) a->frame_90k));
}

static gboolean
refuse (GError ** error, const gchar * text)
{
  g_set_error_literal (error, ASP_RENDITION_ERROR, ASP_RENDITION_ERROR_STREAM, text);
  return FALSE;
}

gboolean
asp_rendition_reader_finish (AspRenditionReader * r, AspRendition * out, GError ** error)
{
  const AspCheckProgram *p;

  asp_check_finish (r->check);
  p = asp_check_program (asp_check_facts (r->check), r->r.program_number);
  if (!r->have_pmt || !p)
    return refuse (error, "The rendition is no MPEG transport stream with a PAT and a PMT; give a piece of its output, "
        "10 s long");
  if (r->r.video < 0)
    return refuse (error, "The rendition has no H.264, HEVC or MPEG-2 video that a creative could be fitted to");
  for (guint i = 0; i < r->r.n_tracks; i++) {
    const AspCheckStream *s = stream_of_pid (p, r->r.tracks[i].pid);

    if (!s)
      continue;
    if ((gint) i == r->r.video)
      finish_video (&r->r, s);
    else
      finish_audio (&r->r.tracks[i], s, r->layer[s->pmt.pid]);
  }
  if (r->r.params.width == 0)
    return refuse (error, "The rendition has no parameter sets (SPS or sequence header) in what was read of it; give a "
        "piece that holds a random access point, in the clear");
  if (r->r.pcr_pid == ASP_PID_NULL)
    r->r.pcr_pid = r->r.tracks[r->r.video].pid;
  *out = r->r;
  return TRUE;
}
