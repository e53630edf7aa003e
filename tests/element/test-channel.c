/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several renditions of one channel: splicers of the same `channel` in one process. They leave and
 * return at the same PTS, whatever the skew between them, each break is told once, and nobody waits.
 */
#include <string.h>

#include "ts-fixture.h"

#define RENDITIONS 3
#define PICTURES 300
#define AT_90K(number) (10 * 90000 + (guint64) (number) * MEDIA_FRAME_90K)

typedef struct
{
  Fixture *f[RENDITIONS];
  GByteArray *ts[RENDITIONS];
  gsize begins[RENDITIONS][PICTURES];   /* each picture */
  gsize fed[RENDITIONS];
  guint skew[RENDITIONS];       /* pictures behind the furthest */
} Channel;

/* Another bit rate each; the same pictures at the same times. */
static MediaSpec
rendition_spec (guint i)
{
  MediaSpec spec = media_network ();

  spec.picture_bytes = 600 + 900 * i;
  return spec;
}

static void
channel_add (Channel * c, const Way * way, guint i, const MediaSpec * spec, const gchar * properties)
{
  static const gchar *const names[RENDITIONS] = { "low", "middle", "high" };
  g_autofree gchar *all = g_strdup_printf ("%s%sname=%s channel=tests", properties ? properties : "",
      properties ? " " : "", names[i]);
  g_autoptr (Reading) r = NULL;

  c->f[i] = fixture_new (way, all);
  c->ts[i] = media_make (spec);
  r = reading_new (c->ts[i]->data, c->ts[i]->len);
  for (guint k = 0; k < r->pictures->len; k++) {
    const ReadUnit *u = &g_array_index (r->pictures, ReadUnit, k);

    c->begins[i][u->mark.number] = u->offset;
  }
}

/* @skew of each in pictures */
static void
channel_init (Channel * c, const Way * way, const gchar * properties, guint low, guint middle, guint high)
{
  memset (c, 0, sizeof *c);
  c->skew[0] = low;
  c->skew[1] = middle;
  c->skew[2] = high;
  for (guint i = 0; i < RENDITIONS; i++) {
    MediaSpec spec = rendition_spec (i);

    channel_add (c, way, i, &spec, properties);
  }
}

static void
channel_add_creatives (Channel * c, guint frames)
{
  for (guint i = 0; i < RENDITIONS; i++)
    fixture_add_creative (c->f[i], "ad_0", 2, frames);
}

static void
channel_clear (Channel * c)
{
  for (guint i = 0; i < RENDITIONS; i++) {
    g_clear_pointer (&c->f[i], fixture_free);
    g_clear_pointer (&c->ts[i], g_byte_array_unref);
  }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Channel, channel_clear)

static void
feed_rendition (Channel * c, guint i, guint picture)
{
  gsize to = picture >= PICTURES ? c->ts[i]->len : c->begins[i][picture];

  if (to <= c->fed[i])
    return;
  fixture_feed_part (c->f[i], c->ts[i], c->fed[i], to);
  g_assert_cmpint (c->f[i]->flow, ==, GST_FLOW_OK);
  c->fed[i] = to;
}

/* The furthest one up to @picture, the others as far behind it as they are. */
static void
channel_feed (Channel * c, guint from, guint to)
{
  for (guint picture = from; picture <= to; picture++)
    for (guint i = 0; i < RENDITIONS; i++)
      if (picture > c->skew[i])
        feed_rendition (c, i, picture - c->skew[i]);
}

static void
channel_finish (Channel * c, guint from)
{
  channel_feed (c, from, PICTURES + 200);
  for (guint i = 0; i < RENDITIONS; i++)
    fixture_eos (c->f[i]);
}

static void
assert_runs (const Channel * c, const gchar * runs)
{
  for (guint i = 0; i < RENDITIONS; i++) {
    g_autoptr (Reading) r = fixture_read (&c->f[i]->out);

    reading_assert_pictures (r, runs);
    reading_assert_seamless (r);
  }
}

/* All that was told of @state, by whichever of them. */
static guint
count_states (Channel * c, const gchar * state)
{
  guint n = 0;

  for (guint i = 0; i < RENDITIONS; i++)
    n += fixture_count_states (c->f[i], state);
  return n;
}

static const GstStructure *
find_state (Channel * c, const gchar * state)
{
  for (guint i = 0; i < RENDITIONS; i++) {
    const GstStructure *s = fixture_state (c->f[i], state, 0);

    if (s)
      return s;
  }
  return NULL;
}

static void
assert_told_once (Channel * c)
{
  static const gchar *const states[] = { "scheduled", "started", "creative-started", "creative-ended", "ended" };

  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    g_assert_cmpuint (count_states (c, states[i]), ==, 1);
  g_assert_cmpuint (count_states (c, "skipped"), ==, 0);
  g_assert_cmpuint (count_states (c, "cancelled"), ==, 0);
}

/* The share of rendition @name in the message of @state. */
static const GstStructure *
share_of (Channel * c, const gchar * state, const gchar * name)
{
  const GstStructure *s = find_state (c, state);
  const GValue *list = s ? gst_structure_get_value (s, "renditions") : NULL;

  g_assert_nonnull (list);
  for (guint i = 0; i < gst_value_list_get_size (list); i++) {
    const GstStructure *share = gst_value_get_structure (gst_value_list_get_value (list, i));

    if (!g_strcmp0 (gst_structure_get_string (share, "rendition"), name))
      return share;
  }
  return NULL;
}

/* --- breaks known ahead ---------------------------------------------------------------- */

static const guint skews[][RENDITIONS] = { {0, 0, 0}, {0, 13, 27}, {60, 0, 110}, {75, 130, 0} };

static void
test_schedule (const Way * way)
{
  for (guint i = 0; i < G_N_ELEMENTS (skews); i++) {
    g_auto (Channel) c;

    channel_init (&c, way, "schedule=4+3", skews[i][0], skews[i][1], skews[i][2]);
    channel_add_creatives (&c, 100);
    channel_finish (&c, 1);
    assert_runs (&c, "1:0-99,2:0-74,1:175-299");
    assert_told_once (&c);
  }
}

/* Its cue is in each of them, as it is; or in one alone. */
static void
check_cue (const Way * way, const guint * skew, guint in)
{
  g_auto (Channel) c = { {NULL}
  };
  g_autoptr (GByteArray) cue = media_splice_insert (42, AT_90K (100), 3 * 90000);

  for (guint i = 0; i < RENDITIONS; i++) {
    MediaSpec spec = rendition_spec (i);

    c.skew[i] = skew[i];
    if (in >> i & 1) {
      spec.cue_pid = TRUE;
      spec.cue = cue->data;
      spec.cue_size = cue->len;
      spec.cue_at_90k = 2 * 90000;
    }
    channel_add (&c, way, i, &spec, NULL);
  }
  channel_add_creatives (&c, 100);
  channel_finish (&c, 1);
  assert_runs (&c, "1:0-99,2:0-74,1:175-299");
  assert_told_once (&c);
}

static void
test_cue_in_all (const Way * way)
{
  for (guint i = 0; i < G_N_ELEMENTS (skews); i++)
    check_cue (way, skews[i], 7);
}

/* The one that has it is a little behind: the others must not have passed its time. */
static void
test_cue_in_one (const Way * way)
{
  static const guint near[][RENDITIONS] = { {0, 0, 0}, {0, 13, 27}, {30, 0, 20} };

  for (guint i = 0; i < G_N_ELEMENTS (near); i++)
    for (guint in = 0; in < RENDITIONS; in++)
      check_cue (way, near[i], 1u << in);
}

/* --- breaks asked for now ---------------------------------------------------------------- */

static gchar *
insert (Channel * c, guint i, guint64 duration_ns)
{
  gchar *id = NULL;

  g_signal_emit_by_name (c->f[i]->element, "insert-ad-break", duration_ns, NULL, &id);
  return id;
}

/* The furthest one stands at picture 140: all leave at the next RAP behind that, 150. */
static void
test_insert (const Way * way)
{
  for (guint i = 0; i < G_N_ELEMENTS (skews); i++)
    for (guint by = 0; by < RENDITIONS; by++) {
      g_auto (Channel) c;
      g_autofree gchar *id = NULL, *second = NULL;

      channel_init (&c, way, NULL, skews[i][0], skews[i][1], skews[i][2]);
      channel_add_creatives (&c, 100);
      channel_feed (&c, 1, 140);
      id = insert (&c, by, 3 * GST_SECOND);
      g_assert_nonnull (id);
      second = insert (&c, (by + 1) % RENDITIONS, 3 * GST_SECOND);
      g_assert_null (second);
      channel_finish (&c, 141);
      assert_runs (&c, "1:0-149,2:0-74,1:225-299");
      g_assert_cmpuint (count_states (&c, "skipped"), ==, 1);
      g_assert_cmpuint (count_states (&c, "started"), ==, 1);
      g_assert_cmpuint (count_states (&c, "ended"), ==, 1);
    }
}

/* Ended when the furthest stands at 190: all are back at 200. */
static void
test_end (const Way * way)
{
  static const guint near[][RENDITIONS] = { {0, 0, 0}, {0, 13, 27}, {30, 0, 20} };

  for (guint i = 0; i < G_N_ELEMENTS (near); i++) {
    g_auto (Channel) c;
    g_autofree gchar *id = NULL;
    gboolean ok = FALSE;

    channel_init (&c, way, NULL, near[i][0], near[i][1], near[i][2]);
    channel_add_creatives (&c, 150);
    channel_feed (&c, 1, 140);
    id = insert (&c, 2, 6 * GST_SECOND);
    channel_feed (&c, 141, 190);
    g_signal_emit_by_name (c.f[0]->element, "end-ad-break", id, &ok);
    g_assert_true (ok);
    channel_finish (&c, 191);
    assert_runs (&c, "1:0-149,2:0-49,1:200-299");
    g_assert_cmpuint (state_u64 (find_state (&c, "ended"), "pts-90k"), ==, AT_90K (200));
    g_assert_cmpuint (count_states (&c, "ended"), ==, 1);
  }
}

/* Nobody has left: all stay. One has: it is too late for that. */
static void
test_cancel (const Way * way)
{
  g_auto (Channel) c;
  g_autofree gchar *id = NULL, *other = NULL;
  gboolean ok = FALSE;

  channel_init (&c, way, NULL, 0, 30, 60);
  channel_add_creatives (&c, 100);
  channel_feed (&c, 1, 140);
  id = insert (&c, 0, 3 * GST_SECOND);
  channel_feed (&c, 141, 145);
  g_signal_emit_by_name (c.f[2]->element, "cancel-ad-break", id, &ok);
  g_assert_true (ok);
  channel_feed (&c, 146, 160);
  g_assert_cmpuint (count_states (&c, "cancelled"), ==, 1);
  other = insert (&c, 1, 3 * GST_SECOND);
  g_assert_nonnull (other);
  channel_feed (&c, 161, 180);
  g_signal_emit_by_name (c.f[2]->element, "cancel-ad-break", other, &ok);
  g_assert_false (ok);
  channel_finish (&c, 181);
  assert_runs (&c, "1:0-174,2:0-74,1:250-299");
}

/* --- what differs -------------------------------------------------------------------------- */

/* One has its RAPs elsewhere: it takes its next one and says so, the others are not disturbed. */
static void
test_not_aligned (const Way * way)
{
  g_auto (Channel) c = { {NULL}
  };
  const GstStructure *share;

  for (guint i = 0; i < RENDITIONS; i++) {
    MediaSpec spec = rendition_spec (i);

    if (i == 1)
      spec.gop = 30;
    c.skew[i] = 7 * i;
    channel_add (&c, way, i, &spec, "schedule=4+3");
  }
  channel_add_creatives (&c, 100);
  channel_finish (&c, 1);
  for (guint i = 0; i < RENDITIONS; i++) {
    g_autoptr (Reading) r = fixture_read (&c.f[i]->out);

    /* RAPs at 120 and, back, at 180 */
    reading_assert_pictures (r, i == 1 ? "1:0-119,2:0-59,1:180-299" : "1:0-99,2:0-74,1:175-299");
    reading_assert_seamless (r);
  }
  assert_told_once (&c);
  share = share_of (&c, "ended", "middle");
  g_assert_nonnull (share);
  g_assert_cmpstr (gst_structure_get_string (share, "reason"), ==, "not-aligned");
  g_assert_cmpuint (state_u64 (share, "out-pts-90k"), ==, AT_90K (120));
  share = share_of (&c, "ended", "low");
  g_assert_cmpstr (gst_structure_get_string (share, "reason"), ==, "");
  g_assert_cmpuint (state_u64 (share, "out-pts-90k"), ==, AT_90K (100));
  g_assert_cmpuint (state_u64 (share, "in-pts-90k"), ==, AT_90K (175));
}

/* One has no creative: its viewers see the programme, the others the ad. */
static void
test_one_without (const Way * way)
{
  g_auto (Channel) c;
  const GstStructure *share;

  channel_init (&c, way, "schedule=4+3", 10, 0, 20);
  fixture_add_creative (c.f[0], "ad_0", 2, 100);
  fixture_add_creative (c.f[2], "ad_0", 2, 100);
  channel_finish (&c, 1);
  for (guint i = 0; i < RENDITIONS; i++) {
    g_autoptr (Reading) r = fixture_read (&c.f[i]->out);

    reading_assert_pictures (r, i == 1 ? "1:0-299" : "1:0-99,2:0-74,1:175-299");
  }
  assert_told_once (&c);
  share = share_of (&c, "ended", "middle");
  g_assert_nonnull (share);
  g_assert_cmpstr (gst_structure_get_string (share, "state"), ==, "skipped");
  g_assert_cmpstr (gst_structure_get_string (share, "reason"), ==, "no-creative");
}

/* None has one: that is told once, for the channel. */
static void
test_none (const Way * way)
{
  g_auto (Channel) c;

  channel_init (&c, way, "schedule=4+3", 0, 15, 20);
  channel_finish (&c, 1);
  assert_runs (&c, "1:0-299");
  g_assert_cmpuint (count_states (&c, "skipped"), ==, 1);
  g_assert_cmpuint (count_states (&c, "started"), ==, 0);
}

/* One stops in the break, for good: the others go on and come back. */
static void
test_one_stops (const Way * way)
{
  g_auto (Channel) c;

  channel_init (&c, way, "schedule=4+3", 0, 5, 10);
  channel_add_creatives (&c, 100);
  channel_feed (&c, 1, 130);
  gst_element_set_state (c.f[2]->element, GST_STATE_NULL);
  for (guint picture = 131; picture <= 300; picture++)
    for (guint i = 0; i < 2; i++)
      feed_rendition (&c, i, picture);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (Reading) r = NULL;

    fixture_eos (c.f[i]);
    r = fixture_read (&c.f[i]->out);
    reading_assert_pictures (r, "1:0-99,2:0-74,1:175-299");
  }
  g_assert_cmpuint (count_states (&c, "ended"), ==, 1);
}

/* Times as on the wire wrap in the break; some renditions begin behind the wrap, some before. */
static void
test_wrap (const Way * way)
{
  g_auto (Channel) c = { {NULL}
  };

  for (guint i = 0; i < RENDITIONS; i++) {
    MediaSpec spec = rendition_spec (i);

    spec.first_pts90k = (G_GINT64_CONSTANT (1) << 33) - 5 * 90000;
    c.skew[i] = 40 * i;
    channel_add (&c, way, i, &spec, "schedule=4+3");
  }
  channel_add_creatives (&c, 100);
  channel_finish (&c, 1);
  assert_runs (&c, "1:0-99,2:0-74,1:175-299");
  assert_told_once (&c);
}

/* --- threads ---------------------------------------------------------------------------------- */

typedef struct
{
  Channel *c;
  guint i;
} Runner;

static gpointer
run_rendition (gpointer data)
{
  const Runner *r = data;
  GRand *rand = g_rand_new_with_seed (r->i + 7);

  for (guint picture = 1; picture <= 300;) {
    picture += (guint) g_rand_int_range (rand, 1, 9);
    feed_rendition (r->c, r->i, MIN (picture, 300));
    if (g_rand_int_range (rand, 0, 4) == 0)
      g_usleep ((gulong) g_rand_int_range (rand, 0, 3000));
  }
  g_rand_free (rand);
  return NULL;
}

/* Each in its own thread, and a break asked for while they run: wherever it is, it is the same. */
static void
test_threads (const Way * way)
{
  for (guint turn = 0; turn < 8; turn++) {
    g_auto (Channel) c;
    Runner runners[RENDITIONS];
    GThread *threads[RENDITIONS];
    g_autofree gchar *id = NULL, *runs = NULL;

    channel_init (&c, way, NULL, 0, 0, 0);
    channel_add_creatives (&c, 100);
    channel_feed (&c, 1, 30);
    for (guint i = 0; i < RENDITIONS; i++) {
      runners[i].c = &c;
      runners[i].i = i;
      threads[i] = g_thread_new ("rendition", run_rendition, &runners[i]);
    }
    g_usleep (turn * 2000);
    id = insert (&c, turn % RENDITIONS, 2 * GST_SECOND);
    for (guint i = 0; i < RENDITIONS; i++)
      g_thread_join (threads[i]);
    for (guint i = 0; i < RENDITIONS; i++) {
      g_autoptr (Reading) r = NULL;

      fixture_eos (c.f[i]);
      r = fixture_read (&c.f[i]->out);
      if (!runs)
        runs = reading_runs (r->pictures);
      reading_assert_pictures (r, runs);
    }
    g_test_message ("turn %u: %s", turn, runs);
    g_assert_cmpuint (count_states (&c, "started") + count_states (&c, "skipped"), ==, 1);
  }
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/channel/schedule", test_schedule);
  fixture_add_tests ("/channel/cue-in-all", test_cue_in_all);
  fixture_add_test ("/channel/cue-in-one", test_cue_in_one);
  fixture_add_test ("/channel/insert", test_insert);
  fixture_add_live_test ("/channel/insert-live", test_insert);
  fixture_add_tests ("/channel/end", test_end);
  fixture_add_test ("/channel/cancel", test_cancel);
  fixture_add_test ("/channel/not-aligned", test_not_aligned);
  fixture_add_test ("/channel/one-without", test_one_without);
  fixture_add_test ("/channel/none", test_none);
  fixture_add_test ("/channel/one-stops", test_one_stops);
  fixture_add_test ("/channel/wrap", test_wrap);
  fixture_add_test ("/channel/threads", test_threads);
  return fixture_run ();
}
