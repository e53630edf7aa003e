/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests against tables of what they must be, names of resources, and names of errors. */
#include <asp-api-arn.h>
#include <asp-api-ivs-shapes.h>
#include <asp-api-shape.h>
#include <string.h>

static const gchar *const modes[] = { "ON", "OFF", NULL };
static const AspApiField element[] = { {"", ASP_API_STRING, TRUE, 1, 3, "[a-z]+"}, {NULL} };
static const AspApiField pair[] = { {"", ASP_API_STRING, TRUE, 1, 4}, {"", ASP_API_STRING, TRUE, 0, 5}, {NULL} };
static const AspApiField inner[] = { {"on", ASP_API_BOOLEAN, TRUE}, {"seconds", ASP_API_INTEGER, TRUE, 1, 300}, {NULL} };
static const AspApiField fields[] = {
  {"arn", ASP_API_STRING, TRUE, 1, 16, "arn:[a-z]+"},
  {"seconds", ASP_API_INTEGER, FALSE, 1, 300},
  {"names", ASP_API_LIST, FALSE, 1, 3, .fields = element},
  {"tags", ASP_API_MAP, FALSE, 0, 2, .fields = pair},
  {"inner", ASP_API_OBJECT, .fields = inner},
  {"mode", ASP_API_STRING,.values = modes},
  {NULL}
};

/* @fault: the whole message, or NULL where there is none. */
static const struct
{
  const gchar *request, *fault;
} rows[] = {
  {"{\"arn\":\"arn:a\"}", NULL},
  {"{\"arn\":\"arn:a\",\"seconds\":1,\"names\":[\"a\",\"b\"],\"tags\":{\"k\":\"\"},\"mode\":\"ON\","
        "\"inner\":{\"on\":false,\"seconds\":300},\"more\":[1]}", NULL},
  {"{\"arn\":\"arn:a\",\"seconds\":null}", NULL},
  {"{}", "1 validation error detected: Value null at 'arn' failed to satisfy constraint: Member must not be null"},
  {"{\"arn\":null}", "1 validation error detected: Value null at 'arn' failed to satisfy constraint: "
        "Member must not be null"},
  {"[]", "The body of the request must be a JSON object"},
  {"{\"arn\":\"arn:a\",\"seconds\":301}", "1 validation error detected: Value '301' at 'seconds' failed to satisfy "
        "constraint: Member must have value less than or equal to 300"},
  {"{\"arn\":\"arn:a\",\"seconds\":0}", "1 validation error detected: Value '0' at 'seconds' failed to satisfy "
        "constraint: Member must have value greater than or equal to 1"},
  {"{\"arn\":\"arn:a\",\"seconds\":1.5}", "1 validation error detected: Value '1.5' at 'seconds' failed to satisfy "
        "constraint: Member must be an integer"},
  {"{\"arn\":\"arn:a\",\"seconds\":\"30\"}", "1 validation error detected: Value '30' at 'seconds' failed to satisfy "
        "constraint: Member must be an integer"},
  {"{\"arn\":\"arn:a\\n\"}", "1 validation error detected: Value 'arn:a\n' at 'arn' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: arn:[a-z]+"},
  {"{\"arn\":\"\"}", "2 validation errors detected: Value '' at 'arn' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; Value '' at 'arn' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: arn:[a-z]+"},
  {"{\"arn\":\"arn:a\",\"names\":[]}", "1 validation error detected: Value '[]' at 'names' failed to satisfy "
        "constraint: Member must have length greater than or equal to 1"},
  {"{\"arn\":\"arn:a\",\"names\":[\"a\",1]}", "1 validation error detected: Value '1' at 'names.2.member' failed "
        "to satisfy constraint: Member must be a string"},
  {"{\"arn\":\"arn:a\",\"names\":[null]}", "1 validation error detected: Value null at 'names.1.member' failed "
        "to satisfy constraint: Member must not be null"},
  {"{\"arn\":\"arn:a\",\"tags\":{\"long-k\":\"v\"}}", "1 validation error detected: Value 'long-k' at 'tags.long-k' "
        "failed to satisfy constraint: Member must have length less than or equal to 4"},
  {"{\"arn\":\"arn:a\",\"tags\":{\"k\":7}}", "1 validation error detected: Value '7' at 'tags.k' "
        "failed to satisfy constraint: Member must be a string"},
  {"{\"arn\":\"arn:a\",\"inner\":{\"on\":true}}", "1 validation error detected: Value null at 'inner.seconds' "
        "failed to satisfy constraint: Member must not be null"},
  {"{\"arn\":\"arn:a\",\"mode\":\"on\"}", "1 validation error detected: Value 'on' at 'mode' "
        "failed to satisfy constraint: Member must satisfy enum value set: [ON, OFF]"},
};

static void
test_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (AspJson) request = asp_json_parse (rows[i].request, strlen (rows[i].request), NULL);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", rows[i].request);
    g_assert_nonnull (request);
    g_assert_true (asp_api_check (fields, request, &error) == (rows[i].fault == NULL));
    if (!rows[i].fault)
      continue;
    g_assert_error (error, ASP_API_ERROR, ASP_API_VALIDATION);
    g_assert_cmpstr (error->message, ==, rows[i].fault);
  }
}

/* However much is wrong, and however long it is, the answer is short. */
static void
test_bounded (void)
{
  g_autofree gchar *x = g_strnfill (100000, 'X');
  g_autoptr (GString) text = g_string_new ("{\"names\":[");
  g_autoptr (AspJson) request = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 10; i++)
    g_string_append_printf (text, "\"%s\",", x);
  for (guint i = 0; i < 10000; i++)
    g_string_append (text, "\"\303\244\303\244\303\244\303\244\",");
  g_string_append (text, "1]}");
  request = asp_json_parse (text->str, text->len, NULL);
  g_assert_nonnull (request);
  g_assert_false (asp_api_check (fields, request, &error));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, 4096);
  g_assert_true (g_str_has_prefix (error->message, "8 validation errors detected: "));
}

static void
test_arn (void)
{
  static const gchar *const wrong[] = {
    "", "arn", "arn:aws:ivs:us-east-1:1:channel", "arn:aws:ivs:us-east-1:1:/a", "arn:aws:ivs:us-east-1:1:channel/",
    "arn:aws:ivs:us-east-1::channel/a", "arn:aws:ivs:us-east-1:x:channel/a", "arn:aws:ivs:US:1:channel/a",
    "arn:aws-cn:ivs:us-east-1:1:channel/a", "arn:aws:ivs:us-east-1:1:channel/a/b", "arn:aws:ivs:us-east-1:1:channel/a b",
    "urn:aws:ivs:us-east-1:1:channel/a", "arn:aws:ivs:us-east-1:1:channel/a:b"
  };
  static const gchar right[] = "arn:aws:ivs:us-west-2:123456789012:channel/ABcdef12ghIJ";
  g_autoptr (AspApiArn) arn = asp_api_arn_parse (right);
  g_autofree gchar *again = asp_api_arn_to_string (arn);
  g_autofree gchar *most = g_strdup_printf ("%s%0*d", right, (int) (ASP_API_ARN_MAX + 1 - strlen (right)), 0);

  g_assert_cmpstr (again, ==, right);
  g_assert_true (asp_api_arn_is (arn, "ivs", "channel", "us-west-2", "123456789012"));
  g_assert_false (asp_api_arn_is (arn, "ivs", "channel", "us-west-1", "123456789012"));
  g_assert_null (asp_api_arn_parse (most));
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_null (asp_api_arn_parse (wrong[i]));
}

/* Requests of IVS at their limits, and one beyond each. */
static void
test_ivs (void)
{
#define CHANNEL "\"arn:aws:ivs:us-west-2:123456789012:channel/ABcdef12ghIJ\""
#define CONFIG "\"arn:aws:ivs:us-west-2:123456789012:ad-configuration/ABcdef12ghIJ\""
#define PLAYBACK "{\"playbackConfigurationArn\":\"arn:aws:mediatailor:us-west-2:1:playbackConfiguration/a-b\"}"
  static const struct
  {
    const AspApiField *fields;
    const gchar *request;
    gboolean right;
  } requests[] = {
    {asp_api_insert_ad_break, "{\"channelArn\":" CHANNEL ",\"durationSeconds\":1}", TRUE},
    {asp_api_insert_ad_break, "{\"channelArn\":" CHANNEL ",\"durationSeconds\":300}", TRUE},
    {asp_api_insert_ad_break, "{\"channelArn\":" CHANNEL ",\"durationSeconds\":0}", FALSE},
    {asp_api_insert_ad_break, "{\"channelArn\":" CHANNEL ",\"durationSeconds\":301}", FALSE},
    {asp_api_insert_ad_break, "{\"channelArn\":" CHANNEL "}", FALSE},
    {asp_api_insert_ad_break, "{\"channelArn\":" CONFIG ",\"durationSeconds\":30}", FALSE},
    {asp_api_create_ad_configuration, "{\"mediaTailorPlaybackConfigurations\":[" PLAYBACK "]}", TRUE},
    {asp_api_create_ad_configuration, "{\"name\":\"a b\",\"mediaTailorPlaybackConfigurations\":[" PLAYBACK "]}", FALSE},
    {asp_api_create_ad_configuration, "{\"mediaTailorPlaybackConfigurations\":[]}", FALSE},
    {asp_api_create_ad_configuration, "{\"mediaTailorPlaybackConfigurations\":[" PLAYBACK "," PLAYBACK ","
          PLAYBACK "," PLAYBACK "]}", FALSE},
    {asp_api_create_ad_configuration, "{\"mediaTailorPlaybackConfigurations\":[" PLAYBACK "],"
          "\"postRollConfiguration\":{\"enabled\":true}}", FALSE},
    {asp_api_update_ad_configuration, "{\"arn\":" CONFIG "}", TRUE},
    {asp_api_get_ad_configuration, "{\"arn\":" CHANNEL "}", FALSE},
    {asp_api_list, "{\"maxResults\":100}", TRUE},
    {asp_api_list, "{\"maxResults\":101}", FALSE},
    {asp_api_list, "{\"nextToken\":\"!\"}", FALSE},
    {asp_api_update_channel, "{\"arn\":" CHANNEL ",\"adConfigurationArn\":\"\"}", TRUE},
    {asp_api_update_channel, "{\"arn\":" CHANNEL ",\"adConfigurationArn\":" CONFIG "}", TRUE},
    {asp_api_update_channel, "{\"arn\":" CHANNEL ",\"adConfigurationArn\":\"x\"}", FALSE},
    {asp_api_list_streams, "{\"filterBy\":{\"health\":\"ILL\"}}", FALSE},
    {asp_api_tag_resource, "{}", FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++) {
    g_autoptr (AspJson) request = asp_json_parse (requests[i].request, strlen (requests[i].request), NULL);

    g_test_message ("%s", requests[i].request);
    g_assert_true (asp_api_check (requests[i].fields, request, NULL) == requests[i].right);
  }
}

static void
test_errors (void)
{
  for (guint i = 0; i < ASP_API_N_ERRORS; i++) {
    g_assert_nonnull (asp_api_error_name (i));
    g_assert_cmpuint (asp_api_error_status (i), >=, 400);
  }
  g_assert_cmpstr (asp_api_error_name (ASP_API_NOT_BROADCASTING), ==, "ChannelNotBroadcasting");
  g_assert_cmpuint (asp_api_error_status (ASP_API_NOT_BROADCASTING), ==, 404);
  g_assert_cmpuint (asp_api_error_status (ASP_API_QUOTA), ==, 402);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/api/shape/rows", test_rows);
  g_test_add_func ("/api/shape/bounded", test_bounded);
  g_test_add_func ("/api/shape/ivs", test_ivs);
  g_test_add_func ("/api/arn", test_arn);
  g_test_add_func ("/api/errors", test_errors);
  return g_test_run ();
}
