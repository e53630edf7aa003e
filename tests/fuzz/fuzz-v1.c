/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests to /v1, one a line: METHOD TARGET BODY. Whatever is asked, the answer is one of the
 * described statuses with JSON that can be read, no channel stays held, and a stream's pieces have
 * their bound.
 */
#include "fuzz.h"

#include <asp-json-reader.h>
#include <string.h>

#include "v1-fixture.h"

#define CALLS_MAX 32
#define NOON (G_GINT64_CONSTANT (1770253200) * G_USEC_PER_SEC)

static const gchar *
key_header (gconstpointer fields, const gchar * name)
{
  return !strcmp (name, "idempotency-key") || !strcmp (name, "last-event-id") ? fields : NULL;
}

static void
check_json (const AspV1Reply * reply)
{
  gsize size;
  const gchar *text = g_bytes_get_data (reply->body, &size);
  AspJson *json = asp_json_parse (text, size, NULL);

  g_assert_cmpint (asp_json_kind (json), ==, ASP_JSON_OBJECT);
  g_assert_true ((asp_json_member (json, "error") != NULL) == (reply->status >= 400 && reply->status != 503));
  asp_json_free (json);
}

static void
check_stream (AspV1 * v1, const AspV1Reply * reply)
{
  guint64 since = reply->since;
  GBytes *piece;

  while ((piece = asp_v1_next_events (v1, &since, reply->channel)) != NULL) {
    g_assert_cmpuint (g_bytes_get_size (piece), <=, ASP_V1_PIECE_MAX);
    g_bytes_unref (piece);
  }
}

static void
check_reply (AspV1 * v1, const AspV1Reply * reply)
{
  static const guint statuses[] = { 200, 201, 202, 400, 404, 405, 409, 503 };
  gboolean known = FALSE;

  if (reply->kind == ASP_V1_WAIT) {
    g_assert_cmpuint (reply->wait_ms, <=, 60000);
    return;
  }
  if (reply->kind == ASP_V1_STREAM) {
    check_stream (v1, reply);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    known |= reply->status == statuses[i];
  g_assert_true (known && reply->body && reply->type);
  if (!strcmp (reply->type, "application/json"))
    check_json (reply);
}

/* @line is METHOD TARGET BODY; what stands behind '#' in the target is a field of the head. */
static void
call (AspV1 * v1, gchar * line, gsize size, gint64 now_us)
{
  gchar *end = line + size;
  gchar *target = memchr (line, ' ', size);
  gchar *body = target ? memchr (target + 1, ' ', (gsize) (end - target - 1)) : NULL;
  gchar *query, *field;
  AspApiRequest request = { line, "", NULL, key_header, NULL, "", 0, TRUE };
  AspV1Reply reply;

  if (target) {
    *target++ = '\0';
    request.path = target;
  }
  if (body) {
    *body++ = '\0';
    request.body = body;
    request.body_size = (gsize) (end - body);
  }
  if (target && (field = strchr (target, '#'))) {
    *field++ = '\0';
    request.fields = field;
  }
  if (target && (query = strchr (target, '?'))) {
    *query++ = '\0';
    request.query = query;
  }
  asp_v1_has (request.path);
  asp_v1_handle (v1, &request, now_us & 1, now_us, &reply);
  check_reply (v1, &reply);
  asp_v1_reply_clear (&reply);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  AspStore *store = asp_store_new_memory ();
  AspV1Config config = {.store = store };
  gchar *all = g_malloc0 (size + 1);
  gchar *line = all;
  FakeLives lives;
  AspV1 *v1;

  memcpy (all, data, size);
  config.log = asp_event_log_new (store, NULL);
  config.history = asp_event_history_new (config.log, NULL);
  fake_lives_init (&lives, config.log, NOON);
  fake_lives_configure (&lives, &config);
  v1 = asp_v1_new (&config);
  for (guint i = 0; i < CALLS_MAX && line < all + size; i++) {
    gchar *end = memchr (line, '\n', (gsize) (all + size - line));

    end = end ? end : all + size;
    *end = '\0';
    fake_lives_advance (&lives, NOON + i * 5 * G_USEC_PER_SEC);
    call (v1, line, (gsize) (end - line), NOON + i * 5 * G_USEC_PER_SEC + i % 2);
    g_assert_cmpint (lives.held, ==, 0);
    line = end + 1;
  }
  asp_v1_free (v1);
  asp_event_history_free (config.history);
  asp_event_log_free (config.log);
  fake_lives_clear (&lives);
  asp_store_free (store);
  g_free (all);
  return 0;
}
