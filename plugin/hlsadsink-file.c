/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

static gboolean
fail (GError ** error, const gchar * what, const gchar * path)
{
  gint code = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s %s: %s", what, path,
      g_strerror (code));
  return FALSE;
}

static gboolean
write_all (int fd, const guint8 * data, gsize size)
{
  while (size > 0) {
    ssize_t n = write (fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    data += n;
    size -= (gsize) n;
  }
  return TRUE;
}

/* Always a new file: what a crash has left there, or somebody has put there, goes. */
static int
open_part (const gchar * folder, const gchar * path)
{
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  int fd = open (path, flags, 0644);

  if (fd < 0 && errno == ENOENT && g_mkdir_with_parents (folder, 0755) == 0)
    fd = open (path, flags, 0644);
  else if (fd < 0 && errno == EEXIST && g_unlink (path) == 0)
    fd = open (path, flags, 0644);
  return fd;
}

gboolean
hls_file_write (const gchar * folder, const gchar * name, gconstpointer data, gsize size,
    GError ** error)
{
  g_autofree gchar *hidden = g_strconcat (".", name, ".part", NULL);
  g_autofree gchar *part = g_build_filename (folder, hidden, NULL);
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  int fd = open_part (folder, part);
  gboolean ok;

  if (fd < 0)
    return fail (error, "Cannot create", part);
  ok = write_all (fd, data, size) || fail (error, "Cannot write", part);
  /* a full disk may say so only now */
  if (close (fd) != 0 && ok)
    ok = fail (error, "Cannot finish", part);
  if (ok && g_rename (part, path) != 0)
    ok = fail (error, "Cannot rename to", path);
  if (!ok)
    g_unlink (part);
  return ok;
}

void
hls_file_remove (const gchar * folder, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);

  g_unlink (path);
}
