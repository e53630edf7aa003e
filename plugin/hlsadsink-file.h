/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * hls_file_write:
 * @folder: made, with its parents, when it is not there
 * @name: a plain name in it
 *
 * Writes FOLDER/.NAME.part and renames it to FOLDER/NAME: nobody ever sees half a file,
 * and no server that leaves out hidden files shows the other name. Blocks: not for a
 * streaming thread. Returns: FALSE with G_FILE_ERROR; nothing is left behind. Since: 0.1
 */
gboolean hls_file_write (const gchar * folder, const gchar * name, gconstpointer data,
    gsize size, GError ** error);

/**
 * hls_file_grow:
 * @skip, @size: what there is of FOLDER/NAME: its header, and all of it
 *
 * Writes, as hls_file_write() does, @header, what stands behind the old header, and @added. With
 * @size 0 there is nothing yet. Returns: FALSE with G_FILE_ERROR; G_FILE_ERROR_INVAL: it has not
 * got @size bytes, so that somebody else has touched it. Since: 0.1
 */
gboolean hls_file_grow (const gchar * folder, const gchar * name, const gchar * header,
    gsize skip, gsize size, const gchar * added, GError ** error);

/* Harmless when it is not there. */
void hls_file_remove (const gchar * folder, const gchar * name);

G_END_DECLS
