/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What gst/vast makes of documents: right ones, sloppy ones, wrong ones, cut ones. */
#include <asp-ad-json.h>
#include <asp-vast.h>
#include <string.h>

#include "unit-support.h"

#define IN_AD(inside) "<VAST version=\"4.2\"><Ad id=\"1\"><InLine>" inside "</InLine></Ad></VAST>"
#define IN_LINEAR(inside) IN_AD ("<Creatives><Creative><Linear>" inside "</Linear></Creative></Creatives>")

static AspAdResponse *
parse (const gchar * xml)
{
  g_autoptr (GError) error = NULL;
  AspAdResponse *response = asp_vast_parse (xml, strlen (xml), NULL, &error);

  g_assert_no_error (error);
  return response;
}

static const AspAdOffer *
offer (const AspAdResponse * response, guint index)
{
  g_assert_cmpuint (index, <, response->offers->len);
  return g_ptr_array_index (response->offers, index);
}

static void
assert_tracker (const GPtrArray * trackers, guint index, const gchar * event, const gchar * url)
{
  const AspAdTracker *t = asp_ad_part_list_get (trackers, index);

  g_assert_nonnull (t);
  g_assert_cmpstr (t->event, ==, event);
  g_assert_cmpstr (t->url, ==, url);
}

static const gchar full[] =
    "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<VAST version=\"4.3\" xmlns=\"http://www.iab.com/VAST\"><Error>http://e/root</Error>"
    "<Ad id=\"a1\" sequence=\"2\" conditionalAd=\"false\" adType=\"video\"><InLine>"
    "<AdSystem version=\"1\">sys</AdSystem><AdTitle>T\xc3\xa4</AdTitle><AdServingId>s</AdServingId>"
    "<Description>d</Description><Advertiser id=\"x.com\">X</Advertiser>"
    "<Category authority=\"iab\">1-2</Category><Pricing model=\"cpm\" currency=\"USD\"> 25.00 </Pricing>"
    "<Survey>http://e/survey</Survey><Expires>3600</Expires>"
    "<Impression id=\"i\"><![CDATA[ http://e/imp?a=1&b=[CACHEBUSTING] ]]></Impression>"
    "<Error>http://e/err?c=[ERRORCODE]</Error>"
    "<ViewableImpression><Viewable>http://e/v</Viewable></ViewableImpression>"
    "<AdVerifications><Verification vendor=\"v.com\">"
    "<JavaScriptResource apiFramework=\"omid\" browserOptional=\"true\">http://v/js</JavaScriptResource>"
    "<ExecutableResource type=\"x\">http://v/exe</ExecutableResource>"
    "<TrackingEvents><Tracking event=\"verificationNotExecuted\">http://v/n</Tracking></TrackingEvents>"
    "<VerificationParameters>p</VerificationParameters></Verification></AdVerifications>"
    "<Creatives><Creative id=\"c1\" adId=\"d1\" sequence=\"1\" apiFramework=\"omid\">"
    "<UniversalAdId idRegistry=\"unknown\">unknown</UniversalAdId>"
    "<UniversalAdId idRegistry=\"Unknown\">8465</UniversalAdId>"
    "<UniversalAdId idRegistry=\"x.org\">UNKNOWN</UniversalAdId>"
    "<UniversalAdId idRegistry=\"ad-id.org\">CNPA0484000H</UniversalAdId>"
    "<Linear skipoffset=\"20%\"><Duration>00:00:15.500</Duration><AdParameters>ap</AdParameters>"
    "<TrackingEvents><Tracking event=\"start\">http://e/start</Tracking>"
    "<Tracking event=\"progress\" offset=\"00:00:10\">http://e/p10</Tracking>"
    "<Tracking event=\"progress\" offset=\"12.5%\">http://e/p12</Tracking>"
    "<Tracking event=\"acmeSpecial\">http://e/special</Tracking></TrackingEvents>"
    "<VideoClicks><ClickThrough>http://e/click</ClickThrough><ClickTracking id=\"t\">http://e/ct</ClickTracking>"
    "<CustomClick>http://e/cc</CustomClick></VideoClicks>"
    "<MediaFiles><MediaFile id=\"m\" delivery=\"progressive\" type=\"video/mp4\" width=\"1280\" height=\"720\""
    " bitrate=\"2000\" minBitrate=\"1500\" maxBitrate=\"2500\" codec=\"avc1\" fileSize=\"12\" scalable=\"1\""
    " maintainAspectRatio=\"true\" mediaType=\"2D\" apiFramework=\"a\">http://m/hi.mp4</MediaFile>"
    "<Mezzanine type=\"video/mp4\" width=\"1920\" height=\"1080\">http://m/mez.mov</Mezzanine>"
    "<InteractiveCreativeFile apiFramework=\"SIMID\" variableDuration=\"true\">http://m/simid</InteractiveCreativeFile>"
    "<ClosedCaptionFiles><ClosedCaptionFile type=\"text/vtt\" language=\"en\">http://m/en.vtt</ClosedCaptionFile>"
    "</ClosedCaptionFiles></MediaFiles>"
    "<Icons><Icon program=\"AdChoices\" width=\"20\"><StaticResource creativeType=\"image/png\">http://i/p</StaticResource>"
    "<IconClicks><IconClickThrough>http://i/c</IconClickThrough><IconClickTracking>http://i/t</IconClickTracking>"
    "<IconClickFallbackImages><IconClickFallbackImage><AltText>alt</AltText><StaticResource>http://i/f</StaticResource>"
    "</IconClickFallbackImage></IconClickFallbackImages></IconClicks>"
    "<IconViewTracking>http://i/v</IconViewTracking></Icon></Icons></Linear></Creative>"
    "<Creative id=\"c2\"><CompanionAds required=\"any\"><Companion id=\"k\" width=\"300\" height=\"250\">"
    "<IFrameResource>http://k/f</IFrameResource><HTMLResource><![CDATA[<b>x</b>]]></HTMLResource>"
    "<AltText>a</AltText><AdParameters>q</AdParameters>"
    "<CompanionClickThrough>http://k/c</CompanionClickThrough>"
    "<CompanionClickTracking>http://k/t</CompanionClickTracking>"
    "<TrackingEvents><Tracking event=\"creativeView\">http://k/v</Tracking></TrackingEvents>"
    "</Companion></CompanionAds></Creative>"
    "<Creative id=\"c3\"><NonLinearAds><NonLinear width=\"1\"><StaticResource>http://n/s</StaticResource>"
    "<NonLinearClickThrough>http://n/c</NonLinearClickThrough></NonLinear>"
    "<TrackingEvents><Tracking event=\"start\">http://n/start</Tracking></TrackingEvents></NonLinearAds></Creative>"
    "</Creatives><Extensions><Extension type=\"acme\"><a b=\"1&quot;\">x &amp; y<c/></a></Extension>"
    "<Extension type=\"creative_signaling\"><z><![CDATA[{\"k\":1}]]></z></Extension></Extensions>"
    "</InLine></Ad></VAST>\n";

static void
check_full_ad (const AspAd * ad)
{
  const AspAdVerification *v = asp_ad_part_list_get (ad->verifications, 0);
  const AspAdPair *pair = asp_ad_part_list_get (ad->categories, 0);

  g_assert_cmpstr (ad->ad_id, ==, "a1");
  g_assert_cmpint (ad->sequence, ==, 2);
  g_assert_cmpstr (ad->ad_title, ==, "T\xc3\xa4");
  g_assert_cmpstr (ad->ad_system, ==, "sys");
  g_assert_cmpstr (ad->ad_system_version, ==, "1");
  g_assert_cmpstr (ad->ad_type, ==, "video");
  g_assert_cmpstr (ad->ad_serving_id, ==, "s");
  g_assert_cmpstr (ad->advertiser, ==, "X");
  g_assert_cmpstr (ad->advertiser_id, ==, "x.com");
  g_assert_cmpstr (ad->price, ==, "25.00");
  g_assert_cmpint (ad->expires_s, ==, 3600);
  g_assert_cmpstr (pair->name, ==, "iab");
  g_assert_cmpstr (pair->value, ==, "1-2");
  assert_tracker (ad->trackers, 0, "impression", "http://e/imp?a=1&b=[CACHEBUSTING]");
  assert_tracker (ad->trackers, 1, "error", "http://e/err?c=[ERRORCODE]");
  assert_tracker (ad->trackers, 2, "viewable", "http://e/v");
  g_assert_cmpstr (v->vendor, ==, "v.com");
  g_assert_cmpstr (v->parameters, ==, "p");
  g_assert_cmpuint (asp_ad_part_list_length (v->resources), ==, 2);
  g_assert_true (((AspAdResource *) asp_ad_part_list_get (v->resources, 0))->browser_optional);
  assert_tracker (v->trackers, 0, "verificationNotExecuted", "http://v/n");
  pair = asp_ad_part_list_get (ad->extensions, 0);
  g_assert_cmpstr (pair->name, ==, "acme");
  g_assert_cmpstr (pair->value, ==, "<a b=\"1&quot;\">x &amp; y<c/></a>");
  g_assert_cmpstr (ad->custom_data, ==, "{\"k\":1}");
  g_assert_cmpuint (asp_ad_part_list_length (ad->others), ==, 2);
}

static void
check_full_linear (const AspAdCreative * c)
{
  const AspAdTracker *t;
  const AspAdMedia *m = asp_ad_part_list_get (c->media, 0);
  const AspAdDisplay *icon = asp_ad_part_list_get (c->displays, 0);

  g_assert_cmpstr (c->creative_id, ==, "c1");
  g_assert_cmpstr (c->creative_ad_id, ==, "d1");
  /* the one that is an identity; all are kept */
  g_assert_cmpstr (c->universal_ad_id, ==, "CNPA0484000H");
  g_assert_cmpstr (c->universal_ad_registry, ==, "ad-id.org");
  g_assert_cmpuint (asp_ad_part_list_length (c->universal_ad_ids), ==, 4);
  g_assert_cmpint (c->duration_90k, ==, 1395000);
  g_assert_true (c->skip_offset.percent == 20 && c->skip_offset.at_90k == -1);
  g_assert_cmpstr (c->click_through, ==, "http://e/click");
  assert_tracker (c->trackers, 0, "start", "http://e/start");
  t = asp_ad_part_list_get (c->trackers, 1);
  g_assert_true (t->offset.at_90k == 900000 && t->offset.percent < 0);
  t = asp_ad_part_list_get (c->trackers, 2);
  g_assert_true (t->offset.percent == 12.5);
  assert_tracker (c->trackers, 3, "acmeSpecial", "http://e/special");
  assert_tracker (c->trackers, 4, "clickTracking", "http://e/ct");
  assert_tracker (c->trackers, 5, "customClick", "http://e/cc");
  g_assert_true (m->width == 1280 && m->height == 720 && m->bitrate_kbps == 2000 && m->file_size == 12 && m->scalable);
  g_assert_cmpstr (m->codec, ==, "avc1");
  g_assert_cmpuint (asp_ad_part_list_length (c->media), ==, 4);
  m = asp_ad_part_list_get (c->media, 1);
  g_assert_true (m->kind == ASP_AD_MEDIA_MEZZANINE && m->width == 1920);
  m = asp_ad_part_list_get (c->media, 2);
  g_assert_true (m->kind == ASP_AD_MEDIA_INTERACTIVE && m->variable_duration);
  g_assert_cmpstr (icon->click_through, ==, "http://i/c");
  assert_tracker (icon->trackers, 0, "clickTracking", "http://i/t");
  assert_tracker (icon->trackers, 1, "iconView", "http://i/v");
  g_assert_cmpstr (((AspAdResource *) asp_ad_part_list_get (icon->resources, 1))->alt_text, ==, "alt");
}

static void
test_everything (void)
{
  g_autoptr (AspAdResponse) response = parse (full);
  const AspAdCreative *companion, *non_linear;

  g_assert_cmpstr (response->version, ==, "4.3");
  g_assert_cmpuint (response->dropped, ==, 0);
  assert_tracker (response->errors, 0, "error", "http://e/root");
  g_assert_cmpint (offer (response, 0)->kind, ==, ASP_AD_OFFER_INLINE);
  check_full_ad (offer (response, 0)->ad);
  check_full_linear (&offer (response, 0)->ad->creative);
  companion = asp_ad_part_list_get (offer (response, 0)->ad->others, 0);
  g_assert_cmpint (companion->kind, ==, ASP_AD_CREATIVE_COMPANION);
  g_assert_cmpstr (((AspAdDisplay *) asp_ad_part_list_get (companion->displays, 0))->ad_parameters, ==, "q");
  non_linear = asp_ad_part_list_get (offer (response, 0)->ad->others, 1);
  assert_tracker (non_linear->trackers, 0, "start", "http://n/start");
}

/* At every length: an error with a code and a sentence, or (behind the end of the root) the ad. */
static void
test_truncated (void)
{
  gsize size = strlen (full), read = 0;

  for (gsize n = 0; n < size; n++) {
    g_autofree guint8 *block = test_exact_block ((const guint8 *) full, n);
    g_autoptr (GError) error = NULL;
    g_autoptr (AspAdResponse) response = asp_vast_parse ((const gchar *) block, n, NULL, &error);

    read += response != NULL;
    g_assert_true ((response != NULL) == (error == NULL));
    if (!response)
      g_assert_error (error, ASP_VAST_ERROR, ASP_AD_CODE_XML);
  }
  /* only what lacks no more than the line end */
  g_assert_cmpuint (read, ==, 1);
}

static void
test_wrapper (void)
{
  g_autoptr (AspAdResponse) response = parse ("<VAST version=\"3.0\"><Ad id=\"w\"><Wrapper "
      "followAdditionalWrappers=\"0\" allowMultipleAds=\"TRUE\" fallbackOnNoAd=\"false\">"
      "<VASTAdTagURI><![CDATA[\n http://n/\n  next ]]></VASTAdTagURI><Impression>http://w/i</Impression>"
      "<BlockedAdCategories authority=\"iab\">IAB7</BlockedAdCategories>"
      "<Creatives><Creative><Linear><TrackingEvents><Tracking event=\"start\">http://w/s</Tracking></TrackingEvents>"
      "<InteractiveCreativeFile>http://w/simid</InteractiveCreativeFile></Linear></Creative></Creatives>"
      "</Wrapper></Ad>"
      "<Ad><Wrapper><VASTAdTagURL><URL>http://old/</URL></VASTAdTagURL></Wrapper></Ad>"
      "<Ad id=\"no\"><Wrapper/></Ad><Ad id=\"nothing\"/></VAST>");
  const AspAdOffer *o = offer (response, 0);

  g_assert_cmpint (o->kind, ==, ASP_AD_OFFER_WRAPPER);
  g_assert_cmpstr (o->tag_url, ==, "http://n/  next");
  g_assert_true (!o->follow_additional_wrappers && o->allow_multiple_ads && !o->fallback_on_no_ad);
  assert_tracker (o->ad->creative.trackers, 0, "start", "http://w/s");
  g_assert_cmpuint (asp_ad_part_list_length (o->ad->blocked_categories), ==, 1);
  g_assert_cmpuint (asp_ad_part_list_length (o->ad->creative.media), ==, 1);
  o = offer (response, 1);
  g_assert_cmpstr (o->tag_url, ==, "http://old/");
  g_assert_true (o->follow_additional_wrappers && !o->allow_multiple_ads && o->fallback_on_no_ad);
  o = offer (response, 2);
  g_assert_true (o->kind == ASP_AD_OFFER_BROKEN && o->code == ASP_AD_CODE_WRAPPER && o->why);
  o = offer (response, 3);
  g_assert_true (o->kind == ASP_AD_OFFER_BROKEN && o->code == ASP_AD_CODE_SCHEMA);
}

static void
test_vmap (void)
{
  g_autoptr (AspAdResponse) response = parse ("<v:VMAP xmlns:v=\"x\" version=\"1.0\">"
      "<v:AdBreak breakType=\"nonlinear, display\" breakId=\"n\" timeOffset=\"start\"/>"
      "<v:AdBreak breakType=\"display,Linear\" breakId=\"b\" timeOffset=\"50%\"><v:AdSource><v:VASTAdData>"
      "<VAST version=\"3.0\"><Error>http://v/e</Error><Ad id=\"x\"><InLine/></Ad></VAST></v:VASTAdData></v:AdSource>"
      "<v:TrackingEvents><v:Tracking event=\"breakStart\">http://m/s</v:Tracking>"
      "<v:Tracking event=\"error\">http://m/e</v:Tracking></v:TrackingEvents></v:AdBreak></v:VMAP>");
  g_autoptr (AspAdResponse) tag = parse ("<VMAP><AdBreak><AdSource allowMultipleAds=\"false\">"
      "<AdTagURI templateType=\"vast3\">//t/x</AdTagURI></AdSource></AdBreak></VMAP>");
  g_autoptr (AspAdResponse) nothing = parse ("<VMAP version=\"1.0\"/>");

  g_assert_true (response->is_vmap);
  g_assert_cmpuint (response->n_breaks, ==, 2);
  g_assert_cmpstr (response->break_id, ==, "b");
  g_assert_cmpstr (response->time_offset, ==, "50%");
  g_assert_cmpstr (response->version, ==, "3.0");
  g_assert_cmpstr (offer (response, 0)->ad->ad_id, ==, "x");
  assert_tracker (response->break_trackers, 0, "breakStart", "http://m/s");
  assert_tracker (response->break_trackers, 1, "error", "http://m/e");
  assert_tracker (response->errors, 0, "error", "http://v/e");
  g_assert_cmpuint (asp_ad_part_list_length (response->errors), ==, 1);
  g_assert_cmpint (offer (tag, 0)->kind, ==, ASP_AD_OFFER_WRAPPER);
  g_assert_cmpstr (offer (tag, 0)->tag_url, ==, "//t/x");
  g_assert_false (offer (tag, 0)->allow_multiple_ads);
  g_assert_cmpuint (nothing->offers->len, ==, 0);
}

/* Where 2.x and 3.x put what they have no place for (CTV Addendum 2024). */
static void
test_extension_places (void)
{
  g_autoptr (AspAdResponse) response = parse ("<VAST version=\"2.0\"><Ad><InLine><Creatives><Creative>"
      "<Linear><Duration>00:00:10</Duration></Linear><CreativeExtensions><CreativeExtension>"
      "<UniversalAdId idRegistry=\"r\">u</UniversalAdId></CreativeExtension></CreativeExtensions></Creative></Creatives>"
      "<Extensions><Extension type=\"AdVerifications\"><AdVerifications><Verification vendor=\"v\"/></AdVerifications>"
      "</Extension><Extension><Wrap><Mezzanine>http://m/z</Mezzanine><MediaFile>http://not/this</MediaFile></Wrap>"
      "</Extension><Extension><Icons><Icon program=\"p\"/></Icons></Extension></Extensions></InLine></Ad></VAST>");
  const AspAd *ad = offer (response, 0)->ad;
  const AspAdMedia *media = asp_ad_part_list_get (ad->creative.media, 0);

  g_assert_cmpuint (asp_ad_part_list_length (ad->verifications), ==, 1);
  g_assert_cmpstr (ad->creative.universal_ad_id, ==, "u");
  g_assert_cmpuint (asp_ad_part_list_length (ad->creative.media), ==, 1);
  g_assert_true (media->kind == ASP_AD_MEDIA_MEZZANINE);
  g_assert_cmpuint (asp_ad_part_list_length (ad->creative.displays), ==, 1);
}

static void
test_times (void)
{
  static const struct
  {
    const gchar *text;
    gint64 ms;
  } cases[] = {
    {"00:00:30", 30000}, {"00:01:30.123", 90123}, {"01:00:00", 3600000}, {" 00:00:15 ", 15000},
    {"0:0:5", 5000}, {"1:05", 65000}, {"30", 30000}, {"30.5", 30500}, {"15s", 15000}, {"00:00:15,5", 15500},
    {"100:00:00", 360000000}, {"00:00:00", 0}, {"00:00:60", 60000}, {"00:00:01.0009", 1001},
    {"undefined", -1}, {"", -1}, {"00:00:61", -1}, {"00:61:00", -1}, {"-1", -1}, {"00:00:", -1}, {":30", -1},
    {"00:00:30:12", -1}, {"00:00:5x", -1}, {"5.", -1}, {"1e9", -1}, {"9999999999", -1}, {"00:00:0x5", -1}, {NULL, -1},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gint64 got = asp_vast_time_90k (cases[i].text);

    g_test_message ("%s", cases[i].text ? cases[i].text : "(null)");
    if (cases[i].ms < 0)
      g_assert_cmpint (got, ==, -1);
    else
      g_assert_cmpint (got / 9, ==, cases[i].ms * 10 - (cases[i].ms == 1001));
  }
}

static void
test_offsets (void)
{
  static const struct
  {
    const gchar *text;
    gint64 at_90k;
    gdouble percent;
  } cases[] = {
    {"00:00:10", 900000, -1}, {"25%", -1, 25}, {" 12.5% ", -1, 12.5}, {"0%", -1, 0}, {"100%", -1, 100},
    {"101%", -1, -1}, {"-5%", -1, -1}, {"%", -1, -1}, {"x%", -1, -1}, {"nan%", -1, -1}, {"5 %", -1, -1}, {NULL, -1, -1},
    {"start", -1, -1},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    AspAdOffset o = asp_vast_offset (cases[i].text);

    g_test_message ("%s", cases[i].text ? cases[i].text : "(null)");
    g_assert_cmpint (o.at_90k, ==, cases[i].at_90k);
    g_assert_true (o.percent == cases[i].percent);
  }
}

static void
check_title (const gchar * bytes, gsize size, const gchar * charset, const gchar * title)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AspAdResponse) response = asp_vast_parse (bytes, size, charset, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (offer (response, 0)->ad->ad_title, ==, title);
}

/* U+00E4 and U+20AC, in each of the forms in which documents come. */
static void
test_charsets (void)
{
  static const gchar utf8[] = IN_AD ("<AdTitle>\xc3\xa4\xe2\x82\xac</AdTitle>");
  static const struct
  {
    const gchar *declared, *encoding, *transport, *mark;
  } cases[] = {
    {NULL, "UTF-8", NULL, ""}, {NULL, "UTF-8", NULL, "\xef\xbb\xbf"}, {"utf-8", "UTF-8", "UTF-8", ""},
    {NULL, "WINDOWS-1252", NULL, ""}, {"ISO-8859-1", "WINDOWS-1252", NULL, ""},
    {"UTF-8", "WINDOWS-1252", NULL, ""}, {"iso-8859-15", "ISO-8859-15", NULL, ""},
    {NULL, "ISO-8859-15", "ISO-8859-15", ""}, {"UTF-16", "UTF-16LE", NULL, "\xff\xfe"},
    {"UTF-16", "UTF-16BE", NULL, "\xfe\xff"}, {NULL, "UTF-16LE", NULL, ""}, {NULL, "UTF-16BE", NULL, ""},
    {"UTF-8", "UTF-16LE", "utf-8", "\xff\xfe"}, {"x-unknown", "UTF-8", "UTF-8", ""},
    {"gb18030", "GB18030", NULL, ""}, {"UTF-8", "UTF-8", "no-such-set", ""},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *declaration = cases[i].declared ?
        g_strdup_printf ("<?xml version='1.0' encoding='%s' ?>\n", cases[i].declared) : g_strdup ("");
    g_autofree gchar *text = g_strconcat (declaration, utf8, NULL), *bytes = NULL, *whole = NULL;
    gsize size, mark = strlen (cases[i].mark);

    g_test_message ("%u: %s in %s", i, cases[i].declared ? cases[i].declared : "none", cases[i].encoding);
    bytes = g_convert (text, -1, cases[i].encoding, "UTF-8", NULL, &size, NULL);
    g_assert_nonnull (bytes);
    whole = g_malloc (mark + size);
    memcpy (whole, cases[i].mark, mark);
    memcpy (whole + mark, bytes, size);
    check_title (whole, mark + size, cases[i].transport, "\xc3\xa4\xe2\x82\xac");
  }
}

/* What is met in the field and does no harm. */
static void
test_sloppy (void)
{
  static const gchar *const documents[] = {
    "\n\n  <?xml version=\"1.0\"?>" IN_AD ("<AdTitle>t</AdTitle>"),
    "<?xml version=\"1.1\" standalone=\"no\"?><!-- c -->" IN_AD ("<AdTitle>t</AdTitle>") "<!-- end -->\n\n",
    "<vast VERSION=\"3\"><AD Id=\"1\"><Inline><adtitle>t</adtitle></Inline></AD></vast>",
    "<x:VAST version=\"2.0.1\"><x:Ad><y:InLine><AdTitle>t</AdTitle></y:InLine></x:Ad></x:VAST>",
    "<VAST xmlns=\"urn:wrong\" version=\"4.0\"><Ad><InLine><AdTitle>\n <![CDATA[t]]>\n</AdTitle></InLine></Ad></VAST>",
    "<VAST version=\"4.9\"><Later/><Ad><InLine><New><AdTitle>no</AdTitle></New><AdTitle> t</AdTitle></InLine></Ad></VAST>",
    "<?xml-stylesheet href=\"x\"?><VAST version=\"3.0\"><Ad><InLine><AdTitle>t<!-- > --></AdTitle></InLine></Ad></VAST>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (documents); i++) {
    g_test_message ("%s", documents[i]);
    check_title (documents[i], strlen (documents[i]), NULL, "t");
  }
  /* a C string that was sent with its end */
  check_title (IN_AD ("<AdTitle>t</AdTitle>") "\0\0", strlen (IN_AD ("<AdTitle>t</AdTitle>")) + 2, NULL, "t");
}

static void
test_refused (void)
{
  static const struct
  {
    const gchar *xml;
    gint code;
    const gchar *says;
  } cases[] = {
    {"", 100, "empty"}, {" \n", 100, "empty"}, {"<?xml version=\"1.0\"?>", 100, "empty"},
    {"not xml", 100, "not XML"}, {"{\"ads\":[]}", 100, "not XML"},
    {"<VAST version=\"3.0\">", 100, "not XML"}, {"<VAST version=\"3.0\"><a></b></VAST>", 100, "line 1"},
    {"<VAST version=\"3.0\">\n\n&undefined;</VAST>", 100, "line 3"},
    {"<VAST version=\"3.0\"><Error>http://x/?a=1&b=2</Error></VAST>", 100, "not XML"},
    {"<VAST version=\"3.0\"/><VAST version=\"3.0\"/>", 100, "Extra content"},
    {"<!-- c --><?xml version=\"1.0\"?><VAST version=\"3.0\"/>", 100, "not XML"},
    {"<?xml version=\"1.0\" encoding=\"EBCDIC-US\"?><VAST version=\"3.0\"/>", 100, "EBCDIC-US"},
    {"<!DOCTYPE VAST><VAST version=\"3.0\"/>", 100, "DOCTYPE"},
    {"\n<!doctype html><html/>", 100, "Line 2"},
    {"<html><body/></html>", 101, "<html>"}, {"<vmap:Other xmlns:vmap=\"x\"/>", 101, "<Other>"},
    {"<VAST/>", 102, "no version"}, {"<VAST version=\"1.0\"/>", 102, "1.0"}, {"<VAST version=\"5.0\"/>", 102, "5.0"},
    {"<VAST version=\"30\"/>", 102, "30"}, {"<VideoAdServingTemplate/>", 102, "version 1"},
    {"<VMAP><AdBreak><AdSource><VASTAdData><VAST/></VASTAdData></AdSource></AdBreak></VMAP>", 102, "no version"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", cases[i].xml);
    g_assert_null (asp_vast_parse (cases[i].xml, strlen (cases[i].xml), NULL, &error));
    g_test_message ("  %d %s", error->code, error->message);
    g_assert_error (error, ASP_VAST_ERROR, cases[i].code);
    g_assert_nonnull (strstr (error->message, cases[i].says));
  }
}

/* What is over a limit of lists is left out, and the rest is an ad. */
static void
test_dropped (void)
{
  g_autoptr (GString) xml = g_string_new ("<VAST version=\"3.0\"><Ad><InLine><AdTitle>t</AdTitle>");
  g_autofree gchar *long_url = g_strnfill (ASP_VAST_URL_MAX + 1, 'u');
  g_autofree gchar *just = g_strnfill (ASP_VAST_URL_MAX, 'u');
  g_autoptr (AspAdResponse) response = NULL;

  g_string_append_printf (xml, "<Impression>%s</Impression><Impression>%s</Impression><Impression/>", long_url, just);
  for (guint i = 0; i < ASP_VAST_TRACKERS_MAX + 4; i++)
    g_string_append_printf (xml, "<Impression>http://e/%u</Impression>", i);
  g_string_append (xml, "</InLine></Ad>");
  for (guint i = 0; i < ASP_VAST_ADS_MAX + 2; i++)
    g_string_append (xml, "<Ad><InLine/></Ad>");
  g_string_append (xml, "</VAST>");
  response = parse (xml->str);
  g_assert_cmpuint (response->offers->len, ==, ASP_VAST_ADS_MAX);
  g_assert_cmpuint (asp_ad_part_list_length (offer (response, 0)->ad->trackers), ==, ASP_VAST_TRACKERS_MAX);
  assert_tracker (offer (response, 0)->ad->trackers, 0, "impression", just);
  /* one too long, one empty, five trackers and three ads too many */
  g_assert_cmpuint (response->dropped, ==, 10);
  g_assert_cmpstr (response->remark, ==, "a URL is longer than 25000 bytes");
}

static void
test_depth (void)
{
  for (guint depth = ASP_VAST_DEPTH_MAX - 1; depth <= ASP_VAST_DEPTH_MAX + 1; depth++) {
    g_autoptr (GString) xml = g_string_new ("<VAST version=\"3.0\">");
    g_autoptr (GError) error = NULL;
    g_autoptr (AspAdResponse) response = NULL;

    for (guint i = 1; i < depth; i++)
      g_string_append (xml, "<e>");
    for (guint i = 1; i < depth; i++)
      g_string_append (xml, "</e>");
    g_string_append (xml, "</VAST>");
    response = asp_vast_parse (xml->str, xml->len, NULL, &error);
    g_assert_true ((response != NULL) == (depth <= ASP_VAST_DEPTH_MAX));
  }
}

/* Which of several linear creatives is the ad's. */
static void
test_several_linears (void)
{
  g_autoptr (AspAdResponse) response = parse (IN_AD ("<Creatives>"
          "<Creative id=\"b\" sequence=\"2\"><Linear><Duration>2</Duration></Linear></Creative>"
          "<Creative id=\"a\" sequence=\"1\"><Linear><Duration>1</Duration></Linear></Creative>"
          "<Creative id=\"x\"><Unknown/></Creative></Creatives>"));
  g_autoptr (AspAdResponse) none = parse (IN_AD ("<Creatives/>"));

  g_assert_cmpstr (offer (response, 0)->ad->creative.creative_id, ==, "a");
  g_assert_cmpuint (asp_ad_part_list_length (offer (response, 0)->ad->others), ==, 1);
  g_assert_cmpuint (response->dropped, ==, 1);
  g_assert_cmpint (offer (none, 0)->ad->creative.kind, ==, ASP_AD_CREATIVE_NONE);
}

static void
test_numbers (void)
{
  g_autoptr (AspAdResponse) response = parse (IN_LINEAR ("<Duration>undefined</Duration><MediaFiles>"
          "<MediaFile width=\"1280px\" height=\"-5\" bitrate=\"29.97\" fileSize=\"99999999999999999999\">http://m/1</MediaFile>"
          "</MediaFiles>"));
  const AspAdMedia *m = asp_ad_part_list_get (offer (response, 0)->ad->creative.media, 0);

  g_assert_cmpint (offer (response, 0)->ad->creative.duration_90k, ==, 0);
  g_assert_true (m->width == 1280 && m->height == 0 && m->bitrate_kbps == 29 && m->file_size == 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vast/everything", test_everything);
  g_test_add_func ("/vast/truncated", test_truncated);
  g_test_add_func ("/vast/wrapper", test_wrapper);
  g_test_add_func ("/vast/vmap", test_vmap);
  g_test_add_func ("/vast/extension-places", test_extension_places);
  g_test_add_func ("/vast/times", test_times);
  g_test_add_func ("/vast/offsets", test_offsets);
  g_test_add_func ("/vast/charsets", test_charsets);
  g_test_add_func ("/vast/sloppy", test_sloppy);
  g_test_add_func ("/vast/refused", test_refused);
  g_test_add_func ("/vast/dropped", test_dropped);
  g_test_add_func ("/vast/depth", test_depth);
  g_test_add_func ("/vast/several-linears", test_several_linears);
  g_test_add_func ("/vast/numbers", test_numbers);
  return g_test_run ();
}
