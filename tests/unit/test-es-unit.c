/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts/asp-es-unit: start codes, ends of units, emulation prevention, SEI messages. */
#include <asp-es-unit.h>

#include <string.h>

#include "unit-support.h"

typedef struct
{
  gsize start, end;
} Span;

/* Every unit of @hex, closed, with its prefix offset and its end as in 00 00 01 [body, end) */
static void
expect_units (const gchar * hex, const Span * spans, guint n)
{
  g_autoptr (GByteArray) bytes = test_hex (hex);
  g_autofree guint8 *block = test_exact_block (bytes->data, bytes->len);

  g_test_message ("%s", hex);
  /* with and without asp_es_unit_close(): the same units are found */
  for (guint pass = 0; pass < 2; pass++) {
    AspEsUnit u;
    guint i = 0;

    asp_es_unit_init (&u, block, bytes->len);
    while (asp_es_unit_next (&u)) {
      g_assert_cmpuint (i, <, n);
      g_assert_cmpuint (u.start, ==, spans[i].start);
      g_assert_cmpuint (u.body, ==, spans[i].start + 3);
      g_assert_false (u.whole);
      if (pass == 0) {
        asp_es_unit_close (&u, G_MAXSIZE);
        g_assert_cmpuint (u.end, ==, spans[i].end);
        g_assert_cmpint (u.whole, ==, u.end < bytes->len);
      }
      i++;
    }
    g_assert_cmpuint (i, ==, n);
  }
}

static void
test_units (void)
{
  expect_units ("", NULL, 0);
  expect_units ("01", NULL, 0);
  expect_units ("0001", NULL, 0);
  expect_units ("000001", NULL, 0);
  expect_units ("000002 0100 010001", NULL, 0);
  expect_units ("000001 09", (Span[]) { {0, 4} }, 1);
  expect_units ("00000001 09", (Span[]) { {1, 5} }, 1);
  expect_units ("ff0000000001 09 01 0001 00", (Span[]) { {3, 11} }, 1);
  expect_units ("000001 67 aa 000001 68", (Span[]) { {0, 5}, {5, 9} }, 2);
  /* the zero in front of the prefix belongs to what was before */
  expect_units ("000001 67 aa 00000001 68", (Span[]) { {0, 6}, {6, 10} }, 2);
  /* one without a body: the next prefix is not it */
  expect_units ("000001 000001 68", (Span[]) { {0, 3}, {3, 7} }, 2);
  expect_units ("000001 01 01 000001 01", (Span[]) { {0, 5}, {5, 9} }, 2);
  expect_units ("000001 000001 000001", (Span[]) { {0, 3}, {3, 6} }, 2);
}

/* Wherever the limit falls, and wherever the data ends, the answer is that of the whole data. */
static void
test_limit (void)
{
  static const gchar *const streams[] = {
    "000001 41 11 22 00 00 03 33 44 00 00 01 09", "000001 41 00 00 00 00 00 00 00 01 09 10",
    "000001 41 11 22 33 44 55 66 77 88 99",
  };

  for (guint k = 0; k < G_N_ELEMENTS (streams); k++) {
    g_autoptr (GByteArray) bytes = test_hex (streams[k]);

    for (gsize limit = 1; limit <= bytes->len + 1; limit++) {
      AspEsUnit whole;
      gboolean settled = FALSE;

      asp_es_unit_init (&whole, bytes->data, bytes->len);
      g_assert_true (asp_es_unit_next (&whole));
      asp_es_unit_close (&whole, limit);
      g_assert_cmpuint (whole.end - whole.body, <=, limit + 3);
      for (gsize n = 4; n <= bytes->len; n++) {
        g_autofree guint8 *block = test_exact_block (bytes->data, n);
        AspEsUnit u;

        asp_es_unit_init (&u, block, n);
        g_assert_true (asp_es_unit_next (&u));
        asp_es_unit_close (&u, limit);
        g_assert_cmpuint (u.end, <=, n);
        g_assert_cmpuint (u.next, <=, n);
        g_assert_true (u.whole || !settled);
        settled = u.whole;
        if (u.whole) {
          g_assert_cmpuint (u.end, ==, whole.end);
          g_assert_cmpuint (u.next, ==, whole.next);
        } else {
          g_assert_cmpuint (u.end, ==, n);
        }
      }
      /* far enough behind the limit nothing can come that changes it */
      if (bytes->len > 3 + limit + 3)
        g_assert_true (whole.whole);
    }
  }
}

static void
test_nal_edges (void)
{
  g_autoptr (GByteArray) bytes = test_hex ("00000001 67 aa bb 00 00 00000001 68 00 000001 69 cc 00 00");
  AspEsUnit u;

  asp_es_unit_init (&u, bytes->data, bytes->len);
  g_assert_true (asp_es_unit_next (&u));
  g_assert_cmpuint (asp_es_unit_nal_start (&u), ==, 0);
  asp_es_unit_close (&u, G_MAXSIZE);
  g_assert_cmpuint (asp_es_unit_nal_size (&u), ==, 3);
  g_assert_true (asp_es_unit_next (&u));
  /* one zero byte goes with the prefix, the others are trailing_zero_8bits */
  g_assert_cmpuint (asp_es_unit_nal_start (&u), ==, 9);
  asp_es_unit_close (&u, G_MAXSIZE);
  g_assert_cmpuint (asp_es_unit_nal_size (&u), ==, 1);
  g_assert_true (asp_es_unit_next (&u));
  g_assert_cmpuint (asp_es_unit_nal_start (&u), ==, 14);
  asp_es_unit_close (&u, G_MAXSIZE);
  g_assert_cmpuint (asp_es_unit_nal_size (&u), ==, 2);
  g_assert_false (asp_es_unit_next (&u));
  /* nothing but zeros */
  asp_es_unit_init (&u, (const guint8 *) "\0\0\1\0\0\0", 6);
  g_assert_true (asp_es_unit_next (&u));
  asp_es_unit_close (&u, G_MAXSIZE);
  g_assert_cmpuint (asp_es_unit_nal_size (&u), ==, 0);
  g_assert_cmpuint (asp_es_unit_nal_start (&u), ==, 0);
}

static void
test_unescape (void)
{
  static const gchar *const cases[][2] = {
    {"", ""},
    {"03", "03"},
    {"0003", "0003"},
    {"000003", "0000"},
    {"00000300", "000000"},
    {"0000030003", "00000003"},
    {"0000030000030000 03", "000000000000"},
    {"00000000 03", "00000000"},
    {"0000040000 0301", "00000400 0001"},
    {"000003 03 0000 0303", "0000 03 0000 03"},
    {"11000003 22 0003 33 000003", "11 0000 22 0003 33 0000"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) in = test_hex (cases[i][0]);
    g_autoptr (GByteArray) out = test_hex (cases[i][1]);
    g_autofree guint8 *nal = test_exact_block (in->data, in->len);

    g_test_message ("%s", cases[i][0]);
    /* into less room too */
    for (gsize room = 0; room <= out->len + 1; room++) {
      g_autofree guint8 *dst = g_malloc (MAX (room, 1));
      gsize n = asp_es_nal_unescape (nal, in->len, dst, room);

      g_assert_cmpmem (dst, n, out->data, MIN (room, out->len));
    }
  }
}

static void
expect_sei (const gchar * hex, guint payload_type, gboolean there)
{
  g_autoptr (GByteArray) bytes = test_hex (hex);

  g_test_message ("%s", hex);
  for (gsize n = 0; n <= bytes->len; n++) {
    g_autofree guint8 *nal = test_exact_block (bytes->data, n);
    gboolean found = asp_es_sei_has (nal, n, 1, payload_type);

    g_assert_false (found && !there);
    if (n == bytes->len)
      g_assert_cmpint (found, ==, there);
  }
}

static void
test_sei (void)
{
  g_autoptr (GString) filled = g_string_new ("06 05 ff ff 03 ");

  expect_sei ("06 06 01 c4 80", 6, TRUE);
  expect_sei ("06 06 01 c4 80", 5, FALSE);
  expect_sei ("06 01 02 aabb 06 01 c4 80", 6, TRUE);
  expect_sei ("06 01 03 aabb 06 01 c4 80", 6, FALSE);
  expect_sei ("06 01 00 06 00 80", 6, TRUE);
  /* a message inside another one is none */
  expect_sei ("06 04 05 06 01 c4 06 01 80", 6, FALSE);
  /* sizes count bytes without emulation prevention */
  expect_sei ("06 01 04 0000 03 0000 03 06 01 c4 80", 6, TRUE);
  expect_sei ("06 01 05 0000 03 0000 03 06 01 06 01 80", 6, FALSE);
  /* where the number itself has an emulation prevention byte in front */
  expect_sei ("06 01 02 0000 03 01 01 aa 06 01 c4 80", 6, TRUE);
  expect_sei ("06 01 02 0000 03 03 01 aa 06 01 c4 80", 6, TRUE);
  /* 03 that is data */
  expect_sei ("06 01 03 03 0003 06 01 c4 80", 6, TRUE);
  /* types and sizes of 255 and more */
  expect_sei ("06 ff 06 01 aa 06 01 c4 80", 6, TRUE);
  expect_sei ("06 ff 06 01 aa 80", 6, FALSE);
  expect_sei ("06 ff 06 01 aa 80", 255 + 6, TRUE);
  expect_sei ("06 ffff 00 01 aa 80", 510, TRUE);
  for (guint i = 0; i < 255 + 255 + 3; i++)
    g_string_append (filled, "06");
  expect_sei (filled->str, 6, FALSE);
  g_string_append (filled, "06 01 c4 80");
  expect_sei (filled->str, 6, TRUE);
  /* sizes beyond the end, and numbers without end */
  expect_sei ("06 01 ff ff 10 06 01 c4 80", 6, FALSE);
  expect_sei ("06 ff ff ff ff", 6, FALSE);
  expect_sei ("06", 6, FALSE);
  expect_sei ("", 6, FALSE);
}

/* payloadType may be any number of ff bytes: it is given up before it runs over. */
static void
test_sei_endless_number (void)
{
  const gsize size = 1000000;
  g_autofree guint8 *nal = g_malloc (size);

  memset (nal, 0xff, size);
  nal[0] = 0x06;
  g_assert_false (asp_es_sei_has (nal, size, 1, 6));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/es/unit/units", test_units);
  g_test_add_func ("/es/unit/limit", test_limit);
  g_test_add_func ("/es/unit/nal-edges", test_nal_edges);
  g_test_add_func ("/es/unit/unescape", test_unescape);
  g_test_add_func ("/es/unit/sei", test_sei);
  g_test_add_func ("/es/unit/sei-endless-number", test_sei_endless_number);
  return g_test_run ();
}
