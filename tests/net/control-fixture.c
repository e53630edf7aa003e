/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "control-fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#define WAIT_MS 10000
#define CALL_MS (10000 * PATIENCE)

/* --- a channel that is controlled ------------------------------------------------------ */

gchar *
control_base (GstElement * bin, const gchar * scheme)
{
  g_autofree gchar *address = NULL;

  g_object_get (bin, "control", &address, NULL);
  g_assert_false (g_str_has_suffix (address, ":0"));
  return g_strconcat (scheme, "://", address, NULL);
}

gchar *
control_write_config (const gchar * folder, const gchar * text)
{
  gchar *path = g_build_filename (folder, "adsplice.conf", NULL);

  g_assert_true (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  return path;
}

void
control_init (Control * c, const Way * way, const gchar * config)
{
  g_autofree gchar *path = NULL;

  memset (c, 0, sizeof *c);
  bench_init (&c->bench, way, 0);
  if (config)
    path = control_write_config (c->bench.folder, config);
  g_object_set (c->bench.bin, "channel", "one", "control", "127.0.0.1:0", "config", path, "lead-time",
      (guint64) 2 * GST_SECOND, NULL);
  c->bench.f[0] = fixture_new_pair (way, c->bench.bin, 0);
  c->base = control_base (c->bench.bin, "http");
  c->client = client_new ("127.0.0.1");
}

void
control_clear (Control * c)
{
  bench_clear (&c->bench);
  asp_http_client_free (c->client);
  g_free (c->base);
}

/* @text: (out) (nullable): the answer's body */
guint
control_call (Control * c, const gchar * method, const gchar * target, const gchar * body, gchar ** text)
{
  g_autofree gchar *url = g_strconcat (c->base, target, NULL);
  g_autoptr (GBytes) bytes = body ? g_bytes_new (body, strlen (body)) : NULL;
  AspHttpCall http = { .url = url, .method = method, .body = bytes, .body_type = "application/json",
    .connect_timeout_ms = CALL_MS, .idle_timeout_ms = CALL_MS, .total_timeout_ms = CALL_MS
  };
  g_autoptr (Fetched) f = fetch (c->client, &http);

  g_assert_cmpint (f->error, ==, -1);
  if (text)
    *text = f->body ? fetched_text (f) : g_strdup ("");
  return f->status;
}

guint
control_insert (Control * c, guint seconds, gchar ** id)
{
  g_autofree gchar *body = g_strdup_printf ("{\"channelArn\":\"" ARN "one\",\"durationSeconds\":%u}", seconds);
  g_autofree gchar *text = NULL;
  guint status = control_call (c, "POST", "/InsertAdBreak", body, &text);

  if (id && status == 200)
    *id = g_strndup (text + strlen ("{\"adBreakId\":\""), 12);
  return status;
}

static guint
stream_status (Control * c)
{
  return control_call (c, "POST", "/GetStream", "{\"channelArn\":\"" ARN "one\"}", NULL);
}

void
control_wait_for_stream (Control * c, guint wanted)
{
  gint64 until = now_ms () + WAIT_MS * PATIENCE;

  while (stream_status (c) != wanted) {
    g_assert_cmpint (now_ms (), <, until);
    g_usleep (20000);
  }
}

/* Up to the picture @frame of the network. */
void
control_feed_to (Control * c, gsize * at, guint frame)
{
  gsize to = frame < 300 ? reading_offset_of (c->bench.ts, 1, frame) : c->bench.ts->len;

  fixture_feed_part (c->bench.f[0], c->bench.ts, *at, to);
  *at = to;
}

void
control_feed_rest (Control * c, gsize at)
{
  control_feed_to (c, &at, 300);
  fixture_eos (c->bench.f[0]);
}

/* Numbers of events that messages carry: each once, and rising. */
void
control_assert_numbered (Control * c, guint at_least)
{
  guint64 number, last = 0;
  guint n = 0;

  bench_take_messages (&c->bench);
  for (guint i = 0; i < c->bench.messages->len; i++) {
    const GstStructure *s = g_ptr_array_index (c->bench.messages, i);

    if (!gst_structure_get_uint64 (s, "event-number", &number))
      continue;
    g_assert_cmpuint (number, >, last);
    last = number;
    n++;
  }
  g_assert_cmpuint (n, >=, at_least);
}

/* --- an ad server ------------------------------------------------------------------------- */

static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static void
write_media (AdServerRun * a, const gchar * name, guint source, guint frames)
{
  g_autoptr (GByteArray) ts = media_make_creative (source, frames);
  g_autofree gchar *path = g_build_filename (a->media, name, NULL);

  g_assert_true (g_file_set_contents (path, (const gchar *) ts->data, (gssize) ts->len, NULL));
}

/* Three seconds of source 7 and two of source 8. */
void
ad_server_start (AdServerRun * a, const gchar * program)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree gchar *line = NULL;

  a->media = scratch_folder_new ("media");
  a->store = scratch_folder_new ("store");
  write_media (a, "rice-3s.ts", 7, 75);
  write_media (a, "salt-2s.ts", 8, 50);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  a->process = g_subprocess_launcher_spawn (launcher, &error, program, "--listen", "127.0.0.1:0",
      "--media", a->media, NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (a->process));
  line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
  g_assert_true (line && g_str_has_prefix (line, "ads at http://"));
  *strstr (line, "/vast") = '\0';
  a->base = g_strdup (line + strlen ("ads at "));
}

void
ad_server_clear (AdServerRun * a)
{
  g_subprocess_send_signal (a->process, SIGTERM);
  g_assert_true (g_subprocess_wait_check (a->process, NULL, NULL));
  g_object_unref (a->process);
  g_free (a->media);
  g_free (a->store);
  g_free (a->base);
}

gchar *
ad_server_seen (Control * c, const AdServerRun * a)
{
  g_autofree gchar *url = g_strconcat (a->base, "/requests", NULL);
  AspHttpCall http = { .url = url };
  g_autoptr (Fetched) f = fetch (c->client, &http);

  return fetched_text (f);
}

