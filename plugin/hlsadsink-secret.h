/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What the names of a channel's media are made with (asp-hls-names.h), kept in a hidden file of
 * its folder that only its owner may read, so that a restart goes on with the same names.
 * Returns: (transfer full): ASP_HLS_SECRET_SIZE bytes; where the file can be neither read nor
 * written, for this process only. Blocks: not for a streaming thread. Since: 0.1
 */
guint8 *hls_secret_get (const gchar * location, const gchar * channel);

G_END_DECLS
