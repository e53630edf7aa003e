/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a configuration file: a fault has its line, and what is taken can be copied. */
#include "fuzz.h"

#include <string.h>

#include <asp-config.h>

static guint
lines_of (const guint8 * data, gsize size)
{
  guint lines = 1;

  for (gsize i = 0; i < size; i++)
    lines += data[i] == '\n';
  return lines;
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AspConfig) config = asp_config_parse ((const gchar *) data, size, "f", &error);

  if (config) {
    g_autoptr (AspConfig) copy = asp_config_copy (config);

    g_assert_no_error (error);
    g_assert_cmpuint (copy->channels->len, ==, config->channels->len);
    for (guint i = 0; i < copy->channels->len; i++) {
      const AspConfigChannel *c = g_ptr_array_index (copy->channels, i);

      g_assert_true (c->inputs && *c->inputs && c->outputs && *c->outputs);
    }
  } else {
    guint64 line = g_ascii_strtoull (error->message + 2, NULL, 10);

    g_assert_true (g_str_has_prefix (error->message, "f:"));
    g_assert_true (line >= 1 && line <= lines_of (data, size));
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
  }
  return 0;
}
