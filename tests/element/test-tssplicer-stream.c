/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The output as a stream: CC, tables, clock and what is not spliced, through one break and
 * the next (DESIGN 6.1, 6.5, 6.6, 6.9).
 */
#include <string.h>

#include <tsc-packet.h>

#include "ts-fixture.h"

typedef struct
{
  GByteArray *ts;
  Fixture *f;
  Reading *in, *out;
} Run;

/* @spec with two breaks: 2 s to 4 s, 7 s to 10 s. */
static Run *
run_new (const Way * way, const MediaSpec * spec, const gchar * properties)
{
  Run *run = g_new0 (Run, 1);
  g_autofree gchar *all = g_strdup_printf ("schedule=2+2,7+3 %s", properties);

  run->ts = media_make (spec);
  run->f = fixture_new (way, g_strchomp (all));
  fixture_add_creative (run->f, "ad_0", 2, 50);
  fixture_add_creative (run->f, "ad_1", 3, 75);
  fixture_feed (run->f, run->ts);
  g_assert_cmpint (run->f->flow, ==, GST_FLOW_OK);
  fixture_eos (run->f);
  run->in = reading_new (run->ts->data, run->ts->len);
  run->out = fixture_read (&run->f->out);
  return run;
}

static void
run_free (Run * run)
{
  reading_free (run->in);
  reading_free (run->out);
  fixture_free (run->f);
  g_byte_array_unref (run->ts);
  g_free (run);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

#define TWO_BREAKS "1:0-49,2:0-49,1:100-174,3:0-74,1:250-299"

static void
assert_same_bytes (const GByteArray * a, const GByteArray * b)
{
  g_assert_cmpmem (a->data, a->len, b->data, b->len);
}

/* Every clock reading of the input, in its order, and none between them. */
static void
assert_same_clock (const Reading * in, const Reading * out)
{
  g_assert_cmpuint (in->pcr->len, ==, out->pcr->len);
  for (guint i = 0; i < in->pcr->len; i++)
    g_assert_cmpint (g_array_index (in->pcr, ReadPcr, i).pcr27m, ==, g_array_index (out->pcr, ReadPcr, i).pcr27m);
}

static gint64
longest_interval_27m (const Reading * r)
{
  gint64 longest = 0;

  for (guint i = 1; i < r->pcr->len; i++)
    longest = MAX (longest, g_array_index (r->pcr, ReadPcr, i).pcr27m - g_array_index (r->pcr, ReadPcr, i - 1).pcr27m);
  return longest;
}

#define INTERVAL_MAX_27M (27000 * 42)   /* 40 ms, and three slots into which a reading may slip */

/* With a constant rate a reading says where it stands: it must be that of its slot, to a
 * microsecond; and no two of them are further apart where those of the input were not
 * (DESIGN 6.5). */
static void
assert_exact_clock (const Reading * in, const Reading * out, guint64 muxrate)
{
  const ReadPcr *first = &g_array_index (in->pcr, ReadPcr, 0);
  gdouble slot_27m = 27e6 * MEDIA_PACKET * 8 / (gdouble) muxrate;

  for (guint i = 0; i < out->pcr->len; i++) {
    const ReadPcr *pcr = &g_array_index (out->pcr, ReadPcr, i);
    gdouble slots = ((gdouble) pcr->offset - (gdouble) first->offset) / MEDIA_PACKET;

    g_assert_cmpfloat_with_epsilon ((gdouble) (pcr->pcr27m - first->pcr27m), slots * slot_27m, 27);
  }
  if (longest_interval_27m (in) <= INTERVAL_MAX_27M)
    g_assert_cmpint (longest_interval_27m (out), <=, INTERVAL_MAX_27M);
}

static void
check_run (const Run * run, guint64 muxrate)
{
  reading_assert_pictures (run->out, TWO_BREAKS);
  reading_assert_seamless (run->out);
  assert_same_bytes (run->in->tables, run->out->tables);
  assert_same_bytes (run->in->others, run->out->others);
  if (muxrate > 0)
    assert_exact_clock (run->in, run->out, muxrate);
  else
    assert_same_clock (run->in, run->out);
  g_assert_cmpuint (fixture_count_messages (run->f, GST_MESSAGE_WARNING), ==, 0);
}

static void
test_variable_rate (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (Run) run = run_new (way, &spec, "");

  check_run (run, 0);
}

/* "packets in = packets out (CBR stays CBR)" */
static void
check_constant_rate (const Way * way, guint64 muxrate)
{
  MediaSpec spec = media_network ();
  g_autoptr (Run) run = NULL;

  spec.muxrate = muxrate;
  run = run_new (way, &spec, "");
  check_run (run, spec.muxrate);
  g_assert_cmpuint (run->out->n_packets, ==, run->in->n_packets);
}

static void
test_constant_rate (const Way * way)
{
  check_constant_rate (way, 400000);
}

/* Most of it null packets: the clock of the input keeps its 40 ms, and so must ours. */
static void
test_much_stuffing (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Reading) r = NULL;

  spec.muxrate = 3000000;
  ts = media_make (&spec);
  r = reading_new (ts->data, ts->len);
  g_assert_cmpint (longest_interval_27m (r), <=, INTERVAL_MAX_27M);
  check_constant_rate (way, 3000000);
}

/* As many null packets as clock readings, 5 % here. What piles up at the return must go, and
 * soon: "outside a break nothing is held" (DESIGN 6.9). */
static void
test_little_stuffing (const Way * way)
{
  MediaSpec spec = media_network (), ad = media_creative (2, 50);
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (GByteArray) creative = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=2+2");
  g_autoptr (Reading) in = NULL;
  g_autoptr (Reading) out = NULL;

  spec.picture_bytes = 4000;
  spec.muxrate = 735000;
  ad.picture_bytes = 2000;
  ts = media_make (&spec);
  creative = media_make (&ad);
  ad_play (fixture_add_ad (f, "ad_0"), "ad", creative);
  fixture_feed (f, ts);
  fixture_eos (f);
  in = reading_new (ts->data, ts->len);
  out = fixture_read (&f->out);
  g_assert_cmpuint (in->n_null, >, in->n_packets / 25);
  g_assert_cmpuint (in->n_null, <, in->n_packets / 15);
  reading_assert_pictures (out, "1:0-49,2:0-49,1:100-299");
  reading_assert_seamless (out);
  assert_exact_clock (in, out, spec.muxrate);
  g_assert_cmpuint (out->n_packets, ==, in->n_packets);
  /* 7 s behind the return each picture is where it was */
  g_assert_cmpuint (reading_find (out->pictures, 1, 275)->offset, ==, reading_find (in->pictures, 1, 275)->offset);
}

/* Fewer null packets than clock readings: even so a backlog must not stay for ever, nor be
 * taken for the next creative's. */
static void
test_tight_rate (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (Run) run = NULL;

  spec.muxrate = 200000;
  run = run_new (way, &spec, "");
  g_assert_cmpuint (run->in->n_null, <, run->in->n_packets / 30);
  check_run (run, spec.muxrate);
  g_assert_cmpuint (run->out->n_packets, ==, run->in->n_packets);
}

static void
test_null_packets_dropped (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (Run) run = NULL;

  spec.muxrate = 400000;
  run = run_new (way, &spec, "null-packets=drop");
  g_assert_cmpuint (run->in->n_null, >, 1000);
  g_assert_cmpuint (run->out->n_null, ==, 0);
  check_run (run, 0);
}

/* ffmpeg's way: 17 access units in a PES, 363 ms. */
static void
test_grouped_audio (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (Run) run = NULL;

  spec.units_per_pes = 17;
  run = run_new (way, &spec, "");
  check_run (run, 0);
}

static void
test_single_audio (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (Run) run = NULL;

  spec.units_per_pes = 1;
  run = run_new (way, &spec, "");
  check_run (run, 0);
}

static void
test_no_audio (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (Run) run = NULL;

  spec.n_audio = 0;
  run = run_new (way, &spec, "");
  check_run (run, 0);
}

static void
test_two_tracks (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (Run) run = NULL;

  spec.n_audio = 2;
  run = run_new (way, &spec, "");
  check_run (run, 0);
}

/* The clocks wrap in the first break, between the two, and in the second. */
static void
test_wrap (const Way * way)
{
  for (gint seconds = 3; seconds <= 9; seconds += 3) {
    MediaSpec spec = media_network ();
    g_autoptr (Run) run = NULL;

    spec.first_pts90k = TSC_PTS_MODULUS - seconds * 90000;
    run = run_new (way, &spec, "");
    check_run (run, 0);
  }
}

/* Without B pictures on one side DTS must be moved or squeezed; still nothing is lost. */
static void
check_reorder (const Way * way, guint network, guint ad)
{
  MediaSpec spec = media_network (), creative = media_creative (2, 75);
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (GByteArray) ad_ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) r = NULL;
  gboolean mismatch = FALSE;

  spec.bframes = network;
  creative.bframes = ad;
  ts = media_make (&spec);
  ad_ts = media_make (&creative);
  ad_play (fixture_add_ad (f, "ad_0"), "ad", ad_ts);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  reading_assert_seamless (r);
  gst_structure_get_boolean (fixture_state (f, "creative-started", 0), "reorder-mismatch", &mismatch);
  g_assert_cmpint (mismatch, ==, ad > network);
}

static void
test_reorder_less (const Way * way)
{
  check_reorder (way, 2, 0);
}

static void
test_reorder_more (const Way * way)
{
  check_reorder (way, 0, 2);
}

/* DESIGN 6.1: "so that PTS - DTS of its first access unit equals the network's" */
static void
test_reorder_equal (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (Run) run = run_new (way, &spec, "");
  const ReadUnit *network = reading_find (run->out->pictures, 1, 25), *ad = reading_find (run->out->pictures, 2, 0);

  g_assert_cmpint (ad->pts90k - ad->dts90k, ==, network->pts90k - network->dts90k);
}

/* --- CC behind a break ------------------------------------------------------------ */

/* Packets of @pid from @offset on: what CC out is ahead of CC in. */
static guint
cc_shift (const GByteArray * in, gsize in_at, const GByteArray * out, gsize out_at, guint pid, guint * n)
{
  gint shift = -1;

  *n = 0;
  while (in_at < in->len && out_at < out->len) {
    TscPacket a, b;

    tsc_packet_parse (in->data + in_at, &a);
    tsc_packet_parse (out->data + out_at, &b);
    if (a.pid != pid) {
      in_at += MEDIA_PACKET;
      continue;
    }
    if (b.pid != pid) {
      out_at += MEDIA_PACKET;
      continue;
    }
    g_assert_cmpmem (in->data + in_at + 4, MEDIA_PACKET - 4, out->data + out_at + 4, MEDIA_PACKET - 4);
    if (shift < 0)
      shift = (gint) ((b.cc - a.cc) & 15);
    g_assert_cmpuint ((b.cc - a.cc) & 15, ==, (guint) shift);
    in_at += MEDIA_PACKET;
    out_at += MEDIA_PACKET;
    (*n)++;
  }
  return (guint) shift;
}

static void
test_cc_constant (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (Run) run = run_new (way, &spec, "");
  /* 1 s behind each return, where the sound has followed too */
  static const guint from[] = { 125, 275 };

  for (guint i = 0; i < G_N_ELEMENTS (from); i++)
    for (guint pid = MEDIA_VIDEO_PID; pid <= MEDIA_AUDIO_PID; pid++) {
      gsize in = reading_find (run->in->pictures, 1, from[i])->offset;
      gsize out = reading_find (run->out->pictures, 1, from[i])->offset;
      gsize in_end = i == 0 ? reading_find (run->in->pictures, 1, 140)->offset : run->ts->len;
      GByteArray head = { run->ts->data, (guint) in_end };
      guint n;

      cc_shift (&head, in, run->f->out.bytes, out, pid, &n);
      g_assert_cmpuint (n, >, 10);
    }
}

/* What the input loses stays visible, before a break and behind it. */
static void
test_losses_visible (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) in = NULL;
  g_autoptr (Reading) out = NULL;

  media_lose_packet (ts, MEDIA_VIDEO_PID, reading_offset_of (ts, 1, 280) / MEDIA_PACKET);
  media_lose_packet (ts, MEDIA_AUDIO_PID, reading_offset_of (ts, 1, 250) / MEDIA_PACKET);
  media_lose_packet (ts, MEDIA_VIDEO_PID, reading_offset_of (ts, 1, 240) / MEDIA_PACKET);
  media_lose_packet (ts, MEDIA_VIDEO_PID, reading_offset_of (ts, 1, 20) / MEDIA_PACKET);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  in = reading_new (ts->data, ts->len);
  out = fixture_read (&f->out);
  g_assert_cmpuint (in->cc_errors, ==, 4);
  g_assert_cmpuint (out->cc_errors, ==, 4);
}

/* What comes in twice (2.4.3.3) goes out twice, not as two packets. */
static void
test_duplicates (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) doubled = g_byte_array_new ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  guint n = 0, seen = 0;

  for (guint at = 0; at < ts->len; at += MEDIA_PACKET) {
    TscPacket p;

    g_byte_array_append (doubled, ts->data + at, MEDIA_PACKET);
    tsc_packet_parse (ts->data + at, &p);
    if (p.pid == MEDIA_VIDEO_PID && !p.has_pcr && n++ % 10 == 0)
      g_byte_array_append (doubled, ts->data + at, MEDIA_PACKET);
  }
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, doubled);
  fixture_eos (f);
  for (guint at = MEDIA_PACKET; at < f->out.bytes->len; at += MEDIA_PACKET)
    seen += !memcmp (f->out.bytes->data + at, f->out.bytes->data + at - MEDIA_PACKET, MEDIA_PACKET);
  /* 300 pictures less 75, about as many as came in outside the break */
  g_assert_cmpuint (seen, >, n / 10 / 2);
  g_assert_cmpuint (seen, <, n / 10);
}

/* Bytes that are no packets pass outside breaks and are dropped in them (DESIGN 6.9). */
static void
test_garbage (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) r = NULL;
  gsize before = reading_offset_of (ts, 1, 50) / MEDIA_PACKET;
  gsize in = reading_offset_of (ts, 1, 140) / MEDIA_PACKET, behind = reading_offset_of (ts, 1, 250) / MEDIA_PACKET;

  media_insert_garbage (ts, behind, 500);
  media_insert_garbage (ts, in, 777);
  media_insert_garbage (ts, before, 50);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->stray_bytes, ==, 550);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/stream/variable-rate", test_variable_rate);
  fixture_add_tests ("/stream/constant-rate", test_constant_rate);
  fixture_add_tests ("/stream/much-stuffing", test_much_stuffing);
  fixture_add_tests ("/stream/little-stuffing", test_little_stuffing);
  fixture_add_tests ("/stream/tight-rate", test_tight_rate);
  fixture_add_tests ("/stream/null-packets-dropped", test_null_packets_dropped);
  fixture_add_tests ("/stream/grouped-audio", test_grouped_audio);
  fixture_add_test ("/stream/single-audio", test_single_audio);
  fixture_add_test ("/stream/no-audio", test_no_audio);
  fixture_add_tests ("/stream/two-tracks", test_two_tracks);
  fixture_add_tests ("/stream/wrap", test_wrap);
  fixture_add_test ("/stream/reorder-less", test_reorder_less);
  fixture_add_test ("/stream/reorder-more", test_reorder_more);
  fixture_add_test ("/stream/reorder-equal", test_reorder_equal);
  fixture_add_tests ("/stream/cc-constant", test_cc_constant);
  fixture_add_tests ("/stream/losses-visible", test_losses_visible);
  fixture_add_tests ("/stream/duplicates", test_duplicates);
  fixture_add_tests ("/stream/garbage", test_garbage);
  return fixture_run ();
}
