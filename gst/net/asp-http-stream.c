/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-stream.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "asp-http-server.h"

/* A head that is kept back for its body; longer ones go at once. */
#define JOIN_MAX 4096
/* What a client sends behind a refusal is read for a while: closing on unread bytes resets
 * the connection, and the refusal with it. */
#define DRAIN_MAX (256 * 1024)

typedef struct _StreamInput AspHttpStreamInput;
typedef struct _StreamOutput AspHttpStreamOutput;

/* Of a line of a head: how its length is written. */
typedef enum
{
  LINE_NAME,                    /* its name may still be one that is looked for */
  LINE_OTHER,
  LINE_LENGTH,                  /* Content-Length, before the number */
  LINE_DIGITS,
  LINE_SPACE,                   /* behind it */
} LineState;

struct _AspHttpStream
{
  GIOStream parent_instance;
  const AspHttpStreamFuncs *funcs;
  gpointer user_data;
  GIOStream *base;              /* TLS; NULL = the socket itself */
  int fd;                       /* own without base; -1 when closed */
  GInputStream *input;
  GOutputStream *output;
  gboolean readable, writable;  /* as far as epoll has said; without base */
  gboolean left;                /* the client has closed: there is no other edge to come */
  GSource *wants_input, *wants_output;  /* what libsoup waits with; without base */
  gboolean ended;               /* nothing more is read or written */
  gboolean end_mark, marked;
  gboolean in_head, first_line;
  guint n_requests;
  gsize head_bytes;
  LineState line;
  const gchar *name;            /* of the field that this line may be of */
  guint name_at;                /* so much of it has come */
  gboolean line_begins;         /* what comes is the first byte of a line */
  gboolean join_next;
  GByteArray *joined;           /* a head that waits for its body */
};

G_DEFINE_FINAL_TYPE (AspHttpStream, asp_http_stream, G_TYPE_IO_STREAM)

/* -- the two halves: they only call the whole -- */

struct _StreamInput
{
  GInputStream parent_instance;
  AspHttpStream *whole;         /* not owned; the whole owns both halves */
};

typedef struct
{
  GInputStreamClass parent_class;
} AspHttpStreamInputClass;

struct _StreamOutput
{
  GOutputStream parent_instance;
  AspHttpStream *whole;
};

typedef struct
{
  GOutputStreamClass parent_class;
} AspHttpStreamOutputClass;

static void stream_input_pollable_init (GPollableInputStreamInterface * iface);
static void stream_output_pollable_init (GPollableOutputStreamInterface * iface);
static GType asp_http_stream_input_get_type (void);
static GType asp_http_stream_output_get_type (void);

G_DEFINE_TYPE_WITH_CODE (AspHttpStreamInput, asp_http_stream_input, G_TYPE_INPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, stream_input_pollable_init))
G_DEFINE_TYPE_WITH_CODE (AspHttpStreamOutput, asp_http_stream_output, G_TYPE_OUTPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM, stream_output_pollable_init))

/* -- bytes, without waiting -- */

static gssize
fail_with_errno (int saved_errno, GError ** error)
{
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
      g_strerror (saved_errno));
  return -1;
}

/* 0 = end of the stream. */
static gssize
read_below (AspHttpStream * s, void *buffer, gsize count, GError ** error)
{
  gssize n;

  if (s->base)
    return g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM
        (g_io_stream_get_input_stream (s->base)), buffer, count, NULL, error);
  if (s->fd < 0)
    return 0;
  do
    n = recv (s->fd, buffer, count, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  /* a short read has emptied it: the next edge says when there is more */
  if (n < (gssize) count && !s->left)
    s->readable = FALSE;
  return n < 0 ? fail_with_errno (errno, error) : n;
}

static gssize
write_below (AspHttpStream * s, const struct iovec *parts, guint n_parts, GError ** error)
{
  gsize count = 0;
  gssize n;

  for (guint i = 0; i < n_parts; i++)
    count += parts[i].iov_len;
  if (s->base) {
    /* one at a time: a short answer of the first says as much */
    return g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM
        (g_io_stream_get_output_stream (s->base)), parts[0].iov_base, parts[0].iov_len, NULL,
        error);
  }
  if (s->fd < 0)
    return fail_with_errno (EPIPE, error);
  do {
    struct msghdr msg = {.msg_iov = (struct iovec *) parts,.msg_iovlen = n_parts };

    n = sendmsg (s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  if (n < (gssize) count)
    s->writable = FALSE;
  return n < 0 ? fail_with_errno (errno, error) : n;
}

/* -- requests: how long a head may be, and where one ends -- */

/* FALSE when the client has been refused. */
static gboolean
head_is_short_enough (AspHttpStream * s, const guint8 * data, gsize n)
{
  if (s->first_line) {
    const guint8 *end = memchr (data, '\n', n);

    if (s->head_bytes + (end ? (gsize) (end - data) : n) > ASP_HTTP_REQUEST_LINE_MAX) {
      asp_http_stream_refuse (s, 414);
      return FALSE;
    }
    s->first_line = end == NULL;
  }
  s->head_bytes += n;
  if (s->head_bytes <= ASP_HTTP_REQUEST_HEAD_MAX)
    return TRUE;
  asp_http_stream_refuse (s, 431);
  return FALSE;
}

static const gchar length_name[] = "content-length:", coding_name[] = "transfer-encoding:";

static LineState
name_goes_on (AspHttpStream * s, gchar c)
{
  if (s->name_at == 0)
    s->name = c == *length_name ? length_name : c == *coding_name ? coding_name : NULL;
  if (!s->name || c != s->name[s->name_at])
    return LINE_OTHER;
  s->name_at++;
  return s->name == length_name && !s->name[s->name_at] ? LINE_LENGTH : LINE_NAME;
}

/* 0, or what a length that is none is refused with. A line that begins with white space goes on
 * with the one before. */
static guint
line_goes_on (AspHttpStream * s, gchar c)
{
  gboolean space = c == ' ' || c == '\t' || c == '\r';

  if (s->line_begins && (c == ' ' || c == '\t'))
    s->line = s->line == LINE_DIGITS ? LINE_SPACE : s->line == LINE_NAME ? LINE_OTHER : s->line;
  else if (s->line_begins)
    s->line = LINE_NAME, s->name_at = 0;
  s->line_begins = c == '\n';
  if (s->line == LINE_OTHER || s->line_begins)
    return 0;
  if (s->line == LINE_NAME) {
    s->line = name_goes_on (s, g_ascii_tolower (c));
    return s->line == LINE_NAME && s->name == coding_name && !s->name[s->name_at] ? 411 : 0;
  }
  if (!space && (!g_ascii_isdigit (c) || s->line == LINE_SPACE))
    return 400;
  s->line = !space ? LINE_DIGITS : s->line == LINE_DIGITS ? LINE_SPACE : s->line;
  return 0;
}

/* A length in a form that libsoup does not know (a number that is none, another coding than chunked)
 * costs it the path of the request each time (3.2: it is never freed), so it sees none. Whole chunks
 * are looked at, what follows the head too: no body that is taken here has such a line. */
static guint
length_fault (AspHttpStream * s, const guint8 * data, gsize n)
{
  guint refusal = 0;

  for (gsize i = 0; i < n && !refusal; i++)
    refusal = line_goes_on (s, (gchar) data[i]);
  return refusal;
}

static gboolean
head_is_good (AspHttpStream * s, const guint8 * data, gsize n)
{
  guint refusal;

  if (!head_is_short_enough (s, data, n))
    return FALSE;
  refusal = length_fault (s, data, n);
  if (refusal)
    asp_http_stream_refuse (s, refusal);
  return !refusal;
}

static gssize
stream_read (AspHttpStream * s, void *buffer, gsize count, GError ** error)
{
  gboolean between = s->in_head && s->head_bytes == 0 && s->n_requests > 0;
  g_autoptr (GError) why = NULL;
  gssize n = 0;

  if (s->in_head)
    count = MIN (count, ASP_HTTP_REQUEST_LINE_MAX);
  if (!s->ended)
    n = read_below (s, buffer, count, &why);
  if (n < 0 && g_error_matches (why, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    g_propagate_error (error, g_steal_pointer (&why));
    return -1;
  }
  if (n > 0) {
    s->funcs->progress (TRUE, s->user_data);
    /* behind a body a line begins */
    s->line_begins |= !s->in_head;
    if (!s->in_head || head_is_good (s, buffer, (gsize) n))
      return n;
    return 0;
  }
  s->ended = TRUE;
  if (between && s->end_mark && !s->marked && count > 0) {
    s->marked = TRUE;
    *(gchar *) buffer = 'X';
    return 1;
  }
  if (n < 0)
    g_propagate_error (error, g_steal_pointer (&why));
  return n;
}

/* How much of the caller's bytes went when `sent` of the head and of them went. */
static gssize
take_from_joined (AspHttpStream * s, gsize sent, GError ** error)
{
  gsize of_head = MIN (sent, s->joined->len);

  g_byte_array_remove_range (s->joined, 0, (guint) of_head);
  if (sent > of_head)
    return (gssize) (sent - of_head);
  return fail_with_errno (EAGAIN, error);
}

static gssize
stream_write (AspHttpStream * s, const void *buffer, gsize count, GError ** error)
{
  struct iovec parts[2] = { {NULL, 0}, {(void *) buffer, count} };
  gboolean join = s->join_next;
  gssize n;

  s->join_next = FALSE;
  if (s->ended)
    return fail_with_errno (EPIPE, error);
  if (join && count <= JOIN_MAX && s->joined->len == 0) {
    g_byte_array_append (s->joined, buffer, (guint) count);
    return (gssize) count;
  }
  if (s->joined->len > 0) {
    parts[0].iov_base = s->joined->data;
    parts[0].iov_len = s->joined->len;
  }
  do {
    guint first = s->joined->len > 0 ? 0 : 1;

    n = write_below (s, parts + first, 2 - first, error);
    if (n > 0)
      s->funcs->progress (FALSE, s->user_data);
    if (n < 0 || first == 1)
      return n;
    if ((gsize) n > s->joined->len || !s->base)
      return take_from_joined (s, (gsize) n, error);
    /* TLS took of the head only */
    g_byte_array_remove_range (s->joined, 0, (guint) n);
    parts[0].iov_base = s->joined->data;
    parts[0].iov_len = s->joined->len;
  } while (TRUE);
}

/* -- waiting: a source that epoll makes ready -- */

static void
source_forget (GSource ** source)
{
  g_clear_pointer (source, g_source_unref);
}

static void
source_wake (GSource ** source)
{
  if (*source && !g_source_is_destroyed (*source))
    g_source_set_ready_time (*source, 0);
  source_forget (source);
}

static GSource *
source_new (GSource ** slot, GObject * half, gboolean ready, GCancellable * cancellable)
{
  GSource *source = g_pollable_source_new_full (half, NULL, cancellable);

  source_forget (slot);
  if (ready)
    g_source_set_ready_time (source, 0);
  else
    *slot = g_source_ref (source);
  return source;
}

void
asp_http_stream_ready (AspHttpStream * s, gboolean readable, gboolean writable, gboolean left)
{
  s->left |= left;
  if (readable || left) {
    s->readable = TRUE;
    source_wake (&s->wants_input);
  }
  if (writable || left) {
    s->writable = TRUE;
    source_wake (&s->wants_output);
  }
}

gboolean
asp_http_stream_has_left (AspHttpStream * s)
{
  return s->left;
}

/* -- input half -- */

static gboolean
stream_input_is_readable (GPollableInputStream * pollable)
{
  AspHttpStream *s = ((AspHttpStreamInput *) pollable)->whole;

  if (!s || s->ended || !s->base)
    return !s || s->ended || s->readable;
  return g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM
      (g_io_stream_get_input_stream (s->base)));
}

static GSource *
stream_input_create_source (GPollableInputStream * pollable, GCancellable * cancellable)
{
  AspHttpStream *s = ((AspHttpStreamInput *) pollable)->whole;
  GSource *below, *source;

  if (!s || s->ended || !s->base)
    return source_new (s ? &s->wants_input : &(GSource *) {NULL}, G_OBJECT (pollable),
        !s || s->ended || s->readable, cancellable);
  below = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM
      (g_io_stream_get_input_stream (s->base)), NULL);
  source = g_pollable_source_new_full (pollable, below, cancellable);
  g_source_unref (below);
  return source;
}

static gssize
stream_input_read_nonblocking (GPollableInputStream * pollable, void *buffer, gsize count,
    GError ** error)
{
  AspHttpStream *s = ((AspHttpStreamInput *) pollable)->whole;

  return s ? stream_read (s, buffer, count, error) : 0;
}

static gssize
stream_input_read (GInputStream * stream, void *buffer, gsize count, GCancellable * cancellable,
    GError ** error)
{
  /* nobody here waits in a read */
  return stream_input_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer, count, error);
}

static void
stream_input_pollable_init (GPollableInputStreamInterface * iface)
{
  iface->is_readable = stream_input_is_readable;
  iface->create_source = stream_input_create_source;
  iface->read_nonblocking = stream_input_read_nonblocking;
}

static void
asp_http_stream_input_class_init (AspHttpStreamInputClass * klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = stream_input_read;
}

static void
asp_http_stream_input_init (AspHttpStreamInput * half)
{
}

/* -- output half -- */

static gboolean
stream_output_is_writable (GPollableOutputStream * pollable)
{
  AspHttpStream *s = ((AspHttpStreamOutput *) pollable)->whole;

  if (!s || s->ended || !s->base)
    return !s || s->ended || s->writable;
  return g_pollable_output_stream_is_writable (G_POLLABLE_OUTPUT_STREAM
      (g_io_stream_get_output_stream (s->base)));
}

static GSource *
stream_output_create_source (GPollableOutputStream * pollable, GCancellable * cancellable)
{
  AspHttpStream *s = ((AspHttpStreamOutput *) pollable)->whole;
  GSource *below, *source;

  if (!s || s->ended || !s->base)
    return source_new (s ? &s->wants_output : &(GSource *) {NULL}, G_OBJECT (pollable),
        !s || s->ended || s->writable, cancellable);
  below = g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM
      (g_io_stream_get_output_stream (s->base)), NULL);
  source = g_pollable_source_new_full (pollable, below, cancellable);
  g_source_unref (below);
  return source;
}

static GPollableReturn
stream_output_writev_nonblocking (GPollableOutputStream * pollable, const GOutputVector * vectors,
    gsize n_vectors, gsize * written, GError ** error)
{
  AspHttpStream *s = ((AspHttpStreamOutput *) pollable)->whole;
  g_autoptr (GError) why = NULL;
  gssize n = -1;

  *written = 0;
  if (n_vectors == 0)
    return G_POLLABLE_RETURN_OK;
  if (s)
    n = stream_write (s, vectors[0].buffer, vectors[0].size, &why);
  else
    fail_with_errno (EPIPE, &why);
  if (n >= 0) {
    *written = (gsize) n;
    return G_POLLABLE_RETURN_OK;
  }
  if (g_error_matches (why, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_POLLABLE_RETURN_WOULD_BLOCK;
  g_propagate_error (error, g_steal_pointer (&why));
  return G_POLLABLE_RETURN_FAILED;
}

static gssize
stream_output_write_nonblocking (GPollableOutputStream * pollable, const void *buffer, gsize count,
    GError ** error)
{
  AspHttpStream *s = ((AspHttpStreamOutput *) pollable)->whole;

  return s ? stream_write (s, buffer, count, error) : fail_with_errno (EPIPE, error);
}

static gssize
stream_output_write (GOutputStream * stream, const void *buffer, gsize count,
    GCancellable * cancellable, GError ** error)
{
  return stream_output_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (stream), buffer, count, error);
}

static void
stream_output_pollable_init (GPollableOutputStreamInterface * iface)
{
  iface->is_writable = stream_output_is_writable;
  iface->create_source = stream_output_create_source;
  iface->write_nonblocking = stream_output_write_nonblocking;
  iface->writev_nonblocking = stream_output_writev_nonblocking;
}

static void
asp_http_stream_output_class_init (AspHttpStreamOutputClass * klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = stream_output_write;
}

static void
asp_http_stream_output_init (AspHttpStreamOutput * half)
{
}

/* -- the whole -- */

static GInputStream *
asp_http_stream_get_input_stream (GIOStream * stream)
{
  return ASP_HTTP_STREAM (stream)->input;
}

static GOutputStream *
asp_http_stream_get_output_stream (GIOStream * stream)
{
  return ASP_HTTP_STREAM (stream)->output;
}

static void
drain (int fd)
{
  guint8 waste[8192];
  gsize all = 0;
  gssize n;

  while (all < DRAIN_MAX && (n = recv (fd, waste, sizeof waste, MSG_DONTWAIT)) > 0)
    all += (gsize) n;
}

/* The farewell of TLS is a few bytes: it is said where it need not wait. */
static void
close_tls (AspHttpStream * s)
{
  struct pollfd out = {.fd = s->fd,.events = POLLOUT };

  if (poll (&out, 1, 0) != 1 || !(out.revents & POLLOUT) || (out.revents & (POLLERR | POLLHUP)))
    shutdown (s->fd, SHUT_RDWR);
  g_io_stream_close (s->base, NULL, NULL);
  g_clear_object (&s->base);
}

static gboolean
asp_http_stream_close (GIOStream * stream, GCancellable * cancellable, GError ** error)
{
  AspHttpStream *s = ASP_HTTP_STREAM (stream);

  s->ended = TRUE;
  source_wake (&s->wants_input);
  source_wake (&s->wants_output);
  if (s->base) {
    close_tls (s);
  } else if (s->fd >= 0) {
    drain (s->fd);
    close (s->fd);
  }
  s->fd = -1;
  return TRUE;
}

static void
asp_http_stream_finalize (GObject * object)
{
  AspHttpStream *s = ASP_HTTP_STREAM (object);

  /* libsoup may hold a half longer than the whole */
  ((AspHttpStreamInput *) s->input)->whole = NULL;
  ((AspHttpStreamOutput *) s->output)->whole = NULL;
  g_object_unref (s->input);
  g_object_unref (s->output);
  source_forget (&s->wants_input);
  source_forget (&s->wants_output);
  g_clear_object (&s->base);
  g_byte_array_unref (s->joined);
  G_OBJECT_CLASS (asp_http_stream_parent_class)->finalize (object);
}

static void
asp_http_stream_class_init (AspHttpStreamClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = asp_http_stream_finalize;
  G_IO_STREAM_CLASS (klass)->get_input_stream = asp_http_stream_get_input_stream;
  G_IO_STREAM_CLASS (klass)->get_output_stream = asp_http_stream_get_output_stream;
  G_IO_STREAM_CLASS (klass)->close_fn = asp_http_stream_close;
}

static void
asp_http_stream_init (AspHttpStream * s)
{
  s->fd = -1;
  s->input = g_object_new (asp_http_stream_input_get_type (), NULL);
  s->output = g_object_new (asp_http_stream_output_get_type (), NULL);
  ((AspHttpStreamInput *) s->input)->whole = s;
  ((AspHttpStreamOutput *) s->output)->whole = s;
  s->joined = g_byte_array_new ();
  s->in_head = TRUE;
  s->first_line = s->line_begins = TRUE;
  /* until the first EAGAIN */
  s->readable = TRUE;
  s->writable = TRUE;
}

AspHttpStream *
asp_http_stream_new_for_socket (int fd, const AspHttpStreamFuncs * funcs, gpointer user_data)
{
  AspHttpStream *s = g_object_new (ASP_TYPE_HTTP_STREAM, NULL);

  s->fd = fd;
  s->funcs = funcs;
  s->user_data = user_data;
  return s;
}

AspHttpStream *
asp_http_stream_new_for_tls (GIOStream * base, int fd, const AspHttpStreamFuncs * funcs,
    gpointer user_data)
{
  AspHttpStream *s = asp_http_stream_new_for_socket (fd, funcs, user_data);

  s->base = g_object_ref (base);
  return s;
}

void
asp_http_stream_set_end_mark (AspHttpStream * s, gboolean end_mark)
{
  s->end_mark = end_mark;
}

void
asp_http_stream_expect_request (AspHttpStream * s)
{
  s->in_head = TRUE;
  s->first_line = TRUE;
  s->head_bytes = 0;
  s->n_requests++;
}

void
asp_http_stream_head_done (AspHttpStream * s)
{
  s->in_head = FALSE;
}

void
asp_http_stream_join_next_write (AspHttpStream * s)
{
  s->join_next = TRUE;
}

#define REFUSAL(status_and_reason, more) "HTTP/1.1 " status_and_reason "\r\n" \
    "Server: adsplice\r\nAccess-Control-Allow-Origin: *\r\nCache-Control: no-store\r\n" more \
    "Content-Length: 0\r\nConnection: close\r\n\r\n"

const gchar *
asp_http_refusal (guint status)
{
  switch (status) {
    case 411:
      return REFUSAL ("411 Length Required", "");
    case 413:
      return REFUSAL ("413 Content Too Large", "");
    case 414:
      return REFUSAL ("414 URI Too Long", "");
    case 431:
      return REFUSAL ("431 Request Header Fields Too Large", "");
    case 503:
      return REFUSAL ("503 Service Unavailable", "Retry-After: 2\r\n");
    default:
      return REFUSAL ("400 Bad Request", "");
  }
}

void
asp_http_stream_refuse (AspHttpStream * s, guint status)
{
  const gchar *text = asp_http_refusal (status);
  struct iovec part = { (void *) text, strlen (text) };

  if (s->ended)
    return;
  write_below (s, &part, 1, NULL);
  s->ended = TRUE;
  if (!s->base && s->fd >= 0)
    shutdown (s->fd, SHUT_WR);
  source_wake (&s->wants_input);
  source_wake (&s->wants_output);
}

void
asp_http_stream_hang_up (AspHttpStream * s)
{
  s->ended = TRUE;
  if (s->fd >= 0)
    shutdown (s->fd, SHUT_RDWR);
  source_wake (&s->wants_input);
  source_wake (&s->wants_output);
}
