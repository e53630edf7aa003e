/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-creative-tmp.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FRESH_S 60              /* so young it may have no lock yet */

struct _AspCreativeTmp
{
  gchar *folder, *own;          /* own: locked while this process lives */
  int lock;
  gint names;                   /* atomic */
};

gboolean
asp_creative_folder_error (GError ** error, const gchar * path)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "The folder of creatives %s cannot be used: %s",
      path, g_strerror (errno));
  return FALSE;
}

void
asp_creative_drop_folder (const gchar * path)
{
  GDir *dir = path ? g_dir_open (path, 0, NULL) : NULL;
  const gchar *name;

  if (!dir)
    return;
  while ((name = g_dir_read_name (dir))) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
      asp_creative_drop_folder (child);
    else
      g_unlink (child);
  }
  g_dir_close (dir);
  g_rmdir (path);
}

static gboolean
is_fresh (const gchar * path)
{
  GStatBuf st;

  return g_stat (path, &st) == 0 && g_get_real_time () / G_USEC_PER_SEC - st.st_mtime < FRESH_S;
}

/* What a process that is gone was making: its lock is free. */
static void
drop_if_left (const gchar * folder)
{
  g_autofree gchar *path = g_build_filename (folder, "lock", NULL);
  int fd = g_open (path, O_RDWR | O_CLOEXEC, 0);

  if (fd >= 0 ? flock (fd, LOCK_EX | LOCK_NB) == 0 : !is_fresh (folder))
    asp_creative_drop_folder (folder);
  if (fd >= 0)
    close (fd);
}

static void
drop_left (const AspCreativeTmp * tmp)
{
  GDir *dir = g_dir_open (tmp->folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *folder = g_build_filename (tmp->folder, name, NULL);

    drop_if_left (folder);
  }
  if (dir)
    g_dir_close (dir);
}

static gboolean
make_own (AspCreativeTmp * tmp, GError ** error)
{
  g_autofree gchar *path = NULL;

  tmp->own = g_build_filename (tmp->folder, "XXXXXX", NULL);
  if (!g_mkdtemp_full (tmp->own, 0700))
    return asp_creative_folder_error (error, tmp->folder);
  path = g_build_filename (tmp->own, "lock", NULL);
  tmp->lock = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  return (tmp->lock >= 0 && flock (tmp->lock, LOCK_EX | LOCK_NB) == 0) || asp_creative_folder_error (error, path);
}

AspCreativeTmp *
asp_creative_tmp_open (const gchar * folder, GError ** error)
{
  AspCreativeTmp *tmp = g_new0 (AspCreativeTmp, 1);

  tmp->folder = g_strdup (folder);
  tmp->lock = -1;
  if (g_mkdir_with_parents (folder, 0755) != 0) {
    asp_creative_folder_error (error, folder);
    g_clear_pointer (&tmp, asp_creative_tmp_close);
    return NULL;
  }
  drop_left (tmp);
  if (!make_own (tmp, error))
    g_clear_pointer (&tmp, asp_creative_tmp_close);
  return tmp;
}

void
asp_creative_tmp_close (AspCreativeTmp * tmp)
{
  if (!tmp)
    return;
  if (tmp->lock >= 0) {
    asp_creative_drop_folder (tmp->own);
    close (tmp->lock);
  }
  g_free (tmp->folder);
  g_free (tmp->own);
  g_free (tmp);
}

gchar *
asp_creative_tmp_new_name (AspCreativeTmp * tmp)
{
  g_autofree gchar *name = g_strdup_printf ("job-%d", g_atomic_int_add (&tmp->names, 1));

  return g_build_filename (tmp->own, name, NULL);
}
