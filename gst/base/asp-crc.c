/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-crc.h"

/* Sixteen entries: sections are short and rare, a 1 KiB table would only push
 * packet headers out of the cache. */
static const guint32 nibble_table[16] = {
  0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9,
  0x130476dc, 0x17c56b6b, 0x1a864db2, 0x1e475005,
  0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61,
  0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd
};

guint32
asp_crc32_mpeg (const guint8 * data, gsize size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    crc = (crc << 4) ^ nibble_table[(crc >> 28) ^ (data[i] >> 4)];
    crc = (crc << 4) ^ nibble_table[(crc >> 28) ^ (data[i] & 0x0f)];
  }
  return crc;
}
