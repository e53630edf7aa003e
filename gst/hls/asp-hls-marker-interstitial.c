/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RFC 8216bis Appendix D: the avail as an interstitial. Who wants players to act on it says
 * where lists of assets are; without one the tag tells others where the break is.
 */
#include "asp-hls-marker.h"
#include "asp-hls-text.h"

void
asp_hls_interstitial_ranges (GPtrArray * out, const AspHlsMarking * m, const AspHlsAvail * a,
    const AspHlsEntry * e)
{
  g_autofree gchar *id = g_strconcat ("interstitial-", a->out->avail_id, NULL);
  GString *line;

  if (e->kind != ASP_HLS_AVAIL_OUT && e->kind != ASP_HLS_AVAIL_IN)
    return;
  line = asp_hls_range_begin (m, id, "com.apple.hls.interstitial", a->out->utc_us);
  if (a->out->duration_90k > 0) {
    g_string_append (line, ",PLANNED-DURATION=");
    asp_hls_add_ms (line, asp_hls_90k_to_ms (a->out->duration_90k));
  }
  if (m->asset_list) {
    g_autofree gchar *uri = g_strconcat (m->asset_list, a->out->avail_id, NULL);

    asp_hls_add_attribute (line, "X-ASSET-LIST", uri);
  }
  if (e->kind == ASP_HLS_AVAIL_IN) {
    g_string_append (line, ",DURATION=");
    asp_hls_add_ms (line, asp_hls_ms (e->utc_us) - asp_hls_ms (a->out->utc_us));
  }
  asp_hls_range_add (out, id, line, a->end_90k);
}
