/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/scte35: sections that are made here, and those that cannot be. */
#include <string.h>

#include <asp-scte35.h>

#include "scte35-check.h"
#include "scte35-vectors.h"

/* A time that a flag rules out is none. */
static void
test_time_of_a_section_made_here (void)
{
  AspScte35Section s;

  asp_scte35_init (&s);
  s.splice_command_type = ASP_SCTE35_SPLICE_INSERT;
  s.u.splice_insert.program_splice_flag = TRUE;
  s.u.splice_insert.splice_time.time_specified_flag = TRUE;
  s.u.splice_insert.splice_time.pts_time_pts90k = 5;
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, 5);
  s.u.splice_insert.splice_immediate_flag = TRUE;
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, ASP_NO_TIME);
  s.u.splice_insert.splice_immediate_flag = FALSE;
  s.u.splice_insert.splice_event_cancel_indicator = TRUE;
  g_assert_cmpint (asp_scte35_splice_time_pts90k (&s), ==, ASP_NO_TIME);
  asp_scte35_clear (&s);
}

static void
assert_builds (const Scte35Vector * expected, guint32 id, gboolean out, gint64 pts90k,
    gint64 duration_90k, gboolean auto_return, guint16 program)
{
  GBytes *bytes = asp_scte35_build_splice_insert (id, out, pts90k, duration_90k, auto_return,
      program);
  GByteArray *section = scte35_vector_section (expected);

  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), section->data,
      section->len);
  g_byte_array_unref (section);
  g_bytes_unref (bytes);
}

static void
test_build_splice_insert (void)
{
  const gchar *header = "fc 3000 00 0000000000 00 fff000";
  const Scte35Vector out = { "", header, 0x05, FALSE,
    "c0000001 7f ef fe 00015f90 fe 002932e0 0007 00 00", NULL, NULL
  };
  const Scte35Vector in = { "", header, 0x05, FALSE,
    "c0000001 7f 4f ff 00000001 0007 00 00", NULL, NULL
  };
  const Scte35Vector now = { "", header, 0x05, FALSE, "c0000001 7f ff 7e 002932e0 0007 00 00",
    NULL, NULL
  };
  const Scte35Vector longest = { "", header, 0x05, FALSE,
    "c0000001 7f ff 7f ffffffff 0007 00 00", NULL, NULL
  };

  assert_builds (&out, 0xc0000001, TRUE, 90000, 2700000, TRUE, 7);
  /* an unwrapped time behind the second wrap */
  assert_builds (&out, 0xc0000001, TRUE, 2 * ASP_PTS_MODULUS + 90000, 2700000, TRUE, 7);
  assert_builds (&in, 0xc0000001, FALSE, G_GINT64_CONSTANT (0x100000001), ASP_NO_TIME, TRUE, 7);
  assert_builds (&now, 0xc0000001, TRUE, ASP_NO_TIME, 2700000, FALSE, 7);
  assert_builds (&longest, 0xc0000001, TRUE, ASP_NO_TIME, G_MAXINT64, FALSE, 7);
}

typedef void (*SectionChange) (AspScte35Section * s);

static void
change_pts_time (AspScte35Section * s)
{
  s->u.splice_insert.splice_time.pts_time_pts90k = ASP_PTS_MODULUS;
}

static void
change_tier (AspScte35Section * s)
{
  s->tier = 0x1000;
}

static void
change_sap_type (AspScte35Section * s)
{
  s->sap_type = 4;
}

static void
change_adjustment (AspScte35Section * s)
{
  s->pts_adjustment_pts90k = ASP_PTS_MODULUS;
}

static void
change_component_count (AspScte35Section * s)
{
  s->u.splice_insert.program_splice_flag = FALSE;
  s->u.splice_insert.n_components = 256;
  s->u.splice_insert.components = g_new0 (AspScte35Component, 256);
}

static void
change_stuffing (AspScte35Section * s)
{
  s->stuffing = g_bytes_new_take (g_malloc0 (4090), 4090);
}

static void
change_descriptor_length (AspScte35Section * s)
{
  s->descriptors[0].private_bytes = g_bytes_new_take (g_malloc0 (248), 248);
}

static void
change_huge_bytes (AspScte35Section * s)
{
  s->descriptor_loop_rest = g_bytes_new_take (g_malloc0 (1 << 20), 1 << 20);
}

static void
test_too_large_is_not_written (void)
{
  static const struct { SectionChange change; const gchar *names; } cases[] = {
    {change_pts_time, "pts_time"}, {change_tier, "tier"}, {change_sap_type, "sap_type"},
    {change_adjustment, "pts_adjustment"}, {change_component_count, "component_count"},
    {change_stuffing, "section_length"}, {change_descriptor_length, "descriptor_length"},
    {change_huge_bytes, "opaque bytes"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    AspScte35Section s;
    GError *error = NULL;

    scte35_parse_vector ("standard-14-2", &s);
    cases[i].change (&s);
    g_assert_null (asp_scte35_write (&s, &error));
    g_assert_error (error, ASP_SCTE35_ERROR, ASP_SCTE35_ERROR_VALUE);
    g_assert_nonnull (strstr (error->message, cases[i].names));
    g_clear_error (&error);
    asp_scte35_clear (&s);
  }
}

/* The longest section that 9.6.1 allows is written and read. */
static void
test_longest_section (void)
{
  AspScte35Section s;
  GBytes *bytes;

  asp_scte35_init (&s);
  s.stuffing = g_bytes_new_take (g_malloc0 (4093 - 17), 4093 - 17);
  bytes = asp_scte35_write (&s, NULL);
  g_assert_nonnull (bytes);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 4096);
  asp_scte35_clear (&s);
  g_assert_true (asp_scte35_parse (g_bytes_get_data (bytes, NULL), 4096, &s, NULL));
  g_assert_cmpuint (g_bytes_get_size (s.stuffing), ==, 4093 - 17);
  asp_scte35_clear (&s);
  g_bytes_unref (bytes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scte35/write/time", test_time_of_a_section_made_here);
  g_test_add_func ("/scte35/write/build", test_build_splice_insert);
  g_test_add_func ("/scte35/write/too-large", test_too_large_is_not_written);
  g_test_add_func ("/scte35/write/longest", test_longest_section);
  return g_test_run ();
}
