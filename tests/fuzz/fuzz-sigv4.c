/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Path, query, Authorization, date and one more header, a line each, into the reader of
 * signatures. Nobody who does not know the secret is let in.
 */
#include "fuzz.h"

#include <string.h>

#include <asp-sigv4.h>

#define NOW_S 1440938160        /* 2015-08-30T12:36:00Z */

static const gchar *
header (gconstpointer fields, const gchar * name)
{
  const gchar *const *lines = fields;

  if (!strcmp (name, "authorization"))
    return *lines[2] ? lines[2] : NULL;
  if (!strcmp (name, "x-amz-date"))
    return lines[3];
  return !strcmp (name, "host") ? lines[4] : NULL;
}

static const gchar *
secret_of (const gchar * access_key, gpointer user_data)
{
  return *access_key == 'A' ? "what nobody can know: 4Yk1bX0pQz" : NULL;
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  static const gchar *const services[] = { "ivs", NULL };
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  g_auto (GStrv) given = g_strsplit (text, "\n", 5);
  const gchar *lines[5] = { "", "", "", "", "" };
  AspSigV4Request r = { "POST", NULL, NULL, header, lines, data, size };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 5 && given[i]; i++)
    lines[i] = given[i];
  r.path = lines[0];
  r.query = lines[1];
  g_assert_null (asp_sigv4_verify (&r, services, NOW_S, secret_of, NULL, &error));
  g_assert_true (error && error->domain == ASP_SIGV4_ERROR);
  return 0;
}
