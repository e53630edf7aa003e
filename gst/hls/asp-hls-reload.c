/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-reload.h"

#include <string.h>

#define SEGMENTS_AHEAD 2
#define PATIENCE_TARGET_DURATIONS 3

/* -- the question -- */

static gboolean
take_number (const gchar * value, gboolean * has, guint64 * out)
{
  if (*has || !g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT64, out, NULL))
    return FALSE;
  *has = TRUE;
  return TRUE;
}

static gboolean
take_parameter (AspHlsReload * r, const gchar * name, const gchar * value)
{
  if (!strcmp (name, "_HLS_msn"))
    return take_number (value, &r->has_msn, &r->msn);
  if (!strcmp (name, "_HLS_part"))
    return take_number (value, &r->has_part, &r->part);
  if (!strcmp (name, "_HLS_skip")) {
    if (r->skip != ASP_HLS_SKIP_NO || (strcmp (value, "YES") && strcmp (value, "v2")))
      return FALSE;
    r->skip = !strcmp (value, "v2") ? ASP_HLS_SKIP_V2 : ASP_HLS_SKIP_YES;
  }
  return TRUE;
}

gboolean
asp_hls_reload_parse (const gchar * query, AspHlsReload * r)
{
  g_auto (GStrv) fields = g_strsplit (query ? query : "", "&", -1);

  memset (r, 0, sizeof *r);
  for (guint i = 0; fields[i]; i++) {
    gchar *value = strchr (fields[i], '=');

    if (value)
      *value++ = '\0';
    if (!take_parameter (r, fields[i], value ? value : ""))
      return FALSE;
  }
  return r->has_msn || !r->has_part;
}

/* -- the answer -- */

/* How far beyond the last part one may ask: three seconds worth, three parts at least. */
static guint64
advance_part_limit (gint64 part_target_90k)
{
  if (part_target_90k <= 0 || part_target_90k >= ASP_SECOND_90K)
    return 3;
  return (guint64) ((3 * ASP_SECOND_90K + part_target_90k - 1) / part_target_90k);
}

static AspHlsReloadAnswer
decide_part (const AspHlsTimeline * t, const AspHlsRendition * r, guint64 msn, guint64 part)
{
  guint64 limit = advance_part_limit (asp_hls_timeline_part_target_90k (t));

  /* a part that the segment turned out not to have is the first one of the next */
  if (msn + 1 == r->n_media && part >= r->n_last_parts) {
    msn++;
    part = 0;
  }
  if (msn < r->n_media)
    return ASP_HLS_RELOAD_NOW;
  if (msn > r->n_media)
    return ASP_HLS_RELOAD_WAIT;
  if (part < r->n_open_parts)
    return ASP_HLS_RELOAD_NOW;
  return part - r->n_open_parts >= limit ? ASP_HLS_RELOAD_BAD : ASP_HLS_RELOAD_WAIT;
}

AspHlsReloadAnswer
asp_hls_reload_decide (const AspHlsTimeline * t, guint rendition, const AspHlsReload * q)
{
  AspHlsRendition r;

  if (q->has_part && !q->has_msn)
    return ASP_HLS_RELOAD_BAD;
  if (!q->has_msn || asp_hls_timeline_is_ended (t))
    return ASP_HLS_RELOAD_NOW;
  asp_hls_timeline_rendition (t, rendition, &r);
  /* the last one that is complete is n_media - 1 */
  if (q->msn + 1 > r.n_media + SEGMENTS_AHEAD)
    return ASP_HLS_RELOAD_BAD;
  if (q->has_part)
    return decide_part (t, &r, q->msn, q->part);
  return q->msn < r.n_media ? ASP_HLS_RELOAD_NOW : ASP_HLS_RELOAD_WAIT;
}

gint64
asp_hls_reload_patience_us (const AspHlsTimeline * t)
{
  return PATIENCE_TARGET_DURATIONS * G_USEC_PER_SEC *
      (gint64) MAX (asp_hls_timeline_target_duration (t), 1);
}
