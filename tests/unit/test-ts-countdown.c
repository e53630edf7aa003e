/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/ts/asp-ts-countdown: splice_countdown into the stuffing of an adaptation field. */
#include <asp-ts-countdown.h>

#include <string.h>

#include <asp-ts-packet.h>

#include "unit-support.h"

/* The fields of an adaptation field, read one by one (2.4.3.4). */
typedef struct
{
  guint8 flags;
  GString *fields;              /* in hex, without splice_countdown and stuffing */
  gint countdown;
  guint stuffing;
} Field;

static void
take (GString * to, const guint8 ** p, guint n)
{
  for (guint i = 0; i < n; i++)
    g_string_append_printf (to, "%02x", *(*p)++);
}

static void
field_read (const guint8 * packet, Field * f)
{
  const guint8 *p = packet + 6, *end = packet + 5 + packet[4];

  f->flags = packet[5];
  f->countdown = G_MAXINT;
  f->fields = g_string_new (NULL);
  if (f->flags & 0x10)
    take (f->fields, &p, 6);
  if (f->flags & 0x08)
    take (f->fields, &p, 6);
  if (f->flags & 0x04)
    f->countdown = (gint8) *p++;
  if (f->flags & 0x02)
    take (f->fields, &p, 1u + *p);
  if (f->flags & 0x01)
    take (f->fields, &p, 1u + *p);
  g_assert_true (p <= end);
  f->stuffing = (guint) (end - p);
}

/* A packet with an adaptation field of @size bytes behind its length, that holds what @flags say
 * (@with: bytes of private data and of the extension). */
static gboolean
make (guint8 * p, guint size, guint flags, guint with)
{
  guint at = 6, need = 1;

  memset (p, 0xa5, ASP_TS_SIZE);
  memcpy (p, "\x47\x41\x00\x37", 4);
  p[4] = (guint8) size;
  p[5] = (guint8) flags;
  need += (flags & 0x10 ? 6 : 0) + (flags & 0x08 ? 6 : 0) + (flags & 0x04 ? 1 : 0) + (flags & 0x02 ? 1 + with : 0) +
      (flags & 0x01 ? 1 + with : 0);
  if (size < need || size > 182)
    return FALSE;
  memset (p + 6, 0xff, size - 1);
  for (guint i = 0; i < (flags & 0x10 ? 6u : 0) + (flags & 0x08 ? 6u : 0); i++)
    p[at++] = (guint8) (0x30 + i);
  if (flags & 0x04)
    p[at++] = 0x7d;
  for (guint flag = 2; flag > 0; flag--)
    if (flags & flag) {
      p[at++] = (guint8) with;
      memset (p + at, 0x60 + (int) flag, with);
      at += with;
    }
  return TRUE;
}

static void
check (guint size, guint flags, guint with, gint countdown)
{
  guint8 before[ASP_TS_SIZE];
  g_autofree guint8 *p = NULL;
  Field a, b;
  gboolean room;

  if (!make (before, size, flags, with))
    return;
  p = test_exact_block (before, ASP_TS_SIZE);
  field_read (before, &a);
  room = a.stuffing > 0 && !(flags & 0x04);
  g_assert_cmpint (asp_ts_packet_set_countdown (p, countdown), ==, room);
  if (!room) {
    g_assert_cmpmem (p, ASP_TS_SIZE, before, ASP_TS_SIZE);
  } else {
    field_read (p, &b);
    g_assert_cmpint (b.countdown, ==, countdown);
    g_assert_cmphex (b.flags, ==, flags | 0x04);
    g_assert_cmpstr (b.fields->str, ==, a.fields->str);
    g_assert_cmpuint (b.stuffing, ==, a.stuffing - 1);
    g_assert_cmpmem (p, 5, before, 5);
    g_assert_cmpmem (p + 5 + size, ASP_TS_SIZE - 5 - size, before + 5 + size, ASP_TS_SIZE - 5 - size);
    g_string_free (b.fields, TRUE);
  }
  g_string_free (a.fields, TRUE);
}

static void
test_room (void)
{
  static const guint with[] = { 0, 1, 20 };

  for (guint flags = 0; flags < 256; flags++)
    for (guint w = 0; w < G_N_ELEMENTS (with); w++)
      for (guint size = 0; size <= 182; size++)
        check (size, flags, with[w], (gint) (size % 256) - 128);
}

/* Nothing that is not an adaptation field is touched, whatever its lengths say. */
static void
test_malformed (void)
{
  guint8 p[ASP_TS_SIZE], before[ASP_TS_SIZE];

  for (guint length = 0; length < 256; length++)
    for (guint inner = 0; inner < 256; inner++) {
      memset (p, 0xff, sizeof p);
      memcpy (p, "\x47\x41\x00\x37", 4);
      p[4] = (guint8) length;
      p[5] = 0x03;
      p[6] = (guint8) inner;
      memcpy (before, p, sizeof p);
      if (!asp_ts_packet_set_countdown (p, 1))
        g_assert_cmpmem (p, sizeof p, before, sizeof p);
      else
        g_assert_cmpuint (length, <=, 182);
    }
  memset (p, 0xff, sizeof p);
  memcpy (p, "\x47\x41\x00\x17", 4);
  g_assert_false (asp_ts_packet_set_countdown (p, 1));
}

/* Without payload the field takes all of the packet. */
static void
test_no_payload (void)
{
  guint8 p[ASP_TS_SIZE];

  asp_ts_packet_write_pcr (p, 0x100, 3, 12345);
  g_assert_true (asp_ts_packet_set_countdown (p, 5));
  g_assert_cmpint (asp_ts_packet_pcr (p), ==, 12345);
  g_assert_cmphex (p[12], ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ts/countdown/room", test_room);
  g_test_add_func ("/ts/countdown/malformed", test_malformed);
  g_test_add_func ("/ts/countdown/no-payload", test_no_payload);
  return g_test_run ();
}
