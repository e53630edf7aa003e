/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The request to the ad server: variables in URL, headers and body. */
#include <asp-decision-request.h>
#include <string.h>

static AspDecisionVars *
sample (void)
{
  AspDecisionVars *vars = asp_decision_vars_new ();

  asp_decision_vars_set (vars, "session.id", "42");
  asp_decision_vars_set (vars, "session.user_agent", "A/1 (x, \"y\")\r\n");
  asp_decision_vars_set (vars, "player_params.Device", "tv&os=9%20 <ä");
  asp_decision_vars_set (vars, "player_params.region", "eu");
  asp_decision_vars_set_avail (vars, 2745000, 3, G_GUINT64_CONSTANT (9999999999), 1795371600123);
  return vars;
}

static void
test_url (void)
{
  static const struct
  {
    const gchar *text, *url;
    guint missing;
  } cases[] = {
    {"http://a/?d=[session.avail_duration_secs]&ms=[session.avail_duration_ms]", "http://a/?d=31&ms=30500", 0},
    {"[avail.index][avail.random]", "39999999999", 0},
    {"t=[avail.source_content_time_epoch_ms]", "t=1795371600123", 0},
    {"[session.user_agent]", "A%2F1%20%28x%2C%20%22y%22%29%0D%0A", 0},
    /* as given, but for what a URL cannot hold */
    {"[player_params.device]", "tv&os=9%20%20%3C%C3%A4", 0},
    {"[PLAYER_PARAMS.DEVICE]", "tv&os=9%20%20%3C%C3%A4", 0},
    {"a=[session.client_ip]&b=[scte.event_id]&c=[player_params.no]&d=[asset.X]", "a=&b=&c=&d=", 4},
    {"[CACHEBUSTING] [other.thing] [session.id {{session.id}} []", "[CACHEBUSTING] [other.thing] [session.id {{session.id}} []", 0},
    {"https://[player_params.region].ads/", "https://eu.ads/", 0},
  };
  g_autoptr (AspDecisionVars) vars = sample ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint missing = 0;
    g_autofree gchar *got = asp_decision_expand (cases[i].text, vars, ASP_DECISION_ESCAPE_URL, &missing);

    g_assert_cmpstr (got, ==, cases[i].url);
    g_assert_cmpuint (missing, ==, cases[i].missing);
  }
}

static void
test_unknown_duration (void)
{
  g_autoptr (AspDecisionVars) vars = asp_decision_vars_new ();
  g_autofree gchar *got = NULL;

  asp_decision_vars_set_avail (vars, 0, 0, 0, -1);
  got = asp_decision_expand ("[session.avail_duration_ms] [avail.source_content_time_epoch_ms]", vars,
      ASP_DECISION_ESCAPE_URL, NULL);
  g_assert_cmpstr (got, ==, "300000 ");
}

static void
test_aliases (void)
{
  g_autoptr (AspDecisionVars) vars = sample ();
  guint missing = 0;
  g_autofree gchar *got = NULL;

  asp_decision_vars_add_alias (vars, "player_params.region", "eu", "ads.eu.example");
  asp_decision_vars_add_alias (vars, "player_params.region", "us", "ads.us.example");
  asp_decision_vars_add_alias (vars, "Device", "phone", "p");
  got = asp_decision_expand ("http://[player_params.region]/[player_params.device]", vars, ASP_DECISION_ESCAPE_URL,
      &missing);
  g_assert_cmpstr (got, ==, "http://ads.eu.example/");
  g_assert_cmpuint (missing, ==, 1);
}

static void
test_get (void)
{
  static const gchar *const headers[] = { "X-Ua", "{{session.user_agent}}", "X-No", "<{{player_params.no}}>", NULL };
  AspDecisionTemplate t = {.url = "http://a/[session.id]",.headers = headers,.body = "not with GET",.gzip = TRUE };
  g_autoptr (AspDecisionVars) vars = sample ();
  AspDecisionRequest r;
  const gchar *why;

  g_assert_true (asp_decision_request_init (&r, &t, vars, &why));
  g_assert_cmpstr (r.url, ==, "http://a/42");
  g_assert_cmpstr (r.method, ==, "GET");
  g_assert_cmpstr (r.headers[1], ==, "A/1 (x, \"y\")");
  g_assert_cmpstr (r.headers[3], ==, "<>");
  g_assert_null (r.headers[4]);
  g_assert_true (!r.body && !r.gzip && r.missing == 1);
  asp_decision_request_clear (&r);
}

static void
test_post (void)
{
  static const gchar *const headers[] = { "content-type", "application/json; charset=utf-8", "X-A", "b", NULL };
  AspDecisionTemplate t = {.url = "http://a/",.method = "post",.headers = headers,.gzip = TRUE,
    .body = "{\"ua\":\"{{session.user_agent}}\",\"d\":{{session.avail_duration_secs}},\"n\":\"{{session.no}}\"}"
  };
  g_autoptr (AspDecisionVars) vars = sample ();
  AspDecisionRequest r;
  const gchar *why;

  g_assert_true (asp_decision_request_init (&r, &t, vars, &why));
  g_assert_cmpstr (r.method, ==, "POST");
  g_assert_cmpstr (r.body, ==, "{\"ua\":\"A/1 (x, \\\"y\\\")\\u000d\\u000a\",\"d\":31,\"n\":\"\"}");
  g_assert_cmpstr (r.body_type, ==, "application/json; charset=utf-8");
  g_assert_cmpstr (r.headers[0], ==, "X-A");
  g_assert_true (r.gzip && r.missing == 1);
  asp_decision_request_clear (&r);
}

static void
test_limits (void)
{
  g_autoptr (AspDecisionVars) vars = asp_decision_vars_new ();
  g_autofree gchar *just = g_strnfill (ASP_DECISION_VARIABLE_MAX, 'a'), *over = g_strnfill (ASP_DECISION_VARIABLE_MAX + 1, 'a');
  AspDecisionTemplate t = {.url = "http://a/[player_params.a]" };
  AspDecisionRequest r;
  const gchar *why;

  asp_decision_vars_set (vars, "player_params.a", just);
  g_assert_false (asp_decision_request_init (&r, &t, vars, &why));
  g_assert_nonnull (strstr (why, "25000"));
  asp_decision_vars_set (vars, "player_params.a", over);
  g_assert_true (asp_decision_request_init (&r, &t, vars, &why));
  g_assert_cmpuint (r.missing, ==, 1);
  asp_decision_request_clear (&r);
}

static void
expect (AspDecisionVars * vars, const gchar * text, const gchar * filled)
{
  g_autofree gchar *got = asp_decision_expand (text, vars, ASP_DECISION_ESCAPE_NONE, NULL);

  g_assert_cmpstr (got, ==, filled);
}

/* The cue of IVS's documentation. */
static void
test_splice_insert (void)
{
  g_autoptr (AspDecisionVars) vars = asp_decision_vars_new ();
  AspScte35Section section = { 0 };

  g_assert_true (asp_scte35_parse_text ("FC302000000000000000FFF00F05F8E7AEFC7FFFFE001B7740000000000000340CFD88",
          &section, NULL));
  asp_decision_vars_set_scte35 (vars, &section);
  asp_scte35_clear (&section);
  expect (vars, "{{scte.event_id}} {{scte.unique_program_id}} {{scte.avail_num}} {{scte.avails_expected}} "
      "{{scte.segmentation_type_id}}", "4175933180 0 0 0 ");
}

static void
test_segmentation (void)
{
  static const gchar upid[] = "ABCD{\"assetId\":\"my asset\",\"cueData\":{\"cueType\":\"t\",\"key\":\"k\",\"value\":\"v\"}}";
  static const gchar fields[] = "ABCDone:two:";
  g_autoptr (AspDecisionVars) vars = asp_decision_vars_new (), others = asp_decision_vars_new ();
  AspScte35Descriptor d = {.kind = ASP_SCTE35_DESCRIPTOR_SEGMENTATION,.splice_descriptor_tag = 2,
    .identifier = ASP_SCTE35_CUEI
  };
  AspScte35Section section = {.splice_command_type = ASP_SCTE35_TIME_SIGNAL,.n_descriptors = 1,.descriptors = &d };
  AspScte35Segmentation *s = &d.u.segmentation;

  s->segmentation_event_id = 7;
  s->segmentation_type_id = 0x34;
  s->segment_num = 1;
  s->segments_expected = 2;
  s->has_sub_segments = TRUE;
  s->sub_segment_num = 3;
  s->sub_segments_expected = 4;
  s->archive_allowed_flag = TRUE;
  s->device_restrictions = 3;
  s->segmentation_upid_type = ASP_SCTE35_UPID_MPU;
  s->segmentation_upid = g_bytes_new_static (upid, sizeof upid - 1);
  asp_decision_vars_set_scte35 (vars, &section);
  expect (vars, "{{scte.event_id}} {{scte.segmentation_type_id}} {{scte.segment_num}}/{{scte.segments_expected}} "
      "{{scte.sub_segment_num}}/{{scte.sub_segments_expected}} {{scte.delivery_not_restricted_flag}}"
      "{{scte.archive_allowed_flag}}{{scte.no_regional_blackout_flag}}{{scte.device_restrictions}} "
      "{{scte.unique_program_id}}", "7 52 1/2 3/4 0103 ");
  expect (vars, "{{scte.segmentation_upid.assetId}}|{{scte.segmentation_upid.cueData.key}}|"
      "{{scte.segmentation_upid.cueData.value}}", "my asset|k|v");
  g_bytes_unref (s->segmentation_upid);
  s->segmentation_upid = g_bytes_new_static (fields, sizeof fields - 1);
  asp_decision_vars_set_scte35 (others, &section);
  expect (others, "{{scte.segmentation_upid.private_data.0}}|{{scte.segmentation_upid.private_data.1}}|"
      "{{scte.segmentation_upid.private_data.2}}|{{scte.segmentation_upid.private_data.3}}", "one|two||");
  g_bytes_unref (s->segmentation_upid);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decision/request/url", test_url);
  g_test_add_func ("/decision/request/unknown-duration", test_unknown_duration);
  g_test_add_func ("/decision/request/aliases", test_aliases);
  g_test_add_func ("/decision/request/get", test_get);
  g_test_add_func ("/decision/request/post", test_post);
  g_test_add_func ("/decision/request/limits", test_limits);
  g_test_add_func ("/decision/request/splice-insert", test_splice_insert);
  g_test_add_func ("/decision/request/segmentation", test_segmentation);
  return g_test_run ();
}
