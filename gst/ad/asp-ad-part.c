/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ad-part.h"

void
asp_ad_part_list_add (GPtrArray ** list, gpointer part)
{
  if (!*list)
    *list = g_ptr_array_new_with_free_func (asp_ad_part_unref);
  g_ptr_array_add (*list, part);
}

guint
asp_ad_part_list_append (GPtrArray ** list, const GPtrArray * more, guint max)
{
  guint n = asp_ad_part_list_length (more);
  guint have = asp_ad_part_list_length (*list);
  guint taken = MIN (n, have < max ? max - have : 0);

  for (guint i = 0; i < taken; i++)
    asp_ad_part_list_add (list, asp_ad_part_ref (g_ptr_array_index (more, i)));
  return n - taken;
}

GPtrArray *
asp_ad_part_list_copy (const GPtrArray * list)
{
  GPtrArray *copy = NULL;

  asp_ad_part_list_append (&copy, list, G_MAXUINT);
  return copy;
}

guint
asp_ad_part_list_length (const GPtrArray * list)
{
  return list ? list->len : 0;
}

gpointer
asp_ad_part_list_get (const GPtrArray * list, guint index)
{
  return list && index < list->len ? g_ptr_array_index (list, index) : NULL;
}

const gchar *
asp_ad_display_attribute (const AspAdDisplay * display, const gchar * name)
{
  const AspAdPair *pair;

  for (guint i = 0; (pair = asp_ad_part_list_get (display->attributes, i)); i++)
    if (pair->name && !g_ascii_strcasecmp (pair->name, name))
      return pair->value;
  return NULL;
}
