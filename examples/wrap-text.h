/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Prints @text to stdout in lines of at most 100 characters: @first before the first line,
 * @rest before the others. A word that is longer stands on a line of its own. */
void wrap_text (const gchar * first, const gchar * rest, const gchar * text);

G_END_DECLS
