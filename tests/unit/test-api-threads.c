/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All operations of the control API from several threads at once, in memory and in SQLite: whatever
 * comes between what, limits of number hold, what one has been told is there is there, and nobody
 * is told of a fault of the server. Run under TSan (tests/run.sh --tsan) it says who shares what.
 */
#include "api-fixture.h"

#include <string.h>

#include "scratch.h"

#define THREADS 4
#define CALLS 400               /* of a thread */
#define NAMES 8
#define CHANNEL "arn:aws:ivs:us-east-1:000000000000:channel/"
#define PLAYBACK "arn:aws:mediatailor:us-east-1:000000000000:playbackConfiguration/"

typedef struct
{
  AspStore *store;
  FakeChannels channels;
  AspApi *api;
  gint inserted, created, deleted;      /* atomic: successful calls */
} Fixture;

typedef struct
{
  Fixture *f;
  guint number;
  GRand *random;
  GQueue arns;                  /* of ad configurations that it has made, and nobody else deletes */
} Caller;

static void
setup (Fixture * f, gconstpointer path)
{
  static const gchar *const limited[] = {
    "InsertAdBreak", "CreateAdConfiguration", "GetAdConfiguration", "ListAdConfigurations", "DeleteAdConfiguration"
  };
  g_autoptr (GError) error = NULL;

  memset (f, 0, sizeof *f);
  if (path) {
    g_autofree gchar *folder = scratch_folder_new ("api-threads");
    g_autofree gchar *file = g_build_filename (folder, path, NULL);

    f->store = asp_store_open (file, FALSE, &error);
    g_assert_no_error (error);
  } else {
    f->store = asp_store_new_memory ();
  }
  fake_channels_init (&f->channels);
  f->api = asp_api_new (f->store, &fake_channels, &f->channels, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (limited); i++)
    asp_api_set_rate (f->api, limited[i], 0);
}

static void
teardown (Fixture * f, gconstpointer data)
{
  asp_api_free (f->api);
  fake_channels_clear (&f->channels);
  asp_store_free (f->store);
}

/* --- one call ------------------------------------------------------------------------------ */

static const gchar *
header (gconstpointer fields, const gchar * name)
{
  return NULL;
}

/* The answer's JSON (transfer full), NULL when it has none. */
static AspJson *
ask (Fixture * f, const gchar * method, const gchar * target, const gchar * body, guint * status)
{
  const gchar *mark = strchr (target, '?');
  g_autofree gchar *path = mark ? g_strndup (target, (gsize) (mark - target)) : g_strdup (target);
  const AspApiRequest r = { method, path, mark ? mark + 1 : NULL, header, f, body, strlen (body), TRUE };
  g_auto (AspApiReply) reply = { 0 };
  AspJson *json = NULL;

  asp_api_handle (f->api, &r, g_get_real_time (), &reply);
  if (reply.status >= 500)
    g_test_message ("%s %s %s: %u %s", method, target, body, reply.status, reply.body);
  g_assert_cmpuint (reply.status, <, 500);
  if (reply.body) {
    json = asp_json_parse (reply.body, strlen (reply.body), NULL);
    g_assert_nonnull (json);
  }
  *status = reply.status;
  return json;
}

static guint
call (Fixture * f, const gchar * method, const gchar * target, const gchar * body)
{
  guint status;

  asp_json_free (ask (f, method, target, body, &status));
  return status;
}

static guint
post (Fixture * f, const gchar * operation, const gchar * format, const gchar * argument)
{
  g_autofree gchar *target = g_strconcat ("/", operation, NULL);
  g_auto (GStrv) parts = g_strsplit (format, "@", -1);
  g_autofree gchar *body = g_strjoinv (argument, parts);

  return call (f, "POST", target, body);
}

/* --- what a caller does ---------------------------------------------------------------------- */

static void
create_configuration (Caller * c)
{
  guint status;
  g_autoptr (AspJson) json = ask (c->f, "POST", "/CreateAdConfiguration",
      "{\"mediaTailorPlaybackConfigurations\":[{\"playbackConfigurationArn\":\"" PLAYBACK "kept\"}]}", &status);
  const gchar *arn = asp_json_string (asp_json_member (asp_json_member (json, "adConfiguration"), "arn"));

  g_assert_true (status == 200 || status == 402);
  if (status == 402)
    return;
  g_assert_nonnull (arn);
  g_queue_push_tail (&c->arns, g_strdup (arn));
  g_atomic_int_inc (&c->f->created);
}

/* What it has made and not deleted is there, whoever does what beside it. */
static void
look_at_configurations (Caller * c)
{
  for (GList * l = c->arns.head; l; l = l->next)
    g_assert_cmpuint (post (c->f, "GetAdConfiguration", "{\"arn\":\"@\"}", l->data), ==, 200);
}

static void
update_configuration (Caller * c)
{
  if (c->arns.head)
    g_assert_cmpuint (post (c->f, "UpdateAdConfiguration",
            "{\"arn\":\"@\",\"postRollConfiguration\":{\"enabled\":true,\"durationSeconds\":20}}", c->arns.head->data), ==, 200);
}

static void
delete_configuration (Caller * c)
{
  g_autofree gchar *arn = g_queue_pop_head (&c->arns);
  guint status;

  if (!arn)
    return;
  status = post (c->f, "DeleteAdConfiguration", "{\"arn\":\"@\"}", arn);
  /* it is attached to a channel just now */
  g_assert_true (status == 204 || status == 409);
  if (status == 204) {
    g_atomic_int_inc (&c->f->deleted);
    g_assert_cmpuint (post (c->f, "GetAdConfiguration", "{\"arn\":\"@\"}", arn), ==, 404);
  } else {
    g_queue_push_tail (&c->arns, g_steal_pointer (&arn));
  }
}

static void
update_channel (Caller * c)
{
  const gchar *arn = c->arns.head && g_rand_boolean (c->random) ? c->arns.head->data : "";

  /* two at the same time: one of them is told */
  g_assert_true (200 == post (c->f, "UpdateChannel", "{\"arn\":\"" CHANNEL "one\",\"adConfigurationArn\":\"@\"}", arn));
}

static void
read_channels (Caller * c)
{
  g_assert_cmpuint (post (c->f, "GetChannel", "{\"arn\":\"" CHANNEL "@\"}", "one"), ==, 200);
  g_assert_cmpuint (post (c->f, "ListChannels", "{\"maxResults\":2}", ""), ==, 200);
  g_assert_cmpuint (post (c->f, "GetStream", "{\"channelArn\":\"" CHANNEL "@\"}", "two"), ==, 200);
  g_assert_cmpuint (post (c->f, "ListStreams", "{}", ""), ==, 200);
  g_assert_cmpuint (post (c->f, "ListAdConfigurations", "{}", ""), ==, 200);
}

static void
insert_break (Caller * c)
{
  guint status = post (c->f, "InsertAdBreak", "{\"channelArn\":\"" CHANNEL "@\",\"durationSeconds\":10}", "two");

  g_assert_true (status == 200 || status == 409);
  if (status == 200)
    g_atomic_int_inc (&c->f->inserted);
}

static void
import_key (Caller * c)
{
  g_autofree gchar *pem = g_strescape (public_keys[c->number % G_N_ELEMENTS (public_keys)], NULL);
  guint status;
  g_autofree gchar *body = g_strdup_printf ("{\"publicKeyMaterial\":\"%s\"}", pem);
  g_autoptr (AspJson) json = ask (c->f, "POST", "/ImportPlaybackKeyPair", body, &status);
  const gchar *arn = asp_json_string (asp_json_member (asp_json_member (json, "keyPair"), "arn"));

  g_assert_true (status == 200 || status == 402 || status == 409);
  g_assert_cmpuint (post (c->f, "ListPlaybackKeyPairs", "{}", ""), ==, 200);
  if (status != 200)
    return;
  g_assert_cmpuint (post (c->f, "GetPlaybackKeyPair", "{\"arn\":\"@\"}", arn), ==, 200);
  g_assert_cmpuint (post (c->f, "DeletePlaybackKeyPair", "{\"arn\":\"@\"}", arn), ==, 204);
}

static void
tag (Caller * c)
{
  g_autofree gchar *escaped = g_uri_escape_string (CHANNEL "one", NULL, FALSE);
  g_autofree gchar *path = g_strconcat ("/tags/", escaped, NULL);
  g_autofree gchar *untag = g_strdup_printf ("%s?tagKeys=k%u", path, c->number);
  g_autofree gchar *key = g_strdup_printf ("k%u", c->number);
  g_autofree gchar *body = g_strdup_printf ("{\"tags\":{\"%s\":\"v\"}}", key);
  guint status;
  g_autoptr (AspJson) json = NULL;

  g_assert_cmpuint (call (c->f, "POST", path, body), ==, 200);
  /* nobody else has this key: it is there until it is taken away */
  json = ask (c->f, "GET", path, "", &status);
  g_assert_cmpstr (asp_json_string (asp_json_member (asp_json_member (json, "tags"), key)), ==, "v");
  g_assert_cmpuint (call (c->f, "DELETE", untag, ""), ==, 200);
}

static void
put_playback (Caller * c)
{
  g_autofree gchar *name = g_strdup_printf ("p%d", g_rand_int_range (c->random, 0, NAMES));
  g_autofree gchar *body = g_strdup_printf ("{\"Name\":\"%s\",\"AdDecisionServerUrl\":\"https://ads.example/%u\"}", name,
      c->number);
  g_autofree gchar *path = g_strconcat ("/playbackConfiguration/", name, NULL);
  guint status;

  g_assert_cmpuint (call (c->f, "PUT", "/playbackConfiguration", body), ==, 200);
  status = call (c->f, "GET", path, "");
  g_assert_true (status == 200 || status == 404);
  g_assert_cmpuint (call (c->f, "GET", "/playbackConfigurations?MaxResults=3", ""), ==, 200);
  if (g_rand_boolean (c->random))
    g_assert_cmpuint (call (c->f, "DELETE", path, ""), <, 405);
}

static gpointer
run_caller (gpointer data)
{
  static void (*const actions[]) (Caller *) = { create_configuration, look_at_configurations, update_configuration,
    delete_configuration, update_channel, read_channels, insert_break, import_key, tag, put_playback
  };
  Caller *c = data;

  for (guint i = 0; i < CALLS; i++)
    actions[g_rand_int_range (c->random, 0, G_N_ELEMENTS (actions))] (c);
  return NULL;
}

/* --- all of them ------------------------------------------------------------------------------ */

static void
test_together (Fixture * f, gconstpointer data)
{
  Caller callers[THREADS];
  GThread *threads[THREADS];
  g_autoptr (GPtrArray) kept = NULL;
  guint left = 0;

  g_assert_cmpuint (call (f, "PUT", "/playbackConfiguration",
          "{\"Name\":\"kept\",\"AdDecisionServerUrl\":\"https://ads.example/\"}"), ==, 200);
  for (guint i = 0; i < THREADS; i++) {
    callers[i] = (Caller) { f, i, g_rand_new_with_seed (i + 1), G_QUEUE_INIT };
    threads[i] = g_thread_new ("caller", run_caller, &callers[i]);
  }
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < THREADS; i++) {
    look_at_configurations (&callers[i]);
    left += callers[i].arns.length;
    g_queue_clear_full (&callers[i].arns, g_free);
    g_rand_free (callers[i].random);
  }
  g_assert_cmpint (f->inserted, ==, 1);
  g_assert_cmpuint (f->channels.n_inserted, ==, 1);
  g_assert_cmpint (f->created - f->deleted, ==, left);
  g_assert_cmpuint (left, <=, ASP_API_AD_CONFIGURATIONS);
  kept = asp_store_get_all (f->store, "api/ad-configuration/", 0, NULL);
  g_assert_cmpuint (kept->len, ==, left);
  g_ptr_array_unref (kept);
  kept = asp_store_get_all (f->store, "api/playback-key/", 0, NULL);
  g_assert_cmpuint (kept->len, ==, 0);
}

/* As many as there may be, and not one more, whoever is first. */
static gpointer
create_many (gpointer data)
{
  Caller *c = data;

  for (guint i = 0; i < ASP_API_AD_CONFIGURATIONS; i++)
    create_configuration (c);
  return NULL;
}

static void
test_limit (Fixture * f, gconstpointer data)
{
  Caller callers[THREADS];
  GThread *threads[THREADS];

  g_assert_cmpuint (call (f, "PUT", "/playbackConfiguration",
          "{\"Name\":\"kept\",\"AdDecisionServerUrl\":\"https://ads.example/\"}"), ==, 200);
  for (guint i = 0; i < THREADS; i++) {
    callers[i] = (Caller) { f, i, NULL, G_QUEUE_INIT };
    threads[i] = g_thread_new ("caller", create_many, &callers[i]);
  }
  for (guint i = 0; i < THREADS; i++) {
    g_thread_join (threads[i]);
    g_queue_clear_full (&callers[i].arns, g_free);
  }
  g_assert_cmpint (f->created, ==, ASP_API_AD_CONFIGURATIONS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/api/threads/memory", Fixture, NULL, setup, test_together, teardown);
  g_test_add ("/api/threads/sqlite", Fixture, "state.db", setup, test_together, teardown);
  g_test_add ("/api/threads/limit", Fixture, NULL, setup, test_limit, teardown);
  g_test_add ("/api/threads/limit-sqlite", Fixture, "state.db", setup, test_limit, teardown);
  return g_test_run ();
}
