/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-arn.h"

#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static gboolean
is_made_of (const gchar * text, const gchar * characters)
{
  return *text && text[strspn (text, characters)] == '\0';
}

AspApiArn *
asp_api_arn_parse (const gchar * text)
{
  g_auto (GStrv) parts = NULL;
  const gchar *slash;
  AspApiArn *arn;

  if (strlen (text) > ASP_API_ARN_MAX)
    return NULL;
  parts = g_strsplit (text, ":", 6);
  if (g_strv_length (parts) != 6 || strcmp (parts[0], "arn") || strcmp (parts[1], "aws") ||
      !is_made_of (parts[2], LETTERS) || !is_made_of (parts[3], LETTERS DIGITS "-") ||
      !is_made_of (parts[4], DIGITS))
    return NULL;
  slash = strchr (parts[5], '/');
  if (!slash || slash == parts[5] ||
      !is_made_of (slash + 1, LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "-_"))
    return NULL;
  arn = g_new0 (AspApiArn, 1);
  arn->service = g_strdup (parts[2]);
  arn->region = g_strdup (parts[3]);
  arn->account = g_strdup (parts[4]);
  arn->type = g_strndup (parts[5], (gsize) (slash - parts[5]));
  arn->id = g_strdup (slash + 1);
  return arn;
}

void
asp_api_arn_free (AspApiArn * arn)
{
  if (!arn)
    return;
  g_free (arn->service);
  g_free (arn->region);
  g_free (arn->account);
  g_free (arn->type);
  g_free (arn->id);
  g_free (arn);
}

gchar *
asp_api_arn_to_string (const AspApiArn * arn)
{
  return g_strdup_printf ("arn:aws:%s:%s:%s:%s/%s", arn->service, arn->region, arn->account,
      arn->type, arn->id);
}

gboolean
asp_api_arn_is (const AspApiArn * arn, const gchar * service, const gchar * type,
    const gchar * region, const gchar * account)
{
  return !strcmp (arn->service, service) && !strcmp (arn->type, type) &&
      !strcmp (arn->region, region) && !strcmp (arn->account, account);
}
