/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-decision-category.h"

#include <string.h>

/* "IAB7" is "IAB7" and what lies below it: "IAB7-39", "IAB7.1". */
static gboolean
covers (const gchar * blocked, const gchar * category)
{
  gsize n = strlen (blocked);

  return n > 0 && !g_ascii_strncasecmp (blocked, category, n) && !g_ascii_isalnum (category[n]);
}

/* Both are lists with commas or spaces between. */
static gboolean
lists_meet (const gchar * blocked, const gchar * categories)
{
  g_auto (GStrv) a = g_strsplit_set (blocked, ", \t\n", -1), b = g_strsplit_set (categories, ", \t\n", -1);

  for (guint i = 0; a[i]; i++)
    for (guint k = 0; b[k]; k++)
      if (*b[k] && covers (a[i], b[k]))
        return TRUE;
  return FALSE;
}

/* Authorities that are not said, or are the same. */
static gboolean
authorities_meet (const gchar * a, const gchar * b)
{
  return !a || !b || !g_ascii_strcasecmp (a, b);
}

static gboolean
blocks (const gchar * authority, const gchar * blocked, const AspAd * ad)
{
  const AspAdPair *category;

  for (guint i = 0; (category = asp_ad_part_list_get (ad->categories, i)); i++)
    if (authorities_meet (authority, category->name) && lists_meet (blocked, category->value))
      return TRUE;
  return FALSE;
}

/* "authority:value", "value"; an authority is a URL as a rule, so the last colon counts. */
static gboolean
operator_blocks (const gchar * entry, const AspAd * ad)
{
  const gchar *colon = strrchr (entry, ':');
  g_autofree gchar *authority = colon ? g_strndup (entry, (gsize) (colon - entry)) : NULL;

  return blocks (authority, colon ? colon + 1 : entry, ad);
}

AspSkipReason
asp_decision_check_categories (const AspAd * ad, const gchar * const *blocked, gboolean required)
{
  const AspAdPair *pair;

  /* a wrapper that blocks categories cannot be obeyed by an ad that tells none */
  if (asp_ad_part_list_length (ad->categories) == 0)
    return required || asp_ad_part_list_length (ad->blocked_categories) > 0 ? ASP_SKIP_CATEGORY_MISSING :
        ASP_SKIP_NONE;
  for (guint i = 0; (pair = asp_ad_part_list_get (ad->blocked_categories, i)); i++)
    if (blocks (pair->name, pair->value, ad))
      return ASP_SKIP_CATEGORY_BLOCKED;
  for (guint i = 0; blocked && blocked[i]; i++)
    if (operator_blocks (blocked[i], ad))
      return ASP_SKIP_CATEGORY_BLOCKED;
  return ASP_SKIP_NONE;
}
