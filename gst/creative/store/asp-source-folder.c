/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-source-private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

#define ID_DIGITS 32
#define FILE_END ".media"
#define NOTE_END ".json"

typedef struct
{
  gchar *id, *file;
  guint64 bytes;
  gint64 used_s;
} Item;

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->id);
  g_free (item->file);
  g_free (item);
}

void
asp_source_folder_touch (const gchar * folder, const gchar * id)
{
  g_autofree gchar *path = asp_source_note_path (folder, id);

  utime (path, NULL);
}

void
asp_source_folder_remove (const gchar * folder, const gchar * id, const gchar * file)
{
  g_autofree gchar *note = asp_source_note_path (folder, id), *path = g_build_filename (folder, file, NULL);

  g_unlink (note);
  g_unlink (path);
}

static gint
least_used_first (gconstpointer a, gconstpointer b)
{
  const Item *x = *(Item * const *) a, *y = *(Item * const *) b;

  return x->used_s < y->used_s ? -1 : x->used_s > y->used_s;
}

/* A file of ours without a note that names it: left by a kill, or replaced while it was in use. Another
 * process may be about to write the note of a young one. */
static void
look_at_file (const gchar * folder, const gchar * name, guint used_s, GPtrArray * items)
{
  g_autofree gchar *id = g_strndup (name, ID_DIGITS), *path = g_build_filename (folder, name, NULL);
  g_autofree gchar *note_path = asp_source_note_path (folder, id);
  AspSourceNote *note = asp_source_note_read (folder, id);
  GStatBuf file_st, note_st;
  Item *item;

  if (g_stat (path, &file_st) != 0) {
    asp_source_note_free (note);
    return;
  }
  if (note && !strcmp (note->file, name) && g_stat (note_path, &note_st) == 0) {
    item = g_new0 (Item, 1);
    item->id = g_steal_pointer (&id);
    item->file = g_strdup (name);
    item->bytes = (guint64) file_st.st_size;
    item->used_s = note_st.st_mtime;
    g_ptr_array_add (items, item);
  } else if (g_get_real_time () / G_USEC_PER_SEC - file_st.st_mtime > used_s) {
    g_unlink (path);
  }
  asp_source_note_free (note);
}

/* A note that says nothing true. */
static void
look_at_note (const gchar * folder, const gchar * name)
{
  g_autofree gchar *id = g_strndup (name, ID_DIGITS), *path = g_build_filename (folder, name, NULL);
  AspSourceNote *note = asp_source_note_read (folder, id);

  if (!note)
    g_unlink (path);
  asp_source_note_free (note);
}

static GPtrArray *
list (const gchar * folder, guint used_s)
{
  GPtrArray *items = g_ptr_array_new_with_free_func (item_free);
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    if (strspn (name, "0123456789abcdef") != ID_DIGITS)
      continue;
    if (g_str_has_suffix (name, FILE_END))
      look_at_file (folder, name, used_s, items);
    else if (!strcmp (name + ID_DIGITS, NOTE_END))
      look_at_note (folder, name);
  }
  if (dir)
    g_dir_close (dir);
  g_ptr_array_sort (items, least_used_first);
  return items;
}

void
asp_source_folder_sweep (const gchar * folder, guint64 max_bytes, guint used_s, AspSourceMayGo may_go,
    gpointer user_data)
{
  g_autoptr (GPtrArray) items = list (folder, used_s);
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;
  guint64 bytes = 0;

  for (guint i = 0; i < items->len; i++)
    bytes += ((const Item *) g_ptr_array_index (items, i))->bytes;
  for (guint i = 0; i < items->len && bytes > max_bytes; i++) {
    const Item *item = g_ptr_array_index (items, i);

    if (now_s - item->used_s < used_s || !may_go (item->id, item->file, user_data))
      continue;
    asp_source_folder_remove (folder, item->id, item->file);
    bytes -= item->bytes;
  }
}
