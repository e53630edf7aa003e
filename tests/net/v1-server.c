/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /v1 and the page at / behind the HTTP server, over channels that do not run (v1-fixture.h), for a
 * browser: v1-server [--bearer TOKEN] [--lead MILLISECONDS] [--channels MORE] [--no-stream]. It prints
 * its port on a line and ends when its standard input does.
 */
#include <asp-http-server.h>
#include <asp-v1-http.h>
#include <stdio.h>
#include <string.h>

#include "v1-fixture.h"

#define BODY_MAX (64 * 1024)
#define STEP_US 50000

typedef struct
{
  AspV1Http *http;
  AspApiAuth *auth;
  gboolean no_stream;
  FakeLives lives;
  gint stop;                    /* atomic */
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
  g_autoptr (GError) fault = NULL;

  if (s->no_stream && !strcmp (r->path, "/v1/events/stream"))
    asp_http_reply_status (reply, 502);
  else if (!asp_v1_is_open (r->path) && !asp_api_auth_check (s->auth, &request, FALSE, g_get_real_time () / G_USEC_PER_SEC, &fault))
    asp_v1_http_refuse (fault, reply);
  else
    asp_v1_http_answer (s->http, r, reply);
}

static gpointer
play (gpointer data)
{
  Server *s = data;

  while (!g_atomic_int_get (&s->stop)) {
    fake_lives_advance (&s->lives, g_get_real_time ());
    g_usleep (STEP_US);
  }
  return NULL;
}

static gboolean
configure (Server * s, int argc, char **argv)
{
  for (int i = 1; i < argc; i++) {
    if (!strcmp (argv[i], "--no-stream"))
      s->no_stream = TRUE;
    else if (i + 1 == argc)
      return FALSE;
    else if (!strcmp (argv[i], "--bearer"))
      asp_api_auth_add_bearer (s->auth, argv[++i], NULL);
    else if (!strcmp (argv[i], "--lead"))
      s->lives.lead_90k = g_ascii_strtoll (argv[++i], NULL, 10) * 90;
    else if (!strcmp (argv[i], "--channels"))
      s->lives.n_more = (guint) g_ascii_strtoull (argv[++i], NULL, 10);
    else
      return FALSE;
  }
  return TRUE;
}

static void
serve (AspHttpServer * server, Server * s)
{
  GThread *player = g_thread_new ("player", play, s);
  g_autofree gchar *address = asp_http_server_dup_address (server);
  gchar byte;

  printf ("%s\n", strrchr (address, ':') + 1);
  fflush (stdout);
  while (fread (&byte, 1, 1, stdin) == 1);
  g_atomic_int_set (&s->stop, 1);
  g_thread_join (player);
}

int
main (int argc, char **argv)
{
  AspHttpServer *server = asp_http_server_new (NULL);
  AspStore *store = asp_store_new_memory ();
  AspEventLog *log = asp_event_log_new (store, NULL);
  AspEventHistory *history = asp_event_history_new (log, NULL);
  AspV1Config config = {.log = log,.history = history,.store = store };
  Server s = {.auth = asp_api_auth_new () };
  AspV1 *v1;
  gboolean ok;

  fake_lives_init (&s.lives, log, g_get_real_time ());
  fake_lives_configure (&s.lives, &config);
  v1 = asp_v1_new (&config);
  s.http = asp_v1_http_new (v1, log);
  asp_http_server_set_writable (server, BODY_MAX);
  asp_http_server_add_handler (server, "/", asp_v1_http_topic (s.http), answer, &s);
  ok = configure (&s, argc, argv) && asp_http_server_start (server, "127.0.0.1:0", NULL);
  if (ok)
    serve (server, &s);
  asp_http_server_free (server);
  asp_v1_http_free (s.http);
  asp_v1_free (v1);
  asp_event_history_free (history);
  asp_event_log_free (log);
  asp_store_free (store);
  asp_api_auth_free (s.auth);
  fake_lives_clear (&s.lives);
  return ok ? 0 : 1;
}
