/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events: names, the JSON form and EventBridge's envelope against golden files (tests/unit/golden/
 * event-*.json; ADSPLICE_UPDATE_GOLDEN=1 writes them anew), and what is no event.
 */
#include <asp-event.h>
#include <asp-json-reader.h>
#include <string.h>

#define LOG_ID "AAECAwQFBgcICQoLDA0ODw"
#define DAY_US G_GINT64_CONSTANT (1770253388000000)     /* 2026-02-05T01:03:08Z */

/* The one of Amazon's own sample. */
static AspEvent *
sample (void)
{
  AspEvent *e = asp_event_new (ASP_EVENT_BREAK_INSERTED, "SSAIBeta-test-channel", "hSi2o1WIVgij", DAY_US);

  e->number = 7;
  asp_event_set_text (&e->stream_id, "st-1GI11DKd3yvJm8eWREJq6Xz");
  e->duration_90k = 20 * 90000;
  e->target_start_us = DAY_US + 10 * G_USEC_PER_SEC;
  return e;
}

/* Everything that one can have. */
static AspEvent *
full (AspEventKind kind)
{
  AspEvent *e = asp_event_new (kind, "news-1", "hSi2o1WIVgij", DAY_US + 123456);

  e->number = G_GUINT64_CONSTANT (9007199254740993);
  asp_event_set_text (&e->stream_id, "st-1GI11DKd3yvJm8eWREJq6Xz");
  asp_event_set_text (&e->origin, "api");
  asp_event_set_text (&e->roll_type, "midroll");
  asp_event_set_text (&e->reason, "said \"no\"\n\xc3\xa4");
  asp_event_set_text (&e->outcome, "FILLED");
  e->target_start_us = DAY_US + 10 * G_USEC_PER_SEC + 567890;
  e->asked_pts90k = G_GINT64_CONSTANT (8589934591);
  e->pts90k = 0;
  e->error_90k = -3600;
  e->duration_90k = 20 * 90000 + 45000;
  e->filled_90k = 0;
  e->ads_latency_us = 123456;
  e->pod_index = 1;
  e->pod_length = 2;
  asp_event_set_text (&e->asset_id, "asset");
  asp_event_set_text (&e->creative_id, "creative");
  asp_event_set_text (&e->ad_id, "ad");
  asp_event_set_text (&e->universal_ad_id, "CNPA0484000H");
  asp_event_set_text (&e->ad_system, "2.0");
  asp_event_set_text (&e->ad_title, "An ad");
  asp_event_add_skip (e, "asset2", "creative2", "ad2", "https://ads.example/2.mp4", "TRANSCODE_IN_PROGRESS", 0);
  asp_event_add_skip (e, NULL, NULL, "ad3", NULL, "NO_VARIANT_MATCH", 403);
  return e;
}

static gchar *
text_of (const AspEvent * event)
{
  g_autoptr (GBytes) bytes = asp_event_to_bytes (event);

  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
check_golden (const gchar * name, const gchar * text)
{
  g_autofree gchar *path = g_strdup_printf ("%s/tests/unit/golden/event-%s.json", TEST_SOURCE_ROOT, name);
  g_autofree gchar *line = g_strconcat (text, "\n", NULL);
  g_autofree gchar *golden = NULL;
  g_autoptr (GError) error = NULL;

  if (g_getenv ("ADSPLICE_UPDATE_GOLDEN"))
    g_assert_true (g_file_set_contents (path, line, -1, NULL));
  if (!g_file_get_contents (path, &golden, NULL, &error))
    g_error ("%s", error->message);
  g_assert_cmpstr (line, ==, golden);
}

static void
test_names (void)
{
  AspEventKind kind;

  for (guint i = 0; i < ASP_EVENT_KINDS; i++) {
    g_assert_true (asp_event_kind_of (asp_event_name (i), &kind));
    g_assert_cmpuint (kind, ==, i);
  }
  g_assert_cmpstr (asp_event_name (ASP_EVENT_BREAK_INSERTED), ==, "Ad Break Inserted");
  g_assert_cmpstr (asp_event_name (ASP_EVENT_CREATIVE_STARTED), ==, "Ad Creative Started");
  g_assert_cmpstr (asp_event_name (ASP_EVENT_KINDS), ==, "");
  g_assert_false (asp_event_kind_of ("Ad Break", &kind));
  g_assert_false (asp_event_kind_of ("", &kind));
  g_assert_false (asp_event_kind_of (NULL, &kind));
}

static void
test_time (void)
{
  static const struct
  {
    gint64 us;
    const gchar *text;
  } times[] = {
    { 0, "1970-01-01T00:00:00.000Z" },
    { DAY_US + 999999, "2026-02-05T01:03:08.999Z" },
    { -1, "1970-01-01T00:00:00.000Z" },
    { G_MAXINT64, "9999-12-31T23:59:59.999Z" },
    { G_MININT64, "1970-01-01T00:00:00.000Z" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    g_autofree gchar *text = asp_event_time (times[i].us);

    g_assert_cmpstr (text, ==, times[i].text);
  }
}

static void
assert_round (const AspEvent * event)
{
  g_autofree gchar *text = text_of (event), *same = NULL, *copied = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (AspEvent) read = asp_event_parse (text, strlen (text), &error);
  g_autoptr (AspEvent) copy = asp_event_copy (event);

  g_assert_no_error (error);
  same = text_of (read);
  copied = text_of (copy);
  g_assert_cmpstr (same, ==, text);
  g_assert_cmpstr (copied, ==, text);
}

static void
test_form (void)
{
  g_autoptr (AspEvent) all = full (ASP_EVENT_BREAK_DECIDED);
  g_autoptr (AspEvent) little = asp_event_new (ASP_EVENT_STREAM_END, NULL, NULL, 0);
  g_autoptr (AspEvent) simple = sample ();
  g_autofree gchar *all_text = text_of (all), *little_text = text_of (little), *simple_text = text_of (simple);

  check_golden ("full", all_text);
  check_golden ("sample", simple_text);
  g_assert_cmpstr (little_text, ==, "{\"version\":1,\"time\":\"1970-01-01T00:00:00.000Z\",\"event_name\":\"Stream End\"}");
  assert_round (all);
  assert_round (little);
  for (AspEventKind kind = 0; kind < ASP_EVENT_KINDS; kind++) {
    g_autoptr (AspEvent) event = full (kind);

    assert_round (event);
  }
}

/* Milliseconds are what the form has; nothing else is lost. */
static void
test_values (void)
{
  g_autoptr (AspEvent) e = full (ASP_EVENT_BREAK_STARTED);
  g_autofree gchar *text = text_of (e);
  g_autoptr (AspEvent) read = asp_event_parse (text, strlen (text), NULL);
  const AspEventSkip *skip = read->skipped->pdata[1];

  g_assert_cmpuint (read->kind, ==, ASP_EVENT_BREAK_STARTED);
  g_assert_cmpuint (read->number, ==, e->number);
  g_assert_cmpint (read->time_us, ==, DAY_US + 123000);
  g_assert_cmpint (read->target_start_us, ==, e->target_start_us - 890);
  g_assert_cmpint (read->asked_pts90k, ==, e->asked_pts90k);
  g_assert_cmpint (read->pts90k, ==, 0);
  g_assert_cmpint (read->error_90k, ==, -3600);
  g_assert_cmpint (read->duration_90k, ==, 1845000);
  g_assert_cmpint (read->filled_90k, ==, 0);
  g_assert_cmpstr (read->reason, ==, e->reason);
  g_assert_cmpuint (read->skipped->len, ==, 2);
  g_assert_null (skip->asset_id);
  g_assert_cmpstr (skip->ad_id, ==, "ad3");
  g_assert_cmpuint (skip->vast_error, ==, 403);
}

/* Amazon's documented members, in their order and form, ours behind them. */
static void
test_envelope (void)
{
  static const gchar *const outer[] = { "version", "id", "detail-type", "source", "account", "time", "region",
    "resources", "detail"
  };
  g_autoptr (AspEvent) event = sample ();
  g_autoptr (AspEvent) stream = asp_event_new (ASP_EVENT_STREAM_START, "news-1", NULL, DAY_US);
  g_autoptr (AspEvent) all = full (ASP_EVENT_BREAK_INSERTED);
  g_autofree gchar *text = asp_event_envelope (event, LOG_ID, "us-west-2", "123456789012");
  g_autofree gchar *stream_text = asp_event_envelope (stream, LOG_ID, "us-west-2", "123456789012");
  g_autofree gchar *all_text = asp_event_envelope (all, LOG_ID, "us-west-2", "123456789012");
  g_autoptr (AspJson) root = asp_json_parse (text, strlen (text), NULL);
  const gchar *at = text;

  check_golden ("envelope", text);
  check_golden ("envelope-stream", stream_text);
  check_golden ("envelope-full", all_text);
  g_assert_cmpuint (asp_json_length (root), ==, G_N_ELEMENTS (outer));
  for (guint i = 0; i < G_N_ELEMENTS (outer); i++) {
    g_autofree gchar *quoted = g_strdup_printf ("\"%s\":", outer[i]);

    at = strstr (at, quoted);
    g_assert_nonnull (at);
  }
  g_assert_true (g_str_has_prefix (at, "\"detail\":{\"event_name\":\"Ad Break Inserted\",\"channel_name\":"
          "\"SSAIBeta-test-channel\",\"stream_id\":\"st-1GI11DKd3yvJm8eWREJq6Xz\",\"ad_break_id\":\"hSi2o1WIVgij\","
          "\"duration_seconds\":20,\"target_start_time\":\"2026-02-05T01:03:18Z\","));
}

static gchar *
id_of (const AspEvent * event, const gchar * log_id)
{
  g_autofree gchar *text = asp_event_envelope (event, log_id, "r", "a");
  g_autoptr (AspJson) root = asp_json_parse (text, strlen (text), NULL);

  return g_strdup (asp_json_string (asp_json_member (root, "id")));
}

/* The same one again is known by its id, another one has another. */
static void
test_ids (void)
{
  g_autoptr (AspEvent) event = sample ();
  g_autofree gchar *id = id_of (event, LOG_ID), *again = id_of (event, LOG_ID), *elsewhere = id_of (event, "other");
  g_autofree gchar *next = NULL, *other = NULL;

  g_assert_true (g_uuid_string_is_valid (id));
  g_assert_cmpstr (id, ==, again);
  g_assert_cmpstr (id, !=, elsewhere);
  event->number++;
  next = id_of (event, LOG_ID);
  g_assert_cmpstr (id, !=, next);
  event->number--;
  asp_event_set_text (&event->channel, "other");
  other = id_of (event, LOG_ID);
  g_assert_cmpstr (id, !=, other);
}

static void
test_texts (void)
{
  g_autofree gchar *text = NULL;
  g_autofree gchar *ascii = g_strnfill (ASP_EVENT_TEXT_MAX + 1, 'a');
  GString *umlauts = g_string_new ("a");

  for (guint i = 0; i < ASP_EVENT_TEXT_MAX / 2; i++)
    g_string_append (umlauts, "\xc3\xa4");
  asp_event_set_text (&text, ascii);
  g_assert_cmpuint (strlen (text), ==, ASP_EVENT_TEXT_MAX);
  ascii[ASP_EVENT_TEXT_MAX] = '\0';
  asp_event_set_text (&text, ascii);
  g_assert_cmpstr (text, ==, ascii);
  asp_event_set_text (&text, umlauts->str);
  g_assert_cmpuint (strlen (text), ==, ASP_EVENT_TEXT_MAX - 1);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  asp_event_set_text (&text, "a\xff");
  g_assert_cmpstr (text, ==, "a\xef\xbf\xbd");
  asp_event_set_text (&text, NULL);
  g_assert_null (text);
  g_string_free (umlauts, TRUE);
}

/* The greatest one that can be made is one that is read. */
static void
test_largest (void)
{
  g_autoptr (AspEvent) e = full (ASP_EVENT_BREAK_DECIDED);
  g_autofree gchar *long_text = g_strnfill (ASP_EVENT_TEXT_MAX, '\1');
  gchar **texts[] = { &e->channel, &e->stream_id, &e->break_id, &e->origin, &e->roll_type, &e->reason, &e->outcome,
    &e->asset_id, &e->creative_id, &e->ad_id, &e->universal_ad_id, &e->ad_system, &e->ad_title
  };
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    asp_event_set_text (texts[i], long_text);
  for (guint i = 0; i < ASP_EVENT_SKIPPED_MAX + 10; i++)
    asp_event_add_skip (e, long_text, long_text, long_text, long_text, long_text, G_MAXUINT);
  g_assert_cmpuint (e->skipped->len, ==, ASP_EVENT_SKIPPED_MAX);
  bytes = asp_event_to_bytes (e);
  g_test_message ("the largest event has %" G_GSIZE_FORMAT " bytes", g_bytes_get_size (bytes));
  g_assert_cmpuint (g_bytes_get_size (bytes), <=, ASP_EVENT_SIZE_MAX);
  assert_round (e);
}

static void
test_truncated (void)
{
  g_autoptr (AspEvent) event = full (ASP_EVENT_BREAK_DECIDED);
  g_autofree gchar *text = text_of (event);

  for (gsize size = 0; size < strlen (text); size++) {
    g_autofree gchar *cut = g_memdup2 (text, MAX (size, 1));
    g_autoptr (GError) error = NULL;

    g_assert_null (asp_event_parse (cut, size, &error));
    g_assert_true (error && error->domain == ASP_JSON_ERROR);
  }
}

#define HEAD "{\"version\":1,\"time\":\"2026-02-05T01:03:08.000Z\",\"event_name\":\"Ad Break Started\""

static void
test_refused (void)
{
  static const gchar *const bad[] = {
    "[]", "1", "null", "{}",
    "{\"version\":1,\"time\":\"2026-02-05T01:03:08.000Z\"}",
    "{\"version\":2,\"time\":\"2026-02-05T01:03:08.000Z\",\"event_name\":\"Ad Break Started\"}",
    "{\"version\":\"1\",\"time\":\"2026-02-05T01:03:08.000Z\",\"event_name\":\"Ad Break Started\"}",
    "{\"version\":1,\"time\":\"2026-02-05T01:03:08.000Z\",\"event_name\":\"Something Else\"}",
    "{\"version\":1,\"time\":\"yesterday\",\"event_name\":\"Ad Break Started\"}",
    "{\"version\":1,\"time\":1,\"event_name\":\"Ad Break Started\"}",
    "{\"version\":1,\"time\":\"1960-02-05T01:03:08.000Z\",\"event_name\":\"Ad Break Started\"}",
    HEAD ",\"number\":0}", HEAD ",\"number\":-1}", HEAD ",\"number\":1.5}", HEAD ",\"number\":\"1\"}",
    HEAD ",\"pts_90k\":8589934592}", HEAD ",\"pts_90k\":-1}", HEAD ",\"pts_90k\":\"1\"}",
    HEAD ",\"duration_90k\":-1}", HEAD ",\"duration_90k\":9223372036854775807}",
    HEAD ",\"error_90k\":99999999999999}", HEAD ",\"target_start_unix_ms\":9223372036854775807}",
    HEAD ",\"pod_index\":4294967296}", HEAD ",\"reason\":5}", HEAD ",\"skipped\":{}}", HEAD ",\"skipped\":[1]}",
    HEAD ",\"skipped\":[{\"reason\":[]}]}", HEAD "} x",
  };
  static const gchar later[] = HEAD ",\"reason\":null,\"skipped\":[],\"of_a_later_adsplice\":{\"a\":[1,2]}}";
  g_autoptr (GError) error = NULL;
  g_autoptr (AspEvent) event = asp_event_parse (later, strlen (later), &error);

  g_assert_no_error (error);
  g_assert_null (event->reason);
  g_assert_cmpint (event->pts90k, ==, ASP_NO_TIME);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) why = NULL;

    if (asp_event_parse (bad[i], strlen (bad[i]), &why))
      g_error ("an event: %s", bad[i]);
    g_assert_true (why && why->domain == ASP_JSON_ERROR);
    g_test_message ("%s", why->message);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/event/names", test_names);
  g_test_add_func ("/event/time", test_time);
  g_test_add_func ("/event/form", test_form);
  g_test_add_func ("/event/values", test_values);
  g_test_add_func ("/event/envelope", test_envelope);
  g_test_add_func ("/event/ids", test_ids);
  g_test_add_func ("/event/texts", test_texts);
  g_test_add_func ("/event/largest", test_largest);
  g_test_add_func ("/event/truncated", test_truncated);
  g_test_add_func ("/event/refused", test_refused);
  return g_test_run ();
}
