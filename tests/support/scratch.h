/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Folders for what a test program writes, below the system's folder for temporary files.
 *
 * They are gone when the program is, however it ends: a failed assertion aborts, a
 * sanitizer exits, and a test that takes too long is killed. None of these runs a
 * teardown, so a process of its own waits for the end and removes what is left.
 *
 * scratch_folder_new: an empty folder with @name in its name. Fails the test when it
 * cannot be made. Returns: (transfer full): its path. Thread: the main one.
 */
gchar *scratch_folder_new (const gchar * name);

G_END_DECLS
