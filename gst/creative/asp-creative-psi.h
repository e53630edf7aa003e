/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-rendition.h"

G_BEGIN_DECLS

/*
 * PAT and PMT of a conditioned creative (ISO/IEC 13818-1, 2.4.4.3 and 2.4.4.8): the rendition's
 * programme, PIDs and versions, and of its streams those that a creative has: video and audio.
 * @out: (caller-allocates) ASP_PMT_SECTION_MAX bytes. Thread: any; pure. Since: 0.1
 *
 * Returns: bytes written; 0 when the descriptors are more than a PMT can hold
 */
gsize asp_creative_write_pat (const AspRendition * r, guint8 * out);
gsize asp_creative_write_pmt (const AspRendition * r, guint8 * out);

G_END_DECLS
