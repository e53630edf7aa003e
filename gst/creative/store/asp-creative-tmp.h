/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Internal to the store: a folder for what is being made, with a folder in it for each process. Who
 * opens it removes what processes that are gone have left there. Thread: any; open and close from
 * one. Since: 0.1
 */
typedef struct _AspCreativeTmp AspCreativeTmp;

/* @folder is made. NULL with a G_FILE_ERROR. */
AspCreativeTmp *asp_creative_tmp_open (const gchar * folder, GError ** error);
/* With all that is in it; NULL is allowed. */
void asp_creative_tmp_close (AspCreativeTmp * tmp);

/* (transfer full): a name that nobody else has, for a file or a folder of this process */
gchar *asp_creative_tmp_new_name (AspCreativeTmp * tmp);

/* A folder, with all that is in it. NULL is allowed. */
void asp_creative_drop_folder (const gchar * path);

/* FALSE with a G_FILE_ERROR of errno. */
gboolean asp_creative_folder_error (GError ** error, const gchar * path);

G_END_DECLS
