/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scte35-output=rewrite: a break that did not come from a cue is announced and closed by one;
 * nothing else changes (issue 3, DESIGN 4.1). What goes out is read by cue-reading.c, which shares
 * nothing with gst/.
 */
#include <string.h>

#include <glib/gstdio.h>

#include "rewrite-check.h"

#define SPLICED "1:0-249,2:0-99,1:350-449"

static gchar *
insert (Fixture * f, GstClockTime duration, const gchar * options)
{
  GstStructure *s = options ? gst_structure_from_string (options, NULL) : NULL;
  gchar *id = NULL;

  g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) duration, s, &id);
  if (s)
    gst_structure_free (s);
  return id;
}

/* --- a new PID ---------------------------------------------------------------------- */

static void
check_mark (const Way * way, const MediaSpec * spec)
{
  g_autoptr (GByteArray) ts = media_make (spec);
  g_autoptr (Fixture) f = fixture_new (way, "insertion=mark scte35-output=rewrite schedule=10+4");
  g_autoptr (CueReading) r = NULL;
  g_autofree gchar *events = NULL;

  fixture_add_network (f);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  assert_text (r, "out out out out in");
  assert_announced (r, 0, 4, BREAK_AT, 4 * SECOND, 4 * SECOND);
  assert_closed (r, 4, BREAK_AT + 4 * SECOND);
  assert_new_pid (r, NEW_PID, 1);
  assert_rest_same (r, ts);
  events = fixture_break_events (&f->out);
  g_assert_cmpstr (events, ==, "AdBreakScheduled AdBreakStart AdBreakEnd");
  check_announced_events (&f->out, r);
  check_announced_events (&f->network, r);
  fixture_assert_same (&f->network, ts);
  if (spec->muxrate > 0)
    g_assert_cmpuint (f->out.bytes->len, ==, ts->len);
  else
    g_assert_cmpuint (f->out.bytes->len, ==, ts->len + 5 * MEDIA_PACKET);
}

static void
test_mark (const Way * way)
{
  MediaSpec spec = long_network ();

  check_mark (way, &spec);
}

static void
test_mark_constant_rate (const Way * way)
{
  MediaSpec spec = long_network ();

  spec.muxrate = 400000;
  check_mark (way, &spec);
}

static void
check_splice (const Way * way, const MediaSpec * spec)
{
  g_autoptr (GByteArray) ts = media_make (spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite schedule=10+4");
  g_autoptr (Fixture) plain = fixture_new (way, "schedule=10+4");
  g_autoptr (CueReading) r = NULL, without = NULL;
  g_autoptr (Reading) pictures = NULL;

  fixture_add_network (f);
  fixture_add_creative (f, "ad_0", 2, 100);
  fixture_add_creative (plain, "ad_0", 2, 100);
  fixture_feed (f, ts);
  fixture_feed (plain, ts);
  fixture_eos (f);
  fixture_eos (plain);
  r = read_bytes (f->out.bytes);
  without = read_bytes (plain->out.bytes);
  pictures = fixture_read (&f->out);
  reading_assert_pictures (pictures, SPLICED);
  reading_assert_seamless (pictures);
  assert_text (r, "out out out out in");
  assert_announced (r, 0, 4, BREAK_AT, 4 * SECOND, 4 * SECOND);
  assert_closed (r, 4, BREAK_AT + 4 * SECOND);
  assert_new_pid (r, NEW_PID, 1);
  check_announced_events (&f->out, r);
  fixture_assert_same (&f->network, ts);
  if (spec->muxrate > 0) {
    g_assert_cmpuint (f->out.bytes->len, ==, ts->len);
    g_assert_cmpuint (r->cc_errors, ==, 0);
  } else {
    /* the very same splice, with cues */
    g_assert_cmpuint (r->cc_errors, ==, 0);
    g_assert_cmpmem (r->rest->data, r->rest->len, without->rest->data, without->rest->len);
  }
}

static void
test_splice (const Way * way)
{
  MediaSpec spec = long_network ();

  check_splice (way, &spec);
}

/* A reading of a constant rate's clock says where it stands: it must be that of its slot. */
static void
assert_exact_clock (const GByteArray * ts, const OutLog * log, guint64 muxrate)
{
  g_autoptr (Reading) r = fixture_read (log);
  const ReadPcr *first = &g_array_index (r->pcr, ReadPcr, 0);
  gdouble slot_27m = 27e6 * MEDIA_PACKET * 8 / (gdouble) muxrate;

  g_assert_cmpuint (log->bytes->len, ==, ts->len);
  for (guint i = 0; i < r->pcr->len; i++) {
    const ReadPcr *pcr = &g_array_index (r->pcr, ReadPcr, i);
    gdouble slots = ((gdouble) pcr->offset - (gdouble) first->offset) / MEDIA_PACKET;

    g_assert_cmpfloat_with_epsilon ((gdouble) (pcr->pcr27m - first->pcr27m), slots * slot_27m, 27);
  }
}

static void
test_splice_constant_rate (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite schedule=10+4");

  spec.muxrate = 400000;
  check_splice (way, &spec);
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 100);
  fixture_feed (f, ts);
  fixture_eos (f);
  assert_exact_clock (ts, &f->out, 400000);
}

/* Known before it is known that the rate is constant: what was put in is made up for. */
static void
test_constant_rate_at_once (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "insertion=mark scte35-output=rewrite schedule=2+4");
  g_autoptr (CueReading) r = NULL;

  spec.muxrate = 400000;
  ts = media_make (&spec);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  assert_text (r, "out out out out in");
  assert_announced (r, 0, 4, FIRST_PTS + 2 * SECOND, 4 * SECOND, SECOND / 2);
  assert_rest_same (r, ts);
  g_assert_cmpuint (f->out.bytes->len, ==, ts->len);
}

/* --- what is known late, what comes otherwise ---------------------------------------------- */

/* Up to where picture @number begins. */
static gsize
feed_to (Fixture * f, const GByteArray * ts, guint number)
{
  gsize at = reading_offset_of (ts, 1, number);

  fixture_feed_part (f, ts, 0, at);
  return at;
}

/* Two seconds ahead: at once, and before the break again. */
static void
test_known_late (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite");
  g_autoptr (CueReading) r = NULL;
  g_autofree gchar *id = NULL;
  gsize at;

  fixture_add_creative (f, "ad_0", 2, 150);
  at = feed_to (f, ts, 100);
  id = insert (f, 6 * GST_SECOND, "options, start-pts-90k=(guint64)1440000");    /* at 6 s */
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  assert_text (r, "out out out out in");
  assert_announced (r, 0, 4, 1440000, 6 * SECOND, 1);
  g_assert_cmpint (cue_reading_cue (r, 0)->lead_90k, >=, 2 * SECOND - 5 * MEDIA_FRAME_90K);
  assert_closed (r, 4, 1440000 + 6 * SECOND);
}

/* "As soon as possible" has no time: immediate, before the RAP at which we leave; the return is
 * known 4 s ahead then. */
static void
test_at_once (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite");
  g_autoptr (CueReading) r = NULL;
  g_autoptr (Reading) pictures = NULL;
  g_autofree gchar *id = NULL;
  gsize at;

  fixture_add_creative (f, "ad_0", 2, 150);
  at = feed_to (f, ts, 110);
  id = insert (f, 6 * GST_SECOND, NULL);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  pictures = fixture_read (&f->out);
  reading_assert_pictures (pictures, "1:0-124,2:0-149,1:275-449");
  g_assert_cmpuint (r->cues->len, >=, 2);
  for (guint i = 0; i + 1 < r->cues->len; i++) {
    const ReadCue *c = cue_reading_cue (r, i);

    g_assert_true (c->out && c->immediate && c->has_duration);
    g_assert_cmpint (c->duration_90k, ==, 6 * SECOND);
    g_assert_cmpuint (c->section->offset, <, reading_find (pictures->pictures, 2, 0)->offset);
  }
  assert_closed (r, r->cues->len - 1, FIRST_PTS + 11 * SECOND);
  check_announced_events (&f->out, r);
}

/* A short break that begins at once: there is no time to name the return. */
static void
test_closed_at_once (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite");
  g_autoptr (CueReading) r = NULL;
  g_autofree gchar *id = NULL, *text = NULL;
  gsize at;

  fixture_add_creative (f, "ad_0", 2, 75);
  at = feed_to (f, ts, 110);
  id = insert (f, 3 * GST_SECOND, NULL);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  text = cue_reading_text (r);
  g_assert_true (g_str_has_suffix (text, "out! in!"));
  check_announced_events (&f->out, r);
}

static void
test_cancelled (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite");
  g_autoptr (CueReading) r = NULL;
  g_autofree gchar *id = insert (f, 4 * GST_SECOND, "options, start-pts-90k=(guint64)1800000");
  gboolean done;
  gsize at;

  fixture_add_creative (f, "ad_0", 2, 100);
  at = feed_to (f, ts, 90);     /* two of four are out: at 2 s and 3 s */
  g_signal_emit_by_name (f->element, "cancel-ad-break", id, &done);
  g_assert_true (done);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  assert_text (r, "out out cancel");
  g_assert_cmphex (cue_reading_cue (r, 2)->event_id, ==, cue_reading_cue (r, 0)->event_id);
  assert_rest_same (r, ts);
}

/* Before anything was sent there is nothing to take back. */
static void
test_cancelled_unannounced (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite");
  g_autoptr (CueReading) r = NULL;
  g_autofree gchar *id = insert (f, 4 * GST_SECOND, "options, start-pts-90k=(guint64)1800000");
  gboolean done;
  gsize at;

  at = feed_to (f, ts, 25);
  g_signal_emit_by_name (f->element, "cancel-ad-break", id, &done);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  assert_text (r, "");
}

/* end-ad-break: those who follow hear of it before the RAP at which we return. */
static void
test_early_return (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite schedule=4+10");
  g_autoptr (CueReading) r = NULL;
  g_autoptr (Reading) pictures = NULL;
  gboolean done;
  gsize at;

  fixture_add_creative (f, "ad_0", 2, 250);
  at = feed_to (f, ts, 160);
  g_signal_emit_by_name (f->element, "end-ad-break",
      event_string (fixture_event (&f->out, "AdBreakStart", 0), "break-id"), &done);
  g_assert_true (done);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  pictures = fixture_read (&f->out);
  reading_assert_pictures (pictures, "1:0-99,2:0-74,1:175-449");
  assert_text (r, "out out out out in!");
  g_assert_cmpuint (cue_reading_cue (r, 4)->section->offset, <, reading_find (pictures->pictures, 1, 175)->offset);
  check_announced_events (&f->out, r);
}

/* A pod that is shorter than the break: where the programme is back, the cue says so. */
static void
test_creatives_end_early (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite schedule=4+12");
  g_autoptr (CueReading) r = NULL;
  g_autoptr (Reading) pictures = NULL;

  fixture_add_creative (f, "ad_0", 2, 100);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  pictures = fixture_read (&f->out);
  reading_assert_pictures (pictures, "1:0-99,2:0-99,1:200-449");
  assert_text (r, "out out out out in!");
  check_announced_events (&f->out, r);
}

/* Nothing to put in: the avail stays announced, and is closed in its time. */
static void
test_no_creative (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite schedule=8+4");
  g_autoptr (CueReading) r = NULL;

  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  assert_text (r, "out out out out in");
  assert_closed (r, 4, FIRST_PTS + 12 * SECOND);
  assert_rest_same (r, ts);
}

/* The same with somebody who watches the avail on `network`: its end is the cue on the wire. */
static void
test_no_creative_network (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite schedule=7.5+4");
  g_autoptr (CueReading) r = NULL;

  fixture_add_network (f);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  assert_text (r, "out out out out in");
  fixture_assert_same (&f->network, ts);
  assert_hex (fixture_event (&f->network, "AdBreakStart", 0), cue_reading_cue (r, 0));
  assert_hex (fixture_event (&f->network, "AdBreakEnd", 0), cue_reading_cue (r, 4));
}

/* No RAP where it was asked for: the return counts from where we left, and the cue says so. */
static void
test_off_the_grid (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite schedule=7.5+6");
  g_autoptr (CueReading) r = NULL;
  g_autoptr (Reading) pictures = NULL;

  fixture_add_creative (f, "ad_0", 2, 150);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  pictures = fixture_read (&f->out);
  reading_assert_pictures (pictures, "1:0-199,2:0-149,1:350-449");
  assert_text (r, "out out out out in");
  assert_announced (r, 0, 4, FIRST_PTS + 15 * SECOND / 2, 6 * SECOND, SECOND);
  assert_closed (r, 4, FIRST_PTS + 14 * SECOND);
  check_announced_events (&f->out, r);
}

static void
test_two_breaks (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite schedule=9+2,13+2");
  g_autoptr (CueReading) r = NULL;
  g_autoptr (Reading) pictures = NULL;
  guint outs = 0, ins = 0;

  fixture_add_creative (f, "ad_0", 2, 50);
  fixture_add_creative (f, "ad_1", 3, 50);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  pictures = fixture_read (&f->out);
  reading_assert_pictures (pictures, "1:0-224,2:0-49,1:275-324,3:0-49,1:375-449");
  for (guint i = 0; i < r->cues->len; i++) {
    const ReadCue *c = cue_reading_cue (r, i);

    g_assert_cmpint (c->lead_90k, >=, 4 * SECOND);
    outs += c->out;
    ins += !c->out;
  }
  g_assert_cmpuint (outs, ==, 8);
  g_assert_cmpuint (ins, ==, 2);
}

/* A break behind the end of the stream: said when it begins, and when it is over. */
static void
test_postroll (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite");
  g_autoptr (CueReading) r = NULL;
  g_autofree gchar *id = insert (f, 3 * GST_SECOND, "options, roll-type=(string)postroll");

  g_assert_nonnull (id);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  assert_text (r, "out in!");
  g_assert_cmpint (cue_reading_cue (r, 0)->pts90k, ==, FIRST_PTS + 18 * SECOND);
  assert_hex (fixture_event (&f->out, "AdBreakStart", 0), cue_reading_cue (r, 0));
  g_assert_cmpuint (r->cc_errors, ==, 0);
}

/* Over the wrap of the clocks */
static void
test_wrap (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite schedule=10+4");
  g_autoptr (CueReading) r = NULL;

  spec.first_pts90k = (G_GINT64_CONSTANT (1) << 33) - 5 * SECOND;
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 100);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  assert_text (r, "out out out out in");
  assert_announced (r, 0, 4, 5 * SECOND, 4 * SECOND, 4 * SECOND);
  assert_closed (r, 4, 9 * SECOND);
}

/* Set while it runs: from the next PMT on. */
static void
test_switched_on (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "schedule=16+2");
  g_autoptr (CueReading) r = NULL;
  gsize at = feed_to (f, ts, 50);

  gst_util_set_object_arg (G_OBJECT (f->element), "scte35-output", "rewrite");
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  g_assert_cmpuint (cue_reading_pmt (r, 0)->version, ==, 0);
  g_assert_cmpuint (cue_reading_pmt (r, r->pmts->len - 1)->version, ==, 1);
  g_assert_cmphex (cue_reading_pmt (r, r->pmts->len - 1)->cue_pid, ==, NEW_PID);
  g_assert_cmpuint (r->cc_errors, ==, 0);
}

/* --- another reader ------------------------------------------------------------------- */

/* tshark's own dissector finds the PID by the PMT and reads the same cues. */
static void
test_tshark (const Way * way)
{
  g_autofree gchar *tshark = g_find_program_in_path ("tshark");
  g_autofree gchar *path = g_strdup_printf ("%s/adsplice-rewrite-%u.ts", g_get_tmp_dir (), g_random_int ());
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = media_make (&spec);
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite schedule=10+4");
  gchar *argv[] = { tshark, (gchar *) "-r", path, (gchar *) "-Y", (gchar *) "scte35", (gchar *) "-T", (gchar *) "fields",
    (gchar *) "-e", (gchar *) "scte35.splice_command_type", (gchar *) "-e", (gchar *) "scte35_si.out_of_net",
    (gchar *) "-e", (gchar *) "scte35_si.splice_time.pts", (gchar *) "-e", (gchar *) "scte35_si.break.duration",
    NULL
  };
  GString *expected = g_string_new (NULL);
  g_autofree gchar *out = NULL;

  if (!tshark) {
    g_string_free (expected, TRUE);
    g_test_skip ("tshark is not there");
    return;
  }
  fixture_add_creative (f, "ad_0", 2, 100);
  fixture_feed (f, ts);
  fixture_eos (f);
  g_assert_true (g_file_set_contents (path, (const gchar *) f->out.bytes->data, f->out.bytes->len, NULL));
  g_assert_true (g_spawn_sync (NULL, argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL, NULL, NULL));
  g_unlink (path);
  /* 20 s and 24 s, 4 s */
  for (guint i = 0; i < 4; i++)
    g_string_append (expected, "0x05\t1\t0x00000000001b7740\t0x0000000000057e40\n");
  g_string_append (expected, "0x05\t0\t0x000000000020f580\t\n");
  g_assert_cmpstr (out, ==, expected->str);
  g_string_free (expected, TRUE);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/rewrite/mark", test_mark);
  fixture_add_tests ("/rewrite/mark-constant-rate", test_mark_constant_rate);
  fixture_add_tests ("/rewrite/splice", test_splice);
  fixture_add_tests ("/rewrite/splice-constant-rate", test_splice_constant_rate);
  fixture_add_tests_of ("/rewrite/constant-rate-at-once", test_constant_rate_at_once, FALSE);
  fixture_add_tests ("/rewrite/known-late", test_known_late);
  fixture_add_tests ("/rewrite/at-once", test_at_once);
  fixture_add_tests ("/rewrite/closed-at-once", test_closed_at_once);
  fixture_add_tests ("/rewrite/cancelled", test_cancelled);
  fixture_add_test ("/rewrite/cancelled-unannounced", test_cancelled_unannounced);
  fixture_add_tests ("/rewrite/early-return", test_early_return);
  fixture_add_tests_of ("/rewrite/creatives-end-early", test_creatives_end_early, FALSE);
  fixture_add_tests_of ("/rewrite/no-creative", test_no_creative, FALSE);
  fixture_add_tests_of ("/rewrite/no-creative-network", test_no_creative_network, FALSE);
  fixture_add_tests_of ("/rewrite/off-the-grid", test_off_the_grid, FALSE);
  fixture_add_tests_of ("/rewrite/two-breaks", test_two_breaks, FALSE);
  fixture_add_tests_of ("/rewrite/postroll", test_postroll, FALSE);
  fixture_add_tests_of ("/rewrite/wrap", test_wrap, FALSE);
  fixture_add_tests_of ("/rewrite/switched-on", test_switched_on, FALSE);
  fixture_add_test ("/rewrite/tshark", test_tshark);
  return fixture_run ();
}
