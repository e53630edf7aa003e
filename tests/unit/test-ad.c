/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ads and avails, and their JSON form. */
#include <asp-ad-json.h>
#include <string.h>

static AspAdAvail *
sample (void)
{
  AspAdAvail *avail = asp_ad_avail_new ("hSi2o1WIVgij", ASP_AD_ROLL_POSTROLL, 2700000);
  AspAd *ad = asp_ad_new ("asset-1", 1350000);

  avail->scte35 = g_strdup ("FC30");
  ad->ad_id = g_strdup ("ad-9");
  ad->ad_system = g_strdup ("Ä \"Server\"");
  ad->ad_title = g_strdup ("Tea\n");
  ad->custom_data = g_strdup ("<x/>");
  ad->creative.creative_id = g_strdup ("c-7");
  ad->creative.universal_ad_id = g_strdup ("CNPA0484000H");
  ad->creative.universal_ad_registry = g_strdup ("ad-id.org");
  g_ptr_array_add (avail->pod.ads, ad);
  g_ptr_array_add (avail->pod.ads, asp_ad_new ("asset-2", 900000));
  return avail;
}

static void
test_round_trip (void)
{
  g_autoptr (AspAdAvail) avail = sample ();
  g_autofree gchar *text = asp_ad_avail_to_json (avail), *again = NULL;
  g_autoptr (AspAdAvail) read = NULL;
  g_autoptr (AspAd) copy = NULL;
  g_autoptr (GError) error = NULL;
  const AspAd *ad;

  g_assert_cmpstr (text, ==,
      "{\"version\":1,\"break_id\":\"hSi2o1WIVgij\",\"roll_type\":\"postroll\","
      "\"duration_90k\":2700000,\"scte35\":\"FC30\",\"ads\":["
      "{\"asset_id\":\"asset-1\",\"creative_id\":\"c-7\",\"universal_ad_id\":\"CNPA0484000H\","
      "\"universal_ad_registry\":\"ad-id.org\",\"duration_90k\":1350000,\"ad_id\":\"ad-9\","
      "\"ad_system\":\"Ä \\\"Server\\\"\",\"ad_title\":\"Tea\\n\",\"custom_data\":\"<x/>\"},"
      "{\"asset_id\":\"asset-2\",\"duration_90k\":900000}]}");
  read = asp_ad_avail_from_json (text, strlen (text), &error);
  g_assert_no_error (error);
  again = asp_ad_avail_to_json (read);
  g_assert_cmpstr (again, ==, text);
  g_assert_cmpint (asp_ad_pod_duration_90k (&read->pod), ==, 2250000);
  ad = g_ptr_array_index (read->pod.ads, 0);
  copy = asp_ad_copy (ad);
  g_assert_cmpstr (copy->creative.universal_ad_registry, ==, "ad-id.org");
  g_assert_cmpstr (copy->custom_data, ==, "<x/>");
  g_assert_null (asp_ad_copy (NULL));
}

static void
test_refuses (void)
{
  static const struct
  {
    const gchar *text;
    gboolean ok;
  } cases[] = {
    {"{\"version\":1,\"break_id\":\"a\"}", TRUE},
    {"{\"version\":1,\"break_id\":\"a\",\"later\":{}}", TRUE},
    {"{\"version\":2,\"break_id\":\"a\"}", FALSE},
    {"{\"break_id\":\"a\"}", FALSE},
    {"{\"version\":1}", FALSE},
    {"{\"version\":1,\"break_id\":5}", FALSE},
    {"{\"version\":1,\"break_id\":\"\"}", FALSE},
    {"{\"version\":1,\"break_id\":\"a\",\"duration_90k\":-1}", FALSE},
    {"{\"version\":1,\"break_id\":\"a\",\"duration_90k\":\"1\"}", FALSE},
    {"{\"version\":1,\"break_id\":\"a\",\"ads\":{}}", FALSE},
    {"{\"version\":1,\"break_id\":\"a\",\"ads\":[1]}", FALSE},
    {"{\"version\":1,\"break_id\":\"a\",\"ads\":[{\"duration_90k\":-5}]}", FALSE},
    {"[]", FALSE}, {"", FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (AspAdAvail) avail = asp_ad_avail_from_json (cases[i].text, strlen (cases[i].text),
        &error);

    g_test_message ("%s", cases[i].text);
    g_assert_true ((avail != NULL) == cases[i].ok && (error == NULL) == cases[i].ok);
  }
}

/* Too many ads, and the text cut at every length. */
static void
test_limits (void)
{
  g_autoptr (AspAdAvail) avail = sample ();
  g_autofree gchar *text = asp_ad_avail_to_json (avail), *many = NULL;

  for (gsize n = 0; n < strlen (text); n++)
    g_assert_null (asp_ad_avail_from_json (text, n, NULL));
  while (avail->pod.ads->len <= ASP_AD_ADS_MAX)
    g_ptr_array_add (avail->pod.ads, asp_ad_new ("x", 1));
  many = asp_ad_avail_to_json (avail);
  g_assert_null (asp_ad_avail_from_json (many, strlen (many), NULL));
}

static void
test_roll (void)
{
  g_assert_cmpint (asp_ad_roll_from_name ("PREROLL"), ==, ASP_AD_ROLL_PREROLL);
  g_assert_cmpint (asp_ad_roll_from_name ("postroll"), ==, ASP_AD_ROLL_POSTROLL);
  g_assert_cmpint (asp_ad_roll_from_name (NULL), ==, ASP_AD_ROLL_MIDROLL);
  g_assert_cmpint (asp_ad_roll_from_name ("x"), ==, ASP_AD_ROLL_MIDROLL);
  g_assert_cmpstr (asp_ad_roll_name ((AspAdRoll) 77), ==, "midroll");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ad/round-trip", test_round_trip);
  g_test_add_func ("/ad/refuses", test_refuses);
  g_test_add_func ("/ad/limits", test_limits);
  g_test_add_func ("/ad/roll", test_roll);
  return g_test_run ();
}
