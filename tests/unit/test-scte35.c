/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst/scte35 over sections written by hand from the standard's tables (scte35-vectors.c):
 * fields, the way back to the same bytes, damage of every kind.
 */
#include <string.h>

#include <asp-scte35.h>

#include "scte35-check.h"
#include "scte35-vectors.h"
#include "unit-support.h"

/* ---- fields ---- */

static void
test_time_signal_of_the_standard (void)
{
  AspScte35Section s;
  const AspScte35Segmentation *seg;

  scte35_parse_vector ("standard-14-1", &s);
  g_assert_cmpuint (s.sap_type, ==, 3);
  g_assert_cmpuint (s.tier, ==, 0xfff);
  g_assert_cmpuint (s.cw_index, ==, 0xff);
  g_assert_cmphex (s.crc_32, ==, 0x9ac9d17e);   /* printed in 14.1 */
  g_assert_cmpuint (s.splice_command_length, ==, 5);
  g_assert_cmpint (s.splice_command_type, ==, ASP_SCTE35_TIME_SIGNAL);
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, 0x72bd0050);
  g_assert_cmpuint (s.n_descriptors, ==, 1);
  seg = asp_scte35_segmentation (&s, 0);
  g_assert_nonnull (seg);
  g_assert_cmphex (seg->segmentation_event_id, ==, 0x4800008e);
  g_assert_false (seg->segmentation_event_cancel_indicator);
  g_assert_true (seg->segmentation_event_id_compliance_indicator);
  g_assert_true (seg->program_segmentation_flag);
  g_assert_true (seg->segmentation_duration_flag);
  g_assert_cmpuint (seg->segmentation_duration_90k, ==, 307 * 90000);
  g_assert_false (seg->delivery_not_restricted_flag);
  g_assert_false (seg->web_delivery_allowed_flag);
  g_assert_true (seg->no_regional_blackout_flag);
  g_assert_true (seg->archive_allowed_flag);
  g_assert_cmpuint (seg->device_restrictions, ==, 3);
  g_assert_cmpuint (seg->segmentation_upid_type, ==, ASP_SCTE35_UPID_TI);
  scte35_assert_bytes (seg->segmentation_upid, "000000002ca0a18a");
  g_assert_cmpuint (seg->segmentation_type_id, ==, ASP_SCTE35_SEG_PROVIDER_PO_START);
  g_assert_cmpuint (seg->segment_num, ==, 2);
  g_assert_cmpuint (seg->segments_expected, ==, 0);
  g_assert_false (seg->has_sub_segments);
  asp_scte35_clear (&s);
}

static void
test_insert_of_the_standard (void)
{
  AspScte35Section s;
  const AspScte35SpliceEvent *e = &s.u.splice_insert;

  scte35_parse_vector ("standard-14-2", &s);
  g_assert_cmphex (s.crc_32, ==, 0x62dba30a);   /* printed in 14.2 */
  g_assert_cmpint (s.splice_command_type, ==, ASP_SCTE35_SPLICE_INSERT);
  g_assert_cmphex (e->splice_event_id, ==, 0x4800008f);
  g_assert_false (e->splice_event_cancel_indicator);
  g_assert_true (e->event_id_compliance_flag);
  g_assert_true (e->out_of_network_indicator);
  g_assert_true (e->program_splice_flag);
  g_assert_true (e->duration_flag);
  g_assert_false (e->splice_immediate_flag);
  g_assert_true (e->splice_time.time_specified_flag);
  g_assert_cmpuint (e->splice_time.pts_time_pts90k, ==, 0x7369c02e);
  g_assert_true (e->break_duration.auto_return);
  g_assert_cmpuint (e->break_duration.duration_90k, ==, 5426421);
  g_assert_cmpuint (e->unique_program_id, ==, 0);
  g_assert_cmpint (s.descriptors[0].kind, ==, ASP_SCTE35_DESCRIPTOR_AVAIL);
  g_assert_cmpuint (s.descriptors[0].u.provider_avail_id, ==, 309);
  asp_scte35_clear (&s);
}

static void
test_insert_modes (void)
{
  AspScte35Section s;
  const AspScte35SpliceEvent *e = &s.u.splice_insert;

  scte35_parse_vector ("insert-cancel", &s);
  g_assert_cmphex (e->splice_event_id, ==, 0xc0000001);
  g_assert_true (e->splice_event_cancel_indicator);
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, ASP_NO_TIME);
  asp_scte35_clear (&s);

  scte35_parse_vector ("insert-immediate", &s);
  g_assert_true (e->splice_immediate_flag);
  g_assert_false (e->break_duration.auto_return);
  g_assert_cmpuint (e->break_duration.duration_90k, ==, 2700000);
  g_assert_cmpuint (e->unique_program_id, ==, 7);
  g_assert_cmpuint (e->avail_num, ==, 1);
  g_assert_cmpuint (e->avails_expected, ==, 2);
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, ASP_NO_TIME);
  asp_scte35_clear (&s);

  scte35_parse_vector ("insert-no-time", &s);
  g_assert_false (e->splice_immediate_flag);
  g_assert_false (e->splice_time.time_specified_flag);
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, ASP_NO_TIME);
  asp_scte35_clear (&s);

  scte35_parse_vector ("insert-length-unknown", &s);
  g_assert_cmpuint (s.splice_command_length, ==, ASP_SCTE35_LENGTH_UNKNOWN);
  g_assert_cmphex (e->splice_event_id, ==, 0x4800008f);
  g_assert_cmpuint (s.descriptors[0].u.provider_avail_id, ==, 309);
  asp_scte35_clear (&s);

  scte35_parse_vector ("insert-reserved-zero", &s);
  g_assert_false (e->event_id_compliance_flag);
  g_assert_cmpuint (e->reserved_cleared[0], ==, 0x7f);
  g_assert_cmpuint (e->splice_time.pts_time_pts90k, ==, 100);
  g_assert_cmpuint (e->break_duration.duration_90k, ==, 300);
  asp_scte35_clear (&s);
}

static void
test_insert_components (void)
{
  AspScte35Section s;
  const AspScte35SpliceEvent *e = &s.u.splice_insert;

  scte35_parse_vector ("insert-components", &s);
  g_assert_false (e->program_splice_flag);
  g_assert_cmpuint (e->n_components, ==, 3);
  g_assert_cmpuint (e->components[0].component_tag, ==, 1);
  g_assert_false (e->components[0].splice_time.time_specified_flag);
  g_assert_cmpuint (e->components[1].component_tag, ==, 2);
  g_assert_cmpuint (e->components[1].splice_time.pts_time_pts90k, ==, 350000);
  g_assert_cmpuint (e->components[2].splice_time.pts_time_pts90k, ==,
      G_GUINT64_CONSTANT (0x100000001));
  g_assert_cmpuint (e->unique_program_id, ==, 2);
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, 350000);
  asp_scte35_clear (&s);

  scte35_parse_vector ("insert-components-immediate", &s);
  g_assert_cmpuint (e->n_components, ==, 2);
  g_assert_cmpuint (e->components[1].component_tag, ==, 2);
  g_assert_cmpuint (e->unique_program_id, ==, 2);
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, ASP_NO_TIME);
  asp_scte35_clear (&s);
}

static void
test_schedule (void)
{
  AspScte35Section s;
  const AspScte35SpliceEvent *e;

  scte35_parse_vector ("schedule", &s);
  g_assert_cmpuint (s.u.splice_schedule.n_events, ==, 3);
  e = s.u.splice_schedule.events;
  g_assert_cmpuint (e[0].splice_event_id, ==, 1);
  g_assert_true (e[0].event_id_compliance_flag);
  g_assert_true (e[0].out_of_network_indicator);
  g_assert_cmphex (e[0].utc_splice_time_gps_s, ==, 0x4b3d2a10);
  g_assert_true (e[0].break_duration.auto_return);
  g_assert_cmpuint (e[0].break_duration.duration_90k, ==, 2700000);
  g_assert_cmpuint (e[0].unique_program_id, ==, 7);
  g_assert_true (e[1].splice_event_cancel_indicator);
  g_assert_false (e[2].event_id_compliance_flag);
  g_assert_false (e[2].out_of_network_indicator);
  g_assert_cmpuint (e[2].n_components, ==, 2);
  g_assert_cmphex (e[2].components[1].component_tag, ==, 0x12);
  g_assert_cmphex (e[2].components[1].utc_splice_time_gps_s, ==, 0x4b3d2a12);
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, ASP_NO_TIME);
  asp_scte35_clear (&s);

  scte35_parse_vector ("schedule-empty", &s);
  g_assert_cmpuint (s.u.splice_schedule.n_events, ==, 0);
  asp_scte35_clear (&s);
}

static void
test_header_and_other_commands (void)
{
  AspScte35Section s;

  scte35_parse_vector ("adjustment-wraps", &s);
  g_assert_cmpuint (s.pts_adjustment_pts90k, ==, ASP_PTS_MODULUS - 90000);
  g_assert_cmpuint (s.u.time_signal.pts_time_pts90k, ==, 180000);
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, 90000);
  asp_scte35_clear (&s);

  scte35_parse_vector ("adjustment-largest", &s);
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, ASP_PTS_MODULUS - 2);
  asp_scte35_clear (&s);

  scte35_parse_vector ("sap-type-0-tier-cw", &s);
  g_assert_cmpuint (s.sap_type, ==, 0);
  g_assert_cmphex (s.tier, ==, 0x123);
  g_assert_cmpuint (s.cw_index, ==, 7);
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, ASP_NO_TIME);
  asp_scte35_clear (&s);

  scte35_parse_vector ("private-command", &s);
  g_assert_cmphex (s.u.private_command.identifier, ==, 0x54455354);
  scte35_assert_bytes (s.u.private_command.private_bytes, "0102030405");
  asp_scte35_clear (&s);

  scte35_parse_vector ("bandwidth-reservation", &s);
  g_assert_cmpint (s.splice_command_type, ==, ASP_SCTE35_BANDWIDTH_RESERVATION);
  asp_scte35_clear (&s);

  scte35_parse_vector ("insert-rest", &s);
  scte35_assert_bytes (s.command_rest, "abcd");
  asp_scte35_clear (&s);

  scte35_parse_vector ("stuffing", &s);
  scte35_assert_bytes (s.stuffing, "ffffff");
  g_assert_cmpuint (s.n_descriptors, ==, 1);
  asp_scte35_clear (&s);
}

static void
test_encrypted_is_kept (void)
{
  AspScte35Section s;
  GBytes *written;
  AspScte35Section again;

  scte35_parse_vector ("encrypted", &s);
  g_assert_true (s.encrypted_packet);
  g_assert_cmpuint (s.encryption_algorithm, ==, 1);
  g_assert_cmpuint (s.cw_index, ==, 5);
  g_assert_cmpuint (s.pts_adjustment_pts90k, ==, 90000);
  g_assert_cmpint (s.splice_command_type, ==, ASP_SCTE35_ENCRYPTED);
  scte35_assert_bytes (s.encrypted_bytes, "00112233445566778899aabbccddeeff0123456789abcdef");
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, ASP_NO_TIME);
  /* what a restamping device may do without the key: 9.6.1 */
  s.pts_adjustment_pts90k = 12345;
  written = asp_scte35_write (&s, NULL);
  g_assert_true (asp_scte35_parse (g_bytes_get_data (written, NULL), g_bytes_get_size (written),
          &again, NULL));
  g_assert_cmpuint (again.pts_adjustment_pts90k, ==, 12345);
  g_assert_true (g_bytes_equal (again.encrypted_bytes, s.encrypted_bytes));
  g_bytes_unref (written);
  asp_scte35_clear (&again);
  asp_scte35_clear (&s);
}

static void
test_segmentation_forms (void)
{
  AspScte35Section s;
  const AspScte35Segmentation *seg;

  scte35_parse_vector ("seg-cancel", &s);
  seg = asp_scte35_segmentation (&s, 0);
  g_assert_true (seg->segmentation_event_cancel_indicator);
  g_assert_cmpuint (seg->segmentation_event_id, ==, 9);
  asp_scte35_clear (&s);

  scte35_parse_vector ("seg-restricted", &s);
  seg = asp_scte35_segmentation (&s, 0);
  g_assert_false (seg->delivery_not_restricted_flag);
  g_assert_true (seg->web_delivery_allowed_flag);
  g_assert_false (seg->no_regional_blackout_flag);
  g_assert_true (seg->archive_allowed_flag);
  g_assert_cmpuint (seg->device_restrictions, ==, 2);
  g_assert_false (seg->segmentation_duration_flag);
  g_assert_null (seg->segmentation_upid);
  g_assert_cmpuint (seg->segmentation_type_id, ==, ASP_SCTE35_SEG_BREAK_START);
  asp_scte35_clear (&s);

  scte35_parse_vector ("seg-components", &s);
  seg = asp_scte35_segmentation (&s, 0);
  g_assert_false (seg->program_segmentation_flag);
  g_assert_cmpuint (seg->n_components, ==, 2);
  g_assert_cmpuint (seg->components[0].pts_offset_90k, ==, 10);
  g_assert_cmpuint (seg->components[1].component_tag, ==, 2);
  g_assert_cmpuint (seg->components[1].pts_offset_90k, ==, G_GUINT64_CONSTANT (0x100000001));
  g_assert_cmpuint (seg->segmentation_duration_90k, ==, G_GUINT64_CONSTANT (0xff00000001));
  g_assert_cmpuint (seg->segmentation_type_id, ==, ASP_SCTE35_SEG_PROVIDER_AD_START);
  g_assert_cmpuint (seg->segments_expected, ==, 1);
  asp_scte35_clear (&s);
}

static void
test_sub_segments_by_length (void)
{
  AspScte35Section s;
  const AspScte35Segmentation *seg;

  scte35_parse_vector ("seg-sub-segments", &s);
  seg = asp_scte35_segmentation (&s, 0);
  g_assert_true (seg->has_sub_segments);
  g_assert_cmpuint (seg->sub_segment_num, ==, 3);
  g_assert_cmpuint (seg->sub_segments_expected, ==, 4);
  g_assert_null (s.descriptors[0].private_bytes);
  asp_scte35_clear (&s);

  scte35_parse_vector ("seg-no-sub-segments", &s);
  g_assert_false (asp_scte35_segmentation (&s, 0)->has_sub_segments);
  asp_scte35_clear (&s);

  scte35_parse_vector ("seg-odd-tails", &s);
  g_assert_false (asp_scte35_segmentation (&s, 0)->has_sub_segments);
  scte35_assert_bytes (s.descriptors[0].private_bytes, "03");
  g_assert_false (asp_scte35_segmentation (&s, 1)->has_sub_segments);
  scte35_assert_bytes (s.descriptors[1].private_bytes, "0304");
  asp_scte35_clear (&s);
}

/* Every type keeps its number, has a name where the table has one, and sub-segments where
 * 10.3.3 lists it. */
static void
test_every_segmentation_type (void)
{
  static const guint8 with_sub_segments[] =
      { 0x30, 0x32, 0x34, 0x36, 0x38, 0x3a, 0x44, 0x46 };
  static const struct { guint8 first, last; } named[] = {
    {0x00, 0x02}, {0x10, 0x1a}, {0x20, 0x27}, {0x30, 0x47}, {0x50, 0x51},
  };

  for (guint type = 0; type <= 0xff; type++) {
    GByteArray *bytes = scte35_vector_section (scte35_vector_find ("seg-sub-segments"));
    gboolean sub = memchr (with_sub_segments, (gint) type, sizeof with_sub_segments) != NULL;
    gboolean has_name = FALSE;
    AspScte35Section s;

    bytes->data[bytes->len - 4 - 5] = (guint8) type;
    scte35_reframe (bytes->data, bytes->len);
    g_assert_true (asp_scte35_parse (bytes->data, bytes->len, &s, NULL));
    g_assert_cmphex (asp_scte35_segmentation (&s, 0)->segmentation_type_id, ==, type);
    g_assert_cmpint (asp_scte35_segmentation (&s, 0)->has_sub_segments, ==, sub);
    for (guint i = 0; i < G_N_ELEMENTS (named); i++)
      has_name |= type >= named[i].first && type <= named[i].last;
    g_assert_cmpint (strcmp (asp_scte35_segmentation_type_name ((guint8) type),
            "Reserved Type") != 0, ==, has_name);
    scte35_assert_survives (&s, bytes->data, bytes->len);
    asp_scte35_clear (&s);
    g_byte_array_unref (bytes);
  }
}

static void
test_other_descriptors (void)
{
  AspScte35Section s;
  const AspScte35Descriptor *d;

  scte35_parse_vector ("dtmf", &s);
  d = &s.descriptors[0];
  g_assert_cmpint (d->kind, ==, ASP_SCTE35_DESCRIPTOR_DTMF);
  g_assert_cmpuint (d->u.dtmf.preroll, ==, 177);
  g_assert_cmpuint (d->u.dtmf.dtmf_count, ==, 4);
  g_assert_cmpstr (d->u.dtmf.dtmf_char, ==, "121*");
  g_assert_null (asp_scte35_segmentation (&s, 0));
  asp_scte35_clear (&s);

  scte35_parse_vector ("time-and-audio", &s);
  d = s.descriptors;
  g_assert_cmpint (d[0].kind, ==, ASP_SCTE35_DESCRIPTOR_TIME);
  g_assert_cmphex (d[0].u.time.tai_seconds, ==, 0x68b2a1f0);
  g_assert_cmpuint (d[0].u.time.tai_ns, ==, 500000000);
  g_assert_cmpuint (d[0].u.time.utc_offset, ==, 37);
  g_assert_cmpint (d[1].kind, ==, ASP_SCTE35_DESCRIPTOR_AUDIO);
  g_assert_cmpuint (d[1].u.audio.audio_count, ==, 2);
  g_assert_cmpstr (d[1].u.audio.audio[0].iso_code, ==, "eng");
  g_assert_cmpuint (d[1].u.audio.audio[0].num_channels, ==, 3);
  g_assert_true (d[1].u.audio.audio[0].full_srvc_audio);
  g_assert_cmpuint (d[1].u.audio.audio[1].component_tag, ==, 2);
  g_assert_cmpuint (d[1].u.audio.audio[1].bit_stream_mode, ==, 1);
  g_assert_cmpuint (d[1].u.audio.audio[1].num_channels, ==, 5);
  g_assert_false (d[1].u.audio.audio[1].full_srvc_audio);
  asp_scte35_clear (&s);
}

static void
test_unknown_descriptors_are_kept (void)
{
  AspScte35Section s;

  scte35_parse_vector ("descriptors-unknown", &s);
  g_assert_cmpuint (s.n_descriptors, ==, 3);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpint (s.descriptors[i].kind, ==, ASP_SCTE35_DESCRIPTOR_OTHER);
    g_assert_false (s.descriptors[i].malformed);
  }
  g_assert_cmphex (s.descriptors[0].splice_descriptor_tag, ==, 0x05);
  scte35_assert_bytes (s.descriptors[0].private_bytes, "0102");
  g_assert_cmphex (s.descriptors[1].splice_descriptor_tag, ==, 0xf0);
  g_assert_null (s.descriptors[1].private_bytes);
  g_assert_cmphex (s.descriptors[2].identifier, ==, 0x4f544852);
  asp_scte35_clear (&s);

  scte35_parse_vector ("descriptors-longer", &s);
  g_assert_cmpuint (s.descriptors[0].u.provider_avail_id, ==, 1);
  scte35_assert_bytes (s.descriptors[0].private_bytes, "aa");
  scte35_assert_bytes (s.descriptors[1].private_bytes, "bb");
  scte35_assert_bytes (s.descriptors[2].private_bytes, "cc");
  asp_scte35_clear (&s);
}

static void
test_malformed_descriptors_spare_the_command (void)
{
  AspScte35Section s;

  scte35_parse_vector ("descriptors-malformed", &s);
  g_assert_true (s.u.splice_insert.splice_immediate_flag);
  g_assert_cmpuint (s.n_descriptors, ==, 4);
  for (guint i = 0; i < 4; i++)
    g_assert_true (s.descriptors[i].malformed);
  g_assert_cmpuint (s.descriptors[3].u.segmentation.segmentation_event_id, ==, 9);
  g_assert_cmpuint (s.descriptors[3].u.segmentation.segmentation_upid_type, ==, 1);
  g_assert_null (asp_scte35_segmentation (&s, 3));
  asp_scte35_clear (&s);

  scte35_parse_vector ("loop-rest", &s);
  g_assert_cmpuint (s.n_descriptors, ==, 1);
  scte35_assert_bytes (s.descriptor_loop_rest, "023043554549");
  asp_scte35_clear (&s);

  scte35_parse_vector ("loop-rest-byte", &s);
  scte35_assert_bytes (s.descriptor_loop_rest, "02");
  asp_scte35_clear (&s);
}

/* ---- the way back, and damage ---- */

static void
test_survives_read_and_write (gconstpointer data)
{
  const Scte35Vector *v = data;
  GByteArray *bytes = scte35_vector_section (v);
  guint8 *block = test_exact_block (bytes->data, bytes->len);
  AspScte35Section s;
  GError *error = NULL;

  asp_scte35_parse (block, bytes->len, &s, &error);
  g_assert_no_error (error);
  g_free (block);               /* nothing may point into it any more */
  scte35_assert_survives (&s, bytes->data, bytes->len);
  asp_scte35_clear (&s);
  g_byte_array_unref (bytes);
}

/* Cut anywhere it is refused; cut and framed anew it is refused or survives. */
static void
test_truncated_at_every_length (gconstpointer data)
{
  GByteArray *bytes = scte35_vector_section (data);

  for (gsize n = 0; n < bytes->len; n++) {
    guint8 *block = test_exact_block (bytes->data, n);
    AspScte35Section s;
    GError *error = NULL;

    g_assert_false (asp_scte35_parse (block, n, &s, &error));
    g_assert_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_TRUNCATED);
    scte35_assert_zeroed (&s);
    g_clear_error (&error);
    if (n >= 17) {
      scte35_reframe (block, n);
      if (asp_scte35_parse (block, n, &s, &error))
        scte35_assert_survives (&s, block, n);
      else
        scte35_assert_zeroed (&s);
      g_assert_true (error == NULL || error->domain == ASP_SCTE35_ERROR);
      g_clear_error (&error);
      asp_scte35_clear (&s);
    }
    g_free (block);
  }
  g_byte_array_unref (bytes);
}

/* One bit wrong anywhere is refused (CRC_32 sees it); wrong with a good CRC_32 it is refused
 * or survives. */
static void
test_every_bit_flipped (gconstpointer data)
{
  GByteArray *bytes = scte35_vector_section (data);

  for (gsize bit = 0; bit < bytes->len * 8; bit++) {
    guint8 *block = test_exact_block (bytes->data, bytes->len);
    AspScte35Section s;
    GError *error = NULL;

    block[bit / 8] ^= (guint8) (0x80 >> (bit % 8));
    g_assert_false (asp_scte35_parse (block, bytes->len, &s, &error));
    g_assert_nonnull (error);
    scte35_assert_zeroed (&s);
    g_clear_error (&error);
    scte35_reframe (block, bytes->len);
    if (asp_scte35_parse (block, bytes->len, &s, &error))
      scte35_assert_survives (&s, block, bytes->len);
    else
      scte35_assert_zeroed (&s);
    g_clear_error (&error);
    asp_scte35_clear (&s);
    g_free (block);
  }
  g_byte_array_unref (bytes);
}

static void
assert_refused (const gchar * name, guint at, const gchar * hex, gboolean reframe,
    AspScte35Error code)
{
  GByteArray *bytes = scte35_vector_section (scte35_vector_find (name));
  GByteArray *patch = test_hex (hex);
  AspScte35Section s;
  GError *error = NULL;

  g_assert_cmpuint (at + patch->len, <=, bytes->len);
  memcpy (bytes->data + at, patch->data, patch->len);
  if (reframe)
    scte35_reframe (bytes->data, bytes->len);
  g_assert_false (asp_scte35_parse (bytes->data, bytes->len, &s, &error));
  g_assert_error (error, ASP_SCTE35_ERROR, (gint) code);
  g_assert_cmpuint (strlen (error->message), >, 20);
  scte35_assert_zeroed (&s);
  g_clear_error (&error);
  g_byte_array_unref (patch);
  g_byte_array_unref (bytes);
}

static void
test_each_error (void)
{
  assert_refused ("standard-14-2", 0, "02", TRUE, ASP_SCTE35_ERROR_TABLE_ID);
  assert_refused ("standard-14-2", 1, "3ffe", FALSE, ASP_SCTE35_ERROR_SECTION_LENGTH);
  assert_refused ("standard-14-2", 1, "300d", FALSE, ASP_SCTE35_ERROR_SECTION_LENGTH);
  assert_refused ("standard-14-2", 1, "3ffd", FALSE, ASP_SCTE35_ERROR_TRUNCATED);
  assert_refused ("standard-14-2", 20, "00", FALSE, ASP_SCTE35_ERROR_CRC);
  assert_refused ("standard-14-2", 3, "01", TRUE, ASP_SCTE35_ERROR_PROTOCOL_VERSION);
  assert_refused ("standard-14-2", 13, "08", TRUE, ASP_SCTE35_ERROR_UNKNOWN_COMMAND);
  /* a wrong splice_command_length, and what follows does not fit to the byte */
  assert_refused ("stuffing", 11, "f009", TRUE, ASP_SCTE35_ERROR_COMMAND);
  assert_refused ("stuffing", 11, "f7ff", TRUE, ASP_SCTE35_ERROR_COMMAND);
  assert_refused ("private-command", 11, "f003", TRUE, ASP_SCTE35_ERROR_COMMAND);
  assert_refused ("private-command", 11, "f7ff", TRUE, ASP_SCTE35_ERROR_COMMAND);
  assert_refused ("private-command", 11, "ffff", TRUE, ASP_SCTE35_ERROR_COMMAND);
  assert_refused ("insert-components", 20, "ff", TRUE, ASP_SCTE35_ERROR_COMMAND);
  assert_refused ("standard-14-2", 34, "000b", TRUE, ASP_SCTE35_ERROR_DESCRIPTOR_LOOP);
  assert_refused ("null", 2, "0f", FALSE, ASP_SCTE35_ERROR_CRC);
}

/* One byte short, one long, nothing, all but one byte, all, beyond the section: the cue is the
 * same. */
static void
test_wrong_command_length_is_forgiven (void)
{
  static const gchar *const lengths[] = { "f013", "f015", "f000", "f01f", "f020", "f7ff" };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++) {
    GByteArray *bytes = scte35_vector_section (scte35_vector_find ("standard-14-2"));
    GByteArray *length = test_hex (lengths[i]);
    AspScte35Section s;
    GError *error = NULL;

    memcpy (bytes->data + 11, length->data, 2);
    scte35_reframe (bytes->data, bytes->len);
    asp_scte35_parse (bytes->data, bytes->len, &s, &error);
    g_assert_no_error (error);
    g_assert_true (s.splice_command_length_wrong);
    g_assert_null (s.command_rest);
    g_assert_cmphex (s.u.splice_insert.splice_event_id, ==, 0x4800008f);
    g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, 0x7369c02e);
    g_assert_cmpuint (s.descriptors[0].u.provider_avail_id, ==, 309);
    scte35_assert_survives (&s, bytes->data, bytes->len);
    asp_scte35_clear (&s);
    g_byte_array_unref (length);
    g_byte_array_unref (bytes);
  }
}

/* A section with nothing behind its command: no descriptor_loop_length. */
static void
test_no_descriptor_loop_length (void)
{
  GByteArray *bytes = test_hex ("fc 3000 00 0000000000 ff fff000 00 00000000");
  AspScte35Section s;
  GError *error = NULL;

  scte35_reframe (bytes->data, bytes->len);
  g_assert_false (asp_scte35_parse (bytes->data, bytes->len, &s, &error));
  g_assert_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_SECTION_LENGTH);
  g_clear_error (&error);
  g_byte_array_set_size (bytes, bytes->len - 1);
  scte35_reframe (bytes->data, bytes->len);
  g_assert_false (asp_scte35_parse (bytes->data, bytes->len, &s, &error));
  g_assert_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_SECTION_LENGTH);
  g_clear_error (&error);
  g_byte_array_unref (bytes);
}

static void
test_bytes_behind_are_not_read (void)
{
  GByteArray *bytes = scte35_vector_section (scte35_vector_find ("standard-14-2"));
  guint size = bytes->len;
  AspScte35Section s;

  g_byte_array_set_size (bytes, size + 100);
  memset (bytes->data + size, 0xff, 100);
  g_assert_true (asp_scte35_parse (bytes->data, bytes->len, &s, NULL));
  g_assert_cmpuint (s.section_length + 3, ==, size);
  scte35_assert_survives (&s, bytes->data, size);
  asp_scte35_clear (&s);
  g_byte_array_unref (bytes);
}

static void
test_clear_welcomes_nothing (void)
{
  AspScte35Section s = { 0 };

  asp_scte35_clear (NULL);
  asp_scte35_clear (&s);
  asp_scte35_init (&s);
  asp_scte35_clear (&s);
  asp_scte35_clear (&s);
  scte35_assert_zeroed (&s);
}

static void
add_for_each_vector (const gchar * path, GTestDataFunc func)
{
  for (guint i = 0; i < scte35_n_vectors; i++) {
    gchar *full = g_strdup_printf ("%s/%s", path, scte35_vectors[i].name);

    g_test_add_data_func (full, &scte35_vectors[i], func);
    g_free (full);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scte35/fields/standard-14-1", test_time_signal_of_the_standard);
  g_test_add_func ("/scte35/fields/standard-14-2", test_insert_of_the_standard);
  g_test_add_func ("/scte35/fields/insert-modes", test_insert_modes);
  g_test_add_func ("/scte35/fields/insert-components", test_insert_components);
  g_test_add_func ("/scte35/fields/schedule", test_schedule);
  g_test_add_func ("/scte35/fields/header", test_header_and_other_commands);
  g_test_add_func ("/scte35/fields/encrypted", test_encrypted_is_kept);
  g_test_add_func ("/scte35/fields/segmentation", test_segmentation_forms);
  g_test_add_func ("/scte35/fields/sub-segments", test_sub_segments_by_length);
  g_test_add_func ("/scte35/fields/segmentation-types", test_every_segmentation_type);
  g_test_add_func ("/scte35/fields/descriptors", test_other_descriptors);
  g_test_add_func ("/scte35/fields/unknown-descriptors", test_unknown_descriptors_are_kept);
  g_test_add_func ("/scte35/fields/malformed-descriptors",
      test_malformed_descriptors_spare_the_command);
  add_for_each_vector ("/scte35/survives", test_survives_read_and_write);
  add_for_each_vector ("/scte35/truncated", test_truncated_at_every_length);
  add_for_each_vector ("/scte35/bit-flips", test_every_bit_flipped);
  g_test_add_func ("/scte35/errors", test_each_error);
  g_test_add_func ("/scte35/wrong-command-length", test_wrong_command_length_is_forgiven);
  g_test_add_func ("/scte35/no-descriptor-loop-length", test_no_descriptor_loop_length);
  g_test_add_func ("/scte35/bytes-behind", test_bytes_behind_are_not_read);
  g_test_add_func ("/scte35/clear", test_clear_welcomes_nothing);
  return g_test_run ();
}
