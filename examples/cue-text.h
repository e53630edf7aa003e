/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-check.h>

G_BEGIN_DECLS

/* What a cue is to others and to the pictures, in words. g_free() all. */

/* "opens event 0x00000064 (splice)", "closes event ... of #1 after 4.000 s" */
gchar *cue_text_pair (const AspCuePairing * p);

/* "exactly there", "0.480 s before, 0.520 s after", "none was seen near its time"; NULL for a
 * cue that is about no time. */
gchar *cue_text_distance (const AspCheckProgram * program, const AspCheckCue * cue);

G_END_DECLS
