/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control server over channels that do not run: who shares one, what it answers, what can be
 * changed while it runs, and that nobody is called who has gone. */
#include <asp-control.h>
#include <string.h>

#include "http-fixture.h"
#include "scratch.h"

#define SECRET "a secret of more than sixteen"

/* --- a channel ------------------------------------------------------------------------- */

typedef struct
{
  const gchar *name;
  gint busy;                    /* atomic */
  gint inserted, calls;         /* atomic */
  gint gone;                    /* atomic: whoever calls from now on is wrong */
  gulong slow_us;
} Channel;

static AspControlStatus *
channel_status (gpointer user_data)
{
  Channel *c = user_data;
  AspControlStatus *status = asp_control_status_new ();

  g_assert_false (g_atomic_int_get (&c->gone));
  g_atomic_int_inc (&c->calls);
  status->channel->name = g_strdup (c->name);
  status->channel->live = status->channel->has_ads = TRUE;
  status->channel->busy = g_atomic_int_get (&c->busy);
  g_strlcpy (status->channel->stream_id, "st-1GI11DKd3yvJm8eWREJq6Xz", sizeof status->channel->stream_id);
  if (c->slow_us)
    g_usleep (c->slow_us);
  g_assert_false (g_atomic_int_get (&c->gone));
  return status;
}

static gchar *
channel_insert (const AspControlBreak * brk, gpointer user_data, GError ** error)
{
  Channel *c = user_data;

  g_assert_cmpint (brk->duration_90k, ==, 30 * ASP_SECOND_90K);
  g_assert_true (brk->start_pts90k == ASP_NO_TIME);
  g_assert_cmpstr (brk->origin, ==, "api");
  if (!g_atomic_int_compare_and_exchange (&c->busy, FALSE, TRUE)) {
    g_set_error_literal (error, ASP_API_ERROR, ASP_API_CONFLICT, "there is one");
    return NULL;
  }
  g_atomic_int_inc (&c->inserted);
  return g_strdup ("hSi2o1WIVgij");
}

static const AspControlChannel funcs = { .status = channel_status, .insert = channel_insert };

/* --- asking ------------------------------------------------------------------------------ */

static guint16
port_of (AspControl * control)
{
  g_autofree gchar *address = asp_control_dup_address (control);

  return (guint16) g_ascii_strtoull (strrchr (address, ':') + 1, NULL, 10);
}

static Reply *
post_with (guint16 port, const gchar * target, const gchar * fields, const gchar * body)
{
  GSocketConnection *c = dial (port);
  g_autofree gchar *text = g_strdup_printf ("POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%s"
      "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s", target, fields, strlen (body), body);
  Reply *r;

  send_text (c, text);
  r = reply_new (read_to_end (c));
  g_object_unref (c);
  return r;
}

static Reply *
post (AspControl * control, const gchar * target, const gchar * body)
{
  return post_with (port_of (control), target, "", body);
}

/* Takes @r. */
static guint
status_of (Reply * r)
{
  guint status = r->status;

  reply_free (r);
  return status;
}

static Reply *
insert (AspControl * control, const gchar * channel)
{
  g_autofree gchar *body = g_strdup_printf ("{\"channelArn\":\"arn:aws:ivs:us-east-1:000000000000:channel/%s\","
      "\"durationSeconds\":30}", channel);

  return post (control, "/InsertAdBreak", body);
}

static AspControl *
start (const AspConfig * config)
{
  g_autoptr (GError) error = NULL;
  AspControl *control = asp_control_get ("127.0.0.1:0", config, NULL, &error);

  g_assert_no_error (error);
  return control;
}

/* --- tests ---------------------------------------------------------------------------------- */

static void
test_answers (void)
{
  AspControl *control = start (NULL);
  Channel a = { "a" }, b = { "b" };
  g_autoptr (GError) error = NULL;
  guint first = asp_control_add_channel (control, "a", &funcs, &a, &error);
  guint second = asp_control_add_channel (control, "b", &funcs, &b, &error);
  g_autoptr (Reply) listed = post (control, "/ListChannels", "{}");
  g_autoptr (Reply) one = insert (control, "a");
  g_autoptr (Reply) two = insert (control, "a");
  g_autoptr (Reply) none = insert (control, "c");
  g_autoptr (Reply) odd = post (control, "/Nothing", "{}");
  g_autofree gchar *id = NULL;

  g_assert_true (first != 0 && second != 0);
  g_assert_cmpuint (listed->status, ==, 200);
  g_assert_nonnull (strstr ((const gchar *) listed->body, "channel/a"));
  g_assert_nonnull (strstr ((const gchar *) listed->body, "channel/b"));
  g_assert_cmpuint (one->status, ==, 200);
  assert_body (one, "{\"adBreakId\":\"hSi2o1WIVgij\"}");
  id = header_value (one, "x-amzn-requestid");
  g_assert_cmpuint (strlen (id), ==, 36);
  g_assert_cmpuint (two->status, ==, 409);
  g_assert_true (has_header (two, "x-amzn-errortype: conflictexception"));
  g_assert_cmpuint (none->status, ==, 404);
  g_assert_true (has_header (none, "x-amzn-errortype: resourcenotfoundexception"));
  g_assert_cmpuint (odd->status, ==, 404);
  g_assert_true (has_header (odd, "x-amzn-errortype: unknownoperationexception"));
  asp_control_remove_channel (control, first);
  asp_control_remove_channel (control, second);
  asp_control_unref (control);
}

static void
test_names (void)
{
  AspControl *control = start (NULL);
  Channel a = { "a" };
  g_autoptr (GError) taken = NULL;
  g_autoptr (GError) wrong = NULL;
  guint handle = asp_control_add_channel (control, "a", &funcs, &a, NULL);

  g_assert_cmpuint (asp_control_add_channel (control, "a", &funcs, &a, &taken), ==, 0);
  g_assert_error (taken, ASP_API_ERROR, ASP_API_CONFLICT);
  g_assert_cmpuint (asp_control_add_channel (control, "a b", &funcs, &a, &wrong), ==, 0);
  g_assert_error (wrong, ASP_API_ERROR, ASP_API_VALIDATION);
  asp_control_remove_channel (control, handle);
  handle = asp_control_add_channel (control, "a", &funcs, &a, NULL);
  g_assert_cmpuint (handle, !=, 0);
  asp_control_remove_channel (control, handle);
  asp_control_unref (control);
}

/* A port that is free now: two ask for it by its number. */
static gchar *
free_address (void)
{
  AspControl *control = start (NULL);
  gchar *address = asp_control_dup_address (control);

  asp_control_unref (control);
  return address;
}

static void
test_shared (void)
{
  g_autofree gchar *address = free_address ();
  gchar *tokens[] = { (gchar *) SECRET, NULL };
  const AspConfig with_token = { .state = (gchar *) "memory", .bearer_tokens = tokens };
  g_autoptr (GError) error = NULL;
  gboolean other = TRUE;
  AspControl *first = asp_control_get (address, NULL, &other, &error), *same, *another, *again;

  g_assert_no_error (error);
  g_assert_false (other);
  same = asp_control_get (address, NULL, &other, NULL);
  g_assert_true (same == first);
  g_assert_false (other);
  another = asp_control_get (address, &with_token, &other, NULL);
  g_assert_true (another == first);
  g_assert_true (other);
  /* one that has taken over a file is not another one for who comes with it */
  g_assert_true (asp_control_reload (first, &with_token, NULL));
  again = asp_control_get (address, &with_token, &other, NULL);
  g_assert_true (again == first);
  g_assert_false (other);
  asp_control_unref (again);
  asp_control_unref (first);
  asp_control_unref (same);
  g_assert_cmpuint (status_of (post (another, "/ListChannels", "{}")), ==, 403);
  asp_control_unref (another);
  /* the address is free again, and takes another configuration */
  again = asp_control_get (address, &with_token, &other, &error);
  g_assert_no_error (error);
  g_assert_false (other);
  g_assert_cmpuint (status_of (post (again, "/ListChannels", "{}")), ==, 403);
  asp_control_unref (again);
}

static void
test_taken_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree gchar *address = g_strdup_printf ("127.0.0.1:%u", port);
  g_autoptr (GError) error = NULL;

  g_assert_null (asp_control_get (address, NULL, NULL, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, address));
  g_clear_error (&error);
  g_assert_null (asp_control_get ("nonsense", NULL, NULL, &error));
  g_assert_nonnull (error);
}

static void
test_reload (void)
{
  gchar *tokens[] = { (gchar *) SECRET, NULL }, *short_tokens[] = { (gchar *) "short", NULL };
  AspConfigRate rate = { (gchar *) "InsertAdBreak", 0 }, unknown = { (gchar *) "InsertAdBreaks", 0 };
  g_autoptr (GPtrArray) rates = g_ptr_array_new ();
  AspConfig config = { .state = (gchar *) "memory", .bearer_tokens = tokens, .rates = rates };
  AspControl *control = start (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (status_of (post (control, "/ListChannels", "{}")), ==, 200);
  g_ptr_array_add (rates, &rate);
  g_assert_true (asp_control_reload (control, &config, &error));
  g_assert_cmpuint (status_of (post (control, "/ListChannels", "{}")), ==, 403);
  g_assert_cmpuint (status_of (post_with (port_of (control), "/ListChannels", "Authorization: Bearer " SECRET "\r\n", "{}")),
      ==, 200);
  /* what is wrong changes nothing */
  g_ptr_array_add (rates, &unknown);
  g_assert_false (asp_control_reload (control, &config, &error));
  g_assert_nonnull (strstr (error->message, "InsertAdBreaks"));
  g_clear_error (&error);
  g_ptr_array_remove (rates, &unknown);
  config.bearer_tokens = short_tokens;
  g_assert_false (asp_control_reload (control, &config, &error));
  g_assert_null (strstr (error->message, "short"));
  g_assert_cmpuint (status_of (post_with (port_of (control), "/ListChannels", "Authorization: Bearer " SECRET "\r\n", "{}")),
      ==, 200);
  asp_control_unref (control);
}

#define PUT_PLAYBACK "{\"Name\":\"main\",\"AdDecisionServerUrl\":\"https://ads.example/%s\"}"

static void
put_playback (AspControl * control, const gchar * what)
{
  GSocketConnection *c = dial (port_of (control));
  g_autofree gchar *body = g_strdup_printf (PUT_PLAYBACK, what);
  g_autofree gchar *text = g_strdup_printf ("PUT /playbackConfiguration HTTP/1.1\r\nHost: 127.0.0.1\r\n"
      "Connection: close\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s", strlen (body), body);
  g_autoptr (Reply) r = NULL;

  send_text (c, text);
  r = reply_new (read_to_end (c));
  g_assert_cmpuint (r->status, ==, 200);
  g_object_unref (c);
}

/* An ad configuration with post-roll; its name. */
static gchar *
create_configuration (AspControl * control)
{
  g_autoptr (Reply) r = post (control, "/CreateAdConfiguration", "{\"mediaTailorPlaybackConfigurations\":[{"
      "\"playbackConfigurationArn\":\"arn:aws:mediatailor:us-east-1:000000000000:playbackConfiguration/main\"}],"
      "\"postRollConfiguration\":{\"enabled\":true,\"durationSeconds\":20}}");
  const gchar *at = strstr ((const gchar *) r->body, "arn:aws:ivs:");

  g_assert_cmpuint (r->status, ==, 200);
  return g_strndup (at, strcspn (at, "\""));
}

static void
attach (AspControl * control, const gchar * arn)
{
  g_autofree gchar *body = g_strdup_printf ("{\"arn\":\"arn:aws:ivs:us-east-1:000000000000:channel/a\","
      "\"adConfigurationArn\":\"%s\"}", arn);
  g_autoptr (Reply) r = post (control, "/UpdateChannel", body);

  g_assert_cmpuint (r->status, ==, 200);
}

static void
assert_attached (AspControl * control, const gchar * url, guint post_roll)
{
  g_auto (AspApiAttachment) a = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (asp_control_get_attachment (control, "a", &a, &error), ==, url != NULL);
  g_assert_no_error (error);
  g_assert_cmpstr (a.ads_url, ==, url);
  g_assert_cmpuint (a.post_roll_seconds, ==, post_roll);
}

static void
test_attachment (void)
{
  AspControl *control = start (NULL);
  Channel a = { "a" };
  guint handle = asp_control_add_channel (control, "a", &funcs, &a, NULL);
  g_autofree gchar *arn = NULL;

  assert_attached (control, NULL, 0);
  put_playback (control, "one");
  arn = create_configuration (control);
  attach (control, arn);
  assert_attached (control, "https://ads.example/one", 20);
  assert_attached (control, "https://ads.example/one", 20);
  put_playback (control, "two");
  assert_attached (control, "https://ads.example/two", 20);
  attach (control, "");
  assert_attached (control, NULL, 0);
  asp_control_remove_channel (control, handle);
  asp_control_unref (control);
}

static void
test_state_lasts (void)
{
  g_autofree gchar *folder = scratch_folder_new ("control");
  g_autofree gchar *state = g_build_filename (folder, "below", "state.db", NULL);
  const AspConfig config = { .state = state };
  AspControl *control = start (&config), *clash;
  Channel a = { "a" };
  g_autoptr (GError) error = NULL;
  g_autofree gchar *arn = NULL;

  asp_control_add_channel (control, "a", &funcs, &a, NULL);
  put_playback (control, "kept");
  arn = create_configuration (control);
  attach (control, arn);
  /* two servers of one process do not write into one file */
  clash = asp_control_get ("127.0.0.1:0", &config, NULL, &error);
  g_assert_null (clash);
  g_assert_error (error, ASP_API_ERROR, ASP_API_CONFLICT);
  asp_control_unref (control);
  control = start (&config);
  assert_attached (control, "https://ads.example/kept", 20);
  asp_control_unref (control);
}

static gpointer
ask_for_list (gpointer data)
{
  g_autoptr (Reply) r = post (data, "/ListChannels", "{}");

  g_assert_cmpuint (r->status, ==, 200);
  return NULL;
}

/* Behind remove it is not called, though calls were on their way. */
static void
test_removed (void)
{
  AspControl *control = start (NULL);

  for (guint round = 0; round < 5; round++) {
    Channel a = { "a", .slow_us = 20000 };
    guint handle = asp_control_add_channel (control, "a", &funcs, &a, NULL);
    GThread *threads[4];

    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
      threads[i] = g_thread_new ("ask", ask_for_list, control);
    while (g_atomic_int_get (&a.calls) == 0)
      g_usleep (1000);
    asp_control_remove_channel (control, handle);
    g_atomic_int_set (&a.gone, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
      g_thread_join (threads[i]);
  }
  asp_control_unref (control);
}

static gpointer
get_and_leave (gpointer data)
{
  for (guint i = 0; i < 20; i++) {
    g_autoptr (GError) error = NULL;
    AspControl *control = asp_control_get (data, NULL, NULL, &error);

    g_assert_no_error (error);
    asp_control_unref (control);
  }
  return NULL;
}

/* Coming and going at one address: nobody finds it half started or half stopped. */
static void
test_come_and_go (void)
{
  g_autofree gchar *address = free_address ();
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("come", get_and_leave, address);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* Where viewers find a channel that says nothing of it itself. */
static void
test_playback_url (void)
{
  const AspConfig config = { .state = (gchar *) "memory", .playback_prefix = (gchar *) "https://live.example.com" };
  AspControl *control = start (&config);
  Channel a = { "a" };
  guint handle = asp_control_add_channel (control, "a", &funcs, &a, NULL);
  g_autoptr (Reply) r = post (control, "/GetChannel", "{\"arn\":\"arn:aws:ivs:us-east-1:000000000000:channel/a\"}");

  g_assert_cmpuint (r->status, ==, 200);
  g_assert_nonnull (strstr ((const gchar *) r->body, "\"playbackUrl\":\"https://live.example.com/a/master.m3u8\""));
  asp_control_remove_channel (control, handle);
  asp_control_unref (control);
}

/* --- events --------------------------------------------------------------------------------- */

typedef struct
{
  GMutex lock;
  GPtrArray *bodies;            /* lock */
} Receiver;

static void
receive (const AspHttpRequest * r, AspHttpReply * reply, gpointer user_data)
{
  Receiver *receiver = user_data;

  g_mutex_lock (&receiver->lock);
  g_ptr_array_add (receiver->bodies, g_strndup (r->body, r->body_size));
  g_mutex_unlock (&receiver->lock);
  asp_http_reply_status (reply, 204);
}

static guint
n_received (Receiver * receiver)
{
  guint n;

  g_mutex_lock (&receiver->lock);
  n = receiver->bodies->len;
  g_mutex_unlock (&receiver->lock);
  return n;
}

/* Events are numbered, and a configured hook gets each, in order; its host may be this machine. */
static void
test_hook (void)
{
  Receiver receiver = { .bodies = g_ptr_array_new_with_free_func (g_free) };
  AspHttpServer *server = asp_http_server_new (NULL);
  g_autoptr (GPtrArray) hooks = g_ptr_array_new ();
  g_autofree gchar *url = NULL;
  AspConfigHook hook = { .name = (gchar *) "h" };
  AspConfig config = { .state = (gchar *) "memory" };
  gint64 until = g_get_monotonic_time () + 10 * G_USEC_PER_SEC * PATIENCE;
  AspControl *control;

  asp_http_server_set_writable (server, 65536);
  asp_http_server_add_handler (server, "/hook", NULL, receive, &receiver);
  g_assert_true (asp_http_server_start (server, "127.0.0.1:0", NULL));
  url = g_strdup_printf ("http://127.0.0.1:%u/hook", server_port (server));
  hook.url = url;
  g_ptr_array_add (hooks, &hook);
  control = start (&config);
  /* it comes by a reload, as one more may */
  config.hooks = hooks;
  g_assert_true (asp_control_reload (control, &config, NULL));
  for (guint i = 1; i <= 3; i++) {
    AspEvent *event = asp_event_new (ASP_EVENT_BREAK_INSERTED, "a", "hSi2o1WIVgij", g_get_real_time ());

    event->duration_90k = i * ASP_SECOND_90K;
    g_assert_cmpuint (asp_control_add_event (control, event), ==, i);
  }
  while (n_received (&receiver) < 3) {
    g_assert_cmpint (g_get_monotonic_time (), <, until);
    g_usleep (10000);
  }
  asp_control_unref (control);
  asp_http_server_free (server);
  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *wanted = g_strdup_printf ("\"duration_seconds\":%u", i + 1);
    const gchar *body = g_ptr_array_index (receiver.bodies, i);

    g_assert_nonnull (strstr (body, "IVS Ad Break State Change"));
    g_assert_nonnull (strstr (body, "Ad Break Inserted"));
    g_assert_nonnull (strstr (body, wanted));
  }
  g_ptr_array_unref (receiver.bodies);
}

/* @path with these fields of the head. */
static Reply *
get_with (AspControl * control, const gchar * path, const gchar * fields)
{
  g_autofree gchar *text = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%s\r\n", path,
      fields);
  GSocketConnection *c = dial (port_of (control));
  Reply *r;

  send_text (c, text);
  r = reply_new (read_to_end (c));
  g_object_unref (c);
  return r;
}

/* What was open when a process was killed is over in the next one, once. */
static void
test_interrupted (void)
{
  g_autofree gchar *folder = scratch_folder_new ("control");
  g_autofree gchar *state = g_build_filename (folder, "state.db", NULL);
  const AspConfig config = { .state = state };
  AspControl *control = start (&config);

  asp_control_add_event (control, asp_event_new (ASP_EVENT_BREAK_INSERTED, "a", "hSi2o1WIVgij", 1));
  asp_control_add_event (control, asp_event_new (ASP_EVENT_BREAK_STARTED, "a", "hSi2o1WIVgij", 2));
  asp_control_unref (control);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (Reply) r = NULL;

    control = start (&config);
    g_assert_cmpuint (asp_control_add_event (control, asp_event_new (ASP_EVENT_STREAM_START, "b", NULL, 3)), ==, i ? 6 : 4);
    asp_control_add_event (control, asp_event_new (ASP_EVENT_STREAM_END, "b", NULL, 3));
    r = post_with (port_of (control), "/v1/events", "", "");
    g_assert_cmpuint (r->status, ==, 405);
    reply_free (g_steal_pointer (&r));
    r = get_with (control, "/v1/events?channel=a&since=2&wait=5", "");
    g_assert_cmpuint (r->status, ==, 200);
    g_assert_nonnull (strstr ((const gchar *) r->body, "\"reason\":\"interrupted\""));
    asp_control_unref (control);
  }
}

/* Health and the page's text are for everybody, all else of /v1 for who may call. */
static void
test_who_may (void)
{
  static const struct
  {
    const gchar *path;
    guint status;
  } paths[] = { {"/healthz", 200}, {"/", 200}, {"/v1/events", 401}, {"/v1/channels", 401}, {"/metrics", 401},
    {"/v1/events/stream", 401}
  };
  gchar *tokens[] = { (gchar *) SECRET, NULL };
  const AspConfig config = { .state = (gchar *) "memory", .bearer_tokens = tokens };
  AspControl *control = start (&config);

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    g_assert_cmpuint (status_of (get_with (control, paths[i].path, "")), ==, paths[i].status);
  g_assert_cmpuint (status_of (get_with (control, "/v1/events", "Authorization: Bearer " SECRET "\r\n")), ==, 200);
  asp_control_unref (control);
}

/* One who listens is told, and the server stops all the same. */
static void
test_listener (void)
{
  AspControl *control = start (NULL);
  GSocketConnection *c = dial (port_of (control));
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (c));
  g_autoptr (GString) all = g_string_new (NULL);
  gchar piece[1024];
  gssize n = 1;

  send_text (c, "GET /v1/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  for (guint i = 0; n > 0 && !strstr (all->str, "hSi2o1WIVgij"); i++) {
    n = g_input_stream_read (in, piece, sizeof piece, NULL, NULL);
    g_string_append_len (all, piece, n);
    if (i == 0)
      asp_control_add_event (control, asp_event_new (ASP_EVENT_BREAK_INSERTED, "a", "hSi2o1WIVgij", 1));
  }
  g_assert_nonnull (strstr (all->str, "id: 1\n"));
  asp_control_unref (control);
  while ((n = g_input_stream_read (in, piece, sizeof piece, NULL, NULL)) > 0);
  g_object_unref (c);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control/answers", test_answers);
  g_test_add_func ("/control/names", test_names);
  g_test_add_func ("/control/shared", test_shared);
  g_test_add_func ("/control/taken-port", test_taken_port);
  g_test_add_func ("/control/reload", test_reload);
  g_test_add_func ("/control/attachment", test_attachment);
  g_test_add_func ("/control/state-lasts", test_state_lasts);
  g_test_add_func ("/control/removed", test_removed);
  g_test_add_func ("/control/playback-url", test_playback_url);
  g_test_add_func ("/control/hook", test_hook);
  g_test_add_func ("/control/interrupted", test_interrupted);
  g_test_add_func ("/control/who-may", test_who_may);
  g_test_add_func ("/control/listener", test_listener);
  g_test_add_func ("/control/come-and-go", test_come_and_go);
  return g_test_run ();
}
