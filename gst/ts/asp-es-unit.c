/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-es-unit.h"

#include <string.h>

#define START_CODE_SIZE 3

/* Offset of the first 00 00 01 at or behind @from, or @size. The 01 is searched: in coded
 * pictures it is much rarer than 00, and memchr is as fast as the machine gets. */
static gsize
find_start_code (const guint8 * data, gsize size, gsize from)
{
  gsize pos = from + 2;

  while (pos < size) {
    const guint8 *one = memchr (data + pos, 1, size - pos);

    if (!one)
      break;
    pos = one - data;
    if (data[pos - 1] == 0 && data[pos - 2] == 0)
      return pos - 2;
    pos++;
  }
  return size;
}

void
asp_es_unit_init (AspEsUnit * u, const guint8 * data, gsize size)
{
  memset (u, 0, sizeof *u);
  u->data = data;
  u->size = size;
}

gboolean
asp_es_unit_next (AspEsUnit * u)
{
  gsize start = find_start_code (u->data, u->size, u->next);

  if (u->size - start <= START_CODE_SIZE)
    return FALSE;
  u->start = start;
  u->body = u->next = start + START_CODE_SIZE;
  u->end = u->size;
  u->whole = FALSE;
  return TRUE;
}

void
asp_es_unit_close (AspEsUnit * u, gsize limit)
{
  gsize left = u->size - u->body;
  gsize cut = left > START_CODE_SIZE && limit < left - START_CODE_SIZE ? u->body + limit : u->size;
  gsize window = cut == u->size ? u->size : cut + START_CODE_SIZE;
  gsize found = find_start_code (u->data, window, u->body);

  u->whole = found < window || cut < u->size;
  u->end = MIN (found, cut);
  u->next = found < window ? found : u->end;
}

gsize
asp_es_unit_nal_start (const AspEsUnit * u)
{
  return u->start > 0 && u->data[u->start - 1] == 0 ? u->start - 1 : u->start;
}

gsize
asp_es_unit_nal_size (const AspEsUnit * u)
{
  gsize end = u->end;

  while (end > u->body && u->data[end - 1] == 0)
    end--;
  return end - u->body;
}

gsize
asp_es_nal_unescape (const guint8 * nal, gsize size, guint8 * dst, gsize dst_size)
{
  gsize n = 0;
  guint zeros = 0;

  for (gsize i = 0; i < size && n < dst_size; i++) {
    if (zeros >= 2 && nal[i] == 3) {
      zeros = 0;
      continue;
    }
    zeros = nal[i] == 0 ? zeros + 1 : 0;
    dst[n++] = nal[i];
  }
  return n;
}

/* RBSP bytes one after the other: a caption or user data SEI may be longer than any buffer
 * that one would care to keep for it. */
typedef struct
{
  const guint8 *pos, *end;
  guint zeros;
} RbspBytes;

static gboolean
rbsp_byte (RbspBytes * r, guint * byte)
{
  if (r->pos < r->end && r->zeros >= 2 && *r->pos == 3) {
    r->pos++;
    r->zeros = 0;
  }
  if (r->pos >= r->end)
    return FALSE;
  *byte = *r->pos++;
  r->zeros = *byte == 0 ? r->zeros + 1 : 0;
  return TRUE;
}

/* payloadType and payloadSize: any number of 0xff, then the rest */
static gboolean
sei_number (RbspBytes * r, guint * value)
{
  guint byte;

  *value = 0;
  do {
    if (!rbsp_byte (r, &byte) || *value > G_MAXUINT16)
      return FALSE;
    *value += byte;
  } while (byte == 0xff);
  return TRUE;
}

gboolean
asp_es_sei_has (const guint8 * nal, gsize size, gsize header_size, guint payload_type)
{
  RbspBytes r = { nal, nal + size, 0 };
  guint type, payload_size, byte;

  if (size <= header_size)
    return FALSE;
  r.pos += header_size;
  /* sei_payload () takes at least two bytes, rbsp_trailing_bits () one */
  while (r.end - r.pos >= 2) {
    if (!sei_number (&r, &type) || !sei_number (&r, &payload_size))
      return FALSE;
    if (type == payload_type)
      return TRUE;
    while (payload_size-- > 0)
      if (!rbsp_byte (&r, &byte))
        return FALSE;
  }
  return FALSE;
}
