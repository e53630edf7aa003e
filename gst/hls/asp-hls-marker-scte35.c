/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RFC 8216bis 4.4.5.1.1: one date range for each avail. The tag that ends it repeats what the
 * first one said, and adds what is known now. */
#include "asp-hls-marker.h"
#include "asp-hls-text.h"

void
asp_hls_scte35_ranges (GPtrArray * out, const AspHlsMarking * m, const AspHlsAvail * a,
    const AspHlsEntry * e)
{
  GString *line;

  if (e->kind != ASP_HLS_AVAIL_OUT && e->kind != ASP_HLS_AVAIL_IN)
    return;
  line = asp_hls_range_begin (m, a->out->avail_id, NULL, a->out->utc_us);
  if (a->out->duration_90k > 0) {
    g_string_append (line, ",PLANNED-DURATION=");
    asp_hls_add_us (line, asp_hls_90k_to_us (a->out->duration_90k));
  }
  if (a->out->scte35)
    g_string_append_printf (line, ",SCTE35-OUT=0x%s", a->out->scte35);
  if (e->kind == ASP_HLS_AVAIL_IN) {
    /* by the dates: time in which nothing was sent is part of it */
    g_string_append (line, ",DURATION=");
    asp_hls_add_us (line, e->utc_us - a->out->utc_us);
    if (e->scte35)
      g_string_append_printf (line, ",SCTE35-IN=0x%s", e->scte35);
  }
  asp_hls_range_add (out, a->out->avail_id, line, a->end_90k);
}
