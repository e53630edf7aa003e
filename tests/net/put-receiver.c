/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "put-receiver.h"

#include <string.h>

struct _PutReceiver
{
  GSocketService *service;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  guint16 port;
  gint status;                  /* atomic */
  GMutex lock;
  GPtrArray *received;
};

static void
received_free (Received * x)
{
  g_free (x->method);
  g_free (x->path);
  g_free (x->head);
  g_bytes_unref (x->body);
  g_free (x);
}

static GBytes *
read_body (GInputStream * in, const gchar * head)
{
  const gchar *length = strstr (head, "\ncontent-length: ");
  gsize size = length ? (gsize) g_ascii_strtoull (length + 17, NULL, 10) : 0, got = 0;
  guint8 *data = g_malloc (MAX (size, 1));

  if (!g_input_stream_read_all (in, data, size, &got, NULL, NULL) || got < size) {
    g_free (data);
    return NULL;
  }
  return g_bytes_new_take (data, size);
}

/* FALSE: the connection is over. */
static gboolean
take_request (PutReceiver * r, GDataInputStream * in, GOutputStream * out)
{
  g_autofree gchar *line = g_data_input_stream_read_line (in, NULL, NULL, NULL);
  g_auto (GStrv) words = g_strsplit (line ? line : "", " ", 3);
  g_autoptr (GString) head = g_string_new ("\n");
  g_autofree gchar *answer = NULL;
  Received *x;
  GBytes *body;

  if (g_strv_length (words) < 3)
    return FALSE;
  for (;;) {
    g_autofree gchar *field = g_data_input_stream_read_line (in, NULL, NULL, NULL);
    g_autofree gchar *lower = field ? g_ascii_strdown (field, -1) : NULL;

    if (!field)
      return FALSE;
    if (!*field)
      break;
    g_string_append_printf (head, "%s\n", lower);
  }
  body = read_body (G_INPUT_STREAM (in), head->str);
  if (!body)
    return FALSE;
  x = g_new0 (Received, 1);
  x->method = g_strdup (words[0]);
  x->path = g_strdup (words[1]);
  x->head = g_strdup (head->str);
  x->body = body;
  g_mutex_lock (&r->lock);
  g_ptr_array_add (r->received, x);
  g_mutex_unlock (&r->lock);
  answer = g_strdup_printf ("HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n",
      g_atomic_int_get (&r->status));
  return g_output_stream_write_all (out, answer, strlen (answer), NULL, NULL, NULL);
}

static gboolean
on_run (GThreadedSocketService * service, GSocketConnection * c, GObject * source, gpointer data)
{
  g_autoptr (GDataInputStream) in =
      g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (c)));

  g_data_input_stream_set_newline_type (in, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  while (take_request (data, in, g_io_stream_get_output_stream (G_IO_STREAM (c))))
    continue;
  return TRUE;
}

static gpointer
receiver_main (gpointer data)
{
  PutReceiver *r = data;

  g_main_loop_run (r->loop);
  return NULL;
}

PutReceiver *
put_receiver_new (guint status)
{
  PutReceiver *r = g_new0 (PutReceiver, 1);
  g_autoptr (GSocketAddress) loopback = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) real = NULL;

  g_mutex_init (&r->lock);
  r->status = (gint) status;
  r->received = g_ptr_array_new_with_free_func ((GDestroyNotify) received_free);
  r->context = g_main_context_new ();
  g_main_context_push_thread_default (r->context);
  r->service = g_threaded_socket_service_new (32);
  g_assert_true (g_socket_listener_add_address (G_SOCKET_LISTENER (r->service), loopback,
          G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &real, NULL));
  g_signal_connect (r->service, "run", G_CALLBACK (on_run), r);
  g_socket_service_start (r->service);
  g_main_context_pop_thread_default (r->context);
  r->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (real));
  r->loop = g_main_loop_new (r->context, FALSE);
  r->thread = g_thread_new ("receiver", receiver_main, r);
  return r;
}

void
put_receiver_free (PutReceiver * r)
{
  g_main_loop_quit (r->loop);
  g_thread_join (r->thread);
  g_socket_service_stop (r->service);
  g_socket_listener_close (G_SOCKET_LISTENER (r->service));
  g_object_unref (r->service);
  g_main_loop_unref (r->loop);
  g_main_context_unref (r->context);
  g_ptr_array_unref (r->received);
  g_mutex_clear (&r->lock);
  g_free (r);
}

guint16
put_receiver_port (PutReceiver * r)
{
  return r->port;
}

void
put_receiver_set_status (PutReceiver * r, guint status)
{
  g_atomic_int_set (&r->status, (gint) status);
}

guint
put_receiver_count (PutReceiver * r)
{
  guint n;

  g_mutex_lock (&r->lock);
  n = r->received->len;
  g_mutex_unlock (&r->lock);
  return n;
}

const Received *
put_receiver_get (PutReceiver * r, guint i)
{
  const Received *x;

  g_mutex_lock (&r->lock);
  x = g_ptr_array_index (r->received, i);
  g_mutex_unlock (&r->lock);
  return x;
}

const Received *
put_receiver_find (PutReceiver * r, const gchar * method, const gchar * path)
{
  const Received *found = NULL;

  g_mutex_lock (&r->lock);
  for (guint i = 0; i < r->received->len; i++) {
    const Received *x = g_ptr_array_index (r->received, i);

    if (!strcmp (x->method, method) && !strcmp (x->path, path))
      found = x;
  }
  g_mutex_unlock (&r->lock);
  return found;
}
