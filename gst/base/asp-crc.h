/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * asp_crc32_mpeg:
 * @data: bytes; may be NULL when @size is 0
 *
 * CRC_32 of ISO/IEC 13818-1 Annex A (polynomial 0x04C11DB7, start 0xFFFFFFFF, no
 * reflection). Over a whole section with its CRC_32 the result is 0.
 * Thread: any. Since: 0.1
 */
guint32 asp_crc32_mpeg (const guint8 * data, gsize size);

G_END_DECLS
