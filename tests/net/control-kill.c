/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kill -9 of a process with two live channels, a control server, state in SQLite and a hook, at
 * random moments: during calls, breaks and deliveries, and while it starts.
 *
 *   control-kill [ROUNDS [SEED]]
 *
 * After each restart no configuration that was acknowledged is lost, the log of events is what it
 * was, without a gap and nothing twice, and the channel is on content; at the end the hook has got
 * each event at least once, in order. Exit code 0 or 1, 77 when it cannot be tried here.
 */
#include <asp-http-server.h>
#include <asp-json-reader.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <signal.h>
#include <string.h>

#include "../unit/splice-media.h"
#include "kill-model.h"
#include "scratch.h"

#define NETWORK_SECONDS 120
#define START_MAX_US (20 * G_USEC_PER_SEC)
#define ACTIVE_MAX_MS 2500
#define POLL_US 20000
#define CONTENT_PICTURES 10     /* looked at after each start */
#define EVENTS_PAGE 500
#define HOOK_PATIENCE_US (90 * G_USEC_PER_SEC)
#define CALL_TIMEOUT_S 10

typedef struct
{
  gchar *folder, *live, *ad, *out, *config;
  guint16 port;
  GSubprocess *process;
  GRand *random;
  KillModel *model;
  AspHttpServer *hook;
  gint stop;                    /* atomic: callers end */

  GMutex lock;                  /* of what the hook has got */
  GHashTable *delivered;        /* numbers */
  gint64 highest;
  guint deliveries, refused, out_of_order;
  gboolean kind;                /* it refuses nothing any more */
} Campaign;

/* --- the hook ---------------------------------------------------------------------------- */

/* Takes most of what comes; a number that is new is the next one. */
static void
on_hook (const AspHttpRequest * r, AspHttpReply * reply, gpointer user_data)
{
  Campaign *k = user_data;
  g_autoptr (AspJson) json = asp_json_parse (r->body, r->body_size, NULL);
  gint64 number = 0;
  gboolean take;

  asp_json_integer (asp_json_member (asp_json_member (json, "detail"), "number"), &number);
  g_mutex_lock (&k->lock);
  k->deliveries++;
  take = k->kind || g_random_int_range (0, 10) > 0;
  if (number < 1 || number > k->highest + 1)
    k->out_of_order++;
  if (take) {
    g_hash_table_add (k->delivered, GSIZE_TO_POINTER ((gsize) number));
    k->highest = MAX (k->highest, number);
  } else {
    k->refused++;
  }
  g_mutex_unlock (&k->lock);
  asp_http_reply_status (reply, take ? 200 : 500);
}

static guint16
port_of (AspHttpServer * server)
{
  g_autofree gchar *address = asp_http_server_dup_address (server);

  return (guint16) g_ascii_strtoull (strrchr (address, ':') + 1, NULL, 10);
}

/* One that nobody has now. */
static guint16
free_port (void)
{
  AspHttpServer *server = asp_http_server_new (NULL);
  guint16 port;

  g_assert_true (asp_http_server_start (server, "127.0.0.1:0", NULL));
  port = port_of (server);
  asp_http_server_free (server);
  return port;
}

/* --- the process --------------------------------------------------------------------------- */

static void
make_files (Campaign * k)
{
  SpliceMediaSpec spec;
  GByteArray *ts;
  g_autofree gchar *state = NULL, *text = NULL;

  k->folder = scratch_folder_new ("kill");
  k->live = g_build_filename (k->folder, "live.ts", NULL);
  k->ad = g_build_filename (k->folder, "ad.ts", NULL);
  k->out = g_build_filename (k->folder, "out.ts", NULL);
  k->config = g_build_filename (k->folder, "adsplice.conf", NULL);
  splice_media_spec_init (&spec, 1, NETWORK_SECONDS * 25);
  spec.video_bytes = 60;
  spec.packets_per_s = 400;
  spec.nulls = TRUE;
  ts = splice_media_make (&spec);
  g_assert_true (g_file_set_contents (k->live, (const gchar *) ts->data, ts->len, NULL));
  g_byte_array_unref (ts);
  splice_media_spec_init (&spec, 2, 25);
  spec.video_bytes = 60;
  ts = splice_media_make (&spec);
  g_assert_true (g_file_set_contents (k->ad, (const gchar *) ts->data, ts->len, NULL));
  g_byte_array_unref (ts);
  state = g_build_filename (k->folder, "state.db", NULL);
  text = g_strdup_printf ("[control]\n"
      "rates=InsertAdBreak:0;CreateAdConfiguration:0;GetAdConfiguration:0;ListAdConfigurations:0;DeleteAdConfiguration:0\n"
      "[state]\npath=%s\n[ads]\nallowed-networks=127.0.0.0/8\n[hook test]\nurl=http://127.0.0.1:%u/hook\n", state,
      port_of (k->hook));
  g_assert_true (g_file_set_contents_full (k->config, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void
spawn (Campaign * k)
{
  g_autofree gchar *control = g_strdup_printf ("control=127.0.0.1:%u", k->port);
  g_autofree gchar *config = g_strconcat ("config=", k->config, NULL), *live = g_strconcat ("location=", k->live, NULL);
  g_autofree gchar *out = g_strconcat ("location=", k->out, NULL), *ad = g_strconcat ("creative-uris=", k->ad, NULL);
  const gchar *const words[] = { "gst-launch-1.0", "-q",
    "filesrc", live, "blocksize=1316", "!", "tsparse", "set-timestamps=true", "!", "identity", "sync=true", "!",
    "adsplicebin", "channel=one", control, config, ad, "lead-time=300000000", "!",
    "filesink", out, "buffer-mode=unbuffered",
    "filesrc", live, "blocksize=1316", "!", "tsparse", "set-timestamps=true", "!", "identity", "sync=true", "!",
    "adsplicebin", "channel=two", control, config, ad, "!", "fakesink", NULL
  };
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_setenv (launcher, "XDG_CACHE_HOME", k->folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_STATE_HOME", k->folder, TRUE);
  g_remove (k->out);
  k->process = g_subprocess_launcher_spawnv (launcher, words, &error);
  if (!k->process)
    g_error ("control-kill: %s", error->message);
}

static void
kill_it (Campaign * k)
{
  g_subprocess_send_signal (k->process, SIGKILL);
  g_subprocess_wait (k->process, NULL, NULL);
  g_clear_object (&k->process);
}

/* --- calls --------------------------------------------------------------------------------- */

/* NULL: there was no answer, and nobody knows what came of it. (transfer full) */
static gchar *
call (Campaign * k, const gchar * method, const gchar * target, const gchar * body, guint * status)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) c = NULL;
  g_autofree gchar *text = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
      "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s", method, target, strlen (body), body);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  guint8 piece[16384];
  const gchar *end;
  gssize n;

  *status = 0;
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, CALL_TIMEOUT_S);
  c = g_socket_client_connect_to_host (client, "127.0.0.1", k->port, NULL, NULL);
  if (!c || !g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (c)), text, strlen (text), NULL, NULL,
          NULL))
    return NULL;
  while ((n = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (c)), piece, sizeof piece, NULL, NULL)) > 0)
    g_byte_array_append (all, piece, (guint) n);
  g_byte_array_append (all, (const guint8 *) "", 1);
  end = strstr ((const gchar *) all->data, "\r\n\r\n");
  if (!end || !g_str_has_prefix ((const gchar *) all->data, "HTTP/1.1 "))
    return NULL;
  *status = (guint) g_ascii_strtoull ((const gchar *) all->data + 9, NULL, 10);
  return g_strdup (end + 4);
}

static gchar *
model_call (const gchar * method, const gchar * target, const gchar * body, guint * status, gpointer user_data)
{
  return call (user_data, method, target, body, status);
}

static gpointer
run_configurer (gpointer data)
{
  Campaign *k = data;

  while (!g_atomic_int_get (&k->stop))
    if (!kill_model_step (k->model))
      break;
  return NULL;
}

/* One after the other, as fast as the channel takes them; what is refused is so because one is there. */
static gpointer
run_inserter (gpointer data)
{
  Campaign *k = data;

  while (!g_atomic_int_get (&k->stop)) {
    guint status;
    g_autofree gchar *said = call (k, "POST", "/InsertAdBreak",
        "{\"channelArn\":\"arn:aws:ivs:us-east-1:000000000000:channel/one\",\"durationSeconds\":1}", &status);

    if (!said)
      break;
    kill_model_note_insert (k->model, status);
    g_usleep ((gulong) g_random_int_range (1000, 50000));
  }
  return NULL;
}

/* --- after a start -------------------------------------------------------------------------- */

static void
wait_for_start (Campaign * k)
{
  gint64 start_us = g_get_monotonic_time ();

  for (;;) {
    guint status;
    g_autofree gchar *said = call (k, "POST", "/GetStream",
        "{\"channelArn\":\"arn:aws:ivs:us-east-1:000000000000:channel/one\"}", &status);

    if (status == 200)
      break;
    if (!g_subprocess_get_identifier (k->process) || g_get_monotonic_time () - start_us > START_MAX_US)
      g_error ("control-kill: the process does not come back: %s", said ? said : "no answer");
    g_usleep (POLL_US);
  }
  kill_model_note_start (k->model, g_get_monotonic_time () - start_us);
}

static void
check_events (Campaign * k)
{
  guint64 next = 0, end = 1;

  while (next < end) {
    g_autofree gchar *target = g_strdup_printf ("/v1/events?since=%" G_GUINT64_FORMAT "&limit=%d", next, EVENTS_PAGE);
    guint status;
    g_autofree gchar *said = call (k, "GET", target, "", &status);
    g_autoptr (AspJson) json = said ? asp_json_parse (said, strlen (said), NULL) : NULL;
    gint64 number;

    if (status != 200 || !json) {
      kill_model_complain (k->model, "the log of events is answered with %u: %s", status, said ? said : "nothing");
      return;
    }
    kill_model_check_events (k->model, asp_json_member (json, "events"), next);
    if (!asp_json_integer (asp_json_member (json, "next"), &number) || (guint64) number < next)
      number = (gint64) next;
    end = (guint64) number == next ? next : G_MAXUINT64;
    next = (guint64) number;
  }
}

/* Nobody has called for a break since the start. */
static void
check_content (Campaign * k)
{
  gint64 end_us = g_get_monotonic_time () + START_MAX_US;
  guint pictures = 0;

  while (pictures < CONTENT_PICTURES && g_get_monotonic_time () < end_us) {
    g_autofree gchar *data = NULL;
    gsize size = 0;

    g_file_get_contents (k->out, &data, &size, NULL);
    size -= size % 188;
    pictures = 0;
    if (size > 0) {
      g_autoptr (SpliceContent) content = splice_content_read ((const guint8 *) data, size, 0x100, 0x110);

      pictures = content->video->len;
      for (guint i = 0; i < pictures; i++)
        if (g_array_index (content->video, SpliceUnit, i).source != 1)
          kill_model_complain (k->model, "picture %u after the start is not the network's", i);
    }
    if (pictures < CONTENT_PICTURES)
      g_usleep (POLL_US);
  }
  if (pictures < CONTENT_PICTURES)
    kill_model_complain (k->model, "only %u pictures come out after the start", pictures);
}

static void
check (Campaign * k)
{
  wait_for_start (k);
  check_content (k);
  kill_model_check_configurations (k->model);
  check_events (k);
}

/* --- the campaign ------------------------------------------------------------------------------ */

static void
run_round (Campaign * k)
{
  GThread *threads[2];

  spawn (k);
  /* now and then before it can say a word */
  if (g_rand_int_range (k->random, 0, 8) == 0) {
    g_usleep ((gulong) g_rand_int_range (k->random, 0, 600) * 1000);
    kill_it (k);
    return;
  }
  check (k);
  g_atomic_int_set (&k->stop, FALSE);
  threads[0] = g_thread_new ("configurer", run_configurer, k);
  threads[1] = g_thread_new ("inserter", run_inserter, k);
  g_usleep ((gulong) g_rand_int_range (k->random, 10, ACTIVE_MAX_MS) * 1000);
  /* while they call */
  kill_it (k);
  g_atomic_int_set (&k->stop, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static gboolean
hook_has_all (Campaign * k, guint64 last)
{
  guint64 missing = 0;

  g_mutex_lock (&k->lock);
  for (guint64 i = 1; i <= last && !missing; i++)
    if (!g_hash_table_contains (k->delivered, GSIZE_TO_POINTER ((gsize) i)))
      missing = i;
  g_mutex_unlock (&k->lock);
  return missing == 0;
}

static void
finish (Campaign * k)
{
  gint64 end_us = g_get_monotonic_time () + HOOK_PATIENCE_US;

  g_mutex_lock (&k->lock);
  k->kind = TRUE;
  g_mutex_unlock (&k->lock);
  spawn (k);
  check (k);
  while (!hook_has_all (k, kill_model_last_event (k->model)) && g_get_monotonic_time () < end_us)
    g_usleep (POLL_US);
  if (!hook_has_all (k, kill_model_last_event (k->model)))
    kill_model_complain (k->model, "the hook has not got every event");
  kill_it (k);
  if (k->out_of_order > 0)
    kill_model_complain (k->model, "%u deliveries were out of order", k->out_of_order);
}

static gboolean
can_be_tried (void)
{
  g_autofree gchar *program = g_find_program_in_path ("gst-launch-1.0");
  GstElement *bin = gst_element_factory_make ("adsplicebin", NULL);
  gboolean ok = program && bin && g_object_class_find_property (G_OBJECT_GET_CLASS (bin), "control") &&
      g_object_class_find_property (G_OBJECT_GET_CLASS (bin), "config");

  if (bin)
    gst_object_unref (gst_object_ref_sink (bin));
  return ok;
}

int
main (int argc, char **argv)
{
  Campaign k = { NULL };
  guint rounds, seed;
  gboolean ok;

  gst_init (&argc, &argv);
  rounds = argc > 1 ? (guint) g_ascii_strtoull (argv[1], NULL, 10) : 6;
  seed = argc > 2 ? (guint) g_ascii_strtoull (argv[2], NULL, 10) : g_random_int ();
  if (!can_be_tried ()) {
    g_print ("SKIP: no gst-launch-1.0, or no adsplicebin with a control server\n");
    return 77;
  }
  g_print ("%u rounds, seed %u\n", rounds, seed);
  g_mutex_init (&k.lock);
  k.delivered = g_hash_table_new (NULL, NULL);
  k.random = g_rand_new_with_seed (seed);
  k.port = free_port ();
  k.hook = asp_http_server_new (NULL);
  asp_http_server_set_writable (k.hook, 64 * 1024);
  asp_http_server_add_handler (k.hook, "/hook", NULL, on_hook, &k);
  g_assert_true (asp_http_server_start (k.hook, "127.0.0.1:0", NULL));
  make_files (&k);
  k.model = kill_model_new (seed, model_call, &k);
  for (guint i = 0; i < rounds; i++)
    run_round (&k);
  finish (&k);
  asp_http_server_free (k.hook);
  g_print ("the hook: %u deliveries of %u events, %u refused by it\n", k.deliveries, g_hash_table_size (k.delivered),
      k.refused);
  ok = kill_model_report (k.model);
  kill_model_free (k.model);
  g_hash_table_unref (k.delivered);
  g_rand_free (k.random);
  g_mutex_clear (&k.lock);
  g_free (k.live);
  g_free (k.ad);
  g_free (k.out);
  g_free (k.config);
  g_free (k.folder);
  return ok ? 0 : 1;
}
