/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice, the splicer without pads: what a break leaves of the stream, picture by picture and
 * frame by frame. The rules are those of DESIGN 6. */
#include "splice-media.h"
#include "splice-run.h"

#include <string.h>

#include <asp-ts-packet.h>

#define FRAME_90K 3600

typedef struct
{
  SpliceMediaSpec network, ad[3];
  guint n_ads;
  GByteArray *in;
  SpliceRun *run;
  SpliceContent *got;
  gchar *video, *audio;         /* runs of the output */
} Fixture;

static void
setup (Fixture * f, guint frames)
{
  memset (f, 0, sizeof *f);
  splice_media_spec_init (&f->network, 1, frames);
  for (guint i = 0; i < G_N_ELEMENTS (f->ad); i++) {
    splice_media_spec_init (&f->ad[i], 2 + i, 50);
    f->ad[i].first_pts90k = (1000 + 77 * (gint64) i) * ASP_SECOND_90K + 13;
    /* as coded creatives do: the last frame of sound ends behind the last picture */
    f->ad[i].audio_end_90k = -2 * SPLICE_AUDIO_FRAME_90K;
  }
  f->n_ads = 1;
  f->run = splice_run_new ();
}

/* Creatives and the network are made, the splicer is there; nothing has been fed. */
static void
start (Fixture * f)
{
  for (guint i = 0; i < f->n_ads; i++) {
    g_autoptr (GByteArray) ad = splice_media_make (&f->ad[i]);

    splice_run_add_creative (f->run, ad->data, ad->len, 0, TRUE);
  }
  if (!f->in)
    f->in = splice_media_make (&f->network);
  splice_run_start (f->run);
}

static void
feed_part (Fixture * f, gsize from, gsize to)
{
  splice_run_feed_chunks (f->run, f->in->data + from, to - from, 7 * ASP_TS_SIZE, FALSE);
}

static void
finish (Fixture * f)
{
  splice_run_finish (f->run);
  if (g_getenv ("SPLICE_KEEP"))
    g_file_set_contents (g_getenv ("SPLICE_KEEP"), (const gchar *) f->run->out->data, f->run->out->len, NULL);
  f->got = splice_content_read (f->run->out->data, f->run->out->len, f->network.video_pid, f->network.audio_pid);
  /* behind a jump PTS do not tell the order */
  f->video = splice_units_runs (f->got->video, f->network.jump_at_90k == 0);
  f->audio = splice_units_runs (f->got->audio[0], FALSE);
  g_test_message ("video %s", f->video);
  g_test_message ("audio %s", f->audio);
  g_test_message ("%s%s", f->run->reports->str, f->run->warnings->str);
}

static void
teardown (Fixture * f)
{
  if (f->in)
    g_byte_array_unref (f->in);
  splice_run_free (f->run);
  splice_content_free (f->got);
  g_free (f->video);
  g_free (f->audio);
}

static void
splice (Fixture * f, gdouble start_s, gdouble duration_s)
{
  start (f);
  g_assert_true (asp_splicer_schedule (f->run->s, (gint64) (start_s * 90000), (gint64) (duration_s * 90000)));
  feed_part (f, 0, f->in->len);
  finish (f);
}

/* Packets, counters, clock, DTS: rules 1, 4, 5, 6. */
static void
check_stream (const Fixture * f)
{
  const SpliceContent *c = f->got;

  g_assert_cmpuint (f->run->out->len % ASP_TS_SIZE, ==, 0);
  g_assert_cmpuint (c->broken, ==, 0);
  g_assert_cmpuint (c->cc_errors, ==, 0);
  g_assert_cmpuint (c->pcr_backwards, ==, 0);
  g_assert_cmpint (c->least_lead_90k, >=, 0);
  if (f->network.jump_at_90k == 0)
    g_assert_cmpint (c->pcr_gap_max_27m, <=, ASP_SECOND_27M * 45 / 1000);
  for (guint i = 0; i < c->video->len; i++) {
    const SpliceUnit *u = &g_array_index (c->video, SpliceUnit, i);

    g_assert_cmpint (u->dts90k, <=, u->pts90k);
    if (i > 0)
      g_assert_cmpint (u->dts90k, >, u[-1].dts90k);
  }
  if (f->network.nulls)
    g_assert_cmpuint (c->n_packets, ==, f->in->len / ASP_TS_SIZE);
}

static gint
by_pts (gconstpointer a, gconstpointer b)
{
  const SpliceUnit *x = a, *y = b;

  return x->pts90k < y->pts90k ? -1 : x->pts90k > y->pts90k;
}

/* From one picture to the next there is one frame, over the cuts too (rule 2); @gaps are frame
 * intervals that a policy made. */
static void
check_cadence (const Fixture * f, guint gaps)
{
  g_autofree SpliceUnit *u = g_memdup2 (f->got->video->data, f->got->video->len * sizeof *u);
  guint found = 0;

  qsort (u, f->got->video->len, sizeof *u, by_pts);
  for (guint i = 1; i < f->got->video->len; i++) {
    gint64 step = u[i].pts90k - u[i - 1].pts90k;

    g_assert_cmpint (step, >=, FRAME_90K - 1);
    if (step > FRAME_90K + 1)
      found++;
  }
  g_assert_cmpuint (found, ==, gaps);
}

/* Sound keeps its distance to the picture of its own source, bit by bit, and joins within half a
 * frame (rule 3). */
static void
check_sound (const Fixture * f, guint track, guint holes)
{
  const GArray *audio = f->got->audio[track];
  gint64 offset[128];
  guint found = 0;

  for (guint i = 0; i < G_N_ELEMENTS (offset); i++)
    offset[i] = ASP_NO_TIME;
  for (guint i = 0; i < f->got->video->len; i++) {
    const SpliceUnit *u = &g_array_index (f->got->video, SpliceUnit, i);
    gint64 zero = u->pts90k - (gint64) u->index * FRAME_90K;

    if (u->source == 1 && f->network.jump_at_90k != 0)
      continue;
    g_assert_true (offset[u->source] == ASP_NO_TIME || ABS (offset[u->source] - zero) <= 1);
    offset[u->source] = zero;
  }
  for (guint i = 0; i < audio->len; i++) {
    const SpliceUnit *u = &g_array_index (audio, SpliceUnit, i);
    guint source = u->source > 10 ? u->source - 10 : u->source;
    gint64 lead = source == 1 ? f->network.audio_lead_90k : f->ad[source - 2].audio_lead_90k;

    if (offset[source] != ASP_NO_TIME)
      g_assert_cmpint (ABS (u->pts90k - (gint64) u->index * SPLICE_AUDIO_FRAME_90K + lead - offset[source]), <=, 1);
    if (i > 0 && ABS (u->pts90k - u[-1].pts90k - SPLICE_AUDIO_FRAME_90K) > SPLICE_AUDIO_FRAME_90K / 2 + 1)
      found++;
  }
  g_assert_cmpuint (found, ==, holes);
}

/* Nobody's sound is heard over the picture of another: but for half a frame it begins and ends with
 * its own picture. For breaks without a gap. */
static void
check_sound_in_place (const Fixture * f, guint track)
{
  g_autofree SpliceUnit *v = g_memdup2 (f->got->video->data, f->got->video->len * sizeof *v);
  const GArray *audio = f->got->audio[track];
  guint n = f->got->video->len, at = 0;

  qsort (v, n, sizeof *v, by_pts);
  for (guint i = 0; i < audio->len; i++) {
    const SpliceUnit *u = &g_array_index (audio, SpliceUnit, i);
    gint64 middle = u->pts90k + SPLICE_AUDIO_FRAME_90K / 2, early, late;
    guint source = u->source > 10 ? u->source - 10 : u->source;

    while (at + 1 < n && v[at + 1].pts90k <= middle)
      at++;
    early = v[at].source == source ? 0 : middle - v[at].pts90k;
    late = at + 1 < n && v[at + 1].source == source ? MIN (early, v[at + 1].pts90k - middle) : early;
    if (late > SPLICE_AUDIO_FRAME_90K / 2 + 1 && middle > v[0].pts90k)
      g_error ("sound %u:%u at %" G_GINT64_FORMAT " is heard over picture %u:%u", u->source, u->index, u->pts90k,
          v[at].source, v[at].index);
  }
}

static void
check_all (const Fixture * f)
{
  check_stream (f);
  check_cadence (f, 0);
  for (guint i = 0; i < f->network.audio_tracks; i++) {
    check_sound (f, i, 0);
    check_sound_in_place (f, i);
  }
}

static gboolean
said (const Fixture * f, const gchar * text)
{
  return strstr (f->run->reports->str, text) != NULL;
}

/* --- breaks as they should be ----------------------------------------------------- */

typedef struct
{
  const gchar *name;
  guint network_b, ad_b;
  gboolean nulls, sets_once;
  guint group, ad_group, tracks, ad_tracks;
  gint64 lead_90k, ad_lead_90k, audio_lead_90k, ad_audio_lead_90k;
  guint pcr_pid;
} Plain;

static const Plain plain[] = {
  {"vbr", 0, 0, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"cbr", 0, 0, TRUE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"b-frames", 2, 2, FALSE, FALSE, 4, 1, 1, 1, 45000, 45000, 0, 0, 0},
  {"b-frames-cbr", 2, 2, TRUE, FALSE, 8, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"ad-reorders-less", 2, 0, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"ad-reorders-more", 0, 2, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"long-pes", 0, 0, FALSE, FALSE, 16, 16, 1, 1, 63000, 63000, 1920, 1920, 0},
  {"short-lead", 2, 2, FALSE, FALSE, 1, 1, 1, 1, 9000, 63000, 0, 1920, 0},
  {"long-lead", 2, 2, TRUE, FALSE, 1, 1, 1, 1, 63000, 9000, 0, 1920, 0},
  {"sets-once", 2, 2, FALSE, TRUE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0},
  {"two-tracks", 0, 0, FALSE, FALSE, 4, 4, 2, 2, 45000, 45000, 0, 0, 0},
  {"two-of-one", 0, 0, TRUE, FALSE, 4, 4, 2, 1, 45000, 45000, 0, 0, 0},
  {"one-of-two", 0, 0, FALSE, FALSE, 4, 4, 1, 2, 45000, 45000, 0, 0, 0},
  {"pcr-pid", 0, 0, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0x1f0},
  {"pcr-on-audio", 0, 0, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, 0x110},
  {"pcr-unnamed", 0, 0, FALSE, FALSE, 4, 4, 1, 1, 45000, 45000, 0, 0, ASP_PID_NULL},
  {"no-sound", 0, 0, FALSE, FALSE, 4, 4, 0, 0, 45000, 45000, 0, 0, 0},
};

static void
plain_specs (Fixture * f, const Plain * p)
{
  f->network.bframes = p->network_b;
  f->network.nulls = p->nulls;
  f->network.sets_once = p->sets_once;
  f->network.audio_group = p->group;
  f->network.audio_tracks = p->tracks;
  f->network.lead_90k = p->lead_90k;
  f->network.audio_lead_90k = p->audio_lead_90k;
  f->network.pcr_pid = (guint16) p->pcr_pid;
  f->ad[0].bframes = p->ad_b;
  f->ad[0].audio_group = p->ad_group;
  f->ad[0].audio_tracks = p->ad_tracks;
  f->ad[0].lead_90k = p->ad_lead_90k;
  f->ad[0].audio_lead_90k = p->ad_audio_lead_90k;
}

static void
test_plain (gconstpointer data)
{
  const Plain *p = data;
  Fixture f;

  setup (&f, 250);
  plain_specs (&f, p);
  splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  check_all (&f);
  if (p->ad_b <= p->network_b)
    g_assert_false (said (&f, "mismatch"));
  else
    g_assert_true (said (&f, "reorder-mismatch"));
  g_assert_cmpstr (f.run->warnings->str, ==, "");
  teardown (&f);
}

/* A constant rate with little stuffing: what a return holds up must be made good again. */
static void
test_tight_rate (void)
{
  static const guint packets_per_s[] = { 620, 625, 640, 680 };

  for (guint i = 0; i < G_N_ELEMENTS (packets_per_s); i++) {
    Fixture f;
    g_autoptr (SpliceContent) in = NULL;

    setup (&f, 400);
    f.network.nulls = TRUE;
    f.network.video_bytes = 4000;
    f.network.packets_per_s = packets_per_s[i];
    f.network.pcr_ms = 20;
    f.ad[0].video_bytes = 2500;
    f.ad[0].packets_per_s = 900;
    splice (&f, 3, 2);
    in = splice_content_read (f.in->data, f.in->len, f.network.video_pid, f.network.audio_pid);
    g_test_message ("%u packets/s, %u of %u are null, least lead %" G_GINT64_FORMAT " (input %" G_GINT64_FORMAT ")",
        packets_per_s[i], in->n_null, in->n_packets, f.got->least_lead_90k, in->least_lead_90k);
    g_assert_cmpuint (in->n_null * 100, >, in->n_packets);
    g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-399");
    check_all (&f);
    g_assert_false (asp_splicer_wants_packets (f.run->s));
    g_assert_cmpint (f.got->least_lead_90k, >=, in->least_lead_90k / 2);
    teardown (&f);
  }
}

static void
test_two_creatives (void)
{
  Fixture f;

  setup (&f, 300);
  f.n_ads = 2;
  splice (&f, 3, 4);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 3:0-49 1:175-299");
  check_all (&f);
  teardown (&f);
}

/* The creative is longer than the break: the network wins. */
static void
test_longer_creative (void)
{
  Fixture f;

  setup (&f, 250);
  f.ad[0].frames = 125;
  splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  check_all (&f);
  teardown (&f);
}

/* It is shorter: back at the next RAP, a gap that is reported. */
static void
test_shorter_creative (void)
{
  Fixture f;

  setup (&f, 250);
  f.ad[0].frames = 30;
  splice (&f, 3, 3);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-29 1:125-249");
  g_assert_true (said (&f, "ended reason=creatives-ended"));
  check_stream (&f);
  check_cadence (&f, 1);
  teardown (&f);
}

static void
test_fill_with_slate (void)
{
  Fixture f;
  SpliceMediaSpec slate;
  g_autoptr (GByteArray) bytes = NULL;

  setup (&f, 300);
  splice_media_spec_init (&slate, 9, 10);
  bytes = splice_media_make (&slate);
  splice_run_set_slate (f.run, bytes->data, bytes->len);
  f.ad[0].frames = 30;
  splice (&f, 3, 3);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-29 9:0-9 9:0-9 9:0-9 9:0-9 9:0-4 1:150-299");
  check_stream (&f);
  check_cadence (&f, 0);
  teardown (&f);
}

static void
test_early_end (void)
{
  Fixture f;
  const SpliceRunMark *m;

  setup (&f, 250);
  f.ad[0].frames = 125;
  start (&f);
  asp_splicer_schedule (f.run->s, 2 * ASP_SECOND_90K, 5 * ASP_SECOND_90K);
  feed_part (&f, 0, f.in->len * 4 / 10 / ASP_TS_SIZE * ASP_TS_SIZE);
  m = splice_run_mark (f.run->marks, ASP_MARK_BREAK_START, 0);
  g_assert_nonnull (m);
  g_assert_false (asp_splicer_end_break (f.run->s, "nosuch"));
  g_assert_true (asp_splicer_end_break (f.run->s, m->mark->break_id));
  feed_part (&f, f.in->len * 4 / 10 / ASP_TS_SIZE * ASP_TS_SIZE, f.in->len);
  finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-49 2:0-49 1:100-249");
  check_all (&f);
  teardown (&f);
}

static void
test_cancel (void)
{
  Fixture f;
  const SpliceRunMark *m;

  setup (&f, 250);
  start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  /* to where it is armed, and not yet out */
  feed_part (&f, 0, f.in->len * 26 / 100 / ASP_TS_SIZE * ASP_TS_SIZE);
  m = splice_run_mark (f.run->marks, ASP_MARK_SCHEDULED, 0);
  g_assert_nonnull (m);
  g_assert_true (asp_splicer_wants_packets (f.run->s));
  g_assert_true (asp_splicer_cancel (f.run->s, m->mark->break_id));
  g_assert_false (asp_splicer_cancel (f.run->s, m->mark->break_id));
  feed_part (&f, f.in->len * 26 / 100 / ASP_TS_SIZE * ASP_TS_SIZE, f.in->len);
  finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-249");
  g_assert_true (said (&f, "cancelled reason=asked"));
  g_assert_nonnull (splice_run_mark (f.run->marks, ASP_MARK_CANCELLED, 0));
  check_all (&f);
  teardown (&f);
}

/* Interlaced as fields on both sides (rule 7). */
static void
test_fields (void)
{
  for (guint who = 1; who < 4; who++) {
    Fixture f;

    setup (&f, 250);
    f.network.fields = who & 1;
    f.ad[0].fields = who & 2;
    f.network.bframes = f.ad[0].bframes = 2;
    splice (&f, 3, 2);
    g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
    /* those of a creative are joined with their first fields; none of the network's is lost */
    g_assert_cmpuint (f.got->second_fields, ==, who & 1 ? 200 : 0);
    check_all (&f);
    teardown (&f);
  }
}

static void
test_many_breaks (void)
{
  Fixture f;

  setup (&f, 750);
  f.n_ads = 3;
  f.network.bframes = 2;
  start (&f);
  for (guint i = 0; i < 3; i++)
    asp_splicer_schedule (f.run->s, (3 + 9 * (gint64) i) * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  feed_part (&f, 0, f.in->len);
  finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-299 3:0-49 1:350-524 4:0-49 1:575-749");
  check_all (&f);
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 3);
  teardown (&f);
}

/* One break ends where the next begins. */
static void
test_adjacent_breaks (void)
{
  Fixture f;

  setup (&f, 300);
  f.n_ads = 2;
  start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  asp_splicer_schedule (f.run->s, 5 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  feed_part (&f, 0, f.in->len);
  finish (&f);
  check_stream (&f);
  g_assert_cmpstr (f.run->warnings->str, ==, "");
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 2);
  teardown (&f);
}

static void
test_postroll (void)
{
  Fixture f;
  AspBreak *b;

  setup (&f, 100);
  start (&f);
  b = asp_break_new (ASP_ORIGIN_SIGNAL, ASP_NO_TIME, 2 * ASP_SECOND_90K);
  b->postroll = TRUE;
  asp_splicer_request (f.run->s, b);
  feed_part (&f, 0, f.in->len);
  finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-99 2:0-49");
  check_all (&f);
  g_assert_cmpint (splice_run_mark (f.run->marks, ASP_MARK_BREAK_START, 0)->mark->roll_type, ==, ASP_ROLL_POSTROLL);
  teardown (&f);
}

/* DESIGN 6.12: a break that is on when the input ends is finished. */
static void
test_eos_in_break (void)
{
  Fixture f;

  setup (&f, 100);
  splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49");
  check_all (&f);
  teardown (&f);
}

static void
test_preroll (void)
{
  Fixture f;

  setup (&f, 150);
  splice (&f, 0, 2);
  g_assert_cmpstr (f.video, ==, "2:0-49 1:50-149");
  check_stream (&f);
  check_cadence (&f, 0);
  g_assert_cmpint (splice_run_mark (f.run->marks, ASP_MARK_BREAK_START, 0)->mark->roll_type, ==, ASP_ROLL_PREROLL);
  teardown (&f);
}

static void
test_anchor (void)
{
  Fixture f;

  setup (&f, 250);
  f.network.bframes = 2;
  f.run->config.out_point = ASP_OUT_ANCHOR;
  /* picture 79 is one behind which no lower PTS comes: I P b b */
  splice (&f, 79.0 / 25, 1.84);
  g_assert_cmpstr (f.video, ==, "1:0-78 2:0-45 1:125-249");
  check_all (&f);
  teardown (&f);
}

/* --- what goes wrong -------------------------------------------------------------- */

static void
test_wrap (void)
{
  /* the turn of PTS lies before, at and behind each cut */
  for (gint s = 2; s <= 6; s++) {
    Fixture f;

    setup (&f, 250);
    f.network.bframes = 2;
    f.network.first_pts90k = ASP_PTS_MODULUS - s * ASP_SECOND_90K;
    splice (&f, 3, 2);
    g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
    check_all (&f);
    g_assert_cmpstr (f.run->warnings->str, ==, "");
    teardown (&f);
  }
}

/* The network's clock jumps inside the break (rule 11). */
static void
test_jump_in_break (void)
{
  static const gint64 jumps_s[] = { 1000, -1000, 30, -30, 40000 };

  for (guint i = 0; i < G_N_ELEMENTS (jumps_s); i++) {
    Fixture f;

    setup (&f, 250);
    f.network.first_pts90k = 50000 * ASP_SECOND_90K;
    f.network.jump_at_90k = f.network.first_pts90k + 4 * ASP_SECOND_90K;
    f.network.jump_90k = jumps_s[i] * ASP_SECOND_90K;
    splice (&f, 3, 2);
    g_assert_nonnull (strstr (f.run->warnings->str, "discontinuity"));
    g_assert_true (g_str_has_prefix (f.video, "1:0-74 2:0-49 1:") || g_str_has_suffix (f.video, "2:0-49"));
    g_assert_cmpuint (f.got->cc_errors + f.got->broken, ==, 0);
    g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 1);
    g_assert_true (said (&f, "ended reason= "));
    teardown (&f);
  }
}

/* Jumps outside a break are the network's own affair. */
static void
test_jump_before_break (void)
{
  Fixture f;

  setup (&f, 250);
  f.network.jump_at_90k = f.network.first_pts90k + ASP_SECOND_90K;
  f.network.jump_90k = 500 * ASP_SECOND_90K;
  splice (&f, 3, 2);
  g_assert_cmpuint (f.got->cc_errors + f.got->broken, ==, 0);
  g_assert_cmpuint (f.got->video->len, ==, 250);
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 1);
  teardown (&f);
}

static void
overwrite_pmt (Fixture * f, const SpliceMediaSpec * spec, gsize from)
{
  g_autoptr (GBytes) pmt = splice_media_pmt (spec, 1);
  gsize size;
  const guint8 *section = g_bytes_get_data (pmt, &size);

  for (gsize at = from; at < f->in->len; at += ASP_TS_SIZE) {
    guint8 *p = f->in->data + at;

    if (asp_ts_pid (p) != spec->pmt_pid || !asp_ts_pusi (p))
      continue;
    memset (p + 5, 0xff, ASP_TS_SIZE - 5);
    memcpy (p + 5, section, size);
  }
}

/* The network moves its sound to another PID inside the break: adopted at return (rule 6). */
static void
test_pmt_changes_in_break (void)
{
  Fixture f;
  SpliceMediaSpec moved;
  gsize from;
  g_autoptr (SpliceContent) there = NULL;

  setup (&f, 500);
  f.n_ads = 2;
  f.in = splice_media_make (&f.network);
  moved = f.network;
  moved.audio_pid = 0x150;
  from = f.in->len * 2 / 10 / ASP_TS_SIZE * ASP_TS_SIZE;
  overwrite_pmt (&f, &moved, from);
  for (gsize at = from; at < f.in->len; at += ASP_TS_SIZE)
    if (asp_ts_pid (f.in->data + at) == 0x110)
      f.in->data[at + 2] = 0x50;
  start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  asp_splicer_schedule (f.run->s, 12 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  feed_part (&f, 0, f.in->len);
  finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-299 3:0-49 1:350-499");
  there = splice_content_read (f.run->out->data, f.run->out->len, f.network.video_pid, moved.audio_pid);
  g_free (f.audio);
  f.audio = splice_units_runs (there->audio[0], FALSE);
  g_test_message ("audio there %s", f.audio);
  /* the second break has the creative's sound on the new PID */
  g_assert_nonnull (strstr (f.audio, " 3:"));
  g_assert_false (asp_splicer_wants_packets (f.run->s));
  teardown (&f);
}

/* The network's sound ends inside the break and does not come back. */
static void
test_sound_ends_in_break (void)
{
  Fixture f;

  setup (&f, 500);
  f.n_ads = 2;
  f.network.audio_end_90k = 16 * ASP_SECOND_90K;
  start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  asp_splicer_schedule (f.run->s, 12 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  feed_part (&f, 0, f.in->len);
  finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-299 3:0-49 1:350-499");
  check_stream (&f);
  teardown (&f);
}

/* A declared PID that carries nothing must not hold up anything. */
static void
test_silent_pid (void)
{
  Fixture f;

  setup (&f, 500);
  f.n_ads = 2;
  f.network.audio_end_90k = 100 * ASP_SECOND_90K;
  start (&f);
  asp_splicer_schedule (f.run->s, 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  asp_splicer_schedule (f.run->s, 12 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  feed_part (&f, 0, f.in->len);
  finish (&f);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-299 3:0-49 1:350-499");
  g_assert_false (asp_splicer_wants_packets (f.run->s));
  check_stream (&f);
  teardown (&f);
}

/* The creative has no sound at all. */
static void
test_silent_creative (void)
{
  Fixture f;

  setup (&f, 250);
  f.ad[0].audio_tracks = 0;
  splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  check_stream (&f);
  check_sound (&f, 0, 1);
  teardown (&f);
}

/* Sound of the creative ends before its picture, or begins late: nothing is made up. */
static void
test_creative_with_little_sound (void)
{
  Fixture f;

  setup (&f, 250);
  f.ad[0].audio_lead_90k = -40 * SPLICE_AUDIO_FRAME_90K;
  f.ad[0].audio_end_90k = 20 * SPLICE_AUDIO_FRAME_90K;
  splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  check_stream (&f);
  check_sound (&f, 0, 2);
  teardown (&f);
}

/* Packets of the network are lost in the break and around it. */
static void
test_losses (void)
{
  for (guint lost = 0; lost < 40; lost++) {
    Fixture f;
    gsize at;
    g_autoptr (SpliceContent) in = NULL;

    setup (&f, 250);
    f.in = splice_media_make (&f.network);
    at = f.in->len * (20 + lost) / 100 / ASP_TS_SIZE * ASP_TS_SIZE;
    g_byte_array_remove_range (f.in, (guint) at, 5 * ASP_TS_SIZE);
    splice (&f, 3, 2);
    in = splice_content_read (f.in->data, f.in->len, f.network.video_pid, f.network.audio_pid);
    g_assert_cmpuint (in->cc_errors, >, 0);
    g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 1);
    /* outside the break the loss stays visible as what it is; it never becomes more */
    g_assert_cmpuint (f.got->cc_errors, <=, in->cc_errors);
    g_assert_cmpuint (f.got->broken, <=, in->broken);
    g_assert_cmpuint (f.got->pcr_backwards, ==, 0);
    teardown (&f);
  }
}

/* No RAP comes for longer than max-rap-wait: the break is skipped. */
static void
test_no_rap_at_out (void)
{
  Fixture f;

  setup (&f, 500);
  f.network.gop = 500;
  splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-499");
  g_assert_true (said (&f, "skipped reason=no-rap"));
  check_all (&f);
  teardown (&f);
}

static void
test_late_skip (void)
{
  Fixture f;

  setup (&f, 250);
  f.run->config.late_policy = ASP_LATE_SKIP;
  /* the next RAP is 0.8 s behind what was asked, the tolerance 0.5 s */
  splice (&f, 3.2, 2);
  g_assert_cmpstr (f.video, ==, "1:0-249");
  g_assert_true (said (&f, "skipped reason=late"));
  check_all (&f);
  teardown (&f);
}

/* Packets of a creative that are missing at its end: what is whole of it plays, then back. */
static void
test_truncated_creative (void)
{
  for (guint cut = 1; cut < 20; cut++) {
    Fixture f;
    g_autoptr (GByteArray) ad = NULL;

    setup (&f, 250);
    f.n_ads = 0;
    ad = splice_media_make (&f.ad[0]);
    splice_run_add_creative (f.run, ad->data, ad->len * cut / 20 / ASP_TS_SIZE * ASP_TS_SIZE, 1000, TRUE);
    splice (&f, 3, 2);
    g_test_message ("%u/20 of the creative: %s", cut, f.video);
    /* a video PES does not say its length: the last picture may have come in part */
    g_assert_cmpuint (f.got->broken, <=, 1);
    f.got->broken = 0;
    check_stream (&f);
    g_assert_true (g_str_has_prefix (f.video, "1:0-74 ") || g_str_equal (f.video, "1:0-249"));
    g_assert_true (g_str_has_suffix (f.video, "-249"));
    teardown (&f);
  }
}

/* What does not fit is refused before the break, with its reason; the programme plays. */
static void
test_refused_creative (void)
{
  static const guint8 junk[70000] = { 1, 2, 3 };
  Fixture f;

  setup (&f, 250);
  f.n_ads = 0;
  splice_run_add_creative (f.run, junk, sizeof junk, 1000, TRUE);
  splice_run_add_creative (f.run, junk, 0, 0, TRUE);
  splice (&f, 3, 2);
  g_assert_cmpstr (f.video, ==, "1:0-249");
  g_assert_true (said (&f, "skipped=not-ts"));
  g_assert_true (said (&f, "skipped=empty"));
  check_all (&f);
  teardown (&f);
}

/* A creative that never comes to an end, and has no more pictures: the programme is back. */
static void
test_starving_creative (void)
{
  Fixture f;
  g_autoptr (GByteArray) ad = NULL;

  setup (&f, 250);
  f.n_ads = 0;
  ad = splice_media_make (&f.ad[0]);
  splice_run_add_creative (f.run, ad->data, ad->len / 2 / ASP_TS_SIZE * ASP_TS_SIZE, 0, FALSE);
  splice (&f, 3, 2);
  g_assert_true (g_str_has_suffix (f.video, "-249"));
  g_assert_true (g_str_has_prefix (f.video, "1:0-74 2:0-"));
  g_assert_true (said (&f, "ended reason=late-creative"));
  g_assert_cmpuint (f.got->cc_errors + f.got->broken, ==, 0);
  teardown (&f);
}

/* --- cues ------------------------------------------------------------------------- */

static void
splice_cues (Fixture * f, const SpliceSection * sections, guint n)
{
  f->network.cue_pid = 0x1f4;
  f->network.sections = sections;
  f->network.n_sections = n;
  start (f);
  feed_part (f, 0, f->in->len);
  finish (f);
}

static SpliceSection
insert_at (guint packet, guint32 id, gboolean out, gint64 pts90k, gint64 duration_90k)
{
  SpliceSection s = { packet, 0x1f4, asp_scte35_build_splice_insert (id, out, pts90k, duration_90k,
        duration_90k != ASP_NO_TIME, 1)
  };

  return s;
}

static void
free_sections (SpliceSection * sections, guint n)
{
  for (guint i = 0; i < n; i++)
    g_bytes_unref (sections[i].section);
}

static void
test_cue (void)
{
  Fixture f;
  SpliceSection cues[2];

  setup (&f, 250);
  cues[0] = insert_at (200, 7, TRUE, f.network.first_pts90k + 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  cues[1] = insert_at (300, 7, TRUE, f.network.first_pts90k + 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  splice_cues (&f, cues, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->cues, ==, 2);
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_started, ==, 1);
  check_all (&f);
  free_sections (cues, 2);
  teardown (&f);
}

/* The very first thing of a stream is its cue: no picture has been seen, the time counts all the same. */
static void
test_cue_before_first_picture (void)
{
  Fixture f;
  SpliceSection cue;

  setup (&f, 250);
  cue = insert_at (3, 7, TRUE, f.network.first_pts90k + 3 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  splice_cues (&f, &cue, 1);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  check_all (&f);
  free_sections (&cue, 1);
  teardown (&f);
}

static void
test_cue_in (void)
{
  Fixture f;
  SpliceSection cues[2];

  setup (&f, 250);
  f.ad[0].frames = 150;
  cues[0] = insert_at (200, 7, TRUE, f.network.first_pts90k + 3 * ASP_SECOND_90K, ASP_NO_TIME);
  cues[1] = insert_at (1100, 7, FALSE, f.network.first_pts90k + 6 * ASP_SECOND_90K, ASP_NO_TIME);
  splice_cues (&f, cues, 2);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-74 1:150-249");
  check_all (&f);
  free_sections (cues, 2);
  teardown (&f);
}

static void
test_cue_immediate (void)
{
  Fixture f;
  SpliceSection cues[4];

  setup (&f, 250);
  f.ad[0].frames = 150;
  /* each one twice, as encoders do */
  cues[0] = insert_at (700, 7, TRUE, ASP_NO_TIME, ASP_NO_TIME);
  cues[1] = insert_at (710, 7, TRUE, ASP_NO_TIME, ASP_NO_TIME);
  cues[2] = insert_at (1400, 7, FALSE, ASP_NO_TIME, ASP_NO_TIME);
  cues[3] = insert_at (1410, 7, FALSE, ASP_NO_TIME, ASP_NO_TIME);
  splice_cues (&f, cues, 4);
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_started, ==, 1);
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_ended, ==, 1);
  check_all (&f);
  free_sections (cues, 4);
  teardown (&f);
}

/* A cue over the turn of PTS. */
static void
test_cue_over_wrap (void)
{
  Fixture f;
  SpliceSection cue;

  setup (&f, 250);
  f.network.first_pts90k = ASP_PTS_MODULUS - 2 * ASP_SECOND_90K;
  cue = insert_at (200, 7, TRUE, ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  splice_cues (&f, &cue, 1);
  g_assert_cmpstr (f.video, ==, "1:0-74 2:0-49 1:125-249");
  check_all (&f);
  free_sections (&cue, 1);
  teardown (&f);
}

/* A jump makes cues of the old base void (rule 11): a new one counts in the new base. */
static void
test_cue_after_jump (void)
{
  Fixture f;
  SpliceSection cues[2];

  setup (&f, 300);
  f.network.jump_at_90k = f.network.first_pts90k + 3 * ASP_SECOND_90K;
  f.network.jump_90k = 5000 * ASP_SECOND_90K;
  cues[0] = insert_at (100, 7, TRUE, f.network.first_pts90k + 9 * ASP_SECOND_90K, ASP_SECOND_90K);
  cues[1] = insert_at (1200, 8, TRUE, f.network.first_pts90k + 5006 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
  splice_cues (&f, cues, 2);
  g_assert_cmpstr (f.video, ==, "1:0-149 2:0-49 1:200-299");
  g_assert_cmpuint (asp_splicer_stats (f.run->s)->breaks_started, ==, 1);
  free_sections (cues, 2);
  teardown (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (plain); i++) {
    g_autofree gchar *path = g_strconcat ("/splice/plain/", plain[i].name, NULL);

    g_test_add_data_func (path, &plain[i], test_plain);
  }
  g_test_add_func ("/splice/break/tight-rate", test_tight_rate);
  g_test_add_func ("/splice/break/two-creatives", test_two_creatives);
  g_test_add_func ("/splice/break/longer-creative", test_longer_creative);
  g_test_add_func ("/splice/break/shorter-creative", test_shorter_creative);
  g_test_add_func ("/splice/break/fill-with-slate", test_fill_with_slate);
  g_test_add_func ("/splice/break/early-end", test_early_end);
  g_test_add_func ("/splice/break/cancel", test_cancel);
  g_test_add_func ("/splice/break/fields", test_fields);
  g_test_add_func ("/splice/break/many", test_many_breaks);
  g_test_add_func ("/splice/break/adjacent", test_adjacent_breaks);
  g_test_add_func ("/splice/break/postroll", test_postroll);
  g_test_add_func ("/splice/break/eos", test_eos_in_break);
  g_test_add_func ("/splice/break/preroll", test_preroll);
  g_test_add_func ("/splice/break/anchor", test_anchor);
  g_test_add_func ("/splice/trouble/wrap", test_wrap);
  g_test_add_func ("/splice/trouble/jump-in-break", test_jump_in_break);
  g_test_add_func ("/splice/trouble/jump-before-break", test_jump_before_break);
  g_test_add_func ("/splice/trouble/pmt-changes", test_pmt_changes_in_break);
  g_test_add_func ("/splice/trouble/sound-ends", test_sound_ends_in_break);
  g_test_add_func ("/splice/trouble/silent-pid", test_silent_pid);
  g_test_add_func ("/splice/trouble/silent-creative", test_silent_creative);
  g_test_add_func ("/splice/trouble/little-sound", test_creative_with_little_sound);
  g_test_add_func ("/splice/trouble/losses", test_losses);
  g_test_add_func ("/splice/trouble/no-rap", test_no_rap_at_out);
  g_test_add_func ("/splice/trouble/late-skip", test_late_skip);
  g_test_add_func ("/splice/trouble/truncated-creative", test_truncated_creative);
  g_test_add_func ("/splice/trouble/refused-creative", test_refused_creative);
  g_test_add_func ("/splice/trouble/starving-creative", test_starving_creative);
  g_test_add_func ("/splice/cue/insert", test_cue);
  g_test_add_func ("/splice/cue/before-first-picture", test_cue_before_first_picture);
  g_test_add_func ("/splice/cue/in", test_cue_in);
  g_test_add_func ("/splice/cue/immediate", test_cue_immediate);
  g_test_add_func ("/splice/cue/over-wrap", test_cue_over_wrap);
  g_test_add_func ("/splice/cue/after-jump", test_cue_after_jump);
  return g_test_run ();
}
