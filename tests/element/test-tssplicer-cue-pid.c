/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PIDs of cues in the output: a new one in the PMT, whatever that PMT is and becomes; the
 * programme's own, shared with its cues; and none with scte35-output=strip.
 */
#include <string.h>

#include "rewrite-check.h"

/* --- the PMT ------------------------------------------------------------------------ */

/* One packet of PMT becomes two; two stay two. */
static void
check_long_pmt (const Way * way, guint padding, gint64 muxrate)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "insertion=mark scte35-output=rewrite schedule=10+4");
  g_autoptr (CueReading) r = NULL, in = NULL;

  spec.pmt_padding = padding;
  spec.muxrate = muxrate;
  ts = media_make (&spec);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  in = read_bytes (ts);
  g_assert_cmpuint (r->pmts->len, ==, in->pmts->len);
  assert_new_pid (r, NEW_PID, 1);
  assert_text (r, "out out out out in");
  assert_rest_same (r, ts);
  if (muxrate > 0)
    g_assert_cmpuint (f->out.bytes->len, ==, ts->len);
}

static void
test_pmt_grows (const Way * way)
{
  for (guint padding = 120; padding < 142; padding += 3)
    check_long_pmt (way, padding, 0);
}

static void
test_pmt_grows_constant_rate (const Way * way)
{
  for (guint padding = 120; padding < 142; padding += 3)
    check_long_pmt (way, padding, 400000);
}

static void
test_pmt_of_two_packets (const Way * way)
{
  check_long_pmt (way, 200, 0);
  check_long_pmt (way, 200, 400000);
}

/* Another PMT of the input: again with CUEI, again another version. */
static void
check_pmt_change (const Way * way, gint64 at_90k, const gchar * properties)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, properties);
  g_autoptr (CueReading) r = NULL;
  guint streams = 0, changes = 0;

  spec.pmt_change_90k = at_90k;
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 100);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  for (guint i = 0; i < r->pmts->len; i++) {
    const ReadPmt *p = cue_reading_pmt (r, i);

    g_assert_true (p->cuei);
    g_assert_cmphex (p->cue_pid, ==, NEW_PID);
    g_assert_cmpuint (p->version, ==, p->n_streams == 4 ? 1 : 2);
    changes += streams != 0 && streams != p->n_streams;
    streams = p->n_streams;
  }
  g_assert_cmpuint (changes, ==, 1);
  g_assert_cmpuint (streams, ==, 5);
  g_assert_cmpuint (r->cc_errors, ==, 0);
  assert_text (r, "out out out out in");
}

static void
test_pmt_changes (const Way * way)
{
  check_pmt_change (way, 5 * SECOND, "scte35-output=rewrite schedule=10+4");
  check_pmt_change (way, 5 * SECOND, "insertion=mark scte35-output=rewrite schedule=10+4");
}

static void
test_pmt_changes_in_break (const Way * way)
{
  check_pmt_change (way, 12 * SECOND, "scte35-output=rewrite schedule=10+4");
}

/* The other programme has the PID that would have been ours: we move on, it is not touched. */
static void
check_two_programmes (const Way * way, const gchar * properties)
{
  static const guint both[] = { MEDIA_PMT_PID, MEDIA_SECOND_PMT_PID, 0 };
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, properties);
  g_autoptr (CueReading) r = NULL, in = NULL;
  guint seen = 0;

  spec.second_programme = TRUE;
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 100);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = cue_reading_new (f->out.bytes->data, f->out.bytes->len, both, MEDIA_VIDEO_PID);
  in = cue_reading_new (ts->data, ts->len, both, MEDIA_VIDEO_PID);
  for (guint i = 0; i < r->pmts->len; i++) {
    const ReadPmt *p = cue_reading_pmt (r, i);

    if (p->program == 2) {
      g_assert_false (p->cuei);
      g_assert_cmpuint (p->cue_pid, ==, 0);
      g_assert_cmpuint (p->version, ==, 0);
    } else {
      g_assert_true (p->cuei);
      /* the first one went out before the second programme had been heard of */
      g_assert_cmphex (p->cue_pid, ==, seen == 0 ? NEW_PID : NEW_PID - 1);
      g_assert_cmpuint (p->version, ==, seen == 0 ? 1 : 2);
      seen++;
    }
  }
  g_assert_cmpuint (r->pmts->len, ==, in->pmts->len);
  assert_text (r, "out out out out in");
  for (guint i = 0; i < r->cues->len; i++)
    g_assert_cmphex (cue_reading_cue (r, i)->section->pid, ==, NEW_PID - 1);
  g_assert_cmpuint (r->cc_errors, ==, 0);
}

static void
test_two_programmes (const Way * way)
{
  check_two_programmes (way, "scte35-output=rewrite schedule=10+4");
  /* known before the second PMT says where: the cues wait for it */
  check_two_programmes (way, "scte35-output=rewrite schedule=2+4");
}

/* --- the programme has a PID for cues ----------------------------------------------------- */

/* The bytes of all sections on @pid. */
static GByteArray *
sections_on (const CueReading * r, guint pid, guint command)
{
  GByteArray *all = g_byte_array_new ();

  for (guint i = 0; i < r->cues->len; i++) {
    const ReadCue *c = cue_reading_cue (r, i);

    if (c->section->pid == pid && c->command == command)
      g_byte_array_append (all, c->section->bytes, (guint) c->section->size);
  }
  return all;
}

/* A section of @command_type with payload that fills @packets packets; encrypted: nobody may
 * look into it. */
static GByteArray *
encrypted_section (guint packets)
{
  GByteArray *s = g_byte_array_new ();
  guint size = packets * 184 - 40;
  guint32 crc;

  g_byte_array_set_size (s, size);
  for (guint i = 0; i < size; i++)
    s->data[i] = (guint8) (i * 7 + 1);
  s->data[0] = 0xfc;
  s->data[1] = (guint8) (0x30 | (size - 3) >> 8);
  s->data[2] = (guint8) (size - 3);
  s->data[3] = 0;
  s->data[4] = 0x82;            /* encrypted_packet, DES-ECB */
  crc = 0xffffffff;
  for (guint i = 0; i < size - 4; i++)
    for (guint bit = 0; bit < 8; bit++) {
      guint32 in = (s->data[i] >> (7 - bit)) & 1;

      crc = (crc << 1) ^ (((crc >> 31) ^ in) ? 0x04c11db7u : 0);
    }
  for (guint i = 0; i < 4; i++)
    s->data[size - 4 + i] = (guint8) (crc >> (24 - 8 * i));
  return s;
}

static void
check_own_pid (const Way * way, guint packets, gint64 muxrate, const gchar * insertion)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) cue = encrypted_section (packets);
  g_autoptr (GByteArray) ts = NULL, before = NULL, after = NULL;
  g_autofree gchar *properties = g_strdup_printf ("insertion=%s scte35-output=rewrite schedule=10+4", insertion);
  g_autoptr (Fixture) f = fixture_new (way, properties);
  g_autoptr (CueReading) r = NULL, in = NULL;
  guint own = 0;

  spec.muxrate = muxrate;
  spec.cue_pid = TRUE;
  spec.cue = cue->data;
  spec.cue_size = cue->len;
  spec.cue_at_90k = SECOND / 10;
  spec.cue_every_90k = SECOND / 3;
  spec.cue_spread_90k = SECOND / 20;
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 100);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  in = read_bytes (ts);
  before = sections_on (in, MEDIA_CUE_PID, 0x100);
  after = sections_on (r, MEDIA_CUE_PID, 0x100);
  g_assert_cmpuint (before->len, >, 40 * cue->len);
  g_assert_cmpmem (after->data, after->len, before->data, before->len);
  for (guint i = 0; i < r->cues->len; i++) {
    const ReadCue *c = cue_reading_cue (r, i);

    g_assert_cmphex (c->section->pid, ==, MEDIA_CUE_PID);
    own += c->command == 5;
    if (c->command == 5 && c->out)
      g_assert_cmpint (c->pts90k, ==, BREAK_AT);
  }
  g_assert_cmpuint (own, ==, 5);
  g_assert_cmpuint (r->cc_errors, ==, 0);
  /* the PMT had all that is needed: it is as it was */
  g_assert_cmpuint (r->pmts->len, ==, in->pmts->len);
  for (guint i = 0; i < r->pmts->len; i++)
    g_assert_cmpmem (cue_reading_pmt (r, i)->section->bytes, cue_reading_pmt (r, i)->section->size,
        cue_reading_pmt (in, i)->section->bytes, cue_reading_pmt (in, i)->section->size);
  if (muxrate > 0)
    g_assert_cmpuint (f->out.bytes->len, ==, ts->len);
}

static void
test_own_pid (const Way * way)
{
  check_own_pid (way, 1, 0, "splice");
  check_own_pid (way, 1, 0, "mark");
}

static void
test_own_pid_constant_rate (const Way * way)
{
  check_own_pid (way, 1, 400000, "splice");
  check_own_pid (way, 1, 400000, "mark");
}

/* Sections over several packets: ours do not tear them. */
static void
test_own_pid_long_sections (const Way * way)
{
  check_own_pid (way, 5, 0, "splice");
  check_own_pid (way, 5, 700000, "splice");
}

/* A cue that opened a break is the only one there is. */
static void
test_cue_break (const Way * way)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) cue = media_splice_insert (77, FIRST_PTS + 6 * SECOND, 3 * SECOND);
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite");
  g_autoptr (Reading) pictures = NULL;
  g_autoptr (CueReading) r = NULL;

  spec.cue_pid = TRUE;
  spec.cue = cue->data;
  spec.cue_size = cue->len;
  spec.cue_at_90k = 1 * SECOND;
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  pictures = fixture_read (&f->out);
  reading_assert_pictures (pictures, "1:0-149,2:0-74,1:225-449");
  r = read_bytes (f->out.bytes);
  assert_text (r, "out");
  g_assert_cmpmem (cue_reading_cue (r, 0)->section->bytes, cue_reading_cue (r, 0)->section->size, cue->data, cue->len);
  assert_hex (fixture_event (&f->out, "AdBreakStart", 0), cue_reading_cue (r, 0));
}

/* --- strip -------------------------------------------------------------------------- */

static void
check_strip (const Way * way, const gchar * properties, gint64 muxrate)
{
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) cue = encrypted_section (1);
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, properties);
  g_autoptr (CueReading) r = NULL;

  spec.muxrate = muxrate;
  spec.cue_pid = TRUE;
  spec.cue = cue->data;
  spec.cue_size = cue->len;
  spec.cue_every_90k = SECOND / 3;
  ts = media_make (&spec);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = read_bytes (f->out.bytes);
  assert_text (r, "");
  assert_rest_same (r, ts);
  if (muxrate > 0)
    g_assert_cmpuint (f->out.bytes->len, ==, ts->len);
}

static void
test_strip (const Way * way)
{
  check_strip (way, "scte35-output=strip", 0);
  check_strip (way, "scte35-output=strip", 400000);
}

static void
test_strip_mark (const Way * way)
{
  check_strip (way, "scte35-output=strip insertion=mark", 0);
  check_strip (way, "scte35-output=strip insertion=mark", 400000);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests_of ("/cue-pid/pmt/grows", test_pmt_grows, FALSE);
  fixture_add_tests_of ("/cue-pid/pmt/grows-constant-rate", test_pmt_grows_constant_rate, FALSE);
  fixture_add_tests_of ("/cue-pid/pmt/two-packets", test_pmt_of_two_packets, FALSE);
  fixture_add_tests_of ("/cue-pid/pmt/changes", test_pmt_changes, FALSE);
  fixture_add_tests_of ("/cue-pid/pmt/changes-in-break", test_pmt_changes_in_break, FALSE);
  fixture_add_tests_of ("/cue-pid/pmt/two-programmes", test_two_programmes, FALSE);
  fixture_add_tests ("/cue-pid/own", test_own_pid);
  fixture_add_tests ("/cue-pid/own-constant-rate", test_own_pid_constant_rate);
  fixture_add_tests_of ("/cue-pid/own-long-sections", test_own_pid_long_sections, FALSE);
  fixture_add_tests_of ("/cue-pid/cue-break", test_cue_break, FALSE);
  fixture_add_tests ("/strip/splice", test_strip);
  fixture_add_tests ("/strip/mark", test_strip_mark);
  return fixture_run ();
}
