/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one client may send to a control server: the bytes of a connection, from the first line to
 * the JSON, over a real socket. Whatever they are, the connection comes to its end, what was
 * answered is HTTP, and the next client is answered as if nothing had been.
 */
#include "fuzz.h"

#include <asp-control.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define TIMEOUT_S 20            /* of one connection: the server's own limits are far below */
#define GOOD_EACH 32            /* connections to one that is right */

static guint16 port;
static gint busy;               /* atomic; a break runs until it is in somebody's way */

static AspControlStatus *
status (gpointer user_data)
{
  AspControlStatus *out = asp_control_status_new ();

  out->channel->name = g_strdup ("a");
  out->channel->live = out->channel->has_ads = TRUE;
  out->channel->busy = g_atomic_int_get (&busy);
  g_strlcpy (out->channel->stream_id, "st-1GI11DKd3yvJm8eWREJq6Xz", sizeof out->channel->stream_id);
  return out;
}

static gchar *
insert (const AspControlBreak * brk, gpointer user_data, GError ** error)
{
  g_assert_cmpint (brk->duration_90k, >, 0);
  if (g_atomic_int_get (&busy)) {
    g_set_error_literal (error, ASP_API_ERROR, ASP_API_CONFLICT, "there is one");
    g_atomic_int_set (&busy, FALSE);
    return NULL;
  }
  g_atomic_int_set (&busy, TRUE);
  return g_strdup ("hSi2o1WIVgij");
}

/* Lives until the process ends. */
static void
start (void)
{
  static const AspControlChannel funcs = {.status = status,.insert = insert };
  static AspControl *control;
  g_autofree gchar *address = NULL;

  if (control)
    return;
  control = asp_control_get ("127.0.0.1:0", NULL, NULL, NULL);
  g_assert_nonnull (control);
  g_assert_cmpuint (asp_control_add_channel (control, "a", &funcs, NULL, NULL), >, 0);
  address = asp_control_dup_address (control);
  port = (guint16) g_ascii_strtoull (strrchr (address, ':') + 1, NULL, 10);
}

static int
dial (void)
{
  const struct sockaddr_in to = {.sin_family = AF_INET,.sin_port = htons (port),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK)
  };
  const struct timeval timeout = {.tv_sec = TIMEOUT_S };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  g_assert_cmpint (connect (fd, (const struct sockaddr *) &to, sizeof to), ==, 0);
  return fd;
}

/* What comes back until the server closes; it may do so before it has read everything. */
static void
talk (const guint8 * data, gsize size, GString * said)
{
  int fd = dial ();
  gchar piece[4096];
  ssize_t n;

  if (size > 0)
    n = send (fd, data, size, MSG_NOSIGNAL);
  shutdown (fd, SHUT_WR);
  /* a signal of libFuzzer's own clock ends a wait that has a limit */
  while ((n = recv (fd, piece, sizeof piece, 0)) > 0 || (n < 0 && errno == EINTR))
    g_string_append_len (said, piece, MAX (n, 0));
  /* EAGAIN: the time was over */
  g_assert_true (n == 0 || errno == ECONNRESET);
  close (fd);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  static const gchar good[] = "POST /ListChannels HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}";
  static guint n_calls;
  g_autoptr (GString) said = g_string_new (NULL);

  start ();
  talk (data, size, said);
  g_assert_true (said->len == 0 || g_str_has_prefix (said->str, "HTTP/1."));
  g_assert_false (g_str_has_prefix (said->str, "HTTP/1.1 500"));
  if (++n_calls % GOOD_EACH == 0) {
    g_string_truncate (said, 0);
    talk ((const guint8 *) good, sizeof good - 1, said);
    g_assert_true (g_str_has_prefix (said->str, "HTTP/1.1 200"));
  }
  return 0;
}
