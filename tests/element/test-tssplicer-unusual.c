/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Input that is right and yet not as the others: buffers in odd shapes, streams without the
 * RAP that is needed, clocks that jump, tables that change (DESIGN 4.1, 6.7 to 6.11).
 */
#define _GNU_SOURCE             /* memmem() */
#include <string.h>

#include "ts-fixture.h"

#define AT_90K(number) (10 * 90000 + (guint64) (number) * MEDIA_FRAME_90K)

static void
feed_all (Fixture * f, const GByteArray * ts)
{
  fixture_feed (f, ts);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_eos (f);
}

static void
check_out (Fixture * f, const gchar * runs)
{
  g_autoptr (Reading) r = fixture_read (&f->out);

  reading_assert_pictures (r, runs);
  reading_assert_seamless (r);
}

/* --- buffers ---------------------------------------------------------------------- */

static void
test_one_byte (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=2+2");

  spec.frames = 150;
  ts = media_make (&spec);
  fixture_add_network (f);
  fixture_add_creative (f, "ad_0", 2, 50);
  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_BYTES);
  for (guint i = 0; i < ts->len; i++)
    g_assert_cmpint (gst_pad_push (f->h->srcpad, gst_buffer_new_memdup (ts->data + i, 1)), ==, GST_FLOW_OK);
  fixture_eos (f);
  check_out (f, "1:0-49,2:0-49,1:100-149");
  fixture_assert_same (&f->network, ts);
}

/* Empty buffers, and buffers of several memories. */
static void
test_odd_buffers (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_BYTES);
  for (gsize at = 0; at < ts->len;) {
    GstBuffer *buffer = gst_buffer_new ();

    g_assert_cmpint (gst_pad_push (f->h->srcpad, gst_buffer_new ()), ==, GST_FLOW_OK);
    for (guint i = 1; i < 5 && at < ts->len; i++) {
      gsize n = MIN (i * 100, ts->len - at);
      GstMemory *memory = gst_allocator_alloc (NULL, n, NULL);

      gst_buffer_append_memory (buffer, memory);
      gst_buffer_fill (buffer, gst_buffer_get_size (buffer) - n, ts->data + at, n);
      at += n;
    }
    g_assert_cmpint (gst_pad_push (f->h->srcpad, buffer), ==, GST_FLOW_OK);
  }
  fixture_eos (f);
  check_out (f, "1:0-99,2:0-74,1:175-299");
}

/* One run: TRUE when CC were still moved at the end, with no packet held, so that buffers
 * that pass had to be patched. */
static gboolean
run_unwritable (const Way * way, guint picture_bytes, GstMemoryFlags flags, gboolean keep_reference)
{
  MediaSpec spec = media_network (), creative = media_creative (2, 50);
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (GByteArray) ad = NULL;
  g_autofree guint8 *before = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=2+2");
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  gsize in, out;

  spec.frames = 750;
  spec.own_pcr_pid = TRUE;
  spec.muxrate = 240000;
  creative.picture_bytes = picture_bytes;
  ts = media_make (&spec);
  ad = media_make (&creative);
  before = g_memdup2 (ts->data, ts->len);
  fixture_add_network (f);
  ad_play (fixture_add_ad (f, "ad_0"), "ad", ad);
  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_BYTES);
  for (gsize at = 0; at < ts->len; at += 7 * MEDIA_PACKET) {
    gsize n = MIN (7 * MEDIA_PACKET, ts->len - at);
    GstBuffer *buffer = gst_buffer_new_wrapped_full (flags, ts->data + at, n, 0, n, NULL, NULL);

    if (keep_reference)
      g_ptr_array_add (kept, gst_buffer_ref (buffer));
    g_assert_cmpint (gst_pad_push (f->h->srcpad, buffer), ==, GST_FLOW_OK);
  }
  fixture_eos (f);
  check_out (f, "1:0-49,2:0-49,1:100-749");
  g_assert_cmpint (memcmp (ts->data, before, ts->len), ==, 0);
  fixture_assert_same (&f->network, ts);
  in = reading_offset_of (ts, 1, 725);
  out = reading_offset_of (f->out.bytes, 1, 725);
  return in == out && reading_first_cc (ts->data, ts->len, MEDIA_AUDIO_PID, in) !=
      reading_first_cc (f->out.bytes->data, f->out.bytes->len, MEDIA_AUDIO_PID, out);
}

/* Memory that is the input's own and may not be written is as it was, and so is `network`.
 * Hardly a null packet is there to spare, so that CC stay moved behind the break. */
static void
check_not_written (const Way * way, GstMemoryFlags flags, gboolean keep_reference)
{
  guint patched = 0;

  for (guint bytes = 250; bytes <= 400; bytes += 30)
    patched += run_unwritable (way, bytes, flags, keep_reference);
  if (patched == 0)
    g_test_skip ("CC were brought back each time: there was nothing to write");
}

static void
test_read_only_memory (const Way * way)
{
  check_not_written (way, GST_MEMORY_FLAG_READONLY, FALSE);
}

static void
test_shared_buffers (const Way * way)
{
  check_not_written (way, 0, TRUE);
}

/* --- no RAP where one is needed --------------------------------------------------- */

/* "an out point without RAP is skipped": none for longer than max-rap-wait */
static void
test_no_rap_out (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3 max-rap-wait=2000000000");

  spec.no_rap_from = 90;
  spec.no_rap_to = 240;
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 75);
  feed_all (f, ts);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "skipped", 0), "reason"), ==, "no-rap");
}

static void
test_late_next_rap (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4.3+3 late-policy=next-rap");

  fixture_add_creative (f, "ad_0", 2, 75);
  feed_all (f, ts);
  check_out (f, "1:0-124,2:0-74,1:200-299");
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "started", 0), "reason"), ==, "late");
}

static void
test_late_skip (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4.3+3 late-policy=skip");

  fixture_add_creative (f, "ad_0", 2, 75);
  feed_all (f, ts);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "skipped", 0), "reason"), ==, "late");
}

/* Leave at the picture that was asked for, RAP or not; B pictures of the GOP stay whole. */
static void
test_anchor (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=3.48+3.52 out-point=anchor");
  MediaSpec spec = media_creative (2, 100);
  g_autoptr (GByteArray) creative = NULL;
  g_autoptr (Reading) r = NULL;
  g_autofree gchar *runs = NULL;

  /* 3.48 s is picture 87, a P that 85 and 86 need: behind those three nothing is missing */
  spec.bframes = 0;
  creative = media_make (&spec);
  ad_play (fixture_add_ad (f, "ad_0"), "ad", creative);
  feed_all (f, ts);
  r = fixture_read (&f->out);
  runs = reading_runs (r->pictures);
  g_test_message ("%s", runs);
  reading_assert_seamless (r);
  g_assert_cmpstr (runs, ==, "1:0-87,2:0-86,1:175-299");
}

/* The return: none for 5 s behind it. */
static void
run_late_return (Fixture * f, guint frames, guint slate_frames)
{
  MediaSpec spec = media_network (), slate = media_creative (9, slate_frames);
  g_autoptr (GByteArray) ts = NULL;

  spec.no_rap_from = 160;
  spec.no_rap_to = 215;
  ts = media_make (&spec);
  if (slate_frames > 0) {
    g_autoptr (GByteArray) filler = NULL;

    slate.bframes = 0;
    filler = media_make (&slate);
    ad_play (fixture_add_ad (f, "slate"), "slate", filler);
  }
  fixture_add_creative (f, "ad_0", 2, frames);
  feed_all (f, ts);
}

/* nearest: the RAP at 9 s is the next one; the creative ends as asked, or goes on if it can */
static void
test_return_nearest (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) r = NULL;
  g_autofree gchar *runs = NULL;

  run_late_return (f, 75, 0);
  r = fixture_read (&f->out);
  runs = reading_runs (r->pictures);
  g_assert_cmpstr (runs, ==, "1:0-99,2:0-74,1:225-299");
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->broken_units, ==, 0);
}

static void
test_return_fill (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3 return-policy=fill");

  run_late_return (f, 75, 25);
  check_out (f, "1:0-99,2:0-74,9:0-24,9:0-24,1:225-299");
}

static void
test_return_hold (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3 return-policy=hold");
  g_autoptr (Reading) r = NULL;

  run_late_return (f, 150, 25);
  r = fixture_read (&f->out);
  /* the creative has more, and yet it ends where it was to: the last picture stands */
  reading_assert_pictures (r, "1:0-99,2:0-74,1:225-299");
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->broken_units, ==, 0);
}

/* DESIGN 6.8: a returning IDR carries its parameter sets, cached when the encoder sent none. */
static void
test_return_without_sets (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  static const guint8 sps[] = { 0, 0, 1, 0x67, 0x4d, 0x40, 0x0c };
  g_autoptr (Reading) r = NULL;
  const guint8 *at;

  spec.sets_once = TRUE;
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 75);
  feed_all (f, ts);
  check_out (f, "1:0-99,2:0-74,1:175-299");
  r = fixture_read (&f->out);
  at = f->out.bytes->data + reading_find (r->pictures, 1, 175)->offset;
  g_assert_nonnull (memmem (at, MEDIA_PACKET, sps, sizeof sps));
}

/* --- creatives of another form ---------------------------------------------------- */

static void
test_silent_creative (const Way * way)
{
  MediaSpec spec = media_creative (2, 75);
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) creative = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) r = NULL;

  spec.n_audio = 0;
  creative = media_make (&spec);
  ad_play (fixture_add_ad (f, "ad_0"), "silent", creative);
  feed_all (f, ts);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpuint (r->broken_units, ==, 0);
  /* the programme's own sound is silent meanwhile: half a unit more at each end at most */
  for (guint i = 0; i < r->sounds[0]->len; i++) {
    const ReadUnit *u = &g_array_index (r->sounds[0], ReadUnit, i);

    g_assert_cmpuint (u->mark.source, ==, 1);
    g_assert_true (u->pts90k <= (gint64) AT_90K (100) - 960 || u->pts90k >= (gint64) AT_90K (175) - 960);
  }
}

/* By language, not by order. */
static void
test_languages (const Way * way)
{
  MediaSpec network = media_network (), spec = media_creative (2, 75);
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (GByteArray) creative = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) r = NULL;

  network.n_audio = spec.n_audio = 2;
  spec.languages_swapped = TRUE;
  ts = media_make (&network);
  creative = media_make (&spec);
  ad_play (fixture_add_ad (f, "ad_0"), "swapped", creative);
  feed_all (f, ts);
  check_out (f, "1:0-99,2:0-74,1:175-299");
  r = fixture_read (&f->out);
  g_assert_cmpuint (reading_find (r->sounds[0], 2, 5)->mark.track, ==, 1);
  g_assert_cmpuint (reading_find (r->sounds[1], 2, 5)->mark.track, ==, 0);
}

/* --- tables and clocks ------------------------------------------------------------ */

static void
test_own_pcr_pid (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) in = NULL;
  g_autoptr (Reading) out = NULL;

  spec.own_pcr_pid = TRUE;
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 75);
  feed_all (f, ts);
  check_out (f, "1:0-99,2:0-74,1:175-299");
  in = reading_new (ts->data, ts->len);
  out = fixture_read (&f->out);
  g_assert_cmpuint (in->pcr->len, ==, out->pcr->len);
}

/* A PMT that changes in the break passes at once; the media are the same, so is the break. */
static void
test_pmt_changes (const Way * way)
{
  for (guint seconds = 3; seconds <= 8; seconds += 5) {
    MediaSpec spec = media_network ();
    g_autoptr (GByteArray) ts = NULL;
    g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
    g_autoptr (Reading) in = NULL;
    g_autoptr (Reading) out = NULL;

    spec.pmt_change_90k = seconds * 90000 - 45000 * (seconds > 5);
    ts = media_make (&spec);
    fixture_add_creative (f, "ad_0", 2, 75);
    feed_all (f, ts);
    check_out (f, "1:0-99,2:0-74,1:175-299");
    in = reading_new (ts->data, ts->len);
    out = fixture_read (&f->out);
    g_assert_cmpmem (in->tables->data, in->tables->len, out->tables->data, out->tables->len);
  }
}

static void
test_pmt_changes_in_break (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) in = NULL;
  g_autoptr (Reading) out = NULL;

  spec.pmt_change_90k = 5 * 90000;
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 75);
  feed_all (f, ts);
  check_out (f, "1:0-99,2:0-74,1:175-299");
  in = reading_new (ts->data, ts->len);
  out = fixture_read (&f->out);
  g_assert_cmpmem (in->tables->data, in->tables->len, out->tables->data, out->tables->len);
}

/* DESIGN 6.11: "input that jumps inside a break: the return is re-mapped" */
static void
check_jump (const Way * way, guint picture, gint64 by_90k)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (GByteArray) behind = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autoptr (Reading) in = NULL;
  g_autoptr (Reading) out = NULL;
  gsize at;

  spec.first_pts90k = 5000 * G_GINT64_CONSTANT (90000);
  ts = media_make (&spec);
  spec.first_pts90k += by_90k;
  behind = media_make (&spec);
  at = reading_offset_of (ts, 1, picture);
  g_byte_array_set_size (ts, (guint) at);
  g_byte_array_append (ts, behind->data + at, (guint) (behind->len - at));
  fixture_add_creative (f, "ad_0", 2, 75);
  feed_all (f, ts);
  in = reading_new (ts->data, ts->len);
  out = fixture_read (&f->out);
  g_assert_cmpuint (out->cc_errors, ==, 0);
  g_assert_cmpuint (out->broken_units, ==, 0);
  /* 3 s of ads all the same, and the programme where it is, on its own new times */
  g_assert_cmpuint (out->pictures->len, ==, 300);
  g_assert_cmpuint (reading_find (out->pictures, 1, 100)->mark.number, ==, 175);
  g_assert_cmpint (reading_find (out->pictures, 1, 175)->pts90k, ==, reading_find (in->pictures, 1, 175)->pts90k);
  g_assert_cmpuint (in->pcr->len, ==, out->pcr->len);
  for (guint i = 0; i < in->pcr->len; i++)
    g_assert_cmpint (g_array_index (in->pcr, ReadPcr, i).pcr27m, ==, g_array_index (out->pcr, ReadPcr, i).pcr27m);
}

static void
test_jump_forward (const Way * way)
{
  check_jump (way, 140, 1000 * G_GINT64_CONSTANT (90000));
}

static void
test_jump_back (const Way * way)
{
  check_jump (way, 140, -1000 * G_GINT64_CONSTANT (90000));
}

/* --- two sides, two ends ---------------------------------------------------------- */

/* "on `src` AdBreakEnd is where the network returns, on `network` where the avail is over" */
static void
test_ends_differ (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+4");

  fixture_add_network (f);
  fixture_add_creative (f, "ad_0", 2, 50);
  feed_all (f, ts);
  check_out (f, "1:0-99,2:0-49,1:150-299");
  g_assert_cmpuint (event_u64 (fixture_event (&f->out, "AdBreakEnd", 0), "pts-90k"), ==, AT_90K (150));
  g_assert_cmpuint (event_u64 (fixture_event (&f->network, "AdBreakEnd", 0), "pts-90k"), ==, AT_90K (200));
  fixture_assert_same (&f->network, ts);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_test ("/unusual/one-byte", test_one_byte);
  fixture_add_test ("/unusual/odd-buffers", test_odd_buffers);
  fixture_add_test ("/unusual/read-only-memory", test_read_only_memory);
  fixture_add_test ("/unusual/shared-buffers", test_shared_buffers);
  fixture_add_tests ("/unusual/no-rap-out", test_no_rap_out);
  fixture_add_tests ("/unusual/late-next-rap", test_late_next_rap);
  fixture_add_tests ("/unusual/late-skip", test_late_skip);
  fixture_add_tests ("/unusual/anchor", test_anchor);
  fixture_add_tests ("/unusual/return-nearest", test_return_nearest);
  fixture_add_tests ("/unusual/return-fill", test_return_fill);
  fixture_add_tests ("/unusual/return-hold", test_return_hold);
  fixture_add_tests ("/unusual/return-without-sets", test_return_without_sets);
  fixture_add_tests ("/unusual/silent-creative", test_silent_creative);
  fixture_add_tests ("/unusual/languages", test_languages);
  fixture_add_tests ("/unusual/own-pcr-pid", test_own_pcr_pid);
  fixture_add_tests ("/unusual/pmt-changes", test_pmt_changes);
  fixture_add_tests ("/unusual/pmt-changes-in-break", test_pmt_changes_in_break);
  fixture_add_tests ("/unusual/jump-forward", test_jump_forward);
  fixture_add_tests ("/unusual/jump-back", test_jump_back);
  fixture_add_tests ("/unusual/ends-differ", test_ends_differ);
  return fixture_run ();
}
