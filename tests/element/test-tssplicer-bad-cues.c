/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cues that nothing may follow from: damaged, foreign, encrypted, of another time base. The
 * stream goes on byte for byte, with one warning; and what the calls say of bad arguments.
 */
#include <string.h>

#include <asp-crc.h>
#include <asp-scte35.h>

#include "ts-fixture.h"

#define FIRST_90K (10 * 90000)
#define AT_90K(number) (FIRST_90K + (guint64) (number) * MEDIA_FRAME_90K)
#define TIMES 20                /* each one comes so often, five times a second */
#define NOISE_BYTES 4096

typedef GByteArray *(*MakeCue) (void);

static void
seal (GByteArray * s)
{
  guint32 crc = GUINT32_TO_BE (asp_crc32_mpeg (s->data, s->len - 4));

  memcpy (s->data + s->len - 4, &crc, sizeof crc);
}

static GByteArray *
good (void)
{
  return media_splice_insert (42, AT_90K (150), 3 * 90000);
}

static GByteArray *
bad_crc (void)
{
  GByteArray *s = good ();

  s->data[16] ^= 1;
  return s;
}

/* The section says that it is longer than it is: it runs into what comes next on the PID. */
static GByteArray *
too_long (void)
{
  GByteArray *s = good ();

  s->data[1] |= 1;
  return s;
}

static GByteArray *
too_short (void)
{
  GByteArray *s = good ();

  s->data[2] -= 8;
  return s;
}

static GByteArray *
impossible_length (void)
{
  GByteArray *s = good ();

  s->data[1] |= 0x0f;
  s->data[2] = 0xff;
  return s;
}

/* descriptor_loop_length goes past the end. */
static GByteArray *
truncated_loop (void)
{
  GByteArray *s = good ();

  s->data[s->len - 5] = 40;
  seal (s);
  return s;
}

static GByteArray *
unknown_command (void)
{
  GByteArray *s = good ();

  s->data[13] = 0x42;
  seal (s);
  return s;
}

static GByteArray *
encrypted (void)
{
  GByteArray *s = good ();

  s->data[4] |= 0x80 | 2 << 1;
  seal (s);
  return s;
}

static GByteArray *
another_table (void)
{
  GByteArray *s = good ();

  s->data[0] = 0x4e;
  seal (s);
  return s;
}

/* --- rubbish on the PID ------------------------------------------------------------------ */

static GByteArray *
make_stream (MakeCue make, guint pid)
{
  MediaSpec spec = media_network ();
  MediaCue cues[TIMES];
  g_autoptr (GByteArray) cue = make ? make () : NULL;

  for (guint i = 0; i < TIMES; i++)
    cues[i] = (MediaCue) {.at_90k = 90000 + i * 18000,.pid = pid,.data = cue ? cue->data : NULL,.size = cue ? cue->len : 0 };
  spec.cue_pid = TRUE;
  spec.cues = cues;
  spec.n_cues = cue ? TIMES : 0;
  return media_make (&spec);
}

/* 4096 bytes of noise, in packets of the PID that count right, behind packet @index. */
static void
insert_noise (GByteArray * ts, gsize index)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  g_autoptr (GByteArray) tail = g_byte_array_new ();
  gsize at = index * MEDIA_PACKET;

  g_byte_array_append (tail, ts->data + at, (guint) (ts->len - at));
  g_byte_array_set_size (ts, (guint) at);
  for (guint n = 0, cc = 0; n < NOISE_BYTES; n += MEDIA_PACKET - 4, cc++) {
    guint8 p[MEDIA_PACKET] = { 0x47, (guint8) (MEDIA_CUE_PID >> 8 | (cc % 3 ? 0 : 0x40)), MEDIA_CUE_PID & 0xff,
      (guint8) (0x10 | (cc & 0x0f))
    };

    for (guint i = 4; i < MEDIA_PACKET; i++)
      p[i] = (guint8) g_rand_int (rand);
    g_byte_array_append (ts, p, sizeof p);
  }
  g_byte_array_append (ts, tail->data, tail->len);
}

/* Nothing happens, and @warnings are said. */
static void
check_untouched (const Way * way, const GByteArray * ts, guint warnings)
{
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autofree gchar *states = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  states = fixture_states (f);
  g_assert_cmpstr (states, ==, "");
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, warnings);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_ERROR), ==, 0);
}

static void
check_bad (const Way * way, MakeCue make)
{
  g_autoptr (GByteArray) ts = make_stream (make, MEDIA_CUE_PID);

  check_untouched (way, ts, 1);
}

#define DEFINE_BAD(name) \
static void \
test_##name (const Way * way) \
{ \
  check_bad (way, name); \
}

DEFINE_BAD (bad_crc)
DEFINE_BAD (too_long)
DEFINE_BAD (too_short)
DEFINE_BAD (impossible_length)
DEFINE_BAD (truncated_loop)
DEFINE_BAD (unknown_command)
DEFINE_BAD (encrypted)
DEFINE_BAD (another_table)

static void
test_noise (const Way * way)
{
  g_autoptr (GByteArray) ts = make_stream (NULL, MEDIA_CUE_PID);

  insert_noise (ts, ts->len / MEDIA_PACKET / 3);
  check_untouched (way, ts, 1);
}

/* What is right behind the rubbish is not lost. */
static void
test_good_behind_bad (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) rubbish = too_long ();
  g_autoptr (GByteArray) cue = good ();
  const MediaCue cues[] = { {90000, MEDIA_CUE_PID, rubbish->data, rubbish->len},
    {2 * 90000, MEDIA_CUE_PID, cue->data, cue->len}
  };
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autoptr (Reading) r = NULL;

  spec.cue_pid = TRUE;
  spec.cues = cues;
  spec.n_cues = G_N_ELEMENTS (cues);
  ts = media_make (&spec);
  insert_noise (ts, 500);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-149,2:0-74,1:225-299");
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, 1);
}

/* Good cues on a PID that our PMT does not name: they are another programme's. */
static void
test_another_programme (const Way * way)
{
  g_autoptr (GByteArray) ts = make_stream (good, MEDIA_CUE_PID + 1);

  check_untouched (way, ts, 0);
}

/* --- another time base -------------------------------------------------------------------- */

/* Five seconds, then another clock: what was announced by the old one is void, what the new one
 * says counts. */
static void
test_jump (const Way * way)
{
  const gint64 other_first = 30000 * (gint64) 90000;
  MediaSpec before = media_network (), behind = media_network ();
  g_autoptr (GByteArray) old = media_splice_insert (42, AT_90K (150), 3 * 90000);
  g_autoptr (GByteArray) new = media_splice_insert (43, (guint64) other_first + 4 * 90000, 3 * 90000);
  const MediaCue old_cue = { 90000, MEDIA_CUE_PID, old->data, old->len };
  const MediaCue new_cue = { 90000, MEDIA_CUE_PID, new->data, new->len };
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (GByteArray) rest = NULL;
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autoptr (Reading) r = NULL;
  g_autofree gchar *states = NULL;

  before.frames = 125;
  before.cue_pid = behind.cue_pid = TRUE;
  before.cues = &old_cue;
  behind.cues = &new_cue;
  before.n_cues = behind.n_cues = 1;
  behind.source = 6;
  behind.first_pts90k = other_first;
  ts = media_make (&before);
  rest = media_make (&behind);
  g_byte_array_append (ts, rest->data, rest->len);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-124,6:0-99,2:0-74,6:175-299");
  states = fixture_states (f);
  g_assert_cmpstr (states, ==, "scheduled cancelled scheduled started creative-started creative-ended ended");
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "cancelled", 0), "reason"), ==, "discontinuity");
  g_assert_cmpuint (state_u64 (fixture_state (f, "cancelled", 0), "asked-pts-90k"), ==, AT_90K (150));
  g_assert_cmpuint (state_u64 (fixture_state (f, "started", 0), "pts-90k"), ==, (guint64) other_first + 4 * 90000);
  /* a call names times of the new base */
  g_assert_cmpuint (fixture_count_events (&f->out, "AdBreakCancelled"), ==, 1);
}

/* A call behind a jump: its PTS is one of the new base, and so is what it meets. */
static void
test_call_behind_jump (const Way * way)
{
  const gint64 other_first = 30000 * (gint64) 90000;
  MediaSpec before = media_network (), behind = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (GByteArray) rest = NULL;
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autoptr (Reading) r = NULL;
  g_autofree gchar *id = NULL;
  g_autofree gchar *second = NULL;
  GstStructure *options;
  gsize at;

  before.frames = 125;
  behind.source = 6;
  behind.first_pts90k = other_first;
  ts = media_make (&before);
  at = ts->len;
  rest = media_make (&behind);
  g_byte_array_append (ts, rest->data, rest->len);
  at += reading_offset_of (rest, 6, 40);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  options = gst_structure_new ("options", "start-pts-90k", G_TYPE_UINT64, (guint64) other_first + 4 * 90000, NULL);
  g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) 3 * GST_SECOND, options, &id);
  g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) 3 * GST_SECOND, options, &second);
  gst_structure_free (options);
  g_assert_nonnull (id);
  g_assert_null (second);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-124,6:0-99,2:0-74,6:175-299");
}

/* --- calls ---------------------------------------------------------------------------------- */

static gboolean
insert_cue (Fixture * f, const gchar * text)
{
  gboolean taken = TRUE;

  g_signal_emit_by_name (f->element, "insert-cue", text, &taken);
  return taken;
}

/* The last warning says what is wrong with the argument. */
static void
check_refused (Fixture * f, const gchar * text)
{
  guint before = fixture_count_messages (f, GST_MESSAGE_WARNING);
  g_autoptr (GError) error = NULL;

  g_assert_false (insert_cue (f, text));
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, before + 1);
  gst_message_parse_warning (g_ptr_array_index (f->messages, f->messages->len - 1), &error, NULL);
  g_assert_true (g_str_has_prefix (error->message, "insert-cue: "));
  g_test_message ("%s", error->message);
}

static void
test_insert_bad_cue (const Way * way)
{
  static const MakeCue bad[] = { bad_crc, too_long, too_short, impossible_length, truncated_loop, unknown_command,
    another_table
  };
  static const gchar *const texts[] = { NULL, "", " ", "no cue", "ABC", "/DA", "0x", "0xfc30", "fc", "AAAA" };
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, ts->len / 6);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    check_refused (f, texts[i]);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GByteArray) s = bad[i] ();
    g_autofree gchar *text = g_base64_encode (s->data, s->len);

    check_refused (f, text);
  }
  fixture_feed_part (f, ts, ts->len / 6, ts->len);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpuint (fixture_count_states (f, "scheduled"), ==, 0);
}

static void
test_insert_cue_not_running (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autoptr (GByteArray) s = good ();
  g_autofree gchar *text = g_base64_encode (s->data, s->len);

  gst_element_set_state (f->element, GST_STATE_READY);
  g_assert_false (insert_cue (f, text));
}

static void
check_start (const Way * way, const gchar * properties, guint64 start_pts90k, const gchar * runs, const gchar * state,
    const gchar * reason)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, properties);
  g_autoptr (GstStructure) options = gst_structure_new ("options", "start-pts-90k", G_TYPE_UINT64, start_pts90k, NULL);
  g_autoptr (Reading) r = NULL;
  g_autofree gchar *id = NULL;
  gsize at = reading_offset_of (ts, 1, 80);

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) 3 * GST_SECOND, options, &id);
  g_assert_nonnull (id);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, runs);
  g_assert_nonnull (fixture_state (f, state, 0));
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, state, 0), "reason"), ==, reason);
  g_assert_cmpuint (state_u64 (fixture_state (f, state, 0), "asked-pts-90k"), ==, start_pts90k);
}

/* Its time has passed: late, and as long as it was asked for; or not at all. */
static void
test_start_in_the_past (const Way * way)
{
  check_start (way, NULL, AT_90K (25), "1:0-99,2:0-74,1:175-299", "started", "late");
  check_start (way, NULL, ((G_GUINT64_CONSTANT (1) << 33) + FIRST_90K - 3600 * 90000), "1:0-99,2:0-74,1:175-299",
      "started", "late");
  check_start (way, "late-policy=skip", AT_90K (25), "1:0-299", "skipped", "late");
}

/* Twelve hours ahead is ahead: half of the circle of 2^33. */
static void
test_start_far_ahead (const Way * way)
{
  check_start (way, NULL, FIRST_90K + (guint64) 12 * 3600 * 90000, "1:0-299", "skipped", "eos");
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_test ("/bad-cues/crc", test_bad_crc);
  fixture_add_test ("/bad-cues/too-long", test_too_long);
  fixture_add_test ("/bad-cues/too-short", test_too_short);
  fixture_add_test ("/bad-cues/impossible-length", test_impossible_length);
  fixture_add_test ("/bad-cues/truncated-loop", test_truncated_loop);
  fixture_add_test ("/bad-cues/unknown-command", test_unknown_command);
  fixture_add_test ("/bad-cues/encrypted", test_encrypted);
  fixture_add_test ("/bad-cues/another-table", test_another_table);
  fixture_add_tests ("/bad-cues/noise", test_noise);
  fixture_add_test ("/bad-cues/good-behind-bad", test_good_behind_bad);
  fixture_add_test ("/bad-cues/another-programme", test_another_programme);
  fixture_add_tests ("/jump/cue", test_jump);
  fixture_add_test ("/jump/call", test_call_behind_jump);
  fixture_add_test ("/insert-cue/bad", test_insert_bad_cue);
  fixture_add_test ("/insert-cue/not-running", test_insert_cue_not_running);
  fixture_add_test ("/start-pts/past", test_start_in_the_past);
  fixture_add_test ("/start-pts/far-ahead", test_start_far_ahead);
  return fixture_run ();
}
