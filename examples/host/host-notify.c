/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-notify.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
host_notify (const gchar * state)
{
  const gchar *path = g_getenv ("NOTIFY_SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX };
  gsize size = path ? strlen (path) : 0;
  int fd;

  if (size < 2 || size >= sizeof address.sun_path)
    return;
  memcpy (address.sun_path, path, size);
  if (*path == '@')             /* the abstract namespace */
    address.sun_path[0] = 0;
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return;
  /* Whoever does not listen any more misses nothing. */
  if (sendto (fd, state, strlen (state), MSG_NOSIGNAL, (struct sockaddr *) &address,
          (socklen_t) (G_STRUCT_OFFSET (struct sockaddr_un, sun_path) + size)) < 0)
    g_debug ("the service manager does not take \"%s\"", state);
  close (fd);
}

static gboolean
feed_watchdog (gpointer unused)
{
  host_notify ("WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

void
host_notify_ready (void)
{
  const gchar *watchdog = g_getenv ("WATCHDOG_USEC");
  guint64 us = watchdog ? g_ascii_strtoull (watchdog, NULL, 10) : 0;

  host_notify ("READY=1");
  if (us)
    g_timeout_add (MAX (1, (guint) MIN (us / 2000, G_MAXINT)), feed_watchdog, NULL);
}

void
host_notify_reloading (void)
{
  g_autofree gchar *text = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time ());

  host_notify (text);
}
