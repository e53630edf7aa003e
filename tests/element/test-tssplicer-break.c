/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ways to ask for a break, and to take it back: `schedule`, signals, InsertAdBreak events
 * from both sides, cues (DESIGN 4.1, 6.13).
 */
#include <string.h>

#include "ts-fixture.h"

#define AT_90K(number) (10 * 90000 + (guint64) (number) * MEDIA_FRAME_90K)

static void
check_id (const gchar * id)
{
  g_assert_nonnull (id);
  g_assert_cmpuint (strlen (id), ==, 12);
  for (guint i = 0; i < 12; i++)
    g_assert_true (g_ascii_isalnum (id[i]));
}

/* Feeds the rest and says what the pictures are. */
static void
check_pictures (Fixture * f, const GByteArray * ts, gsize from, const gchar * runs)
{
  g_autoptr (Reading) r = NULL;

  fixture_feed_part (f, ts, from, ts->len);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, runs);
  reading_assert_seamless (r);
}

static gchar *
insert (Fixture * f, GstClockTime duration, const gchar * options)
{
  GstStructure *s = options ? gst_structure_from_string (options, NULL) : NULL;
  gchar *id = NULL;

  g_assert_true (!options || s);
  g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) duration, s, &id);
  if (s)
    gst_structure_free (s);
  return id;
}

/* --- schedule --------------------------------------------------------------------- */

static void
test_schedule (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  g_autofree gchar *states = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  check_pictures (f, ts, 0, "1:0-99,2:0-74,1:175-299");
  states = fixture_states (f);
  g_assert_cmpstr (states, ==, "scheduled started creative-started creative-ended ended");
  check_id (gst_structure_get_string (fixture_state (f, "started", 0), "break-id"));
}

static void
test_schedule_two (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=2+2,7+3");

  fixture_add_creative (f, "ad_0", 2, 50);
  fixture_add_creative (f, "ad_1", 3, 75);
  check_pictures (f, ts, 0, "1:0-49,2:0-49,1:100-174,3:0-74,1:250-299");
  g_assert_cmpuint (fixture_count_states (f, "scheduled"), ==, 2);
  g_assert_cmpuint (fixture_count_states (f, "ended"), ==, 2);
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "started", 0), "break-id"), !=,
      gst_structure_get_string (fixture_state (f, "started", 1), "break-id"));
}

/* Off the grid of RAPs: the next one, and the message says by how much. */
static void
test_schedule_off_the_grid (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=3.8+3");
  gint64 error = 0;

  fixture_add_creative (f, "ad_0", 2, 75);
  check_pictures (f, ts, 0, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpuint (state_u64 (fixture_state (f, "started", 0), "asked-pts-90k"), ==, AT_90K (95));
  g_assert_cmpuint (state_u64 (fixture_state (f, "started", 0), "pts-90k"), ==, AT_90K (100));
  g_assert_true (gst_structure_get_int64 (fixture_state (f, "started", 0), "error-90k", &error));
  g_assert_cmpint (error, ==, 5 * MEDIA_FRAME_90K);
}

/* From the first picture on. */
static void
test_schedule_preroll (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=0+3");

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  {
    g_autoptr (Reading) r = fixture_read (&f->out);

    reading_assert_pictures (r, "2:0-74,1:75-299");
    g_assert_cmpuint (r->cc_errors, ==, 0);
    g_assert_cmpstr (event_string (fixture_event (&f->out, "AdBreakStart", 0), "roll-type"), ==, "preroll");
  }
}

/* --- signals ---------------------------------------------------------------------- */

static void
test_signal (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  gsize at = reading_offset_of (ts, 1, 80);
  g_autofree gchar *id = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  id = insert (f, 3 * GST_SECOND, NULL);
  check_id (id);
  /* as soon as possible: the next RAP */
  check_pictures (f, ts, at, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "ended", 0), "break-id"), ==, id);
  g_assert_cmpstr (event_string (fixture_event (&f->out, "AdBreakStart", 0), "break-id"), ==, id);
}

static void
test_signal_before_stream (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autofree gchar *id = insert (f, 3 * GST_SECOND, "options, start-pts-90k=(guint64)1260000");

  check_id (id);
  fixture_add_creative (f, "ad_0", 2, 75);
  check_pictures (f, ts, 0, "1:0-99,2:0-74,1:175-299");
}

static void
test_signal_options (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  gsize at = reading_offset_of (ts, 1, 30);
  g_autofree gchar *id = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  id = insert (f, 3 * GST_SECOND, "options, id=(string)abcDEF123456, start-pts-90k=(guint64)1260000");
  g_assert_cmpstr (id, ==, "abcDEF123456");
  check_pictures (f, ts, at, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpuint (state_u64 (fixture_state (f, "scheduled", 0), "asked-pts-90k"), ==, AT_90K (100));
}

/* What is no id is not taken for one: the break has its own. */
static void
test_signal_bad_id (const Way * way)
{
  static const gchar *const bad[] = { "thirteenchars", "with space 1", "slash/slash1", "quote\"quote\"", "" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (Fixture) f = fixture_new (way, NULL);
    GstStructure *options = gst_structure_new ("options", "id", G_TYPE_STRING, bad[i], NULL);
    g_autofree gchar *id = NULL;

    g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) GST_SECOND, options, &id);
    gst_structure_free (options);
    check_id (id);
    g_assert_false (g_str_has_prefix (bad[i], id));
  }
}

/* Behind the wrap of the PTS the time is still ahead. */
static void
test_signal_over_wrap (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autofree gchar *id = NULL;
  gsize at;

  spec.first_pts90k = (G_GINT64_CONSTANT (1) << 33) - 2 * 90000;
  ts = media_make (&spec);
  at = reading_offset_of (ts, 1, 30);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  id = insert (f, 3 * GST_SECOND, "options, start-pts-90k=(guint64)180000");
  check_id (id);
  check_pictures (f, ts, at, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpuint (state_u64 (fixture_state (f, "started", 0), "pts-90k"), ==, 180000);
}

static void
test_default_duration (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "default-break-duration=2000000000");
  gsize at = reading_offset_of (ts, 1, 80);
  g_autofree gchar *id = NULL;

  fixture_add_creative (f, "ad_0", 2, 250);
  fixture_feed_part (f, ts, 0, at);
  id = insert (f, 0, NULL);
  check_pictures (f, ts, at, "1:0-99,2:0-49,1:150-299");
  g_assert_cmpuint (state_u64 (fixture_state (f, "scheduled", 0), "duration"), ==, 2 * GST_SECOND);
}

static void
test_max_duration (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "max-break-duration=3000000000");
  gsize at = reading_offset_of (ts, 1, 80);
  g_autofree gchar *id = NULL;

  fixture_add_creative (f, "ad_0", 2, 250);
  fixture_feed_part (f, ts, 0, at);
  id = insert (f, 100 * GST_SECOND, NULL);
  check_pictures (f, ts, at, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpuint (state_u64 (fixture_state (f, "scheduled", 0), "duration"), ==, 3 * GST_SECOND);
}

static void
check_refusal (Fixture * f, const gchar * reason)
{
  const GstStructure *s = fixture_state (f, "skipped", 0);

  g_assert_nonnull (s);
  g_assert_cmpstr (gst_structure_get_string (s, "reason"), ==, reason);
  g_assert_nonnull (gst_structure_get_string (s, "detail"));
}

/* One break at a time (DESIGN 6.13): pending ... */
static void
test_conflict_pending (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  gsize at = reading_offset_of (ts, 1, 30);
  g_autofree gchar *first = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  first = insert (f, 3 * GST_SECOND, "options, start-pts-90k=(guint64)1260000");
  g_assert_nonnull (first);
  g_assert_null (insert (f, 3 * GST_SECOND, "options, start-pts-90k=(guint64)1300000"));
  check_refusal (f, "conflict");
  check_pictures (f, ts, at, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpuint (fixture_count_states (f, "started"), ==, 1);
}

/* ... or running; afterwards there is room again. */
static void
test_conflict_running (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  gsize at = reading_offset_of (ts, 1, 120), behind = reading_offset_of (ts, 1, 210);
  g_autofree gchar *id = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_add_creative (f, "ad_1", 3, 25);
  fixture_feed_part (f, ts, 0, at);
  g_assert_null (insert (f, GST_SECOND, NULL));
  check_refusal (f, "conflict");
  fixture_feed_part (f, ts, at, behind);
  id = insert (f, GST_SECOND, NULL);
  check_id (id);
  check_pictures (f, ts, behind, "1:0-99,2:0-74,1:175-224,3:0-24,1:250-299");
}

static void
test_not_running (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  gst_element_set_state (f->element, GST_STATE_READY);
  g_assert_null (insert (f, GST_SECOND, NULL));
  gst_bus_set_flushing (f->bus, FALSE);
  g_assert_cmpuint (fixture_count_states (f, "scheduled"), ==, 0);
}

/* --- taking back ------------------------------------------------------------------ */

static gboolean
call (Fixture * f, const gchar * signal, const gchar * id)
{
  gboolean done = FALSE;

  g_signal_emit_by_name (f->element, signal, id, &done);
  return done;
}

static void
test_cancel (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  gsize at = reading_offset_of (ts, 1, 30), then = reading_offset_of (ts, 1, 60);
  g_autofree gchar *id = NULL;
  g_autofree gchar *states = NULL;
  g_autofree gchar *events = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  id = insert (f, 3 * GST_SECOND, "options, start-pts-90k=(guint64)1260000");
  fixture_feed_part (f, ts, at, then);
  g_assert_true (call (f, "cancel-ad-break", id));
  g_assert_false (call (f, "end-ad-break", id));
  fixture_feed_part (f, ts, then, ts->len);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  states = fixture_states (f);
  events = fixture_break_events (&f->out);
  g_assert_cmpstr (states, ==, "scheduled cancelled");
  g_assert_cmpstr (events, ==, "AdBreakScheduled AdBreakCancelled");
  g_assert_cmpstr (event_string (fixture_event (&f->out, "AdBreakCancelled", 0), "break-id"), ==, id);
  /* it is gone */
  g_assert_false (call (f, "cancel-ad-break", id));
}

/* Before the splicer has even taken the request. */
static void
test_cancel_at_once (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  gsize at = reading_offset_of (ts, 1, 30);
  g_autofree gchar *id = NULL;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  id = insert (f, 3 * GST_SECOND, NULL);
  g_assert_true (call (f, "cancel-ad-break", id));
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpuint (fixture_count_states (f, "started"), ==, 0);
}

/* One second before it packets are taken apart already: still in time. */
static void
test_cancel_armed (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");
  gsize at = reading_offset_of (ts, 1, 90);
  const gchar *id;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  id = gst_structure_get_string (fixture_state (f, "scheduled", 0), "break-id");
  g_assert_true (call (f, "cancel-ad-break", id));
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpuint (fixture_count_states (f, "cancelled"), ==, 1);
}

/* What runs is not cancelled but ended: back at the next RAP. */
static void
test_end_early (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+6");
  gsize at = reading_offset_of (ts, 1, 140);
  g_autofree gchar *id = NULL;

  fixture_add_creative (f, "ad_0", 2, 150);
  fixture_feed_part (f, ts, 0, at);
  id = g_strdup (gst_structure_get_string (fixture_state (f, "started", 0), "break-id"));
  g_assert_false (call (f, "cancel-ad-break", id));
  g_assert_false (call (f, "end-ad-break", "nosuchbreak0"));
  g_assert_true (call (f, "end-ad-break", id));
  check_pictures (f, ts, at, "1:0-99,2:0-49,1:150-299");
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "ended", 0), "break-id"), ==, id);
  g_assert_cmpuint (state_u64 (fixture_state (f, "ended", 0), "filled-duration"), ==, 2 * GST_SECOND);
}

static void
test_end_not_begun (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3");

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, ts->len / 6);
  g_assert_false (call (f, "end-ad-break", gst_structure_get_string (fixture_state (f, "scheduled", 0), "break-id")));
  g_assert_false (call (f, "end-ad-break", NULL));
  g_assert_false (call (f, "cancel-ad-break", NULL));
  check_pictures (f, ts, ts->len / 6, "1:0-99,2:0-74,1:175-299");
}

/* --- events ----------------------------------------------------------------------- */

static GstStructure *
insert_structure (void)
{
  return gst_structure_new ("InsertAdBreak", "id", G_TYPE_STRING, "fromEvent001", NULL);
}

/* @s is taken; FALSE when the event came out again. */
static void
check_event (const Way * way, GstEventType type, GstStructure * s)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  gsize at = reading_offset_of (ts, 1, 80);
  GstEvent *event = gst_event_new_custom (type, s);
  GstEvent *upstream;

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  if (type == GST_EVENT_CUSTOM_UPSTREAM)
    g_assert_true (gst_harness_push_upstream_event (f->h, event));
  else
    g_assert_true (gst_pad_push_event (f->h->srcpad, event));
  /* consumed */
  g_assert_null (fixture_event (&f->out, "InsertAdBreak", 0));
  while ((upstream = gst_harness_try_pull_upstream_event (f->h))) {
    g_assert_cmpint (GST_EVENT_TYPE (upstream), !=, GST_EVENT_CUSTOM_UPSTREAM);
    gst_event_unref (upstream);
  }
  check_pictures (f, ts, at, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "started", 0), "break-id"), ==, "fromEvent001");
}

static void
test_event_types (const Way * way)
{
  for (guint i = 0; i < 4; i++) {
    static const GstEventType types[] = { GST_EVENT_CUSTOM_DOWNSTREAM, GST_EVENT_CUSTOM_UPSTREAM };

    for (guint k = 0; k < G_N_ELEMENTS (types); k++) {
      GstStructure *s = insert_structure ();

      if (i == 0)
        gst_structure_set (s, "duration", G_TYPE_UINT64, (guint64) 3 * GST_SECOND, NULL);
      else if (i == 1)
        gst_structure_set (s, "duration", G_TYPE_INT64, (gint64) 3 * GST_SECOND, NULL);
      else if (i == 2)          /* 3 s do not fit 31 bits: 2 s and 7 pictures do */
        gst_structure_set (s, "duration", G_TYPE_UINT, (guint) 3000000000u, NULL);
      else
        gst_structure_set (s, "duration", G_TYPE_UINT64, (guint64) 3 * GST_SECOND,
            "start-pts-90k", G_TYPE_UINT64, AT_90K (100), NULL);
      check_event (way, types[k], s);
    }
  }
}

static void
check_event_duration (const Way * way, GType type, const gchar * text, const gchar * runs)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  gsize at = reading_offset_of (ts, 1, 80);
  GstStructure *s = insert_structure ();
  GValue value = G_VALUE_INIT;

  g_value_init (&value, type);
  g_assert_true (gst_value_deserialize (&value, text));
  gst_structure_take_value (s, "duration", &value);
  fixture_add_creative (f, "ad_0", 2, 250);
  fixture_feed_part (f, ts, 0, at);
  g_assert_true (gst_pad_push_event (f->h->srcpad, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, s)));
  check_pictures (f, ts, at, runs);
}

static void
test_event_gint (const Way * way)
{
  check_event_duration (way, G_TYPE_INT, "2000000000", "1:0-99,2:0-49,1:150-299");
}

static void
test_event_guint (const Way * way)
{
  check_event_duration (way, G_TYPE_UINT, "4000000000", "1:0-99,2:0-99,1:200-299");
}

static void
test_event_gint64 (const Way * way)
{
  check_event_duration (way, G_TYPE_INT64, "5000000000", "1:0-99,2:0-124,1:225-299");
}

static void
test_event_guint64 (const Way * way)
{
  check_event_duration (way, G_TYPE_UINT64, "5000000000", "1:0-99,2:0-124,1:225-299");
}

/* Not an integer, or none at all: refused, or the default. */
static void
test_event_bad_duration (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GstStructure *bad[] = {
    gst_structure_new ("InsertAdBreak", "duration", G_TYPE_STRING, "3 s", NULL),
    gst_structure_new ("InsertAdBreak", "duration", G_TYPE_INT, -5, NULL),
    gst_structure_new ("InsertAdBreak", "duration", G_TYPE_BOOLEAN, TRUE, NULL),
    gst_structure_new ("InsertAdBreak", "duration", G_TYPE_DOUBLE, 3e9, NULL),
  };

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, ts->len / 6);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    gst_pad_push_event (f->h->srcpad, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, bad[i]));
    g_assert_cmpuint (fixture_count_states (f, "skipped"), ==, i + 1);
  }
  fixture_feed_part (f, ts, ts->len / 6, ts->len);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
}

/* An event that comes by both ways, as in a pipeline with a tee, is one request. */
static void
test_event_seqnum (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  gsize at = reading_offset_of (ts, 1, 80);
  guint32 seqnum = gst_util_seqnum_next ();

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  for (guint i = 0; i < 4; i++) {
    GstStructure *s = gst_structure_new ("InsertAdBreak", "duration", G_TYPE_INT64, (gint64) 3 * GST_SECOND, NULL);
    GstEvent *event = gst_event_new_custom (i % 2 ? GST_EVENT_CUSTOM_UPSTREAM : GST_EVENT_CUSTOM_DOWNSTREAM, s);

    gst_event_set_seqnum (event, seqnum);
    if (i % 2)
      gst_harness_push_upstream_event (f->h, event);
    else
      gst_pad_push_event (f->h->srcpad, event);
  }
  check_pictures (f, ts, at, "1:0-99,2:0-74,1:175-299");
  g_assert_cmpuint (fixture_count_states (f, "scheduled"), ==, 1);
  /* the repetitions are no conflict: nobody has asked twice */
  g_assert_cmpuint (fixture_count_states (f, "skipped"), ==, 0);
}

/* Two of them, two seqnums: the second is a conflict, and nobody gets an id to read. */
static void
test_event_conflict (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, ts->len / 6);
  for (guint i = 0; i < 2; i++)
    gst_pad_push_event (f->h->srcpad, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
            gst_structure_new ("InsertAdBreak", "duration", G_TYPE_INT64, (gint64) 3 * GST_SECOND, NULL)));
  check_refusal (f, "conflict");
}

/* A creative is no place to ask for a break. */
static void
test_event_on_ad_pads (const Way * way)
{
  static const gchar *const pads[] = { "ad_0", "slate" };
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  fixture_feed_part (f, ts, 0, ts->len / 6);
  for (guint i = 0; i < G_N_ELEMENTS (pads); i++) {
    GstHarness *ad = fixture_add_ad (f, pads[i]);

    g_assert_true (ad_begin (ad, pads[i]));
    gst_pad_push_event (ad->srcpad, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
            gst_structure_new ("InsertAdBreak", "duration", G_TYPE_INT64, (gint64) GST_SECOND, NULL)));
  }
  fixture_feed_part (f, ts, ts->len / 6, ts->len);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpuint (fixture_count_states (f, "scheduled"), ==, 0);
  g_assert_null (fixture_event (&f->out, "InsertAdBreak", 0));
}

/* From the side of the recording, too. */
static void
test_event_from_network (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  gsize at = reading_offset_of (ts, 1, 80);

  fixture_add_network (f);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  gst_harness_push_upstream_event (f->network_h, gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
          gst_structure_new ("InsertAdBreak", "duration", G_TYPE_INT64, (gint64) 3 * GST_SECOND, NULL)));
  check_pictures (f, ts, at, "1:0-99,2:0-74,1:175-299");
}

/* --- cues ------------------------------------------------------------------------- */

static void
test_cue (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) cue = media_splice_insert (42, AT_90K (150), 3 * 90000);
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GString *hex = g_string_new (NULL);
  const OutEvent *start;

  spec.cue_pid = TRUE;
  spec.cue = cue->data;
  spec.cue_size = cue->len;
  spec.cue_at_90k = 2 * 90000;
  ts = media_make (&spec);
  for (guint i = 0; i < cue->len; i++)
    g_string_append_printf (hex, "%02x", cue->data[i]);
  fixture_add_creative (f, "ad_0", 2, 75);
  check_pictures (f, ts, 0, "1:0-149,2:0-74,1:225-299");
  start = fixture_event (&f->out, "AdBreakStart", 0);
  g_assert_cmpstr (event_string (start, "scte35"), ==, hex->str);
  g_assert_cmpstr (event_string (fixture_event (&f->out, "AdBreakScheduled", 0), "scte35"), ==, hex->str);
  check_id (event_string (start, "break-id"));
  g_string_free (hex, TRUE);
}

static void
test_cue_type_not_wanted (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) cue = media_splice_insert (42, AT_90K (150), 3 * 90000);
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "scte35=none");

  spec.cue_pid = TRUE;
  spec.cue = cue->data;
  spec.cue_size = cue->len;
  spec.cue_at_90k = 2 * 90000;
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpuint (fixture_count_states (f, "scheduled"), ==, 0);
}

/* The id follows from the cue: another splicer of the channel has the same. */
static void
test_cue_id (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) cue = media_splice_insert (42, AT_90K (150), 3 * 90000);
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) a = fixture_new (way, "channel=one");
  g_autoptr (Fixture) b = fixture_new (way, "channel=one");
  g_autoptr (Fixture) c = fixture_new (way, "channel=two");

  spec.cue_pid = TRUE;
  spec.cue = cue->data;
  spec.cue_size = cue->len;
  spec.cue_at_90k = 2 * 90000;
  ts = media_make (&spec);
  fixture_feed (a, ts);
  fixture_feed (b, ts);
  fixture_feed (c, ts);
  g_assert_cmpstr (gst_structure_get_string (fixture_state (a, "scheduled", 0), "break-id"), ==,
      event_string (fixture_event (&a->out, "AdBreakScheduled", 0), "break-id"));
  /* a break is told once a channel */
  g_assert_null (fixture_state (b, "scheduled", 0));
  g_assert_cmpstr (event_string (fixture_event (&a->out, "AdBreakScheduled", 0), "break-id"), ==,
      event_string (fixture_event (&b->out, "AdBreakScheduled", 0), "break-id"));
  g_assert_cmpstr (gst_structure_get_string (fixture_state (a, "scheduled", 0), "break-id"), !=,
      gst_structure_get_string (fixture_state (c, "scheduled", 0), "break-id"));
  g_assert_cmpstr (gst_structure_get_string (fixture_state (c, "scheduled", 0), "channel"), ==, "two");
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/break/schedule", test_schedule);
  fixture_add_tests ("/break/schedule-two", test_schedule_two);
  fixture_add_tests ("/break/schedule-off-the-grid", test_schedule_off_the_grid);
  fixture_add_tests ("/break/schedule-preroll", test_schedule_preroll);
  fixture_add_tests ("/break/signal", test_signal);
  fixture_add_tests ("/break/signal-before-stream", test_signal_before_stream);
  fixture_add_tests ("/break/signal-options", test_signal_options);
  fixture_add_test ("/break/signal-bad-id", test_signal_bad_id);
  fixture_add_tests ("/break/signal-over-wrap", test_signal_over_wrap);
  fixture_add_tests ("/break/default-duration", test_default_duration);
  fixture_add_tests ("/break/max-duration", test_max_duration);
  fixture_add_tests ("/break/conflict-pending", test_conflict_pending);
  fixture_add_tests ("/break/conflict-running", test_conflict_running);
  fixture_add_test ("/break/not-running", test_not_running);
  fixture_add_tests ("/break/cancel", test_cancel);
  fixture_add_tests ("/break/cancel-at-once", test_cancel_at_once);
  fixture_add_tests ("/break/cancel-armed", test_cancel_armed);
  fixture_add_tests ("/break/end-early", test_end_early);
  fixture_add_tests ("/break/end-not-begun", test_end_not_begun);
  fixture_add_tests ("/break/event/types", test_event_types);
  fixture_add_test ("/break/event/gint", test_event_gint);
  fixture_add_test ("/break/event/guint", test_event_guint);
  fixture_add_test ("/break/event/gint64", test_event_gint64);
  fixture_add_test ("/break/event/guint64", test_event_guint64);
  fixture_add_test ("/break/event/bad-duration", test_event_bad_duration);
  fixture_add_tests ("/break/event/same-seqnum", test_event_seqnum);
  fixture_add_test ("/break/event/conflict", test_event_conflict);
  fixture_add_test ("/break/event/on-ad-pads", test_event_on_ad_pads);
  fixture_add_tests ("/break/event/from-network", test_event_from_network);
  fixture_add_tests ("/break/cue", test_cue);
  fixture_add_tests ("/break/cue-type-not-wanted", test_cue_type_not_wanted);
  fixture_add_test ("/break/cue-id", test_cue_id);
  return fixture_run ();
}
