/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PES headers: gst/ts/asp-ts-pes. */
#include "fuzz.h"

#include <asp-ts-pes.h>

static void
write_again (const AspPesHeader * h)
{
  guint8 bytes[ASP_PES_HEADER_MAX];
  AspPesHeader again;
  gsize size;

  if (h->pts90k == ASP_NO_TIME)
    return;
  size = asp_pes_write_header (bytes, h->stream_id, h->packet_length, h->pts90k, h->dts90k);
  g_assert_cmpuint (size, <=, ASP_PES_HEADER_MAX);
  g_assert_cmpint (asp_pes_parse (bytes, size, &again), ==, ASP_PES_OK);
  g_assert_cmpuint (again.header_size, ==, size);
  g_assert_cmpint (again.pts90k, ==, h->pts90k);
  g_assert_cmpint (again.dts90k, ==, h->dts90k);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  AspPesHeader h;

  if (asp_pes_parse (data, size, &h) != ASP_PES_OK)
    return 0;
  g_assert_cmpuint (h.header_size, >=, 9);
  g_assert_cmpuint (h.header_size, <=, size);
  if (h.pts90k != ASP_NO_TIME) {
    g_assert_cmpint (h.pts90k, >=, 0);
    g_assert_cmpint (h.pts90k, <, ASP_PTS_MODULUS);
    g_assert_cmpint (h.dts90k, <, ASP_PTS_MODULUS);
  }
  write_again (&h);
  return 0;
}
