/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The segmenter on streams made by hand, where every access unit says who it is: each
 * must come out once, in the segment where it belongs.
 */
#include <string.h>

#include "hls-sink.h"

#define SECOND ASP_SECOND_90K
#define FRAME 3600
#define AUDIO SYNTH_AUDIO_FRAME_90K

/* -- one source -- */

static void
check_grouped (gint64 start_90k, gint64 late_90k, gsize chunk, guint frames_per_pes)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Synth s;

  hls_sink_plain_stream (&s, start_90k, late_90k, frames_per_pes);
  hls_sink_push_all (sink, &s, chunk);
  g_assert_cmpuint (sink->out->len, ==, 5);
  for (guint i = 0; i < 5; i++) {
    const HlsSinkSegment *out = hls_sink_segment (sink, i);
    guint first = hls_sink_audio_at (i * 2 * SECOND, -500);
    guint last = i == 4 ? 469 : hls_sink_audio_at ((i + 1) * 2 * SECOND, -500) - 1;

    g_assert_cmpint (out->info.duration_90k, ==, 2 * SECOND);
    g_assert_true (out->info.independent);
    g_assert_false (out->info.discontinuity);
    g_assert_cmpuint (out->info.target_duration_s, ==, 2);
    hls_sink_assert_run (sink, i, SYNTH_VIDEO_PID, 1, i * 50, i * 50 + 49);
    hls_sink_assert_run (sink, i, SYNTH_AUDIO_PID, 1, first, last);
  }
  hls_sink_assert_complete (sink, SYNTH_AUDIO_PID + 1, 1, 0, 470);
  synth_clear (&s);
}

static void
check_plain (gint64 start_90k, gint64 late_90k, gsize chunk)
{
  check_grouped (start_90k, late_90k, chunk, 1);
}

static void
test_plain (void)
{
  check_plain (10 * SECOND, 0, 0);
}

static void
test_late_audio (void)
{
  check_plain (10 * SECOND, 27000, 0);
  check_plain (10 * SECOND, 60000, 1316);
}

static void
test_early_audio (void)
{
  check_plain (10 * SECOND, -27000, 0);
  check_plain (10 * SECOND, -60000, 0);
}

static void
test_wrap (void)
{
  for (gint64 k = 0; k < 11; k++)
    check_plain (ASP_PTS_MODULUS - k * SECOND, 27000, 0);
}

static void
test_chunks (void)
{
  static const gsize chunks[] = { 1, 7, 100, 187, 188, 189, 564, 1316, 65536 };
  g_autofree gchar *expected = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (chunks) + 1; i++) {
    g_autoptr (HlsSink) sink = hls_sink_new (2);
    Synth s;

    hls_sink_plain_stream (&s, SECOND, 27000, 3);
    hls_sink_push_all (sink, &s, i == 0 ? 0 : chunks[i - 1]);
    if (!expected)
      expected = g_strdup (g_checksum_get_string (sink->sum));
    g_assert_cmpstr (g_checksum_get_string (sink->sum), ==, expected);
    g_assert_cmpuint (sink->out->len, ==, 5);
    synth_clear (&s);
  }
}

/* A PES of several frames over which a cut falls is split: the sound of each segment is what
 * it would be with a PES for each frame. */
static void
test_grouped_audio (void)
{
  static const guint groups[] = { 2, 3, 8, 17 };

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++) {
    check_grouped (SECOND, 27000, 0, groups[i]);
    check_grouped (SECOND, -27000, 188, groups[i]);
    check_grouped (ASP_PTS_MODULUS - 2 * SECOND, 9000, 1316, groups[i]);
  }
}

static void
test_reorder (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Synth s;

  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = SECOND,.frames = 251,
      .gop = 25,.reorder = 1});
  synth_add_audio (&s, SYNTH_AUDIO_PID, 1, SECOND, 470, 1, 9000);
  hls_sink_push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, ==, 6);
  g_assert_cmpint (hls_sink_segment (sink, 0)->info.duration_90k, ==, 2 * SECOND);
  g_assert_cmpint (hls_sink_segment (sink, 5)->info.duration_90k, ==, FRAME);
  hls_sink_assert_run (sink, 0, SYNTH_VIDEO_PID, 1, 0, 49);
  hls_sink_assert_run (sink, 5, SYNTH_VIDEO_PID, 1, 250, 250);
  synth_clear (&s);
}

/* A PID that the PMT names but nobody sends, and one that falls silent, hold up nothing. */
static void
test_silent_audio (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Synth s;

  synth_init (&s, 3);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = SECOND,.frames = 250,.gop = 25});
  synth_add_audio (&s, SYNTH_AUDIO_PID, 1, SECOND, 470, 1, 9000);
  synth_add_audio (&s, SYNTH_AUDIO_PID + 1, 1, SECOND, 100, 1, 9000);
  hls_sink_push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, ==, 5);
  hls_sink_assert_complete (sink, SYNTH_AUDIO_PID, 1, 0, 470);
  hls_sink_assert_complete (sink, SYNTH_AUDIO_PID + 1, 1, 0, 100);
  synth_clear (&s);
}

static void
test_starts_at_rap (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  g_autoptr (GByteArray) bytes = NULL;
  Synth s;

  hls_sink_plain_stream (&s, 10 * SECOND, 27000, 1);
  bytes = synth_write (&s);
  /* tuned in somewhere, not even at a packet */
  g_byte_array_remove_range (bytes, 0, 40001);
  hls_sink_push (sink, bytes, 0);
  asp_hls_segmenter_finish (sink->segmenter);
  hls_sink_assert_run (sink, 0, SYNTH_VIDEO_PID, 1, 50, 99);
  hls_sink_assert_run (sink, 0, SYNTH_AUDIO_PID, 1, hls_sink_audio_at (2 * SECOND, -500),
      hls_sink_audio_at (4 * SECOND, -500) - 1);
  synth_clear (&s);
}

/* -- left out -- */

static void
put_packet (GByteArray * out, guint pid, guint cc)
{
  guint8 packet[ASP_TS_SIZE];
  guint8 payload[ASP_TS_PAYLOAD_MAX] = { 0 };

  asp_ts_packet_write_payload (packet, pid, cc, FALSE, FALSE, ASP_NO_TIME, payload,
      sizeof payload, ASP_TS_PAYLOAD_MAX);
  g_byte_array_append (out, packet, sizeof packet);
}

static void
test_foreign_packets (void)
{
  g_autoptr (HlsSink) plain = hls_sink_new (2);
  g_autoptr (HlsSink) mixed = hls_sink_new (2);
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GByteArray) more = g_byte_array_new ();
  Synth s;

  hls_sink_plain_stream (&s, SECOND, 27000, 1);
  s.scte35 = TRUE;
  bytes = synth_write (&s);
  for (gsize i = 0; i < bytes->len; i += ASP_TS_SIZE) {
    const guint8 *p = bytes->data + i;

    g_byte_array_append (more, p, ASP_TS_SIZE);
    put_packet (more, ASP_PID_NULL, 0);
    put_packet (more, SYNTH_SCTE35_PID, (guint) i);
    put_packet (more, 0x11, (guint) i);
    put_packet (more, 0x999, (guint) i);
    if (asp_ts_pid (p) >= SYNTH_VIDEO_PID && i % 5 == 0)
      g_byte_array_append (more, p, ASP_TS_SIZE);       /* sent twice */
    if (i % 7 == 0)
      g_byte_array_append (more, (const guint8 *) "garbage", 7);
  }
  hls_sink_push (plain, bytes, 0);
  hls_sink_push (mixed, more, 1000);
  asp_hls_segmenter_finish (plain->segmenter);
  asp_hls_segmenter_finish (mixed->segmenter);
  g_assert_cmpuint (mixed->out->len, ==, 5);
  g_assert_cmpstr (g_checksum_get_string (mixed->sum), ==, g_checksum_get_string (plain->sum));
  synth_clear (&s);
}

static void
test_204 (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GByteArray) wide = g_byte_array_new ();
  const guint8 parity[16] = { 1 };
  Synth s;

  hls_sink_plain_stream (&s, SECOND, 0, 1);
  bytes = synth_write (&s);
  for (gsize i = 0; i < 20 * ASP_TS_SIZE; i += ASP_TS_SIZE) {
    g_byte_array_append (wide, bytes->data + i, ASP_TS_SIZE);
    g_byte_array_append (wide, parity, sizeof parity);
  }
  g_assert_false (asp_hls_segmenter_push (sink->segmenter, wide->data, wide->len, 0));
  synth_clear (&s);
}

/* -- lengths -- */

static void
test_long_gop (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Synth s;

  /* two GOPs of a second, then one of eight: 2.5 s must not be reached */
  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = 0,.frames = 50,.gop = 25});
  synth_add_video (&s, &(SynthVideo) {.source = 2,.start_pts90k = 2 * SECOND,.frames = 200});
  synth_add_audio (&s, SYNTH_AUDIO_PID, 1, 0, 470, 1, 9000);
  hls_sink_push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, ==, 5);
  for (guint i = 0; i < 5; i++) {
    const AspHlsSegmentInfo *info = &hls_sink_segment (sink, i)->info;

    g_assert_cmpuint (info->target_duration_s, ==, 2);
    g_assert_cmpint (info->duration_90k, <, 2 * SECOND + SECOND / 2);
    g_assert_true (info->independent == (i < 2));
    g_assert_false (info->discontinuity);
  }
  g_assert_cmpint (hls_sink_segment (sink, 1)->info.duration_90k, ==, 62 * FRAME);
  hls_sink_assert_complete (sink, SYNTH_VIDEO_PID, 2, 0, 200);
  synth_clear (&s);
}

/* Never a second RAP: TARGETDURATION is given up waiting for. */
static void
test_one_rap (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Synth s;

  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = 0,.frames = 800});
  hls_sink_push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, ==, 4);
  g_assert_cmpuint (hls_sink_segment (sink, 0)->info.target_duration_s, ==, 10);
  g_assert_true (hls_sink_segment (sink, 0)->info.independent);
  g_assert_false (hls_sink_segment (sink, 1)->info.independent);
  hls_sink_assert_complete (sink, SYNTH_VIDEO_PID, 1, 0, 800);
  synth_clear (&s);
}

/* Open GOPs without an IDR: begun at a recovery point after a while. */
static void
test_no_idr (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);
  Synth s;

  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.source = 1,.start_pts90k = 0,.frames = 500,.gop = 50,
      .no_idr = TRUE});
  hls_sink_push_all (sink, &s, 0);
  g_assert_cmpuint (sink->out->len, >=, 6);
  /* one GOP does not make a TARGETDURATION, two do */
  g_assert_cmpuint (hls_sink_segment (sink, 0)->info.target_duration_s, ==, 0);
  g_assert_cmpuint (hls_sink_segment (sink, 1)->info.target_duration_s, ==, 2);
  for (guint i = 0; i < sink->out->len; i++)
    g_assert_false (hls_sink_segment (sink, i)->info.independent);
  g_assert_cmpuint (g_array_index (hls_sink_segment (sink, 1)->found, SynthFound, 0).number % 50, ==, 0);
  synth_clear (&s);
}

static void
test_empty (void)
{
  g_autoptr (HlsSink) sink = hls_sink_new (2);

  g_assert_nonnull (asp_hls_segmenter_trouble (sink->segmenter));
  asp_hls_segmenter_finish (sink->segmenter);
  g_assert_cmpuint (sink->out->len, ==, 0);
}

/* -- anything -- */

static void
ignore_segment (const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
    const AspHlsSegmentInfo * next, gpointer user_data)
{
  gint64 *at_90k = user_data;

  g_assert_cmpint (info->at_90k, ==, *at_90k);
  g_assert_cmpint (info->duration_90k, >, 0);
  *at_90k += info->duration_90k;
  g_bytes_unref (bytes);
}

static void
ignore_mark (const AspHlsMark * mark, gint64 at_90k, gpointer user_data)
{
}

/* Damage of every kind: positions still add up and nothing is read that is not there. */
static void
test_damage (void)
{
  static const AspHlsSegmenterFuncs ignore = { ignore_segment, ignore_mark, NULL, NULL };
  g_autoptr (GByteArray) good = NULL;
  Synth s;

  hls_sink_plain_stream (&s, ASP_PTS_MODULUS - 3 * SECOND, 27000, 3);
  s.unit_bytes = 100;
  good = synth_write (&s);
  for (guint seed = 0; seed < 200; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    g_autofree guint8 *bytes = g_memdup2 (good->data, good->len);
    gint64 at_90k = 0;
    AspHlsSegmenter *segmenter = asp_hls_segmenter_new (2, &ignore, &at_90k);
    gsize at = 0;

    for (guint i = 0; i < seed * 10; i++)
      bytes[g_rand_int_range (rand, 0, (gint) good->len)] = (guint8) g_rand_int (rand);
    while (at < good->len) {
      gsize wanted = (gsize) g_rand_int_range (rand, 1, 20000);
      gsize n = MIN (good->len - at, wanted);
      g_autofree guint8 *copy = g_memdup2 (bytes + at, n);

      asp_hls_segmenter_push (segmenter, copy, n, 0);
      at += n + (seed % 3 == 0 ? (gsize) g_rand_int_range (rand, 0, 500) : 0);
      if (g_rand_int_range (rand, 0, 30) == 0)
        asp_hls_segmenter_interrupt (segmenter);
      if (g_rand_int_range (rand, 0, 10) == 0)
        asp_hls_segmenter_boundary (segmenter, asp_hls_boundary_new (g_rand_int (rand) % 8 ?
                (guint64) (g_rand_int_range (rand, -4, 8) * SECOND) & ASP_PTS_MASK :
                g_rand_int (rand), TRUE));
    }
    asp_hls_segmenter_finish (segmenter);
    asp_hls_segmenter_free (segmenter);
  }
  synth_clear (&s);
}

/* -- packets in one go and one by one -- */

/* Adds to @out what a real channel does to @packet: it is lost, sent twice or three times, has
 * another priority, comes between packets of nobody. */
static void
mangle (GByteArray * out, GRand * rand, const guint8 * packet)
{
  static const guint8 null_packet[ASP_TS_SIZE] = { ASP_TS_SYNC, 0x1f, 0xff, 0x10 };
  guint8 copy[ASP_TS_SIZE];
  guint kind = (guint) g_rand_int_range (rand, 0, 60);

  memcpy (copy, packet, sizeof copy);
  if (kind == 0)
    return;
  if (kind == 1)
    copy[1] |= 0x20;
  if (kind == 2)
    g_byte_array_append (out, null_packet, sizeof null_packet);
  if (kind == 3)
    copy[3] = (guint8) ((copy[3] & 0xf0) | g_rand_int_range (rand, 0, 16));
  g_byte_array_append (out, copy, sizeof copy);
  if (kind == 4 || kind == 5)
    g_byte_array_append (out, copy, sizeof copy);
  if (kind == 5)
    g_byte_array_append (out, copy, sizeof copy);
}

static void
sum_segment (const AspHlsSegmentInfo * info, GBytes * bytes, GPtrArray * marks,
    const AspHlsSegmentInfo * next, gpointer user_data)
{
  g_autofree gchar *text = g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d\n",
      info->at_90k, info->duration_90k, info->discontinuity);

  g_checksum_update (user_data, (const guchar *) text, -1);
  g_checksum_update (user_data, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
  g_bytes_unref (bytes);
}

/* In pieces of less than a packet each one is put together and looked at for itself. */
static gchar *
sum_of (const GByteArray * bytes, gsize chunk)
{
  static const AspHlsSegmenterFuncs sum_funcs = { sum_segment, ignore_mark, NULL };
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  AspHlsSegmenter *segmenter = asp_hls_segmenter_new (2, &sum_funcs, sum);

  for (gsize at = 0; at < bytes->len; at += chunk)
    asp_hls_segmenter_push (segmenter, bytes->data + at, MIN (chunk, bytes->len - at), 0);
  asp_hls_segmenter_finish (segmenter);
  asp_hls_segmenter_free (segmenter);
  return g_strdup (g_checksum_get_string (sum));
}

static void
test_in_one_go (void)
{
  g_autoptr (GByteArray) good = NULL;
  g_autofree gchar *unharmed = NULL;
  Synth s;

  synth_init (&s, 1);
  synth_add_video (&s, &(SynthVideo) {.start_pts90k = SECOND,.frames = 80,.gop = 25});
  synth_add_audio (&s, SYNTH_AUDIO_PID, 0, SECOND, 80 * FRAME / AUDIO, 3, 9000);
  s.unit_bytes = 50000;         /* more packets than are taken in one go */
  good = synth_write (&s);
  unharmed = sum_of (good, 100);
  for (guint seed = 0; seed < 8; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autofree gchar *one_by_one = NULL;

    for (gsize at = 0; at < good->len; at += ASP_TS_SIZE)
      mangle (bytes, rand, good->data + at);
    one_by_one = sum_of (bytes, 100);
    g_assert_cmpstr (one_by_one, !=, unharmed);
    for (gsize chunk = ASP_TS_SIZE; chunk <= good->len * 2; chunk *= 7) {
      g_autofree gchar *in_one_go = sum_of (bytes, chunk);

      g_assert_cmpstr (in_one_go, ==, one_by_one);
    }
  }
  synth_clear (&s);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/segmenter/plain", test_plain);
  g_test_add_func ("/hls/segmenter/late-audio", test_late_audio);
  g_test_add_func ("/hls/segmenter/early-audio", test_early_audio);
  g_test_add_func ("/hls/segmenter/wrap", test_wrap);
  g_test_add_func ("/hls/segmenter/chunks", test_chunks);
  g_test_add_func ("/hls/segmenter/grouped-audio", test_grouped_audio);
  g_test_add_func ("/hls/segmenter/reorder", test_reorder);
  g_test_add_func ("/hls/segmenter/silent-audio", test_silent_audio);
  g_test_add_func ("/hls/segmenter/starts-at-rap", test_starts_at_rap);
  g_test_add_func ("/hls/segmenter/foreign-packets", test_foreign_packets);
  g_test_add_func ("/hls/segmenter/204", test_204);
  g_test_add_func ("/hls/segmenter/long-gop", test_long_gop);
  g_test_add_func ("/hls/segmenter/one-rap", test_one_rap);
  g_test_add_func ("/hls/segmenter/no-idr", test_no_idr);
  g_test_add_func ("/hls/segmenter/empty", test_empty);
  g_test_add_func ("/hls/segmenter/damage", test_damage);
  g_test_add_func ("/hls/segmenter/in-one-go", test_in_one_go);
  return g_test_run ();
}
