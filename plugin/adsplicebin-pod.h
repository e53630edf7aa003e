/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

G_BEGIN_DECLS

/*
 * Which of a list of local creatives play in a break. Pure. Since: 0.1
 */
typedef struct
{
  gint64 duration_90k;          /* 0: not known, or not to be played */
  const gchar *reason;          /* static, why it is not played; set here, NULL: it is */
} AdPodItem;

/**
 * ad_pod_choose:
 * @items: in the order of the list
 * @first: where the last break has stopped; set to where the next one begins
 * @tolerance_90k: what the last one may be longer than the break
 * @chosen: room for @n numbers of items, in the order in which they play
 *
 * Whole creatives only, none twice, from @first on and round. An item that has a reason already is
 * left out.
 *
 * Returns: how many are chosen
 */
guint ad_pod_choose (AdPodItem * items, guint n, guint * first, gint64 avail_90k, gint64 tolerance_90k,
    guint * chosen);

/* "a.ts, file:///b%20c.ts" -> its parts without white space around them, empty ones left out.
 * (transfer full) (array zero-terminated=1) */
gchar **ad_pod_split (const gchar * list);
/* The file of @uri (a path, or file://) for rendition @number: `%u` stands for it. NULL with @error
 * when it is no local file. (transfer full) */
gchar *ad_pod_path (const gchar * uri, guint number, GError ** error);

G_END_DECLS
