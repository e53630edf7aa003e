/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes of an ad server into gst/vast. The first byte chooses what the transport says of the
 * character set.
 */
#include "fuzz-vast-check.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  static const gchar *const charsets[] = { NULL, "utf-8", "ISO-8859-1", "UTF-16", "shift_jis", "x" };
  /* '<' of a document that starts at once, and any other byte too, say nothing */
  guint choice = size > 0 && data[0] < G_N_ELEMENTS (charsets) ? data[0] : 0;
  gsize skip = size > 0 && data[0] < G_N_ELEMENTS (charsets) ? 1 : 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (AspAdResponse) response = asp_vast_parse ((const gchar *) data + skip, size - skip,
      charsets[choice], &error);

  if (response) {
    g_assert_no_error (error);
    fuzz_vast_check (response);
    return 0;
  }
  g_assert_true (error && error->domain == ASP_VAST_ERROR);
  g_assert_true (error->code >= ASP_AD_CODE_XML && error->code <= ASP_AD_CODE_VERSION);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  return 0;
}
