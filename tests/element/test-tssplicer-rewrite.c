/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scte35-output=rewrite: a break that did not come from a cue is announced and closed by one,
 * on the programme's PID for cues or on a new one; nothing else changes (issue 3, DESIGN 4.1).
 * What goes out is read by cue-reading.c, which shares nothing with gst/.
 */
#include <string.h>

#include <glib/gstdio.h>

#include "cue-reading.h"
#include "ts-fixture.h"

#define SECOND 90000
#define FIRST_PTS (10 * SECOND)
#define NEW_PID 0x1fef          /* the highest that nobody else may want */
#define BREAK_AT (FIRST_PTS + 10 * SECOND)
#define SPLICED "1:0-249,2:0-99,1:350-449"

static const guint pmt_pids[] = { MEDIA_PMT_PID, 0 };

/* Eighteen seconds: a break at 10 s can be known eight seconds ahead. */
static MediaSpec
long_network (void)
{
  MediaSpec spec = media_network ();

  spec.frames = 450;
  return spec;
}

static CueReading *
read_bytes (const GByteArray * bytes)
{
  return cue_reading_new (bytes->data, bytes->len, pmt_pids, MEDIA_VIDEO_PID);
}

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

static void
assert_text (const CueReading * r, const gchar * expected)
{
  g_autofree gchar *text = cue_reading_text (r);

  g_assert_cmpstr (text, ==, expected);
}

/* The four cues that open: one section, each time in time. */
static void
assert_announced (const CueReading * r, guint from, guint n, gint64 pts90k, gint64 duration_90k, gint64 lead_90k)
{
  const ReadCue *first = cue_reading_cue (r, from);

  for (guint i = from; i < from + n; i++) {
    const ReadCue *c = cue_reading_cue (r, i);

    g_assert_true (c->out && !c->cancel && !c->immediate && c->has_duration && c->auto_return);
    g_assert_cmpint (c->pts90k, ==, pts90k);
    g_assert_cmpint (c->duration_90k, ==, duration_90k);
    g_assert_cmpint (c->lead_90k, >=, lead_90k);
    g_assert_cmpmem (c->section->bytes, c->section->size, first->section->bytes, first->section->size);
    /* local insertion: SCTE 35 9.9.3 */
    g_assert_cmphex (c->event_id >> 28, ==, 0xc);
  }
}

static void
assert_closed (const CueReading * r, guint index, gint64 pts90k)
{
  const ReadCue *c = cue_reading_cue (r, index);

  g_assert_true (!c->out && !c->cancel && !c->immediate);
  g_assert_cmpint (c->pts90k, ==, pts90k);
  g_assert_cmpint (c->lead_90k, >=, 4 * SECOND);
  g_assert_cmphex (c->event_id, ==, cue_reading_cue (r, 0)->event_id);
}

/* The PMT names a PID for cues from its first packet on. */
static void
assert_new_pid (const CueReading * r, guint pid, guint version)
{
  g_assert_cmpuint (r->pmts->len, >, 100);
  for (guint i = 0; i < r->pmts->len; i++) {
    const ReadPmt *p = cue_reading_pmt (r, i);

    g_assert_true (p->cuei && p->section->crc_good);
    g_assert_cmphex (p->cue_pid, ==, pid);
    g_assert_cmpuint (p->version, ==, version);
    g_assert_cmpuint (p->program, ==, 1);
  }
  for (guint i = 0; i < r->cues->len; i++)
    g_assert_cmphex (cue_reading_cue (r, i)->section->pid, ==, pid);
}

/* Whatever is neither PMT nor cue nor null packet is as it was. */
static void
assert_rest_same (const CueReading * r, const GByteArray * ts)
{
  g_autoptr (CueReading) in = read_bytes (ts);

  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpmem (r->rest->data, r->rest->len, in->rest->data, in->rest->len);
}

static void
assert_hex (const OutEvent * e, const ReadCue * cue)
{
  g_autofree gchar *hex = read_cue_hex (cue);

  g_assert_nonnull (e);
  g_assert_cmpstr (event_string (e, "scte35"), ==, hex);
}

static void
check_announced_events (const OutLog * log, const CueReading * r)
{
  assert_hex (fixture_event (log, "AdBreakScheduled", 0), cue_reading_cue (r, 0));
  assert_hex (fixture_event (log, "AdBreakStart", 0), cue_reading_cue (r, 0));
  assert_hex (fixture_event (log, "AdBreakEnd", 0), cue_reading_cue (r, r->cues->len - 1));
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
test_two_programmes (const Way * way)
{
  static const guint both[] = { MEDIA_PMT_PID, MEDIA_SECOND_PMT_PID, 0 };
  MediaSpec spec = long_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "scte35-output=rewrite schedule=10+4");
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
  fixture_add_tests_of ("/rewrite/pmt/grows", test_pmt_grows, FALSE);
  fixture_add_tests_of ("/rewrite/pmt/grows-constant-rate", test_pmt_grows_constant_rate, FALSE);
  fixture_add_tests_of ("/rewrite/pmt/two-packets", test_pmt_of_two_packets, FALSE);
  fixture_add_tests_of ("/rewrite/pmt/changes", test_pmt_changes, FALSE);
  fixture_add_tests_of ("/rewrite/pmt/changes-in-break", test_pmt_changes_in_break, FALSE);
  fixture_add_tests_of ("/rewrite/pmt/two-programmes", test_two_programmes, FALSE);
  fixture_add_tests ("/rewrite/own-pid", test_own_pid);
  fixture_add_tests ("/rewrite/own-pid-constant-rate", test_own_pid_constant_rate);
  fixture_add_tests_of ("/rewrite/own-pid-long-sections", test_own_pid_long_sections, FALSE);
  fixture_add_tests_of ("/rewrite/cue-break", test_cue_break, FALSE);
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
  fixture_add_tests ("/strip/splice", test_strip);
  fixture_add_tests ("/strip/mark", test_strip_mark);
  fixture_add_test ("/rewrite/tshark", test_tshark);
  return fixture_run ();
}
