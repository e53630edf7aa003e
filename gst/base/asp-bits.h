/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A bounded bit reader with a sticky error: a read past the end returns 0 and sets
 * `error`, every later read returns 0 too, so a parser may read a whole structure
 * and ask once. Nothing is copied and nothing is owned; the bytes must outlive it.
 * Thread: one reader, one thread. Since: 0.1
 */
typedef struct
{
  const guint8 *data;
  gsize size_bits;
  gsize pos_bits;
  gboolean error;
} AspBits;

static inline void
asp_bits_init (AspBits * b, const guint8 * data, gsize size_bytes)
{
  b->data = data;
  b->size_bits = size_bytes * 8;
  b->pos_bits = 0;
  b->error = FALSE;
}

static inline gsize
asp_bits_left (const AspBits * b)
{
  return b->error ? 0 : b->size_bits - b->pos_bits;
}

/* @n in 0..32. */
static inline guint32
asp_bits_get (AspBits * b, guint n)
{
  guint64 v = 0;

  if (b->error || n > b->size_bits - b->pos_bits) {
    b->error = TRUE;
    return 0;
  }
  for (guint got = 0; got < n;) {
    guint in_byte = b->pos_bits & 7;
    guint take = MIN (8 - in_byte, n - got);
    guint8 byte = b->data[b->pos_bits >> 3];

    v = (v << take) | ((byte >> (8 - in_byte - take)) & ((1u << take) - 1));
    got += take;
    b->pos_bits += take;
  }
  return (guint32) v;
}

/* @n in 0..64. */
static inline guint64
asp_bits_get64 (AspBits * b, guint n)
{
  guint64 high = n > 32 ? asp_bits_get (b, n - 32) : 0;
  return (high << 32) | asp_bits_get (b, MIN (n, 32));
}

static inline void
asp_bits_skip (AspBits * b, gsize n)
{
  if (b->error || n > b->size_bits - b->pos_bits)
    b->error = TRUE;
  else
    b->pos_bits += n;
}

/* ue(v) of ITU-T H.264 9.1; more than 31 leading zeros is an error. */
static inline guint32
asp_bits_ue (AspBits * b)
{
  guint zeros = 0;

  while (asp_bits_get (b, 1) == 0) {
    if (b->error || ++zeros > 31) {
      b->error = TRUE;
      return 0;
    }
  }
  return ((1u << zeros) - 1) + asp_bits_get (b, zeros);
}

static inline gint32
asp_bits_se (AspBits * b)
{
  guint32 k = asp_bits_ue (b);
  return (k & 1) ? (gint32) ((k + 1) / 2) : -(gint32) (k / 2);
}

G_END_DECLS
