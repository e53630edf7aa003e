/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bit-writer.h"

void
bits_init (BitWriter * w)
{
  w->bytes = g_byte_array_new ();
  w->free_bits = 0;
}

void
bits_clear (BitWriter * w)
{
  g_byte_array_unref (w->bytes);
  w->bytes = NULL;
}

static void
put_bit (BitWriter * w, guint bit)
{
  static const guint8 zero = 0;

  if (w->free_bits == 0) {
    g_byte_array_append (w->bytes, &zero, 1);
    w->free_bits = 8;
  }
  w->free_bits--;
  w->bytes->data[w->bytes->len - 1] |= (guint8) (bit << w->free_bits);
}

void
bits_u (BitWriter * w, guint n, guint64 value)
{
  g_assert_true (n == 64 || value >> n == 0);
  while (n-- > 0)
    put_bit (w, (value >> n) & 1);
}

void
bits_ue (BitWriter * w, guint32 value)
{
  guint64 code = (guint64) value + 1;
  guint length = 0;

  while (code >> (length + 1))
    length++;
  bits_u (w, length, 0);
  bits_u (w, length + 1, code);
}

void
bits_se (BitWriter * w, gint32 value)
{
  bits_ue (w, value > 0 ? 2 * (guint32) value - 1 : 2 * (guint32) - (gint64) value);
}

void
bits_s (BitWriter * w, const gchar * bits)
{
  for (; *bits; bits++)
    if (*bits != ' ')
      put_bit (w, *bits == '1');
}

void
bits_trailing (BitWriter * w)
{
  put_bit (w, 1);
  bits_align (w);
}

void
bits_align (BitWriter * w)
{
  w->free_bits = 0;
}

void
bits_nal (BitWriter * w, GByteArray * out, guint prefix)
{
  static const guint8 start_code[4] = { 0, 0, 0, 1 };
  static const guint8 three = 3;
  guint zeros = 0;

  bits_trailing (w);
  g_byte_array_append (out, start_code + 4 - prefix, prefix);
  for (guint i = 0; i < w->bytes->len; i++) {
    guint8 byte = w->bytes->data[i];

    if (zeros == 2 && byte <= 3) {
      g_byte_array_append (out, &three, 1);
      zeros = 0;
    }
    g_byte_array_append (out, &byte, 1);
    zeros = byte == 0 ? zeros + 1 : 0;
  }
  g_byte_array_set_size (w->bytes, 0);
  w->free_bits = 0;
}
