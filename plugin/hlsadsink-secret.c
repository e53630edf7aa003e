/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-secret.h"

#include <asp-hls-names.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

/* FALSE when it is not there, or is not what this has written. */
static gboolean
read_secret (const gchar * path, guint8 * secret)
{
  guint8 more[ASP_HLS_SECRET_SIZE + 1];
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  ssize_t n;

  if (fd < 0)
    return FALSE;
  n = read (fd, more, sizeof more);
  close (fd);
  if (n != ASP_HLS_SECRET_SIZE)
    return FALSE;
  memcpy (secret, more, ASP_HLS_SECRET_SIZE);
  return TRUE;
}

/* Written aside and moved into its place: nobody reads half of it. */
static gboolean
write_secret (const gchar * path, const guint8 * secret)
{
  g_autofree gchar *part = g_strdup_printf ("%s.%d.part", path, (int) getpid ());
  int fd = open (part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  gboolean ok = fd >= 0 && write (fd, secret, ASP_HLS_SECRET_SIZE) == ASP_HLS_SECRET_SIZE;

  if (fd >= 0 && close (fd) != 0)
    ok = FALSE;
  if (ok)
    ok = g_rename (part, path) == 0;
  if (fd >= 0 && !ok)
    g_unlink (part);
  return ok;
}

guint8 *
hls_secret_get (const gchar * location, const gchar * channel)
{
  guint8 *secret = g_malloc (ASP_HLS_SECRET_SIZE);
  g_autofree gchar *name = g_strdup_printf (".%s.secret", channel);
  g_autofree gchar *path = g_build_filename (location, name, NULL);
  ssize_t n;

  if (read_secret (path, secret))
    return secret;
  /* so few bytes come at once, or not at all where the kernel has no such call */
  while ((n = getrandom (secret, ASP_HLS_SECRET_SIZE, 0)) < 0 && errno == EINTR)
    continue;
  for (gsize i = n < 0 ? 0 : ASP_HLS_SECRET_SIZE; i < ASP_HLS_SECRET_SIZE; i++)
    secret[i] = (guint8) g_random_int_range (0, 256);
  g_mkdir_with_parents (location, 0755);
  if (!write_secret (path, secret))
    GST_WARNING ("%s cannot be written: a restart gives media other names", path);
  return secret;
}
