/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scte35-vectors.h"

#include <string.h>

#include "unit-support.h"

/* 9.6, Table 5: FC, 0011 + section_length, protocol_version, encrypted_packet 0 +
 * encryption_algorithm 0 + pts_adjustment 0, cw_index FF, tier FFF + splice_command_length */
const gchar *const scte35_vector_plain_header = "fc 3000 00 0000000000 ff fff000";

#define CUEI "43554549 "
/* segmentation_descriptor, programme, no duration, not restricted: event id 9, cancel 0,
 * compliance 1, reserved; flags 1 0 1 11111 */
#define SEG_START CUEI "00000009 7f bf "

const Scte35Vector scte35_vectors[] = {
  /* 14.1 of the standard: time_signal, placement opportunity start */
  {"standard-14-1", NULL, 0x06, FALSE, "fe 72bd0050",
      "02 1c" CUEI "4800008e 7f cf 0001a599b0 08 08 000000002ca0a18a 34 02 00", NULL},
  /* 14.2: splice_insert out, 60.293567 s, auto return, avail 309 */
  {"standard-14-2", NULL, 0x05, FALSE,
      "4800008f 7f ef fe 7369c02e fe 0052ccf5 0000 00 00", "00 08" CUEI "00000135", NULL},
  {"null", NULL, 0x00, FALSE, NULL, NULL, NULL},
  {"null-length-unknown", NULL, 0x00, TRUE, NULL, "00 08" CUEI "00000001", NULL},
  {"bandwidth-reservation", NULL, 0x07, FALSE, NULL, NULL, NULL},
  {"private-command", NULL, 0xff, FALSE, "54455354 0102030405", NULL, NULL},
  /* pts_adjustment 2^33 - 90000 = 0x1FFFEA070, pts_time 180000 */
  {"adjustment-wraps", "fc 3000 00 01fffea070 ff fff000", 0x06, FALSE, "fe 0002bf20", NULL, NULL},
  /* the largest of both */
  {"adjustment-largest", "fc 3000 00 01ffffffff ff fff000", 0x06, FALSE, "ff ffffffff", NULL, NULL},
  {"sap-type-0-tier-cw", "fc 0000 00 0000000000 07 123000", 0x06, FALSE, "7f", NULL, NULL},
  {"insert-cancel", NULL, 0x05, FALSE, "c0000001 ff", NULL, NULL},
  /* out, programme, duration 30 s without auto return, immediate */
  {"insert-immediate", NULL, 0x05, FALSE, "00000002 7f ff 7e 002932e0 0007 01 02", NULL, NULL},
  {"insert-no-time", NULL, 0x05, FALSE, "00000003 7f cf 7f 0000 00 00", NULL, NULL},
  {"insert-length-unknown", NULL, 0x05, TRUE,
      "4800008f 7f ef fe 7369c02e fe 0052ccf5 0000 00 00", "00 08" CUEI "00000135", NULL},
  /* the compliance flag 0, and reserved bits that an encoder left 0 everywhere */
  {"insert-reserved-zero", "fc 0000 00 0000000000 00 000000", 0x05, FALSE,
      "00000004 00 e0 80 00000064 80 0000012c 0001 00 00", NULL, NULL},
  /* component mode: tag 1 without a time, tags 2 and 3 with one */
  {"insert-components", NULL, 0x05, FALSE,
      "00000005 7f 8f 03 01 7f 02 fe 00055730 03 ff 00000001 0002 00 00", NULL, NULL},
  {"insert-components-immediate", NULL, 0x05, FALSE,
      "00000006 7f 1f 02 01 02 0002 00 00", NULL, NULL},
  /* splice_command_length counts two bytes more than the command has */
  {"insert-rest", NULL, 0x05, FALSE, "00000002 7f df 0007 01 02 abcd", NULL, NULL},
  /* one programme event with duration, one cancelled, one in component mode */
  {"schedule", NULL, 0x04, FALSE,
      "03 00000001 7f ff 4b3d2a10 fe 002932e0 0007 01 02 00000002 ff"
      "00000003 3f 1f 02 11 4b3d2a11 12 4b3d2a12 0000 00 00", NULL, NULL},
  {"schedule-without-cancel", NULL, 0x04, FALSE,
      "02 00000001 7f ff 4b3d2a10 fe 002932e0 0007 01 02"
      "00000003 7f 1f 02 11 4b3d2a11 12 4b3d2a12 0008 03 04", NULL, NULL},
  {"schedule-empty", NULL, 0x04, FALSE, "00", NULL, NULL},
  {"stuffing", NULL, 0x05, FALSE, "00000002 7f df 0007 01 02", "00 08" CUEI "00000001", "ffffff"},
  /* DES ECB, control word 5; command type to E_CRC_32 are cipher text */
  {"encrypted", "fc 3000 00 8200015f90 05 fff014", 0x100, FALSE,
      "00112233445566778899aabbccddeeff 0123456789abcdef", NULL, NULL},
  {"dtmf", NULL, 0x05, FALSE, "00000002 7f df 0007 01 02", "01 0a" CUEI "b1 9f 3132312a", NULL},
  {"seg-cancel", NULL, 0x06, FALSE, "fe 00000064", "02 09" CUEI "00000009 ff", NULL},
  /* restricted: web 1, blackout flag 0, archive 1, devices 2 */
  {"seg-restricted", NULL, 0x06, FALSE, "fe 00000064",
      "02 0f" CUEI "00000009 7f 96 00 00 22 01 02", NULL},
  /* two components, 40 bit duration: flags 0 1 1 11111 */
  {"seg-components", NULL, 0x06, FALSE, "fe 00000064",
      "02 21" CUEI "00000009 7f 7f 02 01 fe 0000000a 02 ff 00000001 ff00000001 00 00 30 01 01",
      NULL},
  {"seg-sub-segments", NULL, 0x06, FALSE, "fe 00000064",
      "02 11" SEG_START "00 00 34 01 02 03 04", NULL},
  {"seg-no-sub-segments", NULL, 0x06, FALSE, "fe 00000064", "02 0f" SEG_START "00 00 34 01 02",
      NULL},
  /* one byte cannot be sub-segments, and 0x35 has none */
  {"seg-odd-tails", NULL, 0x06, FALSE, "fe 00000064",
      "02 10" SEG_START "00 00 34 01 02 03  02 11" SEG_START "00 00 35 01 02 03 04", NULL},
  {"seg-mid", NULL, 0x06, FALSE, "fe 00000064",
      "02 20" SEG_START "0d 11 0e05 4c41333039 0808 000000002e538481 34 00 00", NULL},
  {"seg-mid-broken", NULL, 0x06, FALSE, "fe 00000064",
      "02 13" SEG_START "0d 04 0e05 4c41 34 00 00", NULL},
  {"seg-mpu", NULL, 0x06, FALSE, "fe 00000064",
      "02 15" SEG_START "0c 06 41424344 beef 30 00 00", NULL},
  {"seg-many", NULL, 0x06, FALSE, "fe 00000064",
      "02 1b" SEG_START "0a 0c 1478779185342c2390308610 10 01 01"
      "02 1f" SEG_START "10 10 00112233445566778899aabbccddeeff 32 00 00"
      "02 1a" SEG_START "0f 0b 6874 74703a2f2f612f62 63 36 00 00", NULL},
  {"time-and-audio", NULL, 0x06, FALSE, "fe 00000064",
      "03 10" CUEI "000068b2a1f0 1dcd6500 0025"
      "04 0f" CUEI "2f 01 656e67 07  02 737061 2a", NULL},
  /* a tag of the future, one of DVB, and another organisation's 0x02 */
  {"descriptors-unknown", NULL, 0x00, FALSE, NULL,
      "05 06" CUEI "0102  f0 04" CUEI "  02 08 4f544852 01020304", NULL},
  /* content behind the last known field */
  {"descriptors-longer", NULL, 0x00, FALSE, NULL,
      "00 09" CUEI "00000001 aa  01 08" CUEI "10 3f 31 bb  03 11" CUEI
      "000068b2a1f0 1dcd6500 0025 cc", NULL},
  /* descriptor_length too short for the content: of the avail, of the identifier, of the upid */
  {"descriptors-malformed", NULL, 0x05, FALSE, "00000002 7f df 0007 01 02",
      "00 06" CUEI "0000  01 02 4355  02 00  02 0d" SEG_START "01 27 31", NULL},
  /* the loop ends in a descriptor that claims more than it has, and in a single byte */
  {"loop-rest", NULL, 0x05, FALSE, "00000002 7f df 0007 01 02",
      "00 08" CUEI "00000001 02 30 43554549", NULL},
  {"loop-rest-byte", NULL, 0x05, FALSE, "00000002 7f df 0007 01 02",
      "00 08" CUEI "00000001 02", NULL},
};

const guint scte35_n_vectors = G_N_ELEMENTS (scte35_vectors);

static guint32
crc_bitwise (const guint8 * data, gsize size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size * 8; i++) {
    guint32 bit = (data[i / 8] >> (7 - i % 8)) & 1;

    crc = (crc << 1) ^ (((crc >> 31) ^ bit) ? 0x04c11db7u : 0);
  }
  return crc;
}

void
scte35_reframe (guint8 * section, gsize size)
{
  guint32 crc;

  g_assert_cmpuint (size, >=, 7);
  section[1] = (guint8) ((section[1] & 0xf0) | ((size - 3) >> 8));
  section[2] = (guint8) (size - 3);
  crc = GUINT32_TO_BE (crc_bitwise (section, size - 4));
  memcpy (section + size - 4, &crc, 4);
}

static void
append_hex (GByteArray * bytes, const gchar * hex)
{
  GByteArray *more = test_hex (hex ? hex : "");

  g_byte_array_append (bytes, more->data, more->len);
  g_byte_array_unref (more);
}

static void
append_length16 (GByteArray * bytes, guint length)
{
  guint8 be[2] = { (guint8) (length >> 8), (guint8) length };

  g_byte_array_append (bytes, be, 2);
}

GByteArray *
scte35_vector_section (const Scte35Vector * v)
{
  GByteArray *s = test_hex (v->header ? v->header : scte35_vector_plain_header);
  guint8 type = (guint8) v->command_type;
  guint command, loop;

  g_assert_cmpuint (s->len, ==, 13);
  if (v->command_type <= 0xff)
    g_byte_array_append (s, &type, 1);
  command = s->len;
  append_hex (s, v->command);
  if (v->command_type <= 0xff) {
    guint length = v->length_unknown ? 0xfff : s->len - command;

    s->data[11] |= (guint8) (length >> 8);
    s->data[12] = (guint8) length;
    append_length16 (s, 0);
    loop = s->len;
    append_hex (s, v->loop);
    s->data[loop - 2] = (guint8) ((s->len - loop) >> 8);
    s->data[loop - 1] = (guint8) (s->len - loop);
    append_hex (s, v->stuffing);
  }
  g_byte_array_set_size (s, s->len + 4);
  scte35_reframe (s->data, s->len);
  return s;
}

const Scte35Vector *
scte35_vector_find (const gchar * name)
{
  for (guint i = 0; i < scte35_n_vectors; i++) {
    if (!strcmp (scte35_vectors[i].name, name))
      return &scte35_vectors[i];
  }
  g_assert_not_reached ();
}
