/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is in segments by option: ID3 tags, cues, sound without pictures. Each run is held
 * against one without the option: it is cut in the same places, and nothing else changes.
 */
#include <asp-hls-id3.h>
#include <asp-hls-segmenter.h>
#include <asp-ts-pes.h>
#include <string.h>

#include "../element/hls-synth.h"

#define SECOND ASP_SECOND_90K
#define SECONDS 12
#define ID3_PID 0x1fe0

/* -- tags -- */

static AspHlsMark *
mark (AspHlsEntryKind kind, gint64 duration_90k)
{
  return asp_hls_mark_new (kind, "hSi2o1WIVgij", duration_90k, NULL);
}

/* "description=value" of each frame, after the form has been checked; ID3v2.4.0, 3.1 and 4. */
static GPtrArray *
read_tag (const guint8 * tag, gsize size)
{
  GPtrArray *out = g_ptr_array_new_with_free_func (g_free);
  gsize at = 10;

  g_assert_cmpuint (size, >, 20);
  g_assert_cmpmem (tag, 6, "ID3\4\0\0", 6);
  g_assert_cmpuint (((gsize) tag[6] << 21) + ((gsize) tag[7] << 14) + ((gsize) tag[8] << 7) + tag[9], ==, size - 10);
  while (at < size) {
    gsize frame = ((gsize) tag[at + 4] << 21) + ((gsize) tag[at + 5] << 14) + ((gsize) tag[at + 6] << 7) + tag[at + 7];
    const gchar *description = (const gchar *) tag + at + 11;
    gsize length = strlen (description);

    g_assert_cmpmem (tag + at, 4, "TXXX", 4);
    g_assert_cmpmem (tag + at + 8, 3, "\0\0\3", 3);
    g_assert_cmpuint (at + 10 + frame, <=, size);
    g_ptr_array_add (out, g_strdup_printf ("%s=%.*s", description, (gint) (frame - 2 - length),
            description + length + 1));
    at += 10 + frame;
  }
  g_assert_cmpuint (at, ==, size);
  return out;
}

static void
test_tag (void)
{
  g_autoptr (GPtrArray) marks = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_hls_mark_free);
  g_autoptr (GPtrArray) frames = NULL;
  g_autoptr (GByteArray) tag = NULL;
  AspHlsMark *out = mark (ASP_HLS_AVAIL_OUT, 30 * SECOND), *start = mark (ASP_HLS_CREATIVE_START, 0);

  g_assert_null (asp_hls_id3_tag (marks));
  g_ptr_array_add (marks, mark (ASP_HLS_AVAIL_SCHEDULED, SECOND));
  g_assert_null (asp_hls_id3_tag (marks));
  out->roll = ASP_AD_ROLL_PREROLL;
  out->pod_length = 2;
  start->pod_index = 1;
  start->ad = asp_ad_new ("asset1", 15 * SECOND / 2);
  start->ad->ad_id = g_strdup ("ad\"7\"");
  start->ad->ad_title = g_strdup ("Käse");
  g_ptr_array_add (marks, out);
  g_ptr_array_add (marks, start);
  g_ptr_array_add (marks, mark (ASP_HLS_CREATIVE_END, 0));
  g_ptr_array_add (marks, mark (ASP_HLS_AVAIL_IN, 0));
  tag = asp_hls_id3_tag (marks);
  frames = read_tag (tag->data, tag->len);
  g_assert_cmpuint (frames->len, ==, 4);
  g_assert_cmpstr (g_ptr_array_index (frames, 0), ==,
      "AdBreakStart={\"adBreakId\":\"hSi2o1WIVgij\",\"rollType\":\"preroll\",\"duration\":30.0,\"podLength\":2}");
  g_assert_cmpstr (g_ptr_array_index (frames, 1), ==,
      "AdCreativeStart={\"adBreakId\":\"hSi2o1WIVgij\",\"podIndex\":1,\"assetId\":\"asset1\",\"duration\":7.5,"
      "\"metadata\":{\"vastAdId\":\"ad\\\"7\\\"\",\"adTitle\":\"Käse\"}}");
  g_assert_cmpstr (g_ptr_array_index (frames, 2), ==, "AdCreativeEnd={\"adBreakId\":\"hSi2o1WIVgij\"}");
  g_assert_cmpstr (g_ptr_array_index (frames, 3), ==, "AdBreakEnd={\"adBreakId\":\"hSi2o1WIVgij\"}");
}

/* A title may be long; a tag is one PES. */
static void
test_long_tag (void)
{
  g_autoptr (GPtrArray) marks = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_hls_mark_free);

  for (guint i = 0; i < 5; i++) {
    AspHlsMark *start = mark (ASP_HLS_CREATIVE_START, 0);
    g_autoptr (GByteArray) tag = NULL;
    g_autoptr (GPtrArray) frames = NULL;

    start->ad = asp_ad_new ("asset", SECOND);
    start->ad->ad_title = g_strnfill (20000, 'x');
    g_ptr_array_add (marks, start);
    tag = asp_hls_id3_tag (marks);
    g_assert_cmpuint (tag->len, <=, ASP_HLS_ID3_MAX);
    frames = read_tag (tag->data, tag->len);
    g_assert_cmpuint (frames->len, ==, MIN (i + 1, 2));
  }
}

/* -- segments -- */

typedef struct
{
  GPtrArray *text;              /* gchar: of each segment what is told of it */
  GPtrArray *bytes;             /* GBytes */
  GByteArray *parts;            /* of the segment that is open */
  guint n_parts;
} Sink;

static void
on_segment (const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
    const AspHlsSegmentInfo * next, gpointer user_data)
{
  Sink *sink = user_data;
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  if (sink->parts->len > 0)
    g_assert_cmpmem (data, size, sink->parts->data, sink->parts->len);
  g_byte_array_set_size (sink->parts, 0);
  g_ptr_array_add (sink->text, g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d %d %u",
          info->at_90k, info->duration_90k, info->independent, info->discontinuity, marks ? marks->len : 0));
  g_ptr_array_add (sink->bytes, bytes);
}

static void
on_part (const AspHlsPartInfo * info, GBytes * bytes, gpointer user_data)
{
  Sink *sink = user_data;
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  sink->n_parts++;
  g_byte_array_append (sink->parts, data, (guint) size);
  g_bytes_unref (bytes);
}

static void
on_mark (const AspHlsMark * m, gint64 at_90k, gpointer user_data)
{
}

static const AspHlsSegmenterFuncs funcs = {.segment = on_segment,.mark = on_mark,.part = on_part };

static void
sink_free (Sink * sink)
{
  g_ptr_array_unref (sink->text);
  g_ptr_array_unref (sink->bytes);
  g_byte_array_unref (sink->parts);
  g_free (sink);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sink, sink_free)

/* A stream with two sounds and a PID of cues, and in its middle a break of four seconds. */
static GByteArray *
stream (void)
{
  static const guint8 cue[ASP_TS_SIZE] = { ASP_TS_SYNC, 0x40 | (SYNTH_SCTE35_PID >> 8),
    SYNTH_SCTE35_PID & 0xff, 0x10, 0, 0xfc, 0x30, 0x11
  };
  GByteArray *out = g_byte_array_new ();
  Synth s;

  synth_init (&s, 2);
  s.scte35 = TRUE;
  s.unit_bytes = 3000;
  synth_add_video (&s, &(SynthVideo) {.start_pts90k = SECOND,.frames = 25 * SECONDS,.gop = 25});
  for (guint i = 0; i < 2; i++)
    synth_add_audio (&s, SYNTH_AUDIO_PID + i, 0, SECOND, SECONDS * SECOND / SYNTH_AUDIO_FRAME_90K, 4, 9000);
  synth_sort (&s);
  for (guint i = 0; i < s.units->len; i++) {
    const SynthUnit *u = &g_array_index (s.units, SynthUnit, i);

    if (u->rap) {
      synth_write_psi (&s, out);
      g_byte_array_append (out, cue, sizeof cue);
      out->data[out->len - ASP_TS_SIZE + 3] = (guint8) (0x10 | (s.cc[SYNTH_SCTE35_PID]++ & 0x0f));
    }
    synth_write_unit (&s, u, out);
  }
  synth_clear (&s);
  return out;
}

static void
add_boundary (AspHlsSegmenter * segmenter, gint64 pts90k, AspHlsEntryKind kind)
{
  AspHlsBoundary *b = asp_hls_boundary_new ((guint64) pts90k, FALSE);

  g_ptr_array_add (b->marks, mark (kind, 4 * SECOND));
  asp_hls_segmenter_boundary (segmenter, b);
}

static Sink *
run (AspHlsContent content, gboolean parts)
{
  Sink *sink = g_new0 (Sink, 1);
  AspHlsSegmenter *segmenter = asp_hls_segmenter_new (2, &funcs, sink);
  g_autoptr (GByteArray) bytes = stream ();

  sink->text = g_ptr_array_new_with_free_func (g_free);
  sink->bytes = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  sink->parts = g_byte_array_new ();
  asp_hls_segmenter_set_content (segmenter, content);
  if (parts)
    asp_hls_segmenter_set_parts (segmenter, SECOND, ASP_HLS_PART_ALIGN_IDR, 0);
  add_boundary (segmenter, 5 * SECOND, ASP_HLS_AVAIL_OUT);
  add_boundary (segmenter, 9 * SECOND, ASP_HLS_AVAIL_IN);
  g_assert_true (asp_hls_segmenter_push (segmenter, bytes->data, bytes->len, 0));
  asp_hls_segmenter_finish (segmenter);
  asp_hls_segmenter_free (segmenter);
  g_assert_cmpint (sink->n_parts > SECONDS / 2, ==, parts);
  return sink;
}

/* What a PID has in all segments. */
typedef struct
{
  guint n_packets, n_payloads, n_pes;
  gint cc;
} Pid;

typedef struct
{
  Pid pids[ASP_PID_COUNT];
  GArray *tags_pts90k;          /* gint64, of the PES on ID3_PID */
  GPtrArray *frames;
  gint64 last_pcr27m, widest_pcr27m;
  AspPmt pmt;
} Reading;

static void
on_pmt (const guint8 * section, gsize size, gpointer user_data)
{
  g_assert_true (asp_pmt_parse (section, size, &((Reading *) user_data)->pmt));
}

static void
read_tag_packet (Reading * r, const guint8 * payload, gsize size)
{
  AspPesHeader pes;
  g_autoptr (GPtrArray) frames = NULL;

  g_assert_cmpint (asp_pes_parse (payload, size, &pes), ==, ASP_PES_OK);
  g_assert_cmpuint (payload[3], ==, 0xbd);
  g_assert_true (payload[6] & 0x04);    /* data_alignment_indicator */
  g_array_append_val (r->tags_pts90k, pes.pts90k);
  frames = read_tag (payload + pes.header_size, size - pes.header_size);
  for (guint i = 0; i < frames->len; i++)
    g_ptr_array_add (r->frames, g_strdup (g_ptr_array_index (frames, i)));
}

static void
read_packet (Reading * r, const guint8 * p, AspSectionAssembler * assembler)
{
  AspTsPacket view;
  Pid *pid;

  g_assert_true (asp_ts_packet_parse (p, &view));
  pid = &r->pids[view.pid];
  if (pid->n_packets++ > 0)
    g_assert_cmpint (asp_ts_cc (p), ==, asp_ts_has_payload (p) ? (pid->cc + 1) & 15 : pid->cc);
  pid->cc = (gint) asp_ts_cc (p);
  pid->n_payloads += asp_ts_has_payload (p);
  pid->n_pes += view.pusi;
  if (view.pid == SYNTH_PMT_PID)
    asp_section_assembler_push (assembler, p, on_pmt, r);
  if (view.has_pcr) {
    if (r->last_pcr27m >= 0)
      r->widest_pcr27m = MAX (r->widest_pcr27m, (gint64) view.pcr27m - r->last_pcr27m);
    r->last_pcr27m = (gint64) view.pcr27m;
  }
  if (view.pid == ID3_PID && view.pusi)
    read_tag_packet (r, p + view.payload_offset, ASP_TS_SIZE - view.payload_offset);
}

static void
reading_init (Reading * r, const Sink * sink)
{
  AspSectionAssembler assembler;

  memset (r, 0, sizeof *r);
  r->tags_pts90k = g_array_new (FALSE, FALSE, sizeof (gint64));
  r->frames = g_ptr_array_new_with_free_func (g_free);
  r->last_pcr27m = -1;
  asp_section_assembler_init (&assembler);
  for (guint i = 0; i < sink->bytes->len; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (g_ptr_array_index (sink->bytes, i), &size);

    g_assert_cmpuint (asp_ts_pid (data), ==, ASP_PID_PAT);
    g_assert_cmpuint (asp_ts_pid (data + ASP_TS_SIZE), ==, SYNTH_PMT_PID);
    for (gsize at = 0; at < size; at += ASP_TS_SIZE)
      read_packet (r, data + at, &assembler);
  }
}

static void
reading_clear (Reading * r)
{
  g_array_unref (r->tags_pts90k);
  g_ptr_array_unref (r->frames);
}

static void
check_same_cuts (const Sink * a, const Sink * b)
{
  g_assert_cmpuint (a->text->len, ==, b->text->len);
  g_assert_cmpuint (a->text->len, ==, 6);
  for (guint i = 0; i < a->text->len; i++)
    g_assert_cmpstr (g_ptr_array_index (a->text, i), ==, g_ptr_array_index (b->text, i));
}

static void
test_plain (gconstpointer parts)
{
  g_autoptr (Sink) plain = run (0, GPOINTER_TO_INT (parts));
  Reading r;

  reading_init (&r, plain);
  g_assert_cmpuint (r.pids[SYNTH_SCTE35_PID].n_packets, ==, 0);
  g_assert_cmpuint (r.pids[SYNTH_VIDEO_PID].n_pes, ==, 25 * SECONDS);
  g_assert_cmpuint (r.frames->len, ==, 0);
  reading_clear (&r);
}

static void
test_cues (gconstpointer parts)
{
  g_autoptr (Sink) plain = run (0, GPOINTER_TO_INT (parts));
  g_autoptr (Sink) kept = run (ASP_HLS_CONTENT_SCTE35, GPOINTER_TO_INT (parts));
  Reading r, without;

  check_same_cuts (plain, kept);
  reading_init (&without, plain);
  reading_init (&r, kept);
  /* the first one came before there was a picture */
  g_assert_cmpuint (r.pids[SYNTH_SCTE35_PID].n_packets, ==, SECONDS - 1);
  g_assert_cmpuint (r.pids[SYNTH_VIDEO_PID].n_packets, ==, without.pids[SYNTH_VIDEO_PID].n_packets);
  g_assert_cmpuint (r.pids[SYNTH_AUDIO_PID].n_packets, ==, without.pids[SYNTH_AUDIO_PID].n_packets);
  reading_clear (&without);
  reading_clear (&r);
}

static void
check_tags (const Reading * r)
{
  static const gint64 expected[] = { 5 * SECOND, 9 * SECOND };

  g_assert_cmpmem (r->tags_pts90k->data, r->tags_pts90k->len * sizeof (gint64), expected, sizeof expected);
  g_assert_cmpuint (r->frames->len, ==, 2);
  g_assert_true (g_str_has_prefix (g_ptr_array_index (r->frames, 0), "AdBreakStart={\"adBreakId\":\"hSi2o1WIVgij\""));
  g_assert_true (g_str_has_prefix (g_ptr_array_index (r->frames, 1), "AdBreakEnd={\"adBreakId\":\"hSi2o1WIVgij\""));
  g_assert_cmpuint (r->pmt.streams[r->pmt.n_streams - 1].stream_type, ==, 0x15);
  g_assert_cmpuint (r->pmt.streams[r->pmt.n_streams - 1].pid, ==, ID3_PID);
}

static void
test_timed_metadata (gconstpointer parts)
{
  g_autoptr (Sink) plain = run (0, GPOINTER_TO_INT (parts));
  g_autoptr (Sink) tagged = run (ASP_HLS_CONTENT_TIMED_METADATA, GPOINTER_TO_INT (parts));
  Reading r, without;

  check_same_cuts (plain, tagged);
  reading_init (&without, plain);
  reading_init (&r, tagged);
  check_tags (&r);
  g_assert_cmpuint (r.pmt.n_streams, ==, without.pmt.n_streams + 1);
  for (guint pid = 0; pid < ASP_PID_COUNT; pid++)
    if (pid != ID3_PID)
      g_assert_cmpuint (r.pids[pid].n_packets, ==, without.pids[pid].n_packets);
  reading_clear (&without);
  reading_clear (&r);
}

static void
test_audio_only (gconstpointer parts)
{
  g_autoptr (Sink) plain = run (0, GPOINTER_TO_INT (parts));
  g_autoptr (Sink) sound = run (ASP_HLS_CONTENT_AUDIO_ONLY | ASP_HLS_CONTENT_TIMED_METADATA, GPOINTER_TO_INT (parts));
  Reading r, without;

  check_same_cuts (plain, sound);
  reading_init (&without, plain);
  reading_init (&r, sound);
  check_tags (&r);
  g_assert_cmpuint (r.pmt.n_streams, ==, 2);
  g_assert_cmpuint (r.pmt.streams[0].pid, ==, SYNTH_AUDIO_PID);
  g_assert_cmpuint (r.pids[SYNTH_AUDIO_PID].n_packets, ==, without.pids[SYNTH_AUDIO_PID].n_packets);
  g_assert_cmpuint (r.pids[SYNTH_AUDIO_PID + 1].n_packets, ==, 0);
  /* of the pictures only the clock is left, at most 100 ms apart (13818-1, 2.7.2) */
  g_assert_cmpuint (r.pmt.pcr_pid, ==, SYNTH_VIDEO_PID);
  g_assert_cmpuint (r.pids[SYNTH_VIDEO_PID].n_payloads, ==, 0);
  g_assert_cmpint (r.widest_pcr27m, >, 0);
  g_assert_cmpint (r.widest_pcr27m, <=, 100 * 27000);
  reading_clear (&without);
  reading_clear (&r);
}

static void
add (const gchar * name, GTestDataFunc func)
{
  g_autofree gchar *whole = g_strconcat ("/hls/content/", name, NULL);
  g_autofree gchar *parts = g_strconcat (whole, "/parts", NULL);

  g_test_add_data_func (whole, GINT_TO_POINTER (FALSE), func);
  g_test_add_data_func (parts, GINT_TO_POINTER (TRUE), func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/content/tag", test_tag);
  g_test_add_func ("/hls/content/long-tag", test_long_tag);
  add ("plain", test_plain);
  add ("cues", test_cues);
  add ("timed-metadata", test_timed_metadata);
  add ("audio-only", test_audio_only);
  return g_test_run ();
}
