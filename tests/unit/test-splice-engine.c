/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice, the splicer without pads: what passes passes untouched, and what it makes does not
 * depend on how its input is cut into buffers. */
#include "splice-media.h"
#include "splice-run.h"

#include <string.h>

#include <asp-ts-packet.h>

typedef struct
{
  const gchar *name;
  SpliceMediaSpec network, ad;
  gint64 start_90k, duration_90k;
  AspSplicerConfig config;      /* only what a case changes */
  gboolean want_network;
  gboolean strip, drop;
  AspReturnPolicy return_policy;
} Case;

static const gsize chunks[] = { 1, 3, 47, 187, 188, 189, 204, 1000, 1316, 4096, 65536 };

static SpliceMediaSpec
spec_of (guint source, guint frames)
{
  SpliceMediaSpec spec;

  splice_media_spec_init (&spec, source, frames);
  return spec;
}

/* --- the tools themselves -------------------------------------------------------- */

static void
test_media_reads_back (void)
{
  SpliceMediaSpec spec = spec_of (1, 104);

  spec.gop = 13;
  spec.bframes = 2;
  spec.nulls = TRUE;
  for (guint pass = 0; pass < 2; pass++) {
    g_autoptr (GByteArray) ts = splice_media_make (&spec);
    g_autoptr (SpliceContent) c = splice_content_read (ts->data, ts->len, spec.video_pid, spec.audio_pid);
    g_autofree gchar *video = splice_units_runs (c->video, TRUE);
    g_autofree gchar *audio = splice_units_runs (c->audio[0], FALSE);

    g_assert_cmpuint (c->broken + c->cc_errors + c->pcr_backwards, ==, 0);
    g_assert_cmpint (c->pcr_gap_max_27m, <=, ASP_SECOND_27M * 40 / 1000);
    g_assert_cmpstr (video, ==, "1:0-103");
    g_assert_cmpstr (audio, ==, "1:0-194");
    g_assert_cmpuint (c->n_null > 0, ==, spec.nulls);
    spec.nulls = FALSE;
  }
}

static void
test_media_content_sees_damage (void)
{
  SpliceMediaSpec spec = spec_of (1, 50);
  g_autoptr (GByteArray) ts = splice_media_make (&spec);
  g_autoptr (SpliceContent) c = NULL;

  /* a packet out of the middle: the counter tells, and a unit is missing or broken */
  g_byte_array_remove_range (ts, 100 * ASP_TS_SIZE, ASP_TS_SIZE);
  c = splice_content_read (ts->data, ts->len, spec.video_pid, spec.audio_pid);
  g_assert_cmpuint (c->cc_errors, ==, 1);
  g_assert_cmpuint (c->broken, >, 0);
}

/* --- passing --------------------------------------------------------------------- */

static void
check_passes (SpliceRun * run, const GByteArray * in, gsize chunk, gboolean random)
{
  splice_run_start (run);
  splice_run_feed_chunks (run, in->data, in->len, chunk, random);
  splice_run_finish (run);
  g_assert_cmpmem (run->out->data, run->out->len, in->data, in->len);
  g_assert_cmpmem (run->network->data, run->network->len, in->data, in->len);
}

static void
test_passing_is_identity (void)
{
  SpliceMediaSpec spec = spec_of (1, 150);
  g_autoptr (GByteArray) ts = NULL;

  spec.nulls = TRUE;
  ts = splice_media_make (&spec);
  for (guint i = 0; i < G_N_ELEMENTS (chunks); i++) {
    for (guint random = 0; random < 2; random++) {
      g_autoptr (SpliceRun) run = splice_run_new ();

      check_passes (run, ts, chunks[i], random);
      g_assert_cmpstr (run->reports->str, ==, "");
      g_assert_cmpuint (asp_splicer_stats (run->s)->cc_errors, ==, 0);
      g_assert_cmpuint (asp_splicer_stats (run->s)->packets, ==, ts->len / ASP_TS_SIZE);
    }
  }
}

/* Bytes that are no packets, wherever they stand, pass too (rule 9). */
static void
test_passing_garbage (void)
{
  SpliceMediaSpec spec = spec_of (1, 60);
  g_autoptr (GByteArray) ts = splice_media_make (&spec);
  g_autoptr (GByteArray) in = g_byte_array_new ();
  static const guint8 junk[] = { 0x47, 1, 2, 3, 0x47, 0x47, 0, 0xff, 9, 9, 0x47, 5, 5 };

  g_byte_array_append (in, junk, sizeof junk);
  for (guint at = 0; at < ts->len; at += 40 * ASP_TS_SIZE) {
    g_byte_array_append (in, ts->data + at, MIN (40 * ASP_TS_SIZE, ts->len - at));
    g_byte_array_append (in, junk, at % sizeof junk);
  }
  g_byte_array_append (in, ts->data, 100);
  for (guint i = 0; i < G_N_ELEMENTS (chunks); i++) {
    g_autoptr (SpliceRun) run = splice_run_new ();

    check_passes (run, in, chunks[i], TRUE);
  }
}

/* Packets may stand elsewhere. */
static void
check_same_units (const GArray * a, const GArray * b)
{
  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++) {
    const SpliceUnit *x = &g_array_index (a, SpliceUnit, i), *y = &g_array_index (b, SpliceUnit, i);

    g_assert_true (x->source == y->source && x->index == y->index);
    g_assert_true (x->pts90k == y->pts90k && x->dts90k == y->dts90k);
  }
}

static void
check_same_content (const SpliceRun * run, const GByteArray * in, const SpliceMediaSpec * spec)
{
  g_autoptr (SpliceContent) a = splice_content_read (run->out->data, run->out->len, spec->video_pid, spec->audio_pid);
  g_autoptr (SpliceContent) b = splice_content_read (in->data, in->len, spec->video_pid, spec->audio_pid);

  g_assert_cmpuint (a->broken + a->cc_errors + a->pcr_backwards, ==, 0);
  g_assert_cmpuint (a->n_pcr, ==, b->n_pcr);
  if (spec->nulls)
    g_assert_cmpuint (a->n_packets, ==, b->n_packets);
  check_same_units (a->video, b->video);
  for (guint t = 0; t < spec->audio_tracks; t++)
    check_same_units (a->audio[t], b->audio[t]);
}

/* Without a creative the programme plays. An audio PES may have waited until it was clear that
 * no boundary falls into it (rule 9), so packets may stand elsewhere; none is missing. */
static void
test_break_without_creative_passes (void)
{
  SpliceMediaSpec spec = spec_of (1, 200);
  g_autoptr (GByteArray) ts = NULL;

  spec.nulls = TRUE;
  ts = splice_media_make (&spec);
  for (guint i = 0; i < G_N_ELEMENTS (chunks); i++) {
    g_autoptr (SpliceRun) run = splice_run_new ();

    splice_run_start (run);
    asp_splicer_schedule (run->s, 2 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
    splice_run_feed_chunks (run, ts->data, ts->len, chunks[i], FALSE);
    splice_run_finish (run);
    check_same_content (run, ts, &spec);
    g_assert_nonnull (strstr (run->reports->str, "skipped reason=no-creative"));
  }
}

static void
test_mark_is_identity (void)
{
  SpliceMediaSpec spec = spec_of (1, 200);
  g_autoptr (GByteArray) ts = NULL;
  g_autofree gchar *first = NULL;

  spec.nulls = TRUE;
  spec.bframes = 2;
  ts = splice_media_make (&spec);
  for (guint i = 0; i < G_N_ELEMENTS (chunks); i++) {
    g_autoptr (SpliceRun) run = splice_run_new ();
    g_autofree gchar *marks = NULL;

    run->config.mark = TRUE;
    splice_run_start (run);
    asp_splicer_schedule (run->s, 2 * ASP_SECOND_90K, 2 * ASP_SECOND_90K);
    splice_run_feed_chunks (run, ts->data, ts->len, chunks[i], FALSE);
    splice_run_finish (run);
    /* the element takes `network` for its output in this mode */
    g_assert_cmpmem (run->network->data, run->network->len, ts->data, ts->len);
    check_same_content (run, ts, &spec);
    marks = splice_run_marks_text (run->network_marks);
    g_assert_nonnull (splice_run_mark (run->network_marks, ASP_MARK_BREAK_START, 0));
    g_assert_nonnull (splice_run_mark (run->network_marks, ASP_MARK_BREAK_END, 0));
    if (!first)
      first = g_steal_pointer (&marks);
    else
      g_assert_cmpstr (marks, ==, first);
  }
}

/* --- splicing -------------------------------------------------------------------- */

static void
run_case (SpliceRun * run, const Case * c, const GByteArray * network, const GByteArray * ad, gsize chunk,
    gboolean random, gsize ad_chunk)
{
  run->config.want_network = c->want_network;
  run->config.strip_cues = c->strip;
  run->config.drop_nulls = c->drop;
  run->config.return_policy = c->return_policy;
  splice_run_add_creative (run, ad->data, ad->len, ad_chunk, TRUE);
  splice_run_start (run);
  asp_splicer_schedule (run->s, c->start_90k, c->duration_90k);
  splice_run_feed_chunks (run, network->data, network->len, chunk, random);
  splice_run_finish (run);
}

/* What every splice must keep, whatever its case: rules 1, 4, 5 and 6. */
static void
check_output (const SpliceRun * run, const Case * c)
{
  g_autoptr (SpliceContent) got = splice_content_read (run->out->data, run->out->len, c->network.video_pid,
      c->network.audio_pid);
  gint64 last_dts = ASP_NO_TIME;

  g_assert_cmpuint (run->out->len % ASP_TS_SIZE, ==, 0);
  g_assert_cmpuint (got->broken, ==, 0);
  g_assert_cmpuint (got->cc_errors, ==, 0);
  g_assert_cmpuint (got->pcr_backwards, ==, 0);
  for (guint i = 0; i < got->video->len; i++) {
    const SpliceUnit *u = &g_array_index (got->video, SpliceUnit, i);

    g_assert_cmpint (u->dts90k, <=, u->pts90k);
    g_assert_true (last_dts == ASP_NO_TIME || u->dts90k > last_dts);
    last_dts = u->dts90k;
  }
  for (guint t = 0; t < c->network.audio_tracks; t++)
    for (guint i = 1; i < got->audio[t]->len; i++)
      g_assert_cmpint (g_array_index (got->audio[t], SpliceUnit, i).pts90k, >,
          g_array_index (got->audio[t], SpliceUnit, i - 1).pts90k);
}

static void
check_chunking (const Case * c)
{
  g_autoptr (GByteArray) network = splice_media_make (&c->network);
  g_autoptr (GByteArray) ad = splice_media_make (&c->ad);
  g_autoptr (SpliceRun) whole = splice_run_new ();
  g_autofree gchar *marks = NULL;

  run_case (whole, c, network, ad, 0, FALSE, 0);
  g_test_message ("%s: %s", c->name, whole->reports->str);
  check_output (whole, c);
  g_assert_nonnull (strstr (whole->reports->str, "ended"));
  marks = splice_run_marks_text (whole->marks);
  for (guint i = 0; i < G_N_ELEMENTS (chunks); i++) {
    for (guint random = 0; random < 2; random++) {
      g_autoptr (SpliceRun) run = splice_run_new ();
      g_autofree gchar *its_marks = NULL;

      run_case (run, c, network, ad, chunks[i], random, chunks[G_N_ELEMENTS (chunks) - 1 - i]);
      its_marks = splice_run_marks_text (run->marks);
      g_test_message ("%s, chunks of %s%" G_GSIZE_FORMAT, c->name, random ? "up to " : "", chunks[i]);
      g_assert_cmpstr (run->reports->str, ==, whole->reports->str);
      g_assert_cmpstr (its_marks, ==, marks);
      g_assert_cmpmem (run->out->data, run->out->len, whole->out->data, whole->out->len);
      if (c->want_network)
        g_assert_cmpmem (run->network->data, run->network->len, network->data, network->len);
    }
  }
}

static void
init_case (Case * c, const gchar * name)
{
  memset (c, 0, sizeof *c);
  c->name = name;
  c->network = spec_of (1, 250);
  c->ad = spec_of (2, 50);
  c->ad.first_pts90k = 700 * ASP_SECOND_90K;
  c->start_90k = 3 * ASP_SECOND_90K;
  c->duration_90k = 2 * ASP_SECOND_90K;
}

static void
test_chunking_vbr (void)
{
  Case c;

  init_case (&c, "vbr");
  check_chunking (&c);
}

static void
test_chunking_cbr (void)
{
  Case c;

  init_case (&c, "cbr");
  c.network.nulls = TRUE;
  c.want_network = TRUE;
  check_chunking (&c);
}

static void
test_chunking_bframes (void)
{
  Case c;

  init_case (&c, "bframes");
  c.network.bframes = 2;
  c.ad.audio_group = 1;
  check_chunking (&c);
}

static void
test_chunking_at_start (void)
{
  Case c;

  init_case (&c, "at-start");
  c.start_90k = 0;
  check_chunking (&c);
}

static void
test_chunking_sets_once (void)
{
  Case c;

  init_case (&c, "sets-once");
  c.network.sets_once = TRUE;
  c.network.audio_tracks = 2;
  check_chunking (&c);
}

static void
test_chunking_drop_nulls (void)
{
  Case c;

  init_case (&c, "drop-nulls");
  c.network.nulls = TRUE;
  c.drop = TRUE;
  check_chunking (&c);
}

/* The break is still on when the input ends (rule 12). */
static void
test_chunking_eos_in_break (void)
{
  Case c;

  init_case (&c, "eos-in-break");
  c.network.frames = 110;
  check_chunking (&c);
}

/* At every place of the stream where a break can be asked for: the first packet of the picture
 * that opens it lies anywhere in its buffer. */
static void
test_chunking_asked_now (void)
{
  SpliceMediaSpec spec = spec_of (1, 120), ad_spec = spec_of (2, 25);
  g_autoptr (GByteArray) network = splice_media_make (&spec);
  g_autoptr (GByteArray) ad = splice_media_make (&ad_spec);
  g_autofree gchar *first = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (chunks); i++) {
    g_autoptr (SpliceRun) run = splice_run_new ();
    guint half = network->len / 2;

    splice_run_add_creative (run, ad->data, ad->len, 0, TRUE);
    splice_run_start (run);
    splice_run_feed_chunks (run, network->data, half, chunks[i], FALSE);
    {
      AspBreak *b = asp_break_new (ASP_ORIGIN_SIGNAL, ASP_NO_TIME, ASP_SECOND_90K);

      asp_splicer_request (run->s, b);
    }
    splice_run_feed_chunks (run, network->data + half, network->len - half, chunks[i], FALSE);
    splice_run_finish (run);
    g_test_message ("chunks of %" G_GSIZE_FORMAT ": %s", chunks[i], run->reports->str);
    if (!first)
      first = g_strdup (run->reports->str);
    else
      g_assert_cmpstr (run->reports->str, ==, first);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/splice/tools/media-reads-back", test_media_reads_back);
  g_test_add_func ("/splice/tools/damage-is-seen", test_media_content_sees_damage);
  g_test_add_func ("/splice/passing/identity", test_passing_is_identity);
  g_test_add_func ("/splice/passing/garbage", test_passing_garbage);
  g_test_add_func ("/splice/passing/break-without-creative", test_break_without_creative_passes);
  g_test_add_func ("/splice/passing/mark", test_mark_is_identity);
  g_test_add_func ("/splice/chunking/vbr", test_chunking_vbr);
  g_test_add_func ("/splice/chunking/cbr", test_chunking_cbr);
  g_test_add_func ("/splice/chunking/bframes", test_chunking_bframes);
  g_test_add_func ("/splice/chunking/at-start", test_chunking_at_start);
  g_test_add_func ("/splice/chunking/sets-once", test_chunking_sets_once);
  g_test_add_func ("/splice/chunking/drop-nulls", test_chunking_drop_nulls);
  g_test_add_func ("/splice/chunking/eos-in-break", test_chunking_eos_in_break);
  g_test_add_func ("/splice/chunking/asked-now", test_chunking_asked_now);
  return g_test_run ();
}
