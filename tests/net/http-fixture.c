/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "http-fixture.h"
#include "scratch.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENT_TIMEOUT_S (PATIENCE * 10)

void
put_file (const gchar * folder, const gchar * name, const gchar * text)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

guint8
big_byte (gsize i)
{
  return (guint8) (i * 31 + (i >> 12));
}

void
put_big_file (const gchar * folder, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  g_autofree guint8 *data = g_malloc (BIG_BYTES);

  for (gsize i = 0; i < BIG_BYTES; i++)
    data[i] = big_byte (i);
  g_assert_true (g_file_set_contents (path, (gchar *) data, BIG_BYTES, NULL));
}

void
remove_tree (const gchar * path)
{
  GDir *dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  if (dir)
    g_dir_close (dir);
  g_remove (path);
}

guint16
server_port (AspHttpServer * server)
{
  g_autofree gchar *address = asp_http_server_dup_address (server);

  g_assert_nonnull (address);
  return (guint16) g_ascii_strtoull (strrchr (address, ':') + 1, NULL, 10);
}

void
setup_with (Fixture * f, const AspHttpLimits * limits)
{
  const AspHttpFolder options = { 1, 3600 };
  g_autoptr (GBytes) page = g_bytes_new_static ("<p>page</p>", 11);
  g_autofree gchar *media = NULL;

  f->top = scratch_folder_new ("net");
  f->folder = g_build_filename (f->top, "out", NULL);
  g_assert_cmpint (g_mkdir (f->folder, 0755), ==, 0);
  put_file (f->top, "secret.ts", "secret");
  media = g_build_filename (f->folder, "m", NULL);
  g_assert_cmpint (g_mkdir (media, 0755), ==, 0);
  put_file (f->folder, "playlist.m3u8", "#EXTM3U\n");
  put_file (f->folder, "m/a.ts", "0123456789");
  put_file (f->folder, "empty.ts", "");
  put_file (f->folder, ".hidden.ts", "secret");
  put_file (f->folder, "m/.a.ts.part", "secret");
  put_file (f->folder, "notes.timeline", "secret");
  put_big_file (f->folder, "m/big.ts");
  f->server = asp_http_server_new (limits);
  asp_http_server_add_folder (f->server, "/live/", f->folder, &options);
  asp_http_server_add_bytes (f->server, "/", "text/html; charset=utf-8", page);
  g_assert_true (asp_http_server_start (f->server, "127.0.0.1:0", NULL));
  f->port = server_port (f->server);
  g_assert_cmpuint (f->port, !=, 0);
}

void
setup (Fixture * f, gconstpointer data)
{
  setup_with (f, data);
}

void
teardown (Fixture * f, gconstpointer data)
{
  asp_http_server_free (f->server);
  remove_tree (f->top);
  g_free (f->folder);
  g_free (f->top);
}

/* -- the client -- */

GSocketConnection *
dial (guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  GSocketConnection *c;

  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, CLIENT_TIMEOUT_S);
  c = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, NULL);
  g_assert_nonnull (c);
  return c;
}

/* FALSE when the server has hung up: it may do so before all is sent. */
gboolean
send_text (GSocketConnection * c, const gchar * text)
{
  return g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (c)), text,
      strlen (text), NULL, NULL, NULL);
}

/* Everything until the server closes. A timeout of the client's own fails the test. */
GByteArray *
read_to_end (GSocketConnection * c)
{
  GByteArray *all = g_byte_array_new ();
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (c));
  guint8 piece[65536];
  gssize n;
  g_autoptr (GError) error = NULL;

  while ((n = g_input_stream_read (in, piece, sizeof piece, NULL, &error)) > 0)
    g_byte_array_append (all, piece, (guint) n);
  g_assert_false (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  /* a NUL behind the end, so that it can be read as text */
  g_byte_array_append (all, (const guint8 *) "", 1);
  g_byte_array_set_size (all, all->len - 1);
  return all;
}

Reply *
reply_new (GByteArray * all)
{
  Reply *r = g_new0 (Reply, 1);
  const gchar *end;
  g_autofree gchar *head = NULL;

  r->all = all;
  end = g_strstr_len ((gchar *) all->data, all->len, "\r\n\r\n");
  if (!end)
    return r;
  head = g_strndup ((gchar *) all->data, (gsize) (end + 2 - (gchar *) all->data));
  r->head = g_ascii_strdown (head, -1);
  g_assert_true (g_str_has_prefix (r->head, "http/1."));
  r->status = (guint) atoi (r->head + 9);
  r->body = (const guint8 *) end + 4;
  r->body_size = all->len - (gsize) (r->body - all->data);
  return r;
}

void
reply_free (Reply * r)
{
  g_free (r->head);
  g_byte_array_unref (r->all);
  g_free (r);
}

/* Length of head and body, or 0 when the head is not all there. */
static gsize
reply_size (const gchar * text, gsize n)
{
  const gchar *end = g_strstr_len (text, (gssize) n, "\r\n\r\n");
  g_autofree gchar *head = end ? g_strndup (text, (gsize) (end - text)) : NULL;
  g_autofree gchar *lower = head ? g_ascii_strdown (head, -1) : NULL;
  const gchar *length;

  if (!end)
    return 0;
  length = strstr (lower, "\r\ncontent-length: ");
  return (gsize) (end + 4 - text) +
      (length && !strstr (lower, " 304 ") ? (gsize) atoi (length + 18) : 0);
}

Reply *
read_reply (GSocketConnection * c)
{
  GByteArray *all = g_byte_array_new ();
  int fd = g_socket_get_fd (g_socket_connection_get_socket (c));
  gsize want = 0;

  while (want == 0 || all->len < want) {
    guint8 piece[16384];
    gssize n;

    /* what follows the answer belongs to the next one and is left where it is */
    if (g_socket_condition_timed_wait (g_socket_connection_get_socket (c), G_IO_IN,
            CLIENT_TIMEOUT_S * G_USEC_PER_SEC, NULL, NULL))
      n = recv (fd, piece, want ? MIN (want - all->len, sizeof piece) : sizeof piece,
          want ? 0 : MSG_PEEK);
    else
      g_assert_not_reached ();
    if (n <= 0)
      break;
    if (want == 0) {
      g_autofree gchar *text = g_strndup ((gchar *) piece, (gsize) n);

      want = reply_size (text, strlen (text));
      g_assert_true (want > 0 || n < (gssize) sizeof piece);
      if (want == 0)
        g_usleep (1000);
      continue;
    }
    g_byte_array_append (all, piece, (guint) n);
  }
  g_byte_array_append (all, (const guint8 *) "", 1);
  g_byte_array_set_size (all, all->len - 1);
  return reply_new (all);
}

Reply *
ask (guint16 port, const gchar * method, const gchar * target, const gchar * headers)
{
  g_autoptr (GSocketConnection) c = dial (port);
  g_autofree gchar *text = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
      "%s\r\n", method, target, headers ? headers : "");

  send_text (c, text);
  return reply_new (read_to_end (c));
}

gboolean
has_header (Reply * r, const gchar * line)
{
  g_autofree gchar *whole = g_strdup_printf ("\r\n%s\r\n", line);

  return r->head && strstr (r->head, whole) != NULL;
}

gchar *
header_value (Reply * r, const gchar * name)
{
  g_autofree gchar *start = g_strdup_printf ("\r\n%s: ", name);
  const gchar *at = strstr (r->head, start);

  return at ? g_strndup (at + strlen (start), strcspn (at + strlen (start), "\r")) : NULL;
}

void
assert_body (Reply * r, const gchar * text)
{
  g_assert_cmpmem (r->body, r->body_size, text, strlen (text));
}
