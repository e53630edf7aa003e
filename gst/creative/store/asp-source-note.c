/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-source-private.h"

#include <glib/gstdio.h>
#include <string.h>

#include <asp-json-reader.h>

#define NOTE_VERSION 1

gchar *
asp_source_id (const gchar * url)
{
  gchar *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, url, -1);

  sum[32] = '\0';
  return sum;
}

gchar *
asp_source_note_path (const gchar * folder, const gchar * id)
{
  g_autofree gchar *name = g_strconcat (id, ".json", NULL);

  return g_build_filename (folder, name, NULL);
}

void
asp_source_note_free (AspSourceNote * note)
{
  if (!note)
    return;
  g_free (note->url);
  g_free (note->file);
  g_free (note->etag);
  g_free (note->last_modified);
  g_free (note);
}

/* The name is not a way out of the folder, and the file is there whole. */
static gboolean
is_good (const AspSourceNote * note, const gchar * folder, const gchar * id)
{
  g_autofree gchar *path = NULL, *named = note->url ? asp_source_id (note->url) : NULL;
  GStatBuf st;

  if (!named || strcmp (named, id) != 0 || !note->file || !g_str_has_prefix (note->file, id) ||
      strchr (note->file, '/'))
    return FALSE;
  path = g_build_filename (folder, note->file, NULL);
  return g_stat (path, &st) == 0 && S_ISREG (st.st_mode) && (guint64) st.st_size == note->bytes;
}

AspSourceNote *
asp_source_note_read (const gchar * folder, const gchar * id)
{
  g_autofree gchar *path = asp_source_note_path (folder, id), *text = NULL;
  g_autoptr (AspJson) root = NULL;
  gint64 version = 0, bytes = -1;
  AspSourceNote *note;
  gsize size;

  if (!g_file_get_contents (path, &text, &size, NULL))
    return NULL;
  root = asp_json_parse (text, size, NULL);
  note = g_new0 (AspSourceNote, 1);
  note->url = g_strdup (asp_json_string (asp_json_member (root, "url")));
  note->file = g_strdup (asp_json_string (asp_json_member (root, "file")));
  note->etag = g_strdup (asp_json_string (asp_json_member (root, "etag")));
  note->last_modified = g_strdup (asp_json_string (asp_json_member (root, "last_modified")));
  if (!asp_json_integer (asp_json_member (root, "source_version"), &version) || version != NOTE_VERSION ||
      !asp_json_integer (asp_json_member (root, "bytes"), &bytes) ||
      !asp_json_integer (asp_json_member (root, "fresh_until_us"), &note->fresh_until_us))
    bytes = -1;
  note->bytes = (guint64) bytes;
  if (bytes < 0 || !is_good (note, folder, id))
    g_clear_pointer (&note, asp_source_note_free);
  return note;
}

static void
add_text (AspJsonWriter * w, const gchar * name, const gchar * text)
{
  if (text)
    asp_json_add_string (w, name, text);
}

gboolean
asp_source_note_write (const AspSourceNote * note, const gchar * folder, const gchar * id)
{
  g_autofree gchar *path = asp_source_note_path (folder, id);
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "source_version", NOTE_VERSION);
  asp_json_add_string (w, "url", note->url);
  asp_json_add_string (w, "file", note->file);
  asp_json_add_int (w, "bytes", (gint64) note->bytes);
  add_text (w, "etag", note->etag);
  add_text (w, "last_modified", note->last_modified);
  asp_json_add_int (w, "fresh_until_us", note->fresh_until_us);
  asp_json_end_object (w);
  return g_file_set_contents (path, asp_json_writer_text (w), -1, NULL);
}
