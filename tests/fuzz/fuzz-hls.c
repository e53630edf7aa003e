/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The segmenter and what is published of it: gst/hls. The first byte chooses how the stream
 * is cut into pieces; the rest is a list of edits, four bytes each, to a sound stream that is
 * built in, and of events at places in it. Segments must follow each other in media time, the
 * timeline must take them, and every version of the playlist must be one. For some of the
 * first bytes there are parts: no longer than PART-TARGET, and together their segment.
 */
#include "fuzz.h"

#include <string.h>

#include <asp-hls-segmenter.h>
#include <asp-hls-view.h>

#include "../element/hls-synth.h"

#define EDITS_MAX 64
#define SECOND ASP_SECOND_90K

typedef struct
{
  AspHlsTimeline *timeline;
  guint n_segments, n_parts;
  gint64 parts_90k;
  GByteArray *parts;            /* of the segment that is open */
} Sink;

static GByteArray *sound;

static void
append (Sink * sink, const AspHlsEntry entry)
{
  g_assert_true (asp_hls_timeline_append (sink->timeline, &entry, NULL));
}

static void
on_mark (const AspHlsMark * mark, gint64 at_90k, gpointer user_data)
{
  const AspHlsEntry entry = {.kind = mark->kind,.at_90k = at_90k,.avail_id = mark->avail_id };

  /* ids repeat, an end comes without its beginning: refused, and nothing else */
  asp_hls_timeline_append (((Sink *) user_data)->timeline, &entry, NULL);
}

/* What stands before a segment. */
static void
begin (Sink * sink, const AspHlsSegmentInfo * info)
{
  if (info->discontinuity)
    append (sink, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY,.at_90k = info->at_90k});
  if (sink->n_segments == 0)
    append (sink, (AspHlsEntry) {.kind = ASP_HLS_PDT,.at_90k = info->at_90k});
  if (info->target_duration_s > 0 && asp_hls_timeline_target_duration (sink->timeline) == 0)
    append (sink, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,
        .duration_90k = SECOND * info->target_duration_s});
  if (info->part_target_90k > 0 && asp_hls_timeline_part_target_90k (sink->timeline) == 0)
    append (sink, (AspHlsEntry) {.kind = ASP_HLS_PART_TARGET,
        .duration_90k = info->part_target_90k});
}

static void
render (Sink * sink)
{
  static const AspHlsView view = {.playlist_length = 3,.markers = ASP_HLS_MARKERS_SCTE35,
    .low_latency = TRUE
  };
  g_autofree gchar *text = asp_hls_view_render (sink->timeline, &view);

  g_assert_true (text == NULL || g_str_has_prefix (text, "#EXTM3U\n"));
  asp_hls_timeline_forget (sink->timeline, asp_hls_view_start (sink->timeline, &view));
}

static void
on_part (const AspHlsPartInfo * info, GBytes * bytes, gpointer user_data)
{
  Sink *sink = user_data;
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  g_assert_cmpuint (info->index, ==, sink->n_parts++);
  if (info->index == 0)
    begin (sink, info->segment);
  g_assert_cmpint (info->duration_90k, >, 0);
  g_assert_cmpint (info->duration_90k, <=, asp_hls_timeline_part_target_90k (sink->timeline));
  g_assert_true (info->independent || info->last ||
      100 * info->duration_90k >= 85 * info->segment->part_target_90k);
  append (sink, (AspHlsEntry) {.kind = ASP_HLS_PART,
      .at_90k = info->segment->at_90k + sink->parts_90k,.duration_90k = info->duration_90k,
      .uri = "m/part.ts",.next_uri = "m/next.ts",.independent = info->independent});
  sink->parts_90k += info->duration_90k;
  g_byte_array_append (sink->parts, data, (guint) size);
  g_bytes_unref (bytes);
  render (sink);
}

static void
on_segment (const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
    const AspHlsSegmentInfo * next, gpointer user_data)
{
  Sink *sink = user_data;
  g_autofree gchar *uri = g_strdup_printf ("m/v0-%08u.ts", sink->n_segments);
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  g_assert_cmpint (info->gap_90k, >=, 0);
  g_assert_cmpuint (size % ASP_TS_SIZE, ==, 0);
  if (sink->n_parts == 0)
    begin (sink, info);
  else
    g_assert_cmpmem (data, size, sink->parts->data, sink->parts->len);
  sink->n_segments++;
  sink->n_parts = 0;
  sink->parts_90k = 0;
  g_byte_array_set_size (sink->parts, 0);
  append (sink, (AspHlsEntry) {.kind = ASP_HLS_SEGMENT,.at_90k = info->at_90k,
      .duration_90k = info->duration_90k,.uri = uri,.next_uri = "m/next.ts",
      .independent = info->independent});
  for (guint i = 0; marks && i < marks->len; i++)
    on_mark (g_ptr_array_index (marks, i), info->at_90k + info->duration_90k, sink);
  render (sink);
  g_bytes_unref (bytes);
}

/* Two sources on one clock, a RAP a second, sound that comes late. */
static void
make_sound (void)
{
  Synth s;

  if (sound)
    return;
  synth_init (&s, 2);
  s.unit_bytes = 20;
  for (guint source = 1; source <= 2; source++) {
    gint64 start_90k = ASP_PTS_MODULUS - 3 * SECOND + (source - 1) * 3 * SECOND;

    synth_add_video (&s, &(SynthVideo) {.source = source,.start_pts90k = start_90k,.frames = 75,
        .gop = 25,.reorder = 1});
    for (guint a = 0; a < 2; a++)
      synth_add_audio (&s, SYNTH_AUDIO_PID + a, source, start_90k, 140, 1 + 4 * a, 27000);
  }
  sound = synth_write (&s);
  synth_clear (&s);
}

/* An event of a break before packet @packet; its place in time is any, most often a good one. */
static void
put_event (AspHlsSegmenter * segmenter, guint8 what, guint8 where)
{
  static const AspHlsEntryKind kinds[] = { ASP_HLS_AVAIL_OUT, ASP_HLS_AVAIL_IN,
    ASP_HLS_AVAIL_SCHEDULED, ASP_HLS_AVAIL_CANCELLED
  };
  gint64 pts90k = ASP_PTS_MODULUS - 3 * SECOND + where * (6 * SECOND / 255) / 3600 * 3600;
  AspHlsEntryKind kind = kinds[what & 3];
  AspHlsMark *mark = asp_hls_mark_new (kind, what & 4 ? "a" : "b", 0, NULL);
  AspHlsBoundary *b;

  if (kind == ASP_HLS_AVAIL_SCHEDULED || kind == ASP_HLS_AVAIL_CANCELLED) {
    asp_hls_segmenter_mark (segmenter, mark, asp_pts_wrap (pts90k));
    asp_hls_mark_free (mark);
    return;
  }
  b = asp_hls_boundary_new (asp_pts_wrap (pts90k), (what & 8) != 0);
  if (what & 16)
    asp_hls_boundary_add_audio (b, SYNTH_AUDIO_PID, asp_pts_wrap (pts90k + (what & 32 ? 700 : -700)));
  g_ptr_array_add (b->marks, mark);
  asp_hls_segmenter_boundary (segmenter, b);
}

/* Edit: packet (12 bits), what (4 bits), two bytes. Only once each packet. */
static void
edit_packet (AspHlsSegmenter * segmenter, guint8 * packet, const guint8 * edit)
{
  switch (edit[1] & 7) {
    case 0:
      packet[edit[2] % ASP_TS_SIZE] = edit[3];
      break;
    case 1:
      packet[edit[2] % 32] ^= edit[3];
      break;
    case 2:
      memset (packet, edit[3], ASP_TS_SIZE);
      break;
    case 3:
      asp_hls_segmenter_interrupt (segmenter);
      break;
    case 4:
      asp_hls_segmenter_realign (segmenter);
      break;
    default:
      put_event (segmenter, edit[2], edit[3]);
      break;
  }
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  static const AspHlsSegmenterFuncs funcs = { on_segment, on_mark, on_part, NULL };
  Sink sink = {.n_segments = 0 };
  AspHlsSegmenter *segmenter;
  gsize chunk, n_packets;

  if (size < 1)
    return 0;
  make_sound ();
  chunk = data[0] ? data[0] : ASP_TS_SIZE;
  data++;
  size--;
  sink.timeline = asp_hls_timeline_new ();
  sink.parts = g_byte_array_new ();
  segmenter = asp_hls_segmenter_new (1 + chunk % 3, &funcs, &sink);
  if (chunk & 4)
    asp_hls_segmenter_set_parts (segmenter, chunk & 8 ? SECOND : SECOND / 3,
        chunk & 1 ? ASP_HLS_PART_ALIGN_ANY : ASP_HLS_PART_ALIGN_IDR, chunk & 16 ? 31000 : 0);
  asp_hls_segmenter_set_content (segmenter, chunk >> 5);
  n_packets = sound->len / ASP_TS_SIZE;
  for (gsize i = 0; i < n_packets; i++) {
    guint8 packet[ASP_TS_SIZE];

    memcpy (packet, sound->data + i * ASP_TS_SIZE, ASP_TS_SIZE);
    for (gsize e = 0; e + 4 <= MIN (size, 4 * EDITS_MAX); e += 4)
      if ((((gsize) data[e] << 4) | (data[e + 1] >> 4)) % n_packets == i)
        edit_packet (segmenter, packet, data + e);
    for (gsize at = 0; at < ASP_TS_SIZE; at += MIN (chunk, ASP_TS_SIZE - at))
      asp_hls_segmenter_push (segmenter, packet + at, MIN (chunk, ASP_TS_SIZE - at), 0);
  }
  asp_hls_segmenter_finish (segmenter);
  asp_hls_segmenter_free (segmenter);
  asp_hls_timeline_free (sink.timeline);
  g_byte_array_unref (sink.parts);
  return 0;
}
