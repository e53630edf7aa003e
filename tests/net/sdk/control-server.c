/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control API behind the HTTP server, over memory and channels that do not run, for Amazon's
 * own SDKs: control-server [--rates] [--key ACCESS SECRET] [--bearer TOKEN]. Without --rates they
 * are off. It prints its port on a line and ends when its standard input does.
 *
 *   POST /test/reset     all breaks are over
 *   POST /test/damage    what is stored of key pairs cannot be read any more
 */
#include <asp-api.h>
#include <asp-http-server.h>
#include <stdio.h>
#include <string.h>

#include "api-fixture.h"

#define BODY_MAX (256 * 1024)

typedef struct
{
  AspStore *store;
  FakeChannels channels;
  AspApi *api;
} Server;

static const gchar *
header (gconstpointer fields, const gchar * name)
{
  return asp_http_request_header (fields, name);
}

static void
answer (const AspHttpRequest * r, AspHttpReply * reply, gpointer user_data)
{
  Server *s = user_data;
  const AspApiRequest request = { r->method, r->path, r->query, header, r, r->body, r->body_size, r->from_loopback };
  g_autofree gchar *id = g_uuid_string_random ();
  g_auto (AspApiReply) said = { 0 };
  g_autoptr (GBytes) bytes = NULL;

  asp_api_handle (s->api, &request, g_get_real_time (), &said);
  asp_http_reply_header (reply, "x-amzn-RequestId", id);
  if (said.error_type)
    asp_http_reply_header (reply, "x-amzn-ErrorType", said.error_type);
  if (said.body)
    bytes = g_bytes_new (said.body, strlen (said.body));
  asp_http_reply_content (reply, said.status, bytes ? "application/json" : NULL, bytes);
}

static void
answer_test (const AspHttpRequest * r, AspHttpReply * reply, gpointer user_data)
{
  Server *s = user_data;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("{}", 2);

  if (g_str_has_suffix (r->path, "/reset"))
    fake_channels_reset (&s->channels);
  else
    asp_store_put_if_absent (s->store, "api/playback-key/ABCDEFGHIJKL", bytes, 0, NULL, NULL);
  asp_http_reply_content (reply, 204, NULL, NULL);
}

static gboolean
configure (Server * s, int argc, char **argv)
{
  static const gchar *const limited[] = {
    "InsertAdBreak", "CreateAdConfiguration", "GetAdConfiguration", "ListAdConfigurations", "DeleteAdConfiguration"
  };
  AspApiAuth *auth = asp_api_auth_new ();
  gboolean rates = FALSE;

  for (int i = 1; i < argc; i++) {
    g_autoptr (GError) error = NULL;
    gboolean ok = TRUE;

    if (!strcmp (argv[i], "--rates"))
      rates = TRUE;
    else if (!strcmp (argv[i], "--key") && i + 2 < argc)
      ok = asp_api_auth_add_key (auth, argv[i + 1], argv[i + 2], &error), i += 2;
    else if (!strcmp (argv[i], "--bearer") && i + 1 < argc)
      ok = asp_api_auth_add_bearer (auth, argv[++i], &error);
    else
      ok = FALSE;
    if (!ok)
      g_printerr ("control-server: %s\n", error ? error->message : argv[i]);
    if (!ok)
      return FALSE;
  }
  asp_api_set_auth (s->api, auth);
  for (guint i = 0; i < G_N_ELEMENTS (limited) && !rates; i++)
    asp_api_set_rate (s->api, limited[i], 0);
  return TRUE;
}

static void
serve (AspHttpServer * server)
{
  g_autofree gchar *address = asp_http_server_dup_address (server);
  gchar byte;

  printf ("%s\n", strrchr (address, ':') + 1);
  fflush (stdout);
  while (fread (&byte, 1, 1, stdin) == 1);
}

int
main (int argc, char **argv)
{
  AspHttpServer *server = asp_http_server_new (NULL);
  g_autoptr (GError) error = NULL;
  Server s = { asp_store_new_memory () };
  gboolean ok;

  fake_channels_init (&s.channels);
  s.api = asp_api_new (s.store, &fake_channels, &s.channels, NULL);
  asp_http_server_set_writable (server, BODY_MAX);
  asp_http_server_add_handler (server, "/", NULL, answer, &s);
  asp_http_server_add_handler (server, "/test/", NULL, answer_test, &s);
  ok = configure (&s, argc, argv) && asp_http_server_start (server, "127.0.0.1:0", &error);
  if (ok)
    serve (server);
  else if (error)
    g_printerr ("control-server: %s\n", error->message);
  asp_http_server_free (server);
  asp_api_free (s.api);
  fake_channels_clear (&s.channels);
  asp_store_free (s.store);
  return ok ? 0 : 1;
}
