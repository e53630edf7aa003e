/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-marker.h"

#include "asp-hls-text.h"

static void
range_free (gpointer data)
{
  AspHlsRange *range = data;

  g_free (range->id);
  g_free (range->line);
  g_free (range);
}

void
asp_hls_range_add (GPtrArray * out, const gchar * id, GString * line, gint64 end_90k)
{
  AspHlsRange *range = g_new0 (AspHlsRange, 1);

  g_string_append_c (line, '\n');
  range->id = g_strdup (id);
  range->line = g_string_free (line, FALSE);
  range->end_90k = end_90k;
  g_ptr_array_add (out, range);
}

GString *
asp_hls_range_begin (const AspHlsMarking * m, const gchar * id, const gchar * class_name,
    gint64 utc_us)
{
  GString *line = g_string_new (NULL);

  g_string_printf (line, "#EXT-X-DATERANGE:ID=\"%s\"", id);
  asp_hls_add_attribute (line, "CLASS", class_name);
  g_string_append (line, ",START-DATE=\"");
  asp_hls_add_date (line, asp_hls_ms (utc_us) - m->early_ms);
  g_string_append_c (line, '"');
  return line;
}

GPtrArray *
asp_hls_marker_ranges (const AspHlsMarking * m, const AspHlsAvail * a, const AspHlsEntry * e)
{
  GPtrArray *out = g_ptr_array_new_with_free_func (range_free);

  if (m->markers & ASP_HLS_MARKERS_SCTE35)
    asp_hls_scte35_ranges (out, m, a, e);
  if (m->markers & ASP_HLS_MARKERS_INTERSTITIAL)
    asp_hls_interstitial_ranges (out, m, a, e);
  /* creatives that nobody sees are not announced */
  if (a->out->unspliced)
    return out;
  if (m->markers & ASP_HLS_MARKERS_CREATIVE_SIGNALING)
    asp_hls_creative_ranges (out, m, a, e);
  /* last: its order up to the segment is the documented one */
  if (m->markers & ASP_HLS_MARKERS_IVS)
    asp_hls_ivs_ranges (out, m, a, e);
  return out;
}

/* What is on air at @at_90k: NULL for the programme, "slate" where a break has nothing. */
static const gchar *
asset_at (const GPtrArray * avails, gint64 at_90k)
{
  for (guint i = avails->len; i > 0; i--) {
    const AspHlsAvail *a = g_ptr_array_index (avails, i - 1);

    if (a->out->unspliced || at_90k < a->out->at_90k || at_90k >= a->end_90k)
      continue;
    for (guint k = 0; k < a->played->len; k++) {
      const AspHlsPlayed *p = &g_array_index (a->played, AspHlsPlayed, k);

      if (at_90k >= p->start->at_90k && at_90k < p->end_90k)
        return p->start->ad->creative.asset_id;
    }
    return "slate";
  }
  return NULL;
}

const gchar *
asp_hls_marker_title (const AspHlsMarking * m, const GPtrArray * avails, gint64 at_90k)
{
  const gchar *asset = asset_at (avails, at_90k);

  if (!(m->markers & ASP_HLS_MARKERS_IVS))
    return "";
  return asset ? asset : "live";
}
