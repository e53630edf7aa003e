/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-reload.h"

#include <string.h>

#define SEGMENTS_AHEAD 2
#define PATIENCE_TARGET_DURATIONS 3
#define RECENT_SEGMENTS 2
#define GENERATION_PART_BITS 16 /* so many parts a segment never has */

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

/* -- the edge -- */

void
asp_hls_edge_find (AspHlsEdge * edge, const AspHlsTimeline * t, guint rendition)
{
  AspHlsRendition r;

  asp_hls_timeline_rendition (t, rendition, &r);
  edge->n_media = r.n_media;
  edge->n_open_parts = r.n_open_parts;
  edge->n_last_parts = r.n_last_parts;
  edge->part_target_90k = asp_hls_timeline_part_target_90k (t);
  edge->target_duration_s = asp_hls_timeline_target_duration (t);
  edge->ended = asp_hls_timeline_is_ended (t);
  edge->withheld = FALSE;
}

/* Of an edge with @n_media complete segments and @n_parts parts behind them. */
static guint64
generation (guint64 n_media, guint64 n_parts)
{
  return n_media << GENERATION_PART_BITS | MIN (n_parts, (1u << GENERATION_PART_BITS) - 1);
}

guint64
asp_hls_edge_generation (const AspHlsEdge * e)
{
  return e->ended ? G_MAXUINT64 : generation (e->n_media, e->n_open_parts);
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
decide_part (const AspHlsEdge * e, guint64 msn, guint64 part, guint64 * until)
{
  /* a part that the segment turned out not to have is the first one of the next */
  if (msn + 1 == e->n_media && part >= e->n_last_parts) {
    msn++;
    part = 0;
  }
  if (msn < e->n_media || (msn == e->n_media && part < e->n_open_parts))
    return ASP_HLS_RELOAD_NOW;
  if (msn == e->n_media && part - e->n_open_parts >= advance_part_limit (e->part_target_90k))
    return ASP_HLS_RELOAD_BAD;
  /* a segment that ends before it has this part is above it */
  *until = generation (msn, MIN (part, G_MAXUINT32) + 1);
  return ASP_HLS_RELOAD_WAIT;
}

AspHlsReloadAnswer
asp_hls_reload_decide (const AspHlsEdge * e, const AspHlsReload * q, guint64 * until)
{
  guint64 unused;

  if (q->has_part && !q->has_msn)
    return ASP_HLS_RELOAD_BAD;
  if (!q->has_msn || e->ended)
    return ASP_HLS_RELOAD_NOW;
  /* the last one that is complete is n_media - 1 */
  if (q->msn + 1 > e->n_media + SEGMENTS_AHEAD)
    return ASP_HLS_RELOAD_BAD;
  if (q->has_part)
    return decide_part (e, q->msn, q->part, until ? until : &unused);
  if (q->msn + (e->withheld ? 1 : 0) < e->n_media)
    return ASP_HLS_RELOAD_NOW;
  /* it is listed with the first part behind it, or at once */
  if (until)
    *until = generation (q->msn + 1, q->msn < e->n_media ? 1 : 0);
  return ASP_HLS_RELOAD_WAIT;
}

gboolean
asp_hls_reload_is_recent (const AspHlsEdge * e, const AspHlsReload * q)
{
  return q->has_msn && q->msn + RECENT_SEGMENTS >= e->n_media;
}

gint64
asp_hls_reload_patience_us (const AspHlsEdge * e)
{
  return PATIENCE_TARGET_DURATIONS * G_USEC_PER_SEC * (gint64) MAX (e->target_duration_s, 1);
}
