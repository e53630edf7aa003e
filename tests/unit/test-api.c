/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control API without HTTP: every operation, every limit and every error, by hand-made time. */
#include "api-fixture.h"

#include <string.h>

#define PLAYBACK_ARN "arn:aws:mediatailor:us-east-1:000000000000:playbackConfiguration/main"
#define NOWHERE "arn:aws:ivs:us-east-1:000000000000:ad-configuration/nowhere12345"

typedef struct
{
  AspStore *store;
  FakeChannels channels;
  AspApi *api;
  gint64 now_us;
} Fixture;

typedef struct
{
  AspApiReply reply;
  AspJson *json;
} Answer;

static void
answer_clear (Answer * a)
{
  asp_api_reply_clear (&a->reply);
  g_clear_pointer (&a->json, asp_json_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
setup (Fixture * f, gconstpointer data)
{
  memset (f, 0, sizeof *f);
  f->store = asp_store_new_memory ();
  fake_channels_init (&f->channels);
  f->api = asp_api_new (f->store, &fake_channels, &f->channels, NULL);
  f->now_us = G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC;
}

static void
teardown (Fixture * f, gconstpointer data)
{
  asp_api_free (f->api);
  fake_channels_clear (&f->channels);
  asp_store_free (f->store);
}

static const gchar *
header (gconstpointer fields, const gchar * name)
{
  return NULL;
}

/* @target may have a query. A second goes by first: no rate is in the way. */
static Answer
ask_now (Fixture * f, const gchar * method, const gchar * target, const gchar * body)
{
  const gchar *mark = strchr (target, '?');
  g_autofree gchar *path = mark ? g_strndup (target, (gsize) (mark - target)) : g_strdup (target);
  const AspApiRequest r = { method, path, mark ? mark + 1 : NULL, header, f, body ? body : "",
    body ? strlen (body) : 0, TRUE
  };
  Answer a = { {0} };

  asp_api_handle (f->api, &r, f->now_us, &a.reply);
  if (a.reply.body) {
    a.json = asp_json_parse (a.reply.body, strlen (a.reply.body), NULL);
    g_assert_nonnull (a.json);
  }
  return a;
}

static Answer
ask (Fixture * f, const gchar * method, const gchar * target, const gchar * body)
{
  f->now_us += G_USEC_PER_SEC;
  return ask_now (f, method, target, body);
}

static Answer
post (Fixture * f, const gchar * operation, const gchar * body)
{
  g_autofree gchar *path = g_strconcat ("/", operation, NULL);

  return ask (f, "POST", path, body);
}

/* "channel.tags.k", "adConfigurations.0.arn" */
static const AspJson *
at (const Answer * a, const gchar * path)
{
  g_auto (GStrv) names = g_strsplit (path, ".", -1);
  const AspJson *value = a->json;

  for (guint i = 0; names[i]; i++)
    value = asp_json_kind (value) == ASP_JSON_ARRAY ? asp_json_element (value, (guint) atoi (names[i])) :
        asp_json_member (value, names[i]);
  return value;
}

static const gchar *
text (const Answer * a, const gchar * path)
{
  return asp_json_string (at (a, path));
}

static gint64
number (const Answer * a, const gchar * path)
{
  gint64 n = G_MININT64;

  asp_json_integer (at (a, path), &n);
  return n;
}

static void
assert_ok (const Answer * a, guint status)
{
  if (a->reply.status != status)
    g_test_message ("%u %s", a->reply.status, a->reply.body);
  g_assert_cmpuint (a->reply.status, ==, status);
  g_assert_null (a->reply.error_type);
  g_assert_true ((a->reply.body == NULL) == (status == 204));
}

static void
assert_refused (Answer a, guint status, const gchar * type, const gchar * said)
{
  const gchar *message = text (&a, !strcmp (type, "BadRequestException") || !strcmp (type, "NotFoundException") ?
      "Message" : "exceptionMessage");

  g_test_message ("%u %s: %s", a.reply.status, a.reply.error_type, a.reply.body);
  g_assert_cmpuint (a.reply.status, ==, status);
  g_assert_cmpstr (a.reply.error_type, ==, type);
  g_assert_nonnull (message);
  g_assert_nonnull (strstr (message, said));
  answer_clear (&a);
}

static void
assert_status (Answer a, guint status)
{
  g_assert_cmpuint (a.reply.status, ==, status);
  answer_clear (&a);
}

static void
put_playback (Fixture * f)
{
  g_auto (Answer) a = ask (f, "PUT", "/playbackConfiguration",
      "{\"Name\":\"main\",\"AdDecisionServerUrl\":\"https://ads.example/vast?d=[session.avail_duration_secs]\"}");

  assert_ok (&a, 200);
}

#define MAIN_LIST "\"mediaTailorPlaybackConfigurations\":[{\"playbackConfigurationArn\":\"" PLAYBACK_ARN "\"}]"

/* (transfer full): its name */
static gchar *
create (Fixture * f, const gchar * more)
{
  g_autofree gchar *body = g_strdup_printf ("{" MAIN_LIST "%s}", more);
  g_auto (Answer) a = post (f, "CreateAdConfiguration", body);

  assert_ok (&a, 200);
  return g_strdup (text (&a, "adConfiguration.arn"));
}

static Answer
with_arn (Fixture * f, const gchar * operation, const gchar * arn)
{
  g_autofree gchar *body = g_strdup_printf ("{\"arn\":\"%s\"}", arn);

  return post (f, operation, body);
}

static gchar *
channel_arn (const gchar * name)
{
  return g_strconcat ("arn:aws:ivs:us-east-1:000000000000:channel/", name, NULL);
}

static Answer
insert (Fixture * f, const gchar * channel, guint seconds)
{
  g_autofree gchar *arn = channel_arn (channel);
  g_autofree gchar *body = g_strdup_printf ("{\"channelArn\":\"%s\",\"durationSeconds\":%u}", arn, seconds);

  return post (f, "InsertAdBreak", body);
}

static Answer
attach (Fixture * f, const gchar * channel, const gchar * configuration)
{
  g_autofree gchar *arn = channel_arn (channel);
  g_autofree gchar *body = g_strdup_printf ("{\"arn\":\"%s\",\"adConfigurationArn\":\"%s\"}", arn, configuration);

  return post (f, "UpdateChannel", body);
}

/* --- ad configurations ------------------------------------------------------------------- */

static void
test_ad_configuration (Fixture * f, gconstpointer data)
{
  g_autofree gchar *arn = NULL;
  g_autofree gchar *body = NULL;

  put_playback (f);
  arn = create (f, ",\"name\":\"my_ads\",\"tags\":{\"k\":\"v\"}");
  g_assert_true (g_regex_match_simple ("^arn:aws:ivs:us-east-1:000000000000:ad-configuration/[a-zA-Z0-9]{12}$", arn, 0, 0));
  {
    g_auto (Answer) a = with_arn (f, "GetAdConfiguration", arn);
    gboolean enabled = TRUE;

    assert_ok (&a, 200);
    g_assert_cmpstr (text (&a, "adConfiguration.arn"), ==, arn);
    g_assert_cmpstr (text (&a, "adConfiguration.name"), ==, "my_ads");
    g_assert_cmpstr (text (&a, "adConfiguration.tags.k"), ==, "v");
    g_assert_cmpstr (text (&a, "adConfiguration.mediaTailorPlaybackConfigurations.0.playbackConfigurationArn"), ==,
        PLAYBACK_ARN);
    g_assert_true (asp_json_boolean (at (&a, "adConfiguration.postRollConfiguration.enabled"), &enabled));
    g_assert_false (enabled);
    g_assert_cmpint (number (&a, "adConfiguration.postRollConfiguration.durationSeconds"), ==, 15);
    g_assert_cmpint (asp_json_kind (at (&a, "adConfiguration.preRollConfiguration")), ==, ASP_JSON_NULL);
  }
  body = g_strdup_printf ("{\"arn\":\"%s\",\"postRollConfiguration\":{\"enabled\":true,\"durationSeconds\":40},"
      "\"preRollConfiguration\":{\"enabled\":true,\"durationSeconds\":5}}", arn);
  {
    g_auto (Answer) a = post (f, "UpdateAdConfiguration", body);

    assert_ok (&a, 200);
    g_assert_cmpstr (text (&a, "adConfiguration.name"), ==, "my_ads");
    g_assert_cmpstr (text (&a, "adConfiguration.tags.k"), ==, "v");
    g_assert_cmpint (number (&a, "adConfiguration.postRollConfiguration.durationSeconds"), ==, 40);
    g_assert_cmpint (number (&a, "adConfiguration.preRollConfiguration.durationSeconds"), ==, 5);
  }
  {
    g_auto (Answer) a = with_arn (f, "DeleteAdConfiguration", arn);

    assert_ok (&a, 204);
  }
  assert_refused (with_arn (f, "GetAdConfiguration", arn), 404, "ResourceNotFoundException", arn);
  assert_refused (with_arn (f, "DeleteAdConfiguration", arn), 404, "ResourceNotFoundException", arn);
  assert_refused (post (f, "UpdateAdConfiguration", body), 404, "ResourceNotFoundException", arn);
}

static void
test_ad_configuration_faults (Fixture * f, gconstpointer data)
{
  static const struct
  {
    const gchar *body;
    guint status;
    const gchar *type, *said;
  } rows[] = {
    {"{}", 400, "ValidationException", "mediaTailorPlaybackConfigurations"},
    {"{\"mediaTailorPlaybackConfigurations\":[]}", 400, "ValidationException", "greater than or equal to 1"},
    {"{\"mediaTailorPlaybackConfigurations\":[{},{},{},{}]}", 400, "ValidationException", "less than or equal to 3"},
    {"{" MAIN_LIST ",\"postRollConfiguration\":{\"enabled\":true}}", 400, "ValidationException", "durationSeconds"},
    {"{" MAIN_LIST ",\"postRollConfiguration\":{\"enabled\":true,\"durationSeconds\":301}}", 400, "ValidationException",
          "300"},
    {"{" MAIN_LIST ",\"name\":\"a b\"}", 400, "ValidationException", "name"},
    {"{" MAIN_LIST, 400, "ValidationException", "JSON"},
    {"{\"mediaTailorPlaybackConfigurations\":[{\"playbackConfigurationArn\":"
          "\"arn:aws:mediatailor:us-east-1:000000000000:playbackConfiguration/other\"}]}", 404,
        "ResourceNotFoundException", "other"},
    {"{\"mediaTailorPlaybackConfigurations\":[{\"playbackConfigurationArn\":"
          "\"arn:aws:mediatailor:us-east-1:000000000000:playbackConfiguration/empty\"}]}", 400,
        "ValidationException", "AdDecisionServerUrl"},
  };

  put_playback (f);
  {
    g_auto (Answer) a = ask (f, "PUT", "/playbackConfiguration", "{\"Name\":\"empty\"}");

    assert_ok (&a, 200);
  }
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_refused (post (f, "CreateAdConfiguration", rows[i].body), rows[i].status, rows[i].type, rows[i].said);
}

/* Twenty, in pages that together have each once. */
static void
test_limit_and_pages (Fixture * f, gconstpointer data)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree gchar *token = NULL;
  guint n_pages = 0;

  put_playback (f);
  for (guint i = 0; i < ASP_API_AD_CONFIGURATIONS; i++)
    g_free (create (f, ""));
  assert_refused (post (f, "CreateAdConfiguration", "{" MAIN_LIST "}"), 402, "ServiceQuotaExceededException", "20");
  do {
    g_autofree gchar *body = token ? g_strdup_printf ("{\"maxResults\":7,\"nextToken\":\"%s\"}", token) :
        g_strdup ("{\"maxResults\":7}");
    g_auto (Answer) a = post (f, "ListAdConfigurations", body);
    guint n = asp_json_length (at (&a, "adConfigurations"));

    assert_ok (&a, 200);
    g_assert_cmpuint (n, <=, 7);
    for (guint i = 0; i < n; i++)
      g_assert_true (g_hash_table_add (seen, g_strdup (asp_json_string (asp_json_member (asp_json_element (at (&a,
                                "adConfigurations"), i), "arn")))));
    g_free (token);
    token = g_strdup (text (&a, "nextToken"));
    n_pages++;
  } while (token);
  g_assert_cmpuint (n_pages, ==, 3);
  g_assert_cmpuint (g_hash_table_size (seen), ==, ASP_API_AD_CONFIGURATIONS);
  assert_refused (post (f, "ListAdConfigurations", "{\"maxResults\":0}"), 400, "ValidationException", "maxResults");
  assert_refused (post (f, "ListAdConfigurations", "{\"maxResults\":101}"), 400, "ValidationException", "maxResults");
  assert_refused (post (f, "ListAdConfigurations", "{\"nextToken\":\"rubbish\"}"), 400, "ValidationException", "page");
}

/* --- channels ---------------------------------------------------------------------------- */

static void
test_attach (Fixture * f, gconstpointer data)
{
  g_autofree gchar *arn = NULL;
  g_autofree gchar *filter = NULL;
  g_auto (AspApiAttachment) attachment = { NULL };

  put_playback (f);
  arn = create (f, ",\"postRollConfiguration\":{\"enabled\":true,\"durationSeconds\":20}");
  filter = g_strdup_printf ("{\"filterByAdConfigurationArn\":\"%s\"}", arn);
  g_assert_false (asp_api_get_attachment (f->api, "one", &attachment, NULL));
  {
    g_auto (Answer) a = attach (f, "one", arn);

    assert_ok (&a, 200);
    g_assert_cmpstr (text (&a, "channel.adConfigurationArn"), ==, arn);
    g_assert_cmpstr (text (&a, "channel.name"), ==, "one");
    g_assert_cmpstr (text (&a, "channel.containerFormat"), ==, "TS");
  }
  {
    g_auto (Answer) a = post (f, "ListChannels", filter);

    assert_ok (&a, 200);
    g_assert_cmpuint (asp_json_length (at (&a, "channels")), ==, 1);
    g_assert_cmpstr (text (&a, "channels.0.name"), ==, "one");
  }
  g_assert_true (asp_api_get_attachment (f->api, "one", &attachment, NULL));
  g_assert_cmpstr (attachment.arn, ==, arn);
  g_assert_cmpstr (attachment.ads_url, ==, "https://ads.example/vast?d=[session.avail_duration_secs]");
  g_assert_cmpuint (attachment.post_roll_seconds, ==, 20);
  g_assert_cmpuint (attachment.pre_roll_seconds, ==, 0);
  assert_refused (with_arn (f, "DeleteAdConfiguration", arn), 409, "ConflictException", "one");
  assert_refused (attach (f, "one", NOWHERE), 404, "ResourceNotFoundException", NOWHERE);
  assert_refused (attach (f, "three", arn), 404, "ResourceNotFoundException", "three");
  assert_refused (attach (f, "one", "rubbish"), 400, "ValidationException", "adConfigurationArn");
  {
    g_auto (Answer) a = attach (f, "one", "");
    g_auto (Answer) none = post (f, "ListChannels", filter);
    g_auto (Answer) deleted = with_arn (f, "DeleteAdConfiguration", arn);

    assert_ok (&a, 200);
    g_assert_cmpstr (text (&a, "channel.adConfigurationArn"), ==, "");
    g_assert_cmpuint (asp_json_length (at (&none, "channels")), ==, 0);
    assert_ok (&deleted, 204);
  }
}

static void
test_channels (Fixture * f, gconstpointer data)
{
  g_autofree gchar *one = channel_arn ("one");
  g_autofree gchar *three = channel_arn ("three");
  g_autofree gchar *renamed = g_strdup_printf ("{\"arn\":\"%s\",\"name\":\"uno\"}", one);
  g_auto (Answer) a = with_arn (f, "GetChannel", one);
  g_auto (Answer) all = post (f, "ListChannels", "{}");
  g_auto (Answer) named = post (f, "ListChannels", "{\"filterByName\":\"two\"}");
  g_auto (Answer) elsewhere = with_arn (f, "GetChannel", "arn:aws:ivs:eu-west-1:123456789012:channel/one");
  gboolean authorized = TRUE;

  assert_ok (&a, 200);
  g_assert_cmpstr (text (&a, "channel.arn"), ==, one);
  g_assert_cmpstr (text (&a, "channel.adConfigurationArn"), ==, "");
  g_assert_cmpstr (text (&a, "channel.playbackUrl"), ==, "http://127.0.0.1:8080/one/master.m3u8");
  g_assert_true (asp_json_boolean (at (&a, "channel.authorized"), &authorized));
  g_assert_false (authorized);
  g_assert_cmpuint (asp_json_length (at (&all, "channels")), ==, 4);
  g_assert_cmpstr (text (&all, "channels.0.name"), ==, "bare");
  g_assert_cmpuint (asp_json_length (at (&named, "channels")), ==, 1);
  g_assert_cmpstr (text (&named, "channels.0.name"), ==, "two");
  assert_ok (&elsewhere, 200);  /* no region is configured */
  assert_refused (with_arn (f, "GetChannel", three), 404, "ResourceNotFoundException", "three");
  assert_refused (with_arn (f, "GetChannel", "one"), 400, "ValidationException", "arn");
  assert_refused (post (f, "UpdateChannel", renamed), 400, "ValidationException", "cannot be changed");
}

/* A thousand and four, in pages of a hundred. */
static void
test_many_channels (Fixture * f, gconstpointer data)
{
  g_autofree gchar *token = NULL;
  guint n = 0, n_pages = 0;
  gint64 took_us;

  f->channels.n_more = 1000;
  took_us = g_get_monotonic_time ();
  do {
    g_autofree gchar *body = token ? g_strdup_printf ("{\"nextToken\":\"%s\"}", token) : g_strdup ("{}");
    g_auto (Answer) a = post (f, "ListChannels", body);

    assert_ok (&a, 200);
    n += asp_json_length (at (&a, "channels"));
    g_free (token);
    token = g_strdup (text (&a, "nextToken"));
    n_pages++;
  } while (token);
  took_us = g_get_monotonic_time () - took_us;
  g_assert_cmpuint (n, ==, 1004);
  g_assert_cmpuint (n_pages, ==, 11);
  g_test_message ("a page of 100 of 1004 channels: %.2f ms", took_us / 11e3);
}

static void
test_streams (Fixture * f, gconstpointer data)
{
  g_autofree gchar *body = g_strdup ("{\"channelArn\":\"arn:aws:ivs:us-east-1:000000000000:channel/one\"}");
  g_auto (Answer) a = post (f, "GetStream", body);
  g_auto (Answer) all = post (f, "ListStreams", "{}");
  g_auto (Answer) starving = post (f, "ListStreams", "{\"filterBy\":{\"health\":\"STARVING\"}}");
  g_auto (Answer) page = post (f, "ListStreams", "{\"maxResults\":2}");

  assert_ok (&a, 200);
  g_assert_cmpstr (text (&a, "stream.state"), ==, "LIVE");
  g_assert_cmpstr (text (&a, "stream.health"), ==, "HEALTHY");
  g_assert_cmpstr (text (&a, "stream.startTime"), ==, "2026-02-05T01:03:08Z");
  g_assert_cmpuint (strlen (text (&a, "stream.streamId")), ==, ASP_API_STREAM_ID_SIZE);
  g_assert_cmpint (number (&a, "stream.viewerCount"), ==, 7);
  g_assert_cmpuint (asp_json_length (at (&all, "streams")), ==, 3);
  g_assert_cmpuint (asp_json_length (at (&starving, "streams")), ==, 1);
  g_assert_cmpuint (asp_json_length (at (&page, "streams")), ==, 2);
  g_assert_nonnull (text (&page, "nextToken"));
  assert_refused (post (f, "GetStream", "{\"channelArn\":\"arn:aws:ivs:us-east-1:000000000000:channel/offline\"}"),
      404, "ChannelNotBroadcasting", "offline");
  assert_refused (post (f, "GetStream", "{\"channelArn\":\"arn:aws:ivs:us-east-1:000000000000:channel/three\"}"),
      404, "ResourceNotFoundException", "three");
  assert_refused (post (f, "ListStreams", "{\"filterBy\":{\"health\":\"GOOD\"}}"), 400, "ValidationException", "enum");
}

static void
test_insert (Fixture * f, gconstpointer data)
{
  {
    g_auto (Answer) a = insert (f, "one", 30);

    assert_ok (&a, 200);
    g_assert_cmpstr (text (&a, "adBreakId"), ==, "break0000001");
    g_assert_cmpuint (f->channels.last_seconds, ==, 30);
  }
  assert_refused (insert (f, "one", 30), 409, "ConflictException", "one");
  assert_refused (insert (f, "offline", 30), 404, "ChannelNotBroadcasting", "offline");
  assert_refused (insert (f, "three", 30), 404, "ResourceNotFoundException", "three");
  assert_refused (insert (f, "bare", 30), 400, "ValidationException", "nothing to show");
  assert_refused (insert (f, "two", 0), 400, "ValidationException", "greater than or equal to 1");
  assert_refused (insert (f, "two", 301), 400, "ValidationException", "less than or equal to 300");
  assert_refused (post (f, "InsertAdBreak", "{\"channelArn\":\"x\"}"), 400, "ValidationException", "durationSeconds");
  assert_refused (post (f, "InsertAdBreak", ""), 400, "ValidationException", "channelArn");
  assert_refused (post (f, "InsertAdBreak", "[]"), 400, "ValidationException", "object");
  assert_refused (post (f, "InsertAdBreak", "{\"a\":1,\"a\":2}"), 400, "ValidationException", "JSON");
  g_assert_cmpuint (f->channels.n_inserted, ==, 1);
  fake_channels_reset (&f->channels);
  {
    g_auto (Answer) a = insert (f, "one", 300);

    assert_ok (&a, 200);
  }
}

/* --- keys and tags ----------------------------------------------------------------------- */

static Answer
import_key (Fixture * f, const gchar * pem)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "publicKeyMaterial", pem);
  asp_json_add_string (w, "name", "viewers");
  asp_json_end_object (w);
  return post (f, "ImportPlaybackKeyPair", asp_json_writer_text (w));
}

static void
test_keys (Fixture * f, gconstpointer data)
{
  g_autofree gchar *arn = NULL;
  g_autofree gchar *broken = g_strdup (public_keys[3]);
  g_auto (GStrv) kept = NULL;

  for (guint i = 0; i < ASP_API_KEY_PAIRS; i++) {
    g_auto (Answer) a = import_key (f, public_keys[i]);

    assert_ok (&a, 200);
    g_assert_cmpstr (text (&a, "keyPair.name"), ==, "viewers");
    g_assert_true (g_regex_match_simple ("^([0-9a-f]{2}:){15}[0-9a-f]{2}$", text (&a, "keyPair.fingerprint"), 0, 0));
    g_assert_null (strstr (a.reply.body, "PUBLIC"));
    g_free (arn);
    arn = g_strdup (text (&a, "keyPair.arn"));
  }
  assert_refused (import_key (f, public_keys[1]), 409, "ConflictException", "already");
  assert_refused (import_key (f, public_keys[3]), 402, "ServiceQuotaExceededException", "3");
  assert_refused (import_key (f, public_key_p256), 400, "ValidationException", "another curve");
  assert_refused (import_key (f, "rubbish"), 400, "ValidationException", "PEM");
  assert_refused (import_key (f, "-----BEGIN EC PRIVATE KEY-----\nAAAA\n"), 400, "ValidationException", "public key");
  broken[80] = '!';
  assert_refused (import_key (f, broken), 400, "ValidationException", "damaged");
  kept = asp_api_dup_public_keys (f->api, NULL);
  g_assert_cmpuint (g_strv_length (kept), ==, 3);
  g_assert_true (g_strv_contains ((const gchar * const *) kept, public_keys[2]));
  {
    g_auto (Answer) got = with_arn (f, "GetPlaybackKeyPair", arn);
    g_auto (Answer) all = post (f, "ListPlaybackKeyPairs", "{}");
    g_auto (Answer) deleted = with_arn (f, "DeletePlaybackKeyPair", arn);

    assert_ok (&got, 200);
    g_assert_cmpstr (text (&got, "keyPair.arn"), ==, arn);
    g_assert_cmpuint (asp_json_length (at (&all, "keyPairs")), ==, 3);
    assert_ok (&deleted, 204);
  }
  assert_refused (with_arn (f, "GetPlaybackKeyPair", arn), 404, "ResourceNotFoundException", arn);
}

static gchar *
tags_path (const gchar * arn)
{
  g_autofree gchar *escaped = g_uri_escape_string (arn, NULL, FALSE);

  return g_strconcat ("/tags/", escaped, NULL);
}

static void
check_tags_of (Fixture * f, const gchar * arn)
{
  g_autofree gchar *path = tags_path (arn);
  g_autofree gchar *away = g_strconcat (path, "?tagKeys=a%20b&tagKeys=none", NULL);
  g_auto (Answer) set = ask (f, "POST", path, "{\"tags\":{\"a b\":\"1\",\"c\":\"2\"}}");
  g_auto (Answer) again = ask (f, "POST", path, "{\"tags\":{\"c\":\"3\"}}");
  g_auto (Answer) both = ask (f, "GET", path, NULL);
  g_auto (Answer) removed = ask (f, "DELETE", away, NULL);
  g_auto (Answer) one = ask (f, "GET", path, NULL);

  assert_ok (&set, 200);
  g_assert_cmpstr (set.reply.body, ==, "{}");
  assert_ok (&again, 200);
  g_assert_cmpstr (text (&both, "tags.a b"), ==, "1");
  g_assert_cmpstr (text (&both, "tags.c"), ==, "3");
  assert_ok (&removed, 200);
  g_assert_cmpuint (asp_json_length (at (&one, "tags")), ==, 1);
}

static void
test_tags (Fixture * f, gconstpointer data)
{
  g_autoptr (GString) many = g_string_new ("{\"tags\":{");
  g_autofree gchar *arn = NULL;
  g_autofree gchar *one = channel_arn ("one");
  g_autofree gchar *path = tags_path (one);
  g_autofree gchar *nowhere = tags_path (NOWHERE);
  g_autofree gchar *elsewhere = tags_path ("arn:aws:mediatailor:us-east-1:000000000000:playbackConfiguration/x");

  put_playback (f);
  arn = create (f, "");
  check_tags_of (f, arn);
  check_tags_of (f, one);
  check_tags_of (f, PLAYBACK_ARN);
  {
    g_auto (Answer) a = with_arn (f, "GetAdConfiguration", arn);
    g_auto (Answer) attached = attach (f, "one", arn);

    g_assert_cmpstr (text (&a, "adConfiguration.tags.c"), ==, "3");
    g_assert_cmpstr (text (&attached, "channel.tags.c"), ==, "3");
  }
  for (guint i = 0; i < 49; i++)
    g_string_append_printf (many, "%s\"t%u\":\"\"", i ? "," : "", i);
  g_string_append (many, "}}");
  {
    g_auto (Answer) fifty = ask (f, "POST", path, many->str);

    assert_ok (&fifty, 200);
  }
  assert_refused (ask (f, "POST", path, "{\"tags\":{\"more\":\"\"}}"), 400, "ValidationException", "51");
  assert_refused (ask (f, "POST", path, "{\"tags\":{\"aws:x\":\"\"}}"), 400, "ValidationException", "reserved");
  assert_refused (ask (f, "POST", path, "{}"), 400, "ValidationException", "tags");
  assert_refused (ask (f, "DELETE", path, NULL), 400, "ValidationException", "tagKeys");
  assert_refused (ask (f, "GET", nowhere, NULL), 404, "ResourceNotFoundException", "nowhere");
  assert_refused (ask (f, "GET", "/tags/rubbish", NULL), 404, "ResourceNotFoundException", "rubbish");
  assert_status (ask (f, "GET", elsewhere, NULL), 404);
}

/* --- playback configurations --------------------------------------------------------------- */

static void
test_playback (Fixture * f, gconstpointer data)
{
  g_auto (Answer) first = ask (f, "PUT", "/playbackConfiguration", "{\"Name\":\"main\",\"AdDecisionServerUrl\":"
      "\"http://ads\",\"SlateAdUrl\":\"http://slate\",\"Bumper\":{\"StartUrl\":\"http://b\"},\"tags\":{\"k\":\"v\"}}");
  g_auto (Answer) got = ask (f, "GET", "/playbackConfiguration/main", NULL);
  g_auto (Answer) second = ask (f, "PUT", "/playbackConfiguration", "{\"Name\":\"main\",\"AdDecisionServerUrl\":"
      "\"http://other\"}");
  g_auto (Answer) other = ask (f, "PUT", "/playbackConfiguration", "{\"Name\":\"zwei\"}");
  g_auto (Answer) page = ask (f, "GET", "/playbackConfigurations?MaxResults=1", NULL);
  g_autofree gchar *token = g_uri_escape_string (text (&page, "NextToken"), NULL, FALSE);
  g_autofree gchar *next = g_strconcat ("/playbackConfigurations?MaxResults=1&NextToken=", token, NULL);
  g_auto (Answer) rest = ask (f, "GET", next, NULL);
  g_auto (Answer) deleted = ask (f, "DELETE", "/playbackConfiguration/main", NULL);

  assert_ok (&first, 200);
  g_assert_cmpstr (text (&first, "PlaybackConfigurationArn"), ==, PLAYBACK_ARN);
  g_assert_cmpstr (first.reply.body, ==, got.reply.body);
  g_assert_cmpstr (text (&got, "Bumper.StartUrl"), ==, "http://b");
  g_assert_cmpuint (asp_json_length (at (&got, "notices")), ==, 2);
  g_assert_cmpstr (text (&got, "notices.0"), ==, "Bumper");
  g_assert_cmpstr (text (&got, "notices.1"), ==, "SlateAdUrl");
  assert_ok (&second, 200);     /* the whole is replaced, but for the tags */
  g_assert_null (text (&second, "SlateAdUrl"));
  g_assert_cmpuint (asp_json_length (at (&second, "notices")), ==, 0);
  g_assert_cmpstr (text (&second, "tags.k"), ==, "v");
  assert_ok (&other, 200);
  g_assert_cmpuint (asp_json_length (at (&page, "Items")), ==, 1);
  g_assert_cmpstr (text (&page, "Items.0.Name"), ==, "main");
  g_assert_cmpstr (text (&rest, "Items.0.Name"), ==, "zwei");
  g_assert_null (text (&rest, "NextToken"));
  assert_ok (&deleted, 204);
  assert_refused (ask (f, "GET", "/playbackConfiguration/main", NULL), 404, "NotFoundException", "main");
  assert_refused (ask (f, "DELETE", "/playbackConfiguration/main", NULL), 404, "NotFoundException", "main");
}

static void
test_playback_faults (Fixture * f, gconstpointer data)
{
  static const gchar *const bodies[] = {
    "{}", "{\"Name\":\"\"}", "{\"Name\":\"a/b\"}", "{\"Name\":7}", "", "{", "[]",
    "{\"Name\":\"a\",\"InsertionMode\":\"ALWAYS\"}",
    "{\"Name\":\"a\",\"PersonalizationThresholdSeconds\":0}",
    "{\"Name\":\"a\",\"AvailSuppression\":{\"Mode\":\"ON\"}}",
    "{\"Name\":\"a\",\"AvailSuppression\":{\"Value\":\"1:2:3\"}}",
    "{\"Name\":\"a\",\"AdConditioningConfiguration\":{}}",
    "{\"Name\":\"a\",\"AdsPersonalizationTimeouts\":{\"AdsRequestTimeoutMilliseconds\":6001}}",
    "{\"Name\":\"a\",\"AdDecisionServerUrl\":\"ftp://x\"}",
    "{\"Name\":\"a\",\"ConfigurationAliases\":{\"p\":\"q\"}}",
  };
  g_autofree gchar *name = g_strnfill (512, 'n');
  g_autofree gchar *longest = g_strdup_printf ("{\"Name\":\"%s\"}", name);
  g_autofree gchar *too_long = g_strdup_printf ("{\"Name\":\"%sn\"}", name);
  g_autofree gchar *path = g_strconcat ("/playbackConfiguration/", name, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    assert_refused (ask (f, "PUT", "/playbackConfiguration", bodies[i]), 400, "BadRequestException", "");
  assert_refused (ask (f, "PUT", "/playbackConfiguration", too_long), 400, "BadRequestException", "512");
  assert_refused (ask (f, "GET", "/playbackConfigurations?MaxResults=101", NULL), 400, "BadRequestException", "100");
  assert_refused (ask (f, "GET", "/playbackConfigurations?NextToken=x", NULL), 400, "BadRequestException", "page");
  {
    g_auto (Answer) put = ask (f, "PUT", "/playbackConfiguration", longest);
    g_auto (Answer) got = ask (f, "GET", path, NULL);

    assert_ok (&put, 200);
    g_assert_cmpstr (text (&got, "Name"), ==, name);
  }
}

/* --- rates, routes, callers ---------------------------------------------------------------- */

/* What comes at once, and what a second brings. */
static void
test_rates (Fixture * f, gconstpointer data)
{
  for (guint i = 0; i < 3; i++) {
    g_auto (Answer) a = ask_now (f, "POST", "/ListAdConfigurations", "{}");

    assert_ok (&a, 200);
  }
  assert_refused (ask_now (f, "POST", "/ListAdConfigurations", "{}"), 429, "ThrottlingException", "3 times");
  f->now_us += 333 * 1000;
  assert_refused (ask_now (f, "POST", "/ListAdConfigurations", "{}"), 429, "ThrottlingException", "3 times");
  f->now_us += 1000;
  assert_status (ask_now (f, "POST", "/ListAdConfigurations", "{}"), 200);
  f->now_us -= 10 * G_USEC_PER_SEC;     /* a clock that is set back gives nothing and takes nothing */
  assert_refused (ask_now (f, "POST", "/ListAdConfigurations", "{}"), 429, "ThrottlingException", "3 times");
  g_assert_true (asp_api_set_rate (f->api, "ListAdConfigurations", 0));
  for (guint i = 0; i < 100; i++)
    assert_status (ask_now (f, "POST", "/ListAdConfigurations", "{}"), 200);
  g_assert_false (asp_api_set_rate (f->api, "Sing", 1));
}

/* One break a second of all channels; a conflict costs nothing of it. */
static void
test_rate_of_breaks (Fixture * f, gconstpointer data)
{
  static const gchar one[] = "{\"channelArn\":\"arn:aws:ivs:us-east-1:000000000000:channel/one\",\"durationSeconds\":9}";
  static const gchar two[] = "{\"channelArn\":\"arn:aws:ivs:us-east-1:000000000000:channel/two\",\"durationSeconds\":9}";

  assert_status (ask_now (f, "POST", "/InsertAdBreak", one), 200);
  for (guint i = 0; i < 5; i++)
    assert_refused (ask_now (f, "POST", "/InsertAdBreak", one), 409, "ConflictException", "one");
  assert_refused (ask_now (f, "POST", "/InsertAdBreak", two), 429, "ThrottlingException", "InsertAdBreak");
  f->now_us += G_USEC_PER_SEC;
  assert_status (ask_now (f, "POST", "/InsertAdBreak", two), 200);
}

static void
test_routes (Fixture * f, gconstpointer data)
{
  static const gchar *const rows[][2] = {
    {"GET", "/InsertAdBreak"}, {"POST", "/insertadbreak"}, {"POST", "/InsertAdBreak/"}, {"POST", "/"}, {"POST", "/Sing"},
    {"GET", "/tags/"}, {"GET", "/playbackConfiguration/"}, {"POST", "/playbackConfiguration"}, {"GET", "/tags/%ff"},
    {"GET", "/tags/%zz"}, {"BREW", "/InsertAdBreak"}, {"GET", ""},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_refused (ask (f, rows[i][0], rows[i][1], "{}"), 404, "UnknownOperationException", "no operation");
}

static void
test_damaged_store (Fixture * f, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("{\"version\":9}", 13);

  g_assert_true (asp_store_put_if_absent (f->store, "api/ad-configuration/ABCDEFGHIJKL", bytes, 0, NULL, NULL));
  assert_refused (post (f, "ListAdConfigurations", "{}"), 500, "InternalServerException", "ABCDEFGHIJKL");
}

/* What was acknowledged is there for the next process. */
static void
test_lasts (Fixture * f, gconstpointer data)
{
  g_autofree gchar *arn = NULL;

  put_playback (f);
  arn = create (f, "");
  assert_status (attach (f, "one", arn), 200);
  asp_api_free (f->api);
  f->api = asp_api_new (f->store, &fake_channels, &f->channels, NULL);
  {
    g_auto (AspApiAttachment) attachment = { NULL };

    g_assert_true (asp_api_get_attachment (f->api, "one", &attachment, NULL));
    g_assert_cmpstr (attachment.arn, ==, arn);
  }
}

/* Of another region or account there is nothing, where one is configured. */
static void
test_region (Fixture * f, gconstpointer data)
{
  const AspApiConfig config = { "eu-west-1", "123456789012", "http://viewers" };

  asp_api_free (f->api);
  f->api = asp_api_new (f->store, &fake_channels, &f->channels, &config);
  {
    g_auto (Answer) a = with_arn (f, "GetChannel", "arn:aws:ivs:eu-west-1:123456789012:channel/one");
    g_auto (Answer) put = ask (f, "PUT", "/playbackConfiguration", "{\"Name\":\"main\"}");

    assert_ok (&a, 200);
    g_assert_cmpstr (text (&put, "PlaybackConfigurationArn"), ==,
        "arn:aws:mediatailor:eu-west-1:123456789012:playbackConfiguration/main");
    g_assert_cmpstr (text (&put, "HlsConfiguration.ManifestEndpointPrefix"), ==,
        "http://viewers/v1/master/123456789012/main/");
  }
  assert_refused (with_arn (f, "GetChannel", "arn:aws:ivs:us-east-1:123456789012:channel/one"), 404,
      "ResourceNotFoundException", "us-east-1");
  assert_refused (with_arn (f, "GetChannel", "arn:aws:ivs:eu-west-1:123456789013:channel/one"), 404,
      "ResourceNotFoundException", "123456789013");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define API_TEST(path, func) g_test_add ("/api/" path, Fixture, NULL, setup, func, teardown)
  API_TEST ("ad-configuration", test_ad_configuration);
  API_TEST ("ad-configuration-faults", test_ad_configuration_faults);
  API_TEST ("limit-and-pages", test_limit_and_pages);
  API_TEST ("attach", test_attach);
  API_TEST ("channels", test_channels);
  API_TEST ("many-channels", test_many_channels);
  API_TEST ("streams", test_streams);
  API_TEST ("insert", test_insert);
  API_TEST ("keys", test_keys);
  API_TEST ("tags", test_tags);
  API_TEST ("playback", test_playback);
  API_TEST ("playback-faults", test_playback_faults);
  API_TEST ("rates", test_rates);
  API_TEST ("rate-of-breaks", test_rate_of_breaks);
  API_TEST ("routes", test_routes);
  API_TEST ("damaged-store", test_damaged_store);
  API_TEST ("lasts", test_lasts);
  API_TEST ("region", test_region);
  return g_test_run ();
}
