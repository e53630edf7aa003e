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

static AspAdTracker *
tracker (const gchar * event, const gchar * url)
{
  return asp_ad_tracker_new (event, url);
}

/* Something in every list. */
static AspAd *
full_ad (void)
{
  AspAd *ad = asp_ad_new ("asset-1", 1350000);
  AspAdTracker *progress = tracker ("progress", "http://a/30");
  AspAdMedia *media = asp_ad_media_new (ASP_AD_MEDIA_MEZZANINE, "http://a/m.mov");
  AspAdVerification *verification = asp_ad_verification_new ("v.com-omid");
  AspAdDisplay *companion = asp_ad_display_new (ASP_AD_DISPLAY_COMPANION);
  AspAdCreative *other = asp_ad_creative_new (ASP_AD_CREATIVE_COMPANION);

  ad->sequence = 2;
  ad->conditional = TRUE;
  ad->expires_s = 3600;
  ad->advertiser = g_strdup ("Tea");
  asp_ad_part_list_add (&ad->trackers, tracker ("impression", "http://a/i"));
  asp_ad_part_list_add (&ad->categories, asp_ad_pair_new ("iab", "1-2"));
  asp_ad_part_list_add (&ad->extensions, asp_ad_pair_new ("x", "<y/>"));
  asp_ad_part_list_add (&verification->resources,
      asp_ad_resource_new (ASP_AD_RESOURCE_JAVASCRIPT, "http://v/js"));
  asp_ad_part_list_add (&verification->trackers, tracker ("verificationNotExecuted", "http://v/n"));
  asp_ad_part_list_add (&ad->verifications, verification);
  progress->offset.percent = 12.5;
  asp_ad_part_list_add (&ad->creative.trackers, progress);
  media->width = 1920;
  media->file_size = G_MAXUINT32 + G_GUINT64_CONSTANT (1);
  media->scalable = TRUE;
  asp_ad_part_list_add (&ad->creative.media, media);
  ad->creative.skip_offset.at_90k = 0;
  ad->creative.click_through = g_strdup ("http://a/c");
  asp_ad_part_list_add (&companion->attributes, asp_ad_pair_new ("width", "300"));
  asp_ad_part_list_add (&other->displays, companion);
  asp_ad_part_list_add (&ad->others, other);
  return ad;
}

static gchar *
one_ad_text (const AspAd * ad)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_ad_json_add (w, ad);
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

static void
test_all_parts (void)
{
  g_autoptr (AspAd) ad = full_ad (), copy = asp_ad_copy (ad), read = NULL;
  g_autofree gchar *text = one_ad_text (ad), *copied = one_ad_text (copy), *again = NULL;
  g_autoptr (AspJson) json = asp_json_parse (text, strlen (text), NULL);
  g_autoptr (GError) error = NULL;
  const AspAdDisplay *companion;

  g_assert_cmpstr (text, ==,
      "{\"asset_id\":\"asset-1\",\"duration_90k\":1350000,\"advertiser\":\"Tea\",\"sequence\":2,"
      "\"conditional\":true,\"expires_s\":3600,"
      "\"trackers\":[{\"event\":\"impression\",\"url\":\"http://a/i\"}],"
      "\"categories\":[{\"name\":\"iab\",\"value\":\"1-2\"}],"
      "\"extensions\":[{\"name\":\"x\",\"value\":\"<y/>\"}],"
      "\"verifications\":[{\"vendor\":\"v.com-omid\","
      "\"resources\":[{\"kind\":\"javascript\",\"content\":\"http://v/js\"}],"
      "\"trackers\":[{\"event\":\"verificationNotExecuted\",\"url\":\"http://v/n\"}]}],"
      "\"others\":[{\"kind\":\"companion\",\"displays\":[{\"kind\":\"companion\","
      "\"attributes\":[{\"name\":\"width\",\"value\":\"300\"}]}]}],"
      "\"linear\":{\"kind\":\"linear\",\"click_through\":\"http://a/c\",\"skip_offset_90k\":0,"
      "\"media\":[{\"kind\":\"mezzanine\",\"url\":\"http://a/m.mov\",\"width\":1920,"
      "\"file_size\":4294967296,\"scalable\":true}],"
      "\"trackers\":[{\"event\":\"progress\",\"url\":\"http://a/30\",\"offset_percent\":12.5}]}}");
  g_assert_cmpstr (copied, ==, text);
  read = asp_ad_json_read (json, &error);
  g_assert_no_error (error);
  again = one_ad_text (read);
  g_assert_cmpstr (again, ==, text);
  companion = asp_ad_part_list_get (((AspAdCreative *) asp_ad_part_list_get (read->others,
                  0))->displays, 0);
  g_assert_cmpstr (asp_ad_display_attribute (companion, "Width"), ==, "300");
  g_assert_null (asp_ad_display_attribute (companion, "height"));
  /* shared, not copied */
  g_assert_true (asp_ad_part_list_get (ad->trackers, 0) == asp_ad_part_list_get (copy->trackers, 0));
}

static void
test_wrong_parts (void)
{
  static const gchar *const texts[] = {
    "{\"trackers\":{}}", "{\"trackers\":[1]}", "{\"expires_s\":-1}", "{\"sequence\":4294967296}",
    "{\"linear\":[]}", "{\"linear\":{\"skip_offset_90k\":-1}}",
    "{\"linear\":{\"trackers\":[{\"offset_percent\":\"1\"}]}}",
    "{\"others\":[{\"displays\":[{\"trackers\":7}]}]}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (AspJson) json = asp_json_parse (texts[i], strlen (texts[i]), NULL);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", texts[i]);
    g_assert_null (asp_ad_json_read (json, &error));
    g_assert_error (error, ASP_AD_ERROR, ASP_AD_ERROR_VALUE);
  }
}

/* VAST 4.3, 2.4.5: what counts of every level, and what only of the nearest. */
static void
test_merge (void)
{
  g_autoptr (AspAd) ad = full_ad (), wrapper = full_ad ();
  AspAdDisplay *icon = asp_ad_display_new (ASP_AD_DISPLAY_ICON);

  asp_ad_part_list_add (&wrapper->creative.displays, icon);
  g_free (wrapper->creative.click_through);
  wrapper->creative.click_through = g_strdup ("http://w/c");
  asp_ad_merge_wrapper (ad, wrapper, 1024);
  g_assert_cmpuint (asp_ad_part_list_length (ad->trackers), ==, 2);
  g_assert_cmpuint (asp_ad_part_list_length (ad->creative.trackers), ==, 2);
  g_assert_cmpuint (asp_ad_part_list_length (ad->verifications), ==, 2);
  g_assert_cmpuint (asp_ad_part_list_length (ad->creative.displays), ==, 1);
  g_assert_cmpuint (asp_ad_part_list_length (ad->creative.media), ==, 1);
  g_assert_cmpuint (asp_ad_part_list_length (ad->others), ==, 1);
  g_assert_cmpstr (ad->creative.click_through, ==, "http://a/c");
  g_clear_pointer (&ad->others, g_ptr_array_unref);
  g_clear_pointer (&ad->creative.click_through, g_free);
  asp_ad_merge_wrapper (ad, wrapper, 2);
  g_assert_cmpuint (asp_ad_part_list_length (ad->trackers), ==, 2);
  g_assert_cmpuint (asp_ad_part_list_length (ad->others), ==, 1);
  g_assert_cmpstr (ad->creative.click_through, ==, "http://w/c");
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
  g_test_add_func ("/ad/all-parts", test_all_parts);
  g_test_add_func ("/ad/wrong-parts", test_wrong_parts);
  g_test_add_func ("/ad/merge", test_merge);
  g_test_add_func ("/ad/limits", test_limits);
  g_test_add_func ("/ad/roll", test_roll);
  return g_test_run ();
}
