/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-es-video.h>

G_BEGIN_DECLS

/*
 * What must hold of the video readers for any bytes at all: @data is read at every length
 * from 0 to @max_length (and once in full), each time in a block of exactly that size.
 * - a scan that is complete is that of the whole; one that is not says nothing
 * - once complete it stays complete
 * - parameters that could be read are those of the whole
 * - parameter sets that were copied are the first ones of the whole, the last one cut, or with
 *   it the zeros of a start code that is forming
 */
void check_video_prefixes (AspCodec codec, const guint8 * data, gsize size, gsize max_length,
    const AspVideoParams * known);

/* One scan of the whole in an exact block. */
AspAuInfo scan_whole (AspCodec codec, const GByteArray * bytes);

G_END_DECLS
