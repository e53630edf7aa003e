/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_PIECE (256 * 1024)

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

/* Writes what belongs into the file. FALSE with errno. */
typedef gboolean (*Fill) (int fd, gconstpointer data);

static gboolean
write_part (const gchar * folder, const gchar * name, Fill fill, gconstpointer data,
    GError ** error)
{
  g_autofree gchar *hidden = g_strconcat (".", name, ".part", NULL);
  g_autofree gchar *part = g_build_filename (folder, hidden, NULL);
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  int fd = open_part (folder, part);
  gboolean ok;

  if (fd < 0)
    return fail (error, "Cannot create", part);
  ok = fill (fd, data) || fail (error, "Cannot write", part);
  /* a full disk may say so only now */
  if (close (fd) != 0 && ok)
    ok = fail (error, "Cannot finish", part);
  if (ok && g_rename (part, path) != 0)
    ok = fail (error, "Cannot rename to", path);
  if (!ok)
    g_unlink (part);
  return ok;
}

typedef struct
{
  const guint8 *data;
  gsize size;
} Bytes;

static gboolean
fill_bytes (int fd, gconstpointer data)
{
  const Bytes *bytes = data;

  return write_all (fd, bytes->data, bytes->size);
}

gboolean
hls_file_write (const gchar * folder, const gchar * name, gconstpointer data, gsize size,
    GError ** error)
{
  const Bytes bytes = { data, size };

  return write_part (folder, name, fill_bytes, &bytes, error);
}

typedef struct
{
  int from;                     /* behind its header, or -1 */
  const gchar *header, *added;
} Growth;

static gboolean
copy_rest (int from, int to)
{
  g_autofree guint8 *piece = g_malloc (COPY_PIECE);
  ssize_t n;

  while ((n = read (from, piece, COPY_PIECE)) != 0) {
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 || !write_all (to, piece, (gsize) n))
      return FALSE;
  }
  return TRUE;
}

static gboolean
fill_growth (int fd, gconstpointer data)
{
  const Growth *g = data;

  return write_all (fd, (const guint8 *) g->header, strlen (g->header)) &&
      (g->from < 0 || copy_rest (g->from, fd)) &&
      write_all (fd, (const guint8 *) g->added, strlen (g->added));
}

gboolean
hls_file_grow (const gchar * folder, const gchar * name, const gchar * header, gsize skip,
    gsize size, const gchar * added, GError ** error)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  Growth growth = {.from = -1,.header = header,.added = added };
  struct stat st;
  gboolean ok;

  if (size > 0) {
    growth.from = open (path, O_RDONLY | O_CLOEXEC);
    if (growth.from < 0 || fstat (growth.from, &st) != 0 || (gsize) st.st_size != size ||
        lseek (growth.from, (off_t) skip, SEEK_SET) < 0) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s is not what was written", path);
      if (growth.from >= 0)
        close (growth.from);
      return FALSE;
    }
  }
  ok = write_part (folder, name, fill_growth, &growth, error);
  if (growth.from >= 0)
    close (growth.from);
  return ok;
}

void
hls_file_remove (const gchar * folder, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);

  g_unlink (path);
}
