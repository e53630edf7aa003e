/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When a segment ends: from lengths alone. */
#include <asp-hls-cut.h>

#define SECOND ASP_SECOND_90K

/* Lengths of the segments that a stream of equal GOPs gives, and its TARGETDURATION. */
static void
check_gops (guint target_s, gint64 gop_90k, gint64 expected_90k, guint expected_td)
{
  AspHlsCut cut;
  gint64 start_90k = 0;

  asp_hls_cut_init (&cut, target_s);
  for (gint64 t = gop_90k; t < 40 * gop_90k; t += gop_90k) {
    if (asp_hls_cut_at_rap (&cut, t - start_90k, gop_90k, 3600)) {
      g_assert_cmpint (t - start_90k, ==, expected_90k);
      start_90k = t;
    }
  }
  g_assert_cmpuint (cut.target_duration_s, ==, expected_td);
  g_assert_cmpint (start_90k, >, 0);
}

static void
test_cut_gops (void)
{
  check_gops (2, 2 * SECOND, 2 * SECOND, 2);
  check_gops (2, SECOND, 2 * SECOND, 2);
  check_gops (2, 90090, 180180, 2);     /* 29.97 Hz: a little more than the target */
  check_gops (2, SECOND / 2, 2 * SECOND, 2);
  check_gops (2, 3 * SECOND / 2, 3 * SECOND / 2, 2);    /* two would be too much */
  check_gops (2, 3 * SECOND, 3 * SECOND, 3);
  check_gops (6, 375375, 375375, 6);    /* 4.17 s */
  check_gops (1, 5 * SECOND + 1, 5 * SECOND + 1, 6);
  check_gops (4, 43200, 388800, 4);
}

/* A short GOP now and then: the long one that follows still fits. */
static void
test_cut_uneven (void)
{
  static const gint64 gops_90k[] = { 60060, 21021, 60060, 60060, 27027, 60060, 60060, 45000 };
  AspHlsCut cut;
  gint64 start_90k = 0, t = 0;

  asp_hls_cut_init (&cut, 2);
  for (guint i = 0; i < 200; i++) {
    gint64 gop_90k = gops_90k[(i * 7) % G_N_ELEMENTS (gops_90k)];

    g_assert_false (asp_hls_cut_at_au (&cut, t + gop_90k - 3003 - start_90k, 3003));
    t += gop_90k;
    if (asp_hls_cut_at_rap (&cut, t - start_90k, gop_90k, 3003))
      start_90k = t;
  }
}

/* Whatever the GOPs are, no segment rounds up beyond the frozen TARGETDURATION. */
static void
test_cut_random (void)
{
  for (guint seed = 0; seed < 300; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    AspHlsCut cut;
    gint64 start_90k = 0, rap_90k = 0, next_rap_90k, longest_90k = 0;
    const gint64 frame_90k = 3600;

    asp_hls_cut_init (&cut, (guint) g_rand_int_range (rand, 1, 7));
    next_rap_90k = frame_90k * g_rand_int_range (rand, 1, 200);
    for (gint64 t = frame_90k; t < 300 * SECOND; t += frame_90k) {
      gboolean ends;

      if (t == next_rap_90k) {
        ends = asp_hls_cut_at_rap (&cut, t - start_90k, t - rap_90k, frame_90k);
        rap_90k = t;
        next_rap_90k += frame_90k * g_rand_int_range (rand, 1, 400);
      } else {
        ends = asp_hls_cut_at_au (&cut, t - start_90k, frame_90k);
        if (ends && cut.target_duration_s == 0) {
          asp_hls_cut_add_segment (&cut, t - start_90k);
          asp_hls_cut_freeze (&cut);
        }
      }
      if (ends) {
        longest_90k = MAX (longest_90k, t - start_90k);
        asp_hls_cut_add_segment (&cut, t - start_90k);
        start_90k = t;
      }
    }
    g_assert_cmpuint (cut.target_duration_s, >, 0);
    g_assert_cmpint (longest_90k, <, cut.target_duration_s * SECOND + SECOND / 2);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/cut/gops", test_cut_gops);
  g_test_add_func ("/hls/cut/uneven", test_cut_uneven);
  g_test_add_func ("/hls/cut/random", test_cut_random);
  return g_test_run ();
}
