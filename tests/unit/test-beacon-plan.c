/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which beacons are due when: told as events and positions, read as one line of what comes.
 */
#include <asp-beacon-plan.h>
#include <asp-time.h>

#include <string.h>

#define S ASP_SECOND_90K
#define NEAR_WRAP ((gint64) ASP_PTS_MODULUS - 4 * S)

static void
add (GPtrArray ** list, const gchar * event, const gchar * url)
{
  asp_ad_part_list_add (list, asp_ad_tracker_new (event, url));
}

static void
add_progress (GPtrArray ** list, gint64 at_90k, gdouble percent, const gchar * url)
{
  AspAdTracker *t = asp_ad_tracker_new ("progress", url);

  t->offset.at_90k = at_90k;
  t->offset.percent = percent;
  asp_ad_part_list_add (list, t);
}

/* Trackers in no order, as ad servers send them; URLs are short names. */
static AspAd *
make_ad (const gchar * asset, gint64 duration_90k)
{
  AspAd *ad = asp_ad_new (asset, duration_90k);
  GPtrArray **t = &ad->creative.trackers;

  add (&ad->trackers, "error", "E");
  add (&ad->trackers, "impression", "i");
  add (&ad->trackers, "impression", "j");
  add (t, "complete", "c");
  add (t, "thirdQuartile", "3");
  add (t, "midpoint", "2");
  add (t, "mute", "M");
  add (t, "firstQuartile", "1");
  add (t, "start", "s");
  add (t, "x-unknown", "X");
  add (t, "loaded", "l");
  return ad;
}

static AspBeaconPlan *
make_plan (guint n, gint64 duration_90k)
{
  g_autoptr (AspAdAvail) avail = asp_ad_avail_new ("hSi2o1WIVgij", ASP_AD_ROLL_MIDROLL, 30 * S);
  g_autoptr (GPtrArray) trackers = NULL;

  for (guint i = 0; i < n; i++) {
    g_autofree gchar *asset = g_strdup_printf ("a%u", i + 1);

    g_ptr_array_add (avail->pod.ads, make_ad (asset, duration_90k));
  }
  add (&trackers, "breakEnd", ")");
  add (&trackers, "breakStart", "(");
  return asp_beacon_plan_new (avail, trackers);
}

/* What is due now, by the URLs. */
static void
assert_due (AspBeaconPlan * p, const gchar * expected)
{
  g_autoptr (GString) got = g_string_new (NULL);
  const AspBeacon *b;

  while ((b = asp_beacon_plan_next (p)) != NULL)
    g_string_append (got, b->url);
  g_assert_cmpstr (got->str, ==, expected);
}

static void
test_order (void)
{
  static const gint64 starts[] = { 1000, NEAR_WRAP };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++) {
    g_autoptr (AspBeaconPlan) p = make_plan (2, 8 * S);
    gint64 t = starts[i];

#define AT(seconds) ((gint64) asp_pts_wrap (t + (gint64) ((seconds) * S)))
    asp_beacon_plan_passed (p, AT (-1));
    assert_due (p, "");
    asp_beacon_plan_break_started (p, AT (0));
    assert_due (p, "(");
    asp_beacon_plan_creative_started (p, 1, AT (0), 0);
    assert_due (p, "ijls");
    g_assert_cmpint (asp_beacon_plan_wait_90k (p, AT (0)), ==, 2 * S);
    asp_beacon_plan_passed (p, AT (1.99));
    assert_due (p, "");
    asp_beacon_plan_passed (p, AT (2));
    g_assert_cmpint (asp_beacon_plan_wait_90k (p, AT (2)), ==, 0);
    assert_due (p, "1");
    /* pictures are reordered: positions go back */
    asp_beacon_plan_passed (p, AT (1.9));
    assert_due (p, "");
    asp_beacon_plan_passed (p, AT (6.5));
    assert_due (p, "23");
    g_assert_cmpint (asp_beacon_plan_wait_90k (p, AT (6.5)), ==, -1);
    asp_beacon_plan_creative_ended (p, 1, AT (8), TRUE);
    asp_beacon_plan_creative_started (p, 2, AT (8), 0);
    assert_due (p, "cijls");
    asp_beacon_plan_creative_ended (p, 2, AT (16), TRUE);
    asp_beacon_plan_break_ended (p, AT (16));
    assert_due (p, "123c)");
    asp_beacon_plan_passed (p, AT (30));
    assert_due (p, "");
#undef AT
  }
}

static void
test_cut (void)
{
  g_autoptr (AspBeaconPlan) p = make_plan (3, 8 * S);

  asp_beacon_plan_break_started (p, 0);
  asp_beacon_plan_creative_started (p, 1, 0, 0);
  asp_beacon_plan_creative_ended (p, 1, 4 * S + 10, FALSE);
  assert_due (p, "(ijls12");
  /* exactly at its place: that picture has not gone out */
  asp_beacon_plan_creative_started (p, 2, 5 * S, 0);
  asp_beacon_plan_creative_ended (p, 2, 7 * S, FALSE);
  assert_due (p, "ijls");
  asp_beacon_plan_break_ended (p, 7 * S);
  /* the third was never seen: its ad server hears that */
  assert_due (p, "E)");
  asp_beacon_plan_creative_started (p, 3, 8 * S, 0);
  assert_due (p, "");
}

/* What is not shown is told as an error, with the code of its reason, once, and never of what was shown. */
static void
test_lost (void)
{
  g_autoptr (AspBeaconPlan) p = make_plan (3, 8 * S);
  g_autoptr (AspBeaconPlan) cancelled = make_plan (2, 8 * S);
  const AspBeacon *b;

  asp_beacon_plan_creative_lost (p, 2, ASP_AD_CODE_DISPLAY);
  b = asp_beacon_plan_next (p);
  g_assert_cmpstr (b->event, ==, "error");
  g_assert_cmpstr (b->asset_id, ==, "a2");
  g_assert_cmpuint (b->pod_index, ==, 2);
  g_assert_cmpint (b->code, ==, ASP_AD_CODE_DISPLAY);
  g_assert_cmpint (b->playhead_90k, ==, -1);
  asp_beacon_plan_creative_lost (p, 2, ASP_AD_CODE_BREAK_SHORTENED);
  assert_due (p, "");
  asp_beacon_plan_break_started (p, 0);
  asp_beacon_plan_creative_started (p, 1, 0, 0);
  /* it has been lost */
  asp_beacon_plan_creative_started (p, 2, S, 0);
  assert_due (p, "(ijls");
  asp_beacon_plan_creative_lost (p, 1, ASP_AD_CODE_DISPLAY);
  asp_beacon_plan_creative_ended (p, 1, 3 * S, FALSE);
  asp_beacon_plan_creative_lost (p, 1, ASP_AD_CODE_DISPLAY);
  assert_due (p, "1");
  asp_beacon_plan_break_ended (p, 3 * S);
  b = asp_beacon_plan_next (p);
  g_assert_cmpstr (b->asset_id, ==, "a3");
  g_assert_cmpint (b->code, ==, ASP_AD_CODE_BREAK_SHORTENED);
  assert_due (p, ")");
  asp_beacon_plan_creative_lost (p, 0, ASP_AD_CODE_BREAK_SHORTENED);
  assert_due (p, "");
  asp_beacon_plan_creative_lost (cancelled, 0, ASP_AD_CODE_BREAK_SHORTENED);
  assert_due (cancelled, "EE");
  asp_beacon_plan_creative_lost (cancelled, 0, ASP_AD_CODE_BREAK_SHORTENED);
  asp_beacon_plan_creative_started (cancelled, 1, 0, 0);
  assert_due (cancelled, "");
}

/* What the splicer does not say, and what it says twice or wrongly. */
static void
test_told_badly (void)
{
  g_autoptr (AspBeaconPlan) p = make_plan (2, 8 * S);
  g_autoptr (AspBeaconPlan) cut = make_plan (2, 8 * S);

  asp_beacon_plan_creative_ended (p, 1, 0, TRUE);
  asp_beacon_plan_break_ended (p, 0);
  asp_beacon_plan_creative_started (p, 0, 0, 0);
  asp_beacon_plan_creative_started (p, 3, 0, 0);
  assert_due (p, "");
  asp_beacon_plan_creative_started (p, 1, 0, 0);
  assert_due (p, "(ijls");
  asp_beacon_plan_creative_started (p, 1, 0, 0);
  asp_beacon_plan_break_started (p, 0);
  assert_due (p, "");
  /* the end of the first is not told: it was whole, by its length */
  asp_beacon_plan_creative_started (p, 2, 8 * S, 0);
  asp_beacon_plan_creative_ended (p, 1, 8 * S, TRUE);
  assert_due (p, "123cijls");
  asp_beacon_plan_break_ended (p, 16 * S);
  asp_beacon_plan_break_ended (p, 16 * S);
  asp_beacon_plan_creative_ended (p, 2, 16 * S, TRUE);
  assert_due (p, "123c)");
  asp_beacon_plan_creative_started (cut, 1, 0, 0);
  asp_beacon_plan_break_ended (cut, 3 * S);
  assert_due (cut, "(ijls1E)");
}

static void
test_progress (void)
{
  g_autoptr (AspAdAvail) avail = asp_ad_avail_new ("b", ASP_AD_ROLL_MIDROLL, 30 * S);
  AspAd *ad = make_ad ("a", 8 * S);
  g_autoptr (AspBeaconPlan) p = NULL;
  const AspBeacon *b;

  add_progress (&ad->creative.trackers, 3 * S, -1, "p");
  add_progress (&ad->creative.trackers, -1, 50, "q");
  add_progress (&ad->creative.trackers, 0, -1, "z");
  add_progress (&ad->creative.trackers, 9 * S, -1, "never");
  add_progress (&ad->creative.trackers, -1, -1, "nowhere");
  add_progress (&ad->creative.trackers, -1, 120, "beyond");
  g_ptr_array_add (avail->pod.ads, ad);
  p = asp_beacon_plan_new (avail, NULL);
  /* what is played is half as long as was promised */
  asp_beacon_plan_creative_started (p, 1, 0, 4 * S);
  assert_due (p, "ijls");
  asp_beacon_plan_passed (p, 0);
  b = asp_beacon_plan_next (p);
  g_assert_cmpstr (b->url, ==, "z");
  g_assert_cmpstr (b->event, ==, "progress");
  g_assert_cmpstr (b->asset_id, ==, "a");
  g_assert_cmpuint (b->pod_index, ==, 1);
  asp_beacon_plan_passed (p, 3 * S - 1);
  b = asp_beacon_plan_next (p);
  g_assert_cmpstr (b->event, ==, "firstQuartile");
  g_assert_cmpint (b->playhead_90k, ==, S);
  assert_due (p, "2q");
  asp_beacon_plan_creative_ended (p, 1, 4 * S, TRUE);
  assert_due (p, "3pc");
}

/* A creative whose length nobody knows has no quartiles, and an end. */
static void
test_unknown_length (void)
{
  g_autoptr (AspBeaconPlan) p = make_plan (1, 0);

  asp_beacon_plan_creative_started (p, 1, 0, 0);
  asp_beacon_plan_passed (p, 100 * S);
  asp_beacon_plan_creative_ended (p, 1, 100 * S, TRUE);
  assert_due (p, "(ijlsc");
}

static void
test_url (void)
{
  g_autoptr (AspAd) ad = asp_ad_new ("a", 8 * S);
  AspAdMacros macros = ASP_AD_MACROS_INIT;
  AspBeacon beacon = { "midpoint", "http://t.example/?h=[ADPLAYHEAD]&n=[PODSEQUENCE]&x=[MINE]", "a",
    ad, 2, 4 * S
  };
  AspBeacon lost = { "error", "http://t.example/?e=[ERRORCODE]&h=[ADPLAYHEAD]&a=[ASSETURI]&p=[BREAKPOSITION]", "a",
    ad, 3, -1, ASP_AD_CODE_BREAK_SHORTENED
  };
  AspBeacon blank = { "start", "about:blank", "a", ad, 1, 0 };
  g_autofree gchar *url = asp_beacon_url (&beacon, &macros), *error = NULL;
  AspAdMedia *media = asp_ad_media_new (ASP_AD_MEDIA_FILE, "http://m.example/a.mp4");

  g_assert_cmpstr (url, ==, "http://t.example/?h=00%3A00%3A04.000&n=2&x=[MINE]");
  g_assert_null (asp_beacon_url (&blank, &macros));
  media->type = g_strdup ("video/mp4");
  asp_ad_part_list_add (&ad->creative.media, media);
  error = asp_beacon_url (&lost, &macros);
  g_assert_cmpstr (error, ==, "http://t.example/?e=206&h=-1&a=http%3A%2F%2Fm.example%2Fa.mp4&p=2");
}

/* Whatever is told in whatever order: nothing comes twice, and each ad's in its order. */
static void
test_random (void)
{
  for (guint round = 0; round < 2000; round++) {
    g_autoptr (AspBeaconPlan) p = make_plan (3, 8 * S);
    g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    gint64 pts90k = g_test_rand_int_range (0, G_MAXINT32);
    gint64 playhead_90k[4] = { -1, -1, -1, -1 };

    for (guint i = 0; i < 40; i++) {
      guint index = g_test_rand_int_range (0, 5);
      const AspBeacon *b;

      pts90k += g_test_rand_int_range (-1000, 3 * S);
      switch (g_test_rand_int_range (0, 9)) {
        case 0:
          asp_beacon_plan_break_started (p, pts90k);
          break;
        case 1:
        case 2:
          asp_beacon_plan_creative_started (p, index, pts90k, g_test_rand_int_range (0, 9 * S));
          break;
        case 3:
          asp_beacon_plan_creative_ended (p, index, pts90k, g_test_rand_bit ());
          break;
        case 4:
          if (i > 30)
            asp_beacon_plan_break_ended (p, pts90k);
          break;
        case 5:
          if (i > 20)
            asp_beacon_plan_creative_lost (p, index, ASP_AD_CODE_DISPLAY);
          break;
        default:
          asp_beacon_plan_passed (p, pts90k);
      }
      while ((b = asp_beacon_plan_next (p)) != NULL) {
        gchar *key = g_strdup_printf ("%s %s", b->asset_id, b->url);

        g_assert_true (g_hash_table_add (seen, key));
        /* never started, or started: never both */
        if (!strcmp (b->event, "error")) {
          g_assert_cmpint (playhead_90k[b->pod_index], ==, -1);
          playhead_90k[b->pod_index] = G_MAXINT64;
          continue;
        }
        g_assert_cmpint (b->playhead_90k, >=, playhead_90k[b->pod_index]);
        playhead_90k[b->pod_index] = b->playhead_90k;
      }
      g_assert_cmpint (asp_beacon_plan_wait_90k (p, pts90k), >=, -1);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/beacon-plan/order", test_order);
  g_test_add_func ("/beacon-plan/cut", test_cut);
  g_test_add_func ("/beacon-plan/lost", test_lost);
  g_test_add_func ("/beacon-plan/told-badly", test_told_badly);
  g_test_add_func ("/beacon-plan/progress", test_progress);
  g_test_add_func ("/beacon-plan/unknown-length", test_unknown_length);
  g_test_add_func ("/beacon-plan/url", test_url);
  g_test_add_func ("/beacon-plan/random", test_random);
  return g_test_run ();
}
