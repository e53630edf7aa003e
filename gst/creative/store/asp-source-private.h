/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-creative-tmp.h"
#include "asp-source-cache.h"

G_BEGIN_DECLS

/*
 * Inside of the cache of sources:
 *   asp-source-cache.c    questions, answers of servers; the lock
 *   asp-source-note.c     what stands beside a file
 *   asp-source-folder.c   the files: put away, found again, removed
 */
typedef struct
{
  gchar *url, *file;            /* file: its name */
  guint64 bytes;
  gchar *etag, *last_modified;  /* nullable */
  gint64 fresh_until_us;        /* UTC */
} AspSourceNote;

/* NULL: there is none, or it is damaged, or its file is not what it says. (transfer full) */
AspSourceNote *asp_source_note_read (const gchar * folder, const gchar * id);
gboolean asp_source_note_write (const AspSourceNote * note, const gchar * folder, const gchar * id);
void asp_source_note_free (AspSourceNote * note);       /* NULL is allowed */

/* (transfer full): ID.json */
gchar *asp_source_note_path (const gchar * folder, const gchar * id);

/* It has been used now. */
void asp_source_folder_touch (const gchar * folder, const gchar * id);
/* The note first: a file without one is removed by the next sweep. */
void asp_source_folder_remove (const gchar * folder, const gchar * id, const gchar * file);

/* May the file of @id go? */
typedef gboolean (*AspSourceMayGo) (const gchar * id, const gchar * file, gpointer user_data);

/* Removes what no note speaks of, and the least recently used above @max_bytes. */
void asp_source_folder_sweep (const gchar * folder, guint64 max_bytes, guint used_s, AspSourceMayGo may_go,
    gpointer user_data);

G_END_DECLS
