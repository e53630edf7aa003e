/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls into the control API, one a line: METHOD TARGET BODY. Whatever is asked, the answer is one
 * of the documented statuses with JSON that can be read, and limits of number hold.
 */
#include "fuzz.h"

#include <asp-api.h>
#include <asp-json-reader.h>
#include <string.h>

#include "api-fixture.h"

#define CALLS_MAX 64

static const gchar *
no_header (gconstpointer fields, const gchar * name)
{
  return NULL;
}

static void
check_reply (const AspApiReply * reply)
{
  static const guint statuses[] = { 200, 204, 400, 402, 403, 404, 409, 429 };
  AspJson *json;
  gboolean known = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    known |= reply->status == statuses[i];
  g_assert_true (known);
  g_assert_true ((reply->error_type != NULL) == (reply->status >= 400));
  g_assert_true ((reply->body == NULL) == (reply->status == 204));
  if (!reply->body)
    return;
  json = asp_json_parse (reply->body, strlen (reply->body), NULL);
  g_assert_cmpint (asp_json_kind (json), ==, ASP_JSON_OBJECT);
  asp_json_free (json);
}

static void
call (AspApi * api, gchar * line, gint64 now_us)
{
  gchar *target = strchr (line, ' ');
  gchar *body = target ? strchr (target + 1, ' ') : NULL;
  gchar *query;
  AspApiRequest request = { line, "", NULL, no_header, NULL, "", 0, TRUE };
  AspApiReply reply;

  if (target) {
    *target++ = '\0';
    request.path = target;
  }
  if (body) {
    *body++ = '\0';
    request.body = body;
    request.body_size = strlen (body);
  }
  if (target && (query = strchr (target, '?'))) {
    *query++ = '\0';
    request.query = query;
  }
  asp_api_handle (api, &request, now_us, &reply);
  check_reply (&reply);
  asp_api_reply_clear (&reply);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  AspStore *store = asp_store_new_memory ();
  gchar *all = g_strndup ((const gchar *) data, size);
  gchar **lines = g_strsplit (all, "\n", CALLS_MAX);
  FakeChannels channels;
  GPtrArray *kept;
  AspApi *api;

  fake_channels_init (&channels);
  api = asp_api_new (store, &fake_channels, &channels, NULL);
  for (guint i = 0; lines[i]; i++)
    call (api, lines[i], (gint64) i * G_USEC_PER_SEC);
  kept = asp_store_get_all (store, "api/ad-configuration/", 0, NULL);
  g_assert_cmpuint (kept->len, <=, ASP_API_AD_CONFIGURATIONS);
  g_ptr_array_unref (kept);
  asp_api_free (api);
  fake_channels_clear (&channels);
  asp_store_free (store);
  g_strfreev (lines);
  g_free (all);
  return 0;
}
