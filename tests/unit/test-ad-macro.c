/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IAB's macros in URLs. */
#include <asp-ad-macro.h>
#include <string.h>

static AspAd *
sample_ad (void)
{
  AspAd *ad = asp_ad_new (NULL, 0);

  ad->ad_serving_id = g_strdup ("s-1/2");
  asp_ad_part_list_add (&ad->creative.universal_ad_ids, asp_ad_pair_new ("ad-id.org", "CNPA 1"));
  asp_ad_part_list_add (&ad->creative.universal_ad_ids, asp_ad_pair_new (NULL, "x"));
  asp_ad_part_list_add (&ad->categories, asp_ad_pair_new ("iab", "1-2"));
  asp_ad_part_list_add (&ad->blocked_categories, asp_ad_pair_new ("iab", "7,9"));
  return ad;
}

static void
test_values (void)
{
  static const struct
  {
    const gchar *url, *filled;
  } cases[] = {
    {"http://e/?t=[TIMESTAMP]", "http://e/?t=2026-11-22T18%3A20%3A00.123Z"},
    {"[CACHEBUSTING]-%%CACHEBUSTING%%", "00012345-00012345"},
    {"c=[ERRORCODE]&r=[REASON]", "c=303&r=-1"},
    {"%5BERRORCODE%5D %5bERRORCODE%5d", "303 303"},
    {"[ADPLAYHEAD] [MEDIAPLAYHEAD] [CONTENTPLAYHEAD]", "00%3A00%3A01.500 -1 -1"},
    {"[BREAKPOSITION] [BREAKMAXDURATION] [PODSEQUENCE] [ADCOUNT]", "3 30 2 -1"},
    {"[ASSETURI]", "https%3A%2F%2Fm%2Fa%20b.mp4%3Fx%3D1"},
    {"[SERVERSIDE] [DEVICEIP]", "2 2001%3Adb8%3A%3A1"},
    /* a comma in a value is encoded, one between items is not */
    {"[DEVICEUA]", "X%20(KHTML%2C%20like)"},
    {"[UNIVERSALADID] [ADCATEGORIES] [BLOCKEDADCATEGORIES]", "ad-id.org%20CNPA%201,unknown%20x 1-2 7,9"},
    {"[ADSERVINGID] [ADTYPE]", "s-1%2F2 video"},
    /* told by the operator, refused, known to the standard only, unknown to it */
    {"[DOMAIN] [IFA] [PAGEURL] [MADEUP] [acme]", "e.example -2 -1 [MADEUP] [acme]"},
    {"[acme:ERRORCODE] [ERRORCODE [ERROR CODE] [] %%X% %% 100%", "[acme:ERRORCODE] [ERRORCODE [ERROR CODE] [] %%X% %% 100%"},
    {"[[ERRORCODE]]", "[303]"}, {"", ""}, {"[", "["}, {"%", "%"}, {"[RANDOM]", "[RANDOM]"},
  };
  static const gchar *const refused[] = { "IFA", NULL };
  g_autoptr (AspAd) ad = sample_ad ();
  g_autoptr (GHashTable) more = g_hash_table_new (g_str_hash, g_str_equal);
  AspAdMacros m = ASP_AD_MACROS_INIT;

  g_hash_table_insert (more, (gpointer) "DOMAIN", (gpointer) "e.example");
  m.unix_us = G_GINT64_CONSTANT (1795371600123456);
  m.random = 12345;
  m.error_code = 303;
  m.ad_playhead_90k = 135000;
  m.break_duration_90k = 2700000;
  m.roll = ASP_AD_ROLL_POSTROLL;
  m.pod_sequence = 2;
  m.ad = ad;
  m.asset_uri = "https://m/a b.mp4?x=1";
  m.device_ip = "2001:db8::1";
  m.device_ua = "X (KHTML, like)";
  m.more = more;
  m.refused = refused;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *got = asp_ad_macros_fill (cases[i].url, &m);

    g_assert_cmpstr (got, ==, cases[i].filled);
  }
}

static void
test_random_has_eight_digits (void)
{
  AspAdMacros m = ASP_AD_MACROS_INIT;
  g_autofree gchar *got = NULL;

  m.random = G_MAXUINT32;
  got = asp_ad_macros_fill ("[CACHEBUSTING]", &m);
  g_assert_cmpstr (got, ==, "94967295");
}

/* A value cannot bring a macro in, and a long URL ends. */
static void
test_once_and_bounded (void)
{
  AspAdMacros m = ASP_AD_MACROS_INIT;
  g_autofree gchar *long_ua = g_strnfill (20000, 'u'), *once = NULL, *many = NULL;

  m.device_ua = "[ERRORCODE]";
  once = asp_ad_macros_fill ("[DEVICEUA]", &m);
  g_assert_cmpstr (once, ==, "%5BERRORCODE%5D");
  m.device_ua = long_ua;
  many = asp_ad_macros_fill ("[DEVICEUA][DEVICEUA][DEVICEUA][DEVICEUA][DEVICEUA]", &m);
  g_assert_cmpuint (strlen (many), ==, ASP_AD_MACRO_URL_MAX);
}

static void
test_called (void)
{
  g_assert_true (asp_ad_url_is_called ("http://x"));
  g_assert_true (asp_ad_url_is_called ("HTTPS://x"));
  g_assert_true (asp_ad_url_is_called ("//x/y"));
  g_assert_false (asp_ad_url_is_called ("about:blank"));
  g_assert_false (asp_ad_url_is_called ("javascript:alert(1)"));
  g_assert_false (asp_ad_url_is_called ("file:///etc/passwd"));
  g_assert_false (asp_ad_url_is_called (NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ad/macro/values", test_values);
  g_test_add_func ("/ad/macro/random-has-eight-digits", test_random_has_eight_digits);
  g_test_add_func ("/ad/macro/once-and-bounded", test_once_and_bounded);
  g_test_add_func ("/ad/macro/called", test_called);
  return g_test_run ();
}
