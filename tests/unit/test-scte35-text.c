/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/scte35: cues as text, both ways, and the spelling of UPIDs. */
#include <string.h>

#include <asp-scte35.h>

#include "scte35-check.h"
#include "scte35-vectors.h"
#include "unit-support.h"

#define STANDARD_14_2 "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo="

static void
test_text_forms (void)
{
  static const gchar *const same[] = {
    STANDARD_14_2,
    "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo",
    "_DAvAAAAAAAA___wFAVIAACPf-_-c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo=",
    " /DAvAAAAAAAA///wFAVIAACPf+/+\r\n\tc2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo= \n",
    "0xFC302F000000000000FFFFF014054800008F7FEFFE7369C02EFE0052CCF500000000000A0008435545490000"
        "013562DBA30A",
    "fc302f000000000000fffff014054800008f7feffe7369c02efe0052ccf500000000000a0008435545490000"
        "013562dba30a",
    "FC 30 2F 000000000000FFFFF014054800008F7FEFFE7369C02EFE0052CCF500000000000A00084355454900"
        "00013562DBA30A",
  };
  GByteArray *expected = scte35_vector_section (scte35_vector_find ("standard-14-2"));

  for (guint i = 0; i < G_N_ELEMENTS (same); i++) {
    GError *error = NULL;
    GBytes *bytes = asp_scte35_decode_text (same[i], &error);
    AspScte35Section s;

    g_assert_no_error (error);
    g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected->data,
        expected->len);
    g_assert_true (asp_scte35_parse_text (same[i], &s, &error));
    g_assert_cmphex (s.crc_32, ==, 0x62dba30a);
    asp_scte35_clear (&s);
    g_bytes_unref (bytes);
  }
  g_byte_array_unref (expected);
}

static void
test_text_refused (void)
{
  static const gchar *const wrong[] = {
    "", "  \n", "/DBaf%^", "0x", "0xfc3", "0xfg", "/DA", "/DAv=", "/DA=vAA", "/DAvA====",
    "/DAvA", "=", "/DAv\xc3\xa4", "fc30 2g",
  };
  gchar *long_text = g_strnfill (ASP_SCTE35_TEXT_MAX + 4, '/');
  GBytes *longest;
  AspScte35Section s;
  GError *error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_assert_false (asp_scte35_parse_text (wrong[i], &s, &error));
    g_assert_cmpint ((gint) error->domain, ==, (gint) ASP_SCTE35_ERROR);
    /* two of them are base64 of something too short */
    if (strcmp (wrong[i], "/DA") && strcmp (wrong[i], "fc30 2g"))
      g_assert_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_TEXT);
    scte35_assert_zeroed (&s);
    g_clear_error (&error);
  }
  g_assert_null (asp_scte35_decode_text (long_text, &error));
  g_assert_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_TEXT);
  g_assert_nonnull (strstr (error->message, "longer"));
  g_clear_error (&error);
  long_text[ASP_SCTE35_TEXT_MAX] = '\0';
  longest = asp_scte35_decode_text (long_text, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (longest), ==, ASP_SCTE35_TEXT_MAX / 4 * 3);
  g_bytes_unref (longest);
  g_free (long_text);
}

static void
assert_line (const gchar * name, const gchar * expected)
{
  AspScte35Section s;
  gchar *line;

  scte35_parse_vector (name, &s);
  line = asp_scte35_to_string (&s);
  g_assert_cmpstr (line, ==, expected);
  g_free (line);
  asp_scte35_clear (&s);
}

static void
test_lines (void)
{
  assert_line ("null", "splice_null");
  assert_line ("standard-14-1",
      "time_signal at 1924989008 (21388.766756 s); segmentation 0x4800008E Provider Placement "
      "Opportunity Start (0x34) for 307.000000 s, segment 2 of 0, TI 000000002CA0A18A, "
      "restricted (web not allowed, blackout none, archive allowed, devices 3)");
  assert_line ("standard-14-2",
      "splice_insert event 0x4800008F out of network at 1936310318 (21514.559089 s), for "
      "60.293567 s with auto return, program 0; avail 0x00000135");
  assert_line ("adjustment-wraps",
      "time_signal at 90000 (1.000000 s); pts_adjustment 8589844592");
  assert_line ("insert-cancel", "splice_insert event 0xC0000001 cancelled");
  assert_line ("insert-immediate",
      "splice_insert event 0x00000002 out of network immediately, for 30.000000 s without auto "
      "return, program 7, avail 1 of 2");
  assert_line ("insert-components",
      "splice_insert event 0x00000005 out of network components 1 without a time, 2 at 350000 "
      "(3.888889 s), 3 at 4294967297 (47721.858856 s), program 2");
  assert_line ("schedule",
      "splice_schedule event 0x00000001 out of network at GPS second 1262299664, for 30.000000 s "
      "with auto return, program 7, avail 1 of 2; event 0x00000002 cancelled; event 0x00000003 "
      "into network components 17 at GPS second 1262299665, 18 at GPS second 1262299666, "
      "program 0");
  assert_line ("encrypted", "encrypted section, algorithm 1, control word 5; pts_adjustment 90000");
  assert_line ("private-command", "private_command of TEST");
  assert_line ("dtmf", "splice_insert event 0x00000002 out of network immediately, program 7, "
      "avail 1 of 2; DTMF 17.7 s before 121*");
  assert_line ("time-and-audio", "time_signal at 100 (0.001111 s); TAI 1756537328.500000000, "
      "UTC 37 s behind it; audio 1 eng, 2 spa");
  assert_line ("descriptors-malformed",
      "splice_insert event 0x00000002 out of network immediately, program 7, avail 1 of 2; "
      "malformed descriptor 0x00; malformed descriptor 0x01; malformed descriptor 0x02; "
      "malformed descriptor 0x02");
  assert_line ("loop-rest",
      "splice_insert event 0x00000002 out of network immediately, program 7, avail 1 of 2; "
      "avail 0x00000001; malformed end of the descriptors");
  assert_line ("sap-type-0-tier-cw", "time_signal without a time; tier 0x123");
}

static void
assert_upid (guint8 type, const gchar * hex, const gchar * expected)
{
  GBytes *bytes = g_byte_array_free_to_bytes (test_hex (hex));
  gchar *text = asp_scte35_upid_to_string (type, bytes);

  g_assert_cmpstr (text, ==, expected);
  g_free (text);
  g_bytes_unref (bytes);
}

static void
test_upid_spelling (void)
{
  gchar *text = asp_scte35_upid_to_string (ASP_SCTE35_UPID_NONE, NULL);

  g_assert_cmpstr (text, ==, "");
  g_free (text);
  assert_upid (ASP_SCTE35_UPID_AD_ID, "41424344303132333435 3648", "ABCD0123456H");
  assert_upid (ASP_SCTE35_UPID_AD_ID, "414243440a", "414243440A");
  assert_upid (ASP_SCTE35_UPID_URI, "75726e3a78", "urn:x");
  assert_upid (ASP_SCTE35_UPID_TI, "000000002ca0a18a", "000000002CA0A18A");
  /* the examples of the EIDR and ISAN handbooks, with their check characters */
  assert_upid (ASP_SCTE35_UPID_EIDR, "1478 7791 8534 2c23 9030 8610",
      "10.5240/7791-8534-2C23-9030-8610-5");
  assert_upid (ASP_SCTE35_UPID_ISAN, "0000 0000 3a8d 0000 0000 0000",
      "0000-0000-3A8D-0000-Z-0000-0000-6");
  assert_upid (ASP_SCTE35_UPID_ISAN_OLD, "0000 0000 3a8d 0000", "0000-0000-3A8D-0000-Z");
  assert_upid (ASP_SCTE35_UPID_EIDR, "1478 7791", "14787791");
  assert_upid (ASP_SCTE35_UPID_UUID, "00112233445566778899aabbccddeeff",
      "00112233-4455-6677-8899-AABBCCDDEEFF");
  assert_upid (ASP_SCTE35_UPID_UMID,
      "060a2b34 01010105 01010d43 13000000 69d60db3 c2c44e4b 9d5a0c38 a2f1d7e3",
      "060A2B34.01010105.01010D43.13000000.69D60DB3.C2C44E4B.9D5A0C38.A2F1D7E3");
  assert_upid (ASP_SCTE35_UPID_MPU, "41424344beef", "ABCD:BEEF");
  assert_upid (ASP_SCTE35_UPID_MPU, "01424344beef", "01424344BEEF");
  assert_upid (ASP_SCTE35_UPID_MID, "0e05 4c41333039 0808 000000002e538481",
      "[ADS information LA309, TI 000000002E538481]");
  assert_upid (ASP_SCTE35_UPID_MID, "0d04 0e02 4c41", "[MID 0E024C41]");
  assert_upid (ASP_SCTE35_UPID_MID, "", "[]");
  assert_upid (ASP_SCTE35_UPID_MID, "0e05 4c41", "0E054C41");
  assert_upid (0x77, "0102", "0102");
  g_assert_cmpstr (asp_scte35_upid_type_name (0x11), ==, "SCR");
  g_assert_cmpstr (asp_scte35_upid_type_name (0x12), ==, "reserved UPID type");
}

static void
test_mid_split (void)
{
  AspScte35Section s;
  GArray *list;

  scte35_parse_vector ("seg-mid", &s);
  list = asp_scte35_mid_split (asp_scte35_segmentation (&s, 0)->segmentation_upid);
  g_assert_nonnull (list);
  g_assert_cmpuint (list->len, ==, 2);
  g_assert_cmpuint (g_array_index (list, AspScte35Upid, 0).segmentation_upid_type, ==,
      ASP_SCTE35_UPID_ADS);
  scte35_assert_bytes (g_array_index (list, AspScte35Upid, 0).segmentation_upid, "4c41333039");
  scte35_assert_bytes (g_array_index (list, AspScte35Upid, 1).segmentation_upid,
      "000000002e538481");
  g_array_unref (list);
  asp_scte35_clear (&s);

  /* a broken list is the business of who splits it: the descriptor itself is sound */
  scte35_parse_vector ("seg-mid-broken", &s);
  g_assert_nonnull (asp_scte35_segmentation (&s, 0));
  g_assert_null (asp_scte35_mid_split (asp_scte35_segmentation (&s, 0)->segmentation_upid));
  asp_scte35_clear (&s);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scte35/text/forms", test_text_forms);
  g_test_add_func ("/scte35/text/refused", test_text_refused);
  g_test_add_func ("/scte35/text/lines", test_lines);
  g_test_add_func ("/scte35/text/upids", test_upid_spelling);
  g_test_add_func ("/scte35/text/mid", test_mid_split);
  return g_test_run ();
}
