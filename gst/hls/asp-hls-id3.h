/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-segmenter.h"

G_BEGIN_DECLS

/*
 * Timed metadata: what begins and ends at one picture, as an ID3v2.4 tag. Each mark is a frame
 * TXXX, UTF-8, whose description is the name of the event and whose value is JSON with the names of
 * the payloads of Amazon's player:
 *
 *   AdBreakStart     {"adBreakId":"...","rollType":"midroll","duration":30,"podLength":2}
 *   AdCreativeStart  {"adBreakId":"...","assetId":"...","podIndex":1,"duration":15,
 *                     "metadata":{"vastAdId":"...","creativeId":"...","adSystem":"...","adTitle":"..."}}
 *   AdCreativeEnd    {"adBreakId":"..."}
 *   AdBreakEnd       {"adBreakId":"..."}
 *
 * What is not known is left out. Pure; thread: any. Since: 0.1
 */
#define ASP_HLS_ID3_MAX 60000   /* of a tag: it is one PES; what is more is left out */

/* @marks: (element-type AspHlsMark). Returns: (transfer full): NULL when there is nothing to say */
GByteArray *asp_hls_id3_tag (const GPtrArray * marks);

G_END_DECLS
