/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice, the cadence of a video stream out of its PTS. */
#include <asp-au.h>

#include <math.h>

static const gdouble rates[] = { 24000.0 / 1001, 24, 25, 30000.0 / 1001, 30, 50, 60000.0 / 1001, 60, 14.985, 12.5, 5 };

static gdouble
frame_of (gdouble rate)
{
  return 90000.0 / rate;
}

/* PTS as an encoder writes them: rounded, or cut off. */
static gint64
pts_of (guint n, gdouble rate, gint64 from_90k, gboolean cut)
{
  return from_90k + (gint64) (cut ? floor (n * frame_of (rate)) : llround (n * frame_of (rate)));
}

static void
check_near (const AspCadence * c, gdouble rate, gdouble tolerance)
{
  gdouble got = asp_cadence_frame_90k (c, -1);

  if (fabs (got - frame_of (rate)) > tolerance)
    g_error ("frame of %.3f Hz is %.4f ticks, not %.4f", rate, got, frame_of (rate));
}

static void
test_too_few (void)
{
  AspCadence c;

  asp_cadence_reset (&c);
  g_assert_cmpfloat (asp_cadence_frame_90k (&c, 3600), ==, 3600);
  asp_cadence_push (&c, 17);
  g_assert_cmpfloat (asp_cadence_frame_90k (&c, 3600), ==, 3600);
  /* the same picture twice is no interval */
  asp_cadence_push (&c, 17);
  g_assert_cmpfloat (asp_cadence_frame_90k (&c, 3600), ==, 3600);
  asp_cadence_push (&c, 3770);
  g_assert_cmpfloat (asp_cadence_frame_90k (&c, 3600), ==, 3753);
  asp_cadence_reset (&c);
  g_assert_cmpfloat (asp_cadence_frame_90k (&c, 1), ==, 1);
}

static void
test_rates (void)
{
  for (guint r = 0; r < G_N_ELEMENTS (rates); r++) {
    for (guint cut = 0; cut < 2; cut++) {
      AspCadence c;

      asp_cadence_reset (&c);
      for (guint n = 0; n < 200; n++) {
        asp_cadence_push (&c, pts_of (n, rates[r], 12345, cut));
        /* a window of them, and from the second picture on within its rounding */
        if (n > 0)
          check_near (&c, rates[r], n < ASP_CADENCE_WINDOW ? 2 : 0.05);
      }
    }
  }
}

/* Decode order: I P b b P b b. */
static void
test_reordered (void)
{
  for (guint r = 0; r < G_N_ELEMENTS (rates); r++) {
    AspCadence c;

    asp_cadence_reset (&c);
    for (guint n = 0; n < 300; n++) {
      guint display = n == 0 ? 0 : n % 3 == 1 ? n + 2 : n - 1;

      asp_cadence_push (&c, pts_of (display, rates[r], G_GINT64_CONSTANT (1) << 40, FALSE));
      if (n >= 12)
        check_near (&c, rates[r], n < ASP_CADENCE_WINDOW ? 1 : 0.1);
    }
  }
}

/* One picture in nine is lost, and a GOP of them once. */
static void
test_losses (void)
{
  for (guint r = 0; r < G_N_ELEMENTS (rates); r++) {
    AspCadence c;

    asp_cadence_reset (&c);
    for (guint n = 0; n < 400; n++) {
      if (n % 9 == 4 || (n > 150 && n < 175))
        continue;
      asp_cadence_push (&c, pts_of (n, rates[r], 0, FALSE));
      if (n > 30)
        check_near (&c, rates[r], 0.5);
    }
  }
}

/* A network whose clock starts again: the wide step is not a frame. */
static void
test_jump (void)
{
  AspCadence c;

  asp_cadence_reset (&c);
  for (guint n = 0; n < 100; n++) {
    asp_cadence_push (&c, (gint64) n * 3600 + (n >= 70 ? G_GINT64_CONSTANT (1) << 33 : 0));
    if (n > 2)
      g_assert_cmpfloat (asp_cadence_frame_90k (&c, -1), ==, 3600);
  }
}

/* The rate changes: after a window only the new one counts. */
static void
test_change (void)
{
  AspCadence c;

  asp_cadence_reset (&c);
  for (guint n = 0; n < 100; n++)
    asp_cadence_push (&c, (gint64) n * 3600);
  for (guint n = 0; n < ASP_CADENCE_WINDOW; n++)
    asp_cadence_push (&c, 360000 + (gint64) n * 1800);
  g_assert_cmpfloat (asp_cadence_frame_90k (&c, -1), ==, 1800);
}

static void
test_extremes (void)
{
  static const gint64 odd[] = { G_MININT64 + 1, G_MAXINT64 / 4, 0, -1, 1, 3601, -(G_GINT64_CONSTANT (1) << 34), 7 };
  AspCadence c;

  asp_cadence_reset (&c);
  for (guint n = 0; n < 1000; n++) {
    asp_cadence_push (&c, odd[n % G_N_ELEMENTS (odd)] / 2);
    g_assert_cmpfloat (asp_cadence_frame_90k (&c, 3600), >, 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/splice/cadence/too-few", test_too_few);
  g_test_add_func ("/splice/cadence/rates", test_rates);
  g_test_add_func ("/splice/cadence/reordered", test_reordered);
  g_test_add_func ("/splice/cadence/losses", test_losses);
  g_test_add_func ("/splice/cadence/jump", test_jump);
  g_test_add_func ("/splice/cadence/change", test_change);
  g_test_add_func ("/splice/cadence/extremes", test_extremes);
  return g_test_run ();
}
