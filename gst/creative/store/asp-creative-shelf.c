/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-creative-store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <utime.h>

#include <asp-json-reader.h>
#include <asp-units.h>

#define ASSET_FILE "creative.ts"
#define UNITS_FILE "units.json"
#define USED_US (10 * 60 * G_USEC_PER_SEC)      /* so long behind a question an asset does not go */
#define DIGITS_ASSET 32
#define DIGITS_CONTENT 64

typedef struct
{
  guint64 bytes;
  gint64 used_us;               /* real time */
} Asset;

struct _AspShelf
{
  GMutex lock;
  gchar *assets, *sources;      /* folders */
  AspCreativeTmp *tmp;
  guint64 max_bytes, bytes;
  GHashTable *list;             /* name to Asset, owned */
};

/* --- small things ---------------------------------------------------------------------- */

static gboolean
is_hex (const gchar * name, guint digits)
{
  return strlen (name) == digits && strspn (name, "0123456789abcdef") == digits;
}

static guint64
size_of (const gchar * folder, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  GStatBuf st;

  return g_stat (path, &st) == 0 ? (guint64) st.st_size : 0;
}

/* The bytes of a whole asset; 0: it is none. */
static guint64
check_asset (const gchar * folder)
{
  g_autofree gchar *path = g_build_filename (folder, UNITS_FILE, NULL), *text = NULL;
  g_autoptr (AspUnits) units = NULL;
  gsize size;

  if (!g_file_get_contents (path, &text, &size, NULL))
    return 0;
  units = asp_units_from_text (text, size, NULL);
  return units && size_of (folder, ASSET_FILE) == units->bytes ? units->bytes + size : 0;
}

static gint64
used_us (const gchar * folder)
{
  GStatBuf st;

  return g_stat (folder, &st) == 0 ? (gint64) st.st_mtime * G_USEC_PER_SEC : 0;
}

/* --- start ------------------------------------------------------------------------------- */

static void
take_asset (AspShelf * s, const gchar * name)
{
  g_autofree gchar *folder = g_build_filename (s->assets, name, NULL);
  guint64 bytes = is_hex (name, DIGITS_ASSET) ? check_asset (folder) : 0;
  Asset *asset;

  if (bytes == 0) {
    asp_creative_drop_folder (folder);
    return;
  }
  asset = g_new0 (Asset, 1);
  asset->bytes = bytes;
  asset->used_us = used_us (folder);
  s->bytes += bytes;
  g_hash_table_insert (s->list, g_strdup (name), asset);
}

static void
for_each (AspShelf * s, const gchar * folder, void (*func) (AspShelf *, const gchar *))
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)))
    func (s, name);
  if (dir)
    g_dir_close (dir);
}

AspShelf *
asp_shelf_open (const gchar * folder, guint64 max_bytes, GError ** error)
{
  g_autofree gchar *tmp = g_build_filename (folder, "tmp", NULL);
  AspShelf *s = g_new0 (AspShelf, 1);

  g_mutex_init (&s->lock);
  s->assets = g_build_filename (folder, "assets", NULL);
  s->sources = g_build_filename (folder, "sources", NULL);
  s->max_bytes = max_bytes;
  s->list = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (g_mkdir_with_parents (s->assets, 0755) != 0 || g_mkdir_with_parents (s->sources, 0755) != 0)
    asp_creative_folder_error (error, folder);
  else
    s->tmp = asp_creative_tmp_open (tmp, error);
  if (!s->tmp) {
    asp_shelf_close (s);
    return NULL;
  }
  for_each (s, s->assets, take_asset);
  return s;
}

void
asp_shelf_close (AspShelf * s)
{
  if (!s)
    return;
  asp_creative_tmp_close (s->tmp);
  g_hash_table_unref (s->list);
  g_mutex_clear (&s->lock);
  g_free (s->assets);
  g_free (s->sources);
  g_free (s);
}

gchar *
asp_shelf_new_file (AspShelf * s)
{
  return asp_creative_tmp_new_name (s->tmp);
}

gchar *
asp_shelf_new_job_folder (AspShelf * s, GError ** error)
{
  gchar *path = asp_shelf_new_file (s);

  if (g_mkdir (path, 0700) == 0)
    return path;
  asp_creative_folder_error (error, path);
  g_free (path);
  return NULL;
}

/* --- sources ----------------------------------------------------------------------------- */

static gchar *
source_path (AspShelf * s, const gchar * source)
{
  g_autofree gchar *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, source, -1);
  g_autofree gchar *name = g_strconcat (sum, ".json", NULL);

  return g_build_filename (s->sources, name, NULL);
}

gchar *
asp_shelf_get_content (AspShelf * s, const gchar * source)
{
  g_autofree gchar *path = source_path (s, source), *text = NULL;
  g_autoptr (AspJson) root = NULL;
  const gchar *content, *name;
  gsize size;

  if (!g_file_get_contents (path, &text, &size, NULL))
    return NULL;
  root = asp_json_parse (text, size, NULL);
  name = asp_json_string (asp_json_member (root, "source"));
  content = asp_json_string (asp_json_member (root, "sha256"));
  return name && !strcmp (name, source) && content && is_hex (content, DIGITS_CONTENT) ? g_strdup (content) : NULL;
}

void
asp_shelf_set_content (AspShelf * s, const gchar * source, const gchar * content)
{
  g_autofree gchar *path = source_path (s, source);
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "source", source);
  asp_json_add_string (w, "sha256", content);
  asp_json_end_object (w);
  /* without it the creative is only fetched once more */
  g_file_set_contents (path, asp_json_writer_text (w), -1, NULL);
}

/* --- assets ------------------------------------------------------------------------------ */

gchar *
asp_shelf_asset_path (AspShelf * s, const gchar * asset, const gchar * name)
{
  return g_build_filename (s->assets, asset, name, NULL);
}

gboolean
asp_shelf_use_asset (AspShelf * s, const gchar * asset)
{
  g_autofree gchar *folder = g_build_filename (s->assets, asset, NULL);
  Asset *a;
  gboolean there;

  g_mutex_lock (&s->lock);
  a = g_hash_table_lookup (s->list, asset);
  there = g_file_test (folder, G_FILE_TEST_IS_DIR);
  if (there && !a) {
    take_asset (s, asset);      /* another process made it */
    a = g_hash_table_lookup (s->list, asset);
  } else if (a && !there) {
    s->bytes -= a->bytes;
    g_hash_table_remove (s->list, asset);
    a = NULL;
  }
  if (a) {
    a->used_us = g_get_real_time ();
    utime (folder, NULL);
  }
  g_mutex_unlock (&s->lock);
  return a != NULL;
}

static const gchar *
least_used (AspShelf * s, const gchar * but)
{
  gint64 oldest_us = g_get_real_time () - USED_US;
  const gchar *found = NULL;
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, s->list);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    const Asset *a = value;

    if (a->used_us < oldest_us && strcmp (name, but)) {
      oldest_us = a->used_us;
      found = name;
    }
  }
  return found;
}

static void
make_room (AspShelf * s, const gchar * but)
{
  const gchar *name;

  while (s->bytes > s->max_bytes && (name = least_used (s, but))) {
    g_autofree gchar *folder = g_build_filename (s->assets, name, NULL);
    const Asset *a = g_hash_table_lookup (s->list, name);

    asp_creative_drop_folder (folder);
    s->bytes -= a->bytes;
    g_hash_table_remove (s->list, name);
  }
}

/* Its bytes are on the disk before its name is. */
static gboolean
sync_file (const gchar * folder, const gchar * name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return ok;
}

gboolean
asp_shelf_put_asset (AspShelf * s, const gchar * asset, const gchar * folder, GError ** error)
{
  g_autofree gchar *place = g_build_filename (s->assets, asset, NULL);

  if (check_asset (folder) == 0 || !sync_file (folder, ASSET_FILE) || !sync_file (folder, UNITS_FILE)) {
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "What was conditioned is not whole; is the disk full?");
    return FALSE;
  }
  if (g_rename (folder, place) != 0 && errno != EEXIST && errno != ENOTEMPTY)
    return asp_creative_folder_error (error, place);
  g_mutex_lock (&s->lock);
  if (!g_hash_table_contains (s->list, asset))
    take_asset (s, asset);
  make_room (s, asset);
  g_mutex_unlock (&s->lock);
  return TRUE;
}

guint64
asp_shelf_bytes (AspShelf * s)
{
  guint64 bytes;

  g_mutex_lock (&s->lock);
  bytes = s->bytes;
  g_mutex_unlock (&s->lock);
  return bytes;
}
