/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the routes of /v1 are and what they answer, one JSON object a line, for test-v1-openapi.py:
 *   {"route":"GET /v1/channels","query":["limit"],"body":["uri"] or null}
 *   {"route":"GET /v1/channels","status":200,"type":"application/json","sent":... or null,"answer":...}
 */
#include "v1-fixture.h"

#include <asp-json-reader.h>
#include <stdio.h>
#include <string.h>

#include "asp-v1-private.h"

#define NOON (G_GINT64_CONSTANT (1770253200) * G_USEC_PER_SEC)

static AspV1 *v1;
static AspEventLog *event_log;
static gint64 now_us = NOON;

static const gchar *
header (gconstpointer fields, const gchar * name)
{
  return NULL;
}

static void
print (AspJsonWriter * w)
{
  asp_json_end_object (w);
  puts (asp_json_writer_text (w));
  asp_json_writer_free (w);
}

static AspJsonWriter *
begin (const gchar * method, const gchar * path)
{
  AspJsonWriter *w = asp_json_writer_new (FALSE);
  g_autofree gchar *route = g_strconcat (method, " ", path, NULL);

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "route", route);
  return w;
}

static void
print_routes (void)
{
  for (guint i = 0; i < asp_v1_n_routes (); i++) {
    const AspV1Route *r = asp_v1_route (i);
    AspJsonWriter *w = begin (r->method, r->path);

    asp_json_begin_array (w, "query");
    for (guint k = 0; r->query && r->query[k]; k++)
      asp_json_add_string (w, NULL, r->query[k]);
    asp_json_end_array (w);
    asp_json_begin_array (w, "body");
    for (const AspV1Field * f = r->body; f && f->name; f++)
      asp_json_add_string (w, NULL, f->name);
    asp_json_end_array (w);
    print (w);
  }
}

static void
add_text (AspJsonWriter * w, const gchar * name, const gchar * text)
{
  AspJson *json = text ? asp_json_parse (text, strlen (text), NULL) : NULL;

  if (json)
    asp_json_add_value (w, name, json);
  else
    asp_json_add_string (w, name, text);
  asp_json_free (json);
}

static gint
ask (const gchar * method, const gchar * target, const gchar * body, gboolean expired)
{
  const gchar *mark = strchr (target, '?');
  g_autofree gchar *path = mark ? g_strndup (target, (gsize) (mark - target)) : g_strdup (target);
  const AspApiRequest r = { method, path, mark ? mark + 1 : NULL, header, NULL, body ? body : "", body ? strlen (body) : 0, TRUE };
  gchar *parts[ASP_V1_PARTS_MAX] = { NULL };
  g_autoptr (GString) allow = g_string_new (NULL);
  const AspV1Route *route = asp_v1_find_route (method, path, parts, allow);
  g_auto (AspV1Reply) said = { 0 };
  AspJsonWriter *w = begin (method, route->path);
  gsize size = 0;
  const gchar *data;

  asp_v1_handle (v1, &r, expired, now_us, &said);
  asp_json_add_int (w, "status", said.status);
  asp_json_add_string (w, "type", said.type);
  add_text (w, "sent", body);
  data = said.body ? g_bytes_get_data (said.body, &size) : "";
  {
    g_autofree gchar *text = g_strndup (data, size);

    add_text (w, "answer", text);
  }
  print (w);
  for (guint i = 0; i < ASP_V1_PARTS_MAX; i++)
    g_free (parts[i]);
  return (gint) said.status;
}

static void
settle (guint64 n)
{
  for (guint i = 0; i < 2000 && asp_event_log_last (event_log) < n; i++)
    g_usleep (5000);
  g_assert_cmpuint (asp_event_log_last (event_log), ==, n);
}

static void
ask_all (FakeLives * lives)
{
  static const gchar *const reads[] = { "/", "/healthz", "/readyz", "/metrics", "/v1/channels", "/v1/channels?limit=2",
    "/v1/channels/main", "/v1/channels/night", "/v1/channels/sports", "/v1/channels/odd", "/v1/channels/main/breaks",
    "/v1/channels/main/breaks?limit=1", "/v1/channels/main/creatives", "/v1/events", "/v1/events?last=1", "/v1/events/stream",
    "/v1/hooks", "/v1/channels/main/breaks/break0000001", "/v1/channels/main/breaks/break0000002"
  };

  for (guint i = 0; i < G_N_ELEMENTS (reads); i++) {
    g_autofree gchar *bad = g_strconcat (reads[i], strchr (reads[i], '?') ? "&" : "?", "nonsense=1", NULL);

    ask ("GET", reads[i], NULL, FALSE);
    g_assert_cmpint (ask ("GET", bad, NULL, FALSE), ==, 400);
  }
}

static void
play (FakeLives * lives)
{
#define BREAKS "/v1/channels/main/breaks"
  ask_all (lives);
  ask ("POST", BREAKS, "{\"duration_seconds\":30,\"start\":\"2026-02-05T01:00:30Z\",\"idempotency_key\":\"k\","
      "\"ads_params\":{\"genre\":\"news\"},\"ads_url\":\"https://ads.example/\"}", FALSE);
  ask ("POST", BREAKS, "{\"duration_90k\":90000}", FALSE);
  ask ("POST", BREAKS, "{\"duration\":90000}", FALSE);
  ask ("POST", "/v1/channels/night/breaks", "{\"duration_90k\":90000}", FALSE);
  ask ("POST", "/v1/channels/none/breaks", "{\"duration_90k\":90000}", FALSE);
  settle (2);
  ask_all (lives);
  ask ("POST", BREAKS "/break0000001/extend", "{\"duration_seconds\":40}", FALSE);
  ask ("POST", BREAKS "/break0000001/extend", "{}", FALSE);
  ask ("POST", BREAKS "/break0000001/end", NULL, FALSE);
  fake_lives_advance (lives, now_us += 31 * G_USEC_PER_SEC);
  settle (5);
  ask_all (lives);
  ask ("DELETE", BREAKS "/break0000001", NULL, FALSE);
  ask ("POST", BREAKS "/break0000001/end", NULL, FALSE);
  settle (7);
  ask ("POST", BREAKS, "{\"duration_90k\":2700000,\"start_pts_90k\":8101800}", FALSE);
  ask ("DELETE", BREAKS "/break0000002", NULL, FALSE);
  ask ("DELETE", BREAKS "/break0000002", NULL, FALSE);
  ask ("POST", "/v1/channels/main/creatives", "{\"uri\":\"https://ads.example/spot.mp4\"}", FALSE);
  ask ("POST", "/v1/channels/main/creatives", "{}", FALSE);
  settle (10);
  ask_all (lives);
}

int
main (int argc, char **argv)
{
  AspStore *store = asp_store_new_memory ();
  AspV1Config config = {.store = store };
  FakeLives lives;

  config.log = event_log = asp_event_log_new (store, NULL);
  config.history = asp_event_history_new (event_log, NULL);
  fake_lives_init (&lives, event_log, now_us);
  fake_lives_configure (&lives, &config);
  v1 = asp_v1_new (&config);
  print_routes ();
  play (&lives);
  asp_v1_free (v1);
  asp_event_history_free (config.history);
  asp_event_log_free (event_log);
  fake_lives_clear (&lives);
  asp_store_free (store);
  return 0;
}
