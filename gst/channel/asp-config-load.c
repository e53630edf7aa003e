/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration file on disk. */
#include "asp-config-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a file that is changed meanwhile no more than the limit and a byte is taken. */
static GByteArray *
read_all (int fd, const gchar * path, GError ** error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 piece[16384];
  ssize_t n;

  do {
    n = read (fd, piece, sizeof piece);
    if (n > 0)
      g_byte_array_append (bytes, piece, (guint) n);
  } while ((n > 0 || (n < 0 && errno == EINTR)) && bytes->len <= ASP_CONFIG_SIZE_MAX);
  if (n >= 0)
    return g_steal_pointer (&bytes);
  g_set_error (error, ASP_CONFIG_ERROR, ASP_CONFIG_ERROR_FILE, "%s: cannot be read: %s", path, g_strerror (errno));
  return NULL;
}

static gboolean
has_secrets (const AspConfig * config)
{
  if (config->keys->len || config->bearer_tokens || config->ads_headers)
    return TRUE;
  for (guint i = 0; i < config->hooks->len; i++) {
    const AspConfigHook *h = g_ptr_array_index (config->hooks, i);

    if (h->secret || h->headers)
      return TRUE;
  }
  return FALSE;
}

static void
resolve (gchar ** path, const gchar * folder)
{
  gchar *whole;

  if (!*path || g_path_is_absolute (*path))
    return;
  whole = g_build_filename (folder, *path, NULL);
  g_free (*path);
  *path = whole;
}

static void
resolve_paths (AspConfig * config, const gchar * path)
{
  g_autofree gchar *absolute = g_canonicalize_filename (path, NULL);
  g_autofree gchar *folder = g_path_get_dirname (absolute);

  resolve (&config->certificate, folder);
  resolve (&config->private_key, folder);
  resolve (&config->ads_certificate, folder);
  resolve (&config->ads_private_key, folder);
  if (g_strcmp0 (config->state, "memory"))
    resolve (&config->state, folder);
}

AspConfig *
asp_config_load (const gchar * path, GError ** error)
{
  g_autoptr (AspConfig) config = NULL;
  g_autoptr (GByteArray) bytes = NULL;
  struct stat st;
  /* a FIFO without a writer would hold us up */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0 || fstat (fd, &st)) {
    g_set_error (error, ASP_CONFIG_ERROR, ASP_CONFIG_ERROR_FILE, "%s: cannot be opened: %s", path, g_strerror (errno));
    if (fd >= 0)
      close (fd);
    return NULL;
  }
  if (S_ISREG (st.st_mode))
    bytes = read_all (fd, path, error);
  else
    g_set_error (error, ASP_CONFIG_ERROR, ASP_CONFIG_ERROR_FILE, "%s: is no file; give a file of text", path);
  close (fd);
  if (!bytes)
    return NULL;
  config = asp_config_parse ((const gchar *) bytes->data, bytes->len, path, error);
  if (!config)
    return NULL;
  if ((st.st_mode & (S_IROTH | S_IWOTH)) && has_secrets (config)) {
    g_set_error (error, ASP_CONFIG_ERROR, ASP_CONFIG_ERROR_FILE,
        "%s: everybody on this machine may read or change it, and there are secrets in it; run chmod o-rw %s", path, path);
    return NULL;
  }
  resolve_paths (config, path);
  return g_steal_pointer (&config);
}
