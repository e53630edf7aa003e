/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which cue belongs to which: a table of sequences, each row named after its rule.
 */
#include <asp-check-pair.h>

#include <string.h>

#include <asp-time.h>

#define S ASP_SECOND_90K
#define SPLICE (-1)

typedef struct
{
  gint type;                    /* SPLICE, or segmentation_type_id; 0: end of the sequence */
  guint32 id;
  enum { IN, OUT, CANCEL } what;        /* of a splice_insert; a segment only CANCEL */
  gint64 at_s;
  gint64 duration_s;
  const gchar *expected;        /* "opens", "closes 1 +10" ...; "" = nothing */
} Step;

static const struct
{
  const gchar *name;
  guint endless;
  Step steps[6];
} rows[] = {
  {"out-and-in", 0, {
      {SPLICE, 1, OUT, 10, 0, "opens"}, {SPLICE, 1, IN, 40, 0, "closes 1 +30"}}},
  {"the-same-again-is-a-repeat", 1, {
      {SPLICE, 1, OUT, 10, 0, "opens"}, {SPLICE, 1, OUT, 10, 0, "repeats 1 +0"}}},
  {"another-time-moves-it", 0, {
      {SPLICE, 1, OUT, 10, 0, "opens"}, {SPLICE, 1, OUT, 12, 0, "moves 1 +2"},
      {SPLICE, 1, IN, 42, 0, "closes 1 +30"}}},
  {"in-without-out", 0, {
      {SPLICE, 2, IN, 10, 0, "unmatched"}}},
  {"ids-are-apart", 1, {
      {SPLICE, 1, OUT, 10, 0, "opens"}, {SPLICE, 2, IN, 20, 0, "unmatched"}}},
  {"cancel-takes-it-back", 0, {
      {SPLICE, 1, OUT, 10, 0, "opens"}, {SPLICE, 1, CANCEL, 0, 0, "cancels 1 +0"},
      {SPLICE, 1, IN, 40, 0, "unmatched"}}},
  {"cancel-of-nothing", 0, {
      {SPLICE, 1, CANCEL, 0, 0, "unmatched"}}},
  {"a-duration-ends-it", 0, {
      {SPLICE, 1, OUT, 10, 30, "opens"}, {SPLICE, 1, OUT, 100, 30, "opens"}}},
  {"within-its-duration-it-moves", 0, {
      {SPLICE, 1, OUT, 10, 30, "opens"}, {SPLICE, 1, OUT, 11, 30, "moves 1 +1"}}},
  {"placement-opportunity", 0, {
      {0x34, 5, IN, 10, 0, "opens"}, {0x35, 5, IN, 70, 0, "closes 1 +60"}}},
  {"an-end-closes-its-own-type-only", 1, {
      {0x34, 5, IN, 10, 0, "opens"}, {0x37, 5, IN, 70, 0, "unmatched"}}},
  {"ads-within-an-opportunity", 0, {
      {0x34, 5, IN, 10, 60, "opens"}, {0x30, 6, IN, 10, 30, "opens"}, {0x31, 6, IN, 40, 0, "closes 2 +30"},
      {0x35, 5, IN, 70, 0, "closes 1 +60"}}},
  {"a-program-ends-early", 0, {
      {0x10, 7, IN, 10, 0, "opens"}, {0x12, 7, IN, 20, 0, "closes 1 +10"}}},
  {"a-segment-is-cancelled-by-id-alone", 0, {
      {0x36, 8, IN, 10, 0, "opens"}, {0x00, 8, CANCEL, 0, 0, "cancels 1 +0"}}},
  {"splice-and-segment-of-one-id-are-apart", 2, {
      {SPLICE, 9, OUT, 10, 0, "opens"}, {0x34, 9, IN, 10, 0, "opens"}}},
  {"content-identification-pairs-with-nothing", 0, {
      {0x01, 9, IN, 10, 0, ""}}},
  {"breaks-chapters-blocks-networks", 0, {
      {0x22, 1, IN, 1, 0, "opens"}, {0x23, 1, IN, 2, 0, "closes 1 +1"}, {0x46, 1, IN, 3, 0, "opens"},
      {0x47, 1, IN, 4, 0, "closes 3 +1"}, {0x50, 1, IN, 5, 0, "opens"}, {0x51, 1, IN, 6, 0, "closes 5 +1"}}},
};

static gchar *
describe (const AspCuePairing * p, guint n)
{
  if (n == 0)
    return g_strdup ("");
  g_assert_cmpuint (n, ==, 1);
  if (p->other == 0)
    return g_strdup (asp_cue_pair_name (p->pair));
  return g_strdup_printf ("%s %" G_GUINT64_FORMAT " %+" G_GINT64_FORMAT, asp_cue_pair_name (p->pair), p->other,
      p->distance_90k / S);
}

static void
fill (AspScte35Section * s, AspScte35Descriptor * d, const Step * step)
{
  memset (s, 0, sizeof *s);
  memset (d, 0, sizeof *d);
  if (step->type == SPLICE) {
    s->splice_command_type = ASP_SCTE35_SPLICE_INSERT;
    s->u.splice_insert.splice_event_id = step->id;
    s->u.splice_insert.splice_event_cancel_indicator = step->what == CANCEL;
    s->u.splice_insert.out_of_network_indicator = step->what == OUT;
    s->u.splice_insert.duration_flag = step->duration_s > 0;
    s->u.splice_insert.break_duration.duration_90k = (guint64) (step->duration_s * S);
    return;
  }
  s->splice_command_type = ASP_SCTE35_TIME_SIGNAL;
  s->n_descriptors = 1;
  s->descriptors = d;
  d->kind = ASP_SCTE35_DESCRIPTOR_SEGMENTATION;
  d->u.segmentation.segmentation_event_id = step->id;
  d->u.segmentation.segmentation_event_cancel_indicator = step->what == CANCEL;
  d->u.segmentation.segmentation_type_id = (guint8) step->type;
  d->u.segmentation.segmentation_duration_flag = step->duration_s > 0;
  d->u.segmentation.segmentation_duration_90k = (guint64) (step->duration_s * S);
}

static void
test_row (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  AspCuePairs *pairs = asp_cue_pairs_new ();

  for (guint i = 0; i < G_N_ELEMENTS (rows[row].steps) && rows[row].steps[i].expected; i++) {
    AspScte35Section section;
    AspScte35Descriptor descriptor;
    AspCuePairing out[ASP_CUE_PAIRS_MAX];
    g_autofree gchar *got = NULL;
    guint n;

    fill (&section, &descriptor, &rows[row].steps[i]);
    n = asp_cue_pairs_push (pairs, &section, i + 1, rows[row].steps[i].at_s * S, out);
    got = describe (out, n);
    g_assert_cmpstr (got, ==, rows[row].steps[i].expected);
  }
  g_assert_cmpuint (asp_cue_pairs_endless (pairs), ==, rows[row].endless);
  asp_cue_pairs_free (pairs);
}

/* However many events are left open, no more than so many are kept. */
static void
test_bounded (void)
{
  AspCuePairs *pairs = asp_cue_pairs_new ();
  AspCuePairing out[ASP_CUE_PAIRS_MAX];
  AspScte35Section section;
  AspScte35Descriptor descriptor;

  for (guint32 id = 0; id < 10000; id++) {
    Step step = { SPLICE, id, OUT, id, 0, "" };

    fill (&section, &descriptor, &step);
    asp_cue_pairs_push (pairs, &section, id + 1, id * S, out);
    g_assert_cmpint (out[0].pair, ==, ASP_CUE_PAIR_OPENS);
  }
  g_assert_cmpuint (asp_cue_pairs_endless (pairs), ==, ASP_CUE_OPEN_MAX);
  asp_cue_pairs_free (pairs);
}

static void
test_many_descriptors (void)
{
  AspCuePairs *pairs = asp_cue_pairs_new ();
  AspCuePairing out[ASP_CUE_PAIRS_MAX];
  AspScte35Descriptor descriptors[ASP_CUE_PAIRS_MAX + 4];
  AspScte35Section section = { 0 };

  memset (descriptors, 0, sizeof descriptors);
  section.splice_command_type = ASP_SCTE35_TIME_SIGNAL;
  section.descriptors = descriptors;
  section.n_descriptors = G_N_ELEMENTS (descriptors);
  for (guint i = 0; i < section.n_descriptors; i++) {
    descriptors[i].kind = ASP_SCTE35_DESCRIPTOR_SEGMENTATION;
    descriptors[i].u.segmentation.segmentation_event_id = i;
    descriptors[i].u.segmentation.segmentation_type_id = ASP_SCTE35_SEG_PROVIDER_AD_START;
  }
  g_assert_cmpuint (asp_cue_pairs_push (pairs, &section, 1, 0, out), ==, ASP_CUE_PAIRS_MAX);
  g_assert_cmpuint (out[ASP_CUE_PAIRS_MAX - 1].event_id, ==, ASP_CUE_PAIRS_MAX - 1);
  asp_cue_pairs_free (pairs);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = g_strdup_printf ("/check-pair/%s", rows[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_row);
  }
  g_test_add_func ("/check-pair/bounded", test_bounded);
  g_test_add_func ("/check-pair/many-descriptors", test_many_descriptors);
  return g_test_run ();
}
